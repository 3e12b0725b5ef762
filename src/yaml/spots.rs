//! Finds the places of nodes in YAML text, so that the text can be cut or changed.

use std::borrow::Cow;

use super::dialect::Dialect;
use super::error::SyntaxError;
use super::events::{EventKind, Parser};
use super::scan::Quoting;

/// A node with its place. All places are offsets.
#[derive(Debug)]
pub struct Spot<'t> {
    /// The first character of the node, including the anchor and the tag.
    pub start: usize,
    /// The first character of the node's own text.
    pub content: usize,
    /// The offset after the last character. The line break after a block scalar is not part of the scalar.
    pub end: usize,
    /// The `-`, `?` or `:` before the node; if there is none, a place before it.
    pub indicator: usize,
    /// The content.
    pub data: SpotData<'t>,
}

/// The content of a node. Collections below the requested depth are empty.
#[derive(Debug)]
pub enum SpotData<'t> {
    /// An alias, `*name`.
    Alias,
    /// A scalar and its style.
    Scalar(Cow<'t, str>, Spelling),
    /// A list.
    List(Layout, Vec<Spot<'t>>),
    /// A mapping.
    Map(Layout, Vec<(Spot<'t>, Spot<'t>)>),
}

/// The style of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Unquoted.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// After `|` or `>`.
    Block,
}

/// The style of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// By indentation.
    Block,
    /// Between brackets.
    Flow,
}

/// A collection that is not complete.
struct Open<'t> {
    spot: Spot<'t>,
    key: Option<Spot<'t>>,
}

/// Returns the root of the only document, with its nodes down to `depth`, read as kubectl reads it; `None` if there is no
/// document or more than one. Also returns the end of the document: its end mark, or the end of the text.
pub fn spots(text: &str, depth: usize) -> Result<Option<(Spot<'_>, usize)>, SyntaxError> {
    let mut parser = Parser::new(text, Dialect::Kubernetes)?;
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut skipped = 0_usize;
    // The end of the last node so far. A block collection ends with its last node.
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
                // The end of a collection has a length only if it is a bracket.
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
        // Only lists and mappings can be open.
        Some(_) => {}
    }
}

impl Spot<'_> {
    /// The style of a collection; `None` for an alias or a scalar.
    pub fn layout(&self) -> Option<Layout> {
        match &self.data {
            SpotData::List(layout, _) | SpotData::Map(layout, _) => Some(*layout),
            SpotData::Alias | SpotData::Scalar(..) => None,
        }
    }
}

/// Ends the last line of `text` with a line break, so that more text can follow. In a block scalar the line break would
/// become part of the value, so its chomping indicator is changed to keep the value.
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
        // The last line has only blanks, which are not part of the scalar.
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
    fn nodes_have_the_place_of_their_text() {
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
