//! The objects by which requests enter from outside the cluster.

use super::words::{protocol, shown};
use crate::check::{Cluster, SeenObject};
use crate::yaml::View;

/// An object by which requests enter.
pub struct Entrance {
    /// The position of the object.
    pub object: usize,
    /// The first line.
    pub title: String,
    /// The other lines.
    pub lines: Vec<String>,
    /// The workloads that the requests reach, each with protocol and port.
    pub ways: Vec<(usize, String)>,
}

/// The entrances of workloads that are drawn.
pub fn entrances(cluster: &Cluster<'_>, is_drawn: &[bool]) -> Vec<Entrance> {
    let objects = cluster.objects.iter().enumerate().filter(|(id, _)| !cluster.is_duplicate(*id));
    let entrances = objects.filter_map(|(id, object)| match (object.kind(), object.group()) {
        ("Service", "") => service(cluster, id, object),
        ("Ingress", _) => Some(ingress(cluster, id, object)),
        (kind, "gateway.networking.k8s.io") if kind.ends_with("Route") => Some(route(cluster, id, object)),
        _ => None,
    });
    let entrances = entrances.map(|mut entrance| {
        entrance.ways.retain(|(workload, _)| is_drawn[*workload]);
        entrance
    });
    entrances.filter(|entrance| !entrance.ways.is_empty()).collect()
}

fn service(cluster: &Cluster<'_>, id: usize, object: &SeenObject<'_>) -> Option<Entrance> {
    let kind = object.view.text_at("spec.type");
    if !["LoadBalancer", "NodePort"].contains(&kind) {
        return None;
    }
    let mut ways = Vec::new();
    for port in object.view.list_at("spec.ports").iter() {
        let node_port = match port.text_at("nodePort") {
            "" => String::new(),
            number => format!(", node {}", shown(number)),
        };
        let reached = reached(cluster, object, port).into_iter();
        ways.extend(reached.map(|(workload, label)| (workload, format!("{label}{node_port}"))));
    }
    Some(Entrance { object: id, title: shown(object.name()), lines: vec![shown(kind)], ways })
}

/// The workloads behind a port of a Service.
fn reached(cluster: &Cluster<'_>, service: &SeenObject<'_>, port: View<'_>) -> Vec<(usize, String)> {
    let Some(seen) = cluster.service(service.namespace(), service.name()) else { return Vec::new() };
    let Ok(number) = port.text_at("port").parse() else { return Vec::new() };
    let target = match port.text_at("targetPort") {
        "" => port.text_at("port"),
        target => target,
    };
    let way = |workload: &usize| {
        let seen = &cluster.workloads[*workload];
        let schemes = seen.port(target).and_then(|target| seen.schemes(target));
        (*workload, protocol(schemes.and_then(|schemes| schemes.first().copied()), number))
    };
    seen.selected.iter().map(way).collect()
}

/// The workloads behind a port of a Service, which is given by number or name.
fn behind(cluster: &Cluster<'_>, namespace: &str, name: &str, port: &str) -> Vec<(usize, String)> {
    let Some(service) = cluster.find("Service", namespace, name) else { return Vec::new() };
    let is_wanted = |entry: &View<'_>| [entry.text_at("port"), entry.text_at("name")].contains(&port);
    service.view.list_at("spec.ports").iter().find(is_wanted).map(|entry| reached(cluster, service, entry)).unwrap_or_default()
}

/// The hosts of an entrance as its title.
fn hosts<'h>(hosts: impl Iterator<Item = &'h str>) -> String {
    let mut known: Vec<&str> = Vec::new();
    for host in hosts.filter(|host| !host.is_empty()) {
        if !known.contains(&host) {
            known.push(host);
        }
    }
    if known.is_empty() { "any host".to_owned() } else { shown(&known.join(", ")) }
}

fn ingress(cluster: &Cluster<'_>, id: usize, object: &SeenObject<'_>) -> Entrance {
    let spec = |path: &str| object.view.at(&format!("spec.{path}"));
    let rules = object.view.list_at("spec.rules");
    let paths = rules.iter().flat_map(|rule| rule.list_at("http.paths").iter().filter_map(|path| path.get("backend")).collect::<Vec<_>>());
    let mut ways = Vec::new();
    for backend in spec("defaultBackend").into_iter().chain(paths) {
        let port = match backend.text_at("service.port.number") {
            "" => backend.text_at("service.port.name"),
            number => number,
        };
        ways.extend(behind(cluster, object.namespace(), backend.text_at("service.name"), port));
    }
    let tls = if object.view.list_at("spec.tls").is_empty() { "" } else { ", TLS" };
    let title = hosts(rules.iter().map(|rule| rule.text_at("host")));
    Entrance { object: id, title, lines: vec![shown(&format!("Ingress {}{tls}", object.name()))], ways }
}

fn route(cluster: &Cluster<'_>, id: usize, object: &SeenObject<'_>) -> Entrance {
    let mut ways = Vec::new();
    for rule in object.view.list_at("spec.rules").iter() {
        for backend in rule.list_at("backendRefs").iter() {
            let namespace = match backend.text_at("namespace") {
                "" => object.namespace(),
                namespace => namespace,
            };
            ways.extend(behind(cluster, namespace, backend.text_at("name"), backend.text_at("port")));
        }
    }
    let title = hosts(object.view.list_at("spec.hostnames").iter().map(View::text));
    let mut lines = vec![shown(&format!("{} {}", object.kind(), object.name()))];
    for parent in object.view.list_at("spec.parentRefs").iter() {
        let kind = match parent.text_at("kind") {
            "" => "Gateway",
            kind => kind,
        };
        let names = [parent.text_at("namespace"), parent.text_at("name")];
        let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
        lines.push(shown(&format!("of {kind} {}", names.join("/"))));
    }
    Entrance { object: id, title, lines, ways }
}
