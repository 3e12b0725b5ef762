//! Executors of which only some pods have claims. Jina gives claims to all pods of an executor with `volumes`, also to its head, so
//! a user has given them to these pods: the field `storage` of the JinaFlow.

use super::export::{Executor, Export};
use super::workload::Workload;
use crate::plan::Role;
use crate::yaml::{Data, Node};

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

/// `executors` of the JinaFlow, with `storage` for the pods of executors of which not all pods have claims.
pub fn layers(export: &Export<'_>) -> Option<Node<'static>> {
    let some = export.executors.iter().filter(|executor| volumes(executor).is_none());
    let pairs: Vec<(Node<'static>, Node<'static>)> =
        some.filter_map(|executor| Some((executor.name.clone().into(), layer(executor)?))).collect();
    (!pairs.is_empty()).then(|| Data::Map(pairs).into())
}

/// The claims that a user has added, in words.
pub fn lines(export: &Export<'_>) -> Vec<String> {
    let some = export.executors.iter().filter(|executor| volumes(executor).is_none());
    let line = |executor: &Executor<'_>| {
        let is_all = executor.workers.iter().all(|worker| folder(worker).is_some());
        let stateful = executor.workers.iter().filter(|worker| folder(worker).is_some());
        let line = |worker: &Workload<'_>| {
            let shard = worker.role.shard().filter(|_| !is_all).map(|shard| format!("shards.{shard}.")).unwrap_or_default();
            format!("{} {}: was a Deployment (executors.{}.{shard}storage)", worker.kind, worker.name, executor.name)
        };
        stateful.map(line).collect::<Vec<_>>()
    };
    some.flat_map(line).collect()
}

fn layer(executor: &Executor<'_>) -> Option<Node<'static>> {
    let folders: Vec<Option<String>> = executor.workers.iter().map(folder).collect();
    if let Some(first) = folders.first()?.clone().filter(|_| folders.iter().all(|other| Some(other) == folders.first())) {
        return Some(storage(first));
    }
    let shards = executor.workers.iter().zip(folders).filter_map(|(worker, folder)| match worker.role {
        Role::Worker(shard) => Some((Node::from(shard.to_string()), storage(folder?))),
        _ => None,
    });
    let shards: Vec<(Node<'static>, Node<'static>)> = shards.collect();
    (!shards.is_empty()).then(|| single("shards", Data::Map(shards).into()))
}

fn storage(folder: String) -> Node<'static> {
    single("storage", single("mountPath", folder.into()))
}

fn single(name: &'static str, value: Node<'static>) -> Node<'static> {
    Data::Map(vec![(Node::field(name), value)]).into()
}
