//! Kubernetes names.

use std::collections::HashMap;

use super::component::{Component, Role};
use crate::finding::{Finding, Findings, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::topology::Executor;

/// Jina's `to_compatible_name`: `/` and `_` become `-`, capitals small.
///
/// The nodes that Jina itself adds for inspection are called `_aux_…`, and no object may be called `-aux-…`; nobody
/// can rename them, so the leading dash is dropped.
pub fn kubernetes_name(name: &str) -> String {
    let name = name.replace(['/', '_'], "-").to_lowercase();
    match name.strip_prefix("-aux-") {
        Some(inspected) => format!("aux-{inspected}"),
        None => name,
    }
}

/// The name of a further Service, for the protocol at `place` (from 1).
pub fn protocol_service(component: &str, place: usize, scheme: &str) -> String {
    format!("{component}-{place}-{scheme}")
}

/// Longest name of a Service, a pod's host name and a label's value (RFC 1035).
const LONGEST: usize = 63;

/// Longest name of a `StatefulSet`: its pods carry a label of the name and a hash of 11 characters.
const LONGEST_STATEFULSET: usize = 52;

/// Finds names that the API server refuses and names that fall together.
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
                let finding =
                    Finding::error(here, format!("`{}` and `{}` would both be `{name}` in Kubernetes", owner.node, component.node));
                findings.push(finding.got(&component.node).fix("rename one of them; capitals do not count, and `_` is `-`").at(mark));
                break;
            }
        }
        if let Some(fault) = fault(component) {
            findings.push(Finding::error(here, fault).got(&component.node).fix("rename the executor").at(mark));
        }
    }
}

fn names_of(component: &Component) -> impl Iterator<Item = String> {
    let more = component.protocols.iter().enumerate().skip(1);
    std::iter::once(component.name.clone()).chain(more.map(|(i, p)| protocol_service(&component.name, i, p.scheme())))
}

fn fault(component: &Component) -> Option<String> {
    // One fault a name: heads and shards repeat their executor's.
    if matches!(component.role, Role::Worker(shard) if shard > 0) {
        return None;
    }
    let name = &component.name;
    let longest_name = names_of(component).max_by_key(String::len).unwrap_or_default();
    let letter_first = name.starts_with(|c: char| c.is_ascii_lowercase());
    let rest = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') && !name.ends_with('-');
    if !(letter_first && rest) {
        return Some(format!(
            "gives `{name}`, which cannot name a Service: a letter first, then letters, digits and `-`, a letter or digit last"
        ));
    }
    if longest_name.len() > LONGEST {
        return Some(format!("gives the name `{longest_name}` of {} characters, and {LONGEST} is the most", longest_name.len()));
    }
    if component.storage.is_some() && name.len() > LONGEST_STATEFULSET {
        return Some(format!("gives the StatefulSet name `{name}` of {} characters, and {LONGEST_STATEFULSET} is the most", name.len()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::kubernetes_name;

    #[test]
    fn names_are_made_as_jina_makes_them() {
        assert_eq!(kubernetes_name("My_CLIP_Encoder"), "my-clip-encoder");
        assert_eq!(kubernetes_name("idx/head"), "idx-head");
        assert_eq!(kubernetes_name("_aux_eval"), "aux-eval");
    }
}
