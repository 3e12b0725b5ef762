//! `examples/observability`: the queries of its dashboard and alerts with a real Prometheus that reads the metrics of a real Flow, and
//! its collector, which passes on the traces and metrics of the same Flow. `observability/watch.py` runs these programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::examples::assert_wired;
use crate::kustomize::write;
use crate::run_rendered::{kubelet, passed};
use crate::support::{Run, documents, label, root, run, scratch};
use crate::tools::{copy, folder, kustomize, must, render};

/// Metrics of other programs in the queries. Prometheus has `up` for each target; README says what has the others.
const NOT_OF_JINA: [&str; 3] = ["kube_pod_container_status_restarts_total", "kube_pod_status_ready", "up"];

const FLOW: &str = "jtype: Flow
with: {monitoring: true}
executors:
- {name: encoder, uses: docker://example/encoder:v1}
- {name: indexer, uses: docker://example/indexer:v1, shards: 2, polling: {'*': ANY, /search: ALL}}
";

/// The node of the stand-in has this address. By default, Jina sends metrics of OpenTelemetry each minute.
const SPEC: &str = "defaults: {drainSeconds: 4, env: {OTEL_METRIC_EXPORT_INTERVAL: '2000'}}
monitoring: {kind: PodMonitor}
telemetry: {traces: {host: 10.77.0.1}, metrics: {host: 10.77.0.1}}
";

/// An overlay that has the component, beside that for metrics.
pub fn overlay() -> Run {
    let examples = copy("examples");
    let overlay = examples.join("kustomize/overlays/tried");
    let flow = "resources:\n- ../../../base/flow\ncomponents:\n- ../../../../components/monitoring\n";
    write(&overlay, "flow/kustomization.yaml", flow);
    let secret = "secretGenerator:\n- {name: search-credentials, literals: [api-key=a]}\n";
    let components = "generators:\n- flow\ncomponents:\n- ../../wiring\n- ../../../observability/dashboard\nnamespace: prod\n";
    write(&overlay, "kustomization.yaml", &format!("{components}{secret}"));
    must(kustomize(&overlay))
}

fn built() -> &'static [Value] {
    static OBJECTS: OnceLock<Vec<Value>> = OnceLock::new();
    OBJECTS.get_or_init(|| assert_wired(&overlay(), "the dashboard"))
}

fn find(name: &str) -> &'static Value {
    built().iter().find(|object| label(object) == name).unwrap_or_else(|| panic!("no {name}"))
}

fn dashboard() -> Value {
    serde_json::from_str(find("ConfigMap/jina-flow-dashboard")["data"]["flow.json"].as_str().unwrap()).unwrap()
}

/// The queries of the panels, by their titles, as Grafana sends them for one namespace and all components.
fn panels() -> Vec<(String, String)> {
    let values = [("$namespace", "default"), ("$component", ".*"), ("$__rate_interval", "1m")];
    let mut found = Vec::new();
    for panel in dashboard()["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let query = values.iter().fold(target["expr"].as_str().unwrap().to_owned(), |query, (name, value)| query.replace(name, value));
            assert!(!query.contains('$'), "{query}");
            found.push((panel["title"].as_str().unwrap().to_owned(), query));
        }
    }
    assert!(found.len() > 8, "{found:?}");
    found
}

/// The queries that fill the variables of the dashboard, as a selector and the label whose values are listed.
fn variables() -> Vec<(String, String)> {
    let list = dashboard()["templating"]["list"].clone();
    let queries = list.as_array().unwrap().iter().filter_map(|variable| variable["query"]["query"].as_str().map(str::to_owned));
    let parts = queries.map(|query| {
        let inner = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')).unwrap_or_else(|| panic!("{query}"));
        let (selector, label) = inner.rsplit_once(", ").unwrap();
        (selector.replace("$namespace", "default"), label.to_owned())
    });
    parts.collect()
}

fn rules() -> Vec<Value> {
    let groups = find("PrometheusRule/jina-flow-alerts")["spec"]["groups"].as_array().unwrap();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).cloned().collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The file of rules that Prometheus Operator makes of a PrometheusRule, for alerts that wait no longer than a second.
fn rules_file(place: &Path, seconds: Option<u32>) -> PathBuf {
    let mut spec = find("PrometheusRule/jina-flow-alerts")["spec"].clone();
    for rule in spec["groups"].as_array_mut().unwrap().iter_mut().flat_map(|group| group["rules"].as_array_mut().unwrap()) {
        if let (Some(seconds), true) = (seconds, rule["for"].is_string()) {
            rule["for"] = format!("{seconds}s").into();
        }
    }
    let file = place.join("rules.yaml");
    fs::write(&file, spec.to_string()).unwrap();
    file
}

fn promtool(args: &[&str]) -> Command {
    let mut command = Command::new(folder().join("cluster/bin/promtool"));
    command.args(args);
    command
}

#[test]
fn the_component_adds_a_dashboard_and_alerts() {
    let labels = &find("ConfigMap/jina-flow-dashboard")["metadata"]["labels"];
    assert_eq!(labels["grafana_dashboard"], "1");
    let monitor = built().iter().find(|object| object["kind"] == "PodMonitor").unwrap();
    let rule = find("PrometheusRule/jina-flow-alerts");
    // The same Prometheus selects both.
    assert_eq!(rule["metadata"]["labels"]["release"], monitor["metadata"]["labels"]["release"]);
    assert!([rule, find("ConfigMap/jina-flow-dashboard")].iter().all(|object| object["metadata"]["namespace"] == "prod"));
    let mut titles: Vec<String> = panels().into_iter().map(|(title, _)| title).collect();
    titles.dedup();
    assert_eq!(titles.iter().collect::<BTreeSet<_>>().len(), titles.len(), "{titles:?}");
}

/// `promtool` knows the fields of rules, and runs their unit tests: each alert fires for the series that it is for, and not for others.
#[test]
fn every_alert_fires_when_it_should() {
    let place = scratch("alerts");
    let rules_file = rules_file(&place, None);
    must(promtool(&["check", "rules", "--lint=all", "--lint-fatal", rules_file.to_str().unwrap()]));
    let tests = fs::read_to_string(root().join("tests/conformance/observability/alerts_test.yaml")).unwrap();
    for rule in rules() {
        assert!(tests.contains(&format!("alertname: {}\n", text(&rule["alert"]))), "{rule}");
    }
    let with = |rules: &str, name: &str| {
        let file = place.join(name);
        fs::write(&file, format!("rule_files: [{rules}]\n{tests}")).unwrap();
        run(promtool(&["test", "rules", file.to_str().unwrap()]), b"")
    };
    let answer = with("rules.yaml", "right.yaml");
    assert_eq!(answer.code, 0, "{}{}", answer.stdout, answer.stderr);
    // The unit tests do find a fault.
    let faulty = fs::read_to_string(&rules_file).unwrap().replace("> 0.05", "> 0.5");
    fs::write(place.join("faulty.yaml"), faulty).unwrap();
    assert_ne!(with("faulty.yaml", "wrong.yaml").code, 0);
}

/// The names and labels of the series that a query selects, from the syntax tree of Prometheus.
fn selected(tree: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
    if tree["type"] == "vectorSelector" || tree["type"] == "matrixSelector" {
        let labels = tree["matchers"].as_array().unwrap().iter().map(|matcher| text(&matcher["name"])).filter(|name| name != "__name__");
        found.entry(text(&tree["name"])).or_default().extend(labels);
    }
    match tree {
        Value::Array(list) => list.iter().for_each(|tree| selected(tree, found)),
        Value::Object(fields) => fields.values().for_each(|tree| selected(tree, found)),
        _ => {}
    }
}

/// The queries of the autoscalers of the gateway and a head for a target. Their period is short, because the test is.
fn queries_for(target: &str) -> Vec<String> {
    let autoscale = format!("autoscale: {{max: 3, {target}: 5}}");
    let spec =
        format!("monitoring: {{prometheus: 'http://prometheus:9090'}}\nroles: {{gateway: {{{autoscale}}}, head: {{{autoscale}}}}}\n");
    let objects = documents(&render(FLOW, &spec));
    let scalers = objects.iter().filter(|object| object["kind"] == "ScaledObject");
    let queries: Vec<String> =
        scalers.map(|scaler| text(&scaler["spec"]["triggers"][0]["metadata"]["query"]).replace("[2m]", "[3s]")).collect();
    assert_eq!(queries.len(), 2, "{objects:?}");
    queries
}

/// The requests that an autoscaler of the gateway with `requestsPerSecond` counts, without those that succeed.
fn failures_counted() -> String {
    let query = queries_for("requestsPerSecond").into_iter().find(|query| query.contains("gateway")).unwrap();
    let counter = query.strip_prefix("sum(rate(").unwrap().strip_suffix("[3s]))").unwrap().replace('{', "{pod!=\"\",");
    format!("sum({counter}) - sum(jina_receiving_request_seconds_count{{pod!=\"\",runtime_name=\"gateway\"}})")
}

/// One run of a Flow: each query of the dashboard returns numbers, an alert fires and others do not, and every metric in a query is one
/// that the Flow has.
#[test]
fn every_query_finds_metrics_of_a_real_flow() {
    let place = scratch("observability");
    let manifests = render(FLOW, SPEC);
    let monitors: Vec<Value> = documents(&manifests).into_iter().filter(|object| object["kind"] == "PodMonitor").collect();
    let tools = folder();
    let expressions: Vec<String> = rules().iter().map(|rule| text(&rule["expr"])).collect();
    let panels = panels();
    let lists: Vec<String> = variables().iter().map(|(selector, label)| format!("group by ({label}) ({selector})")).collect();
    let queries: Vec<&String> = panels.iter().map(|(_, query)| query).chain(&lists).collect();
    let metrics = "group by (__name__) ({job=~\".+/.+\", pod!=\"\"})";
    let labels = "group by (namespace, pod, container, job) (jina_receiving_request_seconds_count{pod!=\"\"})";
    let abandoned = "sum(jina_number_of_pending_requests{pod!=\"\"})";
    let failures = failures_counted();
    let load = queries_for("concurrency");
    let highest: Vec<String> = load.iter().map(|query| format!("max_over_time(({query})[5m:1s])")).collect();
    let mut others = vec![metrics, labels, abandoned, &failures];
    others.extend(load.iter().chain(&highest).map(String::as_str));
    let plan = json!({
        "prometheus": tools.join("cluster/bin/prometheus-server"),
        "otelcol": tools.join("bin/otelcol"),
        "monitors": monitors,
        "rules": rules_file(&place, Some(1)),
        "collector": root().join("examples/observability/collector/collector.yaml"),
        // A number of seconds that is none: the executor fails.
        "requests": [["/index", {}], ["/search", {}], ["/search", {"slow": ["encoder"], "seconds": "x"}]],
        "rounds": 5,
        "queries": queries,
        "others": others,
        "parse": expressions.iter().chain(queries.iter().copied()).collect::<Vec<_>>(),
        "firing": ["JinaRequestsFail"],
        // Prometheus reads no buckets from Jina, so these are from the collector.
        "passed_on": ["jina_receiving_request_seconds_bucket"],
    });
    fs::write(place.join("plan.json"), plan.to_string()).unwrap();
    let watch = format!(
        "{} {} {}",
        tools.join("jina/bin/python").display(),
        root().join("tests/conformance/observability/watch.py").display(),
        place.display()
    );
    passed(kubelet(&place, &manifests, FLOW, &["--entry", "grpc://gateway:8080", "--beside", &watch]));
    let answers: Value = serde_json::from_str(&fs::read_to_string(place.join("answers.json")).unwrap()).unwrap();
    assert_eq!(answers["failed"], Value::from([false, false, true].repeat(5)));

    let list = |query: &str, label: &str| -> BTreeSet<String> {
        answers["others"][query]["result"].as_array().unwrap().iter().map(|series| text(&series["metric"][label])).collect()
    };
    for query in &queries {
        let series = answers["queries"][query.as_str()].as_array().unwrap_or_else(|| panic!("{query}: {answers}"));
        let values: Vec<f64> = series.iter().map(|series| text(&series["value"][1]).parse().unwrap()).collect();
        assert!(values.iter().any(|value| value.is_finite()), "{query}: {series:?}");
    }
    // The labels of Prometheus Operator are on each series.
    assert_eq!(list(labels, "job"), monitors.iter().map(|m| format!("default/{}", text(&m["metadata"]["name"]))).collect());
    assert_eq!(list(labels, "pod").len(), 5);
    assert_eq!(list(labels, "container"), BTreeSet::from(["executor", "gateway"].map(str::to_owned)));

    let of_jina = list(metrics, "__name__");
    let mut used = BTreeMap::new();
    for tree in answers["trees"].as_array().unwrap() {
        assert!(tree["type"].is_string(), "{tree}");
        selected(tree, &mut used);
    }
    assert!(used.len() > 10 && NOT_OF_JINA.iter().all(|name| used.contains_key(*name)), "{used:?}");
    let unknown: Vec<&String> = used.keys().filter(|name| !NOT_OF_JINA.contains(&name.as_str()) && !of_jina.contains(*name)).collect();
    assert_eq!(unknown, Vec::<&String>::new(), "{of_jina:?}");
    let readme = fs::read_to_string(root().join("examples/observability/README.md")).unwrap();
    assert!(used.keys().filter(|name| name.starts_with("kube_")).all(|name| readme.contains(&format!("`{name}`"))));

    // No rule failed, and only one alert fires.
    let rules: Vec<&Value> = answers["rules"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
    assert_eq!(rules.len(), expressions.len());
    assert!(rules.iter().all(|rule| rule["health"] == "ok"), "{rules:?}");
    assert_eq!(answers["alerts"], json!({"JinaRequestsFail": "firing"}));

    // A request that its client has given up stays pending, so no alert uses this number.
    assert_eq!(answers["others"][abandoned]["result"][0]["value"][1], "1");
    assert!(expressions.iter().all(|expression| !expression.contains("pending")));
    // An autoscaler counts it, and the five that failed.
    assert_eq!(answers["others"][&failures]["result"][0]["value"][1], "6");
    // Autoscalers see the load of gateway and head, and no load when it is over.
    for (query, highest) in load.iter().zip(&highest) {
        let value = |query: &str| text(&answers["others"][query]["result"][0]["value"][1]).parse::<f64>().unwrap();
        // The request that was given up took 3 seconds.
        let least = if query.contains("head") { 0.0 } else { 0.9 };
        assert!(value(highest) > least, "{query}: {}", answers["others"][highest]);
        assert!(value(query).abs() < f64::EPSILON, "{query}: {}", answers["others"][query]);
    }

    // The collector of the example has passed on traces of each component, and metrics.
    let services: BTreeSet<String> = answers["services"].as_array().unwrap().iter().map(text).collect();
    assert!(["gateway", "encoder", "indexer"].iter().all(|name| services.iter().any(|service| service.starts_with(name))), "{services:?}");
    assert_eq!(answers["passed_on"], json!(["jina_receiving_request_seconds_bucket"]));
}

#[test]
fn the_collector_of_the_example_is_valid() {
    let build = must(kustomize(&root().join("examples/observability/collector"))).documents();
    let find = |kind: &str| build.iter().find(|object| object["kind"] == kind).unwrap();
    let place = scratch("collector");
    let file = place.join("collector.yaml");
    fs::write(&file, text(&find("ConfigMap")["data"]["collector.yaml"])).unwrap();
    let validate = || {
        let mut command = Command::new(folder().join("bin/otelcol"));
        command.args(["validate", "--config"]).arg(&file);
        for variable in find("Deployment")["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap() {
            command.env(text(&variable["name"]), text(&variable["value"]));
        }
        run(command, b"")
    };
    let answer = validate();
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    // It does find a mistake.
    let faulty = fs::read_to_string(&file).unwrap().replace("processors: [memory_limiter, batch]", "processors: [memory_limit]");
    fs::write(&file, faulty).unwrap();
    assert_ne!(validate().code, 0);
    // The image is that of the collector in the tests.
    let image = text(&find("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]);
    let pinned = fs::read_to_string(root().join("tests/conformance/setup.sh")).unwrap();
    assert!(pinned.contains(&format!("COLLECTOR=v{} ", image.rsplit(':').next().unwrap())), "{image}");
}
