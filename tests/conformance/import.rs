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

/// What people have beside an export, and what the `namespace:` of kustomize would change.
const BESIDE: [(&str, &str); 4] = [
    (
        "binding.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: search}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\nsubjects:\n- {kind: ServiceAccount, name: default, namespace: other}\n",
    ),
    (
        "api.yaml",
        "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.a.b}\nspec: {group: a.b, version: v1, groupPriorityMinimum: 1, versionPriority: 1, service: {name: s, namespace: other}}\n",
    ),
    (
        "namespaces.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: one}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: two}\n",
    ),
    ("words.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\ndata: {mode: \"0644\"}\n"),
];

#[test]
fn a_build_has_what_is_beside_the_export() {
    let source = exported("080-shards-3");
    for (name, text) in BESIDE {
        fs::write(source.join(name), text).unwrap();
    }
    let expected = objects(&source);
    fs::write(source.join("values.yaml"), "replicas: 3\n").unwrap();
    let out = imported(&source, &[]);
    assert_eq!(by_name(must(kustomize(&out.join("overlays/prod"))).documents()), expected);
    for environment in ["dev", "staging"] {
        let built = by_name(must(kustomize(&out.join("overlays").join(environment))).documents());
        let namespace = format!("search-{environment}");
        assert!(built.values().all(|object| object["metadata"]["namespace"] == namespace.as_str()), "{built:?}");
    }
    let out = imported(&source, &["--kpt"]);
    must(tool("kpt", &["fn", "render", out.to_str().unwrap(), "--allow-exec"]));
}

#[test]
fn an_export_without_namespaces_is_built_without_namespaces() {
    let source = exported("080-shards-3");
    for file in tree(&source).keys() {
        let text = fs::read_to_string(source.join(file)).unwrap();
        fs::write(source.join(file), text.replace("  namespace: search\n", "")).unwrap();
    }
    let out = imported(&source, &[]);
    assert_eq!(by_name(must(kustomize(&out.join("overlays/prod"))).documents()), objects(&source));
}

/// Arguments that people have added or moved. A build has them with and without `compat`.
#[test]
fn a_build_without_compat_has_the_edits() {
    let source = exported("080-shards-3");
    for file in ["indexer/indexer-head.yml", "indexer/indexer-1.yml"] {
        edit(
            &source.join(file),
            "        - --native\n",
            "        - --native\n        - --foo\n        - bar\n        - --timeout-ready=700000\n",
        );
        edit(&source.join(file), "        - --port\n        - '8080'\n", "        - --port\n        - '9999'\n");
    }
    let out = imported(&source, &[]);
    edit(&out.join("base/flow/jinaflow.yaml"), "  compat: jina-3.34\n", "");
    let built = must(kustomize(&out.join("overlays/prod"))).stdout;
    for words in ["--foo", "bar", "--timeout-ready=700000", "\"9999\""] {
        let count = built.lines().filter(|line| line.trim() == format!("- {words}")).count();
        assert_eq!(count, 2, "{words}: {built}");
    }
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
