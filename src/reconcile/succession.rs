//! What an object was before its executor was renamed, got or lost shards, or its workload changed its kind. Edits of the
//! former object belong to the new one.

use std::collections::{HashMap, HashSet};

use super::candidates::Generated;
use super::leaves::{Grain, Place, each_leaf, short, value};
use super::memory::Held;
use crate::finding::Path;
use crate::plan::Role;
use crate::yaml::{Data, Node};

/// A component that is being rendered.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its Kubernetes name.
    pub component: String,
    /// The name of its executor, as a label's value.
    pub executor: String,
    /// What it does.
    pub role: Role,
    /// The image of its main container.
    pub image: String,
}

/// A component of which generated objects are in the list.
#[derive(Debug, Clone)]
pub struct Former {
    /// Its Kubernetes name.
    pub component: String,
    /// The name of its executor, as a label's value.
    pub executor: String,
    /// What is remembered of the image of its main container.
    image: Option<u32>,
}

impl Former {
    /// Reads a component from its workload.
    pub fn of(component: &str, workload: &Generated<'_>) -> Self {
        let path = ["spec", "template", "metadata", "labels", "jina_deployment_name"];
        let label = path.iter().try_fold(&workload.node, |node, field| node.get(field)).and_then(Node::as_text);
        let fields = ["spec", "template", "spec", "containers"];
        let containers = fields.iter().fold(Place::ROOT, |place, field| place.part(Grain::Fields, field));
        let image = containers.part(Grain::Entries, "executor").part(Grain::Fields, "image");
        Self {
            component: component.to_owned(),
            executor: label.unwrap_or(component).to_owned(),
            image: workload.memory().and_then(|memory| memory.value(image)),
        }
    }
}

/// Which part of an executor a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All of it.
    Whole,
    Head,
    Shard(u32),
}

/// The former component of each component that did not exist before, by its name.
pub fn successions(planned: &[Planned], former: &[Former]) -> HashMap<String, String> {
    let mut now: HashMap<&str, Vec<&Planned>> = HashMap::new();
    for component in planned.iter().filter(|component| component.role != Role::Gateway) {
        now.entry(&component.executor).or_default().push(component);
    }
    let mut before: HashMap<&str, Vec<&Former>> = HashMap::new();
    let planned_names: HashSet<&str> = planned.iter().map(|component| component.component.as_str()).collect();
    for component in former {
        before.entry(&component.executor).or_default().push(component);
    }
    let renamed = Renamed::of(&now, &before);
    let mut successions = HashMap::new();
    for (executor, new) in &now {
        let old = before.get(executor).or_else(|| before.get(renamed.former_name(new)?));
        for component in new {
            let Some(old) = old else { continue };
            if old.iter().any(|known| known.component == component.component) {
                continue;
            }
            let part = match component.role {
                Role::Head => Part::Head,
                Role::Worker(shard) if new.len() > 1 => Part::Shard(shard),
                _ => Part::Whole,
            };
            let fits = |known: &&&Former| match (part, part_of(known, old.len())) {
                // The pods of a shard do what those of the whole did.
                (Part::Shard(_), Part::Whole) | (Part::Whole, Part::Shard(0)) => true,
                (one, other) => one == other,
            };
            // What still exists is nobody's predecessor.
            let ended = |known: &&&Former| !planned_names.contains(known.component.as_str());
            if let Some(found) = old.iter().find(|known| ended(known) && fits(known)) {
                successions.insert(component.component.clone(), found.component.clone());
            }
        }
    }
    successions
}

/// Former executors that are gone, by what is known of the image of the only new executor that can be one of them.
struct Renamed<'f> {
    /// How many new executors have an image.
    new: HashMap<u32, usize>,
    /// The former executor with an image that does not exist any more; `None` where there are several.
    gone: HashMap<u32, Option<&'f str>>,
}

impl<'f> Renamed<'f> {
    fn of(now: &HashMap<&str, Vec<&Planned>>, before: &HashMap<&'f str, Vec<&Former>>) -> Self {
        let mut new = HashMap::new();
        for (_, components) in now.iter().filter(|(name, _)| !before.contains_key(*name)) {
            if let Some(image) = image_of(components) {
                *new.entry(image).or_default() += 1;
            }
        }
        let mut gone = HashMap::new();
        for (name, old) in before.iter().filter(|(name, _)| !now.contains_key(*name)) {
            let images: HashSet<u32> = old.iter().filter_map(|known| known.image).collect();
            for image in images {
                gone.entry(image).and_modify(|known| *known = None).or_insert(Some(*name));
            }
        }
        Self { new, gone }
    }

    /// The former name of a new executor: that of the one with the same image which is gone, when no other could be meant.
    fn former_name(&self, components: &[&Planned]) -> Option<&'f str> {
        let image = image_of(components)?;
        let is_only = self.new.get(&image) == Some(&1);
        self.gone.get(&image).copied().flatten().filter(|_| is_only)
    }
}

/// What is remembered of the image of an executor's pods.
fn image_of(components: &[&Planned]) -> Option<u32> {
    let worker = components.iter().find(|planned| matches!(planned.role, Role::Worker(_)))?;
    Some(short(value(&Node::from(worker.image.as_str()))))
}

/// Of several components of an executor one is its head, and the others are numbered.
fn part_of(former: &Former, count: usize) -> Part {
    if count == 1 && !former.component.ends_with("-head") {
        return Part::Whole;
    }
    match former.component.rsplit_once('-') {
        Some((_, "head")) => Part::Head,
        Some((_, number)) => number.parse().map_or(Part::Whole, Part::Shard),
        None => Part::Whole,
    }
}

/// Roles of which a component has one at a time: its object changes its kind.
const FAMILIES: [[&str; 2]; 3] =
    [["Deployment", "StatefulSet"], ["HorizontalPodAutoscaler", "ScaledObject"], ["ServiceMonitor", "PodMonitor"]];

/// The role that an object may have had before; `None` when there is no other.
pub fn other_role(role: &str) -> Option<&'static str> {
    FAMILIES.iter().find_map(|[one, other]| match role {
        role if role == *one => Some(*other),
        role if role == *other => Some(*one),
        _ => None,
    })
}

/// Fields of `spec` that both kinds of workload have.
const OF_BOTH: [&str; 5] = ["replicas", "selector", "template", "minReadySeconds", "revisionHistoryLimit"];

/// Takes what has no meaning in an object of another kind out of it: what is not in `other`, which is one. The paths of
/// what was taken.
pub fn fit(object: &mut Node<'_>, role: &str, other: &Node<'_>) -> Vec<String> {
    let mut taken = Vec::new();
    // As Jina exports them, Deployments and StatefulSets have more in common.
    let has = |name: &str| other.get("spec").is_some_and(|spec| spec.get(name).is_some());
    if ["Deployment", "StatefulSet"].contains(&role) {
        if let Some(Data::Map(fields)) = object.get_mut("spec").map(|spec| &mut spec.data) {
            fields.retain(|(name, _)| {
                let stays = name.as_text().is_some_and(|name| OF_BOTH.contains(&name) || has(name));
                if !stays {
                    taken.push(format!("spec.{}", name.shown()));
                }
                stays
            });
        }
    } else if object.take("spec").is_some() {
        taken.push("spec".to_owned());
    }
    taken
}

/// Fields whose values are names of objects or of parts of a pod.
const NAMES: [&str; 3] = ["name", "claimName", "serviceName"];

/// What is made of the name of a component (`manifests::configmap`, `manifests::statefulset`).
const SUFFIXES: [&str; 4] = ["", "-configmap", "-config", "-volume"];

/// Exchanges the names that are made of two components' names, so that the objects of one look like those of the other.
/// Done twice, everything is as it was.
pub fn exchange(node: &mut Node<'_>, one: &str, other: &str) {
    rename(node, &[(one, other), (other, one)]);
}

/// Replaces the names that are made of one component's name by those of another.
pub fn rename(node: &mut Node<'_>, names: &[(&str, &str)]) {
    match &mut node.data {
        Data::Map(pairs) => {
            for (key, value) in pairs {
                let is_name = key.as_text().is_some_and(|key| NAMES.contains(&key));
                match value.as_text().filter(|_| is_name).and_then(|text| renamed_text(text, names)) {
                    Some(text) => *value = text.into(),
                    None => rename(value, names),
                }
            }
        }
        Data::List(entries) => entries.iter_mut().for_each(|entry| rename(entry, names)),
        Data::Scalar(_) => {}
    }
}

/// Moves what is held of an object whose names were exchanged to where it is with its own names. An entry is at the place
/// of its name.
pub fn follow(held: Held, objects: [&Node<'_>; 2], one: &str, other: &str) -> Held {
    let mut moved: HashMap<u32, u32> = HashMap::new();
    for object in objects {
        let mut exchanged = object.clone();
        exchange(&mut exchanged, one, other);
        moved.extend(places(&exchanged).into_iter().zip(places(object)));
    }
    held.into_iter().map(|(place, older)| (moved.get(&place).copied().unwrap_or(place), older)).collect()
}

/// The places of all leaves, in their order.
fn places(object: &Node<'_>) -> Vec<u32> {
    let mut places = Vec::new();
    each_leaf("", object, Place::ROOT, &Path::root(""), &mut |place, _, _| places.push(place.short()));
    places
}

fn renamed_text(text: &str, names: &[(&str, &str)]) -> Option<String> {
    names.iter().find_map(|(from, to)| {
        let suffix = text.strip_prefix(*from)?;
        // A second volume is `NAME-volume-1`.
        let is_volume = suffix.strip_prefix("-volume-").is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()));
        (SUFFIXES.contains(&suffix) || is_volume).then(|| format!("{to}{suffix}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(component: &str, executor: &str, role: Role) -> Planned {
        Planned {
            component: component.into(),
            executor: executor.into(),
            role,
            image: format!("acme/{}:1", executor.trim_end_matches('2')),
        }
    }

    fn former(component: &str, executor: &str) -> Former {
        let image = Node::from(format!("acme/{executor}:1"));
        Former { component: component.into(), executor: executor.into(), image: Some(short(value(&image))) }
    }

    fn found(planned: &[Planned], former: &[Former]) -> Vec<String> {
        let mut found: Vec<String> = successions(planned, former).into_iter().map(|(new, old)| format!("{old}>{new}")).collect();
        found.sort();
        found
    }

    #[test]
    fn shards_succeed_the_whole_and_the_whole_the_first_shard() {
        let whole = [planned("idx", "idx", Role::Worker(0))];
        let sharded =
            [planned("idx-head", "idx", Role::Head), planned("idx-0", "idx", Role::Worker(0)), planned("idx-1", "idx", Role::Worker(1))];
        let was_sharded = ["idx-head", "idx-0", "idx-1"].map(|component| former(component, "idx"));
        assert_eq!(found(&sharded, &[former("idx", "idx")]), ["idx>idx-0", "idx>idx-1"]);
        assert_eq!(found(&whole, &was_sharded), ["idx-0>idx"]);
        assert_eq!(found(&sharded, &was_sharded), Vec::<String>::new());
        assert_eq!(found(&whole, &[former("idx", "idx")]), Vec::<String>::new());
    }

    #[test]
    fn a_renamed_executor_is_known_by_its_image() {
        let new = [planned("enc2", "enc2", Role::Worker(0)), planned("rank", "rank", Role::Worker(0))];
        assert_eq!(found(&new, &[former("enc", "enc"), former("rank", "rank")]), ["enc>enc2"]);
        // Another executor with another image is another executor.
        assert_eq!(found(&[planned("other", "other", Role::Worker(0))], &[former("enc", "enc")]), Vec::<String>::new());
        // Two that could be meant.
        let twice = [planned("a", "enc2", Role::Worker(0)), planned("b", "enc22", Role::Worker(0))];
        assert_eq!(found(&twice, &[former("enc", "enc")]), Vec::<String>::new());
        // With shards at the same time.
        let sharded = [
            planned("enc2-head", "enc2", Role::Head),
            planned("enc2-0", "enc2", Role::Worker(0)),
            planned("enc2-1", "enc2", Role::Worker(1)),
        ];
        assert_eq!(found(&sharded, &[former("enc", "enc")]), ["enc>enc2-0", "enc>enc2-1"]);
    }

    #[test]
    fn names_are_exchanged_where_they_are_names() {
        let text = "{name: a, data: {x: a}, v: [{name: a-volume}, {name: a-volume-1}, {name: b-configmap}, {name: ab}, {name: a-x}]}";
        let read = |text: &str| crate::yaml::read(text).ok().and_then(|d| d.root).map_or_else(|| "".into(), Node::into_owned);
        let shown = |node: &Node<'_>| crate::yaml::kubernetes_value(node).to_string();
        let mut node = read(text);
        exchange(&mut node, "a", "b");
        let expected = "{name: b, data: {x: a}, v: [{name: b-volume}, {name: b-volume-1}, {name: a-configmap}, {name: ab}, {name: a-x}]}";
        assert_eq!(shown(&node), shown(&read(expected)));
        exchange(&mut node, "a", "b");
        assert_eq!(shown(&node), shown(&read(text)));
    }
}
