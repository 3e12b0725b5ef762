//! The language of Graphviz.
//!
//! <https://graphviz.org/doc/info/lang.html>

use std::fmt::{self, Write};

use super::ids::Ids;
use super::mark::Mark;
use super::members::{Member, Members};
use super::model::{Link, LinkStyle, Node, NodeKind, Picture};

/// Colors that are visible on light and on dark pages.
const GRAY: &str = "#7d8590";
const RED: &str = "#e5484d";

/// Writes a picture.
pub fn write(picture: &Picture, out: &mut impl Write) -> fmt::Result {
    let ids = Ids::of(picture);
    out.write_str("digraph flow {\n")?;
    out.write_str("  graph [rankdir=LR, bgcolor=transparent, fontname=\"Helvetica,Arial,sans-serif\", fontsize=12]\n")?;
    out.write_str("  node [shape=box, style=rounded, fontname=\"Helvetica,Arial,sans-serif\", fontsize=12]\n")?;
    out.write_str("  edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=10]\n")?;
    for element in ["graph", "node", "edge"] {
        writeln!(out, "  {element} [color=\"{GRAY}\", fontcolor=\"{GRAY}\"]")?;
    }
    write_members(&Members::of(picture), picture, &ids, None, 1, out)?;
    for link in &picture.links {
        writeln!(out, "  {} -> {} [{}]", ids.nodes[link.from], ids.nodes[link.to], look_of_link(link))?;
    }
    let marks = picture.marks();
    if !marks.is_empty() {
        writeln!(out, "  subgraph cluster_legend {{\n    label=\"legend\"")?;
        for mark in marks {
            writeln!(out, "    legend_{} [label=\"{}\", {}]", mark.class(), mark.words(), look_of_mark(mark))?;
        }
        out.write_str("  }\n")?;
    }
    out.write_str("}\n")
}

fn write_members(members: &Members, picture: &Picture, ids: &Ids, group: Option<usize>, depth: usize, out: &mut impl Write) -> fmt::Result {
    let indent = "  ".repeat(depth);
    for member in members.in_group(group) {
        match *member {
            Member::Node(index) => writeln!(out, "{indent}{} [{}]", ids.nodes[index], look_of_node(&picture.nodes[index]))?,
            Member::Group(index) => {
                writeln!(out, "{indent}subgraph cluster_{} {{", ids.groups[index])?;
                writeln!(out, "{indent}  label=\"{}\"", escaped(&picture.groups[index].title))?;
                write_members(members, picture, ids, Some(index), depth + 1, out)?;
                writeln!(out, "{indent}}}")?;
            }
        }
    }
    Ok(())
}

fn look_of_node(node: &Node) -> String {
    let lines = std::iter::once(&node.title).chain(&node.lines).map(|line| escaped(line)).collect::<Vec<_>>().join("\\n");
    let mut look = format!("label=\"{lines}\", tooltip=\"{}\"", escaped(&node.details));
    match node.kind {
        NodeKind::Entrance => look.push_str(", shape=oval"),
        NodeKind::Claim => look.push_str(", shape=cylinder, style=solid"),
        NodeKind::Outside => look.push_str(", style=\"rounded,dashed\""),
        NodeKind::Workload | NodeKind::Fault => {}
    }
    if node.class() == "fault" {
        look.push_str(&format!(", color=\"{RED}\", fontcolor=\"{RED}\", penwidth=2"));
    } else if node.mark != Mark::None {
        look.push_str(&format!(", {}", look_of_mark(node.mark)));
    }
    look
}

fn look_of_mark(mark: Mark) -> String {
    let dashes = if mark == Mark::Removed { ", style=\"rounded,dashed\"" } else { "" };
    format!("color=\"{}\", penwidth=2{dashes}", mark.color())
}

fn look_of_link(link: &Link) -> String {
    let labels = link.labels.iter().map(|label| escaped(label)).collect::<Vec<_>>().join("\\n");
    let mut look = format!("label=\"{labels}\"");
    if link.style.is_dashed() {
        look.push_str(", style=dashed");
    }
    match link.style {
        LinkStyle::Mount => look.push_str(", arrowhead=none"),
        LinkStyle::Broken => look.push_str(&format!(", color=\"{RED}\", fontcolor=\"{RED}\"")),
        _ => {}
    }
    look
}

/// A line within double quotes. A backslash begins an escape, and `&` an entity.
fn escaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}
