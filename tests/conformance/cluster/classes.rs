//! One Flow or more of each class: topologies, protocols, scaling, storage, security, Deployments. On each of them, what
//! real Jina reads from the Flow must happen; where the manifests are broken, the judge must say so.

use serde_json::{Value, json};

use crate::faults::{argument, container, stream};
use crate::fixture::{Space, wait_for};
use crate::judge::{Judge, finds, passed};
use crate::load::Client;
use crate::support::{documents, label};
use crate::tools::{export, render};

const SPEC: &str = "defaults: {drainSeconds: 4}";

/// A diamond with everything that changes how documents move, and values that several readers expand.
const TOPOLOGY: &str = "jtype: Flow
with: {protocol: [grpc, http, websocket], port: [8080, 8081, 8082], monitoring: true}
executors:
- {name: first, uses: docker://example/encoder:v1, replicas: 2, uses_with: {dim: 4, tag: pa$$word-$(HOME)}, env: {RUN_COLOR: blue}}
- {name: left, uses: docker://example/echo:v1, needs: first}
- {name: right_side, uses: docker://example/echo:v1, needs: first}
- name: joiner
  uses: docker://example/indexer:v1
  needs: [left, right_side]
  shards: 2
  polling: {'*': ALL, /index: ANY, /search: ALL}
  uses_before: docker://example/before:v1
  uses_after: docker://example/after:v1
";

const ENTRIES: [&str; 3] = ["grpc://gateway:8080", "http://gateway-1-http:8081", "websocket://gateway-2-websocket:8082"];

/// The Services of a Flow with a port for metrics.
fn metrics(space: &Space) -> Vec<String> {
    let services = space.get(&["services"]);
    let has = |service: &&Value| service["spec"]["ports"].as_array().unwrap().iter().any(|port| port["port"] == 9090);
    let name = |service: &Value| format!("{}:9090", service["metadata"]["name"].as_str().unwrap());
    services["items"].as_array().unwrap().iter().filter(has).map(name).collect()
}

#[test]
fn a_diamond_with_replicas_and_shards_runs_over_three_protocols_and_its_faults_are_found() {
    let space = Space::new("topology");
    let manifests = render(TOPOLOGY, SPEC);
    space.apply(&manifests);
    let client = Client::new(&space, "client");
    let mut judge = Judge::new(&client, TOPOLOGY);
    space.rolled_out();
    let report = judge.passes(&ENTRIES);
    assert_eq!(report["served"]["joiner"].as_object().unwrap().len(), 2, "{report:#}");
    judge.served_by(&ENTRIES, "first", 2, 20);
    let addresses = metrics(&space);
    assert_eq!(addresses.len(), 7, "{addresses:?}");
    passed(judge.ask(&json!({"metrics": addresses})));

    let mut objects = documents(&manifests);
    let first = container(&mut objects, "Deployment/first", 0);
    argument(first, "--uses-with", Some("{\"dim\": 5, \"tag\": \"pa$word-\"}"));
    first["args"].as_array_mut().unwrap().retain(|word| word != "--monitoring");
    let head = container(&mut objects, "Deployment/joiner-head", 0);
    argument(head, "--connection-list", Some("{\"0\": \"joiner-0:8080\", \"1\": \"joiner-0:8080\"}"));
    argument(head, "--uses-before-address", None);
    let gateway = container(&mut objects, "Deployment/gateway", 0);
    let graph =
        r#"{"start-gateway": ["left"], "left": ["first"], "first": ["right_side"], "right_side": ["joiner"], "joiner": ["end-gateway"]}"#;
    argument(gateway, "--graph-description", Some(graph));
    let map = objects.iter_mut().find(|object| label(object) == "ConfigMap/first-configmap").unwrap();
    map["data"].as_object_mut().unwrap().remove("RUN_COLOR").expect("the Flow sets it");
    space.apply(&stream(&objects));
    space.rolled_out();
    // A gateway learns of new addresses within seconds.
    let report = wait_for("answers of the new pods only", 120, || {
        let report = judge.send(&["grpc://gateway:8080"], "/");
        let old = report["failures"].as_array().unwrap().iter().any(|f| f["what"].as_str().unwrap().contains("UNAVAILABLE"));
        (!old).then_some(report)
    });
    finds(&report, "wrong-answer", "uses_with dim=4 came as 5");
    finds(&report, "wrong-answer", "env RUN_COLOR='blue' came as None");
    finds(&report, "wrong-answer", "joiner is polled ALL: it went to shards [0]");
    finds(&report, "wrong-answer", "it never went through joiner:before");
    finds(&report, "wrong-answer", "it came to left after []");
    finds(&judge.ask(&json!({"metrics": ["first:9090"]})), "no-metrics", "/metrics");
}

/// Additions of the owner of the environment: a namespace that enforces restricted Pod Security, existing settings and
/// Secrets, an external address, storage. A pod that replaces another finds its documents again, and no other pod finds them.
#[test]
fn a_restricted_flow_over_http_runs_with_settings_secrets_storage_and_an_external_address() {
    let known = "jtype: Flow
with: {protocol: http, monitoring: true}
executors:
- {name: encoder, uses: docker://example/encoder:v1}
- {name: indexer, uses: docker://example/indexer:v1, shards: 2, volumes: [/srv/data:/data], workspace: /data, polling: {/index: ANY, /search: ALL}}
";
    // Jina itself would need the class.
    let inline = "image: example/encoder:v1, uses: {jtype: Encoder, with: {dim: 4}, metas: {py_modules: [executors.py]}}";
    let flow = known.replace("uses: docker://example/encoder:v1", inline);
    let spec = "kubernetesVersion: '1.30'
defaults: {drainSeconds: 4, securityProfile: restricted}
gateway: {expose: {type: LoadBalancer}}
executors:
  encoder:
    env: {RUN_FILE: /etc/run/model}
    envFromSecret: {RUN_TOKEN: {name: token, key: value}}
    configMaps: {models: {mountPath: /etc/run}, colors: {env: true, prefix: RUN_}}
  indexer: {storage: {size: 1Gi}}";
    let space = Space::with_labels("restricted", &["pod-security.kubernetes.io/enforce=restricted"]);
    space.apply(
        "{apiVersion: v1, kind: Secret, metadata: {name: token}, stringData: {value: hush}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: models}, data: {model: ViT-B-32}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: colors}, data: {COLOR: blue}}
",
    );
    let manifests = render(&flow, spec);
    let applied = space.try_apply(&manifests);
    assert_eq!((applied.code, applied.stderr.as_str()), (0, ""), "{}", applied.stdout);
    let client = Client::new(&space, "client");
    let mut judge = Judge::new(&client, known);
    space.rolled_out();
    let address = wait_for("an external address", 180, || {
        let service = space.get(&["service", "gateway-exposed"]);
        service["status"]["loadBalancer"]["ingress"][0]["ip"].as_str().map(str::to_owned)
    });
    let outside = format!("http://{address}:80");
    let report = judge.passes(&["http://gateway:8080", &outside]);
    let hop = &report["hops"]["encoder"];
    assert_eq!((&hop["user"], &hop["file"], &hop["with"]["dim"]), (&json!(1000), &json!("ViT-B-32"), &json!(4)), "{hop}");
    assert_eq!(hop["env"], json!({"RUN_FILE": "/etc/run/model", "RUN_TOKEN": "hush", "RUN_COLOR": "blue"}));
    passed(judge.ask(&json!({"metrics": metrics(&space)})));

    let old = [space.pods("indexer-0"), space.pods("indexer-1")].map(|pods| uid(&space, &pods[0]));
    space.kubectl(&["rollout", "restart", "statefulset/indexer-0", "statefulset/indexer-1"]);
    space.rolled_out();
    let new = [space.pods("indexer-0"), space.pods("indexer-1")].map(|pods| uid(&space, &pods[0]));
    assert!(old.iter().all(|uid| !new.contains(uid)), "{old:?}");
    // Until the head has found the new pods, an answer can lack a shard. Afterwards, all documents must be there.
    wait_for("all documents in the answers", 120, || (judge.send(&[&outside], "/search")["failures"] == json!([])).then_some(()));
    passed(judge.send(&[&outside], "/search"));
}

fn uid(space: &Space, pod: &str) -> String {
    space.kubectl(&["get", "pod", pod, "--output", "jsonpath={.metadata.uid}"])
}

/// A head that is called directly spreads its requests too. Jina's own export keeps one connection to a Service, and
/// therefore uses one replica.
#[test]
fn deployments_run_and_the_export_of_jina_needs_a_mesh() {
    let plain = "jtype: Deployment\nwith: {name: plain, uses: docker://example/encoder:v1, uses_with: {dim: 5}}\n";
    let many = "jtype: Deployment\nwith: {name: many, uses: docker://example/encoder:v1, shards: 2, replicas: 2}\n";
    let jinas = "jtype: Flow\nexecutors:\n- {name: encoder, uses: docker://example/encoder:v1, replicas: 2}\n";
    let space = Space::new("deployments");
    space.apply(&render(plain, SPEC));
    space.apply(&render(many, SPEC));
    space.apply(&export(jinas, &["--compat", "jina-3.34", "--k8s-namespace", &space.name]));
    let client = Client::new(&space, "client");
    let mut judges = [plain, many, jinas].map(|flow| Judge::new(&client, flow));
    space.rolled_out();
    judges[0].passes(&["grpc://plain:8080"]);
    judges[1].passes(&["grpc://many-head:8080"]);
    judges[1].served_by(&["grpc://many-head:8080"], "many", 4, 20);
    let mut pods = std::collections::BTreeSet::new();
    for _ in 0..5 {
        let report = passed(judges[2].send(&["grpc://gateway:8080"], "/"));
        pods.extend(report["served"]["encoder"].as_object().unwrap().keys().cloned());
    }
    assert_eq!(pods.len(), 1, "{pods:?}");
    assert_eq!(space.pods_of("app=encoder").len(), 2);
}

/// When connections live longer than a pod drains, callers do not learn of its end in time. The counts of the client that
/// never stops must show it.
#[test]
fn a_drain_shorter_than_connections_live_is_detected() {
    let flow = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1, replicas: 2, grpc_server_options: {grpc.max_connection_age_ms: 600000}}
";
    let space = Space::new("cut");
    let client = Client::beside(&space, &render(flow, "defaults: {drainSeconds: 1}"));
    let options = json!({"to": "gateway:8080", "parameters": {"slow": ["encoder"], "seconds": 0.3}});
    let load = client.load(&options);
    space.kubectl(&["rollout", "restart", "deployment/encoder"]);
    space.rolled_out();
    let report = load.stop();
    let lost = report["lost"].as_u64().unwrap() + report["repeated"].as_u64().unwrap();
    assert!(lost > 0, "{report:#}");
}

/// What the cluster says of pods that cannot run. A rollout that waits for them fails.
#[test]
fn broken_manifests_that_do_not_start_are_detected() {
    let flow = "jtype: Flow
executors:
- {name: first, uses: docker://example/encoder:v1}
- {name: left, uses: docker://example/echo:v1, needs: first}
- {name: right, uses: docker://example/echo:v1, needs: first}
- {name: joiner, uses: docker://example/echo:v1, needs: [left, right]}
";
    let mut objects = documents(&render(flow, SPEC));
    objects.retain(|object| label(object) != "ConfigMap/first-configmap");
    argument(container(&mut objects, "Deployment/left", 0), "--uses", Some("another.yml"));
    let right = container(&mut objects, "Deployment/right", 0);
    right["startupProbe"] = json!({"grpc": {"port": 8099}, "periodSeconds": 1, "failureThreshold": 3});
    container(&mut objects, "Deployment/joiner", 0)["image"] = "example/unheard-of:v1".into();
    let space = Space::new("unstarted");
    space.apply(&stream(&objects));
    let expected = [
        ("first", "configmap \"first-configmap\" not found"),
        ("left", "Back-off restarting failed container"),
        ("right", "Startup probe failed"),
        ("joiner", "example/unheard-of:v1"),
    ];
    for (component, part) in expected {
        wait_for(&format!("{component}: {part}"), 120, || {
            let pod = space.pods(component).pop()?;
            let events = space.kubectl(&["get", "events", "--field-selector", &format!("involvedObject.name={pod},type=Warning")]);
            events.contains(part).then_some(())
        });
        let status = space.try_kubectl(&["rollout", "status", &format!("deployment/{component}"), "--timeout", "1s"]);
        assert_ne!(status.code, 0, "{}", status.stdout);
    }
}
