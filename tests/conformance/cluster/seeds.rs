//! A Flow from the first command to the last, by each way to a cluster: the how-to as written, `jinaflow export`,
//! kustomize overlays, and a kpt package.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::blocks::run_page_in;
use crate::fixture::{Space, on_node, wait_for};
use crate::load::{Client, Load, affected_at_most_at, none_lost};
use crate::support::root;
use crate::tools::{copy, edit, folder, kustomize, must, path, static_binary, tool};

/// The pods of an executor that answered.
fn pods_that_answered<'r>(report: &'r Value, executor: &str) -> BTreeSet<&'r str> {
    let answered = report["pods"].as_object().unwrap().keys().map(|key| key.split_once(' ').unwrap());
    answered.filter(|(name, _)| *name == executor).map(|(_, pod)| pod).collect()
}

/// Asserts that every request was answered, and that all pods of the environment, and no others, answered. The prefix of their
/// names tells its pods from those of others in the namespace.
fn assert_own_answers(report: &Value, space: &Space, prefix: &str) {
    none_lost(report);
    let pods = space.get(&["pods", "--selector", "flow.jina.ai/role=worker"]);
    let names = pods["items"].as_array().unwrap().iter().map(|pod| pod["metadata"]["name"].as_str().unwrap());
    let own: BTreeSet<&str> = names.filter(|name| name.starts_with(prefix)).collect();
    let answered: BTreeSet<&str> = ["encoder", "indexer"].iter().flat_map(|name| pods_that_answered(report, name)).collect();
    assert_eq!(answered, own, "{report:#}\n{}", space.state());
}

/// The address of the gateway in a namespace. A client that has to ask for a name would also measure the name server, which
/// may be late on a busy machine.
fn gateway(namespace: &str, prefix: &str) -> String {
    let (service, output) = (format!("service/{prefix}gateway"), "jsonpath={.spec.clusterIP}:8080");
    must(on_node("kubectl", &["get", &service, "--namespace", namespace, "--output", output])).stdout
}

/// The objects of a namespace, except those that Kubernetes makes.
fn objects(space: &Space) -> BTreeSet<String> {
    let kinds = space.kubectl(&["api-resources", "--namespaced", "--verbs", "list,delete", "--output", "name"]);
    let kinds: Vec<&str> = kinds.lines().filter(|kind| !kind.starts_with("events")).collect();
    let found = space.kubectl(&["get", &kinds.join(","), "--output", "name", "--ignore-not-found"]);
    let own = ["configmap/kube-root-ca.crt", "serviceaccount/default"];
    found.lines().filter(|name| !own.contains(name)).map(str::to_owned).collect()
}

/// Waits until a namespace has the given objects, and no others.
fn assert_left(space: &Space, expected: &BTreeSet<String>) {
    let mut last = BTreeSet::new();
    let end = Instant::now() + Duration::from_secs(600);
    while &last != expected {
        assert!(Instant::now() < end, "{:?}\n{}", last.symmetric_difference(expected), space.state());
        last = objects(space);
    }
}

/// The namespace of the how-to, which its commands create and delete.
const THEIRS: &str = "custom-namespace";

/// The page names images that its reader has built. Here these are names of the executors of the tests.
const IMAGES: [(&str, &str); 3] = [
    ("example/encoder:v1", "acme/clip-encoder:1.0.0"),
    ("example/encoder:v2", "acme/clip-encoder:1.1.0"),
    ("example/indexer:v1", "acme/annlite-indexer:1.0.0"),
];

#[test]
fn the_how_to_runs_as_written_and_its_flow_answers() {
    for (image, name) in IMAGES {
        must(on_node("ctr", &["images", "tag", "--force", &format!("docker.io/{image}"), &format!("docker.io/{name}")]));
    }
    let space = Space::new("howto");
    let theirs = Space::of(THEIRS);
    let client = Client::new(&space, "client");
    let page = fs::read_to_string(root().join("examples/howto/README.md")).unwrap();
    let place = space.folder.join("page");
    fs::create_dir(&place).unwrap();
    fs::copy(root().join("examples/howto/flow.yml"), place.join("flow.yml")).unwrap();
    let mut shell = on_node("bash", &[]);
    shell.current_dir(&place).env("PATH", format!("{}:{}", folder().join("jina/bin").display(), path()));

    let begin = || client.load(&json!({"to": gateway(THEIRS, "")}));
    let end = |load: Load, restarts: u64| {
        // A client stays at its gateway until that gateway ends.
        theirs.rolled_out_within(600);
        // A head that had no address of a shard for some time asks for it again after up to two minutes.
        wait_for("answers of two encoders and of both shards", 300, || {
            let report = client.send(&json!({"to": gateway(THEIRS, ""), "limit": 20}));
            none_lost(&report);
            let has_both = |shard| report["through"][shard].as_u64() > Some(0);
            let all = pods_that_answered(&report, "encoder").len() >= 2
                && ["encoder/0 indexer/0", "encoder/0 indexer/1"].into_iter().all(has_both);
            all.then_some(())
        });
        affected_at_most_at(restarts, &load.stop());
    };
    let (mut load, mut loads) = (None, 0);
    run_page_in(shell, &page, &[], |commands| {
        // The reader of a page is slower than a rollout. Without this, a shard restarts again at the moment it becomes ready. A
        // request that meets each of these restarts fails, because Jina repeats it only three times.
        if load.is_some() {
            theirs.rolled_out_within(600);
        }
        let begins = |text: &str| commands.starts_with(text);
        if begins("kubectl delete") || begins("echo 'batch_size") {
            // Only the shards with storage have no second pod while they restart. In the third load both restart twice.
            let restarts = if loads == 3 { 4 } else { 0 };
            load.take().into_iter().for_each(|load| end(load, restarts));
        }
        if begins("cat > flow.yml") || begins("cat > search/flow/labels.yaml") || begins("echo 'batch_size") {
            load = Some(begin());
            loads += 1;
        }
    });
    assert_eq!(loads, 3);
    // The volumes end with their claims.
    wait_for("the end of the volumes", 60, || {
        let volumes = must(on_node("kubectl", &["get", "persistentvolumes", "--output", "jsonpath={.items[*].spec.claimRef.namespace}"]));
        (!volumes.stdout.split(' ').any(|namespace| namespace == THEIRS)).then_some(())
    });
}

/// The Flow of the examples, with images of the tests.
fn with_images(file: &Path) {
    edit(file, "acme/clip-encoder:1.2.0", "example/encoder:v1");
    edit(file, "acme/annlite-indexer:1.2.0", "example/indexer:v1");
}

const EXPORTED: &str = "apiVersion: flow.jina.ai/v1alpha1
kind: JinaFlow
metadata: {name: search}
spec:
  defaults: {drainSeconds: 5, flow: {monitoring: true}}
  monitoring: {kind: ServiceMonitor}
  networkPolicy: {enabled: true}
  gateway:
    expose: {type: LoadBalancer}
    ingress: {hosts: {search.example.com: {}}}
  executors:
    encoder: {autoscale: {min: 1, max: 2}, resources: {requests: {cpu: 100m}}}
    indexer: {storage: {size: 1Gi}}
  flow: |
    jtype: Flow
    executors:
    - {name: encoder, uses: docker://example/encoder:v1}
    - {name: indexer, uses: docker://example/indexer:v1}
";

#[test]
fn what_an_export_applies_is_deleted_except_for_claims() {
    let space = Space::new("export");
    let client = Client::new(&space, "client");
    let before = objects(&space);
    let (file, manifests) = (space.write("jinaflow.yaml", EXPORTED), space.folder.join("manifests"));
    let manifests = manifests.to_str().unwrap();
    let mut export = Command::new(static_binary());
    export.arg("export").arg(file).arg(manifests);
    must(export);
    space.kubectl(&["apply", "--recursive", "-f", manifests]);
    space.rolled_out_within(600);
    let report = client.send(&json!({"to": gateway(&space.name, ""), "limit": 20}));
    assert_own_answers(&report, &space, "");
    space.kubectl(&["delete", "--recursive", "-f", manifests]);
    let claim = "persistentvolumeclaim/indexer-volume-indexer-0".to_owned();
    assert_left(&space, &before.into_iter().chain([claim]).collect());
}

/// An overlay of the base of the example.
const OVERLAY: &str = "apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [../../base]
namespace: NAMESPACE
namePrefix: PREFIX
configMapGenerator:
- {name: encoder-configmap, behavior: merge, literals: [LOG_LEVEL=debug]}
secretGenerator:
- {name: search-credentials, literals: [api-key=secret]}
";

#[test]
fn environments_of_kustomize_answer_only_their_own_clients() {
    let (near, far) = (Space::new("near"), Space::new("far"));
    let client = Client::new(&near, "client");
    let before = (objects(&near), objects(&far));
    let examples = copy("examples").join("kustomize");
    with_images(&examples.join("base/flow/jinaflow.yaml"));
    let build = |space: &Space, prefix: &str| {
        let folder = examples.join("overlays").join(format!("{prefix}{}", space.name));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("kustomization.yaml"), OVERLAY.replace("NAMESPACE", &space.name).replace("PREFIX", prefix)).unwrap();
        must(kustomize(&folder)).stdout
    };
    let (blue, green, far_blue) = (build(&near, "blue-"), build(&near, "green-"), build(&far, "blue-"));

    near.apply(&blue);
    far.apply(&far_blue);
    near.rolled_out_within(600);
    let with_blue = objects(&near);
    let load = client.load(&json!({"to": gateway(&near.name, "blue-")}));
    near.apply(&green);
    near.rolled_out_within(600);
    far.rolled_out_within(600);
    let report = client.send(&json!({"to": gateway(&near.name, "green-"), "limit": 50, "apart": 0.05}));
    assert_own_answers(&report, &near, "green-");
    let report = client.send(&json!({"to": gateway(&far.name, "blue-"), "limit": 50, "apart": 0.05}));
    assert_own_answers(&report, &far, "blue-");
    far.delete(&far_blue);
    near.delete(&green);
    assert_left(&near, &with_blue);
    assert_left(&far, &before.1);
    assert_own_answers(&load.stop(), &near, "blue-");
    near.delete(&blue);
    assert_left(&near, &before.0);
}

#[test]
fn a_kpt_package_is_applied_changed_under_load_and_destroyed() {
    let space = Space::new("package");
    let client = Client::new(&space, "client");
    let before = objects(&space);
    let package = copy("examples/kpt");
    let flow = package.join("jinaflow.yaml");
    with_images(&flow);
    for file in [&flow, &package.join("settings.yaml")] {
        edit(file, "metadata:\n", &format!("metadata:\n  namespace: {}\n", space.name));
    }
    let render = || {
        let mut render = tool("kpt", &["fn", "render", "--allow-exec"]);
        render.current_dir(&package);
        must(render);
    };
    let live = |args: &[&str]| {
        let mut kpt = on_node("kpt", &[&["live"], args].concat());
        kpt.current_dir(&package);
        must(kpt).stdout
    };
    render();
    live(&["install-resource-group"]);
    live(&["init", "--namespace", &space.name]);
    live(&["apply", "--reconcile-timeout", "10m"]);
    space.rolled_out_within(600);
    let load = client.load(&json!({"to": gateway(&space.name, "")}));
    let shards: BTreeSet<String> = ["indexer-0", "indexer-1"].iter().flat_map(|shard| space.pods(shard)).collect();

    // One Deployment takes the place of the head and its shards, whose objects are deleted.
    edit(&flow, "shards: 2", "shards: 1");
    render();
    let applied = live(&["apply", "--reconcile-timeout", "10m"]);
    assert!(applied.contains("deployment.apps/indexer-head prune successful"), "{applied}");
    space.rolled_out_within(600);
    let report = load.stop();
    none_lost(&report);
    assert!(pods_that_answered(&report, "indexer").iter().any(|pod| shards.contains(*pod)), "{report:#}");
    let report = client.send(&json!({"to": gateway(&space.name, ""), "limit": 20}));
    assert_own_answers(&report, &space, "");
    live(&["destroy"]);
    assert_left(&space, &before);
}
