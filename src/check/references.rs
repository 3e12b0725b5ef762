//! ConfigMaps, Secrets and whatever else pods name.

use super::Report;
use super::cluster::{Cluster, Object};
use super::external::External;
use super::fields::{list, pairs, plain, text};
use super::pod::Workload;
use crate::finding::{Finding, Severity};
use crate::yaml::Node;

/// What is in every namespace without anybody's doing.
const ALWAYS: [(&str, &str); 2] = [("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")];

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
    for workload in &cluster.workloads {
        let object = &cluster.objects[workload.object];
        let own = External::of_annotation(object.node, &mut report.findings[workload.object]);
        let mut reader = Reader { cluster, workload, object, own, report };
        reader.volumes();
        reader.containers();
        for (index, secret) in list(workload.spec, "imagePullSecrets").iter().enumerate() {
            let path = format!("{}.imagePullSecrets[{index}].name", workload.path);
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
    own: External,
    report: &'c mut Report,
}

impl Reader<'_, '_> {
    /// Follows what a source names, by whichever of its fields.
    #[inline(never)]
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
        let Some(found) = self.cluster.find(kind, self.object.namespace, name).filter(|found| found.kind == kind) else { return };
        let mut known: Vec<&str> = Vec::new();
        for field in ["data", "stringData", "binaryData"] {
            known.extend(pairs(found.node, field).iter().map(|(key, _)| plain(key)));
        }
        if !key.is_empty() && !known.contains(&key) {
            let finding = Finding::error(path, format!("is no key of {kind}/{name}")).got(key);
            self.report.push(self.workload.object, finding.suggest(key, known.iter().copied()));
        }
    }

    /// Whether a name leads somewhere; where there is none, nowhere is fine.
    #[inline(never)]
    fn is_there(&mut self, kind: &str, name: &str, path: &str, severity: Severity) -> bool {
        let cluster = self.cluster;
        if name.is_empty() || cluster.find(kind, self.object.namespace, name).is_some() {
            return !name.is_empty();
        }
        if !ALWAYS.contains(&(kind, name)) && !cluster.external.has(kind, name) && !self.own.has(kind, name) {
            let finding = cluster.missing(kind, self.object.namespace, name, format_args!("{path}"));
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
        let mut volumes: Vec<&str> = Vec::new();
        volumes.extend(list(self.workload.spec, "volumes").iter().map(|volume| text(volume, "name")));
        volumes.extend(list(self.object.node, "spec.volumeClaimTemplates").iter().map(|claim| text(claim, "metadata.name")));
        for container in &self.workload.containers {
            let (node, path) = (container.node, &container.path);
            for (index, mount) in list(node, "volumeMounts").iter().enumerate() {
                let name = text(mount, "name");
                if !volumes.contains(&name) {
                    let finding = Finding::error(format_args!("{path}.volumeMounts[{index}].name"), "is no volume of the pod").got(name);
                    self.report.push(self.workload.object, finding.suggest(name, volumes.iter().copied()));
                }
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
