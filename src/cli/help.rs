//! `jinaflow --help`: the commands and their flags, from their tables, and the manual.

use super::commands::{COMMANDS, Row};
use super::flags::{Flag, OF_ALL, OF_CHECK, OF_EXPORT};

/// The function's README, which is the manual.
const README: &str = include_str!("../../functions/jinaflow/README.md");

const EXAMPLES: &str = "\
Examples:
  Write the manifests of a Flow to a folder, and apply them:
      jinaflow export flow.yml manifests --k8s-namespace search
      kubectl apply -R -f manifests
  Check what kustomize builds:
      kustomize build --enable-alpha-plugins --enable-exec overlays/prod | jinaflow check -
  Explain a message such as `error[unknown-field]: …`:
      jinaflow explain unknown-field
";

const ENVIRONMENT: &str = "\
Environment of export and explain FLOW:
  JINA_GATEWAY_IMAGE              image of the gateway
  JINA_K8S_STORAGE_CLASS_NAME, JINA_K8S_STORAGE_CAPACITY, JINA_K8S_ACCESS_MODES
                                  storage of claims for `volumes`
";

const READ_ON: &str = "\
More:
  jinaflow COMMAND --help         one command
  jinaflow manual                 the JinaFlow, kustomize, kpt, and all the rest
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
    entry(&mut out, "jinaflow", "as a KRM function: a ResourceList on standard input, the answer on standard output");
    for row in COMMANDS {
        entry(&mut out, &row.usage(), row.doc);
    }
    flags(&mut out, "Flags of export and explain FLOW", OF_EXPORT);
    flags(&mut out, "Flags of check", OF_CHECK);
    flags(&mut out, "Flags of every command", OF_ALL);
    out.push_str("\nExit code: 0 without errors, 1 with an error.\n\n");
    out.extend([ENVIRONMENT, "\n", EXAMPLES, "\n", READ_ON]);
    out
}

/// The help of one command.
pub fn of_command(row: &Row) -> String {
    let mut out = format!("Usage: {}", row.usage());
    out.push_str(if row.flags.is_empty() { "\n" } else { " [FLAGS]\n" });
    out.push_str(&format!("\n{}{}.\n", row.doc[..1].to_uppercase(), &row.doc[1..]));
    if !row.details.is_empty() {
        out.push_str(&format!("{}\n", row.details));
    }
    if !row.flags.is_empty() {
        flags(&mut out, "Flags", row.flags);
    }
    out
}

fn flags(out: &mut String, title: &str, flags: &[Flag]) {
    out.push_str(&format!("\n{title}:\n"));
    for flag in flags {
        entry(out, &term(flag), flag.doc);
    }
}

/// A flag with its short form and its value.
fn term(flag: &Flag) -> String {
    let short = flag.short.map(|short| format!("-{short}, ")).unwrap_or_default();
    let value = flag.value.map(|value| format!(" {value}")).unwrap_or_default();
    format!("{short}{}{value}", flag.spelled())
}

/// A term and its description, in two columns.
fn entry(out: &mut String, term: &str, description: &str) {
    const WIDTH: usize = 30;
    const INDENT: usize = WIDTH + 4;
    let mut term = format!("  {term:WIDTH$}  ");
    if term.len() > INDENT {
        out.push_str(&format!("{}\n", term.trim_end()));
        term = " ".repeat(INDENT);
    }
    for line in description.lines() {
        out.push_str(&format!("{term}{line}\n"));
        term = " ".repeat(INDENT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_every_command_and_flag() {
        let manual = manual();
        for row in COMMANDS {
            let has_it = manual.lines().any(|line| line.trim_start().starts_with(&format!("jinaflow {}", row.name)));
            assert!(has_it, "{}", row.name);
        }
        for flag in OF_EXPORT.iter().chain(OF_CHECK).chain(OF_ALL) {
            assert!(manual.contains(&term(flag)), "{}", term(flag));
        }
    }

    #[test]
    fn help_fits_the_width_of_a_terminal() {
        let pages = COMMANDS.iter().map(of_command).chain([overview()]);
        for line in pages.flat_map(|page| page.lines().map(str::to_owned).collect::<Vec<_>>()) {
            assert!(line.chars().count() <= 126, "{line}");
        }
    }
}
