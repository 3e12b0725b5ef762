//! What a workload has to be for its pods to run and to end well.

use super::Report;
use super::cluster::{Cluster, Selector};
use super::fields::{at, list, number, plain, text};
use super::pod::{Container, Workload};
use crate::yaml::Node;

/// Seconds that a pod has to end where nothing is said.
const GRACE: u64 = 30;

/// The same object, given twice.
pub fn twice(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, object) in cluster.objects.iter().enumerate() {
        if !object.kind.is_empty() && cluster.is_twin(id) {
            let message = format_args!("is that of another object of this kind: one overwrites the other");
            report.error(id, format_args!("metadata.name"), message, object.name, format_args!("rename one of the two, or remove it"));
        }
    }
}

/// Workloads own the pods that they make.
pub fn selectors(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        let object = &cluster.objects[workload.object];
        if !["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout"].contains(&object.kind) {
            continue;
        }
        let selector = at(object.node, "spec.selector");
        if !selector.is_some_and(|selector| Selector::of(selector).selects(workload.labels)) {
            let shown = |node: Option<&Node<'_>>| node.map(Node::shown).unwrap_or_default();
            let (got, labels) = (shown(selector), shown(workload.labels));
            let message = format_args!("does not select the workload's own pods");
            report.error(workload.object, format_args!("spec.selector"), message, &got, format_args!("their labels are {labels}"));
        }
        // What does not select them does not spread them, and nobody says so.
        for (index, constraint) in list(workload.spec, "topologySpreadConstraints").iter().enumerate() {
            let Some(selector) = at(constraint, "labelSelector") else { continue };
            if !Selector::of(selector).selects(workload.labels) {
                let path = format_args!("{}.topologySpreadConstraints[{index}].labelSelector", workload.path);
                let message = format_args!("does not select the workload's own pods, which are not spread then");
                report.warning(workload.object, path, message, &selector.shown(), format_args!("correct the labels"));
            }
        }
    }
}

/// Pods of a StatefulSet have names by its Service.
pub fn stateful_sets(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        let object = &cluster.objects[workload.object];
        let path = format_args!("spec.serviceName");
        let name = text(object.node, "spec.serviceName");
        if object.kind != "StatefulSet" || cluster.find("Service", object.namespace, name).is_some() {
            continue;
        }
        if name.is_empty() {
            let message = format_args!("is missing: Kubernetes takes no StatefulSet without it");
            report.error(workload.object, path, message, "", format_args!("did you mean `{}`?", object.name));
        } else if !cluster.external.has("Service", name) {
            report.push(workload.object, cluster.missing("Service", object.namespace, name, path));
        }
    }
}

/// Containers of a pod share their ports.
pub fn ports(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        let mut taken: Vec<(u16, &Container<'_>)> = Vec::new();
        for container in &workload.containers {
            for (port, place) in &container.ports {
                let first = taken.iter().find(|(known, other)| known == port && !std::ptr::eq(*other, container));
                if let Some((_, other)) = first {
                    let path = place.map_or_else(|| format!("{}.ports", container.path), |place| container.path_of(place));
                    let message = format_args!("is a port on which container `{}` of the same pod listens", text(other.node, "name"));
                    report.error(workload.object, format_args!("{path}"), message, &port.to_string(), format_args!("use another"));
                }
                taken.push((*port, container));
            }
        }
    }
}

/// Probes ask where somebody listens.
pub fn probes(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        for container in workload.containers.iter().filter(|container| !container.is_open) {
            for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
                let Some((path, got)) = container.node.get(probe).and_then(|node| unanswered(workload, node)) else { continue };
                let path = format_args!("{}.{probe}.{path}", container.path);
                let (message, ports) = (format_args!("asks at a port on which nothing listens"), workload.shown_ports());
                report.error(workload.object, path, message, got, format_args!("the pod listens on {ports}"));
            }
        }
    }
}

/// The field of a probe that nobody answers, and its value.
fn unanswered<'n>(workload: &Workload<'_>, probe: &'n Node<'n>) -> Option<(String, &'n str)> {
    for form in ["httpGet", "tcpSocket", "grpc"] {
        let port = probe.get(form).map(|node| text(node, "port")).unwrap_or_default();
        if !port.is_empty() && text(probe, &format!("{form}.host")).is_empty() {
            let is_served = workload.port(port).is_some_and(|number| workload.serves(number));
            return (!is_served).then(|| (format!("{form}.port"), port));
        }
    }
    let words = list(probe, "exec.command");
    let ping = words.windows(2).position(|pair| plain(&pair[0]).ends_with("jina") && plain(&pair[1]) == "ping")? + 2;
    let place = ping + usize::from(["executor", "gateway", "flow"].contains(&plain(words.get(ping)?)));
    let address = plain(words.get(place)?);
    let (host, port) = address.rsplit_once(':')?;
    if !["127.0.0.1", "localhost", "0.0.0.0"].iter().any(|own| host.ends_with(own)) {
        return None;
    }
    // `jina ping` reads `8080 - --timeout 9500`, which Jina's own export has, up to the blank.
    let port = port.split([' ', '/']).next().and_then(|port| port.parse().ok());
    (!port.is_some_and(|port| workload.serves(port))).then(|| (format!("exec.command[{place}]"), address))
}

/// A pod that is killed while it still waits to end loses what is on its way.
pub fn grace(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        let grace = number(workload.spec, "terminationGracePeriodSeconds").unwrap_or(GRACE);
        for container in &workload.containers {
            let sleep = at(container.node, "lifecycle.preStop").and_then(sleep).unwrap_or_default();
            if sleep >= grace && sleep > 0 {
                let path = format_args!("{}.terminationGracePeriodSeconds", workload.path);
                let message = format_args!("is not longer than the preStop of container `{}`, {sleep} s", text(container.node, "name"));
                let mend = format_args!("make it longer by what requests on their way take, such as 10 s");
                report.error(workload.object, path, message, &grace.to_string(), mend);
            }
        }
    }
}

/// How long a hook sleeps.
fn sleep(hook: &Node<'_>) -> Option<u64> {
    let words: Vec<&str> = list(hook, "exec.command").iter().map(plain).collect();
    let line = words.join(" ");
    let seconds = line.split_once("sleep ").map(|(_, behind)| behind.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    number(hook, "sleep.seconds").or_else(|| seconds?.parse().ok())
}
