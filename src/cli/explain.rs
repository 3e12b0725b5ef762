//! `jinaflow explain [NAME|FLOW]`: the codes of messages, the options of Jina, and where jinaflow differs from
//! Jina's own export.

use std::fmt::Write as _;
use std::io::Write;

use super::codes;
use super::export::Export;
use super::failure::{Report, Result};
use super::input::{self, FlowOfFile, Source};
use crate::config::JinaFlow;
use crate::config::always::{self, Mode};
use crate::config::corrections::{self, Difference};
use crate::config::jcloud_keys::{self, Fate, Instance};
use crate::finding::{Code, Finding, Path, nearest};
use crate::jina::jcloud::JCLOUD;
use crate::jina::{options, reference};
use crate::plan::Budget;
use crate::render::{Rendering, applicable};
use crate::report::{self, Subject};
use crate::yaml::Node;

/// A question for `jinaflow explain`.
#[derive(Debug)]
pub enum Question {
    /// Every difference.
    Everything,
    /// A code, a difference or an option, by its name.
    Name(String),
    /// The differences that affect a Flow.
    Flow(Box<Export>),
}

const CORRECTED: &str = "Corrected, unless the JinaFlow has `compat: jina-3.34`";
const IN_EVERY_MODE: [(Mode, &str); 3] = [
    (Mode::Kept, "Kept in every mode, where Jina corrupts a value"),
    (Mode::Accepted, "Accepted in every mode, where Jina fails"),
    (Mode::Refused, "Refused in every mode, where Jina continues"),
];

/// Answers a question. Returns whether there is an answer.
pub fn explain(question: &Question, stdout: &mut impl Write, report: &mut Report) -> Result<bool> {
    let text = match question {
        Question::Everything => everything(),
        Question::Name(name) => {
            let Some(text) = about(name) else {
                report.push((Subject::CommandLine, unknown(name)));
                return Ok(false);
            };
            text
        }
        Question::Flow(export) => match flow(export, report)? {
            Some(text) => text,
            None => return Ok(false),
        },
    };
    stdout.write_all(text.as_bytes())?;
    Ok(true)
}

/// The differences of both tables.
fn differences() -> impl Iterator<Item = &'static Difference> {
    corrections::TABLE.iter().map(|row| &row.difference).chain(always::TABLE.iter().map(|row| &row.difference))
}

fn unknown(name: &str) -> Finding {
    let known = codes::names()
        .chain(differences().map(|difference| difference.name))
        .chain(options::TABLE.iter().map(|row| row.name))
        .chain([JCLOUD]);
    let finding = Code::UnknownTopic.error("explain", "no file, code, option or difference has this name").got(name);
    match nearest(name, known) {
        Some(near) => finding.propose(near),
        None => finding.fix("run `jinaflow options` for all options, or `jinaflow explain` for all differences"),
    }
}

fn everything() -> String {
    let mut out = String::from(
        "Differences between jinaflow and `jina export kubernetes` 3.34.0.\n\
         `jinaflow explain FLOW` lists the differences that affect a Flow.\n\
         `jinaflow explain OPTION` describes an option of Jina.\n\
         `jinaflow explain CODE` describes the code of a message, such as `unknown-field`.\n",
    );
    heading(&mut out, CORRECTED);
    for row in corrections::TABLE {
        entry(&mut out, &row.difference, &[]);
    }
    for (mode, title) in IN_EVERY_MODE {
        heading(&mut out, title);
        always::TABLE.iter().filter(|row| row.mode == mode).for_each(|row| entry(&mut out, &row.difference, &[]));
    }
    out
}

/// The explanation of a difference, a code or an option.
fn about(name: &str) -> Option<String> {
    if let Some(difference) = differences().find(|difference| difference.name == name) {
        let mut out = String::new();
        entry(&mut out, difference, &[]);
        return Some(out.trim_start().to_owned());
    }
    if name == JCLOUD {
        return Some(jcloud());
    }
    codes::explain(name).or_else(|| options::find(&name.replace('-', "_")).map(reference::option))
}

/// The keys of `jcloud` blocks, and what becomes of them.
fn jcloud() -> String {
    let mut out = String::from(
        "`jcloud` blocks of a Flow are settings for Jina's former cloud. jinaflow translates their keys into the weakest\n\
         values of fields, so each field of a JinaFlow overrides them. `jcloud: ignore` in a JinaFlow, or `--jcloud ignore`,\n\
         turns this off. Under `compat: jina-3.34` the blocks have no effect, as in Jina.\n",
    );
    for key in jcloud_keys::KEYS {
        // Writing to a String cannot fail.
        let _ = write!(out, "\n{}\n", key.name);
        let (label, text) = match key.fate {
            Fate::Fields(text) => ("sets:   ", text),
            Fate::Info(text) | Fate::Warning(text) => ("do:     ", text),
        };
        wrapped(&mut out, "in:     ", &key.places.words());
        wrapped(&mut out, "JCloud: ", key.meaning);
        wrapped(&mut out, label, text);
    }
    heading(&mut out, "Instances");
    for Instance { name, cpu, memory, gpus } in jcloud_keys::INSTANCES {
        let cpu = cpu.map(|cpu| format!("{cpu} CPU, ")).unwrap_or_default();
        let gpus = if gpus > 0 { format!(", {gpus} GPU") } else { String::new() };
        let _ = writeln!(out, "  {name}  {cpu}{memory}{gpus}");
    }
    out
}

/// The differences that affect the Flows of a file; `None` after an error.
fn flow(export: &Export, report: &mut Report) -> Result<Option<String>> {
    let Some(overrides) = export.settings(report)? else { return Ok(None) };
    let Some((subject, text)) = input::text(&export.flow, report)? else { return Ok(None) };
    let source = Source::new(&subject, &text);
    let mut out = String::new();
    let mut findings = Report::new();
    for FlowOfFile { config, findings: mut own, path, document } in input::flows(&text, &subject, &overrides, &mut findings) {
        // Findings about the Flow are reported once, not for every set of differences.
        if let Some(rendering) = Rendering::of(&config, &Path::root(path), &mut Budget::default(), &mut own) {
            rendering.report_missing_images(&config, &Path::root(path), |_, _| false, &mut own);
        }
        if !own.has_errors() {
            affected(&mut out, &export.flow, &config, source.flow(document).as_ref());
        }
        findings.extend(source.place(own, document));
    }
    let is_explained = !report::has_errors(&findings);
    report.extend(findings);
    Ok(is_explained.then_some(out))
}

/// Writes the differences that affect a Flow.
fn affected(out: &mut String, file: &str, config: &JinaFlow, source: Option<&Node<'_>>) {
    let corrected = applicable::corrected(config);
    let always = source.map(|source| applicable::always(config, source)).unwrap_or_default();
    let all = corrections::TABLE.len() + always::TABLE.len();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{file}: {} of {all} differences affect this Flow.", corrected.len() + always.len());
    if !corrected.is_empty() {
        heading(out, CORRECTED);
        for (row, objects) in &corrected {
            entry(out, &row.difference, objects);
        }
    }
    for (mode, title) in IN_EVERY_MODE {
        let mut rows = always.iter().filter(|row| row.mode == mode).peekable();
        if rows.peek().is_some() {
            heading(out, title);
            rows.for_each(|row| entry(out, &row.difference, &[]));
        }
    }
}

fn heading(out: &mut String, title: &str) {
    let _ = write!(out, "\n{title}\n{}\n", "=".repeat(title.chars().count()));
}

fn entry(out: &mut String, difference: &Difference, objects: &[String]) {
    let _ = write!(out, "\n{}\n", difference.name);
    let objects = objects.join(", ");
    for (label, text) in [("Jina:  ", difference.jina), ("wrong: ", difference.why), ("here:  ", difference.ours), ("in:    ", &objects)] {
        if !text.is_empty() {
            wrapped(out, label, text);
        }
    }
}

/// Writes a label and a description in lines of at most 100 characters.
fn wrapped(out: &mut String, label: &str, text: &str) {
    const WIDTH: usize = 100;
    let mut line = format!("  {label}");
    let indent = line.chars().count();
    let mut is_first = true;
    for word in text.split(' ') {
        if !is_first && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(indent);
            is_first = true;
        }
        if !is_first {
            line.push(' ');
        }
        line.push_str(word);
        is_first = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_codes_differences_and_options_are_unique() {
        let mut names: Vec<&str> = codes::names().chain(differences().map(|difference| difference.name)).collect();
        names.extend(options::TABLE.iter().map(|row| row.name));
        names.push(JCLOUD);
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
