//! The identity of an item, without parsing the item.
//!
//! Most items of a list do not belong to jinaflow. jinaflow needs only their kind, name and file, and Go's encoder writes
//! these in the first lines of an item.

use memchr::memchr;

use super::annotations::{INDEX, LEGACY_INDEX, LEGACY_PATH, PACKAGE_PATH, PATH};
use super::item::{Item, Shape};

/// The identity and place of an item.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Glance<'i> {
    /// `kind`.
    pub kind: &'i str,
    /// `metadata.name`.
    pub name: &'i str,
    /// `metadata.namespace`; empty if it is missing.
    pub namespace: &'i str,
    /// The file of the item.
    pub path: Option<&'i str>,
    /// The index of the item in its file.
    pub index: Option<i64>,
    /// The package of the item.
    pub package: Option<&'i str>,
}

/// Reads the identity of an item; `None` if the item does not look like the output of Go's encoder and must be parsed.
pub fn glance<'i>(item: &'i Item<'_>) -> Option<Glance<'i>> {
    if item.shape != Shape::Entry || !item.are_lines_sure {
        return None;
    }
    let mut lines = Lines { rest: item.text() }.filter(|line| !matches!(line.content.as_bytes(), [] | [b'#', ..]));
    let first = lines.next()?;
    let inner = first.content.strip_prefix('-')?;
    let content = inner.trim_start_matches(' ');
    // After `- # comment` the next line decides the indentation of the fields.
    let mut depth = (!content.is_empty() && !content.starts_with('#')).then_some(first.indent + 1 + inner.len() - content.len());
    let on_dash = depth.map(|indent| Line { indent, content });
    let (mut kind, mut name) = (None, None);
    let mut found = Glance::default();
    // The columns of the fields of `metadata` and of `annotations`, while their lines are read.
    let mut metadata: Option<Option<usize>> = None;
    let mut annotations: Option<Option<usize>> = None;
    for Line { indent, content } in on_dash.into_iter().chain(lines) {
        let depth = *depth.get_or_insert(indent);
        if indent == depth {
            if kind.is_some() && name.is_some() {
                break;
            }
            (metadata, annotations) = (None, None);
            match field(content)? {
                ("kind", value) => kind = Some(word(value)?),
                ("metadata", value) => metadata = is_nothing(value).then_some(Some(None))?,
                _ => {}
            }
        } else if let Some(column) = &mut metadata {
            let column = *column.get_or_insert(indent);
            if indent == column {
                annotations = None;
                match field(content)? {
                    ("name", value) => name = Some(word(value)?),
                    ("namespace", value) => found.namespace = word(value)?,
                    ("annotations", value) => annotations = is_nothing(value).then_some(Some(None))?,
                    _ => {}
                }
            } else if let Some(column) = &mut annotations
                && indent == *column.get_or_insert(indent)
            {
                place(content, &mut found)?;
            }
        }
    }
    Some(Glance { kind: kind?, name: name?, ..found })
}

/// Reads an annotation about the place of the item; the newer spelling has priority.
fn place<'i>(content: &'i str, found: &mut Glance<'i>) -> Option<()> {
    // A quoted key that may be one of these annotations needs the parser. Other quoted keys do not matter here.
    let key = content.strip_prefix(['"', '\'']).unwrap_or(content);
    if !["config.", "internal.config."].iter().any(|start| key.starts_with(start)) {
        return Some(());
    }
    match field(content)? {
        (PATH, value) => found.path = Some(word(value)?),
        (LEGACY_PATH, value) => found.path = Some(found.path.unwrap_or(word(value)?)),
        (INDEX, value) => found.index = word(value)?.parse().ok(),
        (LEGACY_INDEX, value) => found.index = found.index.or(word(value)?.parse().ok()),
        (PACKAGE_PATH, value) => found.package = Some(word(value)?),
        _ => {}
    }
    Some(())
}

/// Splits a line `key: value` with a plain key.
fn field(content: &str) -> Option<(&str, &str)> {
    let colon = memchr(b':', content.as_bytes())?;
    let (key, value) = (&content[..colon], &content[colon + 1..]);
    let is_plain = key.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric) && matches!(value.as_bytes(), [] | [b' ', ..]);
    is_plain.then_some((key, value))
}

fn is_nothing(value: &str) -> bool {
    matches!(value.trim_ascii_start().as_bytes(), [] | [b'#', ..])
}

/// The plain or quoted word at the end of a line, without a comment.
fn word(value: &str) -> Option<&str> {
    let value = value.trim_ascii();
    let (quote, inner) = match value.as_bytes().first()? {
        b'\'' => ('\'', &value[1..]),
        b'"' => ('"', &value[1..]),
        b'|' | b'>' | b'&' | b'*' | b'!' | b'{' | b'[' | b'#' => return None,
        _ if memchr(b'#', value.as_bytes()).is_none() => return Some(value),
        _ => return Some(value.split_once(" #").map_or(value, |(word, _)| word.trim_ascii_end())),
    };
    let (word, rest) = inner.split_once(quote)?;
    (is_nothing(rest) && !word.contains('\\')).then_some(word)
}

/// A line without its indentation and its end.
#[derive(Clone, Copy)]
struct Line<'t> {
    indent: usize,
    content: &'t str,
}

struct Lines<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Lines<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr(b'\n', self.rest.as_bytes()).unwrap_or(self.rest.len());
        let line = &self.rest[..end];
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        // Comparing a byte takes a tenth of the time of comparing a character.
        let line = if line.as_bytes().last() == Some(&b'\r') { line.get(..end - 1).unwrap_or_default() } else { line };
        let indent = line.bytes().take_while(|byte| *byte == b' ').count();
        Some(Line { indent, content: line.get(indent..).unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Option<String> {
        let item = Item::new(text, Shape::Entry);
        glance(&item).map(|g| format!("{}/{} {:?} {:?} {:?}", g.kind, g.name, g.path, g.index, g.package).replace(" None", ""))
    }

    #[test]
    fn a_glance_finds_kind_name_and_place() {
        let text = "- apiVersion: v1\n  kind: Service\n  metadata:\n    labels:\n      name: no\n    name: 'yes'\n  spec:\n    name: c\n";
        assert_eq!(seen(text).as_deref(), Some("Service/yes"));
        let text = "  # a-b\n  - kind: A # x\n    spec:\n      name: c\n    metadata: # m\n      name: \"b\" # kpt-set: ${name}\n";
        assert_eq!(seen(text).as_deref(), Some("A/b"));
        let text = "- # head\n  metadata:\r\n    annotations:\r\n      config.kubernetes.io/index: '7'\n      internal.config.kubernetes.io/path: 'a b.yaml'\n      \
                    config.kubernetes.io/path: other.yaml\n      internal.config.kubernetes.io/package-path: p\n      note: |\n        config.kubernetes.io/index: '9'\n    name: n\n  kind: K\n";
        assert_eq!(seen(text).as_deref(), Some("K/n Some(\"a b.yaml\") Some(7) Some(\"p\")"));
    }

    #[test]
    fn items_that_go_does_not_write_are_not_read() {
        for text in [
            "- {kind: A, metadata: {name: b}}\n",
            "- kind: A\n  metadata: {name: b}\n",
            "- kind: A\n  metadata:\n    a: b\n  spec:\n    name: c\n",
            "- kind: A\n  metadata:\n    name: &x b\n",
            "- kind: A\n  metadata:\n    name: \"a\\nb\"\n",
            "- kind: A\n  metadata:\n    name: b\n    annotations: {config.kubernetes.io/path: c}\n",
            "- kind: A\n  metadata:\n    \"name\": b\n",
            "- kind: A\n  metadata:\n    name: b\n    annotations:\n      \"config.kubernetes.io/path\": c\n",
            "- text\n",
        ] {
            assert_eq!(seen(text), None, "{text}");
        }
    }
}
