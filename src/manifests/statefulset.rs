//! `apps/v1 StatefulSet`: executors with storage.

use serde_json::{Value, json};

use super::{Target, metadata, pod, set};
use crate::config::corrections::Correction;
use crate::plan::{Component, Storage};

/// The name of a component's volume and claim template.
pub fn volume_name(component: &str) -> String {
    format!("{component}-volume")
}

/// The StatefulSet of a component.
pub fn stateful_set(component: &Component, storage: &Storage, target: &Target<'_>) -> Value {
    let mut spec = json!({ "replicas": component.replicas });
    if target.corrections.has(Correction::StatefulSetFields) {
        set(&mut spec, "serviceName", component.name.as_str().into());
        set(&mut spec, "updateStrategy", json!({ "type": "RollingUpdate" }));
    } else {
        set(&mut spec, "strategy", super::deployment::rolling_update());
    }
    set(&mut spec, "selector", json!({ "matchLabels": { "app": component.name } }));
    set(&mut spec, "template", pod::template(component, target));
    set(&mut spec, "volumeClaimTemplates", json!([claim(component, storage)]));
    json!({
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(&component.name, target),
        "spec": spec,
    })
}

fn claim(component: &Component, storage: &Storage) -> Value {
    let mut spec = json!({ "accessModes": storage.access_modes });
    if let Some(class) = &storage.class {
        set(&mut spec, "storageClassName", class.as_str().into());
    }
    set(&mut spec, "resources", json!({ "requests": { "storage": storage.size } }));
    json!({ "metadata": { "name": volume_name(&component.name) }, "spec": spec })
}
