//! The Flows of a file that is named on the command line.

use std::fs;

use anyhow::{Result, anyhow};

use crate::config::{self, JinaFlow, Overrides, is_jina_flow};
use crate::finding::{Excerpt, Finding, Findings};
use crate::report::place;
use crate::report::{self, Subject};
use crate::yaml::{Document, Node};

/// One Flow of a file.
pub struct FlowOfFile {
    /// The Flow, with what the command line sets over it.
    pub config: JinaFlow,
    /// What reading found.
    pub findings: Findings,
    /// The Flow's own path.
    pub path: &'static str,
    /// Its place among the documents of the file.
    pub document: usize,
}

/// The text of a file, `-` for standard input, and how messages call it; `None` after a complaint in `said`.
pub fn text(name: &str, said: &mut String) -> Result<Option<(Subject, String)>> {
    let bytes = match name {
        "-" => super::stdin::read()?,
        _ => fs::read(name).map_err(|error| anyhow!("{name}: cannot be read: {error}"))?,
    };
    let subject = Subject::File(if name == "-" { "stdin" } else { name }.to_owned());
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some((subject, text))),
        Err(error) => {
            let finding = place::not_utf8(&subject, error.as_bytes(), error.utf8_error());
            said.push_str(&report::lines(&[(subject, finding)]));
            Ok(None)
        }
    }
}

/// The `JinaFlows` of a file, or the one bare Flow that it is.
pub fn flows(text: &str, subject: &Subject, overrides: &Overrides, findings: &mut Vec<(Subject, Finding)>) -> Vec<FlowOfFile> {
    let mut documents = match config::documents(text) {
        Ok(documents) => documents,
        Err(error) => {
            let finding = Finding::error("", format!("is not YAML: {}", error.message)).at(error.mark);
            let excerpt = Excerpt::of(&subject.words(), text, error.mark);
            findings.push((subject.clone(), finding.quoting(excerpt)));
            return Vec::new();
        }
    };
    let is_config = |document: &Document<'_>| document.root.as_ref().is_some_and(is_jina_flow);
    for finding in documents.iter().filter_map(|document| document.root.as_ref()).filter_map(config::unknown_kind) {
        let excerpt = finding.mark.and_then(|mark| Excerpt::of(&subject.words(), text, mark));
        findings.push((subject.clone(), finding.quoting(excerpt)));
    }
    if !findings.is_empty() {
        return Vec::new();
    }
    if documents.iter().any(is_config) {
        let configs = documents.iter().enumerate().filter(|(_, document)| is_config(document));
        let flow = |(place, document): (usize, &Document<'_>)| {
            let mut own = Findings::default();
            let config = config::read(document, overrides, &mut own);
            FlowOfFile { config, findings: own, path: "spec.flow", document: place }
        };
        return configs.map(flow).collect();
    }
    let place = documents.iter().position(|document| document.root.is_some()).unwrap_or_default();
    documents.retain(|document| document.root.is_some());
    if documents.len() > 1 {
        let mark = documents[1].root.as_ref().map(|root| root.mark).unwrap_or_default();
        let finding = Finding::error("", "holds several documents, and a Flow is one").fix("keep one Flow in a file").at(mark);
        let excerpt = Excerpt::of(&subject.words(), text, mark);
        findings.push((subject.clone(), finding.quoting(excerpt)));
        return Vec::new();
    }
    let document = documents.pop().unwrap_or(Document { root: None, duplicates: Vec::new() });
    let mut own = Findings::default();
    let config = config::read_bare(document, overrides, &mut own);
    vec![FlowOfFile { config, findings: own, path: "", document: place }]
}

/// The Flow of a document as it was written, out of its `JinaFlow` where it is in one.
pub fn source<'t>(document: &'t Document<'t>) -> Option<Node<'t>> {
    let root = document.root.as_ref()?;
    if !is_jina_flow(root) {
        return Some(root.clone());
    }
    let flow = root.get("spec")?.get("flow")?;
    config::flow_document(flow).ok()?.root
}
