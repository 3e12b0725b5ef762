//! kpt 1.0, tested with `ResourceList`s that follow its rules, made from the recordings of an older kpt (`tests/krm`).
//! In kpt 1.0 a function no longer sees the file that is its own config (kptdev/kpt#4639 and #4673), `eval` gives its
//! functionConfig no path, and the annotation of selections has another prefix (kptdev/kpt#4663).

use std::fs;

use crate::support::{Run, function, label, root};
use serde_json::Value;

const OLD_MARK: &str = "internal.config.k8s.io/kpt-resource-id";
const NEW_MARK: &str = "internal.config.kubernetes.io/kpt-resource-id";

fn recorded(scenario: &str) -> String {
    fs::read_to_string(root().join("tests/krm").join(scenario).join("stdin.yaml")).unwrap()
}

/// The parts of a list: the text before the items, each item, and functionConfig.
struct List {
    head: String,
    items: Vec<String>,
    config: String,
}

impl List {
    fn of(text: &str) -> Self {
        let (head, rest) = text.split_once("items:\n").unwrap();
        let (items, config) = rest.split_once("functionConfig:\n").unwrap();
        let config = config.split("results:\n").next().unwrap().to_owned();
        let mut entries: Vec<String> = Vec::new();
        for line in items.split_inclusive('\n') {
            match entries.last_mut().filter(|_| !line.starts_with("- ")) {
                Some(entry) => entry.push_str(line),
                None => entries.push(line.to_owned()),
            }
        }
        Self { head: head.to_owned(), items: entries, config }
    }

    fn text(&self) -> String {
        let items = if self.items.is_empty() { "items: []\n".to_owned() } else { format!("items:\n{}", self.items.concat()) };
        format!("{}{items}functionConfig:\n{}", self.head, self.config)
    }

    /// Removes the JinaFlow from the items and returns it.
    fn take_flow(&mut self) -> String {
        let place = self.items.iter().position(|item| item.contains("\n  kind: JinaFlow\n")).unwrap();
        self.items.remove(place)
    }

    /// The same list after a run.
    fn after(answer: &Run) -> Self {
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        Self::of(&answer.stdout)
    }
}

/// The input of a render by kpt 1.0, and the item that kpt leaves out.
fn render() -> (List, String) {
    let mut list = List::of(&recorded("kpt-render"));
    let flow = list.take_flow();
    (list, flow)
}

/// The input of an eval by kpt 1.0, and the item that kpt leaves out.
fn eval() -> (List, String) {
    let mut list = List::of(&recorded("kpt-eval-fn-config"));
    let flow = list.take_flow();
    (list, flow)
}

/// Runs a check on the list with the config file of the mutator, which a validator sees.
fn check(list: &List, flow: &str) -> Run {
    let mut items = list.items.clone();
    items.insert(1, flow.to_owned());
    let config = "  apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlowCheck\n  metadata: {name: check}\n".to_owned();
    function(&List { head: list.head.clone(), items, config }.text())
}

/// Generated objects as `Kind/name FILE`.
fn generated(answer: &Run) -> Vec<String> {
    let list = answer.list();
    let annotations = |item: &Value| item["metadata"]["annotations"].clone();
    let ours = list["items"].as_array().unwrap().iter().filter(|item| annotations(item)["flow.jina.ai/object"].is_string());
    ours.map(|item| format!("{} {}", label(item), annotations(item)["internal.config.kubernetes.io/path"].as_str().unwrap_or("-")))
        .collect()
}

/// Items without the annotation that kpt adds in a render, but not in an eval.
fn without_package(answer: &Run) -> String {
    let items = answer.stdout.split("functionConfig:\n").next().unwrap();
    let ours = items.split("\n- ").filter(|item| item.contains("flow.jina.ai/object"));
    ours.flat_map(|item| item.lines().filter(|line| !line.contains("package-path"))).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn a_render_passes_the_check_and_a_second_render_changes_nothing() {
    let (list, flow) = render();
    let first = function(&list.text()).succeeded();
    assert!(generated(&first).contains(&"Deployment/indexer-head indexer/indexer-head.yml".to_owned()), "{:?}", generated(&first));
    // The older kpt includes the file, and gets the same objects.
    let older = function(&recorded("kpt-render")).succeeded();
    assert_eq!(without_package(&first), without_package(&older));
    for _ in 0..2 {
        check(&List::after(&first), &flow).succeeded();
        assert!(function(&first.stdout).succeeded().stdout == first.stdout);
    }
}

#[test]
fn a_renamed_flow_renames_its_objects_and_removes_old_ones() {
    let (list, flow) = render();
    let mut list = List::after(&function(&list.text()));
    let before = generated(&function(&list.text()));
    list.config = list.config.replace("name: search", "name: find");
    let renamed = function(&list.text()).succeeded();
    assert_eq!(generated(&renamed), before);
    assert!(!renamed.stdout.contains("flow.jina.ai/object: search/"));
    check(&List::after(&renamed), &flow.replace("name: search", "name: find")).succeeded();
    let mut list = List::after(&renamed);
    list.config = list.config.replace("shards: 2", "shards: 1");
    let smaller = generated(&function(&list.text()).succeeded());
    let names: Vec<&str> = smaller.iter().map(String::as_str).filter(|name| name.contains("Deployment/indexer")).collect();
    assert_eq!(names, ["Deployment/indexer indexer/indexer.yml"]);
    // Together with a change of its namespace.
    list.config = list.config.replace("name: find", "name: look\n    namespace: prod");
    let moved = function(&list.text()).succeeded();
    assert_eq!(generated(&moved), smaller);
    assert!(!moved.stdout.contains("flow.jina.ai/object: find/") && moved.stdout.contains("    namespace: prod\n"));
}

#[test]
fn a_selection_is_recognized_by_both_annotations_and_when_it_is_empty() {
    let (list, _) = render();
    let list = List::after(&function(&list.text()));
    for mark in [OLD_MARK, NEW_MARK] {
        let selected = List {
            items: vec![list.items[0].replacen("    annotations:\n", &format!("    annotations:\n      {mark}: '0'\n"), 1)],
            ..List::of(&list.text())
        };
        let answer = function(&selected.text());
        assert_eq!(answer.code, 0);
        answer.says("warning[generated-objects-hidden]: ");
        answer.says("`selectors` or `exclude`");
    }
    let nothing = List { items: Vec::new(), ..List::of(&list.text()) };
    function(&nothing.text()).says("warning[generated-objects-hidden]: ");
    // A part of a package is not enough to check the wiring of all of it.
    let mut part = List::of(&list.text());
    part.config = "  apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlowCheck\n  metadata: {name: check}\n".to_owned();
    part.items.retain(|item| item.contains("kind: Deployment\n"));
    for mark in [OLD_MARK, NEW_MARK] {
        let mut marked = List::of(&part.text());
        marked.items[0] = marked.items[0].replacen("    annotations:\n", &format!("    annotations:\n      {mark}: '0'\n"), 1);
        assert!(!function(&marked.text()).stderr.contains("Service"), "{mark}");
    }
}

#[test]
fn eval_and_render_write_the_same_files() {
    let ((evaluated, flow), (rendered, _)) = (eval(), render());
    let by_eval = function(&evaluated.text()).succeeded();
    let by_render = function(&rendered.text()).succeeded();
    assert_eq!(without_package(&by_eval), without_package(&by_render));
    assert!(generated(&by_eval).contains(&"Service/encoder encoder/encoder.yml".to_owned()), "{:?}", generated(&by_eval));
    // One after the other changes nothing, and a check finds both up to date.
    assert!(function(&by_eval.stdout).succeeded().stdout == by_eval.stdout);
    check(&List::after(&by_eval), &flow).succeeded();
    let mut again = List::after(&by_render);
    again.config = evaluated.config.clone();
    again.items = again
        .items
        .iter()
        .map(|item| item.lines().filter(|line| !line.contains("package-path")).flat_map(|line| [line, "\n"]).collect())
        .collect();
    assert!(function(&again.text()).succeeded().stdout == again.text());
    // An object that the user has moved stays in its file.
    let mut moved = List::after(&by_eval);
    for item in &mut moved.items {
        *item = item.replace("path: encoder/encoder.yml", "path: mine.yaml");
    }
    moved.config = moved.config.replace("encoder:1", "encoder:2");
    let names = generated(&function(&moved.text()).succeeded());
    assert!(names.contains(&"Deployment/encoder mine.yaml".to_owned()), "{names:?}");
}

#[test]
fn eval_renames_the_objects_of_the_same_flow_only() {
    let (list, _) = eval();
    let first = List::after(&function(&list.text()));
    let mut renamed = List::of(&first.text());
    renamed.config = renamed.config.replace("name: search", "name: find");
    let answer = function(&renamed.text()).succeeded();
    assert!(!answer.stdout.contains("flow.jina.ai/object: search/") && answer.stdout.contains("flow.jina.ai/object: find/"));
    // Two Flows from outside the package, each with its own namespace: they do not touch each other.
    let mut second = List::of(&first.text());
    second.config = second.config.replace("name: search", "name: other\n    namespace: elsewhere").replace("name: encoder", "name: ranker");
    let both = function(&second.text()).succeeded();
    let of = |answer: &Run, flow: &str| answer.stdout.matches(&format!("flow.jina.ai/object: {flow}/")).count();
    assert_eq!((of(&both, "search"), of(&both, "other")), (of(&answer, "find"), of(&answer, "find")));
    // A possible renamed Flow in another namespace is kept and reported.
    let mut moved = List::of(&first.text());
    moved.config = moved.config.replace("name: search", "name: find\n    namespace: elsewhere");
    let answer = function(&moved.text());
    assert_eq!(answer.code, 0);
    answer.says("[flow-may-be-renamed]: ");
    answer.says("`search`");
    assert_eq!((of(&answer, "search"), of(&answer, "find")), (of(&both, "search"), of(&both, "search")));
}

#[test]
fn a_flow_from_outside_stays_separate_until_it_is_in_the_package() {
    let (list, flow) = eval();
    let first = function(&list.text()).succeeded();
    let outside = first.stdout.replace("      v1\n", "      v1-elsewhere\n");
    assert!(function(&outside).succeeded().stdout == outside, "objects of an older version are rewritten");
    // A Flow of the package does not treat its objects as those of a removed Flow.
    let mut other = List::of(&outside);
    other.items.push(flow.replace("name: search", "name: other\n    namespace: elsewhere"));
    other.config = "  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: function-input}\n  data: {}\n".to_owned();
    let answer = function(&other.text()).succeeded();
    assert!(answer.stdout.contains("flow.jina.ai/object: search/encoder/Deployment"));
    // When its file is in the package, it belongs to the package.
    let mut inside = List::of(&outside);
    inside.items.push(flow);
    let answer = function(&inside.text()).succeeded();
    assert!(!answer.stdout.contains("v1-elsewhere."));
}

/// kpt shows `results` and then standard error. kustomize shows only standard error.
#[test]
fn lines_to_copy_are_not_shown_twice() {
    for (scenario, is_shown) in [("kpt-render", false), ("kustomize-generator", true)] {
        let answer = function(&recorded(scenario).replace("docker://acme/encoder:1", "MyEncoder"));
        assert!(answer.codes().contains(&"image-not-set"), "{scenario}: {}", answer.stderr);
        assert_eq!(answer.stderr.contains("in a kustomization, for the rendered objects"), is_shown, "{scenario}: {}", answer.stderr);
        assert!(answer.stdout.contains("in a kustomization, for the rendered objects"), "{scenario}");
    }
}
