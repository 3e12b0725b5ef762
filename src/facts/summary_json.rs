//! A summary as JSON. `functions/jinaflow/summary.schema.json` describes it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::amounts::Amounts;
use super::claims::Claim;
use super::component::Component;
use super::rollout::Order;
use super::side::Side;
use super::totals::Totals;

/// The version of the format. It changes if a field is removed, or gets another meaning.
const VERSION: u32 = 1;

/// Amounts as quantities of Kubernetes.
type Shown = BTreeMap<String, String>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary<'s> {
    version: u32,
    components: Vec<ShownComponent<'s>>,
    totals: ShownTotals<'s>,
    maximum: Option<ShownTotals<'s>>,
    surge: Surge,
    prerequisites: Vec<ShownPrerequisite<'s>>,
    images: Vec<ShownImage<'s>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownComponent<'s> {
    flow: &'s str,
    component: &'s str,
    role: &'s str,
    shard: &'s str,
    object: Object<'s>,
    replicas: ShownReplicas,
    image: &'s str,
    other_containers: Vec<ShownContainer<'s>>,
    requests: Shown,
    limits: Shown,
    total_requests: Shown,
    total_limits: Shown,
    gpus: Shown,
    claims: Vec<ShownClaim<'s>>,
    rollout: Option<ShownRollout>,
    drain_seconds: u64,
}

#[derive(Serialize)]
struct Object<'s> {
    kind: &'s str,
    namespace: &'s str,
    name: &'s str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownReplicas {
    least: u64,
    most: u64,
    is_autoscaled: bool,
    is_per_node: bool,
    is_temporary: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownContainer<'s> {
    name: &'s str,
    image: &'s str,
    is_init: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownClaim<'s> {
    name: &'s str,
    storage_class: Option<&'s str>,
    size: Option<String>,
    access_modes: &'s [String],
    is_per_pod: bool,
    is_temporary: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownRollout {
    order: &'static str,
    surge: u64,
    unavailable: u64,
    surge_requests: Shown,
}

#[derive(Serialize)]
/// Sums in the form of the JSON.
pub struct ShownTotals<'s> {
    pods: u64,
    requests: Shown,
    limits: Shown,
    disks: Vec<Disks<'s>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Disks<'s> {
    storage_class: Option<&'s str>,
    size: String,
}

#[derive(Serialize)]
struct Surge {
    pods: u64,
    requests: Shown,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownPrerequisite<'s> {
    kind: &'s str,
    namespace: &'s str,
    name: &'s str,
    keys: &'s [String],
    is_incomplete: bool,
    needed_by: &'s [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownImage<'s> {
    image: &'s str,
    needed_by: &'s [String],
}

/// Writes the facts of a side.
pub fn write_json(side: &Side, out: &mut impl Write) -> io::Result<()> {
    let prerequisites = side.prerequisites.iter().map(|needed| ShownPrerequisite {
        kind: needed.need.kind,
        namespace: &needed.need.namespace,
        name: &needed.need.name,
        keys: &needed.keys,
        is_incomplete: needed.is_incomplete,
        needed_by: &needed.by,
    });
    let summary = Summary {
        version: VERSION,
        components: side.components.iter().map(component).collect(),
        totals: shown_totals(&side.totals),
        maximum: side.at_most.as_ref().map(shown_totals),
        surge: Surge { pods: side.surge_pods, requests: shown(&side.surge) },
        prerequisites: prerequisites.collect(),
        images: side.images.iter().map(|image| ShownImage { image: &image.image, needed_by: &image.by }).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &summary)?;
    writeln!(out)
}

fn component(component: &Component) -> ShownComponent<'_> {
    let (total_requests, total_limits) = component.of_all(component.replicas.least);
    let others = component.others.iter();
    ShownComponent {
        flow: &component.key.flow,
        component: &component.key.executor,
        role: component.key.role,
        shard: &component.key.shard,
        object: Object { kind: &component.kind, namespace: &component.namespace, name: &component.name },
        replicas: ShownReplicas {
            least: component.replicas.least,
            most: component.replicas.most,
            is_autoscaled: component.replicas.is_scaled,
            is_per_node: component.replicas.is_per_node,
            is_temporary: component.replicas.is_temporary,
        },
        image: &component.image,
        other_containers: others.map(|other| ShownContainer { name: &other.name, image: &other.image, is_init: other.is_init }).collect(),
        requests: shown(&component.requests),
        limits: shown(&component.limits),
        total_requests: shown(&total_requests),
        total_limits: shown(&total_limits),
        gpus: shown(&component.gpus()),
        claims: component.claims.iter().map(claim).collect(),
        rollout: component.rollout.as_ref().map(|rollout| ShownRollout {
            order: match rollout.order {
                Order::Rolling => "rolling",
                Order::OneByOne => "one-by-one",
                Order::AllAtOnce => "all-at-once",
                Order::ByHand => "by-hand",
                Order::Paused => "paused",
            },
            surge: rollout.surge,
            unavailable: rollout.unavailable,
            surge_requests: shown(&component.surge),
        }),
        drain_seconds: component.drain,
    }
}

fn claim(claim: &Claim) -> ShownClaim<'_> {
    ShownClaim {
        name: &claim.name,
        storage_class: claim.class.as_deref(),
        size: claim.size.map(|size| size.to_string()),
        access_modes: &claim.modes,
        is_per_pod: claim.is_per_pod,
        is_temporary: claim.is_temporary,
    }
}

/// Sums in the form of the JSON.
pub fn shown_totals(totals: &Totals) -> ShownTotals<'_> {
    let disks = totals
        .disks
        .iter()
        .map(|(class, size)| Disks { storage_class: Some(class.as_str()).filter(|class| !class.is_empty()), size: size.to_string() });
    ShownTotals { pods: totals.pods, requests: shown(&totals.requests), limits: shown(&totals.limits), disks: disks.collect() }
}

fn shown(amounts: &Amounts) -> Shown {
    amounts.iter().map(|(name, amount)| (name.clone(), amount.to_string())).collect()
}
