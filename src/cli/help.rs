//! Help: the list of commands, the page of each command, and the manual.

use super::commands::{COMMANDS, Row};
use super::flags::Flag;

/// The function's README, which is the manual.
const README: &str = include_str!("../../functions/jinaflow/README.md");

/// Commands for editors, packages and catalogs. The overview has one line about them, so that it fits a terminal.
const FOR_PACKAGES: [&str; 4] = ["schema", "definition", "completion", "man"];

const READ_ON: &str = "\
\nFlags and examples of a command: jinaflow COMMAND --help
JinaFlow, kustomize, kpt and all the rest: jinaflow manual
For editors, shells, packages and catalogs: jinaflow schema, completion, man, definition
Exit code: 0, or 1 with an error; of diff 0 without changes, 1 with changes, 2 with an error.
";

/// The manual, without the comments for documentation generators.
pub fn manual() -> String {
    README.lines().filter(|line| !line.starts_with("<!--mdtogo")).flat_map(|line| [line, "\n"]).collect()
}

/// The overview of all commands.
pub fn overview() -> String {
    let mut out = concat!(
        "jinaflow ",
        env!("CARGO_PKG_VERSION"),
        "\n\nTurn a Jina Flow or Deployment into the Kubernetes manifests that run it.\n\nUsage:\n"
    )
    .to_owned();
    let rows = COMMANDS.iter().filter(|row| !FOR_PACKAGES.contains(&row.name));
    let commands = rows.map(|row| (row.usage(), row.doc));
    let function = ("jinaflow".to_owned(), "as a KRM function: read a ResourceList, and write a ResourceList");
    entries(&mut out, commands.chain([function]));
    out.push_str(READ_ON);
    out
}

/// The help of one command.
pub fn of_command(row: &Row) -> String {
    let has_flags = !row.flags.is_empty() || !row.inherited.is_empty();
    let mut out = format!("Usage: {}{}\n", row.usage(), if has_flags { " [FLAGS]" } else { "" });
    out.push_str(&format!("\n{}\n", sentence(row.doc)));
    if !row.details.is_empty() {
        out.push_str(&format!("{}\n", row.details));
    }
    if !row.flags.is_empty() {
        out.push_str("\nFlags:\n");
        entries(&mut out, row.flags.iter().map(|flag| (term(flag), flag.doc)));
    }
    out.push_str(if row.examples.len() > 1 { "\nExamples:\n" } else { "\nExample:\n" });
    out.extend(row.examples.iter().map(|example| format!("  {example}\n")));
    out
}

/// The description of a command as a sentence.
pub fn sentence(doc: &str) -> String {
    format!("{}{}.", doc[..1].to_uppercase(), &doc[1..])
}

/// A flag with its short form and its value.
fn term(flag: &Flag) -> String {
    let short = flag.short.map(|short| format!("-{short}, ")).unwrap_or_default();
    let value = flag.value.map(|value| format!(" {value}")).unwrap_or_default();
    format!("{short}{}{value}", flag.spelled())
}

/// Terms and their descriptions, in two columns.
fn entries<'e>(out: &mut String, entries: impl Iterator<Item = (String, &'e str)>) {
    let entries: Vec<(String, &str)> = entries.collect();
    let width = entries.iter().map(|(term, _)| term.len()).max().unwrap_or_default();
    for (mut term, description) in entries {
        for line in description.lines() {
            out.push_str(&format!("  {term:width$}  {line}\n"));
            term.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::flags::{OF_ALL, OF_CHECK, OF_DIFF, OF_EXPORT, OF_GRAPH, OF_INIT, OF_SUMMARY};
    use super::*;

    #[test]
    fn the_manual_has_every_command_and_flag() {
        let manual = manual();
        for row in COMMANDS {
            let has_it = manual.lines().any(|line| line.trim_start().starts_with(&format!("jinaflow {}", row.name)));
            assert!(has_it, "{}", row.name);
        }
        for flag in [OF_INIT, OF_EXPORT, OF_CHECK, OF_DIFF, OF_SUMMARY, OF_GRAPH, OF_ALL].into_iter().flatten() {
            assert!(manual.contains(&term(flag)), "{}", term(flag));
        }
    }

    #[test]
    fn the_overview_has_every_command() {
        let overview = overview();
        for row in COMMANDS {
            assert!(overview.contains(row.name), "{}", row.name);
        }
        assert!(FOR_PACKAGES.iter().all(|name| COMMANDS.iter().any(|row| row.name == *name)));
    }

    #[test]
    fn every_page_fits_a_terminal() {
        for page in COMMANDS.iter().map(of_command).chain([overview()]) {
            assert!(page.lines().count() <= 24, "{page}");
            for line in page.lines() {
                assert!(line.chars().count() <= 100, "{line}");
            }
        }
    }
}
