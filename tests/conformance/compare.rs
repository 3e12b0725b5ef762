//! Reads every YAML file in folders with all readers, and prints where they differ from jinaflow's:
//!
//! ```sh
//! tests/conformance/setup.sh
//! cargo run --release --example compare-readers -- FOLDER…
//! ```
//!
//! Also passes every document of a file through the function as a foreign item, at two indentations. It must be
//! returned byte for byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../support/readers.rs"]
#[allow(dead_code)]
mod readers;
#[path = "../support/roundtrip.rs"]
mod roundtrip;
#[path = "../support/spellings.rs"]
#[allow(dead_code)]
mod spellings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use readers::{Readers, Reading};

fn main() -> ExitCode {
    let mut is_all_explained = true;
    for folder in std::env::args().skip(1) {
        is_all_explained &= compare(Path::new(&folder));
    }
    if is_all_explained { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn compare(folder: &Path) -> bool {
    let mut files = Vec::new();
    roundtrip::yaml_below(folder, &mut files);
    files.sort();
    let mut readers = Readers::start(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools"));
    let mut accepted: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut unexplained = 0;
    let (mut read, mut items, mut changed) = (0, 0, Vec::new());
    for file in &files {
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        read += 1;
        let readings = readers.read(&text);
        let mut count = |reader, documents: Option<usize>| {
            let (files, all) = accepted.entry(reader).or_default();
            *files += usize::from(documents.is_some());
            *all += documents.unwrap_or_default();
        };
        count("kustomize (go-yaml 3)", number(&readings.kustomize));
        count("kubectl (sigs.k8s.io/yaml)", number(&readings.kubectl));
        count("Jina (PyYAML)", number(&readings.jina));
        count("jinaflow, for Kubernetes", number(&readings.ours_for_kubernetes));
        count("jinaflow, for Jina", number(&readings.ours_for_jina));
        for difference in readings.differences(&text) {
            if let Some(reason) = difference.reason {
                *reasons.entry((difference.reader, reason)).or_default() += 1;
            } else {
                unexplained += 1;
                println!("{}: {}: {}", file.display(), difference.reader, difference.what);
            }
        }
        let documents = roundtrip::documents(&text);
        items += documents.len();
        changed.extend(roundtrip::changed(&documents).into_iter().map(|document| (file.clone(), document)));
    }
    println!("{}: {} files, of which {read} are UTF-8", folder.display(), files.len());
    for (reader, (files, documents)) in accepted {
        println!("  {reader:<28} accepts {files:>5} files with {documents:>6} documents");
    }
    for ((reader, reason), count) in reasons {
        println!("  {count:>5} × {reader}: {reason}");
    }
    println!("  {unexplained} differences without a reason");
    println!("  {items} documents as items at two indentations, {} changed", changed.len());
    for (file, document) in changed.iter().take(10) {
        let file: &PathBuf = file;
        println!("  {}: {:?}", file.display(), document.chars().take(200).collect::<String>());
    }
    unexplained == 0 && changed.is_empty()
}

fn number<T>(reading: &Reading<T>) -> Option<usize> {
    reading.as_ref().ok().map(Vec::len)
}
