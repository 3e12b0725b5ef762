//! `networking.k8s.io/v1 NetworkPolicy`: the edges of the Flow, and nothing else.
//!
//! The gateway calls every executor itself, at its head where it has shards; a head calls its shards. Nobody else calls
//! anybody. In a mesh it is proxies that call each other, at ports of their own.

use super::labels::{metadata, texts};
use super::{Target, object, selector};
use crate::config::Mesh;
use crate::config::scope::{NetworkPolicy, Peer};
use crate::plan::{Component, PORT};
use crate::yaml::Node;

/// Where a proxy takes what another one sends: Linkerd's inbound port, and Istio's HBONE in ambient mode. Istio's sidecars
/// keep the port of the application.
const LINKERD_INBOUND: u16 = 4143;
const ISTIO_HBONE: u16 = 15008;

/// The policy of a component.
pub fn network_policy<'c>(component: &'c Component, policy: &'c NetworkPolicy, target: &Target<'c>) -> Node<'c> {
    let mut served: Vec<Node<'c>> = (PORT..).zip(&component.protocols).map(|(number, _)| tcp(number)).collect();
    served.extend(proxy_port(target.mesh).map(tcp));
    let callers = match &component.called_by {
        Some(caller) => vec![pods_of(caller, target)],
        None => policy.callers.iter().map(peer).collect(),
    };
    let mut ingress = vec![rule("from", callers, served)];
    if component.monitoring {
        let metrics = component.containers.iter().map(|container| tcp(container.process.metrics_port())).collect();
        ingress.push(rule("from", policy.scrapers.iter().map(peer).collect(), metrics));
    }
    let mut kinds = vec!["Ingress".into()];
    let mut spec = pods_of(&component.name, target);
    let egress = policy.egress.as_ref().map(|allowed| egress(component, allowed, target));
    if egress.is_some() {
        kinds.push("Egress".into());
    }
    spec.set("policyTypes", kinds.into());
    spec.set("ingress", ingress.into());
    if let Some(rules) = egress {
        spec.set("egress", rules.into());
    }
    object([
        ("apiVersion", "networking.k8s.io/v1".into()),
        ("kind", "NetworkPolicy".into()),
        ("metadata", metadata(&component.name, component, target)),
        ("spec", spec),
    ])
}

/// The pods of a component of the Flow.
fn pods_of<'c>(component: &'c str, target: &Target<'_>) -> Node<'c> {
    object([("podSelector", object([("matchLabels", selector(component, target))]))])
}

/// Names, what the component calls, what the mesh's proxy calls, and what the user allows.
fn egress<'c>(component: &'c Component, allowed: &'c [(Peer, Option<i64>)], target: &Target<'c>) -> Vec<Node<'c>> {
    let dns = ["UDP", "TCP"].map(|protocol| object([("protocol", protocol.into()), ("port", 53.into())]));
    let mut rules = vec![rule("to", Vec::new(), dns.into())];
    let called: Vec<Node<'c>> = component.calls().map(|called| pods_of(called, target)).collect();
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
        let labels = object([("kubernetes.io/metadata.name", namespace.into())]);
        let peer = object([("namespaceSelector", object([("matchLabels", labels)]))]);
        rules.push(rule("to", vec![peer], Vec::new()));
    }
    let user = allowed.iter().map(|(to, port)| rule("to", vec![peer(to)], port.iter().map(|port| tcp(*port)).collect()));
    rules.extend(user);
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
    object([("protocol", "TCP".into()), ("port", number.into())])
}

/// A rule for these peers, or for everybody, at these ports, or at all.
fn rule<'c>(direction: &'static str, peers: Vec<Node<'c>>, ports: Vec<Node<'c>>) -> Node<'c> {
    let mut rule = object([]);
    if !peers.is_empty() {
        rule.set(direction, peers.into());
    }
    if !ports.is_empty() {
        rule.set("ports", ports.into());
    }
    rule
}

/// Pods in the Flow's own namespace are those that overlays rename and label together with the Flow: `matchLabels`, in which
/// kustomize does the same. Those in another namespace are not, and kustomize knows no `matchExpressions`.
fn peer<'c>(peer: &'c Peer) -> Node<'c> {
    if let Some(cidr) = &peer.cidr {
        return object([("ipBlock", object([("cidr", cidr.as_str().into())]))]);
    }
    let selector = |labels| object([("matchLabels", texts(labels))]);
    let mut node = object([]);
    if peer.namespace.is_empty() {
        node.set("podSelector", if peer.pods.is_empty() { object([]) } else { selector(&peer.pods) });
        return node;
    }
    node.set("namespaceSelector", selector(&peer.namespace));
    if !peer.pods.is_empty() {
        let is_one = |(key, value): &'c (String, String)| {
            object([("key", key.as_str().into()), ("operator", "In".into()), ("values", vec![value.as_str().into()].into())])
        };
        let expressions: Vec<Node<'c>> = peer.pods.iter().map(is_one).collect();
        node.set("podSelector", object([("matchExpressions", expressions.into())]));
    }
    node
}
