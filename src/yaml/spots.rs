//! Where the nodes of a text stand, for those who cut it or change it in places.

use std::borrow::Cow;

use super::dialect::Dialect;
use super::error::SyntaxError;
use super::events::{EventKind, Parser};
use super::scan::Quoting;

/// A node by its place. All places are offsets.
#[derive(Debug)]
pub struct Spot<'t> {
    /// Its first character, anchor and tag included.
    pub start: usize,
    /// The first character of its own text.
    pub content: usize,
    /// Behind its last character. The line break behind a block scalar is not part of it.
    pub end: usize,
    /// The `-`, `?` or `:` that it stands behind. Where there is none, somewhere before it.
    pub indicator: usize,
    /// What it holds.
    pub data: SpotData<'t>,
}

/// What a node holds. Collections deeper than was asked for seem to be empty.
#[derive(Debug)]
pub enum SpotData<'t> {
    /// `*name`
    Alias,
    /// A text, and how it is written.
    Scalar(Cow<'t, str>, Spelling),
    /// A sequence.
    List(Layout, Vec<Spot<'t>>),
    /// A mapping.
    Map(Layout, Vec<(Spot<'t>, Spot<'t>)>),
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Without quotes.
    Plain,
    /// In quotes of either kind.
    Quoted,
    /// Behind `|` or `>`.
    Block,
}

/// How a collection is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// By indentation.
    Block,
    /// Between brackets.
    Flow,
}

/// A collection that is still open.
struct Open<'t> {
    spot: Spot<'t>,
    key: Option<Spot<'t>>,
}

/// The root of the one document of a text, read as kubectl reads it, with everything down to a depth; `None` where there is
/// no document, or more than one. Beside it is where the document ends: at its end mark, or at the end of the text.
pub fn spots(text: &str, depth: usize) -> Result<Option<(Spot<'_>, usize)>, SyntaxError> {
    let mut parser = Parser::new(text, Dialect::Kubernetes)?;
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut skipped = 0_usize;
    // Behind the last character of any node so far; a block collection ends where its last node does.
    let mut behind = 0;
    let mut root = None;
    let mut document_end = text.len();
    let mut documents = 0;
    while let Some(event) = parser.next()? {
        let start = event.properties.as_ref().map_or(event.start.offset, |properties| properties.start.offset);
        let layout = |is_flow| if is_flow { Layout::Flow } else { Layout::Block };
        let spot = |data| Spot { start, content: event.start.offset, end: event.end, indicator: event.indicator, data };
        let done = match event.kind {
            EventKind::DocumentStart => {
                documents += 1;
                continue;
            }
            EventKind::DocumentEnd => {
                document_end = document_end.min(event.start.offset);
                continue;
            }
            EventKind::SequenceStart { .. } | EventKind::MappingStart { .. } if skipped > 0 || open.len() > depth => {
                skipped += 1;
                continue;
            }
            EventKind::SequenceStart { is_flow } => {
                open.push(Open { spot: spot(SpotData::List(layout(is_flow), Vec::new())), key: None });
                continue;
            }
            EventKind::MappingStart { is_flow } => {
                open.push(Open { spot: spot(SpotData::Map(layout(is_flow), Vec::new())), key: None });
                continue;
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => {
                let closed = if skipped == 0 { open.pop() } else { None };
                skipped = skipped.saturating_sub(1);
                // Only a bracket has a length.
                if event.end > event.start.offset {
                    behind = behind.max(event.end);
                }
                match closed {
                    Some(Open { spot, .. }) => Spot { end: behind, ..spot },
                    None => continue,
                }
            }
            EventKind::Alias(_) => spot(SpotData::Alias),
            EventKind::Scalar { text, quoting } => {
                let spelling = match quoting {
                    Quoting::Plain => Spelling::Plain,
                    Quoting::Single | Quoting::Double => Spelling::Quoted,
                    Quoting::Literal | Quoting::Folded => Spelling::Block,
                };
                spot(SpotData::Scalar(text, spelling))
            }
        };
        behind = behind.max(done.end);
        if open.len() <= depth {
            place(done, &mut open, &mut root);
        }
    }
    Ok(root.filter(|_| documents == 1).map(|root| (root, document_end)))
}

fn place<'t>(spot: Spot<'t>, open: &mut [Open<'t>], root: &mut Option<Spot<'t>>) {
    match open.last_mut() {
        None => *root = Some(spot),
        Some(Open { spot: Spot { data: SpotData::List(_, entries), .. }, .. }) => entries.push(spot),
        Some(Open { spot: Spot { data: SpotData::Map(_, pairs), .. }, key }) => match key.take() {
            None => *key = Some(spot),
            Some(key) => pairs.push((key, spot)),
        },
        // Only lists and mappings are ever opened.
        Some(_) => {}
    }
}

impl Spot<'_> {
    /// How it is written, if it is a collection.
    pub fn layout(&self) -> Option<Layout> {
        match &self.data {
            SpotData::List(layout, _) | SpotData::Map(layout, _) => Some(*layout),
            SpotData::Alias | SpotData::Scalar(..) => None,
        }
    }
}

/// The text with its last line ended, so that something can follow. Where it ends within a block scalar, a line break there
/// would be one more in the text: the scalar is told then not to count it.
pub fn with_last_line_ended(text: &str) -> Cow<'_, str> {
    if text.is_empty() || text.ends_with(['\n', '\r']) {
        return Cow::Borrowed(text);
    }
    let ended = || Cow::Owned(format!("{text}\n"));
    let Ok(Some((root, _))) = spots(text, usize::MAX) else { return ended() };
    let mut last = &root;
    loop {
        last = match &last.data {
            SpotData::List(Layout::Block, entries) if !entries.is_empty() => match entries.last() {
                Some(entry) => entry,
                None => return ended(),
            },
            SpotData::Map(Layout::Block, pairs) => match pairs.last() {
                Some((_, value)) => value,
                None => return ended(),
            },
            SpotData::Scalar(_, Spelling::Block) => break,
            _ => return ended(),
        };
    }
    let (Some(before), Some(behind)) = (text.get(..last.content + 1), text.get(last.content + 1..)) else { return ended() };
    if last.end < text.len() {
        // The last line has nothing but blanks, which are not part of the text.
        return Cow::Borrowed(text.trim_end_matches([' ', '\t']));
    }
    let digits = behind.trim_start_matches(['+', '-']);
    let (digits, rest) = digits.split_at(digits.len() - digits.trim_start_matches(|c: char| c.is_ascii_digit()).len());
    let rest = rest.trim_start_matches(['+', '-']);
    Cow::Owned(format!("{before}{digits}-{rest}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{kubernetes_value, read};

    fn shown(text: &str, spot: &Spot<'_>, out: &mut Vec<String>) {
        out.push(text.get(spot.start..spot.end).unwrap_or("?").to_owned());
        match &spot.data {
            SpotData::List(_, entries) => entries.iter().for_each(|entry| shown(text, entry, out)),
            SpotData::Map(_, pairs) => pairs.iter().for_each(|(key, value)| {
                shown(text, key, out);
                shown(text, value, out);
            }),
            _ => {}
        }
    }

    fn places(text: &str, depth: usize) -> Option<Vec<String>> {
        let (root, _) = spots(text, depth).ok()??;
        let mut out = Vec::new();
        shown(text, &root, &mut out);
        Some(out)
    }

    #[test]
    fn nodes_are_where_their_text_is() {
        let text = "a: &x 'b' # c\nl:\n- !t {d: [e, f]} \n# g\n-\nt: |+ # h\n  i\n\n \nj: *x\n";
        let body = "a: &x 'b' # c\nl:\n- !t {d: [e, f]} \n# g\n-\nt: |+ # h\n  i\n\n \nj: *x";
        let list = "- !t {d: [e, f]} \n# g\n-";
        let expected = [body, "a", "&x 'b'", "l", list, "!t {d: [e, f]}", "d", "[e, f]", "e", "f", "", "t", "|+ # h\n  i", "j", "*x"]
            .map(str::to_owned);
        assert_eq!(places(text, usize::MAX), Some(expected.to_vec()));
        assert_eq!(places(text, 0), Some(vec![body.to_owned()]));
        let expected = [body, "a", "&x 'b'", "l", list, "t", "|+ # h\n  i", "j", "*x"].map(str::to_owned);
        assert_eq!(places(text, 1), Some(expected.to_vec()));
        assert_eq!(places("a\n---\nb\n", 1), None);
    }

    #[test]
    fn a_line_is_ended_without_a_change_of_values() {
        for (text, expected) in [
            ("a: b", "a: b\n"),
            ("a: b\r\n", "a: b\r\n"),
            ("a: [b]", "a: [b]\n"),
            ("- a: |\n    b", "- a: |-\n    b\n"),
            ("- a: &x |2+ # c\n    b\n     d", "- a: &x |2- # c\n    b\n     d\n"),
            ("a: >-2\n   b", "a: >2-\n   b\n"),
            ("a: |+\n  b\n ", "a: |+\n  b\n"),
            ("a: |+\n  b\n   ", "a: |-\n  b\n   \n"),
            ("a: |", "a: |-\n"),
            ("a: [", "a: [\n"),
        ] {
            let ended = with_last_line_ended(text);
            assert_eq!(ended, expected, "{text}");
            let value = |text: &str| read(text).map(|document| document.root.as_ref().map(kubernetes_value)).ok();
            assert_eq!(value(&ended), value(text), "{text}");
        }
    }
}
