//! Ways from outside to the gateway: a Service, an Ingress, routes of the Gateway API.

use super::labels::{metadata, texts};
use super::{Target, object, selector};
use crate::config::scope::EXTERNAL;
use crate::config::workload::{Expose, Ingress, Route};
use crate::jina::setting::Protocol;
use crate::plan::{Component, PORT, protocol_service};
use crate::yaml::{Data, Node};

/// The place of a protocol, by its word in the config, among those of a gateway; the first where none is named.
pub fn place_of(component: &Component, wanted: Option<&str>) -> Option<usize> {
    let Some(word) = wanted else { return Some(0) };
    component.protocols.iter().position(|protocol| protocol_word(*protocol) == word)
}

/// A protocol in the words of the config.
pub fn protocol_word(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Grpc => "grpc",
        Protocol::Http => "http",
        Protocol::Websocket => "websocket",
    }
}

fn number(place: usize) -> u16 {
    PORT.saturating_add(u16::try_from(place).unwrap_or(u16::MAX))
}

/// The Service of a protocol, and its port.
fn backend(component: &Component, place: usize) -> (String, u16) {
    let name = match component.protocols.get(place) {
        Some(protocol) if place > 0 => protocol_service(&component.name, place, protocol.scheme()),
        _ => component.name.clone(),
    };
    (name, number(place))
}

fn annotated<'c>(mut metadata: Node<'c>, annotations: &'c [(String, String)]) -> Node<'c> {
    if annotations.is_empty() {
        return metadata;
    }
    let own = texts(annotations);
    match metadata.get_mut("annotations").map(|known| &mut known.data) {
        Some(Data::Map(known)) => known.extend(annotations.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into()))),
        _ => metadata.set("annotations", own),
    }
    metadata
}

/// `v1 Service` with an address outside the cluster, `gateway-exposed` as in Jina's how-to.
pub fn service<'c>(component: &'c Component, expose: &'c Expose, target: &Target<'c>) -> Option<Node<'c>> {
    let place = place_of(component, expose.protocol.as_deref())?;
    let name = component.protocols.get(place).map_or("grpc", |protocol| protocol_word(*protocol));
    let mut port =
        object([("name", name.into()), ("port", expose.port.into()), ("protocol", "TCP".into()), ("targetPort", number(place).into())]);
    if let Some(number) = expose.node_port {
        port.set("nodePort", number.into());
    }
    let spec =
        object([("type", expose.kind.as_str().into()), ("ports", vec![port].into()), ("selector", selector(&component.name, target))]);
    Some(object([
        ("apiVersion", "v1".into()),
        ("kind", "Service".into()),
        ("metadata", annotated(metadata(&expose.name, component, target), &expose.annotations)),
        ("spec", spec),
    ]))
}

/// Without it the controller of the class `nginx` speaks HTTP/1 to what is behind it.
const BACKEND: &str = "nginx.ingress.kubernetes.io/backend-protocol";

/// `networking.k8s.io/v1 Ingress`.
pub fn ingress<'c>(component: &'c Component, ingress: &'c Ingress, target: &Target<'c>) -> Option<Node<'c>> {
    let place = place_of(component, ingress.protocol.as_deref())?;
    let (service, port) = backend(component, place);
    let rule = |host: Option<&'c str>, path: &'c str| {
        let service = object([("name", service.clone().into()), ("port", object([("number", port.into())]))]);
        let path = object([("path", path.into()), ("pathType", "Prefix".into()), ("backend", object([("service", service)]))]);
        let http = object([("paths", vec![path].into())]);
        match host {
            Some(host) => object([("host", host.into()), ("http", http)]),
            None => object([("http", http)]),
        }
    };
    let mut rules: Vec<Node<'c>> = ingress.hosts.iter().map(|(host, path, _)| rule(Some(host), path)).collect();
    if rules.is_empty() {
        rules.push(rule(None, "/"));
    }
    let certificate = |(host, _, secret): &'c (String, String, Option<String>)| {
        let secret = secret.as_deref()?;
        Some(object([("hosts", vec![host.into()].into()), ("secretName", secret.into())]))
    };
    let certificates: Vec<Node<'c>> = ingress.hosts.iter().filter_map(certificate).collect();
    let mut spec = object([]);
    if let Some(class) = &ingress.class {
        spec.set("ingressClassName", class.as_str().into());
    }
    if !certificates.is_empty() {
        spec.set("tls", certificates.into());
    }
    spec.set("rules", rules.into());
    let mut metadata = annotated(metadata(&component.name, component, target), &ingress.annotations);
    let secrets = ingress.hosts.iter().filter_map(|(_, _, secret)| Some(format!("secret/{}", secret.as_deref()?)));
    let mut external: Vec<String> = secrets.filter(|secret| target.scope.external.contains(secret)).collect();
    external.sort();
    external.dedup();
    if !external.is_empty() {
        match metadata.get_mut("annotations") {
            Some(annotations) => annotations.set(EXTERNAL, external.join(",").into()),
            None => metadata.set("annotations", object([(EXTERNAL, external.join(",").into())])),
        }
    }
    let is_grpc = component.protocols.get(place) == Some(&Protocol::Grpc);
    if is_grpc && ingress.class.as_deref() == Some("nginx") && ingress.annotations.iter().all(|(name, _)| name != BACKEND) {
        match metadata.get_mut("annotations") {
            Some(annotations) => annotations.set(BACKEND, "GRPC".into()),
            None => metadata.set("annotations", object([(BACKEND, "GRPC".into())])),
        }
    }
    Some(object([("apiVersion", "networking.k8s.io/v1".into()), ("kind", "Ingress".into()), ("metadata", metadata), ("spec", spec)]))
}

/// `gateway.networking.k8s.io/v1 HTTPRoute` or `GRPCRoute`.
pub fn route<'c>(kind: &'static str, component: &'c Component, route: &'c Route, target: &Target<'c>) -> Option<Node<'c>> {
    let default = if kind == "GRPCRoute" { "grpc" } else { "http" };
    let place = place_of(component, Some(route.protocol.as_deref().unwrap_or(default)))?;
    let (service, port) = backend(component, place);
    let parent = |(name, namespace, section): &'c (String, Option<String>, Option<String>)| {
        let mut parent = object([("name", name.as_str().into())]);
        for (field, value) in [("namespace", namespace), ("sectionName", section)] {
            if let Some(value) = value {
                parent.set(field, value.as_str().into());
            }
        }
        parent
    };
    let mut spec = object([("parentRefs", route.gateways.iter().map(parent).collect::<Vec<_>>().into())]);
    if !route.hostnames.is_empty() {
        spec.set("hostnames", super::texts(&route.hostnames));
    }
    let backend = object([("name", service.into()), ("port", port.into())]);
    spec.set("rules", vec![object([("backendRefs", vec![backend].into())])].into());
    Some(object([
        ("apiVersion", "gateway.networking.k8s.io/v1".into()),
        ("kind", kind.into()),
        ("metadata", annotated(metadata(&component.name, component, target), &route.annotations)),
        ("spec", spec),
    ]))
}
