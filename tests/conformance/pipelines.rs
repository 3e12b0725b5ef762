//! jinaflow together with other functions: kpt's mutators before and after it, its own validator, kustomize's
//! transformers.

use std::fs;
use std::path::{Path, PathBuf};

use crate::kpt::{TREE, generated, render, twice};
use crate::support::{documents, run, tree};
use crate::tools::{copy, edit, must, tool};

/// The example with other functions before and after jinaflow.
fn package(before: &[&str], after: &[&str], validators: &str) -> PathBuf {
    let package = copy("examples/kpt");
    let step = |function: &&str| format!("    - exec: mutators {function}\n");
    let mut pipeline: String = before.iter().map(step).collect();
    pipeline.push_str("    - exec: jinaflow\n      configPath: jinaflow.yaml\n");
    pipeline.extend(after.iter().map(step));
    pipeline.push_str(validators);
    edit(&package.join("Kptfile"), "    - exec: jinaflow\n      configPath: jinaflow.yaml\n", &pipeline);
    package
}

/// Three renders that give the same files.
fn thrice(package: &Path) -> std::collections::BTreeMap<String, String> {
    let first = twice(package, || render(package));
    must(render(package));
    assert_eq!(first, tree(package), "the third render has changed something");
    first
}

#[test]
fn mutators_after_jinaflow_do_not_cause_copies() {
    for (mutators, expected) in [
        (&["set-namespace dev"][..], &["namespace: dev"][..]),
        (&["ensure-name-substring dev-"], &["name: dev-encoder\n"]),
        (&["set-labels team=search"], &["team: search"]),
        (
            &["set-namespace dev", "ensure-name-substring dev-", "set-labels team=search"],
            &["namespace: dev", "name: dev-encoder\n", "team: search"],
        ),
    ] {
        let package = package(&[], mutators, "");
        let files = thrice(&package);
        assert_eq!(generated(&files), TREE, "{mutators:?}");
        let objects: usize = TREE.iter().map(|name| documents(&files[*name]).len()).sum();
        assert_eq!(objects, 20, "{mutators:?}");
        for text in expected {
            assert!(files["encoder/encoder.yml"].contains(text), "{mutators:?}\n{}", files["encoder/encoder.yml"]);
        }
        // A change of the Flow is applied, and the changes of the mutators stay.
        edit(&package.join("jinaflow.yaml"), "clip-encoder:1.2.0", "clip-encoder:1.3.0");
        let files = thrice(&package);
        for text in expected.iter().chain(&["image: acme/clip-encoder:1.3.0"]) {
            assert!(files["encoder/encoder.yml"].contains(text), "{mutators:?}\n{}", files["encoder/encoder.yml"]);
        }
        // An object that a mutator has moved is still removed when the Flow no longer renders it.
        edit(&package.join("jinaflow.yaml"), "shards: 2", "shards: 1");
        assert_eq!(generated(&thrice(&package)), ["encoder/encoder.yml", "gateway/gateway.yml", "indexer/indexer.yml"]);
    }
}

#[test]
fn a_mutator_before_jinaflow_affects_the_same_render() {
    let package = package(&["apply-setters tag=1.4.0"], &["set-namespace dev"], "");
    edit(&package.join("jinaflow.yaml"), "docker://acme/clip-encoder:1.2.0", "docker://acme/clip-encoder:1.2.0 # encoder");
    edit(
        &package.join("jinaflow.yaml"),
        "  flow:\n",
        "  images:\n    docker://acme/clip-encoder:1.2.0: acme/clip-encoder:1.2.0\n  context:\n    TAG: 1.2.0 # kpt-set: ${tag}\n  flow:\n",
    );
    edit(&package.join("jinaflow.yaml"), "uses: docker://acme/annlite-indexer:1.2.0", "uses: docker://acme/annlite-indexer:${{ ENV.TAG }}");
    let files = thrice(&package);
    assert!(files["jinaflow.yaml"].contains("TAG: 1.4.0 # kpt-set: ${tag}"), "{}", files["jinaflow.yaml"]);
    assert!(files["indexer/indexer-0.yml"].contains("image: acme/annlite-indexer:1.4.0"), "{}", files["indexer/indexer-0.yml"]);
    // Comments of the Flow stay in the Flow. Each file has only the comment that says what wrote it.
    let comments = |name: &&str| files[*name].lines().filter(|line| line.contains('#')).map(str::to_owned).collect::<Vec<_>>();
    let head = "# Rendered by jinaflow from the JinaFlow search. The next render keeps your edits.";
    for name in &TREE {
        assert_eq!(comments(name), [head], "{name}");
    }
}

/// In `eval`, kpt replaces the package by the output of a validator.
#[test]
fn a_check_with_eval_keeps_the_package() {
    let package = package(&[], &[], "");
    with_check(&package);
    must(render(&package));
    let before = tree(&package);
    let eval = || {
        let mut command = tool("kpt", &["fn", "eval", ".", "--type", "validator", "--exec", "jinaflow", "--fn-config", "check.yaml"]);
        command.current_dir(&package);
        command
    };
    must(eval());
    assert_eq!(before, tree(&package));
    edit(&package.join("jinaflow.yaml"), "shards: 2", "shards: 3");
    let answer = run(eval(), b"");
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(answer.code != 0 && said.contains("error[generated-object-missing]: ") && said.contains("Deployment `indexer-2`"), "{said}");
}

const CHECK: &str = "  validators:\n    - exec: jinaflow\n      configPath: check.yaml\n";

fn with_check(package: &Path) {
    let check = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlowCheck\nmetadata:\n  name: check\n  annotations: {config.kubernetes.io/local-config: \"true\"}\n";
    fs::write(package.join("check.yaml"), check).unwrap();
}

#[test]
fn the_validator_accepts_a_render_and_reports_outdated_objects() {
    let package = package(&[], &["set-namespace dev"], CHECK);
    with_check(&package);
    thrice(&package);
    // Without the mutator that renders, the same validator checks the existing objects.
    edit(&package.join("Kptfile"), "    - exec: jinaflow\n      configPath: jinaflow.yaml\n", "");
    must(render(&package));
    edit(&package.join("jinaflow.yaml"), "replicas: 2", "replicas: 3");
    let before = tree(&package);
    let answer = run(render(&package), b"");
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(answer.code != 0 && said.contains("[error] apps/v1/Deployment/dev/encoder spec.replicas: "), "{said}");
    assert_eq!(before, tree(&package));
}
