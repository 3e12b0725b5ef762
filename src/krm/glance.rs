//! Kind and name of an item without reading it.

use memchr::memmem::Finder;

use super::{Item, Shape};

/// Finds `kind` and `metadata.name` in block entries by their lines, as Go writes them.
///
/// Most items of a list are somebody else's, and these two words are all there is to know about them.
#[derive(Debug)]
pub struct Glance {
    kind: Finder<'static>,
    metadata: Finder<'static>,
    name: Finder<'static>,
}

impl Default for Glance {
    fn default() -> Self {
        Self { kind: Finder::new(" kind:"), metadata: Finder::new(" metadata:"), name: Finder::new(" name:") }
    }
}

impl Glance {
    /// The two words; `None` when the text is not as Go writes it, so that the item must be read.
    #[must_use]
    pub fn at<'i>(&self, item: &'i Item<'_>) -> Option<(&'i str, &'i str)> {
        if item.shape != Shape::Entry {
            return None;
        }
        let text = item.text();
        let depth = text.find('-')? + 2;
        let kind = word(after(text, depth, &self.kind)?)?;
        let metadata = after(text, depth, &self.metadata)?;
        let name = after(fields_below(metadata, depth), depth + 2, &self.name)?;
        Some((kind, word(name)?))
    }
}

/// The text after a field that stands at column `depth`. The first field of an entry stands after the dash.
fn after<'t>(text: &'t str, depth: usize, field: &Finder<'_>) -> Option<&'t str> {
    let at = field.find_iter(text.as_bytes()).find(|&at| {
        let line = text[..=at].rsplit('\n').next().unwrap_or_default();
        line.len() == depth && line.bytes().enumerate().all(|(i, b)| b == b' ' || (b == b'-' && i + 2 == depth))
    })?;
    Some(&text[at + field.needle().len()..])
}

/// The lines of a mapping: up to the first one that is indented no further than its own field.
fn fields_below(text: &str, depth: usize) -> &str {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start_matches(' ');
        let indent = line.len() - content.len();
        if at > 0 && indent <= depth && !content.starts_with(['#', '\n', '\r']) {
            return &text[..at];
        }
        at += line.len();
    }
    text
}

/// The plain or quoted word on the rest of the line.
fn word(value: &str) -> Option<&str> {
    let value = value.lines().next()?.trim();
    (!value.is_empty() && !value.starts_with(['|', '>', '&', '*', '!', '{', '[', '#'])).then(|| value.trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;

    #[test]
    fn a_glance_finds_kind_and_name() {
        let glance = |text: &str| {
            let item = Item { text: Cow::Owned(text.to_owned()), shape: Shape::Entry };
            Glance::default().at(&item).map(|(kind, name)| format!("{kind}/{name}"))
        };
        assert_eq!(
            glance("- apiVersion: v1\n  kind: Service\n  metadata:\n    labels:\n      name: no\n    name: 'yes'\n").as_deref(),
            Some("Service/yes")
        );
        assert_eq!(glance("  - kind: A\n    metadata: # m\n      name: b\n    spec:\n      name: c\n").as_deref(), Some("A/b"));
        assert_eq!(glance("- kind: A\n  metadata:\n    a: b\n  spec:\n    name: c\n"), None);
        assert_eq!(glance("- {kind: A}\n"), None);
    }
}
