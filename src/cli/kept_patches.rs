//! Patches of kustomize for what a JinaFlow does not reproduce of an export.

use crate::import::{Proof, is_same};
use crate::yaml::{self, Data, Node};

/// Entries of the field `patches`, as YAML. `objects` are those of the export.
pub fn text(proof: &Proof, objects: &[Node<'_>]) -> String {
    let mut out = String::new();
    for object in &proof.missing {
        let identity =
            ["apiVersion", "kind", "metadata"].into_iter().filter_map(|field| Some((Node::field(field), object.get(field)?.clone())));
        let mut pairs = vec![(Node::field("$patch"), Node::plain("delete"))];
        pairs.extend(identity);
        add(object, &Data::Map(pairs).into(), &mut out);
    }
    for difference in &proof.different {
        let Some(object) = objects.get(difference.object) else { continue };
        let operations = operations(&difference.base, object);
        add(object, &operations.into(), &mut out);
    }
    out
}

/// Adds a patch of an object.
fn add(object: &Node<'_>, patch: &Node<'_>, out: &mut String) {
    let target = [("kind", object.text_at("kind")), ("name", object.text_at("metadata.name"))];
    let target = Data::Map(target.into_iter().map(|(field, value)| (Node::field(field), value.into())).collect());
    let mut text = String::new();
    yaml::write(patch, &mut text);
    let entry = vec![(Node::field("target"), target.into()), (Node::field("patch"), text.into())];
    yaml::write_entry(&Data::Map(entry).into(), 0, out);
    if !out.ends_with('\n') {
        out.push('\n');
    }
}

/// JSON patches that make an object of its base (RFC 6902).
fn operations<'o>(base: &Node<'o>, object: &Node<'o>) -> Vec<Node<'o>> {
    let mut operations = Vec::new();
    changes(base, object, "", &mut operations);
    operations
}

fn changes<'o>(base: &Node<'o>, object: &Node<'o>, path: &str, operations: &mut Vec<Node<'o>>) {
    if is_same(base, object) {
        return;
    }
    match (&base.data, &object.data) {
        (Data::Map(_), Data::Map(pairs)) => {
            for (key, value) in pairs {
                let name = key.as_text().unwrap_or_default();
                let below = step(path, name);
                match base.get(name) {
                    Some(known) => changes(known, value, &below, operations),
                    // A render sets an annotation of its own, which must stay.
                    None if below == "/metadata/annotations" => changes(&Data::Map(Vec::new()).into(), value, &below, operations),
                    None => operations.push(operation("add", below, Some(value.clone()))),
                }
            }
            let removed = base.as_map().unwrap_or_default().iter().filter_map(|(key, _)| key.as_text());
            for name in removed.filter(|name| object.get(name).is_none()) {
                operations.push(operation("remove", step(path, name), None));
            }
        }
        (Data::List(known), Data::List(entries)) if known.len() == entries.len() => {
            for (index, (known, entry)) in known.iter().zip(entries).enumerate() {
                changes(known, entry, &format!("{path}/{index}"), operations);
            }
        }
        _ => operations.push(operation("replace", path.to_owned(), Some(object.clone()))),
    }
}

/// The path of a field as a JSON pointer (RFC 6901).
fn step(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn operation<'o>(op: &'static str, path: String, value: Option<Node<'o>>) -> Node<'o> {
    let mut fields = vec![(Node::field("op"), Node::plain(op)), (Node::field("path"), path.into())];
    fields.extend(value.map(|value| (Node::field("value"), value)));
    Data::Map(fields).into()
}
