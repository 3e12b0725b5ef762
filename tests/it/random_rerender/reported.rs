//! Compares what a render reports about objects with the items before and after it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::judge::Sides;
use super::package::{Item, Package};

/// Kind, namespace and name of an object: `Service search` or `Service prod/search`.
fn name(item: &Item) -> String {
    named(item.kind(), item.value["metadata"]["namespace"].as_str(), item.name())
}

fn named(kind: &str, namespace: Option<&str>, name: &str) -> String {
    match namespace.filter(|namespace| !namespace.is_empty()) {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    }
}

/// The fields that a report lists.
#[derive(Debug)]
struct Fields {
    paths: Vec<String>,
    /// Whether the report lists all fields.
    is_complete: bool,
}

/// The fields in `a, b and 2 more fields`.
fn fields(text: &str) -> Fields {
    let (first, more) = match text.rsplit_once(" and ").filter(|(_, more)| more.contains(" more field")) {
        Some((first, _)) => (first, true),
        None => (text, false),
    };
    Fields { paths: first.split(", ").filter(|path| !path.is_empty()).map(str::to_owned).collect(), is_complete: !more }
}

/// The code, object and fields of each report.
fn reports(results: &[Value]) -> Vec<(String, String, Fields)> {
    let mut reports = Vec::new();
    for result in results {
        let code = result["tags"]["code"].as_str().unwrap_or_default().to_owned();
        if let Some(objects) = result["tags"]["objects"].as_str() {
            for line in objects.lines() {
                let (object, of) = line.split_once(": ").unwrap_or((line, ""));
                let of = if of.starts_with("replaces the ") { "" } else { of };
                reports.push((code.clone(), object.to_owned(), fields(of)));
            }
            continue;
        }
        let word = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
        let of = &result["resourceRef"];
        let object = named(&word(&of["kind"]), of["namespace"].as_str(), &word(&of["name"]));
        let listed = match result["field"]["path"].as_str() {
            Some(path) => Fields { paths: vec![path.to_owned()], is_complete: true },
            None => fields(word(&result["message"]).split_once(": ").map_or("", |(_, fields)| fields)),
        };
        reports.push((code, object, listed));
    }
    reports
}

/// The steps of a path up to the first entry of a list, because the index is that of only one of the two objects.
fn steps(path: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let Some((key, behind)) = quoted.split_once("\"]") else { break };
            steps.push(key.to_owned());
            rest = behind;
        } else if rest.starts_with('[') {
            break;
        } else {
            let word = rest.strip_prefix('.').unwrap_or(rest);
            let end = word.find(['.', '[']).unwrap_or(word.len());
            steps.push(word[..end].to_owned());
            rest = &word[end..];
        }
    }
    steps
}

fn at<'v>(value: &'v Value, steps: &[String]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| value.get(step))
}

/// Removes a field, and what is empty around it.
fn remove(value: &mut Value, steps: &[String]) {
    let [first, rest @ ..] = steps else { return };
    let Some(fields) = value.as_object_mut() else { return };
    if let Some(inner) = fields.get_mut(first) {
        remove(inner, rest);
        if rest.is_empty() || inner.as_object().is_some_and(serde_json::Map::is_empty) {
            fields.remove(first);
        }
    }
}

/// The object without jinaflow's and kpt's annotations, and without empty mappings. Lists have one order.
fn plain(object: &Value) -> Value {
    match object {
        Value::Object(fields) => {
            let is_kept = |name: &str| !name.starts_with("internal.config.kubernetes.io/");
            let fields = fields.iter().filter(|(name, _)| is_kept(name)).map(|(name, value)| (name.clone(), plain(value)));
            Value::Object(fields.filter(|(_, value)| value.as_object().is_none_or(|inner| !inner.is_empty())).collect())
        }
        Value::Array(entries) => {
            let mut entries: Vec<Value> = entries.iter().map(plain).collect();
            entries.sort_by_cached_key(Value::to_string);
            Value::Array(entries)
        }
        other => other.clone(),
    }
}

/// Compares the fields of a report with two objects: each listed field differs, and nothing else does.
fn compare(what: &str, listed: &Fields, before: &Value, after: &Value, wrong: &mut Vec<String>) {
    let all: Vec<Vec<String>> = listed.paths.iter().map(|path| steps(path)).collect();
    for path in &all {
        if at(before, path) == at(after, path) {
            wrong.push(format!("{what}: {path:?} is reported, but does not differ"));
        }
    }
    let (mut before, mut after) = (plain(before), plain(after));
    for path in &all {
        remove(&mut before, path);
        remove(&mut after, path);
    }
    if listed.is_complete && before != after {
        wrong.push(format!("{what}: more than {:?} differs: {before} → {after}", listed.paths));
    }
}

fn is(codes: &[&'static str]) -> BTreeSet<&'static str> {
    codes.iter().copied().collect()
}

/// The errors in what a render reports about objects.
pub fn wrong(sides: &Sides<'_>, answer: &Package) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut before: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
    let mut after: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
    for (names, package) in [(&mut before, sides.edited), (&mut after, answer)] {
        for item in &package.items {
            names.entry(name(item)).or_default().push(item);
        }
    }
    let reports = reports(&answer.changes);
    let mut codes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (code, object, _) in reports.iter().filter(|(code, ..)| code != "edit-kept") {
        if !codes.entry(object).or_default().insert(code) {
            wrong.push(format!("{object}: {code} is reported twice"));
        }
    }
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    // A record changes with every object, and is reported only if nothing else is.
    let records: BTreeSet<String> =
        [sides.edited, answer].into_iter().flat_map(|package| &package.items).filter(|item| item.is_record()).map(name).collect();
    let is_only_record = codes.keys().all(|name| records.contains(*name));
    for name in names.iter().filter(|name| is_only_record || !records.contains(**name)) {
        let none = Vec::new();
        let expected: Vec<BTreeSet<&str>> =
            match (before.get(*name).unwrap_or(&none).as_slice(), after.get(*name).unwrap_or(&none).as_slice()) {
                ([_], []) => vec![is(&["object-removed"])],
                ([], [_]) => vec![is(&["object-added"])],
                ([was], [now]) if was.text.trim_end() == now.text.trim_end() => vec![is(&[])],
                // The object of one component may be removed, and another component gets an object with the same name.
                ([_], [_]) => vec![is(&["object-changed"]), is(&["object-added", "object-removed"])],
                // An edit has given two objects the same name.
                _ => continue,
            };
        let reported = codes.get(name.as_str()).cloned().unwrap_or_default();
        if !expected.contains(&reported) {
            wrong.push(format!("{name}: {reported:?} is reported, but expected is {expected:?}"));
        }
    }
    wrong.extend(
        codes.keys().filter(|name| !names.contains(&(**name).to_owned())).map(|name| format!("{name} is reported, but does not exist")),
    );
    for (code, object, listed) in &reports {
        let (was, now) = (before.get(object).map(Vec::as_slice), after.get(object).map(Vec::as_slice));
        match (code.as_str(), was, now) {
            ("object-changed", Some([was]), Some([now])) => {
                compare(&format!("{object}, changed"), listed, &was.value, &now.value, &mut wrong);
            }
            ("edit-kept", _, Some([now])) => {
                let Some(fresh) = now.owner().and_then(|owner| sides.fresh.find(&owner)) else { continue };
                let about = |result: &&Value| result["resourceRef"]["name"] == now.name() && result["resourceRef"]["kind"] == now.kind();
                let conflicts = answer.results.iter().filter(|result| result["tags"]["code"] == "edit-conflict").filter(about);
                let conflicts: Vec<&str> = conflicts.filter_map(|result| result["field"]["path"].as_str()).collect();
                let mut kept = Fields { paths: listed.paths.clone(), is_complete: listed.is_complete && conflicts.is_empty() };
                kept.paths.retain(|path| !path.is_empty());
                compare(&format!("{object}, kept"), &kept, &fresh.value, &now.value, &mut wrong);
            }
            _ => {}
        }
    }
    wrong
}
