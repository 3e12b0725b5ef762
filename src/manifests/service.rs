//! `v1 Service`: one for the first protocol and the metrics, one for each further protocol.

use serde_json::{Value, json};

use super::{Target, metadata, set};
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
    json!({ "name": name, "port": number, "protocol": "TCP", "targetPort": number })
}

fn service(name: &str, app: &str, ports: Vec<Value>, target: &Target<'_>) -> Value {
    let mut metadata = metadata(name, target);
    set(&mut metadata, "labels", json!({ "app": name }));
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": { "type": "ClusterIP", "ports": ports, "selector": { "app": app } },
    })
}
