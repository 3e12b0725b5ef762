//! Where a new object goes in a package.
//!
//! kpt writes an item to the file and place that its annotations name, relative to the package that they name, and
//! refuses two items at the same place.

use std::borrow::Cow;
use std::collections::HashMap;

use memchr::memmem::Finder;
use serde_json::{Map, Value};

use crate::krm::ResourceList;
use crate::krm::annotations::{INDEX, LEGACY_INDEX, LEGACY_PATH, PACKAGE_PATH, PATH};
use crate::krm::meta::Meta;

/// The files of a list and the next free place in each.
#[derive(Debug, Default)]
pub struct Files<'l> {
    next: HashMap<(Cow<'l, str>, Cow<'l, str>), i64>,
}

impl<'l> Files<'l> {
    /// Looks through all items.
    #[must_use]
    pub fn of(list: &'l ResourceList<'_>) -> Self {
        let [path, legacy_path, index, legacy_index, package] =
            [PATH, LEGACY_PATH, INDEX, LEGACY_INDEX, PACKAGE_PATH].map(|name| (Finder::new(name), name.len()));
        let mut files = Self::default();
        for item in &list.items {
            let text = item.text();
            let Some(file) = annotation(text, &path).or_else(|| annotation(text, &legacy_path)) else { continue };
            let package = annotation(text, &package).unwrap_or_default();
            let index = annotation(text, &index).or_else(|| annotation(text, &legacy_index)).and_then(|i| i.parse().ok()).unwrap_or(0_i64);
            let next = files.next.entry((package, file)).or_default();
            *next = (*next).max(index + 1);
        }
        files
    }

    /// The annotations of a new object in `file`, beside its flow's own file.
    pub fn place(&mut self, flow: &Meta, file: &str) -> Map<String, Value> {
        let mut annotations = Map::new();
        let Some(home) = flow.path() else { return annotations };
        let path = match home.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{file}"),
            None => file.to_owned(),
        };
        let package = flow.package();
        let next = self.next.entry((Cow::Owned(package.unwrap_or_default().to_owned()), Cow::Owned(path.clone()))).or_default();
        annotations.insert(INDEX.to_owned(), next.to_string().into());
        *next += 1;
        if let Some(package) = package {
            annotations.insert(PACKAGE_PATH.to_owned(), package.into());
        }
        annotations.insert(PATH.to_owned(), path.into());
        annotations
    }
}

/// The value of an annotation, taken from an item's text. A text that only looks like one costs a place, no more.
fn annotation<'i>(text: &'i str, (name, length): &(Finder<'_>, usize)) -> Option<Cow<'i, str>> {
    let at = name.find(text.as_bytes())?;
    let value = text[at + length..].trim_start_matches(['"', '\'']).strip_prefix(':')?;
    let line = value.lines().next()?.trim().trim_end_matches(['}', ',']);
    Some(Cow::Borrowed(line.trim_matches(['"', '\''])))
}
