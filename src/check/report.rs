//! The findings of a check while it runs.

use std::collections::{BTreeMap, BTreeSet};

use super::edge::Edge;
use crate::finding::{Finding, Findings};

/// The findings so far, and the facts that later checks need.
#[derive(Debug, Default)]
pub struct Report {
    /// Findings by the position of their object.
    pub findings: BTreeMap<usize, Findings>,
    /// The calls of all Flows.
    pub edges: Vec<Edge>,
    /// The Services that a Flow calls, by the positions of their objects.
    pub called_services: BTreeSet<usize>,
    /// The workloads that a Flow calls although they do not run Jina, each with its first call.
    pub strangers: BTreeMap<usize, StrangerCall>,
    /// The objects with an error that is reported once, about another object.
    pub also_wrong: BTreeSet<usize>,
    /// The workloads that do not run Jina and belong to a Service that is declared as external.
    pub exempt: BTreeSet<usize>,
}

/// A call to a workload that does not run Jina.
#[derive(Debug)]
pub struct StrangerCall {
    /// The calling workload.
    pub from: usize,
    /// The address that the workload calls.
    pub address: String,
}

impl Report {
    /// Adds a finding about an object.
    pub fn push(&mut self, object: usize, finding: Finding) {
        self.findings.entry(object).or_default().push(finding);
    }

    /// Adds a finding about an object, unless the object has one with the same message.
    pub fn push_once(&mut self, object: usize, finding: Finding) {
        self.findings.entry(object).or_default().push_once(finding);
    }

    /// Whether there are errors about an object.
    pub fn has_errors(&self, object: usize) -> bool {
        self.also_wrong.contains(&object) || self.findings.get(&object).is_some_and(Findings::has_errors)
    }
}
