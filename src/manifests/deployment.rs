//! `apps/v1 Deployment`: gateways, heads, and executors without storage.

use super::{Target, app, metadata, object, pod};
use crate::plan::Component;
use crate::yaml::Node;

/// A rolling update that never has fewer pods than asked for.
pub fn rolling_update<'c>() -> Node<'c> {
    object([("type", "RollingUpdate".into()), ("rollingUpdate", object([("maxSurge", 1.into()), ("maxUnavailable", 0.into())]))])
}

/// The Deployment of a component.
pub fn deployment<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
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
