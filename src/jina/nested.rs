//! Deployments in other files, which a Flow names: `executors: [encoder.yml]`, or `uses: encoder.yml`.
//!
//! Jina loads such a file as a Deployment of its own (`V1Parser.parse`, `Flow.add`): it does not inherit options of the Flow,
//! and its `needs` has no effect. The command line reads the files; this module reads only their text.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::options::Opt;
use super::substitute::{Context, Missing, substitute};
use crate::finding::{Code, FieldPath, Findings, Mark, Path};
use crate::yaml::{self, Data, Dialect, Dict, DuplicateKey, Node};

/// The most bytes that all entries may have from files. Without a limit, many entries with one file could need any amount of memory.
const MOST_INLINED: usize = 16 << 20;

/// The files of the Deployments that a Flow names, by the names in the Flow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Files(BTreeMap<String, Content>);

/// The content of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A Deployment.
    Deployment(Rc<Deployment>),
    /// A file that cannot be used as a Deployment, with the reason as a clause.
    Refused(String),
    /// A file that is not meant as a Deployment, such as the configuration of a class, or that does not exist, with the reason
    /// as a clause.
    Other(String),
    /// A file beyond a limit, with the limit as a clause.
    TooMany(String),
}

/// A Deployment in a file.
#[derive(Debug, PartialEq)]
pub struct Deployment {
    root: Node<'static>,
    duplicates: Vec<DuplicateKey>,
    bytes: usize,
}

impl Files {
    /// Adds a file.
    pub fn add(&mut self, name: &str, content: Content) {
        self.0.insert(name.to_owned(), content);
    }

    /// Whether there is no file.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a name is already known.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// Whether a string looks like the name of a file.
pub fn is_file(text: &str) -> bool {
    text.ends_with(".yml") || text.ends_with(".yaml")
}

/// Reads the text of a file.
pub fn read(text: &str) -> Content {
    let document = match yaml::read_as(text, Dialect::Jina) {
        Ok(document) => document,
        Err(error) => {
            let reason = format!("is not valid YAML at line {}, column {}: {}", error.mark.line, error.mark.column, error.message);
            return if may_be_deployment(text) { Content::Refused(reason) } else { Content::Other(reason) };
        }
    };
    let Some(root) = document.root else { return Content::Other("is empty".to_owned()) };
    match kind(&root).as_deref() {
        Some("Deployment") => {
            Content::Deployment(Rc::new(Deployment { root: root.into_owned(), duplicates: document.duplicates, bytes: text.len() }))
        }
        Some("Flow") => Content::Refused("is a Flow, not a Deployment".to_owned()),
        _ => Content::Other("is not a Deployment: it has no `jtype: Deployment`".to_owned()),
    }
}

/// Whether text that is not valid YAML could be a Deployment.
pub fn may_be_deployment(text: &str) -> bool {
    text.contains("Deployment")
}

fn kind(root: &Node<'_>) -> Option<String> {
    root.tag.as_ref().map(ToString::to_string).or_else(|| root.get("jtype").map(Node::shown))
}

/// The names of files in a Flow: entries of the list of executors, and the `uses` of entries.
pub fn names<'n>(root: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
    let list = ["executors", "deployments"].iter().find_map(|key| root.get(key));
    let entries = list.and_then(Node::as_list).unwrap_or_default().iter();
    let texts = entries.filter_map(|entry| entry.as_text().or_else(|| entry.get(Opt::Uses.row().name)?.as_text()));
    texts.filter(|text| is_file(text))
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From a file alone, so it does not inherit options of the Flow.
    File,
    /// From a file that is not used; the finding about it exists.
    InvalidFile,
}

/// The origins of entries, by their indexes.
pub type Origins = BTreeMap<usize, Origin>;

/// Replaces the entries that name a file by the Deployment in that file. Returns the origins of these entries. Without `context`,
/// the variables in files stay in the text.
pub fn inline(root: &mut Node<'_>, files: &Files, context: Option<&Context>, path: &Path<'_>, findings: &mut Findings) -> Origins {
    let mut origins = Origins::new();
    if files.is_empty() {
        return origins;
    }
    let Some(key) = ["executors", "deployments"].into_iter().find(|key| root.get(key).is_some()) else { return origins };
    let path = path.key(key);
    let Some(Data::List(entries)) = root.get_mut(key).map(|node| &mut node.data) else { return origins };
    let mut renamed: Vec<(String, String)> = Vec::new();
    let mut checked: BTreeSet<*const Deployment> = BTreeSet::new();
    let mut bytes = 0;
    let mut is_beyond = false;
    for (index, entry) in entries.iter_mut().enumerate() {
        let here = path.index(index);
        let (name, is_alone) = match entry.as_text() {
            Some(name) => (name.to_owned(), true),
            None => match entry.get(Opt::Uses.row().name).and_then(Node::as_text) {
                Some(uses) => (uses.to_owned(), false),
                None => continue,
            },
        };
        let beyond = |limit: &str| {
            let finding = Code::TooLarge.error(here, format!("names a file, but {limit}")).got(&name).at(entry.mark);
            finding.fix("write the options of some executors here, or split the Flow")
        };
        let deployment = match files.0.get(&name) {
            Some(Content::Deployment(_)) if bytes > MOST_INLINED => {
                origins.insert(index, Origin::InvalidFile);
                continue;
            }
            Some(Content::Deployment(deployment)) => deployment,
            Some(Content::Refused(reason) | Content::Other(reason)) if is_alone => {
                let finding = Code::ExecutorFromFile.error(here, format!("names a file that {reason}")).got(&name).at(entry.mark);
                findings.push(finding.fix("correct the file or its name, or write its options here"));
                origins.insert(index, Origin::InvalidFile);
                continue;
            }
            // The `uses` of an executor usually names the configuration of a class.
            Some(Content::Refused(reason)) => {
                let message = format!("names a file that {reason}, so it is read as the name of a class");
                let finding = Code::ExecutorFromFile.warning(here.key(Opt::Uses.row().name), message).got(&name).at(entry.mark);
                findings.push(finding.fix("correct the file, or write its options here"));
                continue;
            }
            Some(Content::TooMany(limit)) => {
                if !is_beyond {
                    findings.push(beyond(limit));
                }
                is_beyond = true;
                origins.insert(index, Origin::InvalidFile);
                continue;
            }
            Some(Content::Other(_)) | None => continue,
        };
        if checked.insert(Rc::as_ptr(deployment)) {
            check(deployment, &name, entry.mark, &here, findings);
        }
        let options = options(deployment, entry.mark, files, context, &here, findings);
        bytes += deployment.bytes + options.as_ref().map_or(0, Node::text_below);
        if bytes > MOST_INLINED {
            findings.push(beyond(&format!("all executors have more than {} MB from files", MOST_INLINED >> 20)));
            origins.insert(index, Origin::InvalidFile);
            continue;
        }
        match options {
            Ok(options) if is_alone => {
                let known = options.get("name").and_then(Node::as_text);
                renamed.extend(known.map(|known| (format!("executor{index}"), known.to_owned())));
                let jtype = (Node::plain("jtype"), Node::plain("Deployment"));
                *entry = Node { mark: entry.mark, tag: None, data: Data::Map(vec![jtype, (Node::plain("with"), options)]) };
                origins.insert(index, Origin::File);
            }
            Ok(options) => override_with(options, entry),
            Err(reason) => {
                let finding = Code::ExecutorFromFile.error(here, format!("names a file that {reason}")).got(&name).at(entry.mark);
                findings.push(finding.fix("correct the file, or write its options here"));
                origins.insert(index, Origin::InvalidFile);
            }
        }
    }
    rename_needs(entries, &renamed);
    origins
}

/// Reports mistakes in the structure of a file, which the options no longer show.
fn check(deployment: &Deployment, name: &str, mark: Mark, path: &Path<'_>, findings: &mut Findings) {
    for duplicate in &deployment.duplicates {
        let path = FieldPath::from(path).join(duplicate.path.steps()).key(&duplicate.key);
        let (first, second) = (duplicate.first.line, duplicate.second.line);
        let message = format!("is a duplicate key on line {second} of `{name}`, first used on line {first}");
        findings.push(Code::DuplicateKey.error(path, message).fix("remove one of the two").at(mark));
    }
    let root = &deployment.root;
    let is_empty = |node: &Node<'_>| node.is_null() || node.as_text() == Some("") || node.as_list().is_some_and(<[_]>::is_empty);
    if let Some(with) = root.get("with").filter(|with| with.as_map().is_none() && !is_empty(with)) {
        let finding = Code::WrongType.error(path.key("with"), format!("must be a mapping of options in `{name}`")).got(with.shown());
        findings.push(finding.fix("write `option: value` lines below it").at(mark));
    }
    let with = path.key("with");
    for (node, path) in [(Some(root), path), (root.get("with"), &with)] {
        if let Some(needs) = node.and_then(|node| node.get("needs")).filter(|needs| !is_empty(needs)) {
            let message = format!("has no effect in `{name}`, because Jina reads `needs` only in the Flow");
            let finding = Code::FieldWithoutEffect.warning(path.key("needs"), message).got(needs.shown());
            findings.push(finding.fix(format!("move it to the entry of the Flow, beside `uses: {name}`")).at(mark));
        }
    }
}

/// The options of the Deployment in a file. All have the place `mark`, because they are not in the text of the Flow.
fn options(
    deployment: &Deployment,
    mark: Mark,
    files: &Files,
    context: Option<&Context>,
    path: &Path<'_>,
    findings: &mut Findings,
) -> Result<Node<'static>, String> {
    let root = placed(deployment.root.clone(), mark);
    let root = match context {
        Some(context) => substitute(root, context, Missing::Kept, path, findings),
        None => root,
    };
    let mut options = Dict::default();
    let of_with = root.get("with").and_then(Node::as_map).unwrap_or_default();
    let is_option = |key: &str| !matches!(key, "jtype" | "version" | "with" | "needs") && !key.starts_with("x-");
    let beside = root.as_map().unwrap_or_default().iter().filter(|(key, _)| key.as_text().is_some_and(is_option));
    for (key, value) in beside.chain(of_with.iter().filter(|(key, _)| key.as_text() != Some("needs"))) {
        options.insert(key.shown(), key.clone(), value.clone());
    }
    let options = Node { mark, tag: None, data: Data::Map(options.into_pairs()) };
    let uses = options.get(Opt::Uses.row().name).and_then(Node::as_text);
    if let Some(uses) = uses.filter(|uses| matches!(files.0.get(*uses), Some(Content::Deployment(_)))) {
        return Err(format!("names the Deployment `{uses}` in its `uses`, but must name an image or a class"));
    }
    Ok(options)
}

/// Replaces an entry by the options of its file, which its own options override.
fn override_with(options: Node<'static>, entry: &mut Node<'_>) {
    let Data::Map(own) = std::mem::replace(&mut entry.data, Data::Map(Vec::new())) else { return };
    let Data::Map(of_file) = options.data else { return };
    let mut merged = Dict::default();
    let own = own.into_iter().filter(|(key, _)| key.as_text() != Some(Opt::Uses.row().name));
    for (key, value) in of_file.into_iter().chain(own) {
        merged.insert(key.shown(), key, value);
    }
    entry.data = Data::Map(merged.into_pairs());
}

/// In Jina the node of a Deployment from a file has the name `executor0`, by its index, and its objects have the name in the
/// file. Here both have the name in the file, so `needs` must name it.
fn rename_needs(entries: &mut [Node<'_>], renamed: &[(String, String)]) {
    let is_taken = |entries: &[Node<'_>], name: &str| entries.iter().any(|entry| entry.get("name").and_then(Node::as_text) == Some(name));
    let renamed: Vec<&(String, String)> = renamed.iter().filter(|(old, _)| !is_taken(entries, old)).collect();
    let rename = |node: &mut Node<'_>| {
        if let Some((_, new)) = renamed.iter().find(|(old, _)| node.as_text() == Some(old)) {
            *node = Node { mark: node.mark, ..Node::from(new.clone()) };
        }
    };
    for needs in entries.iter_mut().filter_map(|entry| entry.get_mut("needs")) {
        match &mut needs.data {
            Data::List(names) => names.iter_mut().for_each(rename),
            _ => rename(needs),
        }
    }
}

/// Sets the place of all nodes.
fn placed(mut node: Node<'_>, mark: Mark) -> Node<'_> {
    node.mark = mark;
    match &mut node.data {
        Data::Scalar(_) => {}
        Data::List(entries) => entries.iter_mut().for_each(|entry| *entry = placed(std::mem::replace(entry, Node::plain("")), mark)),
        Data::Map(pairs) => {
            for (key, value) in pairs {
                key.mark = mark;
                *value = placed(std::mem::replace(value, Node::plain("")), mark);
            }
        }
    }
    node
}
