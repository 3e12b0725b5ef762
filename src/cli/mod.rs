//! The command line: the only module that reads files, standard input or the environment.

mod failure;
mod environment;
mod stdin;
mod shell;
mod definition;
mod folder;
mod remembered;
mod merged;
mod outdir;
mod nested_files;
pub mod input;
mod image_file;
pub mod file;
mod objects;
mod comments;
mod export;
mod variables;
mod scaffold;
mod init;
mod codes;
mod site;
mod explain;
mod unrendered;
mod kustomizations;
mod package;
pub mod inspect;
mod side;
mod kept_patches;
mod import;
mod diff;
mod graph;
mod summary;
mod env_file;
mod flags;
mod shells;
mod commands;
mod parse;
mod help;
mod man;
mod completion;

use std::fs;
use std::io::{self, IsTerminal as _, Write};
use std::path::Path as FilePath;

use commands::{Command, SchemaOf};
use diff::Verdict;
use environment::Environment;
use failure::{Failure, Report, Result};

use crate::config::{manual, schema};
use crate::finding::Severity;
use crate::function::{self, Outcome};
use crate::jina::reference;
use crate::report::{self, Subject, place};

/// The exit code of a command that succeeded.
const SUCCESS: u8 = 0;
/// The exit code of a command that failed.
const FAILURE: u8 = 1;
/// The exit code of a comparison that found changes. As for `kubectl diff`, it is not a failure.
const DIFFERS: u8 = 1;
/// The exit code of a comparison that failed.
const TROUBLE_OF_DIFF: u8 = 2;

/// Runs the process and returns its exit code.
pub fn main() -> u8 {
    let environment = Environment::of_process();
    let (mut report, mut done_lines) = (Report::new(), String::new());
    let command = parse::command(std::env::args_os(), &environment);
    let done = command
        .map_err(|finding| Failure::Finding(Box::new((Subject::CommandLine, finding))))
        .and_then(|command| run(command, &environment, &mut report, &mut done_lines));
    let code = match done {
        Ok(code) => code,
        Err(failure) if failure.is_closed_pipe() => SUCCESS,
        Err(failure) => {
            report.insert(0, failure.into());
            let name = std::env::args_os().skip(1).find(|word| !word.to_string_lossy().starts_with('-'));
            if name.is_some_and(|name| name == "diff") { TROUBLE_OF_DIFF } else { FAILURE }
        }
    };
    write_stderr(&(report::lines(&report) + &done_lines), &environment);
    write_hint(&report);
    code
}

/// Runs a command. Findings go to `report`, and lines about what was done to `done`. Returns the exit code.
fn run(command: Command, environment: &Environment, report: &mut Report, done: &mut String) -> Result<u8> {
    // Manifests of a Flow are larger than the buffer, and are written without being copied to it.
    let mut stdout = io::BufWriter::with_capacity(16 << 10, io::stdout().lock());
    let succeeded = match command {
        Command::Function if io::stdin().is_terminal() => print(&mut stdout, &help::overview())?,
        Command::Function => {
            let outcome = function::run(&stdin::read()?, &mut stdout)?;
            return finish(&outcome, stdout, environment).map(exit_code);
        }
        Command::Plugin(config) => {
            let config = fs::read_to_string(&config).map_err(|error| Failure::unreadable(FilePath::new(&config), error))?;
            let input = String::from_utf8(stdin::read()?).map_err(|error| {
                let finding = place::not_utf8(&Subject::Input, error.as_bytes(), error.utf8_error());
                Failure::Finding(Box::new((Subject::Input, finding)))
            })?;
            let outcome = function::run_plugin(&config, &input, &mut stdout)?;
            return finish(&outcome, stdout, environment).map(exit_code);
        }
        Command::Export(export) => export::export(&export, &mut stdout, report, done)?,
        Command::Import(arguments) => import::import(&arguments, &mut stdout, report)?,
        Command::Init(arguments) => init::init(&arguments, &mut stdout, report)?,
        Command::Check(inspection) => inspect::inspect(&inspection, environment.may_color, &mut stdout, report)?,
        Command::Summary(summary) => summary::summarize(&summary, &mut stdout, report)?,
        Command::Graph(drawing) => graph::graph(&drawing, &mut stdout, report)?,
        Command::Diff(difference) => {
            let verdict = diff::diff(&difference, &mut stdout, report)?;
            stdout.flush()?;
            return Ok(match verdict {
                Verdict::Same => SUCCESS,
                Verdict::Differs => DIFFERS,
                Verdict::Failed => TROUBLE_OF_DIFF,
            });
        }
        Command::Explain(question) => explain::explain(&question, &mut stdout, report)?,
        Command::Options(None) => print(&mut stdout, &reference::page())?,
        Command::Options(Some(name)) => explain::option(&name, &mut stdout, report)?,
        Command::Fields(None) => print(&mut stdout, &manual::fields())?,
        Command::Fields(Some(name)) => explain::fields(&name, &mut stdout, report)?,
        Command::Schema(of) => print(
            &mut stdout,
            &match of {
                SchemaOf::JinaFlow => schema::text(),
                SchemaOf::Patch => schema::text_of_patch(),
                SchemaOf::Flow => schema::text_of_flow(),
                SchemaOf::Check => definition::schema_of_check_as_text(),
                SchemaOf::Crd => definition::resources(),
            },
        )?,
        Command::Definition => print(&mut stdout, &definition::text())?,
        Command::Man(pages) => man::man(&pages, &mut stdout)?,
        Command::Completion(shell) => print(&mut stdout, &completion::script(shell))?,
        Command::Manual => print(&mut stdout, &help::manual())?,
        Command::Doc if !io::stdout().is_terminal() => print(&mut stdout, &help::manual())?,
        Command::Doc | Command::Help(None) => print(&mut stdout, &help::overview())?,
        Command::Help(Some(row)) => print(&mut stdout, &help::of_command(row))?,
        Command::Version => print(&mut stdout, concat!("jinaflow ", env!("CARGO_PKG_VERSION"), "\n"))?,
    };
    stdout.flush()?;
    Ok(exit_code(succeeded))
}

fn exit_code(succeeded: bool) -> u8 {
    if succeeded { SUCCESS } else { FAILURE }
}

fn print(stdout: &mut impl Write, text: &str) -> Result<bool> {
    stdout.write_all(text.as_bytes())?;
    Ok(true)
}

/// Ends a run as a function: flushes standard output, and writes the formatted findings to standard error.
fn finish(outcome: &Outcome, mut stdout: impl Write, environment: &Environment) -> Result<bool> {
    let flushed = stdout.flush();
    write_stderr(&outcome.stderr, environment);
    flushed?;
    Ok(outcome.success)
}

/// Writes lines to standard error. An error there is ignored, because there is no other place to report it.
fn write_stderr(lines: &str, environment: &Environment) {
    let mut stderr = io::stderr().lock();
    let painted = (stderr.is_terminal() && environment.may_color).then(|| report::painted(lines));
    let _ = stderr.write_all(painted.as_deref().unwrap_or(lines).as_bytes());
}

/// At a terminal, shows the command that explains the first error.
fn write_hint(report: &Report) {
    let error = report.iter().find(|(_, finding)| finding.severity == Severity::Error);
    let mut stderr = io::stderr().lock();
    if let Some((_, finding)) = error.filter(|_| stderr.is_terminal()) {
        let _ = writeln!(stderr, "\nFor the cause, an example and the fix, run: jinaflow explain {}", finding.code);
    }
}
