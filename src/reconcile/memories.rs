//! The record of a JinaFlow: the memories of its objects, in a ConfigMap beside them.
//!
//! A memory in the object itself would be one long line that every change of the object rewrites, so two branches that change
//! the same object would conflict on it. Here each leaf has its own line, in the order of the object, so git merges changes of
//! different fields.
//!
//! Where git cannot merge, a user takes a side of each file. If the record is of the same side, it has the value that each leaf
//! from this side was rendered with. Leaves of the other side are those that git has merged, and they are as the merged Flow
//! renders them.

use std::collections::{BTreeMap, HashMap};

use super::flow_key::FlowKey;
use super::generated::Generated;
use super::memory::{RENDERED, has_two_values, lines_of, of_lines};
use super::ownership::{OBJECT, Owner};
use crate::krm::annotations::LOCAL_CONFIG;
use crate::krm::meta::Meta;
use crate::yaml::{Data, Node};

/// The comment above a record.
pub const ABOUT: &str =
    "What jinaflow rendered last, so that the next render keeps your edits. In a merge, take the same side of this file and the others.";

const KIND: &str = "ConfigMap";

/// A record in the list.
#[derive(Debug)]
pub struct Memories {
    /// The index of the item in the list.
    pub index: usize,
    /// The type, name and annotations of the item.
    pub meta: Meta,
    /// The JinaFlow.
    pub flow: FlowKey,
    /// The memory of each object, by [`key`].
    texts: HashMap<String, String>,
}

impl Memories {
    /// Whether an item is a record.
    pub fn is(meta: &Meta) -> bool {
        meta.kind == KIND && meta.annotation(RENDERED).is_some() && meta.annotation(OBJECT).is_none()
    }

    /// Reads an item; `None` if it is not a record.
    pub fn of(index: usize, meta: &Meta, node: &Node<'_>) -> Option<Self> {
        let flow = meta.annotation(RENDERED).filter(|_| Self::is(meta))?;
        let flow = (meta.package().to_owned(), flow.to_owned());
        let read = |(key, value): &(Node<'_>, Node<'_>)| Some((key.as_text()?.to_owned(), of_lines(value.as_text()?)));
        let texts = node.map_at("data").iter().filter_map(read).collect();
        Some(Self { index, meta: meta.clone(), flow, texts })
    }

    /// Whether the record has the name that jinaflow gives it. A copy may have another one.
    pub fn has_own_name(&self) -> bool {
        self.meta.name == Self::name(&self.flow.1)
    }

    /// The key of the first object that has two values for a field: a user has kept the lines of two branches.
    pub fn of_two_branches(&self) -> Option<&str> {
        self.texts.iter().filter(|(_, text)| has_two_values(text)).map(|(key, _)| key.as_str()).min()
    }

    /// The name of a record.
    pub fn name(flow: &str) -> String {
        format!("{flow}-rendered")
    }
}

/// Sorts records, so that the first one of each JinaFlow is the one to use, and adds to each generated item its memory, if that
/// record has it.
pub fn recall(generated: &mut [Generated<'_>], records: &mut [Memories]) {
    if records.is_empty() {
        return;
    }
    records.sort_by_key(|record| !record.has_own_name());
    let by_flow: HashMap<&FlowKey, &Memories> = records.iter().rev().map(|record| (&record.flow, record)).collect();
    for item in generated.iter_mut().filter(|item| item.remembered.is_none()) {
        let (Some(flow), Some(owner)) = (item.flow(), &item.owner) else { continue };
        if let Some(text) = by_flow.get(&flow).and_then(|record| record.texts.get(&key(owner))) {
            item.recall(text.clone());
        }
    }
}

/// The key of an object in a record.
fn key(owner: &Owner) -> String {
    format!("{}.{}", owner.component, owner.role)
}

/// The memories of the objects of a JinaFlow after a render, by their keys.
#[derive(Debug, Default)]
pub struct NewMemories(BTreeMap<String, String>);

impl NewMemories {
    /// Adds the memory of an object.
    pub fn add(&mut self, owner: &Owner, rendered: String) {
        self.0.insert(key(owner), rendered);
    }

    /// Adds the memory of an object that stays in the list, unless the object has a new memory.
    pub fn keep(&mut self, owner: &Owner, rendered: &str) {
        self.0.entry(key(owner)).or_insert_with(|| rendered.to_owned());
    }

    /// Whether there is no memory.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a record has memories of the same objects.
    pub fn has_keys_of(&self, record: &Memories) -> bool {
        self.0.len() == record.texts.len() && self.0.keys().all(|key| record.texts.contains_key(key))
    }

    /// Whether a record has exactly these memories.
    pub fn equal(&self, record: &Memories) -> bool {
        self.0.len() == record.texts.len() && self.0.iter().all(|(key, text)| record.texts.get(key) == Some(text))
    }

    /// The `data` of a record.
    pub fn data<'n>(&self) -> Node<'n> {
        let line = |(key, text): (&String, &String)| (Node::from(key.clone()), Node::from(lines_of(text)));
        Data::Map(self.0.iter().map(line).collect()).into()
    }
}

/// The records of the JinaFlows of a list.
#[derive(Debug, Default)]
pub struct Records {
    /// The records in the list.
    pub known: Vec<Memories>,
    /// The memories after the render.
    pub new: HashMap<FlowKey, NewMemories>,
    /// The place of each new record.
    pub places: HashMap<FlowKey, Vec<(&'static str, String)>>,
}

/// A new record of a JinaFlow, in the namespace of the JinaFlow: kustomize refuses two objects with the same name and no namespace,
/// although it leaves local objects out of a build.
pub fn record<'n>(flow: &Meta, memories: &NewMemories) -> Node<'n> {
    let annotations = [(LOCAL_CONFIG, "true".to_owned()), (RENDERED, flow.name.clone())];
    let annotations = annotations.map(|(name, value)| (Node::from(name), Node::from(value))).into_iter().collect();
    let namespace = Some(&flow.namespace).filter(|namespace| !namespace.is_empty());
    let mut metadata = vec![(Node::plain("name"), Node::from(Memories::name(&flow.name)))];
    metadata.extend(namespace.map(|namespace| (Node::plain("namespace"), Node::from(namespace.clone()))));
    metadata.push((Node::plain("annotations"), Node::from(Data::Map(annotations))));
    let mut node = Node::from(Data::Map(vec![
        (Node::plain("apiVersion"), Node::plain("v1")),
        (Node::plain("kind"), Node::plain(KIND)),
        (Node::plain("metadata"), Node::from(Data::Map(metadata))),
    ]));
    node.set("data", memories.data());
    node
}
