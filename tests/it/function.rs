//! The program as a KRM function: its input and output.

use crate::support::{documents, function, is_record, label, program, run};
use jinaflow::internals::krm::ResourceList;
use serde_json::{Value, json};

const FLOW: &str = "\
apiVersion: flow.jina.ai/v1alpha1
kind: JinaFlow
metadata:
  name: search
spec:
  flow: |
    jtype: Flow
    executors:
      - name: encoder
        uses: docker://acme/encoder:1
      - name: indexer
        uses: docker://acme/indexer:1
        shards: 2
";

/// A foreign item, in a spelling that no library would write.
const FOREIGN: &str = "\
- # head comment
  apiVersion: v1
  kind: ConfigMap   # odd
  metadata: {name: theirs, annotations: {a: &x 'b', c: *x}}
  data:
    mode: 0644
    \"on\": yes
    text: |2
        indented

    # end
";

fn entry(text: &str) -> String {
    text.lines().enumerate().map(|(i, line)| format!("{}{line}\n", if i == 0 { "- " } else { "  " })).collect()
}

fn list(items: &[&str]) -> String {
    format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{}", items.concat())
}

fn with_path(path: &str, more: &str) -> String {
    let annotations = format!(
        "  name: search\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\n    internal.config.kubernetes.io/index: '0'\n    internal.config.kubernetes.io/path: '{path}'\n{more}"
    );
    FLOW.replacen("  name: search\n", &annotations, 1)
}

fn generated(answer: &Value) -> Vec<String> {
    let is_generated = |item: &&Value| item["metadata"]["annotations"]["flow.jina.ai/object"].is_string();
    answer["items"].as_array().unwrap().iter().filter(is_generated).map(label).collect()
}

const ALL: [&str; 20] = [
    "ConfigMap/gateway-configmap",
    "Service/gateway",
    "Deployment/gateway",
    "PodDisruptionBudget/gateway",
    "ConfigMap/encoder-configmap",
    "Service/encoder",
    "Deployment/encoder",
    "PodDisruptionBudget/encoder",
    "ConfigMap/indexer-head-configmap",
    "Service/indexer-head",
    "Deployment/indexer-head",
    "PodDisruptionBudget/indexer-head",
    "ConfigMap/indexer-0-configmap",
    "Service/indexer-0",
    "Deployment/indexer-0",
    "PodDisruptionBudget/indexer-0",
    "ConfigMap/indexer-1-configmap",
    "Service/indexer-1",
    "Deployment/indexer-1",
    "PodDisruptionBudget/indexer-1",
];

#[test]
fn a_flow_among_the_items_is_rendered_and_other_items_are_kept() {
    let flow = entry(FLOW);
    let input = list(&[FOREIGN, &flow]);
    let answer = function(&input).succeeded();
    assert!(answer.stdout.starts_with(&input), "{}", answer.stdout);
    assert_eq!(generated(&answer.list()), ALL);
}

#[test]
fn every_version_of_the_resource_list_gets_an_answer_of_the_same_version() {
    for version in ["v1", "v1beta1", "v1alpha1"] {
        let input = list(&[&entry(FLOW)]).replace("kubernetes.io/v1\n", &format!("kubernetes.io/{version}\n"));
        let answer = function(&input).succeeded().list();
        assert_eq!(answer["apiVersion"], format!("config.kubernetes.io/{version}"));
        assert_eq!(answer["kind"], "ResourceList");
        assert_eq!(generated(&answer), ALL);
    }
}

#[test]
fn json_input_gives_json_output() {
    let flow = &documents(FLOW)[0];
    let foreign = r#"{"apiVersion":"v1","kind":"X","metadata":{"name":"x"},"n": 1.0,"u":"\u00fc"}"#;
    let input = format!(r#"{{"kind":"ResourceList","apiVersion":"config.kubernetes.io/v1","items":[{foreign},{flow}]}}"#);
    let answer = function(&input).succeeded();
    assert!(answer.stdout.contains(foreign));
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(generated(&answer), ALL);
    assert_eq!(answer["items"].as_array().unwrap().len(), 2 + ALL.len() + 1, "the record");
}

#[test]
fn a_flow_as_function_config_is_rendered_once() {
    let config = format!("functionConfig:\n{}", FLOW.lines().map(|line| format!("  {line}\n")).collect::<String>());
    for items in [list(&[]).replace("items:\n", "items: []\n"), list(&[&entry(FLOW)])] {
        let answer = function(&format!("{items}{config}")).succeeded();
        assert_eq!(generated(&answer.list()), ALL);
        assert!(answer.stdout.contains(&config));
    }
    // It is then the only Flow that is rendered.
    let other = entry(&FLOW.replace("name: search", "name: other"));
    let answer = function(&format!("{}{config}", list(&[&other]))).succeeded().list();
    assert_eq!(generated(&answer), ALL);
}

#[test]
fn a_config_map_or_no_config_renders_every_flow() {
    let two = list(&[&entry(FLOW), &entry(&FLOW.replace("search", "other").replace("encoder", "ranker").replace("indexer", "store"))]);
    let two = two.replacen("name: other\n", "name: other\n    namespace: elsewhere\n", 1);
    for config in ["", "functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: function-input}\n  data: {}\n"] {
        let answer = function(&format!("{two}{config}")).succeeded().list();
        assert_eq!(generated(&answer).len(), 2 * ALL.len());
    }
    let config =
        "functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: x}\n  data: {namespace: given, compat: jina-3.34}\n";
    let answer = function(&format!("{}{config}", list(&[&entry(FLOW)]))).succeeded().list();
    let gateway = &answer["items"][3];
    assert_eq!(gateway["metadata"]["namespace"], "given");
    assert_eq!(gateway["spec"]["template"]["metadata"]["labels"]["ns"], "given");
}

#[test]
fn a_flow_given_as_a_mapping_renders_like_a_string() {
    let mapping = FLOW.replace("flow: |", "flow:");
    let text = function(&list(&[&entry(FLOW)])).succeeded().list();
    let tree = function(&list(&[&entry(&mapping)])).succeeded().list();
    assert_eq!(text["items"].as_array().unwrap()[1..], tree["items"].as_array().unwrap()[1..]);
}

#[test]
fn objects_are_placed_beside_their_flow_with_unique_indexes() {
    let package = "    internal.config.kubernetes.io/package-path: '/packages/a'\n";
    for (path, folder) in [("jina.yaml", ""), ("flows/jina.yaml", "flows/")] {
        let answer = function(&list(&[&entry(&with_path(path, package))])).succeeded().list();
        let places: Vec<String> = answer["items"].as_array().unwrap()[1..]
            .iter()
            .map(|item| {
                let annotations = &item["metadata"]["annotations"];
                assert_eq!(annotations["internal.config.kubernetes.io/package-path"], "/packages/a");
                assert_eq!(annotations["config.kubernetes.io/local-config"].is_string(), is_record(item));
                format!(
                    "{}#{}",
                    annotations["internal.config.kubernetes.io/path"].as_str().unwrap(),
                    annotations["internal.config.kubernetes.io/index"].as_str().unwrap()
                )
            })
            .collect();
        let expected: Vec<String> =
            ["gateway/gateway", "encoder/encoder", "indexer/indexer-head", "indexer/indexer-0", "indexer/indexer-1"]
                .iter()
                .flat_map(|file| (0..4).map(move |index| format!("{folder}{file}.yml#{index}")))
                .chain([format!("{folder}search-rendered.yml#0")])
                .collect();
        assert_eq!(places, expected);
    }
}

#[test]
fn objects_in_an_existing_file_get_the_next_indexes() {
    let taken = "- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: s\n    annotations:\n      internal.config.kubernetes.io/index: '4'\n      internal.config.kubernetes.io/path: 'encoder/encoder.yml'\n";
    let answer = function(&list(&[taken, &entry(&with_path("jina.yaml", ""))])).succeeded().list();
    let places: Vec<&str> = answer["items"].as_array().unwrap()[2..]
        .iter()
        .map(|item| &item["metadata"]["annotations"])
        .filter(|a| a["internal.config.kubernetes.io/path"] == "encoder/encoder.yml")
        .map(|a| a["internal.config.kubernetes.io/index"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["5", "6", "7", "8"]);
}

#[test]
fn a_second_render_changes_nothing() {
    let first = function(&list(&[FOREIGN, &entry(&with_path("jina.yaml", ""))])).succeeded();
    let second = function(&first.stdout).succeeded();
    assert!(first.stdout == second.stdout);
    let without_paths = function(&list(&[&entry(FLOW)])).succeeded();
    assert_eq!(function(&without_paths.stdout).succeeded().stdout, without_paths.stdout);
    let json = format!(r#"{{"apiVersion":"config.kubernetes.io/v1","kind":"ResourceList","items":[{}]}}"#, documents(FLOW)[0]);
    let first = function(&json).succeeded();
    assert_eq!(function(&first.stdout).succeeded().stdout, first.stdout);
}

#[test]
fn a_duplicated_object_is_resolved_in_one_run() {
    let flow = entry(FLOW);
    let answer = function(&list(&[&flow])).succeeded();
    let items = answer.items().strip_prefix(&list(&[&flow])).unwrap();
    for changed in [flow.replace("shards: 2", "shards: 1"), flow.replace("name: search", "name: found")] {
        let first = function(&list(&[&changed, items, items]));
        assert_eq!(first.code, 0, "{}", first.stderr);
        assert!(function(&first.stdout).stdout == first.stdout, "{changed}");
    }
}

/// A generated Deployment, copied to a file that comes first, with its own name and image.
fn canary(rendered: &str) -> String {
    let start = rendered.find("- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: encoder\n").unwrap();
    let rest = &rendered[start + 2..];
    let item = &rendered[start..start + 2 + rest.find("\n- ").map_or(rest.len(), |end| end + 1)];
    let copy = item.replace("    name: encoder\n", "    name: canary\n").replace("encoder/encoder.yml", "a-canary.yml");
    let (head, items) = rendered.split_at(rendered.find("items:\n").unwrap() + "items:\n".len());
    format!("{head}{copy}{items}")
}

#[test]
fn a_copy_of_a_generated_object_does_not_replace_it() {
    let first = function(&list(&[&entry(&with_path("jina.yaml", ""))])).succeeded().stdout;
    let copied = canary(&first);
    let image = |answer: &crate::support::Run, name: &str| {
        let list = answer.list();
        let item = list["items"].as_array().unwrap().iter().find(|item| label(item) == name).cloned();
        item.map(|item| item["spec"]["template"]["spec"]["containers"][0]["image"].clone())
    };
    // The change of the Flow is applied to the object, not to its copy. Every run names the copy.
    let changed = copied.replace("uses: docker://acme/encoder:1", "uses: docker://acme/encoder:2");
    let answer = function(&changed);
    assert_eq!(
        (image(&answer, "Deployment/encoder"), image(&answer, "Deployment/canary")),
        (Some("acme/encoder:2".into()), Some("acme/encoder:1".into()))
    );
    answer.begins("warning[copied-object]: a-canary.yml: metadata.annotations[\"flow.jina.ai/object\"]: ");
    assert_eq!(answer.codes(), ["copied-object"]);
    assert!(function(&answer.stdout).stdout == answer.stdout);
    // The executor is removed with its objects, and the copy stays.
    let gone = copied.replace("- name: encoder\n", "- name: other\n").replace("docker://acme/encoder:1", "docker://acme/other:1");
    let answer = function(&gone);
    assert_eq!((answer.code, image(&answer, "Deployment/encoder")), (0, None), "{}", answer.stderr);
    assert!(image(&answer, "Deployment/canary").is_some() && answer.codes() == ["renamed-object-left"], "{}", answer.stderr);
    // The message disappears when its fix is applied.
    let lines =
        |text: &str, keep: &dyn Fn(&str) -> bool| text.lines().filter(|line| keep(line)).flat_map(|line| [line, "\n"]).collect::<String>();
    let (start, rest) = copied.split_at(copied.find("- apiVersion: flow.jina.ai").unwrap());
    let advised = lines(start, &|line: &str| !line.contains("flow.jina.ai/object") && !line.contains("flow.jina.ai/rendered")) + rest;
    function(&advised).succeeded();
}

#[test]
fn hand_written_annotations_do_not_make_an_object_generated() {
    let rendered = function(&list(&[&entry(&with_path("jina.yaml", ""))])).succeeded().stdout;
    let item = |kind: &str, name: &str, object: &str| {
        format!(
            "- apiVersion: v1\n  kind: {kind}\n  metadata:\n    name: {name}\n    annotations:\n      flow.jina.ai/object: {object}\n      internal.config.kubernetes.io/path: 'mine.yaml'\n  data: {{a: b}}\n"
        )
    };
    for (kind, object, code, says) in [
        ("ConfigMap", "search/unknown/X", "object-of-another-kind", "names a X, but this object is a ConfigMap"),
        ("ConfigMap", "search/unknown/ConfigMap", "rendered-record-missing", "has no record of a render"),
        ("Secret", "search/encoder/Service", "object-of-another-kind", "names a Service, but this object is a Secret"),
        ("ConfigMap", "search/encoder/ConfigMap", "copied-object", "another ConfigMap"),
    ] {
        let mine = item(kind, "mine", object);
        let (head, items) = rendered.split_at(rendered.find("items:\n").unwrap() + "items:\n".len());
        let input = format!("{head}{mine}{items}");
        let answer = function(&input);
        assert_eq!(answer.code, 0);
        answer.begins(&format!("warning[{code}]: mine.yaml: metadata.annotations[\"flow.jina.ai/object\"]: "));
        answer.says(says);
        assert!(answer.stdout.starts_with(&input), "the annotation {object} has changed something");
    }
}

#[test]
fn a_flow_without_a_file_finds_its_objects_again() {
    let package = "  name: search\n  annotations:\n    internal.config.kubernetes.io/package-path: '/packages/a'\n    config.kubernetes.io/local-config: 'true'\n";
    let first = function(&list(&[&entry(&FLOW.replacen("  name: search\n", package, 1))])).succeeded();
    assert!(function(&first.stdout).succeeded().stdout == first.stdout);
}

#[test]
fn changes_of_the_flow_are_applied_to_moved_objects() {
    let first = function(&list(&[&entry(&with_path("jina.yaml", ""))])).succeeded().stdout;
    // The user moved the encoder's objects into one file; a later mutator renamed them and set a namespace.
    let moved = first
        .replace("path: encoder/encoder.yml", "path: all.yaml")
        .replace("    name: encoder\n", "    name: dev-encoder\n    namespace: dev\n")
        .replace("encoder:1", "encoder:2")
        .replace("shards: 2", "shards: 1");
    let second = function(&moved).succeeded();
    let answer = second.list();
    let renamed = ["ConfigMap/encoder-configmap", "Service/dev-encoder", "Deployment/dev-encoder", "PodDisruptionBudget/dev-encoder"];
    let indexer = ["ConfigMap/indexer-configmap", "Service/indexer", "Deployment/indexer", "PodDisruptionBudget/indexer"];
    assert_eq!(
        generated(&answer),
        [&ALL[..4], &renamed, &indexer].concat(),
        "edited names stay, and the objects of the head and the shards are removed"
    );
    let encoder = answer["items"].as_array().unwrap().iter().find(|item| label(item) == "Deployment/dev-encoder").unwrap();
    assert_eq!(encoder["metadata"]["namespace"], "dev");
    assert_eq!(encoder["spec"]["template"]["spec"]["containers"][0]["image"], "acme/encoder:2");
    assert_eq!(encoder["metadata"]["annotations"]["internal.config.kubernetes.io/path"], "all.yaml");
    assert_eq!(encoder["metadata"]["annotations"]["internal.config.kubernetes.io/index"], "2");
    assert_eq!(function(&second.stdout).succeeded().stdout, second.stdout);
}

#[test]
fn an_unchanged_object_keeps_its_spelling() {
    let first = function(&list(&[&entry(&with_path("jina.yaml", ""))])).succeeded().stdout;
    let respelled = first.replace("    PYTHONUNBUFFERED: \"1\"\n", "    PYTHONUNBUFFERED: '1' # kept\n");
    assert!(first != respelled);
    assert!(function(&respelled).succeeded().stdout == respelled);
}

#[test]
fn other_flows_objects_are_not_touched() {
    let other = with_path("other.yaml", "").replace("search", "other").replace("encoder", "ranker").replace("indexer", "store");
    let other = other.replacen("name: other\n", "name: other\n  namespace: elsewhere\n", 1);
    let both = function(&list(&[&entry(&with_path("jina.yaml", "")), &entry(&other)])).succeeded();
    let config = format!("functionConfig:\n{}", with_path("jina.yaml", "").lines().map(|line| format!("  {line}\n")).collect::<String>());
    let smaller = both.stdout.replace("name: ranker\n", "name: scorer\n");
    let answer = function(&format!("{smaller}{}", config.replace("shards: 2", "shards: 1"))).succeeded().list();
    let names = generated(&answer);
    assert!(names.contains(&"Deployment/scorer".to_owned()) && names.contains(&"Deployment/store-1".to_owned()), "{names:?}");
    assert!(!names.contains(&"Deployment/indexer-1".to_owned()), "{names:?}");
    // Two Flows cannot render the same objects, whichever of them is rendered.
    let search = with_path("jina.yaml", "");
    let first = function(&list(&[&entry(&search)])).succeeded().stdout;
    let config = search.replace("name: search", "name: other").lines().map(|line| format!("  {line}\n")).collect::<String>();
    let answer = function(&format!("{first}functionConfig:\n{config}"));
    assert_eq!(answer.code, 1);
    assert_eq!(answer.results()[0], "spec.flow object-of-two-flows");
    answer.says("the ConfigMap `gateway-configmap`, which the JinaFlow `search` renders too in gateway/gateway.yml");
}

#[test]
fn conflicting_flows_and_objects_are_refused() {
    let twice = list(&[&entry(&with_path("a.yaml", "")), &entry(&with_path("b.yaml", ""))]);
    let answer = function(&twice);
    answer.begins("error[duplicate-name]: b.yaml: metadata.name: ");
    answer.says("a.yaml (got \"search\")");
    let same_objects = list(&[&entry(FLOW), &entry(&FLOW.replace("name: search", "name: other"))]);
    let answer = function(&same_objects);
    assert_eq!(answer.results()[0], "spec.flow object-of-two-flows");
    answer.says("the ConfigMap `gateway-configmap`, which the JinaFlow `search` renders too");
    let theirs = "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: encoder\n    annotations:\n      internal.config.kubernetes.io/path: 'svc.yaml'\n  spec: {}\n";
    let input = list(&[theirs, &entry(FLOW)]);
    let answer = function(&input);
    assert_eq!(answer.code, 1);
    answer.begins("error[object-already-exists]: JinaFlow/search: spec.flow: ");
    answer.says("the Service `encoder`, which exists in svc.yaml");
    assert!(answer.stdout.starts_with(&input));
    // An object of the same name elsewhere does not hide the conflicting one.
    let hidden = theirs.replace("name: encoder\n", "name: encoder # kpt-set: ${name}\n    namespace: y\n");
    let here = FLOW.replace("name: search\n", "name: search\n  namespace: y\n");
    let answer = function(&list(&[&theirs.replace("name: encoder\n", "name: encoder\n    namespace: x\n"), &hidden, &entry(&here)]));
    answer.begins("error[object-already-exists]: JinaFlow/search: spec.flow: ");
    answer.says("the Service `encoder`, which exists in svc.yaml");
    // In another namespace it is a different Service.
    let elsewhere = input
        .replace("name: encoder\n    ann", "name: encoder\n    namespace: x\n    ann")
        .replace("name: search\n", "name: search\n    namespace: y\n");
    function(&elsewhere).succeeded();
    // A missing namespace means `default`, as in kustomize.
    function(&list(&[&theirs.replace("name: encoder\n", "name: encoder\n    namespace: x\n"), &entry(FLOW)])).succeeded();
    let answer = function(&list(&[&theirs.replace("name: encoder\n", "name: encoder\n    namespace: default\n"), &entry(FLOW)]));
    answer.begins("error[object-already-exists]: JinaFlow/search: spec.flow: ");
    answer.says("the Service `encoder`, which exists in svc.yaml");
}

#[test]
fn two_flows_with_the_same_object_are_refused_across_packages() {
    let inner =
        with_path("jina.yaml", "").replace("annotations:\n", "annotations:\n    internal.config.kubernetes.io/package-path: /p/inner\n");
    let outer = inner.replace("/p/inner", "/p");
    let answer = function(&list(&[&entry(&outer), &entry(&inner)]));
    assert_eq!(answer.code, 1);
    answer.begins("error[object-of-two-flows]: jina.yaml: spec.flow: ");
    answer.says("the ConfigMap `gateway-configmap`, which the JinaFlow `search` renders too");
    // The inner one is rendered already; this run renders only the outer one.
    let config: String = outer.lines().map(|line| format!("  {line}\n")).collect();
    let asked = format!("{}functionConfig:\n{config}", function(&list(&[&entry(&inner)])).succeeded().stdout);
    let answer = function(&asked);
    assert_eq!(answer.code, 1);
    answer.begins("error[object-of-two-flows]: jina.yaml: spec.flow: ");
    answer.says("the ConfigMap `gateway-configmap`, which the JinaFlow `search` renders too in gateway/gateway.yml");
    let elsewhere = asked.replace("    name: search\n", "    name: search\n    namespace: other\n");
    function(&elsewhere).succeeded();
    // An object in another package that belongs to no Flow may be for another cluster.
    let theirs = "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: encoder\n    annotations:\n      internal.config.kubernetes.io/package-path: /p/inner\n      internal.config.kubernetes.io/path: 'svc.yaml'\n  spec: {}\n";
    let answer = function(&list(&[theirs, &entry(&outer)]));
    assert_eq!(answer.code, 0);
    answer.begins("warning[object-already-exists]: jina.yaml: spec.flow: ");
    answer.says("the Service `encoder`, which exists in svc.yaml");
}

#[test]
fn lists_that_cannot_be_split_by_lines_are_parsed_completely() {
    let flow = &documents(FLOW)[0];
    let shared = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- kind: A\n  apiVersion: v1\n  metadata: {{name: a}}\n  data: &d {{m: 0644}}\n- {}\n",
        flow.to_string().replace("\"metadata\":{\"name\":\"search\"}", "\"metadata\":{\"name\":\"search\"},\"status\": *d")
    );
    let answer = function(&shared).succeeded();
    assert!(answer.stdout.contains("m: 0644"), "{}", answer.stdout);
    assert_eq!(generated(&answer.list()), ALL);
    let flow_style = format!(
        "%YAML 1.2\n---\n{{apiVersion: config.kubernetes.io/v1, kind: ResourceList, items: [{{kind: A, s: 'yes', o: 010}}, {flow}]}}\n"
    );
    let answer = function(&flow_style).succeeded();
    assert!(answer.stdout.contains("\n- {kind: A, s: 'yes', o: 010}\n"), "{}", answer.stdout);
    assert_eq!(generated(&answer.list()), ALL);
}

#[test]
fn unusual_spellings_of_the_resource_list_are_read() {
    let plain = list(&[&entry(FLOW)]);
    let indented = format!(
        "kind: ResourceList\napiVersion: config.kubernetes.io/v1\nitems:\n{}",
        entry(FLOW).lines().map(|l| format!("  {l}\n")).collect::<String>()
    );
    let list_kind = plain.replace("config.kubernetes.io/v1\nkind: ResourceList", "v1\nkind: List");
    for input in [
        plain.replace('\n', "\r\n"),
        format!("\u{feff}{plain}"),
        format!("---\n{plain}"),
        format!("{plain}...\n"),
        plain.trim_end().to_owned(),
        indented,
        list_kind,
    ] {
        let answer = function(&input).succeeded();
        assert_eq!(generated(&answer.list()), ALL, "{input}");
    }
}

/// A foreign item with everything that would be lost if it were parsed and written again.
const THEIRS: &str = "- kind: A # theirs\n  metadata: {name: a}\n  mode: 0644\n\n  # below\n  on: 'yes'\n";

#[test]
fn foreign_items_keep_their_text_in_every_resource_list() {
    let flow = entry(FLOW);
    let plain = list(&[&flow, THEIRS]);
    let at_the_margin = "- kind: A\n  data:\n    a: \"line\nresults: evil\"\n  b: 'c\n- d\nitems:\n'\n";
    for input in [
        plain.replace("items:\n", "items: # all of them\n"),
        plain.replace("items:", "\"items\":").replace("kind: ResourceList", "'kind': \"ResourceList\" # quoted"),
        plain.lines().map(|line| format!("  {line}\n")).collect(),
        format!("%YAML 1.2\n---\n{plain}"),
        format!("# head\n--- # mark\n{plain}"),
        plain.replace('\n', "\r"),
        plain.replace('\n', "\r\n"),
        format!("\u{feff}{plain}"),
        list(&[&flow, at_the_margin]),
        list(&[&flow, "- [a,\nresults: b]\n", "- {c: 'd\n\n  e'} # f\n"]),
        list(&[&flow, "- a: \"\\\\\"\n  b: 'it''s'# c\n"]),
    ] {
        let answer = function(&input).succeeded();
        assert!(answer.stdout.starts_with(&input), "{input}\n{}", answer.stdout);
        let list = ResourceList::read(&answer.stdout).unwrap();
        assert_eq!(list.items.iter().filter(|item| item.text().contains("flow.jina.ai/object")).count(), ALL.len(), "{input}");
    }
    let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
    for (input, theirs) in [
        (format!("{head}items:\n{THEIRS}functionConfig:\n{}", entry(FLOW).replacen("- ", "  ", 1)), THEIRS),
        (
            format!(
                "{{apiVersion: config.kubernetes.io/v1, kind: ResourceList, items: [{{kind: A, mode: 0644,\n s: 'yes'}}, {}]}}",
                documents(FLOW)[0]
            ),
            "- {kind: A, mode: 0644,\n s: 'yes'}\n",
        ),
        (format!("{head}items:\n{at_the_margin}{flow}results:\n- message: old\n"), at_the_margin),
    ] {
        let answer = function(&input).succeeded();
        assert!(answer.stdout.contains(theirs), "{input}\n{}", answer.stdout);
    }
    let json = json!({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": documents(FLOW)}).to_string();
    assert_eq!(function(&format!("\u{feff}{json}")).succeeded().stdout, function(&json).succeeded().stdout);
}

#[test]
fn a_list_that_is_not_yaml_loses_nothing() {
    let flow = entry(FLOW);
    // An unclosed bracket: what looks like results may belong to the string.
    let answer = function(&list(&[&flow, "- a: \"b\nresults: c\n"]));
    assert_eq!(answer.code, 1);
    answer.begins("error[invalid-yaml]: stdin: ");
    answer.says("line ");
    // One broken item stays beside the others.
    let input = list(&[&flow, "- a: [b\n", THEIRS]);
    assert!(function(&input).succeeded().stdout.starts_with(&input));
}

#[test]
fn the_end_of_a_list_does_not_change_its_items() {
    let flow = entry(FLOW);
    let input = list(&[&flow, "- kind: A\n  data:\n    a: |\n      no line break at the end"]);
    let answer = function(&input).succeeded();
    let theirs = answer.list()["items"].as_array().unwrap().iter().find(|item| item["kind"] == "A").unwrap().clone();
    assert_eq!(theirs["data"]["a"], "no line break at the end");
}

#[test]
fn earlier_results_and_unknown_fields_are_kept() {
    let input = format!(
        "{}results:\n- message: from before\n  severity: info\nother: {{x: 010}}\n",
        list(&[&entry(&FLOW.replace("encoder:1", "encoder:1\n        replicas: 0"))])
    );
    let answer = function(&input);
    assert_eq!(answer.code, 1);
    assert!(answer.stdout.contains("other: {x: 010}\n"));
    let results = &answer.list()["results"];
    assert_eq!(results[0], json!({"message": "from before", "severity": "info"}));
    assert_eq!(results[1]["field"], json!({"path": "spec.flow.executors[0].replicas", "currentValue": "0", "proposedValue": "1"}));
    assert_eq!(results[1]["resourceRef"], json!({"apiVersion": "flow.jina.ai/v1alpha1", "kind": "JinaFlow", "name": "search"}));
    assert_eq!(results[1]["severity"], "error");
    assert_eq!(answer.results()[1], "spec.flow.executors[0].replicas value-out-of-range");
}

#[test]
fn warnings_are_reported_and_change_nothing() {
    let flow = FLOW.replace("shards: 2", "needs: gateway");
    let answer = function(&list(&[&entry(&flow)]));
    assert_eq!(answer.code, 0);
    answer.begins("warning[results-lost]: JinaFlow/search: spec.flow.executors[0]: ");
    answer.says("`encoder`");
    assert_eq!(answer.list()["results"][0]["severity"], "warning");
    // Each warning is reported once, also when the answer is the input of the next run.
    assert_eq!(function(&answer.stdout).stdout, answer.stdout);
    // A warning of a single run keeps its place among the warnings of every run.
    let edited = answer
        .stdout
        .replace("replicas: 1", "replicas: 7")
        .replace("docker://acme/encoder:1", "docker://acme/encoder:1\n          replicas: 3");
    let conflict = function(&edited);
    assert_eq!(conflict.code, 0, "{}", conflict.stderr);
    assert!(conflict.codes().contains(&"edit-conflict"), "{}", conflict.stderr);
    assert_eq!(function(&conflict.stdout).stdout, conflict.stdout);
}

#[test]
fn settings_for_a_missing_head_give_a_warning() {
    let flow = FLOW.replace("shards: 2", "uses_before: docker://acme/before:1");
    let answer = function(&list(&[&entry(&flow)]));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer.begins("warning[field-without-effect]: JinaFlow/search: spec.flow.executors[1].uses_before: ");
    assert_eq!(answer.list()["results"][0]["field"]["path"], "spec.flow.executors[1].uses_before");
}

#[test]
fn the_environment_does_not_change_the_output() {
    let input = list(&[FOREIGN, &entry(&with_path("jina.yaml", ""))]);
    let first = function(&input).succeeded().stdout;
    for variable in ["JINA_GATEWAY_IMAGE", "JINA_LOG_LEVEL", "JINA_K8S_STORAGE_CLASS_NAME", "LC_ALL", "TZ", "HOME"] {
        let mut command = program(&[]);
        command.env(variable, "surprise").current_dir("/");
        assert_eq!(run(command, input.as_bytes()).succeeded().stdout, first, "{variable}");
    }
}

#[test]
fn a_call_as_legacy_plugin_of_kustomize_gives_documents() {
    let config = crate::support::scratch("plugin").join("config.yaml");
    std::fs::write(&config, FLOW).unwrap();
    let plugin = |input: &str, root: bool| {
        let mut command = program(&[config.to_str().unwrap()]);
        if root {
            command.env("KUSTOMIZE_PLUGIN_CONFIG_ROOT", "/somewhere");
        }
        run(command, input.as_bytes())
    };
    let names = |run: &crate::support::Run| run.documents().iter().map(label).collect::<Vec<_>>();
    assert_eq!(names(&plugin("", true).succeeded()), ALL);
    let theirs = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: theirs\ndata:\n  m: 0644 # kept\n";
    let answer = plugin(theirs, true).succeeded();
    assert!(answer.stdout.starts_with(theirs));
    assert_eq!(names(&answer).len(), 1 + ALL.len());
    std::fs::write(&config, FLOW.replace("docker://acme/encoder:1", "docker://acme/encoder:1\n        replicas: 0")).unwrap();
    let answer = plugin(theirs, true);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    answer.says("error[value-out-of-range]: ");
    answer.says("spec.flow.executors[0].replicas: ");
    // Without kustomize's variables a file argument is an error.
    assert!(plugin("", false).first_line().contains("run: jinaflow export"));
}
