//! Whether a set of objects is wired: every address, selector, port and name leads somewhere.
//!
//! Nothing is known but the objects. What runs Jina is told by its command line, never by labels, so that an export of
//! Jina's own that somebody has edited is judged like what was rendered here.

mod address;
mod around;
mod cluster;
pub mod external;
mod fields;
mod flow;
mod pod;
mod policies;
mod references;
mod runs;
mod services;
mod words;

use std::fmt::Arguments;

use crate::finding::{Finding, Findings, Severity};
use crate::yaml::Node;
use cluster::Cluster;
use external::External;
use fields::text;
use pod::Role;

/// What was found.
#[derive(Debug)]
pub struct Report {
    /// Findings about each of the objects that were given.
    pub findings: Vec<Findings>,
    /// What runs Jina.
    pub components: Vec<Component>,
    edges: Vec<Edge>,
}

/// Something that runs Jina.
#[derive(Debug)]
pub struct Component {
    /// Its object's place among those that were given.
    pub object: usize,
    /// Its namespace.
    pub namespace: String,
    /// Its kind and name, what it does, how many pods there are, and the image of its main container.
    pub cells: [String; 4],
    /// The addresses that it dials.
    pub dials: Vec<String>,
    /// Whether all is well with it.
    pub is_fine: bool,
}

/// An address that one dials, and whom it reaches.
#[derive(Debug)]
struct Edge {
    /// Its place among the workloads.
    from: usize,
    address: String,
    to: Option<usize>,
    is_broken: bool,
}

/// A finding that is about to be told. Its words are only spelled out here, once for all that there are.
struct Told<'a> {
    severity: Severity,
    path: Arguments<'a>,
    message: Arguments<'a>,
    /// Empty where there is nothing to show.
    got: &'a str,
    mend: Arguments<'a>,
}

impl Told<'_> {
    #[inline(never)]
    fn finding(&self) -> Finding {
        let finding = Finding::error(self.path, self.message.to_string()).with_severity(self.severity).mend(self.mend.to_string());
        if self.got.is_empty() { finding } else { finding.got(self.got) }
    }
}

impl Report {
    #[inline(never)]
    fn push(&mut self, object: usize, finding: Finding) {
        self.findings[object].push(finding);
    }

    /// Tells an error.
    #[inline(never)]
    fn error(&mut self, object: usize, path: Arguments<'_>, message: Arguments<'_>, got: &str, mend: Arguments<'_>) {
        self.push(object, Told { severity: Severity::Error, path, message, got, mend }.finding());
    }

    /// Tells a warning.
    #[inline(never)]
    fn warning(&mut self, object: usize, path: Arguments<'_>, message: Arguments<'_>, got: &str, mend: Arguments<'_>) {
        self.push(object, Told { severity: Severity::Warning, path, message, got, mend }.finding());
    }
}

/// What is looked at.
const CHECKS: [fn(&Cluster<'_>, &mut Report); 13] = [
    runs::twice,
    runs::selectors,
    runs::stateful_sets,
    runs::ports,
    runs::probes,
    runs::grace,
    services::services,
    flow::addresses,
    flow::unreached,
    flow::versions,
    policies::policies,
    references::references,
    around::around,
];

/// Looks at objects.
#[must_use]
pub fn check(objects: &[Node<'_>], external: &External) -> Report {
    let cluster = Cluster::of(objects, external);
    let mut report = Report { findings: objects.iter().map(|_| Findings::default()).collect(), components: Vec::new(), edges: Vec::new() };
    for check in CHECKS {
        check(&cluster, &mut report);
    }
    report.components = components(&cluster, &report);
    report
}

#[inline(never)]
fn components(cluster: &Cluster<'_>, report: &Report) -> Vec<Component> {
    let mut components = Vec::new();
    let mut edges = report.edges.iter().peekable();
    for (id, workload) in cluster.workloads.iter().enumerate() {
        let mut is_fine = !report.findings[workload.object].has_errors();
        let mut dials = Vec::new();
        while let Some(edge) = edges.next_if(|edge| edge.from == id) {
            dials.push(edge.address.clone());
            is_fine &= !edge.is_broken;
        }
        let Some((container, role)) = workload.main() else { continue };
        let object = &cluster.objects[workload.object];
        let fixed = text(object.node, "spec.replicas");
        let replicas = around::scaled(cluster, object).unwrap_or_else(|| if fixed.is_empty() { "1" } else { fixed }.to_owned());
        let role = match flow::shard(container) {
            Some((id, _)) if role == Role::Worker => format!("shard {id}"),
            _ => role.word().to_owned(),
        };
        let cells = [cluster.label(id), role, replicas, text(container.node, "image").to_owned()];
        components.push(Component { object: workload.object, namespace: object.namespace.to_owned(), cells, dials, is_fine });
    }
    components
}
