//! The pod template of Deployments and `StatefulSets`.

use super::{Target, configmap, container, object};
use crate::plan::{Component, Role};
use crate::yaml::Node;

/// The label from which a pod learns the name of its executor in the Flow.
pub const NODE_LABEL: &str = "jina_deployment_name";

/// The volume of an inline configuration.
pub const CONFIG_VOLUME: &str = "config";

/// Labels, the mesh annotation that Jina ships, and the containers.
pub fn template<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let containers: Vec<Node<'c>> = component.containers.iter().map(|c| container::container(component, c, target)).collect();
    let mut spec = object([("containers", containers.into())]);
    if !component.pull_secrets.is_empty() {
        let secrets: Vec<Node<'c>> = component.pull_secrets.iter().map(|name| object([("name", name.as_str().into())])).collect();
        spec.set("imagePullSecrets", secrets.into());
    }
    if component.config.is_some() {
        let config_map = object([("name", configmap::config_name(&component.name).into())]);
        spec.set("volumes", vec![object([("name", CONFIG_VOLUME.into()), ("configMap", config_map)])].into());
    }
    let annotations = object([("linkerd.io/inject", "enabled".into())]);
    let metadata = object([("labels", labels(component, target)), ("annotations", annotations)]);
    object([("metadata", metadata), ("spec", spec)])
}

fn labels<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let (pod_type, shard) = match component.role {
        Role::Gateway => ("GATEWAY", String::new()),
        Role::Head => ("HEAD", String::new()),
        Role::Worker(shard) => ("WORKER", shard.to_string()),
    };
    let mut labels = object([
        ("app", component.name.as_str().into()),
        (NODE_LABEL, label_value(&component.node).into()),
        ("shard_id", shard.into()),
        ("pod_type", pod_type.into()),
    ]);
    if let Some(namespace) = target.literal_namespace() {
        labels.set("ns", namespace.into());
    }
    labels
}

/// A label's value begins and ends with a letter or digit and has only `-`, `_` and `.` besides; names of Deployments
/// may have slashes, names of nodes that Jina adds begin with `_`.
pub fn label_value(name: &str) -> String {
    let mapped: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect();
    mapped.trim_matches(['-', '_', '.']).to_owned()
}
