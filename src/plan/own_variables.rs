//! Variables that pods always have, because the manifests set them in the container, and text that no variable can have. A variable
//! of a ConfigMap with the same name has no effect: `env` of a container takes precedence over `envFrom`
//! (<https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/>).

use super::component::Component;
use super::planner::Planner;
use super::pods::pods;
use crate::finding::{Code, FieldPath, Findings};

/// The variable with the unique ID of the pod.
pub const POD_UID: &str = "POD_UID";
/// The variable with the name of the executor.
pub const EXECUTOR_NAME: &str = "JINA_DEPLOYMENT_NAME";
/// The variable with the namespace.
pub const NAMESPACE_NAME: &str = "K8S_NAMESPACE_NAME";
/// The variable with the name of the pod.
pub const POD_NAME: &str = "K8S_POD_NAME";

/// The variables that every container has.
const OF_EVERY_POD: [&str; 4] = [POD_UID, EXECUTOR_NAME, NAMESPACE_NAME, POD_NAME];

/// The variable with the name of the workload, for a Deployment and for a StatefulSet.
const OF_WORKLOAD: [&str; 2] = ["K8S_DEPLOYMENT_NAME", "K8S_STATEFULSET_NAME"];

impl Component {
    /// The variable with the name of the workload.
    pub fn workload_variable(&self) -> &'static str {
        OF_WORKLOAD[usize::from(self.storage.is_some())]
    }
}

/// The variable with the name of a Service that a container calls: `indexer-head` → `JINA_ADDR_INDEXER_HEAD`. Names of Services are
/// unique and contain no `_`, so variables are unique.
pub fn address_variable(service: &str) -> String {
    format!("JINA_ADDR_{}", service.replace('-', "_").to_uppercase())
}

/// Whether pods have a variable of a Flow anyway.
pub(super) fn is_own(name: &str) -> bool {
    OF_EVERY_POD.contains(&name) || OF_WORKLOAD.contains(&name)
}

/// Reports a variable that pods have anyway, and a value that no process can have.
pub(super) fn check(is_own: bool, value: &str, path: impl Fn() -> FieldPath, findings: &mut Findings) {
    if is_own {
        let finding = Code::FieldWithoutEffect.warning(path(), "has no effect: the manifests set this variable in the container");
        findings.push_once(finding.fix("remove it, or give your variable another name"));
    }
    if value.contains('\0') {
        let finding = Code::WrongType.error(path(), "has a NUL character, which no variable of a process can have");
        findings.push_once(finding.fix("remove the character"));
    }
}

impl Planner<'_> {
    /// Reports variables of the config that have no effect in a component, and values that no process can have.
    pub(super) fn check_variables(&self, components: &[Component], findings: &mut Findings) {
        for component in components {
            let path = |field: &str, name: &str| self.settings.layers.path(pods(component), &format!("{field}.{name}"));
            let is_address =
                |name: &str| name.starts_with("JINA_ADDR_") && component.calls().any(|service| address_variable(service) == name);
            let is_own = |name: &str| OF_EVERY_POD.contains(&name) || name == component.workload_variable() || is_address(name);
            for (name, value) in &component.workload.env {
                check(is_own(name), value, || path("env", name), findings);
            }
            for secret in component.workload.env_from_secret.iter().filter(|secret| is_own(&secret.variable)) {
                let message = "is set twice: the manifests set this variable in the container, too, and the Secret takes precedence";
                let finding = Code::DuplicateVariable.warning(path("envFromSecret", &secret.variable), message);
                findings.push_once(finding.fix("give your variable another name"));
            }
        }
    }
}
