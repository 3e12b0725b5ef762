//! JinaFlows among manifests that were not rendered, or that would be applied to the cluster.

use std::borrow::Cow;
use std::collections::HashSet;

use super::objects::Objects;
use crate::check::{NOT_LOCAL, is_local};
use crate::finding::{Code, Finding};
use crate::manifests::labels::label_value;
use crate::reconcile::ownership::{OBJECT, Owner};
use crate::yaml::View;

/// The label of rendered objects with the name of their Flow.
const FLOW: &str = "flow.jina.ai/flow";

/// The annotation by which kustomize runs a function.
const FUNCTION: &str = "config.kubernetes.io/function";

/// A JinaFlow that can be rendered.
#[derive(Debug)]
pub struct Unrendered {
    /// The index of the JinaFlow among the objects.
    pub object: usize,
    /// The names of the executors and of their components.
    pub executors: Vec<String>,
    /// Whether the rendered objects have labels with the name of the Flow.
    pub has_labels: bool,
}

/// Returns findings about JinaFlows, with the indices of their objects. `running` has the names of the executors that run.
pub fn judge<'n>(flows: &[Unrendered], objects: &'n Objects<'_>, running: impl Iterator<Item = &'n str>) -> Vec<(usize, Finding)> {
    if flows.is_empty() {
        return Vec::new();
    }
    let running: HashSet<&str> = running.collect();
    let mut rendered = HashSet::new();
    for object in objects.views() {
        let of = |field, key| object.at(field)?.get(key)?.as_text();
        rendered.extend(of("metadata.labels", FLOW));
        rendered.extend(
            of("metadata.annotations", OBJECT).filter(|value| Owner::parse(value).is_some()).and_then(|value| value.split('/').next()),
        );
    }
    let judged = |flow: &Unrendered| {
        let object = objects.view(flow.object)?;
        let name = object.text_at("metadata.name");
        let runs = |executor: &String| running.contains(executor.as_str());
        let has_objects = names(name).any(|name| rendered.contains(name)) || (!flow.has_labels && flow.executors.iter().any(runs));
        Some((flow.object, finding(object, has_objects)?))
    };
    flows.iter().filter_map(judged).collect()
}

/// The names that a label may have for a Flow: the name of the Flow, also without a prefix or suffix of an overlay.
fn names(name: &str) -> impl Iterator<Item = &str> {
    const LONGEST: usize = 253;
    let name = if name.len() > LONGEST { "" } else { name };
    let label = match label_value(name) {
        Cow::Borrowed(label) => label,
        // A label is cut if it is too long.
        Cow::Owned(label) => name.get(..label.len()).unwrap_or_default(),
    };
    let behind = name.match_indices('-').map(|(at, _)| &name[at + 1..]);
    let before = name.match_indices('-').map(|(at, _)| &name[..at]);
    [name, label].into_iter().chain(behind).chain(before).filter(|name| !name.is_empty())
}

/// The command for a kpt package, with a flag that also works if the Kptfile names an image.
const KPT: &str = "kpt fn render --allow-exec";

fn finding(node: View<'_>, has_objects: bool) -> Option<Finding> {
    if !has_objects {
        let finding = Code::FlowNotRendered.error("", "was not rendered: none of its objects is here");
        let function = node.at("metadata.annotations").and_then(|annotations| annotations.get(FUNCTION));
        let kustomize = "in kustomize, list it under `generators:`, not under `resources:`";
        return Some(finding.fix(match function {
            Some(_) => format!("{kustomize}; in kpt, run: {KPT}; without either, run: jinaflow export FILE"),
            None => format!("run: jinaflow export FILE | jinaflow check -; in kpt, run: {KPT}; {kustomize}"),
        }));
    }
    applied(node)
}

/// The finding about a JinaFlow that has no annotation against being applied to the cluster.
fn applied(node: View<'_>) -> Option<Finding> {
    let (message, fix) = NOT_LOCAL;
    (!is_local(node)).then(|| Code::LocalConfigMissing.warning("metadata.annotations", message).fix(fix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_recognized_by_its_name_without_prefix_and_suffix() {
        assert_eq!(names("dev-search").collect::<Vec<_>>(), ["dev-search", "dev-search", "search", "dev"]);
        let long = format!("{}-x", "a".repeat(70));
        assert!(names(&long).any(|name| name == "a".repeat(63)));
        assert_eq!(names("").next(), None);
    }
}
