//! Options of the Flow that the config overrides: `spec.defaults.flow`, `spec.executors.*.flow`, `spec.gateway.flow` and
//! `spec.telemetry`. These options are merged into the Flow before the Flow is read.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::layers::Layers;
use super::lists::merge_layer;
use super::scope::Scope;
use super::settings::Settings;
use crate::finding::{Code, Findings, Mark, Path};
use crate::jina::flow::Flow;
use crate::jina::inherited::Options;
use crate::jina::older::PODS;
use crate::jina::options::Opt;
use crate::jina::topology::{Executor, GATEWAY};
use crate::yaml::{Data, Node};

/// Whether the config has options of the Flow.
pub fn has_options(layers: &Layers, scope: &Scope) -> bool {
    let has_own = layers.shared_options().is_some() || layers.gateway_options().is_some() || !scope.telemetry.is_empty();
    has_own || layers.executors().any(|name| layers.flow_options(name).is_some())
}

/// Merges the options of the config into a Flow. Returns the executors that have options in the config and are not in the
/// Flow.
pub fn apply<'l>(root: &mut Node<'_>, layers: &'l Layers, scope: &Scope) -> Vec<&'l str> {
    if let Some(options) = layers.shared_options() {
        override_below(root, "with", options.clone());
    }
    if !scope.telemetry.is_empty() {
        let options = scope.telemetry.iter().map(|(name, value)| (Node::field(name), Node::plain(value.clone()))).collect();
        override_below(root, "with", Data::Map(options).into());
    }
    let kind = root.tag.as_deref().or_else(|| root.get("jtype").and_then(Node::as_text));
    if let Some(options) = layers.gateway_options().filter(|_| kind != Some("Deployment")) {
        override_below(root, GATEWAY, options.clone());
    }
    let overrides: BTreeMap<&str, &Node<'static>> =
        layers.executors().filter_map(|name| Some((name, layers.flow_options(name)?))).collect();
    if overrides.is_empty() {
        return Vec::new();
    }
    let found = override_executors(root, &overrides);
    overrides.into_keys().filter(|name| !found.contains(*name)).collect()
}

/// Merges options into the executors with the same names. Returns the names that were found.
fn override_executors(root: &mut Node<'_>, overrides: &BTreeMap<&str, &Node<'static>>) -> HashSet<String> {
    let mut found = HashSet::new();
    let mut has_list = false;
    for list in ["executors", "deployments", PODS] {
        let Some(Data::List(entries)) = root.get_mut(list).map(|node| &mut node.data) else { continue };
        has_list = true;
        for (index, entry) in entries.iter_mut().enumerate() {
            let known = entry.get("name").or_else(|| entry.get("with")?.get("name")).map(Node::shown);
            // An executor without a name gets a name from its place in the list.
            let name = known.unwrap_or_else(|| format!("executor{index}"));
            let Some(options) = overrides.get(name.as_str()) else { continue };
            if entry.get("jtype").is_some() && entry.get("with").is_some() {
                override_below(entry, "with", (*options).clone());
            } else {
                let mark = entry.mark;
                merge_layer(entry, with_mark((*options).clone(), mark));
            }
            found.insert(name);
        }
    }
    if !has_list {
        let known = root.get("with").and_then(|with| with.get("name")).or_else(|| root.get("name"));
        let name = known.map_or("executor".to_owned(), Node::shown);
        if let Some(options) = overrides.get(name.as_str()) {
            override_below(root, "with", (*options).clone());
            found.insert(name);
        }
    }
    found
}

/// Merges options into the mapping `above.name`. Creates the mapping if it is missing.
fn override_below(above: &mut Node<'_>, name: &'static str, options: Node<'static>) {
    if above.get(name).is_none_or(Node::is_null) {
        above.set(name, Node { mark: above.mark, tag: None, data: Data::Map(Vec::new()) });
    }
    // The reader of the Flow reports a value that is not a mapping.
    if let Some(known) = above.get_mut(name).filter(|known| known.as_map().is_some()) {
        let mark = known.mark;
        merge_layer(known, with_mark(options, mark));
    }
}

/// Replaces the mark of the options with the mark of their target, so that findings point to the target.
fn with_mark(mut node: Node<'static>, mark: Mark) -> Node<'static> {
    node.mark = mark;
    node.data = match node.data {
        Data::Map(pairs) => Data::Map(pairs.into_iter().map(|(key, value)| (with_mark(key, mark), with_mark(value, mark))).collect()),
        Data::List(entries) => Data::List(entries.into_iter().map(|entry| with_mark(entry, mark)).collect()),
        scalar @ Data::Scalar(_) => scalar,
    };
    node
}

/// Reports entries for executors, heads and shards that the Flow does not have. `unchanged` is the result of [`apply`].
pub fn check(flow: &Flow, settings: &Settings, unchanged: &[&str], path: &Path<'_>, findings: &mut Findings) {
    let layers = &settings.layers;
    let executors = path.key("executors");
    let known: HashMap<&str, &Executor> = flow.executors.iter().map(|executor| (executor.name.as_str(), executor)).collect();
    let unchanged: HashSet<&str> = unchanged.iter().copied().collect();
    for name in layers.executors() {
        let path = executors.key(name);
        let Some(executor) = known.get(name) else {
            let finding = Code::UnknownExecutor.error(path, "is not an executor of the Flow");
            let near = findings.nearest(name, flow.executors.iter().map(|executor| executor.name.as_str()));
            findings.push(match near {
                Some(near) => finding.propose(near),
                None if name == GATEWAY => finding.fix("write the fields below `spec.gateway`"),
                None => finding.fix("use a name from `executors` of the Flow"),
            });
            continue;
        };
        if unchanged.contains(name) {
            let message = "cannot be merged: the name of the executor comes from a variable";
            findings.push(Code::ExecutorNameFromVariable.error(path.key("flow"), message).fix("write the name in the Flow"));
        }
        check_executor(executor, settings, &path, findings);
    }
    match &flow.gateway {
        None if layers.has_gateway() => {
            let finding = Code::FieldWithoutEffect.warning(path.key(GATEWAY), "has no effect: a Deployment has no gateway");
            findings.push(finding.fix("remove it"));
        }
        Some(options) if layers.gateway_sets(CONFIG_FILE) => check_config_file(options, &path.key(GATEWAY), findings),
        _ => {}
    }
}

/// Reports fields of an executor's entry that have no effect on that executor.
fn check_executor(executor: &Executor, settings: &Settings, path: &Path<'_>, findings: &mut Findings) {
    let (name, layers) = (&executor.name, &settings.layers);
    if executor.options.flag(Opt::External) {
        for field in layers.pod_fields(name) {
            let message = "has no effect: the executor is external, and its pods are not rendered";
            findings.push(Code::FieldWithoutEffect.warning(path.key(field), message).fix("remove it"));
        }
        return;
    }
    if layers.pod_fields(name).any(|field| field == CONFIG_FILE) && (executor.options.is_given(Opt::Uses) || !settings.sets_image_of(name))
    {
        check_config_file(&executor.options, path, findings);
    }
    // The number of shards may be unknown.
    if executor.options.is_incomplete() {
        return;
    }
    let shards = executor.options.int(Opt::Shards);
    let parts = layers.parts(name);
    if parts.has_head && shards < 2 {
        let message = "has no effect: an executor with a single shard has no head";
        let finding = Code::FieldWithoutEffect.warning(path.key("head"), message);
        findings.push(finding.fix("remove it, or give the executor more shards"));
    }
    let path = path.key("shards");
    for number in parts.shards.into_iter().filter(|number| i64::from(*number) >= shards) {
        let number = number.to_string();
        let message = format!("is not a shard of this executor, which has {shards}");
        findings.push(Code::UnknownShard.error(path.key(&number), message).fix(format!("use 0 to {}", shards - 1)));
    }
}

/// The field with the name of the configuration file in an image.
const CONFIG_FILE: &str = "configFile";

/// Reports `configFile` for an executor that does not read a configuration file from an image.
fn check_config_file(options: &Options, path: &Path<'_>, findings: &mut Findings) {
    let reason = match (options.inline(), options.text(Opt::Uses)) {
        (Some(_), _) => "the configuration is in the Flow",
        (None, None) => "the Flow names no image in `uses`",
        (None, Some(_)) => return,
    };
    findings.push(Code::FieldWithoutEffect.warning(path.key(CONFIG_FILE), format!("has no effect: {reason}")).fix("remove it"));
}
