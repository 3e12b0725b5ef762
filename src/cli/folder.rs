//! The manifests in the folder of an export.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path as FilePath;

use super::failure::{Failure, Report, Result};
use crate::config::GROUP;
use crate::finding::{Code, Excerpt, Finding};
use crate::krm::documents;
use crate::krm::meta::Meta;
use crate::reconcile::{SIGN, export_broken};
use crate::report::Subject;
use crate::report::place;
use crate::yaml::{self, Node};

/// The file that records what an export wrote to a folder. It has no extension, so kubectl does not read it as a manifest.
pub const MEMORY: &str = ".jinaflow";

/// The end of the name of a JSON file.
pub const JSON: &str = ".json";

/// Names of files, relative to the folder.
pub type Names<'n> = BTreeSet<&'n str>;

/// A document of a file in the folder.
pub struct Document {
    /// The file of the document, relative to the folder.
    pub file: String,
    /// The index of the document in the file.
    pub index: usize,
    /// The lines before the document, from the end of the previous document to the `---` of this document.
    pub head: String,
    /// The text of the document.
    pub text: String,
    /// The text after the last document of the file: a `...` line, or comments.
    pub tail: String,
    /// The identity of the object in the document.
    pub meta: Meta,
    /// Whether the object has a label of jinaflow: the object was rendered from a Flow, or is a copy of a rendered object.
    pub has_our_label: bool,
    /// Whether the object is a workload that runs Jina, whether or not jinaflow rendered it.
    pub is_jina: bool,
}

/// Reports files that an export must not replace: files that differ from the new file and that no known export has written.
/// `known` are files of earlier exports, `coming` are files that will be written.
pub fn check_files(
    folder: &FilePath,
    known: &Names<'_>,
    coming: &Names<'_>,
    files: &[(String, String)],
    report: &mut Report,
) -> Result<()> {
    for (name, text) in files {
        let path = folder.join(name);
        let mut push = |finding: Finding| report.push((Subject::File(path.display().to_string()), finding));
        if path.exists() && !path.is_file() {
            // Reading a pipe that has no writer would never end.
            let message = if path.is_dir() { "is a folder, but the export needs a file" } else { "is not a regular file" };
            push(Code::WrongFileType.error("", message).fix("remove it, or export to another folder"));
        } else if coming.contains(name.as_str()) && !known.contains(name.as_str()) && path.exists() {
            let was = fs::read(&path).map_err(|error| Failure::unreadable(&path, error))?;
            if was != text.as_bytes() {
                let finding = Code::FileNotFromExport.error("", "exists with other content, and is not known to be from an export");
                push(finding.fix("export to another folder and compare, or replace it with --on-conflict overwrite"));
            }
        }
    }
    Ok(())
}

/// The manifests of a folder.
#[derive(Default)]
pub struct Contents {
    /// The documents, in the order of their files.
    pub documents: Vec<Document>,
    /// Files with an export of Jina that cannot be read.
    pub broken: BTreeSet<String>,
    /// Findings about files.
    pub findings: Report,
}

/// Reads the manifests of a folder. Files in `ours` must be valid: they are from an earlier export, or have the name of a
/// new file. A file to which an exported object was moved must be valid too: `moved` has the kinds, namespaces and names of
/// exported objects. Other files are ignored if they are not valid. If the folder has no record (`is_new`), a file of Jina's export
/// must be valid too.
pub fn read(folder: &FilePath, ours: &Names<'_>, moved: &BTreeSet<[&str; 3]>, is_new: bool) -> Result<Contents> {
    let mut names = Vec::new();
    list_manifests(folder, "", &mut names)?;
    let Contents { mut documents, mut broken, findings: mut report } = Contents::default();
    for name in names {
        let path = folder.join(&name);
        let is_ours = ours.contains(name.as_str());
        let subject = Subject::File(path.display().to_string());
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if is_ours => return Err(Failure::unreadable(&path, error)),
            Err(_) => continue,
        };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                if is_ours {
                    report.push((subject.clone(), place::not_utf8(&subject, error.as_bytes(), error.utf8_error())));
                }
                continue;
            }
        };
        let mut of_file: Vec<Document> = Vec::new();
        let mut wrong: Vec<(Subject, Finding)> = Vec::new();
        let holds_export = is_new && text.contains(SIGN);
        let mut start = 0;
        let (pieces, tail) = pieces(&text);
        for (index, (head, body)) in pieces.into_iter().enumerate() {
            start += head.len();
            match yaml::read(body) {
                Ok(document) => {
                    if let Some(duplicate) = document.duplicates.first().filter(|_| holds_export) {
                        let mut mark = duplicate.second;
                        mark.line += place::behind(&text.as_bytes()[..start]).line - 1;
                        let finding = export_broken(duplicate).at(mark).quoting(Excerpt::of(&subject.words(), &text, mark));
                        wrong.push((subject.clone(), finding));
                    }
                    let meta = document.root.as_ref().map(Meta::of).unwrap_or_default();
                    let is_jina = document.root.as_ref().is_some_and(is_of_jina);
                    let has_our_label = document.root.as_ref().is_some_and(has_our_label);
                    let (head, text, tail) = (head.to_owned(), body.to_owned(), String::new());
                    of_file.push(Document { file: name.clone(), index, head, text, tail, meta, has_our_label, is_jina });
                }
                Err(error) => {
                    let mut mark = error.mark;
                    mark.line += place::behind(&text.as_bytes()[..start]).line - 1;
                    let code = if holds_export { Code::ExportBroken } else { Code::InvalidYaml };
                    let finding = code.error("", format!("is not valid YAML: {}", error.message)).at(mark);
                    let fix = if holds_export {
                        "correct it: the file is of an export of Jina, and other objects of the export would be written again"
                    } else if is_ours {
                        "correct it, or remove the file and export again"
                    } else {
                        "correct it; the file has an object that an export wrote"
                    };
                    wrong.push((subject.clone(), finding.fix(fix).quoting(Excerpt::of(&subject.words(), &text, mark))));
                }
            }
            start += body.len();
        }
        if let Some(last) = of_file.last_mut() {
            tail.clone_into(&mut last.tail);
        }
        if wrong.is_empty() {
            documents.extend(of_file);
        } else if holds_export {
            broken.insert(name.clone());
            report.extend(wrong);
        } else if is_ours || of_file.iter().any(|Document { meta, .. }| moved.contains(&[&*meta.kind, &*meta.namespace, &*meta.name])) {
            report.extend(wrong);
        }
    }
    Ok(Contents { documents, broken, findings: report })
}

/// The documents of a file, each with the lines before the document up to its `---`, and the text after the last document.
/// The text of the file is all of these strings, joined.
pub fn pieces(text: &str) -> (Vec<(&str, &str)>, &str) {
    let (documents, tail) = documents::split(text);
    if documents.is_empty() {
        return (vec![("", text)], "");
    }
    (documents.iter().map(|document| document.text.split_at(documents::behind_mark(document.text))).collect(), tail)
}

/// Whether an object has a label of jinaflow.
fn has_our_label(object: &Node<'_>) -> bool {
    let labels = object.map_at("metadata.labels");
    labels.iter().any(|(name, _)| name.as_text().is_some_and(|name| name.split('/').next() == Some(GROUP)))
}

/// Whether an object is a workload of Jina, by the label that both Jina and jinaflow set.
fn is_of_jina(object: &Node<'_>) -> bool {
    let template = object.get("spec").and_then(|spec| spec.get("template"));
    let labels = template.and_then(|template| template.get("metadata")).and_then(|metadata| metadata.get("labels"));
    labels.is_some_and(|labels| labels.get("jina_deployment_name").is_some())
}

/// Lists the files below a folder that kubectl reads as manifests, in the order of their names. Symbolic links, pipes, devices
/// and names that begin with a dot are ignored.
fn list_manifests(folder: &FilePath, below: &str, names: &mut Vec<String>) -> Result<()> {
    let path = folder.join(below);
    let failed = |error| Failure::unreadable(&path, error);
    let mut entries: Vec<(String, bool)> = Vec::new();
    for entry in fs::read_dir(&path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        if let Some(name) = entry.file_name().to_str().filter(|name| !name.starts_with('.') && (kind.is_dir() || kind.is_file())) {
            entries.push((name.to_owned(), kind.is_dir()));
        }
    }
    entries.sort();
    // A subfolder with its own record belongs to another export.
    if !below.is_empty() && path.join(MEMORY).exists() {
        return Ok(());
    }
    for (name, is_folder) in entries {
        let name = if below.is_empty() { name } else { format!("{below}/{name}") };
        if is_folder {
            list_manifests(folder, &name, names)?;
        } else if [".yml", ".yaml", JSON].iter().any(|end| name.ends_with(end)) {
            names.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_pieces_equal_the_text() {
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
