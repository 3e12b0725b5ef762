//! Edits of generated objects that a render would keep or lose.

use super::rendering::Rendering;
use crate::finding::{Finding, Findings, Severity};
use crate::krm::meta::Meta;
use crate::krm::{Caller, ResourceList};
use crate::reconcile::ownership::OBJECT;
use crate::reconcile::{Generated, Memories, Placing, Purpose, RENDERED, Reconciler, recall};
use crate::yaml::{self, Node};

/// Returns findings about edits, each with the index of its object. They report edits that a render keeps although the Flow
/// has changed the same field, and edits that a render cannot keep. All have severity `info`, because nothing is wrong.
pub fn edits(nodes: &[Node<'_>], flows: &[(Placing, Rendering)]) -> Vec<(usize, Finding)> {
    let has = |node: &Node<'_>, name: &str| node.at("metadata.annotations").is_some_and(|annotations| annotations.get(name).is_some());
    let found = |name: &'static str| nodes.iter().enumerate().filter(move |(_, node)| has(node, name));
    let mut generated: Vec<Generated<'_>> =
        found(OBJECT).map(|(index, node)| Generated::new(index, Meta::of(node), node.clone())).collect();
    let mut memories: Vec<Memories> = found(RENDERED).filter_map(|(index, node)| Memories::of(index, &Meta::of(node), node)).collect();
    recall(&mut generated, &mut memories);
    generated.retain(|item| item.remembered.is_some());
    if flows.is_empty() || generated.is_empty() {
        return Vec::new();
    }
    let written = |node: &Node<'_>| {
        let mut text = String::new();
        yaml::write(node, &mut text);
        text
    };
    let texts: Vec<String> = nodes.iter().map(written).collect();
    let list = ResourceList::of_documents(texts.iter().map(String::as_str));
    let placing: Vec<&Placing> = flows.iter().map(|(placing, _)| placing).collect();
    let mut reconciler = Reconciler::new(&list, Caller::Other, Purpose::Validate, generated, memories, std::iter::empty(), &placing);
    // The findings of the render itself are not used. Only a `JinaFlowCheck` reports whether a render would fail, because a
    // folder may be only a part of a package.
    let mut unused = Findings::default();
    for (placing, rendering) in flows {
        rendering.place(placing, &mut reconciler, &mut unused);
    }
    let findings = reconciler.finish().findings.into_iter().filter(|item| item.index < nodes.len());
    findings.map(|item| (item.index, item.finding.with_severity(Severity::Info))).collect()
}
