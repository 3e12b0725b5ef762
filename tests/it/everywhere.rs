//! Nothing is accepted and ignored: every field of the config and every option of Jina changes the rendered objects in
//! every allowed place, or is refused there, or gives a warning that it has no effect.

use std::collections::BTreeMap;

use crate::support::{Run, function, is_record, scratch};
use jinaflow::internals::config::audience::Level;
use jinaflow::internals::config::field::{Field, Shape};
use jinaflow::internals::config::fields::LAYER;
use jinaflow::internals::jina::options::{self, Opt, Row, ValueKind};
use serde_json::Value;

const FLOW: &str = "\
jtype: Flow
with: {prefetch: 7}
gateway: {uses: docker://x/gateway:1}
executors:
- {name: encoder, uses: docker://x/encoder:1}
- {name: indexer, uses: docker://x/indexer:1, shards: 2, uses_before: docker://x/before:1}
";

/// The answer to a JinaFlow with these lines in its `spec`.
fn answer(fields: &str, flow: &str) -> Run {
    let indented = |text: &str, indent: &str| text.lines().map(|line| format!("{indent}{line}\n")).collect::<String>();
    function(&format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\nfunctionConfig:\n  apiVersion: flow.jina.ai/v1alpha1\n  \
         kind: JinaFlow\n  metadata: {{name: search}}\n  spec:\n    kubernetesVersion: '1.37'\n{}    flow: |\n{}",
        indented(fields, "    "),
        indented(flow, "      ")
    ))
}

/// The objects of each component, as a string, without the annotations about files.
fn components(answer: &Run) -> BTreeMap<String, String> {
    let list = answer.list();
    let mut components: BTreeMap<String, String> = BTreeMap::new();
    for object in list["items"].as_array().unwrap().iter().filter(|object| !is_record(object)) {
        let mut object = object.clone();
        let annotations = object["metadata"]["annotations"].as_object_mut().unwrap();
        let owner = annotations["flow.jina.ai/object"].as_str().unwrap().to_owned();
        annotations.retain(|name, _| !name.starts_with("internal."));
        components.entry(owner.split('/').nth(1).unwrap().to_owned()).or_default().push_str(&object.to_string());
    }
    components
}

/// The components whose objects differ.
fn changed<'c>(before: &'c BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<&'c str> {
    before.iter().filter(|(name, text)| after.get(*name) != Some(text)).map(|(name, _)| name.as_str()).collect()
}

/// A value that changes the rendered objects, for each field of a layer.
fn sample(field: &str) -> &'static str {
    match field {
        "labels" | "annotations" | "nodeSelector" => "{team: search}",
        "env" => "{A: b}",
        "envFromSecret" => "{A: {name: s, key: k}}",
        "configMaps" | "secrets" => "{s: {env: true}}",
        "resources" => "{limits: {cpu: 2}}",
        "image" => "x/own:1",
        "imagePullPolicy" => "Always",
        "imagePullSecrets" => "{s: {}}",
        "serviceAccountName" => "me",
        "securityProfile" => "restricted",
        "tolerations" => "{gpu: {}}",
        "affinity" => "{nodeAffinity: {a: [1]}}",
        "topologySpread" => "{zone: {maxSkew: 2}}",
        "priorityClassName" => "high",
        "rollingUpdate" => "{maxSurge: 2}",
        "drainSeconds" => "60",
        "probes" => "ping",
        "configFile" => "other.yaml",
        "replicas" => "3",
        "models" => "{clip: {image: x/clip:1}}",
        "hostUsers" => "false",
        "trafficDistribution" => "PreferSameZone",
        "storage" => "{size: 5Gi}",
        "autoscale" => "{min: 2, max: 4, memory: 70}",
        "pdb" => "{maxUnavailable: 2}",
        "expose" => "{port: 81}",
        "ingress" => "{className: nginx}",
        "httpRoute" | "grpcRoute" => "{gateways: {web: {}}, protocol: grpc}",
        "podTemplate" => "{spec: {hostNetwork: true}}",
        "flow" => "{timeout_ready: 7000}",
        "head" => "{drainSeconds: 60}",
        "shards" => "{'1': {drainSeconds: 60}}",
        other => panic!("a new field needs a sample: {other}"),
    }
}

/// The places of a layer, how a field is written there, and the components that it applies to.
const PLACES: [(&str, &str, &[&str]); 9] = [
    ("defaults", "defaults: {FIELD}", &["gateway", "encoder", "indexer-head", "indexer-0", "indexer-1"]),
    ("roles.gateway", "roles: {gateway: {FIELD}}", &["gateway"]),
    ("roles.head", "roles: {head: {FIELD}}", &["indexer-head"]),
    ("roles.worker", "roles: {worker: {FIELD}}", &["encoder", "indexer-0", "indexer-1"]),
    ("gateway", "gateway: {FIELD}", &["gateway"]),
    ("executors.encoder", "executors: {encoder: {FIELD}}", &["encoder"]),
    ("executors.indexer", "executors: {indexer: {FIELD}}", &["indexer-0", "indexer-1"]),
    ("executors.indexer.head", "executors: {indexer: {head: {FIELD}}}", &["indexer-head"]),
    ("executors.indexer.shards.1", "executors: {indexer: {shards: {'1': {FIELD}}}}", &["indexer-1"]),
];

/// Whether a field of a layer for all components applies to a component.
fn is_for(field: &Field, component: &str) -> bool {
    let role = match component {
        "gateway" => Level::GatewayRole,
        "indexer-head" => Level::HeadRole,
        _ => Level::WorkerRole,
    };
    // The other Services are headless.
    if field.name == "trafficDistribution" {
        return component == "gateway";
    }
    // `flow`, `head` and `shards` are not fields of pods.
    ["flow", "head", "shards"].contains(&field.name) || field.audience.has(role)
}

#[test]
fn every_field_has_an_effect_in_every_place_that_allows_it() {
    let base = components(&answer("", FLOW).succeeded());
    let (mut took, mut refused) = (0, 0);
    for field in LAYER {
        for (place, form, about) in PLACES {
            let answer = answer(&form.replace("FIELD", &format!("{}: {}", field.name, sample(field.name))), FLOW);
            let path = format!("spec.{place}.{}", field.name);
            if answer.code != 0 {
                assert!(answer.stderr.contains(&path), "{path} is refused, but the message does not name it:\n{}", answer.stderr);
                refused += 1;
                continue;
            }
            took += 1;
            let after = components(&answer);
            let changed = changed(&base, &after);
            for component in about.iter().filter(|component| is_for(field, component)) {
                // Layers of components change those components.
                let is_part = ["head", "shards"].contains(&field.name);
                assert!(
                    changed.contains(component) || is_part && !changed.is_empty() || answer.stderr.contains(&path),
                    "{path} does not change {component}:\n{}",
                    answer.stderr
                );
            }
            if place == "executors.indexer.shards.1" {
                // The head calls the component, and may change with it.
                assert!(!changed.contains(&"indexer-0") && !changed.contains(&"encoder"), "{path}: {changed:?}");
            }
        }
    }
    assert!(took > 150 && refused > 40, "{took} {refused}");
}

/// A refusal names a place where the field is allowed; the field works there.
#[test]
fn the_place_named_in_a_refusal_allows_the_field() {
    let mut tried = 0;
    for field in LAYER {
        for (_, form, _) in PLACES {
            let answer = answer(&form.replace("FIELD", &format!("{}: {}", field.name, sample(field.name))), FLOW);
            if answer.code == 0 || !answer.stderr.contains("error[misplaced-field]") {
                continue;
            }
            let advice = answer.first_line().split("; write ").nth(1).unwrap().to_owned();
            for path in advice.split(" or ").map(|path| path.strip_prefix("spec.").unwrap().replace("NAME", "indexer")) {
                let (layer, name) = path.rsplit_once('.').unwrap();
                assert_eq!(name, field.name);
                let opening: String = layer.split('.').map(|step| format!("{step}: {{")).collect();
                let advised = format!("{opening}{name}: {}{}", sample(name), "}".repeat(layer.split('.').count()));
                let followed = self::answer(&advised, FLOW);
                assert_eq!(followed.code, 0, "{advised}\n{}", followed.stderr);
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

/// A value that is not the default, for an option of Jina.
fn value(row: &Row) -> String {
    match row.opt {
        Opt::Name => "other".to_owned(),
        Opt::Polling => "ALL".to_owned(),
        Opt::Inspect => "HANG".to_owned(),
        Opt::Workspace => "/work".to_owned(),
        Opt::LogConfig => "json".to_owned(),
        Opt::UsesWith | Opt::UsesMetas => "{a: 1}".to_owned(),
        Opt::EnvFromSecret => "{A: {name: s, key: k}}".to_owned(),
        Opt::Uses | Opt::UsesBefore | Opt::UsesAfter => "docker://x/other:2".to_owned(),
        Opt::Shards | Opt::Replicas => "2".to_owned(),
        Opt::Gpus => "'2'".to_owned(),
        Opt::Host => "example.com".to_owned(),
        Opt::External => "true".to_owned(),
        Opt::Volumes => "/data".to_owned(),
        _ => match row.kind {
            ValueKind::Flag => "true".to_owned(),
            ValueKind::Int => "4321".to_owned(),
            ValueKind::Text => "some-text".to_owned(),
            ValueKind::Texts | ValueKind::Hosts => "[one, two]".to_owned(),
            ValueKind::Pairs => "{a: b}".to_owned(),
            ValueKind::Ports => "8123".to_owned(),
            ValueKind::PeerPorts => "[8123]".to_owned(),
            ValueKind::Protocols => "http".to_owned(),
            ValueKind::Choice(words) | ValueKind::Enum(words) => (*words.last().unwrap()).to_owned(),
        },
    }
}

/// The rendered objects and findings of a minimal Flow.
fn exported(flow: &str) -> Run {
    let file = scratch("everywhere").join("flow.yml");
    std::fs::write(&file, flow).unwrap();
    crate::support::jinaflow(&["export", file.to_str().unwrap()])
}

#[test]
fn every_option_has_an_effect_in_every_section_or_gives_a_finding() {
    const BARE: &str = "\
jtype: Flow
with: {WITH}
gateway: {GATEWAY}
executors:
- {name: a, uses: docker://x/a:1, EXECUTOR}
- {name: b, uses: docker://x/b:1, method: inspect}
";
    const ALONE: &str = "jtype: Deployment\nwith: {EXECUTOR}\n";
    let sections =
        [("with", BARE, "WITH"), ("gateway", BARE, "GATEWAY"), ("executor", BARE, "EXECUTOR"), ("Deployment", ALONE, "EXECUTOR")];
    let mut silent = Vec::new();
    for row in options::TABLE {
        for (section, form, mark) in sections {
            let option = format!("{}: {}", row.name, value(row));
            // An option that is set already is replaced.
            let form = match (row.opt, mark) {
                (Opt::Uses, "EXECUTOR") => form.replacen("uses: docker://x/a:1, ", "", 1),
                (Opt::Name, "EXECUTOR") => form.replacen("name: a, ", "", 1),
                _ => form.to_owned(),
            };
            // Another option, so that the section is not empty.
            let other = if row.opt == Opt::NoCrudEndpoints { "no_debug_endpoints: true" } else { "no_crud_endpoints: true" };
            let [before, after] = [String::new(), option.clone()].map(|option| {
                let options = |place: &str| match (place == mark, place) {
                    (true, "EXECUTOR") => option.clone(),
                    (true, _) => format!("{other}, {option}"),
                    (false, "EXECUTOR") => String::new(),
                    (false, _) => other.to_owned(),
                };
                let flow = ["WITH", "GATEWAY", "EXECUTOR"].iter().fold(form.clone(), |flow, place| flow.replace(place, &options(place)));
                exported(&flow)
            });
            if before.stdout == after.stdout && !after.stderr.contains(row.name) {
                silent.push(format!("{section}: {option}"));
            }
        }
        for place in ["defaults", "gateway", "executors.encoder"] {
            let opening: String = place.split('.').map(|step| format!("{step}: {{")).collect();
            let option = format!("{}: {}", row.name, value(row));
            let fields = format!("{opening}flow: {{{option}}}{}", "}".repeat(place.split('.').count()));
            let flow = format!("{FLOW}- {{name: watch, uses: docker://x/watch:1, method: inspect}}\n");
            let (before, after) = (answer("", &flow), answer(&fields, &flow));
            let objects = |run: &Run| (run.code == 0).then(|| components(run));
            if objects(&before) == objects(&after) && !after.stderr.contains(row.name) {
                silent.push(format!("{place}.flow: {option}"));
            }
        }
    }
    assert_eq!(silent, Vec::<String>::new(), "accepted without an effect and without a finding");
}

/// Every field of a layer has a sample value.
#[test]
fn every_field_has_a_sample() {
    for field in LAYER {
        assert!(!matches!(field.shape, Shape::Flag) || !sample(field.name).is_empty());
        let value: Value = serde_yaml::from_str(sample(field.name)).unwrap();
        assert!(!value.is_null(), "{}", field.name);
    }
}
