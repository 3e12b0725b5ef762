//! What stands around a Flow: disruption budgets, monitors, routes and policies.
//!
//! What leads nowhere is told where Jina runs, or where the object carries a label of ours. Elsewhere others may provide
//! what it leads to.

use std::collections::HashSet;

use super::Report;
use super::cluster::Cluster;
use super::external::External;
use super::fields::{at, list, number, pairs, plain, text};
use super::labels::Selector;
use super::object::{Object, few};
use super::proxies::PORT_NAMES;
use crate::finding::{Finding, Findings, Severity};
use crate::yaml::Node;

/// Annotations by which cert-manager makes the Secrets of an Ingress
/// (<https://cert-manager.io/docs/usage/ingress/#supported-annotations>).
const ISSUERS: [&str; 4] =
    ["cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme", "acme.cert-manager.io/http01-edit-in-place"];

/// Every kind that we know.
pub fn around(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, object) in cluster.objects.iter().enumerate() {
        let is_near = object.is_ours() || cluster.has_jina(object.namespace);
        let mut looker = Looker { cluster, id, object, is_near, report };
        match (object.kind, object.group) {
            ("PodDisruptionBudget", "policy") => looker.budget(),
            ("ServiceMonitor", "monitoring.coreos.com") => looker.service_monitor(),
            ("PodMonitor", "monitoring.coreos.com") => looker.pod_monitor(),
            ("Ingress", "networking.k8s.io") => looker.ingress(),
            ("HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute", "gateway.networking.k8s.io") => looker.route(),
            ("NetworkPolicy", "networking.k8s.io") => looker.policy(),
            _ => {}
        }
    }
}

struct Looker<'c, 'o> {
    cluster: &'c Cluster<'o>,
    id: usize,
    object: &'c Object<'o>,
    /// Whether it stands where Jina runs, or is ours.
    is_near: bool,
    report: &'c mut Report,
}

impl<'o> Looker<'_, 'o> {
    /// The workloads that a selector selects in namespaces; a finding where there are none. Nothing where that cannot be said.
    fn selected(&mut self, selector: Option<&'o Node<'o>>, namespaces: &[&str], most: usize, severity: Severity) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        for namespace in namespaces {
            let Some(selector) = selector.map(Selector::of) else { continue };
            let selected = self.cluster.pods.selected(namespace, selector, most, &self.cluster.work);
            if selected.is_cut {
                self.cluster.work.skip(self.id);
                return None;
            }
            found.extend(selected.members);
        }
        if found.is_empty() {
            let path = if self.object.kind == "NetworkPolicy" { "spec.podSelector" } else { "spec.selector" };
            if self.is_near || namespaces.iter().any(|namespace| self.cluster.has_jina(namespace)) {
                let got = selector.map(Node::shown).unwrap_or_default();
                let finding = Finding::error(path, "selects no pods that are here").with_severity(severity).got(got);
                self.report.push(self.id, finding.fix("correct the labels, or remove it"));
            }
            return None;
        }
        Some(found)
    }

    fn budget(&mut self) {
        let node = self.object.node;
        let Some(selected) = self.selected(at(node, "spec.selector"), &[self.object.namespace], usize::MAX, Severity::Error) else {
            return;
        };
        if !selected.iter().any(|workload| self.cluster.role(*workload).is_some()) {
            return;
        }
        let least = text(node, "spec.minAvailable");
        let (path, got) = if least.is_empty() { ("maxUnavailable", text(node, "spec.maxUnavailable")) } else { ("minAvailable", least) };
        // An autoscaler may bring more, so that nobody knows how many pods there are.
        let pods = selected.iter().try_fold(0_u64, |pods, workload| {
            let object = self.cluster.of_workload(*workload);
            let is_scaled = !self.cluster.autoscalers_of(object).is_empty();
            (!is_scaled).then(|| pods.saturating_add(number(object.node, "spec.replicas").unwrap_or(1)))
        });
        let forbids = if least.is_empty() {
            got.strip_suffix('%').unwrap_or(got).parse() == Ok(0_u64)
        } else {
            stay(least, pods).is_some_and(|stay| pods.is_none_or(|pods| pods > 0 && stay >= pods))
        };
        if forbids {
            let message = "forbids every eviction: no node can be drained";
            let finding = Finding::warning(format!("spec.{path}"), message).got(got);
            self.report.push(self.id, finding.fix("leave room for one pod, or run more"));
        }
    }

    /// The namespaces that a monitor looks at; nothing for all of them, which may be anywhere.
    fn namespaces(&self) -> Option<Vec<&'o str>> {
        let node = self.object.node;
        if text(node, "spec.namespaceSelector.any") == "true" {
            return None;
        }
        let named: Vec<&str> = list(node, "spec.namespaceSelector.matchNames").iter().map(plain).collect();
        Some(if named.is_empty() { vec![self.object.namespace] } else { named })
    }

    fn service_monitor(&mut self) {
        let (cluster, node) = (self.cluster, self.object.node);
        let (Some(selector), Some(namespaces)) = (at(node, "spec.selector"), self.namespaces()) else { return };
        let mut names: HashSet<&str> = HashSet::new();
        let mut is_empty = true;
        for namespace in &namespaces {
            let found = cluster.labelled_services.selected(namespace, Selector::of(selector), usize::MAX, &cluster.work);
            for place in found.members {
                let service = &cluster.services[place];
                if found.is_cut || !cluster.work.take(service.names.len()) {
                    return cluster.work.skip(self.id);
                }
                names.extend(service.names.keys());
                is_empty = false;
            }
        }
        if is_empty && (self.is_near || namespaces.iter().any(|namespace| cluster.has_jina(namespace))) {
            let is_own = list(node, "spec.namespaceSelector.matchNames").is_empty();
            let path = if is_own { "spec.selector" } else { "spec.namespaceSelector" };
            let shown: Vec<String> = namespaces.iter().map(|namespace| (*namespace).to_owned()).collect();
            let place = if namespaces == [""] { "here".to_owned() } else { format!("in {}", few(shown.iter().map(String::as_str))) };
            let finding = Finding::error(path, format!("selects no Service {place}")).got(selector.shown());
            self.report.push(self.id, finding.fix("correct the labels or the namespaces, or remove it"));
        } else if !is_empty {
            self.endpoints("endpoints", &names, "the Services that it selects");
        }
    }

    fn pod_monitor(&mut self) {
        let Some(namespaces) = self.namespaces() else { return };
        let Some(selected) = self.selected(at(self.object.node, "spec.selector"), &namespaces, usize::MAX, Severity::Error) else { return };
        // A mesh brings its own along.
        let mut names: HashSet<&str> = HashSet::from(PORT_NAMES);
        for id in &selected {
            for container in &self.cluster.workloads[*id].containers {
                let ports = list(container.node, "ports");
                if !self.cluster.work.take(1 + ports.len()) {
                    return self.cluster.work.skip(self.id);
                }
                names.extend(ports.iter().map(|port| text(port, "name")));
            }
        }
        self.endpoints("podMetricsEndpoints", &names, "the pods that it selects");
    }

    fn endpoints(&mut self, field: &str, names: &HashSet<&str>, of: &str) {
        for (index, endpoint) in list(self.object.node, &format!("spec.{field}")).iter().enumerate() {
            let port = text(endpoint, "port");
            if !port.is_empty() && !names.contains(port) {
                let mut known: Vec<&str> = names.iter().copied().filter(|name| !PORT_NAMES.contains(name)).collect();
                known.sort_unstable();
                let finding = Finding::error(format!("spec.{field}[{index}].port"), format!("is no named port of {of}")).got(port);
                let known = few(known.into_iter());
                let known = if known.is_empty() { "none that has a name".to_owned() } else { known };
                self.report.push(self.id, finding.fix(format!("they have {known}")));
                // One such name is mostly all of them.
                if index >= MOST_ENDPOINTS {
                    break;
                }
            }
        }
    }

    fn ingress(&mut self) {
        let node = self.object.node;
        if let Some(service) = at(node, "spec.defaultBackend.service") {
            self.backend(service, self.object.namespace, "spec.defaultBackend.service");
        }
        for (rule, node) in list(node, "spec.rules").iter().enumerate() {
            for (path, node) in list(node, "http.paths").iter().enumerate() {
                if let Some(service) = at(node, "backend.service") {
                    self.backend(service, self.object.namespace, &format!("spec.rules[{rule}].http.paths[{path}].backend.service"));
                }
            }
        }
        self.certificates();
    }

    /// Secrets of TLS, which cert-manager may make, and which may be declared.
    fn certificates(&mut self) {
        let is_made = |(key, _): &(Node<'_>, Node<'_>)| ISSUERS.contains(&plain(key));
        if !self.is_near || pairs(self.object.node, "metadata.annotations").iter().any(is_made) {
            return;
        }
        let own = External::of_annotation(self.object.node, &mut Findings::default());
        for (index, certificate) in list(self.object.node, "spec.tls").iter().enumerate() {
            let name = text(certificate, "secretName");
            let is_declared = self.cluster.external.has("Secret", name) || own.has("Secret", name);
            if !name.is_empty() && !is_declared && self.cluster.find("Secret", self.object.namespace, name).is_none() {
                let path = format!("spec.tls[{index}].secretName");
                self.report.push(self.id, self.cluster.missing("Secret", self.object.namespace, name, path));
            }
        }
    }

    fn route(&mut self) {
        for (rule, node) in list(self.object.node, "spec.rules").iter().enumerate() {
            for (index, backend) in list(node, "backendRefs").iter().enumerate() {
                let namespace = text(backend, "namespace");
                if ["", "Service"].contains(&text(backend, "kind")) && text(backend, "group").is_empty() {
                    let namespace = if namespace.is_empty() { self.object.namespace } else { namespace };
                    self.backend(backend, namespace, &format!("spec.rules[{rule}].backendRefs[{index}]"));
                }
            }
        }
    }

    /// A Service that requests are sent to, and its port by number or name.
    fn backend(&mut self, reference: &Node<'_>, namespace: &str, path: &str) {
        let name = text(reference, "name");
        let Some(service) = self.cluster.service(namespace, name) else {
            if self.is_near && !self.cluster.external.has("Service", name) {
                let finding = self.cluster.missing("Service", namespace, name, format!("{path}.name"));
                self.report.push(self.id, finding);
            }
            return;
        };
        let ports = list(self.cluster.objects[service.object].node, "spec.ports");
        for (field, key) in [("port", "port"), ("port.number", "port"), ("port.name", "name")] {
            let port = text(reference, field);
            let is_known = if key == "name" { service.names.contains_key(port) } else { service.has_port(port) };
            if !port.is_empty() && !is_known {
                let finding = Finding::error(format!("{path}.{field}"), format!("is no port of Service/{name}")).got(port);
                let known = few(ports.iter().map(|known| text(known, key)));
                self.report.push(self.id, finding.fix(format!("it has {known}")));
            }
        }
    }

    /// Who may call may be anywhere, so that peers that select nothing here are no fault.
    fn policy(&mut self) {
        self.selected(at(self.object.node, "spec.podSelector"), &[self.object.namespace], 1, Severity::Warning);
    }
}

/// How many pods have to stay, of those that there are; nothing where that depends on how many there are, and nobody knows. A
/// share is rounded up, whatever it is a share of (`getExpectedPodCount`, kubernetes/kubernetes, `pkg/controller/disruption`).
fn stay(least: &str, pods: Option<u64>) -> Option<u64> {
    let Some(share) = least.strip_suffix('%') else { return least.parse().ok().filter(|_| pods.is_some()) };
    let share: u64 = share.parse().ok()?;
    match pods {
        Some(pods) => Some(share.saturating_mul(pods).div_ceil(100)),
        None => (share >= 100).then_some(u64::MAX),
    }
}

/// Endpoints of a monitor whose names are told.
const MOST_ENDPOINTS: usize = 100;
