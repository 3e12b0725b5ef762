//! Pairs of manifests, and what an apply of the new ones over the old ones does: as a cluster did it, and as `jinaflow diff`
//! says it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Map, Value, json};

use super::field_cases::{Case, answer, cases};
use super::random::Random;
use super::{documents, is_record, jina_export, root};

/// In a manifest, the name of the namespace of the chain. It may also be part of a name.
pub const NAMESPACE: &str = "CHAIN-SPACE";

/// Manifests that are applied one after the other. Each is the old side of a pair with its successor.
pub struct Chain {
    pub name: String,
    pub sides: Vec<Side>,
}

/// A set of manifests.
#[derive(Clone)]
pub struct Side {
    /// What distinguishes it from the others of its chain.
    pub name: String,
    pub objects: Vec<Value>,
}

impl Side {
    pub fn new(name: impl Into<String>, objects: Vec<Value>) -> Self {
        let name = name.into();
        let objects = objects.into_iter().map(placed).collect();
        Self { name, objects }
    }

    /// The workloads that have an autoscaler of Kubernetes, which sets the number of pods at any time.
    pub fn autoscaled(&self) -> BTreeSet<String> {
        let scaler = self.objects.iter().filter(|object| object["kind"] == "HorizontalPodAutoscaler");
        let target = |object: &Value| {
            let target = &object["spec"]["scaleTargetRef"];
            name(target["kind"].as_str().unwrap(), "", target["name"].as_str().unwrap(), NAMESPACE)
        };
        scaler.map(target).collect()
    }

    /// The stream of the manifests in a namespace.
    pub fn stream(&self, namespace: &str) -> String {
        self.objects.iter().map(|object| format!("---\n{object}\n")).collect::<String>().replace(NAMESPACE, namespace)
    }
}

/// Kinds without a namespace.
const CLUSTER_WIDE: [&str; 10] = [
    "Namespace",
    "ClusterRole",
    "ClusterRoleBinding",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "IngressClass",
    "CustomResourceDefinition",
    "GatewayClass",
];

/// An object in the namespace of its chain, or in a second one that begins with the same name.
fn placed(mut object: Value) -> Value {
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let metadata = object["metadata"].as_object_mut().unwrap();
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        // Notes of the function about files. Callers remove them.
        annotations.retain(|key, _| !key.starts_with("internal.config.kubernetes.io/") && !key.starts_with("config.kubernetes.io/"));
    }
    if kind == "Namespace" {
        metadata.insert("name".to_owned(), NAMESPACE.into());
    } else if !CLUSTER_WIDE.contains(&&*kind) && !metadata.get("namespace").and_then(Value::as_str).unwrap_or("").starts_with(NAMESPACE) {
        metadata.insert("namespace".to_owned(), NAMESPACE.into());
    }
    object
}

/// What an apply did, or does as `jinaflow diff` reports it. Objects have names like `Deployment/encoder`; those of the second namespace like
/// `Deployment/CHAIN-SPACE-b:encoder`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effects {
    pub restarted: BTreeSet<String>,
    pub scaled: BTreeSet<String>,
    pub refused: BTreeSet<String>,
    pub created: BTreeSet<String>,
    pub changed: BTreeSet<String>,
    pub left: BTreeSet<String>,
}

impl Effects {
    fn parts(&self) -> [(&'static str, &BTreeSet<String>); 6] {
        [
            ("restarted", &self.restarted),
            ("scaled", &self.scaled),
            ("refused", &self.refused),
            ("created", &self.created),
            ("changed", &self.changed),
            ("left", &self.left),
        ]
    }

    /// The names for each effect, without empty ones.
    pub fn to_json(&self) -> Value {
        self.parts().into_iter().filter(|(_, names)| !names.is_empty()).map(|(word, names)| (word.to_owned(), json!(names))).collect()
    }

    pub fn from_json(value: &Value) -> Self {
        let names = |word: &str| value[word].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()).collect();
        Self {
            restarted: names("restarted"),
            scaled: names("scaled"),
            refused: names("refused"),
            created: names("created"),
            changed: names("changed"),
            left: names("left"),
        }
    }

    /// What `jinaflow diff --output json` says. `namespace` is that of the chain.
    pub fn claimed(document: &Value, namespace: &str) -> Self {
        let (mut found, mut created) = (Self::default(), BTreeSet::new());
        let components = document["components"].as_array().unwrap();
        let of_components = components.iter().flat_map(|component| {
            let objects = component["objects"].as_array().into_iter().flatten();
            [&component["workload"]].into_iter().chain(objects)
        });
        for object in of_components.chain(document["objects"].as_array().unwrap()) {
            let name = |side: &str| identity(&object[side], namespace);
            let names = match object["effect"].as_str().unwrap() {
                // A paused Deployment has no new revision before it is resumed.
                "restarts" if object["rollout"]["order"] == "paused" => &mut found.changed,
                "restarts" => &mut found.restarted,
                "scaled" => &mut found.scaled,
                "refused" => &mut found.refused,
                "created" | "added" => &mut created,
                "changed" => &mut found.changed,
                "removed" | "unchanged" => continue,
                other => panic!("the effect {other}"),
            };
            names.insert(name("new"));
        }
        let identities = |field: &str| document[field].as_array().unwrap().iter().map(|object| identity(object, namespace)).collect();
        (found.left, found.created) = (identities("leftBehind"), identities("created"));
        assert!(found.created.is_superset(&created), "created: {:?}, of them {created:?} with what differs", found.created);
        // What restarts or is scaled changes.
        found.changed = [&found.changed, &found.restarted, &found.scaled].into_iter().flatten().cloned().collect();
        found
    }

    /// Each effect in which the two differ.
    pub fn disagreements(done: &Self, said: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for ((word, done), (_, said)) in done.parts().into_iter().zip(said.parts()) {
            found.extend(done.difference(said).map(|name| format!("{word} {name}: done, not said")));
            found.extend(said.difference(done).map(|name| format!("{word} {name}: said, not done")));
        }
        found
    }
}

/// The name of an object in [`Effects`].
pub fn name(kind: &str, in_namespace: &str, name: &str, namespace: &str) -> String {
    let name = name.replace(namespace, NAMESPACE);
    match in_namespace {
        "" => format!("{kind}/{name}"),
        of_chain if of_chain == namespace => format!("{kind}/{name}"),
        other => format!("{kind}/{}:{name}", other.replace(namespace, NAMESPACE)),
    }
}

fn identity(value: &Value, namespace: &str) -> String {
    let part = |field: &str| value[field].as_str().unwrap_or_default();
    name(part("kind"), part("namespace"), part("name"), namespace)
}

/// All chains that need no other program.
pub fn chains() -> Vec<Chain> {
    let mut all = of_values();
    all.extend(of_random_values());
    all.extend(of_fields());
    all.extend(of_exports());
    all
}

/// The objects of `pairs.yaml`.
fn pools() -> Vec<Value> {
    documents(&fs::read_to_string(root().join("tests/support/pairs.yaml")).unwrap())
}

fn values_of(pool: &Value) -> impl Iterator<Item = (&String, &Vec<Value>)> {
    pool["fields"].as_object().unwrap().iter().map(|(pointer, values)| (pointer, values.as_array().unwrap()))
}

/// An object with another value of a field.
fn with(object: &Value, pointer: &str, value: &Value) -> Value {
    let mut object = object.clone();
    set(&mut object, pointer, value);
    object
}

fn set(object: &mut Value, pointer: &str, value: &Value) {
    let Some((parents, field)) = pointer.rsplit_once('/') else {
        *object = value.clone();
        return;
    };
    let mut parent = object;
    for step in parents.split('/').skip(1) {
        parent = match parent {
            Value::Array(list) => &mut list[step.parse::<usize>().unwrap()],
            Value::Object(map) => map.entry(step).or_insert_with(|| Value::Object(Map::new())),
            _ => panic!("{pointer}"),
        };
    }
    match (parent, value == "REMOVE") {
        (Value::Object(map), true) => drop(map.remove(field)),
        (Value::Object(map), false) => drop(map.insert(field.to_owned(), value.clone())),
        (Value::Array(list), false) => list[field.parse::<usize>().unwrap()] = value.clone(),
        _ => panic!("{pointer}"),
    }
}

/// Most sides of a chain. Chains run beside each other.
const LONGEST: usize = 17;

/// A chain for each object: for each field the values one after the other, from the original object and back to it.
fn of_values() -> Vec<Chain> {
    let mut chains = Vec::new();
    for pool in pools() {
        let (kind, object) = (pool["name"].as_str().unwrap(), &pool["object"]);
        let also = pool["also"].as_array().cloned().unwrap_or_default();
        let side = |name: String, object: Value| Side::new(name, also.iter().cloned().chain([object]).collect());
        let base = || side("unchanged".to_owned(), object.clone());
        let mut sides = vec![base()];
        let mut number = 0;
        let mut finish = |sides: &mut Vec<Side>| {
            number += 1;
            chains.push(Chain { name: format!("{kind} {number}"), sides: std::mem::take(sides) });
        };
        for (pointer, values) in values_of(&pool) {
            if sides.len() + values.len() > LONGEST && sides.len() > 1 {
                finish(&mut sides);
                sides.push(base());
            }
            for value in values {
                sides.push(side(format!("{pointer}: {value}"), with(object, pointer, value)));
            }
            sides.push(base());
        }
        finish(&mut sides);
    }
    chains
}

/// Chains of objects with several random values.
fn of_random_values() -> Vec<Chain> {
    let mut chains = Vec::new();
    for pool in pools() {
        let (kind, object) = (pool["name"].as_str().unwrap(), &pool["object"]);
        let fields = values_of(&pool).collect::<Vec<_>>();
        let wanted = usize::try_from(pool["random"].as_u64().unwrap_or(0)).unwrap();
        for first in (0..wanted).step_by(LONGEST - 1) {
            let mut random = Random::new(first as u64 + 7);
            let sides = (first..=wanted.min(first + LONGEST - 1)).map(|_| {
                let mut chosen = fields.clone();
                random.some(&mut chosen, 1 + first % 5);
                // A value of a list comes before values in the list.
                chosen.sort_by_key(|(pointer, _)| pointer.len());
                let mut changed = object.clone();
                let mut named = Vec::new();
                for (pointer, values) in chosen {
                    let value = random.pick(values);
                    set(&mut changed, pointer, value);
                    named.push(format!("{pointer}: {value}"));
                }
                Side::new(named.join(", "), vec![changed])
            });
            chains.push(Chain { name: format!("random {kind} {first}"), sides: sides.collect() });
        }
    }
    chains
}

/// Fields whose proofs in `field_cases.rs` are elsewhere.
const MORE: [&str; 4] = [
    "telemetry: {traces: {host: collector}, metrics: {host: other, port: 9}}",
    "executors: {encoder: {configFile: config.yaml}}",
    "output: {onConflict: keep}",
    "executors: {indexer: {storage: {}, replicas: 2}}",
];

/// Fields that the recording on a cluster does not have.
const ADDED: [&str; 4] = ["variables", "httpRoute.weight", "grpcRoute.weight", "grpcRoute.backends"];

/// The version of Kubernetes in the recording on a cluster. The fields of other versions were added after it.
const VERSION: &str = "kubernetesVersion: '1.29'";

/// A chain that sets each field of a JinaFlow and removes it again.
fn of_fields() -> Vec<Chain> {
    let mut specs = Vec::new();
    // Fields that were added after the last recording come last, so that the recorded chains stay the same.
    let is_added = |case: &Case| {
        ADDED.iter().any(|name| case.fields.contains(name)) || (case.spec.starts_with("kubernetesVersion") && case.spec != VERSION)
    };
    let (added, known): (Vec<_>, Vec<_>) = cases().into_iter().partition(is_added);
    for spec in known.iter().map(|case| case.spec).chain(MORE).chain(added.iter().map(|case| case.spec)) {
        if !spec.is_empty() && !specs.contains(&spec) {
            specs.push(spec);
        }
    }
    let objects = |spec: &str| {
        let answer = answer(spec);
        assert_eq!(answer.code, 0, "{spec}\n{}", answer.stderr);
        answer.list()["items"].as_array().unwrap().iter().filter(|item| !is_record(item)).cloned().collect()
    };
    let base = Side::new("no field", objects(""));
    let chains = specs.chunks(6).enumerate().map(|(number, specs)| {
        let mut sides = vec![base.clone()];
        for spec in specs {
            sides.push(Side::new(*spec, objects(spec)));
            sides.push(base.clone());
        }
        Chain { name: format!("fields {}", number + 1), sides }
    });
    chains.collect()
}

/// Edits of what the real Jina exports, as people make them.
fn of_exports() -> Vec<Chain> {
    let stream = |name: &str| jina_export(name).into_values().map(|text| format!("---\n{text}")).collect::<String>();
    let edits: [(&str, &str); 14] = [
        ("replicas: 1", "replicas: 2"),
        ("maxSurge: 1", "maxSurge: 2"),
        ("type: ClusterIP", "clusterIP: None"),
        ("type: ClusterIP", "type: LoadBalancer"),
        ("config.yml", "other.yml"),
        ("value: executor", "value: other"),
        ("linkerd.io/inject: enabled", "linkerd.io/inject: disabled"),
        ("- --native\n", "- --native\n        - --quiet\n"),
        ("imagePullPolicy: IfNotPresent", "imagePullPolicy: Always"),
        ("terminationMessagePolicy: File", "terminationMessagePolicy: FallbackToLogsOnError"),
        ("matchLabels:\n      app: ", "matchLabels:\n      ns: custom-namespace\n      app: "),
        ("pythonunbuffered: '1'", "pythonunbuffered: '0'"),
        ("protocol: TCP", "protocol: UDP"),
        ("  template:\n    metadata:\n", "  minReadySeconds: 10\n  template:\n    metadata:\n"),
    ];
    let mut chains = Vec::new();
    for name in ["001-docs-simple", "088-uses-before", "080-shards-3"] {
        let text = stream(name);
        let base = || Side::new("as exported", documents(&text));
        let mut sides = vec![base()];
        let mut used = BTreeMap::new();
        for (from, to) in edits.iter().filter(|(from, _)| text.contains(from)) {
            *used.entry(*from).or_insert(0) += 1;
            sides.push(Side::new(format!("{from:?} becomes {to:?}"), documents(&text.replace(from, to))));
            sides.push(base());
        }
        assert!(used.len() > 4, "{name}: {used:?}");
        chains.push(Chain { name: format!("export {name}"), sides });
    }
    chains
}
