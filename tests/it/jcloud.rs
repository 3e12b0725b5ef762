//! `jcloud` blocks: each key of JCloud sets its fields, or the user reads what to do; no block refuses a Flow.

use std::collections::BTreeSet;
use std::fs;

use crate::support::random::{Random, number};
use crate::support::{Messages, Run, function, jinaflow, label, scratch};
use jinaflow::internals::config::jcloud_keys::{INSTANCES, KEYS};
use serde_json::{Value, json};

/// A part of the Flow with a block.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Flow,
    Gateway,
    /// An executor with one shard, `encoder`.
    Executor,
    /// An executor with two shards, `indexer`.
    Sharded,
}
use Place::{Executor, Flow, Gateway, Sharded};

fn flow(place: Place, block: &str) -> String {
    let of = |wanted: Place| if place == wanted { format!("jcloud: {block}") } else { "x-none: 1".to_owned() };
    format!(
        "jtype: Flow\n{}\nwith: {{monitoring: true}}\ngateway: {{{}}}\nexecutors:\n- {{name: encoder, uses: docker://x/encoder:1, {}}}\n- {{name: indexer, uses: \
         docker://x/indexer:1, shards: 2, {}}}\n",
        of(Flow),
        if place == Gateway { of(Gateway) } else { String::new() },
        of(Executor),
        of(Sharded)
    )
}

/// The answer to a JinaFlow with these lines in its `spec`.
fn render(spec: &str, flow: &str) -> Run {
    let indented = |text: &str, indent: &str| text.lines().map(|line| format!("{indent}{line}\n")).collect::<String>();
    function(&format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: flow.jina.ai/v1alpha1\n  \
         kind: JinaFlow\n  metadata: {{name: search, namespace: ns}}\n  spec:\n{}    flow: |\n{}",
        indented(spec, "    "),
        indented(flow, "      ")
    ))
}

fn objects(answer: &Run) -> Vec<Value> {
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer.list()["items"].as_array().unwrap().clone()
}

fn at(objects: &[Value], name: &str, pointer: &str) -> Value {
    objects.iter().find(|object| label(object) == name).and_then(|object| object.pointer(pointer)).cloned().unwrap_or_default()
}

/// The results about `jcloud`: `severity path code`. The list of translated keys and
/// information about rolling updates are left out.
fn results(answer: &Run) -> Vec<String> {
    let list = answer.list();
    let severity = |number: usize| list["results"][number]["severity"].as_str().unwrap_or_default().to_owned();
    let results = answer.results().into_iter().enumerate().map(|(number, result)| format!("{} {result}", severity(number)));
    let is_other = |result: &String| result.contains("jcloud-translated") || result.contains("surge-needs-gpu");
    results.filter(|result| !is_other(result) && result.contains("jcloud")).collect()
}

struct Case {
    place: Place,
    block: &'static str,
    spec: &'static str,
    object: &'static str,
    pointer: &'static str,
    value: Value,
    results: &'static [&'static str],
}

fn block(place: Place, block: &'static str) -> Case {
    Case { place, block, spec: "", object: "", pointer: "", value: Value::Null, results: &[] }
}

impl Case {
    fn with(self, spec: &'static str) -> Self {
        Self { spec, ..self }
    }

    fn gives(self, object: &'static str, pointer: &'static str, value: Value) -> Self {
        Self { object, pointer, value, ..self }
    }

    fn reports(self, results: &'static [&'static str]) -> Self {
        Self { results, ..self }
    }
}

const RESOURCES: &str = "/spec/template/spec/containers/0/resources";
const MEASURED: &str = "monitoring: {prometheus: 'http://prometheus:9090'}";

#[allow(clippy::too_many_lines)]
fn cases() -> Vec<Case> {
    let encoder = "Deployment/encoder";
    let gateway = "Deployment/gateway";
    let ingress = "gateway: {ingress: {className: nginx}}";
    vec![
        block(Flow, "{name: shop}").reports(&["info spec.flow.jcloud.name jcloud-not-translated"]),
        block(Flow, "{name: search}"),
        block(Flow, "{version: 3.14.1}").gives(gateway, "/spec/template/spec/containers/0/image", json!("jinaai/jina:3.14.1-py310-standard")),
        block(Flow, "{version: 3.14.1}").with("jinaVersion: 3.20.0").gives(
            gateway,
            "/spec/template/spec/containers/0/image",
            json!("jinaai/jina:3.20.0-py311-standard"),
        ),
        block(Flow, "{version: 3.15.1.dev14}").reports(&["warning spec.flow.jcloud.version jcloud-not-translated"]),
        block(Flow, "{version: 3.6.6}").reports(&["warning spec.flow.jcloud.version jcloud-not-translated"]),
        block(Flow, "{version: 3.99.0}").reports(&["warning spec.flow.jcloud.version jcloud-not-translated"]),
        block(Flow, "{version: [3]}").reports(&["warning spec.flow.jcloud.version wrong-type"]),
        block(Flow, "{docarray: 0.21.0}").reports(&["info spec.flow.jcloud.docarray jcloud-not-translated"]),
        block(Flow, "{labels: {team: search, port: 8080}}").gives(encoder, "/metadata/labels/port", json!("8080")),
        block(Flow, "{labels: {team: search}}").gives("Service/indexer-head", "/metadata/labels/team", json!("search")),
        block(Flow, "{labels: {team: search}}").with("defaults: {labels: {team: other}}").gives(encoder, "/metadata/labels/team", json!("other")),
        block(Gateway, "{labels: {team: search}}").gives(gateway, "/metadata/labels/team", json!("search")),
        block(Sharded, "{labels: {team: search}}").gives("Deployment/indexer-head", "/metadata/labels/team", json!("search")),
        block(Flow, "{labels: {user: me, a: {b: c}, e: x y, jina-version: 1}}").reports(&[
            "warning spec.flow.jcloud.labels jcloud-not-translated",
            "warning spec.flow.jcloud.labels jcloud-not-translated",
            "warning spec.flow.jcloud.labels jcloud-not-translated",
            "warning spec.flow.jcloud.labels jcloud-not-translated",
        ]),
        block(Flow, "{labels: [a]}").reports(&["warning spec.flow.jcloud.labels wrong-type"]),
        block(Flow, "{retention_days: -1}").reports(&["info spec.flow.jcloud.retention_days jcloud-not-translated"]),
        block(Flow, "{expose: true}").reports(&["info spec.flow.jcloud.expose jcloud-not-translated"]),
        block(Flow, "{expose: true}").with("gateway: {expose: {}}"),
        block(Flow, "{gateway: {expose: false}}"),
        block(Gateway, "{expose: true}").reports(&["info spec.flow.gateway.jcloud.expose jcloud-not-translated"]),
        block(Executor, "{expose: true}").reports(&["info spec.flow.executors[0].jcloud.expose jcloud-not-translated"]),
        block(Executor, "{expose: true}").with("executors: {encoder: {expose: {}}}").gives("Service/encoder-exposed", "/kind", json!("Service")),
        block(Gateway, "{custom_dns: [a.example.com]}").reports(&["warning spec.flow.gateway.jcloud.custom_dns jcloud-not-translated"]),
        block(Gateway, "{custom_dns: [a.example.com]}").with(ingress).gives("Ingress/gateway", "/spec/rules/0/host", json!("a.example.com")),
        block(Gateway, "{custom_dns_http: [a.example.com]}").with("gateway: {flow: {protocol: http}, httpRoute: {gateways: {web: {}}}}").gives(
            "HTTPRoute/gateway",
            "/spec/hostnames",
            json!(["a.example.com"]),
        ),
        block(Gateway, "{custom_dns_grpc: [a.example.com]}").with("gateway: {grpcRoute: {gateways: {web: {}}}}").gives(
            "GRPCRoute/gateway",
            "/spec/hostnames",
            json!(["a.example.com"]),
        ),
        block(Flow, "{gateway: {ingress: kong}}").with("gateway: {ingress: {hosts: {a.example.com: {}}}}").gives(
            "Ingress/gateway",
            "/spec/ingressClassName",
            json!("kong"),
        ),
        block(Flow, "{gateway: {ingress: kong}}").reports(&["warning spec.flow.jcloud.gateway.ingress jcloud-not-translated"]),
        block(Gateway, "{timeout: 800}").reports(&["warning spec.flow.gateway.jcloud.timeout jcloud-not-translated"]),
        block(Gateway, "{timeout: 800}").with(ingress).gives(
            "Ingress/gateway",
            "/metadata/annotations/nginx.ingress.kubernetes.io~1proxy-read-timeout",
            json!("800"),
        ),
        block(Gateway, "{network: {healthcheck: true}}").reports(&["info spec.flow.gateway.jcloud.network.healthcheck jcloud-not-translated"]),
        block(Executor, "{resources: {instance: C4}}").gives(encoder, RESOURCES, json!({"requests": {"cpu": 2, "memory": "4G"}, "limits": {"memory": "4G"}})),
        block(Gateway, "{resources: {instance: c2}}").gives(gateway, RESOURCES, json!({"requests": {"cpu": "500m", "memory": "1G"}, "limits": {"memory": "1G"}})),
        block(Sharded, "{resources: {instance: C4}}").gives("Deployment/indexer-1", RESOURCES, json!({"requests": {"cpu": 2, "memory": "4G"}, "limits": {"memory": "4G"}})),
        block(Sharded, "{resources: {instance: C4}}").gives("Deployment/indexer-head", RESOURCES, json!({"requests": {"cpu": "100m", "memory": "200M"}})),
        block(Executor, "{resources: {instance: G3}}").gives(encoder, RESOURCES, json!({"requests": {"memory": "24G"}, "limits": {"memory": "24G", "nvidia.com/gpu": 2}})),
        block(Executor, "{resources: {instance: G1}}")
            .gives(encoder, RESOURCES_GPU, json!(1))
            .reports(&["warning spec.flow.executors[0].jcloud.resources.instance jcloud-not-translated"]),
        block(Executor, "{resources: {instance: C9}}").reports(&["warning spec.flow.executors[0].jcloud.resources.instance value-not-allowed"]),
        block(Executor, "{resources: {cpu: 0.5, memory: 8GB, gpu: 1}}").gives(
            encoder,
            RESOURCES,
            json!({"requests": {"cpu": "0.5", "memory": "8G"}, "limits": {"memory": "8G", "nvidia.com/gpu": 1}}),
        ),
        block(Executor, "{resources: {memory: 8}}").reports(&["warning spec.flow.executors[0].jcloud.resources.memory value-not-allowed"]),
        block(Executor, "{resources: {gpu: shared}}")
            .gives(encoder, RESOURCES_GPU, json!(1))
            .reports(&["warning spec.flow.executors[0].jcloud.resources.gpu jcloud-not-translated"]),
        block(Executor, "{resources: {gpu: shared}}")
            .with("executors: {encoder: {resources: {limits: {nvidia.com/gpu: null, nvidia.com/gpu.shared: 1}}}}")
            .gives(encoder, "/spec/template/spec/containers/0/resources/limits", json!({"nvidia.com/gpu.shared": 1})),
        block(Flow, "{gateway: {resources: {requests: {memory: 800M, cpu: 0.4}}}}").gives(gateway, RESOURCES, json!({"requests": {"cpu": "0.4", "memory": "800M"}})),
        block(Executor, "{resources: {storage: {kind: ebs, size: 10G, retain: false}}}").gives(
            "StatefulSet/encoder",
            "/spec/persistentVolumeClaimRetentionPolicy",
            json!({"whenDeleted": "Delete"}),
        ),
        block(Executor, "{resources: {storage: {type: ebs, size: 1Gi}}}").gives("StatefulSet/encoder", CLAIM, json!("1Gi")),
        block(Executor, "{resources: {storage: {kind: ebs}}}").gives("StatefulSet/encoder", CLAIM, json!("5G")),
        block(Executor, "{resources: {storage: {kind: efs}}}")
            .gives("StatefulSet/encoder", "/spec/volumeClaimTemplates/0/spec/accessModes", json!(["ReadWriteMany"]))
            .reports(&["warning spec.flow.executors[0].jcloud.resources.storage.kind jcloud-not-translated"]),
        block(Executor, "{resources: {storage: {kind: efs}}}").with("executors: {encoder: {storage: {existingClaim: mine}}}").gives(
            "StatefulSet/encoder",
            "/spec/template/spec/volumes/0/persistentVolumeClaim/claimName",
            json!("mine"),
        ),
        block(Executor, "{resources: {storage: {kind: ephemeral}}}").gives(encoder, "/kind", json!("Deployment")),
        block(Executor, "{resources: {storage: {size: 1G}}}").reports(&["warning spec.flow.executors[0].jcloud.resources.storage.size jcloud-not-translated"]),
        block(Executor, "{resources: {storage: {kind: ebs}}}").with("defaults: {rollingUpdate: {maxSurge: 1}}").gives("StatefulSet/encoder", CLAIM, json!("5G")),
        block(Executor, "{resources: {capacity: spot}}").reports(&["info spec.flow.executors[0].jcloud.resources.capacity jcloud-not-translated"]),
        block(Executor, "{capacity: on-demand}").reports(&["info spec.flow.executors[0].jcloud.capacity jcloud-not-translated"]),
        block(Executor, "{resources: {nodeGroup: ALL}}").reports(&["warning spec.flow.executors[0].jcloud.resources.nodeGroup jcloud-not-translated"]),
        block(Executor, "{nodeSelector: {karpenter.sh/capacity-type: spot}}")
            .gives(encoder, "/spec/template/spec/nodeSelector", json!({"karpenter.sh/capacity-type": "spot"}))
            .reports(&["warning spec.flow.executors[0].jcloud.nodeSelector jcloud-not-translated"]),
        block(Executor, "{imagepullpolicy: always}").gives(encoder, "/spec/template/spec/containers/0/imagePullPolicy", json!("Always")),
        block(Executor, "{autoscale: {min: 0, max: 4, metric: cpu, target: 70, scale_down_delay: 5m}}")
            .gives("HorizontalPodAutoscaler/encoder", "/spec", json!({
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "encoder"}, "minReplicas": 1, "maxReplicas": 4,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}],
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
            }))
            .reports(&["warning spec.flow.executors[0].jcloud.autoscale.min jcloud-not-translated"]),
        block(Executor, "{autoscale: {metric: cpu}}").gives(encoder, "/spec/template/spec/containers/0/resources/requests/cpu", json!("100m")),
        block(Executor, "{autoscale: {metric: memory, target: 800}}").gives(
            "HorizontalPodAutoscaler/encoder",
            "/spec/metrics/0/resource/target",
            json!({"type": "AverageValue", "averageValue": "800Mi"}),
        ),
        block(Executor, "{autoscale: {metric: memory, stable_window: 60}}").gives(
            "HorizontalPodAutoscaler/encoder",
            "/spec/behavior/scaleDown/stabilizationWindowSeconds",
            json!(60),
        ),
        block(Executor, "{autoscale: {min: 0, max: 10, metric: rps, target: 2, stable_window: 60}}")
            .with(MEASURED)
            .gives("ScaledObject/encoder", "/spec/cooldownPeriod", json!(60))
            .reports(&["warning spec.flow.executors[0].jcloud.autoscale.min scale-to-zero"]),
        block(Executor, "{autoscale: {min: 0, metric: rps, target: 2}}").with(MEASURED).gives("ScaledObject/encoder", "/spec/minReplicaCount", json!(0)).reports(&["warning spec.flow.executors[0].jcloud.autoscale.min scale-to-zero"]),
        block(Sharded, "{autoscale: {}}").with(MEASURED).gives("ScaledObject/indexer-1", "/spec/triggers/0/metadata/threshold", json!("100")),
        block(Executor, "{autoscale: {metric: rps}}").reports(&["warning spec.flow.executors[0].jcloud.autoscale.metric jcloud-not-translated"]),
        block(Executor, "{autoscale: {}}").reports(&["warning spec.flow.executors[0].jcloud.autoscale jcloud-not-translated"]),
        block(Executor, "{autoscale: {metric: rps}}").with("executors: {encoder: {replicas: 3}}").gives(encoder, "/spec/replicas", json!(3)),
        block(Executor, "{autoscale: {metric: memory}}").with("executors: {encoder: {replicas: 3}}").gives(encoder, "/spec/replicas", json!(3)),
        block(Executor, "{autoscale: {metric: memory}, resources: {storage: {kind: ebs}}}").gives("HorizontalPodAutoscaler/encoder", "/spec/maxReplicas", json!(2)),
        block(Gateway, "{autoscale: {min: 0, max: 4}}")
            .with(MEASURED)
            .gives("ScaledObject/gateway", "/spec/minReplicaCount", json!(1))
            .reports(&["warning spec.flow.gateway.jcloud.autoscale.min jcloud-not-translated"]),
        block(Executor, "{autoscale: {metric: cpu, revision_timeout: 60}}").reports(&["warning spec.flow.executors[0].jcloud.autoscale.revision_timeout jcloud-not-translated"]),
        block(Executor, "{autoscale: {metric: cpu, scale_down_delay: 2h}}").reports(&["warning spec.flow.executors[0].jcloud.autoscale.scale_down_delay value-not-allowed"]),
        block(Executor, "{autoscale: {metric: cpu, max: many}}").reports(&["warning spec.flow.executors[0].jcloud.autoscale.max value-not-allowed"]),
        block(Executor, "{autoscale: true}").reports(&["warning spec.flow.executors[0].jcloud.autoscale wrong-type"]),
        block(Executor, "{minAvailable: 2}").gives("PodDisruptionBudget/encoder", "/spec/minAvailable", json!(2)),
        block(Executor, "{minAvailable: 2}").with("executors: {encoder: {pdb: {maxUnavailable: 1}}}").gives("PodDisruptionBudget/encoder", "/spec/maxUnavailable", json!(1)),
        block(Executor, "{autoscale: {metric: memory, target: 800}}").with("executors: {encoder: {autoscale: {max: 9}}}").gives(
            "HorizontalPodAutoscaler/encoder",
            "/spec",
            json!({
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "encoder"}, "minReplicas": 1, "maxReplicas": 9,
                "metrics": [{"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "800Mi"}}}],
                "behavior": {"scaleDown": {"stabilizationWindowSeconds": 30}},
            }),
        ),
        block(Executor, "{autoscale: {min: 0, metric: rps}}")
            .with("monitoring: {prometheus: 'http://p:9090'}\nexecutors: {encoder: {autoscale: {memory: 70}, resources: {requests: {memory: 1G}}}}")
            .gives("HorizontalPodAutoscaler/encoder", "/spec/minReplicas", json!(1)),
        block(Executor, "{autoscale: {min: 3, max: 4, metric: memory}}").with("executors: {encoder: {autoscale: {max: 2}}}").gives(
            "HorizontalPodAutoscaler/encoder",
            "/spec/minReplicas",
            json!(1),
        ),
        block(Executor, "{autoscale: {metric: memory}}").with("executors: {encoder: {autoscale: null}}").gives(encoder, "/spec/replicas", json!(1)),
        block(Executor, "{resources: {storage: {kind: ebs, size: 20G}}}").with("executors: {encoder: {storage: {className: fast}}}").gives(
            "StatefulSet/encoder",
            "/spec/volumeClaimTemplates/0/spec",
            json!({"accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "20G"}}}),
        ),
        block(Executor, "{resources: {storage: {kind: efs}}}").with("executors: {encoder: {storage: {accessModes: {ReadWriteOnce: {}}}}}").gives(
            "StatefulSet/encoder",
            "/spec/volumeClaimTemplates/0/spec/accessModes",
            json!(["ReadWriteOnce"]),
        ),
        block(Executor, "{resources: {instance: C4}}").with("executors: {encoder: {resources: {limits: {memory: 1G}}}}").gives(encoder, RESOURCES, json!({"requests": {"cpu": 2}, "limits": {"memory": "1G"}})),
        block(Executor, "{maxUnavailable: 50%}").gives("PodDisruptionBudget/encoder", "/spec/maxUnavailable", json!("50%")),
        block(Executor, "{minAvailable: 1, maxUnavailable: 1}").reports(&["warning spec.flow.executors[0].jcloud.maxUnavailable jcloud-not-translated"]),
        block(Flow, "{monitor: {traces: {enable: true}, metrics: {enable: true, host: c, port: 4317}}}").reports(&[
            "warning spec.flow.jcloud.monitor.traces.enable jcloud-not-translated",
            "warning spec.flow.jcloud.monitor.metrics.enable jcloud-not-translated",
        ]),
        block(Gateway, "{monitor: {traces: {enable: true}}}").with("telemetry: {traces: {host: collector}}"),
        block(Executor, "{monitor: {traces: {enable: false}}}"),
        block(Executor, "{version: 3.14.1}").reports(&["warning spec.flow.executors[0].jcloud.version jcloud-not-translated"]),
        block(Flow, "{resource: {memory: 1G}}").reports(&["warning spec.flow.jcloud.resource unknown-field"]),
        block(Executor, "{resources: {memory: $SIZE}}").reports(&["warning spec.flow.executors[0].jcloud.resources.memory undefined-variable"]),
        block(Executor, "{resources: {memory: '${{ ENV.SIZE }}'}}").reports(&["warning spec.flow.executors[0].jcloud.resources.memory undefined-variable"]),
        block(Executor, "{resources: {memory: '${{ ENV.SIZE }}'}}").with("context: {SIZE: 2G}").gives(encoder, "/spec/template/spec/containers/0/resources/limits/memory", json!("2G")),
        block(Executor, "spot").reports(&["warning spec.flow.executors[0].jcloud wrong-type"]),
        block(Executor, "[a, {b: c}]").reports(&["warning spec.flow.executors[0].jcloud wrong-type"]),
        block(Executor, "null"),
    ]
}

const RESOURCES_GPU: &str = "/spec/template/spec/containers/0/resources/limits/nvidia.com~1gpu";
const CLAIM: &str = "/spec/volumeClaimTemplates/0/spec/resources/requests/storage";

#[test]
fn each_key_has_the_effect_of_its_row() {
    let mut messages = Messages::new("jcloud");
    for Case { place, block, spec, object, pointer, value, results: expected } in cases() {
        let answer = render(spec, &flow(place, block));
        let name = format!("{place:?} {block} {}", spec.replace('\n', " / "));
        assert_eq!(results(&answer), expected, "{name}\n{}", answer.stderr);
        if !object.is_empty() {
            assert_eq!(at(&objects(&answer), object, pointer), value, "{name}: {object} {pointer}\n{}", answer.stderr);
        }
        if !expected.is_empty() || answer.stderr.contains("jcloud") {
            messages.add(&name, &answer);
        }
    }
    messages.compare();
}

#[test]
fn each_key_and_each_instance_is_tested() {
    let all: String = cases().iter().map(|case| format!("{}\n", case.block)).collect();
    for key in KEYS {
        let last = key.name.rsplit('.').next().unwrap();
        assert!(all.contains(&format!("{last}: ")), "no case for {}", key.name);
    }
    for instance in INSTANCES {
        let answer = render("", &flow(Executor, &format!("{{resources: {{instance: {}}}}}", instance.name)));
        assert_eq!(at(&objects(&answer), "Deployment/encoder", &format!("{RESOURCES}/limits/memory")), json!(instance.memory));
    }
}

#[test]
fn explain_lists_all_keys() {
    let text = jinaflow(&["explain", "jcloud"]).succeeded().stdout;
    for key in KEYS {
        assert!(text.contains(&format!("\n{}\n", key.name)), "{}", key.name);
    }
    for instance in INSTANCES {
        assert!(text.contains(&format!("  {}  ", instance.name)), "{}", instance.name);
    }
}

#[test]
fn blocks_are_ignored_on_request_and_under_compat() {
    let flow = flow(Executor, "{resources: {memory: 8G}}");
    // A user who sets `ignore` knows the blocks.
    let warning = "warning spec.flow.executors[0].jcloud field-without-effect";
    for (spec, expected) in [("jcloud: ignore", &[][..]), ("compat: jina-3.34", &[warning]), ("compat: jina-3.34\njcloud: ignore", &[])] {
        let answer = render(spec, &flow);
        assert_eq!(at(&objects(&answer), "Deployment/encoder", RESOURCES), Value::Null, "{spec}");
        assert_eq!(results(&answer), expected, "{spec}");
    }
    let answer = render("compat: jina-3.34\njcloud: translate", &flow);
    assert_eq!(at(&objects(&answer), "Deployment/encoder", &format!("{RESOURCES}/limits/memory")), json!("8G"));
    // Selectors of Jina contain the label `app`.
    let answer = render("compat: jina-3.34\njcloud: translate", &self::flow(Flow, "{labels: {app: shop, team: search}}"));
    assert_eq!(at(&objects(&answer), "Deployment/encoder", "/metadata/labels/team"), json!("search"));
    assert_eq!(results(&answer), ["warning spec.flow.jcloud.labels jcloud-not-translated"]);
    let file = scratch("jcloud").join("flow.yml");
    fs::write(&file, &flow).unwrap();
    let file = file.to_str().unwrap();
    assert!(jinaflow(&["export", file]).stdout.contains("memory: 8G"));
    let ignored = jinaflow(&["export", file, "--jcloud", "ignore"]).succeeded();
    assert!(!ignored.stdout.contains("8G"));
    // The list of translated keys has a line for each field.
    let listed = jinaflow(&["export", file]).stderr;
    assert!(listed.contains("\n  executors[0].jcloud: resources.memory 8G") && listed.lines().all(|line| line.len() < 200), "{listed}");
    assert!(jinaflow(&["export", file, "--jcloud", "drop"]).stderr.contains("error[value-not-allowed]"));
}

#[test]
fn a_deployment_has_the_keys_of_a_flow_and_of_an_executor() {
    let deployment = "jtype: Deployment\njcloud: {version: 3.20.0, labels: {team: search}, resources: {instance: C2}, autoscale: {min: 0, metric: rps}}\nwith: {name: enc, uses: docker://x/y:1, monitoring: true}\n";
    let answer = render(MEASURED, deployment);
    let objects = objects(&answer);
    assert_eq!(at(&objects, "Deployment/enc", &format!("{RESOURCES}/requests/cpu")), json!("500m"));
    assert_eq!(at(&objects, "Service/enc", "/metadata/labels/team"), json!("search"));
    // No gateway reports requests while there is no pod.
    assert_eq!(at(&objects, "ScaledObject/enc", "/spec/minReplicaCount"), json!(1));
    assert_eq!(results(&answer), ["warning spec.flow.jcloud.autoscale.min jcloud-not-translated"]);
}

#[test]
fn executors_that_were_serverless_are_scaled_if_their_load_is_known() {
    let flow = "jtype: Flow\nwith: {monitoring: true}\nexecutors:\n- {name: enc, uses: jinaai+serverless://acme/Enc}\n";
    let images = "images: {'jinaai+serverless://acme/Enc': r/enc:1}";
    let answer = render(images, flow);
    assert_eq!(answer.results(), ["spec.flow.executors[0].uses jcloud-not-translated"], "{}", answer.stderr);
    let answer = render(&format!("{images}\n{MEASURED}"), flow);
    assert_eq!(at(&objects(&answer), "ScaledObject/enc", "/spec/minReplicaCount"), json!(0));
    let answer = render(&format!("{images}\njcloud: ignore\n{MEASURED}"), flow);
    assert_eq!(at(&objects(&answer), "ScaledObject/enc", "/spec"), Value::Null);
}

/// Each warning has a fix in fields of the JinaFlow. With these fields, the warning does not appear.
#[test]
fn following_the_advice_removes_the_warning() {
    for (place, block, advice) in [
        (Flow, "{version: 3.15.1.dev14}", "jinaVersion: 3.15.1"),
        (Executor, "{autoscale: {metric: rps, target: 5}}", MEASURED),
        (
            Executor,
            "{autoscale: {metric: rps, target: 5}}",
            "executors: {encoder: {autoscale: {max: 2, cpu: 80}, resources: {requests: {cpu: 1}}}}",
        ),
        (
            Executor,
            "{resources: {gpu: shared}}",
            "executors: {encoder: {resources: {limits: {nvidia.com/gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
        ),
        (Executor, "{resources: {storage: {kind: efs}}}", "executors: {encoder: {storage: {existingClaim: shared}}}"),
        (Executor, "{resources: {nodeGroup: ALL}}", "executors: {encoder: {nodeSelector: {pool: gpu}}}"),
        (
            Executor,
            "{nodeSelector: {karpenter.sh/capacity-type: spot}}",
            "executors: {encoder: {nodeSelector: {karpenter.sh/capacity-type: null, pool: spot}}}",
        ),
        (Flow, "{monitor: {traces: {enable: true}}}", "telemetry: {traces: {host: collector}}"),
        (Flow, "{monitor: {metrics: {enable: true, host: a, port: 1}}}", "telemetry: {metrics: {host: collector}}"),
        (
            Gateway,
            "{timeout: 800}",
            "gateway: {ingress: {className: nginx, annotations: {nginx.ingress.kubernetes.io/proxy-read-timeout: \"800\"}}}",
        ),
        (Gateway, "{custom_dns: [a.example.com]}", "gateway: {ingress: {hosts: {a.example.com: {}}}}"),
        (Flow, "{gateway: {ingress: kong}}", "gateway: {ingress: {className: kong}}"),
        (Executor, "{expose: true}", "executors: {encoder: {expose: {}}}"),
        (Gateway, "{expose: true}", "gateway: {expose: {}}"),
    ] {
        let flow = flow(place, block);
        assert!(!results(&render("", &flow)).is_empty(), "{block} gives no warning");
        let answer = render(advice, &flow);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert_eq!(results(&answer), Vec::<String>::new(), "{block} {advice}\n{}", answer.stderr);
    }
}

#[test]
fn blocks_in_every_section_are_read() {
    let flow = "jtype: Flow\nwith: {jcloud: {labels: {a: b}}}\nexecutors:\n- {jtype: Deployment, with: {name: one, uses: docker://x/y:1, jcloud: {resources: {cpu: 1}}}}\n\
        - {name: far, external: true, host: example.com, port: 1, jcloud: {resources: {cpu: 1}}}\n";
    let answer = render("", flow);
    let objects = objects(&answer);
    assert_eq!(at(&objects, "Deployment/one", &format!("{RESOURCES}/requests/cpu")), json!(1));
    assert_eq!(at(&objects, "Deployment/gateway", "/metadata/labels/a"), json!("b"));
    assert_eq!(results(&answer), ["warning spec.flow.executors[1].jcloud field-without-effect"]);
}

#[test]
fn options_that_an_old_version_lacks_are_kept() {
    let flow = "jtype: Flow\njcloud: {version: 3.9.0}\nwith: {protocol: [grpc, http]}\nexecutors: [{name: a, uses: docker://x/y:1}]\n";
    let answer = render("", flow);
    assert_eq!(results(&answer), ["warning spec.flow.jcloud.version jcloud-not-translated"], "{}", answer.stderr);
    assert_eq!(answer.code, 0);
}

#[test]
fn many_executors_with_the_same_key_give_one_finding() {
    let executors: String = (0..50)
        .map(|number| format!("- {{name: e{number}, uses: docker://x/y:1, jcloud: {{capacity: spot, resources: {{gpu: shared}}}}}}\n"))
        .collect();
    let answer = render("", &format!("jtype: Flow\nexecutors:\n{executors}"));
    let infos = results(&answer).iter().filter(|result| result.starts_with("info")).count();
    assert_eq!(infos, 1, "{}", answer.stderr);
}

/// Values of any shape at any key never refuse the Flow, and never stop the program.
#[test]
fn no_block_refuses_a_flow() {
    const VALUES: [&str; 18] = [
        "null",
        "true",
        "''",
        "0",
        "-1",
        "9999999999999999999",
        "1e9",
        "[]",
        "[1, [2]]",
        "{}",
        "{a: b}",
        "{a: {b: [c]}}",
        "$X",
        "'${{ ENV.Y }}'",
        "'${{root.nothing}}'",
        "ü",
        "'{{ x }}'",
        "shared",
    ];
    let mut random = Random::new(7);
    let names: Vec<String> = KEYS
        .iter()
        .map(|key| key.name.to_owned())
        .chain(["x".into(), "resources".into(), "gateway".into(), "gateway.jcloud".into(), "autoscale".into()])
        .collect();
    let rounds = number("JINAFLOW_CASES", 300);
    let specs = [
        "",
        MEASURED,
        "gateway: {ingress: {className: nginx}}",
        "defaults: {rollingUpdate: {maxSurge: 1}, autoscale: null, resources: {limits: {memory: 1M}}}",
    ];
    for round in 0..rounds {
        let count = 1 + random.below(4);
        let mut seen = BTreeSet::new();
        let mut block = String::new();
        for _ in 0..count {
            let name = random.pick(&names).clone();
            let (first, rest) = name.split_once('.').map_or((name.as_str(), None), |(first, rest)| (first, Some(rest)));
            if !seen.insert(first.to_owned()) {
                continue;
            }
            let value = *random.pick(&VALUES);
            let nested = rest.map_or(value.to_owned(), |rest| {
                let depth = rest.split('.').count();
                format!("{{{}: {value}{}", rest.replace('.', ": {"), "}".repeat(depth))
            });
            block.push_str(&format!("{first}: {nested}, "));
        }
        let place = *random.pick(&[Flow, Gateway, Executor, Sharded]);
        let spec = *random.pick(&specs);
        let answer = render(spec, &flow(place, &format!("{{{block}}}")));
        assert_eq!(answer.code, 0, "round {round}: {spec} {place:?} {block}\n{}", answer.stderr);
    }
}
