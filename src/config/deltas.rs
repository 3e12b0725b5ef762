//! Options of the Flow that the config changes: `spec.defaults.flow`, `spec.executors.*.flow`, `spec.gateway.flow` and
//! `spec.telemetry`, merged into the Flow before it is read.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::layers::{Layers, merge};
use super::scope::Scope;
use crate::finding::{Finding, Findings, Mark, Path};
use crate::jina::flow::Flow;
use crate::jina::inherited::Options;
use crate::jina::options::Opt;
use crate::jina::topology::{Executor, GATEWAY};
use crate::yaml::{Data, Node};

/// Merges what the config says into a Flow. Whose entry found nothing to change is returned.
pub fn apply<'l>(root: &mut Node<'_>, layers: &'l Layers, scope: &Scope) -> Vec<&'l str> {
    if let Some(options) = layers.shared_options() {
        change(root, "with", options.clone());
    }
    if !scope.telemetry.is_empty() {
        let options = scope.telemetry.iter().map(|(name, value)| (Node::field(name), Node::plain(value.clone()))).collect();
        change(root, "with", Data::Map(options).into());
    }
    let kind = root.tag.as_deref().or_else(|| root.get("jtype").and_then(Node::as_text));
    if let Some(options) = layers.gateway_options().filter(|_| kind != Some("Deployment")) {
        change(root, GATEWAY, options.clone());
    }
    let changed: BTreeMap<&str, &Node<'static>> = layers.executors().filter_map(|name| Some((name, layers.flow_options(name)?))).collect();
    if changed.is_empty() {
        return Vec::new();
    }
    let found = executors(root, &changed);
    changed.into_keys().filter(|name| !found.contains(*name)).collect()
}

/// Merges options into those of executors, by their names; the names that were found.
fn executors(root: &mut Node<'_>, changed: &BTreeMap<&str, &Node<'static>>) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut has_list = false;
    for list in ["executors", "deployments"] {
        let Some(Data::List(entries)) = root.get_mut(list).map(|node| &mut node.data) else { continue };
        has_list = true;
        for (index, entry) in entries.iter_mut().enumerate() {
            let known = entry.get("name").or_else(|| entry.get("with")?.get("name")).map(Node::shown);
            // An executor without a name is called by its place.
            let name = known.unwrap_or_else(|| format!("executor{index}"));
            let Some(options) = changed.get(name.as_str()) else { continue };
            if entry.get("jtype").is_some() && entry.get("with").is_some() {
                change(entry, "with", (*options).clone());
            } else {
                let mark = entry.mark;
                merge(entry, placed((*options).clone(), mark));
            }
            found.insert(name);
        }
    }
    if !has_list {
        let known = root.get("with").and_then(|with| with.get("name")).or_else(|| root.get("name"));
        let name = known.map_or("executor".to_owned(), Node::shown);
        if let Some(options) = changed.get(name.as_str()) {
            change(root, "with", (*options).clone());
            found.insert(name);
        }
    }
    found
}

/// Merges options into a mapping below a mapping, which comes to be where it is not.
fn change(above: &mut Node<'_>, name: &'static str, options: Node<'static>) {
    if above.get(name).is_none_or(Node::is_null) {
        above.set(name, Node { mark: above.mark, tag: None, data: Data::Map(Vec::new()) });
    }
    // What is no mapping is an error, which the reader of the Flow tells.
    if let Some(known) = above.get_mut(name).filter(|known| known.as_map().is_some()) {
        let mark = known.mark;
        merge(known, placed(options, mark));
    }
}

/// What is merged stands, for messages, where the options stand that it changes.
fn placed(mut node: Node<'static>, mark: Mark) -> Node<'static> {
    node.mark = mark;
    node.data = match node.data {
        Data::Map(pairs) => Data::Map(pairs.into_iter().map(|(key, value)| (placed(key, mark), placed(value, mark))).collect()),
        Data::List(entries) => Data::List(entries.into_iter().map(|entry| placed(entry, mark)).collect()),
        scalar @ Data::Scalar(_) => scalar,
    };
    node
}

/// Entries for executors, heads and shards that the Flow does not have.
pub fn check(flow: &Flow, layers: &Layers, unchanged: &[&str], path: &Path<'_>, findings: &mut Findings) {
    let executors = path.key("executors");
    let known: HashMap<&str, &Executor> = flow.executors.iter().map(|executor| (executor.name.as_str(), executor)).collect();
    for name in layers.executors() {
        let path = executors.key(name);
        let Some(executor) = known.get(name) else {
            let finding = Finding::error(path, "is no executor of the Flow");
            let near = findings.nearest(name, flow.executors.iter().map(|executor| executor.name.as_str()));
            findings.push(match near {
                Some(near) => finding.propose(near),
                None => finding.fix("look at the names in `executors` of the Flow"),
            });
            continue;
        };
        if unchanged.contains(&name) {
            let finding = Finding::error(path.key("flow"), "cannot be merged: the executor has its name from a variable");
            findings.push(finding.fix("write the name in the Flow"));
        }
        if executor.options.flag(Opt::External) {
            for name in layers.pod_fields(name) {
                let finding = Finding::warning(path.key(name), "has no effect: the executor is external, and its pods are not ours");
                findings.push(finding.fix("remove it"));
            }
            continue;
        }
        if layers.pod_fields(name).any(|name| name == CONFIG_FILE) {
            check_config_file(&executor.options, &path, findings);
        }
        let shards = executor.options.int(Opt::Shards, 1);
        let (head, numbers) = layers.parts(name);
        if head && shards < 2 {
            let finding = Finding::warning(path.key("head"), "has no effect: an executor with a single shard has no head");
            findings.push(finding.fix("remove it, or give the executor more shards"));
        }
        for number in numbers.into_iter().filter(|number| i64::from(*number) >= shards) {
            let finding = Finding::error(path.key("shards").key(&number.to_string()), format!("is no shard of {shards}"));
            findings.push(finding.fix(format!("use 0 to {}", shards - 1)));
        }
    }
    match &flow.gateway {
        None if layers.has_gateway() => {
            findings.push(Finding::warning(path.key(GATEWAY), "has no effect: a Deployment has no gateway").fix("remove it"));
        }
        Some(options) if layers.gateway_says(CONFIG_FILE) => check_config_file(options, &path.key(GATEWAY), findings),
        _ => {}
    }
}

/// The field that names the configuration in an image.
const CONFIG_FILE: &str = "configFile";

/// The field says which configuration of an image runs, so that an image has to be named.
fn check_config_file(options: &Options, path: &Path<'_>, findings: &mut Findings) {
    let reason = match (options.inline(), options.text(Opt::Uses)) {
        (Some(_), _) => "the configuration is in the Flow",
        (None, None) => "the Flow names no image in `uses`",
        (None, Some(_)) => return,
    };
    let finding = Finding::warning(path.key(CONFIG_FILE), format!("has no effect: {reason}"));
    findings.push(finding.fix("remove it"));
}
