//! Rendering the function's own answer again: edits are kept, changes of the Flow are applied, and unchanged text stays.

use crate::support::{Messages, RECORD, Run, function, jinaflow, label, scratch};
use serde_json::{Value, json};

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

/// The rendered example, with edits of the Flow and the generated documents.
fn rendered(edits: &[(&str, &str)]) -> String {
    let text = function(LIST).succeeded().items().to_owned();
    // Nobody edits the record.
    let (text, record) = text.split_at(text.find(RECORD).unwrap());
    let mut text = text.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from:?} is not in\n{text}");
        text = text.replace(from, to);
    }
    text + record
}

fn deployment(run: &Run) -> Value {
    run.list()["items"].as_array().unwrap().iter().find(|item| label(item) == "Deployment/encoder").unwrap().clone()
}

/// An edit of a container in a typical user's style.
const EDIT: (&str, &str) = (
    "        - name: executor\n          image: acme/encoder:1\n",
    "        # ours\n        - name: executor # the only one\n          image: acme/encoder:1\n          resources: {limits: {memory: '8Gi'}} # enough\n",
);
const CHANGE: (&str, &str) = ("docker://acme/encoder:1", "docker://acme/encoder:2");

#[test]
fn edits_are_kept_word_for_word() {
    let edited = rendered(&[EDIT, ("  data:\n", "  data: # settings\n    \"on\":   'yes'\n")]);
    assert!(function(&edited).succeeded().items() == edited, "the render of an unchanged Flow has changed something");
    // A change of the Flow changes only its line, and one line of the record.
    let answer = function(&edited.replace(CHANGE.0, CHANGE.1)).succeeded();
    let changed: Vec<(&str, &str)> = edited.lines().zip(answer.stdout.lines()).filter(|(before, after)| before != after).collect();
    assert_eq!(changed.len(), 3, "{changed:?}");
    assert!(changed[0].1.ends_with("docker://acme/encoder:2, replicas: 2}"), "{changed:?}");
    assert_eq!(changed[1].1, "          image: acme/encoder:2");
    assert!(changed[2].1.trim_start().len() == 10 && changed[2].1.starts_with("      "), "{changed:?}");
    assert!(function(&answer.stdout).succeeded().stdout == answer.stdout);
}

#[test]
fn lists_with_windows_line_ends_and_json_lists_are_edited_too() {
    let edited = rendered(&[EDIT, CHANGE]).replace('\n', "\r\n");
    let answer = function(&edited).succeeded();
    assert!(
        answer.stdout.contains("          image: acme/encoder:2\r\n          resources: {limits: {memory: '8Gi'}} # enough\r\n"),
        "{}",
        answer.stdout
    );
    let json = crate::support::documents(&rendered(&[EDIT]))[0].to_string();
    let answer = function(&json.replace(CHANGE.0, CHANGE.1)).succeeded();
    let container = deployment(&answer)["spec"]["template"]["spec"]["containers"][0].clone();
    assert_eq!((&container["image"], &container["resources"]), (&"acme/encoder:2".into(), &json!({"limits": {"memory": "8Gi"}})));
}

#[test]
fn a_conflict_is_resolved_as_on_conflict_says() {
    struct Case {
        setting: &'static str,
        replicas: u8,
        severity: &'static str,
    }
    let mut messages = Messages::new("rerender-conflict");
    let both = [("    replicas: 2\n", "    replicas: 5 # more\n"), ("replicas: 2}", "replicas: 3}")];
    for Case { setting, replicas, severity } in [
        Case { setting: "keep", replicas: 5, severity: "warning" },
        Case { setting: "overwrite", replicas: 3, severity: "warning" },
        Case { setting: "error", replicas: 5, severity: "error" },
    ] {
        let by_spec = rendered(&both).replace("    flow:\n", &format!("    output:\n      onConflict: {setting}\n    flow:\n"));
        let config =
            format!("functionConfig: {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}, data: {{onConflict: {setting}}}}}\n");
        for input in [by_spec.clone(), rendered(&both) + &config] {
            let answer = function(&input);
            assert_eq!(answer.code, i32::from(setting == "error"), "{}", answer.stderr);
            answer.begins(&format!("{severity}[edit-conflict]: encoder/encoder.yml: spec.replicas: "));
            answer.says("(got \"5\")");
            answer.says("has \"3\"");
            assert_eq!(answer.codes(), ["edit-conflict"]);
            if input == by_spec {
                messages.add(setting, &answer);
            }
            assert_eq!(deployment(&answer)["spec"]["replicas"], replicas);
            let result = &answer.list()["results"][0];
            assert_eq!(result["severity"], severity);
            assert_eq!(result["resourceRef"], json!({"apiVersion": "apps/v1", "kind": "Deployment", "name": "encoder"}));
            assert_eq!(result["field"], json!({"path": "spec.replicas", "currentValue": "5", "proposedValue": "3"}));
            assert_eq!(result["file"], json!({"path": "encoder/encoder.yml", "index": 2}));
            if setting == "error" {
                assert!(answer.stdout.starts_with(input.split("functionConfig").next().unwrap()), "the items have changed");
            }
        }
    }
    let wrong = function(&rendered(&[("    flow:\n", "    output: {onConflict: kep}\n    flow:\n")]));
    wrong.begins("error[value-not-allowed]: jina.yaml: spec.output.onConflict: ");
    wrong.says("(got \"kep\"); did you mean `keep`?");
    messages.compare();
}

#[test]
fn conflicts_are_reported_in_the_order_of_their_lines() {
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
fn objects_without_a_recorded_base_follow_the_flow() {
    let input = rendered(&[EDIT, CHANGE, ("    replicas: 2\n", "    replicas: 5\n")]);
    let forgotten = input.split(RECORD).next().unwrap().to_owned();
    let answer = function(&forgotten);
    assert_eq!(answer.code, 0);
    // Every overwritten field is reported with both values.
    for (code, field, values) in [
        ("rendered-record-missing", "", None),
        ("field-overwritten", "spec.replicas: ", Some(["(got \"5\")", "\"2\""])),
        ("field-overwritten", "spec.template.spec.containers[0].image: ", Some(["(got \"acme/encoder:1\")", "\"acme/encoder:2\""])),
    ] {
        let start = format!("warning[{code}]: encoder/encoder.yml: {field}");
        let is_this = |line: &&str| line.starts_with(&start) && values.iter().flatten().all(|value| line.contains(value));
        assert_eq!(answer.findings().into_iter().filter(is_this).count(), 1, "{field}\n{}", answer.stderr);
    }
    let encoder = deployment(&answer);
    let container = &encoder["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&encoder["spec"]["replicas"], &container["image"]), (&2.into(), &"acme/encoder:2".into()));
    assert_eq!(container["resources"], json!({"limits": {"memory": "8Gi"}}), "fields that the Flow does not set stay");
    assert!(answer.stdout.contains(RECORD));
    // `error` refuses, because edits cannot be recognized.
    let careful = forgotten.replace("    flow:\n", "    output: {onConflict: error}\n    flow:\n");
    let answer = function(&careful);
    assert!(answer.code == 1 && answer.stdout.starts_with(&careful), "{}", answer.stderr);
}

/// A container that the user has added.
const SIDE: (&str, &str) =
    ("        - name: executor\n", "        - name: side # ours\n          image: MARK:1\n        - name: executor\n");

/// The items of an answer with the user's container, as `Kind/name FILE`, sorted by name.
fn with_side(answer: &Run) -> Vec<String> {
    let list = answer.list();
    let items = list["items"].as_array().unwrap().iter().filter(|item| item.to_string().contains("MARK:1"));
    let file = |item: &Value| item["metadata"]["annotations"]["internal.config.kubernetes.io/path"].as_str().unwrap_or_default().to_owned();
    let mut names: Vec<String> = items.map(|item| format!("{} {}", label(item), file(item))).collect();
    names.sort();
    names
}

#[test]
fn edits_are_kept_when_an_executor_gets_or_loses_shards() {
    let storage = "\n    executors: {encoder: {storage: {size: 5Gi}}}\n";
    let flow = |text: &str| LIST.replace("- {name: encoder, uses: docker://acme/encoder:1, replicas: 2}\n", text);
    let plain = "- {name: encoder, uses: docker://acme/encoder:1, replicas: 2}\n";
    let stored = format!("- {{name: encoder, uses: docker://acme/encoder:1, replicas: 2}}{storage}");
    let sharded = "- {name: encoder, uses: docker://acme/encoder:1, replicas: 2, shards: 2}\n";
    let renamed = "- {name: ranker, uses: docker://acme/encoder:1, replicas: 2}\n";
    for (before, after, expected) in [
        (plain, stored.as_str(), &["StatefulSet/encoder encoder/encoder.yml"][..]),
        (stored.as_str(), plain, &["Deployment/encoder encoder/encoder.yml"]),
        (plain, sharded, &["Deployment/encoder-0 encoder/encoder-0.yml", "Deployment/encoder-1 encoder/encoder-1.yml"]),
        (plain, renamed, &["Deployment/ranker ranker/ranker.yml"]),
    ] {
        let first = function(&flow(before)).succeeded().stdout;
        // The edit is in the workload of the executor, which is last.
        let at = first.rfind(SIDE.0).unwrap();
        let edited = format!("{}{}", &first[..at], first[at..].replacen(SIDE.0, SIDE.1, 1));
        for on_conflict in ["keep", "error"] {
            let changed = edited
                .replace(before.trim_end(), after.trim_end())
                .replace("  spec:\n    flow:\n", &format!("  spec:\n    output: {{onConflict: {on_conflict}}}\n    flow:\n"));
            let answer = function(&changed);
            assert_eq!((answer.code, with_side(&answer)), (0, expected.iter().map(ToString::to_string).collect()), "{}", answer.stderr);
            answer.begins("info[edit-carried-over]: encoder/encoder.yml: ");
            answer.says("1 edited field");
            assert!(answer.stdout.contains("- name: side # ours\n"), "the comment moves with the container");
            let again = function(&answer.stdout);
            assert!(again.items() == answer.items() && again.stderr.is_empty(), "{}", again.stderr);
            // Everything else is as the Flow renders it.
            let side = "        - name: side # ours\n          image: MARK:1\n";
            let fresh = function(&flow(after)).succeeded();
            let objects = |text: &str| {
                let mut objects: Vec<Value> = crate::support::documents(text)[0]["items"].as_array().unwrap()[1..].to_vec();
                for object in &mut objects {
                    object["metadata"]["annotations"].take();
                }
                objects.sort_by_key(label);
                objects
            };
            assert_eq!(objects(&answer.stdout.replace(side, "")), objects(&fresh.stdout), "{before} {after}");
        }
    }
}

#[test]
fn an_executor_without_shards_takes_over_its_first_shard_and_reports_lost_edits() {
    let sharded = LIST.replace("replicas: 2}", "replicas: 2, shards: 2}");
    let first = function(&sharded).succeeded().stdout;
    let images = first.matches(SIDE.0).count();
    assert_eq!(images, 3, "the head and the shards");
    let edited = first.replace(SIDE.0, SIDE.1).replace("    replicas: 1\n    strategy", "    replicas: 4\n    strategy");
    let answer = function(&edited.replace(", shards: 2}", "}"));
    assert_eq!((answer.code, with_side(&answer)), (0, vec!["Deployment/encoder encoder/encoder.yml".to_owned()]), "{}", answer.stderr);
    for (file, field) in
        [("encoder/encoder-1.yml", "spec.template.spec.containers[0]"), ("encoder/encoder-head.yml", "spec.template.spec.containers[0]")]
    {
        let start = format!("warning[edit-lost]: {file}: {field}: ");
        let is_this = |line: &&str| line.starts_with(&start) && line.contains("(got \"{name: side, image: MARK:1}\")");
        assert_eq!(answer.findings().into_iter().filter(is_this).count(), 1, "{start}\n{}", answer.stderr);
    }
    let refused = edited.replace(", shards: 2}", "}").replace("    flow:\n", "    output: {onConflict: error}\n    flow:\n");
    let answer = function(&refused);
    assert!(answer.code == 1 && answer.stdout.starts_with(&refused), "{}", answer.stderr);
    assert!(answer.codes().contains(&"edit-lost"), "{}", answer.stderr);
    answer.says("set `spec.output.onConflict` (`--on-conflict` of an export) to `keep` or `overwrite`");
    // The fix in the message works.
    assert_eq!(function(&refused.replace("onConflict: error", "onConflict: keep")).code, 0);
}

#[test]
fn an_edited_object_that_is_removed_is_reported_or_kept() {
    let two = LIST.replace("replicas: 2}\n", "replicas: 2}\n      - {name: ranker, uses: docker://acme/ranker:1, env: {HF_TOKEN: a}}\n");
    let first = function(&two).succeeded().stdout;
    let (before, ranker) = first.split_at(first.find("    name: ranker-configmap\n").unwrap());
    let ranker =
        ranker.replace("    HF_TOKEN: a\n", "    HF_TOKEN: s3cr3t\n    MODE: fast\n").replace("    replicas: 1\n", "    replicas: 7\n");
    let edited = format!("{before}{ranker}");
    let without = edited.replace("      - {name: ranker, uses: docker://acme/ranker:1, env: {HF_TOKEN: a}}\n", "");
    let answer = function(&without);
    assert_eq!(answer.code, 0);
    for (field, object, value) in [
        ("data.HF_TOKEN", "ConfigMap of `ranker`", "(hidden: it may be a secret)"),
        ("data.MODE", "ConfigMap of `ranker`", "fast"),
        ("spec.replicas", "Deployment of `ranker`", "7"),
    ] {
        let start = format!("warning[edit-lost]: ranker/ranker.yml: {field}: ");
        let is_this = |line: &&str| line.starts_with(&start) && line.contains(object) && line.contains(&format!("(got \"{value}\")"));
        assert_eq!(answer.findings().into_iter().filter(is_this).count(), 1, "{start}\n{}", answer.stderr);
    }
    let mut messages = Messages::new("rerender-lost");
    messages.add("a removed executor", &answer);
    messages.compare();
    assert!(!answer.stderr.contains("s3cr3t"), "{}", answer.stderr);
    assert!(!answer.list()["items"].to_string().contains("ranker"));
    // Objects without edits are removed silently.
    function(&first.replace("      - {name: ranker, uses: docker://acme/ranker:1, env: {HF_TOKEN: a}}\n", "")).succeeded();
}

#[test]
fn additions_to_a_removed_entry_are_reported() {
    let port = "          - name: monitoring\n            containerPort: 9090\n";
    let monitored = LIST.replace("      jtype: Flow\n", "      jtype: Flow\n      with: {monitoring: true}\n");
    let first = function(&monitored).succeeded().stdout;
    assert!(first.contains(port), "{first}");
    let edited =
        first.replacen(port, &format!("{port}            hostPort: 9090 # ours\n"), 1).replace("      with: {monitoring: true}\n", "");
    for (setting, code, is_kept) in [("keep", 0, true), ("overwrite", 0, false), ("error", 1, true)] {
        let input = edited.replace("    flow:\n", &format!("    output: {{onConflict: {setting}}}\n    flow:\n"));
        let answer = function(&input);
        assert_eq!((answer.code, answer.stdout.contains("hostPort: 9090 # ours")), (code, is_kept), "{setting}: {}", answer.stderr);
        assert_eq!(answer.codes(), ["edit-conflict"]);
        answer.says("gateway/gateway.yml: spec.template.spec.containers[0].ports[1]: ");
        answer.says("the Flow has removed it");
        let again = function(&answer.stdout);
        let items = |text: &str| text.split("\nresults:").next().unwrap().to_owned();
        assert_eq!((again.code, items(&again.stdout)), (code, items(&answer.stdout)), "{setting}");
    }
    // An entry without additions is removed, and so is an entry from which a field was removed.
    for edit in [port, "          - containerPort: 9090\n"] {
        let answer = function(&first.replace(port, edit).replace("      with: {monitoring: true}\n", "")).succeeded();
        assert!(!answer.stdout.contains("containerPort: 9090"), "{}", answer.stdout);
    }
}

#[test]
fn the_order_of_lists_is_kept_when_an_executor_gets_or_loses_shards() {
    let (one, other) = (
        "          - name: K8S_POD_NAME\n            valueFrom:\n              fieldRef:\n                fieldPath: metadata.name\n",
        "          env:\n",
    );
    let first = rendered(&[]);
    let at = first.rfind(one).unwrap();
    let without = format!("{}{}", &first[..at], &first[at + one.len()..]);
    let at = without.rfind(other).unwrap() + other.len();
    let reordered = format!("{}{one}{}", &without[..at], &without[at..]);
    for change in ["replicas: 2}\n    executors: {encoder: {storage: {size: 5Gi}}}", "replicas: 2, shards: 2}"] {
        let answer = function(&reordered.replace("replicas: 2}", change));
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert!(answer.stdout.contains(&format!("{other}{one}")), "{change}\n{}", answer.stdout);
        assert!(function(&answer.stdout).succeeded().stdout == answer.stdout);
    }
}

#[test]
fn a_conflict_is_reported_again_after_its_executor_is_renamed() {
    let flow = |name: &str, size: &str| {
        let renamed = LIST.replace("name: encoder,", &format!("name: {name},"));
        renamed + &format!("    executors: {{{name}: {{storage: {{size: {size}}}}}}}\n")
    };
    // A claim is identified by its name, which contains the executor's name.
    let first = function(&flow("encoder", "5Gi")).succeeded().stdout;
    let edited = first.replace("storage: \"5Gi\"", "storage: 99Gi # enough");
    let answer = function(&edited.replace(&item_of(&flow("encoder", "5Gi")), &item_of(&flow("ranker", "8Gi"))));
    let path = "volumeClaimTemplates[0].spec.resources.requests.storage: ";
    assert_eq!(answer.codes(), ["edit-conflict", "edit-carried-over"]);
    answer.says(path);
    assert!(answer.stdout.contains("name: ranker-volume\n") && answer.stdout.contains("storage: 99Gi # enough\n"), "{}", answer.stdout);
    let again = function(&answer.stdout);
    assert_eq!(again.codes(), ["edit-conflict"]);
    again.says(path);
    assert!(again.stdout.split("results:").next() == answer.stdout.split("results:").next());
    // The conflict ends when the user removes the edit.
    let results = answer.stdout.find("results:\n").unwrap();
    function(&answer.stdout[..results].replace("99Gi # enough", "8Gi")).succeeded();
}

#[test]
fn a_comment_in_an_entry_stays_when_the_entry_gets_another_name() {
    let mesh = LIST.replace("    flow:\n", "    mesh: istio\n    flow:\n");
    let edited = rendered(&[("      protocol: TCP\n", "      # ours\n      protocol: TCP\n")]);
    let answer = function(&edited.replace(&item_of(LIST), &item_of(&mesh)));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stdout.contains("- name: grpc\n") && !answer.stdout.contains("- name: port\n"), "{}", answer.stdout);
    assert_eq!(answer.stdout.matches("      # ours\n      protocol: TCP\n").count(), 2, "{}", answer.stdout);
}

#[test]
fn a_name_that_was_edited_before_the_executor_was_renamed_stays() {
    let alone = LIST.replace("replicas: 2}", "timeout_ctrl: 60}");
    let scale = "    executors: {encoder: {resources: {requests: {cpu: 1}}, autoscale: {min: 1, max: 4}}}\n    flow:\n";
    let first = function(&alone.replace("    flow:\n", scale)).succeeded().stdout;
    let target = "      kind: Deployment\n      name: encoder";
    let edited =
        first.replace(&format!("{target}\n"), &format!("{target}-0\n")).replace("timeout_ctrl: 60}", "timeout_ctrl: 60, shards: 2}");
    assert!(edited.contains(&format!("{target}-0\n")), "{edited}");
    let answer = function(&edited);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    // The object of the other shard has the edit too.
    assert_eq!(answer.stdout.matches(&format!("{target}-0\n")).count(), 2, "{}", answer.stdout);
    assert!(!answer.stdout.contains(&format!("{target}\n")), "{}", answer.stdout);
}

#[test]
fn fields_of_both_kinds_in_jinas_own_export_are_kept() {
    let compat = LIST.replace("    flow:\n", "    compat: jina-3.34\n    flow:\n");
    let stored = compat.replace("replicas: 2}", "replicas: 2, volumes: [/data]}");
    for (before, after, kind) in [(&compat, &stored, "StatefulSet"), (&stored, &compat, "Deployment")] {
        let first = function(before).succeeded().stdout;
        let spec = |text: &str| {
            let mut list = crate::support::documents(text).remove(0);
            let items = list["items"].as_array_mut().unwrap();
            let at = items.iter().position(|item| label(item) == format!("{kind}/encoder")).unwrap();
            items.remove(at)["spec"].take()
        };
        let edited = first.replace("        - name: executor\n", "        - name: executor\n          tty: true\n");
        let answer = function(&edited.replace(&item_of(before), &item_of(after)));
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        let mut is = spec(&answer.stdout);
        assert_eq!(is["template"]["spec"]["containers"][0]["tty"].take(), true);
        let mut wanted = spec(&function(after).succeeded().stdout);
        wanted["template"]["spec"]["containers"][0]["tty"].take();
        assert_eq!(is, wanted, "{kind}");
    }
}

/// The JinaFlow of a list that has no other item.
fn item_of(list: &str) -> String {
    list.split_once("items:\n").unwrap().1.to_owned()
}

#[test]
fn fields_of_one_kind_are_not_copied_to_the_other() {
    let edited = rendered(&[
        SIDE,
        ("        maxSurge: 1\n", "        maxSurge: 3\n"),
        ("replicas: 2}\n", "replicas: 2}\n    executors: {encoder: {storage: {size: 5Gi}}}\n"),
    ]);
    // The first rolling update is the gateway's.
    let first = edited.find("        maxSurge: 3\n").unwrap() + 1;
    let edited = format!("{}{}", edited[..first + 20].replace("maxSurge: 3", "maxSurge: 1"), &edited[first + 20..]);
    let answer = function(&edited);
    assert_eq!(answer.code, 0);
    let start = "warning[edit-lost]: encoder/encoder.yml: spec.strategy.rollingUpdate.maxSurge: ";
    let is_this = |line: &&str| line.starts_with(start) && line.contains("StatefulSet `encoder`") && line.contains("(got \"3\")");
    assert_eq!(answer.findings().into_iter().filter(is_this).count(), 1, "{}", answer.stderr);
    let list = answer.list();
    let set = list["items"].as_array().unwrap().iter().find(|item| label(item) == "StatefulSet/encoder").unwrap();
    assert!(set["spec"]["strategy"].is_null() && set["spec"]["serviceName"] == "encoder", "{set}");
}

#[test]
fn a_kept_conflict_is_reported_by_every_render_and_by_a_check() {
    let input = rendered(&[("    replicas: 2\n", "    replicas: 5\n"), ("replicas: 2}", "replicas: 3}")]);
    let first = function(&input);
    let again = function(&first.stdout);
    assert_eq!((first.stderr.as_str(), first.stdout.as_str()), (again.stderr.as_str(), again.stdout.as_str()));
    first.begins("warning[edit-conflict]: encoder/encoder.yml: spec.replicas: ");
    let values = ["(got \"5\")", "has \"3\""];
    for value in &values {
        first.says(value);
    }
    let without_results: String = first.stdout.split("results:\n").next().unwrap().to_owned();
    let check = function(&(without_results.clone() + CHECK));
    assert_eq!(check.code, 0, "{}", check.stderr);
    check.begins("info[edit-conflict]: encoder/encoder.yml: spec.replicas: ");
    for value in &values {
        check.says(value);
    }
    // The conflict ends when the user follows the fix in the message, or when the Flow has the same value.
    function(&without_results.replace("    replicas: 5\n", "    replicas: 3\n")).succeeded();
    function(&without_results.replace("replicas: 3}", "replicas: 5}")).succeeded();
}

const CHECK: &str = "functionConfig: {apiVersion: flow.jina.ai/v1alpha1, kind: JinaFlowCheck, metadata: {name: check}}\n";

#[test]
fn a_check_changes_nothing_and_reports_outdated_objects() {
    let fresh = rendered(&[]) + CHECK;
    assert!(function(&fresh).succeeded().stdout == fresh);
    // An edit is not an error.
    function(&(rendered(&[EDIT]) + CHECK)).succeeded();
    let scaled = function(&(rendered(&[("replicas: 2}", "replicas: 3}")]) + CHECK));
    scaled.begins("error[generated-object-stale]: encoder/encoder.yml: spec.replicas: ");
    scaled.says("(got \"2\")");
    let mut messages = Messages::new("rerender-check");
    messages.add("one field", &scaled);
    let input = rendered(&[("replicas: 2}", "replicas: 3, uses_with: {a: 1}}")]) + CHECK;
    let answer = function(&input);
    assert_eq!(answer.code, 1);
    assert_eq!(answer.codes(), ["generated-object-stale"]);
    answer.begins("error[generated-object-stale]: encoder/encoder.yml: spec.replicas: ");
    answer.says("3 more fields");
    messages.add("several fields", &answer);
    assert_eq!(answer.list()["results"][0]["field"], json!({"path": "spec.replicas", "currentValue": "2", "proposedValue": "3"}));
    assert!(answer.stdout.starts_with(&input));
    let missing = function(&(rendered(&[("replicas: 2}", "replicas: 2}\n      - {name: ranker, uses: docker://acme/ranker:1}")]) + CHECK));
    assert_eq!(missing.code, 1);
    let is_this = |line: &&str| {
        line.starts_with("error[generated-object-missing]: ") && line.contains(": spec.flow: ") && line.contains("Deployment `ranker`")
    };
    assert_eq!(missing.findings().into_iter().filter(is_this).count(), 1, "{}", missing.stderr);
    messages.add("a missing object", &missing);
    for renamed in ["- {name: ranker,", "- {name: other, replicas: 2}\n      - {name: third,"] {
        let gone = function(&(rendered(&[("- {name: encoder,", renamed)]) + CHECK));
        assert!(gone.codes().contains(&"generated-object-left-over"), "{}", gone.stderr);
        messages.add(renamed, &gone);
    }
    // A Flow that was never rendered is only parsed.
    function(&(LIST.to_owned() + CHECK)).succeeded();
    let wrong = function(&(LIST.replace("replicas: 2", "replicas: 0") + CHECK));
    wrong.begins("error[value-out-of-range]: jina.yaml: spec.flow.executors[0].replicas: ");
    let setting = function(&(LIST.to_owned() + &CHECK.replace("}}", "}, spec: {externl: {}}}")));
    setting.begins("error[unknown-field]: JinaFlowCheck/check: spec.externl: ");
    setting.says("did you mean `external`?");
    messages.compare();
}

#[test]
fn documents_without_a_list_give_documents() {
    let theirs = "# theirs\nkind: Secret\napiVersion: v1\nmetadata: {name: s}\n---\n";
    let flow = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f}\nspec: {flow: {jtype: Flow, executors: [{name: a, uses: docker://x/a}]}}\n";
    let input = format!("{theirs}{flow}");
    let first = function(&input).succeeded();
    assert!(first.stdout.starts_with(&format!("{input}---\n")), "{}", first.stdout);
    assert_eq!(first.documents().len(), 2 + 8 + 1);
    assert!(function(&first.stdout).succeeded().stdout == first.stdout);
    let wrong = function(&input.replace("docker://x/a", "docker://x/a, replicas: 0"));
    assert_eq!((wrong.code, wrong.stdout), (1, input.replace("docker://x/a", "docker://x/a, replicas: 0")));
}

/// `jinaflow check` on the files of a package reports the conflicts that a render would keep, and no error.
#[test]
fn check_reports_kept_conflicts() {
    let flow = |replicas: u8| {
        format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: f\n  annotations: {{config.kubernetes.io/local-config: \"true\"}}\nspec: {{flow: {{jtype: Flow, executors: [{{name: a, uses: docker://x/a:1, replicas: {replicas}}}]}}}}\n"
        )
    };
    let first = function(&flow(2)).succeeded().stdout;
    let checked = |text: &str| {
        let file = scratch("kept").join("package.yaml");
        std::fs::write(&file, text).unwrap();
        jinaflow(&["check", "--strict", file.to_str().unwrap()])
    };
    assert_eq!(checked(&first).succeeded().stderr, "");
    let edited = first.replace("  replicas: 2\n", "  replicas: 5\n");
    assert_eq!(checked(&edited).succeeded().stderr, "");
    let kept = function(&edited.replace(&flow(2), &flow(3)));
    assert_eq!(kept.code, 0);
    for text in [&kept.stdout, &edited.replace(&flow(2), &flow(3))] {
        let answer = checked(text);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        answer.begins("info[edit-conflict]: Deployment/a: spec.replicas: ");
        answer.says("(got \"5\")");
        answer.says("has \"3\"");
    }
}

/// When an item with an anchor changes or is removed, items that refer to the anchor keep their values.
#[test]
fn aliases_keep_their_value_when_the_item_of_the_anchor_changes_or_is_removed() {
    let theirs =
        "- apiVersion: v1\n  kind: ConfigMap # theirs\n  metadata: {name: theirs}\n  data:\n    mode: 0644\n    image: *image # alias\n";
    let edited = rendered(&[("          image: acme/encoder:1\n", "          image: &image acme/encoder:1\n")]) + theirs;
    // Where nothing changes, the text stays.
    assert!(function(&edited).succeeded().stdout == edited);
    let written_out = theirs.replace("*image", "acme/encoder:1");
    let gone = ("{name: encoder, uses: docker://acme/encoder:1, replicas: 2}", "{name: other, uses: docker://acme/other:1, replicas: 3}");
    for (from, to) in [CHANGE, gone] {
        let answer = function(&edited.replace(from, to)).succeeded();
        assert!(answer.stdout.contains(&written_out), "{}", answer.stdout);
        let items = answer.list()["items"].as_array().unwrap().clone();
        let object = items.iter().find(|item| label(item) == "ConfigMap/theirs").unwrap();
        assert_eq!(object["data"]["image"], "acme/encoder:1");
    }
    // A rendered item that refers to a foreign anchor is parsed, and written again line by line.
    let ours = rendered(&[
        ("          image: acme/encoder:1\n", "          image: acme/encoder:1 # the newest\n          workingDir: *folder # theirs\n"),
        ("items:\n", "items:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: theirs} # kept\n  data: {folder: &folder /data}\n"),
    ]);
    assert!(function(&ours).succeeded().items() == ours);
    let answer = function(&ours.replace(CHANGE.0, CHANGE.1)).succeeded();
    let expected = "          image: acme/encoder:2 # the newest\n          workingDir: /data # theirs\n";
    assert!(answer.stdout.contains(expected), "{}", answer.stdout);
    assert!(answer.stdout.contains("  metadata: {name: theirs} # kept\n  data: {folder: &folder /data}\n"), "{}", answer.stdout);
}
