//! The Python package, with the real Jina, and its wheels.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::support::{root, scratch};
use crate::tools::{folder, must, static_binary};

fn python(script: &str, args: &[&str]) -> Command {
    let mut command = Command::new(folder().join("jina/bin/python"));
    command.arg("-W").arg("ignore").arg(root().join("tests/conformance/python").join(script)).args(args);
    command.env_remove("PYTHONHASHSEED").env("PYTHONDONTWRITEBYTECODE", "1").env("JINA_OPTOUT_TELEMETRY", "1");
    command
}

/// The number before a word in a line such as `50 flows: 41 equal, 9 tolerated`.
fn number(line: &str, word: &str) -> usize {
    let words: Vec<&str> = line.split([' ', ',', ':']).filter(|word| !word.is_empty()).collect();
    let place = words.iter().position(|known| *known == word).unwrap_or_else(|| panic!("no `{word}` in {line:?}"));
    words[place - 1].parse().unwrap()
}

#[test]
fn python_objects_of_recorded_flows_export_as_jina_does() {
    let run = must(python("recorded.py", &["--binary", static_binary().to_str().unwrap()]));
    let last = run.stdout.lines().last().unwrap();
    assert_eq!(number(last, "different"), 0, "{}", run.stdout);
    assert!(number(last, "flows") >= 935 && number(last, "equal") >= 700, "{last}");
}

/// The seed is fixed, so that a failure can be repeated.
#[test]
fn python_objects_of_random_flows_export_as_jina_does() {
    let random = ["--random", "201", "300", "--weird", "0.3"];
    let run = must(python("recorded.py", &[&["--binary", static_binary().to_str().unwrap()], &random[..]].concat()));
    let last = run.stdout.lines().last().unwrap();
    assert!(number(last, "different") == 0 && number(last, "equal") >= 200, "{}", run.stdout);
}

#[test]
fn flows_that_python_builds_export_as_jina_does() {
    let run = must(python("built.py", &["--binary", static_binary().to_str().unwrap()]));
    let last = run.stdout.lines().last().unwrap();
    assert!(number(last, "flows") >= 50 && number(last, "different") == 0, "{}", run.stdout);
}

#[test]
fn python_programs_run_with_one_import_changed() {
    let run = must(python("snippets.py", &["--binary", static_binary().to_str().unwrap()]));
    let last = run.stdout.lines().last().unwrap();
    assert!(number(last, "programs") >= 10 && number(last, "failed") == 0, "{}", run.stdout);
}

#[test]
fn the_python_package_refuses_what_kubernetes_cannot_run() {
    let run = must(python("refusals.py", &["--binary", static_binary().to_str().unwrap()]));
    assert!(number(run.stdout.lines().last().unwrap(), "cases") >= 10, "{}", run.stdout);
}

#[test]
fn the_python_package_has_types() {
    let mut mypy = Command::new(folder().join("python/bin/mypy"));
    let cache = scratch("mypy");
    mypy.args(["--strict", "--cache-dir", cache.to_str().unwrap(), "jinaflow"]).current_dir(root().join("python"));
    let run = must(mypy);
    assert!(run.stdout.contains("no issues found in 10 source files"), "{}", run.stdout);
}

/// The wheel of this machine, built once.
pub fn wheels() -> &'static Path {
    static WHEELS: OnceLock<PathBuf> = OnceLock::new();
    WHEELS.get_or_init(build_wheels)
}

/// Builds the wheel of this machine. It has the program that other tests run, so nothing is compiled.
pub fn build_wheels() -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let wheels = scratch("wheels");
    let mut script = Command::new("bash");
    script.arg(root().join("python/wheels.sh")).arg(&wheels).arg("x86_64-unknown-linux-musl");
    script.env("PATH", format!("{}:{}", folder().join("python/bin").display(), std::env::var("PATH").unwrap()));
    must(script);
    wheels
}

#[test]
fn python_wheels_install_offline() {
    let wheels = wheels();
    let names: Vec<String> = fs::read_dir(wheels).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let version = env!("CARGO_PKG_VERSION");
    let [name] = names.as_slice() else { panic!("{names:?}") };
    assert!(name.starts_with(&format!("jinaflow-{version}-py3-none-")), "{name}");
    assert!(name.contains("manylinux") && name.contains("musllinux"), "{name}");
    let jina = folder().join("jina/bin/python");
    let run = must(python("install.py", &[wheels.to_str().unwrap(), version, "--jina", jina.to_str().unwrap()]));
    assert!(run.stdout.contains("installed in"), "{}", run.stdout);
}
