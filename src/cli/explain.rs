//! `jinaflow explain [FLOW | NAME]`: where jinaflow differs from Jina's own export, and why.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::Result;

use super::export::Export;
use super::input::{self, FlowOfFile};
use crate::config::always::{self, Mode};
use crate::config::corrections::{self, Difference};
use crate::config::{self, JinaFlow};
use crate::finding::{Path, nearest};
use crate::jina::{options, reference};
use crate::plan::Budget;
use crate::render::{Rendering, applicable};
use crate::report::{self, place};
use crate::yaml::Node;

/// What is asked about.
#[derive(Debug)]
pub enum Question {
    /// Every difference.
    Everything,
    /// One difference or option, by its name.
    Name(String),
    /// The differences that touch a Flow.
    Flow(Box<Export>),
}

const MENDED: &str = "Mended; `compat: jina-3.34` takes these back";
const IN_EVERY_MODE: [(Mode, &str); 3] = [
    (Mode::Kept, "Kept in every mode, where Jina corrupts what was written"),
    (Mode::Accepted, "Accepted in every mode, where Jina fails"),
    (Mode::Refused, "Refused in every mode, where Jina goes on"),
];

/// Answers. The answer is whether all went well.
pub fn explain(question: &Question, stdout: &mut impl Write, said: &mut String) -> Result<bool> {
    match question {
        Question::Everything => {
            stdout.write_all(everything().as_bytes())?;
            Ok(true)
        }
        Question::Name(name) => {
            if let Some(text) = about(name) {
                stdout.write_all(text.as_bytes())?;
                Ok(true)
            } else {
                said.push_str(&format!("error: {}\n", unknown(name)));
                Ok(false)
            }
        }
        Question::Flow(export) => flow(export, stdout, said),
    }
}

/// The differences of both tables.
fn differences() -> impl Iterator<Item = &'static Difference> {
    corrections::TABLE.iter().map(|row| &row.difference).chain(always::TABLE.iter().map(|row| &row.difference))
}

fn unknown(word: &str) -> String {
    let known = differences().map(|difference| difference.name).chain(options::TABLE.iter().map(|row| row.name));
    match nearest(word, known) {
        Some(near) => format!("{word:?} is no file, no difference and no option; did you mean {near}?"),
        None => format!("{word:?} is no file, no difference and no option; run: jinaflow explain"),
    }
}

fn everything() -> String {
    let mut out = String::from(
        "Where jinaflow differs from what `jina export kubernetes` 3.34.0 writes.\n\
         `jinaflow explain FLOW` says what touches a Flow, `jinaflow explain OPTION` what an option does.\n",
    );
    heading(&mut out, MENDED);
    for row in corrections::TABLE {
        entry(&mut out, &row.difference, &[]);
    }
    for (mode, title) in IN_EVERY_MODE {
        heading(&mut out, title);
        always::TABLE.iter().filter(|row| row.mode == mode).for_each(|row| entry(&mut out, &row.difference, &[]));
    }
    out
}

fn about(word: &str) -> Option<String> {
    let mut out = String::new();
    if let Some(difference) = differences().find(|difference| difference.name == word) {
        entry(&mut out, difference, &[]);
        return Some(out.trim_start().to_owned());
    }
    options::find(&word.replace('-', "_")).map(reference::option)
}

fn flow(export: &Export, stdout: &mut impl Write, said: &mut String) -> Result<bool> {
    let Some((subject, text)) = input::text(&export.flow, said)? else { return Ok(false) };
    let mut out = String::new();
    let mut findings = Vec::new();
    let flows = input::flows(&text, &subject, &export.overrides, &mut findings);
    let documents = config::documents(&text).unwrap_or_default();
    for FlowOfFile { config, findings: mut own, path, document } in flows {
        // What is wrong with the Flow is said once, and not for every set of differences.
        Rendering::of(&config, &Path::root(path), &mut Budget::default(), &mut own);
        if !own.has_errors() {
            let source = documents.get(document).and_then(input::source);
            touching(&mut out, &export.flow, &config, source.as_ref());
        }
        findings.extend(place::in_file(own, &subject, &text, document));
    }
    said.push_str(&report::lines(&findings));
    if report::has_errors(&findings) {
        return Ok(false);
    }
    stdout.write_all(out.as_bytes())?;
    Ok(true)
}

fn touching(out: &mut String, file: &str, config: &JinaFlow, source: Option<&Node<'_>>) {
    let corrected = applicable::corrected(config);
    let always = source.map(|source| applicable::always(config, source)).unwrap_or_default();
    let all = corrections::TABLE.len() + always::TABLE.len();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{file}: {} of {all} differences touch this Flow.", corrected.len() + always.len());
    if !corrected.is_empty() {
        heading(out, MENDED);
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

/// A label and a text in lines of at most 100 characters.
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
