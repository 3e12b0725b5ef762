//! Edits of objects, field by field.

use serde_json::{Map, Value, json};

use super::flows::set;
use crate::support::random::Random;

pub const WORKLOADS: [&str; 2] = ["Deployment", "StatefulSet"];

pub fn is(object: &Value, kinds: &[&str]) -> bool {
    kinds.iter().any(|kind| object["kind"] == *kind)
}

/// The pod spec of a workload.
pub fn pod(object: &mut Value) -> Option<&mut Value> {
    if !is(object, &WORKLOADS) {
        return None;
    }
    object.pointer_mut("/spec/template/spec").filter(|spec| spec.is_object())
}

pub fn container<'v>(object: &'v mut Value, random: &mut Random) -> Option<&'v mut Value> {
    let containers = pod(object)?["containers"].as_array_mut()?;
    let place = random.below(containers.len());
    containers.get_mut(place)
}

/// Sets a field of the pod.
pub fn of_pod(object: &mut Value, path: &[&str], to: Value) -> bool {
    let Some(pod) = pod(object) else { return false };
    set(pod, path, to);
    true
}

/// Sets a field of a container.
pub fn of_container(object: &mut Value, path: &[&str], to: Value, random: &mut Random) -> bool {
    let Some(container) = container(object, random) else { return false };
    set(container, path, to);
    true
}

/// Adds an entry to a list, at a random position.
pub fn entry(value: &mut Value, name: &str, to: Value, random: &mut Random) -> bool {
    if value.get(name).is_none_or(Value::is_null) {
        value[name] = json!([]);
    }
    let Some(list) = value[name].as_array_mut() else { return false };
    let place = random.below(list.len() + 1);
    list.insert(place, to);
    true
}

pub fn pod_entry(object: &mut Value, name: &str, to: Value, random: &mut Random) -> bool {
    pod(object).is_some_and(|pod| entry(pod, name, to, random))
}

pub fn container_entry(object: &mut Value, name: &str, to: Value, random: &mut Random) -> bool {
    let Some(container) = container(object, random) else { return false };
    entry(container, name, to, random)
}

/// A list of a container that is not empty.
pub fn list<'v>(object: &'v mut Value, name: &str, random: &mut Random) -> Option<&'v mut Vec<Value>> {
    container(object, random)?.get_mut(name)?.as_array_mut().filter(|list| !list.is_empty())
}

/// Removes an entry from a list of a container.
pub fn dropped(object: &mut Value, name: &str, random: &mut Random) -> bool {
    let Some(entries) = list(object, name, random) else { return false };
    entries.remove(random.below(entries.len()));
    true
}

/// Removes a field.
pub fn without(value: Option<&mut Value>, name: &str) -> bool {
    value.and_then(Value::as_object_mut).and_then(|fields| fields.remove(name)).is_some()
}

pub fn label_removed(object: &mut Value, random: &mut Random) -> bool {
    let Some(labels) = object["metadata"]["labels"].as_object_mut().filter(|labels| !labels.is_empty()) else { return false };
    let names: Vec<String> = labels.keys().cloned().collect();
    labels.remove(random.pick(&names)).is_some()
}

pub fn label_changed(object: &mut Value, random: &mut Random) -> bool {
    let Some(labels) = object["metadata"]["labels"].as_object_mut().filter(|labels| !labels.is_empty()) else { return false };
    let names: Vec<String> = labels.keys().cloned().collect();
    labels.insert(random.pick(&names).clone(), "mine".into());
    true
}

/// Annotations by which the program and its callers identify an item.
pub fn is_bookkeeping(name: &str) -> bool {
    name.starts_with("flow.jina.ai/") || name.contains("config.kubernetes.io/")
}

pub fn env_changed(object: &mut Value, random: &mut Random) -> bool {
    let Some(entries) = list(object, "env", random) else { return false };
    let place = random.below(entries.len());
    let name = entries[place]["name"].clone();
    entries[place] = json!({"name": name, "value": format!("mine-{}", random.below(9))});
    true
}

pub fn env_reordered(object: &mut Value, random: &mut Random) -> bool {
    let Some(entries) = list(object, "env", random).filter(|entries| entries.len() > 1) else { return false };
    let place = random.below(entries.len() - 1);
    entries.swap(place, place + 1);
    if random.coin(2) {
        entries.reverse();
    }
    true
}

/// The indexes of flags among arguments.
pub fn flags(words: &[Value]) -> Vec<usize> {
    (0..words.len()).filter(|place| words[*place].as_str().is_some_and(|word| word.starts_with("--"))).collect()
}

pub fn argument_added(object: &mut Value, random: &mut Random) -> bool {
    let Some(words) = list(object, "args", random) else { return false };
    let place = *random.pick(&[flags(words).as_slice(), &[words.len()]].concat());
    let new: &[&str] =
        random.pick::<&[&str]>(&[&["--log-config", "mine.yml"][..], &["--quiet"], &["--mine", "a", "b"], &["--uses", "mine.yml"]]);
    words.splice(place..place, new.iter().map(|word| Value::from(*word)));
    true
}

pub fn argument_changed(object: &mut Value, random: &mut Random) -> bool {
    let Some(words) = list(object, "args", random) else { return false };
    let values: Vec<usize> = flags(words).into_iter().map(|place| place + 1).filter(|place| *place < words.len()).collect();
    if values.is_empty() {
        return false;
    }
    let place = *random.pick(&values);
    let is_flag = words[place].as_str().is_some_and(|word| word.starts_with("--"));
    let value = Value::from(*random.pick(&["mine", "7", "{\"mine\": 1}", ""]));
    if is_flag {
        words.insert(place, value);
    } else {
        words[place] = value;
    }
    true
}

pub fn argument_removed(object: &mut Value, random: &mut Random) -> bool {
    let Some(words) = list(object, "args", random) else { return false };
    let flags = flags(words);
    if flags.is_empty() {
        return false;
    }
    let start = *random.pick(&flags);
    let end = flags.into_iter().find(|place| *place > start).unwrap_or(words.len());
    words.drain(start..end);
    true
}

pub fn of_data(object: &mut Value, change: impl FnOnce(&mut Map<String, Value>) -> bool) -> bool {
    is(object, &["ConfigMap"]) && object.get_mut("data").and_then(Value::as_object_mut).is_some_and(change)
}

pub fn of_spec(object: &mut Value, kinds: &[&str], path: &[&str], to: Value) -> bool {
    let applies = is(object, kinds);
    if applies {
        set(&mut object["spec"], path, to);
    }
    applies
}

/// All places of an object that an edit may change: scalars, or mappings.
pub fn places(value: &Value, is_wanted: &dyn Fn(&Value) -> bool) -> Vec<String> {
    fn collect(value: &Value, path: &str, is_wanted: &dyn Fn(&Value) -> bool, out: &mut Vec<String>) {
        if !path.is_empty() && is_wanted(value) {
            out.push(path.to_owned());
        }
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let is_ours = path == "/metadata/annotations" && is_bookkeeping(name);
                    let is_its_name = path.is_empty() && name != "spec" && name != "data" && name != "metadata";
                    let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                    if !is_ours && !is_its_name && path != "/metadata/name" && path != "/metadata/annotations" {
                        collect(value, &path, is_wanted, out);
                    }
                }
            }
            Value::Array(entries) => {
                entries.iter().enumerate().for_each(|(place, value)| collect(value, &format!("{path}/{place}"), is_wanted, out));
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    collect(value, "", is_wanted, &mut out);
    out
}

pub fn any_value(object: &mut Value, random: &mut Random) -> bool {
    let places = places(object, &|value| !value.is_object() && !value.is_array());
    if places.is_empty() {
        return false;
    }
    let Some(value) = object.pointer_mut(random.pick::<String>(&places)) else { return false };
    *value = if value.is_number() { json!(70 + random.below(9)) } else { json!(format!("mine-{}", random.below(9))) };
    true
}

pub fn any_removed(object: &mut Value, random: &mut Random) -> bool {
    let places = places(object, &|_| true);
    removed_at(object, random.pick::<String>(&places))
}

pub fn any_added(object: &mut Value, random: &mut Random) -> bool {
    let places = places(object, &Value::is_object);
    if places.is_empty() {
        return false;
    }
    let Some(value) = object.pointer_mut(random.pick::<String>(&places)) else { return false };
    value["mine"] = random.pick(&[json!("yes"), json!({"a": 1}), json!([]), json!(["x"]), json!(null), json!("0644")]).clone();
    true
}

pub fn list_emptied(object: &mut Value, random: &mut Random) -> bool {
    let places = places(object, &|value| value.as_array().is_some_and(|list| !list.is_empty()));
    if places.is_empty() {
        return false;
    }
    object.pointer_mut(random.pick::<String>(&places)).is_some_and(|value| {
        *value = json!([]);
        true
    })
}

pub fn list_doubled(object: &mut Value, random: &mut Random) -> bool {
    let places = places(object, &|value| value.as_array().is_some_and(|list| !list.is_empty()));
    if places.is_empty() {
        return false;
    }
    let Some(Value::Array(list)) = object.pointer_mut(random.pick::<String>(&places)) else { return false };
    list.push(list[0].clone());
    true
}

pub fn set_at(object: &mut Value, path: &str, to: Value) -> bool {
    let Some((around, name)) = path.rsplit_once('/') else { return false };
    let name = name.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(around) {
        Some(Value::Object(fields)) => {
            fields.insert(name, to);
            true
        }
        Some(Value::Array(entries)) => name.parse().ok().and_then(|place: usize| entries.get_mut(place)).is_some_and(|value| {
            *value = to;
            true
        }),
        _ => false,
    }
}

pub fn removed_at(object: &mut Value, path: &str) -> bool {
    let Some((around, name)) = path.rsplit_once('/') else { return false };
    match object.pointer_mut(around) {
        Some(Value::Object(fields)) => fields.remove(&name.replace("~1", "/").replace("~0", "~")).is_some(),
        Some(Value::Array(entries)) => name.parse().is_ok_and(|place: usize| place < entries.len() && !entries.remove(place).is_null()),
        _ => false,
    }
}
