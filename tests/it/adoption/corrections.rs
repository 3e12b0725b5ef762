//! What Jina's export corrupts: the render corrects it, and names the fields. It does not count as an edit.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::package::{Adopted, Package, objects};
use super::{all, with_compat};
use crate::support::{assert_recorded, root};

fn recorded(name: &str) -> Package {
    with_compat(all().into_iter().find(|(known, _)| known == name).unwrap().1)
}

/// The lines of the summary about the edits or the changes of objects: the kind and name of each object, and its fields.
fn named(adopted: &Adopted, before: &str, between: &str) -> BTreeMap<String, BTreeSet<String>> {
    let lines = adopted.summary.iter().filter_map(|line| line.split_once(": ")?.1.split_once(": ")?.1.strip_prefix(before));
    let parts = lines.filter_map(|line| line.split_once(between));
    parts.map(|(object, fields)| (object.to_owned(), fields.split(", ").map(str::to_owned).collect())).collect()
}

fn changes(adopted: &Adopted) -> BTreeMap<String, BTreeSet<String>> {
    named(adopted, "fields of the ", " change to the values of the Flow: ")
}

fn edits(adopted: &Adopted) -> BTreeMap<String, BTreeSet<String>> {
    named(adopted, "your edits of the ", " stay: ")
}

#[test]
fn with_compat_every_field_that_changes_is_named() {
    let mut changed = 0;
    let mut left: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for (name, package) in all() {
        let package = with_compat(package);
        if !package.renders() {
            continue;
        }
        let before = objects(&package.text());
        let adopted = package.adopt();
        assert!(adopted.is_success, "{name}: {}", adopted.stderr);
        let said = changes(&adopted);
        for ((kind, own), object) in &adopted.objects {
            let is_changed = before.get(&(kind.clone(), own.clone())).is_some_and(|before| before != object);
            let namespace = object["metadata"]["namespace"].as_str().map(|namespace| format!("{namespace}/")).unwrap_or_default();
            let is_said = said.contains_key(&format!("{kind} {namespace}{own}"));
            assert!(is_said || !is_changed, "{name}: the {kind} {own} changes, and is not named: {:?}", adopted.summary);
            changed += usize::from(is_changed);
        }
        if !edits(&adopted).is_empty() {
            left.insert(name, edits(&adopted));
        }
    }
    assert!(changed >= 80, "only {changed} objects");
    // What cannot be told from an edit stays, and is named as one.
    let text = serde_json::to_string_pretty(&left).unwrap() + "\n";
    assert_recorded(&root().join("tests/it/adoption/left.json"), &text);
}

#[test]
fn corrupted_strings_are_corrected_beside_edits() {
    for (name, field, edit) in [
        ("lang-multi-line-scalars", "data.B", ("ConfigMap", "/data/MINE", json!("x"))),
        ("lang-quotes-in-args", "args", ("Deployment", "/spec/template/spec/containers/1", json!({"name": "side", "image": "x"}))),
        ("lang-backslashes", "args", ("Deployment", "/spec/replicas", json!(7))),
        ("181-uses-with-yaml-ambiguous", "args", ("Deployment", "/spec/template/spec/containers/0/args/-", json!("--mine"))),
    ] {
        let package = recorded(name);
        let mut files = package.edited();
        let (kind, pointer, value) = edit;
        let (parent, own) = pointer.rsplit_once('/').unwrap();
        let object = files.iter_mut().flat_map(|(_, objects)| objects).find(|object| {
            let name = object["metadata"]["name"].as_str().unwrap();
            object["kind"] == kind && (name == "a" || name == "a-configmap")
        });
        match object.unwrap().pointer_mut(parent).unwrap() {
            Value::Object(fields) => drop(fields.insert(own.to_owned(), value)),
            Value::Array(entries) => entries.push(value),
            _ => unreachable!(),
        }
        let adopted = package.with(&files).adopt();
        assert!(adopted.is_success, "{name}: {}", adopted.stderr);
        let fields: Vec<String> = changes(&adopted).into_values().flatten().collect();
        assert!(fields.iter().any(|known| known.ends_with(field)), "{name}: {:?}", adopted.summary);
        let kept: Vec<String> = edits(&adopted).into_values().flatten().collect();
        assert_eq!(kept.len(), 1, "{name}: {:?}", adopted.summary);
        // All other values are those of a fresh render.
        let fresh = package.fresh();
        let plain = |objects: &super::Objects| -> Vec<Value> {
            objects
                .values()
                .flat_map(|object| [object["data"]["B"].clone(), object["spec"]["template"]["spec"]["containers"][0]["args"].clone()])
                .collect()
        };
        let own = |words: Vec<Value>| words.into_iter().map(|words| super::canonical(&json!({"args": words}))).collect::<Vec<_>>();
        if !pointer.contains("args") {
            assert_eq!(own(plain(&adopted.objects)), own(plain(&fresh)), "{name}");
        }
        assert!(adopted.again().is_unchanged, "{name}");
    }
}

#[test]
fn names_of_inspecting_executors_are_corrected() {
    let mut count = 0;
    for (name, package) in all() {
        if !package.files.keys().any(|file| file.starts_with("_aux_")) {
            continue;
        }
        let text = package.files.values().cloned().collect::<String>();
        assert!(text.contains("name: -aux-"));
        for package in [package.clone(), with_compat(package)] {
            let adopted = package.adopt();
            assert!(adopted.is_success, "{name}: {}", adopted.stderr);
            assert!(adopted.objects.keys().all(|(_, own)| !own.starts_with('-')), "{name}: {:?}", adopted.objects.keys());
            assert!(edits(&adopted).is_empty(), "{name}: {:?}", adopted.summary);
            assert!(!adopted.stderr.contains(" -aux-"), "{name}: {}", adopted.stderr);
            assert!(adopted.again().is_unchanged, "{name}");
            // A user has corrected the names, because an API server refuses them, and has changed the replicas.
            let mut corrected = package.clone();
            for text in corrected.files.values_mut() {
                *text = text.replace("-aux-", "aux-");
            }
            let mut files = corrected.edited();
            let objects = files.iter_mut().flat_map(|(_, objects)| objects);
            objects.filter(|object| object["spec"]["replicas"].is_u64()).for_each(|object| object["spec"]["replicas"] = 44.into());
            let adopted = corrected.with(&files).adopt();
            assert!(adopted.is_success, "{name}: {}", adopted.stderr);
            assert_eq!(adopted.objects.keys().collect::<Vec<_>>(), package.fresh().keys().collect::<Vec<_>>(), "{name}");
            let replicas = edits(&adopted).into_values().flatten().collect::<BTreeSet<_>>();
            assert_eq!(replicas, BTreeSet::from(["spec.replicas".to_owned()]), "{name}: {:?}", adopted.summary);
            count += 1;
        }
    }
    assert!(count >= 14, "only {count}");
}

#[test]
fn exports_without_inspecting_executors_are_adopted() {
    for name in ["with-inspect-remove", "with-inspect-remove-chain", "with-inspect-remove-gather"] {
        let package = recorded(name);
        let adopted = package.adopt();
        assert!(adopted.is_success, "{name}: {}", adopted.stderr);
        assert!(edits(&adopted).is_empty(), "{name}: {:?}", adopted.summary);
        assert_eq!(adopted.objects.keys().collect::<Vec<_>>(), package.fresh().keys().collect::<Vec<_>>(), "{name}");
        assert!(adopted.again().is_unchanged, "{name}");
        // Another Flow is still refused.
        let mut other = package.clone();
        let flow = other.spec["flow"].as_str().unwrap().to_owned();
        other.spec["flow"] = (flow + "\n  - {name: ranker, uses: docker://acme/ranker:1}\n").into();
        let refused = other.adopt();
        assert!(!refused.is_success && refused.stderr.contains("export-of-another-flow"), "{name}: {}", refused.stderr);
    }
}
