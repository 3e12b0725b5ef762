//! Validates rendered objects with the strict schemas of Kubernetes.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::emitted::{examples, fields, flows, oldest_kubernetes, published};
use crate::support::{recorded, root, run, scratch};
use crate::tools::{folder, must};

/// Every minor version from the oldest that a stream is rendered for; `validate.py` has the schemas of each.
#[test]
fn every_object_is_valid() {
    let out = scratch("schemas");
    let mut files: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for (name, text) in [flows().clone(), published(), examples(), fields()].concat() {
        let file = out.join(format!("{}.yaml", name.replace('/', "-")));
        fs::write(&file, text).unwrap();
        files.entry(oldest_kubernetes(&name)).or_default().push(file);
    }
    let mut said = Vec::new();
    for (oldest, files) in files {
        let mut validate = Command::new(folder().join("validate/bin/python"));
        validate.arg(root().join("tests/conformance/validate.py")).arg(format!("{oldest}-1.37")).args(files);
        said.push(must(validate).stdout);
    }
    let count: usize = said[0].split_whitespace().next().unwrap().parse().unwrap();
    assert!(count > 14_000 && said[0].contains(" in 11 versions, ") && said[1].contains(" in 8 versions, "), "{said:?}");
}

#[test]
fn jinas_own_export_is_refused() {
    let case = recorded(&root().join("tests/jina/flows")).into_iter().find(|c| c.name == "154-volumes-list").unwrap();
    let file = scratch("schemas").join("jina.yaml");
    fs::write(&file, run(case.export(&["--compat", "jina-3.34"]), b"").stdout).unwrap();
    let mut validate = Command::new(folder().join("validate/bin/python"));
    validate.arg(root().join("tests/conformance/validate.py")).arg("1.30").arg(&file);
    let answer = run(validate, b"");
    assert!(
        answer.code == 1 && answer.stdout.contains("StatefulSet/indexer") && answer.stdout.contains("serviceName"),
        "{}",
        answer.stdout
    );
}

fn config(flow: &Value) -> Value {
    json!({"apiVersion": "flow.jina.ai/v1alpha1", "kind": "JinaFlow", "metadata": {"name": "f"}, "spec": {"flow": flow}})
}

/// Every recorded Flow that renders, as a mapping in a JinaFlow.
pub fn rendered_flows() -> Vec<(String, Value)> {
    let mut documents = Vec::new();
    for case in recorded(&root().join("tests/jina/flows")) {
        let text = fs::read_to_string(case.folder.join("flow.yml")).unwrap();
        if run(case.export(&[]), b"").code == 0
            && let Some(flow) = jinaflow::internals::yaml::read(&text).unwrap().root
            && flow.tag.is_none()
        {
            documents.push((case.name, config(&jinaflow::internals::yaml::kubernetes_value(&flow))));
        }
    }
    assert!(documents.len() > 600, "only {} flows", documents.len());
    documents
}

/// Validates documents with the schema for editors.
pub fn check_schema(documents: &[(String, Value)]) -> Command {
    let file = scratch("schema").join("documents.json");
    fs::write(&file, serde_json::to_string(documents).unwrap()).unwrap();
    let mut check = Command::new(folder().join("validate/bin/python"));
    check.arg(root().join("tests/conformance/check_schema.py"));
    check.arg(root().join("functions/jinaflow/schema.json")).arg(file);
    check
}

/// The schema for editors accepts every Flow that renders, and refuses typing errors. `catalog.rs` tests the same for
/// the definition.
#[test]
fn the_schema_of_a_jinaflow_accepts_every_flow_that_renders() {
    must(check_schema(&rendered_flows()));
    let mut wrong = config(&json!({"jtype": "Flow", "executors": {"a": 1}}));
    wrong["spec"]["compta"] = "none".into();
    let answer = run(check_schema(&[("wrong".to_owned(), wrong)]), b"");
    assert!(answer.code == 1 && answer.stdout.contains("compta") && answer.stdout.contains("2 faults"), "{}", answer.stdout);
}
