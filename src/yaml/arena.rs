//! A compact form of documents that are read many times and never changed. Besides the text of the documents, it needs 12
//! bytes for each key and value. A [`Node`] needs several times as much.

use std::fmt;

use super::node::{Data, Node};

/// The documents of one text.
#[derive(Debug, Default)]
pub struct Arena<'t> {
    /// The text that the documents were read from.
    source: &'t str,
    /// Scalars that differ from the source, because they were unescaped, folded or joined.
    owned: String,
    slots: Vec<Slot>,
}

/// A key or a value. The entries of a collection are next to each other.
#[derive(Debug, Clone, Copy)]
struct Slot {
    kind: Kind,
    start: u32,
    count: u32,
}

/// The target of `start` and `count` of a slot.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Bytes of the source.
    Source,
    /// Bytes of `owned`.
    Owned,
    /// Bytes of `owned`, which are null for every YAML reader.
    Null,
    /// Slots: the entries.
    List,
    /// Pairs of slots: a key, then its value.
    Map,
}

const EMPTY: Slot = Slot { kind: Kind::Owned, start: 0, count: 0 };

impl<'t> Arena<'t> {
    /// Creates an arena for documents that were read from `source`. Scalars that are not slices of `source` are copied.
    pub fn new(source: &'t str) -> Self {
        Self { source, owned: String::new(), slots: Vec::new() }
    }

    /// Adds a document and returns its place, for [`Arena::view`].
    pub fn add(&mut self, node: &Node<'_>) -> usize {
        let at = self.reserve(1);
        self.fill(at, node);
        at
    }

    /// The document at a place.
    pub fn view(&self, at: usize) -> View<'_> {
        View { arena: self, at }
    }

    /// The end of the arena, for [`Arena::forget_since`].
    pub fn end(&self) -> usize {
        self.slots.len()
    }

    /// Removes the documents that were added after [`Arena::end`] returned `end`.
    pub fn forget_since(&mut self, end: usize) {
        self.slots.truncate(end);
    }

    /// Frees the memory that was reserved for more documents.
    pub fn shrink(&mut self) {
        self.slots.shrink_to_fit();
        self.owned.shrink_to_fit();
    }

    /// The bytes of a scalar; `None` for a list or mapping.
    fn bytes(&self, Slot { kind, start, count }: Slot) -> Option<&[u8]> {
        let text = match kind {
            Kind::Source => self.source,
            Kind::Owned | Kind::Null => &self.owned,
            Kind::List | Kind::Map => return None,
        };
        text.as_bytes().get(start as usize..start as usize + count as usize)
    }

    fn reserve(&mut self, count: usize) -> usize {
        let first = self.slots.len();
        self.slots.resize(first + count, EMPTY);
        first
    }

    fn fill(&mut self, at: usize, node: &Node<'_>) {
        self.slots[at] = match &node.data {
            Data::Scalar(scalar) if node.is_null() => Slot { kind: Kind::Null, ..self.copy(&scalar.text) },
            Data::Scalar(scalar) => self.text(&scalar.text),
            Data::List(entries) => {
                let first = self.reserve(entries.len());
                for (index, entry) in entries.iter().enumerate() {
                    self.fill(first + index, entry);
                }
                Slot { kind: Kind::List, start: number(first), count: number(entries.len()) }
            }
            Data::Map(pairs) => {
                let first = self.reserve(2 * pairs.len());
                for (index, (key, value)) in pairs.iter().enumerate() {
                    self.fill(first + 2 * index, key);
                    self.fill(first + 2 * index + 1, value);
                }
                Slot { kind: Kind::Map, start: number(first), count: number(pairs.len()) }
            }
        };
    }

    fn text(&mut self, text: &str) -> Slot {
        if let Some(start) = offset_within(self.source, text) {
            return Slot { kind: Kind::Source, start: number(start), count: number(text.len()) };
        }
        self.copy(text)
    }

    fn copy(&mut self, text: &str) -> Slot {
        let start = self.owned.len();
        self.owned.push_str(text);
        Slot { kind: Kind::Owned, start: number(start), count: number(text.len()) }
    }
}

/// Converts an offset to 32 bits, which are enough because sources are limited to far less than 4 GB. A larger offset
/// becomes a place out of range, which reads as empty.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// The offset of a slice in the string that it was cut from, or `None` for any other string.
fn offset_within(source: &str, slice: &str) -> Option<usize> {
    let offset = slice.as_ptr().addr().checked_sub(source.as_ptr().addr())?;
    (offset.checked_add(slice.len())? <= source.len()).then_some(offset)
}

/// A value of a document in an [`Arena`].
#[derive(Clone, Copy)]
pub struct View<'a> {
    arena: &'a Arena<'a>,
    at: usize,
}

/// The entries of a list.
#[derive(Debug, Clone, Copy, Default)]
pub struct List<'a> {
    arena: Option<&'a Arena<'a>>,
    first: usize,
    count: usize,
}

/// The entries of a mapping.
#[derive(Debug, Clone, Copy, Default)]
pub struct Map<'a>(List<'a>);

impl<'a> View<'a> {
    fn slot(&self) -> Slot {
        self.arena.slots.get(self.at).copied().unwrap_or(EMPTY)
    }

    /// The string of a scalar; `None` for a list or mapping.
    pub fn as_text(self) -> Option<&'a str> {
        let Slot { kind, start, count } = self.slot();
        let text = match kind {
            Kind::Source => self.arena.source,
            Kind::Owned | Kind::Null => &self.arena.owned,
            Kind::List | Kind::Map => return None,
        };
        text.get(start as usize..start as usize + count as usize)
    }

    /// The string of a scalar; empty for anything else.
    pub fn text(self) -> &'a str {
        self.as_text().unwrap_or_default()
    }

    /// Whether the value is null, as Kubernetes reads a field that is not set; see [`Node::is_null`].
    pub fn is_null(self) -> bool {
        matches!(self.slot().kind, Kind::Null)
    }

    /// The entries of a list; `None` for anything else.
    pub fn as_list(self) -> Option<List<'a>> {
        let Slot { kind, start, count } = self.slot();
        matches!(kind, Kind::List).then_some(List { arena: Some(self.arena), first: start as usize, count: count as usize })
    }

    /// The entries of a mapping; `None` for anything else.
    pub fn as_map(self) -> Option<Map<'a>> {
        let Slot { kind, start, count } = self.slot();
        matches!(kind, Kind::Map).then_some(Map(List { arena: Some(self.arena), first: start as usize, count: 2 * count as usize }))
    }

    /// The value of the last entry with the key `name`.
    pub fn get(self, name: &str) -> Option<View<'a>> {
        self.field(name.as_bytes())
    }

    fn field(self, name: &[u8]) -> Option<View<'a>> {
        let Slot { kind: Kind::Map, start, count } = self.slot() else { return None };
        let first = start as usize;
        let pairs = self.arena.slots.get(first..first + 2 * count as usize)?;
        let has_name = |pair: &[Slot]| pair[0].count as usize == name.len() && self.arena.bytes(pair[0]) == Some(name);
        let index = pairs.chunks_exact(2).rposition(has_name)?;
        Some(View { arena: self.arena, at: first + 2 * index + 1 })
    }

    /// The value at a path of field names with dots between them, such as `metadata.name`.
    pub fn at(self, path: &str) -> Option<View<'a>> {
        path.as_bytes().split(|byte| *byte == b'.').try_fold(self, View::field)
    }

    /// The scalar at a path; empty if there is none.
    pub fn text_at(self, path: &str) -> &'a str {
        self.at(path).map(View::text).unwrap_or_default()
    }

    /// The whole number at a path.
    pub fn number_at(self, path: &str) -> Option<u64> {
        self.text_at(path).parse().ok()
    }

    /// The entries of the list at a path; empty if there is none.
    pub fn list_at(self, path: &str) -> List<'a> {
        self.at(path).and_then(View::as_list).unwrap_or_default()
    }

    /// The entries of the mapping at a path; empty if there is none.
    pub fn map_at(self, path: &str) -> Map<'a> {
        self.at(path).and_then(View::as_map).unwrap_or_default()
    }

    /// The value as messages show it; see [`Node::shown`].
    pub fn shown(self) -> String {
        if let Some(entries) = self.as_list() {
            let shown: Vec<String> = entries.iter().take(4).map(View::shown).collect();
            let more = if entries.len() > 4 { ", …" } else { "" };
            return format!("[{}{more}]", shown.join(", "));
        }
        if let Some(pairs) = self.as_map() {
            let shown: Vec<String> = pairs.iter().take(3).map(|(key, value)| format!("{}: {}", key.shown(), value.shown())).collect();
            let more = if pairs.len() > 3 { ", …" } else { "" };
            return format!("{{{}{more}}}", shown.join(", "));
        }
        self.text().to_owned()
    }

    /// Whether two values are equal. They may be written differently.
    pub fn is_equal_to(self, other: View<'_>) -> bool {
        if let (Some(one), Some(other)) = (self.as_text(), other.as_text()) {
            return one == other;
        }
        let (one, other) = match (self.as_list().zip(other.as_list()), self.as_map().zip(other.as_map())) {
            (Some(lists), _) => lists,
            (_, Some((one, other))) => (one.0, other.0),
            _ => return false,
        };
        one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| one.is_equal_to(other))
    }
}

impl<'a> List<'a> {
    /// The number of entries.
    pub fn len(self) -> usize {
        self.count
    }

    /// Whether the number of entries is 0.
    pub fn is_empty(self) -> bool {
        self.count == 0
    }

    /// The entry at an index, from 0.
    pub fn get(self, index: usize) -> Option<View<'a>> {
        let arena = self.arena.filter(|_| index < self.count)?;
        Some(View { arena, at: self.first + index })
    }

    /// The entries in their order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = View<'a>> + ExactSizeIterator + Clone {
        (0..self.count).map(move |index| View { arena: self.arena.unwrap_or(NOTHING), at: self.first + index })
    }
}

/// An empty arena, for a list that does not exist.
static NOTHING: &Arena<'static> = &Arena { source: "", owned: String::new(), slots: Vec::new() };

impl<'a> Map<'a> {
    /// The number of entries.
    pub fn len(self) -> usize {
        self.0.count / 2
    }

    /// Whether the number of entries is 0.
    pub fn is_empty(self) -> bool {
        self.0.count == 0
    }

    /// The entries in their order, each with its key.
    pub fn iter(self) -> impl Iterator<Item = (View<'a>, View<'a>)> + Clone {
        (0..self.len()).filter_map(move |index| Some((self.0.get(2 * index)?, self.0.get(2 * index + 1)?)))
    }

    /// The keys in their order.
    pub fn keys(self) -> impl Iterator<Item = &'a str> + Clone {
        self.iter().map(|(key, _)| key.text())
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{read, read_all};

    #[test]
    fn views_have_the_same_values_as_nodes() {
        let text = "a: {b: [1, \"x\\ty\", {c: }], d: |\n  l\n}\n".replace("|\n  l\n", "'e''f'");
        let root = read(&text).ok().and_then(|document| document.root).unwrap_or_else(|| "".into());
        let mut arena = Arena::new(&text);
        let place = arena.add(&root);
        let view = arena.view(place);
        assert_eq!(view.shown(), root.shown());
        assert_eq!(view.text_at("a.d"), "e'f");
        assert_eq!(view.list_at("a.b").iter().map(View::text).collect::<Vec<_>>(), ["1", "x\ty", ""]);
        assert_eq!(view.map_at("a").keys().collect::<Vec<_>>(), ["b", "d"]);
        assert_eq!(view.number_at("a.b"), None);
        let is_null = |path: &str| view.at(path).is_some_and(View::is_null);
        assert!(!is_null("a.d") && !is_null("a"));
        assert!(view.list_at("a.b").get(2).and_then(|map| map.get("c")).is_some_and(View::is_null));
        assert_eq!(view.list_at("a.b").get(3).map(View::text), None);
        assert!(view.list_at("missing").is_empty() && view.map_at("missing").is_empty());
    }

    #[test]
    fn scalars_of_the_source_are_not_copied() {
        let text = "a: plain\n---\na: \"plain\"\n---\na: pla\n  in\n";
        let mut arena = Arena::new(text);
        let documents = read_all(text).unwrap_or_default();
        let places: Vec<usize> = documents.iter().filter_map(|document| document.root.as_ref()).map(|root| arena.add(root)).collect();
        assert_eq!(arena.owned, "pla in");
        assert!(arena.view(places[0]).is_equal_to(arena.view(places[1])));
        assert!(!arena.view(places[0]).is_equal_to(arena.view(places[2])));
        assert_eq!(size_of::<Slot>(), 12);
    }
}
