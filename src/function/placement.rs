//! Places the objects of all JinaFlows of a call into its list.

use super::call::Call;
use super::flow_run::FlowRun;
use crate::finding::Path;
use crate::plan::Budget;
use crate::reconcile::{Placing, Purpose, Reconciled, Reconciler};
use crate::render::Rendering;
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
        let Call { list, caller, present, mut runs, generated, mut findings } = call;
        let renderings = plan(&mut runs);
        let placing: Vec<&Placing> = runs.iter().map(|run| &run.placing).collect();
        let present = present.iter().map(|item| &item.meta);
        let mut reconciler = Reconciler::new(list, caller, purpose, generated, present, &placing);
        for (run, rendering) in runs.iter_mut().zip(&renderings) {
            if let Some(rendering) = rendering {
                rendering.place(&run.placing, &mut reconciler, &mut run.findings);
            }
        }
        let outcome = reconciler.finish();
        for FlowRun { document, placing, findings: of_flow, .. } in runs {
            findings.extend(place::in_item(of_flow, &placing.meta, document));
        }
        Self { reconciled: outcome, findings }
    }
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
