//! `.jinaflow` in a folder that `jinaflow export` wrote: what each object was, so that the next export knows what was edited.
//!
//! In a kpt package the objects carry this in annotations. An export is applied as it is, and under compat it is exactly what
//! Jina writes, so that it is kept beside the objects.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path as FilePath;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};

use crate::cli::folder::{self, MEMORY};
use crate::manifests::fingerprint::{BASIS, hashed, mixed};

const VERSION: u32 = 1;

const ABOUT: &str = "What `jinaflow export` wrote into this folder. By it the next export keeps your edits, so keep it with the files.";

/// What is remembered of a folder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    about: String,
    version: u32,
    /// The objects, in the order of their files.
    pub objects: Vec<Entry>,
    /// What an export has begun to change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unfinished: Option<Unfinished>,
}

/// What was there before an export that was stopped while it replaced files one after the other.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unfinished {
    /// The hashes of the texts of files that are replaced or removed.
    files: BTreeMap<String, String>,
    objects: Vec<Entry>,
}

/// What is remembered of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its file, relative to the folder, with `/`.
    pub file: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace, empty when it names none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The value of the annotation `flow.jina.ai/object`.
    pub object: String,
    /// The value of the annotation `flow.jina.ai/rendered`.
    pub rendered: String,
    /// The hash of the text that was rendered, by which an object that nobody edited is known.
    pub text: String,
}

/// The part of the file that every version has.
#[derive(Deserialize)]
struct Head {
    version: u32,
}

/// Reads what is remembered of the objects of a folder; `None` when there is nothing.
pub fn read(folder: &FilePath) -> Result<Option<Vec<Entry>>> {
    let path = folder.join(MEMORY);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("{}: cannot be read", path.display())),
    };
    let advice = "restore it from version control, or export into another folder";
    match serde_json::from_str::<Head>(&text) {
        Ok(Head { version }) if version > VERSION => {
            bail!("{}: was written by a newer jinaflow; use that one, or export into another folder", path.display())
        }
        _ => {
            let known = serde_json::from_str::<Remembered>(&text);
            let known = known.with_context(|| format!("{}: is not what jinaflow wrote; {advice}", path.display()))?;
            Ok(Some(known.objects_in(folder)))
        }
    }
}

impl Remembered {
    /// The objects as they are in the folder: of a file that an export was to replace, and has not, those that were there before.
    fn objects_in(self, folder: &FilePath) -> Vec<Entry> {
        let Some(Unfinished { mut files, objects }) = self.unfinished else { return self.objects };
        let new: HashSet<&str> = self.objects.iter().map(|entry| entry.text.as_str()).collect();
        let old: HashSet<&str> = objects.iter().map(|entry| entry.text.as_str()).collect();
        files.retain(|file, before| {
            let Ok(text) = fs::read_to_string(folder.join(file)) else { return false };
            // Somebody may have edited it since. The objects that nobody touched tell which text it was.
            let texts: Vec<String> = folder::pieces(&text).0.into_iter().map(|(_, body)| hash(body)).collect();
            let count = |these: &HashSet<&str>, those: &HashSet<&str>| {
                texts.iter().filter(|text| these.contains(text.as_str()) && !those.contains(text.as_str())).count()
            };
            hash(&text) == *before || count(&old, &new) > count(&new, &old)
        });
        let is_replaced = |entry: &Entry| !files.contains_key(&entry.file);
        let mut kept: Vec<Entry> = self.objects.iter().filter(|entry| is_replaced(entry)).cloned().collect();
        for mut entry in objects.into_iter().filter(|entry| !is_replaced(entry)) {
            // It may be another Flow's by now, where the Flow was renamed.
            if let Some(now) = self.objects.iter().find(|now| now.key() == entry.key()) {
                entry.object.clone_from(&now.object);
            }
            kept.push(entry);
        }
        kept
    }
}

/// The file's text: a line for each object, so that a difference between two exports is as long as what differs.
pub fn text(mut objects: Vec<Entry>) -> String {
    objects.sort_by(|one, other| (&one.file, &one.object).cmp(&(&other.file, &other.object)));
    let lines: Vec<String> = objects.iter().map(|entry| serde_json::to_string(entry).unwrap_or_default()).collect();
    let about = serde_json::to_string(ABOUT).unwrap_or_default();
    format!("{{\n\"about\": {about},\n\"version\": {VERSION},\n\"objects\": [\n{}\n]}}\n", lines.join(",\n"))
}

/// The text while files are replaced: `objects` as they will be, and those of `files`, by the hashes of their texts, as they were.
pub fn unfinished(objects: Vec<Entry>, before: Vec<Entry>, files: BTreeMap<String, String>) -> String {
    let unfinished = Some(Unfinished { files, objects: before });
    serde_json::to_string(&Remembered { about: ABOUT.to_owned(), version: VERSION, objects, unfinished }).unwrap_or_default()
}

/// The hash of a text, as it stands in an entry.
pub fn hash(text: &str) -> String {
    format!("{:016x}", mixed(hashed(BASIS, text.as_bytes())))
}

/// What an object of a folder is known by: file, kind, namespace and name.
pub type Key<'k> = [&'k str; 4];

/// Finds the entry of each object of a folder: by file, kind and name, else wherever the object has been moved to, else as the
/// only one of its kind in its file, where a name or a namespace has been edited. `are_ours` says which objects have a label of
/// ours, or a text that an export wrote: without it, what is elsewhere or has another name is somebody else's, such as a patch.
pub fn matched<'e>(entries: &'e [Entry], objects: &[Key<'_>], are_ours: &[bool]) -> Vec<Option<&'e Entry>> {
    let mut of_objects: Vec<Option<&Entry>> = vec![None; objects.len()];
    let mut left: Vec<&Entry> = entries.iter().collect();
    for round in [Round::AsItWas, Round::Moved, Round::OnlyOfItsKind] {
        let mut places: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
        // The first is taken first.
        for (place, object) in objects.iter().enumerate().rev().filter(|(place, _)| of_objects[*place].is_none()) {
            places.entry(round.key(*object)).or_default().push(place);
        }
        if round != Round::AsItWas {
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

/// What must be the same of an entry and its object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    AsItWas,
    Moved,
    OnlyOfItsKind,
}

impl Round {
    fn key(self, [file, kind, namespace, name]: Key<'_>) -> Key<'_> {
        match self {
            Round::AsItWas => [file, kind, namespace, name],
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
    fn objects_are_found_where_they_were_where_they_are_and_as_they_are_called() {
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
    fn a_text_reads_as_what_it_was() {
        let entries = vec![entry("a.yml", "Service", "a"), entry("b.yml", "Service", "b \"\\")];
        let read: Remembered = serde_json::from_str(&text(entries.clone())).unwrap();
        assert_eq!(read.objects, entries);
        assert!(serde_json::from_str::<Remembered>(&text(Vec::new())).unwrap().objects.is_empty());
    }
}
