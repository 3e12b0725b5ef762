//! `v1 Service`: one for the first protocol and the metrics, one for each further protocol.

use std::borrow::Cow;

use super::{Target, app, metadata, object};
use crate::plan::{Component, PORT, PORT_MONITORING, protocol_service};
use crate::yaml::Node;

/// The Services of a component, the one by which it is called first.
pub fn services<'c>(component: &'c Component, target: &Target<'c>) -> Vec<Node<'c>> {
    let mut ports = vec![port("port", PORT)];
    if component.monitoring {
        ports.push(port("monitoring", PORT_MONITORING));
    }
    let mut services = vec![service(component.name.as_str().into(), component, ports, target)];
    for (place, (number, protocol)) in (PORT..).zip(&component.protocols).enumerate().skip(1) {
        let name = protocol_service(&component.name, place, protocol.scheme());
        services.push(service(name.into(), component, vec![port("port", number)], target));
    }
    services
}

fn port(name: &str, number: u16) -> Node<'_> {
    object([("name", name.into()), ("port", number.into()), ("protocol", "TCP".into()), ("targetPort", number.into())])
}

fn service<'c>(name: Cow<'c, str>, component: &'c Component, ports: Vec<Node<'c>>, target: &Target<'c>) -> Node<'c> {
    let mut metadata = metadata(name.clone(), target);
    metadata.set("labels", app(name));
    object([
        ("apiVersion", "v1".into()),
        ("kind", "Service".into()),
        ("metadata", metadata),
        ("spec", object([("type", "ClusterIP".into()), ("ports", ports.into()), ("selector", app(&component.name))])),
    ])
}
