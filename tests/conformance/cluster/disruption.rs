//! Pods that end without a change of the Flow: evictions, deletions, and processes that die.

use serde_json::{Value, json};

use crate::containers::{restarted, signal};
use crate::fixture::{Space, on_node, wait_for};
use crate::load::{Client, none_lost};
use crate::row::row;
use crate::support::{Run, run};
use crate::tools::render;

const FLOW: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1, replicas: 2}
";

/// The request that `kubectl drain` makes for each pod of a node.
fn evict(space: &Space, pod: &str) -> Run {
    let body = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": space.name}});
    let path = format!("/api/v1/namespaces/{}/pods/{pod}/eviction", space.name);
    run(on_node("kubectl", &["create", "--raw", &path, "-f", "-"]), body.to_string().as_bytes())
}

/// Waits until the budget of a component allows a disruption.
fn may_be_evicted(space: &Space, component: &str) {
    wait_for("a budget that allows a disruption", 30, || {
        (space.get(&["poddisruptionbudget", component])["status"]["disruptionsAllowed"] == json!(1)).then_some(())
    });
}

#[test]
fn pods_end_without_a_lost_request_if_there_is_another_replica() {
    let space = Space::new("disruption");
    let client = Client::beside(&space, &render(FLOW, "defaults: {drainSeconds: 12}"));
    let mut load = client.load(&json!({"to": "gateway:8080", "apart": 0.2, "timeout": 120}));

    // As `kubectl drain` does: all pods are to be evicted, and refused evictions are tried again.
    let old = space.pods("encoder");
    may_be_evicted(&space, "encoder");
    assert_eq!(evict(&space, &old[0]).code, 0);
    let refused = evict(&space, &old[1]);
    assert_ne!(refused.code, 0, "{}", refused.stdout);
    refused.says("Cannot evict pod as it would violate the pod's disruption budget");
    wait_for("the eviction of the second pod", 90, || (evict(&space, &old[1]).code == 0).then_some(()));
    let ready =
        |pod: &&Value| pod["metadata"]["deletionTimestamp"].is_null() && pod["status"]["containerStatuses"][0]["ready"] == json!(true);
    let pods = space.get(&["pods", "--selector", "flow.jina.ai/component=encoder"]);
    assert_eq!(pods["items"].as_array().unwrap().iter().filter(ready).count(), 1, "the first successor serves: {pods:#}");
    space.rolled_out();
    none_lost(&row(&mut load, "both replicas evicted, as `kubectl drain` does", "the budget admits one at a time"));

    let pods = space.pods("encoder");
    assert!(pods.iter().all(|pod| !old.contains(pod)), "{old:?} {pods:?}");
    space.kubectl(&["delete", "pod", &pods[0]]);
    space.rolled_out();
    none_lost(&row(&mut load, "one of 2 replicas deleted", ""));

    // Requests at that moment are lost or sent again, so nothing is claimed about them.
    let pod = &space.pods("encoder")[0];
    signal(&space, pod, "SIGKILL");
    restarted(&space, pod, 0, 60);
    row(&mut load, "the process of one of 2 replicas killed", "SIGKILL");
    assert_eq!(load.stop()["lost"], 0);
}

/// Nothing is claimed about the requests, except that the Flow answers again. The budget of an only replica does not stop a
/// drain of the node, because it would then wait forever.
#[test]
fn an_only_replica_is_evicted_at_once() {
    let space = Space::new("only");
    let client = Client::beside(&space, &render(&FLOW.replace("replicas: 2", "replicas: 1"), "defaults: {drainSeconds: 12}"));
    let mut load = client.load(&json!({"to": "gateway:8080", "apart": 0.2, "timeout": 120}));
    for component in ["encoder", "gateway"] {
        let old = space.pods(component);
        may_be_evicted(&space, component);
        assert_eq!(evict(&space, &old[0]).code, 0);
        space.rolled_out();
        assert_ne!(space.pods(component), old);
        row(&mut load, &format!("the only replica of the {component} evicted"), "");
    }
    let report = wait_for("answers", 60, || {
        let report = load.mark();
        (report["answered"].as_u64() > Some(0) && report["lost"] == 0).then_some(report)
    });
    assert!(report["answered"].as_u64() > Some(0));
    load.stop();
}
