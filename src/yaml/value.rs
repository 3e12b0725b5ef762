//! Nodes ↔ JSON values.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::node::{Data, Node, Scalar, Style};

/// The JSON value that kubectl makes of a node.
///
/// Plain scalars are typed as `sigs.k8s.io/yaml` types them (goyaml.v2 `resolve.go`): YAML 1.1 booleans, octal
/// `0644`, `0x`, `0b` and `0o` numbers, underscores; dates stay strings.
#[must_use]
pub fn kubernetes_value(node: &Node<'_>) -> Value {
    match &node.data {
        Data::Scalar(Scalar { text, style: Style::Quoted }) => Value::String(text.clone().into_owned()),
        Data::Scalar(Scalar { text, style: Style::Plain }) => plain(text),
        Data::List(entries) => Value::Array(entries.iter().map(kubernetes_value).collect()),
        Data::Map(pairs) => Value::Object(
            pairs
                .iter()
                .map(|(key, value)| (key.as_text().map_or_else(|| key.shown(), str::to_owned), kubernetes_value(value)))
                .collect::<Map<String, Value>>(),
        ),
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Value::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Value::Bool(false),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Value::String(text.to_owned());
    }
    let digits = text.replace('_', "");
    integer(&digits).or_else(|| float(&digits)).map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

fn integer(digits: &str) -> Option<Number> {
    let (negative, unsigned) = match digits.strip_prefix(['-', '+']) {
        Some(rest) => (digits.starts_with('-'), rest),
        None => (false, digits),
    };
    let (radix, body) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    if !body.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(body, radix).ok()?;
    if negative { 0_i64.checked_sub_unsigned(magnitude).map(Number::from) } else { Some(Number::from(magnitude)) }
}

fn float(digits: &str) -> Option<Number> {
    let looks_right = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !looks_right || !digits.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().and_then(Number::from_f64)
}

/// A node for a JSON value, so that one reader of the config serves both spellings. JSON has no marks.
#[must_use]
pub fn from_json(value: &Value) -> Node<'static> {
    let plain = |text: String| Node::from(Data::Scalar(Scalar { text: Cow::Owned(text), style: Style::Plain }));
    match value {
        Value::Null => plain("null".into()),
        Value::Bool(b) => plain(b.to_string()),
        Value::Number(n) => plain(n.to_string()),
        Value::String(s) => s.clone().into(),
        Value::Array(entries) => entries.iter().map(from_json).collect::<Vec<_>>().into(),
        Value::Object(fields) => Data::Map(fields.iter().map(|(key, value)| (key.clone().into(), from_json(value))).collect()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{SyntaxError, read};
    use serde_json::json;

    #[test]
    fn plain_scalars_are_typed_as_kubectl_types_them() -> Result<(), SyntaxError> {
        for (text, expected) in [
            ("0644", json!(420)),
            ("0o17", json!(15)),
            ("0x1F", json!(31)),
            ("-0b11", json!(-3)),
            ("1_000", json!(1000)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000.0)),
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("~", json!(null)),
            ("1.2.3", json!("1.2.3")),
            ("--name", json!("--name")),
            ("2024-01-01", json!("2024-01-01")),
            ("089", json!(89.0)),
            ("18446744073709551615", json!(u64::MAX)),
            ("'5'", json!("5")),
            ("{a: [1, b]}", json!({"a": [1, "b"]})),
        ] {
            let document = read(text)?;
            assert_eq!(document.root.as_ref().map(kubernetes_value), Some(expected), "{text}");
        }
        Ok(())
    }

    #[test]
    fn json_comes_back_as_it_went() {
        let value = json!({"s": "true", "n": 1, "f": 1.5, "b": true, "z": null, "l": [{}], "on": "no"});
        assert_eq!(kubernetes_value(&from_json(&value)), value);
    }
}
