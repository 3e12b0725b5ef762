//! Text ↔ nodes: the only module that reads YAML and the only one that writes it.
//!
//! Reading keeps everything that the type of a value may depend on: the quotes of a scalar, its tag, and its place. It
//! does not decide types. The reader of the language does: [`crate::jina`] reads YAML 1.1 as Jina does, and
//! [`kubernetes_value`] reads it as kubectl does.

mod dialect;
mod dict;
mod error;
mod characters;
mod node;
mod arena;
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

pub use arena::{Arena, List, Map, View};
pub use dialect::Dialect;
pub use dict::Dict;
pub use edit::{edit, edit_entry};
pub use error::SyntaxError;
pub use node::{Data, Node, Scalar, Style};
pub use read::{Document, Part, aliases, read, read_all, read_all_as, read_as, read_parts};

pub use spots::{Layout, Spelling, Spot, SpotData, spots, with_last_line_ended};
pub use value::kubernetes_value;
pub use write::{within_flow, write, write_entry, write_one_line_fields};
