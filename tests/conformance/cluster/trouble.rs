//! Executors that exceed their memory or hang.

use serde_json::json;

use crate::containers::{ended, restarted, restarts, signal};
use crate::fixture::{Space, wait_for};
use crate::load::{Client, Load, none_lost};
use crate::row::{answered_by, row};
use crate::tools::render;

const FLOW: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1, replicas: 2}
";
const SPEC: &str = "defaults: {drainSeconds: 12}
executors:
  encoder:
    resources: {limits: {memory: 300Mi}}
    podTemplate: {spec: {containers: [{name: executor, livenessProbe: {periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2}}]}}
";

/// How often the request that needs too much memory is sent at most. In some runs it ended only one pod. The likely reason is that
/// the gateway was just opening a new connection to the other pod: the retries of Jina are over within milliseconds.
const ATTEMPTS: usize = 4;

/// Waits until each of the pods answers. A caller comes back to a restarted pod after a while.
fn serve(load: &mut Load, pods: &[String]) {
    load.mark();
    wait_for("answers of both replicas", 120, || {
        let report = load.peek();
        pods.iter().all(|pod| answered_by(&report, std::slice::from_ref(pod)) > 0).then_some(())
    });
    load.mark();
}

#[test]
fn a_memory_limit_ends_a_pod_and_a_frozen_process_is_restarted() {
    let space = Space::new("trouble");
    let client = Client::beside(&space, &render(FLOW, SPEC));
    let pods = space.pods("encoder");
    let mut load = client.load(&json!({"to": "gateway:8080", "apart": 0.2, "timeout": 120}));

    // The requests behind it in the same replica wait. The health service of Jina continues, so nothing restarts.
    let slow = json!({"to": "gateway:8080", "limit": 1, "parameters": {"slow": ["encoder"], "seconds": 25}});
    none_lost(&client.send(&slow));
    none_lost(&row(&mut load, "a request that takes 25 s in one of 2 replicas", "half of the others wait behind it; no restart"));
    assert!(pods.iter().all(|pod| restarts(&space, pod) == 0), "{}", space.state());

    signal(&space, &pods[0], "SIGSTOP");
    restarted(&space, &pods[0], 0, 180);
    row(&mut load, "the process of one of 2 replicas frozen (SIGSTOP)", "liveness probe: 2 times 5 s");
    assert_eq!(restarts(&space, &pods[1]), 0);

    // Jina's retries bring the request to the other replica, which it ends as well.
    let ends_both = (0..ATTEMPTS).any(|_| {
        serve(&mut load, &pods);
        let before: Vec<u64> = pods.iter().map(|pod| restarts(&space, pod)).collect();
        let hungry = json!({"to": "gateway:8080", "limit": 1, "parameters": {"hungry": ["encoder"], "megabytes": 400}});
        let report = client.send(&hungry);
        assert_eq!(report["lost"], 1, "{report:#}");
        let has_ended = |pod: &String, before: u64| restarts(&space, pod) > before && ended(&space, pod) == "OOMKilled";
        wait_for("the end of a pod by its memory limit", 60, || {
            pods.iter().zip(&before).any(|(pod, before)| has_ended(pod, *before)).then_some(())
        });
        space.rolled_out();
        pods.iter().zip(&before).all(|(pod, before)| has_ended(pod, *before))
    });
    assert!(ends_both, "{}", space.state());
    space.rolled_out();
    row(&mut load, "a request that exceeds the memory limit", "Jina's retry brings it to the second replica, which ends as well");
    load.stop();
}
