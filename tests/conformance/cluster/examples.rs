//! Every example of `examples`, built with the commands of its README and applied: it becomes ready, and documents that a client
//! sends to it come back.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use crate::fixture::{Space, on_node, wait_for};
use crate::load::{Client, none_lost};
use crate::support::{documents, root};
use crate::tools::{copy, edit, must, tool};

/// Test executors, and the images of the examples that they are on the node. The manifests stay unchanged.
const IMAGES: [(&str, &str); 5] = [
    ("encoder", "acme/clip-encoder:1.2.0"),
    ("encoder", "acme/clip-encoder:1.3.0-rc1"),
    ("encoder", "acme/clip-encoder@sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"),
    ("indexer", "acme/annlite-indexer:1.2.0"),
    ("echo", "registry.example.com/acme/ranker:v2"),
];

/// What the examples expect of their cluster: nodes for the indexer of `prod`, and GPUs. Kubernetes documents the second command
/// under "Advertise Extended Resources for a Node".
const NODE: [&[&str]; 2] = [
    &["label", "node", "node", "node-pool=high-memory", "--overwrite"],
    &["patch", "node", "node", "--subresource=status", "--type=merge", r#"--patch={"status": {"capacity": {"nvidia.com/gpu": "8"}}}"#],
];

/// Changes that the examples need here: the file, the old text and the new one.
const CHANGES: [(&str, &str, &str); 9] = [
    // The node has two processors, which all tests share.
    ("kustomize/overlays/prod/flow/kustomization.yaml", "cpu: 500m\n            memory: 1Gi", "cpu: 10m\n            memory: 32Mi"),
    ("kustomize/overlays/prod/flow/kustomization.yaml", "cpu: \"2\"\n              memory: 4Gi", "cpu: 20m\n              memory: 64Mi"),
    ("kustomize/overlays/prod/kustomization.yaml", "count: 3", "count: 1"),
    ("kustomize/overlays/prod/kustomization.yaml", "count: 4", "count: 1"),
    // kpt's catalog releases its functions as images, and no registry can be reached. These executables do the same.
    ("kpt-pipeline/Kptfile", "image: ghcr.io/kptdev/krm-functions-catalog/apply-setters:v0.2", "exec: mutators apply-setters"),
    ("kpt-pipeline/Kptfile", "image: ghcr.io/kptdev/krm-functions-catalog/set-namespace:v0.4.1", "exec: mutators set-namespace"),
    // As the READMEs of these packages say for machines without Docker.
    ("kpt-pipeline/Kptfile", FUNCTION, "exec: jinaflow"),
    ("jinaflow-render/Kptfile", FUNCTION, "exec: jinaflow"),
    ("jinaflow-check/Kptfile", FUNCTION, "exec: jinaflow"),
];

const FUNCTION: &str = concat!("image: localhost/jinaflow:v", env!("CARGO_PKG_VERSION"));

/// How many examples run at the same time. Most of their time is the start of Python on two processors.
const AT_ONCE: usize = 3;

/// The Secret that another tool creates, as the overlay `prod` says.
const SECRET: &str = "kubectl create secret generic search-credentials --from-literal api-key=a\n";

/// What `kpt live apply` applies of a package: the files without the annotation `local-config`.
const APPLY_PACKAGE: &str = "kubectl apply -R -f encoder -f gateway -f indexer\n";

/// A Flow or Deployment of the examples.
struct Example {
    /// What it runs: folders of `examples`, of its overlays and of its components.
    runs: &'static [&'static str],
    /// The namespace that the example sets. Others get one of their own.
    namespace: &'static str,
    labels: &'static [&'static str],
    folder: &'static str,
    script: String,
    /// The Service that documents are sent to.
    to: &'static str,
    /// The executors that an answer comes from.
    through: &'static str,
    /// Whether Jina retries requests. Two components leave that to a mesh, which the cluster does not have.
    retries: bool,
}

const SEARCH: Example = Example {
    runs: &[],
    namespace: "",
    labels: &[],
    folder: "",
    script: String::new(),
    to: "gateway",
    through: "encoder indexer",
    retries: true,
};

/// The namespaces that `securityProfile: restricted` is for.
const RESTRICTED: &[&str] = &["pod-security.kubernetes.io/enforce=restricted"];

/// The examples that render no Flow of their own, and the reason.
const NOT_RUN: [(&str, &str); 7] = [
    ("howto", "another test follows the page from its first command to its last one"),
    ("containerize", "`containerize.rs` builds its images, and runs their containers as the manifests say"),
    ("telemetry", "it needs a collector of traces; `observability.rs` has one"),
    ("observability", "`observability.rs` runs its queries and its collector"),
    ("kargo", "it needs Kargo, which no registry for Go modules has"),
    ("pull-request", "it needs a forge; `pull_request.rs` runs its scripts against a stand-in"),
    ("jinaflow-bad-flow", "its Flow has mistakes, and the render fails"),
];

/// The commands of a README, by the number of their block.
fn block(example: &str, number: usize) -> String {
    let page = fs::read_to_string(root().join("examples").join(example).join("README.md")).unwrap();
    let script = page.split("```sh\n").nth(number + 1).unwrap_or_else(|| panic!("{example}: no block {number}"));
    script.split("```").next().unwrap().to_owned()
}

/// The commands of the README of the overlays, for one of them.
fn overlay(name: &str) -> String {
    let commands = block("kustomize", 0);
    assert!(commands.contains("overlays/prod ") && commands.contains("kubectl apply"), "{commands}");
    commands.replace("overlays/prod ", &format!("{name} "))
}

/// An overlay with components, as the README of the components shows.
fn with_components(name: &str, components: &[&str]) -> String {
    let listed: String = components.iter().map(|name| format!("- ../../../../components/{name}\n")).collect();
    let overlay_of = |folder: &str, lines: &str| format!("mkdir -p {folder}\ncat > {folder}/kustomization.yaml << 'END'\n{lines}END\n");
    let flow = overlay_of(&format!("overlays/{name}/flow"), &format!("resources:\n- ../../../base/flow\ncomponents:\n{listed}"));
    let objects = overlay_of(
        &format!("overlays/{name}"),
        "generators:\n- flow\ncomponents:\n- ../../wiring\nsecretGenerator:\n- {name: search-credentials, literals: [api-key=a]}\n",
    );
    flow + &objects + &overlay(&format!("overlays/{name}"))
}

/// The command that Argo CD runs for an Application.
fn argo_cd() -> String {
    let file = |name: &str| documents(&fs::read_to_string(root().join("examples/argocd").join(name)).unwrap()).remove(0);
    let (plugin, application) = (file("plugin.yaml"), file("application.yaml"));
    let generate = &plugin["spec"]["generate"];
    assert_eq!(generate["command"], json!(["sh", "-euc"]));
    let path = application["spec"]["source"]["path"].as_str().unwrap();
    format!("(cd {path} && sh -euc '{}') > argocd.yaml\n", generate["args"][0].as_str().unwrap().replace('\'', "'\\''"))
}

/// Fails if an apply changes an object. kubectl says `configured` for every PodDisruptionBudget, because its selector has the patch
/// strategy `replace`.
fn changes_nothing(apply: &str) -> String {
    let same = "-e ' unchanged$' -e '^poddisruptionbudget.* configured$'";
    format!("{apply} > applied.txt\ngrep -q ' unchanged$' applied.txt\nif grep -v {same} applied.txt; then exit 1; fi\n")
}

/// The examples in the order of their namespaces. Those of one namespace run one after the other.
fn examples() -> Vec<Vec<Example>> {
    let others = ["expose", "monitoring", "gpu", "persistent-indexer", "restricted", "network-policy"];
    let all_with = |mesh: &'static str| with_components(mesh, &[&[mesh][..], &others].concat());
    let flux = |name: &str| block("flux", 0) + &changes_nothing(&format!("kubectl apply -R -f rendered/{name}"));
    let base = SECRET.to_owned() + &overlay("base").replace("check prod.yaml", "check prod.yaml --external secret/search-credentials");
    let prod = SECRET.to_owned() + "(cd kustomize\n" + &overlay("overlays/prod") + ")\n" + &argo_cd();
    let prod = prod + &changes_nothing("kubectl apply -f argocd.yaml") + &flux("prod");
    let eu = SECRET.to_owned() + "(cd kustomize\n" + &overlay("overlays/prod-eu") + ")\n" + &flux("prod-eu");
    vec![
        vec![
            Example { runs: &["kustomize", "prod", "argocd", "flux"], namespace: "search", labels: RESTRICTED, script: prod, ..SEARCH },
            Example {
                runs: &["kpt-pipeline"],
                namespace: "search",
                folder: "kpt-pipeline",
                script: "kpt fn render --allow-exec\n".to_owned() + APPLY_PACKAGE,
                ..SEARCH
            },
            Example {
                runs: &["getting-started"],
                namespace: "search",
                folder: "getting-started",
                script: block("getting-started", 0),
                ..SEARCH
            },
        ],
        vec![Example { runs: &["prod-eu"], namespace: "search-eu", labels: RESTRICTED, script: eu, to: "gateway-eu", ..SEARCH }],
        vec![Example { runs: &["base"], folder: "kustomize", script: base, ..SEARCH }],
        vec![Example {
            runs: &["dev"],
            namespace: "search-dev",
            folder: "kustomize",
            script: overlay("overlays/dev"),
            to: "dev-gateway",
            ..SEARCH
        }],
        vec![Example {
            runs: &["staging"],
            namespace: "search-staging",
            folder: "kustomize",
            script: overlay("overlays/staging"),
            ..SEARCH
        }],
        vec![Example {
            runs: &["components", "no-mesh", "expose", "monitoring", "gpu", "persistent-indexer", "restricted", "network-policy"],
            labels: RESTRICTED,
            folder: "kustomize",
            script: all_with("no-mesh"),
            ..SEARCH
        }],
        vec![Example { runs: &["linkerd"], folder: "kustomize", script: all_with("linkerd"), retries: false, ..SEARCH }],
        vec![Example { runs: &["istio"], folder: "kustomize", script: all_with("istio"), retries: false, ..SEARCH }],
        vec![Example { runs: &["kpt"], folder: "kpt", script: block("kpt", 0) + &block("kpt", 1), ..SEARCH }],
        vec![Example {
            runs: &["jinaflow-render"],
            folder: "jinaflow-render",
            script: "kpt fn render --allow-exec\n".to_owned() + APPLY_PACKAGE,
            ..SEARCH
        }],
        vec![Example {
            runs: &["jinaflow-check"],
            folder: "jinaflow-check",
            script: "kpt fn render --allow-exec\nkubectl apply -f encoder.yml\n".to_owned(),
            to: "encoder",
            through: "encoder",
            ..SEARCH
        }],
        vec![Example {
            runs: &["jinaflow-eval"],
            namespace: "ranking",
            folder: "jinaflow-eval",
            script: "kpt fn eval --exec jinaflow --fn-config jinaflow.yaml\nkubectl apply -f ranker.yml\n".to_owned(),
            to: "ranker",
            through: "ranker",
            ..SEARCH
        }],
    ]
}

/// Runs commands in a copy of the examples. `kubectl apply` is that of the cluster, in the namespace of the example.
fn perform(space: &Space, folder: &Path, script: &str) {
    let inside = root().join("tests/conformance/cluster/in.sh");
    let kubectl = format!("kubectl() {{ {} kubectl --namespace {} \"$@\"; }}\n", inside.display(), space.name);
    let mut command = tool("bash", &["-euo", "pipefail", "-c", &(kubectl + script)]);
    command.current_dir(folder);
    must(command);
}

/// Applies an example, waits until it is ready, and sends documents to it.
fn run_example(client: &Client, example: &Example) {
    let space = if example.namespace.is_empty() { Space::new(example.runs[0]) } else { Space::named(example.namespace) };
    for label in example.labels {
        space.kubectl(&["label", "namespace", &space.name, label]);
    }
    let all = copy("examples");
    for (file, from, to) in CHANGES {
        edit(&all.join(file), from, to);
    }
    perform(&space, &all.join(example.folder), &example.script);
    space.rolled_out();
    let mut addresses = vec![format!("{}.{}.svc:8080", example.to, space.name)];
    let services = space.get(&["services"]);
    for service in services["items"].as_array().unwrap().iter().filter(|service| service["spec"]["type"] == "LoadBalancer") {
        let name = service["metadata"]["name"].as_str().unwrap();
        space.kubectl(&["wait", "--for=jsonpath={.status.loadBalancer.ingress[0].ip}", &format!("service/{name}"), "--timeout", "60s"]);
        let service = space.get(&["service", name]);
        addresses.push(format!("{}:80", service["status"]["loadBalancer"]["ingress"][0]["ip"].as_str().unwrap()));
    }
    for address in addresses {
        let send = || client.send(&json!({"to": address, "limit": 4}));
        let report = if example.retries {
            let report = send();
            none_lost(&report);
            report
        } else {
            wait_for("answers without retries", 60, || Some(send()).filter(|report| report["lost"] == 0))
        };
        // An answer names the shards as well: `encoder/0 indexer/1`.
        for path in report["through"].as_object().unwrap().keys() {
            let executors: Vec<&str> = path.split(' ').map(|hop| hop.split('/').next().unwrap()).collect();
            assert_eq!(executors.join(" "), example.through, "{report:#}");
        }
    }
    let pods = space.get(&["pods"]);
    let statuses = pods["items"].as_array().unwrap().iter().flat_map(|pod| pod["status"]["containerStatuses"].as_array().unwrap());
    let restarted: Vec<&Value> = statuses.filter(|container| container["restartCount"] != 0).collect();
    assert!(restarted.is_empty(), "{restarted:#?}\n{}", space.state());
}

#[test]
fn every_example_runs() {
    for (executor, name) in IMAGES {
        let name = if name.starts_with("registry.") { name.to_owned() } else { format!("docker.io/{name}") };
        must(on_node("ctr", &["images", "tag", "--force", &format!("docker.io/example/{executor}:v1"), &name]));
    }
    for command in NODE {
        must(on_node("kubectl", command));
    }
    // The policies of the examples let only this namespace send documents.
    let entry = Space::named("ingress-nginx");
    let client = Client::new(&entry, "client");
    let queue = Mutex::new(VecDeque::from(examples()));
    let failed = Mutex::new(Vec::new());
    let work = || {
        loop {
            let Some(lane) = queue.lock().unwrap().pop_front() else { break };
            for example in lane {
                let began = Instant::now();
                // A failure prints its message, and the other examples are run all the same.
                if catch_unwind(AssertUnwindSafe(|| run_example(&client, &example))).is_err() {
                    failed.lock().unwrap().push(example.runs.join(" "));
                }
                println!("{}: {:.0?}", example.runs.join(" "), began.elapsed());
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(work);
        }
    });
    assert_eq!(failed.into_inner().unwrap(), Vec::<String>::new());
}

/// The folders in a folder.
fn folders(path: PathBuf) -> BTreeSet<String> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn no_example_is_left_out() {
    let examples_folder = root().join("examples");
    let mut there = folders(examples_folder.clone());
    there.extend(folders(examples_folder.join("kustomize/overlays")));
    there.extend(folders(examples_folder.join("components")));
    there.insert("base".to_owned());
    let all = examples();
    let mut named: Vec<&str> = all.iter().flatten().flat_map(|example| example.runs).copied().collect();
    named.extend(NOT_RUN.map(|(name, _)| name));
    let unique: BTreeSet<String> = named.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!((unique.len(), unique), (named.len(), there));
}
