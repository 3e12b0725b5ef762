//! The tables of the fields of a JinaFlow, with one row for each field. Checks, reading, the schemas, `jinaflow fields`
//! and the settings of callers use these tables. `crate::plan` and `crate::manifests` decide what a field changes in the
//! objects.

use super::audience::{Audience, Level};
use super::choices::{self, Callee, Compat, Jcloud, Mesh, MissingImages, MonitorKind, OnConflict, ProbeStyle, Security};
use super::field::{CallerSetting, Field, FieldDefault, Setting, Shape};
use super::formats::{
    ACCESS_MODE, ADDRESS_RANGE, ANNOTATION_KEY, DATA_KEY, Format, HOST_NAME, LABEL_KEY, LISTENER_NAME, NAMESPACE as NAMESPACE_NAME,
    OBJECT_NAME, PROMETHEUS_DURATION, SERVER, SERVICE_NAME, STORAGE_CLASS, TAINT_KEY, TAINT_VALUE, URL_PATH, VARIABLE_NAME,
    VARIABLE_PREFIX,
};
use super::images::JINA_VERSION;
use super::kubernetes::Kubernetes;
use FieldDefault::{None, Value, Words};
use Shape::{
    Choice, Fields, Flag, Flow, Fragment, ImagePattern, Int, JinaVersion, Labels, Layer, Layers, Map, Operations, Part, Quantities,
    Quantity, Set, Share, Strings, Text, Texts, Variables, Word,
};

const fn row(name: &'static str, shape: Shape, default: FieldDefault, doc: &'static str) -> Field {
    Field { name, shape, keys: Option::None, audience: Audience::ALL, default, caller: Option::None, since: Option::None, doc }
}

/// A whole number that is not less than a minimum. Numbers of Kubernetes are int32.
const fn at_least(least: i64) -> Shape {
    Int(least, i32::MAX as i64)
}

/// The number of a port.
const PORT: Shape = Int(1, 65535);

/// A share of the requests (`HTTPBackendRef.weight` of the Gateway API).
const ROUTE_WEIGHT: Shape = Int(0, 1_000_000);

/// A field of a layer.
const fn of(audience: Audience, name: &'static str, shape: Shape, default: FieldDefault, doc: &'static str) -> Field {
    Field { name, shape, keys: Option::None, audience, default, caller: Option::None, since: Option::None, doc }
}

impl Field {
    /// The field, for a version of Kubernetes and later ones.
    const fn since(self, version: Kubernetes) -> Self {
        Self { since: Some(version), ..self }
    }

    /// The field, with names in this format.
    const fn with_keys(self, keys: &'static Format) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// The field with a command-line flag that overrides it.
    const fn with_flag(self, setting: Setting, flag: &'static str) -> Self {
        Self { caller: Some(CallerSetting { setting, flag, in_config_map: false }), ..self }
    }

    /// The field with a command-line flag and a key of a ConfigMap that override it.
    const fn with_flag_and_key(self, setting: Setting, flag: &'static str) -> Self {
        Self { caller: Some(CallerSetting { setting, flag, in_config_map: true }), ..self }
    }
}

/// The fields below `metadata` that jinaflow uses.
pub static METADATA: &[Field] = &[
    row("name", Text, None, "The name of the JinaFlow. Generated objects are recognized by it.").with_flag(Setting::Name, "name"),
    row("namespace", Text, None, "The namespace of all objects.").with_flag_and_key(Setting::Namespace, "k8s-namespace"),
];

/// The fields below `spec`.
pub static SPEC: &[Field] = &[
    row("flow", Flow, None, "The Flow or Deployment, as text or as a mapping."),
    row("compat", Choice(Compat::VALUES), Value("none"), "jina-3.34: exactly what Jina 3.34 exports, defects included.")
        .with_flag_and_key(Setting::Compat, "compat"),
    row("jinaVersion", JinaVersion, Value(JINA_VERSION), "The version of Jina's own image and of the containers.")
        .with_flag_and_key(Setting::JinaVersion, "jina-version"),
    row(
        "images",
        Strings(false),
        None,
        "Images by the name of an executor, by `uses`, by the name of a class or of an executor on the Jina Hub, or by `gateway` for Jina's own image.",
    )
    .with_flag(Setting::Image, "image"),
    row(
        "imagePattern",
        ImagePattern,
        None,
        "The image for names on the Jina Hub without an entry in `images`, such as registry.example.com/{owner}/{name}:{tag}. A name without an owner drops {owner}/.",
    )
    .with_flag_and_key(Setting::ImagePattern, "image-pattern"),
    row(
        "missingImages",
        Choice(MissingImages::VALUES),
        Value("placeholder"),
        "The result of a render while an image is not set: manifests with a placeholder image and a warning, or an error.",
    )
    .with_flag_and_key(Setting::MissingImages, "strict"),
    row("context", Strings(true), None, "Values of the Flow's variables.").with_flag(Setting::Context, "context"),
    row(
        "variables",
        Choice(choices::Variables::VALUES),
        Value("replace"),
        "What happens to variables and references in the Flow, such as $NAME and ${{ ENV.NAME }}: their values replace them, or they stay in the text.",
    )
    .with_flag_and_key(Setting::Variables, "variables"),
    row(
        "jcloud",
        Choice(Jcloud::VALUES),
        Words("translate; ignore under `compat: jina-3.34`"),
        "What happens to `jcloud` blocks of the Flow. Translated values are weaker than those of all fields; `jinaflow explain jcloud` lists them.",
    )
    .with_flag_and_key(Setting::Jcloud, "jcloud"),
    row("output", Fields(OUTPUT), None, "How generated files are updated."),
    row("defaults", Layer(Level::Defaults), None, "Settings of all pods."),
    row("roles", Fields(ROLES), None, "Settings of all pods of a role. They override `defaults`."),
    row("gateway", Layer(Level::Gateway), None, "Settings of the gateway. They override its role."),
    row("executors", Layers(Level::Executor), None, "Settings of executors, by their names in the Flow. They override the role."),
    row(
        "kubernetesVersion",
        Text,
        Words("1.30"),
        "The oldest version of Kubernetes that the manifests must support. Below 1.30, pods wait with a shell before they stop. Below 1.29, side containers of a head are ordinary containers.",
    ),
    row(
        "mesh",
        Choice(Mesh::VALUES),
        Words("none; linkerd under `compat: jina-3.34`"),
        "How requests are balanced over replicas: none (headless Services and gRPC's round robin), linkerd or istio.",
    ),
    row("monitoring", Fields(MONITORING), None, "How Prometheus finds the metrics of a Flow with `monitoring: true`."),
    row("telemetry", Fields(TELEMETRY), None, "Where all processes send their OpenTelemetry traces and metrics."),
    row("networkPolicy", Fields(NETWORK_POLICY), None, "NetworkPolicies that allow only the traffic that the Flow needs."),
    row("namespace", Fields(NAMESPACE), None, "The namespace in `metadata.namespace` as an object of the Flow."),
    row(
        "external",
        Fields(EXTERNAL),
        None,
        "Objects that the Flow refers to and that exist elsewhere. `jinaflow check` does not report them as missing.",
    ),
    row("patches", Map(PATCH), None, "Patches of generated objects, applied in the order of their names."),
];

static OUTPUT: &[Field] = &[row(
    "onConflict",
    Choice(OnConflict::VALUES),
    Value("keep"),
    "What happens to a field that you, in a generated file, and the Flow have both changed: keep your value, overwrite it with the Flow's, or change nothing and fail with an error.",
)
.with_flag_and_key(Setting::OnConflict, "on-conflict")];

/// The roles of pods.
static ROLES: &[Field] = &[
    row("gateway", Layer(Level::GatewayRole), None, "Settings of gateways."),
    row("head", Layer(Level::HeadRole), None, "Settings of the heads of sharded executors."),
    row("worker", Layer(Level::WorkerRole), None, "Settings of executors and their shards."),
];

/// `spec.monitoring`.
pub static MONITORING: &[Field] = &[
    row("kind", Choice(MonitorKind::VALUES), Value("ServiceMonitor"), "The kind of the object for the Prometheus operator."),
    row("labels", Labels, None, "Labels by which your Prometheus selects the object, such as release: kube-prometheus-stack."),
    row("interval", Word(&PROMETHEUS_DURATION), Words("the interval of Prometheus"), "Time between two scrapes, such as 30s."),
    row(
        "prometheus",
        Text,
        None,
        "The address at which KEDA queries Prometheus, such as http://prometheus-operated.monitoring:9090. `autoscale.requestsPerSecond` and `.concurrency` need it.",
    ),
];

/// `spec.telemetry`.
pub static TELEMETRY: &[Field] = &[
    row("traces", Fields(COLLECTOR), None, "The collector of traces."),
    row("metrics", Fields(COLLECTOR), None, "The collector of metrics."),
];

static COLLECTOR: &[Field] = &[
    row(
        "host",
        Word(&SERVER),
        None,
        "The host name of the collector. For a collector with TLS, set OTEL_EXPORTER_OTLP_INSECURE: \"false\" in `env`.",
    ),
    row("port", PORT, Value("4317"), "The gRPC port of the collector."),
];

/// `spec.networkPolicy`.
pub static NETWORK_POLICY: &[Field] = &[
    row("enabled", Flag, Value("true"), "Whether there are NetworkPolicies."),
    row("allowFrom", Map(PEER), Words("all clients"), "Other clients that may call the gateway or read the metrics."),
    row("egress", Fields(EGRESS), None, "Limits of the connections that pods open."),
];

static PEER: &[Field] = &[
    row("to", Choice(Callee::VALUES), Value("gateway"), "The target that the client may call."),
    row(
        "namespace",
        Word(&NAMESPACE_NAME),
        Words("the name of the entry, if no other field selects the client"),
        "The namespace of the client.",
    ),
    row("namespaceLabels", Labels, None, "Labels of the client's namespace."),
    row("podLabels", Labels, None, "Labels of the client's pods."),
    row("cidr", Word(&ADDRESS_RANGE), None, "Addresses of the client, such as 10.0.0.0/8."),
];

static EGRESS: &[Field] = &[
    row("enabled", Flag, Value("true"), "Whether the connections that pods open are limited."),
    row("allowTo", Map(OUTSIDE), None, "Other servers that pods may call: model stores, collectors, external executors."),
];

static OUTSIDE: &[Field] = &[
    row(
        "namespace",
        Word(&NAMESPACE_NAME),
        Words("the name of the entry, if no other field selects the server"),
        "The namespace of the server.",
    ),
    row("namespaceLabels", Labels, None, "Labels of the server's namespace."),
    row("podLabels", Labels, None, "Labels of the server's pods."),
    row("cidr", Word(&ADDRESS_RANGE), None, "Addresses of the server, such as 0.0.0.0/0."),
    row("port", PORT, Words("all ports"), "The port of the server."),
];

/// `spec.namespace`.
pub static NAMESPACE: &[Field] = &[
    row("create", Flag, Value("true"), "Whether the Namespace is rendered."),
    row("labels", Labels, None, "Labels of the Namespace, such as pod-security.kubernetes.io/enforce: restricted."),
    row("annotations", Texts, None, "Annotations of the Namespace.").with_keys(&ANNOTATION_KEY),
];

/// `spec.external`.
pub static EXTERNAL: &[Field] = &[
    row("secrets", Set, None, "Names of Secrets."),
    row("configMaps", Set, None, "Names of ConfigMaps."),
    row("services", Set, None, "Names of Services."),
    row("persistentVolumeClaims", Set, None, "Names of PersistentVolumeClaims. `storage.existingClaim` needs no entry."),
    row("serviceAccounts", Set, None, "Names of ServiceAccounts."),
];

/// `spec.patches.*`.
pub static PATCH: &[Field] = &[
    row("target", Fields(TARGET), Words("all objects"), "The objects to patch. An object must match all the fields that are set."),
    row("json", Operations, None, "Operations of a JSON patch (RFC 6902)."),
    row("jsonMergePatch", Fragment, None, "A JSON merge patch (RFC 7386), which replaces lists as a whole."),
    row(
        "merge",
        Part,
        None,
        "A part of the object, merged as kubectl and kustomize merge it: containers, variables, ports and volumes by their names. `$patch: delete` removes an entry.",
    ),
];

static TARGET: &[Field] = &[
    row("executor", Text, None, "The name of an executor in the Flow, or gateway."),
    row("role", Choice(&["gateway", "head", "worker"]), None, "The role of the component."),
    row("component", Text, None, "The Kubernetes name of the component, such as indexer-0."),
    row("kind", Text, None, "The kind of the object, such as Deployment."),
    row("name", Text, None, "The name of the object."),
];

/// The fields of a layer: `spec.defaults`, `spec.roles.*`, `spec.gateway`, `spec.executors.*`, `.head` and `.shards.*`.
pub static LAYER: &[Field] = &[
    of(Audience::ALL, "labels", Labels, None, "Labels of all objects and pods, in addition to jinaflow's own."),
    of(Audience::ALL, "annotations", Texts, None, "Annotations of all objects and pods.").with_keys(&ANNOTATION_KEY),
    of(Audience::ALL, "env", Variables, None, "Environment variables, in the component's ConfigMap. They override `env` of the Flow."),
    of(Audience::ALL, "envFromSecret", Map(SECRET_KEY), None, "Environment variables, each from a key of a Secret.").with_keys(&VARIABLE_NAME),
    of(Audience::ALL, "configMaps", Map(SOURCE), None, "Existing ConfigMaps, as variables or as files.").with_keys(&OBJECT_NAME),
    of(Audience::ALL, "secrets", Map(SOURCE), None, "Existing Secrets, as variables or as files.").with_keys(&OBJECT_NAME),
    of(
        Audience::ALL,
        "resources",
        Fields(RESOURCES),
        None,
        "Requests and limits of each container. A head does not request the devices of its executor.",
    ),
    of(
        Audience::GATEWAY_AND_EXECUTOR,
        "image",
        Text,
        Words("the image of `uses`"),
        "The image of the executor, of its shards, or of the gateway. Heads run Jina's own image, which `spec.images.gateway` sets.",
    ),
    of(Audience::ALL, "imagePullPolicy", Choice(&["Always", "IfNotPresent", "Never"]), Value("IfNotPresent"), "When images are pulled."),
    of(Audience::ALL, "imagePullSecrets", Set, None, "Secrets for pulling images, in addition to `image_pull_secrets` of the Flow.").with_keys(&OBJECT_NAME),
    of(
        Audience::ALL,
        "serviceAccountName",
        Word(&OBJECT_NAME),
        Words("the namespace's default, without a token in the pods"),
        "The ServiceAccount of the pods.",
    ),
    of(
        Audience::ALL,
        "securityProfile",
        Choice(Security::VALUES),
        Value("none"),
        "restricted: pods that pass Pod Security admission at that level. They run as user 1000, with $HOME in /tmp.",
    ),
    of(
        Audience::ALL,
        "hostUsers",
        Flag,
        Words("true, as Kubernetes sets it"),
        "false: the pods get a user namespace, so that root in a container is another user on the node. The nodes need Linux 6.3 and containerd 2.0 or CRI-O.",
    )
    .since(Kubernetes::USER_NAMESPACES),
    of(Audience::ALL, "nodeSelector", Labels, None, "Labels that the nodes must have."),
    of(Audience::ALL, "tolerations", Map(TOLERATION), None, "Tolerated taints, by their keys."),
    of(Audience::ALL, "affinity", Fragment, None, "The affinity, in the fields of Kubernetes."),
    of(Audience::ALL, "topologySpread", Map(SPREAD), None, "Spread of the pods over the values of node labels, by the keys of the labels.").with_keys(&LABEL_KEY),
    of(Audience::ALL, "priorityClassName", Word(&OBJECT_NAME), None, "The PriorityClass of the pods."),
    of(
        Audience::ALL,
        "rollingUpdate",
        Fields(ROLLING_UPDATE),
        None,
        "How pods are replaced. Pods with storage are always replaced one after the other.",
    ),
    of(
        Audience::ALL,
        "drainSeconds",
        at_least(0),
        Value("30"),
        "Time between the end of new requests and SIGTERM. At SIGTERM Jina cancels running requests, so set it to the duration of the longest request plus the time that callers need to find another pod.",
    ),
    of(
        Audience::ALL,
        "probes",
        Choice(ProbeStyle::VALUES),
        Value("grpc"),
        "How the kubelet checks health: its own gRPC or HTTP probes, or `jina ping` as in Jina's export. Servers without gRPC use HTTP probes.",
    ),
    of(
        Audience::GATEWAYS_AND_WORKERS,
        "configFile",
        Text,
        Value("config.yml"),
        "The configuration file inside the image of `uses`, such as config.yaml.",
    ),
    of(
        Audience::ALL_BUT_DEFAULTS,
        "replicas",
        at_least(1),
        Words("`replicas` of the Flow; 1 for a head"),
        "Number of pods: of the gateway, of an executor or of each of its shards. Set the number for a head below `head` or `roles.head`.",
    ),
    of(
        Audience::WORKERS,
        "models",
        Map(MODEL),
        None,
        "Images with the files of models, by names of your choice. The files are mounted into the executor, and nothing is downloaded when it starts.",
    )
    .since(Kubernetes::IMAGE_VOLUMES),
    of(Audience::WORKERS, "storage", Fields(STORAGE), None, "A persistent volume for each pod."),
    of(Audience::ALL, "autoscale", Fields(AUTOSCALE), None, "A HorizontalPodAutoscaler or a ScaledObject in place of `replicas`."),
    of(Audience::ALL, "pdb", Fields(PDB), None, "The PodDisruptionBudget."),
    of(
        Audience::ALL,
        "trafficDistribution",
        Choice(&["PreferSameZone", "PreferSameNode"]),
        None,
        "Services of the pods prefer pods in the zone, or on the node, of the client. Headless Services, which executors and heads have with `mesh: none`, cannot.",
    )
    .since(Kubernetes::TRAFFIC_DISTRIBUTION),
    of(
        Audience::CALLED,
        "expose",
        Fields(EXPOSE),
        None,
        "A Service through which clients outside the cluster call the gateway, or an executor. In `defaults`, it is for the gateway.",
    ),
    of(Audience::GATEWAYS, "ingress", Fields(INGRESS), None, "An Ingress for the gateway."),
    of(Audience::GATEWAYS, "httpRoute", Fields(HTTP_ROUTE), None, "An HTTPRoute of the Gateway API for the gateway."),
    of(Audience::GATEWAYS, "grpcRoute", Fields(GRPC_ROUTE), None, "A GRPCRoute of the Gateway API for the gateway."),
    of(
        Audience::ALL,
        "podTemplate",
        Part,
        None,
        "A part of a PodTemplateSpec, merged into the generated one as kubectl merges it: containers, volumes and variables by their names.",
    ),
    of(
        Audience::FLOW_OPTIONS,
        "flow",
        Fragment,
        None,
        "Options of the Flow. They override those of the executor or gateway, and in `defaults` those in the `with` of the Flow.",
    ),
    of(Audience::EXECUTOR, "head", Layer(Level::Head), None, "The same fields, for the head alone."),
    of(Audience::EXECUTOR, "shards", Layers(Level::Shard), None, "The same fields for single shards, by their numbers."),
];

static SECRET_KEY: &[Field] =
    &[row("name", Word(&OBJECT_NAME), None, "The name of the Secret."), row("key", Word(&DATA_KEY), None, "The key in the Secret.")];

/// `models`.
pub static MODEL: &[Field] = &[
    row(
        "image",
        Text,
        None,
        "The image, such as registry.example.com/clip@sha256:…. `spec.images` and kustomize's `images` can replace it.",
    ),
    row("mountPath", Text, Words("/models/NAME"), "The folder where the files are mounted, for reading only."),
];

static SOURCE: &[Field] = &[
    row("env", Flag, Value("false"), "Whether its keys become variables."),
    row("prefix", Word(&VARIABLE_PREFIX), None, "A prefix for the names of these variables. It needs `env: true`."),
    row("mountPath", Text, None, "The folder where its keys become files."),
    row("optional", Flag, Value("false"), "Whether pods start without it."),
    row("external", Flag, Value("false"), "Whether it exists elsewhere. `jinaflow check` does not report it as missing."),
];

static RESOURCES: &[Field] = &[
    row("requests", Quantities, None, "Amounts that are reserved for a container."),
    row("limits", Quantities, None, "Amounts that a container may use at most."),
];

static TOLERATION: &[Field] = &[
    row("key", Word(&TAINT_KEY), Words("the name of the entry"), "The key of the taint."),
    row("operator", Choice(&["Exists", "Equal"]), Words("Equal with a value, else Exists"), "How the taint is compared."),
    row("value", Word(&TAINT_VALUE), None, "The value of the taint."),
    row("effect", Choice(&["NoSchedule", "PreferNoSchedule", "NoExecute"]), Words("all effects"), "The effect of the taint."),
    row("seconds", at_least(0), None, "How long a pod stays on the node after NoExecute."),
];

static SPREAD: &[Field] = &[
    row("maxSkew", at_least(1), Value("1"), "The largest allowed difference between two values of the label."),
    row(
        "whenUnsatisfiable",
        Choice(&["ScheduleAnyway", "DoNotSchedule"]),
        Value("ScheduleAnyway"),
        "What happens to a pod that would exceed the difference.",
    ),
];

/// `rollingUpdate`.
pub static ROLLING_UPDATE: &[Field] = &[
    row("maxSurge", Share(u32::MAX), Value("1"), "Pods that may exist in addition to the wanted number."),
    row(
        "maxUnavailable",
        Share(100),
        Words("0; 1 with `maxSurge: 0`, and for pods with storage"),
        "Pods that may be missing. For pods with storage it needs `kubernetesVersion` 1.37 or later.",
    ),
];

/// `storage`.
pub static STORAGE: &[Field] = &[
    row("size", Quantity, Value("10G"), "The size of each claim."),
    row("className", Word(&STORAGE_CLASS), Words("the default of the cluster"), "The StorageClass. \"\" selects volumes without a class."),
    row("accessModes", Set, Words("ReadWriteOnce"), "The access modes.").with_keys(&ACCESS_MODE),
    row(
        "mountPath",
        Text,
        Words("`volumes` of the Flow, else its `workspace`, else /workspace"),
        "The folder where the volume is mounted.",
    ),
    row(
        "existingClaim",
        Word(&OBJECT_NAME),
        None,
        "An existing claim in place of a new one, for an executor with one replica and one shard.",
    ),
    row("retention", Fields(RETENTION), None, "What happens to the claims after their pods are removed."),
];

static RETENTION: &[Field] = &[
    row("whenDeleted", Choice(&["Retain", "Delete"]), Words("Retain, as Kubernetes sets it"), "When the StatefulSet is deleted."),
    row("whenScaled", Choice(&["Retain", "Delete"]), Words("Retain, as Kubernetes sets it"), "When the number of replicas is reduced."),
];

/// `autoscale`.
pub static AUTOSCALE: &[Field] = &[
    row("min", at_least(0), Value("1"), "The lowest number of replicas."),
    row("max", at_least(1), None, "The highest number of replicas."),
    row("cpu", at_least(1), Words("80, without another target and without `keda`"), "The target: CPU use in percent of the request."),
    row("memory", at_least(1), None, "The target: memory use in percent of the request."),
    row("memoryAverage", Quantity, None, "The target: the average memory use of a pod, such as 800Mi."),
    row(
        "requestsPerSecond",
        at_least(1),
        None,
        "The target: requests per second for each pod. KEDA reads it from Prometheus, so it needs `monitoring: true` in the Flow and `spec.monitoring.prometheus`.",
    ),
    row(
        "concurrency",
        at_least(1),
        None,
        "The target: requests that a pod processes at the same time, on average over 2 minutes; for a gateway or head, its calls of executors and shards. It has the same requirements as `requestsPerSecond`.",
    ),
    row(
        "scaleDownSeconds",
        at_least(0),
        Words("300, as Kubernetes sets it"),
        "The time for which the load must be lower before pods are removed, at most 3600.",
    ),
    row(
        "tolerance",
        at_least(0),
        Words("10, as Kubernetes sets it"),
        "The percentage by which the load may differ from the target before the number of pods changes.",
    )
    .since(Kubernetes::AUTOSCALER_TOLERANCE),
    row("behavior", Fragment, None, "`spec.behavior` of the HorizontalPodAutoscaler, also of the one that KEDA creates."),
    row("keda", Fields(KEDA), None, "Settings of a ScaledObject of KEDA."),
];

static KEDA: &[Field] = &[
    row("triggers", Map(TRIGGER), None, "Triggers, by names of your choice."),
    row("pollingSeconds", at_least(1), Words("30, as KEDA sets it"), "`pollingInterval`."),
    row("cooldownSeconds", at_least(0), Words("300, as KEDA sets it"), "`cooldownPeriod`."),
];

static TRIGGER: &[Field] = &[
    row("type", Text, Words("the name of the entry"), "KEDA's name of the scaler, such as prometheus."),
    row("metadata", Texts, None, "Settings of the scaler."),
    row("authentication", Word(&OBJECT_NAME), None, "The name of a TriggerAuthentication."),
];

/// `pdb`.
pub static PDB: &[Field] = &[
    row("enabled", Flag, Words("true; false under `compat: jina-3.34`"), "Whether there is a PodDisruptionBudget."),
    row("minAvailable", Share(100), None, "Pods that must keep running."),
    row("maxUnavailable", Share(100), Value("1"), "Pods that may be evicted at once."),
    row(
        "unhealthyPodEvictionPolicy",
        Choice(&["AlwaysAllow", "IfHealthyBudget"]),
        Value("AlwaysAllow"),
        "Whether a pod that is not ready can always be evicted, or only within the budget.",
    ),
];

const PROTOCOLS: Shape = Choice(&["grpc", "http", "websocket"]);

/// `expose`.
pub static EXPOSE: &[Field] = &[
    row("type", Choice(&["LoadBalancer", "NodePort", "ClusterIP"]), Value("LoadBalancer"), "The type of the Service."),
    row("name", Text, Words("gateway-exposed, or EXECUTOR-exposed"), "The name of the Service."),
    row("port", PORT, Value("80"), "The port of the Service."),
    row("nodePort", PORT, Words("chosen by Kubernetes"), "The port on the nodes."),
    row("protocol", PROTOCOLS, Words("the first protocol of the gateway or executor"), "The protocol that clients use."),
    row("annotations", Texts, None, "Annotations of the Service, such as those for the load balancer of a cloud.")
        .with_keys(&ANNOTATION_KEY),
];

/// `ingress`.
pub static INGRESS: &[Field] = &[
    row("className", Word(&OBJECT_NAME), Words("the default of the cluster"), "The IngressClass."),
    row("hosts", Map(HOST), Words("all hosts"), "Host names.").with_keys(&HOST_NAME),
    row("protocol", PROTOCOLS, Words("the first protocol of the gateway"), "The protocol of the gateway that clients use."),
    row("annotations", Texts, None, "Annotations of the Ingress.").with_keys(&ANNOTATION_KEY),
];

static HOST: &[Field] = &[
    row("path", Word(&URL_PATH), Value("/"), "The prefix of the paths."),
    row("tls", Word(&OBJECT_NAME), None, "The Secret with the certificate."),
];

const GATEWAYS: Field =
    row("gateways", Map(PARENT), None, "Gateways of the Gateway API that the route is attached to.").with_keys(&OBJECT_NAME);
const HOSTNAMES: Field = row("hostnames", Set, Words("all hosts"), "Host names.").with_keys(&HOST_NAME);
const WEIGHT: Field =
    row("weight", ROUTE_WEIGHT, Value("1"), "The share of the requests for this gateway, in proportion to the weights of `backends`.");
const BACKENDS: Field = row(
    "backends",
    Map(BACKEND),
    None,
    "Other Services that get a share of the requests, such as the gateway of a new version of the Flow, by names of your choice.",
);
const ROUTE_ANNOTATIONS: Field = row("annotations", Texts, None, "Annotations of the route.").with_keys(&ANNOTATION_KEY);

/// `httpRoute`.
pub static HTTP_ROUTE: &[Field] = &[
    GATEWAYS,
    HOSTNAMES,
    row("protocol", PROTOCOLS, Value("http"), "The protocol of the gateway that clients use."),
    WEIGHT,
    BACKENDS,
    row("timeoutSeconds", Int(1, 99_999), Words("that of the Gateway"), "The time after which the Gateway ends a request."),
    ROUTE_ANNOTATIONS,
];

/// `grpcRoute`. A GRPCRoute has no timeout (Gateway API 1.6).
pub static GRPC_ROUTE: &[Field] = &[
    GATEWAYS,
    HOSTNAMES,
    row("protocol", Choice(&["grpc"]), Value("grpc"), "The protocol of the gateway that clients use. A GRPCRoute has gRPC alone."),
    WEIGHT,
    BACKENDS,
    ROUTE_ANNOTATIONS,
];

static BACKEND: &[Field] = &[
    row("service", Word(&SERVICE_NAME), Words("the name of the entry"), "The name of the Service."),
    row(
        "namespace",
        Word(&NAMESPACE_NAME),
        Words("the namespace of the Flow"),
        "The namespace of the Service. Another one needs a ReferenceGrant there.",
    ),
    row("port", PORT, Words("the port of the gateway"), "The port of the Service."),
    row("weight", ROUTE_WEIGHT, Value("1"), "Its share of the requests."),
];

static PARENT: &[Field] = &[
    row("namespace", Word(&NAMESPACE_NAME), Words("the namespace of the Flow"), "The namespace of the Gateway."),
    row("sectionName", Word(&LISTENER_NAME), Words("all listeners"), "The listener of the Gateway."),
];

/// The field with this name.
pub fn find(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name == name)
}

/// The fixed default of a field.
pub fn default_of(fields: &'static [Field], name: &str) -> &'static str {
    let default = find(fields, name).and_then(|field| field.default.value());
    debug_assert!(default.is_some(), "no fixed default of {name}");
    default.unwrap_or_default()
}

/// A field that a caller can override.
#[derive(Debug, Clone, Copy)]
pub struct CallerField {
    /// The field.
    pub field: &'static Field,
    /// The setting that overrides the field.
    pub caller: CallerSetting,
}

/// The fields that a caller can override.
pub fn caller_fields() -> impl Iterator<Item = CallerField> {
    let caller_field = |field: &'static Field| Some(CallerField { field, caller: field.caller? });
    METADATA.iter().chain(SPEC).chain(OUTPUT).filter_map(caller_field)
}

/// The keys of a ConfigMap as functionConfig.
pub fn config_map_keys() -> impl Iterator<Item = &'static str> + Clone {
    let keys: Vec<&'static str> = caller_fields().filter(|known| known.caller.in_config_map).map(|known| known.field.name).collect();
    keys.into_iter()
}

/// The setting with this key in a ConfigMap as functionConfig.
pub fn setting_of_config_map_key(key: &str) -> Option<Setting> {
    caller_fields().find(|known| known.caller.in_config_map && known.field.name == key).map(|known| known.caller.setting)
}
