//! YAML that people have written, as items beside a `JinaFlow`: files in the repositories of kustomize, kpt and their
//! dependencies. The files are read from where `setup.sh` lets Go download them.

use std::fs;

use crate::support::{properties, roundtrip};
use crate::tools;

/// Number of documents in one list.
const TOGETHER: usize = 40;

#[test]
fn documents_that_people_have_written_are_returned_byte_for_byte() {
    let modules = tools::folder().join("go/pkg/mod");
    let mut files = Vec::new();
    for owner in ["sigs.k8s.io", "github.com/kptdev", "github.com/google", "k8s.io"] {
        roundtrip::yaml_below(&modules.join(owner), &mut files);
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
        // Some files are not valid UTF-8 on purpose.
        let Ok(text) = fs::read_to_string(file) else { continue };
        items.extend(roundtrip::documents(&text).iter().map(|document| roundtrip::entry(document, 0)));
    }
    assert!(items.len() > 1000, "{} documents in {} files", items.len(), files.len());
    let ours = roundtrip::entry(
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata:\n  name: search\n  annotations:\n    \
         internal.config.kubernetes.io/path: jina.yaml\nspec:\n  flow: {jtype: Flow, executors: [{name: real-world, uses: 'docker://x'}]}\n",
        0,
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
