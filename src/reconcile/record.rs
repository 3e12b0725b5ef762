//! Records what a render does to each object. A caller that does not store the answer generates all objects again and again,
//! so for such a caller nothing is recorded.

use std::collections::hash_map::Entry;

use super::changes::{Change, Deed, FlowChanges};
use super::edits::differing;
use super::flow_key::FlowKey;
use super::flows::Placing;
use super::generated::Generated;
use super::memory::RENDERED;
use super::ownership::OBJECT;
use super::reconciler::{Purpose, Reconciler};
use crate::finding::{Code, FieldPath, Findings, Step};
use crate::krm::ObjectRef;
use crate::krm::meta::Meta;
use crate::yaml::Node;

/// A generated object around a render.
pub struct Around<'a, 'n> {
    /// The object in the list; `None` if it is new.
    pub before: Option<&'a Node<'n>>,
    /// The object after the render.
    pub after: &'a Node<'n>,
    /// The object as the Flow renders it.
    pub fresh: &'a Node<'n>,
    /// Whether the object in the list is of an export of Jina.
    pub is_adopted: bool,
}

impl Reconciler<'_, '_> {
    /// Whether changes are recorded.
    pub(super) fn is_recording(&self) -> bool {
        self.purpose == Purpose::Render && self.caller.keeps_files()
    }

    /// The record of a JinaFlow. `reference` is used for a JinaFlow that has no record yet.
    fn record_of(&mut self, flow: FlowKey, reference: &Meta) -> &mut FlowChanges {
        let place = match self.place_of_record.entry(flow) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.changes.push(FlowChanges::new(&new.key().1, reference));
                *new.insert(self.changes.len() - 1)
            }
        };
        &mut self.changes[place]
    }

    /// Records an object that the Flow renders. `findings` are the findings of its merge.
    pub(super) fn record(&mut self, flow: &Placing, around: &Around<'_, '_>, findings: &Findings) {
        if !self.is_recording() {
            return;
        }
        let Around { before, after, fresh, is_adopted } = *around;
        let reference = || Meta::of(after).reference();
        if let Some(before) = before.filter(|_| is_adopted) {
            let kept = differing(fresh, after);
            let record = self.record_of(flow.key(), &flow.meta.reference());
            record.kept_fields += kept.len();
            record.is_of_jina = flow.is_of_jina;
            record.changes.push(Change { object: reference(), deed: Deed::Adopted { kept, changed: differing(before, after) } });
            return;
        }
        let mut changes = Vec::new();
        match before {
            None => changes.push(Change { object: reference(), deed: Deed::Added(None) }),
            Some(before) if !ObjectRef::of(before).is_named_as(&ObjectRef::of(after)) => {
                let former = Meta::of(before).reference();
                changes.push(Change { object: reference(), deed: Deed::Added(Some(former.clone())) });
                changes.push(Change { object: former, deed: Deed::Removed });
            }
            Some(before) => {
                let fields = changed(before, after);
                if !fields.is_empty() {
                    changes.push(Change { object: reference(), deed: Deed::Changed(fields) });
                }
            }
        }
        let mut kept = if before.is_some() { differing(fresh, after) } else { Vec::new() };
        let kept_fields = kept.len();
        kept.retain(|field| !is_conflict(field, findings));
        let is_unchanged = changes.is_empty();
        if !kept.is_empty() {
            changes.push(Change { object: reference(), deed: Deed::Kept(kept) });
        }
        let record = self.record_of(flow.key(), &flow.meta.reference());
        record.changes.extend(changes);
        record.kept_fields += kept_fields;
        record.unchanged += usize::from(is_unchanged);
    }

    /// Records a change of the record of a JinaFlow, if nothing else of the JinaFlow changes.
    pub(super) fn record_memories(&mut self, flow: &FlowKey, object: &Meta, deed: Deed) {
        let known = self.place_of_record.get(flow).and_then(|place| self.changes.get_mut(*place));
        if let Some(record) = known.filter(|record| record.changes.iter().all(|change| matches!(change.deed, Deed::Kept(_)))) {
            record.changes.push(Change { object: object.reference(), deed });
        }
    }

    /// Records an object that is removed. `reference` is a JinaFlow that is rendered.
    pub(super) fn record_removed(&mut self, item: &Generated<'_>, flow: FlowKey, reference: &Meta) {
        if self.is_recording() {
            let change = Change { object: item.meta.reference(), deed: Deed::Removed };
            self.record_of(flow, reference).changes.push(change);
        }
    }
}

/// The fields of an item that a render changes, also the annotations of jinaflow. The memory of the last render is named only
/// if nothing else changes.
fn changed(before: &Node<'_>, after: &Node<'_>) -> Vec<FieldPath> {
    let differs = |name: &str| {
        let value = |object: &Node<'_>| object.at("metadata.annotations").and_then(|all| all.get(name)).map(Node::shown);
        value(before) != value(after)
    };
    let annotation = |name: &str| FieldPath::from("metadata.annotations").key(name);
    let mut fields = differing(before, after);
    if differs(OBJECT) {
        fields.push(annotation(OBJECT));
    }
    if fields.is_empty() && differs(RENDERED) {
        fields.push(annotation(RENDERED));
    }
    fields
}

/// Whether a conflict in a field, around it or below it is reported.
fn is_conflict(field: &FieldPath, findings: &Findings) -> bool {
    let starts_with = |path: &[Step], start: &[Step]| path.starts_with(start);
    let conflicts = findings.iter().filter(|finding| finding.code == Code::EditConflict);
    conflicts
        .map(|finding| finding.path.steps())
        .any(|conflict| starts_with(field.steps(), conflict) || starts_with(conflict, field.steps()))
}
