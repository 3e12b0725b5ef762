//! Services: that they select something, and that it listens.

use super::Report;
use super::cluster::{Cluster, Selector};
use super::fields::{at, list, text};
use crate::yaml::Node;

/// Selectors and target ports.
pub fn services(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, selected) in cluster.services.iter().zip(&cluster.selected) {
        let service = &cluster.objects[*id];
        if Selector::of_service(service.node).is_none() || cluster.external.has("Service", service.name) {
            continue;
        }
        let got = || at(service.node, "spec.selector").map(Node::shown).unwrap_or_default();
        let path = format_args!("spec.selector");
        match selected.as_slice() {
            [one] => target_ports(cluster, *id, *one, report),
            [] => {
                let namesake = (0..cluster.workloads.len()).find(|id| cluster.of_workload(*id).name == service.name);
                let labels = namesake.and_then(|id| cluster.workloads[id].labels).map(Node::shown).unwrap_or_default();
                let mend = match namesake {
                    Some(id) => format!("the pods of {} have {labels}", cluster.label(id)),
                    None => "correct the labels, or add what it selects".to_owned(),
                };
                report.error(*id, path, format_args!("selects the pods of nothing"), &got(), format_args!("{mend}"));
            }
            [first, second, ..] => {
                if cluster.role(*first).or(cluster.role(*second)).is_some() {
                    let (first, second) = (cluster.label(*first), cluster.label(*second));
                    let mend = format_args!("give one of them, and its Service, a label of its own");
                    report.error(*id, path, format_args!("selects the pods of {first} and of {second}"), &got(), mend);
                }
            }
        }
    }
}

fn target_ports(cluster: &Cluster<'_>, id: usize, reached: usize, report: &mut Report) {
    let workload = &cluster.workloads[reached];
    for (index, port) in list(cluster.objects[id].node, "spec.ports").iter().enumerate() {
        let field = if port.get("targetPort").is_some() { "targetPort" } else { "port" };
        let target = text(port, field);
        let number = workload.port(target);
        if number.is_some_and(|number| workload.serves(number)) || target.is_empty() || text(port, "protocol") == "UDP" {
            continue;
        }
        let (what, behind) =
            if number.is_none() { ("the name of no port of", "") } else { ("a port on which no container of", " listens") };
        let (label, ports) = (cluster.label(reached), workload.shown_ports());
        let message = format_args!("is {what} {label}{behind}");
        report.error(id, format_args!("spec.ports[{index}].{field}"), message, target, format_args!("it listens on {ports}"));
    }
}
