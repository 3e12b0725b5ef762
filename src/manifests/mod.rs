//! Components → Kubernetes objects, one file per kind or concern.
//!
//! Pure: everything is in the plan. Objects are plain JSON values, keys in the order in which people write them.

mod configmap;
mod container;
mod deployment;
mod pod;
mod probe;
mod service;
mod servicemonitor;
mod statefulset;
mod wiring;

use serde_json::{Map, Value};

use crate::config::corrections::Corrections;
use crate::plan::Component;

/// Where the objects go and how they differ from Jina's.
#[derive(Debug, Clone, Copy)]
pub struct Target<'t> {
    /// `metadata.namespace` of every object.
    pub namespace: Option<&'t str>,
    /// The deliberate differences that apply.
    pub corrections: Corrections,
}

/// An object, and what it is within its component.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Its role: its kind, with a number for the second and later Services.
    pub role: String,
    /// The object itself.
    pub value: Value,
}

/// The objects of one component, in the order in which Jina writes them into one file.
#[must_use]
pub fn objects(component: &Component, target: &Target<'_>) -> Vec<Object> {
    let new = |role: &str, value| Object { role: role.to_owned(), value };
    let mut objects = vec![new("ConfigMap", configmap::config_map(component, target))];
    for (place, service) in service::services(component, target).into_iter().enumerate() {
        let role = if place == 0 { "Service".to_owned() } else { format!("Service.{place}") };
        objects.push(Object { role, value: service });
    }
    objects.push(match &component.storage {
        None => new("Deployment", deployment::deployment(component, target)),
        Some(storage) => new("StatefulSet", statefulset::stateful_set(component, storage, target)),
    });
    if component.monitoring {
        objects.push(new("ServiceMonitor", servicemonitor::service_monitor(component, target)));
    }
    objects
}

/// An object of these fields, which are moved; `json!` would copy every value that is not a literal.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let mut map = Map::with_capacity(N);
    for (name, value) in fields {
        map.insert(name.to_owned(), value);
    }
    Value::Object(map)
}

/// `metadata` with a name and, where there is one, the namespace.
fn metadata(name: &str, target: &Target<'_>) -> Value {
    let mut metadata = object([("name", name.into())]);
    if let Some(namespace) = target.namespace {
        set(&mut metadata, "namespace", namespace.into());
    }
    metadata
}

/// `matchLabels` or `selector` of a component's pods.
fn app(component: &str) -> Value {
    object([("app", component.into())])
}

/// Adds a field that is left out when there is nothing to say.
fn set(object: &mut Value, field: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(field.to_owned(), value);
    }
}
