//! The `JinaFlow` config: `apiVersion: flow.jina.ai/v1alpha1`, `kind: JinaFlow`.

mod api;
mod object_names;
pub mod quantity;
pub mod image_name;
pub mod corrections;
pub mod always;
mod choices;
pub mod images;
pub mod audience;
pub mod field;
pub mod fields;
pub mod lists;
mod part_checks;
mod field_checks;
mod values;
pub mod workload;
mod workload_reading;
mod stack;
mod layer_checks;
pub mod layers;
pub mod scope;
mod settings;
mod overrides;
mod uses;
mod flow_overrides;
mod jina_flow;
pub mod json_schema;
pub mod openapi;
pub mod schema;
pub mod manual;

pub use api::{API_VERSION, CHECK_KIND, GROUP, KIND, is_jina_flow, unknown_kind};
pub use choices::{Compat, Mesh, OnConflict};
pub use jina_flow::{JinaFlow, documents, flow_document, read, read_bare};
pub use object_names::{dns_label, is_config_map_key, is_dns_label, is_subdomain};
pub use overrides::{Overrides, STORAGE_VARIABLES};
pub use settings::Settings;
