//! The integration tests, as one program, so that shared code is compiled and linked once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::semicolon_if_nothing_returned)]

#[path = "../support/mod.rs"]
mod support;

mod adoption;
mod advice;
mod amounts;
mod architecture;
mod bad_input;
mod callers;
mod check;
mod check_package;
mod cli;
mod codes;
mod corpus;
mod diff;
mod diff_semantics;
mod everywhere;
mod examples;
mod explain;
mod export_again;
mod fields;
mod formats;
mod front_door;
mod function;
mod graph;
mod images;
mod import;
mod import_random;
mod init;
mod jcloud;
mod kpt;
mod language;
mod mutants;
mod packaging;
mod parity;
mod prerequisites;
mod properties;
mod prose;
mod raises;
mod random_rerender;
mod readers;
mod recorded_jina;
mod render_report;
mod rendered_record;
mod rerender;
mod summary;
mod wiring;
