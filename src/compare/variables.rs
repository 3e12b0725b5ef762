//! The environment variables of containers, compared by their values: a ConfigMap with a new hash in its name is no difference
//! by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::line::{Line, Topic, lines};
use super::renames::{Renames, without_hash};
use super::values::Value;
use crate::check::{Cluster, SeenContainer};
use crate::facts::Place;
use crate::yaml::View;

/// The variables of a container. The value of a variable that only the cluster knows is shown by its source.
fn values(place: Place<'_, '_>, container: View<'_>) -> BTreeMap<String, Value> {
    let (cluster, namespace) = (place.cluster, place.object.namespace());
    let mut values = BTreeMap::new();
    // Of several sources with one key, the last one counts. So a source that comes again need not be read again.
    let mut seen = BTreeSet::new();
    for source in container.list_at("envFrom").iter().rev() {
        let prefix = source.text_at("prefix");
        let (kind, name) = match source.text_at("configMapRef.name") {
            "" => ("Secret", source.text_at("secretRef.name")),
            name => ("ConfigMap", name),
        };
        if !seen.insert((prefix, kind, name)) {
            continue;
        }
        match cluster.data(kind, namespace, name) {
            Some(data) => {
                for key in data.keys() {
                    values.entry(format!("{prefix}{key}")).or_insert_with(|| of_key(cluster, namespace, kind, name, key));
                }
            }
            None => drop(values.entry(format!("{prefix}* of {kind}")).or_insert_with(|| Value::plain(name))),
        }
    }
    for entry in container.list_at("env").iter() {
        let value = match entry.get("valueFrom") {
            None => Value::plain(entry.text_at("value")),
            Some(from) => match (from.get("configMapKeyRef"), from.get("secretKeyRef")) {
                (Some(from), _) => of_key(cluster, namespace, "ConfigMap", from.text_at("name"), from.text_at("key")),
                (_, Some(from)) => of_key(cluster, namespace, "Secret", from.text_at("name"), from.text_at("key")),
                // Without the version and the divisor, which the API server fills in.
                _ => match (from.text_at("fieldRef.fieldPath"), from.text_at("resourceFieldRef.divisor")) {
                    ("", "" | "0") => Value::plain(from.text_at("resourceFieldRef.resource")),
                    ("", _) => Value::plain(from.shown()),
                    (path, _) => Value::plain(path),
                },
            },
        };
        values.insert(entry.text_at("name").to_owned(), value);
    }
    values
}

/// The value of a key. Content of a Secret is not shown, but compared.
pub fn of_key(cluster: &Cluster<'_>, namespace: &str, kind: &str, name: &str, key: &str) -> Value {
    let data = cluster.data(kind, namespace, name);
    let content = data.as_ref().and_then(|data| data.get(key)?.as_text());
    match (kind, content) {
        ("ConfigMap", Some(content)) => Value::plain(content),
        (_, content) => {
            let name = if content.is_some() { without_hash(name) } else { name };
            Value { shown: format!("{kind} {name}, key {key}"), hidden: content.map(str::to_owned) }
        }
    }
}

/// The differences between the variables of two containers.
pub fn differences(
    (old, before): (Place<'_, '_>, &SeenContainer<'_>),
    (new, after): (Place<'_, '_>, &SeenContainer<'_>),
    renames: &Renames,
) -> Vec<Line> {
    lines(Topic::Variable, &values(old, before.view), &values(new, after.view), renames)
}
