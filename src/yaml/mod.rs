//! Reads YAML text into nodes, and writes nodes as YAML. No other module does this.
//!
//! A node has no type, but keeps everything that its type may depend on: the quotes of a scalar, and its tag. The caller
//! decides the type: the module `jina` reads YAML 1.1 as Jina does, and [`kubernetes_value`] reads it as kubectl does.

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
pub use read::{Document, DuplicateKey, Part, aliases, read, read_all, read_all_as, read_as, read_parts};

pub use spots::{Layout, Spelling, Spot, SpotData, spots, with_last_line_ended};
pub use value::kubernetes_value;
pub use write::{within_flow, write, write_entry, write_one_line_fields};
