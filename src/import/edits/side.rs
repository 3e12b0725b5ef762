//! The edits of the objects of one component, as fields find them.

use std::collections::BTreeMap;

use super::component::Component;
use super::edit::{Edit, Identity, Wanted, identity};
use super::place::Place;
use super::rendered::Rendered;
use super::same::is_same;
use crate::yaml::Node;

/// The object and the place of an edit.
pub type Key = (Identity, Place);

/// A field of a layer that expresses edits, with its value. Some edits need several fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Find {
    /// The path of each field in its layer, and the value.
    pub fields: Vec<(Vec<String>, Node<'static>)>,
    /// The edits.
    pub edits: Vec<Key>,
}

impl Find {
    /// One field.
    pub fn one(path: &[&str], value: Node<'static>, edits: Vec<Key>) -> Self {
        Self { fields: vec![(path.iter().map(|name| (*name).to_owned()).collect(), value)], edits }
    }
}

/// An edit whose place matches a pattern.
pub struct Match<'s> {
    /// The names that the pattern leaves open.
    pub names: Vec<&'s str>,
    /// The value before the edit; `None` if it was added.
    pub old: Option<&'s Node<'static>>,
    /// The value after the edit; `None` if it was removed.
    pub new: Option<&'s Node<'static>>,
    /// The edit.
    pub key: Key,
}

/// The same edit of all containers that run Jina in a pod.
pub struct InAll<'s> {
    /// The names that the pattern leaves open.
    pub names: Vec<&'s str>,
    /// The value after the edit.
    pub new: &'s Node<'static>,
    /// The edits.
    pub keys: Vec<Key>,
}

/// One component with its edits.
pub struct Side<'s> {
    /// The place of the component.
    pub place: usize,
    /// The component.
    pub component: &'s Component,
    /// The rendered objects of the component.
    pub objects: Vec<&'s Node<'static>>,
    edits: Vec<&'s Edit>,
    /// Objects that the Flow does not have.
    pub added: &'s [&'s Edit],
    wanted: &'s Wanted,
}

/// The components that have edits. `added` are the objects that the Flow does not have.
pub fn sides<'s>(rendered: &'s Rendered, edits: &'s [Edit], added: &'s [&'s Edit], wanted: &'s Wanted) -> Vec<Side<'s>> {
    let side = |(place, component)| Side { place, component, objects: Vec::new(), edits: Vec::new(), added, wanted };
    let mut sides: Vec<Side<'s>> = rendered.components.iter().enumerate().map(side).collect();
    for object in &rendered.objects {
        if let Some(side) = sides.get_mut(object.component) {
            side.objects.push(&object.node);
        }
    }
    for edit in edits {
        if let Some(side) = edit.component.and_then(|place| sides.get_mut(place)) {
            side.edits.push(edit);
        }
    }
    sides.retain(|side| !side.edits.is_empty() || !side.added.is_empty());
    sides
}

/// The kinds of objects with pods.
pub fn has_pods(kind: &str) -> bool {
    ["Deployment", "StatefulSet"].contains(&kind)
}

impl<'s> Side<'s> {
    /// The edits of objects of a kind at places that match a pattern.
    pub fn of_kind(&self, is_kind: impl Fn(&str) -> bool, pattern: &str) -> Vec<Match<'s>> {
        let edits = self.edits.iter().copied().filter(|edit| is_kind(&edit.object.0) && !edit.is_of_object());
        edits
            .filter_map(|edit| {
                let names = edit.change.place.matches(pattern)?;
                let (old, new) = (edit.change.old.as_ref(), edit.change.new.as_ref());
                Some(Match { names, old, new, key: (edit.object.clone(), edit.change.place.clone()) })
            })
            .collect()
    }

    /// The edits of the workload.
    pub fn of_workload(&self, pattern: &str) -> Vec<Match<'s>> {
        self.of_kind(has_pods, pattern)
    }

    /// The edits of the pods.
    pub fn of_pods(&self, pattern: &str) -> Vec<Match<'s>> {
        self.of_workload(&format!("spec.template.spec.{pattern}"))
    }

    /// The edits that all containers that run Jina share.
    pub fn of_all_containers(&self, pattern: &str) -> Vec<InAll<'s>> {
        let mut shared: BTreeMap<Vec<&'s str>, (Vec<&'s str>, Vec<Match<'s>>)> = BTreeMap::new();
        for found in self.of_pods(&format!("containers.[].{pattern}")) {
            let Some((container, names)) = found.names.split_first() else { continue };
            let (containers, matches) = shared.entry(names.to_vec()).or_default();
            containers.push(container);
            matches.push(found);
        }
        let in_all = shared.into_iter().filter_map(|(names, (containers, matches))| {
            let new = matches.first()?.new?;
            let is_shared = self.component.containers.iter().all(|name| containers.contains(name))
                && containers.len() == self.component.containers.len()
                && matches.iter().all(|found| found.new.is_some_and(|other| is_same(new, other)));
            is_shared.then(|| InAll { names, new, keys: matches.into_iter().map(|found| found.key).collect() })
        });
        in_all.collect()
    }

    /// The workload as the user has it.
    pub fn workload(&self) -> Option<&'s Node<'static>> {
        let object = self.objects.iter().find(|object| has_pods(object.text_at("kind")))?;
        self.wanted.get(&identity(object))
    }

    /// The workload before the edits.
    pub fn rendered_workload(&self) -> Option<&'s Node<'static>> {
        self.objects.iter().find(|object| has_pods(object.text_at("kind"))).copied()
    }
}

/// The string in a node that is a string and not a number.
pub fn string<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    node.as_text().filter(|text| is_same(node, &Node::from(*text)))
}
