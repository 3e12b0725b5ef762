//! A comparison as text for a terminal.

use std::fmt::{self, Write};

use super::handover;
use super::outline::{Block, Outline, counted};
use crate::finding::harmless;

/// The width of the text before an item.
const INDENT: usize = 16;
/// The widest line. A longer list of items continues on the next line.
const WIDEST: usize = 120;

/// Writes an outline.
pub fn write(outline: &Outline) -> Result<String, fmt::Error> {
    let (mut text, mut out) = (String::new(), String::new());
    write_parts(outline, &mut text)?;
    for line in text.lines() {
        out.extend(line.trim_end().chars().map(harmless));
        out.push('\n');
    }
    Ok(out)
}

/// Topics that have lines of their own. Others share lines.
const OWN_LINES: [&str; 5] = ["image", "replicas", "option", "variable", "file"];

fn write_parts(outline: &Outline, out: &mut String) -> fmt::Result {
    for block in outline.everywhere.iter().chain(&outline.blocks) {
        write_block(block, out)?;
    }
    if !outline.others.is_empty() {
        write_list("= ", &outline.others, ", ", 2, out)?;
    }
    if outline.errors > 0 {
        writeln!(out, "{:<INDENT$}NEW has {}: run jinaflow check", "check", counted(outline.errors as u64, "error", "errors"))?;
    }
    let data = outline.left_with_data.iter().map(|object| format!("{object}, which has data or other objects; no command deletes it"));
    let data: Vec<String> = data.collect();
    for (topic, lines) in [("shards", &outline.shards), ("left behind", &outline.left), ("left behind", &data), ("live", &outline.live)] {
        for line in lines {
            writeln!(out, "{topic:<INDENT$}{line}")?;
        }
    }
    if !outline.needs.is_empty() {
        write_list(&format!("{:<INDENT$}", "needs"), &outline.needs, ", ", INDENT, out)?;
    }
    let totals = outline.totals.chunk_by(|one, other| one.topic == other.topic);
    let totals: Vec<(&str, String)> =
        totals.map(|group| (group[0].topic, group.iter().map(|item| item.text.clone()).collect::<Vec<_>>().join(", "))).collect();
    write_shared("", &totals, out)?;
    writeln!(out, "{}", outline.sum)
}

fn write_block(block: &Block, out: &mut String) -> fmt::Result {
    let gap = if block.effect.is_empty() { "" } else { "  " };
    let head = format!("{} {}{gap}{}", block.mark, block.names.join(", "), block.effect);
    let texts: Vec<(&str, Vec<String>)> = block
        .items
        .chunk_by(|one, other| one.topic == other.topic)
        .map(|group| (group[0].topic, group.iter().map(|item| item.text.clone()).collect()))
        .collect();
    let all: Vec<String> = texts.iter().map(|(topic, texts)| format!("{topic} {}", texts.join(", "))).collect();
    let is_short = all.iter().map(|text| text.chars().count() + 2).sum::<usize>() + head.chars().count() <= WIDEST;
    if is_short && !all.is_empty() && block.notes.is_empty() && block.effect.is_empty() && block.leaving.is_empty() {
        return writeln!(out, "{head}  {}", all.join("; "));
    }
    writeln!(out, "{head}")?;
    let mut shared: Vec<(&str, String)> = Vec::new();
    for (topic, texts) in texts {
        if OWN_LINES.contains(&topic) && block.mark != '*' {
            write_list(&format!("    {topic:<12}"), &texts, ", ", INDENT, out)?;
        } else {
            shared.push((topic, texts.join(", ")));
        }
    }
    write_shared("    ", &shared, out)?;
    for command in handover::before(&block.leaving) {
        writeln!(out, "    {:<12}{command}", "first")?;
    }
    for command in handover::after(&block.leaving) {
        writeln!(out, "    {:<12}{command}", "then")?;
    }
    for note in &block.notes {
        write_list(&format!("    {:<12}", "note"), std::slice::from_ref(note), ", ", INDENT, out)?;
    }
    Ok(())
}

/// Writes several topics on each line, as far as they fit. The first one of a line is aligned with other lines.
fn write_shared(indent: &str, topics: &[(&str, String)], out: &mut String) -> fmt::Result {
    let width = INDENT - indent.len();
    let mut line = String::new();
    for (topic, text) in topics {
        let added = topic.chars().count() + text.chars().count() + 3;
        if !line.is_empty() && line.chars().count() + added > WIDEST {
            writeln!(out, "{line}")?;
            line.clear();
        }
        if line.is_empty() {
            line = format!("{indent}{topic:<width$}{text}");
        } else {
            write!(line, "; {topic} {text}")?;
        }
    }
    if line.is_empty() { Ok(()) } else { writeln!(out, "{line}") }
}

/// Writes strings after a head, on as many lines as they need. `indent` is the number of blanks before the next lines.
fn write_list(head: &str, texts: &[String], between: &str, indent: usize, out: &mut String) -> fmt::Result {
    let mut line = head.to_owned();
    let mut is_first = true;
    for (index, text) in texts.iter().enumerate() {
        if line.chars().count() + text.chars().count() > WIDEST && !is_first {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(indent);
        }
        is_first = false;
        line.push_str(text);
        line.push_str(if index + 1 < texts.len() { between } else { "" });
    }
    writeln!(out, "{line}")
}
