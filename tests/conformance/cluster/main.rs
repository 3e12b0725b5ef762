//! Tests on a real cluster: Kubernetes with a node that runs the containers. `tests/conformance/cluster/run.sh` starts it, runs
//! these tests and ends it. Each test has a namespace of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../faults.rs"]
mod faults;
#[path = "../../support/mod.rs"]
mod support;
// The conformance tests use more of these.
#[allow(dead_code)]
#[path = "../blocks.rs"]
mod blocks;
#[allow(dead_code)]
#[path = "../tools.rs"]
mod tools;

mod adoption;
mod autoscale;
mod balance;
mod change;
mod classes;
mod containers;
mod dev_to_prod;
mod diff_defaults;
mod diff_overlays;
mod diff_pairs;
mod disruption;
mod examples;
mod fixture;
mod judge;
mod load;
mod monitoring;
mod policies;
mod promotion;
mod promotion_pairs;
mod recovery;
mod refusals;
mod row;
mod scale;
mod seeds;
mod storage;
mod trouble;
