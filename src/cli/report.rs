//! Findings on stderr.

use std::fmt::Write as _;

use crate::finding::{Finding, Severity};
use crate::krm::meta::Meta;

/// Who a finding is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A file named on the command line; marks are places in it.
    File(String),
    /// An object of a list.
    Object(Meta),
    /// Standard input as a whole.
    Input,
}

impl Subject {
    /// The object, for `results`.
    #[must_use]
    pub fn meta(&self) -> Option<&Meta> {
        match self {
            Subject::Object(meta) => Some(meta),
            _ => None,
        }
    }

    fn words(&self, finding: &Finding) -> String {
        match (self, finding.mark) {
            (Subject::File(name), Some(mark)) if mark.line > 0 => format!("{name}:{}:{}", mark.line, mark.column),
            (Subject::File(name), _) => name.clone(),
            (Subject::Object(meta), _) => match meta.path() {
                Some(path) => path.to_owned(),
                None => format!("{}/{}", meta.kind, meta.name),
            },
            (Subject::Input, _) => "stdin".to_owned(),
        }
    }
}

/// Whether any of them fails the run.
#[must_use]
pub fn has_errors(findings: &[(Subject, Finding)]) -> bool {
    findings.iter().any(|(_, finding)| finding.severity == Severity::Error)
}

/// One line for each finding, errors first: `error: SUBJECT: FIELD: what is wrong (got "x"); how to mend it`.
#[must_use]
pub fn lines(findings: &[(Subject, Finding)]) -> String {
    let mut out = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        for (subject, finding) in findings.iter().filter(|(_, finding)| finding.severity == severity) {
            let field = if finding.path.is_empty() { String::new() } else { format!("{}: ", finding.path) };
            // Writing to a String cannot fail.
            let _ = writeln!(out, "{}: {}: {field}{}", severity.as_str(), subject.words(finding), one_line(&finding.to_string()));
        }
    }
    out
}

fn one_line(text: &str) -> String {
    if text.contains(['\n', '\r']) { text.split_whitespace().collect::<Vec<_>>().join(" ") } else { text.to_owned() }
}
