//! Whether a set of objects is wired: every address, selector, port and name leads somewhere.
//!
//! Nothing is known but the objects. What runs Jina is told by its command line, never by labels, so that an export of
//! Jina's own that somebody has edited is judged like what was rendered here.

mod address;
mod around;
mod cluster;
pub mod external;
mod flow;
mod pod;
mod references;
mod runs;
mod services;
mod words;

use crate::finding::{Finding, Findings};
use crate::yaml::Node;
use cluster::Cluster;
use external::External;

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
    /// `gateway`, `head`, `executor` or `shard`.
    pub role: String,
    /// How many pods.
    pub replicas: String,
    /// The image of its main container.
    pub image: String,
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

impl Report {
    fn push(&mut self, object: usize, finding: Finding) {
        self.findings[object].push(finding);
    }
}

/// What is looked at.
const CHECKS: [fn(&Cluster<'_>, &mut Report); 12] = [
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
    references::references,
    around::around,
];

/// Looks at objects.
#[must_use]
pub fn check(objects: &[Node<'_>], external: &External) -> Report {
    let cluster = Cluster::of(objects, external);
    let mut report = Report { findings: vec![Findings::default(); objects.len()], components: Vec::new(), edges: Vec::new() };
    for check in CHECKS {
        check(&cluster, &mut report);
    }
    report.components = components(&cluster, &report);
    report
}

fn components(cluster: &Cluster<'_>, report: &Report) -> Vec<Component> {
    let mut is_fine: Vec<bool> = report.findings.iter().map(|findings| !findings.has_errors()).collect();
    let mut dials: Vec<Vec<String>> = vec![Vec::new(); cluster.workloads.len()];
    for edge in &report.edges {
        dials[edge.from].push(edge.address.clone());
        is_fine[cluster.workloads[edge.from].object] &= !edge.is_broken;
    }
    let component = |(workload, dials): (&pod::Workload<'_>, Vec<String>)| {
        let (container, role) = workload.main()?;
        let object = &cluster.objects[workload.object];
        let image = container.node.get("image").map(Node::shown).unwrap_or_default();
        let scaled = around::scaled(cluster, object);
        let replicas = scaled.or_else(|| object.spec("replicas").map(Node::shown)).unwrap_or_else(|| "1".to_owned());
        let role = match flow::shard(container) {
            Some((id, _)) if role == pod::Role::Worker => format!("shard {id}"),
            _ => role.word().to_owned(),
        };
        Some(Component { object: workload.object, role, replicas, image, dials, is_fine: is_fine[workload.object] })
    };
    cluster.workloads.iter().zip(dials).filter_map(component).collect()
}
