//! What a reviewer checks first in a changed pod or Service: more rights on the node, and ways in from outside.

use std::collections::BTreeSet;

use crate::facts::{Place, containers};
use crate::yaml::View;

/// The rights that pods have beyond their container.
fn of_pods(place: Place<'_, '_>) -> BTreeSet<String> {
    let spec = place.workload.spec;
    let mut found = BTreeSet::new();
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if spec.text_at(field) == "true" {
            found.insert(format!("the pods use the node's own namespaces: {field}"));
        }
    }
    for volume in spec.list_at("volumes").iter().filter_map(|volume| volume.get("hostPath")) {
        found.insert(format!("the pods read the files of their node: hostPath {}", volume.text_at("path")));
    }
    for context in containers(spec).filter_map(|container| container.get("securityContext")).chain(spec.get("securityContext")) {
        for (field, value) in [("privileged", "true"), ("allowPrivilegeEscalation", "true"), ("runAsUser", "0"), ("runAsNonRoot", "false")]
        {
            if context.text_at(field) == value {
                found.insert(format!("a container gets more rights: {field}: {value}"));
            }
        }
        for capability in context.list_at("capabilities.add").iter() {
            found.insert(format!("a container gets more rights: capability {}", capability.text()));
        }
    }
    found
}

/// The rights that the new pods have and the old ones had not.
pub fn new_rights(old: Option<Place<'_, '_>>, new: Place<'_, '_>) -> Vec<String> {
    let had = old.map(of_pods).unwrap_or_default();
    of_pods(new).difference(&had).cloned().collect()
}

/// How an object lets clients in from outside of the cluster; `None` if it does not.
pub fn way_in(kind: &str, object: View<'_>) -> Option<String> {
    match kind {
        "Service" => {
            let kind = object.text_at("spec.type");
            ["LoadBalancer", "NodePort"].contains(&kind).then(|| kind.to_owned())
        }
        "Ingress" => {
            let hosts: Vec<&str> = object.list_at("spec.rules").iter().map(|rule| rule.text_at("host")).collect();
            Some(if hosts.iter().all(|host| host.is_empty()) { "any host".to_owned() } else { hosts.join(", ") })
        }
        "HTTPRoute" | "GRPCRoute" => {
            let hosts: Vec<&str> = object.list_at("spec.hostnames").iter().map(View::text).collect();
            Some(if hosts.is_empty() { "any host".to_owned() } else { hosts.join(", ") })
        }
        _ => None,
    }
}
