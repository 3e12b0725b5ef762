//! Checks that NetworkPolicies allow the calls of a Flow, and the queries of the Flow to a name server.
//!
//! Peers in other namespaces and IP ranges are unknown here, so they are assumed to match.

use std::collections::{HashMap, HashSet};

use super::cluster::Cluster;
use super::labels::Selector;
use super::pod::is_tcp;
use super::report::Report;
use crate::finding::Code;
use crate::yaml::{Map, View};

/// The direction of the traffic that rules allow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    /// The field of a policy that has the rules.
    fn field(self) -> &'static str {
        match self {
            Direction::Ingress => "spec.ingress",
            Direction::Egress => "spec.egress",
        }
    }

    /// The entry of `policyTypes`.
    fn policy_type(self) -> &'static str {
        match self {
            Direction::Ingress => "Ingress",
            Direction::Egress => "Egress",
        }
    }

    /// The field of a rule that has its peers.
    fn peers(self) -> &'static str {
        match self {
            Direction::Ingress => "from",
            Direction::Egress => "to",
        }
    }
}

/// The policies for one direction.
#[derive(Default)]
struct Policies {
    all: Vec<Policy>,
    /// Policies by the workload to which they apply.
    by_workload: HashMap<usize, Vec<usize>>,
}

/// The traffic that a policy allows.
struct Policy {
    /// The position of the object.
    object: usize,
    /// The ports that are open to every peer.
    open: Ports,
    /// The rules that name a workload as a peer.
    by_peer: HashMap<usize, Vec<usize>>,
    rules: Vec<Ports>,
    /// Whether DNS queries are allowed.
    allows_dns: bool,
    /// Whether a rule has port 53, but only for TCP.
    has_tcp_dns: bool,
}

/// The ports of rules.
#[derive(Default)]
struct Ports {
    are_all: bool,
    numbers: HashSet<u16>,
    ranges: Vec<(u64, u64)>,
    names: HashSet<String>,
}

impl Ports {
    fn add(&mut self, rule: View<'_>) {
        let ports = rule.list_at("ports");
        // An entry without a number allows every port.
        self.are_all |= ports.is_empty() || ports.iter().any(|port| is_tcp(port) && port.get("port").is_none());
        for port in ports.iter().filter(|port| is_tcp(*port)) {
            let first = port.text_at("port");
            match (first.parse::<u16>(), port.number_at("endPort")) {
                (Ok(first), Some(last)) => self.ranges.push((first.into(), last)),
                (Ok(first), None) => drop(self.numbers.insert(first)),
                (Err(_), _) => drop(self.names.insert(first.to_owned())),
            }
        }
    }

    fn have(&self, port: Option<u16>, names: &[&str]) -> bool {
        let Some(port) = port.filter(|_| !self.are_all) else { return true };
        self.numbers.contains(&port)
            || names.iter().any(|name| self.names.contains(*name))
            || self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&port.into()))
    }
}

/// Checks that policies allow the calls of a Flow.
pub fn policies(cluster: &Cluster<'_>, report: &mut Report) {
    for direction in [Direction::Ingress, Direction::Egress] {
        let Some(policies) = read(cluster, direction) else { continue };
        let mut seen = HashSet::new();
        let mut blocked = Vec::new();
        for edge in &report.edges {
            let Some(to) = edge.to.filter(|to| *to != edge.from) else { continue };
            let (subject, peer) = if direction == Direction::Ingress { (to, edge.from) } else { (edge.from, to) };
            let applied = policies.by_workload.get(&subject).filter(|_| seen.insert((edge.from, to, edge.port)));
            let Some(applied) = applied else { continue };
            let names = edge.port.map(|port| cluster.workloads[to].names_of(port)).unwrap_or_default();
            let mut is_blocked = true;
            for policy in applied.iter().map(|id| &policies.all[*id]) {
                let rules = policy.by_peer.get(&peer).map(Vec::as_slice).unwrap_or_default();
                if !cluster.work.take(1 + rules.len() + policy.open.ranges.len()) {
                    return cluster.work.skip(policy.object);
                }
                let is_allowed = policy.open.have(edge.port, names) || rules.iter().any(|rule| policy.rules[*rule].have(edge.port, names));
                is_blocked &= !is_allowed;
            }
            if is_blocked {
                let port = edge.port.map(|port| format!(" on port {port}")).unwrap_or_default();
                let message = format!("blocks calls from {} to {}{port}", cluster.label(edge.from), cluster.label(to));
                let finding = Code::NetworkPolicyBlocks.error(direction.field(), message);
                let fix = format!("add the peer to `{}` and the port to `ports` of a rule", direction.peers());
                blocked.push((policies.all[applied[0]].object, finding.fix(fix)));
            }
        }
        for (policy, finding) in blocked {
            report.push(policy, finding);
        }
        if direction == Direction::Egress {
            check_dns(cluster, &policies, report);
        }
    }
}

/// Checks that workloads that call names can query a name server. Name servers answer on UDP, and use TCP for long answers.
fn check_dns(cluster: &Cluster<'_>, policies: &Policies, report: &mut Report) {
    let mut callers: Vec<usize> = report.edges.iter().filter(|edge| edge.is_name).map(|edge| edge.from).collect();
    callers.dedup();
    for workload in callers {
        let Some(applied) = policies.by_workload.get(&workload) else { continue };
        // With `dnsPolicy: None`, the name server may be anywhere.
        let has_own = cluster.workloads[workload].spec.text_at("dnsPolicy") == "None";
        if !cluster.work.take(applied.len()) {
            return cluster.work.skip(policies.all[applied[0]].object);
        }
        let mut applied = applied.iter().map(|id| &policies.all[*id]);
        if has_own || applied.clone().any(|policy| policy.allows_dns) {
            continue;
        }
        let first = applied.clone().find(|policy| policy.has_tcp_dns).or_else(|| applied.next());
        let Some(policy) = first else { continue };
        let reason = if policy.has_tcp_dns { ": port 53 is open only for TCP, the default of `protocol`" } else { "" };
        let message = format!("blocks the DNS queries of {}, which calls Services by name{reason}", cluster.label(workload));
        let finding = Code::NetworkPolicyBlocks.error(Direction::Egress.field(), message);
        report.push(policy.object, finding.fix("add a rule: ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]"));
    }
}

/// Reads all policies for a direction; `None` if that takes too long.
fn read(cluster: &Cluster<'_>, direction: Direction) -> Option<Policies> {
    let mut policies = Policies::default();
    for (id, object) in cluster.objects.iter().enumerate() {
        if (object.kind(), object.group()) != ("NetworkPolicy", "networking.k8s.io") {
            continue;
        }
        let types = object.view.list_at("spec.policyTypes");
        let is_named = types.iter().any(|known| known.as_text() == Some(direction.policy_type()));
        // The default of `policyTypes` is ingress, and egress too if the policy has egress rules.
        let is_default = direction == Direction::Ingress || object.view.at("spec.egress").is_some();
        if !(is_named || types.is_empty() && is_default) {
            continue;
        }
        let Some(pods) = object.view.at("spec.podSelector") else { continue };
        let selected = cluster.pods.selected(object.namespace(), Selector::of(pods), usize::MAX, &cluster.work);
        for workload in selected.members {
            policies.by_workload.entry(workload).or_default().push(policies.all.len());
        }
        let policy = policy(cluster, id, direction).filter(|_| !selected.is_cut);
        let Some(policy) = policy else {
            cluster.work.skip(id);
            return None;
        };
        policies.all.push(policy);
    }
    Some(policies)
}

fn policy(cluster: &Cluster<'_>, id: usize, direction: Direction) -> Option<Policy> {
    let object = &cluster.objects[id];
    let (open, by_peer, rules) = (Ports::default(), HashMap::new(), Vec::new());
    let mut policy = Policy { object: id, open, by_peer, rules, allows_dns: false, has_tcp_dns: false };
    for rule in object.view.list_at(direction.field()).iter() {
        match Dns::of(rule, object.namespace()) {
            Dns::Open => policy.allows_dns = true,
            Dns::OnlyTcp => policy.has_tcp_dns = true,
            Dns::Closed => {}
        }
        let peers = rule.list_at(direction.peers());
        let mut is_open = peers.is_empty();
        let mut selectors = Vec::new();
        for peer in peers.iter() {
            match Peer::of(peer, cluster, object.namespace()) {
                Peer::Any => is_open = true,
                Peer::None => {}
                Peer::Pods(selector) => selectors.push(selector),
            }
        }
        if is_open {
            policy.open.add(rule);
            continue;
        }
        let mut ports = Ports::default();
        ports.add(rule);
        for selector in selectors {
            let selected = cluster.pods.selected(object.namespace(), selector, usize::MAX, &cluster.work);
            if selected.is_cut {
                return None;
            }
            for workload in selected.members {
                policy.by_peer.entry(workload).or_default().push(policy.rules.len());
            }
        }
        policy.rules.push(ports);
    }
    Some(policy)
}

/// The pods of a policy's own namespace that a peer matches.
enum Peer<'p> {
    Any,
    None,
    Pods(Selector<'p>),
}

/// Namespaces in which no Flow runs. A policy without a namespace is not for these namespaces.
const SYSTEM_NAMESPACES: [&str; 4] = ["kube-system", "istio-system", "linkerd", "openshift-dns"];

impl<'p> Peer<'p> {
    fn of(peer: View<'p>, cluster: &Cluster<'_>, own: &str) -> Self {
        if peer.get("ipBlock").is_some() {
            return Peer::Any;
        }
        let namespaces = peer.get("namespaceSelector").map(Selector::of);
        if namespaces.is_some_and(|selector| !may_select(&selector, cluster, own)) {
            return Peer::None;
        }
        match peer.get("podSelector").map(Selector::of) {
            Some(pods) if !pods.is_empty() => Peer::Pods(pods),
            _ => Peer::Any,
        }
    }
}

/// Whether a selector may select a namespace. The name of a namespace is one of its labels; the Namespace has the other
/// labels.
fn may_select(selector: &Selector<'_>, cluster: &Cluster<'_>, namespace: &str) -> bool {
    let labels = cluster.find("Namespace", "", namespace).and_then(|found| found.view.at("metadata.labels"));
    let labels = labels.filter(|labels| cluster.work.take(labels.as_map().map_or(0, Map::len)));
    selector.labels().all(|(key, value)| match key {
        NAMESPACE_LABEL if namespace.is_empty() => !SYSTEM_NAMESPACES.contains(&value),
        NAMESPACE_LABEL => value == namespace,
        _ => labels.is_none_or(|labels| labels.get(key).is_some_and(|known| known.text() == value)),
    })
}

/// Whether a rule allows DNS queries.
enum Dns {
    Open,
    OnlyTcp,
    Closed,
}

/// Ports of name servers: the port of DNS, and ports on which the pods of OpenShift, kind and other clusters listen.
const DNS: [&str; 4] = ["53", "5353", "8053", "1053"];

/// The label with the name of a namespace.
const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

impl Dns {
    fn of(rule: View<'_>, own: &str) -> Self {
        let ports = rule.list_at("ports");
        let is_dns = |port: &View<'_>| {
            let (first, last) = (port.text_at("port"), port.number_at("endPort"));
            let is_in_range = || first.parse::<u64>().is_ok_and(|first| last.is_some_and(|last| (first..=last).contains(&53)));
            DNS.contains(&first) || first.contains("dns") || is_in_range()
        };
        let (udp, tcp): (Vec<View<'_>>, Vec<View<'_>>) = ports.iter().partition(|port| port.text_at("protocol") == "UDP");
        let is_named = udp.iter().any(is_dns);
        let is_open = ports.is_empty() || udp.iter().any(|port| port.get("port").is_none());
        let peers = rule.list_at("to");
        if (is_named || is_open) && (peers.is_empty() || peers.iter().any(|peer| may_be_name_server(peer, is_named, own))) {
            return Dns::Open;
        }
        if !is_named && tcp.iter().any(is_dns) { Dns::OnlyTcp } else { Dns::Closed }
    }
}

/// Whether a peer may include a name server. `is_named` is whether the rule names a port of DNS.
fn may_be_name_server(peer: View<'_>, is_named: bool, own: &str) -> bool {
    let pods = peer.get("podSelector").map(Selector::of).filter(|selector| !selector.is_empty());
    let suggests_dns = |selector: &Selector<'_>| selector.values().any(|value| value.contains("dns") || value == "kube-system");
    let Some(namespaces) = peer.get("namespaceSelector") else {
        // IP ranges are unknown. Pods of the same namespace are known, and rarely include a name server.
        return peer.get("ipBlock").is_some() || own == "kube-system" || pods.is_some_and(|pods| suggests_dns(&pods) && is_named);
    };
    let namespaces = Selector::of(namespaces);
    if is_named || suggests_dns(&namespaces) {
        return true;
    }
    let is_other_namespace = namespaces.labels().any(|(key, _)| key == NAMESPACE_LABEL)
        || peer.list_at("namespaceSelector.matchExpressions").iter().any(|expression| {
            expression.text_at("key") == NAMESPACE_LABEL
                && expression.text_at("operator") == "In"
                && expression.list_at("values").iter().all(|value| !value.text().contains("dns"))
        });
    !is_other_namespace && pods.is_none_or(|pods| suggests_dns(&pods))
}
