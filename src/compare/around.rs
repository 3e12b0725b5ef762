//! The objects around the pods: which component each belongs to, and in which fields two of them differ.

use std::collections::HashMap;

use super::carried_out;
use super::fields::{Difference, differences, is_within};
use super::line::{Line, Topic};
use super::live;
use super::renames::Renames;
use crate::check::{Cluster, SeenObject};
use crate::facts::{Place, containers};
use crate::yaml::View;

/// Fields that the server or tools own, and that say nothing about a change.
const IGNORED: [&str; 17] = [
    "status",
    "apiVersion",
    "metadata.name",
    "metadata.namespace",
    "metadata.resourceVersion",
    "metadata.uid",
    "metadata.generation",
    "metadata.creationTimestamp",
    "metadata.managedFields",
    "metadata.selfLink",
    "metadata.ownerReferences",
    "metadata.finalizers",
    "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
    "metadata.annotations.deployment.kubernetes.io/revision",
    // What jinaflow remembers about its last render. The names of the objects in it change with every rename.
    "metadata.annotations.flow.jina.ai/rendered",
    "metadata.annotations.flow.jina.ai/object",
    // It declares what a check should not look for.
    "metadata.annotations.flow.jina.ai/external",
];

/// The annotations of kpt and kustomize that describe the file of an object.
const OF_FILES: [&str; 2] = ["metadata.annotations.config.kubernetes.io", "metadata.annotations.internal.config.kubernetes.io"];

/// The fields of two objects that differ, without those that no user sets.
pub fn changed_fields<'o>(old: &SeenObject<'o>, new: &SeenObject<'o>, is_live: bool) -> Vec<Difference<'o>> {
    let mut fields = differences("", Some(old.view), Some(new.view));
    fields.retain(|field| !is_ignored(&field.path) && !is_all_ignored(field));
    if is_live {
        live::retain_applied(old, new, "", &mut fields);
    }
    carried_out::retain(old.kind(), old.view, new.view, &mut fields);
    fields
}

/// Whether no user sets a field.
fn is_ignored(path: &str) -> bool {
    IGNORED.iter().any(|known| is_within(path, known)) || OF_FILES.iter().any(|known| path.starts_with(known))
}

/// Whether a field is the annotations of an object that has no others than those that no user sets.
fn is_all_ignored(field: &Difference<'_>) -> bool {
    let mut keys = field.old.or(field.new).and_then(View::as_map).unwrap_or_default().keys();
    field.path == "metadata.annotations" && keys.all(|key| is_ignored(&format!("metadata.annotations.{key}")))
}

/// Lines for fields of an object. The content of a Secret is not shown.
pub fn lines(kind: &str, fields: &[Difference<'_>], renames: &Renames) -> Vec<Line> {
    let mut lines = Vec::new();
    for field in fields {
        let (topic, name) = topic(&field.path);
        // Without changes of names, a list that differs only by a hash is a difference.
        let may_explain = |old: View<'_>, new: View<'_>| !renames.is_empty() || (old.as_text().is_some() && new.as_text().is_some());
        if field.old.zip(field.new).is_some_and(|(old, new)| may_explain(old, new) && renames.explains_value(old, new)) {
            continue;
        }
        let is_secret = kind == "Secret" && topic == Topic::Field && name != "type";
        let shown = |view: Option<View<'_>>| {
            view.map(|view| if is_secret { "(not shown)".to_owned() } else { view.shown() }).filter(|_| !field.is_order)
        };
        let order = if field.is_order { " (order)" } else { "" };
        lines.push(Line::new(topic, format!("{name}{order}"), shown(field.old), shown(field.new)));
    }
    lines
}

fn topic(path: &str) -> (Topic, &str) {
    let starts = [
        ("metadata.labels.", Topic::Label),
        ("metadata.annotations.", Topic::Annotation),
        ("spec.volumeClaimTemplates", Topic::Storage),
        ("spec.persistentVolumeClaimRetentionPolicy", Topic::Storage),
        ("spec.strategy", Topic::Rollout),
        ("spec.updateStrategy", Topic::Rollout),
        ("spec.minReadySeconds", Topic::Rollout),
        ("spec.progressDeadlineSeconds", Topic::Rollout),
    ];
    for (start, topic) in starts {
        if let Some(rest) = path.strip_prefix(start) {
            let is_key = matches!(topic, Topic::Label | Topic::Annotation);
            return (topic, if is_key { rest } else { path.trim_start_matches("spec.") });
        }
    }
    (Topic::Field, path.trim_start_matches("spec."))
}

/// The workloads to which other objects of a side belong.
pub struct Owners<'o> {
    by_labels: HashMap<[&'o str; 4], usize>,
    /// The workloads that refer to an object, by its kind, namespace and name. `None` if several do.
    by_reference: HashMap<(&'static str, &'o str, &'o str), Option<usize>>,
}

impl<'o> Owners<'o> {
    /// The owners of a side.
    pub fn of(cluster: &Cluster<'o>) -> Self {
        let mut owners = Self { by_labels: HashMap::new(), by_reference: HashMap::new() };
        for place in 0..cluster.workloads.len() {
            let workload = Place::of(cluster, place);
            if let Some(labels) = labels(workload.object.view) {
                owners.by_labels.entry(labels).or_insert(place);
            }
            let namespace = workload.object.namespace();
            for (kind, name) in references(workload.workload.spec) {
                let known = owners.by_reference.entry((kind, namespace, name)).or_insert(Some(place));
                if *known != Some(place) {
                    *known = None;
                }
            }
        }
        owners
    }

    /// The only workload to which an object belongs.
    pub fn find(&self, cluster: &Cluster<'o>, id: usize) -> Option<usize> {
        let object = &cluster.objects[id];
        if let Some(owner) = labels(object.view).and_then(|labels| self.by_labels.get(&labels)) {
            return Some(*owner);
        }
        if let Some(service) = cluster.service_at_position(id) {
            let selected = &cluster.services[service].selected;
            return selected.first().copied().filter(|_| selected.len() == 1);
        }
        if let Some(target) = object.view.at("spec.scaleTargetRef") {
            let position = cluster.position(target.text_at("kind"), object.namespace(), target.text_at("name"))?;
            return cluster.workloads.binary_search_by_key(&position, |workload| workload.object).ok();
        }
        let kind = ["ConfigMap", "Secret", "PersistentVolumeClaim", "ServiceAccount"].into_iter().find(|kind| *kind == object.kind())?;
        self.by_reference.get(&(kind, object.namespace(), object.name())).copied().flatten()
    }
}

/// The labels that say which component of which Flow an object is for.
fn labels(object: View<'_>) -> Option<[&str; 4]> {
    let labels = object.at("metadata.labels")?;
    let label = |key: &str| labels.get(key).map(View::text).unwrap_or_default();
    let found = ["flow.jina.ai/flow", "flow.jina.ai/executor", "flow.jina.ai/role", "flow.jina.ai/shard"].map(label);
    (!found[1].is_empty()).then_some(found)
}

/// The objects that a pod refers to.
fn references<'o>(spec: View<'o>) -> Vec<(&'static str, &'o str)> {
    let mut found = Vec::new();
    let mut add = |kind: &'static str, name: &'o str| {
        if !name.is_empty() {
            found.push((kind, name));
        }
    };
    for container in containers(spec) {
        for source in container.list_at("envFrom").iter() {
            add("ConfigMap", source.text_at("configMapRef.name"));
            add("Secret", source.text_at("secretRef.name"));
        }
        for entry in container.list_at("env").iter() {
            add("ConfigMap", entry.text_at("valueFrom.configMapKeyRef.name"));
            add("Secret", entry.text_at("valueFrom.secretKeyRef.name"));
        }
    }
    for volume in spec.list_at("volumes").iter() {
        for source in volume.list_at("projected.sources").iter().chain([volume]) {
            add("ConfigMap", source.text_at("configMap.name"));
            add("Secret", source.text_at("secret.secretName"));
            add("Secret", source.text_at("secret.name"));
        }
        add("PersistentVolumeClaim", volume.text_at("persistentVolumeClaim.claimName"));
    }
    add("ServiceAccount", spec.text_at("serviceAccountName"));
    found
}
