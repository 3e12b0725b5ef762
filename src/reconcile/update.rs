//! Adds new objects, and merges rendered objects into items.

use super::flows::Placing;
use super::generated::Generated;
use super::leaves;
use super::lost::forgotten;
use super::memory::{Held, RENDERED, remember};
use super::merge::{Overwritten, merge};
use super::outcome::Fate;
use super::ownership::{OBJECT, Owner};
use super::reconciler::{Reconciler, annotate};
use super::record::Around;
use crate::finding::Findings;
use crate::krm::Caller;
use crate::krm::annotations::{self, INDEX, NEEDS_HASH, PATH};
use crate::yaml::Node;

/// Whether an object is the first one of its file.
fn heads_file(place: &[(&'static str, String)]) -> bool {
    let value = |wanted: &str| place.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
    value(PATH).is_some() && value(INDEX) == Some("0")
}

/// The comment above the first object of a file. kpt does not always tell the file of the JinaFlow.
fn head(flow: &Placing) -> String {
    format!("Rendered by jinaflow from the JinaFlow {}. The next render keeps your edits.", flow.meta.name)
}

impl Reconciler<'_, '_> {
    /// The selector and the address of an object, which a cluster does not change; `None` if nobody reads the answer.
    fn reached(&self, object: &Node<'_>) -> Option<[String; 2]> {
        let shown = |path: &str| object.at(path).map(Node::shown).unwrap_or_default();
        self.is_recording().then(|| ["spec.selector.matchLabels", "spec.clusterIP"].map(shown))
    }

    /// Adds a new object.
    pub(super) fn add(&mut self, flow: &Placing, mut object: Node<'_>, owner: &Owner, file: &str) {
        let needs_hash = self.caller == Caller::KustomizeGenerator && owner.role == "ConfigMap" && !flow.is_of_jina;
        let mark = self.mark(flow, None);
        let rendered = self.caller.keeps_files().then(|| remember(&object, mark, &Held::new()));
        let place = self.census().place(flow, file);
        let hash = needs_hash.then(|| (NEEDS_HASH, "true".to_owned()));
        let comment = heads_file(&place).then(|| head(flow));
        annotate(&mut object, std::iter::once((OBJECT, owner.value())).chain(hash).chain(place));
        if let Some(rendered) = rendered {
            self.write_memory(flow, owner, &mut object, rendered);
        }
        self.added.push(self.list, &object, comment.as_deref());
        self.record(flow, &Around { before: None, after: &object, fresh: &object, is_adopted: false }, &Findings::default());
    }

    /// Merges a rendered object into an item, or leaves the item unchanged if the Flow renders the same as before.
    pub(super) fn update(&mut self, flow: &Placing, item: Generated<'_>, object: Node<'_>, owner: &Owner) {
        let Generated { index, meta, node: mine, remembered: known, memory, is_adopted, .. } = item;
        let is_annotated = meta.annotation(RENDERED).is_some();
        let remembers = self.caller.keeps_files() || is_annotated;
        let mark = self.mark(flow, memory.as_ref());
        let fresh = remembers.then(|| remember(&object, mark, &Held::new()));
        let is_elsewhere = is_annotated && self.keeps_records();
        if let Some(known) = known.filter(|known| fresh.as_ref() == Some(known) && meta.annotation(OBJECT) == Some(&owner.value()))
            && !is_elsewhere
        {
            // The Flow renders the same as before, so all differences are edits of the user.
            if self.keeps_records() {
                self.keep_memory(flow, owner, known);
            }
            self.record(flow, &Around { before: Some(&mine), after: &mine, fresh: &object, is_adopted }, &Findings::default());
            return;
        }
        let before = leaves::value(&mine);
        let reaches = self.reached(&mine);
        let mut findings = Findings::default();
        let overwritten = if self.caller.keeps_files() { Overwritten::Named } else { Overwritten::Silent };
        let kept = remembers.then(|| object.clone());
        let former = self.is_recording().then(|| mine.clone());
        let (mut merged, held) = merge(mine, object, memory.as_ref(), flow.on_conflict, overwritten, &mut findings);
        if memory.is_none() && overwritten == Overwritten::Named && leaves::value(&merged) != before {
            findings.push(forgotten(flow.on_conflict));
        }
        let rendered = kept.as_ref().map(|object| if held.is_empty() { fresh.unwrap_or_default() } else { remember(object, mark, &held) });
        annotations::set(&mut merged, OBJECT, owner.value());
        if let Some(rendered) = rendered {
            self.write_memory(flow, owner, &mut merged, rendered);
        }
        if is_adopted || reaches != self.reached(&merged) {
            self.reselected.push((index, flow.key()));
        }
        if let (Some(before), Some(fresh)) = (&former, &kept) {
            self.record(flow, &Around { before: Some(before), after: &merged, fresh, is_adopted }, &findings);
        }
        self.report_change(index, &meta, &merged, findings);
        if leaves::value(&merged) != before {
            self.fates[index] = Fate::Replaced(self.list.respell(&self.list.items[index], &merged));
        }
    }
}
