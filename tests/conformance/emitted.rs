//! Everything that we emit, for those who judge it: recorded Flows, examples, and Flows with every field.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::examples::with_components;
use crate::kustomize::kustomize;
use crate::support::{self, documents, program, recorded, root, run, tree};
use crate::tools::must;

/// Streams of documents, each with a name.
pub type Streams = Vec<(String, String)>;

/// Every recorded Flow that renders.
pub fn flows() -> &'static Streams {
    static FLOWS: OnceLock<Streams> = OnceLock::new();
    FLOWS.get_or_init(|| {
        let mut streams = Streams::new();
        for case in recorded(&root().join("tests/jina/flows")) {
            let export = run(case.export(&[]), b"");
            // A gateway-less Deployment that runs elsewhere has no objects.
            if export.code == 0 && !export.stdout.is_empty() {
                streams.push((case.name, export.stdout));
            }
        }
        assert!(streams.len() > 600, "only {} flows", streams.len());
        streams
    })
}

/// Every recorded Flow that renders, in a JinaFlow with settings. A setting may be wrong for a few of them.
pub fn flows_with(settings: &Value, namespace: &str) -> Streams {
    let mut streams = Streams::new();
    for case in recorded(&root().join("tests/jina/flows")) {
        let texts = |pairs: &[(String, String)]| Value::Object(pairs.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect());
        let mut spec = settings.clone();
        spec["flow"] = fs::read_to_string(case.folder.join("flow.yml")).unwrap().into();
        spec["context"] = texts(&case.env);
        spec["images"] = texts(&case.images);
        let metadata = json!({"name": "flow", "namespace": namespace});
        let jinaflow = json!({"apiVersion": "flow.jina.ai/v1alpha1", "kind": "JinaFlow", "metadata": metadata, "spec": spec});
        let export = run(program(&["export", "-"]), jinaflow.to_string().as_bytes());
        if export.code == 0 && !export.stdout.is_empty() {
            streams.push((case.name, export.stdout));
        }
    }
    assert!(streams.len() + 30 > flows().len(), "only {} flows", streams.len());
    streams
}

fn export(file: &Path) -> (String, String) {
    let name = file.strip_prefix(root()).unwrap().to_str().unwrap();
    let export = support::jinaflow(&["export", file.to_str().unwrap()]);
    assert_eq!(export.code, 0, "{name}: {}", export.stderr);
    (name.to_owned(), export.stdout)
}

/// Files below a folder with a name, but for what fails on purpose.
fn files(below: &Path, name: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = tree(below).into_keys().map(|file| below.join(file)).collect();
    files.retain(|file| file.ends_with(name) && !file.to_str().unwrap().contains("jinaflow-bad-"));
    files
}

/// Every Flow of the examples, and every build of them.
pub fn examples() -> Streams {
    let examples = root().join("examples");
    let flows = ["flow.yml", "jinaflow.yaml"].map(|name| files(&examples, name)).concat();
    let mut streams: Streams = flows.iter().map(|file| export(file)).collect();
    for file in files(&examples, "kustomization.yaml") {
        // A component is a part of what includes it, and a Flow that is not rendered is what another kustomization generates.
        let is_part = fs::read_to_string(&file).unwrap().contains("kind: Component");
        if !is_part && !file.parent().unwrap().ends_with("flow") {
            streams.push((file.to_str().unwrap().to_owned(), must(kustomize(file.parent().unwrap())).stdout));
        }
    }
    streams.extend(with_components());
    assert!(flows.len() >= 7 && streams.len() >= flows.len() + 8, "{} of {}", flows.len(), streams.len());
    streams
}

fn field_files() -> Vec<PathBuf> {
    let folder = root().join("tests/conformance/fields");
    tree(&folder).into_keys().map(|file| folder.join(file)).collect()
}

/// JinaFlows with every field.
pub fn fields() -> Streams {
    field_files().iter().map(|file| export(file)).collect()
}

/// The oldest Kubernetes that a stream is made for, as its JinaFlow says.
pub fn oldest_kubernetes(stream: &str) -> String {
    let spec = fs::read_to_string(root().join(stream)).map_or(Value::Null, |text| documents(&text)[0]["spec"].clone());
    spec["kubernetesVersion"].as_str().unwrap_or("1.27").to_owned()
}

/// Whether a path of the manual leads somewhere; NAME is any name.
fn has(value: &Value, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    match *first {
        "NAME" => value.as_object().is_some_and(|map| map.values().any(|value| has(value, rest))),
        name => value.get(name).is_some_and(|value| has(value, rest)),
    }
}

#[test]
fn every_field_is_tried() {
    let specs: Vec<Value> =
        field_files().iter().map(|file| documents(&fs::read_to_string(file).unwrap()).remove(0)["spec"].take()).collect();
    let layers = ["", "defaults.", "roles.NAME.", "gateway.", "executors.NAME.", "executors.NAME.head.", "executors.NAME.shards.NAME."];
    let manual = fs::read_to_string(root().join("functions/jinaflow/fields.md")).unwrap();
    let paths: Vec<&str> = manual.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next()).collect();
    assert!(paths.len() > 100, "only {} fields", paths.len());
    let is_tried = |path: &&str| {
        layers.iter().any(|layer| {
            let path = format!("{layer}{path}");
            let path: Vec<&str> = path.split('.').collect();
            specs.iter().any(|spec| has(spec, &path))
        })
    };
    let missing: Vec<&str> = paths.into_iter().filter(|path| !is_tried(path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
