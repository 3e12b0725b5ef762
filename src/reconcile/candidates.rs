//! Which of the items that say they are one object it is. The annotation is copied together with an object, and typed by
//! people: on its own it proves nothing.

use super::leaves::{Grain, Place, short, value};
use super::memory::{Memory, RENDERED};
use super::ownership::{OBJECT, Owner};
use crate::finding::Finding;
use crate::krm::ObjectRef;
use crate::krm::meta::Meta;
use crate::yaml::Node;

/// An item of the list that says it was generated.
#[derive(Debug, Clone)]
pub struct Generated<'n> {
    /// Its place in the list.
    pub index: usize,
    /// Who it is.
    pub meta: Meta,
    /// What it holds.
    pub node: Node<'n>,
}

impl Generated<'_> {
    /// What was rendered last; `None` when it says nothing that we wrote.
    pub fn memory(&self) -> Option<Memory> {
        self.meta.annotation(RENDERED).and_then(Memory::parse)
    }

    /// What it says it is.
    pub fn owner(&self) -> Option<Owner> {
        Owner::parse(self.meta.annotation(OBJECT)?)
    }

    /// Whether it still has the name that it was rendered with.
    pub fn has_its_name(&self) -> bool {
        let place = Place::ROOT.part(Grain::Fields, "metadata").part(Grain::Fields, "name");
        self.memory().is_some_and(|memory| memory.value(place) == Some(short(value(&Node::from(self.meta.name.as_str())))))
    }
}

/// Whether what the caller gets is sent again, so that generated items carry what was rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// An item without it was not written by us, or somebody has removed it.
    Files,
    /// Nobody remembers anything.
    Nothing,
}

/// The kind of an object in the role of an owner: `Service.1` is a Service.
pub fn kind_of(role: &str) -> &str {
    role.split('.').next().unwrap_or(role)
}

/// What is to be said of candidates, by their place among them.
type Said = Vec<(usize, Finding)>;

/// The candidates of the right kind, that we wrote, by their place. One that is called as the object is called now may
/// have lost its memory.
fn fit(candidates: &[Generated<'_>], role: &str, wanted: Option<&ObjectRef<'_>>, keeping: Keeping) -> (Vec<usize>, Said) {
    let kind = kind_of(role);
    let (mut fit, mut said) = (Vec::new(), Vec::new());
    for (place, candidate) in candidates.iter().enumerate() {
        let is_wanted = wanted.is_some_and(|wanted| wanted.is_named_as(&ObjectRef::of(&candidate.node)));
        if candidate.meta.kind != kind {
            said.push((place, of_another_kind(candidate, kind)));
        } else if keeping == Keeping::Files && !is_wanted && candidate.memory().is_none() {
            said.push((place, without_memory(candidate)));
        } else {
            fit.push(place);
        }
    }
    (fit, said)
}

/// The one that still has the name that it was rendered with, when it is one.
fn original(candidates: &[Generated<'_>], fit: &[usize]) -> Option<usize> {
    let mut originals = fit.iter().copied().filter(|place| candidates[*place].has_its_name());
    originals.next().filter(|_| originals.next().is_none())
}

/// The candidate that the object is which is called `wanted` now. Candidates are in the order of the list.
pub fn find(candidates: &[Generated<'_>], role: &str, wanted: &ObjectRef<'_>, keeping: Keeping) -> (Option<usize>, Said) {
    let (fit, mut said) = fit(candidates, role, Some(wanted), keeping);
    let named = fit.iter().copied().find(|place| wanted.is_named_as(&ObjectRef::of(&candidates[*place].node)));
    let chosen = named.or_else(|| original(candidates, &fit)).or(fit.first().copied());
    if let Some(chosen) = chosen {
        let others = fit.into_iter().filter(|place| *place != chosen);
        said.extend(others.map(|place| (place, a_copy(&candidates[place]))));
    }
    (chosen, said)
}

/// The candidate that an object was which does not exist any more, and that another one succeeds.
pub fn find_former(candidates: &[Generated<'_>], role: &str, keeping: Keeping) -> Option<usize> {
    match fit(candidates, role, None, keeping).0.as_slice() {
        [one] => Some(*one),
        several => original(candidates, several),
    }
}

/// The candidates that are removed with an object that does not exist any more: those with the name that it was rendered
/// with. `may_be_renamed` is whether something renames all objects of the Flow after it is rendered; else another name is
/// that of somebody's copy.
pub fn departed(candidates: &[Generated<'_>], role: &str, keeping: Keeping, may_be_renamed: bool) -> (Vec<usize>, Said) {
    let (mut fit, mut said) = fit(candidates, role, None, keeping);
    if keeping == Keeping::Files && !(may_be_renamed && fit.len() == 1) {
        fit.retain(|place| {
            let has_its_name = candidates[*place].has_its_name();
            if !has_its_name {
                said.push((*place, renamed(&candidates[*place])));
            }
            has_its_name
        });
    }
    (fit, said)
}

const ADVICE: &str = "remove the annotations flow.jina.ai/object and flow.jina.ai/rendered if it is yours";

fn annotation() -> String {
    format!("metadata.annotations[\"{OBJECT}\"]")
}

fn of_another_kind(candidate: &Generated<'_>, kind: &str) -> Finding {
    let message = format!("is the annotation of a {kind}, and this is a {}; the object is left alone", candidate.meta.kind);
    Finding::warning(annotation(), message).got(candidate.meta.annotation(OBJECT).unwrap_or_default()).fix(ADVICE)
}

fn without_memory(candidate: &Generated<'_>) -> Finding {
    let message = format!("stands without {RENDERED}, so that jinaflow did not write this object as it is; it is left alone");
    Finding::warning(annotation(), message).got(candidate.meta.annotation(OBJECT).unwrap_or_default()).fix(ADVICE)
}

fn a_copy(candidate: &Generated<'_>) -> Finding {
    // Which name the other one has may change with this render, and the next one is to say the same.
    let kind = &candidate.meta.kind;
    let message = format!("is also that of another {kind}, which follows the Flow; this object is left alone");
    Finding::warning(annotation(), message).got(candidate.meta.annotation(OBJECT).unwrap_or_default()).fix(ADVICE)
}

fn renamed(candidate: &Generated<'_>) -> Finding {
    let message = "is that of an object which the Flow does not have any more, and which had another name; this object is left alone";
    let advice = "remove this object, or its annotations flow.jina.ai/object and flow.jina.ai/rendered if it is yours";
    Finding::warning(annotation(), message).got(candidate.meta.annotation(OBJECT).unwrap_or_default()).fix(advice)
}
