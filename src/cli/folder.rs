//! The manifests of a folder that an export goes to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path as FilePath;

use anyhow::{Context as _, Result};

use crate::config::GROUP;
use crate::finding::{Excerpt, Finding};
use crate::krm::documents;
use crate::krm::meta::Meta;
use crate::report::Subject;
use crate::report::place;
use crate::yaml::{self, Node};

/// The file that remembers what an export wrote into a folder. It has no ending by which kubectl would take it for a manifest.
pub const MEMORY: &str = ".jinaflow";

/// Findings with what they are about.
pub type Told = Vec<(Subject, Finding)>;

/// Names of files, relative to a folder.
pub type Names<'n> = BTreeSet<&'n str>;

/// A document of a file that is there.
pub struct Document {
    /// Its file, relative to the folder.
    pub file: String,
    /// Its place in the file.
    pub index: usize,
    /// The lines down to the `---` before it.
    pub head: String,
    /// Its text.
    pub text: String,
    /// The text after the last document of its file: a `...` line, comments.
    pub tail: String,
    /// Who it is.
    pub meta: Meta,
    /// Whether a Flow was rendered into it, or into what it was copied from: it has one of our labels.
    pub has_our_label: bool,
    /// Whether it is a workload that runs Jina, whoever wrote it.
    pub is_jina: bool,
}

/// A file that is there, and that no export is known to have written, must be the file that comes: `coming` are those that will
/// be written.
pub fn check_files(folder: &FilePath, known: &Names<'_>, coming: &Names<'_>, files: &[(String, String)], told: &mut Told) -> Result<()> {
    for (name, text) in files {
        let path = folder.join(name);
        let error = |message: &str| (Subject::File(path.display().to_string()), Finding::error("", message));
        if path.is_dir() {
            let (subject, finding) = error("is a folder, and a file belongs there");
            told.push((subject, finding.fix("remove it, or export into another folder")));
        } else if path.exists() && !path.is_file() {
            // Who reads a pipe that nobody writes to waits for ever.
            let (subject, finding) = error("is not a regular file, and one belongs there");
            told.push((subject, finding.fix("remove it, or export into another folder")));
        } else if coming.contains(name.as_str()) && !known.contains(name.as_str()) && path.exists() {
            let was = fs::read(&path).with_context(|| format!("{}: cannot be read", path.display()))?;
            if was != text.as_bytes() {
                let (subject, finding) = error("is there already, with another text, and is not known to be from an export");
                let mend = "export into another folder and compare the two, or write the Flow's over it: --on-conflict overwrite";
                told.push((subject, finding.fix(mend)));
            }
        }
    }
    Ok(())
}

/// The manifests of a folder. Those that are `ours`, of an earlier export or in the place of a new file, must be read, and so must
/// one to which an object of ours was moved, whose kinds, namespaces and names are `moved`; others may be anything, and are not
/// looked at.
pub fn read(folder: &FilePath, ours: &Names<'_>, moved: &BTreeSet<[&str; 3]>, told: &mut Told) -> Result<Vec<Document>> {
    let mut names = Vec::new();
    list_manifests(folder, "", &mut names)?;
    let mut documents = Vec::new();
    for name in names {
        let path = folder.join(&name);
        let is_ours = ours.contains(name.as_str());
        let subject = Subject::File(path.display().to_string());
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if is_ours => return Err(error).with_context(|| format!("{}: cannot be read", path.display())),
            Err(_) => continue,
        };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                if is_ours {
                    told.push((subject.clone(), place::not_utf8(&subject, error.as_bytes(), error.utf8_error())));
                }
                continue;
            }
        };
        let mut of_file: Vec<Document> = Vec::new();
        let mut wrong: Vec<(Subject, Finding)> = Vec::new();
        let mut start = 0;
        let (pieces, tail) = pieces(&text);
        for (index, (head, body)) in pieces.into_iter().enumerate() {
            start += head.len();
            match yaml::read(body) {
                Ok(document) => {
                    let meta = document.root.as_ref().map(Meta::of).unwrap_or_default();
                    let is_jina = document.root.as_ref().is_some_and(is_of_jina);
                    let has_our_label = document.root.as_ref().is_some_and(has_our_label);
                    let (head, text, tail) = (head.to_owned(), body.to_owned(), String::new());
                    of_file.push(Document { file: name.clone(), index, head, text, tail, meta, has_our_label, is_jina });
                }
                Err(error) => {
                    let mut mark = error.mark;
                    mark.line += place::behind(&text.as_bytes()[..start]).line - 1;
                    let finding = Finding::error("", format!("is not YAML: {}", error.message)).at(mark);
                    let mend = if is_ours {
                        "fix it, or remove the file to have it written again"
                    } else {
                        "fix it: an object that an export wrote is in this file"
                    };
                    wrong.push((subject.clone(), finding.fix(mend).quoting(Excerpt::of(&subject.words(), &text, mark))));
                }
            }
            start += body.len();
        }
        if let Some(last) = of_file.last_mut() {
            tail.clone_into(&mut last.tail);
        }
        if wrong.is_empty() {
            documents.extend(of_file);
        } else if is_ours || of_file.iter().any(|Document { meta, .. }| moved.contains(&[&*meta.kind, &*meta.namespace, &*meta.name])) {
            told.extend(wrong);
        }
    }
    Ok(documents)
}

/// The documents of a text with the lines before each, down to its `---`, and what stands behind the last; together they are the
/// text.
pub fn pieces(text: &str) -> (Vec<(&str, &str)>, &str) {
    let (documents, tail) = documents::split(text);
    if documents.is_empty() {
        return (vec![("", text)], "");
    }
    (documents.iter().map(|document| document.text.split_at(documents::behind_mark(document.text))).collect(), tail)
}

/// Whether an object has a label by which ours are known.
fn has_our_label(object: &Node<'_>) -> bool {
    let labels = object.get("metadata").and_then(|metadata| metadata.get("labels")).and_then(Node::as_map).unwrap_or_default();
    labels.iter().any(|(name, _)| name.as_text().is_some_and(|name| name.split('/').next() == Some(GROUP)))
}

/// The workload of a Jina pod, by the label that Jina's export and ours have.
fn is_of_jina(object: &Node<'_>) -> bool {
    let template = object.get("spec").and_then(|spec| spec.get("template"));
    let labels = template.and_then(|template| template.get("metadata")).and_then(|metadata| metadata.get("labels"));
    labels.is_some_and(|labels| labels.get("jina_deployment_name").is_some())
}

/// Files below a folder that kubectl takes for manifests, in the order of their names. Links are not followed, pipes and
/// devices are not read, and what begins with a dot is somebody's own.
fn list_manifests(folder: &FilePath, below: &str, names: &mut Vec<String>) -> Result<()> {
    let path = folder.join(below);
    let failed = || format!("{}: cannot be read", path.display());
    let mut entries: Vec<(String, bool)> = Vec::new();
    for entry in fs::read_dir(&path).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let kind = entry.file_type().with_context(failed)?;
        if let Some(name) = entry.file_name().to_str().filter(|name| !name.starts_with('.') && (kind.is_dir() || kind.is_file())) {
            entries.push((name.to_owned(), kind.is_dir()));
        }
    }
    entries.sort();
    // What another export wrote into a folder below is its own.
    if !below.is_empty() && path.join(MEMORY).exists() {
        return Ok(());
    }
    for (name, is_folder) in entries {
        let name = if below.is_empty() { name } else { format!("{below}/{name}") };
        if is_folder {
            list_manifests(folder, &name, names)?;
        } else if name.ends_with(".yml") || name.ends_with(".yaml") {
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_text() {
        for (text, expected) in [
            ("a: 1\n", &[("", "a: 1\n")][..]),
            ("a: 1\n---\nb: 2", &[("", "a: 1\n"), ("---\n", "b: 2")]),
            ("# one\n---\na: 1\n--- # two\nb: 2\n# end\n", &[("# one\n---\n", "a: 1\n"), ("--- ", "# two\nb: 2\n# end\n")]),
            ("%YAML 1.2\n---\na: 1\n---\n# end\n", &[("%YAML 1.2\n---\n", "a: 1\n")]),
            ("---\n---\n\n---\na: |\n  ---\n", &[("---\n---\n\n---\n", "a: |\n  ---\n")]),
            ("a: 1\n...\nb: 2\n", &[("", "a: 1\n...\n"), ("", "b: 2\n")]),
            ("--- {a: 1}\n--- {b: 2}\n", &[("--- ", "{a: 1}\n"), ("--- ", "{b: 2}\n")]),
        ] {
            let (pieces, tail) = pieces(text);
            assert_eq!(pieces, expected, "{text}");
            assert_eq!(pieces.iter().flat_map(|(head, body)| [*head, *body]).chain([tail]).collect::<String>(), text);
        }
        assert!(pieces("# nothing\n").0.iter().all(|(_, body)| yaml::read(body).is_ok_and(|document| document.root.is_none())));
    }
}
