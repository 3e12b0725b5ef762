//! Fields that the API server does not let an apply change.

use super::fields::{Difference, is_within};
use crate::facts::Quantity;
use crate::yaml::View;

/// The fields of the spec of a StatefulSet that may change (`ValidateStatefulSetUpdate` in pkg/apis/apps/validation of
/// kubernetes/kubernetes).
const OF_STATEFUL_SET: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// The fields of the spec of a pod that may change (`ValidatePodUpdate` in pkg/apis/core/validation).
const OF_POD: [&str; 4] = ["activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations", "schedulingGates"];

/// Fields of a Job that cannot change (`ValidateJobSpecUpdate` in pkg/apis/batch/validation).
const OF_JOB: [&str; 7] = [
    "spec.selector",
    "spec.template",
    "spec.completionMode",
    "spec.podFailurePolicy",
    "spec.backoffLimitPerIndex",
    "spec.managedBy",
    "spec.successPolicy",
];

/// The differences between two objects of one kind, namespace and name that make an apply fail, of all their differences.
pub fn refused<'o>(kind: &str, old: View<'o>, new: View<'o>, fields: &[Difference<'o>]) -> Vec<Difference<'o>> {
    let of = |path: &str| fields.iter().filter(|field| is_within(&field.path, path)).cloned().collect::<Vec<_>>();
    let except = |known: &[&str]| {
        let may_change = |field: &str| field.strip_prefix("spec.").is_some_and(|field| known.iter().any(|known| is_within(field, known)));
        of("spec").into_iter().filter(|field| !may_change(&field.path)).collect::<Vec<_>>()
    };
    match kind {
        "Deployment" | "ReplicaSet" | "DaemonSet" => of("spec.selector"),
        "StatefulSet" => except(&OF_STATEFUL_SET),
        "Pod" => except(&OF_POD).into_iter().filter(|field| !field.path.ends_with("].image")).collect(),
        "Service" => addresses(old, new),
        "Job" => {
            let mut found: Vec<_> = OF_JOB.iter().flat_map(|path| of(path)).collect();
            // An indexed Job may grow, if `parallelism` grows with it.
            if new.text_at("spec.completionMode") != "Indexed" || new.text_at("spec.parallelism") != new.text_at("spec.completions") {
                found.extend(of("spec.completions"));
            }
            found
        }
        "PersistentVolumeClaim" => {
            let mut found = except(&["resources.requests", "volumeAttributesClassName"]);
            found.extend(of("spec.resources.requests.storage").into_iter().filter(is_smaller));
            found
        }
        "PriorityClass" => [of("value"), of("preemptionPolicy")].concat(),
        "RuntimeClass" => of("handler"),
        "IngressClass" => of("spec.controller"),
        "RoleBinding" | "ClusterRoleBinding" => of("roleRef"),
        "StorageClass" => [of("provisioner"), of("parameters"), of("reclaimPolicy"), of("volumeBindingMode")].concat(),
        "ConfigMap" | "Secret" if old.text_at("immutable") == "true" => {
            [of("data"), of("binaryData"), of("stringData"), of("immutable"), of("type")].concat()
        }
        "Secret" => of("type"),
        _ => Vec::new(),
    }
}

/// Whether an amount shrinks. A claim can only grow.
fn is_smaller(amount: &Difference<'_>) -> bool {
    let read = |view: Option<View<'_>>| view.and_then(|view| Quantity::read(view.text()));
    read(amount.old).zip(read(amount.new)).is_some_and(|(old, new)| new < old)
}

/// A Service with an address cannot become headless, nor get another address, and a headless one cannot get an address.
/// When an apply removes `clusterIP`, the API server keeps the value that the Service has.
fn addresses<'o>(old: View<'o>, new: View<'o>) -> Vec<Difference<'o>> {
    if old.text_at("spec.type") == "ExternalName" || new.text_at("spec.type") == "ExternalName" {
        return Vec::new();
    }
    let refused = |field: &str| {
        let path = format!("spec.{field}");
        let (old, new) = (old.at(&path), new.at(&path));
        vec![Difference { path, old, new, is_order: false }]
    };
    let (before, after) = (old.text_at("spec.clusterIP"), new.text_at("spec.clusterIP"));
    if before == after || after.is_empty() {
        let needs_address = ["NodePort", "LoadBalancer"].contains(&new.text_at("spec.type"));
        return if before == "None" && after.is_empty() && needs_address { refused("type") } else { Vec::new() };
    }
    refused("clusterIP")
}

/// What a reader should know about a change that the API server accepts, and does not carry out.
pub fn note(kind: &str, old: View<'_>, new: View<'_>) -> Option<String> {
    let stays_headless = kind == "Service" && old.text_at("spec.clusterIP") == "None" && new.text_at("spec.clusterIP").is_empty();
    let is_internal = new.text_at("spec.type") != "ExternalName";
    (stays_headless && is_internal).then(|| {
        "stays headless, because the API server keeps `clusterIP: None`: delete it before the apply, so that it gets an address".to_owned()
    })
}
