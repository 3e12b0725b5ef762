//! One container of a pod.

use serde_json::{Value, json};

use super::wiring::{Words, words};
use super::{Target, configmap, pod, probe, set, statefulset};
use crate::config::corrections::Correction;
use crate::plan::{Component, Container, PORT, Process};

/// The container with its command, environment, ports and probes.
pub fn container(component: &Component, container: &Container, target: &Target<'_>) -> Value {
    let Words { args, addresses } = words(&container.args, target);
    let mut env = identity(component, target);
    env.extend(addresses.into_iter().map(|address| json!({ "name": address.variable, "value": address.service })));
    env.extend(container.secrets.iter().map(|secret| {
        json!({
            "name": secret.variable,
            "valueFrom": { "secretKeyRef": { "name": secret.secret, "key": secret.key } },
        })
    }));
    let mut value = json!({
        "name": container.process.name(),
        "image": container.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["jina"],
        "args": args,
        "ports": ports(component, container),
        "envFrom": [{ "configMapRef": { "name": configmap::name(&component.name) } }],
        "env": env,
    });
    if let Some(gpus) = &container.gpus {
        set(&mut value, "resources", json!({ "limits": { "nvidia.com/gpu": gpus } }));
    }
    if let Some(storage) = &component.storage {
        let mount = json!({ "name": statefulset::volume_name(&component.name), "mountPath": storage.mount_path });
        set(&mut value, "volumeMounts", json!([mount]));
    }
    let probes = probe::probes(component, container, target.corrections);
    set(&mut value, "startupProbe", probes.startup);
    set(&mut value, "livenessProbe", probes.liveness);
    // Time for the Services to forget the pod before Jina stops taking requests.
    set(&mut value, "lifecycle", json!({ "preStop": { "exec": { "command": ["/bin/sh", "-c", "sleep 2"] } } }));
    value
}

/// A gateway declares a port for each protocol, an executor only its first.
fn ports(component: &Component, container: &Container) -> Vec<Value> {
    match container.process {
        Process::Gateway => (PORT..).zip(&component.protocols).map(|(port, _)| json!({ "containerPort": port })).collect(),
        _ => vec![json!({ "containerPort": container.port })],
    }
}

/// What Jina tells a process about itself.
fn identity(component: &Component, target: &Target<'_>) -> Vec<Value> {
    let field = |path: &str| json!({ "fieldRef": { "fieldPath": path } });
    let literal = |name: &str, value: &str| json!({ "name": name, "value": value });
    let node = if target.corrections.has(Correction::NamesFromMetadata) && pod::label_value(&component.node) == component.node {
        json!({ "name": "JINA_DEPLOYMENT_NAME", "valueFrom": field(&format!("metadata.labels['{}']", pod::NODE_LABEL)) })
    } else {
        literal("JINA_DEPLOYMENT_NAME", &component.node)
    };
    let workload = if component.storage.is_some() { "K8S_STATEFULSET_NAME" } else { "K8S_DEPLOYMENT_NAME" };
    let namespace = match target.namespace {
        Some(namespace) if !target.corrections.has(Correction::NoLiteralNamespace) => literal("K8S_NAMESPACE_NAME", namespace),
        _ => json!({ "name": "K8S_NAMESPACE_NAME", "valueFrom": field("metadata.namespace") }),
    };
    vec![
        json!({ "name": "POD_UID", "valueFrom": field("metadata.uid") }),
        node,
        literal(workload, &component.name),
        namespace,
        json!({ "name": "K8S_POD_NAME", "valueFrom": field("metadata.name") }),
    ]
}
