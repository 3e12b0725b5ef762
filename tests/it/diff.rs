//! `jinaflow diff`: what it says about the environments of the example, and about small changes, edits and broken input.
//!
//! `diff/*.yaml` are the builds of `examples/kustomize/overlays`; `tests/conformance/diff.rs` makes them with the real kustomize.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::summary::faults;
use crate::support::random::Random;
use crate::support::{Messages, Run, assert_recorded, documents, jina_export, jinaflow, label, program, recorded, root, run, scratch};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    root().join("tests/it/diff")
}

/// The build of an overlay of the example.
fn build(overlay: &str) -> String {
    fs::read_to_string(folder().join(overlay).with_extension("yaml")).unwrap()
}

/// Compares two strings as files with the names `old.yaml` and `new.yaml`.
fn diff(old: &str, new: &str, more: &[&str]) -> Run {
    static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let folder = scratch(&format!("diff-{}", COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)));
    fs::write(folder.join("old.yaml"), old).unwrap();
    fs::write(folder.join("new.yaml"), new).unwrap();
    let mut command = program(&["diff", "old.yaml", "new.yaml"]);
    command.args(more).current_dir(&folder);
    let found = run(command, b"");
    fs::remove_dir_all(&folder).unwrap();
    found
}

/// The JSON of a comparison that succeeds.
fn json_of(old: &str, new: &str) -> Value {
    let found = diff(old, new, &["--output", "json"]);
    let json: Value = serde_json::from_str(&found.stdout).unwrap_or_else(|error| panic!("{error}\n{}{}", found.stderr, found.stdout));
    assert_eq!(found.code, i32::from(json["summary"]["hasChanges"] == true), "{json:#}");
    assert_valid(&json);
    json
}

/// The effects on components other than `unchanged`, by name.
fn effects(json: &Value) -> Vec<String> {
    let components = json["components"].as_array().unwrap().iter();
    let effect =
        |component: &Value| format!("{} {}", component["name"].as_str().unwrap(), component["workload"]["effect"].as_str().unwrap());
    components.map(effect).filter(|effect| !effect.ends_with(" unchanged")).collect()
}

fn stream(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("---\n{object}\n")).collect()
}

/// The objects of a build after an edit.
fn edited(text: &str, edit: impl FnOnce(&mut Vec<Value>)) -> String {
    let mut objects = documents(text);
    edit(&mut objects);
    stream(&objects)
}

fn find<'o>(objects: &'o mut [Value], name: &str) -> &'o mut Value {
    objects.iter_mut().find(|object| label(object) == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn environments_of_the_example_are_compared_on_one_screen() {
    for (old, new) in [("staging", "prod"), ("dev", "prod"), ("prod", "prod-eu"), ("dev", "staging")] {
        let found = diff(&build(old), &build(new), &[]);
        assert_eq!((found.code, found.stderr.as_str()), (1, ""));
        assert!(found.stdout.lines().count() <= 25 || (old, new) != ("staging", "prod"), "{}", found.stdout);
        assert_recorded(&folder().join(format!("{old}-{new}.txt")), &found.stdout);
    }
}

#[test]
fn a_change_of_two_values_is_one_component_in_every_format() {
    let (prod, changed) = (build("prod"), build("two-values"));
    for (format, extension) in [("text", "txt"), ("markdown", "md"), ("json", "json"), ("mermaid", "mmd")] {
        let found = diff(&prod, &changed, &["--output", format]);
        assert_eq!((found.code, found.stderr.as_str()), (1, ""));
        assert_recorded(&folder().join("two-values").with_extension(extension), &found.stdout);
    }
    let json = json_of(&prod, &changed);
    assert_eq!(effects(&json), ["encoder restarts"]);
    assert_eq!(json["summary"]["restartedPods"], 4);
}

#[test]
fn equal_sides_have_no_difference() {
    let mut texts: Vec<String> = ["dev", "staging", "prod", "prod-eu"].map(build).into();
    let flows = recorded(&root().join("tests/jina/flows"));
    texts.extend(
        flows.iter().filter_map(crate::support::Recorded::expected).map(|files| files.into_values().collect::<Vec<_>>().join("\n---\n")),
    );
    texts.retain(|text| text.contains("kind:"));
    assert!(texts.len() > 600, "{}", texts.len());
    for text in texts.iter().step_by(7).chain(&texts[..4]) {
        let found = diff(text, text, &["--output", "json"]);
        assert_eq!((found.code, found.stderr.as_str()), (0, ""), "{}", found.stdout);
    }
}

#[test]
fn another_spelling_of_the_same_objects_is_no_difference() {
    let prod = build("prod");
    let rewritten = edited(&prod, |objects| {
        objects.reverse();
        for object in objects.iter_mut().filter(|object| object["kind"] == "Deployment") {
            for container in object["spec"]["template"]["spec"]["containers"].as_array_mut().into_iter().flatten() {
                container["terminationMessagePath"] = "/dev/termination-log".into();
                if container["resources"]["requests"]["cpu"] == "500m" {
                    container["resources"]["requests"]["cpu"] = "0.5".into();
                }
                for port in container["ports"].as_array_mut().into_iter().flatten() {
                    port.as_object_mut().unwrap().remove("protocol");
                }
            }
        }
    });
    let found = diff(&prod, &rewritten, &[]);
    assert_eq!(found.code, 0, "{}", found.stdout);
}

#[test]
fn the_examples_of_the_documentation_are_the_output() {
    let output = fs::read_to_string(folder().join("two-values.txt")).unwrap();
    for page in ["README.md", "functions/jinaflow/README.md"] {
        let page = fs::read_to_string(root().join(page)).unwrap();
        let shown = page.lines().skip_while(|line| !line.trim_start().starts_with("~ encoder")).take_while(|line| !line.is_empty());
        let shown: Vec<&str> = shown.map(str::trim).filter(|line| *line != "```").collect();
        assert!(shown.len() > 4, "{shown:?}");
        for line in shown {
            assert!(output.lines().any(|known| known.trim() == line), "{line}");
        }
    }
}

/// Renames everything as kustomize does, in the text.
#[test]
fn names_labels_and_hashes_are_one_line_each() {
    let json = json_of(&build("prod"), &build("prod-eu"));
    assert_eq!(json["renames"]["namespaces"], json!({"search": "search-eu"}));
    assert_eq!(json["renames"]["suffix"], json!(["", "-eu"]));
    assert_eq!(json["summary"]["restartedPods"], 0);
    let text = diff(&build("prod"), &build("prod-eu"), &[]).stdout;
    for line in ["namespace search → search-eu, suffix none → -eu", "MODEL ViT-L-14 → ViT-L-14-multilingual", "labels      + region eu"]
    {
        assert_eq!(text.matches(line).count(), 1, "{line}\n{text}");
    }
    assert!(!text.contains("deployments_addresses") && !text.contains("configmap-6hc4ffc558 →"), "{text}");
}

#[test]
fn only_the_number_of_replicas_restarts_nothing() {
    let prod = build("prod");
    let scaled = edited(&prod, |objects| find(objects, "Deployment/encoder")["spec"]["replicas"] = 9.into());
    assert_eq!(effects(&json_of(&prod, &scaled)), ["encoder scaled"]);
    let text = diff(&prod, &scaled, &[]).stdout;
    assert!(text.contains("~ encoder  scales, no pod restarts") && text.contains("replicas    4 → 9"), "{text}");
}

#[test]
fn a_configmap_without_a_hash_changes_and_pods_keep_the_old_values() {
    let prod = build("prod");
    let edit = edited(&prod, |objects| find(objects, "ConfigMap/encoder-configmap-6hc4ffc558")["data"]["MODEL"] = "other".into());
    let json = json_of(&prod, &edit);
    // The Deployment is the same. Its ConfigMap is not.
    assert_eq!(effects(&json), Vec::<String>::new());
    assert_eq!(json["summary"]["changedComponents"], 1);
    let text = diff(&prod, &edit, &[]).stdout;
    assert!(text.contains("MODEL ViT-L-14 → other"), "{text}");
    assert!(text.contains("kubectl rollout restart deployment.apps/encoder --namespace search"), "{text}");
}

#[test]
fn a_refused_change_has_the_command_that_helps() {
    let prod = build("prod");
    let selector = edited(&prod, |objects| {
        let encoder = find(objects, "Deployment/encoder");
        encoder["spec"]["selector"]["matchLabels"]["app"] = "x".into();
        encoder["spec"]["template"]["metadata"]["labels"]["app"] = "x".into();
    });
    let json = json_of(&prod, &selector);
    assert_eq!(effects(&json), ["encoder refused"]);
    assert_eq!(json["summary"]["refusedChanges"], 1);
    let text = diff(&prod, &selector, &[]).stdout;
    assert!(text.contains("! encoder  REFUSED: spec.selector.matchLabels.app cannot change\n"), "{text}");
    let address = edited(&prod, |objects| find(objects, "Service/encoder")["spec"]["clusterIP"] = "10.0.0.1".into());
    let text = diff(&prod, &address, &[]).stdout;
    assert!(text.contains("! Service/encoder  REFUSED: spec.clusterIP cannot change\n"), "{text}");
    assert!(text.contains("first       kubectl delete --namespace search service/encoder\n"), "{text}");
}

#[test]
fn files_that_are_joined_without_a_separator_are_refused() {
    let service =
        |name: &str| format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, labels: {{flow.jina.ai/flow: search}}}}\n");
    let joined = format!("{}{}", service("encoder"), service("gateway"));
    let found = diff(&joined, &joined, &[]);
    assert_eq!((found.code, found.stdout.as_str()), (2, ""));
    let message = "error[duplicate-key]: new.yaml: kind: is a duplicate key, first used on line 2; one of both values is lost;";
    assert!(found.stderr.contains(message), "{}", found.stderr);
    // As the message says, a line between the documents helps.
    let parted = format!("{}---\n{}", service("encoder"), service("gateway"));
    assert_eq!(diff(&parted, &parted, &[]).code, 0);
}

#[test]
fn a_secret_that_only_one_side_has_is_not_new_content() {
    let (with, without) = (build("staging"), build("prod"));
    let with = with.replace("search-staging", "search").replace("staging-", "");
    let said = |old: &str, new: &str| {
        let found = diff(old, new, &[]).stdout;
        let line = found.lines().find(|line| line.contains("API_KEY")).unwrap_or_else(|| panic!("{found}"));
        line.split_once("key api-key ").map_or_else(|| panic!("{found}"), |(_, said)| said.to_owned())
    };
    assert_eq!(said(&with, &without), "is no longer in the manifests");
    assert_eq!(said(&without, &with), "is now in the manifests");
}

#[test]
fn another_kind_of_workload_leaves_the_old_one_running() {
    let prod = build("prod");
    let set = edited(&prod, |objects| {
        let indexer = find(objects, "Deployment/indexer-0");
        indexer["kind"] = "StatefulSet".into();
        indexer["spec"].as_object_mut().unwrap().remove("strategy");
        indexer["spec"]["serviceName"] = "indexer-0".into();
    });
    let json = json_of(&prod, &set);
    assert_eq!(effects(&json), ["indexer shard 0 created"]);
    assert_eq!(json["leftBehind"].as_array().unwrap().len(), 1);
    let text = diff(&prod, &set, &[]).stdout;
    assert!(text.contains("left behind     kubectl delete --namespace search deployment.apps/indexer-0"), "{text}");
    assert!(text.contains("both get requests, until the old one is deleted"), "{text}");
}

#[test]
fn another_number_of_shards_means_another_index() {
    let flow =
        |shards: usize| format!("jtype: Flow\nexecutors:\n- {{name: indexer, uses: docker://example/indexer:v1, shards: {shards}}}\n");
    let json = json_of(&flow(2), &flow(3));
    assert_eq!(json["shards"], json!([{"executor": "indexer", "old": 2, "new": 3}]));
    let text = diff(&flow(2), &flow(3), &[]).stdout;
    assert!(text.contains("indexer 2 → 3: each shard has its own documents, so index them again"), "{text}");
}

#[test]
fn a_container_that_becomes_a_sidecar_is_one_line_and_its_image_another() {
    let spec = |version: &str, image: &str| {
        let flow = format!(
            "{{jtype: Flow, executors: [{{name: a, uses: 'docker://x/a', shards: 2, uses_before: 'docker://{image}', uses_after: 'docker://x/c'}}]}}"
        );
        let file = scratch("sidecar").join("jinaflow.yaml");
        let head = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f}\nspec:\n";
        fs::write(&file, format!("{head}  kubernetesVersion: '{version}'\n  flow: {flow}\n")).unwrap();
        let export = jinaflow(&["export", file.to_str().unwrap()]);
        assert_eq!(export.code, 0, "{}", export.stderr);
        export.stdout
    };
    let (old, new) = (spec("1.28", "x/b:1"), spec("1.36", "x/b:2"));
    let text = diff(&old, &new, &[]).stdout;
    assert!(text.contains("uses-after container → init container, uses-before container → init container\n"), "{text}");
    assert!(text.contains("uses-before x/b:1 → x/b:2\n") && !text.contains("initContainers"), "{text}");
    assert!(diff(&new, &old, &[]).stdout.contains("uses-before init container → container"), "{text}");
}

#[test]
fn a_flow_and_a_folder_are_sides_like_manifests() {
    let folder = scratch("diff-sides");
    let flow = "jtype: Flow\nexecutors:\n- {name: encoder, uses: docker://example/encoder:v1}\n";
    fs::write(folder.join("flow.yml"), flow).unwrap();
    let flow_path = folder.join("flow.yml");
    let manifests = folder.join("manifests");
    jinaflow(&["export", flow_path.to_str().unwrap(), manifests.to_str().unwrap()]).succeeded();
    let same = jinaflow(&["diff", flow_path.to_str().unwrap(), manifests.to_str().unwrap()]);
    assert_eq!((same.code, same.stderr.as_str()), (0, ""), "{}", same.stdout);
    let config = format!(
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: flow}}\nspec:\n  executors: {{encoder: {{replicas: 3}}}}\n  flow:\n{}",
        flow.lines().map(|line| format!("    {line}\n")).collect::<String>()
    );
    let found = run(program(&["diff", flow_path.to_str().unwrap(), "-"]), config.as_bytes());
    assert_eq!(found.code, 1, "{}{}", found.stderr, found.stdout);
    assert!(found.stdout.contains("replicas    1 → 3"), "{}", found.stdout);
    // Flags of `export` apply to both Flows.
    let set = jinaflow(&["diff", flow_path.to_str().unwrap(), manifests.to_str().unwrap(), "--image", "encoder=example/encoder:v2"]);
    assert!(set.stdout.contains("image       example/encoder:v2 → example/encoder:v1"), "{}", set.stdout);
}

/// The objects as a server returns them.
fn live(objects: &[Value]) -> String {
    let mut items: Vec<Value> = objects.to_vec();
    for (index, item) in items.iter_mut().enumerate() {
        let applied = item.to_string();
        let meta = item["metadata"].as_object_mut().unwrap();
        meta.insert("uid".to_owned(), format!("00000000-0000-0000-0000-{index:012}").into());
        meta.insert("resourceVersion".to_owned(), "7".into());
        meta.insert("creationTimestamp".to_owned(), "2026-11-29T10:00:00Z".into());
        let annotations = meta.entry("annotations").or_insert_with(|| json!({}));
        annotations["kubectl.kubernetes.io/last-applied-configuration"] = applied.into();
        if item["kind"] == "Service" {
            item["spec"]["internalTrafficPolicy"] = "Cluster".into();
            item["spec"]["clusterIPs"] = json!(["10.96.0.7"]);
            item["spec"]["ipFamilies"] = json!(["IPv4"]);
        }
        if item["kind"] == "Deployment" {
            item["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"] = "2026-11-29T10:00:00Z".into();
            item["status"] = json!({"replicas": 1});
        }
    }
    // Some commands return an object twice.
    items.push(items[0].clone());
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "encoder-1", "namespace": "search", "uid": "1", "resourceVersion": "1",
        "ownerReferences": [{"kind": "ReplicaSet", "name": "encoder", "controller": true}]}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    items.push(pod);
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

#[test]
fn the_state_of_a_cluster_is_compared_without_what_the_server_added() {
    let prod = build("prod");
    let state = live(&documents(&prod));
    let found = diff(&state, &prod, &["--live"]);
    assert_eq!((found.code, found.stderr.as_str()), (0, ""), "{}", found.stdout);
    let changed = build("two-values");
    let found = diff(&state, &changed, &["--live"]);
    assert!(found.stdout.contains("~ encoder  restarts 4 pods"), "{}", found.stdout);
    let refused = diff(&state, &prod, &[]);
    assert_eq!(refused.code, 2);
    assert_eq!(refused.codes(), ["duplicate-object", "live-objects"]);
}

#[test]
fn trouble_has_the_exit_code_2_and_prints_nothing() {
    let mut messages = Messages::new("diff");
    let folder = scratch("diff-trouble");
    fs::write(folder.join("good.yaml"), build("prod")).unwrap();
    fs::write(folder.join("broken.yaml"), "kind: Deployment\nmetadata: {name: flow.jina.ai\n").unwrap();
    fs::write(folder.join("twice.yaml"), format!("{0}\n---\n{0}", documents(&build("prod"))[0])).unwrap();
    fs::create_dir(folder.join("overlay")).unwrap();
    fs::write(folder.join("overlay/kustomization.yaml"), "resources: [base]\n").unwrap();
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    for arguments in [
        vec!["diff".to_owned(), path("good.yaml")],
        vec!["diff".to_owned(), path("good.yaml"), path("missing.yaml")],
        vec!["diff".to_owned(), path("good.yaml"), path("broken.yaml")],
        vec!["diff".to_owned(), path("good.yaml"), path("twice.yaml")],
        vec!["diff".to_owned(), path("good.yaml"), path("overlay")],
        vec!["diff".to_owned(), path("good.yaml"), path("overlay"), "--build".to_owned()],
        vec!["diff".to_owned(), "-".to_owned(), "-".to_owned()],
        vec!["diff".to_owned(), path("good.yaml"), path("good.yaml"), "--output".to_owned(), "jsn".to_owned()],
        vec!["diff".to_owned(), path("good.yaml"), path("good.yaml"), path("good.yaml")],
    ] {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let found = jinaflow(&words);
        assert_eq!((found.code, found.stdout.as_str()), (2, ""), "{arguments:?} {}", found.stderr);
        let shown: Vec<&str> = words.iter().map(|word| Path::new(word).file_name().map_or(*word, |name| name.to_str().unwrap())).collect();
        messages.add(&shown.join(" "), &found);
    }
    messages.compare();
}

/// Random edits: no panic, valid JSON, one line of Markdown for each row of the table, and no content of a Secret in any format.
#[test]
fn no_edit_breaks_a_format_or_shows_a_secret() {
    let secret = "aGlkZGVuLWNvbnRlbnQ=";
    let words = [
        "a|b",
        "`x`",
        "line\nbreak",
        "<b>",
        "\u{7}",
        "ünïcödé",
        "\"quoted\"",
        "[link](x)",
        "1",
        "true",
        "null",
        "",
        "~",
        "-",
        "5Gi",
        "100m",
    ];
    let mut random = Random::new(16);
    for _ in 0..300 {
        let old = documents(&build(["dev", "staging", "prod"][random.below(3)]));
        let mut new = documents(&build(["staging", "prod", "prod-eu"][random.below(3)]));
        for object in new.iter_mut().filter(|object| object["kind"] == "Secret") {
            object["data"]["api-key"] = secret.into();
        }
        for _ in 0..random.below(6) {
            let at = random.below(new.len());
            let mut leaves = Vec::new();
            pointers(&new[at], "", &mut leaves);
            let pointer = random.pick(&leaves).clone();
            if let Some(value) = new[at].pointer_mut(&pointer) {
                *value = match random.below(4) {
                    0 => json!(random.pick(&words)),
                    1 => json!([random.pick(&words)]),
                    2 => json!({*random.pick(&words): random.pick(&words)}),
                    _ => Value::Null,
                };
            }
        }
        let (old, new) = (stream(&old), stream(&new));
        for format in ["text", "markdown", "json", "mermaid"] {
            let found = diff(&old, &new, &["--output", format]);
            assert!([0, 1, 2].contains(&found.code) && !found.stderr.contains("panicked"), "{}", found.stderr);
            assert!(!found.stdout.contains(secret), "{format}\n{}", found.stdout);
            if found.code == 2 {
                continue;
            }
            match format {
                "json" => assert_valid(&serde_json::from_str(&found.stdout).unwrap()),
                "markdown" => assert_table(&found.stdout),
                _ => {}
            }
            assert!(!found.stdout.chars().any(|c| c.is_control() && c != '\n'), "{format}");
        }
    }
}

/// Asserts that a document is valid by the published schema.
fn assert_valid(document: &Value) {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    let read = || serde_json::from_str(&fs::read_to_string(root().join("functions/jinaflow/diff.schema.json")).unwrap()).unwrap();
    let schema = SCHEMA.get_or_init(read);
    let mut found = Vec::new();
    faults(schema, schema, document, "", &mut found);
    assert_eq!(found, Vec::<String>::new(), "{document:#}");
}

/// Every row of the table has four cells.
fn assert_table(markdown: &str) {
    let rows = markdown.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    for row in rows {
        let cells = row.replace("\\|", "").matches('|').count();
        assert_eq!(cells, 5, "{row}");
    }
}

fn pointers(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                pointers(value, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, &format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn a_hand_edited_export_of_jina_is_compared_without_labels() {
    let name = recorded(&root().join("tests/jina/flows"))
        .into_iter()
        .find(|flow| flow.expected().is_some_and(|files| files.values().any(|text| text.contains("--shard-id")) && files.len() > 2));
    let files = jina_export(&name.unwrap().name);
    let text = files.into_values().collect::<Vec<_>>().join("\n---\n");
    let scaled = edited(&text, |objects| {
        let gateway = objects.iter_mut().find(|object| object["kind"] == "Deployment").unwrap();
        gateway["spec"]["template"]["spec"]["containers"][0]["image"] = "other/image:1".into();
    });
    let found = effects(&json_of(&text, &scaled));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with(" restarts"), "{found:?}");
}
