//! Compares jinaflow's YAML reader with the recorded results of the readers of kustomize, kubectl and Jina.
//! `tests/conformance/readers.rs` runs those readers.

use std::fs;

use crate::support::readers::{Difference, RECORDING, Readings, recorded_documents};
use crate::support::{root, roundtrip};
use jinaflow::internals::yaml;
use serde_json::Value;

#[test]
fn recorded_documents_are_read_like_other_readers_do() {
    let recorded: Vec<Value> = serde_json::from_str(&fs::read_to_string(root().join(RECORDING)).unwrap()).unwrap();
    let texts: Vec<&str> = recorded.iter().map(|entry| entry["text"].as_str().unwrap()).collect();
    assert_eq!(texts, recorded_documents(), "record again: JINAFLOW_RECORD=1 tests/conformance/run.sh readers");
    let mut explained = 0;
    for (entry, text) in recorded.iter().zip(texts) {
        for Difference { reader, what, reason } in Readings::of(text, entry["said"].clone()).differences(text) {
            assert!(reason.is_some(), "{reader}: {what}\n{text:?}");
            explained += 1;
        }
    }
    assert!(explained < recorded.len() / 20, "{explained} differences");
}

#[test]
fn readable_documents_are_returned_unchanged_as_items() {
    let is_yaml = |text: &String| [0, 2].iter().all(|indent| yaml::read(&roundtrip::entry(text, *indent)).is_ok());
    let documents: Vec<String> = recorded_documents().iter().flat_map(|text| roundtrip::documents(text)).filter(is_yaml).collect();
    assert!(documents.len() > 150, "{}", documents.len());
    let changed = roundtrip::changed(&documents);
    assert!(changed.is_empty(), "{} are changed: {:?}", changed.len(), changed.first());
}
