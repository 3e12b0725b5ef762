//! `monitoring.coreos.com/v1 ServiceMonitor`: points Prometheus Operator to the metrics.

use super::labels::{add_labels, replace_label};
use super::maker::{Maker, object};
use super::nodes::{mapping, strings};
use super::target::Target;
use crate::yaml::{Data, Node};

/// The metadata of a monitor, which Prometheus Operator selects by its labels.
pub fn monitor_metadata<'c>(maker: &Maker<'c>) -> Node<'c> {
    let component = maker.component;
    let mut metadata = maker.metadata(&component.name);
    let mut labels = vec![(Node::field("app"), component.name.as_str().into())];
    add_labels(&mut labels, component, &maker.target);
    for (name, value) in maker.target.scope.monitoring.iter().flat_map(|monitoring| &monitoring.labels) {
        replace_label(&mut labels, name, value);
    }
    metadata.set("labels", Data::Map(labels).into());
    metadata
}

/// The name of a port, and the interval between two scrapes.
pub fn endpoint<'c>(port: &'static str, target: &Target<'c>) -> Node<'c> {
    let mut endpoint = mapping([("port", port.into())]);
    if let Some(interval) = target.scope.monitoring.as_ref().and_then(|monitoring| monitoring.interval.as_deref()) {
        endpoint.set("interval", interval.into());
    }
    endpoint
}

/// The ServiceMonitor of a component. Without `namespaceSelector` it selects Services of its namespace, even after an
/// overlay changes the namespace.
pub fn service_monitor<'c>(maker: &Maker<'c>) -> Node<'c> {
    let mut spec = mapping([("endpoints", vec![endpoint("monitoring", &maker.target)].into()), ("selector", maker.label_selector())]);
    if let Some(namespace) = maker.target.literal_namespace() {
        spec.set("namespaceSelector", mapping([("matchNames", strings([namespace]))]));
    }
    object("monitoring.coreos.com/v1", "ServiceMonitor", monitor_metadata(maker), spec)
}
