//! Duplicate objects, and duplicate entries of lists that have a key.
//!
//! An API server refuses most duplicates (`k8s.io/kubernetes/pkg/apis/core/validation`). An overlay that appends to a list
//! creates duplicates.

use std::collections::HashMap;

use super::cluster::Cluster;
use super::pod::{SeenContainer, SeenWorkload};
use super::report::Report;
use crate::finding::{Code, FieldPath, Severity};
use crate::yaml::View;

/// Reports objects with the same type, namespace and name.
pub fn objects(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, object) in cluster.objects.iter().enumerate() {
        if !object.kind().is_empty() && cluster.is_duplicate(id) {
            let message = "is the name of another object of the same kind, so one overwrites the other";
            let finding = Code::DuplicateObject.error("metadata.name", message).got(object.name());
            report.push(id, finding.fix("rename one of the two objects, or remove it"));
        }
    }
}

/// Reports duplicate entries of lists in pods and Services.
pub fn entries(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        let mut lists = Lists { object: workload.object, report };
        check_pod(workload, &mut lists);
        for container in &workload.containers {
            check_container(container, &mut lists);
            if workload.main().is_some() {
                check_ports(container, &mut lists);
                check_variables(container, &mut lists);
            }
        }
        let claims = cluster.objects[workload.object].view.list_at("spec.volumeClaimTemplates");
        let path = |index| FieldPath::from("spec.volumeClaimTemplates").index(index).key("metadata").key("name");
        lists.check_names(claims.iter().map(|claim| claim.text_at("metadata.name")), path, "is the name of another claim");
    }
    for service in &cluster.services {
        check_service(cluster.objects[service.object].view, &mut Lists { object: service.object, report });
    }
}

struct Lists<'r> {
    object: usize,
    report: &'r mut Report,
}

/// A kind of duplicate.
#[derive(Clone, Copy)]
struct Rule<'m> {
    code: Code,
    severity: Severity,
    message: &'m str,
}

impl Lists<'_> {
    fn check_names<'v>(&mut self, names: impl Iterator<Item = &'v str>, path: impl Fn(usize) -> FieldPath, message: &str) {
        self.check(names.map(str::to_owned), path, Rule { code: Code::DuplicateName, severity: Severity::Error, message });
    }

    fn check_keys(&mut self, keys: impl Iterator<Item = String>, path: impl Fn(usize) -> FieldPath, message: &str) {
        self.check(keys, path, Rule { code: Code::DuplicateEntry, severity: Severity::Error, message });
    }

    /// Reports every key that an earlier entry has too. An empty key means that the field is not set.
    fn check(&mut self, keys: impl Iterator<Item = String>, path: impl Fn(usize) -> FieldPath, rule: Rule<'_>) {
        let mut first: HashMap<String, usize> = HashMap::new();
        for (index, key) in keys.enumerate() {
            let known = *first.entry(key.clone()).or_insert(index);
            if known != index && !key.is_empty() {
                let finding = rule.code.error(path(index), rule.message).with_severity(rule.severity).got(key);
                self.report.push(self.object, finding.fix(format!("change or remove it; the first one is {}", path(known))));
            }
        }
    }
}

fn check_pod(workload: &SeenWorkload<'_>, lists: &mut Lists<'_>) {
    // A container with the name of Istio's sidecar may only hold settings for the sidecar, which may be an init container.
    let name = |container: &SeenContainer<'_>| if container.proxy.is_some() { "" } else { container.view.text_at("name") }.to_owned();
    let rule = Rule { code: Code::DuplicateName, severity: Severity::Error, message: "is the name of another container of the pod" };
    lists.check(workload.containers.iter().map(name), |index| workload.containers[index].path.key("name"), rule);
    let volumes = workload.spec.list_at("volumes").iter().map(|volume| volume.text_at("name"));
    let path = |index| workload.spec_path().key("volumes").index(index).key("name");
    lists.check_names(volumes, path, "is the name of another volume of the pod");
}

fn check_container(container: &SeenContainer<'_>, lists: &mut Lists<'_>) {
    let path = |list: &'static str, field: &'static str| move |index| container.path.key(list).index(index).key(field);
    let names = container.view.list_at("ports").iter().map(|port| port.text_at("name"));
    lists.check_names(names, path("ports", "name"), "is the name of another port of the container");
    let mounts = container.view.list_at("volumeMounts").iter().map(|mount| mount.text_at("mountPath").to_owned());
    lists.check_keys(mounts, path("volumeMounts", "mountPath"), "is the path of another volume mount");
}

/// API servers accept a port twice, but a merge of lists keeps only one of the entries.
fn check_ports(container: &SeenContainer<'_>, lists: &mut Lists<'_>) {
    let ports = container.view.list_at("ports").iter().map(|port| numbered(port, "containerPort"));
    let message = "is the number of another port of the container, so a merge of the lists drops one of them";
    let rule = Rule { code: Code::DuplicateEntry, severity: Severity::Warning, message };
    lists.check(ports, |index| container.path.key("ports").index(index).key("containerPort"), rule);
}

/// API servers accept a variable twice, and the last value counts.
fn check_variables(container: &SeenContainer<'_>, lists: &mut Lists<'_>) {
    let env = container.path.key("env");
    let mut first: HashMap<&str, (usize, View<'_>)> = HashMap::new();
    for (index, entry) in container.view.list_at("env").iter().enumerate() {
        let name = entry.text_at("name");
        let (known, other) = *first.entry(name).or_insert((index, entry));
        let is_same = ["value", "valueFrom"].iter().all(|field| match (entry.get(field), other.get(field)) {
            (Some(one), Some(other)) => one.is_equal_to(other),
            (one, other) => one.is_none() && other.is_none(),
        });
        if known != index && !is_same && !name.is_empty() {
            let message = "is set more than once with different values; the last value counts";
            let finding = Code::DuplicateEntry.warning(env.index(index).key("name"), message).got(name);
            lists.report.push(lists.object, finding.fix(format!("remove one; the first one is {}", env.index(known))));
        }
    }
}

/// The number of a port, with its protocol unless that is TCP.
fn numbered(port: View<'_>, field: &str) -> String {
    let (number, protocol) = (port.text_at(field), port.text_at("protocol"));
    let number = if number == "0" { "" } else { number };
    if number.is_empty() || matches!(protocol, "" | "TCP") { number.to_owned() } else { format!("{number}/{protocol}") }
}

fn check_service(service: View<'_>, lists: &mut Lists<'_>) {
    let ports = service.list_at("spec.ports");
    let path = |field: &'static str| move |index| FieldPath::from("spec.ports").index(index).key(field);
    lists.check_names(ports.iter().map(|port| port.text_at("name")), path("name"), "is the name of another port of the Service");
    lists.check_keys(ports.iter().map(|port| numbered(port, "port")), path("port"), "is the number of another port of the Service");
    lists.check_keys(ports.iter().map(|port| numbered(port, "nodePort")), path("nodePort"), "is the node port of another port");
    if ports.len() > 1
        && let Some(index) = ports.iter().position(|port| port.text_at("name").is_empty())
    {
        let finding = Code::MissingField.error(path("name")(index), "is required if a Service has several ports");
        lists.report.push(lists.object, finding.fix("name the port after its protocol, such as `grpc`"));
    }
}
