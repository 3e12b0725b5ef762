//! The components of one executor: a worker, or a head and a worker for each shard
//! (`jina/orchestrate/deployments/config/k8s.py`).

use std::rc::Rc;

use super::arguments::{self, Forced, JsonTemplate};
use super::budget::Budget;
use super::component::{
    Arg, Component, Container, Health, IMAGES_CONFIG_FILE, PORT, PORT_MONITORING, PORT_USES_AFTER, PORT_USES_BEFORE, Process, Role,
    SecretVariable, Storage,
};
use super::env::{pull_secrets, secrets};
use super::external::{hosts_and_ports, is_host};
use super::names::kubernetes_name;
use super::planner::{Planner, config_file, warn_about_replicas};
use crate::config::STORAGE_VARIABLES;
use crate::config::corrections::Correction;
use crate::config::layers::Pods;
use crate::config::workload::{Claims, Workload};
use crate::finding::{Finding, Findings, Path};
use crate::jina::flow::Kind;
use crate::jina::inherited::Options;
use crate::jina::options::Opt;
use crate::jina::setting::Protocol;
use crate::jina::topology::{Executor, GATEWAY};
use crate::jina::value::Value;
use crate::jina::versions::{Change, Version};

/// Where the volume of an executor without `volumes` and `workspace` is.
const WORKSPACE: &str = "/workspace";

/// The class that runs where an executor names none; it answers with what it is asked.
pub(super) const BASE_EXECUTOR: &str = "BaseExecutor";

/// Seconds between two startup probes.
const PROBE_PERIOD: i64 = 5;

/// Where a sharded executor stops being one: more shards than this are taken for a slip.
const MOST_SHARDS: i64 = 10_000;

impl Planner<'_> {
    pub(super) fn executor(
        &self,
        executor: &Executor,
        kind: Kind,
        path: &Path<'_>,
        budget: &mut Budget,
        findings: &mut Findings,
    ) -> Vec<Component> {
        let options = &executor.options;
        let checked = Checked { executor, kind, version: self.version, own: path, with: &self.path.key("with") };
        let shards = checked.check(findings);
        if options.flag(Opt::External) {
            if kind == Kind::Deployment {
                let finding =
                    Finding::warning(path.key("external"), "an external Deployment runs elsewhere, so that there is nothing to emit");
                findings.push(finding.at(executor.mark));
            }
            return Vec::new();
        }
        // Layers are merged for each executor, and may be long.
        if !budget.take_bytes(0) {
            return Vec::new();
        }
        self.warn_about_fixed_places(options, path, findings);
        let image = match self.main_image(options, format_args!("executor `{}`", executor.name), path) {
            Ok(image) => {
                let uses = options.text(Opt::Uses).filter(|uses| is_gateway_class(uses));
                findings.extend(uses.map(|uses| self.wrong_class(uses, Opt::Uses, path).at(executor.mark)));
                image
            }
            Err(finding) => {
                findings.push(finding.at(executor.mark));
                String::new()
            }
        };
        let base = Base {
            planner: self,
            executor,
            kind,
            own_shards: self.settings.layers.parts(&executor.name).1,
            name: kubernetes_name(&executor.name),
            gpus: self.gpus(executor, path, findings),
            health: self.health(options, options.protocols()[0], path, findings),
        };
        let mut components = Vec::new();
        // The head names each of its shards.
        if shards > 1 && budget.take_bytes(base.name.len().saturating_mul(shards as usize)) {
            components.push(base.head(shards, path, findings));
        }
        let layers = &self.settings.layers;
        let own = &base.own_shards;
        let common = layers.of(Pods::Worker(&executor.name, u32::MAX), &self.shared.worker, findings);
        let parts = base.parts(&common, path, findings);
        if common.storage.as_ref().is_some_and(|storage| storage.existing.is_some()) && own.len() + 1 < shards as usize {
            let finding = Finding::error(base.config_path("storage.existingClaim"), format!("is one claim, and there are {shards} shards"));
            findings.push(finding.fix("name a claim for each below `shards`, or leave it to be made"));
        }
        for shard in 0..shards {
            let (workload, parts) = if own.contains(&shard) {
                let workload = layers.of(Pods::Worker(&executor.name, shard), &self.shared.worker, findings);
                let parts = base.parts(&workload, path, findings);
                (workload, parts)
            } else {
                (Rc::clone(&common), parts.clone())
            };
            warn_about_replicas(options, &workload, path, findings);
            let worker = base.worker(shard, shards, &image, workload, parts);
            if !budget.take(&worker) {
                break;
            }
            components.push(worker);
        }
        components
    }

    /// `gpus`: a count, or `all` for no request at all.
    fn gpus(&self, executor: &Executor, path: &Path<'_>, findings: &mut Findings) -> Option<String> {
        let gpus = executor.options.text(Opt::Gpus).filter(|gpus| *gpus != "all")?;
        if gpus.bytes().all(|b| b.is_ascii_digit()) || !self.corrections.has(Correction::GpuCount) {
            return Some(gpus.to_owned());
        }
        let devices = gpus.split(',').filter(|part| part.trim_start().starts_with("device=")).count();
        if devices == 0 {
            let finding = Finding::error(path.key("gpus"), "is no number of GPUs").got(gpus);
            findings.push(finding.fix("write a number, or `all`").at(executor.mark));
            return None;
        }
        let finding =
            Finding::warning(path.key("gpus"), format!("Kubernetes hands out GPUs by number, so that {devices} are asked for")).got(gpus);
        findings.push(finding.propose(devices.to_string()).at(executor.mark));
        Some(devices.to_string())
    }

    /// A claim for each of `volumes`, or where `storage` asks for one; of what `storage` leaves open, size, class and
    /// access modes are where Jina looks for them.
    fn storage(&self, options: &Options, claims: Option<&Claims>, path: &Path<'_>, findings: &mut Findings) -> Option<Storage> {
        let volumes = options.texts(Opt::Volumes);
        let mounted = if self.corrections.has(Correction::AllVolumes) { volumes } else { volumes.get(..1)? };
        if mounted.is_empty() && claims.is_none() {
            return None;
        }
        let mount_path = |volume: &String| match volume.split_once(':') {
            Some((_, inside)) if self.corrections.has(Correction::VolumeMountPath) => inside.split(':').next().unwrap_or(inside).to_owned(),
            _ => volume.clone(),
        };
        let [class, size, modes] = STORAGE_VARIABLES.map(|name| self.settings.context.get(name).map(str::to_owned));
        let access_modes = modes.as_deref().map(serde_json::from_str).transpose().unwrap_or_else(|_| {
            let finding = Finding::error(path.key("volumes"), format!("{} must be a JSON list of access modes", STORAGE_VARIABLES[2]));
            findings.push(finding.got(modes.as_deref().unwrap_or_default()).fix("write [\"ReadWriteOnce\"]"));
            None
        });
        let standard = || (!self.corrections.has(Correction::StorageClass)).then(|| "standard".to_owned());
        let claims = claims.cloned().unwrap_or_default();
        let mount_paths = match &claims.mount_path {
            Some(folder) => vec![folder.clone()],
            None if mounted.is_empty() => vec![options.text(Opt::Workspace).unwrap_or(WORKSPACE).to_owned()],
            None => mounted.iter().map(mount_path).collect(),
        };
        let of_jina = || access_modes.unwrap_or_else(|| vec!["ReadWriteOnce".to_owned()]);
        Some(Storage {
            mount_paths,
            access_modes: if claims.access_modes.is_empty() { of_jina() } else { claims.access_modes },
            class: claims.class.or(class).or_else(standard),
            size: claims.size.or(size).unwrap_or_else(|| "10G".to_owned()),
            existing: claims.existing,
        })
    }

    /// Tries of the startup probe: as many as fit into `timeout_ready`, at least three.
    pub(super) fn health(&self, options: &Options, protocol: Protocol, path: &Path<'_>, findings: &mut Findings) -> Health {
        let mut timeout = options.int(Opt::TimeoutReady, 600_000);
        if timeout == -1 {
            let finding = Finding::warning(path.key("timeout_ready"), "Kubernetes cannot wait for ever; 10 minutes are taken").got("-1");
            findings.push(finding.fix("write how many milliseconds a start may take"));
            timeout = 600_000;
        }
        let tries = timeout.max(0).div_euclid(1000 * PROBE_PERIOD) + i64::from(timeout.max(0) % (1000 * PROBE_PERIOD) != 0);
        Health { protocol, tls: false, pings: self.version.has(Change::Ping), startup_tries: tries.max(3) }
    }
}

/// What the components of one executor have in common.
struct Base<'b> {
    planner: &'b Planner<'b>,
    executor: &'b Executor,
    kind: Kind,
    /// The shards about which the config says something of their own.
    own_shards: Vec<u32>,
    name: String,
    gpus: Option<String>,
    health: Health,
}

/// What the config decides for the pods of one component.
#[derive(Clone)]
struct Parts {
    env: Vec<(String, String)>,
    secrets: Vec<SecretVariable>,
    storage: Option<Storage>,
    /// Where the executor is told to write, when nothing in the Flow says so and there is a volume.
    workspace: Option<String>,
}

impl Base<'_> {
    fn has(&self, correction: Correction) -> bool {
        self.planner.corrections.has(correction)
    }

    fn options(&self) -> &Options {
        &self.executor.options
    }

    fn parts(&self, workload: &Workload, path: &Path<'_>, findings: &mut Findings) -> Parts {
        let options = self.options();
        let storage = self.planner.storage(options, workload.storage.as_ref(), path, findings);
        let replicas = workload.replicas.unwrap_or_else(|| options.int(Opt::Replicas, 1));
        if replicas > 1 && storage.as_ref().is_some_and(|storage| storage.existing.is_some()) {
            let message = "is one claim, and there are several replicas";
            let finding = Finding::warning(self.config_path("storage.existingClaim"), message).got(replicas.to_string());
            findings.push_once(finding.fix("use one replica, or a claim that many pods may mount (ReadWriteMany)"));
        }
        if (self.gpus.is_some() || workload.has_devices())
            && storage.is_none()
            && workload.surges()
            && self.has(Correction::BalancedReplicas)
        {
            let message = "a rolling update starts a pod beside the others, which waits for ever where no node has a GPU to spare";
            let finding = Finding::warning(self.config_path("rollingUpdate.maxSurge"), message);
            findings.push_once(finding.fix("write `rollingUpdate: {maxSurge: 0, maxUnavailable: 1}` if yours have none"));
        }
        let is_told = options.text(Opt::Workspace).is_some() || !options.texts(Opt::Volumes).is_empty();
        let volume = storage.as_ref().filter(|_| workload.storage.is_some() && !is_told);
        let workspace = volume.and_then(|storage| storage.mount_paths.first().cloned());
        let (env, secrets) = (self.planner.env(options, workload, path, findings), secrets(options, workload, path, findings));
        Parts { env, secrets, storage, workspace }
    }

    /// The path of a field of this executor's entry in the config.
    fn config_path(&self, field: &str) -> String {
        format!("spec.executors.{}.{field}", self.executor.name)
    }

    fn component(&self, name: String, role: Role, containers: Vec<Container>, workload: Rc<Workload>, parts: Parts) -> Component {
        Component {
            name,
            node: self.executor.name.clone(),
            role,
            replicas: workload.replicas.unwrap_or_else(|| self.options().int(Opt::Replicas, 1)),
            protocols: self.options().protocols().to_vec(),
            monitoring: self.options().flag(Opt::Monitoring),
            env: parts.env,
            pull_secrets: pull_secrets(self.options(), &workload),
            config: self.options().inline().filter(|_| role != Role::Head).map(|inline| inline.config.clone()),
            storage: parts.storage,
            workspace: self.options().text(Opt::Workspace).map(str::to_owned).or(parts.workspace),
            containers,
            foreign: Vec::new(),
            called_by: (self.kind == Kind::Flow).then(|| GATEWAY.to_owned()),
            workload,
        }
    }

    /// What the exporter decides for every container of an executor.
    fn forced(&self, name: String, port: Vec<Arg>, port_monitoring: u16) -> Vec<(Opt, Forced)> {
        let host = match self.options().texts(Opt::Host) {
            [first, ..] if !self.has(Correction::BindAllInterfaces) => host_name(first).to_owned(),
            _ => "0.0.0.0".to_owned(),
        };
        let mut forced = vec![
            (Opt::Name, Forced::word(name)),
            (Opt::K8sNamespace, self.planner.k8s_namespace()),
            (Opt::Host, Forced::word(host)),
            (Opt::Port, Forced::Words(port)),
            (Opt::PortMonitoring, Forced::word(port_monitoring.to_string())),
        ];
        // Jina compares with a default that it takes from the environment.
        if let Some(default) = self.planner.settings.context.get("JINA_DEFAULT_TIMEOUT_CTRL") {
            let given = self.options().int(Opt::TimeoutCtrl, default.parse().unwrap_or(60)).to_string();
            forced.push((Opt::TimeoutCtrl, if given == default { Forced::Omitted } else { Forced::word(given) }));
        }
        if self.has(Correction::NativeOnce) {
            forced.push((Opt::Native, Forced::Omitted));
        }
        forced
    }

    fn uses(&self, workload: &Workload) -> Forced {
        match self.options().text(Opt::Uses) {
            None | Some(BASE_EXECUTOR) => Forced::Omitted,
            Some(_) => Forced::word(config_file(self.options(), workload)),
        }
    }

    fn worker(&self, shard: u32, shards: u32, image: &str, workload: Rc<Workload>, parts: Parts) -> Component {
        let options = self.options();
        let (name, raw) = match shards {
            1 => (self.name.clone(), self.executor.name.clone()),
            _ => (format!("{}-{shard}", self.name), format!("{}-{shard}", self.executor.name)),
        };
        let mut forced = self.forced(raw, arguments::ports(options.protocols()), PORT_MONITORING);
        forced.extend([
            (Opt::Uses, self.uses(&workload)),
            (Opt::Polling, Forced::Omitted),
            (Opt::ShardId, if shard == 0 { Forced::Omitted } else { Forced::word(shard.to_string()) }),
            (Opt::UsesBeforeAddress, Forced::Omitted),
            (Opt::UsesAfterAddress, Forced::Omitted),
        ]);
        if self.has(Correction::ReplicasArgument) {
            forced.push((Opt::Replicas, Forced::Omitted));
        }
        forced.extend(self.planner.balancing_server(options, &workload));
        forced.extend(parts.workspace.iter().map(|folder| (Opt::Workspace, Forced::word(folder.clone()))));
        let container = Container {
            process: Process::Executor,
            image: image.to_owned(),
            args: arguments::executor(options, &forced, options.map(Opt::UsesMetas), options.map(Opt::UsesWith), self.planner.version),
            port: PORT,
            secrets: parts.secrets.clone(),
            gpus: self.gpus.clone(),
            health: self.health.clone(),
        };
        let mut component = self.component(name, Role::Worker(shard), vec![container], workload, parts);
        if shards > 1 {
            component.called_by = Some(format!("{}-head", self.name));
        }
        component
    }

    fn head(&self, shards: u32, path: &Path<'_>, findings: &mut Findings) -> Component {
        let options = self.options();
        let pods = Pods::Head(&self.executor.name);
        let workload = self.planner.settings.layers.of(pods, &self.planner.shared.head, findings);
        let parts = self.parts(&workload, path, findings);
        let mut sidecars = Vec::new();
        for (opt, process, port) in
            [(Opt::UsesBefore, Process::UsesBefore, PORT_USES_BEFORE), (Opt::UsesAfter, Process::UsesAfter, PORT_USES_AFTER)]
        {
            let Some(uses) = options.text(opt) else { continue };
            // Jina itself starts none when it runs the Flow (`Deployment._parse_base_deployment_args`).
            if uses == BASE_EXECUTOR && self.has(Correction::IdleSidecars) {
                continue;
            }
            if is_gateway_class(uses) {
                findings.push(self.planner.wrong_class(uses, opt, path).at(self.executor.mark));
            }
            match self.planner.sidecar_image(uses, format_args!("executor `{}`", self.executor.name), &path.key(opt.row().name)) {
                Ok(image) => sidecars.push(self.sidecar(process, uses, image, port, &parts.secrets)),
                Err(finding) => findings.push(finding.at(self.executor.mark)),
            }
        }
        let mut connections = JsonTemplate::new();
        for shard in 0..shards {
            connections.key(&shard.to_string());
            connections.text("\"");
            connections.host(&format!("{}-{shard}", self.name));
            connections.text(&format!(":{PORT}\""));
        }
        let mut forced = self.forced(format!("{}/head", self.executor.name), vec![Arg::from(PORT.to_string())], PORT_MONITORING);
        forced.extend([
            (Opt::Workspace, Forced::Omitted),
            (Opt::Replicas, Forced::Omitted),
            (Opt::Uses, Forced::Omitted),
            (Opt::Gpus, Forced::Omitted),
            (Opt::RuntimeCls, Forced::word("HeadRuntime")),
            (Opt::PodRole, Forced::word("HEAD")),
            (Opt::ConnectionList, connections.finish().map_or(Forced::Omitted, Forced::word)),
        ]);
        let called = self.own_shards.iter().copied().chain([u32::MAX]).map(|shard| Pods::Worker(&self.executor.name, shard));
        forced.extend(self.planner.balancing_caller(options, called));
        forced.extend(self.planner.balancing_server(options, &workload));
        for sidecar in &sidecars {
            let opt = if sidecar.process == Process::UsesBefore { Opt::UsesBeforeAddress } else { Opt::UsesAfterAddress };
            forced.push((opt, Forced::word(format!("127.0.0.1:{}", sidecar.port))));
        }
        let head = Container {
            process: Process::Executor,
            image: self.planner.gateway_image(),
            args: arguments::executor(options, &forced, None, None, self.planner.version),
            port: PORT,
            secrets: parts.secrets.clone(),
            gpus: None,
            health: self.health.clone(),
        };
        let mut containers = vec![head];
        let replicas = workload.replicas.unwrap_or(1);
        let mut component = self.component(format!("{}-head", self.name), Role::Head, Vec::new(), workload, parts);
        component.replicas = replicas;
        if self.has(Correction::HeadWithoutVolumes) {
            component.storage = None;
        }
        if component.storage.is_none() {
            containers.extend(sidecars);
        }
        component.containers = containers;
        component
    }

    /// A container beside the head, with the head's options but its own name, port and image.
    fn sidecar(&self, process: Process, uses: &str, image: String, port: u16, secrets: &[SecretVariable]) -> Container {
        let port_monitoring = if self.has(Correction::SidecarMonitoringPorts) { process.metrics_port() } else { PORT_MONITORING };
        let mut forced =
            self.forced(format!("{}/{}", self.executor.name, process.name()), vec![Arg::from(port.to_string())], port_monitoring);
        forced.extend([
            (Opt::Polling, Forced::Omitted),
            (Opt::Replicas, Forced::Omitted),
            (Opt::Uses, if uses == BASE_EXECUTOR { Forced::Omitted } else { Forced::word(IMAGES_CONFIG_FILE) }),
            (Opt::Gpus, Forced::Omitted),
            (Opt::RuntimeCls, Forced::Omitted),
            (Opt::PodRole, Forced::Omitted),
            (Opt::UsesBeforeAddress, Forced::Omitted),
            (Opt::UsesAfterAddress, Forced::Omitted),
            (Opt::ConnectionList, Forced::Omitted),
        ]);
        Container {
            process,
            image,
            args: arguments::executor(self.options(), &forced, None, None, self.planner.version),
            port,
            secrets: if self.has(Correction::SidecarSecrets) { secrets.to_vec() } else { Vec::new() },
            gpus: None,
            health: self.health.clone(),
        }
    }
}

/// The host of `scheme://host:port`.
fn host_name(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split(':').next().unwrap_or(rest)
}

/// What is checked of an executor before anything is made of it.
struct Checked<'c> {
    executor: &'c Executor,
    kind: Kind,
    version: Version,
    /// The executor's own path.
    own: &'c Path<'c>,
    /// That of the Flow's `with`.
    with: &'c Path<'c>,
}

impl Checked<'_> {
    fn options(&self) -> &Options {
        &self.executor.options
    }

    /// An error about an option, where it stands.
    fn error(&self, opt: Opt, message: impl Into<Box<str>>) -> Finding {
        let section = if self.options().is_own(opt) || !self.options().is_given(opt) { self.own } else { self.with };
        Finding::error(section.key(opt.row().name), message).at(self.executor.mark)
    }

    /// What Jina refuses, or accepts although it can never run. The number of shards to go on with.
    fn check(&self, findings: &mut Findings) -> u32 {
        let options = self.options();
        for (opt, what) in [(Opt::Shards, "shards"), (Opt::Replicas, "replicas")] {
            let number = options.int(opt, 1);
            if number < 1 {
                findings.push(self.error(opt, format!("must be 1 or more {what}")).got(number.to_string()).propose("1"));
            }
        }
        let shards = options.int(Opt::Shards, 1);
        findings.extend(self.wrong_protocols());
        let replicas = self.check_addresses(findings);
        if options.flag(Opt::Stateful) && options.text(Opt::Workspace).is_none() {
            let finding = self.error(Opt::Workspace, "is missing, and a stateful executor keeps its state there");
            findings.push(finding.fix("name a directory, or remove `stateful`"));
        }
        findings.extend(wrong_peers(options, shards, replicas).map(|(message, mend)| self.error(Opt::PeerPorts, message).fix(mend)));
        if options.text(Opt::PodRole) == Some("GATEWAY") {
            let finding = self.error(Opt::PodRole, "is set by Jina itself, and an executor is no gateway");
            findings.push(finding.got("GATEWAY").fix("remove it"));
        }
        if !options.flag(Opt::External) {
            self.check_manifests(shards, findings);
        }
        u32::try_from(shards.clamp(1, MOST_SHARDS)).unwrap_or(1)
    }

    /// What concerns only those that run here.
    fn check_manifests(&self, shards: i64, findings: &mut Findings) {
        let (options, at) = (self.options(), self.executor.mark);
        if options.flag(Opt::Stateful) && options.int(Opt::Replicas, 1) > 1 {
            let message = "the replicas cannot find each other behind one Service, so that no RAFT cluster forms";
            findings.push(Finding::warning(self.own.key("stateful"), message).fix("use one replica, or shards").at(at));
        }
        if shards == 1 {
            for opt in [Opt::UsesBefore, Opt::UsesAfter] {
                let Some(uses) = options.text(opt) else { continue };
                let message = "runs in the head of a sharded executor, and this one has a single shard";
                let finding = Finding::warning(self.own.key(opt.row().name), message);
                findings.push(finding.got(uses).fix("remove it, or give the executor more shards").at(at));
            }
        }
        if shards > MOST_SHARDS {
            let finding = self.error(Opt::Shards, format!("is more than {MOST_SHARDS}")).got(shards.to_string());
            findings.push(finding.fix("use fewer shards"));
        }
    }

    fn wrong_protocols(&self) -> Option<Finding> {
        let options = self.options();
        let protocols = options.protocols();
        if protocols == [Protocol::Grpc] {
            return None;
        }
        let is_external = options.flag(Opt::External);
        let names: Vec<&str> = protocols.iter().map(|p| p.name()).collect();
        let provider = options.text(Opt::Provider).filter(|provider| *provider != "NONE");
        let instead = |message: &str, otherwise: &str| match provider {
            None => self.error(Opt::Protocol, message).got(names.join(", ")).propose("GRPC"),
            Some(provider) => {
                let finding = self.error(Opt::Provider, format!("makes the executor serve HTTP, and {message}")).got(provider);
                finding.fix(format!("remove it, or {otherwise}"))
            }
        };
        if protocols.contains(&Protocol::Websocket) {
            return Some(self.error(Opt::Protocol, "executors do not speak WebSocket").got("WEBSOCKET").propose("GRPC"));
        }
        if self.kind == Kind::Flow && (protocols.len() > 1 || !is_external) {
            let message = "inside a Flow executors are called by gRPC and nothing else";
            return Some(instead(message, "give the executor a file of its own with `jtype: Deployment`"));
        }
        if options.int(Opt::Shards, 1) > 1 {
            return Some(instead("a head calls its shards by gRPC and nothing else", "use one shard"));
        }
        if options.flag(Opt::Stateful) {
            return Some(instead("a stateful executor serves gRPC and nothing else", "remove `stateful`"));
        }
        let is_unknown = !is_external && !self.version.has(Change::ExecutorProtocol);
        is_unknown.then(|| {
            let message = format!("executors of Jina {} serve gRPC, whatever they are told", self.version);
            self.error(Opt::Protocol, message).fix("remove it, or raise spec.jinaVersion")
        })
    }

    /// Hosts, ports and replicas must go together, also where Kubernetes takes none of them. The number of replicas.
    fn check_addresses(&self, findings: &mut Findings) -> i64 {
        let options = self.options();
        let replicas = options.int(Opt::Replicas, 1);
        let is_external = options.flag(Opt::External);
        // The port of a Deployment is the one that it is called at where it runs alone.
        let alone = (self.kind == Kind::Deployment).then(|| {
            let mut alone = options.clone();
            alone.set(Opt::Port, None);
            alone
        });
        let places = match hosts_and_ports(alone.as_ref().unwrap_or(options)) {
            Ok(places) => places,
            Err((hosts, ports)) => {
                let finding = self.error(Opt::Host, format!("there are {hosts} hosts and {ports} ports"));
                findings.push(finding.fix("give each host its port, or one port for all"));
                return replicas;
            }
        };
        if let Some((host, _)) = places.iter().find(|(host, _)| !is_external && !is_host(host)) {
            findings.push(self.error(Opt::Host, "is no address").got(*host).fix("write HOST, or HOST:PORT"));
        }
        let addresses = places.len();
        if replicas > 1 && usize::try_from(replicas) != Ok(addresses) && (is_external || addresses > 1) {
            let there = if addresses == 1 { "there is one address".to_owned() } else { format!("there are {addresses} addresses") };
            findings.push(self.error(Opt::Replicas, there).got(replicas.to_string()).propose(addresses.to_string()));
        }
        if is_external { i64::try_from(addresses).unwrap_or(i64::MAX) } else { replicas }
    }
}

/// What is wrong with the ports of peers, and what to do about it.
pub(super) fn wrong_peers(options: &Options, shards: i64, replicas: i64) -> Option<(String, &'static str)> {
    // Of two keys that are the same text the last one counts.
    let mut ports: Vec<(String, usize)> = vec![];
    for (shard, list) in options.pairs(Opt::PeerPorts).unwrap_or_default() {
        let Value::List(list) = list else { continue };
        let shard = shard.to_str();
        ports.retain(|(known, _)| *known != shard);
        ports.push((shard, list.len()));
    }
    let is_one = |shard: &str| shard.parse().is_ok_and(|shard: i64| (0..shards).contains(&shard));
    let wrong = ports.iter().find(|(shard, count)| is_one(shard) && *count > 0 && i64::try_from(*count) != Ok(replicas));
    if let Some((_, count)) = wrong {
        let message = format!("a shard has {replicas} replicas, and here are {count} ports for one");
        return Some((message, "write as many ports as there are replicas, or remove it"));
    }
    let is_incomplete = options.flag(Opt::Stateful) && i64::try_from(ports.len().max(1)).is_ok_and(|count| count < shards);
    is_incomplete.then(|| {
        let message = format!("must have the ports of each of the {shards} shards, which are stateful");
        (message, "write a mapping such as {0: [12345], 1: [12346]}")
    })
}

/// The classes of gateways that come with Jina.
pub(super) fn is_gateway_class(uses: &str) -> bool {
    matches!(uses, "GRPCGateway" | "HTTPGateway" | "WebSocketGateway" | "CompositeGateway")
}
