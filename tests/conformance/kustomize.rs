//! Runs with `kustomize build` and `kubectl kustomize`, as executable and as container, as generator and as transformer.
//! `plugin.rs` tests legacy plugins.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::wiring::faults;
use crate::support::{Run, documents, label, program, root, run, scratch};
use crate::tools::{copy, edit, image, kustomize, must, tool};

pub fn kubectl(folder: &Path) -> Command {
    tool("kubectl", &["kustomize", "--enable-alpha-plugins", folder.to_str().unwrap()])
}

/// Runs the function from the image instead of from the PATH.
fn by_image(jinaflow: &Path) {
    edit(jinaflow, "exec:\n        path: jinaflow", &format!("container:\n        image: {}", image()));
}

pub fn assert_clean(objects: &[Value]) {
    assert_eq!(faults(objects), Vec::<String>::new());
    for object in objects {
        assert_ne!(object["kind"], "JinaFlow");
        let annotations = object["metadata"]["annotations"].as_object();
        let left: Vec<&String> =
            annotations.into_iter().flatten().map(|(name, _)| name).filter(|name| *name != "flow.jina.ai/object").collect();
        assert!(left.is_empty(), "{}: {left:?}", label(object));
    }
}

pub fn object<'o>(objects: &'o [Value], name: &str) -> &'o Value {
    objects
        .iter()
        .find(|object| label(object) == name)
        .unwrap_or_else(|| panic!("no {name} among {:?}", objects.iter().map(label).collect::<Vec<_>>()))
}

fn container(workload: &Value) -> &Value {
    &workload["spec"]["template"]["spec"]["containers"][0]
}

#[test]
fn a_container_gives_the_same_as_an_executable() {
    let examples = copy("examples");
    let overlay = examples.join("kustomize/overlays/prod-eu");
    let by_exec = must(kustomize(&overlay)).stdout;
    by_image(&examples.join("kustomize/base/flow/jinaflow.yaml"));
    let build = tool("kustomize", &["build", "--enable-alpha-plugins", overlay.to_str().unwrap()]);
    assert_eq!(must(build).stdout, by_exec);
    assert_eq!(must(kubectl(&overlay)).stdout, by_exec);
}

const FUNCTION: &str = "    config.kubernetes.io/function: |\n      exec: {path: jinaflow}\n";

pub fn write(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// kustomize leaves things out silently: executables that are not enabled, a Flow that no generator renders, a patch
/// without a target. The incomplete result would be applied, and missing objects would be deleted.
#[test]
fn a_build_that_leaves_the_flow_out_fails() {
    let examples = copy("examples").join("kustomize");
    for overlay in ["dev", "staging", "prod", "prod-eu"] {
        let folder = examples.join("overlays").join(overlay);
        let build = run(tool("kustomize", &["build", "--enable-alpha-plugins", folder.to_str().unwrap()]), b"");
        assert!(build.code != 0 && build.stdout.is_empty(), "{overlay}");
        build.says("nothing selected by Deployment");
    }
    let over = examples.join("overlays/over");
    let fails = |kustomization: &str, words: &str| {
        write(&over, "kustomization.yaml", kustomization);
        let build = run(kustomize(&over), b"");
        assert!(build.code != 0 && build.stdout.is_empty(), "{kustomization}");
        build.says(words);
    };
    fails("resources: [../../base/flow]\ncomponents: [../../wiring]\n", "nothing selected by Deployment");
    fails(
        "resources: [../../base]\npatches:\n- patch: |\n    apiVersion: flow.jina.ai/v1alpha1\n    kind: JinaFlow\n    metadata: {name: search}\n    spec: {mesh: istio}\n",
        "no resource matches strategic merge patch \"JinaFlow",
    );
    let components = fs::read_dir(root().join("examples/components")).unwrap().map(|entry| entry.unwrap().path());
    for component in components.filter(|path| path.is_dir()) {
        let name = component.file_name().unwrap().to_string_lossy();
        fails(&format!("resources: [../../base]\ncomponents: [../../../components/{name}]\n"), "nothing selected by JinaFlow");
    }
}

/// A Flow among the resources, rendered by a transformer after that kustomization's own changes.
#[test]
fn a_transformer_renders_the_flow_after_overlays() {
    let folder = scratch("transformer");
    write(&folder, "base/kustomization.yaml", "resources: [flow.yaml]\nconfigMapGenerator:\n- name: generated\n  literals: [k=v]\n");
    write(
        &folder,
        "base/flow.yaml",
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: search\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\nspec:\n  images: {gateway: acme/jina:1}\n  flow:\n    jtype: Flow\n    executors:\n    - {name: encoder, uses: \"docker://acme/enc:1\", replicas: 2}\n",
    );
    write(
        &folder,
        "prod/kustomization.yaml",
        "resources: [../base]\nnamespace: prod\npatches:\n- target: {kind: JinaFlow}\n  patch: |\n    - {op: replace, path: /spec/flow/executors/0/replicas, value: 7}\n    - {op: replace, path: /spec/images/gateway, value: \"acme/jina:2\"}\ntransformers: [render.yaml]\n",
    );
    write(&folder, "prod/render.yaml", &format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: render\n  annotations:\n{FUNCTION}"));
    let objects = must(kustomize(&folder.join("prod"))).documents();
    assert_clean(&objects);
    assert!(objects.iter().all(|o| o["metadata"]["namespace"] == "prod"));
    assert_eq!(object(&objects, "Deployment/encoder")["spec"]["replicas"], 7);
    assert_eq!(container(object(&objects, "Deployment/gateway"))["image"], "acme/jina:2");
    // The hash in the name of a foreign ConfigMap is still there after the transformer.
    assert!(objects.iter().any(|o| label(o).starts_with("ConfigMap/generated-")), "{:?}", objects.iter().map(label).collect::<Vec<_>>());
}

/// Names and namespaces change at every level; the Flow has volumes, metrics and several protocols.
#[test]
fn a_flow_is_still_wired_after_three_overlays() {
    let folder = scratch("deep");
    write(&folder, "base/kustomization.yaml", "generators: [flow.yaml]\nconfigurations: [kustomizeconfig.yaml]\n");
    fs::copy(root().join("functions/jinaflow/kustomizeconfig.yaml"), folder.join("base/kustomizeconfig.yaml")).unwrap();
    write(
        &folder,
        "base/flow.yaml",
        &format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: search\n  namespace: first\n  annotations:\n{FUNCTION}spec:\n  flow: |\n    jtype: Flow\n    with: {{protocol: [grpc, http, websocket], monitoring: true}}\n    executors:\n    - {{name: encoder, uses: docker://x/enc, env: {{A: encoder}}}}\n    - {{name: indexer, uses: docker://x/idx, shards: 3, volumes: /data, uses_before: docker://x/b, uses_after: docker://x/a}}\n    - {{name: side, uses: docker://x/side, needs: encoder}}\n    - {{name: remote, external: true, host: remote.example.com, port: 443, tls: true, needs: [indexer, side]}}\n"
        ),
    );
    write(&folder, "one/kustomization.yaml", "resources: [../base]\nnamePrefix: p-\n");
    write(
        &folder,
        "two/kustomization.yaml",
        "resources: [../one]\nnameSuffix: -s\nnamespace: second\nlabels:\n- pairs: {app.kubernetes.io/part-of: search}\n  includeSelectors: true\n",
    );
    write(&folder, "three/kustomization.yaml", "resources: [../two]\nnamePrefix: q-\nnamespace: third\n");
    for (overlay, name, namespace) in
        [("base", "gateway", "first"), ("one", "p-gateway", "first"), ("two", "p-gateway-s", "second"), ("three", "q-p-gateway-s", "third")]
    {
        let objects = must(kustomize(&folder.join(overlay))).documents();
        assert_clean(&objects);
        assert!(objects.iter().all(|o| o["metadata"]["namespace"] == namespace), "{overlay}");
        object(&objects, &format!("Deployment/{name}"));
        // A variable of the user that has the name of a Service stays unchanged.
        let config = objects.iter().find(|o| label(o).contains("encoder-configmap")).unwrap();
        assert_eq!(config["data"]["A"], "encoder");
    }
    // Two overlays in one namespace cannot reach each other's pods.
    write(&folder, "both/kustomization.yaml", "resources: [a, b]\nnamespace: shared\n");
    write(&folder, "both/a/kustomization.yaml", "resources: [../../base]\nnamePrefix: a-\n");
    write(&folder, "both/b/kustomization.yaml", "resources: [../../base]\nnamePrefix: b-\n");
    assert_clean(&must(kustomize(&folder.join("both"))).documents());
}

/// kustomize hides results, so stderr has to contain everything.
#[test]
fn a_wrong_flow_is_explained_on_stderr() {
    let example = copy("examples/kustomize");
    edit(&example.join("base/flow/jinaflow.yaml"), "docker://acme/clip-encoder:1.2.0", "ClipEncoder");
    edit(&example.join("base/flow/jinaflow.yaml"), "shards: 2", "shrads: 2");
    let answer: Run = run(kustomize(&example.join("base")), b"");
    assert_ne!(answer.code, 0);
    for start in [
        "warning[image-not-set]: JinaFlow/search: spec.flow.executors[0].uses: ",
        "error[unknown-field]: JinaFlow/search: spec.flow.executors[1].shrads: ",
        "did you mean `shards`?",
    ] {
        assert!(answer.stderr.contains(start), "{start}\n{}", answer.stderr);
    }
}

/// The block of the message about images that are not set works in an overlay.
#[test]
fn an_overlay_sets_the_images_that_the_message_lists() {
    let folder = scratch("images");
    write(&folder, "base/kustomization.yaml", "generators: [flow.yaml]\n");
    write(
        &folder,
        "base/flow.yaml",
        &format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: search\n  annotations:\n{FUNCTION}spec:\n  flow: |\n    jtype: Flow\n    executors:\n    - {{name: hub, uses: 'jinahub+docker://CLIPEncoder/v1'}}\n    - {{name: owned, uses: 'jinaai+docker://<username>/Ranker'}}\n    - {{name: class, uses: MyExec, shards: 2, uses_before: Encodér}}\n    - {{name: inline, uses: {{jtype: CLIPText}}, volumes: /data}}\n    - {{name: file, uses: ../executor1/config.yml}}\n    - {{name: invalid, uses: 'docker://ghcr.io/Acme/ABC:1'}}\n"
        ),
    );
    let check = |build: &str| run(program(&["check", "-"]), build.as_bytes());
    let base = must(kustomize(&folder.join("base")));
    assert!(base.stderr.contains("warning[image-not-set]: "), "{}", base.stderr);
    // The two shards have the same image.
    assert_eq!(check(&base.stdout).codes(), vec!["image-not-set"; 7]);
    let lines =
        base.stderr.lines().skip_while(|line| !line.contains("in a kustomization")).skip(1).take_while(|line| line.starts_with("    "));
    let block: String = lines.map(|line| format!("{}\n", &line[4..])).collect();
    let block = block.replace("REPOSITORY", "r.example/own").replace("TAG", "\"2\"");
    assert!(block.starts_with("images:\n- {name: image-not-set.invalid/clipencoder, "), "{block}");
    write(&folder, "overlay/kustomization.yaml", &format!("resources: [../base]\n{block}"));
    let build = must(kustomize(&folder.join("overlay"))).stdout;
    assert_eq!((build.contains("image-not-set.invalid"), build.matches("image: r.example/own:2\n").count()), (false, 8), "{build}");
    let answer = check(&build);
    assert_eq!((answer.code, answer.codes()), (0, Vec::new()), "{}", answer.stderr);
    write(
        &folder,
        "patched/kustomization.yaml",
        "resources: [../base]\nimages: [{name: image-not-set.invalid/clipencoder, newName: r.example/clip}]\n",
    );
    let build = must(kustomize(&folder.join("patched"))).stdout;
    assert!(build.contains("image: r.example/clip:v1\n"), "the tag stays: {build}");
}

/// A patch of the list `executors` in a Flow that is a mapping: kustomize replaces the list, which the warning reports,
/// or merges the entries if it knows the schema. The alternative that the warning suggests works too.
#[test]
fn a_patch_of_a_list_gives_a_warning() {
    let folder = scratch("list");
    write(
        &folder,
        "flow/flow.yaml",
        &format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: f\n  annotations:\n{FUNCTION}spec:\n  flow:\n    jtype: Flow\n    executors:\n    - {{name: a, uses: \"docker://x/a\"}}\n    - {{name: b, uses: \"docker://x/b\"}}\n"
        ),
    );
    fs::copy(root().join("functions/jinaflow/openapi.json"), folder.join("flow/openapi.json")).unwrap();
    write(&folder, "kustomization.yaml", "generators: [flow]\n");
    let of_list = "spec: {flow: {executors: [{name: a, replicas: 3}]}}";
    let built = |patch: &str, more: &str| {
        let head = "apiVersion: flow.jina.ai/v1alpha1\n    kind: JinaFlow\n    metadata: {name: f}\n    ";
        write(&folder, "flow/kustomization.yaml", &format!("resources: [flow.yaml]\npatches:\n- patch: |\n    {head}{patch}\n{more}"));
        let build = must(kustomize(&folder));
        let objects = build.documents();
        let workloads = objects.iter().filter(|object| object["kind"] == "Deployment");
        let replicas: Vec<(String, u64)> = workloads.map(|object| (label(object), object["spec"]["replicas"].as_u64().unwrap())).collect();
        (replicas, build.stderr)
    };
    let wanted = [("Deployment/a", 3), ("Deployment/b", 1), ("Deployment/gateway", 1)].map(|(name, count)| (name.to_owned(), count));
    let (replaced, said) = built(of_list, "");
    assert_eq!(replaced.len(), 2);
    let start = "warning[uses-missing]: JinaFlow/f: spec.flow.executors[0].uses: ";
    assert!(said.contains(start) && said.contains("spec.executors.NAME.flow"), "{said}");
    for (patch, more) in [(of_list, "openapi: {path: openapi.json}\n"), ("spec: {executors: {a: {flow: {replicas: 3}}}}", "")] {
        let (mut merged, said) = built(patch, more);
        merged.sort();
        assert_eq!((merged.as_slice(), said.as_str()), (&wanted[..], ""));
    }
}

#[test]
fn the_flow_as_a_mapping_survives_kustomizes_round_trip() {
    let folder = scratch("mapping");
    write(&folder, "kustomization.yaml", "generators: [flow.yaml]\n");
    let flow = |quoted: bool| {
        // kustomize sorts the keys of the mapping.
        let body = "jtype: Flow\nexecutors:\n- name: a\n  uses: docker://x/a\n  uses_with: {e: \"\", f: 1.5, l: [a, 1, true], n: 5, s: \"0123\", t: \"yes\"}\n  env: {A: \"1e3\", B: text}\n";
        let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
        format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: f\n  annotations:\n{FUNCTION}spec:\n  flow:{}\n{body}",
            if quoted { " |" } else { "" }
        )
    };
    write(&folder, "flow.yaml", &flow(true));
    let text = must(kustomize(&folder)).stdout;
    write(&folder, "flow.yaml", &flow(false));
    assert_eq!(must(kustomize(&folder)).stdout, text);
    assert!(
        documents(&text).iter().any(|o| container(o)["args"]
            .as_array()
            .is_some_and(|a| a.iter().any(|arg| arg.as_str().unwrap().contains("\"s\": \"0123\""))))
    );
}

/// A changed ConfigMap gets another name, so that the pods that read it restart.
#[test]
fn a_changed_variable_restarts_the_pods() {
    let folder = scratch("hash");
    let flow = |value: &str| {
        format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: f\n  annotations:\n{FUNCTION}spec:\n  flow: |\n    jtype: Flow\n    executors:\n    - {{name: a, uses: docker://x/a, env: {{A: {value}}}}}\n    - {{name: b, uses: docker://x/b}}\n"
        )
    };
    write(&folder, "kustomization.yaml", "generators: [flow.yaml]\nconfigurations: [kustomizeconfig.yaml]\nnamePrefix: p-\n");
    fs::copy(root().join("functions/jinaflow/kustomizeconfig.yaml"), folder.join("kustomizeconfig.yaml")).unwrap();
    let names = |value: &str| {
        write(&folder, "flow.yaml", &flow(value));
        let objects = must(kustomize(&folder)).documents();
        assert_clean(&objects);
        ["Deployment/p-a", "Deployment/p-b"].map(|name| {
            let name = container(object(&objects, name))["envFrom"][0]["configMapRef"]["name"].as_str().unwrap().to_owned();
            object(&objects, &format!("ConfigMap/{name}"));
            name
        })
    };
    let (before, after) = (names("one"), names("two"));
    assert!(before[0].starts_with("p-a-configmap-") && before[0] != after[0], "{before:?} {after:?}");
    assert_eq!(before[1], after[1]);
}

#[test]
fn several_flows_in_one_generator_get_the_metadata_of_the_build() {
    let folder = scratch("several");
    let flow = |name: &str, executor: &str| {
        format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: {name}\n  namespace: {name}\n  annotations:\n{FUNCTION}spec:\n  flow: |\n    jtype: Flow\n    executors: [{{name: {executor}, uses: docker://x/a}}]\n"
        )
    };
    write(&folder, "flows.yaml", &format!("{}---\n{}", flow("one", "a"), flow("two", "b")));
    write(&folder, "kustomization.yaml", "generators: [flows.yaml]\nbuildMetadata: [originAnnotations, managedByLabel]\n");
    let objects = must(kustomize(&folder)).documents();
    assert_eq!(objects.len(), 2 * 8);
    assert_eq!(faults(&objects), Vec::<String>::new());
    for object in &objects {
        let metadata = &object["metadata"];
        let origin = metadata["annotations"]["config.kubernetes.io/origin"].as_str().unwrap();
        let flow = metadata["annotations"]["flow.jina.ai/object"].as_str().unwrap().split('/').next().unwrap();
        assert!(origin.contains("configuredIn: flows.yaml") && origin.contains(&format!("name: {flow}")), "{origin}");
        assert!(metadata["labels"]["app.kubernetes.io/managed-by"].as_str().unwrap().starts_with("kustomize-"));
    }
    // Duplicate objects are an error of the kustomization, which kustomize reports.
    write(&folder, "flows.yaml", &format!("{}---\n{}", flow("one", "a"), flow("one", "a")));
    let answer = run(kustomize(&folder), b"");
    assert!(answer.code != 0 && answer.stderr.contains("already registered id"), "{}", answer.stderr);
}

/// kustomize accepts only an answer without items from a validator.
#[test]
fn a_validator_checks_and_changes_nothing() {
    let folder = scratch("validator");
    let flow = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: f\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\nspec:\n  flow:\n    jtype: Flow\n    executors: [{name: a, uses: \"docker://x/a\", replicas: 2}]\n";
    let check =
        |kind: &str| format!("apiVersion: flow.jina.ai/v1alpha1\nkind: {kind}\nmetadata:\n  name: check\n  annotations:\n{FUNCTION}");
    write(&folder, "flow.yaml", flow);
    write(&folder, "settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {mode: \"0644\"}\n");
    write(&folder, "check.yaml", &check("JinaFlowCheck"));
    write(
        &folder,
        "kustomization.yaml",
        "resources: [flow.yaml, settings.yaml]\nnamespace: prod\nnamePrefix: p-\nvalidators: [check.yaml]\n",
    );
    let answer = must(kustomize(&folder));
    assert_eq!(answer.documents().iter().map(label).collect::<Vec<_>>(), ["ConfigMap/p-settings"]);
    write(&folder, "flow.yaml", &flow.replace("replicas: 2", "replicas: 0"));
    let answer = run(kustomize(&folder), b"");
    assert!(
        answer.code != 0 && answer.stderr.contains("error[value-out-of-range]: JinaFlow/p-f: spec.flow.executors[0].replicas: "),
        "{}",
        answer.stderr
    );
    // The same by container, and in kubectl.
    write(&folder, "flow.yaml", flow);
    edit(&folder.join("check.yaml"), "exec: {path: jinaflow}", &format!("container: {{image: \"{}\"}}", image()));
    assert_eq!(must(kubectl(&folder)).documents().len(), 1);
}

/// A transformer that is listed twice renders once, and no internal annotation remains.
#[test]
fn a_transformer_that_runs_again_changes_nothing() {
    let folder = scratch("again");
    let flow = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: f\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\nspec:\n  flow:\n    jtype: Flow\n    executors: [{name: a, uses: \"docker://x/a\", env: {A: b}}]\n";
    write(&folder, "base/flow.yaml", flow);
    write(&folder, "base/render.yaml", &format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: render\n  annotations:\n{FUNCTION}"));
    write(&folder, "base/kustomization.yaml", "resources: [flow.yaml]\ntransformers: [render.yaml]\n");
    let once = must(kustomize(&folder.join("base"))).stdout;
    assert_clean(&documents(&once));
    fs::write(
        folder.join("base/again.yaml"),
        fs::read_to_string(folder.join("base/render.yaml")).unwrap().replace("name: render", "name: again"),
    )
    .unwrap();
    write(&folder, "base/kustomization.yaml", "resources: [flow.yaml]\ntransformers: [render.yaml, again.yaml]\n");
    assert_eq!(must(kustomize(&folder.join("base"))).stdout, once);
    // Rendered objects that another kustomization changes later lose only their internal annotations.
    write(&folder, "over/kustomization.yaml", "resources: [../base]\nnamespace: prod\nnameSuffix: -x\n");
    let over = must(kustomize(&folder.join("over"))).documents();
    assert!(over.iter().all(|o| o["metadata"]["namespace"] == "prod"));
    assert!(over.iter().any(|o| label(o) == "Deployment/a-x"));
}

/// A folder as generator: its kustomization changes the Flow, including names, before the Flow is rendered.
#[test]
fn a_flow_in_a_folder_is_changed_before_it_is_rendered() {
    let folder = scratch("folder");
    write(&folder, "kustomization.yaml", "generators: [flow]\nnamespace: prod\n");
    write(
        &folder,
        "flow/kustomization.yaml",
        "resources: [flow.yaml]\nnamePrefix: p-\npatches:\n- target: {kind: JinaFlow}\n  patch: |\n    - {op: add, path: /spec/flow/executors/0/replicas, value: 7}\n",
    );
    write(
        &folder,
        "flow/flow.yaml",
        &format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: search\n  annotations:\n{FUNCTION}spec:\n  flow:\n    jtype: Flow\n    executors:\n    - {{name: encoder, uses: \"docker://acme/enc:1\"}}\n"
        ),
    );
    let objects = must(kustomize(&folder)).documents();
    assert_clean(&objects);
    let encoder = object(&objects, "Deployment/encoder");
    assert_eq!((&encoder["spec"]["replicas"], &encoder["metadata"]["namespace"]), (&7.into(), &"prod".into()));
    assert_eq!(encoder["metadata"]["annotations"]["flow.jina.ai/object"], "p-search/encoder/Deployment");
}
