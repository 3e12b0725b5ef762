//! The pods of a component, for the layers of the config.

use super::component::{Component, Role};
use crate::config::layers::Pods;

/// The pods of a component, as a key for the layers.
pub(super) fn pods(component: &Component) -> Pods<'_> {
    match component.role {
        Role::Gateway => Pods::Gateway,
        Role::Head => Pods::Head(&component.node),
        Role::Worker(shard) => Pods::Worker(&component.node, Some(shard)),
    }
}
