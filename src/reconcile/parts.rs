//! Divides a value into the parts that are merged one by one, and joins the parts again.

use super::leaves::{Grain, flag_groups, grain};
use crate::config::lists::entry_name;
use crate::yaml::{Data, Node};

/// A field, an entry, or a flag with its words.
#[derive(Clone)]
pub struct Part<'t> {
    pub name: String,
    /// The key of a field.
    pub key: Option<Node<'t>>,
    pub node: Node<'t>,
}

/// A value for the merge: a collection, divided into parts, or a leaf.
pub enum Shape<'t> {
    Parts(Grain, Vec<Part<'t>>),
    Leaf(Node<'t>),
}

/// The name of the field that decides how lists, arguments and unions in a part are divided.
pub fn inner<'n>(grain: Grain, name: &'n str, field: &'n str) -> &'n str {
    match grain {
        Grain::Fields => name,
        Grain::Entries | Grain::Flags => field,
    }
}

/// A value as messages show it. Every spelling of null is shown as `null`.
pub fn shown(node: &Node<'_>) -> String {
    if node.is_null() { "null".to_owned() } else { node.shown() }
}

/// Command-line words on one line.
pub fn line(words: &Node<'_>) -> String {
    words.as_list().unwrap_or_default().iter().map(Node::shown).collect::<Vec<_>>().join(" ")
}

/// Divides the value of `field`.
pub fn shape<'t>(field: &str, node: Node<'t>) -> Shape<'t> {
    let Some(grain) = grain(field, &node) else { return Shape::Leaf(node) };
    let parts = match (grain, node.data) {
        (_, Data::Map(pairs)) => pairs.into_iter().map(|(key, node)| Part { name: key.shown(), key: Some(key), node }).collect(),
        (Grain::Flags, Data::List(list)) => {
            let groups: Vec<(String, usize)> = flag_groups(&list).into_iter().map(|(name, end)| (name.into_owned(), end)).collect();
            let mut words = list.into_iter();
            let mut start = 0;
            let mut part = |(name, end): (String, usize)| {
                let group: Vec<Node<'t>> = words.by_ref().take(end - start).collect();
                start = end;
                Part { name, key: None, node: group.into() }
            };
            groups.into_iter().map(&mut part).collect()
        }
        (_, Data::List(entries)) => {
            entries.into_iter().map(|entry| Part { name: entry_name(field, &entry), key: None, node: entry }).collect()
        }
        (_, scalar @ Data::Scalar(_)) => return Shape::Leaf(scalar.into()),
    };
    Shape::Parts(grain, parts)
}

/// Joins a divided value again.
pub fn whole(shape: Shape<'_>) -> Node<'_> {
    match shape {
        Shape::Leaf(node) => node,
        Shape::Parts(grain, parts) => together(grain, parts),
    }
}

/// Joins parts to a collection.
pub fn together(grain: Grain, parts: Vec<Part<'_>>) -> Node<'_> {
    match grain {
        Grain::Fields => Data::Map(parts.into_iter().filter_map(|part| Some((part.key?, part.node))).collect()),
        Grain::Entries => Data::List(parts.into_iter().map(|part| part.node).collect()),
        Grain::Flags => {
            let words = parts.into_iter().flat_map(|part| match part.node.data {
                Data::List(words) => words,
                _ => Vec::new(),
            });
            Data::List(words.collect())
        }
    }
    .into()
}
