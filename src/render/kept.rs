//! What a render of the manifests beside their JinaFlow would keep, and what it would lose.

use super::rendering::Rendering;
use crate::finding::{Finding, Findings, Severity};
use crate::krm::meta::Meta;
use crate::krm::{Caller, ResourceList};
use crate::reconcile::ownership::OBJECT;
use crate::reconcile::{Generated, Placing, RENDERED, Reconciler};
use crate::yaml::{self, Node};

/// What is to be said of objects, with the place of each: edits that a render keeps where the Flow has changed as well, and
/// edits that it cannot keep. None of it is wrong.
pub fn edits(nodes: &[Node<'_>], flows: &[(Placing, Rendering)]) -> Vec<(usize, Finding)> {
    let is_remembered = |node: &Node<'_>| {
        let annotations = node.get("metadata").and_then(|metadata| metadata.get("annotations"));
        annotations.is_some_and(|annotations| annotations.get(OBJECT).is_some() && annotations.get(RENDERED).is_some())
    };
    if flows.is_empty() || !nodes.iter().any(is_remembered) {
        return Vec::new();
    }
    let written = |node: &Node<'_>| {
        let mut text = String::new();
        yaml::write(node, &mut text);
        text
    };
    let texts: Vec<String> = nodes.iter().map(written).collect();
    let list = ResourceList::of_documents(texts.iter().map(String::as_str));
    let generated = nodes.iter().enumerate().filter(|(_, node)| is_remembered(node));
    let generated = generated.map(|(index, node)| Generated { index, meta: Meta::of(node), node: node.clone() }).collect();
    let placing: Vec<&Placing> = flows.iter().map(|(placing, _)| placing).collect();
    let mut reconciler = Reconciler::new(&list, Caller::Other, true, generated, std::iter::empty(), &placing);
    // Whether a render would fail is for `JinaFlowCheck` to say: a folder need not be a whole package.
    let mut unused = Findings::default();
    for (placing, rendering) in flows {
        rendering.place(placing, &mut reconciler, &mut unused);
    }
    let told = reconciler.finish(&placing).told.into_iter();
    told.filter(|(place, ..)| *place < nodes.len()).map(|(place, _, finding)| (place, finding.with_severity(Severity::Info))).collect()
}
