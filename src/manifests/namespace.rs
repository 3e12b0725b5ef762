//! `v1 Namespace`: the Flow's own, on request.

use super::labels::texts;
use super::{Target, object};
use crate::config::Mesh;
use crate::config::scope::Texts;
use crate::yaml::{Data, Node};

/// The Namespace, which asks for the proxies of a mesh.
pub fn namespace<'c>(name: &'c str, (labels, annotations): &'c (Texts, Texts), target: &Target<'c>) -> Node<'c> {
    let mut labels = texts(labels);
    let mut annotations = texts(annotations);
    match target.mesh {
        Mesh::Linkerd if annotations.get("linkerd.io/inject").is_none() => annotations.set("linkerd.io/inject", "enabled".into()),
        Mesh::Istio if labels.get("istio-injection").is_none() => labels.set("istio-injection", "enabled".into()),
        Mesh::None | Mesh::Linkerd | Mesh::Istio => {}
    }
    let mut metadata = object([("name", name.into())]);
    for (field, texts) in [("labels", labels), ("annotations", annotations)] {
        if !matches!(&texts.data, Data::Map(pairs) if pairs.is_empty()) {
            metadata.set(field, texts);
        }
    }
    object([("apiVersion", "v1".into()), ("kind", "Namespace".into()), ("metadata", metadata)])
}
