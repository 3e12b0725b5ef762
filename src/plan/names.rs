//! Makes Kubernetes names from names of the Flow, and checks that the Kubernetes names are valid and unique.

use std::collections::HashMap;

use super::component::{Component, Role};
use crate::finding::{Code, Finding, Findings, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::topology::Executor;

/// The most characters in the name of a Service, the host name of a pod and the value of a label (RFC 1035).
const LONGEST: usize = 63;

/// The most characters in the name of a StatefulSet: its pods have a label with the name and a hash of 11 characters.
const LONGEST_STATEFULSET: usize = 52;

/// The name that Jina's `to_compatible_name` makes: `/` and `_` become `-`, and upper case becomes lower case.
///
/// Jina adds nodes for inspection with names such as `_aux_…`. `-aux-…` is not a valid name of an object, and users cannot
/// rename these nodes, so the leading dash is removed.
pub fn kubernetes_name(name: &str) -> String {
    let name = name.replace(['/', '_'], "-").to_lowercase();
    match name.strip_prefix("-aux-") {
        Some(inspected) => format!("aux-{inspected}"),
        None => name,
    }
}

/// The name of the Service of an additional protocol. `place` is the place of the protocol, from 1.
pub fn protocol_service(component: &str, place: usize, scheme: &str) -> String {
    format!("{component}-{place}-{scheme}")
}

/// Reports names that the API server refuses, and names that two components share.
pub fn check(components: &[Component], flow: &Flow, path: &Path<'_>, findings: &mut Findings) {
    let list = path.key(flow.list);
    let by_name: HashMap<&str, &Executor> = flow.executors.iter().map(|e| (e.name.as_str(), e)).collect();
    let mut owners: HashMap<String, &Component> = HashMap::new();
    for component in components {
        let (index, mark) = by_name.get(component.node.as_str()).map(|e| (e.index, e.mark)).unwrap_or_default();
        let entry = list.index(index);
        let with = path.key("with");
        let here = if flow.kind == Kind::Flow { entry.key("name") } else { with.key("name") };
        for name in names_of(component) {
            if let Some(owner) = owners.insert(name.clone(), component) {
                let (this, other) = (bearer(component, &name), bearer(owner, &name));
                let message = format!("gives {this} the Kubernetes name `{name}`, which {other} has too");
                let finding = Code::KubernetesNameCollision.error(here, message).got(&component.node);
                findings.push(finding.fix("rename one of them; upper case becomes lower case, and `_` becomes `-`").at(mark));
                break;
            }
        }
        findings.extend(invalid_name(component, &here).map(|finding| finding.got(&component.node).fix("rename the executor").at(mark)));
    }
}

/// The part of an executor that has a name, for messages.
fn bearer(component: &Component, name: &str) -> String {
    let node = &component.node;
    match component.role {
        _ if kubernetes_name(node) == name => format!("`{node}`"),
        _ if component.name != name => format!("a Service of `{node}`"),
        Role::Head => format!("the head of `{node}`"),
        Role::Worker(shard) => format!("shard {shard} of `{node}`"),
        Role::Gateway => format!("`{node}`"),
    }
}

fn names_of(component: &Component) -> impl Iterator<Item = String> {
    let more = component.protocols.iter().enumerate().skip(1);
    std::iter::once(component.name.clone()).chain(more.map(|(i, p)| protocol_service(&component.name, i, p.scheme())))
}

fn invalid_name(component: &Component, path: &Path<'_>) -> Option<Finding> {
    // All shards have the same problem, so only the first shard is reported.
    if matches!(component.role, Role::Worker(shard) if shard > 0) {
        return None;
    }
    let name = &component.name;
    let longest_name = names_of(component).max_by_key(String::len).unwrap_or_default();
    let starts_with_letter = name.starts_with(|c: char| c.is_ascii_lowercase());
    let is_plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') && !name.ends_with('-');
    if !(starts_with_letter && is_plain) {
        let rule = "it must start with a letter, end with a letter or digit, and contain only letters, digits and `-`";
        return Some(Code::InvalidName.error(path, format!("becomes `{name}`, which is not a valid Service name: {rule}")));
    }
    let too_long = |kind: &str, name: &str, most: usize| {
        let message = format!("becomes the {kind} name `{name}` of {} characters; at most {most} are allowed", name.len());
        Code::NameTooLong.error(path, message)
    };
    if longest_name.len() > LONGEST {
        return Some(too_long("Service", &longest_name, LONGEST));
    }
    (component.storage.is_some() && name.len() > LONGEST_STATEFULSET).then(|| too_long("StatefulSet", name, LONGEST_STATEFULSET))
}

#[cfg(test)]
mod tests {
    use super::kubernetes_name;

    #[test]
    fn names_of_the_flow_become_kubernetes_names() {
        assert_eq!(kubernetes_name("My_CLIP_Encoder"), "my-clip-encoder");
        assert_eq!(kubernetes_name("idx/head"), "idx-head");
        assert_eq!(kubernetes_name("_aux_eval"), "aux-eval");
    }
}
