//! New objects against what is already in the list.
//!
//! An object that was generated before is found by its annotation and updated in place; one that the Flow no longer
//! yields goes; everything else stays as it is.

pub mod ownership;
mod placement;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use crate::finding::{Finding, Findings};
use crate::krm::annotations::is_bookkeeping;
use crate::krm::meta::Meta;
use crate::krm::{Glance, ResourceList};
use crate::manifests::Object;
use crate::yaml::{Node, kubernetes_value};
use ownership::{OBJECT, Owner};
use placement::Files;

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

type Foreign<'l> = HashMap<(Cow<'l, str>, Cow<'l, str>), usize>;

/// Matches the objects of Flows with the items of a list.
pub struct Reconciler<'l, 't> {
    list: &'l ResourceList<'t>,
    fates: Vec<Fate>,
    /// Generated items by package and annotation.
    generated: HashMap<(String, String), Generated<'l>>,
    files: Option<Files<'l>>,
    /// Kind and name of items that nobody generated, with their place.
    foreign: Option<Foreign<'l>>,
    /// Kind, namespace and name of what has been placed, and for which flow.
    placed: HashMap<(String, String, String), String>,
    added: Vec<String>,
}

impl<'l, 't> Reconciler<'l, 't> {
    /// Begins with a list and those of its items that carry our annotation.
    #[must_use]
    pub fn new(list: &'l ResourceList<'t>, generated: Vec<Generated<'l>>) -> Self {
        let mut by_owner = HashMap::new();
        for item in generated {
            let key = (item.meta.package().unwrap_or_default().to_owned(), item.meta.annotation(OBJECT).unwrap_or_default().to_owned());
            // Of two copies the first is the one that was generated.
            by_owner.entry(key).or_insert(item);
        }
        Self {
            list,
            fates: vec![Fate::Kept; list.items.len()],
            generated: by_owner,
            files: None,
            foreign: None,
            placed: HashMap::new(),
            added: Vec::new(),
        }
    }

    /// Places an object of the flow `flow`. `file` is where it goes if it is new.
    pub fn place(&mut self, flow: &Meta, component: &str, file: &str, object: Object, findings: &mut Findings) {
        let Object { role, mut value } = object;
        if let Err(finding) = self.claim(flow, &value) {
            findings.push(*finding);
            return;
        }
        let owner = Owner { flow: flow.name.clone(), component: component.to_owned(), role }.value();
        json_patch::merge(&mut value, &json!({ "metadata": { "annotations": { OBJECT: owner } } }));
        if let Some(existing) = self.generated.remove(&(flow.package().unwrap_or_default().to_owned(), owner)) {
            let mut before = kubernetes_value(&existing.node);
            let bookkeeping = take_bookkeeping(&mut before);
            if before != value {
                json_patch::merge(&mut value, &json!({ "metadata": { "annotations": bookkeeping } }));
                self.fates[existing.index] = Fate::Replaced(self.list.spell(&value));
            }
        } else {
            if let Err(finding) = self.check_foreign(&value) {
                findings.push(*finding);
                return;
            }
            let place = self.files.get_or_insert_with(|| Files::of(self.list)).place(flow, file);
            if !place.is_empty() {
                json_patch::merge(&mut value, &json!({ "metadata": { "annotations": place } }));
            }
            self.added.push(self.list.spell(&value));
        }
    }

    /// Two flows must not yield the same object.
    fn claim(&mut self, flow: &Meta, value: &Value) -> Result<(), Box<Finding>> {
        let (kind, name) = identity(value);
        let namespace = value["metadata"]["namespace"].as_str().unwrap_or_default();
        let key = (kind.to_owned(), namespace.to_owned(), name.to_owned());
        let place = format!("{}{}", flow.package().unwrap_or_default(), flow.name);
        match self.placed.insert(key, place.clone()) {
            Some(other) if other != place => {
                let finding = Finding::error("spec.flow", format!("the JinaFlow `{other}` yields a {kind} called `{name}` too"));
                Err(Box::new(
                    finding.mend("rename an executor, give one of them another namespace, or render them in packages of their own"),
                ))
            }
            _ => Ok(()),
        }
    }

    /// A new object must not meet one of the user's with the same name.
    fn check_foreign(&mut self, value: &Value) -> Result<(), Box<Finding>> {
        let list = self.list;
        let generated: HashSet<usize> = self.generated.values().map(|g| g.index).collect();
        let foreign = self.foreign.get_or_insert_with(|| foreign_items(list, &generated));
        let (kind, name) = identity(value);
        let Some(&index) = foreign.get(&(Cow::Borrowed(kind), Cow::Borrowed(name))) else { return Ok(()) };
        let Some(meta) = list.items[index].read().ok().and_then(|d| d.root).map(|node| Meta::of(&node)) else { return Ok(()) };
        let namespace = value["metadata"]["namespace"].as_str().unwrap_or_default();
        let elsewhere = !meta.namespace.is_empty() && !namespace.is_empty() && meta.namespace != namespace;
        if elsewhere || Some(meta.api_version.as_str()) != value["apiVersion"].as_str() || meta.annotation(OBJECT).is_some() {
            return Ok(());
        }
        let place = meta.path().map(|path| format!(" in {path}")).unwrap_or_default();
        let finding = Finding::error(
            "spec.flow",
            format!("there is a {kind} called `{name}`{place} already, and it was not generated from this JinaFlow"),
        );
        Err(Box::new(finding.mend("remove it, or rename the executor")))
    }

    /// The fate of each item, and the new ones. What `flows` used to yield and yield no longer goes.
    #[must_use]
    pub fn finish(mut self, flows: &[Meta]) -> (Vec<Fate>, Vec<String>) {
        for ((package, owner), item) in &self.generated {
            let Some(owner) = Owner::parse(owner) else { continue };
            let rendered = flows.iter().any(|flow| flow.name == owner.flow && flow.package().unwrap_or_default() == package);
            if rendered {
                self.fates[item.index] = Fate::Removed;
            }
        }
        (self.fates, self.added)
    }
}

fn identity(value: &Value) -> (&str, &str) {
    (value["kind"].as_str().unwrap_or_default(), value["metadata"]["name"].as_str().unwrap_or_default())
}

fn foreign_items<'l>(list: &'l ResourceList<'_>, generated: &HashSet<usize>) -> Foreign<'l> {
    let glance = Glance::default();
    let mut foreign = HashMap::new();
    for (index, item) in list.items.iter().enumerate().filter(|(index, _)| !generated.contains(index)) {
        let key = match glance.at(item) {
            Some((kind, name)) => Some((Cow::Borrowed(kind), Cow::Borrowed(name))),
            None => item.read().ok().and_then(|d| d.root).map(|node| {
                let meta = Meta::of(&node);
                (Cow::Owned(meta.kind), Cow::Owned(meta.name))
            }),
        };
        if let Some(key) = key {
            foreign.entry(key).or_insert(index);
        }
    }
    foreign
}

/// Takes the orchestrator's annotations out of an object.
fn take_bookkeeping(value: &mut Value) -> Map<String, Value> {
    let Some(Value::Object(annotations)) = value.pointer_mut("/metadata/annotations") else { return Map::new() };
    let (bookkeeping, own) = std::mem::take(annotations).into_iter().partition(|(name, _)| is_bookkeeping(name));
    *annotations = own;
    bookkeeping
}
