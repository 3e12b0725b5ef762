//! What stands around a Flow: autoscalers, disruption budgets, monitors, routes and policies.

use super::Report;
use super::cluster::{Cluster, Object, Selector};
use crate::finding::{Finding, Severity};
use crate::yaml::Node;

/// Every kind that we know, by its row.
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

/// The value at a path.
fn at<'n>(node: &'n Node<'n>, path: &[&str]) -> Option<&'n Node<'n>> {
    path.iter().try_fold(node, |node, step| node.get(step))
}

fn entries<'n>(node: &'n Node<'n>, field: &str) -> &'n [Node<'n>] {
    node.get(field).and_then(Node::as_list).unwrap_or_default()
}

/// What an autoscaler scales, and its bounds; for the table.
pub fn scaled(cluster: &Cluster<'_>, object: &Object<'_>) -> Option<String> {
    let id = cluster.autoscalers.get([object.kind, object.namespace, object.name]).first()?;
    let bound = |fields: [&str; 2], or: &str| {
        fields.into_iter().find_map(|field| cluster.objects[*id].spec(field)).map_or(or.to_owned(), Node::shown)
    };
    Some(format!("{}-{}", bound(["minReplicas", "minReplicaCount"], "1"), bound(["maxReplicas", "maxReplicaCount"], "")))
}

impl<'o> Looker<'_, 'o> {
    fn tell(&mut self, finding: Finding) {
        self.report.push(self.id, finding);
    }

    fn autoscaler(&mut self) {
        let cluster = self.cluster;
        let target = self.object.spec("scaleTargetRef");
        let text = |field: &str| target.and_then(|target| target.get(field)?.as_text());
        // KEDA's default.
        let (kind, name) = (text("kind").unwrap_or("Deployment"), text("name").unwrap_or_default());
        let Some(found) = cluster.find(kind, self.object.namespace, name) else {
            return self.tell(cluster.missing(kind, self.object.namespace, name, "spec.scaleTargetRef.name".to_owned()));
        };
        if let Some(replicas) = found.spec("replicas") {
            let message = format!("scales {kind}/{name}, whose spec.replicas is fixed: every apply takes back what was scaled");
            let finding = Finding::error("spec.scaleTargetRef", message).got(replicas.shown());
            self.tell(finding.mend(format!("remove spec.replicas of {kind}/{name}")));
        }
    }

    /// The workloads that a selector selects here; a finding where there are none.
    fn selected(&mut self, selector: Option<&'o Node<'o>>, path: &str, severity: Severity) -> Vec<usize> {
        let namespace = self.object.namespace;
        let found: Vec<usize> = match selector {
            Some(selector) => self.cluster.pods.selected(namespace, Selector::of(selector)).collect(),
            None => Vec::new(),
        };
        if found.is_empty() {
            let finding = Finding::error(path, "selects no pods that are here").with_severity(severity);
            let got = selector.map(Node::shown).unwrap_or_default();
            self.tell(finding.got(got).mend("correct the labels, or remove it"));
        }
        found
    }

    fn budget(&mut self) {
        let object = self.object;
        let selected = self.selected(object.spec("selector"), "spec.selector", Severity::Error);
        let bound = |field: &str| object.spec(field).map(|node| (format!("spec.{field}"), node.shown()));
        let (Some((path, got)), is_least) = bound("minAvailable").map_or((bound("maxUnavailable"), false), |found| (Some(found), true))
        else {
            return;
        };
        let forbids = |workload: &usize| {
            let object = self.cluster.of_workload(*workload);
            // An autoscaler may bring more.
            let is_fixed = self.cluster.autoscalers.get([object.kind, object.namespace, object.name]).is_empty();
            let replicas = object.spec("replicas").map_or(Some(1), |replicas| replicas.as_text()?.parse::<u64>().ok());
            match (got.strip_suffix('%'), is_least) {
                (Some(percent), true) => percent == "100",
                (percent, false) => percent.unwrap_or(&got) == "0",
                (None, true) => is_fixed && got.parse().is_ok_and(|least: u64| replicas.is_some_and(|replicas| least >= replicas)),
            }
        };
        if !selected.is_empty() && selected.iter().all(forbids) {
            let finding = Finding::warning(path, "forbids every eviction: no node can be drained").got(&got);
            self.tell(finding.mend("leave room for one pod, or run more"));
        }
    }

    fn service_monitor(&mut self) {
        let cluster = self.cluster;
        let Some(selector) = self.object.spec("selector") else { return };
        let namespaces = self.object.spec("namespaceSelector");
        if namespaces.and_then(|node| node.get("any")?.as_text()) == Some("true") {
            return;
        }
        let listed = namespaces.map(|node| entries(node, "matchNames")).unwrap_or_default();
        let listed = listed.iter().filter_map(Node::as_text);
        let namespaces: Vec<&str> = if listed.clone().next().is_none() { vec![self.object.namespace] } else { listed.collect() };
        let selected: Vec<&Object<'_>> = namespaces
            .iter()
            .flat_map(|namespace| cluster.labelled_services.selected(namespace, Selector::of(selector)))
            .map(|place| &cluster.objects[cluster.services[place]])
            .collect();
        let ports = selected.iter().flat_map(|service| service.spec("ports").and_then(Node::as_list).unwrap_or_default());
        let names: Vec<String> = ports.filter_map(|port| port.get("name")).map(Node::shown).collect();
        if selected.is_empty() {
            let path = if namespaces == [self.object.namespace] { "spec.selector" } else { "spec.namespaceSelector" };
            let finding = Finding::error(path, format!("selects no Service in {}", namespaces.join(", "))).got(selector.shown());
            return self.tell(finding.mend("correct the labels or the namespaces, or remove it"));
        }
        self.endpoints("endpoints", &names, "the Services that it selects");
    }

    fn pod_monitor(&mut self) {
        let selected = self.selected(self.object.spec("selector"), "spec.selector", Severity::Error);
        let containers = selected.iter().flat_map(|id| &self.cluster.workloads[*id].containers);
        let ports = containers.flat_map(|container| entries(container.node, "ports"));
        let names: Vec<String> = ports.filter_map(|port| port.get("name")).map(Node::shown).collect();
        if !selected.is_empty() {
            self.endpoints("podMetricsEndpoints", &names, "the pods that it selects");
        }
    }

    fn endpoints(&mut self, field: &str, names: &[String], of: &str) {
        for (index, endpoint) in self.object.spec(field).and_then(Node::as_list).unwrap_or_default().iter().enumerate() {
            let Some(port) = endpoint.get("port").map(Node::shown).filter(|port| !names.contains(port)) else { continue };
            let finding = Finding::error(format!("spec.{field}[{index}].port"), format!("is no named port of {of}")).got(&port);
            self.tell(finding.suggest(&port, names.iter().map(String::as_str)));
        }
    }

    fn ingress(&mut self) {
        let spec = self.object.node.get("spec");
        let rules = spec.map(|spec| entries(spec, "rules")).unwrap_or_default().iter().enumerate();
        let of_rules = rules.flat_map(|(rule, node)| {
            let paths = node.get("http").map(|http| entries(http, "paths")).unwrap_or_default().iter().enumerate();
            paths.map(move |(path, node)| {
                (format!("spec.rules[{rule}].http.paths[{path}].backend.service"), at(node, &["backend", "service"]))
            })
        });
        let default = ("spec.defaultBackend.service".to_owned(), spec.and_then(|spec| at(spec, &["defaultBackend", "service"])));
        for (path, service) in std::iter::once(default).chain(of_rules).filter_map(|(path, node)| Some((path, node?))) {
            let port = service.get("port");
            let by_name = port.and_then(|port| Some(("port.name", port.get("name")?)));
            let port = by_name.or_else(|| port.and_then(|port| Some(("port.number", port.get("number")?))));
            self.backend(service, self.object.namespace, port, &path);
        }
    }

    fn route(&mut self) {
        for (rule, node) in self.object.spec("rules").and_then(Node::as_list).unwrap_or_default().iter().enumerate() {
            for (index, backend) in entries(node, "backendRefs").iter().enumerate() {
                let text = |field: &str| backend.get(field).and_then(Node::as_text);
                if text("kind").is_none_or(|kind| kind == "Service") && text("group").is_none_or(str::is_empty) {
                    let namespace = text("namespace").unwrap_or(self.object.namespace);
                    let path = format!("spec.rules[{rule}].backendRefs[{index}]");
                    self.backend(backend, namespace, backend.get("port").map(|port| ("port", port)), &path);
                }
            }
        }
    }

    /// A Service that requests are sent to, and its port by number or name.
    fn backend(&mut self, reference: &Node<'_>, namespace: &str, port: Option<(&str, &Node<'_>)>, path: &str) {
        let name = reference.get("name").and_then(Node::as_text).unwrap_or_default();
        let Some(service) = self.cluster.find("Service", namespace, name) else {
            if !self.cluster.external.has("Service", name) {
                self.tell(self.cluster.missing("Service", namespace, name, format!("{path}.name")));
            }
            return;
        };
        let ports = service.spec("ports").and_then(Node::as_list).unwrap_or_default();
        let Some((field, port)) = port else { return };
        let key = if field.ends_with("name") { "name" } else { "port" };
        if !ports.iter().any(|known| known.get(key).and_then(Node::as_text) == port.as_text()) {
            let known: Vec<String> = ports.iter().filter_map(|known| known.get(key)).map(Node::shown).collect();
            let finding = Finding::error(format!("{path}.{field}"), format!("is no port of Service/{name}")).got(port.shown());
            self.tell(finding.mend(format!("it has {}", known.join(", "))));
        }
    }

    fn policy(&mut self) {
        self.selected(self.object.spec("podSelector"), "spec.podSelector", Severity::Warning);
        for (list, peers) in [("ingress", "from"), ("egress", "to")] {
            for (rule, node) in self.object.spec(list).and_then(Node::as_list).unwrap_or_default().iter().enumerate() {
                for (index, peer) in entries(node, peers).iter().enumerate() {
                    if let Some(selector) = peer.get("podSelector").filter(|_| peer.get("namespaceSelector").is_none()) {
                        self.selected(Some(selector), &format!("spec.{list}[{rule}].{peers}[{index}].podSelector"), Severity::Warning);
                    }
                }
            }
        }
    }
}
