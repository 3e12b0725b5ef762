//! What a render reports about the objects of each JinaFlow: the results and the line on standard error.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Run, function, is_change, is_record, jinaflow, label, root, scratch};

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";

/// A JinaFlow with one executor, in its own namespace.
fn flow(name: &str) -> String {
    format!(
        "- apiVersion: flow.jina.ai/v1alpha1
  kind: JinaFlow
  metadata:
    name: {name}
    namespace: {name}
    annotations:
      internal.config.kubernetes.io/path: '{name}.yaml'
  spec:
    output: {{onConflict: keep}}
    flow:
      jtype: Flow
      executors:
      - {{name: encoder, uses: docker://acme/encoder:1, replicas: 2}}
"
    )
}

/// The items of a rendered package.
fn rendered(flows: &[&str]) -> String {
    let flows: String = flows.iter().map(|name| flow(name)).collect();
    function(&format!("{HEAD}{flows}")).succeeded().items().to_owned()
}

/// The results: `CODE Kind/name FIELD`, and each line of the tag `objects`.
fn results(answer: &Run) -> Vec<String> {
    let list = answer.list();
    let mut shown = Vec::new();
    for result in list["results"].as_array().into_iter().flatten() {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (code, of) = (word(&result["tags"]["code"]), &result["resourceRef"]);
        let line = format!("{code} {}/{} {}", word(&of["kind"]), word(&of["name"]), word(&result["field"]["path"]));
        shown.push(line.trim_end().to_owned());
        shown.extend(word(&result["tags"]["objects"]).lines().map(|line| format!("- {line}")));
    }
    shown
}

#[test]
fn a_first_render_is_one_result_that_lists_all_objects() {
    let answer = function(&format!("{HEAD}{}", flow("search"))).succeeded();
    assert_eq!(answer.summary, ["jinaflow: search: 8 added"]);
    let list = answer.list();
    let [result] = list["results"].as_array().unwrap().as_slice() else { panic!("{}", list["results"]) };
    assert_eq!((&result["severity"], &result["message"]), (&json!("info"), &json!("8 objects were added")));
    assert_eq!(
        result["resourceRef"],
        json!({"apiVersion": "flow.jina.ai/v1alpha1", "kind": "JinaFlow", "name": "search", "namespace": "search"})
    );
    assert_eq!(result["file"], json!({"path": "search.yaml"}));
    let objects = list["items"].as_array().unwrap()[1..].iter().filter(|item| !is_record(item));
    let added: Vec<String> = objects.map(|item| label(item).replace('/', " search/")).collect();
    assert_eq!(result["tags"]["objects"].as_str().unwrap().lines().collect::<Vec<_>>(), added);
}

/// A package, the change of its text, and what the render reports.
struct Case {
    what: &'static str,
    edits: &'static [(&'static str, &'static str)],
    results: &'static [&'static str],
    summary: &'static str,
}

const CASES: &[Case] = &[
    Case { what: "nothing", edits: &[], results: &[], summary: "no changes, 8 unchanged" },
    Case {
        what: "a changed field",
        edits: &[("acme/encoder:1, replicas: 2}", "acme/encoder:2, replicas: 2}")],
        results: &["object-changed Deployment/encoder spec.template.spec.containers[0].image"],
        summary: "1 changed, 7 unchanged",
    },
    Case {
        what: "a removed executor",
        edits: &[(
            "      - {name: encoder, uses: docker://acme/encoder:1, replicas: 2}\n",
            "      - {name: ranker, uses: docker://acme/ranker:1}\n",
        )],
        results: &[
            "object-removed ConfigMap/encoder-configmap",
            "object-removed Service/encoder",
            "object-removed Deployment/encoder",
            "object-removed PodDisruptionBudget/encoder",
            "object-changed Deployment/gateway",
            "object-added ConfigMap/ranker-configmap",
            "object-added Service/ranker",
            "object-added Deployment/ranker",
            "object-added PodDisruptionBudget/ranker",
        ],
        summary: "4 added, 1 changed, 4 removed, 3 unchanged",
    },
    Case {
        what: "a renamed executor with an edit",
        edits: &[("{name: encoder,", "{name: enc,"), ("    replicas: 2\n", "    replicas: 5\n")],
        results: &[
            "edit-carried-over Deployment/encoder",
            "object-removed ConfigMap/encoder-configmap",
            "object-removed Service/encoder",
            "object-removed Deployment/encoder",
            "object-removed PodDisruptionBudget/encoder",
            "object-changed Deployment/gateway",
            "object-added ConfigMap/enc-configmap",
            "object-added Service/enc",
            "object-added Deployment/enc",
            "object-added PodDisruptionBudget/enc",
            "edit-kept Deployment/enc spec.replicas",
        ],
        summary: "4 added, 1 changed, 4 removed, 1 field kept because edited, 3 unchanged",
    },
    Case {
        what: "a kept edit",
        edits: &[("    replicas: 2\n", "    replicas: 5\n")],
        results: &["edit-kept Deployment/encoder spec.replicas"],
        summary: "no changes, 1 field kept because edited, 8 unchanged",
    },
    Case {
        what: "a removed and an added field",
        edits: &[("    replicas: 2\n", "    paused: true\n")],
        results: &["edit-kept Deployment/encoder"],
        summary: "no changes, 2 fields kept because edited, 8 unchanged",
    },
    Case {
        what: "a change beside a kept edit",
        edits: &[("    replicas: 2\n", "    replicas: 5\n"), ("acme/encoder:1, replicas: 2}", "acme/encoder:2, replicas: 2}")],
        results: &[
            "object-changed Deployment/encoder spec.template.spec.containers[0].image",
            "edit-kept Deployment/encoder spec.replicas",
        ],
        summary: "1 changed, 1 field kept because edited, 7 unchanged",
    },
    Case {
        what: "a conflict in which the edit is kept is reported once",
        edits: &[("    replicas: 2\n", "    replicas: 5\n"), ("replicas: 2}", "replicas: 3}")],
        results: &["edit-conflict Deployment/encoder spec.replicas"],
        summary: "no changes, 1 field kept because edited, 8 unchanged",
    },
    Case {
        what: "a conflict in which the Flow is kept",
        edits: &[
            ("    replicas: 2\n", "    replicas: 5\n"),
            ("replicas: 2}", "replicas: 3}"),
            ("onConflict: keep", "onConflict: overwrite"),
        ],
        results: &["edit-conflict Deployment/encoder spec.replicas", "object-changed Deployment/encoder spec.replicas"],
        summary: "1 changed, 7 unchanged",
    },
    Case {
        what: "the same change in both",
        edits: &[("    replicas: 2\n", "    replicas: 3\n"), ("replicas: 2}", "replicas: 3}")],
        results: &["object-changed ConfigMap/search-rendered data"],
        summary: "1 changed, 8 unchanged",
    },
    Case {
        what: "many changed objects",
        edits: &[("    output: ", "    defaults: {labels: {team: a}}\n    output: ")],
        results: &[
            "object-changed JinaFlow/search",
            "- ConfigMap search/gateway-configmap: metadata.labels.team",
            "- Service search/gateway: metadata.labels.team",
            "- Deployment search/gateway: metadata.labels.team, spec.template.metadata.labels.team",
            "- PodDisruptionBudget search/gateway: metadata.labels.team",
            "- ConfigMap search/encoder-configmap: metadata.labels.team",
            "- Service search/encoder: metadata.labels.team",
            "- Deployment search/encoder: metadata.labels.team, spec.template.metadata.labels.team",
            "- PodDisruptionBudget search/encoder: metadata.labels.team",
        ],
        summary: "8 changed",
    },
    Case {
        what: "another namespace",
        edits: &[("    name: search\n    namespace: search\n", "    name: search\n    namespace: find\n")],
        results: &[
            "object-removed JinaFlow/search",
            "- ConfigMap search/gateway-configmap",
            "- Service search/gateway",
            "- Deployment search/gateway",
            "- PodDisruptionBudget search/gateway",
            "- ConfigMap search/encoder-configmap",
            "- Service search/encoder",
            "- Deployment search/encoder",
            "- PodDisruptionBudget search/encoder",
            "object-added JinaFlow/search",
            "- ConfigMap find/gateway-configmap: replaces the ConfigMap search/gateway-configmap",
            "- Service find/gateway: replaces the Service search/gateway",
            "- Deployment find/gateway: replaces the Deployment search/gateway",
            "- PodDisruptionBudget find/gateway: replaces the PodDisruptionBudget search/gateway",
            "- ConfigMap find/encoder-configmap: replaces the ConfigMap search/encoder-configmap",
            "- Service find/encoder: replaces the Service search/encoder",
            "- Deployment find/encoder: replaces the Deployment search/encoder",
            "- PodDisruptionBudget find/encoder: replaces the PodDisruptionBudget search/encoder",
        ],
        summary: "8 added, 8 removed",
    },
];

#[test]
fn a_second_render_reports_what_it_changes_and_keeps() {
    let package = rendered(&["search"]);
    for Case { what, edits, results: expected, summary } in CASES {
        let mut edited = package.clone();
        for (from, to) in *edits {
            assert!(edited.contains(from), "{what}: {from:?} is not in\n{edited}");
            edited = edited.replace(from, to);
        }
        let answer = function(&edited);
        assert_eq!(answer.code, 0, "{what}: {}", answer.stderr);
        assert_eq!(results(&answer), *expected, "{what}");
        assert_eq!(answer.summary, [format!("jinaflow: search: {summary}")], "{what}");
        // The next render has nothing to change. It reports the same kept edits.
        let again = function(answer.items());
        let is_still_so =
            |line: &&String| line.starts_with("edit-kept") || line.starts_with("edit-conflict") && !what.ends_with("the Flow is kept");
        assert_eq!(results(&again), results(&answer).iter().filter(is_still_so).cloned().collect::<Vec<_>>(), "{what}");
        assert!(again.summary[0].starts_with("jinaflow: search: no changes, "), "{what}: {:?}", again.summary);
        assert_eq!(again.items(), answer.items(), "{what}");
    }
}

#[test]
fn a_failed_render_reports_no_changes() {
    let edited = rendered(&["search"]).replace("    replicas: 2\n", "    replicas: 5\n");
    let invalid = edited.replace("acme/encoder:1, replicas: 2}", "acme/encoder:2, replicas: -1}");
    let refused = edited.replace("acme/encoder:1, replicas: 2}", "acme/encoder:2, replicas: 3}").replace("keep}", "error}");
    for (input, code) in [(invalid, "value-out-of-range"), (refused, "edit-conflict")] {
        let answer = function(&input);
        assert_eq!((answer.code, answer.codes()[0], answer.summary.len()), (1, code, 0), "{}", answer.stderr);
        assert!(!answer.list()["results"].as_array().unwrap().iter().any(is_change));
    }
}

#[test]
fn each_flow_of_a_list_has_its_own_line() {
    let package = rendered(&["search", "find"]);
    let answer = function(&package.replacen("acme/encoder:1, replicas: 2}", "acme/encoder:2, replicas: 2}", 1)).succeeded();
    assert_eq!(answer.summary, ["jinaflow: search: 1 changed, 7 unchanged", "jinaflow: find: no changes, 8 unchanged"]);
    assert_eq!(results(&answer), ["object-changed Deployment/encoder spec.template.spec.containers[0].image"]);
    assert_eq!(answer.list()["results"][0]["resourceRef"]["namespace"], "search");
    // The objects of a removed JinaFlow are reported under its name.
    let without = package.replacen(&flow("find"), "", 1);
    let answer = function(&without);
    assert_eq!(answer.codes(), ["flow-removed"]);
    assert_eq!(answer.summary, ["jinaflow: search: no changes, 8 unchanged", "jinaflow: find: 8 removed"]);
    let removed = &answer.list()["results"][1];
    assert_eq!(removed["message"], "8 objects of the JinaFlow `find` were removed");
    assert_eq!(removed["resourceRef"]["name"], "search");
}

#[test]
fn a_renamed_flow_changes_its_objects() {
    let answer = function(&rendered(&["search"]).replace(
        "    name: search\n    namespace: search\n    annotations:\n      internal.config.kubernetes.io/path: 'search.yaml'",
        "    name: find\n    namespace: search\n    annotations:\n      internal.config.kubernetes.io/path: 'search.yaml'",
    ))
    .succeeded();
    assert_eq!(answer.summary, ["jinaflow: find: 8 changed"]);
    assert!(answer.list()["results"][0]["tags"]["objects"].as_str().unwrap().contains("metadata.annotations[\"flow.jina.ai/object\"]"));
}

#[test]
fn a_build_with_kustomize_reports_no_changes() {
    for scenario in ["kustomize-generator", "kustomize-transformer"] {
        let answer = function(&fs::read_to_string(root().join("tests/krm").join(scenario).join("stdin.yaml")).unwrap()).succeeded();
        assert_eq!(answer.summary, [""; 0], "{scenario}");
        assert_eq!(results(&answer), [""; 0], "{scenario}");
    }
}

#[test]
fn an_export_to_a_folder_says_what_it_did() {
    let folder = scratch("export-summary");
    let (file, out) = (folder.join("flow.yml"), folder.join("out"));
    let export = |executors: &str| {
        fs::write(&file, format!("jtype: Flow\nexecutors:\n{executors}")).unwrap();
        jinaflow(&["export", file.to_str().unwrap(), out.to_str().unwrap()]).succeeded().summary
    };
    let encoder = "- {name: encoder, uses: docker://acme/encoder:1, replicas: 2}\n";
    assert_eq!(export(encoder), ["jinaflow: flow: 8 added"]);
    assert_eq!(export(encoder), ["jinaflow: flow: no changes, 8 unchanged"]);
    let deployment = out.join("encoder/encoder.yml");
    let edited = fs::read_to_string(&deployment).unwrap().replace("\n  replicas: 2\n", "\n  replicas: 5\n");
    fs::write(&deployment, edited).unwrap();
    let changed = encoder.replace("encoder:1", "encoder:2") + "- {name: ranker, uses: docker://acme/ranker:1}\n";
    assert_eq!(export(&changed), ["jinaflow: flow: 4 added, 2 changed, 1 field kept because edited, 6 unchanged"]);
    // An export to standard output changes nothing.
    assert_eq!(jinaflow(&["export", file.to_str().unwrap()]).succeeded().summary, [""; 0]);
}
