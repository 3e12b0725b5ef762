//! The value of one option: read as Jina's argparse reads it, and written as an argument.
//!
//! Jina turns every value into command-line words (`ArgNamespace.kwargs2list`), and argparse parses these words. The rules
//! here give the same result for every value that argparse accepts. They refuse values that argparse refuses or misreads.

use super::options::{DefaultValue, Row, TABLE, ValueKind};
use super::scalar::{self, python_int, retyped};
use super::value::{Value, from_json_text};
use crate::finding::{Code, Finding, Path};
use crate::yaml::{Data, Dict, Node, Scalar};

/// A protocol of Jina (`jina/enums.py`, `ProtocolType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// gRPC, the only protocol between the gateway, heads and executors of a Flow.
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

    /// The scheme in addresses; also a part of Service names.
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

/// The value of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A flag.
    Flag(bool),
    /// A number.
    Int(i64),
    /// A string or a choice.
    Text(String),
    /// A list of strings or hosts.
    Texts(Vec<String>),
    /// A mapping. Its keys are strings, because the value was converted to JSON and back.
    Pairs(Value),
    /// The value of `protocol`.
    Protocols(Vec<Protocol>),
    /// The value of `port` or `port_monitoring`.
    Ports(Vec<u16>),
}

/// The reason why an option cannot have a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The kind of problem.
    pub code: Code,
    /// The problem.
    pub message: String,
    /// How to fix it.
    pub fix: String,
}

impl Wrong {
    /// The finding about the value `node` of the field at `path`.
    pub fn finding(self, path: Path<'_>, node: &Node<'_>) -> Finding {
        self.code.error(path, self.message).got(node.shown()).fix(self.fix).at(node.mark)
    }
}

fn wrong<T>(code: Code, message: impl Into<String>, fix: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { code, message: message.into(), fix: fix.into() })
}

/// Reads the value of the option `row`. `Ok(None)` means that the option is not set (`null`, or `false` where
/// `kwargs2list` writes no word).
pub fn read(row: &Row, node: &Node<'_>) -> Result<Option<Setting>, Wrong> {
    // `parse_arg` ignores an empty string.
    if node.is_null() || node.as_text() == Some("") {
        return Ok(None);
    }
    // argparse reads a list with one entry as a single value.
    let node = match node.as_list() {
        Some([one]) if row.kind.is_one() && !one.is_null() => one,
        _ => node,
    };
    match row.kind {
        ValueKind::Flag => flag(node).map(|on| Some(Setting::Flag(on))),
        ValueKind::Int => int(node).map(|number| Some(Setting::Int(number))),
        ValueKind::Text => text(node)?.map(|text| value_word(&text).map(|()| Setting::Text(text))).transpose(),
        ValueKind::Choice(words) => choice(node, words, false),
        ValueKind::Enum(words) => choice(node, words, true),
        ValueKind::Texts => Ok(Some(Setting::Texts(value_words(strings(node)?)?))),
        ValueKind::Hosts => Ok(Some(Setting::Texts(separated(&value_words(strings(node)?)?)))),
        ValueKind::Ports => ports(&separated(&strings(node)?)).map(|ports| Some(Setting::Ports(ports))),
        ValueKind::Pairs => Ok(Some(Setting::Pairs(pairs(node)?))),
        ValueKind::PeerPorts => Ok(Some(Setting::Pairs(peer_ports(node)?))),
        ValueKind::Protocols => protocols(&strings(node)?),
    }
}

/// Reads the value of a flag.
pub fn flag(node: &Node<'_>) -> Result<bool, Wrong> {
    let value = scalar::value(node);
    // Jina re-types quoted booleans, so "true" is a boolean. Any other string or number sets the flag, even `off`.
    let word = match &value {
        Value::Bool(b) => return Ok(*b),
        Value::Int(1) => return Ok(true),
        Value::Str(word) => word.to_ascii_lowercase(),
        _ => String::new(),
    };
    match word.as_str() {
        "true" | "yes" | "on" | "y" | "1" => Ok(true),
        "false" => Ok(false),
        "off" | "no" | "n" | "0" => {
            wrong(Code::ValueNotAllowed, "must be `true` or `false`, and Jina would read this value as true", "write `false`")
        }
        _ => wrong(Code::WrongType, "must be `true` or `false`", "write `true` or `false`"),
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
        Some(Err(_)) => wrong(Code::ValueOutOfRange, "must be a number of at most 64 bits", "write a smaller number"),
        None => wrong(Code::WrongType, "must be an integer", "write only digits"),
    }
}

fn text(node: &Node<'_>) -> Result<Option<String>, Wrong> {
    Ok(match scalar::value(node) {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => return wrong(Code::WrongType, "must be a string, not the boolean true", "put the value in quotes"),
        Value::List(_) => return wrong(Code::WrongType, "must be a string, not a list", "write one value"),
        value @ Value::Map(_) => Some(through_json(value).to_json()),
        value => Some(value.to_str()).filter(|text| !text.is_empty()),
    })
}

fn choice(node: &Node<'_>, words: &[&str], any_case: bool) -> Result<Option<Setting>, Wrong> {
    let Some(given) = text(node)? else { return Ok(None) };
    let found = words.iter().find(|word| if any_case { word.eq_ignore_ascii_case(&given) } else { **word == given });
    match found {
        Some(word) => Ok(Some(Setting::Text((*word).to_owned()))),
        None => wrong(Code::ValueNotAllowed, "is not an allowed value", format!("use one of: {}", words.join(", "))),
    }
}

/// Reads a list of strings or one string. A string in brackets is a list (`parse_arg`).
fn strings(node: &Node<'_>) -> Result<Vec<String>, Wrong> {
    let entries = match scalar::value(node) {
        Value::List(entries) => entries,
        Value::Str(text) if text.starts_with('[') && text.ends_with(']') => match retyped(&text) {
            Value::List(entries) => entries,
            other => vec![other],
        },
        Value::Bool(_) | Value::Map(_) => return wrong(Code::WrongType, "must be a string or a list of strings", "write a list: [a, b]"),
        other => vec![other],
    };
    if entries.iter().any(|entry| matches!(entry, Value::Map(_) | Value::List(_))) {
        return wrong(Code::WrongType, "must be a list of strings", "write a list: [a, b]");
    }
    Ok(entries.iter().map(Value::to_str).collect())
}

/// Options that every parser of Jina has, but the table does not.
const BESIDE_THE_TABLE: [&str; 3] = ["help", "version", "version-full"];

/// Whether argparse reads a word as an option instead of a value, even as an unknown option
/// (`ArgumentParser._parse_optional`). The parser in the container does the same.
fn is_read_as_option(word: &str) -> bool {
    let Some(rest) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else { return false };
    let is_prefix = || {
        let name = rest.strip_prefix('-').map(|name| name.split('=').next().unwrap_or(name));
        let known = TABLE.iter().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied()));
        name.is_some_and(|name| {
            known.map(|known| known.replace('_', "-")).any(|known| known.starts_with(name))
                || BESIDE_THE_TABLE.iter().any(|known| known.starts_with(name))
        })
    };
    // `-h` and `-v` take no value, so argparse reads the rest of the word as further options.
    if rest.starts_with(['h', 'v']) || is_prefix() {
        return true;
    }
    let is_digits = |text: &str| text.chars().all(char::is_numeric);
    let is_negative_number = match rest.split_once('.') {
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction) && !fraction.is_empty(),
        None => is_digits(rest),
    };
    !is_negative_number && !word.contains(' ')
}

/// Returns an error for a word that argparse does not read as a value.
fn value_word(word: &str) -> Result<(), Wrong> {
    if is_read_as_option(word) {
        return wrong(
            Code::LeadingDash,
            "must not begin with a dash, because Jina's command line reads it as an option",
            "put another character before the dash",
        );
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
            _ => wrong(Code::ValueOutOfRange, "must be port numbers from 0 to 65535", "write a number or a list: 8080 or [8080, 8081]"),
        })
        .collect()
}

fn protocols(texts: &[String]) -> Result<Option<Setting>, Wrong> {
    let parsed: Option<Vec<Protocol>> = texts.iter().map(|text| Protocol::parse(text)).collect();
    match parsed {
        Some(list) if list.is_empty() => wrong(Code::ValueNotAllowed, "must not be empty", "use one of: GRPC, HTTP, WEBSOCKET"),
        Some(list) => Ok(Some(Setting::Protocols(list))),
        None => wrong(Code::ValueNotAllowed, "is not a protocol of Jina", "use one of: GRPC, HTTP, WEBSOCKET"),
    }
}

/// Reads a value of `KVAppendAction`: a mapping, or words, each of which is JSON, `key=value` or `key: value`.
fn pairs(node: &Node<'_>) -> Result<Value, Wrong> {
    let mut dict = Dict::default();
    match &node.data {
        Data::Map(_) => return Ok(through_json(scalar::value(node))),
        Data::List(entries) => {
            for entry in entries {
                add_pairs(entry, &mut dict)?;
            }
        }
        // A string in brackets is a list of words (`parse_arg`).
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
        Data::List(_) => return wrong(Code::WrongType, "must be a mapping", "write `key: value` lines"),
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
        return wrong(Code::WrongType, "must be a mapping", "write `key: value` lines, or strings such as `key=value`");
    };
    Ok((Value::Str(text[..at].to_owned()), retyped(text[at + 1..].trim_start())))
}

/// The result of `json.loads(json.dumps(value))`: every key is a string, and of equal keys the last value is used.
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

/// Reads a value of `CastPeerPorts`: ports, or lists of ports by shard. As in Jina, the result always has the key `0`.
fn peer_ports(node: &Node<'_>) -> Result<Value, Wrong> {
    let fault = || Wrong {
        code: Code::WrongType,
        message: "must be a list of ports, or a mapping from shards to lists of ports".into(),
        fix: "write [12345, 12346] or {0: [12345], 1: [12346]}".into(),
    };
    // The words that argparse gets: numbers, or strings that are JSON.
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
    /// Whether the value is the default, so that Jina writes no argument.
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

    /// The words that `kwargs2list` writes after the name of the option.
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
            Err(wrong) => Err(format!("{}; {}", wrong.message, wrong.fix)),
        }
    }

    #[test]
    fn values_become_the_words_of_jinas_command_line() {
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
    fn values_that_argparse_refuses_or_misreads_are_errors() {
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
            ("title", "'-help is a word'"),
            ("volumes", "[/a, -b]"),
            ("host", "-h"),
            ("env", "[-A=1]"),
        ] {
            assert!(words(option, text).is_err(), "{option}: {text}: {:?}", words(option, text));
        }
    }
}
