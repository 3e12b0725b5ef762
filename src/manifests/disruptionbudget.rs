//! `policy/v1 PodDisruptionBudget`: the number of pods that may be evicted at once when nodes are drained.

use super::maker::Maker;
use super::nodes::mapping;
use crate::config::corrections::Correction;
use crate::yaml::Node;

/// The budget of a component, unless the config disables the budget. The budget does not depend on the number of
/// replicas: with `maxUnavailable: 1` even a single pod can be evicted. By default pods that are not ready are evicted
/// even if the budget is used up: a pod that restarts again and again must not block the drain of a node
/// (<https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy>).
pub fn disruption_budget<'c>(maker: &Maker<'c>) -> Option<Node<'c>> {
    let pdb = &maker.component.workload.pdb;
    let has_settings = pdb.min_available.is_some() || pdb.max_unavailable.is_some() || pdb.unhealthy.is_some();
    if !pdb.enabled.unwrap_or(has_settings || maker.has(Correction::DisruptionBudgets)) {
        return None;
    }
    let mut spec = match &pdb.min_available {
        Some(share) => mapping([("minAvailable", share.clone())]),
        None => mapping([("maxUnavailable", pdb.max_unavailable_or_default())]),
    };
    spec.set("unhealthyPodEvictionPolicy", pdb.unhealthy_or_default().into());
    spec.set("selector", maker.label_selector());
    Some(maker.object("policy/v1", "PodDisruptionBudget", &maker.component.name, spec))
}
