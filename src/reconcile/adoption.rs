//! Finds the objects of a list that Jina has exported for a JinaFlow, so that the render merges into them.
//!
//! Such an object has no record of its last rendering. Its record is the object that Jina exports for the Flow, so all
//! differences from that object are edits of the user.

use std::collections::{BTreeSet, HashSet};

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
use super::recognition::{Graphs, SIGN, graphs, has_our_label, is_beside, runs_component_of};
use crate::finding::{Code, FieldPath, Finding};
use crate::krm::meta::Meta;
use crate::krm::{Caller, ObjectRef, ResourceList, effective_namespace};
use crate::manifests::Object;
use crate::yaml::{DuplicateKey, Node};

/// A component as Jina exports it.
pub struct JinasComponent<'r> {
    /// The Kubernetes name of the component.
    pub name: String,
    /// The objects of the component.
    pub objects: Vec<Object<'r>>,
}

/// An item that may be an object of Jina.
struct Candidate<'l> {
    index: usize,
    meta: Meta,
    node: Node<'l>,
}

/// The search for objects of Jina in a list.
pub struct Adoption<'l, 't> {
    list: &'l ResourceList<'t>,
    census: Census<'l>,
    /// The indices of items that jinaflow has rendered.
    rendered: HashSet<usize>,
    /// JinaFlows that have rendered objects in the list.
    flows: HashSet<FlowKey>,
    /// The indices of other items with the text [`SIGN`].
    signed: Vec<usize>,
    adopted: Vec<Generated<'l>>,
    findings: Vec<ItemFinding>,
}

impl<'l, 't> Adoption<'l, 't> {
    /// Starts a search; `None` if the list has no object of Jina, or if the caller does not store the answer: then the Flow of the
    /// export is unknown as soon as the Flow changes.
    pub fn of(list: &'l ResourceList<'t>, caller: Caller, generated: &[Generated<'_>]) -> Option<Self> {
        let sign = Finder::new(SIGN);
        let is_rendered = |item: &&Generated<'_>| item.memory.is_some() || has_our_label(&item.node);
        let rendered: HashSet<usize> = generated.iter().filter(is_rendered).map(|item| item.index).collect();
        let has_sign = |index: &usize| !rendered.contains(index) && sign.find(list.items[*index].text().as_bytes()).is_some();
        let signed: Vec<usize> = if caller.keeps_files() { (0..list.items.len()).filter(has_sign).collect() } else { Vec::new() };
        if signed.is_empty() {
            return None;
        }
        let flows = generated.iter().filter(is_rendered).filter_map(Generated::flow).collect();
        let census = Census::of(list, caller);
        Some(Self { list, census, rendered, flows, signed, adopted: Vec::new(), findings: Vec::new() })
    }

    /// Finds the objects of a JinaFlow. `jinas` are the components that Jina exports for the Flow, and `taken` are the namespaces of
    /// the other JinaFlows.
    pub fn find(&mut self, flow: &Placing, jinas: &[JinasComponent<'_>], taken: &BTreeSet<&str>) {
        self.report_broken(flow, jinas);
        let mut has_workload = false;
        for JinasComponent { name, objects } in jinas {
            let (workloads, others): (Vec<_>, Vec<_>) = objects.iter().partition(|object| is_workload(object));
            let mut is_adopted = false;
            for object in workloads {
                is_adopted |= self.take(flow, name, object, |item| runs_component_of(item, &object.node));
            }
            for object in others {
                self.take(flow, name, object, |item| is_adopted || is_beside(item, &object.node, &object.role));
            }
            has_workload |= is_adopted;
        }
        if !has_workload && !self.flows.contains(&flow.key()) {
            self.report_elsewhere(flow, jinas, taken);
        }
    }

    /// Ends the search: adds the adopted objects to `generated`, and returns the findings about items.
    pub fn finish(self, generated: &mut Vec<Generated<'l>>) -> Vec<ItemFinding> {
        let adopted: HashSet<usize> = self.adopted.iter().map(|item| item.index).collect();
        generated.retain(|item| !adopted.contains(&item.index));
        generated.extend(self.adopted);
        generated.sort_by_key(|item| item.index);
        self.findings
    }

    /// Takes the item of an object that Jina exports, if the item fits. Returns whether there is one.
    fn take(&mut self, flow: &Placing, component: &str, object: &Object<'_>, is_fit: impl Fn(&Node<'_>) -> bool) -> bool {
        let wanted = ObjectRef::of(&object.node);
        let places = self.census.namesakes(&wanted).to_vec();
        let found: Vec<Candidate<'l>> = places.into_iter().filter_map(|place| self.candidate(place, flow)).collect();
        let is_of_group = |item: &Candidate<'_>| ObjectRef::of(&item.node).group() == wanted.group();
        let mut fit = found.into_iter().filter(|item| is_of_group(item) && is_fit(&item.node));
        let Some(Candidate { index, mut meta, node }) = fit.next() else { return false };
        for second in fit {
            let place = meta.path().map(|path| format!(": the other one is in {path}")).unwrap_or_default();
            let message = format!("is the name of two objects of the kind {}{place}", meta.kind);
            let finding = Code::ExportBroken.error("metadata.name", message).got(&second.meta.name);
            self.report(second.index, &second.meta, finding.fix("keep one of the two objects, and remove the other"));
        }
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
        self.adopted.push(Generated { index, meta, node, owner: Some(owner), memory, is_adopted: true });
        true
    }

    /// An item of the package of a JinaFlow that jinaflow has not rendered.
    fn candidate(&self, index: usize, flow: &Placing) -> Option<Candidate<'l>> {
        let list = self.list;
        let node = list.items.get(index).filter(|_| !self.rendered.contains(&index))?.read().ok()?.root?;
        let meta = Meta::of(&node);
        (meta.package() == flow.meta.package() && !has_our_label(&node)).then_some(Candidate { index, meta, node })
    }

    fn report(&mut self, index: usize, meta: &Meta, finding: Finding) {
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

    /// Reports items with signs of Jina that cannot be read as one object each, if they name a component of the Flow. Objects in
    /// them would be rendered a second time.
    fn report_broken(&mut self, flow: &Placing, jinas: &[JinasComponent<'_>]) {
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

    /// Reports an export of the same Flow in another namespace. Its objects would stay beside the rendered ones.
    fn report_elsewhere(&mut self, flow: &Placing, jinas: &[JinasComponent<'_>], taken: &BTreeSet<&str>) {
        let first = jinas.iter().find_map(|component| component.objects.iter().find(|object| is_workload(object)));
        let Some(jinas) = first else { return };
        let wanted = ObjectRef::of(&jinas.node);
        let found = self.signed.iter().find_map(|index| {
            let item = self.candidate(*index, flow)?;
            let is_named = item.meta.kind == wanted.kind && item.meta.name == wanted.name;
            let namespace = effective_namespace(&item.meta.namespace);
            let is_free = namespace != effective_namespace(wanted.namespace) && !taken.contains(namespace);
            let is_alike = || runs_component_of(&item.node, &jinas.node) && graphs(&item.node, &jinas.node) == Graphs::Alike;
            (is_named && is_free && is_alike()).then_some(item)
        });
        let Some(Candidate { index, meta, .. }) = found else { return };
        let of_flow = match flow.namespace.as_str() {
            "" => "the JinaFlow has no namespace".to_owned(),
            namespace => format!("the JinaFlow is in `{namespace}`"),
        };
        let finding = if meta.namespace.is_empty() {
            let message = format!("has no namespace, and {of_flow}: the export would stay beside the rendered objects");
            let fix = "remove the namespace of the JinaFlow, or set it in the objects of the export; or remove the export";
            Code::ExportOfAnotherFlow.error("metadata.namespace", message).fix(fix)
        } else {
            let message = format!("is not the namespace of the Flow: {of_flow}, and the export would stay beside the rendered objects");
            let fix =
                format!("set the namespace of the JinaFlow to `{}` (`--k8s-namespace` of an export), or remove the export", meta.namespace);
            Code::ExportOfAnotherFlow.error("metadata.namespace", message).got(&meta.namespace).fix(fix)
        };
        self.report(index, &meta, finding);
    }
}

/// The finding about a key that an object of an export has twice. Two objects without a separator have all keys of the top twice.
pub fn export_broken(duplicate: &DuplicateKey) -> Finding {
    let message = format!("has the key `{}` twice", duplicate.key);
    let fix = if duplicate.path.is_empty() { "write `---` between the two objects" } else { "remove one of the two keys" };
    Code::ExportBroken.error(duplicate.path.clone(), message).fix(fix)
}

fn is_workload(object: &Object<'_>) -> bool {
    ["Deployment", "StatefulSet"].contains(&object.role.as_str())
}

/// Whether text has a component as a name.
fn names_component(text: &str, component: &str) -> bool {
    let is_end = |rest: &str| rest.is_empty() || rest.starts_with(['\n', '\r', ' ', ',', '}', '"', '\'']);
    ["name: ", "app: ", "name: \"", "name: '"].iter().any(|start| {
        let found = text.match_indices(start);
        found.map(|(at, _)| &text[at + start.len()..]).any(|rest| rest.strip_prefix(component).is_some_and(is_end))
    })
}
