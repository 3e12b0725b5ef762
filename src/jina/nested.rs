//! Deployments in other files, which a Flow names: `executors: [encoder.yml]`, or `uses: encoder.yml`.
//!
//! Jina loads such a file as a Deployment of its own (`V1Parser.parse`, `Flow.add`): it does not inherit options of the Flow,
//! and its `needs` has no effect. The command line reads the files; this module reads only their text.

use std::collections::BTreeMap;

use super::options::Opt;
use super::substitute::{Context, Missing, substitute};
use crate::finding::{Code, Findings, Mark, Path};
use crate::yaml::{self, Data, Dialect, Dict, Node};

/// The files of the Deployments that a Flow names, by the names in the Flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files(BTreeMap<String, Content>);

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The text of the file.
    Text(String),
    /// The reason why the file was not read, as a clause.
    Refused(String),
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

/// Whether the text of a file is a Deployment.
pub fn is_deployment(text: &str) -> bool {
    let document = yaml::read_as(text, Dialect::Jina).ok();
    document.and_then(|document| document.root).is_some_and(|root| kind(&root).as_deref() == Some("Deployment"))
}

fn kind(root: &Node<'_>) -> Option<String> {
    root.tag.as_ref().map(ToString::to_string).or_else(|| root.get("jtype").map(Node::shown))
}

/// The names of files in a Flow: entries of the list of executors, and the `uses` of entries.
pub fn names<'n>(root: &'n Node<'_>) -> impl Iterator<Item = (&'n str, bool)> {
    let list = ["executors", "deployments"].iter().find_map(|key| root.get(key));
    let entries = list.and_then(Node::as_list).unwrap_or_default().iter();
    entries.filter_map(|entry| match entry.as_text() {
        Some(name) => Some((name, true)),
        None => Some((entry.get(Opt::Uses.row().name)?.as_text()?, false)),
    })
}

/// Where an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From a file alone, so it does not inherit options of the Flow.
    File,
    /// From a file that is not valid; the finding about it exists.
    InvalidFile,
}

/// The origins of entries, by their indexes.
pub type Origins = BTreeMap<usize, Origin>;

/// Replaces the entries that name a file by the Deployment in that file. Returns the origins of these entries.
pub fn inline(root: &mut Node<'_>, files: &Files, context: &Context, path: &Path<'_>, findings: &mut Findings) -> Origins {
    let mut origins = Origins::new();
    if files.is_empty() {
        return origins;
    }
    let Some(key) = ["executors", "deployments"].into_iter().find(|key| root.get(key).is_some()) else { return origins };
    let path = path.key(key);
    let Some(Data::List(entries)) = root.get_mut(key).map(|node| &mut node.data) else { return origins };
    let mut renamed: Vec<(String, String)> = Vec::new();
    for (index, entry) in entries.iter_mut().enumerate() {
        let here = path.index(index);
        let (name, is_alone) = match entry.as_text() {
            Some(name) => (name.to_owned(), true),
            None => match entry.get(Opt::Uses.row().name).and_then(Node::as_text) {
                Some(uses) => (uses.to_owned(), false),
                None => continue,
            },
        };
        let text = match files.0.get(&name) {
            Some(Content::Text(text)) => text,
            Some(Content::Refused(reason)) if is_alone => {
                let finding = Code::ExecutorFromFile.error(here, format!("names a file that {reason}")).got(&name).at(entry.mark);
                findings.push(finding.fix("correct the name of the file, or write its options here"));
                origins.insert(index, Origin::InvalidFile);
                continue;
            }
            _ => continue,
        };
        match options(text, entry.mark, files, context, &here, findings) {
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

/// The options of the Deployment in a file. All have the place `mark`, because they are not in the text of the Flow.
fn options(
    text: &str,
    mark: Mark,
    files: &Files,
    context: &Context,
    path: &Path<'_>,
    findings: &mut Findings,
) -> Result<Node<'static>, String> {
    let document = yaml::read_as(text, Dialect::Jina)
        .map_err(|error| format!("is not valid YAML at line {}, column {}: {}", error.mark.line, error.mark.column, error.message))?;
    let root = document.root.ok_or("is empty")?;
    match kind(&root).as_deref() {
        Some("Deployment") => {}
        Some("Flow") => return Err("is a Flow, not a Deployment".to_owned()),
        _ => return Err("is not a Deployment: it has no `jtype: Deployment`".to_owned()),
    }
    let root = substitute(placed(root, mark), context, Missing::Kept, path, findings);
    let mut options = Dict::default();
    let of_with = root.get("with").and_then(Node::as_map).unwrap_or_default();
    let is_option = |key: &str| !matches!(key, "jtype" | "version" | "with" | "needs") && !key.starts_with("x-");
    let beside = root.as_map().unwrap_or_default().iter().filter(|(key, _)| key.as_text().is_some_and(is_option));
    for (key, value) in beside.chain(of_with.iter().filter(|(key, _)| key.as_text() != Some("needs"))) {
        options.insert(key.shown(), key.clone(), value.clone());
    }
    let options = Node { mark, tag: None, data: Data::Map(options.into_pairs()) };
    let uses = options.get(Opt::Uses.row().name).and_then(Node::as_text);
    if let Some(uses) = uses.filter(|uses| matches!(files.0.get(*uses), Some(Content::Text(_)))) {
        return Err(format!("names the Deployment `{uses}` in its `uses`, but must name an image or a class"));
    }
    Ok(options.into_owned())
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
