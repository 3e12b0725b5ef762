//! The recorded amounts of `tests/it/amounts.rs` are those of the library of Kubernetes that the other tests use.

use crate::support::{assert_recorded, root};
use crate::tools::{must, tool};

#[test]
fn the_recorded_amounts_are_current() {
    let said = must(tool("amounts", &[])).stdout;
    assert!(said.len() < 200_000 && said.contains("\"version\": \"v1.37."), "{} bytes", said.len());
    assert_recorded(&root().join("tests/it/amounts.json"), &said);
}
