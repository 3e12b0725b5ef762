//! Items with the annotation of a generated object.

use super::flow_key::FlowKey;
use super::leaves::{Grain, Place, short, value};
use super::memory::{Memory, RENDERED};
use super::ownership::{OBJECT, Owner};
use crate::krm::meta::Meta;
use crate::yaml::Node;

/// An item of the list with the annotation of a generated object.
#[derive(Debug, Clone)]
pub struct Generated<'n> {
    /// The index of the item in the list.
    pub index: usize,
    /// The type, name and annotations of the item.
    pub meta: Meta,
    /// The item as a tree.
    pub node: Node<'n>,
    /// The identity that the annotation [`super::ownership::OBJECT`] gives; `None` if the annotation is malformed.
    pub owner: Option<Owner>,
    /// The memory of the last rendering as text, from the annotation or the record.
    pub remembered: Option<String>,
    /// The memory of the last rendering; `None` without one that jinaflow wrote.
    pub memory: Option<Memory>,
    /// Whether Jina has exported the item. Then its memory is the object that Jina exports for the Flow.
    pub is_adopted: bool,
}

impl<'n> Generated<'n> {
    /// Reads the annotations of an item.
    pub fn new(index: usize, meta: Meta, node: Node<'n>) -> Self {
        let owner = meta.annotation(OBJECT).and_then(Owner::parse);
        let remembered = meta.annotation(RENDERED).map(str::to_owned);
        let memory = remembered.as_deref().and_then(Memory::parse);
        Self { index, meta, node, owner, remembered, memory, is_adopted: false }
    }

    /// Adds the memory from a record.
    pub fn recall(&mut self, text: String) {
        self.memory = Memory::parse(&text);
        self.remembered = Some(text);
    }

    /// The key of the JinaFlow that the item was generated from.
    pub fn flow(&self) -> Option<FlowKey> {
        Some((self.meta.package().to_owned(), self.owner.as_ref()?.flow.clone()))
    }

    /// Whether the item still has the name that it was rendered with.
    pub fn has_rendered_name(&self) -> bool {
        let place = Place::ROOT.part(Grain::Fields, "metadata").part(Grain::Fields, "name");
        let name = || short(value(&Node::from(self.meta.name.as_str())));
        self.memory.as_ref().and_then(|memory| memory.value(place)).is_some_and(|rendered| rendered == name())
    }
}
