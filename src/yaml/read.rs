//! Composes events into nodes.
//!
//! [`super::scan`] and [`super::events`] implement the grammar. This file composes their events into [`Node`]s without
//! recursion. It limits the expansion of aliases, because otherwise a small text could need very much memory.

use std::collections::{HashMap, HashSet};

use super::dialect::Dialect;
use super::dict::Dict;
use super::error::SyntaxError;
use super::events::{DEEPEST, Event, EventKind, Parser, Tag, too_deep};
use super::node::{Data, Node, Scalar, Style};
use super::scan::{Place, Quoting};
use crate::finding::{FieldPath, Mark, Step, shortened};

/// The most duplicate keys that are reported. More are not useful, and each has a path that may be long.
const MOST_DUPLICATES: usize = 100;

/// The most nodes that aliases may add to a document: 64 MB of nodes, far above any real use of anchors.
const MOST_ALIASED_NODES: usize = 1_000_000;

/// The number of bytes that count as one more node, because an alias also copies the text of its anchor.
const TEXT_OF_A_NODE: usize = 64;

/// A document that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'t> {
    /// The root; `None` if the document is empty or has only comments.
    pub root: Option<Node<'t>>,
    /// Duplicate keys of mappings. The mapping keeps the last value, as in Jina and in Go's decoder.
    pub duplicates: Vec<DuplicateKey>,
}

/// A key that is used twice in one mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The path of the mapping in its document.
    pub path: FieldPath,
    /// The key.
    pub key: String,
    /// The place where the key is first used.
    pub first: Mark,
    /// The place where the key is used again.
    pub second: Mark,
}

/// Reads text with at most one document, as kubectl and kustomize read it.
pub fn read(text: &str) -> Result<Document<'_>, SyntaxError> {
    read_as(text, Dialect::Kubernetes)
}

/// Reads text with at most one document.
pub fn read_as(text: &str, dialect: Dialect) -> Result<Document<'_>, SyntaxError> {
    let mut documents = Documents::of(text, dialect)?;
    let first = documents.next().transpose()?;
    match documents.next().transpose()? {
        None => Ok(first.unwrap_or(Document { root: None, duplicates: Vec::new() })),
        // If the rest is not valid YAML, that error is more useful.
        Some(second) => match documents.find_map(Result::err) {
            Some(error) => Err(error),
            None => Err(SyntaxError {
                message: "a second document begins here, but only one is allowed".into(),
                mark: second.root.map_or(Mark { line: 1, column: 1 }, |root| root.mark),
            }),
        },
    }
}

/// Reads every document, as kubectl and kustomize read it.
pub fn read_all(text: &str) -> Result<Vec<Document<'_>>, SyntaxError> {
    read_all_as(text, Dialect::Kubernetes)
}

/// Reads every document.
pub fn read_all_as(text: &str, dialect: Dialect) -> Result<Vec<Document<'_>>, SyntaxError> {
    Documents::of(text, dialect)?.collect()
}

/// An alias, its place, and the value of its anchor.
#[derive(Debug)]
pub struct Alias<'t> {
    /// The place of the alias in the text.
    pub place: std::ops::Range<usize>,
    /// The offset of the anchor.
    pub anchor: usize,
    /// The value of the anchor.
    pub node: Node<'t>,
}

/// All aliases in YAML, read as kubectl reads it.
pub fn aliases(text: &str) -> Result<Vec<Alias<'_>>, SyntaxError> {
    // If no alias has the name of an anchor, the text need not be parsed.
    if names_behind(b'*', text).is_disjoint(&names_behind(b'&', text)) {
        return Ok(Vec::new());
    }
    let mut documents = Documents { kept: Some(Vec::new()), ..Documents::of(text, Dialect::Kubernetes)? };
    documents.by_ref().try_for_each(|document| document.map(drop))?;
    Ok(documents.kept.unwrap_or_default())
}

/// An iterator over the documents in order. It ends after an error.
pub struct Documents<'t> {
    parser: Parser<'t>,
    /// The words after `*` in the text. They are collected when the first anchor is found.
    aliases: Option<HashSet<&'t str>>,
    text: &'t str,
    has_failed: bool,
    /// The aliases so far, if the caller needs them.
    kept: Option<Vec<Alias<'t>>>,
    composing: Composing<'t>,
    /// Whether the iterator returns the entries of `items` one by one.
    splits_items: bool,
}

/// A document that is being read.
#[derive(Default)]
struct Composing<'t> {
    open: Vec<Open<'t>>,
    anchors: HashMap<&'t str, Option<Anchored<'t>>>,
    /// The number of nodes that aliases have added.
    aliased: usize,
    duplicates: Vec<DuplicateKey>,
    root: Option<Node<'t>>,
    is_begun: bool,
    items: Items,
}

/// The state of the top-level field `items`.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Items {
    #[default]
    NotFound,
    /// The entries of `items` are being returned.
    Open,
    /// All entries of `items` have been returned.
    Complete,
    /// There is a second field `items`, which replaces the entries that were returned.
    Replaced,
}

/// A part of a stream that was read.
#[derive(Debug)]
pub enum Part<'t> {
    /// An entry of the top-level list `items` of the next document.
    Item(Node<'t>),
    /// A document, without the entries of `items` that were returned before.
    Document {
        /// The document.
        document: Document<'t>,
        /// Whether a second field `items` replaces the entries that were returned before.
        are_items_replaced: bool,
    },
}

/// Reads every document, as kubectl and kustomize read it. The entries of a top-level list `items` are returned one
/// by one before their document, so that a long list is never in memory as a whole.
pub fn read_parts(text: &str) -> Result<impl Iterator<Item = Result<Part<'_>, SyntaxError>>, SyntaxError> {
    let mut documents = Documents { splits_items: true, ..Documents::of(text, Dialect::Kubernetes)? };
    Ok(std::iter::from_fn(move || documents.next_part()))
}

impl<'t> Iterator for Documents<'t> {
    type Item = Result<Document<'t>, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.next_part()? {
                Ok(Part::Document { document, .. }) => return Some(Ok(document)),
                Ok(Part::Item(_)) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// A collection whose end has not been read yet.
struct Open<'t> {
    node: Node<'t>,
    /// The anchor of the collection, and its place.
    anchor: Option<(&'t str, usize)>,
    /// The key whose value comes next.
    key: Option<Node<'t>>,
}

/// The node that an anchor names.
struct Anchored<'t> {
    node: Node<'t>,
    /// The offset of the anchor.
    start: usize,
    size: usize,
    height: usize,
}

impl<'t> Documents<'t> {
    /// Starts reading.
    pub fn of(text: &'t str, dialect: Dialect) -> Result<Self, SyntaxError> {
        let (composing, splits_items) = (Composing::default(), false);
        Ok(Self { parser: Parser::new(text, dialect)?, aliases: None, text, has_failed: false, kept: None, composing, splits_items })
    }

    fn next_part(&mut self) -> Option<Result<Part<'t>, SyntaxError>> {
        if self.has_failed {
            return None;
        }
        let part = self.part().transpose()?;
        self.has_failed = part.is_err();
        Some(part)
    }

    /// The next part, or `None` after the last document.
    fn part(&mut self) -> Result<Option<Part<'t>>, SyntaxError> {
        if !self.composing.is_begun {
            if self.parser.next()?.is_none() {
                return Ok(None);
            }
            self.composing = Composing { is_begun: true, ..Composing::default() };
        }
        let mut composing = std::mem::take(&mut self.composing);
        let item = self.content(&mut composing)?;
        if let Some(item) = item {
            self.composing = composing;
            return Ok(Some(Part::Item(item)));
        }
        // `---` followed by nothing is an empty document, which the parser reports as an empty scalar.
        let root = composing.root.filter(|node| !is_absent(node));
        let document = Document { root, duplicates: composing.duplicates };
        Ok(Some(Part::Document { document, are_items_replaced: composing.items == Items::Replaced }))
    }

    /// Reads up to the next entry of `items`, and returns it; `None` at the end of the document.
    fn content(&mut self, composing: &mut Composing<'t>) -> Result<Option<Node<'t>>, SyntaxError> {
        let Composing { open, anchors, aliased, duplicates, root, items, .. } = composing;
        while let Some(event) = self.parser.next()? {
            let Event { kind, properties, start: Place { mark, offset }, end, .. } = event;
            let (mut anchor, mut tag) = (None, None);
            if let Some(properties) = properties {
                (anchor, tag) = (properties.anchor.map(|name| (name, properties.start.offset)), properties.tag);
                if let Some((name, _)) = anchor {
                    self.declare(name, anchors, properties.start.mark)?;
                }
            }
            let (node, anchor) = match kind {
                EventKind::DocumentStart => continue,
                EventKind::DocumentEnd => return Ok(None),
                EventKind::Scalar { text, quoting } => {
                    let style = self.style(quoting, tag.as_ref());
                    (Node { mark, tag: local(tag), data: Data::Scalar(Scalar { text, style }) }, anchor)
                }
                EventKind::Alias(name) => {
                    let message = |message: &str| SyntaxError { message: format!("{message} `{name}`"), mark };
                    let known = anchors.get(name).ok_or_else(|| message("there is no anchor for the alias"))?;
                    let Anchored { node, start, size, height } =
                        known.as_ref().ok_or_else(|| message("the alias is inside its own anchor"))?;
                    *aliased += size;
                    if *aliased > MOST_ALIASED_NODES {
                        let message = format!("aliases expand to more than {MOST_ALIASED_NODES} values");
                        return Err(SyntaxError { message, mark });
                    }
                    if open.len() + height > DEEPEST {
                        return Err(too_deep(mark));
                    }
                    if let Some(kept) = &mut self.kept {
                        kept.push(Alias { place: offset..end, anchor: *start, node: node.clone() });
                    }
                    (node.clone(), None)
                }
                EventKind::SequenceStart { .. } | EventKind::MappingStart { .. } => {
                    let is_list = matches!(kind, EventKind::SequenceStart { .. });
                    let data = if is_list { Data::List(Vec::new()) } else { Data::Map(Vec::new()) };
                    if self.splits_items && is_list && anchor.is_none() && *items == Items::NotFound && is_items(open) {
                        *items = Items::Open;
                    }
                    open.push(Open { node: Node { mark, tag: local(tag), data }, anchor, key: None });
                    continue;
                }
                EventKind::SequenceEnd | EventKind::MappingEnd => {
                    let Some(closed) = open.pop() else { continue };
                    (finish_map(closed.node, || path_of(open), duplicates)?, closed.anchor)
                }
            };
            let is_used = |name: &str| self.aliases.as_ref().is_none_or(|aliases| aliases.contains(name));
            if let Some((name, start)) = anchor.filter(|(name, _)| is_used(name)) {
                let size = size_of(&node);
                // The copy in `kept` needs as much memory as the copy in the document.
                *aliased += size;
                if *aliased > MOST_ALIASED_NODES {
                    let message = format!("aliases expand to more than {MOST_ALIASED_NODES} values");
                    return Err(SyntaxError { message, mark });
                }
                anchors.insert(name, Some(Anchored { start, size, height: height_of(&node), node: node.clone() }));
            }
            if *items == Items::Open && open.len() == 2 {
                return Ok(Some(node));
            }
            if *items != Items::NotFound && is_items(open) {
                *items = if *items == Items::Open { Items::Complete } else { Items::Replaced };
            }
            place(node, open, root);
        }
        Ok(None)
    }

    /// Declares an anchor. It has no value until its node is complete.
    fn declare(&mut self, name: &'t str, anchors: &mut HashMap<&'t str, Option<Anchored<'t>>>, mark: Mark) -> Result<(), SyntaxError> {
        if anchors.insert(name, None).is_some() && self.parser.dialect() == Dialect::Jina {
            return Err(SyntaxError { message: format!("duplicate anchor `{name}`"), mark });
        }
        self.aliases.get_or_insert_with(|| names_behind(b'*', self.text));
        Ok(())
    }

    /// The style of a scalar with a tag. `!!str 5` is a string, and `!!int "5"` is a number. For kubectl a scalar with any other
    /// tag is a string (goyaml.v2 `decoder.scalar`). A tag `!name` is stored in the node instead.
    fn style(&self, quoting: Quoting, tag: Option<&Tag<'_>>) -> Style {
        match tag {
            Some(Tag::Core(name)) if name == "str" => Style::Quoted,
            Some(Tag::Core(_)) => Style::Plain,
            // With the tag `!`, `Composer.compose_scalar_node` of PyYAML reads a plain scalar.
            Some(Tag::NonSpecific) if self.parser.dialect() == Dialect::Jina => Style::Plain,
            Some(Tag::NonSpecific | Tag::Other(_)) => Style::Quoted,
            _ if quoting == Quoting::Plain => Style::Plain,
            _ => Style::Quoted,
        }
    }
}

/// Whether the next value belongs to the top-level field `items` of a document without an anchor.
fn is_items(open: &[Open<'_>]) -> bool {
    matches!(open, [Open { anchor: None, key: Some(key), .. }] if key.as_text() == Some("items"))
}

/// All words after a `*` or a `&`. They include the names of all aliases, or of all anchors.
fn names_behind(sign: u8, text: &str) -> HashSet<&str> {
    let name = |sign: usize| {
        let rest = text.get(sign + 1..)?;
        let end = rest.bytes().position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_'));
        rest.get(..end.unwrap_or(rest.len())).filter(|name| !name.is_empty())
    };
    memchr::memchr_iter(sign, text.as_bytes()).filter_map(name).collect()
}

fn is_absent(node: &Node<'_>) -> bool {
    matches!(&node.data, Data::Scalar(s) if s.text.is_empty() && s.style == Style::Plain) && node.tag.is_none()
}

/// The local tag of a node: `Flow` for `!Flow`, and `!binary` for `!!binary`. `None` for tags of the core schema, which
/// have been applied already.
fn local(tag: Option<Tag<'_>>) -> Option<Box<str>> {
    match tag? {
        Tag::Local(name) => Some(name.into()),
        Tag::Core(name) if is_of_core_schema(&name) => None,
        Tag::Core(name) => Some(format!("!{name}").into()),
        Tag::Other(name) => Some(format!("<{name}>").into()),
        Tag::NonSpecific => None,
    }
}

/// Whether a tag `!!name` is one of YAML 1.2's core schema (<https://yaml.org/spec/1.2.2/#103-core-schema>).
fn is_of_core_schema(name: &str) -> bool {
    matches!(name, "str" | "int" | "float" | "bool" | "null" | "map" | "seq")
}

fn height_of(node: &Node<'_>) -> usize {
    match &node.data {
        Data::Scalar(_) => 0,
        Data::List(entries) => 1 + entries.iter().map(height_of).max().unwrap_or_default(),
        Data::Map(pairs) => 1 + pairs.iter().map(|(key, value)| height_of(key).max(height_of(value))).max().unwrap_or_default(),
    }
}

fn place<'t>(node: Node<'t>, open: &mut [Open<'t>], root: &mut Option<Node<'t>>) {
    match open.last_mut() {
        None => *root = Some(node),
        Some(Open { node: Node { data: Data::List(entries), .. }, .. }) => entries.push(node),
        Some(Open { node: Node { data: Data::Map(pairs), .. }, key, .. }) => match key.take() {
            None => *key = Some(node),
            Some(key) => pairs.push((key, node)),
        },
        // Only lists and mappings can be open.
        Some(Open { node: Node { data: Data::Scalar(_), .. }, .. }) => {}
    }
}

fn path_of(open: &[Open<'_>]) -> FieldPath {
    let step = |collection: &Open<'_>| match (&collection.node.data, &collection.key) {
        (Data::List(entries), _) => Some(Step::Index(entries.len())),
        (_, key) => key.as_ref().map(|key| Step::Key(shortened(&key.shown()).into())),
    };
    open.iter().filter_map(step).collect::<Vec<_>>().into()
}

fn size_of(node: &Node<'_>) -> usize {
    1 + match &node.data {
        Data::Scalar(scalar) => scalar.text.len() / TEXT_OF_A_NODE,
        Data::List(entries) => entries.iter().map(size_of).sum(),
        Data::Map(pairs) => pairs.iter().map(|(k, v)| size_of(k) + size_of(v)).sum(),
    }
}

/// Applies merge keys and duplicate keys. A duplicate key keeps its first position and gets its last value, as in a Python
/// `dict` (`PyYAML` `SafeConstructor.flatten_mapping`, `construct_mapping`).
fn finish_map<'t>(node: Node<'t>, path: impl Fn() -> FieldPath, duplicates: &mut Vec<DuplicateKey>) -> Result<Node<'t>, SyntaxError> {
    let Node { mark, tag, data: Data::Map(pairs) } = node else { return Ok(node) };
    let merges = pairs.iter().any(|(key, _)| is_merge(key));
    if !merges && !has_duplicates(&pairs) {
        return Ok(Node { mark, tag, data: Data::Map(pairs) });
    }
    let mut inherited: Vec<(Node<'t>, Node<'t>)> = Vec::new();
    let mut own = Vec::new();
    for (key, value) in pairs {
        if is_merge(&key) {
            merge_into(&mut inherited, value)?;
        } else {
            own.push((key, value));
        }
    }
    let mut seen: HashMap<String, Mark> = HashMap::new();
    let mut all = Dict::default();
    let inherited_count = inherited.len();
    for (i, (key, value)) in inherited.into_iter().chain(own).enumerate() {
        let Some(name) = key.as_text().map(str::to_owned) else {
            all.push(key, value);
            continue;
        };
        if i >= inherited_count
            && let Some(first) = seen.insert(name.clone(), key.mark)
            && duplicates.len() < MOST_DUPLICATES
        {
            duplicates.push(DuplicateKey { path: path(), key: name.clone(), first, second: key.mark });
        }
        all.insert(name, key, value);
    }
    Ok(Node { mark, tag, data: Data::Map(all.into_pairs()) })
}

fn has_duplicates(pairs: &[(Node<'_>, Node<'_>)]) -> bool {
    if pairs.len() <= 8 {
        let texts = || pairs.iter().filter_map(|(key, _)| key.as_text());
        return texts().enumerate().any(|(i, a)| texts().take(i).any(|b| a == b));
    }
    let mut seen = HashSet::with_capacity(pairs.len());
    pairs.iter().filter_map(|(key, _)| key.as_text()).any(|text| !seen.insert(text))
}

fn is_merge(key: &Node<'_>) -> bool {
    key.tag.is_none() && matches!(&key.data, Data::Scalar(s) if s.style == Style::Plain && s.text == "<<")
}

/// Applies a merge key, `<<: {…}` or `<<: [{…}, {…}]`. The first of several mappings has priority. The mappings are added in
/// reverse order, because of duplicate keys the last value is used.
fn merge_into<'t>(merged: &mut Vec<(Node<'t>, Node<'t>)>, value: Node<'t>) -> Result<(), SyntaxError> {
    let not_a_map = |mark| SyntaxError { message: "`<<` must be a mapping or a list of mappings".into(), mark };
    match value.data {
        Data::Map(pairs) => merged.extend(pairs),
        Data::List(entries) => {
            for entry in entries.into_iter().rev() {
                match entry.data {
                    Data::Map(pairs) => merged.extend(pairs),
                    _ => return Err(not_a_map(entry.mark)),
                }
            }
        }
        Data::Scalar(_) => return Err(not_a_map(value.mark)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        read(text).map_or_else(|e| format!("error: {e}"), |d| d.root.map_or("nothing".into(), |n| n.shown()))
    }

    #[test]
    fn aliases_and_merges_are_applied_as_pyyaml_does() {
        assert_eq!(shown("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n  r: 4\n"), "{a: {p: 1, q: 2}, b: {p: 1, q: 3, r: 4}}");
        assert_eq!(shown("- &a {x: 1}\n- &b {x: 2, y: 2}\n- <<: [*a, *b]\n"), "[{x: 1}, {x: 2, y: 2}, {x: 1, y: 2}]");
        assert_eq!(shown("a: {<<: 5}"), "error: line 1, column 9: `<<` must be a mapping or a list of mappings");
        assert_eq!(shown("a: &x [*x]"), "error: line 1, column 8: the alias is inside its own anchor `x`");
    }

    #[test]
    fn the_last_duplicate_is_used_and_both_places_are_kept() -> Result<(), SyntaxError> {
        let document = read("top:\n- {k: 1, j: 0, k: 2}\n")?;
        assert_eq!(document.root.map(|n| n.shown()), Some("{top: [{k: 2, j: 0}]}".into()));
        let place = |line, column| Mark { line, column };
        let expected = DuplicateKey {
            path: vec![Step::Key("top".into()), Step::Index(0)].into(),
            key: "k".into(),
            first: place(2, 4),
            second: place(2, 16),
        };
        assert_eq!(document.duplicates, [expected]);
        Ok(())
    }

    #[test]
    fn quoting_and_tags_decide_the_style() {
        let style = |text: &str| match read(text).ok()?.root?.data {
            Data::Scalar(s) => Some(s.style),
            _ => None,
        };
        assert_eq!(style("5"), Some(Style::Plain));
        assert_eq!(style("'5'"), Some(Style::Quoted));
        assert_eq!(style("|\n  5\n"), Some(Style::Quoted));
        assert_eq!(style("!!str 5"), Some(Style::Quoted));
        assert_eq!(style("!!int '5'"), Some(Style::Plain));
        let tagged = read("!Flow\na: 1\n").ok().and_then(|d| d.root).and_then(|n| n.tag);
        assert_eq!(tagged.as_deref(), Some("Flow"));
    }

    #[test]
    fn text_that_pyyaml_reads_is_read() {
        let lone = read("a: {b: [-, c], d: -}")
            .map(|document| crate::yaml::kubernetes_value(&document.root.unwrap_or_else(|| "".into())).to_string());
        assert_eq!(lone.as_deref(), Ok(r#"{"a":{"b":["-","c"],"d":"-"}}"#));
        let text = r#"{"a": "x \ud83d\ude80\\ud83d \"", "b": ["\uD83D\uDE80", '\ud83d\ude80', \ud83d\ude80]}"#;
        let texts = read(text).map(|document| crate::yaml::kubernetes_value(&document.root.unwrap_or_else(|| "".into())).to_string());
        assert_eq!(texts.as_deref(), Ok(r#"{"a":"x 🚀\\ud83d \"","b":["🚀","\\ud83d\\ude80","\\ud83d\\ude80"]}"#));
        assert_eq!(shown(r#"a: "\ud83d""#), "error: line 1, column 5: this escape sequence is not a valid character");
    }

    #[test]
    fn items_are_returned_one_by_one() {
        let parts = |text: &str| -> Vec<String> {
            let shown = |part: Result<Part<'_>, SyntaxError>| match part {
                Ok(Part::Item(node)) => node.shown(),
                Ok(Part::Document { document, are_items_replaced }) => {
                    format!("{} {are_items_replaced}", document.root.map(|root| root.shown()).unwrap_or_default())
                }
                Err(error) => error.to_string(),
            };
            read_parts(text).map(|parts| parts.map(shown).collect()).unwrap_or_default()
        };
        assert_eq!(
            parts("items:\n- a: {items: [1]}\n- [2]\nkind: List\n---\nx"),
            ["{a: {items: [1]}}", "[2]", "{items: [], kind: List} false", "x false"]
        );
        assert_eq!(parts("{items: [1], items: [2]}"), ["1", "{items: [2]} true"]);
        assert_eq!(parts("a: {items: [1]}"), ["{a: {items: [1]}} false"]);
        assert_eq!(parts("items: &a [1]\nb: *a"), ["{items: [1], b: [1]} false"]);
        assert_eq!(parts("&a {items: [1]}"), ["{items: [1]} false"]);
        assert_eq!(parts("items: [&a 1, *a]\nb: *a"), ["1", "1", "{items: [], b: 1} false"]);
        assert_eq!(parts("items: [1, 2"), ["1", "2", "line 1, column 13: `,` or `]` is missing in the list that begins on line 1"]);
    }

    #[test]
    fn empty_text_has_no_root_and_a_second_document_is_an_error() {
        assert_eq!(shown(""), "nothing");
        assert_eq!(shown("# only a comment\n"), "nothing");
        assert_eq!(shown("\u{feff}a: 1\r\n"), "{a: 1}");
        assert!(shown("a: 1\n---\nb: 2\n").contains("second document"));
        assert_eq!(read_all("a\n---\nb\n...\n").map(|d| d.len()), Ok(2));
    }

    #[test]
    fn deep_nesting_and_alias_bombs_are_errors() {
        for text in ["[".repeat(100_000), "- ".repeat(100_000), "? ".repeat(100_000), "{a: ".repeat(100_000)] {
            assert!(shown(&text).starts_with("error: "), "{}", &text[..10]);
        }
        let mut laughs = String::from("- &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..30 {
            let one = format!("*a{},", i - 1);
            laughs.push_str(&format!("- &a{i} [{}]\n", one.repeat(10)));
        }
        assert!(shown(&laughs).contains("aliases expand to more than"));
    }
}
