//! Finds the objects of a list that Jina has exported for a JinaFlow, so that the render merges into them.
//!
//! Such an object has no record of its last rendering. Its record is the object that Jina exports for the Flow, so all
//! differences from that object are edits of the user.

use std::collections::HashSet;

use memchr::memmem::Finder;

use super::census::Census;
use super::corrupted::corrupt;
use super::flow_key::FlowKey;
use super::flows::Placing;
use super::generated::Generated;
use super::memory::Memory;
use super::older_export::write_as;
use super::outcome::ItemFinding;
use super::ownership::{OBJECT, Owner};
use super::recognition::{Graphs, SIGN, graphs, has_our_label};
use crate::finding::{Code, FieldPath, Finding};
use crate::krm::meta::Meta;
use crate::krm::{Caller, Item, ObjectRef, ResourceList, glance};
use crate::manifests::Object;
use crate::yaml::Node;

/// A component as Jina exports it.
pub struct JinasComponent<'r> {
    /// The Kubernetes name of the component.
    pub name: String,
    /// The objects of the component.
    pub objects: Vec<Object<'r>>,
}

/// An item that may be an object of Jina.
#[derive(Clone)]
pub struct Candidate<'l> {
    pub(super) index: usize,
    pub(super) meta: Meta,
    pub(super) node: Node<'l>,
}

/// The search for objects of Jina in a list.
pub struct Adoption<'l, 't> {
    pub(super) list: &'l ResourceList<'t>,
    census: Census<'l>,
    /// The indices of items that jinaflow has rendered, and of items that were adopted.
    pub(super) rendered: HashSet<usize>,
    /// JinaFlows that have rendered objects in the list.
    pub(super) flows: HashSet<FlowKey>,
    /// The indices of other items with the text [`SIGN`].
    pub(super) signed: Vec<usize>,
    /// The indices of items that are lists of objects.
    pub(super) lists: Vec<usize>,
    pub(super) adopted: Vec<Generated<'l>>,
    pub(super) findings: Vec<ItemFinding>,
    strip: Strip,
}

/// Removes from an object what an API server has added to it. The second object is the one that Jina exports.
pub type Strip = fn(&mut Node<'_>, &Node<'_>);

impl<'l, 't> Adoption<'l, 't> {
    /// Starts a search; `None` if the list has no object of Jina, or if the caller does not store the answer: then the Flow of the
    /// export is unknown as soon as the Flow changes.
    pub fn of(list: &'l ResourceList<'t>, caller: Caller, generated: &[Generated<'_>], strip: Strip) -> Option<Self> {
        let sign = Finder::new(SIGN);
        let is_rendered = |item: &&Generated<'_>| item.memory.is_some() || has_our_label(&item.node);
        let rendered: HashSet<usize> = generated.iter().filter(is_rendered).map(|item| item.index).collect();
        let has_sign = |index: &usize| !rendered.contains(index) && sign.find(list.items[*index].text().as_bytes()).is_some();
        let items = if caller.keeps_files() { list.items.len() } else { 0 };
        let signed: Vec<usize> = (0..items).filter(has_sign).collect();
        let lists: Vec<usize> = (0..items).filter(|index| is_list(&list.items[*index])).collect();
        if signed.is_empty() && lists.is_empty() {
            return None;
        }
        let flows = generated.iter().filter(is_rendered).filter_map(Generated::flow).collect();
        let census = Census::of(list, caller);
        Some(Self { list, census, rendered, flows, signed, lists, adopted: Vec::new(), findings: Vec::new(), strip })
    }

    /// Ends the search: adds the adopted objects to `generated`, and returns the findings about items.
    pub fn finish(self, generated: &mut Vec<Generated<'l>>) -> Vec<ItemFinding> {
        let adopted: HashSet<usize> = self.adopted.iter().map(|item| item.index).collect();
        generated.retain(|item| !adopted.contains(&item.index));
        generated.extend(self.adopted);
        generated.sort_by_key(|item| item.index);
        self.findings
    }

    /// Takes the item with the kind, namespace and name of an object that Jina exports, if the item fits. Returns whether there is one.
    pub(super) fn take(&mut self, flow: &Placing, component: &str, object: &Object<'_>, is_fit: impl Fn(&Node<'_>) -> bool) -> bool {
        let wanted = ObjectRef::of(&object.node);
        let places = self.census.namesakes(&wanted).to_vec();
        let found: Vec<Candidate<'l>> = places.into_iter().filter_map(|place| self.candidate(place, flow)).collect();
        let is_of_group = |item: &Candidate<'_>| ObjectRef::of(&item.node).group() == wanted.group();
        let mut fit = found.into_iter().filter(|item| is_of_group(item) && is_fit(&item.node));
        let Some(first) = fit.next() else { return false };
        for second in fit {
            let place = first.meta.path().map(|path| format!(": the other one is in {path}")).unwrap_or_default();
            let message = format!("is the name of two objects of the kind {}{place}", first.meta.kind);
            let finding = Code::ExportBroken.error("metadata.name", message).got(&second.meta.name);
            self.report(second.index, &second.meta, finding.fix("keep one of the two objects, and remove the other"));
        }
        self.adopt(flow, component, object, first);
        true
    }

    /// Adopts an item as an object that Jina exports.
    pub(super) fn adopt(&mut self, flow: &Placing, component: &str, object: &Object<'_>, item: Candidate<'l>) {
        let Candidate { index, mut meta, mut node } = item;
        // What a server has added is neither an edit nor a part of a manifest.
        (self.strip)(&mut node, &object.node);
        if is_workload(object) {
            self.compare_graphs(index, &meta, &node, object);
        }
        let owner = Owner { flow: flow.meta.name.clone(), component: component.to_owned(), role: object.role.clone() };
        meta.annotations.retain(|(name, _)| name != OBJECT);
        meta.annotations.push((OBJECT.to_owned(), owner.value()));
        self.rendered.insert(index);
        let mut exported = object.node.clone();
        write_as(&mut exported, &node);
        corrupt(&mut exported, &node);
        let memory = Some(Memory::of(&exported));
        self.adopted.push(Generated { index, meta, node, owner: Some(owner), remembered: None, memory, is_adopted: true });
    }

    /// An item of the package of a JinaFlow that jinaflow has not rendered.
    pub(super) fn candidate(&self, index: usize, flow: &Placing) -> Option<Candidate<'l>> {
        let list = self.list;
        let node = list.items.get(index).filter(|_| !self.rendered.contains(&index))?.read().ok()?.root?;
        let meta = Meta::of(&node);
        (meta.package() == flow.meta.package() && !has_our_label(&node)).then_some(Candidate { index, meta, node })
    }

    pub(super) fn report(&mut self, index: usize, meta: &Meta, finding: Finding) {
        self.findings.push(ItemFinding { index, object: meta.reference(), finding });
    }

    /// Reports a gateway with the graph of another Flow. Its other arguments would count as edits and stay, and the gateway would
    /// not call the executors of this Flow.
    fn compare_graphs(&mut self, index: usize, meta: &Meta, node: &Node<'_>, jinas: &Object<'_>) {
        let path = FieldPath::from("spec.template.spec.containers");
        let finding = match graphs(node, &jinas.node) {
            Graphs::Alike => return,
            Graphs::Broken => Code::ExportBroken
                .error(path, "has a `--graph-description` that is not JSON")
                .fix("restore the argument as Jina exported it, or export the Flow with Jina again"),
            Graphs::Differ { only_exported, only_flows } => {
                let names = |names: Vec<String>| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                let message = match (names(only_exported), names(only_flows)) {
                    (more, less) if more.is_empty() && less.is_empty() => {
                        "was exported from another Flow: it connects the executors in another way than the JinaFlow".to_owned()
                    }
                    (more, less) if less.is_empty() => format!("was exported from another Flow: it also calls {more}"),
                    (more, less) if more.is_empty() => format!("was exported from another Flow: it does not call {less}"),
                    (more, less) => format!("was exported from another Flow: it calls {more}, and does not call {less}"),
                };
                Code::ExportOfAnotherFlow.error(path, message).fix(
                    "write the Flow of the export into the JinaFlow and render; then change the Flow and render again; \
                     or remove the export, if it is not of this Flow",
                )
            }
        };
        self.report(index, meta, finding);
    }
}

/// Whether an object runs pods.
pub fn is_workload(object: &Object<'_>) -> bool {
    ["Deployment", "StatefulSet"].contains(&object.role.as_str())
}

/// Whether an item is a list of objects, such as the output of `kubectl get -o yaml`.
fn is_list(item: &Item<'_>) -> bool {
    let is_of_kind = |kind: &str| kind.ends_with("List");
    if !item.text().contains("List") {
        return false;
    }
    match glance(item) {
        Some(seen) => is_of_kind(seen.kind),
        None => item.read().ok().and_then(|document| document.root).is_some_and(|root| is_of_kind(root.text_at("kind"))),
    }
}
