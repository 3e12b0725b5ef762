//! `apps/v1 Deployment`: gateways, heads, and executors without storage.

use serde_json::{Value, json};

use super::{Target, app, metadata, object, pod};
use crate::plan::Component;

/// A rolling update that never has fewer pods than asked for.
pub fn rolling_update() -> Value {
    json!({ "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } })
}

/// The Deployment of a component.
pub fn deployment(component: &Component, target: &Target<'_>) -> Value {
    let spec = object([
        ("replicas", component.replicas.into()),
        ("strategy", rolling_update()),
        ("selector", object([("matchLabels", app(&component.name))])),
        ("template", pod::template(component, target)),
    ]);
    object([
        ("apiVersion", "apps/v1".into()),
        ("kind", "Deployment".into()),
        ("metadata", metadata(&component.name, target)),
        ("spec", spec),
    ])
}
