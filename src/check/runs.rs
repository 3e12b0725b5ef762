//! What a workload has to be for its pods to run and to end well.

use std::collections::HashMap;

use super::Report;
use super::cluster::Cluster;
use super::command::Role;
use super::fields::{at, list, number, plain, text};
use super::labels::Selector;
use super::pod::{Container, Workload};
use super::proxies::{Proxy, is_rewritten};
use crate::finding::Finding;
use crate::yaml::Node;

/// Seconds that a pod has to end where nothing is said.
const GRACE: u64 = 30;

/// Workloads own the pods that they make.
pub fn selectors(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, workload) in cluster.workloads.iter().enumerate() {
        let object = &cluster.objects[workload.object];
        if !["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout"].contains(&object.kind) {
            continue;
        }
        let selector = at(object.node, "spec.selector");
        // What is left of somebody else's workload in a patch has none.
        if selector.is_none() && workload.main().is_none() {
            continue;
        }
        if !selector.is_some_and(|selector| cluster.pods.is_selected(id, Selector::of(selector))) {
            let shown = |node: Option<&Node<'_>>| node.map(Node::shown).unwrap_or_default();
            let finding = Finding::error("spec.selector", "does not select the workload's own pods").got(shown(selector));
            report.push(workload.object, finding.fix(format!("their labels are {}", shown(workload.labels))));
        }
        // What does not select them does not spread them, and nobody says so.
        for (index, constraint) in list(workload.spec, "topologySpreadConstraints").iter().enumerate() {
            let Some(selector) = at(constraint, "labelSelector") else { continue };
            if !cluster.pods.is_selected(id, Selector::of(selector)) && workload.main().is_some() {
                let path = format!("{}.topologySpreadConstraints[{index}].labelSelector", workload.path);
                let message = "does not select the workload's own pods, which are not spread then";
                report.push(workload.object, Finding::warning(path, message).got(selector.shown()).fix("correct the labels"));
            }
        }
    }
}

/// Pods of a StatefulSet of Jina have names by its Service. Who is called by no name needs none.
pub fn stateful_sets(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let object = &cluster.objects[workload.object];
        let path = "spec.serviceName";
        let name = text(object.node, path);
        if object.kind != "StatefulSet" || cluster.find("Service", object.namespace, name).is_some() {
            continue;
        }
        if name.is_empty() {
            let finding = Finding::error(path, "is missing: Kubernetes takes no StatefulSet without it");
            report.push(workload.object, finding.fix(format!("did you mean `{}`?", object.name)));
        } else if !cluster.external.has("Service", name) {
            report.push(workload.object, cluster.missing("Service", object.namespace, name, path));
        }
    }
}

/// Containers of a pod share their ports. What others only declare is no proof.
pub fn ports(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let mut taken: HashMap<u16, (usize, bool)> = HashMap::new();
        for (place, container) in workload.containers.iter().enumerate().filter(|(_, container)| !container.is_over) {
            let is_jina = container.role.is_some();
            for listening in container.ports.iter().filter(|listening| !listening.is_not_tcp) {
                let (first, is_certain) = *taken.entry(listening.port).or_insert((place, is_jina));
                if first != place && (is_certain || is_jina) {
                    let path = match listening.place {
                        Some(place) => container.path_of(place),
                        None => format!("{}.ports", container.path),
                    };
                    let other = workload.containers[first].name();
                    let message = format!("is a port on which container `{other}` of the same pod listens");
                    report.push(workload.object, Finding::error(path, message).got(listening.port.to_string()).fix("use another"));
                }
            }
        }
    }
}

/// Probes ask where somebody listens.
pub fn probes(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let has_istio = workload.containers.iter().any(|container| container.proxy == Some(Proxy::Istio));
        for container in &workload.containers {
            for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
                let Some(node) = container.node.get(probe).filter(|node| !(has_istio && is_rewritten(node, workload.template))) else {
                    continue;
                };
                let Some((path, got)) = unanswered(workload, container, node) else { continue };
                let finding = Finding::error(format!("{}.{probe}.{path}", container.path), "asks at a port on which nothing listens");
                report.push(workload.object, finding.got(got).fix(format!("the pod listens on {}", workload.shown_ports())));
            }
        }
    }
}

/// The field of a probe that nobody answers, and its value.
fn unanswered<'n>(workload: &Workload<'_>, container: &Container<'_>, probe: &'n Node<'n>) -> Option<(String, &'n str)> {
    for form in ["httpGet", "tcpSocket", "grpc"] {
        let port = probe.get(form).map(|node| text(node, "port")).unwrap_or_default();
        if !port.is_empty() && text(probe, &format!("{form}.host")).is_empty() {
            // A name is one of the container's own ports.
            let named = || list(container.node, "ports").iter().find(|known| text(known, "name") == port);
            let number = port.parse().ok().or_else(|| text(named()?, "containerPort").parse().ok());
            let is_served = number.is_some_and(|number| workload.answers(container, number));
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
    (!port.is_some_and(|port| workload.answers(container, port))).then(|| (format!("exec.command[{place}]"), address))
}

/// A pod that is killed while it still waits to end loses what is on its way.
pub fn grace(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let grace = number(workload.spec, "terminationGracePeriodSeconds").unwrap_or(GRACE);
        for container in &workload.containers {
            let sleep = at(container.node, "lifecycle.preStop").and_then(sleep).unwrap_or_default();
            if sleep >= grace && sleep > 0 {
                let path = format!("{}.terminationGracePeriodSeconds", workload.path);
                let message = format!("is not longer than the preStop of container `{}`, {sleep} s", container.name());
                let finding = Finding::error(path, message).got(grace.to_string());
                report.push(workload.object, finding.fix("make it longer by what requests on their way take, such as 10 s"));
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

/// What is dialled has to run. KEDA may scale to nothing and back, and another object may run the pods instead.
pub fn replicas(cluster: &Cluster<'_>, report: &mut Report) {
    let mut is_dialled = vec![false; cluster.workloads.len()];
    for edge in &report.edges {
        if let Some(to) = edge.to {
            is_dialled[to] = true;
        }
    }
    for (id, workload) in cluster.workloads.iter().enumerate() {
        let object = &cluster.objects[workload.object];
        let is_needed = is_dialled[id] || cluster.role(id) == Some(Role::Gateway);
        let is_scaled = cluster.autoscalers_of(object).iter().any(|id| cluster.objects[*id].kind == "ScaledObject");
        if is_needed && number(object.node, "spec.replicas") == Some(0) && !is_scaled && !cluster.is_replaced(object) {
            let what = if is_dialled[id] { "the Flow dials it" } else { "it is the way into the Flow" };
            let finding = Finding::warning("spec.replicas", format!("is no pod at all, and {what}")).got("0");
            report.push(workload.object, finding.fix("write 1 or more"));
        }
    }
}
