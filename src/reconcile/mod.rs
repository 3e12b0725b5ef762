//! New objects against what is already in the list.
//!
//! An object that was generated before is found by its annotation, and what the Flow yields now is merged into it where
//! it is; one that the Flow no longer yields goes; everything else stays as it is.

mod census;
#[cfg(test)]
mod laws;
mod leaves;
mod memory;
mod merge;
pub mod ownership;

use std::collections::{HashMap, HashSet};

use crate::config::OnConflict;
use crate::finding::{Finding, Findings};
use crate::krm::annotations::NEEDS_HASH;
use crate::krm::meta::Meta;
use crate::krm::{Caller, NewItems, ResourceList};
use crate::manifests::Object;
use crate::yaml::{Data, Node};
use census::Census;
pub use memory::RENDERED;
use memory::{Memory, remember};
use ownership::{OBJECT, Owner};

/// What becomes of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It leaves with the text it came with.
    Kept,
    /// It leaves with this text.
    Replaced(String),
    /// It does not leave.
    Removed,
}

/// An item of the list that says it was generated.
#[derive(Debug)]
pub struct Generated<'n> {
    /// Its place in the list.
    pub index: usize,
    /// Who it is.
    pub meta: Meta,
    /// What it holds.
    pub node: Node<'n>,
}

/// A `JinaFlow` whose objects are going to be placed.
#[derive(Debug, Clone)]
pub struct Placing {
    /// Who it is.
    pub meta: Meta,
    /// Whether it is among the items.
    pub from_package: bool,
    /// `spec.output.onConflict`.
    pub on_conflict: OnConflict,
}

/// Generated items by package and annotation.
type ByOwner<'l> = HashMap<(String, String), Vec<Generated<'l>>>;

/// A Flow by its package and name.
type FlowKey = (String, String);

/// Matches the objects of Flows with the items of a list.
pub struct Reconciler<'l, 't> {
    list: &'l ResourceList<'t>,
    caller: Caller,
    /// The flows that are being rendered.
    flows: HashSet<FlowKey>,
    /// Flows of which there are objects and no `JinaFlow` any more.
    gone: HashSet<FlowKey>,
    /// Flows of which something is there already.
    rendered: HashSet<FlowKey>,
    /// The former names of flows.
    renamed: HashMap<FlowKey, String>,
    fates: Vec<Fate>,
    /// Generated items by package and annotation, the first in the list last.
    generated: ByOwner<'l>,
    /// Taken when the first new object comes.
    census: Option<Census<'l>>,
    /// Kind, namespace and name of what has been placed, and for which flow.
    placed: HashMap<[String; 3], FlowKey>,
    added: NewItems,
    missing: Vec<(Meta, String)>,
    told: Vec<(Meta, Finding)>,
}

/// What has become of the list.
#[derive(Debug)]
pub struct Reconciled {
    /// The fate of each item.
    pub fates: Vec<Fate>,
    /// Objects that were not there.
    pub added: NewItems,
    /// Those of them of whose flow, which is named, other objects were there: kind and name.
    pub missing: Vec<(Meta, String)>,
    /// What is to be said about generated items.
    pub told: Vec<(Meta, Finding)>,
}

impl<'l, 't> Reconciler<'l, 't> {
    /// Begins with a list, who sent it, those of its items that carry our annotation, all its `JinaFlow`s, and the ones
    /// that are going to be placed.
    #[must_use]
    pub fn new<'m>(
        list: &'l ResourceList<'t>,
        caller: Caller,
        generated: Vec<Generated<'l>>,
        present: impl Iterator<Item = &'m Meta>,
        placing: &[&Placing],
    ) -> Self {
        let mut by_owner = ByOwner::new();
        for item in generated.into_iter().rev() {
            let key = (item.meta.package().to_owned(), item.meta.annotation(OBJECT).unwrap_or_default().to_owned());
            by_owner.entry(key).or_default().push(item);
        }
        let flows: HashSet<FlowKey> = placing.iter().map(|flow| key_of(&flow.meta)).collect();
        let known: HashSet<FlowKey> = present.map(key_of).chain(flows.iter().cloned()).collect();
        let gone = if caller == Caller::Other { gone(&by_owner, &known, placing) } else { HashSet::new() };
        let rendered: HashSet<FlowKey> = by_owner.values().flatten().filter_map(|item| owner_of(&item.meta)).collect();
        Self {
            list,
            caller,
            renamed: renamed(&rendered, &gone, placing),
            rendered,
            flows,
            gone,
            fates: vec![Fate::Kept; list.items.len()],
            generated: by_owner,
            census: None,
            placed: HashMap::new(),
            added: NewItems::default(),
            missing: Vec::new(),
            told: Vec::new(),
        }
    }

    /// Places an object of a flow. `file` is where it goes if it is new.
    pub fn place(&mut self, flow: &Placing, component: &str, file: &str, object: Object<'_>, findings: &mut Findings) {
        let Object { role, node: mut object } = object;
        let identity = Identity::of(&object);
        findings.extend(self.claim(&flow.meta, &identity));
        let owner = Owner { flow: flow.meta.name.clone(), component: component.to_owned(), role };
        if let Some(existing) = self.take(&flow.meta, &owner) {
            self.update(flow, existing, object, owner.value());
            return;
        }
        findings.extend(self.check_foreign(&flow.meta, &identity));
        if self.rendered.contains(&key_of(&flow.meta)) {
            self.missing.push((flow.meta.clone(), format!("{} `{}`", identity.kind, identity.name)));
        }
        let needs_hash = self.caller == Caller::KustomizeGenerator && identity.kind == "ConfigMap";
        let rendered = self.caller.keeps_files().then(|| (RENDERED, remember(&object, flow.from_package)));
        let place = self.census.get_or_insert_with(|| Census::of(self.list)).place(&flow.meta, file);
        let hash = needs_hash.then(|| (NEEDS_HASH, "true".to_owned()));
        annotate(&mut object, std::iter::once((OBJECT, owner.value())).chain(rendered).chain(hash).chain(place));
        self.added.push(self.list, &object);
    }

    /// The item that this object was, under the flow's present or former name. Of two copies the first is the one that was
    /// generated; the other is left alone, unless it belongs to a flow that is gone.
    fn take(&mut self, flow: &Meta, owner: &Owner) -> Option<Generated<'l>> {
        let package = flow.package().to_owned();
        if let Some(mut existing) = self.generated.remove(&(package.clone(), owner.value())) {
            return existing.pop();
        }
        let former = self.renamed.get(&key_of(flow))?;
        self.generated.get_mut(&(package, Owner { flow: former.clone(), ..owner.clone() }.value()))?.pop()
    }

    /// Merges what the Flow yields into an item where it is, or leaves the item as it is when nothing has changed.
    fn update(&mut self, flow: &Placing, existing: Generated<'_>, object: Node<'_>, owner: String) {
        let Generated { index, meta, node: mine } = existing;
        let known = meta.annotation(RENDERED);
        let rendered = (self.caller.keeps_files() || known.is_some()).then(|| remember(&object, flow.from_package));
        if known.is_some() && rendered.as_deref() == known && meta.annotation(OBJECT) == Some(&owner) {
            // The Flow yields what it yielded; everything else in there is the user's.
            return;
        }
        let memory = known.and_then(Memory::parse);
        let before = leaves::value(&mine);
        let mut findings = Findings::default();
        let mut merged = merge::merge(mine, object, memory.as_ref(), flow.on_conflict, &mut findings);
        if memory.is_none() && self.caller.keeps_files() && leaves::value(&merged) != before {
            findings.push(forgotten());
        }
        if let Some(annotations) = merged.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations")) {
            annotations.set(OBJECT, owner.into());
            if let Some(rendered) = rendered {
                annotations.set(RENDERED, rendered.into());
            }
        }
        self.told.extend(findings.into_iter().map(|finding| (meta.clone(), finding)));
        if leaves::value(&merged) != before {
            self.fates[index] = Fate::Replaced(self.list.respell(&self.list.items[index], &merged));
        }
    }

    /// Two flows must not yield the same object. Within one flow the plan keeps names apart.
    fn claim(&mut self, flow: &Meta, object: &Identity<'_>) -> Option<Finding> {
        if self.flows.len() < 2 {
            return None;
        }
        let Identity { kind, namespace, name, .. } = object;
        let key = [kind, namespace, name].map(|&part| part.to_owned());
        let package = flow.package();
        let (other_package, other) = self.placed.insert(key, key_of(flow))?;
        if (other_package.as_str(), &other) == (package, &flow.name) {
            return None;
        }
        let message = format!("the JinaFlow `{other}` yields a {kind} called `{name}` too");
        Some(meeting(message, other_package == package).mend("rename an executor, or give one of them another namespace"))
    }

    /// A new object must not meet one with the same name that is the user's or another flow's.
    fn check_foreign(&mut self, flow: &Meta, object: &Identity<'_>) -> Option<Finding> {
        let list = self.list;
        let census = self.census.get_or_insert_with(|| Census::of(list));
        let Identity { api_version, kind, namespace, name } = object;
        census.namesakes(kind, name).iter().find_map(|&index| {
            let meta = Meta::of(&list.items[index].read().ok()?.root?);
            let owned = owner_of(&meta).is_some_and(|flow| self.flows.contains(&flow) || self.gone.contains(&flow));
            if owned || effective(&meta.namespace) != *namespace || meta.api_version != *api_version {
                return None;
            }
            let place = meta.path().map(|path| format!(" in {path}")).unwrap_or_default();
            let message = format!("there is a {kind} called `{name}`{place} already, and it was not generated from this JinaFlow");
            Some(meeting(message, meta.package() == flow.package()).mend("remove it, or rename the executor"))
        })
    }

    /// What has become of the list. What the flows used to yield and yield no longer goes.
    #[must_use]
    pub fn finish(mut self) -> Reconciled {
        for item in self.generated.values().flatten() {
            if owner_of(&item.meta).is_some_and(|flow| self.flows.contains(&flow) || self.gone.contains(&flow)) {
                self.fates[item.index] = Fate::Removed;
            }
        }
        Reconciled { fates: self.fates, added: self.added, missing: self.missing, told: self.told }
    }
}

fn key_of(flow: &Meta) -> FlowKey {
    (flow.package().to_owned(), flow.name.clone())
}

/// The flow for which an item was generated.
fn owner_of(item: &Meta) -> Option<FlowKey> {
    let owner = Owner::parse(item.annotation(OBJECT)?)?;
    Some((item.package().to_owned(), owner.flow))
}

/// Flows that had their `JinaFlow` among the items when they were rendered last, and have it there no more.
fn gone(generated: &ByOwner<'_>, known: &HashSet<FlowKey>, placing: &[&Placing]) -> HashSet<FlowKey> {
    let packages: HashSet<&str> = placing.iter().filter(|flow| flow.from_package).map(|flow| flow.meta.package()).collect();
    let was_here = |item: &Generated<'_>| item.meta.annotation(RENDERED).and_then(Memory::parse).is_some_and(|memory| memory.from_package);
    let missing = generated.values().flatten().filter_map(|item| {
        let flow = owner_of(&item.meta).filter(|flow| !known.contains(flow) && packages.contains(flow.0.as_str()))?;
        was_here(item).then_some(flow)
    });
    missing.collect()
}

/// A flow of which nothing is there yet, in a package where exactly one is gone, is that one under a new name.
fn renamed(rendered: &HashSet<FlowKey>, gone: &HashSet<FlowKey>, placing: &[&Placing]) -> HashMap<FlowKey, String> {
    if gone.is_empty() {
        return HashMap::new();
    }
    let new: Vec<FlowKey> = placing.iter().map(|flow| key_of(&flow.meta)).filter(|flow| !rendered.contains(flow)).collect();
    let only = |package: &str| {
        let mut former = gone.iter().filter(|flow| flow.0 == package);
        let count = new.iter().filter(|flow| flow.0 == package).count();
        former.next().filter(|_| former.next().is_none() && count == 1)
    };
    new.iter().filter_map(|flow| Some((flow.clone(), only(&flow.0)?.1.clone()))).collect()
}

/// An item without a memory of what it was.
fn forgotten() -> Finding {
    let finding =
        Finding::warning("metadata.annotations", format!("has no {RENDERED}, so that edits here could not be told from the Flow"));
    finding.mend("look whether fields that the Flow sets are still what you want")
}

/// Two objects that are one to an API server. In one package that is an error. Packages may be meant for different
/// clusters, and a kpt package sees those below it.
fn meeting(message: String, in_one_package: bool) -> Finding {
    if in_one_package { Finding::error("spec.flow", message) } else { Finding::warning("spec.flow", message) }
}

/// What makes two objects one to an API server.
struct Identity<'o> {
    api_version: &'o str,
    kind: &'o str,
    namespace: &'o str,
    name: &'o str,
}

impl<'o> Identity<'o> {
    fn of(object: &'o Node<'_>) -> Self {
        let text = |node: Option<&'o Node<'_>>| node.and_then(Node::as_text).unwrap_or_default();
        let metadata = |name: &str| text(object.get("metadata").and_then(|metadata| metadata.get(name)));
        Self {
            api_version: text(object.get("apiVersion")),
            kind: text(object.get("kind")),
            namespace: effective(metadata("namespace")),
            name: metadata("name"),
        }
    }
}

/// The namespace that an object without one is taken to be in (kustomize, `resid.ResId.EffectiveNamespace`).
fn effective(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}

/// Adds annotations to an object.
fn annotate(object: &mut Node<'_>, annotations: impl IntoIterator<Item = (&'static str, String)>) {
    let pairs = annotations.into_iter().map(|(name, text)| (Node::field(name), text.into()));
    let Some(metadata) = object.get_mut("metadata") else { return };
    match metadata.get_mut("annotations").map(|known| &mut known.data) {
        Some(Data::Map(known)) => known.extend(pairs),
        _ => metadata.set("annotations", Data::Map(pairs.collect()).into()),
    }
}
