//! `v1 Namespace`: the namespace of the Flow, if the config creates it.

use super::nodes::{mapping, string_map};
use super::target::Target;
use crate::config::Mesh;
use crate::config::scope::Texts;
use crate::yaml::{Data, Node};

/// The Namespace, with the label or annotation that requests the proxies of a mesh.
pub fn namespace<'c>(name: &'c str, (labels, annotations): &'c (Texts, Texts), target: &Target<'c>) -> Node<'c> {
    let mut labels = string_map(labels);
    let mut annotations = string_map(annotations);
    match target.mesh {
        Mesh::Linkerd if annotations.get("linkerd.io/inject").is_none() => annotations.set("linkerd.io/inject", "enabled".into()),
        Mesh::Istio if labels.get("istio-injection").is_none() => labels.set("istio-injection", "enabled".into()),
        Mesh::None | Mesh::Linkerd | Mesh::Istio => {}
    }
    let mut metadata = mapping([("name", name.into())]);
    for (field, strings) in [("labels", labels), ("annotations", annotations)] {
        if !matches!(&strings.data, Data::Map(pairs) if pairs.is_empty()) {
            metadata.set(field, strings);
        }
    }
    mapping([("apiVersion", "v1".into()), ("kind", "Namespace".into()), ("metadata", metadata)])
}
