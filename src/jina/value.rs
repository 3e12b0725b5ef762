//! Python values, and the three ways in which Jina writes them: `str()`, `repr()` and `json.dumps()`.

use std::fmt::{self, Write as _};

use crate::yaml::{Data, Node, Scalar, Style};

/// A value of a Flow after Jina has read it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`.
    Null,
    /// `True` or `False`.
    Bool(bool),
    /// An `int` of up to 128 bits.
    Int(i128),
    /// A longer `int`: its decimal digits, with the sign.
    Long(Box<str>),
    /// A `float`.
    Float(f64),
    /// A `str`.
    Str(String),
    /// A `list`.
    List(Vec<Value>),
    /// A `dict`, in insertion order.
    Map(Vec<(Value, Value)>),
}

impl Value {
    /// Returns `str(value)`, as Jina writes environment variables and single arguments.
    pub fn to_str(&self) -> String {
        match self {
            Value::Str(text) => text.clone(),
            other => other.to_repr(),
        }
    }

    /// Returns `repr(value)`.
    pub fn to_repr(&self) -> String {
        let mut out = String::new();
        self.repr_into(&mut out);
        out
    }

    fn repr_into(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("None"),
            Value::Bool(true) => out.push_str("True"),
            Value::Bool(false) => out.push_str("False"),
            Value::Int(i) => push_display(i, out),
            Value::Long(digits) => out.push_str(digits),
            Value::Float(f) => out.push_str(&float_repr(*f)),
            Value::Str(text) => str_repr(text, out),
            Value::List(entries) => collection(entries, ['[', ']'], out, Value::repr_into),
            Value::Map(pairs) => collection(pairs, ['{', '}'], out, |(key, value), out| {
                key.repr_into(out);
                out.push_str(": ");
                value.repr_into(out);
            }),
        }
    }

    /// Returns `json.dumps(value)`: ASCII only, with the separators `", "` and `": "`, and `NaN` and `Infinity` as in Python.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        self.json_into(&mut out);
        out
    }

    fn json_into(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(b) => push_display(b, out),
            Value::Int(i) => push_display(i, out),
            Value::Long(digits) => out.push_str(digits),
            Value::Float(f) => out.push_str(&float_json(*f)),
            Value::Str(text) => json_string(text, out),
            Value::List(entries) => collection(entries, ['[', ']'], out, Value::json_into),
            Value::Map(pairs) => collection(pairs, ['{', '}'], out, |(key, value), out| {
                json_string(&key.json_key(), out);
                out.push_str(": ");
                value.json_into(out);
            }),
        }
    }

    /// The string that `json.dumps` makes of a key.
    fn json_key(&self) -> String {
        match self {
            Value::Str(text) => text.clone(),
            other => other.to_json(),
        }
    }

    /// The value of the string key `name` of a mapping.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Map(pairs) => pairs.iter().find(|(key, _)| matches!(key, Value::Str(k) if k == name)).map(|(_, v)| v),
            _ => None,
        }
    }

    /// Whether `if value:` is true in Python.
    pub fn is_truthy(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(b) => *b,
            Value::Int(i) => *i != 0,
            Value::Long(_) => true,
            Value::Float(f) => *f != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::List(entries) => !entries.is_empty(),
            Value::Map(pairs) => !pairs.is_empty(),
        }
    }
}

fn collection<T>(entries: &[T], [open, close]: [char; 2], out: &mut String, each: impl Fn(&T, &mut String)) {
    out.push(open);
    for (i, entry) in entries.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " });
        each(entry, out);
    }
    out.push(close);
}

fn push_display(value: &impl fmt::Display, out: &mut String) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
}

/// Returns `repr(float)`: the fewest digits that read back as the same number, with an exponent below 1e-4 and from 1e16 on
/// (`PyOS_double_to_string`, format code `r`).
pub fn float_repr(f: f64) -> String {
    if f.is_nan() {
        return "nan".into();
    }
    if f.is_infinite() {
        return if f > 0.0 { "inf".into() } else { "-inf".into() };
    }
    let scientific = format!("{f:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if f == 0.0 || (-4..16).contains(&exponent) {
        let fixed = format!("{f}");
        return if fixed.contains('.') { fixed } else { format!("{fixed}.0") };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

fn float_json(f: f64) -> String {
    match float_repr(f).as_str() {
        "nan" => "NaN".into(),
        "inf" => "Infinity".into(),
        "-inf" => "-Infinity".into(),
        other => other.into(),
    }
}

/// Writes `repr(str)`: in single quotes, unless the string contains single quotes but no double quotes.
fn str_repr(text: &str, out: &mut String) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let escaped = match code {
                    0..=0xff => format!("\\x{code:02x}"),
                    0x100..=0xffff => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                };
                out.push_str(&escaped);
            }
        }
    }
    out.push(quote);
}

/// Returns `str.isprintable`: false for the Unicode categories "other" and "separator", except the space. `escape_debug` of
/// the standard library uses the same table, but does not escape combining marks after another character.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    let mut pair = [0; 5];
    pair[0] = b'a';
    let end = 1 + c.encode_utf8(&mut pair[1..]).len();
    std::str::from_utf8(&pair[..end]).is_ok_and(|pair| pair.escape_debug().count() == 2)
}

fn json_string(text: &str, out: &mut String) {
    out.push('"');
    let mut units = [0; 2];
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// The result of `json.loads`, with duplicate keys merged as in Python; `None` if the string is not JSON.
pub fn from_json_text(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().as_ref().map(of_json)
}

/// The result of `json.loads` for text that Python wrote: it may have `NaN`, `Infinity` and integers of any length, and its
/// floats have all their digits.
pub fn from_python_json(text: &str) -> Option<Value> {
    from_json_text(&with_marks(text)).map(without_marks)
}

/// JSON text in which numbers are strings that begin with a NUL, which Python escapes in other strings.
fn with_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut is_inside, mut is_escaped, mut is_in_number) = (false, false, false);
    for c in text.chars() {
        let is_of_number = !is_inside && (c.is_ascii_digit() || "+-.eENaInfity".contains(c));
        // `true`, `false` and `null` have letters of `Infinity` too, but do not begin with one of these.
        let begins = is_of_number && (c.is_ascii_digit() || matches!(c, '-' | 'N' | 'I'));
        if is_in_number && !is_of_number {
            out.push('"');
            is_in_number = false;
        } else if !is_in_number && begins {
            out.push_str("\"\\u0000");
            is_in_number = true;
        }
        out.push(c);
        match c {
            _ if std::mem::take(&mut is_escaped) => {}
            '\\' => is_escaped = is_inside,
            '"' => is_inside = !is_inside,
            _ => {}
        }
    }
    out.push_str(if is_in_number { "\"" } else { "" });
    out
}

fn without_marks(value: Value) -> Value {
    match value {
        Value::Str(text) => match text.strip_prefix('\0') {
            Some(number) => number_of(number),
            None => Value::Str(text),
        },
        Value::List(entries) => Value::List(entries.into_iter().map(without_marks).collect()),
        Value::Map(pairs) => Value::Map(pairs.into_iter().map(|(key, value)| (key, without_marks(value))).collect()),
        other => other,
    }
}

fn number_of(text: &str) -> Value {
    match text.parse() {
        Ok(number) => Value::Int(number),
        Err(_) if text.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()) => Value::Long(text.into()),
        Err(_) => text.parse().map_or_else(|_| Value::Str(text.to_owned()), Value::Float),
    }
}

/// Converts a node that was read from JSON.
fn of_json(node: &Node<'_>) -> Value {
    match &node.data {
        Data::Scalar(Scalar { text, style: Style::Quoted }) => Value::Str(text.to_string()),
        Data::Scalar(Scalar { text, style: Style::Plain }) => match &**text {
            "null" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            number => number.parse().map_or_else(|_| Value::Float(number.parse().unwrap_or(f64::NAN)), Value::Int),
        },
        Data::List(entries) => Value::List(entries.iter().map(of_json).collect()),
        Data::Map(pairs) => Value::Map(pairs.iter().map(|(key, value)| (of_json(key), of_json(value))).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (f, expected) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1e20, "1e+20"),
            (1.234e300, "1.234e+300"),
            (123_456.789, "123456.789"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(float_repr(f), expected);
        }
        assert_eq!(Value::Float(f64::NEG_INFINITY).to_json(), "-Infinity");
    }

    #[test]
    fn strings_are_quoted_as_python_quotes_them() {
        let repr = |s: &str| Value::Str(s.into()).to_repr();
        assert_eq!(repr("a"), "'a'");
        assert_eq!(repr("it's"), "\"it's\"");
        assert_eq!(repr("it's \"q\""), "'it\\'s \"q\"'");
        assert_eq!(repr("\t\n\\\u{0}\u{7f}\u{a0}\u{2028}\u{e000}"), "'\\t\\n\\\\\\x00\\x7f\\xa0\\u2028\\ue000'");
        assert_eq!(repr("é日\u{301}🚀"), "'é日\u{301}🚀'");
    }

    #[test]
    fn json_is_read_as_python_reads_it() {
        let value = from_json_text(r#"{"a": [1, -0.0, 1e3, 18446744073709551615, true, null, "1"], "b": {}, "a": "x"}"#);
        let expected = Value::Map(vec![(Value::Str("a".into()), Value::Str("x".into())), (Value::Str("b".into()), Value::Map(vec![]))]);
        assert_eq!(value, Some(expected));
        let list = from_json_text(r#"[1, -0.0, 1e3, 1e300, 18446744073709551615, 1e20, true, null, "1"]"#).map(|list| list.to_repr());
        assert_eq!(list.as_deref(), Some("[1, -0.0, 1000.0, 1e+300, 18446744073709551615, 1e+20, True, None, '1']"));
        assert_eq!(from_json_text("{a: 1}"), None);
    }

    #[test]
    fn json_of_python_may_have_numbers_that_json_does_not_have() {
        let text = r#"{"a": [NaN, -Infinity, Infinity, 1], "NaN \" Infinity": "NaN", "b": 123456789012345678901234567890123456789012345, "c": 123456789.12345679, "d": [true, null, false, 1e-07]}"#;
        assert_eq!(from_python_json(text).map(|value| value.to_json()).as_deref(), Some(text));
        assert_eq!(from_json_text("[NaN]"), None);
    }

    #[test]
    fn json_is_ascii_with_python_separators() {
        let value = Value::Map(vec![
            (Value::Str("a".into()), Value::List(vec![Value::Int(1), Value::Null, Value::Bool(true)])),
            (Value::Int(2), Value::Str("ü🚀\u{7f}".into())),
            (Value::Bool(false), Value::Map(vec![])),
        ]);
        assert_eq!(value.to_json(), "{\"a\": [1, null, true], \"2\": \"\\u00fc\\ud83d\\ude80\\u007f\", \"false\": {}}");
        assert_eq!(value.to_str(), "{'a': [1, None, True], 2: 'ü🚀\\x7f', False: {}}");
    }
}
