//! Settings of pods in layers, from the weakest to the strongest: `spec.defaults`, `spec.roles.*`, then `spec.gateway`
//! and `spec.executors.*`, then `.head` and `.shards.*`.
//!
//! A stronger layer is merged over the weaker layers, mapping by mapping, and `null` removes a value.
//! [`super::field_checks`] checks each layer separately, and [`super::layer_checks`] checks the merged layers of a
//! component.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::audience::{Audience, Level};
use super::entry_checks;
use super::fields::{LAYER, find};
use super::layer_checks;
use super::lists::{merge_layer, merge_part};
use super::stack::{Layer, Stack};
use super::workload::Workload;
use crate::finding::{FieldPath, Findings};
use crate::yaml::{Data, Node};

/// The field with a part of a Kubernetes object. In this field, `null` is a value and does not remove another layer's
/// value.
const TEMPLATE: &str = "podTemplate";

/// The pods that settings apply to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pods<'n> {
    /// The pods of the gateway.
    Gateway,
    /// The pods of an executor's head.
    Head(&'n str),
    /// The pods of an executor, or of one shard of the executor.
    Worker(&'n str, Option<u32>),
}

impl Pods<'_> {
    /// The level in `spec.roles` that applies to these pods.
    fn role(self) -> Level {
        match self {
            Pods::Gateway => Level::GatewayRole,
            Pods::Head(_) => Level::HeadRole,
            Pods::Worker(..) => Level::WorkerRole,
        }
    }
}

/// Settings that are weaker than all layers of a JinaFlow.
#[derive(Debug, Clone, Default)]
pub struct Weakest {
    /// Settings of all pods.
    pub all: Option<Layer>,
    /// Settings of the gateway.
    pub gateway: Option<Layer>,
    /// Settings of executors, by their names.
    pub executors: BTreeMap<String, WeakestExecutor>,
}

/// The weakest settings of an executor.
#[derive(Debug, Clone, Default)]
pub struct WeakestExecutor {
    /// Settings of the executor and its shards.
    pub worker: Option<Layer>,
    /// Settings of the head.
    pub head: Option<Layer>,
}

/// All layers of a config.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    weakest: Weakest,
    defaults: Option<Layer>,
    roles: Roles,
    gateway: Option<Layer>,
    executors: BTreeMap<String, Entry>,
}

/// The layers of roles.
#[derive(Debug, Clone, Default)]
struct Roles {
    gateway: Option<Layer>,
    head: Option<Layer>,
    worker: Option<Layer>,
}

/// The layers of one executor.
#[derive(Debug, Clone)]
struct Entry {
    whole: Layer,
    head: Option<Layer>,
    shards: BTreeMap<u32, Layer>,
}

/// The parts of an executor, its head and its shards, that have their own layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// Whether the head has a layer.
    pub has_head: bool,
    /// The numbers of the shards that have a layer.
    pub shards: Vec<u32>,
}

impl Layers {
    /// Reads the layers of a `spec` that was checked before.
    pub fn read(spec: &Node<'_>) -> Self {
        let layer = |level: Level| Layer::of(spec.at(level.pattern())?, level.path());
        let path = FieldPath::from("spec.executors");
        let executors = spec.map_at("executors").iter().filter_map(|(key, node)| {
            let name = key.shown();
            Some((name.clone(), Entry::read(node, path.key(&name))?))
        });
        Self {
            weakest: Weakest::default(),
            defaults: layer(Level::Defaults),
            roles: Roles { gateway: layer(Level::GatewayRole), head: layer(Level::HeadRole), worker: layer(Level::WorkerRole) },
            gateway: layer(Level::Gateway),
            executors: executors.collect(),
        }
    }

    /// Sets the settings that are weaker than all layers of the JinaFlow.
    pub fn set_weakest(&mut self, weakest: Weakest) {
        self.weakest = weakest;
    }

    /// The value of a field for these pods, in the strongest layer that sets the field.
    pub fn value(&self, pods: Pods<'_>, field: &str) -> Option<&Node<'static>> {
        let Stack(layers) = self.stack(pods);
        layers.into_iter().rev().find_map(|layer| layer.fields.at(field)).filter(|value| !value.is_null())
    }

    /// Whether a layer of the JinaFlow sets a field for these pods, also to `null`.
    pub fn sets(&self, pods: Pods<'_>, field: &[&str]) -> bool {
        self.stack(pods).sets(field)
    }

    /// The images of models, in all layers of the JinaFlow.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        let Roles { gateway, head, worker } = &self.roles;
        let entries = self.executors.values().flat_map(|entry| [&entry.whole].into_iter().chain(&entry.head).chain(entry.shards.values()));
        let layers = [&self.defaults, gateway, head, worker, &self.gateway].into_iter().flatten().chain(entries);
        let models = layers.flat_map(|layer| layer.fields.map_at("models"));
        models.filter_map(|(_, model)| model.get("image")?.as_text())
    }

    /// The names of executors that have an entry.
    pub fn executors(&self) -> impl Iterator<Item = &str> + Clone {
        self.executors.keys().map(String::as_str)
    }

    /// The options of the Flow that an executor's entry changes.
    pub fn flow_options(&self, executor: &str) -> Option<&Node<'static>> {
        self.executors.get(executor)?.whole.flow_options()
    }

    /// The options of the Flow that the gateway's entry changes.
    pub fn gateway_options(&self) -> Option<&Node<'static>> {
        self.gateway.as_ref()?.flow_options()
    }

    /// The image that an executor's entry sets, with its path.
    pub fn image(&self, executor: &str) -> Option<(&str, FieldPath)> {
        self.executors.get(executor)?.whole.image()
    }

    /// The image that the gateway's entry sets, with its path.
    pub fn gateway_image(&self) -> Option<(&str, FieldPath)> {
        self.gateway.as_ref()?.image()
    }

    /// The options of the Flow's `with` that the defaults change.
    pub fn shared_options(&self) -> Option<&Node<'static>> {
        self.defaults.as_ref()?.flow_options()
    }

    /// Whether the gateway has an entry.
    pub fn has_gateway(&self) -> bool {
        self.gateway.is_some()
    }

    /// Whether the gateway's entry sets a field.
    pub fn gateway_sets(&self, field: &str) -> bool {
        self.gateway.as_ref().is_some_and(|layer| layer.has(field))
    }

    /// The parts of an executor, its head and its shards, that have their own layer.
    pub fn parts(&self, executor: &str) -> Parts {
        let Some(entry) = self.executors.get(executor) else { return Parts::default() };
        Parts { has_head: entry.head.is_some(), shards: entry.shards.keys().copied().collect() }
    }

    /// The names of the fields that an executor's entry sets, without the options of the Flow.
    pub fn pod_fields(&self, executor: &str) -> impl Iterator<Item = &str> {
        let fields = self.executors.get(executor).and_then(|entry| entry.whole.fields.as_map()).unwrap_or_default();
        fields.iter().filter(|(_, value)| !value.is_null()).filter_map(|(name, _)| name.as_text()).filter(|name| *name != "flow")
    }

    /// `drainSeconds` of these pods, if it is set.
    pub fn drain(&self, pods: Pods<'_>) -> Option<i64> {
        let Stack(layers) = self.stack(pods);
        layers.iter().rev().find_map(|layer| layer.fields.get("drainSeconds"))?.as_text()?.parse().ok()
    }

    /// The path of a field, such as `rollingUpdate.maxSurge`, in the strongest layer that sets it for these pods.
    pub fn path(&self, pods: Pods<'_>, field: &str) -> FieldPath {
        self.stack(pods).path(field)
    }

    /// The entry of the executor that these pods belong to.
    fn entry(&self, pods: Pods<'_>) -> Option<&Entry> {
        match pods {
            Pods::Gateway => None,
            Pods::Head(name) | Pods::Worker(name, _) => self.executors.get(name),
        }
    }

    /// The weakest layers that apply to these pods.
    fn weakest(&self, pods: Pods<'_>) -> [Option<&Layer>; 2] {
        let own = match pods {
            Pods::Gateway => self.weakest.gateway.as_ref(),
            Pods::Head(name) => self.weakest.executors.get(name).and_then(|executor| executor.head.as_ref()),
            Pods::Worker(name, _) => self.weakest.executors.get(name).and_then(|executor| executor.worker.as_ref()),
        };
        [self.weakest.all.as_ref(), own]
    }

    /// The layers that apply to these pods.
    fn stack(&self, pods: Pods<'_>) -> Stack<'_> {
        let role = match pods {
            Pods::Gateway => &self.roles.gateway,
            Pods::Head(_) => &self.roles.head,
            Pods::Worker(..) => &self.roles.worker,
        };
        let gateway = self.gateway.as_ref().filter(|_| pods == Pods::Gateway);
        let entry = self.entry(pods);
        let part = entry.and_then(|entry| match pods {
            Pods::Gateway => None,
            Pods::Head(_) => entry.head.as_ref(),
            Pods::Worker(_, shard) => entry.shards.get(&shard?),
        });
        let whole = entry.map(|entry| &entry.whole);
        let stronger = [self.defaults.as_ref(), role.as_ref(), gateway, whole, part];
        Stack(self.weakest(pods).into_iter().chain(stronger).flatten().collect())
    }

    /// The settings of all pods of a role that have no entry in the config.
    pub fn of_role(&self, pods: Pods<'_>, findings: &mut Findings) -> Rc<Workload> {
        self.resolve(pods, findings)
    }

    /// The settings of these pods: `shared`, unless their executor has an entry.
    pub fn of(&self, pods: Pods<'_>, shared: &Rc<Workload>, findings: &mut Findings) -> Rc<Workload> {
        let [_, weakest] = self.weakest(pods);
        if self.entry(pods).is_none() && weakest.is_none() { Rc::clone(shared) } else { self.resolve(pods, findings) }
    }

    fn resolve(&self, pods: Pods<'_>, findings: &mut Findings) -> Rc<Workload> {
        let stack = self.stack(pods);
        let merged = self.merged(pods, &stack);
        let workload = Workload::read(&merged);
        layer_checks::check(&workload, &merged, &stack, matches!(pods, Pods::Worker(..)), findings);
        entry_checks::check(&merged, &stack, findings);
        Rc::new(workload)
    }

    /// The merged layers of a stack, with only the fields that are allowed for these pods.
    fn merged(&self, pods: Pods<'_>, stack: &Stack<'_>) -> Node<'static> {
        let whole = self.entry(pods).map(|entry| &entry.whole);
        let is_whole = |layer: &Layer| whole.is_some_and(|whole| std::ptr::eq(whole, layer));
        let is_for_pods = |layer: &Layer, name: &str| {
            // `expose` of an executor is for this executor; `expose` of a weaker layer is for the gateway.
            let audience = find(LAYER, name).map(|field| field.audience);
            audience.is_some_and(|audience| audience.has(pods.role()) || (audience == Audience::CALLED && is_whole(layer)))
        };
        let mut merged: Node<'static> = Data::Map(Vec::new()).into();
        for layer in stack.0.iter().filter(|layer| layer.is_weakest) {
            merge_layer(&mut merged, layer.fields.clone());
        }
        let stronger = stack.0.iter().filter(|layer| !layer.is_weakest);
        for layer in stronger.clone() {
            give_way(&mut merged, &layer.fields);
        }
        for layer in stronger {
            let pairs = layer.fields.as_map().unwrap_or_default().iter();
            let pairs = pairs.filter(|(key, _)| key.as_text().is_some_and(|name| is_for_pods(layer, name))).cloned().collect();
            let mut fields = Node { mark: layer.fields.mark, tag: None, data: Data::Map(pairs) };
            if matches!(pods, Pods::Head(_)) && is_whole(layer) {
                remove_fields_of_workers(&mut fields);
            }
            let template = fields.take(TEMPLATE);
            merge_layer(&mut merged, fields);
            if let Some(template) = template {
                match merged.get_mut(TEMPLATE) {
                    Some(known) => merge_part(known, template),
                    None => merged.set(TEMPLATE, template),
                }
            }
        }
        merged
    }
}

impl Entry {
    fn read(node: &Node<'_>, path: FieldPath) -> Option<Self> {
        let head = Layer::below(node, "head", &path);
        let path_of_shards = path.key("shards");
        let shards = node.map_at("shards").iter().filter_map(|(key, node)| {
            let number = key.shown();
            Some((number.parse().ok()?, Layer::of(node, path_of_shards.key(&number))?))
        });
        Some(Self { head, shards: shards.collect(), whole: Layer::of(node, path)? })
    }
}

/// Removes what conflicts with a stronger layer from the weakest settings, so that the merged settings are valid if those of
/// the stronger layer are.
fn give_way(weakest: &mut Node<'static>, stronger: &Node<'static>) {
    if stronger.get("replicas").is_some_and(|replicas| !replicas.is_null()) {
        weakest.take("autoscale");
    }
    if let (Some(weakest), Some(stronger)) = (weakest.get_mut("autoscale"), stronger.get("autoscale")) {
        autoscaler_gives_way(weakest, stronger);
    }
    if let Some(storage) = stronger.get("storage") {
        if storage.get("existingClaim").is_some() {
            weakest.take("storage");
        } else if storage.get("accessModes").is_some() {
            weakest.get_mut("storage").and_then(|weakest| weakest.take("accessModes"));
        }
    }
    // Kubernetes allows one of the two.
    if stronger.get("pdb").is_some_and(|pdb| BUDGETS.iter().any(|name| pdb.get(name).is_some())) {
        for name in BUDGETS {
            weakest.get_mut("pdb").and_then(|pdb| pdb.take(name));
        }
    }
    for part in ["requests", "limits"] {
        for (name, _) in stronger.get("resources").map(|resources| resources.map_at(part)).unwrap_or_default() {
            let Some(resources) = weakest.get_mut("resources") else { return };
            for part in ["requests", "limits"] {
                resources.get_mut(part).and_then(|amounts| amounts.take(name.as_text().unwrap_or_default()));
            }
        }
    }
}

/// The fields of `pdb` with a number of pods.
const BUDGETS: [&str; 2] = ["minAvailable", "maxUnavailable"];

/// The fields of `autoscale` that are targets.
const TARGETS: [&str; 6] = ["cpu", "memory", "memoryAverage", "requestsPerSecond", "concurrency", "keda"];

fn autoscaler_gives_way(weakest: &mut Node<'static>, stronger: &Node<'static>) {
    let number = |node: &Node<'_>, name: &str| node.get(name).and_then(Node::as_text).and_then(|text| text.parse::<i64>().ok());
    if TARGETS.iter().any(|name| stronger.get(name).is_some_and(|target| !target.is_null())) {
        for name in TARGETS {
            weakest.take(name);
        }
        // Not every target scales to zero.
        if number(weakest, "min") == Some(0) {
            weakest.take("min");
        }
    }
    let (least, most) = (number(weakest, "min"), number(weakest, "max"));
    if number(stronger, "max").is_some_and(|most| least.is_some_and(|least| least > most)) {
        weakest.take("min");
    }
    if number(stronger, "min").is_some_and(|least| most.is_some_and(|most| least > most)) {
        weakest.take("max");
    }
    if stronger.at("behavior.scaleDown.stabilizationWindowSeconds").is_some() {
        weakest.take("scaleDownSeconds");
    }
}

/// Removes the fields of an executor's entry that are for its workers: a head has a different load, its own number of
/// pods and no devices.
fn remove_fields_of_workers(fields: &mut Node<'static>) {
    fields.take("autoscale");
    fields.take("replicas");
    for part in ["requests", "limits"] {
        let amounts = fields.get_mut("resources").and_then(|resources| resources.get_mut(part)).map(|node| &mut node.data);
        if let Some(Data::Map(pairs)) = amounts {
            pairs.retain(|(name, _)| name.as_text().is_none_or(|name| !name.contains('/')));
        }
    }
}
