//! The disks that workloads claim.

use super::quantity::Quantity;
use crate::check::{SeenObject, SeenWorkload};
use crate::yaml::View;

/// A claim of a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The name of the claim; of the template or the volume, if each pod has its own claim.
    pub name: String,
    /// The storage class; `None` for the default class of the cluster.
    pub class: Option<String>,
    /// The size; `None` if the claim is not among the objects, or has no size.
    pub size: Option<Quantity>,
    /// The size in the form of the manifest, if it is not a quantity.
    pub unread: Option<String>,
    /// The access modes, such as `ReadWriteOnce`.
    pub modes: Vec<String>,
    /// Whether each pod has its own claim.
    pub is_per_pod: bool,
    /// Whether the claim is deleted with its pod.
    pub is_temporary: bool,
}

impl Claim {
    /// Reads the spec of a claim.
    pub fn of(name: &str, spec: Option<View<'_>>) -> Self {
        let modes = spec.map(|spec| spec.list_at("accessModes")).unwrap_or_default();
        let written = spec.and_then(|spec| spec.at("resources.requests.storage"));
        let size = Quantity::read(written.map(View::text).unwrap_or_default());
        Self {
            name: name.to_owned(),
            class: spec.and_then(|spec| spec.get("storageClassName")).filter(|class| !class.is_null()).map(|class| class.text().to_owned()),
            size,
            unread: written.filter(|_| size.is_none()).map(|written| format!("storage: {}", written.shown())),
            modes: modes.iter().map(|mode| mode.text().to_owned()).collect(),
            is_per_pod: false,
            is_temporary: false,
        }
    }
}

/// The claims that each pod of a workload has for itself.
pub fn of_each_pod(object: &SeenObject<'_>, workload: &SeenWorkload<'_>) -> Vec<Claim> {
    let templates = object.view.list_at("spec.volumeClaimTemplates");
    let templates =
        templates.iter().map(|claim| Claim { is_per_pod: true, ..Claim::of(claim.text_at("metadata.name"), claim.get("spec")) });
    let volumes = workload.spec.list_at("volumes");
    let ephemeral = volumes.iter().filter_map(|volume| {
        let spec = volume.at("ephemeral.volumeClaimTemplate.spec")?;
        Some(Claim { is_per_pod: true, is_temporary: true, ..Claim::of(volume.text_at("name"), Some(spec)) })
    });
    templates.chain(ephemeral).collect()
}
