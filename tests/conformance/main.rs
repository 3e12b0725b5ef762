//! Tests of jinaflow with the real tools. `tests/conformance/run.sh` installs the tools; a test without its tool fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/mod.rs"]
mod support;

mod adoption;
mod amounts;
mod apiserver;
mod around;
mod blocks;
mod callers;
mod catalog;
mod check;
mod completion;
mod container;
mod containerize;
mod deliveries;
mod diff;
mod editor;
mod emitted;
mod examples;
mod faults;
mod forge;
mod hooks;
mod howto;
mod import;
mod init;
mod jina;
mod kpt;
mod kustomize;
mod messages;
mod observability;
mod overlays;
mod passthrough;
mod pipelines;
mod pictures;
mod plugin;
mod pull_request;
mod python;
mod readers;
mod release;
mod rerender;
mod run_rendered;
mod schemas;
mod site;
mod strings;
mod terminal;
mod tools;
mod workflows;
