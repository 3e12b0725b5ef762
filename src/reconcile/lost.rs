//! Findings about edits that an object cannot keep.

use super::edits::Edit;
use crate::config::OnConflict;
use crate::finding::{Code, FieldPath, Finding, Findings, Severity};

/// The most edits of one object that are reported one by one. Of further edits only the number is reported.
const MOST_EDITS: usize = 20;

/// The severity of a finding about a conflict, as `spec.output.onConflict` sets it.
pub fn severity(on_conflict: OnConflict) -> Severity {
    match on_conflict {
        OnConflict::Error => Severity::Error,
        OnConflict::Keep | OnConflict::Overwrite => Severity::Warning,
    }
}

/// Reports edits that are lost, and the number of fields that the user had removed.
pub fn report_lost(edits: Vec<Edit>, removed: usize, why: &str, on_conflict: OnConflict, findings: &mut Findings) {
    let fix = match on_conflict {
        OnConflict::Error => {
            "to drop the edit, set `spec.output.onConflict` (`--on-conflict` of an export) to `keep` or `overwrite`; \
             to keep it, put it into the JinaFlow or an overlay"
        }
        OnConflict::Keep | OnConflict::Overwrite => "to keep the edit, put it into the JinaFlow or an overlay",
    };
    let finding = |path: FieldPath, got: String| Code::EditLost.warning(path, why).with_severity(severity(on_conflict)).got(got).fix(fix);
    let more = edits.len().saturating_sub(MOST_EDITS);
    for edit in edits.into_iter().take(MOST_EDITS) {
        findings.push(finding(edit.path, edit.shown));
    }
    for (count, what) in [(more, "more fields"), (removed, "removed fields")] {
        if count > 0 {
            findings.push(finding(FieldPath::default(), format!("{count} {what}")));
        }
    }
}

/// Creates the finding about edits that another object takes over.
pub fn carried_over(count: usize, object: &str) -> Finding {
    let fields = if count == 1 { "1 edited field".to_owned() } else { format!("{count} edited fields") };
    Code::EditCarriedOver.info("", format!("is replaced by the {object}, which takes over {fields}"))
}

/// Creates the finding about an item without its memory.
pub fn forgotten(on_conflict: OnConflict) -> Finding {
    let message = "has no record of its last render, so jinaflow cannot tell your edits from fields that it rendered";
    let finding = Code::RenderedRecordMissing.warning("", message).with_severity(severity(on_conflict));
    finding.fix("fields that the Flow sets now have the Flow's values; put your values into the JinaFlow or an overlay")
}
