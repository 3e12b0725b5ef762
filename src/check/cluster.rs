//! The objects of a cluster, found by what they are, by their names and by their labels.

use std::cell::Cell;
use std::collections::HashMap;

use super::external::{External, Near, renamed};
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
    /// `kind`.
    pub kind: &'o str,
    /// The group of `apiVersion`, empty for the core's.
    pub group: &'o str,
    /// `metadata.namespace`, empty where there is none.
    pub namespace: &'o str,
    /// `metadata.name`.
    pub name: &'o str,
}

impl<'o> Object<'o> {
    /// The field of `spec`.
    #[must_use]
    pub fn spec(&self, field: &str) -> Option<&'o Node<'o>> {
        self.node.get("spec")?.get(field)
    }
}

/// What has been found by up to three words. One type for every purpose: each would be two kilobytes of the program.
#[derive(Debug, Default)]
pub struct Index(HashMap<String, Vec<usize>>);

impl Index {
    /// Adds.
    pub fn add(&mut self, words: [&str; 3], id: usize) {
        self.0.entry(words.join("\0")).or_default().push(id);
    }

    /// What was added by these words, in the order in which it was.
    #[must_use]
    pub fn get(&self, words: [&str; 3]) -> &[usize] {
        self.0.get(&words.join("\0")).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Things that selectors select, by namespace and label.
#[derive(Debug, Default)]
pub struct Labelled<'o> {
    by_label: Index,
    labels: Vec<Option<&'o Node<'o>>>,
}

impl<'o> Labelled<'o> {
    fn add(&mut self, namespace: &str, labels: Option<&'o Node<'o>>) {
        let id = self.labels.len();
        self.by_label.add([namespace, "", ""], id);
        for (key, value) in labels.and_then(Node::as_map).unwrap_or_default() {
            self.by_label.add([namespace, key.as_text().unwrap_or_default(), value.as_text().unwrap_or_default()], id);
        }
        self.labels.push(labels);
    }

    /// What labels select in a namespace; no label selects everything.
    pub fn selected(&self, namespace: &str, selector: Selector<'o>) -> impl Iterator<Item = usize> {
        // The label that fewest have.
        let few = selector
            .pairs
            .iter()
            .map(|(key, value)| self.by_label.get([namespace, key.as_text().unwrap_or_default(), value.as_text().unwrap_or_default()]));
        let candidates = few.min_by_key(|ids| ids.len()).unwrap_or_else(|| self.by_label.get([namespace, "", ""]));
        candidates.iter().copied().filter(move |id| selector.selects(self.labels[*id]))
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
    pub fn plain(labels: Option<&'o Node<'o>>) -> Option<Self> {
        let pairs = labels?.as_map().filter(|pairs| !pairs.is_empty())?;
        Some(Self { pairs, expressions: &[] })
    }

    /// Everybody else's.
    #[must_use]
    pub fn of(selector: &'o Node<'o>) -> Self {
        let pairs = selector.get("matchLabels").and_then(Node::as_map).unwrap_or_default();
        Self { pairs, expressions: selector.get("matchExpressions").and_then(Node::as_list).unwrap_or_default() }
    }

    /// Whether it selects something with these labels.
    #[must_use]
    pub fn selects(&self, labels: Option<&Node<'_>>) -> bool {
        let label = |key: &Node<'_>| labels.and_then(|labels| labels.get(key.as_text()?)?.as_text());
        let is_met = |expression: &Node<'_>| {
            let value = expression.get("key").and_then(label);
            let mut values = expression.get("values").and_then(Node::as_list).unwrap_or_default().iter();
            match expression.get("operator").and_then(Node::as_text) {
                Some("In") => value.is_some() && values.any(|one| one.as_text() == value),
                Some("NotIn") => value.is_none() || !values.any(|one| one.as_text() == value),
                Some("Exists") => value.is_some(),
                Some("DoesNotExist") => value.is_none(),
                _ => false,
            }
        };
        self.pairs.iter().all(|(key, value)| label(key).is_some_and(|label| value.as_text() == Some(label)))
            && self.expressions.iter().all(is_met)
    }
}

/// Everything that was given, as far as it is for a cluster.
#[derive(Debug)]
pub struct Cluster<'o> {
    /// The objects, as they came; what is none has neither kind nor name.
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
const MAKERS: [(&str, &str, &[&str]); 6] = [
    ("SealedSecret", "Secret", &["spec", "template", "metadata", "name"]),
    ("ExternalSecret", "Secret", &["spec", "target", "name"]),
    ("Certificate", "Secret", &["spec", "secretName"]),
    ("VaultStaticSecret", "Secret", &["spec", "destination", "name"]),
    ("VaultDynamicSecret", "Secret", &["spec", "destination", "name"]),
    ("Bundle", "ConfigMap", &[]),
];

impl<'o> Cluster<'o> {
    /// Takes objects in. What is not for a cluster is left out: `local-config`, and our own kinds.
    #[must_use]
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
            let Object { node, kind, group, namespace, name } = cluster.objects[id];
            if kind.is_empty() {
                continue;
            }
            if let Some((_, made, path)) = MAKERS.iter().find(|row| row.0 == kind && !group.is_empty()) {
                let given = path.iter().try_fold(node, |node, step| node.get(step)).and_then(Node::as_text);
                cluster.add(made, given.unwrap_or(name), id);
            }
            // Knative has a Service as well.
            if kind == "Service" && !group.is_empty() {
                continue;
            }
            // What is given twice is told once.
            if cluster.twin(id).is_some() {
                continue;
            }
            cluster.add(kind, name, id);
            // Whether there is a namespace is asked of addresses only.
            cluster.names.add(["\0", namespace, ""], id);
            if kind == "Service" {
                cluster.services.push(id);
                cluster.labelled_services.add(namespace, node.get("metadata").and_then(|m| m.get("labels")));
            }
        }
        for id in 0..cluster.objects.len() {
            let object = cluster.objects[id];
            if let Some(target) = object.spec("scaleTargetRef").filter(|_| !object.kind.is_empty()) {
                let text = |field: &str| target.get(field).and_then(Node::as_text);
                let kind = text("kind").unwrap_or("Deployment");
                cluster.autoscalers.add([kind, object.namespace, text("name").unwrap_or_default()], id);
            }
            if let Some(workload) = Workload::of(&object, id).filter(|_| cluster.twin(id).is_none()) {
                cluster.pods.add(object.namespace, workload.labels);
                if let Some(name) = workload.jina_name() {
                    cluster.by_jina_name.add([object.namespace, name, ""], cluster.workloads.len());
                }
                cluster.workloads.push(workload);
            }
        }
        cluster.fronts = vec![None; cluster.workloads.len()];
        for id in &cluster.services {
            let service = &cluster.objects[*id];
            let selector = Selector::plain(service.spec("selector"));
            let selected = selector.map(|selector| cluster.pods.selected(service.namespace, selector).take(2).collect());
            let selected: Vec<usize> = selected.unwrap_or_default();
            if let [only] = selected.as_slice() {
                cluster.fronts[*only].get_or_insert(*id);
            }
            cluster.selected.push(selected);
        }
        cluster
    }

    fn add(&mut self, kind: &str, name: &str, id: usize) {
        let namespace = self.objects[id].namespace;
        self.names.add([kind, namespace, name], id);
        self.names.add([kind, "\0", name], id);
        self.names.add([kind, namespace, "\0"], id);
    }

    /// The object of which another, at this place, is a second one.
    #[must_use]
    pub fn twin(&self, id: usize) -> Option<usize> {
        let Object { kind, group, namespace, name, .. } = self.objects[id];
        let same = self.all(kind, namespace, name).iter().copied();
        same.filter(|other| *other < id).find(|other| self.objects[*other].group == group)
    }

    /// The objects of a kind and name in a namespace.
    #[must_use]
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Object<'o>> {
        self.all(kind, namespace, name).first().map(|id| &self.objects[*id])
    }

    /// The places of all objects of a kind and name in a namespace.
    #[must_use]
    pub fn all(&self, kind: &str, namespace: &str, name: &str) -> &[usize] {
        self.names.get([kind, namespace, name])
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
    #[must_use]
    pub fn near(&self, kind: &str, namespace: &str, name: &str) -> Option<Near<'o>> {
        let tries = self.proposals.get();
        self.proposals.set(tries + 1);
        let known = self.names.get([kind, namespace, "\0"]).iter().map(|id| self.objects[*id].name);
        (tries < MOST_PROPOSALS).then(|| renamed(name, known)).flatten()
    }

    /// What to say of a name that leads nowhere.
    #[must_use]
    pub fn missing(&self, kind: &str, namespace: &str, name: &str, path: String) -> Finding {
        if let Some(other) = self.namespace_of(kind, name) {
            let message = format!("names a {kind} that is in {}, not in {}", named(other), named(namespace));
            return Finding::error(path, message).got(name).mend("give both the same namespace");
        }
        let finding = Finding::error(path, format!("names a {kind} that is not there")).got(name);
        if let Some(near) = self.near(kind, namespace, name) {
            return finding.propose(near.name);
        }
        match External::spelled(kind) {
            Some(kind) => finding.mend(format!("add it, or say that it is provided elsewhere: --external {kind}/{name}")),
            None => finding.mend("add it, or correct the name"),
        }
    }

    /// The object of a workload.
    #[must_use]
    pub fn of_workload(&self, workload: usize) -> &Object<'o> {
        &self.objects[self.workloads[workload].object]
    }

    /// What messages call a workload.
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
        self.workloads.get(workload)?.main()
    }
}

/// What messages call a namespace.
#[must_use]
pub fn named(namespace: &str) -> String {
    if namespace.is_empty() { "no namespace".to_owned() } else { format!("namespace `{namespace}`") }
}

fn object<'o>(node: &'o Node<'o>) -> Object<'o> {
    let text = |node: Option<&'o Node<'o>>| node.and_then(Node::as_text).unwrap_or_default();
    let metadata = node.get("metadata");
    let field = |name: &str| text(metadata.and_then(|m| m.get(name)));
    let version = text(node.get("apiVersion"));
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let annotation = metadata.and_then(|m| m.get("annotations")?.get(LOCAL_CONFIG));
    let is_for_a_cluster = annotation.is_none_or(|value| value.as_text() == Some("false"));
    let kind = if is_for_a_cluster && !version.is_empty() && !field("name").is_empty() { text(node.get("kind")) } else { "" };
    Object { node, kind, group, namespace: field("namespace"), name: field("name") }
}
