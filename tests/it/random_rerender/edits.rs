//! Edits of manifests, as users make them.

use serde_json::{Value, json};

use super::flows::set;
use super::lines::{is_block, joined};
use super::objects::*;
use super::package::{Item, Package};
use super::{aimed, items, spelling};
use crate::support::random::Random;

/// How an edit is made. Each function returns whether there was something to edit.
#[derive(Clone, Copy)]
pub enum Edit {
    /// Changes an object; only the changed lines are rewritten.
    Object(fn(&mut Value, &mut Random) -> bool),
    /// Changes the lines of an object, but not the object.
    Lines(fn(&mut Vec<String>, &Value, &mut Random) -> bool),
    /// Writes an object in another format.
    Spelling(fn(&str, &Value, &mut Random) -> Option<String>),
    /// Changes an object at a place that the Flow is about to change. The function gets the object that will be
    /// rendered.
    Aimed(fn(&mut Value, &Value, &mut Random) -> bool),
    /// Changes the items of the package.
    Package(fn(&mut Package, &mut Random) -> bool),
}
use Edit::{Aimed, Lines, Object, Spelling};

/// The number of kinds at the end of the list that are aimed at changes of the Flow.
pub const AIMED: usize = 8;

/// All kinds of edits.
#[allow(clippy::too_many_lines)]
pub fn kinds() -> Vec<(&'static str, Edit)> {
    vec![
        (
            "label",
            Object(|o, r| {
                set(&mut o["metadata"], &["labels", "mine"], json!(format!("l{}", r.below(9))));
                true
            }),
        ),
        (
            "label of the Flow's",
            Object(|o, _| {
                set(&mut o["metadata"], &["labels", "team"], json!("mine"));
                true
            }),
        ),
        ("label removed", Object(label_removed)),
        ("label changed", Object(label_changed)),
        (
            "annotation",
            Object(|o, r| {
                set(&mut o["metadata"], &["annotations", "acme.com/mine"], json!(format!("a{}", r.below(9))));
                true
            }),
        ),
        (
            "annotation of the Flow's",
            Object(|o, _| {
                set(&mut o["metadata"], &["annotations", "acme.com/owner"], json!("mine"));
                true
            }),
        ),
        (
            "namespace of an object",
            Object(|o, _| {
                set(&mut o["metadata"], &["namespace"], json!("mine"));
                true
            }),
        ),
        (
            "finalizers",
            Object(|o, _| {
                set(&mut o["metadata"], &["finalizers"], json!(["acme.com/mine"]));
                true
            }),
        ),
        ("replicas", Object(|o, r| of_spec(o, &WORKLOADS, &["replicas"], json!(r.below(9))))),
        ("replicas removed", Object(|o, _| is(o, &WORKLOADS) && without(o.get_mut("spec"), "replicas"))),
        ("strategy", Object(|o, r| of_spec(o, &["Deployment"], &["strategy", "rollingUpdate", "maxSurge"], json!(2 + r.below(5))))),
        ("recreate", Object(|o, _| of_spec(o, &["Deployment"], &["strategy"], json!({"type": "Recreate"})))),
        ("minReadySeconds", Object(|o, r| of_spec(o, &WORKLOADS, &["minReadySeconds"], json!(r.below(30))))),
        ("history", Object(|o, _| of_spec(o, &WORKLOADS, &["revisionHistoryLimit"], json!(3)))),
        ("label of pods", Object(|o, _| of_spec(o, &WORKLOADS, &["template", "metadata", "labels", "team"], json!("mine")))),
        (
            "annotation of pods",
            Object(|o, _| of_spec(o, &WORKLOADS, &["template", "metadata", "annotations", "acme.com/owner"], json!("mine"))),
        ),
        ("resources", Object(|o, r| of_container(o, &["resources", "limits", "memory"], json!(format!("{}Gi", 1 + r.below(16))), r))),
        ("requests", Object(|o, r| of_container(o, &["resources", "requests"], json!({"cpu": 3, "memory": "3Gi"}), r))),
        ("resources removed", Object(|o, r| without(container(o, r), "resources"))),
        ("variable added", Object(|o, r| container_entry(o, "env", json!({"name": format!("MINE_{}", r.below(3)), "value": "m"}), r))),
        ("variable of the Flow's", Object(|o, r| container_entry(o, "env", json!({"name": "ACCESS", "value": "m"}), r))),
        ("variable changed", Object(env_changed)),
        ("variable removed", Object(|o, r| dropped(o, "env", r))),
        ("variables reordered", Object(env_reordered)),
        ("variables from elsewhere", Object(|o, r| container_entry(o, "envFrom", json!({"secretRef": {"name": "mine"}}), r))),
        ("image", Object(|o, r| of_container(o, &["image"], json!(format!("acme/mine:{}", r.below(9))), r))),
        ("pull policy", Object(|o, r| of_container(o, &["imagePullPolicy"], json!("Always"), r))),
        ("argument added", Object(argument_added)),
        ("argument changed", Object(argument_changed)),
        ("argument removed", Object(argument_removed)),
        ("command", Object(|o, r| of_container(o, &["command"], json!(["tini", "--", "jina"]), r))),
        ("probe", Object(|o, r| of_container(o, &["livenessProbe", "periodSeconds"], json!(20 + r.below(9)), r))),
        ("probe added", Object(|o, r| of_container(o, &["readinessProbe"], json!({"tcpSocket": {"port": 8080}}), r))),
        ("probe removed", Object(|o, r| without(container(o, r), "startupProbe"))),
        ("lifecycle", Object(|o, r| of_container(o, &["lifecycle", "postStart"], json!({"exec": {"command": ["true"]}}), r))),
        ("drain", Object(|o, r| of_container(o, &["lifecycle", "preStop", "exec", "command"], json!(["sleep", "9"]), r))),
        ("security of a container", Object(|o, r| of_container(o, &["securityContext", "readOnlyRootFilesystem"], json!(true), r))),
        ("security of a pod", Object(|o, _| of_pod(o, &["securityContext", "runAsUser"], json!(1001)))),
        ("working directory", Object(|o, r| of_container(o, &["workingDir"], json!("/mine"), r))),
        (
            "volume",
            Object(|o, r| {
                let mount = json!({"name": "mine", "mountPath": *r.pick(&["/mine", "/cache", "/data"])});
                container_entry(o, "volumeMounts", mount, r) && pod_entry(o, "volumes", json!({"name": "mine", "emptyDir": {}}), r)
            }),
        ),
        (
            "mount changed",
            Object(|o, r| {
                let Some(mounts) = list(o, "volumeMounts", r) else { return false };
                let place = r.below(mounts.len());
                mounts[place]["readOnly"] = json!(true);
                true
            }),
        ),
        ("volumes removed", Object(|o, _| without(pod(o), "volumes"))),
        (
            "claim",
            Object(|o, _| {
                let is_there = o.pointer("/spec/volumeClaimTemplates/0/spec").is_some();
                is_there && of_spec(o, &["StatefulSet"], &["podManagementPolicy"], json!("Parallel")) && {
                    set(&mut o["spec"]["volumeClaimTemplates"][0], &["spec", "resources", "requests", "storage"], json!("99Gi"));
                    true
                }
            }),
        ),
        ("port of a container", Object(|o, r| container_entry(o, "ports", json!({"name": "debug", "containerPort": 5678}), r))),
        (
            "port renamed",
            Object(|o, r| {
                let Some(ports) = list(o, "ports", r) else { return false };
                let place = r.below(ports.len());
                ports[place]["name"] = json!("mine");
                true
            }),
        ),
        ("sidecar", Object(|o, r| pod_entry(o, "containers", json!({"name": "side", "image": "acme/side:1", "args": ["--a", "1"]}), r))),
        ("init container", Object(|o, r| pod_entry(o, "initContainers", json!({"name": "fetch", "image": "acme/fetch:1"}), r))),
        ("toleration", Object(|o, r| pod_entry(o, "tolerations", json!({"key": "mine", "operator": "Exists"}), r))),
        ("node selector", Object(|o, _| of_pod(o, &["nodeSelector", "pool"], json!("mine")))),
        (
            "affinity",
            Object(|o, _| of_pod(o, &["affinity"], json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}))),
        ),
        (
            "topology spread",
            Object(|o, r| {
                let spread = json!({"maxSkew": 2, "topologyKey": *r.pick(&["zone", "mine"]), "whenUnsatisfiable": "ScheduleAnyway"});
                pod_entry(o, "topologySpreadConstraints", spread, r)
            }),
        ),
        ("service account", Object(|o, _| of_pod(o, &["serviceAccountName"], json!("mine")))),
        ("pull secret", Object(|o, r| pod_entry(o, "imagePullSecrets", json!({"name": *r.pick(&["registry", "mine"])}), r))),
        ("host alias", Object(|o, r| pod_entry(o, "hostAliases", json!({"ip": "10.0.0.1", "hostnames": ["mine"]}), r))),
        (
            "name servers",
            Object(|o, r| {
                of_pod(o, &["dnsPolicy"], json!(*r.pick(&["None", "Default"])))
                    && of_pod(o, &["dnsConfig", "options"], json!([{"name": "ndots", "value": "1"}]))
            }),
        ),
        ("priority class", Object(|o, _| of_pod(o, &["priorityClassName"], json!("mine")))),
        ("grace", Object(|o, r| of_pod(o, &["terminationGracePeriodSeconds"], json!(100 + r.below(9))))),
        ("runtime class", Object(|o, _| of_pod(o, &["runtimeClassName"], json!("nvidia")))),
        ("type of a Service", Object(|o, r| of_spec(o, &["Service"], &["type"], json!(*r.pick(&["NodePort", "LoadBalancer"]))))),
        (
            "port of a Service",
            Object(|o, r| is(o, &["Service"]) && entry(&mut o["spec"], "ports", json!({"name": "mine", "port": 9999}), r)),
        ),
        (
            "node port",
            Object(|o, r| {
                let Some(ports) = o.pointer_mut("/spec/ports").and_then(Value::as_array_mut).filter(|ports| !ports.is_empty()) else {
                    return false;
                };
                let place = r.below(ports.len());
                ports[place]["nodePort"] = json!(30000 + r.below(99));
                true
            }),
        ),
        ("session affinity", Object(|o, _| of_spec(o, &["Service"], &["sessionAffinity"], json!("ClientIP")))),
        ("key of a ConfigMap", Object(|o, r| of_data(o, |data| data.insert(format!("MINE_{}", r.below(3)), "m".into()).is_none()))),
        (
            "key of the Flow",
            Object(|o, r| of_data(o, |data| data.insert((*r.pick(&["MODEL", "LEVEL"])).to_owned(), "mine".into()).is_none())),
        ),
        (
            "lines in a ConfigMap",
            Object(|o, _| of_data(o, |data| data.insert("mine.conf".to_owned(), "a = 1\n# no comment\n\n  b: 2\n".into()).is_none())),
        ),
        (
            "value of a ConfigMap",
            Object(|o, r| {
                of_data(o, |data| {
                    let names: Vec<String> = data.keys().cloned().collect();
                    !names.is_empty() && data.insert(r.pick(&names).clone(), "mine".into()).is_some()
                })
            }),
        ),
        (
            "key removed",
            Object(|o, r| {
                of_data(o, |data| {
                    let names: Vec<String> = data.keys().cloned().collect();
                    !names.is_empty() && data.remove(r.pick(&names)).is_some()
                })
            }),
        ),
        ("disruption budget", Object(|o, r| of_spec(o, &["PodDisruptionBudget"], &["maxUnavailable"], json!(2 + r.below(3))))),
        (
            "least available",
            Object(|o, _| {
                is(o, &["PodDisruptionBudget"])
                    && without(o.get_mut("spec"), "maxUnavailable")
                    && of_spec(o, &["PodDisruptionBudget"], &["minAvailable"], json!("50%"))
            }),
        ),
        ("autoscaler", Object(|o, r| of_spec(o, &["HorizontalPodAutoscaler"], &["maxReplicas"], json!(20 + r.below(9))))),
        ("metrics", Object(|o, r| is(o, &["HorizontalPodAutoscaler"]) && entry(&mut o["spec"], "metrics", json!({"type": "Pods"}), r))),
        ("scaled object", Object(|o, r| of_spec(o, &["ScaledObject"], &["pollingInterval"], json!(10 + r.below(9))))),
        ("ingress class", Object(|o, _| of_spec(o, &["Ingress"], &["ingressClassName"], json!("mine")))),
        (
            "host of an Ingress",
            Object(|o, r| is(o, &["Ingress"]) && entry(&mut o["spec"], "rules", json!({"host": "mine.example.com"}), r)),
        ),
        ("certificate", Object(|o, _| of_spec(o, &["Ingress"], &["tls"], json!([{"secretName": "mine"}])))),
        (
            "network policy",
            Object(|o, r| is(o, &["NetworkPolicy"]) && entry(&mut o["spec"], "ingress", json!({"from": [{"podSelector": {}}]}), r)),
        ),
        (
            "monitor",
            Object(|o, _| {
                let Some(endpoint) = o.pointer_mut("/spec/endpoints/0").filter(|endpoint| endpoint.is_object()) else { return false };
                endpoint["interval"] = json!("7s");
                true
            }),
        ),
        ("any value", Object(any_value)),
        ("anything removed", Object(any_removed)),
        ("anything added", Object(any_added)),
        ("list emptied", Object(list_emptied)),
        ("duplicate entry", Object(list_doubled)),
        ("comment at the end of a line", Lines(spelling::comment_at_the_end)),
        ("comment above", Lines(spelling::comment_above)),
        ("fields reordered", Lines(spelling::fields_reordered)),
        ("quoted", Lines(spelling::quoted)),
        ("in brackets", Lines(spelling::in_brackets)),
        ("empty line", Lines(spelling::empty_line)),
        ("written by another tool", Spelling(spelling::by_another_tool)),
        ("written as JSON", Spelling(spelling::as_json)),
        ("object deleted", Edit::Package(items::deleted)),
        ("foreign object", Edit::Package(items::foreign_added)),
        ("moved to another file", Edit::Package(items::moved)),
        ("copied", Edit::Package(items::copied)),
        ("items in another order", Edit::Package(items::shuffled)),
        ("changed by both", Aimed(aimed::also_changed)),
        ("argument of both", Aimed(aimed::argument_of_both)),
        ("removed, and changed by the Flow", Aimed(aimed::also_removed)),
        ("removed around a change of the Flow", Aimed(aimed::around_removed)),
        ("added by both", Aimed(aimed::also_added)),
        ("the same as the next render", Aimed(aimed::as_the_flow)),
        ("inside a removed value", Aimed(aimed::inside_removed)),
        ("removed object", Aimed(aimed::removed_object)),
    ]
}

/// Makes an edit at a random place. Returns the place, or `None` if the edit was not possible. `fresh` is the next
/// render.
pub fn make(edit: Edit, package: &mut Package, fresh: &Package, random: &mut Random) -> Option<String> {
    if let Edit::Package(edit) = edit {
        return edit(package, random).then(|| "the package".to_owned());
    }
    let mut places: Vec<usize> = (0..package.items.len()).filter(|place| package.items[*place].owner().is_some()).collect();
    random.some(&mut places, usize::MAX);
    // The likely successor of an object that will be removed.
    let new = fresh.generated().filter(|(owner, _)| package.find(owner).is_none()).map(|(owner, item)| (owner.1, item.clone()));
    let successors: Vec<(String, Item)> = if random.coin(2) { new.collect() } else { Vec::new() };
    places.into_iter().find_map(|place| {
        let item = &mut package.items[place];
        let mut after = item.value.clone();
        let is_made = match edit {
            Object(_) | Aimed(_) => {
                let owner = item.owner().unwrap_or_default();
                let flows = fresh.find(&owner).or_else(|| successors.iter().find(|(role, _)| *role == owner.1).map(|(_, item)| item));
                let flows = flows.map_or(Value::Null, |item| item.value.clone());
                let is_made = match edit {
                    Object(edit) => edit(&mut after, random),
                    Aimed(edit) => edit(&mut after, &flows, random),
                    _ => false,
                };
                let is_made = is_made && after != item.value;
                if is_made {
                    item.change(random.below(99), |value| *value = after);
                }
                is_made
            }
            Lines(edit) => {
                let mut lines: Vec<String> = item.text.lines().map(str::to_owned).collect();
                // The edit may not be possible at this place.
                let is_made = is_block(&item.text) && (0..9).any(|_| edit(&mut lines, &item.value, random));
                if is_made {
                    item.respell(joined(&lines));
                }
                is_made
            }
            Spelling(edit) => edit(&item.text, &item.value, random).map(|text| item.respell(text)).is_some(),
            Edit::Package(_) => false,
        };
        is_made.then(|| item.label())
    })
}
