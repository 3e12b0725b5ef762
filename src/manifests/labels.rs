//! The metadata of objects: names, the labels by which overlays and people find them, annotations.

use std::borrow::Cow;

use super::{Target, object};
use crate::config::corrections::Correction;
use crate::plan::{Component, Role};
use crate::yaml::{Data, Node};

/// What ours are managed by.
const MANAGER: &str = "jinaflow";

/// `metadata` of an object of a component.
pub fn metadata<'c>(name: impl Into<Node<'c>>, component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let mut metadata = object([("name", name.into())]);
    if let Some(namespace) = target.namespace {
        metadata.set("namespace", namespace.into());
    }
    let mut labels = Vec::new();
    add_labels(&mut labels, component, target);
    if !labels.is_empty() {
        metadata.set("labels", Data::Map(labels).into());
    }
    if !component.workload.annotations.is_empty() {
        metadata.set("annotations", texts(&component.workload.annotations));
    }
    metadata
}

/// The labels of the contract, and the user's own behind them.
///
/// Kubernetes' recommended ones say what the parts of an application are; ours say it in the words of the Flow, so that
/// `flow.jina.ai/executor=indexer,flow.jina.ai/role=worker` is every shard of an indexer and not its head. No selector of
/// ours uses them: a Deployment's can never change.
pub fn add_labels<'c>(labels: &mut Vec<(Node<'c>, Node<'c>)>, component: &'c Component, target: &Target<'c>) {
    if target.corrections.has(Correction::ObjectLabels) {
        let node = label_value(&component.node);
        let (role, shard) = match component.role {
            Role::Gateway => ("gateway", None),
            Role::Head => ("head", None),
            Role::Worker(shard) => ("worker", Some(shard.to_string())),
        };
        let contract: [(&'static str, Node<'c>); 8] = [
            ("app.kubernetes.io/name", node.clone().into()),
            ("app.kubernetes.io/instance", target.flow.into()),
            ("app.kubernetes.io/component", role.into()),
            ("app.kubernetes.io/part-of", target.flow.into()),
            ("app.kubernetes.io/managed-by", MANAGER.into()),
            ("flow.jina.ai/flow", target.flow.into()),
            ("flow.jina.ai/executor", node.into()),
            ("flow.jina.ai/role", role.into()),
        ];
        labels.extend(contract.into_iter().map(|(name, value)| (Node::field(name), value)));
        labels.extend(shard.map(|shard| (Node::field("flow.jina.ai/shard"), shard.into())));
    }
    for (name, value) in &component.workload.labels {
        labels.retain(|(known, _)| known.as_text() != Some(name));
        labels.push((name.as_str().into(), value.as_str().into()));
    }
}

/// The label by which people know the Services and pods of a component; users may give it another value.
pub fn app<'c>(name: impl Into<Node<'c>>) -> Node<'c> {
    object([("app", name.into())])
}

/// A mapping from text to text.
pub fn texts(pairs: &[(String, String)]) -> Node<'_> {
    Data::Map(pairs.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect()).into()
}

/// A label's value begins and ends with a letter or digit, has only `-`, `_` and `.` besides, and at most 63 characters;
/// names of Deployments may have slashes, names of nodes that Jina adds begin with `_`.
pub fn label_value(name: &str) -> Cow<'_, str> {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_outer = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    if name.len() <= 63 && name.chars().all(is_inner) && is_outer(name.chars().next()) && is_outer(name.chars().next_back()) {
        return Cow::Borrowed(name);
    }
    let mapped: String = name.chars().map(|c| if is_inner(c) { c } else { '-' }).collect();
    let start = mapped.trim_start_matches(['-', '_', '.']);
    start[..start.len().min(63)].trim_end_matches(['-', '_', '.']).to_owned().into()
}
