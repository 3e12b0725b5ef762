//! `jinaflow import EXPORT`: writes a kustomize tree or a kpt package for the manifests that Jina has exported.

use std::borrow::Cow;
use std::fs;
use std::io::Write;
use std::path::{Path as FilePath, PathBuf};

use super::comments::{self, Comment};
use super::failure::{Report, Result};
use super::file::File;
use super::init::Layout;
use super::inspect::{gather, is_manifest};
use super::kustomizations::{self, Reader};
use super::objects::Objects;
use super::scaffold::{KPT_SETTINGS, KUSTOMIZE_SETTINGS, NOT_BUILT, OUTSIDE, OfImport, Scaffold, first_name};
use super::shell::quoted;
use super::{kept_patches, outdir, side, stdin};
use crate::compare::live;
use crate::finding::{Code, Finding};
use crate::import::{self, Imported, kind_and_name};
use crate::jina::templates;
use crate::report::{self, Subject};
use crate::yaml::{self, Node, View};

/// The arguments of an import.
#[derive(Debug)]
pub struct Import {
    /// The folder or file of the export; `-` is standard input.
    pub source: String,
    /// The folder to write. The default is the name of the JinaFlow with the suffix `-k8s`, outside of the source.
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

/// The most names of files in a line.
const MOST_FILES: usize = 20;

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
    let is_live = objects.views().any(live::is_from_server);
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
            report.extend(joined(problems.into_iter().map(|(place, finding)| (subject(place), finding)).collect()));
            return Ok(false);
        }
    };
    let scaffold = scaffold(name, &imported, &objects, &nodes, &places);
    let up = way_out(&arguments.source);
    let beside = || PathBuf::from(format!("{up}{}-k8s", scaffold.name));
    let folder = arguments.outdir.clone().unwrap_or_else(beside);
    if is_within(&folder, &arguments.source) {
        let kpt = if arguments.layout == Layout::Kpt { " --kpt" } else { "" };
        let name = arguments.name.as_ref().map(|name| format!(" --name {}", quoted(name))).unwrap_or_default();
        let place = beside().display().to_string();
        let command = format!("jinaflow import {} -o {}{name}{kpt}", quoted(&arguments.source), quoted(&place));
        let finding = Code::OutputInSource.error("", "is in the folder that is imported, and the next import would read it");
        report.push((Subject::File(folder.display().to_string()), finding.fix(format!("run: {command}"))));
        return Ok(false);
    }
    let files = match arguments.layout {
        Layout::Kustomize => scaffold.kustomize(&imported.flow),
        Layout::Kpt => scaffold.kpt(&imported.flow),
    };
    outdir::add(&folder, &files, report)?;
    if report::has_errors(report) {
        return Ok(false);
    }
    write_report(&imported, &nodes, stdout)?;
    write_places(&scaffold, &imported, arguments.layout, stdout)?;
    write_unread(&arguments.source, stdout)?;
    next_steps(&folder, files.len(), arguments, &imported, is_live, &up, stdout)?;
    Ok(imported.proof.is_proved())
}

/// Findings in which the objects that a file has twice are one finding, because the usual cause is a copied file.
fn joined(findings: Report) -> Report {
    let mut joined = Report::new();
    for (subject, finding) in findings {
        let is_same = |(other, known): &&mut (Subject, Finding)| *other == subject && known.code == Code::DuplicateObject;
        let known = joined.iter_mut().find(is_same).filter(|_| finding.code == Code::DuplicateObject);
        match (known, &finding.got) {
            (Some((_, known)), Some(object)) => {
                let objects = format!("{}, {object}", known.got.as_deref().unwrap_or_default());
                known.got = Some(objects.into());
            }
            _ => joined.push((subject, finding)),
        }
    }
    joined
}

/// The name of the source in messages.
fn shown(source: &str) -> String {
    if source == "-" { stdin::NAME.to_owned() } else { source.to_owned() }
}

/// The way from the working folder to the folder that has the source, if the working folder is in the source: `../`.
fn way_out(source: &str) -> String {
    let real = |path: &FilePath| fs::canonicalize(path).ok().filter(|path| path.is_dir());
    let (source, here) = (real(FilePath::new(source)).filter(|_| source != "-"), real(FilePath::new(".")));
    let steps = source.zip(here).and_then(|(source, here)| Some(here.strip_prefix(&source).ok()?.components().count() + 1));
    "../".repeat(steps.unwrap_or_default())
}

/// Whether a folder, which need not exist, is in the folder of the source or is that folder.
fn is_within(folder: &FilePath, source: &str) -> bool {
    let Some(source) = fs::canonicalize(source).ok().filter(|real| source != "-" && real.is_dir()) else { return false };
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let existing = absolute.ancestors().find_map(|above| Some((above, fs::canonicalize(above).ok()?)));
    existing.is_some_and(|(_, real)| real.starts_with(&source))
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
    let is_kept: Vec<bool> = if are_live {
        live::of_users(&views).into_iter().zip(live::are_first(&views)).map(|(is_users, is_first)| is_users && is_first).collect()
    } else {
        vec![true; views.len()]
    };
    let all = objects.all_nodes().into_iter().enumerate().zip(is_kept);
    all.filter(|((_, node), is_kept)| *is_kept && !node.is_null()).map(|((place, node), _)| (node, place)).unzip()
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
    let is_in_namespace =
        |(place, node): (usize, &Node<'_>)| is_foreign(&place) || node.text_at("metadata.namespace") == imported.namespace;
    let is_in_one_namespace = nodes.iter().enumerate().all(is_in_namespace);
    let kept = kept_patches::text(&imported.proof, nodes);
    let mut of_import = OfImport { spec, is_in_one_namespace, kept, ..OfImport::default() };
    let mut lines = Vec::new();
    for (place, object) in places.iter().enumerate() {
        let (Some(node), Some((file, before, text))) = (nodes.get(place), objects.source(*object)) else { continue };
        if is_foreign(&place) {
            let is_not_built = imported.not_built.iter().any(|(other, _)| *other == place);
            let name = file_name(node, file, &of_import);
            let namespace = node.text_at("metadata.namespace");
            // A Namespace with the name of the Flow's namespace goes along with the Flow.
            let is_of_cluster = import::is_of_cluster(node) && kind_and_name(node) != ["Namespace", &imported.namespace];
            let is_here = (namespace.is_empty() || namespace == imported.namespace) && !is_of_cluster;
            let list = match (is_not_built, is_here) {
                (true, _) => &mut of_import.not_built,
                (_, true) => &mut of_import.others,
                _ => &mut of_import.outside,
            };
            let is_unchanged = !imported.stripped.contains(&place);
            list.push((name, text_of(node, text.filter(|_| is_unchanged || is_not_built))));
        } else {
            let comments = text.map(comments::of).unwrap_or_default().into_iter();
            let comments = comments.filter(|comment| !comment.text.starts_with(OF_HELM));
            lines.extend(comments.map(|Comment { line, text, field }| {
                let at = if field.is_empty() { String::new() } else { format!(" {field}:") };
                format!("# {file}:{}:{at} {text}\n", before + line)
            }));
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

/// A name for the file of an object that does not belong to the Flow. `source` is the file that has it.
fn file_name(node: &Node<'_>, source: &str, known: &OfImport) -> String {
    let [kind, name] = kind_and_name(node);
    let stem = match (kind.is_empty(), name.is_empty()) {
        (false, false) => format!("{}-{name}", kind.to_lowercase()),
        (false, true) => kind.to_lowercase(),
        _ => FilePath::new(source).file_stem().unwrap_or_default().to_string_lossy().into_owned(),
    };
    let stem = stem.replace(['/', ':'], "-");
    let all = || known.others.iter().chain(&known.outside).chain(&known.not_built);
    let is_taken = |name: &String| all().any(|(other, _)| other == name) || name == "kustomization.yaml";
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
    let label = |object: &Node<'_>| kind_and_name(object).join(" ");
    let labels = |places: &[usize]| places.iter().filter_map(|place| nodes.get(*place)).map(label).collect::<Vec<_>>().join(", ");
    if before.is_proved() {
        let except = if imported.renamed.is_empty() { "" } else { ", but for names that Kubernetes refuses" };
        writeln!(stdout, "All {all} objects are as Jina exports them{except}.")?;
    } else {
        writeln!(stdout, "{} of {all} objects are as Jina exports them.", before.same.len())?;
    }
    if !imported.renamed.is_empty() {
        let names = imported.renamed.join(", ");
        writeln!(stdout, "Kubernetes refuses names that begin with a dash, so these lose it: {names}.")?;
    }
    if !imported.rearranged.is_empty() {
        let labels = labels(&imported.rearranged);
        let what = "A build writes these arguments as Jina does. They mean the same, but an apply restarts the pods";
        writeln!(stdout, "{what}: {labels}.")?;
    }
    if !imported.edits.is_empty() {
        writeln!(stdout, "You changed, each with its place in the JinaFlow:")?;
        write_lines(imported.edits.iter().map(|edit| format!("  {edit}")), stdout)?;
    }
    writeln!(stdout, "The Flow has the images, variables and options of the export. An export does not show which of them you changed.")?;
    if !proof.is_proved() {
        writeln!(stdout, "The JinaFlow does not give:")?;
        let different = proof.different.iter().filter_map(|difference| {
            let object = nodes.get(difference.object)?;
            Some(format!("  {}: {}", label(object), difference.fields.join(", ")))
        });
        let missing = proof.missing.iter().map(|object| format!("  {}: is not in the export", label(object)));
        write_lines(different.chain(missing), stdout)?;
    }
    if !imported.only_with_compat.is_empty() {
        let names = imported.only_with_compat.join(", ");
        writeln!(stdout, "Without `compat`, these are errors or have no effect. Remove them together with it: {names}.")?;
    }
    if !imported.rendered_without_compat.is_empty() {
        let labels = labels(&imported.rendered_without_compat);
        let what = "Without `compat`, the Flow has these objects itself. Remove your own together with it";
        writeln!(stdout, "{what}: {labels}.")?;
    }
    let is_built = |place: &usize| !imported.not_built.iter().any(|(other, _)| other == place);
    let copied: Vec<usize> = proof.foreign.iter().copied().filter(is_built).collect();
    if !copied.is_empty() {
        writeln!(stdout, "Not part of the Flow, and copied: {}.", labels(&copied))?;
    }
    if !imported.stripped.is_empty() {
        writeln!(stdout, "Annotations that tools write for themselves are left out: {}.", labels(&imported.stripped))?;
    }
    if !imported.without_value.is_empty() {
        let what = "Variables without a value are left out, as `kubectl apply` does";
        writeln!(stdout, "{what}: {}.", labels(&imported.without_value))?;
    }
    Ok(())
}

/// Writes the files of a folder that are not read, so that nobody misses them later.
fn write_unread(source: &str, stdout: &mut impl Write) -> Result<()> {
    let mut unread = Unread::default();
    if source != "-" && FilePath::new(source).is_dir() {
        list_unread(FilePath::new(source), FilePath::new(""), false, &mut unread);
    }
    let Unread { others, hidden } = unread;
    for (reason, mut files) in [("Not manifests", others), ("Hidden", hidden)] {
        if files.is_empty() {
            continue;
        }
        files.sort();
        let more = files.len().saturating_sub(MOST_FILES);
        let shown = files.get(..MOST_FILES).unwrap_or(&files).join(", ");
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        writeln!(stdout, "{reason}, so neither read nor copied: {shown}{more}.")?;
    }
    Ok(())
}

/// The files of a folder that are not read.
#[derive(Default)]
struct Unread {
    /// Files that are not manifests.
    others: Vec<String>,
    /// Manifests whose name, or the name of whose folder, begins with a dot.
    hidden: Vec<String>,
}

/// Adds the files below a folder that are not read. `below` is the way to the folder from the source.
fn list_unread(folder: &FilePath, below: &FilePath, is_hidden: bool, unread: &mut Unread) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = below.join(&name);
        let is_hidden = is_hidden || name.starts_with('.');
        match entry.file_type() {
            // The objects of git are not files of a user.
            Ok(kind) if kind.is_dir() && name != ".git" => list_unread(&entry.path(), &path, is_hidden, unread),
            Ok(kind) if kind.is_file() && is_hidden && is_manifest(&name) => unread.hidden.push(path.display().to_string()),
            Ok(kind) if kind.is_file() && !is_hidden && !is_manifest(&name) => unread.others.push(path.display().to_string()),
            _ => {}
        }
    }
}

/// Writes where objects are that not every build has.
fn write_places(scaffold: &Scaffold, imported: &Imported, layout: Layout, stdout: &mut impl Write) -> Result<()> {
    let Some(import) = &scaffold.import else { return Ok(()) };
    let names = |files: &[(String, String)]| files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    if !import.outside.is_empty() && layout == Layout::Kustomize {
        let names = names(&import.outside);
        writeln!(stdout, "Objects for other namespaces or for the whole cluster are in {OUTSIDE}. Only overlays/prod uses it: {names}.")?;
    }
    let shared: Vec<&str> = import.others.iter().filter(|(_, text)| claims_hosts(text)).map(|(name, _)| name.as_str()).collect();
    if !shared.is_empty() && layout == Layout::Kustomize {
        let names = shared.join(", ");
        writeln!(stdout, "Every overlay has these, with the same hosts, so give each environment its own hosts in a patch: {names}.")?;
    }
    if !import.not_built.is_empty() {
        let reasons = imported.not_built.iter().map(|(_, reason)| reason.as_str());
        let names = import.not_built.iter().zip(reasons).map(|((name, _), reason)| format!("{name} has {reason}"));
        let names = names.collect::<Vec<_>>().join(", ");
        writeln!(stdout, "These cannot be part of a build, so they are only copied to {NOT_BUILT}: {names}.")?;
    }
    Ok(())
}

/// Whether the text of an object names hosts for clients outside of the cluster, as an Ingress or a route does.
fn claims_hosts(text: &str) -> bool {
    let root = yaml::read(text).ok().and_then(|document| document.root);
    root.is_some_and(|root| {
        let has_host = |list: &str, field: &str| root.list_at(list).iter().any(|entry| !entry.text_at(field).is_empty());
        let has_hosts = |list: &str| !root.list_at(list).is_empty();
        has_host("spec.rules", "host") || has_host("spec.listeners", "hostname") || has_hosts("spec.hostnames") || has_hosts("spec.hosts")
    })
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
fn next_steps(
    folder: &FilePath,
    files: usize,
    arguments: &Import,
    imported: &Imported,
    is_live: bool,
    up: &str,
    stdout: &mut impl Write,
) -> Result<()> {
    let shown = folder.display().to_string();
    let folder = quoted(&shown);
    writeln!(stdout, "Wrote {files} files to {shown}.\n\nNext:")?;
    let (command, settings) = match arguments.layout {
        Layout::Kustomize => {
            (format!("kustomize build --enable-alpha-plugins --enable-exec {folder}/overlays/prod > {up}prod.yaml"), KUSTOMIZE_SETTINGS)
        }
        Layout::Kpt => (format!("kpt fn render {folder} --allow-exec"), KPT_SETTINGS),
    };
    let built = if arguments.layout == Layout::Kustomize { format!("{up}prod.yaml") } else { folder.to_string() };
    writeln!(stdout, "  {command}")?;
    let is_exact = [&imported.rearranged, &imported.stripped, &imported.without_value].into_iter().all(Vec::is_empty)
        && imported.renamed.is_empty()
        && imported.not_built.is_empty();
    let note = match (imported.proof.is_proved(), is_exact) {
        (true, true) => "    # no changes",
        (true, false) => "    # only the changes that are listed above",
        _ => "",
    };
    let live = if is_live { "--live " } else { "" };
    if arguments.source == "-" {
        writeln!(stdout, "  jinaflow diff {live}OLD {built}{note}; OLD is a file with what you piped in")?;
    } else {
        writeln!(stdout, "  jinaflow diff {live}{} {built}{note}", quoted(&arguments.source))?;
    }
    writeln!(stdout, "Then remove `compat` from {shown}/{settings}, build again, and see with `jinaflow diff` what that changes.")?;
    Ok(())
}
