//! Flows, and changes of Flows, as users make them.

use crate::mutants::bases::{RECIPES, Recipe};
use serde_json::{Map, Value, json};

use super::package::BESIDE;
use crate::support::random::Random;

/// A change of a JinaFlow. Returns whether there was something to change.
pub type Change = fn(&mut Value, &mut Random) -> bool;

/// Flows with kinds of objects that few other Flows have.
const RICH: [&str; 7] = ["keda", "an ingress", "autoscale", "storage", "service monitors", "pod monitors with policies", "everything"];

/// A JinaFlow of one of the Flows that `jinaflow check` is tested with, and the objects beside it.
pub fn start(random: &mut Random) -> (Value, &'static str) {
    let all = RECIPES;
    let rich: Vec<_> = all.iter().filter(|recipe| RICH.contains(&recipe.name)).collect();
    let Recipe { fields, flow, around, .. } = if random.coin(2) { *random.pick(&rich) } else { random.pick(all) };
    let read = |text: &str| serde_yaml::from_str::<Value>(text).unwrap();
    let mut spec = if fields.is_empty() { json!({}) } else { read(fields) };
    spec["flow"] = read(&format!("jtype: Flow\n{flow}"));
    (json!({"name": "search", "namespace": "search", "spec": spec}), around)
}

/// The JinaFlow as an item of a package.
pub fn item(flow: &Value, on_conflict: &str) -> String {
    let mut spec = flow["spec"].clone();
    set(&mut spec, &["output", "onConflict"], on_conflict.into());
    let spec = serde_yaml::to_string(&spec).unwrap();
    let namespace = flow["namespace"].as_str().map(|name| format!("    namespace: {name}\n")).unwrap_or_default();
    let head = format!(
        "- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata:\n    name: {}\n{namespace}    annotations:\n      \
         internal.config.kubernetes.io/path: jina.yaml\n  spec:\n",
        flow["name"].as_str().unwrap()
    );
    std::iter::once(head).chain(spec.lines().map(|line| format!("    {line}\n"))).collect()
}

/// Another JinaFlow of the package, as an item.
pub fn another() -> String {
    let executor = json!({"name": "encoder", "uses": "docker://acme/encoder:1"});
    let flow = json!({"name": BESIDE, "namespace": BESIDE, "spec": {"flow": {"jtype": "Flow", "executors": [executor]}}});
    item(&flow, "error").replace("jina.yaml", "beside/jina.yaml")
}

/// Sets a value, and creates the mappings around it.
pub fn set(value: &mut Value, path: &[&str], to: Value) {
    let Some((first, rest)) = path.split_first() else {
        *value = to;
        return;
    };
    if !value.is_object() {
        *value = Map::new().into();
    }
    set(&mut value[*first], rest, to);
}

/// Sets a value, or removes it if it is set already.
fn toggle(value: &mut Value, path: &[&str], to: Value) -> bool {
    let (last, around) = path.split_last().unwrap();
    let inner = around.iter().try_fold(&mut *value, |value, name| value.get_mut(*name));
    if inner.and_then(Value::as_object_mut).and_then(|fields| fields.remove(*last)).is_none() {
        set(value, path, to);
    }
    true
}

fn executors(flow: &mut Value) -> &mut Vec<Value> {
    flow["spec"]["flow"]["executors"].as_array_mut().unwrap()
}

/// An executor that is not external.
fn executor<'v>(flow: &'v mut Value, random: &mut Random) -> &'v mut Value {
    let executors = executors(flow);
    let here: Vec<usize> = (0..executors.len()).filter(|place| executors[*place]["external"].is_null()).collect();
    let place = *random.pick(&here);
    &mut executors[place]
}

fn name_of(flow: &mut Value, random: &mut Random) -> String {
    executor(flow, random)["name"].as_str().unwrap().to_owned()
}

/// A field of a layer: of an executor, the gateway, a role or all components.
fn layer(flow: &mut Value, field: &str, to: Value, random: &mut Random) -> bool {
    let name = name_of(flow, random);
    let spec = &mut flow["spec"];
    match random.below(6) {
        0 => toggle(spec, &["gateway", field], to),
        1 => toggle(spec, &["defaults", field], to),
        2 => toggle(spec, &["roles", "worker", field], to),
        _ => toggle(spec, &["executors", &name, field], to),
    }
}

/// An option of an executor in the Flow.
fn option(flow: &mut Value, name: &str, to: Value, random: &mut Random) -> bool {
    toggle(executor(flow, random), &[name], to)
}

fn with(flow: &mut Value, name: &str, to: Value) -> bool {
    toggle(&mut flow["spec"]["flow"], &["with", name], to)
}

fn replicas(flow: &mut Value, random: &mut Random) -> bool {
    let executor = executor(flow, random);
    let now = executor["replicas"].as_u64().unwrap_or(1);
    executor["replicas"] = if now > 1 && random.coin(2) { json!(now - 1) } else { json!(now + 1) };
    true
}

fn shards(flow: &mut Value, random: &mut Random) -> bool {
    let executor = executor(flow, random);
    executor["shards"] = if executor["shards"].as_u64().unwrap_or(1) == 1 { json!(2) } else { json!(1) };
    true
}

fn added(flow: &mut Value, random: &mut Random) -> bool {
    let name = *random.pick(&["ranker", "crafter", "splitter"]);
    let executors = executors(flow);
    if executors.iter().any(|executor| executor["name"] == name) {
        return false;
    }
    executors.push(json!({"name": name, "uses": format!("docker://acme/{name}:1")}));
    true
}

/// Whether another executor needs this one.
fn is_needed(executors: &[Value], name: &str) -> bool {
    executors.iter().any(|executor| match &executor["needs"] {
        Value::Array(names) => names.iter().any(|needed| needed == name),
        needed => needed == name,
    })
}

fn removed(flow: &mut Value, random: &mut Random) -> bool {
    let name = name_of(flow, random);
    let executors = executors(flow);
    let more = executors.iter().filter(|executor| executor["external"].is_null() && executor["floating"].is_null()).count();
    if more < 2 || is_needed(executors, &name) {
        return false;
    }
    executors.retain(|executor| executor["name"] != name.as_str());
    if let Some(layers) = flow["spec"].get_mut("executors").and_then(Value::as_object_mut) {
        layers.remove(&name);
    }
    true
}

fn renamed(flow: &mut Value, random: &mut Random) -> bool {
    let name = name_of(flow, random);
    let to = format!("{}{}", name.trim_end_matches(char::is_numeric), 2 + random.below(3));
    let executors = executors(flow);
    if executors.iter().any(|executor| executor["name"] == to.as_str()) {
        return false;
    }
    for executor in executors {
        if executor["name"] == name.as_str() {
            executor["name"] = to.as_str().into();
        }
        match executor.get_mut("needs") {
            Some(Value::Array(names)) => {
                names.iter_mut().filter(|needed| *needed == name.as_str()).for_each(|needed| *needed = to.as_str().into());
            }
            Some(needed) if *needed == name.as_str() => *needed = to.as_str().into(),
            _ => {}
        }
    }
    if let Some(layers) = flow["spec"].get_mut("executors").and_then(Value::as_object_mut)
        && let Some(layer) = layers.remove(&name)
    {
        layers.insert(to, layer);
    }
    true
}

fn protocol(flow: &mut Value, random: &mut Random) -> bool {
    let to = random.pick(&[json!("http"), json!("grpc"), json!(["grpc", "http"]), json!("websocket")]).clone();
    let is_other = flow["spec"]["flow"]["with"]["protocol"] != to;
    set(&mut flow["spec"]["flow"], &["with", "protocol"], to);
    is_other
}

fn image(flow: &mut Value, random: &mut Random) -> bool {
    let tag = 2 + random.below(5);
    let executor = executor(flow, random);
    let Some(image) = executor["uses"].as_str().and_then(|uses| uses.rsplit_once(':')) else { return false };
    executor["uses"] = format!("{}:{tag}", image.0).into();
    true
}

fn env(flow: &mut Value, random: &mut Random) -> bool {
    let (name, value) = (*random.pick(&["MODEL", "LEVEL", "OMP_NUM_THREADS"]), random.below(9).to_string());
    if random.coin(4) {
        return toggle(executor(flow, random), &["env", name], value.into());
    }
    set(executor(flow, random), &["env", name], value.into());
    true
}

fn storage(flow: &mut Value, random: &mut Random) -> bool {
    let name = name_of(flow, random);
    let size = format!("{}Gi", 1 + random.below(9));
    let known = flow["spec"].pointer_mut(&format!("/executors/{name}/storage/size"));
    if let Some(known) = known.filter(|_| random.coin(2)) {
        *known = size.into();
        return true;
    }
    toggle(&mut flow["spec"], &["executors", &name, "storage"], json!({"size": size, "mountPath": "/data"}))
}

fn resources(flow: &mut Value, random: &mut Random) -> bool {
    let name = name_of(flow, random);
    let (kind, what) = (*random.pick(&["requests", "limits"]), *random.pick(&["cpu", "memory"]));
    let value = if what == "cpu" { json!(1 + random.below(8)) } else { json!(format!("{}Gi", 1 + random.below(8))) };
    set(&mut flow["spec"], &["executors", &name, "resources", kind, what], value);
    true
}

fn autoscale(flow: &mut Value, random: &mut Random) -> bool {
    let name = name_of(flow, random);
    let hpa = json!({"min": 2, "max": 3 + random.below(9), "cpu": 70});
    let keda = json!({"min": 1, "max": 9, "keda": {"triggers": {"load": {"type": "prometheus", "metadata": {"query": "up"}}}}});
    set(&mut flow["spec"], &["executors", &name, "resources", "requests", "cpu"], json!(1));
    toggle(&mut flow["spec"], &["executors", &name, "autoscale"], if random.coin(3) { keda } else { hpa })
}

fn reordered(flow: &mut Value, random: &mut Random) -> bool {
    let executors = executors(flow);
    if executors.len() < 2 || executors.iter().any(|executor| !executor["needs"].is_null()) {
        return false;
    }
    let by = 1 + random.below(executors.len() - 1);
    executors.rotate_left(by);
    true
}

/// All kinds of changes.
pub fn kinds() -> Vec<(&'static str, Change)> {
    vec![
        ("replicas", replicas),
        ("shards", shards),
        ("executor added", added),
        ("executor removed", removed),
        ("executor renamed", renamed),
        ("executors reordered", reordered),
        ("gateway protocol", protocol),
        ("gateway port", |flow, random| {
            set(&mut flow["spec"]["flow"], &["with", "port"], json!(50000 + random.below(9)));
            flow["spec"]["flow"]["with"]["protocol"].is_null()
        }),
        ("env", env),
        ("env of the Flow", |flow, random| with(flow, "env", json!({"LEVEL": format!("all-{}", random.below(9))}))),
        ("image", image),
        ("uses_with", |flow, random| option(flow, "uses_with", json!({"size": random.below(9), "deep": [1, {"a": "b"}]}), random)),
        ("uses_metas", |flow, random| option(flow, "uses_metas", json!({"description": format!("d{}", random.below(9))}), random)),
        ("uses_before", |flow, random| option(flow, "uses_before", "docker://acme/before:1".into(), random)),
        ("uses_after", |flow, random| option(flow, "uses_after", "docker://acme/after:1".into(), random)),
        ("polling", |flow, random| option(flow, "polling", "ALL".into(), random)),
        ("timeout_ctrl", |flow, random| option(flow, "timeout_ctrl", json!(60 + random.below(9)), random)),
        ("timeout_send", |flow, random| with(flow, "timeout_send", json!(1000 + random.below(9)))),
        ("gpus", |flow, random| option(flow, "gpus", json!(1 + random.below(3)), random)),
        ("volumes", |flow, random| option(flow, "volumes", json!(["/cache"]), random)),
        ("py_modules", |flow, random| option(flow, "py_modules", json!(["a.py", format!("b{}.py", random.below(9))]), random)),
        ("monitoring", |flow, _| with(flow, "monitoring", json!(true))),
        ("retries", |flow, random| with(flow, "retries", json!(random.below(4)))),
        ("storage", storage),
        ("resources", resources),
        ("autoscale", autoscale),
        ("replicas of a layer", |flow, random| {
            let name = name_of(flow, random);
            set(&mut flow["spec"], &["executors", &name, "replicas"], json!(1 + random.below(6)));
            true
        }),
        ("ingress", |flow, random| {
            toggle(&mut flow["spec"], &["gateway", "ingress"], json!({"hosts": {format!("s{}.example.com", random.below(4)): {}}}))
        }),
        ("expose", |flow, random| {
            toggle(&mut flow["spec"], &["gateway", "expose"], json!({"type": "LoadBalancer", "port": 80 + random.below(3)}))
        }),
        ("namespace", |flow, random| {
            flow["namespace"] = (*random.pick(&["search", "other", "team"])).into();
            true
        }),
        ("no namespace", |flow, _| toggle(flow, &["namespace"], "search".into())),
        ("name of the Flow", |flow, random| {
            flow["name"] = (*random.pick(&["search", "find", "lookup"])).into();
            true
        }),
        ("mesh", |flow, random| toggle(&mut flow["spec"], &["mesh"], (*random.pick(&["istio", "linkerd"])).into())),
        ("network policies", |flow, _| toggle(&mut flow["spec"], &["networkPolicy"], json!({"egress": {}}))),
        ("security profile", |flow, random| layer(flow, "securityProfile", "restricted".into(), random)),
        ("labels", |flow, random| layer(flow, "labels", json!({"team": format!("t{}", random.below(3)), "tier": "a"}), random)),
        ("annotations", |flow, random| layer(flow, "annotations", json!({"acme.com/owner": format!("o{}", random.below(3))}), random)),
        ("env of a layer", |flow, random| layer(flow, "env", json!({"MODEL": format!("m{}", random.below(3))}), random)),
        ("secret", |flow, random| layer(flow, "envFromSecret", json!({"ACCESS": {"name": "access", "key": "a"}}), random)),
        ("node selector", |flow, random| layer(flow, "nodeSelector", json!({"pool": format!("p{}", random.below(3))}), random)),
        ("tolerations", |flow, random| layer(flow, "tolerations", json!({"nvidia.com/gpu": {}}), random)),
        ("topology spread", |flow, random| layer(flow, "topologySpread", json!({"zone": {"maxSkew": 1 + random.below(3)}}), random)),
        ("drain", |flow, random| layer(flow, "drainSeconds", json!(10 + random.below(90)), random)),
        ("probes", |flow, random| layer(flow, "probes", "ping".into(), random)),
        ("pull policy", |flow, random| layer(flow, "imagePullPolicy", "Always".into(), random)),
        ("pull secrets", |flow, random| layer(flow, "imagePullSecrets", json!({"registry": {}}), random)),
        ("service account", |flow, random| layer(flow, "serviceAccountName", "robot".into(), random)),
        ("priority class", |flow, random| layer(flow, "priorityClassName", "high".into(), random)),
        ("rolling update", |flow, random| layer(flow, "rollingUpdate", json!({"maxSurge": random.below(3), "maxUnavailable": 1}), random)),
        ("disruption budget", |flow, random| {
            let to = if random.coin(2) { json!({"enabled": false}) } else { json!({"maxUnavailable": 2 + random.below(3)}) };
            layer(flow, "pdb", to, random)
        }),
        ("pod template", |flow, random| {
            let sidecar = json!({"name": "proxy", "image": format!("acme/proxy:{}", random.below(3))});
            layer(flow, "podTemplate", json!({"spec": {"dnsPolicy": "None", "containers": [sidecar]}}), random)
        }),
        ("patch", |flow, random| {
            let patch = json!([{"op": "add", "path": "/spec/minReadySeconds", "value": random.below(20)}]);
            toggle(&mut flow["spec"], &["patches", "slow"], json!({"target": {"kind": "Deployment", "role": "gateway"}, "json": patch}))
        }),
        ("Kubernetes version", |flow, _| toggle(&mut flow["spec"], &["kubernetesVersion"], "1.31".into())),
        ("compat", |flow, _| toggle(&mut flow["spec"], &["compat"], "jina-3.34".into())),
    ]
}
