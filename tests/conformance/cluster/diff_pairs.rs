//! What `jinaflow diff` says about pairs of manifests, and what the API server and the controllers do with them.
//!
//! Many chains of manifests are applied at the same time, each in a namespace of its own in which no pod can be created. In each
//! round, every chain advances by one side: one `kubectl apply` for many namespaces, then one `kubectl get` for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use serde_json::{Value, json};

use crate::diff_overlays;
use crate::fixture::{on_node, wait_for};
use crate::promotion::{desired, newest, resource};
use crate::support::pairs::{Chain, Effects, NAMESPACE, Side, chains, name};
use crate::support::{self, Run, recording, root, scratch};
use crate::tools::static_binary;

/// Sides that the API server refuses also if they are new, because a value is not valid. They are in no pair.
const NOT_VALID: &[&str] = &[
    "deployment 8: /spec/template/spec/containers/0/readinessProbe: {\"httpGet\":{\"path\":\"/\",\"port\":\"8080\"}}",
    "fields 9: defaults: {affinity: {nodeAffinity: {a: [1]}}}",
];

/// The namespace of a chain, which exists before it.
const OWN_NAMESPACE: &str = "Namespace/CHAIN-SPACE";

/// `kubectl` processes that apply at the same time. Each sends up to 50 requests per second.
const PROCESSES: usize = 3;

/// How a chain is applied.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// `kubectl apply`.
    Client,
    /// `kubectl apply --server-side`.
    Server,
}

/// What a person does after each apply, as arguments of kubectl.
type Touch = &'static [&'static str];

/// A chain in its namespace.
struct Place {
    namespace: String,
    chain: Chain,
    way: Way,
    touch: Option<Touch>,
    /// The side that is applied, and the side that comes next.
    now: usize,
    next: usize,
}

impl Place {
    fn old(&self) -> &Side {
        &self.chain.sides[self.now]
    }

    fn following(&self) -> Option<&Side> {
        self.chain.sides.get(self.next)
    }

    fn is_ours(&self, namespace: &str) -> bool {
        namespace == self.namespace || namespace.strip_prefix(&self.namespace) == Some("-b")
    }

    fn name_of(&self, object: &Value) -> String {
        let metadata = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        name(object["kind"].as_str().unwrap(), metadata("namespace"), metadata("name"), &self.namespace)
    }

    /// The same for an object of a side, which has no real namespace.
    fn name_in(&self, object: &Value) -> String {
        let metadata = |field: &str| object["metadata"][field].as_str().unwrap_or_default().replace(NAMESPACE, &self.namespace);
        name(object["kind"].as_str().unwrap(), &metadata("namespace"), &metadata("name"), &self.namespace)
    }

    fn names(&self, side: &Side) -> BTreeSet<String> {
        support::documents(&side.stream(&self.namespace)).iter().map(|object| self.name_of(object)).collect()
    }
}

/// What exists in the namespaces of a chain.
#[derive(Clone, Default)]
struct State {
    objects: BTreeMap<String, Value>,
    /// The name of the newest ReplicaSet or ControllerRevision of each workload.
    revisions: BTreeMap<String, String>,
    /// Everything, as `kubectl get --output json` prints it.
    all: Vec<Value>,
}

fn kubectl(args: &[&str], input: &str) -> Run {
    support::run(on_node("kubectl", args), input.as_bytes())
}

fn get(types: &BTreeSet<String>) -> Vec<Value> {
    let types = types.iter().map(String::as_str).collect::<Vec<_>>().join(",");
    let run = kubectl(&["get", &types, "--all-namespaces", "--output", "json", "--ignore-not-found"], "");
    assert_eq!(run.code, 0, "{}", run.stderr);
    if run.stdout.trim().is_empty() {
        return Vec::new();
    }
    let mut list: Value = serde_json::from_str(&run.stdout).unwrap();
    std::mem::take(list["items"].as_array_mut().unwrap())
}

/// The end of the manifests of a namespace, so that the lines that kubectl prints belong to one namespace.
fn mark(namespace: &str) -> String {
    let mark =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("end-of-{namespace}"), "namespace": namespace}});
    format!("---\n{mark}\n")
}

fn is_mark(object: &Value) -> bool {
    object["metadata"]["name"].as_str().unwrap().starts_with("end-of-")
}

/// Applies a side of each place. Returns the names of the objects that the API server refused, and its messages.
fn apply(work: &[(&Place, &Side)]) -> Vec<(BTreeSet<String>, String)> {
    let size = work.len().div_ceil(PROCESSES).max(1);
    let mut answers: BTreeMap<String, (BTreeSet<String>, String)> = BTreeMap::new();
    for way in [Way::Client, Way::Server] {
        let of_way = work.iter().filter(|(place, _)| place.way == way).copied().collect::<Vec<_>>();
        thread::scope(|scope| {
            let running = of_way.chunks(size).map(|chunk| scope.spawn(move || apply_in_one(chunk, way))).collect::<Vec<_>>();
            for process in running {
                answers.extend(process.join().unwrap());
            }
        });
    }
    work.iter().map(|(place, _)| answers.remove(&place.namespace).unwrap()).collect()
}

fn apply_in_one(work: &[(&Place, &Side)], way: Way) -> Vec<(String, (BTreeSet<String>, String))> {
    let mut stream = String::new();
    for (place, side) in work {
        stream.push_str(&side.stream(&place.namespace));
        stream.push_str(&mark(&place.namespace));
    }
    let args: &[&str] = match way {
        Way::Client => &["apply", "--openapi-patch=false", "-f", "-"],
        Way::Server => &["apply", "--server-side", "--force-conflicts", "-f", "-"],
    };
    let run = kubectl(args, &stream);
    let mut lines = run.stdout.lines().map(|line| line.split(' ').next().unwrap()).peekable();
    let mut answers = Vec::new();
    for (place, side) in work {
        let mut refused = BTreeSet::new();
        let objects = support::documents(&format!("{}{}", side.stream(&place.namespace), mark(&place.namespace)));
        for object in &objects {
            if lines.peek() == Some(&&*resource(object)) {
                lines.next();
            } else {
                assert!(!is_mark(object), "{}\n{}", place.namespace, run.stderr);
                refused.insert(place.name_of(object));
            }
        }
        let begins = |line: &str| ["Error from server", "error: ", "The "].iter().any(|word| line.starts_with(word));
        let mut messages: Vec<String> = Vec::new();
        for line in run.stderr.lines() {
            if begins(line) || messages.is_empty() {
                messages.push(String::new());
            }
            writeln!(messages.last_mut().unwrap(), "{line}").unwrap();
        }
        messages.retain(|message| message.contains(&place.namespace));
        answers.push((place.namespace.clone(), (refused, messages.concat())));
    }
    assert_eq!(lines.next(), None, "{}\n{}", run.stdout, run.stderr);
    answers
}

/// Types of workloads, and of what controllers make of them.
const OF_WORKLOADS: [&str; 5] =
    ["deployments.apps", "statefulsets.apps", "daemonsets.apps", "replicasets.apps", "controllerrevisions.apps"];

/// The state of all places, when the controllers have seen all workloads.
fn states(places: &[&Place], types: &BTreeSet<String>) -> Vec<State> {
    let own: BTreeSet<String> = OF_WORKLOADS.map(str::to_owned).into();
    let mut found: Vec<Value> = wait_for("the controllers", 240, || {
        let items = get(&own);
        let is_ours = |object: &Value| {
            let namespace = object["metadata"]["namespace"].as_str().unwrap();
            places.iter().any(|place| place.is_ours(namespace))
        };
        let items = items.into_iter().filter(is_ours).collect::<Vec<_>>();
        items.iter().all(|object| revision(object, &items).is_some()).then_some(items)
    });
    found.extend(wait_for("the claims", 120, || {
        let items = get(&types.difference(&own).cloned().collect());
        let is_bound = |object: &Value| {
            let is_for_claim = object["kind"] == "PersistentVolume" && places.iter().any(|place| place.is_ours(claim_of(object)));
            !is_for_claim || object["status"]["phase"] == "Bound"
        };
        items.iter().all(is_bound).then_some(items)
    }));
    let mut states = vec![State::default(); places.len()];
    for object in found {
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let cluster_wide = |place: &Place| object["metadata"]["name"].as_str().unwrap().contains(&place.namespace);
        let is_of = |place: &Place| place.is_ours(namespace) || (namespace.is_empty() && cluster_wide(place));
        if let Some(at) = places.iter().position(|place| is_of(place)) {
            states[at].all.push(object);
        }
    }
    for (state, place) in states.iter_mut().zip(places) {
        for object in &state.all {
            let is_of_controller = object["metadata"]["ownerReferences"][0]["controller"] == true;
            let own = object["metadata"]["name"] == "kube-root-ca.crt" || object["metadata"]["name"] == "default";
            if is_of_controller || own || is_mark(object) || object["kind"] == "ControllerRevision" {
                continue;
            }
            let name = place.name_of(object);
            if let Some(revision) = revision(object, &state.all).filter(|revision| !revision.is_empty()) {
                state.revisions.insert(name.clone(), revision);
            }
            state.objects.insert(name, object.clone());
        }
    }
    states
}

/// The namespace of the claim of a volume.
fn claim_of(volume: &Value) -> &str {
    volume["spec"]["claimRef"]["namespace"].as_str().unwrap_or_default()
}

/// The newest revision of the pods of a workload. `None` if its controller has not seen it.
fn revision(object: &Value, all: &[Value]) -> Option<String> {
    let is_seen = || object["status"]["observedGeneration"].as_u64() >= object["metadata"]["generation"].as_u64();
    let of_kind = |kind: &str| all.iter().filter(|object| object["kind"] == kind).collect::<Vec<_>>();
    let found = match object["kind"].as_str().unwrap() {
        "Deployment" => match newest(&of_kind("ReplicaSet"), object) {
            // The controller of a paused Deployment makes no ReplicaSet.
            None if object["spec"]["paused"] == true => Some(String::new()),
            found => found.map(str::to_owned),
        },
        "StatefulSet" => object["status"]["updateRevision"].as_str().map(str::to_owned),
        "DaemonSet" => {
            let revisions = of_kind("ControllerRevision");
            let owned = revisions.iter().filter(|revision| revision["metadata"]["ownerReferences"][0]["uid"] == object["metadata"]["uid"]);
            owned
                .max_by_key(|revision| revision["revision"].as_u64())
                .and_then(|revision| revision["metadata"]["name"].as_str())
                .map(str::to_owned)
        }
        _ => return Some(String::new()),
    };
    found.filter(|_| is_seen())
}

/// What the apply of the new side did.
fn done(place: &Place, new: &Side, refused: BTreeSet<String>, before: &State, after: &State) -> Effects {
    let (old_names, new_names) = (place.names(place.old()), place.names(new));
    let autoscaled = &place.old().autoscaled() | &new.autoscaled();
    let mut found = Effects { refused, ..Effects::default() };
    for (name, object) in &after.objects {
        let Some(past) = before.objects.get(name) else {
            // Controllers create objects, too.
            if new_names.contains(name) {
                found.created.insert(name.clone());
            }
            continue;
        };
        if old_names.contains(name) && !new_names.contains(name) {
            found.left.insert(name.clone());
        }
        let without_pods = |object: &Value| {
            let mut object = comparable(object);
            if autoscaled.contains(name) {
                object["spec"]["replicas"] = Value::Null;
            }
            object
        };
        if without_pods(past) != without_pods(object) {
            found.changed.insert(name.clone());
        }
        if before.revisions.get(name) != after.revisions.get(name) {
            found.restarted.insert(name.clone());
        } else if !autoscaled.contains(name) && past["spec"]["replicas"] != object["spec"]["replicas"] {
            found.scaled.insert(name.clone());
        }
    }
    // The namespace exists before.
    if new_names.contains(OWN_NAMESPACE) && !old_names.contains(OWN_NAMESPACE) {
        found.changed.remove(OWN_NAMESPACE);
        found.created.insert(OWN_NAMESPACE.to_owned());
    }
    found
}

/// An object without what says nothing about what runs: the notes of jinaflow and kustomize.
pub fn comparable(object: &Value) -> Value {
    let mut object = desired(object);
    if object["kind"] == "StatefulSet" {
        // With an explicit type, the API server does not store the default partition. Both do the same.
        let strategy = &mut object["spec"]["updateStrategy"];
        if strategy["type"] == "RollingUpdate" {
            let bounds = strategy["rollingUpdate"].as_object().cloned().unwrap_or_default();
            let bound = |field: &str, default: u64| bounds.get(field).cloned().unwrap_or_else(|| default.into());
            strategy["rollingUpdate"] = json!({"partition": bound("partition", 0), "maxUnavailable": bound("maxUnavailable", 1)});
        }
    }
    if let Some(annotations) = object["metadata"].get_mut("annotations").and_then(Value::as_object_mut) {
        let notes =
            ["flow.jina.ai/rendered", "flow.jina.ai/object", "flow.jina.ai/external", "config.kubernetes.io/", "deprecated.daemonset."];
        annotations.retain(|key, _| !notes.iter().any(|note| key.starts_with(note)));
        if annotations.is_empty() {
            object["metadata"].as_object_mut().unwrap().remove("annotations");
        }
    }
    object
}

/// `jinaflow diff` of two sides as JSON.
pub fn diff(old: &Path, new: &Path, is_live: bool) -> (i32, Value) {
    let mut command = Command::new(static_binary());
    command.args(["diff", "--output", "json"]).args(is_live.then_some("--live")).arg(old).arg(new).env_clear();
    let run = support::run(command, b"");
    let document = serde_json::from_str(&run.stdout);
    (run.code, document.unwrap_or_else(|error| panic!("{error}: {} {}\n{}", old.display(), new.display(), run.stderr)))
}

/// The results of all pairs.
#[derive(Default)]
struct Report {
    pairs: usize,
    live: usize,
    disagreements: Vec<String>,
    /// Names of sides that are not valid.
    not_valid: BTreeSet<String>,
    /// What was done, by chain and pair.
    recorded: BTreeMap<String, Vec<Value>>,
}

/// Compares the effects of an apply with the output of `jinaflow diff`, from the manifests and from the state of the cluster.
fn judge(place: &Place, new: &Side, done: &Effects, before: &State, messages: &str, report: &mut Report) {
    let folder = scratch("pair");
    let write = |name: &str, text: &str| -> PathBuf {
        fs::write(folder.join(name), text).unwrap();
        folder.join(name)
    };
    let old_file = write("old.yaml", &place.old().stream(&place.namespace));
    let new_file = write("new.yaml", &new.stream(&place.namespace));
    let has_namespace = place.names(place.old()).contains(OWN_NAMESPACE);
    let is_own = |object: &Value| has_namespace && object["metadata"]["name"] == place.namespace.as_str();
    let is_live = |object: &&Value| !is_mark(object) && (object["kind"] != "Namespace" || is_own(object));
    let live: Vec<&Value> = before.all.iter().filter(is_live).collect();
    let live_file = write("live.json", &json!({"apiVersion": "v1", "kind": "List", "items": live}).to_string());
    let mut said = Vec::new();
    if place.touch.is_none() {
        said.push(("diff OLD NEW", diff(&old_file, &new_file, false)));
        report.pairs += 1;
    }
    said.push(("diff --live OLD NEW", diff(&live_file, &new_file, true)));
    report.live += 1;
    let targets = &place.old().autoscaled() | &new.autoscaled();
    let has_flow = |object: &&Value| object["metadata"]["labels"]["flow.jina.ai/flow"].is_string();
    let has_flows = new.objects.iter().any(|object| has_flow(&object));
    let foreign: Vec<String> =
        place.old().objects.iter().filter(|object| has_flows && !has_flow(object)).map(|object| place.name_in(object)).collect();
    let mut is_wrong = false;
    for (what, (code, document)) in said {
        let claimed = Effects::claimed(&document, &place.namespace);
        let mut wrong = Effects::disagreements(done, &claimed);
        wrong.retain(|line| !targets.iter().any(|target| line.starts_with(&format!("scaled {target}:"))));
        if what.contains("--live") {
            // Of a cluster, only objects of the Flows of NEW are compared.
            wrong.retain(|line| !foreign.iter().any(|name| *line == format!("left {name}: done, not said")));
        }
        let is_changed = document["summary"]["hasChanges"].as_bool().unwrap();
        if i32::from(is_changed) != code {
            wrong.push(format!("exit code {code}, changes: {is_changed}"));
        }
        if !wrong.is_empty() {
            is_wrong = true;
            let text = format!(
                "{} ({} → {}): {what} in {}\n    {}{}",
                place.chain.name,
                place.old().name,
                new.name,
                folder.display(),
                wrong.join("\n    "),
                messages.lines().take(30).map(|line| format!("\n      {line}")).collect::<String>(),
            );
            println!("{text}");
            report.disagreements.push(text);
        }
    }
    let (code, same) = diff(&new_file, &new_file, false);
    if code != 0 || Effects::claimed(&same, &place.namespace) != Effects::default() {
        is_wrong = true;
        report.disagreements.push(format!("{} {}: not equal to itself: {}", place.chain.name, new.name, new_file.display()));
    }
    if !is_wrong {
        fs::remove_dir_all(folder).unwrap();
    }
}

/// The objects of both sides with fields that the API server keeps when a manifest no longer sets them. After a pair they are not as
/// the apply of the new side alone would create them.
fn kept_by_server(place: &Place, new: &Side) -> BTreeSet<String> {
    let names = place.names(new);
    let mut found: BTreeSet<String> = (&place.old().autoscaled() | &new.autoscaled()).intersection(&names).cloned().collect();
    for old in &place.old().objects {
        let is_same = |object: &&Value| place.name_in(object) == place.name_in(old);
        let Some(object) = new.objects.iter().find(is_same) else { continue };
        let differs = match old["kind"].as_str().unwrap() {
            "Service" => old["spec"] != object["spec"],
            "Secret" => old != object,
            // The account is in two fields, and the default of a pull policy is that of the first image.
            "Deployment" | "StatefulSet" | "DaemonSet" => {
                let kept = |object: &Value| {
                    let spec = &object["spec"]["template"]["spec"];
                    let image = |container: &Value| json!([container["image"], container["imagePullPolicy"]]);
                    let images = spec["containers"].as_array().into_iter().flatten().map(image).collect::<Vec<_>>();
                    json!([spec["serviceAccountName"], spec["serviceAccount"], images])
                };
                kept(old) != kept(object)
            }
            // The volume is for the claim that bound it.
            "PersistentVolumeClaim" | "PersistentVolume" => {
                place.old().objects.iter().zip(&new.objects).any(|(old, new)| old["spec"] != new["spec"])
            }
            _ => false,
        };
        if differs {
            found.insert(place.name_in(object));
        }
    }
    found
}

/// Creates the namespaces, in which no pod can be created.
fn prepare(namespaces: &[String]) {
    let setup = namespaces.iter().map(|name| {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let metadata = json!({"name": "end-of-pods", "namespace": name});
        let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": {"hard": {"pods": "0"}}});
        format!("---\n{namespace}\n---\n{quota}\n")
    });
    let created = kubectl(&["apply", "-f", "-"], &setup.collect::<String>());
    assert_eq!(created.code, 0, "{}", created.stderr);
    wait_for("the quotas", 120, || {
        let quotas = get(&BTreeSet::from(["resourcequotas".to_owned()]));
        let is_ours = |quota: &Value| namespaces.iter().any(|name| quota["metadata"]["namespace"] == **name);
        let are_set = quotas.iter().filter(|quota| quota["status"]["hard"]["pods"] == "0" && is_ours(quota)).count();
        (are_set == namespaces.len()).then_some(())
    });
}

/// Deletes the namespaces, and the objects without one that have their names.
fn clean(namespaces: &[String]) {
    let kinds = "clusterroles,priorityclasses,storageclasses,runtimeclasses,ingressclasses,persistentvolumes";
    let found = kubectl(&["get", kinds, "--output", "name"], "");
    let ours = found.stdout.lines().filter(|line| namespaces.iter().any(|namespace| line.contains(namespace.as_str())));
    let mut rest = ours.map(str::to_owned).collect::<Vec<_>>();
    rest.extend(namespaces.iter().map(|namespace| format!("namespace/{namespace}")));
    kubectl(&["delete", "--wait=false"].into_iter().chain(rest.iter().map(String::as_str)).collect::<Vec<_>>(), "");
}

/// Applies sides where nothing is in their way. Returns whether each is valid.
fn apply_as_new(work: &[(&Place, &Side)], report: &mut Report) -> Vec<bool> {
    let mut valid = Vec::new();
    for ((refused, messages), (place, side)) in apply(work).into_iter().zip(work) {
        if !refused.is_empty() {
            println!("not valid: {} {}\n{messages}", place.chain.name, side.name);
            report.not_valid.insert(format!("{}: {}", place.chain.name, side.name));
        }
        valid.push(refused.is_empty());
    }
    valid
}

/// The places whose state is not that of their new side alone.
#[derive(Default)]
struct Reset {
    touched: BTreeSet<usize>,
    /// The places whose new side is not valid. They have their old side again.
    invalid: BTreeSet<usize>,
}

/// Removes the objects that were refused or left behind, so that the next pair begins with its old side and nothing else.
fn reset(work: &[(&Place, &Side)], answers: &[(BTreeSet<String>, String)], after: &[State], report: &mut Report) -> Reset {
    let mut removed = String::new();
    let (mut again, mut reset) = (Vec::new(), Reset::default());
    for (at, (place, new)) in work.iter().enumerate() {
        let (old_names, new_names) = (place.names(place.old()), place.names(new));
        let (refused, kept) = (&answers[at].0, kept_by_server(place, new));
        let remove = refused.iter().chain(&kept).chain(old_names.difference(&new_names)).filter(|name| !name.starts_with("Namespace/"));
        for object in remove.filter_map(|name| after[at].objects.get(name)) {
            let metadata = json!({"name": object["metadata"]["name"], "namespace": object["metadata"]["namespace"]});
            let object = json!({"apiVersion": object["apiVersion"], "kind": object["kind"], "metadata": metadata});
            writeln!(removed, "---\n{object}").unwrap();
        }
        if !refused.is_empty() || !kept.is_empty() {
            again.push(at);
        }
        if !refused.is_empty() || !kept.is_empty() || !old_names.is_subset(&new_names) {
            reset.touched.insert(at);
        }
    }
    let delete = |manifests: &str| {
        if !manifests.is_empty() {
            let run = kubectl(&["delete", "-f", "-", "--ignore-not-found"], manifests);
            assert_eq!(run.code, 0, "{}", run.stderr);
        }
    };
    delete(&removed);
    let valid = apply_as_new(&again.iter().map(|at| work[*at]).collect::<Vec<_>>(), report);
    reset.invalid = again.iter().zip(&valid).filter(|(_, valid)| !**valid).map(|(at, _)| *at).collect();
    let invalid = reset.invalid.iter().map(|at| work[*at]);
    let half = invalid.clone().map(|(place, new)| {
        let objects = new.objects.iter().filter(|object| object["kind"] != "Namespace").cloned().collect();
        Side::new("", objects).stream(&place.namespace)
    });
    delete(&half.collect::<String>());
    let back = invalid.map(|(place, _)| (place, place.old())).collect::<Vec<_>>();
    for ((refused, messages), (place, side)) in apply(&back).iter().zip(&back) {
        assert!(refused.is_empty(), "{}, {}: {refused:?} {messages}", place.chain.name, side.name);
    }
    reset
}

/// Applies all chains, side by side, and compares.
fn run(mut places: Vec<Place>) -> Report {
    let mut report = Report::default();
    let namespaces = places.iter().flat_map(|place| [place.namespace.clone(), format!("{}-b", place.namespace)]).collect::<Vec<_>>();
    prepare(&namespaces);
    let all = places.iter().flat_map(|place| &place.chain.sides).flat_map(|side| &side.objects);
    let types: BTreeSet<String> = all.map(|object| resource(object).split_once('/').unwrap().0.to_owned()).collect();
    let valid = apply_as_new(&places.iter().map(|place| (place, place.old())).collect::<Vec<_>>(), &mut report);
    places = places.into_iter().zip(valid).filter(|(_, valid)| *valid).map(|(place, _)| place).collect();
    let mut known: BTreeMap<String, State> = BTreeMap::new();
    loop {
        places.retain(|place| place.following().is_some());
        if places.is_empty() {
            break;
        }
        let now = Instant::now();
        touch(&places);
        let unknown = places.iter().filter(|place| place.touch.is_some() || !known.contains_key(&place.namespace)).collect::<Vec<_>>();
        if !unknown.is_empty() {
            let found = states(&unknown, &types);
            known.extend(unknown.iter().map(|place| place.namespace.clone()).zip(found));
        }
        let work = places.iter().map(|place| (place, place.following().unwrap())).collect::<Vec<_>>();
        let answers = apply(&work);
        let applied = now.elapsed();
        let after = states(&places.iter().collect::<Vec<_>>(), &types);
        let settled = now.elapsed();
        let reset = reset(&work, &answers, &after, &mut report);
        for (at, (place, new)) in work.iter().enumerate().filter(|(at, _)| !reset.invalid.contains(at)) {
            let before = &known[&place.namespace];
            let done = done(place, new, answers[at].0.clone(), before, &after[at]);
            judge(place, new, &done, before, &answers[at].1, &mut report);
            if place.touch.is_none() {
                let facts = json!([place.now, place.next, done.to_json()]);
                report.recorded.entry(place.chain.name.clone()).or_default().push(facts);
            }
        }
        for (at, state) in after.into_iter().enumerate() {
            let place = &mut places[at];
            if reset.touched.contains(&at) {
                known.remove(&place.namespace);
            } else {
                known.insert(place.namespace.clone(), state);
            }
            if !reset.invalid.contains(&at) {
                place.now = place.next;
            }
            place.next += 1;
        }
        let (pairs, chains) = (report.pairs, places.len());
        println!("{pairs} pairs; {chains} chains: applied after {applied:?}, settled after {settled:?}, in all {:?}", now.elapsed());
    }
    clean(&namespaces);
    report
}

fn touch(places: &[Place]) {
    thread::scope(|scope| {
        for place in places {
            if let Some(args) = place.touch {
                scope.spawn(move || {
                    let run = kubectl(&[&["--namespace", &place.namespace], args].concat(), "");
                    let is_paused = run.stderr.contains("can't restart paused deployment");
                    assert!(run.code == 0 || is_paused, "{}", run.stderr);
                });
            }
        }
    });
}

/// Chains that a person disturbs after each apply, and chains that are applied by the server.
fn more() -> Vec<(Chain, Way, Option<Touch>)> {
    let take = |begin: &str, most: usize| chains().into_iter().filter(|chain| chain.name.starts_with(begin)).take(most).collect::<Vec<_>>();
    let mut all = Vec::new();
    for (word, touch) in
        [("scale", &["scale", "deployment", "web", "--replicas", "5"] as Touch), ("restart", &["rollout", "restart", "deployment", "web"])]
    {
        for chain in take("deployment 1", 1).into_iter().chain(take("random deployment 0", 1)) {
            all.push((Chain { name: format!("{word} before {}", chain.name), ..chain }, Way::Client, Some(touch)));
        }
    }
    for chain in take("random statefulset 0", 1).into_iter().chain(take("random service 0", 1)).chain(take("random deployment 16", 1)) {
        all.push((Chain { name: format!("server-side {}", chain.name), ..chain }, Way::Server, None));
    }
    all
}

/// What a run applies of a chain. `JINAFLOW_PAIRS=all` applies all chains. Without it, those of fields and overlays are applied, and of
/// the others the first of each kind with its first sides: tests/it/diff_facts.json has what the cluster did with the rest.
fn selected(mut chain: Chain, wanted: &str) -> Option<Chain> {
    const SIDES: usize = 7;
    if wanted.is_empty() {
        let is_whole = ["fields ", "overlays ", "promotions ", "components "].iter().any(|begin| chain.name.starts_with(begin));
        let number = chain.name.rsplit_once(' ').and_then(|(_, number)| number.parse::<u32>().ok());
        if !is_whole {
            chain.sides.truncate(SIDES);
        }
        return (is_whole || number.is_none_or(|number| number <= 1)).then_some(chain);
    }
    (wanted == "all" || wanted.split(',').any(|wanted| chain.name.contains(wanted))).then_some(chain)
}

#[test]
fn a_diff_says_what_the_cluster_does() {
    let now = Instant::now();
    let whole = if recording() { "all" } else { "" };
    let wanted = std::env::var("JINAFLOW_PAIRS").unwrap_or_else(|_| whole.to_owned());
    let all = chains().into_iter().chain(diff_overlays::chains()).map(|chain| (chain, Way::Client, None)).chain(more());
    let all = all.filter_map(|(chain, way, touch)| Some((selected(chain, &wanted)?, way, touch))).enumerate();
    let places = all
        .map(|(number, (chain, way, touch))| {
            let namespace = format!("diff-{}-{number:03}", std::process::id());
            Place { namespace, chain, way, touch, now: 0, next: 1 }
        })
        .collect::<Vec<_>>();
    let sides_of = |place: &Place| place.chain.sides.iter().map(|side| format!("{}: {}", place.chain.name, side.name)).collect::<Vec<_>>();
    let sides: BTreeSet<String> = places.iter().flat_map(sides_of).collect();
    // Each half gets every second chain, so that both take as long.
    let halves: (Vec<_>, Vec<_>) = places.into_iter().enumerate().partition(|(number, _)| number % 2 == 0);
    let halves = [halves.0, halves.1].map(|half| half.into_iter().map(|(_, place)| place).collect::<Vec<_>>());
    let reports = thread::scope(|scope| {
        let halves = halves.map(|half| scope.spawn(move || run(half)));
        halves.map(|half| half.join().unwrap())
    });
    let mut report = Report::default();
    for mut part in reports {
        report.pairs += part.pairs;
        report.live += part.live;
        report.disagreements.append(&mut part.disagreements);
        report.not_valid.append(&mut part.not_valid);
        report.recorded.append(&mut part.recorded);
    }
    println!("{} pairs, {} with the state of the cluster, in {:?}", report.pairs, report.live, now.elapsed());
    if recording() {
        let version: Value = serde_json::from_str(&kubectl(&["version", "--output", "json"], "").stdout).unwrap();
        // The builds of kustomize are not part of the recording, because only its programs make them again.
        let again = chains().into_iter().map(|chain| chain.name).collect::<BTreeSet<_>>();
        report.recorded.retain(|name, _| again.contains(name));
        let file = root().join("tests/it/diff_facts.json");
        let known: Value = fs::read_to_string(&file).map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
        let mut all: BTreeMap<String, Value> =
            known["chains"].as_object().into_iter().flatten().map(|(name, facts)| (name.clone(), facts.clone())).collect();
        all.retain(|name, _| again.contains(name));
        all.extend(report.recorded.iter().map(|(name, facts)| (name.clone(), json!(facts))));
        let lines = all.iter().map(|(name, facts)| format!("{}: {facts}", json!(name))).collect::<Vec<_>>();
        let version = &version["serverVersion"]["gitVersion"];
        let text = format!("{{\"kubernetes\": {version}, \"chains\": {{\n{}\n}}}}\n", lines.join(",\n"));
        fs::write(file, text).unwrap();
    }
    assert!(report.disagreements.is_empty(), "{} disagreements\n{}", report.disagreements.len(), report.disagreements.join("\n"));
    let expected: BTreeSet<String> = NOT_VALID.iter().map(|name| (*name).to_owned()).filter(|name| sides.contains(name)).collect();
    assert_eq!(report.not_valid, expected);
}
