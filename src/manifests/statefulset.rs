//! `apps/v1 StatefulSet`: executors with storage.

use super::deployment::replicas;
use super::{Target, object, pod, selector, texts};
use crate::config::corrections::Correction;
use crate::plan::{Component, Storage};
use crate::yaml::Node;

/// The name of a component's volume and claim template, for the volume at `place` (from 0).
pub fn volume_name(component: &str, place: usize) -> String {
    if place == 0 { format!("{component}-volume") } else { format!("{component}-volume-{place}") }
}

/// The `StatefulSet` of a component.
pub fn stateful_set<'c>(component: &'c Component, storage: &'c Storage, target: &Target<'c>) -> Node<'c> {
    let mut spec = replicas(component);
    if target.corrections.has(Correction::StatefulSetFields) {
        spec.set("serviceName", component.name.as_str().into());
        spec.set("updateStrategy", object([("type", "RollingUpdate".into())]));
    } else {
        spec.set("strategy", super::deployment::rolling_update(component));
    }
    spec.set("selector", object([("matchLabels", selector(&component.name, target))]));
    spec.set("template", pod::template(component, target));
    if storage.existing.is_none() {
        let claims: Vec<Node<'c>> = (0..storage.mount_paths.len()).map(|place| claim(component, storage, place)).collect();
        spec.set("volumeClaimTemplates", claims.into());
    }
    object([
        ("apiVersion", "apps/v1".into()),
        ("kind", "StatefulSet".into()),
        ("metadata", pod::workload_metadata(component, target)),
        ("spec", spec),
    ])
}

fn claim<'c>(component: &'c Component, storage: &'c Storage, place: usize) -> Node<'c> {
    let mut spec = object([("accessModes", texts(&storage.access_modes))]);
    if let Some(class) = &storage.class {
        spec.set("storageClassName", class.as_str().into());
    }
    spec.set("resources", object([("requests", object([("storage", storage.size.as_str().into())]))]));
    object([("metadata", object([("name", volume_name(&component.name, place).into())])), ("spec", spec)])
}
