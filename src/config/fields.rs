//! THE table of the fields under `spec` that shape manifests: one row each. What they are for Kubernetes is decided in
//! `crate::manifests`; reading, the schema and `--help` follow from here.

use super::Mesh;
use super::field::{Field, Shape, Whose};

const fn row(name: &'static str, shape: Shape, default: &'static str, doc: &'static str) -> Field {
    Field { name, shape, whose: Whose::EVERYWHERE, default, doc }
}

const fn of(whose: u8, name: &'static str, shape: Shape, default: &'static str, doc: &'static str) -> Field {
    Field { name, shape, whose, default, doc }
}

use Shape::{Fields, Flag, Fragment, Int, Labels, Map, Operations, Part, Quantities, Quantity, Set, Share, Text, Texts, Variables, Word};

const PODS: u8 = Whose::ALL;
const GATEWAY: u8 = Whose::GATEWAY;

/// The fields beside the Flow that concern it as a whole.
pub static SPEC: &[Field] = &[
    row("kubernetesVersion", Text, "1.27", "The oldest Kubernetes that this has to run on; from 1.30 on pods wait without a shell."),
    row(
        "mesh",
        Word(Mesh::WORDS),
        "none",
        "How requests are spread over replicas: none (headless Services, and gRPC's own round robin), linkerd or istio.",
    ),
    row("monitoring", Fields(MONITORING), "", "How Prometheus finds the metrics of a Flow with `monitoring: true`."),
    row("telemetry", Fields(TELEMETRY), "", "Where every process sends its OpenTelemetry traces and metrics."),
    row("networkPolicy", Fields(NETWORK_POLICY), "", "NetworkPolicies that let through what the Flow needs, and nothing else."),
    row("namespace", Fields(NAMESPACE), "", "The Namespace `metadata.namespace` as an object of the Flow."),
    row("external", Fields(EXTERNAL), "", "What the Flow refers to and somebody else provides; `jinaflow check` does not miss it."),
    row("patches", Map(PATCH), "", "Patches of generated objects, applied in the order of their names."),
];

static MONITORING: &[Field] = &[
    row("kind", Word(&["ServiceMonitor", "PodMonitor"]), "ServiceMonitor", "The object of Prometheus' operator."),
    row("labels", Labels, "", "Labels by which your Prometheus selects it, such as release: kube-prometheus-stack."),
    row("interval", Text, "Prometheus' own", "Time between two scrapes, such as 30s."),
];

static TELEMETRY: &[Field] =
    &[row("traces", Fields(COLLECTOR), "", "The collector of traces."), row("metrics", Fields(COLLECTOR), "", "The collector of metrics.")];

static COLLECTOR: &[Field] = &[row("host", Text, "", "Its host name."), row("port", Int(1), "4317", "Its gRPC port.")];

static NETWORK_POLICY: &[Field] = &[
    row("enabled", Flag, "true", "Whether there are any."),
    row("allowFrom", Map(PEER), "everybody", "Who else may call: the gateway, or the port of the metrics."),
    row("egress", Fields(EGRESS), "", "Whether what pods call is limited as well."),
];

static PEER: &[Field] = &[
    row("to", Word(&["gateway", "metrics"]), "gateway", "What they may call."),
    row("namespace", Text, "the name of the entry, where nothing else is said", "The name of their namespace."),
    row("namespaceLabels", Labels, "", "Labels of their namespace."),
    row("podLabels", Labels, "", "Labels of their pods."),
    row("cidr", Text, "", "Their addresses, such as 10.0.0.0/8."),
];

static EGRESS: &[Field] = &[
    row("enabled", Flag, "true", "Whether it is."),
    row("allowTo", Map(OUTSIDE), "", "What else pods may call: model stores, collectors, external executors."),
];

static OUTSIDE: &[Field] = &[
    row("namespace", Text, "the name of the entry, where nothing else is said", "The name of its namespace."),
    row("namespaceLabels", Labels, "", "Labels of its namespace."),
    row("podLabels", Labels, "", "Labels of its pods."),
    row("cidr", Text, "", "Its addresses, such as 0.0.0.0/0."),
    row("port", Int(1), "every port", "Its port."),
];

static NAMESPACE: &[Field] = &[
    row("create", Flag, "true", "Whether it is emitted."),
    row("labels", Labels, "", "Its labels, such as pod-security.kubernetes.io/enforce: restricted."),
    row("annotations", Texts, "", "Its annotations."),
];

/// What is declared to be elsewhere.
pub static EXTERNAL: &[Field] = &[
    row("secrets", Set, "", "Secrets."),
    row("configMaps", Set, "", "ConfigMaps."),
    row("services", Set, "", "Services."),
    row("persistentVolumeClaims", Set, "", "PersistentVolumeClaims; that of `storage.existingClaim` is known to be there."),
    row("serviceAccounts", Set, "", "ServiceAccounts."),
];

static PATCH: &[Field] = &[
    row("target", Fields(TARGET), "every object", "Which objects; every field that is given has to fit."),
    row("json", Operations, "", "Operations of a JSON patch (RFC 6902)."),
    row("jsonMergePatch", Fragment, "", "A JSON merge patch (RFC 7386), which replaces every list as a whole."),
    row(
        "merge",
        Part,
        "",
        "A part of the object, merged into it as kubectl and kustomize do: containers, variables, ports and volumes by their names, `$patch: delete` removes.",
    ),
];

static TARGET: &[Field] = &[
    row("executor", Text, "", "The name of an executor in the Flow, or gateway."),
    row("role", Word(&["gateway", "head", "worker"]), "", "The role of its component."),
    row("component", Text, "", "The Kubernetes name of its component, such as indexer-0."),
    row("kind", Text, "", "Its kind, such as Deployment."),
    row("name", Text, "", "Its name."),
];

/// The fields of a layer: `spec.defaults`, `spec.roles.*`, `spec.gateway`, `spec.executors.*`, `.head` and `.shards.*`.
pub static LAYER: &[Field] = &[
    of(PODS, "labels", Labels, "", "Labels of every object and pod, beside the contract's."),
    of(PODS, "annotations", Texts, "", "Annotations of every object and pod."),
    of(PODS, "env", Variables, "", "Variables, over the Flow's `env`; they are in the component's ConfigMap."),
    of(PODS, "envFromSecret", Map(SECRET_KEY), "", "Variables, each from a key of a Secret."),
    of(PODS, "configMaps", Map(SOURCE), "", "ConfigMaps that are there, as variables or as files."),
    of(PODS, "secrets", Map(SOURCE), "", "Secrets that are there, as variables or as files."),
    of(PODS, "resources", Fields(RESOURCES), "", "Requests and limits of each container; a head does not ask for its executor's devices."),
    of(PODS, "imagePullPolicy", Word(&["Always", "IfNotPresent", "Never"]), "IfNotPresent", "When images are pulled."),
    of(PODS, "imagePullSecrets", Set, "", "Secrets for pulling images, beside the Flow's `image_pull_secrets`."),
    of(PODS, "serviceAccountName", Text, "no token is mounted", "The ServiceAccount of the pods."),
    of(
        PODS,
        "securityProfile",
        Word(&["none", "baseline", "restricted"]),
        "none",
        "restricted: pods that pass Pod Security admission at that level; they run as user 1000, with $HOME in /tmp.",
    ),
    of(PODS, "nodeSelector", Texts, "", "Labels of the nodes."),
    of(PODS, "tolerations", Map(TOLERATION), "", "Taints that are tolerated, by their keys."),
    of(PODS, "affinity", Fragment, "", "Affinity, in Kubernetes' own fields."),
    of(PODS, "topologySpread", Map(SPREAD), "", "Spread over the values of a node's label, by its key."),
    of(PODS, "priorityClassName", Text, "", "The PriorityClass."),
    of(
        PODS,
        "rollingUpdate",
        Fields(ROLLING_UPDATE),
        "maxSurge 1, maxUnavailable 0",
        "How pods are replaced; pods with storage are replaced one after the other.",
    ),
    of(
        PODS,
        "drainSeconds",
        Int(0),
        "30",
        "Time between the end of new requests and SIGTERM, at which Jina cancels what still runs: the longest request, and the time that callers need to look elsewhere.",
    ),
    of(
        PODS,
        "probes",
        Word(&["grpc", "http", "ping"]),
        "grpc",
        "How the kubelet asks for health: natively, or by `jina ping` as Jina does. What does not speak gRPC is asked by HTTP.",
    ),
    of(GATEWAY | Whose::WORKER, "configFile", Text, "config.yml", "The configuration inside the image of `uses`, such as config.yaml."),
    of(
        PODS | Whose::NOT_DEFAULTS,
        "replicas",
        Int(1),
        "the Flow's `replicas`, 1 for a head",
        "Number of pods: of the gateway, of an executor or of each of its shards, and for a head below `head` or `roles.head`.",
    ),
    of(Whose::WORKER, "storage", Fields(STORAGE), "", "A volume that outlives the pods, one for each of them."),
    of(PODS, "autoscale", Fields(AUTOSCALE), "", "A HorizontalPodAutoscaler or a ScaledObject in the place of `replicas`."),
    of(PODS, "pdb", Fields(PDB), "maxUnavailable 1", "The PodDisruptionBudget."),
    of(GATEWAY, "expose", Fields(EXPOSE), "", "A Service that leads to the gateway from outside."),
    of(GATEWAY, "ingress", Fields(INGRESS), "", "An Ingress that leads to the gateway."),
    of(GATEWAY, "httpRoute", Fields(ROUTE), "", "An HTTPRoute of the Gateway API that leads to the gateway."),
    of(GATEWAY, "grpcRoute", Fields(ROUTE), "", "A GRPCRoute of the Gateway API that leads to the gateway."),
    of(
        PODS,
        "podTemplate",
        Part,
        "",
        "A part of a PodTemplateSpec, merged into ours as kubectl does: containers, volumes and variables by their names.",
    ),
    of(
        Whose::EXECUTOR | Whose::GATEWAY_ENTRY | Whose::DEFAULTS,
        "flow",
        Fragment,
        "",
        "Options of the Flow itself, over those of the executor or gateway there, and in `defaults` over its `with`.",
    ),
    of(Whose::EXECUTOR, "head", Fragment, "", "The same fields for the head alone."),
    of(Whose::EXECUTOR, "shards", Fragment, "", "The same fields for a shard alone, by its number."),
];

static SECRET_KEY: &[Field] = &[row("name", Text, "", "The Secret."), row("key", Text, "", "The key in it.")];

static SOURCE: &[Field] = &[
    row("env", Flag, "false", "Whether its keys are variables."),
    row("prefix", Text, "", "What the names of these variables begin with, with `env: true`."),
    row("mountPath", Text, "", "The folder in which its keys are files."),
    row("optional", Flag, "false", "Whether pods start without it."),
    row("external", Flag, "false", "Whether somebody else provides it, so that `jinaflow check` does not miss it."),
];

static RESOURCES: &[Field] =
    &[row("requests", Quantities, "", "What is set aside for a container."), row("limits", Quantities, "", "What a container may use.")];

static TOLERATION: &[Field] = &[
    row("key", Text, "the name of the entry", "The key of the taint."),
    row("operator", Word(&["Exists", "Equal"]), "Exists, or Equal with a value", "How it is compared."),
    row("value", Text, "", "Its value."),
    row("effect", Word(&["NoSchedule", "PreferNoSchedule", "NoExecute"]), "all", "Its effect."),
    row("seconds", Int(0), "", "How long a pod stays after NoExecute."),
];

static SPREAD: &[Field] = &[
    row("maxSkew", Int(1), "1", "The largest difference."),
    row("whenUnsatisfiable", Word(&["ScheduleAnyway", "DoNotSchedule"]), "ScheduleAnyway", "What becomes of a pod that does not fit."),
];

static ROLLING_UPDATE: &[Field] =
    &[row("maxSurge", Share, "1", "Pods beside the asked for ones."), row("maxUnavailable", Share, "0", "Pods that may be missing.")];

static STORAGE: &[Field] = &[
    row("size", Quantity, "10G", "Size of each claim."),
    row("className", Text, "the cluster's", "The StorageClass."),
    row("accessModes", Set, "ReadWriteOnce", "Access modes."),
    row("mountPath", Text, "the Flow's `volumes`, else its `workspace`, else /workspace", "Where it is mounted."),
    row("existingClaim", Text, "", "A claim that is there, in the place of one that is made; for one replica of one shard."),
];

static AUTOSCALE: &[Field] = &[
    row("min", Int(0), "1", "Fewest replicas."),
    row("max", Int(1), "", "Most replicas."),
    row("cpu", Int(1), "80, without memory and keda", "Aimed at: CPU in use, in percent of what is requested."),
    row("memory", Int(1), "", "Aimed at: memory in use, in percent of what is requested."),
    row("behavior", Fragment, "", "HorizontalPodAutoscaler's `spec.behavior`, of the one that KEDA makes as well."),
    row("keda", Fields(KEDA), "", "A ScaledObject of KEDA."),
];

static KEDA: &[Field] = &[
    row("triggers", Map(TRIGGER), "", "Triggers, by names of your own."),
    row("pollingSeconds", Int(1), "30", "`pollingInterval`."),
    row("cooldownSeconds", Int(0), "300", "`cooldownPeriod`."),
];

static TRIGGER: &[Field] = &[
    row("type", Text, "", "KEDA's name of the scaler, such as prometheus."),
    row("metadata", Texts, "", "Its settings."),
    row("authentication", Text, "", "A TriggerAuthentication."),
];

static PDB: &[Field] = &[
    row("enabled", Flag, "true", "Whether there is one."),
    row("minAvailable", Share, "", "Pods that have to stay."),
    row("maxUnavailable", Share, "1", "Pods that may be evicted at once."),
    row(
        "unhealthyPodEvictionPolicy",
        Word(&["AlwaysAllow", "IfHealthyBudget"]),
        "AlwaysAllow",
        "Whether a pod that is not ready may be evicted whatever the budget says.",
    ),
];

const PROTOCOLS: Shape = Word(&["grpc", "http", "websocket"]);

static EXPOSE: &[Field] = &[
    row("type", Word(&["LoadBalancer", "NodePort", "ClusterIP"]), "LoadBalancer", "The Service's type."),
    row("name", Text, "gateway-exposed", "Its name."),
    row("port", Int(1), "80", "Its port."),
    row("nodePort", Int(1), "chosen by Kubernetes", "The port of nodes."),
    row("protocol", PROTOCOLS, "the gateway's first", "What it leads to."),
    row("annotations", Texts, "", "Its annotations, such as those of a cloud's load balancer."),
];

static INGRESS: &[Field] = &[
    row("className", Text, "the cluster's", "The IngressClass."),
    row("hosts", Map(HOST), "every host", "Host names."),
    row("protocol", PROTOCOLS, "the gateway's first", "What it leads to."),
    row("annotations", Texts, "", "Its annotations."),
];

static HOST: &[Field] = &[row("path", Text, "/", "The beginning of paths."), row("tls", Text, "", "The Secret with the certificate.")];

static ROUTE: &[Field] = &[
    row("gateways", Map(PARENT), "", "Gateways that it is attached to."),
    row("hostnames", Set, "every host", "Host names."),
    row("protocol", PROTOCOLS, "http, or grpc", "What it leads to."),
    row("annotations", Texts, "", "Its annotations."),
];

static PARENT: &[Field] =
    &[row("namespace", Text, "the Flow's", "The namespace of that Gateway."), row("sectionName", Text, "all", "Its listener.")];

/// The three roles of `spec.roles`, and for whom their fields are.
pub static ROLES: [(&str, u8); 3] = [("gateway", Whose::GATEWAY), ("head", Whose::HEAD), ("worker", Whose::WORKER)];
