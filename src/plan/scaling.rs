//! Checks of autoscalers that read the metrics of Jina from Prometheus.

use super::component::{Component, Role};
use super::planner::Planner;
use super::pods::pods;
use crate::config::workload::Autoscale;
use crate::finding::{Code, FieldPath, Findings};

impl Planner<'_> {
    /// Reports autoscalers whose metrics do not exist, and autoscalers that remove all pods.
    pub(super) fn check_scaling(&self, components: &[Component], findings: &mut Findings) {
        for component in components {
            let Some(autoscale) = &component.workload.autoscale else { continue };
            let Some(target) = autoscale.prometheus_target() else { continue };
            let path = |field: &str| self.settings.layers.path(pods(component), &format!("autoscale.{field}"));
            if !component.monitoring {
                let message = "reads the metrics of Jina, and `monitoring` of the Flow is not `true`";
                let finding = Code::AutoscaleWithoutMetrics.error(path(target), message);
                findings
                    .push_once(finding.fix("set `monitoring: true` below `with` in the Flow, or `defaults: {flow: {monitoring: true}}`"));
            }
            let monitoring = self.settings.scope.monitoring.as_ref();
            if monitoring.is_none_or(|monitoring| monitoring.prometheus.is_none()) {
                let message = format!("is required for {}", path(target));
                let finding = Code::MissingField.error(FieldPath::from("spec.monitoring.prometheus"), message);
                findings.push_once_for_each_place(finding.fix(
                    "set it to the address of Prometheus; that of kube-prometheus-stack in the namespace `monitoring` is http://prometheus-operated.monitoring:9090",
                ));
            }
            if self.settings.namespace.is_none() {
                let message =
                    "counts the requests of all namespaces in which an executor has the same name, because the objects have no namespace";
                let finding = Code::QueryWithoutNamespace.warning(path(target), message);
                findings.push_once(finding.fix("set `metadata.namespace` of the JinaFlow"));
            }
            if autoscale.min == 0 {
                check_zero(component, autoscale, path("min"), findings);
            }
        }
    }
}

fn check_zero(component: &Component, autoscale: &Autoscale, path: FieldPath, findings: &mut Findings) {
    let has_triggers = autoscale.keda.as_ref().is_some_and(|keda| !keda.triggers.is_empty());
    if component.called_by.is_none() && !has_triggers {
        let who = if component.role == Role::Gateway { "a gateway" } else { "an executor without a gateway" };
        let message = format!("must be at least 1: {who} without pods reports no requests, so KEDA never starts a pod");
        findings
            .push_once_for_each_place(Code::ValueOutOfRange.error(path, message).got("0").fix("set it to 1, or add triggers below `keda`"));
        return;
    }
    let message = "removes all pods without requests, and the next requests fail with UNAVAILABLE until a pod is ready";
    findings.push_once_for_each_place(Code::ScaleToZero.warning(path, message).fix("set it to 1, unless callers repeat failed requests"));
}
