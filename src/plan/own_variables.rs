//! Variables that pods always have, because the manifests set them in the container, and text that no variable can have. A variable
//! of a ConfigMap with the same name has no effect: `env` of a container takes precedence over `envFrom`
//! (<https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/>).

use super::component::Component;
use super::planner::Planner;
use super::pods::pods;
use crate::finding::{Code, FieldPath, Finding, Findings};

/// The variables that every container has.
const OF_EVERY_POD: [&str; 4] = ["POD_UID", "JINA_DEPLOYMENT_NAME", "K8S_NAMESPACE_NAME", "K8S_POD_NAME"];

/// The variable with the name of the workload, for a Deployment and for a StatefulSet.
const OF_WORKLOAD: [&str; 2] = ["K8S_DEPLOYMENT_NAME", "K8S_STATEFULSET_NAME"];

/// The variable with the name of a Service that a container calls: `indexer-head` → `JINA_ADDR_INDEXER_HEAD`. Names of Services are
/// unique and contain no `_`, so variables are unique.
pub fn address_variable(service: &str) -> String {
    format!("JINA_ADDR_{}", service.replace('-', "_").to_uppercase())
}

/// The warning about a variable of a Flow that every pod has; `None` if the variable is another one.
pub(super) fn finding(name: &str, path: impl Into<FieldPath>) -> Option<Finding> {
    let is_own = OF_EVERY_POD.contains(&name) || OF_WORKLOAD.contains(&name);
    is_own.then(|| without_effect(path))
}

fn without_effect(path: impl Into<FieldPath>) -> Finding {
    let message = "has no effect: the manifests set this variable in the container";
    Code::FieldWithoutEffect.warning(path, message).fix("remove it, or give your variable another name")
}

/// The error about a value with a NUL character; `None` without one.
pub(super) fn with_nul(value: &str, path: impl Into<FieldPath>) -> Option<Finding> {
    let message = "has a NUL character, which no variable of a process can have";
    value.contains('\0').then(|| Code::WrongType.error(path, message).fix("remove the character"))
}

impl Planner<'_> {
    /// Reports variables of the config that have no effect in a component, and values that no process can have.
    pub(super) fn check_variables(&self, components: &[Component], findings: &mut Findings) {
        for component in components {
            let path = |field: &str, name: &str| self.settings.layers.path(pods(component), &format!("{field}.{name}"));
            let workload = OF_WORKLOAD[usize::from(component.storage.is_some())];
            let is_address =
                |name: &str| name.starts_with("JINA_ADDR_") && component.calls().any(|service| address_variable(service) == name);
            let is_own = |name: &str| OF_EVERY_POD.contains(&name) || name == workload || is_address(name);
            for (name, value) in &component.workload.env {
                if is_own(name) {
                    findings.push_once(without_effect(path("env", name)));
                }
                if let Some(finding) = with_nul(value, path("env", name)) {
                    findings.push_once(finding);
                }
            }
            for secret in component.workload.env_from_secret.iter().filter(|secret| is_own(&secret.variable)) {
                let message = "is set twice: the manifests set this variable in the container, too, and the Secret takes precedence";
                let finding = Code::DuplicateVariable.warning(path("envFromSecret", &secret.variable), message);
                findings.push_once(finding.fix("give your variable another name"));
            }
        }
    }
}
