//! The components of a Flow and their parts.

use std::borrow::Cow;
use std::rc::Rc;

use crate::config::Mesh;
use crate::config::workload::{Model, Retention, SecretKey, Workload};
use crate::finding::{FieldPath, Mark};
use crate::jina::flow::Kind;
use crate::jina::setting::Protocol;
use crate::jina::topology::GATEWAY;

/// The port of the first protocol of any container. Further protocols use the next ports (`GrpcConnectionPool.K8S_PORT`).
pub const PORT: u16 = 8080;
/// The port of Prometheus metrics (`GrpcConnectionPool.K8S_PORT_MONITORING`).
pub const PORT_MONITORING: u16 = 9090;
/// The port of a head's `uses_before` container (`GrpcConnectionPool.K8S_PORT_USES_BEFORE`).
pub const PORT_USES_BEFORE: u16 = 8078;
/// The port of a head's `uses_after` container (`GrpcConnectionPool.K8S_PORT_USES_AFTER`).
pub const PORT_USES_AFTER: u16 = 8079;

/// The file where the inline configuration of a class is mounted.
pub const CONFIG_FILE: &str = "/etc/jinaflow/config.yml";
/// The configuration in an image that was built for Jina (`jina/orchestrate/deployments/config/k8s.py`).
pub(super) const IMAGES_CONFIG_FILE: &str = "config.yml";

/// The components of a Flow or Deployment.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whether the input is a Flow or a Deployment.
    pub kind: Kind,
    /// The gateway, then the executors in the order of the Flow. The head of a sharded executor comes before its shards.
    pub components: Vec<Component>,
}

/// One workload with the other objects that belong to the workload.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// The Kubernetes name.
    pub name: String,
    /// The name of the executor in the Flow, or `gateway`.
    pub node: String,
    /// The role in the Flow.
    pub role: Role,
    /// The number of pods.
    pub replicas: i64,
    /// The protocols that the component serves. The first protocol is on [`PORT`].
    pub protocols: Vec<Protocol>,
    /// Whether the component serves metrics.
    pub monitoring: bool,
    /// Variables for the ConfigMap of the component. They override the two variables of Jina.
    pub env: Vec<(String, String)>,
    /// Secrets for pulling the images.
    pub pull_secrets: Vec<String>,
    /// A configuration that is mounted into the first container as [`CONFIG_FILE`].
    pub config: Option<String>,
    /// Images with the files of models.
    pub models: Vec<Model>,
    /// A volume that is kept when the pods are deleted.
    pub storage: Option<Storage>,
    /// The workspace of the executors in the pods.
    pub workspace: Option<String>,
    /// The containers. Other pods call the first container.
    pub containers: Vec<Container>,
    /// The component of this Flow that calls this component; `None` if only clients outside the Flow call this component.
    pub called_by: Option<String>,
    /// Services in the same cluster that the component calls and that are not part of the Flow.
    pub foreign: Vec<String>,
    /// The settings of the config for the pods.
    pub workload: Rc<Workload>,
}

impl Component {
    /// Whether the Services of the component have no cluster IP. Clients outside the Flow do not balance their requests
    /// themselves.
    pub fn is_headless(&self, mesh: Mesh) -> bool {
        mesh == Mesh::None && self.called_by.is_some() && !self.is_only_shard()
    }

    /// Whether the component is a shard with storage and one pod. Kubernetes deletes this pod before it starts the next one, so
    /// the name of a headless Service has no address for a while. gRPC fails at once without an address, and a head then leaves
    /// the shard out of its answer. With a cluster IP, the head waits for the next pod.
    fn is_only_shard(&self) -> bool {
        let is_shard = self.called_by.as_deref().is_some_and(|caller| caller != GATEWAY);
        is_shard && self.storage.is_some() && self.replicas == 1 && self.workload.autoscale.is_none()
    }

    /// The names of the components that this component calls.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        let pieces = self.containers.iter().flat_map(|container| &container.args).filter_map(|arg| match arg {
            Arg::Template(pieces) => Some(pieces),
            _ => None,
        });
        pieces.flatten().filter_map(|piece| match piece {
            Piece::Host(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }
}

/// The role of a component (`jina/enums.py`, `PodRoleType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Takes requests from clients.
    Gateway,
    /// Distributes requests over shards.
    Head,
    /// Runs a shard of an executor. The number of the shard starts at 0.
    Worker(u32),
}

impl Role {
    /// The name of the role in labels and patches.
    pub fn word(self) -> &'static str {
        match self {
            Role::Gateway => "gateway",
            Role::Head => "head",
            Role::Worker(_) => "worker",
        }
    }

    /// The number of the shard, for a worker.
    pub fn shard(self) -> Option<u32> {
        match self {
            Role::Gateway | Role::Head => None,
            Role::Worker(shard) => Some(shard),
        }
    }
}

/// A container of a pod, with one process of Jina.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// The process that the container runs.
    pub process: Process,
    /// The image of the container.
    pub image: String,
    /// The reason why `image` is a placeholder; `None` if the image is known.
    pub missing: Option<Rc<MissingImage>>,
    /// The arguments after `jina`.
    pub args: Vec<Arg>,
    /// The port for the probes.
    pub port: u16,
    /// Variables from Secrets.
    pub secrets: Vec<SecretKey>,
    /// The number of GPUs that the container requests, as a quantity.
    pub gpus: Option<String>,
    /// The health check of the container.
    pub health: Health,
}

/// An image that is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingImage {
    /// The `uses`.
    pub uses: String,
    /// The `uses` for messages, without secrets.
    pub shown: String,
    /// The placeholder.
    pub placeholder: String,
    /// Whether the configuration of the class is in the Flow.
    pub is_inline: bool,
    /// The reason why an image in the Flow is not valid, and how to fix it.
    pub reason: Option<(String, String)>,
    /// The path of the `uses`.
    pub path: FieldPath,
    /// The place of the executor in the Flow.
    pub mark: Mark,
}

/// A process of Jina.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Process {
    /// `jina gateway`.
    Gateway,
    /// `jina executor`, also for heads.
    Executor,
    /// The executor that gets requests before the shards (`uses_before`).
    UsesBefore,
    /// The executor that gets the results of the shards (`uses_after`).
    UsesAfter,
}

impl Process {
    /// The name of the container.
    pub fn name(self) -> &'static str {
        match self {
            Process::Gateway => "gateway",
            Process::Executor => "executor",
            Process::UsesBefore => "uses-before",
            Process::UsesAfter => "uses-after",
        }
    }

    /// The port of the metrics. The containers of a pod share one network, so each container has its own port.
    pub fn metrics_port(self) -> u16 {
        match self {
            Process::Gateway | Process::Executor => PORT_MONITORING,
            Process::UsesBefore => PORT_MONITORING + 1,
            Process::UsesAfter => PORT_MONITORING + 2,
        }
    }
}

/// The health check of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The protocol of the check.
    pub protocol: Protocol,
    /// Whether the container serves TLS, which `jina ping` does not support.
    pub tls: bool,
    /// Whether `jina ping` in the container accepts the kind of process as an argument.
    pub pings: bool,
    /// The number of probes, 5 seconds apart, after which a start has failed.
    pub startup_tries: i64,
}

/// An argument of a command line. Addresses in the argument are symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// Literal text.
    Text(Cow<'static, str>),
    /// The namespace.
    Namespace,
    /// Literal text and addresses.
    Template(Vec<Piece>),
}

/// A part of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// The host name of the component with this Kubernetes name.
    Host(String),
}

impl From<&'static str> for Arg {
    fn from(text: &'static str) -> Self {
        Arg::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Arg::Text(Cow::Owned(text))
    }
}

/// The claims of each pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// The folders where claims are mounted. Each folder has its own claim.
    pub mount_paths: Vec<String>,
    /// The access modes of a claim.
    pub access_modes: Vec<String>,
    /// The storage class; `None` for the default of the cluster.
    pub class: Option<String>,
    /// The size of a claim, as a quantity.
    pub size: String,
    /// An existing claim, which replaces the claims of the pods.
    pub existing: Option<String>,
    /// What happens to the claims after their pods are removed.
    pub retention: Option<Retention>,
}
