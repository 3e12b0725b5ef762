//! The components of an executor: a worker, or a head and a worker for each shard
//! (`jina/orchestrate/deployments/config/k8s.py`).

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use super::arguments::{self, Forced, JsonTemplate};
use super::budget::Budget;
use super::component::{
    Arg, Component, Container, Health, IMAGES_CONFIG_FILE, PORT, PORT_MONITORING, PORT_USES_AFTER, PORT_USES_BEFORE, Process, Role, Storage,
};
use super::env::{pull_secrets, secrets};
use super::external::{CountMismatch, is_host, places};
use super::images::Image;
use super::names::kubernetes_name;
use super::planner::{Planner, config_file, warn_about_replicas};
use crate::config::STORAGE_VARIABLES;
use crate::config::corrections::Correction;
use crate::config::layers::Pods;
use crate::config::workload::{Claims, RollingUpdate, SecretKey, Workload};
use crate::finding::{Code, FieldPath, Finding, Findings, Path};
use crate::jina::flow::Kind;
use crate::jina::inherited::Options;
use crate::jina::options::{ALL_INTERFACES, Opt};
use crate::jina::section::Section;
use crate::jina::setting::Protocol;
use crate::jina::topology::{Executor, GATEWAY};
use crate::jina::value::Value;
use crate::jina::versions::{Change, Version};

/// The folder of the volume of an executor without `volumes` and `workspace`.
const WORKSPACE: &str = "/workspace";

/// The default class of an executor, which returns its input.
pub(super) const BASE_EXECUTOR: &str = "BaseExecutor";

/// Seconds between two startup probes.
const PROBE_PERIOD: i64 = 5;

/// The most shards of an executor. A larger number is treated as a mistake.
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
                let message = "renders no objects: an external Deployment runs elsewhere";
                findings.push(Code::ExternalDeployment.warning(path.key("external"), message).at(executor.mark));
            }
            return Vec::new();
        }
        // Layers are merged for each executor and may be large.
        if budget.is_spent() {
            return Vec::new();
        }
        self.warn_about_fixed_addresses(Section::Executor, options, path, findings);
        let uses = options.text(Opt::Uses).filter(|uses| is_gateway_class(uses));
        findings.extend(uses.map(|uses| self.wrong_class(uses, Opt::Uses, path).at(executor.mark)));
        let own = self.settings.layers.image(&executor.name);
        let image = self.main_image(&executor.name, options, own, path, executor.mark, findings);
        let base = Base {
            planner: self,
            executor,
            kind,
            own_shards: self.settings.layers.parts(&executor.name).shards.into_iter().collect(),
            name: kubernetes_name(&executor.name),
            gpus: self.gpus(executor, path, findings),
            health: self.health(options, options.protocols()[0], path, findings),
        };
        let mut components = Vec::new();
        // The arguments of the head contain the name of each shard.
        if shards > 1 && budget.take_bytes(base.name.len().saturating_mul(shards as usize)) {
            components.push(base.head(shards, path, findings));
        }
        let layers = &self.settings.layers;
        let own = &base.own_shards;
        let common = layers.of(Pods::Worker(&executor.name, None), &self.shared.worker, findings);
        let parts = base.parts(&common, path, findings);
        self.check_gpus(executor, base.gpus.as_deref(), &common, path, findings);
        if common.storage.as_ref().is_some_and(|storage| storage.existing.is_some()) && own.len() + 1 < shards as usize {
            let message = format!("is a single claim for {shards} shards");
            let finding = Code::SharedClaim.error(base.config_path("storage.existingClaim"), message);
            findings.push(finding.fix("set a claim for each shard in `shards`, or remove it so that claims are created"));
        }
        for shard in 0..shards {
            let (workload, parts) = if own.contains(&shard) {
                let workload = layers.of(Pods::Worker(&executor.name, Some(shard)), &self.shared.worker, findings);
                let parts = base.parts(&workload, path, findings);
                (workload, parts)
            } else {
                (Rc::clone(&common), parts.clone())
            };
            warn_about_replicas(options, &workload, path, findings);
            let mut worker = base.worker(shard, shards, &image, workload, parts);
            worker.models = self.models(&worker, findings);
            if !budget.take(&worker) {
                break;
            }
            components.push(worker);
        }
        components
    }

    /// The number of GPUs that `gpus` requests. The value `all` makes no request.
    fn gpus(&self, executor: &Executor, path: &Path<'_>, findings: &mut Findings) -> Option<String> {
        let gpus = executor.options.text(Opt::Gpus).filter(|gpus| *gpus != "all")?;
        if gpus.bytes().all(|b| b.is_ascii_digit()) || !self.corrections.has(Correction::GpuCount) {
            return Some(gpus.to_owned());
        }
        let devices = gpus.split(',').filter(|part| part.trim_start().starts_with("device=")).count();
        if devices == 0 {
            let finding = Code::ValueNotAllowed.error(path.key("gpus"), "is not a number of GPUs").got(gpus);
            findings.push(finding.fix("write a number, such as `gpus: 1`").at(executor.mark));
            return None;
        }
        let message = format!("names devices, but Kubernetes assigns GPUs by number; pods request {devices}");
        let finding = Code::GpuDevices.warning(path.key("gpus"), message).got(gpus);
        findings.push(finding.propose(devices.to_string()).at(executor.mark));
        Some(devices.to_string())
    }

    /// The claims of `volumes` or `storage`. If `storage` does not set the size, class or access modes, their values come
    /// from the same variables as in Jina.
    fn storage(&self, options: &Options, claims: Option<&Claims>, path: &Path<'_>, findings: &mut Findings) -> Option<Storage> {
        let volumes = options.strings(Opt::Volumes);
        let mounted = if self.corrections.has(Correction::AllVolumes) { volumes } else { volumes.get(..1).unwrap_or_default() };
        if mounted.is_empty() && claims.is_none() {
            return None;
        }
        let mount_path = |volume: &String| match volume.split_once(':') {
            Some((_, inside)) if self.corrections.has(Correction::VolumeMountPath) => inside.split(':').next().unwrap_or(inside).to_owned(),
            _ => volume.clone(),
        };
        let [class, size, modes] = STORAGE_VARIABLES.map(|name| self.settings.context.get(name).map(str::to_owned));
        let access_modes = modes.as_deref().map(serde_json::from_str).transpose().unwrap_or_else(|_| {
            let message = format!("requires the variable `{}` to be a JSON list of access modes", STORAGE_VARIABLES[2]);
            let finding = Code::InvalidContextVariable.error(path.key("volumes"), message);
            findings.push(finding.got(modes.as_deref().unwrap_or_default()).fix("set it to [\"ReadWriteOnce\"]"));
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
            size: claims.size.or(size).unwrap_or_else(|| Claims::default_size().to_owned()),
            existing: claims.existing,
            retention: claims.retention,
        })
    }

    /// The health check. The startup probes fill the time of `timeout_ready`, with at least three probes.
    pub(super) fn health(&self, options: &Options, protocol: Protocol, path: &Path<'_>, findings: &mut Findings) -> Health {
        let mut timeout = options.int(Opt::TimeoutReady);
        if timeout == -1 {
            let message = "is not supported by Kubernetes, which has no endless timeout; the timeout is 10 minutes";
            let finding = Code::EndlessTimeout.warning(path.key("timeout_ready"), message).got("-1");
            findings.push(finding.fix("set the maximum start time in milliseconds"));
            timeout = Opt::TimeoutReady.row().default.int();
        }
        let tries = timeout.max(0).div_euclid(1000 * PROBE_PERIOD) + i64::from(timeout.max(0) % (1000 * PROBE_PERIOD) != 0);
        Health { protocol, tls: false, pings: self.version.has(Change::Ping), startup_tries: tries.max(3) }
    }
}

/// The values that all components of an executor share.
struct Base<'b> {
    planner: &'b Planner<'b>,
    executor: &'b Executor,
    kind: Kind,
    /// The shards that have an entry in the config.
    own_shards: BTreeSet<u32>,
    name: String,
    gpus: Option<String>,
    health: Health,
}

/// The values of one component that depend on the config.
#[derive(Clone)]
struct Parts {
    env: Vec<(String, String)>,
    secrets: Vec<SecretKey>,
    storage: Option<Storage>,
    /// The workspace of an executor with a volume, if the Flow does not set a workspace.
    workspace: Option<String>,
}

/// `--uses-metas` of Jina for an executor without metas.
static NO_METAS: Value = Value::Map(Vec::new());

impl Base<'_> {
    fn has(&self, correction: Correction) -> bool {
        self.planner.corrections.has(correction)
    }

    fn options(&self) -> &Options {
        &self.executor.options
    }

    /// The argument `--uses-metas` of a container.
    fn metas<'v>(&self, metas: Option<&'v Value>) -> Option<&'v Value> {
        if self.has(Correction::NoEmptyArguments) { metas.filter(|metas| metas.is_truthy()) } else { metas.or(Some(&NO_METAS)) }
    }

    fn parts(&self, workload: &Workload, path: &Path<'_>, findings: &mut Findings) -> Parts {
        let options = self.options();
        let storage = self.planner.storage(options, workload.storage.as_ref(), path, findings);
        let replicas = workload.replicas.unwrap_or_else(|| options.int(Opt::Replicas));
        if replicas > 1 && storage.as_ref().is_some_and(|storage| storage.existing.is_some()) {
            let message = "is a single claim for several replicas";
            let finding = Code::SharedClaim.warning(self.config_path("storage.existingClaim"), message).got(replicas.to_string());
            findings.push_once(finding.fix("use one replica, or a claim that several pods can mount (ReadWriteMany)"));
        }
        self.check_surge(workload, storage.is_some(), path, findings);
        let has_place = options.text(Opt::Workspace).is_some() || !options.strings(Opt::Volumes).is_empty();
        let volume = storage.as_ref().filter(|_| workload.storage.is_some() && !has_place);
        let workspace = volume.and_then(|storage| storage.mount_paths.first().cloned());
        let (env, secrets) = (self.planner.env(options, workload, path, findings), secrets(options, workload, path, findings));
        Parts { env, secrets, storage, workspace }
    }

    /// Reports a rolling update that starts an additional pod with a GPU. It is only information if the user sets nothing about
    /// rolling updates.
    fn check_surge(&self, workload: &Workload, has_storage: bool, path: &Path<'_>, findings: &mut Findings) {
        let of_flow = self.gpus.as_deref().is_some_and(|gpus| gpus.parse() != Ok(0));
        let has_gpus = of_flow || workload.has_devices();
        if !has_gpus || has_storage || !workload.surges() || !self.has(Correction::BalancedReplicas) {
            return;
        }
        let layers = &self.planner.settings.layers;
        let place =
            if of_flow { path.key(Opt::Gpus.row().name).into() } else { layers.path(Pods::Worker(&self.executor.name, None), "resources") };
        let message = "needs a free GPU in a rolling update, which starts one more pod";
        let finding = if workload.rolling_update == RollingUpdate::default() {
            Code::SurgeNeedsGpu.info(place, message)
        } else {
            Code::SurgeNeedsGpu.warning(place, message)
        };
        let fix = "if none is free, set `rollingUpdate: {maxSurge: 0, maxUnavailable: 1}` for the executor in a JinaFlow";
        findings.push_once_for_each_place(finding.fix(fix));
    }

    /// The path of a field of this executor's entry in the config.
    fn config_path(&self, field: &'static str) -> FieldPath {
        let entry = FieldPath::from(Path::root("spec.executors").key(&self.executor.name));
        entry.join(FieldPath::from(field).steps())
    }

    fn component(&self, name: String, role: Role, containers: Vec<Container>, workload: Rc<Workload>, parts: Parts) -> Component {
        Component {
            name,
            node: self.executor.name.clone(),
            role,
            replicas: workload.replicas.unwrap_or_else(|| self.options().int(Opt::Replicas)),
            protocols: self.options().protocols().to_vec(),
            monitoring: self.options().flag(Opt::Monitoring),
            env: parts.env,
            pull_secrets: pull_secrets(self.options(), &workload),
            config: self.options().inline().filter(|_| role != Role::Head).map(|inline| inline.config.clone()),
            models: Vec::new(),
            storage: parts.storage,
            workspace: self.options().text(Opt::Workspace).map(str::to_owned).or(parts.workspace),
            containers,
            foreign: Vec::new(),
            called_by: (self.kind == Kind::Flow).then(|| GATEWAY.to_owned()),
            workload,
        }
    }

    /// The options that the exporter sets for every container of an executor.
    fn forced(&self, name: String, port: Vec<Arg>, port_monitoring: u16) -> Vec<(Opt, Forced)> {
        let host = match self.options().strings(Opt::Host) {
            [first, ..] if !self.has(Correction::BindAllInterfaces) => host_name(first).to_owned(),
            _ => ALL_INTERFACES.to_owned(),
        };
        let mut forced = vec![
            (Opt::Name, Forced::word(name)),
            (Opt::K8sNamespace, self.planner.k8s_namespace()),
            (Opt::Host, Forced::word(host)),
            (Opt::Port, Forced::Words(port)),
            (Opt::PortMonitoring, Forced::word(port_monitoring.to_string())),
        ];
        // Jina compares `timeout_ctrl` with a default from the environment.
        if let Some(default) = self.planner.settings.context.get("JINA_DEFAULT_TIMEOUT_CTRL") {
            let given = self.options().timeout_ctrl(default).to_string();
            forced.push((Opt::TimeoutCtrl, if given == default { Forced::Omitted } else { Forced::word(given) }));
        }
        if self.has(Correction::NativeOnce) {
            forced.push((Opt::Native, Forced::Omitted));
        }
        forced
    }

    fn uses(&self, image: &Image, workload: &Workload) -> Forced {
        match self.options().text(Opt::Uses) {
            None if !image.is_for_executor => Forced::Omitted,
            Some(BASE_EXECUTOR) => Forced::Omitted,
            None | Some(_) => Forced::word(config_file(self.options(), workload)),
        }
    }

    fn worker(&self, shard: u32, shards: u32, image: &Image, mut workload: Rc<Workload>, parts: Parts) -> Component {
        let options = self.options();
        // Clients call the head.
        if shards > 1 && workload.expose.is_some() {
            Rc::make_mut(&mut workload).expose = None;
        }
        let (name, raw) = match shards {
            1 => (self.name.clone(), self.executor.name.clone()),
            _ => (format!("{}-{shard}", self.name), format!("{}-{shard}", self.executor.name)),
        };
        let mut forced = self.forced(raw, arguments::ports(options.protocols()), PORT_MONITORING);
        forced.extend([
            (Opt::Uses, self.uses(image, &workload)),
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
            image: image.name.clone(),
            missing: image.missing.clone(),
            args: arguments::executor(
                options,
                &forced,
                self.metas(options.map(Opt::UsesMetas)),
                options.map(Opt::UsesWith),
                self.planner.version,
            ),
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
            // Jina starts no sidecar for BaseExecutor when it runs the Flow (`Deployment._parse_base_deployment_args`).
            if uses == BASE_EXECUTOR && self.has(Correction::IdleSidecars) {
                continue;
            }
            if is_gateway_class(uses) {
                findings.push(self.planner.wrong_class(uses, opt, path).at(self.executor.mark));
            }
            let image = self.planner.sidecar_image(uses, opt, path, self.executor.mark, findings);
            sidecars.push(self.sidecar(process, uses, image, port, &parts.secrets));
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
        let called = self.own_shards.iter().copied().map(Some).chain([None]).map(|shard| Pods::Worker(&self.executor.name, shard));
        forced.extend(self.planner.balancing_caller(options, called));
        forced.extend(self.planner.balancing_server(options, &workload));
        for sidecar in &sidecars {
            let opt = if sidecar.process == Process::UsesBefore { Opt::UsesBeforeAddress } else { Opt::UsesAfterAddress };
            forced.push((opt, Forced::word(format!("127.0.0.1:{}", sidecar.port))));
        }
        let head = Container {
            process: Process::Executor,
            image: self.planner.gateway_image(),
            missing: None,
            args: arguments::executor(options, &forced, self.metas(None), None, self.planner.version),
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

    /// A container in the pod of the head. It has the options of the head, but a different name, port and image.
    fn sidecar(&self, process: Process, uses: &str, image: Image, port: u16, secrets: &[SecretKey]) -> Container {
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
            image: image.name,
            missing: image.missing,
            args: arguments::executor(self.options(), &forced, self.metas(None), None, self.planner.version),
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

/// An executor whose options are checked before the executor is planned.
struct Checked<'c> {
    executor: &'c Executor,
    kind: Kind,
    version: Version,
    /// The path of the executor.
    own: &'c Path<'c>,
    /// The path of the Flow's `with`.
    with: &'c Path<'c>,
}

impl Checked<'_> {
    fn options(&self) -> &Options {
        &self.executor.options
    }

    /// The error for an option. The path is the section that sets the option.
    fn error(&self, code: Code, opt: Opt, message: impl Into<Box<str>>) -> Finding {
        let section = if self.options().is_own(opt) || !self.options().is_given(opt) { self.own } else { self.with };
        code.error(section.key(opt.row().name), message).at(self.executor.mark)
    }

    /// Reports options that Jina refuses, and options that Jina accepts although the executor cannot run. Returns the number of
    /// shards to plan.
    fn check(&self, findings: &mut Findings) -> u32 {
        let options = self.options();
        for opt in [Opt::Shards, Opt::Replicas] {
            let number = options.int(opt);
            if number < 1 {
                let finding = self.error(Code::ValueOutOfRange, opt, "must be at least 1");
                findings.push(finding.got(number.to_string()).propose("1"));
            }
        }
        let shards = options.int(Opt::Shards);
        findings.extend(self.wrong_protocols());
        let replicas = self.check_addresses(findings);
        if options.flag(Opt::Stateful) && options.text(Opt::Workspace).is_none() {
            let finding = self.error(Code::MissingField, Opt::Workspace, "is required: a stateful executor stores its state there");
            findings.push(finding.fix("set it to a folder, or remove `stateful`"));
        }
        let peers = wrong_peers(options, shards, replicas);
        findings.extend(peers.map(|PeerPorts { message, fix }| self.error(Code::PeerPortsMismatch, Opt::PeerPorts, message).fix(fix)));
        if options.text(Opt::PodRole) == Some("GATEWAY") {
            let finding = self.error(Code::InternalOption, Opt::PodRole, "must not be `GATEWAY` at an executor: Jina sets it");
            findings.push(finding.got("GATEWAY").fix("remove it"));
        }
        if !options.flag(Opt::External) {
            self.check_manifests(shards, findings);
        }
        u32::try_from(shards.clamp(1, MOST_SHARDS)).unwrap_or(1)
    }

    /// Reports problems of executors that run inside the Flow.
    fn check_manifests(&self, shards: i64, findings: &mut Findings) {
        let (options, at) = (self.options(), self.executor.mark);
        if options.flag(Opt::Stateful) && options.int(Opt::Replicas) > 1 {
            let message = "does not work with several replicas: they cannot find each other behind one Service to form a RAFT cluster";
            findings.push(Code::StatefulReplicas.warning(self.own.key("stateful"), message).fix("use one replica, or shards").at(at));
        }
        if shards == 1 {
            for opt in [Opt::UsesBefore, Opt::UsesAfter] {
                let Some(uses) = options.text(opt) else { continue };
                let message = "has no effect: it runs in the head of an executor with several shards";
                let finding = Code::FieldWithoutEffect.warning(self.own.key(opt.row().name), message);
                findings.push(finding.got(uses).fix("remove it, or use more shards").at(at));
            }
        }
        if shards > MOST_SHARDS {
            let message = format!("must be at most {MOST_SHARDS}");
            let finding = self.error(Code::ValueOutOfRange, Opt::Shards, message).got(shards.to_string());
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
        let provider = options.provider();
        let code = Code::ProtocolNotSupported;
        let only_grpc = |reason: &str, otherwise: &str| match provider {
            None => self.error(code, Opt::Protocol, format!("must be gRPC: {reason}")).got(names.join(", ")).propose("GRPC"),
            Some(provider) => {
                let finding = self.error(code, Opt::Provider, format!("requires HTTP, but {reason}")).got(provider);
                finding.fix(format!("remove it, or {otherwise}"))
            }
        };
        if protocols.contains(&Protocol::Websocket) {
            let finding = self.error(code, Opt::Protocol, "must not be WebSocket, which executors do not support");
            return Some(finding.got("WEBSOCKET").propose("GRPC"));
        }
        if self.kind == Kind::Flow && (protocols.len() > 1 || !is_external) {
            let reason = "a Flow calls its executors with gRPC only";
            return Some(only_grpc(reason, "move the executor to its own file with `jtype: Deployment`"));
        }
        if options.int(Opt::Shards) > 1 {
            return Some(only_grpc("a head calls its shards with gRPC only", "use one shard"));
        }
        if options.flag(Opt::Stateful) {
            return Some(only_grpc("a stateful executor serves gRPC only", "remove `stateful`"));
        }
        let is_unknown = !is_external && !self.version.has(Change::ExecutorProtocol);
        is_unknown.then(|| {
            let message = format!("has no effect: executors of Jina {} serve gRPC only", self.version);
            self.error(Code::OptionTooNew, Opt::Protocol, message).fix("remove it, or set a newer `spec.jinaVersion`")
        })
    }

    /// Reports numbers of hosts, ports and replicas that do not match, even if Kubernetes does not use these numbers.
    /// Returns the number of replicas.
    fn check_addresses(&self, findings: &mut Findings) -> i64 {
        let options = self.options();
        let replicas = options.int(Opt::Replicas);
        let is_external = options.flag(Opt::External);
        // Clients call the port of a Deployment, so the port is not compared with the hosts.
        let alone = (self.kind == Kind::Deployment).then(|| {
            let mut alone = options.clone();
            alone.set(Opt::Port, None);
            alone
        });
        let places = match places(alone.as_ref().unwrap_or(options)) {
            Ok(places) => places,
            Err(CountMismatch { hosts, ports }) => {
                let finding = self.error(Code::AddressCountMismatch, Opt::Host, format!("has {hosts} hosts for {ports} ports"));
                findings.push(finding.fix("set one port for each host, or one port for all hosts"));
                return replicas;
            }
        };
        if let Some(place) = places.iter().find(|place| !is_external && !is_host(place.host)) {
            let finding = self.error(Code::InvalidAddress, Opt::Host, "is not a valid address").got(place.host);
            findings.push(finding.fix("write HOST, or HOST:PORT"));
        }
        let addresses = places.len();
        if replicas > 1 && usize::try_from(replicas) != Ok(addresses) && (is_external || addresses > 1) {
            let message = format!("must be the number of addresses, which is {addresses}");
            let finding = self.error(Code::AddressCountMismatch, Opt::Replicas, message);
            findings.push(finding.got(replicas.to_string()).propose(addresses.to_string()));
        }
        if is_external { i64::try_from(addresses).unwrap_or(i64::MAX) } else { replicas }
    }
}

/// A problem of `peer_ports`.
pub(super) struct PeerPorts {
    pub(super) message: String,
    fix: &'static str,
}

/// Finds ports of peers that do not match the shards and replicas.
pub(super) fn wrong_peers(options: &Options, shards: i64, replicas: i64) -> Option<PeerPorts> {
    // If two keys are the same string, Jina uses the last one.
    let mut known = HashSet::new();
    let lists = options.pairs(Opt::PeerPorts).unwrap_or_default().iter().rev().filter_map(|(shard, ports)| match ports {
        Value::List(ports) => Some((shard.to_str(), ports.len())),
        _ => None,
    });
    let lists: Vec<(String, usize)> = lists.filter(|(shard, _)| known.insert(shard.clone())).collect();
    let is_shard = |shard: &str| shard.parse().is_ok_and(|shard: i64| (0..shards).contains(&shard));
    let mut in_order = lists.iter().rev();
    let wrong = in_order.find(|(shard, count)| is_shard(shard) && *count > 0 && i64::try_from(*count) != Ok(replicas));
    if let Some((shard, count)) = wrong {
        let message = format!("has {count} ports for shard {shard}, which has {replicas} replicas");
        return Some(PeerPorts { message, fix: "set one port for each replica, or remove it" });
    }
    let is_incomplete = options.flag(Opt::Stateful) && i64::try_from(lists.len().max(1)).is_ok_and(|count| count < shards);
    is_incomplete.then(|| {
        let message = format!("must have the ports of each of the {shards} stateful shards");
        PeerPorts { message, fix: "write a mapping such as {0: [12345], 1: [12346]}" }
    })
}

/// Whether a `uses` is a gateway class of Jina.
pub(super) fn is_gateway_class(uses: &str) -> bool {
    matches!(uses, "GRPCGateway" | "HTTPGateway" | "WebSocketGateway" | "CompositeGateway")
}
