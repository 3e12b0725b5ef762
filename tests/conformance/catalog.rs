//! Runs the example packages with kpt's own end-to-end runner, as the function catalog does, and the definition with
//! kustomize's types and an API server's validation.
//!
//! `JINAFLOW_RECORD=1 tests/conformance/run.sh catalog` records the results of the runner instead of comparing them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::schemas::{check_schema, rendered_flows};
use crate::support::{documents, recording, root, run, scratch, tree};
use crate::tools::{copy, edit, image, must, static_binary, tool};

/// The image that the examples name.
const NAMED: &str = concat!("image: localhost/jinaflow:v", env!("CARGO_PKG_VERSION"));

const CHECK: &str = "examples/jinaflow-check";

fn examples() -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.join(".expected").is_dir()).collect()
}

/// Copies of the examples with another way of running the function. Records the results first if that is requested.
fn copies(how: impl Fn(&Path)) -> PathBuf {
    static RECORDED: OnceLock<()> = OnceLock::new();
    RECORDED.get_or_init(|| {
        if recording() {
            record();
        }
    });
    unrecorded_copies(how)
}

fn unrecorded_copies(how: impl Fn(&Path)) -> PathBuf {
    let all = scratch("examples");
    for example in examples() {
        let name = example.file_name().unwrap().to_str().unwrap();
        let to = all.join(name);
        fs::rename(copy(&format!("examples/{name}")), &to).unwrap();
        how(&to);
    }
    all
}

/// The files of an example that name the image.
fn naming(example: &Path) -> Vec<PathBuf> {
    let files = ["Kptfile", ".expected/results.yaml", ".expected/config.yaml"].map(|name| example.join(name));
    let names = |file: &PathBuf| fs::read_to_string(file).is_ok_and(|text| text.contains(NAMED));
    files.into_iter().filter(names).collect()
}

fn by_image(example: &Path) {
    for file in naming(example) {
        edit(&file, NAMED, &format!("image: {}", image()));
    }
}

fn by_exec(example: &Path) {
    for file in naming(example) {
        if file.ends_with(".expected/config.yaml") {
            edit(&file, NAMED, &format!("execPath: {}", static_binary().display()));
        } else {
            edit(&file, NAMED, "exec: jinaflow");
        }
    }
    // kpt removes the last line break from the stderr of a container, but not from that of an executable.
    let results = example.join(".expected/results.yaml");
    if fs::read_to_string(&results).is_ok_and(|text| text.contains("stderr: |-")) {
        edit(&results, "stderr: |-", "stderr: |");
    }
    let config = example.join(".expected/config.yaml");
    let text = fs::read_to_string(&config).unwrap_or_default();
    fs::write(&config, text + "allowExec: true\n").unwrap();
}

fn runner(test: &str) -> Command {
    let mut command = tool("e2e", &["-test.v", "-test.run"]);
    command.arg(format!("^{test}$"));
    command
}

/// Runs the examples of a folder, and asserts that none was skipped.
fn assert_passed(folder: &Path) {
    let mut command = runner("TestExamples");
    command.env("EXAMPLES", folder);
    let answer = must(command);
    for example in examples() {
        let name = example.file_name().unwrap().to_str().unwrap().to_owned();
        assert!(answer.stdout.contains(&format!("--- PASS: TestExamples/{name} ")), "{name}\n{}", answer.stdout);
    }
}

/// Renders the example of a check, and writes the results of the runner for all examples.
fn record() {
    fs::copy(rendered_check().join("encoder.yml"), root().join(CHECK).join("encoder.yml")).unwrap();
    let all = unrecorded_copies(by_image);
    let folders = || examples().into_iter().map(|example| (all.join(example.file_name().unwrap()).join(".expected"), example));
    for (expected, _) in folders() {
        // The runner writes no empty file, and writes results only if there are some.
        let _ = fs::remove_file(expected.join("diff.patch"));
    }
    let mut command = runner("TestExamples");
    command.env("EXAMPLES", &all).env("KPT_E2E_UPDATE_EXPECTED", "true");
    must(command);
    for (expected, example) in folders() {
        for name in ["diff.patch", "results.yaml"] {
            let to = example.join(".expected").join(name);
            match fs::read_to_string(expected.join(name)) {
                Ok(text) => fs::write(to, text.replace(&format!("image: {}", image()), NAMED)).unwrap(),
                Err(_) => assert!(!to.exists(), "{} is no longer written by the runner", to.display()),
            }
        }
    }
}

/// A rendered copy of the example of a check.
fn rendered_check() -> PathBuf {
    let package = copy(CHECK);
    let mut eval = tool("kpt", &["fn", "eval", ".", "--exec", "jinaflow", "--fn-config", "jinaflow.yaml"]);
    eval.current_dir(&package);
    must(eval);
    package
}

#[test]
fn examples_pass_with_the_executable() {
    assert_passed(&copies(by_exec));
}

#[test]
fn examples_pass_with_the_image() {
    assert_passed(&copies(by_image));
}

/// This would also find a runner that accepts everything.
#[test]
fn an_example_with_another_outcome_fails() {
    let all = copies(by_exec);
    edit(&all.join("jinaflow-render/jinaflow.yaml"), "replicas: 2", "replicas: 3");
    edit(&all.join("jinaflow-check/jinaflow.yaml"), "clip-encoder:1.2.0", "clip-encoder:1.3.0");
    edit(&all.join("jinaflow-bad-flow/jinaflow.yaml"), "needs: encodr", "needs: encoder");
    let mut command = runner("TestExamples");
    command.env("EXAMPLES", &all);
    let answer = run(command, b"");
    for (name, outcome) in [("render", "FAIL"), ("check", "FAIL"), ("bad-flow", "FAIL"), ("eval", "PASS")] {
        assert!(answer.stdout.contains(&format!("--- {outcome}: TestExamples/jinaflow-{name} ")), "{name}\n{}", answer.stdout);
    }
}

/// The objects in the example of a check equal the render of its Flow.
#[test]
fn the_example_of_a_check_is_rendered() {
    let there = copies(|_| {}).join("jinaflow-check");
    assert_eq!(tree(&rendered_check()), tree(&there), "record it with JINAFLOW_RECORD=1 tests/conformance/run.sh catalog");
}

fn definition(documents: &[(String, Value)]) -> Command {
    let file = scratch("definition").join("documents.json");
    fs::write(&file, serde_json::to_string(documents).unwrap()).unwrap();
    let mut command = runner("TestDefinition");
    command.env("DEFINITION", root().join("functions/jinaflow/definition.yaml")).env("DOCUMENTS", file);
    command
}

/// Both schemas of a JinaFlow accept every JinaFlow of the examples and every recorded Flow that renders.
#[test]
fn an_api_server_accepts_the_definition_and_rendered_flows() {
    let mut configs = rendered_flows();
    for (name, text) in tree(&root().join("examples")).into_iter().filter(|(name, _)| name.ends_with(".yaml")) {
        let ours = documents(&text).into_iter().filter(|object| object["kind"].as_str().is_some_and(|kind| kind.starts_with("JinaFlow")));
        configs.extend(ours.map(|object| (name.clone(), object)));
    }
    let kinds = |kind: &str| configs.iter().filter(|(_, config)| config["kind"] == kind).count();
    assert!(kinds("JinaFlow") > 600 && kinds("JinaFlowCheck") > 0, "{}", configs.len());
    let answer = must(definition(&configs));
    assert!(answer.stdout.contains(&format!("{} documents", configs.len())), "{}", answer.stdout);
    let flows: Vec<(String, Value)> = configs.into_iter().filter(|(_, config)| config["kind"] == "JinaFlow").collect();
    // The example of a Flow with errors has misspelled options.
    let (broken, flows): (Vec<_>, Vec<_>) = flows.into_iter().partition(|(name, _)| name.contains("bad-flow"));
    must(check_schema(&flows));
    assert!(!broken.is_empty() && run(check_schema(&broken), b"").code == 1);
}

#[test]
fn an_api_server_refuses_typing_errors() {
    let config =
        |kind: &str, spec: Value| json!({"apiVersion": "flow.jina.ai/v1alpha1", "kind": kind, "metadata": {"name": "f"}, "spec": spec});
    let flow = json!({"jtype": "Flo", "executors": {"a": 1}});
    let spec = json!({"flow": flow, "compta": "none", "jinaVersion": "4.0.0", "output": {"onConflict": "keeps"}});
    let answer = run(
        definition(&[("flow".to_owned(), config("JinaFlow", spec)), ("check".to_owned(), config("JinaFlowCheck", json!({"extrnal": {}})))]),
        b"",
    );
    assert_eq!(answer.code, 1, "{}", answer.stdout);
    for fault in [
        "flow: spec.flow.jtype: Unsupported value: \"Flo\"",
        "flow: spec.flow.executors: Invalid value",
        "flow: spec.compta: is not in the schema",
        "flow: spec.jinaVersion: Invalid value",
        "flow: spec.output.onConflict: Unsupported value: \"keeps\"",
        "check: spec.extrnal: is not in the schema",
    ] {
        assert!(answer.stdout.contains(fault), "{fault}\n{}", answer.stdout);
    }
}
