//! Rendered Flows that run: the containers of the manifests as real Jina processes, called by a real Jina client.
//! `kubelet/__main__.py` lists what is checked in every case.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::kustomize::{kustomize, write};
use crate::support::{self, documents, label, root, scratch};
use crate::tools::{folder, must, static_binary};

/// A JinaFlow with a Flow, and more lines for its `spec`.
fn jinaflow(flow: &str, spec: &str) -> String {
    let text = flow.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let more = spec.lines().map(|line| format!("  {line}\n")).collect::<String>();
    format!("apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: run}}\nspec:\n  flow: |\n{text}{more}")
}

/// The manifests of a Flow.
fn render(folder: &Path, flow: &str, spec: &str, flags: &[&str]) -> String {
    let file = folder.join("jinaflow.yml");
    fs::write(&file, jinaflow(flow, spec)).unwrap();
    let mut export = Command::new(static_binary());
    export.arg("export").arg(&file).args(flags);
    must(export).stdout
}

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

/// Renders and runs a Flow, and asserts that nothing fails.
fn runs(flow: &str, spec: &str, flags: &[&str]) -> Value {
    let folder = scratch("run");
    passed(kubelet(&folder, &render(&folder, flow, spec, &[]), flow, flags))
}

/// Asserts that nothing failed.
pub fn passed(report: Value) -> Value {
    assert_eq!(report["failures"], json!([]), "{}", report["log"].as_str().unwrap());
    report
}

/// The number of pods that served an executor before any was replaced.
fn pods(report: &Value, executor: &str) -> usize {
    let served = &report["served"]["first"];
    served[executor].as_object().unwrap_or_else(|| panic!("{executor}: {served}")).len()
}

/// With requests of 2 seconds each while pods are deleted, 4 requests are enough.
const SPEC: &str = "defaults: {drainSeconds: 4}";

const CHAIN: &str = "jtype: Flow
with: {protocol: http, monitoring: true}
executors:
- {name: encoder, uses: docker://example/encoder:v1, uses_with: {dim: 4, tag: pa$$word-$(HOME)}, env: {RUN_COLOR: blue}}
- {name: indexer, uses: docker://example/indexer:v1}
";

#[test]
fn a_chain_runs_over_http_with_monitoring() {
    runs(CHAIN, SPEC, &["--entry", "http://gateway:8080"]);
}

const REPLICAS: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1, replicas: 2}
";

/// Without a mesh, every replica serves requests, including replicas that start later. When all pods are replaced, no
/// request is lost or retried: callers learn of a pod's end while it drains. The drain takes less than 5 seconds here;
/// the default is 30.
#[test]
fn every_replica_serves_requests() {
    let flow = REPLICAS.replace("replicas: 2", "replicas: 2, grpc_server_options: {grpc.max_connection_age_ms: 2000}");
    let flow = flow.replace("executors:", "with: {grpc_channel_options: {grpc.dns_min_time_between_resolutions_ms: 1000}}\nexecutors:");
    let flags = ["--entry", "grpc://gateway:8080", "--balanced", "--roll-out", "encoder", "--roll-out", "gateway"];
    let report = runs(&flow, "defaults: {drainSeconds: 5}", &flags);
    assert_eq!(pods(&report, "encoder"), 2, "{report}");
}

/// When connections live longer than a pod drains, callers do not learn of its end in time.
#[test]
fn a_drain_shorter_than_connections_live_is_detected() {
    let flow = REPLICAS.replace("replicas: 2", "replicas: 2, grpc_server_options: {grpc.max_connection_age_ms: 60000}");
    let objects = objects(&flow, SPEC);
    let flags = ["--entry", "grpc://gateway:8080", "--roll-out", "encoder", "--load", "0.25"];
    finds(&objects, &flow, &flags, &[("cut-off", "a request arrives 2 times")]);
}

/// Jina's export keeps one connection to a Service, and therefore uses one replica.
#[test]
fn replicas_as_jina_exports_them_need_a_mesh() {
    let folder = scratch("run");
    let manifests = render(&folder, REPLICAS, "", &["--compat", "jina-3.34", "--k8s-namespace", "run"]);
    let flags = ["--entry", "grpc://gateway:8080", "--namespace", "run", "--slow", "0.5"];
    let report = passed(kubelet(&folder, &manifests, REPLICAS, &flags));
    assert_eq!(pods(&report, "encoder"), 1, "{report}");
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

#[test]
fn shards_run_with_both_pollings_between_uses_before_and_uses_after() {
    let report = runs(SHARDS, SPEC, &["--entry", "grpc://gateway:8080"]);
    assert_eq!(pods(&report, "indexer"), 2, "{report}");
}

const DIAMOND: &str = "jtype: Flow
with: {protocol: [grpc, http, websocket], port: [8080, 8081, 8082]}
executors:
- {name: first, uses: docker://example/encoder:v1}
- {name: left, uses: docker://example/echo:v1, needs: first}
- {name: right_side, uses: docker://example/echo:v1, needs: first}
- {name: joiner, uses: docker://example/echo:v1, needs: [left, right_side]}
";

#[test]
fn a_diamond_runs_over_three_protocols() {
    let entries = ["grpc://gateway:8080", "http://gateway-1-http:8081", "websocket://gateway-2-websocket:8082"];
    runs(DIAMOND, SPEC, &entries.map(|entry| ["--entry", entry]).concat());
}

const STORAGE: &str = "jtype: Flow
executors:
- {name: indexer, uses: docker://example/indexer:v1, shards: 2, volumes: [/srv/data:/data], workspace: /data, polling: {/index: ANY, /search: ALL}}
";

/// A pod that replaces a deleted one finds the indexed documents again, and no other pod finds them: each shard has its
/// own claim.
#[test]
fn indexed_documents_survive_the_deletion_of_a_pod() {
    runs(STORAGE, SPEC, &["--entry", "grpc://gateway:8080", "--roll-out", "indexer-0"]);
}

#[test]
fn a_deployment_runs() {
    let deployment = "jtype: Deployment\nwith: {name: encoder, uses: docker://example/encoder:v1, uses_with: {dim: 5}}\n";
    runs(deployment, SPEC, &["--entry", "grpc://encoder:8080"]);
}

/// A head that is called directly spreads its requests too.
#[test]
fn a_deployment_runs_with_shards_and_replicas() {
    let deployment = "jtype: Deployment\nwith: {name: encoder, uses: docker://example/encoder:v1, shards: 2, replicas: 2}\n";
    let report = runs(deployment, SPEC, &["--entry", "grpc://encoder-head:8080", "--balanced"]);
    assert_eq!(pods(&report, "encoder"), 4, "{report}");
}

/// Additions of the owner of the environment: a user without rights, existing settings and Secrets, and an external
/// route.
#[test]
fn a_restricted_flow_runs_with_settings_and_secrets() {
    let known = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1}
- {name: indexer, uses: docker://example/indexer:v1, workspace: /data}
";
    // Jina itself would need the class.
    let inline = "image: example/encoder:v1, uses: {jtype: Encoder, with: {dim: 4}, metas: {py_modules: [executors.py]}}";
    let flow = known.replace("uses: docker://example/encoder:v1", inline);
    let spec = "kubernetesVersion: '1.30'
defaults: {drainSeconds: 4, securityProfile: restricted}
gateway: {expose: {type: LoadBalancer}}
executors:
  encoder:
    env: {RUN_FILE: /etc/run/model}
    envFromSecret: {RUN_TOKEN: {name: token, key: value}}
    configMaps: {models: {mountPath: /etc/run}, colors: {env: true, prefix: RUN_}}
  indexer: {storage: {size: 1Gi}}";
    let folder = scratch("run");
    let cluster = "---
{apiVersion: v1, kind: Secret, metadata: {name: token}, stringData: {value: hush}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: models}, data: {model: ViT-B-32}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: colors}, data: {COLOR: blue}}
";
    let manifests = render(&folder, &flow, spec, &[]) + cluster;
    let report = passed(kubelet(&folder, &manifests, known, &["--entry", "grpc://gateway-exposed:80", "--roll-out", "indexer"]));
    let hop = &report["hops"]["encoder"];
    assert_eq!((&hop["user"], &hop["file"], &hop["with"]["dim"]), (&json!(1000), &json!("ViT-B-32"), &json!(4)), "{hop}");
    let env = json!({"RUN_FILE": "/etc/run/model", "RUN_TOKEN": "hush", "RUN_COLOR": "blue"});
    assert_eq!(hop["env"], env);
}

/// All calls work with the names of the overlay, through NetworkPolicies that allow only those calls.
#[test]
fn a_flow_runs_after_an_overlay_with_a_namespace_and_a_prefix() {
    let flow = "jtype: Flow
with: {monitoring: true}
executors:
- {name: encoder, uses: docker://example/encoder:v1, replicas: 2}
- {name: indexer, uses: docker://example/indexer:v1, shards: 2, polling: {/index: ANY, /search: ALL}}
";
    let folder = scratch("run");
    let function = "metadata:\n  name: run\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: jinaflow}\n";
    let spec = format!("{SPEC}\nnetworkPolicy: {{egress: {{}}}}");
    write(&folder, "base/jinaflow.yaml", &jinaflow(flow, &spec).replace("metadata: {name: run}\n", function));
    fs::copy(root().join("functions/jinaflow/kustomizeconfig.yaml"), folder.join("base/kustomizeconfig.yaml")).unwrap();
    write(&folder, "base/kustomization.yaml", "generators: [jinaflow.yaml]\nconfigurations: [kustomizeconfig.yaml]\n");
    write(&folder, "overlay/kustomization.yaml", "resources: [../base]\nnamespace: stage\nnamePrefix: eu-\n");
    let manifests = must(kustomize(&folder.join("overlay"))).stdout;
    let flags = ["--entry", "grpc://eu-gateway.stage:8080", "--balanced"];
    let refused = ["encoder", "indexer-head", "indexer-0"].map(|name| format!("--refused=grpc://eu-{name}.stage:8080"));
    let flags = flags.into_iter().chain(refused.iter().map(String::as_str)).collect::<Vec<_>>();
    let report = passed(kubelet(&folder, &manifests, flow, &flags));
    assert_eq!(pods(&report, "encoder"), 2, "{report}");
}

/// A container of a workload.
fn container<'o>(objects: &'o mut [Value], name: &str, number: usize) -> &'o mut Value {
    let workload = objects.iter_mut().find(|object| label(object) == name).unwrap_or_else(|| panic!("no {name}"));
    &mut workload["spec"]["template"]["spec"]["containers"][number]
}

/// Changes the value of an argument, or drops it together with its flag.
fn argument(container: &mut Value, flag: &str, value: Option<&str>) {
    let args = container["args"].as_array_mut().unwrap();
    let at = args.iter().position(|word| word == flag).unwrap_or_else(|| panic!("no {flag} in {args:?}"));
    match value {
        Some(value) => args[at + 1] = value.into(),
        None => drop(args.drain(at..at + 2)),
    }
}

/// Runs faulty objects. Every pair in `expected` (a code and a part of the message) must be found.
fn finds(objects: &[Value], flow: &str, flags: &[&str], expected: &[(&str, &str)]) {
    let folder = scratch("run");
    let manifests = objects.iter().map(|object| format!("---\n{object}\n")).collect::<String>();
    let report = kubelet(&folder, &manifests, flow, flags);
    let failures = report["failures"].as_array().unwrap();
    for (code, part) in expected {
        let found = failures.iter().any(|f| f["code"] == *code && f["what"].as_str().unwrap().contains(part));
        assert!(found, "{code}: {part:?} is not found\n{}", report["log"].as_str().unwrap());
    }
}

fn objects(flow: &str, spec: &str) -> Vec<Value> {
    documents(&render(&scratch("run"), flow, spec, &[]))
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
