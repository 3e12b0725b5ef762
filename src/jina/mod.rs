//! The Flow language: what Jina 3.34.0 makes of a Flow or Deployment, without Kubernetes in it.
//!
//! [`flow::read`] is the way in. [`options`] is the one table of every option; [`setting`] reads and writes an
//! option's value; [`scalar`] and [`value`] know YAML 1.1 as `PyYAML` has it and values as Python spells them;
//! [`topology`] arranges the graph.

pub mod options;
pub mod value;
pub mod scalar;
pub mod setting;
pub mod substitute;
pub mod versions;
pub mod reference;
pub mod section;
pub mod inline;
pub mod inherited;
pub mod options_of;
pub mod topology;
pub mod flow;
