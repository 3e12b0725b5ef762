//! Matches rendered objects with the items of a list.
//!
//! An object that was generated before is found by its annotation, and the rendered object is merged into it. An object
//! that the Flow does not render any more is removed. Its edits are carried over to the object that replaces it, or they
//! are reported. All other items stay unchanged.

mod leaves;
mod memory;
pub mod ownership;
mod edits;
mod lost;
mod parts;
mod moved_containers;
mod merge;
mod flow_key;
mod generated;
mod memories;
mod candidates;
mod succession;
mod flows;
mod census;
mod changes;
mod outcome;
mod recognition;
mod corrupted;
mod older_export;
mod adoption;
mod unreadable_export;
mod displaced;
mod export_search;
mod reconciler;
mod record;
mod remembering;
mod update;
mod replace;
mod collisions;
mod departures;
mod place;
#[cfg(test)]
mod laws;

pub use adoption::{Adoption, JinasComponent, Strip};
pub use changes::{Change, Deed, FlowChanges};
pub use flow_key::FlowKey;
pub use flows::{Origin, Placing};
pub use generated::Generated;
pub use leaves::flag_groups;
pub use memories::{Memories, recall};
pub use memory::{RENDERED, leaves_of, memory_of};
pub use outcome::{Fate, ItemFinding, Reconciled};
pub use recognition::SIGN;
pub use reconciler::{Purpose, Reconciler};
pub use succession::Planned;
pub use unreadable_export::export_broken;
