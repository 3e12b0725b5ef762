//! Reports findings on stderr, in the order of their places.

mod subject;
mod lines;
pub mod changes;
pub mod place;

pub use lines::{has_errors, lines, painted};
pub use subject::{Subject, SubjectFinding};
