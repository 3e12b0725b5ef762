//! `jinaflow summary`: what manifests run, and what the cluster has to have before.

use std::fs;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::{assert_recorded, jinaflow, program, root, run};

/// The summary of objects in JSON.
fn summary(objects: &[Value]) -> Value {
    let input = json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string();
    let out = run(program(&["summary", "-", "--output", "json"]), input.as_bytes());
    assert_eq!(out.code, 0, "{}", out.stderr);
    serde_json::from_str(&out.stdout).unwrap()
}

fn deployment(spec: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": {"spec": spec}}})
}

/// The prerequisites of objects: `kind/name`.
fn needs(objects: &[Value]) -> Vec<String> {
    let found = summary(objects);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    found["prerequisites"].as_array().unwrap().iter().map(|need| format!("{}/{}", text(&need["kind"]), text(&need["name"]))).collect()
}

#[test]
fn summaries_of_examples_are_recorded() {
    for name in ["getting-started", "kpt"] {
        for (output, ending) in [("text", "txt"), ("markdown", "md"), ("json", "json")] {
            let path = root().join("examples").join(name).join("jinaflow.yaml");
            let out = jinaflow(&["summary", path.to_str().unwrap(), "--output", output]);
            assert_eq!(out.code, 0, "{}", out.stderr);
            assert!(output != "text" || out.stdout.lines().all(|line| line.chars().count() <= 100), "{}", out.stdout);
            assert_recorded(&root().join("tests/it/summary").join(format!("{name}.{ending}")), &out.stdout);
        }
    }
}

#[test]
fn optional_references_are_not_needed() {
    let spec = json!({"containers": [{"name": "c", "image": "i:1", "envFrom": [{"secretRef": {"name": "x", "optional": true}}]}]});
    assert_eq!(needs(&[deployment(&spec)]), Vec::<String>::new());
}

#[test]
fn a_set_without_workloads_is_an_error() {
    let out = run(program(&["summary", "-"]), b"apiVersion: v1\nkind: Service\nmetadata: {name: a}\n");
    assert_eq!((out.code, out.stdout.as_str(), out.codes()), (1, "", vec!["nothing-runs-jina"]), "{}", out.stderr);
}

#[test]
fn names_cannot_leave_a_cell_of_a_markdown_table() {
    let spec = json!({"containers": [{"name": "c", "image": "i|<b>`x`\n| y |"}]});
    let input = deployment(&spec).to_string();
    let out = run(program(&["summary", "-", "--output", "markdown"]), input.as_bytes());
    let rows: Vec<&str> = out.stdout.lines().filter(|line| line.contains("i&#124;")).collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| !row.contains("<b>") && !row.contains('`')), "{}", out.stdout);
}

/// The faults of a document by a schema with the keywords that ours has. Any other keyword is a fault.
pub fn faults(schema: &Value, whole: &Value, document: &Value, path: &str, found: &mut Vec<String>) {
    let kind = match document {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    for (word, rule) in schema.as_object().unwrap() {
        let is_met = match word.as_str() {
            "$schema" | "title" | "description" | "definitions" => true,
            "const" => rule == document,
            "enum" => rule.as_array().unwrap().contains(document),
            "minimum" => document.as_u64() >= rule.as_u64(),
            "type" => rule == kind || rule.as_array().is_some_and(|kinds| kinds.contains(&json!(kind))),
            "required" => rule.as_array().unwrap().iter().all(|name| document.get(name.as_str().unwrap()).is_some()),
            "$ref" => {
                faults(whole.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap(), whole, document, path, found);
                true
            }
            "anyOf" => rule.as_array().unwrap().iter().any(|choice| {
                let mut own = Vec::new();
                faults(choice, whole, document, path, &mut own);
                own.is_empty()
            }),
            "items" => {
                for (index, item) in document.as_array().into_iter().flatten().enumerate() {
                    faults(rule, whole, item, &format!("{path}/{index}"), found);
                }
                true
            }
            "properties" => {
                for (name, below) in rule.as_object().unwrap() {
                    if let Some(value) = document.get(name) {
                        faults(below, whole, value, &format!("{path}/{name}"), found);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Value::as_object);
                let others =
                    document.as_object().into_iter().flatten().filter(|(name, _)| !known.is_some_and(|known| known.contains_key(*name)));
                let others: Vec<_> = others.collect();
                if rule == false {
                    others.is_empty()
                } else {
                    for (name, value) in others {
                        faults(rule, whole, value, &format!("{path}/{name}"), found);
                    }
                    true
                }
            }
            _ => false,
        };
        if !is_met {
            found.push(format!("{path}: {word}"));
        }
    }
}

#[test]
fn the_json_is_valid_by_its_schema() {
    let text = fs::read_to_string(root().join("functions/jinaflow/summary.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    for name in ["getting-started", "kpt"] {
        let path = root().join("examples").join(name).join("jinaflow.yaml");
        let mut document: Value = serde_json::from_str(&jinaflow(&["summary", path.to_str().unwrap(), "--output", "json"]).stdout).unwrap();
        let mut found = Vec::new();
        faults(&schema, &schema, &document, "", &mut found);
        assert_eq!(found, Vec::<String>::new(), "{name}");
        document["components"][0]["drainSeconds"] = json!("30s");
        document["other"] = json!(1);
        faults(&schema, &schema, &document, "", &mut found);
        assert_eq!(found.len(), 3, "{found:?}");
    }
}

/// A container: its thousandths of a CPU, and whether it is an init container, and if so, whether it is a sidecar.
type Container = (u64, Option<bool>);

/// What a pod requests by the sentence of the documentation: at each moment of the start, the running containers.
fn requested(containers: &[Container]) -> u64 {
    let (mut sidecars, mut largest) = (0, 0);
    for (cpu, kind) in containers {
        match kind {
            Some(true) => sidecars += cpu,
            Some(false) => largest = largest.max(sidecars + cpu),
            None => {}
        }
    }
    let main: u64 = containers.iter().filter(|(_, kind)| kind.is_none()).map(|(cpu, _)| cpu).sum();
    largest.max(sidecars + main)
}

#[test]
fn totals_are_those_of_an_independent_computation() {
    let container = (0_u64..3000, proptest::option::of(any::<bool>()));
    let workload = (proptest::collection::vec(container, 1..6), 0_u64..5);
    let strategy = proptest::collection::vec(workload, 1..5);
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&strategy, |workloads| {
        let objects = workloads.iter().enumerate().map(|(index, (containers, replicas))| {
            let of = |wanted: bool| {
                let own = containers.iter().enumerate().filter(|(_, (_, kind))| kind.is_some() == wanted);
                let own = own.map(|(place, (cpu, kind))| {
                    let mut container =
                        json!({"name": format!("c{place}"), "image": "i:1", "resources": {"requests": {"cpu": format!("{cpu}m")}}});
                    if *kind == Some(true) {
                        container["restartPolicy"] = json!("Always");
                    }
                    container
                });
                own.collect::<Vec<_>>()
            };
            let mut object = deployment(&json!({"containers": of(false), "initContainers": of(true)}));
            object["metadata"]["name"] = json!(format!("d{index}"));
            object["spec"]["replicas"] = json!(replicas);
            object
        });
        let found = summary(&objects.collect::<Vec<_>>());
        let expected: u64 = workloads.iter().map(|(containers, replicas)| requested(containers) * replicas).sum();
        let cpu = found["totals"]["requests"]["cpu"].as_str().unwrap_or("0");
        let shown = match cpu.strip_suffix('m') {
            Some(thousandths) => thousandths.parse::<u64>().unwrap(),
            None => cpu.parse::<u64>().unwrap_or_else(|_| panic!("{cpu}")) * 1000,
        };
        prop_assert_eq!(shown, expected);
        prop_assert_eq!(found["totals"]["pods"].as_u64().unwrap(), workloads.iter().map(|(_, replicas)| replicas).sum::<u64>());
        Ok(())
    });
    checked.unwrap_or_else(|error| panic!("{error}"));
}

/// The defaults of KEDA are those of https://keda.sh/docs/latest/reference/scaledobject-spec/.
#[test]
fn a_scaled_object_has_the_bounds_of_keda_by_default() {
    let flow = "jtype: Flow\nexecutors: [{name: e, uses: docker://acme/e:1}]\n";
    let objects = run(program(&["export", "-"]), flow.as_bytes()).succeeded().stdout.replace("  replicas: 1\n", "");
    let scaler = "---\napiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: e}\nspec: {scaleTargetRef: {name: e}}\n";
    let out = run(program(&["check", "-"]), format!("{objects}{scaler}").as_bytes());
    assert!(out.stdout.contains(" 0-100 "), "{}\n{}", out.stdout, out.stderr);
    let out = run(program(&["summary", "-"]), format!("{objects}{scaler}").as_bytes());
    assert!(out.stdout.contains(" 0 to 100 "), "{}\n{}", out.stdout, out.stderr);
    // Only the gateway: no pod is replaced where none runs.
    assert!(out.stdout.contains("\nwhile all are replaced  2\n"), "{}", out.stdout);
}

#[test]
fn an_autoscaler_gives_a_minimum_and_a_maximum() {
    let mut object =
        deployment(&json!({"containers": [{"name": "c", "image": "i:1", "resources": {"requests": {"cpu": "2", "memory": "1Gi"}}}]}));
    let scaler = json!({"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"},
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "a"}, "minReplicas": 2, "maxReplicas": 5}});
    let found = summary(&[object.clone(), scaler.clone()]);
    let sums = |found: &Value| (found["totals"]["requests"]["memory"].clone(), found["maximum"]["requests"]["memory"].clone());
    assert_eq!(sums(&found), (json!("2Gi"), json!("5Gi")));
    assert_eq!(found["prerequisites"][0]["name"], "v1beta1.metrics.k8s.io");
    object["spec"]["replicas"] = json!(3);
    assert_eq!(sums(&summary(&[object, scaler])), (json!("3Gi"), json!("5Gi")));
}
