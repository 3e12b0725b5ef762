//! The variables of a container, as the kubelet makes them: `envFrom`, then `env`, each value with those before it.
//!
//! A value may hold another twice, which holds another twice: what references add is bounded, for a container and for the
//! check as a whole.

use std::cell::Cell;
use std::collections::HashMap;

use super::Report;
use super::cluster::Cluster;
use super::fields::{list, plain, text};
use super::object::Object;
use super::pod::Container;
use super::words::RUNTIME;
use crate::finding::Finding;
use crate::yaml::Node;

/// Bytes that references may add to the variables and arguments of a container: Linux starts no process with more.
pub const MOST_OF_A_CONTAINER: usize = 2 << 20;

/// Sources of variables that are asked for a name.
const MOST_SOURCES: usize = 1000;

/// A source of variables: `envFrom`.
#[derive(Debug)]
struct Source<'c> {
    prefix: &'c str,
    data: &'c HashMap<&'c str, &'c Node<'c>>,
    is_secret: bool,
}

/// The variables of a container.
#[derive(Debug)]
pub struct Variables<'c> {
    values: HashMap<&'c str, String>,
    sources: Vec<Source<'c>>,
    /// Whether there are some that nobody can name.
    are_open: bool,
    /// The place in `env` of each.
    places: HashMap<&'c str, usize>,
    left: Cell<usize>,
}

impl<'c> Variables<'c> {
    /// Reads them. `left` is what references may add.
    pub fn of(container: &'c Node<'c>, cluster: &'c Cluster<'c>, object: &Object<'c>, left: usize) -> Self {
        let (values, sources, places) = (HashMap::new(), Vec::new(), HashMap::new());
        let mut variables = Self { values, sources, are_open: false, places, left: Cell::new(left) };
        for source in list(container, "envFrom") {
            let of = |kind, name| cluster.data(kind, object.namespace, text(source, name));
            let (map, secret) = (of("ConfigMap", "configMapRef.name"), of("Secret", "secretRef.name"));
            match map.or(secret) {
                Some(data) => variables.sources.push(Source { prefix: text(source, "prefix"), data, is_secret: map.is_none() }),
                None => variables.are_open = true,
            }
        }
        if variables.sources.len() > MOST_SOURCES {
            variables.are_open = true;
            variables.sources.truncate(MOST_SOURCES);
        }
        for (place, entry) in list(container, "env").iter().enumerate() {
            let value = match entry.get("valueFrom") {
                None => variables.expanded(text(entry, "value")),
                Some(from) => {
                    let map = cluster.data("ConfigMap", object.namespace, text(from, "configMapKeyRef.name"));
                    let data = map.and_then(|data| data.get(text(from, "configMapKeyRef.key"))?.as_text());
                    let is_namespace = text(from, "fieldRef.fieldPath") == "metadata.namespace" && !object.namespace.is_empty();
                    let known = if is_namespace { Some(object.namespace) } else { data };
                    known.filter(|value| variables.may_add(value.len())).map_or_else(|| RUNTIME.to_string(), str::to_owned)
                }
            };
            let name = text(entry, "name");
            variables.values.insert(name, value);
            variables.places.insert(name, place);
        }
        variables
    }

    fn may_add(&self, bytes: usize) -> bool {
        let left = self.left.get().checked_sub(bytes);
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }

    /// What references may still add.
    pub fn left(&self) -> usize {
        self.left.get()
    }

    /// The place in `env` of a variable.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// A text with `$(NAME)` replaced and `$$` for a dollar; a name without a value stays as it is
    /// (`k8s.io/kubernetes/third_party/forked/golang/expansion`).
    pub fn expanded(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for part in parts(text) {
            let Part::Reference(name) = part else {
                out.push_str(part.text());
                continue;
            };
            match self.value(name) {
                Some(value) if self.may_add(value.len()) => out.push_str(value),
                Some(_) => out.push(RUNTIME),
                None if self.is_runtime(name) => out.push(RUNTIME),
                None => out.push_str(&format!("$({name})")),
            }
        }
        out
    }

    /// The value of a variable. Those of ConfigMaps are not expanded.
    fn value(&self, name: &str) -> Option<&str> {
        if let Some(value) = self.values.get(name) {
            return Some(value);
        }
        let of = |source: &'_ Source<'c>| {
            let value = source.data.get(name.strip_prefix(source.prefix)?)?;
            if source.is_secret { Some(RUNTIME_TEXT) } else { value.as_text() }
        };
        self.sources.iter().rev().find_map(of)
    }

    /// Kubernetes sets variables of its own for every Service.
    fn is_runtime(&self, name: &str) -> bool {
        self.are_open || name.contains("_SERVICE_") || name.contains("_PORT")
    }
}

/// [`RUNTIME`] as a text.
const RUNTIME_TEXT: &str = "\u{fffc}";

/// A part of a text that the kubelet expands.
enum Part<'t> {
    Text(&'t str),
    Reference(&'t str),
}

impl<'t> Part<'t> {
    fn text(&self) -> &'t str {
        match self {
            Part::Text(text) | Part::Reference(text) => text,
        }
    }
}

/// The parts of a text. A parenthesis that nobody closes is looked for once.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let last = text.rfind(')').unwrap_or_default();
    let mut rest = text;
    std::iter::from_fn(move || {
        let at = rest.find('$').unwrap_or(rest.len());
        if at > 0 {
            let (before, behind) = rest.split_at(at);
            rest = behind;
            return Some(Part::Text(before));
        }
        let behind = rest.strip_prefix('$')?;
        let reference = behind.strip_prefix('(').filter(|behind| text.len() - behind.len() <= last);
        if let Some((name, more)) = reference.and_then(|behind| behind.split_once(')')) {
            rest = more;
            return Some(Part::Reference(name));
        }
        let length = if behind.starts_with('$') { 2 } else { 1 };
        rest = &rest[length..];
        Some(Part::Text("$"))
    })
}

/// Containers of pods that run Jina whose variables come to more than a process can start with.
pub fn sizes(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        for container in &workload.containers {
            if let Some(path) = overflow(container) {
                let most = MOST_OF_A_CONTAINER >> 20;
                let finding = Finding::error(path, format!("refers to variables that come to more than {most} MB"));
                report.push(workload.object, finding.fix("shorten them: no process starts with so many"));
            }
        }
    }
}

/// The place at which references have added more than fits. Nothing is expanded for that.
fn overflow(container: &Container<'_>) -> Option<String> {
    let mut lengths: HashMap<&str, usize> = HashMap::new();
    let mut added = 0_usize;
    let mut length = |text: &str, lengths: &HashMap<&str, usize>| {
        let mut sum = 0_usize;
        for part in parts(text) {
            let bytes = match part {
                Part::Text(text) => text.len(),
                Part::Reference(name) => {
                    let bytes = lengths.get(name).copied().unwrap_or_default();
                    added = added.saturating_add(bytes);
                    bytes
                }
            };
            sum = sum.saturating_add(bytes);
        }
        (sum, added > MOST_OF_A_CONTAINER)
    };
    for (index, entry) in list(container.node, "env").iter().enumerate() {
        let (bytes, is_too_much) = length(text(entry, "value"), &lengths);
        if is_too_much {
            return Some(format!("{}.env[{index}].value", container.path));
        }
        lengths.insert(text(entry, "name"), bytes);
    }
    for field in ["command", "args"] {
        for (index, word) in list(container.node, field).iter().enumerate() {
            if length(plain(word), &lengths).1 {
                return Some(format!("{}.{field}[{index}]", container.path));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_told_from_dollars() {
        let shown = |text| {
            let show = |part| match part {
                Part::Text(text) => text.to_owned(),
                Part::Reference(name) => format!("<{name}>"),
            };
            parts(text).map(show).collect::<String>()
        };
        assert_eq!(shown("a$(B)$$(C)$D$(E"), "a<B>$(C)$D$(E");
        assert_eq!(shown("$"), "$");
        assert_eq!(shown("$$$(A)"), "$<A>");
        assert_eq!(shown("$()"), "<>");
    }
}
