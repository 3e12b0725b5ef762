//! `v1 ConfigMap`: the environment of a component's containers.

use serde_json::{Map, Value};

use super::{Target, metadata, object};
use crate::plan::Component;

/// The name of a component's `ConfigMap`.
pub fn name(component: &str) -> String {
    format!("{component}-configmap")
}

/// Jina's two variables and the component's own over them.
pub fn config_map(component: &Component, target: &Target<'_>) -> Value {
    let mut data = Map::new();
    data.insert("pythonunbuffered".to_owned(), "1".into());
    data.insert("worker_class".to_owned(), "uvicorn.workers.UvicornH11Worker".into());
    for (name, value) in &component.env {
        data.insert(name.clone(), value.as_str().into());
    }
    object([
        ("apiVersion", "v1".into()),
        ("kind", "ConfigMap".into()),
        ("metadata", metadata(&name(&component.name), target)),
        ("data", data.into()),
    ])
}
