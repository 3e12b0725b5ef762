//! Labels and selectors.

use std::collections::HashMap;

use super::lookup::Lookup;
use super::work::Work;
use crate::yaml::{List, Map, View};

/// The label that selects one pod of a StatefulSet by its name.
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

/// Labels that controllers set on the pods that they create, so no template has them
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

/// Pods or Services by namespace and labels.
#[derive(Debug, Default)]
pub struct Labelled<'o> {
    by_namespace: HashMap<&'o str, Vec<u32>>,
    /// The members that have a label, by namespace and by the key of the label.
    by_key: HashMap<&'o str, HashMap<&'o str, WithKey<'o>>>,
    members: Vec<Member<'o>>,
}

/// The members that have a label with a key: all members, and the members for each value.
#[derive(Debug, Default)]
struct WithKey<'o> {
    all: Vec<u32>,
    by_value: HashMap<&'o str, Vec<u32>>,
}

#[derive(Debug)]
struct Member<'o> {
    labels: Lookup<'o, &'o str>,
    /// The name of the StatefulSet that creates the pods.
    set: Option<&'o str>,
    are_pods: bool,
}

/// The result of a selection.
#[derive(Debug, Default)]
pub struct Selected {
    /// The selected members, in the order in which they were added.
    pub members: Vec<usize>,
    /// Whether the search took too long and was stopped.
    pub is_cut: bool,
}

impl<'o> Labelled<'o> {
    /// Adds a Service.
    pub fn add(&mut self, namespace: &'o str, labels: Option<View<'o>>) {
        self.push(namespace, labels, None, false);
    }

    /// Adds the pods of a workload. `set` is the name of the workload if it is a StatefulSet.
    pub fn add_pods(&mut self, namespace: &'o str, labels: Option<View<'o>>, set: Option<&'o str>) {
        self.push(namespace, labels, set, true);
    }

    fn push(&mut self, namespace: &'o str, labels: Option<View<'o>>, set: Option<&'o str>, are_pods: bool) {
        let id = u32::try_from(self.members.len()).unwrap_or(u32::MAX);
        let labels: Lookup<'_, &str> =
            labels.and_then(View::as_map).unwrap_or_default().iter().map(|(key, value)| (key.text(), value.text())).collect();
        self.by_namespace.entry(namespace).or_default().push(id);
        let by_key = self.by_key.entry(namespace).or_default();
        for (key, value) in labels.iter() {
            let with_key = by_key.entry(key).or_default();
            with_key.all.push(id);
            with_key.by_value.entry(value).or_default().push(id);
        }
        if let Some(value) = set {
            by_key.entry(POD_NAME).or_default().by_value.entry(value).or_default().push(id);
        }
        self.members.push(Member { labels, set, are_pods });
    }

    /// The members in a namespace that a selector selects, at most `most` of them.
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
            let id = *id as usize;
            if self.members[id].matches(&wanted, true) {
                found.members.push(id);
            }
        }
        found.members.sort_unstable();
        found.members.dedup();
        found
    }

    /// Whether a selector selects a member by the labels of its template alone.
    pub fn is_selected(&self, member: usize, selector: Selector<'_>) -> bool {
        self.members.get(member).is_some_and(|member| member.matches(&Wanted::of(selector), false))
    }

    /// The value of a label of a member.
    pub fn label(&self, member: usize, key: &str) -> Option<&'o str> {
        self.members.get(member)?.labels.get(key)
    }

    /// The shortest lists that together contain every member that may match, such as the members with one of the required
    /// labels.
    fn candidates<'s>(&'s self, namespace: &str, wanted: &Wanted<'_>) -> Vec<&'s [u32]> {
        let mut fewest = vec![self.by_namespace.get(namespace).map(Vec::as_slice).unwrap_or_default()];
        let mut count = fewest[0].len();
        let mut offer = |lists: Vec<_>| {
            let sum = lists.iter().map(|list: &&[u32]| list.len()).sum();
            if sum <= count {
                (fewest, count) = (lists, sum);
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
        for Expression { key, operator, values } in wanted.expressions.iter().filter(|expression| !OF_CONTROLLERS.contains(&expression.key))
        {
            match *operator {
                "In" => offer(values.iter().map(|value| self.with_label(namespace, key, value)).collect()),
                "Exists" => offer(vec![self.with_key(namespace, key).map(|with_key| with_key.all.as_slice()).unwrap_or_default()]),
                _ => {}
            }
        }
        fewest
    }

    /// The members in a namespace that have a label.
    pub fn with_label(&self, namespace: &str, key: &str, value: &str) -> &[u32] {
        let with_key = self.with_key(namespace, key);
        with_key.and_then(|with_key| with_key.by_value.get(value)).map(Vec::as_slice).unwrap_or_default()
    }

    fn with_key(&self, namespace: &str, key: &str) -> Option<&WithKey<'o>> {
        self.by_key.get(namespace)?.get(key)
    }
}

impl Member<'_> {
    /// Whether the labels match. `with_controllers` also accepts labels that a controller will set on pods.
    fn matches(&self, wanted: &Wanted<'_>, with_controllers: bool) -> bool {
        let is_set_later = |key: &str| with_controllers && self.are_pods && OF_CONTROLLERS.contains(&key);
        let has = |key: &str, value: &str| match self.labels.get(key) {
            Some(known) => known == value,
            None if key == POD_NAME && is_set_later(key) => self.set.is_some_and(|set| is_pod_of(value, set)),
            None => is_set_later(key),
        };
        let matches = |Expression { key, operator, values }: &Expression<'_>| {
            let value = self.labels.get(key);
            match *operator {
                _ if value.is_none() && is_set_later(key) => *key != POD_NAME || self.set.is_some(),
                "In" => value.is_some_and(|value| values.binary_search(&value).is_ok()),
                "NotIn" => value.is_none_or(|value| values.binary_search(&value).is_err()),
                "Exists" => value.is_some(),
                _ => value.is_none(),
            }
        };
        wanted.pairs.iter().all(|(key, value)| has(key, value)) && wanted.expressions.iter().all(matches)
    }
}

/// Whether a name is the name of a pod of a StatefulSet.
fn is_pod_of(pod: &str, set: &str) -> bool {
    let number = pod.strip_prefix(set).and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A selector of an object: required labels, and expressions.
#[derive(Debug, Clone, Copy)]
pub struct Selector<'o> {
    pairs: Map<'o>,
    expressions: List<'o>,
}

/// A selector that is ready to be compared with labels.
struct Wanted<'s> {
    pairs: Vec<(&'s str, &'s str)>,
    expressions: Vec<Expression<'s>>,
}

/// An entry of `matchExpressions`. The values are sorted.
struct Expression<'s> {
    key: &'s str,
    operator: &'s str,
    values: Vec<&'s str>,
}

impl<'s> Wanted<'s> {
    fn of(selector: Selector<'s>) -> Self {
        let expression = |view: View<'s>| {
            let mut values: Vec<&str> = view.list_at("values").iter().map(View::text).collect();
            values.sort_unstable();
            values.dedup();
            Expression { key: view.text_at("key"), operator: view.text_at("operator"), values }
        };
        Self { pairs: selector.labels().collect(), expressions: selector.expressions.iter().map(expression).collect() }
    }
}

impl<'o> Selector<'o> {
    /// The selector of a Service, which has only labels. `None` if the Service has no selector, so it selects no pods.
    pub fn of_service(service: View<'o>) -> Option<Self> {
        let pairs = service.map_at("spec.selector");
        (!pairs.is_empty()).then_some(Self { pairs, expressions: List::default() })
    }

    /// A selector with `matchLabels` and `matchExpressions`.
    pub fn of(selector: View<'o>) -> Self {
        Self { pairs: selector.map_at("matchLabels"), expressions: selector.list_at("matchExpressions") }
    }

    /// Whether the selector has no conditions, so it selects everything.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty() && self.expressions.is_empty()
    }

    /// The required labels.
    pub fn labels(&self) -> impl Iterator<Item = (&'o str, &'o str)> + use<'o> {
        self.pairs.iter().map(|(key, value)| (key.text(), value.text()))
    }

    /// The values in the selector, whatever their keys.
    pub fn values(&self) -> impl Iterator<Item = &'o str> + use<'o> {
        let of_expressions = self.expressions.iter().flat_map(|view| view.list_at("values").iter().map(View::text));
        self.labels().map(|(_, value)| value).chain(of_expressions)
    }
}
