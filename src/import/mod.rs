//! Reads the manifests that `jina export kubernetes` has written back into a Flow and the settings of its JinaFlow.

mod text;
mod tree;
mod identity;
mod invalid_names;
pub mod live;
mod tool_annotations;
mod buildable;
mod scope;
mod problem;
mod old;
mod address;
mod workload;
mod export;
mod stateful;
mod entry;
mod graph;
mod changed;
mod check;
mod flow;
mod settings;
mod proof;
mod command_lines;
pub mod edits;
mod reading;

pub use edits::operations;
pub use identity::kind_and_name;
pub use problem::Problem;
pub use proof::{Difference, Proof};
pub use reading::{Imported, import};
pub use scope::is_of_cluster;
