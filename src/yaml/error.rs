//! Errors of the YAML reader.

use std::fmt;

use crate::finding::Mark;

/// The reason why the input is not valid YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The problem.
    pub message: String,
    /// The place of the problem in the text.
    pub mark: Mark,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.mark.line, self.mark.column, self.message)
    }
}
