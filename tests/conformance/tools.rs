//! The tools, and the folders in which the tests use them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{self, Run, root};

/// The folder that `setup.sh` fills, or the one of `newer.sh`.
pub fn folder() -> PathBuf {
    let folder = std::env::var_os("JINAFLOW_TOOLS").map_or_else(|| root().join(".tools"), PathBuf::from);
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
    let program = if matches!(name, "podman" | "bash") { PathBuf::from(name) } else { folder.join("bin").join(name) };
    let mut command = Command::new(program);
    command
        .args(args)
        .env("PATH", path())
        .env("CONTAINERS_CONF", folder.join("containers.conf"))
        .env("KPT_FN_RUNTIME", "podman")
        .env_remove("KUSTOMIZE_PLUGIN_HOME");
    command
}

/// The PATH that begins with jinaflow and the tools.
pub fn path() -> String {
    let tools = [path_with_jinaflow(), folder().join("shim"), folder().join("bin")].map(|p| p.to_str().unwrap().to_owned());
    format!("{}:{}", tools.join(":"), std::env::var("PATH").unwrap())
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

/// A clone of the repository, with the changes of files that are not committed. Its path is long, so that paths in output show.
pub fn copy_files_of_git() -> PathBuf {
    let place = support::scratch("copy").join("with a longer name").join("jinaflow");
    let copy = "mkdir -p \"$0\" && git clone --quiet --no-hardlinks . \"$0\" && git ls-files -z | tar -c --null -T - | tar -x -C \"$0\"";
    let mut command = tool("bash", &["-euo", "pipefail", "-c", copy, place.to_str().unwrap()]);
    command.current_dir(root());
    must(command);
    place
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

/// `kustomize build` of a folder, with the flags that a generator needs.
pub fn kustomize(folder: &Path) -> Command {
    tool("kustomize", &["build", "--enable-alpha-plugins", "--enable-exec", folder.to_str().unwrap()])
}

/// A JinaFlow with a Flow, and more lines for its `spec`.
pub fn config(flow: &str, spec: &str) -> String {
    let indented = |text: &str, by: &str| text.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    let (flow, spec) = (indented(flow, "    "), indented(spec, "  "));
    format!("apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: run}}\nspec:\n  flow: |\n{flow}{spec}")
}

/// The manifests of a Flow or a JinaFlow, as `jinaflow export` writes them.
pub fn export(flow: &str, flags: &[&str]) -> String {
    let file = support::scratch("flow").join("flow.yml");
    fs::write(&file, flow).unwrap();
    let mut command = Command::new(static_binary());
    command.arg("export").arg(&file).args(flags);
    must(command).stdout
}

/// The manifests of a JinaFlow with `flow` and with more lines for its `spec`.
pub fn render(flow: &str, spec: &str) -> String {
    export(&config(flow, spec), &[])
}
