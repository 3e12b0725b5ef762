//! Ways to deliver manifests to a cluster: Argo CD's plugin, rendering for Flux, and kpt's pipeline with settings. The
//! commands in the examples are run unchanged.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::apiserver::{assert_accepted, complaints};
use crate::kpt::{TREE, generated, render, twice};
use crate::kustomize::{object, write};
use crate::support::wiring::faults;
use crate::support::{Run, documents, label, root, run, scratch, tree};
use crate::tools::{copy, edit, kustomize, must, tool};

fn document(file: &Path) -> Value {
    documents(&fs::read_to_string(file).unwrap()).remove(0)
}

/// A command line, run by a shell that finds the tools.
fn shell(folder: &Path, words: &[&str]) -> Command {
    let mut command = tool("bash", &["-c", "exec \"$@\"", "bash"]);
    command.args(words).current_dir(folder);
    command
}

/// Runs the command that Argo CD runs in an Application's folder.
fn generate(examples: &Path, folder: &str) -> Run {
    let generate = document(&examples.join("argocd/plugin.yaml"))["spec"]["generate"].clone();
    let words: Vec<&str> =
        ["command", "args"].iter().flat_map(|part| generate[part].as_array().unwrap()).map(|word| word.as_str().unwrap()).collect();
    run(shell(&examples.join(folder), &words), b"")
}

#[test]
fn argo_cd_applies_the_output_of_the_plugin() {
    let examples = copy("examples");
    let application = document(&examples.join("argocd/application.yaml"))["spec"]["source"].clone();
    assert_eq!(application["plugin"]["name"], document(&examples.join("argocd/plugin.yaml"))["metadata"]["name"]);
    let folder = application["path"].as_str().unwrap();
    let answer = generate(&examples, folder);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert_eq!(answer.stdout, must(kustomize(&examples.join(folder))).stdout);
    assert_eq!(faults(&answer.documents()), Vec::<String>::new());
    assert!(answer.stderr.contains("Deployment/gateway"), "{}", answer.stderr);

    // Manifests that are not wired are not applied, and a build that fails applies nothing.
    let overlay = examples.join(folder).join("kustomization.yaml");
    edit(
        &overlay,
        "patches:\n",
        "patches:\n- patch: |\n    apiVersion: v1\n    kind: Service\n    metadata: {name: encoder}\n    $patch: delete\n",
    );
    let answer = generate(&examples, folder);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    assert!(answer.stderr.contains("encoder"), "{}", answer.stderr);
    edit(&overlay, "components:\n- ../../wiring\n", "components:\n- ../../wirning\n");
    let answer = generate(&examples, folder);
    assert!(answer.code != 0 && answer.stdout.is_empty() && answer.stderr.contains("wirning"), "{}", answer.stderr);
}

/// The Source Hydrator commits what the plugin prints. Its pull request needs the same bytes for the same commit.
#[test]
fn the_source_hydrator_runs_the_plugin() {
    let examples = copy("examples");
    let spec = |file: &str| document(&examples.join("argocd").join(file))["spec"].clone();
    let hydrator = spec("hydrator.yaml")["sourceHydrator"].clone();
    assert_eq!(hydrator["drySource"], spec("application.yaml")["source"]);
    let folder = hydrator["drySource"]["path"].as_str().unwrap();
    let first = generate(&examples, folder);
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert_eq!(generate(&examples, folder).stdout, first.stdout);
    assert!(first.documents().iter().all(|object| object["kind"] != "Secret"));
    let workflow = document(&examples.join("argocd/hydrator-workflow.yaml"));
    assert_eq!(workflow["jobs"]["diff"]["steps"][1]["with"]["overlays"], hydrator["syncSource"]["path"]);
}

/// With the definitions of Argo CD and Flux, the API server knows the fields of these objects.
#[test]
fn the_objects_of_argo_cd_and_flux_are_accepted() {
    let files = ["argocd/application.yaml", "argocd/hydrator.yaml", "flux/search.yaml"];
    let streams = files.map(|file| (file.to_owned(), fs::read_to_string(root().join("examples").join(file)).unwrap()));
    assert_accepted(&streams, 4);
    for (file, from, to) in [(1, "drySource", "drysource"), (2, "prune", "prunes"), (2, "interval: 1m", "interval: often")] {
        let text = streams[file].1.replace(from, to);
        assert!(!complaints(&[(String::new(), text)]).0.is_empty(), "{to}");
    }
}

/// Kargo promotes the folders that the workflow for Flux renders.
#[test]
fn kargo_promotes_rendered_folders() {
    let read = |file: &str| documents(&fs::read_to_string(root().join("examples").join(file)).unwrap());
    let objects = read("kargo/search.yaml");
    let stages: Vec<&str> =
        objects.iter().filter(|o| o["kind"] == "Stage").map(|stage| stage["metadata"]["name"].as_str().unwrap()).collect();
    let render = step(&root().join("examples"), "render");
    let rendered: Vec<&str> = render.split_whitespace().skip(1).map(|overlay| overlay.rsplit('/').next().unwrap()).collect();
    assert_eq!(stages, rendered);
    let task = objects.iter().find(|object| object["kind"] == "PromotionTask").unwrap();
    let copy = task["spec"]["steps"].as_array().unwrap().iter().find(|step| step["uses"] == "copy").unwrap();
    let paths = ["inPath", "outPath"].map(|name| copy["config"][name].as_str().unwrap().to_owned());
    assert_eq!(paths, ["./freight/rendered/${{ ctx.stage }}", "./main/deployed/${{ ctx.stage }}"]);
    let workflow = read("kargo/workflow.yaml").remove(0);
    assert_eq!(workflow["jobs"]["diff"]["steps"][1]["with"]["overlays"], "deployed/*");
}

#[test]
fn argo_cds_repo_server_gets_the_plugin() {
    let examples = copy("examples");
    let argo = examples.join("argo");
    write(
        &argo,
        "repo-server.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: argocd-repo-server}\nspec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      containers: [{name: argocd-repo-server, image: argocd}]\n      volumes: [{name: var-files, emptyDir: {}}, {name: plugins, emptyDir: {}}]\n",
    );
    write(&argo, "kustomization.yaml", "resources: [repo-server.yaml]\ncomponents: [../argocd]\nnamespace: argocd\n");
    let objects = must(kustomize(&argo)).documents();
    let pod = &object(&objects, "Deployment/argocd-repo-server")["spec"]["template"]["spec"];
    let containers = pod["containers"].as_array().unwrap();
    assert_eq!(
        containers.iter().map(|container| container["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["jinaflow", "argocd-repo-server"]
    );
    let volumes = pod["volumes"].as_array().unwrap();
    for mount in containers[0]["volumeMounts"].as_array().unwrap() {
        assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{mount}");
    }
    let config = volumes.iter().find(|volume| volume["name"] == "jinaflow-plugin").unwrap()["configMap"]["name"].as_str().unwrap();
    let config = object(&objects, &format!("ConfigMap/{config}"));
    let plugin = documents(config["data"]["plugin.yaml"].as_str().unwrap()).remove(0);
    assert_eq!((&plugin["kind"], &plugin["metadata"]["name"]), (&"ConfigManagementPlugin".into(), &"jinaflow".into()));
}

/// The script of a step of the workflow.
fn step(examples: &Path, name: &str) -> String {
    let workflow = document(&examples.join("flux/workflow.yaml"));
    let steps = workflow["jobs"]["render"]["steps"].as_array().unwrap();
    steps.iter().find(|step| step["name"] == name).unwrap()["run"].as_str().unwrap().to_owned()
}

/// Runs a step as GitHub does.
fn perform(repository: &Path, name: &str) -> Run {
    let mut command = shell(repository, &["bash", "-eo", "pipefail", "-c", &step(repository, name)]);
    command.env("GITHUB_SHA", "0123abc");
    must(command)
}

fn git(repository: &Path, words: &[&str]) -> String {
    let identity = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"];
    must(shell(repository, &[&identity[..], words].concat())).stdout
}

/// A repository with the examples, cloned from another one.
fn repository() -> PathBuf {
    let remote = scratch("remote");
    git(&remote, &["init", "--quiet", "--bare"]);
    let repository = copy("examples");
    git(&repository, &["init", "--quiet"]);
    git(&repository, &["add", "--all"]);
    git(&repository, &["commit", "--quiet", "--message", "examples"]);
    git(&repository, &["remote", "add", "origin", remote.to_str().unwrap()]);
    git(&repository, &["push", "--quiet", "--set-upstream", "origin", "HEAD"]);
    repository
}

#[test]
fn flux_applies_the_output_of_the_workflow() {
    let repository = repository();
    let said = perform(&repository, "render");
    assert_eq!(said.stdout.matches("Deployment/gateway").count(), 2, "{}", said.stdout);
    let path = documents(&fs::read_to_string(repository.join("flux/search.yaml")).unwrap())[1]["spec"]["path"].clone();
    assert_eq!(path, "./rendered/prod");
    let rendered = tree(&repository.join("rendered"));
    for overlay in ["prod", "prod-eu"] {
        let of_overlay = rendered.iter().filter(|(name, _)| name.starts_with(&format!("{overlay}/")));
        let objects: Vec<Value> = of_overlay.flat_map(|(_, text)| documents(text)).collect();
        assert_eq!(faults(&objects), Vec::<String>::new());
        let by_label = |objects: Vec<Value>| objects.into_iter().map(|object| (label(&object), object)).collect::<BTreeMap<_, _>>();
        let built = must(kustomize(&repository.join("kustomize/overlays").join(overlay))).documents();
        assert_eq!(by_label(objects), by_label(built));
    }
    perform(&repository, "commit");
    let head = || git(&repository, &["rev-parse", "HEAD", "@{upstream}"]);
    let committed = head();
    assert!(git(&repository, &["show", "--stat", "--format=%s"]).starts_with("Render 0123abc\n"));
    assert_eq!(committed.lines().next(), committed.lines().nth(1), "nothing was pushed");

    // The second run changes nothing. A later change of the Flow is rendered.
    perform(&repository, "render");
    assert_eq!(tree(&repository.join("rendered")), rendered);
    perform(&repository, "commit");
    assert_eq!(head(), committed);
    edit(&repository.join("kustomize/base/flow/jinaflow.yaml"), "        shards: 2\n", "");
    perform(&repository, "render");
    perform(&repository, "commit");
    let names: Vec<String> = tree(&repository.join("rendered/prod")).into_keys().collect();
    assert!(names.contains(&"apps_v1_deployment_indexer.yaml".to_owned()) && !names.iter().any(|name| name.contains("head")), "{names:?}");
    assert_ne!(head(), committed);
}

#[test]
fn a_failed_render_replaces_nothing() {
    let repository = copy("examples");
    perform(&repository, "render");
    let before = tree(&repository.join("rendered"));
    let render = |overlays: &[&str]| run(shell(&repository, &[&["flux/render.sh"], overlays].concat()), b"");
    let answer = render(&["kustomize/overlays/prod-eu", "kustomize/overlays/dev"]);
    assert_eq!(answer.code, 1);
    assert!(answer.stderr.contains("kustomize/overlays/dev generates a Secret"), "{}", answer.stderr);
    assert_eq!(render(&[]).code, 2);
    let overlay = repository.join("kustomize/overlays/prod/kustomization.yaml");
    edit(
        &overlay,
        "patches:\n",
        "patches:\n- patch: |\n    apiVersion: v1\n    kind: Service\n    metadata: {name: encoder}\n    $patch: delete\n",
    );
    assert_eq!(render(&["kustomize/overlays/prod"]).code, 1);
    assert_eq!(tree(&repository.join("rendered")), before);
}

/// The package. Executables replace the catalog's functions and do the same.
fn pipeline() -> PathBuf {
    let package = copy("examples/kpt-pipeline");
    let file = package.join("Kptfile");
    for name in ["apply-setters:v0.2", "set-namespace:v0.4.1"] {
        let (function, _) = name.split_once(':').unwrap();
        edit(&file, &format!("image: ghcr.io/kptdev/krm-functions-catalog/{name}"), &format!("exec: mutators {function}"));
    }
    edit(&file, concat!("image: localhost/jinaflow:v", env!("CARGO_PKG_VERSION")), "exec: jinaflow");
    package
}

#[test]
fn settings_of_kpt_reach_the_objects() {
    let package = pipeline();
    let files = twice(&package, || render(&package));
    assert_eq!(generated(&files), TREE);
    let objects = |files: &BTreeMap<String, String>| TREE.iter().flat_map(|name| documents(&files[*name])).collect::<Vec<Value>>();
    let rendered = objects(&files);
    assert_eq!(faults(&rendered), Vec::<String>::new());
    for object in &rendered {
        assert_eq!(object["metadata"]["namespace"], "search", "{}", label(object));
    }
    let encoder = object(&rendered, "Deployment/encoder");
    let container = &encoder["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&encoder["spec"]["replicas"], &container["image"]), (&2.into(), &"acme/clip-encoder:1.2.0".into()));
    assert_eq!(container["resources"]["requests"]["memory"], "4Gi");
    assert_eq!(object(&rendered, "Service/gateway-exposed")["spec"]["type"], "LoadBalancer");

    // Another copy of the package has other settings.
    let settings = package.join("settings.yaml");
    for (from, to) in
        [("expose: LoadBalancer", "expose: NodePort"), ("encoder-tag: 1.2.0", "encoder-tag: 1.3.0"), ("4Gi", "6Gi"), ("\"2\"", "\"3\"")]
    {
        edit(&settings, from, to);
    }
    let rendered = objects(&twice(&package, || render(&package)));
    let encoder = object(&rendered, "Deployment/encoder");
    let container = &encoder["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&encoder["spec"]["replicas"], &container["image"]), (&3.into(), &"acme/clip-encoder:1.3.0".into()));
    assert_eq!(container["resources"]["requests"]["memory"], "6Gi");
    assert_eq!(object(&rendered, "Service/gateway-exposed")["spec"]["type"], "NodePort");
}

#[test]
fn kpts_validator_refuses_broken_wiring() {
    let package = pipeline();
    must(render(&package));
    // An edit that a render keeps.
    edit(&package.join("encoder/encoder.yml"), "    port: 8080\n", "    port: 9999\n");
    let before = tree(&package);
    let answer = run(render(&package), b"");
    let said = format!("{}{}", answer.stdout, answer.stderr);
    assert!(answer.code != 0 && said.contains("[error]") && said.contains("encoder"), "{said}");
    assert_eq!(tree(&package), before);
}
