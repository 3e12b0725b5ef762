//! Workflows of GitHub and shell scripts, with actionlint and shellcheck: the workflows of this repository, the examples, the snippets
//! of the documentation, and the steps of the action.

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

/// The workflows of this repository.
fn own() -> BTreeMap<String, String> {
    files(&[".github/workflows"], ".yml").into_iter().collect()
}

/// The jobs of a workflow, by name.
fn jobs(workflow: &str) -> Vec<(String, Value)> {
    let workflow = documents(workflow).remove(0);
    assert_eq!(workflow["permissions"], json!({}), "a job has only the permissions that it names");
    let jobs = workflow["jobs"].as_object().unwrap();
    jobs.iter().map(|(name, job)| (name.clone(), job.clone())).collect()
}

#[test]
fn own_workflows_pass_actionlint_and_are_small() {
    let names: Vec<String> = own().into_keys().collect();
    assert_eq!(names, ["ci", "docs", "newer-tools", "release"].map(|name| format!(".github/workflows/{name}.yml")));
    // actionlint knows the actions of the repository only in their place.
    must(actionlint(&names.iter().map(PathBuf::from).collect::<Vec<_>>(), &root()));
    for (name, text) in own() {
        for (job, content) in jobs(&text) {
            assert!(content["permissions"].is_object() && content["timeout-minutes"].is_number(), "{name}: {job}");
            for step in content["steps"].as_array().unwrap() {
                let script = step["run"].as_str().unwrap_or("");
                // What a tag or a change can choose reaches a script only as a variable.
                assert!(!script.contains("${{"), "{name}: {job}: {script}");
                for word in script.split_whitespace().filter(|word| word.ends_with(".sh") || word.ends_with(".py")) {
                    assert!(root().join(word).is_file(), "{name}: {job}: {word}");
                }
                let is_checkout = step["uses"].as_str().is_some_and(|uses| uses.starts_with("actions/checkout@"));
                assert!(!is_checkout || step["with"]["persist-credentials"] == false, "{name}: {job}");
            }
        }
    }
}

/// Only the jobs that publish can write, and each only where it publishes.
#[test]
fn jobs_of_a_release_have_few_permissions() {
    let text = own().remove(".github/workflows/release.yml").unwrap();
    let write = |job: &Value| {
        let permissions = job["permissions"].as_object().unwrap().iter();
        let mut names: Vec<&str> = permissions.filter(|(_, access)| *access == "write").map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.join(" ")
    };
    let found: BTreeMap<String, String> = jobs(&text).iter().map(|(name, job)| (name.clone(), write(job))).collect();
    let expected = [
        ("bill", "attestations id-token"),
        ("check", ""),
        ("image", "attestations id-token packages"),
        ("package", "attestations id-token"),
        ("program", ""),
        ("publish", "contents"),
        ("pypi", "id-token"),
        ("try", ""),
        ("wheel", ""),
    ];
    assert_eq!(found, expected.iter().map(|(name, access)| ((*name).to_owned(), (*access).to_owned())).collect());
}

#[test]
fn a_release_builds_and_tries_each_target_with_one_version_of_rust() {
    let text = own().remove(".github/workflows/release.yml").unwrap();
    let targets = fs::read_to_string(root().join("release/targets")).unwrap();
    for name in ["program", "try", "bill"] {
        let (_, job) = jobs(&text).into_iter().find(|(job, _)| job == name).unwrap();
        let mut found: Vec<String> =
            job["strategy"]["matrix"]["include"].as_array().unwrap().iter().map(|row| row["target"].as_str().unwrap().to_owned()).collect();
        found.sort();
        assert_eq!(found, targets.lines().collect::<Vec<_>>(), "{name}");
    }
    let rust = documents(&text).remove(0)["env"]["RUSTUP_TOOLCHAIN"].as_str().unwrap().to_owned();
    let dockerfile = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let image = dockerfile.lines().find_map(|line| line.strip_prefix("ARG RUST_IMAGE=rust:")?.strip_suffix("-alpine")).unwrap();
    assert!(rust.starts_with(&format!("{image}.")), "the image has Rust {image}, a release {rust}");
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
    for (name, text) in workflows().into_iter().chain(own()) {
        for uses in text.lines().filter_map(|line| line.split_once("uses: ").map(|(_, uses)| uses)) {
            let (action, commit) = uses.split_once('@').unwrap();
            let (commit, version) = commit.split_once(" # v").unwrap_or((commit, ""));
            let is_pinned = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit()) && !version.is_empty();
            assert!(action == "acme/jinaflow/actions/diff" || is_pinned, "{name}: {uses}");
            assert!(!action.starts_with("acme/") || root().join(action.trim_start_matches("acme/jinaflow/")).join("action.yml").is_file());
            count += 1;
        }
    }
    assert!(count >= 30, "only {count}");
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
    let mut scripts = files(&["actions", "docs", "examples", "functions", "release"], ".sh");
    for name in ["python/wheels.sh", "tests/conformance/newer.sh"] {
        scripts.push((name.to_owned(), fs::read_to_string(root().join(name)).unwrap()));
    }
    assert!(scripts.len() >= 19, "{:?}", scripts.iter().map(|(name, _)| name).collect::<Vec<_>>());
    // The script of a job of GitLab.
    let job = documents(&fs::read_to_string(root().join("examples/pull-request/gitlab-ci.yaml")).unwrap()).remove(0);
    let lines: Vec<&str> = job["diff"]["script"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let variables = ": \"$JINAFLOW_REPOSITORY\" \"$JINAFLOW_COMMIT\"";
    scripts.push(("gitlab.sh".to_owned(), format!("#!/usr/bin/env bash\n{variables}\n{}\n", lines.join("\n"))));
    let mut command = Command::new(folder().join("shellcheck/bin/shellcheck"));
    // The scripts are copies, without the files that they include.
    command.arg("--exclude=SC1091");
    for (name, text) in scripts {
        let file = place.join(name.replace('/', "-"));
        fs::write(&file, text).unwrap();
        command.arg(file);
    }
    must(command);
}
