//! Workflows of GitHub and shell scripts, with actionlint and shellcheck: the examples, the snippets of the documentation, and the
//! steps of the action.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{documents, root, run, scratch, tree};
use crate::tools::{folder, must};

/// actionlint, with the shellcheck that checks the scripts of steps.
fn actionlint(files: &[PathBuf], place: &Path) -> Command {
    let mut command = Command::new(folder().join("bin/actionlint"));
    command.arg("-shellcheck").arg(folder().join("shellcheck/bin/shellcheck")).args(files).current_dir(place);
    command
}

/// The files of the repository that git has, with an ending.
fn files(folders: &[&str], ending: &str) -> Vec<(String, String)> {
    let all = folders
        .iter()
        .flat_map(|folder| tree(&root().join(folder)).into_iter().map(move |(name, text)| (format!("{folder}/{name}"), text)));
    all.filter(|(name, _)| name.ends_with(ending)).collect()
}

fn is_workflow(text: &str) -> bool {
    ["on:", "jobs:"].iter().all(|key| text.lines().any(|line| line.starts_with(key)))
}

/// The workflows of the examples, and the blocks of documents that are workflows.
fn workflows() -> BTreeMap<String, String> {
    let whole = files(&["examples", "actions"], ".yaml").into_iter().filter(|(_, text)| is_workflow(text));
    let mut found: BTreeMap<String, String> = whole.collect();
    for (name, text) in files(&["examples", "functions"], ".md") {
        let blocks = text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
        found.extend(blocks.filter(|block| is_workflow(block)).enumerate().map(|(n, block)| (format!("{name}-{n}.yaml"), block)));
    }
    found
}

#[test]
fn workflows_pass_actionlint() {
    let place = scratch("workflows");
    let workflows = workflows();
    let names: Vec<&str> = workflows.keys().map(String::as_str).collect();
    let expected = [
        "examples/argocd/hydrator-workflow.yaml",
        "examples/flux/workflow.yaml",
        "examples/kargo/workflow.yaml",
        "examples/pull-request/README.md-0.yaml",
        "examples/pull-request/workflow.yaml",
    ];
    assert_eq!(names, expected);
    let write = |(name, text): (&String, &String)| {
        let file = place.join(name.replace('/', "-"));
        fs::write(&file, text).unwrap();
        file
    };
    must(actionlint(&workflows.iter().map(write).collect::<Vec<_>>(), &place));
}

/// An action of another owner is at one commit, so that its owner cannot change it. jinaflow has no release yet.
#[test]
fn actions_of_others_are_at_one_commit() {
    let mut count = 0;
    for (name, text) in workflows() {
        for uses in text.lines().filter_map(|line| line.split_once("uses: ").map(|(_, uses)| uses)) {
            let (action, commit) = uses.split_once('@').unwrap();
            let (commit, version) = commit.split_once(" # v").unwrap_or((commit, ""));
            let is_pinned = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()) && !version.is_empty();
            assert!(action == "acme/jinaflow/actions/diff" || is_pinned, "{name}: {uses}");
            assert!(!action.starts_with("acme/") || root().join(action.trim_start_matches("acme/jinaflow/")).join("action.yml").is_file());
            count += 1;
        }
    }
    assert!(count >= 9, "only {count}");
}

/// The inputs that workflows pass are inputs of the action, and the required ones are there. actionlint knows this of actions in the
/// same repository.
#[test]
fn workflows_pass_inputs_that_the_action_has() {
    let place = scratch("project");
    fs::create_dir_all(place.join(".git")).unwrap();
    fs::create_dir_all(place.join(".github/workflows")).unwrap();
    fs::create_dir_all(place.join("actions/diff")).unwrap();
    fs::copy(root().join("actions/diff/action.yml"), place.join("actions/diff/action.yml")).unwrap();
    let mut files = Vec::new();
    for (name, text) in workflows() {
        let local = text.replace("acme/jinaflow/actions/diff@main", "./actions/diff");
        assert!(local != text, "{name}");
        files.push(place.join(".github/workflows").join(name.replace('/', "-")));
        fs::write(&files[files.len() - 1], local).unwrap();
    }
    must(actionlint(&files, &place));
    let wrong = fs::read_to_string(&files[0]).unwrap().replace("overlays:", "overlay:");
    fs::write(&files[0], wrong).unwrap();
    let answer = run(actionlint(&files, &place), b"");
    assert!(answer.code == 1 && answer.stdout.contains("input \"overlay\" is not defined in action"), "{}", answer.stdout);
}

/// actionlint reads no steps of an action. In a reusable workflow with the same inputs, it does: their expressions, and their
/// scripts with shellcheck.
#[test]
fn the_steps_of_the_action_pass_actionlint() {
    let action = documents(&fs::read_to_string(root().join("actions/diff/action.yml")).unwrap()).remove(0);
    let inputs: serde_json::Map<String, Value> =
        action["inputs"].as_object().unwrap().keys().map(|name| (name.clone(), json!({"type": "string"}))).collect();
    let job = json!({"runs-on": "ubuntu-24.04", "outputs": action["outputs"].as_object().unwrap().iter()
        .map(|(name, output)| (name.clone(), output["value"].clone())).collect::<serde_json::Map<_, _>>(), "steps": action["runs"]["steps"]});
    let workflow = json!({"name": "action", "on": {"workflow_call": {"inputs": inputs}}, "jobs": {"action": job}});
    let place = scratch("action");
    let lint = |workflow: &str| {
        let file = place.join("workflow.yaml");
        fs::write(&file, workflow).unwrap();
        run(actionlint(&[file], &place), b"")
    };
    let answer = lint(&workflow.to_string());
    assert_eq!((answer.code, answer.stdout.as_str()), (0, ""), "{}", answer.stderr);
    for (from, to, expected) in [
        ("inputs.overlays", "inputs.overlay", "property \"overlay\" is not defined"),
        ("steps.diff.outputs.out", "steps.dif.outputs.out", "property \"dif\" is not defined"),
        ("\\\"$OUT\\\"", "$OUT", "SC2086"),
    ] {
        let wrong = workflow.to_string().replace(from, to);
        assert_ne!(wrong, workflow.to_string(), "{from}");
        let answer = lint(&wrong);
        assert!(answer.code == 1 && answer.stdout.contains(expected), "{expected}: {}", answer.stdout);
    }
    // What a change can choose reaches a script only as a variable.
    for step in action["runs"]["steps"].as_array().unwrap() {
        assert!(!step["run"].as_str().unwrap().contains("${{"), "{step}");
    }
}

#[test]
fn scripts_pass_shellcheck() {
    let place = scratch("scripts");
    let mut scripts = files(&["actions", "examples", "functions"], ".sh");
    assert!(scripts.len() >= 8, "{:?}", scripts.iter().map(|(name, _)| name).collect::<Vec<_>>());
    // The script of a job of GitLab.
    let job = documents(&fs::read_to_string(root().join("examples/pull-request/gitlab-ci.yaml")).unwrap()).remove(0);
    let lines: Vec<&str> = job["diff"]["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let variables = ": \"$JINAFLOW_REPOSITORY\" \"$JINAFLOW_COMMIT\"";
    scripts.push(("gitlab.sh".to_owned(), format!("#!/usr/bin/env bash\n{variables}\n{}\n", lines.join("\n"))));
    let mut command = Command::new(folder().join("shellcheck/bin/shellcheck"));
    for (name, text) in scripts {
        let file = place.join(name.replace('/', "-"));
        fs::write(&file, text).unwrap();
        command.arg(file);
    }
    must(command);
}
