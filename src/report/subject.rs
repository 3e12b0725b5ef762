//! The file or object that a finding is about.

use crate::finding::Finding;
use crate::krm::meta::Meta;

/// A finding with the file or object that it is about.
pub type SubjectFinding = (Subject, Finding);

/// The file or object that a finding is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A file named on the command line.
    File(String),
    /// An object of a list.
    Object(Meta),
    /// Standard input as a whole.
    Input,
    /// The arguments of the process.
    CommandLine,
}

impl Subject {
    /// The object, for `results`.
    pub fn meta(&self) -> Option<&Meta> {
        match self {
            Subject::Object(meta) => Some(meta),
            _ => None,
        }
    }

    /// The name of the subject in messages.
    pub fn words(&self) -> String {
        match self {
            Subject::File(name) => name.clone(),
            Subject::Object(meta) => match meta.path() {
                Some(path) => path.to_owned(),
                None => format!("{}/{}", meta.kind, meta.name),
            },
            Subject::Input => "stdin".to_owned(),
            Subject::CommandLine => "command line".to_owned(),
        }
    }
}
