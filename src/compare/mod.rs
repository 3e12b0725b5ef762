//! What an apply of one set of objects over another one does: the pods that restart, the changes that are refused, and the objects
//! that are left behind.
//!
//! Only the objects are read, as for a check, so that hand-edited exports of Jina are compared like rendered objects.

pub mod defaults;
mod fields;
mod renames;
pub mod live;
mod values;
mod line;
mod options;
mod variables;
mod files;
mod pairs;
mod immutable;
mod pod_labels;
mod change;
mod handover;
mod carried_out;
mod pod_lines;
mod around;
mod risks;
mod component;
mod shards;
mod comparison;
mod marks;
mod outline;
mod text;
mod markdown;
mod json;

pub use comparison::compare;
pub use handover::{Leaving, after as commands_after, before as commands_before, leaving};
pub use json::write as write_json;
pub use markdown::write as write_markdown;
pub use marks::marks;
pub use outline::Outline;
pub use text::write as write_text;
