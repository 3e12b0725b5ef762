//! `jinaflow diff` with the real kustomize, and its output, read by the real Mermaid and by a reader of Markdown.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::pictures::{answers, assert_mermaid};
use crate::support::pictures::objects_with;
use crate::support::random::Random;
use crate::support::{Run, assert_recorded, documents, label, program, recorded, root, run, scratch};
use crate::tools;

const OVERLAYS: [&str; 4] = ["dev", "staging", "prod", "prod-eu"];

fn overlay(name: &str) -> String {
    root().join("examples/kustomize/overlays").join(name).to_str().unwrap().to_owned()
}

/// Compares two strings.
fn diff(old: &str, new: &str, format: &str) -> Run {
    let folder = scratch("diff");
    let (before, after) = (folder.join("old.yaml"), folder.join("new.yaml"));
    fs::write(&before, old).unwrap();
    fs::write(&after, new).unwrap();
    let found = run(program(&["diff", before.to_str().unwrap(), after.to_str().unwrap(), "--output", format]), b"");
    fs::remove_dir_all(folder).unwrap();
    assert!(found.code < 2 && found.stderr.is_empty(), "{}", found.stderr);
    found
}

#[test]
fn overlays_are_built_by_the_kustomize_on_the_path() {
    for name in OVERLAYS {
        let manifests = tools::must(tools::kustomize(std::path::Path::new(&overlay(name)))).stdout;
        assert_recorded(&root().join("tests/it/diff").join(name).with_extension("yaml"), &manifests);
    }
    let folder = tools::copy("examples");
    let settings = folder.join("kustomize/overlays/prod/flow/kustomization.yaml");
    tools::edit(&settings, "batch_size: 32", "batch_size: 64");
    tools::edit(&settings, "MODEL: ViT-L-14", "MODEL: ViT-H-14");
    let manifests = tools::must(tools::kustomize(&folder.join("kustomize/overlays/prod"))).stdout;
    assert_recorded(&root().join("tests/it/diff/two-values.yaml"), &manifests);
    let compare = |old: &str, new: &str, more: &[&str]| {
        let mut command = program(&[&["diff", old, new, "--output", "json"], more].concat());
        command.env("PATH", tools::path()).env("HOME", "/tmp");
        run(command, b"")
    };
    let (staging, prod) = (overlay("staging"), overlay("prod"));
    let built = compare(&staging, &prod, &["--build"]);
    assert_eq!((built.code, built.stderr.as_str()), (1, ""), "{}", built.stdout);
    let recorded = |name: &str| root().join("tests/it/diff").join(name).with_extension("yaml").to_str().unwrap().to_owned();
    assert_eq!(built.stdout, compare(&recorded("staging"), &recorded("prod"), &[]).stdout);
    let refused = compare(&staging, &prod, &[]);
    assert_eq!((refused.code, refused.codes()), (2, vec!["kustomization-not-built", "kustomization-not-built"]), "{}", refused.stderr);
    // A build that fails is no empty side.
    let broken = scratch("broken-overlay");
    fs::write(broken.join("kustomization.yaml"), "resources: [missing.yaml]\n").unwrap();
    let failed = compare(broken.to_str().unwrap(), &prod, &["--build"]);
    assert_eq!((failed.code, failed.stdout.as_str(), failed.codes()), (2, "", vec!["kustomization-not-built"]), "{}", failed.stderr);
    assert!(failed.stderr.contains("missing.yaml"), "{}", failed.stderr);
}

/// Pairs of sides that differ in anything.
fn pairs() -> Vec<(String, String)> {
    let build = |name: &str| fs::read_to_string(root().join("tests/it/diff").join(name).with_extension("yaml")).unwrap();
    let mut pairs = Vec::new();
    for old in OVERLAYS {
        pairs.extend(OVERLAYS.map(|new| (build(old), build(new))));
    }
    let exports = recorded(&root().join("tests/jina/flows")).into_iter().filter_map(|flow| flow.expected());
    let exports = exports.map(|files| files.into_values().collect::<Vec<_>>().join("\n---\n"));
    // Jina exports some Flows with two objects of one name, and some with nothing. `jinaflow diff` refuses them.
    let is_comparable = |text: &String| {
        let objects = documents(text);
        let names: BTreeSet<_> = objects.iter().map(|object| (label(object), object["metadata"]["namespace"].to_string())).collect();
        names.len() == objects.len() && objects.iter().all(|object| object["metadata"]["name"].is_string())
    };
    let exports: Vec<String> = exports.filter(|text| text.contains("kind:") && is_comparable(text)).collect();
    pairs.extend(exports.windows(2).step_by(5).map(|pair| (pair[0].clone(), pair[1].clone())));
    let mut random = Random::new(16);
    let words = ["a|b", "`x`", "<b>", "[x](y)", "**x**", "~~~", "# x", "| - |", "\n\n", "&lt;", "\\", "@x", "$x$", "![x](y)", "</details>"];
    let mut hostile = || objects_with(&[(); 6].map(|()| format!("{}{}", random.pick(&words), random.below(3))));
    pairs.extend((0..100).map(|_| (hostile(), hostile())));
    assert!(pairs.len() > 200, "{}", pairs.len());
    pairs
}

#[test]
fn mermaid_reads_the_picture_of_every_change() {
    let pictures: Vec<String> = pairs().iter().map(|(old, new)| diff(old, new, "mermaid").stdout).collect();
    let drawn = assert_mermaid(&pictures);
    assert!(drawn.iter().map(|drawn| drawn.nodes.len()).sum::<usize>() > 1000);
}

#[test]
fn a_reader_of_markdown_finds_a_table_and_nothing_that_a_value_makes() {
    let pairs = pairs();
    let texts: Vec<String> = pairs.iter().map(|(old, new)| diff(old, new, "markdown").stdout).collect();
    let mut rows = 0;
    for ((text, answer), (old, new)) in texts.iter().zip(answers("markdown", &texts)).zip(&pairs) {
        if old == new {
            assert_eq!(answer["blocks"], json!(["paragraph"]), "{text}");
            continue;
        }
        let list = |name: &str| answer[name].as_array().unwrap().clone();
        rows += list("cells").len();
        assert!(list("cells").iter().all(|cells| *cells == 4), "{text}");
        let allowed = ["text", "escape", "codespan", "<br>"];
        let inline = list("inline");
        assert!(inline.iter().all(|kind| allowed.contains(&kind.as_str().unwrap())), "{inline:?}\n{text}");
        let blocks = list("blocks");
        let allowed = ["paragraph", "table", "html", "code"];
        assert!(blocks.iter().all(|kind| allowed.contains(&kind.as_str().unwrap())), "{blocks:?}\n{text}");
        assert_eq!(blocks.iter().filter(|kind| *kind == "table").count(), 1, "{text}");
        // The text is the last block of code, and complete.
        let plain = diff(old, new, "text").stdout;
        let sum = plain.trim_end().lines().last().unwrap();
        assert!(list("code").last().and_then(Value::as_str).is_some_and(|code| code.ends_with(sum)), "{text}");
    }
    assert!(rows > 500, "{rows}");
}
