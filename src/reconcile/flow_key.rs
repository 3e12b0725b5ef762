//! The identity of a JinaFlow within a list.

use crate::krm::meta::Meta;

/// A JinaFlow by its package and name.
pub type FlowKey = (String, String);

/// The key of a JinaFlow.
pub fn key_of(flow: &Meta) -> FlowKey {
    (flow.package().to_owned(), flow.name.clone())
}
