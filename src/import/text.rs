//! Reads the scalars of Kubernetes fields that are strings as strings.
//!
//! Jina's exporter writes `on`, `1e-07` or the name `null` without quotes, although the fields are strings. Kubernetes refuses
//! them, and what Jina means is the text.

use crate::yaml::{Data, Node, Style};

/// Mappings from names to strings.
const OF_STRINGS: [&str; 7] = ["annotations", "labels", "matchLabels", "nodeSelector", "selector", "limits", "requests"];

/// Lists of strings.
const LISTS_OF_STRINGS: [&str; 4] = ["args", "command", "accessModes", "matchNames"];

/// Fields that are strings.
const STRINGS: [&str; 12] = [
    "name",
    "namespace",
    "image",
    "value",
    "key",
    "mountPath",
    "storageClassName",
    "storage",
    "fieldPath",
    "kind",
    "apiVersion",
    "serviceName",
];

/// Quotes the strings of an object.
pub fn quote(node: &mut Node<'_>) {
    let Data::Map(pairs) = &mut node.data else {
        if let Data::List(entries) = &mut node.data {
            entries.iter_mut().for_each(quote);
        }
        return;
    };
    for (key, value) in pairs {
        let name = key.as_text().unwrap_or_default().to_owned();
        match &mut value.data {
            Data::Map(pairs) if name == "data" => pairs.iter_mut().for_each(|(key, value)| {
                as_string(key);
                as_variable(value);
            }),
            Data::Map(_) if OF_STRINGS.contains(&name.as_str()) => as_strings(value),
            Data::List(entries) if LISTS_OF_STRINGS.contains(&name.as_str()) => entries.iter_mut().for_each(as_string),
            Data::Scalar(_) if STRINGS.contains(&name.as_str()) => as_string(value),
            Data::Scalar(_) => {}
            _ => quote(value),
        }
    }
}

/// Quotes the keys and values of a mapping. A selector may have such a mapping below it.
fn as_strings(node: &mut Node<'_>) {
    let Data::Map(pairs) = &mut node.data else { return as_string(node) };
    for (key, value) in pairs {
        as_string(key);
        as_strings(value);
    }
}

/// Quotes a variable. The exporter quotes the text `null` there, so a value that is null is an edit.
fn as_variable(node: &mut Node<'_>) {
    if !node.is_null() {
        as_string(node);
    }
}

/// Quotes a scalar. A value that is missing stays missing.
fn as_string(node: &mut Node<'_>) {
    match &mut node.data {
        Data::Scalar(scalar) if !scalar.text.is_empty() => scalar.style = Style::Quoted,
        Data::Scalar(_) => {}
        _ => quote(node),
    }
}
