//! Objects with the same kind, namespace and name that belong to different owners.

use super::flow_key::key_of;
use super::generated::Generated;
use super::reconciler::Reconciler;
use crate::finding::{Code, Finding, Severity};
use crate::jina::topology::GATEWAY;
use crate::krm::ObjectRef;
use crate::krm::meta::Meta;

impl Reconciler<'_, '_> {
    /// Reports an object that another JinaFlow of this call renders too. Within one JinaFlow the plan ensures different names.
    pub(super) fn check_rendered(&mut self, flow: &Meta, object: &ObjectRef<'_>) -> Option<Finding> {
        if self.flows.rendered.len() < 2 {
            return None;
        }
        let ObjectRef { kind, namespace, name, .. } = object;
        let key = [kind, namespace, name].map(|&part| part.to_owned());
        let own = key_of(flow);
        let other = self.placed.insert(key, own.clone())?;
        (other != own).then(|| object_of_two_flows(&other.1, object, ""))
    }

    /// Reports a new object that has the name of an item of a user or of another JinaFlow.
    pub(super) fn check_foreign(&mut self, flow: &Meta, object: &ObjectRef<'_>) -> Option<Finding> {
        let list = self.list;
        let namesakes = self.census().namesakes(object).to_vec();
        namesakes.into_iter().find_map(|index| {
            let node = list.items[index].read().ok()?.root?;
            let item = Generated::new(index, Meta::of(&node), node);
            let meta = &item.meta;
            let has_memory = self.remembered.contains(&index);
            let is_generated = has_memory || !self.caller.keeps_files();
            let is_of_known_flow =
                is_generated && item.flow().is_some_and(|flow| self.flows.rendered.contains(&flow) || self.flows.gone.contains(&flow));
            if is_of_known_flow || meta.api_version != object.api_version {
                return None;
            }
            let place = meta.path().map(|path| format!(" in {path}")).unwrap_or_default();
            if let Some(other) = item.owner.as_ref().filter(|_| has_memory) {
                return Some(object_of_two_flows(&other.flow, object, &place));
            }
            let message =
                format!("renders the {} `{}`, which exists{place} and was not generated from this JinaFlow", object.kind, object.name);
            // Within one package the collision is an error. Two packages may be for different clusters, and kpt sends the items of
            // the packages below a package too, so between packages it is only a warning.
            let severity = if meta.package() == flow.package() { Severity::Error } else { Severity::Warning };
            let finding = Code::ObjectAlreadyExists.error("spec.flow", message).with_severity(severity);
            Some(finding.fix("remove the existing object, or rename the executor"))
        })
    }
}

fn object_of_two_flows(other: &str, object: &ObjectRef<'_>, place: &str) -> Finding {
    let ObjectRef { kind, name, .. } = object;
    let message = format!("renders the {kind} `{name}`, which the JinaFlow `{other}` renders too{place}");
    Code::ObjectOfTwoFlows.error("spec.flow", message).fix(keep_apart(name))
}

/// The fix for two Flows in one namespace with an object of the same name. Their gateways always have the same name, so
/// renaming does not help there.
fn keep_apart(name: &str) -> &'static str {
    if name == GATEWAY || name.strip_prefix(GATEWAY).is_some_and(|rest| rest.starts_with('-')) {
        "set another namespace in one of the JinaFlows"
    } else {
        "rename an executor, or set another namespace in one of the JinaFlows"
    }
}
