//! Parts of Kubernetes objects and merging them as a strategic merge patch does: lists whose entries are known by some of
//! their fields, and the directives of such a patch
//! (<https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/>).

use std::collections::HashMap;

use crate::finding::{Finding, Findings, Path};
use crate::yaml::{Data, Node};

use super::layers::without_nulls;

/// Lists whose entries are known by some of their fields (`patchMergeKey` and `x-kubernetes-list-map-keys` in
/// Kubernetes' API types; claims of a StatefulSet have none there, but have names).
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

/// The directive of a strategic merge patch, and its words.
const DIRECTIVE: &str = "$patch";
const DIRECTIVES: [&str; 3] = ["delete", "replace", "merge"];

/// The fields by which the entries of a list are known.
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
pub fn entry_name(field: &str, entry: &Node<'_>) -> String {
    merge_keys(field).and_then(|keys| identity(entry, keys)).unwrap_or_default()
}

/// Checks a part of an object before it is merged: directives that nobody follows, and entries that no list would find.
pub fn check(part: &Node<'_>, path: &Path<'_>, findings: &mut Findings) {
    if directive(part) == Some("delete") {
        let finding = Finding::error(path.key(DIRECTIVE), "would delete all of it, which a part cannot").got("delete").at(part.mark);
        let mend =
            "remove it; what the Flow adds has a field that turns it off, such as `pdb: {enabled: false}`, and an overlay can delete";
        findings.push(finding.fix(mend));
    }
    check_fields(part, path, findings);
}

fn check_fields(part: &Node<'_>, path: &Path<'_>, findings: &mut Findings) {
    match &part.data {
        Data::Map(pairs) => {
            for (key, value) in pairs {
                let name = key.shown();
                let path = path.key(&name);
                if name.starts_with('$') {
                    findings.extend(wrong_directive(&name, value, &path));
                    continue;
                }
                if let (Some(keys), Some(entries)) = (merge_keys(&name), value.as_list()) {
                    for (index, entry) in entries.iter().enumerate() {
                        let is_directive = directive(entry) == Some("replace");
                        if !is_directive && identity(entry, keys).is_none() {
                            let by = if keys[0] == "metadata" { "metadata.name" } else { keys[0] };
                            let finding =
                                Finding::error(path.index(index), format!("has no `{by}`, by which entries of `{name}` are merged"));
                            findings.push(finding.got(entry.shown()).fix(format!("add `{by}`")).at(entry.mark));
                        }
                    }
                }
                check_fields(value, &path, findings);
            }
        }
        Data::List(entries) => entries.iter().enumerate().for_each(|(index, entry)| check_fields(entry, &path.index(index), findings)),
        Data::Scalar(_) => {}
    }
}

fn wrong_directive(name: &str, value: &Node<'_>, path: &Path<'_>) -> Option<Finding> {
    if name != DIRECTIVE {
        let finding = Finding::error(path, "is a directive that is not followed here").at(value.mark);
        return Some(finding.fix("use `$patch: delete` or `$patch: replace`, or `json` operations"));
    }
    let word = value.shown();
    let finding = Finding::error(path, "is not a directive").at(value.mark);
    (!DIRECTIVES.contains(&word.as_str())).then(|| finding.suggest(&word, DIRECTIVES.into_iter()).got(word))
}

fn directive<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    node.get(DIRECTIVE)?.as_text()
}

fn without_directive(mut node: Node<'_>) -> Node<'_> {
    node.take(DIRECTIVE);
    without_nulls(node)
}

/// Merges a part of an object over the object, as kubectl's strategic merge does: mappings by their fields, lists with a
/// merge key by their entries, `null` and `$patch: delete` remove, everything else replaces.
pub fn merge<'t>(field: &str, base: &mut Node<'t>, over: Node<'t>) {
    let is_replaced = directive(&over) == Some("replace");
    match (&mut base.data, over.data) {
        (Data::Map(known), Data::Map(pairs)) if !is_replaced => {
            let mut merged = Merged::of(std::mem::take(known), |(key, _)| key.as_text().unwrap_or_default().to_owned());
            for (key, value) in pairs {
                let name = key.as_text().unwrap_or_default().to_owned();
                if name == DIRECTIVE {
                    continue;
                }
                if value.is_null() || directive(&value) == Some("delete") {
                    merged.remove(&name);
                } else if let Some((_, known)) = merged.get(&name) {
                    merge(&name, known, value);
                } else {
                    merged.push(name, (key, without_directives(value)));
                }
            }
            *known = merged.into_entries();
        }
        (Data::List(known), Data::List(entries)) if merge_keys(field).is_some() => {
            if entries.iter().any(|entry| directive(entry) == Some("replace")) {
                known.clear();
            }
            let mut merged = Merged::of(std::mem::take(known), |entry| entry_name(field, entry));
            for entry in entries {
                let name = entry_name(field, &entry);
                match directive(&entry) {
                    Some("delete") => merged.remove(&name),
                    Some("replace") => {}
                    _ => match merged.get(&name) {
                        Some(known) => merge("", known, entry),
                        None => merged.push(name, without_directives(entry)),
                    },
                }
            }
            *known = merged.into_entries();
        }
        (data, over) => *data = without_directives(over.into()).data,
    }
}

/// Entries that are found by their names: of two with one name the first.
struct Merged<E> {
    /// `None` in the place of one that was removed.
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

/// A part where there is nothing to merge it into.
fn without_directives(node: Node<'_>) -> Node<'_> {
    let mut node = without_directive(node);
    match &mut node.data {
        Data::Map(pairs) => {
            pairs.retain(|(_, value)| directive(value) != Some("delete"));
            for (_, value) in pairs {
                let inner = std::mem::replace(value, Data::List(Vec::new()).into());
                *value = without_directives(inner);
            }
        }
        Data::List(entries) => {
            entries.retain(|entry| !matches!(directive(entry), Some("delete")) && !is_only_directive(entry));
            for entry in entries {
                let inner = std::mem::replace(entry, Data::List(Vec::new()).into());
                *entry = without_directives(inner);
            }
        }
        Data::Scalar(_) => {}
    }
    node
}

fn is_only_directive(entry: &Node<'_>) -> bool {
    entry.as_map().is_some_and(|pairs| pairs.len() == 1) && directive(entry).is_some()
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
    fn directives_are_followed() {
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
    fn parts_that_nobody_could_merge_are_refused() {
        let said = |text: &str| {
            let mut findings = Findings::default();
            check(&node(text), &Path::root("p"), &mut findings);
            findings.iter().map(|finding| format!("{}: {finding}", finding.path)).collect::<Vec<_>>()
        };
        assert_eq!(said("{containers: [{name: a, $patch: delete}, {$patch: replace}], args: [a]}"), Vec::<String>::new());
        assert!(
            said("{containers: [{image: x}]}")[0]
                .starts_with("p.containers[0]: has no `name`, by which entries of `containers` are merged")
        );
        assert!(said("{x: {$patch: remove}}")[0].contains("is not a directive"));
        assert!(said("{$setElementOrder/containers: [a]}")[0].contains("is a directive that is not followed here"));
    }
}
