//! Under `compat: jina-3.34` the objects equal those of the real Jina, recorded by `tests/jina/record.py`.
//!
//! Where Jina corrupts the user's data, jinaflow keeps the data. Those places are listed in
//! `tests/jina/differences.json`, by case and field, and the conformance run checks each of them with
//! `tests/jina/compare.py`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{Recorded, label, recorded, root, run, scratch, tree};
use jinaflow::internals::jina::scalar;
use jinaflow::internals::yaml::{self, Data, Node};
use serde_json::Value;

/// A value of Jina's output with the types that Jina intended: YAML 1.1 without `on` and `off`.
fn jinas_value(node: &Node<'_>) -> Value {
    match &node.data {
        Data::Scalar(s) if s.style == yaml::Style::Plain => match scalar::yaml11(&s.text) {
            None => Value::String(s.text.clone().into_owned()),
            Some(value) => serde_json::from_str(&value.to_json()).unwrap(),
        },
        Data::Scalar(s) => Value::String(s.text.clone().into_owned()),
        Data::List(entries) => entries.iter().map(jinas_value).collect(),
        Data::Map(pairs) => pairs.iter().map(|(k, v)| (k.shown(), jinas_value(v))).collect::<serde_json::Map<_, _>>().into(),
    }
}

fn differences(expected: &Value, actual: &Value, path: &str, out: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            for key in keys {
                let path = format!("{path}.{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => differences(a, b, &path, out),
                    (Some(_), None) => out.push(format!("{path} is missing")),
                    _ => out.push(format!("{path} is new")),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                differences(a, b, &format!("{path}[{i}]"), out);
            }
        }
        (a, b) if a == b => {}
        _ => out.push(path.to_owned()),
    }
}

/// The differences between the export of jinaflow and that of Jina, or between their failures.
fn case(case: &Recorded) -> Vec<String> {
    let out = scratch("parity");
    let ours = run(case.export(&[out.to_str().unwrap(), "--compat", "jina-3.34"]), b"");
    let theirs = match (case.expected(), ours.code) {
        (None, 0) => return vec!["Jina fails and we do not".to_owned()],
        (None, _) => return Vec::new(),
        (Some(files), 0) => files,
        (Some(_), _) => {
            return vec![format!("jinaflow fails and Jina does not: {}", ours.first_line().replace(case.folder.to_str().unwrap(), ""))];
        }
    };
    let mut found = Vec::new();
    let actual = tree(&out);
    let names: std::collections::BTreeSet<&String> = theirs.keys().chain(actual.keys()).collect();
    for name in names {
        match (theirs.get(name), actual.get(name)) {
            (Some(theirs), Some(actual)) => compare_files(name, theirs, actual, &mut found),
            (Some(_), None) => found.push(format!("{name} is missing")),
            _ => found.push(format!("{name} is new")),
        }
    }
    found
}

fn compare_files(name: &str, theirs: &str, actual: &str, found: &mut Vec<String>) {
    let theirs: Vec<Value> = yaml::read_all(theirs).unwrap().iter().filter_map(|d| d.root.as_ref()).map(jinas_value).collect();
    let actual = crate::support::documents(actual);
    if theirs.len() != actual.len() {
        found.push(format!("{name} has {} objects, not {}", actual.len(), theirs.len()));
        return;
    }
    for (theirs, actual) in theirs.iter().zip(&actual) {
        differences(theirs, actual, &format!("{name} {}", label(actual)), found);
    }
}

#[test]
fn objects_equal_those_of_jina() {
    let folder = root().join("tests/jina/flows");
    let cases = recorded(&folder);
    assert!(cases.len() >= 160, "only {} recorded flows", cases.len());
    let actual: BTreeMap<String, Vec<String>> =
        cases.iter().map(|c| (c.name.clone(), case(c))).filter(|(_, found)| !found.is_empty()).collect();
    let text = serde_json::to_string_pretty(&actual).unwrap() + "\n";
    crate::support::assert_recorded(&root().join("tests/jina/differences.json"), &text);
}

#[test]
fn every_recorded_difference_has_a_reason() {
    let read = |name: &str| -> Value { serde_json::from_str(&fs::read_to_string(root().join("tests/jina").join(name)).unwrap()).unwrap() };
    let judged = read("judged.json");
    for (name, paths) in read("differences.json").as_object().unwrap() {
        assert!(!paths.as_array().unwrap().is_empty());
        let reasons = judged[name].as_array().unwrap_or_else(|| panic!("{name} differs from Jina and compare.py has not judged it"));
        assert!(!reasons.is_empty(), "{name}");
        assert!(Path::new(&root().join("tests/jina/flows").join(name)).is_dir());
    }
}
