//! New objects against what is already in the list.
//!
//! An object that was generated before is found by its annotation and updated in place; one that the Flow no longer
//! yields goes; everything else stays as it is.

mod census;
pub mod ownership;

use std::collections::{HashMap, HashSet};

use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::finding::{Finding, Findings};
use crate::krm::annotations::is_bookkeeping;
use crate::krm::meta::Meta;
use crate::krm::{NewItems, ResourceList};
use crate::manifests::Object;
use crate::yaml::{Data, Node, kubernetes_value};
use census::Census;
use ownership::{OBJECT, Owner};

/// What becomes of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It leaves with the text it came with.
    Kept,
    /// It leaves with this text.
    Replaced(String),
    /// It does not leave.
    Removed,
}

/// An item of the list that says it was generated.
#[derive(Debug)]
pub struct Generated<'n> {
    /// Its place in the list.
    pub index: usize,
    /// Who it is.
    pub meta: Meta,
    /// What it holds.
    pub node: Node<'n>,
}

/// Matches the objects of Flows with the items of a list.
pub struct Reconciler<'l, 't> {
    list: &'l ResourceList<'t>,
    /// Package and name of the flows that are being rendered.
    flows: HashSet<(String, String)>,
    fates: Vec<Fate>,
    /// Generated items by package and annotation.
    generated: HashMap<(String, String), Generated<'l>>,
    /// Taken when the first new object comes.
    census: Option<Census<'l>>,
    /// Kind, namespace and name of what has been placed, and for which flow: its package and name.
    placed: HashMap<[String; 3], (String, String)>,
    added: NewItems,
}

impl<'l, 't> Reconciler<'l, 't> {
    /// Begins with a list, those of its items that carry our annotation, and the `JinaFlow`s that are going to be placed.
    #[must_use]
    pub fn new<'m>(list: &'l ResourceList<'t>, generated: Vec<Generated<'l>>, flows: impl Iterator<Item = &'m Meta>) -> Self {
        let mut by_owner = HashMap::new();
        for item in generated {
            let key = (item.meta.package().to_owned(), item.meta.annotation(OBJECT).unwrap_or_default().to_owned());
            // Of two copies the first is the one that was generated.
            by_owner.entry(key).or_insert(item);
        }
        Self {
            list,
            flows: flows.map(|flow| (flow.package().to_owned(), flow.name.clone())).collect(),
            fates: vec![Fate::Kept; list.items.len()],
            generated: by_owner,
            census: None,
            placed: HashMap::new(),
            added: NewItems::default(),
        }
    }

    /// Places an object of the flow `flow`. `file` is where it goes if it is new.
    pub fn place(&mut self, flow: &Meta, component: &str, file: &str, object: Object<'_>, findings: &mut Findings) {
        let Object { role, node: mut object } = object;
        let identity = Identity::of(&object);
        findings.extend(self.claim(flow, &identity));
        let owner = Owner { flow: flow.name.clone(), component: component.to_owned(), role }.value();
        if let Some(existing) = self.generated.remove(&(flow.package().to_owned(), owner.clone())) {
            annotate(&mut object, [(OBJECT, owner)]);
            self.update(&existing, object);
            return;
        }
        findings.extend(self.check_foreign(flow, &identity));
        let place = self.census.get_or_insert_with(|| Census::of(self.list)).place(flow, file);
        annotate(&mut object, std::iter::once((OBJECT, owner)).chain(place));
        self.added.push(self.list, &object);
    }

    /// Replaces an item where it is, or leaves it as it is when nothing but its spelling differs.
    fn update(&mut self, existing: &Generated<'_>, mut object: Node<'_>) {
        let mut before = kubernetes_value(&existing.node);
        let bookkeeping = take_bookkeeping(&mut before);
        if before == kubernetes_value(&object) {
            return;
        }
        if let Some(metadata) = object.get_mut("metadata") {
            let mut annotations = metadata.get("annotations").map(kubernetes_value).unwrap_or_default();
            json_patch::merge(&mut annotations, &Value::Object(bookkeeping));
            if let Ok(annotations) = Node::deserialize(annotations) {
                metadata.set("annotations", annotations);
            }
        }
        let mut text = String::new();
        self.list.spell(&object, &mut text);
        self.fates[existing.index] = Fate::Replaced(text);
    }

    /// Two flows must not yield the same object. Within one flow the plan keeps names apart.
    fn claim(&mut self, flow: &Meta, object: &Identity<'_>) -> Option<Finding> {
        if self.flows.len() < 2 {
            return None;
        }
        let Identity { kind, namespace, name, .. } = object;
        let key = [kind, namespace, name].map(|&part| part.to_owned());
        let package = flow.package();
        let (other_package, other) = self.placed.insert(key, (package.to_owned(), flow.name.clone()))?;
        if (other_package.as_str(), &other) == (package, &flow.name) {
            return None;
        }
        let message = format!("the JinaFlow `{other}` yields a {kind} called `{name}` too");
        Some(meeting(message, other_package == package).mend("rename an executor, or give one of them another namespace"))
    }

    /// A new object must not meet one with the same name that is the user's or another flow's.
    fn check_foreign(&mut self, flow: &Meta, object: &Identity<'_>) -> Option<Finding> {
        let list = self.list;
        let census = self.census.get_or_insert_with(|| Census::of(list));
        let Identity { api_version, kind, namespace, name } = object;
        census.namesakes(kind, name).iter().find_map(|&index| {
            let meta = Meta::of(&list.items[index].read().ok()?.root?);
            let owned = meta.annotation(OBJECT).is_some_and(|owner| is_of(&self.flows, meta.package(), owner));
            if owned || effective(&meta.namespace) != *namespace || meta.api_version != *api_version {
                return None;
            }
            let place = meta.path().map(|path| format!(" in {path}")).unwrap_or_default();
            let message = format!("there is a {kind} called `{name}`{place} already, and it was not generated from this JinaFlow");
            Some(meeting(message, meta.package() == flow.package()).mend("remove it, or rename the executor"))
        })
    }

    /// The fate of each item, and the new ones. What the flows used to yield and yield no longer goes.
    #[must_use]
    pub fn finish(mut self) -> (Vec<Fate>, NewItems) {
        for ((package, owner), item) in &self.generated {
            if is_of(&self.flows, package, owner) {
                self.fates[item.index] = Fate::Removed;
            }
        }
        (self.fates, self.added)
    }
}

/// Two objects that are one to an API server. In one package that is an error. Packages may be meant for different
/// clusters, and a kpt package sees those below it.
fn meeting(message: String, in_one_package: bool) -> Finding {
    if in_one_package { Finding::error("spec.flow", message) } else { Finding::warning("spec.flow", message) }
}

/// Whether an object was generated for one of these flows.
fn is_of(flows: &HashSet<(String, String)>, package: &str, owner: &str) -> bool {
    Owner::parse(owner).is_some_and(|owner| flows.contains(&(package.to_owned(), owner.flow)))
}

/// What makes two objects one to an API server.
struct Identity<'o> {
    api_version: &'o str,
    kind: &'o str,
    namespace: &'o str,
    name: &'o str,
}

impl<'o> Identity<'o> {
    fn of(object: &'o Node<'_>) -> Self {
        let text = |node: Option<&'o Node<'_>>| node.and_then(Node::as_text).unwrap_or_default();
        let metadata = |name: &str| text(object.get("metadata").and_then(|metadata| metadata.get(name)));
        Self {
            api_version: text(object.get("apiVersion")),
            kind: text(object.get("kind")),
            namespace: effective(metadata("namespace")),
            name: metadata("name"),
        }
    }
}

/// The namespace that an object without one is taken to be in (kustomize, `resid.ResId.EffectiveNamespace`).
fn effective(namespace: &str) -> &str {
    if namespace.is_empty() { "default" } else { namespace }
}

/// Adds annotations to an object that has none.
fn annotate(object: &mut Node<'_>, annotations: impl IntoIterator<Item = (&'static str, String)>) {
    let pairs = annotations.into_iter().map(|(name, text)| (Node::field(name), text.into())).collect();
    if let Some(metadata) = object.get_mut("metadata") {
        metadata.set("annotations", Data::Map(pairs).into());
    }
}

/// Takes the orchestrator's annotations out of an object.
fn take_bookkeeping(value: &mut Value) -> Map<String, Value> {
    let Some(Value::Object(annotations)) = value.pointer_mut("/metadata/annotations") else { return Map::new() };
    let (bookkeeping, own) = std::mem::take(annotations).into_iter().partition(|(name, _)| is_bookkeeping(name));
    *annotations = own;
    bookkeeping
}
