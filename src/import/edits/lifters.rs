//! The table of fields of a layer that express edits, with one row for each field.

use super::side::{Find, Side};
use super::{added_objects, container_fields, object_fields, pod_fields, source_fields, storage_fields};

/// Finds the values of a field for one component.
pub type Lifter = fn(&Side<'_>) -> Vec<Find>;

/// The fields.
pub static LIFTERS: &[Lifter] = &[
    object_fields::labels,
    object_fields::annotations,
    object_fields::env,
    container_fields::env_from_secret,
    source_fields::variables,
    source_fields::files,
    container_fields::resources,
    container_fields::image,
    container_fields::pull_policy,
    pod_fields::pull_secrets,
    pod_fields::service_account,
    pod_fields::node_selector,
    pod_fields::tolerations,
    pod_fields::affinity,
    pod_fields::topology_spread,
    pod_fields::priority_class,
    pod_fields::rolling_update,
    pod_fields::security_profile,
    pod_fields::drain_seconds,
    container_fields::config_file,
    pod_fields::replicas,
    storage_fields::storage,
    added_objects::autoscale,
    added_objects::disruption_budget,
    added_objects::expose,
    added_objects::ingress,
    added_objects::http_route,
    added_objects::grpc_route,
];
