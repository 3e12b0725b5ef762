//! `monitoring.coreos.com/v1 ServiceMonitor`: tells Prometheus' operator where the metrics are.

use serde_json::{Value, json};

use super::{Target, metadata, set};
use crate::config::corrections::Correction;
use crate::plan::Component;

/// Without `namespaceSelector` a ServiceMonitor looks in its own namespace, wherever an overlay puts it.
pub fn service_monitor(component: &Component, target: &Target<'_>) -> Value {
    let mut metadata = metadata(&component.name, target);
    set(&mut metadata, "labels", json!({ "app": component.name }));
    let mut spec = json!({
        "endpoints": [{ "port": "monitoring" }],
        "selector": { "matchLabels": { "app": component.name } },
    });
    if let Some(namespace) = target.namespace
        && !target.corrections.has(Correction::NoLiteralNamespace)
    {
        set(&mut spec, "namespaceSelector", json!({ "matchNames": [namespace] }));
    }
    json!({
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": metadata,
        "spec": spec,
    })
}
