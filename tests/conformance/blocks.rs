//! The commands of a page, run as written: the fenced blocks that begin with "```sh", and with "```python". A block that begins
//! with "```text" and follows them is their output. "```sh terminal" are commands for a second terminal, which do not end.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::scratch;
use crate::tools::tool;

/// A block of commands.
struct Block {
    /// The word after `sh`: what the commands need, such as `terminal`.
    needs: Option<String>,
    script: String,
    is_python: bool,
    /// The output that the page shows.
    output: Option<String>,
    line: usize,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let text: String = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").map(|line| format!("{line}\n")).collect();
        match info.split_once(' ').unwrap_or((info, "")) {
            (language @ ("sh" | "python"), needs) => {
                let needs = Some(needs).filter(|needs| !needs.is_empty()).map(str::to_owned);
                found.push(Block { needs, script: text, is_python: language == "python", output: None, line: number + 1 });
            }
            ("text", _) => found.last_mut().unwrap().output = Some(text),
            _ => {}
        }
    }
    found
}

/// The end of the output of a block.
const MARK: u8 = 0x1e;

impl Block {
    /// The block for a shell that reads commands from its standard input, which the commands must not read.
    fn commands(&self, log: &Path) -> String {
        let (script, log) = (&self.script, log.display());
        let commands = match self.needs.as_deref() {
            None if self.is_python => format!("python << 'END OF BLOCK'\n{script}END OF BLOCK\n"),
            None => format!("{{\n{script}}} < /dev/null\n"),
            // The next block needs what these commands start, so it waits for their first output.
            Some("terminal") => format!(
                "set -m\n{{\n{script}}} > {log} 2>&1 < /dev/null &\nset +m\n\
                 for try in {{1..600}}; do [[ -s {log} ]] && break; sleep 0.1; done; [[ -s {log} ]]\n"
            ),
            Some(needs) => panic!("line {}: needs {needs}", self.line),
        };
        format!("{commands}printf '\\036'\n")
    }
}

/// Runs the blocks of a page in one shell in a folder, and asserts the outputs that the page shows. `left_out` has the need and the
/// first two words of each block that does not run, so that no block is left out by accident.
pub fn run_page(page: &str, folder: &Path, environment: &[(&str, PathBuf)], left_out: &[(&str, &str)]) {
    let mut shell = tool("bash", &[]);
    shell.current_dir(folder).envs(environment.iter().map(|(name, value)| (name, value)));
    run_page_in(shell, page, left_out, |_| {});
}

/// The same in a given shell. `before` is called with the commands of each block before they run.
pub fn run_page_in(mut shell: Command, page: &str, left_out: &[(&str, &str)], mut before: impl FnMut(&str)) {
    let begin = |block: &Block| block.script.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let is_left_out = |block: &Block| left_out.iter().any(|(needs, words)| block.needs.as_deref() == Some(needs) && begin(block) == *words);
    let (left, run): (Vec<Block>, Vec<Block>) = blocks(page).into_iter().partition(is_left_out);
    assert_eq!(left.len(), left_out.len(), "the blocks that do not run: {left_out:?}");

    let logs = scratch("page");
    let errors = logs.join("stderr");
    shell.args(["-euo", "pipefail"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(fs::File::create(&errors).unwrap());
    let mut child = shell.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let failure = |line: usize, script: &str, out: &str| {
        panic!("line {line} fails:\n{script}\n{out}\n{}", fs::read_to_string(&errors).unwrap());
    };
    // A job of `terminal` is a group of processes.
    input.write_all(b"trap 'for job in $(jobs -p); do kill -- -$job || true; done' EXIT\n").unwrap();
    for block in &run {
        before(&block.script);
        let commands = block.commands(&logs.join(format!("{}.log", block.line)));
        if let Err(error) = input.write_all(commands.as_bytes()) {
            failure(block.line, &block.script, &error.to_string());
        }
        let mut bytes = Vec::new();
        output.read_until(MARK, &mut bytes).unwrap();
        let has_ended = bytes.pop() != Some(MARK);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if has_ended {
            failure(block.line, &block.script, &text);
        }
        if let Some(expected) = &block.output {
            // Jina's client prints an empty line first if its output is not a terminal.
            let text = if block.is_python { text.trim_start() } else { &text };
            assert_eq!(text, expected, "line {}:\n{}", block.line, block.script);
        }
    }
    drop(input);
    assert!(child.wait().unwrap().success(), "{}", fs::read_to_string(&errors).unwrap());
}
