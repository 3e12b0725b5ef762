//! `jinaflow summary PATH`: what a set of manifests runs, and what has to be in the cluster before.

use std::io::Write;

use super::export::Export;
use super::failure::{Report, Result};
use super::objects::Objects;
use super::side;
use crate::check::{Cluster, Options};
use crate::facts::{Side, write_json, write_markdown, write_text};
use crate::finding::Code;
use crate::report::{self, Subject};

/// The format of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    Text,
    /// For a comment on a pull request.
    Markdown,
    /// For programs.
    Json,
}

/// The formats by their names, the default first.
pub const FORMATS: [(&str, Format); 3] = [("text", Format::Text), ("markdown", Format::Markdown), ("json", Format::Json)];

/// The arguments of a summary.
#[derive(Debug)]
pub struct Summary {
    /// The file or folder, and the settings with which a Flow is rendered.
    pub source: Export,
    /// Whether the folder of a kustomization is built.
    pub may_build: bool,
    /// The format of the output.
    pub format: Format,
}

/// Summarizes a file or folder. Findings go to `report`. Returns whether the summary is complete.
pub fn summarize(summary: &Summary, stdout: &mut impl Write, report: &mut Report) -> Result<bool> {
    let path = &summary.source.flow;
    let Some(manifests) = side::read_or_build(&summary.source, summary.may_build, report)? else { return Ok(false) };
    let objects = Objects::read(&manifests.files, report);
    let options = Options::default();
    let cluster = Cluster::of(objects.views(), &options);
    if cluster.workloads.is_empty() && !report::has_errors(report) {
        let finding = Code::NothingRunsJina.error("", "has no workload: no object has a pod template");
        let fix = "name the manifests, or a Flow; for the folder of a kustomization, add the flag --build";
        report.push((Subject::File(path.clone()), finding.fix(fix)));
    }
    if cluster.workloads.is_empty() {
        return Ok(false);
    }
    let side = Side::of(&cluster);
    for unread in &side.unread {
        let message = format!("{} has an amount that is not a quantity, which the sums leave out", unread.object);
        report.push((Subject::File(path.clone()), Code::InvalidQuantity.warning("", message).got(&unread.amount)));
    }
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = match summary.format {
        Format::Text => write_text(&side, &mut text),
        Format::Markdown => write_markdown(&side, &mut text),
        Format::Json => {
            write_json(&side, stdout)?;
            Ok(())
        }
    };
    stdout.write_all(text.as_bytes())?;
    Ok(!report::has_errors(report))
}
