//! Changes that people make to a Flow, under a client that never stops: versions, numbers of replicas, variables.

use std::time::Instant;

use serde_json::json;

use crate::fixture::{Space, wait_for};
use crate::load::{Client, none_lost};
use crate::row::{answered_by, row};
use crate::tools::render;

const ENCODER: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1, replicas: 2}
";
const SHARDS: &str = "jtype: Flow
executors:
- {name: indexer, uses: docker://example/indexer:v1, shards: 2, polling: ALL}
";
/// Connections of callers live for 4 seconds, so that the shorter drain is as safe as the default.
const SHORT: &str = "defaults: {drainSeconds: 12}\n";

/// The only case with the default drain of 30 seconds, because it takes that long. jinaflow writes a hash of the ConfigMap into
/// the pod template, so a variable restarts the pods.
#[test]
fn a_changed_variable_restarts_every_pod_and_loses_no_request() {
    let space = Space::new("variable");
    let flow = format!("{ENCODER}- {{name: indexer, uses: docker://example/indexer:v1, shards: 2}}\n");
    let client = Client::beside(&space, &render(&flow, ""));
    let mut load = client.load(&json!({"to": "gateway:8080", "apart": 0.2, "timeout": 120}));
    let old: Vec<Vec<String>> = COMPONENTS.map(|component| space.pods(component)).into();
    space.apply(&render(&flow, "defaults: {env: {RUN_COLOR: blue}}"));
    space.rolled_out();
    none_lost(&row(&mut load, "a variable of every component, with the defaults", "every pod restarts, all at once"));
    for (component, old) in COMPONENTS.iter().zip(&old) {
        assert!(!old.is_empty() && space.pods(component).iter().all(|pod| !old.contains(pod)), "{component}: {old:?}");
    }
    // An edit of the ConfigMap in the cluster restarts nothing.
    let pods = space.pods("encoder");
    space.kubectl(&["patch", "configmap", "encoder-configmap", "--patch", r#"{"data": {"RUN_COLOR": "red"}}"#]);
    none_lost(&row(&mut load, "an edit of the ConfigMap in the cluster", "no pod restarts"));
    assert_eq!(space.pods("encoder"), pods);
    assert_eq!(load.stop()["lost"], 0);
}

const COMPONENTS: [&str; 5] = ["gateway", "encoder", "indexer-head", "indexer-0", "indexer-1"];

#[test]
fn versions_and_replicas_of_an_executor_change_without_a_lost_request() {
    let space = Space::new("versions");
    let client = Client::beside(&space, &render(ENCODER, SHORT));
    let mut load = client.load(&json!({"to": "gateway:8080", "apart": 0.2, "timeout": 120}));
    let image = || space.kubectl(&["get", "deployment", "encoder", "-o", "jsonpath={.spec.template.spec.containers[0].image}"]);

    let old = space.pods("encoder");
    space.apply(&render(&ENCODER.replace(":v1", ":v2"), SHORT));
    space.rolled_out();
    let report = row(&mut load, "another image of an executor", "2 replicas");
    none_lost(&report);
    let new = space.pods("encoder");
    assert!(new.iter().all(|pod| !old.contains(pod)) && image() == "example/encoder:v2", "{old:?} {new:?} {}", image());
    assert!(answered_by(&report, &old) > 0 && answered_by(&report, &new) > 0, "{report:#}");

    space.kubectl(&["rollout", "undo", "deployment/encoder"]);
    space.rolled_out();
    none_lost(&row(&mut load, "`kubectl rollout undo` of it", ""));
    assert_eq!(image(), "example/encoder:v1");

    let old = space.pods("encoder");
    space.apply(&render(&ENCODER.replace(":v1", ":missing"), SHORT));
    wait_for("a pod whose image cannot be pulled", 60, || {
        let pods = space.get(&["pods", "--selector", "flow.jina.ai/component=encoder"]).to_string();
        pods.contains("ErrImagePull").then_some(())
    });
    let status = space.try_kubectl(&["rollout", "status", "deployment/encoder", "--timeout", "5s"]);
    assert_ne!(status.code, 0, "{}", status.stdout);
    space.kubectl(&["rollout", "undo", "deployment/encoder"]);
    space.rolled_out();
    let report = row(&mut load, "an image that cannot be pulled, then `kubectl rollout undo`", "the old pods continue");
    none_lost(&report);
    assert_eq!(space.pods("encoder"), old);
    assert!(old.iter().all(|pod| answered_by(&report, std::slice::from_ref(pod)) > 0), "{report:#}");

    let before = Instant::now();
    space.kubectl(&["scale", "deployment/encoder", "--replicas", "3"]);
    space.rolled_out();
    let ready = before.elapsed();
    let new: Vec<String> = space.pods("encoder").into_iter().filter(|pod| !old.contains(pod)).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    // Its share is a third. Half of that from 30 requests proves that it is not only tried.
    let report = wait_for("requests at the new replica", 60, || {
        let report = load.peek();
        (answered_by(&report, &new) >= 10).then_some(report)
    });
    let first = report["first"][format!("encoder {}", new[0])].as_f64().unwrap() - report["since"].as_f64().unwrap();
    let note = format!("ready after {:.0} s, its first request after {first:.0} s", ready.as_secs_f64());
    none_lost(&row(&mut load, "2 to 3 replicas", &note));

    space.kubectl(&["scale", "deployment/encoder", "--replicas", "1"]);
    wait_for("the end of two pods", 120, || (space.pods("encoder").len() == 1).then_some(()));
    none_lost(&row(&mut load, "3 to 1 replicas", ""));
    assert_eq!(load.stop()["lost"], 0);
}

#[test]
fn gateway_head_and_shards_are_replaced_without_a_lost_request() {
    let space = Space::new("roles");
    let client = Client::beside(&space, &render(SHARDS, SHORT));
    let mut load = client.load(&json!({"to": "gateway:8080", "apart": 0.2, "timeout": 120}));
    let mut spec = SHORT.to_owned();
    for (layer, what, components) in [
        ("gateway: {env: {RUN_COLOR: blue}}", "a variable of the gateway", &["gateway"][..]),
        ("roles: {head: {env: {RUN_COLOR: blue}}, worker: {}}", "a variable of the head", &["indexer-head"]),
        (
            "executors: {indexer: {env: {RUN_SHAPE: round}, head: {env: {RUN_SHAPE: null}}}}",
            "a variable of the shards",
            &["indexer-0", "indexer-1"],
        ),
    ] {
        let all = ["gateway", "indexer-head", "indexer-0", "indexer-1"];
        let old = all.map(|component| space.pods(component));
        spec += &format!("{layer}\n");
        space.apply(&render(SHARDS, &spec));
        space.rolled_out();
        let report = row(&mut load, what, "1 replica");
        none_lost(&report);
        for (component, old) in all.iter().zip(old) {
            assert_eq!(space.pods(component) != old, components.contains(component), "{what}: {component}");
        }
        // Every answer came from both shards.
        let through: Vec<&String> = report["through"].as_object().unwrap().keys().collect();
        assert_eq!(through, ["indexer/0 indexer/1"], "{report:#}");
    }
    assert_eq!(load.stop()["lost"], 0);
}
