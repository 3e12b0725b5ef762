//! The messages of kustomize, kubectl and kpt that the manual explains: the tools print them as the manual quotes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kustomize::{kubectl, write};
use crate::support::{Run, root, run, scratch};
use crate::tools::{copy, kustomize, tool};

/// A JinaFlow with the annotation for kustomize.
fn flow(name: &str) -> String {
    format!(
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: {name}\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {{path: jinaflow}}\nspec:\n  flow:\n    jtype: Flow\n    executors:\n    - {{name: encoder, uses: docker://acme/encoder:1}}\n"
    )
}

/// A kustomization in `base` that renders a Flow.
fn base() -> PathBuf {
    let folder = scratch("messages");
    write(&folder, "base/kustomization.yaml", "generators: [jinaflow.yaml]\n");
    write(&folder, "base/jinaflow.yaml", &flow("search"));
    folder
}

fn build(folder: &Path, flags: &[&str]) -> Run {
    run(tool("kustomize", &[&["build", folder.to_str().unwrap()], flags].concat()), b"")
}

/// Asserts that a tool fails with a message, and that the manual quotes the message on a line of its own. `…` in the quote is any
/// text.
fn assert_quoted(quote: &str, failed: &Run) {
    let manual = fs::read_to_string(root().join("functions/jinaflow/README.md")).unwrap();
    assert!(manual.lines().any(|line| line == format!("    {quote}")), "the manual does not quote: {quote}");
    assert!(failed.code != 0, "{}", failed.stdout);
    let mut rest = failed.stderr.as_str();
    for part in quote.split('…') {
        let place = rest.find(part).unwrap_or_else(|| panic!("{quote}\n{}", failed.stderr));
        rest = &rest[place + part.len()..];
    }
}

#[test]
fn executables_are_skipped_without_a_message() {
    let folder = base().join("base");
    for flags in [&["--enable-alpha-plugins"][..], &["--enable-alpha-plugins", "--enable-exec=false"]] {
        let skipped = build(&folder, flags);
        assert_eq!((skipped.code, skipped.stdout.as_str(), skipped.stderr.as_str()), (0, "", ""));
    }
    let skipped = run(kubectl(&folder), b"");
    assert_eq!((skipped.code, skipped.stdout.as_str()), (0, ""), "{}", skipped.stderr);
    assert!(!run(kustomize(&folder), b"").stdout.is_empty());
    let overlay = copy("examples").join("kustomize/overlays/prod");
    assert_quoted("nothing selected by Deployment.[noVer].[noGrp]/gateway.[noNs]", &build(&overlay, &["--enable-alpha-plugins"]));
}

#[test]
fn missing_flags_and_programs_are_reported() {
    let folder = base().join("base");
    assert_quoted("external plugins disabled; unable to load external plugin 'JinaFlow'", &build(&folder, &[]));
    let mut without_program = kustomize(&folder);
    without_program.env("PATH", "/nowhere");
    assert_quoted("exec: \"jinaflow\": executable file not found in $PATH", &run(without_program, b""));
    let package = scratch("messages-kpt");
    write(
        &package,
        "Kptfile",
        "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline:\n  mutators:\n  - {exec: jinaflow, configPath: jinaflow.yaml}\n",
    );
    write(&package, "jinaflow.yaml", &flow("search"));
    let render = |flags: &[&str]| -> Command { tool("kpt", &[&["fn", "render", package.to_str().unwrap()], flags].concat()) };
    assert_quoted("must run with `--allow-exec` option to allow running function binaries", &run(render(&[]), b""));
    assert_eq!(run(render(&["--allow-exec"]), b"").code, 0);
}

#[test]
fn files_and_patches_in_the_wrong_place_are_reported() {
    let folder = base();
    write(&folder, "base/kustomizeconfig.yaml", &fs::read_to_string(root().join("functions/jinaflow/kustomizeconfig.yaml")).unwrap());
    write(&folder, "out/kustomization.yaml", "resources: [../base]\nconfigurations: [../base/kustomizeconfig.yaml]\n");
    let quote = "security; file '…' is not in or below '…'";
    assert_quoted(quote, &run(kustomize(&folder.join("out")), b""));
    assert_quoted(quote, &run(kubectl(&folder.join("out")), b""));
    // The advice: a component may be in any folder.
    write(
        &folder,
        "wiring/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigurations: [kustomizeconfig.yaml]\n",
    );
    fs::rename(folder.join("base/kustomizeconfig.yaml"), folder.join("wiring/kustomizeconfig.yaml")).unwrap();
    write(&folder, "out/kustomization.yaml", "resources: [../base]\ncomponents: [../wiring]\n");
    assert_eq!(run(kustomize(&folder.join("out")), b"").code, 0);

    write(
        &folder,
        "late/kustomization.yaml",
        "resources: [../base]\npatches:\n- patch: |\n    apiVersion: flow.jina.ai/v1alpha1\n    kind: JinaFlow\n    metadata: {name: search}\n    spec: {mesh: istio}\n",
    );
    assert_quoted("no resource matches strategic merge patch \"JinaFlow.…\"", &run(kustomize(&folder.join("late")), b""));
}

#[test]
fn two_flows_in_one_kustomization_are_reported() {
    let folder = base();
    write(&folder, "two/kustomization.yaml", "generators: [search.yaml, other.yaml]\n");
    write(&folder, "two/search.yaml", &flow("search"));
    write(&folder, "two/other.yaml", &flow("other"));
    let quote = "id resid.ResId{…} exists; can not use behavior: 'unspecified', behavior must be merge or replace";
    assert_quoted(quote, &run(kustomize(&folder.join("two")), b""));
    // The advice: a kustomization with a prefix for each Flow.
    write(&folder, "a/kustomization.yaml", "generators: [jinaflow.yaml]\nnamePrefix: a-\n");
    write(&folder, "a/jinaflow.yaml", &flow("search"));
    write(&folder, "b/kustomization.yaml", "generators: [jinaflow.yaml]\nnamePrefix: b-\n");
    write(&folder, "b/jinaflow.yaml", &flow("other"));
    write(&folder, "both/kustomization.yaml", "resources: [../a, ../b]\n");
    assert_eq!(run(kustomize(&folder.join("both")), b"").code, 0);
}
