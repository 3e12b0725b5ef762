//! The commands of a page, run as written: the fenced blocks that begin with "```sh". A block that begins with "```text" and follows
//! them is their output.

use std::path::{Path, PathBuf};

use crate::support;
use crate::tools::tool;

/// A block of commands.
struct Block {
    /// The word after `sh`: what the commands need and a test does not have, such as `cluster`.
    needs: Option<String>,
    script: String,
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
            ("sh", needs) => {
                let needs = Some(needs).filter(|needs| !needs.is_empty()).map(str::to_owned);
                found.push(Block { needs, script: text, output: None, line: number + 1 });
            }
            ("text", _) => found.last_mut().unwrap().output = Some(text),
            _ => {}
        }
    }
    found
}

/// Separates the outputs of blocks.
const MARK: char = '\u{1e}';

/// Runs the blocks of a page in one shell in a folder, and asserts the outputs that the page shows. Blocks with a need do not run:
/// `left_out` has the need and the first two words of each of them, so that no block is left out by accident.
pub fn run_page(page: &str, folder: &Path, environment: &[(&str, PathBuf)], left_out: &[(&str, &str)]) {
    let (left, run): (Vec<Block>, Vec<Block>) = blocks(page).into_iter().partition(|block| block.needs.is_some());
    let begin = |block: &Block| block.script.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let left: Vec<(String, String)> = left.iter().map(|block| (block.needs.clone().unwrap(), begin(block))).collect();
    let expected: Vec<(String, String)> = left_out.iter().map(|(needs, words)| ((*needs).to_owned(), (*words).to_owned())).collect();
    assert_eq!(left, expected, "the blocks that cannot run in a test");

    let script: String = run.iter().map(|block| format!("printf '\\036'\n{}", block.script)).collect();
    let mut command = tool("bash", &["-euo", "pipefail", "-c", &script]);
    command.current_dir(folder).envs(environment.iter().map(|(name, value)| (name, value)));
    let answer = support::run(command, b"");
    let outputs: Vec<&str> = answer.stdout.split(MARK).skip(1).collect();
    for (number, block) in run.iter().enumerate() {
        let Some(output) = outputs.get(number) else { break };
        let has_failed = answer.code != 0 && outputs.len() == number + 1;
        assert!(!has_failed, "line {}: exit code {}\n{}\n{output}{}", block.line, answer.code, block.script, answer.stderr);
        if let Some(expected) = &block.output {
            assert_eq!(output, expected, "line {}:\n{}", block.line, block.script);
        }
    }
    assert_eq!((answer.code, outputs.len()), (0, run.len()), "{}", answer.stderr);
}
