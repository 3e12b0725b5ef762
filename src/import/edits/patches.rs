//! `patches`: edits that neither a field nor a part of the pod template expresses.

use std::collections::HashMap;

use super::edit::{Edit, Identity, Wanted};
use super::operations::operations;
use super::part::part;
use super::proposal::{Choice, Proposal, path};
use super::rendered::{Rendered, RenderedObject};
use super::side::Key;
use crate::import::tree::single;
use crate::yaml::{Data, Node};

/// The field of `spec`.
const FIELD: &str = "patches";

/// The objects that a patch is for: fields of `target` with their values.
pub type Target = Vec<(&'static str, String)>;

/// Strategic merge patches, each for as many objects as have the edit.
pub fn merges(rendered: &Rendered, edits: &[Edit]) -> Vec<Proposal> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut groups: Vec<(Node<'static>, Vec<&Edit>)> = Vec::new();
    for edit in edits.iter().filter(|edit| edit.component.is_some() && !edit.is_of_object()) {
        let object = rendered.objects.iter().find(|object| edit.is_of(&object.node));
        let Some(part) = object.and_then(|object| part(&edit.change, &object.node)) else { continue };
        let place = *places.entry(serde_json::to_string(&part).unwrap_or_default()).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, edits)) => edits.push(edit),
            None => groups.push((part, vec![edit])),
        }
    }
    let proposal = |(part, edits): &(Node<'static>, Vec<&Edit>)| {
        let single_targets: Vec<(Target, Vec<&Edit>)> = edits.iter().map(|edit| (of_object(&edit.object), vec![*edit])).collect();
        let mut choices: Vec<Choice> = Vec::new();
        if let Some(target) = shared_target(rendered, edits).filter(|_| edits.len() > 1) {
            choices.push(choice(&[(target, edits.clone())], part));
        }
        choices.push(choice(&single_targets, part));
        Proposal { choices }
    };
    groups.iter().map(proposal).collect()
}

/// JSON patches for what is left of each object.
pub fn json_patches(rendered: &Rendered, edits: &[Edit], wanted: &Wanted, config: &Node<'static>) -> Vec<Proposal> {
    let mut objects: Vec<(&Identity, Vec<Key>)> = Vec::new();
    for edit in edits.iter().filter(|edit| edit.component.is_some() && !edit.is_of_object()) {
        let key = (edit.object.clone(), edit.change.place.clone());
        match objects.last_mut() {
            Some((object, keys)) if *object == &edit.object => keys.push(key),
            _ => objects.push((&edit.object, vec![key])),
        }
    }
    let known = config.at("spec.patches");
    let proposal = |(identity, keys): (&Identity, Vec<Key>)| {
        let object = rendered.objects.iter().find(|object| super::edit::identity(&object.node) == *identity)?;
        let operations = operations(&object.node, wanted.get(identity)?);
        let target = of_object(identity);
        // Patches are applied in the order of their names, and this one after those for the same object.
        let own = name(&target);
        let is_before = |other: &str| other == own || other.strip_prefix(&own).is_some_and(|rest| rest.starts_with("-args"));
        let has_others = known.and_then(Node::as_map).unwrap_or_default().iter().any(|(name, _)| name.as_text().is_some_and(is_before));
        let name = if has_others { format!("{own}-json") } else { own };
        let puts = vec![(vec![FIELD.to_owned(), name.clone()], patch(&target, "json", operations.into()))];
        let shown = path(&[FIELD, &name]);
        Some(Proposal { choices: vec![Choice { puts, places: keys.into_iter().map(|key| (key, shown.clone())).collect() }] })
    };
    objects.into_iter().filter_map(proposal).collect()
}

fn choice(targets: &[(Target, Vec<&Edit>)], part: &Node<'static>) -> Choice {
    choice_of_targets(targets, "merge", part, name)
}

/// A patch for each target, with its content in `field`.
pub fn choice_of_targets(
    targets: &[(Target, Vec<&Edit>)],
    field: &'static str,
    content: &Node<'static>,
    name: impl Fn(&Target) -> String,
) -> Choice {
    let mut choice = Choice { puts: Vec::new(), places: Vec::new() };
    for (target, edits) in targets {
        let name = name(target);
        let shown = path(&[FIELD, &name]);
        choice.puts.push((vec![FIELD.to_owned(), name], patch(target, field, content.clone())));
        choice.places.extend(edits.iter().map(|edit| ((edit.object.clone(), edit.change.place.clone()), shown.clone())));
    }
    choice
}

fn patch(target: &Target, field: &'static str, value: Node<'static>) -> Node<'static> {
    let mut patch = single(field, value);
    if !target.is_empty() {
        let fields = target.iter().map(|(name, value)| (Node::field(name), value.clone().into()));
        if let Data::Map(pairs) = &mut patch.data {
            pairs.insert(0, (Node::field("target"), Data::Map(fields.collect()).into()));
        }
    }
    patch
}

/// The target of one object.
pub fn of_object((kind, name): &Identity) -> Target {
    vec![("kind", kind.clone()), ("name", name.clone())]
}

/// The name of a patch. Names of patches for several objects come first, because they are applied first.
pub fn name(target: &Target) -> String {
    let value = |field: &str| target.iter().find(|(name, _)| *name == field).map(|(_, value)| value.to_lowercase());
    match (value("kind"), value("name")) {
        (Some(kind), Some(name)) => format!("{kind}-{name}"),
        (kind, _) => {
            let parts = ["all".to_owned()].into_iter().chain(kind).chain(value("executor")).chain(value("role"));
            parts.collect::<Vec<_>>().join("-")
        }
    }
}

/// A target that matches all objects with the edits and no others.
pub fn shared_target(rendered: &Rendered, edits: &[&Edit]) -> Option<Target> {
    let first = edits.first()?;
    let component = rendered.components.get(first.component?)?;
    let (kind, executor, role) = (first.object.0.clone(), component.executor.clone(), component.role.word().to_owned());
    let targets: [Target; 7] = [
        Vec::new(),
        vec![("kind", kind.clone())],
        vec![("kind", kind.clone()), ("role", role.clone())],
        vec![("executor", executor.clone())],
        vec![("kind", kind.clone()), ("executor", executor.clone())],
        vec![("executor", executor.clone()), ("role", role.clone())],
        vec![("kind", kind), ("executor", executor), ("role", role)],
    ];
    let is_target = |target: &Target, object: &RenderedObject| {
        let component = rendered.components.get(object.component);
        target.iter().all(|(field, value)| match *field {
            "kind" => object.node.text_at("kind") == value,
            "role" => component.is_some_and(|component| component.role.word() == value),
            _ => component.is_some_and(|component| component.executor == *value),
        })
    };
    let is_exact = |target: &Target| {
        let all: Vec<&RenderedObject> = rendered.objects.iter().filter(|object| is_target(target, object)).collect();
        all.len() == edits.len() && all.iter().all(|object| edits.iter().any(|edit| edit.is_of(&object.node)))
    };
    targets.into_iter().find(is_exact)
}
