//! `jinaflow`, the process. Everything is in the library.

use std::process::ExitCode;

/// See Cargo.toml.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    ExitCode::from(jinaflow::main())
}
