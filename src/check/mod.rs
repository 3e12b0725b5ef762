//! Whether a set of objects is wired: every address, selector, port and name of a Flow leads somewhere.
//!
//! Nothing is known but the objects. What runs Jina is told by its command line, never by labels, so that an export of
//! Jina's own that somebody has edited is judged like what was rendered here.
//!
//! What runs Jina is judged strictly, and so is what it names and what stands around it. Of everything else only that is
//! told which is wrong whatever else there is: an operator may make the pods that a Service of somebody else selects.

mod fields;
pub mod external;
mod object;
mod graph;
mod words;
mod command;
mod proxies;
mod pod;
mod work;
mod labels;
mod cluster;
mod address;
mod around;
mod autoscalers;
mod images;
mod policies;
mod references;
mod runs;
mod services;
mod strangers;
mod twice;
mod variables;
mod flow;

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Findings};
use crate::yaml::Node;
use cluster::Cluster;
use command::Role;
use external::External;
use fields::text;
pub use object::is_local;

/// How to look.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What is provided elsewhere.
    pub external: External,
    /// Whether what may go wrong one day is told as well.
    pub is_strict: bool,
}

/// What was found.
#[derive(Debug)]
pub struct Report {
    /// Findings about each of the objects that were given.
    pub findings: Vec<Findings>,
    /// What runs Jina, and what the Flow takes for it.
    pub components: Vec<Component>,
    edges: Vec<Edge>,
    /// Services that the Flow dials, by their places among the objects.
    dialled: BTreeSet<usize>,
    /// Workloads that do not run Jina and are dialled all the same: by whom, and at which address.
    strangers: BTreeMap<usize, (usize, String)>,
    /// Workloads that do not run Jina and are behind a Service that is declared as somebody else's.
    exempt: BTreeSet<usize>,
}

/// Something that runs Jina, or should.
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
    /// Whether Jina is known to run there.
    pub is_jina: bool,
    /// What Jina calls the executor.
    pub jina_name: Option<String>,
}

/// An address that one dials, and whom it reaches.
#[derive(Debug)]
struct Edge {
    /// Its place among the workloads.
    from: usize,
    address: String,
    to: Option<usize>,
    /// The place among the Services of the one in between.
    service: Option<usize>,
    /// The port at the pod where one is reached, at the address otherwise.
    port: Option<u16>,
    is_broken: bool,
    /// Whether a name server is asked for it.
    is_name: bool,
}

impl Report {
    fn push(&mut self, object: usize, finding: Finding) {
        self.findings[object].push(finding);
    }

    /// Adds a finding, unless another says the same of the object.
    fn push_once(&mut self, object: usize, finding: Finding) {
        self.findings[object].push_once(finding);
    }
}

/// What is looked at, in an order in which each finds what it needs: who dials whom comes first.
const CHECKS: [fn(&Cluster<'_>, &mut Report); 21] = [
    flow::addresses,
    twice::objects,
    twice::entries,
    variables::sizes,
    runs::selectors,
    runs::stateful_sets,
    runs::ports,
    runs::probes,
    runs::grace,
    runs::replicas,
    services::services,
    services::balance,
    strangers::strangers,
    flow::unreached,
    flow::versions,
    flow::names,
    policies::policies,
    references::references,
    images::images,
    autoscalers::autoscalers,
    around::around,
];

/// Looks at objects.
pub fn check(objects: &[Node<'_>], options: &Options) -> Report {
    let cluster = Cluster::of(objects, options);
    let findings = objects.iter().map(|_| Findings::default()).collect();
    let (edges, dialled, strangers, exempt) = (Vec::new(), BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
    let mut report = Report { findings, components: Vec::new(), edges, dialled, strangers, exempt };
    for check in CHECKS {
        check(&cluster, &mut report);
    }
    if let Some((first, number)) = cluster.work.skipped() {
        let others = if number > 1 { format!(", nor were {} more objects", number - 1) } else { String::new() };
        let finding = Finding::warning("", format!("was not looked at in full{others}: it would take too long"));
        report.push(first, finding.fix("check fewer objects at a time, or select them by labels that they have"));
    }
    report.components = components(&cluster, &report);
    report
}

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
        let object = &cluster.objects[workload.object];
        let fixed = text(object.node, "spec.replicas");
        let replicas = autoscalers::scaled(cluster, object).unwrap_or_else(|| if fixed.is_empty() { "1" } else { fixed }.to_owned());
        let (container, role) = match workload.main() {
            Some((container, role)) => match &container.shard {
                Some((id, _)) if role == Role::Worker => (Some(container), format!("shard {id}")),
                _ => (Some(container), role.word().to_owned()),
            },
            None if !report.strangers.contains_key(&id) => continue,
            None if workload.is_stranger() => (workload.running().next(), "not Jina".to_owned()),
            None => (workload.running().next(), "unknown".to_owned()),
        };
        let image = container.map(|container| text(container.node, "image")).unwrap_or_default();
        let cells = [cluster.label(id), role, replicas, image.to_owned()];
        components.push(Component {
            object: workload.object,
            namespace: object.namespace.to_owned(),
            cells,
            dials,
            is_fine,
            is_jina: workload.main().is_some(),
            jina_name: workload.jina_name.clone(),
        });
    }
    components
}
