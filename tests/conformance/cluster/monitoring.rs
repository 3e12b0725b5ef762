//! Monitors on the cluster: Prometheus Operator turns them into scrape configuration, Prometheus scrapes the pods, and the
//! queries in ScaledObjects return the load. KEDA would send the same queries to the same address.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fixture::{Space, on_node, wait_for};
use crate::load::{Client, none_lost};
use crate::support::{self, root};
use crate::tools::{export, must};

/// The operator, and a Prometheus that takes the monitors of the namespace which have the label.
const OPERATOR: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: monitoring, namespace: NAMESPACE}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: monitoring, namespace: NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: monitoring, namespace: NAMESPACE}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: prometheus-operator, namespace: NAMESPACE}
spec:
  selector: {matchLabels: {app: prometheus-operator}}
  template:
    metadata: {labels: {app: prometheus-operator}}
    spec:
      serviceAccountName: monitoring
      containers:
      - name: operator
        image: localhost/prometheus-operator:1
        imagePullPolicy: Never
        args: [--namespaces=NAMESPACE, --prometheus-config-reloader=localhost/prometheus-config-reloader:1, --kubelet-endpoints=false]
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: run, namespace: NAMESPACE}
spec:
  image: localhost/prometheus:1
  version: v3.16.0
  imagePullPolicy: Never
  serviceAccountName: monitoring
  securityContext: {runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000}
  serviceMonitorSelector: {matchLabels: {release: run}}
  podMonitorSelector: {matchLabels: {release: run}}
";

const FLOW: &str = "apiVersion: flow.jina.ai/v1alpha1
kind: JinaFlow
metadata: {name: run, namespace: NAMESPACE}
spec:
  flow: |
    jtype: Flow
    with: {monitoring: true}
    executors:
    - {name: encoder, uses: docker://example/encoder:v1}
    - {name: indexer, uses: docker://example/indexer:v1, shards: 2, polling: {/index: ANY, /search: ALL}}
  monitoring: {kind: ServiceMonitor, interval: 1s, labels: {release: run}, prometheus: \"http://prometheus-operated:9090\"}
  gateway: {autoscale: {min: 1, max: 2, concurrency: 10}}
  executors:
    encoder: {autoscale: {min: 0, max: 3, requestsPerSecond: 5}}
    indexer: {autoscale: {min: 1, max: 3, concurrency: 2}, head: {autoscale: {min: 1, max: 3, requestsPerSecond: 5}}}
";

/// The answer of Prometheus, from the address that the operator's Service has.
fn prometheus(space: &Space, path: &str) -> Option<Value> {
    let service = format!("/api/v1/namespaces/{}/services/prometheus-operated:9090/proxy/api/v1/{path}", space.name);
    let run = support::run(on_node("kubectl", &["get", "--raw", &service]), b"");
    (run.code == 0).then(|| serde_json::from_str::<Value>(&run.stdout).unwrap()["data"].clone())
}

/// The value of a query that returns one.
fn value(space: &Space, query: &str) -> Option<f64> {
    let escaped: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let data = prometheus(space, &format!("query?query={escaped}"))?;
    let result = data["result"].as_array()?;
    assert!(result.len() < 2, "{query}: {data}");
    result.first()?["value"][1].as_str()?.parse().ok()
}

/// Waits until the pods of the Flow, and no others, are targets that answer.
fn all_pods_are_up(space: &Space, kind: &str) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    wait_for(&format!("{kind}s: all pods are targets"), 180, || {
        let targets = prometheus(space, "targets?state=active")?;
        let targets = targets["activeTargets"].as_array()?;
        let mut up: Vec<_> = targets.iter().map(|target| (text(&target["labels"]["pod"]), text(&target["health"]))).collect();
        up.sort();
        let pods = space.get(&["pods", "--selector", "flow.jina.ai/flow=run"]);
        let mut pods: Vec<_> = pods["items"].as_array()?.iter().map(|pod| (text(&pod["metadata"]["name"]), "up".to_owned())).collect();
        pods.sort();
        let from = format!("{}{}/{}/", kind[..1].to_lowercase(), &kind[1..], space.name);
        (pods.len() == 5 && up == pods && targets.iter().all(|target| text(&target["scrapePool"]).starts_with(&from))).then_some(())
    });
}

/// The queries of the ScaledObject of a component.
fn queries(space: &Space, component: &str) -> Vec<String> {
    let object = space.get(&["scaledobject", component]);
    let query = |trigger: &Value| trigger["metadata"]["query"].as_str().unwrap().to_owned();
    object["spec"]["triggers"].as_array().unwrap().iter().map(query).collect()
}

/// Waits until the value of a query, times `factor`, is `expected` give or take a tenth.
fn is(space: &Space, query: &str, factor: f64, expected: f64) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let value = value(space, query).map(|value| value * factor);
        if value.is_some_and(|value| (value - expected).abs() < expected * 0.1) {
            return;
        }
        assert!(Instant::now() < end, "{query}: {value:?}, not {expected}");
        sleep(Duration::from_millis(500));
    }
}

/// Waits until a query of the last two minutes has counted `expected`. `rate` extrapolates at both ends of the period.
fn counts(space: &Space, query: &str, expected: f64) {
    is(space, query, 120.0, expected);
}

#[test]
fn prometheus_finds_all_pods_and_answers_the_queries_of_autoscalers() {
    let monitoring = root().join(".tools/cluster/monitoring");
    must(on_node("ctr", &["images", "import", monitoring.join("images.tar").to_str().unwrap()]));
    must(on_node("kubectl", &["apply", "--server-side", "-f", monitoring.to_str().unwrap()]));
    let space = Space::new("monitoring");
    let named = |manifests: &str| manifests.replace("NAMESPACE", &space.name);
    space.apply(&named(OPERATOR));
    let client = Client::beside(&space, &export(&named(FLOW), &[]));
    all_pods_are_up(&space, "ServiceMonitor");

    none_lost(&client.send(&json!({"to": "gateway:8080", "endpoint": "/search", "limit": 60})));
    counts(&space, &queries(&space, "encoder")[0], 60.0);
    counts(&space, &queries(&space, "encoder")[1], 60.0);
    counts(&space, &queries(&space, "indexer-head")[0], 60.0);

    // Four requests at the same time. A shard works on one after the other, eight seconds on each: they take 8, 16, 24 and 32
    // seconds, which are 80 seconds of calls in two minutes.
    let parameters = json!({"slow": ["indexer"], "seconds": 8});
    let slow = json!({"to": "gateway:8080", "endpoint": "/search", "limit": 4, "apart": 0.0, "timeout": 120, "parameters": parameters});
    let load = client.load_unanswered(&slow);
    is(&space, &queries(&space, "gateway")[0], 120.0, 80.0);
    none_lost(&load.stop());
    counts(&space, &queries(&space, "indexer-0")[0], 80.0);
    counts(&space, &queries(&space, "indexer-1")[0], 80.0);

    // The other kind of monitor. Its pods are the same.
    let pods = space.pods("encoder");
    space.kubectl(&["delete", "servicemonitors", "--all"]);
    space.apply(&export(&named(FLOW).replace("kind: ServiceMonitor", "kind: PodMonitor"), &[]));
    all_pods_are_up(&space, "PodMonitor");
    assert_eq!(space.pods("encoder"), pods);
    // They are new series, whose rate begins at 0. Their counter has the labels by which the query finds it. The job of a
    // PodMonitor is its namespace and its name.
    let query = &queries(&space, "encoder")[0];
    let counter = query.split_once("rate(").unwrap().1.split_once("[2m]").unwrap().0.replace('{', "{job=~\".+/.+\",");
    is(&space, &format!("sum({counter})"), 1.0, 64.0);
}
