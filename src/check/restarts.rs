//! Restarts: a head answers without the shards that it cannot reach.

use std::collections::BTreeMap;

use serde_json::Value;

use super::autoscalers::most_pods;
use super::cluster::Cluster;
use super::command::JinaRole;
use super::pod::SeenContainer;
use super::proxies::is_injected;
use super::report::Report;
use crate::finding::Code;

/// Checks that a head waits for a shard with storage while its only pod restarts. Kubernetes starts the next pod of a
/// StatefulSet only after the old one has ended, and Jina's head reports missing shards only in the metadata of its answer.
/// What a mesh does is not known.
pub fn shards(cluster: &Cluster<'_>, report: &mut Report) {
    let mut shards: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for edge in report.edges.iter().filter(|edge| !edge.is_broken) {
        let (Some(to), Some(service)) = (edge.to, edge.service) else { continue };
        if cluster.role(edge.from) == Some(JinaRole::Head) && cluster.role(to) == Some(JinaRole::Worker) {
            shards.entry(edge.from).or_default().push((to, service));
        }
    }
    let mut found = Vec::new();
    for (head, called) in shards {
        let workload = &cluster.workloads[head];
        let Some((container, _)) = workload.main().filter(|(container, _)| called.len() > 1 && asks_all(container)) else { continue };
        let is_alone = |to: usize| cluster.object_of(to).kind() == "StatefulSet" && most_pods(cluster, cluster.object_of(to)) == 1;
        let Some((to, service)) = called.into_iter().find(|(to, _)| is_alone(*to)) else { continue };
        if workload.containers.iter().any(|container| container.proxy.is_some()) || is_injected(workload.template) {
            continue;
        }
        let shard = cluster.label(to);
        let service = cluster.services[service].object;
        if cluster.objects[service].view.text_at("spec.clusterIP") == "None" {
            let message = format!("has no address while the only pod of {shard} restarts: answers then lack this shard, without an error");
            let finding = Code::ShardLeftOut.warning("spec.clusterIP", message).got("None");
            found.push((service, finding.fix("remove `clusterIP: None`, so that the head can wait for the next pod")));
        } else if !waits(container) {
            let message = format!("does not wait while the only pod of {shard} restarts: answers then lack this shard, without an error");
            let place = container.values("--grpc-channel-options").first().map_or(0, |(word, _)| *word);
            let fix = "add the `grpc.service_config` of `jinaflow explain shard-left-out` to --grpc-channel-options";
            found.push((workload.object, Code::ShardLeftOut.warning(container.path_of(place), message).fix(fix)));
        }
    }
    for (object, finding) in found {
        report.push_once(object, finding);
    }
}

/// Whether requests of an endpoint go to all shards. Jina sends `/search` to all shards unless `polling` names it.
fn asks_all(head: &SeenContainer<'_>) -> bool {
    let is_all = |polling: &Value| polling == 2 || polling.as_str().is_some_and(|word| word.eq_ignore_ascii_case("all"));
    match head.value("--polling").map(serde_json::from_str) {
        Some(Ok(Value::Object(polling))) => !polling.contains_key("/search") || polling.values().any(is_all),
        _ => true,
    }
}

/// Whether gRPC waits for a connection before a call.
fn waits(head: &SeenContainer<'_>) -> bool {
    head.value("--grpc-channel-options").is_some_and(|options| options.contains("waitForReady"))
}
