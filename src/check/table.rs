//! The rows of the table that `jinaflow check` prints.

use super::autoscalers::shown_bounds;
use super::cluster::Cluster;
use super::command::JinaRole;
use super::component::SeenComponent;
use super::report::Report;

/// The workloads that run Jina, and the other workloads that a Flow calls.
pub fn components(cluster: &Cluster<'_>, report: &Report) -> Vec<SeenComponent> {
    let mut components = Vec::new();
    let mut edges = report.edges.iter().peekable();
    for (id, workload) in cluster.workloads.iter().enumerate() {
        let mut is_fine = !report.has_errors(workload.object);
        let mut calls = Vec::new();
        while let Some(edge) = edges.next_if(|edge| edge.from == id) {
            calls.push(edge.address.clone());
            is_fine &= !edge.is_broken;
        }
        let object = &cluster.objects[workload.object];
        let (container, role) = match workload.main() {
            Some((container, role)) => match &container.shard {
                Some(shard) if role == JinaRole::Worker => (Some(container), format!("shard {}", shard.id)),
                _ => (Some(container), role.word().to_owned()),
            },
            None if !report.strangers.contains_key(&id) => continue,
            None if workload.is_stranger() => (workload.running().next(), "not Jina".to_owned()),
            None => (workload.running().next(), "unknown".to_owned()),
        };
        let replicas = match object.view.text_at("spec.replicas") {
            "" => "1",
            replicas => replicas,
        };
        components.push(SeenComponent {
            workload: id,
            namespace: object.namespace().to_owned(),
            label: cluster.label(id),
            role,
            replicas: shown_bounds(cluster, object).unwrap_or_else(|| replicas.to_owned()),
            image: container.map(|container| container.view.text_at("image")).unwrap_or_default().to_owned(),
            calls,
            is_fine,
            is_jina: workload.main().is_some(),
            jina_name: workload.jina_name.clone(),
        });
    }
    components
}
