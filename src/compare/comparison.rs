//! The comparison of two sides.

use std::collections::{BTreeMap, BTreeSet};

use super::around::{self, Owners};
use super::change::{ComponentChange, Effect, Identity, ObjectChange};
use super::component;
use super::immutable;
use super::line::{Line, Topic};
use super::pairs::{Candidate, Pair, pairs};
use super::renames::{Names, Renames, without_hash};
use super::risks;
use super::shards::{self, ShardChange};
use crate::check::{Cluster, SeenObject};
use crate::facts::{Key, Need, Order, Place, Totals, add, needs, of_pod};
use crate::yaml::View;

/// All differences between two sides.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// Changes of all names.
    pub renames: Renames,
    /// The components of both sides, with those that do not change.
    pub components: Vec<ComponentChange>,
    /// Objects that change and belong to no component, or to several.
    pub objects: Vec<ObjectChange>,
    /// Executors with another number of shards.
    pub shards: Vec<ShardChange>,
    /// The objects of the new side that the old side does not have.
    pub created: Vec<Identity>,
    /// The objects of the old side that an apply of the new side does not remove.
    pub left: Vec<Identity>,
    /// For each object that is left behind, its Flow, if the label of the Flow selects only objects that are left behind.
    pub flows_left: Vec<Option<String>>,
    /// The number of objects of a cluster that belong to no Flow of the new side. They are not compared.
    pub others: usize,
    /// Kinds of the new side of which the state of a cluster has no object.
    pub unfetched: Vec<String>,
    /// What the new side needs in the cluster, and the old side did not.
    pub needs: Vec<Need>,
    /// The sums of the old side.
    pub before: Totals,
    /// The sums of the new side.
    pub after: Totals,
    /// What runs at the same time at most, until old pods have ended and what is left behind is deleted.
    pub peak: Totals,
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.all_objects().all(|object| object.effect == Effect::Unchanged) && self.left.is_empty() && self.renames.is_empty()
    }

    /// The number of components that change.
    pub fn changed(&self) -> usize {
        self.components.iter().filter(|component| component.all().any(|object| object.effect != Effect::Unchanged)).count()
    }

    /// The number of pods that restart.
    pub fn restarts(&self) -> u64 {
        let pods = |component: &ComponentChange| match &component.workload.effect {
            Effect::Restarts { rollout } if rollout.replaces_pods() => rollout.pods,
            _ => 0,
        };
        self.components.iter().map(pods).sum()
    }

    /// All objects with their changes.
    pub fn all_objects(&self) -> impl Iterator<Item = &ObjectChange> {
        self.components.iter().flat_map(ComponentChange::all).chain(&self.objects)
    }

    /// The number of objects whose change the API server refuses.
    pub fn refused(&self) -> usize {
        self.all_objects().filter(|object| matches!(object.effect, Effect::Refused { .. })).count()
    }
}

/// Compares two sides. If the old side is live, a server returned it.
pub fn compare<'o>(old: &Cluster<'o>, new: &Cluster<'o>, is_live: bool) -> Comparison {
    let (old_workloads, new_workloads) = (candidates(old), candidates(new));
    let pairs = pairs(&old_workloads, &new_workloads);
    let renames = renames(&pairs, old, new);
    let mut components: Vec<ComponentChange> = pairs.iter().map(|pair| component::change(pair, old, new, &renames, is_live)).collect();
    let mut objects = Vec::new();
    for (owner, change) in others(old, new, &pairs, &renames, is_live) {
        match owner {
            Some(pair) => components[pair].objects.push(change),
            None => objects.push(change),
        }
    }
    let (left, created) = (missing(old, new), missing(new, old));
    let (needed, had) = (needs(new), needs(old));
    let (before, after) = (Totals::of(old), Totals::of(new));
    Comparison {
        flows_left: flows(&left, old, new),
        others: 0,
        unfetched: if is_live { unfetched(old, new) } else { Vec::new() },
        peak: peak(&after, &components, old),
        needs: needed.difference(&had).filter(|need| !stays(need, &left)).cloned().collect(),
        shards: shards::changes(old, &old_workloads, new, &new_workloads),
        renames,
        components,
        objects,
        created,
        left,
        before,
        after,
    }
}

fn candidates<'o>(cluster: &Cluster<'o>) -> Vec<Candidate<'o>> {
    let candidate = |place| {
        let object = cluster.object_of(place);
        Candidate { key: Key::of(cluster, place), identity: [object.kind(), object.namespace(), object.name()] }
    };
    (0..cluster.workloads.len()).map(candidate).collect()
}

fn renames(pairs: &[Pair], old: &Cluster<'_>, new: &Cluster<'_>) -> Renames {
    let both = pairs.iter().filter_map(|pair| Some((old.object_of(pair.old?), new.object_of(pair.new?))));
    let names: Vec<Names<'_>> = both
        .map(|(old, new)| Names { old_namespace: old.namespace(), old: old.name(), new_namespace: new.namespace(), new: new.name() })
        .collect();
    let mut renames = Renames::of(&names);
    renames.learn(old);
    renames.learn(new);
    renames
}

/// What runs at the same time at most: the new side, the additional pods of each rollout, and the workloads that are left behind.
fn peak(after: &Totals, components: &[ComponentChange], old: &Cluster<'_>) -> Totals {
    let mut peak = after.clone();
    let mut left = BTreeSet::new();
    for component in components {
        add(&mut peak.requests, &component.surge, 1);
        match (&component.workload.effect, &component.workload.old) {
            (Effect::Restarts { rollout }, _) if rollout.order == Order::Rolling => peak.pods += rollout.surge,
            (Effect::Created | Effect::Removed, Some(identity)) => drop(left.insert(identity.clone())),
            _ => {}
        }
    }
    for place in 0..old.workloads.len() {
        let workload = Place::of(old, place);
        if left.contains(&Identity::of(workload.object)) {
            let pods = workload.object.view.number_at("spec.replicas").unwrap_or(1);
            peak.pods += pods;
            add(&mut peak.requests, &of_pod(workload.workload.spec, "requests"), pods);
        }
    }
    peak
}

fn identities(cluster: &Cluster<'_>) -> BTreeSet<Identity> {
    cluster.objects.iter().filter(|object| !object.kind().is_empty()).map(Identity::of).collect()
}

/// The objects of a side that the other one does not have.
fn missing(side: &Cluster<'_>, other: &Cluster<'_>) -> Vec<Identity> {
    let others = identities(other);
    identities(side).into_iter().filter(|identity| !others.contains(identity)).collect()
}

/// Whether a thing that is needed is an object that is left behind.
fn stays(need: &Need, left: &[Identity]) -> bool {
    left.iter().any(|identity| (identity.kind.as_str(), &identity.name) == (need.kind, &need.name))
}

/// The label of the Flow of an object.
fn flow_of<'o>(object: &SeenObject<'o>) -> Option<&'o str> {
    let labels = object.view.at("metadata.labels")?;
    labels.get("flow.jina.ai/flow").map(View::text).filter(|flow| !flow.is_empty())
}

/// The Flow of each object that is left behind, if the new side has no object of this Flow in this namespace.
fn flows(left: &[Identity], old: &Cluster<'_>, new: &Cluster<'_>) -> Vec<Option<String>> {
    let stays: BTreeSet<(&str, &str)> = new.objects.iter().filter_map(|object| Some((object.namespace(), flow_of(object)?))).collect();
    let of_old: BTreeMap<Identity, &str> = old
        .objects
        .iter()
        .filter_map(|object| Some((object, flow_of(object)?)))
        .filter(|(object, flow)| !object.namespace().is_empty() && !stays.contains(&(object.namespace(), *flow)))
        .map(|(object, flow)| (Identity::of(object), flow))
        .collect();
    left.iter().map(|identity| of_old.get(identity).map(|flow| (*flow).to_owned())).collect()
}

/// The kinds of the new side of which the state of a cluster has no object. Perhaps they were not fetched.
fn unfetched(old: &Cluster<'_>, new: &Cluster<'_>) -> Vec<String> {
    let kinds = |cluster: &Cluster<'_>| -> BTreeSet<String> {
        cluster.objects.iter().map(|object| object.kind().to_owned()).filter(|kind| !kind.is_empty() && kind != "Namespace").collect()
    };
    kinds(new).difference(&kinds(old)).cloned().collect()
}

/// The objects that run no pods and change, each with the index of the pair to which it belongs.
fn others<'o>(
    old: &Cluster<'o>,
    new: &Cluster<'o>,
    pairs: &[Pair],
    renames: &Renames,
    is_live: bool,
) -> Vec<(Option<usize>, ObjectChange)> {
    let (old_owners, new_owners) = (Owners::of(old), Owners::of(new));
    let mut pair_of_old = vec![None; old.workloads.len()];
    let mut pair_of_new = vec![None; new.workloads.len()];
    for (index, pair) in pairs.iter().enumerate() {
        if let Some(place) = pair.old {
            pair_of_old[place] = Some(index);
        }
        if let Some(place) = pair.new {
            pair_of_new[place] = Some(index);
        }
    }
    let owner_of_old = |id: usize| old_owners.find(old, id).and_then(|place| pair_of_old[place]);
    let owner_of_new = |id: usize| new_owners.find(new, id).and_then(|place| pair_of_new[place]);

    // The same object first, because an apply changes it in place. Then what has another name on the new side.
    let mut same: BTreeMap<Identity, usize> = ids(old).map(|id| (Identity::of(&old.objects[id]), id)).collect();
    let partners: BTreeMap<usize, usize> = ids(new).filter_map(|id| Some((id, same.remove(&Identity::of(&new.objects[id]))?))).collect();
    let mut waiting: BTreeMap<[String; 4], Vec<usize>> = BTreeMap::new();
    for id in same.into_values().collect::<BTreeSet<usize>>() {
        let object = &old.objects[id];
        let (namespace, name) = match object.kind() {
            "Namespace" => (String::new(), renames.new_namespace(object.name()).to_owned()),
            _ => (renames.new_namespace(object.namespace()).to_owned(), renames.new_name(base_name(object))),
        };
        waiting.entry([object.group().to_owned(), object.kind().to_owned(), namespace, name]).or_default().push(id);
    }
    let mut changes = Vec::new();
    let change = |old: Option<&SeenObject<'_>>, new: Option<&SeenObject<'_>>, effect| {
        let (old, new) = (old.map(Identity::of), new.map(Identity::of));
        ObjectChange { old, new, effect, changes: Vec::new(), notes: Vec::new(), labels: None }
    };
    for id in ids(new) {
        let object = &new.objects[id];
        let key = [object.group(), object.kind(), object.namespace(), base_name(object)].map(str::to_owned);
        let with_other_name = |waiting: &mut BTreeMap<[String; 4], Vec<usize>>| {
            waiting.get_mut(&key).filter(|places| !places.is_empty()).map(|places| places.remove(0))
        };
        let partner = partners.get(&id).copied().or_else(|| with_other_name(&mut waiting));
        match partner {
            None => {
                let mut added = change(None, Some(object), Effect::Added);
                let way_in = risks::way_in(object.kind(), object.view);
                added.changes.extend(way_in.map(|way| Line::new(Topic::Field, "from outside", None, Some(way))));
                changes.push((owner_of_new(id), added));
            }
            Some(partner) => {
                let found = both(&old.objects[partner], object, renames, is_live);
                changes.extend(found.map(|found| (owner_of_new(id), found)));
            }
        }
    }
    for id in waiting.into_values().flatten() {
        changes.push((owner_of_old(id), change(Some(&old.objects[id]), None, Effect::Removed)));
    }
    changes
}

/// The objects of a side that run no pods.
fn ids<'c>(cluster: &'c Cluster<'_>) -> impl Iterator<Item = usize> + 'c {
    let is_counted =
        |id: &usize| !cluster.objects[*id].kind().is_empty() && cluster.workload_at_position(*id).is_none() && !cluster.is_duplicate(*id);
    (0..cluster.objects.len()).filter(is_counted)
}

fn both<'o>(old: &SeenObject<'o>, new: &SeenObject<'o>, renames: &Renames, is_live: bool) -> Option<ObjectChange> {
    let fields = around::changed_fields(old, new, is_live);
    let changes = around::lines(new.kind(), &fields, renames);
    let identities = (Identity::of(old), Identity::of(new));
    let is_same = identities.0 == identities.1;
    let refused = if is_same { immutable::refused(new.kind(), old.view, new.view, &fields) } else { Vec::new() };
    let notes: Vec<String> = immutable::note(new.kind(), old.view, new.view).filter(|_| is_same).into_iter().collect();
    let effect = match (is_same, refused.is_empty()) {
        (false, _) if changes.is_empty() => return None,
        (true, true) if fields.is_empty() && notes.is_empty() => return None,
        (true, true) if fields.is_empty() => Effect::Unchanged,
        (false, _) => Effect::Created,
        (true, true) => Effect::Changed,
        (true, false) => Effect::Refused { fields: refused.into_iter().map(|field| field.path).collect() },
    };
    Some(ObjectChange { old: Some(identities.0), new: Some(identities.1), effect, changes, notes, labels: None })
}

/// The name of an object without the hash of a ConfigMap or Secret.
fn base_name<'o>(object: &SeenObject<'o>) -> &'o str {
    if matches!(object.kind(), "ConfigMap" | "Secret") { without_hash(object.name()) } else { object.name() }
}
