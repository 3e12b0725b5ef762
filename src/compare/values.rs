//! Values that are compared, and what is shown of them.

use super::renames::Renames;

/// A value of an option, a variable or a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// What is shown.
    pub shown: String,
    /// What is compared as well, and never shown: the content of a Secret.
    pub hidden: Option<String>,
}

impl Value {
    /// A value that may be shown.
    pub fn plain(shown: impl Into<String>) -> Self {
        Self { shown: shown.into(), hidden: None }
    }

    /// Whether two values differ by more than the changes of names.
    pub fn differs(old: Option<&Self>, new: Option<&Self>, renames: &Renames) -> bool {
        match (old, new) {
            (Some(old), Some(new)) => old.hidden != new.hidden || !renames.explains(&old.shown, &new.shown),
            (None, None) => false,
            _ => true,
        }
    }
}
