//! One container of a pod.

use std::borrow::Cow;

use super::addresses::{Arguments, arguments};
use super::labels::{NODE_LABEL, label_value};
use super::maker::Maker;
use super::nodes::{mapping, strings};
use super::{configmap, drain, probe, security, volumes};
use crate::config::corrections::Correction;
use crate::config::lists;
use crate::config::workload::Workload;
use crate::jina::setting::Protocol;
use crate::plan::{CONFIG_FILE, Component, Container, EXECUTOR_NAME, NAMESPACE_NAME, POD_NAME, POD_UID, PORT, Process, SCRATCH};
use crate::yaml::Node;

/// The name of a container's metrics port. Names of ports have at most 15 characters.
pub fn metrics_port_name(process: Process) -> &'static str {
    match process {
        Process::Gateway | Process::Executor => "monitoring",
        Process::UsesBefore => "before-metrics",
        Process::UsesAfter => "after-metrics",
    }
}

/// The container with its command, environment, ports and probes.
pub fn container<'c>(maker: &Maker<'c>, container: &'c Container) -> Node<'c> {
    let workload = &maker.component.workload;
    let Arguments { words, addresses } = arguments(&container.args, &maker.target);
    let mut value = mapping([
        ("name", container.process.name().into()),
        ("image", container.image.as_str().into()),
        ("imagePullPolicy", workload.pull_policy.as_str().into()),
        ("command", strings(["jina"])),
        ("args", strings(words)),
        ("ports", ports(maker, container).into()),
        ("envFrom", env_from(maker.component).into()),
    ]);
    let mut env = identity(maker);
    env.extend(addresses.into_iter().map(|address| literal(address.variable, address.service)));
    env.extend(container.secrets.iter().map(|secret| {
        let key = mapping([("name", secret.secret.as_str().into()), ("key", secret.key.as_str().into())]);
        from(&secret.variable, mapping([("secretKeyRef", key)]))
    }));
    if maker.component.moves_home() {
        env.push(literal("HOME", SCRATCH));
    }
    value.set("env", env.into());
    if let Some(resources) = resources(workload, container) {
        value.set("resources", resources);
    }
    if let Some(context) = security::of_container(workload.security) {
        value.set("securityContext", context);
    }
    let mounts = volume_mounts(maker.component, container);
    if !mounts.is_empty() {
        value.set("volumeMounts", mounts.into());
    }
    let probes = probe::probes(maker, container);
    value.set("startupProbe", probes.startup);
    value.set("livenessProbe", probes.liveness);
    // The kubelet stops a sidecar after the head has ended, so the sidecar itself need not wait.
    if maker.is_sidecar(container) {
        value.set("restartPolicy", "Always".into());
    } else if let Some(action) = drain::pre_stop(maker) {
        value.set("lifecycle", mapping([("preStop", action)]));
    }
    value
}

/// The component's ConfigMap, and the ConfigMaps and Secrets of the config.
fn env_from(component: &Component) -> Vec<Node<'_>> {
    let own = mapping([("name", configmap::name(&component.name).into())]);
    let mut sources = vec![mapping([("configMapRef", own)])];
    sources.extend(component.workload.sources.iter().filter_map(volumes::env_from));
    sources
}

/// The resources that every container requests, and the GPUs of the Flow, which only one container requests.
fn resources<'c>(workload: &'c Workload, container: &'c Container) -> Option<Node<'c>> {
    let mut resources: Option<Node<'c>> = workload.resources.clone();
    if let Some(gpus) = &container.gpus {
        let of_flow = mapping([("limits", mapping([("nvidia.com/gpu", gpus.as_str().into())]))]);
        match &mut resources {
            Some(known) if known.get("limits").is_some_and(|limits| limits.get("nvidia.com/gpu").is_some()) => {}
            Some(known) => lists::merge("", known, of_flow),
            None => resources = Some(of_flow),
        }
    }
    resources
}

fn volume_mounts<'c>(component: &'c Component, container: &Container) -> Vec<Node<'c>> {
    let mount = |name: Node<'c>, path: &'c str| mapping([("name", name), ("mountPath", path.into())]);
    let mut mounts = Vec::new();
    if let Some(storage) = &component.storage {
        let names = (0..).map(|place| volumes::claim_name(&component.name, place));
        mounts.extend(names.zip(&storage.mount_paths).map(|(name, path)| mount(name.into(), path)));
    }
    if component.config.is_some() && matches!(container.process, Process::Executor | Process::Gateway) {
        let (folder, _) = CONFIG_FILE.rsplit_once('/').unwrap_or_default();
        mounts.push(mount(volumes::CONFIG_VOLUME.into(), folder));
    }
    for (name, source) in volumes::of_sources(&component.workload.sources) {
        mounts.extend(source.mount_path.as_deref().map(|path| mount(name.into(), path)));
    }
    for model in &component.models {
        let mut mount = mount(model.volume().into(), &model.mount_path);
        mount.set("readOnly", Node::field("true"));
        mounts.push(mount);
    }
    mounts.extend(component.scratch_workspace().map(|path| mount("workspace".into(), path)));
    if component.moves_home() {
        mounts.push(mount("tmp".into(), SCRATCH));
    }
    mounts
}

/// Every port that is served, with a name that is unique in the pod. Jina declares a port for each protocol of a gateway, but
/// only the first port of an executor.
fn ports<'c>(maker: &Maker<'c>, container: &Container) -> Vec<Node<'c>> {
    let protocols = &maker.component.protocols;
    let port = |number: u16| mapping([("containerPort", number.into())]);
    if !maker.has(Correction::DeclaredPorts) {
        return match container.process {
            Process::Gateway => (PORT..).zip(protocols).map(|(number, _)| port(number)).collect(),
            _ => vec![port(container.port)],
        };
    }
    let named = |number: u16, name: Cow<'static, str>| mapping([("name", name.into()), ("containerPort", number.into())]);
    let mut ports = match container.process {
        Process::UsesBefore | Process::UsesAfter => vec![named(container.port, container.process.name().into())],
        Process::Gateway | Process::Executor => {
            let name = |place: usize, protocol: &Protocol| {
                let is_repeated = protocols[..place].contains(protocol);
                let scheme = protocol.scheme();
                if is_repeated { format!("{scheme}-{place}").into() } else { scheme.into() }
            };
            let all = (PORT..).zip(protocols.iter().enumerate());
            all.map(|(number, (place, protocol))| named(number, name(place, protocol))).collect()
        }
    };
    if maker.component.monitoring {
        ports.push(named(container.process.metrics_port(), metrics_port_name(container.process).into()));
    }
    ports
}

fn literal<'c>(name: impl Into<Node<'c>>, value: impl Into<Node<'c>>) -> Node<'c> {
    mapping([("name", name.into()), ("value", value.into())])
}

fn from<'c>(name: &'c str, source: Node<'c>) -> Node<'c> {
    mapping([("name", name.into()), ("valueFrom", source)])
}

fn field<'c>(path: impl Into<Node<'c>>) -> Node<'c> {
    mapping([("fieldRef", mapping([("fieldPath", path.into())]))])
}

/// The variables with the names of a container's pod, workload, namespace and executor.
fn identity<'c>(maker: &Maker<'c>) -> Vec<Node<'c>> {
    let component = maker.component;
    let node = if maker.has(Correction::NamesFromMetadata) && label_value(&component.node) == component.node {
        from(EXECUTOR_NAME, field(format!("metadata.labels['{NODE_LABEL}']")))
    } else {
        literal(EXECUTOR_NAME, &component.node)
    };
    let namespace = match maker.target.literal_namespace() {
        Some(namespace) => literal(NAMESPACE_NAME, namespace),
        None => from(NAMESPACE_NAME, field("metadata.namespace")),
    };
    vec![
        from(POD_UID, field("metadata.uid")),
        node,
        literal(component.workload_variable(), &component.name),
        namespace,
        from(POD_NAME, field("metadata.name")),
    ]
}
