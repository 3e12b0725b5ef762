//! What a workload has to be for its pods to run and to end well.

use super::Report;
use super::cluster::{Cluster, Selector};
use super::pod::{Container, Workload};
use crate::finding::Finding;
use crate::yaml::Node;

/// Seconds that a pod has to end where nothing is said.
const GRACE: u64 = 30;

/// The same object, given twice.
pub fn twice(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, object) in cluster.objects.iter().enumerate().filter(|(_, object)| !object.kind.is_empty()) {
        if cluster.twin(id).is_some() {
            let finding = Finding::error("metadata.name", "is that of another object of this kind: one overwrites the other");
            report.push(id, finding.got(object.name).mend("rename one of the two, or remove it"));
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
        let selector = object.spec("selector");
        if !selector.is_some_and(|selector| Selector::of(selector).selects(workload.labels)) {
            let finding = Finding::error("spec.selector", "does not select the workload's own pods");
            let finding = selector.map_or(finding.clone(), |selector| finding.got(selector.shown()));
            let labels = workload.labels.map(Node::shown).unwrap_or_default();
            report.push(workload.object, finding.mend(format!("their labels are {labels}")));
        }
    }
}

/// Pods of a StatefulSet have names by its Service.
pub fn stateful_sets(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        let object = &cluster.objects[workload.object];
        if object.kind != "StatefulSet" {
            continue;
        }
        let path = "spec.serviceName";
        match object.spec("serviceName").and_then(Node::as_text) {
            None | Some("") => {
                let finding = Finding::error(path, "is missing: Kubernetes takes no StatefulSet without it");
                report.push(workload.object, finding.propose(object.name));
            }
            Some(name) => {
                if cluster.find("Service", object.namespace, name).is_none() && !cluster.external.has("Service", name) {
                    report.push(workload.object, cluster.missing("Service", object.namespace, name, path.to_owned()));
                }
            }
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
                    let name = other.node.get("name").map(Node::shown).unwrap_or_default();
                    let finding = Finding::error(path, format!("is a port on which container `{name}` of the same pod listens"));
                    report.push(workload.object, finding.got(port.to_string()).mend("use another"));
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
                let Some(node) = container.node.get(probe) else { continue };
                if let Some((path, got)) = unanswered(workload, node) {
                    let finding = Finding::error(format!("{}.{probe}.{path}", container.path), "asks at a port on which nothing listens");
                    report.push(workload.object, finding.got(got).mend(format!("the pod listens on {}", workload.shown_ports())));
                }
            }
        }
    }
}

/// The field of a probe that nobody answers, and its value.
fn unanswered(workload: &Workload<'_>, probe: &Node<'_>) -> Option<(String, String)> {
    for form in ["httpGet", "tcpSocket", "grpc"] {
        if let Some(port) = probe.get(form).filter(|node| node.get("host").is_none()).and_then(|node| node.get("port")) {
            let is_served = workload.port(port).is_some_and(|number| workload.serves(number));
            return (!is_served).then(|| (format!("{form}.port"), port.shown()));
        }
    }
    let command = probe.get("exec")?.get("command")?.as_list()?;
    let words: Vec<&str> = command.iter().filter_map(Node::as_text).collect();
    let ping = words.windows(2).position(|pair| pair[0].ends_with("jina") && pair[1] == "ping")? + 2;
    let place = ping + usize::from(matches!(*words.get(ping)?, "executor" | "gateway" | "flow"));
    let address = *words.get(place)?;
    let (host, port) = address.rsplit_once(':')?;
    if !(host.ends_with("127.0.0.1") || host.ends_with("localhost") || host.ends_with("0.0.0.0")) {
        return None;
    }
    // `jina ping` reads `8080 - --timeout 9500`, which Jina's own export has, up to the blank.
    let port = port.split([' ', '/']).next().and_then(|port| port.parse().ok());
    (!port.is_some_and(|port| workload.serves(port))).then(|| (format!("exec.command[{place}]"), address.to_owned()))
}

/// A pod that is killed while it still waits to end loses what is on its way.
pub fn grace(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        let given = workload.spec.get("terminationGracePeriodSeconds").and_then(|seconds| seconds.as_text()?.parse().ok());
        let grace: u64 = given.unwrap_or(GRACE);
        for container in &workload.containers {
            let Some(sleep) = container.node.get("lifecycle").and_then(|l| sleep(l.get("preStop")?)).filter(|sleep| *sleep >= grace) else {
                continue;
            };
            let name = container.node.get("name").map(Node::shown).unwrap_or_default();
            let message = format!("is not longer than the preStop of container `{name}`, {sleep} s");
            let finding = Finding::error(format!("{}.terminationGracePeriodSeconds", workload.path), message).got(grace.to_string());
            report.push(workload.object, finding.mend("make it longer by what requests on their way take, such as 10 s"));
        }
    }
}

/// How long a hook sleeps.
fn sleep(hook: &Node<'_>) -> Option<u64> {
    if let Some(seconds) = hook.get("sleep").and_then(|sleep| sleep.get("seconds")) {
        return seconds.as_text()?.parse().ok();
    }
    let command = hook.get("exec")?.get("command")?.as_list()?;
    let line: Vec<&str> = command.iter().filter_map(Node::as_text).collect();
    let line = line.join(" ");
    let (_, behind) = line.split_once("sleep ")?;
    behind.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}
