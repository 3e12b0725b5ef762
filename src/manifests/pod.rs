//! The pod template of Deployments and `StatefulSets`.

use serde_json::{Map, Value};

use super::{Target, container, object, set};
use crate::config::corrections::Correction;
use crate::plan::{Component, Role};

/// The label from which a pod learns the name of its executor in the Flow.
pub const NODE_LABEL: &str = "jina_deployment_name";

/// Labels, the mesh annotation that Jina ships, and the containers.
pub fn template(component: &Component, target: &Target<'_>) -> Value {
    let containers: Vec<Value> = component.containers.iter().map(|c| container::container(component, c, target)).collect();
    let mut spec = object([("containers", containers.into())]);
    if !component.pull_secrets.is_empty() {
        let secrets: Vec<Value> = component.pull_secrets.iter().map(|name| object([("name", name.as_str().into())])).collect();
        set(&mut spec, "imagePullSecrets", secrets.into());
    }
    let annotations = object([("linkerd.io/inject", "enabled".into())]);
    let metadata = object([("labels", labels(component, target).into()), ("annotations", annotations)]);
    object([("metadata", metadata), ("spec", spec)])
}

fn labels(component: &Component, target: &Target<'_>) -> Map<String, Value> {
    let (pod_type, shard) = match component.role {
        Role::Gateway => ("GATEWAY", String::new()),
        Role::Head => ("HEAD", String::new()),
        Role::Worker(shard) => ("WORKER", shard.to_string()),
    };
    let mut labels = Map::new();
    let mut label = |name: &str, value: &str| labels.insert(name.to_owned(), value.into());
    label("app", &component.name);
    label(NODE_LABEL, &label_value(&component.node));
    label("shard_id", &shard);
    label("pod_type", pod_type);
    if let Some(namespace) = target.namespace
        && !target.corrections.has(Correction::NoLiteralNamespace)
    {
        label("ns", namespace);
    }
    labels
}

/// A label's value begins and ends with a letter or digit and has only `-`, `_` and `.` besides; names of Deployments
/// may have slashes, names of nodes that Jina adds begin with `_`.
pub fn label_value(name: &str) -> String {
    let mapped: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect();
    mapped.trim_matches(['-', '_', '.']).to_owned()
}
