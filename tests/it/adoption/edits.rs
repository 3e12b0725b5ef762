//! Edits that people make in an export of Jina.

use serde_json::{Value, json};

use super::package::Objects;
use crate::support::random::Random;

/// An edit of an object; whether it can be made.
type Edit = fn(&mut Value, u64) -> bool;

/// The kinds of edits, each with the kind of object that it is for.
pub const KINDS: [(&str, &str, Edit); 26] = [
    ("replicas", "Deployment", |object, n| set(object, "/spec/replicas", json!(7 + n % 5))),
    ("memory limit", "Deployment", |object, n| {
        put(container(object), "resources", json!({"limits": {"memory": format!("{}Gi", 1 + n % 9)}}))
    }),
    ("cpu request", "Deployment", |object, n| {
        put(container(object), "resources", json!({"requests": {"cpu": format!("{}m", 100 + n % 900)}}))
    }),
    ("image", "Deployment", |object, n| put(container(object), "image", json!(format!("registry.example/mine:{n}")))),
    ("pull policy", "Deployment", |object, _| put(container(object), "imagePullPolicy", json!("Always"))),
    ("variable", "Deployment", |object, n| push(container(object), "env", json!({"name": "MINE", "value": n.to_string()}))),
    ("variable from a Secret", "Deployment", |object, _| {
        push(container(object), "env", json!({"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "mine", "key": "token"}}}))
    }),
    ("flag", "Deployment", |object, n| {
        let Some(args) = container(object)["args"].as_array_mut() else { return false };
        args.extend([json!("--mine"), json!(n.to_string())]);
        true
    }),
    ("uses_with", "Deployment", |object, n| {
        let Some(args) = container(object)["args"].as_array_mut() else { return false };
        let Some(at) = args.iter().position(|word| word == "--uses-with") else { return false };
        args[at + 1] = json!(format!("{{\"mine\": {n}}}"));
        true
    }),
    ("volume", "Deployment", |object, _| {
        push(pod(object), "volumes", json!({"name": "mine", "emptyDir": {}}))
            && push(container(object), "volumeMounts", json!({"name": "mine", "mountPath": "/mine"}))
    }),
    ("sidecar", "Deployment", |object, _| push(pod(object), "containers", json!({"name": "mine", "image": "acme/sidecar:1"}))),
    ("init container", "Deployment", |object, _| push(pod(object), "initContainers", json!({"name": "mine", "image": "acme/init:1"}))),
    ("node selector", "Deployment", |object, n| put(pod(object), "nodeSelector", json!({"pool": n.to_string()}))),
    ("tolerations", "Deployment", |object, _| push(pod(object), "tolerations", json!({"key": "gpu", "operator": "Exists"}))),
    ("priority class", "Deployment", |object, _| put(pod(object), "priorityClassName", json!("high"))),
    ("service account", "Deployment", |object, _| put(pod(object), "serviceAccountName", json!("mine"))),
    ("grace period", "Deployment", |object, n| put(pod(object), "terminationGracePeriodSeconds", json!(100 + n % 100))),
    ("security context", "Deployment", |object, _| put(pod(object), "securityContext", json!({"runAsNonRoot": true}))),
    ("no lifecycle", "Deployment", |object, _| container(object).as_object_mut().unwrap().remove("lifecycle").is_some()),
    ("probe", "Deployment", |object, n| set(container(object), "/startupProbe/failureThreshold", json!(1000 + n % 100))),
    ("strategy", "Deployment", |object, _| set(object, "/spec/strategy/rollingUpdate/maxSurge", json!("50%"))),
    ("pod annotation", "Deployment", |object, n| {
        put(&mut object["spec"]["template"]["metadata"], "annotations", json!({"mine": n.to_string()}))
    }),
    ("label", "", |object, n| put(&mut object["metadata"], "labels", json!({"team": format!("t{n}")}))),
    ("annotation", "", |object, n| put(&mut object["metadata"], "annotations", json!({"note": format!("n{n}")}))),
    ("setting", "ConfigMap", |object, n| put(object, "data", json!({"MINE": n.to_string()}))),
    ("node port", "Service", |object, n| {
        let is_gateway = object["metadata"]["name"] == "gateway";
        is_gateway
            && put(object, "spec", json!({"type": "NodePort"}))
            && put(&mut object["spec"]["ports"][0], "nodePort", json!(30000 + n % 1000))
    }),
];

fn pod(object: &mut Value) -> &mut Value {
    &mut object["spec"]["template"]["spec"]
}

fn container(object: &mut Value) -> &mut Value {
    &mut pod(object)["containers"][0]
}

/// Sets a field that exists.
fn set(object: &mut Value, pointer: &str, value: Value) -> bool {
    object.pointer_mut(pointer).map(|field| *field = value).is_some()
}

/// Sets a field, or merges a mapping into it.
fn put(object: &mut Value, field: &str, value: Value) -> bool {
    match (object.get_mut(field), value) {
        (Some(Value::Object(known)), Value::Object(fields)) => {
            for (name, value) in fields {
                let mut rest = Value::Object(std::mem::take(known));
                put(&mut rest, &name, value);
                if let Value::Object(merged) = rest {
                    *known = merged;
                }
            }
        }
        (_, value) => object[field] = value,
    }
    true
}

/// Adds an entry to a list, unless the list has an entry of this name.
fn push(object: &mut Value, field: &str, entry: Value) -> bool {
    if object[field].is_null() {
        object[field] = json!([]);
    }
    let list = object[field].as_array_mut().unwrap();
    let is_new = list.iter().all(|known| known["name"] != entry["name"] || entry["name"].is_null() && *known != entry);
    if is_new {
        list.push(entry);
    }
    is_new
}

/// Makes an edit in a random object of the export, and in the same object of `expected`. Returns whether there is such an object.
pub fn edit(kind: usize, files: &mut [(String, Vec<Value>)], expected: &mut Objects, random: &mut Random) -> bool {
    let (_, of, make) = KINDS[kind];
    let mut objects: Vec<&mut Value> = files.iter_mut().flat_map(|(_, objects)| objects).collect();
    objects.retain(|object| of.is_empty() || object["kind"] == of);
    if objects.is_empty() {
        return false;
    }
    let place = random.below(objects.len());
    let object = &mut *objects[place];
    let name = [&object["kind"], &object["metadata"]["name"]].map(|part| part.as_str().unwrap_or_default().to_owned());
    let [kind, name] = name;
    let Some(expected) = expected.get_mut(&(kind, name)) else { return false };
    let number = random.seed() % 1000;
    let before = (object.clone(), expected.clone());
    let is_made = make(object, number) && make(expected, number);
    if !is_made {
        (*object, *expected) = before;
    }
    is_made
}
