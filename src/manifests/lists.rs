//! Lists of Kubernetes objects whose entries are known by some of their fields, and merging by them.

use crate::config::layers::without_nulls;
use crate::yaml::{Data, Node};

/// Lists whose entries are known by some of their fields (`patchMergeKey` and `x-kubernetes-list-map-keys` in
/// Kubernetes' API types; claims of a StatefulSet have none there, but have names).
const MERGE_KEYS: [(&str, &[&str]); 11] = [
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("env", &["name"]),
    ("ports", &["containerPort", "port", "protocol"]),
    ("volumes", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("imagePullSecrets", &["name"]),
    ("hostAliases", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("volumeClaimTemplates", &["metadata"]),
];

/// The fields by which the entries of a list are known.
#[must_use]
pub fn merge_keys(field: &str) -> Option<&'static [&'static str]> {
    MERGE_KEYS.iter().find(|(name, _)| *name == field).map(|(_, keys)| *keys)
}

/// What an entry is known by in its list.
pub fn identity(entry: &Node<'_>, keys: &[&str]) -> Option<String> {
    entry.as_map()?;
    let mut name = String::new();
    let mut known = false;
    for key in keys {
        let value = entry.get(key);
        // The metadata of a claim stands for its name.
        let value = if *key == "metadata" { value.and_then(|metadata| metadata.get("name")) } else { value };
        let text = match value.and_then(Node::as_text) {
            // The API server fills it in.
            None if *key == "protocol" => "TCP",
            None => continue,
            Some(text) => {
                known = true;
                text
            }
        };
        if !name.is_empty() {
            name.push('/');
        }
        name.push_str(text);
    }
    known.then_some(name)
}

/// An entry's name among those of its list; empty where it has none.
#[must_use]
pub fn entry_name(field: &str, entry: &Node<'_>) -> String {
    merge_keys(field).and_then(|keys| identity(entry, keys)).unwrap_or_default()
}

/// Merges a part of an object over the object, as kubectl's strategic merge does: mappings by their fields, lists with a
/// merge key by their entries, `null` removes, everything else replaces.
pub fn merge<'t>(field: &str, base: &mut Node<'t>, over: Node<'t>) {
    match (&mut base.data, over.data) {
        (Data::Map(known), Data::Map(pairs)) => {
            for (key, value) in pairs {
                let name = key.as_text().unwrap_or_default().to_owned();
                match known.iter().position(|(other, _)| other.as_text() == Some(&name)) {
                    Some(place) if value.is_null() => drop(known.remove(place)),
                    Some(place) => merge(&name, &mut known[place].1, value),
                    None if value.is_null() => {}
                    None => known.push((key, without_nulls(value))),
                }
            }
        }
        (Data::List(known), Data::List(entries)) if merge_keys(field).is_some() => {
            for entry in entries {
                let name = entry_name(field, &entry);
                match known.iter_mut().find(|other| entry_name(field, other) == name) {
                    Some(other) => merge("", other, entry),
                    None => known.push(without_nulls(entry)),
                }
            }
        }
        (data, over) => *data = without_nulls(over.into()).data,
    }
}
