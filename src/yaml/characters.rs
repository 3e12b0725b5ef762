//! The classes of single characters in YAML.

use super::dialect::Dialect;
use super::error::SyntaxError;
use crate::finding::Mark;

/// The class of blanks. This constant and the following constants are classes of bytes, one bit each.
pub(super) const BLANK: u8 = 1;
/// The end of the text, or a byte that may be the first byte of a line break.
pub(super) const BREAK: u8 = 2;
/// A character that ends a plain scalar between brackets.
pub(super) const FLOW: u8 = 4;
pub(super) const COLON: u8 = 8;
/// A letter, a digit, `-` or `_`. The name of an anchor consists of these characters.
pub(super) const WORD: u8 = 16;
/// Another character that is allowed in a tag.
pub(super) const URI: u8 = 32;
pub(super) const SINGLE: u8 = 64;
/// A double quote or a backslash.
pub(super) const DOUBLE: u8 = 128;

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation)]
        let b = byte as u8;
        classes[byte] = match b {
            b' ' | b'\t' => BLANK,
            0 | b'\n' | b'\r' | 0xc2 | 0xe2 => BREAK,
            b'?' | b',' | b'[' | b']' => FLOW | URI,
            b'{' | b'}' => FLOW,
            b':' => COLON | URI,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => WORD | URI,
            b';' | b'/' | b'@' | b'&' | b'=' | b'+' | b'$' | b'.' | b'!' | b'~' | b'*' | b'(' | b')' | b'%' => URI,
            b'\'' => SINGLE | URI,
            b'"' | b'\\' => DOUBLE,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

const CONTROL: u8 = 1;
const BEYOND_ASCII: u8 = 2;

/// The bytes that need a closer check.
static UNUSUAL: [u8; 256] = {
    let mut unusual = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        unusual[byte] = match byte {
            0x80.. => BEYOND_ASCII,
            0x09 | 0x0a | 0x0d => 0,
            0..0x20 | 0x7f => CONTROL,
            _ => 0,
        };
        byte += 1;
    }
    unusual
};

pub(super) fn has_class(byte: u8, classes: u8) -> bool {
    CLASSES[usize::from(byte)] & classes != 0
}

/// The length of the line break at a place; 0 if there is none. Besides the line breaks of Unix and Windows there are
/// U+0085, U+2028 and U+2029 (YAML 1.1, 5.4).
pub(super) fn break_length(bytes: &[u8], at: usize) -> usize {
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    match byte(at) {
        b'\n' => 1,
        b'\r' => 1 + usize::from(byte(at + 1) == b'\n'),
        0xc2 if byte(at + 1) == 0x85 => 2,
        0xe2 if byte(at + 1) == 0x80 && matches!(byte(at + 2), 0xa8 | 0xa9) => 3,
        _ => 0,
    }
}

/// Whether a byte is not the first one of its character.
pub(super) fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Properties of the characters of the input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Characters {
    /// Whether every byte is a character.
    pub is_ascii: bool,
    /// Whether the text has line breaks other than those of Unix and Windows.
    pub has_rare_breaks: bool,
}

/// Checks all characters; returns an error for a character that YAML does not allow (YAML 1.1, 5.1;
/// `yaml_parser_update_buffer` of libyaml, `Reader.NON_PRINTABLE` of PyYAML). In kubectl's dialect all characters above
/// ASCII are allowed: go-yaml writes them unescaped, although it refuses to read some, and kustomize sends them.
pub(super) fn check(text: &str, dialect: Dialect) -> Result<Characters, SyntaxError> {
    // The loop has no branches, because it reads every byte of the input.
    let found = text.bytes().fold(0, |found, byte| found | UNUSUAL[usize::from(byte)]);
    let is_ascii = found & BEYOND_ASCII == 0;
    if found == 0 {
        return Ok(Characters { is_ascii, has_rare_breaks: false });
    }
    let is_bad = |c: char| match c {
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' => true,
        '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => dialect == Dialect::Jina,
        _ => false,
    };
    let Some((at, c)) = text.char_indices().find(|(_, c)| is_bad(*c)) else {
        return Ok(Characters { is_ascii, has_rare_breaks: text.contains(['\u{85}', '\u{2028}', '\u{2029}']) });
    };
    let before = text.get(..at).unwrap_or_default();
    let line = before.rfind('\n').map_or(0, |feed| feed + 1);
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mark = Mark {
        line: number(1 + memchr::memchr_iter(b'\n', before.as_bytes()).count()),
        column: number(1 + before.get(line..).unwrap_or_default().chars().count()),
    };
    let message = format!("the control character U+{:04X} is not allowed; write it as an escape sequence in double quotes", u32::from(c));
    Err(SyntaxError { message, mark })
}
