//! Objects in a kpt package that its pipeline would change, so that a check says when to run `kpt fn render`.
//!
//! The function runs on the files of the package as kpt runs it, with the functionConfig that the Kptfile names. Without the other
//! functions of the pipeline: what they change in generated objects is in the files already, and a render keeps it as an edit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path as FilePath;

use serde_json::Value;

use super::failure::{Report, Result};
use super::file::File;
use super::shell::quoted;
use crate::config::GROUP;
use crate::finding::{Code, FieldPath, Finding, Step, shortened, without_secrets};
use crate::function;
use crate::krm::annotations::{self, INDEX, PACKAGE_PATH, PATH, is_bookkeeping};
use crate::krm::meta::Meta;
use crate::krm::{self, ResourceList};
use crate::reconcile::Memories;
use crate::report::{self, Subject};
use crate::yaml::{self, Data, Node, kubernetes_value};

/// The file that makes a folder a package.
const KPTFILE: &str = "Kptfile";

/// The place of an object: its package, relative to the checked one, its file, relative to that package, and its index in the file.
type Place = (String, String, String);

/// Reports the objects of packages below `path` that are not current. `files` are the manifests below `path`. A JinaFlow that was
/// never rendered, or cannot be, is in the report already, and so is a file that cannot be read.
pub fn stale(path: &str, files: &[File], report: &mut Report) -> Result<()> {
    if report.iter().any(|(_, finding)| matches!(finding.code, Code::FlowNotRendered | Code::InvalidYaml)) {
        return Ok(());
    }
    let top = path.trim_end_matches('/');
    for folder in folders(top, files) {
        // Reading a pipe that has no writer would never end.
        let file = FilePath::new(&folder).join(KPTFILE);
        let Some(text) = file.is_file().then(|| fs::read_to_string(&file).ok()).flatten() else { continue };
        let Some(kptfile) = yaml::read(&text).ok().and_then(|document| document.root) else { continue };
        let ours: Vec<&Node<'_>> = kptfile.list_at("pipeline.mutators").iter().filter(|function| is_ours(function)).collect();
        // What a selection hides from a function, only kpt knows.
        let is_selecting = |function: &&Node<'_>| function.get("selectors").is_some() || function.get("exclude").is_some();
        if !ours.is_empty() && !ours.iter().any(is_selecting) {
            compare(&folder, &ours, files, report)?;
        }
    }
    Ok(())
}

/// The folders of files, and the folders above them, up to `top`.
fn folders(top: &str, files: &[File]) -> BTreeSet<String> {
    let mut folders = BTreeSet::from([top.to_owned()]);
    for file in files.iter().filter(|file| inside(top, &file.name).is_some()) {
        for (end, _) in file.name.match_indices('/').filter(|(end, _)| *end > top.len()) {
            folders.extend(file.name.get(..end).map(str::to_owned));
        }
    }
    folders
}

/// Whether a function of a pipeline is jinaflow, as an image or as an executable.
fn is_ours(function: &Node<'_>) -> bool {
    ["image", "exec"].iter().any(|key| {
        let name = function.text_at(key).split_whitespace().next().unwrap_or_default();
        let name = name.rsplit('/').next().unwrap_or_default();
        name.split([':', '@']).next() == Some("jinaflow")
    })
}

/// Runs the functions on a package, and reports what differs from its files.
fn compare(folder: &str, functions: &[&Node<'_>], files: &[File], report: &mut Report) -> Result<()> {
    let texts: Vec<(&str, &str)> =
        files.iter().filter_map(|file| Some((inside(folder, &file.name)?, str::from_utf8(&file.bytes).ok()?))).collect();
    let inner = packages(folder, &texts);
    let before = objects(&texts, &inner);
    let mut current: Vec<Node<'_>> = before.iter().map(|(place, node)| located(node.clone(), place)).collect();
    for function in functions {
        let config = function_config(function, &before);
        let mut answer = Vec::new();
        let outcome = function::run(list(&current, config).as_bytes(), &mut answer)?;
        if !outcome.success && report::has_errors(report) {
            return Ok(());
        }
        if !outcome.success {
            let finding = Code::FlowNotRendered.error("", "cannot be rendered again").with_block(outcome.stderr.trim_end());
            report.push((Subject::File(folder.to_owned()), finding.fix("correct what the render reports")));
            return Ok(());
        }
        let answer = String::from_utf8_lossy(&answer);
        let Ok(list) = ResourceList::read(&answer) else { return Ok(()) };
        current = list.items.iter().filter_map(|item| Some(item.read().ok()?.root?.into_owned())).collect();
    }
    let flags = if functions.iter().any(|function| function.get("exec").is_some()) { " --allow-exec" } else { "" };
    let fix = format!("run: kpt fn render {}{flags}", quoted(folder));
    report.extend(without_records(changes(&before, &current)).into_iter().map(|((package, file, index), object, finding)| {
        let path = [folder, &*package, &*file].into_iter().filter(|step| !step.is_empty()).collect::<Vec<_>>().join("/");
        let annotations = vec![(PATH.to_owned(), path), (INDEX.to_owned(), index)];
        let finding = if finding.code == Code::RenderedRecordMissing { finding } else { finding.fix(&*fix) };
        (Subject::Object(Meta { annotations, ..Meta::of(object) }), finding)
    }));
    Ok(())
}

/// The packages in a package, as folders relative to it.
fn packages(folder: &str, files: &[(&str, &str)]) -> BTreeSet<String> {
    let parents = files.iter().flat_map(|(name, _)| name.match_indices('/').filter_map(|(end, _)| name.get(..end)));
    let is_package = |inner: &&str| FilePath::new(folder).join(inner).join(KPTFILE).is_file();
    parents.collect::<BTreeSet<&str>>().into_iter().filter(is_package).map(str::to_owned).collect()
}

/// The path of a file inside of a folder.
fn inside<'n>(folder: &str, name: &'n str) -> Option<&'n str> {
    name.strip_prefix(folder)?.strip_prefix('/')
}

/// The objects of files. A document that cannot be read is left out: the check itself reports it. So is one that is not a mapping.
fn objects<'t>(files: &[(&str, &'t str)], packages: &BTreeSet<String>) -> Vec<(Place, Node<'t>)> {
    let mut objects = Vec::new();
    for (name, text) in files {
        let package = packages.iter().filter(|package| inside(package, name).is_some()).max_by_key(|package| package.len());
        let package = package.map(String::as_str).unwrap_or_default();
        let documents = yaml::read_all(text).unwrap_or_default();
        for (index, root) in documents.into_iter().filter_map(|document| document.root).enumerate() {
            if root.as_map().is_some() {
                objects.push(((package.to_owned(), inside(package, name).unwrap_or(name).to_owned(), index.to_string()), root));
            }
        }
    }
    objects
}

/// An object with the annotations by which kpt finds its place again.
fn located<'t>(mut object: Node<'t>, (package, file, index): &Place) -> Node<'t> {
    if object.get("metadata").is_none_or(|metadata| metadata.as_map().is_none()) {
        object.set("metadata", Data::Map(Vec::new()).into());
    }
    annotations::set(&mut object, PATH, file.clone());
    annotations::set(&mut object, INDEX, index.clone());
    if !package.is_empty() {
        annotations::set(&mut object, PACKAGE_PATH, package.clone());
    }
    object
}

/// The functionConfig of a function, from its file or from the Kptfile.
fn function_config<'t>(function: &Node<'t>, objects: &[(Place, Node<'t>)]) -> Option<Node<'t>> {
    if let Some(settings) = function.get("configMap") {
        let mut config = Node::from(Data::Map(Vec::new()));
        config.set("apiVersion", "v1".into());
        config.set("kind", "ConfigMap".into());
        config.set("data", settings.clone());
        return Some(config);
    }
    let file = function.text_at("configPath").trim_start_matches("./");
    let (place, config) = objects.iter().find(|((package, name, _), _)| package.is_empty() && name == file)?;
    Some(located(config.clone(), place))
}

/// The text of a list for the function.
fn list<'t>(items: &[Node<'t>], config: Option<Node<'t>>) -> String {
    let mut list = Node::from(Data::Map(Vec::new()));
    list.set("apiVersion", krm::API_VERSIONS[0].into());
    list.set("kind", krm::KIND.into());
    list.set("items", items.to_vec().into());
    if let Some(config) = config {
        list.set("functionConfig", config);
    }
    let mut text = String::new();
    yaml::write(&list, &mut text);
    text
}

/// An object that the pipeline changes, adds or removes, with its place.
type Changed<'n, 't> = (Place, &'n Node<'t>, Finding);

/// Leaves out records, which change with every object. If nothing else changes, only the value of a field in the record is not
/// current. If a record is missing, a render cannot tell edits from what it rendered.
fn without_records<'n, 't>(found: Vec<Changed<'n, 't>>) -> Vec<Changed<'n, 't>> {
    let is_only_record = found.iter().all(|(_, object, _)| is_record(object));
    let mut left = Vec::new();
    for (place, object, finding) in found {
        let finding = match (is_record(object), finding.code) {
            (false, _) => finding,
            (true, Code::GeneratedObjectMissing) => {
                let message = "the record of the last render is missing, so a render replaces your edits with the values of the Flow";
                Code::RenderedRecordMissing.error("", message).fix("restore it from version control")
            }
            (true, _) if is_only_record => Code::GeneratedObjectStale.info("data", "is not current, but all objects are"),
            (true, _) => continue,
        };
        left.push((place, object, finding));
    }
    left
}

fn is_record(object: &Node<'_>) -> bool {
    Memories::is(&Meta::of(object))
}

/// The objects that the pipeline changes, adds or removes, with their places.
fn changes<'n, 't>(before: &'n [(Place, Node<'t>)], after: &'n [Node<'t>]) -> Vec<Changed<'n, 't>> {
    let named = |object: &Node<'_>| format!("the {} `{}`", object.text_at("kind"), object.text_at("metadata.name"));
    let mut left: BTreeMap<&Place, &Node<'t>> = before.iter().map(|(place, node)| (place, node)).collect();
    let mut found = Vec::new();
    for object in after {
        let place = place(object);
        let finding = match left.remove(&place) {
            None => Some(Code::GeneratedObjectMissing.error("", format!("{} is missing, and a render would add it", named(object)))),
            Some(was) => differs(&plain(was), &plain(object)),
        };
        found.extend(finding.map(|finding| (place, object, finding)));
    }
    for (place, object) in left {
        let message = format!("{} is not an object of its JinaFlow any more", named(object));
        found.push((place.clone(), object, Code::GeneratedObjectLeftOver.error("", message)));
    }
    found
}

/// The place of an object, from its annotations.
fn place(object: &Node<'_>) -> Place {
    let meta = Meta::of(object);
    let value = |name: &str| meta.annotation(name).unwrap_or_default().to_owned();
    (value(PACKAGE_PATH), value(PATH), value(INDEX))
}

/// An object without the annotations of kpt.
fn plain(object: &Node<'_>) -> Value {
    let mut value = kubernetes_value(object);
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
        && let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut)
    {
        annotations.retain(|name, _| !is_bookkeeping(name));
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    value
}

/// The finding about an object that a render changes: the first field of the object, and how many others.
fn differs(before: &Value, after: &Value) -> Option<Finding> {
    let mut fields = Vec::new();
    collect(before, after, &FieldPath::default(), &mut fields);
    // What jinaflow remembers of its last render is not what a user looks for.
    let is_own = |path: &FieldPath| path.steps().iter().any(|step| matches!(step, Step::Key(name) if name.starts_with(GROUP)));
    fields.sort_by_key(|(path, ..)| is_own(path));
    let more = match fields.len() {
        0 | 1 => String::new(),
        2 => ", and one more field would change".to_owned(),
        count => format!(", and {} more fields would change", count - 1),
    };
    let (path, before, after) = fields.into_iter().next()?;
    if is_own(&path) {
        return Some(Code::GeneratedObjectStale.error("", "has a record of its last render that is not current"));
    }
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let finding = match after.map(shown) {
        Some(after) => {
            let message = format!("would become {:?} by a render{more}", shortened(&without_secrets(&after)));
            Code::GeneratedObjectStale.error(&path, message).propose(after)
        }
        None => Code::GeneratedObjectStale.error(&path, format!("would be removed by a render{more}")),
    };
    Some(match before {
        Some(before) => finding.got(shown(before)),
        None => finding,
    })
}

/// A field with its values in two objects.
type Field<'v> = (FieldPath, Option<&'v Value>, Option<&'v Value>);

/// Collects the fields in which two values differ. Lists of different lengths differ as a whole.
fn collect<'v>(before: &'v Value, after: &'v Value, path: &FieldPath, fields: &mut Vec<Field<'v>>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => collect(old, new, &path.key(name), fields),
                    (old, new) => fields.push((path.key(name), old, new)),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                collect(old, new, &path.index(index), fields);
            }
        }
        _ if before == after => {}
        _ => fields.push((path.clone(), Some(before), Some(after))),
    }
}
