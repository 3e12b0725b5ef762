//! What has to run: components with their roles, containers, ports and symbolic addresses.
//!
//! No YAML and no Kubernetes types in here. A component is one Deployment or `StatefulSet` with its Services and its
//! `ConfigMap`; which objects those are, and how they are spelled, is decided in [`crate::manifests`].

mod arguments;
mod balance;
mod env;
mod executor;
mod external;
mod gateway;
mod limits;
mod names;
mod room;
mod unused;

pub use names::protocol_service;
pub use room::Room;

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use arguments::Forced;

use crate::config::Settings;
use crate::config::corrections::{Correction, Corrections};
use crate::config::layers::Pods;
use crate::config::workload::Workload;
use crate::finding::{Finding, Findings, Mark, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::given::Options;
use crate::jina::options::Opt;
use crate::jina::scalar::python_int;
use crate::jina::section::Strictness;
use crate::jina::setting::{Protocol, Setting};
use crate::jina::topology::GATEWAY;
use crate::jina::versions::Version;

/// The port on which the first protocol of any container is served; the next ones follow
/// (`GrpcConnectionPool.K8S_PORT`).
pub const PORT: u16 = 8080;
/// The port of Prometheus metrics (`GrpcConnectionPool.K8S_PORT_MONITORING`).
pub const PORT_MONITORING: u16 = 9090;
/// The port of a head's `uses_before` container (`GrpcConnectionPool.K8S_PORT_USES_BEFORE`).
pub const PORT_USES_BEFORE: u16 = 8078;
/// The port of a head's `uses_after` container (`GrpcConnectionPool.K8S_PORT_USES_AFTER`).
pub const PORT_USES_AFTER: u16 = 8079;

/// `jina/enums.py`, `LogVerbosity`.
const LOG_LEVELS: [&str; 6] = ["DEBUG", "INFO", "SUCCESS", "WARNING", "ERROR", "CRITICAL"];

/// Where the inline configuration of a class is mounted.
pub const CONFIG_FILE: &str = "/etc/jinaflow/config.yml";
/// Where an image that was built for Jina has its configuration (`jina/orchestrate/deployments/config/k8s.py`).
const IMAGES_CONFIG_FILE: &str = "config.yml";

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
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Process::Gateway => "gateway",
            Process::Executor => "executor",
            Process::UsesBefore => "uses-before",
            Process::UsesAfter => "uses-after",
        }
    }

    /// The port of its metrics: containers of a pod share one network.
    #[must_use]
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

/// What the plan is made from.
struct Planner<'p> {
    settings: &'p Settings,
    corrections: Corrections,
    version: Version,
    path: &'p Path<'p>,
    shared: Shared,
}

/// What the pods of each role have in common.
struct Shared {
    gateway: Rc<Workload>,
    head: Rc<Workload>,
    worker: Rc<Workload>,
}

impl Planner<'_> {
    /// The image of a `uses`, Jina's own where that names none.
    fn image(&self, uses: Option<&str>, who: fmt::Arguments<'_>, path: &Path<'_>) -> Result<String, Finding> {
        Ok(self.settings.images.resolve(uses, who, path)?.unwrap_or_else(|| self.gateway_image()))
    }

    /// The image of `uses_before` and `uses_after`, which Jina does not check as it checks `uses`: it takes any text that
    /// begins with `docker` for an image (`get_image_name`).
    fn sidecar_image(&self, uses: &str, who: fmt::Arguments<'_>, path: &Path<'_>) -> Result<String, Finding> {
        if uses.starts_with("docker") && !uses.starts_with("docker://") && self.settings.strictness() == Strictness::Lenient {
            return Ok(uses.to_owned());
        }
        self.image(Some(uses), who, path)
    }

    /// What is said of a class that is none of this kind. Jina's own image runs it, and has no configuration for it.
    fn wrong_class(&self, uses: &str, opt: Opt, path: &Path<'_>) -> Finding {
        let message = format!("`{uses}` is no executor, and Jina's own image does not start with it");
        let finding = self.settings.strictness().judge(path.key(opt.row().name), &message, "the container ends at once");
        finding.got(uses).mend("remove it, or write docker://REPOSITORY:TAG")
    }

    /// The image of the first container of an executor or of the gateway.
    fn main_image(&self, options: &Options, who: fmt::Arguments<'_>, path: &Path<'_>) -> Result<String, Finding> {
        match options.inline() {
            Some(inline) => Ok(inline.image.clone()),
            None => self.image(options.text(Opt::Uses), who, &path.key(Opt::Uses.row().name)),
        }
    }

    /// Ports and addresses are the same in every pod; who asks for others is told so.
    fn warn_about_fixed_places(&self, options: &Options, path: &Path<'_>, findings: &mut Findings) {
        let with = self.path.key("with");
        let section = |opt: Opt| if options.is_own(opt) { *path } else { with };
        let (ports, protocols) = (options.ports(), options.protocols());
        let are_enough = ports.len() == 1 || ports.len() >= protocols.len();
        if !ports.is_empty() && are_enough && !ports.iter().copied().eq((PORT..).take(protocols.len())) {
            let finding = Finding::warning(
                section(Opt::Port).key("port"),
                format!("`port` has no effect on Kubernetes: containers listen on {PORT} and up"),
            );
            let got: Vec<String> = ports.iter().map(u16::to_string).collect();
            let mend = format!("let clients use {PORT}, or a Service of your own that leads to it");
            findings.push_once(finding.got(got.join(", ")).mend(mend));
        }
        if matches!(options.get(Opt::PortMonitoring), Some(Setting::Ports(ports)) if *ports != [PORT_MONITORING]) {
            let message = format!("`port_monitoring` has no effect on Kubernetes: metrics are on {PORT_MONITORING}");
            findings.push_once(Finding::warning(section(Opt::PortMonitoring).key("port_monitoring"), message).mend("remove it"));
        }
        let hosts = options.texts(Opt::Host);
        if hosts.iter().any(|host| host != "0.0.0.0") && self.corrections.has(Correction::BindAllInterfaces) {
            let message = "`host` has no effect on Kubernetes: containers listen on all addresses of their pod";
            let finding = Finding::warning(section(Opt::Host).key("host"), message).got(hosts.join(", "));
            findings.push_once(finding.mend("remove it, or say `external: true` if the executor runs there"));
        }
    }

    /// Variables that Jina takes from the exporting process, and that its containers read as well.
    fn check_context(&self, findings: &mut Findings) {
        let given = |name: &str| self.settings.context.get(name);
        if let Some(level) = given("JINA_LOG_LEVEL").filter(|level| !LOG_LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))) {
            let finding = Finding::error(self.path, "the variable `JINA_LOG_LEVEL` must be a log level").got(level);
            findings.push(finding.mend(format!("use one of: {}", LOG_LEVELS.join(", "))));
        }
        if let Some(timeout) = given("JINA_DEFAULT_TIMEOUT_CTRL").filter(|timeout| python_int(timeout).is_none()) {
            let finding = Finding::error(self.path, "the variable `JINA_DEFAULT_TIMEOUT_CTRL` must be a whole number").got(timeout);
            findings.push(finding.mend("write milliseconds, or leave it out"));
        }
    }

    fn gateway_image(&self) -> String {
        self.settings.images.gateway(self.settings.jina_version())
    }

    /// What stands after `--k8s-namespace`.
    fn k8s_namespace(&self) -> Forced {
        if self.corrections.has(Correction::NoLiteralNamespace) { Forced::Omitted } else { Forced::word(Arg::Namespace) }
    }
}

/// What stands after `--uses` for a container that has a configuration: the mounted one of its class, or that in its image.
fn config_file(options: &Options, workload: &Workload) -> String {
    let of_image = || workload.config_file.as_deref().unwrap_or(IMAGES_CONFIG_FILE);
    if options.inline().is_some() { CONFIG_FILE } else { of_image() }.to_owned()
}

/// An autoscaler decides how many pods there are, whatever the Flow says.
fn warn_about_replicas(options: &Options, workload: &Workload, path: &Path<'_>, findings: &mut Findings) {
    let replicas = options.int(Opt::Replicas, 1);
    if replicas > 1 && workload.autoscale.is_some() && workload.replicas.is_none() {
        let finding = Finding::warning(path.key("replicas"), "has no effect: `autoscale` decides how many replicas there are");
        findings.push_once(finding.got(replicas.to_string()).mend("remove one of the two"));
    }
}

/// Plans a Flow. `path` is the Flow's own path, and `room` what there is for its components.
pub fn plan(flow: &Flow, settings: &Settings, path: &Path<'_>, room: &mut Room, findings: &mut Findings) -> Plan {
    let layers = &settings.layers;
    let shared = Shared {
        gateway: layers.of_role(Pods::Gateway, findings),
        head: layers.of_role(Pods::Head(""), findings),
        worker: layers.of_role(Pods::Worker("", 0), findings),
    };
    let planner = Planner { settings, corrections: settings.corrections(), version: settings.containers(), path, shared };
    planner.check_balance(flow, findings);
    planner.warn_about_unused(flow, findings);
    planner.check_context(findings);
    let mut components = Vec::new();
    if let Some(options) = &flow.gateway {
        components.extend(planner.gateway(flow, options, findings));
        planner.check_limits(&components, &path.key(GATEWAY), Mark::default(), findings);
    }
    let list = path.key(flow.list);
    for executor in &flow.executors {
        let here = match flow.kind {
            Kind::Flow => list.index(executor.index),
            Kind::Deployment => path.key("with"),
        };
        let of_executor = planner.executor(executor, flow.kind, &here, room, findings);
        planner.check_limits(&of_executor, &here, executor.mark, findings);
        components.extend(of_executor);
    }
    planner.warn_about_unused_fields(&components, findings);
    room.take_bytes(settings.scope.bytes.saturating_mul(components.len()));
    room.check(path, findings);
    names::check(&components, flow, path, findings);
    Plan { kind: flow.kind, components }
}
