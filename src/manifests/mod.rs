//! Renders components as Kubernetes objects, with one file for each kind or concern.
//!
//! This module reads no input and writes no output: everything comes from the plan. Objects are nodes whose keys are in
//! the order in which people write them. The strings of the nodes are borrowed from the plan.

pub mod fingerprint;
pub mod reasons;
mod target;
mod nodes;
pub mod labels;
mod maker;
mod addresses;
mod configmap;
mod drain;
mod probe;
mod security;
mod volumes;
mod container;
mod pod;
mod deployment;
mod statefulset;
mod service;
mod servicemonitor;
mod podmonitor;
mod promql;
mod autoscaler;
mod disruptionbudget;
mod networkpolicy;
pub mod exposure;
mod namespace;
mod objects;
mod patch;
mod lost_container;
mod patches;

pub use configmap::name as configmap_name;
pub use objects::{Object, objects};
pub use patches::patched;
pub use target::Target;
