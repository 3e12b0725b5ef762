//! `jinaflow import EXPORT`: writes a kustomize tree or a kpt package for the manifests that Jina has exported.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::{Path as FilePath, PathBuf};

use super::failure::{Report, Result};
use super::file::File;
use super::init::Layout;
use super::inspect::gather;
use super::kustomizations::{self, Reader};
use super::objects::Objects;
use super::scaffold::{ELSEWHERE, KPT_SETTINGS, KUSTOMIZE_SETTINGS, OfImport, Scaffold, first_name};
use super::shell::quoted;
use super::{comments, kept_patches, outdir, side, stdin};
use crate::compare::live;
use crate::finding::{Code, Finding};
use crate::import::{self, Imported};
use crate::jina::templates;
use crate::report::{self, Subject};
use crate::yaml::{self, Node, View};

/// The arguments of an import.
#[derive(Debug)]
pub struct Import {
    /// The folder or file of the export; `-` is standard input.
    pub source: String,
    /// The folder to write. The default is the name of the JinaFlow with the suffix `-k8s`.
    pub outdir: Option<PathBuf>,
    /// The name of the JinaFlow. The default is the name of the folder or file.
    pub name: Option<String>,
    /// The tool.
    pub layout: Layout,
}

/// Names of files and folders that do not describe a Flow.
const GENERAL_NAMES: [&str; 6] = ["manifests", "k8s", "kubernetes", "export", "deploy", "out"];

/// The start of the comments that `helm template` writes.
const OF_HELM: &str = "Source: ";

/// The most lines about differences.
const MOST_LINES: usize = 100;

/// Imports an export. Findings go to `report`. Returns whether each object is reproduced.
pub fn import(arguments: &Import, stdout: &mut impl Write, report: &mut Report) -> Result<bool> {
    let Some(files) = read(&arguments.source, report)? else { return Ok(false) };
    let mut own = Report::new();
    let objects = Objects::read(&files, &mut own);
    report.extend(side::errors(own).into_iter().map(|(subject, finding)| (subject.clone(), unrendered(&subject, &files, finding))));
    if report::has_errors(report) {
        return Ok(false);
    }
    let (mut nodes, places) = of_users(&objects);
    let file = |place: usize| places.get(place).and_then(|object| objects.source(*object)).map(|(file, ..)| file.to_owned());
    if let Some(place) = nodes.iter().position(|node| templates::in_node(node).is_some()) {
        report.push((Subject::File(file(place).unwrap_or_else(|| shown(&arguments.source))), template()));
        return Ok(false);
    }
    let namespace = nodes.iter().map(|node| node.text_at("metadata.namespace").to_owned()).find(|name| !name.is_empty());
    let name = name(arguments, namespace.as_deref());
    let imported = match import::import(&mut nodes, &name) {
        Ok(imported) => imported,
        Err(problems) => {
            let subject = |place: Option<usize>| Subject::File(place.and_then(file).unwrap_or_else(|| shown(&arguments.source)));
            report.extend(problems.into_iter().map(|(place, finding)| (subject(place), finding)));
            return Ok(false);
        }
    };
    let scaffold = scaffold(name, &imported, &objects, &nodes, &places);
    let folder = arguments.outdir.clone().unwrap_or_else(|| PathBuf::from(format!("{}-k8s", scaffold.name)));
    let files = match arguments.layout {
        Layout::Kustomize => scaffold.kustomize(&imported.flow),
        Layout::Kpt => scaffold.kpt(&imported.flow),
    };
    outdir::add(&folder, &files, report)?;
    if report::has_errors(report) {
        return Ok(false);
    }
    write_report(&imported, &nodes, stdout)?;
    let has_elsewhere = scaffold.import.as_ref().is_some_and(|import| !import.elsewhere.is_empty());
    if has_elsewhere && arguments.layout == Layout::Kustomize {
        writeln!(stdout, "Objects of other namespaces are in {ELSEWHERE}, which no build has: apply them as before.")?;
    }
    next_steps(&folder, files.len(), arguments, imported.proof.is_proved(), stdout)?;
    Ok(imported.proof.is_proved())
}

/// The name of the source in messages.
fn shown(source: &str) -> String {
    if source == "-" { stdin::NAME.to_owned() } else { source.to_owned() }
}

/// Reads the files of an export; `None` after an error.
fn read(source: &str, report: &mut Report) -> Result<Option<Vec<File>>> {
    let (mut files, mut kustomizations, mut own) = (Vec::new(), Vec::new(), Report::new());
    gather(source, &mut files, &mut kustomizations, &mut own)?;
    own.extend(kustomizations::finding(source, &kustomizations, Reader::Import));
    report.extend(side::errors(own));
    Ok((!report::has_errors(report)).then_some(files))
}

/// A finding about a file that is not YAML. The templates of a Helm chart are not YAML before Helm has rendered them.
fn unrendered(subject: &Subject, files: &[File], finding: Finding) -> Finding {
    let file = files.iter().find(|file| *subject == Subject::File(file.name.clone()));
    let text = file.and_then(|file| std::str::from_utf8(&file.bytes).ok()).unwrap_or_default();
    if finding.code != Code::InvalidYaml || templates::expression(text).is_none() {
        return finding;
    }
    template()
}

/// The finding about a template.
fn template() -> Finding {
    let message = "is a template of Helm, which is not rendered";
    Code::ExportExpected.error("", message).fix("run `helm template CHART | jinaflow import -`")
}

/// The objects that users have created, and their places among all objects.
fn of_users<'t>(objects: &Objects<'t>) -> (Vec<Node<'t>>, Vec<usize>) {
    let views: Vec<View<'_>> = objects.views().collect();
    let are_live = views.iter().any(|view| live::is_from_server(*view));
    let is_kept = if are_live { live::of_users(&views) } else { vec![true; views.len()] };
    let all = objects.all_nodes().into_iter().enumerate().zip(is_kept);
    let mut seen = HashSet::new();
    // `kubectl get all,deployments` returns some objects twice.
    let mut is_new = |node: &Node<'_>| !are_live || seen.insert(node.text_at("metadata.uid").to_owned());
    let kept = all.filter(|((_, node), is_kept)| *is_kept && !node.is_null() && is_new(node)).map(|((place, node), _)| (node, place));
    kept.unzip()
}

/// The name of the JinaFlow: `--name`, the name of the folder or file, or the namespace.
fn name(arguments: &Import, namespace: Option<&str>) -> String {
    let path = FilePath::new(&arguments.source);
    let real = fs::canonicalize(path).ok().filter(|_| arguments.source != "-");
    let stem = real.as_ref().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy());
    let given = arguments.name.as_deref().map(Cow::Borrowed);
    let names = [given, stem.filter(|stem| !GENERAL_NAMES.contains(&&**stem)), namespace.map(Cow::Borrowed)];
    first_name(names.into_iter().flatten())
}

/// What the files contain.
fn scaffold(name: String, imported: &Imported, objects: &Objects<'_>, nodes: &[Node<'_>], places: &[usize]) -> Scaffold {
    let spec = imported.config.map_at("spec").iter().filter(|(key, _)| key.as_text() != Some("flow")).cloned().collect();
    let proof = &imported.proof;
    let is_foreign = |place: &usize| proof.foreign.contains(place);
    let mut of_import = OfImport { spec, kept: kept_patches::text(&imported.proof, nodes), ..OfImport::default() };
    let mut lines = Vec::new();
    for (place, object) in places.iter().enumerate() {
        let (Some(node), Some((file, before, text))) = (nodes.get(place), objects.source(*object)) else { continue };
        if is_foreign(&place) {
            let name = file_name(node, &of_import);
            let namespace = node.text_at("metadata.namespace");
            let is_here = namespace.is_empty() || namespace == imported.namespace;
            let list = if is_here { &mut of_import.others } else { &mut of_import.elsewhere };
            list.push((name, text_of(node, text)));
        } else {
            let comments = text.map(comments::of).unwrap_or_default().into_iter();
            let comments = comments.filter(|(_, comment)| !comment.starts_with(OF_HELM));
            lines.extend(comments.map(|(line, comment)| format!("# {file}:{}: {comment}\n", before + line)));
        }
    }
    if !lines.is_empty() {
        of_import.comments = format!("# Comments of the imported files:\n{}", lines.concat());
    }
    let workload = nodes.iter().enumerate().find(|(place, node)| !is_foreign(place) && node.text_at("kind") == "Service");
    Scaffold {
        name,
        namespace: imported.namespace.clone(),
        has_own_namespace: true,
        service: workload.map(|(_, service)| service.text_at("metadata.name").to_owned()).unwrap_or_default(),
        import: Some(of_import),
        ..Scaffold::default()
    }
}

/// A name for the file of an object that does not belong to the Flow.
fn file_name(node: &Node<'_>, known: &OfImport) -> String {
    let stem = format!("{}-{}", node.text_at("kind").to_lowercase(), node.text_at("metadata.name")).replace(['/', ':'], "-");
    let is_taken = |name: &String| known.others.iter().chain(&known.elsewhere).any(|(other, _)| other == name);
    let names = std::iter::once(format!("{stem}.yaml")).chain((2..=usize::MAX).map(|number| format!("{stem}-{number}.yaml")));
    let mut free = names.skip_while(is_taken);
    free.next().unwrap_or(stem)
}

/// The text of an object: the document in its file, or written again if the file has more than one object in a document.
fn text_of(node: &Node<'_>, text: Option<&str>) -> String {
    let is_alone = |text: &&str| {
        let root = yaml::read_all(text).ok().and_then(|documents| documents.into_iter().find_map(|document| document.root));
        root.is_some_and(|root| root.text_at("kind") == node.text_at("kind"))
    };
    if let Some(text) = text.filter(is_alone) {
        return text.strip_prefix("---\n").unwrap_or(text).to_owned();
    }
    let mut out = String::new();
    yaml::write(node, &mut out);
    out
}

/// Writes what was found.
fn write_report(imported: &Imported, nodes: &[Node<'_>], stdout: &mut impl Write) -> Result<()> {
    let (before, proof) = (&imported.before, &imported.proof);
    let all = before.same.len() + before.different.len() + before.missing.len();
    let label = |object: &Node<'_>| format!("{} {}", object.text_at("kind"), object.text_at("metadata.name"));
    if before.is_proved() {
        writeln!(stdout, "All {all} objects are as Jina exports them.")?;
    } else {
        writeln!(stdout, "{} of {all} objects are as Jina exports them.", before.same.len())?;
    }
    if !imported.renamed.is_empty() {
        let names = imported.renamed.join(", ");
        writeln!(stdout, "Kubernetes refuses names that begin with a dash, so these lose it: {names}.")?;
    }
    if !imported.edits.is_empty() {
        writeln!(stdout, "You changed, each with its place in the JinaFlow:")?;
        write_lines(imported.edits.iter().map(|edit| format!("  {edit}")), stdout)?;
    }
    if !proof.is_proved() {
        writeln!(stdout, "The JinaFlow does not give:")?;
        let different = proof.different.iter().filter_map(|difference| {
            let object = nodes.get(difference.object)?;
            Some(format!("  {}: {}", label(object), difference.fields.join(", ")))
        });
        let missing = proof.missing.iter().map(|object| format!("  {}: is not in the export", label(object)));
        write_lines(different.chain(missing), stdout)?;
    }
    if !proof.foreign.is_empty() {
        let names: Vec<String> = proof.foreign.iter().filter_map(|place| nodes.get(*place)).map(label).collect();
        writeln!(stdout, "Not part of the Flow, and copied: {}.", names.join(", "))?;
    }
    Ok(())
}

/// Writes the first lines, and how many more there are.
fn write_lines(lines: impl Iterator<Item = String>, stdout: &mut impl Write) -> Result<()> {
    let mut left = 0_usize;
    for (place, line) in lines.enumerate() {
        if place < MOST_LINES {
            writeln!(stdout, "{line}")?;
        } else {
            left += 1;
        }
    }
    if left > 0 {
        writeln!(stdout, "  and {left} more")?;
    }
    Ok(())
}

/// Writes the next commands.
fn next_steps(folder: &FilePath, files: usize, arguments: &Import, is_proved: bool, stdout: &mut impl Write) -> Result<()> {
    let shown = folder.display().to_string();
    let folder = quoted(&shown);
    writeln!(stdout, "Wrote {files} files to {shown}.\n\nNext:")?;
    let (command, settings) = match arguments.layout {
        Layout::Kustomize => {
            (format!("kustomize build --enable-alpha-plugins --enable-exec {folder}/overlays/prod > prod.yaml"), KUSTOMIZE_SETTINGS)
        }
        Layout::Kpt => (format!("kpt fn render {folder} --allow-exec"), KPT_SETTINGS),
    };
    let built = if arguments.layout == Layout::Kustomize { "prod.yaml".to_owned() } else { folder.to_string() };
    writeln!(stdout, "  {command}")?;
    if arguments.source != "-" {
        let note = if is_proved { "    # no changes" } else { "" };
        writeln!(stdout, "  jinaflow diff {} {built}{note}", quoted(&arguments.source))?;
    }
    writeln!(stdout, "Then remove `compat` from {shown}/{settings}, build again, and see with `jinaflow diff` what that changes.")?;
    Ok(())
}
