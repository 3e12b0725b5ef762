//! A comparison for programs. `functions/jinaflow/diff.schema.json` describes it.

use std::io::{self, Write};

use serde::Serialize;

use super::change::{ComponentChange, Identity, ObjectChange};
use super::comparison::Comparison;
use super::renames::Renames;
use super::shards::ShardChange;
use crate::facts::{Need, ShownTotals, shown_totals};

/// The version of the format. A change that breaks a reader increases it.
const VERSION: u32 = 1;

/// The document.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'c> {
    version: u32,
    summary: Summary,
    renames: &'c Renames,
    components: &'c [ComponentChange],
    objects: &'c [ObjectChange],
    shards: &'c [ShardChange],
    created: &'c [Identity],
    left_behind: &'c [Identity],
    needs: &'c [Need],
    totals: AllTotals<'c>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    has_changes: bool,
    components: usize,
    changed_components: usize,
    restarted_pods: u64,
    refused_changes: usize,
    objects_left_behind: usize,
}

#[derive(Serialize)]
struct AllTotals<'c> {
    old: ShownTotals<'c>,
    new: ShownTotals<'c>,
    peak: ShownTotals<'c>,
}

/// Writes a comparison as JSON.
pub fn write(comparison: &Comparison, out: &mut impl Write) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        summary: Summary {
            has_changes: !comparison.is_empty(),
            components: comparison.components.len(),
            changed_components: comparison.changed(),
            restarted_pods: comparison.restarts(),
            refused_changes: comparison.refused(),
            objects_left_behind: comparison.left.len(),
        },
        renames: &comparison.renames,
        components: &comparison.components,
        objects: &comparison.objects,
        shards: &comparison.shards,
        created: &comparison.created,
        left_behind: &comparison.left,
        needs: &comparison.needs,
        totals: AllTotals {
            old: shown_totals(&comparison.before),
            new: shown_totals(&comparison.after),
            peak: shown_totals(&comparison.peak),
        },
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}
