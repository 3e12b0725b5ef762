//! Text ↔ nodes: the only room that reads YAML and the only one that writes it.
//!
//! Reading keeps what the meaning of a value may depend on later: whether a scalar was quoted, its tag, and where
//! it stood. It decides nothing about types; that is for the reader of the language ([`crate::jina`] reads YAML 1.1
//! as Jina does, [`kubernetes_value`] reads it as kubectl does).

mod dialect;
mod dict;
mod error;
mod characters;
mod node;
mod align;
mod scan;
mod events;
mod read;
mod scalars;
mod spots;
mod tags;
mod value;
mod write;
mod edit;

pub use dialect::Dialect;
pub use dict::Dict;
pub use edit::{edit, edit_entry};
pub use error::SyntaxError;
pub use node::{Data, Node, Scalar, Style};
pub use read::{Document, aliases, read, read_all, read_all_as, read_as};

pub use spots::{Layout, Spelling, Spot, SpotData, spots, with_last_line_ended};
pub use value::kubernetes_value;
pub use write::{within_flow, write, write_entry, write_one_line_fields};
