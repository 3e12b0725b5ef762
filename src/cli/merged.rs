//! What an export makes of its folder: files of an earlier export are merged with what the Flow renders now, field by field, as a
//! render of a kpt package does it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path as FilePath;

use anyhow::Result;

use crate::cli::folder::{Document, MEMORY, Names, Told, check_files, read};
use crate::cli::remembered::{self, Entry, hash};
use crate::config::OnConflict;
use crate::finding::{Finding, Findings, shortened};
use crate::jina::topology::GATEWAY;
use crate::krm::annotations::{INDEX, PATH};
use crate::krm::meta::Meta;
use crate::krm::{Caller, ResourceList};
use crate::plan::Role;
use crate::reconcile::ownership::{OBJECT, Owner};
use crate::reconcile::{Fate, Generated, Placing, Purpose, RENDERED, Reconciler, memory_of};
use crate::render::Rendering;
use crate::report::{self, Subject};
use crate::yaml::{self, Data, Node};

/// A Flow that is exported.
pub struct Exported {
    /// What it comes to.
    pub rendering: Rendering,
    /// Who it is.
    pub placing: Placing,
    /// The file that it is from, and its path in there.
    pub place: (Subject, &'static str),
}

/// What is to be done in a folder.
#[derive(Debug, Default)]
pub struct Change {
    /// Files with their new texts, names relative to the folder.
    pub written: Vec<(String, String)>,
    /// Files that are removed.
    pub removed: Vec<String>,
    /// What is remembered, with its new text, and what it is while files are written one after the other.
    pub memory: Option<Memory>,
}

/// The text of [`MEMORY`].
#[derive(Debug)]
pub struct Memory {
    /// While some files may be new and some not.
    pub unfinished: String,
    /// When all are new.
    pub done: String,
}

/// An object as it is rendered now.
struct Fresh {
    file: String,
    meta: Meta,
    owner: String,
    text: String,
    /// Whether it comes in the place of an object of its name that no export is known to have written.
    replaces_strangers: bool,
}

/// The files of a folder in which nothing is yet: Jina's tree, a file for each component, its objects one after the other. With
/// `keeps_memory`, what is remembered of them is one more.
pub fn new(flows: &[Exported], keeps_memory: bool) -> Vec<(String, String)> {
    let fresh: Vec<Fresh> = flows.iter().flat_map(objects).collect();
    let mut files = files(&fresh);
    if keeps_memory {
        let entries = fresh.iter().filter_map(|fresh| {
            let node = yaml::read(&fresh.text).ok()?.root?;
            Some(entry(&fresh.file, &fresh.meta, fresh.owner.clone(), memory_of(&node), &fresh.text))
        });
        files.push((MEMORY.to_owned(), remembered::text(entries.collect())));
    }
    files
}

fn files(objects: &[Fresh]) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for Fresh { file, text, .. } in objects {
        match files.last_mut().filter(|(known, _)| known == file) {
            Some((_, known)) => {
                known.push_str("---\n");
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
            let owner = Owner { flow: flow.placing.meta.name.clone(), component: component.name.clone(), role: object.role };
            let replaces_strangers = flow.placing.on_conflict == OnConflict::Overwrite;
            let meta = Meta::of(&object.node);
            all.push(Fresh { file: file.clone(), meta, owner: owner.value(), text, replaces_strangers });
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

/// Merges what Flows render into a folder that is there.
pub fn merge(folder: &FilePath, flows: &[Exported], keeps_memory: bool, told: &mut Told) -> Result<Change> {
    let known = remembered::read(folder)?;
    let keeps_memory = keeps_memory || known.is_some();
    let entries = known.unwrap_or_default();
    let fresh: Vec<Fresh> = flows.iter().flat_map(objects).collect();
    let known: Names<'_> = entries.iter().map(|entry| entry.file.as_str()).collect();
    // An object that was moved comes back to where it is, and not to its file.
    let elsewhere: HashSet<&str> = entries.iter().map(|entry| entry.object.as_str()).collect();
    let comes = |fresh: &&Fresh| !fresh.replaces_strangers && !elsewhere.contains(fresh.owner.as_str());
    let coming: Names<'_> = fresh.iter().filter(comes).map(|fresh| fresh.file.as_str()).collect();
    check_files(folder, &known, &coming, &files(&fresh), told)?;
    let ours: Names<'_> = known.iter().copied().chain(fresh.iter().map(|fresh| fresh.file.as_str())).collect();
    let moved = entries.iter().map(|Entry { kind, namespace, name, .. }| [kind, namespace, name].map(String::as_str)).collect();
    let documents = read(folder, &ours, &moved, told)?;
    let before = Before::of(documents, &ours, &entries, &fresh);
    refuse_lists(folder, &before, &ours, &moved, told);
    if report::has_errors(told) {
        return Ok(Change::default());
    }
    warn_about_strays(folder, &before, &fresh, told);
    warn_about_another_flow(flows, &entries, told);
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
    let placing: Vec<&Placing> = flows.iter().map(|flow| &flow.placing).collect();
    let mut reconciler = Reconciler::new(&list, Caller::Other, Purpose::Render, generated, std::iter::empty(), &placing);
    for Exported { rendering, placing, place: (subject, path) } in flows {
        let mut own = Findings::default();
        rendering.place(placing, &mut reconciler, &mut own);
        told.extend(own.into_iter().map(|finding| (subject.clone(), finding.on((*path).to_owned()))));
    }
    let outcome = reconciler.finish();
    told.extend(outcome.findings.into_iter().map(|item| (Subject::Object(in_folder(folder, item.object)), item.finding)));
    let by_owner = fresh.iter().map(|fresh| (fresh.owner.as_str(), fresh)).collect();
    let mut after = After { all: &fresh, fresh: by_owner, files: BTreeMap::new(), left: BTreeMap::new() };
    for (place, fate) in before.shown().zip(&outcome.fates) {
        let text = match fate {
            Fate::Kept => &before.marked[place],
            Fate::Replaced(text) => text,
            Fate::Removed => {
                after.leave(&before.documents[place]);
                continue;
            }
        };
        after.take(text, Some((&before.documents[place], before.is_as_written[place], *fate == Fate::Kept)));
    }
    outcome.added.iter().for_each(|text| after.take(text, None));
    let mut change = Change { removed: after.gone(&before), ..Change::default() };
    for (file, documents) in &after.files {
        let text = after.text(file, documents);
        if before.text(file) != text {
            change.written.push((file.clone(), text));
        }
    }
    if keeps_memory {
        let replaced = change.written.iter().map(|(file, _)| file).chain(&change.removed);
        let replaced = replaced.map(|file| (file.clone(), hash(&before.text(file)))).collect();
        let unfinished = remembered::unfinished(after.entries(), before.entries, replaced);
        change.memory = Some(Memory { unfinished, done: remembered::text(after.entries()) });
    }
    Ok(change)
}

/// An object in a message is in a file of this folder.
fn in_folder(folder: &FilePath, mut meta: Meta) -> Meta {
    for (_, path) in meta.annotations.iter_mut().filter(|(name, _)| name == PATH) {
        *path = folder.join(&*path).display().to_string();
    }
    meta
}

/// What is in the folder.
struct Before {
    documents: Vec<Document>,
    /// Each with what is remembered of it as annotations.
    marked: Vec<String>,
    /// Whether it is what an earlier export wrote, letter by letter.
    is_as_written: Vec<bool>,
    /// Files in which something is ours, or is called as something of ours.
    files: HashSet<String>,
    /// What is remembered of the objects that are there, each where it is.
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
        // What stands in such a file stays there, whatever has become of the objects in it.
        let files = documents.iter().map(|document| &document.file).filter(|file| ours.contains(file.as_str())).cloned().collect();
        let mut before = Self { documents: Vec::new(), marked: Vec::new(), is_as_written: Vec::new(), files, entries: Vec::new() };
        for (document, entry) in documents.iter().zip(of_documents) {
            let Document { file, index, text, meta, .. } = document;
            // What an earlier version, or compat, has written, and is as it is rendered now.
            let same = rendered.get(&(file.as_str(), text.as_str())).filter(|_| entry.is_none());
            // What is remembered of a stranger that is replaced is what it is: nothing in it is an edit.
            let replaced = replacing.get(&(file.as_str(), names(meta))).filter(|_| entry.is_none());
            before.entries.extend(entry.as_ref().map(|entry| Entry { file: file.clone(), ..entry.clone() }));
            // The last line of a file may have lost its end.
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
        before.documents = documents;
        before
    }

    /// The places of the documents that the merge is shown.
    fn shown(&self) -> impl Iterator<Item = usize> {
        (0..self.documents.len()).filter(|place| self.files.contains(&self.documents[*place].file))
    }

    /// The text of a file.
    fn text(&self, file: &str) -> String {
        let documents = self.documents.iter().filter(|document| document.file == file);
        documents.flat_map(|Document { head, text, tail, .. }| [head.as_str(), text.as_str(), tail.as_str()]).collect()
    }
}

/// Kind and name of an object.
fn names(meta: &Meta) -> (&str, &str) {
    (&meta.kind, &meta.name)
}

/// The text of an object with annotations.
fn mark(text: &str, marks: impl Iterator<Item = (&'static str, String)>) -> String {
    let Some(mut node) = yaml::read(text).ok().and_then(|document| document.root) else { return text.to_owned() };
    // What is no object, as values of a chart beside the manifests, is shown as it is.
    if node.get("metadata").is_none_or(|metadata| metadata.as_map().is_none()) {
        return text.to_owned();
    }
    if let Some(metadata) = node.get_mut("metadata") {
        if metadata.get("annotations").is_none_or(|annotations| annotations.as_map().is_none()) {
            metadata.set("annotations", Data::Map(Vec::new()).into());
        }
        if let Some(annotations) = metadata.get_mut("annotations") {
            marks.for_each(|(name, value)| annotations.set(name, value.into()));
        }
    }
    yaml::edit(text, &node).unwrap_or_else(|| {
        let mut text = String::new();
        yaml::write(&node, &mut text);
        text
    })
}

/// The text of an object without those annotations.
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

/// Workloads of Jina in the folder that no Flow of this export has, and that no export is known to have written.
fn warn_about_strays(folder: &FilePath, before: &Before, fresh: &[Fresh], told: &mut Told) {
    let files: HashSet<&str> = fresh.iter().map(|fresh| fresh.file.as_str()).collect();
    for document in before.documents.iter().filter(|document| document.is_jina) {
        if !before.files.contains(&document.file) && !files.contains(document.file.as_str()) {
            let message = format!("has a {} `{}` that runs Jina, and that is not from this Flow", document.meta.kind, document.meta.name);
            let finding = Finding::warning("", message).fix("remove the file if it is from an earlier export");
            told.push((Subject::File(folder.join(&document.file).display().to_string()), finding));
        }
    }
}

/// A list hides objects from the merge, which would be written a second time beside it.
fn refuse_lists(folder: &FilePath, before: &Before, ours: &Names<'_>, moved: &BTreeSet<[&str; 3]>, told: &mut Told) {
    let found: HashSet<[&str; 3]> =
        before.entries.iter().map(|Entry { kind, namespace, name, .. }| [kind, namespace, name].map(String::as_str)).collect();
    let is_hidden = |item: &Node<'_>| {
        let Meta { kind, namespace, name, .. } = Meta::of(item);
        let key = [kind.as_str(), &namespace, &name];
        moved.contains(&key) && !found.contains(&key)
    };
    for Document { file, meta, text, .. } in before.documents.iter().filter(|document| document.meta.kind == "List") {
        let root = yaml::read(text).ok().and_then(|document| document.root);
        let items = root.as_ref().and_then(|root| root.get("items")).and_then(Node::as_list).unwrap_or_default();
        if meta.api_version == "v1" && (ours.contains(file.as_str()) || items.iter().any(is_hidden)) {
            let finding = Finding::error("kind", "is a list, and an export finds only objects that are documents of their own");
            let finding = finding.got("List").fix("write each of its items as a document, with `---` between them");
            told.push((Subject::File(folder.join(file).display().to_string()), finding));
        }
    }
}

/// Of a Flow that has no executor of the last export any more, it may be that it is another Flow under the same name: one without
/// a name is called `flow`.
fn warn_about_another_flow(flows: &[Exported], entries: &[Entry], told: &mut Told) {
    for Exported { placing, place: (subject, path), .. } in flows {
        let flow = &placing.meta.name;
        let owners = entries.iter().filter_map(|entry| Owner::parse(&entry.object)).filter(|owner| owner.flow == *flow);
        let former: BTreeSet<String> = owners.map(|owner| owner.component).filter(|component| component != GATEWAY).collect();
        let is_left = placing.components.iter().filter(|component| component.role != Role::Gateway).any(|component| {
            former.iter().any(|known| known.strip_prefix(&component.executor).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')))
        });
        if !former.is_empty() && !is_left {
            let message = format!("has none of the components of `{flow}` that the last export wrote into this folder");
            let names = former.into_iter().collect::<Vec<_>>().join(", ");
            let finding = Finding::warning(*path, message).got(shortened(&names));
            let mend = "they are removed; if it is another Flow, give it another --name, or export it into another folder";
            told.push((subject.clone(), finding.fix(mend)));
        }
    }
}

/// What is to be in the folder.
struct After<'f> {
    all: &'f [Fresh],
    /// By what they are.
    fresh: HashMap<&'f str, &'f Fresh>,
    files: BTreeMap<String, Vec<Kept>>,
    /// Comments around documents that go, by their files and places: they may be somebody else's.
    left: BTreeMap<String, Vec<(i64, String)>>,
}

/// A document as it is to be.
struct Kept {
    index: i64,
    head: Option<String>,
    /// Whether it was the first of its file.
    is_first: bool,
    text: String,
    tail: String,
    /// What is remembered of it, if it is ours.
    entry: Option<Entry>,
    /// Whether nobody has edited it.
    is_as_written: bool,
}

impl After<'_> {
    /// Takes a document with its annotations; `was` is what it was, whether it is as an export wrote it, and whether it stays.
    fn take(&mut self, marked: &str, was: Option<(&Document, bool, bool)>) {
        let meta = yaml::read(marked).ok().and_then(|document| document.root).map(|node| Meta::of(&node)).unwrap_or_default();
        let file = meta.path().or(was.map(|(document, ..)| document.file.as_str())).unwrap_or_default().to_owned();
        let owner = meta.annotation(OBJECT).zip(meta.annotation(RENDERED));
        let fresh = owner.and_then(|(object, _)| self.fresh.get(object));
        let is_as_written = was.is_none_or(|(_, is_as_written, _)| is_as_written) && fresh.is_some();
        let text = match (fresh, was) {
            (Some(fresh), _) if is_as_written => fresh.text.clone(),
            (_, Some((document, _, true))) => document.text.clone(),
            _ => unmark(marked),
        };
        let is_as_written = is_as_written || fresh.is_some_and(|fresh| fresh.text == text);
        let of_fresh = fresh.map_or(text.as_str(), |fresh| fresh.text.as_str());
        let entry = owner.map(|(object, rendered)| entry(&file, &meta, object.to_owned(), rendered.to_owned(), of_fresh));
        let here = was.map(|(document, ..)| document).filter(|document| document.file == file);
        let index = here.and_then(|here| i64::try_from(here.index).ok()).or(meta.index()).unwrap_or(i64::MAX);
        let is_first = here.is_some_and(|here| here.index == 0);
        let head = here.map(|here| here.head.clone());
        let tail = here.map(|here| here.tail.clone()).unwrap_or_default();
        self.files.entry(file).or_default().push(Kept { index, head, is_first, text, tail, entry, is_as_written });
    }

    /// A document goes, and what stands above its mark and behind it stays, if its file does.
    fn leave(&mut self, Document { file, index, head, tail, .. }: &Document) {
        let comments: String = head.split_inclusive('\n').chain(tail.split_inclusive('\n')).filter(|line| line.starts_with('#')).collect();
        if !comments.is_empty() {
            self.left.entry(file.clone()).or_default().push((i64::try_from(*index).unwrap_or(i64::MAX), comments));
        }
    }

    /// Files of which nothing is left.
    fn gone(&self, before: &Before) -> Vec<String> {
        let mut gone: Vec<String> = before.files.iter().filter(|file| !self.files.contains_key(*file)).cloned().collect();
        gone.sort();
        gone
    }

    fn entries(&self) -> Vec<Entry> {
        self.files.values().flatten().filter_map(|kept| kept.entry.clone()).collect()
    }

    /// The text of a file. One that nobody has edited is written as into a new folder.
    fn text(&self, file: &str, documents: &[Kept]) -> String {
        let is_of_file =
            |kept: &Kept| kept.entry.as_ref().and_then(|entry| self.fresh.get(entry.object.as_str())).map(|fresh| fresh.file == file);
        let is_plain = |Kept { head, is_first, tail, .. }: &Kept| {
            tail.is_empty() && head.as_deref().is_none_or(|head| head == if *is_first { "" } else { "---\n" })
        };
        let left = self.left.get(file).map(Vec::as_slice).unwrap_or_default();
        let is_untouched =
            left.is_empty() && documents.iter().all(|kept| kept.is_as_written && is_plain(kept) && is_of_file(kept) == Some(true));
        let mut fresh = self.all.iter().filter(|fresh| fresh.file == file);
        if is_untouched && fresh.clone().count() == documents.len() {
            let mut text = fresh.next().map_or(String::new(), |fresh| fresh.text.clone());
            fresh.for_each(|fresh| text.extend(["---\n", &fresh.text]));
            return text;
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
