//! The JinaFlows that the generated items of a list belong to: rendered, renamed and removed JinaFlows.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::flow_key::{FlowKey, key_of};
use super::generated::Generated;
use super::memory::Mark;
use super::succession::Planned;
use crate::config::OnConflict;
use crate::krm::meta::Meta;
use crate::krm::{Caller, effective_namespace};

/// The place of a JinaFlow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// In the package whose items are in the list: the JinaFlow is an item itself, or it is a functionConfig with the path
    /// of a file.
    Package,
    /// Unknown: the JinaFlow is a functionConfig without a path. kpt 1.0 does not send the config of a function as an item, so
    /// its file may be in the package or outside.
    Unknown,
}

/// A JinaFlow that is rendered, with the information that is needed to place its objects.
#[derive(Debug, Clone)]
pub struct Placing {
    /// The type, name and annotations of the JinaFlow.
    pub meta: Meta,
    /// The place of the JinaFlow.
    pub origin: Origin,
    /// `spec.output.onConflict`.
    pub on_conflict: OnConflict,
    /// The namespace of the rendered objects; empty if they have none.
    pub namespace: String,
    /// The components of the Flow; empty if it cannot be rendered.
    pub components: Vec<Planned>,
    /// Whether the objects are those that Jina exports. Their ConfigMaps keep their names.
    pub is_of_jina: bool,
}

impl Placing {
    /// The key of the JinaFlow.
    pub fn key(&self) -> FlowKey {
        key_of(&self.meta)
    }
}

/// The JinaFlows of a list, found from its items.
#[derive(Debug, Default)]
pub struct Flows {
    /// JinaFlows that are rendered.
    pub rendered: HashSet<FlowKey>,
    /// JinaFlows that are not in the list any more, although objects of them are.
    pub gone: HashSet<FlowKey>,
    /// The former name of each renamed JinaFlow.
    pub former: HashMap<FlowKey, String>,
    /// JinaFlows that may have been renamed, each with the possible former name: the list has objects of that name with the
    /// same components in another namespace.
    pub alike: BTreeMap<FlowKey, String>,
    /// JinaFlows that have objects in the list.
    pub known: HashSet<FlowKey>,
    /// JinaFlows that were outside of the package in an earlier render.
    pub elsewhere: HashSet<FlowKey>,
    /// JinaFlows with at least one object that still has the name that it was rendered with. This shows that no other
    /// program renames all objects.
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
        // Other callers send the whole package and store the output. kpt with `selectors` or `exclude` sends only a part, and
        // kustomize does not store the output: for both, a missing JinaFlow does not prove that it was removed.
        if matches!(caller, Caller::Export | Caller::Other) {
            let present: HashSet<FlowKey> = present.map(key_of).collect();
            let is_absent = |flow: &FlowKey| !present.contains(flow) && !flows.rendered.contains(flow);
            let absent: HashSet<FlowKey> = in_package.into_iter().filter(is_absent).collect();
            flows.find_gone(&absent, generated, placing);
        }
        flows
    }

    /// Finds removed and renamed JinaFlows. If exactly one JinaFlow of a package has no objects yet, and exactly one JinaFlow
    /// is removed, then the removed JinaFlow was renamed to the new one.
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

    /// Decides whether a JinaFlow that may be outside of the package takes over the objects of the removed JinaFlow `gone`. It
    /// does so if they have the same components and the same namespace.
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
