//! ConfigMaps, Secrets and whatever else pods name.

use super::Report;
use super::cluster::{Cluster, Object};
use super::external::External;
use super::pod::Workload;
use crate::finding::{Finding, Severity};
use crate::yaml::Node;

/// What is in every namespace without anybody's doing.
const ALWAYS: [(&str, &str); 2] = [("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")];

/// Names in variables and volumes, claims, accounts.
pub fn references(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        let object = &cluster.objects[workload.object];
        let (own, wrong) = External::of_annotation(object.node);
        report.findings[workload.object].extend(wrong);
        let mut reader = Reader { cluster, workload, object, own, report };
        reader.volumes();
        reader.containers();
        for (index, secret) in entries(workload.spec, "imagePullSecrets").iter().enumerate() {
            reader.lenient("Secret", secret.get("name"), &format!("{}.imagePullSecrets[{index}].name", workload.path));
        }
        reader.lenient("ServiceAccount", workload.spec.get("serviceAccountName"), &format!("{}.serviceAccountName", workload.path));
    }
}

struct Reader<'c, 'o> {
    cluster: &'c Cluster<'o>,
    workload: &'c Workload<'o>,
    object: &'c Object<'o>,
    own: External,
    report: &'c mut Report,
}

fn entries<'n>(node: &'n Node<'n>, field: &str) -> &'n [Node<'n>] {
    node.get(field).and_then(Node::as_list).unwrap_or_default()
}

impl Reader<'_, '_> {
    /// Follows a reference, `name` in the field `field`, and the keys that are asked for.
    fn follow(&mut self, kind: &str, reference: &Node<'_>, field: &str, path: &str) {
        let Some(name) = reference.get(field).and_then(Node::as_text).filter(|name| !name.is_empty()) else { return };
        if reference.get("optional").and_then(Node::as_text) == Some("true") {
            return;
        }
        if !self.is_there(kind, name, format!("{path}.{field}"), Severity::Error) {
            return;
        }
        let keys = reference.get("key").map(|key| (key, format!("{path}.key")));
        let items = entries(reference, "items").iter().enumerate();
        let items = items.filter_map(|(index, item)| Some((item.get("key")?, format!("{path}.items[{index}].key"))));
        // What makes a Secret does not say with which keys.
        let Some(found) = self.cluster.find(kind, self.object.namespace, name).filter(|found| found.kind == kind) else { return };
        let fields = ["data", "stringData", "binaryData"].map(|field| found.node.get(field));
        for (key, path) in keys.into_iter().chain(items) {
            let Some(text) = key.as_text().filter(|key| !fields.iter().flatten().any(|data| data.get(key).is_some())) else { continue };
            let finding = Finding::error(path, format!("is no key of {kind}/{name}")).got(text);
            let known = fields.iter().flatten().filter_map(|data| data.as_map()).flatten().filter_map(|(key, _)| key.as_text());
            self.report.push(self.workload.object, finding.suggest(text, known));
        }
    }

    /// What may well have been made by hand.
    fn lenient(&mut self, kind: &str, name: Option<&Node<'_>>, path: &str) {
        if let Some(name) = name.and_then(Node::as_text).filter(|name| !name.is_empty()) {
            self.is_there(kind, name, path.to_owned(), Severity::Warning);
        }
    }

    fn is_there(&mut self, kind: &str, name: &str, path: String, severity: Severity) -> bool {
        let cluster = self.cluster;
        if cluster.find(kind, self.object.namespace, name).is_some() {
            return true;
        }
        let is_known = ALWAYS.contains(&(kind, name)) || cluster.external.has(kind, name) || self.own.has(kind, name);
        if !is_known {
            self.report.push(self.workload.object, cluster.missing(kind, self.object.namespace, name, path).with_severity(severity));
        }
        false
    }

    fn volumes(&mut self) {
        for (index, volume) in entries(self.workload.spec, "volumes").iter().enumerate() {
            let path = format!("{}.volumes[{index}]", self.workload.path);
            let sources = entries(volume.get("projected").unwrap_or(volume), "sources").iter().enumerate();
            let projected = sources.map(|(source, node)| (node, format!("{path}.projected.sources[{source}]"), "name"));
            let all: Vec<_> = std::iter::once((volume, path.clone(), "secretName")).chain(projected).collect();
            for (node, path, secret) in all {
                for (kind, source, field) in [
                    ("ConfigMap", "configMap", "name"),
                    ("Secret", "secret", secret),
                    ("PersistentVolumeClaim", "persistentVolumeClaim", "claimName"),
                ] {
                    if let Some(reference) = node.get(source) {
                        self.follow(kind, reference, field, &format!("{path}.{source}"));
                    }
                }
            }
        }
    }

    fn containers(&mut self) {
        let name = |node: &Node<'_>| node.get("name").map(Node::shown);
        let claims = self.object.spec("volumeClaimTemplates").and_then(Node::as_list).unwrap_or_default();
        let claims = claims.iter().filter_map(|claim| name(claim.get("metadata")?));
        let volumes: Vec<String> = entries(self.workload.spec, "volumes").iter().filter_map(name).chain(claims).collect();
        for container in &self.workload.containers {
            let (node, path) = (container.node, &container.path);
            for (index, mount) in entries(node, "volumeMounts").iter().enumerate() {
                if let Some(name) = name(mount).filter(|name| !volumes.contains(name)) {
                    let finding = Finding::error(format!("{path}.volumeMounts[{index}].name"), "is no volume of the pod").got(&name);
                    self.report.push(self.workload.object, finding.suggest(&name, volumes.iter().map(String::as_str)));
                }
            }
            for (index, source) in entries(node, "envFrom").iter().enumerate() {
                for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
                    if let Some(reference) = source.get(field) {
                        self.follow(kind, reference, "name", &format!("{path}.envFrom[{index}].{field}"));
                    }
                }
            }
            for (index, from) in entries(node, "env").iter().enumerate().filter_map(|(index, entry)| Some((index, entry.get("valueFrom")?)))
            {
                for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
                    if let Some(reference) = from.get(field) {
                        self.follow(kind, reference, "name", &format!("{path}.env[{index}].valueFrom.{field}"));
                    }
                }
            }
        }
    }
}
