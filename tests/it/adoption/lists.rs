//! Objects of an export in a `kind: List` or in JSON. A merge does not find them, so they are refused: they would be written twice.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::example;
use super::folder::Folder;
use super::package::Adopted;
use crate::support::{documents, tree};

/// The files of the example with the objects of some files in another form.
fn changed(change: impl Fn(&str, Vec<Value>) -> BTreeMap<String, String>) -> BTreeMap<String, String> {
    example().files.iter().flat_map(|(file, text)| change(file, documents(text))).collect()
}

fn list(items: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

/// Exports into a folder with other files, and asserts that nothing changes. Returns what is reported.
fn refused(files: BTreeMap<String, String>) -> String {
    let mut package = example();
    package.files = files;
    let folder = Folder::of(&package);
    let before = tree(&folder.out());
    let run = folder.export(&[]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.codes().iter().all(|code| *code == "list-in-export"), "{}", run.stderr);
    assert!(tree(&folder.out()) == before, "the export has changed something");
    // Also after an export that was refused, and with every policy.
    for policy in ["overwrite", "error"] {
        assert_eq!(folder.export(&["--on-conflict", policy, "--compat", "jina-3.34"]).code, 1);
        assert!(tree(&folder.out()) == before, "the export has changed something");
    }
    run.stderr
}

#[test]
fn a_list_with_the_export_is_refused() {
    let all: Vec<Value> = example().files.values().flat_map(|text| documents(text)).collect();
    for file in ["all.yaml", "all.json", "gateway/gateway.yml"] {
        let said = refused([(file.to_owned(), list(&all))].into());
        assert!(said.contains(&format!("{file}: kind: is a list with the ConfigMap `encoder-configmap` and 14 more objects")), "{said}");
        assert!(said.contains("write each item as a YAML document, with `---` between them"), "{said}");
    }
}

#[test]
fn a_list_with_one_object_of_the_export_is_refused() {
    for kind in ["ConfigMap", "Service", "Deployment"] {
        for file in ["encoder/list.yaml", "encoder/list.json"] {
            let said = refused(changed(|name, objects| {
                if name != "encoder/encoder.yml" {
                    return [(name.to_owned(), example().files[name].clone())].into();
                }
                let (inside, outside): (Vec<Value>, Vec<Value>) = objects.into_iter().partition(|object| object["kind"] == kind);
                let outside = outside.iter().map(Value::to_string).collect::<Vec<_>>().join("\n---\n");
                [(name.to_owned(), outside), (file.to_owned(), list(&inside))].into()
            }));
            assert!(said.contains(&format!("{file}: kind: is a list with the {kind} `encoder")), "{said}");
        }
    }
}

#[test]
fn objects_in_json_are_refused() {
    let said = refused(changed(|name, objects| {
        let file = |(number, object): (usize, &Value)| (format!("{name}-{number}.json"), object.to_string());
        objects.iter().enumerate().map(file).collect()
    }));
    assert_eq!(said.matches("error[list-in-export]").count(), 15, "{said}");
    assert!(said.contains("write each object as a YAML document, in a file that ends with .yaml"), "{said}");
}

#[test]
fn other_lists_and_other_json_stay() {
    let mut package = example();
    let own = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine", "namespace": "search"}});
    package.files.insert("mine.yaml".to_owned(), list(std::slice::from_ref(&own)));
    package.files.insert("mine.json".to_owned(), own.to_string());
    package.files.insert("values.json".to_owned(), "{\"a\": 1}".to_owned());
    package.files.insert("broken.json".to_owned(), "{".to_owned());
    let folder = Folder::of(&package);
    let before = tree(&folder.out());
    let run = folder.export(&["--compat", "jina-3.34"]).succeeded();
    assert!(run.summary[0].contains("1 adopted"), "{:?}", run.summary);
    let after = tree(&folder.out());
    for name in ["mine.yaml", "mine.json", "values.json", "broken.json"] {
        assert_eq!(after[name], before[name], "{name}");
    }
}

#[test]
fn an_object_that_a_user_has_written_as_json_is_refused() {
    let folder = Folder::of(&example());
    folder.export(&[]);
    let file = folder.out().join("encoder/encoder.yml");
    let objects = documents(&fs::read_to_string(&file).unwrap());
    fs::remove_file(&file).unwrap();
    fs::write(folder.out().join("encoder/encoder.json"), list(&objects)).unwrap();
    let before = tree(&folder.out());
    let run = folder.export(&[]);
    assert_eq!((run.code, run.codes()[0]), (1, "list-in-export"), "{}", run.stderr);
    assert!(tree(&folder.out()) == before, "the export has changed something");
}

#[test]
fn a_list_in_a_package_is_refused() {
    let mut package = example();
    let objects = documents(&package.files.remove("encoder/encoder.yml").unwrap());
    let place = "internal.config.kubernetes.io/path";
    let list = json!({"apiVersion": "v1", "kind": "List", "metadata": {"annotations": {place: "encoder.yaml"}}, "items": objects});
    for compat in [false, true] {
        if compat {
            package.spec["compat"] = "jina-3.34".into();
        }
        let adopted = Adopted::of(&format!("{}- {list}\n", package.text()));
        assert!(!adopted.is_success && adopted.is_unchanged, "{}", adopted.stderr);
        assert!(adopted.codes().contains(&"list-in-export"), "{}", adopted.stderr);
        assert!(adopted.stderr.contains("encoder.yaml"), "{}", adopted.stderr);
    }
}
