//! jinaflow as a legacy plugin of kustomize and kubectl, installed by the script that is delivered with the function.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kustomize::{assert_clean, kubectl, object, write};
use crate::support::{root, run, scratch};
use crate::tools::{copy, edit, kustomize, must, static_binary, tool};

fn install() -> Command {
    let mut command = Command::new(root().join("functions/jinaflow/install-plugin.sh"));
    command.env("JINAFLOW", static_binary()).env_remove("KUSTOMIZE_PLUGIN_HOME").env_remove("XDG_CONFIG_HOME");
    command
}

/// A folder of plugins that contains jinaflow.
pub fn plugins() -> PathBuf {
    let home = scratch("plugins");
    let mut command = install();
    command.arg(&home);
    must(command);
    home
}

pub fn build(mut command: Command, home: &Path) -> Command {
    command.env("KUSTOMIZE_PLUGIN_HOME", home);
    command
}

#[test]
fn the_plugin_gives_the_same_as_the_executable() {
    let example = copy("examples").join("kustomize");
    let overlay = example.join("overlays/prod-eu");
    let by_exec = must(kustomize(&overlay)).stdout;
    let home = plugins();
    edit(
        &example.join("base/flow/jinaflow.yaml"),
        "  annotations:\n    config.kubernetes.io/function: |\n      exec:\n        path: jinaflow\n",
        "",
    );
    for command in [kubectl(&overlay), kustomize(&overlay)] {
        assert_eq!(must(build(command, &home)).stdout, by_exec);
    }
    // A transformer gets the resources on standard input.
    write(&example, "base/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: \"0644\"}\n");
    edit(&example.join("base/kustomization.yaml"), "generators:\n", "resources:\n- settings.yaml\ntransformers:\n");
    // kustomize runs transformers after components, so the gateway does not exist yet when the component searches for
    // it.
    let wiring = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nconfigurations: [kustomizeconfig.yaml]\n";
    write(&example, "wiring/kustomization.yaml", wiring);
    let objects = must(build(kubectl(&example.join("base")), &home)).documents();
    assert_eq!(object(&objects, "ConfigMap/settings")["data"]["mode"], "0644");
    assert_clean(&objects);
    assert_eq!(objects.len(), 1 + 20);
}

/// kustomize compares the output of a validator with its input, and fails when they differ. At that time, names already
/// have their prefix, and hashes are still missing.
#[test]
fn a_check_runs_as_a_validator() {
    let home = plugins();
    let folder = scratch("validator");
    write(
        &folder,
        "kustomization.yaml",
        "resources: [flow.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [mode=0644]\nnamePrefix: dev-\n",
    );
    write(
        &folder,
        "flow.yaml",
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: f\n  annotations: {config.kubernetes.io/local-config: \"true\"}\nspec:\n  flow: {jtype: Flow, executors: [{name: a, uses: \"docker://x/a\"}]}\n",
    );
    write(&folder, "check.yaml", "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlowCheck\nmetadata: {name: check}\n");
    let unchecked = must(kubectl(&folder)).stdout;
    assert!(unchecked.contains("name: dev-settings-"), "{unchecked}");
    edit(&folder.join("kustomization.yaml"), "namePrefix", "validators: [check.yaml]\nnamePrefix");
    for command in [kubectl(&folder), kustomize(&folder)] {
        assert_eq!(must(build(command, &home)).stdout, unchecked);
    }
    edit(&folder.join("flow.yaml"), "\"docker://x/a\"", "\"docker://x/a\", replicas: 0");
    for command in [kubectl(&folder), kustomize(&folder)] {
        let answer = run(build(command, &home), b"");
        assert_ne!(answer.code, 0);
        assert!(
            answer.stderr.contains("error[value-out-of-range]: JinaFlow/dev-f: spec.flow.executors[0].replicas: "),
            "{}",
            answer.stderr
        );
    }
}

/// Without an argument, it is installed into the folder where kustomize searches.
#[test]
fn the_plugin_is_installed_where_kustomize_searches() {
    let folder = scratch("home");
    write(&folder, "kustomization.yaml", "generators: [flow.yaml]\n");
    write(&folder, "flow.yaml", "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f}\nspec:\n  flow: {jtype: Flow}\n");
    for variable in ["HOME", "XDG_CONFIG_HOME", "KUSTOMIZE_PLUGIN_HOME"] {
        let place = scratch("place");
        let mut command = install();
        command.env(variable, &place);
        let told = must(command).stdout;
        assert_eq!(told.lines().count(), 2, "{told}");
        let version = concat!("jinaflow ", env!("CARGO_PKG_VERSION"));
        for line in told.lines() {
            let file = line.strip_suffix(version).and_then(|line| line.strip_suffix(": ")).unwrap();
            assert!(fs::read(file).unwrap() == fs::read(static_binary()).unwrap(), "{line}");
        }
        // An upgrade reports the old version.
        let mut command = install();
        command.env(variable, &place);
        let again = must(command).stdout;
        assert!(again.lines().all(|line| line.ends_with(&format!("{version}, was {version}"))), "{again}");
        let mut command = tool("kubectl", &["kustomize", "--enable-alpha-plugins", folder.to_str().unwrap()]);
        command.env_remove("XDG_CONFIG_HOME").env(variable, &place);
        assert_clean(&must(command).documents());
    }
    // A missing part is reported.
    let mut command = install();
    command.env_remove("JINAFLOW").env("PATH", "/usr/bin:/bin").arg(scratch("nowhere"));
    let answer = run(command, b"");
    assert_eq!(answer.code, 1);
    answer.begins("install-plugin.sh: jinaflow is not on the PATH");
}
