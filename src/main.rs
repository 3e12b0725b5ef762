//! `jinaflow`, the process. Everything is in the library.

use std::process::ExitCode;

// Linked, not called.
#[cfg(all(target_env = "musl", panic = "abort"))]
use no_unwinder as _;

/// See Cargo.toml.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    ExitCode::from(jinaflow::cli::main())
}
