//! Validates rendered objects with the strict schemas of Kubernetes.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::editor::is_about_keys;
use crate::emitted::{examples, fields, flows, oldest_kubernetes, published};
use crate::support::{program, recorded, root, run, scratch};
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
    let count: usize = said[1].split_whitespace().next().unwrap().parse().unwrap();
    assert!(count > 14_000 && said[1].contains(" in 8 versions, ") && said[0].contains(" in 11 versions, "), "{said:?}");
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

/// Every recorded Flow that renders without a finding about its keys, as a mapping in a JinaFlow.
pub fn rendered_flows() -> Vec<(String, Value)> {
    let mut documents = Vec::new();
    for case in recorded(&root().join("tests/jina/flows")) {
        let text = fs::read_to_string(case.folder.join("flow.yml")).unwrap();
        let answer = run(case.export(&[]), b"");
        // `{env:}` is a key with a colon for Jina, which the schema does not have.
        if answer.code == 0
            && case.name != "lang-top-level-null"
            && !is_about_keys(&answer.stderr)
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
    check_schema_of("schema.json", documents)
}

/// Validates documents with a schema in `functions/jinaflow`.
fn check_schema_of(schema: &str, documents: &[(String, Value)]) -> Command {
    let file = scratch("schema").join("documents.json");
    fs::write(&file, serde_json::to_string(documents).unwrap()).unwrap();
    let mut check = Command::new(folder().join("validate/bin/python"));
    check.arg(root().join("tests/conformance/check_schema.py"));
    check.arg(root().join("functions/jinaflow").join(schema)).arg(file);
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

/// The output of a command in JSON for files.
fn shown(command: &str, files: &[&PathBuf]) -> Value {
    let files = files.iter().map(|file| file.to_str().unwrap());
    let arguments: Vec<&str> = [command, "--output", "json"].into_iter().chain(files).collect();
    let out = run(program(&arguments), b"");
    assert!(out.code < 2, "{arguments:?}: {}", out.stderr);
    serde_json::from_str(&out.stdout).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", out.stderr))
}

/// Summaries and comparisons of JinaFlows with every field, examples, and some recorded Flows.
#[test]
fn the_json_of_summaries_and_comparisons_is_valid_by_its_schema() {
    let folder = scratch("outputs");
    let some = flows().iter().step_by(12).cloned();
    let files: Vec<(String, PathBuf)> = fields()
        .into_iter()
        .chain(examples())
        .chain(some)
        .filter(|(_, text)| text.contains("containers:"))
        .enumerate()
        .map(|(number, (name, text))| {
            let file = folder.join(format!("{number}.yaml"));
            fs::write(&file, text).unwrap();
            (name, file)
        })
        .collect();
    assert!(files.len() > 60, "{}", files.len());
    let mut summaries: Vec<(String, Value)> = files.iter().map(|(name, file)| (name.clone(), shown("summary", &[file]))).collect();
    let mut diffs: Vec<(String, Value)> =
        files.windows(2).map(|pair| (pair[0].0.clone(), shown("diff", &[&pair[0].1, &pair[1].1]))).collect();
    must(check_schema_of("summary.schema.json", &summaries));
    must(check_schema_of("diff.schema.json", &diffs));
    for (schema, documents) in [("summary.schema.json", &mut summaries), ("diff.schema.json", &mut diffs)] {
        documents.truncate(1);
        documents[0].1["version"] = "1".into();
        documents[0].1["other"] = json!({});
        let answer = run(check_schema_of(schema, documents), b"");
        assert!(answer.code == 1 && answer.stdout.contains("2 faults"), "{schema}: {}", answer.stdout);
    }
}
