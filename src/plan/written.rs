//! The places of findings about options: the section, the key and the line that the user wrote.

use super::planner::Planner;
use crate::finding::{Code, FieldPath, Finding, Findings, Path, Severity, Step};
use crate::jina::inherited::Options;
use crate::jina::options::find;

/// Findings that compare several options, or an option with the settings of its pods.
const OF_SEVERAL: [Code; 10] = [
    Code::FieldWithoutEffect,
    Code::MissingField,
    Code::AddressCountMismatch,
    Code::PeerPortsMismatch,
    Code::PortAssumed,
    Code::PortCountMismatch,
    Code::StatefulReplicas,
    Code::SurgeNeedsGpu,
    Code::LimitNotEqual,
    Code::CudaDeviceMissing,
];

/// Whether a finding is about the Flow as a whole, although each executor has it.
fn is_of_all(finding: &Finding) -> bool {
    match finding.code {
        Code::DuplicateVariable => true,
        Code::SurgeNeedsGpu => finding.severity == Severity::Info,
        _ => false,
    }
}

impl Planner<'_> {
    /// Adds the findings about the gateway or an executor with these options, each of which has the place of its option.
    /// Several executors can inherit an option; a finding about this option is added once.
    ///
    /// If the value of an option could not be read, findings that depend on several options are left out.
    pub(super) fn add_written(&self, own: Findings, options: &Options, section: &Path<'_>, findings: &mut Findings) {
        let add = |finding: Finding, findings: &mut Findings| {
            if is_of_all(&finding) { findings.push_once(finding) } else { findings.push_once_for_each_place(finding) }
        };
        let sections = [FieldPath::from(section), FieldPath::from(self.path.key("with"))];
        let is_reliable = |finding: &Finding| !options.is_incomplete() || !OF_SEVERAL.contains(&finding.code);
        for finding in own.into_iter().filter(is_reliable) {
            let below = sections.iter().find_map(|section| finding.path.steps().strip_prefix(section.steps()));
            let Some([Step::Key(name), rest @ ..]) = below else {
                add(finding, findings);
                continue;
            };
            let row = find(name);
            let Some((row, place)) = row.and_then(|row| Some((row, options.place(row.opt)?))) else {
                add(finding, findings);
                continue;
            };
            let section = &sections[usize::from(place.is_in_with)];
            let path = section.key(place.key.as_deref().unwrap_or(row.name)).join(rest);
            add(finding.on(path).at(place.mark), findings);
        }
    }
}
