//! Checks whether a set of objects fits together: every address, selector, port and name of a Flow leads somewhere.
//!
//! Only the objects are read. The command line of a container decides whether it runs Jina, never a label, so that an edited
//! export of Jina is checked like an object that jinaflow rendered.
//!
//! Objects that run Jina are checked strictly, and so are the objects that they refer to and that refer to them. For any
//! other object, only faults are reported that no other object can repair: an operator may create the pods that an unrelated
//! Service selects.

pub mod external;
mod options;
mod edge;
mod report;
mod component;
mod words;
mod command;
mod proxies;
mod object;
mod pod;
mod work;
mod lookup;
mod labels;
mod names;
mod cluster;
mod address;
mod variables;
mod graph;
mod autoscalers;
mod around;
mod amounts;
mod images;
mod literal_secrets;
mod security_rules;
mod pod_security;
mod policies;
mod references;
mod runs;
mod restarts;
mod services;
mod strangers;
mod duplicates;
mod unions;
mod client;
mod flow;
mod table;

use std::collections::BTreeMap;

use crate::finding::{Code, Findings};
use crate::yaml::{Arena, Node, View};
use report::Report;

pub use address::{scheme, split};
pub use autoscalers::shown_bounds;
pub use cluster::Cluster;
pub use command::JinaRole;
pub use component::SeenComponent;
pub use edge::Edge;
pub use object::{NOT_LOCAL, SeenObject, is_local};
pub use options::Options;
pub use pod::{SeenContainer, SeenWorkload};
pub use words::{Word, WordList};

/// The result of a check.
#[derive(Debug)]
pub struct Checked {
    /// The findings about each object that has any, by the position of the object.
    pub findings: BTreeMap<usize, Findings>,
    /// The workloads that run Jina, and the other workloads that a Flow calls.
    pub components: Vec<SeenComponent>,
    /// The addresses that workloads call, in the order of the calling workloads.
    pub edges: Vec<Edge>,
}

/// The checks in order. A check may use the results of earlier checks, so the calls of the Flow are checked first.
const CHECKS: [fn(&Cluster<'_>, &mut Report); 26] = [
    flow::calls,
    duplicates::objects,
    duplicates::entries,
    unions::unions,
    variables::sizes,
    runs::selectors,
    runs::stateful_sets,
    runs::ports,
    runs::probes,
    runs::grace_periods,
    runs::replicas,
    amounts::amounts,
    pod_security::pod_security,
    services::selectors_and_ports,
    services::balance,
    restarts::shards,
    strangers::strangers,
    flow::uncalled,
    flow::versions,
    flow::name_servers,
    policies::policies,
    references::references,
    images::images,
    literal_secrets::literal_secrets,
    autoscalers::autoscalers,
    around::around,
];

/// Checks objects.
pub fn check(objects: &[Node<'_>], options: &Options) -> Checked {
    let mut arena = Arena::default();
    let places: Vec<usize> = objects.iter().map(|object| arena.add(object)).collect();
    check_views(places.into_iter().map(|place| arena.view(place)), options)
}

/// Checks objects in their compact form.
pub fn check_views<'o>(objects: impl Iterator<Item = View<'o>>, options: &'o Options) -> Checked {
    check_cluster(&Cluster::of(objects, options))
}

/// Checks objects that are indexed.
pub fn check_cluster(cluster: &Cluster<'_>) -> Checked {
    let mut report = Report::default();
    for check in CHECKS {
        check(cluster, &mut report);
    }
    if let Some((first, count)) = cluster.work.skipped() {
        let others = if count > 1 { format!(", and {} more objects were not", count - 1) } else { String::new() };
        let finding = Code::CheckIncomplete.warning("", format!("was not checked in full{others}: that takes too long"));
        report.push(first, finding.fix("check fewer objects at a time, or select them by labels that they have"));
    }
    let components = table::components(cluster, &report);
    Checked { findings: report.findings, components, edges: report.edges }
}

/// The findings about fields that exclude each other, by the position of the object. Nothing else is checked.
pub fn exclusive_fields(objects: &[Node<'_>]) -> BTreeMap<usize, Findings> {
    let mut arena = Arena::default();
    let places: Vec<usize> = objects.iter().map(|object| arena.add(object)).collect();
    let options = Options::default();
    let mut report = Report::default();
    unions::unions(&Cluster::of(places.into_iter().map(|place| arena.view(place)), &options), &mut report);
    report.findings
}

/// The calls between the workloads of a cluster, and to addresses outside of it.
pub fn calls(cluster: &Cluster<'_>) -> Vec<Edge> {
    let mut report = Report::default();
    flow::calls(cluster, &mut report);
    report.edges
}
