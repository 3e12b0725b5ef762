//! `apps/v1 StatefulSet`: executors with storage.

use super::maker::{Maker, object};
use super::nodes::{mapping, strings};
use super::pod;
use super::volumes::claim_name;
use crate::config::corrections::Correction;
use crate::config::kubernetes::Kubernetes;
use crate::config::workload::Retention;
use crate::plan::{Component, Storage};
use crate::yaml::{Data, Node};

pub fn stateful_set<'c>(maker: &Maker<'c>, storage: &'c Storage) -> Node<'c> {
    let component = maker.component;
    let mut spec = pod::spec_with_replicas(component);
    if maker.has(Correction::StatefulSetFields) {
        spec.set("serviceName", component.name.as_str().into());
        spec.set("updateStrategy", update_strategy(maker));
    } else {
        spec.set("strategy", pod::rolling_update(component));
    }
    spec.set("selector", maker.label_selector());
    spec.set("template", pod::template(maker));
    if storage.existing.is_none() {
        let claims: Vec<Node<'c>> = (0..storage.mount_paths.len()).map(|place| claim(component, storage, place)).collect();
        spec.set("volumeClaimTemplates", claims.into());
        if let Some(Retention { deleted, scaled }) = &storage.retention {
            let policy = [("whenDeleted", deleted), ("whenScaled", scaled)].into_iter();
            let policy = policy.filter_map(|(name, choice)| Some((Node::field(name), choice.as_deref()?.into())));
            spec.set("persistentVolumeClaimRetentionPolicy", Data::Map(policy.collect()).into());
        }
    }
    object("apps/v1", "StatefulSet", pod::workload_metadata(maker), spec)
}

fn update_strategy<'c>(maker: &Maker<'c>) -> Node<'c> {
    let mut strategy = mapping([("type", "RollingUpdate".into())]);
    let unavailable = &maker.component.workload.rolling_update.unavailable;
    if let Some(share) = unavailable.as_ref().filter(|_| maker.target.scope.has(Kubernetes::STATEFUL_UNAVAILABLE)) {
        strategy.set("rollingUpdate", mapping([("maxUnavailable", share.clone())]));
    }
    strategy
}

fn claim<'c>(component: &'c Component, storage: &'c Storage, place: usize) -> Node<'c> {
    let mut spec = mapping([("accessModes", strings(&storage.access_modes))]);
    if let Some(class) = &storage.class {
        spec.set("storageClassName", class.as_str().into());
    }
    spec.set("resources", mapping([("requests", mapping([("storage", storage.size.as_str().into())]))]));
    mapping([("metadata", mapping([("name", claim_name(&component.name, place).into())])), ("spec", spec)])
}
