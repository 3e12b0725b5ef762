//! The change of one component.

use super::around;
use super::change::{ComponentChange, Effect, Identity, ObjectChange, Replicas};
use super::immutable;
use super::line::{Line, Topic};
use super::pairs::Pair;
use super::pod_labels::Labels;
use super::pod_lines;
use super::renames::Renames;
use super::risks;
use crate::check::{Cluster, SeenObject, shown_bounds};
use crate::facts::{Amounts, Order, Place, Rollout, of_surge};
use crate::yaml::View;

/// Compares the workload of a pair. The objects around it are added by the caller.
pub fn change<'o>(pair: &Pair, old: &Cluster<'o>, new: &Cluster<'o>, renames: &Renames, is_live: bool) -> ComponentChange {
    let (before, after) = (pair.old.map(|place| Place::of(old, place)), pair.new.map(|place| Place::of(new, place)));
    let identity = |place: &Option<Place<'_, '_>>| place.as_ref().map(|place| Identity::of(place.object));
    let image = after.or(before).and_then(|place| place.main()).map(|container| container.view.text_at("image"));
    let workload = ObjectChange {
        old: identity(&before),
        new: identity(&after),
        effect: Effect::Unchanged,
        changes: Vec::new(),
        notes: Vec::new(),
        labels: None,
    };
    let mut change = ComponentChange {
        name: pair.key.shown(),
        key: pair.key.clone(),
        replicas: Replicas { old: before.and_then(replicas), new: after.and_then(replicas) },
        image: image.unwrap_or_default().to_owned(),
        workload,
        objects: Vec::new(),
        surge: Amounts::new(),
    };
    match (before, after) {
        (Some(before), Some(after)) => both(&mut change, before, after, renames, is_live),
        (None, _) => change.workload.effect = Effect::Added,
        (Some(before), None) => {
            change.workload.effect = Effect::Removed;
            change.workload.notes.extend(claims_stay(before));
        }
    }
    change.workload.notes.extend(after.map(|after| risks::new_rights(before, after)).unwrap_or_default());
    change
}

/// A note about the claims that a StatefulSet created, which stay with their data.
fn claims_stay(place: Place<'_, '_>) -> Option<String> {
    let templates = place.object.view.list_at("spec.volumeClaimTemplates");
    let is_deleted = place.object.view.text_at("spec.persistentVolumeClaimRetentionPolicy.whenDeleted") == "Delete";
    let names: Vec<&str> = templates.iter().map(|claim| claim.text_at("metadata.name")).collect();
    (place.object.kind() == "StatefulSet" && !names.is_empty() && !is_deleted)
        .then(|| format!("the claims {}-{}-… stay in the cluster, with their data", names.join(", "), place.object.name()))
}

/// The number of pods, or the bounds of an autoscaler.
fn replicas(place: Place<'_, '_>) -> Option<String> {
    if !["Deployment", "StatefulSet", "ReplicaSet"].contains(&place.object.kind()) {
        return None;
    }
    let fixed = Some(place.object.view.text_at("spec.replicas")).filter(|replicas| !replicas.is_empty()).unwrap_or("1");
    Some(shown_bounds(place.cluster, place.object).unwrap_or_else(|| fixed.to_owned()))
}

fn both<'o>(change: &mut ComponentChange, before: Place<'_, 'o>, after: Place<'_, 'o>, renames: &Renames, is_live: bool) {
    let (old, new) = (before.object, after.object);
    let template = pod_lines::changed_fields(before, after, is_live);
    let values = pod_lines::changed_values(before, after, renames);
    let mut lines = pod_lines::lines(before, after, &template, &values, renames);
    lines.extend(values.iter().cloned());
    let all = around::changed_fields(old, new, is_live);
    // An apply that sets no number, after one that set none, keeps the number in the cluster.
    if is_live && !all.iter().any(|field| field.path == "spec.replicas") {
        change.replicas.new.clone_from(&change.replicas.old);
    }
    let (from, to) = (&change.replicas.old, &change.replicas.new);
    let has_other_number = all.iter().any(|field| field.path == "spec.replicas");
    if from != to {
        lines.push(Line::new(Topic::Replicas, "", from.clone(), to.clone()));
    } else if has_other_number {
        // The bounds of the autoscaler are the same, but the apply sets the number.
        let number = |view: View<'_>| match view.text_at("spec.replicas") {
            "" => "1".to_owned(),
            number => number.to_owned(),
        };
        lines.push(Line::new(Topic::Replicas, "of the manifest", Some(number(old.view)), Some(number(new.view))));
    }
    let is_same_kind = old.kind() == new.kind();
    let mut fields = all.clone();
    let template_path = after.workload.path.trim_end_matches(".spec");
    fields.retain(|field| {
        let is_in_template =
            new.kind() != "Pod" && field.path.strip_prefix(template_path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        !is_in_template && field.path != "spec.replicas" && field.path != "kind"
    });
    // A workload of another kind has other fields anyway. What it stores says what changes.
    fields.retain(|field| is_same_kind || field.path.starts_with("spec.volumeClaimTemplates") || field.path.starts_with("metadata."));
    let is_scaled = has_other_number;
    let mut scaling = Vec::new();
    if has_other_number && shown_bounds(after.cluster, new).is_some() {
        scaling.push(match new.view.text_at("spec.replicas") {
            "0" => "0 replicas switch the autoscaler off, and all pods stop".to_owned(),
            "" => "the apply removes the number of replicas, so 1 pod runs until the autoscaler acts".to_owned(),
            number => format!("the apply sets {number} replicas, until the autoscaler acts"),
        });
    }
    lines.extend(around::lines(new.kind(), &fields, renames));
    lines.sort();
    lines.dedup();

    let is_same_object = is_same_kind && (old.namespace(), old.name()) == (new.namespace(), new.name());
    let refused = if is_same_object { immutable::refused(old.kind(), old.view, new.view, &all) } else { Vec::new() };
    let restarts = !template.is_empty();
    let has_changes = restarts || !all.is_empty();
    let notes = &mut change.workload.notes;
    notes.append(&mut scaling);
    change.workload.effect = match Rollout::of(new.kind(), new.view).map(|rollout| with_old_pods(rollout, old)) {
        _ if !is_same_object => {
            notes.extend(claims_stay(before));
            if !is_same_kind {
                notes.push(format!("{} and {} both run, and both get requests, until the old one is deleted", old.label(), new.label()));
            }
            Effect::Created
        }
        _ if !refused.is_empty() => Effect::Refused { fields: refused.into_iter().map(|field| field.path).collect() },
        Some(rollout) if restarts => {
            change.surge = of_surge(&rollout, after.workload.spec);
            notes_of_rollout(notes, new.kind(), &change.surge, &rollout, after.workload.spec);
            Effect::Restarts { rollout }
        }
        _ if !has_changes => Effect::Unchanged,
        _ if is_scaled => Effect::Scaled,
        _ => Effect::Changed,
    };
    if matches!(change.workload.effect, Effect::Refused { .. }) {
        change.workload.labels = Labels::of(old.view, new.view).filter(|_| new.kind() == "Deployment" || new.kind() == "StatefulSet");
        // Of a StatefulSet, the pods stay, because the command orphans them.
        if change.workload.labels.is_some() {
            notes.push("the old pods serve requests until the new ones are ready".to_owned());
        } else if new.kind() != "StatefulSet" {
            notes.push("downtime: the delete ends its pods, and new ones start after it".to_owned());
        }
    }
    let stays = matches!(change.workload.effect, Effect::Changed | Effect::Scaled | Effect::Unchanged);
    let (files, variables): (Vec<&Line>, Vec<&Line>) = values.iter().partition(|line| line.topic == Topic::File);
    if stays && !files.is_empty() {
        notes.push("mounted files change in running pods after a while, but not with subPath; programs may have read them".to_owned());
    }
    if stays && !variables.is_empty() {
        notes.push(format!(
            "pods keep the old values until they restart: kubectl rollout restart {}{}",
            Identity::of(new).argument(),
            namespace_flag(new.namespace())
        ));
    }
    let account = |place: Place<'_, '_>| {
        let of = |field: &str| place.workload.spec.text_at(field).to_owned();
        Some(of("serviceAccountName")).filter(|name| !name.is_empty()).unwrap_or_else(|| of("serviceAccount"))
    };
    let kept = account(before);
    let is_listed = all.iter().chain(&template).any(|field| field.path.contains("spec.serviceAccount"));
    if is_same_object && !kept.is_empty() && account(after).is_empty() && !is_listed {
        notes.push(format!(
            "keeps the service account {kept}, because Kubernetes has it in a second field: set serviceAccountName to `default`"
        ));
    }
    change.workload.changes = lines;
}

/// A rollout with what the old side decides: how many pods there are to replace, and how long they take to end.
fn with_old_pods(rollout: Rollout, old: &SeenObject<'_>) -> Rollout {
    match Rollout::of(old.kind(), old.view) {
        Some(before) => {
            let pods = if before.replaces_pods() { rollout.pods.min(before.pods.max(before.kept)) } else { rollout.pods };
            // Pods that only the new number adds count as missing first.
            let unavailable = rollout.unavailable.saturating_sub(rollout.pods - pods);
            Rollout { pods, unavailable, grace: before.grace, drain: before.drain, ..rollout }
        }
        None => rollout,
    }
}

/// The flag that selects a namespace.
fn namespace_flag(namespace: &str) -> String {
    if namespace.is_empty() { String::new() } else { format!(" --namespace {namespace}") }
}

fn notes_of_rollout(notes: &mut Vec<String>, kind: &str, surge: &Amounts, rollout: &Rollout, spec: View<'_>) {
    if rollout.has_downtime() {
        notes.push("downtime: no pod serves until its successor is ready".to_owned());
    }
    match rollout.order {
        Order::Paused => notes.push("the rollout is paused: pods restart when it is resumed".to_owned()),
        Order::ByHand => notes.push("pods change when they are deleted (OnDelete)".to_owned()),
        Order::Rolling | Order::OneByOne | Order::AllAtOnce => {}
    }
    if rollout.kept > 0 {
        notes.push(format!("{} pods keep the old template, because of the partition", rollout.kept));
    }
    if kind == "DaemonSet" {
        notes.push("one pod on each node: the number of nodes is not known here".to_owned());
    }
    for (name, amount) in surge.iter().filter(|(name, _)| name.contains('/')) {
        notes.push(format!("the rollout waits until a node has {amount} more {name} free, because the new pod starts first"));
    }
    let has_claim = spec.list_at("volumes").iter().any(|volume| volume.get("persistentVolumeClaim").is_some());
    if has_claim && rollout.order == Order::Rolling && rollout.surge > 0 {
        notes.push("old and new pods mount the same claim at the same time: with ReadWriteOnce, only on the same node".to_owned());
    }
}
