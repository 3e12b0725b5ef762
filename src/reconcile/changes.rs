//! What a render does to the objects of each JinaFlow.

use crate::finding::FieldPath;
use crate::krm::meta::Meta;

/// What a render does to an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// The object is new. It may replace an object with another kind or name.
    Added(Option<Meta>),
    /// These fields of the object change.
    Changed(Vec<FieldPath>),
    /// The object is removed.
    Removed,
    /// These fields keep a value that differs from the Flow. Fields that are reported as a conflict are not among them.
    Kept(Vec<FieldPath>),
    /// The object of an export of Jina becomes an object of the JinaFlow.
    Adopted {
        /// The fields that keep the value of the export, which differs from the Flow.
        kept: Vec<FieldPath>,
        /// The fields that change.
        changed: Vec<FieldPath>,
    },
}

/// An object with what a render does to it. An object that changes and also keeps fields has two entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The object after the render; if it is removed, before the render.
    pub object: Meta,
    /// What the render does.
    pub deed: Deed,
}

/// What a render does to the objects of a JinaFlow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowChanges {
    /// `metadata.name` of the JinaFlow.
    pub flow: String,
    /// The JinaFlow. If it was removed, another JinaFlow of its package.
    pub reference: Meta,
    /// The changes: in the order in which the Flow renders its objects, then removed objects in the order of the list.
    pub changes: Vec<Change>,
    /// The number of fields that keep a value that differs from the Flow.
    pub kept_fields: usize,
    /// The number of objects that stay unchanged.
    pub unchanged: usize,
    /// Whether the objects are those that Jina exports. Then an object of an export of Jina should not change.
    pub is_of_jina: bool,
}

impl FlowChanges {
    /// Starts the record of a JinaFlow.
    pub fn new(flow: &str, reference: &Meta) -> Self {
        Self { flow: flow.to_owned(), reference: reference.clone(), changes: Vec::new(), kept_fields: 0, unchanged: 0, is_of_jina: false }
    }
}
