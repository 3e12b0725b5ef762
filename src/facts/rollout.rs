//! How Kubernetes replaces the pods of a workload when their template changes.
//!
//! <https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment>

use crate::yaml::View;

/// The replacement of the pods of a workload.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// The pods to replace. For a DaemonSet, those of one node.
    pub pods: u64,
    /// The pods that keep the old template, because of the partition of a StatefulSet.
    pub kept: u64,
    /// The pods that may run in addition.
    pub surge: u64,
    /// The pods that may be missing.
    pub unavailable: u64,
    /// The seconds after which an old pod is ended by force.
    pub grace: u64,
    /// The seconds that an old pod takes to end at least, because its containers sleep before they stop.
    pub drain: u64,
    /// The seconds that a new pod has to be ready before it counts.
    pub min_ready: u64,
    /// How the pods are replaced.
    pub order: Order,
}

/// How pods are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// New pods start before old pods end, as far as the bounds allow.
    Rolling,
    /// A StatefulSet ends a pod, and then starts its successor, from the last to the first.
    OneByOne,
    /// All pods end, and then new pods start.
    AllAtOnce,
    /// Pods change only when they are deleted by hand.
    ByHand,
    /// The rollout is paused. Pods change when it is resumed.
    Paused,
}

impl Rollout {
    /// The rollout of a workload; `None` for other kinds.
    pub fn of(kind: &str, workload: View<'_>) -> Option<Self> {
        let all = if kind == "DaemonSet" { 1 } else { workload.number_at("spec.replicas").unwrap_or(1) };
        Self::of_pods(kind, workload, all)
    }

    /// The rollout of a workload with a number of pods; `None` for other kinds.
    pub fn of_pods(kind: &str, workload: View<'_>, all: u64) -> Option<Self> {
        // Pods of a StatefulSet with a number below the partition keep their template.
        let first = workload.number_at("spec.ordinals.start").unwrap_or(0);
        let partition = workload.number_at("spec.updateStrategy.rollingUpdate.partition").filter(|_| kind == "StatefulSet").unwrap_or(0);
        let kept = partition.saturating_sub(first).min(all);
        let pods = all - kept;
        let spec = workload.at("spec.template.spec")?;
        let grace = grace(spec.text_at("terminationGracePeriodSeconds"));
        let drain = spec.list_at("containers").iter().map(sleep_before_stop).max().unwrap_or(0).min(grace);
        let min_ready = workload.number_at("spec.minReadySeconds").unwrap_or(0);
        let rollout = |surge, unavailable, order| Some(Self { pods, kept, surge, unavailable, grace, drain, min_ready, order });
        match kind {
            "Deployment" if workload.text_at("spec.paused") == "true" => rollout(0, 0, Order::Paused),
            "Deployment" if workload.text_at("spec.strategy.type") == "Recreate" => rollout(0, pods, Order::AllAtOnce),
            "Deployment" => {
                let bound = |field: &str| {
                    match workload.text_at(&format!("spec.strategy.rollingUpdate.{field}")) {
                        "" => "25%",
                        bound => bound,
                    }
                    .to_owned()
                };
                let (surge, unavailable) = (share(&bound("maxSurge"), pods, true), share(&bound("maxUnavailable"), pods, false));
                // Both may not be 0: the controller then replaces one pod at a time (`ResolveFenceposts`).
                let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
                // The new ReplicaSet never has more pods than the Deployment (`NewRSNewReplicas`).
                rollout(surge.min(pods), unavailable.min(pods), Order::Rolling)
            }
            "StatefulSet" | "DaemonSet" if workload.text_at("spec.updateStrategy.type") == "OnDelete" => rollout(0, 0, Order::ByHand),
            "StatefulSet" => {
                // Kubernetes before 1.37 ignores this field by default; `getStatefulSetMaxUnavailable` rounds down.
                let most = match workload.text_at("spec.updateStrategy.rollingUpdate.maxUnavailable") {
                    "" => 1,
                    bound => share(bound, pods, false).max(1),
                };
                rollout(0, most.min(pods), Order::OneByOne)
            }
            "DaemonSet" => match workload.text_at("spec.updateStrategy.rollingUpdate.maxSurge") {
                "" | "0" | "0%" => rollout(0, 1, Order::OneByOne),
                _ => rollout(1, 0, Order::Rolling),
            },
            _ => None,
        }
    }

    /// Whether no pod serves for some time.
    pub fn has_downtime(&self) -> bool {
        self.pods > 0 && self.kept == 0 && self.unavailable >= self.pods && self.replaces_pods()
    }

    /// Whether pods are replaced without a further step of a person.
    pub fn replaces_pods(&self) -> bool {
        !matches!(self.order, Order::ByHand | Order::Paused)
    }

    /// The number of steps. In each step, new pods have to become ready before the next one.
    pub fn steps(&self) -> u64 {
        match self.order {
            Order::AllAtOnce => 1.min(self.pods),
            Order::ByHand | Order::Paused => 0,
            Order::Rolling | Order::OneByOne => self.pods.div_ceil((self.surge + self.unavailable).max(1)),
        }
    }

    /// The seconds that the rollout takes at least, without the time that new pods take to start. A Deployment does not wait until
    /// old pods have ended, unless it ends all of them first. A StatefulSet does.
    pub fn least_seconds(&self) -> u64 {
        match self.order {
            Order::Rolling | Order::AllAtOnce => self.steps().saturating_mul(self.min_ready).saturating_add(self.drain),
            Order::OneByOne => self.steps().saturating_mul(self.min_ready.saturating_add(self.drain)),
            Order::ByHand | Order::Paused => 0,
        }
    }
}

/// The seconds that a container sleeps before it is stopped, by a `sleep` of Kubernetes or by the command `sleep`.
pub fn sleep_before_stop(container: View<'_>) -> u64 {
    if let Some(seconds) = container.number_at("lifecycle.preStop.sleep.seconds") {
        return seconds;
    }
    let command = container.list_at("lifecycle.preStop.exec.command");
    let words: Vec<&str> = command.iter().flat_map(|word| word.text().split_whitespace()).collect();
    let at = words.iter().position(|word| *word == "sleep");
    at.and_then(|at| words.get(at + 1)?.trim_end_matches(['s', ';']).parse().ok()).unwrap_or(0)
}

/// The seconds of a grace period. Kubernetes reads a negative number as 1.
pub fn grace(written: &str) -> u64 {
    if written.starts_with('-') { 1 } else { written.parse().unwrap_or(30) }
}

/// A number of pods, or a percentage of them.
fn share(bound: &str, pods: u64, is_rounded_up: bool) -> u64 {
    match bound.strip_suffix('%') {
        Some(percent) => {
            let product = percent.parse::<u64>().unwrap_or(0).saturating_mul(pods);
            if is_rounded_up { product.div_ceil(100) } else { product / 100 }
        }
        None => bound.parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negative_grace_period_is_a_second() {
        assert_eq!((grace(""), grace("0"), grace("90"), grace("-5")), (30, 0, 90, 1));
    }

    #[test]
    fn percentages_are_rounded_as_the_controller_does() {
        assert_eq!((share("25%", 3, true), share("25%", 3, false), share("2", 3, true)), (1, 0, 2));
    }
}
