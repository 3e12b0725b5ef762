//! Fields of the JinaFlow that are in all objects of a component, or in its ConfigMap.

use std::collections::BTreeMap;

use super::side::{Find, Key, Side, string};
use crate::manifests::configmap_name;

/// `labels`, which are on all objects and on the pods.
pub fn labels(side: &Side<'_>) -> Vec<Find> {
    of_metadata(side, "labels")
}

/// `annotations`, which are on all objects and on the pods.
pub fn annotations(side: &Side<'_>) -> Vec<Find> {
    of_metadata(side, "annotations")
}

fn of_metadata(side: &Side<'_>, field: &'static str) -> Vec<Find> {
    let mut found: BTreeMap<(&str, &str), Vec<Key>> = BTreeMap::new();
    let of_objects = side.of_kind(|_| true, &format!("metadata.{field}.*"));
    for edit in of_objects.into_iter().chain(side.of_workload(&format!("spec.template.metadata.{field}.*"))) {
        if let (Some(name), Some(value)) = (edit.names.first(), edit.new.and_then(string)) {
            found.entry((name, value)).or_default().push(edit.key);
        }
    }
    let everywhere = side.objects.len() + 1;
    let complete = found.into_iter().filter(|(_, keys)| keys.len() == everywhere);
    complete.map(|((name, value), keys)| Find::one(&[field, name], value.to_owned().into(), keys)).collect()
}

/// `env`, in the ConfigMap of the component.
pub fn env(side: &Side<'_>) -> Vec<Find> {
    let name = configmap_name(&side.component.name);
    let found = side.of_kind(|kind| kind == "ConfigMap", "data.*").into_iter().filter(|found| found.key.0.1 == name);
    found
        .filter_map(|found| Some(Find::one(&["env", found.names.first()?], string(found.new?)?.to_owned().into(), vec![found.key])))
        .collect()
}
