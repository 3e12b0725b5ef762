//! At a terminal.

use std::process::Command;

use crate::support::run;
use crate::tools::static_binary;

/// Without standard input to wait for, the function shows its manual instead of hanging.
#[test]
fn a_terminal_gets_help() {
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", static_binary().to_str().unwrap(), "/dev/null"]);
    let answer = run(command, b"");
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stdout.starts_with("# jinaflow"), "{}", answer.stdout);
}
