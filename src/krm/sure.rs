//! Decides whether the lines of YAML show its structure, so that it need not be parsed. Such lines are called sure.
//!
//! Quoted scalars and collections in brackets ignore the indentation around them, so one of their lines may look like a
//! field or an entry. This cannot happen if each of them ends on the line on which it begins. Go's encoder always writes
//! YAML like that.

use memchr::{memchr, memchr2, memchr3, memrchr};

/// Whether no quote and no bracket is open at the end of any line; `false` in doubt.
pub fn are_lines_sure(text: &str) -> bool {
    let bytes = text.as_bytes();
    if has_odd_breaks(bytes) {
        return false;
    }
    let mut at = 0;
    let mut bracket = 0;
    while let Some(rest) = bytes.get(at..) {
        // Find the next quote or opening bracket. There are four kinds, and `memchr3` finds only three.
        if bracket < at || at == 0 {
            bracket = memchr(b'[', rest).map_or(bytes.len(), |found| at + found);
        }
        let found = memchr3(b'"', b'\'', b'{', rest).map_or(bytes.len(), |found| at + found).min(bracket);
        let (before, behind) = bytes.split_at_checked(found).unwrap_or_default();
        if behind.is_empty() {
            break;
        }
        if let Some(length) = whole_value(before, behind) {
            at = found + length;
            continue;
        }
        let start = memrchr(b'\n', before).map_or(0, |feed| feed + 1);
        let end = memchr(b'\n', behind).map_or(bytes.len(), |length| found + length);
        at = if ends_where_it_begins(bytes.get(start..end).unwrap_or_default()) {
            end
        } else {
            match behind_block_scalar(text, start) {
                Some(behind) => behind,
                None => return false,
            }
        };
    }
    true
}

/// The length of a quoted scalar or of empty brackets, if that is the whole value after a key or a dash and ends its line, as
/// most values do. `before` has no quote and no bracket on that line.
fn whole_value(before: &[u8], behind: &[u8]) -> Option<usize> {
    let is_first = match before {
        [.., b':', b' '] => true,
        [.., b'-', b' '] => {
            let other = before.iter().rfind(|byte| !matches!(byte, b'-' | b' '));
            other.is_none_or(|byte| *byte == b'\n')
        }
        _ => false,
    };
    let quote = *behind.first().filter(|_| is_first)?;
    let length = match (quote, behind) {
        (b'{', [_, b'}', ..]) | (b'[', [_, b']', ..]) => 2,
        (b'{' | b'[', _) => return None,
        _ => {
            let inner = behind.get(1..)?;
            let end = inner.iter().position(|byte| *byte == quote || matches!(byte, b'\\' | b'\n'))?;
            if inner.get(end) != Some(&quote) {
                return None;
            }
            end + 2
        }
    };
    matches!(behind.get(length..), Some([] | [b'\n', ..] | [b'\r', b'\n', ..])).then_some(length)
}

/// Whether there are line breaks other than those of Unix and Windows. For YAML they end a line too.
fn has_odd_breaks(bytes: &[u8]) -> bool {
    memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n'))
        || memchr::memchr2_iter(0xc2, 0xe2, bytes)
            .any(|at| matches!(bytes.get(at..), Some([0xc2, 0x85, ..] | [0xe2, 0x80, 0xa8 | 0xa9, ..])))
}

/// Whether every quote and bracket that begins on a line ends on it.
fn ends_where_it_begins(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let mut rest = line.trim_ascii_start();
    loop {
        rest = match rest {
            // Only a comment may follow the indicator of a block scalar on its line.
            [] | [b'#' | b'|' | b'>', ..] | [b'-' | b'?' | b':'] => return true,
            [b'-' | b'?' | b':', b' ' | b'\t', more @ ..] => more.trim_ascii_start(),
            [b'&' | b'!' | b'*', ..] => match memchr2(b' ', b'\t', rest) {
                Some(end) => rest.get(end..).unwrap_or_default().trim_ascii_start(),
                None => return true,
            },
            [quote @ (b'"' | b'\''), more @ ..] => match behind_quote(*quote, more).and_then(behind_value) {
                Some(behind) => behind,
                None => return false,
            },
            [b'[' | b'{', ..] => match behind_brackets(rest).and_then(behind_value) {
                Some(behind) => behind,
                None => return false,
            },
            // Only `: ` and ` #` end a plain scalar.
            _ => match rest.windows(2).position(|pair| matches!(pair, [b':', b' ' | b'\t'] | [b' ' | b'\t', b'#'])) {
                Some(end) => rest.get(end..).unwrap_or_default().trim_ascii_start(),
                None => return true,
            },
        };
    }
}

/// The text after a value on its line, if it is empty, a comment, or the colon of a key.
fn behind_value(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.trim_ascii_start();
    matches!(rest, [] | [b'#', ..] | [b':'] | [b':', b' ' | b'\t', ..]).then_some(rest)
}

/// The text after a quoted scalar whose opening quote was read.
fn behind_quote(quote: u8, mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let end = memchr2(quote, b'\\', rest)?;
        rest = match rest.get(end..)? {
            [b'\\', _, more @ ..] if quote == b'"' => more,
            [b'\\', more @ ..] => more,
            [b'\'', b'\'', more @ ..] if quote == b'\'' => more,
            [_, more @ ..] => return Some(more),
            [] => return None,
        };
    }
}

/// The text after a collection in brackets whose opening bracket is first in `rest`; `None` if it does not end.
fn behind_brackets(mut rest: &[u8]) -> Option<&[u8]> {
    let mut depth = 0_usize;
    let mut in_plain = false;
    let mut before = b' ';
    while let [byte, more @ ..] = rest {
        rest = more;
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(rest);
                }
            }
            b'#' if !in_plain || matches!(before, b' ' | b'\t') => return None,
            b'"' | b'\'' if !in_plain => rest = behind_quote(*byte, more)?,
            b'&' | b'!' | b'*' if !in_plain => {
                let ends = |byte: &u8| matches!(byte, b' ' | b'\t' | b',' | b'[' | b']' | b'{' | b'}');
                rest = more.get(more.iter().position(ends)?..)?;
            }
            _ => {}
        }
        // A plain scalar in brackets ends at a comma, a bracket, `?`, or a colon before a blank.
        in_plain = match byte {
            b',' | b'[' | b']' | b'{' | b'}' | b'?' | b'"' | b'\'' | b'&' | b'!' | b'*' if !in_plain => false,
            b',' | b'[' | b']' | b'{' | b'}' | b'?' => false,
            b':' => in_plain && !matches!(more, [b' ' | b'\t', ..]),
            b' ' | b'\t' => in_plain,
            _ => true,
        };
        before = *byte;
    }
    None
}

/// The end of the block scalar that contains the line at an offset; `None` if the line is not in a block scalar. All lines
/// above must be sure.
fn behind_block_scalar(text: &str, line: usize) -> Option<usize> {
    let (above, below) = text.split_at_checked(line)?;
    let mut depth = indentation(below.as_bytes());
    let mut owner = None;
    // The owner of a block scalar is the line of its key or dash. Only a line that is indented less than all lines between
    // can be the owner.
    for line in above.as_bytes().rsplit(|byte| *byte == b'\n') {
        let indent = indentation(line);
        let content = line.get(indent..).unwrap_or_default().trim_ascii_end();
        if content.is_empty() || indent >= depth || content.starts_with(b"#") {
            continue;
        }
        owner = block_scalar_column(indent, content).filter(|column| *column < depth);
        if owner.is_some() {
            break;
        }
        depth = indent;
        if depth == 0 {
            break;
        }
    }
    // The lines of the block scalar are indented further than its key or dash.
    let owner = owner?;
    let is_within = |line: &&str| line.trim_ascii().is_empty() || indentation(line.as_bytes()) > owner;
    Some(line + below.split_inclusive('\n').take_while(is_within).map(str::len).sum::<usize>())
}

fn indentation(line: &[u8]) -> usize {
    line.iter().take_while(|byte| **byte == b' ').count()
}

/// The column of the key of a block scalar that begins on a line, or of the last dash if there is no key.
fn block_scalar_column(indent: usize, mut content: &[u8]) -> Option<usize> {
    let (mut owner, mut column) = (indent, indent);
    while let [b'-' | b'?' | b':', b' ', more @ ..] = content {
        owner = column;
        let blanks = indentation(more);
        column += 2 + blanks;
        content = more.get(blanks..)?;
    }
    if !matches!(content, [b'|' | b'>', ..]) {
        owner = column;
        let colon = content.windows(2).rposition(|pair| pair == b": ")?;
        content = content.get(colon + 2..)?.trim_ascii_start();
    }
    let [b'|' | b'>', indicators @ ..] = content else { return None };
    let rest = indicators.iter().position(|byte| !matches!(byte, b'+' | b'-' | b'0'..=b'9'));
    let rest = indicators.get(rest.unwrap_or(indicators.len())..)?.trim_ascii_start();
    matches!(rest, [] | [b'#', ..]).then_some(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_brackets_that_end_on_their_line_are_sure() {
        for text in [
            "a: 1\nb: it's\n",
            "a: 'b'\nc: \"d\\\"e\" # it's\n'f': [g, {\"h\": 'i''j'}] # [\n- - \"k\"\n- ? 'l'\n",
            "a: |\n  \"b\n  [\n\n c: \"d\n",
            "- a: |- # x\n    \"b\n  c: 1\n- >\n  'd\n- - |\n    {\n  - f\n",
            "a:\n  b: |\n    # {\n    c: \"\n  d: 1\n",
            "é: 'è'\r\nf: \"\"\r\n",
            "a: &x \"b\"\nc: !t [d]\n",
            "a: don't [do\nb: c # \"\n",
        ] {
            assert!(are_lines_sure(text), "{text}");
        }
    }

    #[test]
    fn open_quotes_and_brackets_are_not_sure() {
        for text in [
            "a: \"b\nc: d\"\n",
            "a: 'b\n  c'\n",
            "a: [b,\nc]\n",
            "a: {b: \"c }\n",
            "- \"a\nb\"\n",
            "k 'x: \"e' f\n g\"\n",
            "a: [b 'c, \"d' ]\n]\n",
            "a: |\n  b\nc: \"d\ne\"\n",
            "- a: |\n    b\n  c: \"d\ne\"\n",
            "a: b\rc: d\n",
            "a: b\u{85}c: d\n",
            "a: b\u{2028}c: d\n",
            "# a: |\n  \"b\nc\"\n",
        ] {
            assert!(!are_lines_sure(text), "{text}");
        }
    }
}
