//! Components → Kubernetes objects, one file per kind or concern.
//!
//! Pure: everything is in the plan. Objects are nodes, keys in the order in which people write them; texts are borrowed
//! from the plan.

mod drain;
pub mod fingerprint;
pub mod labels;
mod autoscaler;
mod configmap;
mod disruptionbudget;
pub mod exposure;
mod namespace;
mod networkpolicy;
pub mod patch;
mod probe;
mod security;
mod service;
mod servicemonitor;
mod podmonitor;
mod wiring;
mod container;
mod deployment;
mod pod;
mod statefulset;
mod volumes;

use crate::config::Mesh;
use crate::config::corrections::{Correction, Corrections};
use crate::config::scope::Scope;
use crate::plan::Component;
use crate::yaml::{Data, Node};

/// Where the objects go and how they differ from Jina's.
#[derive(Debug, Clone, Copy)]
pub struct Target<'t> {
    /// `metadata.namespace` of every object.
    pub namespace: Option<&'t str>,
    /// The deliberate differences that apply.
    pub corrections: Corrections,
    /// The name of the Flow, as a label's value.
    pub flow: &'t str,
    /// Who spreads requests over replicas.
    pub mesh: Mesh,
    /// What concerns the Flow as a whole.
    pub scope: &'t Scope,
    /// The component beside which objects of the whole Flow stand.
    pub first: &'t str,
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

/// The objects of one component, those of Jina in the order in which it writes them into one file.
pub fn objects<'c>(component: &'c Component, target: &Target<'c>) -> Vec<Object<'c>> {
    let mut objects = unpatched(component, target);
    if !target.scope.patches.is_empty() {
        let patched = |object: Object<'c>| Object { role: object.role, node: patch::apply(object.node, component, target) };
        objects = objects.into_iter().map(patched).collect();
    }
    objects
}

/// The objects before anybody patches them.
fn unpatched<'c>(component: &'c Component, target: &Target<'c>) -> Vec<Object<'c>> {
    let workload = &component.workload;
    let mut objects = Vec::new();
    let mut add = |role: &str, node: Option<Node<'c>>| objects.extend(node.map(|node| Object { role: role.to_owned(), node }));
    if let (Some(wanted), Some(name)) = (&target.scope.namespace, target.namespace)
        && target.first == component.name
    {
        add("Namespace", Some(namespace::namespace(name, wanted, target)));
    }
    add("ConfigMap", Some(configmap::config_map(component, target)));
    add("ConfigMap.1", component.config.as_ref().map(|config| configmap::config_file(component, config, target)));
    for (place, service) in service::services(component, target).into_iter().enumerate() {
        let role = if place == 0 { "Service".to_owned() } else { format!("Service.{place}") };
        add(&role, Some(service));
    }
    match &component.storage {
        None => add("Deployment", Some(deployment::deployment(component, target))),
        Some(storage) => add("StatefulSet", Some(statefulset::stateful_set(component, storage, target))),
    }
    if component.monitoring {
        if target.scope.monitoring.as_ref().is_some_and(|monitoring| monitoring.of_pods) {
            add("PodMonitor", Some(podmonitor::pod_monitor(component, target)));
        } else {
            add("ServiceMonitor", Some(servicemonitor::service_monitor(component, target)));
        }
    }
    if let Some(autoscale) = &workload.autoscale {
        let (kind, node) = autoscaler::autoscaler(component, autoscale, target);
        add(kind, Some(node));
    }
    add("PodDisruptionBudget", disruptionbudget::disruption_budget(component, target));
    if let Some(policy) = &target.scope.network {
        add("NetworkPolicy", Some(networkpolicy::network_policy(component, policy, target)));
    }
    add("Service.exposed", workload.expose.as_ref().and_then(|expose| exposure::service(component, expose, target)));
    add("Ingress", workload.ingress.as_ref().and_then(|ingress| exposure::ingress(component, ingress, target)));
    for (kind, route) in [("HTTPRoute", &workload.http_route), ("GRPCRoute", &workload.grpc_route)] {
        add(kind, route.as_ref().and_then(|route| exposure::route(kind, component, route, target)));
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

/// The label by which everything here finds the pods and the Service of a component. It is a key of our own: `app`, and
/// what Kubernetes recommends, are what people and overlays set for everything (kubernetes-sigs/kustomize issues 157, 1009,
/// 2740). Its value is the name of the component's Service, which kustomize follows through renames
/// (`functions/jinaflow/kustomizeconfig.yaml`).
const COMPONENT: &str = "flow.jina.ai/component";

/// `matchLabels` or `selector` of a component's pods; Jina's own is `app`.
fn selector<'c>(component: impl Into<Node<'c>>, target: &Target<'_>) -> Node<'c> {
    let key = if target.corrections.has(Correction::OwnSelectors) { COMPONENT } else { "app" };
    object([(key, component.into())])
}
