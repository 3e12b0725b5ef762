//! Edited exports of the real Jina, adopted by `kpt fn render` and by `jinaflow export` to their folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::kpt::{records, render, twice};
use crate::support::{documents, root, run, scratch, tree};
use crate::tools::{edit, folder, must, tool};

/// A folder with an export of the real Jina, and the file of its Flow. The encoder has more replicas and a limit.
fn exported() -> PathBuf {
    let place = scratch("adoption");
    fs::copy(root().join("tests/it/adoption/edited/flow.yml"), place.join("flow.yml")).unwrap();
    let mut jina = std::process::Command::new(folder().join("jina/bin/jina"));
    jina.args(["export", "kubernetes", "flow.yml", "out", "--k8s-namespace", "search"]).current_dir(&place);
    jina.env("JINA_OPTOUT_TELEMETRY", "1").env("JINA_GATEWAY_IMAGE", "jinaai/jina:3.34.0-py311-standard");
    must(jina);
    let encoder = place.join("out/encoder/encoder.yml");
    edit(&encoder, "  replicas: 2\n", "  replicas: 6 # for the fair\n");
    edit(&encoder, "        imagePullPolicy: IfNotPresent\n", "        imagePullPolicy: Always\n");
    place
}

fn assert_edits(file: &Path) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("  replicas: 6 # for the fair\n"), "{text}");
    let deployment = documents(&text).into_iter().find(|object| object["kind"] == "Deployment").unwrap();
    assert_eq!(deployment["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"], "Always");
}

#[test]
fn kpt_adopts_an_edited_export() {
    let place = exported();
    let package = place.join("out");
    let kptfile = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: search}\n\
                   pipeline:\n  mutators:\n    - {exec: jinaflow, configPath: jinaflow.yaml}\n";
    fs::write(package.join("Kptfile"), kptfile).unwrap();
    let flow = fs::read_to_string(place.join("flow.yml")).unwrap().replace('\n', "\n    ");
    let local = "{config.kubernetes.io/local-config: \"true\"}";
    let jina_flow = format!(
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: search, namespace: search, annotations: {local}}}\n\
         spec:\n  compat: jina-3.34\n  flow: |\n    {flow}\n"
    );
    fs::write(package.join("jinaflow.yaml"), jina_flow).unwrap();
    let before = tree(&package);
    let after = twice(&package, || render(&package));
    assert_edits(&package.join("encoder/encoder.yml"));
    assert_eq!(records(&after), ["search-rendered.yml"]);
    assert!(before.keys().eq(after.keys().filter(|name| *name != "search-rendered.yml")));
    // Only annotations are new.
    for (name, text) in before.keys().filter(|name| name.ends_with(".yml")).map(|name| (name, &after[name])) {
        let is_mark = |line: &&str| line.contains("flow.jina.ai/") || line.trim() == "annotations:";
        let rest = |text: &str| text.lines().filter(|line| !is_mark(line)).collect::<Vec<_>>().join("\n");
        assert_eq!(rest(text), rest(&before[name]), "{name}");
    }
    edit(&package.join("jinaflow.yaml"), "  compat: jina-3.34\n", "");
    twice(&package, || render(&package));
    assert_edits(&package.join("encoder/encoder.yml"));
}

#[test]
fn an_export_to_the_folder_of_jina_adopts_it() {
    let place = exported();
    let export = || {
        let mut command = tool("bash", &["-c", "jinaflow export flow.yml out --k8s-namespace search"]);
        command.current_dir(&place);
        command
    };
    let first = run(export(), b"");
    assert_eq!((first.code, first.codes()), (0, vec!["adoption-needs-delete"]), "{}", first.stderr);
    assert_eq!(first.summary[0], "jinaflow: flow: 5 added, 15 adopted, 2 fields kept because edited");
    assert_edits(&place.join("out/encoder/encoder.yml"));
    twice(&place.join("out"), export);
}
