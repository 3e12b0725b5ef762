//! Matches the objects that JinaFlows generate with the items that are already in the list. A [`Reconciler`] is the state of
//! one render.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::candidates::Keeping;
use super::census::Census;
use super::changes::FlowChanges;
use super::flow_key::FlowKey;
use super::flows::{Flows, Origin, Placing};
use super::generated::Generated;
use super::memories::{Memories, Records};
use super::memory::{Mark, Memory, RENDERED};
use super::outcome::{Fate, ItemFinding, MissingObject};
use super::ownership::{OBJECT, Owner};
use super::succession::{Former, other_role, successions};
use crate::config::OnConflict;
use crate::finding::{Finding, Findings};
use crate::krm::meta::Meta;
use crate::krm::{Caller, NewItems, ResourceList};
use crate::yaml::{Data, Node};

/// The reason for a render.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The result is the answer of the function.
    Render,
    /// The result is only compared with the list. The place of a JinaFlow in the memory stays unchanged.
    Validate,
}

/// Generated items by package and annotation, in the order of the list.
pub type ByOwner<'l> = HashMap<(String, String), Vec<Generated<'l>>>;

/// A JinaFlow that is rendered, with the information that is needed to report removed objects.
pub struct PlacedFlow {
    pub(super) key: FlowKey,
    pub(super) reference: Meta,
    pub(super) on_conflict: OnConflict,
}

/// Matches the objects of JinaFlows with the items of a list.
pub struct Reconciler<'l, 't> {
    pub(super) list: &'l ResourceList<'t>,
    pub(super) caller: Caller,
    pub(super) purpose: Purpose,
    pub(super) flows: Flows,
    /// The JinaFlows that are rendered, in order.
    pub(super) placing: Vec<PlacedFlow>,
    pub(super) fates: Vec<Fate>,
    pub(super) generated: ByOwner<'l>,
    /// The former component of each new component, by JinaFlow and component.
    pub(super) successions: HashMap<(FlowKey, String), String>,
    /// The indices of items that another object replaces.
    pub(super) succeeded: HashSet<usize>,
    census: Option<Census<'l>>,
    /// Kind, namespace and name of each placed object, with its JinaFlow.
    pub(super) placed: HashMap<[String; 3], FlowKey>,
    pub(super) added: NewItems,
    pub(super) missing: Vec<MissingObject>,
    pub(super) records: Records,
    /// Whether a selection of kpt hides the record, so that objects keep the memories that they have.
    pub(super) is_record_hidden: bool,
    /// The indices of the items with a memory of the last render.
    pub(super) remembered: HashSet<usize>,
    pub(super) findings: Vec<ItemFinding>,
    /// The items that may get another selector or address, each with the key of its JinaFlow.
    pub(super) reselected: Vec<(usize, FlowKey)>,
    /// What the render does, by JinaFlow.
    pub(super) changes: Vec<FlowChanges>,
    /// The position of each JinaFlow in `changes`.
    pub(super) place_of_record: HashMap<FlowKey, usize>,
}

impl<'l, 't> Reconciler<'l, 't> {
    /// Starts a render. `generated` are the items with the annotation of a generated object, `memories` the records of the list,
    /// `present` all JinaFlows of the list, and `placing` the JinaFlows that are rendered.
    pub fn new<'m>(
        list: &'l ResourceList<'t>,
        caller: Caller,
        purpose: Purpose,
        generated: Vec<Generated<'l>>,
        memories: Vec<Memories>,
        present: impl Iterator<Item = &'m Meta>,
        placing: &[&Placing],
    ) -> Self {
        let flows = Flows::of(&generated, present, placing, caller);
        let mut by_owner = ByOwner::new();
        let has_annotation = |item: &Generated<'_>| item.meta.annotation(RENDERED).is_some();
        let is_record_hidden = caller == Caller::KptSelection && memories.is_empty() && generated.iter().any(has_annotation);
        let has_memory = |item: &&Generated<'_>| item.memory.is_some() && item.remembered.is_some();
        let remembered = generated.iter().filter(has_memory).map(|item| item.index).collect();
        for item in generated {
            let key = (item.meta.package().to_owned(), item.meta.annotation(OBJECT).unwrap_or_default().to_owned());
            by_owner.entry(key).or_default().push(item);
        }
        let placed = |flow: &&Placing| PlacedFlow { key: flow.key(), reference: flow.meta.reference(), on_conflict: flow.on_conflict };
        let mut reconciler = Self {
            list,
            caller,
            purpose,
            flows,
            placing: placing.iter().map(placed).collect(),
            fates: vec![Fate::Kept; list.items.len()],
            generated: by_owner,
            successions: HashMap::new(),
            succeeded: HashSet::new(),
            census: None,
            placed: HashMap::new(),
            added: NewItems::default(),
            missing: Vec::new(),
            records: Records { known: memories, ..Records::default() },
            is_record_hidden,
            remembered,
            findings: Vec::new(),
            reselected: Vec::new(),
            changes: Vec::new(),
            place_of_record: HashMap::new(),
        };
        reconciler.find_successions(placing);
        reconciler
    }

    /// Finds new components, and the former components that they replace.
    fn find_successions(&mut self, placing: &[&Placing]) {
        let mut former: HashMap<FlowKey, Vec<Former>> = HashMap::new();
        for ((package, value), items) in &self.generated {
            let Some(owner) = Owner::parse(value).filter(|owner| is_workload(&owner.role)) else { continue };
            let component = items.first().map(|item| Former::of(&owner.component, item));
            former.entry((package.clone(), owner.flow)).or_default().extend(component);
        }
        // The hash map has no order, but the result must not depend on chance.
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

    pub(super) fn keeping(&self) -> Keeping {
        if self.caller.keeps_files() { Keeping::Files } else { Keeping::Nothing }
    }

    /// The names and files of the items. They are read when they are first needed.
    pub(super) fn census(&mut self) -> &mut Census<'l> {
        let (list, caller) = (self.list, self.caller);
        self.census.get_or_insert_with(|| Census::of(list, caller))
    }

    /// The place of an object's JinaFlow for the memory: from this render if it is known, otherwise from an earlier render.
    pub(super) fn mark(&self, flow: &Placing, known: Option<&Memory>) -> Mark {
        if flow.origin == Origin::Package && self.purpose == Purpose::Render {
            return Mark::Package;
        }
        let of_flow = if self.flows.elsewhere.contains(&flow.key()) { Mark::Elsewhere } else { Mark::Package };
        known.map_or(of_flow, |memory| memory.mark)
    }

    /// Reports a finding about an item.
    pub(super) fn report(&mut self, item: &Generated<'_>, finding: Finding) {
        self.findings.push(ItemFinding { index: item.index, object: item.meta.reference(), finding });
    }

    /// Reports findings about an item that changes. With errors the item stays unchanged, so the findings have its old name.
    /// Otherwise they have its new name.
    pub(super) fn report_change(&mut self, index: usize, before: &Meta, after: &Node<'_>, findings: Findings) {
        let object = if findings.has_errors() { before.reference() } else { Meta::of(after).reference() };
        self.findings.extend(findings.into_iter().map(|finding| ItemFinding { index, object: object.clone(), finding }));
    }
}

/// Whether a role is a workload: a Deployment or a StatefulSet.
fn is_workload(role: &str) -> bool {
    let other = if role == "Deployment" { "StatefulSet" } else { "Deployment" };
    other_role(role) == Some(other)
}

/// Adds annotations to an object.
pub fn annotate<'n>(object: &mut Node<'n>, annotations: impl IntoIterator<Item = (impl Into<Cow<'n, str>>, String)>) {
    let pairs = annotations.into_iter().map(|(name, text)| (Node::from(name.into()), text.into()));
    let Some(metadata) = object.get_mut("metadata") else { return };
    match metadata.get_mut("annotations").map(|known| &mut known.data) {
        Some(Data::Map(known)) => known.extend(pairs),
        _ => metadata.set("annotations", Data::Map(pairs.collect()).into()),
    }
}
