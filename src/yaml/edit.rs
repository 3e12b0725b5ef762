//! A changed tree in the words of the text that it was: what has not changed keeps its lines, comments included.
//!
//! Only block style is taken apart; a collection between brackets is one value. Whatever looks odd makes the answer
//! `None`, and so does a result that does not read as the tree: then the whole is written anew.

use super::node::{Data, Node, Scalar, Style};
use super::write::{self, map, pad};
use super::{kubernetes_value, read};
use crate::finding::Mark;

/// The text of `after`, as near to `text` as can be.
#[must_use]
pub fn edit(text: &str, after: &Node<'_>) -> Option<String> {
    let before = read(text).ok()?.root?;
    let editor = Editor::new(text);
    let mut out = text[..editor.line_start(before.mark)?].to_owned();
    editor.collection(&before, after, text.len(), &mut out)?;
    let reads_as = read(&out).ok()?.root?;
    (kubernetes_value(&reads_as) == kubernetes_value(after)).then_some(out)
}

/// The same for a text that is one entry of a block sequence, dash included.
#[must_use]
pub fn edit_entry(text: &str, after: &Node<'_>) -> Option<String> {
    let before = read(text).ok()?.root?;
    let mut out = String::new();
    let editor = Editor::new(text);
    out.push_str(&text[..editor.line_start(before.mark)?]);
    editor.list(before.as_list()?, std::slice::from_ref(after), text.len(), &mut out)?;
    let reads_as = read(&out).ok()?.root?;
    (kubernetes_value(reads_as.as_list()?.first()?) == kubernetes_value(after)).then_some(out)
}

struct Editor<'t> {
    text: &'t str,
    /// Where each line begins, and the end of the text.
    lines: Vec<usize>,
}

/// A field or an entry: where its first line begins, where its own text begins, and where the next one begins.
#[derive(Debug, Clone, Copy)]
struct Span {
    line: usize,
    start: usize,
    end: usize,
}

impl<'t> Editor<'t> {
    fn new(text: &'t str) -> Self {
        let feeds = memchr::memchr_iter(b'\n', text.as_bytes()).map(|feed| feed + 1);
        Self { text, lines: std::iter::once(0).chain(feeds).filter(|start| *start < text.len()).chain([text.len()]).collect() }
    }

    fn line_start(&self, mark: Mark) -> Option<usize> {
        self.lines.get(mark.line.checked_sub(1)? as usize).copied()
    }

    /// A mark as a place in the text.
    fn place(&self, mark: Mark) -> Option<usize> {
        let line = self.line_start(mark)?;
        let before = mark.column.checked_sub(1)? as usize;
        let (at, _) = self.text[line..].char_indices().nth(before)?;
        Some(line + at)
    }

    /// A part of the text. Aliases stand elsewhere than what they stand for, so that an end may come before a start.
    fn slice(&self, from: usize, to: usize) -> Option<&str> {
        self.text.get(from..to)
    }

    /// Columns from the beginning of the line.
    fn column(&self, at: usize) -> usize {
        let line = self.text[..at].rfind('\n').map_or(0, |feed| feed + 1);
        self.text[line..at].chars().count()
    }

    /// Writes the fields or entries of `after`, from the beginning of the line of the first of `before`, which end at `end`.
    fn collection(&self, before: &Node<'_>, after: &Node<'_>, end: usize, out: &mut String) -> Option<()> {
        match (&before.data, &after.data) {
            (Data::Map(old), Data::Map(new)) if self.is_block(before) && !new.is_empty() => self.map(old, new, None, end, out),
            (Data::List(old), Data::List(new)) if self.is_block(before) && !new.is_empty() => self.list(old, new, end, out),
            _ => None,
        }
    }

    fn is_block(&self, node: &Node<'_>) -> bool {
        let empty = match &node.data {
            Data::Map(pairs) => pairs.is_empty(),
            Data::List(entries) => entries.is_empty(),
            Data::Scalar(_) => return false,
        };
        !empty && node.tag.is_none() && self.place(node.mark).is_some_and(|at| !self.text[at..].starts_with(['{', '[', '?']))
    }

    /// The fields of a mapping that stand below each other. `dash` is what the first one stands behind.
    fn map(
        &self,
        old: &[(Node<'_>, Node<'_>)],
        new: &[(Node<'_>, Node<'_>)],
        dash: Option<usize>,
        end: usize,
        out: &mut String,
    ) -> Option<()> {
        let starts: Vec<usize> = old.iter().map(|(key, _)| self.place(key.mark)).collect::<Option<_>>()?;
        let column = self.column(*starts.first()?);
        let spans = self.spans(&starts, column, end)?;
        for (i, (key, value)) in new.iter().enumerate() {
            let before = out.len();
            match dash.filter(|_| i == 0) {
                Some(dash) => out.push_str(self.slice(dash, starts[0])?),
                None => pad(column, out),
            }
            let known = old.iter().position(|(known, _)| known.as_text() == key.as_text() && key.as_text().is_some());
            let Some(j) = known else {
                self.anew(|out| map(&new[i..=i], column, true, out), out);
                continue;
            };
            let Span { line, start, end } = spans[j];
            if dash.is_none() || i > 0 && j > 0 {
                // Comments above a field go with it.
                out.truncate(before);
                out.push_str(self.slice(line, start)?);
            }
            let was = &old[j].1;
            if same(was, value) {
                out.push_str(self.slice(start, end)?);
            } else if let Some(inner) = self.below(was, value, start) {
                out.push_str(self.slice(start, inner)?);
                self.collection(was, value, end, out)?;
            } else if self.scalar(was, value, start, end, out).is_none() {
                self.anew(|out| map(&new[i..=i], column, true, out), out);
            }
        }
        Some(())
    }

    /// The entries of a list, each behind a dash on a line of its own.
    fn list(&self, old: &[Node<'_>], new: &[Node<'_>], end: usize, out: &mut String) -> Option<()> {
        let dashes: Vec<usize> = old.iter().map(|entry| self.dash_before(self.place(entry.mark)?)).collect::<Option<_>>()?;
        let column = self.column(*dashes.first()?);
        let spans = self.spans(&dashes, column, end)?;
        for (entry, j) in new.iter().zip(aligned(old, new)) {
            let Some(j) = j else {
                pad(column, out);
                self.anew(|out| write::entry(entry, column, out), out);
                continue;
            };
            let Span { line, start, end } = spans[j];
            let was = &old[j];
            if same(was, entry) {
                out.push_str(self.slice(line, end)?);
                continue;
            }
            out.push_str(self.slice(line, start)?);
            match (&was.data, &entry.data) {
                (Data::Map(before), Data::Map(after)) if self.is_block(was) && !after.is_empty() => {
                    self.map(before, after, Some(start), end, out)?;
                }
                _ => {
                    if self.scalar(was, entry, start, end, out).is_none() {
                        self.anew(|out| write::entry(entry, column, out), out);
                    }
                }
            }
        }
        Some(())
    }

    /// What each of several neighbours spans, by where their texts begin. Comments above one, no deeper than it, are its.
    fn spans(&self, starts: &[usize], column: usize, end: usize) -> Option<Vec<Span>> {
        let mut spans = Vec::with_capacity(starts.len());
        for (i, &start) in starts.iter().enumerate() {
            let mut line = self.text[..start].rfind('\n').map_or(0, |feed| feed + 1);
            if i > 0 {
                if self.column(start) != column || start <= starts[i - 1] {
                    return None;
                }
                while let Some(above) = self.comment_above(line, column) {
                    line = above;
                }
            }
            spans.push(Span { line, start, end });
        }
        for i in 1..spans.len() {
            spans[i - 1].end = spans[i].line;
        }
        Some(spans)
    }

    /// Where the line above begins, when it is a comment that stands no deeper than `column`.
    fn comment_above(&self, line: usize, column: usize) -> Option<usize> {
        let before = self.text[..line].strip_suffix('\n')?;
        let above = before.rfind('\n').map_or(0, |feed| feed + 1);
        let content = before[above..].trim_start_matches(' ');
        (content.starts_with('#') && before.len() - above - content.len() <= column).then_some(above)
    }

    /// The dash of an entry whose content begins at `at`.
    fn dash_before(&self, at: usize) -> Option<usize> {
        let mut before = &self.text[..at];
        loop {
            let trimmed = before.trim_end_matches([' ', '\n', '\r']);
            if trimmed.ends_with('-') {
                return Some(trimmed.len() - 1);
            }
            // `- # comment` above the content.
            let line = trimmed.rfind('\n').map_or(0, |feed| feed + 1);
            let comment = trimmed[line..].find('#')?;
            before = &trimmed[..line + comment];
        }
    }

    /// Where the inner lines of a block collection begin that is to be edited itself.
    fn below(&self, was: &Node<'_>, value: &Node<'_>, key: usize) -> Option<usize> {
        let kept = match (&was.data, &value.data) {
            (Data::Map(_), Data::Map(new)) => !new.is_empty(),
            (Data::List(_), Data::List(new)) => !new.is_empty(),
            _ => false,
        };
        let inner = self.line_start(was.mark).filter(|inner| *inner > key)?;
        (kept && self.is_block(was)).then_some(inner)
    }

    /// Another scalar in the place of one that stands on the line of `start`; what follows on that line stays.
    fn scalar(&self, was: &Node<'_>, value: &Node<'_>, start: usize, end: usize, out: &mut String) -> Option<()> {
        let (Data::Scalar(old), Data::Scalar(_)) = (&was.data, &value.data) else { return None };
        let at = self.place(was.mark)?;
        let (name, rest) = (self.slice(start, at)?, self.slice(at, end)?);
        let (line, below) = rest.split_at(rest.find('\n').map_or(rest.len(), |feed| feed + 1));
        if name.contains('\n') || was.tag.is_some() {
            return None;
        }
        let length = match old.style {
            Style::Plain => line.strip_prefix(old.text.as_ref()).map(|_| old.text.len())?,
            Style::Quoted => quoted_length(line)?,
        };
        let behind = &line[length..];
        if !matches!(behind.trim_start().as_bytes(), [] | [b'#', ..]) || below.lines().any(|line| !is_idle(line)) {
            return None;
        }
        let mut spelled = String::new();
        write::write(value, &mut spelled);
        let spelled = spelled.strip_suffix('\n').filter(|text| !text.contains('\n'))?;
        for part in [name, spelled, behind, below] {
            out.push_str(part);
        }
        Some(())
    }

    /// Adds what is written anew, with the line ends of the text.
    fn anew(&self, write: impl FnOnce(&mut String), out: &mut String) {
        if !self.text.contains("\r\n") {
            return write(out);
        }
        let mut text = String::new();
        write(&mut text);
        out.push_str(&text.replace('\n', "\r\n"));
    }
}

/// Whether a line holds nothing, or a comment.
fn is_idle(line: &str) -> bool {
    matches!(line.trim().as_bytes(), [] | [b'#', ..])
}

/// The length of a quoted scalar that ends on its line, quotes included.
fn quoted_length(line: &str) -> Option<usize> {
    let quote = line.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let mut rest = line.char_indices().skip(1).peekable();
    while let Some((at, c)) = rest.next() {
        if c == '\\' && quote == '"' {
            rest.next();
        } else if c == quote {
            if quote == '\'' && rest.peek().is_some_and(|(_, next)| *next == '\'') {
                rest.next();
                continue;
            }
            return Some(at + 1);
        }
    }
    None
}

/// Whether two nodes are spelled alike, wherever they stand.
fn same(a: &Node<'_>, b: &Node<'_>) -> bool {
    a.tag == b.tag
        && match (&a.data, &b.data) {
            (Data::Scalar(Scalar { text, style }), Data::Scalar(other)) => (text, style) == (&other.text, &other.style),
            (Data::List(a), Data::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
            (Data::Map(a), Data::Map(b)) => a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| same(k, l) && same(a, b)),
            _ => false,
        }
}

/// For each new entry the old one that it is: the next that is the same, or, between two such, the one of the same name.
fn aligned(old: &[Node<'_>], new: &[Node<'_>]) -> Vec<Option<usize>> {
    let mut places: Vec<Option<usize>> = vec![None; new.len()];
    let mut next = 0;
    for (place, entry) in places.iter_mut().zip(new) {
        if let Some(found) = old[next..].iter().position(|known| same(known, entry)) {
            *place = Some(next + found);
            next += found + 1;
        }
    }
    let mut i = 0;
    while i < new.len() {
        if places[i].is_some() {
            i += 1;
            continue;
        }
        let gap = i;
        while i < new.len() && places[i].is_none() {
            i += 1;
        }
        let from = gap.checked_sub(1).and_then(|before| places[before]).map_or(0, |before| before + 1);
        let to = places.get(i).copied().flatten().unwrap_or(old.len());
        pair(&old[from..to], &new[gap..i], from, &mut places[gap..i]);
    }
    places
}

/// Entries of a gap: by their names, in order; where nothing has a name and none was added, one by one.
fn pair(old: &[Node<'_>], new: &[Node<'_>], offset: usize, places: &mut [Option<usize>]) {
    let name = |node: &Node<'_>| node.get("name").and_then(Node::as_text).map(str::to_owned);
    let mut next = 0;
    for (i, (place, entry)) in places.iter_mut().zip(new).enumerate() {
        let found = match name(entry) {
            Some(wanted) => old[next..].iter().position(|known| name(known).as_ref() == Some(&wanted)).map(|found| next + found),
            None => (old.len() == new.len() && i >= next && name(&old[i]).is_none()).then_some(i),
        };
        if let Some(found) = found {
            *place = Some(offset + found);
            next = found + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` with the tree of `after`; `None` when it has to be written anew.
    fn edited(text: &str, after: &str) -> Option<String> {
        edit(text, &read(after).ok()?.root?)
    }

    const TEXT: &str = "\
# head
kind: Deployment # a kind
metadata:
  name: 'a'

  # the labels
  labels: {x: \"1\"} # flow
spec:
    replicas: 2   # two
    list:
      - name: A # first
        value: '1'
      # about B
      - name: B
        value: |
          text
      -   name: C
    args:
    - a # one
    - b

    - \"c\" # three
# tail
";

    #[test]
    fn what_stays_keeps_its_lines() {
        let tree = |replicas: &str, c: &str, args: &str| {
            format!(
                "{{kind: Deployment, metadata: {{name: 'a', labels: {{x: \"1\"}}}}, spec: {{replicas: {replicas}, list: [{{name: A, value: '1'}}, {{name: B, value: \"text\\n\"}}{c}], args: [{args}]}}}}"
            )
        };
        let (c, args) = (", {name: C}", "a, b, \"c\"");
        assert_eq!(edited(TEXT, &tree("2", c, args)).as_deref(), Some(TEXT));
        assert_eq!(edited(TEXT, &tree("3", c, args)), Some(TEXT.replace("2   # two", "3   # two")));
        assert_eq!(edited(TEXT, &tree("2", "", args)), Some(TEXT.replace("      -   name: C\n", "")));
        let added = ", {name: C, value: \"on\"}, {name: D}";
        let expected = TEXT.replace("      -   name: C\n", "      -   name: C\n          value: \"on\"\n      - name: D\n");
        assert_eq!(edited(TEXT, &tree("2", added, args)), Some(expected));
        let expected = TEXT.replace("    - b\n", "    - x\n").replace("    - \"c\" # three\n", "    - d # three\n");
        assert_eq!(edited(TEXT, &tree("2", c, "a, x, d")), Some(expected));
        assert_eq!(edited(TEXT, &tree("{a: 1}", c, args)), Some(TEXT.replace("replicas: 2   # two", "replicas:\n      a: 1")));
    }

    #[test]
    fn fields_go_with_the_comments_above_them() {
        let without = "{kind: Deployment, metadata: {labels: {x: \"2\"}}}";
        assert_eq!(
            edited(TEXT, without).as_deref(),
            Some("# head\nkind: Deployment # a kind\nmetadata:\n  # the labels\n  labels:\n    x: \"2\"\n")
        );
        let entry = |text, after| edit_entry(text, &read(after).ok()?.root?);
        let text = "# above\n  - # head\n    a: 1\n    # b\n    b: 2\n";
        assert_eq!(entry(text, "{a: 1, b: 3}").as_deref(), Some("# above\n  - # head\n    a: 1\n    # b\n    b: 3\n"));
        assert_eq!(entry(text, "{b: 2, c: x}").as_deref(), Some("# above\n  - # head\n    b: 2\n    c: x\n"));
        assert_eq!(entry("- a: 1\n  b: 2\n", "{n: [1], a: 1, b: 2}").as_deref(), Some("- n:\n  - 1\n  a: 1\n  b: 2\n"));
        assert_eq!(entry("- {a: 1}\n", "{a: 2}").as_deref(), Some("- a: 2\n"));
    }

    #[test]
    fn line_ends_of_windows_stay() {
        assert_eq!(edited("a: 1 # x\r\nb: 2\r\n", "{a: 3, c: {d: 4}, b: 2}").as_deref(), Some("a: 3 # x\r\nc:\r\n  d: 4\r\nb: 2\r\n"));
    }

    #[test]
    fn odd_texts_are_written_anew() {
        for (text, after) in [
            ("{a: 1}\n", "{b: 1}"),
            ("? a\n: 1\n", "{a: 2}"),
            ("a: 1\n...\n", "{a: 1, b: 2}"),
            ("a: &x {c: 1}\nb: *x\n", "{b: {c: 1}}"),
            ("a: !t 1\n", "[1]"),
        ] {
            assert_eq!(edited(text, after), None, "{text}");
        }
        // Whatever is left of what an alias stood for is written out.
        assert_eq!(edited("a: &x 1\nb: *x\n", "{b: 5, c: 1}").as_deref(), Some("b: 5\nc: 1\n"));
        let anchored = "a: &x\n  c: 1\nb: *x\n";
        assert_eq!(edited(anchored, "{a: {c: 1}, b: {c: 2}}").as_deref(), Some("a: &x\n  c: 1\nb:\n  c: 2\n"));
    }
}
