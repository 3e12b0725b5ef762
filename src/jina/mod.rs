//! The Flow language: reads a Flow or Deployment as Jina 3.34.0 does. This module has nothing about Kubernetes.
//!
//! [`flow::read`] is the entry point. [`options`] is the table of all options; [`setting`] reads and writes the value of
//! an option; [`scalar`] reads YAML 1.1 as `PyYAML` does; [`value`] writes values as Python does; [`topology`] builds the
//! graph.

pub mod options;
pub mod value;
pub mod scalar;
pub mod placeholders;
pub mod setting;
pub mod argv;
pub mod jcloud;
pub mod substitute;
pub mod unset;
pub mod templates;
pub mod versions;
pub mod former;
pub mod reference;
pub mod section;
pub mod inline;
pub mod inherited;
pub mod options_of;
pub mod older;
pub mod nested;
pub mod topology;
pub mod flow;
