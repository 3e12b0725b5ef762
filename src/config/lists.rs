//! Merging mappings and parts of Kubernetes objects.
//!
//! All merges call [`merge_by`]. [`Rules`] decides the treatment of `null`, lists and directives.

use std::collections::HashMap;

use super::unions::{excluded_by_type, union};
use crate::yaml::{Data, Node};

/// Lists whose entries have an identity, with the fields of the identity (`patchMergeKey` and
/// `x-kubernetes-list-map-keys` in Kubernetes' API types). Kubernetes has no such key for the claims of a StatefulSet,
/// but each claim has a name.
const MERGE_KEYS: [(&str, &[&str]); 12] = [
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
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

/// The directive of a strategic merge patch.
pub const DIRECTIVE: &str = "$patch";

/// The fields that identify an entry of a list.
pub fn merge_keys(field: &str) -> Option<&'static [&'static str]> {
    MERGE_KEYS.iter().find(|(name, _)| *name == field).map(|(_, keys)| *keys)
}

/// The identity of an entry in its list; `None` if the entry has no identity.
pub fn identity(entry: &Node<'_>, keys: &[&str]) -> Option<String> {
    entry.as_map()?;
    let mut name = String::new();
    let mut known = false;
    for key in keys {
        let value = entry.get(key);
        // A claim is identified by the name in its metadata.
        let value = if *key == "metadata" { value.and_then(|metadata| metadata.get("name")) } else { value };
        let text = match value.and_then(Node::as_text) {
            // The API server sets a missing protocol to TCP.
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

/// The identity of an entry in its list; empty if the entry has no identity.
pub fn entry_name(field: &str, entry: &Node<'_>) -> String {
    merge_keys(field).and_then(|keys| identity(entry, keys)).unwrap_or_default()
}

/// The treatment of `null`, lists and directives in a merge. Each rule merges mappings field by field, and each other
/// value replaces the value before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// Layers of the config: `null` removes a field, lists are replaced.
    Layer,
    /// Parts of an object that are merged into the object later: `null` and directives are values, lists with merge keys
    /// are merged by their entries.
    Part,
    /// A strategic merge patch
    /// (<https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/>): `null` and
    /// `$patch: delete` remove, lists with merge keys are merged by their entries.
    Patch,
}

impl Rules {
    fn directive<'n>(self, node: &'n Node<'_>) -> Option<&'n str> {
        if self == Rules::Patch { directive(node) } else { None }
    }

    /// Whether a value removes the value that it is merged over.
    fn removes(self, value: &Node<'_>) -> bool {
        self != Rules::Part && value.is_null() || self.directive(value) == Some("delete")
    }

    fn merges_lists(self) -> bool {
        self != Rules::Layer
    }

    /// The form in which a value is added if there is no value to merge it into.
    fn added(self, mut value: Node<'_>) -> Node<'_> {
        match self {
            Rules::Layer => {
                remove_nulls(&mut value);
                value
            }
            Rules::Part => value,
            Rules::Patch => without_directives(value),
        }
    }
}

/// Merges a layer of the config over another: `null` removes a field, and lists are replaced.
pub fn merge_layer<'t>(base: &mut Node<'t>, over: Node<'t>) {
    merge_by(Rules::Layer, "", base, over);
}

/// Merges a part of an object over another part; both are merged into the object later.
pub fn merge_part<'t>(base: &mut Node<'t>, over: Node<'t>) {
    merge_by(Rules::Part, "", base, over);
}

/// Merges a part of an object, which is the value of `field`, over the object, as kubectl's strategic merge does.
pub fn merge<'t>(field: &str, base: &mut Node<'t>, over: Node<'t>) {
    merge_by(Rules::Patch, field, base, over);
}

/// The members of a union that another member in `over` replaces.
fn replaced<'p>(union: &'static [&'static str], over: &'p [(Node<'_>, Node<'_>)]) -> impl Iterator<Item = &'static str> + 'p {
    let has = |name: &str| over.iter().any(|(key, value)| key.as_text() == Some(name) && !value.is_null());
    let has_any = union.iter().any(|name| has(name));
    union.iter().copied().filter(move |name| has_any && !has(name))
}

/// The field that the `type` in `over` excludes, if `over` does not set it.
fn excluded(over: &[(Node<'_>, Node<'_>)]) -> Option<(&'static str, Option<&'static str>)> {
    let get = |name: &str| over.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value);
    excluded_by_type(get("type")?.as_text()?).filter(|(name, _)| get(name).is_none())
}

fn merge_by<'t>(rules: Rules, field: &str, base: &mut Node<'t>, over: Node<'t>) {
    let is_replaced = rules.directive(&over) == Some("replace");
    let Node { mark, tag, data: over } = over;
    match (&mut base.data, over) {
        (Data::Map(known), Data::Map(pairs)) if !is_replaced => {
            let mut merged = Merged::of(std::mem::take(known), |(key, _)| key.as_text().unwrap_or_default().to_owned());
            if rules.merges_lists() {
                replaced(union(field), &pairs).for_each(|name| merged.remove(name));
                if let Some((name, value)) = excluded(&pairs)
                    && value.is_none_or(|value| merged.get(name).is_some_and(|(_, known)| known.as_text() == Some(value)))
                {
                    merged.remove(name);
                }
            }
            for (key, value) in pairs {
                let name = key.as_text().unwrap_or_default().to_owned();
                if rules == Rules::Patch && name == DIRECTIVE {
                    continue;
                }
                if rules.removes(&value) {
                    merged.remove(&name);
                } else if let Some((_, known)) = merged.get(&name) {
                    merge_by(rules, &name, known, value);
                } else {
                    merged.push(name, (key, rules.added(value)));
                }
            }
            *known = merged.into_entries();
        }
        (Data::List(known), Data::List(entries)) if rules.merges_lists() && merge_keys(field).is_some() => {
            if entries.iter().any(|entry| rules.directive(entry) == Some("replace")) {
                known.clear();
            }
            let mut merged = Merged::of(std::mem::take(known), |entry| entry_name(field, entry));
            for entry in entries {
                let name = entry_name(field, &entry);
                match rules.directive(&entry) {
                    Some("delete") => merged.remove(&name),
                    Some("replace") => {}
                    _ => match merged.get(&name).filter(|_| rules == Rules::Patch || !name.is_empty()) {
                        Some(known) => merge_by(rules, field, known, entry),
                        None => merged.push(name, rules.added(entry)),
                    },
                }
            }
            *known = merged.into_entries();
        }
        (data, over) => {
            *data = rules.added(over.into()).data;
            if rules == Rules::Layer {
                (base.mark, base.tag) = (mark, tag);
            }
        }
    }
}

/// The directive of a strategic merge patch in a mapping.
pub fn directive<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    node.get(DIRECTIVE)?.as_text()
}

/// The entries of a mapping or list, with an index by name. If two entries have the same name, the index has the first
/// entry.
struct Merged<E> {
    /// `None` for an entry that was removed.
    entries: Vec<Option<E>>,
    places: HashMap<String, usize>,
}

impl<E> Merged<E> {
    fn of(entries: Vec<E>, name: impl Fn(&E) -> String) -> Self {
        let mut places = HashMap::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            places.entry(name(entry)).or_insert(place);
        }
        Self { entries: entries.into_iter().map(Some).collect(), places }
    }

    fn get(&mut self, name: &str) -> Option<&mut E> {
        self.places.get(name).and_then(|&place| self.entries[place].as_mut())
    }

    fn remove(&mut self, name: &str) {
        if let Some(place) = self.places.remove(name) {
            self.entries[place] = None;
        }
    }

    fn push(&mut self, name: String, entry: E) {
        self.places.insert(name, self.entries.len());
        self.entries.push(Some(entry));
    }

    fn into_entries(self) -> Vec<E> {
        self.entries.into_iter().flatten().collect()
    }
}

/// Removes fields that are `null`, which an API server treats as missing.
pub fn remove_nulls(node: &mut Node<'_>) {
    match &mut node.data {
        Data::Map(pairs) => {
            pairs.retain(|(_, value)| !value.is_null());
            for (_, value) in pairs {
                remove_nulls(value);
            }
        }
        Data::List(entries) => entries.iter_mut().for_each(remove_nulls),
        Data::Scalar(_) => {}
    }
}

/// A part of an object without `null`, without directives and without the values that a directive deletes.
fn without_directives(mut node: Node<'_>) -> Node<'_> {
    node.take(DIRECTIVE);
    let is_deleted = |value: &Node<'_>| directive(value) == Some("delete");
    match &mut node.data {
        Data::Map(pairs) => pairs.retain(|(_, value)| !value.is_null() && !is_deleted(value)),
        Data::List(entries) => entries.retain(|entry| !is_deleted(entry) && !is_only_directive(entry)),
        Data::Scalar(_) => {}
    }
    change_values(&mut node, without_directives);
    node
}

fn is_only_directive(entry: &Node<'_>) -> bool {
    let fields = entry.as_map().unwrap_or_default().iter().filter(|(_, value)| !value.is_null());
    fields.count() == 1 && directive(entry).is_some()
}

/// Replaces each value of a mapping, or each entry of a list.
fn change_values<'t>(node: &mut Node<'t>, change: impl Fn(Node<'t>) -> Node<'t>) {
    let replace = |value: &mut Node<'t>| {
        let old = std::mem::replace(value, Data::List(Vec::new()).into());
        *value = change(old);
    };
    match &mut node.data {
        Data::Map(pairs) => pairs.iter_mut().for_each(|(_, value)| replace(value)),
        Data::List(entries) => entries.iter_mut().for_each(replace),
        Data::Scalar(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{kubernetes_value, read};
    use serde_json::{Value, json};

    fn node(text: &str) -> Node<'_> {
        read(text).ok().and_then(|document| document.root).unwrap_or_else(|| "".into())
    }

    fn merged(base: &str, over: &str) -> Value {
        let mut base = node(base);
        merge("", &mut base, node(over));
        kubernetes_value(&base)
    }

    #[test]
    fn a_field_replaces_those_that_it_excludes() {
        let base = "{livenessProbe: {grpc: {port: 1}, periodSeconds: 5}, env: [{name: A, valueFrom: {fieldRef: {}}}]}";
        let over = "{livenessProbe: {exec: {command: [x]}}, env: [{name: A, value: x}]}";
        let expected = json!({"livenessProbe": {"periodSeconds": 5, "exec": {"command": ["x"]}}, "env": [{"name": "A", "value": "x"}]});
        assert_eq!(merged(base, over), expected);
    }

    #[test]
    fn a_type_replaces_what_it_excludes() {
        let service = "{spec: {type: ClusterIP, clusterIP: None}}";
        assert_eq!(merged(service, "{spec: {type: NodePort}}"), json!({"spec": {"type": "NodePort"}}));
        assert_eq!(merged(service, "{spec: {type: ClusterIP}}"), json!({"spec": {"type": "ClusterIP", "clusterIP": "None"}}));
        let address = merged("{spec: {clusterIP: 10.0.0.1}}", "{spec: {type: NodePort}}");
        assert_eq!(address, json!({"spec": {"clusterIP": "10.0.0.1", "type": "NodePort"}}));
        let strategy = "{strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}}";
        assert_eq!(merged(strategy, "{strategy: {type: Recreate}}"), json!({"strategy": {"type": "Recreate"}}));
    }

    #[test]
    fn entries_are_merged_by_their_keys() {
        let base = "{containers: [{name: a, image: x, env: [{name: A, value: '1'}]}, {name: b}]}";
        assert_eq!(
            merged(base, "{containers: [{name: s, image: z}, {name: a, env: [{name: B, value: '2'}]}]}"),
            json!({"containers": [
                {"name": "a", "image": "x", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}, {"name": "b"}, {"name": "s", "image": "z"}
            ]})
        );
        assert_eq!(merged("{args: [a, b], x: {y: 1}}", "{args: [c], x: {y: null, z: 2}}"), json!({"args": ["c"], "x": {"z": 2}}));
    }

    #[test]
    fn patch_directives_are_applied() {
        let base = "{containers: [{name: a, image: x}, {name: b}], m: {k: 1, l: 2}}";
        assert_eq!(
            merged(base, "{containers: [{name: b, $patch: delete}], m: {$patch: delete}}"),
            json!({"containers": [{"name": "a", "image": "x"}]})
        );
        assert_eq!(
            merged(base, "{containers: [{$patch: replace}, {name: c}], m: {$patch: replace, p: 3}}"),
            json!({"containers": [{"name": "c"}], "m": {"p": 3}})
        );
        assert_eq!(merged("{}", "{m: {$patch: merge, p: 3}, d: {$patch: delete}}"), json!({"m": {"p": 3}}));
        assert_eq!(merged("{}", "{containers: [{name: x, $patch: delete}, {name: z}]}"), json!({"containers": [{"name": "z"}]}));
    }

    #[test]
    fn layers_merge_mappings_and_replace_lists() {
        let merged = |base: &str, over: &str| {
            let mut base = node(base);
            merge_layer(&mut base, node(over));
            kubernetes_value(&base)
        };
        assert_eq!(merged("{a: {b: 1, c: 2}, l: [1]}", "{a: {b: null, d: 3}, l: [2]}"), json!({"a": {"c": 2, "d": 3}, "l": [2]}));
        assert_eq!(merged("{a: 1}", "{a: {x: 1, z: null}, l: {m: {k: null}}}"), json!({"a": {"x": 1}, "l": {"m": {}}}));
        assert_eq!(merged("{a: 1}", "{a: null}"), json!({}));
    }

    #[test]
    fn parts_keep_nulls_and_directives() {
        let mut base = node("{containers: [{name: a, image: x}]}");
        merge_part(&mut base, node("{containers: [{name: a, image: null}, {name: b, $patch: delete}]}"));
        let expected = json!({"containers": [{"name": "a", "image": null}, {"name": "b", "$patch": "delete"}]});
        assert_eq!(kubernetes_value(&base), expected);
    }
}
