//! The cost of a process, its start included, for the benchmarks beside this folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

/// The cost of one run.
#[derive(Clone, Copy)]
pub struct Cost {
    #[allow(dead_code, reason = "one of the benchmarks does not print it")]
    pub wall: Duration,
    /// User and system time.
    pub cpu: Duration,
    /// Peak of the memory, in bytes.
    pub memory: u64,
}

/// Runs a command from the file `input` into the file `output`.
///
/// On Linux the peak of a new process is at least that of the process that starts it: benchmarks keep no inputs in memory.
pub fn measure(command: &mut Command, input: &Path, output: &Path) -> Cost {
    command.stdin(File::open(input).unwrap()).stdout(File::create(output).unwrap()).stderr(Stdio::null());
    let start = Instant::now();
    let used = command.spawn().unwrap().wait4().unwrap();
    let wall = start.elapsed();
    // 1 is an answer too: findings.
    assert!(matches!(used.status.code(), Some(0 | 1)), "{command:?}");
    Cost { wall, cpu: used.rusage.utime + used.rusage.stime, memory: used.rusage.maxrss }
}

/// The program that `JINAFLOW` names, or the one that was just built.
pub fn jinaflow(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("JINAFLOW").unwrap_or_else(|| env!("CARGO_BIN_EXE_jinaflow").into()));
    command.args(args);
    command
}

/// A file for one benchmark.
pub fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A folder that does not exist, for one export: an export merges with files that are already there.
pub fn no_folder(name: &str) -> PathBuf {
    let folder = scratch(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

#[allow(clippy::cast_precision_loss)]
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

pub fn size_of(file: &Path) -> u64 {
    fs::metadata(file).unwrap().len()
}
