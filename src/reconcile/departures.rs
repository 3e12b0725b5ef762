//! Removes the objects that JinaFlows do not render any more.

use std::collections::{HashMap, HashSet};

use super::candidates::departed;
use super::edits::Edits;
use super::flow_key::FlowKey;
use super::generated::Generated;
use super::lost::report_lost;
use super::outcome::{Fate, ItemFinding, Reconciled};
use super::ownership::Owner;
use super::reconciler::{PlacedFlow, Reconciler};
use crate::config::OnConflict;
use crate::finding::{Code, Finding, Findings};

/// The JinaFlows that are rendered, indexed by the information that removed objects have about their JinaFlow. Each value
/// is a position in [`Reconciler::placing`].
struct PlacedFlows {
    /// The first JinaFlow with a key.
    by_key: HashMap<FlowKey, usize>,
    /// The first JinaFlow with a former name.
    by_former_name: HashMap<String, usize>,
    /// The first JinaFlow of a package.
    by_package: HashMap<String, usize>,
    /// Packages with a JinaFlow whose `onConflict` is `error`, so that edits must not be lost.
    refusing: HashSet<String>,
}

impl PlacedFlows {
    fn of(reconciler: &Reconciler<'_, '_>) -> Self {
        let mut flows =
            Self { by_key: HashMap::new(), by_former_name: HashMap::new(), by_package: HashMap::new(), refusing: HashSet::new() };
        for (place, flow) in reconciler.placing.iter().enumerate() {
            flows.by_key.entry(flow.key.clone()).or_insert(place);
            flows.by_package.entry(flow.key.0.clone()).or_insert(place);
            if let Some(name) = reconciler.flows.former.get(&flow.key) {
                flows.by_former_name.entry(name.clone()).or_insert(place);
            }
            if flow.on_conflict == OnConflict::Error {
                flows.refusing.insert(flow.key.0.clone());
            }
        }
        flows
    }

    /// The position of the JinaFlow with this key or this former name.
    fn find(&self, flow: &FlowKey) -> Option<usize> {
        [self.by_key.get(flow), self.by_former_name.get(&flow.1)].into_iter().flatten().min().copied()
    }
}

impl<'l> Reconciler<'l, '_> {
    /// Ends a render: removes the objects that JinaFlows do not render any more.
    pub fn finish(mut self) -> Reconciled {
        let keeping = self.keeping();
        let placed = PlacedFlows::of(&self);
        let mut left: Vec<(Owner, String, Vec<Generated<'l>>)> = std::mem::take(&mut self.generated)
            .into_iter()
            .filter_map(|((package, value), items)| Some((Owner::parse(&value)?, package, items)))
            .collect();
        left.sort_by_key(|(_, _, items)| items.first().map(|item| item.index));
        // The removed JinaFlows in the order of the list, each with the number of its removed objects.
        let mut removed_objects: Vec<(FlowKey, usize)> = Vec::new();
        let mut position_of_flow: HashMap<FlowKey, usize> = HashMap::new();
        for (owner, package, items) in left {
            let flow = (package, owner.flow.clone());
            let is_gone = self.flows.gone.contains(&flow);
            if !is_gone && !self.flows.rendered.contains(&flow) {
                continue;
            }
            let may_be_renamed = !is_gone && !self.flows.named.contains(&flow);
            let (gone, findings) = departed(&items, &owner.role, keeping, may_be_renamed);
            for (position, finding) in findings {
                if !self.succeeded.contains(&items[position].index) {
                    self.report(&items[position], finding);
                }
            }
            for item in gone.into_iter().map(|position| &items[position]) {
                if self.succeeded.contains(&item.index) {
                    continue;
                }
                if item.is_adopted && self.keeps_adopted(item, &owner) {
                    continue;
                }
                self.fates[item.index] = Fate::Removed;
                if is_gone && !placed.by_former_name.contains_key(&flow.1) {
                    let position = *position_of_flow.entry(flow.clone()).or_insert(removed_objects.len());
                    match removed_objects.get_mut(position) {
                        Some((_, count)) => *count += 1,
                        None => removed_objects.push((flow.clone(), 1)),
                    }
                }
                self.report_departed(item, &owner, &flow, &placed);
                self.record_departed(item, &flow, &placed);
            }
            self.keep_memories(&flow, &owner, &items);
        }
        self.report_removed_flows(removed_objects, &placed);
        self.report_alike_flows();
        self.end_records();
        self.findings.sort_by_key(|item| item.index);
        Reconciled {
            fates: self.fates,
            added: self.added,
            missing: self.missing,
            findings: self.findings,
            reselected: self.reselected,
            changes: self.changes,
        }
    }

    /// Keeps an object of Jina's export that the Flow does not render, if it was edited. Returns whether it stays.
    fn keeps_adopted(&mut self, item: &Generated<'_>, owner: &Owner) -> bool {
        let is_edited = item.memory.as_ref().is_some_and(|memory| !Edits::of(&item.node, memory).is_empty());
        if is_edited {
            let Owner { flow, component, role } = owner;
            let message =
                format!("is of an export of Jina and was edited, and the JinaFlow `{flow}` has no {role} of `{component}`; it stays");
            let finding = Code::ObjectAdopted.warning("", message).fix("remove it, or keep it as your own object");
            self.report(item, finding);
        }
        is_edited
    }

    /// Reports the edits of a removed object, because no other object takes them over.
    fn report_departed(&mut self, item: &Generated<'_>, owner: &Owner, flow: &FlowKey, placed: &PlacedFlows) {
        let Some(memory) = &item.memory else { return };
        let edits = Edits::of(&item.node, memory);
        let of_package = if placed.refusing.contains(&flow.0) { OnConflict::Error } else { OnConflict::Keep };
        let on_conflict = placed.find(flow).map_or(of_package, |place| self.placing[place].on_conflict);
        let Owner { flow, component, role } = owner;
        let why = format!("was edited, and the JinaFlow `{flow}` has no {role} of `{component}` any more");
        let mut findings = Findings::default();
        report_lost(edits.changed, edits.removed, &why, on_conflict, &mut findings);
        for finding in findings {
            self.report(item, finding);
        }
    }

    /// Records a removed object: for its JinaFlow, for the JinaFlow that was renamed, or under the name of a removed JinaFlow.
    fn record_departed(&mut self, item: &Generated<'_>, flow: &FlowKey, placed: &PlacedFlows) {
        let known = placed.find(flow);
        let Some(place) = known.or_else(|| placed.by_package.get(&flow.0).copied()) else { return };
        let PlacedFlow { key, reference, .. } = &self.placing[place];
        let (key, reference) = (if known.is_some() { key.clone() } else { flow.clone() }, reference.clone());
        self.record_removed(item, key, &reference);
    }

    /// Reports each JinaFlow that was removed from the package, with the number of its objects.
    fn report_removed_flows(&mut self, removed_objects: Vec<(FlowKey, usize)>, placed: &PlacedFlows) {
        for ((package, name), count) in removed_objects {
            let Some(&place) = placed.by_package.get(&package) else { continue };
            let message = format!("the JinaFlow `{name}` is not in this package any more, so its objects are removed");
            let finding = Code::FlowRemoved.warning("", message).got(format!("{count} objects"));
            self.report_flow(place, finding.fix("to keep them, restore the file of the JinaFlow"));
        }
    }

    /// Reports JinaFlows that may have been renamed and moved to another namespace (`Flows::alike`).
    fn report_alike_flows(&mut self) {
        for place in 0..self.placing.len() {
            let Some(former) = self.flows.alike.get(&self.placing[place].key) else { continue };
            let message = format!("objects of a JinaFlow `{former}` with the same components are in this package, in another namespace");
            let finding = Code::FlowMayBeRenamed.warning("metadata.name", message).got(&self.placing[place].key.1);
            let finding = finding.fix(format!("if `{former}` was the former name of this JinaFlow, remove its objects"));
            self.report_flow(place, finding);
        }
    }

    fn report_flow(&mut self, place: usize, finding: Finding) {
        self.findings.push(ItemFinding { index: usize::MAX, object: self.placing[place].reference.clone(), finding });
    }
}
