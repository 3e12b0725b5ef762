//! A workload of a set of objects.

use crate::check::{Cluster, SeenContainer, SeenObject, SeenWorkload};

/// A workload of a side.
#[derive(Clone, Copy)]
pub struct Place<'c, 'o> {
    /// The objects of the side.
    pub cluster: &'c Cluster<'o>,
    /// The object of the workload.
    pub object: &'c SeenObject<'o>,
    /// Its pods.
    pub workload: &'c SeenWorkload<'o>,
}

impl<'c, 'o> Place<'c, 'o> {
    /// The place of a workload.
    pub fn of(cluster: &'c Cluster<'o>, workload: usize) -> Self {
        Self { cluster, object: cluster.object_of(workload), workload: &cluster.workloads[workload] }
    }

    /// Its container or init container with a name.
    pub fn container(&self, name: &str) -> Option<&'c SeenContainer<'o>> {
        self.workload.containers.iter().find(|container| container.view.text_at("name") == name)
    }

    /// The container of Jina, or the first container that serves.
    pub fn main(&self) -> Option<&'c SeenContainer<'o>> {
        let first = || self.workload.running().next();
        self.workload.main().map(|(container, _)| container).or_else(first)
    }
}
