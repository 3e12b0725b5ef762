//! A comparison as Markdown, for a comment on a pull request.

use std::fmt::{self, Write};

use super::comparison::Comparison;
use super::handover;
use super::outline::{Item, Outline, counted};
use super::text;

/// Writes an outline: a table, and the details folded.
pub fn write(outline: &Outline, comparison: &Comparison) -> Result<String, fmt::Error> {
    let mut out = String::new();
    writeln!(out, "**{}**\n", escaped(&outline.sum))?;
    if comparison.is_empty() && outline.blocks.is_empty() {
        return Ok(out);
    }
    writeln!(out, "| | component | what happens | changes |\n| --- | --- | --- | --- |")?;
    for block in outline.everywhere.iter().chain(&outline.blocks) {
        let first = handover::before(&block.leaving).into_iter().map(|command| format!("<br>first: {}", escaped(&command)));
        let last = handover::after(&block.leaving).into_iter().map(|command| format!("<br>then: {}", escaped(&command)));
        let notes = block.notes.iter().map(|note| format!("<br>⚠ {}", escaped(note)));
        let notes: String = first.chain(last).chain(notes).collect();
        writeln!(
            out,
            "| `{}` | {} | {}{notes} | {} |",
            block.mark,
            code(&block.names.join(", ")),
            escaped(&block.effect),
            cell(&block.items)
        )?;
    }
    if !outline.others.is_empty() {
        writeln!(out, "| `=` | {} | | |", code(&outline.others.join(", ")))?;
    }
    writeln!(out)?;
    if outline.errors > 0 {
        writeln!(out, "⚠ `jinaflow check` finds {} in the new manifests.\n", counted(outline.errors as u64, "error", "errors"))?;
    }
    for line in &outline.live {
        writeln!(out, "{}\n", escaped(line))?;
    }
    for shards in &outline.shards {
        writeln!(out, "⚠ shards of {}\n", escaped(shards))?;
    }
    if !outline.needs.is_empty() {
        writeln!(out, "Needs in the cluster: {}\n", code(&outline.needs.join(", ")))?;
    }
    if !outline.left.is_empty() {
        writeln!(out, "Left behind by `kubectl apply`:\n")?;
        fenced("sh", &outline.left.join("\n"), &mut out)?;
    }
    if !outline.left_with_data.is_empty() {
        writeln!(out, "Left behind, with data or other objects: {}\n", code(&outline.left_with_data.join(", ")))?;
    }
    if !outline.totals.is_empty() {
        writeln!(out, "{}\n", cell(&outline.totals))?;
    }
    writeln!(out, "<details><summary>as text</summary>\n")?;
    fenced("text", &text::write(outline)?, &mut out)?;
    writeln!(out, "</details>")?;
    Ok(out)
}

fn cell(items: &[Item]) -> String {
    let mut parts = Vec::new();
    for group in items.chunk_by(|one, other| one.topic == other.topic) {
        let texts: Vec<String> = group.iter().map(|item| code(&item.text)).collect();
        parts.push(format!("{}: {}", group[0].topic, texts.join(", ")));
    }
    parts.join("<br>")
}

/// A string as code in a cell of a table: no part of it is a link, a mention or HTML.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    let text: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { crate::finding::harmless(c) }).collect();
    format!("{fence}{blank}{}{blank}{fence}", text.replace('|', r"\|"))
}

/// A string without meaning in Markdown or HTML.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\n' | '\r' => escaped.push(' '),
            // GitHub would read these as mentions and links to issues, even after a backslash.
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            ':' => escaped.push_str("&#58;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '!' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(crate::finding::harmless(c)),
        }
    }
    escaped
}

/// A block of code, with a fence that is longer than any in the text.
fn fenced(language: &str, text: &str, out: &mut String) -> fmt::Result {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    writeln!(out, "{fence}{language}\n{}\n{fence}\n", text.trim_end())
}
