//! Random edits of exported objects: the JinaFlow that expresses them renders exactly the edited objects, and each edit is in the
//! field where a person looks for it.
//!
//! Every case has a number and is the same in every run. To try others, or more:
//!
//! ```sh
//! JINAFLOW_SEED=100000 JINAFLOW_CASES=20000 cargo test import_random -- --nocapture
//! ```
//!
//! A failing case is printed with its number. To run it alone, set `JINAFLOW_SEED=NUMBER JINAFLOW_CASES=1`.

mod kinds;
mod objects;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use jinaflow::internals::config::{self, Overrides};
use jinaflow::internals::finding::{Findings, Path};
use jinaflow::internals::import::{Lifted, lift};
use jinaflow::internals::plan::Budget;
use jinaflow::internals::render::Rendering;
use jinaflow::internals::yaml::{self, Node, kubernetes_value};
use serde_json::{Value, json};

use crate::support::random::{Random, number};
use crate::support::{Recorded, label, recorded, root};
use kinds::{Edit, kinds};
use objects::Objects;

/// Number of cases in a run, unless the environment sets another number.
const CASES: usize = 2100;

/// The most workloads of a Flow in most cases.
const FEW: usize = 7;

/// A recorded Flow as a JinaFlow, with the objects that it renders.
struct Base {
    name: String,
    config: String,
    objects: Vec<Value>,
}

/// A JinaFlow with the Flow of a recording, under compat.
fn config_of(case: &Recorded) -> String {
    let flow = fs::read_to_string(case.folder.join("flow.yml")).unwrap();
    let mut images: BTreeMap<&str, &str> = case.images.iter().map(|(uses, image)| (uses.as_str(), image.as_str())).collect();
    let mut context = BTreeMap::new();
    for (name, value) in &case.env {
        if name == "JINA_GATEWAY_IMAGE" {
            images.insert("gateway", value);
        } else {
            context.insert(name, value);
        }
    }
    let mut metadata = json!({"name": "search"});
    if let Some(namespace) = &case.namespace {
        metadata["namespace"] = json!(namespace);
    }
    let spec = json!({"compat": "jina-3.34", "images": images, "context": context, "flow": flow});
    json!({"apiVersion": "flow.jina.ai/v1alpha1", "kind": "JinaFlow", "metadata": metadata, "spec": spec}).to_string()
}

/// The objects that a JinaFlow renders.
fn objects_of(config: &str) -> Result<Vec<Value>, String> {
    let mut findings = Findings::default();
    let document = yaml::read(config).map_err(|error| error.to_string())?;
    let config = config::read(&document, &Overrides::default(), &mut findings);
    let rendering = Rendering::of(&config, &Path::root("spec.flow"), &mut Budget::default(), &mut findings);
    let Some(rendering) = rendering.filter(|_| !findings.has_errors()) else { return Err(format!("{findings:?}")) };
    let objects =
        rendering.objects().flat_map(|(_, objects)| objects.iter().map(|object| kubernetes_value(&object.node)).collect::<Vec<_>>());
    Ok(objects.collect())
}

fn bases() -> &'static [Base] {
    static BASES: OnceLock<Vec<Base>> = OnceLock::new();
    BASES.get_or_init(|| {
        let cases = recorded(&root().join("tests/jina/flows"));
        let base = |case: &Recorded| {
            case.expected()?;
            let config = config_of(case);
            let objects = objects_of(&config).ok()?;
            (!objects.is_empty()).then(|| Base { name: case.name.clone(), config, objects })
        };
        cases.iter().filter_map(base).collect()
    })
}

/// What a case did.
#[derive(Default)]
struct Outcome {
    /// The edits, as text.
    done: Vec<String>,
    kinds: BTreeSet<usize>,
    wrong: Vec<String>,
    lines: Vec<String>,
    config: String,
}

/// The JinaFlow for edited objects, and the objects that it renders with the foreign objects.
fn lifted(base: &Base, wanted: &[Value]) -> Result<(Lifted, String, Vec<Value>), String> {
    let document = yaml::read(&base.config).map_err(|error| error.to_string())?;
    let nodes: Vec<Node<'static>> = wanted.iter().map(|object| serde_json::from_value(object.clone()).unwrap()).collect();
    let lifted = lift(document.root.as_ref().unwrap(), &nodes).map_err(|findings| format!("{findings:?}"))?;
    let mut text = String::new();
    yaml::write(&lifted.config, &mut text);
    let mut objects = objects_of(&text)?;
    objects.extend(lifted.foreign.iter().map(kubernetes_value));
    Ok((lifted, text, objects))
}

fn sorted(objects: &[Value]) -> BTreeMap<String, &Value> {
    objects.iter().map(|object| (label(object), object)).collect()
}

/// Judges the JinaFlow for edited objects. `expected` are the places of all edits; empty if any place is right.
fn judge(base: &Base, wanted: &[Value], expected: &[String], outcome: &mut Outcome) {
    let (lifted, text, objects) = match lifted(base, wanted) {
        Ok(lifted) => lifted,
        Err(error) => return outcome.wrong.push(error),
    };
    outcome.lines = lifted.lines();
    outcome.config = text;
    outcome.wrong.extend(lifted.left.iter().map(|left| format!("left: {} {}", left.object.1, left.change.place)));
    let (one, other) = (sorted(&objects), sorted(wanted));
    for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
        if one.get(name) != other.get(name) {
            outcome.wrong.push(format!("{name} differs"));
        }
    }
    // After several edits the layers may be others, but the fields are the same.
    let is_below = |place: &str, above: &String| match above.strip_prefix('*') {
        Some(field) => place.split(['.', '[']).any(|name| name == field),
        None => place.strip_prefix(above.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])),
    };
    for (edit, place) in &lifted.edits {
        let Some(place) = place else {
            outcome.wrong.push(format!("{} {} has no place", edit.object.1, edit.change.place));
            continue;
        };
        if !expected.is_empty() && !expected.iter().any(|above| is_below(place, above)) {
            outcome.wrong.push(format!("{} is in {place}, not in {expected:?}", edit.change.place));
        }
    }
    if lifted.edits.is_empty() && !wanted.iter().eq(&base.objects) && lifted.foreign.is_empty() {
        outcome.wrong.push("no edit was found".to_owned());
    }
}

/// The places of a field: names separated by spaces, each in a layer or, after `/`, below `spec`.
fn places(fields: &str, layer: &str) -> Vec<String> {
    let place = |field: &str| field.strip_prefix('/').map_or_else(|| format!("{layer}.{field}"), str::to_owned);
    fields.split(' ').map(place).collect()
}

/// Edits that are in `defaults` if all components have them, with their fields.
const EVERYWHERE: [(&str, &str); 15] = [
    ("request of cpu", "resources"),
    ("limit of memory", "resources"),
    ("variable added", "env"),
    ("variable of a Secret", "envFromSecret"),
    ("label of everything", "labels"),
    ("annotation of everything", "annotations"),
    ("node selector", "nodeSelector"),
    ("tolerations", "tolerations"),
    ("affinity", "affinity"),
    ("priority class", "priorityClassName"),
    ("service account", "serviceAccountName"),
    ("pull secret", "imagePullSecrets"),
    ("pull policy", "imagePullPolicy"),
    ("grace period", "podTemplate"),
    ("Linkerd removed", "podTemplate"),
];

/// One edit, some edits of some components, or the same edit of all components.
fn run(seed: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut random = Random::from(seed);
    let all = kinds();
    for _ in 0..200 {
        let base = random.pick(bases());
        let workloads = Objects::workloads(&base.objects);
        if workloads.len() > FEW && !random.coin(20) {
            continue;
        }
        let mut objects = Objects { all: base.objects.clone(), name: String::new() };
        let mut expected: Vec<String> = Vec::new();
        let mut made = |kind: usize, workload: &String, random: &mut Random, objects: &mut Objects| {
            let (name, edit): (_, Edit) = all[kind];
            objects.name.clone_from(workload);
            let before = objects.all.clone();
            let Some(fields) = edit(objects, random).filter(|_| objects.all != before) else {
                objects.all = before;
                return None;
            };
            outcome.done.push(format!("{}: {name} of {workload}", base.name));
            outcome.kinds.insert(kind);
            Some(fields)
        };
        match seed % 4 {
            // A single edit.
            0 | 1 => {
                let kind = usize::try_from(seed / 4 * 2 + seed % 4).unwrap() % all.len();
                let fields = made(kind, random.pick(&workloads), &mut random, &mut objects);
                expected = fields.map(|fields| places(fields, &objects.layer())).unwrap_or_default();
            }
            // Several edits.
            2 => {
                let mut fields = Vec::new();
                for _ in 0..2 + random.below(5) {
                    let made = made(random.below(all.len()), random.pick(&workloads), &mut random, &mut objects);
                    fields.extend(made.unwrap_or_default().split([' ', '/', '.']).filter(|name| !name.is_empty()));
                }
                // An autoscaler without the labels of the other objects is not the one that `autoscale` renders.
                fields.extend(fields.contains(&"autoscale").then_some("patches"));
                expected.extend(fields.iter().map(|field| format!("*{field}")));
            }
            // The same edit everywhere, or of several components.
            _ => {
                let (kind, details, some) = (random.below(all.len()), random.seed(), random.coin(2));
                let chosen: Vec<&String> = workloads.iter().filter(|_| !some || random.coin(2)).collect();
                let edited =
                    chosen.iter().filter(|workload| made(kind, workload, &mut Random::from(details), &mut objects).is_some()).count();
                let field = EVERYWHERE.iter().find(|(name, _)| *name == all[kind].0).filter(|_| edited == workloads.len() && edited > 1);
                expected = field.map(|(_, field)| format!("defaults.{field}")).into_iter().collect();
            }
        }
        if !outcome.done.is_empty() {
            judge(base, &objects.all, &expected, &mut outcome);
            break;
        }
    }
    outcome
}

/// The JinaFlow for the edited objects of a recorded Flow.
fn lifted_from(name: &str, edit: impl Fn(&mut Objects)) -> Lifted {
    let base = bases().iter().find(|base| base.name == name).unwrap();
    let mut objects = Objects { all: base.objects.clone(), name: Objects::workloads(&base.objects)[0].clone() };
    edit(&mut objects);
    lifted(base, &objects.all).unwrap().0
}

#[test]
fn an_export_without_edits_has_none() {
    for base in bases() {
        let (lifted, _, objects) = lifted(base, &base.objects).unwrap();
        assert!(lifted.edits.is_empty() && lifted.left.is_empty() && lifted.foreign.is_empty(), "{}: {:?}", base.name, lifted.lines());
        assert_eq!(objects, base.objects);
    }
}

#[test]
fn a_deleted_object_is_left_and_a_foreign_object_is_returned() {
    let lifted = lifted_from("030-chain-of-four", |of| {
        of.all.retain(|object| label(object) != "Service/gateway");
        of.all.push(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "mine"}, "data": {"a": "eA=="}}));
        of.all
            .push(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "outside"}, "spec": {"selector": {"app": "other"}}}));
    });
    assert_eq!(lifted.lines(), ["Service gateway: removed (not in the JinaFlow)"]);
    assert_eq!(lifted.left.len(), 1);
    let foreign: Vec<&str> = lifted.foreign.iter().map(|object| object.text_at("metadata.name")).collect();
    assert_eq!(foreign, ["mine", "outside"]);
}

#[test]
fn null_is_a_missing_field() {
    let lifted = lifted_from("030-chain-of-four", |of| {
        of.pod()["nodeSelector"] = Value::Null;
        of.workload()["metadata"]["creationTimestamp"] = Value::Null;
    });
    assert_eq!(lifted.lines(), Vec::<String>::new());
}

#[test]
fn edits_are_described_in_words() {
    let lifted = lifted_from("030-chain-of-four", |of| {
        of.workload()["spec"]["replicas"] = json!(6);
        of.container()["env"].as_array_mut().unwrap().push(json!({"name": "DB_PASSWORD", "value": "s3cr3t"}));
        let last = of.configmap().unwrap();
        last["data"]["API_TOKEN"] = json!("s3cr3t");
        for object in of.all.iter_mut().filter(|object| object["kind"] == "Deployment") {
            object["spec"]["revisionHistoryLimit"] = json!(3);
        }
    });
    let lines = lifted.lines().join("\n");
    assert!(!lines.contains("s3cr3t"), "{lines}");
    crate::support::assert_recorded(&root().join("tests/it/import_random/words.txt"), &(lines + "\n"));
}

#[test]
fn edits_of_exports_are_expressed_exactly() {
    let first = number("JINAFLOW_SEED", 1) as u64;
    let cases = number("JINAFLOW_CASES", CASES);
    let next = AtomicUsize::new(0);
    let done = Mutex::new((BTreeSet::new(), 0, Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(|| {
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if case >= cases {
                        break;
                    }
                    let seed = first + case as u64;
                    let outcome = run(seed);
                    let mut done = done.lock().unwrap();
                    done.1 += usize::from(!outcome.done.is_empty());
                    done.0.extend(outcome.kinds);
                    if !outcome.wrong.is_empty() {
                        let Outcome { done: edits, wrong, lines, config, .. } = outcome;
                        let config: Vec<&str> = config.lines().filter(|line| !line.starts_with("  flow:") || cases == 1).collect();
                        done.2.push(format!("case {seed}\n{edits:#?}\n{wrong:#?}\n{}\n{}", lines.join("\n"), config.join("\n")));
                    }
                }
            });
        }
    });
    let (made, judged, mut wrong) = done.into_inner().unwrap();
    println!("{judged} cases with {} kinds of edits", made.len());
    if cases >= CASES {
        let missing: Vec<&str> = kinds().iter().enumerate().filter(|(kind, _)| !made.contains(kind)).map(|(_, (name, _))| *name).collect();
        assert!(missing.is_empty() && made.len() >= 40, "kinds that no case had: {missing:?}");
        assert!(judged >= cases * 19 / 20, "only {judged} cases could be judged");
    }
    wrong.truncate(10);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
