//! An SVG image that needs no other file and no program, for light and dark pages.
//!
//! <https://www.w3.org/TR/SVG11/>

use std::fmt::{self, Write};

use super::layout::{Area, LABEL, LID, LINE, Layout, PADDING, TEXT, TITLE, label, layout};
use super::model::{LinkStyle, Node, NodeKind, Picture};
use super::width::width;

/// Colors for light pages, and for dark ones. A program without media queries uses the first.
const STYLE: &str = "\
.page{fill:#ffffff}
.box{fill:#f6f8fa;stroke:#57606a;stroke-width:1.2}
.frame{fill:none;stroke:#8c959f;stroke-width:1}
.line{fill:none;stroke:#57606a;stroke-width:1.2}
.tip{fill:#57606a}
text{fill:#1f2328;font-family:Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif}
.small{fill:#57606a}
.back{fill:#ffffff}
.dashed{stroke-dasharray:6 4}
.outside{stroke-dasharray:6 4}
.added{stroke:#1a7f37;stroke-width:2.5}
.removed{stroke:#8c959f;stroke-width:2;stroke-dasharray:6 4}
.restarts{stroke:#bc4c00;stroke-width:2.5}
.changed{stroke:#0969da;stroke-width:2.5}
.refused,.fault{stroke:#cf222e;stroke-width:2.5}
text.fault{fill:#cf222e;stroke:none}
.tip.fault{fill:#cf222e;stroke:none}
.line.fault{stroke-width:1.5}
@media (prefers-color-scheme: dark){
.page,.back{fill:#0d1117}
.box{fill:#161b22;stroke:#8b949e}
.frame{stroke:#6e7681}
.line{stroke:#8b949e}
.tip,.small{fill:#9198a1}
text{fill:#e6edf3}
.added{stroke:#3fb950}
.removed{stroke:#6e7681}
.restarts{stroke:#f0883e}
.changed{stroke:#58a6ff}
.refused,.fault{stroke:#ff7b72}
text.fault,.tip.fault{fill:#ff7b72}
}
";

/// The most calls in the description, because a long list takes long to read aloud.
const MOST_DESCRIBED: usize = 40;

/// Writes a picture.
pub fn write(picture: &Picture, out: &mut impl Write) -> fmt::Result {
    let mut layout = layout(picture);
    let marks = picture.marks();
    let legend = layout.height;
    if !marks.is_empty() {
        layout.height += LINE + 2 * PADDING;
        let needed = marks.iter().map(|mark| width(mark.words(), TEXT) + 3 * PADDING).sum::<i64>() + 2 * PADDING;
        layout.width = layout.width.max(needed);
    }
    let (wide, high) = (layout.width, layout.height);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" role=\"img\" \
         aria-labelledby=\"title desc\">"
    )?;
    writeln!(out, "<title id=\"title\">Flow on Kubernetes</title>")?;
    writeln!(out, "<desc id=\"desc\">{}</desc>", escaped(&description(picture)))?;
    write!(out, "<style>\n{STYLE}</style>\n<rect class=\"page\" width=\"{wide}\" height=\"{high}\"/>\n")?;
    for (group, area) in picture.groups.iter().zip(&layout.groups) {
        rect(out, "frame", *area, 6)?;
        text(out, "small", (area.x + PADDING, area.y + LINE), TEXT, &group.title)?;
    }
    write_links(picture, &layout, out)?;
    for (node, area) in picture.nodes.iter().zip(&layout.nodes) {
        write_node(node, *area, out)?;
    }
    let mut x = 2 * PADDING;
    for mark in marks {
        let area = Area { x, y: legend, width: width(mark.words(), TEXT) + 2 * PADDING, height: LINE + PADDING };
        rect(out, &format!("box {}", mark.class()), area, 4)?;
        text(out, "", (x + PADDING, legend + LINE), TEXT, mark.words())?;
        x += area.width + PADDING;
    }
    out.write_str("</svg>\n")
}

/// What the picture shows, for readers who do not see it.
fn description(picture: &Picture) -> String {
    let workloads = picture.nodes.iter().filter(|node| node.kind == NodeKind::Workload).count();
    let calls = picture.links.iter().filter(|link| link.style.is_call()).count();
    let faults = picture.nodes.iter().filter(|node| node.class() == "fault").count();
    let mut text = format!("workloads: {workloads}, lines for addresses: {calls}, nodes with errors: {faults}");
    for link in picture.links.iter().filter(|link| link.style.is_call()).take(MOST_DESCRIBED) {
        let _ = write!(text, "; {} calls {}", picture.nodes[link.from].title, picture.nodes[link.to].title);
    }
    text
}

fn write_links(picture: &Picture, layout: &Layout, out: &mut impl Write) -> fmt::Result {
    for (link, points) in picture.links.iter().zip(&layout.links) {
        let class = match link.style {
            LinkStyle::Broken => " fault",
            LinkStyle::Removed => " removed",
            _ => "",
        };
        let dashes = if link.style.is_dashed() { " dashed" } else { "" };
        let Some(((x, y), rest)) = points.split_first() else { continue };
        write!(out, "<path class=\"line{dashes}{class}\" d=\"M{x} {y}")?;
        let mut from = (*x, *y);
        for &(x, y) in rest {
            if y == from.1 {
                write!(out, "L{x} {y}")?;
            } else {
                // A line from right to left leaves and arrives in the same direction as the others.
                let reach = ((x - from.0) / 2).max(24);
                write!(out, "C{} {} {} {y} {x} {y}", from.0 + reach, from.1, x - reach)?;
            }
            from = (x, y);
        }
        writeln!(out, "\"/>")?;
        let (x, y) = from;
        if link.style != LinkStyle::Mount {
            writeln!(out, "<path class=\"tip{class}\" d=\"M{x} {y}L{} {}L{} {}Z\"/>", x - 8, y - 4, x - 8, y + 4)?;
        }
        if !link.labels.is_empty() {
            let label = label(link);
            let left = x - 12 - width(&label, LABEL);
            text(out, if link.style == LinkStyle::Broken { "small fault" } else { "small" }, (left, y - 4), LABEL, &label)?;
        }
    }
    Ok(())
}

fn write_node(node: &Node, area: Area, out: &mut impl Write) -> fmt::Result {
    writeln!(out, "<g><title>{}</title>", escaped(&node.details))?;
    let class = format!("box {}", node.class());
    let class = class.trim_end();
    let Area { x, y, width: wide, height: high } = area;
    let middle = x + wide / 2;
    match node.kind {
        NodeKind::Claim => {
            let (radius, top, bottom) = (wide / 2, y + LID, y + high - LID);
            let (left, right) = (middle - radius, middle + radius);
            writeln!(
                out,
                "<path class=\"{class}\" d=\"M{left} {top}A{radius} {LID} 0 0 1 {right} {top}V{bottom}A{radius} {LID} 0 0 1 {left} {bottom}Z\
                 M{left} {top}A{radius} {LID} 0 0 0 {right} {top}\"/>"
            )?;
        }
        NodeKind::Entrance => rect(out, class, area, high.min(44) / 2)?,
        NodeKind::Workload | NodeKind::Outside | NodeKind::Fault => rect(out, class, area, 6)?,
    }
    let lines = i64::try_from(node.lines.len() + 1).unwrap_or(1);
    let lid = if node.kind == NodeKind::Claim { LID / 2 } else { 0 };
    // The first baseline, so that the lines are in the middle of the node.
    let mut baseline = y + (high - lines * LINE) / 2 + LINE - 4 + lid;
    writeln!(
        out,
        "<text x=\"{middle}\" y=\"{baseline}\" font-size=\"{TITLE}\" font-weight=\"bold\" text-anchor=\"middle\">{}</text>",
        escaped(&node.title)
    )?;
    for line in &node.lines {
        baseline += LINE;
        let class = if line.starts_with('✗') { "fault" } else { "small" };
        writeln!(
            out,
            "<text class=\"{class}\" x=\"{middle}\" y=\"{baseline}\" font-size=\"{TEXT}\" text-anchor=\"middle\">{}</text>",
            escaped(line)
        )?;
    }
    out.write_str("</g>\n")
}

fn rect(out: &mut impl Write, class: &str, area: Area, radius: i64) -> fmt::Result {
    let Area { x, y, width, height } = area;
    writeln!(out, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>")
}

fn text(out: &mut impl Write, class: &str, (x, y): (i64, i64), size: i64, line: &str) -> fmt::Result {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    writeln!(out, "<text{class} x=\"{x}\" y=\"{y}\" font-size=\"{size}\">{}</text>", escaped(line))
}

/// Text of an element.
fn escaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}
