//! All facts of a set of objects.

use std::collections::{BTreeMap, HashMap};

use super::amounts::{Amounts, add};
use super::claims::Claim;
use super::component::Component;
use super::needs::{Need, Wanted};
use super::object_needs::prerequisites;
use super::totals::Totals;
use crate::check::Cluster;

/// A thing that has to be there before the objects.
#[derive(Debug, Clone)]
pub struct Prerequisite {
    /// What is needed.
    pub need: Need,
    /// The keys of a Secret or ConfigMap.
    pub keys: Vec<String>,
    /// Whether the Secret or ConfigMap is among the objects, but without these keys.
    pub is_incomplete: bool,
    /// The names of the components and objects that need it.
    pub by: Vec<String>,
}

/// An image, and the components that run it.
#[derive(Debug, Clone)]
pub struct Image {
    /// The reference, as the manifests have it.
    pub image: String,
    /// The names of the components.
    pub by: Vec<String>,
}

/// An amount that is not a quantity, which the sums do not contain.
#[derive(Debug, Clone)]
pub struct Unread {
    /// The kind and the name of the object.
    pub object: String,
    /// The amount in the form of the manifest.
    pub amount: String,
}

/// The facts of a set of objects.
#[derive(Debug, Clone)]
pub struct Side {
    /// The workloads: those of each Flow together, its gateway first, and a head before its shards.
    pub components: Vec<Component>,
    /// The names of the components in lists of those that need a thing.
    pub names: Vec<String>,
    /// The sums with the least number of pods.
    pub totals: Totals,
    /// The sums if every autoscaler reaches its maximum; `None` without an autoscaler.
    pub at_most: Option<Totals>,
    /// What the additional pods request if all components are replaced at the same time.
    pub surge: Amounts,
    /// The number of these pods.
    pub surge_pods: u64,
    /// What has to be in the cluster.
    pub prerequisites: Vec<Prerequisite>,
    /// The images that nodes pull, sorted.
    pub images: Vec<Image>,
    /// The amounts that the sums do not contain.
    pub unread: Vec<Unread>,
}

impl Side {
    /// The facts of objects.
    pub fn of(cluster: &Cluster<'_>) -> Self {
        let components = components(cluster);
        let mut surge = Amounts::new();
        let mut surge_pods: u64 = 0;
        for component in &components {
            add(&mut surge, &component.surge, 1);
            surge_pods = surge_pods.saturating_add(component.rollout.as_ref().map_or(0, |rollout| rollout.surge));
        }
        let names = Names::of(&components);
        let prerequisites = prerequisites(cluster).into_iter().map(|(need, wanted)| {
            let Wanted { keys, by, is_incomplete } = wanted;
            Prerequisite { need, keys: keys.into_iter().collect(), is_incomplete, by: names.sorted(cluster, by.into_iter()) }
        });
        Self {
            totals: Totals::of(cluster),
            at_most: components.iter().any(|component| component.replicas.is_scaled).then(|| Totals::at_most(cluster)),
            surge,
            surge_pods,
            prerequisites: prerequisites.collect(),
            images: images(cluster, &names),
            unread: unread(cluster, &components),
            names: names.sorted(cluster, components.iter().map(|component| component.object)),
            components,
        }
    }
}

/// The names of components, by the positions of their objects, and their order.
struct Names {
    shown: HashMap<usize, (usize, String)>,
}

impl Names {
    fn of(components: &[Component]) -> Self {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for component in components {
            *counts.entry(component.key.shown()).or_default() += 1;
        }
        let shown = components.iter().enumerate().map(|(order, component)| {
            let shown = component.key.shown();
            // Components of several Flows can have the same name.
            let is_clear = counts.get(&shown) == Some(&1);
            let name = match (is_clear, component.namespace.as_str()) {
                (true, _) => shown,
                (false, "") => format!("{}/{}", component.kind, component.name),
                (false, namespace) => format!("{namespace}/{}/{}", component.kind, component.name),
            };
            (component.object, (order, name))
        });
        Self { shown: shown.collect() }
    }

    /// The names of objects: components in their order, and then other objects.
    fn sorted(&self, cluster: &Cluster<'_>, ids: impl Iterator<Item = usize>) -> Vec<String> {
        let named = ids.map(|id| match self.shown.get(&id) {
            Some((order, name)) => (*order, name.clone()),
            None => (usize::MAX, cluster.objects[id].label()),
        });
        let mut named: Vec<(usize, String)> = named.collect();
        named.sort();
        named.dedup();
        named.into_iter().map(|(_, name)| name).collect()
    }
}

/// The images of all containers and of image volumes. The injector of a sidecar fills in the image of `auto`.
fn images(cluster: &Cluster<'_>, names: &Names) -> Vec<Image> {
    let mut by: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for workload in &cluster.workloads {
        let containers = workload.containers.iter().map(|container| container.view.text_at("image"));
        let volumes = workload.spec.list_at("volumes");
        let volumes = volumes.iter().map(|volume| volume.text_at("image.reference"));
        for image in containers.chain(volumes).filter(|image| !["", "auto"].contains(image)) {
            by.entry(image).or_default().push(workload.object);
        }
    }
    by.into_iter().map(|(image, by)| Image { image: image.to_owned(), by: names.sorted(cluster, by.into_iter()) }).collect()
}

fn unread(cluster: &Cluster<'_>, components: &[Component]) -> Vec<Unread> {
    let of_components = components.iter().flat_map(|component| {
        let object = format!("{}/{}", component.kind, component.name);
        component.unread.iter().map(move |amount| Unread { object: object.clone(), amount: amount.clone() })
    });
    let claims = cluster.objects.iter().filter(|object| object.kind() == "PersistentVolumeClaim");
    let of_claims = claims.filter_map(|object| {
        let amount = Claim::of(object.name(), object.view.get("spec")).unread?;
        Some(Unread { object: object.label(), amount })
    });
    of_components.chain(of_claims).collect()
}

/// The workloads in the order of [`Side::components`].
fn components(cluster: &Cluster<'_>) -> Vec<Component> {
    let mut flows: HashMap<(String, String), usize> = HashMap::new();
    let mut executors: HashMap<(usize, String), usize> = HashMap::new();
    let workloads = (0..cluster.workloads.len()).map(|workload| Component::of(cluster, workload));
    let mut ordered: Vec<_> = workloads
        .map(|component| {
            let key = &component.key;
            let count = flows.len();
            let flow = *flows.entry((component.namespace.clone(), key.flow.clone())).or_insert(count);
            let count = executors.len();
            let executor = *executors.entry((flow, key.executor.clone())).or_insert(count);
            let class = match key.role {
                "gateway" => 0,
                "" => 2,
                _ => 1,
            };
            ((flow, class, executor, key.role != "head", key.shard.parse().unwrap_or(0)), component)
        })
        .collect();
    ordered.sort_by_key(|(order, _)| *order);
    ordered.into_iter().map(|(_, component)| component).collect()
}
