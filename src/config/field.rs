//! What a field of the config is: one row each in [`super::fields`], which drives reading, the schema and the manual.

use super::{lists, quantity};
use crate::finding::{Finding, Findings, Path};
use crate::jina::value::Value;
use crate::yaml::Node;

/// One field.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What may stand there. `null` may everywhere: it takes back what a layer below says.
    pub shape: Shape,
    /// For whom it is, as bits of [`Whose`].
    pub whose: u8,
    /// What holds without it, in words or as a value; empty for nothing.
    pub default: &'static str,
    /// What it does, in a sentence.
    pub doc: &'static str,
}

/// For whom a field is.
#[derive(Debug)]
pub struct Whose;

impl Whose {
    /// The gateway.
    pub const GATEWAY: u8 = 1;
    /// Heads.
    pub const HEAD: u8 = 2;
    /// Workers: executors, and the shards of sharded ones.
    pub const WORKER: u8 = 4;
    /// Every pod.
    pub const ALL: u8 = 7;
    /// The entry of an executor as a whole, and of none of its parts.
    pub const EXECUTOR: u8 = 8;
    /// The entry of the gateway itself.
    pub const GATEWAY_ENTRY: u8 = 16;
    /// What holds for the whole Flow.
    pub const DEFAULTS: u8 = 32;
    /// A field that is not for what holds for the whole Flow, though it is for every pod.
    pub const NOT_DEFAULTS: u8 = 64;
    /// Every place there is.
    pub const EVERYWHERE: u8 = 63;

    /// Whether a field of these bits may stand at a place of those.
    pub fn allows(field: u8, place: u8) -> bool {
        field & place & Self::EVERYWHERE != 0 && (field & Self::NOT_DEFAULTS == 0 || place & Self::DEFAULTS == 0)
    }
}

/// What may stand in a field.
#[derive(Debug)]
pub enum Shape {
    /// A text, number or boolean.
    Text,
    /// A whole number, this or more.
    Int(i64),
    /// `true` or `false`.
    Flag,
    /// One of these.
    Word(&'static [&'static str]),
    /// A whole number, or a percentage such as `25%`.
    Share,
    /// A quantity of Kubernetes, such as `500m` or `8Gi`.
    Quantity,
    /// From the name of a resource to a quantity.
    Quantities,
    /// From a name to a text.
    Texts,
    /// From the key of a label to its value.
    Labels,
    /// From the name of a variable to its value.
    Variables,
    /// Names, each with `{}` or `true` behind it.
    Set,
    /// Kubernetes' own fields.
    Fragment,
    /// A part of an object that is merged into it: Kubernetes' own fields, and what a strategic merge patch has besides.
    Part,
    /// A list of operations (RFC 6902).
    Operations,
    /// These fields.
    Fields(&'static [Field]),
    /// From a name to these fields.
    Map(&'static [Field]),
}

/// Checks the fields of a mapping: their names, and what stands in them.
pub fn check(node: &Node<'_>, fields: &'static [Field], whose: u8, owner: &str, path: &Path<'_>, findings: &mut Findings) {
    let Some(pairs) = node.as_map() else {
        return complain(node, "must be a mapping", "write `field: value` lines below it", path, findings);
    };
    let known = || fields.iter().filter(|field| Whose::allows(field.whose, whose));
    for (key, value) in pairs {
        let name = key.shown();
        let path = path.key(&name);
        match known().find(|field| field.name == name) {
            Some(_) if value.is_null() => {}
            Some(field) => check_value(value, &field.shape, whose, &path, findings),
            None => {
                let finding = if let Some(field) = fields.iter().find(|field| field.name == name) {
                    misplaced(field, owner, &path)
                } else {
                    let names: Vec<&str> = known().map(|field| field.name).collect();
                    Finding::error(path, format!("is no field of {owner}")).suggest(&name, names.into_iter())
                };
                findings.push(finding.at(key.mark));
            }
        }
    }
}

/// What is said of a field that is for other places than this one.
fn misplaced(field: &Field, owner: &str, path: &Path<'_>) -> Finding {
    const PLACES: [(u8, &str, &str); 7] = [
        (Whose::DEFAULTS, "the defaults", "defaults"),
        (Whose::GATEWAY_ENTRY, "the gateway", "gateway"),
        (Whose::GATEWAY, "the gateway", "gateway"),
        (Whose::EXECUTOR, "an executor", "executors.NAME"),
        (Whose::WORKER, "an executor", "executors.NAME"),
        (Whose::HEAD, "a head", "executors.NAME.head"),
        (Whose::WORKER, "a role", "roles.worker"),
    ];
    let is_for_all = field.whose & Whose::ALL == Whose::ALL;
    let mut named: Vec<(&str, &str)> = Vec::new();
    for (place, what, example) in PLACES {
        let is_meant = Whose::allows(field.whose, place) && (what != "a role" || is_for_all);
        if is_meant && named.iter().all(|(known, _)| *known != what) {
            named.push((what, example));
        }
    }
    let words: Vec<&str> = named.iter().map(|(what, _)| *what).collect();
    let examples: Vec<String> = named.iter().map(|(_, example)| format!("{example}.{}", field.name)).collect();
    let finding = Finding::error(path, format!("is a field of {}, not of {owner}", words.join(", ")));
    finding.fix(format!("write spec.{}", examples.join(" or spec.")))
}

/// Checks what stands in a field.
pub fn check_value(node: &Node<'_>, shape: &'static Shape, whose: u8, path: &Path<'_>, findings: &mut Findings) {
    let text = node.as_text();
    match shape {
        Shape::Text if text.is_none_or(str::is_empty) => complain(node, "must be a text", "write one value", path, findings),
        Shape::Int(least) if text.and_then(|text| text.parse::<i64>().ok()).is_none_or(|number| number < *least) => {
            complain(node, &format!("must be a whole number, {least} or more"), "write one", path, findings);
        }
        // Numbers of Kubernetes are int32.
        Shape::Int(_) if text.and_then(|text| text.parse::<i64>().ok()).is_none_or(|number| number > i64::from(i32::MAX)) => {
            complain(node, &format!("must be a whole number, {} or less", i32::MAX), "write one", path, findings);
        }
        Shape::Flag if flag(node).is_none() => complain(node, "must be true or false", "write one of the two", path, findings),
        Shape::Word(words) if text.is_none_or(|text| !words.contains(&text)) => {
            let got = node.shown();
            let finding = Finding::error(path, "is none of its words").at(node.mark).suggest(&got, words.iter().copied());
            findings.push(finding.got(got));
        }
        Shape::Share if text.is_none_or(|text| text.strip_suffix('%').unwrap_or(text).parse::<u32>().is_err()) => {
            complain(node, "must be a whole number or a percentage", "write such as 1 or 25%", path, findings);
        }
        Shape::Quantity if text.and_then(quantity::parse).is_none() => {
            complain(node, "is no quantity of Kubernetes", "write such as 500m, 2, 8Gi or 1.5G", path, findings);
        }
        Shape::Quantities | Shape::Texts | Shape::Labels | Shape::Variables | Shape::Set | Shape::Fragment | Shape::Part
            if node.as_map().is_none() =>
        {
            complain(node, "must be a mapping", "write `name: value` lines below it", path, findings);
        }
        Shape::Operations if node.as_list().is_none() => {
            complain(node, "must be a list of operations", "write `- {op: replace, path: /spec/…, value: …}` lines", path, findings);
        }
        Shape::Part => lists::check(node, path, findings),
        Shape::Fields(fields) => check(node, fields, whose, &format!("`{path}`"), path, findings),
        Shape::Map(_) if node.as_map().is_none() => check(node, &[], whose, "", path, findings),
        Shape::Quantities | Shape::Texts | Shape::Labels | Shape::Variables | Shape::Set | Shape::Map(_) => {
            for (key, value) in node.as_map().unwrap_or_default().iter().filter(|(_, value)| !value.is_null()) {
                check_entry(&key.shown(), value, shape, whose, &path.key(&key.shown()), findings);
            }
        }
        _ => {}
    }
}

fn check_entry(name: &str, value: &Node<'_>, shape: &'static Shape, whose: u8, path: &Path<'_>, findings: &mut Findings) {
    match shape {
        Shape::Quantities => return check_value(value, &Shape::Quantity, whose, path, findings),
        Shape::Map(fields) => return check(value, fields, whose, &format!("`{path}`"), path, findings),
        Shape::Set => {
            if value.as_map().is_none_or(|fields| !fields.is_empty()) && flag(value) != Some(true) {
                complain(
                    value,
                    "is a name, with nothing to say about it",
                    &format!("write `{name}: {{}}`, or null to take it back"),
                    path,
                    findings,
                );
            }
            return;
        }
        _ => {}
    }
    if value.as_text().is_none() {
        return complain(value, "must be a text", "write one value", path, findings);
    }
    if matches!(shape, Shape::Variables) && !is_variable(name) {
        complain(value, "is no name for a variable", "use letters, digits, `_`, `-` and `.`, and no digit first", path, findings);
    }
    if matches!(shape, Shape::Labels) {
        if !is_label_key(name) {
            complain(
                value,
                "is no key for a label",
                "write NAME or DOMAIN/NAME, NAME of at most 63 letters, digits, `-`, `_` and `.`",
                path,
                findings,
            );
        }
        let text = value.shown();
        if !(text.is_empty() || is_label_name(&text)) {
            let why = if text.len() > 63 { "is a label of more than 63 characters" } else { "is no value for a label" };
            complain(value, why, "use at most 63 letters, digits, `-`, `_` and `.`, the first and last a letter or digit", path, findings);
        }
    }
}

#[inline(never)]
fn complain(node: &Node<'_>, message: &str, mend: &str, path: &Path<'_>, findings: &mut Findings) {
    findings.push(Finding::error(path, message).got(node.shown()).fix(mend).at(node.mark));
}

/// `true` or `false`, as YAML and kustomize write it.
pub fn flag(node: &Node<'_>) -> Option<bool> {
    match node.as_text()? {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// The name of an environment variable that is in a ConfigMap (`IsEnvVarName`).
fn is_variable(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit()) && is_config_map_key(name)
}

/// `[-._a-zA-Z0-9]+`, at most 253 (`IsConfigMapKey`).
pub fn is_config_map_key(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && !matches!(name, "." | "..")
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// A label's value, or the last part of its key.
fn is_label_name(name: &str) -> bool {
    let is_inner = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let is_outer = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    (1..=63).contains(&name.len()) && name.bytes().all(is_inner) && is_outer(name.as_bytes().first()) && is_outer(name.as_bytes().last())
}

/// A label's key: a name, or a DNS subdomain, a slash and a name (`IsQualifiedName`).
fn is_label_key(key: &str) -> bool {
    match key.split_once('/') {
        None => is_label_name(key),
        Some((domain, name)) => super::is_subdomain(domain) && is_label_name(name),
    }
}

/// The properties of a JSON Schema for these fields, as far as they are for `whose`.
pub fn properties(fields: &[Field], whose: u8) -> String {
    let property = |field: &Field| format!("{}: {}", quoted(field.name), schema(field));
    fields.iter().filter(|field| Whose::allows(field.whose, whose)).map(property).collect::<Vec<_>>().join(",\n")
}

fn schema(field: &Field) -> String {
    let others = |shape: &str| format!("\"type\": [\"object\", \"null\"], \"additionalProperties\": {shape}");
    let closed = |fields: &[Field]| format!("{}, \"properties\": {{{}}}", others("false"), properties(fields, Whose::EVERYWHERE));
    let kind = match &field.shape {
        Shape::Text => r#""type": ["string", "number", "boolean", "null"]"#.to_owned(),
        Shape::Int(_) => r#""type": ["integer", "null"]"#.to_owned(),
        Shape::Flag => r#""type": ["boolean", "null"]"#.to_owned(),
        Shape::Word(words) => {
            let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
            format!("\"enum\": [{}, null]", words.join(", "))
        }
        Shape::Share | Shape::Quantity => r#""type": ["integer", "number", "string", "null"]"#.to_owned(),
        Shape::Quantities | Shape::Texts | Shape::Labels | Shape::Variables => {
            others(r#"{"type": ["string", "number", "boolean", "null"]}"#)
        }
        Shape::Set => others(r#"{"type": ["object", "boolean", "null"]}"#),
        Shape::Fragment | Shape::Part => r#""type": ["object", "null"]"#.to_owned(),
        Shape::Operations => r#""type": ["array", "null"], "items": {"type": "object"}"#.to_owned(),
        Shape::Fields(fields) => closed(fields),
        Shape::Map(fields) => others(&format!("{{{}}}", closed(fields))),
    };
    let default = if field.default.is_empty() { String::new() } else { format!(" Default: {}.", field.default) };
    format!("{{\"description\": {}, {kind}}}", quoted(&format!("{}{default}", field.doc)))
}

fn quoted(text: &str) -> String {
    Value::Str(text.to_owned()).to_json()
}
