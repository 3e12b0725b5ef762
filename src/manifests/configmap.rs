//! `v1 ConfigMap`: the environment of a component's containers.

use super::fingerprint::{BASIS, hashed, mixed};
use super::labels::metadata;
use super::{Target, object};
use crate::plan::{CONFIG_FILE, Component};
use crate::yaml::{Data, Node};

/// The name of a component's `ConfigMap`.
pub fn name(component: &str) -> String {
    format!("{component}-configmap")
}

/// The name of the `ConfigMap` with a component's inline configuration.
pub fn config_name(component: &str) -> String {
    format!("{component}-config")
}

/// An inline configuration, under the name of the file that it becomes.
pub fn config_file<'c>(component: &'c Component, config: &'c str, target: &Target<'c>) -> Node<'c> {
    let name = CONFIG_FILE.rsplit('/').next().unwrap_or(CONFIG_FILE);
    object([
        ("apiVersion", "v1".into()),
        ("kind", "ConfigMap".into()),
        ("metadata", metadata(config_name(&component.name), component, target)),
        ("data", object([(name, config.into())])),
    ])
}

/// What a component's ConfigMaps hold, in 64 bits: pods read them when they start.
pub fn fingerprint(component: &Component) -> String {
    let texts = component.env.iter().flat_map(|(name, value)| [name, value]).chain(&component.config);
    let hash = texts.fold(BASIS, |state, text| hashed(hashed(state, text.as_bytes()), &[0]));
    format!("{:016x}", mixed(hash))
}

/// Jina's two variables and the component's own over them.
pub fn config_map<'c>(component: &'c Component, target: &Target<'c>) -> Node<'c> {
    const JINAS: [(&str, &str); 2] = [("pythonunbuffered", "1"), ("worker_class", "uvicorn.workers.UvicornH11Worker")];
    let own = |name: &str| component.env.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let mut data: Vec<(Node<'c>, Node<'c>)> =
        JINAS.iter().map(|(name, value)| ((*name).into(), own(name).unwrap_or(value).into())).collect();
    let others = component.env.iter().filter(|(name, _)| JINAS.iter().all(|(known, _)| known != name));
    data.extend(others.map(|(name, value)| (name.as_str().into(), value.as_str().into())));
    object([
        ("apiVersion", "v1".into()),
        ("kind", "ConfigMap".into()),
        ("metadata", metadata(name(&component.name), component, target)),
        ("data", Data::Map(data).into()),
    ])
}
