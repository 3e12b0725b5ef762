//! `policy/v1 PodDisruptionBudget`: how many pods may be evicted at once when nodes are drained.

use super::labels::metadata;
use super::{Target, object, selector};
use crate::config::corrections::Correction;
use crate::plan::Component;
use crate::yaml::Node;

/// Evicts a pod that is not ready whatever the budget says: a pod that crashes again and again must not keep a node from
/// being drained (<https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy>).
const UNHEALTHY: &str = "AlwaysAllow";

/// The budget of a component, unless the config says that there is none. Who scales it, and to how many pods, does not
/// matter: `maxUnavailable: 1` lets a single pod go as well.
pub fn disruption_budget<'c>(component: &'c Component, target: &Target<'c>) -> Option<Node<'c>> {
    let pdb = &component.workload.pdb;
    let is_asked_for = pdb.min_available.is_some() || pdb.max_unavailable.is_some() || pdb.unhealthy.is_some();
    if !pdb.enabled.unwrap_or(is_asked_for || target.corrections.has(Correction::DisruptionBudgets)) {
        return None;
    }
    let mut spec = match (&pdb.min_available, &pdb.max_unavailable) {
        (Some(share), _) => object([("minAvailable", share.clone())]),
        (None, Some(share)) => object([("maxUnavailable", share.clone())]),
        (None, None) => object([("maxUnavailable", 1.into())]),
    };
    spec.set("unhealthyPodEvictionPolicy", pdb.unhealthy.as_deref().unwrap_or(UNHEALTHY).into());
    spec.set("selector", object([("matchLabels", selector(&component.name, target))]));
    let metadata = metadata(&component.name, component, target);
    Some(object([("apiVersion", "policy/v1".into()), ("kind", "PodDisruptionBudget".into()), ("metadata", metadata), ("spec", spec)]))
}
