//! `apps/v1 Deployment`: gateways, heads, and executors without storage.

use super::maker::{Maker, object};
use super::pod;
use crate::yaml::Node;

pub fn deployment<'c>(maker: &Maker<'c>) -> Node<'c> {
    let mut spec = pod::spec_with_replicas(maker.component);
    spec.set("strategy", pod::rolling_update(maker.component));
    spec.set("selector", maker.label_selector());
    spec.set("template", pod::template(maker));
    object("apps/v1", "Deployment", pod::workload_metadata(maker), spec)
}
