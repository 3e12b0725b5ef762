//! Cuts a block-style `ResourceList` into items without parsing it.
//!
//! kustomize and kpt send such lists. Every line of an entry of a block sequence is indented further than the entry's
//! dash (YAML 1.2.2, 8.2.1). So an entry ends before the first line that is not. This is true only if no quote or bracket
//! is open at the end of a line: see [`super::sure`].
//! Lists that do not look like the output of Go's encoder are left to [`super::exact`].

use std::borrow::Cow;

use memchr::memchr;

use super::sure::are_lines_sure;

/// The pieces of the text, in order. Joined, they are the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cut<'t> {
    pub parts: Vec<Part<'t>>,
    pub items: Vec<Cow<'t, str>>,
    /// The column of the items' dashes.
    pub indent: usize,
    /// The column of the envelope's fields.
    pub margin: usize,
    /// The text below or after `functionConfig:`.
    pub function_config: Option<&'t str>,
    /// The text below or after `results:`.
    pub results: Option<&'t str>,
    pub api_version: Option<&'t str>,
    pub kind: Option<&'t str>,
}

/// A piece of the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part<'t> {
    /// Lines that stay unchanged.
    Text(Cow<'t, str>),
    /// The place of the items. If the line of the key has the brackets of an empty list, `before` and `behind` are the text
    /// before and after the brackets.
    Items { before: &'t str, behind: &'t str },
    /// The place of the results.
    Results,
    /// The end mark, and the text after it.
    End(&'t str),
}

/// Cuts the text; `None` if that is not possible.
pub fn cut(text: &str) -> Option<Cut<'_>> {
    are_lines_sure(text).then(|| cut_by_lines(text))?
}

/// Like [`cut`], for text that is not valid YAML. Only the indentation of lines shows its structure.
pub fn cut_by_lines(text: &str) -> Option<Cut<'_>> {
    let mut cut = Cut::default();
    let mut lines = Lines { text, at: 0 };
    lines.at = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
    let mut kept = 0;
    let mut has_items = false;
    let mut has_fields = false;
    while let Some(line) = lines.next() {
        let content = line.content();
        if content.is_empty() || content.trim_start_matches(' ').is_empty() || content.starts_with('#') {
            continue;
        }
        if content == "---" && !has_fields {
            continue;
        }
        if content == "..." && lines.rest().trim().is_empty() {
            push_text(&mut cut.parts, &text[kept..line.start]);
            cut.parts.push(Part::End(&text[line.start..]));
            kept = text.len();
            break;
        }
        let (key, value) = field(content)?;
        has_fields = true;
        match key {
            "items" if !has_items => {
                has_items = true;
                push_text(&mut cut.parts, &text[kept..line.start]);
                let (before, rest) = text[line.start..line.next].split_at("items:".len());
                let no_items = rest.trim_start_matches(' ').strip_prefix("[]").filter(|rest| is_idle(rest));
                cut.parts.push(Part::Items { before, behind: no_items.unwrap_or(rest) });
                if no_items.is_none() {
                    if !is_idle(value) {
                        return None;
                    }
                    items(&mut lines, &mut cut)?;
                }
                kept = lines.at;
            }
            "results" if cut.results.is_none() => {
                push_text(&mut cut.parts, &text[kept..line.start]);
                cut.parts.push(Part::Results);
                skip_value(&mut lines);
                cut.results = Some(&text[line.value_start(value)..lines.at]);
                kept = lines.at;
            }
            "functionConfig" if cut.function_config.is_none() => {
                skip_value(&mut lines);
                cut.function_config = Some(&text[line.value_start(value)..lines.at]);
            }
            "apiVersion" if cut.api_version.is_none() => cut.api_version = Some(value),
            "kind" if cut.kind.is_none() => cut.kind = Some(value),
            "items" | "results" | "functionConfig" | "apiVersion" | "kind" => return None,
            _ => skip_value(&mut lines),
        }
    }
    push_text(&mut cut.parts, &text[kept..]);
    Some(cut)
}

/// Whether the rest of a line is empty or a comment.
pub fn is_idle(rest: &str) -> bool {
    matches!(rest.trim_ascii_start().as_bytes(), [] | [b'#', ..])
}

fn push_text<'t>(parts: &mut Vec<Part<'t>>, text: &'t str) {
    if !text.is_empty() {
        parts.push(Part::Text(Cow::Borrowed(text)));
    }
}

/// Splits a line `key: value` at the margin; the key must be a word.
fn field(content: &str) -> Option<(&str, &str)> {
    let (key, value) = content.split_once(':')?;
    let is_word = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphabetic());
    let separated = value.is_empty() || value.starts_with(' ');
    (is_word && separated).then(|| (key, value.trim()))
}

/// Skips the lines of a value, up to the next field at the margin.
fn skip_value(lines: &mut Lines<'_>) {
    while let Some(line) = lines.peek() {
        let content = line.content();
        let belongs = content.is_empty() || content.starts_with([' ', '#']) || is_dash(content);
        if !belongs {
            return;
        }
        lines.at = line.next;
    }
}

fn is_dash(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

fn items<'t>(lines: &mut Lines<'t>, cut: &mut Cut<'t>) -> Option<()> {
    let text = lines.text;
    let bytes = text.as_bytes();
    let mut indent = None;
    let mut start = lines.at;
    loop {
        if let Some(indent) = indent {
            lines.at = behind_deeper_lines(bytes, lines.at, indent);
        }
        let Some(line) = lines.peek() else { break };
        let depth = bytes[line.start..line.end].iter().take_while(|b| **b == b' ').count();
        let first = bytes[line.start..line.end].get(depth).copied();
        match (first, indent) {
            // Blank lines and comments belong to the entry before them.
            (None | Some(b'\r' | b'#'), _) => {}
            (Some(b'\t'), None) => return None,
            (Some(b'-'), None) if is_dash(line.content_from(depth)) => {
                indent = Some(depth);
                cut.indent = depth;
            }
            (Some(_), Some(indent)) if depth > indent => {}
            (Some(b'-'), Some(indent)) if depth == indent && is_dash(line.content_from(depth)) => {
                cut.items.push(Cow::Borrowed(&text[start..line.start]));
                start = line.start;
            }
            (Some(_), _) if depth == 0 => break,
            (Some(_), _) => return None,
        }
        lines.at = line.next;
    }
    if indent.is_some() {
        cut.items.push(Cow::Borrowed(&text[start..lines.at]));
    } else if start != lines.at {
        // Only comments: they belong to the envelope.
        push_text(&mut cut.parts, &text[start..lines.at]);
    }
    Some(())
}

/// Skips all lines that begin with more spaces than `indent`, which most lines of a list do.
fn behind_deeper_lines(bytes: &[u8], mut at: usize, indent: usize) -> usize {
    while let Some(line) = bytes.get(at..)
        && let Some((blanks, rest)) = line.split_at_checked(indent + 1)
        && blanks.iter().all(|byte| *byte == b' ')
    {
        at = memchr(b'\n', rest).map_or(bytes.len(), |length| at + indent + 1 + length + 1);
    }
    at
}

struct Lines<'t> {
    text: &'t str,
    at: usize,
}

#[derive(Clone, Copy)]
struct Line<'t> {
    text: &'t str,
    start: usize,
    /// The offset before the line feed.
    end: usize,
    /// The offset after the line feed.
    next: usize,
}

impl<'t> Lines<'t> {
    // Called for every line of the list.
    #[inline]
    fn peek(&self) -> Option<Line<'t>> {
        if self.at >= self.text.len() {
            return None;
        }
        let (end, next) = match memchr(b'\n', &self.text.as_bytes()[self.at..]) {
            Some(length) => (self.at + length, self.at + length + 1),
            None => (self.text.len(), self.text.len()),
        };
        Some(Line { text: self.text, start: self.at, end, next })
    }

    fn next(&mut self) -> Option<Line<'t>> {
        let line = self.peek()?;
        self.at = line.next;
        Some(line)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }
}

impl<'t> Line<'t> {
    /// The line without its indentation and its end.
    fn content_from(self, depth: usize) -> &'t str {
        &self.content()[depth..]
    }

    /// The line without its end.
    fn content(self) -> &'t str {
        let line = &self.text[self.start..self.end];
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// The start of a field's value: after the colon, or on the next line.
    fn value_start(self, value: &str) -> usize {
        if is_idle(value) { self.next } else { self.start + self.content().find(':').map_or(0, |at| at + 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> String {
        let Some(cut) = cut(text) else { return "not cut".into() };
        let mut out = String::new();
        for part in &cut.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Items { before, behind } => {
                    out.push_str(&format!("<{before}|{behind}>"));
                    out.push_str(&cut.items.join("|"));
                }
                Part::Results => out.push_str("<results>"),
                Part::End(text) => out.push_str(&format!("<end>{text}")),
            }
        }
        out
    }

    #[test]
    fn the_pieces_contain_every_byte() {
        let text = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- a: 1\n  b: |\n    x\n\n  # c\n- # head\n  a: 2\n# between\n- {a: 3}\nfunctionConfig:\n  k: v\nresults:\n- message: m\nother: 1\n";
        assert_eq!(
            whole(text),
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n<items:|\n>- a: 1\n  b: |\n    x\n\n  # c\n|- # head\n  a: 2\n# between\n|- {a: 3}\nfunctionConfig:\n  k: v\n<results>other: 1\n"
        );
        let cut = cut(text);
        assert_eq!(cut.as_ref().and_then(|c| c.function_config), Some("  k: v\n"));
        assert_eq!(cut.as_ref().and_then(|c| c.results), Some("- message: m\n"));
        assert_eq!(cut.as_ref().and_then(|c| c.kind), Some("ResourceList"));
    }

    #[test]
    fn indented_lists_crlf_marks_and_empty_lists_are_cut() {
        assert_eq!(whole("---\nkind: X\nitems:\n  - a: 1\n    b: 2\n  - c\n"), "---\nkind: X\n<items:|\n>  - a: 1\n    b: 2\n|  - c\n");
        assert_eq!(whole("\u{feff}kind: X\r\nitems:\r\n- a: 1\r\n- b: 2\r\n"), "\u{feff}kind: X\r\n<items:|\r\n>- a: 1\r\n|- b: 2\r\n");
        assert_eq!(whole("items: []\nkind: X\n"), "<items:|\n>kind: X\n");
        assert_eq!(whole("kind: X\nitems:\n- a: 1\n...\n"), "kind: X\n<items:|\n>- a: 1\n<end>...\n");
        assert_eq!(whole("items:\n# none\nkind: X"), "<items:|\n># none\nkind: X");
        assert_eq!(whole("kind: X\nitems: # c\n- a: 1\n"), "kind: X\n<items:| # c\n>- a: 1\n");
        assert_eq!(whole("items:  [] # c\nkind: X\n"), "<items:| # c\n>kind: X\n");
        assert_eq!(cut("functionConfig: # c\n  a: 1\nitems: []\n").and_then(|c| c.function_config), Some("  a: 1\n"));
        assert_eq!(cut("functionConfig: {a: 1}\nitems: []\n").and_then(|c| c.function_config), Some(" {a: 1}\n"));
    }

    #[test]
    fn lists_that_go_does_not_write_are_not_cut() {
        for text in [
            "{kind: ResourceList, items: []}",
            "%YAML 1.2\n---\nitems: []\n",
            "items: [{a: 1}]\n",
            "items:\n  - a: 1\n - b\n",
            "items: []\nitems: []\n",
            "\"items\": []\n",
            "items:\n\t- a\n",
            "items: []\n---\nkind: Y\n",
            "items:\n- a: \"b\nresults: c\"\n",
            "just text\n",
        ] {
            assert_eq!(whole(text), "not cut", "{text}");
        }
    }
}
