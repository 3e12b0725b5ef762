//! Replaces a former object, which the Flow does not render any more, with its successor.

use std::collections::HashSet;

use super::census::{is_in_usual_file, move_to};
use super::edits::{self, Edits};
use super::flows::Placing;
use super::generated::Generated;
use super::lost::{carried_over, report_lost};
use super::memory::remember;
use super::merge::{Overwritten, merge};
use super::outcome::Fate;
use super::ownership::{OBJECT, Owner};
use super::reconciler::{Reconciler, annotate};
use super::record::Around;
use super::succession::{exchange, fit, follow, rename};
use crate::finding::{FieldPath, Findings, Step};
use crate::krm::{ObjectRef, annotations};
use crate::yaml::Node;

/// A former object: its item, role and component.
pub struct FormerObject<'l> {
    pub item: Generated<'l>,
    pub role: String,
    pub component: String,
}

impl<'l> Reconciler<'l, '_> {
    /// Places an object that replaces a former object. The new object takes over the edits of fields that it has too.
    pub(super) fn replace(&mut self, flow: &Placing, former: &FormerObject<'l>, object: Node<'_>, owner: &Owner, file: &str) {
        let FormerObject { item, role, component } = former;
        let Some(memory) = &item.memory else { return self.add(flow, object, owner, file) };
        let is_first = self.succeeded.insert(item.index);
        if !is_first && edits::is_as_rendered(&item.node, memory) {
            return self.add(flow, object, owner, file);
        }
        let mark = self.mark(flow, Some(memory));
        let fresh = object.clone();
        let mut object: Node<'_> = object;
        let mut mine: Node<'_> = item.node.clone();
        let mut findings = Findings::default();
        let edits = Edits::of(&mine, memory);
        let taken = if *role == owner.role { Vec::new() } else { fit(&mut mine, &owner.role, &object) };
        if !edits.is_empty() {
            let taken: HashSet<&FieldPath> = taken.iter().collect();
            let (lost, carried): (Vec<_>, Vec<_>) = edits.changed.into_iter().partition(|edit| is_within(&edit.path, &taken));
            let what = format!("{} `{}`", owner.role, ObjectRef::of(&object).name);
            let why = format!("has no meaning in the {what}, which replaces this object");
            report_lost(lost, 0, &why, flow.on_conflict, &mut findings);
            if !carried.is_empty() || edits.removed > 0 {
                findings.push(carried_over(carried.len() + edits.removed, &what));
            }
        }
        // Where the user has already written the new name, it means the new object.
        rename(&mut mine, &[(&owner.component, component)]);
        // The merge also keeps the user's order of lists, so it is needed even without edits.
        exchange(&mut object, &owner.component, component);
        // Findings about lost edits name the former object, findings about kept edits the new one.
        for finding in std::mem::take(&mut findings) {
            self.report(item, finding);
        }
        let (mut object, mut held) = merge(mine, object, Some(memory), flow.on_conflict, Overwritten::Silent, &mut findings);
        exchange(&mut object, &owner.component, component);
        if !held.is_empty() {
            held = follow(held, [&fresh, &object], &owner.component, component);
        }
        let rendered = remember(&fresh, mark, &held);
        let mut place = self.census().place(flow, file);
        let (list, index) = (self.list, item.index);
        if is_first {
            // An object that the user has moved to another file stays there.
            if *role == owner.role && *component == owner.component || !is_in_usual_file(&item.meta, component) {
                place.clear();
            }
            move_to(&mut object, &place);
            annotations::set(&mut object, OBJECT, owner.value());
            self.write_memory(flow, owner, &mut object, rendered);
            if item.is_adopted {
                self.reselected.push((index, flow.key()));
            }
            self.fates[index] = Fate::Replaced(list.respell(&list.items[index], &object));
        } else {
            edits::drop_bookkeeping(&mut object);
            annotate(&mut object, std::iter::once((OBJECT, owner.value())).chain(place));
            self.write_memory(flow, owner, &mut object, rendered);
            let text = list.respell(&list.items[index], &object);
            self.added.push_text(list, &text);
        }
        self.record(flow, &Around { before: is_first.then_some(&item.node), after: &object, fresh: &fresh, is_adopted: false }, &findings);
        self.report_change(index, &item.meta, &object, findings);
    }
}

/// Whether a field is one of `fields`, or below one of them. `fields` has only `spec` or fields of `spec`.
fn is_within(path: &FieldPath, fields: &HashSet<&FieldPath>) -> bool {
    let start = |length: usize| path.steps().get(..length).map(<[Step]>::to_vec).map(FieldPath::from);
    [1, 2].into_iter().filter_map(start).any(|start| fields.contains(&start))
}
