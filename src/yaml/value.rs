//! Converts nodes to JSON as kubectl does, and JSON to nodes.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::{Number, Value};

use super::dict::Dict;
use super::node::{Data, Node, Scalar, Style};

/// Writes a node as the JSON that kubectl converts it to. The fields keep their order.
///
/// Plain scalars have the types that `sigs.k8s.io/yaml` gives them (goyaml.v2 `resolve.go`): YAML 1.1 booleans, octal
/// numbers such as `0644`, numbers with `0x`, `0b` or `0o`, and numbers with underscores. Dates are strings.
impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.data {
            // A scalar with a local tag is a string (goyaml.v2 `decoder.scalar`).
            Data::Scalar(Scalar { text, style }) if *style == Style::Quoted || self.tag.is_some() => serializer.serialize_str(text),
            Data::Scalar(Scalar { text, .. }) => plain(text).serialize(serializer),
            Data::List(entries) => serializer.collect_seq(entries),
            Data::Map(pairs) => serializer.collect_map(pairs.iter().map(|(key, value)| (name(key), value))),
        }
    }
}

/// The name that kubectl gives a field: `on` is "true", `0x10` is "16" (sigs.k8s.io/yaml `convertToJSONableObject`).
fn name<'n>(key: &'n Node<'_>) -> Cow<'n, str> {
    match &key.data {
        Data::Scalar(Scalar { text, style: Style::Plain }) if key.tag.is_none() => match plain(text) {
            Value::Bool(value) => Cow::Borrowed(if value { "true" } else { "false" }),
            Value::Number(number) if number.is_f64() => number.as_f64().map_or(Cow::Borrowed(text), |number| Cow::Owned(short(number))),
            Value::Number(number) => Cow::Owned(number.to_string()),
            _ => Cow::Borrowed(text),
        },
        Data::Scalar(Scalar { text, .. }) => Cow::Borrowed(text),
        _ => Cow::Owned(key.shown()),
    }
}

/// Converts a node to the JSON value that kubectl converts it to. The fields have no order.
pub fn kubernetes_value(node: &Node<'_>) -> Value {
    serde_json::to_value(node).unwrap_or_default()
}

/// Formats a number as Go formats a 32-bit float with the fewest digits (`strconv.FormatFloat(f, 'g', -1, 32)`).
fn short(number: f64) -> String {
    #[allow(clippy::cast_possible_truncation)]
    let number = number as f32;
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(-4..=5) | Err(_) => number.to_string(),
        Ok(exponent) => format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs()),
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

/// Reads JSON into nodes, so that the config needs only one reader for both formats. The nodes have no marks.
impl<'de> Deserialize<'de> for Node<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node<'static>, E> {
        Ok(Node::plain("null"))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node<'static>, E> {
        Ok(Node::plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node<'static>, E> {
        Ok(Node::plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node<'static>, E> {
        Ok(Node::plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node<'static>, E> {
        Ok(Node::plain(Value::from(value).to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node<'static>, E> {
        Ok(value.to_owned().into())
    }

    fn visit_string<E>(self, value: String) -> Result<Node<'static>, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Node<'static>, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(Data::List(list).into())
    }

    /// The last value of a duplicate key counts, as usual in JSON.
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Node<'static>, A::Error> {
        let mut pairs = Dict::default();
        while let Some((key, value)) = fields.next_entry::<String, Node<'static>>()? {
            pairs.insert(key.clone(), key.into(), value);
        }
        Ok(Data::Map(pairs.into_pairs()).into())
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
            (
                "{on: a, 0x10: b, 1.10: c, 1e6: d, 1e-5: e, 'y': f, !t y: g}",
                json!({"true": "a", "16": "b", "1.1": "c", "1e+06": "d", "1e-05": "e", "y": "g"}),
            ),
            ("[!t 5, ! 5, !!str 5, !!int '5']", json!(["5", "5", "5", 5])),
        ] {
            let document = read(text)?;
            assert_eq!(document.root.as_ref().map(kubernetes_value), Some(expected), "{text}");
        }
        Ok(())
    }

    #[test]
    fn json_survives_a_round_trip() -> Result<(), serde_json::Error> {
        let text = r#"{"s":"true","n":1,"f":1.5,"m":-3,"b":true,"z":null,"l":[{}],"on":"no","a":"\ud83d\ude00 \/"}"#;
        let node: Node = serde_json::from_str(text)?;
        assert_eq!(serde_json::to_string(&node)?, text.replace(r"\ud83d\ude00 \/", "\u{1f600} /"));
        let twice: Node = serde_json::from_str(r#"{"a":1,"b":2,"a":3}"#)?;
        assert_eq!(serde_json::to_string(&twice)?, r#"{"a":3,"b":2}"#);
        Ok(())
    }
}
