//! What stands twice and may stand once: objects, and the entries of lists that have a key.
//!
//! An API server refuses most of them (`k8s.io/kubernetes/pkg/apis/core/validation`); an overlay that appends to a list
//! makes them.

use std::collections::HashMap;
use std::fmt::Display;

use super::Report;
use super::cluster::Cluster;
use super::fields::{list, text};
use super::pod::{Container, Workload};
use crate::finding::{FieldPath, Finding, Severity};
use crate::yaml::{Data, Node};

/// The same object, given twice.
pub fn objects(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, object) in cluster.objects.iter().enumerate() {
        if !object.kind.is_empty() && cluster.is_twin(id) {
            let message = "is that of another object of this kind: one overwrites the other";
            let finding = Finding::error("metadata.name", message).got(object.name);
            report.push(id, finding.fix("rename one of the two, or remove it"));
        }
    }
}

/// Entries of lists in pods and Services.
pub fn entries(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        let mut seen = Seen { object: workload.object, report };
        pod(workload, &mut seen);
        for container in &workload.containers {
            of_container(container, &mut seen);
            if workload.main().is_some() {
                unclear(container, &mut seen);
            }
        }
        let claims = list(cluster.objects[workload.object].node, "spec.volumeClaimTemplates");
        let names = claims.iter().map(|claim| text(claim, "metadata.name").to_owned());
        seen.once(names, |index| format!("spec.volumeClaimTemplates[{index}].metadata.name"), "is the name of another claim");
    }
    for service in &cluster.services {
        let mut seen = Seen { object: service.object, report };
        of_service(cluster.objects[service.object].node, &mut seen);
    }
}

struct Seen<'r> {
    object: usize,
    report: &'r mut Report,
}

impl Seen<'_> {
    /// Each of these may stand once; what is empty is not there.
    fn once<P: Display + Into<FieldPath>>(&mut self, values: impl Iterator<Item = String>, path: impl Fn(usize) -> P, message: &str) {
        self.told(values, path, message, Severity::Error);
    }

    fn told<P: Display + Into<FieldPath>>(
        &mut self,
        values: impl Iterator<Item = String>,
        path: impl Fn(usize) -> P,
        message: &str,
        severity: Severity,
    ) {
        let mut first: HashMap<String, usize> = HashMap::new();
        for (index, value) in values.enumerate() {
            let known = *first.entry(value.clone()).or_insert(index);
            if known != index && !value.is_empty() {
                let mend = format!("rename it, or remove it; the first is {}", path(known));
                let finding = Finding::error(path(index), message).with_severity(severity).got(value).fix(mend);
                self.report.push(self.object, finding);
            }
        }
    }
}

fn pod(workload: &Workload<'_>, seen: &mut Seen<'_>) {
    // Istio writes what it is told of its own sidecar into a container of that name, and the sidecar may start first.
    let name = |container: &Container<'_>| if container.proxy.is_some() { "" } else { text(container.node, "name") }.to_owned();
    let names = workload.containers.iter().map(name);
    let path = |index: usize| format!("{}.name", workload.containers[index].path);
    seen.once(names, path, "is the name of another container of the pod");
    let names = list(workload.spec, "volumes").iter().map(|volume| text(volume, "name").to_owned());
    seen.once(names, |index| format!("{}.volumes[{index}].name", workload.path), "is the name of another volume of the pod");
}

fn of_container(container: &Container<'_>, seen: &mut Seen<'_>) {
    let path = &container.path;
    let texts =
        |of: &str, field: &str| -> Vec<String> { list(container.node, of).iter().map(|entry| text(entry, field).to_owned()).collect() };
    let names = texts("ports", "name").into_iter();
    seen.once(names, |index| format!("{path}.ports[{index}].name"), "is the name of another port of the container");
    let mounts = texts("volumeMounts", "mountPath").into_iter();
    seen.once(mounts, |index| format!("{path}.volumeMounts[{index}].mountPath"), "is where another volume is mounted");
}

/// What servers take, of which one is lost or nobody knows which counts.
fn unclear(container: &Container<'_>, seen: &mut Seen<'_>) {
    let path = &container.path;
    let ports = list(container.node, "ports").iter().map(numbered("containerPort"));
    let message = "is declared twice: whoever merges lists by their ports keeps one";
    seen.told(ports, |index| format!("{path}.ports[{index}].containerPort"), message, Severity::Warning);
    let mut first: HashMap<&str, (usize, &Node<'_>)> = HashMap::new();
    for (index, entry) in list(container.node, "env").iter().enumerate() {
        let name = text(entry, "name");
        let (known, other) = *first.entry(name).or_insert((index, entry));
        let is_same = ["value", "valueFrom"].iter().all(|field| match (entry.get(field), other.get(field)) {
            (Some(one), Some(other)) => is_equal(one, other),
            (one, other) => one.is_none() && other.is_none(),
        });
        if known != index && !is_same && !name.is_empty() {
            let message = "is set twice with different values, of which the last counts";
            let mend = format!("remove one; the first is {path}.env[{known}]");
            seen.report.push(seen.object, Finding::warning(format!("{path}.env[{index}].name"), message).got(name).fix(mend));
        }
    }
}

/// Whether two values are one, wherever they stand.
fn is_equal(one: &Node<'_>, other: &Node<'_>) -> bool {
    match (&one.data, &other.data) {
        (Data::Scalar(one), Data::Scalar(other)) => one.text == other.text,
        (Data::List(one), Data::List(other)) => one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_equal(one, other)),
        (Data::Map(one), Data::Map(other)) => {
            let mut pairs = one.iter().zip(other);
            one.len() == other.len() && pairs.all(|(one, other)| is_equal(&one.0, &other.0) && is_equal(&one.1, &other.1))
        }
        _ => false,
    }
}

/// A port and its protocol, without the protocol where it is the default.
fn numbered<'n>(field: &'static str) -> impl Fn(&'n Node<'n>) -> String {
    move |port| {
        let (number, protocol) = (text(port, field), text(port, "protocol"));
        let number = if number == "0" { "" } else { number };
        if number.is_empty() || matches!(protocol, "" | "TCP") { number.to_owned() } else { format!("{number}/{protocol}") }
    }
}

fn of_service(service: &Node<'_>, seen: &mut Seen<'_>) {
    let ports = list(service, "spec.ports");
    let names = ports.iter().map(|port| text(port, "name").to_owned());
    seen.once(names, |index| format!("spec.ports[{index}].name"), "is the name of another port of the Service");
    seen.once(ports.iter().map(numbered("port")), |index| format!("spec.ports[{index}].port"), "is another port of the Service as well");
    seen.once(
        ports.iter().map(numbered("nodePort")),
        |index| format!("spec.ports[{index}].nodePort"),
        "is the port of nodes of another port as well",
    );
    if ports.len() > 1
        && let Some(index) = ports.iter().position(|port| text(port, "name").is_empty())
    {
        let finding = Finding::error(format!("spec.ports[{index}].name"), "is missing: of several ports each has a name");
        seen.report.push(seen.object, finding.fix("name the port for what it serves, such as `grpc`"));
    }
}
