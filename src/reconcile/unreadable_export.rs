//! Reports exports whose objects cannot be merged, because they are not valid or are inside of a list.

use super::adoption::{Adoption, JinasComponent, is_workload};
use super::flows::Placing;
use super::recognition::{exported_namespace, runs_component_of};
use crate::finding::{Code, Finding};
use crate::krm::meta::Meta;
use crate::krm::{ObjectRef, effective_namespace};
use crate::yaml::{DuplicateKey, Node};

impl Adoption<'_, '_> {
    /// Reports items with signs of Jina that cannot be read as one object each, if they name a component of the Flow. Objects in
    /// them would be rendered a second time.
    pub(super) fn report_broken(&mut self, flow: &Placing, jinas: &[JinasComponent<'_>]) {
        let list = self.list;
        for index in self.signed.clone() {
            let item = &list.items[index];
            let names = || jinas.iter().any(|component| names_component(item.text(), &component.name));
            let finding = match item.read() {
                Ok(document) => match document.duplicates.first() {
                    None => continue,
                    Some(duplicate) => export_broken(duplicate),
                },
                Err(error) => Code::ExportBroken
                    .error("", format!("is not valid YAML: {}", error.message))
                    .fix(format!("correct line {} of the object", error.mark.line)),
            };
            let meta = item.read().ok().and_then(|document| document.root.as_ref().map(Meta::of)).unwrap_or_default();
            let is_known = self.findings.iter().any(|known| known.index == index);
            if !is_known && names() && (meta.name.is_empty() || meta.package() == flow.meta.package()) {
                self.report(index, &meta, finding);
            }
        }
    }

    /// Reports lists with objects of the Flow. A merge finds only objects that are items of their own.
    pub(super) fn report_lists(&mut self, flow: &Placing, jinas: &[JinasComponent<'_>]) {
        let list = self.list;
        for index in self.lists.clone() {
            let Some(root) = list.items.get(index).and_then(|item| item.read().ok()?.root) else { continue };
            let meta = Meta::of(&root);
            if meta.package() != flow.meta.package() || self.findings.iter().any(|known| known.index == index) {
                continue;
            }
            let of_flow = root.list_at("items").iter().filter(|object| jinas.iter().any(|component| is_of(object, component, flow)));
            let names: Vec<String> =
                of_flow.map(|object| format!("{} `{}`", object.text_at("kind"), object.text_at("metadata.name"))).collect();
            let Some(first) = names.first() else { continue };
            let what = match names.len() {
                1 => format!("the {first}"),
                2 => format!("the {first} and 1 more object"),
                count => format!("the {first} and {} more objects", count - 1),
            };
            let message = format!("is a list with {what} of the Flow; a render does not merge into lists, so they would be there twice");
            let finding = Code::ListInExport.error("kind", message).got(&meta.kind);
            self.report(index, &meta, finding.fix("write each item as a YAML document, with `---` between them"));
        }
    }
}

/// Whether an object is of a component: it has the identity of one of its objects, or runs it.
fn is_of(object: &Node<'_>, component: &JinasComponent<'_>, flow: &Placing) -> bool {
    let own = ObjectRef::of(object);
    component.objects.iter().any(|jinas| {
        let wanted = ObjectRef::of(&jinas.node);
        let is_in_flow = || {
            effective_namespace(own.namespace) == effective_namespace(&flow.namespace)
                || exported_namespace(object).is_some_and(|namespace| Some(namespace) == exported_namespace(&jinas.node))
        };
        own.group() == wanted.group() && own.is_named_as(&wanted)
            || is_workload(jinas) && runs_component_of(object, &jinas.node) && is_in_flow()
    })
}

/// The finding about a key that an object of an export has twice. Two objects without a separator have all keys of the top twice.
pub fn export_broken(duplicate: &DuplicateKey) -> Finding {
    let message = format!("has the key `{}` twice", duplicate.key);
    let fix = if duplicate.path.is_empty() { "write `---` between the two objects" } else { "remove one of the two keys" };
    Code::ExportBroken.error(duplicate.path.clone(), message).fix(fix)
}

/// Whether text has a component as a name.
fn names_component(text: &str, component: &str) -> bool {
    let is_end = |rest: &str| rest.is_empty() || rest.starts_with(['\n', '\r', ' ', ',', '}', '"', '\'']);
    ["name: ", "app: ", "name: \"", "name: '"].iter().any(|start| {
        let found = text.match_indices(start);
        found.map(|(at, _)| &text[at + start.len()..]).any(|rest| rest.strip_prefix(component).is_some_and(is_end))
    })
}
