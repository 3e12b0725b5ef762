//! The `jinaflow` process. All of its code is in the library.

use std::process::ExitCode;

/// Allocator of the static binary; Cargo.toml has the reason.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> ExitCode {
    ExitCode::from(jinaflow::main())
}
