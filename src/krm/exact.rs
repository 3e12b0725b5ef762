//! Cuts any `ResourceList` into items, with the places of nodes from the parser. This is slower than [`super::block`], but
//! correct for every style.

use std::borrow::Cow;
use std::collections::HashSet;

use super::block::{Cut, Part, is_idle};
use crate::yaml::{Layout, Spelling, Spot, SpotData, SyntaxError, spots};

/// The depth to which the parser locates nodes: the list, its fields, and its items.
const DEPTH: usize = 2;

/// Cuts the text; `None` if that is not possible, and an error if it is not YAML.
pub fn cut(text: &str) -> Result<Option<Cut<'_>>, SyntaxError> {
    Ok(spots(text, DEPTH)?.and_then(|(root, end)| envelope(text, &root, end)))
}

fn envelope<'t>(text: &'t str, root: &Spot<'t>, end: usize) -> Option<Cut<'t>> {
    let SpotData::Map(layout, pairs) = &root.data else { return None };
    let names: Vec<&str> = pairs.iter().map(|(key, _)| name(key)).collect::<Option<_>>()?;
    // The caller then reads the whole text, and reports the mistake.
    let mut seen = HashSet::with_capacity(names.len());
    if !names.iter().all(|name| seen.insert(*name)) {
        return None;
    }
    match layout {
        Layout::Block => block_envelope(text, &names, pairs, end),
        Layout::Flow => flow_envelope(text, &names, pairs),
    }
}

fn name<'s>(key: &'s Spot<'_>) -> Option<&'s str> {
    match &key.data {
        SpotData::Scalar(text, Spelling::Plain | Spelling::Quoted) if key.start == key.content => Some(text),
        _ => None,
    }
}

fn block_envelope<'t>(text: &'t str, names: &[&str], pairs: &[(Spot<'t>, Spot<'t>)], end: usize) -> Option<Cut<'t>> {
    let mut cut = Cut { margin: column(text, pairs.first()?.0.start)?, ..Cut::default() };
    cut.indent = cut.margin;
    let starts: Vec<usize> =
        pairs.iter().map(|(key, _)| column(text, key.start).map(|_| line_start(text, key.start))).collect::<Option<_>>()?;
    let mut kept = 0;
    for (place, ((_, value), name)) in pairs.iter().zip(names).enumerate() {
        let start = *starts.get(place)?;
        let finish = starts.get(place + 1).copied().unwrap_or(end);
        let value_end = line_end(text, value.end);
        match *name {
            "items" => {
                push_text(&mut cut.parts, text.get(kept..start)?);
                let before = text.get(start..=value.indicator)?;
                let key_end = line_end(text, value.indicator);
                let behind = |from: usize| text.get(from..line_end(text, from)).filter(|rest| is_idle(rest));
                match &value.data {
                    SpotData::Scalar(text, Spelling::Plain) if value.start == value.content && is_null(text) => {
                        cut.parts.push(Part::Items { before, behind: behind(value.end)? });
                        kept = value_end;
                    }
                    SpotData::List(Layout::Block, entries) => {
                        cut.parts.push(Part::Items { before, behind: behind(value.indicator + 1)? });
                        cut.indent = column(text, entries.first()?.indicator)?;
                        let mut from = key_end;
                        for next in entries.iter().skip(1).map(|entry| Some(entry.indicator)).chain([None]) {
                            let to = match next {
                                Some(dash) if column(text, dash) == Some(cut.indent) => line_start(text, dash),
                                Some(_) => return None,
                                None => finish,
                            };
                            cut.items.push(Cow::Borrowed(text.get(from..to)?));
                            from = to;
                        }
                        kept = finish;
                    }
                    SpotData::List(Layout::Flow, entries) => {
                        cut.parts.push(Part::Items { before, behind: behind(value.end)? });
                        cut.items = flow_items(text, entries, cut.indent)?;
                        kept = value_end;
                    }
                    _ => return None,
                }
            }
            "results" => {
                push_text(&mut cut.parts, text.get(kept..start)?);
                cut.parts.push(Part::Results);
                cut.results = text.get(value_start(text, value)..finish);
                kept = finish;
            }
            "functionConfig" => cut.function_config = text.get(value_start(text, value)..finish),
            "apiVersion" => cut.api_version = text.get(value.start..value.end),
            "kind" => cut.kind = text.get(value.start..value.end),
            _ => {}
        }
    }
    push_text(&mut cut.parts, text.get(kept..end)?);
    if end < text.len() {
        cut.parts.push(Part::End(text.get(end..)?));
    }
    Some(cut)
}

/// Cuts a list in brackets. Its fields become fields of a block mapping.
fn flow_envelope<'t>(text: &'t str, names: &[&str], pairs: &[(Spot<'t>, Spot<'t>)]) -> Option<Cut<'t>> {
    let mut cut = Cut::default();
    for ((key, value), name) in pairs.iter().zip(names) {
        let spelled = text.get(value.start..value.end)?;
        match *name {
            "items" => {
                cut.parts.push(Part::Items { before: "items:", behind: "\n" });
                match &value.data {
                    SpotData::Scalar(text, Spelling::Plain) if is_null(text) => {}
                    SpotData::List(_, entries) => cut.items = flow_items(text, entries, 0)?,
                    _ => return None,
                }
                continue;
            }
            "results" => {
                cut.parts.push(Part::Results);
                cut.results = Some(spelled);
                continue;
            }
            "functionConfig" => cut.function_config = Some(spelled),
            "apiVersion" => cut.api_version = Some(spelled),
            "kind" => cut.kind = Some(spelled),
            _ => {}
        }
        if !reads_alike_in_block_style(spelled, value) {
            return None;
        }
        let key = text.get(key.start..key.end)?;
        cut.parts.push(Part::Text(Cow::Owned(format!("{key}: {spelled}\n"))));
    }
    Some(cut)
}

/// Cuts items in brackets. Each item becomes an entry of a block list, and keeps its text.
fn flow_items<'t>(text: &'t str, entries: &[Spot<'t>], indent: usize) -> Option<Vec<Cow<'t, str>>> {
    let item = |entry: &Spot<'t>| {
        let is_collection = entry.layout() == Some(Layout::Flow) && matches!(text.as_bytes().get(entry.content), Some(b'[' | b'{'));
        let spelled = text.get(entry.start..entry.end).filter(|_| is_collection)?;
        Some(Cow::Owned(format!("{:indent$}- {spelled}\n", "")))
    };
    entries.iter().map(item).collect()
}

/// Whether the text of a value between brackets has the same meaning as a value of a block mapping.
fn reads_alike_in_block_style(spelled: &str, value: &Spot<'_>) -> bool {
    match &value.data {
        SpotData::Scalar(_, Spelling::Quoted) | SpotData::List(..) | SpotData::Map(..) => true,
        SpotData::Scalar(_, Spelling::Plain) => {
            let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '-' | '_');
            spelled.chars().all(is_word) && !spelled.starts_with('-')
        }
        SpotData::Scalar(_, Spelling::Block) | SpotData::Alias => false,
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn push_text<'t>(parts: &mut Vec<Part<'t>>, text: &'t str) {
    if !text.is_empty() {
        parts.push(Part::Text(Cow::Borrowed(text)));
    }
}

/// The start of a field's value: after the colon, or on the next line if it is empty.
fn value_start(text: &str, value: &Spot<'_>) -> usize {
    let behind = value.indicator + 1;
    let end = line_end(text, behind);
    if text.get(behind..end).is_some_and(is_idle) { end } else { behind }
}

const BREAKS: [char; 5] = ['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'];

/// The start of the line that contains a place.
fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or_default();
    before.rfind(BREAKS).map_or(0, |found| found + before.get(found..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8))
}

/// The start of the next line.
fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let Some(length) = rest.find(BREAKS) else { return text.len() };
    let line_break = rest.get(length..).unwrap_or_default();
    at + length + if line_break.starts_with("\r\n") { 2 } else { line_break.chars().next().map_or(0, char::len_utf8) }
}

/// The column of a place; `None` if there is anything but blanks before it on its line.
fn column(text: &str, at: usize) -> Option<usize> {
    let before = text.get(line_start(text, at)..at)?;
    let before = before.strip_prefix('\u{feff}').unwrap_or(before);
    before.bytes().all(|byte| byte == b' ').then_some(before.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> String {
        let Ok(Some(cut)) = cut(text) else { return "not cut".into() };
        let mut out = String::new();
        for part in &cut.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Items { before, behind } => out.push_str(&format!("<{before}|{behind}>{}", cut.items.join("|"))),
                Part::Results => out.push_str("<results>"),
                Part::End(text) => out.push_str(&format!("<end>{text}")),
            }
        }
        out
    }

    #[test]
    fn a_list_in_any_style_is_cut() {
        for (text, expected) in [
            ("kind: X\nitems: # c\n- a: 1\n- b: 2\n", "kind: X\n<items:| # c\n>- a: 1\n|- b: 2\n"),
            ("\"kind\": X\n'items':\n  - a: 1\n  # c\n\n  - b\n", "\"kind\": X\n<'items':|\n>  - a: 1\n  # c\n\n|  - b\n"),
            ("# c\n  kind: X\n  items:\n  - a: 1\n  other: 1\n", "# c\n  kind: X\n<  items:|\n>  - a: 1\n  other: 1\n"),
            ("%YAML 1.2\n---\nitems: [] # c\nkind: X\n...\n# d\n", "%YAML 1.2\n---\n<items:| # c\n>kind: X\n<end>...\n# d\n"),
            ("\u{feff}kind: X\ritems:\r- a: 1\r- b\r", "\u{feff}kind: X\r<items:|\r>- a: 1\r|- b\r"),
            ("items:\n- a: \"b\nresults: c\"\n- d\nresults: []\nkind: X\n", "<items:|\n>- a: \"b\nresults: c\"\n|- d\n<results>kind: X\n"),
            ("kind: X\nitems: [{a: 1}, # c\n[\nb]] # d\n# e\n", "kind: X\n<items:| # d\n>- {a: 1}\n|- [\nb]\n# e\n"),
            (
                "{kind: X, 'items': [{a: 'b', c: 0644}], functionConfig: {d: e}, n: }",
                "kind: X\n<items:|\n>- {a: 'b', c: 0644}\nfunctionConfig: {d: e}\nn: \n",
            ),
            ("items: ~ # c\n", "<items:| # c\n>"),
        ] {
            assert_eq!(whole(text), expected, "{text}");
        }
        let cut = cut("functionConfig: # c\n  a: \"\nb\"\nresults:\n- m\n\"apiVersion\": 'v' # d\n").unwrap_or_default();
        assert_eq!(cut.as_ref().and_then(|cut| cut.function_config), Some("  a: \"\nb\"\n"));
        assert_eq!(cut.as_ref().and_then(|cut| cut.results), Some("- m\n"));
        assert_eq!(cut.as_ref().and_then(|cut| cut.api_version), Some("'v'"));
    }

    #[test]
    fn items_without_their_own_text_are_not_cut() {
        for text in [
            "items: []\nitems: []\n",
            "a: &x []\nitems: *x\n",
            "items: [a]\n",
            "{a: '-', b: -, items: []}",
            "- a\n",
            "? items\n: - a\n",
            "items: [\n",
            "items: 5\n",
        ] {
            assert_eq!(whole(text), "not cut", "{text}");
        }
    }
}
