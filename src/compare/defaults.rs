//! The values that the API server fills in. A field with its default and a missing field are the same.
//!
//! `pkg/apis/{core,apps}/v1/defaults.go` in kubernetes/kubernetes. `tests/conformance/cluster` compares each row with the real
//! API server.

use crate::yaml::{List, View};

/// A default: the field, the object or list that has it, and the value.
struct Default {
    parent: &'static str,
    field: &'static str,
    value: &'static str,
}

const fn row(parent: &'static str, field: &'static str, value: &'static str) -> Default {
    Default { parent, field, value }
}

/// The defaults. A parent that begins with `*` is any field that ends with the rest. The parent of a field of an object itself is
/// the kind of the object.
const DEFAULTS: [Default; 74] = [
    // Pods
    row("spec", "restartPolicy", "Always"),
    row("spec", "dnsPolicy", "ClusterFirst"),
    row("spec", "schedulerName", "default-scheduler"),
    row("spec", "terminationGracePeriodSeconds", "30"),
    row("spec", "hostNetwork", "false"),
    row("spec", "hostPID", "false"),
    row("spec", "hostIPC", "false"),
    // Containers
    row("*ontainers", "terminationMessagePath", "/dev/termination-log"),
    row("*ontainers", "terminationMessagePolicy", "File"),
    row("*ontainers", "stdin", "false"),
    row("*ontainers", "stdinOnce", "false"),
    row("*ontainers", "tty", "false"),
    row("ports", "protocol", "TCP"),
    row("ports", "hostPort", "0"),
    row("volumeMounts", "readOnly", "false"),
    row("fieldRef", "apiVersion", "v1"),
    row("resourceFieldRef", "divisor", "0"),
    // Probes
    row("*Probe", "timeoutSeconds", "1"),
    row("*Probe", "periodSeconds", "10"),
    row("*Probe", "successThreshold", "1"),
    row("*Probe", "failureThreshold", "3"),
    row("*Probe", "initialDelaySeconds", "0"),
    row("httpGet", "path", "/"),
    row("httpGet", "scheme", "HTTP"),
    // Volumes
    row("configMap", "defaultMode", "420"),
    row("secret", "defaultMode", "420"),
    row("projected", "defaultMode", "420"),
    row("downwardAPI", "defaultMode", "420"),
    row("serviceAccountToken", "expirationSeconds", "3600"),
    row("persistentVolumeClaim", "readOnly", "false"),
    // Workloads
    row("spec", "replicas", "1"),
    row("spec", "revisionHistoryLimit", "10"),
    row("spec", "progressDeadlineSeconds", "600"),
    row("spec", "minReadySeconds", "0"),
    row("spec", "paused", "false"),
    row("strategy", "type", "RollingUpdate"),
    row("updateStrategy", "type", "RollingUpdate"),
    row("strategy.rollingUpdate", "maxSurge", "25%"),
    row("strategy.rollingUpdate", "maxUnavailable", "25%"),
    row("updateStrategy.rollingUpdate", "maxSurge", "0"),
    row("updateStrategy.rollingUpdate", "maxUnavailable", "1"),
    row("updateStrategy.rollingUpdate", "partition", "0"),
    row("spec", "podManagementPolicy", "OrderedReady"),
    row("persistentVolumeClaimRetentionPolicy", "whenDeleted", "Retain"),
    row("persistentVolumeClaimRetentionPolicy", "whenScaled", "Retain"),
    row("spec", "volumeMode", "Filesystem"),
    row("volumeClaimTemplates", "apiVersion", "v1"),
    row("volumeClaimTemplates", "kind", "PersistentVolumeClaim"),
    // Jobs
    row("Job.spec", "backoffLimit", "6"),
    row("Job.spec", "completionMode", "NonIndexed"),
    row("Job.spec", "suspend", "false"),
    row("Job.spec", "manualSelector", "false"),
    row("CronJob.spec", "concurrencyPolicy", "Allow"),
    row("CronJob.spec", "suspend", "false"),
    row("CronJob.spec", "successfulJobsHistoryLimit", "3"),
    row("CronJob.spec", "failedJobsHistoryLimit", "1"),
    // Services
    row("spec", "type", "ClusterIP"),
    row("spec", "sessionAffinity", "None"),
    row("clientIP", "timeoutSeconds", "10800"),
    row("spec", "internalTrafficPolicy", "Cluster"),
    row("spec", "publishNotReadyAddresses", "false"),
    row("spec", "ipFamilyPolicy", "SingleStack"),
    row("spec", "externalTrafficPolicy", "Cluster"),
    row("spec", "allocateLoadBalancerNodePorts", "true"),
    // Autoscalers
    row("spec", "minReplicas", "1"),
    row("scaleUp", "selectPolicy", "Max"),
    row("scaleUp", "stabilizationWindowSeconds", "0"),
    row("scaleDown", "selectPolicy", "Max"),
    // Classes, secrets and rights
    row("Secret", "type", "Opaque"),
    row("PriorityClass", "globalDefault", "false"),
    row("PriorityClass", "preemptionPolicy", "PreemptLowerPriority"),
    row("StorageClass", "reclaimPolicy", "Delete"),
    row("StorageClass", "volumeBindingMode", "Immediate"),
    row("roleRef", "apiGroup", "rbac.authorization.k8s.io"),
];

/// Fields for which an empty mapping and a missing field are the same, each in its parent. An empty parent means any.
const EMPTY: [(&str, &str); 13] = [
    ("", "annotations"),
    ("", "labels"),
    ("", "matchLabels"),
    ("", "nodeSelector"),
    ("", "limits"),
    ("", "requests"),
    ("", "resources"),
    ("", "data"),
    ("", "binaryData"),
    ("", "stringData"),
    // A volume without a source.
    ("volumes", "emptyDir"),
    ("StorageClass", "parameters"),
    // A pod without a security context gets an empty one. A container does not.
    ("spec", "securityContext"),
];

/// Mappings with keys of the user. Nothing is filled in, and an empty value is a value.
const FREE: [&str; 11] = [
    "annotations",
    "labels",
    "matchLabels",
    "nodeSelector",
    "limits",
    "requests",
    "data",
    "binaryData",
    "stringData",
    "selector",
    "parameters",
];

/// Mappings that the API server creates. With nothing but defaults, they are the same as a missing field.
const CREATED: [&str; 10] = [
    "metadata",
    "strategy",
    "updateStrategy",
    "strategy.rollingUpdate",
    "updateStrategy.rollingUpdate",
    "persistentVolumeClaimRetentionPolicy",
    "scaleUp",
    "scaleDown",
    "sessionAffinityConfig",
    "clientIP",
];

/// The defaults of custom resources, which the schemas of their definitions set: the Gateway API
/// (<https://github.com/kubernetes-sigs/gateway-api>, `+kubebuilder:default` in apis/v1).
const OF_CUSTOM: [Default; 6] = [
    row("parentRefs", "group", "gateway.networking.k8s.io"),
    row("parentRefs", "kind", "Gateway"),
    row("backendRefs", "group", ""),
    row("backendRefs", "kind", "Service"),
    row("backendRefs", "weight", "1"),
    row("path", "type", "PathPrefix"),
];

/// The defaults of Kubernetes' own kinds: the parent, the field and the value of each.
pub fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    DEFAULTS.iter().map(|row| (row.parent, row.field, row.value))
}

/// The name of a field with its parent, where the parent decides what the defaults are.
pub fn scoped<'f>(parent: &str, field: &'f str) -> &'f str {
    match (parent, field) {
        ("strategy", "rollingUpdate") => "strategy.rollingUpdate",
        ("updateStrategy", "rollingUpdate") => "updateStrategy.rollingUpdate",
        // The template of a CronJob gets the defaults of a Job when a Job is made of it.
        ("Job", "spec") => "Job.spec",
        ("CronJob", "spec") => "CronJob.spec",
        _ => field,
    }
}

/// The default of a field, for a field in `parent`.
fn default_of(rows: &[Default], parent: &str, field: &str) -> Option<&'static str> {
    let is_of = |known: &str| known.strip_prefix('*').map_or(known == parent, |end| parent.ends_with(end));
    rows.iter().find(|row| row.field == field && is_of(row.parent)).map(|row| row.value)
}

/// Whether a value is the same as a missing field, for the field `name` in `parent`.
pub fn is_nothing(value: View<'_>, parent: &str, name: &str) -> bool {
    if FREE.contains(&parent) {
        return false;
    }
    if let Some(list) = value.as_list() {
        return list.is_empty() || is_default_list(parent, name, list);
    }
    let Some(map) = value.as_map() else {
        let text = value.text();
        // An empty class is no class, and a missing one is the default class.
        let is_empty = text.is_empty() && !["storageClassName", "ingressClassName"].contains(&name);
        return is_empty || value.is_null() || default_of(&DEFAULTS, parent, name) == Some(text);
    };
    // The API server writes a status into the templates of claims.
    if (parent, name) == ("volumeClaimTemplates", "status") {
        return true;
    }
    let is_created = CREATED.contains(&name) && map.iter().all(|(key, value)| is_nothing(value, name, scoped(name, key.text())));
    let is_empty = || EMPTY.iter().any(|(within, field)| *field == name && (within.is_empty() || *within == parent));
    is_created || (map.is_empty() && is_empty())
}

/// The same for a field of a custom resource, of which the API server keeps every value that a user sets.
pub fn is_nothing_of_custom(value: View<'_>, parent: &str, name: &str) -> bool {
    if ["metadata", "annotations", "labels"].contains(&parent) || name == "metadata" {
        return is_nothing(value, parent, name);
    }
    if let Some(only) = value.as_list().filter(|list| name == "matches" && list.len() == 1).and_then(|list| list.get(0)) {
        // The only match of a route that has none.
        return !only.map_at("path").is_empty()
            && only.as_map().is_some_and(|map| map.len() == 1)
            && ["", "PathPrefix"].contains(&only.text_at("path.type"))
            && ["", "/"].contains(&only.text_at("path.value"));
    }
    value.is_null() || value.as_text().is_some_and(|text| default_of(&OF_CUSTOM, parent, name) == Some(text))
}

/// Lists that the API server creates.
fn is_default_list(parent: &str, name: &str, list: List<'_>) -> bool {
    if name == "policies" {
        // https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#default-behavior
        let policies: Vec<_> = list.iter().map(|policy| ["type", "value", "periodSeconds"].map(|field| policy.text_at(field))).collect();
        let defaults: &[[&str; 3]] = match parent {
            "scaleUp" => &[["Pods", "4", "15"], ["Percent", "100", "15"]],
            "scaleDown" => &[["Percent", "100", "15"]],
            _ => &[],
        };
        return policies == defaults;
    }
    let Some(only) = list.iter().next().filter(|_| list.len() == 1) else { return false };
    match name {
        // A cluster with IPv6 as its first family has another default, which no manifest says.
        "ipFamilies" => only.text() == "IPv4",
        "metrics" => {
            only.text_at("resource.name") == "cpu"
                && only.text_at("resource.target.type") == "Utilization"
                && only.text_at("resource.target.averageUtilization") == "80"
        }
        _ => false,
    }
}

/// The value of a field whose default depends on other fields of its object.
pub fn derived<'o>(parent: &str, name: &str, object: View<'o>, value: Option<View<'o>>) -> Option<&'o str> {
    let default = match (parent, name) {
        (_, "imagePullPolicy") if parent.ends_with("ontainers") => pull_policy(object.text_at("image")),
        ("spec", "serviceAccount") => object.text_at("serviceAccountName"),
        ("spec", "serviceAccountName") => object.text_at("serviceAccount"),
        ("ports", "targetPort") => object.text_at("port"),
        ("subjects", "apiGroup") if object.text_at("kind") != "ServiceAccount" => "rbac.authorization.k8s.io",
        // A Job without both runs once. https://kubernetes.io/docs/concepts/workloads/controllers/job/#parallel-jobs
        ("Job.spec", "completions") if object.text_at("parallelism").is_empty() => "1",
        ("Job.spec", "parallelism") => "1",
        ("Job.spec", "podReplacementPolicy") if object.at("podFailurePolicy").is_some() => "Failed",
        ("Job.spec", "podReplacementPolicy") => "TerminatingOrFailed",
        _ => return None,
    };
    Some(value.map(View::text).filter(|text| !text.is_empty()).unwrap_or(default))
}

/// The types of a NetworkPolicy: without any, `Ingress`, and `Egress` if it has rules for it.
pub fn policy_types(spec: View<'_>) -> Vec<&str> {
    let types: Vec<&str> = spec.list_at("policyTypes").iter().map(View::text).collect();
    match types.is_empty() {
        true if spec.list_at("egress").is_empty() => vec!["Ingress"],
        true => vec!["Ingress", "Egress"],
        false => types,
    }
}

/// The pull policy that the API server sets for an image: `Always` for the tag `latest` and for no tag.
fn pull_policy(image: &str) -> &'static str {
    let name = image.rsplit('/').next().unwrap_or_default();
    let is_pinned = image.contains('@');
    match name.split_once(':') {
        _ if is_pinned => "IfNotPresent",
        Some((_, tag)) if tag != "latest" => "IfNotPresent",
        _ => "Always",
    }
}
