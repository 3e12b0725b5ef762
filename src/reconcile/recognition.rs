//! Recognizes objects that Jina has exported: by what they run, and by the labels of Jina's templates.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::yaml::Node;

/// Text that every workload of Jina's export has.
pub const SIGN: &str = "jina_deployment_name";

/// The labels of the pods of a workload.
pub const LABELS: &str = "spec.template.metadata.labels";

/// The words that a container runs.
fn words<'n>(container: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
    ["command", "args"].into_iter().flat_map(|field| container.list_at(field)).filter_map(Node::as_text)
}

/// The word behind a flag.
pub fn flag<'n>(container: &'n Node<'_>, name: &str) -> Option<&'n str> {
    words(container).skip_while(|word| *word != name).nth(1)
}

fn containers<'n, 't>(workload: &'n Node<'t>) -> &'n [Node<'t>] {
    workload.list_at("spec.template.spec.containers")
}

/// Whether a workload runs the component of `jinas`, the workload that Jina exports for it. The user may have changed the command
/// or the labels, but not both.
pub fn runs_component_of(workload: &Node<'_>, jinas: &Node<'_>) -> bool {
    let label = |workload: &Node<'_>| workload.at(LABELS).and_then(|labels| labels.get(SIGN)).map(Node::shown);
    let names: Vec<&str> = containers(workload).iter().filter_map(|container| flag(container, "--name")).collect();
    let is_labeled = label(workload).is_some() && label(workload) == label(jinas);
    match containers(jinas).first().and_then(|container| flag(container, "--name")) {
        Some(name) if names.is_empty() => is_labeled && !name.is_empty(),
        Some(name) => names.contains(&name),
        // The arguments of a gateway have no name.
        None => names.is_empty() && (is_labeled || containers(workload).iter().flat_map(words).any(|word| word == "gateway")),
    }
}

/// Whether a workload has the labels of the part of its executor that `jinas` runs: of the head or of a shard. A label that was
/// removed does not count.
pub fn is_same_part(workload: &Node<'_>, jinas: &Node<'_>) -> bool {
    ["pod_type", "shard_id"].iter().all(|name| {
        let label = |workload: &Node<'_>| workload.at(LABELS).and_then(|labels| labels.get(name)).map(Node::shown);
        label(workload).is_none_or(|own| label(jinas) == Some(own))
    })
}

/// The name of the executor that a workload of Jina runs as a whole: not a gateway, a head or a shard.
pub fn whole_executor<'n>(jinas: &'n Node<'_>) -> Option<&'n str> {
    let executor = jinas.at(LABELS)?.text_at(SIGN);
    let is_worker = jinas.at(LABELS)?.text_at("pod_type") == "WORKER";
    (is_worker && containers(jinas).first().and_then(|container| flag(container, "--name")) == Some(executor)).then_some(executor)
}

/// The namespace for which Jina has exported a workload, from its arguments.
pub fn exported_namespace<'n>(workload: &'n Node<'_>) -> Option<&'n str> {
    containers(workload).iter().find_map(|container| flag(container, "--k8s-namespace"))
}

/// The names of the ConfigMaps from which the containers of a workload take variables.
pub fn config_maps<'n>(workload: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
    let sources = containers(workload).iter().flat_map(|container| container.list_at("envFrom"));
    sources.map(|source| source.text_at("configMapRef.name")).filter(|name| !name.is_empty())
}

/// Whether an object that is not a workload is of a component, although the workload of the component is missing.
pub fn is_beside(object: &Node<'_>, jinas: &Node<'_>, role: &str) -> bool {
    let same = |path: &str| object.at(path).is_some() && object.at(path).map(Node::shown) == jinas.at(path).map(Node::shown);
    match role.split('.').next() {
        Some("ConfigMap") => object.at("data").is_some_and(|data| data.get("worker_class").is_some()),
        Some("Service") => same("spec.selector.app"),
        _ => same("spec.selector.matchLabels.app"),
    }
}

/// Whether an object has a label of jinaflow. Jina's objects have none.
pub fn has_our_label(object: &Node<'_>) -> bool {
    let labels = object.map_at("metadata.labels").iter();
    labels.filter_map(|(name, _)| name.as_text()).any(|name| name.split('/').next() == Some(crate::config::GROUP))
}

/// The comparison of the graphs of two gateways.
#[derive(Debug, PartialEq, Eq)]
pub enum Graphs {
    /// The graphs are equal, or an object has no graph.
    Alike,
    /// The graphs differ.
    Differ {
        /// Executors that only the exported graph has.
        only_exported: Vec<String>,
        /// Executors that only the Flow has.
        only_flows: Vec<String>,
    },
    /// The exported graph is not JSON.
    Broken,
}

/// The executors in the graph of a gateway that have no address, because `inspect: REMOVE` removes them. Jina leaves them in the
/// graph, so that requests never get behind them.
pub fn removed_executors(gateway: &Node<'_>) -> BTreeSet<String> {
    let json = |name: &str| {
        let text = containers(gateway).iter().find_map(|container| flag(container, name))?;
        serde_json::from_str::<Value>(text).ok()
    };
    let (Some(graph), Some(addresses)) = (json("--graph-description"), json("--deployments-addresses")) else { return BTreeSet::new() };
    executors(&graph).into_iter().filter(|name| addresses.get(name).is_none()).collect()
}

/// Compares the graph in the arguments of a gateway with the graph that Jina exports for the Flow.
pub fn graphs(workload: &Node<'_>, jinas: &Node<'_>) -> Graphs {
    let text = |workload| containers(workload).iter().find_map(|container| flag(container, "--graph-description"));
    let graph = |text: &str| serde_json::from_str::<Value>(text).ok();
    let (Some(theirs), Some(ours)) = (text(workload), text(jinas).and_then(graph)) else { return Graphs::Alike };
    let Some(theirs) = graph(theirs) else { return Graphs::Broken };
    if theirs == ours {
        return Graphs::Alike;
    }
    let (exported, flows) = (executors(&theirs), executors(&ours));
    let removed = removed_executors(workload);
    if !removed.is_empty() && removed.is_disjoint(&flows) && exported.difference(&removed).eq(&flows) {
        return Graphs::Alike;
    }
    let only = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
    Graphs::Differ { only_exported: only(&exported, &flows), only_flows: only(&flows, &exported) }
}

/// The executors in a graph.
fn executors(graph: &Value) -> BTreeSet<String> {
    let pairs = graph.as_object().into_iter().flatten();
    let names = pairs.flat_map(|(name, next)| {
        let next = next.as_array().into_iter().flatten().filter_map(Value::as_str);
        std::iter::once(name.as_str()).chain(next).map(str::to_owned).collect::<Vec<_>>()
    });
    names.filter(|name| !["start-gateway", "end-gateway"].contains(&name.as_str())).collect()
}
