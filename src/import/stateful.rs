//! Executors of which only some pods have claims. Jina gives claims to all pods of an executor with `volumes`, also to its head, so
//! a user has given them to these pods: the field `storage` of the JinaFlow.

use super::export::{Executor, Export};
use super::tree;
use super::workload::Workload;
use crate::yaml::Node;

/// The folder of the claim, if a workload has claims.
fn folder(workload: &Workload<'_>) -> Option<String> {
    let mount = workload.container.list_at("volumeMounts").first().map(|mount| mount.text_at("mountPath"));
    let path = mount.filter(|path| !path.is_empty()).unwrap_or("/workspace").to_owned();
    (workload.kind == "StatefulSet").then_some(path)
}

/// `volumes` of an executor whose pods all have claims.
pub fn volumes(executor: &Executor<'_>) -> Option<String> {
    let folders: Option<Vec<String>> = executor.workers.iter().chain(&executor.heads).map(folder).collect();
    folders?.into_iter().next()
}

/// The executors of which only some pods have claims.
fn some<'e, 'o>(export: &'e Export<'o>) -> impl Iterator<Item = &'e Executor<'o>> {
    export.executors.iter().filter(|executor| volumes(executor).is_none())
}

/// The claims of the workers of an executor: the worker, the place of its `storage` below `executors`, and the folder. Claims of all
/// workers in one folder have one place.
fn claims<'e, 'o>(executor: &'e Executor<'o>) -> Vec<(&'e Workload<'o>, Vec<String>, String)> {
    let workers = executor.workers.iter();
    let found: Vec<(&Workload<'_>, String)> = workers.filter_map(|worker| Some((worker, folder(worker)?))).collect();
    let is_shared = found.len() == executor.workers.len() && found.windows(2).all(|pair| pair[0].1 == pair[1].1);
    let place = |worker: &Workload<'_>| {
        let shard = worker.role.shard().filter(|_| !is_shared).map(|shard| ["shards".to_owned(), shard.to_string()]);
        let names = std::iter::once(executor.name.clone()).chain(shard.into_iter().flatten());
        names.chain(["storage".to_owned()]).collect()
    };
    found.into_iter().map(|(worker, folder)| (worker, place(worker), folder)).collect()
}

/// `executors` of the JinaFlow, with `storage` for the pods of executors of which not all pods have claims.
pub fn layers(export: &Export<'_>) -> Option<Node<'static>> {
    let mut executors = tree::empty();
    for (_, place, folder) in some(export).flat_map(claims) {
        tree::put(&mut executors, &place, tree::single("mountPath", folder.into()));
    }
    executors.as_map().is_some_and(|executors| !executors.is_empty()).then_some(executors)
}

/// The claims that a user has added, in words.
pub fn lines(export: &Export<'_>) -> Vec<String> {
    let line = |(worker, place, _): (&Workload<'_>, Vec<String>, String)| {
        format!("{} {}: was a Deployment (executors.{})", worker.kind, worker.name, place.join("."))
    };
    some(export).flat_map(claims).map(line).collect()
}
