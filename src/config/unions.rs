//! Fields of which Kubernetes allows only one, such as the handlers of a probe, and fields that a `type` excludes.

/// The handlers of probes and of hooks.
const HANDLERS: &[&str] = &["exec", "grpc", "httpGet", "sleep", "tcpSocket"];

/// The sources of volumes (<https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/>).
const VOLUMES: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "projected",
    "rbd",
    "secret",
];

/// The mappings with such fields: the name of the mapping, or of the list that it is an entry of.
const UNIONS: [(&str, &[&str]); 8] = [
    ("livenessProbe", HANDLERS),
    ("readinessProbe", HANDLERS),
    ("startupProbe", HANDLERS),
    ("postStart", HANDLERS),
    ("preStop", HANDLERS),
    ("env", &["value", "valueFrom"]),
    ("valueFrom", &["configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"]),
    ("volumes", VOLUMES),
];

/// The fields of a mapping of which only one is allowed; empty for other mappings. `field` is the name of the mapping, or of the
/// list that has it.
pub fn union(field: &str) -> &'static [&'static str] {
    UNIONS.iter().find(|(name, _)| *name == field).map_or(&[], |(_, members)| members)
}

/// The types that exclude another field beside `type`, with this field and, if only one value is excluded, the value. API servers
/// refuse such objects (`ValidateService` in pkg/apis/core/validation and `ValidateDeploymentStrategy` in pkg/apis/apps/validation
/// of kubernetes/kubernetes).
const EXCLUSIONS: [(&[&str], &str, Option<&str>); 2] =
    [(&["NodePort", "LoadBalancer", "ExternalName"], "clusterIP", Some("None")), (&["Recreate", "OnDelete"], "rollingUpdate", None)];

/// The field that a mapping with this `type` cannot have; with a value, only this value is excluded.
pub fn excluded_by_type(kind: &str) -> Option<(&'static str, Option<&'static str>)> {
    EXCLUSIONS.iter().find(|(types, ..)| types.contains(&kind)).map(|(_, field, value)| (*field, *value))
}
