//! Reads the files of Deployments that a Flow names. They must be in the folder of the Flow's file, or below it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path as FilePath, PathBuf};

use super::stdin;
use crate::config::{flow_document, is_jina_flow};
use crate::finding::{FieldPath, Mark};
use crate::jina::nested::{self, Content, Files};
use crate::yaml::{Document, Node};

/// The most bytes of one file.
const MOST_BYTES: u64 = 1 << 20;

/// The most bytes of all files.
const MOST_BYTES_IN_ALL: u64 = 16 << 20;

/// The most files of Deployments.
const MOST_FILES: usize = 1000;

/// The entries of a Flow that are Deployments in other files: the path of each, the name of its file, and its place.
pub fn entries<'n>(root: &'n Node<'_>, file: &str) -> Vec<(FieldPath, &'n str, Mark)> {
    let Some(mut reader) = Reader::of(file).filter(|_| file != stdin::NAME) else { return Vec::new() };
    let mut found = Vec::new();
    for key in ["executors", "deployments"] {
        let entries = root.get(key).and_then(Node::as_list).unwrap_or_default();
        for (index, entry) in entries.iter().enumerate() {
            let name = entry.as_text().or_else(|| entry.get("uses")?.as_text()).filter(|name| nested::is_file(name));
            let Some(name) = name else { continue };
            if matches!(reader.named(name), Content::Deployment(_)) {
                found.push((FieldPath::default().key(key).index(index), name, entry.mark));
            }
        }
    }
    found
}

/// The files that the Flows of a file name. `file` is the path of that file.
pub fn read(documents: &[Document<'_>], file: &str) -> Files {
    let Some(mut reader) = Reader::of(file) else { return Files::default() };
    for root in documents.iter().filter_map(|document| document.root.as_ref()) {
        if !is_jina_flow(root) {
            reader.add(root);
        } else if let Some(Ok(document)) = root.at("spec.flow").map(flow_document) {
            document.root.iter().for_each(|root| reader.add(root));
        }
    }
    reader.files
}

struct Reader {
    /// The real path of the folder.
    folder: PathBuf,
    files: Files,
    /// The contents by real paths. Many names may lead to one file, which is read once.
    known: BTreeMap<PathBuf, Content>,
    deployments: usize,
    bytes: u64,
}

impl Reader {
    /// The reader of the files in the folder of a file.
    fn of(file: &str) -> Option<Self> {
        let folder = match FilePath::new(file).parent()? {
            parent if parent.as_os_str().is_empty() => FilePath::new("."),
            parent => parent,
        };
        let folder = folder.canonicalize().ok()?;
        Some(Self { folder, files: Files::default(), known: BTreeMap::new(), deployments: 0, bytes: 0 })
    }

    fn add(&mut self, root: &Node<'_>) {
        for name in nested::names(root) {
            if !self.files.has(name) {
                let content = self.named(name);
                self.files.add(name, content);
            }
        }
    }

    fn named(&mut self, name: &str) -> Content {
        let outside = "is not in the folder of the Flow's file".to_owned();
        // Flows often name the configuration of a class in another folder.
        if !FilePath::new(name).components().all(|step| matches!(step, Component::Normal(_) | Component::CurDir)) {
            return Content::Other(outside);
        }
        let Ok(real) = self.folder.join(name).canonicalize() else { return Content::Other("does not exist".to_owned()) };
        // A symbolic link may lead out of the folder.
        if !real.starts_with(&self.folder) {
            return Content::Refused(outside);
        }
        if let Some(content) = self.known.get(&real) {
            return content.clone();
        }
        let content = self.content(&real);
        self.known.insert(real, content.clone());
        content
    }

    fn content(&mut self, real: &FilePath) -> Content {
        let refused = |reason: &str| Content::Refused(reason.to_owned());
        match fs::metadata(real) {
            Ok(metadata) if !metadata.is_file() => return refused("is not a regular file"),
            Ok(metadata) if metadata.len() > MOST_BYTES => return refused("is larger than 1 MiB"),
            Ok(metadata) => self.bytes += metadata.len(),
            Err(error) => return Content::Refused(format!("cannot be read: {error}")),
        }
        if self.bytes > MOST_BYTES_IN_ALL {
            return Content::TooMany(format!("all files are larger than {} MiB", MOST_BYTES_IN_ALL >> 20));
        }
        let text = match fs::read(real).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(error)) if !nested::may_be_deployment(&String::from_utf8_lossy(error.as_bytes())) => {
                return Content::Other("is not UTF-8".to_owned());
            }
            Ok(Err(_)) => return refused("is not UTF-8"),
            Err(error) => return Content::Refused(format!("cannot be read: {error}")),
        };
        let content = nested::read(&text);
        if matches!(content, Content::Deployment(_)) {
            self.deployments += 1;
            if self.deployments > MOST_FILES {
                return Content::TooMany(format!("the Flow names more than {MOST_FILES} files of Deployments"));
            }
        }
        content
    }
}
