//! Which workloads are drawn in one frame: heads with their shards, and the workloads of one Flow.

use crate::check::{Checked, Cluster, JinaRole};
use crate::facts::Key;

/// The frames of a workload.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Family {
    /// The namespace.
    pub namespace: String,
    /// The name of the Flow; empty if it is unknown.
    pub flow: String,
    /// The executor, if it has a head or shards.
    pub executor: Option<String>,
}

/// The families of all workloads.
pub fn families(cluster: &Cluster<'_>, checked: &Checked) -> Vec<Family> {
    let keys: Vec<Key> = (0..cluster.workloads.len()).map(|id| Key::of(cluster, id)).collect();
    let family = |(id, key): (usize, &Key)| {
        let namespace = cluster.object_of(id).namespace().to_owned();
        let is_shard = key.role == "head" || !key.shard.is_empty();
        Family { namespace, flow: key.flow.clone(), executor: is_shard.then(|| key.executor.clone()) }
    };
    let mut families: Vec<Family> = keys.iter().enumerate().map(family).collect();
    // From gateways to heads, and from heads to shards. The edges may be in any order.
    for _ in 0..2 {
        for edge in &checked.edges {
            let Some(to) = edge.to.filter(|to| families[*to].namespace == families[edge.from].namespace) else { continue };
            if families[to].flow.is_empty() {
                let flow = families[edge.from].flow.clone();
                families[to].flow = flow;
            }
            let is_shard = cluster.role(edge.from) == Some(JinaRole::Head) && cluster.role(to) == Some(JinaRole::Worker);
            if is_shard {
                let executor = families[edge.from].executor.clone();
                families[to].executor = executor;
            }
        }
    }
    families
}
