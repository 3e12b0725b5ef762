//! Services: that they select something, that it listens, and that all of it is used.

use std::collections::HashMap;

use super::Report;
use super::autoscalers::most_pods;
use super::cluster::{Cluster, Service};
use super::command::Role;
use super::fields::{at, list, pairs, plain, text};
use super::labels::Selector;
use super::object::Object;
use super::pod::is_tcp;
use super::proxies::is_injected;
use crate::finding::Finding;
use crate::yaml::Node;

/// Selectors and target ports.
pub fn services(cluster: &Cluster<'_>, report: &mut Report) {
    let mut by_name: HashMap<(&str, &str), usize> = HashMap::new();
    for id in 0..cluster.workloads.len() {
        let object = cluster.of_workload(id);
        by_name.entry((object.namespace, object.name)).or_insert(id);
    }
    for service in &cluster.services {
        let object = &cluster.objects[service.object];
        if cluster.external.has("Service", object.name) || !service.is_known {
            continue;
        }
        let jina = of_jina(cluster, object, &by_name);
        let Some(selector) = Selector::of_service(object.node) else {
            let is_ours = jina.is_some() || (object.is_ours() && cluster.has_jina(object.namespace));
            let leads_elsewhere = text(object.node, "spec.type") == "ExternalName" || cluster.has_endpoints(object.namespace, object.name);
            // Where the Flow dials it, that has been told.
            if is_ours && !leads_elsewhere && !report.dialled.contains(&service.object) {
                let labels = jina.and_then(|id| cluster.workloads[id].labels).map(Node::shown).unwrap_or_default();
                let finding = Finding::error("spec.selector", "is missing, and nothing else says where the Service leads");
                let known = jina.map(|id| format!("the pods of {} have {labels}", cluster.label(id)));
                report.push(service.object, finding.fix(known.unwrap_or_else(|| "add the labels of its pods".to_owned())));
            }
            continue;
        };
        let got = at(object.node, "spec.selector").map(Node::shown).unwrap_or_default();
        match service.selected.as_slice() {
            [one] => target_ports(cluster, service, *one, report),
            [] => {
                let namesake = by_name.get(&(object.namespace, object.name)).copied();
                // Jina's own exports call it so, and have no labels of ours.
                let is_gateway = cluster.has_jina(object.namespace) && selector.labels().any(|label| label == ("app", "gateway"));
                let is_needed = jina.is_some() || is_gateway || object.is_ours() || report.dialled.contains(&service.object);
                if !is_needed && !is_near(cluster, object, selector, namesake) {
                    continue;
                }
                let labels = namesake.and_then(|id| cluster.workloads[id].labels).map(Node::shown).unwrap_or_default();
                let mend = match namesake {
                    Some(id) => format!("the pods of {} have {labels}", cluster.label(id)),
                    None => "correct the labels, or add what it selects".to_owned(),
                };
                report.push(service.object, Finding::error("spec.selector", "selects the pods of nothing").got(got).fix(mend));
            }
            [first, second, ..] => {
                if cluster.role(*first).or(cluster.role(*second)).is_some() {
                    let message = format!("selects the pods of {} and of {}", cluster.label(*first), cluster.label(*second));
                    let finding = Finding::error("spec.selector", message).got(got);
                    report.push(service.object, finding.fix("give one of them, and its Service, a label of its own"));
                }
            }
        }
    }
}

/// The workload of Jina that a Service has its name from: `gateway-1-http` is one of `gateway`.
fn of_jina(cluster: &Cluster<'_>, object: &Object<'_>, by_name: &HashMap<(&str, &str), usize>) -> Option<usize> {
    const MOST: usize = 20;
    let stems = object.name.rmatch_indices('-').take(MOST).map(|(at, _)| &object.name[..at]);
    let named = std::iter::once(object.name).chain(stems).filter_map(|name| by_name.get(&(object.namespace, name)));
    named.copied().find(|id| cluster.role(*id).is_some())
}

/// Whether a Service of somebody else that selects nothing was meant for pods that are here. They may come from an operator
/// or from another repository, and get labels while they run.
fn is_near(cluster: &Cluster<'_>, object: &Object<'_>, selector: Selector<'_>, namesake: Option<usize>) -> bool {
    if let Some(namesake) = namesake {
        return selector.labels().any(|(key, value)| cluster.pods.label(namesake, key).is_some_and(|known| known != value));
    }
    let has_one = |(key, value): (&str, &str)| {
        const MOST: usize = 20;
        cluster.pods.with_label(object.namespace, key, value).iter().take(MOST).any(|id| cluster.role(*id).is_some())
    };
    selector.labels().any(has_one)
}

fn target_ports(cluster: &Cluster<'_>, service: &Service<'_>, reached: usize, report: &mut Report) {
    let workload = &cluster.workloads[reached];
    let id = service.object;
    for (index, port) in list(cluster.objects[id].node, "spec.ports").iter().enumerate() {
        let field = if port.get("targetPort").is_some() { "targetPort" } else { "port" };
        let target = text(port, field);
        if target.is_empty() {
            continue;
        }
        let number = workload.port(target);
        if !is_tcp(port) {
            let has_twin = service.ports.contains_key(text(port, "port"));
            // A name is one of a port of the same protocol.
            let is_jinas = number.map_or(workload.main().is_some(), |number| workload.is_of_jina(number));
            if is_jinas && !has_twin {
                let message = format!("is not what {} serves: Jina speaks TCP", cluster.label(reached));
                let finding = Finding::error(format!("spec.ports[{index}].protocol"), message).got(text(port, "protocol"));
                report.push(id, finding.propose("TCP"));
            }
            continue;
        }
        let path = format!("spec.ports[{index}].{field}");
        let (label, ports) = (|| cluster.label(reached), || workload.shown_ports());
        match number {
            Some(number) if workload.serves(number) => {}
            Some(_) => {
                let finding = Finding::error(path, format!("is a port on which no container of {} listens", label())).got(target);
                report.push(id, finding.fix(format!("it listens on {}", ports())));
            }
            // A mesh that injects its sidecar brings names along.
            None if workload.main().is_none() && is_injected(workload.template) => {}
            None => {
                let finding = Finding::error(path, format!("is the name of no port of {}", label())).got(target);
                report.push(id, finding.fix(format!("it listens on {}", ports())));
            }
        }
    }
}

/// gRPC keeps one connection, and an ordinary Service leads each to one pod: of several replicas of an executor, one has
/// all to do unless a mesh is in between.
pub fn balance(cluster: &Cluster<'_>, report: &mut Report) {
    let is_of_mesh = |object: &Object<'_>| {
        let is_its_own = ["istio.io", "linkerd.io", "kuma.io", "cilium.io"].iter().any(|group| object.group.ends_with(group));
        is_its_own || (object.kind == "Namespace" && is_injected(Some(object.node)))
    };
    if cluster.objects.iter().any(is_of_mesh) {
        return;
    }
    let mut is_seen = vec![false; cluster.services.len()];
    let mut found = Vec::new();
    for edge in report.edges.iter().filter(|edge| !edge.is_broken) {
        let (Some(to), Some(place)) = (edge.to, edge.service) else { continue };
        if std::mem::replace(&mut is_seen[place], true) || !matches!(cluster.role(to), Some(Role::Worker | Role::Head)) {
            continue;
        }
        let id = cluster.services[place].object;
        let node = cluster.objects[id].node;
        let is_spread = pairs(node, "metadata.annotations").iter().any(|(key, _)| plain(key).contains("cilium"));
        let is_in_mesh = [edge.from, to].iter().any(|id| {
            let workload = &cluster.workloads[*id];
            is_injected(workload.template) || workload.containers.iter().any(|container| container.proxy.is_some())
        });
        let replicas = most_pods(cluster, cluster.of_workload(to));
        if replicas > 1 && text(node, "spec.clusterIP") != "None" && !is_in_mesh && !is_spread {
            let message = format!("gives each caller one of the {replicas} pods of {}, which has all to do", cluster.label(to));
            found.push((id, Finding::warning("spec.clusterIP", message).fix("write `clusterIP: None`, or use a mesh")));
        }
    }
    for (id, finding) in found {
        report.push(id, finding);
    }
}
