//! Sections of a Flow: `with`, `gateway`, an executor, a Deployment's `with`; and how their options are read.

use super::options::{Row, Use, With};
use super::versions::Version;
use crate::finding::{FieldPath, Finding};

/// Where an option stands.
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
    /// Whether an option is one of this section.
    pub fn allows(self, row: &Row) -> bool {
        match self {
            Section::With => row.with != With::Nowhere,
            Section::Gateway => !matches!(row.gateway, Use::No),
            Section::Executor => !matches!(row.executor, Use::No),
        }
    }

    /// Words for messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Section::With => "the Flow's `with`",
            Section::Gateway => "`gateway`",
            Section::Executor => "an executor",
        }
    }
}

/// How to treat what Jina passes over in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// It is an error.
    Strict,
    /// It is a warning, as Jina accepts the Flow.
    Lenient,
}

impl Strictness {
    /// A finding about something that Jina accepts: an error, or a warning that tells what Jina makes of it.
    pub fn judge(self, path: impl Into<FieldPath>, message: &str, jina: &str) -> Finding {
        match self {
            Strictness::Strict => Finding::error(path, message),
            Strictness::Lenient => Finding::warning(path, format!("{message}; {jina}")),
        }
    }
}

/// How a Flow is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What to do where Jina says nothing.
    pub strictness: Strictness,
    /// The version of the containers.
    pub version: Version,
}
