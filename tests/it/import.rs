//! `jinaflow import`: what Jina has exported becomes a Flow that renders the same objects.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Run, jina_export, jinaflow, program, recorded, root, run, scratch, tree, unpack};
use jinaflow::internals::import::import;
use jinaflow::internals::yaml::{Node, read_all};

/// What is left after the files of a recorded export are imported: a refusal, edits that are none of a user, or nothing.
fn left(files: &BTreeMap<String, String>) -> Option<&'static str> {
    let documents: Vec<_> = files.values().flat_map(|text| read_all(text).unwrap()).collect();
    let mut objects: Vec<Node<'_>> = documents.into_iter().filter_map(|document| document.root).collect();
    let Ok(imported) = import(&mut objects, "imported") else { return Some("refused") };
    assert!(imported.proof.is_proved(), "{:?}\n{:?}", imported.proof, imported.flow);
    assert!(imported.proof.foreign.is_empty(), "{:?}", imported.proof.foreign);
    assert!(imported.rearranged.is_empty() || !imported.edits.is_empty(), "{:?}", imported.rearranged);
    // The JinaFlow renders these objects, so a second import reads the same objects, perhaps in another order.
    objects.reverse();
    let again = import(&mut objects, "imported").unwrap();
    assert_eq!((again.flow, again.edits), (imported.flow, imported.edits.clone()));
    (!imported.edits.is_empty()).then_some("edited")
}

#[test]
fn recorded_exports_are_reproduced() {
    let table = fs::read_to_string(root().join("tests/jina/import_cases.json")).unwrap();
    let table: BTreeMap<String, serde_json::Value> = serde_json::from_str(&table).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for case in recorded(&root().join("tests/jina/flows")) {
        let Some(files) = case.expected().filter(|files| !files.is_empty()) else { continue };
        count += 1;
        let expected = table.get(&case.name).map(|known| known["result"].as_str().unwrap());
        let actual = left(&files);
        if actual != expected {
            wrong.push(format!("{}: {actual:?}, not {expected:?}", case.name));
        }
    }
    assert!(count >= 700, "{count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (name, known) in &table {
        assert!(root().join("tests/jina/flows").join(name).is_dir() && !known["why"].as_str().unwrap().is_empty(), "{name}");
    }
}

/// A folder with the files that Jina has exported for a recorded Flow.
fn export(name: &str) -> PathBuf {
    let folder = scratch("import").join("exported");
    for (file, text) in jina_export(name) {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Imports a folder or file into a new folder.
fn imported(source: &Path, more: &[&str]) -> (Run, PathBuf) {
    let out = scratch("imported").join("out");
    let args = [&["import", source.to_str().unwrap(), "-o", out.to_str().unwrap()], more].concat();
    (jinaflow(&args), out)
}

/// Changes a file of an export.
fn edit(folder: &Path, file: &str, old: &str, new: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{file} does not have {old}");
    fs::write(path, text.replace(old, new)).unwrap();
}

/// Changes all files of an export.
fn edit_all(folder: &Path, old: &str, new: &str) {
    let files = tree(folder);
    assert!(files.values().any(|text| text.contains(old)), "{old}");
    for (file, text) in files {
        fs::write(folder.join(file), text.replace(old, new)).unwrap();
    }
}

const SHARDED: &str = "080-shards-3";

#[test]
fn an_import_writes_a_tree_or_a_package() {
    let folder = export(SHARDED);
    let (result, out) = imported(&folder, &["--name", "search"]);
    let result = result.succeeded();
    assert!(result.stdout.starts_with("All "), "{}", result.stdout);
    let files = tree(&out);
    assert!(files["base/flow/jinaflow.yaml"].contains("  compat: jina-3.34\n"), "{}", files["base/flow/jinaflow.yaml"]);
    assert!(files["base/flow/flow.yml"].contains("shards: 3"), "{}", files["base/flow/flow.yml"]);
    assert!(!files.contains_key("base/kept/kustomization.yaml"));
    let (result, out) = imported(&folder, &["--kpt"]);
    result.succeeded();
    assert_eq!(tree(&out).keys().collect::<Vec<_>>(), ["Kptfile", "README.md", "jinaflow.yaml"]);
}

#[test]
fn an_export_of_an_import_is_the_import() {
    for name in [SHARDED, "001-docs-simple", "044-floating"] {
        let (result, out) = imported(&export(name), &["--kpt", "--name", "search"]);
        result.succeeded();
        let again = scratch("again").join("exported");
        jinaflow(&["export", out.join("jinaflow.yaml").to_str().unwrap(), again.to_str().unwrap()]).succeeded();
        let (result, second) = imported(&again, &["--kpt", "--name", "search"]);
        result.succeeded();
        assert_eq!(tree(&out), tree(&second), "{name}");
    }
}

#[test]
fn other_objects_and_comments_go_along() {
    let folder = export("001-docs-simple");
    let other = "# For people.\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: words   # of people\ndata: {mode: \"0644\"}\n";
    fs::write(folder.join("words.yaml"), other).unwrap();
    edit(&folder, "gateway/gateway.yml", "kind: Service\n", "kind: Service # do not rename\n");
    let (result, out) = imported(&folder, &[]);
    let result = result.succeeded();
    assert!(result.stdout.contains("copied: ConfigMap words"), "{}", result.stdout);
    let files = tree(&out);
    assert_eq!(files["base/others/configmap-words.yaml"], other);
    assert!(files["base/others/kustomization.yaml"].contains("- configmap-words.yaml"));
    assert!(files["base/flow/jinaflow.yaml"].contains(": do not rename\n"), "{}", files["base/flow/jinaflow.yaml"]);
}

#[test]
fn an_object_of_another_namespace_is_no_edit_of_a_namesake() {
    let folder = export("001-docs-simple");
    let other = "apiVersion: v1\nkind: Service\nmetadata:\n  name: gateway\n  namespace: monitoring\nspec:\n  type: ExternalName\n  externalName: a.b\n";
    fs::write(folder.join("other.yaml"), other).unwrap();
    edit(&folder, "gateway/gateway.yml", "replicas: 1", "replicas: 2");
    let (result, out) = imported(&folder, &[]);
    let result = result.succeeded();
    let named = "to not-built: service-gateway.yaml has the kind and the name of an object of the Flow.\n";
    assert!(result.stdout.contains(named), "{}", result.stdout);
    assert_eq!(tree(&out)["not-built/service-gateway.yaml"], other);
}

/// Imports a folder as a package, and returns its report, its JinaFlow, and the objects of an export of it, with and without
/// `compat`.
fn with_and_without_compat(folder: &Path) -> (String, String, [BTreeMap<String, String>; 2]) {
    let (result, out) = imported(folder, &["--kpt", "--name", "search"]);
    let report = result.succeeded().stdout;
    let file = out.join("jinaflow.yaml");
    let settings = fs::read_to_string(&file).unwrap();
    let export = || {
        let to = scratch("again").join("exported");
        jinaflow(&["export", file.to_str().unwrap(), to.to_str().unwrap()]).succeeded();
        tree(&to)
    };
    let with = export();
    fs::write(&file, settings.replace("  compat: jina-3.34\n", "")).unwrap();
    (report, settings, [with, export()])
}

/// Edits of arguments. Each row has the text to replace in all files, the new text, a part of the JinaFlow, and a part of the report.
const EDITED_ARGUMENTS: [(&str, &str, &str, &str); 9] = [
    ("        - --name\n        - indexer-1\n", "        - --name\n        - other\n", "value: other", "[--name, other]"),
    (
        "        - --native\n",
        "        - --native\n        - --timeout-ready\n        - \"1000\"\n",
        "timeout_ready: 1000",
        "writes these arguments as Jina does",
    ),
    ("        - --native\n", "        - --native\n        - --workspace=/w\n", "workspace: /w", "writes these arguments as Jina does"),
    ("        - --native\n", "        - --native\n        - --foo\n        - bar\n", "value: --foo", "--foo added, [--foo, bar]"),
    (
        "      - args:\n        - executor\n",
        "      - args:\n        - executor\n        - --foo=bar\n",
        "value: --foo=bar",
        "writes these arguments as Jina does",
    ),
    (
        "      - args:\n        - executor\n",
        "      - args:\n        - executor\n        - --timeout-ready\n        - \"600000\"\n",
        "",
        "All ",
    ),
    (
        "      - args:\n        - executor\n        - --name\n        - indexer-0\n",
        "      - args:\n        - executor\n        - --name=indexer-0\n",
        "",
        "All ",
    ),
    ("        - --port\n        - '8080'\n", "        - --port\n        - '9999'\n", "value: \"9999\"", "[--port, 9999]"),
    ("        - --host\n        - 0.0.0.0\n", "", "", "All "),
];

#[test]
fn edited_arguments_do_not_depend_on_compat() {
    for (old, new, setting, report) in EDITED_ARGUMENTS {
        let folder = export(SHARDED);
        let mut count = 0;
        for file in tree(&folder).keys() {
            let text = fs::read_to_string(folder.join(file)).unwrap();
            count += text.matches(old).count();
            fs::write(folder.join(file), text.replace(old, new)).unwrap();
        }
        assert!(count > 0, "{old}");
        let (shown, settings, [with, without]) = with_and_without_compat(&folder);
        assert!(settings.contains(setting) && shown.contains(report), "{new}: {settings}\n{shown}");
        assert!(!shown.contains("Without `compat`"), "{new}: {shown}");
        assert!(with.keys().all(|name| without.contains_key(name)), "{new}");
        // An edit that no option expresses is in both.
        let words = setting.strip_prefix("value: ").unwrap_or_default().trim_matches('"');
        for files in [with, without] {
            assert!(files.values().any(|text| text.contains(words)), "{new}: {files:?}");
        }
    }
}

/// kustomize puts the Flow into `spec`, which must be a mapping.
#[test]
fn a_spec_without_compat_has_a_field() {
    for name in ["001-docs-simple", "dep-aliases", "gw-uses-base"] {
        let (result, out) = imported(&export(name), &[]);
        result.succeeded();
        let settings = &tree(&out)["base/flow/jinaflow.yaml"];
        let spec = settings.split("\nspec:\n  compat: jina-3.34\n").nth(1).unwrap();
        assert!(spec.starts_with("  jinaVersion: 3.34.0\n"), "{settings}");
    }
}

/// Without `compat`, the Flow has a headless Service and other probes.
#[test]
fn edits_that_exclude_fields_of_the_flow_replace_them_without_compat() {
    let folder = export(SHARDED);
    edit(&folder, "indexer/indexer-0.yml", "  type: ClusterIP\n", "  type: NodePort\n");
    let text = fs::read_to_string(folder.join("indexer/indexer-1.yml")).unwrap();
    let start = text.find("        livenessProbe:\n").unwrap();
    let end = start + 25 + text[start + 25..].find("\n        name: ").or_else(|| text[start + 25..].find("\n        ports:")).unwrap();
    let probe = "        livenessProbe:\n          httpGet:\n            path: /live\n            port: 80\n          periodSeconds: 7";
    fs::write(folder.join("indexer/indexer-1.yml"), [&text[..start], probe, &text[end..]].concat()).unwrap();
    let (shown, settings, [with, without]) = with_and_without_compat(&folder);
    assert!(shown.contains("Service indexer-0: type ClusterIP → NodePort (patches.service-indexer-0)"), "{shown}");
    assert!(settings.contains("$patch: replace"), "{settings}");
    assert!(with["indexer/indexer-0.yml"].contains("type: NodePort"), "{with:?}");
    let service = &without["indexer/indexer-0.yml"];
    assert!(service.contains("type: NodePort") && !service.contains("clusterIP"), "{service}");
    assert!(without["indexer/indexer-2.yml"].contains("clusterIP: None"), "{without:?}");
    for files in [with, without] {
        let text = &files["indexer/indexer-1.yml"];
        assert!(text.contains(&format!("{probe}\n")), "{text}");
        let checked = run(program(&["check", "-"]), files.values().cloned().collect::<Vec<_>>().join("---\n").as_bytes());
        assert!(!checked.stderr.contains("exclusive-fields"), "{}", checked.stderr);
    }
}

#[test]
fn files_that_are_not_manifests_and_hosts_of_all_environments_are_named() {
    let folder = export(SHARDED);
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: door\n  namespace: custom-namespace\nspec:\n  \
                   rules:\n  - host: search.example.com\n";
    for (name, text) in
        [("RUNBOOK.md", "# Read me\n"), ("gateway/deploy.sh", "true\n"), (".hidden", ""), (".old.yaml", ingress), ("door.yaml", ingress)]
    {
        fs::write(folder.join(name), text).unwrap();
    }
    let (result, _) = imported(&folder, &[]);
    let shown = result.succeeded().stdout;
    assert!(shown.contains("Not manifests, so neither read nor copied: RUNBOOK.md, gateway/deploy.sh.\n"), "{shown}");
    assert!(shown.contains("Hidden, so neither read nor copied: .old.yaml.\n"), "{shown}");
    assert!(shown.contains("with the same hosts, so give each environment its own hosts in a patch: ingress-door.yaml.\n"), "{shown}");
}

/// The report ends with a command that compares the export with the package. It works for exports with other documents, and for
/// objects of a cluster.
#[test]
fn the_comparison_that_the_report_advises_works() {
    let folder = export(SHARDED);
    fs::write(folder.join("values.yaml"), "image:\n  tag: 1\n").unwrap();
    fs::write(folder.join("job.yaml"), "apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: a-\nspec: {}\n").unwrap();
    let (result, out) = imported(&folder, &["--kpt"]);
    let shown = result.succeeded().stdout;
    let package = out.to_str().unwrap();
    let command = format!("  jinaflow diff {} {package}    # only the changes that are listed above\n", folder.display());
    assert!(shown.contains(&command), "{shown}");
    let compared = jinaflow(&["diff", folder.to_str().unwrap(), package]);
    assert_eq!((compared.code, compared.codes()), (0, vec!["missing-field"; 4]), "{}{}", compared.stdout, compared.stderr);
    assert!(compared.stderr.contains("/values.yaml: kind: is not set, so this document is not compared"), "{}", compared.stderr);
    assert!(compared.stderr.contains("/job.yaml: metadata.name: is not set"), "{}", compared.stderr);

    let (objects, live) = (from_server(), scratch("server").join("objects.json"));
    fs::write(&live, &objects).unwrap();
    let (result, out) = imported(&live, &["--kpt"]);
    let shown = result.succeeded().stdout;
    assert!(shown.contains(&format!("  jinaflow diff --live {} {}", live.display(), out.display())), "{shown}");
    let compared = jinaflow(&["diff", "--live", live.to_str().unwrap(), out.to_str().unwrap()]);
    assert_eq!(compared.code, 0, "{}{}", compared.stdout, compared.stderr);
    let args = ["import", "-", "-o", &scratch("imported").join("out").display().to_string(), "--kpt"];
    let piped = run(program(&args), objects.as_bytes()).succeeded();
    assert!(piped.stdout.contains("  jinaflow diff --live OLD "), "{}", piped.stdout);
}

#[test]
fn an_edit_that_needs_compat_is_named() {
    let folder = export(SHARDED);
    edit(&folder, "gateway/gateway.yml", "        - --uses\n        - GRPCGateway\n", "");
    let (result, _) = imported(&folder, &[]);
    let result = result.succeeded();
    assert!(
        result.stdout.contains(
            "Without `compat`, these are errors or have no effect. Remove them together with it: spec.patches.deployment-gateway."
        ),
        "{}",
        result.stdout
    );
}

#[test]
fn names_that_yaml_reads_as_numbers_are_quoted() {
    let folder = export("001-docs-simple");
    for file in tree(&folder).keys() {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        fs::write(folder.join(file), text.replace("custom-namespace", "\"2024\"").replace("\"2024\".svc", "2024.svc")).unwrap();
    }
    let (result, out) = imported(&folder, &["--name", "null"]);
    result.succeeded();
    let files = tree(&out);
    assert!(files["overlays/prod/kustomization.yaml"].contains("\nnamespace: \"2024\"\n"), "{}", files["overlays/prod/kustomization.yaml"]);
    assert!(files["base/flow/jinaflow.yaml"].contains("  name: \"null\"\n"), "{}", files["base/flow/jinaflow.yaml"]);
}

/// The objects of an export as `kubectl get -o json` returns them.
fn from_server() -> String {
    let documents: Vec<String> = jina_export(SHARDED).into_values().collect();
    let documents: Vec<_> = documents.iter().flat_map(|text| read_all(text).unwrap()).filter_map(|document| document.root).collect();
    let items: Vec<serde_json::Value> = documents
        .iter()
        .enumerate()
        .map(|(number, object)| {
            let mut object = jinaflow::internals::yaml::kubernetes_value(object);
            for (field, value) in [("uid", format!("uid-{number}")), ("resourceVersion", number.to_string()), ("creationTimestamp", "2026-01-01".into())] {
                object["metadata"][field] = value.into();
            }
            object["status"] = serde_json::json!({"observedGeneration": 1});
            match object["kind"].as_str() {
                Some("Service") => {
                    object["spec"]["clusterIP"] = "10.0.0.1".into();
                    object["spec"]["sessionAffinity"] = "None".into();
                }
                Some("Deployment") => {
                    object["metadata"]["annotations"] = serde_json::json!({"deployment.kubernetes.io/revision": "1"});
                    object["spec"]["progressDeadlineSeconds"] = 600.into();
                    object["spec"]["template"]["metadata"]["creationTimestamp"] = serde_json::Value::Null;
                    object["spec"]["template"]["spec"]["dnsPolicy"] = "ClusterFirst".into();
                    object["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["successThreshold"] = 1.into();
                    object["spec"]["template"]["spec"]["containers"][0]["resources"] = serde_json::json!({});
                }
                _ => {}
            }
            object
        })
        .chain([serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-root-ca.crt", "uid": "x", "resourceVersion": "1"}})])
        .collect();
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

#[test]
fn what_a_server_adds_is_no_edit() {
    let out = scratch("live").join("out");
    let result = run(program(&["import", "-", "-o", out.to_str().unwrap()]), from_server().as_bytes()).succeeded();
    assert!(result.stdout.starts_with("All "), "{}", result.stdout);
    assert!(!tree(&out).contains_key("base/others/kustomization.yaml"));
}

/// A way to break an export, the codes of its findings, and words of the first one.
type Fault = (fn(&Path), &'static [&'static str], &'static str);

/// Removes a file or folder of an export.
fn remove(folder: &Path, name: &str) {
    let path = folder.join(name);
    if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
}

/// Copies a file of an export with one change.
fn copy(folder: &Path, file: &str, to: &str, old: &str, new: &str) {
    let text = fs::read_to_string(folder.join(file)).unwrap();
    fs::write(folder.join(to), text.replace(old, new)).unwrap();
}

/// Gives the Deployment of the gateway an annotation.
fn annotate(folder: &Path, annotation: &str) {
    let old = "kind: Deployment\nmetadata:\n";
    edit(folder, "gateway/gateway.yml", old, &format!("{old}  annotations:\n    {annotation}\n"));
}

#[test]
fn bad_input_is_refused_and_nothing_is_written() {
    let faults: &[Fault] = &[
        (|folder| remove(folder, "indexer/indexer-1.yml"), &["incomplete-export"], "shard 1 of the executor `indexer`"),
        (|folder| remove(folder, "indexer/indexer-head.yml"), &["broken-address", "incomplete-export"], "indexer-head"),
        (|folder| remove(folder, "indexer"), &["incomplete-export"], "the executor `indexer`, which the gateway calls"),
        (|folder| edit(folder, "indexer/indexer-0.yml", "kind: ConfigMap", "kind: Secret"), &["incomplete-export"], "indexer-0-configmap"),
        (|folder| edit(folder, "gateway/gateway.yml", "//indexer-head.", "//indexes-head."), &["broken-address"], "indexes-head"),
        (
            |folder| edit(folder, "indexer/indexer-head.yml", "indexer-2.custom-namespace.svc", "indexer-3.custom-namespace.svc"),
            &["broken-address"],
            "`--connection-list`",
        ),
        (
            |folder| edit_all(folder, "\n  namespace: custom-namespace\n", "\n  namespace: dev\n"),
            &["broken-address"; 4],
            "the Service is in `dev`",
        ),
        (
            |folder| {
                edit(folder, "indexer/indexer-0.yml", "        livenessProbe:\n", "        livenessProbe:\n          httpGet: {port: 80}\n")
            },
            &["exclusive-fields"],
            "(got \"Deployment/indexer-0\")",
        ),
        (|folder| copy(folder, "gateway/gateway.yml", "more.yml", "name: gateway", "name: door"), &["several-flows"], "door, gateway"),
        (
            |folder| copy(folder, "gateway/gateway.yml", "more.yml", "namespace: custom", "namespace: other"),
            &["several-flows"],
            "other-namespace",
        ),
        (|folder| copy(folder, "gateway/gateway.yml", "more.yml", "", ""), &["duplicate-object"; 2], "Service/gateway, Deployment/gateway"),
        (|folder| edit(folder, "indexer/indexer-0.yml", "jina_deployment_name", "jina_pod_name"), &["export-too-old"], "Jina 2"),
        (|folder| edit(folder, "indexer/indexer-0.yml", "- --port\n", "- --port-in\n"), &["export-too-old"], "an earlier Jina 3"),
        (
            |folder| edit(folder, "gateway/gateway.yml", "replicas: 1", "replicas: {{ .Values.n }}: 1"),
            &["export-expected"],
            "helm template",
        ),
        (|folder| edit(folder, "gateway/gateway.yml", "replicas: 1", "replicas: {{ .Values.n }}"), &["export-expected"], "helm template"),
        (|folder| edit(folder, "gateway/gateway.yml", "  replicas: 1", "  replicas: 1\n  replicas: 2"), &["duplicate-key"], "replicas"),
        (|folder| ["gateway", "indexer"].iter().for_each(|name| remove(folder, name)), &["export-expected"], "has no Kubernetes objects"),
        (|folder| annotate(folder, "config.kubernetes.io/local-config: x"), &["export-not-buildable"], "config.kubernetes.io/local-config"),
        (|folder| annotate(folder, "kustomize.config.k8s.io/needs-hash: x"), &["export-not-buildable"], "needs-hash"),
        (|folder| annotate(folder, "kustomize.config.k8s.io/behavior: x"), &["export-not-buildable"], "behavior"),
        (
            |folder| edit(folder, "gateway/gateway.yml", "    spec:\n", "    spec:\n      volumes: ''\n"),
            &["export-not-buildable"],
            "`volumes`",
        ),
        (|folder| edit(folder, "indexer/indexer-0.yml", "- executor\n", "- exec jina executor\n"), &["incomplete-export"], "shard 0"),
        (|folder| annotate(folder, "note: \"\\x7F\""), &["export-not-buildable"], "the character U+007F"),
        (|folder| edit(folder, "gateway/gateway.yml", "apiVersion: apps/v1\n", ""), &["export-not-buildable"], "has no apiVersion"),
        (
            |folder| fs::write(folder.join("kustomization.yaml"), "resources: []\n").unwrap(),
            &["kustomization-not-built"],
            " | jinaflow import -",
        ),
    ];
    for (number, (fault, codes, words)) in faults.iter().enumerate() {
        let folder = export(SHARDED);
        fault(&folder);
        let (result, out) = imported(&folder, &[]);
        assert_eq!((result.code, result.codes().as_slice()), (1, *codes), "{number}: {}", result.stderr);
        assert!(result.stderr.contains(words), "{number}: {}", result.stderr);
        assert!(!out.exists() && result.stdout.is_empty(), "{number}");
    }
}

/// An executor that is there, but so changed that nothing shows its options, is named with its change.
#[test]
fn a_changed_workload_is_named() {
    let faults: [(&str, &str, &str); 4] = [
        ("kind: Deployment", "kind: Rollout", "is not a Deployment or StatefulSet (got \"Rollout/a\"); make it a Deployment again"),
        ("- executor\n", "- exec jina executor\n", "has no container that runs `jina executor`"),
        (
            "kind: Deployment\nmetadata:\n  name: a\n",
            "kind: Deployment\nmetadata:\n  name: c\n",
            "(got \"Deployment/c\"); rename it to `a`",
        ),
        ("image: ", "image: '' # ", "has a container of Jina without an image (got \"Deployment/a\")"),
    ];
    for (old, new, words) in faults {
        let folder = export("164-monitoring-executor-only");
        edit(&folder, "a/a.yml", old, new);
        let (result, out) = imported(&folder, &[]);
        assert_eq!(result.codes(), ["changed-workload"], "{}", result.stderr);
        result.says(words);
        assert!(!out.exists());
    }
}

/// Jina gives claims to all pods of an executor, also to its head. A user may give them to some.
#[test]
fn claims_of_some_pods_are_the_field_storage() {
    for (shards, place) in [(&[0, 1, 2][..], "executors.indexer.storage"), (&[1], "executors.indexer.shards.1.storage")] {
        let folder = export(SHARDED);
        for shard in shards {
            edit(&folder, &format!("indexer/indexer-{shard}.yml"), "kind: Deployment", "kind: StatefulSet");
        }
        let (result, _) = imported(&folder, &[]);
        let shown = result.succeeded().stdout;
        for shard in shards {
            assert!(shown.contains(&format!("  StatefulSet indexer-{shard}: was a Deployment ({place})\n")), "{shown}");
        }
    }
}

#[test]
fn variables_without_a_value_are_named_and_left_out() {
    let folder = export(SHARDED);
    edit(&folder, "indexer/indexer-0.yml", "\ndata:\n", "\ndata:\n  EMPTY:\n  NOTHING: null\n  WORD: 'null'\n");
    let (result, out) = imported(&folder, &[]);
    let shown = result.succeeded().stdout;
    assert!(shown.contains("Variables without a value are left out, as `kubectl apply` does: ConfigMap indexer-0-configmap.\n"), "{shown}");
    assert!(!shown.contains("no changes"));
    let settings = tree(&out).into_values().collect::<String>();
    assert!(settings.contains("WORD: \"null\"") && !settings.contains("EMPTY") && !settings.contains("NOTHING"), "{settings}");
}

/// The report says to remove `compat`. Then the Flow has a PodDisruptionBudget for each workload.
#[test]
fn objects_that_the_flow_has_without_compat_are_named_and_their_removal_helps() {
    let folder = export(SHARDED);
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata:\n  name: gateway\n  namespace: custom-namespace\nspec:\n  \
                  minAvailable: 1\n  selector: {matchLabels: {app: gateway}}\n";
    fs::write(folder.join("budget.yaml"), budget).unwrap();
    let (result, out) = imported(&folder, &["--kpt"]);
    let shown = result.succeeded().stdout;
    let line = "Without `compat`, the Flow has these objects itself. Remove your own together with it: PodDisruptionBudget gateway.\n";
    assert!(shown.contains(line), "{shown}");
    let settings = fs::read_to_string(out.join("jinaflow.yaml")).unwrap().replace("  compat: jina-3.34\n", "");
    let budget = fs::read_to_string(out.join("others/poddisruptionbudget-gateway.yaml")).unwrap();
    let item = |text: &str| format!("- {}\n", text.trim_end().replace('\n', "\n  "));
    let list = |items: &str| format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}");
    let paths = "  annotations: {internal.config.kubernetes.io/path: f.yaml}\n";
    let budget = budget.replacen("metadata:\n", &format!("metadata:\n{paths}"), 1);
    let with = run(program(&[]), list(&(item(&settings) + &item(&budget))).as_bytes());
    assert_eq!(with.codes(), ["object-already-exists"], "{}", with.stderr);
    run(program(&[]), list(&item(&settings)).as_bytes()).succeeded();
}

/// Kubernetes has a Service, and Knative has another.
#[test]
fn kinds_of_other_groups_are_not_duplicates() {
    let folder = export(SHARDED);
    for (file, group) in [("one.yaml", "networking.istio.io/v1"), ("two.yaml", "gateway.networking.k8s.io/v1")] {
        fs::write(folder.join(file), format!("apiVersion: {group}\nkind: Gateway\nmetadata:\n  name: door\n")).unwrap();
    }
    fs::write(folder.join("a.yaml"), "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: gateway\n").unwrap();
    let (result, out) = imported(&folder, &[]);
    let shown = result.succeeded().stdout;
    assert!(shown.starts_with("All "), "{shown}");
    let files = tree(&out);
    assert!(files.contains_key("base/others/gateway-door.yaml") && files.contains_key("base/others/gateway-door-2.yaml"), "{files:?}");
    // Patches find objects by the kind and the name.
    assert!(files.contains_key("not-built/service-gateway.yaml"), "{shown}");
}

#[test]
fn what_is_no_export_is_named() {
    let folder = scratch("no-export");
    let flow = folder.join("flow.yml");
    fs::write(&flow, "jtype: Flow\nexecutors:\n- name: a\n  uses: docker://x/a:1\n").unwrap();
    let (result, _) = imported(&flow, &[]);
    result.says("is a Flow, not an export of Jina; run `jinaflow init` with it");
    for text in ["hello\n", "a: 1\n", "- a\n", "replicas: 3\nimage: {tag: v1}\n"] {
        let values = folder.join("values.yaml");
        fs::write(&values, text).unwrap();
        let (result, _) = imported(&values, &[]);
        result.says("has no Kubernetes objects; name the folder or file that `jina export kubernetes` has written");
    }
    let rendered = folder.join("rendered");
    assert_eq!(jinaflow(&["export", flow.to_str().unwrap(), rendered.to_str().unwrap()]).code, 0);
    let (result, _) = imported(&rendered, &[]);
    result.says("was rendered by jinaflow, not exported by Jina");
    let several = export("030-chain-of-four");
    remove(&several, "gateway");
    let (result, _) = imported(&several, &[]);
    result.says("but not the gateway that calls them");
}

#[test]
fn an_object_that_was_removed_is_listed_and_kept() {
    let folder = export("164-monitoring-executor-only");
    let path = folder.join("a/a.yml");
    let text = fs::read_to_string(&path).unwrap();
    let documents: Vec<&str> = text.split("---\n").filter(|document| !document.contains("kind: ServiceMonitor")).collect();
    fs::write(&path, documents.join("---\n")).unwrap();
    edit(&folder, "gateway/gateway.yml", "periodSeconds: 5", "periodSeconds: 7");
    let (result, out) = imported(&folder, &[]);
    assert_eq!((result.code, result.stderr.as_str()), (1, ""), "{}", result.stdout);
    assert!(result.stdout.contains("ServiceMonitor a: is not in the export"), "{}", result.stdout);
    let files = tree(&out);
    let kept = &files["base/kept/kustomization.yaml"];
    assert!(kept.contains("kind: ServiceMonitor") && kept.contains("$patch: delete") && !kept.contains("periodSeconds"), "{kept}");
    assert!(files["base/flow/jinaflow.yaml"].contains("periodSeconds: 7"), "{}", files["base/flow/jinaflow.yaml"]);
}

#[test]
fn the_commands_of_the_manual_run() {
    let manual = fs::read_to_string(root().join("functions/jinaflow/README.md")).unwrap();
    let section = manual.split("### Coming from an export\n").nth(1).unwrap().split("\n### ").next().unwrap();
    let commands = section.split("```").nth(1).unwrap().lines().skip(1);
    let mut count = 0;
    for command in commands {
        let words = command.split_once('#').map_or(command, |(words, _)| words).trim_end();
        let folder = scratch("manual");
        std::os::unix::fs::symlink(export(SHARDED), folder.join("k8s")).unwrap();
        // The programs that the manual runs before are not here.
        let own = words.rsplit(" | ").next().unwrap();
        let mut command = program(&own.split_whitespace().skip(1).collect::<Vec<_>>());
        command.current_dir(&folder);
        let input: Vec<String> =
            if words.contains(" - ") || words.ends_with('-') { jina_export(SHARDED).into_values().collect() } else { Vec::new() };
        let result = run(command, input.join("---\n").as_bytes()).succeeded();
        assert!(result.stdout.starts_with("All "), "{words}: {}", result.stdout);
        count += 1;
    }
    assert_eq!(count, 4);
}

#[test]
fn a_chart_that_helm_has_rendered_is_imported() {
    let documents: Vec<String> =
        jina_export(SHARDED).into_values().flat_map(|text| text.split("---\n").map(str::to_owned).collect::<Vec<_>>()).collect();
    let stream: String = documents.iter().flat_map(|document| ["---\n# Source: search/templates/flow.yaml\n", document]).collect();
    let out = scratch("helm").join("out");
    let result = run(program(&["import", "-", "-o", out.to_str().unwrap()]), stream.as_bytes()).succeeded();
    assert!(result.stdout.starts_with("All "), "{}", result.stdout);
    assert!(!tree(&out)["base/flow/jinaflow.yaml"].contains("Source"));
}

#[test]
fn objects_of_other_namespaces_stay_there() {
    let folder = export("001-docs-simple");
    let other = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: rules, namespace: monitoring}\ndata: {}\n";
    fs::write(folder.join("rules.yaml"), other).unwrap();
    let (result, out) = imported(&folder, &[]);
    result.succeeded();
    let files = tree(&out);
    assert_eq!(files["outside/configmap-rules.yaml"], other);
    assert!(files["outside/kustomization.yaml"].contains("- configmap-rules.yaml\n"));
    for (environment, has) in [("dev", false), ("staging", false), ("prod", true)] {
        let text = &files[&format!("overlays/{environment}/kustomization.yaml")];
        assert_eq!(text.contains("- ../../outside\n"), has, "{text}");
    }
    assert!(!files.contains_key("base/others/kustomization.yaml"));
}

/// The files of an export in a new folder, and the answer to its import.
fn import_of(files: &BTreeMap<String, String>) -> (Run, PathBuf) {
    let folder = scratch("files").join("exported");
    for (file, text) in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    imported(&folder, &[])
}

#[test]
fn exports_of_older_versions_are_reproduced() {
    let recordings = tree(&root().join("tests/jina/older"));
    let recordings: Vec<_> = recordings.iter().filter(|(name, _)| name.ends_with(".yaml")).collect();
    assert!(recordings.len() >= 6, "{}", recordings.len());
    for (name, text) in recordings {
        let (result, out) = import_of(&unpack(text));
        assert_eq!((result.code, result.stderr.as_str()), (0, ""), "{name}: {}", result.stdout);
        let version = name.split('-').next().unwrap();
        let settings = &tree(&out)["base/flow/jinaflow.yaml"];
        assert!(settings.contains(version), "{name}: {settings}");
    }
}

/// What Jina 3.10 exports in another way: another probe, names of containers, an address of the gateway, and its image.
#[test]
fn an_export_of_an_older_jina_is_reproduced() {
    let folder = export("001-docs-simple");
    for file in ["gateway/gateway.yml", "encoder/encoder.yml"] {
        edit(&folder, file, "startupProbe:", "readinessProbe:");
    }
    edit(&folder, "gateway/gateway.yml", "jinaai/jina:3.34.0-py311-standard", "jinaai/jina:3.10.1-py38-standard");
    edit(&folder, "gateway/gateway.yml", "        - --uses\n        - GRPCGateway\n", "        - --pod-role\n        - GATEWAY\n");
    let (result, out) = imported(&folder, &[]);
    let result = result.succeeded();
    assert!(result.stdout.contains(" objects are as Jina exports them.\n") && result.stdout.contains("\nYou changed"), "{}", result.stdout);
    let files = tree(&out);
    assert!(files["base/flow/jinaflow.yaml"].contains("jinaVersion: 3.10.1"), "{}", files["base/flow/jinaflow.yaml"]);
}

/// A build of an import must not give ConfigMaps other names than the export, because that restarts all pods.
#[test]
fn config_maps_keep_their_names_in_kustomize() {
    for (compat, has_hash) in [("compat: jina-3.34, ", false), ("", true)] {
        let config = format!(
            "{{apiVersion: flow.jina.ai/v1alpha1, kind: JinaFlow, metadata: {{name: search}}, spec: {{{compat}flow: {{jtype: Flow, executors: [{{name: a, uses: 'docker://x/a:1'}}]}}}}}}"
        );
        let list = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {config}\nfunctionConfig: {config}\n");
        let answer = crate::support::function(&list);
        assert_eq!((answer.code, answer.items().contains("needs-hash")), (0, has_hash), "{}", answer.stderr);
    }
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: words\n";

#[test]
fn what_no_build_can_have_is_only_copied() {
    let folder = export(SHARDED);
    let values = "replicas: 3 # of people\n";
    let generated = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: index-\n";
    let local = format!("{CONFIG_MAP}  annotations:\n    config.kubernetes.io/local-config: \"true\"\n");
    let files = [("values.yaml", values), ("list.yaml", "- a\n"), ("job.yaml", generated), ("local.yaml", &local)];
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    for (layout, root) in [(&[][..], "base/others/kustomization.yaml"), (&["--kpt"], "Kptfile")] {
        let (result, out) = imported(&folder, layout);
        let result = result.succeeded();
        let named = "to not-built: job.yaml has a generateName and no name, list.yaml has no kind, configmap-words.yaml has the \
                     annotation config.kubernetes.io/local-config, values.yaml has no kind.\n";
        assert!(result.stdout.contains(named) && !result.stdout.contains("no changes"), "{}", result.stdout);
        let files = tree(&out);
        assert_eq!((&*files["not-built/values.yaml"], &*files["not-built/job.yaml"]), (values, generated));
        assert_eq!((files.contains_key(".krmignore"), files.contains_key(root)), (!layout.is_empty(), !layout.is_empty()));
        assert!(!files.values().any(|text| text.contains("- values.yaml") || text.contains("- configmap-words.yaml")));
    }
}

#[test]
fn annotations_of_tools_are_left_out() {
    let folder = export(SHARDED);
    for file in tree(&folder).keys() {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let own = "  annotations:\n    flow.jina.ai/object: search/gateway/Service\n    flow.jina.ai/rendered: x\n    config.kubernetes.io/index: '0'\n";
        fs::write(folder.join(file), text.replace("\nmetadata:\n", &format!("\nmetadata:\n{own}"))).unwrap();
    }
    let other = "  annotations:\n    note: mine\n    internal.config.kubernetes.io/previousNames: a\n";
    fs::write(folder.join("words.yaml"), format!("{CONFIG_MAP}{other}")).unwrap();
    let (result, out) = imported(&folder, &[]);
    let result = result.succeeded();
    assert!(result.stdout.starts_with("All 15 objects are as Jina exports them.\n"), "{}", result.stdout);
    assert!(
        result.stdout.contains("Annotations that tools write for themselves are left out: ConfigMap gateway-configmap, "),
        "{}",
        result.stdout
    );
    let files = tree(&out);
    assert!(!files["base/flow/jinaflow.yaml"].contains("patches"), "{}", files["base/flow/jinaflow.yaml"]);
    assert_eq!(files["base/others/configmap-words.yaml"], format!("{CONFIG_MAP}  annotations:\n    note: mine\n"));
}

/// The kustomizations of development and of production.
fn overlays(files: &BTreeMap<String, String>) -> [&str; 2] {
    ["dev", "prod"].map(|environment| files[&format!("overlays/{environment}/kustomization.yaml")].as_str())
}

/// A change of an export, and whether `prod` then has a namespace.
type Change<'s> = (&'s dyn Fn(&Path), bool);

#[test]
fn production_changes_no_namespace() {
    let binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: a\n  namespace: custom-namespace\nsubjects:\n- kind: ServiceAccount\n  name: default\n  namespace: other\n";
    let without = |folder: &Path| {
        for file in tree(folder).keys() {
            let text = fs::read_to_string(folder.join(file)).unwrap();
            fs::write(folder.join(file), text.replace("  namespace: custom-namespace\n", "")).unwrap();
        }
    };
    let one = |folder: &Path| edit(folder, "gateway/gateway.yml", "  name: gateway\n  namespace: custom-namespace\n", "  name: gateway\n");
    let more: [Change<'_>; 6] = [
        (&|_| (), true),
        (&|folder| fs::write(folder.join("a.yaml"), binding).unwrap(), false),
        (&|folder| fs::write(folder.join("a.yaml"), CONFIG_MAP).unwrap(), false),
        (&|folder| fs::write(folder.join("a.yaml"), "apiVersion: v1\nkind: Namespace\nmetadata: {name: third}\n").unwrap(), false),
        (&without, false),
        (&one, false),
    ];
    for (number, (change, has)) in more.into_iter().enumerate() {
        let folder = export(SHARDED);
        change(&folder);
        let (result, out) = imported(&folder, &["--name", "search"]);
        assert_eq!((result.code, result.stderr.as_str()), (0, ""), "{number}");
        let files = tree(&out);
        let [dev, prod] = overlays(&files);
        assert!(dev.contains("\nnamespace: custom-namespace-dev\n"), "{number}: {dev}");
        assert_eq!(prod.contains("\nnamespace: custom-namespace\n"), has, "{number}: {prod}");
        assert!(files["overlays/prod/flow/kustomization.yaml"].contains("\nnamespace: custom-namespace\n"), "{number}");
    }
}

#[test]
fn objects_of_the_whole_cluster_are_only_in_production() {
    let folder = export(SHARDED);
    let own = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: custom-namespace\n";
    let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: reader\nrules: []\n";
    let namesake = "apiVersion: v1\nkind: Service\nmetadata:\n  name: gateway\nspec: {type: ExternalName, externalName: a.b}\n";
    for (name, text) in [("a.yaml", own), ("b.yaml", role), ("c.yaml", namesake)] {
        fs::write(folder.join(name), text).unwrap();
    }
    let (result, out) = imported(&folder, &[]);
    let result = result.succeeded();
    assert!(result.stdout.contains("Only overlays/prod uses it: clusterrole-reader.yaml.\n"), "{}", result.stdout);
    let files = tree(&out);
    let expected = [
        ("outside/clusterrole-reader.yaml", role),
        ("not-built/service-gateway.yaml", namesake),
        ("base/others/namespace-custom-namespace.yaml", own),
    ];
    for (name, text) in expected {
        assert_eq!(files[name], text, "{name}");
    }
    let [dev, prod] = overlays(&files);
    assert!(!dev.contains("outside") && prod.contains("- ../../outside\n") && files["base/kustomization.yaml"].contains("- ../outside\n"));
}

#[test]
fn objects_with_the_same_name_elsewhere_are_all_copied() {
    let folder = export(SHARDED);
    for namespace in ["one", "two"] {
        let text = CONFIG_MAP.replace("  name: words\n", &format!("  name: words\n  namespace: {namespace}\n"));
        fs::write(folder.join(format!("{namespace}.yaml")), text).unwrap();
    }
    let (result, out) = imported(&folder, &[]);
    result.succeeded();
    let files = tree(&out);
    assert!(
        files["outside/configmap-words.yaml"].contains("namespace: one")
            && files["outside/configmap-words-2.yaml"].contains("namespace: two")
    );
}

#[test]
fn an_import_does_not_write_into_the_export() {
    let folder = export(SHARDED);
    let mut command = program(&["import", ".", "--name", "search"]);
    command.current_dir(&folder);
    let result = run(command, b"").succeeded();
    assert!(result.stdout.contains("Wrote 13 files to ../search-k8s.\n"), "{}", result.stdout);
    assert!(result.stdout.contains("../search-k8s/overlays/prod > ../prod.yaml\n  jinaflow diff . ../prod.yaml "), "{}", result.stdout);
    assert!(folder.join("../search-k8s/base").is_dir());
    for (source, out, place) in [("k8s", "k8s/new/x", "search-k8s"), (".", "x", "../search-k8s"), ("..", ".", "../../search-k8s")] {
        let folder = scratch("into").join("k8s");
        fs::create_dir_all(folder.parent().unwrap()).unwrap();
        fs::rename(export(SHARDED), &folder).unwrap();
        let mut command = program(&["import", source, "-o", out, "--name", "search", "--kpt"]);
        command.current_dir(folder.join(if source == "k8s" {
            ".."
        } else if source == "." {
            ""
        } else {
            "gateway"
        }));
        let before = tree(&folder);
        let result = run(command, b"");
        assert_eq!((result.code, result.codes().as_slice(), tree(&folder)), (1, &["output-in-source"][..], before), "{}", result.stderr);
        assert!(result.stderr.contains(&format!("run: jinaflow import {source} -o {place} --name search --kpt")), "{}", result.stderr);
    }
}

/// `kubectl create --dry-run=client -o yaml` writes these fields, and people write `resources:` without a value.
#[test]
fn empty_fields_make_no_edits() {
    let folder = export(SHARDED);
    for file in tree(&folder).keys() {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        let text = text.replace("\nmetadata:\n", "\nmetadata:\n  creationTimestamp: null\n").replace("\n---\n", "\nstatus: {}\n---\n");
        fs::write(
            folder.join(file),
            text.replace("      containers:\n      - args:\n", "      containers:\n      - resources:\n        args:\n"),
        )
        .unwrap();
    }
    assert!(fs::read_to_string(folder.join("gateway/gateway.yml")).unwrap().contains("- resources:\n"));
    let (result, _) = imported(&folder, &[]);
    assert!(result.succeeded().stdout.starts_with("All 15 objects are as Jina exports them.\nThe Flow has the images"));
}

#[test]
fn objects_of_a_server_are_the_same_only_with_the_same_name() {
    let documents: Vec<String> = jina_export(SHARDED).into_values().collect();
    let documents: Vec<_> = documents.iter().flat_map(|text| read_all(text).unwrap()).filter_map(|document| document.root).collect();
    let objects = documents.iter().chain(&documents).map(|object| {
        let mut object = jinaflow::internals::yaml::kubernetes_value(object);
        for field in ["uid", "resourceVersion"] {
            object["metadata"][field] = "1".into();
        }
        object
    });
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": objects.collect::<Vec<_>>()}).to_string();
    let out = scratch("live").join("out");
    let result = run(program(&["import", "-", "-o", out.to_str().unwrap()]), list.as_bytes()).succeeded();
    assert!(result.stdout.starts_with("All 15 "), "{}", result.stdout);
}

#[test]
fn names_that_kubernetes_refuses_are_named() {
    let (result, _) = imported(&export("048-inspect-collect"), &[]);
    let result = result.succeeded();
    assert!(result.stdout.contains("objects are as Jina exports them, but for names that Kubernetes refuses.\n"), "{}", result.stdout);
    assert!(result.stdout.contains("so these lose it: -aux-") && !result.stdout.contains("# no changes"), "{}", result.stdout);
}

#[test]
fn edits_are_in_the_fields_where_people_look_for_them() {
    let folder = export("001-docs-simple");
    let pod = "    spec:\n      containers:\n      - args:\n        - executor\n";
    let security = "    spec:\n      securityContext:\n        seccompProfile:\n          type: RuntimeDefault\n      terminationGracePeriodSeconds: 70\n      containers:\n      - securityContext:\n          allowPrivilegeEscalation: false\n        args:\n        - executor\n";
    edit(&folder, "encoder/encoder.yml", pod, security);
    edit(&folder, "encoder/encoder.yml", "sleep 2", "sleep 60");
    let injected = "        linkerd.io/inject: enabled\n";
    let wait = format!("{injected}        config.alpha.linkerd.io/proxy-wait-before-exit-seconds: \"60\"\n");
    edit(&folder, "encoder/encoder.yml", injected, &wait);
    let route = "apiVersion: gateway.networking.k8s.io/v1\nkind: GRPCRoute\nmetadata:\n  name: gateway\n  namespace: custom-namespace\nspec:\n  parentRefs:\n  - name: public\n    namespace: gateways\n  hostnames:\n  - a.example.com\n  rules:\n  - backendRefs:\n    - name: gateway\n      port: 8080\n";
    fs::write(folder.join("route.yaml"), route).unwrap();
    let (result, out) = imported(&folder, &[]);
    let result = result.succeeded();
    assert!(!result.stdout.contains("Not part of the Flow"), "{}", result.stdout);
    let settings = &tree(&out)["base/flow/jinaflow.yaml"];
    assert!(!settings.contains("podTemplate") && !settings.contains("patches"), "{settings}");
    let expected = [
        "    encoder:\n      securityProfile: baseline\n      drainSeconds: 60\n",
        "    grpcRoute:\n      gateways:\n        public:\n          namespace: gateways\n      hostnames:\n        a.example.com: {}\n",
    ];
    for field in expected {
        assert!(settings.contains(field), "{settings}");
    }
}
