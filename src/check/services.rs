//! Services: that they select something, and that it listens.

use super::Report;
use super::cluster::{Cluster, Selector};
use crate::finding::Finding;
use crate::yaml::Node;

/// Selectors and target ports.
pub fn services(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, selected) in cluster.services.iter().zip(&cluster.selected) {
        let service = &cluster.objects[*id];
        let Some(selector) = service.spec("selector").filter(|labels| Selector::plain(Some(labels)).is_some()) else { continue };
        if cluster.external.has("Service", service.name) {
            continue;
        }
        match selected.as_slice() {
            [] => {
                let finding = Finding::error("spec.selector", "selects the pods of nothing").got(selector.shown());
                let namesake = cluster.workloads.iter().position(|workload| cluster.objects[workload.object].name == service.name);
                report.push(
                    *id,
                    match namesake.and_then(|id| Some((cluster.label(id), cluster.workloads[id].labels?))) {
                        Some((label, labels)) => finding.mend(format!("the pods of {label} have {}", labels.shown())),
                        None => finding.mend("correct the labels, or add what it selects"),
                    },
                );
            }
            [one] => target_ports(cluster, *id, *one, report),
            [first, second, ..] if selected.iter().any(|id| cluster.main(*id).is_some()) => {
                let message = format!("selects the pods of {} and of {}", cluster.label(*first), cluster.label(*second));
                let finding = Finding::error("spec.selector", message).got(selector.shown());
                report.push(*id, finding.mend("give one of them, and its Service, a label of its own"));
            }
            _ => {}
        }
    }
}

fn target_ports(cluster: &Cluster<'_>, id: usize, reached: usize, report: &mut Report) {
    let workload = &cluster.workloads[reached];
    for (index, port) in cluster.objects[id].spec("ports").and_then(Node::as_list).unwrap_or_default().iter().enumerate() {
        if port.get("protocol").and_then(Node::as_text) == Some("UDP") {
            continue;
        }
        let given = ["targetPort", "port"].into_iter().find_map(|field| Some((field, port.get(field)?)));
        let Some((field, target)) = given else { continue };
        let number = workload.port(target);
        if number.is_some_and(|number| workload.serves(number)) {
            continue;
        }
        let label = cluster.label(reached);
        let message = match number {
            None => format!("is the name of no port of {label}"),
            Some(_) => format!("is a port on which no container of {label} listens"),
        };
        let finding = Finding::error(format!("spec.ports[{index}].{field}"), message).got(target.shown());
        report.push(id, finding.mend(format!("it listens on {}", workload.shown_ports())));
    }
}
