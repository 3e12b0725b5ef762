//! Pairs of builds of kustomize: each kind of overlay on a Flow, and the overlays of the examples.

use std::fs;
use std::path::Path;

use crate::support::pairs::{Chain, Side};
use crate::support::{documents, scratch};
use crate::tools::{copy, kustomize, must, render};

const FLOW: &str = "jtype: Flow
executors:
- {name: encoder, uses: docker://example/encoder:v1, env: {COLOR: blue}}
";

/// Overlays of the rendered Flow, each with what it is.
const OVERLAYS: &[(&str, &str)] = &[
    ("labels of objects", "labels:\n- pairs: {team: search}\n"),
    ("labels of pods", "labels:\n- pairs: {team: search}\n  includeTemplates: true\n"),
    ("labels of selectors", "labels:\n- pairs: {team: search}\n  includeSelectors: true\n"),
    ("commonAnnotations", "commonAnnotations: {owner: search}\n"),
    ("a tag", "images:\n- {name: example/encoder, newTag: v2}\n"),
    ("a digest", "images:\n- {name: example/encoder, digest: 'sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d'}\n"),
    ("a registry", "images:\n- {name: example/encoder, newName: registry.example.com/encoder}\n"),
    ("replicas", "replicas:\n- {name: encoder, count: 3}\n"),
    ("a prefix", "namePrefix: eu-\n"),
    ("a suffix", "nameSuffix: -eu\n"),
    ("another namespace", "namespace: CHAIN-SPACE-b\n"),
    ("a prefix in another namespace", "namespace: CHAIN-SPACE-b\nnamePrefix: eu-\n"),
    (
        "a patch of a Deployment",
        "patches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: encoder}\n    spec: {template: {spec: {nodeSelector: {disk: ssd}}}}\n",
    ),
    (
        "a patch of its strategy",
        "patches:\n- patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: encoder}\n    spec: {strategy: {$patch: replace, type: Recreate}}\n",
    ),
    (
        "a patch of a Service",
        "patches:\n- patch: |\n    apiVersion: v1\n    kind: Service\n    metadata: {name: encoder}\n    spec: {publishNotReadyAddresses: true}\n",
    ),
    (
        "an address of a Service",
        "patches:\n- target: {kind: Service, name: encoder}\n  patch: |\n    - {op: remove, path: /spec/clusterIP}\n",
    ),
    (
        "a patch of a ConfigMap",
        "patches:\n- patch: |\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: encoder-configmap}\n    data: {COLOR: red}\n",
    ),
    (
        "a patch of a budget",
        "patches:\n- target: {kind: PodDisruptionBudget}\n  patch: |\n    - {op: replace, path: /spec/maxUnavailable, value: 2}\n",
    ),
    (
        "a JSON patch of an argument",
        "patches:\n- target: {kind: Deployment, name: encoder}\n  patch: |\n    - {op: add, path: /spec/template/spec/containers/0/args/-, value: --quiet}\n",
    ),
    (
        "a removed executor",
        "patches:\n- target: {name: encoder}\n  patch: |\n    $patch: delete\n    kind: any\n    metadata: {name: any}\n",
    ),
    ("generated values", "configMapGenerator:\n- {name: settings, literals: [a=1]}\nsecretGenerator:\n- {name: key, literals: [a=1]}\n"),
    (
        "other generated values",
        "configMapGenerator:\n- {name: settings, literals: [a=2]}\nsecretGenerator:\n- {name: key, literals: [a=2]}\n",
    ),
    (
        "generated values without hashes",
        "configMapGenerator:\n- {name: settings, literals: [a=1], options: {disableNameSuffixHash: true}}\n",
    ),
    (
        "immutable generated values",
        "configMapGenerator:\n- {name: settings, literals: [a=1], options: {disableNameSuffixHash: true, immutable: true}}\n",
    ),
    (
        "other immutable generated values",
        "configMapGenerator:\n- {name: settings, literals: [a=2], options: {disableNameSuffixHash: true, immutable: true}}\n",
    ),
    ("a merged ConfigMap", "configMapGenerator:\n- {name: encoder-configmap, behavior: merge, literals: [COLOR=red]}\n"),
    (
        "generator options",
        "commonAnnotations: {note: x}\nconfigMapGenerator:\n- {name: settings, literals: [a=1]}\ngeneratorOptions: {labels: {team: search}}\n",
    ),
];

/// A resource that mounts what the generators make.
const USER: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: user}
spec:
  selector: {matchLabels: {app: user}}
  template:
    metadata: {labels: {app: user}}
    spec:
      containers:
      - {name: main, image: example/user:v1, envFrom: [{configMapRef: {name: settings, optional: true}}, {secretRef: {name: key, optional: true}}]}
";

fn build(folder: &Path) -> Vec<serde_json::Value> {
    documents(&must(kustomize(folder)).stdout)
}

fn of_overlays() -> Vec<Chain> {
    let folder = scratch("overlays");
    let base = folder.join("base");
    fs::create_dir_all(&base).unwrap();
    fs::write(base.join("flow.yaml"), render(FLOW, "")).unwrap();
    fs::write(base.join("user.yaml"), USER).unwrap();
    fs::write(base.join("kustomization.yaml"), "resources: [flow.yaml, user.yaml]\n").unwrap();
    let over = folder.join("over");
    fs::create_dir_all(&over).unwrap();
    let side = |name: &str, overlay: &str| {
        fs::write(over.join("kustomization.yaml"), format!("resources: [../base]\n{overlay}")).unwrap();
        Side::new(name, build(&over))
    };
    let plain = side("the base", "");
    let chains = OVERLAYS.chunks(7).enumerate().map(|(number, overlays)| {
        let mut sides = vec![plain.clone()];
        let mut last = "";
        for (name, overlay) in overlays {
            // Generated values are compared with other generated values, too.
            if !name.starts_with("other ") && !last.is_empty() {
                sides.push(plain.clone());
            }
            sides.push(side(name, overlay));
            last = name;
        }
        sides.push(plain.clone());
        Chain { name: format!("overlays {}", number + 1), sides }
    });
    chains.collect()
}

/// The overlays of the example, each after each other, and its base with each component.
fn of_examples() -> Vec<Chain> {
    let examples = copy("examples");
    let overlays = examples.join("kustomize/overlays");
    let build_overlay = |name: &str| Side::new(name, moved(build(&overlays.join(name)), name));
    let [dev, staging, prod, eu] = ["dev", "staging", "prod", "prod-eu"].map(build_overlay);
    let promotions = Chain {
        name: "promotions of the example".to_owned(),
        sides: [&dev, &staging, &prod, &eu, &staging, &eu, &dev, &prod, &dev].map(Clone::clone).to_vec(),
    };
    let flow = examples.join("kustomize/with");
    fs::create_dir_all(&flow).unwrap();
    let mut components = fs::read_dir(examples.join("components"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect::<Vec<_>>();
    components.sort();
    let plain = Side::new("the base", build(&examples.join("kustomize/base")));
    let mut sides = vec![plain.clone()];
    for component in components {
        let name = component.file_name().unwrap().to_str().unwrap().to_owned();
        let intent = flow.join("flow");
        fs::create_dir_all(&intent).unwrap();
        fs::write(intent.join("kustomization.yaml"), format!("resources: [../../base/flow]\ncomponents: [../../../components/{name}]\n"))
            .unwrap();
        fs::write(flow.join("kustomization.yaml"), "generators: [flow]\ncomponents: [../wiring]\n").unwrap();
        sides.push(Side::new(name, build(&flow)));
        sides.push(plain.clone());
    }
    vec![promotions, Chain { name: "components of the examples".to_owned(), sides }]
}

/// The objects of an overlay in the namespaces of the chain: those of `prod-eu` in the second one.
fn moved(mut objects: Vec<serde_json::Value>, overlay: &str) -> Vec<serde_json::Value> {
    if overlay == "prod-eu" {
        for object in &mut objects {
            object["metadata"]["namespace"] = "CHAIN-SPACE-b".into();
        }
    }
    objects
}

/// All chains of builds.
pub fn chains() -> Vec<Chain> {
    let mut all = of_overlays();
    all.extend(of_examples());
    all
}
