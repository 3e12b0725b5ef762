//! A JinaFlow among manifests: whether it was rendered, and whether a cluster would get it.

use std::borrow::Cow;
use std::collections::HashSet;

use super::objects::Objects;
use crate::check::is_local;
use crate::finding::Finding;
use crate::manifests::labels::label_value;
use crate::reconcile::ownership::{OBJECT, Owner};
use crate::yaml::View;

/// The label of rendered objects that names their Flow.
const FLOW: &str = "flow.jina.ai/flow";

/// The annotation by which kustomize runs a function.
const FUNCTION: &str = "config.kubernetes.io/function";

/// A JinaFlow that can be rendered.
#[derive(Debug)]
pub struct Unrendered {
    /// Its place among the objects.
    pub object: usize,
    /// What Jina calls its executors.
    pub executors: Vec<String>,
    /// Whether its objects say whose they are.
    pub has_labels: bool,
}

/// What is to be said of JinaFlows. `running` is what Jina calls the executors that run.
pub fn judge<'n>(flows: &[Unrendered], objects: &'n Objects<'_>, running: impl Iterator<Item = &'n str>) -> Vec<(usize, Finding)> {
    if flows.is_empty() {
        return Vec::new();
    }
    let running: HashSet<&str> = running.collect();
    let mut rendered = HashSet::new();
    for object in objects.views() {
        let of = |field, key| object.get("metadata").and_then(|metadata| metadata.get(field)?.get(key)?.as_text());
        rendered.extend(of("labels", FLOW));
        rendered.extend(of("annotations", OBJECT).filter(|value| Owner::parse(value).is_some()).and_then(|value| value.split('/').next()));
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

/// What objects may say a Flow is called: its name, or that which it had before a prefix or suffix.
fn names(name: &str) -> impl Iterator<Item = &str> {
    const LONGEST: usize = 253;
    let name = if name.len() > LONGEST { "" } else { name };
    let label = match label_value(name) {
        Cow::Borrowed(label) => label,
        // A label is cut where it is too long.
        Cow::Owned(label) => name.get(..label.len()).unwrap_or_default(),
    };
    let behind = name.match_indices('-').map(|(at, _)| &name[at + 1..]);
    let before = name.match_indices('-').map(|(at, _)| &name[..at]);
    [name, label].into_iter().chain(behind).chain(before).filter(|name| !name.is_empty())
}

fn finding(node: View<'_>, has_objects: bool) -> Option<Finding> {
    if !has_objects {
        let finding = Finding::error("", "was not rendered: nothing of it is here");
        let function = node.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(FUNCTION));
        let kustomize = "in kustomize, list it under `generators:` and not under `resources:`";
        return Some(finding.fix(match function {
            Some(_) => format!("{kustomize}; in kpt, run: kpt fn render; without either, run: jinaflow export FILE"),
            None => format!("run: jinaflow export FILE | jinaflow check -; in kpt, run: kpt fn render; {kustomize}"),
        }));
    }
    applied(node)
}

/// A JinaFlow that is not marked as one for nobody's cluster.
fn applied(node: View<'_>) -> Option<Finding> {
    let message = "would go to the cluster, which knows no such kind: kubectl apply and kpt live apply fail on it";
    let finding = || Finding::warning("metadata.annotations", message).fix("add config.kubernetes.io/local-config: \"true\"");
    (!is_local(node)).then(finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_is_known_by_what_it_was_called_before() {
        assert_eq!(names("dev-search").collect::<Vec<_>>(), ["dev-search", "dev-search", "search", "dev"]);
        let long = format!("{}-x", "a".repeat(70));
        assert!(names(&long).any(|name| name == "a".repeat(63)));
        assert_eq!(names("").next(), None);
    }
}
