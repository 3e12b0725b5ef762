//! An object of a cluster: what it is, and what it is called.

use std::collections::HashMap;

use super::fields::{at, plain, text};
use crate::finding::shortened;
use crate::yaml::Node;

/// kpt's mark on what is not for a cluster.
pub const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// What labels and annotations of ours begin with.
const OURS: &str = "flow.jina.ai/";

/// An object.
#[derive(Debug, Clone, Copy)]
pub struct Object<'o> {
    /// All of it.
    pub node: &'o Node<'o>,
    /// `kind`; empty for what is not for a cluster.
    pub kind: &'o str,
    /// The group of `apiVersion`, empty for the core's.
    pub group: &'o str,
    /// `metadata.namespace`, empty where there is none.
    pub namespace: &'o str,
    /// `metadata.name`.
    pub name: &'o str,
}

impl<'o> Object<'o> {
    /// Reads who it is.
    pub fn of(node: &'o Node<'o>) -> Self {
        let version = text(node, "apiVersion");
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let name = text(node, "metadata.name");
        let is_for_a_cluster = !is_local(node) && !version.is_empty() && !name.is_empty();
        let kind = if is_for_a_cluster { text(node, "kind") } else { "" };
        Self { node, kind, group, namespace: text(node, "metadata.namespace"), name }
    }

    /// What messages call it. There may be many of them, and a name may be long that no server takes.
    pub fn label(&self) -> String {
        format!("{}/{}", shortened(self.kind), shortened(self.name))
    }

    /// Whether it carries a label or an annotation of ours.
    pub fn is_ours(&self) -> bool {
        ["metadata.labels", "metadata.annotations"].iter().any(|path| {
            let pairs = at(self.node, path).and_then(Node::as_map).unwrap_or_default();
            pairs.iter().any(|(key, _)| plain(key).starts_with(OURS))
        })
    }
}

/// Whether an object stays out of every cluster.
pub fn is_local(node: &Node<'_>) -> bool {
    let value = at(node, "metadata.annotations").and_then(|annotations| annotations.get(LOCAL_CONFIG));
    value.is_some_and(|value| plain(value) != "false")
}

/// What messages call a namespace.
pub fn named(namespace: &str) -> String {
    if namespace.is_empty() { "no namespace".to_owned() } else { format!("namespace `{}`", shortened(namespace)) }
}

/// The first of many, for a message that stays readable.
pub fn few<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const MOST: usize = 10;
    let mut names = names.filter(|name| !name.is_empty());
    let mut shown: Vec<String> = names.by_ref().take(MOST).map(shortened).collect();
    if names.next().is_some() {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

/// What is found by three words, in the order in which it was added.
#[derive(Debug, Default)]
pub struct Index<'o>(HashMap<&'o str, HashMap<&'o str, HashMap<&'o str, Vec<usize>>>>);

impl<'o> Index<'o> {
    /// Adds something.
    pub fn add(&mut self, [first, second, third]: [&'o str; 3], id: usize) {
        self.0.entry(first).or_default().entry(second).or_default().entry(third).or_default().push(id);
    }

    /// What was added by these words.
    pub fn get(&self, [first, second, third]: [&str; 3]) -> &[usize] {
        let found = self.0.get(first).and_then(|inner| inner.get(second)?.get(third));
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// All that was added, by its words.
    pub fn values(&self) -> impl Iterator<Item = &[usize]> {
        self.0.values().flat_map(HashMap::values).flat_map(HashMap::values).map(Vec::as_slice)
    }
}
