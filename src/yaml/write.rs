//! Writes nodes as YAML text.
//!
//! The style is that of kustomize and kpt: collections in block style, lists at the indentation of their parent, and long
//! strings on one line. A string is written without quotes only if all readers that kubectl, kustomize, kpt and Jina use
//! (goyaml.v2, goyaml.v3, sigs.k8s.io/yaml, `PyYAML`) read it as a string. A plain scalar keeps its text, because its type
//! is not decided.

use super::node::{Data, Node, Scalar, Style};

/// Writes `node` as the root of a document.
pub fn write(node: &Node<'_>, out: &mut String) {
    match &node.data {
        Data::Map(pairs) if !pairs.is_empty() => {
            tag(node, "", "\n", out);
            map(pairs, 0, false, out);
        }
        Data::List(entries) if !entries.is_empty() => {
            tag(node, "", "\n", out);
            list(entries, 0, out);
        }
        _ => {
            leaf(node, 0, out);
            out.push('\n');
        }
    }
}

/// Writes a mapping with each field on one line. Block scalars are not used, because Jina doubles their line breaks when it
/// reads a file.
pub fn write_one_line_fields(node: &Node<'_>, out: &mut String) {
    for (name, value) in node.as_map().unwrap_or_default() {
        key(name, 0, out);
        out.push(' ');
        within_flow(value, out);
        out.push('\n');
    }
}

/// The indentation of lines below a key.
pub(super) const STEP: usize = 2;

/// Writes a non-empty collection after the colon of a key at column `indent`.
pub(super) fn below(node: &Node<'_>, indent: usize, out: &mut String) {
    tag(node, " ", "", out);
    out.push('\n');
    match &node.data {
        Data::Map(inner) => map(inner, indent + STEP, false, out),
        Data::List(entries) => list(entries, indent, out),
        Data::Scalar(_) => {}
    }
}

/// Writes `node` as one entry of a list whose dashes are at column `indent`.
pub fn write_entry(node: &Node<'_>, indent: usize, out: &mut String) {
    pad(indent, out);
    entry(node, indent, out);
}

pub(super) fn pad(mut indent: usize, out: &mut String) {
    const SPACES: &str = "                                ";
    while indent > SPACES.len() {
        out.push_str(SPACES);
        indent -= SPACES.len();
    }
    out.push_str(&SPACES[..indent]);
}

/// Writes fields at column `indent`. `on_first_line` is whether the first field is written at the end of `out`.
pub(super) fn map(pairs: &[(Node<'_>, Node<'_>)], indent: usize, mut on_first_line: bool, out: &mut String) {
    for (name, value) in pairs {
        if !std::mem::take(&mut on_first_line) {
            pad(indent, out);
        }
        key(name, indent, out);
        match &value.data {
            Data::Map(inner) if !inner.is_empty() => below(value, indent, out),
            Data::List(entries) if !entries.is_empty() => below(value, indent, out),
            _ => {
                out.push(' ');
                leaf(value, indent, out);
                out.push('\n');
            }
        }
    }
}

fn list(entries: &[Node<'_>], indent: usize, out: &mut String) {
    for node in entries {
        pad(indent, out);
        entry(node, indent, out);
    }
}

/// Writes an entry at column `indent`, with its dash at the end of `out`.
pub(super) fn entry(node: &Node<'_>, indent: usize, out: &mut String) {
    out.push('-');
    match &node.data {
        Data::Map(pairs) if !pairs.is_empty() => {
            let same_line = opened(node, out);
            map(pairs, indent + STEP, same_line, out);
        }
        Data::List(entries) if !entries.is_empty() => {
            if opened(node, out) {
                entry(&entries[0], indent + STEP, out);
                list(&entries[1..], indent + STEP, out);
            } else {
                list(entries, indent + STEP, out);
            }
        }
        _ => {
            out.push(' ');
            leaf(node, indent, out);
            out.push('\n');
        }
    }
}

/// Starts a collection after a dash: on the same line, unless the collection has a tag. Returns whether it is on that line.
fn opened(node: &Node<'_>, out: &mut String) -> bool {
    tag(node, " ", "", out);
    out.push(if node.tag.is_none() { ' ' } else { '\n' });
    node.tag.is_none()
}

fn tag(node: &Node<'_>, before: &str, after: &str, out: &mut String) {
    if let Some(tag) = &node.tag {
        for part in [before, "!", tag, after] {
            out.push_str(part);
        }
    }
}

pub(super) fn leaf(node: &Node<'_>, indent: usize, out: &mut String) {
    tag(node, "", " ", out);
    match &node.data {
        Data::Scalar(Scalar { text, .. }) if fits_block(text) => block(text, indent, out),
        _ => on_one_line(node, out),
    }
}

fn on_one_line(node: &Node<'_>, out: &mut String) {
    match &node.data {
        Data::Scalar(Scalar { text, style: Style::Plain }) if text.is_empty() => out.push_str("null"),
        Data::Scalar(Scalar { text, style: Style::Plain }) if !text.contains('\n') && !text.starts_with(INDICATORS) => out.push_str(text),
        Data::Scalar(Scalar { text, .. }) => scalar(text, out),
        Data::List(entries) => {
            out.push('[');
            for (i, entry) in entries.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                within_flow(entry, out);
            }
            out.push(']');
        }
        Data::Map(pairs) => {
            out.push('{');
            for (i, (key, value)) in pairs.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                within_flow(key, out);
                out.push_str(": ");
                within_flow(value, out);
            }
            out.push('}');
        }
    }
}

/// Characters that cannot begin a plain scalar. jinaflow's parser accepts some of them between brackets.
const INDICATORS: [char; 16] = ['|', '>', '@', '`', '%', '&', '*', '!', '"', '\'', '#', '{', '}', '[', ']', ','];

/// Writes a node between brackets, where a scalar with brackets or commas needs quotes.
pub fn within_flow(node: &Node<'_>, out: &mut String) {
    match &node.data {
        Data::Scalar(Scalar { text, style: Style::Quoted }) => double_quoted(text, out),
        Data::Scalar(Scalar { text, style: Style::Plain }) if ends_within_flow(text) => double_quoted(text, out),
        _ => on_one_line(node, out),
    }
}

/// Whether a string that needs no quotes in block style needs them between brackets, because it would end early there.
fn ends_within_flow(text: &str) -> bool {
    text.contains(['[', ']', '{', '}', ',']) || text.contains(": ") || text.contains(" #") || text.ends_with(':')
}

/// The longest key that every reader accepts without `? ` (libyaml allows 1,024 bytes, including escapes).
const LONGEST_SIMPLE_KEY: usize = 120;

fn key(name: &Node<'_>, indent: usize, out: &mut String) {
    let start = out.len();
    on_one_line(name, out);
    if out.len() - start > LONGEST_SIMPLE_KEY {
        out.insert_str(start, "? ");
        out.push('\n');
        pad(indent, out);
    }
    out.push(':');
}

/// Writes a string on one line: plain, single-quoted or double-quoted.
pub fn scalar(text: &str, out: &mut String) {
    let found = text.bytes().fold(0, |found, byte| found | CLASSES[usize::from(byte)]);
    let beyond_ascii = found & BEYOND_ASCII != 0;
    if found & NEVER_PLAIN == 0 && plain_everywhere(text, beyond_ascii) {
        out.push_str(text);
    } else if found & ESCAPED != 0 || (beyond_ascii && text.chars().any(needs_escape)) {
        double_quoted(text, out);
    } else if found & NO_WORD == 0 {
        // A string that looks like another type reads better in double quotes: "true", "8080".
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push('\'');
        for (i, part) in text.split('\'').enumerate() {
            out.push_str(if i == 0 { "" } else { "''" });
            out.push_str(part);
        }
        out.push('\'');
    }
}

/// The class of bytes that are not allowed in a plain scalar.
const NEVER_PLAIN: u8 = 1;
/// The class of bytes that must be escaped.
const ESCAPED: u8 = 2;
/// The class of bytes that are not letters, digits or signs of numbers.
const NO_WORD: u8 = 4;
/// The class of bytes that are a part of a character above ASCII. Such a character is checked as a whole.
const BEYOND_ASCII: u8 = 8;

/// The classes of each byte in strings.
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation)]
        let b = byte as u8;
        classes[byte] = match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b'+' | b'~' => 0,
            b' ' | b'/' | b'@' | b'%' | b'$' | b'(' | b')' | b';' | b'=' | b'^' | b':' | b'\'' | b'[' | b']' => NO_WORD,
            0..=0x1f | 0x7f => NEVER_PLAIN | NO_WORD | ESCAPED,
            0x80..=0xff => NO_WORD | BEYOND_ASCII,
            _ => NEVER_PLAIN | NO_WORD,
        };
        byte += 1;
    }
    classes
};

/// Whether every reader reads the string without quotes as a string; `false` in doubt.
fn plain_everywhere(text: &str, beyond_ascii: bool) -> bool {
    let bytes = text.as_bytes();
    let starts_well = match bytes {
        [] => false,
        // Command-line options such as `--name` and `-c` are strings. Any other dash could begin a number or a list entry.
        [b'-', b'-', third, ..] => third.is_ascii_alphabetic(),
        [b'-', second, ..] => second.is_ascii_alphabetic() && !is_reserved(&text[1..]),
        [first, ..] => first.is_ascii_alphabetic() || matches!(first, b'/' | b'_') || (*first >= 0x80 && starts_alphanumeric(text)),
    };
    starts_well
        && !matches!(bytes[bytes.len() - 1], b' ' | b':')
        && !is_reserved(text)
        && !bytes.windows(2).any(|pair| pair == b": ")
        && (!beyond_ascii || text.chars().all(|c| c.is_ascii() || c.is_alphanumeric()))
}

fn starts_alphanumeric(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_alphanumeric)
}

/// Whether any reader reads the string as a boolean, a null, a number or a merge key.
fn is_reserved(text: &str) -> bool {
    const WORDS: [&str; 12] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"];
    let may_be = matches!(text.as_bytes(), [b'y' | b'Y' | b'n' | b'N' | b'o' | b'O' | b't' | b'T' | b'f' | b'F' | b'i' | b'I', ..]);
    may_be && text.len() <= 8 && WORDS.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// Whether a character is allowed only in double quotes.
fn needs_escape(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn double_quoted(text: &str, out: &mut String) {
    out.push('"');
    let mut written = 0;
    for (at, c) in text.char_indices() {
        if !matches!(c, '"' | '\\') && !needs_escape(c) {
            continue;
        }
        out.push_str(&text[written..at]);
        written = at + c.len_utf8();
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c => out.push_str(&format!("\\u{:04X}", u32::from(c))),
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
}

/// Whether a literal block (`|`) represents the string exactly, in a form that people write.
fn fits_block(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with([' ', '\t', '\n'])
        && !text.ends_with("\n\n")
        && !text.chars().any(|c| needs_escape(c) && !matches!(c, '\n' | '\t'))
        && text.lines().all(|line| line.is_empty() || !line.ends_with([' ', '\t']))
}

fn block(text: &str, indent: usize, out: &mut String) {
    out.push_str(if text.ends_with('\n') { "|" } else { "|-" });
    for line in text.lines() {
        out.push('\n');
        if !line.is_empty() {
            pad(indent + STEP, out);
            out.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{kubernetes_value, read};
    use serde::Deserialize as _;
    use serde_json::{Value, json};

    fn node(value: &Value) -> Node<'static> {
        Node::deserialize(value).unwrap()
    }

    fn written(value: &Value) -> String {
        let mut out = String::new();
        write(&node(value), &mut out);
        out
    }

    #[test]
    fn manifests_look_as_kustomize_writes_them() {
        let json = r#"{
            "kind": "ConfigMap",
            "data": {"on": "yes", "json": "{\"a\": 1}", "text": "a\n  b\n", "port": "8080", "empty": ""},
            "list": [{"name": "a", "args": ["--x", "-c", "-1", "$(A):80", "m['l']"]}, [1, [2]], {}, []]
        }"#;
        let mut out = String::new();
        write(&serde_json::from_str(json).unwrap(), &mut out);
        let expected = "\
kind: ConfigMap
data:
  \"on\": \"yes\"
  json: '{\"a\": 1}'
  text: |
    a
      b
  port: \"8080\"
  empty: \"\"
list:
- name: a
  args:
  - --x
  - -c
  - \"-1\"
  - '$(A):80'
  - m['l']
- - 1
  - - 2
- {}
- []
";
        assert_eq!(out, expected);
    }

    #[test]
    fn entries_have_the_indentation_of_their_list() {
        let mut out = String::from("items:\n");
        write_entry(&node(&json!({"a": {"b": "c"}})), 2, &mut out);
        assert_eq!(out, "items:\n  - a:\n      b: c\n");
    }

    #[test]
    fn every_string_is_read_back_as_a_string() {
        for text in AWKWARD {
            for value in [json!({"k": text}), json!({*text: "v"}), json!([text]), json!([[text]]), json!(text)] {
                let out = written(&value);
                let back = read(&out).ok().and_then(|d| d.root).map(|n| kubernetes_value(&n));
                assert_eq!(back.as_ref(), Some(&value), "{out}");
                assert_eq!(serde_yaml::from_str::<Value>(&out).ok().as_ref(), Some(&value), "{out}");
            }
        }
    }

    #[test]
    fn nodes_keep_their_spelling() {
        for text in [
            "- mode: 0644\n  s: \"yes\"\n  e: null\n  l:\n  - a\n  - b: 010\n",
            "- !Flow\n  a: !x 1\n  b: !y\n  - c\n  - !z\n    - d\n  ? [a, \"b, c\", {d: 0x1}]\n  : 1\n"
                .replace("? [", "[")
                .replace("}]\n  :", "}]:")
                .as_str(),
        ] {
            let mut out = String::new();
            if let Ok(Some(root)) = read(text).map(|document| document.root) {
                write(&root, &mut out);
            }
            assert_eq!(out, text);
        }
    }

    const AWKWARD: &[&str] = &[
        "",
        " ",
        "a ",
        " a",
        "~",
        "null",
        "Null",
        "y",
        "N",
        "yes",
        "On",
        "OFF",
        "true",
        "FALSE",
        "nan",
        ".nan",
        ".inf",
        "-.inf",
        "0",
        "00",
        "0644",
        "0o17",
        "0x1F",
        "0b1",
        "1_000",
        "1e3",
        "1.",
        ".5",
        "+1",
        "-1",
        "1:30",
        "12:30:45",
        "2024-01-01",
        "1.2.3",
        "-",
        "- a",
        "--",
        "--a",
        "-c",
        "-inf",
        "a['b']",
        "a]",
        "?",
        "? a",
        ":",
        ": a",
        "a:",
        "a: b",
        "a:b",
        "#",
        "a #b",
        "a#b",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "%a",
        "@a",
        "`a`",
        "'",
        "\"",
        "it's",
        "\\",
        "{a}",
        "[a",
        "]",
        "{}",
        ",",
        "<<",
        "=",
        "a\nb",
        "a\n",
        "\na",
        "a\n\n",
        " a\nb",
        "a \nb",
        "a\tb",
        "\ta",
        "a\n\tb",
        "tab\t",
        "cr\rlf",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{2028}",
        "\u{feff}",
        "\u{0}",
        "é",
        "日本",
        "🚀",
        "...",
        "---",
        "--- a",
        "a\n---\nb",
        "$(A)",
        "$$",
        "{{x}}",
        "#\n#",
        "x\n# y\n",
        "a:\nb",
        "key: |",
        "\u{1f}",
    ];

    #[test]
    fn long_keys_are_written_explicitly() {
        let name = "k".repeat(2000);
        let value = json!({"a": {name: {"b": 1}, "c": 2}});
        let back = read(&written(&value)).ok().and_then(|d| d.root).map(|n| kubernetes_value(&n));
        assert_eq!(back, Some(value));
    }
}
