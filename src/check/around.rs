//! Objects around a Flow: disruption budgets, monitors, Ingresses, routes and network policies.
//!
//! A reference that leads nowhere is reported if Jina runs in the namespace or if the object has a label of jinaflow. For
//! other objects, the target may be provided elsewhere.

use std::collections::{HashMap, HashSet};

use super::cluster::Cluster;
use super::external::External;
use super::labels::Selector;
use super::object::{SeenObject, first_few};
use super::proxies::PORT_NAMES;
use super::report::Report;
use crate::finding::{Code, FieldPath, Findings, Path, Severity};
use crate::yaml::View;

/// Annotations of an Ingress for which cert-manager creates the Secrets
/// (<https://cert-manager.io/docs/usage/ingress/#supported-annotations>).
const ISSUERS: [&str; 4] =
    ["cert-manager.io/issuer", "cert-manager.io/cluster-issuer", "kubernetes.io/tls-acme", "acme.cert-manager.io/http01-edit-in-place"];

/// The number of endpoints of a monitor that are checked once a wrong one is found.
const MOST_ENDPOINTS: usize = 100;

/// Checks all objects around a Flow.
pub fn around(cluster: &Cluster<'_>, report: &mut Report) {
    let mut budgets: HashMap<usize, usize> = HashMap::new();
    for (id, object) in cluster.objects.iter().enumerate() {
        let mut neighbor = Neighbor { cluster, id, object, report };
        match (object.kind(), object.group()) {
            ("PodDisruptionBudget", "policy") => {
                let selected = neighbor.check_budget();
                neighbor.check_other_budgets(&selected, &mut budgets);
            }
            ("ServiceMonitor", "monitoring.coreos.com") => neighbor.check_service_monitor(),
            ("PodMonitor", "monitoring.coreos.com") => neighbor.check_pod_monitor(),
            ("Ingress", "networking.k8s.io") => neighbor.check_ingress(),
            ("HTTPRoute" | "GRPCRoute" | "TLSRoute" | "TCPRoute", "gateway.networking.k8s.io") => neighbor.check_route(),
            ("NetworkPolicy", "networking.k8s.io") => neighbor.check_policy(),
            _ => {}
        }
    }
}

/// An object around a Flow.
struct Neighbor<'c, 'o> {
    cluster: &'c Cluster<'o>,
    id: usize,
    object: &'c SeenObject<'o>,
    report: &'c mut Report,
}

impl<'o> Neighbor<'_, 'o> {
    /// Whether Jina runs in the namespace of the object, or jinaflow rendered the object.
    fn is_near(&self) -> bool {
        self.cluster.has_jina(self.object.namespace()) || self.object.is_rendered()
    }

    /// The workloads that a selector selects in namespaces. Reports a selector that selects no workloads. `None` if no
    /// workloads are selected or the selection takes too long.
    fn selected(&mut self, selector: Option<View<'o>>, namespaces: &[&str], most: usize, severity: Severity) -> Option<Vec<usize>> {
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
            let path = if self.object.kind() == "NetworkPolicy" { "spec.podSelector" } else { "spec.selector" };
            if self.is_near() || namespaces.iter().any(|namespace| self.cluster.has_jina(namespace)) {
                let got = selector.map(View::shown).unwrap_or_default();
                let finding = Code::SelectorMatchesNothing.error(path, "matches no pods").with_severity(severity).got(got);
                self.report.push(self.id, finding.fix("correct the labels, or remove the object"));
            }
            return None;
        }
        Some(found)
    }

    /// Checks a disruption budget. Returns the workloads that it selects, if one of them is of a Flow.
    fn check_budget(&mut self) -> Vec<usize> {
        let view = self.object.view;
        let Some(selected) = self.selected(view.at("spec.selector"), &[self.object.namespace()], usize::MAX, Severity::Error) else {
            return Vec::new();
        };
        if !selected.iter().any(|workload| self.cluster.role(*workload).is_some()) {
            return Vec::new();
        }
        let least = view.text_at("spec.minAvailable");
        let (path, got) = match least {
            "" => ("spec.maxUnavailable", view.text_at("spec.maxUnavailable")),
            _ => ("spec.minAvailable", least),
        };
        // The number of pods is unknown if an autoscaler sets it.
        let pods = selected.iter().try_fold(0_u64, |pods, workload| {
            let object = self.cluster.object_of(*workload);
            let is_scaled = !self.cluster.autoscalers_of(object).is_empty();
            (!is_scaled).then(|| pods.saturating_add(object.view.number_at("spec.replicas").unwrap_or(1)))
        });
        let forbids = if least.is_empty() {
            got.strip_suffix('%').unwrap_or(got).parse() == Ok(0_u64)
        } else {
            required_pods(least, pods).is_some_and(|required| pods.is_none_or(|pods| pods > 0 && required >= pods))
        };
        if forbids {
            let finding = Code::EvictionForbidden.warning(path, "allows no eviction, so nodes cannot be drained").got(got);
            self.report.push(self.id, finding.fix("allow one pod to be unavailable, or run more pods"));
        }
        selected
    }

    /// Reports pods that another budget selects too: the API server then refuses to evict them
    /// (`pkg/registry/core/pod/storage/eviction.go`). `budgets` has the budget of each workload so far.
    fn check_other_budgets(&mut self, selected: &[usize], budgets: &mut HashMap<usize, usize>) {
        let twice = selected.iter().find_map(|workload| Some((*workload, *budgets.get(workload)?)));
        if let Some((workload, other)) = twice.filter(|(_, other)| *other != self.id) {
            let [pods, other] = [self.cluster.object_of(workload), &self.cluster.objects[other]]
                .map(|object| format!("{} `{}`", object.kind(), object.name()));
            let message = format!("selects the pods of the {pods} like the {other}, and Kubernetes evicts no pod with two budgets");
            let finding = Code::EvictionForbidden.warning("spec.selector", message);
            self.report.push(self.id, finding.fix("remove one of the two budgets"));
        }
        for workload in selected {
            budgets.entry(*workload).or_insert(self.id);
        }
    }

    /// The namespaces of a monitor. `None` for all namespaces, which may have any objects.
    fn namespaces(&self) -> Option<Vec<&'o str>> {
        let view = self.object.view;
        if view.text_at("spec.namespaceSelector.any") == "true" {
            return None;
        }
        let named: Vec<&str> = view.list_at("spec.namespaceSelector.matchNames").iter().map(View::text).collect();
        Some(if named.is_empty() { vec![self.object.namespace()] } else { named })
    }

    fn check_service_monitor(&mut self) {
        let (cluster, view) = (self.cluster, self.object.view);
        let (Some(selector), Some(namespaces)) = (view.at("spec.selector"), self.namespaces()) else { return };
        let mut names: HashSet<&str> = HashSet::new();
        let mut is_empty = true;
        for namespace in &namespaces {
            let found = cluster.labelled_services.selected(namespace, Selector::of(selector), usize::MAX, &cluster.work);
            for place in found.members {
                let service = &cluster.services[place];
                let of_service = service.ports().names.keys();
                if found.is_cut || !cluster.work.take(of_service.len()) {
                    return cluster.work.skip(self.id);
                }
                names.extend(of_service);
                is_empty = false;
            }
        }
        if is_empty && (self.is_near() || namespaces.iter().any(|namespace| cluster.has_jina(namespace))) {
            let is_own_namespace = view.list_at("spec.namespaceSelector.matchNames").is_empty();
            let path = if is_own_namespace { "spec.selector" } else { "spec.namespaceSelector" };
            let place = if namespaces == [""] { String::new() } else { format!(" in {}", first_few(namespaces.iter().copied())) };
            let finding = Code::SelectorMatchesNothing.error(path, format!("matches no Service{place}")).got(selector.shown());
            self.report.push(self.id, finding.fix("correct the labels or the namespaces, or remove the object"));
        } else if !is_empty {
            self.check_endpoints("endpoints", &names, "the selected Services");
        }
    }

    fn check_pod_monitor(&mut self) {
        let Some(namespaces) = self.namespaces() else { return };
        let Some(selected) = self.selected(self.object.view.at("spec.selector"), &namespaces, usize::MAX, Severity::Error) else { return };
        // A mesh adds the ports of its sidecar when it injects the sidecar.
        let mut names: HashSet<&str> = HashSet::from(PORT_NAMES);
        for id in &selected {
            for container in &self.cluster.workloads[*id].containers {
                let ports = container.view.list_at("ports");
                if !self.cluster.work.take(1 + ports.len()) {
                    return self.cluster.work.skip(self.id);
                }
                names.extend(ports.iter().map(|port| port.text_at("name")));
            }
        }
        self.check_endpoints("podMetricsEndpoints", &names, "the selected pods");
    }

    fn check_endpoints(&mut self, field: &str, names: &HashSet<&str>, targets: &str) {
        let endpoints = self.object.view.at("spec").map(|spec| spec.list_at(field)).unwrap_or_default();
        for (index, endpoint) in endpoints.iter().enumerate() {
            let port = endpoint.text_at("port");
            if !port.is_empty() && !names.contains(port) {
                let mut known: Vec<&str> = names.iter().copied().filter(|name| !PORT_NAMES.contains(name)).collect();
                known.sort_unstable();
                let path = FieldPath::from("spec").key(field).index(index).key("port");
                let finding = Code::UnknownPort.error(path, format!("is not the name of a port of {targets}")).got(port);
                let known = first_few(known.into_iter());
                let fix = if known.is_empty() { "their ports have no names".to_owned() } else { format!("use one of: {known}") };
                self.report.push(self.id, finding.fix(fix));
                // If one name is wrong, usually all names are wrong.
                if index >= MOST_ENDPOINTS {
                    break;
                }
            }
        }
    }

    fn check_ingress(&mut self) {
        let view = self.object.view;
        let root = Path::root("spec");
        if let Some(service) = view.at("spec.defaultBackend.service") {
            self.check_backend(service, self.object.namespace(), &Path::root("spec.defaultBackend.service"));
        }
        let rules = root.key("rules");
        for (index, rule) in view.list_at("spec.rules").iter().enumerate() {
            let path = rules.index(index);
            let http = path.key("http");
            let paths = http.key("paths");
            for (index, entry) in rule.list_at("http.paths").iter().enumerate() {
                if let Some(service) = entry.at("backend.service") {
                    let path = paths.index(index);
                    self.check_backend(service, self.object.namespace(), &path.key("backend").key("service"));
                }
            }
        }
        self.check_certificates();
    }

    /// Checks that TLS Secrets exist. cert-manager may create a Secret, and an annotation may declare a Secret as external.
    fn check_certificates(&mut self) {
        let view = self.object.view;
        if !self.is_near() || view.map_at("metadata.annotations").keys().any(|key| ISSUERS.contains(&key)) {
            return;
        }
        let own = External::of_annotation(view, &mut Findings::default());
        for (index, certificate) in view.list_at("spec.tls").iter().enumerate() {
            let name = certificate.text_at("secretName");
            let is_declared = self.cluster.external.has("Secret", name) || own.has("Secret", name);
            if !name.is_empty() && !is_declared && self.cluster.find("Secret", self.object.namespace(), name).is_none() {
                let path = FieldPath::from("spec.tls").index(index).key("secretName");
                self.report.push(self.id, self.cluster.missing("Secret", self.object.namespace(), name, path));
            }
        }
    }

    fn check_route(&mut self) {
        let root = Path::root("spec.rules");
        for (index, rule) in self.object.view.list_at("spec.rules").iter().enumerate() {
            let path = root.index(index);
            let backends = path.key("backendRefs");
            for (index, backend) in rule.list_at("backendRefs").iter().enumerate() {
                let namespace = backend.text_at("namespace");
                if ["", "Service"].contains(&backend.text_at("kind")) && backend.text_at("group").is_empty() {
                    let namespace = if namespace.is_empty() { self.object.namespace() } else { namespace };
                    self.check_backend(backend, namespace, &backends.index(index));
                }
            }
        }
    }

    /// Checks the Service that gets requests, and its port by number or name.
    fn check_backend(&mut self, reference: View<'_>, namespace: &str, path: &Path<'_>) {
        let name = reference.text_at("name");
        let Some(service) = self.cluster.service(namespace, name) else {
            if self.is_near() && !self.cluster.external.has("Service", name) {
                let finding = self.cluster.missing("Service", namespace, name, path.key("name"));
                self.report.push(self.id, finding);
            }
            return;
        };
        let ports = self.cluster.objects[service.object].view.list_at("spec.ports");
        for (field, key) in [("port", "port"), ("port.number", "port"), ("port.name", "name")] {
            let port = reference.text_at(field);
            let is_known = if key == "name" { service.ports().names.has(port) } else { service.ports().has(port) };
            if !port.is_empty() && !is_known {
                let path = FieldPath::from(path).join(FieldPath::from(field).steps());
                let finding = Code::UnknownPort.error(path, format!("is not a port of Service/{name}")).got(port);
                let known = first_few(ports.iter().map(|known| known.text_at(key)));
                self.report.push(self.id, finding.fix(format!("use one of: {known}")));
            }
        }
    }

    /// Checks the pods of a policy. Its peers may be anywhere, so peers that match nothing are not reported.
    fn check_policy(&mut self) {
        self.selected(self.object.view.at("spec.podSelector"), &[self.object.namespace()], 1, Severity::Warning);
    }
}

/// The number of pods that must stay available; `None` if the result depends on an unknown number of pods. A percentage is
/// rounded up (`getExpectedPodCount`, kubernetes/kubernetes, `pkg/controller/disruption`).
fn required_pods(least: &str, pods: Option<u64>) -> Option<u64> {
    let Some(share) = least.strip_suffix('%') else { return least.parse().ok().filter(|_| pods.is_some()) };
    let share: u64 = share.parse().ok()?;
    match pods {
        Some(pods) => Some(share.saturating_mul(pods).div_ceil(100)),
        None => (share >= 100).then_some(u64::MAX),
    }
}
