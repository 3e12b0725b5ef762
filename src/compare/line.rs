//! One difference, as people read it.

use std::collections::{BTreeMap, BTreeSet};

use super::renames::Renames;
use super::values::Value;

/// What a line is about. The order is that of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Topic {
    /// The image of a container.
    Image,
    /// The number of pods, or the bounds of an autoscaler.
    Replicas,
    /// An argument of Jina.
    Option,
    /// An environment variable.
    Variable,
    /// A file of a ConfigMap or Secret.
    File,
    /// Requests and limits.
    Resources,
    /// Claims.
    Storage,
    /// The time that pods have to end.
    Drain,
    /// Another field of the pods.
    Pod,
    /// How pods are replaced.
    Rollout,
    /// Another field of an object.
    Field,
    /// A label.
    Label,
    /// An annotation.
    Annotation,
}

impl Topic {
    /// The word for the topic.
    pub fn word(self) -> &'static str {
        match self {
            Topic::Image => "image",
            Topic::Replicas => "replicas",
            Topic::Option => "option",
            Topic::Variable => "variable",
            Topic::File => "file",
            Topic::Resources => "resources",
            Topic::Storage => "storage",
            Topic::Drain => "drain",
            Topic::Pod => "pod",
            Topic::Rollout => "rollout",
            Topic::Field => "field",
            Topic::Label => "label",
            Topic::Annotation => "annotation",
        }
    }
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Line {
    /// What the line is about.
    pub topic: Topic,
    /// The name of the option, variable or field; empty if the topic says everything.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The old value; `None` if it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The new value; `None` if it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

impl Line {
    /// A line with both values.
    pub fn new(topic: Topic, name: impl Into<String>, old: Option<String>, new: Option<String>) -> Self {
        Self { topic, name: name.into(), old, new }
    }
}

/// Lines for the values that differ by more than the changes of names.
pub fn lines(topic: Topic, old: &BTreeMap<String, Value>, new: &BTreeMap<String, Value>, renames: &Renames) -> Vec<Line> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = names.into_iter().filter(|name| Value::differs(old.get(*name), new.get(*name), renames));
    let line = |name: &String| {
        let (old, new) = (old.get(name), new.get(name));
        let shown = |value: Option<&Value>| value.map(|value| value.shown.clone());
        match (old, new) {
            // Content of a Secret is not shown.
            (Some(before), Some(after)) if before.shown == after.shown && topic == Topic::Option => {
                Line::new(topic, format!("{name} {} changes its type", after.shown), None, None)
            }
            (Some(before), Some(after)) if before.shown == after.shown => {
                let change = match (&before.hidden, &after.hidden) {
                    (Some(_), Some(_)) => "has new content",
                    (None, _) => "is now in the manifests",
                    (_, None) => "is no longer in the manifests",
                };
                Line::new(topic, format!("{name}: {} {change}", after.shown), None, None)
            }
            _ => Line::new(topic, name, shown(old), shown(new)),
        }
    };
    changed.map(line).collect()
}
