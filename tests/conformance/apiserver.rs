//! Tests against a real API server with a real etcd: the server's answer to every rendered object, with strict field
//! validation and server-side dry run. `apiserver/main.go` runs both and applies the objects.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::emitted::{Streams, cases_for, examples, fields, flows, flows_with, formats, oldest_kubernetes, published};
use crate::support::{self, documents, pod_security, recorded, root, run, scratch};
use crate::tools::folder;

/// The minor version of the newest Kubernetes.
const NEWEST: u32 = 37;

/// The server's answer to an object.
#[derive(Debug, Deserialize)]
struct Verdict {
    object: String,
    accepted: bool,
    warnings: Vec<String>,
    /// The fields that the server accepts but does not keep, such as fields of a feature that is off.
    dropped: Option<Vec<String>>,
    refusal: String,
}

#[derive(Deserialize)]
struct Answer {
    id: String,
    objects: Vec<Verdict>,
}

/// The server. It always ends together with the tests, because they close its standard input.
pub struct Server {
    _child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    log: PathBuf,
    kubeconfig: PathBuf,
}

impl Server {
    fn start() -> Self {
        Self::start_at(NEWEST)
    }

    /// Starts a server of Kubernetes 1.`minor`. Some versions are emulated by a newer one (KEP-4330).
    fn start_at(minor: u32) -> Self {
        let data = scratch("apiserver");
        let log = data.join("log");
        let mut command = Command::new(folder().join("bin/apiserver"));
        let program = match minor {
            34.. => NEWEST,
            31.. => 33,
            _ => minor,
        };
        if program != NEWEST {
            command.arg("--program").arg(folder().join(format!("bin/kube-apiserver-1.{program}")));
        }
        if program != minor {
            command.arg("--emulate").arg(format!("1.{minor}"));
        }
        command.arg(&data).args(definitions());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(fs::File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let requests = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let kubeconfig = data.join("kubeconfig");
        let mut server = Server { _child: child, requests, answers, log, kubeconfig };
        let version: Value = read(&mut server.answers, &server.log);
        // Kubernetes 1.30 emulates nothing.
        let of = if version["emulationMinor"].is_null() { &version["minor"] } else { &version["emulationMinor"] };
        assert_eq!(of, &minor.to_string(), "{version}");
        server
    }
}

/// The definitions of custom resources that `setup.sh` downloads.
fn definitions() -> Vec<PathBuf> {
    let folders = ["definitions", "deliveries"].map(|name| fs::read_dir(folder().join(name)).unwrap());
    let mut files: Vec<PathBuf> = folders.into_iter().flatten().map(|e| e.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    assert_eq!(files.len(), 9, "{files:?}");
    files
}

fn read<T: DeserializeOwned>(answers: &mut BufReader<ChildStdout>, log: &Path) -> T {
    let mut line = String::new();
    answers.read_line(&mut line).unwrap();
    assert!(line.ends_with('\n'), "the server has ended; its log:\n{}", fs::read_to_string(log).unwrap());
    serde_json::from_str(&line).unwrap()
}

/// The server, started once.
fn server() -> MutexGuard<'static, Server> {
    static SERVER: OnceLock<Mutex<Server>> = OnceLock::new();
    SERVER.get_or_init(|| Mutex::new(Server::start())).lock().unwrap_or_else(PoisonError::into_inner)
}

/// A server of its own for a test that creates namespaces, with the file with which kubectl calls it.
pub fn own() -> (Server, PathBuf) {
    let server = Server::start();
    let kubeconfig = server.kubeconfig.clone();
    (server, kubeconfig)
}

/// Sends the objects of streams to a server, and returns its answers.
fn apply(server: &mut Server, streams: &[(String, String)], keep: bool) -> BTreeMap<String, Vec<Verdict>> {
    let Server { requests, answers, log, .. } = server;
    let verdicts: BTreeMap<String, Vec<Verdict>> = thread::scope(|scope| {
        // A separate thread writes, because the server reads no further until its answers are read.
        scope.spawn(move || {
            for (id, yaml) in streams {
                writeln!(requests, "{}", json!({"id": id, "yaml": yaml, "keep": keep})).unwrap();
            }
        });
        streams.iter().map(|_| read::<Answer>(answers, log)).map(|answer| (answer.id, answer.objects)).collect()
    });
    assert!(streams.iter().all(|(id, _)| verdicts.contains_key(id)));
    verdicts
}

/// The objects that the server refuses, warns about or keeps only in part, and the number of all objects.
pub fn complaints(streams: &[(String, String)]) -> (Vec<String>, usize) {
    complaints_of(&mut server(), streams)
}

fn complaints_of(server: &mut Server, streams: &[(String, String)]) -> (Vec<String>, usize) {
    let mut lines = Vec::new();
    let mut count = 0;
    for (id, objects) in apply(server, streams, false) {
        assert!(!objects.is_empty(), "{id}: no objects");
        count += objects.len();
        for Verdict { object, accepted, warnings, dropped, refusal } in objects {
            lines.extend(warnings.iter().map(|warning| format!("{id}: {object}: warning: {warning}")));
            lines.extend(dropped.iter().flatten().map(|field| format!("{id}: {object}: dropped: {field}")));
            if !accepted {
                lines.push(format!("{id}: {object}: refused: {refusal}"));
            }
        }
    }
    (lines, count)
}

/// Asserts that the server accepts all objects of streams without a warning, and that there are at least as many.
pub fn assert_accepted(streams: &[(String, String)], least: usize) {
    assert_accepted_by(&mut server(), streams, least);
}

fn assert_accepted_by(server: &mut Server, streams: &[(String, String)], least: usize) {
    let (lines, count) = complaints_of(server, streams);
    assert!(lines.is_empty(), "{} of {count} objects:\n{}", lines.len(), lines.join("\n"));
    assert!(count >= least, "only {count} objects");
}

#[test]
fn every_object_and_every_pod_is_accepted() {
    assert_accepted(&with_pods([flows().clone(), published(), examples(), fields()].concat()), 7_000);
}

#[test]
fn values_that_formats_accept_are_accepted() {
    assert_accepted(&formats(), 2_000);
}

/// Applies to an API server of each version what is rendered for that version: the recorded Flows, a Flow for each case of a field
/// that the version has, and the JinaFlows that set all fields of the version or of an older one.
#[test]
fn every_version_accepts_what_is_rendered_for_it() {
    for minor in 30..NEWEST {
        let version = format!("1.{minor}");
        let mut streams = flows_with(&json!({"kubernetesVersion": version}), "ns");
        streams.extend(cases_for(&version));
        // Versions of the same length have the order of strings.
        streams.extend(fields().into_iter().filter(|(name, _)| oldest_kubernetes(name) <= version));
        let mut server = Server::start_at(minor);
        assert_accepted_by(&mut server, &with_pods(streams), 9_000);
    }
}

/// What a server drops is found: Kubernetes 1.30 has no user namespaces by default.
#[test]
fn a_field_that_a_version_drops_is_found() {
    let text = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostUsers: false, containers: [{name: a, image: a}]}}";
    let pod = [("pod".to_owned(), text.to_owned())];
    let (lines, _) = complaints_of(&mut Server::start_at(30), &pod);
    assert!(lines.iter().any(|line| line == "pod: Pod/a: dropped: .spec.hostUsers"), "{lines:?}");
    assert_accepted(&pod, 1);
}

/// A stream of documents in JSON, which is YAML.
fn stream(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("{object}\n")).collect::<Vec<_>>().join("---\n")
}

/// The pods that controllers create from workloads. The result of an apply does not show that a controller's pod was
/// refused.
fn pods(objects: &[Value]) -> Vec<Value> {
    let workloads = objects.iter().filter(|o| o["kind"] == "Deployment" || o["kind"] == "StatefulSet");
    let pod = |workload: &Value| {
        let mut pod = workload["spec"]["template"].clone();
        pod["apiVersion"] = "v1".into();
        pod["kind"] = "Pod".into();
        pod["metadata"]["name"] = workload["metadata"]["name"].clone();
        pod["metadata"]["namespace"] = workload["metadata"]["namespace"].clone();
        // https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#volume-claim-templates
        for claim in workload["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
            let name = &claim["metadata"]["name"];
            let volumes = pod["spec"].as_object_mut().unwrap().entry("volumes").or_insert(json!([]));
            volumes.as_array_mut().unwrap().push(json!({"name": name, "persistentVolumeClaim": {"claimName": name}}));
        }
        pod
    };
    workloads.map(pod).collect()
}

const RESTRICTED: &str = "restricted";

/// Creates a namespace with Pod Security admission.
fn guard_namespace() {
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": RESTRICTED, "labels": labels}});
    let verdicts = apply(&mut server(), &[("namespace".to_owned(), namespace.to_string())], true);
    assert!(verdicts["namespace"][0].accepted, "{verdicts:?}");
}

/// Streams, with the pods of each.
fn with_pods(streams: Streams) -> Streams {
    // A worker in another cluster leaves only a ConfigMap and a Service.
    let pods = |(name, text): &(String, String)| (format!("{name}, pods"), stream(&pods(&documents(text))));
    let pods: Streams = streams.iter().map(pods).filter(|(_, pods)| !pods.is_empty()).collect();
    [streams, pods].concat()
}

/// The names, ports and containers of every Flow are compatible with what is added around them.
#[test]
fn every_flow_is_accepted_in_a_mesh_restricted_and_behind_policies() {
    guard_namespace();
    let istio = json!({
        "mesh": "istio",
        "kubernetesVersion": "1.30",
        "monitoring": {"kind": "PodMonitor"},
        "networkPolicy": {"enabled": true, "egress": {"enabled": true}},
        "defaults": {"securityProfile": "restricted", "probes": "ping"},
        "gateway": {"expose": {}, "ingress": {}, "autoscale": {"max": 3}, "resources": {"requests": {"cpu": 1}}}
    });
    let linkerd = json!({
        "mesh": "linkerd",
        "networkPolicy": {"enabled": true},
        "defaults": {"securityProfile": "restricted", "probes": "http", "drainSeconds": 0},
        "gateway": {"expose": {"type": "NodePort"}}
    });
    for settings in [istio, linkerd] {
        assert_accepted(&with_pods(flows_with(&settings, RESTRICTED)), 9_000);
    }
}

#[test]
fn the_security_profile_passes_pod_security_admission() {
    guard_namespace();
    let (name, text) = fields().into_iter().find(|(name, _)| name.ends_with("restricted.yaml")).unwrap();
    let pods = pods(&documents(&text));
    assert!(pods.len() >= 8 && pods.iter().all(|pod| pod["metadata"]["namespace"] == RESTRICTED), "{pods:#?}");
    assert_accepted(&[(name, text), ("pods".to_owned(), stream(&pods))], 30);
}

#[test]
fn pod_security_admission_refuses_pods_that_are_not_restricted() {
    guard_namespace();
    let flow = root().join("examples/getting-started/flow.yml");
    let objects = support::jinaflow(&["export", flow.to_str().unwrap(), "--k8s-namespace", RESTRICTED]).succeeded().documents();
    let (lines, _) = complaints(&[("workloads".to_owned(), stream(&objects)), ("pods".to_owned(), stream(&pods(&objects)))]);
    let warned = lines.iter().filter(|l| l.contains("warning: would violate PodSecurity \"restricted:latest\"")).count();
    let refused = lines.iter().filter(|l| l.contains("refused: ") && l.contains("violates PodSecurity \"restricted:latest\"")).count();
    let workloads = pods(&objects).len();
    assert_eq!((warned, refused, lines.len()), (workloads, workloads, 2 * workloads), "{lines:#?}");
}

/// The pods of the cases are refused where `jinaflow check` reports them, and nowhere else.
#[test]
fn jinaflow_check_refuses_the_pods_that_pod_security_admission_refuses() {
    for level in ["baseline", "restricted"] {
        // A namespace of its own: other tests create the one with the name of the level.
        let renamed = |mut object: Value| {
            let field = if object["kind"] == "Namespace" { "name" } else { "namespace" };
            object["metadata"][field] = format!("cases-{level}").into();
            object.to_string()
        };
        let namespace = [("namespace".to_owned(), renamed(pod_security::namespace(level)))];
        assert!(apply(&mut server(), &namespace, true)["namespace"][0].accepted);
        let named = |pod: Value| (pod["metadata"]["name"].as_str().unwrap().to_owned(), renamed(pod));
        let streams: Streams = pod_security::pods(level).into_iter().map(named).collect();
        let verdicts = apply(&mut server(), &streams, false);
        let mut by_admission = 0;
        for (name, paths) in pod_security::reported(level) {
            let Verdict { accepted, refusal, .. } = &verdicts[&name][0];
            assert_eq!(*accepted, paths.is_empty(), "{level}: {name}: {paths:?}: {refusal}");
            // Validation comes first, and this server allows no privileged containers at all.
            let is_valid = !refusal.contains(" is invalid: ") && !refusal.contains("ephemeral containers");
            let is_by_admission = refusal.contains(&format!("violates PodSecurity \"{level}:latest\""));
            assert_eq!(is_by_admission, !accepted && is_valid, "{level}: {name}: {refusal}");
            by_admission += usize::from(is_by_admission);
        }
        assert!(by_admission >= 18, "{by_admission}");
    }
}

/// Jina writes a Deployment's `strategy` into a StatefulSet: https://github.com/jina-ai/serve,
/// `statefulset-executor.yml`.
#[test]
fn jinas_own_export_is_refused() {
    let case = recorded(&root().join("tests/jina/flows")).into_iter().find(|case| case.name == "154-volumes-list").unwrap();
    let export = run(case.export(&["--compat", "jina-3.34"]), b"");
    let (lines, count) = complaints(&[("jina".to_owned(), export.stdout)]);
    assert!(lines.len() == 1 && count > 1, "{lines:?}");
    assert!(
        lines[0].starts_with("jina: StatefulSet/indexer: refused: ") && lines[0].contains(".spec.strategy: field not declared"),
        "{lines:?}"
    );
}

#[test]
fn a_typing_error_in_a_custom_resource_is_refused() {
    let text = |field: &str| {
        let spec = format!("{{selector: {{}}, {field}: [{{port: monitoring}}]}}");
        format!("{{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {{name: a}}, spec: {spec}}}")
    };
    assert_accepted(&[("good".to_owned(), text("endpoints"))], 1);
    let (lines, _) = complaints(&[("slip".to_owned(), text("endpoint"))]);
    assert!(lines.len() == 1 && lines[0].contains(".spec.endpoint: field not declared in schema"), "{lines:?}");
}
