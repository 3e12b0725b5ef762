//! A summary as Markdown, for a comment or a page.

use std::fmt::{self, Write};

use super::columns::{Table, components, groups, prerequisite, totals, users};
use super::side::Side;

/// The most characters of the names of those that need a thing.
const MOST_USERS: usize = 80;

/// Writes the facts of a side.
pub fn write_markdown(side: &Side, out: &mut impl Write) -> fmt::Result {
    let table = components(side);
    let mut rows = table.rows.iter();
    for group in groups(side) {
        let of = if group.flow.is_empty() { "Components".to_owned() } else { format!("Flow {}", code(&group.flow)) };
        let place = if group.namespace.is_empty() { String::new() } else { format!(", namespace {}", code(&group.namespace)) };
        writeln!(out, "**{of}{place}**\n")?;
        write_table(&table.names, rows.by_ref().take(group.count).map(Vec::as_slice), out)?;
        writeln!(out)?;
    }
    writeln!(out, "CPU and memory are of one pod: the request, and the limit after the slash.\n")?;
    let Table { names, rows } = totals(side);
    write_table(&names, rows.iter().map(Vec::as_slice), out)?;
    writeln!(out, "\n<details><summary>Before these objects, the cluster has to have</summary>\n")?;
    let prerequisites = side
        .prerequisites
        .iter()
        .map(|needed| [needed.need.kind.to_owned(), prerequisite(side, needed), users(side, &needed.by, MOST_USERS)]);
    let images = side.images.iter().map(|image| ["image".to_owned(), image.image.clone(), users(side, &image.by, MOST_USERS)]);
    let rows: Vec<[String; 3]> = prerequisites.chain(images).collect();
    write_table(&["kind", "name", "needed by"], rows.iter().map(<[String; 3]>::as_slice), out)?;
    writeln!(out, "\n</details>")
}

fn write_table<'r>(names: &[&str], rows: impl Iterator<Item = &'r [String]>, out: &mut impl Write) -> fmt::Result {
    writeln!(out, "| {} |", names.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(names.len()))?;
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| cell_of(cell)).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

/// A cell. Numbers and words of our own need no code style.
fn cell_of(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" +-.,/()".contains(&byte));
    if is_plain { text.to_owned() } else { code(text) }
}

/// A string in code style. Code elements with character references show any string; the delimiters of Markdown could end in it.
///
/// <https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references>
fn code(text: &str) -> String {
    let mut escaped = String::from("<code>");
    for character in text.chars() {
        match character {
            ' ' | '+' | '-' | '.' | ',' | '/' | '(' | ')' | ':' | '=' => escaped.push(character),
            c if c.is_control() => escaped.push(' '),
            c if c.is_ascii_alphanumeric() || !c.is_ascii() => escaped.push(c),
            c => escaped.push_str(&format!("&#{};", u32::from(c))),
        }
    }
    escaped.push_str("</code>");
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_cannot_leave_its_cell() {
        assert_eq!(code("a|b`c\n<d>"), "<code>a&#124;b&#96;c &#60;d&#62;</code>");
        assert_eq!(cell_of("1 to 5"), "1 to 5");
        assert_eq!(cell_of("**x**"), "<code>&#42;&#42;x&#42;&#42;</code>");
    }
}
