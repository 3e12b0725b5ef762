//! Runs at a terminal.

use std::fs;
use std::process::Command;

use crate::support::{jinaflow, run, scratch};
use crate::tools::static_binary;

/// At a terminal there is no input, so the function prints its help instead of waiting. `--help` prints the manual only
/// where the output is not a terminal, as for `kpt fn doc`.
#[test]
fn a_terminal_gets_a_short_help() {
    let overview = jinaflow(&["help"]).succeeded().stdout;
    for arguments in ["", " --help", " -h", " help"] {
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &format!("{}{arguments}", static_binary().display()), "/dev/null"]);
        let answer = run(command, b"");
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        assert_eq!(answer.stdout.replace("\r\n", "\n"), overview, "{arguments}");
    }
    assert_eq!(jinaflow(&["--help"]).succeeded().stdout, jinaflow(&["manual"]).succeeded().stdout);
}

/// Colors are written only to a terminal.
#[test]
fn colors_are_written_to_a_terminal_unless_disabled() {
    let folder = scratch("colors");
    fs::write(folder.join("flow.yml"), "jtype: Flow\nexecutors: [{name: a, uses: docker://x/a, replicas: 0}]\n").unwrap();
    let export = format!("{} export {}/flow.yml", static_binary().display(), folder.display());
    let said = |environment: &[(&str, &str)]| {
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &export, "/dev/null"]).env_remove("NO_COLOR").env("TERM", "xterm");
        command.envs(environment.iter().copied());
        let answer = run(command, b"");
        assert_eq!(answer.code, 1, "{}", answer.stdout);
        answer.stdout.replace("\r\n", "\n")
    };
    let painted = said(&[]);
    assert!(painted.starts_with("\u{1b}[1;31merror[") && painted.contains("\u{1b}[1;34m  -->\u{1b}[0m "), "{painted:?}");
    let plain = jinaflow(&["export", folder.join("flow.yml").to_str().unwrap()]).stderr;
    assert!(!plain.contains('\u{1b}'));
    for environment in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        // A terminal also gets a hint, which is the last line.
        let shown = said(&[environment]);
        assert!(shown.strip_prefix(&*plain).is_some_and(|hint| hint.contains("run: jinaflow explain ")), "{environment:?}: {shown}");
    }
}
