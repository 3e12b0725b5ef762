//! Events → nodes.
//!
//! The grammar is `saphyr-parser`'s. This file composes its events into [`Node`]s, without recursion, and keeps
//! input from costing more than it should: nesting and alias expansion are bounded.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::dict::Dict;
use super::node::{Data, Node, Scalar, Style};
use crate::finding::{Mark, shortened};

/// Deeper than any Flow or Kubernetes object; the limit `serde_json` has too.
const DEEPEST: usize = 128;

/// Duplicate keys that are remembered: nobody reads the hundredth, and each has a path that may be long.
const MOST_DUPLICATES: usize = 100;

fn too_deep() -> String {
    format!("nested deeper than {DEEPEST} levels")
}

/// Nodes that aliases may add in one document: 64 MB of nodes, far above any real use of anchors.
const MOST_ALIASED_NODES: usize = 1_000_000;

/// Bytes of text that count as one more node: what is said once and referred to is written out in full.
const TEXT_OF_A_NODE: usize = 64;

/// A document that could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<'t> {
    /// The root; `None` when the document is empty or holds only comments.
    pub root: Option<Node<'t>>,
    /// Keys that stand twice in one mapping. The mapping holds the last value, as Jina and Go's decoder have it.
    pub duplicates: Vec<DuplicateKey>,
}

impl Document<'_> {
    /// The same, borrowing from nobody.
    fn into_owned<'o>(self) -> Document<'o> {
        Document { root: self.root.map(Node::into_owned), duplicates: self.duplicates }
    }
}

/// A key that stands twice in one mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// Keys and indices from the root down to the mapping, ready to be appended to a field path.
    pub path: String,
    /// The key.
    pub key: String,
    /// Its first place.
    pub first: Mark,
    /// Its second place.
    pub second: Mark,
}

/// Why a text is not YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What the parser objects to.
    pub message: String,
    /// Where.
    pub mark: Mark,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.mark.line, self.mark.column, self.message)
    }
}

/// Reads a text that must hold at most one document.
pub fn read(text: &str) -> Result<Document<'_>, SyntaxError> {
    let mut documents = read_all(text)?;
    documents.truncate(2);
    match (documents.pop(), documents.pop()) {
        (Some(second), Some(_)) => Err(SyntaxError {
            message: "a second document begins here, and only one is expected".into(),
            mark: second.root.map_or(Mark { line: 1, column: 1 }, |root| root.mark),
        }),
        (first, _) => Ok(first.unwrap_or(Document { root: None, duplicates: Vec::new() })),
    }
}

/// Reads every document of a text.
pub fn read_all(text: &str) -> Result<Vec<Document<'_>>, SyntaxError> {
    match read_documents(text) {
        Err(error) => read_as_pyyaml(text, error),
        answer => answer,
    }
}

/// What the parser says about a half of a surrogate pair.
const INVALID_ESCAPE: &str = "invalid Unicode character escape code";

/// What the parser says about a dash that is an entry of its own, as in `[-, a]`.
const LONE_DASH: &str = "plain scalar cannot start with '-' followed by ,[]{}";

/// Bytes that may be read again, whatever the number of mends.
const MOST_READ_AGAIN: usize = 64 << 20;

/// `PyYAML` reads two things that the parser refuses: the pairs of escapes by which JSON writes a character beyond the
/// first plane, and a lone dash between brackets. Where the parser stops at one, it is spelled as every reader reads it.
fn read_as_pyyaml<'t>(text: &str, first: SyntaxError) -> Result<Vec<Document<'t>>, SyntaxError> {
    let mut text = text.to_owned();
    let mut error = first;
    for _ in 0..=MOST_READ_AGAIN / text.len().max(1) {
        let Some(mended) = mended(&text, &error) else { break };
        text = mended;
        match read_documents(&text) {
            Ok(documents) => return Ok(documents.into_iter().map(Document::into_owned).collect()),
            Err(next) => error = next,
        }
    }
    Err(error)
}

fn mended(text: &str, error: &SyntaxError) -> Option<String> {
    let mark = error.mark;
    let line = text.split_inclusive('\n').take(mark.line.checked_sub(1)? as usize).map(str::len).sum::<usize>();
    let column = text[line..].char_indices().nth(mark.column.checked_sub(1)? as usize)?.0;
    let (before, rest) = text.split_at(line + column);
    match error.message.as_str() {
        LONE_DASH => Some(format!("{before}\"-\"{}", rest.strip_prefix('-')?)),
        message if message.ends_with(INVALID_ESCAPE) => with_joined_pairs(before, rest),
        _ => None,
    }
}

/// The text with the surrogate pairs of the double-quoted `string` as single escapes; `None` without any.
fn with_joined_pairs(before: &str, string: &str) -> Option<String> {
    let mut joined = before.to_owned();
    let mut rest = string.strip_prefix('"')?;
    joined.push('"');
    let mut found = false;
    while let Some(at) = rest.find(['\\', '"']) {
        joined.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('"') {
            break;
        }
        if let Some(c) = surrogate_pair(rest) {
            joined.push_str(&format!("\\U{:08x}", u32::from(c)));
            rest = &rest["\\ud83d\\ude80".len()..];
            found = true;
        } else {
            let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            joined.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    joined.push_str(rest);
    found.then_some(joined)
}

/// The character of `\ud83d\ude80` at the start of a text.
fn surrogate_pair(text: &str) -> Option<char> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    };
    char::decode_utf16([unit(0)?, unit(6)?]).next()?.ok().filter(|c| c.len_utf16() == 2)
}

fn read_documents(text: &str) -> Result<Vec<Document<'_>>, SyntaxError> {
    let mut composer = Composer::new(text);
    let mut documents = Vec::new();
    while let Some(document) = composer.document()? {
        documents.push(document);
    }
    Ok(documents)
}

struct Composer<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
}

/// A collection that is still open.
struct Open<'t> {
    node: Node<'t>,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<Node<'t>>,
}

impl<'t> Composer<'t> {
    fn new(text: &'t str) -> Self {
        Self { parser: Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text)) }
    }

    /// The next document, or `None` after the last.
    fn document(&mut self) -> Result<Option<Document<'t>>, SyntaxError> {
        loop {
            match self.event()? {
                None | Some((Event::StreamEnd, _)) => return Ok(None),
                Some((Event::DocumentStart(_), _)) => return self.content().map(Some),
                Some(_) => {}
            }
        }
    }

    fn event(&mut self) -> Result<Option<(Event<'t>, Span)>, SyntaxError> {
        self.parser.next_event().transpose().map_err(|error| {
            // The scanner looks ahead and has a bound of its own.
            let message = if error.info() == "recursion limit exceeded" { too_deep() } else { error.info().to_owned() };
            SyntaxError { message, mark: mark(*error.marker()) }
        })
    }

    fn content(&mut self) -> Result<Document<'t>, SyntaxError> {
        let mut open: Vec<Open<'t>> = Vec::new();
        let mut anchors: HashMap<usize, (Node<'t>, usize)> = HashMap::new();
        let mut aliased = 0_usize;
        let mut duplicates = Vec::new();
        let mut root = None;
        while let Some((event, span)) = self.event()? {
            let at = mark(span.start);
            let done = match event {
                Event::Scalar(text, style, anchor, tag) => {
                    let node = scalar_node(text, style, tag, at);
                    Some((node, anchor))
                }
                Event::Alias(anchor) => {
                    let Some((node, size)) = anchors.get(&anchor) else {
                        return Err(SyntaxError { message: "this alias stands inside its own anchor".into(), mark: at });
                    };
                    aliased += size;
                    if aliased > MOST_ALIASED_NODES {
                        let message = format!("aliases expand to more than {MOST_ALIASED_NODES} values");
                        return Err(SyntaxError { message, mark: at });
                    }
                    Some((node.clone(), 0))
                }
                Event::SequenceStart(anchor, tag) => {
                    open.push(Open { node: collection(Data::List(Vec::new()), tag, at), anchor, key: None });
                    None
                }
                Event::MappingStart(anchor, tag) => {
                    open.push(Open { node: collection(Data::Map(Vec::new()), tag, at), anchor, key: None });
                    None
                }
                Event::SequenceEnd => open.pop().map(|o| (o.node, o.anchor)),
                Event::MappingEnd => match open.pop() {
                    None => None,
                    Some(closed) => {
                        let anchor = closed.anchor;
                        let path = || path_of(&open);
                        Some((finish_map(closed.node, path, &mut duplicates)?, anchor))
                    }
                },
                Event::DocumentEnd => break,
                _ => None,
            };
            if open.len() > DEEPEST {
                return Err(SyntaxError { message: too_deep(), mark: at });
            }
            if let Some((node, anchor)) = done {
                if anchor != 0 {
                    let size = size_of(&node);
                    anchors.insert(anchor, (node.clone(), size));
                }
                place(node, &mut open, &mut root);
            }
        }
        // `---` followed by nothing is an empty document, which the parser reports as an empty scalar.
        let root = root.filter(|node| !is_absent(node));
        Ok(Document { root, duplicates })
    }
}

fn is_absent(node: &Node<'_>) -> bool {
    matches!(&node.data, Data::Scalar(s) if s.text.is_empty() && s.style == Style::Plain) && node.tag.is_none()
}

fn mark(m: Marker) -> Mark {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Mark { line: number(m.line()), column: number(m.col()).saturating_add(1) }
}

fn collection<'t>(data: Data<'t>, tag: Option<Cow<'t, Tag>>, mark: Mark) -> Node<'t> {
    Node { mark, tag: tag.and_then(|t| local_tag(&t)), data }
}

fn scalar_node<'t>(text: Cow<'t, str>, style: ScalarStyle, tag: Option<Cow<'t, Tag>>, mark: Mark) -> Node<'t> {
    let mut style = match style {
        ScalarStyle::Plain => Style::Plain,
        _ => Style::Quoted,
    };
    // `!!str 5` and the non-specific `! 5` make a string; `!!int "5"` makes a number of a quoted text.
    if let Some(tag) = &tag {
        if tag.is_yaml_core_schema() {
            style = if tag.suffix == "str" { Style::Quoted } else { Style::Plain };
        } else if tag.handle.is_empty() && tag.suffix == "!" {
            style = Style::Quoted;
        }
    }
    Node { mark, tag: tag.and_then(|t| local_tag(&t)), data: Data::Scalar(Scalar { text, style }) }
}

/// `!Flow` → `Flow`; standard tags have done their work already.
fn local_tag(tag: &Tag) -> Option<Box<str>> {
    (tag.handle == "!" && !tag.suffix.is_empty()).then(|| tag.suffix.as_str().into())
}

fn place<'t>(node: Node<'t>, open: &mut [Open<'t>], root: &mut Option<Node<'t>>) {
    match open.last_mut() {
        None => *root = Some(node),
        Some(Open { node: Node { data: Data::List(entries), .. }, .. }) => entries.push(node),
        Some(Open { node: Node { data: Data::Map(pairs), .. }, key, .. }) => match key.take() {
            None => *key = Some(node),
            Some(key) => pairs.push((key, node)),
        },
        // Only lists and mappings are ever opened.
        Some(Open { node: Node { data: Data::Scalar(_), .. }, .. }) => {}
    }
}

fn path_of(open: &[Open<'_>]) -> String {
    let mut path = String::new();
    for collection in open {
        match (&collection.node.data, &collection.key) {
            (Data::List(entries), _) => path.push_str(&format!("[{}]", entries.len())),
            (_, Some(key)) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&shortened(&key.shown()));
            }
            _ => {}
        }
    }
    path
}

fn size_of(node: &Node<'_>) -> usize {
    1 + match &node.data {
        Data::Scalar(scalar) => scalar.text.len() / TEXT_OF_A_NODE,
        Data::List(entries) => entries.iter().map(size_of).sum(),
        Data::Map(pairs) => pairs.iter().map(|(k, v)| size_of(k) + size_of(v)).sum(),
    }
}

/// Applies merge keys and drops all but the last of duplicate keys, keeping the first one's position: the order in
/// which a Python `dict` would hold them (`PyYAML` `SafeConstructor.flatten_mapping`, `construct_mapping`).
fn finish_map<'t>(node: Node<'t>, path: impl Fn() -> String, duplicates: &mut Vec<DuplicateKey>) -> Result<Node<'t>, SyntaxError> {
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
    matches!(&key.data, Data::Scalar(s) if s.style == Style::Plain && s.text == "<<")
}

/// `<<: {…}` or `<<: [{…}, {…}]`; of several the first wins, so the later ones are put in front.
fn merge_into<'t>(merged: &mut Vec<(Node<'t>, Node<'t>)>, value: Node<'t>) -> Result<(), SyntaxError> {
    let not_a_map = |mark| SyntaxError { message: "`<<` must name a mapping or a list of mappings".into(), mark };
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
        assert_eq!(shown("a: {<<: 5}"), "error: line 1, column 9: `<<` must name a mapping or a list of mappings");
        assert_eq!(shown("a: &x [*x]"), "error: line 1, column 8: this alias stands inside its own anchor");
    }

    #[test]
    fn the_last_duplicate_wins_and_both_places_are_known() -> Result<(), SyntaxError> {
        let document = read("top:\n- {k: 1, j: 0, k: 2}\n")?;
        assert_eq!(document.root.map(|n| n.shown()), Some("{top: [{k: 2, j: 0}]}".into()));
        let place = |line, column| Mark { line, column };
        let expected = DuplicateKey { path: "top[0]".into(), key: "k".into(), first: place(2, 4), second: place(2, 16) };
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
    fn what_pyyaml_reads_is_read() {
        let lone = read("a: {b: [-, c], d: -}")
            .map(|document| crate::yaml::kubernetes_value(&document.root.unwrap_or_else(|| "".into())).to_string());
        assert_eq!(lone.as_deref(), Ok(r#"{"a":{"b":["-","c"],"d":"-"}}"#));
        let text = r#"{"a": "x \ud83d\ude80\\ud83d \"", "b": ["\uD83D\uDE80", '\ud83d\ude80', \ud83d\ude80]}"#;
        let texts = read(text).map(|document| crate::yaml::kubernetes_value(&document.root.unwrap_or_else(|| "".into())).to_string());
        assert_eq!(texts.as_deref(), Ok(r#"{"a":"x 🚀\\ud83d \"","b":["🚀","\\ud83d\\ude80","\\ud83d\\ude80"]}"#));
        assert!(read(r#"a: "\ud83d""#).is_err_and(|error| error.message.ends_with(INVALID_ESCAPE)));
    }

    #[test]
    fn documents_are_counted() {
        assert_eq!(shown(""), "nothing");
        assert_eq!(shown("# only a comment\n"), "nothing");
        assert_eq!(shown("\u{feff}a: 1\r\n"), "{a: 1}");
        assert!(shown("a: 1\n---\nb: 2\n").contains("second document"));
        assert_eq!(read_all("a\n---\nb\n...\n").map(|d| d.len()), Ok(2));
    }

    #[test]
    fn hostile_input_is_refused_quickly() {
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
