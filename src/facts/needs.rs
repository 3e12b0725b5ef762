//! What has to be in the cluster before the objects of a side.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Cluster;

/// A thing that is needed: its kind and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Need {
    /// `Secret`, `StorageClass`, `CustomResourceDefinition`, `resource`…
    pub kind: &'static str,
    /// The namespace; empty if the kind has none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

/// Who needs a thing, and what of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The keys of a Secret or ConfigMap.
    pub keys: BTreeSet<String>,
    /// The positions of the objects that need it.
    pub by: BTreeSet<usize>,
    /// Whether the thing is among the objects, but without these keys.
    pub is_incomplete: bool,
}

/// The name of the default class, which objects without a class need. No object can have this name.
pub const DEFAULT: &str = "(default)";

/// Objects that Kubernetes, a mesh or a platform creates, by kind and name.
const ALWAYS: [(&str, &str); 13] = [
    ("ConfigMap", "kube-root-ca.crt"),
    ("ConfigMap", "openshift-service-ca.crt"),
    ("ConfigMap", "istio-ca-root-cert"),
    ("ConfigMap", "istio-ca-crl"),
    ("Namespace", "default"),
    ("Namespace", "kube-system"),
    ("Namespace", "kube-public"),
    ("Namespace", "kube-node-lease"),
    ("PriorityClass", "system-cluster-critical"),
    ("PriorityClass", "system-node-critical"),
    ("ServiceAccount", "default"),
    ("scheduler", "default-scheduler"),
    ("node label", "kubernetes.io/os=linux"),
];

/// The things that the objects of a side need and do not contain.
#[derive(Debug)]
pub struct Needs<'c, 'o> {
    /// The objects.
    pub cluster: &'c Cluster<'o>,
    /// What is needed.
    pub found: BTreeMap<Need, Wanted>,
}

impl Needs<'_, '_> {
    /// Adds a thing that an object needs, unless it is among the objects. An empty name refers to nothing.
    pub fn add(&mut self, kind: &'static str, namespace: &str, name: &str, by: usize) {
        if !self.is_there(kind, namespace, name) {
            self.wanted(kind, namespace, name).by.insert(by);
        }
    }

    /// Adds an entry of a Secret or ConfigMap.
    pub fn add_key(&mut self, kind: &'static str, namespace: &str, name: &str, key: &str, by: usize) {
        let is_there = self.is_there(kind, namespace, name);
        let has_key = || key.is_empty() || self.cluster.data(kind, namespace, name).is_none_or(|data| data.contains_key(key));
        if is_there && has_key() {
            return;
        }
        let wanted = self.wanted(kind, namespace, name);
        wanted.is_incomplete |= is_there;
        wanted.by.insert(by);
        if !key.is_empty() {
            wanted.keys.insert(key.to_owned());
        }
    }

    fn is_there(&self, kind: &str, namespace: &str, name: &str) -> bool {
        name.is_empty() || ALWAYS.contains(&(kind, name)) || self.cluster.find(kind, namespace, name).is_some()
    }

    fn wanted(&mut self, kind: &'static str, namespace: &str, name: &str) -> &mut Wanted {
        self.found.entry(Need { kind, namespace: namespace.to_owned(), name: name.to_owned() }).or_default()
    }
}
