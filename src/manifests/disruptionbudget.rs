//! `policy/v1 PodDisruptionBudget`: how many pods may be evicted at once when nodes are drained.

use super::labels::metadata;
use super::{Target, app, object};
use crate::config::corrections::Correction;
use crate::plan::Component;
use crate::yaml::Node;

/// The budget of a component that has more than one pod, or for which one is asked.
pub fn disruption_budget<'c>(component: &'c Component, target: &Target<'c>) -> Option<Node<'c>> {
    let pdb = &component.workload.pdb;
    let is_asked_for =
        pdb.min_available.is_some() || pdb.max_unavailable.is_some() || target.corrections.has(Correction::DisruptionBudgets);
    if !pdb.enabled.unwrap_or(is_asked_for && component.is_replicated()) {
        return None;
    }
    let mut spec = match (&pdb.min_available, &pdb.max_unavailable) {
        (Some(share), _) => object([("minAvailable", share.clone())]),
        (None, Some(share)) => object([("maxUnavailable", share.clone())]),
        (None, None) => object([("maxUnavailable", 1.into())]),
    };
    spec.set("selector", object([("matchLabels", app(&component.name))]));
    let metadata = metadata(&component.name, component, target);
    Some(object([("apiVersion", "policy/v1".into()), ("kind", "PodDisruptionBudget".into()), ("metadata", metadata), ("spec", spec)]))
}
