//! `jinaflow check [PATH…]`: whether manifests are wired, whoever wrote them.

use std::fs;
use std::io::{IsTerminal as _, Write};
use std::path::Path as FilePath;

use anyhow::Result;

use crate::check::external::External;
use crate::check::{self, Component, Options};
use crate::cli::unrendered::{self, Unrendered};
use crate::config::corrections::Correction;
use crate::config::{self, Overrides, is_jina_flow};
use crate::finding::{Finding, Findings, Mark, Path, Severity, harmless};
use crate::function::documents::{self, Aliases, Piece};
use crate::function::{self, flow_check};
use crate::krm::annotations::{INDEX, PATH};
use crate::krm::meta::Meta;
use crate::plan::{Budget, Role};
use crate::reconcile::{Origin, Placing};
use crate::render::Rendering;
use crate::render::kept;
use crate::report::place::{self, Written};
use crate::report::{self, Subject};
use crate::yaml::{self, Data, Document, Node, SyntaxError};

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

/// Findings that are shown with their line.
const MOST_SHOWN: usize = 100;

/// Addresses that are shown of a component.
const MOST_DIALLED: usize = 3;

/// Characters of a cell of the table: a row is as wide as the widest of all.
const WIDEST: usize = 100;

/// A file, or standard input.
#[derive(Debug)]
pub struct File {
    /// What messages call it.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What was found before anything was looked at as a whole.
type Told = Vec<(Subject, Finding)>;

/// Objects, and where each came from.
#[derive(Default)]
struct Objects<'t> {
    nodes: Vec<Node<'t>>,
    /// The place of the text of each.
    texts: Vec<usize>,
    /// The place of each in its file.
    indices: Vec<usize>,
    /// What was read, and the name of its file.
    written: Vec<(Written<'t>, &'t str)>,
}

/// What was found in files.
#[derive(Debug)]
pub struct Seen {
    /// What is wrong, or worth knowing.
    pub findings: Vec<(Subject, Finding)>,
    /// What runs Jina, and what a Flow takes for it.
    pub components: Vec<Component>,
}

impl Seen {
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|(_, finding)| finding.severity == severity).count()
    }
}

/// Looks. Findings go to `said`, the answer is whether all is well.
pub fn inspect(inspection: &Inspection, may_paint: bool, stdout: &mut impl Write, said: &mut String) -> Result<bool> {
    let mut findings = Told::new();
    let mut files: Vec<File> = Vec::new();
    for path in &inspection.paths {
        gather(path, &mut files, &mut findings)?;
    }
    let seen = look(&files, findings, inspection);
    said.push_str(&report::lines(&seen.findings));
    let (errors, warnings) = (seen.count(Severity::Error), seen.count(Severity::Warning));
    if inspection.as_json {
        function::write_results(seen.findings, stdout)?;
    } else {
        let is_painted = may_paint && std::io::stdout().is_terminal();
        write_table(&seen.components, is_painted, stdout)?;
        let addresses: usize = seen.components.iter().map(|component| component.dials.len()).sum();
        let components = seen.components.len();
        writeln!(stdout, "components: {components}, addresses: {addresses}, errors: {errors}, warnings: {warnings}")?;
    }
    Ok(errors == 0 && !(inspection.is_strict && warnings > 0))
}

/// Looks at files that have been read. `findings` are those of reading.
pub fn look(files: &[File], mut findings: Vec<(Subject, Finding)>, inspection: &Inspection) -> Seen {
    let objects = read(files, &mut findings);
    let mut options = Options { external: inspection.external.clone(), is_strict: inspection.is_strict };
    let subject = |object: usize| {
        let mut meta = flow_check::named(&objects.nodes[object]);
        if inspection.as_json {
            let path = (PATH.to_owned(), objects.written[objects.texts[object]].1.to_owned());
            meta.annotations = vec![path, (INDEX.to_owned(), objects.indices[object].to_string())];
        }
        Subject::Object(meta)
    };
    // Standard input is gone when anybody reads about it.
    let lines = |object: usize| objects.written.get(objects.texts[object]).filter(|(_, name)| *name != STDIN).map(|(written, _)| written);
    let mut told: Vec<(usize, Findings)> = Vec::new();
    let mut flows: Vec<Unrendered> = Vec::new();
    let mut renderings: Vec<(Placing, Rendering)> = Vec::new();
    let mut budget = Budget::default();
    let mut are_flows = false;
    for (object, node) in objects.nodes.iter().enumerate() {
        let mut own = Findings::default();
        if is_jina_flow(node) {
            if let Some((flow, placing, rendering)) = flow(object, node, &mut budget, &mut own) {
                flows.push(flow);
                renderings.push((placing, rendering));
            }
            are_flows = true;
        } else if flow_check::is_check(&Meta::of(node)) {
            flow_check::read(node, &mut options.external, &mut own);
        } else {
            own.extend(config::unknown_kind(node));
        }
        told.push((object, own));
    }
    let checked = check::check(&objects.nodes, &options);
    let running = checked.components.iter().filter_map(|component| component.jina_name.as_deref());
    for (object, finding) in unrendered::judge(&flows, &objects.nodes, running) {
        told[object].1.push(finding);
    }
    for (object, finding) in kept::edits(&objects.nodes, &renderings) {
        told[object].1.push(finding);
    }
    let (runs_jina, has_errors) = (checked.components.iter().any(|component| component.is_jina), report::has_errors(&findings));
    if !runs_jina && !are_flows && !has_errors && told.iter().all(|(_, own)| own.is_empty()) {
        let message = "nothing here runs Jina: there is no `jina gateway` and no `jina executor`";
        let mend = "did kustomize run with --enable-alpha-plugins --enable-exec? Pipe what is applied: \
                    kustomize build --enable-alpha-plugins --enable-exec … | jinaflow check -";
        findings.push((Subject::File(inspection.paths.join(" ")), Finding::error("", message).fix(mend)));
    }
    let checked_ones = checked.findings.into_iter().enumerate();
    for (object, own) in told.into_iter().chain(checked_ones).filter(|(_, own)| !own.is_empty()) {
        let lines = lines(object).filter(|_| findings.len() < MOST_SHOWN);
        let subject = subject(object);
        findings.extend(place::in_object(own, &objects.nodes[object], lines).into_iter().map(|finding| (subject.clone(), finding)));
    }
    Seen { findings, components: checked.components }
}

/// A JinaFlow that could be rendered. What is wrong with it otherwise goes to `own`.
fn flow(object: usize, node: &Node<'_>, budget: &mut Budget, own: &mut Findings) -> Option<(Unrendered, Placing, Rendering)> {
    let document = Document { root: Some(node.clone()), duplicates: Vec::new() };
    let config = config::read(&document, &Overrides::default(), own);
    let rendering = Rendering::of(&config, &Path::root("spec.flow"), budget, own)?;
    let has_labels = config.settings.corrections().has(Correction::ObjectLabels);
    let components = rendering.components();
    // A Flow without executors is its gateway.
    let is_meant = |role: Role| components.len() == 1 || role != Role::Gateway;
    let executors = components.iter().filter(|component| is_meant(component.role));
    let executors = executors.flat_map(|component| [component.node.clone(), component.name.clone()]).collect();
    let unrendered = Unrendered { object, executors, has_labels };
    let namespace = rendering.target().namespace.unwrap_or_default().to_owned();
    let on_conflict = config.settings.on_conflict;
    let placing = Placing { meta: Meta::of(node), origin: Origin::Package, on_conflict, namespace, components: rendering.planned() };
    Some((unrendered, placing, rendering))
}

/// What messages call standard input.
const STDIN: &str = "stdin";

/// The bytes of a file, of standard input, or of all files in a folder that look like manifests. A file that was named has
/// to be there; one in a folder that cannot be read is told, and the rest is looked at.
fn gather(path: &str, files: &mut Vec<File>, findings: &mut Told) -> Result<()> {
    let is_folder = path != "-" && FilePath::new(path).is_dir();
    if !is_folder {
        let bytes = if path == "-" { super::stdin::read()? } else { fs::read(path).map_err(|error| unreadable(path, &error))? };
        files.push(File { name: if path == "-" { STDIN.to_owned() } else { path.to_owned() }, bytes });
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(path, &error))?;
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
        findings.push((Subject::File(path.to_owned()), finding.fix(format!("run: kustomize build {path} | jinaflow check -"))));
        return Ok(());
    }
    let folder = path.trim_end_matches('/');
    for name in names {
        let path = format!("{folder}/{name}");
        // Who reads a pipe that nobody writes to waits for ever. One that is named itself is meant.
        if fs::metadata(&path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            let finding = Finding::warning("", "is not a regular file, and is not read");
            findings.push((Subject::File(path), finding.fix("remove it, or name it on the command line")));
            continue;
        }
        if let Err(error) = gather(&path, files, findings) {
            let reason = error.root_cause().to_string();
            let reason = reason.rsplit_once(": cannot be read: ").map_or(&*reason, |(_, reason)| reason);
            let finding = Finding::warning("", format!("cannot be read: {reason}"));
            findings.push((Subject::File(path), finding.fix("remove it, or make it readable")));
        }
    }
    Ok(())
}

fn unreadable(path: &str, error: &std::io::Error) -> anyhow::Error {
    anyhow::anyhow!("{}: cannot be read: {error}", path.chars().map(harmless).collect::<String>())
}

/// The objects of all files. What cannot be read is told.
fn read<'t>(files: &'t [File], findings: &mut Told) -> Objects<'t> {
    let mut objects = Objects::default();
    let mut aliases = Aliases::default();
    for file in files {
        let mut index = 0;
        for piece in documents::split(&file.bytes) {
            let text = match std::str::from_utf8(piece.bytes) {
                Ok(text) => text,
                Err(error) => {
                    let subject = Subject::File(file.name.clone());
                    let finding = place::not_utf8(&subject, piece.bytes, error);
                    findings.push((subject, told_of_piece(finding, &piece, &String::from_utf8_lossy(piece.bytes))));
                    continue;
                }
            };
            let written = Written::new(&file.name, text, piece.before);
            let first = Mark { line: 1, column: 1 };
            let read = if aliases.may_hold(text) { yaml::read_all(text) } else { Err(Aliases::error(first)) };
            let read = read.and_then(|documents| {
                let mut roots = documents.iter().filter_map(|document| document.root.as_ref());
                match roots.find(|root| !aliases.fit(root, text)) {
                    Some(root) => Err(Aliases::error(root.mark)),
                    None => Ok(documents),
                }
            });
            let documents = match read {
                Ok(documents) => documents,
                Err(SyntaxError { message, mark }) => {
                    let finding = Finding::error("", format!("is not YAML: {message}")).quoting(written.excerpt(mark));
                    findings.push((Subject::File(file.name.clone()), told_of_piece(finding, &piece, text)));
                    continue;
                }
            };
            objects.written.push((written, &file.name));
            let before = objects.nodes.len();
            documents.into_iter().filter_map(|document| document.root).for_each(|root| unwrap(root, &mut objects.nodes));
            let number = objects.nodes.len() - before;
            objects.texts.extend(std::iter::repeat_n(objects.written.len() - 1, number));
            objects.indices.extend(index..index + number);
            index += number;
        }
    }
    objects
}

/// A finding about a document that cannot be read: an error where it was meant to be a part of a Flow. Secrets are not shown.
fn told_of_piece(finding: Finding, piece: &Piece<'_>, text: &str) -> Finding {
    let is_ours = documents::is_ours(text);
    let severity = if is_ours { Severity::Error } else { Severity::Warning };
    let line = finding.excerpt.as_ref().map_or(piece.before.saturating_add(1), |excerpt| excerpt.mark.line);
    let mend = match (is_ours, finding.fix.is_some()) {
        (_, true) => return finding.with_severity(severity),
        (true, _) => format!("correct line {line}: it is a part of a Flow, and was not looked at"),
        (false, _) => format!("correct line {line}: this document was not looked at, all others were"),
    };
    let finding = if documents::is_secret(text) { finding.quoting(None) } else { finding };
    finding.with_severity(severity).fix(mend)
}

/// An object, or those of a list, whatever lists are in it.
fn unwrap<'t>(node: Node<'t>, nodes: &mut Vec<Node<'t>>) {
    let is_list = node.get("kind").and_then(Node::as_text).is_some_and(|kind| kind.ends_with("List")) && node.get("items").is_some();
    match node.data {
        Data::Map(pairs) if is_list => {
            for (key, value) in pairs {
                match value.data {
                    Data::List(items) if key.as_text() == Some("items") => items.into_iter().for_each(|item| unwrap(item, nodes)),
                    _ => {}
                }
            }
        }
        _ => nodes.push(node),
    }
}

/// A line for everything that runs Jina.
fn write_table(components: &[Component], is_painted: bool, stdout: &mut impl Write) -> Result<()> {
    let are_several = components.iter().any(|component| component.namespace != components[0].namespace);
    let mut rows = vec![["", "COMPONENT", "ROLE", "REPLICAS", "IMAGE", "DIALS"].map(str::to_owned)];
    for Component { namespace, cells, dials, is_fine, .. } in components {
        let [name, role, replicas, image] = cells.clone();
        let name = if are_several { format!("{namespace}/{name}") } else { name };
        let mut shown = dials[..dials.len().min(MOST_DIALLED)].iter().map(|address| cut(address)).collect::<Vec<_>>().join(", ");
        if dials.len() > MOST_DIALLED {
            shown.push_str(&format!(", and {} more", dials.len() - MOST_DIALLED));
        }
        rows.push([if *is_fine { "ok" } else { "✗" }.to_owned(), cut(&name), cut(&role), cut(&replicas), cut(&image), shown]);
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

/// The start of a long cell.
fn cut(cell: &str) -> String {
    match cell.char_indices().nth(WIDEST) {
        None => cell.to_owned(),
        Some((end, _)) => format!("{}…", &cell[..end]),
    }
}
