//! New objects against what is already in the list.
//!
//! An object that was generated before is found by its annotation, and what the Flow renders now is merged into it where
//! it is. An object that does not exist any more is removed, its edits carried over to what succeeds it, and named where
//! nothing does. Everything else stays as it is.

mod leaves;
mod memory;
mod merge;
pub mod ownership;
mod candidates;
mod edits;
mod lost;
mod succession;
mod flows;
mod census;
#[cfg(test)]
mod laws;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::config::OnConflict;
use crate::finding::{Finding, Findings};
use crate::jina::topology::GATEWAY;
use crate::krm::annotations::NEEDS_HASH;
use crate::krm::meta::Meta;
use crate::krm::{Caller, NewItems, ObjectRef, ResourceList, effective_namespace};
use crate::manifests::Object;
use crate::yaml::{Data, Node};
pub use candidates::Generated;
use candidates::{Keeping, departed, find, find_former};
use census::{Census, is_in_usual_file, move_to};
use edits::Edits;
use flows::{FlowKey, Flows};
pub use flows::{Origin, Placing};
use lost::{carried_over, forgotten, name_lost};
use memory::{Held, Mark, Memory, remember};
pub use memory::{RENDERED, leaves_of};
use merge::{Overwritten, merge};
use ownership::{OBJECT, Owner};
pub use succession::Planned;
use succession::{Former, exchange, fit, follow, other_role, rename, successions};

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

/// Generated items by package and annotation, in the order of the list.
type ByOwner<'l> = HashMap<(String, String), Vec<Generated<'l>>>;

/// Matches the objects of Flows with the items of a list.
pub struct Reconciler<'l, 't> {
    list: &'l ResourceList<'t>,
    caller: Caller,
    /// Whether nothing is written, so that where a Flow was stays as it is remembered.
    is_check: bool,
    flows: Flows,
    /// Whether a gone Flow of a package must not take edits with it.
    refuses: HashSet<String>,
    fates: Vec<Fate>,
    generated: ByOwner<'l>,
    /// The former component of each new one, by Flow and component.
    successions: HashMap<(FlowKey, String), String>,
    /// Items that another object has succeeded.
    succeeded: HashSet<usize>,
    /// Taken when the first new object comes.
    census: Option<Census<'l>>,
    /// Kind, namespace and name of what has been placed, and for which flow.
    placed: HashMap<[String; 3], FlowKey>,
    added: NewItems,
    missing: Vec<(Meta, String)>,
    /// Findings about items, with the place of each in the list.
    told: Vec<(usize, Meta, Finding)>,
}

/// The annotation's value for an object that was rendered just so.
pub fn memory_of(object: &Node<'_>) -> String {
    remember(object, Mark::Package, &Held::new())
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
    /// What is to be said about generated items, each with its place in the list, and about Flows, whose place is none.
    pub told: Vec<(usize, Meta, Finding)>,
}

/// What an object was.
enum Past<'l> {
    /// The same object.
    Same(Generated<'l>),
    /// Another one, in this role and of this component.
    Former { item: Generated<'l>, role: String, component: String },
}

impl<'l, 't> Reconciler<'l, 't> {
    /// Begins with a list, who sent it, those of its items that carry our annotation, all its `JinaFlow`s, and the ones
    /// that are going to be placed.
    pub fn new<'m>(
        list: &'l ResourceList<'t>,
        caller: Caller,
        is_check: bool,
        generated: Vec<Generated<'l>>,
        present: impl Iterator<Item = &'m Meta>,
        placing: &[&Placing],
    ) -> Self {
        let flows = Flows::of(&generated, present, placing, caller);
        let refusing = placing.iter().filter(|flow| flow.on_conflict == OnConflict::Error);
        let mut by_owner = ByOwner::new();
        for item in generated {
            let key = (item.meta.package().to_owned(), item.meta.annotation(OBJECT).unwrap_or_default().to_owned());
            by_owner.entry(key).or_default().push(item);
        }
        let mut reconciler = Self {
            list,
            caller,
            is_check,
            refuses: refusing.map(|flow| flow.meta.package().to_owned()).collect(),
            flows,
            fates: vec![Fate::Kept; list.items.len()],
            generated: by_owner,
            successions: HashMap::new(),
            succeeded: HashSet::new(),
            census: None,
            placed: HashMap::new(),
            added: NewItems::default(),
            missing: Vec::new(),
            told: Vec::new(),
        };
        reconciler.find_successions(placing);
        reconciler
    }

    /// Components that did not exist before, and what they were.
    fn find_successions(&mut self, placing: &[&Placing]) {
        let mut former: HashMap<FlowKey, Vec<Former>> = HashMap::new();
        for ((package, value), items) in &self.generated {
            let Some(owner) = Owner::parse(value).filter(|owner| other_role(&owner.role) == Some(workload(&owner.role))) else { continue };
            let component = items.first().map(|item| Former::of(&owner.component, item));
            former.entry((package.clone(), owner.flow)).or_default().extend(component);
        }
        // A map has no order of its own.
        for components in former.values_mut() {
            components.sort_by(|one, other| one.component.cmp(&other.component));
        }
        for flow in placing {
            let key = flow.key();
            let of = self.flows.former.get(&key).map_or_else(|| key.clone(), |name| (key.0.clone(), name.clone()));
            let found = successions(&flow.components, former.get(&of).map(Vec::as_slice).unwrap_or_default());
            self.successions.extend(found.into_iter().map(|(new, old)| ((key.clone(), new), old)));
        }
    }

    /// Places an object of a flow. `file` is where it goes if it is new.
    pub fn place(&mut self, flow: &Placing, component: &str, file: &str, object: Object<'_>, findings: &mut Findings) {
        let Object { role, node: object } = object;
        let identity = ObjectRef::of(&object).effective();
        findings.extend(self.claim(&flow.meta, &identity));
        let owner = Owner { flow: flow.meta.name.clone(), component: component.to_owned(), role };
        let past = self.take(flow, &owner, &identity);
        if let Some(Past::Same(item)) = past {
            self.update(flow, item, object, owner.value());
            return;
        }
        findings.extend(self.check_foreign(&flow.meta, &identity));
        if self.flows.known.contains(&flow.key()) {
            self.missing.push((flow.meta.clone(), format!("{} `{}`", identity.kind, identity.name)));
        }
        match past {
            Some(Past::Former { item, role, component }) => self.succeed(flow, &item, (&role, &component), object, &owner, file),
            _ => self.add(flow, object, &owner, file),
        }
    }

    /// The item that this object was: under the Flow's present or former name, in another kind, or that of the component
    /// which it succeeds.
    fn take(&mut self, flow: &Placing, owner: &Owner, identity: &ObjectRef<'_>) -> Option<Past<'l>> {
        let key = flow.key();
        let former_flow = self.flows.former.get(&key).cloned();
        let names = || std::iter::once(owner.flow.clone()).chain(former_flow.clone());
        for name in names() {
            let of = (key.0.clone(), Owner { flow: name, ..owner.clone() }.value());
            let Some(mut candidates) = self.generated.remove(&of) else { continue };
            let (chosen, said) = find(&candidates, &owner.role, identity, self.keeping());
            for (place, finding) in said {
                self.tell(&candidates[place], finding);
            }
            let Some(place) = chosen else { continue };
            let found = candidates.remove(place);
            // What is left of a former name belongs to a Flow that does not exist any more.
            if of.1 != owner.value() && !candidates.is_empty() {
                self.generated.insert(of, candidates);
            }
            return Some(Past::Same(found));
        }
        let succeeded = self.successions.get(&(key.clone(), owner.component.clone())).cloned();
        let roles = || std::iter::once(owner.role.as_str()).chain(other_role(&owner.role));
        for component in std::iter::once(owner.component.clone()).chain(succeeded) {
            for role in roles().filter(|role| component != owner.component || *role != owner.role) {
                for name in names() {
                    let former = Owner { flow: name, component: component.clone(), role: role.to_owned() };
                    let Some(candidates) = self.generated.get(&(key.0.clone(), former.value())) else { continue };
                    let place = find_former(candidates, role, self.keeping());
                    let item = place.map(|place| candidates[place].clone()).filter(|item| item.memory().is_some());
                    if let Some(item) = item {
                        return Some(Past::Former { item, role: role.to_owned(), component });
                    }
                }
            }
        }
        None
    }

    fn keeping(&self) -> Keeping {
        if self.caller.keeps_files() { Keeping::Files } else { Keeping::Nothing }
    }

    fn tell(&mut self, item: &Generated<'_>, finding: Finding) {
        self.told.push((item.index, item.meta.reference(), finding));
    }

    /// What is said of an object that changes. A render that is refused leaves it as it came; otherwise readers look for it under
    /// the name it leaves with.
    fn tell_of_change(&mut self, index: usize, before: &Meta, after: &Node<'_>, findings: Findings) {
        let reference = if findings.has_errors() { before.reference() } else { Meta::of(after).reference() };
        self.told.extend(findings.into_iter().map(|finding| (index, reference.clone(), finding)));
    }

    /// What is written about where the Flow is: what is known, else what was written before.
    fn mark(&self, flow: &Placing, known: Option<&Memory>) -> Mark {
        if flow.origin == Origin::Package && !self.is_check {
            return Mark::Package;
        }
        let of_flow = if self.flows.elsewhere.contains(&flow.key()) { Mark::Elsewhere } else { Mark::Package };
        known.map_or(of_flow, |memory| memory.mark)
    }

    /// A new object.
    fn add(&mut self, flow: &Placing, mut object: Node<'_>, owner: &Owner, file: &str) {
        let needs_hash = self.caller == Caller::KustomizeGenerator && owner.role == "ConfigMap";
        let mark = self.mark(flow, None);
        let rendered = self.caller.keeps_files().then(|| (RENDERED, remember(&object, mark, &Held::new())));
        let place = self.census().place(flow, file);
        let hash = needs_hash.then(|| (NEEDS_HASH, "true".to_owned()));
        annotate(&mut object, std::iter::once((OBJECT, owner.value())).chain(rendered).chain(hash).chain(place));
        self.added.push(self.list, &object);
    }

    fn census(&mut self) -> &mut Census<'l> {
        let (list, caller) = (self.list, self.caller);
        self.census.get_or_insert_with(|| Census::of(list, caller))
    }

    /// Merges what the Flow renders into an item where it is, or leaves the item as it is when nothing has changed.
    fn update(&mut self, flow: &Placing, item: Generated<'_>, object: Node<'_>, owner: String) {
        let memory = item.memory();
        let known = item.meta.annotation(RENDERED);
        let remembers = self.caller.keeps_files() || known.is_some();
        let mark = self.mark(flow, memory.as_ref());
        let fresh = remembers.then(|| remember(&object, mark, &Held::new()));
        if known.is_some() && fresh.as_deref() == known && item.meta.annotation(OBJECT) == Some(&owner) {
            // The Flow renders what it rendered; everything else in there is the user's.
            return;
        }
        let Generated { index, meta, node: mine } = item;
        let before = leaves::value(&mine);
        let mut findings = Findings::default();
        let overwritten = if self.caller.keeps_files() { Overwritten::Named } else { Overwritten::Silent };
        let kept = remembers.then(|| object.clone());
        let (mut merged, held) = merge(mine, object, memory.as_ref(), flow.on_conflict, overwritten, &mut findings);
        if memory.is_none() && overwritten == Overwritten::Named && leaves::value(&merged) != before {
            findings.push(forgotten(flow.on_conflict));
        }
        if let Some(annotations) = merged.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations")) {
            annotations.set(OBJECT, owner.into());
            if let Some(rendered) =
                kept.map(|object| if held.is_empty() { fresh.unwrap_or_default() } else { remember(&object, mark, &held) })
            {
                annotations.set(RENDERED, rendered.into());
            }
        }
        self.tell_of_change(index, &meta, &merged, findings);
        if leaves::value(&merged) != before {
            self.fates[index] = Fate::Replaced(self.list.respell(&self.list.items[index], &merged));
        }
    }

    /// An object in the place of another one, whose edits it takes over as far as they have a meaning in it.
    fn succeed(
        &mut self,
        flow: &Placing,
        item: &Generated<'l>,
        (role, component): (&str, &str),
        object: Node<'_>,
        owner: &Owner,
        file: &str,
    ) {
        let Some(memory) = item.memory() else { return self.add(flow, object, owner, file) };
        let is_first = self.succeeded.insert(item.index);
        if edits::is_as_rendered(&item.node, &memory) && !is_first {
            return self.add(flow, object, owner, file);
        }
        let mark = self.mark(flow, Some(&memory));
        let fresh = object.clone();
        let mut object: Node<'_> = object;
        let mut mine: Node<'_> = item.node.clone();
        let mut findings = Findings::default();
        let edits = Edits::of(&mine, &memory);
        let taken = if role == owner.role { Vec::new() } else { fit(&mut mine, &owner.role, &object) };
        if !edits.is_empty() {
            let is_lost = |path: &str| {
                taken
                    .iter()
                    .any(|field| path.strip_prefix(field.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])))
            };
            let (lost, carried): (Vec<_>, Vec<_>) = edits.changed.into_iter().partition(|edit| is_lost(&edit.path));
            let what = format!("{} `{}`", owner.role, ObjectRef::of(&object).effective().name);
            name_lost(lost, 0, &format!("has no meaning in the {what} that replaces this object"), flow.on_conflict, &mut findings);
            if !carried.is_empty() || edits.removed > 0 {
                findings.push(carried_over(carried.len() + edits.removed, &what));
            }
        }
        // Who has written the new name already means the new object.
        rename(&mut mine, &[(&owner.component, component)]);
        // The order of lists is the user's, whether anything else is.
        exchange(&mut object, &owner.component, component);
        // What is said of edits that go is about the former object, what is said of those that stay about the new one.
        for finding in std::mem::take(&mut findings) {
            self.tell(item, finding);
        }
        let (mut object, mut held) = merge(mine, object, Some(&memory), flow.on_conflict, Overwritten::Silent, &mut findings);
        exchange(&mut object, &owner.component, component);
        if !held.is_empty() {
            held = follow(held, [&fresh, &object], &owner.component, component);
        }
        let rendered = remember(&fresh, mark, &held);
        let mut place = self.census().place(flow, file);
        let (list, index) = (self.list, item.index);
        if is_first {
            // An object that the user has put into another file stays there.
            if role == owner.role && component == owner.component || !is_in_usual_file(&item.meta, component) {
                place.clear();
            }
            move_to(&mut object, &place);
            if let Some(annotations) = object.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations")) {
                annotations.set(OBJECT, owner.value().into());
                annotations.set(RENDERED, rendered.into());
            }
            self.fates[index] = Fate::Replaced(list.respell(&list.items[index], &object));
        } else {
            edits::drop_bookkeeping(&mut object);
            annotate(&mut object, [(OBJECT, owner.value()), (RENDERED, rendered)].into_iter().chain(place));
            let text = list.respell(&list.items[index], &object);
            self.added.push_text(list, &text);
        }
        self.tell_of_change(index, &item.meta, &object, findings);
    }

    /// Two flows must not yield the same object. Within one flow the plan keeps names apart.
    fn claim(&mut self, flow: &Meta, object: &ObjectRef<'_>) -> Option<Finding> {
        if self.flows.rendered.len() < 2 {
            return None;
        }
        let ObjectRef { kind, namespace, name, .. } = object;
        let key = [kind, namespace, name].map(|&part| part.to_owned());
        let package = flow.package();
        let (other_package, other) = self.placed.insert(key, flows::key_of(flow))?;
        if (other_package.as_str(), &other) == (package, &flow.name) {
            return None;
        }
        let message = format!("the JinaFlow `{other}` has a {kind} called `{name}` too");
        Some(Finding::error("spec.flow", message).fix(apart(name)))
    }

    /// A new object must not meet one with the same name that is the user's or another flow's.
    fn check_foreign(&mut self, flow: &Meta, object: &ObjectRef<'_>) -> Option<Finding> {
        let list = self.list;
        let census = self.census();
        let ObjectRef { api_version, kind, namespace, name } = object;
        let namesakes = census.namesakes(kind, name).to_vec();
        namesakes.into_iter().find_map(|index| {
            let node = list.items[index].read().ok()?.root?;
            let item = Generated { index, meta: Meta::of(&node), node };
            let meta = &item.meta;
            let is_owned = item.memory().is_some() || !self.caller.keeps_files();
            let owned = is_owned
                && flows::owner_of(&item).is_some_and(|flow| self.flows.rendered.contains(&flow) || self.flows.gone.contains(&flow));
            if owned || effective_namespace(&meta.namespace) != *namespace || meta.api_version != *api_version {
                return None;
            }
            let place = meta.path().map(|path| format!(" in {path}")).unwrap_or_default();
            if let Some(other) = item.memory().and_then(|_| item.owner()) {
                let message = format!("the JinaFlow `{}` has a {kind} called `{name}`{place} too", other.flow);
                return Some(Finding::error("spec.flow", message).fix(apart(name)));
            }
            let message = format!("there is a {kind} called `{name}`{place} already, and it was not generated from this JinaFlow");
            Some(meeting(message, meta.package() == flow.package()).fix("remove it, or rename the executor"))
        })
    }

    /// What has become of the list. What the flows had and have no more is removed.
    pub fn finish(mut self, placing: &[&Placing]) -> Reconciled {
        let keeping = self.keeping();
        let mut left: Vec<(Owner, String, Vec<Generated<'l>>)> = std::mem::take(&mut self.generated)
            .into_iter()
            .filter_map(|((package, value), items)| Some((Owner::parse(&value)?, package, items)))
            .collect();
        left.sort_by_key(|(_, _, items)| items.first().map(|item| item.index));
        let mut of_gone: Vec<(FlowKey, usize)> = Vec::new();
        for (owner, package, items) in left {
            let flow = (package, owner.flow.clone());
            let is_gone = self.flows.gone.contains(&flow);
            if !is_gone && !self.flows.rendered.contains(&flow) {
                continue;
            }
            let may_be_renamed = !is_gone && !self.flows.named.contains(&flow);
            let (gone, said) = departed(&items, &owner.role, keeping, may_be_renamed);
            for (place, finding) in said.into_iter().filter(|(place, _)| !self.succeeded.contains(&items[*place].index)).collect::<Vec<_>>()
            {
                self.tell(&items[place], finding);
            }
            for item in gone.into_iter().map(|place| &items[place]) {
                if self.succeeded.contains(&item.index) {
                    continue;
                }
                self.fates[item.index] = Fate::Removed;
                if is_gone && !self.flows.former.values().any(|name| *name == flow.1) {
                    match of_gone.iter_mut().find(|(known, _)| *known == flow) {
                        Some((_, count)) => *count += 1,
                        None => of_gone.push((flow.clone(), 1)),
                    }
                }
                self.name_departed(item, &owner, &flow, placing);
            }
        }
        for (flow, count) in of_gone {
            if let Some(here) = placing.iter().find(|here| here.meta.package() == flow.0) {
                let finding =
                    Finding::warning("", format!("the JinaFlow `{}` is not in this package any more; its objects are removed", flow.1));
                let finding = finding.got(format!("{count} objects")).fix("restore its file to keep them");
                self.told.push((usize::MAX, here.meta.reference(), finding));
            }
        }
        for flow in placing {
            let Some(former) = self.flows.alike.get(&flow.key()) else { continue };
            let message = format!("objects of a JinaFlow `{former}` with the same components are in this package, in another namespace");
            let finding = Finding::warning("metadata.name", message).got(&flow.meta.name);
            let finding = finding.fix(format!("if `{former}` was this Flow's name, remove its objects"));
            self.told.push((usize::MAX, flow.meta.reference(), finding));
        }
        self.told.sort_by_key(|(index, ..)| *index);
        Reconciled { fates: self.fates, added: self.added, missing: self.missing, told: self.told }
    }

    /// Edits of an object that nothing succeeds.
    fn name_departed(&mut self, item: &Generated<'_>, owner: &Owner, flow: &FlowKey, placing: &[&Placing]) {
        let Some(memory) = item.memory() else { return };
        let edits = Edits::of(&item.node, &memory);
        let here = placing.iter().find(|placing| placing.key() == *flow || self.flows.former.get(&placing.key()) == Some(&flow.1));
        let of_package = if self.refuses.contains(&flow.0) { OnConflict::Error } else { OnConflict::Keep };
        let on_conflict = here.map_or(of_package, |placing| placing.on_conflict);
        let what = format!("was changed here, and the JinaFlow `{}` has no {} of `{}` any more", owner.flow, owner.role, owner.component);
        let mut findings = Findings::default();
        name_lost(edits.changed, edits.removed, &what, on_conflict, &mut findings);
        for finding in findings {
            self.tell(item, finding);
        }
    }
}

/// The one of two roles that a workload has.
fn workload(role: &str) -> &'static str {
    if role == "Deployment" { "StatefulSet" } else { "Deployment" }
}

/// How two Flows in one namespace keep their objects apart. Their gateways have one name.
fn apart(name: &str) -> &'static str {
    if name == GATEWAY || name.strip_prefix(GATEWAY).is_some_and(|rest| rest.starts_with('-')) {
        "give one of them another namespace"
    } else {
        "rename an executor, or give one of them another namespace"
    }
}

/// Two objects that are one to an API server. In one package that is an error. Packages may be meant for different
/// clusters, and a kpt package sees those below it.
fn meeting(message: String, in_one_package: bool) -> Finding {
    if in_one_package { Finding::error("spec.flow", message) } else { Finding::warning("spec.flow", message) }
}

/// Adds annotations to an object.
fn annotate<'n>(object: &mut Node<'n>, annotations: impl IntoIterator<Item = (impl Into<Cow<'n, str>>, String)>) {
    let pairs = annotations.into_iter().map(|(name, text)| (Node::from(name.into()), text.into()));
    let Some(metadata) = object.get_mut("metadata") else { return };
    match metadata.get_mut("annotations").map(|known| &mut known.data) {
        Some(Data::Map(known)) => known.extend(pairs),
        _ => metadata.set("annotations", Data::Map(pairs.collect()).into()),
    }
}
