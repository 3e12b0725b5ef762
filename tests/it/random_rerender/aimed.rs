//! Edits at places that the Flow is about to change.

use serde_json::{Value, json};

use super::objects::{any_added, any_value, removed_at, set_at};
use crate::support::random::Random;

/// The differences between an object and its next render: changed values, removed values and added values.
#[derive(Default)]
struct Differences {
    changes: Vec<String>,
    goes: Vec<String>,
    comes: Vec<String>,
}

impl Differences {
    fn of(object: &Value, fresh: &Value) -> Self {
        let mut differences = Self::default();
        for name in ["metadata", "data", "spec"] {
            if let (Some(one), Some(other)) = (object.get(name), fresh.get(name)) {
                differences.compare(one, other, &format!("/{name}"));
            }
        }
        let is_bookkeeping = |path: &String| path.contains("config.kubernetes.io") || path.contains("/flow.jina.ai~1");
        let is_its_name = |path: &String| path == "/metadata/annotations" || path == "/metadata/name";
        for paths in [&mut differences.changes, &mut differences.goes, &mut differences.comes] {
            let is_ours = |path: &String| path.starts_with("/metadata/annotations/") && is_bookkeeping(path);
            paths.retain(|path| !is_ours(path) && !is_its_name(path));
        }
        differences
    }

    fn compare(&mut self, one: &Value, other: &Value, path: &str) {
        let below = |name: &str| format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
        match (one, other) {
            (Value::Object(one), Value::Object(other)) => {
                for (name, value) in one {
                    match other.get(name) {
                        Some(other) => self.compare(value, other, &below(name)),
                        None => self.goes.push(below(name)),
                    }
                }
                self.comes.extend(other.keys().filter(|name| !one.contains_key(*name)).map(|name| below(name)));
            }
            (Value::Array(one), Value::Array(other)) if one != other => {
                for (place, value) in one.iter().enumerate() {
                    let same = other.iter().find(|other| value["name"].is_string() && other["name"] == value["name"]);
                    match (same, value) {
                        (Some(other), _) => self.compare(value, other, &format!("{path}/{place}")),
                        (None, _) if !other.contains(value) => self.goes.push(format!("{path}/{place}")),
                        _ => {}
                    }
                }
            }
            _ if one != other => self.changes.push(path.to_owned()),
            _ => {}
        }
    }
}

fn something(random: &mut Random) -> Value {
    json!(format!("mine-{}", random.below(9)))
}

/// One of several paths, if there are any.
fn one_of(paths: &[String], random: &mut Random) -> Option<String> {
    (!paths.is_empty()).then(|| random.pick::<String>(paths).clone())
}

pub fn also_changed(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let differences = Differences::of(object, fresh);
    let Some(path) = one_of(&[differences.changes, differences.goes].concat(), random) else { return false };
    let mine = something(random);
    let is_word = object.pointer(&path).is_some_and(|value| !value.is_object() && !value.is_array());
    is_word && set_at(object, &path, mine)
}

pub fn also_removed(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let differences = Differences::of(object, fresh);
    one_of(&[differences.changes, differences.goes].concat(), random).is_some_and(|path| removed_at(object, &path))
}

pub fn around_removed(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let differences = Differences::of(object, fresh);
    let Some(mut path) = one_of(&[differences.changes, differences.goes, differences.comes].concat(), random) else { return false };
    for _ in 0..=random.below(3) {
        path.truncate(path.rfind('/').unwrap_or_default());
    }
    path.matches('/').count() > 1 && path != "/metadata/annotations" && removed_at(object, &path)
}

pub fn also_added(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let Some(path) = one_of(&Differences::of(object, fresh).comes, random) else { return false };
    let mine = match fresh.pointer(&path) {
        Some(Value::Array(_)) => json!([]),
        Some(Value::Object(_)) => json!({"mine": 1}),
        _ => something(random),
    };
    set_at(object, &path, mine)
}

pub fn as_the_flow(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let differences = Differences::of(object, fresh);
    let Some(path) = one_of(&[differences.changes, differences.comes].concat(), random) else { return false };
    // A position in a list may have moved.
    let is_in_list = path.split('/').any(|name| name.parse::<usize>().is_ok());
    fresh.pointer(&path).filter(|_| !is_in_list).is_some_and(|value| set_at(object, &path, value.clone()))
}

pub fn inside_removed(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let paths = Differences::of(object, fresh).goes;
    let Some(inside) = one_of(&paths, random).and_then(|path| object.pointer_mut(&path)) else { return false };
    match inside {
        Value::Object(fields) => fields.insert("mine".to_owned(), something(random)).is_none(),
        Value::Array(entries) if entries.iter().all(Value::is_object) => {
            entries.push(json!({"name": "mine", "mountPath": "/mine", "ip": "10.0.0.9", "topologyKey": "mine"}));
            true
        }
        Value::Array(entries) => {
            entries.push("mine".into());
            true
        }
        _ => false,
    }
}

pub fn argument_of_both(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let Some(new) = fresh.pointer("/spec/template/spec/containers/0/args").and_then(Value::as_array) else { return false };
    let Some(old) = object.pointer_mut("/spec/template/spec/containers/0/args").and_then(Value::as_array_mut) else { return false };
    let goes: Vec<usize> = (0..old.len()).filter(|place| !new.contains(&old[*place])).collect();
    if goes.is_empty() {
        return false;
    }
    old[*random.pick(&goes)] = something(random);
    true
}

/// Edits an object that the Flow will no longer render.
pub fn removed_object(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    fresh.is_null() && if random.coin(3) { any_added(object, random) } else { any_value(object, random) }
}
