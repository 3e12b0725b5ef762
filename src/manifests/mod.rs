//! Components → Kubernetes objects, one file per kind or concern.
//!
//! Pure: everything is in the plan. Objects are nodes, keys in the order in which people write them; texts are borrowed
//! from the plan.

mod configmap;
mod container;
mod deployment;
mod pod;
mod probe;
mod service;
mod servicemonitor;
mod statefulset;
mod wiring;

use crate::config::corrections::{Correction, Corrections};
use crate::plan::Component;
use crate::yaml::{Data, Node};

/// Where the objects go and how they differ from Jina's.
#[derive(Debug, Clone, Copy)]
pub struct Target<'t> {
    /// `metadata.namespace` of every object.
    pub namespace: Option<&'t str>,
    /// The deliberate differences that apply.
    pub corrections: Corrections,
}

impl<'t> Target<'t> {
    /// The namespace where Jina copies it into an object.
    fn literal_namespace(&self) -> Option<&'t str> {
        self.namespace.filter(|_| !self.corrections.has(Correction::NoLiteralNamespace))
    }
}

/// An object, and what it is within its component.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'c> {
    /// Its role: its kind, with a number for the second and later ones of a kind.
    pub role: String,
    /// The object itself.
    pub node: Node<'c>,
}

/// The objects of one component, in the order in which Jina writes them into one file.
#[must_use]
pub fn objects<'c>(component: &'c Component, target: &Target<'c>) -> Vec<Object<'c>> {
    let new = |role: &str, node| Object { role: role.to_owned(), node };
    let mut objects = vec![new("ConfigMap", configmap::config_map(component, target))];
    if let Some(config) = &component.config {
        objects.push(new("ConfigMap.1", configmap::config_file(component, config, target)));
    }
    for (place, service) in service::services(component, target).into_iter().enumerate() {
        let role = if place == 0 { "Service".to_owned() } else { format!("Service.{place}") };
        objects.push(Object { role, node: service });
    }
    objects.push(match &component.storage {
        None => new("Deployment", deployment::deployment(component, target)),
        Some(storage) => new("StatefulSet", statefulset::stateful_set(component, storage, target)),
    });
    if component.monitoring {
        objects.push(new("ServiceMonitor", servicemonitor::service_monitor(component, target)));
    }
    objects
}

/// A mapping of these fields.
fn object<'c, const N: usize>(fields: [(&'static str, Node<'c>); N]) -> Node<'c> {
    Data::Map(fields.into_iter().map(|(name, value)| (Node::field(name), value)).collect()).into()
}

/// A list of strings.
fn texts<'c, T: Into<Node<'c>>>(texts: impl IntoIterator<Item = T>) -> Node<'c> {
    texts.into_iter().map(Into::into).collect::<Vec<_>>().into()
}

/// `metadata` with a name and, where there is one, the namespace.
fn metadata<'c>(name: impl Into<Node<'c>>, target: &Target<'c>) -> Node<'c> {
    let mut metadata = object([("name", name.into())]);
    if let Some(namespace) = target.namespace {
        metadata.set("namespace", namespace.into());
    }
    metadata
}

/// `matchLabels` or `selector` of a component's pods.
fn app<'c>(component: impl Into<Node<'c>>) -> Node<'c> {
    object([("app", component.into())])
}
