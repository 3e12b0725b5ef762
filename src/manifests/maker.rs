//! The parts that all objects of a component have in common.

use super::labels::{add_labels, selector};
use super::nodes::{mapping, string_map};
use super::target::Target;
use crate::config::Mesh;
use crate::config::corrections::Correction;
use crate::config::kubernetes::Kubernetes;
use crate::plan::{Component, Container, Process};
use crate::yaml::{Data, Node};

/// A component that is rendered, and the settings of its Flow.
#[derive(Clone, Copy)]
pub struct Maker<'c> {
    pub component: &'c Component,
    pub target: Target<'c>,
}

impl<'c> Maker<'c> {
    /// Whether a deliberate difference from Jina applies.
    pub fn has(&self, correction: Correction) -> bool {
        self.target.corrections.has(correction)
    }

    /// Whether a container is a native sidecar: an init container that runs until the pod ends. The proxy of a mesh may start
    /// after the init containers, and they then have no network.
    pub fn is_sidecar(&self, container: &Container) -> bool {
        let is_beside = matches!(container.process, Process::UsesBefore | Process::UsesAfter);
        is_beside && self.has(Correction::NativeSidecars) && self.target.mesh == Mesh::None && self.target.scope.has(Kubernetes::SIDECARS)
    }

    /// An object with the metadata of the component.
    pub fn object(&self, api_version: &'static str, kind: &'static str, name: &'c str, spec: Node<'c>) -> Node<'c> {
        object(api_version, kind, self.metadata(name), spec)
    }

    /// `metadata` of an object of the component.
    pub fn metadata(&self, name: impl Into<Node<'c>>) -> Node<'c> {
        let mut metadata = mapping([("name", name.into())]);
        if let Some(namespace) = self.target.namespace {
            metadata.set("namespace", namespace.into());
        }
        let mut labels = Vec::new();
        add_labels(&mut labels, self.component, &self.target);
        if !labels.is_empty() {
            metadata.set("labels", Data::Map(labels).into());
        }
        if !self.component.workload.annotations.is_empty() {
            metadata.set("annotations", string_map(&self.component.workload.annotations));
        }
        metadata
    }

    /// The selector of the component's pods.
    pub fn selector(&self) -> Node<'c> {
        selector(&self.component.name, &self.target)
    }

    /// A `LabelSelector` of the component's pods.
    pub fn label_selector(&self) -> Node<'c> {
        mapping([("matchLabels", self.selector())])
    }
}

/// Builds an object from its metadata and its `spec`.
pub fn object<'c>(api_version: &'static str, kind: &'static str, metadata: Node<'c>, spec: Node<'c>) -> Node<'c> {
    mapping([("apiVersion", api_version.into()), ("kind", kind.into()), ("metadata", metadata), ("spec", spec)])
}
