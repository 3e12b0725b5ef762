//! A client in a pod that sends documents without a pause while a test changes something. `load.py` is the client.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::{Value, json};

use crate::fixture::{Space, on_node};
use crate::support::root;

/// A pod with Jina's client.
pub struct Client<'s> {
    space: &'s Space,
    name: String,
}

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: NAME, labels: {app: NAME}}
spec:
  terminationGracePeriodSeconds: 0
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: client
    image: docker.io/jinaai/jina:3.34.0-py311-standard
    imagePullPolicy: Never
    command: [sleep, infinity]
    env: [{name: HOME, value: /tmp}]
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
    volumeMounts: [{name: program, mountPath: /load}]
  volumes: [{name: program, configMap: {name: NAME}}]
";

impl<'s> Client<'s> {
    /// Starts the pod, which is also allowed in namespaces with restricted Pod Security.
    pub fn new(space: &'s Space, name: &str) -> Self {
        let read = |path| fs::read_to_string(root().join("tests/conformance").join(path)).unwrap();
        let programs = json!({"load.py": read("cluster/load.py"), "client.py": read("kubelet/client.py")});
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": programs});
        space.apply(&format!("{map}\n---{}", POD.replace("NAME", name)));
        space.kubectl(&["wait", "--for=condition=Ready", &format!("pod/{name}"), "--timeout", "180s"]);
        Self { space, name: name.to_owned() }
    }

    /// Applies the manifests of a Flow, and starts the pod beside it. Returns when both are ready.
    pub fn beside(space: &'s Space, manifests: &str) -> Self {
        space.apply(manifests);
        let client = Self::new(space, "client");
        space.rolled_out();
        client
    }

    pub fn space(&self) -> &'s Space {
        self.space
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs a program in the pod.
    pub fn run(&self, args: &[&str]) -> crate::support::Run {
        self.space.try_kubectl(&[&["exec", &self.name, "--"], args].concat())
    }

    /// Starts to send. Returns when the first request is answered.
    pub fn load(&self, options: &Value) -> Load {
        let mut load = self.load_unanswered(options);
        let first = load.line();
        assert!(first["answered"].is_number(), "{first}\n{}", self.space.state());
        load
    }

    /// Starts to send, whether or not anyone answers.
    pub fn load_unanswered(&self, options: &Value) -> Load {
        let space = &self.space.name;
        let options = options.to_string();
        let args = ["--namespace", space, "exec", "-i", &self.name, "--", "python3", "/load/load.py", &options];
        let mut kubectl = on_node("kubectl", &args);
        // A WebSocket ends when its pings have no answer for some seconds, as on a busy machine. SPDY has no such limit.
        kubectl.env("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", "false");
        let log = fs::File::create(self.space.folder.join(format!("{}.log", self.name))).unwrap();
        let mut child = kubectl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Load { child, lines }
    }

    /// Sends `limit` requests, and returns the report.
    pub fn send(&self, options: &Value) -> Value {
        assert!(options["limit"].as_u64().is_some_and(|limit| limit > 0), "{options}");
        self.load_unanswered(options).report()
    }
}

/// Requests that are being sent.
pub struct Load {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Load {
    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"))
    }

    fn report(mut self) -> Value {
        let report = loop {
            let line = self.line();
            if line["sent"].is_number() {
                break line;
            }
        };
        drop(self.child.stdin.take());
        let _ = self.child.wait();
        report
    }

    /// The report so far, while requests are being sent.
    pub fn peek(&mut self) -> Value {
        self.ask("peek")
    }

    /// The report since the last mark. Requests without an answer belong to the next report.
    pub fn mark(&mut self) -> Value {
        self.ask("mark")
    }

    fn ask(&mut self, word: &str) -> Value {
        writeln!(self.child.stdin.as_mut().unwrap(), "{word}").unwrap();
        self.line()
    }

    /// Stops, waits for the answers to all requests, and returns the report. `load.py` describes it.
    pub fn stop(mut self) -> Value {
        drop(self.child.stdin.take());
        self.report()
    }
}

/// Asserts that every request was answered, and that no executor handled one twice.
pub fn none_lost(report: &Value) {
    affected_at_most_at(0, report);
}

/// Asserts that no more than the requests of one second were lost or handled twice for each restart of the only pod of a shard,
/// at 5 requests a second. Jina tries a request four times, each time with a new connection. A request that starts while the pod
/// stops can fail four times before callers wait. The answer to a request that the pod handles while it stops can be lost, and
/// then Jina sends the request again.
pub fn affected_at_most_at(restarts: u64, report: &Value) {
    let affected = report["lost"].as_u64().unwrap() + report["repeated"].as_u64().unwrap();
    assert!(affected <= 5 * restarts, "{report:#}");
    assert!(report["answered"].as_u64().unwrap() > 0, "{report:#}");
}
