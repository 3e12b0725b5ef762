//! The first ten minutes with jinaflow: `jinaflow init` writes files that the real kustomize, kubectl and kpt use at once.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::kustomize::{assert_clean, kubectl, object};
use crate::plugin::{build, plugins};
use crate::support::{Run, label, run, scratch};
use crate::tools::{edit, kustomize, must, tool};

const FLOW: &str = "# Comments, \"quotes\" and 0123 stay unchanged.\njtype: Flow\nwith:\n  port: 8080\nexecutors:\n  - name: encoder\n    uses: docker://acme/clip-encoder:1.2.0\n    uses_with: {model: '${{ ENV.MODEL }}', code: \"0123\"}\n    replicas: 2\n  - name: indexer\n    uses: docker://acme/annlite:${{ ENV.TAG }}\n    shards: 2\n";

/// A folder `shop` with a Flow.
fn shop(flow: &str) -> PathBuf {
    let folder = scratch("init").join("shop");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("flow.yml"), flow).unwrap();
    folder
}

/// Runs a line of a shell in a folder.
fn shell(folder: &Path, line: &str) -> Run {
    let mut command = tool("bash", &["-c", line]);
    command.current_dir(folder);
    must(command)
}

/// Runs the commands that `jinaflow init` prints.
fn follow(folder: &Path, init: &Run) -> Vec<Run> {
    let (_, next) = init.stdout.split_once("\nNext:\n").unwrap();
    next.lines().map(|line| shell(folder, line.trim())).collect()
}

/// Removes `# ` from the lines below the line that asks for it.
fn uncomment(file: &Path) {
    let text = fs::read_to_string(file).unwrap();
    let (before, after) = text.split_once("from these lines and change them.\n").unwrap();
    let lines: String = after.lines().flat_map(|line| [line.strip_prefix("# ").unwrap(), "\n"]).collect();
    fs::write(file, format!("{before}from these lines and change them.\n{lines}")).unwrap();
}

fn labels(objects: &[Value]) -> Vec<String> {
    objects.iter().map(label).collect()
}

#[test]
fn a_tree_builds_at_once() {
    let folder = shop(FLOW);
    let init = shell(&folder, "jinaflow init flow.yml");
    let table = follow(&folder, &init).pop().unwrap();
    assert!(table.stdout.contains("components: 5, addresses: 4, errors: 0, warnings: 0"), "{}", table.stdout);
    let tree = folder.join("shop-k8s");
    let base = must(kustomize(&tree.join("base"))).documents();
    for (overlay, namespace) in [("dev", "shop-dev"), ("staging", "shop-staging"), ("prod", "shop")] {
        let objects = must(kustomize(&tree.join("overlays").join(overlay))).documents();
        assert_clean(&objects);
        assert!(objects.iter().all(|object| object["metadata"]["namespace"] == namespace));
        assert!(objects.iter().all(|object| object["metadata"]["labels"]["environment"] == overlay));
        assert_eq!(objects.len(), base.len());
    }
    // The JinaFlow has the text of the file.
    let config = must(kustomize(&tree.join("base/flow"))).list();
    assert_eq!(config["spec"]["flow"], FLOW);
    // The file is the Flow of local runs too, so a change there changes the cluster.
    edit(&tree.join("base/flow/flow.yml"), "replicas: 2", "replicas: 3");
    let objects = must(kustomize(&tree.join("overlays/dev"))).documents();
    assert_eq!(object(&objects, "Deployment/encoder")["spec"]["replicas"], 3);
}

#[test]
fn the_values_to_set_are_in_one_file() {
    let folder = shop(FLOW);
    let init = shell(&folder, "jinaflow init flow.yml");
    assert!(init.stdout.contains("Set in shop-k8s/base/flow/jinaflow.yaml:\n  context: MODEL, TAG\n"), "{}", init.stdout);
    let tree = folder.join("shop-k8s");
    edit(&tree.join("base/flow/jinaflow.yaml"), "    MODEL: TODO\n    TAG: TODO\n", "    MODEL: ViT-B-32\n    TAG: 1.2.0\n");
    for overlay in ["dev", "prod"] {
        let built = must(kustomize(&tree.join("overlays").join(overlay))).stdout;
        assert!(built.contains("ViT-B-32") && built.contains("image: acme/annlite:1.2.0") && !built.contains("TODO"));
    }
}

/// The Flow of Jina's how-to builds before its images are known. `check` lists them until they are set in one place.
#[test]
fn the_flow_of_the_how_to_builds_before_its_images_are_known() {
    let flow = "jtype: Flow\nexecutors:\n  - {name: encoder, uses: jinahub+docker://CLIPEncoder, replicas: 2}\n  - {name: indexer, uses: jinahub+docker://AnnLiteIndexer, uses_with: {n_dim: 512}, shards: 2}\n";
    let folder = shop(flow);
    let init = shell(&folder, "jinaflow init flow.yml");
    let (_, next) = init.stdout.split_once("\nNext:\n").unwrap();
    let (build, check) = next.trim().split_once('\n').unwrap();
    shell(&folder, build.trim());
    let mut command = tool("bash", &["-c", check.trim()]);
    command.current_dir(&folder);
    let checked = run(command, b"");
    assert!(checked.code == 1 && checked.codes().iter().all(|code| *code == "image-not-set"), "{}", checked.stderr);
    edit(&folder.join("shop-k8s/base/flow/jinaflow.yaml"), "image-not-set.invalid/", "registry.example.com/acme/");
    for overlay in ["dev", "prod"] {
        shell(&folder, &format!("{} && jinaflow check dev.yaml", build.trim().replace("overlays/dev", &format!("overlays/{overlay}"))));
    }
}

/// The commands in the message of `check` about a tree.
#[test]
fn a_tree_is_checked_as_the_message_says() {
    let folder = shop(FLOW);
    shell(&folder, "jinaflow init flow.yml");
    let mut command = tool("bash", &["-c", "jinaflow check shop-k8s"]);
    command.current_dir(&folder);
    let refused = run(command, b"");
    assert_eq!((refused.code, refused.codes()), (1, vec!["kustomization-not-built"]), "{}", refused.stderr);
    let commands: Vec<&str> = refused.stderr.lines().skip(1).collect();
    assert_eq!(commands.len(), 3, "{}", refused.stderr);
    for line in commands {
        let checked = shell(&folder, &format!("set -o pipefail; {}", line.trim()));
        assert!(checked.stdout.contains("errors: 0, warnings: 0"), "{}", checked.stdout);
    }
}

/// The README.md shows how to promote an image, and the same command replaces a placeholder.
#[test]
fn an_image_is_promoted_to_one_environment() {
    for (flow, image) in
        [(FLOW, "acme/clip-encoder"), ("jtype: Flow\nexecutors: [{name: encoder, uses: MyExec}]\n", "image-not-set.invalid/myexec")]
    {
        let folder = shop(flow);
        shell(&folder, "jinaflow init flow.yml");
        let tree = folder.join("shop-k8s");
        let readme = fs::read_to_string(tree.join("README.md")).unwrap();
        let line = readme.lines().find(|line| line.contains("kustomize edit set image")).unwrap();
        assert!(line.contains(&format!(" {image}=REPOSITORY:TAG)")), "{line}");
        shell(&tree, &line.replace("REPOSITORY:TAG", "registry.example.com/enc:2.0"));
        let images = |overlay: &str| must(kustomize(&tree.join("overlays").join(overlay))).stdout;
        assert!(images("prod").contains("image: registry.example.com/enc:2.0"));
        assert!(images("dev").contains(&format!("image: {image}:")));
    }
}

#[test]
fn the_commented_examples_work() {
    let folder = shop(FLOW);
    shell(&folder, "jinaflow init flow.yml");
    let prod = folder.join("shop-k8s/overlays/prod");
    uncomment(&prod.join("flow/kustomization.yaml"));
    uncomment(&prod.join("kustomization.yaml"));
    edit(&prod.join("kustomization.yaml"), "newTag: \"1.2.0\"", "newTag: 1.3.0");
    edit(&prod.join("flow/kustomization.yaml"), "replicas: 2", "replicas: 5");
    let objects = must(kustomize(&prod)).documents();
    assert_clean(&objects);
    let encoder = object(&objects, "Deployment/encoder");
    let container = &encoder["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(encoder["spec"]["replicas"], 5);
    assert_eq!(container["image"], "acme/clip-encoder:1.3.0");
    assert_eq!(container["resources"]["requests"]["memory"], "1Gi");
    // A prefix renames Services, and addresses follow.
    let mut kustomization = fs::read_to_string(prod.join("kustomization.yaml")).unwrap();
    kustomization.push_str("namePrefix: eu-\n");
    fs::write(prod.join("kustomization.yaml"), kustomization).unwrap();
    let objects = must(kustomize(&prod)).documents();
    assert_clean(&objects);
    assert!(labels(&objects).contains(&"Service/eu-gateway".to_owned()));
}

#[test]
fn a_build_without_the_flow_fails() {
    let folder = shop(FLOW);
    shell(&folder, "jinaflow init flow.yml");
    for kustomization in ["base", "overlays/dev"] {
        let path = folder.join("shop-k8s").join(kustomization);
        let answer = run(tool("kustomize", &["build", "--enable-alpha-plugins", path.to_str().unwrap()]), b"");
        assert!(answer.code != 0 && answer.stdout.is_empty());
        assert!(answer.stderr.contains("nothing selected by Service"), "{}", answer.stderr);
    }
}

#[test]
fn kubectl_builds_the_same_with_the_plugin() {
    let folder = shop(FLOW);
    shell(&folder, "jinaflow init flow.yml");
    let dev = folder.join("shop-k8s/overlays/dev");
    let by_exec = must(kustomize(&dev)).stdout;
    let annotation = "    config.kubernetes.io/function: |\n      exec:\n        path: jinaflow\n";
    edit(&folder.join("shop-k8s/base/flow/jinaflow.yaml"), annotation, "");
    assert_eq!(must(build(kubectl(&dev), &plugins())).stdout, by_exec);
}

#[test]
fn a_deployment_builds_too() {
    let folder = shop("jtype: Deployment\nwith: {name: encoder, uses: docker://acme/enc:1, replicas: 2}\n");
    let init = shell(&folder, "jinaflow init flow.yml");
    follow(&folder, &init);
    let objects = must(kustomize(&folder.join("shop-k8s/overlays/prod"))).documents();
    assert_clean(&objects);
    assert!(labels(&objects).contains(&"Deployment/encoder".to_owned()));
}

#[test]
fn a_package_renders_at_once_and_only_once() {
    let folder = shop(FLOW);
    let init = shell(&folder, "jinaflow init flow.yml pkg --kpt --context MODEL=ViT-B-32 --context TAG=1.2.0");
    let table = follow(&folder, &init).pop().unwrap();
    assert!(table.stdout.contains("components: 5, addresses: 4, errors: 0, warnings: 0"), "{}", table.stdout);
    let first = crate::support::tree(&folder.join("pkg"));
    assert!(first.contains_key("gateway/gateway.yml") && first.contains_key("indexer/indexer-head.yml"), "{:?}", first.keys());
    shell(&folder, "kpt fn render pkg --allow-exec");
    assert_eq!(crate::support::tree(&folder.join("pkg")), first);
}
