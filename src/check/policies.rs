//! NetworkPolicies against the edges of the Flow: whoever is dialled has to be reached, and whoever dials a name has to
//! reach a name server.
//!
//! Peers in other namespaces and addresses are not known here, and are taken to fit.

use std::collections::{HashMap, HashSet};

use super::Report;
use super::cluster::Cluster;
use super::fields::{at, list, number, plain, text};
use super::labels::Selector;
use super::pod::is_tcp;
use crate::finding::Finding;
use crate::yaml::Node;

/// The policies of one direction, and the pods that they are for.
struct Direction {
    policies: Vec<Policy>,
    /// Policies by the workload that they are for.
    of: HashMap<usize, Vec<usize>>,
}

/// What a policy lets through.
struct Policy {
    /// Its place among the objects.
    object: usize,
    /// Ports at which anybody passes.
    open: Ports,
    /// Rules by the workload that passes.
    by_peer: HashMap<usize, Vec<usize>>,
    rules: Vec<Ports>,
    /// Whether questions to a name server pass.
    allows_dns: bool,
    /// Whether a rule has port 53, but for TCP alone.
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
    fn add(&mut self, rule: &Node<'_>) {
        let ports = list(rule, "ports");
        // An entry without a number is every port.
        self.are_all |= ports.is_empty() || ports.iter().any(|port| is_tcp(port) && port.get("port").is_none());
        for port in ports.iter().filter(|port| is_tcp(port)) {
            let first = text(port, "port");
            match (first.parse::<u16>(), number(port, "endPort")) {
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

/// Every edge that a policy cuts.
pub fn policies(cluster: &Cluster<'_>, report: &mut Report) {
    for (direction, kind, peers) in [("ingress", "Ingress", "from"), ("egress", "Egress", "to")] {
        let Some(read) = read(cluster, direction, kind, peers) else { continue };
        let mut seen = HashSet::new();
        let mut cut = Vec::new();
        for edge in &report.edges {
            let Some(to) = edge.to.filter(|to| *to != edge.from) else { continue };
            let (subject, peer) = if direction == "ingress" { (to, edge.from) } else { (edge.from, to) };
            let Some(policies) = read.of.get(&subject).filter(|_| seen.insert((edge.from, to, edge.port))) else { continue };
            let names = edge.port.map(|port| cluster.workloads[to].names_of(port)).unwrap_or_default();
            let mut is_cut = true;
            for policy in policies.iter().map(|id| &read.policies[*id]) {
                let rules = policy.by_peer.get(&peer).map(Vec::as_slice).unwrap_or_default();
                if !cluster.work.take(1 + rules.len() + policy.open.ranges.len()) {
                    return cluster.work.skip(policy.object);
                }
                is_cut &= !policy.open.have(edge.port, names) && !rules.iter().any(|rule| policy.rules[*rule].have(edge.port, names));
            }
            if is_cut {
                cut.push((read.policies[policies[0]].object, edge.from, to, edge.port));
            }
        }
        for (policy, from, to, port) in cut {
            let (from, to) = (cluster.label(from), cluster.label(to));
            let port = port.map(|port| format!(" at port {port}")).unwrap_or_default();
            let finding = Finding::error(format!("spec.{direction}"), format!("keeps {from} from calling {to}{port}"));
            report.push(policy, finding.fix(format!("add it to `{peers}` and `ports` of a rule")));
        }
        if direction == "egress" {
            names(cluster, &read, report);
        }
    }
}

/// Workloads that dial names and may ask no name server for them. It answers on UDP; TCP is for long answers.
fn names(cluster: &Cluster<'_>, read: &Direction, report: &mut Report) {
    let mut dialling: Vec<usize> = report.edges.iter().filter(|edge| edge.is_name).map(|edge| edge.from).collect();
    dialling.dedup();
    for workload in dialling {
        let Some(policies) = read.of.get(&workload) else { continue };
        // Its own name server may be anywhere.
        let has_own = text(cluster.workloads[workload].spec, "dnsPolicy") == "None";
        if !cluster.work.take(policies.len()) {
            return cluster.work.skip(read.policies[policies[0]].object);
        }
        let mut policies = policies.iter().map(|id| &read.policies[*id]);
        if has_own || policies.clone().any(|policy| policy.allows_dns) {
            continue;
        }
        let first = policies.clone().find(|policy| policy.has_tcp_dns).or_else(|| policies.next());
        let Some(policy) = first else { continue };
        let label = cluster.label(workload);
        let message = if policy.has_tcp_dns {
            format!("keeps {label} from asking for names: port 53 is open for TCP alone, the default of `protocol`")
        } else {
            format!("keeps {label} from asking for names, which it dials")
        };
        let finding = Finding::error("spec.egress", message);
        report.push(policy.object, finding.fix("add a rule: ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]"));
    }
}

fn read(cluster: &Cluster<'_>, direction: &str, kind: &str, peers: &str) -> Option<Direction> {
    let mut read = Direction { policies: Vec::new(), of: HashMap::new() };
    for (id, object) in cluster.objects.iter().enumerate() {
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
        let selected = cluster.pods.selected(object.namespace, Selector::of(pods), usize::MAX, &cluster.work);
        for workload in selected.members {
            read.of.entry(workload).or_default().push(read.policies.len());
        }
        let policy = policy(cluster, id, direction, peers).filter(|_| !selected.is_cut);
        let Some(policy) = policy else {
            // What is allowed is not known in full.
            cluster.work.skip(id);
            return None;
        };
        read.policies.push(policy);
    }
    Some(read)
}

fn policy(cluster: &Cluster<'_>, id: usize, direction: &str, peers: &str) -> Option<Policy> {
    let object = &cluster.objects[id];
    let (open, by_peer, rules) = (Ports::default(), HashMap::new(), Vec::new());
    let mut policy = Policy { object: id, open, by_peer, rules, allows_dns: false, has_tcp_dns: false };
    for rule in list(object.node, &format!("spec.{direction}")) {
        match Dns::of(rule, object.namespace) {
            Dns::Open => policy.allows_dns = true,
            Dns::OnlyTcp => policy.has_tcp_dns = true,
            Dns::Closed => {}
        }
        let named = list(rule, peers);
        let mut is_open = named.is_empty();
        let mut selectors = Vec::new();
        for peer in named {
            match Peer::of(peer, cluster, object.namespace) {
                Peer::Anybody => is_open = true,
                Peer::Nobody => {}
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
            let selected = cluster.pods.selected(object.namespace, selector, usize::MAX, &cluster.work);
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

/// Whom a peer means among the pods of a policy's namespace.
enum Peer<'p> {
    Anybody,
    Nobody,
    Pods(Selector<'p>),
}

/// Namespaces in which no Flow runs, for policies that say no namespace of their own.
const OF_SYSTEM: [&str; 4] = ["kube-system", "istio-system", "linkerd", "openshift-dns"];

impl<'p> Peer<'p> {
    fn of(peer: &'p Node<'p>, cluster: &Cluster<'_>, own: &str) -> Self {
        if peer.get("ipBlock").is_some() {
            return Peer::Anybody;
        }
        let namespaces = peer.get("namespaceSelector").map(Selector::of);
        if namespaces.is_some_and(|selector| !may_select(&selector, cluster, own)) {
            return Peer::Nobody;
        }
        match peer.get("podSelector").map(Selector::of) {
            Some(pods) if !pods.is_empty() => Peer::Pods(pods),
            _ => Peer::Anybody,
        }
    }
}

/// Whether a selector may select a namespace: its name is a label, the others are those of its object.
fn may_select(selector: &Selector<'_>, cluster: &Cluster<'_>, namespace: &str) -> bool {
    let labels = cluster.find("Namespace", "", namespace).and_then(|found| at(found.node, "metadata.labels"));
    let labels = labels.filter(|labels| cluster.work.take(labels.as_map().map_or(0, <[_]>::len)));
    selector.labels().all(|(key, value)| match key {
        NAMESPACE_LABEL if namespace.is_empty() => !OF_SYSTEM.contains(&value),
        NAMESPACE_LABEL => value == namespace,
        _ => labels.is_none_or(|labels| labels.get(key).is_some_and(|known| plain(known) == value)),
    })
}

/// What a rule says about questions to a name server.
enum Dns {
    Open,
    OnlyTcp,
    Closed,
}

/// Ports of name servers: DNS itself, and where the pods of OpenShift, of Kubernetes in Docker and of others listen for it.
const DNS: [&str; 4] = ["53", "5353", "8053", "1053"];

/// Where name servers run.
const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

impl Dns {
    fn of(rule: &Node<'_>, own: &str) -> Self {
        let ports = list(rule, "ports");
        let is_dns = |port: &&Node<'_>| {
            let (first, last) = (text(port, "port"), number(port, "endPort"));
            let is_in_range = || first.parse::<u64>().is_ok_and(|first| last.is_some_and(|last| (first..=last).contains(&53)));
            DNS.contains(&first) || first.contains("dns") || is_in_range()
        };
        let (udp, tcp): (Vec<&Node<'_>>, Vec<&Node<'_>>) = ports.iter().partition(|port| text(port, "protocol") == "UDP");
        let is_named = udp.iter().any(is_dns);
        let is_open = ports.is_empty() || udp.iter().any(|port| port.get("port").is_none());
        let peers = list(rule, "to");
        if (is_named || is_open) && (peers.is_empty() || peers.iter().any(|peer| may_be_name_server(peer, is_named, own))) {
            return Dns::Open;
        }
        if !is_named && tcp.iter().any(is_dns) { Dns::OnlyTcp } else { Dns::Closed }
    }
}

/// Whether there may be a name server behind a peer. Who names the port means it.
fn may_be_name_server(peer: &Node<'_>, is_named: bool, own: &str) -> bool {
    let pods = peer.get("podSelector").map(Selector::of).filter(|selector| !selector.is_empty());
    let sounds_like = |selector: &Selector<'_>| selector.values().any(|value| value.contains("dns") || value == "kube-system");
    let Some(namespaces) = peer.get("namespaceSelector") else {
        // Addresses are not known; pods of the same namespace are, and hardly one of them is a name server.
        return peer.get("ipBlock").is_some() || own == "kube-system" || pods.is_some_and(|pods| sounds_like(&pods) && is_named);
    };
    let namespaces = Selector::of(namespaces);
    if is_named || sounds_like(&namespaces) {
        return true;
    }
    let is_another = namespaces.labels().any(|(key, _)| key == NAMESPACE_LABEL)
        || list(peer, "namespaceSelector.matchExpressions").iter().any(|node| {
            text(node, "key") == NAMESPACE_LABEL
                && text(node, "operator") == "In"
                && list(node, "values").iter().all(|value| !plain(value).contains("dns"))
        });
    !is_another && pods.is_none_or(|pods| sounds_like(&pods))
}
