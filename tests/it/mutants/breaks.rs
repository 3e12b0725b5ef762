//! Kinds of breaks: where each can be planted, and the objects that a finding may name.

use jinaflow::internals::finding::Severity;
use serde_json::{Value, json};

use super::view::{Container, View, list};
use crate::support::label;
use crate::support::wiring::strings;

/// A kind of break: its name, its minimum severity, and its places.
pub type Kind = (&'static str, Severity, fn(&mut View<'_>));

const ERROR: Severity = Severity::Error;
const WARNING: Severity = Severity::Warning;

/// Changes a field of every Service, or only of those that the Flow calls.
/// The lists of a pod that may have the containers beside a head: with a mesh they are ordinary containers.
fn side_lists(pod: &mut Value) -> impl Iterator<Item = &mut Vec<Value>> {
    let lists = pod.as_object_mut().unwrap().iter_mut().filter(|(name, _)| ["containers", "initContainers"].contains(&name.as_str()));
    lists.filter_map(|(_, list)| list.as_array_mut())
}

fn services(v: &mut View<'_>, only_called: bool, change: fn(&mut Value)) {
    for (id, name) in v.of_kind(&["Service"]) {
        let is_called = !v.callers_of(v.objects[id]["metadata"]["name"].as_str().unwrap()).is_empty();
        if !only_called || is_called {
            v.plant(v.around_service(id), name, move |o| change(&mut o[id]));
        }
    }
}

/// Changes each port of each Service.
fn ports(v: &mut View<'_>, is_meant: fn(&View<'_>, usize, &Value) -> bool, change: fn(&mut Value, usize)) {
    for (id, name) in v.of_kind(&["Service"]) {
        for (index, port) in list(&v.objects[id]["spec"]["ports"]).enumerate() {
            if is_meant(v, id, port) {
                let about = v.around_service(id);
                v.plant(about, format!("{name} port {index}"), move |o| change(&mut o[id]["spec"]["ports"], index));
            }
        }
    }
}

fn any_port(_: &View<'_>, _: usize, _: &Value) -> bool {
    true
}

/// Whether the Flow calls a port through the cluster IP of the Service.
fn called_port(v: &View<'_>, service: usize, port: &Value) -> bool {
    let name = v.objects[service]["metadata"]["name"].as_str().unwrap();
    let number = port["port"].to_string();
    let dials = |c: &Container| v.addresses(c).iter().any(|(host, port)| host == name && *port == number);
    !v.is_headless(service) && v.callers().iter().any(dials)
}

/// Changes every container, or only the first of each pod.
fn containers(v: &mut View<'_>, only_mains: bool, change: fn(&mut Value)) {
    let all = if only_mains { v.mains() } else { v.containers() };
    for container in all {
        let (about, at) = (v.around(container.object), format!("{} container {}", container.label, container.place));
        v.plant(about, at, move |o| change(container.at(o)));
    }
}

/// Changes each pod.
fn pods(v: &mut View<'_>, change: fn(&mut Value)) {
    for container in v.mains() {
        v.plant(v.around(container.object), container.label.clone(), move |o| change(container.pod(o)));
    }
}

/// Changes each workload.
fn workloads(v: &mut View<'_>, kinds: &[&str], change: fn(&mut Value)) {
    for (id, name) in v.of_kind(kinds) {
        v.plant(v.around(id), name, move |o| change(&mut o[id]));
    }
}

const WORKLOADS: &[&str] = &["Deployment", "StatefulSet"];

/// Changes each object of a kind; the finding must name that object.
fn objects(v: &mut View<'_>, kind: &str, is_meant: fn(&Value) -> bool, change: fn(&mut Value)) {
    for (id, name) in v.of_kind(&[kind]) {
        if is_meant(&v.objects[id]) {
            v.plant([name.clone()], name, move |o| change(&mut o[id]));
        }
    }
}

fn all(_: &Value) -> bool {
    true
}

/// Changes the value after an option in the containers that have the option.
fn option(v: &mut View<'_>, among: Vec<Container>, option: &str, change: fn(&str) -> Option<String>) {
    for container in among {
        let Some(at) = container.option(v.objects, option) else { continue };
        let Some(new) = container.of(v.objects)["args"][at + 1].as_str().and_then(change) else { continue };
        v.plant(v.components(), format!("{} {option}", container.label), move |o| container.at(o)["args"][at + 1] = json!(new));
    }
}

/// Changes the JSON value of an option.
fn in_json(v: &mut View<'_>, among: Vec<Container>, name: &str, change: fn(&mut serde_json::Map<String, Value>) -> bool) {
    for container in among {
        let Some(at) = container.option(v.objects, name) else { continue };
        let Ok(mut map) = serde_json::from_str(container.of(v.objects)["args"][at + 1].as_str().unwrap()) else { continue };
        if change(&mut map) {
            let new = Value::Object(map).to_string();
            v.plant(v.components(), format!("{} {name}", container.label), move |o| container.at(o)["args"][at + 1] = json!(new));
        }
    }
}

/// Changes each address in the arguments of gateways and heads.
fn in_addresses(v: &mut View<'_>, change: fn(&str) -> Option<String>) {
    for container in v.callers() {
        for name in ["--deployments-addresses", "--connection-list"] {
            let Some(at) = container.option(v.objects, name) else { continue };
            let text = container.of(v.objects)["args"][at + 1].as_str().unwrap();
            let Ok(map) = serde_json::from_str::<serde_json::Map<String, Value>>(text) else { continue };
            for (key, value) in &map {
                let old = if value.is_array() { &value[0] } else { value }.as_str().unwrap();
                let is_elsewhere = old.contains(".com") || old.contains("near.");
                let Some(new) = change(old).filter(|_| !is_elsewhere) else { continue };
                let mut map = map.clone();
                map.insert(key.clone(), if value.is_array() { json!([new]) } else { json!(new) });
                let (container, text) = (container.clone(), Value::Object(map).to_string());
                v.plant(v.components(), format!("{} {key}", container.label), move |o| container.at(o)["args"][at + 1] = json!(text));
            }
        }
    }
}

/// Changes the entries of `env` that hold the names of Services.
fn addresses_in_env(v: &mut View<'_>, change: fn(&mut Vec<Value>, usize)) {
    for container in v.callers() {
        for (index, entry) in list(&container.of(v.objects)["env"]).enumerate() {
            let is_address = entry["name"].as_str().unwrap().starts_with("JINA_ADDR_");
            if is_address && entry["value"].as_str().is_some_and(|name| v.service(name).is_some()) {
                let (about, at) = (vec![container.label.clone()], format!("{} env {index}", container.label));
                let container = container.clone();
                v.plant(about, at, move |o| change(container.at(o)["env"].as_array_mut().unwrap(), index));
            }
        }
    }
}

fn list_mut(value: &mut Value) -> &mut Vec<Value> {
    if !value.is_array() {
        *value = json!([]);
    }
    value.as_array_mut().unwrap()
}

fn push(value: &mut Value, entry: Value) {
    list_mut(value).push(entry);
}

/// Appends a copy of the first entry of a list.
fn twice(value: &mut Value) {
    let first = value[0].clone();
    push(value, first);
}

/// Adds a copy of each object of some kinds with another name.
fn copied(v: &mut View<'_>, kinds: &[&str], name: Option<&'static str>) {
    for (id, known) in v.of_kind(kinds) {
        v.plant(v.around(id), known, move |o| {
            let mut copy = o[id].clone();
            if let Some(name) = name {
                copy["metadata"]["name"] = json!(name);
            }
            o.push(copy);
        });
    }
}

fn fields(value: &mut Value) -> &mut serde_json::Map<String, Value> {
    value.as_object_mut().unwrap()
}

/// The objects that refer to an object. A finding about its absence names one of them.
fn users(v: &View<'_>, id: usize) -> Vec<String> {
    let own = label(&v.objects[id]);
    let name = v.objects[id]["metadata"]["name"].as_str().unwrap();
    let mut users = v.callers_of(name);
    users.extend(v.objects.iter().filter(|o| o.to_string().contains(&format!("\"{name}\""))).map(label).filter(|user| *user != own));
    users
}

/// Removes each object of a kind.
fn removed(v: &mut View<'_>, kind: &str, is_meant: fn(&View<'_>, usize) -> bool) {
    for (id, name) in v.of_kind(&[kind]) {
        if is_meant(v, id) {
            v.plant(users(v, id), name, move |o| drop(o.remove(id)));
        }
    }
}

/// Changes each object of a kind that other objects refer to.
fn renamed(v: &mut View<'_>, kind: &str, is_meant: fn(&View<'_>, usize) -> bool, change: fn(&mut Value)) {
    for (id, name) in v.of_kind(&[kind]) {
        if is_meant(v, id) {
            v.plant(users(v, id), name, move |o| change(&mut o[id]));
        }
    }
}

fn is_called(v: &View<'_>, id: usize) -> bool {
    !v.callers_of(v.objects[id]["metadata"]["name"].as_str().unwrap()).is_empty()
}

fn always(_: &View<'_>, _: usize) -> bool {
    true
}

/// Changes the rules of policies in one direction.
fn rules(v: &mut View<'_>, direction: &'static str, is_meant: fn(&Value) -> bool, change: fn(&mut Value)) {
    for (id, name) in v.of_kind(&["NetworkPolicy"]) {
        for (index, rule) in list(&v.objects[id]["spec"][direction]).enumerate() {
            if is_meant(rule) {
                v.plant([name.clone()], format!("{name} {direction} {index}"), move |o| change(&mut o[id]["spec"][direction][index]));
            }
        }
    }
}

/// The label that selects pods: the one of jinaflow, or the one of Jina.
pub fn own_label(labels: &Value) -> &'static str {
    const JINAFLOW: &str = "flow.jina.ai/component";
    if labels[JINAFLOW].is_string() { JINAFLOW } else { "app" }
}

/// Whether a rule is for pods of the Flow.
fn is_of_flow(rule: &Value) -> bool {
    let peers = list(&rule["from"]).chain(list(&rule["to"]));
    let is_ours = |labels: &Value| labels[own_label(labels)].is_string();
    let mut of_flow = peers.map(|peer| is_ours(&peer["podSelector"]["matchLabels"]) && peer["namespaceSelector"].is_null());
    of_flow.next() == Some(true)
}

fn is_for_names(rule: &Value) -> bool {
    list(&rule["ports"]).any(|port| port["port"] == 53)
}

/// Changes an image in each container.
macro_rules! image {
    ($name:literal, $severity:expr, $image:literal) => {
        ($name, $severity, |v| containers(v, false, |c| c["image"] = json!($image)))
    };
}

/// All kinds.
#[allow(clippy::too_many_lines)]
pub fn kinds() -> Vec<Kind> {
    vec![
        // Services.
        ("a Service is removed", ERROR, |v| removed(v, "Service", is_called)),
        ("a Service of the gateway is removed", WARNING, |v| {
            for (id, name) in v.of_kind(&["Service"]) {
                let Some(target) = v.target(id).filter(|target| label(&v.objects[*target]) == "Deployment/gateway") else { continue };
                // Unless another Service leads to the same ports.
                let leads =
                    |id: usize, port: &Value| list(&v.objects[id]["spec"]["ports"]).any(|other| other["targetPort"] == port["targetPort"]);
                let is_only = |port: &Value| {
                    port["name"] != "monitoring" && v.fronts(target).iter().all(|other| *other == id || !leads(*other, port))
                };
                if list(&v.objects[id]["spec"]["ports"]).any(is_only) {
                    v.plant(["Deployment/gateway".to_owned()], name, move |o| drop(o.remove(id)));
                }
            }
        }),
        ("the gateway is removed", ERROR, |v| {
            for container in v.gateways() {
                let fronts: Vec<String> = v.fronts(container.object).into_iter().map(|id| label(&v.objects[id])).collect();
                v.plant(fronts, container.label, move |o| drop(o.remove(container.object)));
            }
        }),
        ("a Service is renamed", ERROR, |v| renamed(v, "Service", is_called, |s| s["metadata"]["name"] = json!("elsewhere"))),
        ("a Service is in another namespace", ERROR, |v| {
            renamed(v, "Service", is_called, |s| s["metadata"]["namespace"] = json!("elsewhere"));
        }),
        ("a Service selects nothing", ERROR, |v| services(v, false, |s| s["spec"]["selector"]["app"] = json!("nobody"))),
        ("a Service selects one more label", ERROR, |v| services(v, false, |s| s["spec"]["selector"]["tier"] = json!("x"))),
        ("a Service has no selector", WARNING, |v| services(v, false, |s| drop(fields(&mut s["spec"]).remove("selector")))),
        ("a called Service has no selector", ERROR, |v| services(v, true, |s| drop(fields(&mut s["spec"]).remove("selector")))),
        ("a Service has type ExternalName", WARNING, |v| {
            services(v, true, |s| s["spec"] = json!({"type": "ExternalName", "externalName": "x.example.com"}));
        }),
        ("a Service has no ports", ERROR, |v| {
            for (id, name) in v.of_kind(&["Service"]) {
                if list(&v.objects[id]["spec"]["ports"]).any(|port| called_port(v, id, port)) {
                    v.plant(v.around_service(id), name, move |o| o[id]["spec"]["ports"] = json!([]));
                }
            }
        }),
        ("a Service has another port", ERROR, |v| ports(v, called_port, |ports, at| ports[at]["port"] = json!(7999))),
        ("a Service port has a wrong target", ERROR, |v| ports(v, any_port, |ports, at| ports[at]["targetPort"] = json!(9999))),
        ("a Service port has an unknown target name", ERROR, |v| ports(v, any_port, |ports, at| ports[at]["targetPort"] = json!("grcp"))),
        ("a called port leads to metrics", ERROR, |v| ports(v, called_port, |ports, at| ports[at]["targetPort"] = json!(9090))),
        ("a port of a Service is UDP", ERROR, |v| ports(v, any_port, |ports, at| ports[at]["protocol"] = json!("UDP"))),
        ("a port of a Service is SCTP", ERROR, |v| ports(v, any_port, |ports, at| ports[at]["protocol"] = json!("SCTP"))),
        ("a called port of a Service is removed", ERROR, |v| ports(v, called_port, |ports, at| drop(list_mut(ports).remove(at)))),
        ("a Service has a duplicate port name", ERROR, |v| {
            services(v, false, |s| {
                let name = s["spec"]["ports"][0]["name"].clone();
                push(&mut s["spec"]["ports"], json!({"name": name, "port": 7000, "targetPort": 8080}));
            });
        }),
        ("a Service has a duplicate port", ERROR, |v| {
            services(v, false, |s| {
                let mut copy = s["spec"]["ports"][0].clone();
                copy["name"] = json!("again");
                push(&mut s["spec"]["ports"], copy);
            });
        }),
        ("one of several ports has no name", ERROR, |v| {
            services(v, false, |s| push(&mut s["spec"]["ports"], json!({"port": 7000, "targetPort": 8080})));
        }),
        ("a Service is a duplicate", ERROR, |v| {
            for (id, name) in v.of_kind(&["Service"]) {
                v.plant(v.around_service(id), name, move |o| o.push(o[id].clone()));
            }
        }),
        ("a Service selects two workloads", ERROR, |v| copied(v, WORKLOADS, Some("canary"))),
        ("replicas without load balancing", WARNING, |v| {
            for (id, name) in v.of_kind(&["Service"]) {
                let replicas = v.target(id).map(|target| v.objects[target]["spec"]["replicas"].as_u64().unwrap_or(1)).unwrap_or_default();
                if v.is_headless(id) && replicas > 1 {
                    v.plant(v.around_service(id), name, move |o| drop(fields(&mut o[id]["spec"]).remove("clusterIP")));
                }
            }
        }),
        ("a port of a Service has another name", ERROR, |v| {
            for (id, name) in v.of_kind(&["Service"]) {
                let monitors: Vec<String> = v.of_kind(&["ServiceMonitor"]).into_iter().map(|(_, name)| name).collect();
                let ports: Vec<usize> = list(&v.objects[id]["spec"]["ports"])
                    .enumerate()
                    .filter(|(_, p)| p["name"] == "monitoring")
                    .map(|(at, _)| at)
                    .collect();
                for at in ports.into_iter().filter(|_| !monitors.is_empty()) {
                    v.plant(monitors.clone(), name.clone(), move |o| o[id]["spec"]["ports"][at]["name"] = json!("metrics"));
                }
            }
        }),
        ("a Service has other labels", ERROR, |v| {
            for (id, name) in v.of_kind(&["Service"]) {
                let monitors: Vec<String> = v.of_kind(&["ServiceMonitor"]).into_iter().map(|(_, name)| name).collect();
                if list(&v.objects[id]["spec"]["ports"]).any(|port| port["name"] == "monitoring") && !monitors.is_empty() {
                    v.plant(monitors, name, move |o| o[id]["metadata"]["labels"] = json!({"a": "b"}));
                }
            }
        }),
        // Workloads.
        ("a called workload is removed", ERROR, |v| {
            for (id, name) in v.workloads() {
                if v.is_called(id) {
                    v.plant(v.around(id), name, move |o| drop(o.remove(id)));
                }
            }
        }),
        ("a workload is in another namespace", ERROR, |v| workloads(v, WORKLOADS, |w| w["metadata"]["namespace"] = json!("elsewhere"))),
        ("pods have another label", ERROR, |v| {
            workloads(v, WORKLOADS, |w| {
                let labels = &mut w["spec"]["template"]["metadata"]["labels"];
                let own = own_label(labels);
                labels[own] = json!("x");
            })
        }),
        ("pods have no labels", ERROR, |v| {
            workloads(v, WORKLOADS, |w| drop(fields(&mut w["spec"]["template"]["metadata"]).remove("labels")))
        }),
        ("a workload selects other pods", ERROR, |v| workloads(v, WORKLOADS, |w| w["spec"]["selector"]["matchLabels"]["app"] = json!("x"))),
        ("a workload is a duplicate", ERROR, |v| copied(v, WORKLOADS, None)),
        ("no replicas", WARNING, |v| {
            for (id, name) in v.workloads() {
                if v.objects[id]["spec"]["replicas"].is_u64() {
                    v.plant(v.around(id), name, move |o| o[id]["spec"]["replicas"] = json!(0));
                }
            }
        }),
        ("a container sleeps", ERROR, |v| containers(v, true, |c| c["command"] = json!(["sleep", "1000"]))),
        ("a container sleeps in a shell", ERROR, |v| containers(v, true, |c| c["command"] = json!(["/bin/sh", "-c", "sleep infinity"]))),
        ("a container runs another program", ERROR, |v| {
            containers(v, true, |c| {
                c["command"] = json!(["nginx"]);
                c["args"] = json!(["-g", "daemon off;"]);
            });
        }),
        ("a container has no arguments", ERROR, |v| containers(v, true, |c| drop(fields(c).remove("args")))),
        ("a container has no command and no arguments", WARNING, |v| {
            containers(v, true, |c| {
                fields(c).remove("args");
                fields(c).remove("command");
            });
        }),
        ("a container has arguments that are not Jina's", ERROR, |v| containers(v, true, |c| c["args"] = json!(["--help"]))),
        ("all containers are removed", ERROR, |v| pods(v, |p| p["containers"] = json!([]))),
        ("a sidecar has replaced all containers", ERROR, |v| {
            pods(v, |p| p["containers"] = json!([{"name": "log", "image": "fluent/fluent-bit:3"}]));
        }),
        ("a container has another port", ERROR, |v| {
            for container in v.mains().into_iter().filter(|c| c.option(v.objects, "--port").is_some()) {
                let at = container.option(v.objects, "--port").unwrap();
                v.plant(v.around(container.object), container.label.clone(), move |o| container.at(o)["args"][at + 1] = json!("7777"));
            }
        }),
        ("a container has no port argument", ERROR, |v| {
            for container in v.mains().into_iter().filter(|c| c.option(v.objects, "--port").is_some()) {
                let at = container.option(v.objects, "--port").unwrap();
                let values = strings(&container.of(v.objects)["args"])[at + 1..].iter().take_while(|arg| !arg.starts_with("--")).count();
                v.plant(v.around(container.object), container.label.clone(), move |o| {
                    list_mut(&mut container.at(o)["args"]).drain(at..=at + values);
                });
            }
        }),
        ("metrics are not served", ERROR, |v| {
            for container in v.mains().into_iter().filter(|c| c.option(v.objects, "--monitoring").is_some()) {
                let has_port = |id: &usize| list(&v.objects[*id]["spec"]["ports"]).any(|port| port["name"] == "monitoring");
                if !v.fronts(container.object).iter().any(has_port) {
                    continue;
                }
                let at = container.option(v.objects, "--monitoring").unwrap();
                v.plant(v.around(container.object), container.label.clone(), move |o| {
                    drop(list_mut(&mut container.at(o)["args"]).remove(at))
                });
            }
        }),
        ("metrics are served on another port", ERROR, |v| {
            for container in v.mains().into_iter().filter(|c| c.option(v.objects, "--monitoring").is_some()) {
                let has_port = |id: &usize| list(&v.objects[*id]["spec"]["ports"]).any(|port| port["name"] == "monitoring");
                let Some(at) = container.option(v.objects, "--port-monitoring").filter(|_| v.fronts(container.object).iter().any(has_port))
                else {
                    continue;
                };
                v.plant(v.around(container.object), container.label.clone(), move |o| container.at(o)["args"][at + 1] = json!("9191"));
            }
        }),
        ("names are resolved by the node", ERROR, |v| {
            for container in v.callers() {
                v.plant([container.label.clone()], container.label.clone(), move |o| container.pod(o)["dnsPolicy"] = json!("Default"));
            }
        }),
        ("a pod uses the host network", ERROR, |v| {
            for container in v.callers() {
                v.plant([container.label.clone()], container.label.clone(), move |o| container.pod(o)["hostNetwork"] = json!(true));
            }
        }),
        ("claims are removed", ERROR, |v| {
            for (id, name) in v.of_kind(&["StatefulSet"]) {
                v.plant([name.clone()], name, move |o| drop(fields(&mut o[id]["spec"]).remove("volumeClaimTemplates")));
            }
        }),
        ("another container uses the same port", ERROR, |v| {
            pods(v, |p| push(&mut p["containers"], json!({"name": "proxy", "image": "acme/proxy:1", "ports": [{"containerPort": 8080}]})));
        }),
        ("two containers have one name", ERROR, |v| pods(v, |p| twice(&mut p["containers"]))),
        ("an init container has the name of a container", ERROR, |v| {
            pods(v, |p| p["initContainers"] = json!([{"name": p["containers"][0]["name"], "image": "busybox:1"}]));
        }),
        ("a container has a duplicate port name", ERROR, |v| {
            containers(v, false, |c| {
                push(&mut c["ports"], json!({"name": "p", "containerPort": 7001}));
                push(&mut c["ports"], json!({"name": "p", "containerPort": 7002}));
            });
        }),
        ("a port is declared twice", WARNING, |v| {
            containers(v, false, |c| {
                let port = c["ports"][0]["containerPort"].clone();
                push(&mut c["ports"], json!({"name": "again", "containerPort": port}));
            });
        }),
        ("a variable is set twice", WARNING, |v| {
            containers(v, false, |c| {
                push(&mut c["env"], json!({"name": "LOG_LEVEL", "value": "info"}));
                push(&mut c["env"], json!({"name": "LOG_LEVEL", "value": "debug"}));
            });
        }),
        ("a variable is set again from elsewhere", WARNING, |v| {
            containers(v, false, |c| {
                let name = c["env"][0]["name"].clone();
                push(&mut c["env"], json!({"name": name, "value": "x"}));
            });
        }),
        ("two volumes have one name", ERROR, |v| {
            pods(v, |p| {
                push(&mut p["volumes"], json!({"name": "cache", "emptyDir": {}}));
                push(&mut p["volumes"], json!({"name": "cache", "emptyDir": {"medium": "Memory"}}));
            });
        }),
        ("two volumes are mounted on one path", ERROR, |v| {
            pods(v, |p| {
                for name in ["one", "two"] {
                    push(&mut p["volumes"], json!({"name": name, "emptyDir": {}}));
                    push(&mut p["containers"][0]["volumeMounts"], json!({"name": name, "mountPath": "/cache"}));
                }
            });
        }),
        ("a mount has no volume", ERROR, |v| {
            containers(v, false, |c| push(&mut c["volumeMounts"], json!({"name": "nothing", "mountPath": "/nothing"})));
        }),
        ("variables expand to gigabytes", ERROR, |v| {
            containers(v, false, |c| {
                push(&mut c["env"], json!({"name": "V0", "value": "xxxxxxxxxxxxxxxx"}));
                for number in 1..40 {
                    push(&mut c["env"], json!({"name": format!("V{number}"), "value": format!("$(V{0})$(V{0})", number - 1)}));
                }
            });
        }),
        ("a probe has another port", ERROR, |v| containers(v, false, |c| c["startupProbe"] = json!({"grpc": {"port": 7777}}))),
        ("an HTTP probe has another port", ERROR, |v| {
            containers(v, false, |c| c["readinessProbe"] = json!({"httpGet": {"path": "/", "port": 7777}}));
        }),
        ("a TCP probe has another port", ERROR, |v| containers(v, false, |c| c["livenessProbe"] = json!({"tcpSocket": {"port": 7777}}))),
        ("a probe has an unknown port name", ERROR, |v| {
            containers(v, false, |c| c["livenessProbe"] = json!({"tcpSocket": {"port": "nothing"}}));
        }),
        ("a probe pings another port", ERROR, |v| {
            containers(v, false, |c| {
                c["livenessProbe"] = json!({"exec": {"command": ["jina", "ping", "executor", "grpc://127.0.0.1:7777"]}});
            });
        }),
        ("a probe of Istio without Istio", ERROR, |v| {
            containers(v, false, |c| c["livenessProbe"] = json!({"httpGet": {"path": "/app-health/executor/livez", "port": 15020}}));
        }),
        ("a pod waits longer than its grace period", ERROR, |v| {
            pods(v, |p| p["containers"][0]["lifecycle"] = json!({"preStop": {"sleep": {"seconds": 900}}}));
        }),
        ("a pod waits longer than its grace period, in a shell", ERROR, |v| {
            pods(v, |p| p["containers"][0]["lifecycle"] = json!({"preStop": {"exec": {"command": ["/bin/sh", "-c", "sleep 900"]}}}));
        }),
        ("a pod has no grace period", ERROR, |v| {
            for container in v.mains() {
                if container.of(v.objects)["lifecycle"]["preStop"].is_object() {
                    let about = v.around(container.object);
                    v.plant(about, container.label.clone(), move |o| container.pod(o)["terminationGracePeriodSeconds"] = json!(1));
                }
            }
        }),
        ("pods are not spread", WARNING, |v| {
            pods(v, |p| {
                p["topologySpreadConstraints"] =
                    json!([{"topologyKey": "zone", "maxSkew": 1, "labelSelector": {"matchLabels": {"app": "nobody"}}}]);
            });
        }),
        ("a StatefulSet names another Service", ERROR, |v| workloads(v, &["StatefulSet"], |w| w["spec"]["serviceName"] = json!("nobody"))),
        ("a StatefulSet names no Service", ERROR, |v| {
            workloads(v, &["StatefulSet"], |w| drop(fields(&mut w["spec"]).remove("serviceName")))
        }),
        ("two claims have one name", ERROR, |v| {
            workloads(v, &["StatefulSet"], |w| twice(&mut w["spec"]["volumeClaimTemplates"]));
        }),
        ("a claim does not exist", ERROR, |v| {
            pods(v, |p| push(&mut p["volumes"], json!({"name": "gone", "persistentVolumeClaim": {"claimName": "gone"}})));
        }),
        ("a service account does not exist", ERROR, |v| pods(v, |p| p["serviceAccountName"] = json!("gone"))),
        ("a pull secret does not exist", WARNING, |v| pods(v, |p| push(&mut p["imagePullSecrets"], json!({"name": "gone"})))),
        ("a Secret does not exist", ERROR, |v| {
            containers(v, false, |c| {
                push(&mut c["env"], json!({"name": "X", "valueFrom": {"secretKeyRef": {"name": "gone", "key": "x"}}}))
            });
        }),
        ("a Secret in envFrom does not exist", ERROR, |v| {
            containers(v, false, |c| push(&mut c["envFrom"], json!({"secretRef": {"name": "gone"}})))
        }),
        ("a Secret of a volume does not exist", ERROR, |v| {
            pods(v, |p| push(&mut p["volumes"], json!({"name": "gone", "secret": {"secretName": "gone"}})));
        }),
        ("a key does not exist", ERROR, |v| {
            containers(v, false, |c| {
                let Some(map) = c["envFrom"][0]["configMapRef"]["name"].as_str().map(str::to_owned) else { return };
                push(&mut c["env"], json!({"name": "X", "valueFrom": {"configMapKeyRef": {"name": map, "key": "gone"}}}));
            });
        }),
        ("an annotation declares an unknown kind", ERROR, |v| {
            workloads(v, WORKLOADS, |w| w["metadata"]["annotations"]["flow.jina.ai/external"] = json!("scret/x"));
        }),
        ("a head runs another Jina version", WARNING, |v| {
            for container in v.heads() {
                v.plant([container.label.clone()], container.label.clone(), move |o| {
                    fields(&mut o[container.object]["metadata"]).remove("labels");
                    container.at(o)["image"] = json!("jinaai/jina:3.25.1-py311-standard");
                });
            }
        }),
        // Images.
        image!("an image has no name", ERROR, ""),
        image!("an image has upper case letters", ERROR, "acme/Encoder:1"),
        image!("an image has a blank", ERROR, "acme/enc oder:1"),
        image!("an image has a scheme", ERROR, "docker://acme/encoder:1"),
        image!("an image is a page", ERROR, "http://acme/encoder"),
        image!("an image begins with a dash", ERROR, "-acme/encoder:1"),
        image!("an image has a password", ERROR, "user:pass@ghcr.io/acme/encoder"),
        image!("an image has a bad tag", ERROR, "acme/encoder:-1"),
        image!("an image has an empty tag", ERROR, "acme/encoder:"),
        image!("an image has a bad digest", ERROR, "acme/encoder@sha256:abc"),
        image!("an image is a variable", ERROR, "${REGISTRY}/encoder:1"),
        image!("an image has two slashes", ERROR, "ghcr.io//encoder:1"),
        image!("an image has no tag", WARNING, "acme/encoder"),
        image!("an image is the latest", WARNING, "acme/encoder:latest"),
        // Addresses.
        ("an address is misspelled", ERROR, |v| addresses_in_env(v, |env, at| env[at]["value"] = json!("encodr"))),
        ("an address has no value", ERROR, |v| addresses_in_env(v, |env, at| drop(env.remove(at)))),
        ("an address is set too late", ERROR, |v| {
            addresses_in_env(v, |env, at| {
                let value = std::mem::replace(&mut env[at]["value"], json!("$(LATER)"));
                env.push(json!({"name": "LATER", "value": value}));
            });
        }),
        ("an address is misspelled in an argument", ERROR, |v| in_addresses(v, |_| Some("grpc://encodr:8080".to_owned()))),
        ("an address has another port", ERROR, |v| in_addresses(v, |address| Some(address.replace(":8080", ":7777")))),
        ("an address has the metrics port", ERROR, |v| in_addresses(v, |address| Some(address.replace(":8080", ":9090")))),
        ("an address uses TLS", ERROR, |v| in_addresses(v, |a| Some(format!("grpcs://{}", a.trim_start_matches("grpc://"))))),
        ("an address uses HTTP", ERROR, |v| in_addresses(v, |a| Some(format!("http://{}", a.trim_start_matches("grpc://"))))),
        ("an address uses HTTPS", ERROR, |v| in_addresses(v, |a| Some(format!("https://{}", a.trim_start_matches("grpc://"))))),
        ("an address uses WebSocket", ERROR, |v| in_addresses(v, |a| Some(format!("ws://{}", a.trim_start_matches("grpc://"))))),
        ("an address is in another namespace", ERROR, |v| {
            in_addresses(v, |address| {
                let (before, port) = address.rsplit_once(':')?;
                let host = before.split(".search").next().unwrap();
                (!host.contains('$')).then(|| format!("{host}.elsewhere.svc:{port}"))
            });
        }),
        ("an address leads to the gateway", ERROR, |v| in_addresses(v, |_| Some("grpc://gateway:8080".to_owned()))),
        ("two addresses are swapped", ERROR, |v| {
            in_json(v, v.gateways(), "--deployments-addresses", |map| {
                let keys: Vec<String> = map.iter().filter(|(_, a)| !a.to_string().contains(".com")).map(|(k, _)| k.clone()).collect();
                let [first, second, ..] = keys.as_slice() else { return false };
                let (one, other) = (map[first].clone(), map[second].clone());
                map.insert(first.clone(), other);
                map.insert(second.clone(), one);
                true
            });
        }),
        ("addresses are invalid JSON", ERROR, |v| {
            let callers = v.gateways();
            option(v, callers, "--deployments-addresses", |text| Some(text.trim_end_matches('}').to_owned()));
        }),
        ("an address is removed", ERROR, |v| {
            in_json(v, v.gateways(), "--deployments-addresses", |map| {
                let first = map.keys().next().cloned();
                first.is_some_and(|first| map.remove(&first).is_some())
            });
        }),
        ("all addresses are removed", ERROR, |v| {
            for container in v.gateways() {
                let Some(at) = container.option(v.objects, "--deployments-addresses") else { continue };
                v.plant(v.components(), container.label.clone(), move |o| {
                    list_mut(&mut container.at(o)["args"]).drain(at..at + 2);
                });
            }
        }),
        // The graph.
        ("an executor follows itself", ERROR, |v| {
            in_json(v, v.gateways(), "--graph-description", |map| {
                let name = map.keys().find(|name| !name.ends_with("-gateway")).cloned();
                name.is_some_and(|name| map.insert(name.clone(), json!([name, "end-gateway"])).is_some())
            });
        }),
        ("the graph is a cycle", ERROR, |v| {
            in_json(v, v.gateways(), "--graph-description", |map| {
                let first = map["start-gateway"][0].clone();
                let last = map.iter().find(|(_, next)| next.to_string().contains("end-gateway")).map(|(name, _)| name.clone());
                last.is_some_and(|last| map.insert(last, json!([first])).is_some())
            });
        }),
        ("the graph has no end", ERROR, |v| {
            in_json(v, v.gateways(), "--graph-description", |map| {
                let last = map.iter().find(|(_, next)| next.to_string().contains("end-gateway")).map(|(name, _)| name.clone());
                last.is_some_and(|last| map.insert(last, json!([])).is_some())
            });
        }),
        ("the graph has no start", ERROR, |v| {
            in_json(v, v.gateways(), "--graph-description", |map| map.remove("start-gateway").is_some());
        }),
        ("the graph has an empty start", ERROR, |v| {
            in_json(v, v.gateways(), "--graph-description", |map| map.insert("start-gateway".to_owned(), json!([])).is_some());
        }),
        ("the graph names an unknown executor", ERROR, |v| {
            in_json(v, v.gateways(), "--graph-description", |map| map.insert("nobody".to_owned(), json!(["end-gateway"])).is_none());
        }),
        ("the graph leaves an executor out", ERROR, |v| {
            in_json(v, v.gateways(), "--graph-description", |map| {
                let name = map.keys().find(|name| !name.ends_with("-gateway")).cloned();
                let Some(name) = name else { return false };
                map.remove(&name);
                map.values_mut().for_each(|next| list_mut(next).retain(|other| *other != name));
                true
            });
        }),
        ("a step of the graph is not a list", ERROR, |v| {
            in_json(v, v.gateways(), "--graph-description", |map| {
                let name = map.keys().find(|name| !name.ends_with("-gateway")).cloned();
                name.is_some_and(|name| map.insert(name, json!("end-gateway")).is_some())
            });
        }),
        ("the graph is invalid JSON", ERROR, |v| {
            let gateways = v.gateways();
            option(v, gateways, "--graph-description", |text| Some(text.trim_end_matches('}').to_owned()));
        }),
        ("the graph is missing", ERROR, |v| {
            for container in v.gateways() {
                let Some(at) = container.option(v.objects, "--graph-description") else { continue };
                v.plant(v.components(), container.label.clone(), move |o| {
                    list_mut(&mut container.at(o)["args"]).drain(at..at + 2);
                });
            }
        }),
        // Shards.
        ("a shard is not called", ERROR, |v| {
            in_json(v, v.heads(), "--connection-list", |map| {
                let last = map.keys().next_back().cloned();
                last.is_some_and(|last| map.remove(&last).is_some())
            });
        }),
        ("a shard has another number", ERROR, |v| {
            in_json(v, v.heads(), "--connection-list", |map| {
                let last = map.keys().next_back().cloned();
                let Some(value) = last.and_then(|last| map.remove(&last)) else { return false };
                map.insert("7".to_owned(), value).is_none()
            });
        }),
        ("two shards are swapped", ERROR, |v| {
            in_json(v, v.heads(), "--connection-list", |map| {
                let (one, other) = (map["0"].clone(), map["1"].clone());
                map.insert("0".to_owned(), other);
                map.insert("1".to_owned(), one);
                true
            });
        }),
        ("one shard is called for two", ERROR, |v| {
            in_json(v, v.heads(), "--connection-list", |map| {
                let one = map["0"].clone();
                map.insert("1".to_owned(), one).is_some()
            });
        }),
        ("there are more shards", ERROR, |v| {
            let heads = v.heads();
            option(v, heads, "--shards", |_| Some("9".to_owned()));
        }),
        ("the list of shards is invalid JSON", ERROR, |v| {
            let heads = v.heads();
            option(v, heads, "--connection-list", |text| Some(text.trim_end_matches('}').to_owned()));
        }),
        ("the list of shards is missing", ERROR, |v| {
            for container in v.heads() {
                let at = container.option(v.objects, "--connection-list").unwrap();
                v.plant(v.components(), container.label.clone(), move |o| {
                    list_mut(&mut container.at(o)["args"]).drain(at..at + 2);
                });
            }
        }),
        ("a shard has the ID of another", ERROR, |v| {
            let all = v.mains();
            option(v, all, "--shard-id", |id| Some(if id == "0" { "1" } else { "0" }.to_owned()));
        }),
        ("uses_before is called at another address", ERROR, |v| {
            let heads = v.heads();
            option(v, heads, "--uses-before-address", |_| Some("127.0.0.1:7777".to_owned()));
        }),
        ("uses_after is called at another address", ERROR, |v| {
            let heads = v.heads();
            option(v, heads, "--uses-after-address", |_| Some("127.0.0.1:7777".to_owned()));
        }),
        ("uses_before is removed", ERROR, |v| {
            for container in v.heads().into_iter().filter(|c| c.option(v.objects, "--uses-before-address").is_some()) {
                v.plant([container.label.clone()], container.label.clone(), move |o| {
                    for list in side_lists(container.pod(o)) {
                        list.retain(|container| container["name"] != "uses-before");
                    }
                });
            }
        }),
        ("uses_before sleeps", ERROR, |v| {
            for container in v.heads().into_iter().filter(|c| c.option(v.objects, "--uses-before-address").is_some()) {
                v.plant([container.label.clone()], container.label.clone(), move |o| {
                    let mut containers = side_lists(container.pod(o)).flatten();
                    containers.find(|container| container["name"] == "uses-before").unwrap()["command"] = json!(["sleep", "1000"]);
                });
            }
        }),
        // Policies.
        ("a policy allows other pods in", ERROR, |v| {
            rules(v, "ingress", is_of_flow, |r| r["from"] = json!([{"podSelector": {"matchLabels": {"app": "nobody"}}}]));
        }),
        ("a policy allows other ports in", ERROR, |v| rules(v, "ingress", is_of_flow, |r| r["ports"] = json!([{"port": 7777}]))),
        ("a policy allows only UDP in", ERROR, |v| {
            rules(v, "ingress", is_of_flow, |r| r["ports"] = json!([{"port": 8080, "protocol": "UDP"}]))
        }),
        ("a policy allows nothing in", ERROR, |v| {
            objects(v, "NetworkPolicy", |p| list(&p["spec"]["ingress"]).any(is_of_flow), |p| p["spec"]["ingress"] = json!([]));
        }),
        ("a policy selects no pods", WARNING, |v| {
            objects(v, "NetworkPolicy", all, |p| p["spec"]["podSelector"] = json!({"matchLabels": {"app": "nobody"}}));
        }),
        ("a policy forbids DNS", ERROR, |v| {
            objects(
                v,
                "NetworkPolicy",
                |p| list(&p["spec"]["egress"]).any(is_for_names) && list(&p["spec"]["egress"]).any(is_of_flow),
                |p| {
                    list_mut(&mut p["spec"]["egress"]).retain(|rule| !is_for_names(rule));
                },
            );
        }),
        ("a policy allows DNS only by TCP", ERROR, |v| {
            objects(
                v,
                "NetworkPolicy",
                |p| list(&p["spec"]["egress"]).any(is_of_flow),
                |p| {
                    for rule in list_mut(&mut p["spec"]["egress"]).iter_mut().filter(|rule| is_for_names(rule)) {
                        rule["ports"] = json!([{"port": 53}]);
                    }
                },
            );
        }),
        ("a policy allows DNS only in the namespace", ERROR, |v| {
            objects(
                v,
                "NetworkPolicy",
                |p| list(&p["spec"]["egress"]).any(is_of_flow),
                |p| {
                    for rule in list_mut(&mut p["spec"]["egress"]).iter_mut().filter(|rule| is_for_names(rule)) {
                        rule["to"] = json!([{"podSelector": {}}]);
                    }
                },
            );
        }),
        ("a policy allows other pods out", ERROR, |v| {
            rules(v, "egress", is_of_flow, |r| r["to"] = json!([{"podSelector": {"matchLabels": {"app": "nobody"}}}]));
        }),
        ("a policy allows other ports out", ERROR, |v| rules(v, "egress", is_of_flow, |r| r["ports"] = json!([{"port": 7777}]))),
        ("a policy of the whole namespace allows nothing out", ERROR, |v| {
            if v.callers().iter().all(|c| v.addresses(c).is_empty()) {
                return;
            }
            let mut about = v.components();
            about.push("NetworkPolicy/closed".to_owned());
            let is_closed = v.objects.iter().any(|o| o["kind"] == "NetworkPolicy" && o["spec"]["egress"].is_array());
            if !is_closed {
                v.plant(about, "the namespace".to_owned(), |o| {
                    let namespace = o[0]["metadata"]["namespace"].clone();
                    o.push(json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                        "metadata": {"name": "closed", "namespace": namespace},
                        "spec": {"podSelector": {}, "policyTypes": ["Egress"]}}));
                });
            }
        }),
        // Autoscalers.
        ("two autoscalers have one target", ERROR, |v| {
            for (id, name) in v.of_kind(&["HorizontalPodAutoscaler", "ScaledObject"]) {
                let twin = format!("{name}-2");
                v.plant([name.clone(), twin], name, move |o| {
                    let mut copy = o[id].clone();
                    copy["metadata"]["name"] = json!(format!("{}-2", copy["metadata"]["name"].as_str().unwrap()));
                    o.push(copy);
                });
            }
        }),
        ("an autoscaler beside a ScaledObject", ERROR, |v| {
            for (id, name) in v.of_kind(&["ScaledObject"]) {
                v.plant([name.clone(), "HorizontalPodAutoscaler/mine".to_owned()], name, move |o| {
                    let target = json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": o[id]["spec"]["scaleTargetRef"]["name"]});
                    let namespace = o[id]["metadata"]["namespace"].clone();
                    o.push(json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
                        "metadata": {"name": "mine", "namespace": namespace}, "spec": {"scaleTargetRef": target, "maxReplicas": 3}}));
                });
            }
        }),
        ("an autoscaler has a maximum below its minimum", ERROR, |v| {
            objects(v, "HorizontalPodAutoscaler", all, |s| s["spec"]["minReplicas"] = json!(99));
        }),
        ("a ScaledObject has a maximum below its minimum", ERROR, |v| {
            objects(v, "ScaledObject", all, |s| s["spec"]["minReplicaCount"] = json!(99))
        }),
        ("an autoscaler has no target", ERROR, |v| {
            objects(v, "HorizontalPodAutoscaler", all, |s| s["spec"]["scaleTargetRef"]["name"] = json!("nobody"));
            objects(v, "ScaledObject", all, |s| s["spec"]["scaleTargetRef"]["name"] = json!("nobody"));
        }),
        ("an autoscaler has a target of another kind", ERROR, |v| {
            for kind in ["HorizontalPodAutoscaler", "ScaledObject"] {
                objects(v, kind, all, |s| s["spec"]["scaleTargetRef"]["kind"] = json!("ReplicaSet"));
            }
        }),
        ("an autoscaler is in another namespace", ERROR, |v| {
            for kind in ["HorizontalPodAutoscaler", "ScaledObject"] {
                objects(v, kind, all, |s| s["metadata"]["namespace"] = json!("elsewhere"));
            }
        }),
        ("a scaled workload has fixed replicas", ERROR, |v| {
            for (id, name) in v.of_kind(&["HorizontalPodAutoscaler", "ScaledObject"]) {
                let target = v.objects[id]["spec"]["scaleTargetRef"]["name"].clone();
                let Some(workload) = v.workloads().into_iter().find(|(w, _)| v.objects[*w]["metadata"]["name"] == target) else { continue };
                v.plant([name.clone(), workload.1], name, move |o| o[workload.0]["spec"]["replicas"] = json!(2));
            }
        }),
        ("the scaled resource is not requested", WARNING, |v| {
            for (id, name) in v.of_kind(&["HorizontalPodAutoscaler"]) {
                let target = v.objects[id]["spec"]["scaleTargetRef"]["name"].clone();
                let Some(workload) = v.workloads().into_iter().find(|(w, _)| v.objects[*w]["metadata"]["name"] == target) else { continue };
                v.plant([name.clone(), workload.1], name, move |o| {
                    fields(&mut o[workload.0]["spec"]["template"]["spec"]["containers"][0]).remove("resources");
                });
            }
        }),
        ("scaling by memory without a request", WARNING, |v| {
            objects(
                v,
                "HorizontalPodAutoscaler",
                |s| !s["spec"]["metrics"].to_string().contains("memory"),
                |s| {
                    push(
                        &mut s["spec"]["metrics"],
                        json!({"type": "Resource", "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 70}}}),
                    );
                },
            );
        }),
        // Budgets.
        ("a budget selects no pods", ERROR, |v| {
            objects(v, "PodDisruptionBudget", all, |b| b["spec"]["selector"] = json!({"matchLabels": {"app": "nobody"}}));
        }),
        ("a budget forbids every eviction", WARNING, |v| {
            objects(v, "PodDisruptionBudget", all, |b| {
                fields(&mut b["spec"]).remove("maxUnavailable");
                b["spec"]["minAvailable"] = json!("100%");
            });
        }),
        ("a budget allows no unavailable pod", WARNING, |v| {
            objects(v, "PodDisruptionBudget", all, |b| {
                fields(&mut b["spec"]).remove("minAvailable");
                b["spec"]["maxUnavailable"] = json!(0);
            });
        }),
        ("a budget is in another namespace", ERROR, |v| {
            objects(v, "PodDisruptionBudget", |b| b["metadata"]["labels"].is_object(), |b| b["metadata"]["namespace"] = json!("elsewhere"));
        }),
        // Monitors.
        ("a ServiceMonitor selects nothing", ERROR, |v| {
            objects(v, "ServiceMonitor", all, |m| m["spec"]["selector"] = json!({"matchLabels": {"app": "nobody"}}));
        }),
        ("a ServiceMonitor has another port", ERROR, |v| {
            objects(v, "ServiceMonitor", all, |m| m["spec"]["endpoints"][0]["port"] = json!("nothing"));
        }),
        ("a ServiceMonitor selects another namespace", ERROR, |v| {
            objects(v, "ServiceMonitor", all, |m| m["spec"]["namespaceSelector"] = json!({"matchNames": ["elsewhere"]}));
        }),
        ("a PodMonitor selects nothing", ERROR, |v| {
            objects(v, "PodMonitor", all, |m| m["spec"]["selector"] = json!({"matchLabels": {"app": "nobody"}}));
        }),
        ("a PodMonitor has another port", ERROR, |v| {
            objects(v, "PodMonitor", all, |m| m["spec"]["podMetricsEndpoints"][0]["port"] = json!("nothing"));
        }),
        ("a PodMonitor selects another namespace", ERROR, |v| {
            objects(v, "PodMonitor", all, |m| m["spec"]["namespaceSelector"] = json!({"matchNames": ["elsewhere"]}));
        }),
        ("a monitor is in another namespace", ERROR, |v| {
            for kind in ["ServiceMonitor", "PodMonitor"] {
                objects(
                    v,
                    kind,
                    |m| m["metadata"]["labels"]["flow.jina.ai/flow"].is_string(),
                    |m| m["metadata"]["namespace"] = json!("elsewhere"),
                );
            }
        }),
        // Routes from outside.
        ("a route from outside is in another namespace", ERROR, |v| {
            for kind in ["Ingress", "HTTPRoute", "GRPCRoute"] {
                objects(v, kind, all, |i| i["metadata"]["namespace"] = json!("elsewhere"));
            }
        }),
        ("an Ingress leads to another Service", ERROR, |v| {
            objects(v, "Ingress", all, |i| i["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = json!("nobody"));
        }),
        ("an Ingress leads to another port", ERROR, |v| {
            objects(v, "Ingress", all, |i| {
                i["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = json!({"number": 7777})
            });
        }),
        ("an Ingress leads to an unknown port name", ERROR, |v| {
            objects(v, "Ingress", all, |i| i["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["port"] = json!({"name": "x"}));
        }),
        ("the certificate of an Ingress does not exist", ERROR, |v| {
            objects(v, "Ingress", |i| i["spec"]["tls"].is_array(), |i| i["spec"]["tls"][0]["secretName"] = json!("nothing"));
        }),
        ("the certificate of an Ingress is removed", ERROR, |v| {
            for (id, _) in v.of_kind(&["Secret"]) {
                if v.objects[id]["type"] == "kubernetes.io/tls" {
                    let about: Vec<String> = v.of_kind(&["Ingress"]).into_iter().map(|(_, name)| name).collect();
                    v.plant(about, label(&v.objects[id]), move |o| drop(o.remove(id)));
                }
            }
        }),
        ("a route leads to another Service", ERROR, |v| {
            for kind in ["HTTPRoute", "GRPCRoute"] {
                objects(v, kind, all, |r| r["spec"]["rules"][0]["backendRefs"][0]["name"] = json!("nobody"));
            }
        }),
        ("a route leads to another port", ERROR, |v| {
            for kind in ["HTTPRoute", "GRPCRoute"] {
                objects(v, kind, all, |r| r["spec"]["rules"][0]["backendRefs"][0]["port"] = json!(7777));
            }
        }),
        // References of pods.
        ("a ConfigMap is removed", ERROR, |v| removed(v, "ConfigMap", always)),
        ("a ConfigMap is renamed", ERROR, |v| {
            renamed(v, "ConfigMap", always, |c| c["metadata"]["name"] = json!(format!("dev-{}", c["metadata"]["name"].as_str().unwrap())));
        }),
        ("a ConfigMap is in another namespace", ERROR, |v| {
            renamed(v, "ConfigMap", always, |c| c["metadata"]["namespace"] = json!("elsewhere"));
        }),
        ("a claim is removed", ERROR, |v| removed(v, "PersistentVolumeClaim", always)),
        ("a service account is removed", ERROR, |v| removed(v, "ServiceAccount", always)),
        ("a Secret with keys is removed", WARNING, |v| removed(v, "Secret", always)),
        ("a Secret has another key", ERROR, |v| {
            renamed(v, "Secret", |v, id| v.objects[id]["stringData"]["api"].is_string(), |s| s["stringData"] = json!({"other": "x"}));
        }),
    ]
}
