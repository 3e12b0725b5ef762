//! The fields in which two values differ, after the API server has filled in its defaults.

use std::collections::HashMap;

use super::defaults;
use crate::facts::Quantity;
use crate::yaml::{List, View};

/// A field that differs.
#[derive(Debug, Clone)]
pub struct Difference<'o> {
    /// The path of the field. Entries of lists are shown by their key or index: `spec.containers[executor].image`.
    pub path: String,
    /// The old value; `None` if the field is new.
    pub old: Option<View<'o>>,
    /// The new value; `None` if the field is removed.
    pub new: Option<View<'o>>,
    /// Whether a list has the same entries in another order.
    pub is_order: bool,
}

/// Lists whose entries belong together if they have the same value of a key, as a strategic merge patch finds them
/// (`patchMergeKey` in k8s.io/api).
const KEYS: [(&str, &str); 10] = [
    ("containers", "name"),
    ("initContainers", "name"),
    ("volumes", "name"),
    ("env", "name"),
    ("imagePullSecrets", "name"),
    ("volumeMounts", "mountPath"),
    ("volumeDevices", "devicePath"),
    ("ports", "containerPort"),
    ("ports", "port"),
    ("volumeClaimTemplates", "metadata.name"),
];

/// The objects whose fields are amounts. The API server writes them in its own way.
const QUANTITIES: [&str; 11] =
    ["limits", "requests", "emptyDir", "capacity", "resourceFieldRef", "hard", "max", "min", "default", "defaultRequest", "target"];

/// The fields in which two values differ. `name` is the name of the field that has the values; empty for whole objects.
pub fn differences<'o>(name: &'o str, old: Option<View<'o>>, new: Option<View<'o>>) -> Vec<Difference<'o>> {
    let text = |field: &str| new.or(old).filter(|_| name.is_empty()).map(|object| object.text_at(field)).unwrap_or_default();
    let is_custom = text("apiVersion").split_once('/').is_some_and(|(group, _)| is_custom(group));
    let mut walk = Walk { kind: text("kind"), is_custom, path: Vec::new(), found: Vec::new() };
    walk.field("", name, old, new);
    walk.found
}

/// Whether a path is another one, or below it.
pub fn is_within(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Whether objects of a group are custom resources, to which the defaults of Kubernetes do not apply.
fn is_custom(group: &str) -> bool {
    group.contains('.') && (!group.ends_with(".k8s.io") || group.starts_with("gateway."))
}

struct Walk<'o> {
    /// The kind of the objects; empty for a part of an object.
    kind: &'o str,
    is_custom: bool,
    path: Vec<String>,
    found: Vec<Difference<'o>>,
}

impl<'o> Walk<'o> {
    fn push(&mut self, old: Option<View<'o>>, new: Option<View<'o>>, is_order: bool) {
        self.found.push(Difference { path: self.path.concat(), old, new, is_order });
    }

    fn field(&mut self, parent: &str, name: &'o str, old: Option<View<'o>>, new: Option<View<'o>>) {
        let dot = if self.path.last().is_none_or(String::is_empty) && self.path.len() < 2 { "" } else { "." };
        self.path.push(format!("{dot}{name}"));
        self.compare(parent, name, old, new);
        self.path.pop();
    }

    fn compare(&mut self, parent: &str, name: &'o str, old: Option<View<'o>>, new: Option<View<'o>>) {
        let is_nothing = if self.is_custom { defaults::is_nothing_of_custom } else { defaults::is_nothing };
        let known = |view: Option<View<'o>>| view.filter(|view| !is_nothing(*view, parent, name));
        let (old, new) = (known(old), known(new));
        match (old, new) {
            (None, None) => {}
            (Some(before), Some(after)) => {
                if before.as_map().is_some() && after.as_map().is_some() {
                    self.maps(defaults::scoped(parent, name), before, after);
                } else if let (Some(one), Some(other)) = (before.as_list(), after.as_list()) {
                    self.lists(name, (one, before), (other, after));
                } else if !are_same(parent, before, after) {
                    self.push(old, new, false);
                }
            }
            _ => self.push(old, new, false),
        }
    }

    fn maps(&mut self, parent: &str, before: View<'o>, after: View<'o>) {
        let (old, new) = (before.as_map().unwrap_or_default(), after.as_map().unwrap_or_default());
        for (key, value) in old.iter() {
            self.known_field(parent, key.text(), (before, Some(value)), (after, after.get(key.text())));
        }
        for (key, value) in new.iter().filter(|(key, _)| before.get(key.text()).is_none()) {
            self.known_field(parent, key.text(), (before, None), (after, Some(value)));
        }
    }

    /// A field of an object. Defaults that depend on other fields of the object are filled in here.
    fn known_field(&mut self, parent: &str, name: &'o str, old: (View<'o>, Option<View<'o>>), new: (View<'o>, Option<View<'o>>)) {
        let parent = if parent.is_empty() { self.kind } else { parent };
        let with_default = |(object, value)| defaults::derived(parent, name, object, value).filter(|_| !self.is_custom);
        if with_default(old).zip(with_default(new)).is_some_and(|(old, new)| old == new) {
            return;
        }
        let is_of_policy = name == "policyTypes" && self.kind == "NetworkPolicy";
        if is_of_policy && defaults::policy_types(old.0) == defaults::policy_types(new.0) {
            return;
        }
        self.field(parent, name, old.1, new.1);
    }

    fn lists(&mut self, name: &'o str, (before, old): (List<'o>, View<'o>), (after, new): (List<'o>, View<'o>)) {
        let Some(key) = key_of(name, before, after) else {
            return self.entries_by_index(name, (before, old), (after, new));
        };
        let index = |list: List<'o>| -> HashMap<&'o str, usize> {
            list.iter().enumerate().map(|(place, entry)| (entry.text_at(key), place)).collect()
        };
        let (old_places, new_places) = (index(before), index(after));
        for entry in before.iter() {
            let value = entry.text_at(key);
            self.entry(name, value, Some(entry), new_places.get(value).and_then(|place| after.get(*place)));
        }
        for entry in after.iter().filter(|entry| !old_places.contains_key(entry.text_at(key))) {
            self.entry(name, entry.text_at(key), None, Some(entry));
        }
        // The order counts too: a pod template with another order is another template.
        let order = |list: List<'o>, other: &HashMap<&str, usize>| {
            list.iter().map(|entry| entry.text_at(key)).filter(|value| other.contains_key(value)).collect::<Vec<_>>()
        };
        if order(before, &new_places) != order(after, &old_places) {
            self.push(Some(old), Some(new), true);
        }
    }

    /// Lists without a key are replaced as a whole. If they have the same length, the entry that differs says more.
    fn entries_by_index(&mut self, name: &'o str, (before, old): (List<'o>, View<'o>), (after, new): (List<'o>, View<'o>)) {
        let are_entries_compared = before.len() == after.len() && before.iter().all(|entry| entry.as_map().is_some());
        if !are_entries_compared {
            if before.len() != after.len() || before.iter().zip(after.iter()).any(|(one, other)| !one.is_equal_to(other)) {
                self.push(Some(old), Some(new), false);
            }
            return;
        }
        for (index, (one, other)) in before.iter().zip(after.iter()).enumerate() {
            self.entry(name, &index.to_string(), Some(one), Some(other));
        }
    }

    fn entry(&mut self, list: &'o str, shown: &str, old: Option<View<'o>>, new: Option<View<'o>>) {
        self.path.push(format!("[{shown}]"));
        self.compare("", list, old, new);
        self.path.pop();
    }
}

/// The key by which the entries of two lists belong together, if every entry has one of its own.
fn key_of(name: &str, before: List<'_>, after: List<'_>) -> Option<&'static str> {
    let are_named = |list: List<'_>, key: &str| {
        let mut values: Vec<&str> = list.iter().map(|entry| entry.text_at(key)).collect();
        values.sort_unstable();
        values.first().is_none_or(|first| !first.is_empty()) && values.windows(2).all(|pair| pair[0] != pair[1])
    };
    let candidates = KEYS.iter().filter(|(list, _)| *list == name).map(|(_, key)| *key);
    candidates.into_iter().find(|key| are_named(before, key) && are_named(after, key))
}

/// Whether two scalars are the same value. Quantities may be written differently.
fn are_same(parent: &str, one: View<'_>, other: View<'_>) -> bool {
    let (Some(one), Some(other)) = (one.as_text(), other.as_text()) else { return false };
    let are_quantities = QUANTITIES.contains(&parent);
    one == other || (are_quantities && Quantity::read(one).is_some() && Quantity::read(one) == Quantity::read(other))
}
