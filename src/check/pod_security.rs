//! Pod Security admission, if the objects include the Namespace that enforces it
//! (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>).

use super::cluster::Cluster;
use super::pod::SeenWorkload;
use super::report::Report;
use crate::finding::Code;
use crate::yaml::View;

/// The label of a Namespace with the level that its pods must have.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// A field that the level `restricted` requires.
struct Required {
    /// The field in `securityContext`.
    field: &'static str,
    values: &'static [&'static str],
    /// Whether the field of the pod is for all containers without the field.
    is_of_pod: bool,
    shown: &'static str,
}

const REQUIRED: [Required; 3] = [
    Required { field: "runAsNonRoot", values: &["true"], is_of_pod: true, shown: "runAsNonRoot: true" },
    Required {
        field: "seccompProfile.type",
        values: &["RuntimeDefault", "Localhost"],
        is_of_pod: true,
        shown: "seccompProfile: {type: RuntimeDefault}",
    },
    Required { field: "allowPrivilegeEscalation", values: &["false"], is_of_pod: false, shown: "allowPrivilegeEscalation: false" },
];

/// Checks the pods of a Flow in Namespaces with the level `restricted`. The level `baseline` accepts every pod that jinaflow renders.
pub fn pod_security(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let namespace = cluster.objects[workload.object].namespace();
        let Some(object) = cluster.find("Namespace", "", namespace) else { continue };
        let level = object.view.at("metadata.labels").and_then(|labels| labels.get(ENFORCE)).map(View::text);
        if level != Some("restricted") {
            continue;
        }
        let missing = missing(workload);
        if !missing.is_empty() {
            let message = format!("needs {} in `securityContext`, because Namespace/{namespace} enforces `restricted`", missing.join(", "));
            let fix = "set `securityProfile: restricted` in `defaults` of the JinaFlow";
            report.push(workload.object, Code::PodSecurityViolated.error(workload.spec_path(), message).fix(fix));
        }
    }
}

/// What the level `restricted` requires and a container does not have.
fn missing(workload: &SeenWorkload<'_>) -> Vec<&'static str> {
    let contexts = || workload.containers.iter().map(|container| container.view.get("securityContext"));
    let value = |context: Option<View<'_>>, field: &str| context.map(|context| context.text_at(field)).unwrap_or_default().to_owned();
    let is_met = |required: &&Required| {
        contexts().all(|context| {
            let own = value(context, required.field);
            let of_pod = || value(workload.spec.get("securityContext"), required.field);
            let found = if own.is_empty() && required.is_of_pod { of_pod() } else { own };
            required.values.contains(&found.as_str())
        })
    };
    let drops_all = |context: Option<View<'_>>| {
        context.is_some_and(|context| context.list_at("capabilities.drop").iter().any(|capability| capability.text() == "ALL"))
    };
    let mut missing: Vec<&str> = REQUIRED.iter().filter(|required| !is_met(required)).map(|required| required.shown).collect();
    if !contexts().all(drops_all) {
        missing.push("capabilities: {drop: [ALL]}");
    }
    missing
}
