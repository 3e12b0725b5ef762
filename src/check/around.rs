//! What stands around a Flow: autoscalers, disruption budgets, monitors, routes and policies.

use super::cluster::{Cluster, Object, Selector, target_kind};
use super::fields::{at, list, plain, text};
use super::{Report, Told};
use crate::finding::Severity;
use crate::yaml::Node;

/// Every kind that we know.
pub fn around(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, object) in cluster.objects.iter().enumerate() {
        let mut looker = Looker { cluster, id, object, report };
        match (object.kind, object.group) {
            ("HorizontalPodAutoscaler", "autoscaling") | ("ScaledObject", "keda.sh") => looker.autoscaler(),
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
    report: &'c mut Report,
}

/// What an autoscaler scales between; for the table.
pub fn scaled(cluster: &Cluster<'_>, object: &Object<'_>) -> Option<String> {
    let id = cluster.autoscalers.get([object.kind, object.namespace, object.name]).first()?;
    let scaler = cluster.objects[*id].node;
    let (least, most) = (text(scaler, "spec.minReplicas"), text(scaler, "spec.maxReplicas"));
    // KEDA has words of its own.
    let (of_keda, most_of_keda) = (text(scaler, "spec.minReplicaCount"), text(scaler, "spec.maxReplicaCount"));
    let least = if least.is_empty() && of_keda.is_empty() { "1" } else { least };
    Some(format!("{least}{of_keda}-{most}{most_of_keda}"))
}

impl<'o> Looker<'_, 'o> {
    fn autoscaler(&mut self) {
        let cluster = self.cluster;
        let Some(target) = at(self.object.node, "spec.scaleTargetRef") else { return };
        let (kind, name) = (target_kind(target), text(target, "name"));
        let Some(found) = cluster.find(kind, self.object.namespace, name) else {
            let finding = cluster.missing(kind, self.object.namespace, name, format_args!("spec.scaleTargetRef.name"));
            return self.report.push(self.id, finding);
        };
        let replicas = text(found.node, "spec.replicas");
        if !replicas.is_empty() {
            let message = format_args!("scales {kind}/{name}, whose spec.replicas is fixed: every apply takes back what was scaled");
            let mend = format_args!("remove spec.replicas of {kind}/{name}");
            self.report.error(self.id, format_args!("spec.scaleTargetRef"), message, replicas, mend);
        }
    }

    /// The workloads that a selector selects here; a finding where there are none.
    #[inline(never)]
    fn selected(&mut self, selector: Option<&'o Node<'o>>, path: &str, severity: Severity) -> Vec<usize> {
        let namespace = self.object.namespace;
        let found = selector.map(|node| self.cluster.pods.selected(namespace, Selector::of(node), usize::MAX)).unwrap_or_default();
        if found.is_empty() {
            let (got, message) = (selector.map(Node::shown).unwrap_or_default(), format_args!("selects no pods that are here"));
            let mend = format_args!("correct the labels, or remove it");
            self.report.push(self.id, Told { severity, path: format_args!("{path}"), message, got: &got, mend }.finding());
        }
        found
    }

    fn budget(&mut self) {
        let node = self.object.node;
        let selected = self.selected(at(node, "spec.selector"), "spec.selector", Severity::Error);
        let least = text(node, "spec.minAvailable");
        let (path, got) = if least.is_empty() { ("maxUnavailable", text(node, "spec.maxUnavailable")) } else { ("minAvailable", least) };
        let mut forbids = !selected.is_empty();
        for workload in selected {
            let object = self.cluster.of_workload(workload);
            let fixed = text(object.node, "spec.replicas");
            // An autoscaler may bring more.
            let is_scaled = !self.cluster.autoscalers.get([object.kind, object.namespace, object.name]).is_empty();
            let replicas: u64 = if is_scaled { u64::MAX } else { fixed.parse().unwrap_or(1) };
            forbids &= if least.is_empty() {
                got == "0" || got == "0%"
            } else {
                least == "100%" || least.parse().is_ok_and(|least: u64| least >= replicas)
            };
        }
        if forbids {
            let message = format_args!("forbids every eviction: no node can be drained");
            self.report.warning(self.id, format_args!("spec.{path}"), message, got, format_args!("leave room for one pod, or run more"));
        }
    }

    fn service_monitor(&mut self) {
        let (cluster, node) = (self.cluster, self.object.node);
        let Some(selector) = at(node, "spec.selector").filter(|_| text(node, "spec.namespaceSelector.any") != "true") else { return };
        let mut namespaces: Vec<&str> = list(node, "spec.namespaceSelector.matchNames").iter().map(plain).collect();
        let path = if namespaces.is_empty() { "selector" } else { "namespaceSelector" };
        if namespaces.is_empty() {
            namespaces.push(self.object.namespace);
        }
        let mut names: Vec<&str> = Vec::new();
        let mut is_empty = true;
        for namespace in &namespaces {
            for place in cluster.labelled_services.selected(namespace, Selector::of(selector), usize::MAX) {
                let service = &cluster.objects[cluster.services[place]];
                names.extend(list(service.node, "spec.ports").iter().map(|port| text(port, "name")));
                is_empty = false;
            }
        }
        if is_empty {
            let message = format_args!("selects no Service in {}", namespaces.join(", "));
            let mend = format_args!("correct the labels or the namespaces, or remove it");
            self.report.error(self.id, format_args!("spec.{path}"), message, &selector.shown(), mend);
        } else {
            self.endpoints("endpoints", &names, "the Services that it selects");
        }
    }

    fn pod_monitor(&mut self) {
        let selected = self.selected(at(self.object.node, "spec.selector"), "spec.selector", Severity::Error);
        let mut names: Vec<&str> = Vec::new();
        for id in &selected {
            for container in &self.cluster.workloads[*id].containers {
                names.extend(list(container.node, "ports").iter().map(|port| text(port, "name")));
            }
        }
        if !selected.is_empty() {
            self.endpoints("podMetricsEndpoints", &names, "the pods that it selects");
        }
    }

    fn endpoints(&mut self, field: &str, names: &[&str], of: &str) {
        for (index, endpoint) in list(self.object.node, &format!("spec.{field}")).iter().enumerate() {
            let port = text(endpoint, "port");
            if !port.is_empty() && !names.contains(&port) {
                let path = format_args!("spec.{field}[{index}].port");
                let known = names.join(", ");
                self.report.error(self.id, path, format_args!("is no named port of {of}"), port, format_args!("they have {known}"));
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
    #[inline(never)]
    fn backend(&mut self, reference: &Node<'_>, namespace: &str, path: &str) {
        let name = text(reference, "name");
        let Some(service) = self.cluster.find("Service", namespace, name) else {
            if !self.cluster.external.has("Service", name) {
                let finding = self.cluster.missing("Service", namespace, name, format_args!("{path}.name"));
                self.report.push(self.id, finding);
            }
            return;
        };
        for (field, key) in [("port", "port"), ("port.number", "port"), ("port.name", "name")] {
            let port = text(reference, field);
            let known: Vec<&str> = list(service.node, "spec.ports").iter().map(|known| text(known, key)).collect();
            if !port.is_empty() && !known.contains(&port) {
                let (message, known) = (format_args!("is no port of Service/{name}"), known.join(", "));
                self.report.error(self.id, format_args!("{path}.{field}"), message, port, format_args!("it has {known}"));
            }
        }
    }

    /// Who may call may be anywhere, so that peers that select nothing here are no fault.
    fn policy(&mut self) {
        self.selected(at(self.object.node, "spec.podSelector"), "spec.podSelector", Severity::Warning);
    }
}
