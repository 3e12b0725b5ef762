//! Mermaid flowcharts, which GitHub and GitLab draw in Markdown.
//!
//! <https://mermaid.js.org/syntax/flowchart.html>

use std::fmt::{self, Write};

use super::ids::Ids;
use super::mark::Mark;
use super::members::{Member, Members};
use super::model::{LinkStyle, Node, NodeKind, Picture};

/// The color of faults, visible on light and on dark pages.
const RED: &str = "#e5484d";

/// The limits of Mermaid (`maxTextSize` and `maxEdges` in <https://mermaid.js.org/config/schema-docs/config.html>). A flowchart
/// cannot raise them.
const MOST_CHARACTERS: usize = 50_000;
const MOST_LINKS: usize = 500;

/// Whether Mermaid refuses to draw a picture with its default limits.
pub fn exceeds_limits(picture: &Picture, text: &str) -> bool {
    // JavaScript counts UTF-16 units.
    text.encode_utf16().count() > MOST_CHARACTERS || picture.links.len() > MOST_LINKS
}

/// Writes a picture.
pub fn write(picture: &Picture, out: &mut impl Write) -> fmt::Result {
    let ids = Ids::of(picture);
    writeln!(out, "flowchart LR")?;
    let members = Members::of(picture);
    write_members(&members, picture, &ids, None, 1, out)?;
    for link in &picture.links {
        let arrow = match (link.style, link.style.is_dashed()) {
            (LinkStyle::Mount, _) => "---",
            (_, true) => "-.->",
            (_, false) => "-->",
        };
        let labels = link.labels.iter().map(|label| escaped(label)).collect::<Vec<_>>().join("<br/>");
        let label = if labels.is_empty() { String::new() } else { format!("|\"{labels}\"|") };
        writeln!(out, "  {} {arrow}{label} {}", ids.nodes[link.from], ids.nodes[link.to])?;
    }
    let marks = picture.marks();
    if !marks.is_empty() {
        writeln!(out, "  subgraph legend[\"legend\"]")?;
        for mark in &marks {
            writeln!(out, "    legend_{}[\"{}\"]", mark.class(), escaped(mark.words()))?;
        }
        writeln!(out, "  end")?;
    }
    write_classes(picture, &ids, &marks, out)?;
    for (style, look) in [(LinkStyle::Broken, RED), (LinkStyle::Removed, Mark::Removed.color())] {
        let places: Vec<String> =
            picture.links.iter().enumerate().filter(|(_, link)| link.style == style).map(|(place, _)| place.to_string()).collect();
        if !places.is_empty() {
            writeln!(out, "  linkStyle {} stroke:{look}", places.join(","))?;
        }
    }
    Ok(())
}

fn write_classes(picture: &Picture, ids: &Ids, marks: &[Mark], out: &mut impl Write) -> fmt::Result {
    let of_marks = marks.iter().map(|mark| {
        let dashes = if *mark == Mark::Removed { ",stroke-dasharray:6 4" } else { "" };
        (mark.class(), format!("stroke:{},stroke-width:3px{dashes}", mark.color()))
    });
    let others = [("outside", "stroke-dasharray:6 4".to_owned()), ("fault", format!("stroke:{RED},stroke-width:3px"))];
    for (class, look) in of_marks.chain(others) {
        let nodes = picture.nodes.iter().zip(&ids.nodes).filter(|(node, _)| node.class() == class).map(|(_, id)| id.clone());
        let legend = marks.iter().filter(|mark| mark.class() == class).map(|mark| format!("legend_{}", mark.class()));
        let members: Vec<String> = nodes.chain(legend).collect();
        if !members.is_empty() {
            writeln!(out, "  classDef {class} {look}")?;
            writeln!(out, "  class {} {class}", members.join(","))?;
        }
    }
    Ok(())
}

/// Writes the nodes and the groups of a group.
fn write_members(members: &Members, picture: &Picture, ids: &Ids, group: Option<usize>, depth: usize, out: &mut impl Write) -> fmt::Result {
    let indent = "  ".repeat(depth);
    for member in members.in_group(group) {
        match *member {
            Member::Node(index) => writeln!(out, "{indent}{}{}", ids.nodes[index], shape(&picture.nodes[index]))?,
            Member::Group(index) => {
                writeln!(out, "{indent}subgraph {}[\"{}\"]", ids.groups[index], escaped(&picture.groups[index].title))?;
                write_members(members, picture, ids, Some(index), depth + 1, out)?;
                writeln!(out, "{indent}end")?;
            }
        }
    }
    Ok(())
}
/// The shape of a node around its lines.
fn shape(node: &Node) -> String {
    let (open, close) = match node.kind {
        NodeKind::Entrance => ("([", "])"),
        NodeKind::Claim => ("[(", ")]"),
        NodeKind::Workload | NodeKind::Outside | NodeKind::Fault => ("[", "]"),
    };
    let lines = std::iter::once(&node.title).chain(&node.lines).map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>");
    format!("{open}\"{lines}\"{close}")
}

/// A line with entities for all characters that Mermaid, Markdown or HTML may read as something else.
fn escaped(line: &str) -> String {
    let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(line.len());
    let is_plain = |place: usize, c: char| match c {
        ' ' | '/' | ',' | '=' | '×' | '·' | '…' | '(' | '−' | '⟳' | '±' | '✗' | '→' => true,
        // At the start of a line, Markdown reads these as lists: `-`, `+`, `1.` and `1)`.
        '-' | '+' => place > 0,
        ')' => place > digits,
        // Markdown makes links of `www.` and of addresses of mail.
        '.' => place > digits && !line[..place].ends_with("www"),
        '@' => !line[place..].contains('.'),
        // Markdown makes links of `https://`.
        ':' => !line[place..].starts_with("://"),
        c => c.is_alphanumeric(),
    };
    let has_entities = line.char_indices().any(|(place, c)| !is_plain(place, c));
    let mut out = String::with_capacity(line.len());
    for (place, c) in line.char_indices() {
        // Mermaid makes formulas of `$$…$$` and icons of `fa:fa-…`, also after it has decoded entities. A space without width
        // separates them.
        if (c == '$' && line[..place].ends_with('$')) || line[place..].starts_with(":fa-") {
            out.push_str("#8203;");
        }
        // Mermaid drops the end of `style…:…#…;` (`encodeEntities` in its utils.ts).
        if is_plain(place, c) && !(has_entities && c == ':') {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}
