//! Annotations that orchestrators use to track items.

use crate::yaml::{Data, Node};

/// The file of an item, relative to its package (Functions Spec, `internal.config.kubernetes.io/path`).
pub const PATH: &str = "internal.config.kubernetes.io/path";
/// The place of an item in its file.
pub const INDEX: &str = "internal.config.kubernetes.io/index";
/// The package of an item; set by kpt when it renders.
pub const PACKAGE_PATH: &str = "internal.config.kubernetes.io/package-path";
/// The file of an item, older spelling.
pub const LEGACY_PATH: &str = "config.kubernetes.io/path";
/// The place of an item in its file, older spelling.
pub const LEGACY_INDEX: &str = "config.kubernetes.io/index";

/// Marks an object that is not for a cluster.
pub const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// kustomize's identifier of an item while transformers and validators run.
pub const KUSTOMIZE_ID: &str = "kustomize.config.k8s.io/id";
/// Requests a hash in the name of a generated ConfigMap from kustomize.
pub const NEEDS_HASH: &str = "kustomize.config.k8s.io/needs-hash";
/// kpt's identifiers of an item while a function sees only a selection of the package (`selectors`, `exclude`): before
/// and since kpt 1.0 (kptdev/kpt#4663).
pub const KPT_RESOURCE_IDS: [&str; 2] = ["internal.config.k8s.io/kpt-resource-id", "internal.config.kubernetes.io/kpt-resource-id"];

/// Sets an annotation of an object that has `metadata`.
pub fn set(object: &mut Node<'_>, name: &'static str, value: String) {
    let Some(metadata) = object.get_mut("metadata") else { return };
    if metadata.get("annotations").is_none_or(|known| known.as_map().is_none()) {
        metadata.set("annotations", Data::Map(Vec::new()).into());
    }
    if let Some(known) = metadata.get_mut("annotations") {
        known.set(name, value.into());
    }
}

/// Whether an annotation belongs to the orchestrator. Such an annotation must be returned unchanged, and is not part of the
/// object.
pub fn is_bookkeeping(name: &str) -> bool {
    const PREFIXES: [&str; 3] = ["internal.config.kubernetes.io/", "internal.config.k8s.io/", "kustomize.config.k8s.io/"];
    const NAMES: [&str; 3] = [LEGACY_PATH, LEGACY_INDEX, "config.k8s.io/id"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name)
}
