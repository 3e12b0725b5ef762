//! The PersistentVolumeClaims that workloads mount.

use std::collections::HashMap;

use super::words::shown;
use crate::check::Cluster;
use crate::yaml::View;

/// A claim, or the template of the claims of a StatefulSet.
pub struct Claim {
    /// The position of the PersistentVolumeClaim, if it is among the objects.
    pub object: Option<usize>,
    /// The first line.
    pub title: String,
    /// The other lines.
    pub lines: Vec<String>,
    /// Whether the claim is not among the objects.
    pub is_missing: bool,
    /// The workloads that mount it.
    pub users: Vec<usize>,
}

/// The claims of workloads that are drawn.
pub fn claims(cluster: &Cluster<'_>, is_drawn: &[bool]) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for (id, workload) in cluster.workloads.iter().enumerate().filter(|(id, _)| is_drawn[*id]) {
        let object = cluster.object_of(id);
        for template in object.view.list_at("spec.volumeClaimTemplates").iter() {
            let mut parts = size(template);
            parts.push("one for each pod".to_owned());
            let (title, lines) = (shown(template.text_at("metadata.name")), vec![parts.join(" · ")]);
            claims.push(Claim { object: None, title, lines, is_missing: false, users: vec![id] });
        }
        for volume in workload.spec.list_at("volumes").iter() {
            let name = volume.text_at("persistentVolumeClaim.claimName");
            if name.is_empty() {
                continue;
            }
            let place = *known.entry((object.namespace(), name)).or_insert_with(|| {
                let found = cluster.position("PersistentVolumeClaim", object.namespace(), name);
                let parts = found.map(|found| size(cluster.objects[found].view)).unwrap_or_default();
                let lines = match (found, parts.is_empty()) {
                    (None, _) => vec!["not in the manifests".to_owned()],
                    (Some(_), true) => Vec::new(),
                    (Some(_), false) => vec![parts.join(" · ")],
                };
                claims.push(Claim { object: found, title: shown(name), lines, is_missing: found.is_none(), users: Vec::new() });
                claims.len() - 1
            });
            if !claims[place].users.contains(&id) {
                claims[place].users.push(id);
            }
        }
    }
    claims
}

/// The size and the storage class of a claim, if they are set.
fn size(claim: View<'_>) -> Vec<String> {
    let parts = [claim.text_at("spec.resources.requests.storage"), claim.text_at("spec.storageClassName")];
    parts.into_iter().filter(|part| !part.is_empty()).map(shown).collect()
}
