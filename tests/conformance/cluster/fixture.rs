//! The cluster as a fixture: namespaces, and what an apply does.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{self, Run, root, scratch};
use crate::tools::must;

/// A command on the node, as administrator of the cluster.
pub fn on_node(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(root().join("tests/conformance/cluster/in.sh"));
    command.arg(program).args(args);
    command
}

/// Repeats `look` until it returns something, and fails after `seconds`.
pub fn wait_for<T>(what: &str, seconds: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "not within {seconds} seconds: {what}");
        sleep(Duration::from_millis(500));
    }
}

/// A namespace of a test. It is deleted at the end.
pub struct Space {
    pub name: String,
    pub folder: PathBuf,
}

impl Space {
    pub fn new(name: &str) -> Self {
        Self::with_labels(name, &[])
    }

    /// A namespace with labels, for example those of Pod Security.
    pub fn with_labels(name: &str, labels: &[&str]) -> Self {
        let space = Self { name: format!("{name}-{}", std::process::id()), folder: scratch(name) };
        must(on_node("kubectl", &["create", "namespace", &space.name]));
        for label in labels {
            must(on_node("kubectl", &["label", "namespace", &space.name, label]));
        }
        space
    }

    /// A namespace whose name a manifest determines. Waits for the end of an earlier namespace with this name.
    pub fn named(name: &str) -> Self {
        wait_for(&format!("the end of the earlier namespace {name}"), 300, || {
            let created = support::run(on_node("kubectl", &["create", "namespace", name]), b"");
            assert!(created.code == 0 || created.stderr.contains("AlreadyExists"), "{}", created.stderr);
            (created.code == 0).then_some(())
        });
        Self::of(name)
    }

    /// A namespace that the test creates itself.
    pub fn of(name: &str) -> Self {
        Self { name: name.to_owned(), folder: scratch(name) }
    }

    /// `kubectl` in the namespace.
    pub fn try_kubectl(&self, args: &[&str]) -> Run {
        self.kubectl_reads("", args)
    }

    /// The same, with manifests on standard input.
    pub fn kubectl_reads(&self, manifests: &str, args: &[&str]) -> Run {
        let args = [&["--namespace", &self.name], args].concat();
        support::run(on_node("kubectl", &args), manifests.as_bytes())
    }

    /// The output of a `kubectl` that succeeds.
    pub fn kubectl(&self, args: &[&str]) -> String {
        let run = self.try_kubectl(args);
        assert_eq!(run.code, 0, "kubectl {args:?}\n{}{}", run.stderr, run.stdout);
        run.stdout
    }

    /// Objects as JSON.
    pub fn get(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.kubectl(&[&["get", "--output", "json"], args].concat())).unwrap()
    }

    /// `kubectl apply` of a stream of manifests.
    pub fn try_apply(&self, manifests: &str) -> Run {
        self.kubectl_reads(manifests, &["apply", "-f", "-"])
    }

    pub fn apply(&self, manifests: &str) -> String {
        let run = self.try_apply(manifests);
        assert_eq!(run.code, 0, "{}{}", run.stderr, run.stdout);
        run.stdout
    }

    /// `kubectl delete` of what an apply of the same manifests created.
    pub fn delete(&self, manifests: &str) {
        let run = self.kubectl_reads(manifests, &["delete", "-f", "-"]);
        assert_eq!(run.code, 0, "{}{}", run.stderr, run.stdout);
    }

    /// Waits until the pods of all workloads are ready and no old pod is left.
    pub fn rolled_out(&self) {
        self.rolled_out_within(300);
    }

    pub fn rolled_out_within(&self, seconds: u64) {
        let workloads = self.kubectl(&["get", "deployments,statefulsets", "--output", "name"]);
        assert!(!workloads.is_empty(), "no workloads");
        for workload in workloads.lines() {
            let run = self.try_kubectl(&["rollout", "status", workload, "--timeout", &format!("{seconds}s")]);
            assert_eq!(run.code, 0, "{workload}: {}{}\n{}", run.stderr, run.stdout, self.state());
        }
        // Old pods drain after their successors are ready.
        wait_for("the end of the old pods", seconds, || {
            let pods = self.get(&["pods"]);
            let ends = |pod: &Value| pod["metadata"]["deletionTimestamp"].is_string();
            (!pods["items"].as_array().unwrap().iter().any(ends)).then_some(())
        });
    }

    /// What a person would look at when something is wrong.
    pub fn state(&self) -> String {
        let mut text = self.try_kubectl(&["get", "pods,services,endpointslices", "--output", "wide"]).stdout;
        let events = self.try_kubectl(&["get", "events", "--sort-by", ".lastTimestamp"]).stdout;
        write!(text, "{events}").unwrap();
        for pod in self.try_kubectl(&["get", "pods", "--output", "name"]).stdout.lines() {
            write!(text, "--- {pod}\n{}", self.try_kubectl(&["logs", pod, "--all-containers", "--tail", "8"]).stdout).unwrap();
        }
        text
    }

    /// The names of the pods of a component.
    pub fn pods(&self, component: &str) -> Vec<String> {
        self.pods_of(&format!("flow.jina.ai/component={component}"))
    }

    /// The names of the pods that a selector of labels selects.
    pub fn pods_of(&self, selector: &str) -> Vec<String> {
        let pods = self.get(&["pods", "--selector", selector]);
        let name = |pod: &Value| pod["metadata"]["name"].as_str().unwrap().to_owned();
        pods["items"].as_array().unwrap().iter().map(name).collect()
    }

    /// The UID of a pod, which differs from that of an earlier pod with the same name.
    pub fn pod_uid(&self, pod: &str) -> Value {
        self.get(&["pod", pod])["metadata"]["uid"].clone()
    }

    /// Writes a file into the folder of the test.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let file = self.folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(&file, text).unwrap();
        file
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let args = ["delete", "namespace", &self.name, "--wait=false"];
        let _ = support::run(on_node("kubectl", &args), b"");
        // Pods would drain for the time of their manifests.
        let _ = self.try_kubectl(&["delete", "pods", "--all", "--grace-period=1", "--wait=false"]);
    }
}
