//! What a workload is in its Flow. Both sides have the same key for the same part of a Flow, whatever overlays do to names and
//! namespaces.

use crate::check::{Cluster, JinaRole};

/// The identity of a workload in its Flow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
pub struct Key {
    /// The name of the Flow; empty if the objects do not say it.
    pub flow: String,
    /// The name of the executor, or `gateway`. For a workload without Jina, its own name.
    pub executor: String,
    /// The role; empty for a workload without Jina.
    pub role: &'static str,
    /// The number of the shard; empty if there is one.
    pub shard: String,
}

impl Key {
    /// The key of a workload. Command lines decide, as for a check; labels say which Flow it is.
    pub fn of(cluster: &Cluster<'_>, workload: usize) -> Self {
        let seen = &cluster.workloads[workload];
        let object = cluster.object_of(workload);
        let label = |name: &str| object.view.at("metadata.labels").and_then(|labels| labels.get(name)).map(|value| value.text().to_owned());
        let flow = label("flow.jina.ai/flow").unwrap_or_default();
        match seen.main() {
            Some((_, JinaRole::Gateway)) => Self { flow, executor: "gateway".to_owned(), role: "gateway", shard: String::new() },
            Some((container, role)) => {
                let shard = container.shard.as_ref().filter(|shard| shard.count > 1 && role == JinaRole::Worker);
                let executor = label("flow.jina.ai/executor").or_else(|| seen.jina_name.clone());
                let mut executor = executor.unwrap_or_else(|| object.name().to_owned());
                // Jina's export names the shards `indexer-0`, `indexer-1`.
                if let Some(name) = shard.and_then(|shard| executor.strip_suffix(&format!("-{}", shard.id)).map(str::to_owned)) {
                    executor = name;
                }
                Self { flow, executor, role: role.word(), shard: shard.map(|shard| shard.id.clone()).unwrap_or_default() }
            }
            None => Self { flow, executor: label("flow.jina.ai/executor").unwrap_or_else(|| object.name().to_owned()), ..Self::default() },
        }
    }

    /// The key without the name of the Flow.
    pub fn in_any_flow(&self) -> Self {
        Self { flow: String::new(), ..self.clone() }
    }

    /// The name of the part, for people: `indexer shard 0`.
    pub fn shown(&self) -> String {
        match (self.role, self.shard.as_str()) {
            ("head", _) => format!("{} head", self.executor),
            (_, "") => self.executor.clone(),
            (_, shard) => format!("{} shard {shard}", self.executor),
        }
    }
}
