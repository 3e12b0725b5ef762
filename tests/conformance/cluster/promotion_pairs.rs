//! Changes with known answers, for the bench of `promotion.rs`.

use std::time::Instant;

use serde_json::json;

use crate::faults::stream;
use crate::fixture::Space;
use crate::load::{Client, none_lost};
use crate::promotion::{Options, Promotion, promote, without_pods};
use crate::support::{documents, label};
use crate::tools::render;

const FLOW: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1, env: {COLOR: blue}}
- {name: indexer, uses: docker://example/indexer:v1, shards: 2}
";
const STORAGE: &str = "executors: {indexer: {storage: {size: 1Gi}}}";

/// The objects of an executor, in the order of their names.
const OF_ENCODER: [&str; 4] = ["ConfigMap/encoder-configmap", "Deployment/encoder", "PodDisruptionBudget/encoder", "Service/encoder"];

/// The objects with a prefix in their names, and their names before.
fn prefixed(manifests: &str) -> (String, Vec<String>) {
    let mut objects = documents(manifests);
    let mut names = objects.iter().map(label).collect::<Vec<_>>();
    names.sort();
    for object in &mut objects {
        object["metadata"]["name"] = format!("eu-{}", object["metadata"]["name"].as_str().unwrap()).into();
    }
    (stream(&objects), names)
}

/// Asserts the lines of a promotion. A line of a refusal is the beginning and, after `…`, another part of the message.
fn is(what: &str, found: &Promotion, expected: &[&str]) {
    let lines = found.lines();
    let fits = |line: &String, expected: &&str| match expected.split_once('…') {
        Some((begin, part)) => line.starts_with(begin) && line.contains(part),
        None => line == expected,
    };
    let same = lines.len() == expected.len() && lines.iter().zip(expected).all(|(line, expected)| fits(line, expected));
    assert!(same, "{what}\nexpected: {expected:#?}\nfound: {found:#?}");
}

#[test]
fn a_change_restarts_scales_leaves_and_is_refused_as_known() {
    let space = without_pods("pairs");
    let now = Instant::now();
    let none = Options::default();
    let base = render(FLOW, "");
    let mut pairs = 0;
    let mut pair = |what: &str, old: &str, new: &str, expected: &[&str]| {
        pairs += 1;
        let found = promote(&space, old, new, &none);
        is(what, &found, expected);
        found
    };

    let same = pair("nothing", &base, &base, &[]);
    assert_eq!(same, Promotion::default());
    let scaled = render(&FLOW.replace("encoder:v1,", "encoder:v1, replicas: 3,"), "");
    pair("replicas", &base, &scaled, &["scaled Deployment/encoder"]);
    let env = render(&FLOW.replace("blue", "red"), "");
    let found = pair("a variable of one executor", &base, &env, &["restarted Deployment/encoder"]);
    assert_eq!(found.changed.into_iter().collect::<Vec<_>>(), ["ConfigMap/encoder-configmap", "Deployment/encoder"]);
    let both = render(&FLOW.replace("blue", "red").replace("encoder:v1,", "encoder:v1, replicas: 3,"), "");
    pair("replicas and a variable", &base, &both, &["restarted Deployment/encoder"]);
    let image = render(&FLOW.replace("indexer:v1", "indexer:v2"), "");
    pair("an image", &base, &image, &["restarted Deployment/indexer-0", "restarted Deployment/indexer-1"]);
    // An edit of the ConfigMap alone restarts nothing: the hash in the template is that of the old value.
    let value = base.replace("COLOR: blue", "COLOR: red");
    assert_ne!(value, base);
    let found = pair("the value in a ConfigMap", &base, &value, &[]);
    assert_eq!(found.changed.into_iter().collect::<Vec<_>>(), ["ConfigMap/encoder-configmap"]);

    let without = FLOW.replace("- {name: encoder, uses: docker://example/encoder:v1, env: {COLOR: blue}}\n", "");
    let removed = OF_ENCODER.map(|name| format!("left {name}"));
    let mut expected = vec!["restarted Deployment/gateway"];
    expected.extend(removed.iter().map(String::as_str));
    pair("an executor less", &base, &render(&without, ""), &expected);
    let found = pair("an executor more", &render(&without, ""), &base, &["restarted Deployment/gateway"]);
    assert_eq!(found.created.into_iter().collect::<Vec<_>>(), OF_ENCODER);

    // Everything old continues to run.
    let (prefixed, names) = prefixed(&base);
    let expected = names.iter().map(|name| format!("left {name}")).collect::<Vec<_>>();
    let found = pair("a prefix", &base, &prefixed, &expected.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((found.created.len(), found.left_behind.len()), (20, 20), "{found:#?}");

    let stored = render(FLOW, STORAGE);
    pair("storage", &base, &stored, &["left Deployment/indexer-0", "left Deployment/indexer-1"]);
    // The Service of an only shard with storage has a cluster IP. Without storage it is headless.
    let refused = ["0", "1"].map(|shard| format!("refused Service/indexer-{shard}: …may not change once set"));
    let left = ["left StatefulSet/indexer-0", "left StatefulSet/indexer-1"];
    pair("no storage", &stored, &base, &[refused.each_ref().map(String::as_str), left].concat());
    let larger = render(FLOW, &STORAGE.replace("1Gi", "2Gi"));
    let refused = ["0", "1"].map(|shard| format!("refused StatefulSet/indexer-{shard}: …spec.volumeClaimTemplates: Invalid value: "));
    pair("larger claims", &stored, &larger, &refused.each_ref().map(String::as_str));
    let both = render(&FLOW.replace("indexer:v1", "indexer:v2"), STORAGE);
    pair("an image with storage", &stored, &both, &["restarted StatefulSet/indexer-0", "restarted StatefulSet/indexer-1"]);

    let mesh = render(FLOW, "mesh: linkerd");
    let all = ["encoder", "gateway", "indexer-0", "indexer-1", "indexer-head"].map(|name| format!("restarted Deployment/{name}"));
    // The API server keeps `clusterIP: None` when the new manifest has no value, and says nothing.
    let found = pair("a mesh", &base, &mesh, &all.each_ref().map(String::as_str));
    assert!(!found.changed.iter().any(|name| name.starts_with("Service/")), "{found:#?}");
    let services = ["encoder", "indexer-head", "indexer-0", "indexer-1"];
    let mut expected = services.map(|name| format!("refused Service/{name}: …may not change once set")).to_vec();
    expected.extend(all);
    pair("no mesh", &mesh, &base, &expected.iter().map(String::as_str).collect::<Vec<_>>());

    let broken = base.replace("replicas: 1\n", "replicas: many\n");
    let found = promote(&space, &base, &broken, &none);
    assert_eq!(found.refused.len(), 5, "{found:#?}");
    let options = Options { flags: &["--server-side", "--force-conflicts"], client: None };
    is("server side", &promote(&space, &base, &scaled, &options), &["scaled Deployment/encoder"]);
    println!("{} pairs in {:?}", pairs + 2, now.elapsed());
}

/// With pods and a client that never stops.
#[test]
fn a_promotion_of_a_running_flow_replaces_the_pods_of_what_changed_and_loses_nothing() {
    let flow =
        "jtype: Flow\nexecutors:\n- {name: encoder, uses: docker://example/encoder:v1}\n- {name: echo, uses: docker://example/echo:v1}\n";
    let spec = "defaults: {drainSeconds: 10}";
    let space = Space::new("promotion");
    let client = Client::new(&space, "client");
    let options = Options { flags: &[], client: Some((&client, json!({"to": "gateway:8080"}))) };
    let found = promote(&space, &render(flow, spec), &render(&flow.replace("encoder:v1", "encoder:v2"), spec), &options);
    is("an image", &found, &["restarted Deployment/encoder"]);
    assert_eq!(found.replaced, 1, "{found:#?}");
    none_lost(found.client.as_ref().unwrap());
}
