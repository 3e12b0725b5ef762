//! `monitoring.coreos.com/v1 ServiceMonitor`: tells Prometheus' operator where the metrics are.

use serde_json::{Value, json};

use super::{Target, app, metadata, object, set};
use crate::config::corrections::Correction;
use crate::plan::Component;

/// Without `namespaceSelector` a `ServiceMonitor` looks in its own namespace, wherever an overlay puts it.
pub fn service_monitor(component: &Component, target: &Target<'_>) -> Value {
    let mut metadata = metadata(&component.name, target);
    set(&mut metadata, "labels", app(&component.name));
    let mut spec =
        object([("endpoints", json!([{ "port": "monitoring" }])), ("selector", object([("matchLabels", app(&component.name))]))]);
    if let Some(namespace) = target.namespace
        && !target.corrections.has(Correction::NoLiteralNamespace)
    {
        set(&mut spec, "namespaceSelector", json!({ "matchNames": [namespace] }));
    }
    object([("apiVersion", "monitoring.coreos.com/v1".into()), ("kind", "ServiceMonitor".into()), ("metadata", metadata), ("spec", spec)])
}
