//! What is in the list: who is there, and which places of which files are taken.
//!
//! kpt writes an item to the file and place that its annotations name, relative to the package that they name, and
//! refuses two items at the same place.

use std::borrow::Cow;
use std::collections::HashMap;

use super::flows::{Origin, Placing};
use crate::krm::annotations::{INDEX, LEGACY_INDEX, LEGACY_PATH, PACKAGE_PATH, PATH};
use crate::krm::meta::Meta;
use crate::krm::{Caller, ResourceList, glance};
use crate::yaml::{Data, Node};

/// Two words that name something: a kind and a name, a package and a file.
type Pair<'l> = (Cow<'l, str>, Cow<'l, str>);

/// The items by kind and name, and the next free place in each file.
#[derive(Debug)]
pub struct Census<'l> {
    caller: Caller,
    namesakes: HashMap<Pair<'l>, Vec<usize>>,
    next: HashMap<Pair<'l>, i64>,
}

impl<'l> Census<'l> {
    /// Looks at all items.
    pub fn of(list: &'l ResourceList<'_>, caller: Caller) -> Self {
        let mut census = Self { caller, namesakes: HashMap::new(), next: HashMap::new() };
        for (place, item) in list.items.iter().enumerate() {
            if let Some(seen) = glance(item) {
                let file = seen.path.map(|path| (seen.package.unwrap_or_default().into(), path.into()));
                census.count(place, (seen.kind.into(), seen.name.into()), file, seen.index);
            } else if let Some(root) = item.read().ok().and_then(|document| document.root) {
                let meta = Meta::of(&root);
                let file = meta.path().map(|path| (meta.package().to_owned().into(), path.to_owned().into()));
                let index = meta.index();
                census.count(place, (meta.kind.into(), meta.name.into()), file, index);
            }
        }
        census
    }

    fn count(&mut self, place: usize, named: Pair<'l>, file: Option<Pair<'l>>, index: Option<i64>) {
        self.namesakes.entry(named).or_default().push(place);
        if let Some(file) = file {
            let next = self.next.entry(file).or_default();
            *next = (*next).max(index.unwrap_or_default().saturating_add(1));
        }
    }

    /// The items of this kind and name, wherever they are.
    pub fn namesakes<'s>(&'s self, kind: &'s str, name: &'s str) -> &'s [usize] {
        self.namesakes.get(&(Cow::Borrowed(kind), Cow::Borrowed(name))).map(Vec::as_slice).unwrap_or_default()
    }

    /// The annotations of a new object in `file`, beside its flow's own file. By its package it is found again, even where
    /// nobody keeps files. A Flow of which no file is known is in the root of the package: kpt would put each object into a
    /// file of its own, and a later render would leave them there.
    pub fn place(&mut self, flow: &Placing, file: &str) -> Vec<(&'static str, String)> {
        let package = flow.meta.package();
        let in_package = (!package.is_empty()).then(|| (PACKAGE_PATH, package.to_owned()));
        let is_in_root = flow.origin == Origin::Unknown && self.caller.keeps_files();
        let path = match flow.meta.path() {
            Some(home) => match home.rsplit_once('/') {
                Some((folder, _)) => format!("{folder}/{file}"),
                None => file.to_owned(),
            },
            None if is_in_root => file.to_owned(),
            None => return in_package.into_iter().collect(),
        };
        let next = self.next.entry((Cow::Owned(package.to_owned()), Cow::Owned(path.clone()))).or_default();
        let index = (INDEX, next.to_string());
        *next = next.saturating_add(1);
        std::iter::once(index).chain(in_package).chain([(PATH, path)]).collect()
    }
}

/// Whether an item is in the file that a component's objects are written to.
pub fn is_in_usual_file(item: &Meta, component: &str) -> bool {
    let file = item.path().and_then(|path| path.rsplit('/').next());
    file.is_none_or(|file| file.strip_suffix(".yml") == Some(component))
}

/// Writes another place into the annotations by which the caller knows where an item is, where there is one.
pub fn move_to(item: &mut Node<'_>, place: &[(&'static str, String)]) {
    let Some(annotations) = item.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations")) else { return };
    let Data::Map(annotations) = &mut annotations.data else { return };
    for (name, value) in annotations {
        let kind = match name.as_text() {
            Some(PATH | LEGACY_PATH) => PATH,
            Some(INDEX | LEGACY_INDEX) => INDEX,
            _ => continue,
        };
        if let Some((_, now)) = place.iter().find(|(known, _)| *known == kind) {
            *value = now.clone().into();
        }
    }
}
