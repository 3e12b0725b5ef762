//! `jinaflow check PATH…`: checks that manifests form a working Flow, whether or not jinaflow rendered them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path as FilePath;

use super::failure::{Failure, Report, Result};
use super::file::File;
use super::kustomizations::{self, Kustomization, Reader};
use super::objects::Objects;
use super::package;
use super::stdin;
use super::unrendered::{self, Unrendered};
use crate::check::external::External;
use crate::check::{self, Options, SeenComponent};
use crate::config::corrections::Correction;
use crate::config::{self, Overrides, is_jina_flow};
use crate::finding::{Code, Finding, Findings, Path, Severity, harmless};
use crate::function::{self, flow_check};
use crate::krm::meta::Meta;
use crate::plan::{Budget, Role};
use crate::reconcile::{Origin, Placing};
use crate::render::Rendering;
use crate::render::kept;
use crate::report::{self, Subject};
use crate::yaml::{Document, Node};

/// The arguments of a check.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Files and folders; `-` is standard input.
    pub paths: Vec<String>,
    /// The objects that are provided elsewhere.
    pub external: External,
    /// Whether a warning fails the run.
    pub is_strict: bool,
    /// Whether the output is `results` in JSON, not a table.
    pub as_json: bool,
}

/// The formats by their names, the default first: whether the output is JSON.
pub const FORMATS: [(&str, bool); 2] = [("table", false), ("json", true)];

/// The most addresses that are shown for a component.
const MOST_DIALLED: usize = 3;

/// The most characters of a cell, because every row is as wide as the widest row.
const WIDEST: usize = 100;

/// The result of a check.
#[derive(Debug)]
pub struct Seen {
    /// All findings.
    pub findings: Vec<(Subject, Finding)>,
    /// The workloads that run Jina, and the other workloads that a Flow calls.
    pub components: Vec<SeenComponent>,
}

impl Seen {
    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|(_, finding)| finding.severity == severity).count()
    }
}

/// Checks files and folders. Findings go to `report`. Returns whether the check succeeded.
pub fn inspect(inspection: &Inspection, may_color: bool, stdout: &mut impl Write, report: &mut Report) -> Result<bool> {
    let mut findings = Report::new();
    let mut files: Vec<File> = Vec::new();
    for path in &inspection.paths {
        let mut kustomizations = Vec::new();
        gather(path, &mut files, &mut kustomizations, &mut findings)?;
        findings.extend(kustomizations::finding(path, &kustomizations, Reader::Check));
    }
    let mut seen = look(&files, findings, inspection);
    for path in &inspection.paths {
        package::stale(path, &files, &mut seen.findings)?;
    }
    let (errors, warnings) = (seen.count(Severity::Error), seen.count(Severity::Warning));
    let results = if inspection.as_json { seen.findings.clone() } else { Vec::new() };
    report.extend(seen.findings);
    if inspection.as_json {
        function::write_results(results, stdout)?;
    } else {
        let is_painted = may_color && io::stdout().is_terminal();
        write_table(&seen.components, is_painted, stdout)?;
        let addresses: usize = seen.components.iter().map(|component| component.calls.len()).sum();
        let components = seen.components.len();
        writeln!(stdout, "components: {components}, addresses: {addresses}, errors: {errors}, warnings: {warnings}")?;
    }
    Ok(errors == 0 && !(inspection.is_strict && warnings > 0))
}

/// Checks the content of files. `findings` are the findings from reading the files.
pub fn look(files: &[File], mut findings: Report, inspection: &Inspection) -> Seen {
    let objects = Objects::read(files, &mut findings);
    let mut options = Options { external: inspection.external.clone(), is_strict: inspection.is_strict };
    let mut found: BTreeMap<usize, Findings> = BTreeMap::new();
    let mut flows: Vec<Unrendered> = Vec::new();
    let mut renderings: Vec<(Placing, Rendering)> = Vec::new();
    let mut budget = Budget::default();
    let mut are_flows = false;
    for (&object, node) in &objects.nodes {
        let own = found.entry(object).or_default();
        if is_jina_flow(node) {
            if let Some((flow, placing, rendering)) = flow(object, node, &mut budget, own) {
                flows.push(flow);
                renderings.push((placing, rendering));
            }
            are_flows = true;
        } else if flow_check::is_check(&Meta::of(node)) {
            flow_check::read(node, &mut options.external, own);
        } else {
            own.extend(config::unknown_kind(node));
        }
    }
    let checked = check::check_views(objects.views(), &options);
    let running = checked.components.iter().filter_map(|component| component.jina_name.as_deref());
    for (object, finding) in unrendered::judge(&flows, &objects, running) {
        found.entry(object).or_default().push(finding);
    }
    if !renderings.is_empty() && objects.has_remembered {
        for (object, finding) in kept::edits(&objects.all_nodes(), &renderings) {
            found.entry(object).or_default().push(finding);
        }
    }
    let (runs_jina, has_errors) = (checked.components.iter().any(|component| component.is_jina), report::has_errors(&findings));
    if !runs_jina && !are_flows && !has_errors && found.values().all(Findings::is_empty) {
        let message = "has no object that runs Jina: no container runs `jina gateway` or `jina executor`";
        let fix = "run kustomize with both flags: kustomize build --enable-alpha-plugins --enable-exec … | jinaflow check -";
        findings.push((Subject::File(inspection.paths.join(" ")), Code::NothingRunsJina.error("", message).fix(fix)));
    }
    for findings_of_objects in [found, checked.findings] {
        objects.place(findings_of_objects, inspection.as_json, &mut findings);
    }
    Seen { findings, components: checked.components }
}

/// Renders a JinaFlow, if it has no error. Findings go to `own`.
pub fn flow(object: usize, node: &Node<'_>, budget: &mut Budget, own: &mut Findings) -> Option<(Unrendered, Placing, Rendering)> {
    let document = Document { root: Some(node.clone()), duplicates: Vec::new() };
    let config = config::read(&document, &Overrides::default(), own);
    let rendering = Rendering::of(&config, &Path::root("spec.flow"), budget, own)?;
    let has_labels = config.settings.corrections().has(Correction::ObjectLabels);
    let components = rendering.components();
    // A Flow without executors has only a gateway.
    let is_meant = |role: Role| components.len() == 1 || role != Role::Gateway;
    let executors = components.iter().filter(|component| is_meant(component.role));
    let executors = executors.flat_map(|component| [component.node.clone(), component.name.clone()]).collect();
    let unrendered = Unrendered { object, executors, has_labels };
    let namespace = rendering.target().namespace.unwrap_or_default().to_owned();
    let on_conflict = config.settings.on_conflict;
    let placing = Placing {
        meta: Meta::of(node),
        origin: Origin::Package,
        on_conflict,
        namespace,
        components: rendering.planned(),
        is_of_jina: rendering.is_jinas(),
    };
    Some((unrendered, placing, rendering))
}

/// Whether a file in a folder is read as manifests.
pub fn is_manifest(name: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|ending| name.ends_with(ending))
}

/// Reads a file, standard input, or all files of a folder with the extension of a manifest. A file in a folder that cannot be
/// read is a warning.
pub fn gather(path: &str, files: &mut Vec<File>, kustomizations: &mut Vec<Kustomization>, findings: &mut Report) -> Result<()> {
    let unreadable = |error: io::Error| Failure::unreadable(FilePath::new(path), error);
    let is_folder = path != "-" && FilePath::new(path).is_dir();
    if !is_folder {
        let (name, bytes) = match path {
            "-" => (stdin::NAME, stdin::read()?),
            _ => (path, fs::read(path).map_err(unreadable)?),
        };
        files.push(File { name: name.to_owned(), bytes });
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(unreadable)?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !name.starts_with('.') && (is_folder || is_manifest(&name)) {
            names.push(name);
        }
    }
    names.sort();
    if let Some(kustomization) = Kustomization::in_folder(path) {
        kustomizations.push(kustomization);
        return Ok(());
    }
    let folder = path.trim_end_matches('/');
    for name in names {
        let path = format!("{folder}/{name}");
        // Reading a pipe that has no writer would never end. A pipe that is named on the command line is read.
        if fs::metadata(&path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
            let finding = Code::WrongFileType.warning("", "is not a regular file, so it is not read");
            findings.push((Subject::File(path), finding.fix("remove it, or name it on the command line")));
            continue;
        }
        if let Err(failure) = gather(&path, files, kustomizations, findings) {
            let (subject, finding) = failure.into();
            findings.push((subject, finding.with_severity(Severity::Warning).fix("remove it, or make it readable")));
        }
    }
    Ok(())
}

/// Writes a line for each component.
fn write_table(components: &[SeenComponent], is_painted: bool, stdout: &mut impl Write) -> Result<()> {
    let are_several = components.iter().any(|component| component.namespace != components[0].namespace);
    let mut rows = vec![["", "COMPONENT", "ROLE", "REPLICAS", "IMAGE", "DIALS"].map(str::to_owned)];
    for SeenComponent { namespace, label, role, replicas, image, calls, is_fine, .. } in components {
        let name = if are_several { format!("{namespace}/{label}") } else { label.clone() };
        let mut shown = calls.iter().take(MOST_DIALLED).map(|address| cut(address)).collect::<Vec<_>>().join(", ");
        if calls.len() > MOST_DIALLED {
            shown.push_str(&format!(", and {} more", calls.len() - MOST_DIALLED));
        }
        rows.push([if *is_fine { "ok" } else { "✗" }.to_owned(), cut(&name), cut(role), cut(replicas), cut(image), shown]);
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

/// Shortens a long cell.
fn cut(cell: &str) -> String {
    match cell.char_indices().nth(WIDEST) {
        None => cell.to_owned(),
        Some((end, _)) => format!("{}…", &cell[..end]),
    }
}
