//! Adoption of an export of Jina: the render merges into the exported objects, every edit stays, and all other fields follow the
//! Flow.

mod corrections;
mod displaced;
mod edits;
mod folder;
mod lists;
mod live;
mod package;
mod refusals;

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::random::{Random, number};
use crate::support::{RECORD, assert_recorded, recorded, root};
use edits::{KINDS, edit};
use package::{Adopted, Objects, Package, canonical, objects};

/// The export of Jina with `replicas: 6` for the encoder, and the Flow that it was exported from.
fn example() -> Package {
    let folder = root().join("tests/it/adoption/edited");
    let flow = fs::read_to_string(folder.join("flow.yml")).unwrap();
    let files = crate::support::tree(&folder).into_iter().filter(|(name, _)| name.contains('/')).collect();
    Package { files, spec: json!({"flow": flow}), namespace: "search".to_owned() }
}

fn with_compat(mut package: Package) -> Package {
    package.spec["compat"] = "jina-3.34".into();
    package
}

fn encoder(adopted: &Adopted) -> Value {
    adopted.objects[&("Deployment".to_owned(), "encoder".to_owned())].clone()
}

#[test]
fn edits_of_an_export_stay_and_all_else_follows_the_flow() {
    let adopted = example().adopt();
    assert_eq!(adopted.codes(), ["adoption-needs-delete"]);
    assert_eq!(adopted.summary[0], "jinaflow: search: 5 added, 15 adopted, 2 fields kept because edited");
    assert_eq!(
        adopted.summary[1..],
        ["jinaflow: search: your edits of the Deployment search/encoder stay: spec.replicas, \
          spec.template.spec.containers[0].resources"]
    );
    let (deployment, fresh) = (encoder(&adopted), example().fresh());
    let mut expected = fresh[&("Deployment".to_owned(), "encoder".to_owned())].clone();
    expected["spec"]["replicas"] = 6.into();
    expected["spec"]["template"]["spec"]["containers"][0]["resources"] = json!({"limits": {"memory": "8Gi"}});
    assert_eq!(canonical(&deployment), canonical(&expected));
    // The objects stay in their files, and their order there does not change.
    let order = |objects: &Value| -> Vec<String> {
        let files = objects["items"].as_array().unwrap().iter().filter_map(|item| item["metadata"]["annotations"].as_object());
        files.filter_map(|all| all["internal.config.kubernetes.io/path"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(order(&adopted.list())[..16], order(&example().list())[..16]);
    assert!(adopted.again().is_unchanged, "the second render has changed something");
}

#[test]
fn with_compat_only_the_marks_of_jinaflow_are_added() {
    let package = with_compat(example());
    let adopted = package.adopt();
    assert_eq!(adopted.codes(), Vec::<&str>::new());
    assert_eq!(adopted.summary[0], "jinaflow: search: 15 adopted, 2 fields kept because edited");
    let (before, after) = (objects(&package.text()), &adopted.objects);
    assert_eq!(before.len(), after.len());
    for (name, object) in &before {
        assert_eq!(&after[name], object, "{name:?}");
    }
    // Every line of the export is still there.
    let is_mark = |line: &&str| line.trim_start().starts_with("flow.jina.ai/object:");
    let items = adopted.text.split(RECORD).next().unwrap();
    let rest: Vec<&str> = items.lines().filter(|line| !is_mark(line)).collect();
    assert_eq!(rest, package.text().lines().collect::<Vec<_>>());
    assert!(adopted.again().is_unchanged);
}

#[test]
fn edits_stay_after_the_flow_changes() {
    for package in [example(), with_compat(example())] {
        let changed = package.adopt().with_flow(|flow| flow.replace("clip-encoder:1.2.0", "clip-encoder:1.3.0")).again();
        let pod = |object: &Value| object["spec"]["template"]["spec"]["containers"][0].clone();
        let deployment = encoder(&changed);
        assert_eq!(pod(&deployment)["image"], "acme/clip-encoder:1.3.0");
        assert_eq!(pod(&deployment)["resources"], json!({"limits": {"memory": "8Gi"}}));
        assert_eq!(deployment["spec"]["replicas"], 6);
        assert!(changed.again().is_unchanged);
        // A change of the edited field itself is a conflict, as after any render.
        let conflict = changed.with_flow(|flow| flow.replace("replicas: 2", "replicas: 3")).again();
        assert_eq!(conflict.codes(), ["edit-conflict"]);
        assert_eq!(encoder(&conflict)["spec"]["replicas"], 6);
    }
}

#[test]
fn objects_that_a_user_has_annotated_by_hand_keep_their_edits() {
    let marks = |kind: &str, name: &str| format!("  annotations:\n    flow.jina.ai/object: search/{name}/{kind}\n");
    let mut package = with_compat(example());
    for (file, text) in &mut package.files {
        let component = file.rsplit('/').next().unwrap().strip_suffix(".yml").unwrap();
        let documents = text.split("---\n").map(|document| {
            let kind = document.split("kind: ").nth(1).unwrap().lines().next().unwrap();
            document.replacen("metadata:\n", &format!("metadata:\n{}", marks(kind, component)), 1)
        });
        *text = documents.collect::<Vec<_>>().join("---\n");
    }
    let adopted = package.adopt();
    assert_eq!(adopted.codes(), Vec::<&str>::new());
    assert_eq!(encoder(&adopted)["spec"]["replicas"], 6);
    assert!(adopted.again().is_unchanged);
}

#[test]
fn labels_and_unknown_keys_stay() {
    for (package, label) in [(example(), "mine"), (with_compat(example()), "mine"), (with_compat(example()), "<encoder>")] {
        let mut files = package.edited();
        for object in files.iter_mut().flat_map(|(_, objects)| objects).filter(|object| object["kind"] == "Deployment") {
            let template = &mut object["spec"]["template"];
            template["metadata"]["labels"]["jina_deployment_name"] = label.into();
            for probe in ["livenessProbe", "startupProbe"] {
                template["spec"]["containers"][0][probe]["exec"]["mine"] = "x".into();
            }
        }
        let adopted = package.with(&files).adopt();
        assert!(adopted.is_success, "{}", adopted.stderr);
        for (_, object) in adopted.objects.iter().filter(|((kind, _), _)| kind == "Deployment") {
            let template = &object["spec"]["template"];
            assert_eq!(template["metadata"]["labels"]["jina_deployment_name"], label);
            for probe in ["livenessProbe", "startupProbe"] {
                assert_eq!(template["spec"]["containers"][0][probe]["exec"]["mine"], "x");
            }
        }
        let lines = adopted.summary.iter().filter(|line| {
            line.contains("labels.jina_deployment_name") && line.contains("livenessProbe.exec") && line.contains("startupProbe.exec")
        });
        assert_eq!(lines.count(), 5, "{:?}", adopted.summary);
        assert!(adopted.again().is_unchanged);
    }
}

#[test]
fn each_adopted_object_has_a_result() {
    let list = example().adopt().list();
    let results: Vec<&Value> =
        list["results"].as_array().unwrap().iter().filter(|result| result["tags"]["code"] == "object-adopted").collect();
    assert_eq!(results.len(), 15);
    let encoder = results.iter().find(|result| result["resourceRef"]["kind"] == "Deployment" && result["resourceRef"]["name"] == "encoder");
    let message = encoder.unwrap()["message"].as_str().unwrap();
    assert!(message.contains("your edits stay: spec.replicas, spec.template.spec.containers[0].resources; "), "{message}");
    assert!(message.ends_with(" fields change to the values of the Flow"), "{message}");
    assert_eq!(encoder.unwrap()["file"]["path"], "encoder/encoder.yml");
}

#[test]
fn a_running_flow_needs_commands_because_of_new_selectors() {
    let list = example().adopt().list();
    let result = list["results"].as_array().unwrap().iter().find(|result| result["tags"]["code"] == "adoption-needs-delete").unwrap();
    let message = result["message"].as_str().unwrap();
    let block: Vec<&str> = message.lines().skip(1).map(str::trim).collect();
    let expected = [
        "kubectl label pods --namespace search --selector app=gateway flow.jina.ai/component=gateway",
        "kubectl label pods --namespace search --selector app=encoder flow.jina.ai/component=encoder",
        "kubectl label pods --namespace search --selector app=indexer-head flow.jina.ai/component=indexer-head",
        "kubectl label pods --namespace search --selector app=indexer-0 flow.jina.ai/component=indexer-0",
        "kubectl label pods --namespace search --selector app=indexer-1 flow.jina.ai/component=indexer-1",
        "kubectl delete --namespace search --cascade=orphan deployment.apps/encoder deployment.apps/gateway deployment.apps/indexer-0 \
         deployment.apps/indexer-1 deployment.apps/indexer-head",
        "kubectl delete --namespace search service/encoder service/indexer-0 service/indexer-1 service/indexer-head",
        "# now apply, and wait until the new pods are ready",
        "kubectl delete replicasets --namespace search --selector \
         'app in (gateway, encoder, indexer-head, indexer-0, indexer-1),!flow.jina.ai/component'",
    ];
    assert_eq!(block, expected);
}

/// Removing or adding `compat` after the adoption changes the selectors in the same way.
#[test]
fn turning_compat_off_or_on_later_needs_the_same_commands() {
    let commands = |adopted: &Adopted| -> String {
        let list = adopted.list();
        let results = list["results"].as_array().unwrap().iter();
        let found = results.filter(|result| result["tags"]["code"] == "adoption-needs-delete").collect::<Vec<_>>();
        assert_eq!(found.len(), 1, "{}", adopted.stderr);
        found[0]["message"].as_str().unwrap().lines().skip(1).collect::<Vec<_>>().join("\n")
    };
    let with = with_compat(example()).adopt();
    assert_eq!(with.codes(), Vec::<&str>::new());
    let without = with.with_spec(without_compat).again();
    assert_eq!(commands(&without), commands(&example().adopt()));
    assert_eq!(without.again().codes(), Vec::<&str>::new());
    let on_again = without.with_spec(|spec| spec["compat"] = "jina-3.34".into()).again();
    let commands = commands(&on_again);
    assert!(commands.contains("--selector flow.jina.ai/component=encoder app=encoder\n"), "{commands}");
    assert!(commands.contains("--selector 'flow.jina.ai/component in (") && commands.contains(",!app'"), "{commands}");
}

fn without_compat(spec: &mut Value) {
    spec.as_object_mut().unwrap().remove("compat").unwrap();
}

#[test]
fn a_service_with_another_type_is_not_headless_and_a_probe_stays_whole() {
    let probe = json!({"httpGet": {"path": "/live", "port": 80}, "timeoutSeconds": 7});
    let mut files = example().edited();
    for object in files.iter_mut().flat_map(|(_, objects)| objects).filter(|object| object["metadata"]["name"] == "encoder") {
        if object["kind"] == "Service" {
            object["spec"]["type"] = "NodePort".into();
        } else {
            object["spec"]["template"]["spec"]["containers"][0]["livenessProbe"] = probe.clone();
        }
    }
    let package = example().with(&files);
    let later = with_compat(package.clone()).adopt().with_spec(without_compat).again();
    for adopted in [package.adopt(), later] {
        assert!(adopted.is_success, "{}", adopted.stderr);
        assert!(adopted.codes().contains(&"edit-conflict"), "{}", adopted.stderr);
        assert!(adopted.stderr.contains("(got \"type: NodePort\"); the Flow now has \"clusterIP: None\""), "{}", adopted.stderr);
        let service = &adopted.objects[&("Service".to_owned(), "encoder".to_owned())]["spec"];
        assert_eq!((&service["type"], &service["clusterIP"]), (&json!("NodePort"), &Value::Null));
        let live = &encoder(&adopted)["spec"]["template"]["spec"]["containers"][0]["livenessProbe"];
        assert_eq!(*live, probe);
    }
}

/// Jina runs the head of an executor with volumes as a StatefulSet. Its last pod ends with it, and its claims stay.
#[test]
fn a_workload_of_another_kind_is_deleted_after_the_apply() {
    let case = recorded(&root().join("tests/jina/flows")).into_iter().find(|case| case.name == "098-shards-volumes-before");
    let Some(package) = case.and_then(|case| Package::of_recorded(&case)) else { panic!("the Flow is not recorded") };
    let adopted = package.adopt();
    assert!(adopted.is_success, "{}", adopted.stderr);
    let list = adopted.list();
    let results = list["results"].as_array().unwrap().iter();
    let message = results.filter_map(|result| result["message"].as_str()).find(|message| message.contains("# now apply")).unwrap();
    let (before, after) = message.split_once("# now apply").unwrap();
    assert!(before.contains("kubectl label pods") && !before.contains("statefulset.apps/idx-head"), "{message}");
    assert!(after.contains("statefulset.apps/idx-head\n") && after.contains("# the claims of idx-head stay"), "{message}");
}

#[test]
fn missing_files_of_an_export_are_added() {
    let mut package = example();
    package.files.remove("indexer/indexer-head.yml");
    package.files.remove("gateway/gateway.yml");
    let adopted = package.adopt();
    assert!(adopted.summary[0].starts_with("jinaflow: search: 11 added, 9 adopted, "), "{:?}", adopted.summary);
    assert_eq!(adopted.objects.keys().collect::<Vec<_>>(), example().adopt().objects.keys().collect::<Vec<_>>());
    assert!(adopted.again().is_unchanged);
}

/// The recorded exports of Jina, each with its Flow.
fn all() -> Vec<(String, Package)> {
    let cases = recorded(&root().join("tests/jina/flows"));
    cases.iter().filter_map(|case| Some((case.name.clone(), Package::of_recorded(case)?))).collect()
}

/// The names of the objects that differ from a fresh render, or the words `is refused`.
fn differences(package: &Package) -> Vec<String> {
    let adopted = package.adopt();
    if !adopted.is_success {
        return vec![format!("is refused: {}", adopted.codes().join(", "))];
    }
    let fresh = package.fresh();
    let names = fresh.keys().chain(adopted.objects.keys().filter(|name| !fresh.contains_key(*name)));
    let differ = names.filter(|name| fresh.get(*name).map(canonical) != adopted.objects.get(*name).map(canonical));
    let mut found: Vec<String> = differ.map(|(kind, name)| format!("{kind}/{name}")).collect();
    if !adopted.again().is_unchanged {
        found.push("the second render changes something".to_owned());
    }
    found
}

#[test]
fn an_export_without_edits_becomes_a_fresh_render() {
    let mut compared = 0;
    let mut differing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, package) in all() {
        for (package, suffix) in [(package.clone(), ""), (with_compat(package), " with compat")] {
            if package.renders() {
                compared += 1;
                let found = differences(&package);
                if !found.is_empty() {
                    differing.insert(format!("{name}{suffix}"), found);
                }
            }
        }
    }
    assert!(compared >= 1400, "only {compared} exports");
    // What differs is what Jina has corrupted: it cannot be told from an edit, so it stays.
    let text = serde_json::to_string_pretty(&differing).unwrap() + "\n";
    assert_recorded(&root().join("tests/it/adoption/differences.json"), &text);
}

/// The Flows whose exports are edited.
const FLOWS: [&str; 12] = [
    "001-docs-simple",
    "003-docs-gateway-replicas",
    "030-chain-of-four",
    "032-parallel-from-gateway-joined",
    "054-join-with-no-reduce",
    "056-conditions-when",
    "061-external-url-host",
    "080-shards-3",
    "088-uses-before",
    "092-uses-before-after-full",
    "113-protocol-upper-http",
    "121-flow-common-args",
];

/// Edits an export, adopts it, and compares it with a fresh render that has the same edits. Returns the kinds of the edits.
fn case(number: u64, packages: &[(String, Package)]) -> Result<Vec<usize>, String> {
    let mut random = Random::from(number);
    let (name, package) = random.pick(packages);
    let package = if random.coin(4) { with_compat(package.clone()) } else { package.clone() };
    let mut edited = package.edited();
    let mut expected = package.fresh();
    let mut made = Vec::new();
    for _ in 0..=random.below(4) {
        let kind = random.below(KINDS.len());
        if edit(kind, &mut edited, &mut expected, &mut random) {
            made.push(kind);
        }
    }
    let said = |what: &str| format!("case {number}, {name}, {:?}: {what}", made.iter().map(|kind| KINDS[*kind].0).collect::<Vec<_>>());
    let adopted = package.with(&edited).adopt();
    if !adopted.is_success {
        return Err(said(&adopted.stderr));
    }
    let wrong = |adopted: &Adopted, expected: &Objects| {
        let names = expected.keys().chain(adopted.objects.keys());
        names.filter(|name| expected.get(*name).map(canonical) != adopted.objects.get(*name).map(canonical)).cloned().collect::<Vec<_>>()
    };
    let differ = wrong(&adopted, &expected);
    if let Some(name) = differ.first() {
        return Err(said(&format!(
            "{name:?} is\n{:#}\nand not\n{:#}",
            adopted.objects.get(name).unwrap_or(&Value::Null),
            expected.get(name).unwrap_or(&Value::Null)
        )));
    }
    let again = adopted.again();
    if !again.is_unchanged {
        return Err(said("the second render has changed something"));
    }
    // Edits that differ from the Flow are named.
    if !made.is_empty() && expected != package.fresh() && !adopted.summary[0].contains("because edited") {
        return Err(said(&format!("no edit is named: {:?}", adopted.summary)));
    }
    Ok(made)
}

#[test]
fn every_edit_stays_and_every_other_field_follows_the_flow() {
    let packages = edited_packages();
    let (first, count) = (number("JINAFLOW_SEED", 1) as u64, number("JINAFLOW_CASES", 500));
    let results: Vec<_> = (first..first + count as u64).map(|number| case(number, &packages)).collect();
    let wrong: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert!(wrong.is_empty(), "{} cases fail\n{}", wrong.len(), wrong[0]);
    let mut kinds = vec![0; KINDS.len()];
    results.iter().flatten().flatten().for_each(|kind| kinds[*kind] += 1);
    let unused: Vec<&str> = kinds.iter().zip(KINDS).filter(|(count, _)| **count == 0).map(|(_, kind)| kind.0).collect();
    assert!(count < 400 || unused.is_empty(), "no case has {unused:?}");
}

/// The recorded exports of older versions of Jina.
fn older() -> Vec<(String, Package)> {
    let folder = root().join("tests/jina/older");
    let names = crate::support::tree(&folder).into_iter().filter(|(name, _)| name.ends_with(".yaml"));
    let package = |(name, text): (String, String)| {
        let (version, flow) = name.strip_suffix(".yaml").unwrap().split_once('-').unwrap();
        let flow = fs::read_to_string(folder.join(format!("{flow}.yml"))).unwrap();
        let spec = json!({"flow": flow, "images": {"gateway": format!("jinaai/jina:{version}-py38-standard")}});
        (name.clone(), Package { files: crate::support::unpack(&text), spec, namespace: "search".to_owned() })
    };
    names.map(package).collect()
}

#[test]
fn an_export_of_an_older_version_becomes_a_fresh_render() {
    let older = older();
    assert_eq!(older.len(), 6);
    for (name, package) in older {
        assert_eq!(differences(&package), Vec::<String>::new(), "{name}");
        assert_eq!(differences(&with_compat(package)), Vec::<String>::new(), "{name} with compat");
    }
}

/// Exports that become a fresh render without edits, of Flows that differ in what they use.
fn edited_packages() -> Vec<(String, Package)> {
    let mut packages: Vec<(String, Package)> = all().into_iter().filter(|(name, _)| FLOWS.contains(&name.as_str())).collect();
    assert_eq!(packages.len(), FLOWS.len(), "{:?}", packages.iter().map(|(name, _)| name).collect::<Vec<_>>());
    let mut example = example();
    for text in example.files.values_mut() {
        *text = text.replace("replicas: 6", "replicas: 2").replace("        resources:\n          limits:\n            memory: 8Gi\n", "");
    }
    packages.push(("example".to_owned(), example));
    packages.extend(older());
    packages
}
