//! `jinaflow man [PAGE]`: manual pages for `man`, written from the rows of commands, flags and fields. The language is man(7),
//! which groff and mandoc read (<https://man.openbsd.org/man.7>).

use std::fs;
use std::io::Write;
use std::path::Path as FilePath;

use super::commands::{COMMANDS, ManPages, Row};
use super::failure::{Failure, Result};
use super::flags::{Flag, OF_ALL};
use super::help;
use crate::config::manual;

const EXIT_CODES: &str =
    "0, or 1 after an error. The exit code of \\fBjinaflow diff\\fR is 0 without changes, 1 with changes, and 2 after an error.\n";

/// Writes pages, to standard output or to files of a folder. Files that are there are replaced.
pub fn man(pages: &ManPages, stdout: &mut impl Write) -> Result<bool> {
    match pages {
        ManPages::Overview => stdout.write_all(overview().as_bytes())?,
        ManPages::Fields => stdout.write_all(fields().as_bytes())?,
        ManPages::Command(row) => stdout.write_all(of_command(row).as_bytes())?,
        ManPages::All(folder) => {
            let pages = COMMANDS.iter().map(|row| (1, format!("jinaflow-{}", row.name), of_command(row)));
            for (section, name, text) in pages.chain([(1, "jinaflow".into(), overview()), (5, "jinaflow".into(), fields())]) {
                let folder = FilePath::new(folder).join(format!("man{section}"));
                fs::create_dir_all(&folder).map_err(|error| Failure::unwritable(&folder, "created", error))?;
                let path = folder.join(format!("{name}.{section}"));
                fs::write(&path, text).map_err(|error| Failure::unwritable(&path, "written", error))?;
            }
        }
    }
    Ok(true)
}

/// The page `jinaflow(1)`.
fn overview() -> String {
    let mut out = title("jinaflow", 1, "turn a Jina Flow or Deployment into the Kubernetes manifests that run it");
    out.push_str(".SH SYNOPSIS\n.B jinaflow\n.RI [ COMMAND ]\n.RI [ ARGUMENTS ]\n");
    out.push_str(".SH DESCRIPTION\nWithout a command, \\fBjinaflow\\fR is a KRM function: it reads a ResourceList on standard input and writes a ResourceList.\n");
    out.push_str(".SH COMMANDS\n");
    for row in COMMANDS {
        out.push_str(&format!(".TP\n\\fBjinaflow {}\\fR {}\n{}\n", row.name, line(row.arguments), line(&help::sentence(row.doc))));
    }
    flags(&mut out, "FLAGS", OF_ALL);
    out.push_str(&format!(".SH EXIT STATUS\n{EXIT_CODES}.SH SEE ALSO\n"));
    let pages: Vec<String> = COMMANDS.iter().map(|row| format!(".BR jinaflow\\-{} (1)", row.name)).collect();
    out.push_str(&format!("{},\n.BR jinaflow (5)\n", pages.join(",\n")));
    out
}

/// The page of a command, such as `jinaflow-export(1)`.
fn of_command(row: &Row) -> String {
    let mut out = title(&format!("jinaflow-{}", row.name), 1, row.doc);
    out.push_str(&format!(".SH SYNOPSIS\n.B jinaflow {}\n", row.name));
    out.push_str(".RI [ FLAGS ]\n");
    if !row.arguments.is_empty() {
        out.push_str(&format!(".I {}\n", line(row.arguments)));
    }
    out.push_str(&format!(".SH DESCRIPTION\n{}\n{}", line(&help::sentence(row.doc)), lines(row.details)));
    let own: Vec<&Flag> = row.flags.iter().chain(OF_ALL).collect();
    flags(&mut out, "FLAGS", own);
    if !row.inherited.is_empty() {
        flags(&mut out, "FLAGS OF JINAFLOW EXPORT", row.inherited);
    }
    out.push_str(".SH EXAMPLES\n.nf\n");
    out.extend(row.examples.iter().map(|example| lines(example)));
    out.push_str(&format!(".fi\n.SH EXIT STATUS\n{EXIT_CODES}.SH SEE ALSO\n.BR jinaflow (1),\n.BR jinaflow (5)\n"));
    out
}

/// The page `jinaflow(5)`, about the fields of a JinaFlow.
fn fields() -> String {
    let mut out = title("jinaflow", 5, "fields of a JinaFlow");
    out.push_str(".SH DESCRIPTION\n");
    for text in manual::fields().lines() {
        if let Some(heading) = text.strip_prefix("## ") {
            out.push_str(&format!(".SH {}\n", line(&heading.to_uppercase())));
        } else if let Some((term, doc)) = text.strip_prefix("- ").and_then(entry) {
            out.push_str(&format!(".TP\n{}\n{}\n", bold(&line(term)), bold(&line(doc))));
        } else if !text.starts_with("# ") && !text.is_empty() {
            out.push_str(&format!("{}\n", bold(&line(text))));
        }
    }
    out.push_str(".SH SEE ALSO\n.BR jinaflow (1)\n");
    out
}

/// The field and its description.
fn entry(text: &str) -> Option<(&str, &str)> {
    let end = text.find("): ").map(|at| at + 1).or_else(|| text.find(": "))?;
    Some((&text[..end], &text[end + 2..]))
}

fn title(name: &str, section: u8, doc: &str) -> String {
    let version = concat!("jinaflow ", env!("CARGO_PKG_VERSION"));
    format!(".TH {} {section} \"\" \"{version}\" \"jinaflow\"\n.SH NAME\n{} \\- {}\n", line(&name.to_uppercase()), line(name), line(doc))
}

/// A section about flags.
fn flags<'f>(out: &mut String, heading: &str, flags: impl IntoIterator<Item = &'f Flag>) {
    out.push_str(&format!(".SH {heading}\n"));
    for flag in flags {
        let short = flag.short.map(|short| format!("\\fB\\-{short}\\fR, ")).unwrap_or_default();
        let value = flag.value.map(|value| format!(" \\fI{}\\fR", line(value))).unwrap_or_default();
        out.push_str(&format!(".TP\n{short}\\fB{}\\fR{value}\n{}", line(&flag.spelled()), lines(flag.doc)));
    }
}

/// Lines of text, each with its line break.
fn lines(text: &str) -> String {
    text.lines().map(|text| bold(&line(text)) + "\n").collect()
}

/// A line of text: without characters that start a macro or an escape.
fn line(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// Text between backticks as bold text.
fn bold(text: &str) -> String {
    let mut out = String::new();
    for (number, part) in text.split('`').enumerate() {
        out.push_str(match number {
            0 => "",
            number if number % 2 == 1 => "\\fB",
            _ => "\\fR",
        });
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_the_language_are_escaped() {
        assert_eq!(line(".a"), "\\&.a");
        assert_eq!(bold(&line("write `--a \\n` now")), "write \\fB\\-\\-a \\en\\fR now");
    }

    #[test]
    fn every_backtick_has_its_counterpart() {
        for page in COMMANDS.iter().map(of_command).chain([overview(), fields()]) {
            assert!(
                page.lines().all(|line| line.matches("\\fB").count() + line.matches("\\fI").count() == line.matches("\\fR").count()),
                "{page}"
            );
        }
    }
}
