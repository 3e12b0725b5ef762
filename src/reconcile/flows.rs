//! Which Flows the generated items of a list belong to: Flows that are rendered, that were renamed, that do not exist any
//! more.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::candidates::Generated;
use super::memory::Mark;
use super::succession::Planned;
use crate::config::OnConflict;
use crate::krm::meta::Meta;
use crate::krm::{Caller, effective_namespace};

/// A Flow by its package and name.
pub type FlowKey = (String, String);

/// Where a Flow is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the package whose items are in the list: it is an item itself, or functionConfig with the path of a file.
    Package,
    /// Nobody says: functionConfig without a path. kpt 1.0 does not show a function the file that is its own config.
    Unknown,
}

/// A `JinaFlow` whose objects are going to be placed.
#[derive(Debug, Clone)]
pub struct Placing {
    /// Who it is.
    pub meta: Meta,
    /// Where it is.
    pub origin: Origin,
    /// `spec.output.onConflict`.
    pub on_conflict: OnConflict,
    /// The namespace of its objects, empty when they name none.
    pub namespace: String,
    /// Its components; none when it cannot be rendered.
    pub components: Vec<Planned>,
}

impl Placing {
    /// The Flow's key.
    pub fn key(&self) -> FlowKey {
        key_of(&self.meta)
    }
}

/// The key of a `JinaFlow`.
pub fn key_of(flow: &Meta) -> FlowKey {
    (flow.package().to_owned(), flow.name.clone())
}

/// The Flow for which an item was generated.
pub fn owner_of(item: &Generated<'_>) -> Option<FlowKey> {
    Some((item.meta.package().to_owned(), item.owner()?.flow))
}

/// What a list says about Flows.
#[derive(Debug, Default)]
pub struct Flows {
    /// Those that are being rendered.
    pub rendered: HashSet<FlowKey>,
    /// Those of which there are objects and no `JinaFlow` any more.
    pub gone: HashSet<FlowKey>,
    /// The former names of Flows.
    pub former: HashMap<FlowKey, String>,
    /// Those of which there are objects that look like another Flow's former ones, without proof: the Flow, and the name.
    pub alike: BTreeMap<FlowKey, String>,
    /// Those of which there are objects.
    pub known: HashSet<FlowKey>,
    /// Those whose `JinaFlow` was outside of the package.
    pub elsewhere: HashSet<FlowKey>,
    /// Those of which an object has the name that it was rendered with, so that nothing renames all of them.
    pub named: HashSet<FlowKey>,
}

impl Flows {
    /// Reads the Flows. `present` are all `JinaFlow`s of the list.
    pub fn of<'m>(generated: &[Generated<'_>], present: impl Iterator<Item = &'m Meta>, placing: &[&Placing], caller: Caller) -> Self {
        let rendered: HashSet<FlowKey> = placing.iter().map(|flow| flow.key()).collect();
        let present: HashSet<FlowKey> = present.map(key_of).chain(rendered.iter().cloned()).collect();
        let of_mark = |mark: Mark| {
            let has_it = move |item: &&Generated<'_>| item.memory().is_some_and(|memory| memory.mark == mark);
            generated.iter().filter(has_it).filter_map(owner_of).collect::<HashSet<FlowKey>>()
        };
        let mut flows = Self { known: generated.iter().filter_map(owner_of).collect(), ..Self::default() };
        flows.elsewhere = of_mark(Mark::Elsewhere);
        flows.named = generated.iter().filter(|item| item.has_its_name()).filter_map(owner_of).collect();
        // Where a part of the package is hidden, or nothing is remembered, no Flow is known to be gone.
        if caller == Caller::Other {
            let absent: HashSet<FlowKey> = of_mark(Mark::Package).into_iter().filter(|flow| !present.contains(flow)).collect();
            flows.find_gone(&absent, generated, placing);
        }
        flows.rendered = rendered;
        flows
    }

    /// A Flow of which nothing is there yet, in a package where exactly one is gone, is that one under a new name.
    fn find_gone(&mut self, absent: &HashSet<FlowKey>, generated: &[Generated<'_>], placing: &[&Placing]) {
        let packages: HashSet<&str> =
            placing.iter().filter(|flow| flow.origin == Origin::Package).map(|flow| flow.meta.package()).collect();
        self.gone = absent.iter().filter(|flow| packages.contains(flow.0.as_str())).cloned().collect();
        let new: Vec<&&Placing> = placing.iter().filter(|flow| !self.known.contains(&flow.key())).collect();
        for flow in &new {
            let package = flow.meta.package();
            let mut former = absent.iter().filter(|gone| gone.0 == package);
            let (Some(gone), None) = (former.next(), former.next()) else { continue };
            if new.iter().filter(|other| other.meta.package() == package).count() != 1 {
                continue;
            }
            match flow.origin {
                Origin::Package => drop(self.former.insert(flow.key(), gone.1.clone())),
                Origin::Unknown => self.compare(flow, gone, generated),
            }
        }
    }

    /// A Flow that may be outside of the package takes over the objects of another name only when they are the same
    /// objects: its components, in its namespace.
    fn compare(&mut self, flow: &Placing, gone: &FlowKey, generated: &[Generated<'_>]) {
        let items = generated.iter().filter(|item| owner_of(item).as_ref() == Some(gone));
        let former: HashSet<String> = items.clone().filter_map(|item| Some(item.owner()?.component)).collect();
        let now: HashSet<String> = flow.components.iter().map(|planned| planned.component.clone()).collect();
        if now.is_empty() || !(former.is_subset(&now) || now.is_subset(&former)) {
            return;
        }
        let is_here = |item: &Generated<'_>| effective_namespace(&item.meta.namespace) == effective_namespace(&flow.namespace);
        if items.clone().all(is_here) {
            self.gone.insert(gone.clone());
            self.former.insert(flow.key(), gone.1.clone());
        } else {
            self.alike.insert(flow.key(), gone.1.clone());
        }
    }
}
