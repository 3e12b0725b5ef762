//! The program on its own answer: edits stay, changes of the Flow arrive, and what was written keeps its words.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::{Run, function, label};

const LIST: &str = "\
apiVersion: config.kubernetes.io/v1
kind: ResourceList
items:
- apiVersion: flow.jina.ai/v1alpha1
  kind: JinaFlow
  metadata:
    name: search
    annotations:
      internal.config.kubernetes.io/path: 'jina.yaml'
  spec:
    flow:
      jtype: Flow
      executors:
      - {name: encoder, uses: docker://acme/encoder:1, replicas: 2}
";

/// What the example yields, with the Flow and a generated text changed.
fn rendered(edits: &[(&str, &str)]) -> String {
    let mut text = function(LIST).succeeded().stdout;
    for (from, to) in edits {
        assert!(text.contains(from), "{from:?} is not in\n{text}");
        text = text.replace(from, to);
    }
    text
}

fn deployment(run: &Run) -> Value {
    run.list()["items"].as_array().unwrap().iter().find(|item| label(item) == "Deployment/encoder").unwrap().clone()
}

/// An edit of a container, as people write.
const EDIT: (&str, &str) = (
    "        - name: executor\n          image: acme/encoder:1\n",
    "        # ours\n        - name: executor # the only one\n          image: acme/encoder:1\n          resources: {limits: {memory: '8Gi'}} # enough\n",
);
const CHANGE: (&str, &str) = ("docker://acme/encoder:1", "docker://acme/encoder:2");

#[test]
fn what_was_edited_stays_word_for_word() {
    let edited = rendered(&[EDIT, ("  data:\n", "  data: # settings\n    \"on\":   'yes'\n")]);
    assert!(function(&edited).succeeded().stdout == edited, "an unchanged Flow changes something");
    // A change of the Flow is a change of that line and of what is remembered.
    let answer = function(&edited.replace(CHANGE.0, CHANGE.1)).succeeded();
    let changed: Vec<(&str, &str)> = edited.lines().zip(answer.stdout.lines()).filter(|(before, after)| before != after).collect();
    assert_eq!(changed.len(), 3, "{changed:?}");
    assert!(changed[0].1.ends_with("docker://acme/encoder:2, replicas: 2}"), "{changed:?}");
    assert!(changed[1].1.starts_with("      flow.jina.ai/rendered: "), "{changed:?}");
    assert_eq!(changed[2].1, "          image: acme/encoder:2");
    assert!(function(&answer.stdout).succeeded().stdout == answer.stdout);
}

#[test]
fn lists_of_windows_and_json_are_edited_too() {
    let edited = rendered(&[EDIT, CHANGE]).replace('\n', "\r\n");
    let answer = function(&edited).succeeded();
    assert!(
        answer.stdout.contains("          image: acme/encoder:2\r\n          resources: {limits: {memory: '8Gi'}} # enough\r\n"),
        "{}",
        answer.stdout
    );
    let json = support::documents(&rendered(&[EDIT]))[0].to_string();
    let answer = function(&json.replace(CHANGE.0, CHANGE.1)).succeeded();
    let container = deployment(&answer)["spec"]["template"]["spec"]["containers"][0].clone();
    assert_eq!((&container["image"], &container["resources"]), (&"acme/encoder:2".into(), &json!({"limits": {"memory": "8Gi"}})));
}

#[test]
fn a_conflict_is_decided_by_the_setting() {
    let both = [("    replicas: 2\n", "    replicas: 5 # more\n"), ("replicas: 2}", "replicas: 3}")];
    let settings = [
        ("keep", 5, "warning", "stays as it is here"),
        ("overwrite", 3, "warning", "is now as the Flow has it"),
        ("error", 5, "error", "was changed here and by the Flow"),
    ];
    for (setting, replicas, severity, says) in settings {
        let by_spec = rendered(&both).replace("    flow:\n", &format!("    output:\n      onConflict: {setting}\n    flow:\n"));
        let config =
            format!("functionConfig: {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}, data: {{onConflict: {setting}}}}}\n");
        for input in [by_spec.clone(), rendered(&both) + &config] {
            let answer = function(&input);
            assert_eq!(answer.code, i32::from(setting == "error"), "{}", answer.stderr);
            answer.begins(&format!("{severity}: encoder/encoder.yml: spec.replicas: was changed here and by the Flow"));
            answer.says(says);
            answer.says("(got \"5\"); the Flow has \"3\" now");
            assert_eq!(deployment(&answer)["spec"]["replicas"], replicas);
            let result = &answer.list()["results"][0];
            assert_eq!(result["severity"], severity);
            assert_eq!(result["resourceRef"], json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "encoder"}));
            assert_eq!(result["field"], json!({"path": "spec.replicas", "currentValue": "5", "proposedValue": "3"}));
            assert_eq!(result["file"], json!({"path": "encoder/encoder.yml", "index": 2}));
            if setting == "error" {
                assert!(answer.stdout.starts_with(input.split("functionConfig").next().unwrap()), "something was changed all the same");
            }
        }
    }
    let wrong = function(&rendered(&[("    flow:\n", "    output: {onConflict: kep}\n    flow:\n")]));
    wrong.begins(
        "error: jina.yaml: spec.output.onConflict: is nothing that can be done about a conflict (got \"kep\"); did you mean `keep`?",
    );
}

#[test]
fn conflicts_are_told_in_the_order_of_their_places() {
    let edits = [
        ("    replicas: 2\n", "    replicas: 5\n"),
        ("          image: acme/encoder:1\n", "          image: acme/encoder:mine\n"),
        ("replicas: 2}", "replicas: 3}"),
        CHANGE,
    ];
    let answer = function(&rendered(&edits));
    let paths: Vec<Value> = answer.list()["results"].as_array().unwrap().iter().map(|result| result["field"]["path"].clone()).collect();
    assert_eq!(paths, ["spec.replicas", "spec.template.spec.containers[0].image"]);
}

#[test]
fn an_object_that_is_not_the_flows_any_more_goes_with_its_edits() {
    let gone = rendered(&[EDIT, ("- {name: encoder,", "- {name: ranker,")]);
    let answer = function(&gone).succeeded();
    assert!(!answer.stdout.contains("memory: '8Gi'"));
    assert!(answer.list()["items"].as_array().unwrap().iter().any(|item| label(item) == "Deployment/ranker"));
}

#[test]
fn what_was_rendered_before_anything_was_remembered_follows_the_flow() {
    let input = rendered(&[EDIT, CHANGE, ("    replicas: 2\n", "    replicas: 5\n")]);
    let forgotten: String = input.lines().filter(|line| !line.contains("flow.jina.ai/rendered")).flat_map(|line| [line, "\n"]).collect();
    let answer = function(&forgotten);
    assert_eq!(answer.code, 0);
    answer.begins("warning: encoder/encoder.yml: metadata.annotations: has no flow.jina.ai/rendered");
    let encoder = deployment(&answer);
    let container = &encoder["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&encoder["spec"]["replicas"], &container["image"]), (&2.into(), &"acme/encoder:2".into()));
    assert_eq!(container["resources"], json!({"limits": {"memory": "8Gi"}}), "what the Flow does not set stays");
    assert!(encoder["metadata"]["annotations"]["flow.jina.ai/rendered"].is_string());
}

const CHECK: &str = "functionConfig: {apiVersion: flow.jina.ai/v1alpha1, kind: JinaFlowCheck, metadata: {name: check}}\n";

#[test]
fn a_check_changes_nothing_and_names_what_is_stale() {
    let fresh = rendered(&[]) + CHECK;
    assert!(function(&fresh).succeeded().stdout == fresh);
    // An edit is no fault.
    function(&(rendered(&[EDIT]) + CHECK)).succeeded();
    let input = rendered(&[("replicas: 2}", "replicas: 3}")]) + CHECK;
    let answer = function(&input);
    assert_eq!(answer.code, 1);
    assert_eq!(
        answer.stderr,
        "error: encoder/encoder.yml: spec.replicas: is not as the JinaFlow `search` has it, and one more field differs (got \"2\"); render again: kpt fn render\n"
    );
    assert_eq!(answer.list()["results"][0]["field"], json!({"path": "spec.replicas", "currentValue": "2", "proposedValue": "3"}));
    assert!(answer.stdout.starts_with(&input));
    let missing = function(&(rendered(&[("replicas: 2}", "replicas: 2}\n      - {name: ranker, uses: docker://acme/ranker:1}")]) + CHECK));
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.contains("spec.flow: yields the Deployment `ranker`, which is not there"), "{}", missing.stderr);
    let gone = function(&(rendered(&[("- {name: encoder,", "- {name: ranker,")]) + CHECK));
    assert!(gone.stderr.contains("is not what the JinaFlow `search` yields any more"), "{}", gone.stderr);
    // A Flow of which nothing was rendered yet is only read.
    function(&(LIST.to_owned() + CHECK)).succeeded();
    let wrong = function(&(LIST.replace("replicas: 2", "replicas: 0") + CHECK));
    wrong.begins("error: jina.yaml: spec.flow.executors[0].replicas: must be 1 or more replicas");
    let setting = function(&(LIST.to_owned() + &CHECK.replace("}}", "}, spec: {externl: {}}}")));
    setting.begins("error: JinaFlowCheck/check: spec.externl: is no field of a JinaFlowCheck; did you mean `external`?");
}

#[test]
fn documents_without_a_list_are_answered_with_documents() {
    let theirs = "# theirs\nkind: Secret\napiVersion: v1\nmetadata: {name: s}\n---\n";
    let flow = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f}\nspec: {flow: {jtype: Flow, executors: [{name: a, uses: docker://x/a}]}}\n";
    let input = format!("{theirs}{flow}");
    let first = function(&input).succeeded();
    assert!(first.stdout.starts_with(&format!("{input}---\n")), "{}", first.stdout);
    assert_eq!(first.documents().len(), 2 + 6);
    assert!(function(&first.stdout).succeeded().stdout == first.stdout);
    let wrong = function(&input.replace("docker://x/a", "Local"));
    assert_eq!((wrong.code, wrong.stdout), (1, input.replace("docker://x/a", "Local")));
}
