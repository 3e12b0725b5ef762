//! Reads the files of Deployments that a Flow names. They must be in the folder of the Flow's file, or below it.

use std::fs;
use std::path::{Component, Path as FilePath};

use super::stdin;
use crate::config::{flow_document, is_jina_flow};
use crate::finding::{FieldPath, Mark};
use crate::jina::nested::{self, Content, Files};
use crate::yaml::{Document, Node};

/// The most bytes of one file.
const MOST_BYTES: u64 = 1 << 20;

/// The most files.
const MOST_FILES: usize = 1000;

/// The entries of a Flow that are Deployments in other files: the path of each, the name of its file, and its place.
pub fn entries<'n>(root: &'n Node<'_>, file: &str) -> Vec<(FieldPath, &'n str, Mark)> {
    let Some(folder) = folder_of(file).filter(|_| file != stdin::NAME) else { return Vec::new() };
    let mut found = Vec::new();
    for key in ["executors", "deployments"] {
        let entries = root.get(key).and_then(Node::as_list).unwrap_or_default();
        for (index, entry) in entries.iter().enumerate().take(MOST_FILES) {
            let alone = entry.as_text();
            let Some(name) = alone.or_else(|| entry.get("uses")?.as_text()).filter(|name| nested::is_file(name)) else { continue };
            if matches!(content(name, folder), Content::Text(text) if alone.is_some() || nested::is_deployment(&text)) {
                found.push((FieldPath::default().key(key).index(index), name, entry.mark));
            }
        }
    }
    found
}

/// The folder of a file.
fn folder_of(file: &str) -> Option<&FilePath> {
    match FilePath::new(file).parent()? {
        parent if parent.as_os_str().is_empty() => Some(FilePath::new(".")),
        parent => Some(parent),
    }
}

/// The files that the Flows of a file name. `file` is the path of that file.
pub fn read(documents: &[Document<'_>], file: &str) -> Files {
    let mut files = Files::default();
    let Some(folder) = folder_of(file) else { return files };
    let mut count = 0;
    for root in documents.iter().filter_map(|document| document.root.as_ref()) {
        if !is_jina_flow(root) {
            add(root, folder, &mut files, &mut count);
        } else if let Some(Ok(document)) = root.at("spec.flow").map(flow_document) {
            document.root.iter().for_each(|root| add(root, folder, &mut files, &mut count));
        }
    }
    files
}

fn add(root: &Node<'_>, folder: &FilePath, files: &mut Files, count: &mut usize) {
    for (name, is_alone) in nested::names(root).filter(|(name, _)| nested::is_file(name)) {
        if files.has(name) || *count >= MOST_FILES {
            continue;
        }
        *count += 1;
        match content(name, folder) {
            // The `uses` of an executor usually names the configuration of a class.
            Content::Text(text) if !is_alone && !nested::is_deployment(&text) => {}
            Content::Refused(_) if !is_alone => {}
            content => files.add(name, content),
        }
    }
}

fn content(name: &str, folder: &FilePath) -> Content {
    let refused = |reason: &str| Content::Refused(reason.to_owned());
    let outside = || refused("is not in the folder of the Flow's file");
    if !FilePath::new(name).components().all(|step| matches!(step, Component::Normal(_) | Component::CurDir)) {
        return outside();
    }
    let file = folder.join(name);
    let (Ok(folder), Ok(real)) = (folder.canonicalize(), file.canonicalize()) else {
        return refused("does not exist");
    };
    // A symbolic link may lead out of the folder.
    if !real.starts_with(folder) {
        return outside();
    }
    match fs::metadata(&real) {
        Ok(metadata) if !metadata.is_file() => return refused("is not a regular file"),
        Ok(metadata) if metadata.len() > MOST_BYTES => return refused("is larger than 1 MiB"),
        Ok(_) => {}
        Err(error) => return Content::Refused(format!("cannot be read: {error}")),
    }
    match fs::read(&real).map(String::from_utf8) {
        Ok(Ok(text)) => Content::Text(text),
        Ok(Err(_)) => refused("is not UTF-8"),
        Err(error) => Content::Refused(format!("cannot be read: {error}")),
    }
}
