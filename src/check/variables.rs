//! The variables of a container, expanded as the kubelet expands them: `envFrom`, then `env`, where each value may refer to
//! earlier ones.
//!
//! A variable may refer twice to another variable, which may refer twice to a third variable: the size doubles each time.
//! So the size of the expansion is limited, for a container and for the whole check.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use super::cluster::{Cluster, DataOf};
use super::object::SeenObject;
use super::pod::SeenContainer;
use super::report::Report;
use super::words::{RUNTIME, WordList};
use crate::finding::{Code, FieldPath};
use crate::yaml::View;

/// The bytes that references may add to the variables and arguments of a container. Linux does not start a process with
/// more.
pub const MOST_OF_A_CONTAINER: usize = 2 << 20;

/// The number of sources in which a variable is looked up.
const MOST_SOURCES: usize = 1000;

/// An entry of `envFrom`.
#[derive(Debug)]
struct Source<'c> {
    prefix: &'c str,
    data: Rc<DataOf<'c>>,
    is_secret: bool,
}

/// The variables of a container.
#[derive(Debug)]
pub struct Variables<'c> {
    values: HashMap<&'c str, String>,
    sources: Vec<Source<'c>>,
    /// Whether the container may have further variables with unknown names.
    are_open: bool,
    /// The index in `env` of each variable.
    places: HashMap<&'c str, usize>,
    left: Cell<usize>,
}

impl<'c> Variables<'c> {
    /// Expands the variables of a container. `left` is the number of bytes that references may add.
    pub fn of(container: View<'c>, cluster: &Cluster<'c>, object: &SeenObject<'c>, left: usize) -> Self {
        let (values, sources, places) = (HashMap::new(), Vec::new(), HashMap::new());
        let mut variables = Self { values, sources, are_open: false, places, left: Cell::new(left) };
        let namespace = object.namespace();
        for source in container.list_at("envFrom").iter() {
            let map = cluster.data("ConfigMap", namespace, source.text_at("configMapRef.name"));
            let is_secret = map.is_none();
            match map.or_else(|| cluster.data("Secret", namespace, source.text_at("secretRef.name"))) {
                Some(data) => variables.sources.push(Source { prefix: source.text_at("prefix"), data, is_secret }),
                None => variables.are_open = true,
            }
        }
        if variables.sources.len() > MOST_SOURCES {
            variables.are_open = true;
            variables.sources.truncate(MOST_SOURCES);
        }
        for (place, entry) in container.list_at("env").iter().enumerate() {
            let value = match entry.get("valueFrom") {
                None => variables.expanded(entry.text_at("value")),
                Some(from) => {
                    let map = cluster.data("ConfigMap", namespace, from.text_at("configMapKeyRef.name"));
                    let value = map.and_then(|data| data.get(from.text_at("configMapKeyRef.key"))?.as_text());
                    let is_namespace = from.text_at("fieldRef.fieldPath") == "metadata.namespace" && !namespace.is_empty();
                    let known = if is_namespace { Some(namespace) } else { value };
                    known.filter(|value| variables.may_add(value.len())).map_or_else(|| RUNTIME.to_string(), str::to_owned)
                }
            };
            let name = entry.text_at("name");
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

    /// The bytes that references may still add.
    pub fn left(&self) -> usize {
        self.left.get()
    }

    /// The index in `env` of a variable.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// A string with `$(NAME)` replaced, and `$$` by a dollar. A name without a value is not replaced
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

    /// The value of a variable. Values of ConfigMaps are not expanded.
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

    /// Whether a variable may get its value at run time: Kubernetes adds variables for every Service.
    fn is_runtime(&self, name: &str) -> bool {
        self.are_open || name.contains("_SERVICE_") || name.contains("_PORT")
    }
}

/// [`RUNTIME`] as a string.
const RUNTIME_TEXT: &str = "\u{fffc}";

/// A part of a string that the kubelet expands.
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

/// The parts of a string. A `$(` after the last closing parenthesis is not searched for its end, so many
/// unclosed references take little time.
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

/// Reports containers with variables that are too large for a process.
pub fn sizes(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        for container in &workload.containers {
            if let Some(path) = overflow(container) {
                let message = format!("refers to variables of more than {} MB in total", MOST_OF_A_CONTAINER >> 20);
                report.push(workload.object, Code::TooLarge.error(path, message).fix("shorten them: Linux cannot start such a process"));
            }
        }
    }
}

/// The field at which references exceed the limit. Only the sizes are added up; no variable is expanded.
fn overflow(container: &SeenContainer<'_>) -> Option<FieldPath> {
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
    for (index, entry) in container.view.list_at("env").iter().enumerate() {
        let (bytes, is_too_much) = length(entry.text_at("value"), &lengths);
        if is_too_much {
            return Some(container.path.key("env").index(index).key("value"));
        }
        lengths.insert(entry.text_at("name"), bytes);
    }
    for list in [WordList::Command, WordList::Args] {
        for (index, word) in container.view.list_at(list.field()).iter().enumerate() {
            if length(word.text(), &lengths).1 {
                return Some(container.path.key(list.field()).index(index));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_distinguished_from_other_dollars() {
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
