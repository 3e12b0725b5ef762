//! The command line and the process: the only room that reads files, the environment, or standard input.

pub mod definition;
pub mod folder;
pub mod remembered;
pub mod merged;
pub mod outdir;
mod stdin;
pub mod input;
pub mod export;
pub mod explain;
pub mod file;
mod objects;
pub mod unrendered;
pub mod inspect;
pub mod flags;

use std::fs;
use std::io::{self, ErrorKind, IsTerminal as _, Write};

use anyhow::{Context as _, Result};

use crate::function::{self, Outcome};
use crate::report;
use flags::{Command, Environment};

use crate::config::{manual, schema};
use crate::jina::reference;

/// The function's README, which is the manual that `kpt fn doc` shows as well.
const README: &str = include_str!("../../functions/jinaflow/README.md");

/// Runs the process; the answer is its exit code.
pub fn main() -> u8 {
    let environment = Environment::of_process();
    let mut said = String::new();
    let outcome = match flags::parse(std::env::args_os(), &environment) {
        Ok(command) => run(command, &environment, &mut said),
        Err(line) => {
            said = failure(&line);
            Ok(false)
        }
    };
    let code = match outcome {
        Ok(true) => 0,
        Ok(false) => 1,
        // Whoever closed the pipe has read enough.
        Err(error) if is_broken_pipe(&error) => 0,
        Err(error) => {
            said.insert_str(0, &failure(&format!("{error:#}")));
            1
        }
    };
    complain(&said, &environment);
    code
}

/// Runs a command. What is to be told goes to `said`; the answer is whether all went well.
fn run(command: Command, environment: &Environment, said: &mut String) -> Result<bool> {
    // What a Flow comes to is larger, and is written from where it is.
    let mut stdout = io::BufWriter::with_capacity(16 << 10, io::stdout().lock());
    let done = match command {
        Command::Help => print(&mut stdout, &manual())?,
        Command::Version => print(&mut stdout, concat!("jinaflow ", env!("CARGO_PKG_VERSION"), "\n"))?,
        Command::Function if io::stdin().is_terminal() => print(&mut stdout, &manual())?,
        Command::Function => told(function::run(&stdin::read()?, &mut stdout)?, said),
        Command::Plugin(config) => {
            let config = fs::read_to_string(&config).with_context(|| format!("{config}: cannot be read"))?;
            let input = String::from_utf8(stdin::read()?).context("stdin: is not UTF-8")?;
            told(function::run_plugin(&config, &input, &mut stdout)?, said)
        }
        Command::Fields => print(&mut stdout, &manual::fields())?,
        Command::Options => print(&mut stdout, &reference::page())?,
        Command::Schema => print(&mut stdout, &schema::text())?,
        Command::Definition => print(&mut stdout, &definition::text())?,
        Command::Explain(question) => explain::explain(&question, &mut stdout, said)?,
        Command::Export(export) => export::export(&export, &mut stdout, said)?,
        Command::Check(inspection) => inspect::inspect(&inspection, environment.may_paint, &mut stdout, said)?,
    };
    stdout.flush()?;
    Ok(done)
}

/// The README without the marks by which documentation generators find their parts.
fn manual() -> String {
    README.lines().filter(|line| !line.starts_with("<!--mdtogo")).flat_map(|line| [line, "\n"]).collect()
}

fn print(stdout: &mut impl Write, text: &str) -> io::Result<bool> {
    stdout.write_all(text.as_bytes())?;
    Ok(true)
}

fn told(outcome: Outcome, said: &mut String) -> bool {
    *said = outcome.stderr;
    outcome.success
}

/// Nothing can be done when even stderr is gone.
fn complain(said: &str, environment: &Environment) {
    let mut stderr = io::stderr().lock();
    let painted = (stderr.is_terminal() && environment.may_paint).then(|| report::painted(said));
    let _ = stderr.write_all(painted.as_deref().unwrap_or(said).as_bytes());
}

/// A failure that is not about a Flow, on one line. Names of files may hold anything.
fn failure(message: &str) -> String {
    format!("error: {}\n", report::one_line(message))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
}
