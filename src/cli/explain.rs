//! `jinaflow explain [NAME|FLOW]`: the codes of messages, the fields of a JinaFlow, the options of Jina, and where jinaflow
//! differs from Jina's own export.

use std::fmt::Write as _;
use std::io::Write;

use super::codes;
use super::export::Export;
use super::failure::{Report, Result};
use super::input::{self, FlowOfFile, Source};
use super::site;
use crate::config::JinaFlow;
use crate::config::always::{self, Mode};
use crate::config::corrections::{self, Difference};
use crate::config::field_page::{self, Entry};
use crate::config::jcloud_keys::{self, Fate, Instance};
use crate::finding::{Code, Finding, Path, nearest};
use crate::jina::jcloud::JCLOUD;
use crate::jina::{former, options, reference};
use crate::manifests::reasons::{self, REASONS, Reason};
use crate::plan::Budget;
use crate::render::{Rendering, applicable};
use crate::report::{self, Subject};
use crate::yaml::Node;

/// A question for `jinaflow explain`.
#[derive(Debug)]
pub enum Question {
    /// Every difference.
    Everything,
    /// A code, a difference, a field or an option, by its name.
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

/// Everything that can be explained, by its name.
pub fn topics() -> impl Iterator<Item = &'static str> {
    let differences = differences().map(|difference| difference.name);
    let reasons = REASONS.iter().map(|reason| reason.name);
    codes::names().chain(differences).chain(option_names()).chain(field_page::names()).chain(reasons).chain([JCLOUD])
}

fn unknown(name: &str) -> Finding {
    let finding =
        Code::UnknownTopic.error("explain", "no file, code, field, option, difference or field of manifests has this name").got(name);
    match nearest(last(name), topics()) {
        Some(near) => finding.propose(near),
        None => finding.fix("run `jinaflow fields`, `jinaflow options` or `jinaflow explain` for all names"),
    }
}

/// The names of the options of Jina.
pub fn option_names() -> impl Iterator<Item = &'static str> {
    options::TABLE.iter().map(|row| row.name)
}

/// The last step of a path, such as `executors[0].replicas`.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Prints one option of Jina. Returns whether it exists.
pub fn option(name: &str, stdout: &mut impl Write, report: &mut Report) -> Result<bool> {
    let Some(row) = find_option(name) else {
        let finding = Code::UnknownTopic.error("options", "no option of Jina has this name").got(name);
        let finding = match nearest(last(name), option_names()) {
            Some(near) => finding.propose(near),
            None => finding.fix("run `jinaflow options` for all options"),
        };
        report.push((Subject::CommandLine, finding));
        return Ok(false);
    };
    stdout.write_all(reference::option(row).as_bytes())?;
    Ok(true)
}

/// Prints the fields of a JinaFlow with a name, and the fields below them. Returns whether there are any.
pub fn fields(name: &str, stdout: &mut impl Write, report: &mut Report) -> Result<bool> {
    let found = field_page::find(name);
    if found.is_empty() {
        let finding = Code::UnknownTopic.error("fields", "no field of a JinaFlow has this name").got(name);
        let finding = match nearest(last(name), field_page::names()) {
            Some(near) => finding.propose(near),
            None if find_option(name).is_some() => finding.fix(format!("it is an option of Jina; run: jinaflow options {name}")),
            None => finding.fix("run `jinaflow fields` for all fields"),
        };
        report.push((Subject::CommandLine, finding));
        return Ok(false);
    }
    for entry in found {
        stdout.write_all(entry.lines().as_bytes())?;
    }
    Ok(true)
}

/// The option with a name or alias, also below the path of its place in a Flow or in a field `flow`.
fn find_option(name: &str) -> Option<&'static options::Row> {
    options::find(&last(name).replace('-', "_"))
}

fn everything() -> String {
    let mut out = String::from(
        "Differences between jinaflow and `jina export kubernetes` 3.34.0.\n\
         `jinaflow explain FLOW` lists the differences that affect a Flow.\n\
         `jinaflow explain OPTION` describes an option of Jina.\n\
         `jinaflow explain FIELD` describes a field of a JinaFlow, such as `storage.size`.\n\
         `jinaflow explain CODE` describes the code of a message, such as `unknown-field`.\n\
         `jinaflow explain NAME` says why manifests have a field, or why not: readinessProbe, clusterIP,\n\
         and others.\n",
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

/// The explanations of everything with a name: a difference, a code, fields of a JinaFlow, an option of Jina. Their addresses on the
/// web are the last lines.
fn about(name: &str) -> Option<String> {
    let mut addresses = Vec::new();
    let mut pages = Vec::new();
    if let Some(difference) = differences().find(|difference| difference.name == name) {
        let mut out = String::new();
        entry(&mut out, difference, &[]);
        pages.push(out.trim_start().to_owned());
        addresses.push(site::difference(name));
    }
    if let Some(code) = codes::explain(name) {
        pages.push(code);
        addresses.push(site::code(name));
    }
    if pages.is_empty() {
        let (fields, others) = fields_of(name);
        pages.extend(fields.iter().map(page));
        addresses.extend(fields.iter().map(site::field));
        pages.extend(others);
        if let Some(row) = find_option(name) {
            pages.push(about_option(row));
            addresses.push(site::option(row.name));
        }
    }
    if name == JCLOUD {
        pages.push(jcloud());
    }
    pages.extend(reasons::find(name).map(reason));
    if pages.is_empty() {
        pages.extend(former::find(&name.replace('-', "_")).map(|row| format!("{}\n", row.page())));
    }
    if !addresses.is_empty() {
        pages.push(addresses.concat());
    }
    (!pages.is_empty()).then(|| pages.join("\n"))
}

/// Why manifests have something, or do not have it.
fn reason(reason: &Reason) -> String {
    let mut out = title(&format!("{} (in manifests)", reason.name));
    paragraph(&mut out, reason.why);
    out
}

/// The fields with a name. If some of them are top fields, the others are only listed, as the second value.
fn fields_of(name: &str) -> (Vec<Entry>, Option<String>) {
    let (top, below): (Vec<Entry>, Vec<Entry>) = field_page::find(name).into_iter().partition(Entry::is_at_the_top);
    if top.is_empty() || below.is_empty() {
        return (if top.is_empty() { below } else { top }, None);
    }
    let mut others = "Other fields with this name\n\n".to_owned();
    for entry in &below {
        wrapped(&mut others, "", &entry.path());
    }
    (top, Some(others))
}

/// The description of a field, with an example.
fn page(entry: &Entry) -> String {
    let mut out = title(&format!("{} (field of a JinaFlow)", entry.path()));
    paragraph(&mut out, entry.doc());
    out.push('\n');
    for (label, text) in entry.properties() {
        wrapped(&mut out, &format!("{:9}", format!("{label}:")), &text);
    }
    out.push_str("\nExample:\n\n");
    for line in entry.example().lines() {
        let _ = writeln!(out, "    {line}");
    }
    out
}

/// The description of an option, for a terminal.
fn about_option(row: &options::Row) -> String {
    let text = reference::option(row);
    // The first line is a heading in Markdown.
    let body = text.split_once("\n\n").map_or("", |(_, body)| body);
    format!("{}{body}", title(&format!("{} (option of Jina)", row.name)))
}

fn title(text: &str) -> String {
    format!("{text}\n{}\n\n", "=".repeat(text.chars().count()))
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

/// The most characters of a line.
const WIDTH: usize = 100;

/// Writes a label and a description in lines of at most [`WIDTH`] characters.
fn wrapped(out: &mut String, label: &str, text: &str) {
    lines(out, &format!("  {label}"), text);
}

/// Writes a paragraph in lines of at most [`WIDTH`] characters.
fn paragraph(out: &mut String, text: &str) {
    lines(out, "", text);
}

/// Writes words in lines. The first line begins with `start`, and the others are indented by its length.
fn lines(out: &mut String, start: &str, text: &str) {
    let mut line = start.to_owned();
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
