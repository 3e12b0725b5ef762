//! The settings that all objects of a Flow share.

use crate::config::Mesh;
use crate::config::corrections::{Correction, Corrections};
use crate::config::scope::Scope;

/// The namespace of the objects, and the settings that change the objects.
#[derive(Debug, Clone, Copy)]
pub struct Target<'t> {
    /// `metadata.namespace` of every object.
    pub namespace: Option<&'t str>,
    /// The deliberate differences from Jina that apply.
    pub corrections: Corrections,
    /// The name of the Flow, as the value of a label.
    pub flow: &'t str,
    /// The mesh that balances requests over replicas.
    pub mesh: Mesh,
    /// The fields of the JinaFlow that concern the Flow as a whole.
    pub scope: &'t Scope,
    /// The component whose objects come first. Objects of the whole Flow are next to the objects of this component.
    pub first: &'t str,
}

impl<'t> Target<'t> {
    /// The namespace, if `spec` contains it as in Jina's export.
    pub fn literal_namespace(&self) -> Option<&'t str> {
        self.namespace.filter(|_| !self.corrections.has(Correction::NoLiteralNamespace))
    }
}
