//! A summary as aligned columns, as `kubectl get` prints them.

use std::fmt::{self, Write};

use super::columns::{Table, components, groups, prerequisite, totals, users};
use super::side::Side;
use crate::finding::harmless;

/// The most characters of a line, unless one cell is longer.
const WIDTH: usize = 100;

/// The most characters of a name before the components that need it are on a line of their own.
const WIDEST_NAME: usize = 56;

/// Writes the facts of a side.
pub fn write_text(side: &Side, out: &mut impl Write) -> fmt::Result {
    let table = components(side);
    let widths = widths(&table);
    let mut rows = table.rows.iter();
    for (index, group) in groups(side).iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let of = if group.flow.is_empty() { "components".to_owned() } else { format!("Flow {}", group.flow) };
        let place = if group.namespace.is_empty() { String::new() } else { format!(", namespace {}", group.namespace) };
        line(&format!("{of}{place}"), out)?;
        write_row(table.names.iter().map(|name| name.to_uppercase()), &widths, out)?;
        for row in rows.by_ref().take(group.count) {
            write_row(row.iter().cloned(), &widths, out)?;
        }
    }
    writeln!(out, "CPU and memory are of one pod: the request, and the limit after `/`.")?;
    writeln!(out)?;
    let table = totals(side);
    let widths = self::widths(&table);
    write_row(table.names.iter().map(|name| name.to_uppercase()), &widths, out)?;
    for row in &table.rows {
        write_row(row.iter().cloned(), &widths, out)?;
    }
    writeln!(out)?;
    write_prerequisites(side, out)
}

/// Writes what has to be in the cluster, by kind.
fn write_prerequisites(side: &Side, out: &mut impl Write) -> fmt::Result {
    writeln!(out, "Before these objects, the cluster has to have:")?;
    let mut kind = "";
    let names: Vec<String> = side.prerequisites.iter().map(|needed| prerequisite(side, needed)).collect();
    let lengths = names.iter().chain(side.images.iter().map(|image| &image.image)).map(|name| name.chars().count());
    let width = lengths.filter(|length| *length <= WIDEST_NAME).max().unwrap_or(0);
    for (needed, name) in side.prerequisites.iter().zip(&names) {
        if needed.need.kind != kind {
            kind = needed.need.kind;
            writeln!(out, "  {kind}")?;
        }
        write_need(side, name, &needed.by, width, out)?;
    }
    if !side.images.is_empty() {
        writeln!(out, "  image")?;
    }
    for image in &side.images {
        write_need(side, &image.image, &image.by, width, out)?;
    }
    Ok(())
}

fn write_need(side: &Side, name: &str, by: &[String], width: usize, out: &mut impl Write) -> fmt::Result {
    let by = users(side, by, WIDTH.saturating_sub(width + 6));
    if name.chars().count() <= width {
        return line(&format!("    {name:width$}  {by}"), out);
    }
    line(&format!("    {name}"), out)?;
    line(&format!("    {:width$}  {by}", ""), out)
}

fn widths(table: &Table) -> Vec<usize> {
    let longest = |column: usize| {
        let cells = table.rows.iter().map(|row| row[column].chars().count());
        cells.chain([table.names[column].len()]).max().unwrap_or(0)
    };
    (0..table.names.len()).map(longest).collect()
}

fn write_row(cells: impl Iterator<Item = String>, widths: &[usize], out: &mut impl Write) -> fmt::Result {
    let cells = cells.zip(widths).map(|(cell, width)| format!("{cell:width$}"));
    line(&cells.collect::<Vec<_>>().join("  "), out)
}

/// Writes a line without the characters that control a terminal.
fn line(text: &str, out: &mut impl Write) -> fmt::Result {
    let text: String = text.trim_end().chars().map(harmless).collect();
    writeln!(out, "{text}")
}
