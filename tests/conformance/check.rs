//! `jinaflow check` after the real kustomize and kpt.

use std::fs;

use crate::kustomize::write;
use crate::support::{Run, jina_export, root, run, scratch};
use crate::tools::{copy, edit, kustomize, must, tool};

/// The result of a check of manifests from a pipe.
fn checked(manifests: &str) -> Run {
    run(tool_jinaflow(&["check", "-"]), manifests.as_bytes())
}

fn tool_jinaflow(args: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(crate::tools::static_binary());
    command.args(args).env_clear();
    command
}

#[test]
fn every_overlay_of_the_example_is_wired() {
    let examples = copy("examples");
    let mut overlays = 0;
    for entry in fs::read_dir(examples.join("kustomize/overlays")).unwrap() {
        let overlay = entry.unwrap().path();
        let answer = checked(&must(kustomize(&overlay)).stdout);
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""), "{}: {}", overlay.display(), answer.stdout);
        overlays += 1;
    }
    assert!(overlays >= 4, "{overlays}");
}

/// A rename reaches all references because of the configuration in the base. Without it the check reports the old names.
#[test]
fn an_incomplete_rename_is_reported() {
    let folder = scratch("renamed");
    write(
        &folder,
        "base/jinaflow.yaml",
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: f\n  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: jinaflow}\nspec:\n  flow: {jtype: Flow, executors: [{name: encoder, uses: docker://x/e}]}\n",
    );
    let config = fs::read_to_string(root().join("functions/jinaflow/kustomizeconfig.yaml")).unwrap();
    write(&folder, "base/kustomizeconfig.yaml", &config);
    write(&folder, "base/kustomization.yaml", "generators: [jinaflow.yaml]\nconfigurations: [kustomizeconfig.yaml]\n");
    write(&folder, "overlay/kustomization.yaml", "resources: [../base]\nnamePrefix: dev-\n");
    let build = || must(kustomize(&folder.join("overlay"))).stdout;
    let answer = checked(&build());
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    edit(&folder.join("base/kustomization.yaml"), "configurations: [kustomizeconfig.yaml]\n", "");
    let answer = checked(&build());
    assert_eq!(answer.code, 1);
    let is_reported = answer.findings().iter().any(|line| {
        let parts = ["value: ", "Service/encoder", "(got \"grpc://encoder:8080\")", "`dev-encoder`", "kustomizeconfig.yaml"];
        line.starts_with("error[reference-not-found]: Deployment/dev-gateway: ") && parts.iter().all(|part| line.contains(part))
    });
    assert!(is_reported, "{}", answer.stderr);
}

/// Jina's own export with the same overlays.
#[test]
fn jinas_own_export_does_not_survive_an_overlay() {
    let folder = scratch("jina");
    let mut resources = Vec::new();
    for (name, text) in jina_export("001-docs-simple") {
        write(&folder, &format!("base/{name}"), &text);
        resources.push(name);
    }
    write(&folder, "base/kustomization.yaml", &format!("resources: [{}]\n", resources.join(", ")));
    write(&folder, "same/kustomization.yaml", "resources: [../base]\nlabels: [{pairs: {a: b}}]\n");
    let answer = checked(&must(kustomize(&folder.join("same"))).stdout);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    for (change, expected) in [
        ("namespace: prod", "error[wrong-namespace]: Deployment/gateway: "),
        ("namePrefix: prod-", "error[reference-not-found]: Deployment/prod-gateway: "),
        ("nameSuffix: -prod", "error[reference-not-found]: Deployment/gateway-prod: "),
    ] {
        write(&folder, "overlay/kustomization.yaml", &format!("resources: [../base]\n{change}\n"));
        let answer = checked(&must(kustomize(&folder.join("overlay"))).stdout);
        assert_eq!(answer.code, 1, "{change}");
        assert!(answer.stderr.contains(expected), "{change}: {}", answer.stderr);
    }
}

/// A package whose Secret is declared as external, and a package whose Secret is not.
#[test]
fn kpts_validator_checks_a_package() {
    let folder = scratch("package");
    let flow = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: f\n  annotations: {config.kubernetes.io/local-config: \"true\"}\nspec:\n  flow: {jtype: Flow, executors: [{name: a, uses: docker://x/a, env_from_secret: {K: {name: s, key: k}}}]}\n";
    let check = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlowCheck\nmetadata:\n  name: check\n  annotations: {config.kubernetes.io/local-config: \"true\"}\n";
    write(
        &folder,
        "Kptfile",
        "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\npipeline:\n  mutators: [{exec: jinaflow, configPath: flow.yaml}]\n  validators: [{exec: jinaflow, configPath: check.yaml}]\n",
    );
    write(&folder, "flow.yaml", flow);
    write(&folder, "check.yaml", &format!("{check}spec: {{external: {{secrets: {{s: {{}}}}}}}}\n"));
    let render = || tool("kpt", &["fn", "render", "--allow-exec", folder.to_str().unwrap()]);
    must(render());
    // The package is also wired on the command line, where the check declares the external objects.
    let answer = run(tool_jinaflow(&["check", folder.to_str().unwrap()]), b"");
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let service = folder.join("a/a.yml");
    edit(&service, "targetPort: 8080", "targetPort: 8088");
    let answer = run(render(), b"");
    assert_ne!(answer.code, 0);
    assert!(answer.stderr.contains("error[port-not-served]: "), "{}", answer.stderr);
}
