//! Flows as people publish them: every Flow that Jina reads is rendered at the first try, and what comes out is wired.

use std::collections::BTreeMap;
use std::fs;

use crate::support::{Messages, PUBLISHED_VALUES, Run, documents, function, jinaflow, published, published_context, scratch};

/// The Flows by name.
fn flows() -> BTreeMap<String, String> {
    published().into_iter().collect()
}

fn export(flow: &str, args: &[&str]) -> Run {
    let file = scratch("front-door").join("flow.yml");
    fs::write(&file, flow).unwrap();
    jinaflow(&["export", file.to_str().unwrap()].into_iter().chain(published_context()).chain(args.iter().copied()).collect::<Vec<_>>())
}

/// The names of the images of all containers.
fn images(text: &str) -> Vec<String> {
    let images = text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("image: "));
    images.map(|image| image.trim_matches(['"', '\'']).to_owned()).collect()
}

#[test]
fn published_forms_of_flows_are_exported() {
    let mut messages = Messages::new("front_door");
    for (name, flow) in flows() {
        let run = export(&flow, &[]);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        let objects = documents(&run.stdout);
        let is_workload = |object: &&serde_json::Value| matches!(object["kind"].as_str(), Some("Deployment" | "StatefulSet"));
        assert!(objects.iter().any(|object| is_workload(&object)), "{name}");
        messages.add(&name, &run);
        // Without images, `--strict` refuses the same Flow, and nothing else.
        let has_placeholder = images(&run.stdout).iter().any(|image| image.starts_with("image-not-set.invalid/"));
        let strict = export(&flow, &["--strict"]);
        assert_eq!(strict.code, i32::from(has_placeholder), "{name}: {}", strict.stderr);
    }
    messages.compare();
}

#[test]
fn published_forms_of_flows_are_wired() {
    for (name, flow) in flows() {
        let folder = scratch("front-door-check");
        fs::write(folder.join("all.yaml"), export(&flow, &[]).stdout).unwrap();
        let check = jinaflow(&["check", folder.to_str().unwrap()]);
        let others: Vec<&str> = check.codes().into_iter().filter(|code| *code != "image-not-set").collect();
        assert!(check.code == 0 || others.len() < check.codes().len(), "{name}: {}", check.stderr);
        let errors = check.findings().iter().filter(|line| line.starts_with("error[") && !line.contains("[image-not-set]")).count();
        assert_eq!(errors, 0, "{name}: {}", check.stderr);
    }
}

#[test]
fn the_function_renders_the_same_objects() {
    for (name, flow) in flows() {
        let indented: String = flow.lines().map(|line| format!("      {line}\n")).collect();
        let context: String = PUBLISHED_VALUES.iter().map(|value| format!("      {}\n", value.replace('=', ": \"") + "\"")).collect();
        let answer = function(&format!(
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata:\n    name: front\n  spec:\n    context:\n{context}    flow: |\n{indented}"
        ));
        assert_eq!(answer.code, 0, "{name}: {}", answer.stderr);
        assert_eq!(images(&answer.stdout), images(&export(&flow, &[]).stdout), "{name}");
    }
}
