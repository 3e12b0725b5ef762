//! Several items may have the annotation of the same object; this module chooses between them. The annotation alone is no
//! proof: users copy objects together with their annotations, or write annotations by hand.

use super::generated::Generated;
use super::ownership::OBJECT;
use crate::finding::{Code, FieldPath, Finding};
use crate::krm::ObjectRef;

/// Whether the caller stores the answer and sends it again on the next run. Then generated items have a
/// memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// The caller stores the answer. An item without a memory was not written by jinaflow, or a user has removed the record.
    Files,
    /// The caller does not store the answer, so no item has a memory.
    Nothing,
}

/// The kind of an object in a role: `Service.1` is a Service.
fn kind_of(role: &str) -> &str {
    role.split('.').next().unwrap_or(role)
}

/// Findings about candidates, each with the position of its candidate in the list of candidates.
type CandidateFindings = Vec<(usize, Finding)>;

/// Whether a candidate can be an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fitness {
    Fit,
    OtherKind,
    WithoutMemory,
}

/// Judges a candidate for a role. A candidate with the name of the rendered object may be without a memory: a user may have
/// removed the record.
fn fitness(candidate: &Generated<'_>, role: &str, wanted: Option<&ObjectRef<'_>>, keeping: Keeping) -> Fitness {
    let is_wanted = || wanted.is_some_and(|wanted| wanted.is_named_as(&ObjectRef::of(&candidate.node)));
    if candidate.meta.kind != kind_of(role) {
        Fitness::OtherKind
    } else if keeping == Keeping::Files && candidate.memory.is_none() && !is_wanted() {
        Fitness::WithoutMemory
    } else {
        Fitness::Fit
    }
}

/// The positions of the candidates that can be the object, and findings about the other candidates.
fn judge(candidates: &[Generated<'_>], role: &str, wanted: Option<&ObjectRef<'_>>, keeping: Keeping) -> (Vec<usize>, CandidateFindings) {
    let (mut fit, mut findings) = (Vec::new(), Vec::new());
    for (position, candidate) in candidates.iter().enumerate() {
        match fitness(candidate, role, wanted, keeping) {
            Fitness::Fit => fit.push(position),
            Fitness::OtherKind => findings.push((position, other_kind(candidate, kind_of(role)))),
            Fitness::WithoutMemory => findings.push((position, without_memory(candidate))),
        }
    }
    (fit, findings)
}

/// The only candidate that still has the name that it was rendered with.
fn original(candidates: &[Generated<'_>], fit: &[usize]) -> Option<usize> {
    let mut originals = fit.iter().copied().filter(|position| candidates[*position].has_rendered_name());
    originals.next().filter(|_| originals.next().is_none())
}

/// The position of the candidate that is the object `wanted`. Candidates are in the order of the list.
pub fn find(candidates: &[Generated<'_>], role: &str, wanted: &ObjectRef<'_>, keeping: Keeping) -> (Option<usize>, CandidateFindings) {
    let (fit, mut findings) = judge(candidates, role, Some(wanted), keeping);
    let named = fit.iter().copied().find(|position| wanted.is_named_as(&ObjectRef::of(&candidates[*position].node)));
    let chosen = named.or_else(|| original(candidates, &fit)).or(fit.first().copied());
    if let Some(chosen) = chosen {
        let others = fit.into_iter().filter(|position| *position != chosen);
        findings.extend(others.map(|position| (position, a_copy(&candidates[position]))));
    }
    (chosen, findings)
}

/// The position of the candidate that is a former object: the Flow does not render it any more, and another object replaces
/// it.
pub fn find_former(candidates: &[Generated<'_>], role: &str, keeping: Keeping) -> Option<usize> {
    let is_fit =
        |(position, candidate): (usize, &Generated<'_>)| (fitness(candidate, role, None, keeping) == Fitness::Fit).then_some(position);
    let fit: Vec<usize> = candidates.iter().enumerate().filter_map(is_fit).collect();
    match fit.as_slice() {
        [one] => Some(*one),
        several => original(candidates, several),
    }
}

/// The positions of the candidates to remove, if the Flow does not render their object any more. A candidate is removed if
/// it still has the name that it was rendered with; a candidate with another name is a user's copy. `may_be_renamed` is
/// whether another program may rename all objects of the Flow after the render; then a single candidate is removed under any
/// name.
pub fn departed(candidates: &[Generated<'_>], role: &str, keeping: Keeping, may_be_renamed: bool) -> (Vec<usize>, CandidateFindings) {
    let (mut fit, mut findings) = judge(candidates, role, None, keeping);
    if keeping == Keeping::Files && !(may_be_renamed && fit.len() == 1) {
        fit.retain(|position| {
            let has_rendered_name = candidates[*position].has_rendered_name();
            if !has_rendered_name {
                findings.push((*position, renamed(&candidates[*position])));
            }
            has_rendered_name
        });
    }
    (fit, findings)
}

/// Creates a warning about the annotation that names the object.
fn warning(code: Code, candidate: &Generated<'_>, message: String) -> Finding {
    let path = FieldPath::from("metadata.annotations").key(OBJECT);
    code.warning(path, message).got(candidate.meta.annotation(OBJECT).unwrap_or_default())
}

/// The fix for an object that a user has copied.
fn remove_annotations() -> String {
    format!("if the object is yours, remove the annotation `{OBJECT}`")
}

fn other_kind(candidate: &Generated<'_>, kind: &str) -> Finding {
    let message = format!("names a {kind}, but this object is a {}; jinaflow does not change it", candidate.meta.kind);
    warning(Code::ObjectOfAnotherKind, candidate, message).fix(remove_annotations())
}

fn without_memory(candidate: &Generated<'_>) -> Finding {
    let message = "has no record of a render, so jinaflow did not write this object and does not change it".to_owned();
    let fix = format!("if a merge of branches has left the object, remove the object; if it is yours, remove its annotation `{OBJECT}`");
    warning(Code::RenderedRecordMissing, candidate, message).fix(fix)
}

fn a_copy(candidate: &Generated<'_>) -> Finding {
    // The message does not name the other object: its name may change with this render, and the next render must report the
    // same message.
    let kind = &candidate.meta.kind;
    let message = format!("is also the annotation of another {kind}, which follows the Flow; jinaflow does not change this object");
    warning(Code::CopiedObject, candidate, message).fix(remove_annotations())
}

fn renamed(candidate: &Generated<'_>) -> Finding {
    let message = "names an object that the Flow does not have any more and that had another name; jinaflow does not remove this object";
    let fix = format!("remove this object; if it is yours, remove only the annotation `{OBJECT}`");
    warning(Code::RenamedObjectLeft, candidate, message.to_owned()).fix(fix)
}
