//! Values → text: the only place that writes YAML.
//!
//! Block style, lists at their parent's indentation, long strings on one line, as kustomize and kpt write. A string
//! is written plain only when it is a string to every reader that kubectl, kustomize, kpt and Jina use
//! (goyaml.v2, goyaml.v3, sigs.k8s.io/yaml, `PyYAML`); everything else is quoted.

use serde_json::{Map, Value};

use super::node::{Data, Node, Scalar, Style};

/// Writes `value` as the root of a document.
pub fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => map(fields, 0, false, out),
        Value::Array(entries) if !entries.is_empty() => list(entries, 0, out),
        other => {
            leaf(other, 0, out);
            out.push('\n');
        }
    }
}

/// Writes `value` as one entry of a list whose dashes stand at column `indent`.
pub fn write_entry(value: &Value, indent: usize, out: &mut String) {
    pad(indent, out);
    entry(value, indent, out);
}

fn pad(indent: usize, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn map(fields: &Map<String, Value>, indent: usize, mut on_first_line: bool, out: &mut String) {
    for (name, value) in fields {
        if !std::mem::take(&mut on_first_line) {
            pad(indent, out);
        }
        key(name, indent, out);
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                out.push('\n');
                map(inner, indent + 2, false, out);
            }
            Value::Array(entries) if !entries.is_empty() => {
                out.push('\n');
                list(entries, indent, out);
            }
            other => {
                out.push(' ');
                leaf(other, indent, out);
                out.push('\n');
            }
        }
    }
}

fn list(entries: &[Value], indent: usize, out: &mut String) {
    for value in entries {
        pad(indent, out);
        entry(value, indent, out);
    }
}

fn entry(value: &Value, indent: usize, out: &mut String) {
    out.push_str("- ");
    match value {
        Value::Object(fields) if !fields.is_empty() => map(fields, indent + 2, true, out),
        Value::Array(entries) if !entries.is_empty() => {
            entry(&entries[0], indent + 2, out);
            list(&entries[1..], indent + 2, out);
        }
        other => {
            leaf(other, indent, out);
            out.push('\n');
        }
    }
}

fn leaf(value: &Value, indent: usize, out: &mut String) {
    match value {
        Value::String(text) if fits_block(text) => block(text, indent, out),
        Value::String(text) => scalar(text, out),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

/// Longest key that every reader accepts before the colon without `? ` (libyaml allows 1,024 bytes, escapes counted).
const LONGEST_SIMPLE_KEY: usize = 120;

fn key(name: &str, indent: usize, out: &mut String) {
    if name.len() <= LONGEST_SIMPLE_KEY {
        scalar(name, out);
        out.push(':');
    } else {
        out.push_str("? ");
        scalar(name, out);
        out.push('\n');
        pad(indent, out);
        out.push(':');
    }
}

/// Writes a string on one line: plain, single-quoted or double-quoted.
pub fn scalar(text: &str, out: &mut String) {
    if plain_everywhere(text) {
        out.push_str(text);
    } else if text.chars().any(needs_escape) {
        double_quoted(text, out);
    } else if is_word(text) {
        // What looks like a value of another type reads better in double quotes: "true", "8080".
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push('\'');
        for c in text.chars() {
            out.push(c);
            if c == '\'' {
                out.push('\'');
            }
        }
        out.push('\'');
    }
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+' | b'_' | b'~'))
}

/// Whether the text, unquoted, is a string to every reader. Says no when in doubt.
fn plain_everywhere(text: &str) -> bool {
    let bytes = text.as_bytes();
    let starts_well = match bytes {
        [] => false,
        // Options: `--name`, `-c`. A dash before anything else could begin a number or a list entry.
        [b'-', b'-', third, ..] => third.is_ascii_alphabetic(),
        [b'-', second, ..] => second.is_ascii_alphabetic() && !is_reserved(&text[1..]),
        [first, ..] => first.is_ascii_alphabetic() || matches!(first, b'/' | b'_') || (*first >= 0x80 && starts_alphanumeric(text)),
    };
    starts_well && bytes[bytes.len() - 1] != b' ' && bytes[bytes.len() - 1] != b':' && inner_is_plain(text) && !is_reserved(text)
}

fn starts_alphanumeric(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_alphanumeric)
}

fn inner_is_plain(text: &str) -> bool {
    let mut previous = 'a';
    text.chars().all(|c| {
        let ok = match c {
            ' ' => previous != ':',
            'a'..='z'
            | 'A'..='Z'
            | '0'..='9'
            | '_'
            | '-'
            | '.'
            | '/'
            | '+'
            | '@'
            | '%'
            | '$'
            | '('
            | ')'
            | ';'
            | '='
            | '~'
            | '^'
            | ':'
            | '\''
            | '['
            | ']' => true,
            c if c.is_ascii() => false,
            c => c.is_alphanumeric(),
        };
        previous = c;
        ok
    })
}

/// Words that some reader takes for a boolean, a null, a number or a merge key.
fn is_reserved(text: &str) -> bool {
    text.len() <= 9
        && ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"]
            .iter()
            .any(|word| word.eq_ignore_ascii_case(text))
}

/// Characters that may stand in no other style than double quotes.
fn needs_escape(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn double_quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if needs_escape(c) => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Whether a literal block (`|`) carries the text exactly, in a form that people would have written.
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
            pad(indent + 2, out);
            out.push_str(line);
        }
    }
}

/// Writes a node that nobody interpreted as one entry of a list: plain scalars keep their very text, quoted ones stay
/// quoted, so that no value changes its type.
pub fn write_node_entry(node: &Node<'_>, indent: usize, out: &mut String) {
    pad(indent, out);
    node_entry(node, indent, out);
}

fn node_entry(node: &Node<'_>, indent: usize, out: &mut String) {
    out.push_str("- ");
    match &node.data {
        Data::Map(pairs) if !pairs.is_empty() => node_map(pairs, indent + 2, true, out),
        Data::List(entries) if !entries.is_empty() => {
            node_entry(&entries[0], indent + 2, out);
            for entry in &entries[1..] {
                pad(indent + 2, out);
                node_entry(entry, indent + 2, out);
            }
        }
        _ => {
            node_leaf(node, out);
            out.push('\n');
        }
    }
}

fn node_map(pairs: &[(Node<'_>, Node<'_>)], indent: usize, mut on_first_line: bool, out: &mut String) {
    for (key, value) in pairs {
        if !std::mem::take(&mut on_first_line) {
            pad(indent, out);
        }
        let mut name = String::new();
        node_leaf(key, &mut name);
        if name.len() <= LONGEST_SIMPLE_KEY {
            out.push_str(&name);
            out.push(':');
        } else {
            out.push_str("? ");
            out.push_str(&name);
            out.push('\n');
            pad(indent, out);
            out.push(':');
        }
        match &value.data {
            Data::Map(inner) if !inner.is_empty() => {
                out.push('\n');
                node_map(inner, indent + 2, false, out);
            }
            Data::List(entries) if !entries.is_empty() => {
                out.push('\n');
                for entry in entries {
                    pad(indent, out);
                    node_entry(entry, indent, out);
                }
            }
            _ => {
                out.push(' ');
                node_leaf(value, out);
                out.push('\n');
            }
        }
    }
}

fn node_leaf(node: &Node<'_>, out: &mut String) {
    match &node.data {
        Data::Scalar(Scalar { text, style: Style::Plain }) if text.is_empty() => out.push_str("null"),
        Data::Scalar(Scalar { text, style: Style::Plain }) if !text.contains('\n') => out.push_str(text),
        Data::Scalar(Scalar { text, .. }) => double_quoted(text, out),
        Data::List(entries) => {
            out.push('[');
            for (i, entry) in entries.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                node_leaf(entry, out);
            }
            out.push(']');
        }
        Data::Map(pairs) => {
            out.push('{');
            for (i, (key, value)) in pairs.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                node_leaf(key, out);
                out.push_str(": ");
                node_leaf(value, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{kubernetes_value, read};
    use serde_json::json;

    fn written(value: &Value) -> String {
        let mut out = String::new();
        write(value, &mut out);
        out
    }

    #[test]
    fn manifests_look_as_kustomize_writes_them() {
        let value = json!({
            "kind": "ConfigMap",
            "data": {"on": "yes", "json": "{\"a\": 1}", "text": "a\n  b\n", "port": "8080", "empty": ""},
            "list": [{"name": "a", "args": ["--x", "-c", "-1", "$(A):80", "m['l']"]}, [1, [2]], {}, []],
        });
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
        assert_eq!(written(&value), expected);
    }

    #[test]
    fn entries_are_indented_as_their_list() {
        let mut out = String::from("items:\n");
        write_entry(&json!({"a": {"b": "c"}}), 2, &mut out);
        assert_eq!(out, "items:\n  - a:\n      b: c\n");
    }

    #[test]
    fn every_string_is_a_string_again() {
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
        let text = "- mode: 0644\n  s: \"yes\"\n  e:\n  l: [a, {b: 010}]\n";
        let node = read(text).ok().and_then(|d| d.root).and_then(|n| n.as_list().map(|l| l[0].clone()));
        let mut out = String::new();
        if let Some(node) = node {
            write_node_entry(&node, 0, &mut out);
        }
        assert_eq!(out, "- mode: 0644\n  s: \"yes\"\n  e: null\n  l:\n  - a\n  - b: 010\n");
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
