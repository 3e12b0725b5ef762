//! The facts of one workload.

use super::amounts::{Amounts, add, of_pod, of_surge, unread};
use super::claims::{Claim, of_each_pod};
use super::key::Key;
use super::place::Place;
use super::replicas::Replicas;
use super::rollout::{Rollout, grace};
use crate::check::Cluster;

/// A container other than the main one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherContainer {
    /// The name.
    pub name: String,
    /// The image.
    pub image: String,
    /// Whether it is an init container.
    pub is_init: bool,
}

/// A part of a Flow, or another workload.
#[derive(Debug, Clone)]
pub struct Component {
    /// What it is in its Flow.
    pub key: Key,
    /// The position of its object.
    pub object: usize,
    /// The kind of the object.
    pub kind: String,
    /// The namespace of the object; empty if it has none.
    pub namespace: String,
    /// The name of the object.
    pub name: String,
    /// The number of pods.
    pub replicas: Replicas,
    /// The image of the container that runs Jina, or of the first container.
    pub image: String,
    /// The other containers.
    pub others: Vec<OtherContainer>,
    /// What a pod requests.
    pub requests: Amounts,
    /// The limits of a pod.
    pub limits: Amounts,
    /// The amounts of its pods and of their own claims that are not quantities, in the form of the manifest.
    pub unread: Vec<String>,
    /// The claims of the pods.
    pub claims: Vec<Claim>,
    /// How the pods are replaced; `None` if no controller does.
    pub rollout: Option<Rollout>,
    /// What the additional pods of a rollout request.
    pub surge: Amounts,
    /// The seconds that a pod has to finish its requests.
    pub drain: u64,
}

impl Component {
    /// The facts of a workload.
    pub fn of(cluster: &Cluster<'_>, workload: usize) -> Self {
        let place = Place::of(cluster, workload);
        let (object, seen) = (place.object, place.workload);
        let replicas = Replicas::of(cluster, object);
        let main = seen.main().map(|(container, _)| container).or_else(|| seen.running().next()).map(|container| &container.path);
        let image = |path| seen.containers.iter().find(|container| Some(&container.path) == path).map(|found| found.view.text_at("image"));
        let others = seen.containers.iter().filter(|container| Some(&container.path) != main);
        let others = others.map(|container| OtherContainer {
            name: container.view.text_at("name").to_owned(),
            image: container.view.text_at("image").to_owned(),
            is_init: container.ends_before_serving,
        });
        let rollout = Rollout::of_pods(object.kind(), object.view, replicas.least);
        let shared = seen.spec.list_at("volumes");
        let shared =
            shared.iter().map(|volume| volume.text_at("persistentVolumeClaim.claimName")).filter(|name| !name.is_empty()).map(|name| {
                let claim = cluster.find("PersistentVolumeClaim", object.namespace(), name);
                Claim::of(name, claim.and_then(|claim| claim.view.get("spec")))
            });
        let own = of_each_pod(object, seen);
        Self {
            key: Key::of(cluster, workload),
            object: seen.object,
            kind: object.kind().to_owned(),
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            replicas,
            image: image(main).unwrap_or_default().to_owned(),
            others: others.collect(),
            requests: of_pod(seen.spec, "requests"),
            limits: of_pod(seen.spec, "limits"),
            unread: unread(seen.spec).into_iter().chain(own.iter().filter_map(|claim| claim.unread.clone())).collect(),
            claims: own.into_iter().chain(shared).collect(),
            surge: rollout.as_ref().map(|rollout| of_surge(rollout, seen.spec)).unwrap_or_default(),
            rollout,
            drain: grace(seen.spec.text_at("terminationGracePeriodSeconds")),
        }
    }

    /// What all pods request, and their limits, for a number of pods.
    pub fn of_all(&self, pods: u64) -> (Amounts, Amounts) {
        let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
        add(&mut requests, &self.requests, pods);
        add(&mut limits, &self.limits, pods);
        (requests, limits)
    }

    /// The GPUs of a pod, by resource.
    pub fn gpus(&self) -> Amounts {
        self.requests.iter().filter(|(name, _)| is_gpu(name)).map(|(name, amount)| (name.clone(), *amount)).collect()
    }
}

/// Whether a resource is a GPU or a part of one, such as `nvidia.com/gpu`, `nvidia.com/mig-1g.5gb` or `gpu.intel.com/i915`.
pub fn is_gpu(name: &str) -> bool {
    name.contains('/') && (name.contains("gpu") || name.starts_with("nvidia.com/mig-"))
}
