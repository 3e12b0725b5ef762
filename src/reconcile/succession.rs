//! Finds the former component that a new component replaces, because its executor was renamed or its number of shards has
//! changed. The edits of the former objects then belong to the new objects. Also adapts a former object to the new object:
//! its names, and the fields of another kind of workload.

use std::collections::{HashMap, HashSet};

use super::generated::Generated;
use super::leaves::{Grain, Place, each_leaf, short, value};
use super::memory::Held;
use crate::finding::{FieldPath, Path};
use crate::plan::Role;
use crate::yaml::{Data, Node};

/// A component that is being rendered.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The Kubernetes name of the component.
    pub component: String,
    /// The name of the executor, as the value of a label.
    pub executor: String,
    /// The role of the component.
    pub role: Role,
    /// The image of the main container.
    pub image: String,
}

/// A component with generated objects in the list.
#[derive(Debug, Clone)]
pub struct Former {
    /// The Kubernetes name of the component.
    pub component: String,
    /// The name of the executor, as the value of a label.
    pub executor: String,
    /// The hash of the image of the main container, from the memory.
    image: Option<u32>,
}

impl Former {
    /// Reads a component from its Deployment or StatefulSet.
    pub fn of(component: &str, workload: &Generated<'_>) -> Self {
        let label = workload.node.at("spec.template.metadata.labels.jina_deployment_name").and_then(Node::as_text);
        let fields = ["spec", "template", "spec", "containers"];
        let containers = fields.iter().fold(Place::ROOT, |place, field| place.part(Grain::Fields, field));
        let image = containers.part(Grain::Entries, "executor").part(Grain::Fields, "image");
        Self {
            component: component.to_owned(),
            executor: label.unwrap_or(component).to_owned(),
            image: workload.memory.as_ref().and_then(|memory| memory.value(image)),
        }
    }
}

/// The part of an executor that a component runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    /// The whole executor.
    Whole,
    Head,
    Shard(u32),
}

/// Maps the name of each new component to the name of the former component that it replaces.
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
        let Some(old) = before.get(executor).or_else(|| before.get(renamed.former_name(new)?)) else { continue };
        let old_names: HashSet<&str> = old.iter().map(|former| former.component.as_str()).collect();
        // A component that still exists cannot be replaced.
        let mut ended: HashMap<Part, usize> = HashMap::new();
        for (place, former) in old.iter().enumerate().filter(|(_, former)| !planned_names.contains(former.component.as_str())) {
            ended.entry(part_of(former, old.len())).or_insert(place);
        }
        for component in new.iter().filter(|component| !old_names.contains(component.component.as_str())) {
            // Shards replace an executor without shards, and the other way round.
            let parts = match component.role {
                Role::Head => [Part::Head, Part::Head],
                Role::Worker(shard) if new.len() > 1 => [Part::Shard(shard), Part::Whole],
                _ => [Part::Whole, Part::Shard(0)],
            };
            if let Some(place) = parts.iter().filter_map(|part| ended.get(part)).min() {
                successions.insert(component.component.clone(), old[*place].component.clone());
            }
        }
    }
    successions
}

/// New and removed executors by the hash of their image, to find renamed executors.
struct Renamed<'f> {
    /// The number of new executors with each image.
    new: HashMap<u32, usize>,
    /// The removed executor with each image; `None` if there are several.
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

    /// The former name of a new executor: the name of the only removed executor with the same image.
    fn former_name(&self, components: &[&Planned]) -> Option<&'f str> {
        let image = image_of(components)?;
        let is_only = self.new.get(&image) == Some(&1);
        self.gone.get(&image).copied().flatten().filter(|_| is_only)
    }
}

/// The hash of the image of an executor's pods, in the form of the memory.
fn image_of(components: &[&Planned]) -> Option<u32> {
    let worker = components.iter().find(|planned| matches!(planned.role, Role::Worker(_)))?;
    Some(short(value(&Node::from(worker.image.as_str()))))
}

/// The part of its executor that a former component was, found from its name. If an executor has several components
/// (`count`), one is the head and the names of the others end with a number.
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

/// Pairs of roles. A component has an object in only one role of each pair. A change from one role to the other changes the
/// kind of the object.
const FAMILIES: [[&str; 2]; 3] =
    [["Deployment", "StatefulSet"], ["HorizontalPodAutoscaler", "ScaledObject"], ["ServiceMonitor", "PodMonitor"]];

/// The other role that an object may have had before; `None` if there is none.
pub fn other_role(role: &str) -> Option<&'static str> {
    FAMILIES.iter().find_map(|[one, other]| match role {
        role if role == *one => Some(*other),
        role if role == *other => Some(*one),
        _ => None,
    })
}

/// Fields of `spec` that Deployments and StatefulSets have.
const OF_BOTH: [&str; 5] = ["replicas", "selector", "template", "minReadySeconds", "revisionHistoryLimit"];

/// Removes the fields that have no meaning in an object of another kind, and returns their paths. `other` is an object of
/// that kind.
pub fn fit(object: &mut Node<'_>, role: &str, other: &Node<'_>) -> Vec<FieldPath> {
    let mut taken = Vec::new();
    // The Deployments and StatefulSets that Jina exports have more fields in common.
    let has = |name: &str| other.get("spec").is_some_and(|spec| spec.get(name).is_some());
    if ["Deployment", "StatefulSet"].contains(&role) {
        if let Some(Data::Map(fields)) = object.get_mut("spec").map(|spec| &mut spec.data) {
            fields.retain(|(name, _)| {
                let stays = name.as_text().is_some_and(|name| OF_BOTH.contains(&name) || has(name));
                if !stays {
                    taken.push(FieldPath::from("spec").key(&name.shown()));
                }
                stays
            });
        }
    } else if object.take("spec").is_some() {
        taken.push("spec".into());
    }
    taken
}

/// Fields whose values are names of objects or of parts of a pod.
const NAMES: [&str; 3] = ["name", "claimName", "serviceName"];

/// Suffixes of names that are made of the name of a component (`manifests::configmap`, `manifests::statefulset`).
const SUFFIXES: [&str; 4] = ["", "-configmap", "-config", "-volume"];

/// Exchanges the names of two components in an object, also where they are a part of a longer name. An object of one
/// component then has the names of the other. A second call restores the object.
pub fn exchange(node: &mut Node<'_>, one: &str, other: &str) {
    rename(node, &[(one, other), (other, one)]);
}

/// Replaces each first name of a pair by the second name, also where it is a part of a longer name (see [`SUFFIXES`]).
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

/// Moves held memory of an object with exchanged names to the places in the object with its own names: the place of a list
/// entry depends on the name of the entry.
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
    fn shards_replace_an_executor_without_shards_and_the_other_way_round() {
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
    fn a_renamed_executor_is_found_by_its_image() {
        let new = [planned("enc2", "enc2", Role::Worker(0)), planned("rank", "rank", Role::Worker(0))];
        assert_eq!(found(&new, &[former("enc", "enc"), former("rank", "rank")]), ["enc>enc2"]);
        // An executor with another name and another image is not a renamed executor.
        assert_eq!(found(&[planned("other", "other", Role::Worker(0))], &[former("enc", "enc")]), Vec::<String>::new());
        // Two new executors have the image of the removed executor.
        let twice = [planned("a", "enc2", Role::Worker(0)), planned("b", "enc22", Role::Worker(0))];
        assert_eq!(found(&twice, &[former("enc", "enc")]), Vec::<String>::new());
        // The executor is renamed and gets shards at the same time.
        let sharded = [
            planned("enc2-head", "enc2", Role::Head),
            planned("enc2-0", "enc2", Role::Worker(0)),
            planned("enc2-1", "enc2", Role::Worker(1)),
        ];
        assert_eq!(found(&sharded, &[former("enc", "enc")]), ["enc>enc2-0", "enc>enc2-1"]);
    }

    #[test]
    fn only_names_are_exchanged() {
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
