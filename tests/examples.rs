//! The examples run, and say what README says. The real kustomize and kpt run them in the conformance tests.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;

use support::wiring::faults;
use support::{function, jinaflow, label, root, tree};

#[test]
fn getting_started_is_the_same_as_a_flow_and_as_a_jinaflow() {
    let folder = root().join("examples/getting-started");
    let export = |name: &str| jinaflow(&["export", folder.join(name).to_str().unwrap(), "--name", "getting-started"]).succeeded();
    let flow = export("flow.yml");
    assert_eq!(flow.stdout, export("jinaflow.yaml").stdout);
    let objects = flow.documents();
    let names: Vec<String> = objects.iter().filter(|o| o["kind"] == "Deployment").map(label).collect();
    assert_eq!(
        names,
        ["Deployment/gateway", "Deployment/encoder", "Deployment/indexer-head", "Deployment/indexer-0", "Deployment/indexer-1"]
    );
    assert_eq!(faults(&objects), Vec::<String>::new());
}

#[test]
fn every_jinaflow_of_the_examples_renders() {
    let files = tree(&root().join("examples")).into_iter().filter(|(name, _)| name.ends_with("jinaflow.yaml"));
    let (wrong, good): (Vec<_>, Vec<_>) = files.partition(|(name, _)| name.starts_with("jinaflow-bad-"));
    assert!(wrong.len() == 1 && good.len() >= 6);
    for (name, text) in good {
        let entry: String = text
            .lines()
            .filter(|l| !l.starts_with('#'))
            .enumerate()
            .map(|(i, l)| format!("{}{l}\n", if i == 0 { "- " } else { "  " }))
            .collect();
        let answer = function(&format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{entry}")).succeeded().list();
        let objects = &answer["items"].as_array().unwrap()[1..];
        assert_eq!(faults(objects), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn copies_are_copies() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    assert_eq!(read("functions/jinaflow/kustomizeconfig.yaml"), read("examples/kustomize/wiring/kustomizeconfig.yaml"));
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("CHANGELOG.md").contains(&format!("## {version}")));
}

#[test]
fn readmes_first_screen_has_the_two_commands() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let screen: Vec<&str> = readme.lines().take(60).collect();
    for command in ["cargo run --release -- export examples/getting-started/flow.yml", "cargo test"] {
        assert!(screen.contains(&command), "{command}");
    }
}
