//! `jinaflow check` for a kpt package: generated objects that `kpt fn render` would change.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{Run, documents, function, jinaflow, scratch};

const PATH: &str = "internal.config.kubernetes.io/path";
const JINAFLOW: &str = "apiVersion: flow.jina.ai/v1alpha1
kind: JinaFlow
metadata: {name: search, annotations: {config.kubernetes.io/local-config: 'true'}}
spec:
  flow:
    jtype: Flow
    executors:
    - {name: encoder, uses: docker://acme/encoder:1, replicas: 2}
    - {name: ranker, uses: docker://acme/ranker:1}
";

/// A package whose pipeline has a function, rendered once as kpt does.
fn package(pipeline: &str) -> PathBuf {
    let folder = scratch("package").join("search");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("Kptfile"), format!("apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {{name: search}}\n{pipeline}")).unwrap();
    let mut flow = documents(JINAFLOW).remove(0);
    flow["metadata"]["annotations"][PATH] = "jinaflow.yaml".into();
    let list = json!({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [flow]});
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for item in function(&list.to_string()).succeeded().list()["items"].as_array().unwrap() {
        let mut item = item.clone();
        let annotations = item["metadata"]["annotations"].as_object_mut().unwrap();
        let file = annotations[PATH].as_str().unwrap().to_owned();
        annotations.retain(|name, _| !name.contains("config.kubernetes.io/") || name.starts_with("config."));
        files.entry(file).or_default().push_str(&format!("---\n{item}\n"));
    }
    for (file, text) in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

const PIPELINE: &str = "pipeline:
  mutators:
  - image: example.com/set-labels:v1
  - image: localhost/jinaflow:v0.1.0
    configPath: jinaflow.yaml
";

fn check(folder: &Path) -> Run {
    jinaflow(&["check", folder.to_str().unwrap()])
}

/// Replaces text in a file of a package.
fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let text = fs::read_to_string(folder.join(file)).unwrap();
    assert!(text.contains(from), "{file} has no {from}:\n{text}");
    fs::write(folder.join(file), text.replacen(from, to, 1)).unwrap();
}

#[test]
fn objects_that_a_render_would_change_are_errors() {
    let folder = package(PIPELINE);
    let shown = folder.display().to_string();
    check(&folder).succeeded();
    edit(&folder, "jinaflow.yaml", "\"replicas\":2", "\"replicas\":3");
    let answer = check(&folder);
    assert_eq!((answer.code, answer.codes()), (1, vec!["generated-object-stale"]), "{}", answer.stderr);
    answer.begins(&format!("error[generated-object-stale]: {shown}/encoder/encoder.yml: spec.replicas: would become \"3\" by a render"));
    assert!(answer.first_line().ends_with(&format!("(got \"2\"); run: kpt fn render {shown}")), "{}", answer.stderr);
    // The place is in the results too.
    let results = jinaflow(&["check", &shown, "--output", "json"]).stdout;
    let results: Value = serde_json::from_str(&results).unwrap();
    assert_eq!(results["results"][0]["file"]["path"], format!("{shown}/encoder/encoder.yml"), "{results}");
    // A folder above the package.
    assert_eq!(check(folder.parent().unwrap()).codes(), ["generated-object-stale"]);
    edit(&folder, "jinaflow.yaml", "\"replicas\":3", "\"replicas\":2");

    fs::remove_file(folder.join("ranker/ranker.yml")).unwrap();
    let answer = check(&folder);
    let missing = format!("error[generated-object-missing]: {shown}/ranker/ranker.yml: the Deployment `ranker` is missing");
    assert!(answer.stderr.contains(&missing) && answer.code == 1, "{}", answer.stderr);
}

#[test]
fn a_missing_record_is_an_error_and_a_record_that_lags_behind_is_none() {
    let folder = package(PIPELINE);
    // The user resolves a conflict with the value of the Flow. Only the record has the older value.
    edit(&folder, "jinaflow.yaml", "\"replicas\":2", "\"replicas\":3");
    edit(&folder, "encoder/encoder.yml", "\"replicas\":2", "\"replicas\":3");
    let answer = check(&folder);
    assert_eq!((answer.code, answer.codes()), (0, vec!["generated-object-stale"]), "{}", answer.stderr);
    answer.begins("info[generated-object-stale]: ");
    let record = folder.join("search-rendered.yml");
    let text = fs::read_to_string(&record).unwrap();
    fs::remove_file(&record).unwrap();
    let answer = check(&folder);
    assert_eq!(answer.code, 1);
    let missing = format!("error[rendered-record-missing]: {}: the record of the last render is missing", record.display());
    assert!(answer.stderr.contains(&missing) && answer.stderr.contains("restore it from version control"), "{}", answer.stderr);
    fs::write(record, text).unwrap();
    assert_eq!(check(&folder).code, 0);
}

#[test]
fn a_conflict_of_git_is_named_and_hides_what_follows_from_it() {
    let folder = package(PIPELINE);
    let file = folder.join("encoder/encoder.yml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + "---\napiVersion: v1\n<<<<<<< HEAD\nkind: Service\n=======\nkind: Secret\n>>>>>>> other\n").unwrap();
    let answer = check(&folder);
    answer.begins("error[invalid-yaml]: ");
    assert!(answer.first_line().contains("resolve the conflict that git has marked with <<<<<<<"), "{}", answer.stderr);
    assert!(!answer.stderr.contains("generated-object-"), "{}", answer.stderr);
}

#[test]
fn an_object_of_a_former_executor_is_left_over() {
    let folder = package(PIPELINE);
    edit(&folder, "jinaflow.yaml", ",{\"name\":\"ranker\",\"uses\":\"docker://acme/ranker:1\"}", "");
    let answer = check(&folder);
    assert!(answer.codes().contains(&"generated-object-left-over"), "{}", answer.stderr);
    assert!(
        answer.stderr.contains("/ranker/ranker.yml: the Service `ranker` is not an object of its JinaFlow any more"),
        "{}",
        answer.stderr
    );
}

#[test]
fn edits_and_other_packages_are_not_stale() {
    let folder = package(PIPELINE);
    edit(&folder, "encoder/encoder.yml", "\"replicas\":2", "\"replicas\":7");
    check(&folder).succeeded();
    // Without jinaflow in its pipeline, `kpt fn render` changes nothing.
    let folder = package("pipeline:\n  mutators:\n  - image: example.com/jinaflow-labels:v1\n");
    edit(&folder, "jinaflow.yaml", "\"replicas\":2", "\"replicas\":3");
    check(&folder).succeeded();
}

#[test]
fn packages_in_a_package_are_apart() {
    let outer = package(PIPELINE);
    let inner = package(PIPELINE);
    let nested = outer.join("inner");
    fs::rename(&inner, &nested).unwrap();
    // The Flow of the inner package has the same name, and another namespace.
    for file in ["jinaflow.yaml", "search-rendered.yml", "gateway/gateway.yml", "encoder/encoder.yml", "ranker/ranker.yml"] {
        let text = fs::read_to_string(nested.join(file)).unwrap();
        fs::write(nested.join(file), text.replace("\"metadata\":{", "\"metadata\":{\"namespace\":\"elsewhere\",")).unwrap();
    }
    let codes = |answer: &Run| answer.codes().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let stale = |answer: &Run| codes(answer).into_iter().filter(|code| code == "generated-object-stale").count();
    let answer = check(&outer);
    assert!(!codes(&answer).iter().any(|code| code == "flow-not-rendered"), "{}", answer.stderr);
    let before = stale(&answer);
    edit(&outer, "jinaflow.yaml", "\"replicas\":2", "\"replicas\":3");
    let answer = check(&outer);
    assert_eq!(stale(&answer), before + 1, "{}", answer.stderr);
    answer.says(&format!("{}/encoder/encoder.yml: spec.replicas: would become \"3\"", outer.display()));
}

/// Only kpt knows what a selection hides, and a check must not ask for a render that changes nothing.
#[test]
fn a_function_with_a_selection_is_not_compared() {
    for selection in ["selectors: [{kind: JinaFlow}]", "exclude: [{namespace: z}]"] {
        let folder = package(&format!("pipeline:\n  mutators:\n  - exec: jinaflow\n    {selection}\n"));
        edit(&folder, "jinaflow.yaml", "\"replicas\":2", "\"replicas\":3");
        check(&folder).succeeded();
    }
}

#[test]
fn the_functionconfig_is_that_of_the_kptfile() {
    let with = |settings: &str| package(&format!("pipeline:\n  mutators:\n  - exec: jinaflow\n    configMap: {settings}\n"));
    check(&with("{jinaVersion: 3.34.0}")).succeeded();
    let answer = check(&with("{jinaVersion: 3.33.0}"));
    assert!(answer.codes().iter().all(|code| *code == "generated-object-stale") && answer.code == 1, "{}", answer.stderr);
    assert!(answer.first_line().ends_with("/search --allow-exec"), "{}", answer.stderr);
    let answer = check(&with("{jinaVersion: new}"));
    assert_eq!(answer.findings().len(), 1, "{}", answer.stderr);
    answer.begins("error[flow-not-rendered]: ");
    assert!(answer.stderr.contains("jinaVersion"), "{}", answer.stderr);
}
