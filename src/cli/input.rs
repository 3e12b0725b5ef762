//! The Flows of a file that the command line names.

use std::cell::OnceCell;
use std::fs;
use std::path::Path as FilePath;

use super::failure::{Failure, Report, Result};
use super::{nested_files, stdin};
use crate::config::{self, JinaFlow, Overrides, is_jina_flow};
use crate::finding::{Code, Excerpt, Finding, Findings};
use crate::jina::nested::Files;
use crate::jina::templates;
use crate::report::Subject;
use crate::report::place::{self, Written};
use crate::yaml::{Document, Node};

/// One Flow of a file.
pub struct FlowOfFile {
    /// The Flow, with the settings of the command line.
    pub config: JinaFlow,
    /// The findings from reading the Flow.
    pub findings: Findings,
    /// The path of the Flow in its document.
    pub path: &'static str,
    /// The index of the document in the file.
    pub document: usize,
}

/// Returns the text of a file and the subject for its findings; `-` is standard input. If the text is not UTF-8, returns
/// `None` and adds a finding to `report`.
pub fn text(name: &str, report: &mut Report) -> Result<Option<(Subject, String)>> {
    let (name, bytes) = match name {
        "-" => (stdin::NAME, stdin::read()?),
        _ => (name, fs::read(name).map_err(|error| Failure::unreadable(FilePath::new(name), error))?),
    };
    let subject = Subject::File(name.to_owned());
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some((subject, text))),
        Err(error) => {
            let finding = place::not_utf8(&subject, error.as_bytes(), error.utf8_error());
            report.push((subject, finding));
            Ok(None)
        }
    }
}

/// Reads all `JinaFlow`s of a file, or its only plain Flow.
pub fn flows(text: &str, subject: &Subject, overrides: &Overrides, report: &mut Report) -> Vec<FlowOfFile> {
    let shown = |finding: Finding| {
        let excerpt = finding.mark.and_then(|mark| Excerpt::of(&subject.words(), text, mark));
        (subject.clone(), finding.quoting(excerpt))
    };
    let mut documents = match config::documents(text) {
        Ok(documents) => documents,
        Err(error) => {
            report.push(shown(match templates::in_text(text, error.mark) {
                Some(template) => templates::finding("", template),
                None => Code::InvalidYaml.error("", format!("is not valid YAML: {}", error.message)).at(error.mark),
            }));
            return Vec::new();
        }
    };
    let is_config = |document: &Document<'_>| document.root.as_ref().is_some_and(is_jina_flow);
    let unknown = documents.iter().filter_map(|document| document.root.as_ref()).filter_map(config::unknown_kind);
    report.extend(unknown.map(shown));
    if !report.is_empty() {
        return Vec::new();
    }
    let files = match subject {
        Subject::File(name) if name != stdin::NAME => nested_files::read(&documents, name),
        _ => Files::default(),
    };
    let overrides = &Overrides { files, ..overrides.clone() };
    if documents.iter().any(is_config) {
        let configs = documents.iter().enumerate().filter(|(_, document)| is_config(document));
        let flow = |(index, document): (usize, &Document<'_>)| {
            let mut findings = Findings::default();
            let config = config::read(document, overrides, &mut findings);
            FlowOfFile { config, findings, path: "spec.flow", document: index }
        };
        return configs.map(flow).collect();
    }
    let index = documents.iter().position(|document| document.root.is_some()).unwrap_or_default();
    documents.retain(|document| document.root.is_some());
    if documents.len() > 1 {
        let mark = documents[1].root.as_ref().map(|root| root.mark).unwrap_or_default();
        let finding = Code::SeveralDocuments.error("", "has several documents, but a Flow is one document");
        report.push(shown(finding.fix("write each Flow to its own file").at(mark)));
        return Vec::new();
    }
    let document = documents.pop().unwrap_or(Document { root: None, duplicates: Vec::new() });
    let mut findings = Findings::default();
    let config = config::read_bare(document, overrides, &mut findings);
    vec![FlowOfFile { config, findings, path: "", document: index }]
}

/// The documents of a file, for the lines of findings. The file is parsed once, and only if there is a finding.
pub struct Source<'t> {
    subject: &'t Subject,
    text: &'t str,
    written: Written<'t>,
    documents: OnceCell<Vec<Document<'t>>>,
}

impl<'t> Source<'t> {
    /// The documents of a file.
    pub fn new(subject: &'t Subject, text: &'t str) -> Self {
        let name = match subject {
            Subject::File(name) => name,
            _ => "",
        };
        Self { subject, text, written: Written::new(name, text, 0), documents: OnceCell::new() }
    }

    /// The file.
    pub fn subject(&self) -> &'t Subject {
        self.subject
    }

    fn document(&self, index: usize) -> Option<&Document<'t>> {
        self.documents.get_or_init(|| config::documents(self.text).unwrap_or_default()).get(index)
    }

    /// The Flow of a document as the user wrote it, without the `JinaFlow` around it.
    pub fn flow(&self, document: usize) -> Option<Node<'_>> {
        let root = self.document(document)?.root.as_ref()?;
        if !is_jina_flow(root) {
            return Some(root.clone());
        }
        let flow = root.get("spec")?.get("flow")?;
        config::flow_document(flow).ok()?.root
    }

    /// Returns findings about a document in the order of their places, each with its line.
    pub fn place(&self, findings: Findings, document: usize) -> Report {
        if findings.is_empty() {
            return Report::new();
        }
        match self.document(document).and_then(|document| document.root.as_ref()) {
            Some(root) => {
                let placed = place::in_object(findings, root, Some(&self.written));
                placed.into_iter().map(|finding| (self.subject.clone(), finding)).collect()
            }
            // The file is empty.
            None => place::in_file(findings, self.subject, self.text, document),
        }
    }
}
