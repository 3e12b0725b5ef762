//! The keys of `jcloud` blocks, with one row for each key: where JCloud read it, what it meant, and what jinaflow makes of it.
//! The translation, its messages and `jinaflow explain jcloud` use these rows.
//!
//! Sources: `docs/concepts/jcloud/configuration.md` and `yaml-spec.md` in the repository jina-ai/serve, and the example Flows in
//! the tests of jina-ai/jcloud and jina-ai/langchain-serve.

/// The parts of a Flow in which JCloud read a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// The Flow.
    pub flow: bool,
    /// The gateway.
    pub gateway: bool,
    /// An executor, or a Deployment.
    pub executor: bool,
}

impl Places {
    /// The names of the places, for messages.
    pub fn words(self) -> String {
        let names = [(self.flow, "the Flow"), (self.gateway, "`gateway`"), (self.executor, "an executor")];
        let names: Vec<&str> = names.into_iter().filter(|(has, _)| *has).map(|(_, name)| name).collect();
        names.join(", ")
    }
}

const fn places(flow: bool, gateway: bool, executor: bool) -> Places {
    Places { flow, gateway, executor }
}

const FLOW: Places = places(true, false, false);
const GATEWAY: Places = places(false, true, false);
const EXECUTOR: Places = places(false, false, true);
const PODS: Places = places(false, true, true);
const ALL: Places = places(true, true, true);
const ENTRANCE: Places = places(true, true, false);

/// What jinaflow makes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It sets fields, which this text describes.
    Fields(&'static str),
    /// It has no effect, and nothing is lost. The text says what to do.
    Info(&'static str),
    /// It has no counterpart. The text says what to do.
    Warning(&'static str),
}

/// A key of `jcloud` blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The key, with the keys above it: `resources.memory`.
    pub name: &'static str,
    /// Where JCloud read the key.
    pub places: Places,
    /// What the key meant in JCloud.
    pub meaning: &'static str,
    /// What jinaflow makes of the key.
    pub fate: Fate,
}

const fn key(name: &'static str, places: Places, meaning: &'static str, fate: Fate) -> Key {
    Key { name, places, meaning, fate }
}

use Fate::{Fields, Info, Warning};

/// All keys.
pub static KEYS: &[Key] = &[
    key("name", FLOW, "a part of the Flow's name in the cloud", Info("set `metadata.name` of the JinaFlow, or `--name`")),
    key("version", FLOW, "the version of Jina of the gateway and of heads", Fields("jinaVersion, for versions from 3.7.0 to 3.34")),
    key(
        "docarray",
        FLOW,
        "the version of DocArray in the images",
        Info("install this version in the images of the executors and of the gateway"),
    ),
    key("labels", ALL, "labels; `user` and `jina-version` were reserved", Fields("labels")),
    key("retention_days", FLOW, "days after which JCloud deleted the Flow", Info("delete the Flow yourself: Kubernetes keeps it")),
    key(
        "expose",
        ALL,
        "a public address with TLS; the default was true for the gateway",
        Info("set `spec.gateway.expose`, `ingress`, `httpRoute` or `grpcRoute`"),
    ),
    key("custom_dns", ENTRANCE, "own host names", Fields("ingress.hosts, if the JinaFlow sets `gateway.ingress`")),
    key(
        "custom_dns_http",
        ENTRANCE,
        "own host names for HTTP",
        Fields("ingress.hosts or httpRoute.hostnames, if the JinaFlow sets `gateway.ingress` or `gateway.httpRoute`"),
    ),
    key(
        "custom_dns_grpc",
        ENTRANCE,
        "own host names for gRPC",
        Fields("ingress.hosts or grpcRoute.hostnames, if the JinaFlow sets `gateway.ingress` or `gateway.grpcRoute`"),
    ),
    key("ingress", GATEWAY, "the class of the ingress", Fields("ingress.className, if the JinaFlow sets `gateway.ingress`")),
    key(
        "timeout",
        GATEWAY,
        "seconds without data after which a connection was closed; the default was 600",
        Fields("ingress.annotations, if `gateway.ingress` has the class nginx"),
    ),
    key("network.healthcheck", GATEWAY, "health checks of the ingress", Info("remove it: the kubelet checks the health of all pods")),
    key(
        "resources.instance",
        PODS,
        "the size of the pods: C1 (the default) to C8, and G1 to G4 with GPUs",
        Fields("resources: requests for CPU and memory, a limit for memory, and GPUs"),
    ),
    key("resources.cpu", PODS, "CPU cores; JCloud used the smallest instance with them", Fields("resources.requests.cpu")),
    key(
        "resources.memory",
        PODS,
        "memory; JCloud used the smallest instance with it",
        Fields("resources.requests.memory and resources.limits.memory"),
    ),
    key("resources.gpu", PODS, "a number of GPUs, or `shared`", Fields("resources.limits of nvidia.com/gpu")),
    key("resources.requests.cpu", PODS, "CPU cores, in an older form", Fields("resources.requests.cpu")),
    key("resources.requests.memory", PODS, "memory, in an older form", Fields("resources.requests.memory")),
    key(
        "resources.storage.kind",
        EXECUTOR,
        "ephemeral (the default), ebs (a disk for each pod) or efs (a shared folder)",
        Fields("storage for ebs and efs, with the access mode ReadWriteMany for efs; ephemeral needs no field"),
    ),
    key("resources.storage.type", EXECUTOR, "an older name of `kind`", Fields("storage, as `kind`")),
    key("resources.storage.size", EXECUTOR, "the size of the disk; the default was 5G", Fields("storage.size")),
    key(
        "resources.storage.retain",
        EXECUTOR,
        "whether the data was kept when the Flow was deleted; the default was false",
        Fields("storage.retention.whenDeleted: Delete for false, Retain otherwise"),
    ),
    key(
        "resources.capacity",
        PODS,
        "spot or on-demand machines",
        Info("select nodes of that kind, with Karpenter: `nodeSelector: {karpenter.sh/capacity-type: …}`"),
    ),
    key("resources.nodeGroup", PODS, "a group of machines", Warning("select nodes of your cluster with `nodeSelector`")),
    key(
        "capacity",
        PODS,
        "spot or on-demand machines",
        Info("select nodes of that kind, with Karpenter: `nodeSelector: {karpenter.sh/capacity-type: …}`"),
    ),
    key("nodeSelector", PODS, "labels of the machines", Fields("nodeSelector")),
    key("imagepullpolicy", PODS, "when images are pulled", Fields("imagePullPolicy")),
    key(
        "autoscale.min",
        PODS,
        "the lowest number of pods; the default was 1, and 0 removed all pods without requests",
        Fields("autoscale.min; 0 needs KEDA"),
    ),
    key("autoscale.max", PODS, "the highest number of pods; the default was 2", Fields("autoscale.max")),
    key(
        "autoscale.metric",
        PODS,
        "concurrency (the default), rps, cpu or memory",
        Fields(
            "autoscale.concurrency, requestsPerSecond, cpu or memoryAverage; the first two need `monitoring: true` of the Flow and `spec.monitoring.prometheus`",
        ),
    ),
    key(
        "autoscale.target",
        PODS,
        "the target for each pod, in requests, requests per second, percent of the CPU, or MiB; the default was 100",
        Fields("the value of that field"),
    ),
    key(
        "autoscale.scale_down_delay",
        PODS,
        "the time before pods were removed, from 0s to 1h; the default was 30s",
        Fields("autoscale.scaleDownSeconds"),
    ),
    key(
        "autoscale.stable_window",
        PODS,
        "the seconds over which the load was measured",
        Fields("autoscale.keda.cooldownSeconds, or autoscale.scaleDownSeconds without KEDA"),
    ),
    key(
        "autoscale.revision_timeout",
        PODS,
        "the seconds after which a request was ended",
        Warning("limit requests with `timeout_send` of the Flow"),
    ),
    key("minAvailable", PODS, "pods that must keep running", Fields("pdb.minAvailable")),
    key("maxUnavailable", PODS, "pods that may be missing", Fields("pdb.maxUnavailable")),
    key(
        "monitor.traces.enable",
        ALL,
        "whether traces were collected",
        Warning("set the collector: `spec.telemetry: {traces: {host: COLLECTOR}}`"),
    ),
    key(
        "monitor.metrics.enable",
        ALL,
        "whether metrics were collected",
        Warning("set the collector: `spec.telemetry: {metrics: {host: COLLECTOR}}`"),
    ),
    key(
        "monitor.metrics.host",
        ALL,
        "the collector of metrics",
        Warning("set the collector: `spec.telemetry: {metrics: {host: COLLECTOR}}`"),
    ),
    key(
        "monitor.metrics.port",
        ALL,
        "the port of the collector of metrics",
        Warning("set the collector: `spec.telemetry: {metrics: {host: COLLECTOR, port: PORT}}`"),
    ),
];

/// An instance of JCloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance {
    /// The name.
    pub name: &'static str,
    /// CPU cores, as a quantity, if JCloud stated them.
    pub cpu: Option<&'static str>,
    /// Memory, as a quantity.
    pub memory: &'static str,
    /// The number of GPUs.
    pub gpus: u8,
}

const fn cpus(name: &'static str, cpu: &'static str, memory: &'static str) -> Instance {
    Instance { name, cpu: Some(cpu), memory, gpus: 0 }
}

const fn gpus(name: &'static str, gpus: u8, memory: &'static str) -> Instance {
    Instance { name, cpu: None, memory, gpus }
}

/// The instances, the smallest first.
pub static INSTANCES: [Instance; 12] = [
    cpus("C1", "100m", "200M"),
    cpus("C2", "500m", "1G"),
    cpus("C3", "1", "2G"),
    cpus("C4", "2", "4G"),
    cpus("C5", "4", "8G"),
    cpus("C6", "8", "16G"),
    cpus("C7", "16", "32G"),
    cpus("C8", "32", "64G"),
    gpus("G1", 1, "14G"),
    gpus("G2", 1, "14G"),
    gpus("G3", 2, "24G"),
    gpus("G4", 4, "56G"),
];

/// The instance whose GPU was shared by several Flows.
pub const SHARED_GPU: &str = "G1";

/// The scheme of executors that JCloud scaled to zero.
pub const SERVERLESS: &str = "+serverless://";

/// The row of a key.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Whether a key has keys below it.
pub fn is_group(name: &str) -> bool {
    KEYS.iter().any(|key| key.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}
