//! Many Flows on a node that only pretends to run pods, so that what counts are the objects. `scale.py` measures more of them.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::fixture::{Space, on_node, wait_for};
use crate::support::{self, Run};
use crate::tools::{must, static_binary};

const FLOWS: usize = 4;
const EXECUTORS: usize = 10;

/// A node whose pods kwok pretends to run. Only pods that tolerate its taint come to it.
struct Node {
    name: String,
}

impl Node {
    fn new() -> Self {
        let name = format!("kwok-{}", std::process::id());
        let node = json!({
            "apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {"pretends": name}, "annotations": {"kwok.x-k8s.io/node": "fake"}},
            "spec": {"taints": [{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}]},
        });
        kubectl(&["apply", "-f", "-"], &node.to_string());
        must(on_node("kubectl", &["wait", "--for=condition=Ready", &format!("node/{name}"), "--timeout", "60s"]));
        Self { name }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = support::run(on_node("kubectl", &["delete", "node", &self.name, "--wait=false"]), b"");
    }
}

fn kubectl(args: &[&str], input: &str) -> String {
    let Run { code, stdout, stderr, .. } = support::run(on_node("kubectl", args), input.as_bytes());
    assert_eq!(code, 0, "kubectl {args:?}\n{stderr}{stdout}");
    stdout
}

/// The Flows of all namespaces, rendered by one run as a function.
fn render(spaces: &[Space], tag: &str, node: &Node) -> String {
    let mut list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n".to_owned();
    for Space { name, .. } in spaces {
        write!(list, "- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata: {{name: {name}, namespace: {name}}}\n").unwrap();
        list += "  spec:\n    flow: |\n      jtype: Flow\n      executors:\n";
        for number in 0..EXECUTORS {
            writeln!(list, "      - {{name: executor{number}, uses: docker://example/encoder:{tag}}}").unwrap();
        }
        list += "    defaults:\n      podTemplate:\n        spec:\n";
        writeln!(list, "          nodeSelector: {{pretends: {}}}", node.name).unwrap();
        list += "          tolerations: [{key: kwok.x-k8s.io/node, operator: Exists}]\n";
    }
    let run = support::run(std::process::Command::new(static_binary()), list.as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stdout
}

fn pods(space: &Space) -> Vec<Value> {
    space.get(&["pods"])["items"].as_array().unwrap().clone()
}

/// Whether all deployments of a namespace are available and have no pods but the ones that `tag` says.
fn settled(space: &Space, tag: &str) -> bool {
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let deployments = space.get(&["deployments"]);
    let deployments = deployments["items"].as_array().unwrap();
    let available = |deployment: &&Value| {
        number(&deployment["status"]["availableReplicas"]) == 1
            && deployment["status"]["observedGeneration"] == deployment["metadata"]["generation"]
            && number(&deployment["status"]["updatedReplicas"]) == 1
    };
    let image = |pod: &&Value| pod["spec"]["containers"][0]["image"] == format!("example/encoder:{tag}");
    let pods = pods(space);
    deployments.iter().filter(available).count() == EXECUTORS + 1
        && pods.len() == EXECUTORS + 1
        && pods.iter().filter(image).count() == EXECUTORS
}

#[test]
fn many_flows_are_applied_promoted_and_removed_without_a_trace() {
    let node = Node::new();
    let spaces: Vec<_> = (0..FLOWS).map(|number| Space::new(&format!("scale{number}"))).collect();
    for tag in ["v1", "v2"] {
        let answer = kubectl(&["apply", "--server-side", "-f", "-"], &items(&render(&spaces, tag, &node)));
        assert_eq!(answer.lines().count(), FLOWS * (EXECUTORS + 1) * 4, "{answer}");
        for space in &spaces {
            wait_for(&format!("{tag} in {}", space.name), 240, || settled(space, tag).then_some(()));
        }
    }
    for space in &spaces {
        assert!(pods(space).iter().all(|pod| pod["spec"]["nodeName"] == node.name.as_str()), "{}", space.state());
    }
    kubectl(&["delete", "--wait=false", "-f", "-"], &items(&render(&spaces, "v2", &node)));
    for space in &spaces {
        let kinds = "deployments,replicasets,pods,services,endpointslices,poddisruptionbudgets,configmaps";
        wait_for(&format!("nothing of the Flow in {}", space.name), 120, || {
            let left = space.kubectl(&["get", kinds, "--output", "name"]);
            (left.trim() == "configmap/kube-root-ca.crt").then_some(())
        });
    }
}

/// The generated items of a ResourceList, as a list that kubectl reads. The record of the render is for the next render only,
/// and says so: "kpt live apply" leaves it out too.
fn items(list: &str) -> String {
    let (_, items) = list.split_once("\nitems:\n").unwrap();
    let for_cluster = |item: &&str| !item.contains("kind: JinaFlow\n") && !item.contains("config.kubernetes.io/local-config: ");
    let items = items.split("\n- ").filter(for_cluster).fold(String::new(), |mut all, item| {
        writeln!(all, "- {}", item.trim_start_matches("- ")).unwrap();
        all
    });
    format!("apiVersion: v1\nkind: List\nitems:\n{items}")
}
