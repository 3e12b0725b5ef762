//! The tools, and the folders in which the tests use them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{self, Run, root};

/// The folder that `setup.sh` fills.
pub fn folder() -> PathBuf {
    let folder = root().join(".tools");
    assert!(folder.join("bin/kustomize").is_file(), "the tools are missing; run tests/conformance/run.sh");
    folder
}

/// The statically linked binary of the image.
pub fn static_binary() -> PathBuf {
    let name = std::env::var("JINAFLOW_STATIC_BINARY").expect("run tests/conformance/run.sh, which builds the static binary");
    root().join(name)
}

/// A tool. The PATH begins with jinaflow (the static binary), followed by the tools and the system's PATH.
pub fn tool(name: &str, args: &[&str]) -> Command {
    let folder = folder();
    let path = [path_with_jinaflow(), folder.join("shim"), folder.join("bin")].map(|p| p.to_str().unwrap().to_owned()).join(":");
    let program = if matches!(name, "podman" | "bash") { PathBuf::from(name) } else { folder.join("bin").join(name) };
    let mut command = Command::new(program);
    command
        .args(args)
        .env("PATH", format!("{path}:{}", std::env::var("PATH").unwrap()))
        .env("CONTAINERS_CONF", folder.join("containers.conf"))
        .env("KPT_FN_RUNTIME", "podman")
        .env_remove("KUSTOMIZE_PLUGIN_HOME");
    command
}

/// Runs a tool and asserts success.
pub fn must(command: Command) -> Run {
    let shown = format!("{command:?}");
    let run = support::run(command, b"");
    assert_eq!(run.code, 0, "{shown}\n{}\n{}", run.stderr, run.stdout);
    run
}

fn path_with_jinaflow() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            let folder = support::scratch("bin");
            fs::copy(static_binary(), folder.join("jinaflow")).unwrap();
            folder
        })
        .clone()
}

/// The image with the static binary, built once.
pub fn image() -> &'static str {
    static IMAGE: OnceLock<String> = OnceLock::new();
    IMAGE.get_or_init(|| {
        let name = "localhost/jinaflow:conformance".to_owned();
        let binary = static_binary().strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let argument = format!("BINARY={binary}");
        let mut build = tool(
            "podman",
            &["build", "--quiet", "--target", "prebuilt", "--build-arg", &argument, "--build-arg", "VERSION=conformance", "-t", &name, "."],
        );
        build.current_dir(root());
        must(build);
        name
    })
}

/// A copy of a folder of the repository.
pub fn copy(name: &str) -> PathBuf {
    let to = support::scratch("copy");
    copy_into(&root().join(name), &to);
    to
}

fn copy_into(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_into(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Replaces a string in a file, and asserts that the file contains it.
pub fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{}: has no {from:?}", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}
