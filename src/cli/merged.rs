//! Merges the files of an earlier export with the objects that the Flow renders now, field by field, as a render of a kpt
//! package does.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path as FilePath;

use super::failure::{Report, Result};
use super::folder::{Contents, Document, JSON, MEMORY, Names, check_files, read};
use super::remembered::{self, Entry, hash};
use crate::config::{JinaFlow, OnConflict};
use crate::finding::{Code, Findings, shortened};
use crate::function::server_fields;
use crate::jina::topology::GATEWAY;
use crate::krm::annotations::{self, INDEX, PATH};
use crate::krm::meta::Meta;
use crate::krm::{Caller, ResourceList};
use crate::plan::{Component, Role};
use crate::reconcile::ownership::{OBJECT, Owner};
use crate::reconcile::{Fate, FlowChanges, Generated, Placing, Purpose, RENDERED, Reconciler, memory_of};
use crate::render::{Rendering, adoption};
use crate::report::{self, Subject};
use crate::yaml::{self, Node};

/// A Flow that is exported.
pub struct Exported {
    /// The components of the Flow.
    pub rendering: Rendering,
    /// The identity of the Flow.
    pub placing: Placing,
    /// The settings and the Flow that are rendered.
    pub config: JinaFlow,
    /// The file of the Flow, and the path of the Flow in this file.
    pub place: (Subject, &'static str),
}

/// The changes of a folder.
#[derive(Debug, Default)]
pub struct Change {
    /// Files with their new content. Names are relative to the folder.
    pub written: Vec<(String, String)>,
    /// Files that are removed.
    pub removed: Vec<String>,
    /// The new record, unless the folder has none.
    pub memory: Option<Memory>,
    /// What changes in the objects of each Flow.
    pub objects: Vec<FlowChanges>,
}

/// The content of [`MEMORY`].
#[derive(Debug)]
pub struct Memory {
    /// The record while files are replaced, when only a part of the files is new.
    pub unfinished: String,
    /// The record when all files are new.
    pub done: String,
}

/// An object as the Flow renders it now.
struct Fresh {
    file: String,
    meta: Meta,
    owner: String,
    text: String,
    /// Whether the object may replace an object with the same name that no known export has written.
    replaces_strangers: bool,
}

/// The files of a new folder, as in Jina's tree: a file for each component, with the objects of the component one after the
/// other. With `keeps_memory`, the record is one more file.
pub fn new(flows: &[Exported], keeps_memory: bool) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut entries = Vec::new();
    for flow in flows {
        for (component, objects) in flow.rendering.objects() {
            let file = flow.rendering.file_of(component);
            let mut text = String::new();
            for object in objects {
                let start = separated(&mut text);
                yaml::write(&object.node, &mut text);
                if keeps_memory {
                    let owner = owner(flow, component, object.role);
                    entries.push(entry(&file, &Meta::of(&object.node), owner, memory_of(&object.node), &text[start..]));
                }
            }
            if !text.is_empty() {
                files.push((file, text));
            }
        }
    }
    if keeps_memory {
        files.push((MEMORY.to_owned(), remembered::text(entries)));
    }
    files
}

/// Begins one more document of a file, and returns the place where it starts.
fn separated(file: &mut String) -> usize {
    if !file.is_empty() {
        file.push_str("---\n");
    }
    file.len()
}

fn owner(flow: &Exported, component: &Component, role: String) -> String {
    Owner { flow: flow.placing.meta.name.clone(), component: component.name.clone(), role }.value()
}

fn files(objects: &[Fresh]) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for Fresh { file, text, .. } in objects {
        match files.last_mut().filter(|(known, _)| known == file) {
            Some((_, known)) => {
                separated(known);
                known.push_str(text);
            }
            None => files.push((file.clone(), text.clone())),
        }
    }
    files
}

fn objects(flow: &Exported) -> Vec<Fresh> {
    let mut all = Vec::new();
    for (component, objects) in flow.rendering.objects() {
        let file = flow.rendering.file_of(component);
        for object in objects {
            let mut text = String::new();
            yaml::write(&object.node, &mut text);
            let replaces_strangers = flow.placing.on_conflict == OnConflict::Overwrite;
            let meta = Meta::of(&object.node);
            all.push(Fresh { file: file.clone(), meta, owner: owner(flow, component, object.role), text, replaces_strangers });
        }
    }
    all
}

fn entry(file: &str, meta: &Meta, object: String, rendered: String, fresh: &str) -> Entry {
    Entry {
        file: file.to_owned(),
        kind: meta.kind.clone(),
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        object,
        rendered,
        text: hash(fresh),
    }
}

/// Merges the objects that Flows render with the files of a folder.
pub fn merge(folder: &FilePath, flows: &[Exported], keeps_memory: bool, report: &mut Report) -> Result<Change> {
    let known = remembered::read(folder)?;
    let keeps_memory = keeps_memory || known.is_some();
    let entries = known.unwrap_or_default();
    let fresh: Vec<Fresh> = flows.iter().flat_map(objects).collect();
    let known: Names<'_> = entries.iter().map(|entry| entry.file.as_str()).collect();
    // An object that was moved stays in its new file.
    let elsewhere: HashSet<&str> = entries.iter().map(|entry| entry.object.as_str()).collect();
    let comes = |fresh: &&Fresh| !fresh.replaces_strangers && !elsewhere.contains(fresh.owner.as_str());
    let coming: Names<'_> = fresh.iter().filter(comes).map(|fresh| fresh.file.as_str()).collect();
    let ours: Names<'_> = known.iter().copied().chain(fresh.iter().map(|fresh| fresh.file.as_str())).collect();
    let moved = entries.iter().map(|Entry { kind, namespace, name, .. }| [kind, namespace, name].map(String::as_str)).collect();
    let Contents { documents, broken, findings } = read(folder, &ours, &moved, entries.is_empty())?;
    let before = Before::of(documents, &ours, &entries, &fresh);
    let list = ResourceList::of_documents(before.shown().map(|place| before.marked[place].as_str()));
    let mut generated = Vec::new();
    for (index, item) in list.items.iter().enumerate() {
        if let Some(node) = item.read().ok().and_then(|document| document.root) {
            let meta = Meta::of(&node);
            if meta.annotation(OBJECT).is_some() {
                generated.push(Generated::new(index, meta, node));
            }
        }
    }
    let rendered: Vec<(&Placing, &JinaFlow)> = flows.iter().map(|flow| (&flow.placing, &flow.config)).collect();
    let of_exports = adoption::adopt(&list, Caller::Export, &mut generated, &rendered, &[], server_fields::strip);
    refuse_json(folder, &generated, report);
    let adopted = generated.iter().filter(|item| item.is_adopted).filter_map(|item| item.meta.path());
    let adopted: Names<'_> = adopted.chain(broken.iter().map(String::as_str)).collect();
    // An export that cannot be adopted is reported once, not for each file.
    let refused = before.documents.iter().filter(|document| document.is_jina && !of_exports.is_empty());
    let refused = refused.map(|document| document.file.as_str());
    let shown: Vec<&Document> = before.shown().map(|place| &before.documents[place]).collect();
    let refused: Names<'_> = refused.chain(of_exports.iter().filter_map(|item| Some(shown.get(item.index)?.file.as_str()))).collect();
    let coming = coming.into_iter().filter(|file| !adopted.contains(file) && !refused.contains(file)).collect();
    check_files(folder, &known, &coming, &files(&fresh), report)?;
    report.extend(findings);
    refuse_lists(folder, &before, &ours, &moved, &refused, report);
    report.extend(of_exports.into_iter().map(|item| {
        // A list has no name of its own.
        let unnamed = shown.get(item.index).filter(|_| item.object.name.is_empty());
        let file = unnamed.map(|document| Subject::File(folder.join(&document.file).display().to_string()));
        (file.unwrap_or_else(|| Subject::Object(in_folder(folder, item.object))), item.finding)
    }));
    if report::has_errors(report) {
        return Ok(Change::default());
    }
    // Edits of an adopted object are found only with a record.
    let keeps_memory = keeps_memory || !adopted.is_empty();
    warn_about_strays(folder, &before, &adopted, report);
    warn_about_another_flow(flows, &entries, report);
    let placing: Vec<&Placing> = flows.iter().map(|flow| &flow.placing).collect();
    let mut reconciler = Reconciler::new(&list, Caller::Export, Purpose::Render, generated, Vec::new(), std::iter::empty(), &placing);
    for Exported { rendering, placing, place: (subject, path), .. } in flows {
        let mut own = Findings::default();
        rendering.place(placing, &mut reconciler, &mut own);
        report.extend(own.into_iter().map(|finding| (subject.clone(), finding.on(*path))));
    }
    let outcome = reconciler.finish();
    for Exported { placing, place: (subject, path), .. } in flows {
        let finding = adoption::needs_delete(&list, &outcome, &placing.key(), "add the flag `--compat jina-3.34`");
        report.extend(finding.map(|finding| (subject.clone(), finding.on(*path))));
    }
    report.extend(outcome.findings.into_iter().map(|item| (Subject::Object(in_folder(folder, item.object)), item.finding)));
    let by_owner = fresh.iter().map(|fresh| (fresh.owner.as_str(), fresh)).collect();
    let mut after = After { of_files: by_file(&fresh), fresh: by_owner, files: BTreeMap::new(), left: BTreeMap::new() };
    for (place, fate) in before.shown().zip(&outcome.fates) {
        let text = match fate {
            Fate::Kept => &before.marked[place],
            Fate::Replaced(text) => text,
            Fate::Removed => {
                after.leave(&before.documents[place]);
                continue;
            }
        };
        let was = Was { document: &before.documents[place], is_as_written: before.is_as_written[place], is_kept: *fate == Fate::Kept };
        after.take(text, Some(was));
    }
    outcome.added.iter().for_each(|text| after.take(text, None));
    let mut change = Change { removed: after.removed(&before), objects: outcome.changes, ..Change::default() };
    let texts = before.contents();
    let old = |file: &str| texts.get(file).map(String::as_str).unwrap_or_default();
    for (file, documents) in &after.files {
        let text = after.text(file, documents);
        if old(file) != text {
            change.written.push((file.clone(), text));
        }
    }
    if keeps_memory {
        let replaced = change.written.iter().map(|(file, _)| file).chain(&change.removed);
        let replaced = replaced.map(|file| (file.clone(), hash(old(file)))).collect();
        let unfinished = remembered::unfinished(after.entries(), before.entries, replaced);
        change.memory = Some(Memory { unfinished, done: remembered::text(after.entries()) });
    }
    Ok(change)
}

/// Adds the folder to the path of an object, for messages.
fn in_folder(folder: &FilePath, mut meta: Meta) -> Meta {
    for (_, path) in meta.annotations.iter_mut().filter(|(name, _)| name == PATH) {
        *path = folder.join(&*path).display().to_string();
    }
    meta
}

/// The folder before the export.
struct Before {
    documents: Vec<Document>,
    /// The documents, each with its record as annotations.
    marked: Vec<String>,
    /// Whether each document is exactly as an earlier export wrote it.
    is_as_written: Vec<bool>,
    /// Files with an object of the export, or with an object of the same name, and files that may have one.
    files: HashSet<String>,
    /// Files that have no object of the export unless one of them is adopted.
    strays: HashSet<String>,
    /// The records of the objects in the folder, each with its present file.
    entries: Vec<Entry>,
}

impl Before {
    /// `ours` are the files that an export wrote or will write.
    fn of(documents: Vec<Document>, ours: &Names<'_>, entries: &[Entry], fresh: &[Fresh]) -> Self {
        let keys: Vec<[&str; 4]> = documents
            .iter()
            .map(|Document { file, meta, .. }| [file, &meta.kind, &meta.namespace, &meta.name].map(String::as_str))
            .collect();
        let texts: HashSet<&str> = entries.iter().map(|entry| entry.text.as_str()).collect();
        let are_ours: Vec<bool> =
            documents.iter().map(|document| document.has_our_label || texts.contains(hash(&document.text).as_str())).collect();
        let of_documents = remembered::matched(entries, &keys, &are_ours).into_iter().map(Option::<&Entry>::cloned);
        let of_documents: Vec<Option<Entry>> = of_documents.collect();
        let rendered: HashMap<(&str, &str), &Fresh> =
            fresh.iter().map(|fresh| ((fresh.file.as_str(), fresh.text.as_str()), fresh)).collect();
        let named: HashSet<(&str, &str)> = fresh.iter().map(|fresh| names(&fresh.meta)).collect();
        let replacing = fresh.iter().filter(|fresh| fresh.replaces_strangers);
        let replacing: HashMap<(&str, (&str, &str)), &Fresh> =
            replacing.map(|fresh| ((fresh.file.as_str(), names(&fresh.meta)), fresh)).collect();
        // All documents of a file of an export are merged, also documents that are not of the export.
        let files = documents.iter().map(|document| &document.file).filter(|file| ours.contains(file.as_str())).cloned().collect();
        let mut before = Self {
            documents: Vec::new(),
            marked: Vec::new(),
            is_as_written: Vec::new(),
            files,
            strays: HashSet::new(),
            entries: Vec::new(),
        };
        for (document, entry) in documents.iter().zip(of_documents) {
            let Document { file, index, text, meta, .. } = document;
            // The new object that equals this object without a record. An earlier version or an export with compat keeps no
            // record.
            let same = rendered.get(&(file.as_str(), text.as_str())).filter(|_| entry.is_none());
            // The record of an object that is replaced is the object itself, so that no field counts as an edit.
            let replaced = replacing.get(&(file.as_str(), names(meta))).filter(|_| entry.is_none());
            before.entries.extend(entry.as_ref().map(|entry| Entry { file: file.clone(), ..entry.clone() }));
            // The last line of a file may have lost its line feed.
            let is_as_rendered = |entry: &Entry| entry.text == hash(text) || entry.text == hash(&format!("{text}\n"));
            before.is_as_written.push(same.is_some() || entry.as_ref().is_some_and(is_as_rendered));
            if entry.is_some() || same.is_some() || named.contains(&names(meta)) {
                before.files.insert(file.clone());
            }
            let memory = match (entry, same.or(replaced)) {
                (Some(entry), _) => Some((entry.object, entry.rendered)),
                (None, Some(fresh)) => {
                    let node = yaml::read(text).ok().and_then(|document| document.root);
                    node.map(|node| (fresh.owner.clone(), memory_of(&node)))
                }
                (None, None) => None,
            };
            let memory = memory.into_iter().flat_map(|(object, rendered)| [(OBJECT, object), (RENDERED, rendered)]);
            before.marked.push(mark(text, memory.chain([(PATH, file.clone()), (INDEX, index.to_string())])));
        }
        // An object of an export may have another name, and a list has objects of its own.
        let may_have_one = documents.iter().filter(|document| document.is_jina || document.meta.kind.ends_with("List"));
        before.strays = may_have_one.map(|document| &document.file).filter(|file| !before.files.contains(*file)).cloned().collect();
        before.files.extend(before.strays.iter().cloned());
        before.documents = documents;
        before
    }

    /// The indices of the documents that are merged.
    fn shown(&self) -> impl Iterator<Item = usize> {
        (0..self.documents.len()).filter(|place| self.files.contains(&self.documents[*place].file))
    }

    /// The content of each file.
    fn contents(&self) -> HashMap<&str, String> {
        let mut texts: HashMap<&str, String> = HashMap::new();
        for Document { file, head, text, tail, .. } in &self.documents {
            texts.entry(file).or_default().extend([head.as_str(), text, tail]);
        }
        texts
    }
}

/// The kind and the name of an object.
fn names(meta: &Meta) -> (&str, &str) {
    (&meta.kind, &meta.name)
}

/// Adds annotations to the text of an object.
fn mark(text: &str, marks: impl Iterator<Item = (&'static str, String)>) -> String {
    let Some(mut node) = yaml::read(text).ok().and_then(|document| document.root) else { return text.to_owned() };
    // A document that is not an object, such as the values of a chart, stays unchanged.
    if node.get("metadata").is_none_or(|metadata| metadata.as_map().is_none()) {
        return text.to_owned();
    }
    marks.for_each(|(name, value)| annotations::set(&mut node, name, value));
    yaml::edit(text, &node).unwrap_or_else(|| {
        let mut text = String::new();
        yaml::write(&node, &mut text);
        text
    })
}

/// Removes the annotations that [`mark`] adds from the text of an object.
fn unmark(text: &str) -> String {
    let Some(mut node) = yaml::read(text).ok().and_then(|document| document.root) else { return text.to_owned() };
    if let Some(metadata) = node.get_mut("metadata") {
        let is_empty = metadata.get_mut("annotations").is_some_and(|annotations| {
            for name in [OBJECT, RENDERED, PATH, INDEX] {
                annotations.take(name);
            }
            annotations.as_map().is_some_and(<[_]>::is_empty)
        });
        if is_empty {
            metadata.take("annotations");
        }
    }
    yaml::edit(text, &node).unwrap_or_else(|| {
        let mut text = String::new();
        yaml::write(&node, &mut text);
        text
    })
}

/// Warns about workloads of Jina that are not in a Flow of this export and that no known export has written.
fn warn_about_strays(folder: &FilePath, before: &Before, adopted: &Names<'_>, report: &mut Report) {
    for document in before.documents.iter().filter(|document| document.is_jina) {
        if before.strays.contains(&document.file) && !adopted.contains(document.file.as_str()) {
            let message = format!("has the {} `{}`, which runs Jina but is not from this Flow", document.meta.kind, document.meta.name);
            let finding = Code::WorkloadNotFromFlow.warning("", message).fix("remove the file if it is from an earlier export");
            report.push((Subject::File(folder.join(&document.file).display().to_string()), finding));
        }
    }
}

/// Refuses JSON files with objects of the export: an export writes YAML.
fn refuse_json(folder: &FilePath, generated: &[Generated<'_>], report: &mut Report) {
    let files: Names<'_> = generated.iter().filter_map(|item| item.meta.path()).filter(|file| file.ends_with(JSON)).collect();
    for file in files {
        let message = "is JSON with an object of the Flow, but an export merges only YAML, so the object would be there twice";
        let finding = Code::ListInExport.error("", message).fix("write each object as a YAML document, in a file that ends with .yaml");
        report.push((Subject::File(folder.join(file).display().to_string()), finding));
    }
}

/// Refuses lists: the merge does not see objects in a list, and would write these objects again beside the list.
/// Lists in `refused` files are already reported.
fn refuse_lists(
    folder: &FilePath,
    before: &Before,
    ours: &Names<'_>,
    moved: &BTreeSet<[&str; 3]>,
    refused: &Names<'_>,
    report: &mut Report,
) {
    let found: HashSet<[&str; 3]> =
        before.entries.iter().map(|Entry { kind, namespace, name, .. }| [kind, namespace, name].map(String::as_str)).collect();
    let is_hidden = |item: &Node<'_>| {
        let Meta { kind, namespace, name, .. } = Meta::of(item);
        let key = [kind.as_str(), &namespace, &name];
        moved.contains(&key) && !found.contains(&key)
    };
    for Document { file, meta, text, .. } in before.documents.iter().filter(|document| document.meta.kind == "List") {
        if refused.contains(file.as_str()) {
            continue;
        }
        let root = yaml::read(text).ok().and_then(|document| document.root);
        let items = root.as_ref().and_then(|root| root.get("items")).and_then(Node::as_list).unwrap_or_default();
        if meta.api_version == "v1" && (ours.contains(file.as_str()) || items.iter().any(is_hidden)) {
            let finding = Code::ListInExport.error("kind", "is a list, but an export needs each object in its own document");
            let finding = finding.got("List").fix("write each item as a document, with `---` between them");
            report.push((Subject::File(folder.join(file).display().to_string()), finding));
        }
    }
}

/// Warns about a Flow that has no executor of the last export. The Flow may be another Flow with the same name, because a
/// Flow without a name is called `flow`.
fn warn_about_another_flow(flows: &[Exported], entries: &[Entry], report: &mut Report) {
    for Exported { placing, place: (subject, path), .. } in flows {
        let flow = &placing.meta.name;
        let owners = entries.iter().filter_map(|entry| Owner::parse(&entry.object)).filter(|owner| owner.flow == *flow);
        let former: BTreeSet<String> = owners.map(|owner| owner.component).filter(|component| component != GATEWAY).collect();
        // A component has the name of its executor, or that name with a suffix such as `-head` or `-0`.
        let executors: HashSet<&str> = former.iter().flat_map(|name| starts(name)).collect();
        let mut components = placing.components.iter().filter(|component| component.role != Role::Gateway);
        let is_left = components.any(|component| executors.contains(component.executor.as_str()));
        if !former.is_empty() && !is_left {
            let message = format!("has none of the components of `{flow}` that the last export wrote to this folder; they are removed");
            let names = former.into_iter().collect::<Vec<_>>().join(", ");
            let finding = Code::FlowReplaced.warning(*path, message).got(shortened(&names));
            report.push((subject.clone(), finding.fix("if this is another Flow, set another --name, or export it to another folder")));
        }
    }
}

/// The parts of a name before each dash, and the whole name: `a`, `a-b` and `a-b-0`.
fn starts(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('-').map(|(at, _)| &name[..at]).chain([name])
}

/// New objects by their files.
fn by_file(fresh: &[Fresh]) -> HashMap<&str, Vec<&Fresh>> {
    let mut files: HashMap<&str, Vec<&Fresh>> = HashMap::new();
    for fresh in fresh {
        files.entry(&fresh.file).or_default().push(fresh);
    }
    files
}

/// The folder after the export.
struct After<'f> {
    /// New objects by their files.
    of_files: HashMap<&'f str, Vec<&'f Fresh>>,
    /// New objects by their owners.
    fresh: HashMap<&'f str, &'f Fresh>,
    files: BTreeMap<String, Vec<Kept>>,
    /// Comments around removed documents, by their files and indices. The user may have written the comments.
    left: BTreeMap<String, Vec<(i64, String)>>,
}

/// A document of the folder, and its part in the merge.
#[derive(Clone, Copy)]
struct Was<'d> {
    document: &'d Document,
    /// Whether the document is exactly as an export wrote it.
    is_as_written: bool,
    /// Whether the merge does not change the document.
    is_kept: bool,
}

/// A document after the export.
struct Kept {
    index: i64,
    head: Option<String>,
    /// Whether the document was the first document of its file.
    is_first: bool,
    text: String,
    tail: String,
    /// The record of the object, if the object is of the export.
    entry: Option<Entry>,
    /// Whether the document has no edits.
    is_as_written: bool,
}

impl After<'_> {
    /// Adds a document, which has its record as annotations. `was` is the earlier document in the folder, if there is one.
    fn take(&mut self, marked: &str, was: Option<Was<'_>>) {
        let meta = yaml::read(marked).ok().and_then(|document| document.root).map(|node| Meta::of(&node)).unwrap_or_default();
        let file = meta.path().or(was.map(|was| was.document.file.as_str())).unwrap_or_default().to_owned();
        let owner = meta.annotation(OBJECT).zip(meta.annotation(RENDERED));
        let fresh = owner.and_then(|(object, _)| self.fresh.get(object));
        let is_as_written = was.is_none_or(|was| was.is_as_written) && fresh.is_some();
        let text = match (fresh, was) {
            (Some(fresh), _) if is_as_written => fresh.text.clone(),
            (_, Some(Was { document, is_kept: true, .. })) => document.text.clone(),
            _ => unmark(marked),
        };
        let is_as_written = is_as_written || fresh.is_some_and(|fresh| fresh.text == text);
        let of_fresh = fresh.map_or(text.as_str(), |fresh| fresh.text.as_str());
        let entry = owner.map(|(object, rendered)| entry(&file, &meta, object.to_owned(), rendered.to_owned(), of_fresh));
        let here = was.map(|was| was.document).filter(|document| document.file == file);
        let index = here.and_then(|here| i64::try_from(here.index).ok()).or(meta.index()).unwrap_or(i64::MAX);
        let is_first = here.is_some_and(|here| here.index == 0);
        let head = here.map(|here| here.head.clone());
        let tail = here.map(|here| here.tail.clone()).unwrap_or_default();
        self.files.entry(file).or_default().push(Kept { index, head, is_first, text, tail, entry, is_as_written });
    }

    /// Removes a document. The comments above the `---` of the document and after the document stay if the file stays.
    fn leave(&mut self, Document { file, index, head, tail, .. }: &Document) {
        let comments: String = head.split_inclusive('\n').chain(tail.split_inclusive('\n')).filter(|line| line.starts_with('#')).collect();
        if !comments.is_empty() {
            self.left.entry(file.clone()).or_default().push((i64::try_from(*index).unwrap_or(i64::MAX), comments));
        }
    }

    /// Files that have no document after the export.
    fn removed(&self, before: &Before) -> Vec<String> {
        let mut removed: Vec<String> = before.files.iter().filter(|file| !self.files.contains_key(*file)).cloned().collect();
        removed.sort();
        removed
    }

    fn entries(&self) -> Vec<Entry> {
        self.files.values().flatten().filter_map(|kept| kept.entry.clone()).collect()
    }

    /// The text of a file. A file without edits is written as in a new folder.
    fn text(&self, file: &str, documents: &[Kept]) -> String {
        let is_of_file =
            |kept: &Kept| kept.entry.as_ref().and_then(|entry| self.fresh.get(entry.object.as_str())).map(|fresh| fresh.file == file);
        let is_plain = |Kept { head, is_first, tail, .. }: &Kept| {
            tail.is_empty() && head.as_deref().is_none_or(|head| head == if *is_first { "" } else { "---\n" })
        };
        let left = self.left.get(file).map(Vec::as_slice).unwrap_or_default();
        let is_untouched =
            left.is_empty() && documents.iter().all(|kept| kept.is_as_written && is_plain(kept) && is_of_file(kept) == Some(true));
        let fresh = self.of_files.get(file).map(Vec::as_slice).unwrap_or_default();
        if is_untouched && fresh.len() == documents.len() {
            return fresh.iter().map(|fresh| fresh.text.as_str()).collect::<Vec<_>>().join("---\n");
        }
        let mut documents: Vec<&Kept> = documents.iter().collect();
        documents.sort_by_key(|kept| kept.index);
        let mut text = String::new();
        let tails: String = documents.iter().map(|kept| kept.tail.as_str()).collect();
        let mut left = left.iter().peekable();
        for Kept { index, head, text: own, is_first, .. } in documents {
            let head = head.as_deref().unwrap_or_default();
            if text.is_empty() {
                text.push_str(if *is_first { head } else { head.strip_prefix("---\n").unwrap_or(head) });
            } else {
                text.push_str(if text.ends_with('\n') { "" } else { "\n" });
                text.push_str(if head.lines().any(|line| line.starts_with("---")) { "" } else { "---\n" });
                text.push_str(head);
            }
            while let Some((_, comments)) = left.next_if(|(place, _)| place < index) {
                text.push_str(comments);
            }
            text.push_str(own);
        }
        for (_, comments) in left {
            text.push_str(if text.ends_with('\n') { "" } else { "\n" });
            text.push_str(comments);
        }
        if !tails.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text + &tails
    }
}
