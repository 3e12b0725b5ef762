//! The schemas in the validator of editors: yaml-language-server accepts what jinaflow accepts without a word about a key, and marks
//! typing errors in their lines.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::{documents, field_cases, jinaflow, recorded, root, run, scratch, tree};
use crate::tools::folder;

/// The faults of documents by a schema: lines and messages.
fn faults(schema: &str, texts: &[String]) -> Vec<Vec<(u64, String)>> {
    let file = scratch("editor").join("schema.json");
    fs::write(&file, jinaflow(&["schema", schema]).succeeded().stdout).unwrap();
    let mut node = Command::new("node");
    node.arg(root().join("tests/conformance/editor/validate.mjs")).arg(&file).env("EDITOR_MODULES", folder().join("editor"));
    let answer = run(node, serde_json::to_string(texts).unwrap().as_bytes());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let answer: Value = serde_json::from_str(&answer.stdout).unwrap();
    let of = |fault: &Value| (fault[0].as_u64().unwrap(), fault[1].as_str().unwrap().to_owned());
    answer.as_array().unwrap().iter().map(|faults| faults.as_array().unwrap().iter().map(of).collect()).collect()
}

/// Asserts that a schema accepts documents.
fn accepts(schema: &str, texts: &[(String, String)]) {
    let all: Vec<String> = texts.iter().map(|(_, text)| text.clone()).collect();
    let refused: Vec<_> =
        texts.iter().zip(faults(schema, &all)).filter(|(_, faults)| !faults.is_empty()).map(|((name, _), faults)| (name, faults)).collect();
    assert!(refused.is_empty(), "{} of {}: {refused:#?}", refused.len(), texts.len());
}

/// Asserts that each text has a fault in its last line, and in no other line.
fn marks_the_last_line(schema: &str, texts: &[String]) {
    for (text, faults) in texts.iter().zip(faults(schema, texts)) {
        let last = text.lines().count() as u64;
        assert!(!faults.is_empty() && faults.iter().all(|(line, _)| *line == last), "{text}{faults:?}");
    }
}

/// Whether a finding is about a key that has no effect, or that should be written in another way.
pub fn is_about_keys(stderr: &str) -> bool {
    ["[unknown-field]", "[misplaced-option]", "[abbreviated-option]", "[older-language]"].iter().any(|code| stderr.contains(code))
}

#[test]
fn flows_that_render_have_no_fault() {
    let mut texts = Vec::new();
    for case in recorded(&root().join("tests/jina/flows")) {
        let answer = run(case.export(&[]), b"");
        // Jina reads a mapping with a key twice, which editors refuse.
        let is_twice = case.name == "lang-keys-equal-in-python";
        if answer.code == 0 && !is_twice && !is_about_keys(&answer.stderr) {
            texts.push((case.name.clone(), fs::read_to_string(case.folder.join("flow.yml")).unwrap()));
        }
    }
    assert!(texts.len() > 600, "{}", texts.len());
    accepts("flow", &texts);
}

#[test]
fn jinaflows_patches_and_checks_of_the_examples_have_no_fault() {
    let head = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f}\n";
    let (mut whole, mut patches, mut checks) = (Vec::new(), Vec::new(), Vec::new());
    for case in field_cases::cases() {
        let spec: String = case.spec.lines().map(|line| format!("  {line}\n")).collect();
        patches.push((case.fields.join(", "), format!("{head}spec:\n{spec}")));
        whole.push((
            case.fields.join(", "),
            format!("{head}spec:\n  flow: {{jtype: Flow, executors: [{{name: encoder, uses: 'docker://a/b'}}]}}\n{spec}"),
        ));
    }
    for (name, text) in tree(&root().join("examples")) {
        if !name.ends_with(".yaml") || name.contains("bad-flow") {
            continue;
        }
        for object in documents(&text) {
            let text = object.to_string();
            match object["kind"].as_str() {
                Some("JinaFlow") if object["spec"]["flow"].is_null() => patches.push((name.clone(), text)),
                Some("JinaFlow") => whole.push((name.clone(), text)),
                Some("JinaFlowCheck") => checks.push((name.clone(), text)),
                Some("Kustomization" | "Component") => {
                    for patch in object["patches"].as_array().into_iter().flatten().filter_map(|patch| patch["patch"].as_str()) {
                        if patch.contains("kind: JinaFlow\n") {
                            patches.push((name.clone(), patch.to_owned()));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    let of_examples = |texts: &[(String, String)]| texts.iter().filter(|(name, _)| name.ends_with(".yaml")).count();
    assert!(
        of_examples(&whole) >= 5 && of_examples(&patches) >= 5 && !checks.is_empty(),
        "{} {}",
        of_examples(&whole),
        of_examples(&patches)
    );
    accepts("jinaflow", &whole);
    accepts("patch", &patches);
    accepts("check", &checks);
}

/// A name with a letter too many.
fn misspelled(name: &str) -> String {
    let (one, other) = name.split_at(name.len() / 2);
    format!("{one}q{other}")
}

/// The names of the properties of a schema at a JSON pointer.
fn names(schema: &Value, pointer: &str) -> Vec<String> {
    let names: Vec<String> = schema.pointer(pointer).and_then(Value::as_object).unwrap().keys().map(|name| misspelled(name)).collect();
    assert!(names.len() > 3, "{pointer}");
    names
}

#[test]
fn typing_errors_are_marked_in_their_lines() {
    let schema: Value = serde_json::from_str(&jinaflow(&["schema"]).succeeded().stdout).unwrap();
    let mut flows: Vec<String> = Vec::new();
    for (section, above) in [("with", "with:\n"), ("gateway", "gateway:\n"), ("executor", "executors:\n- name: a\n")] {
        let names = names(&schema, &format!("/definitions/{section}/properties"));
        flows.extend(names.iter().map(|name| format!("jtype: Flow\n{above}  {name}: 1\n")));
    }
    for name in names(&schema, "/definitions/flow/properties") {
        flows.push(format!("jtype: Flow\n{name}: {{}}\n"));
        flows.push(format!("jtype: Deployment\n{name}: {{}}\n"));
    }
    for (text, line) in [
        ("jtype: Deployment\nwith:\n", "  repliqas: 1"),
        ("jtype: Flow\nexecutors:\n- name: a\n", "  replicas: {}"),
        ("jtype: Flow\nexecutors:\n- name: a\n", "  method: ad"),
        ("", "jtype: Flo"),
    ] {
        flows.push(format!("{text}{line}\n"));
    }
    marks_the_last_line("flow", &flows);

    let mut specs: Vec<String> = names(&schema, "/properties/spec/properties").iter().map(|name| format!("  {name}: 1\n")).collect();
    for (level, above) in [
        ("defaults", "  defaults:\n"),
        ("gateways", "  gateway:\n"),
        ("heads", "  roles:\n    head:\n"),
        ("executors", "  executors:\n    a:\n"),
    ] {
        let names = names(&schema, &format!("/definitions/{level}/properties"));
        specs.extend(names.iter().map(|name| format!("{above}      {name}: 1\n")));
    }
    for line in ["  compat: jina", "  jinaVersion: '4.0.0'", "  defaults: {autoscale: {mox: 3}}", "  output: {onConflict: keeps}"] {
        specs.push(format!("{line}\n"));
    }
    let head = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\n";
    let whole = |spec: &String| format!("{head}metadata: {{name: f}}\nspec:\n  flow: {{jtype: Flow}}\n{spec}");
    marks_the_last_line("jinaflow", &specs.iter().map(whole).collect::<Vec<_>>());
    marks_the_last_line("patch", &specs.iter().map(|spec| format!("{head}spec:\n{spec}")).collect::<Vec<_>>());
    let check = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlowCheck\nmetadata: {name: c}\nspec:\n  extrnal: {}\n";
    marks_the_last_line("check", &[check.to_owned()]);
}
