//! The examples for kustomize with the real kustomize: every overlay and every component, alone and combined, does what
//! its README says. `deliveries.rs` tests Argo CD, Flux and kpt.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::kustomize::write;
use crate::support::wiring::{faults, values_of};
use crate::support::{Run, label, root, run};
use crate::tools::{copy, edit, kustomize, must, tool};

fn of_kind<'o>(objects: &'o [Value], kinds: &[&str]) -> Vec<&'o Value> {
    objects.iter().filter(|object| kinds.contains(&object["kind"].as_str().unwrap())).collect()
}

fn workloads(objects: &[Value]) -> Vec<&Value> {
    let found = of_kind(objects, &["Deployment", "StatefulSet"]);
    assert_eq!(found.len(), 5, "{:?}", objects.iter().map(label).collect::<Vec<_>>());
    found
}

/// The workloads of an executor in a role, found by the labels of the contract, which no overlay changes.
fn of_executor<'o>(objects: &'o [Value], executor: &str, role: &str) -> Vec<&'o Value> {
    let labels = |object: &Value| object["metadata"]["labels"].clone();
    let mut found = workloads(objects);
    found.retain(|object| labels(object)["flow.jina.ai/executor"] == executor && labels(object)["flow.jina.ai/role"] == role);
    assert!(!found.is_empty(), "{executor} {role}");
    found
}

fn pod(workload: &Value) -> &Value {
    &workload["spec"]["template"]["spec"]
}

fn containers(workload: &Value) -> &[Value] {
    pod(workload)["containers"].as_array().unwrap()
}

fn args(workload: &Value) -> Vec<&str> {
    containers(workload)[0]["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect()
}

fn app(workload: &Value) -> &Value {
    &workload["spec"]["template"]["metadata"]["labels"]["flow.jina.ai/component"]
}

/// The Services through which pods of the Flow are called, including the gateway's.
fn services(objects: &[Value]) -> Vec<&Value> {
    let mut found = of_kind(objects, &["Service"]);
    found.retain(|service| service["spec"]["type"] == "ClusterIP");
    assert_eq!(found.len(), 5);
    found
}

/// The effect of each component of the examples, as its README says: first the components for a mesh, of which one is
/// chosen, then the others in the order in which they are combined.
const MESHES: [(&str, Proof); 3] = [("linkerd", linkerd), ("istio", istio), ("no-mesh", no_mesh)];
const OTHERS: [(&str, Proof); 7] = [
    ("expose", expose),
    ("monitoring", monitoring),
    ("telemetry", telemetry),
    ("gpu", gpu),
    ("persistent-indexer", persistent_indexer),
    ("restricted", restricted),
    ("network-policy", network_policy),
];

/// Asserts the effect of a component on objects.
type Proof = fn(&[Value]);

fn linkerd(objects: &[Value]) {
    for workload in workloads(objects) {
        assert_eq!(workload["spec"]["template"]["metadata"]["annotations"]["linkerd.io/inject"], "enabled");
        assert_eq!(values_of("--retries", &args(workload)), ["0"]);
    }
    for service in services(objects) {
        assert!(service["spec"]["clusterIP"].is_null(), "{}", label(service));
        assert_eq!(service["metadata"]["annotations"]["retry.linkerd.io/grpc"], "unavailable");
    }
}

fn istio(objects: &[Value]) {
    for workload in workloads(objects) {
        assert_eq!(workload["spec"]["template"]["metadata"]["labels"]["sidecar.istio.io/inject"], "true");
        assert_eq!(values_of("--retries", &args(workload)), ["0"]);
    }
    for service in services(objects) {
        let port = &service["spec"]["ports"][0];
        assert_eq!((&service["spec"]["clusterIP"], &port["name"]), (&Value::Null, &"grpc".into()));
        assert_eq!(port["appProtocol"], "grpc");
    }
}

fn no_mesh(objects: &[Value]) {
    for service in services(objects) {
        let labels = &service["metadata"]["labels"];
        let is_gateway = labels["flow.jina.ai/role"] == "gateway";
        // A head waits for an only shard with storage, and can do that only if its Service has an address.
        let is_of = |set: &&Value| set["metadata"]["name"] == service["metadata"]["name"] && set["spec"]["replicas"] == 1;
        let is_only_shard = labels["flow.jina.ai/shard"].is_string() && of_kind(objects, &["StatefulSet"]).iter().any(is_of);
        assert_eq!(service["spec"]["clusterIP"] == "None", !is_gateway && !is_only_shard, "{}", label(service));
    }
    for caller in [of_executor(objects, "gateway", "gateway"), of_executor(objects, "indexer", "head")].concat() {
        assert!(values_of("--grpc-channel-options", &args(caller))[0].contains("round_robin"), "{}", label(caller));
    }
    for server in [of_executor(objects, "encoder", "worker"), of_executor(objects, "indexer", "worker")].concat() {
        assert!(values_of("--grpc-server-options", &args(server))[0].contains("max_connection_age"), "{}", label(server));
    }
}

fn expose(objects: &[Value]) {
    let exposed: Vec<&Value> =
        of_kind(objects, &["Service"]).into_iter().filter(|service| service["spec"]["type"] == "LoadBalancer").collect();
    assert_eq!(exposed.len(), 1);
    assert!(exposed[0]["metadata"]["name"].as_str().unwrap().contains("gateway-exposed"));
    let port = &exposed[0]["spec"]["ports"][0];
    assert_eq!((&port["port"], &port["targetPort"]), (&80.into(), &8080.into()));
    assert_eq!(exposed[0]["spec"]["selector"]["flow.jina.ai/component"], *app(of_executor(objects, "gateway", "gateway")[0]));
}

fn monitoring(objects: &[Value]) {
    let monitors = of_kind(objects, &["PodMonitor"]);
    let selected: BTreeSet<String> =
        monitors.iter().map(|monitor| monitor["spec"]["selector"]["matchLabels"]["flow.jina.ai/component"].to_string()).collect();
    let there: BTreeSet<String> = workloads(objects).into_iter().map(|workload| app(workload).to_string()).collect();
    assert_eq!((monitors.len(), selected), (5, there));
    assert!(monitors.iter().all(|monitor| monitor["metadata"]["labels"]["release"] == "kube-prometheus-stack"));
    for workload in workloads(objects) {
        assert!(args(workload).contains(&"--monitoring"), "{}", label(workload));
        let ports = containers(workload)[0]["ports"].as_array().unwrap();
        assert!(ports.iter().any(|port| port["name"] == monitors[0]["spec"]["podMetricsEndpoints"][0]["port"]));
    }
}

fn telemetry(objects: &[Value]) {
    for workload in workloads(objects) {
        for kind in ["traces", "metrics"] {
            assert_eq!(values_of(&format!("--{kind}-exporter-host"), &args(workload)), ["collector.observability"]);
            assert_eq!(values_of(&format!("--{kind}-exporter-port"), &args(workload)), ["4317"]);
        }
        assert_eq!(variables(objects, workload)["OTEL_EXPORTER_OTLP_INSECURE"], "true", "{}", label(workload));
    }
}

fn gpu(objects: &[Value]) {
    for workload in workloads(objects) {
        let is_encoder = workload["metadata"]["labels"]["flow.jina.ai/executor"] == "encoder";
        let limit = &containers(workload)[0]["resources"]["limits"]["nvidia.com/gpu"];
        assert_eq!(*limit, if is_encoder { json!("1") } else { Value::Null }, "{}", label(workload));
    }
    let encoder = of_executor(objects, "encoder", "worker")[0];
    assert_eq!(encoder["spec"]["strategy"]["rollingUpdate"], json!({"maxSurge": 0, "maxUnavailable": 1}));
    assert_eq!(pod(encoder)["tolerations"], json!([{"key": "nvidia.com/gpu", "operator": "Exists"}]));
}

fn persistent_indexer(objects: &[Value]) {
    let shards = of_executor(objects, "indexer", "worker");
    assert_eq!(shards.len(), 2);
    for shard in shards {
        let claims = shard["spec"]["volumeClaimTemplates"].as_array().unwrap();
        assert_eq!((shard["kind"].as_str().unwrap(), claims.len()), ("StatefulSet", 1));
        assert_eq!(claims[0]["spec"]["resources"]["requests"]["storage"], "50Gi");
        let mount = containers(shard)[0]["volumeMounts"].as_array().unwrap();
        let mount = mount.iter().find(|mount| mount["name"] == claims[0]["metadata"]["name"]).unwrap();
        assert_eq!((mount["mountPath"].as_str().unwrap(), values_of("--workspace", &args(shard))), ("/workspace", vec!["/workspace"]));
    }
    assert_eq!(of_executor(objects, "indexer", "head")[0]["kind"], "Deployment");
}

fn restricted(objects: &[Value]) {
    for workload in workloads(objects) {
        let context = &pod(workload)["securityContext"];
        assert_eq!((&context["runAsNonRoot"], &context["seccompProfile"]["type"]), (&true.into(), &"RuntimeDefault".into()));
        for container in containers(workload) {
            let context = &container["securityContext"];
            assert_eq!(*context, json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}));
        }
    }
}

fn network_policy(objects: &[Value]) {
    let policies = of_kind(objects, &["NetworkPolicy"]);
    assert_eq!(policies.len(), 5);
    let from = |workload: &Value| {
        let selected = |policy: &&&Value| policy["spec"]["podSelector"]["matchLabels"]["flow.jina.ai/component"] == *app(workload);
        let of_pods: Vec<_> = policies.iter().filter(selected).collect();
        assert_eq!(of_pods.len(), 1, "{}", label(workload));
        of_pods[0]["spec"]["ingress"][0]["from"].clone()
    };
    let called_by = |caller: &Value| json!([{"podSelector": {"matchLabels": {"flow.jina.ai/component": app(caller)}}}]);
    let gateway = of_executor(objects, "gateway", "gateway")[0];
    let head = of_executor(objects, "indexer", "head")[0];
    for called in [of_executor(objects, "encoder", "worker")[0], head] {
        assert_eq!(from(called), called_by(gateway));
    }
    for shard in of_executor(objects, "indexer", "worker") {
        assert_eq!(from(shard), called_by(head));
    }
    assert_eq!(from(gateway), json!([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}]));
}

/// Asserts that the result of a build is wired, that `jinaflow check` agrees, and that neither reports anything.
pub fn assert_wired(build: &Run, what: &str) -> Vec<Value> {
    let objects = build.documents();
    assert_eq!((build.stderr.as_str(), faults(&objects)), ("", Vec::new()), "{what}");
    let check = run(tool("bash", &["-c", "jinaflow check -"]), build.stdout.as_bytes());
    assert_eq!((check.code, check.stderr.as_str()), (0, ""), "{what}");
    assert!(check.stdout.contains("gateway"), "{what}\n{}", check.stdout);
    objects
}

/// All examples, with an overlay of the base that adds components to the Flow.
struct Tried {
    examples: PathBuf,
}

impl Tried {
    fn new() -> Self {
        Self { examples: copy("examples") }
    }

    fn build(&self, components: &[&str], more: &str) -> Run {
        let overlay = self.examples.join("kustomize/overlays/tried");
        let listed: String = components.iter().map(|name| format!("- ../../../../components/{name}\n")).collect();
        write(&overlay, "flow/kustomization.yaml", &format!("resources:\n- ../../../base/flow\ncomponents:\n{listed}"));
        let secret = "secretGenerator:\n- {name: search-credentials, literals: [api-key=a]}\n";
        write(&overlay, "kustomization.yaml", &format!("generators:\n- flow\ncomponents:\n- ../../wiring\n{secret}{more}"));
        must(kustomize(&overlay))
    }

    fn try_out(&self, components: &[(&str, Proof)], more: &str) -> Vec<Value> {
        let names: Vec<&str> = components.iter().map(|(name, _)| *name).collect();
        let objects = assert_wired(&self.build(&names, more), &names.join(" "));
        for (_, proof) in components {
            proof(&objects);
        }
        objects
    }
}

/// All components with one mesh.
fn all_with(mesh: (&'static str, Proof)) -> Vec<(&'static str, Proof)> {
    [&[mesh][..], &OTHERS].concat()
}

/// The example with all components, once for each mesh.
pub fn with_components() -> Vec<(String, String)> {
    let tried = Tried::new();
    let build = |mesh| tried.build(&all_with(mesh).iter().map(|(name, _)| *name).collect::<Vec<_>>(), "").stdout;
    MESHES.into_iter().map(|mesh| (mesh.0.to_owned(), build(mesh))).collect()
}

#[test]
fn every_component_has_its_documented_effect() {
    let tried = Tried::new();
    let folders = fs::read_dir(root().join("examples/components")).unwrap().map(|entry| entry.unwrap().path());
    let there: BTreeSet<String> =
        folders.filter(|path| path.is_dir()).map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(there, MESHES.iter().chain(&OTHERS).map(|(name, _)| (*name).to_owned()).collect());
    for component in MESHES.iter().chain(&OTHERS) {
        tried.try_out(&[*component], "");
    }
}

#[test]
fn components_can_be_combined() {
    let tried = Tried::new();
    for mesh in MESHES {
        let all = all_with(mesh);
        let objects = tried.try_out(&all, "");
        let moved = tried.try_out(&all, "namespace: elsewhere\nnamePrefix: a-\nnameSuffix: -z\n");
        assert!(moved.iter().all(|object| object["metadata"]["namespace"] == "elsewhere"));
        // Another order gives the same result.
        assert_eq!(tried.try_out(&all.into_iter().rev().collect::<Vec<_>>(), ""), objects);
    }
    // The last mesh is used.
    no_mesh(&tried.build(&["linkerd", "no-mesh"], "").documents());
}

/// The warning that the component for GPUs prevents.
#[test]
fn a_gpu_without_a_rolling_update_is_mentioned() {
    let tried = Tried::new();
    let component = tried.examples.join("components/gpu/kustomization.yaml");
    edit(&component, "          rollingUpdate:\n            maxSurge: 0\n            maxUnavailable: 1\n", "");
    let mentioned =
        |said: &str, place: &str| assert!(said.contains(&format!("info[surge-needs-gpu]: JinaFlow/search: {place}: ")), "{said}");
    mentioned(&tried.build(&["gpu"], "").stderr, "spec.flow.executors[0].gpus");
    edit(
        &component,
        "          flow:\n            gpus: 1\n",
        "          resources:\n            limits:\n              nvidia.com/gpu: 1\n",
    );
    mentioned(&tried.build(&["gpu"], "").stderr, "spec.executors.encoder.resources");
}

fn overlay(examples: &Path, name: &str) -> Vec<Value> {
    assert_wired(&must(kustomize(&examples.join("kustomize/overlays").join(name))), name)
}

fn variables<'o>(objects: &'o [Value], workload: &Value) -> &'o Value {
    let name = &containers(workload)[0]["envFrom"][0]["configMapRef"]["name"];
    &objects.iter().find(|object| object["kind"] == "ConfigMap" && object["metadata"]["name"] == *name).unwrap()["data"]
}

/// The name of the Secret that the indexer reads, and whether the objects include it.
fn credentials(objects: &[Value]) -> (String, bool) {
    let env = containers(of_executor(objects, "indexer", "worker")[0])[0]["env"].as_array().unwrap();
    let name = &env.iter().find(|variable| variable["name"] == "API_KEY").unwrap()["valueFrom"]["secretKeyRef"]["name"];
    let is_there = of_kind(objects, &["Secret"]).iter().any(|secret| secret["metadata"]["name"] == *name);
    (name.as_str().unwrap().to_owned(), is_there)
}

#[test]
fn dev_changes_objects() {
    let dev = overlay(&copy("examples"), "dev");
    for object in &dev {
        assert_eq!(object["metadata"]["namespace"], "search-dev");
        assert_eq!(object["metadata"]["labels"]["environment"], "dev");
        assert!(object["metadata"]["name"].as_str().unwrap().starts_with("dev-"));
    }
    let encoder = of_executor(&dev, "encoder", "worker")[0];
    let variables = variables(&dev, encoder);
    assert_eq!(
        (&variables["log_level"], &variables["LOG_LEVEL"], &variables["MODEL"]),
        (&Value::Null, &"debug".into(), &"ViT-B-32".into())
    );
    let (name, is_there) = credentials(&dev);
    assert!(name.starts_with("dev-search-credentials-") && is_there, "{name}");
}

#[test]
fn staging_changes_the_flow_and_objects() {
    let staging = overlay(&copy("examples"), "staging");
    let encoder = of_executor(&staging, "encoder", "worker")[0];
    assert_eq!(encoder["spec"]["replicas"], 2);
    assert_eq!(values_of("--uses-with", &args(encoder)), [r#"{"batch_size": 16}"#]);
    assert_eq!(variables(&staging, encoder)["LOG_LEVEL"], "debug");
    assert_eq!(containers(encoder)[0]["image"], "acme/clip-encoder:1.3.0-rc1");
    let (name, is_there) = credentials(&staging);
    assert!(name.starts_with("search-credentials-") && is_there, "{name}");
}

#[test]
fn prod_changes_the_flow_and_objects_and_takes_components() {
    let examples = copy("examples");
    let prod = overlay(&examples, "prod");
    for proof in [monitoring, restricted, network_policy, no_mesh] {
        proof(&prod);
    }
    let encoder = of_executor(&prod, "encoder", "worker")[0];
    assert!(containers(encoder)[0]["image"].as_str().unwrap().starts_with("acme/clip-encoder@sha256:"));
    assert_eq!(containers(encoder)[0]["resources"], json!({"requests": {"cpu": "2", "memory": "4Gi"}, "limits": {"memory": "8Gi"}}));
    assert_eq!(encoder["spec"]["strategy"]["rollingUpdate"], json!({"maxSurge": 2, "maxUnavailable": 0}));
    assert_eq!(encoder["spec"]["template"]["metadata"]["labels"]["team"], "search");
    let gateway = of_executor(&prod, "gateway", "gateway")[0];
    assert_eq!((&encoder["spec"]["replicas"], &gateway["spec"]["replicas"]), (&4.into(), &3.into()));
    assert_eq!(containers(gateway)[0]["resources"], json!({"requests": {"cpu": "500m", "memory": "1Gi"}}));
    for workload in workloads(&prod) {
        assert_eq!(pod(workload)["terminationGracePeriodSeconds"], 70);
        let labels = &workload["metadata"]["labels"];
        let is_shard = labels["flow.jina.ai/executor"] == "indexer" && labels["flow.jina.ai/role"] == "worker";
        assert_eq!(pod(workload)["nodeSelector"]["node-pool"] == "high-memory", is_shard, "{}", label(workload));
    }
    assert_eq!(variables(&prod, encoder)["MODEL"], "ViT-L-14");
    assert_eq!(credentials(&prod), ("search-credentials".to_owned(), false));

    let eu = overlay(&examples, "prod-eu");
    assert!(eu.iter().all(|object| object["metadata"]["namespace"] == "search-eu" && object["metadata"]["labels"]["region"] == "eu"));
    let encoder = of_executor(&eu, "encoder", "worker")[0];
    assert_eq!((label(encoder).as_str(), &variables(&eu, encoder)["MODEL"]), ("Deployment/encoder-eu", &"ViT-L-14-multilingual".into()));
    assert_eq!(credentials(&eu), ("search-credentials".to_owned(), false));
}

/// The statements of the README about kustomize are true.
#[test]
fn kustomize_behaves_as_the_readme_says() {
    let tried = Tried::new();
    let flow = tried.examples.join("kustomize/overlays/tried/flow/kustomization.yaml");
    let is_restricted_with = |patch: &str| {
        tried.build(&["restricted"], "");
        let text = fs::read_to_string(&flow).unwrap();
        fs::write(&flow, format!("{text}patches:\n- target: {{kind: JinaFlow}}\n  patch: |\n{patch}")).unwrap();
        let objects = must(kustomize(flow.parent().unwrap().parent().unwrap())).documents();
        !pod(of_executor(&objects, "encoder", "worker")[0])["securityContext"].is_null()
    };
    // kustomize removes the `null` of a strategic-merge patch; the `null` of a JSON patch reaches the JinaFlow.
    let merge = "    apiVersion: flow.jina.ai/v1alpha1\n    kind: JinaFlow\n    metadata: {name: any}\n    spec: {executors: {encoder: {securityProfile: null}}}\n";
    assert!(is_restricted_with(merge));
    let executors = "    - {op: add, path: /spec/executors, value: {}}\n";
    let patch = "    - {op: add, path: /spec/executors/encoder, value: {securityProfile: null}}\n";
    assert!(!is_restricted_with(&format!("{executors}{patch}")));
    // Resources beside `generators:` cannot be merged, because they are loaded later.
    let merged = "configMapGenerator:\n- {name: encoder-configmap, behavior: merge, literals: [A=b]}\n";
    write(
        &tried.examples,
        "kustomize/overlays/tried/kustomization.yaml",
        &format!("generators:\n- flow\ncomponents:\n- ../../wiring\n{merged}"),
    );
    let answer = run(kustomize(&tried.examples.join("kustomize/overlays/tried")), b"");
    assert!(answer.code != 0 && answer.stderr.contains("cannot merge"), "{}", answer.stderr);
}
