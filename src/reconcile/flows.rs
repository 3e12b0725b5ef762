//! The JinaFlows that the generated items of a list belong to: those that are rendered, renamed or removed.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::flow_key::{FlowKey, key_of};
use super::generated::Generated;
use super::memory::Mark;
use super::succession::Planned;
use crate::config::OnConflict;
use crate::krm::meta::Meta;
use crate::krm::{Caller, effective_namespace};

/// Where a JinaFlow is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the package whose items are in the list: it is an item itself, or functionConfig with the path of a file.
    Package,
    /// Unknown: functionConfig without a path. kpt 1.0 does not send a function the file that is its own config.
    Unknown,
}

/// A JinaFlow whose objects are placed.
#[derive(Debug, Clone)]
pub struct Placing {
    /// Its type, name and annotations.
    pub meta: Meta,
    /// Where it is.
    pub origin: Origin,
    /// `spec.output.onConflict`.
    pub on_conflict: OnConflict,
    /// The namespace of its objects, empty if they have none.
    pub namespace: String,
    /// Its components, empty if it cannot be rendered.
    pub components: Vec<Planned>,
}

impl Placing {
    /// The key of the JinaFlow.
    pub fn key(&self) -> FlowKey {
        key_of(&self.meta)
    }
}

/// The JinaFlows of a list, as far as its items tell.
#[derive(Debug, Default)]
pub struct Flows {
    /// Those that are rendered.
    pub rendered: HashSet<FlowKey>,
    /// Those that are not in the list any more, although their objects are.
    pub gone: HashSet<FlowKey>,
    /// The former names of renamed JinaFlows.
    pub former: HashMap<FlowKey, String>,
    /// JinaFlows that may be renamed, with the possible former name: there are objects with the same components in another
    /// namespace.
    pub alike: BTreeMap<FlowKey, String>,
    /// Those that have objects in the list.
    pub known: HashSet<FlowKey>,
    /// Those that were outside of the package in an earlier render.
    pub elsewhere: HashSet<FlowKey>,
    /// Those with an object that still has the name that it was rendered with, so no other program renames all objects.
    pub named: HashSet<FlowKey>,
}

impl Flows {
    /// Reads the JinaFlows. `present` are all JinaFlows of the list.
    pub fn of<'m>(generated: &[Generated<'_>], present: impl Iterator<Item = &'m Meta>, placing: &[&Placing], caller: Caller) -> Self {
        let mut flows = Self { rendered: placing.iter().map(|flow| flow.key()).collect(), ..Self::default() };
        let mut in_package: HashSet<FlowKey> = HashSet::new();
        for item in generated {
            let Some(flow) = item.flow() else { continue };
            match item.memory.as_ref().map(|memory| memory.mark) {
                Some(Mark::Package) => drop(in_package.insert(flow.clone())),
                Some(Mark::Elsewhere) => drop(flows.elsewhere.insert(flow.clone())),
                None => {}
            }
            if item.has_rendered_name() {
                flows.named.insert(flow.clone());
            }
            flows.known.insert(flow);
        }
        // kpt's selectors hide a part of the package, and kustomize keeps no memory: then no JinaFlow is known to be removed.
        if caller == Caller::Other {
            let present: HashSet<FlowKey> = present.map(key_of).collect();
            let is_absent = |flow: &FlowKey| !present.contains(flow) && !flows.rendered.contains(flow);
            let absent: HashSet<FlowKey> = in_package.into_iter().filter(is_absent).collect();
            flows.find_gone(&absent, generated, placing);
        }
        flows
    }

    /// Finds removed and renamed JinaFlows. If exactly one JinaFlow of a package has no objects yet and exactly one is
    /// removed, the former is the latter under a new name.
    fn find_gone(&mut self, absent: &HashSet<FlowKey>, generated: &[Generated<'_>], placing: &[&Placing]) {
        let packages: HashSet<&str> =
            placing.iter().filter(|flow| flow.origin == Origin::Package).map(|flow| flow.meta.package()).collect();
        self.gone = absent.iter().filter(|flow| packages.contains(flow.0.as_str())).cloned().collect();
        let mut absent_of_package: HashMap<&str, Vec<&FlowKey>> = HashMap::new();
        for flow in absent {
            absent_of_package.entry(&flow.0).or_default().push(flow);
        }
        let mut new_of_package: HashMap<&str, Vec<&Placing>> = HashMap::new();
        for flow in placing.iter().filter(|flow| !self.known.contains(&flow.key())) {
            new_of_package.entry(flow.meta.package()).or_default().push(flow);
        }
        for (package, new) in new_of_package {
            let former = absent_of_package.get(package).map(Vec::as_slice).unwrap_or_default();
            let ([flow], [gone]) = (new.as_slice(), former) else { continue };
            match flow.origin {
                Origin::Package => drop(self.former.insert(flow.key(), gone.1.clone())),
                Origin::Unknown => self.compare(flow, gone, generated),
            }
        }
    }

    /// Decides whether a JinaFlow that may be outside of the package takes over the objects of another name. It does if they
    /// are the same objects: of its components, in its namespace.
    fn compare(&mut self, flow: &Placing, gone: &FlowKey, generated: &[Generated<'_>]) {
        let items: Vec<&Generated<'_>> = generated.iter().filter(|item| item.flow().as_ref() == Some(gone)).collect();
        let former: HashSet<&str> = items.iter().filter_map(|item| Some(item.owner.as_ref()?.component.as_str())).collect();
        let now: HashSet<&str> = flow.components.iter().map(|planned| planned.component.as_str()).collect();
        if now.is_empty() || !(former.is_subset(&now) || now.is_subset(&former)) {
            return;
        }
        let is_here = |item: &&Generated<'_>| effective_namespace(&item.meta.namespace) == effective_namespace(&flow.namespace);
        if items.iter().all(is_here) {
            self.gone.insert(gone.clone());
            self.former.insert(flow.key(), gone.1.clone());
        } else {
            self.alike.insert(flow.key(), gone.1.clone());
        }
    }
}
