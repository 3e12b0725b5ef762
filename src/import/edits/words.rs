//! What the user changed, and where it is in the JinaFlow, in words.

use super::edit::{Edit, Identity};
use crate::finding::{HIDDEN, names_a_secret, shortened, shows_a_secret, without_secrets};
use crate::yaml::{Data, Node};

/// One line for objects with the same changes: `Deployment encoder: replicas 1 → 6 (executors.encoder.replicas)`.
pub fn lines<'e>(edits: impl Iterator<Item = (&'e Edit, Option<&'e str>)>) -> Vec<String> {
    let mut objects: Vec<(&Identity, Vec<String>)> = Vec::new();
    for (edit, place) in edits {
        let words = words(edit, place);
        match objects.iter_mut().find(|(object, _)| *object == &edit.object) {
            Some((_, changes)) => changes.push(words),
            None => objects.push((&edit.object, vec![words])),
        }
    }
    let mut lines: Vec<(String, String)> = Vec::new();
    for ((kind, name), changes) in objects {
        let changes = changes.join("; ");
        match lines.iter_mut().find(|(_, known)| *known == changes) {
            Some((objects, _)) => objects.push_str(&format!(", {kind} {name}")),
            None => lines.push((format!("{kind} {name}"), changes)),
        }
    }
    lines.into_iter().map(|(objects, changes)| format!("{objects}: {changes}")).collect()
}

fn words(edit: &Edit, place: Option<&str>) -> String {
    let full = edit.change.place.to_string();
    let field = full.strip_prefix("spec.template.spec.").or_else(|| full.strip_prefix("spec.")).unwrap_or(&full);
    // An edit has one line.
    let shown = |node: &Node<'_>| shortened(&masked(node, last(edit)).shown()).replace('\n', "\\n");
    let change = match (edit.is_of_object(), &edit.change.old, &edit.change.new) {
        (true, None, _) => "added".to_owned(),
        (true, ..) => "removed".to_owned(),
        (false, Some(old), Some(new)) if shown(old) == shown(new) => format!("{field} changed"),
        (false, Some(old), Some(new)) => format!("{field} {} → {}", shown(old), shown(new)),
        (false, None, Some(new)) => format!("{field} added, {}", shown(new)),
        (false, ..) => format!("{field} removed"),
    };
    match place {
        Some(place) => format!("{change} ({place})"),
        None => format!("{change} (not in the JinaFlow)"),
    }
}

/// The name of the innermost field or entry.
fn last(edit: &Edit) -> &str {
    use super::place::Step::{Entry, Field, Flag, Order};
    let names = edit.change.place.0.iter().rev().filter(|step| !matches!(step, Field(name) if name == "value"));
    names
        .map(|step| match step {
            Field(name) | Entry(name) | Flag(name) => name.as_str(),
            Order => "",
        })
        .next()
        .unwrap_or_default()
}

/// A value of the field or the variable `name` without secrets.
fn masked(node: &Node<'_>, name: &str) -> Node<'static> {
    let hidden = || Node::from(HIDDEN);
    match &node.data {
        Data::Map(pairs) => {
            let variable = node.get("name").and_then(Node::as_text).unwrap_or_default();
            let masked = |key: &Node<'static>, value: &Node<'_>| {
                let field = key.as_text().unwrap_or_default();
                masked(value, if field == "value" { variable } else { field })
            };
            let pairs = pairs.iter().map(|(key, value)| (key.clone().into_owned(), value));
            Data::Map(pairs.map(|(key, value)| (masked(&key, value), key)).map(|(value, key)| (key, value)).collect()).into()
        }
        Data::List(words) => {
            let is_command = words.iter().any(|word| word.as_text().is_some_and(|word| word.starts_with('-') && shows_a_secret(word)));
            if is_command { hidden() } else { words.iter().map(|word| masked(word, name)).collect::<Vec<_>>().into() }
        }
        Data::Scalar(scalar) => {
            let is_structured = scalar.text.contains([' ', '"', '=', '{', '\n']);
            if names_a_secret(name) || is_structured && shows_a_secret(&scalar.text) {
                return hidden();
            }
            without_secrets(&scalar.text).into_owned().into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read;

    #[test]
    fn secrets_are_hidden_and_names_of_secrets_are_not() {
        let shown = |text, name| {
            let node = read(text).ok().and_then(|document| document.root);
            node.map(|node| masked(&node, name).shown()).unwrap_or_default()
        };
        assert_eq!(shown("{name: DB_PASSWORD, value: hunter2}", ""), format!("{{name: DB_PASSWORD, value: {HIDDEN}}}"));
        assert_eq!(shown("{name: v, secret: {secretName: db-secret}}", ""), "{name: v, secret: {secretName: db-secret}}");
        assert_eq!(shown("{topologyKey: zone}", ""), "{topologyKey: zone}");
        assert_eq!(shown("hunter2", "API_TOKEN"), HIDDEN);
        assert_eq!(shown("[--api-token, hunter2]", "args"), HIDDEN);
        assert_eq!(shown("'{\"token\": \"hunter2\"}'", "value"), HIDDEN);
        assert_eq!(shown("https://me:hunter2@x", "value"), "https://me:*******@x");
    }
}
