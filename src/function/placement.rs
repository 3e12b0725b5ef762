//! Places the objects of all JinaFlows of a call into its list.

use std::collections::HashMap;

use super::call::Call;
use super::flow_run::FlowRun;
use super::server_fields;
use crate::config::JinaFlow;
use crate::finding::Path;
use crate::krm::ResourceList;
use crate::plan::{Budget, MissingImage};
use crate::reconcile::{Fate, FlowKey, Generated, Placing, Purpose, Reconciled, Reconciler};
use crate::render::{Rendering, adoption};
use crate::report::{SubjectFinding, place};

/// The list after a render, and the findings so far.
pub struct Placement {
    /// The list after the render.
    pub reconciled: Reconciled,
    /// The findings of the call, followed by the findings about each JinaFlow in the order of their places.
    pub findings: Vec<SubjectFinding>,
}

impl Placement {
    /// Renders the JinaFlows of a call and matches their objects with the items of the list.
    pub fn of(call: Call<'_, '_, '_>, purpose: Purpose) -> Self {
        let Call { list, caller, present, mut runs, mut generated, memories, mut findings } = call;
        let renderings = plan(&mut runs);
        let flows: Vec<(&Placing, &JinaFlow)> = runs.iter().map(|run| (&run.placing, &run.config)).collect();
        let namespaces: Vec<&str> = present.iter().map(|item| item.meta.namespace.as_str()).collect();
        let of_exports = adoption::adopt(list, caller, &mut generated, &flows, &namespaces, server_fields::strip);
        let placing: Vec<&Placing> = runs.iter().map(|run| &run.placing).collect();
        let present = present.iter().map(|item| &item.meta);
        let workloads: HashMap<(FlowKey, String), usize> = generated.iter().filter_map(workload).collect();
        let mut reconciler = Reconciler::new(list, caller, purpose, generated, memories, present, &placing);
        for (run, rendering) in runs.iter_mut().zip(&renderings) {
            if let Some(rendering) = rendering {
                rendering.place(&run.placing, &mut reconciler, &mut run.findings);
            }
        }
        let mut outcome = reconciler.finish();
        outcome.findings.extend(of_exports);
        if purpose == Purpose::Render && !outcome.reselected.is_empty() {
            for run in &mut runs {
                run.findings.extend(adoption::needs_delete(list, &outcome, &run.placing.key(), "set `spec.compat: jina-3.34`"));
            }
        }
        for (run, rendering) in runs.iter_mut().zip(&renderings) {
            // A check finds placeholders in the objects themselves, and reports a JinaFlow only if a render would fail.
            let is_reported = purpose == Purpose::Render || run.config.settings.requires_images();
            if let Some(rendering) = rendering.as_ref().filter(|_| is_reported) {
                let is_replaced = |component: &str, missing: &MissingImage| {
                    is_replaced(&run.placing.key(), component, missing, &workloads, list, &outcome)
                };
                rendering.report_missing_images(&run.config, &Path::root("spec.flow"), is_replaced, &mut run.findings);
            }
        }
        for FlowRun { document, placing, findings: of_flow, .. } in runs {
            findings.extend(place::in_item(of_flow, &placing.meta, document));
        }
        Self { reconciled: outcome, findings }
    }
}

/// The index of an item that runs the pods of a component.
fn workload(generated: &Generated<'_>) -> Option<((FlowKey, String), usize)> {
    let owner = generated.owner.as_ref().filter(|_| matches!(generated.meta.kind.as_str(), "Deployment" | "StatefulSet"))?;
    Some(((generated.flow()?, owner.component.clone()), generated.index))
}

/// Whether the placeholder of a component is not in its object any more: a user has set the image there, and a render keeps
/// the edit.
fn is_replaced(
    flow: &FlowKey,
    component: &str,
    missing: &MissingImage,
    workloads: &HashMap<(FlowKey, String), usize>,
    list: &ResourceList<'_>,
    outcome: &Reconciled,
) -> bool {
    let Some(index) = workloads.get(&(flow.clone(), component.to_owned())) else { return false };
    let text = match &outcome.fates[*index] {
        Fate::Kept => list.items[*index].text(),
        Fate::Replaced(text) => text,
        Fate::Removed => return false,
    };
    !text.contains(&missing.placeholder)
}

/// Plans all JinaFlows within one budget. A JinaFlow with errors has no rendering.
fn plan(runs: &mut [FlowRun<'_>]) -> Vec<Option<Rendering>> {
    let mut budget = Budget::default();
    let mut renderings = Vec::with_capacity(runs.len());
    for run in runs {
        let rendering = Rendering::of(&run.config, &Path::root("spec.flow"), &mut budget, &mut run.findings);
        if let Some(rendering) = &rendering {
            rendering.target().namespace.unwrap_or_default().clone_into(&mut run.placing.namespace);
            run.placing.components = rendering.planned();
        }
        renderings.push(rendering);
    }
    renderings
}
