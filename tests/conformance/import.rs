//! `jinaflow import` of what the real Jina exports, built again by the real kustomize and kpt.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::{documents, label, root, scratch, tree};
use crate::tools::{edit, folder, kustomize, must, static_binary, tool};

/// Recorded Flows with many features: shards, volumes, external executors, several protocols, variables from Secrets.
const FLOWS: [&str; 6] =
    ["001-docs-simple", "080-shards-3", "030-chain-of-four", "044-floating", "264-deployment-sharded", "lang-long-lines"];

/// Exports a recorded Flow with Jina's own command line.
fn exported(name: &str) -> PathBuf {
    let out = scratch("import").join("exported");
    let flow = root().join("tests/jina/flows").join(name).join("flow.yml");
    let mut jina = Command::new(folder().join("jina/bin/jina"));
    jina.args(["export", "kubernetes", flow.to_str().unwrap(), out.to_str().unwrap(), "--k8s-namespace", "search"]);
    jina.env("JINA_GATEWAY_IMAGE", "jinaai/jina:3.34.0-py311-standard").env("JINA_OPTOUT_TELEMETRY", "1");
    must(jina);
    out
}

/// Imports a folder, and returns the new one.
fn imported(source: &Path, more: &[&str]) -> PathBuf {
    let out = scratch("imported").join("out");
    let mut import = Command::new(static_binary());
    import.args(["import", source.to_str().unwrap(), "-o", out.to_str().unwrap()]).args(more);
    must(import);
    out
}

/// Objects by name, without the annotations of jinaflow.
fn by_name(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let without = |mut object: Value| {
        let annotations = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
        let is_empty = annotations.is_some_and(|annotations| {
            annotations.retain(|name, _| !["flow.jina.ai/", "config.kubernetes.io/", "internal."].iter().any(|own| name.starts_with(own)));
            annotations.is_empty()
        });
        if is_empty {
            object["metadata"].as_object_mut().unwrap().remove("annotations");
        }
        (label(&object), object)
    };
    objects.into_iter().map(without).collect()
}

/// The objects in the files of a folder.
fn objects(folder: &Path) -> BTreeMap<String, Value> {
    let files = tree(folder).into_iter().filter(|(name, _)| name.ends_with(".yml") || name.ends_with(".yaml"));
    by_name(files.flat_map(|(_, text)| documents(&text)).collect())
}

#[test]
fn a_build_of_an_import_is_the_export() {
    for name in FLOWS
        .iter()
        .filter(|name| !fs::read_to_string(root().join("tests/jina/flows").join(name).join("flow.yml")).unwrap().contains("jinahub"))
    {
        let source = exported(name);
        let out = imported(&source, &["--name", "search"]);
        assert_eq!(by_name(must(kustomize(&out.join("overlays/prod"))).documents()), objects(&source), "{name}");
    }
}

#[test]
fn edits_are_in_the_build() {
    let source = exported("080-shards-3");
    edit(&source.join("indexer/indexer-0.yml"), "imagePullPolicy: IfNotPresent", "imagePullPolicy: Always");
    edit(&source.join("gateway/gateway.yml"), "replicas: 1", "replicas: 3");
    let out = imported(&source, &[]);
    assert_eq!(by_name(must(kustomize(&out.join("overlays/prod"))).documents()), objects(&source));
}

#[test]
fn a_render_of_a_package_is_the_export() {
    let source = exported("080-shards-3");
    let out = imported(&source, &["--kpt"]);
    must(tool("kpt", &["fn", "render", out.to_str().unwrap(), "--allow-exec"]));
    let rendered = objects(&out);
    for (name, object) in objects(&source) {
        assert_eq!(rendered.get(&name), Some(&object), "{name}");
    }
}
