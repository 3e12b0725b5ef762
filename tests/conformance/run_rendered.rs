//! Rendered Flows that run in the stand-in of a cluster: the containers of the manifests as real Jina processes, called by a
//! real Jina client. `kubelet/__main__.py` lists what is checked in every case.
//!
//! `cluster/classes.rs` runs each class of Flows on a real cluster. Here are the cases that have to be many and quick: faults
//! in manifests. The stand-in starts a Flow in seconds, reports all faults of a run at once, and names their causes, such as
//! a preStop command that fails, an unknown argument, or a container that is killed.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::faults::{argument, container, stream};
use crate::support::{self, documents, label, root, scratch};
use crate::tools::{folder, render};

/// Runs manifests in the sandbox and returns its report.
pub fn kubelet(place: &Path, manifests: &str, flow: &str, flags: &[&str]) -> Value {
    let (all, flow_file) = (place.join("all.yml"), place.join("flow.yml"));
    fs::write(&all, manifests).unwrap();
    fs::write(&flow_file, flow).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--net", "--uts", "--ipc", "--"]);
    // A shell as first process collects orphaned processes.
    command.args(["sh", "-c", "\"$@\"; exit $?", "sh"]);
    command.arg(folder().join("jina/bin/python")).arg(root().join("tests/conformance/kubelet"));
    command.arg(&all).arg(&flow_file).arg(place.join("out")).args(flags);
    let run = support::run(command, b"");
    assert!(matches!(run.code, 0 | 1), "{}{}", run.stdout, run.stderr);
    let mut report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}{}", run.stdout, run.stderr));
    report["log"] = run.stderr.into();
    report
}

/// Asserts that nothing failed.
pub fn passed(report: Value) -> Value {
    assert_eq!(report["failures"], json!([]), "{}", report["log"].as_str().unwrap());
    report
}

/// With requests of 2 seconds each while pods are deleted, 4 requests are enough.
const SPEC: &str = "defaults: {drainSeconds: 4}";

const CHAIN: &str = "jtype: Flow
with: {protocol: http, monitoring: true}
executors:
- {name: encoder, uses: docker://example/encoder:v1, uses_with: {dim: 4, tag: pa$$word-$(HOME)}, env: {RUN_COLOR: blue}}
- {name: indexer, uses: docker://example/indexer:v1}
";

const REPLICAS: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1, replicas: 2}
";

/// When connections live longer than a pod drains, callers do not learn of its end in time.
#[test]
fn a_drain_shorter_than_connections_live_is_detected() {
    let flow = REPLICAS.replace("replicas: 2", "replicas: 2, grpc_server_options: {grpc.max_connection_age_ms: 60000}");
    let objects = objects(&flow, SPEC);
    let flags = ["--entry", "grpc://gateway:8080", "--roll-out", "encoder", "--load", "0.25"];
    finds(&objects, &flow, &flags, &[("cut-off", "a request arrives 2 times")]);
}

const SHARDS: &str = "jtype: Flow
with: {monitoring: true}
executors:
- {name: encoder, uses: docker://example/encoder:v1, uses_with: {dim: 4}, env: {RUN_COLOR: blue}}
- name: indexer
  uses: docker://example/indexer:v1
  shards: 2
  polling: {'*': ALL, /index: ANY, /search: ALL}
  uses_before: docker://example/before:v1
  uses_after: docker://example/after:v1
";

const DIAMOND: &str = "jtype: Flow
with: {protocol: [grpc, http, websocket], port: [8080, 8081, 8082]}
executors:
- {name: first, uses: docker://example/encoder:v1}
- {name: left, uses: docker://example/echo:v1, needs: first}
- {name: right_side, uses: docker://example/echo:v1, needs: first}
- {name: joiner, uses: docker://example/echo:v1, needs: [left, right_side]}
";

/// Runs faulty objects. Every pair in `expected` (a code and a part of the message) must be found.
fn finds(objects: &[Value], flow: &str, flags: &[&str], expected: &[(&str, &str)]) {
    let report = kubelet(&scratch("run"), &stream(objects), flow, flags);
    let failures = report["failures"].as_array().unwrap();
    for (code, part) in expected {
        let found = failures.iter().any(|f| f["code"] == *code && f["what"].as_str().unwrap().contains(part));
        assert!(found, "{code}: {part:?} is not found\n{}", report["log"].as_str().unwrap());
    }
}

fn objects(flow: &str, spec: &str) -> Vec<Value> {
    documents(&render(flow, spec))
}

/// Without a fault, nothing is found.
#[test]
fn a_flow_without_faults_passes() {
    let spec = format!("{SPEC}\nnetworkPolicy: {{}}");
    let flags = ["--entry", "grpc://gateway:8080", "--refused", "grpc://encoder:8080"];
    passed(kubelet(&scratch("run"), &stream(&objects(SHARDS, &spec)), SHARDS, &flags));
}

/// The containers of a head's pod, in the order in which they started and ended.
fn orders(report: &Value) -> [Vec<String>; 2] {
    let all = report["order"].as_array().unwrap();
    let text = |line: &Value, place: usize| line[place].as_str().unwrap().to_owned();
    let of = |event: &str| {
        let first = all.iter().find(|line| line[0] == event && text(line, 1).starts_with("indexer-head-")).unwrap();
        all.iter().filter(|line| line[0] == event && line[1] == first[1]).map(|line| text(line, 2)).collect()
    };
    [of("started"), of("ended")]
}

/// `uses_before` and `uses_after` start before the head that calls them, and end after it, while requests are in flight.
#[test]
fn side_containers_start_before_their_head_and_end_after_it() {
    let flags = ["--entry", "grpc://gateway:8080", "--roll-out", "indexer-head", "--load", "0.25"];
    let report = passed(kubelet(&scratch("run"), &stream(&objects(SHARDS, SPEC)), SHARDS, &flags));
    let [started, ended] = orders(&report);
    assert_eq!(started, ["uses-before", "uses-after", "executor"], "{}", report["order"]);
    assert_eq!(ended, ["executor", "uses-after", "uses-before"], "{}", report["order"]);
}

/// The sandbox must find faults, or its reports prove nothing: first faults in Flows that start.
#[test]
fn broken_manifests_that_start_are_detected() {
    let mut objects = objects(SHARDS, &format!("{SPEC}\nnetworkPolicy: {{}}"));
    objects.retain(|object| label(object) != "NetworkPolicy/encoder");
    let gateway = container(&mut objects, "Deployment/gateway", 0);
    gateway["command"] = json!(["sh", "-c", "jina \"$@\"; true", "jina"]);
    gateway["args"].as_array_mut().unwrap().extend(["--no-such-option".into(), "1".into()]);
    let encoder = container(&mut objects, "Deployment/encoder", 0);
    argument(encoder, "--uses-with", Some("{\"dim\": 5}"));
    encoder["args"].as_array_mut().unwrap().retain(|word| word != "--monitoring");
    encoder["livenessProbe"] = json!({"grpc": {"port": 8099}});
    encoder["lifecycle"]["preStop"] = json!({"exec": {"command": ["no-such-program"]}});
    let head = container(&mut objects, "Deployment/indexer-head", 0);
    argument(head, "--connection-list", Some("{\"0\": \"indexer-0:8080\", \"1\": \"indexer-0:8080\"}"));
    argument(head, "--uses-before-address", None);
    container(&mut objects, "Deployment/indexer-0", 0)["lifecycle"] = Value::Null;
    for object in &mut objects {
        if label(object) == "Deployment/gateway" {
            object["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 5.into();
        }
        if label(object) == "ConfigMap/encoder-configmap" {
            object["data"].as_object_mut().unwrap().remove("RUN_COLOR").expect("the Flow sets it");
        }
    }
    let expected = [
        ("unknown-argument", "ignores"),
        ("wrong-answer", "uses_with dim=4 came as 5"),
        ("wrong-answer", "env RUN_COLOR='blue' came as None"),
        ("wrong-answer", "indexer is polled ALL: it went to shards [0]"),
        ("wrong-answer", "it never went through indexer:before"),
        ("wrong-answer", "UNAVAILABLE"),
        ("no-metrics", "/metrics"),
        ("liveness-failed", "8099"),
        ("prestop-failed", "no-such-program"),
        ("killed", "kubelet kills it"),
        ("not-refused", "the client can call it"),
    ];
    finds(&objects, SHARDS, &["--entry", "grpc://gateway:8080", "--refused", "grpc://encoder:8080"], &expected);
}

/// Then faults in Flows that do not start.
#[test]
fn broken_manifests_that_do_not_start_are_detected() {
    let mut objects = objects(DIAMOND, SPEC);
    objects.retain(|object| label(object) != "ConfigMap/first-configmap");
    argument(container(&mut objects, "Deployment/left", 0), "--uses", Some("another.yml"));
    container(&mut objects, "Deployment/right-side", 0)["startupProbe"] = json!({"grpc": {"port": 8099}});
    container(&mut objects, "Deployment/joiner", 0)["image"] = "example/unheard-of:v1".into();
    let expected = [
        ("cannot-start", "there is no ConfigMap first-configmap"),
        ("container-exited", "it exits unexpectedly"),
        ("startup-failed", "8099"),
        ("cannot-start", "there is no image example/unheard-of:v1"),
        ("given-up", ""),
    ];
    finds(&objects, DIAMOND, &["--entry", "grpc://gateway:8080", "--startup-limit", "8"], &expected);
}

/// The order of the graph is reversed; the documents show it.
#[test]
fn a_wrong_order_is_detected() {
    let mut objects = objects(CHAIN, SPEC);
    let graph = "{\"indexer\": [\"encoder\"], \"start-gateway\": [\"indexer\"], \"encoder\": [\"end-gateway\"]}";
    argument(container(&mut objects, "Deployment/gateway", 0), "--graph-description", Some(graph));
    let expected = [("wrong-answer", "it came to indexer after [], but the Flow expects it after ['encoder']")];
    finds(&objects, CHAIN, &["--entry", "http://gateway:8080"], &expected);
}
