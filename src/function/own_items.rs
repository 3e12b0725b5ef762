//! The items of a list that jinaflow reads: `JinaFlow`s and the objects that were generated from them.

use super::unreadable::{Unreadable, read};
use crate::config::{self, is_jina_flow};
use crate::krm::ResourceList;
use crate::krm::meta::Meta;
use crate::reconcile::ownership::{OBJECT, Ours};
use crate::reconcile::{Generated, Memories, recall};
use crate::report::{Subject, SubjectFinding};
use crate::yaml::Document;

/// A document with its metadata.
pub struct ReadItem<'l> {
    /// Type, name and annotations.
    pub meta: Meta,
    /// The document.
    pub document: Document<'l>,
}

/// The items of a list that jinaflow reads.
#[derive(Default)]
pub struct OwnItems<'l> {
    /// `JinaFlow`s.
    pub flows: Vec<ReadItem<'l>>,
    /// Objects that were generated from `JinaFlow`s.
    pub generated: Vec<Generated<'l>>,
    /// The records of the last render.
    pub memories: Vec<Memories>,
    /// Findings about items of jinaflow's API group with an unknown kind.
    pub unknown: Vec<SubjectFinding>,
}

impl<'l> OwnItems<'l> {
    /// Reads the items that mention jinaflow's API group. All other items are ignored.
    pub fn of(list: &'l ResourceList<'_>) -> Result<Self, Box<Unreadable>> {
        let ours = Ours::default();
        let mut own = Self::default();
        for (index, item) in list.items.iter().enumerate().filter(|(_, item)| ours.may_be_in(item.text())) {
            let document = read(item)?;
            let Some(root) = &document.root else { continue };
            let meta = Meta::of(root);
            if is_jina_flow(root) {
                own.flows.push(ReadItem { meta, document });
            } else if let Some(finding) = config::unknown_kind(root) {
                own.unknown.push((Subject::Object(meta), finding));
            } else if meta.annotation(OBJECT).is_some()
                && let Some(node) = document.root
            {
                own.generated.push(Generated::new(index, meta, node));
            } else if let Some(memories) = Memories::of(index, &meta, root) {
                own.memories.push(memories);
            }
        }
        recall(&mut own.generated, &mut own.memories);
        Ok(own)
    }
}

/// Reads functionConfig.
pub fn function_config<'l>(list: &'l ResourceList<'_>) -> Result<Option<ReadItem<'l>>, Box<Unreadable>> {
    let Some(item) = &list.function_config else { return Ok(None) };
    let document = read(item)?;
    Ok(document.root.as_ref().map(Meta::of).map(|meta| ReadItem { meta, document }))
}
