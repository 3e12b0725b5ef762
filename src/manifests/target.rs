//! The settings of a Flow that all of its objects share.

use crate::config::Mesh;
use crate::config::corrections::{Correction, Corrections};
use crate::config::scope::Scope;

/// Where the objects go, and how they differ from those of Jina.
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
    /// The component whose objects come first. Objects of the whole Flow are written beside it.
    pub first: &'t str,
}

impl<'t> Target<'t> {
    /// The namespace, if it is written into `spec` as Jina does.
    pub fn literal_namespace(&self) -> Option<&'t str> {
        self.namespace.filter(|_| !self.corrections.has(Correction::NoLiteralNamespace))
    }
}
