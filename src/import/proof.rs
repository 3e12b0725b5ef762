//! Compares the objects that a JinaFlow renders with those that it has to reproduce.

use std::collections::{HashMap, HashSet};

use crate::config::{self, Overrides};
use crate::finding::{Findings, Path};
use crate::krm::ObjectRef;
use crate::plan::Budget;
use crate::render::Rendering;
use crate::yaml::{Data, Document, Node};

/// The result of a comparison. Objects of the export are given by their places.
#[derive(Debug, Default, Clone)]
pub struct Proof {
    /// The objects that are the same.
    pub same: Vec<usize>,
    /// The objects that differ.
    pub different: Vec<Difference>,
    /// The rendered objects that the export does not have.
    pub missing: Vec<Node<'static>>,
    /// The objects that the Flow does not render.
    pub foreign: Vec<usize>,
}

/// An object that differs.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The place of the object in the export.
    pub object: usize,
    /// The object that the JinaFlow renders.
    pub base: Node<'static>,
    /// The fields that differ.
    pub fields: Vec<String>,
}

impl Proof {
    /// Whether each object is there and the same, and no other object could belong to the Flow.
    pub fn is_complete(&self) -> bool {
        self.is_proved() && self.foreign.is_empty()
    }

    /// Whether each rendered object is there and the same.
    pub fn is_proved(&self) -> bool {
        self.different.is_empty() && self.missing.is_empty()
    }
}

/// Renders a JinaFlow; `None` after an error.
pub fn render(jina_flow: &Node<'_>, findings: &mut Findings) -> Option<Vec<Node<'static>>> {
    let document = Document { root: Some(jina_flow.clone()), duplicates: Vec::new() };
    let config = config::read(&document, &Overrides::default(), findings);
    let rendering = Rendering::of(&config, &Path::root("spec.flow"), &mut Budget::default(), findings)?;
    let objects = rendering.objects().flat_map(|(_, objects)| objects).map(|object| object.node.into_owned());
    Some(objects.collect())
}

/// Compares rendered objects with those of an export.
pub fn compare(rendered: Vec<Node<'static>>, wanted: &[Node<'_>]) -> Proof {
    let mut proof = Proof::default();
    let mut places: HashMap<[String; 2], usize> = HashMap::new();
    let is_elsewhere = elsewhere(wanted, rendered.first().map(|object| object.text_at("metadata.namespace")).unwrap_or_default());
    for (place, object) in wanted.iter().enumerate() {
        if is_elsewhere.get(place) == Some(&true) {
            proof.foreign.push(place);
        } else {
            places.insert(key(object), place);
        }
    }
    for base in rendered {
        let Some(place) = places.remove(&key(&base)) else {
            proof.missing.push(base);
            continue;
        };
        let Some(object) = wanted.get(place) else { continue };
        let mut fields = Vec::new();
        differences(&base, object, String::new(), &mut fields);
        if fields.is_empty() {
            proof.same.push(place);
        } else {
            proof.different.push(Difference { object: place, base, fields });
        }
    }
    proof.foreign.extend(places.into_values());
    proof.foreign.sort_unstable();
    proof
}

/// Whether each object has the kind and the name of another object that is in the namespace of the Flow.
pub fn elsewhere(objects: &[Node<'_>], namespace: &str) -> Vec<bool> {
    let is_here = |object: &Node<'_>| object.text_at("metadata.namespace") == namespace;
    let here: HashSet<[String; 2]> = objects.iter().filter(|object| is_here(object)).map(key).collect();
    objects.iter().map(|object| !is_here(object) && here.contains(&key(object))).collect()
}

/// The identity of an object within a namespace.
pub fn key(object: &Node<'_>) -> [String; 2] {
    let ObjectRef { kind, name, .. } = ObjectRef::of(object);
    [kind.to_owned(), name.to_owned()]
}

/// Adds the fields in which two nodes differ. The order of fields does not matter.
fn differences(base: &Node<'_>, wanted: &Node<'_>, path: String, fields: &mut Vec<String>) {
    match (&base.data, &wanted.data) {
        (Data::Map(one), Data::Map(other)) => {
            let below = |key: &Node<'_>| format!("{path}{}{}", if path.is_empty() { "" } else { "." }, key.shown());
            for (key, value) in one {
                match key.as_text().and_then(|key| wanted.get(key)) {
                    Some(known) => differences(value, known, below(key), fields),
                    None => fields.push(below(key)),
                }
            }
            fields
                .extend(other.iter().filter(|(key, _)| key.as_text().is_none_or(|key| base.get(key).is_none())).map(|(key, _)| below(key)));
        }
        (Data::List(one), Data::List(other)) if one.len() == other.len() => {
            for (index, (one, other)) in one.iter().zip(other).enumerate() {
                differences(one, other, format!("{path}[{index}]"), fields);
            }
        }
        (Data::Scalar(one), Data::Scalar(other)) if one.text == other.text && base.is_null() == wanted.is_null() => {}
        _ => fields.push(path),
    }
}
