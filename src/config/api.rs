//! The API group of jinaflow and its two kinds.

use crate::finding::{Code, Finding};
use crate::yaml::Node;

/// The kind of the config that renders a Flow.
pub const KIND: &str = "JinaFlow";

/// The kind of the config that only checks.
pub const CHECK_KIND: &str = "JinaFlowCheck";

/// `apiVersion` of both kinds.
pub const API_VERSION: &str = "flow.jina.ai/v1alpha1";

/// The API group of both kinds, and the domain of jinaflow's annotations and labels.
pub const GROUP: &str = "flow.jina.ai";

/// Whether a node is a `JinaFlow`, in any version.
pub fn is_jina_flow(node: &Node<'_>) -> bool {
    kind_in_group(node).is_some_and(|kind| kind.as_text() == Some(KIND))
}

/// The `kind` of an object of [`GROUP`].
fn kind_in_group<'n, 't>(node: &'n Node<'t>) -> Option<&'n Node<'t>> {
    let version = node.get("apiVersion").and_then(Node::as_text)?;
    node.get("kind").filter(|_| version.split('/').next() == Some(GROUP))
}

/// The error for an object of [`GROUP`] with an unknown kind, which would be ignored otherwise.
pub fn unknown_kind(node: &Node<'_>) -> Option<Finding> {
    let kind = kind_in_group(node)?;
    let known = [KIND, CHECK_KIND];
    let name = kind.as_text().filter(|name| !known.contains(name))?;
    let finding = Code::UnknownKind.error("kind", format!("is not a kind of {GROUP}"));
    Some(finding.suggest(name, known.into_iter()).got(name).at(kind.mark))
}
