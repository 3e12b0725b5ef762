//! The example for kustomize on the cluster: a variable changes, and the values of `prod` replace those of `dev`.

use std::path::Path;

use serde_json::json;

use crate::fixture::Space;
use crate::load::{Client, none_lost};
use crate::row::row;
use crate::tools::{copy, edit, kustomize, must};

fn build(folder: &Path) -> String {
    must(kustomize(folder)).stdout
}

/// The overlays of the example with the images and the size of the test cluster, and with the same names and namespace.
fn overlays(space: &Space) -> std::path::PathBuf {
    let examples = copy("examples");
    let flow = examples.join("kustomize/base/flow/jinaflow.yaml");
    edit(&flow, "acme/clip-encoder:1.2.0", "docker.io/example/encoder:v1");
    edit(&flow, "acme/annlite-indexer:1.2.0", "docker.io/example/indexer:v1");
    edit(&flow, "  flow: |\n", "  defaults: {drainSeconds: 12}\n  flow: |\n");
    let overlays = examples.join("kustomize/overlays");
    edit(&overlays.join("dev/kustomization.yaml"), "namespace: search-dev\nnamePrefix: dev-\n", &format!("namespace: {}\n", space.name));
    let prod = overlays.join("prod/kustomization.yaml");
    edit(&prod, "namespace: search\n", &format!("namespace: {}\n", space.name));
    edit(
        &prod,
        "name: acme/clip-encoder\n  digest: sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d",
        "name: docker.io/example/encoder\n  newTag: v2",
    );
    edit(&prod, "count: 4", "count: 2");
    edit(&prod, "count: 3", "count: 2");
    edit(&overlays.join("prod/high-memory-nodes.yaml"), "node-pool: high-memory", "kubernetes.io/hostname: node");
    let intent = overlays.join("prod/flow/kustomization.yaml");
    edit(&intent, "drainSeconds: 60", "drainSeconds: 12");
    for (from, to) in [("cpu: 500m", "cpu: 10m"), ("cpu: \"2\"", "cpu: 20m"), ("1Gi", "64Mi"), ("4Gi", "64Mi"), ("8Gi", "512Mi")] {
        edit(&intent, from, to);
    }
    // The client of the test takes the place of the ingress controller.
    edit(&examples.join("components/network-policy/kustomization.yaml"), "namespace: ingress-nginx", &format!("namespace: {}", space.name));
    overlays
}

#[test]
fn dev_becomes_prod_in_place_without_a_lost_request() {
    let space = Space::new("dev-to-prod");
    let overlays = overlays(&space);
    space.kubectl(&["create", "secret", "generic", "search-credentials", "--from-literal", "api-key=x"]);
    let client = Client::beside(&space, &build(&overlays.join("dev")));
    let mut load = client.load(&json!({"to": "gateway:8080", "apart": 0.2, "timeout": 120}));

    // kustomize names the ConfigMap after its content, so the template of the pods changes.
    let all = || ["gateway", "encoder", "indexer-head", "indexer-0", "indexer-1"].map(|component| space.pods(component));
    let old = all();
    edit(&overlays.join("dev/kustomization.yaml"), "LOG_LEVEL=debug", "LOG_LEVEL=debug\n  - RUN_COLOR=blue");
    space.apply(&build(&overlays.join("dev")));
    space.rolled_out();
    none_lost(&row(&mut load, "a variable by `configMapGenerator` in an overlay", "only the pods of the executor restart"));
    let new = all();
    let changed: Vec<bool> = old.iter().zip(&new).map(|(old, new)| old != new).collect();
    assert_eq!(changed, [false, true, false, false, false], "{old:?} {new:?}");

    space.apply(&build(&overlays.join("prod")));
    space.rolled_out();
    none_lost(&row(&mut load, "`dev` to `prod` of examples/kustomize, in place", "variables, images, replicas, policies, Pod Security"));
    let pod = &space.get(&["pods", "--selector", "flow.jina.ai/component=encoder"])["items"][0];
    assert_eq!(pod["spec"]["containers"][0]["image"], "docker.io/example/encoder:v2");
    assert_eq!(space.pods("gateway").len(), 2);
    assert_eq!(load.stop()["lost"], 0);
}
