//! Kinds of edits that people make in exported manifests, each with the field of the JinaFlow where a person looks for it.
#![allow(clippy::unnecessary_wraps, reason = "all edits have one type")]

use serde_json::{Value, json};

use super::objects::{Objects, is_workload, push, remove};
use crate::support::random::Random;

/// Makes an edit and returns its field: a field of a layer, or `/FIELD` for a field of `spec`. `None` if the edit is not
/// possible.
pub type Edit = fn(&mut Objects, &mut Random) -> Option<&'static str>;

/// The number in a name that no Flow uses.
fn fresh(random: &mut Random) -> String {
    format!("mine-{}", random.below(1000))
}

/// `image` for the pods of an executor or the gateway; single shards and heads have no such field.
fn image(of: &mut Objects, image: String) -> Option<&'static str> {
    of.container()["image"] = image.into();
    Some(match (of.role().as_str(), of.is_part()) {
        ("HEAD", _) => "/images.gateway podTemplate",
        (_, true) => "podTemplate",
        // A node that Jina adds, which runs Jina's own image.
        _ if of.executor() == "gather_inspect" => "podTemplate",
        _ => "image",
    })
}

/// Whether Jina has exported a container.
fn is_jinas(container: &Value) -> bool {
    ["gateway", "executor", "uses-before", "uses-after"].iter().any(|name| container["name"] == *name)
}

fn amount(of: &mut Objects, part: &str, name: &str, value: &Value) -> Option<&'static str> {
    for container in of.containers() {
        container["resources"][part][name] = value.clone();
    }
    Some("resources")
}

fn in_pod(of: &mut Objects, field: &str, value: Value, place: &'static str) -> Option<&'static str> {
    of.pod()[field] = value;
    Some(place)
}

fn in_container(of: &mut Objects, field: &str, value: Value) -> Option<&'static str> {
    of.container()[field] = value;
    Some("podTemplate")
}

fn in_workload(of: &mut Objects, field: &str, value: Value) -> Option<&'static str> {
    of.workload()["spec"][field] = value;
    Some("/patches")
}

fn mount(of: &mut Objects, volume: Value, path: &str) {
    let name = volume["name"].clone();
    push(&mut of.pod()["volumes"], volume);
    for container in of.containers() {
        push(&mut container["volumeMounts"], json!({"name": name, "mountPath": path}));
    }
}

fn added(of: &mut Objects, object: Value, place: &'static str) -> Option<&'static str> {
    let is_same = |other: &Value| other["kind"] == object["kind"] && other["metadata"]["name"] == object["metadata"]["name"];
    if of.all.iter().any(is_same) {
        return None;
    }
    of.all.push(object);
    Some(place)
}

fn object(of: &Objects, version: &str, kind: &str, name: &str, spec: &Value) -> Value {
    json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": of.namespace()}, "spec": spec})
}

/// The place of a flag in the arguments, after the word of the program.
fn flag(of: &mut Objects, name: &str) -> Option<usize> {
    of.container()["args"].as_array()?.iter().position(|word| word == name)
}

#[allow(clippy::too_many_lines)]
pub fn kinds() -> Vec<(&'static str, Edit)> {
    vec![
        ("image", |of, r| image(of, format!("registry.example/{}:2", fresh(r)))),
        ("tag", |of, r| {
            let old = of.container()["image"].as_str()?.split(':').next()?.to_owned();
            image(of, format!("{old}:{}", fresh(r)))
        }),
        ("replicas", |of, r| {
            let old = of.workload()["spec"]["replicas"].as_u64()?;
            of.workload()["spec"]["replicas"] = (old + 1 + r.below(5) as u64).into();
            Some("replicas")
        }),
        ("no replicas", |of, _| in_workload(of, "replicas", json!(0))),
        ("request of cpu", |of, r| amount(of, "requests", "cpu", &[json!("500m"), json!(2), json!("2"), json!(0.5)][r.below(4)])),
        ("limit of memory", |of, r| amount(of, "limits", "memory", &[json!("2Gi"), json!("500M")][r.below(2)])),
        ("gpus", |of, r| amount(of, "limits", "nvidia.com/gpu", &[json!(3), json!("4")][r.below(2)])),
        ("resources of one container", |of, _| {
            let is_only = of.containers().iter().filter(|container| is_jinas(container)).count() == 1;
            of.container()["resources"]["requests"]["cpu"] = json!("250m");
            Some(if is_only { "resources" } else { "podTemplate" })
        }),
        ("variable added", |of, r| {
            of.configmap()?["data"][fresh(r).to_uppercase().replace('-', "_")] =
                ["x", "1", "true", "", "$HOME/${{ context.A }}", "a\n b"][r.below(6)].into();
            Some("env")
        }),
        ("variable changed", |of, r| {
            let data = of.configmap()?["data"].as_object_mut()?;
            let name = data.keys().nth(r.below(data.len()))?.clone();
            // Jina's log level is from the environment.
            (name != "JINA_LOG_LEVEL").then_some(())?;
            data.insert(name, json!(fresh(r)));
            Some("env")
        }),
        ("variable removed", |of, r| {
            let data = of.configmap()?["data"].as_object_mut()?;
            let name = data.keys().nth(r.below(data.len()))?.clone();
            data.remove(&name);
            Some("/patches")
        }),
        ("variable of a Secret", |of, r| {
            push(&mut of.container()["env"], json!({"name": "MINE", "valueFrom": {"secretKeyRef": {"name": fresh(r), "key": "token"}}}));
            Some("envFromSecret")
        }),
        ("variable of the container", |of, r| {
            let is_known = of.container()["env"].as_array()?.iter().any(|variable| variable["name"] == "MINE_ONLY");
            (!is_known).then(|| push(&mut of.container()["env"], json!({"name": "MINE_ONLY", "value": fresh(r)})))?;
            Some("podTemplate")
        }),
        ("variable at the start", |of, r| {
            of.container()["env"].as_array_mut()?.insert(0, json!({"name": "MINE_FIRST", "value": fresh(r)}));
            Some("podTemplate /patches")
        }),
        ("variables of a ConfigMap", |of, r| {
            let entry = json!({"configMapRef": {"name": fresh(r)}});
            of.containers().iter_mut().for_each(|container| push(&mut container["envFrom"], entry.clone()));
            Some("configMaps")
        }),
        ("variables of a Secret", |of, r| {
            let entry = json!({"secretRef": {"name": fresh(r), "optional": true}, "prefix": "X_"});
            of.containers().iter_mut().for_each(|container| push(&mut container["envFrom"], entry.clone()));
            Some("secrets")
        }),
        ("files of a ConfigMap", |of, _| {
            mount(of, json!({"name": "configmap-mine", "configMap": {"name": "mine"}}), "/etc/mine");
            Some("configMaps")
        }),
        ("files of a Secret", |of, _| {
            mount(of, json!({"name": "secret-mine", "secret": {"secretName": "mine", "optional": true}}), "/etc/secret");
            Some("secrets")
        }),
        ("a volume with another name", |of, r| {
            mount(of, json!({"name": fresh(r), "secret": {"secretName": "mine", "items": [{"key": "a", "path": "b"}]}}), "/etc/other");
            Some("podTemplate")
        }),
        ("an empty volume", |of, r| {
            mount(of, json!({"name": fresh(r), "emptyDir": {}}), "/cache");
            Some("podTemplate")
        }),
        ("a claim", |of, r| {
            mount(of, json!({"name": fresh(r), "persistentVolumeClaim": {"claimName": "models"}}), "/models");
            Some("podTemplate")
        }),
        ("label of everything", |of, r| {
            let value = fresh(r);
            of.own().into_iter().for_each(|object| object["metadata"]["labels"]["example.com/team"] = value.clone().into());
            of.workload()["spec"]["template"]["metadata"]["labels"]["example.com/team"] = value.into();
            Some("labels")
        }),
        ("label of the pods", |of, r| {
            of.workload()["spec"]["template"]["metadata"]["labels"]["tier"] = fresh(r).into();
            Some("podTemplate")
        }),
        ("label of the workload", |of, r| {
            of.workload()["metadata"]["labels"]["owner"] = fresh(r).into();
            Some("/patches")
        }),
        ("label removed", |of, _| remove(&mut of.workload()["spec"]["template"]["metadata"]["labels"], "ns").then_some("podTemplate")),
        ("annotation of everything", |of, r| {
            let value = fresh(r);
            of.own().into_iter().for_each(|object| object["metadata"]["annotations"]["example.com/note"] = value.clone().into());
            of.workload()["spec"]["template"]["metadata"]["annotations"]["example.com/note"] = value.into();
            Some("annotations")
        }),
        ("annotation of the pods", |of, _| {
            of.workload()["spec"]["template"]["metadata"]["annotations"]["prometheus.io/scrape"] = json!("true");
            Some("podTemplate")
        }),
        ("Linkerd removed", |of, r| {
            let metadata = &mut of.workload()["spec"]["template"]["metadata"];
            let whole = r.coin(2) && metadata["annotations"].as_object()?.len() == 1;
            let removed = if whole { remove(metadata, "annotations") } else { remove(&mut metadata["annotations"], "linkerd.io/inject") };
            removed.then_some("podTemplate")
        }),
        ("node selector", |of, r| {
            of.pod()["nodeSelector"]["example.com/disk"] = fresh(r).into();
            Some("nodeSelector")
        }),
        ("tolerations", |of, r| {
            let one = json!({"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"});
            let other = json!({"key": "team", "operator": "Equal", "value": fresh(r), "effect": "NoExecute", "tolerationSeconds": 60});
            in_pod(of, "tolerations", [json!([one]), json!([one, other])][r.below(2)].clone(), "tolerations")
        }),
        ("toleration without operator", |of, _| in_pod(of, "tolerations", json!([{"key": "a", "value": "b"}]), "podTemplate")),
        ("affinity", |of, r| {
            let terms = json!([{"matchExpressions": [{"key": fresh(r), "operator": "In", "values": ["a", "1"]}]}]);
            let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
            in_pod(of, "affinity", json!({"nodeAffinity": required}), "affinity")
        }),
        ("topology spread", |of, r| {
            let selector = json!({"matchLabels": {"app": of.name}});
            let skew = 1 + r.below(2);
            let spread = json!({"maxSkew": skew, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector});
            in_pod(of, "topologySpreadConstraints", json!([spread]), "topologySpread")
        }),
        ("spread of other pods", |of, _| {
            let selector = json!({"matchLabels": {"team": "search"}});
            let spread = json!({"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": selector});
            in_pod(of, "topologySpreadConstraints", json!([spread]), "podTemplate")
        }),
        ("priority class", |of, r| in_pod(of, "priorityClassName", fresh(r).into(), "priorityClassName")),
        ("service account", |of, r| in_pod(of, "serviceAccountName", fresh(r).into(), "serviceAccountName")),
        ("pull secret", |of, r| {
            push(&mut of.pod()["imagePullSecrets"], json!({"name": fresh(r)}));
            Some("imagePullSecrets")
        }),
        ("pull policy", |of, _| {
            of.containers().iter_mut().for_each(|container| container["imagePullPolicy"] = json!("Always"));
            Some("imagePullPolicy")
        }),
        ("surge", |of, r| {
            let is_stateful = of.workload()["kind"] == "StatefulSet";
            of.workload()["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] = [json!(1), json!("25%")][r.below(2)].clone();
            (!is_stateful).then_some("rollingUpdate")
        }),
        ("recreated pods", |of, _| in_workload(of, "strategy", json!({"type": "Recreate"}))),
        ("timeout of a probe", |of, r| {
            of.container()["livenessProbe"]["timeoutSeconds"] = (20 + r.below(9)).into();
            Some("podTemplate")
        }),
        ("probe removed", |of, r| remove(of.container(), ["livenessProbe", "startupProbe"][r.below(2)]).then_some("podTemplate")),
        ("probe over HTTP", |of, _| {
            let probe = of.container()["livenessProbe"].as_object_mut()?;
            probe.remove("exec")?;
            probe.insert("httpGet".to_owned(), json!({"path": "/", "port": 8080}));
            Some("podTemplate")
        }),
        ("probe added", |of, _| in_container(of, "readinessProbe", json!({"grpc": {"port": 8080}, "periodSeconds": 3}))),
        ("wait before the end", |of, _| {
            in_container(of, "lifecycle", json!({"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 20"]}}}))
        }),
        ("no wait before the end", |of, _| remove(of.container(), "lifecycle").then_some("podTemplate")),
        ("grace period", |of, r| in_pod(of, "terminationGracePeriodSeconds", (40 + r.below(9)).into(), "podTemplate")),
        ("sidecar", |of, r| {
            (of.containers().iter().all(|container| container["name"] != "sidecar")).then_some(())?;
            of.containers()
                .push(json!({"name": "sidecar", "image": "proxy:1", "args": ["--flag", fresh(r)], "ports": [{"containerPort": 1}]}));
            Some("podTemplate")
        }),
        ("first container", |of, _| {
            in_pod(of, "initContainers", json!([{"name": "download", "image": "curl:8", "command": ["curl", "-O", "x"]}]), "podTemplate")
        }),
        ("security of the pod", |of, _| in_pod(of, "securityContext", json!({"runAsNonRoot": true, "fsGroup": 1000}), "podTemplate")),
        ("security of a container", |of, _| {
            in_container(of, "securityContext", json!({"capabilities": {"drop": ["ALL"]}, "privileged": false}))
        }),
        ("hosts", |of, _| in_pod(of, "hostAliases", json!([{"ip": "10.0.0.1", "hostnames": ["a", "b"]}]), "podTemplate")),
        ("DNS", |of, _| {
            of.pod()["dnsConfig"] = json!({"options": [{"name": "ndots", "value": "1"}]});
            in_pod(of, "dnsPolicy", json!("None"), "podTemplate")
        }),
        ("network of the host", |of, _| in_pod(of, "hostNetwork", json!(true), "podTemplate")),
        ("runtime class", |of, r| in_pod(of, "runtimeClassName", fresh(r).into(), "podTemplate")),
        ("shared processes", |of, _| in_pod(of, "shareProcessNamespace", json!(true), "podTemplate")),
        ("no token", |of, _| in_pod(of, "automountServiceAccountToken", json!(false), "podTemplate")),
        ("argument added", |of, r| {
            of.container()["args"].as_array_mut()?.extend([json!("--mine"), json!(fresh(r))]);
            Some("/patches")
        }),
        ("argument changed", |of, r| {
            let place = flag(of, "--timeout-send").or_else(|| flag(of, "--port"))?;
            of.container()["args"][place + 1] = json!((9000 + r.below(99)).to_string());
            Some("/patches")
        }),
        ("argument removed", |of, r| {
            let args = of.container()["args"].as_array_mut()?;
            let place = 1 + r.below(args.len() - 1);
            args.remove(place);
            Some("/patches")
        }),
        ("configuration file", |of, _| {
            let place = flag(of, "--uses")?;
            let args = &mut of.container()["args"];
            (args[place + 1] == "config.yml").then(|| args[place + 1] = json!("other.yml"))?;
            Some("configFile")
        }),
        ("command", |of, _| in_container(of, "command", json!(["tini", "--", "jina"]))),
        ("port of a container", |of, _| {
            of.container()["ports"].as_array()?.iter().all(|port| port["name"] != "debug").then_some(())?;
            push(&mut of.container()["ports"], json!({"name": "debug", "containerPort": 5678, "protocol": "TCP"}));
            Some("podTemplate")
        }),
        ("host port", |of, _| {
            of.container()["ports"][0]["hostPort"] = json!(18080);
            Some("podTemplate")
        }),
        ("type of the Service", |of, r| {
            of.service()?["spec"]["type"] = [json!("LoadBalancer"), json!("NodePort")][r.below(2)].clone();
            Some("/patches")
        }),
        ("port of the Service", |of, _| {
            push(&mut of.service()?["spec"]["ports"], json!({"name": "extra", "port": 81, "protocol": "TCP", "targetPort": 8080}));
            Some("/patches")
        }),
        ("number of the Service's port", |of, _| {
            of.service()?["spec"]["ports"][0]["port"] = json!(80);
            Some("/patches")
        }),
        ("annotation of the Service", |of, r| {
            of.service()?["metadata"]["annotations"]["example.com/balancer"] = fresh(r).into();
            Some("/patches")
        }),
        ("history", |of, r| in_workload(of, "revisionHistoryLimit", r.below(9).into())),
        ("ready seconds", |of, r| in_workload(of, "minReadySeconds", (1 + r.below(9)).into())),
        ("deadline", |of, _| in_workload(of, "progressDeadlineSeconds", json!(1200))),
        ("size of the claims", |of, r| {
            let size = format!("{}Gi", 20 + r.below(9));
            for claim in of.workload()["spec"]["volumeClaimTemplates"].as_array_mut()? {
                claim["spec"]["resources"]["requests"]["storage"] = size.clone().into();
            }
            Some(if of.role() == "HEAD" { "/patches" } else { "storage" })
        }),
        ("class of the claims", |of, r| {
            let class = fresh(r);
            for claim in of.workload()["spec"]["volumeClaimTemplates"].as_array_mut()? {
                claim["spec"]["storageClassName"] = class.clone().into();
            }
            Some(if of.role() == "HEAD" { "/patches" } else { "storage" })
        }),
        ("access to the claims", |of, _| {
            for claim in of.workload()["spec"]["volumeClaimTemplates"].as_array_mut()? {
                claim["spec"]["accessModes"] = json!(["ReadWriteMany", "ReadWriteOnce"]);
            }
            Some(if of.role() == "HEAD" { "/patches" } else { "storage" })
        }),
        ("Service for clients", |of, r| {
            if of.role() != "GATEWAY" {
                return None;
            }
            let port = json!([{"name": "grpc", "port": 80 + r.below(2), "protocol": "TCP", "targetPort": 8080}]);
            let spec = json!({"type": "LoadBalancer", "ports": port, "selector": {"app": of.name}});
            let is_grpc = of.container()["args"].as_array()?.windows(2).all(|pair| pair[0] != "--protocol" || pair[1] == "GRPC");
            added(of, object(of, "v1", "Service", &format!("{}-exposed", of.name), &spec), "expose").filter(|_| is_grpc)
        }),
        ("disruption budget", |of, r| {
            let selector = json!({"matchLabels": {"app": of.name}});
            let budget = [("maxUnavailable", json!(1)), ("minAvailable", json!("50%"))][r.below(2)].clone();
            let mut spec = json!({"unhealthyPodEvictionPolicy": "AlwaysAllow", "selector": selector});
            spec[budget.0] = budget.1;
            added(of, object(of, "policy/v1", "PodDisruptionBudget", &of.name, &spec), "pdb")
        }),
        ("autoscaler", |of, r| {
            let metric =
                json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]);
            let target = json!({"apiVersion": "apps/v1", "kind": of.workload()["kind"], "name": of.name});
            let spec = json!({"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 3 + r.below(5), "metrics": metric});
            remove(&mut of.workload()["spec"], "replicas");
            added(of, object(of, "autoscaling/v2", "HorizontalPodAutoscaler", &of.name, &spec), "autoscale")
        }),
        ("Ingress", |of, _| {
            if of.role() != "GATEWAY" {
                return None;
            }
            let backend = json!({"service": {"name": of.name, "port": {"number": 8080}}});
            let rules = json!([{"host": "x.example.com", "http": {"paths": [{"path": "/x", "pathType": "Prefix", "backend": backend}]}}]);
            let spec = json!({"ingressClassName": "haproxy", "rules": rules, "tls": [{"hosts": ["x.example.com"], "secretName": "cert"}]});
            added(of, object(of, "networking.k8s.io/v1", "Ingress", &of.name, &spec), "ingress")
        }),
        ("Namespace", |of, _| {
            let metadata = json!({"name": of.namespace(), "annotations": {"linkerd.io/inject": "enabled"}, "labels": {"team": "x"}});
            added(of, json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}), "/namespace")
        }),
        ("label of all monitors", |of, r| {
            let value = fresh(r);
            for monitor in of.all.iter_mut().filter(|object| object["kind"] == "ServiceMonitor") {
                monitor["metadata"]["labels"]["release"] = value.clone().into();
            }
            Some("/monitoring.labels")
        }),
        ("interval of all monitors", |of, _| {
            for monitor in of.all.iter_mut().filter(|object| object["kind"] == "ServiceMonitor") {
                monitor["spec"]["endpoints"][0]["interval"] = json!("15s");
            }
            Some("/monitoring.interval")
        }),
        ("image of Jina", |of, r| {
            let image = format!("registry.example/jina:{}", r.below(9));
            let is_head = |object: &Value| is_workload(object) && object["spec"]["template"]["metadata"]["labels"]["pod_type"] == "HEAD";
            let own = of.all.iter().find(|object| is_head(object))?["spec"]["template"]["spec"]["containers"][0]["image"].clone();
            for object in of.all.iter_mut().filter(|object| is_workload(object)) {
                for container in object["spec"]["template"]["spec"]["containers"].as_array_mut()? {
                    if container["image"] == own {
                        container["image"] = image.clone().into();
                    }
                }
            }
            Some("/images.gateway")
        }),
        ("namespace", |of, r| {
            let namespace = fresh(r);
            of.all.iter_mut().for_each(|object| object["metadata"]["namespace"] = namespace.clone().into());
            Some("/patches")
        }),
        ("order of variables", |of, _| {
            of.container()["env"].as_array_mut()?.swap(0, 1);
            Some("/patches")
        }),
        ("pull policy of one container", |of, _| {
            let is_only = of.containers().iter().filter(|container| is_jinas(container)).count() == 1;
            of.container()["imagePullPolicy"] = json!("Never");
            Some(if is_only { "imagePullPolicy" } else { "podTemplate" })
        }),
    ]
}
