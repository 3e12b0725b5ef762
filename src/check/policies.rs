//! NetworkPolicies against the edges of the Flow: whoever is dialled has to be reached.
//!
//! Peers in other namespaces and addresses are not known here, and are taken to fit.

use std::collections::{HashMap, HashSet};

use super::Report;
use super::address;
use super::cluster::{Cluster, Selector};
use super::fields::{at, list, number, text};
use crate::yaml::Node;

/// What a policy lets through in one direction.
struct Allowed {
    /// The place of the policy among the objects.
    policy: usize,
    rules: Vec<Rule>,
}

/// A rule: workloads that it is for, all where none is named, and ports, likewise.
struct Rule {
    workloads: Option<HashSet<usize>>,
    ports: Option<Vec<(String, u64)>>,
}

/// The policies of each workload, in one direction.
type Policies = HashMap<usize, Vec<usize>>;

/// Every edge that a policy cuts.
pub fn policies(cluster: &Cluster<'_>, report: &mut Report) {
    for (direction, kind, peers) in [("ingress", "Ingress", "from"), ("egress", "Egress", "to")] {
        let (allowed, of) = read(cluster, direction, kind, peers);
        if allowed.is_empty() {
            continue;
        }
        let mut cut = Vec::new();
        for edge in &report.edges {
            let Some(to) = edge.to.filter(|to| *to != edge.from) else { continue };
            let (subject, peer) = if direction == "ingress" { (to, edge.from) } else { (edge.from, to) };
            let Some(policies) = of.get(&subject) else { continue };
            let (_, port) = address::split(&edge.address);
            let names = port.map(|port| port_names(cluster, to, port)).unwrap_or_default();
            let passes = |rule: &Rule| {
                let is_peer = rule.workloads.as_ref().is_none_or(|workloads| workloads.contains(&peer));
                let is_port = |(name, last): &(String, u64)| {
                    let Some(port) = port.map(u64::from) else { return true };
                    name.parse().map_or_else(|_| names.contains(name), |first: u64| (first..=first.max(*last)).contains(&port))
                };
                is_peer && rule.ports.as_ref().is_none_or(|ports| ports.iter().any(is_port))
            };
            if !policies.iter().any(|id| allowed[*id].rules.iter().any(passes)) {
                cut.push((allowed[policies[0]].policy, edge.from, to, port));
            }
        }
        for (policy, from, to, port) in cut {
            let (from, to) = (cluster.label(from), cluster.label(to));
            let port = port.map(|port| format!(" at port {port}")).unwrap_or_default();
            let message = format_args!("keeps {from} from calling {to}{port}");
            report.error(policy, format_args!("spec.{direction}"), message, "", format_args!("add it to `{peers}` and `ports` of a rule"));
        }
    }
}

fn read(cluster: &Cluster<'_>, direction: &str, kind: &str, peers: &str) -> (Vec<Allowed>, Policies) {
    let mut allowed = Vec::new();
    let mut of = Policies::new();
    for (policy, object) in cluster.objects.iter().enumerate() {
        if (object.kind, object.group) != ("NetworkPolicy", "networking.k8s.io") {
            continue;
        }
        let kinds = list(object.node, "spec.policyTypes");
        let is_named = kinds.iter().any(|known| known.as_text() == Some(kind));
        // Without a word about it a policy is about ingress, and about egress where it has such rules.
        let is_meant = kind == "Ingress" || at(object.node, "spec.egress").is_some();
        if !(is_named || kinds.is_empty() && is_meant) {
            continue;
        }
        let Some(pods) = at(object.node, "spec.podSelector") else { continue };
        for workload in cluster.pods.selected(object.namespace, Selector::of(pods), usize::MAX) {
            of.entry(workload).or_default().push(allowed.len());
        }
        let rules = list(object.node, &format!("spec.{direction}")).iter();
        let rule = |rule: &Node<'_>| Rule { workloads: workloads(cluster, object.namespace, list(rule, peers)), ports: ports(rule) };
        allowed.push(Allowed { policy, rules: rules.map(rule).collect() });
    }
    (allowed, of)
}

fn workloads(cluster: &Cluster<'_>, namespace: &str, peers: &[Node<'_>]) -> Option<HashSet<usize>> {
    let mut workloads = HashSet::new();
    for peer in peers {
        let selector = peer.get("podSelector").filter(|_| peer.get("namespaceSelector").is_none() && peer.get("ipBlock").is_none())?;
        workloads.extend(cluster.pods.selected(namespace, Selector::of(selector), usize::MAX));
    }
    (!peers.is_empty()).then_some(workloads)
}

fn ports(rule: &Node<'_>) -> Option<Vec<(String, u64)>> {
    let ports = list(rule, "ports");
    let tcp = ports.iter().filter(|port| matches!(text(port, "protocol"), "" | "TCP"));
    // An entry without a number is every port.
    let known = |port: &Node<'_>| (text(port, "port").to_owned(), number(port, "endPort").unwrap_or_default());
    let is_open = ports.is_empty() || ports.iter().any(|port| port.get("port").is_none());
    (!is_open).then(|| tcp.map(known).collect())
}

/// The names that a port has in the pods of a workload.
fn port_names(cluster: &Cluster<'_>, workload: usize, port: u16) -> Vec<String> {
    let containers = cluster.workloads[workload].containers.iter();
    let declared = containers.flat_map(|container| list(container.node, "ports"));
    declared.filter(|known| number(known, "containerPort") == Some(port.into())).map(|known| text(known, "name").to_owned()).collect()
}
