//! jinaflow turns a Jina Flow or Deployment into the Kubernetes manifests that run it.
//!
//! It is a KRM function (a program that reads a `ResourceList` and answers with one) and a command line. The crate is
//! a house with one direction: each module uses only modules above it in this list, which
//! `tests/it/architecture.rs` checks.

pub mod finding;
pub mod yaml;
pub mod krm;
pub mod jina;
pub mod config;
pub mod plan;
pub mod manifests;
pub mod reconcile;
pub mod check;
pub mod render;
pub mod report;
pub mod function;
pub mod cli;
