//! Access to the gateway and to executors from outside the cluster: a Service, an Ingress, and routes of the Gateway API.

use std::borrow::Cow;

use super::maker::{Maker, object};
use super::nodes::{mapping, string_map, strings};
use crate::config::scope::EXTERNAL;
use crate::config::workload::{Expose, Host, Ingress, Parent, Route};
use crate::jina::setting::Protocol;
use crate::plan::{Component, PORT, Role, protocol_service};
use crate::yaml::{Data, Node};

/// The annotation for the backend's protocol. Without the annotation, the controller of the class `nginx` sends HTTP/1 to
/// the backend.
const BACKEND: &str = "nginx.ingress.kubernetes.io/backend-protocol";

/// The place of a protocol in the protocols of a gateway; 0 if `protocol` is not set.
pub fn place_of(component: &Component, protocol: Option<Protocol>) -> Option<usize> {
    let Some(protocol) = protocol else { return Some(0) };
    component.protocols.iter().position(|served| *served == protocol)
}

fn number(place: usize) -> u16 {
    PORT.saturating_add(u16::try_from(place).unwrap_or(u16::MAX))
}

/// The Service of a protocol, and its port.
struct Backend {
    service: String,
    port: u16,
}

fn backend(component: &Component, place: usize) -> Backend {
    let service = match component.protocols.get(place) {
        Some(protocol) if place > 0 => protocol_service(&component.name, place, protocol.scheme()),
        _ => component.name.clone(),
    };
    Backend { service, port: number(place) }
}

/// The metadata of an object, with annotations that only this object has.
fn annotated<'c>(maker: &Maker<'c>, name: impl Into<Node<'c>>, annotations: &'c [(String, String)]) -> Node<'c> {
    let mut metadata = maker.metadata(name);
    if annotations.is_empty() {
        return metadata;
    }
    let own = string_map(annotations);
    match (metadata.get_mut("annotations").map(|known| &mut known.data), own.data) {
        (Some(Data::Map(known)), Data::Map(own)) => known.extend(own),
        (_, own) => metadata.set("annotations", own.into()),
    }
    metadata
}

fn annotate<'c>(metadata: &mut Node<'c>, name: &'static str, value: Node<'c>) {
    match metadata.get_mut("annotations") {
        Some(annotations) => annotations.set(name, value),
        None => metadata.set("annotations", mapping([(name, value)])),
    }
}

/// `v1 Service` with an address outside the cluster, named `gateway-exposed` for the gateway, as in the documentation of Jina.
pub fn service<'c>(maker: &Maker<'c>, expose: &'c Expose) -> Option<Node<'c>> {
    let component = maker.component;
    let place = place_of(component, expose.protocol)?;
    let name = component.protocols.get(place).map_or("grpc", |protocol| protocol.scheme());
    let mut port =
        mapping([("name", name.into()), ("port", expose.port.into()), ("protocol", "TCP".into()), ("targetPort", number(place).into())]);
    if let Some(number) = expose.node_port {
        port.set("nodePort", number.into());
    }
    let mut spec = mapping([("type", expose.kind.as_str().into()), ("ports", vec![port].into()), ("selector", maker.selector())]);
    if let Some(preference) = &component.workload.traffic_distribution {
        spec.set("trafficDistribution", preference.as_str().into());
    }
    Some(object("v1", "Service", annotated(maker, exposed_name(component, expose), &expose.annotations), spec))
}

/// The name of the Service with an address outside the cluster.
pub fn exposed_name<'c>(component: &'c Component, expose: &'c Expose) -> Cow<'c, str> {
    match &expose.name {
        Some(name) => name.into(),
        None if component.role == Role::Head => {
            format!("{}-exposed", component.name.strip_suffix("-head").unwrap_or(&component.name)).into()
        }
        None => format!("{}-exposed", component.name).into(),
    }
}

/// `networking.k8s.io/v1 Ingress`.
pub fn ingress<'c>(maker: &Maker<'c>, ingress: &'c Ingress) -> Option<Node<'c>> {
    let component = maker.component;
    let place = place_of(component, ingress.protocol)?;
    let backend = backend(component, place);
    let rule = |host: Option<&'c str>, path: &'c str| {
        let port = mapping([("number", backend.port.into())]);
        let service = mapping([("name", backend.service.clone().into()), ("port", port)]);
        let path = mapping([("path", path.into()), ("pathType", "Prefix".into()), ("backend", mapping([("service", service)]))]);
        let http = mapping([("paths", vec![path].into())]);
        match host {
            Some(host) => mapping([("host", host.into()), ("http", http)]),
            None => mapping([("http", http)]),
        }
    };
    let mut rules: Vec<Node<'c>> = ingress.hosts.iter().map(|host| rule(Some(&host.name), &host.path)).collect();
    if rules.is_empty() {
        rules.push(rule(None, "/"));
    }
    let certificate = |host: &'c Host| {
        let secret = host.tls.as_deref()?;
        Some(mapping([("hosts", vec![host.name.as_str().into()].into()), ("secretName", secret.into())]))
    };
    let certificates: Vec<Node<'c>> = ingress.hosts.iter().filter_map(certificate).collect();
    let mut spec = mapping([]);
    if let Some(class) = &ingress.class {
        spec.set("ingressClassName", class.as_str().into());
    }
    if !certificates.is_empty() {
        spec.set("tls", certificates.into());
    }
    spec.set("rules", rules.into());
    let mut metadata = annotated(maker, &component.name, &ingress.annotations);
    let secrets = ingress.hosts.iter().filter_map(|host| Some(format!("secret/{}", host.tls.as_deref()?)));
    let mut external: Vec<String> = secrets.filter(|secret| maker.target.scope.external.contains(secret)).collect();
    external.sort();
    external.dedup();
    if !external.is_empty() {
        annotate(&mut metadata, EXTERNAL, external.join(",").into());
    }
    let is_grpc = component.protocols.get(place) == Some(&Protocol::Grpc);
    if is_grpc && ingress.class.as_deref() == Some("nginx") && ingress.annotations.iter().all(|(name, _)| name != BACKEND) {
        annotate(&mut metadata, BACKEND, "GRPC".into());
    }
    Some(object("networking.k8s.io/v1", "Ingress", metadata, spec))
}

/// `gateway.networking.k8s.io/v1 HTTPRoute` or `GRPCRoute`.
pub fn route<'c>(kind: &'static str, maker: &Maker<'c>, route: &'c Route) -> Option<Node<'c>> {
    let component = maker.component;
    let place = place_of(component, Some(route.protocol))?;
    let Backend { service, port } = backend(component, place);
    let mut spec = mapping([("parentRefs", route.gateways.iter().map(parent).collect::<Vec<_>>().into())]);
    if !route.hostnames.is_empty() {
        spec.set("hostnames", strings(&route.hostnames));
    }
    let mut own = mapping([("name", service.into()), ("port", port.into())]);
    if let Some(weight) = route.weight {
        own.set("weight", weight.into());
    }
    let mut backends = vec![own];
    backends.extend(route.backends.iter().map(|other| {
        let mut backend = mapping([("name", other.service.as_str().into())]);
        if let Some(namespace) = &other.namespace {
            backend.set("namespace", namespace.as_str().into());
        }
        backend.set("port", other.port.unwrap_or(port.into()).into());
        backend.set("weight", other.weight.into());
        backend
    }));
    let mut rule = mapping([("backendRefs", backends.into())]);
    if let Some(seconds) = route.timeout {
        rule.set("timeouts", mapping([("request", format!("{seconds}s").into())]));
    }
    spec.set("rules", vec![rule].into());
    let metadata = annotated(maker, &component.name, &route.annotations);
    Some(object("gateway.networking.k8s.io/v1", kind, metadata, spec))
}

fn parent(parent: &Parent) -> Node<'_> {
    let mut node = mapping([("name", parent.name.as_str().into())]);
    for (field, value) in [("namespace", &parent.namespace), ("sectionName", &parent.section)] {
        if let Some(value) = value {
            node.set(field, value.as_str().into());
        }
    }
    node
}
