//! jinaflow's YAML reader compared with those of kustomize, kubectl and Jina. `tests/it/readers.rs` compares it with
//! the recording.

use std::fs;

use serde_json::{Value, json};

use crate::support::readers::{Difference, Readers};
use crate::support::{readers, root, roundtrip, spellings, unpack};
use crate::tools;

/// Asserts that all readers give the same result for a document. Known differences are counted.
fn read_alike(readers: &mut Readers, name: &str, text: &str, explained: &mut usize) {
    for Difference { reader, what, reason } in readers.read(text).differences(text) {
        assert!(reason.is_some(), "{name}: {reader}: {what}\n{text:?}");
        *explained += 1;
    }
}

/// The YAML files of this repository. A recording that has several files counts as these files.
fn files() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["examples", "functions", "tests"] {
        roundtrip::yaml_below(&root().join(folder), &mut found);
    }
    found.sort();
    let mut files: Vec<(String, String)> = Vec::new();
    for file in found {
        let (name, text) = (file.display().to_string(), fs::read_to_string(&file).unwrap());
        if file.ends_with("expected.yaml") {
            files.extend(unpack(&text).into_iter().map(|(part, text)| (format!("{name}: {part}"), text)));
        } else {
            files.push((name, text));
        }
    }
    assert!(files.len() > 2500, "{} files", files.len());
    files
}

#[test]
fn files_are_read_like_other_readers_do() {
    let mut readers = Readers::start(&tools::folder());
    let mut explained = 0;
    for (name, text) in files() {
        read_alike(&mut readers, &name, &text, &mut explained);
    }
    assert!(explained < 50, "{explained} differences");
}

#[test]
fn unusual_spellings_are_read_like_other_readers_do() {
    let mut readers = Readers::start(&tools::folder());
    let mut explained = 0;
    let texts: Vec<String> = spellings::BY_HAND.iter().map(|text| (*text).to_owned()).chain(spellings::odd(1, 20_000)).collect();
    for (number, text) in texts.iter().enumerate() {
        read_alike(&mut readers, &format!("document {number}"), text, &mut explained);
    }
    // Explained differences must stay the exception.
    assert!(explained < texts.len() / 50, "{explained} differences in {} documents", texts.len());
}

#[test]
fn files_in_unusual_layouts_are_read_like_other_readers_do() {
    let mut readers = Readers::start(&tools::folder());
    let (mut explained, mut count) = (0, 0);
    for (place, (name, text)) in files().into_iter().filter(|(_, text)| text.len() < 4096).enumerate() {
        for round in 0..6 {
            let relaid = spellings::relaid(&text, place as u64 * 6 + round);
            read_alike(&mut readers, &name, &relaid, &mut explained);
            count += 1;
        }
    }
    assert!(explained < count / 10, "{explained} differences in {count} documents");
}

#[test]
fn the_recording_is_current() {
    let mut readers = Readers::start(&tools::folder());
    let recorded: Vec<Value> =
        readers::recorded_documents().into_iter().map(|text| json!({"text": text, "said": readers.ask(&text)})).collect();
    let file = root().join(readers::RECORDING);
    // One entry per line, so that changes are readable.
    let lines: Vec<String> = recorded.iter().map(Value::to_string).collect();
    let text = format!("[\n{}\n]\n", lines.join(",\n"));
    if std::env::var_os("JINAFLOW_RECORD").is_some() {
        fs::write(&file, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), text, "record again: JINAFLOW_RECORD=1 tests/conformance/run.sh readers");
}
