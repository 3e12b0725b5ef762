//! One container of a pod.

use std::borrow::Cow;

use super::exposure::protocol_word;
use super::wiring::{Words, words};
use super::{Target, configmap, drain, labels, object, pod, podmonitor, probe, security, statefulset, texts, volumes};
use crate::config::corrections::{Correction, Corrections};
use crate::config::lists;
use crate::config::workload::Workload;
use crate::jina::setting::Protocol;
use crate::plan::{CONFIG_FILE, Component, Container, PORT, Process};
use crate::yaml::Node;

/// The container with its command, environment, ports and probes.
pub fn container<'c>(component: &'c Component, container: &'c Container, target: &Target<'c>) -> Node<'c> {
    let workload = &component.workload;
    let Words { args, addresses } = words(&container.args, target);
    let mut env = identity(component, target);
    env.extend(addresses.into_iter().map(|address| literal(address.variable, address.service)));
    env.extend(container.secrets.iter().map(|secret| {
        let key = object([("name", secret.secret.as_str().into()), ("key", secret.key.as_str().into())]);
        from(&secret.variable, object([("secretKeyRef", key)]))
    }));
    let config_map = object([("name", configmap::name(&component.name).into())]);
    let mut sources = vec![object([("configMapRef", config_map)])];
    sources.extend(workload.sources.iter().filter_map(volumes::variables));
    if security::moves_home(component) {
        env.push(literal("HOME", volumes::SCRATCH));
    }
    let mut value = object([
        ("name", container.process.name().into()),
        ("image", container.image.as_str().into()),
        ("imagePullPolicy", workload.pull_policy.as_deref().unwrap_or("IfNotPresent").into()),
        ("command", texts(["jina"])),
        ("args", texts(args)),
        ("ports", ports(component, container, target.corrections).into()),
        ("envFrom", sources.into()),
        ("env", env.into()),
    ]);
    if let Some(resources) = resources(workload, container) {
        value.set("resources", resources);
    }
    if let Some(context) = security::of_container(workload.security) {
        value.set("securityContext", context);
    }
    let mounts = volume_mounts(component, container);
    if !mounts.is_empty() {
        value.set("volumeMounts", mounts.into());
    }
    let probes = probe::probes(component, container, target.corrections);
    value.set("startupProbe", probes.startup);
    value.set("livenessProbe", probes.liveness);
    if let Some(action) = drain::pre_stop(component, target) {
        value.set("lifecycle", object([("preStop", action)]));
    }
    value
}

/// What is asked for every container, and the GPUs of the Flow, which go to one.
fn resources<'c>(workload: &'c Workload, container: &'c Container) -> Option<Node<'c>> {
    let mut resources: Option<Node<'c>> = workload.resources.clone();
    if let Some(gpus) = &container.gpus {
        let ours = object([("limits", object([("nvidia.com/gpu", gpus.as_str().into())]))]);
        match &mut resources {
            Some(known) if known.get("limits").is_some_and(|limits| limits.get("nvidia.com/gpu").is_some()) => {}
            Some(known) => lists::merge("", known, ours),
            None => resources = Some(ours),
        }
    }
    resources
}

fn volume_mounts<'c>(component: &'c Component, container: &Container) -> Vec<Node<'c>> {
    let mount = |name: Node<'c>, path: &'c str| object([("name", name), ("mountPath", path.into())]);
    let mut mounts = Vec::new();
    if let Some(storage) = &component.storage {
        let names = (0..).map(|place| statefulset::volume_name(&component.name, place));
        mounts.extend(names.zip(&storage.mount_paths).map(|(name, path)| mount(name.into(), path)));
    }
    if component.config.is_some() && matches!(container.process, Process::Executor | Process::Gateway) {
        let (folder, _) = CONFIG_FILE.rsplit_once('/').unwrap_or_default();
        mounts.push(mount(pod::CONFIG_VOLUME.into(), folder));
    }
    for source in &component.workload.sources {
        mounts.extend(source.mount_path.as_deref().map(|path| mount(volumes::name(source).into(), path)));
    }
    mounts.extend(security::workspace(component).map(|path| mount("workspace".into(), path)));
    if security::moves_home(component) {
        mounts.push(mount("tmp".into(), volumes::SCRATCH));
    }
    mounts
}

/// Every port that is served, under a name that is unique in the pod. Jina declares a port for each protocol of a gateway,
/// and only the first of an executor.
fn ports<'c>(component: &Component, container: &Container, corrections: Corrections) -> Vec<Node<'c>> {
    let port = |number: u16| object([("containerPort", number.into())]);
    if !corrections.has(Correction::DeclaredPorts) {
        return match container.process {
            Process::Gateway => (PORT..).zip(&component.protocols).map(|(number, _)| port(number)).collect(),
            _ => vec![port(container.port)],
        };
    }
    let named = |number: u16, name: Cow<'static, str>| object([("name", name.into()), ("containerPort", number.into())]);
    let mut ports = match container.process {
        Process::UsesBefore | Process::UsesAfter => vec![named(container.port, container.process.name().into())],
        Process::Gateway | Process::Executor => {
            let name = |place: usize, protocol: &Protocol| {
                let (again, word) = (component.protocols[..place].contains(protocol), protocol_word(*protocol));
                if again { format!("{word}-{place}").into() } else { word.into() }
            };
            let all = (PORT..).zip(component.protocols.iter().enumerate());
            all.map(|(number, (place, protocol))| named(number, name(place, protocol))).collect()
        }
    };
    if component.monitoring {
        ports.push(named(container.process.metrics_port(), podmonitor::port_name(container.process).into()));
    }
    ports
}

fn literal<'c>(name: impl Into<Node<'c>>, value: impl Into<Node<'c>>) -> Node<'c> {
    object([("name", name.into()), ("value", value.into())])
}

fn from<'c>(name: &'c str, source: Node<'c>) -> Node<'c> {
    object([("name", name.into()), ("valueFrom", source)])
}

fn field<'c>(path: impl Into<Node<'c>>) -> Node<'c> {
    object([("fieldRef", object([("fieldPath", path.into())]))])
}

/// What Jina tells a process about itself.
fn identity<'c>(component: &'c Component, target: &Target<'c>) -> Vec<Node<'c>> {
    let node = if target.corrections.has(Correction::NamesFromMetadata) && labels::label_value(&component.node) == component.node {
        from("JINA_DEPLOYMENT_NAME", field(format!("metadata.labels['{}']", pod::NODE_LABEL)))
    } else {
        literal("JINA_DEPLOYMENT_NAME", &component.node)
    };
    let workload = if component.storage.is_some() { "K8S_STATEFULSET_NAME" } else { "K8S_DEPLOYMENT_NAME" };
    let namespace = match target.literal_namespace() {
        Some(namespace) => literal("K8S_NAMESPACE_NAME", namespace),
        None => from("K8S_NAMESPACE_NAME", field("metadata.namespace")),
    };
    vec![
        from("POD_UID", field("metadata.uid")),
        node,
        literal(workload, &component.name),
        namespace,
        from("K8S_POD_NAME", field("metadata.name")),
    ]
}
