//! Services: they select pods, and containers listen on their target ports.

use std::collections::HashMap;

use super::autoscalers::most_pods;
use super::cluster::{Cluster, SeenService};
use super::command::JinaRole;
use super::labels::Selector;
use super::object::SeenObject;
use super::pod::is_tcp;
use super::proxies::is_injected;
use super::report::Report;
use crate::finding::{Code, FieldPath, Finding};
use crate::yaml::View;

/// Workloads by namespace and name. Of several workloads with the same name, only the first counts.
type Namesakes<'o> = HashMap<(&'o str, &'o str), usize>;

/// Checks selectors and target ports.
pub fn selectors_and_ports(cluster: &Cluster<'_>, report: &mut Report) {
    let mut namesakes = Namesakes::new();
    for id in 0..cluster.workloads.len() {
        let object = cluster.object_of(id);
        namesakes.entry((object.namespace(), object.name())).or_insert(id);
    }
    for service in &cluster.services {
        let object = &cluster.objects[service.object];
        if cluster.external.has("Service", object.name()) || !service.is_known {
            continue;
        }
        let jina = jina_namesake(cluster, object, &namesakes);
        let Some(selector) = Selector::of_service(object.view) else {
            check_without_selector(cluster, service, jina, report);
            continue;
        };
        match service.selected.as_slice() {
            [one] => check_target_ports(cluster, service, *one, report),
            [] => {
                let namesake = namesakes.get(&(object.namespace(), object.name())).copied();
                // Exports of Jina have this label, but no labels of jinaflow.
                let is_gateway = cluster.has_jina(object.namespace()) && selector.labels().any(|label| label == ("app", "gateway"));
                let is_needed = jina.is_some() || is_gateway || object.is_rendered() || report.called_services.contains(&service.object);
                if is_needed || is_near(cluster, object, selector, namesake) {
                    let finding = selector_finding(object, "matches no pods");
                    report.push(service.object, finding.fix(labels_fix(cluster, namesake, "correct the labels, or add the pods")));
                }
            }
            [first, second, ..] => {
                if cluster.role(*first).or(cluster.role(*second)).is_some() {
                    let message = format!("selects the pods of both {} and {}", cluster.label(*first), cluster.label(*second));
                    let got = object.view.at("spec.selector").map(View::shown).unwrap_or_default();
                    let finding = Code::ServiceSelectsSeveral.error("spec.selector", message).got(got);
                    report.push(service.object, finding.fix("give one workload and its Service a label that the other does not have"));
                }
            }
        }
    }
}

fn selector_finding(object: &SeenObject<'_>, message: &str) -> Finding {
    let finding = Code::SelectorMatchesNothing.error("spec.selector", message);
    match object.view.at("spec.selector") {
        Some(selector) => finding.got(selector.shown()),
        None => finding,
    }
}

/// A fix with the labels of the pods that a Service most likely needs.
fn labels_fix(cluster: &Cluster<'_>, workload: Option<usize>, otherwise: &str) -> String {
    match workload {
        Some(id) => {
            let labels = cluster.workloads[id].labels.map(View::shown).unwrap_or_default();
            format!("the labels of the pods of {} are {labels}", cluster.label(id))
        }
        None => otherwise.to_owned(),
    }
}

fn check_without_selector(cluster: &Cluster<'_>, service: &SeenService<'_>, jina: Option<usize>, report: &mut Report) {
    let object = &cluster.objects[service.object];
    let is_of_flow = jina.is_some() || (object.is_rendered() && cluster.has_jina(object.namespace()));
    let is_external = object.view.text_at("spec.type") == "ExternalName";
    let leads_elsewhere = is_external || cluster.has_endpoints(object.namespace(), object.name());
    // If the Flow calls the Service, the missing selector is already reported.
    if is_of_flow && !leads_elsewhere && !report.called_services.contains(&service.object) {
        let finding = selector_finding(object, "is required, because the Service has no endpoints");
        report.push(service.object, finding.fix(labels_fix(cluster, jina, "add the labels of its pods")));
    }
}

/// The workload of Jina after which a Service is named: `gateway-1-http` belongs to `gateway`.
fn jina_namesake(cluster: &Cluster<'_>, object: &SeenObject<'_>, namesakes: &Namesakes<'_>) -> Option<usize> {
    const MOST: usize = 20;
    let stems = object.name().rmatch_indices('-').take(MOST).map(|(at, _)| &object.name()[..at]);
    let named = std::iter::once(object.name()).chain(stems).filter_map(|name| namesakes.get(&(object.namespace(), name)));
    named.copied().find(|id| cluster.role(*id).is_some())
}

/// Whether an unrelated Service that matches no pods was intended for pods among the objects. Other pods may come
/// from an operator or another repository, or get their labels while they run.
fn is_near(cluster: &Cluster<'_>, object: &SeenObject<'_>, selector: Selector<'_>, namesake: Option<usize>) -> bool {
    if let Some(namesake) = namesake {
        return selector.labels().any(|(key, value)| cluster.pods.label(namesake, key).is_some_and(|known| known != value));
    }
    let has_jina = |(key, value): (&str, &str)| {
        const MOST: usize = 20;
        cluster.pods.with_label(object.namespace(), key, value).iter().take(MOST).any(|id| cluster.role(*id as usize).is_some())
    };
    selector.labels().any(has_jina)
}

fn check_target_ports(cluster: &Cluster<'_>, service: &SeenService<'_>, reached: usize, report: &mut Report) {
    let workload = &cluster.workloads[reached];
    let id = service.object;
    for (index, port) in cluster.objects[id].view.list_at("spec.ports").iter().enumerate() {
        let field = if port.get("targetPort").is_some() { "targetPort" } else { "port" };
        let target = port.text_at(field);
        if target.is_empty() {
            continue;
        }
        let path = |field: &str| FieldPath::from("spec.ports").index(index).key(field);
        let number = workload.port(target);
        if !is_tcp(port) {
            let has_tcp_port = service.ports().tcp.has(port.text_at("port"));
            // A name refers to a port with the same protocol.
            let is_of_jina = number.map_or(workload.main().is_some(), |number| workload.is_of_jina(number));
            if is_of_jina && !has_tcp_port {
                let message = format!("must be TCP: Jina in {} does not serve any other protocol", cluster.label(reached));
                let finding = Code::ProtocolMismatch.error(path("protocol"), message).got(port.text_at("protocol"));
                report.push(id, finding.propose("TCP"));
            }
            continue;
        }
        let fix = || format!("it listens on {}", workload.shown_ports());
        match number {
            Some(number) if workload.serves(number) => {}
            Some(_) => {
                let message = format!("is a port on which no container of {} listens", cluster.label(reached));
                report.push(id, Code::PortNotServed.error(path(field), message).got(target).fix(fix()));
            }
            // A mesh adds the ports of its sidecar when it injects the sidecar.
            None if workload.main().is_none() && is_injected(workload.template) => {}
            None => {
                let message = format!("is not the name of a port of {}", cluster.label(reached));
                report.push(id, Code::UnknownPort.error(path(field), message).got(target).fix(fix()));
            }
        }
    }
}

/// Checks that calls are spread over the replicas of an executor. gRPC keeps one connection, and an ordinary Service leads each
/// connection to one pod. So without a mesh, one of several replicas gets all requests.
pub fn balance(cluster: &Cluster<'_>, report: &mut Report) {
    let is_of_mesh = |object: &SeenObject<'_>| {
        let group = object.group();
        let has_group = ["istio.io", "linkerd.io", "kuma.io", "cilium.io"].iter().any(|mesh| group.ends_with(mesh));
        has_group || (object.kind() == "Namespace" && is_injected(Some(object.view)))
    };
    if cluster.objects.iter().any(is_of_mesh) {
        return;
    }
    let mut is_seen = vec![false; cluster.services.len()];
    let mut found = Vec::new();
    for edge in report.edges.iter().filter(|edge| !edge.is_broken) {
        let (Some(to), Some(place)) = (edge.to, edge.service) else { continue };
        let is_executor = matches!(cluster.role(to), Some(JinaRole::Worker | JinaRole::Head));
        if std::mem::replace(&mut is_seen[place], true) || !is_executor {
            continue;
        }
        let id = cluster.services[place].object;
        let view = cluster.objects[id].view;
        let is_spread_by_cilium = view.map_at("metadata.annotations").keys().any(|key| key.contains("cilium"));
        let is_in_mesh = [edge.from, to].iter().any(|id| {
            let workload = &cluster.workloads[*id];
            is_injected(workload.template) || workload.containers.iter().any(|container| container.proxy.is_some())
        });
        let replicas = most_pods(cluster, cluster.object_of(to));
        if replicas > 1 && view.text_at("spec.clusterIP") != "None" && !is_in_mesh && !is_spread_by_cilium {
            let message = format!("sends all requests of a caller to one of the {replicas} pods of {}", cluster.label(to));
            let finding = Code::CallsNotBalanced.warning("spec.clusterIP", message);
            found.push((id, finding.fix("write `clusterIP: None`, or use a mesh")));
        }
    }
    for (id, finding) in found {
        report.push(id, finding);
    }
}
