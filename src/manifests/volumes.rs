//! Volumes of a pod, and ConfigMaps and Secrets as variables.

use std::collections::HashMap;

use super::configmap;
use super::fingerprint::{BASIS, hashed, mixed};
use super::labels::label_value;
use super::nodes::mapping;
use crate::config::workload::Source;
use crate::plan::Component;
use crate::yaml::Node;

/// The volume of an inline configuration.
pub const CONFIG_VOLUME: &str = "config";

/// The characters of the name of a volume before a hash.
const LONGEST_START: usize = 54;

/// The name of the volume and claim template at `place` (from 0) of a component.
pub fn claim_name(component: &str, place: usize) -> String {
    if place == 0 { format!("{component}-volume") } else { format!("{component}-volume-{place}") }
}

/// The volumes of ConfigMaps and Secrets: each source of files with the name of its volume. The name of a volume has no dots
/// and at most 63 characters, so a name that had to change gets a hash if another volume has the same name.
pub fn of_sources(sources: &[Source]) -> Vec<(String, &Source)> {
    let exact = |source: &Source| format!("{}-{}", if source.is_secret { "secret" } else { "configmap" }, source.name);
    let mounted = sources.iter().filter(|source| source.mount_path.is_some());
    let named: Vec<(String, &Source)> = mounted.map(|source| (label_value(&exact(source)).replace('.', "-"), source)).collect();
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for (name, _) in &named {
        *uses.entry(name).or_default() += 1;
    }
    let volume = |(name, source): &(String, &'_ Source)| {
        let exact = exact(source);
        if uses.get(&**name).is_none_or(|uses| *uses == 1) || *name == exact {
            return name.clone();
        }
        let start: String = name.chars().take(LONGEST_START).collect();
        format!("{start}-{:08x}", mixed(hashed(BASIS, exact.as_bytes())) >> 32)
    };
    named.iter().map(|named| (volume(named), named.1)).collect()
}

/// The entry of `envFrom` for a ConfigMap or Secret.
pub fn env_from(source: &Source) -> Option<Node<'_>> {
    let prefix = source.env.as_deref()?;
    let field = if source.is_secret { "secretRef" } else { "configMapRef" };
    let mut entry = mapping([(field, reference("name", source))]);
    if !prefix.is_empty() {
        entry.set("prefix", prefix.into());
    }
    Some(entry)
}

/// A reference to a ConfigMap or Secret, whose name is in the field `key`.
fn reference<'s>(key: &'static str, source: &'s Source) -> Node<'s> {
    let mut reference = mapping([(key, source.name.as_str().into())]);
    if source.optional {
        reference.set("optional", Node::field("true"));
    }
    reference
}

/// All volumes of a pod except those that a StatefulSet claims.
pub fn volumes<'c>(component: &'c Component) -> Vec<Node<'c>> {
    let mut volumes = Vec::new();
    let mut add = |name: Node<'c>, field: &'static str, source: Node<'c>| volumes.push(mapping([("name", name), (field, source)]));
    if component.config.is_some() {
        add(CONFIG_VOLUME.into(), "configMap", mapping([("name", configmap::config_name(&component.name).into())]));
    }
    if let Some(claim) = component.storage.as_ref().and_then(|storage| storage.existing.as_deref()) {
        let name = claim_name(&component.name, 0);
        add(name.into(), "persistentVolumeClaim", mapping([("claimName", claim.into())]));
    }
    for (name, source) in of_sources(&component.workload.sources) {
        let (field, key) = if source.is_secret { ("secret", "secretName") } else { ("configMap", "name") };
        add(name.into(), field, reference(key, source));
    }
    for model in &component.models {
        let source = [("reference", model.image.as_str().into()), ("pullPolicy", component.workload.pull_policy.as_str().into())];
        add(model.volume().into(), "image", mapping(source));
    }
    if component.scratch_workspace().is_some() {
        add("workspace".into(), "emptyDir", mapping([]));
    }
    if component.moves_home() {
        add("tmp".into(), "emptyDir", mapping([]));
    }
    volumes
}
