//! The parts of an export: the gateway, and each executor with its head and shards.

use std::collections::BTreeMap;

use super::workload::Workload;
use crate::plan::Role;
use crate::yaml::Node;

/// The variables that Jina writes to every ConfigMap.
const OF_JINA: [(&str, &str); 2] = [("pythonunbuffered", "1"), ("worker_class", "uvicorn.workers.UvicornH11Worker")];

/// What Jina has exported for one Flow or Deployment.
#[derive(Debug, Default)]
pub struct Export<'o> {
    /// The gateways; a Flow has one.
    pub gateways: Vec<Workload<'o>>,
    /// The executors in the order of the objects.
    pub executors: Vec<Executor<'o>>,
    /// The data of ConfigMaps, by namespace and name.
    config_maps: BTreeMap<(&'o str, &'o str), &'o [(Node<'o>, Node<'o>)]>,
}

/// The workloads of an executor.
#[derive(Debug)]
pub struct Executor<'o> {
    /// The name in the Flow.
    pub name: String,
    /// The heads; an executor with shards has one.
    pub heads: Vec<Workload<'o>>,
    /// The workers in the order of their shards.
    pub workers: Vec<Workload<'o>>,
}

impl<'o> Export<'o> {
    /// Finds the workloads of Jina among objects.
    pub fn of(objects: &'o [Node<'o>]) -> Self {
        let mut export = Self::default();
        for (place, object) in objects.iter().enumerate() {
            if object.text_at("kind") == "ConfigMap" {
                let key = (object.text_at("metadata.namespace"), object.text_at("metadata.name"));
                export.config_maps.insert(key, object.map_at("data"));
            }
            let Some(workload) = Workload::of(place, object) else { continue };
            if workload.role == Role::Gateway {
                export.gateways.push(workload);
                continue;
            }
            let known = export.executors.iter().position(|executor| executor.name == workload.node);
            let place = known.unwrap_or_else(|| {
                let name = workload.node.clone();
                export.executors.push(Executor { name, heads: Vec::new(), workers: Vec::new() });
                export.executors.len() - 1
            });
            if let Some(executor) = export.executors.get_mut(place) {
                let list = if workload.role == Role::Head { &mut executor.heads } else { &mut executor.workers };
                list.push(workload);
            }
        }
        for executor in &mut export.executors {
            executor.workers.sort_by_key(|worker| worker.role.shard());
        }
        export
    }

    /// All workloads.
    pub fn workloads(&self) -> impl Iterator<Item = &Workload<'o>> {
        let executors = self.executors.iter().flat_map(|executor| executor.heads.iter().chain(&executor.workers));
        self.gateways.iter().chain(executors)
    }

    /// The executor with this name in the Flow.
    pub fn executor(&self, name: &str) -> Option<&Executor<'o>> {
        self.executors.iter().find(|executor| executor.name == name)
    }

    /// The variables of a workload that are not those that Jina sets itself.
    pub fn env(&self, workload: &Workload<'o>) -> Vec<(&'o str, &'o str)> {
        let named = workload.container.list_at("envFrom").iter().map(|entry| entry.text_at("configMapRef.name"));
        let usual = format!("{}-configmap", workload.name);
        let Some(name) = named.into_iter().find(|name| *name == usual) else { return Vec::new() };
        let own = workload.root.text_at("metadata.namespace");
        let data = self.config_maps.get(&(own, name)).copied().unwrap_or_default();
        let pairs = data.iter().filter_map(|(key, value)| Some((key.as_text()?, value.as_text()?)));
        pairs.filter(|pair| !OF_JINA.contains(pair)).collect()
    }
}
