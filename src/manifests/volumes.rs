//! Volumes of a pod, and ConfigMaps and Secrets as variables.

use super::labels::label_value;
use super::{configmap, object, pod, security, statefulset};
use crate::config::workload::Source;
use crate::plan::Component;
use crate::yaml::Node;

/// Where a restricted pod may write.
pub const SCRATCH: &str = "/tmp";

/// An entry of `envFrom`.
pub fn variables(source: &Source) -> Option<Node<'_>> {
    let prefix = source.env.as_deref()?;
    let mut entry = object([(if source.is_secret { "secretRef" } else { "configMapRef" }, reference("name", source))]);
    if !prefix.is_empty() {
        entry.set("prefix", prefix.into());
    }
    Some(entry)
}

/// A reference to it, whose name stands in the field `key`.
fn reference<'s>(key: &'static str, source: &'s Source) -> Node<'s> {
    let mut reference = object([(key, source.name.as_str().into())]);
    if source.optional {
        reference.set("optional", Node::field("true"));
    }
    reference
}

/// The name of the volume of a ConfigMap or Secret.
pub fn name(source: &Source) -> String {
    let kind = if source.is_secret { "secret" } else { "configmap" };
    label_value(&format!("{kind}-{}", source.name)).replace('.', "-")
}

/// All volumes of a pod but those that a StatefulSet claims.
pub fn volumes<'c>(component: &'c Component) -> Vec<Node<'c>> {
    let mut volumes = Vec::new();
    let mut add = |name: Node<'c>, field: &'static str, source: Node<'c>| volumes.push(object([("name", name), (field, source)]));
    if component.config.is_some() {
        add(pod::CONFIG_VOLUME.into(), "configMap", object([("name", configmap::config_name(&component.name).into())]));
    }
    if let Some(claim) = component.storage.as_ref().and_then(|storage| storage.existing.as_deref()) {
        let name = statefulset::volume_name(&component.name, 0);
        add(name.into(), "persistentVolumeClaim", object([("claimName", claim.into())]));
    }
    for source in component.workload.sources.iter().filter(|source| source.mount_path.is_some()) {
        let (field, key) = if source.is_secret { ("secret", "secretName") } else { ("configMap", "name") };
        add(name(source).into(), field, reference(key, source));
    }
    if security::workspace(component).is_some() {
        add("workspace".into(), "emptyDir", object([]));
    }
    if security::moves_home(component) {
        add("tmp".into(), "emptyDir", object([]));
    }
    volumes
}
