//! The command lines of containers, compared by option. Values in JSON are compared by key.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::line::{Line, Topic, lines};
use super::renames::Renames;
use super::values::Value;
use crate::check::{Word, WordList};

/// The values of each option. The words before the first option have the name of the list that they are in.
type Values = BTreeMap<String, Value>;

/// The differences between two command lines. Changes of names make no difference.
pub fn differences(old: &[Word<'_>], new: &[Word<'_>], renames: &Renames) -> Vec<Line> {
    lines(Topic::Option, &values(old), &values(new), renames)
}

fn values(words: &[Word<'_>]) -> Values {
    let mut lists: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut option: Option<String> = None;
    for word in words {
        if let Some(name) = word.text.strip_prefix("--").filter(|name| !name.is_empty()) {
            let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
            let name = name.replace('-', "_");
            lists.entry(name.clone()).or_default().extend(value);
            option = value.is_none().then_some(name);
        } else {
            let name = option.clone().unwrap_or_else(|| if word.list == WordList::Command { "command" } else { "args" }.to_owned());
            lists.entry(name).or_default().push(&word.text);
        }
    }
    let mut values = Values::new();
    for (name, list) in lists {
        match list.as_slice() {
            [] => drop(values.insert(name, Value::plain("true"))),
            [json] if json.starts_with(['{', '[']) => flatten(name, json, &mut values),
            _ => drop(values.insert(name, Value::plain(list.join(" ")))),
        }
    }
    values
}

/// Adds the values of a JSON document by their paths.
fn flatten(name: String, json: &str, values: &mut Values) {
    match serde_json::from_str(json) {
        Ok(value) => leaves(name, &value, values),
        Err(_) => drop(values.insert(name, Value::plain(json))),
    }
}

fn leaves(path: String, value: &Json, values: &mut Values) {
    match value {
        Json::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                leaves(format!("{path}.{key}"), value, values);
            }
        }
        // `"1"` and `1` look the same, but are different values.
        Json::String(text) => drop(values.insert(path, Value { shown: text.clone(), hidden: Some(value.to_string()) })),
        _ => drop(values.insert(path, Value::plain(value.to_string()))),
    }
}
