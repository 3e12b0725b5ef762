//! Runs with `kpt fn render`, `eval`, `source`, `sink` and `doc`, as executable and as container.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::wiring::faults;
use crate::support::{documents, run, tree};
use crate::tools::{copy, edit, image, must, tool};

pub const TREE: [&str; 5] =
    ["encoder/encoder.yml", "gateway/gateway.yml", "indexer/indexer-0.yml", "indexer/indexer-1.yml", "indexer/indexer-head.yml"];

fn kpt(args: &[&str], folder: &Path) -> Command {
    let mut command = tool("kpt", args);
    command.arg(folder);
    command
}

pub fn render(folder: &Path) -> Command {
    kpt(&["fn", "render", "--allow-exec", "--image-pull-policy", "never"], folder)
}

/// Files with objects that the function wrote.
pub fn generated(files: &BTreeMap<String, String>) -> Vec<&str> {
    files.keys().map(String::as_str).filter(|name| name.ends_with(".yml") && !name.ends_with(RECORD)).collect()
}

/// The records of the last render.
pub fn records(files: &BTreeMap<String, String>) -> Vec<&str> {
    files.keys().map(String::as_str).filter(|name| name.ends_with(RECORD)).collect()
}

const RECORD: &str = "-rendered.yml";

/// A render, and a second one that must not change anything.
pub fn twice(folder: &Path, command: impl Fn() -> Command) -> BTreeMap<String, String> {
    must(command());
    let first = tree(folder);
    must(command());
    assert_eq!(first, tree(folder), "the second run has changed something");
    first
}

fn assert_package(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) {
    assert_eq!(generated(after), TREE);
    assert_eq!(records(after), ["search-rendered.yml"]);
    for (name, text) in before {
        assert_eq!(Some(text), after.get(name), "{name}");
    }
    let objects: Vec<_> = TREE.iter().flat_map(|name| documents(&after[*name])).collect();
    assert_eq!(faults(&objects), Vec::<String>::new());
    for name in TREE {
        for mark in ["config.kubernetes.io", "config.k8s.io"] {
            assert!(!after[name].contains(mark), "{}", after[name]);
        }
    }
}

#[test]
fn two_renders_by_executable_give_the_same() {
    let package = copy("examples/kpt");
    let before = tree(&package);
    assert_package(&before, &twice(&package, || render(&package)));
}

#[test]
fn two_renders_by_image_give_the_same() {
    let package = copy("examples/kpt");
    let by_exec = copy("examples/kpt");
    must(render(&by_exec));
    edit(&package.join("Kptfile"), "exec: jinaflow", &format!("image: {}", image()));
    let before = tree(&package);
    let after = twice(&package, || render(&package));
    assert_package(&before, &after);
    let objects = |files: &BTreeMap<String, String>| TREE.map(|name| files[name].clone());
    assert_eq!(objects(&after), objects(&tree(&by_exec)));
}

/// Through Docker's command, which a shim passes to podman, the result is the same.
#[test]
fn two_renders_through_docker_give_the_same() {
    let package = copy("examples/kpt");
    edit(&package.join("Kptfile"), "exec: jinaflow", &format!("image: {}", image()));
    let before = tree(&package);
    let by_docker = || {
        let mut command = kpt(&["fn", "render", "--image-pull-policy", "never"], &package);
        command.env("KPT_FN_RUNTIME", "docker");
        command
    };
    assert_package(&before, &twice(&package, by_docker));
}

#[test]
fn render_without_config_path_renders_every_flow() {
    let package = copy("examples/kpt");
    edit(&package.join("Kptfile"), "      configPath: jinaflow.yaml\n", "");
    let before = tree(&package);
    assert_package(&before, &twice(&package, || render(&package)));
}

#[test]
fn two_evals_by_executable_and_by_image_give_the_same() {
    for how in [&["--exec", "jinaflow"][..], &["--image", image()]] {
        for config in [&[][..], &["--fn-config", "jinaflow.yaml"]] {
            let package = copy("examples/kpt");
            fs::remove_file(package.join("Kptfile")).unwrap();
            let before = tree(&package);
            let eval = || {
                let mut command = tool("kpt", &["fn", "eval", "."]);
                command.args(how).args(config).args(["--image-pull-policy", "never"]).current_dir(&package);
                command
            };
            assert_package(&before, &twice(&package, eval));
        }
    }
}

#[test]
fn eval_reads_settings_from_a_config_map() {
    let package = copy("examples/kpt");
    let mut eval = tool("kpt", &["fn", "eval", ".", "--exec", "jinaflow", "--", "namespace=given", "jinaVersion=3.30.0"]);
    eval.current_dir(&package);
    must(eval);
    let gateway = &tree(&package)["gateway/gateway.yml"];
    assert!(gateway.contains("namespace: given") && gateway.contains("jinaai/jina:3.30.0-"), "{gateway}");
}

#[test]
fn a_wrong_flow_leaves_the_package_untouched() {
    let package = copy("examples/kpt");
    must(render(&package));
    edit(&package.join("jinaflow.yaml"), "replicas: 2", "replicas: 0");
    let before = tree(&package);
    let answer = run(render(&package), b"");
    assert_ne!(answer.code, 0);
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(
        said.contains("[error]") && said.contains("spec.flow.executors[0].replicas") && said.contains("flow.jina.ai/v1alpha1/JinaFlow"),
        "{said}"
    );
    assert_eq!(before, tree(&package));
}

#[test]
fn source_and_sink_pass_the_files_through() {
    let package = copy("examples/kpt");
    let before = tree(&package);
    let source = must(kpt(&["fn", "source"], &package)).stdout;
    let answer = crate::support::function(&source).succeeded().stdout;
    let out = crate::support::scratch("sink").join("out");
    let sink = run(kpt(&["fn", "sink"], &out), answer.as_bytes());
    assert_eq!(sink.code, 0, "{}", sink.stderr);
    let after = tree(&out);
    assert_eq!(generated(&after), TREE);
    // A direct `kpt fn source | kpt fn sink` leaves out files that are not KRM resources.
    for name in before.keys().filter(|name| name.ends_with(".yaml")) {
        assert_eq!(before[name], after[name], "{name}");
    }
}

/// The same with a container in a pipe.
#[test]
fn source_and_sink_work_with_a_container_between() {
    let package = copy("examples/kpt");
    let script = format!("kpt fn source . | podman run --rm -i --network none {} | kpt fn sink out", image());
    let mut shell = tool("bash", &["-eu", "-o", "pipefail", "-c", &script]);
    shell.current_dir(&package);
    must(shell);
    let out = tree(&package.join("out"));
    assert_eq!(generated(&out), TREE);
    let by_exec = copy("examples/kpt");
    must(render(&by_exec));
    for name in TREE {
        assert_eq!(out[name], tree(&by_exec)[name], "{name}");
    }
}

/// The functionConfig that kpt passes, and the kinds that are refused.
#[test]
fn a_config_of_another_kind_is_refused_with_the_allowed_kinds() {
    let package = copy("examples/kpt");
    fs::write(package.join("other.yaml"), "apiVersion: acme.dev/v1\nkind: Renderer\nmetadata:\n  name: r\n").unwrap();
    let before = tree(&package);
    let mut eval = tool("kpt", &["fn", "eval", ".", "--exec", "jinaflow", "--fn-config", "other.yaml"]);
    eval.current_dir(&package);
    let answer = run(eval, b"");
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(answer.code != 0 && said.contains("error[function-config-kind]: "), "{said}");
    for kind in ["JinaFlow", "JinaFlowCheck", "ConfigMap"] {
        assert!(said.contains(kind), "{said}");
    }
    assert_eq!(before, tree(&package));
    let mut eval = tool("kpt", &["fn", "eval", ".", "--exec", "jinaflow", "--", "namspace=given"]);
    eval.current_dir(&package);
    let answer = run(eval, b"");
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(answer.code != 0 && said.contains("data.namspace: ") && said.contains("did you mean `namespace`?"), "{said}");
}

/// A foreign object of the same kind and name in another API group. kpt would choose the same file for both.
#[test]
fn an_object_of_another_group_is_another_object() {
    let package = copy("examples/kpt");
    let theirs = "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: encoder\nspec: {}\n";
    fs::write(package.join("service_encoder.yaml"), theirs).unwrap();
    let before = tree(&package);
    assert_package(&before, &twice(&package, || render(&package)));
    // An object of the same group conflicts, and both are named.
    edit(&package.join("service_encoder.yaml"), "serving.knative.dev/v1", "v1");
    fs::remove_dir_all(package.join("encoder")).unwrap();
    let answer = run(render(&package), b"");
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(answer.code != 0 && said.contains("Service `encoder`") && said.contains("service_encoder.yaml"), "{said}");
}

/// A Flow in a package and another one in a subfolder, with the same objects: the error names both.
#[test]
fn two_flows_with_the_same_objects_are_refused_with_their_names() {
    let package = copy("examples/kpt");
    edit(&package.join("Kptfile"), "      configPath: jinaflow.yaml\n", "");
    let flow = fs::read_to_string(package.join("jinaflow.yaml")).unwrap();
    fs::write(package.join("other.yaml"), flow.replace("  name: search\n", "  name: other\n")).unwrap();
    let before = tree(&package);
    let answer = run(render(&package), b"");
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(answer.code != 0 && said.contains("JinaFlow/other") && said.contains("the JinaFlow `search`"), "{said}");
    assert_eq!(before, tree(&package));
}

#[test]
fn doc_shows_the_manual() {
    let mut doc = tool("kpt", &["fn", "doc", "-i", image()]);
    doc.env("KPT_FN_RUNTIME", "docker");
    let answer = must(doc);
    assert!(answer.stdout.contains("Turn a Jina Flow or Deployment into the Kubernetes manifests that run it."), "{}", answer.stdout);
}
