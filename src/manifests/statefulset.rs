//! `apps/v1 StatefulSet`: executors with storage.

use serde_json::{Value, json};

use super::{Target, app, metadata, object, pod, set};
use crate::config::corrections::Correction;
use crate::plan::{Component, Storage};

/// The name of a component's volume and claim template.
pub fn volume_name(component: &str) -> String {
    format!("{component}-volume")
}

/// The `StatefulSet` of a component.
pub fn stateful_set(component: &Component, storage: &Storage, target: &Target<'_>) -> Value {
    let mut spec = object([("replicas", component.replicas.into())]);
    if target.corrections.has(Correction::StatefulSetFields) {
        set(&mut spec, "serviceName", component.name.as_str().into());
        set(&mut spec, "updateStrategy", json!({ "type": "RollingUpdate" }));
    } else {
        set(&mut spec, "strategy", super::deployment::rolling_update());
    }
    set(&mut spec, "selector", object([("matchLabels", app(&component.name))]));
    set(&mut spec, "template", pod::template(component, target));
    set(&mut spec, "volumeClaimTemplates", vec![claim(component, storage)].into());
    object([
        ("apiVersion", "apps/v1".into()),
        ("kind", "StatefulSet".into()),
        ("metadata", metadata(&component.name, target)),
        ("spec", spec),
    ])
}

fn claim(component: &Component, storage: &Storage) -> Value {
    let mut spec = json!({ "accessModes": storage.access_modes });
    if let Some(class) = &storage.class {
        set(&mut spec, "storageClassName", class.as_str().into());
    }
    set(&mut spec, "resources", json!({ "requests": { "storage": storage.size } }));
    object([("metadata", object([("name", volume_name(&component.name).into())])), ("spec", spec)])
}
