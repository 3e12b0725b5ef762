//! One container of a pod.

use super::wiring::{Words, words};
use super::{Target, configmap, object, pod, probe, statefulset, texts};
use crate::config::corrections::Correction;
use crate::plan::{CONFIG_FILE, Component, Container, PORT, Process};
use crate::yaml::Node;

/// The container with its command, environment, ports and probes.
pub fn container<'c>(component: &'c Component, container: &'c Container, target: &Target<'c>) -> Node<'c> {
    let Words { args, addresses } = words(&container.args, target);
    let mut env = identity(component, target);
    env.extend(addresses.into_iter().map(|address| literal(address.variable, address.service)));
    env.extend(container.secrets.iter().map(|secret| {
        let key = object([("name", secret.secret.as_str().into()), ("key", secret.key.as_str().into())]);
        from(&secret.variable, object([("secretKeyRef", key)]))
    }));
    let config_map = object([("name", configmap::name(&component.name).into())]);
    let mut value = object([
        ("name", container.process.name().into()),
        ("image", container.image.as_str().into()),
        ("imagePullPolicy", "IfNotPresent".into()),
        ("command", texts(["jina"])),
        ("args", texts(args)),
        ("ports", ports(component, container).into()),
        ("envFrom", vec![object([("configMapRef", config_map)])].into()),
        ("env", env.into()),
    ]);
    if let Some(gpus) = &container.gpus {
        value.set("resources", object([("limits", object([("nvidia.com/gpu", gpus.as_str().into())]))]));
    }
    let mounts = volume_mounts(component, container);
    if !mounts.is_empty() {
        value.set("volumeMounts", mounts.into());
    }
    let probes = probe::probes(component, container, target.corrections);
    value.set("startupProbe", probes.startup);
    value.set("livenessProbe", probes.liveness);
    // Time for the Services to forget the pod before Jina stops taking requests.
    value.set("lifecycle", object([("preStop", object([("exec", object([("command", texts(["/bin/sh", "-c", "sleep 2"]))]))]))]));
    value
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
    mounts
}

/// A gateway declares a port for each protocol, an executor only its first.
fn ports<'c>(component: &Component, container: &Container) -> Vec<Node<'c>> {
    let port = |number: u16| object([("containerPort", number.into())]);
    match container.process {
        Process::Gateway => (PORT..).zip(&component.protocols).map(|(number, _)| port(number)).collect(),
        _ => vec![port(container.port)],
    }
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
    let node = if target.corrections.has(Correction::NamesFromMetadata) && pod::label_value(&component.node) == component.node {
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
