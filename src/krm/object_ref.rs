//! The identity of an object in an API server: its type, namespace and name.

use crate::yaml::Node;

/// Type, namespace and name of an object. A missing field is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectRef<'o> {
    /// `apiVersion`.
    pub api_version: &'o str,
    /// `kind`.
    pub kind: &'o str,
    /// `metadata.namespace`.
    pub namespace: &'o str,
    /// `metadata.name`.
    pub name: &'o str,
}

impl<'o> ObjectRef<'o> {
    /// Reads the identity of an object.
    pub fn of(object: &'o Node<'_>) -> Self {
        Self {
            api_version: object.text_at("apiVersion"),
            kind: object.text_at("kind"),
            namespace: object.text_at("metadata.namespace"),
            name: object.text_at("metadata.name"),
        }
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &'o str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The same identity with `default` for a missing namespace.
    pub fn effective(self) -> Self {
        Self { namespace: effective_namespace(self.namespace), ..self }
    }

    /// Whether both identities have the same kind, namespace and name. The version may differ.
    pub fn is_named_as(&self, other: &ObjectRef<'_>) -> bool {
        let (one, other) = (self.effective(), other.effective());
        (one.kind, one.namespace, one.name) == (other.kind, other.namespace, other.name)
    }
}

/// The namespace that kustomize assumes for an object: `default` if none is set (`resid.ResId.EffectiveNamespace`).
pub fn effective_namespace(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}
