//! The labels by which a workload finds its pods, and by which its next version finds the same pods.

use crate::yaml::View;

/// The labels that select the pods of a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// `NAME=VALUE`, for each label that selects the old pods.
    pub old: Vec<String>,
    /// The labels that the new selector has besides.
    pub added: Vec<[String; 2]>,
}

impl Labels {
    /// The labels of two workloads; `None` if the new selector has a label of the old one with another value. If old pods get another
    /// value, their ReplicaSet replaces them.
    pub fn of(old: View<'_>, new: View<'_>) -> Option<Self> {
        const PATH: &str = "spec.selector.matchLabels";
        let (known, wanted) = (old.map_at(PATH), new.map_at(PATH));
        let value = |name: &str| known.iter().find(|(key, _)| key.text() == name).map(|(_, value)| value.text());
        let has_same = |(key, label): (View<'_>, View<'_>)| value(key.text()).is_none_or(|value| value == label.text());
        let is_expression = [old, new].iter().any(|object| !object.list_at("spec.selector.matchExpressions").is_empty());
        if known.iter().next().is_none() || is_expression || !wanted.iter().all(has_same) {
            return None;
        }
        let added = wanted.iter().filter(|(key, _)| value(key.text()).is_none());
        let added: Vec<[String; 2]> = added.map(|(key, value)| [key.text().to_owned(), value.text().to_owned()]).collect();
        let old = known.iter().map(|(key, value)| format!("{}={}", key.text(), value.text())).collect();
        (!added.is_empty()).then_some(Self { old, added })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{Arena, Node, read};

    fn labels(old: &str, new: &str) -> Option<Labels> {
        let object = |labels: &str| {
            let text = format!("{{spec: {{selector: {{matchLabels: {labels}}}}}}}");
            read(&text).ok().and_then(|document| document.root).map(Node::into_owned)
        };
        let (old, new) = (object(old)?, object(new)?);
        let mut arena = Arena::new("");
        let (old, new) = (arena.add(&old), arena.add(&new));
        Labels::of(arena.view(old), arena.view(new))
    }

    #[test]
    fn only_additional_labels_lead_to_old_pods() {
        assert!(labels("{app: a}", "{app: a, team: b}").is_some());
        assert!(labels("{app: a}", "{component: a}").is_some());
        assert!(labels("{app: a}", "{app: b}").is_none());
        assert!(labels("{app: a, team: b}", "{app: a}").is_none());
        assert!(labels("{}", "{app: a}").is_none());
    }
}
