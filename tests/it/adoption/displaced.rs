//! Exports in which a user has changed the kind, the namespace or the name of an object. No object is written twice.

use std::fs;

use serde_json::{Value, json};

use super::folder::Folder;
use super::package::{Adopted, Objects, Package, canonical};
use super::{edited_packages, example, with_compat};
use crate::support::{documents, tree};

/// The objects of an export by file.
type Files = Vec<(String, Vec<Value>)>;

/// The example with edits in the objects of the encoder.
fn encoder(edit: impl Fn(&mut Value)) -> Package {
    edited(&example(), "encoder/encoder.yml", edit)
}

fn edited(package: &Package, file: &str, edit: impl Fn(&mut Value)) -> Package {
    let mut files: Files = package.edited();
    files.iter_mut().filter(|(name, _)| name == file).flat_map(|(_, objects)| objects).for_each(edit);
    package.with(&files)
}

/// Asserts that the objects are those of a fresh render with an edit, that the edit is named, and that the next render changes
/// nothing.
fn assert_kept(what: &str, adopted: &Adopted, expected: Objects, edit: impl Fn(&mut Value)) {
    assert!(adopted.is_success, "{what}: {}", adopted.stderr);
    let named = |mut object: Value| {
        edit(&mut object);
        let name = [&object["kind"], &object["metadata"]["name"]].map(|part| part.as_str().unwrap().to_owned());
        (name.into(), object)
    };
    let expected: Objects = expected.into_values().map(named).collect();
    for name in expected.keys().chain(adopted.objects.keys()) {
        assert_eq!(adopted.objects.get(name).map(canonical), expected.get(name).map(canonical), "{what}: {name:?}");
    }
    assert!(adopted.summary[1].contains("stay: ") && adopted.summary[1].contains("metadata."), "{what}: {:?}", adopted.summary);
    assert!(adopted.again().is_unchanged, "{what}: the second render has changed something");
}

fn is(object: &Value, kind: &str, name: &str) -> bool {
    object["kind"] == kind && object["metadata"]["name"] == name
}

#[test]
fn objects_in_another_namespace_stay_there() {
    let mut count = 0;
    for (name, package) in edited_packages() {
        let fresh = package.fresh();
        for (file, objects) in package.edited() {
            if package.files.len() == 1 {
                continue;
            }
            let names: Vec<Value> = objects.iter().map(|object| json!([object["kind"], object["metadata"]["name"]])).collect();
            for namespace in [Some("moved"), None] {
                let edit = |object: &mut Value| match namespace {
                    _ if !names.contains(&json!([object["kind"], object["metadata"]["name"]])) => {}
                    Some(namespace) => object["metadata"]["namespace"] = namespace.into(),
                    None => drop(object["metadata"].as_object_mut().unwrap().remove("namespace")),
                };
                let adopted = edited(&package, &file, edit).adopt();
                assert_kept(&format!("{name}, {file}, {namespace:?}"), &adopted, fresh.clone(), edit);
                count += 1;
            }
        }
    }
    assert!(count >= 100, "only {count} cases");
}

#[test]
fn renamed_workloads_keep_their_names() {
    let mut count = 0;
    for (name, package) in edited_packages() {
        let fresh = package.fresh();
        for (file, objects) in package.edited() {
            let Some(workload) = objects.iter().find(|object| object["spec"]["template"].is_object()) else { continue };
            let (kind, own) = (workload["kind"].as_str().unwrap(), workload["metadata"]["name"].as_str().unwrap());
            let edit = |object: &mut Value| {
                if is(object, kind, own) {
                    object["metadata"]["name"] = format!("{own}-v2").into();
                }
            };
            let adopted = edited(&package, &file, edit).adopt();
            assert_kept(&format!("{name}, {file}"), &adopted, fresh.clone(), edit);
            count += 1;
        }
    }
    assert!(count >= 60, "only {count} cases");
}

#[test]
fn single_objects_of_a_component_stay_where_they_are() {
    let namespace = |object: &mut Value| object["metadata"]["namespace"] = "prod".into();
    let name = |object: &mut Value| object["metadata"]["name"] = "mine".into();
    for (kind, own) in [("ConfigMap", "encoder-configmap"), ("Service", "encoder"), ("Deployment", "encoder")] {
        for (what, change) in [("namespace", &namespace as &dyn Fn(&mut Value)), ("name", &name)] {
            let edit = |object: &mut Value| {
                if is(object, kind, own) {
                    change(object);
                }
                // The Deployment takes its variables from the ConfigMap under its new name.
                if kind == "ConfigMap" && what == "name" && is(object, "Deployment", "encoder") {
                    object["spec"]["template"]["spec"]["containers"][0]["envFrom"] = json!([{"configMapRef": {"name": "mine"}}]);
                }
            };
            let with_edits = |object: &mut Value| {
                if is(object, "Deployment", "encoder") {
                    object["spec"]["replicas"] = 6.into();
                    object["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"limits": {"memory": "8Gi"}});
                }
                edit(object);
            };
            assert_kept(&format!("{kind}, {what}"), &encoder(edit).adopt(), example().fresh(), with_edits);
        }
    }
}

#[test]
fn a_folder_keeps_namespaces_and_names() {
    let moved = |object: &mut Value| object["metadata"]["namespace"] = "prod".into();
    let renamed = |object: &mut Value| {
        if object["kind"] == "Deployment" {
            object["metadata"]["name"] = "encoder-v2".into();
        }
    };
    for edit in [&moved as &dyn Fn(&mut Value), &renamed] {
        for is_one_file in [false, true] {
            let mut package = encoder(edit);
            if is_one_file {
                let all: Vec<String> = package.files.values().cloned().collect();
                package.files = [("own/all.yaml".to_owned(), all.join("---\n"))].into();
            }
            for more in [&[][..], &["--compat", "jina-3.34"]] {
                let folder = Folder::of(&package);
                let before = tree(&folder.out());
                let run = folder.export(more);
                assert_eq!(run.code, 0, "{}", run.stderr);
                assert!(run.summary[0].contains("15 adopted") || run.summary[0].contains("unchanged"), "{:?}", run.summary);
                let workloads = |texts: Vec<&String>| texts.iter().map(|text| text.matches("kind: Deployment\n").count()).sum::<usize>();
                let after = tree(&folder.out());
                assert_eq!(workloads(after.values().collect()), workloads(before.values().collect()));
                folder.export(more);
                assert!(tree(&folder.out()) == after, "the second export has changed something");
            }
        }
    }
}

#[test]
fn an_export_without_namespaces_is_adopted() {
    for package in [example(), with_compat(example())] {
        let mut files: Files = package.edited();
        let objects = files.iter_mut().flat_map(|(_, objects)| objects);
        objects.for_each(|object| drop(object["metadata"].as_object_mut().unwrap().remove("namespace")));
        let adopted = package.with(&files).adopt();
        assert!(adopted.is_success, "{}", adopted.stderr);
        assert!(adopted.summary[0].contains("15 adopted"), "{:?}", adopted.summary);
        assert_eq!(adopted.objects.keys().collect::<Vec<_>>(), package.fresh().keys().collect::<Vec<_>>());
        assert!(adopted.again().is_unchanged);
    }
}

/// Asserts that a package is refused with one code, and returns what is reported.
fn refused(package: &Package, code: &str) -> String {
    let adopted = package.adopt();
    assert!(!adopted.is_success && adopted.is_unchanged, "{}", adopted.stderr);
    assert_eq!(adopted.stderr.matches("error[").count(), 1, "{}", adopted.stderr);
    assert!(adopted.stderr.contains(&format!("error[{code}]")), "{}", adopted.stderr);
    let folder = Folder::of(package);
    let before = tree(&folder.out());
    let run = folder.export(&[]);
    assert_eq!((run.code, run.codes().first().copied()), (1, Some(code)), "{}", run.stderr);
    assert!(tree(&folder.out()) == before, "the export has changed something");
    adopted.stderr
}

#[test]
fn a_workload_of_another_kind_is_refused() {
    for kind in ["StatefulSet", "DaemonSet", "Rollout"] {
        let package = encoder(|object| {
            if object["kind"] == "Deployment" {
                object["kind"] = kind.into();
            }
        });
        let said = refused(&package, "export-broken");
        assert!(said.contains("encoder/encoder.yml") && said.contains("differs from the Deployment `encoder` of the Flow"), "{said}");
        // The first advice.
        assert!(said.contains("set `apiVersion: apps/v1` and `kind: Deployment`"), "{said}");
        let back = edited(&package, "encoder/encoder.yml", |object| {
            if object["kind"] == kind {
                object["kind"] = "Deployment".into();
            }
        });
        let adopted = back.adopt();
        assert!(adopted.is_success && adopted.summary[0].contains("15 adopted"), "{} {:?}", adopted.stderr, adopted.summary);
        // The second advice.
        let external = said.split("replace the executor in the Flow with `").nth(1).unwrap().split('`').next().unwrap();
        let flow = fs::read_to_string(crate::support::root().join("tests/it/adoption/edited/flow.yml")).unwrap();
        let (start, rest) = flow.split_once("  - name: encoder\n").unwrap();
        let (_, rest) = rest.split_once("  - name: indexer\n").unwrap();
        let mut package = with_compat(package);
        package.spec["flow"] = format!("{start}  - {external}\n  - name: indexer\n{rest}").into();
        let adopted = package.adopt();
        assert!(adopted.is_success && adopted.summary[0].contains("12 adopted"), "{} {:?}", adopted.stderr, adopted.summary);
        let (before, after) = (super::package::objects(&package.text()), &adopted.objects);
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
        let own = (kind.to_owned(), "encoder".to_owned());
        assert_eq!(before[&own], after[&own]);
    }
    let package = edited(&example(), "indexer/indexer-0.yml", |object| {
        if object["kind"] == "Deployment" {
            object["apiVersion"] = "extensions/v1beta1".into();
        }
    });
    let said = refused(&package, "export-broken");
    assert!(said.contains("apiVersion: differs from the Deployment `indexer-0`") && !said.contains("external"), "{said}");
}

#[test]
fn an_object_that_was_exported_for_another_namespace_is_refused() {
    let mut package = example();
    let text = package.files.get_mut("encoder/encoder.yml").unwrap();
    *text = text.replace("namespace: search", "namespace: prod").replace("- search\n", "- prod\n");
    let said = refused(&package, "export-of-another-flow");
    assert!(said.contains("(got \"prod\"); set it to `search` if the object is of this Flow"), "{said}");
    let adopted = edited(&package, "encoder/encoder.yml", |object| object["metadata"]["namespace"] = "search".into()).adopt();
    assert!(adopted.is_success && adopted.summary[0].contains("15 adopted"), "{} {:?}", adopted.stderr, adopted.summary);
    package.files.remove("encoder/encoder.yml");
    assert!(package.adopt().is_success);
}

#[test]
fn two_workloads_of_one_component_are_refused() {
    let named = |package: &Package, one: &str, other: &str| {
        let mut package = package.clone();
        let mut objects = documents(&package.files["encoder/encoder.yml"]);
        let place = objects.iter().position(|object| object["kind"] == "Deployment").unwrap();
        let mut second = objects[place].clone();
        objects[place]["metadata"]["name"] = one.into();
        second["metadata"]["name"] = other.into();
        objects.push(second);
        let text: Vec<String> = objects.iter().map(Value::to_string).collect();
        package.files.insert("encoder/encoder.yml".to_owned(), text.join("\n---\n") + "\n");
        package
    };
    let said = refused(&named(&example(), "blue", "green"), "export-broken");
    assert!(said.contains("name the one that follows the Flow `encoder`"), "{said}");
    let package = named(&example(), "encoder", "green");
    let adopted = package.adopt();
    assert!(adopted.is_success && adopted.summary[0].contains("15 adopted"), "{} {:?}", adopted.stderr, adopted.summary);
    assert_eq!(
        adopted.objects[&("Deployment".to_owned(), "green".to_owned())],
        super::package::objects(&package.text())[&("Deployment".to_owned(), "green".to_owned())]
    );
}

#[test]
fn the_copy_of_an_export_in_another_namespace_is_not_touched() {
    let mut package = example();
    for (file, text) in example().files {
        package.files.insert(format!("stage/{file}"), text.replace("\n  namespace: search", "\n  namespace: stage"));
    }
    package.files.remove("encoder/encoder.yml");
    let folder = Folder::of(&package);
    let before = tree(&folder.out());
    let run = folder.export(&["--compat", "jina-3.34"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.summary[0].contains("3 added"), "{:?}", run.summary);
    let after = tree(&folder.out());
    assert!(before.iter().filter(|(name, _)| name.starts_with("stage/")).all(|(name, text)| after[name] == *text));
}
