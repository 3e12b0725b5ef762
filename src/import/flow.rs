//! Writes the Flow of an export: `jtype: Flow` with its gateway and executors, or `jtype: Deployment`.

use super::address::Address;
use super::entry::{self, Entry};
use super::export::Export;
use super::graph::Graph;
use super::workload::Workload;
use crate::jina::options::{Opt, TABLE, Use, With};
use crate::jina::topology::GATEWAY;
use crate::yaml::{Data, Node};

/// The Flow of an export with a gateway. `image` is Jina's own image.
pub fn of_flow(gateway: &Workload<'_>, export: &Export<'_>, image: &str) -> Node<'static> {
    let graph = Graph::of(&gateway.argv);
    let mut own = entry::of_gateway(gateway, export, image);
    let mut executors: Vec<Entry> = Vec::new();
    // Without `needs`, an executor follows the last one before it that does not float.
    let mut last = GATEWAY.to_owned();
    for (place, (name, addresses)) in graph.nodes.iter().enumerate() {
        let first = addresses.first().map(String::as_str).unwrap_or_default();
        let own = export.executor(name).and_then(|executor| entry::of_executor(executor, export, true));
        let is_external = own.is_none();
        let mut entry = own.unwrap_or_else(|| external(name, first));
        if !is_external && Address::of(first).has_tls() {
            entry.set(Opt::Tls, Node::plain("true"));
        }
        entry.options.extend(graph.condition(name).map(|condition| (Opt::When, condition)));
        entry.options.extend(graph.metadata(name).map(|metadata| (Opt::GrpcMetadata, metadata)));
        if graph.keeps_results_apart(name) && entry.get(Opt::NoReduce).is_none() {
            entry.set(Opt::NoReduce, Node::plain("true"));
        }
        if is_external && graph.ends_before(place) {
            entry.set(Opt::Floating, Node::plain("true"));
        }
        let needs = graph.needs(name);
        if needs != [last.as_str()] {
            entry.needs = needs.iter().map(|need| (*need).to_owned()).collect();
        }
        if entry.get(Opt::Floating).is_none() {
            last.clone_from(name);
        }
        executors.push(entry);
    }
    let with = common(&mut own, &mut executors);
    let mut fields = vec![(Node::field("jtype"), Node::plain("Flow"))];
    for (name, section) in [("with", with), (GATEWAY, own)] {
        if !section.options.is_empty() {
            fields.push((Node::field(name), section.into_node()));
        }
    }
    let entries: Vec<Node<'static>> = executors.into_iter().map(Entry::into_node).collect();
    fields.push((Node::field("executors"), entries.into()));
    Data::Map(fields).into()
}

/// The Flow of a single executor without a gateway.
pub fn of_deployment(export: &Export<'_>) -> Option<Node<'static>> {
    let with = entry::of_executor(export.executors.first()?, export, false)?;
    let fields = vec![(Node::field("jtype"), Node::plain("Deployment")), (Node::field("with"), with.into_node())];
    Some(Data::Map(fields).into())
}

/// An executor that does not run in the export.
fn external(name: &str, address: &str) -> Entry {
    let address = Address::of(address);
    let mut entry = Entry::default();
    entry.set(Opt::Name, name.to_owned());
    entry.set(Opt::External, Node::plain("true"));
    entry.set(Opt::Host, address.host.to_owned());
    if address.port.parse::<u16>().is_ok() {
        entry.set(Opt::Port, Node::plain(address.port.to_owned()));
    }
    if address.has_tls() {
        entry.set(Opt::Tls, Node::plain("true"));
    }
    entry.options.extend(address.protocol().map(|protocol| (Opt::Protocol, Node::plain(protocol))));
    entry
}

/// Options that are written to each section, although a Flow could share them: they say where an executor is and how large.
const NOT_SHARED: [Opt; 6] = [Opt::Host, Opt::Tls, Opt::Replicas, Opt::Volumes, Opt::Shards, Opt::Floating];

/// Moves the options that the gateway and all executors of the export share to the Flow's `with`.
fn common(gateway: &mut Entry, executors: &mut [Entry]) -> Entry {
    let mut with = Entry::default();
    // An external executor inherits options too, but they have no effect on it.
    let is_own = |executor: &&Entry| executor.get(Opt::External).is_none();
    if !executors.iter().any(|executor| is_own(&executor)) {
        return with;
    }
    for row in TABLE {
        let is_inherited = row.with == With::HandedOn && row.executor != Use::No && row.gateway != Use::No;
        if !is_inherited || NOT_SHARED.contains(&row.opt) {
            continue;
        }
        let Some(value) = gateway.get(row.opt).cloned() else { continue };
        if executors.iter().filter(is_own).all(|executor| executor.get(row.opt) == Some(&value)) {
            gateway.remove(row.opt);
            for executor in executors.iter_mut() {
                executor.remove(row.opt);
            }
            with.set(row.opt, value);
        }
    }
    with
}
