//! Fields that exclude each other, such as two handlers of a probe.
//!
//! An API server refuses an object that has two of them (`k8s.io/kubernetes/pkg/apis/core/validation`: "may not specify more than 1
//! handler type"). An overlay that sets one without removing the other creates such an object.

use super::cluster::Cluster;
use super::report::Report;
use crate::config::unions::{excluded_by_type, union};
use crate::finding::{Code, FieldPath};
use crate::yaml::View;

/// The fields of a container that are unions, or that have unions as fields.
const OF_CONTAINERS: [&str; 5] = ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"];

/// The fields with the update strategy.
const STRATEGIES: [(&str, &str); 2] = [("Deployment", "spec.strategy"), ("StatefulSet", "spec.updateStrategy")];

/// Reports fields of workloads that exclude each other.
pub fn unions(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in &cluster.workloads {
        let object = workload.object;
        let mut check = |view: View<'_>, path: FieldPath, name: &str| {
            let members: Vec<&str> = union(name).iter().copied().filter(|member| is_set(view, member)).collect();
            for (one, other) in members.iter().skip(1).zip(&members) {
                let message = format!("cannot be set together with `{other}`: Kubernetes allows only one of them");
                let finding = Code::ExclusiveFields.error(path.key(one), message);
                report.push(object, finding.fix(format!("remove one of them; in an overlay, write `{other}: null`")));
            }
        };
        for container in &workload.containers {
            for name in OF_CONTAINERS {
                if let Some(view) = container.view.at(name) {
                    let path = container.path.join(FieldPath::from(name).steps());
                    check(view, path, name.rsplit('.').next().unwrap_or(name));
                }
            }
            for (index, variable) in container.view.list_at("env").iter().enumerate() {
                let path = container.path.key("env").index(index);
                check(variable, path.clone(), "env");
                if let Some(source) = variable.get("valueFrom") {
                    check(source, path.key("valueFrom"), "valueFrom");
                }
            }
        }
        for (index, volume) in workload.spec.list_at("volumes").iter().enumerate() {
            check(volume, workload.spec_path().key("volumes").index(index), "volumes");
        }
        let path = STRATEGIES.iter().find(|(kind, _)| *kind == cluster.objects[object].kind()).map(|(_, path)| *path);
        excluded(cluster, object, path, report);
    }
    for service in &cluster.services {
        excluded(cluster, service.object, Some("spec"), report);
    }
}

/// Reports a field that the `type` beside it excludes.
fn excluded(cluster: &Cluster<'_>, object: usize, path: Option<&'static str>, report: &mut Report) {
    let Some((path, view)) = path.and_then(|path| Some((path, cluster.objects[object].view.at(path)?))) else { return };
    let kind = view.text_at("type");
    let Some((field, value)) = excluded_by_type(kind) else { return };
    if is_set(view, field) && value.is_none_or(|value| view.text_at(field) == value) {
        let shown = value.map(|value| format!(": {value}")).unwrap_or_default();
        let finding = Code::ExclusiveFields.error(FieldPath::from(path).key(field), format!("is not allowed with `type: {kind}`"));
        report.push(object, finding.fix(format!("remove `{field}{shown}`; in an overlay, write `{field}: null`")));
    }
}

/// Whether an API server sees a field as set. It ignores `null`, and an empty `value` beside `valueFrom`.
fn is_set(view: View<'_>, field: &str) -> bool {
    let is_empty = |value: View<'_>| value.is_null() || (field == "value" && value.as_text() == Some(""));
    view.get(field).is_some_and(|value| !is_empty(value))
}
