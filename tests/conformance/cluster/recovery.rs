//! Restarts of the only pod of an executor: requests wait for the next one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::containers::{restarted, restarts, signal};
use crate::fixture::{Space, wait_for};
use crate::load::{Client, affected_at_most_at, none_lost};
use crate::tools::render;

const FLOW: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1}
- {name: indexer, uses: docker://example/indexer:v1, shards: 2, polling: {/index: ANY, /search: ALL}}
";

const SPEC: &str = "defaults: {drainSeconds: 5}\nexecutors: {indexer: {storage: {size: 64Mi}}}";

/// Seconds that requests wait for a container that restarts, less some time for a slow machine.
const WAIT: Duration = Duration::from_secs(20);

#[test]
fn requests_wait_while_the_only_pod_of_an_executor_restarts() {
    let space = Space::new("recovery");
    let client = Client::beside(&space, &render(FLOW, SPEC));
    starts_soon_after_its_executors(&space);
    a_restarting_shard_is_in_every_answer(&space, &client);
    a_crashed_container_is_waited_for(&space, &client);
}

/// The gateway is ready soon after the last pod that it waits for. This holds with a name server that does not cache denials.
fn starts_soon_after_its_executors(space: &Space) {
    let pods = space.get(&["pods", "--selector", "flow.jina.ai/flow=run"]);
    let ready = |pod: &Value| {
        let conditions = pod["status"]["conditions"].as_array().unwrap();
        let ready = conditions.iter().find(|condition| condition["type"] == "Ready").unwrap();
        seconds_of_day(ready["lastTransitionTime"].as_str().unwrap())
    };
    let is_gateway = |pod: &Value| pod["metadata"]["labels"]["flow.jina.ai/component"] == "gateway";
    let (gateway, others): (Vec<&Value>, Vec<&Value>) = pods["items"].as_array().unwrap().iter().partition(|pod| is_gateway(pod));
    assert_eq!((gateway.len(), others.len()), (1, 4), "{pods:#}");
    let last = others.into_iter().map(ready).max().unwrap();
    // Around midnight, the difference is negative.
    let later = ready(gateway[0]) - last;
    println!("the gateway is ready {later} seconds after the last executor");
    assert!(later < 60, "{pods:#}");
}

/// The seconds of the day of a time such as `2026-11-28T10:20:30Z`.
fn seconds_of_day(time: &str) -> i64 {
    let part = |from: usize| time[from..from + 2].parse::<i64>().unwrap();
    part(11) * 3600 + part(14) * 60 + part(17)
}

/// A head waits for a shard with storage, which has no second pod. Every answer has the documents of both shards.
fn a_restarting_shard_is_in_every_answer(space: &Space, client: &Client<'_>) {
    let search = client.load(&json!({"to": "gateway:8080", "endpoint": "/search", "apart": 0.2, "timeout": 170}));
    let index = client.load(&json!({"to": "gateway:8080", "endpoint": "/index", "apart": 0.2, "timeout": 170}));
    let old = space.pod_uid("indexer-0-0");
    space.kubectl(&["rollout", "restart", "statefulset/indexer-0"]);
    space.rolled_out();
    assert_ne!(space.pod_uid("indexer-0-0"), old);
    let (search, index) = (search.stop(), index.stop());
    println!("shard restarted: /search {search:#}\n/index {index:#}");
    affected_at_most_at(1, &search);
    assert_eq!(search["through"], json!({"encoder/0 indexer/0 indexer/1": search["answered"]}), "{search:#}");
    affected_at_most_at(1, &index);
}

/// The container of an only pod is killed. Requests wait for the next container, and none fails when it serves again.
fn a_crashed_container_is_waited_for(space: &Space, client: &Client<'_>) {
    let pod = &space.pods("encoder")[0];
    let load = client.load(&json!({"to": "gateway:8080", "endpoint": "/x", "apart": 0.2, "timeout": 170}));
    let before = restarts(space, pod);
    let killed = Instant::now();
    signal(space, pod, "SIGKILL");
    restarted(space, pod, before, 180);
    let took = killed.elapsed();
    let request = |limit: u64| client.send(&json!({"to": "gateway:8080", "endpoint": "/x", "apart": 0.05, "limit": limit}));
    wait_for("an answer", 60, || (request(1)["answered"] == 1).then_some(()));
    let after = request(100);
    none_lost(&after);
    let report = load.stop();
    println!("container killed, ready again after {took:?}: {report:#}");
    if took < WAIT {
        assert_eq!(report["lost"], 0, "{report:#}");
    }
}
