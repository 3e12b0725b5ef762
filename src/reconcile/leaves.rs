//! Divides an object into leaves, each with its place and value. Edits are compared leaf by leaf.
//!
//! A leaf is a scalar, an empty collection, or a list that Kubernetes replaces as a whole. Lists with a merge key are
//! divided into their entries, and arguments into their flags.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::config::lists::{entry_name, identity, merge_keys};
use crate::finding::Path;
use crate::manifests::fingerprint::{BASIS, hashed, mixed};
use crate::yaml::{Data, Node, Scalar, Style, kubernetes_value};

/// The kind of parts into which a collection is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grain {
    /// Fields of a mapping.
    Fields,
    /// Entries of a list with a merge key.
    Entries,
    /// Command-line flags, each with the words after it: `--name`, `--name word …`. The words before the first flag are one
    /// part too.
    Flags,
}

/// The kind of parts into which `node`, the value of `field`, is divided; `None` if it is a leaf.
pub fn grain(field: &str, node: &Node<'_>) -> Option<Grain> {
    match &node.data {
        Data::Scalar(_) => None,
        Data::Map(_) => Some(Grain::Fields),
        Data::List(words) if field == "args" => words.iter().all(|word| word.as_text().is_some()).then_some(Grain::Flags),
        Data::List(entries) => {
            let keys = merge_keys(field)?;
            let mut names = entries.iter().map(|entry| identity(entry, keys)).collect::<Option<Vec<_>>>()?;
            names.sort_unstable();
            names.windows(2).all(|pair| pair[0] != pair[1]).then_some(Grain::Entries)
        }
    }
}

/// Groups command-line words by flag, and returns the name and the end of each group. The name is the flag. The name of a
/// repeated flag also has a number after a NUL character, which no argument contains.
pub fn flag_groups<'w>(words: &'w [Node<'_>]) -> Vec<(Cow<'w, str>, usize)> {
    let mut groups: Vec<(Cow<'w, str>, usize)> = Vec::new();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (place, word) in words.iter().enumerate() {
        let text = word.as_text().unwrap_or_default();
        if text.starts_with("--") {
            let times = seen.entry(text).or_default();
            *times += 1;
            groups.push((if *times == 1 { text.into() } else { format!("{text}\0{times}").into() }, place));
        } else if groups.is_empty() {
            groups.push(("".into(), place));
        }
        if let Some((_, end)) = groups.last_mut() {
            *end = place + 1;
        }
    }
    groups
}

/// A place in an object: a hash of the path to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(u64);

impl Place {
    /// The place of the object itself.
    pub const ROOT: Place = Place(BASIS);

    /// The place of a part of the value at this place.
    pub fn part(self, grain: Grain, name: &str) -> Place {
        let separator: &[u8] = match grain {
            Grain::Fields => &[0],
            Grain::Entries => &[1],
            Grain::Flags => &[2],
        };
        Place(hashed(hashed(self.0, separator), name.as_bytes()))
    }

    /// The 30 bits of the hash that the memory stores.
    pub fn short(self) -> u32 {
        short(mixed(self.0))
    }
}

/// The name of a field. A key that is not a string has one too.
fn key_name<'n>(key: &'n Node<'_>) -> Cow<'n, str> {
    key.as_text().map_or_else(|| key.shown().into(), Cow::Borrowed)
}

/// The hash of a value. Two spellings have the same hash if kubectl reads them as the same value.
pub fn value(node: &Node<'_>) -> u64 {
    mixed(match &node.data {
        Data::Scalar(Scalar { text, style: Style::Quoted }) => hashed(BASIS, text.as_bytes()),
        Data::Scalar(_) => match kubernetes_value(node) {
            serde_json::Value::String(text) => hashed(BASIS, text.as_bytes()),
            other => hashed(!BASIS, other.to_string().as_bytes()),
        },
        Data::List(entries) => entries.iter().fold(BASIS ^ 1, |state, entry| hashed(state, &value(entry).to_le_bytes())),
        // Fields have no order.
        Data::Map(pairs) => pairs.iter().fold(BASIS ^ 2, |state, (key, of)| {
            state.wrapping_add(mixed(hashed(hashed(BASIS, key_name(key).as_bytes()), &value(of).to_le_bytes())))
        }),
    })
}

/// Whether two nodes have the same value, as [`value`] compares them. Values with the same spelling and order, which most are,
/// need no hash.
pub fn is_same(one: &Node<'_>, other: &Node<'_>) -> bool {
    let is_spelled_alike = match (&one.data, &other.data) {
        (Data::Scalar(one), Data::Scalar(other)) => one.text == other.text && one.style == other.style,
        (Data::List(one), Data::List(other)) => {
            return one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other));
        }
        (Data::Map(one), Data::Map(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|((key, one), (name, other))| key_name(key) == key_name(name) && is_same(one, other))
        }
        _ => return false,
    };
    is_spelled_alike || value(one) == value(other)
}

/// The hash of a flag with its words.
pub fn words(words: &[Node<'_>]) -> u64 {
    mixed(words.iter().fold(BASIS ^ 1, |state, word| hashed(state, &value(word).to_le_bytes())))
}

/// The 30 bits of a hash that the memory stores.
pub fn short(hash: u64) -> u32 {
    (hash & 0x3fff_ffff) as u32
}

/// The value of a leaf.
#[derive(Clone, Copy)]
pub enum Leaf<'n, 't> {
    /// A value that is replaced as a whole.
    Value(&'n Node<'t>),
    /// A flag with its words.
    Words(&'n [Node<'t>]),
}

impl Leaf<'_, '_> {
    /// The hash of the leaf.
    pub fn hash(self) -> u64 {
        match self {
            Leaf::Value(node) => value(node),
            Leaf::Words(list) => words(list),
        }
    }

    /// The leaf on one line, for messages.
    pub fn shown(self) -> String {
        match self {
            Leaf::Value(node) => node.shown(),
            Leaf::Words(list) => list.iter().map(Node::shown).collect::<Vec<_>>().join(" "),
        }
    }
}

/// Calls `each` with the place, the path and the value of every leaf of `node`, the value of `field`.
pub fn each_leaf<'n, 't>(
    field: &str,
    node: &'n Node<'t>,
    place: Place,
    path: &Path<'_>,
    each: &mut impl FnMut(Place, &Path<'_>, Leaf<'n, 't>),
) {
    match (grain(field, node), &node.data) {
        (Some(Grain::Fields), Data::Map(pairs)) if !pairs.is_empty() => {
            for (key, of) in pairs {
                let name = key_name(key);
                each_leaf(&name, of, place.part(Grain::Fields, &name), &path.key(&name), each);
            }
        }
        (Some(Grain::Entries), Data::List(entries)) if !entries.is_empty() => {
            for (index, entry) in entries.iter().enumerate() {
                each_leaf("", entry, place.part(Grain::Entries, &entry_name(field, entry)), &path.index(index), each);
            }
        }
        (Some(Grain::Flags), Data::List(list)) if !list.is_empty() => {
            let mut start = 0;
            for (name, end) in flag_groups(list) {
                each(place.part(Grain::Flags, &name), path, Leaf::Words(&list[start..end]));
                start = end;
            }
        }
        _ => each(place, path, Leaf::Value(node)),
    }
}
