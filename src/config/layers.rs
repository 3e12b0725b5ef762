//! `spec.defaults` < `spec.roles.*` < `spec.gateway` and `spec.executors.*` < `.head` and `.shards.*`.
//!
//! A deeper layer is merged over the ones before it, mapping by mapping, and `null` takes back what they say. Each layer
//! is checked where it stands; what only shows when they are together is checked by [`super::workload`].

use std::collections::BTreeMap;
use std::rc::Rc;

use super::field::{Whose, check};
use super::fields::{LAYER, ROLES};
use super::lists::{entry_name, merge_keys};
use super::workload::Workload;
use crate::finding::{Finding, Findings, Path};
use crate::yaml::{Data, Node};

/// The field that is a part of an object.
const TEMPLATE: &str = "podTemplate";

/// Whose pods a workload's settings are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pods<'n> {
    /// The gateway's.
    Gateway,
    /// Those of an executor's head.
    Head(&'n str),
    /// Those of an executor's shard.
    Worker(&'n str, u32),
}

impl Pods<'_> {
    fn whose(self) -> u8 {
        match self {
            Pods::Gateway => Whose::GATEWAY,
            Pods::Head(_) => Whose::HEAD,
            Pods::Worker(..) => Whose::WORKER,
        }
    }
}

/// A layer as it was written, and its path.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    path: String,
    fields: Node<'static>,
}

/// All layers.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    defaults: Option<Layer>,
    /// In the order of [`ROLES`].
    roles: [Option<Layer>; 3],
    gateway: Option<Layer>,
    executors: BTreeMap<String, Layer>,
}

/// Layers that apply to the same pods, the first the weakest.
pub struct Stack<'l>(Vec<&'l Layer>);

impl Stack<'_> {
    /// The path of a field, such as `storage.size`, of the layer that decides it.
    pub fn path(&self, field: &str) -> String {
        let says = |layer: &&&Layer| field.split('.').try_fold(&layer.fields, |fields, step| fields.get(step)).is_some();
        let layer = self.0.iter().rev().find(says).or(self.0.last());
        format!("{}.{field}", layer.map_or("spec.defaults", |layer| &layer.path))
    }
}

impl Layers {
    /// Reads the layers of a `spec`.
    pub fn read(spec: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Self {
        let mut layers =
            Self { defaults: field(spec, "defaults", Whose::ALL | Whose::DEFAULTS, "the defaults", path, findings), ..Self::default() };
        let path_of_roles = path.key("roles");
        for (name, node) in mapping(spec, "roles", path, findings) {
            if let Some(place) = ROLES.iter().position(|(known, _)| *known == name) {
                let (known, whose) = ROLES[place];
                layers.roles[place] = layer(node, &path_of_roles.key(known), whose, &format!("a {known}"), findings);
            } else {
                let finding = Finding::error(path_of_roles.key(&name), "is no role");
                findings.push(finding.suggest(&name, ROLES.iter().map(|(name, _)| *name)));
            }
        }
        layers.gateway = field(spec, "gateway", Whose::GATEWAY | Whose::GATEWAY_ENTRY, "the gateway", path, findings);
        let path_of_executors = path.key("executors");
        for (name, node) in mapping(spec, "executors", path, findings) {
            let whose = Whose::HEAD | Whose::WORKER | Whose::EXECUTOR;
            let path = path_of_executors.key(&name);
            let Some(entry) = layer(node, &path, whose, "an executor", findings) else { continue };
            field(&entry.fields, "head", Whose::HEAD, "a head", &path, findings);
            let path_of_shards = path.key("shards");
            for (number, node) in mapping(&entry.fields, "shards", &path, findings) {
                if let Some(finding) = misnumbered(&number, &path_of_shards) {
                    findings.push(finding);
                }
                layer(node, &path_of_shards.key(&number), Whose::WORKER, "a shard", findings);
            }
            layers.executors.insert(name, entry);
        }
        layers
    }

    /// The names of executors that have an entry.
    pub fn executors(&self) -> impl Iterator<Item = &str> + Clone {
        self.executors.keys().map(String::as_str)
    }

    /// Options of the Flow that an executor's entry changes.
    pub fn flow_options(&self, executor: &str) -> Option<&Node<'static>> {
        self.entry(executor)?.options()
    }

    /// Options of the Flow that the gateway's entry changes.
    pub fn gateway_options(&self) -> Option<&Node<'static>> {
        self.gateway.as_ref()?.options()
    }

    /// Options of the Flow's `with` that the defaults change.
    pub fn shared_options(&self) -> Option<&Node<'static>> {
        self.defaults.as_ref()?.options()
    }

    /// Whether there is anything about the gateway.
    pub fn has_gateway(&self) -> bool {
        self.gateway.is_some()
    }

    /// Whether the gateway's entry has a field.
    pub fn gateway_says(&self, field: &str) -> bool {
        self.gateway.as_ref().is_some_and(|layer| layer.fields.get(field).is_some_and(|value| !value.is_null()))
    }

    /// What an executor's entry says about its head and about each shard.
    pub fn parts(&self, executor: &str) -> (bool, Vec<u32>) {
        let Some(entry) = self.entry(executor) else { return (false, Vec::new()) };
        let shards = entry.fields.get("shards").and_then(Node::as_map).unwrap_or_default();
        (entry.fields.get("head").is_some(), shards.iter().filter_map(|(number, _)| number.shown().parse().ok()).collect())
    }

    /// The names of the fields that an executor's entry has, but for the options of the Flow.
    pub fn pod_fields(&self, executor: &str) -> impl Iterator<Item = &str> {
        let fields = self.entry(executor).and_then(|entry| entry.fields.as_map()).unwrap_or_default();
        fields.iter().filter(|(_, value)| !value.is_null()).filter_map(|(name, _)| name.as_text()).filter(|name| *name != "flow")
    }

    fn entry(&self, executor: &str) -> Option<&Layer> {
        self.executors.get(executor)
    }

    /// `drainSeconds` of these pods.
    pub fn drain(&self, pods: Pods<'_>) -> Option<i64> {
        let (entry, part) = self.entries(pods);
        let layers = self.stack(pods, entry, part.as_ref());
        super::workload::int(&layers.iter().rev().find(|layer| layer.fields.get("drainSeconds").is_some())?.fields, "drainSeconds")
    }

    /// The path of a field, such as `rollingUpdate.maxSurge`, of the layer that decides it for these pods.
    pub fn path(&self, pods: Pods<'_>, field: &str) -> String {
        let (entry, part) = self.entries(pods);
        Stack(self.stack(pods, entry, part.as_ref())).path(field)
    }

    /// The entry of an executor that is about these pods, and the part of it that is about them alone.
    fn entries(&self, pods: Pods<'_>) -> (Option<&Layer>, Option<Layer>) {
        let entry = match pods {
            Pods::Gateway => None,
            Pods::Head(name) | Pods::Worker(name, _) => self.entry(name),
        };
        (entry, entry.and_then(|entry| entry.part(pods)))
    }

    /// The layers that apply to these pods, the first the weakest.
    fn stack<'l>(&'l self, pods: Pods<'_>, entry: Option<&'l Layer>, part: Option<&'l Layer>) -> Vec<&'l Layer> {
        let whose = pods.whose();
        let role = ROLES.iter().position(|(_, known)| *known == whose).and_then(|place| self.roles[place].as_ref());
        let gateway = self.gateway.as_ref().filter(|_| pods == Pods::Gateway);
        [self.defaults.as_ref(), role, gateway, entry, part].into_iter().flatten().collect()
    }

    /// What all pods of a role share that have no entry of their own.
    pub fn of_role(&self, pods: Pods<'_>, findings: &mut Findings) -> Rc<Workload> {
        self.resolve(pods, None, None, findings)
    }

    /// What holds for these pods: `shared`, where no entry says more.
    pub fn of(&self, pods: Pods<'_>, shared: &Rc<Workload>, findings: &mut Findings) -> Rc<Workload> {
        let (entry, part) = self.entries(pods);
        if entry.is_none() { Rc::clone(shared) } else { self.resolve(pods, entry, part.as_ref(), findings) }
    }

    fn resolve(&self, pods: Pods<'_>, entry: Option<&Layer>, part: Option<&Layer>, findings: &mut Findings) -> Rc<Workload> {
        let whose = pods.whose();
        let layers = self.stack(pods, entry, part);
        let mut merged: Node<'static> = Data::Map(Vec::new()).into();
        for layer in &layers {
            let mut fields = layer.fields.clone();
            if let Data::Map(pairs) = &mut fields.data {
                let is_for = |name: &str| LAYER.iter().any(|field| field.name == name && Whose::allows(field.whose, whose));
                pairs.retain(|(key, _)| key.as_text().is_some_and(is_for));
                if matches!(pods, Pods::Head(_)) && entry.is_some_and(|entry| std::ptr::eq(entry, *layer)) {
                    leave_to_workers(&mut fields);
                }
            }
            // Below a part of an object, `null` is for the object.
            let template = fields.take(TEMPLATE);
            merge(&mut merged, fields);
            if let Some(template) = template {
                match merged.get_mut(TEMPLATE) {
                    Some(known) => overlay("", known, template),
                    None => merged.set(TEMPLATE, template),
                }
            }
        }
        Rc::new(Workload::read(&merged, &Stack(layers), findings))
    }
}

impl Layer {
    /// Options of the Flow that it changes.
    fn options(&self) -> Option<&Node<'static>> {
        self.fields.get("flow").filter(|options| options.as_map().is_some())
    }

    /// The part of an executor's entry that is for its head or for one shard.
    fn part(&self, pods: Pods<'_>) -> Option<Layer> {
        let (path, fields) = match pods {
            Pods::Gateway => return None,
            Pods::Head(_) => (format!("{}.head", self.path), self.fields.get("head")?),
            Pods::Worker(_, shard) => {
                let number = shard.to_string();
                (format!("{}.shards.{number}", self.path), self.fields.get("shards")?.get(&number)?)
            }
        };
        Some(Layer { path, fields: fields.clone() })
    }
}

/// A head has neither the load, nor the pods, nor the devices of its executor.
fn leave_to_workers(fields: &mut Node<'static>) {
    fields.take("autoscale");
    fields.take("replicas");
    for part in ["requests", "limits"] {
        if let Some(Data::Map(pairs)) = fields.get_mut("resources").and_then(|resources| resources.get_mut(part)).map(|node| &mut node.data)
        {
            pairs.retain(|(name, _)| name.as_text().is_none_or(|name| !name.contains('/')));
        }
    }
}

/// The layer in a field.
fn field(above: &Node<'_>, name: &str, whose: u8, owner: &str, path: &Path<'_>, findings: &mut Findings) -> Option<Layer> {
    layer(above.get(name)?, &path.key(name), whose, owner, findings)
}

fn layer(node: &Node<'_>, path: &Path<'_>, whose: u8, owner: &str, findings: &mut Findings) -> Option<Layer> {
    if node.is_null() {
        return None;
    }
    check(node, LAYER, whose, owner, path, findings);
    node.as_map()?;
    Some(Layer { path: path.to_string(), fields: node.clone().into_owned() })
}

/// What is wrong with the number of a shard. It is a name here, and names are compared as texts: `01` would be nobody's.
fn misnumbered(number: &str, path: &Path<'_>) -> Option<Finding> {
    let finding = Finding::error(path.key(number), "is no number of a shard").got(number);
    match number.parse::<u32>() {
        Err(_) => Some(finding.fix("use 0, 1, 2 and so on")),
        Ok(plain) if plain.to_string() != number => Some(finding.propose(plain.to_string())),
        Ok(_) => None,
    }
}

/// The names below a field with what stands there.
fn mapping<'n, 't>(above: &'n Node<'t>, name: &str, path: &Path<'_>, findings: &mut Findings) -> Vec<(String, &'n Node<'t>)> {
    let Some(node) = above.get(name).filter(|node| !node.is_null()) else { return Vec::new() };
    if node.as_map().is_none() {
        check(node, &[], 0, "", &path.key(name), findings);
    }
    node.as_map().unwrap_or_default().iter().map(|(key, value)| (key.shown(), value)).collect()
}

/// Merges a mapping over another: mappings are merged, `null` takes back, everything else replaces.
pub fn merge<'t>(base: &mut Node<'t>, over: Node<'t>) {
    let (Data::Map(known), true) = (&mut base.data, over.as_map().is_some()) else {
        *base = without_nulls(over);
        return;
    };
    let Data::Map(pairs) = over.data else { return };
    for (key, value) in pairs {
        let place = known.iter().position(|(name, _)| name.as_text() == key.as_text());
        match place {
            _ if value.is_null() => known.retain(|(name, _)| name.as_text() != key.as_text()),
            Some(place) => merge(&mut known[place].1, value),
            None => known.push((key, without_nulls(value))),
        }
    }
}

/// Merges a part of an object over another, which is merged into the object later: `null` is a value like any other, and
/// lists are merged by the keys of their entries.
fn overlay(field: &str, base: &mut Node<'static>, over: Node<'static>) {
    match (&mut base.data, over.data) {
        (Data::Map(known), Data::Map(pairs)) => {
            for (key, value) in pairs {
                let name = key.shown();
                match known.iter_mut().find(|(other, _)| other.as_text() == key.as_text()) {
                    Some((_, known)) => overlay(&name, known, value),
                    None => known.push((key, value)),
                }
            }
        }
        (Data::List(known), Data::List(entries)) if merge_keys(field).is_some() => {
            for entry in entries {
                let name = entry_name(field, &entry);
                match known.iter_mut().find(|other| !name.is_empty() && entry_name(field, other) == name) {
                    Some(known) => overlay("", known, entry),
                    None => known.push(entry),
                }
            }
        }
        (data, over) => *data = over,
    }
}

/// A part of an object without what it takes back, where there is nothing to take back.
pub fn without_nulls(mut node: Node<'_>) -> Node<'_> {
    if let Data::List(entries) = &mut node.data {
        for entry in entries {
            let inner = std::mem::replace(entry, Data::List(Vec::new()).into());
            *entry = without_nulls(inner);
        }
    } else if let Data::Map(pairs) = &mut node.data {
        pairs.retain(|(_, value)| !value.is_null());
        for (_, value) in pairs {
            let inner = std::mem::replace(value, Data::List(Vec::new()).into());
            *value = without_nulls(inner);
        }
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{kubernetes_value, read};
    use serde_json::{Value, json};

    fn merged(base: &str, over: &str) -> Value {
        let node = |text: &str| read(text).ok().and_then(|document| document.root).map(Node::into_owned);
        let (Some(mut base), Some(over)) = (node(base), node(over)) else { return Value::Null };
        merge(&mut base, over);
        kubernetes_value(&base)
    }

    #[test]
    fn mappings_merge_null_takes_back_and_the_rest_replaces() {
        assert_eq!(merged("{a: {b: 1, c: 2}, l: [1]}", "{a: {b: null, d: 3}, l: [2]}"), json!({"a": {"c": 2, "d": 3}, "l": [2]}));
        assert_eq!(merged("{a: 1}", "{a: {x: 1, z: null}, l: {m: {k: null}}}"), json!({"a": {"x": 1}, "l": {"m": {}}}));
        assert_eq!(merged("{a: 1}", "{a: null}"), json!({}));
    }
}
