//! What people change in manifests.

use serde_json::{Map, Value, json};

use super::flows::set;
use super::lines::{indent_of, is_block, joined, seen};
use super::package::{Item, Package};
use crate::support::random::Random;

/// How an edit is made; each says whether there was anything to edit.
#[derive(Clone, Copy)]
pub enum Edit {
    /// Of an object, in the lines that it is about.
    Object(fn(&mut Value, &mut Random) -> bool),
    /// Of the lines of an object, which stays the same object.
    Lines(fn(&mut Vec<String>, &Value, &mut Random) -> bool),
    /// Of an object that stays the same, written in another way altogether.
    Spelling(fn(&str, &Value, &mut Random) -> Option<String>),
    /// Of an object at a place that the Flow is about to change: it has the object that will be rendered.
    Aimed(fn(&mut Value, &Value, &mut Random) -> bool),
    /// Of the items of the package.
    Package(fn(&mut Package, &mut Random) -> bool),
}
use Edit::{Aimed, Lines, Object, Spelling};

const WORKLOADS: [&str; 2] = ["Deployment", "StatefulSet"];

fn is(object: &Value, kinds: &[&str]) -> bool {
    kinds.iter().any(|kind| object["kind"] == *kind)
}

/// The spec of a workload's pods.
fn pod(object: &mut Value) -> Option<&mut Value> {
    if !is(object, &WORKLOADS) {
        return None;
    }
    object.pointer_mut("/spec/template/spec").filter(|spec| spec.is_object())
}

fn container<'v>(object: &'v mut Value, random: &mut Random) -> Option<&'v mut Value> {
    let containers = pod(object)?["containers"].as_array_mut()?;
    let place = random.below(containers.len());
    containers.get_mut(place)
}

/// Sets a field of the pod.
fn of_pod(object: &mut Value, path: &[&str], to: Value) -> bool {
    let Some(pod) = pod(object) else { return false };
    set(pod, path, to);
    true
}

/// Sets a field of a container.
fn of_container(object: &mut Value, path: &[&str], to: Value, random: &mut Random) -> bool {
    let Some(container) = container(object, random) else { return false };
    set(container, path, to);
    true
}

/// Adds an entry to a list, at any place.
fn entry(value: &mut Value, name: &str, to: Value, random: &mut Random) -> bool {
    if value.get(name).is_none_or(Value::is_null) {
        value[name] = json!([]);
    }
    let Some(list) = value[name].as_array_mut() else { return false };
    let place = random.below(list.len() + 1);
    list.insert(place, to);
    true
}

fn pod_entry(object: &mut Value, name: &str, to: Value, random: &mut Random) -> bool {
    pod(object).is_some_and(|pod| entry(pod, name, to, random))
}

fn container_entry(object: &mut Value, name: &str, to: Value, random: &mut Random) -> bool {
    let Some(container) = container(object, random) else { return false };
    entry(container, name, to, random)
}

/// A list of a container, which is not empty.
fn list<'v>(object: &'v mut Value, name: &str, random: &mut Random) -> Option<&'v mut Vec<Value>> {
    container(object, random)?.get_mut(name)?.as_array_mut().filter(|list| !list.is_empty())
}

/// Takes an entry out of a list of a container.
fn dropped(object: &mut Value, name: &str, random: &mut Random) -> bool {
    let Some(entries) = list(object, name, random) else { return false };
    entries.remove(random.below(entries.len()));
    true
}

/// Takes a field away.
fn without(value: Option<&mut Value>, name: &str) -> bool {
    value.and_then(Value::as_object_mut).and_then(|fields| fields.remove(name)).is_some()
}

fn label_removed(object: &mut Value, random: &mut Random) -> bool {
    let Some(labels) = object["metadata"]["labels"].as_object_mut().filter(|labels| !labels.is_empty()) else { return false };
    let names: Vec<String> = labels.keys().cloned().collect();
    labels.remove(random.pick(&names)).is_some()
}

fn label_changed(object: &mut Value, random: &mut Random) -> bool {
    let Some(labels) = object["metadata"]["labels"].as_object_mut().filter(|labels| !labels.is_empty()) else { return false };
    let names: Vec<String> = labels.keys().cloned().collect();
    labels.insert(random.pick(&names).clone(), "mine".into());
    true
}

/// Annotations by which the program and its callers know an item.
fn is_bookkeeping(name: &str) -> bool {
    name.starts_with("flow.jina.ai/") || name.contains("config.kubernetes.io/")
}

fn env_changed(object: &mut Value, random: &mut Random) -> bool {
    let Some(entries) = list(object, "env", random) else { return false };
    let place = random.below(entries.len());
    let name = entries[place]["name"].clone();
    entries[place] = json!({"name": name, "value": format!("mine-{}", random.below(9))});
    true
}

fn env_reordered(object: &mut Value, random: &mut Random) -> bool {
    let Some(entries) = list(object, "env", random).filter(|entries| entries.len() > 1) else { return false };
    let place = random.below(entries.len() - 1);
    entries.swap(place, place + 1);
    if random.coin(2) {
        entries.reverse();
    }
    true
}

/// The places of flags among arguments.
fn flags(words: &[Value]) -> Vec<usize> {
    (0..words.len()).filter(|place| words[*place].as_str().is_some_and(|word| word.starts_with("--"))).collect()
}

fn argument_added(object: &mut Value, random: &mut Random) -> bool {
    let Some(words) = list(object, "args", random) else { return false };
    let place = *random.pick(&[flags(words).as_slice(), &[words.len()]].concat());
    let new: &[&str] =
        random.pick::<&[&str]>(&[&["--log-config", "mine.yml"][..], &["--quiet"], &["--mine", "a", "b"], &["--uses", "mine.yml"]]);
    words.splice(place..place, new.iter().map(|word| Value::from(*word)));
    true
}

fn argument_changed(object: &mut Value, random: &mut Random) -> bool {
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

fn argument_removed(object: &mut Value, random: &mut Random) -> bool {
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

fn of_data(object: &mut Value, change: impl FnOnce(&mut Map<String, Value>) -> bool) -> bool {
    is(object, &["ConfigMap"]) && object.get_mut("data").and_then(Value::as_object_mut).is_some_and(change)
}

fn of_spec(object: &mut Value, kinds: &[&str], path: &[&str], to: Value) -> bool {
    let applies = is(object, kinds);
    if applies {
        set(&mut object["spec"], path, to);
    }
    applies
}

/// All places of an object that an edit may be about: scalars, or mappings.
fn places(value: &Value, is_wanted: &dyn Fn(&Value) -> bool) -> Vec<String> {
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

fn any_value(object: &mut Value, random: &mut Random) -> bool {
    let places = places(object, &|value| !value.is_object() && !value.is_array());
    if places.is_empty() {
        return false;
    }
    let Some(value) = object.pointer_mut(random.pick::<String>(&places)) else { return false };
    *value = if value.is_number() { json!(70 + random.below(9)) } else { json!(format!("mine-{}", random.below(9))) };
    true
}

fn any_removed(object: &mut Value, random: &mut Random) -> bool {
    let places = places(object, &|_| true);
    removed_at(object, random.pick::<String>(&places))
}

fn any_added(object: &mut Value, random: &mut Random) -> bool {
    let places = places(object, &Value::is_object);
    if places.is_empty() {
        return false;
    }
    let Some(value) = object.pointer_mut(random.pick::<String>(&places)) else { return false };
    value["mine"] = random.pick(&[json!("yes"), json!({"a": 1}), json!([]), json!(["x"]), json!(null), json!("0644")]).clone();
    true
}

fn list_emptied(object: &mut Value, random: &mut Random) -> bool {
    let places = places(object, &|value| value.as_array().is_some_and(|list| !list.is_empty()));
    if places.is_empty() {
        return false;
    }
    object.pointer_mut(random.pick::<String>(&places)).is_some_and(|value| {
        *value = json!([]);
        true
    })
}

fn list_doubled(object: &mut Value, random: &mut Random) -> bool {
    let places = places(object, &|value| value.as_array().is_some_and(|list| !list.is_empty()));
    if places.is_empty() {
        return false;
    }
    let Some(Value::Array(list)) = object.pointer_mut(random.pick::<String>(&places)) else { return false };
    list.push(list[0].clone());
    true
}

/// A number for each comment, so that it is found again.
fn comment(random: &mut Random) -> String {
    format!("# note-{:x}", random.seed())
}

#[allow(clippy::ptr_arg)]
fn comment_behind(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let line = random.pick(&parts).head;
    if lines[line].contains('#') || lines[line].trim_end().ends_with(['|', '>', '-', '+']) {
        return false;
    }
    lines[line] = format!("{} {}", lines[line], comment(random));
    true
}

fn comment_above(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let part = random.pick(&parts);
    // The line of a dash is that of its first field.
    if part.head == 0 || (!part.is_entry && lines[part.head].trim_start().starts_with("- ")) {
        return false;
    }
    lines.insert(part.head, format!("{}{}", " ".repeat(part.indent), comment(random)));
    true
}

fn fields_reordered(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let part = random.pick(&parts);
    let (around, depth) = (&part.place[..part.place.len() - 1], part.place.len());
    let fields: Vec<_> =
        parts.iter().filter(|other| other.place.len() == depth && other.place[..depth - 1] == *around && !other.is_entry).collect();
    let is_dashed = |line: usize| lines[line].trim_start().starts_with("- ");
    if part.is_entry || fields.len() < 2 || fields.iter().any(|field| is_dashed(field.head)) {
        return false;
    }
    let (first, last) = (fields[0].lines.start, fields[fields.len() - 1].lines.end);
    let mut blocks: Vec<Vec<String>> = fields.iter().map(|field| lines[field.lines.clone()].to_vec()).collect();
    blocks.rotate_left(1 + random.below(fields.len() - 1));
    lines.splice(first..last, blocks.concat());
    true
}

#[allow(clippy::ptr_arg)]
fn quoted(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let part = random.pick(&parts);
    let line = &lines[part.head];
    let Some((key, _)) = line.split_once(": ").filter(|_| !part.is_entry && !line.contains(" #")) else { return false };
    let Value::String(text) = part.value else { return false };
    if part.lines.end - part.head > 1 || text.contains(['\\', '\u{7f}']) || text.chars().any(char::is_control) {
        return false;
    }
    let single = format!("'{}'", text.replace('\'', "''"));
    lines[part.head] = format!("{key}: {}", if random.coin(2) { single } else { format!("{text:?}") });
    true
}

fn in_brackets(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let part = random.pick(&parts);
    let is_scalar = !part.value.is_object() && !part.value.is_array();
    if is_scalar
        || part.is_entry
        || part.place.len() < 2
        || part.place[1] == "annotations"
        || lines[part.lines.clone()].concat().contains('#')
    {
        return false;
    }
    let line = &lines[part.head];
    let Some(key) = line.trim_end().strip_suffix(':') else { return false };
    let text = format!("{key}: {}", part.value);
    lines.splice(part.head..part.lines.end, [text]);
    true
}

fn empty_line(lines: &mut Vec<String>, object: &Value, random: &mut Random) -> bool {
    let parts = seen(&joined(lines), object);
    let line = random.pick(&parts).lines.start;
    if line == 0 || indent_of(&lines[line]) > 8 {
        return false;
    }
    lines.insert(line, String::new());
    true
}

fn written_anew(text: &str, object: &Value, _: &mut Random) -> Option<String> {
    let list = serde_yaml::to_string(&[object]).ok()?;
    (is_block(text) && list != text).then_some(list)
}

fn as_json(text: &str, object: &Value, _: &mut Random) -> Option<String> {
    is_block(text).then(|| format!("- {object}\n"))
}

fn deleted(package: &mut Package, random: &mut Random) -> bool {
    let generated: Vec<usize> = (0..package.items.len()).filter(|place| package.items[*place].owner().is_some()).collect();
    if generated.len() < 3 {
        return false;
    }
    package.items.remove(*random.pick(&generated));
    true
}

const FOREIGN: [&str; 6] = [
    "- apiVersion: v1\n  kind: Secret # theirs\n  metadata: {name: theirs-1}\n  data:\n    mode:   0644\n    \"on\": 'yes'\n",
    "- kind: A\n  list:\n    - {a: 1 , b: ~} # odd\n    -   x\n\n",
    "- {apiVersion: v1, kind: ConfigMap, metadata: {name: theirs-2, annotations: {internal.config.kubernetes.io/path: 'a.yaml'}}}\n",
    "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: theirs-3\n    annotations:\n      note: about flow.jina.ai/object\n  spec: {ports: [{port: 0x50}]}\n",
    "- # comment first\n  kind: B\n  text: |+\n    a\n     b\n\n  end: 1_000\n",
    "- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    labels: {flow.jina.ai/component: indexer}\n    name: theirs-4\n  spec: {replicas: 1e1}\n",
];

fn foreign_added(package: &mut Package, random: &mut Random) -> bool {
    let text = *random.pick(&FOREIGN);
    if package.items.iter().any(|item| item.text == text) {
        return false;
    }
    let place = random.below(package.items.len() + 1);
    package.items.insert(place, Item::of(text.to_owned()));
    true
}

fn moved(package: &mut Package, random: &mut Random) -> bool {
    let count = package.items.len();
    let item = &mut package.items[random.below(count)];
    if item.owner().is_none() {
        return false;
    }
    let (file, index) = (["", "sub/"][random.below(2)].to_owned() + &format!("moved-{}.yaml", random.below(1000)), random.below(3));
    item.change(0, |object| {
        object["metadata"]["annotations"]["internal.config.kubernetes.io/path"] = file.into();
        object["metadata"]["annotations"]["internal.config.kubernetes.io/index"] = index.to_string().into();
    });
    true
}

fn shuffled(package: &mut Package, random: &mut Random) -> bool {
    let by = 1 + random.below(package.items.len() - 1);
    package.items.rotate_left(by);
    true
}

/// Where an object differs from what will be rendered: what will be another value, what will go, what will come.
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

fn set_at(object: &mut Value, path: &str, to: Value) -> bool {
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

fn removed_at(object: &mut Value, path: &str) -> bool {
    let Some((around, name)) = path.rsplit_once('/') else { return false };
    match object.pointer_mut(around) {
        Some(Value::Object(fields)) => fields.remove(&name.replace("~1", "/").replace("~0", "~")).is_some(),
        Some(Value::Array(entries)) => name.parse().is_ok_and(|place: usize| place < entries.len() && !entries.remove(place).is_null()),
        _ => false,
    }
}

/// One of several paths, if there are any.
fn one_of(paths: &[String], random: &mut Random) -> Option<String> {
    (!paths.is_empty()).then(|| random.pick::<String>(paths).clone())
}

fn also_changed(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let differences = Differences::of(object, fresh);
    let Some(path) = one_of(&[differences.changes, differences.goes].concat(), random) else { return false };
    let mine = something(random);
    let is_word = object.pointer(&path).is_some_and(|value| !value.is_object() && !value.is_array());
    is_word && set_at(object, &path, mine)
}

fn also_removed(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let differences = Differences::of(object, fresh);
    one_of(&[differences.changes, differences.goes].concat(), random).is_some_and(|path| removed_at(object, &path))
}

fn around_removed(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let differences = Differences::of(object, fresh);
    let Some(mut path) = one_of(&[differences.changes, differences.goes, differences.comes].concat(), random) else { return false };
    for _ in 0..=random.below(3) {
        path.truncate(path.rfind('/').unwrap_or_default());
    }
    path.matches('/').count() > 1 && path != "/metadata/annotations" && removed_at(object, &path)
}

fn also_added(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let Some(path) = one_of(&Differences::of(object, fresh).comes, random) else { return false };
    let mine = match fresh.pointer(&path) {
        Some(Value::Array(_)) => json!([]),
        Some(Value::Object(_)) => json!({"mine": 1}),
        _ => something(random),
    };
    set_at(object, &path, mine)
}

fn as_the_flow(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let differences = Differences::of(object, fresh);
    let Some(path) = one_of(&[differences.changes, differences.comes].concat(), random) else { return false };
    // A place in a list may be another one there.
    let is_in_list = path.split('/').any(|name| name.parse::<usize>().is_ok());
    fresh.pointer(&path).filter(|_| !is_in_list).is_some_and(|value| set_at(object, &path, value.clone()))
}

fn inside_of_what_goes(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
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

fn argument_of_both(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    let Some(new) = fresh.pointer("/spec/template/spec/containers/0/args").and_then(Value::as_array) else { return false };
    let Some(old) = object.pointer_mut("/spec/template/spec/containers/0/args").and_then(Value::as_array_mut) else { return false };
    let goes: Vec<usize> = (0..old.len()).filter(|place| !new.contains(&old[*place])).collect();
    if goes.is_empty() {
        return false;
    }
    old[*random.pick(&goes)] = something(random);
    true
}

/// An object that the Flow will not have.
fn of_what_goes(object: &mut Value, fresh: &Value, random: &mut Random) -> bool {
    fresh.is_null() && if random.coin(3) { any_added(object, random) } else { any_value(object, random) }
}

/// How many of the last kinds are aimed at what the Flow changes.
pub const AIMED: usize = 8;

/// Every kind of edit.
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
            "key of the Flow's",
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
        ("entry twice", Object(list_doubled)),
        ("comment behind", Lines(comment_behind)),
        ("comment above", Lines(comment_above)),
        ("fields reordered", Lines(fields_reordered)),
        ("quoted", Lines(quoted)),
        ("in brackets", Lines(in_brackets)),
        ("empty line", Lines(empty_line)),
        ("written by another tool", Spelling(written_anew)),
        ("written as JSON", Spelling(as_json)),
        ("object deleted", Edit::Package(deleted)),
        ("foreign object", Edit::Package(foreign_added)),
        ("moved to another file", Edit::Package(moved)),
        ("items in another order", Edit::Package(shuffled)),
        ("changed by both", Aimed(also_changed)),
        ("argument of both", Aimed(argument_of_both)),
        ("removed, and changed by the Flow", Aimed(also_removed)),
        ("removed around a change of the Flow", Aimed(around_removed)),
        ("added by both", Aimed(also_added)),
        ("as the Flow will have it", Aimed(as_the_flow)),
        ("inside of what goes", Aimed(inside_of_what_goes)),
        ("object that goes", Aimed(of_what_goes)),
    ]
}

/// Makes an edit somewhere; where, if it could be made. `fresh` is what the Flow will render.
pub fn make(edit: Edit, package: &mut Package, fresh: &Package, random: &mut Random) -> Option<String> {
    if let Edit::Package(edit) = edit {
        return edit(package, random).then(|| "the package".to_owned());
    }
    let mut places: Vec<usize> = (0..package.items.len()).filter(|place| package.items[*place].owner().is_some()).collect();
    random.some(&mut places, usize::MAX);
    places.into_iter().find_map(|place| {
        let item = &mut package.items[place];
        let mut after = item.value.clone();
        let is_made = match edit {
            Object(_) | Aimed(_) => {
                let owner = item.owner().unwrap_or_default();
                let flows = fresh.find(&owner).map_or(Value::Null, |item| item.value.clone());
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
                // A place may be one that the edit does not suit.
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
