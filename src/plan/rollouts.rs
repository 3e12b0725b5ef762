//! Checks of rolling updates that cannot replace any pod.

use super::component::Component;
use super::planner::Planner;
use super::pods::pods;
use crate::config::corrections::Correction;
use crate::config::kubernetes::Kubernetes;
use crate::config::workload::is_zero;
use crate::finding::{Code, Findings};

impl Planner<'_> {
    /// Reports a `maxUnavailable` of 0 that API servers refuse (`ValidateRollingUpdateDeployment` and
    /// `validateRollingUpdateStatefulSet` in `k8s.io/kubernetes/pkg/apis/apps/validation`).
    pub(super) fn check_rollouts(&self, components: &[Component], findings: &mut Findings) {
        let layers = &self.settings.layers;
        for component in components {
            let workload = &component.workload;
            let Some(zero) = workload.rolling_update.unavailable.as_ref().filter(|share| is_zero(share)) else { continue };
            let path = |field: &str| layers.path(pods(component), field);
            let is_stateful = component.storage.is_some() && self.corrections.has(Correction::StatefulSetFields);
            let (message, fix) = if is_stateful {
                // Without the version the field has no effect, and that is a warning.
                if !self.settings.scope.has(Kubernetes::STATEFUL_UNAVAILABLE) {
                    continue;
                }
                let message = "must not be 0: pods with storage are replaced without additional pods".to_owned();
                (message, "remove it, or set it to `null` if it comes from another layer")
            } else if workload.surges() {
                continue;
            } else {
                let surge = path("rollingUpdate.maxSurge");
                (format!("must not be 0, because {surge} is 0 too: no pod could be replaced"), "set one of the two to 1")
            };
            let finding = Code::ValueOutOfRange.error(path("rollingUpdate.maxUnavailable"), message).got(zero.shown());
            findings.push_once_for_each_place(finding.fix(fix));
        }
    }
}
