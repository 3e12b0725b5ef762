//! `networking.k8s.io/v1 NetworkPolicy`: allows the connections of the Flow, and no others.
//!
//! The gateway calls every executor, and the head of an executor with shards. A head calls its shards. Components make no other
//! calls. In a mesh the proxies call each other, on their own ports.

use super::labels::selector;
use super::maker::Maker;
use super::nodes::{mapping, string_map};
use super::target::Target;
use crate::config::Mesh;
use crate::config::scope::{NetworkPolicy, Peer};
use crate::plan::PORT;
use crate::yaml::Node;

/// The port of Linkerd's proxies.
const LINKERD_INBOUND: u16 = 4143;
/// The port of Istio's proxies in ambient mode (HBONE). Istio's sidecars use the port of the application.
const ISTIO_HBONE: u16 = 15008;

pub fn network_policy<'c>(maker: &Maker<'c>, policy: &'c NetworkPolicy) -> Node<'c> {
    let Maker { component, target } = *maker;
    let mut served: Vec<Node<'c>> = (PORT..).zip(&component.protocols).map(|(number, _)| tcp(number)).collect();
    served.extend(proxy_port(target.mesh).map(tcp));
    let callers = match &component.called_by {
        // Clients outside the Flow call an executor that is exposed.
        Some(_) if component.workload.expose.is_some() && policy.callers.is_empty() => Vec::new(),
        Some(caller) if component.workload.expose.is_some() => {
            let clients = policy.callers.iter().map(peer);
            std::iter::once(pods_of(caller, &target)).chain(clients).collect()
        }
        Some(caller) => vec![pods_of(caller, &target)],
        None => policy.callers.iter().map(peer).collect(),
    };
    let mut ingress = vec![rule("from", callers, served)];
    if component.monitoring {
        let metrics = component.containers.iter().map(|container| tcp(container.process.metrics_port())).collect();
        ingress.push(rule("from", policy.scrapers.iter().map(peer).collect(), metrics));
    }
    let egress = policy.egress.as_ref().map(|allowed| egress(maker, allowed));
    let mut kinds = vec!["Ingress".into()];
    if egress.is_some() {
        kinds.push("Egress".into());
    }
    let mut spec = pods_of(&component.name, &target);
    spec.set("policyTypes", kinds.into());
    spec.set("ingress", ingress.into());
    if let Some(rules) = egress {
        spec.set("egress", rules.into());
    }
    maker.object("networking.k8s.io/v1", "NetworkPolicy", &component.name, spec)
}

/// The peer for all pods of a component.
fn pods_of<'c>(component: &'c str, target: &Target<'_>) -> Node<'c> {
    mapping([("podSelector", mapping([("matchLabels", selector(component, target))]))])
}

/// DNS, the components that this component calls, the control plane of the mesh, and the peers that the user allows.
fn egress<'c>(maker: &Maker<'c>, allowed: &'c [(Peer, Option<i64>)]) -> Vec<Node<'c>> {
    let Maker { component, target } = *maker;
    let dns = ["UDP", "TCP"].map(|protocol| mapping([("protocol", protocol.into()), ("port", 53.into())]));
    let mut rules = vec![rule("to", Vec::new(), dns.into())];
    let called: Vec<Node<'c>> = component.calls().map(|called| pods_of(called, &target)).collect();
    if !called.is_empty() {
        let mut ports = vec![tcp(PORT)];
        ports.extend(proxy_port(target.mesh).map(tcp));
        rules.push(rule("to", called, ports));
    }
    let control_plane = match target.mesh {
        Mesh::None => None,
        Mesh::Linkerd => Some("linkerd"),
        Mesh::Istio => Some("istio-system"),
    };
    if let Some(namespace) = control_plane {
        let labels = mapping([("kubernetes.io/metadata.name", namespace.into())]);
        let peer = mapping([("namespaceSelector", mapping([("matchLabels", labels)]))]);
        rules.push(rule("to", vec![peer], Vec::new()));
    }
    let of_user = allowed.iter().map(|(to, port)| rule("to", vec![peer(to)], port.iter().map(|port| tcp(*port)).collect()));
    rules.extend(of_user);
    rules
}

fn proxy_port(mesh: Mesh) -> Option<u16> {
    match mesh {
        Mesh::None => None,
        Mesh::Linkerd => Some(LINKERD_INBOUND),
        Mesh::Istio => Some(ISTIO_HBONE),
    }
}

fn tcp<'c>(number: impl Into<Node<'c>>) -> Node<'c> {
    mapping([("protocol", "TCP".into()), ("port", number.into())])
}

/// A rule. Empty `peers` allow all peers, and empty `ports` allow all ports.
fn rule<'c>(direction: &'static str, peers: Vec<Node<'c>>, ports: Vec<Node<'c>>) -> Node<'c> {
    let mut rule = mapping([]);
    if !peers.is_empty() {
        rule.set(direction, peers.into());
    }
    if !ports.is_empty() {
        rule.set("ports", ports.into());
    }
    rule
}

/// A peer. Overlays rename and label pods in the Flow's own namespace together with the Flow, so `matchLabels` selects
/// these pods: kustomize changes `matchLabels` too. Pods in another namespace keep their labels, so `matchExpressions`
/// selects these pods: kustomize does not change `matchExpressions`.
fn peer<'c>(peer: &'c Peer) -> Node<'c> {
    if let Some(cidr) = &peer.cidr {
        return mapping([("ipBlock", mapping([("cidr", cidr.as_str().into())]))]);
    }
    let selector = |labels| mapping([("matchLabels", string_map(labels))]);
    let mut node = mapping([]);
    if peer.namespace.is_empty() {
        node.set("podSelector", if peer.pods.is_empty() { mapping([]) } else { selector(&peer.pods) });
        return node;
    }
    node.set("namespaceSelector", selector(&peer.namespace));
    if !peer.pods.is_empty() {
        let has_value = |(key, value): &'c (String, String)| {
            mapping([("key", key.as_str().into()), ("operator", "In".into()), ("values", vec![value.as_str().into()].into())])
        };
        let expressions: Vec<Node<'c>> = peer.pods.iter().map(has_value).collect();
        node.set("podSelector", mapping([("matchExpressions", expressions.into())]));
    }
    node
}
