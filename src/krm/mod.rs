//! The `ResourceList` protocol: the lists that kustomize and kpt send, and the answers that they expect
//! (KRM Functions Specification v1).
//!
//! Items keep their exact text unless they are replaced. The answer has the format of the list: YAML is cut into items, and
//! JSON stays JSON. Items without their own text, such as aliases, are written out.

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
