//! Where a new object goes in a package.
//!
//! kpt writes an item to the file and place that its annotations name, relative to the package that they name, and
//! refuses two items at the same place.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::krm::annotations::{INDEX, LEGACY_INDEX, LEGACY_PATH, PACKAGE_PATH, PATH};
use crate::krm::meta::Meta;
use crate::krm::{Item, ResourceList};

/// The files of a list and the next free place in each.
#[derive(Debug, Default)]
pub struct Files {
    next: HashMap<(String, String), i64>,
}

impl Files {
    /// Looks through all items.
    #[must_use]
    pub fn of(list: &ResourceList<'_>) -> Self {
        let mut files = Self::default();
        for item in &list.items {
            let Some(path) = annotation(item, PATH).or_else(|| annotation(item, LEGACY_PATH)) else { continue };
            let package = annotation(item, PACKAGE_PATH).unwrap_or_default();
            let index = annotation(item, INDEX).or_else(|| annotation(item, LEGACY_INDEX)).and_then(|i| i.parse().ok()).unwrap_or(0_i64);
            let next = files.next.entry((package.to_owned(), path.to_owned())).or_default();
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
        let next = self.next.entry((package.unwrap_or_default().to_owned(), path.clone())).or_default();
        annotations.insert(INDEX.to_owned(), next.to_string().into());
        *next += 1;
        if let Some(package) = package {
            annotations.insert(PACKAGE_PATH.to_owned(), package.into());
        }
        annotations.insert(PATH.to_owned(), path.into());
        annotations
    }
}

/// The value of an annotation, taken from the item's text. A text that only looks like one costs a place, no more.
fn annotation<'i>(item: &'i Item<'_>, name: &str) -> Option<&'i str> {
    let text = item.text();
    let at = memchr::memmem::find(text.as_bytes(), name.as_bytes())?;
    let value = text[at + name.len()..].trim_start_matches(['"', '\'']).strip_prefix(':')?;
    let line = value.lines().next()?.trim().trim_end_matches(['}', ',']);
    Some(line.trim_matches(['"', '\'']))
}
