//! The fields of a JinaFlow other than its Flow: their effects, the merge of layers, and what is refused.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{Messages, Run, documents, function, label, root};
use jinaflow::internals::config::field::{Field, Shape};
use jinaflow::internals::config::fields::{LAYER, SPEC};
use serde_json::{Value, json};

const FLOW: &str = "    jtype: Flow
    with: {protocol: [grpc, http], monitoring: true}
    executors:
    - {name: encoder, uses: docker://x/encoder:1, env: {A: flow, B: flow}}
    - {name: indexer, uses: docker://x/indexer:1, shards: 2, uses_before: docker://x/before:1}
";

/// The answer to a JinaFlow with these fields, in the namespace `ns`. `namespace: {}` alone sets no namespace.
fn answer(fields: &str) -> Run {
    let place = if fields == "namespace: {}" { "" } else { ", namespace: ns" };
    let spec: String = fields.lines().map(|line| format!("    {line}\n")).collect();
    let flow: String = FLOW.lines().map(|line| format!("    {line}\n")).collect();
    function(&format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: flow.jina.ai/v1alpha1\n  \
         kind: JinaFlow\n  metadata: {{name: search{place}}}\n  spec:\n{spec}    flow: |\n{flow}"
    ))
}

fn objects(fields: &str) -> Vec<Value> {
    let answer = answer(fields);
    assert_eq!(answer.code, 0, "{fields}\n{}", answer.stderr);
    answer.list()["items"].as_array().unwrap().clone()
}

fn at(objects: &[Value], name: &str, pointer: &str) -> Value {
    let object = objects.iter().find(|object| label(object) == name);
    object.and_then(|object| object.pointer(pointer)).cloned().unwrap_or_default()
}

/// The value after an argument of a workload's first container.
fn argument(objects: &[Value], name: &str, option: &str) -> Value {
    let args = at(objects, name, "/spec/template/spec/containers/0/args");
    let args = args.as_array().cloned().unwrap_or_default();
    args.iter().position(|arg| arg == option).map(|place| args[place + 1].clone()).unwrap_or_default()
}

/// Fields, with the value that they give to a rendered object.
struct Case {
    fields: &'static [&'static str],
    /// The lines of a JinaFlow's `spec` that set the fields.
    spec: &'static str,
    /// `Kind/name` of the object.
    object: &'static str,
    /// The JSON pointer to the value; the object's name if it is empty.
    pointer: &'static str,
    value: Value,
}

/// Begins a case: `fields(…).set_by(SPEC).give(OBJECT, POINTER, VALUE)`.
fn fields(fields: &'static [&'static str]) -> Case {
    Case { fields, spec: "", object: "", pointer: "", value: Value::Null }
}

impl Case {
    fn set_by(self, spec: &'static str) -> Self {
        Self { spec, ..self }
    }

    fn give(self, object: &'static str, pointer: &'static str, value: Value) -> Self {
        Self { object, pointer, value, ..self }
    }
}

const POD: &str = "/spec/template/spec";

#[allow(clippy::too_many_lines)]
fn cases() -> Vec<Case> {
    let encoder = "Deployment/encoder";
    let gateway = "Deployment/gateway";
    let scrape = "monitoring: {kind: PodMonitor, labels: {release: kps}, interval: 30s}";
    let policy = "networkPolicy: {allowFrom: {ingress: {namespace: web, podLabels: {a: b}}, prometheus: {to: metrics, namespaceLabels: {team: ops}}, office: {cidr: 10.0.0.0/8}}}";
    let egress = "networkPolicy: {enabled: true, egress: {enabled: true, allowTo: {store: {cidr: 0.0.0.0/0, port: 443}, db: {namespace: data, podLabels: {app: db}}, all: {namespaceLabels: {a: b}}}}}";
    let patches = "patches: {one: {target: {executor: encoder, role: worker, component: encoder, kind: Deployment, name: encoder}, json: [{op: add, path: /spec/minReadySeconds, value: 7}]}, two: {target: {kind: Deployment}, merge: {spec: {revisionHistoryLimit: 1}}}}";
    let source = "defaults: {configMaps: {c: {env: true, prefix: C_, optional: true, external: true}}, secrets: {s: {mountPath: /etc/s, env: false}}}";
    let toleration = "defaults: {tolerations: {gpu: {key: nvidia.com/gpu, operator: Equal, value: 'true', effect: NoExecute, seconds: 5}}}";
    let storage = "executors: {indexer: {storage: {size: 5Gi, className: fast, accessModes: {ReadWriteMany: {}}, mountPath: /data}}}";
    let scaled = "executors: {encoder: {autoscale: {min: 0, max: 9, keda: {pollingSeconds: 5, cooldownSeconds: 60, triggers: {load: {type: prometheus, metadata: {query: up}, authentication: auth}}}}}}";
    let autoscale = "executors: {encoder: {resources: {requests: {cpu: 1, memory: 1Gi}}, autoscale: {min: 2, max: 9, cpu: 70, memory: 60, behavior: {scaleDown: {stabilizationWindowSeconds: 60}}}}}";
    let by_load = "monitoring: {prometheus: 'http://prometheus:9090'}\ngateway: {autoscale: {max: 4, concurrency: 200}}\nexecutors: {encoder: {autoscale: {min: 0, max: 9, requestsPerSecond: 50}}, indexer: {autoscale: {min: 0, max: 9, concurrency: 10, keda: {cooldownSeconds: 60}}}}";
    let expose = "gateway: {expose: {type: NodePort, name: outside, port: 81, nodePort: 30080, protocol: http, annotations: {a: b}}}";
    let ingress =
        "gateway: {ingress: {className: nginx, protocol: grpc, annotations: {a: b}, hosts: {x.example.com: {path: /x, tls: cert}}}}";
    let route = "gateway: {httpRoute: {gateways: {web: {namespace: infra, sectionName: https}}, hostnames: {x.example.com: {}}, protocol: http, annotations: {a: b}}, grpcRoute: {gateways: {web: {}}}}";
    let image = "/spec/template/spec/containers/0/image";
    let grace = "/spec/template/spec/terminationGracePeriodSeconds";
    let head = "Deployment/indexer-head";
    vec![
        fields(&["compat"]).set_by("compat: jina-3.34").give(encoder, "/spec/template/spec/automountServiceAccountToken", Value::Null),
        fields(&["jinaVersion"]).set_by("jinaVersion: 3.27.0").give(gateway, image, json!("jinaai/jina:3.27.0-py311-standard")),
        fields(&["images"]).set_by("images: {gateway: 'own/jina:1'}").give(gateway, image, json!("own/jina:1")),
        fields(&["imagePattern"]).set_by("imagePattern: 'r/{owner}/{name}:{tag}'\nexecutors: {encoder: {flow: {uses: 'jinaai+docker://acme/Enc:v1'}}}").give(encoder, image, json!("r/acme/enc:v1")),
        fields(&["missingImages"]).set_by("missingImages: placeholder\nexecutors: {encoder: {flow: {uses: Enc}}}").give(encoder, image, json!("image-not-set.invalid/enc:latest")),
        fields(&["image"]).set_by("executors: {encoder: {image: 'own/encoder:2'}}").give(encoder, image, json!("own/encoder:2")),
        fields(&["image"]).set_by("gateway: {image: 'own/gateway:2'}").give(gateway, image, json!("own/gateway:2")),
        fields(&["context"]).set_by("context: {WHO: me}\nexecutors: {encoder: {flow: {env: {A: '${{ context.WHO }}'}}}}").give("ConfigMap/encoder-configmap", "/data/A", json!("me")),
        fields(&["defaults"]).set_by("defaults: {drainSeconds: 7}").give(gateway, grace, json!(17)),
        fields(&["roles", "roles.gateway"]).set_by("roles: {gateway: {drainSeconds: 7}}").give(gateway, grace, json!(17)),
        fields(&["roles.head"]).set_by("roles: {head: {drainSeconds: 7}}").give(head, grace, json!(17)),
        fields(&["roles.worker"]).set_by("roles: {worker: {drainSeconds: 7}}").give(encoder, grace, json!(17)),
        fields(&["gateway"]).set_by("gateway: {drainSeconds: 7}").give(gateway, grace, json!(17)),
        fields(&["executors"]).set_by("executors: {encoder: {drainSeconds: 7}}").give(encoder, grace, json!(17)),
        fields(&["kubernetesVersion"]).set_by("kubernetesVersion: '1.30'").give(encoder, "/spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds", json!(30)),
        fields(&["mesh"]).set_by("mesh: linkerd").give(encoder, "/spec/template/metadata/annotations/linkerd.io~1inject", json!("enabled")),
        fields(&["mesh"]).set_by("mesh: linkerd").give("Service/encoder", "/spec/clusterIP", Value::Null),
        fields(&["mesh"]).set_by("mesh: istio").give("Service/encoder", "/spec/ports/0/appProtocol", json!("grpc")),
        fields(&["mesh"]).set_by("mesh: istio").give("Service/gateway-1-http", "/spec/ports/0", json!({"name": "http", "port": 8081, "protocol": "TCP", "targetPort": 8081, "appProtocol": "http"})),
        fields(&["mesh"]).set_by("mesh: none").give("Service/indexer-head", "/spec/clusterIP", json!("None")),
        fields(&["monitoring", "monitoring.kind", "monitoring.interval"]).set_by(scrape).give("PodMonitor/indexer-head", "/spec/podMetricsEndpoints", json!([{"port": "monitoring", "interval": "30s"}, {"port": "before-metrics", "interval": "30s"}])),
        fields(&["monitoring.labels"]).set_by(scrape).give("PodMonitor/encoder", "/metadata/labels/release", json!("kps")),
        fields(&["networkPolicy", "networkPolicy.enabled"]).set_by("networkPolicy: {enabled: false}").give("NetworkPolicy/encoder", "/spec", Value::Null),
        fields(&[
                "networkPolicy.allowFrom",
                "networkPolicy.allowFrom.NAME.to",
                "networkPolicy.allowFrom.NAME.namespace",
                "networkPolicy.allowFrom.NAME.podLabels",
                "networkPolicy.allowFrom.NAME.cidr",
            ]).set_by(policy).give("NetworkPolicy/gateway", "/spec/ingress/0/from", json!([{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}, "podSelector": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}}, {"ipBlock": {"cidr": "10.0.0.0/8"}}])),
        fields(&["networkPolicy.allowFrom.NAME.namespaceLabels"]).set_by(policy).give("NetworkPolicy/indexer-0", "/spec/ingress/1/from/0/namespaceSelector/matchLabels", json!({"team": "ops"})),
        fields(&["networkPolicy"]).set_by(policy).give("NetworkPolicy/indexer-0", "/spec/ingress/0", json!({"from": [{"podSelector": {"matchLabels": {"flow.jina.ai/component": "indexer-head"}}}], "ports": [{"protocol": "TCP", "port": 8080}]})),
        fields(&["networkPolicy.allowFrom"]).set_by("networkPolicy: {allowFrom: {ingress-nginx: {}}}").give("NetworkPolicy/gateway", "/spec/ingress/0/from/0/namespaceSelector", json!({"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}})),
        fields(&["networkPolicy"]).set_by("networkPolicy: {}\nmesh: linkerd").give("NetworkPolicy/encoder", "/spec/ingress/0/ports/1/port", json!(4143)),
        fields(&["networkPolicy"]).set_by("networkPolicy: {}\nmesh: istio").give("NetworkPolicy/encoder", "/spec/ingress/0/ports/1/port", json!(15008)),
        fields(&["networkPolicy.egress", "networkPolicy.egress.enabled"]).set_by(egress).give("NetworkPolicy/indexer-head", "/spec/egress/1/to", json!([{"podSelector": {"matchLabels": {"flow.jina.ai/component": "indexer-0"}}}, {"podSelector": {"matchLabels": {"flow.jina.ai/component": "indexer-1"}}}])),
        fields(&[
                "networkPolicy.egress.allowTo",
                "networkPolicy.egress.allowTo.NAME.namespace",
                "networkPolicy.egress.allowTo.NAME.namespaceLabels",
                "networkPolicy.egress.allowTo.NAME.podLabels",
                "networkPolicy.egress.allowTo.NAME.cidr",
                "networkPolicy.egress.allowTo.NAME.port",
            ]).set_by(egress).give("NetworkPolicy/encoder", "/spec/egress", json!([
                {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]},
                {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"protocol": "TCP", "port": 443}]},
                {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "data"}}, "podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["db"]}]}}]},
                {"to": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]},
            ])),
        fields(&["namespace", "namespace.create", "namespace.labels"]).set_by("namespace: {create: true, labels: {a: b}, annotations: {c: d}}\nmesh: istio").give("Namespace/ns", "/metadata/labels", json!({"a": "b", "istio-injection": "enabled"})),
        fields(&["namespace.annotations"]).set_by("namespace: {annotations: {c: d}}").give("Namespace/ns", "/metadata/annotations/c", json!("d")),
        fields(&["namespace.create"]).set_by("namespace: {create: false}").give("Namespace/ns", "", Value::Null),
        fields(&[
                "external",
                "external.secrets",
                "external.configMaps",
                "external.services",
                "external.persistentVolumeClaims",
                "external.serviceAccounts",
            ]).set_by("external: {secrets: {s: {}, other: {}}, configMaps: {c: {}}, services: {x: {}}, persistentVolumeClaims: {p: {}}, serviceAccounts: {me: {}}}\ndefaults: {serviceAccountName: me, secrets: {s: {env: true}}, configMaps: {c: {env: true}, d: {env: true}}}").give(encoder, "/metadata/annotations/flow.jina.ai~1external", json!("configmap/c,secret/s,serviceaccount/me")),
        fields(&["external.secrets"]).set_by("external: {secrets: {cert: {}}}\ngateway: {ingress: {hosts: {x.example.com: {tls: cert}, y.example.com: {tls: cert}, z.example.com: {tls: own}}}}").give("Ingress/gateway", "/metadata/annotations/flow.jina.ai~1external", json!("secret/cert")),
        fields(&[
                "patches",
                "patches.NAME.target",
                "patches.NAME.target.executor",
                "patches.NAME.target.role",
                "patches.NAME.target.component",
                "patches.NAME.target.kind",
                "patches.NAME.target.name",
                "patches.NAME.json",
            ]).set_by(patches).give(encoder, "/spec/minReadySeconds", json!(7)),
        fields(&["patches.NAME.merge"]).set_by(patches).give(gateway, "/spec/revisionHistoryLimit", json!(1)),
        fields(&["patches.NAME.merge"]).set_by("patches: {side: {target: {kind: Deployment, executor: encoder}, merge: {spec: {template: {spec: {containers: [{name: side, image: x}, {name: executor, env: [{name: X, value: '1'}], ports: [{containerPort: 8080, hostPort: 81}]}]}}}}}}").give(encoder, "/spec/template/spec/containers/1", json!({"name": "side", "image": "x"})),
        fields(&["patches.NAME.merge"]).set_by("patches: {port: {target: {kind: Deployment, executor: encoder}, merge: {spec: {template: {spec: {containers: [{name: executor, ports: [{containerPort: 8080, hostPort: 81}]}]}}}}}}").give(encoder, "/spec/template/spec/containers/0/ports/0", json!({"name": "grpc", "containerPort": 8080, "hostPort": 81})),
        fields(&["patches.NAME.merge"]).set_by("patches: {less: {target: {kind: Deployment, executor: encoder}, merge: {spec: {template: {spec: {containers: [{name: executor, ports: [{containerPort: 9090, $patch: delete}]}]}}}}}}").give(encoder, "/spec/template/spec/containers/0/ports", json!([{"name": "grpc", "containerPort": 8080}])),
        fields(&["patches.NAME.jsonMergePatch"]).set_by("patches: {all: {target: {kind: Service, name: encoder}, jsonMergePatch: {spec: {ports: [{port: 1}]}}}}").give("Service/encoder", "/spec/ports", json!([{"port": 1}])),
        fields(&["patches"]).set_by(patches).give(gateway, "/spec/minReadySeconds", Value::Null),
        fields(&["labels"]).set_by("defaults: {labels: {team: search}}").give("PodDisruptionBudget/gateway", "/metadata/labels/team", json!("search")),
        fields(&["labels"]).set_by("defaults: {labels: {team: search}}").give("Service/indexer-1", "/metadata/labels/team", json!("search")),
        fields(&["labels"]).set_by("defaults: {labels: {app: shop}}").give(encoder, "/spec/template/metadata/labels/app", json!("shop")),
        fields(&["labels"]).set_by("defaults: {labels: {app: shop}}").give("Service/encoder", "/metadata/labels/app", json!("shop")),
        fields(&["labels"]).set_by("defaults: {labels: {app: shop}}").give("Service/encoder", "/spec/selector", json!({"flow.jina.ai/component": "encoder"})),
        fields(&["annotations"]).set_by("defaults: {annotations: {a: b}}").give(encoder, "/spec/template/metadata/annotations/a", json!("b")),
        fields(&["env"]).set_by("executors: {encoder: {env: {B: prod, C: 'on'}}}").give("ConfigMap/encoder-configmap", "/data", json!({"pythonunbuffered": "1", "worker_class": "uvicorn.workers.UvicornH11Worker", "A": "flow", "B": "prod", "C": "on"})),
        fields(&["envFromSecret", "envFromSecret.NAME.name", "envFromSecret.NAME.key"]).set_by("executors: {indexer: {envFromSecret: {T: {name: s, key: k}}}}").give("Deployment/indexer-head", "/spec/template/spec/containers/1/env/5", json!({"name": "T", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}})),
        fields(&["configMaps", "configMaps.NAME.env", "configMaps.NAME.prefix", "configMaps.NAME.optional"]).set_by(source).give(encoder, "/spec/template/spec/containers/0/envFrom/1", json!({"configMapRef": {"name": "c", "optional": true}, "prefix": "C_"})),
        fields(&["configMaps.NAME.external"]).set_by(source).give(encoder, "/metadata/annotations/flow.jina.ai~1external", json!("configmap/c")),
        fields(&["configMaps.NAME.mountPath"]).set_by("defaults: {configMaps: {c: {mountPath: /etc/c, optional: true}}}").give(encoder, "/spec/template/spec/volumes/0", json!({"name": "configmap-c", "configMap": {"name": "c", "optional": true}})),
        fields(&["secrets", "secrets.NAME.env", "secrets.NAME.mountPath"]).set_by(source).give(encoder, "/spec/template/spec/containers/0/volumeMounts/0", json!({"name": "secret-s", "mountPath": "/etc/s"})),
        fields(&["secrets.NAME.prefix", "secrets.NAME.optional", "secrets.NAME.external"]).set_by("defaults: {secrets: {s: {env: true, prefix: S_, optional: true, external: true}}}").give(encoder, "/spec/template/spec/containers/0/envFrom/1", json!({"secretRef": {"name": "s", "optional": true}, "prefix": "S_"})),
        fields(&["resources", "resources.requests", "resources.limits"]).set_by("defaults: {resources: {requests: {cpu: 500m}, limits: {memory: 1Gi}}}").give("Deployment/indexer-head", "/spec/template/spec/containers/1/resources", json!({"requests": {"cpu": "500m"}, "limits": {"memory": "1Gi"}})),
        fields(&["imagePullPolicy"]).set_by("defaults: {imagePullPolicy: Always}").give(encoder, "/spec/template/spec/containers/0/imagePullPolicy", json!("Always")),
        fields(&["imagePullSecrets"]).set_by("defaults: {imagePullSecrets: {r: {}}}").give(encoder, "/spec/template/spec/imagePullSecrets", json!([{"name": "r"}])),
        fields(&["serviceAccountName"]).set_by("defaults: {serviceAccountName: me}").give(encoder, "/spec/template/spec/serviceAccountName", json!("me")),
        fields(&["serviceAccountName"]).set_by("defaults: {serviceAccountName: me}").give(encoder, "/spec/template/spec/automountServiceAccountToken", Value::Null),
        fields(&["securityProfile"]).set_by("defaults: {securityProfile: restricted}").give(encoder, "/spec/template/spec/containers/0/securityContext", json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}})),
        fields(&["securityProfile"]).set_by("defaults: {securityProfile: baseline}").give(encoder, "/spec/template/spec/securityContext", json!({"seccompProfile": {"type": "RuntimeDefault"}})),
        fields(&["nodeSelector"]).set_by("defaults: {nodeSelector: {disk: ssd}}").give(encoder, "/spec/template/spec/nodeSelector", json!({"disk": "ssd"})),
        fields(&[
                "tolerations",
                "tolerations.NAME.key",
                "tolerations.NAME.operator",
                "tolerations.NAME.value",
                "tolerations.NAME.effect",
                "tolerations.NAME.seconds",
            ]).set_by(toleration).give(encoder, "/spec/template/spec/tolerations", json!([{"key": "nvidia.com/gpu", "operator": "Equal", "value": "true", "effect": "NoExecute", "tolerationSeconds": 5}])),
        fields(&["tolerations"]).set_by("defaults: {tolerations: {gpu: {}}}").give(encoder, "/spec/template/spec/tolerations", json!([{"key": "gpu", "operator": "Exists"}])),
        fields(&["affinity"]).set_by("defaults: {affinity: {nodeAffinity: {a: [1]}}}").give(encoder, "/spec/template/spec/affinity", json!({"nodeAffinity": {"a": [1]}})),
        fields(&["topologySpread", "topologySpread.NAME.maxSkew", "topologySpread.NAME.whenUnsatisfiable"]).set_by("defaults: {topologySpread: {zone: {maxSkew: 2, whenUnsatisfiable: DoNotSchedule}}}").give(encoder, "/spec/template/spec/topologySpreadConstraints", json!([{"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"flow.jina.ai/component": "encoder"}}}])),
        fields(&["priorityClassName"]).set_by("defaults: {priorityClassName: high}").give(encoder, "/spec/template/spec/priorityClassName", json!("high")),
        fields(&["rollingUpdate", "rollingUpdate.maxSurge", "rollingUpdate.maxUnavailable"]).set_by("defaults: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 2}}").give(encoder, "/spec/strategy/rollingUpdate", json!({"maxSurge": "25%", "maxUnavailable": 2})),
        fields(&["drainSeconds"]).set_by("defaults: {drainSeconds: 5}").give(encoder, "/spec/template/spec/containers/0/lifecycle/preStop/exec/command/2", json!("sleep 5")),
        fields(&["drainSeconds"]).set_by("defaults: {drainSeconds: 5}").give(encoder, "/spec/template/spec/terminationGracePeriodSeconds", json!(15)),
        fields(&["drainSeconds"]).set_by("defaults: {drainSeconds: 0}").give(encoder, "/spec/template/spec/containers/0/lifecycle", Value::Null),
        fields(&["probes"]).set_by("defaults: {probes: ping}").give(encoder, "/spec/template/spec/containers/0/startupProbe/exec/command", json!(["jina", "ping", "executor", "grpc://127.0.0.1:8080"])),
        fields(&["probes"]).set_by("defaults: {probes: http}").give(gateway, "/spec/template/spec/containers/0/livenessProbe/httpGet", json!({"path": "/", "port": 8081})),
        fields(&["probes"]).set_by("defaults: {probes: http}").give(encoder, "/spec/template/spec/containers/0/livenessProbe/grpc", json!({"port": 8080})),
        fields(&["replicas", "head"]).set_by("executors: {indexer: {head: {replicas: 3}}}").give("Deployment/indexer-head", "/spec/replicas", json!(3)),
        fields(&["replicas"]).set_by("executors: {encoder: {flow: {replicas: 2}, replicas: 3}}").give(encoder, "/spec/replicas", json!(3)),
        fields(&["replicas"]).set_by("executors: {indexer: {replicas: 3}}").give("Deployment/indexer-1", "/spec/replicas", json!(3)),
        fields(&["replicas"]).set_by("executors: {indexer: {replicas: 3}}").give("Deployment/indexer-head", "/spec/replicas", json!(1)),
        fields(&["replicas"]).set_by("executors: {indexer: {replicas: 3, shards: {1: {replicas: 4}}}}").give("Deployment/indexer-1", "/spec/replicas", json!(4)),
        fields(&["replicas"]).set_by("gateway: {flow: {replicas: 2}, replicas: 3}").give(gateway, "/spec/replicas", json!(3)),
        fields(&["replicas"]).set_by("roles: {worker: {replicas: 3}}\nexecutors: {encoder: {replicas: null}}").give(encoder, "/spec/replicas", json!(1)),
        fields(&["replicas"]).set_by("roles: {worker: {replicas: 3}, head: {replicas: 2}}").give("Deployment/indexer-head", "/spec/replicas", json!(2)),
        fields(&["storage", "storage.size", "storage.className", "storage.accessModes"]).set_by(storage).give("StatefulSet/indexer-1", "/spec/volumeClaimTemplates/0/spec", json!({"accessModes": ["ReadWriteMany"], "storageClassName": "fast", "resources": {"requests": {"storage": "5Gi"}}})),
        fields(&["storage.mountPath"]).set_by(storage).give("StatefulSet/indexer-1", "/spec/template/spec/containers/0/volumeMounts/0/mountPath", json!("/data")),
        fields(&["storage.existingClaim", "shards"]).set_by("executors: {indexer: {shards: {1: {storage: {existingClaim: mine}}}}}").give("StatefulSet/indexer-1", "/spec/template/spec/volumes/0", json!({"name": "indexer-1-volume", "persistentVolumeClaim": {"claimName": "mine"}})),
        fields(&["shards"]).set_by("executors: {indexer: {shards: {1: {storage: {}}}}}").give("Deployment/indexer-0", "/kind", json!("Deployment")),
        fields(&["autoscale", "autoscale.min", "autoscale.max", "autoscale.cpu", "autoscale.memory"]).set_by(autoscale).give("HorizontalPodAutoscaler/encoder", "/spec/metrics", json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}, {"type": "Resource", "resource": {"name": "memory", "target": {"type": "Utilization", "averageUtilization": 60}}}])),
        fields(&["autoscale.behavior"]).set_by(autoscale).give("HorizontalPodAutoscaler/encoder", "/spec/behavior/scaleDown/stabilizationWindowSeconds", json!(60)),
        fields(&["autoscale.behavior"]).set_by("executors: {encoder: {autoscale: {max: 9, behavior: {scaleDown: {stabilizationWindowSeconds: 60}}, keda: {triggers: {load: {type: cron}}}}}}").give("ScaledObject/encoder", "/spec/advanced", json!({"horizontalPodAutoscalerConfig": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}}})),
        fields(&["autoscale"]).set_by(autoscale).give(encoder, "/spec/replicas", Value::Null),
        fields(&["autoscale.memoryAverage"]).set_by("executors: {encoder: {autoscale: {max: 9, memoryAverage: 800Mi}}}").give("HorizontalPodAutoscaler/encoder", "/spec/metrics", json!([{"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "800Mi"}}}])),
        fields(&["autoscale.scaleDownSeconds"]).set_by("executors: {encoder: {autoscale: {max: 9, memoryAverage: 800Mi, scaleDownSeconds: 30, behavior: {scaleDown: {selectPolicy: Min}}}}}").give("HorizontalPodAutoscaler/encoder", "/spec/behavior", json!({"scaleDown": {"stabilizationWindowSeconds": 30, "selectPolicy": "Min"}})),
        fields(&["autoscale.requestsPerSecond", "monitoring.prometheus"]).set_by(by_load).give("ScaledObject/encoder", "/spec/triggers", json!([
            {"type": "prometheus", "metadata": {"serverAddress": "http://prometheus:9090", "query": "sum(rate(jina_receiving_request_seconds_count{namespace=\"ns\",runtime_name=\"encoder\"}[2m]))", "threshold": "50"}},
            {"type": "prometheus", "metadata": {"serverAddress": "http://prometheus:9090", "query": "sum(rate(jina_received_request_bytes_count{namespace=\"ns\",runtime_name=\"gateway\"}[2m]))", "threshold": "1000000000"}},
        ])),
        fields(&["autoscale.requestsPerSecond"]).set_by(by_load).give("ScaledObject/encoder", "/spec/minReplicaCount", json!(0)),
        fields(&["autoscale.concurrency"]).set_by(by_load).give("ScaledObject/gateway", "/spec/triggers/0/metadata/query", json!("sum(jina_number_of_pending_requests{namespace=\"ns\",runtime_name=\"gateway\"})")),
        fields(&["autoscale.concurrency"]).set_by(by_load).give("ScaledObject/indexer-1", "/spec/triggers/0/metadata/query", json!("sum(rate(jina_receiving_request_seconds_sum{namespace=\"ns\",runtime_name=\"indexer-1\"}[2m]))")),
        fields(&["autoscale.concurrency"]).set_by(by_load).give("ScaledObject/indexer-1", "/spec/triggers/1/metadata/query", json!("sum(rate(jina_received_request_bytes_count{namespace=\"ns\",runtime_name=\"indexer/head\"}[2m]))")),
        fields(&["autoscale.concurrency"]).set_by(by_load).give("ScaledObject/indexer-1", "/spec/cooldownPeriod", json!(60)),
        fields(&["storage.retention", "storage.retention.whenDeleted", "storage.retention.whenScaled"]).set_by("executors: {indexer: {storage: {retention: {whenDeleted: Delete, whenScaled: Retain}}}}").give("StatefulSet/indexer-1", "/spec/persistentVolumeClaimRetentionPolicy", json!({"whenDeleted": "Delete", "whenScaled": "Retain"})),
        fields(&[
                "autoscale.keda",
                "autoscale.keda.triggers",
                "autoscale.keda.triggers.NAME.type",
                "autoscale.keda.triggers.NAME.metadata",
                "autoscale.keda.triggers.NAME.authentication",
                "autoscale.keda.pollingSeconds",
                "autoscale.keda.cooldownSeconds",
            ]).set_by(scaled).give("ScaledObject/encoder", "/spec", json!({
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "encoder"}, "minReplicaCount": 0, "maxReplicaCount": 9, "pollingInterval": 5, "cooldownPeriod": 60,
                "triggers": [{"type": "prometheus", "metadata": {"query": "up"}, "authenticationRef": {"name": "auth"}}],
            })),
        fields(&["pdb", "pdb.minAvailable"]).set_by("gateway: {flow: {replicas: 3}, pdb: {minAvailable: 2}}").give("PodDisruptionBudget/gateway", "/spec/minAvailable", json!(2)),
        fields(&["pdb.maxUnavailable"]).set_by("gateway: {flow: {replicas: 3}, pdb: {maxUnavailable: 50%}}").give("PodDisruptionBudget/gateway", "/spec/maxUnavailable", json!("50%")),
        fields(&["pdb.enabled"]).set_by("gateway: {flow: {replicas: 3}, pdb: {enabled: false}}").give("PodDisruptionBudget/gateway", "/spec", Value::Null),
        fields(&["pdb", "pdb.unhealthyPodEvictionPolicy"]).set_by("gateway: {pdb: {unhealthyPodEvictionPolicy: IfHealthyBudget}}").give("PodDisruptionBudget/gateway", "/spec", json!({"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "IfHealthyBudget", "selector": {"matchLabels": {"flow.jina.ai/component": "gateway"}}})),
        fields(&["pdb"]).set_by("").give("PodDisruptionBudget/indexer-head", "/spec/unhealthyPodEvictionPolicy", json!("AlwaysAllow")),
        fields(&["expose", "expose.type", "expose.name", "expose.port", "expose.nodePort", "expose.protocol"]).set_by(expose).give("Service/outside", "/spec", json!({"type": "NodePort", "ports": [{"name": "http", "port": 81, "protocol": "TCP", "targetPort": 8081, "nodePort": 30080}], "selector": {"flow.jina.ai/component": "gateway"}})),
        fields(&["expose.annotations"]).set_by(expose).give("Service/outside", "/metadata/annotations/a", json!("b")),
        fields(&["expose"]).set_by("gateway: {expose: {}}").give("Service/gateway-exposed", "/spec", json!({"type": "LoadBalancer", "ports": [{"name": "grpc", "port": 80, "protocol": "TCP", "targetPort": 8080}], "selector": {"flow.jina.ai/component": "gateway"}})),
        fields(&["expose"]).set_by("executors: {encoder: {expose: {port: 50051}}}").give("Service/encoder-exposed", "/spec", json!({"type": "LoadBalancer", "ports": [{"name": "grpc", "port": 50051, "protocol": "TCP", "targetPort": 8080}], "selector": {"flow.jina.ai/component": "encoder"}})),
        fields(&["expose"]).set_by("executors: {indexer: {expose: {type: ClusterIP}}}").give("Service/indexer-exposed", "/spec/selector", json!({"flow.jina.ai/component": "indexer-head"})),
        fields(&["expose"]).set_by("executors: {encoder: {expose: {}}}\nnetworkPolicy: {}").give("NetworkPolicy/encoder", "/spec/ingress/0", json!({"ports": [{"protocol": "TCP", "port": 8080}]})),
        fields(&["expose"]).set_by("executors: {encoder: {expose: {}}}\nnetworkPolicy: {allowFrom: {office: {cidr: 10.0.0.0/8}}}").give("NetworkPolicy/encoder", "/spec/ingress/0/from", json!([{"podSelector": {"matchLabels": {"flow.jina.ai/component": "gateway"}}}, {"ipBlock": {"cidr": "10.0.0.0/8"}}])),
        fields(&["ingress", "ingress.className", "ingress.hosts", "ingress.hosts.NAME.path", "ingress.hosts.NAME.tls", "ingress.protocol"]).set_by(ingress).give("Ingress/gateway", "/spec", json!({
                "ingressClassName": "nginx",
                "tls": [{"hosts": ["x.example.com"], "secretName": "cert"}],
                "rules": [{"host": "x.example.com", "http": {"paths": [{"path": "/x", "pathType": "Prefix", "backend": {"service": {"name": "gateway", "port": {"number": 8080}}}}]}}],
            })),
        fields(&["ingress.annotations"]).set_by(ingress).give("Ingress/gateway", "/metadata/annotations/nginx.ingress.kubernetes.io~1backend-protocol", json!("GRPC")),
        fields(&[
                "httpRoute",
                "httpRoute.gateways",
                "httpRoute.gateways.NAME.namespace",
                "httpRoute.gateways.NAME.sectionName",
                "httpRoute.hostnames",
                "httpRoute.protocol",
            ]).set_by(route).give("HTTPRoute/gateway", "/spec", json!({"parentRefs": [{"name": "web", "namespace": "infra", "sectionName": "https"}], "hostnames": ["x.example.com"], "rules": [{"backendRefs": [{"name": "gateway-1-http", "port": 8081}]}]})),
        fields(&["httpRoute.annotations"]).set_by(route).give("HTTPRoute/gateway", "/metadata/annotations/a", json!("b")),
        fields(&[
                "grpcRoute",
                "grpcRoute.gateways",
                "grpcRoute.gateways.NAME.namespace",
                "grpcRoute.gateways.NAME.sectionName",
                "grpcRoute.hostnames",
                "grpcRoute.protocol",
                "grpcRoute.annotations",
            ]).set_by(route).give("GRPCRoute/gateway", "/spec/rules/0/backendRefs/0", json!({"name": "gateway", "port": 8080})),
        fields(&["podTemplate"]).set_by("executors: {indexer: {podTemplate: {spec: {containers: [{name: uses-before, workingDir: /w}], automountServiceAccountToken: null}}}}").give("Deployment/indexer-head", "/spec/template/spec/containers/1/workingDir", json!("/w")),
        fields(&["podTemplate"]).set_by("defaults: {podTemplate: {spec: {automountServiceAccountToken: null}}}").give(encoder, "/spec/template/spec/automountServiceAccountToken", Value::Null),
        fields(&["podTemplate"]).set_by("defaults: {podTemplate: {spec: {containers: [{name: tap, image: t, restartPolicy: null}]}}}").give(encoder, "/spec/template/spec/containers/1", json!({"name": "tap", "image": "t"})),
        fields(&["flow"]).set_by("executors: {encoder: {flow: {replicas: 4}}}").give(encoder, "/spec/replicas", json!(4)),
        fields(&["flow"]).set_by("gateway: {flow: {replicas: 3}}").give(gateway, "/spec/replicas", json!(3)),
        fields(&["flow"]).set_by("defaults: {flow: {monitoring: true}}").give("Service/encoder", "/spec/ports/1/name", json!("monitoring")),
    ]
}

fn paths(fields: &[Field], path: &str, out: &mut BTreeSet<String>) {
    for field in fields {
        let path = format!("{path}{}", field.name);
        match &field.shape {
            Shape::Fields(below) => paths(below, &format!("{path}."), out),
            Shape::Map(below) => paths(below, &format!("{path}.NAME."), out),
            _ => {}
        }
        out.insert(path);
    }
}

#[test]
fn every_field_has_the_effect_of_its_row() {
    let mut tested: BTreeSet<String> = BTreeSet::new();
    for Case { fields, spec, object, pointer, value } in cases() {
        let pointer = if pointer.is_empty() { "/metadata/name" } else { pointer };
        assert_eq!(at(&objects(spec), object, pointer), value, "{spec}: {object} {pointer}");
        tested.extend(fields.iter().map(|field| (*field).to_owned()));
    }
    // Conflicts are tested in `rerender.rs`, and arguments below.
    // `jcloud` is tested in `jcloud.rs`.
    tested.extend(["jcloud", "output", "output.onConflict"].map(str::to_owned));
    tested.extend(["configFile", "telemetry", "telemetry.traces", "telemetry.metrics"].map(str::to_owned));
    tested.extend(["traces", "metrics"].iter().flat_map(|kind| ["host", "port"].map(|part| format!("telemetry.{kind}.{part}"))));
    let mut all = BTreeSet::new();
    paths(SPEC, "", &mut all);
    paths(LAYER, "", &mut all);
    assert_eq!(all.difference(&tested).collect::<Vec<_>>(), Vec::<&String>::new(), "fields without a case");
    assert_eq!(tested.difference(&all).collect::<Vec<_>>(), Vec::<&String>::new(), "cases of unknown fields");
}

#[test]
fn fields_change_the_arguments() {
    let telemetry = objects("telemetry: {traces: {host: collector}, metrics: {host: other, port: 9}}");
    for name in ["Deployment/gateway", "Deployment/encoder", "Deployment/indexer-head", "Deployment/indexer-1"] {
        let of = |option: &str| argument(&telemetry, name, option);
        let expected = [json!("collector"), json!("4317"), json!("other"), json!("9")];
        assert_eq!(
            ["--traces-exporter-host", "--traces-exporter-port", "--metrics-exporter-host", "--metrics-exporter-port"].map(of),
            expected
        );
    }
    let balanced = objects("");
    let round_robin = json!(r#"{"grpc.lb_policy_name": "round_robin", "grpc.dns_min_time_between_resolutions_ms": 5000}"#);
    for caller in ["Deployment/gateway", "Deployment/indexer-head"] {
        assert_eq!(argument(&balanced, caller, "--grpc-channel-options"), round_robin, "{caller}");
    }
    for server in ["Deployment/encoder", "Deployment/indexer-head", "Deployment/indexer-0"] {
        assert_eq!(argument(&balanced, server, "--grpc-server-options"), json!(r#"{"grpc.max_connection_age_ms": 10000}"#), "{server}");
    }
    let meshed = objects("mesh: linkerd\ngateway: {flow: {retries: 0}}");
    assert_eq!(argument(&meshed, "Deployment/gateway", "--grpc-channel-options"), Value::Null);
    // Connections end, and callers retry, before a short drain is over.
    let short = objects("executors: {encoder: {drainSeconds: 6}}");
    assert_eq!(argument(&short, "Deployment/encoder", "--grpc-server-options"), json!(r#"{"grpc.max_connection_age_ms": 2000}"#));
    let asks = r#"{"grpc.lb_policy_name": "round_robin", "grpc.dns_min_time_between_resolutions_ms": 1000}"#;
    assert_eq!(argument(&short, "Deployment/gateway", "--grpc-channel-options"), json!(asks));
    assert_eq!(argument(&short, "Deployment/indexer-head", "--grpc-channel-options"), round_robin);
    // The user's options stay and come first.
    let own = objects("gateway: {flow: {grpc_channel_options: {grpc.lb_policy_name: pick_first, x: 1}}}");
    let expected = r#"{"grpc.lb_policy_name": "pick_first", "x": 1, "grpc.dns_min_time_between_resolutions_ms": 5000}"#;
    assert_eq!(argument(&own, "Deployment/gateway", "--grpc-channel-options"), json!(expected));
    let named = objects("executors: {encoder: {configFile: config.yaml}}");
    assert_eq!(argument(&named, "Deployment/encoder", "--uses"), json!("config.yaml"));
    assert_eq!(argument(&named, "Deployment/indexer-0", "--uses"), json!("config.yml"));
    // An executor gets the path of its volume, unless another setting gives a path.
    let stored = objects("executors: {indexer: {storage: {}}}");
    assert_eq!(argument(&stored, "StatefulSet/indexer-0", "--workspace"), json!("/workspace"));
    let stored = objects("executors: {indexer: {storage: {}, flow: {workspace: /index}}}");
    assert_eq!(argument(&stored, "StatefulSet/indexer-0", "--workspace"), json!("/index"));
    assert_eq!(at(&stored, "StatefulSet/indexer-0", &format!("{POD}/containers/0/volumeMounts/0/mountPath")), json!("/index"));
    // A user without root rights cannot create the folder.
    let restricted = objects(
        "defaults: {securityProfile: restricted}\nexecutors: {encoder: {flow: {workspace: /w}}, indexer: {storage: {}, flow: {workspace: /workspace/x}}}",
    );
    let mounts = |name: &str| at(&restricted, name, &format!("{POD}/containers/0/volumeMounts"));
    assert_eq!(mounts("Deployment/encoder"), json!([{"name": "workspace", "mountPath": "/w"}, {"name": "tmp", "mountPath": "/tmp"}]));
    assert_eq!(
        mounts("StatefulSet/indexer-0"),
        json!([{"name": "indexer-0-volume", "mountPath": "/workspace/x"}, {"name": "tmp", "mountPath": "/tmp"}])
    );
}

#[test]
fn deeper_layers_override_outer_ones_and_null_resets() {
    let spec = "defaults: {resources: {requests: {cpu: 1, memory: 1Gi}}, labels: {a: '1', b: '1'}, drainSeconds: 1}
roles: {worker: {resources: {requests: {cpu: 2}}, labels: {b: '2'}}, head: {drainSeconds: 2}, gateway: {labels: {a: null}}}
gateway: {drainSeconds: 3}
executors:
  indexer:
    resources: {requests: {memory: null, x.io/gpu: 1}, limits: {x.io/gpu: 1}}
    head: {labels: {b: '4'}}
    shards: {'1': {resources: {requests: {cpu: 5}}, labels: null}}";
    let objects = objects(spec);
    let resources = |name: &str| at(&objects, name, &format!("{POD}/containers/0/resources/requests"));
    let labels = |name: &str| (at(&objects, name, "/metadata/labels/a"), at(&objects, name, "/metadata/labels/b"));
    let drain = |name: &str| at(&objects, name, &format!("{POD}/terminationGracePeriodSeconds"));
    assert_eq!(resources("Deployment/gateway"), json!({"cpu": 1, "memory": "1Gi"}));
    assert_eq!(resources("Deployment/encoder"), json!({"cpu": 2, "memory": "1Gi"}));
    assert_eq!(resources("Deployment/indexer-0"), json!({"cpu": 2, "x.io/gpu": 1}));
    assert_eq!(resources("Deployment/indexer-1"), json!({"cpu": 5, "x.io/gpu": 1}));
    // A head does not request the devices of its executor.
    assert_eq!(resources("Deployment/indexer-head"), json!({"cpu": 1}));
    assert_eq!(labels("Service/gateway"), (Value::Null, json!("1")));
    assert_eq!(labels("Service/encoder"), (json!("1"), json!("2")));
    assert_eq!(labels("Service/indexer-head"), (json!("1"), json!("4")));
    assert_eq!(labels("Service/indexer-1"), (Value::Null, Value::Null));
    assert_eq!(
        [drain("Deployment/gateway"), drain("Deployment/encoder"), drain("Deployment/indexer-head")],
        [json!(13), json!(11), json!(12)]
    );
}

#[test]
fn every_object_has_the_documented_labels() {
    let spec = "networkPolicy: {}\ngateway: {expose: {}, ingress: {}, flow: {replicas: 2}}\nexecutors: {indexer: {storage: {}}, encoder: {resources: {requests: {cpu: 1}}, autoscale: {max: 3}}}";
    for object in objects(spec) {
        let labels = |pointer: &str| object.pointer(pointer).and_then(Value::as_object).cloned().unwrap_or_default();
        let pod = labels("/spec/template/metadata/labels");
        for labels in [Some(labels("/metadata/labels")), Some(pod).filter(|pod| !pod.is_empty())].into_iter().flatten() {
            let of = |name: &str| labels.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            assert_eq!(
                [of("app.kubernetes.io/instance"), of("app.kubernetes.io/part-of"), of("flow.jina.ai/flow")],
                ["search", "search", "search"]
            );
            assert_eq!(of("app.kubernetes.io/managed-by"), "jinaflow");
            assert_eq!(of("app.kubernetes.io/name"), of("flow.jina.ai/executor"));
            assert_eq!(of("app.kubernetes.io/component"), of("flow.jina.ai/role"));
            let component = object["metadata"]["name"].as_str().unwrap();
            let (executor, role) = (of("flow.jina.ai/executor"), of("flow.jina.ai/role"));
            assert!(
                component.starts_with(&executor) && ["gateway", "head", "worker"].contains(&role.as_str()),
                "{component}: {executor} {role}"
            );
            assert_eq!(labels.contains_key("flow.jina.ai/shard"), role == "worker", "{component}");
        }
        // No selector uses these labels, because users and overlays change them.
        let text = object.to_string();
        for selector in ["matchLabels\":{\"", "selector\":{\""] {
            for (at, _) in text.match_indices(selector) {
                let rest = &text[at + selector.len()..];
                assert!(rest.starts_with("flow.jina.ai/component\"") || rest.starts_with("matchLabels\""), "{text}");
            }
        }
    }
}

/// The results of a run: `severity path code`.
fn results(answer: &Run) -> Vec<String> {
    let list = answer.list();
    let severity = |number: usize| list["results"][number]["severity"].as_str().unwrap_or_default().to_owned();
    answer.results().iter().enumerate().map(|(number, result)| format!("{} {result}", severity(number))).collect()
}

#[test]
#[allow(clippy::too_many_lines)]
fn wrong_fields_are_reported() {
    let mut messages = Messages::new("fields");
    let cases: &[(&str, &[&str])] = &[
        ("executors: {encodr: {}}", &["error spec.executors.encodr unknown-executor"]),
        ("executors: {encoder: {resorces: {}}}", &["error spec.executors.encoder.resorces unknown-field"]),
        ("roles: {workers: {}}", &["error spec.roles.workers unknown-field"]),
        ("gateway: {storage: {}}", &["error spec.gateway.storage misplaced-field"]),
        ("executors: {encoder: {shards: {'1': {}}}}", &["error spec.executors.encoder.shards.1 unknown-shard"]),
        ("executors: {indexer: {shards: {one: {}}}}", &["error spec.executors.indexer.shards.one invalid-shard-number"]),
        ("executors: {encoder: {head: {}}}", &["warning spec.executors.encoder.head field-without-effect"]),
        ("patches: {p: {target: {kind: Deploymnt}, merge: {}}}", &["error spec.patches.p.target patch-without-target"]),
        ("patches: {p: {json: [{op: remove, path: /spec/nothing}]}}", &["error spec.patches.p patch-not-applicable"]),
        ("patches: {p: {merge: {metadata: null}}}", &["error spec.patches.p patch-not-applicable"]),
        (
            "patches: {p: {target: {kind: Deployment, executor: encoder}, jsonMergePatch: {spec: {template: {spec: {containers: [{name: side, image: x}]}}}}}}",
            &["error spec.patches.p jina-container-removed"],
        ),
        (
            "patches: {p: {target: {kind: Deployment, executor: encoder}, jsonMergePatch: {spec: {template: {spec: {containers: [{name: executor, image: x}]}}}}}}",
            &["error spec.patches.p jina-container-removed"],
        ),
        (
            "patches: {p: {target: {kind: Deployment, executor: encoder}, merge: {spec: {template: {spec: {containers: [{name: encoder, tty: true}]}}}}}}",
            &["error spec.patches.p container-without-image"],
        ),
        (
            "executors: {encoder: {podTemplate: {spec: {initContainers: [{name: fetch}]}}}}",
            &["error spec.executors.encoder.podTemplate container-without-image"],
        ),
        (
            "patches: {p: {target: {kind: Deployment, executor: encoder}, json: [{op: replace, path: /kind, value: StatefulSet}]}}",
            &["error spec.patches.p patch-changes-kind"],
        ),
        (
            "patches: {p: {target: {kind: PodDisruptionBudget}, merge: {$patch: delete}}}",
            &["error spec.patches.p.merge[\"$patch\"] invalid-patch-directive"],
        ),
        (
            "executors: {encoder: {podTemplate: {spec: {containers: [{name: executor, $patch: delete}]}}}}",
            &["error spec.executors.encoder.podTemplate jina-container-removed"],
        ),
        (
            "patches: {p: {target: {kind: Deployment}, merge: {spec: {template: {spec: {containers: [{image: x}]}}}}}}",
            &["error spec.patches.p.merge.spec.template.spec.containers[0] merge-key-missing"],
        ),
        (
            "defaults: {podTemplate: {spec: {$retainKeys: [containers]}}}",
            &["error spec.defaults.podTemplate.spec[\"$retainKeys\"] invalid-patch-directive"],
        ),
        (
            "patches: {p: {target: {kind: Service, name: encoder}, merge: {spec: {type: ClusterIP}}}}",
            &["warning spec.patches.p patch-without-effect"],
        ),
        ("patches: {p: {target: {kind: Service, name: encoder}, json: []}}", &["warning spec.patches.p patch-without-effect"]),
        ("defaults: {replicas: 3}", &["error spec.defaults.replicas misplaced-field"]),
        (
            "executors: {encoder: {replicas: 2, resources: {requests: {cpu: 1}}, autoscale: {max: 3}}}",
            &["warning spec.executors.encoder.replicas field-without-effect"],
        ),
        (
            "gateway: {flow: {replicas: 2}, resources: {requests: {cpu: 1}}, autoscale: {max: 3}}",
            &["warning spec.flow.gateway.replicas field-without-effect"],
        ),
        ("patches: {p: {target: {kind: Service}}}", &["error spec.patches.p patch-without-content"]),
        ("defaults: {resources: {requests: {memory: 1GB}}}", &["error spec.defaults.resources.requests.memory invalid-quantity"]),
        (
            "defaults: {resources: {requests: {cpu: 2}, limits: {cpu: 500m}}}",
            &["error spec.defaults.resources.limits.cpu limit-below-request"],
        ),
        (
            "defaults: {resources: {requests: {cpu: 2}}}\nexecutors: {encoder: {resources: {limits: {cpu: 1}}}}",
            &["error spec.executors.encoder.resources.limits.cpu limit-below-request"],
        ),
        (
            "executors: {encoder: {flow: {replicas: 2}, resources: {requests: {cpu: 1}}, autoscale: {max: 3}}}",
            &["warning spec.flow.executors[0].replicas field-without-effect"],
        ),
        (
            "executors: {encoder: {autoscale: {min: 4, max: 3}}}",
            &[
                "warning spec.executors.encoder.autoscale.cpu autoscale-without-request",
                "error spec.executors.encoder.autoscale.min value-out-of-range",
            ],
        ),
        ("executors: {encoder: {autoscale: {}}}", &["error spec.executors.encoder.autoscale.max missing-field"]),
        (
            "executors: {encoder: {autoscale: {max: 3, memory: 70, memoryAverage: 1Gi}, resources: {requests: {memory: 1Gi}}}}",
            &["error spec.executors.encoder.autoscale.memory conflicting-fields"],
        ),
        (
            "executors: {encoder: {autoscale: {max: 3, memoryAverage: 1Gi, scaleDownSeconds: 3601}}}",
            &["error spec.executors.encoder.autoscale.scaleDownSeconds value-out-of-range"],
        ),
        (
            "executors: {encoder: {autoscale: {max: 3, memoryAverage: 1Gi, scaleDownSeconds: 60, behavior: {scaleDown: {stabilizationWindowSeconds: 9}}}}}",
            &["warning spec.executors.encoder.autoscale.scaleDownSeconds field-without-effect"],
        ),
        ("executors: {encoder: {autoscale: {max: 3, requestsPerSecond: 50}}}", &["error spec.monitoring.prometheus missing-field"]),
        (
            "monitoring: {prometheus: 'http://p:9090'}\nexecutors: {encoder: {autoscale: {max: 3, concurrency: 5}, flow: {monitoring: false}}}",
            &["error spec.executors.encoder.autoscale.concurrency autoscale-without-metrics"],
        ),
        (
            "monitoring: {prometheus: 'http://p:9090'}\nexecutors: {encoder: {autoscale: {min: 0, max: 3, concurrency: 5}}}",
            &["warning spec.executors.encoder.autoscale.min scale-to-zero"],
        ),
        (
            "monitoring: {prometheus: 'http://p:9090'}\ngateway: {autoscale: {min: 0, max: 3, concurrency: 5}}",
            &["error spec.gateway.autoscale.min value-out-of-range"],
        ),
        ("executors: {encoder: {expose: {name: gateway-1-http}}}", &["error spec.executors.encoder.expose.name duplicate-name"]),
        ("executors: {encoder: {expose: {protocol: http}}}", &["error spec.executors.encoder.expose.protocol protocol-not-served"]),
        ("executors: {encoder: {shards: {0: {expose: {}}}}}", &["error spec.executors.encoder.shards.0.expose misplaced-field"]),
        (
            "executors: {encoder: {storage: {existingClaim: one, retention: {whenDeleted: Delete}}}}",
            &["warning spec.executors.encoder.storage.retention field-without-effect"],
        ),
        (
            "executors: {encoder: {autoscale: {min: 0, max: 3}}}",
            &[
                "warning spec.executors.encoder.autoscale.cpu autoscale-without-request",
                "error spec.executors.encoder.autoscale.min value-out-of-range",
            ],
        ),
        ("executors: {encoder: {autoscale: {max: 3}}}", &["warning spec.executors.encoder.autoscale.cpu autoscale-without-request"]),
        (
            "executors: {indexer: {storage: {}, rollingUpdate: {maxSurge: 1}}}",
            &["error spec.executors.indexer.rollingUpdate.maxSurge surge-with-storage"],
        ),
        (
            "executors: {encoder: {storage: {}, rollingUpdate: {maxUnavailable: 2}}}",
            &["warning spec.executors.encoder.rollingUpdate.maxUnavailable field-without-effect"],
        ),
        (
            "defaults: {rollingUpdate: {maxUnavailable: 25%}}\nexecutors: {indexer: {shards: {0: {storage: {}}}}}",
            &["warning spec.defaults.rollingUpdate.maxUnavailable field-without-effect"],
        ),
        (
            "executors: {encoder: {flow: {volumes: /data}, rollingUpdate: {maxSurge: 2}}}",
            &["warning spec.executors.encoder.rollingUpdate.maxSurge field-without-effect"],
        ),
        (
            "executors: {encoder: {storage: {existingClaim: one, size: 5Gi}}}",
            &["warning spec.executors.encoder.storage.size field-without-effect"],
        ),
        (
            "executors: {encoder: {storage: {existingClaim: one, className: fast}}}",
            &["warning spec.executors.encoder.storage.className field-without-effect"],
        ),
        (
            "roles: {worker: {storage: {accessModes: {ReadWriteMany: {}}}}}\nexecutors: {encoder: {storage: {existingClaim: one}}}",
            &["warning spec.roles.worker.storage.accessModes field-without-effect"],
        ),
        ("defaults: {configMaps: {c: {mountPath: /c, prefix: C_}}}", &["warning spec.defaults.configMaps.c.prefix field-without-effect"]),
        (
            "gateway: {secrets: {s: {mountPath: /s, env: false, prefix: S_}}}",
            &["warning spec.gateway.secrets.s.prefix field-without-effect"],
        ),
        ("executors: {encoder: {probes: http}}", &["warning spec.executors.encoder.probes field-without-effect"]),
        ("roles: {worker: {probes: http}}", &["warning spec.roles.worker.probes field-without-effect"]),
        ("executors: {indexer: {shards: {1: {probes: http}}}}", &["warning spec.executors.indexer.shards.1.probes field-without-effect"]),
        ("gateway: {flow: {protocol: http}, probes: grpc}", &["warning spec.gateway.probes field-without-effect"]),
        (
            "gateway: {flow: {protocol: grpc, ssl_certfile: c.pem, ssl_keyfile: k.pem}, probes: http}",
            &["warning spec.gateway.probes field-without-effect"],
        ),
        ("executors: {indexer: {storage: {existingClaim: one}}}", &["error spec.executors.indexer.storage.existingClaim shared-claim"]),
        (
            "defaults: {labels: {team: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}}",
            &["error spec.defaults.labels.team invalid-label"],
        ),
        ("defaults: {labels: {team: 'a b'}}", &["error spec.defaults.labels.team invalid-label"]),
        ("defaults: {labels: {flow.jina.ai/component: x}}", &["error spec.defaults.labels[\"flow.jina.ai/component\"] reserved-label"]),
        ("defaults: {env: {1A: x}}", &["error spec.defaults.env.1A invalid-name"]),
        (
            "defaults: {env: {A: x}, envFromSecret: {A: {name: s, key: k}}}",
            &["error spec.defaults.env.A conflicting-fields", "warning spec.flow.gateway.env.A duplicate-variable"],
        ),
        ("executors: {encoder: {envFromSecret: {A: {name: s, key: k}}}}", &["warning spec.flow.executors[0].env.A duplicate-variable"]),
        ("defaults: {envFromSecret: {A: {name: s}}}", &["error spec.defaults.envFromSecret.A.key missing-field"]),
        ("defaults: {secrets: {s: {}}}", &["error spec.defaults.secrets.s unused-source"]),
        (
            "defaults: {configMaps: {Übergrößenträgerübergrößenträgerübergrößenträger: {mountPath: /x}}}",
            &["error spec.defaults.configMaps invalid-name"],
        ),
        ("defaults: {configMaps: {c: {mountPath: x}}}", &["error spec.defaults.configMaps.c.mountPath invalid-mount-path"]),
        (
            "executors: {indexer: {storage: {mountPath: /x}, secrets: {s: {mountPath: /x}}}}",
            &["error spec.executors.indexer.secrets.s.mountPath mount-path-already-used"],
        ),
        ("defaults: {probes: tcp}", &["error spec.defaults.probes value-not-allowed"]),
        ("defaults: {drainSeconds: -1}", &["error spec.defaults.drainSeconds value-out-of-range"]),
        ("defaults: {rollingUpdate: {maxSurge: some}}", &["error spec.defaults.rollingUpdate.maxSurge wrong-type"]),
        ("defaults: {imagePullSecrets: [a]}", &["error spec.defaults.imagePullSecrets wrong-type"]),
        ("defaults: []", &["error spec.defaults wrong-type"]),
        ("gateway: {pdb: {minAvailable: 1, maxUnavailable: 1}}", &["error spec.gateway.pdb.minAvailable conflicting-fields"]),
        ("gateway: {expose: {protocol: websocket}}", &["error spec.gateway.expose.protocol protocol-not-served"]),
        ("gateway: {expose: {name: encoder}}", &["error spec.gateway.expose.name duplicate-name"]),
        ("gateway: {expose: {name: A_b}}", &["error spec.gateway.expose.name invalid-name"]),
        ("namespace: {}", &["error spec.namespace namespace-without-name"]),
        ("gateway: {httpRoute: {}}", &["error spec.gateway.httpRoute.gateways missing-field"]),
        ("kubernetesVersion: 1.3", &["error spec.kubernetesVersion unsupported-kubernetes-version"]),
        ("mesh: linkrd", &["error spec.mesh value-not-allowed"]),
        ("mesh: linkerd", &["warning spec.flow.with.retries retries-multiply"]),
        ("mesh: istio\ngateway: {flow: {retries: 5}}", &["warning spec.flow.with.retries retries-multiply"]),
        ("gateway: {flow: {retries: 0}}", &["warning spec.flow.with.retries retries-missing"]),
        ("mesh: none\njinaVersion: 3.14.1\nexecutors: {encoder: {flow: {replicas: 2}}}", &["warning spec.mesh replicas-not-balanced"]),
        ("executors: {encoder: {resources: {limits: {nvidia.com/gpu: 1}}}}", &["info spec.executors.encoder.resources surge-needs-gpu"]),
        ("executors: {encoder: {flow: {gpus: 1}}}", &["info spec.flow.executors[0].gpus surge-needs-gpu"]),
        ("executors: {encoder: {flow: {gpus: 0}}}", &[]),
        ("executors: {encoder: {flow: {gpus: 1}, rollingUpdate: {maxSurge: 2}}}", &["warning spec.flow.executors[0].gpus surge-needs-gpu"]),
        ("executors: {encoder: {flow: {gpus: all}}}", &["warning spec.flow.executors[0].gpus field-without-effect"]),
        (
            "executors: {encoder: {flow: {gpus: all}, resources: {limits: {nvidia.com/gpu: 1}}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
            &[],
        ),
    ];
    for (fields, expected) in cases {
        let answer = answer(fields);
        assert_eq!(results(&answer), *expected, "{fields}\n{}", answer.stderr);
        let is_refused = expected.iter().any(|result| result.starts_with("error "));
        assert_eq!(answer.code, i32::from(is_refused), "{fields}\n{}", answer.stderr);
        assert_eq!(answer.findings().len(), expected.len(), "{fields}\n{}", answer.stderr);
        messages.add(&fields.replace('\n', " / "), &answer);
    }
    messages.compare();
}

/// `01` is a different name from `1`, and no shard has it.
#[test]
fn shard_numbers_have_no_leading_zeros() {
    for (written, key, meant) in
        [("'01'", ".01", "1"), ("+1", "[\"+1\"]", "1"), ("00", ".00", "0"), ("'+0'", "[\"+0\"]", "0"), ("'0000'", ".0000", "0")]
    {
        let entry = |number: &str| format!("executors: {{indexer: {{shards: {{{number}: {{replicas: 5}}}}}}}}");
        let refused = answer(&entry(written));
        assert_eq!(refused.code, 1, "{written}");
        assert_eq!(results(&refused), [format!("error spec.executors.indexer.shards{key} invalid-shard-number")], "{written}");
        assert_eq!(refused.list()["results"][0]["field"]["proposedValue"], meant, "{written}");
        let objects = objects(&entry(meant));
        assert_eq!(at(&objects, &format!("Deployment/indexer-{meant}"), "/spec/replicas"), json!(5), "{written}");
    }
}

/// Settings that have an effect give no warning, and neither do the settings that a warning suggests.
#[test]
fn settings_with_an_effect_give_no_warning() {
    for fields in [
        "defaults: {probes: http}",
        "defaults: {probes: grpc}",
        "gateway: {probes: http}",
        "executors: {encoder: {probes: ping}}",
        "executors: {encoder: {storage: {size: 5Gi}, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}}",
        "defaults: {rollingUpdate: {maxUnavailable: 2}}\nexecutors: {encoder: {storage: {}, rollingUpdate: {maxUnavailable: null}}}",
        "roles: {worker: {storage: {size: 5Gi}}}\nexecutors: {encoder: {storage: {existingClaim: one, size: null}}}",
        "executors: {encoder: {storage: {existingClaim: one, mountPath: /data}}}",
        "defaults: {configMaps: {c: {mountPath: /c, env: true, prefix: C_}}}",
    ] {
        let answer = answer(fields);
        assert_eq!(answer.code, 0, "{fields}\n{}", answer.stderr);
        assert!(!answer.stderr.contains("has no effect"), "{fields}\n{}", answer.stderr);
    }
}

#[test]
fn layers_work_under_compat_too() {
    let objects = objects("compat: jina-3.34\ndefaults: {resources: {requests: {cpu: 1}}, drainSeconds: 9}");
    assert_eq!(at(&objects, "Deployment/encoder", &format!("{POD}/containers/0/resources")), json!({"requests": {"cpu": 1}}));
    assert_eq!(at(&objects, "Deployment/encoder", &format!("{POD}/terminationGracePeriodSeconds")), json!(19));
    assert_eq!(at(&objects, "Deployment/encoder", "/metadata/labels"), Value::Null);
    assert_eq!(at(&objects, "Service/encoder", "/spec/clusterIP"), Value::Null);
}

#[test]
fn short_input_cannot_exceed_the_size_limit() {
    // An object that contains a copy of itself doubles with each copy.
    let copies: String = (0..40).map(|i| format!("{{op: copy, from: /metadata, path: /metadata/x{i}}}, ")).collect();
    let doubled = answer(&format!("patches: {{p: {{target: {{name: encoder}}, json: [{copies}]}}}}"));
    assert_eq!(results(&doubled), ["error spec.patches.p patch-not-applicable"], "{}", doubled.stderr);
    doubled.says("2 MB");
    let executors: String = (0..3000).map(|i| format!("      - {{name: e{i}}}\n")).collect();
    let long = "x".repeat(60_000);
    for fields in [
        format!("defaults: {{podTemplate: {{metadata: {{annotations: {{a: {long}}}}}}}}}"),
        format!("defaults: {{annotations: {{a: {long}}}}}"),
        format!("networkPolicy: {{allowFrom: {{a: {{podLabels: {{a: b}}, cidr: {long}}}}}}}"),
        format!("patches: {{p: {{target: {{kind: Service}}, merge: {{metadata: {{annotations: {{a: {long}}}}}}}}}}}"),
    ] {
        let list = format!(
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  \
             metadata: {{name: f}}\n  spec:\n    {fields}\n    flow:\n      jtype: Flow\n      executors:\n{executors}"
        );
        let refused = function(&list);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.contains("error[too-large]: JinaFlow/f: spec.flow: "), "{}", refused.first_line());
    }
    let many: String = (0..1001).map(|i| format!("p{i}: {{merge: {{}}}}, ")).collect();
    let refused = answer(&format!("patches: {{{many}}}"));
    refused.begins("error[too-large]: JinaFlow/search: spec.patches: ");
    refused.says("1001");
}

#[test]
fn gateway_fields_are_refused_for_a_deployment() {
    let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  \
                metadata: {name: d}\n  spec:\n    gateway: {expose: {}, flow: {replicas: 2}}\n    executors: {My_Exec: {flow: {replicas: 3}}}\n    \
                flow: {jtype: Deployment, with: {name: My_Exec, uses: 'docker://x/y'}}\n";
    let answer = function(list);
    assert_eq!(results(&answer), ["warning spec.gateway field-without-effect"]);
    let objects = answer.list()["items"].as_array().unwrap().clone();
    assert_eq!(at(&objects, "Deployment/my-exec", "/spec/replicas"), json!(3));
    // The callers of a Deployment are outside, and do not spread requests.
    assert_eq!(at(&objects, "Service/my-exec", "/spec/clusterIP"), Value::Null);
}

/// The JSON pointers of all values below a value.
fn pointers(value: &Value, path: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(pairs) => {
            for (key, value) in pairs {
                let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                out.push(path.clone());
                pointers(value, &path, out);
            }
        }
        Value::Array(entries) => {
            for (place, value) in entries.iter().enumerate() {
                out.push(format!("{path}/{place}"));
                pointers(value, &format!("{path}/{place}"), out);
            }
        }
        _ => {}
    }
}

#[test]
fn any_value_in_any_field_gives_an_answer() {
    let odd = [
        json!(null),
        json!([]),
        json!({}),
        json!([{"a": [1]}]),
        json!({"a": null}),
        json!(""),
        json!(-1),
        json!(1e99),
        json!(true),
        json!("a/b c:Ä\n"),
    ];
    let mut answered = [0, 0];
    for file in ["everything", "stateful", "linkerd", "restricted", "jcloud"] {
        let text = fs::read_to_string(root().join(format!("tests/conformance/fields/{file}.yaml"))).unwrap();
        let flow = documents(&text).remove(0);
        let mut places = Vec::new();
        pointers(&flow["spec"], "/spec", &mut places);
        for (number, place) in places.iter().enumerate() {
            for value in odd.iter().skip(number % 2).step_by(2) {
                let mut flow = flow.clone();
                *flow.pointer_mut(place).unwrap() = value.clone();
                let list = json!({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [flow]});
                let mut stdout = Vec::new();
                let outcome = jinaflow::internals::function::run(list.to_string().as_bytes(), &mut stdout).unwrap();
                let answer: Value = serde_json::from_slice(&stdout).unwrap();
                // The value is refused with a message and the input is returned, or it is rendered.
                let items = answer["items"].as_array().map_or(0, Vec::len);
                assert_eq!(items > 1, outcome.success, "{place} {value}: {}", outcome.stderr);
                assert_eq!(outcome.stderr.contains("error["), !outcome.success, "{place} {value}: {}", outcome.stderr);
                answered[usize::from(outcome.success)] += 1;
            }
        }
    }
    assert!(answered.iter().all(|count| *count > 300), "{answered:?}");
}

#[test]
fn a_network_policy_allows_the_metrics_port_of_each_container() {
    let objects = objects("networkPolicy: {}\nexecutors: {indexer: {flow: {uses_before: null, uses_after: 'docker://x/after:1'}}}");
    let ports = json!([{"protocol": "TCP", "port": 9090}, {"protocol": "TCP", "port": 9092}]);
    assert_eq!(at(&objects, "NetworkPolicy/indexer-head", "/spec/ingress/1/ports"), ports);
    assert_eq!(at(&objects, "Deployment/indexer-head", &format!("{POD}/containers/1/ports/1/containerPort")), json!(9092));
}
