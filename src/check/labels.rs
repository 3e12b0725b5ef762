//! Labels and who selects them.

use std::collections::HashMap;

use super::fields::{list, pairs, plain, text};
use super::object::Index;
use super::work::Work;
use crate::yaml::Node;

/// The label by which one pod of a StatefulSet is selected: its name.
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// Labels that controllers set on the pods that they make, so that no template has them
/// (<https://kubernetes.io/docs/reference/labels-annotations-taints/>).
const OF_CONTROLLERS: [&str; 17] = [
    POD_NAME,
    "apps.kubernetes.io/pod-index",
    "controller-revision-hash",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
    "jobset.sigs.k8s.io/job-index",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "kubernetes.io/hostname",
    "security.istio.io/tlsMode",
    "linkerd.io/control-plane-ns",
];

/// Things that selectors select, by namespace and label.
#[derive(Debug, Default)]
pub struct Labelled<'o> {
    by_namespace: HashMap<&'o str, Vec<usize>>,
    /// By namespace, key and value.
    by_label: Index<'o>,
    /// By namespace and key.
    by_key: Index<'o>,
    members: Vec<Member<'o>>,
}

#[derive(Debug)]
struct Member<'o> {
    labels: HashMap<&'o str, &'o str>,
    /// The name of the StatefulSet that makes it.
    set: Option<&'o str>,
    are_pods: bool,
}

/// What a selector found.
#[derive(Debug, Default)]
pub struct Selected {
    /// By their places among those that were added.
    pub members: Vec<usize>,
    /// Whether there may be more, which would have taken too long to find.
    pub is_cut: bool,
}

impl<'o> Labelled<'o> {
    /// Adds something that has labels.
    pub fn add(&mut self, namespace: &'o str, labels: Option<&'o Node<'o>>) {
        self.push(namespace, labels, None, false);
    }

    /// Adds the pods of a workload. `set` is the name of a StatefulSet.
    pub fn add_pods(&mut self, namespace: &'o str, labels: Option<&'o Node<'o>>, set: Option<&'o str>) {
        self.push(namespace, labels, set, true);
    }

    fn push(&mut self, namespace: &'o str, labels: Option<&'o Node<'o>>, set: Option<&'o str>, are_pods: bool) {
        let id = self.members.len();
        let labels: HashMap<&str, &str> =
            labels.and_then(Node::as_map).unwrap_or_default().iter().map(|(key, value)| (plain(key), plain(value))).collect();
        self.by_namespace.entry(namespace).or_default().push(id);
        for (key, value) in &labels {
            self.by_key.add([namespace, key, ""], id);
            self.by_label.add([namespace, key, value], id);
        }
        if let Some(set) = set {
            self.by_label.add([namespace, POD_NAME, set], id);
        }
        self.members.push(Member { labels, set, are_pods });
    }

    /// What a selector selects in a namespace, up to as many.
    pub fn selected(&self, namespace: &str, selector: Selector<'_>, most: usize, work: &Work) -> Selected {
        let wanted = Wanted::of(selector);
        let cost = 1 + wanted.pairs.len() + wanted.expressions.len();
        let mut found = Selected::default();
        for id in self.candidates(namespace, &wanted).into_iter().flatten() {
            if found.members.len() >= most {
                break;
            }
            if !work.take(cost) {
                found.is_cut = true;
                break;
            }
            if self.members[*id].meets(&wanted, true) {
                found.members.push(*id);
            }
        }
        found.members.sort_unstable();
        found.members.dedup();
        found
    }

    /// Whether a selector selects one of them, by nothing but the labels that it was given.
    pub fn is_selected(&self, member: usize, selector: Selector<'_>) -> bool {
        self.members.get(member).is_some_and(|member| member.meets(&Wanted::of(selector), false))
    }

    /// A label of one of them.
    pub fn label(&self, member: usize, key: &str) -> Option<&'o str> {
        self.members.get(member)?.labels.get(key).copied()
    }

    /// The fewest among which all that is wanted is: those with one of the labels that have to be there.
    fn candidates(&self, namespace: &str, wanted: &Wanted<'_>) -> Vec<&[usize]> {
        let mut fewest = vec![self.by_namespace.get(namespace).map(Vec::as_slice).unwrap_or_default()];
        let mut number = fewest[0].len();
        let mut offer = |lists: Vec<_>| {
            let sum = lists.iter().map(|list: &&[usize]| list.len()).sum();
            if sum <= number {
                (fewest, number) = (lists, sum);
            }
        };
        for (key, value) in &wanted.pairs {
            if *key == POD_NAME {
                let set = value.rsplit_once('-').map_or("", |(set, _)| set);
                offer(vec![self.with_label(namespace, key, value), self.with_label(namespace, key, set)]);
            } else if !OF_CONTROLLERS.contains(key) {
                offer(vec![self.with_label(namespace, key, value)]);
            }
        }
        for (key, operator, values) in wanted.expressions.iter().filter(|(key, ..)| !OF_CONTROLLERS.contains(key)) {
            match *operator {
                "In" => offer(values.iter().map(|value| self.with_label(namespace, key, value)).collect()),
                "Exists" => offer(vec![self.by_key.get([namespace, key, ""])]),
                _ => {}
            }
        }
        fewest
    }

    /// Those in a namespace that have a label.
    pub fn with_label(&self, namespace: &str, key: &str, value: &str) -> &[usize] {
        self.by_label.get([namespace, key, value])
    }
}

impl Member<'_> {
    /// Whether its labels are as wanted. Of pods, those count as well that a controller will set.
    fn meets(&self, wanted: &Wanted<'_>, with_controllers: bool) -> bool {
        let is_open = |key: &str| with_controllers && self.are_pods && OF_CONTROLLERS.contains(&key);
        let has = |key: &str, value: &str| match self.labels.get(key) {
            Some(known) => *known == value,
            None if key == POD_NAME && is_open(key) => self.set.is_some_and(|set| is_pod_of(value, set)),
            None => is_open(key),
        };
        let meets = |(key, operator, values): &(&str, &str, Vec<&str>)| {
            let value = self.labels.get(key);
            match *operator {
                _ if value.is_none() && is_open(key) => *key != POD_NAME || self.set.is_some(),
                "In" => value.is_some_and(|value| values.binary_search(value).is_ok()),
                "NotIn" => value.is_none_or(|value| values.binary_search(value).is_err()),
                "Exists" => value.is_some(),
                _ => value.is_none(),
            }
        };
        wanted.pairs.iter().all(|(key, value)| has(key, value)) && wanted.expressions.iter().all(meets)
    }
}

/// Whether a name is that of a pod of a StatefulSet.
fn is_pod_of(pod: &str, set: &str) -> bool {
    let number = pod.strip_prefix(set).and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Labels to be had, and what else is asked of them.
#[derive(Debug, Clone, Copy)]
pub struct Selector<'o> {
    pairs: &'o [(Node<'o>, Node<'o>)],
    expressions: &'o [Node<'o>],
}

/// A selector that has been read.
struct Wanted<'s> {
    pairs: Vec<(&'s str, &'s str)>,
    expressions: Vec<(&'s str, &'s str, Vec<&'s str>)>,
}

impl<'s> Wanted<'s> {
    fn of(selector: Selector<'s>) -> Self {
        let expression = |node: &'s Node<'s>| {
            let mut values: Vec<&str> = list(node, "values").iter().map(plain).collect();
            values.sort_unstable();
            values.dedup();
            (text(node, "key"), text(node, "operator"), values)
        };
        Self {
            pairs: selector.pairs.iter().map(|(key, value)| (plain(key), plain(value))).collect(),
            expressions: selector.expressions.iter().map(expression).collect(),
        }
    }
}

impl<'o> Selector<'o> {
    /// A Service's: labels and nothing else. None selects nothing.
    pub fn of_service(service: &'o Node<'o>) -> Option<Self> {
        let pairs = pairs(service, "spec.selector");
        (!pairs.is_empty()).then_some(Self { pairs, expressions: &[] })
    }

    /// Everybody else's.
    pub fn of(selector: &'o Node<'o>) -> Self {
        Self { pairs: pairs(selector, "matchLabels"), expressions: list(selector, "matchExpressions") }
    }

    /// Whether it asks for nothing, and so selects everything.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.expressions.is_empty()
    }

    /// The labels that it asks for by name.
    pub fn labels(&self) -> impl Iterator<Item = (&'o str, &'o str)> {
        self.pairs.iter().map(|(key, value)| (plain(key), plain(value)))
    }

    /// The values that it speaks of, whatever their keys.
    pub fn values(&self) -> impl Iterator<Item = &'o str> {
        let of_expressions = self.expressions.iter().flat_map(|node| list(node, "values").iter().map(plain));
        self.labels().map(|(_, value)| value).chain(of_expressions)
    }
}
