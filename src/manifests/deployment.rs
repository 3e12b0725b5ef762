//! `apps/v1 Deployment`: gateways, heads, and executors without storage.

use serde_json::{Value, json};

use super::{Target, metadata, pod};
use crate::plan::Component;

/// A rolling update that never has fewer pods than asked for.
pub fn rolling_update() -> Value {
    json!({ "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } })
}

/// The Deployment of a component.
pub fn deployment(component: &Component, target: &Target<'_>) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(&component.name, target),
        "spec": {
            "replicas": component.replicas,
            "strategy": rolling_update(),
            "selector": { "matchLabels": { "app": component.name } },
            "template": pod::template(component, target),
        },
    })
}
