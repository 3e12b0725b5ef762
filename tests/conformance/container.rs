//! The image without other tools.

use crate::support::{self, function, run};
use crate::tools::{image, must, static_binary, tool};

const LIST: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata: {name: f}\n  spec:\n    flow: {jtype: Flow, executors: [{name: a, uses: \"docker://x/a\"}]}\n";

#[test]
fn the_image_runs_without_any_rights() {
    let expected = function(LIST).succeeded().stdout;
    let locked = ["--user", "nobody", "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt=no-new-privileges"];
    // As kustomize runs it, as kpt runs it, and with another uid.
    let kustomize = [
        "-a",
        "STDIN",
        "-a",
        "STDOUT",
        "-a",
        "STDERR",
        "--network",
        "none",
        "--user",
        "nobody",
        "--security-opt=no-new-privileges",
        "-e",
        "LOG_TO_STDERR=true",
        "-e",
        "STRUCTURED_RESULTS=true",
    ];
    for flags in [&locked[..], &kustomize, &["--user", "12345:12345"], &[]] {
        let mut command = tool("podman", &["run", "--rm", "-i"]);
        command.args(flags).arg(image());
        let answer = run(command, LIST.as_bytes());
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{flags:?}");
        assert_eq!(answer.stdout, expected, "{flags:?}");
    }
}

#[test]
fn the_image_fails_like_the_executable() {
    let list = LIST.replace("uses:", "shrads: 2, uses:");
    let expected = function(&list);
    let mut command = tool("podman", &["run", "--rm", "-i", "--user", "nobody"]);
    command.arg(image());
    let answer = run(command, list.as_bytes());
    assert_eq!((answer.code, answer.stdout, answer.stderr), (1, expected.stdout, expected.stderr));
}

#[test]
fn the_image_is_small_and_has_labels() {
    let inspect = |format: &str| must(tool("podman", &["image", "inspect", image(), "--format", format])).stdout.trim().to_owned();
    let binary = static_binary().metadata().unwrap().len();
    let size: u64 = inspect("{{.Size}}").parse().unwrap();
    assert!(size <= binary + 10_000, "the image has {size} bytes, the binary {binary}");
    assert_eq!(inspect("{{.Config.User}}"), "65534:65534");
    assert_eq!(inspect("{{.Config.Entrypoint}}"), "[/jinaflow]");
    assert_eq!(inspect("{{.Architecture}}"), "amd64");
    for label in ["title", "description", "documentation", "licenses", "source", "version", "revision"] {
        let value = inspect(&format!("{{{{index .Config.Labels \"org.opencontainers.image.{label}\"}}}}"));
        assert!(!value.is_empty(), "{label}");
    }
    assert_eq!(inspect("{{index .Config.Labels \"org.opencontainers.image.version\"}}"), "conformance");
}

#[test]
fn the_help_of_the_image_is_the_manual() {
    for flag in ["--help", "--version"] {
        let answer = must(tool("podman", &["run", "--rm", "-i", image(), flag]));
        assert_eq!(answer.stdout, support::jinaflow(&[flag]).stdout);
    }
}
