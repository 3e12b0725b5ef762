//! Removes from an object what an API server has added to it.

use crate::compare::defaults::{is_nothing, scoped};
use crate::config::lists::remove_nulls;
use crate::yaml::{Arena, Data, Node};

/// Fields of `metadata` that only a server sets.
const OF_METADATA: [&str; 6] = ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink"];

/// Fields of `spec` that only a server sets.
const OF_SPEC: [&str; 4] = ["clusterIP", "clusterIPs", "ipFamilies", "healthCheckNodePort"];

/// Annotations that only `kubectl` and controllers set.
const ANNOTATIONS: [&str; 3] =
    ["kubectl.kubernetes.io/last-applied-configuration", "deployment.kubernetes.io/revision", "kubectl.kubernetes.io/restartedAt"];

/// Whether a server returned an object.
pub fn is_live(object: &Node<'_>) -> bool {
    !object.text_at("metadata.uid").is_empty() && !object.text_at("metadata.resourceVersion").is_empty()
}

/// Removes the fields of a live object that no manifest sets.
pub fn strip(object: &mut Node<'_>) {
    object.take("status");
    strip_metadata(object);
    if let Some(spec) = object.get_mut("spec") {
        for field in OF_SPEC {
            spec.take(field);
        }
        if let Some(template) = spec.get_mut("template") {
            strip_metadata(template);
        }
        if let Some(Data::List(claims)) = spec.get_mut("volumeClaimTemplates").map(|claims| &mut claims.data) {
            for claim in claims {
                claim.take("status");
                strip_metadata(claim);
            }
        }
    }
}

fn strip_metadata(node: &mut Node<'_>) {
    let Some(metadata) = node.get_mut("metadata") else { return };
    for field in OF_METADATA {
        metadata.take(field);
    }
    if let Some(annotations) = metadata.get_mut("annotations") {
        for name in ANNOTATIONS {
            annotations.take(name);
        }
        if annotations.as_map().is_some_and(<[_]>::is_empty) {
            metadata.take("annotations");
        }
    }
}

/// Removes the fields that a client writes although they are empty, as `kubectl create --dry-run` does, and fields that are null.
pub fn strip_empty(object: &mut Node<'_>) {
    remove_nulls(object);
    if object.get("status").and_then(Node::as_map).is_some_and(|status| status.iter().all(|(_, value)| is_empty(value))) {
        object.take("status");
    }
}

fn is_empty(node: &Node<'_>) -> bool {
    node.as_map().is_some_and(<[_]>::is_empty)
}

/// Removes the defaults that a server has filled in: fields of `object` that `base` does not have. `parent` is the field of the
/// node, or the kind of the object.
pub fn without_defaults(object: &mut Node<'_>, base: Option<&Node<'_>>, parent: &str) {
    match &mut object.data {
        Data::Map(pairs) => {
            for (key, value) in pairs.iter_mut() {
                let name = key.as_text().unwrap_or_default();
                without_defaults(value, base.and_then(|base| base.get(name)), scoped(parent, name));
            }
            pairs.retain(|(key, value)| {
                let name = key.as_text().unwrap_or_default();
                base.is_some_and(|base| base.get(name).is_some()) || !is_default(value, parent, name)
            });
        }
        Data::List(entries) => {
            for (place, entry) in entries.iter_mut().enumerate() {
                without_defaults(entry, base.and_then(|base| base.as_list()?.get(place)), parent);
            }
        }
        Data::Scalar(_) => {}
    }
}

fn is_default(value: &Node<'_>, parent: &str, name: &str) -> bool {
    let mut arena = Arena::new("");
    let place = arena.add(value);
    is_nothing(arena.view(place), parent, name)
}
