//! `v1 Service`: one for the first protocol and the metrics, one for each further protocol.

use std::borrow::Cow;

use super::labels::{add_labels, app, metadata};
use super::{COMPONENT, Target, object, selector};
use crate::config::Mesh;
use crate::config::corrections::Correction;
use crate::jina::setting::Protocol;
use crate::plan::{Component, PORT, PORT_MONITORING, protocol_service};
use crate::yaml::{Data, Node};

/// The Services of a component, the one by which it is called first.
pub fn services<'c>(component: &'c Component, target: &Target<'c>) -> Vec<Node<'c>> {
    let mut ports = vec![port(PORT, component.protocols.first(), target)];
    if component.monitoring {
        ports.push(named_port("monitoring", PORT_MONITORING, "http", target));
    }
    let mut services = vec![service(component.name.as_str().into(), component, ports, target)];
    for (place, (number, protocol)) in (PORT..).zip(&component.protocols).enumerate().skip(1) {
        let name = protocol_service(&component.name, place, protocol.scheme());
        services.push(service(name.into(), component, vec![port(number, Some(protocol), target)], target));
    }
    services
}

/// Istio learns what a port speaks from its name or from `appProtocol`
/// (<https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/>).
fn port<'c>(number: u16, protocol: Option<&Protocol>, target: &Target<'c>) -> Node<'c> {
    let speaks = if protocol.is_none_or(|protocol| *protocol == Protocol::Grpc) { "grpc" } else { "http" };
    named_port(if target.mesh == Mesh::Istio { speaks } else { "port" }, number, speaks, target)
}

fn named_port<'c>(name: &'static str, number: u16, speaks: &'static str, target: &Target<'c>) -> Node<'c> {
    let mut port = object([("name", name.into()), ("port", number.into()), ("protocol", "TCP".into()), ("targetPort", number.into())]);
    if target.mesh == Mesh::Istio {
        port.set("appProtocol", speaks.into());
    }
    port
}

fn service<'c>(name: Cow<'c, str>, component: &'c Component, ports: Vec<Node<'c>>, target: &Target<'c>) -> Node<'c> {
    let mut metadata = metadata(name.clone(), component, target);
    // Monitors find the Service with the metrics by it, which is the first.
    let is_first = name == component.name;
    let mut labels = app(name);
    if is_first && target.corrections.has(Correction::OwnSelectors) {
        labels.set(COMPONENT, component.name.as_str().into());
    }
    if let Data::Map(pairs) = &mut labels.data {
        add_labels(pairs, component, target);
    }
    metadata.set("labels", labels);
    let mut spec = object([("type", "ClusterIP".into())]);
    // Who calls it from outside the Flow does not spread its requests.
    if target.mesh == Mesh::None && component.called_by.is_some() {
        spec.set("clusterIP", "None".into());
    }
    spec.set("ports", ports.into());
    spec.set("selector", selector(&component.name, target));
    object([("apiVersion", "v1".into()), ("kind", "Service".into()), ("metadata", metadata), ("spec", spec)])
}
