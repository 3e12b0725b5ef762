//! The objects of one component.

use super::maker::Maker;
use super::target::Target;
use super::{
    autoscaler, configmap, deployment, disruptionbudget, exposure, namespace, networkpolicy, podmonitor, service, servicemonitor,
    statefulset,
};
use crate::plan::Component;
use crate::yaml::Node;

/// An object, and its role within its component.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'c> {
    /// The kind of the object. The second and later objects of a kind have a number too.
    pub role: String,
    /// The object itself.
    pub node: Node<'c>,
}

/// The objects of a component before patches. Jina's objects are in the order in which Jina writes them into one file.
pub fn objects<'c>(component: &'c Component, target: &Target<'c>) -> Vec<Object<'c>> {
    let maker = Maker { component, target: *target };
    let workload = &component.workload;
    let mut objects = Vec::new();
    let mut add = |role: &str, node: Option<Node<'c>>| objects.extend(node.map(|node| Object { role: role.to_owned(), node }));
    if let (Some(settings), Some(name)) = (&target.scope.namespace, target.namespace)
        && target.first == component.name
    {
        add("Namespace", Some(namespace::namespace(name, settings, target)));
    }
    add("ConfigMap", Some(configmap::config_map(&maker)));
    add("ConfigMap.1", component.config.as_ref().map(|config| configmap::config_file(&maker, config)));
    for (place, service) in service::services(&maker).into_iter().enumerate() {
        let role = if place == 0 { "Service".to_owned() } else { format!("Service.{place}") };
        add(&role, Some(service));
    }
    match &component.storage {
        None => add("Deployment", Some(deployment::deployment(&maker))),
        Some(storage) => add("StatefulSet", Some(statefulset::stateful_set(&maker, storage))),
    }
    if component.monitoring {
        if target.scope.monitoring.as_ref().is_some_and(|monitoring| monitoring.of_pods) {
            add("PodMonitor", Some(podmonitor::pod_monitor(&maker)));
        } else {
            add("ServiceMonitor", Some(servicemonitor::service_monitor(&maker)));
        }
    }
    if let Some(autoscale) = &workload.autoscale {
        add(autoscaler::kind(autoscale), Some(autoscaler::autoscaler(&maker, autoscale)));
    }
    add("PodDisruptionBudget", disruptionbudget::disruption_budget(&maker));
    if let Some(policy) = &target.scope.network {
        add("NetworkPolicy", Some(networkpolicy::network_policy(&maker, policy)));
    }
    add("Service.exposed", workload.expose.as_ref().and_then(|expose| exposure::service(&maker, expose)));
    add("Ingress", workload.ingress.as_ref().and_then(|ingress| exposure::ingress(&maker, ingress)));
    for (kind, route) in [("HTTPRoute", &workload.http_route), ("GRPCRoute", &workload.grpc_route)] {
        add(kind, route.as_ref().and_then(|route| exposure::route(kind, &maker, route)));
    }
    objects
}
