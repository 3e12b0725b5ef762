//! The components of a Flow and their parts.

use std::borrow::Cow;
use std::rc::Rc;

use crate::config::workload::{SecretKey, Workload};
use crate::jina::flow::Kind;
use crate::jina::setting::Protocol;

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

/// Everything a Flow needs to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whether it is a Flow or a Deployment.
    pub kind: Kind,
    /// The gateway, then the executors in the order of the Flow. The head of a sharded executor comes before its shards.
    pub components: Vec<Component>,
}

/// One workload with its other objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its Kubernetes name.
    pub name: String,
    /// The name of its executor in the Flow, or `gateway`.
    pub node: String,
    /// Its role in the Flow.
    pub role: Role,
    /// The number of pods.
    pub replicas: i64,
    /// The protocols that it serves, the first on [`PORT`].
    pub protocols: Vec<Protocol>,
    /// Whether it serves metrics.
    pub monitoring: bool,
    /// Variables for its ConfigMap. They override the two variables of Jina.
    pub env: Vec<(String, String)>,
    /// Secrets for pulling its images.
    pub pull_secrets: Vec<String>,
    /// A configuration that is mounted into its first container as [`CONFIG_FILE`].
    pub config: Option<String>,
    /// A volume that is kept when its pods are deleted.
    pub storage: Option<Storage>,
    /// The workspace of its executors.
    pub workspace: Option<String>,
    /// Its containers. The first one is called by other pods.
    pub containers: Vec<Container>,
    /// The component of this Flow that calls it; `None` if it is called from outside the Flow.
    pub called_by: Option<String>,
    /// Services in the same cluster that it calls and that do not belong to the Flow.
    pub foreign: Vec<String>,
    /// The settings of the config for its pods.
    pub workload: Rc<Workload>,
}

impl Component {
    /// The names of the components that it calls.
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
    /// The word for the role in labels and patches.
    pub fn word(self) -> &'static str {
        match self {
            Role::Gateway => "gateway",
            Role::Head => "head",
            Role::Worker(_) => "worker",
        }
    }

    /// The number of the shard.
    pub fn shard(self) -> Option<u32> {
        match self {
            Role::Gateway | Role::Head => None,
            Role::Worker(shard) => Some(shard),
        }
    }
}

/// A process in a pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// The process that it runs.
    pub process: Process,
    /// Its image.
    pub image: String,
    /// Its arguments after `jina`.
    pub args: Vec<Arg>,
    /// The port that is probed.
    pub port: u16,
    /// Variables from Secrets.
    pub secrets: Vec<SecretKey>,
    /// The number of GPUs that it requests, as a quantity.
    pub gpus: Option<String>,
    /// How its health is checked.
    pub health: Health,
}

/// A process of Jina.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// `jina gateway`.
    Gateway,
    /// `jina executor`, also for heads.
    Executor,
    /// The executor before the shards.
    UsesBefore,
    /// The executor after the shards.
    UsesAfter,
}

impl Process {
    /// The container's name.
    pub fn name(self) -> &'static str {
        match self {
            Process::Gateway => "gateway",
            Process::Executor => "executor",
            Process::UsesBefore => "uses-before",
            Process::UsesAfter => "uses-after",
        }
    }

    /// The port of its metrics. The containers of a pod share one network, so each has another port.
    pub fn metrics_port(self) -> u16 {
        match self {
            Process::Gateway | Process::Executor => PORT_MONITORING,
            Process::UsesBefore => PORT_MONITORING + 1,
            Process::UsesAfter => PORT_MONITORING + 2,
        }
    }
}

/// How the health of a container is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The protocol of the check.
    pub protocol: Protocol,
    /// Whether it serves TLS, which `jina ping` does not support.
    pub tls: bool,
    /// Whether its `jina ping` accepts the kind of process as an argument.
    pub pings: bool,
    /// The number of probes, 5 seconds apart, after which a start has failed.
    pub startup_tries: i64,
}

/// A word of a command line. Its addresses are symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// A literal word.
    Text(Cow<'static, str>),
    /// The namespace.
    Namespace,
    /// Text and addresses.
    Template(Vec<Piece>),
}

/// A part of a word.
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
    /// An existing claim that is used instead.
    pub existing: Option<String>,
}
