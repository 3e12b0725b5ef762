//! The comments of a YAML document.

use crate::yaml;

/// The most comments of a document that are looked for. Each one is tried by reading the document without it.
const MOST: usize = 200;

/// A comment of a document.
pub struct Comment<'t> {
    /// The line of the comment, from 1.
    pub line: u32,
    /// The text after the `#`.
    pub text: &'t str,
    /// The name of the field in this line, or in the next line that has one; empty if there is none.
    pub field: &'t str,
}

/// The comments of a document, each with its line from 1. A `#` begins a comment if the document has the same value without it.
pub fn of(text: &str) -> Vec<Comment<'_>> {
    if !text.contains('#') {
        return Vec::new();
    }
    let Ok(whole) = yaml::read_all(text) else { return Vec::new() };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut found = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        let Some(at) = starts(line).find(|at| {
            let without: String =
                lines.iter().enumerate().map(|(other, text)| if other == place { cut(text, *at) } else { (*text).to_owned() }).collect();
            yaml::read_all(&without).is_ok_and(|read| same(&read, &whole))
        }) else {
            continue;
        };
        let comment = line.get(at..).unwrap_or_default().trim_start_matches('#').trim();
        let before = line.get(..at).unwrap_or_default();
        let after = lines.get(place + 1..).unwrap_or_default().iter().copied();
        let field = std::iter::once(before).chain(after.take_while(|_| before.trim().is_empty())).map(field).find(|name| !name.is_empty());
        if !comment.is_empty() {
            found.push(Comment { line: u32::try_from(place + 1).unwrap_or(u32::MAX), text: comment, field: field.unwrap_or_default() });
        }
        if found.len() == MOST {
            break;
        }
    }
    found
}

/// The name of the field in a line; empty for a comment, an entry or a part of a string.
fn field(line: &str) -> &str {
    let line = line.trim_start_matches([' ', '-']);
    let name = line.split_once(':').map(|(name, rest)| (name, rest.is_empty() || rest.starts_with([' ', '\n', '\r'])));
    name.filter(|(name, is_field)| *is_field && name.chars().all(|c| c.is_alphanumeric() || "-_./".contains(c)))
        .map_or("", |(name, _)| name)
}

/// The places at which a comment may begin.
fn starts(line: &str) -> impl Iterator<Item = usize> {
    line.match_indices('#')
        .map(|(at, _)| at)
        .filter(|at| line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t'])))
}

/// A line without the rest from a place on.
fn cut(line: &str, at: usize) -> String {
    format!("{}\n", line.get(..at).unwrap_or_default())
}

/// Whether documents have the same values.
fn same(one: &[yaml::Document<'_>], other: &[yaml::Document<'_>]) -> bool {
    let values = |documents: &[yaml::Document<'_>]| -> Vec<serde_json::Value> {
        documents.iter().filter_map(|document| document.root.as_ref()).map(yaml::kubernetes_value).collect()
    };
    values(one) == values(other)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn comments_are_found_beside_text() {
        let text = "# one\na: '# no' # two\nb: x#y\nc: |\n  # no\n  text # no\nd: \"a #\n  # no\"\n#\ne: [1, # three\n  2]\n";
        let found: Vec<(u32, &str, &str)> = of(text).iter().map(|comment| (comment.line, comment.text, comment.field)).collect();
        assert_eq!(found, [(1, "one", "a"), (2, "two", "a"), (10, "three", "e")]);
    }
}
