//! The components of one executor: a worker, or a head and a worker for each shard
//! (`jina/orchestrate/deployments/config/k8s.py`).

use std::rc::Rc;

use super::arguments::{self, Forced, JsonTemplate};
use super::env::{pull_secrets, secrets};
use super::names::kubernetes_name;
use super::{
    Arg, Component, Container, Health, IMAGES_CONFIG_FILE, PORT, PORT_MONITORING, PORT_USES_AFTER, PORT_USES_BEFORE, Planner, Process,
    Role, Room, SecretVariable, Storage, config_file, warn_about_replicas,
};
use crate::config::STORAGE_VARIABLES;
use crate::config::corrections::Correction;
use crate::config::layers::Pods;
use crate::config::workload::{Claims, Workload};
use crate::finding::{Finding, Findings, Path};
use crate::jina::flow::Kind;
use crate::jina::given::Options;
use crate::jina::options::Opt;
use crate::jina::setting::Protocol;
use crate::jina::topology::{Executor, GATEWAY};
use crate::jina::versions::{Change, Version};

/// Where the volume of an executor without `volumes` and `workspace` is.
const WORKSPACE: &str = "/workspace";

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
        room: &mut Room,
        findings: &mut Findings,
    ) -> Vec<Component> {
        let options = &executor.options;
        if options.flag(Opt::External) {
            if kind == Kind::Deployment {
                let finding =
                    Finding::warning(path.key("external"), "an external Deployment runs elsewhere, so that there is nothing to emit");
                findings.push(finding.at(executor.mark));
            }
            return Vec::new();
        }
        // Layers are merged for each executor, and may be long.
        if !room.take_bytes(0) {
            return Vec::new();
        }
        let shards = check(executor, kind, self.version, path, findings);
        self.warn_about_fixed_places(options, path, findings);
        let image = match self.main_image(options, format_args!("executor `{}`", executor.name), path) {
            Ok(image) => image,
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
        if shards > 1 && room.take_bytes(base.name.len().saturating_mul(shards as usize)) {
            components.push(base.head(shards, path, findings));
        }
        let layers = &self.settings.layers;
        let own = &base.own_shards;
        let common = layers.of(Pods::Worker(&executor.name, u32::MAX), &self.shared.worker, findings);
        let parts = base.parts(&common, path, findings);
        if common.storage.as_ref().is_some_and(|storage| storage.existing.is_some()) && own.len() + 1 < shards as usize {
            let finding = Finding::error(base.config_path("storage.existingClaim"), format!("is one claim, and there are {shards} shards"));
            findings.push(finding.mend("name a claim for each below `shards`, or leave it to be made"));
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
            if !room.take(&worker) {
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
            findings.push(finding.mend("write a number, or `all`").at(executor.mark));
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
            findings.push(finding.got(modes.as_deref().unwrap_or_default()).mend("write [\"ReadWriteOnce\"]"));
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
            findings.push(finding.mend("write how many milliseconds a start may take"));
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
            findings.push_once(finding.mend("use one replica, or a claim that many pods may mount (ReadWriteMany)"));
        }
        if (self.gpus.is_some() || workload.has_devices())
            && storage.is_none()
            && workload.surges()
            && self.has(Correction::BalancedReplicas)
        {
            let message = "a rolling update starts a pod beside the others, which waits for ever where no node has a GPU to spare";
            let finding = Finding::warning(self.config_path("rollingUpdate.maxSurge"), message);
            findings.push_once(finding.mend("write `rollingUpdate: {maxSurge: 0, maxUnavailable: 1}` if yours have none"));
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
            None | Some("BaseExecutor") => Forced::Omitted,
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
            match self.planner.image(Some(uses), format_args!("executor `{}`", self.executor.name), &path.key(opt.row().name)) {
                Ok(image) => sidecars.push(self.sidecar(process, image, port, &parts.secrets)),
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
    fn sidecar(&self, process: Process, image: String, port: u16, secrets: &[SecretVariable]) -> Container {
        let port_monitoring = if self.has(Correction::SidecarMonitoringPorts) { process.metrics_port() } else { PORT_MONITORING };
        let mut forced =
            self.forced(format!("{}/{}", self.executor.name, process.name()), vec![Arg::from(port.to_string())], port_monitoring);
        forced.extend([
            (Opt::Polling, Forced::Omitted),
            (Opt::Replicas, Forced::Omitted),
            (Opt::Uses, Forced::word(IMAGES_CONFIG_FILE)),
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

/// What Jina refuses, or accepts although it can never run. The number of shards to go on with.
fn check(executor: &Executor, kind: Kind, version: Version, path: &Path<'_>, findings: &mut Findings) -> u32 {
    let options = &executor.options;
    let at = executor.mark;
    for (opt, what) in [(Opt::Shards, "shards"), (Opt::Replicas, "replicas")] {
        let number = options.int(opt, 1);
        if number < 1 {
            let finding = Finding::error(path.key(opt.row().name), format!("must be 1 or more {what}")).got(number.to_string());
            findings.push(finding.propose("1").at(at));
        }
    }
    let shards = options.int(Opt::Shards, 1);
    let protocols = options.protocols();
    if protocols.contains(&Protocol::Websocket) {
        let finding = Finding::error(path.key("protocol"), "executors do not speak WebSocket").got("WEBSOCKET");
        findings.push(finding.propose("GRPC").at(at));
    } else if kind == Kind::Flow && protocols != [Protocol::Grpc] {
        let finding = Finding::error(path.key("protocol"), "inside a Flow executors are called by gRPC and nothing else");
        let got: Vec<&str> = protocols.iter().map(|p| p.name()).collect();
        findings.push(finding.got(got.join(", ")).propose("GRPC").at(at));
    } else if protocols.contains(&Protocol::Http) && shards > 1 {
        let finding = Finding::error(path.key("protocol"), "a head calls its shards by gRPC and nothing else").got("HTTP");
        findings.push(finding.propose("GRPC").at(at));
    } else if protocols != [Protocol::Grpc] && !version.has(Change::ExecutorProtocol) {
        let finding = Finding::error(path.key("protocol"), format!("executors of Jina {version} serve gRPC, whatever they are told"));
        findings.push(finding.mend("remove it, or raise spec.jinaVersion").at(at));
    }
    if options.flag(Opt::Stateful) {
        if options.text(Opt::Workspace).is_none() {
            let finding = Finding::error(path.key("workspace"), "is missing, and a stateful executor keeps its state there");
            findings.push(finding.mend("name a directory").at(at));
        }
        if options.int(Opt::Replicas, 1) > 1 {
            let finding = Finding::warning(
                path.key("stateful"),
                "the replicas cannot find each other behind one Service, so that no RAFT cluster forms",
            );
            findings.push(finding.mend("use one replica, or shards").at(at));
        }
    }
    if shards == 1 {
        for opt in [Opt::UsesBefore, Opt::UsesAfter] {
            let Some(uses) = options.text(opt) else { continue };
            let finding =
                Finding::warning(path.key(opt.row().name), "runs in the head of a sharded executor, and this one has a single shard");
            findings.push(finding.got(uses).mend("remove it, or give the executor more shards").at(at));
        }
    }
    if shards > MOST_SHARDS {
        let finding = Finding::error(path.key("shards"), format!("is more than {MOST_SHARDS}")).got(shards.to_string());
        findings.push(finding.mend("use fewer shards").at(at));
    }
    u32::try_from(shards.clamp(1, MOST_SHARDS)).unwrap_or(1)
}
