//! An autoscaler that scales, with the metrics of metrics-server.

use serde_json::json;

use crate::fixture::{Space, wait_for};
use crate::load::{Client, none_lost};
use crate::row::{answered_by, row};
use crate::tools::render;

const FLOW: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1}
";
const SPEC: &str = "defaults: {drainSeconds: 12}
executors:
  encoder:
    resources: {requests: {cpu: 50m}}
    autoscale: {min: 1, max: 3, cpu: 80, scaleDownSeconds: 5}
";

#[test]
fn an_autoscaler_follows_the_load_and_loses_no_request() {
    let space = Space::new("autoscale");
    let client = Client::beside(&space, &render(FLOW, SPEC));
    let mut load = client.load(&json!({"to": "gateway:8080", "apart": 0.5}));
    let first = space.pods("encoder");
    assert_eq!(first.len(), 1, "{first:?}");

    let mut heavy = client.load(&json!({"to": "gateway:8080", "apart": 0.02}));
    let new = wait_for("requests at another replica", 240, || {
        let new: Vec<String> = space.pods("encoder").into_iter().filter(|pod| !first.contains(pod)).collect();
        (answered_by(&heavy.peek(), &new) > 0).then_some(new)
    });
    none_lost(&row(&mut heavy, "the autoscaler adds replicas", &format!("{} more after the load rose", new.len())));
    // Applied again, the manifests do not reset the number of replicas. The number itself proves nothing: the autoscaler may
    // change it between two reads.
    let applied = space.apply(&render(FLOW, SPEC));
    assert!(applied.contains("deployment.apps/encoder unchanged"), "{applied}");
    none_lost(&heavy.stop());
    load.mark();

    let replicas = || space.get(&["deployment", "encoder"])["spec"]["replicas"].as_u64().unwrap();
    wait_for("one replica", 240, || (replicas() == 1).then_some(()));
    space.rolled_out();
    none_lost(&row(&mut load, "the autoscaler removes replicas", "2 requests a second"));
    assert_eq!(load.stop()["lost"], 0);
}
