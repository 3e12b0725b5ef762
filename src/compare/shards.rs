//! Executors with another number of shards. Each shard has its own part of the documents.

use std::collections::BTreeMap;

use super::pairs::Candidate;
use crate::check::Cluster;

/// A change of the number of shards.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ShardChange {
    /// The executor.
    pub executor: String,
    /// The number of shards before.
    pub old: usize,
    /// The number of shards after.
    pub new: usize,
}

/// The executors of both sides whose number of shards differs.
pub fn changes(old: &Cluster<'_>, old_workloads: &[Candidate<'_>], new: &Cluster<'_>, new_workloads: &[Candidate<'_>]) -> Vec<ShardChange> {
    let (before, after) = (counts(old, old_workloads), counts(new, new_workloads));
    let changed = after.into_iter().filter_map(|(executor, new)| {
        let old = *before.get(&executor)?;
        (old != new).then_some(ShardChange { executor, old, new })
    });
    changed.collect()
}

/// The number of shards of each executor.
fn counts(cluster: &Cluster<'_>, workloads: &[Candidate<'_>]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (workload, Candidate { key, .. }) in cluster.workloads.iter().zip(workloads) {
        let shards = workload.main().map(|(container, _)| container.shard.as_ref().map_or(1, |shard| shard.count));
        if let (Some(shards), false) = (shards, ["gateway", "head"].contains(&key.role)) {
            counts.insert(key.executor.clone(), shards);
        }
    }
    counts
}
