//! What a picture shows of a comparison.

use std::collections::HashMap;

use super::change::{Effect, Identity};
use super::comparison::Comparison;
use crate::picture::Mark;

/// The mark of each workload, by its kind, namespace and name.
pub type Marks = HashMap<(String, String, String), Mark>;

/// The marks of all workloads of both sides.
pub fn marks(comparison: &Comparison) -> Marks {
    let mut marks = Marks::new();
    let mut add = |identity: &Option<Identity>, mark: Mark| {
        if let Some(identity) = identity {
            marks.insert((identity.kind.clone(), identity.namespace.clone(), identity.name.clone()), mark);
        }
    };
    for component in &comparison.components {
        let workload = &component.workload;
        match &workload.effect {
            Effect::Removed => add(&workload.old, Mark::Removed),
            Effect::Added => add(&workload.new, Mark::Added),
            // If all names change, every component is another object. The picture then shows what differs otherwise.
            Effect::Created if comparison.renames.is_empty() => {
                add(&workload.old, Mark::Removed);
                add(&workload.new, Mark::Added);
            }
            Effect::Created if workload.changes.is_empty() => {}
            Effect::Restarts { rollout } if rollout.replaces_pods() => add(&workload.new, Mark::Restarts),
            Effect::Refused { .. } => add(&workload.new, Mark::Refused),
            Effect::Unchanged if component.objects.is_empty() => {}
            _ => add(&workload.new, Mark::Changed),
        }
    }
    marks
}
