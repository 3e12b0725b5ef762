//! `v1 Service`: one for the first protocol and the metrics, one for each further protocol.

use serde_json::Value;

use super::{Target, app, metadata, object, set};
use crate::plan::{Component, PORT, PORT_MONITORING, protocol_service};

/// The Services of a component, the one by which it is called first.
pub fn services(component: &Component, target: &Target<'_>) -> Vec<Value> {
    let mut ports = vec![port("port", PORT)];
    if component.monitoring {
        ports.push(port("monitoring", PORT_MONITORING));
    }
    let mut services = vec![service(&component.name, &component.name, ports, target)];
    for (place, (number, protocol)) in (PORT..).zip(&component.protocols).enumerate().skip(1) {
        let name = protocol_service(&component.name, place, protocol.scheme());
        services.push(service(&name, &component.name, vec![port("port", number)], target));
    }
    services
}

fn port(name: &str, number: u16) -> Value {
    object([("name", name.into()), ("port", number.into()), ("protocol", "TCP".into()), ("targetPort", number.into())])
}

fn service(name: &str, component: &str, ports: Vec<Value>, target: &Target<'_>) -> Value {
    let mut metadata = metadata(name, target);
    set(&mut metadata, "labels", app(name));
    object([
        ("apiVersion", "v1".into()),
        ("kind", "Service".into()),
        ("metadata", metadata),
        ("spec", object([("type", "ClusterIP".into()), ("ports", ports.into()), ("selector", app(component))])),
    ])
}
