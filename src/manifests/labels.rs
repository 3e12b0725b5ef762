//! The labels of objects, and the selectors that find pods by labels.

use std::borrow::Cow;

use super::nodes::mapping;
use super::target::Target;
use crate::config::corrections::Correction;
use crate::plan::Component;
use crate::yaml::Node;

/// The value of `app.kubernetes.io/managed-by`.
const MANAGER: &str = "jinaflow";

/// The label that selects the pods and the Service of a component. The key is jinaflow's own: users and overlays set
/// `app` and the labels that Kubernetes recommends on every object (kubernetes-sigs/kustomize issues 157, 1009, 2740).
/// The value is the name of the component's Service, which kustomize follows through renames
/// (`functions/jinaflow/kustomizeconfig.yaml`).
pub const COMPONENT: &str = "flow.jina.ai/component";

/// The label of a pod whose value is the name of the executor in the Flow.
pub const NODE_LABEL: &str = "jina_deployment_name";

/// The longest value of a label.
const LONGEST_VALUE: usize = 63;

/// The selector of a component's pods. Jina selects by `app`.
pub fn selector<'c>(component: &'c str, target: &Target<'_>) -> Node<'c> {
    let key = if target.corrections.has(Correction::OwnSelectors) { COMPONENT } else { "app" };
    mapping([(key, component.into())])
}

/// Adds the labels that jinaflow documents, then the labels of the user.
///
/// The labels that Kubernetes recommends are for tools that show applications, and meshes name workloads after the first one.
/// jinaflow's own labels describe the parts of the Flow: `flow.jina.ai/executor=indexer,flow.jina.ai/role=worker` selects every
/// shard of an indexer and not the head. No generated selector uses these labels, because the selector of a Deployment is immutable.
/// `app.kubernetes.io/instance` and `app.kubernetes.io/component` would say the same as `part-of` and `flow.jina.ai/role`.
pub fn add_labels<'c>(labels: &mut Vec<(Node<'c>, Node<'c>)>, component: &'c Component, target: &Target<'c>) {
    if target.corrections.has(Correction::ObjectLabels) {
        let node = label_value(&component.node);
        let role = component.role.word();
        let documented: [(&'static str, Node<'c>); 6] = [
            ("app.kubernetes.io/name", node.clone().into()),
            ("app.kubernetes.io/part-of", target.flow.into()),
            ("app.kubernetes.io/managed-by", MANAGER.into()),
            ("flow.jina.ai/flow", target.flow.into()),
            ("flow.jina.ai/executor", node.into()),
            ("flow.jina.ai/role", role.into()),
        ];
        labels.extend(documented.into_iter().map(|(name, value)| (Node::field(name), value)));
        let shard = component.role.shard().map(|shard| shard.to_string());
        labels.extend(shard.map(|shard| (Node::field("flow.jina.ai/shard"), shard.into())));
    }
    for (name, value) in &component.workload.labels {
        replace_label(labels, name, value);
    }
}

/// Adds a label, and removes labels with the same name.
pub fn replace_label<'c>(labels: &mut Vec<(Node<'c>, Node<'c>)>, name: &'c str, value: &'c str) {
    labels.retain(|(known, _)| known.as_text() != Some(name));
    labels.push((name.into(), value.into()));
}

/// The name as a valid label value. A label value starts and ends with a letter or digit, may also contain `-`, `_` and
/// `.`, and has at most 63 characters. Names of Deployments may contain slashes, and the nodes that Jina adds start with
/// `_`.
pub fn label_value(name: &str) -> Cow<'_, str> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_outer = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    if name.len() <= LONGEST_VALUE && name.chars().all(is_inner) && is_outer(name.chars().next()) && is_outer(name.chars().next_back()) {
        return Cow::Borrowed(name);
    }
    let mapped: String = name.chars().map(|c| if is_inner(c) { c } else { '-' }).collect();
    let start = mapped.trim_start_matches(['-', '_', '.']);
    start[..start.len().min(LONGEST_VALUE)].trim_end_matches(['-', '_', '.']).to_owned().into()
}
