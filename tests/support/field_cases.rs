//! A JinaFlow for each field, and the effect that the field has. The proofs of `tests/it/fields.rs`, and pairs of configurations
//! for the real cluster.

use serde_json::{Value, json};

use super::{Run, function};

const FLOW: &str = "    jtype: Flow
    with: {protocol: [grpc, http], monitoring: true}
    executors:
    - {name: encoder, uses: docker://x/encoder:1, env: {A: flow, B: flow}}
    - {name: indexer, uses: docker://x/indexer:1, shards: 2, uses_before: docker://x/before:1}
";

/// The answer to a JinaFlow with these fields, in the namespace `ns`. `namespace: {}` alone sets no namespace.
pub fn answer(fields: &str) -> Run {
    let place = if fields == "namespace: {}" { "" } else { ", namespace: ns" };
    let spec: String = fields.lines().map(|line| format!("    {line}\n")).collect();
    let flow: String = FLOW.lines().map(|line| format!("    {line}\n")).collect();
    function(&format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: flow.jina.ai/v1alpha1\n  \
         kind: JinaFlow\n  metadata: {{name: search{place}}}\n  spec:\n{spec}    flow: |\n{flow}"
    ))
}

/// Fields, with the value that they give to a rendered object.
pub struct Case {
    pub fields: &'static [&'static str],
    /// The lines of a JinaFlow's `spec` that set the fields.
    pub spec: &'static str,
    /// `Kind/name` of the object.
    pub object: &'static str,
    /// The JSON pointer to the value; the object's name if it is empty.
    pub pointer: &'static str,
    pub value: Value,
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

#[allow(clippy::too_many_lines)]
pub fn cases() -> Vec<Case> {
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
        fields(&["kubernetesVersion"]).set_by("kubernetesVersion: '1.29'").give(encoder, "/spec/template/spec/containers/0/lifecycle/preStop/exec/command/2", json!("sleep 30")),
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
        fields(&["env"]).set_by("executors: {encoder: {env: {B: prod, C: 'on'}}}").give("ConfigMap/encoder-configmap", "/data", json!({"PYTHONUNBUFFERED": "1", "A": "flow", "B": "prod", "C": "on"})),
        fields(&["envFromSecret", "envFromSecret.NAME.name", "envFromSecret.NAME.key"]).set_by("executors: {indexer: {envFromSecret: {T: {name: s, key: k}}}}").give("Deployment/indexer-head", "/spec/template/spec/initContainers/0/env/5", json!({"name": "T", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}})),
        fields(&["configMaps", "configMaps.NAME.env", "configMaps.NAME.prefix", "configMaps.NAME.optional"]).set_by(source).give(encoder, "/spec/template/spec/containers/0/envFrom/1", json!({"configMapRef": {"name": "c", "optional": true}, "prefix": "C_"})),
        fields(&["configMaps.NAME.external"]).set_by(source).give(encoder, "/metadata/annotations/flow.jina.ai~1external", json!("configmap/c")),
        fields(&["configMaps.NAME.mountPath"]).set_by("defaults: {configMaps: {c: {mountPath: /etc/c, optional: true}}}").give(encoder, "/spec/template/spec/volumes/0", json!({"name": "configmap-c", "configMap": {"name": "c", "optional": true}})),
        fields(&["secrets", "secrets.NAME.env", "secrets.NAME.mountPath"]).set_by(source).give(encoder, "/spec/template/spec/containers/0/volumeMounts/0", json!({"name": "secret-s", "mountPath": "/etc/s"})),
        fields(&["secrets.NAME.prefix", "secrets.NAME.optional", "secrets.NAME.external"]).set_by("defaults: {secrets: {s: {env: true, prefix: S_, optional: true, external: true}}}").give(encoder, "/spec/template/spec/containers/0/envFrom/1", json!({"secretRef": {"name": "s", "optional": true}, "prefix": "S_"})),
        fields(&["resources", "resources.requests", "resources.limits"]).set_by("defaults: {resources: {requests: {cpu: 500m}, limits: {memory: 1Gi}}}").give("Deployment/indexer-head", "/spec/template/spec/initContainers/0/resources", json!({"requests": {"cpu": "500m"}, "limits": {"memory": "1Gi"}})),
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
        fields(&["affinity"]).set_by("defaults: {affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {a: b}}}}]}}}").give(encoder, "/spec/template/spec/affinity", json!({"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": {"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}}}]}})),
        fields(&["topologySpread", "topologySpread.NAME.maxSkew", "topologySpread.NAME.whenUnsatisfiable"]).set_by("defaults: {topologySpread: {zone: {maxSkew: 2, whenUnsatisfiable: DoNotSchedule}}}").give(encoder, "/spec/template/spec/topologySpreadConstraints", json!([{"maxSkew": 2, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"flow.jina.ai/component": "encoder"}}, "matchLabelKeys": ["pod-template-hash"]}])),
        fields(&["priorityClassName"]).set_by("defaults: {priorityClassName: system-cluster-critical}").give(encoder, "/spec/template/spec/priorityClassName", json!("system-cluster-critical")),
        fields(&["rollingUpdate", "rollingUpdate.maxSurge", "rollingUpdate.maxUnavailable"]).set_by("defaults: {rollingUpdate: {maxSurge: 25%, maxUnavailable: 2}}").give(encoder, "/spec/strategy/rollingUpdate", json!({"maxSurge": "25%", "maxUnavailable": 2})),
        fields(&["drainSeconds"]).set_by("defaults: {drainSeconds: 5}").give(encoder, "/spec/template/spec/containers/0/lifecycle/preStop/sleep/seconds", json!(5)),
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
        fields(&["autoscale.concurrency"]).set_by(by_load).give("ScaledObject/gateway", "/spec/triggers/0/metadata/query", json!("sum(rate(jina_sending_request_seconds_sum{namespace=\"ns\",runtime_name=\"gateway\"}[2m]))")),
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
        fields(&["podTemplate"]).set_by("executors: {indexer: {podTemplate: {spec: {containers: [{name: uses-before, workingDir: /w}], automountServiceAccountToken: null}}}}").give("Deployment/indexer-head", "/spec/template/spec/initContainers/0/workingDir", json!("/w")),
        fields(&["podTemplate"]).set_by("defaults: {podTemplate: {spec: {automountServiceAccountToken: null}}}").give(encoder, "/spec/template/spec/automountServiceAccountToken", Value::Null),
        fields(&["podTemplate"]).set_by("defaults: {podTemplate: {spec: {containers: [{name: tap, image: t, restartPolicy: null}]}}}").give(encoder, "/spec/template/spec/containers/1", json!({"name": "tap", "image": "t"})),
        fields(&["flow"]).set_by("executors: {encoder: {flow: {replicas: 4}}}").give(encoder, "/spec/replicas", json!(4)),
        fields(&["flow"]).set_by("gateway: {flow: {replicas: 3}}").give(gateway, "/spec/replicas", json!(3)),
        fields(&["flow"]).set_by("defaults: {flow: {monitoring: true}}").give("Service/encoder", "/spec/ports/1/name", json!("monitoring")),
        fields(&["variables"]).set_by("variables: keep\ncontext: {WHO: me}\nexecutors: {encoder: {flow: {env: {A: '${{ context.WHO }} $WHO ${{ this.x }}'}}}}").give("ConfigMap/encoder-configmap", "/data/A", json!("${{ context.WHO }} $WHO ${{ this.x }}")),
        fields(&["models", "models.NAME.image", "models.NAME.mountPath"]).set_by("kubernetesVersion: '1.36'\nexecutors: {encoder: {models: {clip: {image: 'reg/clip:1', mountPath: /weights}}}}").give(encoder, "/spec/template/spec/volumes", json!([{"name": "model-clip", "image": {"reference": "reg/clip:1", "pullPolicy": "IfNotPresent"}}])),
        fields(&["models"]).set_by("kubernetesVersion: '1.36'\nimages: {'reg/clip:1': 'reg/clip@sha256:0000000000000000000000000000000000000000000000000000000000000001'}\ndefaults: {models: {clip: {image: 'reg/clip:1'}}}").give("Deployment/indexer-1", "/spec/template/spec/volumes/0/image/reference", json!("reg/clip@sha256:0000000000000000000000000000000000000000000000000000000000000001")),
        fields(&["models"]).set_by("kubernetesVersion: '1.36'\ndefaults: {models: {clip: {image: 'reg/clip:1'}}}").give(encoder, "/spec/template/spec/containers/0/volumeMounts", json!([{"name": "model-clip", "mountPath": "/models/clip", "readOnly": true}])),
        fields(&["models"]).set_by("kubernetesVersion: '1.36'\nexecutors: {indexer: {models: {clip: {image: 'reg/clip:1'}}}}").give("Deployment/indexer-head", "/spec/template/spec/volumes", Value::Null),
        fields(&["hostUsers"]).set_by("kubernetesVersion: '1.33'\ndefaults: {hostUsers: false}").give(gateway, "/spec/template/spec/hostUsers", json!(false)),
        fields(&["autoscale.tolerance"]).set_by("kubernetesVersion: '1.35'\nexecutors: {encoder: {resources: {requests: {cpu: 1}}, autoscale: {max: 4, tolerance: 5, behavior: {scaleDown: {tolerance: 0.2}}}}}").give("HorizontalPodAutoscaler/encoder", "/spec/behavior", json!({"scaleDown": {"tolerance": 0.2}, "scaleUp": {"tolerance": "50m"}})),
        fields(&["rollingUpdate.maxUnavailable"]).set_by("kubernetesVersion: '1.37'\nexecutors: {encoder: {storage: {}, rollingUpdate: {maxUnavailable: 2}}}").give("StatefulSet/encoder", "/spec/updateStrategy", json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}})),
        fields(&["kubernetesVersion"]).set_by("").give("Deployment/indexer-head", "/spec/template/spec/initContainers/0/lifecycle", Value::Null),
        fields(&["kubernetesVersion"]).set_by("kubernetesVersion: '1.28'").give("Deployment/indexer-head", "/spec/template/spec/containers/1/name", json!("uses-before")),
        fields(&["mesh"]).set_by("mesh: istio").give("Deployment/indexer-head", "/spec/template/spec/containers/1/name", json!("uses-before")),
        fields(&["podTemplate"]).set_by("kubernetesVersion: '1.28'\nexecutors: {indexer: {podTemplate: {spec: {initContainers: [{name: uses-before, workingDir: /w}]}}}}").give("Deployment/indexer-head", "/spec/template/spec/containers/1/workingDir", json!("/w")),
        fields(&["trafficDistribution"]).set_by("kubernetesVersion: '1.34'\ndefaults: {trafficDistribution: PreferSameZone}").give("Service/gateway", "/spec/trafficDistribution", json!("PreferSameZone")),
        fields(&["trafficDistribution"]).set_by("kubernetesVersion: '1.34'\ndefaults: {trafficDistribution: PreferSameZone}").give("Service/encoder", "/spec/trafficDistribution", Value::Null),
        fields(&["trafficDistribution"]).set_by("kubernetesVersion: '1.34'\nmesh: linkerd\nexecutors: {encoder: {trafficDistribution: PreferSameNode, expose: {}}}").give("Service/encoder", "/spec/trafficDistribution", json!("PreferSameNode")),
        fields(&["trafficDistribution"]).set_by("kubernetesVersion: '1.34'\nexecutors: {encoder: {trafficDistribution: PreferSameNode, expose: {}}}").give("Service/encoder-exposed", "/spec/trafficDistribution", json!("PreferSameNode")),
        fields(&[
                "httpRoute.weight",
                "httpRoute.backends",
                "httpRoute.backends.NAME.service",
                "httpRoute.backends.NAME.namespace",
                "httpRoute.backends.NAME.port",
                "httpRoute.backends.NAME.weight",
                "httpRoute.timeoutSeconds",
            ]).set_by("gateway: {httpRoute: {gateways: {web: {}}, weight: 9, timeoutSeconds: 60, backends: {next: {service: gateway, namespace: next, port: 80}, old: {weight: 0}}}}").give("HTTPRoute/gateway", "/spec/rules/0", json!({
                "backendRefs": [{"name": "gateway-1-http", "port": 8081, "weight": 9}, {"name": "gateway", "namespace": "next", "port": 80, "weight": 1}, {"name": "old", "port": 8081, "weight": 0}],
                "timeouts": {"request": "60s"},
            })),
        fields(&[
                "grpcRoute.weight",
                "grpcRoute.backends",
                "grpcRoute.backends.NAME.service",
                "grpcRoute.backends.NAME.namespace",
                "grpcRoute.backends.NAME.port",
                "grpcRoute.backends.NAME.weight",
            ]).set_by("gateway: {grpcRoute: {gateways: {web: {}}, weight: 9, backends: {next: {namespace: next, weight: 3}}}}").give("GRPCRoute/gateway", "/spec/rules/0/backendRefs", json!([{"name": "gateway", "port": 8080, "weight": 9}, {"name": "next", "namespace": "next", "port": 8080, "weight": 3}])),
        fields(&["grpcRoute.backends"]).set_by("gateway: {grpcRoute: {gateways: {web: {}}, backends: {next: {namespace: next}}}}").give(gateway, "/metadata/annotations/flow.jina.ai~1external", json!("service/next")),
    ]
}
