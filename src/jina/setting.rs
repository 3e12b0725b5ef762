//! The value of one option: what Jina's argparse makes of it, and how it is written as an argument again.
//!
//! Jina turns every value into command line words (`ArgNamespace.kwargs2list`) and lets argparse read those. The rules
//! here give the same result for every value that argparse accepts, and refuse what it would refuse or misread.

use super::options::{DefaultValue, Kind, Row, TABLE};
use super::scalar::{self, python_int, retyped};
use super::value::{Value, from_json_text};
use crate::yaml::{Data, Dict, Node, Scalar};

/// A protocol that Jina speaks (`jina/enums.py`, `ProtocolType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC, the only one between gateway, heads and executors of a Flow.
    Grpc,
    /// HTTP.
    Http,
    /// WebSocket, for gateways only.
    Websocket,
}

impl Protocol {
    /// The name in arguments.
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Grpc => "GRPC",
            Protocol::Http => "HTTP",
            Protocol::Websocket => "WEBSOCKET",
        }
    }

    /// The scheme in addresses and the part of Service names.
    pub fn scheme(self) -> &'static str {
        match self {
            Protocol::Grpc => "grpc",
            Protocol::Http => "http",
            Protocol::Websocket => "websocket",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Protocol::Grpc, Protocol::Http, Protocol::Websocket].into_iter().find(|p| p.name().eq_ignore_ascii_case(text))
    }
}

/// A value that an option can have.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// Of a flag.
    Flag(bool),
    /// Of a number.
    Int(i64),
    /// Of a text or a choice.
    Text(String),
    /// Of a list of texts or hosts.
    Texts(Vec<String>),
    /// Of a mapping; keys are strings, since the value has been through JSON.
    Pairs(Value),
    /// Of `protocol`.
    Protocols(Vec<Protocol>),
    /// Of `port`, `port_monitoring`.
    Ports(Vec<u16>),
}

/// Why a value cannot be the value of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What it must be.
    pub message: String,
    /// How to mend it.
    pub mend: String,
}

fn wrong<T>(message: impl Into<String>, mend: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { message: message.into(), mend: mend.into() })
}

/// Reads the value of the option `row`. `Ok(None)` means that the option counts as not given (`null`, and `false`
/// where argparse would see no word at all).
pub fn read(row: &Row, node: &Node<'_>) -> Result<Option<Setting>, Wrong> {
    // An empty text is nothing to `parse_arg`.
    if node.is_null() || node.as_text() == Some("") {
        return Ok(None);
    }
    // A list of one is one word to argparse.
    let node = match node.as_list() {
        Some([one]) if row.kind.is_one() && !one.is_null() => one,
        _ => node,
    };
    match row.kind {
        Kind::Flag => flag(node).map(|on| Some(Setting::Flag(on))),
        Kind::Int => int(node).map(|number| Some(Setting::Int(number))),
        Kind::Text => text(node)?.map(|text| value_word(&text).map(|()| Setting::Text(text))).transpose(),
        Kind::Choice(words) => choice(node, words, false),
        Kind::Enum(words) => choice(node, words, true),
        Kind::Texts => Ok(Some(Setting::Texts(value_words(texts(node)?)?))),
        Kind::Hosts => Ok(Some(Setting::Texts(separated(&value_words(texts(node)?)?)))),
        Kind::Ports => ports(&separated(&texts(node)?)).map(|ports| Some(Setting::Ports(ports))),
        Kind::Pairs => Ok(Some(Setting::Pairs(pairs(node)?))),
        Kind::PeerPorts => Ok(Some(Setting::Pairs(peer_ports(node)?))),
        Kind::Protocols => protocols(&texts(node)?),
    }
}

fn flag(node: &Node<'_>) -> Result<bool, Wrong> {
    let value = scalar::value(node);
    // Jina re-types quoted booleans, so "true" is one to it; any other text or number switches a flag on, even `off`.
    let word = match &value {
        Value::Bool(b) => return Ok(*b),
        Value::Int(1) => return Ok(true),
        Value::Str(word) => word.to_ascii_lowercase(),
        _ => String::new(),
    };
    match word.as_str() {
        "true" | "yes" | "on" | "y" | "1" => Ok(true),
        "false" => Ok(false),
        "off" | "no" | "n" | "0" => wrong("must be true or false, and Jina would take this for true", "write false"),
        _ => wrong("must be true or false", "write true or false"),
    }
}

fn int(node: &Node<'_>) -> Result<i64, Wrong> {
    let number = match scalar::value(node) {
        Value::Int(number) => Some(number),
        Value::Str(text) => python_int(&text),
        _ => None,
    };
    match number.map(i64::try_from) {
        Some(Ok(number)) => Ok(number),
        Some(Err(_)) => wrong("is too large", "write a number of at most 64 bits"),
        None => wrong("must be a whole number", "write digits only"),
    }
}

fn text(node: &Node<'_>) -> Result<Option<String>, Wrong> {
    Ok(match scalar::value(node) {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => return wrong("must be a text, and this is the YAML value true", "put it in quotes"),
        Value::List(_) => return wrong("must be one text, not a list", "write one value"),
        value @ Value::Map(_) => Some(through_json(value).to_json()),
        value => Some(value.to_str()).filter(|text| !text.is_empty()),
    })
}

fn choice(node: &Node<'_>, words: &[&str], any_case: bool) -> Result<Option<Setting>, Wrong> {
    let Some(given) = text(node)? else { return Ok(None) };
    let found = words.iter().find(|word| if any_case { word.eq_ignore_ascii_case(&given) } else { **word == given });
    match found {
        Some(word) => Ok(Some(Setting::Text((*word).to_owned()))),
        None => wrong("is none of the possible values", format!("use one of: {}", words.join(", "))),
    }
}

/// A list, or one text; a text in brackets is a list (`parse_arg`).
fn texts(node: &Node<'_>) -> Result<Vec<String>, Wrong> {
    let entries = match scalar::value(node) {
        Value::List(entries) => entries,
        Value::Str(text) if text.starts_with('[') && text.ends_with(']') => match retyped(&text) {
            Value::List(entries) => entries,
            other => vec![other],
        },
        Value::Bool(_) | Value::Map(_) => return wrong("must be a text or a list of texts", "write a list: [a, b]"),
        other => vec![other],
    };
    if entries.iter().any(|entry| matches!(entry, Value::Map(_) | Value::List(_))) {
        return wrong("must be a list of plain texts", "write a list: [a, b]");
    }
    Ok(entries.iter().map(Value::to_str).collect())
}

/// Options that every parser of Jina has beside those of the table.
const BESIDE_THE_TABLE: [&str; 3] = ["help", "version", "version-full"];

/// Whether argparse takes a word for an option, known or not, and never for the value of one
/// (`ArgumentParser._parse_optional`). The container's own parser does the same.
fn is_taken_for_an_option(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else { return false };
    let is_begun = || {
        let name = rest.strip_prefix('-').map(|name| name.split('=').next().unwrap_or(name));
        let known = TABLE.iter().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied()));
        name.is_some_and(|name| {
            known.map(|known| known.replace('_', "-")).any(|known| known.starts_with(name))
                || BESIDE_THE_TABLE.iter().any(|known| known.starts_with(name))
        })
    };
    // `-h` and `-v` take no value, so that what follows them is one.
    if rest.starts_with(['h', 'v']) || is_begun() {
        return true;
    }
    let is_digits = |text: &str| text.chars().all(char::is_numeric);
    let is_negative_number = match rest.split_once('.') {
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction) && !fraction.is_empty(),
        None => is_digits(rest),
    };
    !is_negative_number && !word.contains(' ')
}

/// Refuses a word that would not arrive as a value.
fn value_word(word: &str) -> Result<(), Wrong> {
    if is_taken_for_an_option(word) {
        return wrong("begins with a dash, and Jina's command line takes it for another option", "put something before the dash");
    }
    Ok(())
}

fn value_words(words: Vec<String>) -> Result<Vec<String>, Wrong> {
    words.iter().try_for_each(|word| value_word(word))?;
    Ok(words)
}

fn separated(texts: &[String]) -> Vec<String> {
    texts.iter().flat_map(|text| text.split(',')).map(|part| part.trim().to_owned()).collect()
}

fn ports(texts: &[String]) -> Result<Vec<u16>, Wrong> {
    texts
        .iter()
        .map(|text| match python_int(text).map(u16::try_from) {
            Some(Ok(port)) => Ok(port),
            _ => wrong("must be port numbers", "write numbers from 0 to 65535, such as 8080 or [8080, 8081]"),
        })
        .collect()
}

fn protocols(texts: &[String]) -> Result<Option<Setting>, Wrong> {
    let parsed: Option<Vec<Protocol>> = texts.iter().map(|text| Protocol::parse(text)).collect();
    match parsed {
        Some(list) if list.is_empty() => wrong("names no protocol", "use one of: GRPC, HTTP, WEBSOCKET"),
        Some(list) => Ok(Some(Setting::Protocols(list))),
        None => wrong("is no protocol that Jina speaks", "use one of: GRPC, HTTP, WEBSOCKET"),
    }
}

/// `KVAppendAction`: a mapping, or words that are each JSON or `key=value` or `key: value`.
fn pairs(node: &Node<'_>) -> Result<Value, Wrong> {
    let mut dict = Dict::default();
    match &node.data {
        Data::Map(_) => return Ok(through_json(scalar::value(node))),
        Data::List(entries) => {
            for entry in entries {
                add_pairs(entry, &mut dict)?;
            }
        }
        // A text in brackets is a list of words (`parse_arg`).
        Data::Scalar(Scalar { text, .. }) => match retyped(text) {
            Value::List(words) => words.iter().try_for_each(|word| add_word(&word.to_str(), &mut dict))?,
            _ => add_pairs(node, &mut dict)?,
        },
    }
    Ok(Value::Map(dict.into_pairs()))
}

fn add_pairs(node: &Node<'_>, dict: &mut Dict<Value, Value>) -> Result<(), Wrong> {
    let more = match &node.data {
        Data::Scalar(Scalar { text, .. }) => return add_word(text, dict),
        Data::Map(_) => match through_json(scalar::value(node)) {
            Value::Map(more) => more,
            _ => Vec::new(),
        },
        Data::List(_) => return wrong("must be a mapping", "write key: value pairs"),
    };
    add(more, dict);
    Ok(())
}

fn add_word(word: &str, dict: &mut Dict<Value, Value>) -> Result<(), Wrong> {
    let more = match from_json_text(word) {
        Some(Value::Map(more)) => more,
        _ => vec![key_and_value(word)?],
    };
    add(more, dict);
    Ok(())
}

fn add(more: Vec<(Value, Value)>, dict: &mut Dict<Value, Value>) {
    for (key, value) in more {
        let key = key.to_str();
        dict.insert(key.clone(), Value::Str(key), value);
    }
}

fn key_and_value(text: &str) -> Result<(Value, Value), Wrong> {
    value_word(text)?;
    let Some(at) = text.find([':', '=']) else {
        return wrong("must be a mapping", "write key: value pairs, or texts such as key=value");
    };
    Ok((Value::Str(text[..at].to_owned()), retyped(text[at + 1..].trim_start())))
}

/// What `json.loads(json.dumps(value))` gives: every key is a string, and of equal keys the last one counts.
fn through_json(value: Value) -> Value {
    match value {
        Value::List(entries) => Value::List(entries.into_iter().map(through_json).collect()),
        Value::Map(pairs) if pairs.iter().all(|(key, _)| matches!(key, Value::Str(_))) => {
            Value::Map(pairs.into_iter().map(|(key, value)| (key, through_json(value))).collect())
        }
        Value::Map(pairs) => {
            let mut dict = Dict::default();
            for (key, value) in pairs {
                let key = match key {
                    Value::Str(text) => text,
                    other => other.to_json(),
                };
                dict.insert(key.clone(), Value::Str(key), through_json(value));
            }
            Value::Map(dict.into_pairs())
        }
        other => other,
    }
}

/// `CastPeerPorts`: ports, or lists of ports by shard. The result is what Jina writes, key `0` included.
fn peer_ports(node: &Node<'_>) -> Result<Value, Wrong> {
    let fault = || Wrong {
        message: "must be ports, or a mapping from shard to ports".into(),
        mend: "write [12345, 12346] or {0: [12345], 1: [12346]}".into(),
    };
    // The words that argparse would see: numbers, or texts that are JSON.
    let words = match scalar::value(node) {
        Value::List(entries) => entries,
        Value::Str(text) => match retyped(&text) {
            Value::List(entries) => entries,
            _ => vec![Value::Str(text)],
        },
        one => vec![one],
    };
    let port = |value: &Value| match value {
        Value::Int(port) => Ok(Value::Int(*port)),
        Value::Str(text) => python_int(text).map(Value::Int).ok_or_else(fault),
        _ => Err(fault()),
    };
    let list = |value: &Value| match value {
        Value::List(entries) => entries.iter().map(port).collect::<Result<Vec<Value>, Wrong>>(),
        _ => Err(fault()),
    };
    let mut first: Vec<Value> = Vec::new();
    let mut others: Vec<(Value, Value)> = Vec::new();
    for word in &words {
        let json = match word {
            Value::Str(text) => from_json_text(text).ok_or_else(fault)?,
            other => other.clone(),
        };
        match &json {
            Value::Int(port) => first.push(Value::Int(*port)),
            Value::List(_) => first = list(&json)?,
            Value::Map(pairs) => {
                for (shard, ports) in pairs {
                    others.push((Value::Str(shard.to_str()), Value::List(list(ports)?)));
                }
            }
            _ => return Err(fault()),
        }
    }
    Ok(Value::Map(std::iter::once((Value::Int(0), Value::List(first))).chain(others).collect()))
}

impl Setting {
    /// Whether this is what Jina assumes anyway, so that no argument is written.
    pub fn is_default(&self, default: DefaultValue) -> bool {
        match (self, default) {
            (Setting::Flag(on), _) => !on,
            (Setting::Int(number), DefaultValue::Int(expected)) => *number == expected,
            (Setting::Text(text), DefaultValue::Text(expected)) => text == expected,
            (Setting::Protocols(list), DefaultValue::Text(expected)) => matches!(list.as_slice(), [one] if one.name() == expected),
            (Setting::Texts(list), DefaultValue::Empty) => list.is_empty(),
            _ => false,
        }
    }

    /// The words that `kwargs2list` writes after the option.
    pub fn words(&self) -> Vec<String> {
        match self {
            Setting::Flag(_) => Vec::new(),
            Setting::Int(number) => vec![number.to_string()],
            Setting::Text(text) => vec![text.clone()],
            Setting::Texts(texts) => texts.clone(),
            Setting::Pairs(map) => vec![map.to_json()],
            Setting::Protocols(list) => list.iter().map(|p| p.name().to_owned()).collect(),
            Setting::Ports(list) => list.iter().map(u16::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jina::options::find;
    use crate::yaml;

    fn words(option: &str, text: &str) -> Result<String, String> {
        let row = find(option).ok_or("no such option")?;
        let document = yaml::read(text).map_err(|e| e.to_string())?;
        let node = document.root.ok_or("nothing")?;
        match read(row, &node) {
            Ok(None) => Ok("unset".into()),
            Ok(Some(setting)) => Ok(std::iter::once(row.argument.to_owned()).chain(setting.words()).collect::<Vec<_>>().join(" ")),
            Err(wrong) => Err(format!("{}; {}", wrong.message, wrong.mend)),
        }
    }

    #[test]
    fn values_become_the_words_that_jina_writes() {
        for (option, text, expected) in [
            ("replicas", "2", "--replicas 2"),
            ("replicas", "'2'", "--replicas 2"),
            ("replicas", "1_000", "--replicas 1000"),
            ("replicas", "null", "unset"),
            ("monitoring", "on", "--monitoring"),
            ("monitoring", "'true'", "--monitoring"),
            ("title", "0123", "--title 83"),
            ("title", "'0123'", "--title 0123"),
            ("title", "1e-7", "--title 1e-07"),
            ("title", "''", "unset"),
            ("title", "false", "unset"),
            ("title", "[a]", "--title a"),
            ("replicas", "[2]", "--replicas 2"),
            ("tracing", "''", "unset"),
            ("py_modules", "[]", "--py-modules"),
            ("exit_on_exceptions", "[A, ~]", "--exit-on-exceptions A None"),
            ("expose_endpoints", "{/a: {methods: [POST]}}", "--expose-endpoints {\"/a\": {\"methods\": [\"POST\"]}}"),
            ("volumes", "/data", "--volumes /data"),
            ("volumes", "[/a, /b]", "--volumes /a /b"),
            ("volumes", "'[/a, /b]'", "--volumes /a /b"),
            ("host", "'h1,h2'", "--host h1 h2"),
            ("port", "'8080,8081'", "--port 8080 8081"),
            ("protocol", "[grpc, HTTP]", "--protocol GRPC HTTP"),
            ("provider", "sagemaker", "--provider SAGEMAKER"),
            ("env", "['A=1', 'B: x y', '{\"C\": [1]}']", "--env {\"A\": 1, \"B\": \"x y\", \"C\": [1]}"),
            ("uses_with", "{1: a, 2.5: b, x: {2: ü}}", "--uses-with {\"1\": \"a\", \"2.5\": \"b\", \"x\": {\"2\": \"\\u00fc\"}}"),
            ("uses_with", "{1: a, true: b, 1.0: c, 0: d}", "--uses-with {\"1\": \"c\", \"0\": \"d\"}"),
            ("uses_with", "'[{\"a\": 1}]'", "--uses-with {\"a\": 1}"),
            ("uses_with", "'[a=1, b: x]'", "--uses-with {\"a\": 1, \"b\": \"x\"}"),
            ("title", "-5", "--title -5"),
            ("title", "'- x'", "--title - x"),
            ("title", "'-'", "--title -"),
            ("title", "-.5", "--title -0.5"),
            ("uses_with", "dim=512", "--uses-with {\"dim\": 512}"),
            ("peer_ports", "[1, 2]", "--peer-ports {\"0\": [1, 2]}"),
            ("peer_ports", "'[1, 2]'", "--peer-ports {\"0\": [1, 2]}"),
            ("peer_ports", "'7'", "--peer-ports {\"0\": [7]}"),
            ("peer_ports", "'{\"0\": [1, 2]}'", "--peer-ports {\"0\": [], \"0\": [1, 2]}"),
        ] {
            assert_eq!(words(option, text).as_deref(), Ok(expected), "{option}: {text}");
        }
    }

    #[test]
    fn what_argparse_refuses_or_misreads_is_refused() {
        for (option, text) in [
            ("replicas", "two"),
            ("replicas", "1.5"),
            ("replicas", "true"),
            ("replicas", "[1, 2]"),
            ("replicas", "99999999999999999999"),
            ("monitoring", "off"),
            ("monitoring", "maybe"),
            ("title", "true"),
            ("title", "[a, b]"),
            ("protocol", "ftp"),
            ("port", "http"),
            ("port", "70000"),
            ("compression", "gzip"),
            ("env", "x"),
            ("env", "[[a]]"),
            ("volumes", "[{a: b}]"),
            ("peer_ports", "x"),
            ("title", "-x"),
            ("title", "--x"),
            ("title", "'-5x'"),
            ("title", "-.inf"),
            ("title", "'--title=a b'"),
            ("title", "'-help is a text'"),
            ("volumes", "[/a, -b]"),
            ("host", "-h"),
            ("env", "[-A=1]"),
        ] {
            assert!(words(option, text).is_err(), "{option}: {text}: {:?}", words(option, text));
        }
    }
}
