//! `podTemplate`: edits of pods that no field expresses.

use super::difference::Difference;
use super::edit::Edit;
use super::part::part;
use super::place::{Place, Step};
use super::proposal::{Proposal, proposals};
use super::rendered::Rendered;
use super::side::{Find, has_pods};
use crate::yaml::Node;

/// The field of a layer.
const FIELD: &str = "podTemplate";

/// The parts of pod templates that make the edits of pods.
pub fn pod_templates(rendered: &Rendered, edits: &[Edit]) -> Vec<Proposal> {
    let template = |edit: &Edit| {
        let object = rendered.objects.iter().find(|object| edit.is_of(&object.node))?;
        object.node.at("spec.template").cloned()
    };
    let one = |edit: &Edit| {
        let below = in_template(edit)?;
        let part = part(&below, &template(edit)?)?;
        let key = (edit.object.clone(), edit.change.place.clone());
        Some((edit.component?, Find::one(&[FIELD], part, vec![key])))
    };
    proposals(edits.iter().filter_map(one).collect(), &rendered.components)
}

/// An edit of a pod, with its place in the pod template.
fn in_template(edit: &Edit) -> Option<Difference> {
    let is_field = |step: Option<&Step>, name: &str| matches!(step, Some(Step::Field(field)) if field == name);
    let steps = &edit.change.place.0;
    let is_of_pods = has_pods(&edit.object.0) && is_field(steps.first(), "spec") && is_field(steps.get(1), "template");
    let below = steps.get(2..).filter(|below| is_of_pods && !below.is_empty())?;
    let (old, new): (Option<Node<'static>>, _) = (edit.change.old.clone(), edit.change.new.clone());
    Some(Difference { place: Place(below.to_vec()), old, new })
}
