//! `storage`: the claims of a StatefulSet.

use super::same::is_same;
use super::side::{Find, InAll, Match, Side, string};
use crate::import::tree::{empty, single};
use crate::yaml::{Data, Node};

/// The size, the class, the access modes and the folder of the claims.
pub fn storage(side: &Side<'_>) -> Vec<Find> {
    let claims = side.rendered_workload().map(|workload| workload.list_at("spec.volumeClaimTemplates").len()).unwrap_or_default();
    let of_claims = |pattern: &str| shared(side.of_workload(&format!("spec.volumeClaimTemplates.[].spec.{pattern}")), claims);
    let amount = of_claims("resources.requests.storage").map(|found| Find::one(&["storage", "size"], found.new.clone(), found.keys));
    let class = of_claims("storageClassName").map(|found| Find::one(&["storage", "className"], found.new.clone(), found.keys));
    let modes = of_claims("accessModes").and_then(|found| {
        let modes = found.new.as_list()?.iter().map(string).collect::<Option<Vec<&str>>>()?;
        let pairs = modes.into_iter().map(|mode| (Node::from(mode.to_owned()), empty()));
        Some(Find::one(&["storage", "accessModes"], Data::Map(pairs.collect()).into(), found.keys))
    });
    [amount, class, modes, folder(side)].into_iter().flatten().collect()
}

/// The edit that all claims share.
fn shared(found: Vec<Match<'_>>, claims: usize) -> Option<InAll<'_>> {
    let new = found.first()?.new?;
    let is_shared = found.len() == claims && found.iter().all(|other| other.new.is_some_and(|other| is_same(new, other)));
    is_shared.then(|| InAll { names: Vec::new(), new, keys: found.into_iter().map(|found| found.key).collect() })
}

/// The folder of the first claim, which was moved: a mount is identified by its folder.
fn folder(side: &Side<'_>) -> Option<Find> {
    let claims = side.rendered_workload()?.list_at("spec.volumeClaimTemplates");
    let claim = claims.first()?.text_at("metadata.name");
    let mounts = side.of_pods("containers.[].volumeMounts.[]");
    let before = side.rendered_workload()?.list_at("spec.template.spec.containers").iter().flat_map(|of| of.list_at("volumeMounts"));
    let old: Vec<&str> = before.filter(|mount| mount.text_at("name") == claim).map(|mount| mount.text_at("mountPath")).collect();
    let is_removed = |found: &Match<'_>| found.new.is_none() && found.names.get(1).is_some_and(|path| old.contains(path));
    let is_added = |found: &Match<'_>| found.new.is_some_and(|new| is_same(new, &moved(claim, new.text_at("mountPath"))));
    let path = mounts.iter().find(|found| is_added(found))?.new?.text_at("mountPath").to_owned();
    let edits = mounts.into_iter().filter(|found| is_removed(found) || is_added(found)).map(|found| found.key);
    Some(Find::one(&["storage", "mountPath"], path.into(), edits.collect()))
}

fn moved(claim: &str, path: &str) -> Node<'static> {
    let mut mount = single("name", claim.to_owned().into());
    mount.set("mountPath", path.to_owned().into());
    mount
}
