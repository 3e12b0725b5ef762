//! `monitoring.coreos.com/v1 ServiceMonitor`: tells Prometheus' operator where the metrics are.

use super::labels::{add_labels, app, metadata};
use super::{Target, object, selector, texts};
use crate::plan::Component;
use crate::yaml::{Data, Node};

/// The metadata of what Prometheus' operator looks for by its labels.
pub fn monitor_metadata<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let mut metadata = metadata(&component.name, component, target);
    let mut labels = app(component.name.as_str());
    if let Data::Map(pairs) = &mut labels.data {
        add_labels(pairs, component, target);
        let wanted = target.scope.monitoring.iter().flat_map(|monitoring| &monitoring.labels);
        for (name, value) in wanted {
            pairs.retain(|(known, _)| known.as_text() != Some(name));
            pairs.push((name.as_str().into(), value.as_str().into()));
        }
    }
    metadata.set("labels", labels);
    metadata
}

/// A port, by its name, and how often it is read.
pub fn endpoint<'c>(port: &'static str, target: &Target<'c>) -> Node<'c> {
    let mut endpoint = object([("port", port.into())]);
    if let Some(interval) = target.scope.monitoring.as_ref().and_then(|monitoring| monitoring.interval.as_deref()) {
        endpoint.set("interval", interval.into());
    }
    endpoint
}

/// Without `namespaceSelector` a `ServiceMonitor` looks in its own namespace, wherever an overlay puts it.
pub fn service_monitor<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let metadata = monitor_metadata(component, target);
    let mut spec = object([
        ("endpoints", vec![endpoint("monitoring", target)].into()),
        ("selector", object([("matchLabels", selector(&component.name, target))])),
    ]);
    if let Some(namespace) = target.literal_namespace() {
        spec.set("namespaceSelector", object([("matchNames", texts([namespace]))]));
    }
    object([("apiVersion", "monitoring.coreos.com/v1".into()), ("kind", "ServiceMonitor".into()), ("metadata", metadata), ("spec", spec)])
}
