//! `jinaflow diff OLD NEW`: what an apply of the new manifests over the old ones changes.

use std::io::Write;
use std::path::Path as FilePath;

use super::export::Export;
use super::failure::{Report, Result};
use super::objects::Objects;
use super::side;
use crate::check::external::External;
use crate::check::{Cluster, Options, check_cluster};
use crate::compare::{self, Outline, compare};
use crate::finding::{Code, Finding, Findings, Severity};
use crate::picture;
use crate::report::{self, Subject};
use crate::yaml::View;

/// The arguments of a comparison.
#[derive(Debug, Default)]
pub struct Difference {
    /// The old side: a file or folder of manifests, a Flow, or `-` for standard input.
    pub old: Export,
    /// The new side.
    pub new: Export,
    /// Whether the old side is the output of `kubectl get`.
    pub is_live: bool,
    /// Whether folders of kustomizations are built.
    pub may_build: bool,
    /// The objects that are provided elsewhere.
    pub external: External,
    /// The format of the output.
    pub format: Format,
}

/// The format of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// For a comment on a pull request.
    Markdown,
    /// For programs.
    Json,
    /// A picture of the new side, with marks.
    Mermaid,
}

/// The formats by their names, the default first.
pub const FORMATS: [(&str, Format); 4] =
    [("text", Format::Text), ("markdown", Format::Markdown), ("json", Format::Json), ("mermaid", Format::Mermaid)];

/// The result of a comparison that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// An apply changes nothing.
    Same,
    /// An apply changes something.
    Differs,
    /// A side could not be read.
    Failed,
}

/// Compares two sides. Findings go to `report`.
pub fn diff(difference: &Difference, stdout: &mut impl Write, report: &mut Report) -> Result<Verdict> {
    let old_files = side::read_or_build(&difference.old, difference.may_build, report)?;
    let new_files = side::read_or_build(&difference.new, difference.may_build, report)?;
    let (Some(old_files), Some(new_files)) = (old_files, new_files) else { return Ok(Verdict::Failed) };
    let mut unread = Report::new();
    let (old, new) = (Objects::read(&old_files.files, &mut unread), Objects::read(&new_files.files, &mut unread));
    report.extend(side::errors(unread));
    let options = Options { external: difference.external.clone(), is_strict: false };
    let selection = difference.is_live.then(|| compare::live::select(old.views(), new.views()));
    let is_kept = |id: usize| selection.as_ref().is_none_or(|selection| selection.is_kept[id]);
    let old_views = old.views().enumerate().filter(|(id, view)| is_kept(*id) && is_named(*view)).map(|(_, view)| view);
    let new_views = new.views().filter(|view| is_named(*view));
    let (old_cluster, new_cluster) = (Cluster::of(old_views, &options), Cluster::of(new_views, &options));
    for (source, cluster) in [(&difference.old, &old_cluster), (&difference.new, &new_cluster)] {
        let subject = Subject::File(source.flow.clone());
        report.extend(duplicates(cluster).map(|finding| (subject.clone(), finding)));
    }
    for (source, objects, is_live) in [(&difference.old, &old, difference.is_live), (&difference.new, &new, false)] {
        let subject = Subject::File(source.flow.clone());
        if !is_live && objects.views().any(compare::live::is_from_server) {
            let message = "has objects that a server returned, with fields that no manifest sets";
            let fix = if difference.is_live {
                "swap the two sides: OLD is the state of the cluster"
            } else {
                "name it as OLD, and add the flag --live"
            };
            report.push((subject, Code::LiveObjects.error("", message).fix(fix)));
        } else if !FilePath::new(&source.flow).is_dir() && objects.views().all(|object| object.text_at("kind").is_empty()) {
            let message = "has no object; the command that wrote it may have failed";
            report.push((
                subject,
                Code::NothingRunsJina.error("", message).fix("name manifests or a Flow; an empty folder is a side without objects"),
            ));
        }
        report.extend(unnamed(objects, &source.flow));
    }
    if difference.is_live && without_namespace(&new_cluster) && !without_namespace(&old_cluster) {
        let message = "has objects without a namespace, so it is not known which objects of the cluster they are";
        let finding = Code::MissingField.error("metadata.namespace", message);
        report.push((
            Subject::File(difference.new.flow.clone()),
            finding.fix("set the namespace, for example with `namespace:` of kustomize"),
        ));
    }
    if report::has_errors(report) {
        return Ok(Verdict::Failed);
    }
    let mut comparison = compare(&old_cluster, &new_cluster, difference.is_live);
    comparison.others = selection.map_or(0, |selection| selection.others);
    let errors = |cluster: &Cluster<'_>| {
        let checked = check_cluster(cluster);
        let findings = checked.findings.values().flat_map(Findings::iter);
        findings.filter(|finding| finding.severity == Severity::Error).count()
    };
    let outline = || Outline::of(&comparison, errors(&new_cluster));
    let written = match difference.format {
        Format::Text => compare::write_text(&outline()),
        Format::Markdown => compare::write_markdown(&outline(), &comparison),
        Format::Json => {
            compare::write_json(&comparison, stdout)?;
            Ok(String::new())
        }
        Format::Mermaid => {
            let (before, after) = (check_cluster(&old_cluster), check_cluster(&new_cluster));
            let old_side = picture::Side { cluster: &old_cluster, checked: &before };
            let new_side = picture::Side { cluster: &new_cluster, checked: &after };
            let marks = compare::marks(&comparison);
            let drawn = picture::draw_change(new_side, Some(old_side), &|name| {
                marks.get(&(name.kind.to_owned(), name.namespace.to_owned(), name.name.to_owned())).copied().unwrap_or_default()
            });
            let mut text = String::new();
            picture::write_mermaid(&drawn, &mut text).map(|()| text)
        }
    };
    // Writing to a string cannot fail.
    stdout.write_all(written.unwrap_or_default().as_bytes())?;
    Ok(if comparison.is_empty() { Verdict::Same } else { Verdict::Differs })
}

/// Whether a workload or Service has no namespace.
fn without_namespace(cluster: &Cluster<'_>) -> bool {
    let workloads = (0..cluster.workloads.len()).map(|place| cluster.object_of(place));
    workloads.chain(cluster.services.iter().map(|service| &cluster.objects[service.object])).any(|object| object.namespace().is_empty())
}

/// Whether a document is an object with a name. Others, such as the values of a chart or a Job with `generateName`, have no
/// counterpart on the other side.
fn is_named(document: View<'_>) -> bool {
    !document.text_at("kind").is_empty() && !document.text_at("metadata.name").is_empty()
}

/// Findings about documents that are not compared. If no document is an object, the command that wrote them may have failed.
fn unnamed(objects: &Objects<'_>, side: &str) -> Vec<(Subject, Finding)> {
    let has_objects = objects.views().any(is_named);
    let left_out = objects.views().enumerate().filter(|(_, document)| !is_named(*document) && !document.is_null());
    let finding = |(place, document): (usize, View<'_>)| {
        let field = if document.text_at("kind").is_empty() { "kind" } else { "metadata.name" };
        let finding = Code::MissingField.error(field, "is not set, so this document is not compared");
        let severity = if has_objects { Severity::Warning } else { Severity::Error };
        let file = objects.source(place).map_or(side, |(file, ..)| file).to_owned();
        (Subject::File(file), finding.with_severity(severity).fix("every object has `apiVersion`, `kind` and `metadata.name`"))
    };
    left_out.map(finding).collect()
}

/// Findings about objects that a side has twice. Of two objects with one name, the last one that is applied remains.
fn duplicates<'c>(cluster: &'c Cluster<'_>) -> impl Iterator<Item = Finding> + 'c {
    let twice = cluster.objects.iter().enumerate().filter(|(id, object)| !object.kind().is_empty() && cluster.is_duplicate(*id));
    twice.map(|(_, object)| {
        let finding = Code::DuplicateObject.error("", "has two objects with the same kind, namespace and name").got(object.label());
        finding.fix("remove one of them, or give them different names or namespaces")
    })
}
