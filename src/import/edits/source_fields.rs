//! `configMaps` and `secrets`: existing ConfigMaps and Secrets, as variables or as files.

use super::same::is_same;
use super::side::{Find, Key, Side, string};
use crate::yaml::Node;

type Fields = Vec<(Vec<String>, Node<'static>)>;

/// The fields of the source with this name.
fn source(is_secret: bool, name: &str, values: impl IntoIterator<Item = (&'static str, Node<'static>)>) -> Fields {
    let field = if is_secret { "secrets" } else { "configMaps" };
    let path = |below: &str| vec![field.to_owned(), name.to_owned(), below.to_owned()];
    values.into_iter().map(|(below, value)| (path(below), value)).collect()
}

/// The fields whose values all nodes of a mapping are.
fn has_only(node: &Node<'_>, names: &[&str]) -> bool {
    node.as_map().is_some_and(|pairs| pairs.iter().all(|(key, _)| key.as_text().is_some_and(|name| names.contains(&name))))
}

/// Sources of variables. All containers have the same new entries at the end of `envFrom`.
pub fn variables(side: &Side<'_>) -> Vec<Find> {
    let rendered = side.rendered_workload().map(|workload| workload.list_at("spec.template.spec.containers")).unwrap_or_default();
    let known = rendered.first().map(|container| container.list_at("envFrom")).unwrap_or_default();
    let all = |list: &Node<'static>, keys: Vec<Key>| {
        let entries = list.as_list()?;
        let added = entries.get(known.len()..).filter(|added| !added.is_empty())?;
        if !entries.iter().zip(known).all(|(entry, known)| is_same(entry, known)) {
            return None;
        }
        let fields = added.iter().map(variable_source).collect::<Option<Vec<Fields>>>()?;
        Some(Find { fields: fields.concat(), edits: keys })
    };
    side.of_all_containers("envFrom").into_iter().filter_map(|found| all(found.new, found.keys)).collect()
}

/// The fields for an entry of `envFrom`.
fn variable_source(entry: &Node<'static>) -> Option<Fields> {
    let (is_secret, reference) = match (entry.get("secretRef"), entry.get("configMapRef")) {
        (Some(reference), None) => (true, reference),
        (None, Some(reference)) => (false, reference),
        _ => return None,
    };
    if !has_only(entry, &["secretRef", "configMapRef", "prefix"]) || !has_only(reference, &["name", "optional"]) {
        return None;
    }
    let name = string(reference.get("name")?)?;
    let more = [("prefix", entry.get("prefix")), ("optional", reference.get("optional"))];
    let more = more.into_iter().filter_map(|(name, value)| Some((name, value?.clone())));
    Some(source(is_secret, name, std::iter::once(("env", Node::plain("true"))).chain(more)))
}

/// Sources of files: a volume with the name that a render gives it, mounted into all containers.
pub fn files(side: &Side<'_>) -> Vec<Find> {
    let volumes = side.of_pods("volumes.[]");
    let mounts = side.of_all_containers("volumeMounts.[]");
    let one = |name: &str, volume: &Node<'static>, key: Key| {
        let (is_secret, reference, of) = match (volume.get("secret"), volume.get("configMap")) {
            (Some(reference), None) => (true, reference, reference.get("secretName")?),
            (None, Some(reference)) => (false, reference, reference.get("name")?),
            _ => return None,
        };
        let mut mounts = mounts.iter().filter(|mount| mount.new.text_at("name") == name);
        let (mount, None) = (mounts.next()?, mounts.next()) else { return None };
        if !has_only(mount.new, &["name", "mountPath"]) || !has_only(reference, &["secretName", "name", "optional"]) {
            return None;
        }
        let optional = reference.get("optional").map(|value| ("optional", value.clone()));
        let path = ("mountPath", mount.new.get("mountPath")?.clone());
        let edits = std::iter::once(key).chain(mount.keys.iter().cloned()).collect();
        Some(Find { fields: source(is_secret, string(of)?, std::iter::once(path).chain(optional)), edits })
    };
    volumes.into_iter().filter_map(|found| one(found.names.first()?, found.new?, found.key)).collect()
}
