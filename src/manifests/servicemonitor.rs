//! `monitoring.coreos.com/v1 ServiceMonitor`: tells Prometheus' operator where the metrics are.

use super::{Target, app, metadata, object, texts};
use crate::plan::Component;
use crate::yaml::Node;

/// Without `namespaceSelector` a `ServiceMonitor` looks in its own namespace, wherever an overlay puts it.
pub fn service_monitor<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let mut metadata = metadata(&component.name, target);
    metadata.set("labels", app(&component.name));
    let mut spec = object([
        ("endpoints", vec![object([("port", "monitoring".into())])].into()),
        ("selector", object([("matchLabels", app(&component.name))])),
    ]);
    if let Some(namespace) = target.literal_namespace() {
        spec.set("namespaceSelector", object([("matchNames", texts([namespace]))]));
    }
    object([("apiVersion", "monitoring.coreos.com/v1".into()), ("kind", "ServiceMonitor".into()), ("metadata", metadata), ("spec", spec)])
}
