//! What scales workloads: HorizontalPodAutoscalers, and ScaledObjects of KEDA.

use super::Report;
use super::cluster::{Cluster, target_kind};
use super::fields::{at, list, number, text};
use super::object::Object;
use super::pod::Workload;
use crate::finding::Finding;
use crate::yaml::Node;

/// The fields of an autoscaler's bounds, which KEDA spells in its own way.
const BOUNDS: [(&str, &str); 2] = [("spec.minReplicas", "spec.maxReplicas"), ("spec.minReplicaCount", "spec.maxReplicaCount")];

/// What KEDA scales to where nothing is said.
const MOST_OF_KEDA: u64 = 100;

/// Shares of requests that are looked at of one autoscaler.
const MOST_SHARES: usize = 10;

/// What an autoscaler scales between; for the table.
pub fn scaled(cluster: &Cluster<'_>, object: &Object<'_>) -> Option<String> {
    let id = cluster.autoscalers_of(object).first()?;
    let scaler = cluster.objects[*id].node;
    let (least, most) = (text(scaler, BOUNDS[0].0), text(scaler, BOUNDS[0].1));
    let (of_keda, most_of_keda) = (text(scaler, BOUNDS[1].0), text(scaler, BOUNDS[1].1));
    let least = if least.is_empty() && of_keda.is_empty() { "1" } else { least };
    Some(format!("{least}{of_keda}-{most}{most_of_keda}"))
}

/// How many pods a workload may have.
pub fn most_pods(cluster: &Cluster<'_>, object: &Object<'_>) -> u64 {
    let bounds = cluster.autoscalers_of(object).first().map(|id| cluster.objects[*id].node);
    let most = bounds.and_then(|node| BOUNDS.iter().find_map(|(_, most)| number(node, most)));
    most.or_else(|| number(object.node, "spec.replicas")).unwrap_or(1)
}

/// Whether an object is an autoscaler.
pub fn is_autoscaler(object: &Object<'_>) -> bool {
    matches!((object.kind, object.group), ("HorizontalPodAutoscaler", "autoscaling") | ("ScaledObject", "keda.sh"))
}

/// Targets and bounds. Where nothing of Jina is near, pods may come from objects that are not here.
pub fn autoscalers(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, object) in cluster.objects.iter().enumerate().filter(|(_, object)| is_autoscaler(object)) {
        bounds(id, object.node, report);
        let Some(target) = at(object.node, "spec.scaleTargetRef") else { continue };
        let (kind, name) = (target_kind(target), text(target, "name"));
        let Some(place) = cluster.place(kind, object.namespace, name) else {
            let is_elsewhere = cluster.namespace_of(kind, name).is_some();
            if is_elsewhere || object.is_ours() || cluster.has_jina(object.namespace) {
                let finding = cluster.missing(kind, object.namespace, name, "spec.scaleTargetRef.name");
                report.push(id, finding);
            }
            continue;
        };
        let Some(workload) = cluster.workload_of.get(&place).map(|place| &cluster.workloads[*place]) else { continue };
        if workload.main().is_none() {
            continue;
        }
        let found = &cluster.objects[place];
        let replicas = text(found.node, "spec.replicas");
        if !replicas.is_empty() {
            let message = format!("scales {kind}/{name}, whose spec.replicas is fixed: every apply takes back what was scaled");
            let finding = Finding::error("spec.scaleTargetRef", message).got(replicas);
            report.push(id, finding.fix(format!("remove spec.replicas of {kind}/{name}")));
        }
        let has_defaults = cluster.has_any("LimitRange", object.namespace) || at(workload.spec, "resources.requests").is_some();
        if !has_defaults && !cluster.work.take(workload.containers.len()) {
            cluster.work.skip(id);
        } else if !has_defaults {
            requests(id, object.node, workload, report);
        }
    }
    rivals(cluster, report);
}

/// Two that scale one thing undo each other's work. KEDA may take over what was there.
fn rivals(cluster: &Cluster<'_>, report: &mut Report) {
    for ids in cluster.autoscalers.values() {
        let mut rivals = ids.iter().copied().filter(|id| is_autoscaler(&cluster.objects[*id]));
        let Some(first) = rivals.next() else { continue };
        let takes_over = |id: &usize| {
            let annotations = at(cluster.objects[*id].node, "metadata.annotations");
            annotations.is_some_and(|node| node.get("scaledobject.keda.sh/transfer-hpa-ownership").is_some())
        };
        if ids.iter().any(takes_over) {
            continue;
        }
        for id in rivals {
            let target = at(cluster.objects[id].node, "spec.scaleTargetRef").map(|target| text(target, "name")).unwrap_or_default();
            let message = format!("is scaled by {} already, and each undoes what the other does", cluster.objects[first].label());
            let finding = Finding::error("spec.scaleTargetRef.name", message).got(target);
            report.push(id, finding.fix("remove one of the two"));
        }
    }
}

fn bounds(id: usize, scaler: &Node<'_>, report: &mut Report) {
    for (least, most) in BOUNDS {
        let default = if most == BOUNDS[1].1 { MOST_OF_KEDA } else { u64::MAX };
        let highest = number(scaler, most).unwrap_or(default);
        if number(scaler, least).is_some_and(|lowest| lowest > highest) {
            let field = most.trim_start_matches("spec.");
            let finding = Finding::error(least, format!("is more than {field}, {highest}")).got(text(scaler, least));
            report.push(id, finding.fix(format!("lower it, or raise {field}")));
        }
    }
}

/// A share of what is requested is a share of nothing where nothing is requested. The sidecars of others are not judged:
/// what injects them, or a LimitRange, may set their requests.
fn requests(id: usize, scaler: &Node<'_>, workload: &Workload<'_>, report: &mut Report) {
    let mut shares: Vec<(String, &str, &str)> = Vec::new();
    if at(scaler, "spec.targetCPUUtilizationPercentage").is_some() {
        shares.push(("spec.targetCPUUtilizationPercentage".to_owned(), "cpu", ""));
    }
    for (index, metric) in list(scaler, "spec.metrics").iter().enumerate() {
        for form in ["resource", "containerResource"] {
            // `autoscaling/v2beta1` has no `target`.
            for field in ["target.averageUtilization", "targetAverageUtilization"] {
                let path = format!("{form}.{field}");
                if at(metric, &path).is_some() {
                    let container = text(metric, "containerResource.container");
                    shares.push((format!("spec.metrics[{index}].{path}"), text(metric, &format!("{form}.name")), container));
                }
            }
        }
    }
    for (index, trigger) in list(scaler, "spec.triggers").iter().enumerate() {
        let kind = text(trigger, "type");
        let is_share = [text(trigger, "metricType"), text(trigger, "metadata.type")].contains(&"Utilization");
        if is_share && ["cpu", "memory"].contains(&kind) {
            shares.push((format!("spec.triggers[{index}]"), kind, text(trigger, "metadata.containerName")));
        }
    }
    for (path, resource, of) in shares.into_iter().take(MOST_SHARES) {
        let jina = workload.containers.iter().filter(|container| container.role.is_some());
        let mut meant = jina.filter(|container| of.is_empty() || text(container.node, "name") == of);
        // A limit is a request where there is none.
        let asks = |node: &Node<'_>| ["requests", "limits"].iter().any(|field| has_resource(node, field, resource));
        if let Some(container) = meant.find(|container| !asks(container.node)) {
            let name = container.name();
            let message = format!("is a share of what is requested, and container `{name}` requests no {resource}");
            let finding = Finding::warning(path, message);
            report.push(id, finding.fix(format!("set resources.requests.{resource} of the container")));
        }
    }
}

fn has_resource(container: &Node<'_>, field: &str, resource: &str) -> bool {
    at(container, "resources").and_then(|resources| resources.get(field)?.get(resource)).is_some()
}
