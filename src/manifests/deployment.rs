//! `apps/v1 Deployment`: gateways, heads, and executors without storage.

use super::{Target, object, pod, selector};
use crate::config::workload::Fragment;
use crate::plan::Component;
use crate::yaml::Node;

/// A rolling update that never has fewer pods than asked for, unless the config says otherwise.
pub fn rolling_update(component: &Component) -> Node<'_> {
    let (surge, unavailable) = &component.workload.rolling_update;
    let or = |given: &Option<Fragment>, default: i32| given.clone().unwrap_or_else(|| default.into());
    let settings = object([("maxSurge", or(surge, 1)), ("maxUnavailable", or(unavailable, 0))]);
    object([("type", "RollingUpdate".into()), ("rollingUpdate", settings)])
}

/// The number of pods, which an autoscaler decides where there is one.
pub fn replicas<'c>(component: &Component) -> Node<'c> {
    match component.workload.autoscale {
        None => object([("replicas", component.replicas.into())]),
        Some(_) => object([]),
    }
}

/// The Deployment of a component.
pub fn deployment<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    let mut spec = replicas(component);
    spec.set("strategy", rolling_update(component));
    spec.set("selector", object([("matchLabels", selector(&component.name, target))]));
    spec.set("template", pod::template(component, target));
    object([
        ("apiVersion", "apps/v1".into()),
        ("kind", "Deployment".into()),
        ("metadata", pod::workload_metadata(component, target)),
        ("spec", spec),
    ])
}
