//! Annotations by which orchestrators keep book of items.

/// File of an item, relative to its package (Functions Spec, `internal.config.kubernetes.io/path`).
pub const PATH: &str = "internal.config.kubernetes.io/path";
/// Place of an item in its file.
pub const INDEX: &str = "internal.config.kubernetes.io/index";
/// Package of an item; kpt sets it when it renders.
pub const PACKAGE_PATH: &str = "internal.config.kubernetes.io/package-path";
/// File of an item, older spelling.
pub const LEGACY_PATH: &str = "config.kubernetes.io/path";
/// Place of an item in its file, older spelling.
pub const LEGACY_INDEX: &str = "config.kubernetes.io/index";

/// What kustomize calls an item while transformers and validators have it.
pub const KUSTOMIZE_ID: &str = "kustomize.config.k8s.io/id";
/// Tells kustomize, of a generator's ConfigMap, to add a hash to its name.
pub const NEEDS_HASH: &str = "kustomize.config.k8s.io/needs-hash";
/// What kpt calls an item while a function sees a selection of the package only (`selectors`, `exclude`): before and since
/// kpt 1.0 (kptdev/kpt#4663).
pub const KPT_RESOURCE_IDS: [&str; 2] = ["internal.config.k8s.io/kpt-resource-id", "internal.config.kubernetes.io/kpt-resource-id"];

/// Whether an annotation belongs to the orchestrator: it must come back as it went, and says nothing about the object.
pub fn is_bookkeeping(name: &str) -> bool {
    const PREFIXES: [&str; 3] = ["internal.config.kubernetes.io/", "internal.config.k8s.io/", "kustomize.config.k8s.io/"];
    const NAMES: [&str; 3] = [LEGACY_PATH, LEGACY_INDEX, "config.k8s.io/id"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name)
}
