//! YAML that people have written, as items beside a `JinaFlow`: what kustomize, kpt and what they are built from keep in
//! their own repositories. It is read from where `setup.sh` has Go put it.

use std::fs;
use std::path::{Path, PathBuf};

use jinaflow::krm::{Item, ResourceList};

use crate::support::properties;
use crate::tools;

/// Documents in one list.
const TOGETHER: usize = 40;

fn yaml_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
}

/// A document as kyaml writes an item: below a dash, every line two columns further in.
fn item(document: &str) -> String {
    let mut text = String::from("- ");
    for (place, line) in document.trim_start_matches(['\n', '\r']).split_inclusive('\n').enumerate() {
        text.push_str(if place == 0 || line.trim().is_empty() { "" } else { "  " });
        text.push_str(line);
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Whether a document is anything that can be an item: with content, and no directive or end mark, which only a stream has.
fn is_item(document: &str) -> bool {
    let mut lines = document.lines();
    let has_content = lines.clone().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    has_content && lines.all(|line| !line.starts_with(['%', '\t']) && line.trim_end() != "...")
}

#[test]
fn what_people_have_written_leaves_byte_for_byte() {
    let modules = tools::folder().join("go/pkg/mod");
    let mut files = Vec::new();
    for owner in ["sigs.k8s.io", "github.com/kptdev", "github.com/google", "k8s.io"] {
        yaml_below(&modules.join(owner), &mut files);
    }
    files.sort();
    let counted = |word: &str| files.iter().filter(|file| file.to_str().is_some_and(|name| name.contains(word))).count();
    assert!(
        counted("/kustomize/") > 200 && counted("/kpt@") > 200,
        "{} files of kustomize, {} of kpt",
        counted("/kustomize/"),
        counted("/kpt@")
    );

    let mut items = Vec::new();
    for file in &files {
        // Some are made to be no text at all.
        let Ok(text) = fs::read_to_string(file) else { continue };
        items.extend(ResourceList::read_documents(&text).items.iter().map(Item::text).filter(|text| is_item(text)).map(item));
    }
    assert!(items.len() > 1000, "{} documents in {} files", items.len(), files.len());
    let ours = item(
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: search\n  annotations:\n    \
         internal.config.kubernetes.io/path: jina.yaml\nspec:\n  flow: {jtype: Flow, executors: [{name: real-world, uses: 'docker://x'}]}\n",
    );
    for together in items.chunks(TOGETHER) {
        let (before, after) = together.split_at(together.len() / 2);
        let all = [&before.concat(), &ours, &after.concat()].map(String::as_str).concat();
        let answer = properties::envelope(format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{all}").as_bytes());
        assert!(answer.success, "{}", answer.stderr);
        let (_, out) = answer.text.split_once("items:\n").unwrap();
        assert!(out.starts_with(&all), "{all}\n{}", answer.text);
    }
}
