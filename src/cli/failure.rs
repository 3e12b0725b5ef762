//! The reasons why a command stops: a finding, or an error of standard output.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::path::Path as FilePath;

use crate::finding::{Code, Finding};
use crate::report::Subject;

/// Findings, each with its subject.
pub type Report = Vec<(Subject, Finding)>;

/// The result of a step that may stop its command.
pub type Result<T> = std::result::Result<T, Failure>;

/// The reason why a command stops.
#[derive(Debug)]
pub enum Failure {
    /// A finding about a file or an argument that the command cannot use.
    Finding(Box<(Subject, Finding)>),
    /// An error of standard output. Errors of other files are findings.
    Output(io::Error),
}

impl Failure {
    /// A failure that is about the whole of a file or folder.
    pub fn of_file(path: &FilePath, finding: Finding) -> Self {
        Failure::Finding(Box::new((Subject::File(path.display().to_string()), finding)))
    }

    /// A file or folder that cannot be read.
    pub fn unreadable(path: &FilePath, error: impl Display) -> Self {
        Self::of_file(path, Code::FileUnreadable.error("", format!("cannot be read: {error}")))
    }

    /// A file or folder that cannot be changed. `verb` is the participle of the change, such as `written`.
    pub fn unwritable(path: &FilePath, verb: &str, error: impl Display) -> Self {
        Self::of_file(path, Code::FileUnwritable.error("", format!("cannot be {verb}: {error}")))
    }

    /// Whether the reader of standard output has closed it. The reader has read enough, so this is not an error.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == ErrorKind::BrokenPipe)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

impl From<Failure> for (Subject, Finding) {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Finding(found) => *found,
            Failure::Output(error) => {
                let finding = Code::FileUnwritable.error("", format!("cannot be written: {error}"));
                (Subject::File("standard output".to_owned()), finding)
            }
        }
    }
}
