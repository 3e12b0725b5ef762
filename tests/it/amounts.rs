//! Quantities, sums and the requests of pods, compared with the library of Kubernetes: the recording `amounts.json`, which
//! `tests/conformance/kubernetes/amounts` writes.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::{Run, program, root, run};

/// Quantities that Kubernetes writes as another number, and the reason.
const DEFECTS: [(&str, &str); 1] = [("05000.0E", "10^21 and its multiples have no suffix, and lose their power of 10")];

fn recording() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("tests/it/amounts.json")).unwrap()).unwrap()
}

fn entries(recording: &Value, name: &str) -> Vec<Value> {
    recording[name].as_array().unwrap().clone()
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The summary of pods in JSON, and the findings.
fn summary(specs: &[Value]) -> (Vec<Value>, Run) {
    let objects = specs.iter().enumerate().map(|(number, spec)| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": format!("d{number}")}, "spec": {"template": {"spec": spec}}})
    });
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects.collect::<Vec<_>>()});
    let out = run(program(&["summary", "-", "--output", "json"]), list.to_string().as_bytes());
    assert_eq!(out.code, 0, "{}", out.stderr);
    let found: Value = serde_json::from_str(&out.stdout).unwrap();
    (found["components"].as_array().unwrap().clone(), out)
}

fn container(name: &str, resource: &str, amount: &str) -> Value {
    json!({"name": name, "image": "i:1", "resources": {"requests": {resource: amount}}})
}

#[test]
fn quantities_are_read_and_written_as_kubernetes_does() {
    let recording = recording();
    let quantities = entries(&recording, "quantities");
    let (valid, wrong): (Vec<&Value>, Vec<&Value>) = quantities.iter().partition(|entry| entry["canonical"] != "");
    assert!(recording["version"].as_str().unwrap().starts_with("v1.") && valid.len() > 300 && wrong.len() > 90);
    let pods = |entries: &[&Value]| -> Vec<Value> {
        entries.iter().map(|entry| json!({"containers": [container("c", "example.com/x", string(&entry["text"]))]})).collect()
    };
    let (components, _) = summary(&pods(&valid));
    let mut differences = Vec::new();
    for (entry, component) in valid.iter().zip(&components) {
        let (written, canonical) = (string(&entry["text"]), string(&entry["canonical"]));
        let ours = component["requests"]["example.com/x"].as_str();
        if ours != Some(canonical) {
            differences.push((written, ours, canonical));
        }
    }
    let known: Vec<&str> = DEFECTS.iter().map(|(written, _)| *written).collect();
    assert_eq!(differences.iter().map(|(written, ..)| *written).collect::<Vec<_>>(), known, "{differences:?}");
    let (components, out) = summary(&pods(&wrong));
    for (entry, component) in wrong.iter().zip(&components) {
        assert_eq!(component["requests"], json!({}), "{entry}");
    }
    assert_eq!(out.codes(), vec!["invalid-quantity"; wrong.len()]);
}

#[test]
fn sums_are_those_of_kubernetes() {
    let sums = entries(&recording(), "sums");
    assert!(sums.len() >= 200);
    let pods: Vec<Value> = sums
        .iter()
        .map(|sum| json!({"containers": [container("a", "example.com/x", string(&sum["first"])), container("b", "example.com/x", string(&sum["second"]))]}))
        .collect();
    let (components, _) = summary(&pods);
    for (sum, component) in sums.iter().zip(&components) {
        assert_eq!(component["requests"]["example.com/x"], sum["sum"], "{sum}");
    }
}

/// Amounts without those that are 0, which Kubernetes lists in some cases.
fn amounts(value: &Value) -> BTreeMap<&str, &str> {
    value.as_object().unwrap().iter().map(|(name, amount)| (name.as_str(), string(amount))).filter(|(_, amount)| *amount != "0").collect()
}

#[test]
fn pods_request_what_kubernetes_computes() {
    let pods = entries(&recording(), "pods");
    assert!(pods.len() >= 150);
    let (components, out) = summary(&pods.iter().map(|pod| pod["spec"].clone()).collect::<Vec<_>>());
    assert_eq!(out.stderr, "");
    for (pod, component) in pods.iter().zip(&components) {
        for kind in ["requests", "limits"] {
            assert_eq!(amounts(&component[kind]), amounts(&pod[kind]), "{kind} of {}", pod["spec"]);
        }
    }
    let has = |field: &str| pods.iter().filter(|pod| pod["spec"][field].is_object() || pod["spec"][field].is_array()).count();
    assert!(has("initContainers") > 50 && has("resources") > 20 && has("overhead") > 20);
}
