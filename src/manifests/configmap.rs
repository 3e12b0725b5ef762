//! `v1 ConfigMap`: the environment of a component's containers, and an inline configuration.

use super::fingerprint::{BASIS, hashed, mixed};
use super::maker::Maker;
use super::nodes::mapping;
use crate::config::corrections::Correction;
use crate::plan::{CONFIG_FILE, Component};
use crate::yaml::{Data, Node};

/// The variables that Jina sets in every ConfigMap.
const JINA_VARIABLES: [(&str, &str); 2] = [("pythonunbuffered", "1"), ("worker_class", "uvicorn.workers.UvicornH11Worker")];

/// The variables of every ConfigMap. Without this one, Python holds back what executors print
/// (<https://docs.python.org/3/using/cmdline.html#envvar-PYTHONUNBUFFERED>).
const VARIABLES: [(&str, &str); 1] = [("PYTHONUNBUFFERED", "1")];

/// The name of the ConfigMap with a component's environment.
pub fn name(component: &str) -> String {
    format!("{component}-configmap")
}

/// The name of the ConfigMap with a component's inline configuration.
pub fn config_name(component: &str) -> String {
    format!("{component}-config")
}

/// The ConfigMap with the environment of a component. Variables of the component override the variables of every ConfigMap.
pub fn config_map<'c>(maker: &Maker<'c>) -> Node<'c> {
    let env = &maker.component.env;
    let own = |name: &str| env.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let usual: &[(&'static str, &'static str)] = if maker.has(Correction::WorkingVariables) { &VARIABLES } else { &JINA_VARIABLES };
    let mut data: Vec<(Node<'c>, Node<'c>)> = Vec::with_capacity(usual.len() + env.len());
    data.extend(usual.iter().map(|(name, value)| ((*name).into(), own(name).unwrap_or(value).into())));
    let others = env.iter().filter(|(name, _)| usual.iter().all(|(known, _)| known != name));
    data.extend(others.map(|(name, value)| (name.as_str().into(), value.as_str().into())));
    with_data(maker, name(&maker.component.name), Data::Map(data).into())
}

/// The ConfigMap with an inline configuration, as the file that the pod mounts.
pub fn config_file<'c>(maker: &Maker<'c>, config: &'c str) -> Node<'c> {
    let file = CONFIG_FILE.rsplit('/').next().unwrap_or(CONFIG_FILE);
    with_data(maker, config_name(&maker.component.name), mapping([(file, config.into())]))
}

fn with_data<'c>(maker: &Maker<'c>, name: String, data: Node<'c>) -> Node<'c> {
    mapping([("apiVersion", "v1".into()), ("kind", "ConfigMap".into()), ("metadata", maker.metadata(name)), ("data", data)])
}

/// A hash of the component's ConfigMaps, which pods read only when they start.
pub fn fingerprint(component: &Component) -> String {
    let strings = component.env.iter().flat_map(|(name, value)| [name, value]).chain(&component.config);
    let hash = strings.fold(BASIS, |state, string| hashed(hashed(state, string.as_bytes()), &[0]));
    format!("{:016x}", mixed(hash))
}
