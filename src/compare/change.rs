//! What happens to an object, and to a component, when the new side is applied over the old side.

use super::line::Line;
use super::pod_labels::Labels;
use crate::check::SeenObject;
use crate::facts::{Amounts, Key, Rollout};

/// The identity of an object in a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The API group; empty for the core group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; empty if it is not set.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl Identity {
    /// The identity of an object.
    pub fn of(object: &SeenObject<'_>) -> Self {
        let [group, kind, namespace, name] = [object.group(), object.kind(), object.namespace(), object.name()].map(str::to_owned);
        Self { group, kind, namespace, name }
    }

    /// The kind and name for people.
    pub fn label(&self) -> String {
        format!("{}/{}", self.kind, self.name)
    }

    /// The kind for kubectl: `deployment.apps`.
    pub fn resource(&self) -> String {
        let dot = if self.group.is_empty() { "" } else { "." };
        format!("{}{dot}{}", self.kind.to_lowercase(), self.group)
    }

    /// The kind and name for kubectl: `deployment.apps/encoder`.
    pub fn argument(&self) -> String {
        format!("{}/{}", self.resource(), self.name)
    }
}

/// What an apply does to an object.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase", tag = "effect")]
pub enum Effect {
    /// An apply does not change the object. Values that its pods read may change.
    Unchanged,
    /// Fields change in place, and no pod restarts.
    Changed,
    /// The number of pods changes, and no pod restarts.
    Scaled,
    /// The pod template changes, so the pods are replaced.
    Restarts {
        /// How the pods are replaced.
        rollout: Rollout,
    },
    /// The API server refuses the change. The object has to be deleted first.
    Refused {
        /// The fields that cannot change.
        fields: Vec<String>,
    },
    /// An object with another name, namespace or kind is created. The old one stays.
    Created,
    /// Only the new side has it.
    Added,
    /// Only the old side has it. An apply leaves it in the cluster.
    Removed,
}

/// An object of both sides, or of one.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ObjectChange {
    /// The object on the old side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Identity>,
    /// The object on the new side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Identity>,
    /// What an apply does.
    #[serde(flatten)]
    pub effect: Effect,
    /// The differences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Line>,
    /// What a reader should know before the change is applied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The labels by which the new workload finds the old pods, if the API server refuses the new selector.
    #[serde(skip)]
    pub labels: Option<Labels>,
}

impl ObjectChange {
    /// The object on the new side, or on the old side if it is removed.
    pub fn identity(&self) -> Option<&Identity> {
        self.new.as_ref().or(self.old.as_ref())
    }

    /// Whether there is nothing to say.
    pub fn is_unchanged(&self) -> bool {
        self.effect == Effect::Unchanged && self.changes.is_empty() && self.notes.is_empty()
    }
}

/// The number of pods of a component.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Replicas {
    /// The number on the old side, or the bounds of an autoscaler.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The same on the new side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// A component of a Flow on both sides, or on one.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentChange {
    /// The name for people: `indexer shard 0`.
    pub name: String,
    /// What it is in its Flow.
    #[serde(flatten)]
    pub key: Key,
    /// The number of pods.
    pub replicas: Replicas,
    /// The image of the main container on the new side, or on the old side if it is removed.
    pub image: String,
    /// The object that runs the pods.
    pub workload: ObjectChange,
    /// The objects around the pods that change: Services, policies, budgets, autoscalers, ConfigMaps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<ObjectChange>,
    /// What the additional pods of the rollout request.
    #[serde(skip_serializing_if = "Amounts::is_empty")]
    pub surge: Amounts,
}

impl ComponentChange {
    /// The workload and the objects around it that change.
    pub fn all(&self) -> impl Iterator<Item = &ObjectChange> {
        [&self.workload].into_iter().chain(&self.objects)
    }

    /// Whether there is nothing to say about the workload nor about an object around it.
    pub fn is_unchanged(&self) -> bool {
        self.workload.is_unchanged() && self.objects.is_empty()
    }
}
