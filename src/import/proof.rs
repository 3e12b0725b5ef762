//! Compares the objects that a JinaFlow renders with those that it has to reproduce.

use std::collections::HashMap;

use crate::config::lists::remove_nulls;
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
    for (place, object) in wanted.iter().enumerate().filter(|(place, _)| is_elsewhere.get(*place) != Some(&true)) {
        places.entry(key(object)).or_insert(place);
    }
    let mut is_known = vec![false; wanted.len()];
    for mut base in rendered {
        remove_nulls(&mut base);
        let Some(place) = places.remove(&key(&base)) else {
            proof.missing.push(base);
            continue;
        };
        let (Some(object), Some(known)) = (wanted.get(place), is_known.get_mut(place)) else { continue };
        *known = true;
        let mut fields = Vec::new();
        differences(&base, object, String::new(), &mut fields);
        if fields.is_empty() {
            proof.same.push(place);
        } else {
            proof.different.push(Difference { object: place, base, fields });
        }
    }
    proof.foreign = is_known.iter().enumerate().filter(|(_, is_known)| !**is_known).map(|(place, _)| place).collect();
    proof
}

/// For each object, whether another object with its kind and name is nearer to the namespace of the Flow: in it, or in none.
pub fn elsewhere(objects: &[Node<'_>], namespace: &str) -> Vec<bool> {
    let distance = |object: &Node<'_>| match object.text_at("metadata.namespace") {
        own if own == namespace => 0,
        "" => 1,
        _ => 2,
    };
    let mut nearest: HashMap<[String; 2], u8> = HashMap::new();
    for object in objects {
        let known = nearest.entry(key(object)).or_insert(u8::MAX);
        *known = distance(object).min(*known);
    }
    objects.iter().map(|object| nearest.get(&key(object)).is_some_and(|nearest| *nearest < distance(object))).collect()
}

/// The identity of an object within a namespace. A Service of Knative is another kind than a Service of Kubernetes.
pub fn key(object: &Node<'_>) -> [String; 2] {
    let reference = ObjectRef::of(object);
    let kind = match (reference.kind, reference.group()) {
        ("Service", group) if !group.is_empty() => format!("Service.{group}"),
        (kind, _) => kind.to_owned(),
    };
    [kind, reference.name.to_owned()]
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
