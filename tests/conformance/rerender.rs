//! A second `kpt fn render`: what happens to edits, changes of the Flow, and removed executors.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::kpt::{TREE, generated, records, render, twice};
use crate::support::{Run, documents, is_change, label, root, run, scratch, tree};
use crate::tools::{copy, edit, must, tool};

const ENCODER: &str = "encoder/encoder.yml";

/// The package of the example, rendered.
fn rendered() -> std::path::PathBuf {
    let package = copy("examples/kpt");
    must(render(&package));
    package
}

fn read(package: &Path, name: &str) -> String {
    fs::read_to_string(package.join(name)).unwrap()
}

/// The object with this label in a file.
fn object(text: &str, name: &str) -> Value {
    documents(text).into_iter().find(|object| label(object) == name).unwrap_or_else(|| panic!("no {name} in\n{text}"))
}

/// A render, and the results that kpt stores.
fn all_results(package: &Path) -> (Run, Vec<Value>) {
    let folder = scratch("results");
    let mut command = tool("kpt", &["fn", "render", "--allow-exec", "--results-dir"]);
    command.arg(&folder).arg(package);
    let answer = run(command, b"");
    let text = fs::read_to_string(folder.join("results.yaml")).unwrap();
    let list = &documents(&text)[0];
    let steps = list["items"].as_array().unwrap();
    (answer, steps.iter().flat_map(|step| step["results"].as_array().cloned().unwrap_or_default()).collect())
}

/// A render, and its results without those about what it did to objects.
fn results(package: &Path) -> (Run, Vec<Value>) {
    let (answer, mut results) = all_results(package);
    results.retain(|result| !is_change(result));
    (answer, results)
}

/// What a render reports: the line on standard error, and the code, object and field of each result.
fn reported(package: &Path) -> (String, Vec<String>) {
    let (answer, results) = all_results(package);
    let said = answer.stderr.split("Stderr: ").nth(1).unwrap_or_default();
    let line = said.split("Successfully executed").next().unwrap_or_default().trim().trim_end_matches(',').to_owned();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = Vec::new();
    for result in results {
        let [code, kind, name] = [&result["tags"]["code"], &result["resourceRef"]["kind"], &result["resourceRef"]["name"]].map(word);
        let objects = word(&result["tags"]["objects"]);
        if objects.is_empty() {
            lines.push(format!("{code} {kind} {name} {}", word(&result["field"]["path"])).trim_end().to_owned());
        }
        lines.extend(objects.lines().map(|object| format!("{code} {object}")));
    }
    (line, lines)
}

#[test]
fn a_render_reports_what_it_did() {
    let package = copy("examples/kpt");
    let (line, first) = reported(&package);
    let files = tree(&package);
    let objects: usize = generated(&files).into_iter().map(|file| documents(&files[file]).len()).sum();
    assert_eq!(line, format!("jinaflow: search: {objects} added"));
    assert_eq!(first.len(), objects, "{first:?}");
    for file in generated(&files) {
        for object in documents(&files[file]) {
            let is_object = |line: &String| line.starts_with("object-added ") && line.ends_with(&label(&object).replace('/', " "));
            assert_eq!(first.iter().filter(|line| is_object(line)).count(), 1, "{}: {first:?}", label(&object));
        }
    }
    assert_eq!(reported(&package), (format!("jinaflow: search: no changes, {objects} unchanged"), Vec::new()));
    // The terminal shows a number, and not each object.
    let shown = must(render(&copy("examples/kpt"))).stderr;
    assert!(shown.contains(&format!("{objects} objects were added")) && !shown.contains("encoder"), "{shown}");
    let replicas = "Deployment encoder spec.replicas";
    edit(&package.join(ENCODER), "replicas: 2", "replicas: 5");
    let kept = format!("1 field kept because edited, {objects} unchanged");
    assert_eq!(reported(&package), (format!("jinaflow: search: no changes, {kept}"), vec![format!("edit-kept {replicas}")]));
    edit(&package.join("jinaflow.yaml"), "clip-encoder:1.2.0", "clip-encoder:1.3.0");
    let (line, results) = reported(&package);
    assert_eq!(line, format!("jinaflow: search: 1 changed, 1 field kept because edited, {} unchanged", objects - 1));
    let image = "Deployment encoder spec.template.spec.containers[0].image";
    assert_eq!(results, [format!("object-changed {image}"), format!("edit-kept {replicas}")]);
    // A conflict is reported once.
    edit(&package.join("jinaflow.yaml"), "replicas: 2", "replicas: 3");
    let (_, results) = reported(&package);
    assert_eq!(results, [format!("edit-conflict {replicas}")]);
    // A render that fails has done nothing.
    edit(&package.join("jinaflow.yaml"), "replicas: 3", "replicas: -3");
    let (line, results) = reported(&package);
    let is_about_changes = |line: &String| line.starts_with("object-") || line.starts_with("edit-kept");
    assert!(!line.contains("jinaflow: ") && results[0].starts_with("value-out-of-range "), "{line} {results:?}");
    assert!(!results.iter().any(is_about_changes), "{results:?}");
    edit(&package.join("jinaflow.yaml"), "replicas: -3", "replicas: 5");
    let before = objects_of(&package);
    edit(&package.join("jinaflow.yaml"), "shards: 2", "shards: 1");
    let (_, results) = reported(&package);
    let after = objects_of(&package);
    for (code, one, other) in [("object-removed", &before, &after), ("object-added", &after, &before)] {
        let expected: Vec<&String> = one.difference(other).collect();
        let prefix = format!("{code} ");
        let mut found: Vec<&str> = results.iter().filter_map(|line| line.strip_prefix(&prefix)?.split(':').next()).collect();
        found.sort_unstable();
        assert!(!expected.is_empty() && found == expected, "{code}: {expected:?} {results:?}");
    }
}

/// The kind and name of each generated object of a package.
fn objects_of(package: &Path) -> BTreeSet<String> {
    let files = tree(package);
    generated(&files).into_iter().flat_map(|file| documents(&files[file])).map(|object| label(&object).replace('/', " ")).collect()
}

#[test]
fn an_edit_is_kept_and_a_change_of_the_flow_is_applied() {
    let package = rendered();
    edit(&package.join(ENCODER), "replicas: 2", "replicas: 5 # black Friday");
    edit(
        &package.join(ENCODER),
        "        env:\n",
        "        resources: {limits: {memory: 8Gi}}\n        env:\n        - name: HF_HOME\n          value: '/models'\n",
    );
    edit(&package.join(ENCODER), "\ndata:\n", "\ndata:\n  LOG_LEVEL: debug\n");
    let edited = read(&package, ENCODER);
    // Nothing of the Flow has changed: the files stay unchanged, byte for byte.
    must(render(&package));
    assert_eq!(read(&package, ENCODER), edited);
    edit(&package.join("jinaflow.yaml"), "clip-encoder:1.2.0", "clip-encoder:1.3.0\n        env: {MODEL: ViT-L-14}");
    let after = twice(&package, || render(&package));
    let text = &after[ENCODER];
    for kept in ["replicas: 5 # black Friday", "memory: 8Gi", "name: HF_HOME", "LOG_LEVEL: debug"] {
        assert!(text.contains(kept), "{kept}\n{text}");
    }
    for arrived in ["image: acme/clip-encoder:1.3.0", "MODEL: ViT-L-14"] {
        assert!(text.contains(arrived), "{arrived}\n{text}");
    }
}

#[test]
fn a_conflict_is_reported_with_field_values_and_file() {
    let package = rendered();
    edit(&package.join(ENCODER), "replicas: 2", "replicas: 5");
    edit(&package.join("jinaflow.yaml"), "replicas: 2", "replicas: 3");
    let (answer, results) = results(&package);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert_eq!(object(&read(&package, ENCODER), "Deployment/encoder")["spec"]["replicas"], 5);
    assert_eq!(results.len(), 1, "{results:?}");
    let result = &results[0];
    assert_eq!(result["severity"], "warning");
    assert_eq!(result["field"], serde_json::json!({"path": "spec.replicas", "currentValue": "5", "proposedValue": "3"}));
    assert_eq!(result["file"], serde_json::json!({"path": ENCODER, "index": 2}));
    assert_eq!((&result["resourceRef"]["kind"], &result["resourceRef"]["name"]), (&"Deployment".into(), &"encoder".into()));
    // Every render reports it until it is resolved, and changes no file.
    let before = tree(&package);
    let (_, again) = self::results(&package);
    assert_eq!((again, tree(&package)), (results, before));
}

#[test]
fn on_conflict_can_overwrite_or_refuse() {
    for how in ["overwrite", "error"] {
        let package = rendered();
        edit(&package.join(ENCODER), "replicas: 2", "replicas: 5");
        edit(&package.join("jinaflow.yaml"), "replicas: 2", "replicas: 3");
        edit(&package.join("jinaflow.yaml"), "spec:\n", &format!("spec:\n  output: {{onConflict: {how}}}\n"));
        let before = tree(&package);
        let (answer, results) = results(&package);
        let now = &object(&read(&package, ENCODER), "Deployment/encoder")["spec"]["replicas"];
        assert_eq!((results.len(), &results[0]["field"]["path"]), (1, &"spec.replicas".into()));
        if how == "overwrite" {
            assert_eq!((answer.code, now, &results[0]["severity"]), (0, &3.into(), &"warning".into()));
        } else {
            assert_eq!((now, &results[0]["severity"]), (&5.into(), &"error".into()));
            assert!(answer.code != 0 && tree(&package) == before, "{}", answer.stderr);
        }
    }
}

#[test]
fn objects_that_the_user_moved_are_found() {
    let package = rendered();
    // The user moves the encoder's objects into a new file, after an object of the user, with comments.
    let encoder = read(&package, ENCODER);
    fs::remove_dir_all(package.join("encoder")).unwrap();
    let own = "# The team's.\napiVersion: v1\nkind: Secret\nmetadata: {name: key} # kept\n---\n";
    fs::write(package.join("mine.yaml"), own.to_owned() + &encoder.replace("kind: Service", "kind: Service # mine")).unwrap();
    edit(&package.join("jinaflow.yaml"), "clip-encoder:1.2.0", "clip-encoder:1.3.0");
    edit(&package.join("jinaflow.yaml"), "shards: 2", "shards: 1");
    let after = twice(&package, || render(&package));
    assert_eq!(generated(&after), ["gateway/gateway.yml", "indexer/indexer.yml"], "the head and the shards are removed");
    let mine = &after["mine.yaml"];
    assert!(mine.starts_with(own) && mine.contains("image: acme/clip-encoder:1.3.0") && mine.contains("kind: Service # mine"), "{mine}");
    assert!(after["gateway/gateway.yml"].contains("JINA_ADDR_INDEXER\n"), "{}", after["gateway/gateway.yml"]);
}

#[test]
fn only_objects_that_the_flow_no_longer_renders_are_removed() {
    let package = rendered();
    let own = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: indexer-9\nspec: {}\n";
    fs::write(package.join("indexer/own.yaml"), own).unwrap();
    edit(&package.join("jinaflow.yaml"), "shards: 2", "shards: 3");
    assert_eq!(generated(&twice(&package, || render(&package))).len(), TREE.len() + 1);
    edit(&package.join("jinaflow.yaml"), "shards: 3", "shards: 2");
    assert_eq!(generated(&twice(&package, || render(&package))), TREE);
    // An executor is removed, with its head and shards.
    let flow = read(&package, "jinaflow.yaml");
    let (first, _) = flow.split_once("      - name: indexer").unwrap();
    fs::write(package.join("jinaflow.yaml"), first).unwrap();
    let after = twice(&package, || render(&package));
    assert_eq!(generated(&after), [ENCODER, "gateway/gateway.yml"]);
    assert_eq!(after["indexer/own.yaml"], own);
}

#[test]
fn a_renamed_flow_keeps_its_files_and_their_edits() {
    let package = rendered();
    edit(&package.join(ENCODER), "replicas: 2", "replicas: 5");
    edit(&package.join("jinaflow.yaml"), "  name: search\n", "  name: find\n");
    let after = twice(&package, || render(&package));
    assert_eq!((generated(&after), records(&after)), (TREE.to_vec(), vec!["find-rendered.yml"]));
    for name in TREE {
        assert!(!after[name].contains("search/") && after[name].contains("flow.jina.ai/object: find/"), "{}", after[name]);
    }
    assert!(after[ENCODER].contains("replicas: 5"), "{}", after[ENCODER]);
    // The same together with a new executor.
    edit(&package.join("jinaflow.yaml"), "  name: find\n", "  name: look\n");
    edit(&package.join("jinaflow.yaml"), "- name: encoder\n", "- name: ranker\n");
    let after = twice(&package, || render(&package));
    assert_eq!(generated(&after).iter().filter(|name| name.contains("encoder")).count(), 0, "{:?}", generated(&after));
}

/// Adds a second Flow. Its objects have their own names and namespace.
fn add_second_flow(package: &Path, name: &str) {
    let flow = read(package, "jinaflow.yaml").replace("  name: search\n", "  name: other\n  namespace: elsewhere\n");
    fs::write(package.join(name), flow.replace("encoder", "ranker").replace("indexer", "store")).unwrap();
}

#[test]
fn two_flows_of_one_package_are_independent() {
    let package = copy("examples/kpt");
    edit(&package.join("Kptfile"), "      configPath: jinaflow.yaml\n", "");
    add_second_flow(&package, "other.yaml");
    let both = twice(&package, || render(&package));
    let of = |files: &std::collections::BTreeMap<String, String>, flow: &str| {
        files.values().map(|text| text.matches(&format!("flow.jina.ai/object: {flow}/")).count()).sum::<usize>()
    };
    assert_eq!((of(&both, "search"), of(&both, "other")), (20, 20));
    // A change of one Flow does not affect the other.
    edit(&package.join("other.yaml"), "shards: 2", "shards: 1");
    let after = twice(&package, || render(&package));
    assert_eq!((of(&after, "search"), of(&after, "other")), (20, 12));
    for name in [ENCODER, "indexer/indexer-head.yml"] {
        assert_eq!(both[name], after[name]);
    }
    fs::remove_file(package.join("other.yaml")).unwrap();
    let after = twice(&package, || render(&package));
    assert_eq!((of(&after, "search"), of(&after, "other")), (20, 0));
    assert_eq!(records(&after), ["search-rendered.yml"]);
}

#[test]
fn packages_do_not_touch_each_others_objects() {
    let outer = copy("examples/kpt");
    let inner = outer.join("inner");
    fs::create_dir(&inner).unwrap();
    fs::copy(outer.join("Kptfile"), inner.join("Kptfile")).unwrap();
    let flow = read(&outer, "jinaflow.yaml").replace("  name: search\n", "  name: search\n  namespace: elsewhere\n");
    fs::write(inner.join("jinaflow.yaml"), flow.replace("encoder", "ranker")).unwrap();
    let after = twice(&outer, || render(&outer));
    let inner_tree: Vec<String> = TREE.iter().map(|name| format!("inner/{}", name.replace("encoder", "ranker"))).collect();
    for name in TREE.iter().map(ToString::to_string).chain(inner_tree.clone()) {
        assert!(after.contains_key(&name), "{name} is not among {:?}", generated(&after));
    }
    assert_eq!(generated(&after).len(), 10);
    // Each is renamed and loses executors independently.
    edit(&outer.join("jinaflow.yaml"), "  name: search\n", "  name: renamed\n");
    edit(&outer.join("jinaflow.yaml"), "shards: 2", "shards: 1");
    let later = twice(&outer, || render(&outer));
    for name in &inner_tree {
        assert_eq!(after[name], later[name]);
    }
    assert_eq!(generated(&later).len(), 3 + 5);
}

/// With `selectors`, kpt hides the generated objects, and the function would write them a second time. The function
/// reports this. When the selection includes the generated objects, nothing is reported.
#[test]
fn selectors_that_hide_generated_objects_are_reported() {
    let package = rendered();
    edit(
        &package.join("Kptfile"),
        "      configPath: jinaflow.yaml\n",
        "      selectors: [{kind: JinaFlow}, {kind: ConfigMap}, {kind: Service}, {kind: Deployment}, {kind: PodDisruptionBudget}]\n",
    );
    let (answer, told) = results(&package);
    assert_eq!((answer.code, told), (0, Vec::new()));
    edit(&package.join("jinaflow.yaml"), "shards: 2", "shards: 1");
    assert_eq!(generated(&twice(&package, || render(&package))), [ENCODER, "gateway/gateway.yml", "indexer/indexer.yml"]);
    edit(&package.join("Kptfile"), ", {kind: ConfigMap}, {kind: Service}, {kind: Deployment}, {kind: PodDisruptionBudget}", "");
    let (answer, told) = results(&package);
    assert_eq!((answer.code, told.len()), (0, 1), "{}", answer.stderr);
    assert_eq!(told[0]["severity"], "warning");
    assert_eq!(told[0]["tags"]["code"], "generated-objects-hidden");
}

/// A selection without the record is refused, and the advice works.
#[test]
fn selectors_that_hide_the_record_are_refused() {
    let package = rendered();
    let kptfile = package.join("Kptfile");
    edit(
        &kptfile,
        "      configPath: jinaflow.yaml\n",
        "      selectors: [{kind: JinaFlow}, {kind: Service}, {kind: Deployment}, {kind: PodDisruptionBudget}]\n",
    );
    let before = tree(&package);
    let (answer, told) = results(&package);
    assert_eq!((answer.code, &told[0]["tags"]["code"], tree(&package)), (1, &"generated-objects-hidden".into(), before));
    let fix = told[0]["message"].as_str().unwrap().split("add `- ").nth(1).unwrap().split('`').next().unwrap().to_owned();
    // The other ConfigMaps are objects of the Flow, and are hidden too.
    edit(&kptfile, "[{kind: JinaFlow}", &format!("[{{kind: JinaFlow}}, {fix}, {{kind: ConfigMap}}"));
    let (answer, told) = results(&package);
    assert_eq!((answer.code, told), (0, Vec::new()), "{}", answer.stderr);
}

/// A git command in a folder.
fn git(folder: &Path, args: &[&str]) -> Run {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]).args(args).current_dir(folder);
    run(command, b"")
}

/// Renders a package and commits everything.
fn commit(package: &Path) {
    must(render(package));
    for args in [["add", "--all"].as_slice(), &["commit", "--quiet", "--message", "change"]] {
        assert_eq!(git(package, args).code, 0, "{args:?}");
    }
}

/// A package in a repository, and on each of two branches a render of it after a change. The second branch is checked out.
fn branches(changes: [&dyn Fn(&Path); 2]) -> std::path::PathBuf {
    let package = copy("examples/kpt");
    // The repository is elsewhere, so that the folder has only the files of the package, and the file `.git`.
    let repository = scratch("repository");
    assert_eq!(git(&package, &["init", "--quiet", "--separate-git-dir", repository.to_str().unwrap()]).code, 0);
    commit(&package);
    for (name, change) in ["one", "other"].into_iter().zip(changes) {
        assert_eq!(git(&package, &["checkout", "--quiet", "-b", name, "main"]).code, 0);
        change(&package);
        commit(&package);
    }
    package
}

/// Sets the tag of an image in the Flow.
fn image(tag: &str) -> impl Fn(&Path) {
    let tag = tag.to_owned();
    move |package: &Path| edit(&package.join("jinaflow.yaml"), "clip-encoder:1.2.0", &format!("clip-encoder:{tag}"))
}

/// Two branches change different fields of one object, and one of them has an edit.
#[test]
fn branches_that_change_the_same_object_merge_without_a_conflict() {
    let memory = |package: &Path| {
        let limits = "spec:\n  executors:\n    encoder: {resources: {limits: {memory: 4Gi}}}\n";
        edit(&package.join("jinaflow.yaml"), "spec:\n", limits);
        must(render(package));
        edit(&package.join(ENCODER), "\n  replicas: 2\n", "\n  replicas: 5 # black Friday\n");
    };
    let package = branches([&image("1.3.0"), &memory]);
    let changed = git(&package, &["diff", "--numstat", "main", "one"]).stdout;
    assert_eq!(changed, "1\t1\tencoder/encoder.yml\n1\t1\tjinaflow.yaml\n1\t1\tsearch-rendered.yml\n", "a change is one line in each file");
    let merged = git(&package, &["merge", "--quiet", "--message", "merge", "one"]);
    assert_eq!(merged.code, 0, "{}{}", merged.stdout, merged.stderr);
    let before = tree(&package);
    must(render(&package));
    assert_eq!(tree(&package), before);
    let encoder = object(&read(&package, ENCODER), "Deployment/encoder");
    let container = &encoder["spec"]["template"]["spec"]["containers"][0];
    assert_eq!((&encoder["spec"]["replicas"], &container["image"]), (&5.into(), &"acme/clip-encoder:1.3.0".into()));
    assert_eq!(container["resources"]["limits"]["memory"], "4Gi");
}

/// The files of a package that is rendered for the first time.
fn fresh(package: &Path) -> std::collections::BTreeMap<String, String> {
    let new = copy("examples/kpt");
    fs::copy(package.join("jinaflow.yaml"), new.join("jinaflow.yaml")).unwrap();
    must(render(&new));
    tree(&new)
}

/// Merges two branches whose rendered files conflict. The Flow is corrected by hand; of all other files with conflicts one side is
/// taken. Then a render gives the same as a first render, whichever side it was.
fn take_a_side(changes: [&dyn Fn(&Path); 2], correct: &dyn Fn(&Path), conflicts: &[&str]) {
    let package = branches(changes);
    for side in ["--ours", "--theirs"] {
        assert_eq!(git(&package, &["checkout", "--quiet", "--force", "other"]).code, 0);
        assert_eq!(git(&package, &["merge", "--quiet", "one"]).code, 1);
        let found = git(&package, &["diff", "--name-only", "--diff-filter=U"]).stdout;
        assert_eq!(found.lines().collect::<Vec<_>>(), conflicts);
        correct(&package);
        for file in conflicts.iter().filter(|file| **file != "jinaflow.yaml") {
            assert_eq!(git(&package, &["checkout", side, file]).code, 0);
        }
        let (answer, told) = results(&package);
        assert_eq!((answer.code, told), (0, Vec::new()), "{side}: {}", answer.stderr);
        let (expected, mut files) = (fresh(&package), tree(&package));
        files.retain(|name, _| expected.contains_key(name) || name.ends_with(".yml"));
        assert_eq!(files.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{side}");
        for (name, text) in expected.iter().filter(|(name, _)| name.ends_with(".yml")) {
            let objects = |text: &str| documents(text).into_iter().map(|object| object.to_string()).collect::<BTreeSet<_>>();
            assert_eq!(objects(&files[name]), objects(text), "{side}: {name}");
        }
        assert_eq!(git(&package, &["reset", "--quiet", "--hard"]).code, 0);
        assert_eq!(git(&package, &["clean", "--quiet", "--force", "-d"]).code, 0);
    }
}

#[test]
fn branches_that_change_the_same_field_merge_by_taking_a_side() {
    let correct = |package: &Path| fs::write(package.join("jinaflow.yaml"), flow_with("clip-encoder:1.5.0")).unwrap();
    take_a_side([&image("1.3.0"), &image("1.4.0")], &correct, &[ENCODER, "jinaflow.yaml", "search-rendered.yml"]);
}

/// The Flow of the example with another image.
fn flow_with(image: &str) -> String {
    fs::read_to_string(root().join("examples/kpt/jinaflow.yaml")).unwrap().replace("clip-encoder:1.2.0", image)
}

/// A line for an executor at the end of the Flow.
fn executor(name: &str) -> String {
    format!("      - {{name: {name}, uses: 'docker://acme/{name}:1'}}\n")
}

fn add(name: &'static str) -> impl Fn(&Path) {
    move |package: &Path| fs::write(package.join("jinaflow.yaml"), read(package, "jinaflow.yaml") + &executor(name)).unwrap()
}

#[test]
fn branches_that_add_executors_merge_by_taking_a_side() {
    let correct = |package: &Path| {
        let flow = flow_with("clip-encoder:1.2.0") + &executor("ranker") + &executor("store");
        fs::write(package.join("jinaflow.yaml"), flow).unwrap();
    };
    take_a_side([&add("ranker"), &add("store")], &correct, &["gateway/gateway.yml", "jinaflow.yaml", "search-rendered.yml"]);
}

#[test]
fn a_record_with_the_lines_of_both_sides_is_refused() {
    let package = branches([&image("1.3.0"), &image("1.4.0")]);
    git(&package, &["merge", "--quiet", "one"]);
    assert_eq!(git(&package, &["checkout", "--ours", "jinaflow.yaml", ENCODER]).code, 0);
    let record = read(&package, "search-rendered.yml");
    assert!(record.contains("In a merge, take the same side of this file and the others."));
    let is_mark = |line: &&str| ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark));
    let both: Vec<&str> = record.lines().filter(|line| !is_mark(line)).collect();
    fs::write(package.join("search-rendered.yml"), both.join("\n") + "\n").unwrap();
    let (answer, told) = results(&package);
    assert_eq!((answer.code, &told[0]["tags"]["code"]), (1, &"record-of-two-branches".into()), "{}", answer.stderr);
    assert!(told[0]["message"].as_str().unwrap().contains("git checkout --ours FILE"));
    assert_eq!(git(&package, &["checkout", "--ours", "search-rendered.yml"]).code, 0);
    let (answer, told) = results(&package);
    assert_eq!((answer.code, told), (0, Vec::new()), "{}", answer.stderr);
    assert_eq!(git(&package, &["diff", "--name-only", "other"]).stdout, "");
}

/// The statements of the example about rendering again are true.
#[test]
fn the_example_shows_an_edit_that_stays() {
    let readme = fs::read_to_string(root().join("examples/kpt/README.md")).unwrap();
    let section = readme.split("\n## Rendering again\n").nth(1).unwrap();
    let block = |kind: &str| section.split(&format!("```{kind}\n")).nth(1).unwrap().split("```").next().unwrap();
    let mut shell = tool("bash", &["-euc", block("sh")]);
    shell.current_dir(copy("examples/kpt"));
    let answer = must(shell);
    assert!(answer.stdout.ends_with(block("text")), "{}", answer.stdout);
}
