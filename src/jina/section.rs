//! The sections of a Flow that have options, and the rules for reading them.

use super::options::{Row, Use, With};
use super::versions::Version;
use crate::finding::{Code, FieldPath, Finding};

/// A part of the Flow that has options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The Flow's `with`.
    With,
    /// The Flow's `gateway`.
    Gateway,
    /// An entry of `executors`, or a Deployment's `with`.
    Executor,
}

impl Section {
    /// Whether the section has the option.
    pub fn allows(self, row: &Row) -> bool {
        match self {
            Section::With => row.with != With::Nowhere,
            Section::Gateway => !matches!(row.gateway, Use::No),
            Section::Executor => !matches!(row.executor, Use::No),
        }
    }

    /// The name for messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Section::With => "the Flow's `with`",
            Section::Gateway => "`gateway`",
            Section::Executor => "an executor",
        }
    }
}

/// The severity of mistakes that Jina ignores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// As an error.
    Strict,
    /// As a warning, since Jina accepts the Flow.
    Lenient,
}

impl Strictness {
    /// Creates a finding about a mistake that Jina ignores: an error, or a warning that also states the effect in Jina.
    pub fn finding(self, code: Code, path: impl Into<FieldPath>, message: &str, effect_in_jina: &str) -> Finding {
        match self {
            Strictness::Strict => code.error(path, message),
            Strictness::Lenient => code.warning(path, format!("{message}; {effect_in_jina}")),
        }
    }
}

/// The rules for reading a Flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The severity of mistakes that Jina ignores.
    pub strictness: Strictness,
    /// The version of Jina in the containers.
    pub version: Version,
    /// Whether all values are final: variables and references stay in the text.
    pub keeps_variables: bool,
}
