//! A single finding.

use std::borrow::Cow;
use std::fmt;

use super::code::Code;
use super::excerpt::Excerpt;
use super::mark::Mark;
use super::nearest::nearest;
use super::path::FieldPath;
use super::secrets::without_secrets;
use super::text::shortened;

/// `severity` of a KRM result (Functions Spec v1, `results[].severity`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The run fails; nothing is changed.
    Error,
    /// The run succeeds, but there is a loss or a risk.
    Warning,
    /// Useful information.
    Info,
}

impl Severity {
    /// The word used in `results` and on stderr.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// A problem or remark about one field.
#[must_use = "a finding that is not pushed is lost"]
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The kind of problem.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The field.
    pub path: FieldPath,
    /// The problem, as a clause without a final period.
    pub message: Box<str>,
    /// The number of places with the problem, at most 65,535. The finding is at the first of them.
    pub places: u16,
    /// The value as the user wrote it.
    pub got: Option<Box<str>>,
    /// How to fix it.
    pub fix: Option<Box<str>>,
    /// Lines below the message, such as lines to copy.
    pub block: Option<Box<str>>,
    /// A correct value, if one is known (`field.proposedValue`).
    pub proposed: Option<Box<str>>,
    /// The place in the text.
    pub mark: Option<Mark>,
    /// The line of the text at that place.
    pub excerpt: Option<Box<Excerpt>>,
}

/// Constructors: `Code::X.error(path, "must be …").got("…").fix("set …")`.
impl Code {
    /// Creates a finding that fails the run.
    pub fn error(self, path: impl Into<FieldPath>, message: impl Into<Box<str>>) -> Finding {
        Finding::new(self, Severity::Error, path.into(), message.into())
    }

    /// Creates a finding about a loss or a risk, which does not change the exit code.
    pub fn warning(self, path: impl Into<FieldPath>, message: impl Into<Box<str>>) -> Finding {
        Finding::new(self, Severity::Warning, path.into(), message.into())
    }

    /// Creates a finding with useful information.
    pub fn info(self, path: impl Into<FieldPath>, message: impl Into<Box<str>>) -> Finding {
        Finding::new(self, Severity::Info, path.into(), message.into())
    }
}

impl Finding {
    /// Creates a finding with a code and a severity; see [`Code::error`].
    fn new(code: Code, severity: Severity, path: FieldPath, message: Box<str>) -> Self {
        Self {
            code,
            severity,
            path,
            message: masked(message),
            places: 1,
            got: None,
            fix: None,
            block: None,
            proposed: None,
            mark: None,
            excerpt: None,
        }
    }

    /// Changes the severity.
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Changes the path: the finding is then about another field.
    pub fn on(mut self, path: impl Into<FieldPath>) -> Self {
        self.path = path.into();
        self
    }

    /// Adds the value as the user wrote it. A long value is shortened, so that the finding fits on a line.
    pub fn got(mut self, value: impl AsRef<str>) -> Self {
        self.got = Some(shortened(&without_secrets(value.as_ref())).into());
        self
    }

    /// Adds the fix, an imperative.
    pub fn fix(mut self, how: impl Into<Box<str>>) -> Self {
        self.fix = Some(masked(how.into()));
        self
    }

    /// Adds lines below the message.
    pub fn with_block(mut self, lines: impl Into<Box<str>>) -> Self {
        self.block = Some(lines.into());
        self
    }

    /// Adds a correct value, which is also the fix if there is no other.
    pub fn propose(mut self, value: impl Into<Box<str>>) -> Self {
        let value = masked(value.into());
        if self.fix.is_none() {
            self.fix = Some(format!("did you mean `{value}`?").into());
        }
        self.proposed = Some(value);
        self
    }

    /// Proposes the nearest of `candidates`, or lists all of them if none is near.
    pub fn suggest<'c>(self, wrong: &str, candidates: impl Iterator<Item = &'c str> + Clone) -> Self {
        if let Some(near) = nearest(wrong, candidates.clone()) {
            self.propose(near)
        } else {
            let all: Vec<&str> = candidates.collect();
            if all.is_empty() {
                return self.fix("remove it");
            }
            self.fix(format!("use one of: {}", all.join(", ")))
        }
    }

    /// Adds the place in the text.
    pub fn at(mut self, mark: Mark) -> Self {
        self.mark = Some(mark);
        self
    }

    /// Adds the line of the text at that place.
    pub fn quoting(mut self, excerpt: Option<Excerpt>) -> Self {
        self.excerpt = excerpt.map(Box::new);
        self
    }
}

/// A string without secrets.
fn masked(text: Box<str>) -> Box<str> {
    match without_secrets(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(masked) => masked.into(),
    }
}

/// `message (got "x"); fix`, without severity, subject or path.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.places > 1 {
            write!(f, " (in {} places)", self.places)?;
        }
        if let Some(got) = &self.got {
            write!(f, " (got {got:?})")?;
        }
        if let Some(fix) = &self.fix {
            write!(f, "; {fix}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_reads_as_one_line() {
        let f = Code::ValueOutOfRange.error("executors[0].replicas", "must be 1 or more").got("0").fix("write how many pods you want");
        assert_eq!(f.to_string(), "must be 1 or more (got \"0\"); write how many pods you want");
        assert_eq!(Code::ValueOutOfRange.error("a", "b").got("x\ny").to_string(), "b (got \"x\\ny\")");
        assert_eq!(Code::ValueOutOfRange.error("a", "b").got("é".repeat(81)).got.as_ref().map(|g| g.chars().count()), Some(81));
    }
}
