//! The objects of a cluster, found by what they are, by their names and by their labels.

use std::cell::Cell;
use std::collections::HashMap;

use super::external::{External, Near, renamed};
use super::fields::{at, list, pairs, plain, text};
use super::pod::{Container, Role, Workload};
use crate::finding::Finding;
use crate::yaml::Node;

/// kpt's mark on what is not for a cluster.
const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";

/// Names that are looked for near a missing one; nobody reads the hundredth proposal, and each takes time.
const MOST_PROPOSALS: usize = 50;

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

/// What has been found by up to three words. One type for every purpose: each would be two kilobytes of the program.
#[derive(Debug, Default)]
pub struct Index(HashMap<String, Vec<usize>>);

impl Index {
    /// Adds.
    #[inline(never)]
    pub fn add(&mut self, words: [&str; 3], id: usize) {
        self.0.entry(words.join("\0")).or_default().push(id);
    }

    /// What was added by these words, in the order in which it was.
    #[inline(never)]
    #[must_use]
    pub fn get(&self, words: [&str; 3]) -> &[usize] {
        self.0.get(&words.join("\0")).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether anything was added by this word.
    #[inline(never)]
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        !self.get([word, "", ""]).is_empty()
    }
}

/// Things that selectors select, by namespace and label.
#[derive(Debug, Default)]
pub struct Labelled<'o> {
    by_label: Index,
    labels: Vec<Option<&'o Node<'o>>>,
}

impl<'o> Labelled<'o> {
    #[inline(never)]
    fn add(&mut self, namespace: &str, labels: Option<&'o Node<'o>>) {
        let id = self.labels.len();
        self.by_label.add([namespace, "", ""], id);
        for (key, value) in labels.and_then(Node::as_map).unwrap_or_default() {
            self.by_label.add([namespace, plain(key), plain(value)], id);
        }
        self.labels.push(labels);
    }

    /// What labels select in a namespace, up to as many; no label selects everything.
    #[inline(never)]
    #[must_use]
    pub fn selected(&self, namespace: &str, selector: Selector<'_>, most: usize) -> Vec<usize> {
        // The label that fewest have.
        let mut candidates = self.by_label.get([namespace, "", ""]);
        for (key, value) in selector.pairs {
            let ids = self.by_label.get([namespace, plain(key), plain(value)]);
            if ids.len() <= candidates.len() {
                candidates = ids;
            }
        }
        candidates.iter().copied().filter(|id| selector.selects(self.labels[*id])).take(most).collect()
    }
}

/// Labels to be had, and what else is asked of them.
#[derive(Debug, Clone, Copy)]
pub struct Selector<'o> {
    pairs: &'o [(Node<'o>, Node<'o>)],
    expressions: &'o [Node<'o>],
}

impl<'o> Selector<'o> {
    /// A Service's: labels and nothing else. None selects nothing.
    #[must_use]
    pub fn of_service(service: &'o Node<'o>) -> Option<Self> {
        let pairs = pairs(service, "spec.selector");
        (!pairs.is_empty()).then_some(Self { pairs, expressions: &[] })
    }

    /// Everybody else's.
    #[must_use]
    pub fn of(selector: &'o Node<'o>) -> Self {
        Self { pairs: pairs(selector, "matchLabels"), expressions: list(selector, "matchExpressions") }
    }

    /// Whether it selects something with these labels.
    #[inline(never)]
    #[must_use]
    pub fn selects(&self, labels: Option<&Node<'_>>) -> bool {
        let label = |key: &str| labels.and_then(|labels| labels.get(key)).map(plain);
        for (key, value) in self.pairs {
            if label(plain(key)) != Some(plain(value)) {
                return false;
            }
        }
        for expression in self.expressions {
            let value = label(text(expression, "key"));
            let is_listed = value.is_some_and(|value| list(expression, "values").iter().any(|one| plain(one) == value));
            let is_met = match text(expression, "operator") {
                "In" => is_listed,
                "NotIn" => !is_listed,
                "Exists" => value.is_some(),
                _ => value.is_none(),
            };
            if !is_met {
                return false;
            }
        }
        true
    }
}

/// Everything that was given, as far as it is for a cluster.
#[derive(Debug)]
pub struct Cluster<'o> {
    /// The objects, as they came.
    pub objects: Vec<Object<'o>>,
    /// Those that run pods.
    pub workloads: Vec<Workload<'o>>,
    /// `Service`s of the core, by their place among the objects.
    pub services: Vec<usize>,
    /// Which pods labels select, by their place among the workloads.
    pub pods: Labelled<'o>,
    /// Which Services labels select, by their place among the Services.
    pub labelled_services: Labelled<'o>,
    /// The workloads whose pods each Service selects, up to the second: more are no better.
    pub selected: Vec<Vec<usize>>,
    /// Workloads by namespace and what Jina calls them.
    pub by_jina_name: Index,
    /// Autoscalers by kind, namespace and name of what they scale.
    pub autoscalers: Index,
    /// What is provided elsewhere.
    pub external: &'o External,
    /// The first Service of each workload, by its place among the objects.
    fronts: Vec<Option<usize>>,
    names: Index,
    proposals: Cell<usize>,
}

/// Objects that make another: `kind`, what they make, and the path of its name, which is their own where nothing is there.
const MAKERS: [(&str, &str, &str); 6] = [
    ("SealedSecret", "Secret", "spec.template.metadata.name"),
    ("ExternalSecret", "Secret", "spec.target.name"),
    ("Certificate", "Secret", "spec.secretName"),
    ("VaultStaticSecret", "Secret", "spec.destination.name"),
    ("VaultDynamicSecret", "Secret", "spec.destination.name"),
    ("Bundle", "ConfigMap", "-"),
];

impl<'o> Cluster<'o> {
    /// Takes objects in. What is not for a cluster is left out.
    #[must_use]
    #[inline(never)]
    pub fn of(nodes: &'o [Node<'o>], external: &'o External) -> Self {
        let mut cluster = Self {
            objects: nodes.iter().map(object).collect(),
            workloads: Vec::new(),
            services: Vec::new(),
            pods: Labelled::default(),
            labelled_services: Labelled::default(),
            selected: Vec::new(),
            by_jina_name: Index::default(),
            autoscalers: Index::default(),
            external,
            fronts: Vec::new(),
            names: Index::default(),
            proposals: Cell::new(0),
        };
        for id in 0..cluster.objects.len() {
            cluster.take(id);
        }
        for place in 0..cluster.services.len() {
            let id = cluster.services[place];
            let Object { node, namespace, .. } = cluster.objects[id];
            let selector = Selector::of_service(node);
            let selected = selector.map(|selector| cluster.pods.selected(namespace, selector, 2)).unwrap_or_default();
            if let [only] = selected.as_slice() {
                cluster.fronts[*only].get_or_insert(id);
            }
            cluster.selected.push(selected);
        }
        cluster
    }

    #[inline(never)]
    fn take(&mut self, id: usize) {
        let object = self.objects[id];
        let Object { node, kind, group, namespace, name } = object;
        // Knative has a Service as well.
        if kind.is_empty() || (kind == "Service" && !group.is_empty()) {
            return;
        }
        if let Some((_, made, path)) = MAKERS.iter().find(|row| row.0 == kind && !group.is_empty()) {
            let given = text(node, path);
            self.add(made, if given.is_empty() { name } else { given }, id);
        }
        // What is given twice is told once.
        if self.is_twin(id) {
            return;
        }
        self.add(kind, name, id);
        // Whether there is a namespace is asked of addresses only.
        self.names.add(["\0", namespace, ""], id);
        if let Some(target) = at(node, "spec.scaleTargetRef") {
            self.autoscalers.add([target_kind(target), namespace, text(target, "name")], id);
        }
        if kind == "Service" {
            self.services.push(id);
            self.labelled_services.add(namespace, at(node, "metadata.labels"));
        }
        if let Some(workload) = Workload::of(&object, id) {
            self.pods.add(namespace, workload.labels);
            if let Some(name) = workload.jina_name() {
                self.by_jina_name.add([namespace, name, ""], self.workloads.len());
            }
            self.workloads.push(workload);
            self.fronts.push(None);
        }
    }

    #[inline(never)]
    fn add(&mut self, kind: &str, name: &str, id: usize) {
        let namespace = self.objects[id].namespace;
        for words in [[kind, namespace, name], [kind, "\0", name], [kind, namespace, "\0"]] {
            self.names.add(words, id);
        }
    }

    /// Whether another object before this one is the same.
    #[must_use]
    pub fn is_twin(&self, id: usize) -> bool {
        let Object { kind, group, namespace, name, .. } = self.objects[id];
        let same = self.names.get([kind, namespace, name]);
        same.iter().any(|other| *other < id && self.objects[*other].kind == kind && self.objects[*other].group == group)
    }

    /// The object of a kind and name in a namespace, by its place.
    #[must_use]
    pub fn place(&self, kind: &str, namespace: &str, name: &str) -> Option<usize> {
        self.names.get([kind, namespace, name]).first().copied()
    }

    /// The object of a kind and name in a namespace.
    #[inline(never)]
    #[must_use]
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Object<'o>> {
        self.place(kind, namespace, name).map(|id| &self.objects[id])
    }

    /// Whether a namespace is that of any object.
    #[must_use]
    pub fn has_namespace(&self, name: &str) -> bool {
        !self.names.get(["\0", name, ""]).is_empty()
    }

    /// The namespace of an object of that kind and name, wherever it is.
    #[must_use]
    pub fn namespace_of(&self, kind: &str, name: &str) -> Option<&'o str> {
        self.names.get([kind, "\0", name]).first().map(|id| self.objects[*id].namespace)
    }

    /// What exists instead of a name that does not.
    #[inline(never)]
    #[must_use]
    pub fn near(&self, kind: &str, namespace: &str, name: &str) -> Option<Near<'o>> {
        let tries = self.proposals.get();
        self.proposals.set(tries + 1);
        if tries >= MOST_PROPOSALS {
            return None;
        }
        let known: Vec<&str> = self.names.get([kind, namespace, "\0"]).iter().map(|id| self.objects[*id].name).collect();
        renamed(name, &known)
    }

    /// What to say of a name that leads nowhere.
    #[inline(never)]
    #[must_use]
    pub fn missing(&self, kind: &str, namespace: &str, name: &str, path: std::fmt::Arguments<'_>) -> Finding {
        if let Some(other) = self.namespace_of(kind, name) {
            let message = format!("names a {kind} that is in {}, not in {}", named(other), named(namespace));
            return Finding::error(path, message).got(name).mend("give both the same namespace");
        }
        let finding = Finding::error(path, format!("names a {kind} that is not there")).got(name);
        match (self.near(kind, namespace, name), External::spelled(kind)) {
            (Some(near), _) => finding.propose(near.name),
            (None, Some(kind)) => finding.mend(format!("add it, or say that it is provided elsewhere: --external {kind}/{name}")),
            (None, None) => finding.mend("add it, or correct the name"),
        }
    }

    /// The object of a workload.
    #[inline(never)]
    #[must_use]
    pub fn of_workload(&self, workload: usize) -> &Object<'o> {
        &self.objects[self.workloads[workload].object]
    }

    /// What messages call a workload.
    #[inline(never)]
    #[must_use]
    pub fn label(&self, workload: usize) -> String {
        let object = self.of_workload(workload);
        format!("{}/{}", object.kind, object.name)
    }

    /// The first Service that selects a workload's pods and nothing else.
    #[must_use]
    pub fn front(&self, workload: usize) -> Option<&Object<'o>> {
        self.fronts[workload].map(|id| &self.objects[id])
    }

    /// The Jina container that a workload is there for.
    #[must_use]
    pub fn main(&self, workload: usize) -> Option<(&Container<'o>, Role)> {
        self.workloads[workload].main()
    }

    /// What a workload does.
    #[inline(never)]
    #[must_use]
    pub fn role(&self, workload: usize) -> Option<Role> {
        Some(self.main(workload)?.1)
    }
}

/// The kind that an autoscaler scales; KEDA has a default.
#[must_use]
pub fn target_kind<'n>(target: &'n Node<'n>) -> &'n str {
    let kind = text(target, "kind");
    if kind.is_empty() { "Deployment" } else { kind }
}

/// What messages call a namespace.
#[must_use]
pub fn named(namespace: &str) -> String {
    if namespace.is_empty() { "no namespace".to_owned() } else { format!("namespace `{namespace}`") }
}

fn object<'o>(node: &'o Node<'o>) -> Object<'o> {
    let version = text(node, "apiVersion");
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let name = text(node, "metadata.name");
    let local = at(node, "metadata.annotations").and_then(|annotations| annotations.get(LOCAL_CONFIG));
    let is_for_a_cluster = local.is_none_or(|value| plain(value) == "false") && !version.is_empty() && !name.is_empty();
    let kind = if is_for_a_cluster { text(node, "kind") } else { "" };
    Object { node, kind, group, namespace: text(node, "metadata.namespace"), name }
}
