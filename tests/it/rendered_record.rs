//! The record of the last render: the ConfigMap beside the objects.

use serde_json::Value;

use crate::support::{RECORD, Run, function, is_record, label};

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";
const CHECK: &str = "functionConfig: {apiVersion: flow.jina.ai/v1alpha1, kind: JinaFlowCheck, metadata: {name: check}}\n";

/// A JinaFlow with executors.
fn flow(name: &str, executors: &[&str]) -> String {
    let executors: String =
        executors.iter().map(|executor| format!("        - {{name: {executor}, uses: 'docker://acme/{executor}:1'}}\n")).collect();
    format!(
        "- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata:\n    name: {name}\n    namespace: {name}\n    annotations:\n      \
         config.kubernetes.io/local-config: \"true\"\n      internal.config.kubernetes.io/path: '{name}.yaml'\n  spec:\n    flow: |\n      \
         jtype: Flow\n      executors:\n{executors}"
    )
}

/// The first render of JinaFlows.
fn rendered(flows: &[String]) -> String {
    function(&(HEAD.to_owned() + &flows.concat())).succeeded().items().to_owned()
}

fn records(answer: &Run) -> Vec<Value> {
    answer.list()["items"].as_array().unwrap().iter().filter(|item| is_record(item)).cloned().collect()
}

#[test]
fn it_is_local_and_in_the_namespace_of_its_flow() {
    let answer = function(&(HEAD.to_owned() + &flow("search", &["encoder"])));
    let [record] = records(&answer).try_into().unwrap();
    let metadata = &record["metadata"];
    assert_eq!((&metadata["name"], &metadata["namespace"]), (&"search-rendered".into(), &"search".into()));
    assert_eq!(metadata["annotations"]["config.kubernetes.io/local-config"], "true");
    assert_eq!(metadata["annotations"]["internal.config.kubernetes.io/path"], "search-rendered.yml");
    // One line for each field, after the version.
    let text = record["data"]["encoder.Deployment"].as_str().unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("v1"));
    assert!(lines.all(|line| line.len() == 10) && text.lines().count() > 40, "{text}");
    let objects = answer.list()["items"].as_array().unwrap().iter().filter(|item| !is_record(item) && item["kind"] != "JinaFlow").count();
    assert_eq!(record["data"].as_object().unwrap().len(), objects);
}

/// New executors are where a first render has them, so branches that add different ones do not all write to the end.
#[test]
fn it_is_the_same_whether_an_executor_was_added_or_there_from_the_start() {
    let start = rendered(&[flow("search", &["beta"])]);
    for executors in [["alpha", "beta"], ["beta", "gamma"]] {
        let grown = function(&start.replace(&flow("search", &["beta"]), &flow("search", &executors)));
        let fresh = rendered(&[flow("search", &executors)]);
        let record = |text: &str| text[text.find(RECORD).unwrap()..].to_owned();
        assert_eq!(record(grown.items()), record(&fresh), "{executors:?}");
    }
}

#[test]
fn lines_that_are_not_of_a_field_are_ignored() {
    let start = rendered(&[flow("search", &["encoder"])]).replace("\n  replicas: 1\n", "\n  replicas: 5\n");
    let (objects, record) = start.split_at(start.find(RECORD).unwrap());
    let edited =
        objects.replace("    replicas: 1\n", "    replicas: 5\n") + &record.replace("      v1\n", "      v1\n      # ours\n      ?\n");
    assert!(edited.contains("replicas: 5") && edited.contains("# ours"));
    let answer = function(&edited.replace("acme/encoder:1'", "acme/encoder:2'")).succeeded();
    assert!(answer.stdout.contains("replicas: 5\n") && answer.stdout.contains("image: acme/encoder:2\n"), "{}", answer.stderr);
    assert!(!answer.stdout.contains("# ours"));
}

#[test]
fn a_copy_is_not_used() {
    let start = rendered(&[flow("search", &["encoder"])]);
    let old =
        start[start.find(RECORD).unwrap()..].replace("name: search-rendered\n", "name: backup\n").replace("search-rendered.yml", "b.yml");
    let now = function(&start.replace("acme/encoder:1'", "acme/encoder:2'")).succeeded().items().to_owned();
    // The copy is before the record in the list.
    let both = now.replacen("items:\n", &format!("items:\n{old}"), 1).replace("acme/encoder:2'", "acme/encoder:3'");
    let answer = function(&both);
    assert_eq!((answer.code, answer.codes()), (0, vec!["copied-object"]), "{}", answer.stderr);
    answer.says("b.yml: is another record of the JinaFlow `search`, and is not used");
    assert!(answer.stdout.contains("image: acme/encoder:3\n") && records(&answer).len() == 2);
    // The advice.
    function(&both.replacen(&old, "", 1)).succeeded();
}

#[test]
fn it_goes_with_its_flow_but_keeps_what_stays() {
    let both = rendered(&[flow("search", &["encoder"]), flow("find", &["ranker"])]);
    assert_eq!(records(&function(&both)).len(), 2);
    let without = both.replace(&flow("find", &["ranker"]), "");
    let answer = function(&without);
    assert_eq!(records(&answer).iter().map(label).collect::<Vec<_>>(), ["ConfigMap/search-rendered"]);
    // An object that a user has renamed stays, and every render says so.
    let renamed = without.replace("name: ranker-configmap\n    namespace", "name: my-settings\n    namespace");
    let mut answer = function(&renamed);
    for _ in 0..2 {
        assert!(answer.codes().contains(&"renamed-object-left"), "{}", answer.stderr);
        assert_eq!(records(&answer).len(), 2);
        answer = function(answer.items());
    }
}

#[test]
fn a_check_without_it_fails() {
    let start = rendered(&[flow("search", &["encoder"])]);
    function(&(start.clone() + CHECK)).succeeded();
    let without = start[..start.find(RECORD).unwrap()].to_owned() + CHECK;
    let answer = function(&without);
    assert_eq!(answer.code, 1);
    answer.begins("error[rendered-record-missing]: search.yaml: metadata.name: ");
    answer.says("restore its file from version control");
}

/// An earlier version kept the memory of each object in an annotation.
#[test]
fn annotations_of_an_earlier_version_become_a_record() {
    let start = rendered(&[flow("search", &["encoder"])]);
    let (objects, record) = start.split_at(start.find(RECORD).unwrap());
    let record: Value = serde_yaml::from_str::<Value>(record).unwrap()[0].take();
    let mut old = objects.to_owned();
    for (key, text) in record["data"].as_object().unwrap() {
        let (component, role) = key.split_once('.').unwrap();
        let owner = format!("flow.jina.ai/object: search/{component}/{role}\n");
        let leaves: String = text.as_str().unwrap().lines().skip(1).collect();
        assert!(old.contains(&owner), "{owner}");
        old = old.replace(&owner, &format!("{owner}      flow.jina.ai/rendered: v1.{leaves}\n"));
    }
    let answer = function(&old);
    assert_eq!((answer.code, answer.items()), (0, &*start), "{}", answer.stderr);
    // An edit stays.
    let edited = old.replace("    replicas: 1\n", "    replicas: 5\n").replace("acme/encoder:1'", "acme/encoder:2'");
    let answer = function(&edited);
    assert!(answer.stdout.contains("replicas: 5\n") && answer.stdout.contains("image: acme/encoder:2\n"), "{}", answer.stderr);
    // With a selection of kpt that hides ConfigMaps, the annotations stay.
    let marked = old.replace("\n    annotations:\n", "\n    annotations:\n      internal.config.kubernetes.io/kpt-resource-id: x\n");
    let answer = function(&marked);
    assert_eq!((answer.code, answer.items()), (0, &*marked), "{}", answer.stderr);
}
