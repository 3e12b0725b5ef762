//! The number of pods of a workload.

use std::fmt;

use crate::check::{Cluster, SeenObject};
use crate::yaml::View;

/// How many pods a workload has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replicas {
    /// The least number: `spec.replicas`, or the minimum of the autoscaler if `spec.replicas` is not set.
    pub least: u64,
    /// The largest number: the maximum of the autoscaler, or `least` if there is none.
    pub most: u64,
    /// Whether an autoscaler decides.
    pub is_scaled: bool,
    /// Whether each node has a pod, so that the numbers are those of one node.
    pub is_per_node: bool,
    /// Whether the pods run only until their work is done.
    pub is_temporary: bool,
}

/// The default maximum of a ScaledObject of KEDA.
const MOST_OF_KEDA: u64 = 100;

impl Replicas {
    /// The pods of a workload.
    pub fn of(cluster: &Cluster<'_>, object: &SeenObject<'_>) -> Self {
        let view = object.view;
        let fixed = |number: u64| Self { least: number, most: number, is_scaled: false, is_per_node: false, is_temporary: false };
        match object.kind() {
            "Pod" => fixed(1),
            "DaemonSet" => Self { is_per_node: true, ..fixed(1) },
            "Job" => Self { is_temporary: true, ..fixed(at_once(view.at("spec"))) },
            "CronJob" => Self { is_temporary: true, ..fixed(at_once(view.at("spec.jobTemplate.spec"))) },
            _ => {
                let set = view.number_at("spec.replicas");
                let mut scalers = cluster.autoscalers_of(object).iter().map(|id| cluster.objects[*id]);
                match scalers.find_map(|scaler| bounds(&scaler)) {
                    Some((lowest, highest)) => {
                        let least = set.unwrap_or(lowest);
                        Self { least, most: highest.max(least), is_scaled: true, is_per_node: false, is_temporary: false }
                    }
                    None => fixed(set.unwrap_or(1)),
                }
            }
        }
    }
}

/// `3`, `1 to 5` or `1 per node`.
impl fmt::Display for Replicas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { is_per_node: true, least, .. } => write!(f, "{least} per node"),
            Self { is_scaled: true, least, most, .. } => write!(f, "{least} to {most}"),
            Self { least, .. } => write!(f, "{least}"),
        }
    }
}

/// The pods of a Job that run at the same time.
fn at_once(spec: Option<View<'_>>) -> u64 {
    let number = |field: &str| spec.and_then(|spec| spec.number_at(field));
    let parallelism = number("parallelism").unwrap_or(1);
    number("completions").map_or(parallelism, |completions| completions.min(parallelism))
}

/// The lowest and the highest number of pods of an autoscaler.
fn bounds(scaler: &SeenObject<'_>) -> Option<(u64, u64)> {
    let number = |field: &str| scaler.view.number_at(field);
    match scaler.kind() {
        "HorizontalPodAutoscaler" => {
            let lowest = number("spec.minReplicas").unwrap_or(1);
            Some((lowest, number("spec.maxReplicas").unwrap_or(lowest)))
        }
        // KEDA removes all pods of a workload without work, if no minimum is set.
        "ScaledObject" => {
            let lowest = number("spec.minReplicaCount").unwrap_or(0);
            Some((lowest, number("spec.maxReplicaCount").unwrap_or(MOST_OF_KEDA)))
        }
        _ => None,
    }
}
