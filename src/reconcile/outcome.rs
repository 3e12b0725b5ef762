//! The result of a render for a list.

use super::changes::FlowChanges;
use super::flow_key::FlowKey;
use crate::finding::Finding;
use crate::krm::NewItems;
use crate::krm::meta::Meta;

/// What happens to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The item keeps its text.
    Kept,
    /// The item gets this text.
    Replaced(String),
    /// The item is removed.
    Removed,
}

/// A finding about an item, or about a JinaFlow.
#[derive(Debug)]
pub struct ItemFinding {
    /// The index of the item in the list; `usize::MAX` for a JinaFlow.
    pub index: usize,
    /// The item or JinaFlow.
    pub object: Meta,
    /// The finding.
    pub finding: Finding,
}

/// An object that a JinaFlow renders and that is not in the list, although other objects of the JinaFlow are.
#[derive(Debug)]
pub struct MissingObject {
    /// The JinaFlow.
    pub flow: Meta,
    /// `kind` of the object.
    pub kind: String,
    /// `metadata.name` of the object.
    pub name: String,
}

/// The list after a render.
#[derive(Debug)]
pub struct Reconciled {
    /// The change of each item, in the order of the list.
    pub fates: Vec<Fate>,
    /// New objects.
    pub added: NewItems,
    /// New objects of JinaFlows that already have objects in the list.
    pub missing: Vec<MissingObject>,
    /// Findings in the order of the list.
    pub findings: Vec<ItemFinding>,
    /// The indices of the items that may get another selector or address, each with the key of its JinaFlow: objects of Jina's export
    /// that become objects of a JinaFlow, and objects of a JinaFlow that turns `compat` on or off.
    pub reselected: Vec<(usize, FlowKey)>,
    /// What the render does to the objects of each JinaFlow. Empty if the caller does not store the answer.
    pub changes: Vec<FlowChanges>,
}
