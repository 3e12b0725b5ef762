//! Findings: problems of the input, and useful information about it.
//!
//! Every module reports findings and continues, so that one run shows every problem. A finding has a code, a field, a
//! value and a fix. It does not name the object or file; the module `report` adds that.

mod code;
mod mark;
mod nearest;
mod secrets;
mod text;
mod excerpt;
mod path;
#[allow(clippy::module_inception, reason = "the file has the type `Finding`")]
mod finding;
mod findings;

pub use code::Code;
pub use excerpt::Excerpt;
pub use finding::{Finding, Severity};
pub use findings::Findings;
pub use mark::Mark;
pub use nearest::nearest;
pub use path::{FieldPath, Path, Step};
pub use secrets::{HIDDEN, names_a_secret, shows_a_secret, without_secrets};
pub use text::{harmless, shortened};
