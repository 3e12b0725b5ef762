//! The components of a Flow, and what they are made of.

use std::borrow::Cow;
use std::rc::Rc;

use crate::config::workload::Workload;
use crate::jina::flow::Kind;
use crate::jina::setting::Protocol;

/// The port on which the first protocol of any container is served; the next ones follow
/// (`GrpcConnectionPool.K8S_PORT`).
pub const PORT: u16 = 8080;
/// The port of Prometheus metrics (`GrpcConnectionPool.K8S_PORT_MONITORING`).
pub const PORT_MONITORING: u16 = 9090;
/// The port of a head's `uses_before` container (`GrpcConnectionPool.K8S_PORT_USES_BEFORE`).
pub const PORT_USES_BEFORE: u16 = 8078;
/// The port of a head's `uses_after` container (`GrpcConnectionPool.K8S_PORT_USES_AFTER`).
pub const PORT_USES_AFTER: u16 = 8079;

/// Where the inline configuration of a class is mounted.
pub const CONFIG_FILE: &str = "/etc/jinaflow/config.yml";
/// Where an image that was built for Jina has its configuration (`jina/orchestrate/deployments/config/k8s.py`).
pub(super) const IMAGES_CONFIG_FILE: &str = "config.yml";

/// Everything a Flow needs to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What it was made from.
    pub kind: Kind,
    /// Gateway first, then the executors in the order of the Flow; of a sharded one the head first.
    pub components: Vec<Component>,
}

/// One workload with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Its Kubernetes name.
    pub name: String,
    /// Its executor's name in the Flow, or `gateway`.
    pub node: String,
    /// What it does.
    pub role: Role,
    /// Number of pods.
    pub replicas: i64,
    /// What it serves, the first at [`PORT`].
    pub protocols: Vec<Protocol>,
    /// Whether it serves metrics.
    pub monitoring: bool,
    /// Variables for its `ConfigMap`, over Jina's two.
    pub env: Vec<(String, String)>,
    /// Secrets for pulling its images.
    pub pull_secrets: Vec<String>,
    /// A configuration that is mounted into its first container, at [`CONFIG_FILE`].
    pub config: Option<String>,
    /// A volume that outlives its pods.
    pub storage: Option<Storage>,
    /// The folder in which its executors are told to work.
    pub workspace: Option<String>,
    /// Its containers, the one that is called from outside first.
    pub containers: Vec<Container>,
    /// The component of this Flow that calls it; nobody, when it is called from outside.
    pub called_by: Option<String>,
    /// Services of others in the same cluster that it calls.
    pub foreign: Vec<String>,
    /// What the config says about its pods.
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

/// What a component does (`jina/enums.py`, `PodRoleType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Takes requests from clients.
    Gateway,
    /// Distributes requests over shards.
    Head,
    /// Runs an executor; the number of its shard.
    Worker(u32),
}

/// A process in a pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// What it is.
    pub process: Process,
    /// Its image.
    pub image: String,
    /// Its arguments after `jina`.
    pub args: Vec<Arg>,
    /// The port it is probed at.
    pub port: u16,
    /// Variables from Secrets.
    pub secrets: Vec<SecretVariable>,
    /// GPUs it asks for, as a quantity.
    pub gpus: Option<String>,
    /// How to find out whether it is well.
    pub health: Health,
}

/// Which of Jina's processes a container runs.
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

    /// The port of its metrics: containers of a pod share one network.
    pub fn metrics_port(self) -> u16 {
        match self {
            Process::Gateway | Process::Executor => PORT_MONITORING,
            Process::UsesBefore => PORT_MONITORING + 1,
            Process::UsesAfter => PORT_MONITORING + 2,
        }
    }
}

/// How a container's health is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The protocol to ask in.
    pub protocol: Protocol,
    /// Whether it expects TLS, which `jina ping` does not speak.
    pub tls: bool,
    /// Whether its `jina ping` knows what it is to ping.
    pub pings: bool,
    /// Tries, 5 seconds apart, after which a start has failed.
    pub startup_tries: i64,
}

/// A word of a command line, in which addresses are still symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// A text as it is.
    Text(Cow<'static, str>),
    /// The namespace.
    Namespace,
    /// Text and addresses in turn.
    Template(Vec<Piece>),
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A text as it is.
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

/// A variable whose value is in a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretVariable {
    /// The variable.
    pub variable: String,
    /// The Secret's name.
    pub secret: String,
    /// The key in the Secret.
    pub key: String,
}

/// Claims for each pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Where they are mounted: a claim for each of these.
    pub mount_paths: Vec<String>,
    /// Access modes of a claim.
    pub access_modes: Vec<String>,
    /// Storage class; `None` leaves it to the cluster.
    pub class: Option<String>,
    /// Size of a claim, as a quantity.
    pub size: String,
    /// A claim that is there, in the place of those.
    pub existing: Option<String>,
}
