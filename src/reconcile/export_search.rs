//! Finds the objects of a JinaFlow among the objects of Jina's exports.

use std::collections::BTreeSet;

use super::adoption::{Adoption, JinasComponent, is_workload};
use super::displaced::Missing;
use super::flows::Placing;
use super::recognition::{is_beside, runs_component_of};

impl Adoption<'_, '_> {
    /// Finds the objects of a JinaFlow. `jinas` are the components that Jina exports for the Flow, and `taken` are the namespaces of
    /// the other JinaFlows.
    pub fn find(&mut self, flow: &Placing, jinas: &[JinasComponent<'_>], taken: &BTreeSet<&str>) {
        self.report_broken(flow, jinas);
        self.report_lists(flow, jinas);
        let mut missing: Vec<Missing<'_, '_>> = Vec::new();
        for JinasComponent { name, objects } in jinas {
            let (workloads, others): (Vec<_>, Vec<_>) = objects.iter().partition(|object| is_workload(object));
            let mut is_adopted = false;
            let mut look_for = |object, is_found: bool| {
                if !is_found {
                    missing.push(Missing { component: name, object });
                }
                is_found
            };
            for object in workloads {
                is_adopted |= look_for(object, self.take(flow, name, object, |item| runs_component_of(item, &object.node)));
            }
            for object in others {
                look_for(object, self.take(flow, name, object, |item| is_adopted || is_beside(item, &object.node, &object.role)));
            }
        }
        if !missing.is_empty() && !self.flows.contains(&flow.key()) {
            self.find_displaced(flow, jinas, &missing, taken);
        }
    }
}
