//! Requirements for the pods of a workload to start, serve and stop correctly.

use std::collections::HashMap;

use super::cluster::Cluster;
use super::command::JinaRole;
use super::labels::Selector;
use super::pod::{SeenContainer, SeenWorkload};
use super::proxies::{Proxy, is_rewritten};
use super::report::Report;
use crate::finding::{Code, FieldPath};
use crate::yaml::View;

/// The default of `terminationGracePeriodSeconds`.
const GRACE_PERIOD: u64 = 30;

/// Checks that workloads select their own pods.
pub fn selectors(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, workload) in cluster.workloads.iter().enumerate() {
        let object = &cluster.objects[workload.object];
        if !["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Rollout"].contains(&object.kind()) {
            continue;
        }
        let selector = object.view.at("spec.selector");
        // An object without a selector and without a container of Jina can be a patch of another workload.
        if selector.is_none() && workload.main().is_none() {
            continue;
        }
        if !selector.is_some_and(|selector| cluster.pods.is_selected(id, Selector::of(selector))) {
            let shown = |view: Option<View<'_>>| view.map(View::shown).unwrap_or_default();
            let finding = Code::SelectorMissesOwnPods.error("spec.selector", "does not match the workload's own pods");
            report
                .push(workload.object, finding.got(shown(selector)).fix(format!("the labels of the pods are {}", shown(workload.labels))));
        }
        // Kubernetes ignores a spread constraint that selects none of the pods.
        for (index, constraint) in workload.spec.list_at("topologySpreadConstraints").iter().enumerate() {
            let Some(selector) = constraint.get("labelSelector") else { continue };
            if !cluster.pods.is_selected(id, Selector::of(selector)) && workload.main().is_some() {
                let path = workload.spec_path().key("topologySpreadConstraints").index(index).key("labelSelector");
                let finding = Code::SelectorMissesOwnPods.warning(path, "does not match the workload's own pods, so they are not spread");
                report.push(workload.object, finding.got(selector.shown()).fix("correct the labels"));
            }
        }
    }
}

/// Checks that a StatefulSet of Jina has the Service that names its pods.
pub fn stateful_sets(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let object = &cluster.objects[workload.object];
        let path = "spec.serviceName";
        let name = object.view.text_at(path);
        if object.kind() != "StatefulSet" || cluster.find("Service", object.namespace(), name).is_some() {
            continue;
        }
        if name.is_empty() {
            let finding = Code::MissingField.error(path, "is required for a StatefulSet");
            report.push(workload.object, finding.fix(format!("did you mean `{}`?", object.name())));
        } else if !cluster.external.has("Service", name) {
            report.push(workload.object, cluster.missing("Service", object.namespace(), name, path));
        }
    }
}

/// Checks that the containers of a pod do not listen on the same port. A conflict is reported only if one of the two
/// containers runs Jina: a container without Jina may declare a port and not listen on it.
pub fn ports(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let mut taken: HashMap<u16, (usize, bool)> = HashMap::new();
        for (place, container) in workload.containers.iter().enumerate().filter(|(_, container)| !container.ends_before_serving) {
            let is_jina = container.role.is_some();
            for listening in container.ports.iter().filter(|listening| !listening.is_not_tcp) {
                let (first, is_certain) = *taken.entry(listening.port).or_insert((place, is_jina));
                if first != place && (is_certain || is_jina) {
                    let path = listening.word.map_or_else(|| container.path.key("ports"), |word| container.path_of(word));
                    let message = format!("is already used by container `{}` of the same pod", workload.containers[first].name());
                    let finding = Code::ContainersSharePort.error(path, message).got(listening.port.to_string());
                    report.push(workload.object, finding.fix("use another port"));
                }
            }
        }
    }
}

/// Checks that a container listens on the ports of its probes.
pub fn probes(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let has_istio = workload.containers.iter().any(|container| container.proxy == Some(Proxy::Istio));
        for container in &workload.containers {
            for name in ["startupProbe", "readinessProbe", "livenessProbe"] {
                let Some(probe) = container.view.get(name).filter(|probe| !(has_istio && is_rewritten(*probe, workload.template))) else {
                    continue;
                };
                let Some((path, got)) = unanswered(workload, container, probe) else { continue };
                let path = container.path.key(name).join(path.steps());
                let finding = Code::PortNotServed.error(path, "is a port on which no container listens").got(got);
                report.push(workload.object, finding.fix(format!("the pod listens on {}", workload.shown_ports())));
            }
        }
    }
}

/// The port field of a probe with its value, if no container answers the probe.
fn unanswered<'n>(workload: &SeenWorkload<'_>, container: &SeenContainer<'_>, probe: View<'n>) -> Option<(FieldPath, &'n str)> {
    for form in ["httpGet", "tcpSocket", "grpc"] {
        let action = probe.get(form);
        let port = action.map(|action| action.text_at("port")).unwrap_or_default();
        if !port.is_empty() && action.is_some_and(|action| action.text_at("host").is_empty()) {
            // A name refers to a port of the container.
            let named = || container.view.list_at("ports").iter().find(|known| known.text_at("name") == port);
            let number = port.parse().ok().or_else(|| named()?.text_at("containerPort").parse().ok());
            let is_served = number.is_some_and(|number| workload.answers(container, number));
            return (!is_served).then(|| (FieldPath::from(form).key("port"), port));
        }
    }
    let words: Vec<&str> = probe.list_at("exec.command").iter().map(View::text).collect();
    let ping = words.windows(2).position(|pair| pair[0].ends_with("jina") && pair[1] == "ping")? + 2;
    let place = ping + usize::from(["executor", "gateway", "flow"].contains(words.get(ping)?));
    let address = *words.get(place)?;
    let (host, port) = address.rsplit_once(':')?;
    if !["127.0.0.1", "localhost", "0.0.0.0"].iter().any(|own| host.ends_with(own)) {
        return None;
    }
    // Exports of Jina have `8080 - --timeout 9500` here. `jina ping` reads only the part before the blank.
    let port = port.split([' ', '/']).next().and_then(|port| port.parse().ok());
    let is_served = port.is_some_and(|port| workload.answers(container, port));
    (!is_served).then(|| (FieldPath::from("exec.command").index(place), address))
}

/// Checks that a pod is not killed while its preStop hook still runs, because a killed pod drops requests.
pub fn grace_periods(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let grace = workload.spec.number_at("terminationGracePeriodSeconds").unwrap_or(GRACE_PERIOD);
        for container in &workload.containers {
            let sleep = container.view.at("lifecycle.preStop").and_then(seconds_of_sleep).unwrap_or_default();
            if sleep >= grace && sleep > 0 {
                let path = workload.spec_path().key("terminationGracePeriodSeconds");
                let message = format!("must be longer than the preStop hook of container `{}`, which takes {sleep} s", container.name());
                let finding = Code::GracePeriodTooShort.error(path, message).got(grace.to_string());
                report.push(workload.object, finding.fix("add the time that running requests need, such as 10 s"));
            }
        }
    }
}

fn seconds_of_sleep(hook: View<'_>) -> Option<u64> {
    let words: Vec<&str> = hook.list_at("exec.command").iter().map(View::text).collect();
    let line = words.join(" ");
    let seconds = line.split_once("sleep ").map(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    hook.number_at("sleep.seconds").or_else(|| seconds?.parse().ok())
}

/// Checks that called workloads have pods. KEDA may scale to zero and back, and another object may run the pods.
pub fn replicas(cluster: &Cluster<'_>, report: &mut Report) {
    let mut is_called = vec![false; cluster.workloads.len()];
    for edge in &report.edges {
        if let Some(to) = edge.to {
            is_called[to] = true;
        }
    }
    for (id, workload) in cluster.workloads.iter().enumerate() {
        let object = &cluster.objects[workload.object];
        let is_needed = is_called[id] || cluster.role(id) == Some(JinaRole::Gateway);
        let is_scaled = cluster.autoscalers_of(object).iter().any(|id| cluster.objects[*id].kind() == "ScaledObject");
        if is_needed && object.view.number_at("spec.replicas") == Some(0) && !is_scaled && !cluster.is_replaced(object) {
            let reason = if is_called[id] { "the Flow calls this workload" } else { "this is the gateway of the Flow" };
            let finding = Code::ReplicasZero.warning("spec.replicas", format!("must be at least 1, because {reason}")).got("0");
            report.push(workload.object, finding.fix("set it to 1 or more"));
        }
    }
}
