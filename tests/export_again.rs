//! `jinaflow export FLOW OUTDIR` into a folder that is there: edits stay, what is gone goes, nothing of anybody else's is touched.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use support::{Run, jinaflow, scratch, tree};

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

#[test]
fn a_folder_that_nobody_edited_is_as_a_new_one() {
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
fn edits_stay_and_changes_arrive() {
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
    // With a folder of its own gone, everything else of it stays.
    folder.export(&FLOW.replace("- {name: encoder, uses: docker://acme/encoder:1}\n", ""), &[]).succeeded();
    assert_eq!(folder.text("encoder/encoder.yml"), added.trim_start_matches("---\n"));
}

#[test]
fn conflicts_are_named_each_time_until_they_are_settled() {
    let folder = Folder::new();
    folder.edit("gateway/gateway.yml", "replicas: 1", "replicas: 5");
    let changed = FLOW.replace("jtype: Flow", "jtype: Flow\ngateway: {replicas: 2}");
    let before = tree(&folder.out());
    let refused = folder.export(&changed, &["--on-conflict", "error"]);
    assert_eq!((refused.code, tree(&folder.out())), (1, before));
    refused.says("gateway/gateway.yml: spec.replicas: was changed here and by the Flow");
    for _ in 0..2 {
        let answer = folder.export(&changed, &[]);
        assert_eq!(answer.code, 0);
        answer.says("gateway/gateway.yml: spec.replicas: was changed here and by the Flow, and stays as it is here (got \"5\"); the Flow has \"2\" now");
        assert!(folder.text("gateway/gateway.yml").contains("  replicas: 5\n"));
    }
    let answer = folder.export(&changed, &["--on-conflict", "overwrite"]);
    assert_eq!(answer.code, 0);
    answer.says("spec.replicas: ");
    assert!(folder.text("gateway/gateway.yml").contains("  replicas: 2\n"));
    folder.export(&changed, &[]).succeeded();
    let unknown = folder.export(FLOW, &["--on-conflict", "owerwrite"]);
    unknown.says("did you mean `overwrite`?");
}

#[test]
fn edits_follow_an_object_and_are_named_where_they_cannot() {
    let folder = Folder::new();
    folder.edit("encoder/encoder.yml", "replicas: 1", "replicas: 4");
    let answer = folder.export(&FLOW.replace("name: encoder", "name: ranker"), &[]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(folder.text("ranker/ranker.yml").contains("  replicas: 4\n") && !folder.out().join("encoder").exists());
    let answer = folder.export("jtype: Flow\nexecutors:\n- {name: other, uses: docker://x/y}\n", &[]);
    answer.says("spec.replicas: was changed here");
    assert!(!folder.out().join("ranker").exists());
}

#[test]
fn objects_are_found_where_they_are() {
    let folder = Folder::new();
    // One in another file, and one in another namespace.
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
    // Deleted by hand, it comes again.
    fs::remove_file(folder.out().join("budgets.yaml")).unwrap();
    folder.export(FLOW, &[]).succeeded();
    assert!(folder.text("encoder/encoder.yml").contains("kind: PodDisruptionBudget"));
}

#[test]
fn flows_of_several_files_go_to_one_folder() {
    let folder = Folder(scratch("several"));
    let deployment = |name: &str| format!("jtype: Deployment\nwith: {{name: {name}, uses: docker://x/{name}}}\n");
    folder.export(&deployment("one"), &[]).succeeded();
    folder.export(&deployment("two"), &[]).succeeded();
    assert_eq!(folder.files(), [".jinaflow", "one.yml", "two.yml"]);
    // Each is known again.
    folder.edit("one.yml", "replicas: 1", "replicas: 3");
    folder.export(&deployment("one").replace("x/one", "x/one:2"), &[]).succeeded();
    assert!(folder.text("one.yml").contains("replicas: 3\n") && folder.text("one.yml").contains("image: x/one:2"));
    assert_eq!(folder.files(), [".jinaflow", "one.yml", "two.yml"]);
}

/// A file that no export is known to have written, and what the message says to do.
#[test]
fn nothing_of_anybody_elses_is_replaced() {
    let folder = Folder::new();
    folder.edit("gateway/gateway.yml", "replicas: 1", "replicas: 5");
    folder.edit("encoder/encoder.yml", "replicas: 1", "replicas: 5");
    fs::remove_file(folder.out().join(".jinaflow")).unwrap();
    let before = tree(&folder.out());
    let refused = folder.export(FLOW, &[]);
    assert_eq!((refused.code, tree(&folder.out())), (1, before.clone()));
    let advice = "export into another folder and compare the two, or write the Flow's over it: --on-conflict overwrite";
    assert_eq!(refused.stderr.matches(advice).count(), 2, "{}", refused.stderr);
    // As the message says: what stands beside the Flow's objects stays.
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
    // The file that was as it is rendered is known again.
    folder.edit("indexer/indexer.yml", "replicas: 1", "replicas: 2");
    folder.export(&FLOW.replace("indexer:1", "indexer:2"), &[]).succeeded();
    assert!(folder.text("indexer/indexer.yml").contains("replicas: 2\n") && folder.text("indexer/indexer.yml").contains("indexer:2"));
    // An object that is called as one of ours.
    fs::write(folder.out().join("mine.yaml"), "apiVersion: v1\nkind: Service\nmetadata: {name: ranker}\n").unwrap();
    let met = folder.export(&FLOW.replace("name: encoder", "name: ranker"), &[]);
    assert_eq!(met.code, 1);
    met.says("there is a Service called `ranker` in ");
}

#[test]
fn what_runs_jina_and_is_from_elsewhere_is_named() {
    let folder = Folder(scratch("compat"));
    folder.export(FLOW, &["--compat", "jina-3.34"]).succeeded();
    assert_eq!(folder.files(), ["encoder/encoder.yml", "gateway/gateway.yml", "indexer/indexer.yml"]);
    folder.export(FLOW, &["--compat", "jina-3.34"]).succeeded();
    let refused = folder.export(&FLOW.replace("encoder:1", "encoder:2"), &["--compat", "jina-3.34"]);
    assert_eq!(refused.code, 1);
    refused.says("encoder/encoder.yml: is there already, with another text");
    fs::remove_file(folder.out().join("gateway/gateway.yml")).unwrap();
    let answer = folder.export("jtype: Flow\nexecutors: []\n", &["--compat", "jina-3.34"]);
    assert_eq!(answer.code, 0);
    for name in ["encoder", "indexer"] {
        let words = format!("{name}/{name}.yml: has a Deployment `{name}` that runs Jina, and that is not from this Flow");
        assert!(answer.stderr.contains(&words), "{}", answer.stderr);
    }
}

#[test]
fn files_that_cannot_be_read_are_named_and_nothing_is_written() {
    for (text, words, mend) in [
        ("kind: [\n", "is not YAML", "fix it, or remove the file to have it written again"),
        ("kind: \u{fffd}", "is not UTF-8", "convert it"),
    ] {
        let folder = Folder::new();
        let bytes = if text.contains('\u{fffd}') { b"kind: \xff".to_vec() } else { text.as_bytes().to_vec() };
        let file = folder.out().join("encoder/encoder.yml");
        fs::write(&file, bytes).unwrap();
        let others = folder.text("indexer/indexer.yml");
        let refused = folder.export(&FLOW.replace("indexer:1", "indexer:2"), &[]);
        assert_eq!((refused.code, folder.text("indexer/indexer.yml")), (1, others));
        refused.says(words);
        refused.says(mend);
        // A file that nobody asks for may be anything.
        fs::rename(&file, folder.out().join("chart.yaml")).unwrap();
        folder.export(FLOW, &[]).succeeded();
        assert!(folder.text("encoder/encoder.yml").contains("kind: Deployment"));
    }
    let folder = Folder::new();
    for (text, words) in
        [("{}", "is not what jinaflow wrote"), ("{\"version\": 9}", "was written by a newer jinaflow"), ("", "is not what jinaflow wrote")]
    {
        fs::write(folder.out().join(".jinaflow"), text).unwrap();
        let refused = folder.export(FLOW, &[]);
        assert_eq!(refused.code, 1);
        refused.says(words);
    }
}

#[cfg(unix)]
#[test]
fn links_are_refused_and_modes_stay() {
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
        refused.says("is a symbolic link");
        let after =
            if outside.is_dir() { tree(&outside) } else { BTreeMap::from([(String::new(), fs::read_to_string(&outside).unwrap())]) };
        assert_eq!(after, before);
        fs::remove_file(&inside).unwrap();
        fs::rename(&outside, &inside).unwrap();
        folder.export(&changed, &[]).succeeded();
    }
}

#[test]
fn exports_beside_each_other_do_not_fail_and_leave_nothing() {
    let folder = Folder(scratch("beside"));
    let file = folder.0.join("flow.yml");
    fs::write(&file, FLOW).unwrap();
    // Folders of other people with our names.
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
