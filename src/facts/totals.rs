//! What the pods and claims of a side request together.

use std::collections::HashSet;

use super::amounts::{Amounts, add, of_pod};
use super::claims::{Claim, of_each_pod};
use super::replicas::Replicas;
use crate::check::Cluster;

/// The sums of a side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests of all pods.
    pub requests: Amounts,
    /// Limits of all pods.
    pub limits: Amounts,
    /// The sizes of all claims, by storage class; the class is empty if none is set.
    pub disks: Amounts,
    /// The number of pods.
    pub pods: u64,
}

impl Totals {
    /// The sums of a set of objects, with the least number of pods of each workload. A DaemonSet counts as one node.
    pub fn of(cluster: &Cluster<'_>) -> Self {
        Self::with(cluster, |replicas| replicas.least)
    }

    /// The sums if every autoscaler reaches its maximum.
    pub fn at_most(cluster: &Cluster<'_>) -> Self {
        Self::with(cluster, |replicas| replicas.most)
    }

    fn with(cluster: &Cluster<'_>, count: fn(&Replicas) -> u64) -> Self {
        let mut totals = Self::default();
        for workload in &cluster.workloads {
            let object = &cluster.objects[workload.object];
            let pods = count(&Replicas::of(cluster, object));
            totals.pods = totals.pods.saturating_add(pods);
            add(&mut totals.requests, &of_pod(workload.spec, "requests"), pods);
            add(&mut totals.limits, &of_pod(workload.spec, "limits"), pods);
            for claim in of_each_pod(object, workload) {
                totals.add_claim(&claim, pods);
            }
        }
        let templates = templates(cluster);
        for (id, object) in cluster.objects.iter().enumerate().filter(|(_, object)| object.kind() == "PersistentVolumeClaim") {
            // Controllers have created these from templates, which are counted already.
            let of_template = (object.namespace(), object.name().trim_end_matches(|c: char| c.is_ascii_digit()).to_owned());
            let is_created = templates.contains(&of_template) || object.view.at("metadata.ownerReferences").is_some();
            if !is_created && !cluster.is_duplicate(id) {
                totals.add_claim(&Claim::of(object.name(), object.view.get("spec")), 1);
            }
        }
        totals
    }

    fn add_claim(&mut self, claim: &Claim, times: u64) {
        if let Some(size) = claim.size {
            *self.disks.entry(claim.class.clone().unwrap_or_default()).or_default() += size * times;
        }
    }
}

/// The namespaces and the beginnings of the names of the claims that StatefulSets create: `data-indexer-`.
fn templates<'o>(cluster: &Cluster<'o>) -> HashSet<(&'o str, String)> {
    let mut names = HashSet::new();
    for object in cluster.objects.iter().filter(|object| object.kind() == "StatefulSet") {
        for claim in object.view.list_at("spec.volumeClaimTemplates").iter() {
            names.insert((object.namespace(), format!("{}-{}-", claim.text_at("metadata.name"), object.name())));
        }
    }
    names
}
