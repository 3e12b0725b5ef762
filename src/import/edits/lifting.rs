//! The steps from edits to a JinaFlow: fields, then `podTemplate`, then `patches`.

use super::appended::appended;
use super::arranged::arrange;
use super::edit::{Edit, Wanted};
use super::flow_fields;
use super::lifters::{LIFTERS, Lifter};
use super::patches;
use super::proposal::{Proposal, proposals};
use super::side::sides;
use super::templates::pod_templates;
use super::trial::Trial;
use super::words;
use crate::config::lists::remove_nulls;
use crate::finding::Findings;
use crate::yaml::Node;

/// A JinaFlow with the edits of a user.
pub struct Lifted {
    /// The JinaFlow, which renders the objects of the user but for `left`.
    pub config: Node<'static>,
    /// The edits, each with its place below `spec`; `None` if the JinaFlow does not express the edit.
    pub edits: Vec<(Edit, Option<String>)>,
    /// What a render of the JinaFlow still differs in.
    pub left: Vec<Edit>,
    /// Objects of the user that the JinaFlow does not render.
    pub foreign: Vec<Node<'static>>,
}

impl Lifted {
    /// The edits in words, one line for each object or for objects with the same edits.
    pub fn lines(&self) -> Vec<String> {
        words::lines(self.edits.iter().map(|(edit, place)| (edit, place.as_deref())))
    }
}

/// Expresses the edits of a user in a JinaFlow that renders the objects before the edits. `wanted` are the objects after the
/// edits. The findings are those of a JinaFlow that does not render.
#[allow(clippy::result_large_err, reason = "there is one call for each import")]
pub fn lift(config: &Node<'_>, wanted: &[Node<'_>]) -> Result<Lifted, Findings> {
    let mut wanted: Vec<Node<'static>> = wanted.iter().map(|object| object.clone().into_owned()).collect();
    wanted.iter_mut().for_each(remove_nulls);
    let wanted = Wanted::of(wanted);
    let mut findings = Findings::default();
    let Some(mut trial) = Trial::new(config.clone().into_owned(), &wanted, &mut findings) else { return Err(findings) };
    let edits: Vec<Edit> = trial.edits.clone();
    let known = trial.config.map_at("spec").len();
    for step in [own_image, layers, of_the_flow, templates, merges, ends_of_arguments] {
        trial.settle(&step(&trial, &wanted));
    }
    // A list that differs only in its order is correct after its entries are.
    trial.settle(&patches::json_patches(&trial.rendered, &trial.edits, &wanted, &trial.config));
    let Trial { mut config, rendered, edits: remaining, places, .. } = trial;
    if let Some(spec) = config.get_mut("spec") {
        arrange(spec, known, &rendered.components);
    }
    let (added, left): (Vec<Edit>, Vec<Edit>) = remaining.into_iter().partition(|edit| edit.component.is_none());
    let foreign: Vec<Node<'static>> = added.iter().filter_map(|edit| edit.change.new.clone()).collect();
    let place = |edit: &Edit| places.get(&(edit.object.clone(), edit.change.place.clone())).cloned();
    let is_foreign = |edit: &Edit| added.iter().any(|added| added.key() == edit.key());
    let edits = edits.into_iter().filter(|edit| !is_foreign(edit)).map(|edit| (edit.clone(), place(&edit)));
    Ok(Lifted { config, edits: edits.collect(), left, foreign })
}

fn own_image(trial: &Trial<'_>, wanted: &Wanted) -> Vec<Proposal> {
    flow_fields::own_image(&sides(&trial.rendered, &trial.edits, &[], wanted), &trial.rendered)
}

fn layers(trial: &Trial<'_>, wanted: &Wanted) -> Vec<Proposal> {
    let added: Vec<&Edit> = trial.edits.iter().filter(|edit| edit.component.is_none()).collect();
    let sides = sides(&trial.rendered, &trial.edits, &added, wanted);
    let of_field = |find: Lifter| {
        let finds = sides.iter().flat_map(|side| find(side).into_iter().map(|find| (side.place, find)));
        proposals(finds.collect(), &trial.rendered.components)
    };
    LIFTERS.iter().flat_map(|find| of_field(*find)).collect()
}

fn of_the_flow(trial: &Trial<'_>, wanted: &Wanted) -> Vec<Proposal> {
    let added: Vec<&Edit> = trial.edits.iter().filter(|edit| edit.component.is_none()).collect();
    let mut proposals = flow_fields::monitoring(&sides(&trial.rendered, &trial.edits, &added, wanted), &trial.rendered);
    proposals.extend(flow_fields::namespace(&added, &trial.rendered));
    proposals
}

fn templates(trial: &Trial<'_>, _: &Wanted) -> Vec<Proposal> {
    pod_templates(&trial.rendered, &trial.edits)
}

fn merges(trial: &Trial<'_>, _: &Wanted) -> Vec<Proposal> {
    patches::merges(&trial.rendered, &trial.edits)
}

fn ends_of_arguments(trial: &Trial<'_>, wanted: &Wanted) -> Vec<Proposal> {
    appended(&trial.rendered, &trial.edits, wanted)
}
