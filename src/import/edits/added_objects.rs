//! Fields of the JinaFlow that add objects, such as `expose`, `ingress` and `autoscale`. The user has added such an object.

use super::edit::Edit;
use super::side::{Find, Key, Side, string};
use crate::import::tree::{empty, put, single};
use crate::plan::PORT;
use crate::yaml::Node;

/// The added objects of a kind that pass a test, each as an edit.
fn added<'s>(side: &Side<'s>, kind: &str, is_ours: impl Fn(&Node<'static>) -> bool) -> Vec<(&'s Node<'static>, Key)> {
    let of_kind = side.added.iter().filter(|edit| edit.object.0 == kind);
    let object = |edit: &&'s Edit| Some((edit.change.new.as_ref()?, (edit.object.clone(), edit.change.place.clone())));
    of_kind.filter_map(object).filter(|(object, _)| is_ours(object)).collect()
}

/// `value` with the fields that are set in `of`, under the same names.
fn copy(value: &mut Node<'static>, of: &Node<'static>, names: &[(&'static str, &str)]) {
    for (name, path) in names {
        if let Some(found) = of.at(path) {
            value.set(name, found.clone());
        }
    }
}

/// The place of the protocol on a port, from 0, and its name.
fn protocol<'s>(side: &Side<'s>, port: &Node<'_>) -> Option<(usize, &'s str)> {
    let place = usize::from(port.as_text()?.parse::<u16>().ok()?.checked_sub(PORT)?);
    Some((place, side.component.protocols.get(place)?))
}

/// `expose`: a Service for clients outside the cluster.
pub fn expose(side: &Side<'_>) -> Vec<Find> {
    let name = &side.component.name;
    let selects = |service: &Node<'_>| {
        let selector = service.at("spec.selector").and_then(Node::as_map).unwrap_or_default();
        selector.len() == 1 && service.at("spec.selector.app").and_then(Node::as_text) == Some(name)
    };
    let one = |service: &Node<'static>| {
        let [port] = service.list_at("spec.ports") else { return None };
        let (place, protocol) = protocol(side, port.get("targetPort")?)?;
        let mut value = single("type", service.at("spec.type").cloned().unwrap_or_else(|| "ClusterIP".into()));
        let default = format!("{}-exposed", name.strip_suffix("-head").unwrap_or(name));
        if service.text_at("metadata.name") != default {
            value.set("name", service.at("metadata.name")?.clone());
        }
        if port.text_at("port") != "80" {
            value.set("port", port.get("port")?.clone());
        }
        copy(&mut value, port, &[("nodePort", "nodePort")]);
        if place > 0 {
            value.set("protocol", protocol.to_owned().into());
        }
        copy(&mut value, service, &[("annotations", "metadata.annotations")]);
        Some(value)
    };
    let found = added(side, "Service", selects).into_iter();
    found.filter_map(|(service, key)| Some(Find::one(&["expose"], one(service)?, vec![key]))).collect()
}

/// `ingress`.
pub fn ingress(side: &Side<'_>) -> Vec<Find> {
    let one = |ingress: &Node<'static>| {
        let mut value = empty();
        copy(&mut value, ingress, &[("className", "spec.ingressClassName")]);
        let mut hosts = empty();
        let mut number = None;
        for rule in ingress.list_at("spec.rules") {
            let [path] = rule.list_at("http.paths") else { return None };
            number = path.at("backend.service.port.number");
            let mut host = empty();
            if path.text_at("path") != "/" {
                host.set("path", path.get("path")?.clone());
            }
            let Some(name) = rule.get("host").and_then(string) else { continue };
            let is_for = |tls: &&Node<'static>| tls.list_at("hosts").iter().any(|host| host.as_text() == Some(name));
            copy(&mut host, ingress.list_at("spec.tls").iter().find(is_for).unwrap_or(&empty()), &[("tls", "secretName")]);
            put(&mut hosts, &[name], host);
        }
        if hosts.as_map().is_some_and(|hosts| !hosts.is_empty()) {
            value.set("hosts", hosts);
        }
        let (place, protocol) = protocol(side, number?)?;
        if place > 0 {
            value.set("protocol", protocol.to_owned().into());
        }
        copy(&mut value, ingress, &[("annotations", "metadata.annotations")]);
        Some(value)
    };
    let found = added(side, "Ingress", |ingress| ingress.text_at("metadata.name") == side.component.name).into_iter();
    found.filter_map(|(ingress, key)| Some(Find::one(&["ingress"], one(ingress)?, vec![key]))).collect()
}

/// `httpRoute`.
pub fn http_route(side: &Side<'_>) -> Vec<Find> {
    route(side, "HTTPRoute", "httpRoute", "http")
}

/// `grpcRoute`.
pub fn grpc_route(side: &Side<'_>) -> Vec<Find> {
    route(side, "GRPCRoute", "grpcRoute", "grpc")
}

/// The field for a route of the Gateway API, whose usual protocol is `usual`.
fn route(side: &Side<'_>, kind: &str, field: &str, usual: &str) -> Vec<Find> {
    let one = |route: &Node<'static>| {
        let mut gateways = empty();
        for parent in route.list_at("spec.parentRefs") {
            let mut value = empty();
            copy(&mut value, parent, &[("namespace", "namespace"), ("sectionName", "sectionName")]);
            put(&mut gateways, &[string(parent.get("name")?)?], value);
        }
        let mut value = single("gateways", gateways);
        let mut hostnames = empty();
        for name in route.list_at("spec.hostnames") {
            put(&mut hostnames, &[string(name)?], empty());
        }
        if hostnames.as_map().is_some_and(|names| !names.is_empty()) {
            value.set("hostnames", hostnames);
        }
        let [rule] = route.list_at("spec.rules") else { return None };
        let [backend] = rule.list_at("backendRefs") else { return None };
        let (_, protocol) = protocol(side, backend.get("port")?)?;
        if protocol != usual {
            value.set("protocol", protocol.to_owned().into());
        }
        copy(&mut value, route, &[("annotations", "metadata.annotations")]);
        Some(value)
    };
    let found = added(side, kind, |route| route.text_at("metadata.name") == side.component.name).into_iter();
    found.filter_map(|(route, key)| Some(Find::one(&[field], one(route)?, vec![key]))).collect()
}

/// `autoscale`: a HorizontalPodAutoscaler, if the workload has no number of replicas.
pub fn autoscale(side: &Side<'_>) -> Vec<Find> {
    let replicas = side.of_workload("spec.replicas").into_iter().find(|found| found.new.is_none());
    let Some(replicas) = replicas else { return Vec::new() };
    let one = |autoscaler: &Node<'static>| {
        let mut value = empty();
        copy(&mut value, autoscaler, &[("min", "spec.minReplicas"), ("max", "spec.maxReplicas"), ("behavior", "spec.behavior")]);
        for metric in autoscaler.list_at("spec.metrics") {
            let name = match metric.text_at("resource.name") {
                "cpu" => "cpu",
                "memory" if metric.at("resource.target.averageValue").is_some() => "memoryAverage",
                "memory" => "memory",
                _ => return None,
            };
            let field = if name == "memoryAverage" { "averageValue" } else { "averageUtilization" };
            value.set(name, metric.at("resource.target")?.get(field)?.clone());
        }
        Some(value)
    };
    let is_ours = |autoscaler: &Node<'_>| autoscaler.text_at("metadata.name") == side.component.name;
    let found = added(side, "HorizontalPodAutoscaler", is_ours).into_iter();
    found.filter_map(|(of, key)| Some(Find::one(&["autoscale"], one(of)?, vec![key, replicas.key.clone()]))).collect()
}

/// `pdb`.
pub fn disruption_budget(side: &Side<'_>) -> Vec<Find> {
    let one = |budget: &Node<'static>| {
        let mut value = single("enabled", Node::plain("true"));
        let names = ["minAvailable", "maxUnavailable", "unhealthyPodEvictionPolicy"];
        for name in names {
            let is_default = [("maxUnavailable", "1"), ("unhealthyPodEvictionPolicy", "AlwaysAllow")];
            if !is_default.contains(&(name, budget.get("spec").map(|spec| spec.text_at(name)).unwrap_or_default())) {
                copy(&mut value, budget, &[(name, &format!("spec.{name}"))]);
            }
        }
        value
    };
    let found = added(side, "PodDisruptionBudget", |budget| budget.text_at("metadata.name") == side.component.name).into_iter();
    found.map(|(budget, key)| Find::one(&["pdb"], one(budget), vec![key])).collect()
}
