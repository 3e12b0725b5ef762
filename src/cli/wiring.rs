//! `jinaflow check [PATH…]`: whether manifests are wired, whoever wrote them.

use std::fs;
use std::io::{IsTerminal as _, Write};
use std::path::Path as FilePath;

use anyhow::{Context as _, Result};

use crate::check::external::External;
use crate::check::{self as checker, Component};
use crate::cli::check;
use crate::cli::function;
use crate::cli::input;
use crate::cli::place;
use crate::cli::render::Rendering;
use crate::cli::report::{self, Subject};
use crate::config::{self, Overrides, is_jina_flow};
use crate::finding::{Excerpt, Finding, Findings, Path, Severity, harmless};
use crate::krm::annotations::{INDEX, PATH};
use crate::krm::meta::Meta;
use crate::plan::Room;
use crate::yaml::{self, Data, Document, Node};

/// What to look at and how.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Files and folders; `-` is standard input.
    pub paths: Vec<String>,
    /// What is provided elsewhere.
    pub external: External,
    /// Whether a warning fails the run.
    pub is_strict: bool,
    /// Whether the answer is `results` in JSON and not a table.
    pub as_json: bool,
}

/// Findings that are shown with their line; each looks for it from the start of the file.
const MOST_SHOWN: usize = 100;

/// Addresses that are shown of a component.
const MOST_DIALLED: usize = 3;

/// A file's name and text.
type Text = (String, String);

/// Where an object came from: the file, and its place there.
type Origin = (usize, usize);

/// Looks. Findings go to `said`, the answer is whether all is well.
#[inline(never)]
pub fn inspect(inspection: &Inspection, may_paint: bool, stdout: &mut impl Write, said: &mut String) -> Result<bool> {
    let mut findings = Vec::new();
    let mut texts: Vec<Text> = Vec::new();
    for path in &inspection.paths {
        gather(path, &mut texts, &mut findings, said)?;
    }
    let mut external = inspection.external.clone();
    let mut nodes: Vec<Node<'_>> = Vec::new();
    let mut origins: Vec<Origin> = Vec::new();
    for (file, (name, text)) in texts.iter().enumerate() {
        let documents = match yaml::read_all(text) {
            Ok(documents) => documents,
            Err(error) => {
                let finding = Finding::error("", format!("is not YAML: {}", error.message)).at(error.mark);
                findings.push((Subject::File(name.clone()), finding.quoting(Excerpt::of(name, text, error.mark))));
                continue;
            }
        };
        let before = nodes.len();
        documents.into_iter().filter_map(|document| document.root).for_each(|root| unwrap(root, &mut nodes));
        origins.extend((0..nodes.len() - before).map(|index| (file, index)));
    }
    let lines = |object: usize| {
        let (name, text) = &texts[origins[object].0];
        Some((name.as_str(), text.as_str())).filter(|_| name != STDIN)
    };
    let subject = |object: usize| {
        let mut meta = Meta::of(&nodes[object]);
        let (file, index) = origins[object];
        meta.annotations.clear();
        if inspection.as_json {
            meta.annotations = vec![(PATH.to_owned(), texts[file].0.clone()), (INDEX.to_owned(), index.to_string())];
        }
        Subject::Object(meta)
    };
    let mut room = Room::default();
    let mut flows = 0;
    for (object, node) in nodes.iter().enumerate() {
        let mut own = Findings::default();
        if is_jina_flow(node) {
            let document = Document { root: Some(node.clone()), duplicates: Vec::new() };
            let config = config::read(&document, &Overrides::default(), &mut own);
            let _ = Rendering::of(&config, &Path::root("spec.flow"), &mut room, &mut own);
            flows += 1;
        } else if check::is_check(&Meta::of(node)) {
            check::read(node, &mut external, &mut own);
        }
        findings.extend(place::in_object(own, node, lines(object)).into_iter().map(|finding| (subject(object), finding)));
    }
    let report = checker::check(&nodes, &external);
    if report.components.is_empty() && flows == 0 && findings.is_empty() {
        let finding = Finding::error("", "nothing here runs Jina: there is no `jina gateway` and no `jina executor`");
        findings
            .push((Subject::File(inspection.paths.join(" ")), finding.mend("pipe what is applied: kustomize build … | jinaflow check -")));
    }
    for (object, own) in report.findings.into_iter().enumerate().filter(|(_, own)| !own.is_empty()) {
        let lines = lines(object).filter(|_| findings.len() < MOST_SHOWN);
        findings.extend(place::in_object(own, &nodes[object], lines).into_iter().map(|finding| (subject(object), finding)));
    }
    said.push_str(&report::lines(&findings));
    let count = |severity| findings.iter().filter(|(_, finding)| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if inspection.as_json {
        function::write_results(findings, stdout)?;
    } else {
        let is_painted = may_paint && std::io::stdout().is_terminal();
        write_table(&report.components, is_painted, stdout)?;
        let addresses: usize = report.components.iter().map(|component| component.dials.len()).sum();
        let components = report.components.len();
        writeln!(stdout, "components: {components}, addresses: {addresses}, errors: {errors}, warnings: {warnings}")?;
    }
    Ok(errors == 0 && !(inspection.is_strict && warnings > 0))
}

/// What messages call standard input.
const STDIN: &str = "stdin";

/// The texts of a file, of standard input, or of all files in a folder that look like manifests.
fn gather(path: &str, texts: &mut Vec<Text>, findings: &mut Vec<(Subject, Finding)>, said: &mut String) -> Result<()> {
    if path == "-" || !FilePath::new(path).is_dir() {
        if let Some((subject, text)) = input::text(path, said)? {
            texts.push((subject.words(), text));
        } else {
            findings.push((Subject::File(path.to_owned()), Finding::error("", "was not looked at")));
        }
        return Ok(());
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("{path}: cannot be read"))? {
        let entry = entry.with_context(|| format!("{path}: cannot be read"))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_manifest = [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending));
        if !name.starts_with('.') && (is_folder || is_manifest) {
            names.push(name);
        }
    }
    names.sort();
    if names.iter().any(|name| ["kustomization.yaml", "kustomization.yml"].contains(&name.as_str())) {
        let finding = Finding::error("", "is a kustomization: what it builds can be looked at, not what it is made of");
        findings.push((Subject::File(path.to_owned()), finding.mend(format!("run: kustomize build {path} | jinaflow check -"))));
        return Ok(());
    }
    let folder = path.trim_end_matches('/');
    names.iter().try_for_each(|name| gather(&format!("{folder}/{name}"), texts, findings, said))
}

/// An object, or those of a list.
#[inline(never)]
fn unwrap<'t>(node: Node<'t>, nodes: &mut Vec<Node<'t>>) {
    let is_list = node.get("kind").and_then(Node::as_text).is_some_and(|kind| kind.ends_with("List")) && node.get("items").is_some();
    match node.data {
        Data::Map(pairs) if is_list => {
            for (key, value) in pairs {
                match value.data {
                    Data::List(items) if key.as_text() == Some("items") => nodes.extend(items),
                    _ => {}
                }
            }
        }
        _ => nodes.push(node),
    }
}

/// A line for everything that runs Jina.
#[inline(never)]
fn write_table(components: &[Component], is_painted: bool, stdout: &mut impl Write) -> Result<()> {
    let are_several = components.iter().any(|component| component.namespace != components[0].namespace);
    let mut rows = vec![["", "COMPONENT", "ROLE", "REPLICAS", "IMAGE", "DIALS"].map(str::to_owned)];
    for Component { namespace, cells, dials, is_fine, .. } in components {
        let [name, role, replicas, image] = cells.clone();
        let name = if are_several { format!("{namespace}/{name}") } else { name };
        let mut shown = dials[..dials.len().min(MOST_DIALLED)].join(", ");
        if dials.len() > MOST_DIALLED {
            shown.push_str(&format!(", and {} more", dials.len() - MOST_DIALLED));
        }
        rows.push([if *is_fine { "ok" } else { "✗" }.to_owned(), name, role, replicas, image, shown]);
    }
    let mut widths = [0; 6];
    for row in &rows {
        for (cell, width) in row.iter().zip(&mut widths) {
            *width = cell.chars().count().max(*width);
        }
    }
    for row in rows.iter().filter(|_| !components.is_empty()) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        let line: String = line.trim_end().chars().map(harmless).collect();
        let (mark, rest) = line.split_at(row[0].len());
        match (is_painted, mark) {
            (false, _) | (_, "") => writeln!(stdout, "{line}")?,
            (true, "ok") => writeln!(stdout, "\u{1b}[32m{mark}\u{1b}[0m{rest}")?,
            (true, _) => writeln!(stdout, "\u{1b}[1;31m{mark}\u{1b}[0m{rest}")?,
        }
    }
    Ok(())
}
