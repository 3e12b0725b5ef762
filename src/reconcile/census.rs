//! The items of a list by name, and the used places of each file.
//!
//! kpt writes an item to the file and place that its annotations name, relative to the package that they name. It refuses
//! two items at the same place.

use std::borrow::Cow;
use std::collections::HashMap;

use super::flows::{Origin, Placing};
use crate::krm::annotations::{INDEX, LEGACY_INDEX, LEGACY_PATH, PACKAGE_PATH, PATH};
use crate::krm::meta::Meta;
use crate::krm::{Caller, ObjectRef, ResourceList, effective_namespace, glance};
use crate::yaml::{Data, Node};

/// The kind, namespace and name of an object.
type Name<'l> = [Cow<'l, str>; 3];

/// A package and a file in it.
type File<'l> = (Cow<'l, str>, Cow<'l, str>);

/// The items by name, and the next free place in each file.
#[derive(Debug)]
pub struct Census<'l> {
    caller: Caller,
    namesakes: HashMap<Name<'l>, Vec<usize>>,
    next: HashMap<File<'l>, i64>,
}

impl<'l> Census<'l> {
    /// Reads the names and files of all items.
    pub fn of(list: &'l ResourceList<'_>, caller: Caller) -> Self {
        let mut census = Self { caller, namesakes: HashMap::new(), next: HashMap::new() };
        for (place, item) in list.items.iter().enumerate() {
            if let Some(seen) = glance(item) {
                let file = seen.path.map(|path| (seen.package.unwrap_or_default().into(), path.into()));
                let name = [seen.kind, effective_namespace(seen.namespace), seen.name].map(Cow::Borrowed);
                census.count(place, name, file, seen.index);
            } else if let Some(root) = item.read().ok().and_then(|document| document.root) {
                let meta = Meta::of(&root);
                let file = meta.path().map(|path| (meta.package().to_owned().into(), path.to_owned().into()));
                let index = meta.index();
                let namespace = effective_namespace(&meta.namespace).to_owned();
                census.count(place, [meta.kind, namespace, meta.name].map(Cow::Owned), file, index);
            }
        }
        census
    }

    fn count(&mut self, place: usize, name: Name<'l>, file: Option<File<'l>>, index: Option<i64>) {
        self.namesakes.entry(name).or_default().push(place);
        if let Some(file) = file {
            let next = self.next.entry(file).or_default();
            *next = (*next).max(index.unwrap_or_default().saturating_add(1));
        }
    }

    /// The indices of the items with the same kind, namespace and name as an object.
    pub fn namesakes<'s>(&'s self, object: &ObjectRef<'s>) -> &'s [usize] {
        let ObjectRef { kind, namespace, name, .. } = *object;
        let name = [kind, effective_namespace(namespace), name].map(Cow::Borrowed);
        self.namesakes.get(&name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The annotations for the place of a new object: `file`, in the folder of its JinaFlow's file. If the JinaFlow has no known
    /// file, the place is in the root of the package. Without these annotations kpt would write each object to its own file, and
    /// a later render would leave it there. The annotation for the package is set even for a caller that keeps no files,
    /// because it is a part of the object's identity.
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

/// Whether an item is in the file to which jinaflow writes the objects of its component.
pub fn is_in_usual_file(item: &Meta, component: &str) -> bool {
    let file = item.path().and_then(|path| path.rsplit('/').next());
    file.is_none_or(|file| file.strip_suffix(".yml") == Some(component))
}

/// Changes the annotations for the place of an item, if the item has them.
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
