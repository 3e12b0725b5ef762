//! Annotations that tools write for themselves, or read as instructions.
//!
//! Users have them in their files when these files came out of `kpt fn source` or `kustomize build`, or were annotated by hand.

use crate::krm::annotations::{LEGACY_INDEX, LEGACY_PATH};
use crate::reconcile::RENDERED;
use crate::reconcile::ownership::OBJECT;
use crate::yaml::{Data, Node};

/// Annotations that a build of kustomize removes from every object, and those with which jinaflow remembers its objects.
const OWN: [&str; 7] = [
    LEGACY_INDEX,
    LEGACY_PATH,
    "config.kubernetes.io/origin",
    "alpha.config.kubernetes.io/transformations",
    "config.k8s.io/id",
    OBJECT,
    RENDERED,
];

/// The group of annotations that tools give each other. Some values of them make kustomize panic.
const INTERNAL: &str = "internal.config.kubernetes.io/";

/// The annotation of objects that only tools read. A build does not have them, unless the value is `false`.
const LOCAL: &str = "config.kubernetes.io/local-config";

/// Annotations that change the names or the merge of objects that a generator of kustomize returns.
const OF_GENERATED: [&str; 2] = ["kustomize.config.k8s.io/needs-hash", "kustomize.config.k8s.io/behavior"];

/// Removes the annotations that tools write for themselves. Returns whether there was one.
pub fn strip(object: &mut Node<'_>) -> bool {
    let Some(metadata) = object.get_mut("metadata") else { return false };
    let Some(Data::Map(pairs)) = metadata.get_mut("annotations").map(|annotations| &mut annotations.data) else { return false };
    let before = pairs.len();
    pairs.retain(|(name, _)| !name.as_text().is_some_and(|name| OWN.contains(&name) || name.starts_with(INTERNAL)));
    let (is_changed, is_empty) = (pairs.len() != before, pairs.is_empty());
    if is_changed && is_empty {
        metadata.take("annotations");
    }
    is_changed
}

/// The annotation with which a build would leave out or rename an object. `is_generated` is whether a generator returns it.
pub fn instruction(object: &Node<'_>, is_generated: bool) -> Option<&'static str> {
    let annotations = object.at("metadata.annotations")?;
    let is_local = annotations.get(LOCAL).is_some_and(|value| value.as_text() != Some("false"));
    let of_generated = OF_GENERATED.into_iter().find(|name| is_generated && annotations.get(name).is_some());
    is_local.then_some(LOCAL).or(of_generated)
}
