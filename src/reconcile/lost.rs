//! What is said of edits that an object cannot keep.

use super::edits::Edit;
use super::memory::RENDERED;
use crate::config::OnConflict;
use crate::finding::{Finding, Findings};

/// Edits of one object that are named one by one; of more only the number is.
const MOST_EDITS: usize = 20;

/// How an edit that stands in the way of a render is given up.
const LET_GO: &str = "set spec.output.onConflict (--on-conflict of an export) to keep or overwrite to let it go";

/// Names edits that are lost.
pub fn name_lost(edits: Vec<Edit>, removed: usize, why: &str, on_conflict: OnConflict, findings: &mut Findings) {
    let finding = |path: String, message: String| match on_conflict {
        OnConflict::Error => Finding::error(path, message).fix(format!("{LET_GO}, or put it into the JinaFlow or an overlay")),
        OnConflict::Keep | OnConflict::Overwrite => {
            Finding::warning(path, message).fix("put it into the JinaFlow or an overlay to have it again")
        }
    };
    let more = edits.len().saturating_sub(MOST_EDITS);
    for edit in edits.into_iter().take(MOST_EDITS) {
        findings.push(finding(edit.path, why.to_owned()).got(edit.shown));
    }
    let rest = [(more, "more fields"), (removed, "removed fields")];
    for (count, what) in rest.into_iter().filter(|(count, _)| *count > 0) {
        findings.push(finding(String::new(), why.to_owned()).got(format!("{count} {what}")));
    }
}

/// What was changed in an object that another one succeeds.
pub fn carried_over(count: usize, what: &str) -> Finding {
    let fields = if count == 1 { "1 field" } else { &*format!("{count} fields") };
    Finding::info("", format!("is now the {what}; what was changed in {fields} here is carried over"))
}

/// An item without a memory of what it was.
pub fn forgotten(on_conflict: OnConflict) -> Finding {
    let message = format!("has no {RENDERED}, so that edits here cannot be told from what the Flow rendered");
    let finding = match on_conflict {
        OnConflict::Error => Finding::error("metadata.annotations", message),
        OnConflict::Keep | OnConflict::Overwrite => Finding::warning("metadata.annotations", message),
    };
    finding.fix("fields that the Flow sets are as the Flow has them now; put yours into the JinaFlow or an overlay")
}
