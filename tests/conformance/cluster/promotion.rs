//! Applies manifests, then changed manifests, and reports the effect: the objects that were refused, the workloads whose pods
//! restart, the objects that are left behind, and the requests that were lost.
//!
//! `promote` works with pods or without. Without pods (`without_pods`) a pair takes about a second: the controllers create
//! ReplicaSets and ControllerRevisions, and these show what would restart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::fixture::{Space, wait_for};
use crate::load::Client;
use crate::support::{Run, documents, label};

/// What a change did. Objects have names like `Deployment/encoder`.
#[derive(Debug, Default, PartialEq)]
pub struct Promotion {
    /// Objects of the new manifests that the API server refused, with its message.
    pub refused: Vec<(String, String)>,
    /// Objects that did not exist before.
    pub created: BTreeSet<String>,
    /// Objects whose desired state is another one.
    pub changed: BTreeSet<String>,
    /// Workloads with a new revision of their pods.
    pub restarted: BTreeSet<String>,
    /// Workloads with other replicas, and the same revision.
    pub scaled: BTreeSet<String>,
    /// Objects that are only in the old manifests, and still exist.
    pub left_behind: BTreeSet<String>,
    /// Pods that no longer exist. Without pods, always 0.
    pub replaced: usize,
    /// The report of the client that never stopped; `load.py` describes it.
    pub client: Option<Value>,
}

impl Promotion {
    /// What a person has to know, one line for each object.
    pub fn lines(&self) -> Vec<String> {
        let lines = |word: &str, names: &BTreeSet<String>| names.iter().map(|name| format!("{word} {name}")).collect::<Vec<_>>();
        let mut all = self.refused.iter().map(|(name, message)| format!("refused {name}: {message}")).collect::<Vec<_>>();
        all.extend(lines("restarted", &self.restarted));
        all.extend(lines("scaled", &self.scaled));
        all.extend(lines("left", &self.left_behind));
        all
    }
}

/// How a change is made.
#[derive(Default)]
pub struct Options<'o> {
    /// More arguments of the second `kubectl apply`.
    pub flags: &'o [&'o str],
    /// A client, with the settings of its requests. Then the pods have to become ready before and after the change.
    pub client: Option<(&'o Client<'o>, Value)>,
}

/// A namespace in which no pod can be created.
pub fn without_pods(name: &str) -> Space {
    let space = Space::new(name);
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "no-pods"}, "spec": {"hard": {"pods": "0"}}});
    space.apply(&quota.to_string());
    wait_for("the quota", 60, || {
        let quota = space.get(&["resourcequota", "no-pods"]);
        (quota["status"]["hard"]["pods"] == "0").then_some(())
    });
    space
}

/// Applies `old`, then `new`, and removes both. The manifests have no namespace, or that of `space`.
pub fn promote(space: &Space, old: &str, new: &str, options: &Options) -> Promotion {
    let first = apply(space, old, &[]);
    assert_eq!(first.refused, [], "the old manifests");
    let before = state(space, &first.types);
    let load = options.client.as_ref().map(|(client, settings)| {
        space.rolled_out();
        client.load(settings)
    });
    let pods = load.iter().flat_map(|_| uids(space)).collect::<BTreeSet<_>>();
    let second = apply(space, new, options.flags);
    let client = load.map(|load| {
        space.rolled_out();
        load.stop()
    });
    let types = &first.types | &second.types;
    let after = state(space, &types);
    let replaced = pods.difference(&if client.is_some() { uids(space) } else { BTreeSet::new() }).count();

    let mut found = Promotion { refused: second.refused, replaced, client, ..Promotion::default() };
    for (name, object) in &after.objects {
        let Some(past) = before.objects.get(name) else {
            found.created.insert(name.clone());
            continue;
        };
        if first.objects.contains(name) && !second.objects.contains(name) {
            found.left_behind.insert(name.clone());
        }
        if desired(past) != desired(object) {
            found.changed.insert(name.clone());
        }
        if before.revisions.get(name) != after.revisions.get(name) {
            found.restarted.insert(name.clone());
        } else if past["spec"]["replicas"] != object["spec"]["replicas"] {
            found.scaled.insert(name.clone());
        }
    }
    let ours = |object: &&Value| first.objects.contains(&label(object)) || second.objects.contains(&label(object));
    let names = after.objects.values().filter(ours).map(resource).collect::<Vec<_>>();
    space.kubectl(&["delete"].into_iter().chain(names.iter().map(String::as_str)).collect::<Vec<_>>());
    found
}

/// What `kubectl apply` answered.
struct Applied {
    objects: BTreeSet<String>,
    /// The types of the objects that the API server took, as `kubectl get` reads them.
    types: BTreeSet<String>,
    refused: Vec<(String, String)>,
}

fn apply(space: &Space, manifests: &str, flags: &[&str]) -> Applied {
    // kubectl has the schemas of all types that are built in. Without this flag it reads them from the server, which takes
    // most of its time: https://kubernetes.io/docs/reference/kubectl/generated/kubectl_apply/
    let run = space.kubectl_reads(manifests, &[&["apply", "--openapi-patch=false", "-f", "-"], flags].concat());
    let objects = documents(manifests);
    let answered = |object: &Value| run.stdout.lines().any(|line| line.split(' ').next() == Some(&resource(object)));
    let (taken, missing): (Vec<_>, Vec<_>) = objects.iter().partition(|object| answered(object));
    let types = taken.iter().map(|object| resource(object).split_once('/').unwrap().0.to_owned()).collect();
    let refused = refusals(&run, &missing);
    assert_eq!(run.code == 0, refused.is_empty(), "{}{}", run.stderr, run.stdout);
    Applied { objects: objects.iter().map(label).collect(), types, refused }
}

/// An object as kubectl names it: `deployment.apps/encoder`.
pub fn resource(object: &Value) -> String {
    let kind = object["kind"].as_str().unwrap().to_lowercase();
    let name = object["metadata"]["name"].as_str().unwrap();
    match object["apiVersion"].as_str().unwrap().split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{name}"),
        None => format!("{kind}/{name}"),
    }
}

/// The message about each object that kubectl did not report as applied. kubectl writes them in the order of the manifests.
/// In front of a message there can be the patch that was refused.
fn refusals(run: &Run, missing: &[&Value]) -> Vec<(String, String)> {
    let mut messages: Vec<String> = Vec::new();
    for line in run.stderr.lines().filter(|line| !line.starts_with("Warning: ")) {
        let begins = ["Error from server", "error: ", "The ", "["].iter().any(|word| line.starts_with(word));
        if begins || messages.is_empty() {
            messages.push(String::new());
        }
        let message = messages.last_mut().unwrap();
        message.push_str(if message.is_empty() { "" } else { "\n" });
        message.push_str(line);
    }
    let about = |text: &str, object: &Value| {
        let (kind, name) = (object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap());
        let group = object["apiVersion"].as_str().unwrap().split_once('/').map_or("", |(group, _)| group);
        let all = |words: &[String]| words.iter().all(|word| text.contains(word));
        all(&[format!("{kind} \"{name}\"")])
            || all(&[format!("{kind}.{group} \"{name}\"")])
            || all(&[format!("Kind={kind}\""), format!("Name: \"{name}\"")])
            || all(&[format!("kind \"{kind}\""), format!("name: \"{name}\"")])
    };
    let refused = |object: &&Value| {
        let text = messages.iter().find(|text| about(text, object));
        // Of a field of another type, the message has no name.
        let text = text.or_else(|| messages.iter().find(|text| !missing.iter().any(|object| about(text, object))));
        let text = text.unwrap_or_else(|| panic!("no message about {}\n{}", label(object), run.stderr));
        let end = ["error when patching \"STDIN\": ", "error when creating \"STDIN\": "];
        let message = end.iter().find_map(|words| text.rsplit_once(words)).map_or(text.as_str(), |(_, message)| message);
        (label(object), message.trim().to_owned())
    };
    missing.iter().map(refused).collect()
}

/// What exists in the namespace.
struct State {
    objects: BTreeMap<String, Value>,
    /// The revision of the pods of each workload: the name of its ReplicaSet or of its ControllerRevision.
    revisions: BTreeMap<String, String>,
}

/// The objects of these types, when the controllers have seen all workloads.
fn state(space: &Space, types: &BTreeSet<String>) -> State {
    let types = types.iter().map(String::as_str).chain(["replicasets.apps"]).collect::<Vec<_>>().join(",");
    wait_for("the controllers", 120, || {
        let list = space.get(&[&types]);
        let items = list["items"].as_array().unwrap();
        let (sets, objects): (Vec<_>, Vec<_>) = items.iter().partition(|object| object["kind"] == "ReplicaSet");
        let mut revisions = BTreeMap::new();
        for object in &objects {
            let revision = match object["kind"].as_str().unwrap() {
                "Deployment" => newest(&sets, object),
                "StatefulSet" => object["status"]["updateRevision"].as_str(),
                _ => continue,
            };
            let seen = object["status"]["observedGeneration"].as_u64() >= object["metadata"]["generation"].as_u64();
            revisions.insert(label(object), revision.filter(|_| seen)?.to_owned());
        }
        // The cluster writes these by itself.
        let own = |object: &&Value| object["metadata"]["name"] != "kube-root-ca.crt";
        Some(State { objects: objects.into_iter().filter(own).map(|object| (label(object), object.clone())).collect(), revisions })
    })
}

/// The ReplicaSet with the newest revision of a Deployment. If an earlier revision comes back, it gets the newest number.
pub fn newest<'s>(sets: &[&'s Value], deployment: &Value) -> Option<&'s str> {
    let owned = |set: &&&Value| set["metadata"]["ownerReferences"][0]["uid"] == deployment["metadata"]["uid"];
    let number = |set: &&&Value| set["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str()?.parse::<u64>().ok();
    sets.iter().filter(owned).max_by_key(number)?["metadata"]["name"].as_str()
}

/// An object without what the cluster and kubectl write into it.
pub fn desired(object: &Value) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove("status");
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in ["resourceVersion", "generation", "managedFields"] {
        metadata.remove(field);
    }
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        annotations.remove("deployment.kubernetes.io/revision");
    }
    object
}

fn uids(space: &Space) -> BTreeSet<String> {
    let pods = space.get(&["pods", "--selector", "flow.jina.ai/component"]);
    pods["items"].as_array().unwrap().iter().map(|pod| pod["metadata"]["uid"].to_string()).collect()
}
