//! Properties that hold for every input. The fuzzers under `fuzz` search for inputs that break them, and
//! `tests/it/corpus.rs` checks them for the inputs that the fuzzers have kept.

use jinaflow::internals::check as wiring;
use jinaflow::internals::cli::input::{self, FlowOfFile};
use jinaflow::internals::config::images::Pattern;
use jinaflow::internals::config::{Compat, Overrides, is_jina_flow};
use jinaflow::internals::finding::{Code, Path};
use jinaflow::internals::function;
use jinaflow::internals::function::flow_check;
use jinaflow::internals::krm::meta::Meta;
use jinaflow::internals::krm::{Caller, Item, ResourceList};
use jinaflow::internals::plan::Budget;
use jinaflow::internals::reconcile::Memories;
use jinaflow::internals::reconcile::ownership::{OBJECT, Ours};
use jinaflow::internals::render::Rendering;
use jinaflow::internals::report::place;
use jinaflow::internals::report::{self, Subject};
use jinaflow::internals::yaml::{self, Node, kubernetes_value};
use serde_json::Value;

/// The answer of the function to an input.
pub struct Answer {
    pub text: String,
    pub stderr: String,
    pub success: bool,
}

/// The largest answer, in bytes, that is checked in detail and used as the next input. A short input can have a longer
/// answer.
const LARGEST: usize = 4 << 20;

/// Runs the function twice: the answer must not depend on the order of a hash map.
fn ask(input: &[u8]) -> Answer {
    let once = || {
        let mut out = Vec::new();
        let outcome = function::run(input, &mut out).expect("writing to memory works");
        Answer { text: String::from_utf8(out).expect("an answer is UTF-8"), stderr: outcome.stderr, success: outcome.success }
    };
    let answer = once();
    let again = once();
    same(&answer.text, &again.text, "two runs differ");
    same(&answer.stderr, &again.stderr, "two runs say different things");
    answer
}

/// Any bytes as a `ResourceList`.
pub fn envelope(input: &[u8]) -> Answer {
    let answer = ask(input);
    let heads = problems(&answer.stderr).into_iter().map(|line| line.split("]: ").next().unwrap_or_default());
    let heads: Vec<(&str, &str)> = heads.map(|head| head.split_once('[').unwrap_or_default()).collect();
    let is_known = |(severity, code): &(&str, &str)| ["error", "warning", "info"].contains(severity) && Code::parse(code).is_some();
    assert!(heads.iter().all(is_known), "{}", answer.stderr);
    let has_error = heads.iter().any(|(severity, _)| *severity == "error");
    assert_eq!(answer.success, !has_error, "{}", answer.stderr);
    let out = list(&answer.text);
    let Some(came) = std::str::from_utf8(input).ok().and_then(understood) else {
        assert!(!answer.success && out.items.is_empty());
        return answer;
    };
    if answer.text.len() >= LARGEST {
        return answer;
    }
    let caller = Caller::of(&came);
    if is_validated(&came, caller) {
        assert!(!answer.success || out.items.is_empty());
        return answer;
    }
    if answer.success && caller == Caller::KustomizeGenerator {
        // The one item is the config, which is not an object of the build.
        assert_eq!(foreign(&out), Vec::<String>::new());
        return answer;
    }
    let adopted = if answer.success { adopted(&came, &out) } else { Vec::new() };
    // A generated object that is not in the record is adopted too.
    assert!(adopted.len() <= number_of_adopted(&answer.stderr), "{}", answer.stderr);
    let (mut before, mut after) =
        if answer.success { (foreign_but(&came, &adopted), foreign(&out)) } else { (items_of(&came), items_of(&out)) };
    // A block scalar without a line break at its end is written as `|-` when something follows; its value is compared
    // below.
    if !input.ends_with(b"\n") && before.len() == after.len() {
        before.pop();
        after.pop();
    }
    assert_eq!(before, after);
    if let Ok(tree) = std::str::from_utf8(input).map_or(Err(()), |text| ResourceList::read_as_tree(text).map_err(|_| ())) {
        let before = foreign_but(&tree, &adopted);
        drop(tree);
        let after = ResourceList::read_as_tree(&answer.text).unwrap_or_else(|error| panic!("{error}\n{}", answer.text));
        assert_eq!(before, foreign(&after));
    }
    // The objects that kustomize requests from a generator are not sent again. Whether a document is valid YAML may
    // depend on a line break at its end, which an answer always has.
    let is_sent_again = caller != Caller::KustomizeGenerator && Caller::of(&out) == caller;
    if is_sent_again && (answer.success || input.ends_with(b"\n")) {
        let again = ask(answer.text.as_bytes());
        assert_eq!(again.success, answer.success, "{}\n{}", answer.stderr, again.stderr);
        assert_eq!(items_of(&out), items_of(&list(&again.text)), "a second run on its own answer changes an item");
        let (one, other) = (without_changes(&answer.text), without_changes(&again.text));
        assert_eq!(one, other, "a second run on its own answer changes it");
    }
    answer
}

/// Whether a line of standard error says what a render or an export did.
pub fn is_summary(line: &str) -> bool {
    line.starts_with("jinaflow: ")
}

/// Whether a result says what a render did to objects.
pub fn is_change(result: &Value) -> bool {
    ["object-added", "object-changed", "object-removed", "edit-kept", "object-adopted"].iter().any(|code| result["tags"]["code"] == *code)
}

/// The answer as JSON, without the results about changes. A field whose conflict one run reports is only a kept one in the next.
fn without_changes(answer: &str) -> Value {
    let root = yaml::read(answer).ok().and_then(|document| document.root);
    let mut answer = root.as_ref().map(kubernetes_value).unwrap_or_default();
    if let Some(Value::Array(mut results)) = answer.as_object_mut().and_then(|answer| answer.remove("results")) {
        results.retain(|result| !is_change(result));
        answer["others"] = results.into();
    } else {
        answer["others"] = Value::Array(Vec::new());
    }
    answer
}

/// The findings, without the source lines below them and the lines about what was done.
fn problems(stderr: &str) -> Vec<&str> {
    stderr.lines().filter(|line| !line.starts_with("  ") && !is_summary(line)).collect()
}

/// Asserts that two strings are equal, and shows where they differ.
fn same(one: &str, other: &str, what: &str) {
    if one != other {
        let near = one.lines().zip(other.lines()).take_while(|(a, b)| a == b).count().saturating_sub(2);
        let part = |text: &str| text.lines().skip(near).take(5).collect::<Vec<_>>().join("\n");
        panic!("{what}, line {near}:\n--- one\n{}\n+++ other\n{}", part(one), part(other));
    }
}

/// The list as the function reads it.
fn understood(text: &str) -> Option<ResourceList<'_>> {
    let list = ResourceList::read(text).ok()?;
    let ours = Ours::default();
    let read = list.items.iter().filter(|item| ours.may_be_in(item.text())).chain(&list.function_config);
    if read.into_iter().all(|item| item.read().is_ok()) {
        return Some(list);
    }
    ResourceList::read_as_tree(text).ok().or(Some(list))
}

fn list(text: &str) -> ResourceList<'_> {
    ResourceList::read(text).unwrap_or_else(|error| panic!("the answer {error}\n{text}"))
}

/// kustomize takes no items back from a validator.
fn is_validated(list: &ResourceList<'_>, caller: Caller) -> bool {
    let config = list.function_config.as_ref().and_then(|item| item.read().ok()?.root);
    !caller.keeps_files() && config.is_some_and(|root| flow_check::is_check(&Meta::of(&root)))
}

fn items_of(list: &ResourceList<'_>) -> Vec<String> {
    list.items.iter().map(|item| text(item).to_owned()).collect()
}

/// The text of an item. The last line of a list may have no line break, and blank lines at the end belong to the list.
fn text<'l>(item: &'l Item<'_>) -> &'l str {
    let mut text = item.text();
    while let Some((before, blank)) = text.rsplit_once('\n')
        && blank.bytes().all(|byte| byte == b' ')
    {
        text = before;
    }
    text
}

/// All items that were not generated, as text.
fn foreign(list: &ResourceList<'_>) -> Vec<String> {
    foreign_but(list, &[])
}

/// All items that were not generated, as text, without the items of these numbers.
fn foreign_but(list: &ResourceList<'_>, adopted: &[usize]) -> Vec<String> {
    let items =
        list.items.iter().enumerate().filter(|(number, item)| generated(item).is_none() && !is_record(item) && !adopted.contains(number));
    items.map(|(_, item)| text(item).to_owned()).collect()
}

/// The numbers of the items that became objects of a Flow: the answer has a generated object instead of them.
fn adopted(came: &ResourceList<'_>, out: &ResourceList<'_>) -> Vec<usize> {
    let identity = |meta: Meta| (meta.kind, meta.name);
    let names = |list: &ResourceList<'_>| list.items.iter().filter_map(generated).map(identity).collect::<Vec<_>>();
    let (known, now, left) = (names(came), names(out), foreign(out));
    let is_new = |item: &Item<'_>| {
        let root = item.read().ok().and_then(|document| document.root);
        let identity = root.as_ref().map(|root| identity(Meta::of(root)));
        identity.is_some_and(|identity| now.contains(&identity) && !known.contains(&identity))
    };
    let is_adopted = |item: &Item<'_>| generated(item).is_none() && is_new(item) && !left.iter().any(|left| left == text(item));
    let items = came.items.iter().enumerate().filter(|(_, item)| is_adopted(item));
    items.map(|(number, _)| number).collect()
}

/// How many objects were adopted, as standard error counts them.
fn number_of_adopted(stderr: &str) -> usize {
    let parts = stderr.lines().filter(|line| is_summary(line)).flat_map(|line| line.split([' ', ',']).collect::<Vec<_>>());
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.windows(2).filter(|pair| pair[1] == "adopted").filter_map(|pair| pair[0].parse::<usize>().ok()).sum()
}

/// The identity of an item that was generated from a Flow.
fn generated(item: &Item<'_>) -> Option<Meta> {
    if !Ours::default().may_be_in(item.text()) {
        return None;
    }
    let root = item.read().ok()?.root.filter(|root| !is_jina_flow(root))?;
    Some(Meta::of(&root)).filter(|meta| meta.annotation(OBJECT).is_some())
}

/// Whether an item is the record of a JinaFlow.
fn is_record(item: &Item<'_>) -> bool {
    let root = Ours::default().may_be_in(item.text()).then(|| item.read().ok()?.root).flatten();
    root.is_some_and(|root| Memories::is(&Meta::of(&root)))
}

/// Any bytes as a Flow or as `JinaFlow`s, exported in both modes.
pub fn flow(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for compat in [Compat::None, Compat::Jina334] {
        let (objects, findings) = exported(text, compat);
        if objects.len() + findings.len() < LARGEST {
            let (again, findings_again) = exported(text, compat);
            same(&objects, &again, "two exports differ");
            same(&findings, &findings_again, "two exports have different findings");
        }
    }
}

/// The objects and the findings.
fn exported(text: &str, compat: Compat) -> (String, String) {
    let image_pattern = Pattern::parse("registry.example/{owner}/{name}:{tag}").ok();
    let overrides = Overrides { compat: Some(compat), image_pattern, ..Overrides::default() };
    let subject = Subject::File("flow.yml".to_owned());
    let mut findings = Vec::new();
    let mut objects = String::new();
    let mut budget = Budget::default();
    for FlowOfFile { config, findings: mut own, path, document } in input::flows(text, &subject, &overrides, &mut findings) {
        if let Some(rendering) = Rendering::of(&config, &Path::root(path), &mut budget, &mut own) {
            for object in rendering.objects().flat_map(|(_, objects)| objects) {
                objects.push_str("---\n");
                objects.push_str(&written(&object.node));
            }
        }
        findings.extend(place::in_file(own, &subject, text, document));
    }
    (objects, report::lines(&findings))
}

/// The text of an object. jinaflow's reader and another reader read the same object from it.
fn written(object: &Node<'_>) -> String {
    let mut text = String::new();
    yaml::write(object, &mut text);
    if text.len() >= LARGEST {
        return text;
    }
    let value = kubernetes_value(object);
    let document = yaml::read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(document.root.as_ref().map(kubernetes_value).as_ref(), Some(&value), "{text}");
    let other: Value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(other, value, "{text}");
    text
}

/// Any bytes as manifests that are checked. Two checks report the same, and the object of every finding exists.
pub fn checked(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Ok(documents) = yaml::read_all(text) else { return };
    let mut nodes: Vec<Node<'_>> = documents.into_iter().filter_map(|document| document.root).collect();
    let items: Vec<Node<'_>> = nodes.iter().filter_map(|node| node.get("items")?.as_list()).flat_map(<[Node<'_>]>::to_vec).collect();
    nodes.extend(items);
    let options = wiring::Options { is_strict: true, ..wiring::Options::default() };
    let once = || format!("{:?}", wiring::check(&nodes, &options));
    let report = wiring::check(&nodes, &options);
    assert!(report.findings.keys().all(|object| *object < nodes.len()));
    same(&once(), &once(), "two checks differ");
}

/// The separator between the parts of an input of [`merge`].
pub const SEPARATOR: &str = "\n=====\n";

/// Renders a Flow, edits the generated items, and renders again. The input has four parts: the Flow, the changed Flow,
/// the edits, and `onConflict`. The last parts may be missing.
pub fn merge(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else { return };
    let mut parts = input.splitn(4, SEPARATOR);
    let mut part = || parts.next().unwrap_or_default();
    let (before, after, edits, on_conflict) = (part(), part(), part(), part());
    let first = envelope(package(before, on_conflict, "").as_bytes());
    if !first.success || first.text.len() >= LARGEST {
        return;
    }
    let flow = if after.trim().is_empty() { before } else { after };
    let rendered = list(&first.text);
    let items: String = rendered.items.iter().filter(|item| generated(item).is_some()).map(Item::text).collect();
    let edited = package(flow, on_conflict, &(with_edits(&items, edits) + &record(&rendered)));
    let second = envelope(edited.as_bytes());
    if flow == before && second.success {
        untouched(&rendered, &list(&edited), &list(&second.text));
    }
    if edits.trim().is_empty() {
        arrived(flow, on_conflict, &second, &rendered);
    }
}

/// The record of the last render.
fn record(rendered: &ResourceList<'_>) -> String {
    rendered.items.iter().filter(|item| is_record(item)).map(Item::text).collect()
}

/// A package with a foreign item, a Flow and its generated objects.
fn package(flow: &str, on_conflict: &str, generated: &str) -> String {
    let mut text = String::from(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {kind: A, mode: 0644} # theirs\n\
         - apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata:\n    name: search\n    annotations:\n      \
         internal.config.kubernetes.io/path: 'jina.yaml'\n  spec:\n",
    );
    if !on_conflict.is_empty() {
        text.push_str(&format!("    output: {{onConflict: {on_conflict:?}}}\n"));
    }
    text.push_str("    flow: |2\n");
    for line in flow.lines() {
        text.push_str(&format!("      {line}\n"));
    }
    text.push_str(generated);
    text
}

/// Applies edits, one per line: the number of a line, and the change.
///
/// - `7=text`: replaces the value after the key
/// - `7+text`: inserts a line with the same indentation after it
/// - `7-`: removes the line
/// - `7<text`: replaces the whole line
fn with_edits(items: &str, edits: &str) -> String {
    let mut lines: Vec<String> = items.lines().map(str::to_owned).collect();
    for edit in edits.lines() {
        let Some(at) = edit.find(['=', '+', '-', '<']) else { continue };
        let (Ok(number), true) = (edit[..at].parse::<usize>(), !lines.is_empty()) else { continue };
        let number = number % lines.len();
        let (line, text) = (&lines[number], &edit[at + 1..]);
        match edit.as_bytes()[at] {
            b'=' => lines[number] = format!("{}: {text}", line.split(": ").next().unwrap_or_default()),
            b'+' => {
                let indent = line.len() - line.trim_start_matches(' ').len();
                lines.insert(number + 1, format!("{}{text}", &line[..indent]));
            }
            b'-' => drop(lines.remove(number)),
            _ => text.clone_into(&mut lines[number]),
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Asserts that user items stay unchanged where the Flow renders the same as before.
fn untouched(rendered: &ResourceList<'_>, edited: &ResourceList<'_>, answer: &ResourceList<'_>) {
    let known = |meta: &Meta| meta.annotation(OBJECT).map(str::to_owned);
    let before: Vec<_> = rendered.items.iter().filter_map(generated).map(|meta| known(&meta)).collect();
    let after = items_of(answer);
    for item in &edited.items {
        if generated(item).is_some_and(|meta| before.contains(&known(&meta))) {
            assert!(after.iter().any(|known| known == text(item)), "an edit is lost:\n{}", item.text());
        }
    }
}

/// Asserts that everything is as the Flow renders it now, where the user has changed nothing, or has changed everything
/// to the new render.
fn arrived(flow: &str, on_conflict: &str, answer: &Answer, rendered: &ResourceList<'_>) {
    let fresh = ask(package(flow, on_conflict, "").as_bytes());
    assert_eq!((answer.success, problems(&answer.stderr)), (fresh.success, problems(&fresh.stderr)));
    if !fresh.success {
        return;
    }
    let expected = objects(&fresh.text);
    assert_eq!(objects(&answer.text), expected);
    let known: Vec<Meta> = rendered.items.iter().filter_map(generated).collect();
    let fresh = list(&fresh.text);
    let by_hand = fresh
        .items
        .iter()
        .filter(|item| generated(item).is_some_and(|meta| known.iter().any(|known| known.annotation(OBJECT) == meta.annotation(OBJECT))));
    let by_hand: String = by_hand.map(Item::text).collect();
    let same = ask(package(flow, on_conflict, &(by_hand + &record(rendered))).as_bytes());
    assert_eq!((same.success, problems(&same.stderr)), (true, problems(&answer.stderr)));
    assert_eq!(objects(&same.text), expected);
}

/// The generated items of an answer, in their spelling.
pub fn generated_items(answer: &str) -> Vec<String> {
    list(answer).items.iter().filter(|item| generated(item).is_some()).map(|item| item.text().to_owned()).collect()
}

/// The generated objects without the order of lists and their files: the user decides those.
pub fn objects(text: &str) -> Vec<String> {
    let list = list(text);
    let ours = list.items.iter().filter(|item| generated(item).is_some());
    let mut objects: Vec<String> = ours
        .filter_map(|item| item.read().ok()?.root.as_ref().map(kubernetes_value))
        .map(|mut object| {
            if let Some(annotations) = object["metadata"]["annotations"].as_object_mut() {
                annotations.retain(|name, _| !name.starts_with("internal.config.kubernetes.io/"));
            }
            unordered(&mut object);
            object.to_string()
        })
        .collect();
    objects.sort();
    objects
}

fn unordered(value: &mut Value) {
    match value {
        Value::Array(entries) => {
            entries.iter_mut().for_each(unordered);
            entries.sort_by_cached_key(Value::to_string);
        }
        Value::Object(fields) => fields.values_mut().for_each(unordered),
        _ => {}
    }
}
