//! What makes two objects one to an API server.

use crate::yaml::Node;

/// Type, namespace and name of an object.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'o> {
    /// `apiVersion`.
    pub api_version: &'o str,
    /// `kind`.
    pub kind: &'o str,
    /// The namespace that the object is taken to be in.
    pub namespace: &'o str,
    /// `metadata.name`.
    pub name: &'o str,
}

impl<'o> Identity<'o> {
    /// Reads what is there; what is missing stays empty.
    pub fn of(object: &'o Node<'_>) -> Self {
        let text = |node: Option<&'o Node<'_>>| node.and_then(Node::as_text).unwrap_or_default();
        let metadata = |name: &str| text(object.get("metadata").and_then(|metadata| metadata.get(name)));
        Self {
            api_version: text(object.get("apiVersion")),
            kind: text(object.get("kind")),
            namespace: effective(metadata("namespace")),
            name: metadata("name"),
        }
    }

    /// Whether both have one kind, namespace and name.
    pub fn is_named_as(&self, other: &Identity<'_>) -> bool {
        (self.kind, self.namespace, self.name) == (other.kind, other.namespace, other.name)
    }
}

/// The namespace that an object without one is taken to be in (kustomize, `resid.ResId.EffectiveNamespace`).
pub fn effective(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}
