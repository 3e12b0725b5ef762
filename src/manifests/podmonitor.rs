//! `monitoring.coreos.com/v1 PodMonitor`: metrics of every container of a pod, without a Service.

use super::servicemonitor::{endpoint, monitor_metadata};
use super::{Target, object, selector};
use crate::plan::{Component, Process};
use crate::yaml::Node;

/// The name of a container's port of metrics; names of ports have at most 15 characters.
pub fn port_name(process: Process) -> &'static str {
    match process {
        Process::Gateway | Process::Executor => "monitoring",
        Process::UsesBefore => "before-metrics",
        Process::UsesAfter => "after-metrics",
    }
}

/// The PodMonitor of a component.
pub fn pod_monitor<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let endpoints: Vec<Node<'c>> = component.containers.iter().map(|container| endpoint(port_name(container.process), target)).collect();
    let spec =
        object([("podMetricsEndpoints", endpoints.into()), ("selector", object([("matchLabels", selector(&component.name, target))]))]);
    object([
        ("apiVersion", "monitoring.coreos.com/v1".into()),
        ("kind", "PodMonitor".into()),
        ("metadata", monitor_metadata(component, target)),
        ("spec", spec),
    ])
}
