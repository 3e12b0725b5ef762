//! References of pods to ConfigMaps, Secrets, claims, service accounts and volumes.

use std::collections::HashSet;

use super::cluster::Cluster;
use super::external::{External, Near};
use super::object::{SeenObject, first_few};
use super::pod::SeenWorkload;
use super::proxies::injected;
use super::report::Report;
use crate::finding::{Code, Finding, Path, Severity, nearest};
use crate::yaml::View;

/// Objects that Kubernetes, a mesh or a platform creates in every namespace.
const ALWAYS: [(&str, &str); 5] = [
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
    ("ConfigMap", "istio-ca-root-cert"),
    ("ConfigMap", "istio-ca-crl"),
    ("ServiceAccount", "default"),
];

/// A field that refers to an object.
struct Reference {
    kind: &'static str,
    field: &'static str,
    /// The field in the reference that has the name of the object.
    name: &'static str,
}

/// The references of a volume.
const OF_VOLUME: [Reference; 4] = [
    Reference { kind: "ConfigMap", field: "configMap", name: "name" },
    Reference { kind: "Secret", field: "secret", name: "secretName" },
    Reference { kind: "Secret", field: "secret", name: "name" },
    Reference { kind: "PersistentVolumeClaim", field: "persistentVolumeClaim", name: "claimName" },
];

/// The references of variables.
const OF_VARIABLE: [Reference; 4] = [
    Reference { kind: "ConfigMap", field: "configMapRef", name: "name" },
    Reference { kind: "Secret", field: "secretRef", name: "name" },
    Reference { kind: "ConfigMap", field: "configMapKeyRef", name: "name" },
    Reference { kind: "Secret", field: "secretKeyRef", name: "name" },
];

/// Checks the references of all pods.
pub fn references(cluster: &Cluster<'_>, report: &mut Report) {
    for (object, findings) in &cluster.annotation_findings {
        for finding in findings {
            report.push(*object, finding.clone());
        }
    }
    for (id, workload) in cluster.workloads.iter().enumerate() {
        let object = &cluster.objects[workload.object];
        let is_strict = workload.main().is_some() || report.strangers.contains_key(&id);
        let mut pods = Pods { cluster, workload, object, own: &cluster.own_external[id], is_strict, report };
        pods.check_volumes();
        pods.check_containers();
        let root = Path::root(workload.path);
        let secrets = root.key("imagePullSecrets");
        let injected: HashSet<&str> = injected(workload.template).split('"').collect();
        for (index, secret) in workload.spec.list_at("imagePullSecrets").iter().enumerate() {
            if !injected.contains(secret.text_at("name")) {
                pods.exists("Secret", secret.text_at("name"), &secrets.index(index).key("name"), Severity::Warning);
            }
        }
        let account = workload.spec.text_at("serviceAccountName");
        // Kubernetes creates no pod without its service account. Without a pull secret, it pulls images all the same.
        pods.exists("ServiceAccount", account, &root.key("serviceAccountName"), Severity::Error);
    }
}

/// The pods of a workload.
struct Pods<'c, 'o> {
    cluster: &'c Cluster<'o>,
    workload: &'c SeenWorkload<'o>,
    object: &'c SeenObject<'o>,
    own: &'c External,
    /// Whether the pods belong to a Flow. Objects of other pods may come from an operator, a job or another repository.
    is_strict: bool,
    report: &'c mut Report,
}

impl Pods<'_, '_> {
    /// Checks the references of a source, and the keys that the source uses.
    fn check(&mut self, source: View<'_>, references: &[Reference], path: &Path<'_>) {
        for Reference { kind, field, name } in references {
            let Some(reference) = source.get(field) else { continue };
            let path = path.key(field);
            let object = reference.text_at(name);
            if reference.text_at("optional") == "true" || !self.exists(kind, object, &path.key(name), Severity::Error) {
                continue;
            }
            self.check_key(kind, object, reference.text_at("key"), &path.key("key"));
            let items = path.key("items");
            for (index, item) in reference.list_at("items").iter().enumerate() {
                self.check_key(kind, object, item.text_at("key"), &items.index(index).key("key"));
            }
        }
    }

    /// Checks a key. An object that creates a Secret does not list its keys.
    fn check_key(&mut self, kind: &str, name: &str, key: &str, path: &Path<'_>) {
        if key.is_empty() {
            return;
        }
        let Some(data) = self.cluster.data(kind, self.object.namespace(), name) else { return };
        if data.contains_key(key) {
            return;
        }
        let finding = Code::ReferenceNotFound.error(path, format!("is not a key of {kind}/{name}")).got(key);
        let mut known: Vec<&str> = if self.cluster.may_propose() { data.keys().copied().collect() } else { Vec::new() };
        known.sort_unstable();
        self.report.push(self.workload.object, proposing(finding, key, &known, "add the key there, or correct it"));
    }

    /// Whether an object exists. Reports an object that does not exist. An empty name refers to no object.
    fn exists(&mut self, kind: &str, name: &str, path: &Path<'_>, severity: Severity) -> bool {
        let (cluster, namespace) = (self.cluster, self.object.namespace());
        if name.is_empty() || cluster.find(kind, namespace, name).is_some() {
            return !name.is_empty();
        }
        let is_declared = ALWAYS.contains(&(kind, name)) || cluster.external.has(kind, name) || self.own.has(kind, name);
        // For pods outside a Flow, only names that a rename has left behind are reported.
        let is_left_behind = || cluster.near(kind, namespace, name).is_some_and(|Near { is_renamed, .. }| is_renamed);
        if !is_declared && (self.is_strict || is_left_behind()) {
            let finding = cluster.missing(kind, namespace, name, path);
            self.report.push(self.workload.object, finding.with_severity(severity));
        }
        false
    }

    fn check_volumes(&mut self) {
        let root = Path::root(self.workload.path);
        let volumes = root.key("volumes");
        for (index, volume) in self.workload.spec.list_at("volumes").iter().enumerate() {
            let path = volumes.index(index);
            self.check(volume, &OF_VOLUME, &path);
            let projected = path.key("projected");
            let sources = projected.key("sources");
            for (index, source) in volume.list_at("projected.sources").iter().enumerate() {
                self.check(source, &OF_VOLUME, &sources.index(index));
            }
        }
    }

    fn check_containers(&mut self) {
        let volumes = self.workload.spec.list_at("volumes").iter().map(|volume| volume.text_at("name"));
        let claims = self.object.view.list_at("spec.volumeClaimTemplates").iter().map(|claim| claim.text_at("metadata.name"));
        let volumes: Vec<&str> = volumes.chain(claims).collect();
        let known: HashSet<&str> = volumes.iter().copied().collect();
        for container in &self.workload.containers {
            let (view, path) = (container.view, Path::from(&container.path));
            let mounts = path.key("volumeMounts");
            for (index, mount) in view.list_at("volumeMounts").iter().enumerate() {
                let name = mount.text_at("name");
                if self.is_strict && !known.contains(name) {
                    let finding = Code::ReferenceNotFound.error(mounts.index(index).key("name"), "is not a volume of the pod").got(name);
                    let candidates = if self.cluster.may_propose() { volumes.as_slice() } else { &[] };
                    self.report.push(self.workload.object, proposing(finding, name, candidates, "add the volume, or remove the mount"));
                }
            }
            // The injector of a sidecar also creates the objects that the sidecar refers to.
            if container.proxy.is_some() {
                continue;
            }
            let sources = path.key("envFrom");
            for (index, source) in view.list_at("envFrom").iter().enumerate() {
                self.check(source, &OF_VARIABLE, &sources.index(index));
            }
            let env = path.key("env");
            for (index, entry) in view.list_at("env").iter().enumerate() {
                if let Some(source) = entry.get("valueFrom") {
                    self.check(source, &OF_VARIABLE, &env.index(index).key("valueFrom"));
                }
            }
        }
    }
}

/// Proposes a similar name. If no name is similar, lists a few known names.
fn proposing(finding: Finding, wrong: &str, known: &[&str], otherwise: &str) -> Finding {
    match nearest(wrong, known.iter().copied()) {
        Some(near) => finding.propose(near),
        None if known.is_empty() => finding.fix(otherwise),
        None => finding.fix(format!("use one of: {}", first_few(known.iter().copied()))),
    }
}
