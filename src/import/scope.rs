//! Kinds of Kubernetes whose objects are in no namespace.

use crate::yaml::Node;

/// The kinds of the APIs that each cluster has.
const OF_CLUSTER: [&str; 24] = [
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterTrustBundle",
    "CustomResourceDefinition",
    "DeviceClass",
    "FlowSchema",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
];

/// Whether an object belongs to the whole cluster. Objects of unknown kinds are in namespaces.
pub fn is_of_cluster(object: &Node<'_>) -> bool {
    OF_CLUSTER.contains(&object.text_at("kind"))
}
