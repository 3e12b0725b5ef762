//! The commands around an apply that replace what the API server refuses to change. Where it is possible, the old pods serve requests
//! until the new ones are ready.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::change::Identity;
use super::fields::differences;
use super::immutable;
use super::pod_labels::Labels;
use crate::check::SeenObject;
use crate::yaml::{Arena, Node};

/// An object that is deleted because an apply cannot change it into its next version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// The object as the cluster has it.
    pub identity: Identity,
    /// The labels of its pods, if the new workload can find the old pods by additional labels.
    pub labels: Option<Labels>,
    /// Whether the new object has another kind, so that both can exist.
    pub has_other_kind: bool,
}

impl Leaving {
    /// Whether its pods stay when it is deleted, until the new object takes them over or replaces them.
    fn is_orphaning(&self) -> bool {
        self.identity.kind == "StatefulSet" || (self.identity.kind == "Deployment" && self.labels.is_some())
    }
}

/// An object that cannot become `new` by an apply; `None` if it can.
pub fn leaving(old: &Node<'_>, new: &Node<'_>) -> Option<Leaving> {
    let mut arena = Arena::new("");
    let (old, new) = (arena.add(old), arena.add(new));
    let (old, new) = (arena.view(old), arena.view(new));
    let kind = new.text_at("kind");
    let has_other_kind = old.text_at("kind") != kind;
    if !has_other_kind && immutable::refused(kind, old, new, &differences("", Some(old), Some(new))).is_empty() {
        return None;
    }
    Some(Leaving { identity: Identity::of(&SeenObject::of(old, &mut HashSet::new())), labels: Labels::of(old, new), has_other_kind })
}

/// The commands before an apply: new labels for the pods that stay, and the deletion of the objects that are refused.
pub fn before(leaving: &[Leaving]) -> Vec<String> {
    let labelled = leaving.iter().filter_map(|object| Some((object, object.labels.as_ref()?)));
    let label = |(object, labels): (&Leaving, &Labels)| {
        let added: Vec<String> = labels.added.iter().map(|pair| word(&pair.join("="))).collect();
        command("label pods", &object.identity.namespace, &format!("--selector {} {}", word(&labels.old.join(",")), added.join(" ")))
    };
    let mut commands: Vec<String> = labelled.filter(|(object, _)| object.is_orphaning()).map(label).collect();
    let mut groups: BTreeMap<(&str, bool), Vec<String>> = BTreeMap::new();
    for object in leaving.iter().filter(|object| !object.has_other_kind) {
        let argument = word(&object.identity.argument());
        groups.entry((&object.identity.namespace, object.is_orphaning())).or_default().push(argument);
    }
    // Services last: without them, requests fail until the apply.
    let by_kind = |argument: &String| argument.starts_with("service/");
    for ((namespace, is_orphaning), mut arguments) in groups.into_iter().rev() {
        arguments.sort();
        arguments.sort_by_key(by_kind);
        let flag = if is_orphaning { "--cascade=orphan " } else { "" };
        commands.push(command("delete", namespace, &format!("{flag}{}", arguments.join(" "))));
    }
    commands
}

/// The commands after an apply, when the new pods are ready: the deletion of what still runs old pods.
pub fn after(leaving: &[Leaving]) -> Vec<String> {
    // The old selectors, by namespace, by their label, and by the labels that only the new pods have.
    let mut groups: BTreeMap<(&str, &str, BTreeSet<&str>), Vec<&str>> = BTreeMap::new();
    let mut commands = Vec::new();
    for object in leaving.iter().filter(|object| object.identity.kind == "Deployment" && !object.has_other_kind) {
        let Some(labels) = &object.labels else { continue };
        let added: BTreeSet<&str> = labels.added.iter().map(|[name, _]| name.as_str()).collect();
        let namespace = object.identity.namespace.as_str();
        match labels.old.as_slice() {
            [one] => {
                let (name, value) = one.split_once('=').unwrap_or((one, ""));
                groups.entry((namespace, name, added)).or_default().push(value);
            }
            several => commands.push(delete_replica_sets(namespace, &several.join(","), &added)),
        }
    }
    for ((namespace, name, added), values) in groups {
        let selector = if let [one] = values.as_slice() { format!("{name}={one}") } else { format!("{name} in ({})", values.join(", ")) };
        commands.push(delete_replica_sets(namespace, &selector, &added));
    }
    let others = leaving.iter().filter(|object| object.has_other_kind).map(|object| &object.identity);
    commands.extend(others.map(|identity| command("delete", &identity.namespace, &word(&identity.argument()))));
    commands
}

fn delete_replica_sets(namespace: &str, selector: &str, added: &BTreeSet<&str>) -> String {
    let without: String = added.iter().map(|name| format!(",!{name}")).collect();
    command("delete replicasets", namespace, &format!("--selector {}", word(&format!("{selector}{without}"))))
}

/// A command of kubectl.
pub fn command(verb: &str, namespace: &str, arguments: &str) -> String {
    let flag = if namespace.is_empty() { String::new() } else { format!(" --namespace {}", word(namespace)) };
    format!("kubectl {verb}{flag} {arguments}")
}

/// A word of a command. Names of Kubernetes need no quotes, but a name in manifests may be any string.
pub fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._/,=:".contains(c);
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    let text: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    format!("'{}'", text.replace('\'', r"'\''"))
}
