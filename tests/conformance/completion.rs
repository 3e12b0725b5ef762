//! Completions in real shells, and manual pages with their real readers.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{root, scratch};
use crate::tools::{folder, must, static_binary};

/// The words of a line, the last of which is completed; words that are offered; words that are not.
const CASES: [(&[&str], &[&str], &[&str]); 9] = [
    (&["jinaflow", ""], &["export", "init", "completion", "summary"], &["--strict"]),
    (&["jinaflow", "ex"], &["export", "explain"], &["init"]),
    (&["jinaflow", "diff", "--output", ""], &["text", "markdown", "json", "mermaid"], &["dot"]),
    (&["jinaflow", "graph", "-o", ""], &["mermaid", "dot", "svg"], &["markdown"]),
    (&["jinaflow", "export", "flow.yml", "--compat", ""], &["none", "jina-3.34"], &["keep"]),
    (&["jinaflow", "export", "flow.yml", "--con"], &["--context", "--context-env"], &["--compat"]),
    (&["jinaflow", "explain", "unknown-"], &["unknown-field", "unknown-flag"], &["missing-field"]),
    (&["jinaflow", "completion", ""], &["bash", "zsh", "fish", "powershell"], &["export"]),
    (&["jinaflow", "export", "Cargo.t"], &["Cargo.toml"], &["Cargo.lock"]),
];

/// The completions for a shell, in a file.
fn script(shell: &str) -> PathBuf {
    let mut command = Command::new(static_binary());
    command.args(["completion", shell]);
    let file = scratch("completion").join(format!("jinaflow.{shell}"));
    fs::write(&file, must(command).stdout).unwrap();
    file
}

/// What a shell offers for each line is what the rows of commands and flags say. `offered` gives the text that the shell shows.
fn check(offered: impl Fn(&[&str]) -> String) {
    for (line, wanted, others) in CASES {
        let shown = offered(line);
        let words: Vec<&str> = shown.split([' ', '\t', '\r', '\n', '=']).collect();
        for word in wanted {
            // A single word is completed instead of shown: zsh then shows the whole line.
            assert!(words.contains(word), "{line:?} does not offer {word}:\n{shown}");
        }
        for word in others {
            assert!(!words.contains(word), "{line:?} offers {word}:\n{shown}");
        }
    }
}

#[test]
fn bash_completes_the_command_line() {
    let script = script("bash");
    let run = |line: &[&str]| {
        let mut command = Command::new("bash");
        command.arg(root().join("tests/conformance/completion/complete.bash")).arg(&script).args(line).current_dir(root());
        must(command).stdout
    };
    check(|line| match line {
        // Bash completes paths itself, where the function offers nothing.
        [.., "Cargo.t"] => {
            assert_eq!(run(line).trim(), "");
            "Cargo.toml".to_owned()
        }
        line => run(line),
    });
    // Bash makes three words of --output=ma.
    assert_eq!(run(&["jinaflow", "diff", "--output", "=", "ma"]), "markdown\n");
    assert_eq!(run(&["jinaflow", "diff", "--output", "="]), "text\nmarkdown\njson\nmermaid\n");
    let mut shellcheck = Command::new(folder().join("shellcheck/bin/shellcheck"));
    // The idiom for Bash 3.2, which has no `mapfile`.
    shellcheck.args(["--shell=bash", "--exclude=SC2207"]).arg(&script);
    must(shellcheck);
}

#[test]
fn zsh_completes_the_command_line() {
    let script = script("zsh");
    check(|line| {
        let mut command = Command::new("zsh");
        command.arg("-f").arg(root().join("tests/conformance/completion/complete.zsh")).arg(&script).arg(line.join(" "));
        command.current_dir(root());
        without_escapes(&must(command).stdout)
    });
}

#[test]
fn fish_completes_the_command_line() {
    let script = script("fish");
    check(|line| {
        let mut command = Command::new("fish");
        command
            .arg("--no-config")
            .arg("--command")
            .arg("source $argv[1]; complete --do-complete $argv[2]")
            .arg(&script)
            .arg(line.join(" "));
        command.current_dir(root());
        let shown = must(command).stdout;
        // Without the descriptions.
        shown.lines().map(|line| line.split('\t').next().unwrap().to_owned() + "\n").collect()
    });
}

/// PowerShell itself cannot be installed from a package, so only the grammar is checked.
#[test]
fn the_completions_of_powershell_are_valid() {
    let mut python = Command::new(folder().join("completion/bin/python"));
    python.arg("-c").arg(
        "import sys, tree_sitter, tree_sitter_powershell\n\
         parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))\n\
         for text in (open(sys.argv[1], 'rb').read(), b'if ($a { 1 }'):\n    print(parser.parse(text).root_node.has_error)",
    );
    let script = script("powershell");
    python.arg(&script);
    assert_eq!(must(python).stdout, "False\nTrue\n");
    let text = fs::read_to_string(script).unwrap();
    for line in ["'diff --output' { @('text', 'markdown', 'json', 'mermaid'); break }", "'--no-gateway'"] {
        assert!(text.contains(line), "{line}");
    }
}

/// Text without the escape sequences of a terminal.
fn without_escapes(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).get(1..).unwrap_or_default();
        // An escape sequence moves the cursor, so words on both sides are apart.
        out.push(' ');
    }
    out + rest
}

#[test]
fn manual_pages_have_no_fault() {
    let pages = scratch("man");
    let mut command = Command::new(static_binary());
    command.arg("man").arg("--output").arg(&pages);
    must(command);
    let files: Vec<PathBuf> =
        ["man1", "man5"].iter().flat_map(|section| fs::read_dir(pages.join(section)).unwrap()).map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 15, "{files:?}");
    let mut mandoc = Command::new("mandoc");
    let lint = mandoc.args(["-T", "lint", "-W", "warning"]).args(&files).output().unwrap();
    let faults: Vec<&str> = str::from_utf8(&lint.stdout).unwrap().lines().filter(|line| !line.contains("missing date")).collect();
    assert_eq!(faults, Vec::<&str>::new());
    // What is shown has every flag, also those that begin a line.
    let mut html = Command::new("mandoc");
    html.args(["-T", "html"]).arg(pages.join("man1/jinaflow-diff.1"));
    let shown = must(html).stdout;
    for text in ["<b>--live</b>", "<b>--output</b>", "<b>--no-gateway</b>", "<b>kubectl get -o yaml</b>"] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
}
