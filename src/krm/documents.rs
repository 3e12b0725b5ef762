//! Splits a stream of YAML documents without an envelope.
//!
//! A line that begins with `---` is always the mark of a document: such a line is not allowed in a quoted scalar or a block
//! scalar (YAML 1.2.2, 9.1.2).

/// A document with content.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece<'t> {
    /// The text, including its mark and any empty documents before it.
    pub text: &'t str,
    /// The offset of the document itself, including the comments above its mark.
    pub body: usize,
}

/// Returns the documents with content, and the rest after the last one. Joined, they are the whole text.
pub fn split(text: &str) -> (Vec<Piece<'_>>, &str) {
    let mut pieces = Vec::new();
    let (mut start, mut body, mut at) = (0, 0, 0);
    let (mut has_content, mut has_mark) = (false, false);
    for line in lines(text) {
        let begins = is_mark(line, "---");
        if begins && has_content {
            pieces.extend(piece(text, start, body, at));
            (start, body, has_content) = (at, at, false);
        } else if begins && has_mark {
            // The document above this mark has no content.
            body = at;
        }
        has_mark |= begins;
        at += line.len();
        if is_mark(line, "...") {
            if has_content {
                pieces.extend(piece(text, start, body, at));
                start = at;
            }
            (body, has_content, has_mark) = (at, false, false);
        } else {
            has_content |= holds_content(line);
        }
    }
    if has_content {
        pieces.extend(piece(text, start, body, at));
        start = at;
    }
    (pieces, text.get(start..).unwrap_or_default())
}

fn piece(text: &str, start: usize, body: usize, end: usize) -> Option<Piece<'_>> {
    Some(Piece { text: text.get(start..end)?, body: body.checked_sub(start)? })
}

/// Whether the first line, apart from comments and directives, is a document's mark.
pub fn has_mark(text: &str) -> bool {
    lines(text).find(|line| is_mark(line, "---") || holds_content(line)).is_some_and(|line| is_mark(line, "---"))
}

/// The offset of the content in the text of a document: after the last mark above the content.
pub fn behind_mark(text: &str) -> usize {
    let (mut behind, mut at) = (0, 0);
    for line in lines(text) {
        let next = at + line.len();
        if is_mark(line, "---") {
            let rest = line.trim_start_matches('\u{feff}').get(3..).unwrap_or_default();
            // The content may begin on the line of the mark.
            behind = if rest.trim().is_empty() { next } else { next - rest.len() + 1 };
        }
        if holds_content(line) {
            break;
        }
        at = next;
    }
    behind
}

fn is_mark(line: &str, mark: &str) -> bool {
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
}

/// Whether a line has content besides comments, directives and marks.
fn holds_content(line: &str) -> bool {
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    let rest = if is_mark(line, "---") { line.get(3..).unwrap_or_default() } else { line };
    !matches!(rest.trim().as_bytes(), [] | [b'#', ..]) && !line.starts_with('%')
}

/// The lines, each with its line end: that of Unix, Windows or old Macs.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = match rest.find(['\n', '\r']) {
            Some(end) if rest.get(end..).is_some_and(|line_break| line_break.starts_with("\r\n")) => end + 2,
            Some(end) => end + 1,
            None => rest.len(),
        };
        let (line, more) = rest.split_at_checked(end)?;
        rest = more;
        (!line.is_empty()).then_some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> (Vec<(&str, usize)>, &str) {
        let (pieces, tail) = split(text);
        (pieces.into_iter().map(|piece| (piece.text, piece.body)).collect(), tail)
    }

    #[test]
    fn the_pieces_contain_every_byte() {
        for (text, pieces, tail) in [
            ("a: 1\n", vec![("a: 1\n", 0)], ""),
            (
                "# c\n---\na: 1\n---\nb: |\n  ---\n...\n--- {c: 1}",
                vec![("# c\n---\na: 1\n", 0), ("---\nb: |\n  ---\n...\n", 0), ("--- {c: 1}", 0)],
                "",
            ),
            ("---\r\na: 1\r\n--- # c\r\nb: 1\r\n---\r\n", vec![("---\r\na: 1\r\n", 0), ("--- # c\r\nb: 1\r\n", 0)], "---\r\n"),
            (
                "---\n# c\n---\na\n...\n%YAML 1.1\n# d\n---\nb\n...\n# e\n",
                vec![("---\n# c\n---\na\n...\n", 8), ("%YAML 1.1\n# d\n---\nb\n...\n", 0)],
                "# e\n",
            ),
            ("\u{feff}---\ra\r---\rb", vec![("\u{feff}---\ra\r", 0), ("---\rb", 0)], ""),
            ("# c\n", vec![], "# c\n"),
        ] {
            assert_eq!(shown(text), (pieces, tail), "{text}");
        }
        assert!(has_mark("# c\n\n---\n") && has_mark("--- a") && has_mark("%YAML 1.1\n---\n"));
        assert!(!has_mark("a\n---\n") && !has_mark("---a\n"));
    }
}
