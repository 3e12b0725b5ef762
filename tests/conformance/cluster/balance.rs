//! The share of each replica in the requests, with headless Services (`mesh: none`) and with ordinary ones that no proxy helps.
//! With JINAFLOW_MEASURE=1, more replicas and more kinds of clients are measured, and the tables of CONTRIBUTING.md are printed.

use std::time::Instant;

use serde_json::{Value, json};

use crate::fixture::{Space, wait_for};
use crate::load::{Client, none_lost};
use crate::row::answered_by;
use crate::tools::render;

/// One request reaches every executor, so one load measures them all.
const FLOW: &str = "jtype: Flow
with: {protocol: [GRPC, HTTP, WEBSOCKET], port: [8080, 8081, 8082]}
executors:
- {name: encoder, uses: docker://example/encoder:v1, replicas: 3}
- {name: indexer, uses: docker://example/indexer:v1, shards: 2, replicas: 2}
";
/// For the tables, with ten replicas as well.
const LARGE: &str = "- {name: ten, uses: docker://example/echo:v1, replicas: 10}\n";

const GATEWAYS: [(&str, &str); 3] = [("grpc", "gateway:8080"), ("http", "gateway-1-http:8081"), ("websocket", "gateway-2-websocket:8082")];

fn measures() -> bool {
    std::env::var_os("JINAFLOW_MEASURE").is_some()
}

fn flow() -> String {
    if measures() { FLOW.to_owned() + LARGE } else { FLOW.to_owned() }
}

/// The requests that each pod of a component handled, with the fewest first. A pod without requests counts too.
fn handled(space: &Space, component: &str, report: &Value) -> Vec<u64> {
    let mut counts: Vec<u64> = space.pods(component).chunks(1).map(|pod| answered_by(report, pod)).collect();
    assert!(counts.len() > 1 && counts.iter().sum::<u64>() > 0, "{component}: {report:#}");
    counts.sort_unstable();
    counts
}

/// The smallest and the largest share, in percent.
fn shares(counts: &[u64]) -> (u64, u64) {
    let percent = |count: u64| (count * 100 + counts.iter().sum::<u64>() / 2) / counts.iter().sum::<u64>();
    (percent(counts[0]), percent(counts[counts.len() - 1]))
}

/// Every replica has at least a quarter of the even share.
fn spread(counts: &[u64]) {
    let all = counts.iter().sum::<u64>();
    assert!(counts[0] * 4 * counts.len() as u64 >= all, "not spread: {counts:?}");
}

/// One replica has nearly all requests.
fn piled(counts: &[u64]) {
    assert!(shares(counts).1 >= 90, "not at one replica: {counts:?}");
}

/// The kinds of clients: a name, and the options of `load.py`. The names in the tables are made from these.
fn kinds() -> Vec<(String, Value)> {
    let mut kinds = Vec::new();
    for (protocol, to) in GATEWAYS {
        for clients in [1, 20] {
            for seconds in [0.0, 0.3] {
                let how = if clients == 1 { "one after another" } else { "20 at the same time" };
                let long = if seconds > 0.0 { "0.3 s" } else { "short" };
                let slow = if seconds > 0.0 { json!({"slow": ["encoder", "ten"], "seconds": seconds}) } else { json!({}) };
                let limit = if seconds > 0.0 { 120 } else { 300 };
                let options = json!({"to": to, "protocol": protocol, "clients": clients, "slots": clients, "apart": 0, "limit": limit, "parameters": slow});
                kinds.push((format!("{protocol} | {how} | {long}"), options));
            }
        }
    }
    kinds.push(("grpc | one stream | short".into(), json!({"to": GATEWAYS[0].1, "stream": 300, "limit": 1})));
    if measures() {
        return kinds;
    }
    // One client over gRPC, and 20 over HTTP.
    kinds.retain(|(kind, _)| ["grpc | one after another | short", "http | 20 at the same time | short"].contains(&kind.as_str()));
    assert_eq!(kinds.len(), 2);
    kinds.into_iter().map(|(kind, options)| (kind, merged(options, &json!({"limit": 120})))).collect()
}

fn merged(mut options: Value, more: &Value) -> Value {
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    options
}

/// The components that have replicas.
fn components() -> Vec<&'static str> {
    let ten = measures().then_some("ten");
    ["encoder"].into_iter().chain(ten).chain(["indexer-0"]).collect()
}

/// Measures all kinds of clients, checks each with `judge`, and prints a table.
fn measure(space: &Space, client: &Client, title: &str, judge: fn(&[u64])) {
    let components = components();
    println!(
        "| {title}: gateway | requests | length | {} |\n| --- | --- | --- {}|",
        components.join(" | "),
        "| --- ".repeat(components.len())
    );
    for (kind, options) in kinds() {
        let report = client.send(&options);
        // The client resolves a name for each request, which a busy machine may refuse. The share is the claim here.
        let (sent, answered) = (report["sent"].as_u64().unwrap(), report["answered"].as_u64().unwrap());
        assert!(answered * 4 >= sent * 3, "{report:#}");
        let cell = |component: &&str| {
            let counts = handled(space, component, &report);
            judge(&counts);
            let (least, most) = shares(&counts);
            format!("{least} to {most} %")
        };
        println!("| {kind} | {} |", components.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
}

/// A few requests, one after another.
fn few() -> Value {
    json!({"to": GATEWAYS[0].1, "apart": 0, "slots": 1, "limit": 60})
}

/// Waits until callers use every replica. A caller that connected before all replicas were ready finds the others only when its
/// connection reaches its maximum age. Returns the requests that each pod of the components handled.
fn all_replicas_found(space: &Space, client: &Client, components: &[&str]) -> Vec<Vec<u64>> {
    wait_for("a request for each replica", 120, || {
        let report = client.send(&few());
        let counts: Vec<Vec<u64>> = components.iter().map(|component| handled(space, component, &report)).collect();
        counts.iter().all(|counts| counts[0] > 0).then_some(counts)
    })
}

#[test]
fn without_a_mesh_all_replicas_get_their_share_also_after_a_scale_up() {
    let space = Space::new("balance");
    let client = Client::beside(&space, &render(&flow(), "mesh: none"));
    all_replicas_found(&space, &client, &components());
    measure(&space, &client, "headless Services", spread);
    if measures() {
        direct(&space, &client);
    }
    new_replica(&space, &client);
    restarted_gateway(&space, &client);
}

#[test]
fn an_ordinary_service_without_a_proxy_sends_nearly_all_requests_to_one_replica() {
    let space = Space::new("piled");
    // Without the proxy nothing else retries, so the retries of Jina stay on.
    let client = Client::beside(&space, &render(&flow(), "mesh: linkerd"));
    measure(&space, &client, "ordinary Services", piled);
}

/// A client that calls an executor without a gateway. Its own connections decide, because no gateway balances for it.
fn direct(space: &Space, client: &Client) {
    println!("\n| client of the executor itself | encoder |\n| --- | --- |");
    let posts = json!({"to": "encoder:8080", "apart": 0, "slots": 1, "limit": 300});
    for (kind, more) in [("one connection for each request", json!({})), ("one stream", json!({"stream": 300, "limit": 1}))] {
        let (least, most) = shares(&handled(space, "encoder", &client.send(&merged(posts.clone(), &more))));
        println!("| {kind} | {least} to {most} % |");
    }
}

/// The time from the readiness of a new replica to its first request. The gateway's connections to the other replicas are open.
fn new_replica(space: &Space, client: &Client) {
    let old = space.pods("encoder");
    let load = client.load(&json!({"to": GATEWAYS[0].1, "apart": 0.1}));
    let begin = Instant::now();
    space.kubectl(&["scale", "deployment/encoder", "--replicas", "4"]);
    space.kubectl(&["rollout", "status", "deployment/encoder", "--timeout", "180s"]);
    let ready = begin.elapsed().as_secs_f64();
    // The shares after that are those of requests that begin when the new replica already has some.
    let counts = all_replicas_found(space, client, &["encoder"]).remove(0);
    let report = load.stop();
    none_lost(&report);
    spread(&handled(space, "encoder", &client.send(&few())));
    let new = space.pods("encoder").into_iter().find(|pod| !old.contains(pod)).unwrap();
    // Both clocks begin with the first answer, up to the time that a line takes from the pod.
    let first = report["first"][format!("encoder {new}")].as_f64().unwrap();
    println!("\nNew replica: ready after {ready:.1} s, first request after {first:.1} s of the load; then {counts:?} of 60");
}

/// A rolling update of the gateway with default settings, while clients open a connection for every request.
fn restarted_gateway(space: &Space, client: &Client) {
    let start = |(protocol, to): (&str, &str)| client.load(&json!({"to": to, "protocol": protocol, "apart": 0.1}));
    let loads = GATEWAYS.map(start);
    space.kubectl(&["rollout", "restart", "deployment/gateway"]);
    space.rolled_out();
    for (load, (protocol, _)) in loads.into_iter().zip(GATEWAYS) {
        let report = load.stop();
        println!("\nGateway replaced, {protocol}: {} sent, {} lost, slowest {} ms", report["sent"], report["lost"], report["max_ms"]);
        none_lost(&report);
    }
}
