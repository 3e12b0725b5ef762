//! Manifests that a command compares, draws or summarizes: files and folders, Flows that are rendered first, or the build of a
//! kustomization.

use std::collections::BTreeMap;
use std::io;
use std::path::Path as FilePath;
use std::process::Command as Process;

use super::export::{Export, render, write_stream};
use super::failure::{Report, Result};
use super::file::File;
use super::inspect::{self, gather};
use super::kustomizations::{self, Kustomization, Reader};
use super::objects::Objects;
use super::stdin;
use super::unrendered;
use crate::check::{Cluster, Options};
use crate::config::{self, is_jina_flow};
use crate::finding::{Code, Finding, Findings, Severity};
use crate::plan::Budget;
use crate::report::Subject;
use crate::yaml::{self, Part};

/// Manifests.
#[derive(Debug, Default)]
pub struct Manifests {
    /// The files that were read or rendered.
    pub files: Vec<File>,
    /// Whether a Flow was rendered, so that findings about it have been reported.
    pub is_rendered: bool,
}

/// Reads a file, a folder or standard input. Flows are rendered, except JinaFlows whose objects are beside them. Returns `None` if
/// the manifests are not complete.
fn read(source: &Export, report: &mut Report) -> Result<Option<Manifests>> {
    let path = source.flow.as_str();
    let (mut files, mut kustomizations, mut own) = (Vec::new(), Vec::new(), Report::new());
    gather(path, &mut files, &mut kustomizations, &mut own)?;
    own.extend(kustomizations::finding(path, &kustomizations, Reader::Check));
    let own = errors(own);
    let is_complete = own.is_empty();
    report.extend(own);
    if !is_complete {
        return Ok(None);
    }
    if let [file] = files.as_mut_slice()
        && is_flow(file)
    {
        return Ok(render_file(source, file, report)?.then_some(Manifests { files, is_rendered: true }));
    }
    if files.iter().any(|file| memchr::memmem::find(&file.bytes, config::KIND.as_bytes()).is_some()) {
        let Some(rendered) = rendered(&files, report) else { return Ok(None) };
        files.extend(rendered);
    }
    Ok(Some(Manifests { files, is_rendered: false }))
}

/// Reads manifests like [`read`]. The folder of a kustomization is built if `may_build` is set, because the build runs programs.
pub fn read_or_build(source: &Export, may_build: bool, report: &mut Report) -> Result<Option<Manifests>> {
    if may_build && is_kustomization(&source.flow) {
        let Some(built) = build(&source.flow, report) else { return Ok(None) };
        let mut files = vec![built];
        // A kustomization may list a JinaFlow as a resource, and not as a generator.
        let Some(rendered) = rendered(&files, report) else { return Ok(None) };
        files.extend(rendered);
        return Ok(Some(Manifests { files, is_rendered: false }));
    }
    let mut own = Report::new();
    let files = read(source, &mut own)?;
    report.extend(own.into_iter().map(|(subject, finding)| match finding.code {
        Code::KustomizationNotBuilt => {
            let (message, fix) = if is_kustomization(&source.flow) {
                ("is a kustomization: only its build is manifests, not its files", "add the flag --build")
            } else {
                (
                    "has kustomizations: only their builds are manifests, not their files",
                    "name the folder of one of them, with the flag --build",
                )
            };
            (subject, Code::KustomizationNotBuilt.error("", message).fix(fix))
        }
        _ => (subject, finding),
    }));
    Ok(files)
}

/// The findings about reading manifests, as errors: without a part of them, a command would say that they do not exist.
pub fn errors(findings: Report) -> Report {
    findings.into_iter().map(|(subject, finding)| (subject, finding.with_severity(Severity::Error))).collect()
}

/// Replaces a Flow by its manifests. Returns whether it could be rendered.
fn render_file(source: &Export, file: &mut File, report: &mut Report) -> Result<bool> {
    let Ok(text) = std::str::from_utf8(&file.bytes) else { return Ok(true) };
    let mut own = Report::new();
    let flows = render(source, &Subject::File(file.name.clone()), text, &mut own)?;
    report.extend(own);
    let Some(flows) = flows else { return Ok(false) };
    let mut bytes = Vec::new();
    write_stream(&flows, &mut bytes)?;
    // As for standard input, findings show no lines: the file of the user has others.
    *file = File { name: stdin::NAME.to_owned(), bytes };
    Ok(true)
}

/// Whether a file is a Flow to render, and not manifests: all of its documents are JinaFlows, or its only one is no object. Large
/// manifests are recognized by their first document.
fn is_flow(file: &File) -> bool {
    let Some(parts) = std::str::from_utf8(&file.bytes).ok().and_then(|text| yaml::read_parts(text).ok()) else { return false };
    let (mut configs, mut plain) = (0, 0);
    for part in parts {
        let Ok(Part::Document { document, .. }) = part else { return false };
        match document.root {
            Some(root) if is_jina_flow(&root) => configs += 1,
            Some(root) if root.as_map().is_some() && ["apiVersion", "kind"].iter().all(|field| root.get(field).is_none()) => plain += 1,
            Some(root) if root.as_map().is_some() => return false,
            _ => {}
        }
    }
    (configs, plain) == (0, 1) || (configs > 0 && plain == 0)
}

/// Renders the JinaFlows among manifests that were not rendered; `None` after an error.
fn rendered(files: &[File], report: &mut Report) -> Option<Vec<File>> {
    let objects = Objects::read(files, &mut Report::new());
    let (mut budget, mut flows, mut renderings) = (Budget::default(), Vec::new(), BTreeMap::new());
    let mut found: BTreeMap<usize, Findings> = BTreeMap::new();
    for (&object, node) in objects.nodes.iter().filter(|(_, node)| is_jina_flow(node)) {
        if let Some((flow, _, rendering)) = inspect::flow(object, node, &mut budget, found.entry(object).or_default()) {
            flows.push(flow);
            renderings.insert(object, rendering);
        }
    }
    let has_errors = found.values().any(Findings::has_errors);
    objects.place(found, false, report);
    if has_errors {
        return None;
    }
    let options = Options::default();
    let cluster = Cluster::of(objects.views(), &options);
    let running = cluster.workloads.iter().filter_map(|workload| workload.jina_name.as_deref());
    let judged: Vec<(usize, Finding)> = unrendered::judge(&flows, &objects, running);
    let missing = judged.into_iter().filter(|(_, finding)| finding.code == Code::FlowNotRendered);
    let rendered = missing.filter_map(|(object, _)| renderings.remove(&object)).map(|rendering| {
        let mut text = String::new();
        for (_, objects) in rendering.objects() {
            for object in objects {
                text.push_str("---\n");
                yaml::write(&object.node, &mut text);
            }
        }
        File { name: "the rendered Flow".to_owned(), bytes: text.into_bytes() }
    });
    Some(rendered.collect())
}

/// The build of a kustomization, by the kustomize on the PATH.
fn build(folder: &str, report: &mut Report) -> Option<File> {
    let output = Process::new("kustomize").args(["build", "--enable-alpha-plugins", "--enable-exec", "--", folder]).output();
    let finding = match output {
        Ok(output) if output.status.success() => return Some(File { name: stdin::NAME.to_owned(), bytes: output.stdout }),
        Ok(output) => {
            let message = String::from_utf8_lossy(&output.stderr);
            let message = message.lines().map(str::trim).find(|line| line.contains("rror")).unwrap_or("no message").to_owned();
            let finding = Code::KustomizationNotBuilt.error("", format!("kustomize build failed: {message}"));
            finding.fix("correct it: kustomize build --enable-alpha-plugins --enable-exec shows the whole message")
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = "cannot be built: no kustomize is on the PATH";
            Code::KustomizationNotBuilt.error("", message).fix("install kustomize, or name files that are built elsewhere")
        }
        Err(error) => Code::KustomizationNotBuilt.error("", format!("cannot be built: kustomize does not start: {error}")),
    };
    report.push((Subject::File(folder.to_owned()), finding));
    None
}

/// Whether a path names the folder of a kustomization.
pub fn is_kustomization(path: &str) -> bool {
    FilePath::new(path).is_dir() && Kustomization::in_folder(path).is_some()
}
