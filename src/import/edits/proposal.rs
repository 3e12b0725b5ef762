//! Proposals: fields of a JinaFlow that may express edits, in the order in which they are tried.

use std::collections::{BTreeSet, HashMap};

use super::component::Component;
use super::layer::{Cover, Covering};
use super::side::{Find, Key};
use crate::yaml::Node;

/// Fields below `spec`, and the place of each edit in them.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The path of each field, and its value.
    pub puts: Vec<(Vec<String>, Node<'static>)>,
    /// The place of each edit, as people write it.
    pub places: Vec<(Key, String)>,
}

/// Edits with the fields that may express them.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The ways to express the edits, the best way first.
    pub choices: Vec<Choice>,
}

/// The finds of a field in several components, as proposals for layers: equal finds share a layer.
pub fn proposals(finds: Vec<(usize, Find)>, components: &[Component]) -> Vec<Proposal> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<Vec<(usize, Find)>> = Vec::new();
    for (component, find) in finds {
        let place = *places.entry(serde_json::to_string(&find.fields).unwrap_or_default()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push((component, find)),
            None => groups.push(vec![(component, find)]),
        }
    }
    groups.iter().filter_map(|group| proposal(group, components)).collect()
}

fn proposal(group: &[(usize, Find)], components: &[Component]) -> Option<Proposal> {
    let (_, first) = group.first()?;
    let (field, _) = first.fields.first()?;
    let edited: BTreeSet<usize> = group.iter().map(|(component, _)| *component).collect();
    let choices = Covering::of(components, field)?.choices(&edited);
    let choices: Vec<Choice> = choices.iter().map(|covers| choice(covers, first, group)).collect();
    (!choices.is_empty()).then_some(Proposal { choices })
}

fn choice(covers: &[Cover], first: &Find, group: &[(usize, Find)]) -> Choice {
    let mut choice = Choice { puts: Vec::new(), places: Vec::new() };
    for cover in covers {
        let layer = cover.layer.path();
        choice.puts.extend(first.fields.iter().map(|(field, value)| ([layer.as_slice(), field.as_slice()].concat(), value.clone())));
        let name = first.fields.first().and_then(|(field, _)| field.first());
        if let (Some(except), Some(name)) = (&cover.except, name) {
            choice.puts.push(([except.path().as_slice(), std::slice::from_ref(name)].concat(), Node::plain("null")));
        }
        let place = shown(&layer, &first.fields);
        let found = group.iter().filter(|(component, _)| cover.components.contains(component));
        choice.places.extend(found.flat_map(|(_, find)| find.edits.iter().map(|key| (key.clone(), place.clone()))));
    }
    choice
}

/// The path that fields in a layer share, or their paths.
fn shown(layer: &[String], fields: &[(Vec<String>, Node<'static>)]) -> String {
    let first = fields.first().map(|(field, _)| field.as_slice()).unwrap_or_default();
    let is_shared = |length: &usize| fields.iter().all(|(field, _)| field.get(..*length) == first.get(..*length));
    let below = |field: &[String]| path(&layer.iter().chain(field).map(String::as_str).collect::<Vec<_>>());
    match (1..=first.len()).rev().find(is_shared) {
        Some(length) => below(first.get(..length).unwrap_or_default()),
        None => fields.iter().map(|(field, _)| below(field)).collect::<Vec<_>>().join(", "),
    }
}

/// A path below `spec`, as people write it.
pub fn path(names: &[&str]) -> String {
    let shown = names.iter().enumerate().map(|(place, name)| match (name.contains('.'), place) {
        (true, _) => format!("[{name}]"),
        (false, 0) => (*name).to_owned(),
        (false, _) => format!(".{name}"),
    });
    shown.collect()
}
