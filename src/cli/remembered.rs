//! `.jinaflow`, the record of an export: each object as it was written, so that the next export finds your edits.
//!
//! In a kpt package, annotations of the objects have this record. An export is applied without changes, and with `compat` it
//! is exactly what Jina writes, so its record is a separate file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path as FilePath;

use serde::{Deserialize, Serialize};

use super::failure::{Failure, Result};
use super::folder::{self, MEMORY};
use crate::finding::Code;
use crate::manifests::fingerprint::{BASIS, hashed, mixed};

const VERSION: u32 = 1;

const ABOUT: &str = "What `jinaflow export` wrote to this folder. The next export needs it to keep your edits: keep it with the files.";

/// The record of a folder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    about: String,
    version: u32,
    /// The objects, in the order of their files.
    pub objects: Vec<Entry>,
    /// The changes that an export has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unfinished: Option<Unfinished>,
}

/// The folder before an export that was stopped while it replaced files one after the other.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unfinished {
    /// The hashes of the files that are replaced or removed.
    files: BTreeMap<String, String>,
    objects: Vec<Entry>,
}

/// The record of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file of the object, relative to the folder, with `/` as separator.
    pub file: String,
    /// The kind of the object.
    pub kind: String,
    /// The namespace of the object, or an empty string.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// The name of the object.
    pub name: String,
    /// The value of the annotation `flow.jina.ai/object`.
    pub object: String,
    /// The value of the annotation `flow.jina.ai/rendered`.
    pub rendered: String,
    /// The hash of the rendered text, by which an object without edits is recognized.
    pub text: String,
}

/// The field that every version of the record has.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

/// Reads the record of a folder; `None` if the folder has no record.
pub fn read(folder: &FilePath) -> Result<Option<Vec<Entry>>> {
    let path = folder.join(MEMORY);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::unreadable(&path, error)),
    };
    let invalid = |message: String, fix: &'static str| Failure::of_file(&path, Code::InvalidExportRecord.error("", message).fix(fix));
    if let Ok(Head { version }) = serde_json::from_str::<Head>(&text)
        && version > VERSION
    {
        return Err(invalid("was written by a newer jinaflow".to_owned(), "use that jinaflow, or export to another folder"));
    }
    let fix = "restore it from version control, or export to another folder";
    let record = serde_json::from_str::<Remembered>(&text);
    let record = record.map_err(|error| invalid(format!("is not a valid record of an export: {error}"), fix))?;
    Ok(Some(record.objects_in(folder)))
}

impl Remembered {
    /// The objects in the folder. If an export was stopped before it replaced a file, these are the file's earlier objects.
    fn objects_in(self, folder: &FilePath) -> Vec<Entry> {
        let Some(Unfinished { mut files, objects }) = self.unfinished else { return self.objects };
        let new: HashSet<&str> = self.objects.iter().map(|entry| entry.text.as_str()).collect();
        let old: HashSet<&str> = objects.iter().map(|entry| entry.text.as_str()).collect();
        files.retain(|file, before| {
            let Ok(text) = fs::read_to_string(folder.join(file)) else { return false };
            // The user may have edited the file since. The objects without edits show whether the file is old or new.
            let texts: Vec<String> = folder::pieces(&text).0.into_iter().map(|(_, body)| hash(body)).collect();
            let count = |these: &HashSet<&str>, those: &HashSet<&str>| {
                texts.iter().filter(|text| these.contains(text.as_str()) && !those.contains(text.as_str())).count()
            };
            hash(&text) == *before || count(&old, &new) > count(&new, &old)
        });
        let is_replaced = |entry: &Entry| !files.contains_key(&entry.file);
        let now: HashMap<Key<'_>, &Entry> = self.objects.iter().rev().map(|entry| (entry.key(), entry)).collect();
        let mut kept: Vec<Entry> = self.objects.iter().filter(|entry| is_replaced(entry)).cloned().collect();
        for mut entry in objects.into_iter().filter(|entry| !is_replaced(entry)) {
            // If the Flow was renamed, the object now belongs to another Flow.
            let object = now.get(&entry.key()).map(|now| now.object.clone());
            entry.object = object.unwrap_or(entry.object);
            kept.push(entry);
        }
        kept
    }
}

/// The text of the record: one line for each object, so that version control shows only the objects that changed.
pub fn text(mut objects: Vec<Entry>) -> String {
    objects.sort_by(|one, other| (&one.file, &one.object).cmp(&(&other.file, &other.object)));
    let lines: Vec<String> = objects.iter().map(|entry| serde_json::to_string(entry).unwrap_or_default()).collect();
    let about = serde_json::to_string(ABOUT).unwrap_or_default();
    format!("{{\n\"about\": {about},\n\"version\": {VERSION},\n\"objects\": [\n{}\n]}}\n", lines.join(",\n"))
}

/// The text of the record while files are replaced. `objects` are the new objects, `before` the earlier ones, and `files` has the
/// hashes of the earlier files.
pub fn unfinished(objects: Vec<Entry>, before: Vec<Entry>, files: BTreeMap<String, String>) -> String {
    let unfinished = Some(Unfinished { files, objects: before });
    serde_json::to_string(&Remembered { about: ABOUT.to_owned(), version: VERSION, objects, unfinished }).unwrap_or_default()
}

/// The hash of the text of an object or a file.
pub fn hash(text: &str) -> String {
    format!("{:016x}", mixed(hashed(BASIS, text.as_bytes())))
}

/// The file, kind, namespace and name of an object.
pub type Key<'k> = [&'k str; 4];

/// Finds the entry of each object of a folder. The first round compares file, kind and name. The second round compares kind
/// and name, for an object that was moved to another file. The third round finds the only entry and the only object of a
/// kind in a file, for an object whose name or namespace was edited. The last two rounds are only for objects in
/// `are_ours`: they have a label of jinaflow or the exact text that an export wrote. Other objects may be, for example,
/// patches.
pub fn matched<'e>(entries: &'e [Entry], objects: &[Key<'_>], are_ours: &[bool]) -> Vec<Option<&'e Entry>> {
    let mut of_objects: Vec<Option<&Entry>> = vec![None; objects.len()];
    let mut left: Vec<&Entry> = entries.iter().collect();
    for round in [Round::Same, Round::Moved, Round::OnlyOfItsKind] {
        let mut places: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
        // In reverse, because `pop` takes the last place.
        for (place, object) in objects.iter().enumerate().rev().filter(|(place, _)| of_objects[*place].is_none()) {
            places.entry(round.key(*object)).or_default().push(place);
        }
        if round != Round::Same {
            for places in places.values_mut() {
                places.retain(|place| are_ours[*place]);
            }
        }
        if round == Round::OnlyOfItsKind {
            let mut counts: HashMap<Key<'_>, usize> = HashMap::new();
            for entry in &left {
                *counts.entry(round.key(entry.key())).or_default() += 1;
            }
            places.retain(|key, places| places.len() == 1 && counts.get(key) == Some(&1));
        }
        left.retain(|entry| {
            let found = places.get_mut(&round.key(entry.key())).and_then(Vec::pop);
            if let Some(place) = found {
                of_objects[place] = Some(entry);
            }
            found.is_none()
        });
    }
    of_objects
}

/// The properties that an entry and its object share.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    Same,
    Moved,
    OnlyOfItsKind,
}

impl Round {
    fn key(self, [file, kind, namespace, name]: Key<'_>) -> Key<'_> {
        match self {
            Round::Same => [file, kind, namespace, name],
            Round::Moved => ["", kind, namespace, name],
            Round::OnlyOfItsKind => [file, kind, "", ""],
        }
    }
}

impl Entry {
    fn key(&self) -> Key<'_> {
        [&self.file, &self.kind, &self.namespace, &self.name]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(file: &str, kind: &str, name: &str) -> Entry {
        let [file, kind, name] = [file, kind, name].map(str::to_owned);
        Entry { file, kind, namespace: String::new(), name, object: "f/c/r".into(), rendered: "v1.".into(), text: hash("") }
    }

    #[test]
    fn objects_are_found_after_a_move_and_after_a_rename() {
        let entries = [entry("a.yml", "Service", "a"), entry("a.yml", "ConfigMap", "a-c"), entry("b.yml", "Service", "b")];
        let objects =
            [["b.yml", "Service", "", "x"], ["c.yml", "ConfigMap", "", "a-c"], ["a.yml", "Service", "", "a"], ["a.yml", "Job", "", "a"]];
        let found = |is_ours: bool| -> Vec<Option<&str>> {
            matched(&entries, &objects, &[is_ours; 4]).iter().map(|entry| entry.map(|entry| entry.name.as_str())).collect()
        };
        assert_eq!(found(true), [Some("b"), Some("a-c"), Some("a"), None]);
        assert_eq!(found(false), [None, None, Some("a"), None]);
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let entries = vec![entry("a.yml", "Service", "a"), entry("b.yml", "Service", "b \"\\")];
        let read: Remembered = serde_json::from_str(&text(entries.clone())).unwrap();
        assert_eq!(read.objects, entries);
        assert!(serde_json::from_str::<Remembered>(&text(Vec::new())).unwrap().objects.is_empty());
    }
}
