//! ConfigMaps, Secrets and whatever else pods name.

use std::collections::HashSet;

use super::Report;
use super::cluster::Cluster;
use super::external::{External, Near};
use super::fields::{list, text};
use super::object::{Object, few};
use super::pod::Workload;
use super::proxies::injected;
use crate::finding::{Finding, Severity, nearest};
use crate::yaml::Node;

/// What is in every namespace without anybody's doing, or by that of a mesh or a platform.
const ALWAYS: [(&str, &str); 5] = [
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
    ("ConfigMap", "istio-ca-root-cert"),
    ("ConfigMap", "istio-ca-crl"),
    ("ServiceAccount", "default"),
];

/// How a volume names what it holds.
const VOLUMES: [(&str, &str, &str); 4] = [
    ("ConfigMap", "configMap", "name"),
    ("Secret", "secret", "secretName"),
    ("Secret", "secret", "name"),
    ("PersistentVolumeClaim", "persistentVolumeClaim", "claimName"),
];

/// How variables name where they come from.
const VARIABLES: [(&str, &str, &str); 4] = [
    ("ConfigMap", "configMapRef", "name"),
    ("Secret", "secretRef", "name"),
    ("ConfigMap", "configMapKeyRef", "name"),
    ("Secret", "secretKeyRef", "name"),
];

/// Names in variables and volumes, claims, accounts.
pub fn references(cluster: &Cluster<'_>, report: &mut Report) {
    for (object, wrong) in &cluster.wrong_annotations {
        report.findings[*object].extend(wrong.iter().cloned());
    }
    for (id, workload) in cluster.workloads.iter().enumerate() {
        let object = &cluster.objects[workload.object];
        let is_strict = workload.main().is_some() || report.strangers.contains_key(&id);
        let mut reader = Reader { cluster, workload, object, own: &cluster.own_external[id], is_strict, report };
        reader.volumes();
        reader.containers();
        let brought: HashSet<&str> = injected(workload.template).split('"').collect();
        for (index, secret) in list(workload.spec, "imagePullSecrets").iter().enumerate() {
            let path = format!("{}.imagePullSecrets[{index}].name", workload.path);
            if brought.contains(text(secret, "name")) {
                continue;
            }
            reader.is_there("Secret", text(secret, "name"), &path, Severity::Warning);
        }
        let path = format!("{}.serviceAccountName", workload.path);
        reader.is_there("ServiceAccount", text(workload.spec, "serviceAccountName"), &path, Severity::Warning);
    }
}

struct Reader<'c, 'o> {
    cluster: &'c Cluster<'o>,
    workload: &'c Workload<'o>,
    object: &'c Object<'o>,
    own: &'c External,
    /// Whether it belongs to a Flow. What others name may come from elsewhere: an operator, a job, another repository.
    is_strict: bool,
    report: &'c mut Report,
}

impl Reader<'_, '_> {
    /// Follows what a source names, by whichever of its fields.
    fn follow(&mut self, source: &Node<'_>, rows: &[(&str, &str, &str)], path: &str) {
        for (kind, form, field) in rows {
            let Some(reference) = source.get(form) else { continue };
            let (name, path) = (text(reference, field), format!("{path}.{form}"));
            if text(reference, "optional") == "true" || !self.is_there(kind, name, &format!("{path}.{field}"), Severity::Error) {
                continue;
            }
            self.key(kind, name, text(reference, "key"), &format!("{path}.key"));
            for (index, item) in list(reference, "items").iter().enumerate() {
                self.key(kind, name, text(item, "key"), &format!("{path}.items[{index}].key"));
            }
        }
    }

    /// Looks for a key. What makes a Secret does not say with which keys.
    fn key(&mut self, kind: &str, name: &str, key: &str, path: &str) {
        let Some(data) = self.cluster.data(kind, self.object.namespace, name) else { return };
        if key.is_empty() || data.contains_key(key) {
            return;
        }
        let finding = Finding::error(path.to_owned(), format!("is no key of {kind}/{name}")).got(key);
        let mut known: Vec<&str> = if self.cluster.may_propose() { data.keys().copied().collect() } else { Vec::new() };
        known.sort_unstable();
        self.report.push(self.workload.object, proposing(finding, key, &known, "add it there, or correct the key"));
    }

    /// Whether a name leads somewhere; where there is none, nowhere is fine.
    fn is_there(&mut self, kind: &str, name: &str, path: &str, severity: Severity) -> bool {
        let cluster = self.cluster;
        if name.is_empty() || cluster.find(kind, self.object.namespace, name).is_some() {
            return !name.is_empty();
        }
        let is_declared = ALWAYS.contains(&(kind, name)) || cluster.external.has(kind, name) || self.own.has(kind, name);
        // Of others only what a rename has left behind is told.
        let is_left_behind = || cluster.near(kind, self.object.namespace, name).is_some_and(|Near { is_renamed, .. }| is_renamed);
        if !is_declared && (self.is_strict || is_left_behind()) {
            let finding = cluster.missing(kind, self.object.namespace, name, path.to_owned());
            self.report.push(self.workload.object, finding.with_severity(severity));
        }
        false
    }

    fn volumes(&mut self) {
        for (index, volume) in list(self.workload.spec, "volumes").iter().enumerate() {
            let path = format!("{}.volumes[{index}]", self.workload.path);
            self.follow(volume, &VOLUMES, &path);
            for (index, source) in list(volume, "projected.sources").iter().enumerate() {
                self.follow(source, &VOLUMES, &format!("{path}.projected.sources[{index}]"));
            }
        }
    }

    fn containers(&mut self) {
        let volumes = list(self.workload.spec, "volumes").iter().map(|volume| text(volume, "name"));
        let claims = list(self.object.node, "spec.volumeClaimTemplates").iter().map(|claim| text(claim, "metadata.name"));
        let volumes: Vec<&str> = volumes.chain(claims).collect();
        let known: HashSet<&str> = volumes.iter().copied().collect();
        for container in &self.workload.containers {
            let (node, path) = (container.node, &container.path);
            for (index, mount) in list(node, "volumeMounts").iter().enumerate() {
                let name = text(mount, "name");
                if self.is_strict && !known.contains(name) {
                    let finding = Finding::error(format!("{path}.volumeMounts[{index}].name"), "is no volume of the pod").got(name);
                    let candidates = if self.cluster.may_propose() { volumes.as_slice() } else { &[] };
                    self.report.push(self.workload.object, proposing(finding, name, candidates, "add the volume, or remove the mount"));
                }
            }
            // Whoever injects a mesh's sidecar brings along what it names.
            if container.proxy.is_some() {
                continue;
            }
            for (index, source) in list(node, "envFrom").iter().enumerate() {
                self.follow(source, &VARIABLES, &format!("{path}.envFrom[{index}]"));
            }
            for (index, entry) in list(node, "env").iter().enumerate() {
                if let Some(source) = entry.get("valueFrom") {
                    self.follow(source, &VARIABLES, &format!("{path}.env[{index}].valueFrom"));
                }
            }
        }
    }
}

/// Proposes what is near, or names a few that are there.
fn proposing(finding: Finding, wrong: &str, known: &[&str], otherwise: &str) -> Finding {
    match nearest(wrong, known.iter().copied()) {
        Some(near) => finding.propose(near),
        None if known.is_empty() => finding.fix(otherwise),
        None => finding.fix(format!("use one of: {}", few(known.iter().copied()))),
    }
}
