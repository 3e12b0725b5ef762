//! Options of a check.

use super::external::External;

/// Options of a check.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Objects that are provided elsewhere.
    pub external: External,
    /// Whether risks are reported as well as faults.
    pub is_strict: bool,
}
