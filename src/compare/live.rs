//! Objects that a server returned (`kubectl get -o yaml`): which of them controllers created, and which fields a user applied.

use std::collections::HashSet;

use super::fields::{Difference, differences, is_within};
use super::renames::without_hash;
use crate::check::SeenObject;
use crate::yaml::{self, Arena, View};

/// The annotation in which `kubectl apply` remembers the last manifest
/// (<https://kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/#how-apply-calculates-differences-and-merges-changes>).
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Kinds that controllers create.
const OF_CONTROLLERS: [&str; 6] = ["Event", "Endpoints", "EndpointSlice", "Lease", "ControllerRevision", "PodMetrics"];

/// Fields that the server sets if a manifest does not.
const OF_SERVER: [&str; 9] = [
    "spec.clusterIP",
    "spec.clusterIPs",
    "spec.ipFamilies",
    "spec.healthCheckNodePort",
    "spec.volumeName",
    "spec.template.metadata.annotations.kubectl.kubernetes.io/restartedAt",
    "spec.finalizers",
    "metadata.labels.kubernetes.io/metadata.name",
    "metadata.annotations.pv.kubernetes.io",
];

/// Whether a server returned an object.
pub fn is_from_server(object: View<'_>) -> bool {
    !object.text_at("metadata.uid").is_empty() && !object.text_at("metadata.resourceVersion").is_empty()
}

/// The objects of a cluster that are compared.
#[derive(Debug)]
pub struct Selection {
    /// For each object, whether it is compared.
    pub is_kept: Vec<bool>,
    /// The number of objects of users that belong to no Flow of the new side.
    pub others: usize,
}

/// Selects the objects of a cluster that users created, and that the new side has too or that have the label of one of its Flows.
/// If the new side has no such label, all objects of users are compared.
pub fn select<'o, 'n>(objects: impl Iterator<Item = View<'o>>, new: impl Iterator<Item = View<'n>>) -> Selection {
    let objects: Vec<View<'o>> = objects.collect();
    let (mut names, mut flows) = (HashSet::new(), HashSet::new());
    for object in new {
        names.insert(without_hash_of(object));
        flows.extend(flow(object));
    }
    let is_ours = |object: View<'_>| {
        flows.is_empty() || names.contains(&without_hash_of(object)) || flow(object).is_some_and(|flow| flows.contains(&flow))
    };
    let is_users = of_users(&objects);
    let is_first = are_first(&objects);
    let is_kept =
        objects.iter().zip(&is_users).zip(&is_first).map(|((object, is_users), is_first)| *is_users && *is_first && is_ours(*object));
    let is_kept: Vec<bool> = is_kept.collect();
    let others =
        is_users.iter().zip(&is_first).zip(&is_kept).filter(|((is_users, is_first), is_kept)| **is_users && **is_first && !**is_kept);
    let others = others.count();
    Selection { is_kept, others }
}

/// For each object, whether it is the first one with its identity: `kubectl get all,deployments` returns some objects twice.
pub fn are_first(objects: &[View<'_>]) -> Vec<bool> {
    let mut seen = HashSet::new();
    objects.iter().map(|object| seen.insert(identity(*object))).collect()
}

/// The kind, namespace and name of an object, with its API group.
fn identity(object: View<'_>) -> [String; 4] {
    let group = object.text_at("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    [group, object.text_at("kind"), object.text_at("metadata.namespace"), object.text_at("metadata.name")].map(str::to_owned)
}

/// The identity of an object, for a ConfigMap or Secret without the hash that kustomize adds.
fn without_hash_of(object: View<'_>) -> [String; 4] {
    let [group, kind, namespace, name] = identity(object);
    let is_generated = ["ConfigMap", "Secret"].contains(&kind.as_str());
    let name = if is_generated { without_hash(&name).to_owned() } else { name };
    [group, kind, namespace, name]
}

/// The label of the Flow.
fn flow(object: View<'_>) -> Option<String> {
    object.at("metadata.labels")?.get("flow.jina.ai/flow").map(|flow| flow.text().to_owned())
}

/// For each object, whether a user created it.
pub fn of_users(objects: &[View<'_>]) -> Vec<bool> {
    let sets = objects.iter().filter(|object| object.text_at("kind") == "StatefulSet");
    let sets: HashSet<(&str, &str)> = sets.map(|set| (set.text_at("metadata.namespace"), set.text_at("metadata.name"))).collect();
    objects.iter().map(|object| !is_of_controller(*object, &sets)).collect()
}

fn is_of_controller(object: View<'_>, sets: &HashSet<(&str, &str)>) -> bool {
    let (kind, name) = (object.text_at("kind"), object.text_at("metadata.name"));
    let has_controller = object.list_at("metadata.ownerReferences").iter().any(|owner| owner.text_at("controller") == "true");
    let is_of_namespace = match kind {
        "ConfigMap" => name == "kube-root-ca.crt",
        "ServiceAccount" => name == "default",
        "Service" => name == "kubernetes" && object.text_at("metadata.namespace") == "default",
        "Secret" => object.text_at("type") == "kubernetes.io/service-account-token",
        _ => false,
    };
    // A claim of a StatefulSet has the name of the claim, of the set, and the number of the pod. It stays when the set loses it.
    let is_claim_of_set = || {
        let namespace = object.text_at("metadata.namespace");
        let Some((start, _)) = name.rsplit_once('-').filter(|(_, number)| number.parse::<u32>().is_ok()) else { return false };
        let ends = start.match_indices('-').map(|(at, _)| &start[at + 1..]);
        kind == "PersistentVolumeClaim" && ends.into_iter().any(|end| sets.contains(&(namespace, end)))
    };
    has_controller || OF_CONTROLLERS.contains(&kind) || is_of_namespace || is_claim_of_set()
}

/// Removes the differences that an apply does not make: fields that the new side does not have, and that no user applied.
/// `path` is the path of the compared values in their objects.
pub fn retain_applied(old: &SeenObject<'_>, new: &SeenObject<'_>, path: &str, fields: &mut Vec<Difference<'_>>) {
    let removed = removed_by_apply(old, new);
    fields.retain(|field| {
        if field.new.is_some() {
            return true;
        }
        let dot = if path.is_empty() || field.path.is_empty() { "" } else { "." };
        let path = format!("{path}{dot}{}", field.path);
        let is_of_server =
            OF_SERVER.iter().any(|known| path.starts_with(known)) || ["].nodePort", "].status"].iter().any(|end| path.ends_with(end));
        match &removed {
            Some(removed) => removed.iter().any(|removed| is_within(&path, removed) || is_within(removed, &path)),
            None => !is_of_server,
        }
    });
}

/// The fields that the last applied manifest has and the new one has not. `None` if the object does not remember a manifest.
fn removed_by_apply(old: &SeenObject<'_>, new: &SeenObject<'_>) -> Option<Vec<String>> {
    let text = old.view.at("metadata.annotations")?.get(LAST_APPLIED)?.as_text()?;
    let document = yaml::read(text).ok()?;
    let mut arena = Arena::default();
    let place = arena.add(&document.root?);
    let applied = arena.view(place);
    Some(removed_paths(applied, new.view))
}

fn removed_paths(applied: View<'_>, new: View<'_>) -> Vec<String> {
    let found = differences("", Some(applied), Some(new));
    found.into_iter().filter(|field| field.new.is_none()).map(|field| field.path).collect()
}
