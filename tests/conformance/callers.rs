//! The recorded input of `tests/it/callers.rs` equals the input that kustomize and kpt send today.

use std::process::Command;

use crate::support::{root, scratch, tree};
use crate::tools::{must, static_binary};

#[test]
fn recordings_equal_the_input_that_callers_send_today() {
    let to = scratch("krm");
    let mut record = Command::new(root().join("tests/krm/record.sh"));
    record.arg(&to).env("JINAFLOW", static_binary());
    must(record);
    let today = tree(&to);
    assert_eq!(today.len(), 9);
    for (name, text) in today {
        let recorded = std::fs::read_to_string(root().join("tests/krm").join(&name)).unwrap();
        assert!(recorded == text, "tests/krm/{name} is outdated; run tests/krm/record.sh");
    }
}
