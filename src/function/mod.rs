//! The KRM function: it reads a `ResourceList` and answers with a `ResourceList`.

pub mod documents;
pub mod flow_check;
pub mod server_fields;
mod response;
mod unreadable;
mod own_items;
mod flow_run;
mod call;
mod task;
mod placement;
mod render;
mod stale;
mod validate;
mod run;

pub use response::{Outcome, write_results};
pub use run::{run, run_plugin};
