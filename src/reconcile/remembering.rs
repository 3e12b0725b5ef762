//! Writes the memory of each object: into the record of its JinaFlow, or into the object itself for a caller that keeps the
//! memories in a file of its own.

use std::collections::HashSet;

use super::changes::Deed;
use super::flow_key::FlowKey;
use super::flows::Placing;
use super::generated::Generated;
use super::memories::{ABOUT, Memories, Records, record};
use super::memory::RENDERED;
use super::outcome::{Fate, ItemFinding};
use super::ownership::Owner;
use super::reconciler::{Reconciler, annotate};
use crate::finding::{Code, FieldPath};
use crate::krm::meta::Meta;
use crate::krm::{Caller, annotations};
use crate::yaml::Node;

impl Reconciler<'_, '_> {
    /// Whether memories are kept beside the objects.
    pub(super) fn keeps_records(&self) -> bool {
        self.caller.keeps_files() && self.caller != Caller::Export && !self.is_record_hidden
    }

    /// Writes the memory of an object.
    pub(super) fn write_memory(&mut self, flow: &Placing, owner: &Owner, object: &mut Node<'_>, rendered: String) {
        if !self.keeps_records() {
            annotations::set(object, RENDERED, rendered);
            return;
        }
        drop_annotation(object);
        self.keep_memory(flow, owner, rendered);
    }

    /// Adds the memory of an object to the record of its JinaFlow.
    pub(super) fn keep_memory(&mut self, flow: &Placing, owner: &Owner, rendered: String) {
        let key = flow.key();
        if !self.records.places.contains_key(&key) && !self.records.known.iter().any(|record| record.flow == key) {
            let place = self.census().place(flow, &format!("{}.yml", Memories::name(&flow.meta.name)));
            self.records.places.insert(key.clone(), place);
        }
        self.records.new.entry(key).or_default().add(owner, rendered);
    }

    /// Keeps the memories of items that stay although the JinaFlow does not render them.
    pub(super) fn keep_memories(&mut self, flow: &FlowKey, owner: &Owner, items: &[Generated<'_>]) {
        let stays = |item: &&Generated<'_>| self.fates[item.index] == Fate::Kept && item.meta.annotation(RENDERED).is_none();
        let memory = items.iter().filter(stays).find_map(|item| item.remembered.as_deref());
        let has_record = || self.records.known.iter().any(|record| record.flow == *flow);
        if let Some(memory) = memory.filter(|_| self.records.new.contains_key(flow) || has_record()) {
            self.records.new.entry(flow.clone()).or_default().keep(owner, memory);
        }
    }

    /// Writes the records of the JinaFlows that are rendered, and removes those of JinaFlows that are gone.
    pub(super) fn end_records(&mut self) {
        if !self.keeps_records() {
            return;
        }
        let Records { known, mut new, mut places } = std::mem::take(&mut self.records);
        let list = self.list;
        let mut written: HashSet<FlowKey> = HashSet::new();
        for former in known {
            let is_rendered = self.flows.rendered.contains(&former.flow);
            if let Some(key) = is_rendered.then(|| former.of_two_branches()).flatten() {
                let path = FieldPath::from("data").key(key);
                let finding = Code::RecordOfTwoBranches.error(path, "has two values for a field, so it is of two branches");
                let fix = "take the record of one side, and the same side of the other files with conflicts: \
                           git checkout --ours FILE or git checkout --theirs FILE; then render";
                self.findings.push(ItemFinding { index: former.index, object: former.meta.reference(), finding: finding.fix(fix) });
            }
            if !is_rendered && !self.flows.gone.contains(&former.flow) {
                continue;
            }
            if !written.insert(former.flow.clone()) {
                // A duplicate, which is removed like that of an object.
                if former.has_own_name() {
                    self.fates[former.index] = Fate::Removed;
                    continue;
                }
                let message = format!("is another record of the JinaFlow `{}`, and is not used", former.flow.1);
                let finding = Code::CopiedObject.warning("", message).fix("remove this object");
                self.findings.push(ItemFinding { index: former.index, object: former.meta.reference(), finding });
                continue;
            }
            let memories = new.remove(&former.flow).filter(|memories| !memories.is_empty());
            let item = &list.items[former.index];
            self.fates[former.index] = match (memories, item.read().ok().and_then(|document| document.root)) {
                (Some(memories), _) if memories.equal(&former) => Fate::Kept,
                (Some(memories), Some(mut node)) => {
                    node.set("data", memories.data());
                    self.record_memories(&former.flow, &former.meta, Deed::Changed(vec!["data".into()]));
                    if memories.has_keys_of(&former) {
                        Fate::Replaced(list.respell(item, &node))
                    } else {
                        // In an edit of the text, new objects would be at its end, where those of two branches conflict.
                        self.added.push(list, &node, Some(ABOUT));
                        Fate::Removed
                    }
                }
                _ => Fate::Removed,
            };
        }
        for position in 0..self.placing.len() {
            let key = self.placing[position].key.clone();
            let (Some(memories), Some(place)) = (new.remove(&key), places.remove(&key)) else { continue };
            let mut node = record(&self.placing[position].reference, &memories);
            self.record_memories(&key, &Meta::of(&node), Deed::Added(None));
            annotate(&mut node, place);
            self.added.push(list, &node, Some(ABOUT));
        }
    }
}

/// Removes the annotation in which an earlier version kept the memory.
fn drop_annotation(object: &mut Node<'_>) {
    if let Some(annotations) = object.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations")) {
        annotations.take(RENDERED);
    }
}
