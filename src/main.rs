//! `jinaflow`, the process. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(jinaflow::cli::main())
}
