//! `jinaflow export FLOW OUTDIR` into an existing folder: edits are kept, objects that the Flow no longer renders are
//! removed, and files of other owners are not touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Messages, Run, jinaflow, program, scratch, tree};

const FLOW: &str = "\
jtype: Flow
executors:
- {name: encoder, uses: docker://acme/encoder:1}
- {name: indexer, uses: docker://acme/indexer:1}
";

/// A folder with a Flow and its export.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = Self(scratch("export-again"));
        folder.export(FLOW, &[]).succeeded();
        folder
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    fn export(&self, flow: &str, more: &[&str]) -> Run {
        let file = self.0.join("flow.yml");
        fs::write(&file, flow).unwrap();
        jinaflow(&[&["export", file.to_str().unwrap(), self.out().to_str().unwrap()][..], more].concat())
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.out().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}: {text}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.out().join(file)).unwrap()
    }

    fn files(&self) -> Vec<String> {
        tree(&self.out()).into_keys().collect()
    }
}

/// The folder has what the last export rendered, so a gateway of an earlier one is removed, and other files are not touched.
#[test]
fn an_export_without_gateway_leaves_out_an_earlier_one() {
    let folder = Folder::new();
    folder.edit("encoder/encoder.yml", "replicas: 1", "replicas: 5");
    let (encoder, indexer) = (folder.text("encoder/encoder.yml"), folder.text("indexer/indexer.yml"));
    folder.export(FLOW, &["--no-gateway"]).succeeded();
    assert_eq!(folder.files(), [".jinaflow", "encoder/encoder.yml", "indexer/indexer.yml"]);
    assert_eq!((folder.text("encoder/encoder.yml"), folder.text("indexer/indexer.yml")), (encoder, indexer));
    folder.export(FLOW, &[]).succeeded();
    assert_eq!(folder.files(), [".jinaflow", "encoder/encoder.yml", "gateway/gateway.yml", "indexer/indexer.yml"]);
}

/// Reading a pipe without a writer never ends.
#[test]
fn pipes_in_the_output_folder_are_not_read() {
    let folder = Folder::new();
    let pipe = |name: &str| assert!(Command::new("mkfifo").arg(folder.out().join(name)).status().unwrap().success());
    pipe("x.yml");
    folder.export(&FLOW.replace("encoder:1", "encoder:2"), &[]).succeeded();
    assert!(folder.text("encoder/encoder.yml").contains("encoder:2"));
    // A pipe in place of an exported file is refused.
    fs::remove_file(folder.out().join("encoder/encoder.yml")).unwrap();
    pipe("encoder/encoder.yml");
    let refused = folder.export(&FLOW.replace("encoder:1", "encoder:3"), &[]);
    assert_eq!(refused.code, 1);
    refused.says("encoder/encoder.yml: ");
    assert_eq!(refused.codes(), ["wrong-file-type"]);
    fs::remove_file(folder.out().join("encoder/encoder.yml")).unwrap();
    folder.export(&FLOW.replace("encoder:1", "encoder:3"), &[]).succeeded();
}

#[test]
fn a_folder_without_edits_is_exported_like_a_new_one() {
    let changes = [
        ("indexer:1}", "indexer:1, shards: 2}"),
        ("indexer:1}", "indexer:1, volumes: [/data]}"),
        ("encoder:1}", "encoder:2, replicas: 3, env: {A: b}}"),
        ("name: encoder", "name: ranker"),
        ("- {name: indexer, uses: docker://acme/indexer:1}\n", ""),
        ("jtype: Flow", "jtype: Flow\nwith: {monitoring: true, protocol: [grpc, http]}"),
    ];
    for (from, to) in changes {
        for (one, other) in [(FLOW.to_owned(), FLOW.replace(from, to)), (FLOW.replace(from, to), FLOW.to_owned())] {
            let new = Folder(scratch("export-new"));
            new.export(&other, &[]).succeeded();
            let again = Folder(scratch("export-again"));
            again.export(&one, &[]).succeeded();
            again.export(&other, &[]).succeeded();
            assert_eq!(tree(&again.out()), tree(&new.out()), "{from} → {to}");
        }
    }
}

#[test]
fn edits_are_kept_and_changes_of_the_flow_are_applied() {
    let folder = Folder::new();
    folder.edit("gateway/gateway.yml", "replicas: 1", "replicas: 5 # for the launch");
    let added = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\n";
    fs::write(folder.out().join("encoder/encoder.yml"), folder.text("encoder/encoder.yml") + added).unwrap();
    fs::write(folder.out().join("notes.md"), "mine\n").unwrap();
    folder.export(&FLOW.replace("encoder:1", "encoder:2").replace("indexer:1}", "indexer:1, shards: 2}"), &[]).succeeded();
    assert_eq!(
        folder.files(),
        [
            ".jinaflow",
            "encoder/encoder.yml",
            "gateway/gateway.yml",
            "indexer/indexer-0.yml",
            "indexer/indexer-1.yml",
            "indexer/indexer-head.yml",
            "notes.md"
        ]
    );
    assert!(folder.text("gateway/gateway.yml").contains("replicas: 5 # for the launch\n"));
    assert!(folder.text("gateway/gateway.yml").contains("indexer-head"));
    let encoder = folder.text("encoder/encoder.yml");
    assert!(encoder.contains("image: acme/encoder:2\n") && encoder.ends_with(added), "{encoder}");
    // When an executor is removed from the Flow, the user's document in its file stays.
    folder.export(&FLOW.replace("- {name: encoder, uses: docker://acme/encoder:1}\n", ""), &[]).succeeded();
    assert_eq!(folder.text("encoder/encoder.yml"), added.trim_start_matches("---\n"));
}

#[test]
fn conflicts_are_reported_until_they_are_resolved() {
    let folder = Folder::new();
    folder.edit("gateway/gateway.yml", "replicas: 1", "replicas: 5");
    let changed = FLOW.replace("jtype: Flow", "jtype: Flow\ngateway: {replicas: 2}");
    let before = tree(&folder.out());
    let refused = folder.export(&changed, &["--on-conflict", "error"]);
    assert_eq!((refused.code, tree(&folder.out())), (1, before));
    assert_eq!(refused.codes(), ["edit-conflict"]);
    refused.begins("error");
    refused.says("gateway/gateway.yml: spec.replicas: ");
    for _ in 0..2 {
        let answer = folder.export(&changed, &[]);
        assert_eq!(answer.code, 0);
        assert_eq!(answer.codes(), ["edit-conflict"]);
        answer.begins("warning");
        for part in ["gateway/gateway.yml: spec.replicas: ", "(got \"5\")", "has \"2\""] {
            answer.says(part);
        }
        assert!(folder.text("gateway/gateway.yml").contains("  replicas: 5\n"));
    }
    let answer = folder.export(&changed, &["--on-conflict", "overwrite"]);
    assert_eq!(answer.code, 0);
    answer.says("spec.replicas: ");
    assert_eq!(answer.codes(), ["edit-conflict"]);
    assert!(folder.text("gateway/gateway.yml").contains("  replicas: 2\n"));
    folder.export(&changed, &[]).succeeded();
    let unknown = folder.export(FLOW, &["--on-conflict", "owerwrite"]);
    unknown.says("did you mean `overwrite`?");
}

#[test]
fn edits_follow_a_renamed_object_or_are_reported() {
    let folder = Folder::new();
    folder.edit("encoder/encoder.yml", "replicas: 1", "replicas: 4");
    let answer = folder.export(&FLOW.replace("name: encoder", "name: ranker"), &[]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(folder.text("ranker/ranker.yml").contains("  replicas: 4\n") && !folder.out().join("encoder").exists());
    let answer = folder.export("jtype: Flow\nexecutors:\n- {name: other, uses: docker://x/y}\n", &[]);
    // This may be a different Flow without a name.
    answer.begins("warning[flow-replaced]: ");
    answer.says("(got \"indexer, ranker\")");
    assert!(answer.codes().contains(&"edit-lost") && answer.stderr.contains("spec.replicas: "), "{}", answer.stderr);
    assert!(!folder.out().join("ranker").exists());
    // The fix in the message works.
    folder.export(FLOW, &["--name", "search", "--k8s-namespace", "search"]).succeeded();
    assert!(folder.text("other/other.yml").contains("image: x/y\n"));
}

#[test]
fn moved_objects_are_found() {
    let folder = Folder::new();
    // One object in another file, and one in another namespace.
    let encoder = folder.text("encoder/encoder.yml");
    let parts: Vec<&str> = encoder.split("---\n").collect();
    fs::write(folder.out().join("budgets.yaml"), format!("# budgets\n---\n{}", parts[3].replace("maxUnavailable: 1", "maxUnavailable: 2")))
        .unwrap();
    fs::write(
        folder.out().join("encoder/encoder.yml"),
        parts[..3].join("---\n").replace("  name: encoder\n", "  name: encoder\n  namespace: ml\n"),
    )
    .unwrap();
    folder.export(&FLOW.replace("encoder:1", "encoder:2"), &[]).succeeded();
    let budgets = folder.text("budgets.yaml");
    assert!(budgets.starts_with("# budgets\n---\n") && budgets.contains("maxUnavailable: 2"), "{budgets}");
    let encoder = folder.text("encoder/encoder.yml");
    assert!(
        encoder.contains("namespace: ml") && encoder.contains("acme/encoder:2") && !encoder.contains("PodDisruptionBudget"),
        "{encoder}"
    );
    // A file that the user deleted is written again.
    fs::remove_file(folder.out().join("budgets.yaml")).unwrap();
    folder.export(FLOW, &[]).succeeded();
    assert!(folder.text("encoder/encoder.yml").contains("kind: PodDisruptionBudget"));
}

#[test]
fn flows_from_several_files_can_share_a_folder() {
    let folder = Folder(scratch("several"));
    let deployment = |name: &str| format!("jtype: Deployment\nwith: {{name: {name}, uses: docker://x/{name}}}\n");
    folder.export(&deployment("one"), &[]).succeeded();
    folder.export(&deployment("two"), &[]).succeeded();
    assert_eq!(folder.files(), [".jinaflow", "one.yml", "two.yml"]);
    // Each Flow finds its objects again.
    folder.edit("one.yml", "replicas: 1", "replicas: 3");
    folder.export(&deployment("one").replace("x/one", "x/one:2"), &[]).succeeded();
    assert!(folder.text("one.yml").contains("replicas: 3\n") && folder.text("one.yml").contains("image: x/one:2"));
    assert_eq!(folder.files(), [".jinaflow", "one.yml", "two.yml"]);
}

/// Files that no export is known to have written are refused, and the fix in the message works.
#[test]
fn files_of_other_owners_are_not_replaced() {
    let folder = Folder::new();
    folder.edit("gateway/gateway.yml", "replicas: 1", "replicas: 5");
    folder.edit("encoder/encoder.yml", "replicas: 1", "replicas: 5");
    fs::remove_file(folder.out().join(".jinaflow")).unwrap();
    let before = tree(&folder.out());
    let refused = folder.export(FLOW, &[]);
    assert_eq!((refused.code, tree(&folder.out())), (1, before.clone()));
    assert_eq!(refused.codes(), ["file-not-from-export"; 2]);
    assert_eq!(refused.stderr.matches("--on-conflict overwrite").count(), 2, "{}", refused.stderr);
    // The fix in the message works: other content beside the Flow's objects stays.
    let copy = Folder::new();
    fs::remove_file(copy.out().join(".jinaflow")).unwrap();
    for (file, text) in &before {
        let more = if file == "encoder/encoder.yml" { "---\nkind: Secret\nmetadata: {name: mine}\n" } else { "" };
        fs::write(copy.out().join(file), format!("{text}{more}")).unwrap();
    }
    copy.export(FLOW, &["--on-conflict", "overwrite"]).succeeded();
    let text = copy.text("encoder/encoder.yml");
    assert!(text.contains("replicas: 1\n") && text.ends_with("---\nkind: Secret\nmetadata: {name: mine}\n"), "{text}");
    assert!(copy.text("gateway/gateway.yml").contains("replicas: 1\n"));
    for file in ["gateway/gateway.yml", "encoder/encoder.yml"] {
        fs::rename(folder.out().join(file), folder.0.join(file.replace('/', "-"))).unwrap();
    }
    folder.export(FLOW, &[]).succeeded();
    // A file that is equal to the rendered one is recognized again.
    folder.edit("indexer/indexer.yml", "replicas: 1", "replicas: 2");
    folder.export(&FLOW.replace("indexer:1", "indexer:2"), &[]).succeeded();
    assert!(folder.text("indexer/indexer.yml").contains("replicas: 2\n") && folder.text("indexer/indexer.yml").contains("indexer:2"));
    // An object with the same name as a rendered one.
    fs::write(folder.out().join("mine.yaml"), "apiVersion: v1\nkind: Service\nmetadata: {name: ranker}\n").unwrap();
    let met = folder.export(&FLOW.replace("name: encoder", "name: ranker"), &[]);
    assert_eq!(met.code, 1);
    assert_eq!(met.codes(), ["object-already-exists"]);
    met.says("`ranker`");
}

#[test]
fn foreign_objects_that_run_jina_are_reported() {
    let mut messages = Messages::new("export-foreign");
    let folder = Folder(scratch("compat"));
    folder.export(FLOW, &["--compat", "jina-3.34"]).succeeded();
    assert_eq!(folder.files(), ["encoder/encoder.yml", "gateway/gateway.yml", "indexer/indexer.yml"]);
    folder.export(FLOW, &["--compat", "jina-3.34"]).succeeded();
    fs::remove_file(folder.out().join("gateway/gateway.yml")).unwrap();
    let answer = folder.export("jtype: Flow\nexecutors: []\n", &["--compat", "jina-3.34"]);
    assert_eq!(answer.code, 0);
    for name in ["encoder", "indexer"] {
        let place = format!("{name}/{name}.yml: ");
        let is_about = |line: &&str| {
            line.starts_with("warning[workload-not-from-flow]: ") && line.contains(&place) && line.contains(&format!("`{name}`"))
        };
        assert_eq!(answer.findings().into_iter().filter(is_about).count(), 1, "{}", answer.stderr);
    }
    messages.add("foreign workloads", &answer);
    messages.compare();
}

/// Without a record, a difference may be an edit or a change of the Flow. It stays, and it is named.
#[test]
fn an_export_with_compat_is_adopted_when_the_flow_has_changed() {
    let folder = Folder(scratch("compat"));
    folder.export(FLOW, &["--compat", "jina-3.34"]).succeeded();
    let changed = FLOW.replace("encoder:1", "encoder:2");
    let kept = folder.export(&changed, &["--compat", "jina-3.34"]).succeeded();
    assert!(kept.summary[1].ends_with(" stay: spec.template.spec.containers[0].image"), "{:?}", kept.summary);
    assert!(folder.text("encoder/encoder.yml").contains("encoder:1"));
    let replaced = Folder(scratch("compat"));
    replaced.export(FLOW, &["--compat", "jina-3.34"]).succeeded();
    replaced.export(&changed, &["--compat", "jina-3.34", "--on-conflict", "overwrite"]).succeeded();
    assert!(replaced.text("encoder/encoder.yml").contains("encoder:2"));
}

#[test]
fn unreadable_files_are_reported_and_nothing_is_written() {
    let mut messages = Messages::new("export-unreadable");
    for (case, text, code) in [("not YAML", "kind: [\n", "invalid-yaml"), ("not UTF-8", "kind: \u{fffd}", "not-utf8")] {
        let folder = Folder::new();
        let bytes = if text.contains('\u{fffd}') { b"kind: \xff".to_vec() } else { text.as_bytes().to_vec() };
        let file = folder.out().join("encoder/encoder.yml");
        fs::write(&file, bytes).unwrap();
        let others = folder.text("indexer/indexer.yml");
        let refused = folder.export(&FLOW.replace("indexer:1", "indexer:2"), &[]);
        assert_eq!((refused.code, folder.text("indexer/indexer.yml")), (1, others));
        assert_eq!(refused.codes(), [code], "{}", refused.stderr);
        refused.says("encoder/encoder.yml: ");
        messages.add(case, &refused);
        // Files outside the export may have any content.
        fs::rename(&file, folder.out().join("chart.yaml")).unwrap();
        folder.export(FLOW, &[]).succeeded();
        assert!(folder.text("encoder/encoder.yml").contains("kind: Deployment"));
    }
    let folder = Folder::new();
    for text in ["{}", "{\"version\": 9}", ""] {
        fs::write(folder.out().join(".jinaflow"), text).unwrap();
        let refused = folder.export(FLOW, &[]);
        assert_eq!((refused.code, refused.codes()), (1, vec!["invalid-export-record"]), "{}", refused.stderr);
        refused.says("/.jinaflow: ");
        messages.add(&format!(".jinaflow: {text}"), &refused);
    }
    messages.compare();
}

#[cfg(unix)]
#[test]
fn links_are_refused_and_file_modes_are_kept() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = Folder::new();
    let file = folder.out().join("encoder/encoder.yml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let changed = FLOW.replace("encoder:1", "encoder:2");
    folder.export(&changed, &[]).succeeded();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for link in ["encoder/encoder.yml", "encoder"] {
        let folder = Folder::new();
        let (inside, outside) = (folder.out().join(link), folder.0.join("outside"));
        fs::rename(&inside, &outside).unwrap();
        symlink(&outside, &inside).unwrap();
        let before =
            if outside.is_dir() { tree(&outside) } else { BTreeMap::from([(String::new(), fs::read_to_string(&outside).unwrap())]) };
        let refused = folder.export(&changed, &[]);
        assert_eq!(refused.code, 1, "{}", refused.stderr);
        assert_eq!(refused.codes(), ["symbolic-link"]);
        refused.says(&format!("out/{link}: "));
        let after =
            if outside.is_dir() { tree(&outside) } else { BTreeMap::from([(String::new(), fs::read_to_string(&outside).unwrap())]) };
        assert_eq!(after, before);
        fs::remove_file(&inside).unwrap();
        fs::rename(&outside, &inside).unwrap();
        folder.export(&changed, &[]).succeeded();
    }
}

#[test]
fn parallel_exports_succeed_and_leave_no_temporary_files() {
    let folder = Folder(scratch("beside"));
    let file = folder.0.join("flow.yml");
    fs::write(&file, FLOW).unwrap();
    // Folders of other owners with names like those of the export.
    fs::create_dir(folder.0.join("out.jinaflow.new")).unwrap();
    fs::write(folder.0.join("out.jinaflow.new/mine"), "mine").unwrap();
    for _ in 0..3 {
        std::thread::scope(|scope| {
            let runs: Vec<_> =
                (0..12).map(|_| scope.spawn(|| jinaflow(&["export", file.to_str().unwrap(), folder.out().to_str().unwrap()]))).collect();
            for run in runs {
                run.join().unwrap().succeeded();
            }
        });
        assert_eq!(folder.files(), [".jinaflow", "encoder/encoder.yml", "gateway/gateway.yml", "indexer/indexer.yml"]);
    }
    let mut left: Vec<String> = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, ["flow.yml", "out", "out.jinaflow.new"]);
    assert_eq!(fs::read_to_string(folder.0.join("out.jinaflow.new/mine")).unwrap(), "mine");
}

/// The current content of an exported file stays, whatever the user has done with its objects.
#[test]
fn other_content_in_an_exported_file_is_kept() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: mine}\n";
    let folder = Folder::new();
    fs::write(folder.out().join("encoder/encoder.yml"), secret).unwrap();
    folder.export(FLOW, &[]).succeeded();
    let text = folder.text("encoder/encoder.yml");
    assert!(text.starts_with(secret) && text.contains("name: encoder-configmap\n"), "{text}");

    // Objects that were moved to another file, and a new object in their old file.
    let folder = Folder::new();
    fs::rename(folder.out().join("encoder/encoder.yml"), folder.out().join("moved.yml")).unwrap();
    fs::create_dir_all(folder.out().join("encoder")).unwrap();
    fs::write(folder.out().join("encoder/encoder.yml"), secret).unwrap();
    folder.export(&FLOW.replace("encoder:1}", "encoder:1, env: {A: b}}"), &[]).succeeded();
    assert_eq!(folder.text("encoder/encoder.yml"), secret);
    assert!(folder.text("moved.yml").contains("A: b\n"));

    // Rendered objects inside a List would be written a second time.
    let folder = Folder::new();
    let items = folder.text("encoder/encoder.yml");
    let items: String = items.split("---\n").map(|item| format!("- {}\n", item.trim_end().replace('\n', "\n  "))).collect();
    let list = format!("apiVersion: v1\nkind: List\nitems:\n{items}");
    fs::write(folder.out().join("encoder/encoder.yml"), &list).unwrap();
    let refused = folder.export(FLOW, &[]);
    assert_eq!((refused.code, folder.text("encoder/encoder.yml")), (1, list));
    assert_eq!(refused.codes(), ["list-in-export"]);
    refused.says("encoder/encoder.yml: kind: ");

    // An object of the user that replaces a rendered one belongs to the user.
    let folder = Folder::new();
    let ours = folder.text("encoder/encoder.yml");
    let (_, behind) = ours.split_once("---\n").unwrap();
    let mine = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: mine}}\ndata: {{a: b}}\n---\n{behind}");
    fs::write(folder.out().join("encoder/encoder.yml"), &mine).unwrap();
    folder.export(&FLOW.replace("encoder:1}", "encoder:1, env: {A: b}}"), &[]).succeeded();
    let text = folder.text("encoder/encoder.yml");
    let (first, _) = mine.split_once("---\n").unwrap();
    assert!(text.starts_with(&format!("{first}---\n")) && text.contains("  name: encoder-configmap\n"), "{text}");
}

/// Text around documents: heads, ends, and documents that cannot be parsed.
#[test]
fn text_around_documents_is_kept() {
    let folder = Folder::new();
    for head in ["# Copyright ACME\n---\n", "---\n", "%YAML 1.1\n---\n", "# one\n---\n# two\n---\n"] {
        let folder = Folder::new();
        let text = format!("{head}{}---\n# the end\n", folder.text("encoder/encoder.yml"));
        fs::write(folder.out().join("encoder/encoder.yml"), &text).unwrap();
        folder.export(FLOW, &[]).succeeded();
        assert_eq!(folder.text("encoder/encoder.yml"), text);
        folder.export(&FLOW.replace("encoder:1", "encoder:2"), &[]).succeeded();
        assert_eq!(folder.text("encoder/encoder.yml"), text.replace("encoder:1", "encoder:2"));
    }
    // A chart template, and a rendered object in another namespace.
    let template = "a: {{ .Values.a }}\n  b\n---\napiVersion: v1\nkind: Service\nmetadata: {name: encoder, namespace: other}\n";
    fs::write(folder.out().join("mine.yml"), template).unwrap();
    folder.export(FLOW, &[]).succeeded();
    assert_eq!(folder.text("mine.yml"), template);
    // When the file contains a rendered object, it must be readable.
    let moved = format!("a: {{{{ .Values.a }}}}\n  b\n---\n{}", folder.text("encoder/encoder.yml"));
    fs::remove_file(folder.out().join("encoder/encoder.yml")).unwrap();
    fs::write(folder.out().join("mine.yml"), &moved).unwrap();
    let refused = folder.export(FLOW, &[]);
    assert_eq!((refused.code, folder.text("mine.yml")), (1, moved));
    assert_eq!(refused.codes(), ["invalid-yaml"]);
    refused.says("mine.yml: ");
}

/// When a run is killed between two files, the replaced files are not edits for the next run.
#[test]
fn a_killed_export_is_continued_by_the_next_one() {
    let flow = |version: u64| -> String {
        let executors: String = (0..200).map(|number| format!("- {{name: e{number}, uses: 'docker://acme/e:{version}'}}\n")).collect();
        format!("jtype: Flow\nexecutors:\n{executors}")
    };
    let folder = Folder(scratch("export-killed"));
    folder.export(&flow(0), &[]).succeeded();
    let file = folder.0.join("flow.yml");
    let count = |image: &str| tree(&folder.out()).values().filter(|text| text.contains(image)).count();
    let mut was_stopped_within = false;
    for version in 1..=20 {
        fs::write(&file, flow(version)).unwrap();
        let mut run = program(&["export", file.to_str().unwrap(), folder.out().to_str().unwrap()]).spawn().unwrap();
        let is_within = || fs::read_to_string(folder.out().join(".jinaflow")).unwrap().contains("\"unfinished\"");
        while run.try_wait().unwrap().is_none() && !is_within() {}
        // Each run is killed a little later.
        std::thread::sleep(std::time::Duration::from_millis(version));
        let _ = run.kill();
        run.wait().unwrap();
        was_stopped_within |= is_within();
    }
    assert!(was_stopped_within);
    folder.export(&flow(21), &[]).succeeded();
    assert_eq!(count("image: acme/e:21\n"), 200);
}

/// Two versions of a Flow are exported at the same time: the result is one of them, and nothing counts as an edit.
#[test]
fn parallel_exports_of_two_versions_leave_no_edits() {
    let folder = Folder::new();
    let versions = ["2", "3"].map(|version| {
        let file = folder.0.join(format!("flow-{version}.yml"));
        fs::write(&file, FLOW.replace(":1", &format!(":{version}"))).unwrap();
        file
    });
    for round in 4..10 {
        std::thread::scope(|scope| {
            let runs: Vec<_> = versions
                .iter()
                .map(|file| scope.spawn(|| jinaflow(&["export", file.to_str().unwrap(), folder.out().to_str().unwrap()])))
                .collect();
            for run in runs {
                run.join().unwrap().succeeded();
            }
        });
        folder.export(&FLOW.replace(":1", &format!(":{round}")), &[]).succeeded();
        assert!(folder.text("indexer/indexer.yml").contains(&format!("image: acme/indexer:{round}\n")));
    }
}

/// Objects with the kind and name of a rendered object that do not belong to the export: a patch of an overlay, another
/// export in a subfolder, an object of the user.
#[test]
fn foreign_objects_with_the_name_of_a_rendered_one_are_kept() {
    let without = FLOW.replace("- {name: encoder, uses: docker://acme/encoder:1}\n", "");
    let folder = Folder::new();
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: encoder}\nspec: {replicas: 7}\n";
    fs::create_dir_all(folder.out().join("overlays")).unwrap();
    fs::write(folder.out().join("overlays/patch.yml"), patch).unwrap();
    fs::remove_dir_all(folder.out().join("encoder")).unwrap();
    folder.export(&without, &[]).succeeded();
    assert_eq!(folder.text("overlays/patch.yml"), patch);

    let folder = Folder::new();
    let below = folder.out().join("below");
    jinaflow(&["export", folder.0.join("flow.yml").to_str().unwrap(), below.to_str().unwrap()]).succeeded();
    let before = tree(&below);
    fs::remove_dir_all(folder.out().join("encoder")).unwrap();
    folder.export(FLOW, &[]).succeeded();
    assert!(folder.text("encoder/encoder.yml").contains("kind: Deployment\n"));
    folder.export(&without, &[]).succeeded();
    assert_eq!(tree(&below), before);

    // A file that records a render which never happened.
    let folder = Folder::new();
    for name in ["victim", "out/notes.md"] {
        fs::write(folder.0.join(name), "mine\n").unwrap();
    }
    let forged: String = ["../victim", "notes.md"]
        .map(|file| {
            format!("{{\"file\":\"{file}\",\"kind\":\"A\",\"name\":\"x\",\"object\":\"flow/x/A\",\"rendered\":\"v1.\",\"text\":\"0\"}},\n")
        })
        .concat();
    folder.edit(".jinaflow", "\"objects\": [\n", &format!("\"objects\": [\n{forged}"));
    folder.export(FLOW, &[]).succeeded();
    assert!(folder.0.join("victim").exists() && folder.out().join("notes.md").exists());
}

/// A second run gives the same files as the first, and comments stay with their document.
#[test]
fn a_second_run_changes_nothing() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: mine}\n";
    let without = FLOW.replace("- {name: encoder, uses: docker://acme/encoder:1}\n", "");
    // A deleted object, and a last line without a line break.
    let folder = Folder::new();
    let text = folder.text("encoder/encoder.yml");
    fs::write(folder.out().join("encoder/encoder.yml"), text.split_once("---\n").unwrap().1.trim_end()).unwrap();
    folder.export(FLOW, &[]).succeeded();
    let once = tree(&folder.out());
    folder.export(FLOW, &[]).succeeded();
    assert_eq!(tree(&folder.out()), once);

    // Moved objects, with other content in their old place.
    let folder = Folder::new();
    fs::rename(folder.out().join("encoder/encoder.yml"), folder.out().join("moved.yml")).unwrap();
    fs::write(folder.out().join("encoder/encoder.yml"), secret).unwrap();
    for _ in 0..2 {
        folder.export(FLOW, &[]).succeeded();
    }
    folder.export(&FLOW.replace("encoder:1", "encoder:2"), &[]).succeeded();
    assert!(folder.text("moved.yml").contains("encoder:2") && folder.text("encoder/encoder.yml") == secret);

    let folder = Folder::new();
    let text = folder.text("encoder/encoder.yml");
    let (first, rest) = text.split_once("---\n").unwrap();
    let mixed = format!("# Copyright\n---\n{first}---\n{secret}---\n# a remark\n---\n{rest}---\n# the end\n");
    fs::write(folder.out().join("encoder/encoder.yml"), mixed).unwrap();
    folder.export(&without, &[]).succeeded();
    assert_eq!(folder.text("encoder/encoder.yml"), format!("# Copyright\n{secret}# a remark\n# the end\n"));
    // A line that only resembles a document marker.
    fs::write(folder.out().join("x.yml"), "a: 1\n---\u{a0}b\n").unwrap();
    folder.export(&without, &[]).succeeded();
}

/// When one file cannot be written, all files stay unchanged.
#[test]
fn a_run_that_fails_changes_nothing() {
    let folder = Folder::new();
    // A file has the name of a needed folder. The run fails only after the other files are written.
    fs::remove_dir_all(folder.out().join("indexer")).unwrap();
    fs::write(folder.out().join("indexer"), "mine\n").unwrap();
    // One folder exists and is empty, another one must be created.
    fs::create_dir(folder.out().join("added")).unwrap();
    let before = tree(&folder.out());
    let more = "- {name: added, uses: docker://acme/a:1}\n- {name: also, uses: docker://acme/a:1}\n";
    let failed = folder.export(&(FLOW.replace(":1", ":2") + more), &[]);
    assert_eq!((failed.code, tree(&folder.out())), (1, before));
    assert_eq!(failed.codes(), ["file-unwritable"]);
    failed.says("/indexer: ");
    assert!(folder.out().join("added").is_dir() && !folder.out().join("also").exists());
    // Rendered objects inside a List in another file.
    let folder = Folder::new();
    let items = folder.text("encoder/encoder.yml");
    let items: String = items.split("---\n").map(|item| format!("- {}\n", item.trim_end().replace('\n', "\n  "))).collect();
    fs::remove_file(folder.out().join("encoder/encoder.yml")).unwrap();
    fs::write(folder.out().join("list.yaml"), format!("apiVersion: v1\nkind: List\nitems:\n{items}")).unwrap();
    let before = tree(&folder.out());
    let refused = folder.export(FLOW, &[]);
    assert_eq!((refused.code, tree(&folder.out())), (1, before));
    assert_eq!(refused.codes(), ["list-in-export"]);
    refused.says("list.yaml: kind: ");
}
