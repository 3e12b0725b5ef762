//! The `ResourceList` protocol: what kustomize and kpt send and what they take back
//! (KRM Functions Specification v1).
//!
//! Items leave with the very text they came with unless somebody replaces them. How a list was written decides how the
//! answer is written: YAML is cut, JSON stays JSON, and what has no text of its own, such as an alias, is written out.

mod anchors;
pub mod annotations;
pub mod documents;
mod item;
mod object_ref;
mod glance;
mod json;
pub mod meta;
pub mod results;
mod sure;
mod block;
mod exact;
mod list;
mod caller;

pub use anchors::kept_apart;
pub use caller::Caller;
pub use glance::glance;
pub use item::Item;
pub use list::{API_VERSIONS, KIND, ListError, NewItems, ResourceList};
pub use object_ref::{ObjectRef, effective_namespace};
