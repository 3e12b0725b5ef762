//! The examples run, and do what README says. The conformance tests run them with the real kustomize and kpt.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::wiring::faults;
use crate::support::{documents, function, jinaflow, label, root, scratch, tree};

#[test]
fn getting_started_renders_the_same_from_a_flow_and_from_a_jinaflow() {
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

/// The objects of a JinaFlow that renders without findings.
fn rendered(config: &Value) -> Vec<Value> {
    let list = json!({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [config]});
    let answer = function(&list.to_string()).succeeded().list();
    let objects = answer["items"].as_array().unwrap()[1..].to_vec();
    assert_eq!(faults(&objects), Vec::<String>::new());
    objects
}

/// Merges the patches of a kustomization and its components into a JinaFlow. The patched values are mappings, so kustomize does the same.
fn patch(config: &mut Value, kustomization: &Path) {
    let text = fs::read_to_string(kustomization).unwrap();
    for component in documents(&text)[0]["components"].as_array().into_iter().flatten() {
        patch(config, &kustomization.with_file_name(component.as_str().unwrap()).join("kustomization.yaml"));
    }
    let patches = documents(&text)[0]["patches"].as_array().unwrap().clone();
    assert!(!patches.is_empty(), "{text}");
    for patch in patches {
        let mut patch = documents(patch["patch"].as_str().unwrap()).remove(0);
        assert_eq!(patch["kind"], "JinaFlow", "{text}");
        patch.as_object_mut().unwrap().remove("metadata");
        json_patch::merge(config, &patch);
    }
}

#[test]
fn patches_of_components_and_overlays_render_without_findings() {
    let examples = root().join("examples");
    let flow = fs::read_to_string(examples.join("kustomize/base/flow/jinaflow.yaml")).unwrap();
    let base = documents(&flow).remove(0);
    let components = fs::read_dir(examples.join("components")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let overlays = ["staging", "prod"].map(|name| examples.join("kustomize/overlays").join(name).join("flow"));
    let plain = rendered(&base);
    let mut count = 0;
    for folder in components.chain(overlays) {
        let mut config = base.clone();
        patch(&mut config, &folder.join("kustomization.yaml"));
        // Only the default changes nothing.
        assert_eq!(rendered(&config) == plain, folder.ends_with("no-mesh"), "{}", folder.display());
        count += 1;
    }
    assert_eq!(count, 12);
}

#[test]
fn links_in_readmes_lead_to_existing_files() {
    let mut links = 0;
    let readmes = tree(&root().join("examples")).into_iter().filter(|(name, _)| name.ends_with(".md"));
    let readmes = readmes.map(|(name, text)| (root().join("examples").join(name), text));
    let first = root().join("README.md");
    let text = fs::read_to_string(&first).unwrap();
    for (name, text) in readmes.chain([(first, text)]) {
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let target = target.split('#').next().unwrap();
            assert!(name.parent().unwrap().join(target).exists(), "{}: {target}", name.display());
            links += 1;
        }
    }
    assert!(links > 20, "only {links}");
}

#[test]
fn copied_files_are_equal() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    assert_eq!(read("functions/jinaflow/kustomizeconfig.yaml"), read("examples/kustomize/wiring/kustomizeconfig.yaml"));
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("CHANGELOG.md").contains(&format!("## {version}")));
}

#[test]
fn the_dockerfile_of_executors_begins_with_the_image_of_the_gateway() {
    let dockerfile = fs::read_to_string(root().join("examples/containerize/Dockerfile")).unwrap();
    let flow = root().join("examples/getting-started/flow.yml");
    let objects = jinaflow(&["export", flow.to_str().unwrap()]).succeeded().documents();
    let gateway = objects.iter().find(|object| label(object) == "Deployment/gateway").unwrap();
    let image = gateway["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap();
    assert!(dockerfile.contains(&format!("\nARG BASE={image}\n")), "{image}");
}

/// The first screen of README names the versions of the tools that the tests use.
#[test]
fn the_readme_names_the_versions_of_the_tools() {
    let setup = fs::read_to_string(root().join("tests/conformance/setup.sh")).unwrap();
    let readme = first_screen().join(" ");
    let version = |tool: &str| {
        let line = setup.lines().find_map(|line| line.strip_prefix(&format!("{tool}="))).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    };
    for named in [
        format!("Jina {}", version("JINA")),
        format!("kustomize {}", version("KUSTOMIZE")),
        format!("kubectl of Kubernetes {}", version("KUBERNETES")),
        format!("kpt {}", version("KPT")),
        format!("Kubernetes 1.27 to {}", version("KUBERNETES_VALIDATE").trim_end_matches(".0")),
    ] {
        assert!(readme.contains(&named), "{named}");
    }
}

fn first_screen() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    readme.lines().take(65).map(str::to_owned).collect()
}

#[test]
fn the_first_screen_of_the_readme_has_the_two_commands() {
    let screen = first_screen();
    for command in ["cargo run --release -- export examples/getting-started/flow.yml", "cargo test"] {
        assert!(screen.iter().any(|line| line == command), "{command}");
    }
}

#[test]
fn the_picture_in_the_readme_shows_the_deployments_of_its_flow() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let block = |kind: &str| readme.split(&format!("```{kind}\n")).nth(1).unwrap().split("```").next().unwrap().to_owned();
    let file = scratch("readme").join("flow.yml");
    fs::write(&file, block("yaml")).unwrap();
    let images = ["CLIPEncoder", "AnnLiteIndexer"].map(|name| format!("jinahub+docker://{name}=acme/{}", name.to_lowercase()));
    let export = jinaflow(&["export", file.to_str().unwrap(), "--image", &images[0], "--image", &images[1]]).succeeded();
    let mut rendered: Vec<String> = export
        .documents()
        .iter()
        .filter(|object| object["kind"] == "Deployment")
        .map(|object| format!("{} {}", object["metadata"]["name"].as_str().unwrap(), object["spec"]["replicas"]))
        .collect();
    let mut drawn: Vec<String> = block("text")
        .lines()
        .filter_map(|line| line.split_once("Deployment, "))
        .map(|(name, pods)| format!("{} {}", name.split_whitespace().last().unwrap(), pods.split(' ').next().unwrap()))
        .collect();
    rendered.sort();
    drawn.sort();
    assert_eq!(drawn, rendered);
}
