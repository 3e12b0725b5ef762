//! An answer before it is written.

use std::io::{self, Write};

use crate::krm::annotations::PATH;
use crate::krm::results::{result, result_with_objects};
use crate::krm::{self, NewItems, ResourceList};
use crate::reconcile::{Fate, FlowChanges};
use crate::report::{self, SubjectFinding, changes};

/// The result of a run, without the answer that it writes.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The lines for standard error.
    pub stderr: String,
    /// Whether the exit code is 0.
    pub success: bool,
}

/// The answer to a list.
pub struct Response<'l, 't> {
    /// The list that is answered.
    pub list: &'l ResourceList<'t>,
    /// The fate of each item of the list.
    pub fates: Vec<Fate>,
    /// New items.
    pub added: NewItems,
    /// Findings, in the order of `results`.
    pub findings: Vec<SubjectFinding>,
    /// What the run does to the objects of each JinaFlow. It is reported after the findings.
    pub changes: Vec<FlowChanges>,
}

impl<'l, 't> Response<'l, 't> {
    /// An answer that changes no item and reports why.
    pub fn refusal(list: &'l ResourceList<'t>, findings: Vec<SubjectFinding>) -> Self {
        Self { list, fates: vec![Fate::Kept; list.items.len()], added: NewItems::default(), findings, changes: Vec::new() }
    }

    /// Whether an item is changed or removed.
    pub fn changes_items(&self) -> bool {
        self.fates.iter().any(|fate| *fate != Fate::Kept)
    }

    /// The same answer, for a list that was read in another way.
    pub fn of<'o, 'u>(self, list: &'o ResourceList<'u>) -> Response<'o, 'u> {
        let Self { fates, added, findings, changes, .. } = self;
        Response { list, fates, added, findings, changes }
    }

    /// Whether the exit code is 0.
    pub fn success(&self) -> bool {
        !report::has_errors(&self.findings)
    }

    /// The lines for standard error. kpt shows `results` too, which have the blocks, and joins the lines of standard error.
    fn stderr(&self) -> String {
        let has_block = self.findings.iter().any(|(_, finding)| finding.block.is_some());
        if !has_block || !self.list.items.iter().any(|item| item.text().contains(PATH)) {
            return report::lines(&self.findings);
        }
        let mut findings = self.findings.clone();
        for (_, finding) in &mut findings {
            finding.block = None;
        }
        report::lines(&findings)
    }

    /// Writes the answer.
    pub fn write(&self, stdout: &mut impl Write) -> io::Result<Outcome> {
        let results = self.findings.iter().map(|(subject, finding)| result(finding, subject.meta()));
        let changes = changes::results(&self.changes);
        let more = changes.iter().map(|change| result_with_objects(&change.finding, change.subject.meta(), change.objects.as_deref()));
        let items = self.list.items.iter().zip(&self.fates).filter_map(|(item, fate)| match fate {
            Fate::Kept => Some(item.text()),
            Fate::Replaced(text) => Some(text.as_str()),
            Fate::Removed => None,
        });
        self.list.write(items.chain(self.added.iter()), results.chain(more), stdout)?;
        Ok(Outcome { stderr: self.stderr() + &changes::summary(&self.changes), success: self.success() })
    }
}

/// Writes findings as the `results` of a JSON list without items.
pub fn write_results(findings: Vec<SubjectFinding>, stdout: &mut impl Write) -> io::Result<Outcome> {
    let empty = format!(r#"{{"apiVersion": "{}", "kind": "{}", "items": []}}"#, krm::API_VERSIONS[0], krm::KIND);
    let list = ResourceList::read(&empty).unwrap_or_else(|_| ResourceList::empty());
    Response::refusal(&list, findings).write(stdout)
}
