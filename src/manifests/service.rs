//! `v1 Service`: one Service for the first protocol and the metrics, and one Service for each additional protocol.

use std::borrow::Cow;

use super::labels::{COMPONENT, add_labels};
use super::maker::{Maker, object};
use super::nodes::mapping;
use crate::config::Mesh;
use crate::config::corrections::Correction;
use crate::jina::setting::Protocol;
use crate::plan::{PORT, PORT_MONITORING, protocol_service};
use crate::yaml::{Data, Node};

/// The Services of a component. Other components call the first Service.
pub fn services<'c>(maker: &Maker<'c>) -> Vec<Node<'c>> {
    let component = maker.component;
    let mut ports = vec![port(PORT, component.protocols.first(), maker.target.mesh)];
    if component.monitoring {
        ports.push(named_port("monitoring", PORT_MONITORING, "http", maker.target.mesh));
    }
    let mut services = vec![service(component.name.as_str().into(), maker, ports)];
    for (place, (number, protocol)) in (PORT..).zip(&component.protocols).enumerate().skip(1) {
        let name = protocol_service(&component.name, place, protocol.scheme());
        services.push(service(name.into(), maker, vec![port(number, Some(protocol), maker.target.mesh)]));
    }
    services
}

/// A port with its protocol, which Istio reads from the name of the port or from `appProtocol`
/// (<https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/>).
fn port<'c>(number: u16, protocol: Option<&Protocol>, mesh: Mesh) -> Node<'c> {
    let app_protocol = if protocol.is_none_or(|protocol| *protocol == Protocol::Grpc) { "grpc" } else { "http" };
    named_port(if mesh == Mesh::Istio { app_protocol } else { "port" }, number, app_protocol, mesh)
}

fn named_port<'c>(name: &'static str, number: u16, app_protocol: &'static str, mesh: Mesh) -> Node<'c> {
    let mut port = mapping([("name", name.into()), ("port", number.into()), ("protocol", "TCP".into()), ("targetPort", number.into())]);
    if mesh == Mesh::Istio {
        port.set("appProtocol", app_protocol.into());
    }
    port
}

fn service<'c>(name: Cow<'c, str>, maker: &Maker<'c>, ports: Vec<Node<'c>>) -> Node<'c> {
    let component = maker.component;
    let mut metadata = maker.metadata(name.clone());
    // Monitors find the Service with the metrics by this label. Only the first Service has the metrics.
    let is_first = name == component.name;
    let mut labels = vec![(Node::field("app"), name.into())];
    if is_first && maker.has(Correction::OwnSelectors) {
        labels.push((Node::field(COMPONENT), component.name.as_str().into()));
    }
    add_labels(&mut labels, component, &maker.target);
    metadata.set("labels", Data::Map(labels).into());
    let mut spec = mapping([("type", "ClusterIP".into())]);
    if component.is_headless(maker.target.mesh) {
        spec.set("clusterIP", "None".into());
    } else if let Some(preference) = &component.workload.traffic_distribution {
        spec.set("trafficDistribution", preference.as_str().into());
    }
    spec.set("ports", ports.into());
    spec.set("selector", maker.selector());
    object("v1", "Service", metadata, spec)
}
