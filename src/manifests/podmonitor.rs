//! `monitoring.coreos.com/v1 PodMonitor`: metrics of every container of a pod, without a Service.

use super::container::metrics_port_name;
use super::maker::{Maker, object};
use super::nodes::mapping;
use super::servicemonitor::{endpoint, monitor_metadata};
use crate::yaml::Node;

pub fn pod_monitor<'c>(maker: &Maker<'c>) -> Node<'c> {
    let containers = maker.component.containers.iter();
    let endpoints: Vec<Node<'c>> = containers.map(|container| endpoint(metrics_port_name(container.process), &maker.target)).collect();
    let spec = mapping([("podMetricsEndpoints", endpoints.into()), ("selector", maker.label_selector())]);
    object("monitoring.coreos.com/v1", "PodMonitor", monitor_metadata(maker), spec)
}
