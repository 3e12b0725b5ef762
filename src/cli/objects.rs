//! The objects of manifests in a compact form. Each document is read, added to an arena and dropped, so that many manifests
//! need little memory. An object that is needed as a node again is read again.

use std::collections::BTreeMap;

use super::file::File;
use super::stdin;
use crate::config;
use crate::finding::{Code, Finding, Findings, Mark, Severity};
use crate::function::documents::{self, Aliases, Piece};
use crate::function::flow_check;
use crate::krm::annotations::{INDEX, PATH};
use crate::reconcile::RENDERED;
use crate::report::Subject;
use crate::report::place::{self, Written};
use crate::yaml::{self, Arena, Data, DuplicateKey, Node, Part, SyntaxError, View};

/// The size in bytes of the largest file that is read.
const LARGEST_FILE: usize = 1 << 31;

/// The number of findings that are shown with their line.
const MOST_SHOWN: usize = 100;

/// The objects of files.
#[derive(Default)]
pub struct Objects<'t> {
    files: Vec<ReadFile<'t>>,
    pieces: Vec<ReadPiece<'t>>,
    /// The places of the objects in the arenas of their files.
    places: Vec<u32>,
    /// The JinaFlows, and other objects that a finding needs as nodes.
    pub nodes: BTreeMap<usize, Node<'t>>,
    /// Whether an object carries the annotation that remembers its last render.
    pub has_remembered: bool,
}

struct ReadFile<'t> {
    name: &'t str,
    arena: Arena<'t>,
    first_object: usize,
}

/// A part of a file that was read as YAML: usually one document.
struct ReadPiece<'t> {
    text: &'t str,
    file: u32,
    /// The number of lines before the piece in its file.
    before: u32,
    first_object: u32,
    /// Whether the entries of `items` were read one by one.
    are_items_split: bool,
}

impl<'t> Objects<'t> {
    /// Reads all files. Documents that cannot be read are reported.
    pub fn read(files: &'t [File], findings: &mut Vec<(Subject, Finding)>) -> Self {
        let mut objects = Self::default();
        let mut aliases = Aliases::default();
        for file in files {
            if file.bytes.len() > LARGEST_FILE {
                let finding = Code::TooLarge.error("", format!("is larger than {} GB", LARGEST_FILE >> 30));
                findings.push((Subject::File(file.name.clone()), finding.fix("split the file")));
                continue;
            }
            // Strings of a file with invalid bytes are copied.
            let arena = Arena::new(std::str::from_utf8(&file.bytes).unwrap_or_default());
            objects.files.push(ReadFile { name: &file.name, arena, first_object: objects.places.len() });
            for piece in documents::split(&file.bytes) {
                let found = objects.read_piece(&piece, &mut aliases).unwrap_or_else(|finding| vec![finding]);
                findings.extend(found.into_iter().map(|finding| (Subject::File(file.name.clone()), finding)));
            }
            if let Some(file) = objects.files.last_mut() {
                file.arena.shrink();
            }
        }
        objects.places.shrink_to_fit();
        objects.pieces.shrink_to_fit();
        objects
    }

    /// Reads a piece. Returns what is lost of it: a document with duplicate keys keeps one value of each.
    fn read_piece(&mut self, piece: &Piece<'t>, aliases: &mut Aliases) -> Result<Vec<Finding>, Finding> {
        let file = self.files.len() - 1;
        let name = self.files[file].name;
        let text = std::str::from_utf8(piece.bytes).map_err(|error| {
            let finding = place::not_utf8(&Subject::File(name.to_owned()), piece.bytes, error);
            finding_about_piece(finding, piece, &String::from_utf8_lossy(piece.bytes))
        })?;
        let start = self.end();
        match self.read_text(text, aliases) {
            Ok((are_items_split, duplicates)) => {
                let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                let (file, first_object) = (number(file), number(start.object));
                self.pieces.push(ReadPiece { text, file, before: piece.before, first_object, are_items_split });
                let written = Written::new(name, text, piece.before);
                let finding = |key| finding_about_piece(duplicate(key, &written, piece.before), piece, text);
                Ok(duplicates.iter().map(finding).collect())
            }
            Err(SyntaxError { message, mark }) => {
                self.forget_since(start);
                let written = Written::new(name, text, piece.before);
                let finding = Code::InvalidYaml.error("", format!("is not valid YAML: {message}")).quoting(written.excerpt(mark));
                // Nobody commits such a file on purpose, so it is an error wherever it is.
                if text.lines().any(|line| line.starts_with("<<<<<<< ")) {
                    return Err(finding.fix("resolve the conflict that git has marked with <<<<<<<"));
                }
                Err(finding_about_piece(finding, piece, text))
            }
        }
    }

    /// Adds the objects of a piece. Returns whether the entries of `items` were read one by one, and the duplicate keys.
    fn read_text(&mut self, text: &'t str, aliases: &mut Aliases) -> Result<(bool, Vec<DuplicateKey>), SyntaxError> {
        if !aliases.may_hold(text) {
            return Err(Aliases::error(Mark { line: 1, column: 1 }));
        }
        let start = self.end();
        let mut documents = read_split(text, &mut |object| self.add(object))?;
        let are_items_split = documents.is_some();
        if !are_items_split {
            self.forget_since(start);
            documents = Some(read_whole(text, &mut |object| self.add(object))?);
        }
        let documents = documents.unwrap_or_default();
        match documents.iter().find(|document| !aliases.fit_weight(document.weight, text)) {
            Some(document) => Err(Aliases::error(document.mark)),
            None => Ok((are_items_split, documents.into_iter().flat_map(|document| document.duplicates).collect())),
        }
    }

    fn end(&self) -> End {
        End { object: self.places.len(), place: self.files.last().map_or(0, |file| file.arena.end()) }
    }

    /// Removes the objects of the current file that were added after `end`.
    fn forget_since(&mut self, end: End) {
        self.places.truncate(end.object);
        self.nodes.split_off(&end.object);
        if let Some(file) = self.files.last_mut() {
            file.arena.forget_since(end.place);
        }
    }

    fn add(&mut self, node: Node<'t>) {
        let Some(arena) = self.files.last_mut().map(|file| &mut file.arena) else { return };
        let place = arena.add(&node);
        let id = self.places.len();
        self.places.push(u32::try_from(place).unwrap_or(u32::MAX));
        self.has_remembered |= arena.view(place).at("metadata.annotations").is_some_and(|annotations| annotations.get(RENDERED).is_some());
        // Only these objects are read by other parts of jinaflow.
        if node.text_at("apiVersion").split('/').next() == Some(config::GROUP) {
            self.nodes.insert(id, node);
        }
    }

    /// All objects.
    pub fn views(&self) -> impl Iterator<Item = View<'_>> {
        let ends = self.files.iter().skip(1).map(|next| next.first_object).chain([self.places.len()]);
        self.files.iter().zip(ends).flat_map(|(file, end)| {
            let places = self.places.get(file.first_object..end).unwrap_or_default();
            places.iter().map(|place| file.arena.view(*place as usize))
        })
    }

    /// The object at a position.
    pub fn view(&self, object: usize) -> Option<View<'_>> {
        let file = self.files.partition_point(|file| file.first_object <= object).checked_sub(1)?;
        Some(self.files[file].arena.view(*self.places.get(object)? as usize))
    }

    /// The file of an object, the line before its document, and the text of the document if it has only this object.
    pub fn source(&self, object: usize) -> Option<(&'t str, u32, Option<&'t str>)> {
        let at = self.pieces.partition_point(|piece| piece.first_object as usize <= object).checked_sub(1)?;
        let piece = self.pieces.get(at)?;
        let end = self.pieces.get(at + 1).map_or(self.places.len(), |next| next.first_object as usize);
        let is_alone = end == object + 1 && piece.first_object as usize == object;
        Some((self.files.get(piece.file as usize)?.name, piece.before, Some(piece.text).filter(|_| is_alone)))
    }

    /// All objects as nodes, read again.
    pub fn all_nodes(&self) -> Vec<Node<'t>> {
        let mut nodes = Vec::with_capacity(self.places.len());
        for piece in &self.pieces {
            piece.read_again(&mut |node| nodes.push(node));
        }
        nodes
    }

    /// Adds findings about objects to `all`, each with its place in the file. `has_places` is whether the subject has the file
    /// and the index of the object.
    pub fn place(&self, findings: BTreeMap<usize, Findings>, has_places: bool, all: &mut Vec<(Subject, Finding)>) {
        let mut findings = findings.into_iter().filter(|(_, findings)| !findings.is_empty()).peekable();
        for (index, piece) in self.pieces.iter().enumerate() {
            let end = self.pieces.get(index + 1).map_or(self.places.len(), |next| next.first_object as usize);
            if findings.peek().is_none_or(|(object, _)| *object >= end) {
                continue;
            }
            let file = &self.files[piece.file as usize];
            let written = Written::new(file.name, piece.text, piece.before);
            let mut object = piece.first_object as usize;
            piece.read_again(&mut |node| {
                if let Some((_, own)) = findings.next_if(|(with_findings, _)| *with_findings == object) {
                    // A user cannot open a line of standard input.
                    let lines = Some(&written).filter(|_| file.name != stdin::NAME && all.len() < MOST_SHOWN);
                    let mut meta = flow_check::named(&node);
                    if has_places {
                        let index = (object - file.first_object).to_string();
                        meta.annotations = vec![(PATH.to_owned(), file.name.to_owned()), (INDEX.to_owned(), index)];
                    }
                    let subject = Subject::Object(meta);
                    all.extend(place::in_object(own, &node, lines).into_iter().map(|finding| (subject.clone(), finding)));
                }
                object += 1;
            });
        }
    }
}

impl<'t> ReadPiece<'t> {
    /// Reads the objects again. This succeeds because the first read succeeded.
    fn read_again(&self, push: &mut impl FnMut(Node<'t>)) {
        if self.are_items_split {
            drop(read_split(self.text, push));
        } else {
            drop(read_whole(self.text, push));
        }
    }
}

/// The end of the objects that are read so far.
#[derive(Clone, Copy)]
struct End {
    object: usize,
    place: usize,
}

/// What is known of a document beside its objects.
struct ReadDocument {
    /// Its [`Node::weight`]; 0 if the text has no alias.
    weight: usize,
    /// Where it starts.
    mark: Mark,
    duplicates: Vec<DuplicateKey>,
}

/// Reads the objects of a piece, and the entries of `items` one by one. `None` if the entries are not objects of a list:
/// then [`read_whole`] must read all objects of the piece again.
fn read_split<'t>(text: &'t str, push: &mut impl FnMut(Node<'t>)) -> Result<Option<Vec<ReadDocument>>, SyntaxError> {
    let mut documents = Vec::new();
    let (mut has_items, mut weight) = (false, 0);
    let has_aliases = may_have_aliases(text);
    let weight_of = |node: &Node<'_>| if has_aliases { node.weight() } else { 0 };
    for part in yaml::read_parts(text)? {
        match part? {
            Part::Item(item) => {
                weight += weight_of(&item);
                has_items = true;
                unwrap(item, push);
            }
            Part::Document { document, are_items_replaced } => {
                if let Some(root) = document.root {
                    if has_items && (!is_list(&root) || are_items_replaced) {
                        return Ok(None);
                    }
                    let weight = weight + weight_of(&root);
                    documents.push(ReadDocument { weight, mark: root.mark, duplicates: document.duplicates });
                    unwrap(root, push);
                }
                (has_items, weight) = (false, 0);
            }
        }
    }
    Ok(Some(documents))
}

/// Reads the objects of a piece, each document as a whole.
fn read_whole<'t>(text: &'t str, push: &mut impl FnMut(Node<'t>)) -> Result<Vec<ReadDocument>, SyntaxError> {
    let read = yaml::read_all(text)?.into_iter().filter_map(|document| Some((document.root?, document.duplicates)));
    let mut documents = Vec::new();
    for (root, duplicates) in read {
        documents.push(ReadDocument { weight: root.weight(), mark: root.mark, duplicates });
        unwrap(root, push);
    }
    Ok(documents)
}

/// Whether a document may have an alias. Nodes of a document without aliases are not larger than its text.
fn may_have_aliases(text: &str) -> bool {
    memchr::memchr(b'*', text.as_bytes()).is_some()
}

fn is_list(node: &Node<'_>) -> bool {
    node.text_at("kind").ends_with("List") && node.get("items").is_some()
}

/// Pushes an object. If the object is a list, pushes the objects in the list and in its inner lists.
fn unwrap<'t>(node: Node<'t>, push: &mut impl FnMut(Node<'t>)) {
    let has_items = is_list(&node);
    match node.data {
        Data::Map(pairs) if has_items => {
            for (key, value) in pairs {
                match value.data {
                    Data::List(items) if key.as_text() == Some("items") => items.into_iter().for_each(|item| unwrap(item, push)),
                    _ => {}
                }
            }
        }
        _ => push(node),
    }
}

/// The finding about a duplicate key. Files that are joined without a line `---` between them have many.
fn duplicate(key: &DuplicateKey, written: &Written<'_>, before: u32) -> Finding {
    let first = key.first.line.saturating_add(before);
    let message = format!("is a duplicate key, first used on line {first}; one of both values is lost");
    let finding = Code::DuplicateKey.error(key.path.clone().key(&key.key), message).quoting(written.excerpt(key.second));
    finding.fix("remove one of the two; if two documents are joined here, write a line `---` between them")
}

/// Completes a finding about a document that cannot be read: it is an error if the document belongs to a Flow. Secrets are not
/// shown.
fn finding_about_piece(finding: Finding, piece: &Piece<'_>, text: &str) -> Finding {
    let is_ours = documents::is_ours(text);
    let severity = if is_ours { Severity::Error } else { Severity::Warning };
    let line = finding.excerpt.as_ref().map_or(piece.before.saturating_add(1), |excerpt| excerpt.mark.line);
    let finding = if documents::is_secret(text) { finding.quoting(None) } else { finding };
    let fix = match (is_ours, finding.fix.is_some()) {
        (_, true) => return finding.with_severity(severity),
        (true, _) => format!("correct line {line}: the document is for a Flow, and was not checked"),
        (false, _) => format!("correct line {line}: this document was not checked, but all others were"),
    };
    finding.with_severity(severity).fix(fix)
}
