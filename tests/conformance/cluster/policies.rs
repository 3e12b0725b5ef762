//! NetworkPolicies after an overlay with a namespace and a prefix. They allow the connections of the Flow, and block all others,
//! in both directions. The test first shows that all connections are open without the policies.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::faults::stream;
use crate::fixture::{Space, on_node, wait_for};
use crate::judge::{Judge, passed};
use crate::load::Client;
use crate::support::{documents, root};
use crate::tools::{config, kustomize, must};

const FLOW: &str = "jtype: Flow
with: {monitoring: true}
executors:
- {name: encoder, uses: docker://example/encoder:v1, replicas: 2}
- {name: indexer, uses: docker://example/indexer:v1, shards: 2, polling: {/index: ANY, /search: ALL}}
";

/// The components of the Flow, and which of them call each other.
const COMPONENTS: [&str; 5] = ["gateway", "encoder", "indexer-head", "indexer-0", "indexer-1"];
const EDGES: [(&str, &str); 4] =
    [("gateway", "encoder"), ("gateway", "indexer-head"), ("indexer-head", "indexer-0"), ("indexer-head", "indexer-1")];

/// A server outside of the Flow. It has two ports.
const SERVER: &str = "
apiVersion: v1
kind: Pod
metadata: {name: server, labels: {app: server}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: server
    image: docker.io/jinaai/jina:3.34.0-py311-standard
    imagePullPolicy: Never
    command: [sh, -c, python3 -m http.server 9000 & exec python3 -m http.server 9001]
    readinessProbe: {tcpSocket: {port: 9001}, periodSeconds: 1}
";

/// Pods, by the names that the test has for them.
struct Pods<'s> {
    pods: BTreeMap<&'static str, (&'s Space, String, String)>,
}

/// From, to, and port.
type Link = (&'static str, &'static str, u16);

impl<'s> Pods<'s> {
    fn add(&mut self, name: &'static str, space: &'s Space, pod: String) {
        let address = space.kubectl(&["get", "pod", &pod, "--output", "jsonpath={.status.podIP}"]);
        self.pods.insert(name, (space, pod, address));
    }

    /// The links that are open, of all links between two pods.
    fn open(&self, ports: &dyn Fn(&str) -> Vec<u16>) -> BTreeSet<Link> {
        let mut open = BTreeSet::new();
        for (from, (space, pod, _)) in &self.pods {
            let to = self.pods.iter().filter(|(to, _)| *to != from);
            let links =
                to.flat_map(|(to, (_, _, address))| ports(to).into_iter().map(move |port| (*to, port, format!("{address}:{port}"))));
            let links = links.collect::<Vec<_>>();
            let addresses = links.iter().map(|(_, _, address)| address.as_str()).collect::<Vec<_>>();
            let found = reach(space, pod, &addresses);
            open.extend(links.iter().filter(|(_, _, address)| found[address] == "open").map(|(to, port, _)| (*from, *to, *port)));
        }
        open
    }
}

/// Runs `reach.py` in a pod.
fn reach(space: &Space, pod: &str, targets: &[&str]) -> Value {
    let program = fs::read_to_string(root().join("tests/conformance/cluster/reach.py")).unwrap();
    let args = [&["--namespace", &space.name, "exec", pod, "--", "python3", "-c", &program], targets].concat();
    serde_json::from_str(&must(on_node("kubectl", &args)).stdout).unwrap()
}

/// The ports on which a pod listens. Those of a component are for documents and for metrics.
fn ports(pod: &str) -> Vec<u16> {
    if COMPONENTS.contains(&pod) { vec![8080, 9090] } else { vec![9000, 9001] }
}

fn overlay(space: &Space, spec: &str) -> String {
    let function = "metadata:\n  name: run\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: jinaflow}\n";
    let base = config(FLOW, spec).replace("metadata: {name: run}\n", function);
    space.write("base/jinaflow.yaml", &base);
    let config = fs::read_to_string(root().join("functions/jinaflow/kustomizeconfig.yaml")).unwrap();
    space.write("base/kustomizeconfig.yaml", &config);
    space.write("base/kustomization.yaml", "generators: [jinaflow.yaml]\nconfigurations: [kustomizeconfig.yaml]\n");
    let overlay = format!("resources: [../base]\nnamespace: {}\nnamePrefix: eu-\n", space.name);
    let file = space.write("overlay/kustomization.yaml", &overlay);
    must(kustomize(file.parent().unwrap())).stdout
}

#[test]
fn policies_of_a_flow_with_a_prefix_pass_its_edges_and_cut_everything_else() {
    let space = Space::new("policies");
    let [friends, others, store] = ["friends", "others", "store"].map(Space::new);
    let spec = format!(
        "defaults: {{drainSeconds: 4}}\nnetworkPolicy:\n  allowFrom:\n    friends: {{namespace: {0}}}\n    watch: {{namespace: {0}, to: \
         metrics}}\n  egress: {{allowTo: {{store: {{namespace: {1}, port: 9000}}}}}}\n",
        friends.name, store.name
    );
    let manifests = overlay(&space, &spec);
    let objects = documents(&manifests);
    let (policies, rest): (Vec<_>, Vec<_>) = objects.into_iter().partition(|object| object["kind"] == "NetworkPolicy");
    assert_eq!(policies.len(), COMPONENTS.len());

    space.apply(&stream(&rest));
    for near in [&space, &friends, &others, &store] {
        near.apply(SERVER);
    }
    for near in [&space, &friends, &others, &store] {
        near.kubectl(&["wait", "--for=condition=Ready", "pod/server", "--timeout", "120s"]);
    }
    let client = Client::new(&friends, "client");
    let mut judge = Judge::new(&client, FLOW);
    space.rolled_out();

    let mut pods = Pods { pods: BTreeMap::new() };
    for component in COMPONENTS {
        pods.add(component, &space, space.pods(&format!("eu-{component}")).remove(0));
    }
    for (name, near) in [("neighbour", &space), ("friend", &friends), ("other", &others), ("store", &store)] {
        pods.add(name, near, "server".to_owned());
    }
    let names = pods.pods.keys().copied().collect::<Vec<_>>();
    let all = names.iter().flat_map(|from| names.iter().filter(move |to| *to != from).map(move |to| (*from, *to)));
    let all = all.flat_map(|(from, to)| ports(to).into_iter().map(move |port| (from, to, port))).collect::<BTreeSet<Link>>();
    assert_eq!(pods.open(&ports), all);

    let outside = ["neighbour", "friend", "other", "store"];
    let due = |(from, to, port): &Link| match (COMPONENTS.contains(from), COMPONENTS.contains(to)) {
        (true, true) => EDGES.contains(&(*from, *to)) && *port == 8080,
        (true, false) => (*to, *port) == ("store", 9000),
        (false, true) => *from == "friend" && (*port == 9090 || *to == "gateway"),
        (false, false) => outside.contains(from),
    };
    let due = all.iter().copied().filter(due).collect::<BTreeSet<Link>>();
    space.apply(&stream(&policies));
    let mut wrong = BTreeSet::new();
    let end = Instant::now() + Duration::from_secs(400);
    while Instant::now() < end {
        wrong = pods.open(&ports).symmetric_difference(&due).copied().collect();
        if wrong.is_empty() {
            break;
        }
    }
    assert!(wrong.is_empty(), "open and must be cut, or the reverse: {wrong:?}");

    // The API server is neither an edge nor a server that was named; names are resolved all the same.
    for component in COMPONENTS {
        let pod = space.pods(&format!("eu-{component}")).remove(0);
        let answers = reach(&space, &pod, &["kubernetes.default.svc.cluster.local:443", "10.96.0.1:443"]);
        let expected = serde_json::json!({"kubernetes.default.svc.cluster.local:443": "closed", "10.96.0.1:443": "closed"});
        assert_eq!(answers, expected, "{component}");
    }
    let open = reach(&others, "server", &["kubernetes.default.svc.cluster.local:443"]);
    assert_eq!(open["kubernetes.default.svc.cluster.local:443"], "open");

    // The Flow works through its policies, also for pods that start under them.
    let entry = format!("grpc://eu-gateway.{}:8080", space.name);
    judge.passes(&[&entry]);
    space.kubectl(&["rollout", "restart", "deployment/eu-encoder"]);
    space.rolled_out();
    judge.served_by(&[&entry], "encoder", 2, 20);
    let forbidden = ["encoder", "indexer-head", "indexer-0"].map(|name| format!("grpc://eu-{name}.{}:8080", space.name));
    passed(judge.ask(&serde_json::json!({"refused": forbidden})));

    // Without its policy, a component is open: the cut was the effect of that policy.
    let pod = &pods.pods["indexer-0"];
    let target = format!("{}:8080", pod.2);
    space.kubectl(&["delete", "networkpolicy", "eu-indexer-0"]);
    wait_for("a connection", 120, || (reach(&others, "server", &[&target])[&target] == "open").then_some(()));
}
