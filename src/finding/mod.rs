//! What is wrong with the input, or worth knowing about it.
//!
//! Every module reports through [`Findings`] and goes on, so that one run shows every problem. A finding knows its code,
//! the field, the value and the fix; the object or file that it is about is added by the module that knows it.

mod code;
mod mark;
mod nearest;
mod secrets;
mod text;
mod excerpt;
mod path;
mod finding;
mod findings;

pub use code::Code;
pub use excerpt::Excerpt;
pub use finding::{Finding, Severity};
pub use findings::Findings;
pub use mark::Mark;
pub use nearest::nearest;
pub use path::{FieldPath, Path, Step};
pub use secrets::{HIDDEN, names_a_secret, shows_a_secret};
pub use text::{harmless, shortened};
