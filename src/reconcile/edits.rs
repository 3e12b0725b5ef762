//! The edits of a user in a generated object: the differences between the object and its last rendering.

use std::collections::HashSet;

use super::leaves::{Grain, Leaf, Place, each_leaf, flag_groups, grain, is_same, short, value};
use super::memory::{Memory, RENDERED};
use super::ownership::OBJECT;
use crate::config::lists::entry_name;
use crate::finding::{FieldPath, HIDDEN, Path, names_a_secret, shows_a_secret};
use crate::krm::annotations::is_bookkeeping;
use crate::yaml::{Data, Node};

/// A field that differs from the last rendering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The path of the field.
    pub path: FieldPath,
    /// The value of the field on one line; hidden if it may be a secret.
    pub shown: String,
    /// Whether the last rendering did not have the field.
    pub is_new: bool,
}

/// Every edit of an object.
#[derive(Debug, Default)]
pub struct Edits {
    /// Fields that were changed or added. A mapping or list that was added is one field.
    pub changed: Vec<Edit>,
    /// The number of rendered leaves that the user has removed. Their paths are unknown, because the memory has only hashes of
    /// them.
    pub removed: usize,
}

impl Edits {
    /// Reads the edits of an object.
    pub fn of(object: &Node<'_>, memory: &Memory) -> Self {
        Self::of_plain(&plain(object), memory)
    }

    /// Reads the edits of an object without the annotations about files and ownership.
    fn of_plain(object: &Node<'_>, memory: &Memory) -> Self {
        let mut reader = Reader { memory, known: 0 };
        let found = reader.read("", object, Place::ROOT, &Path::root(""), false);
        Self { changed: found.edits, removed: memory.len().saturating_sub(reader.known) }
    }

    /// Whether there is no edit.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.removed == 0
    }
}

/// Removes the annotations about files and ownership. They are not part of the memory.
pub fn drop_bookkeeping(object: &mut Node<'_>) {
    let Some(metadata) = object.get_mut("metadata") else { return };
    let Some(Data::Map(pairs)) = metadata.get_mut("annotations").map(|node| &mut node.data) else { return };
    pairs.retain(|(name, _)| name.as_text().is_none_or(|name| name != OBJECT && name != RENDERED && !is_bookkeeping(name)));
    if pairs.is_empty() {
        metadata.take("annotations");
    }
}

/// An object without the annotations about files and ownership.
fn plain<'n>(object: &Node<'n>) -> Node<'n> {
    let mut object = object.clone();
    drop_bookkeeping(&mut object);
    object
}

/// Whether two objects are equal without the annotations about files and ownership. Only `metadata` is copied, because most
/// objects are equal and the rest of them is large.
fn are_equal(one: &Node<'_>, other: &Node<'_>) -> bool {
    const METADATA: &str = "metadata";
    let metadata = |object: &Node<'_>| {
        let pair = object.get(METADATA).map(|metadata| (Node::field(METADATA), metadata.clone()));
        value(&plain(&Data::Map(pair.into_iter().collect()).into()))
    };
    let (Data::Map(pairs), Data::Map(others)) = (&one.data, &other.data) else { return is_same(one, other) };
    let is_equal = |(key, of): &(Node<'_>, Node<'_>)| {
        let name = key.shown();
        name == METADATA || other.get(&name).is_some_and(|other| is_same(other, of))
    };
    pairs.len() == others.len() && pairs.iter().all(is_equal) && metadata(one) == metadata(other)
}

/// The fields in which two objects differ: first fields of `after`, then fields that only `before` has. Annotations about files
/// and ownership do not count. A mapping or list that only one of them has is one field.
pub fn differing(before: &Node<'_>, after: &Node<'_>) -> Vec<FieldPath> {
    if are_equal(before, after) {
        return Vec::new();
    }
    let (before, after) = (plain(before), plain(after));
    let Edits { changed, removed } = Edits::of_plain(&after, &Memory::of(&before));
    let missing = if removed > 0 { Edits::of_plain(&before, &Memory::of(&after)).changed } else { Vec::new() };
    let missing = missing.into_iter().filter(|edit| edit.is_new);
    // All flags of a command line have the same path.
    let mut seen = HashSet::new();
    changed.into_iter().chain(missing).map(|edit| edit.path).filter(|path| seen.insert(path.clone())).collect()
}

struct Reader<'m> {
    memory: &'m Memory,
    /// The number of leaves so far whose places are in the memory.
    known: usize,
}

/// The edits at a place and below it.
struct Found {
    /// Whether the memory has a leaf there.
    is_known: bool,
    edits: Vec<Edit>,
}

impl Reader<'_> {
    fn read(&mut self, field: &str, node: &Node<'_>, place: Place, path: &Path<'_>, is_secret: bool) -> Found {
        let mut found = Found { is_known: false, edits: Vec::new() };
        let mut add = |inner: Found| {
            found.is_known |= inner.is_known;
            found.edits.extend(inner.edits);
        };
        match (grain(field, node), &node.data) {
            (Some(grain @ Grain::Fields), Data::Map(pairs)) if !pairs.is_empty() => {
                for (key, of) in pairs {
                    let name = key.shown();
                    let is_secret = is_secret || names_a_secret(&name);
                    add(self.read(&name, of, place.part(grain, &name), &path.key(&name), is_secret));
                }
            }
            (Some(grain @ Grain::Entries), Data::List(entries)) if !entries.is_empty() => {
                for (index, entry) in entries.iter().enumerate() {
                    let name = entry_name(field, entry);
                    let is_secret = is_secret || names_a_secret(&name);
                    add(self.read("", entry, place.part(grain, &name), &path.index(index), is_secret));
                }
            }
            (Some(grain @ Grain::Flags), Data::List(words)) if !words.is_empty() => {
                let mut start = 0;
                for (name, end) in flag_groups(words) {
                    add(self.leaf(Leaf::Words(&words[start..end]), place.part(grain, &name), path, is_secret));
                    start = end;
                }
            }
            _ => return self.leaf(Leaf::Value(node), place, path, is_secret),
        }
        let is_root = place.short() == Place::ROOT.short();
        if !found.is_known && !is_root {
            found.edits = vec![edit(path, node.shown(), is_secret, true)];
        }
        found
    }

    fn leaf(&mut self, leaf: Leaf<'_, '_>, place: Place, path: &Path<'_>, is_secret: bool) -> Found {
        let known = self.memory.value(place);
        self.known += usize::from(known.is_some());
        let is_same = known == Some(short(leaf.hash()));
        Found {
            is_known: known.is_some(),
            edits: if is_same { Vec::new() } else { vec![edit(path, leaf.shown(), is_secret, known.is_none())] },
        }
    }
}

fn edit(path: &Path<'_>, shown: String, is_secret: bool, is_new: bool) -> Edit {
    let is_hidden = is_secret || (shown.contains([' ', ':']) && shows_a_secret(&shown));
    Edit { path: path.into(), shown: if is_hidden { HIDDEN.to_owned() } else { shown }, is_new }
}

/// Whether the memory has exactly the leaves of an object, with the same values.
pub fn is_as_rendered(object: &Node<'_>, memory: &Memory) -> bool {
    let object = plain(object);
    let (mut same, mut count) = (true, 0);
    each_leaf("", &object, Place::ROOT, &Path::root(""), &mut |place, _, leaf| {
        count += 1;
        same &= memory.value(place) == Some(short(leaf.hash()));
    });
    same && count == memory.len()
}
