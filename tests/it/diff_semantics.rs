//! What `jinaflow diff` says about pairs of manifests, compared with what a real cluster did with them.
//! `tests/conformance/cluster/diff_pairs.rs` records it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::pairs::{Effects, Side, chains};
use crate::support::{jinaflow, root, scratch};

const SPACE: &str = "the-namespace";

fn said(folder: &Path, old: &Side, new: &Side) -> (i32, Value) {
    let write = |name: &str, side: &Side| {
        let file = folder.join(name);
        fs::write(&file, side.stream(SPACE)).unwrap();
        file
    };
    let (old, new) = (write("old.yaml", old), write("new.yaml", new));
    let run = jinaflow(&["diff", "--output", "json", old.to_str().unwrap(), new.to_str().unwrap()]);
    (run.code, serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.stderr)))
}

#[test]
fn a_diff_says_what_a_cluster_did() {
    let recorded: Value = serde_json::from_str(&fs::read_to_string(root().join("tests/it/diff_facts.json")).unwrap()).unwrap();
    let recorded = recorded["chains"].as_object().unwrap();
    let folder = scratch("semantics");
    let (mut pairs, mut found, mut wrong) = (0, 0, Vec::new());
    for chain in chains() {
        let Some(facts) = recorded.get(&chain.name) else { continue };
        found += 1;
        for pair in facts.as_array().unwrap() {
            let side = |at: usize| &chain.sides[usize::try_from(pair[at].as_u64().unwrap()).unwrap()];
            let (code, document) = said(&folder, side(0), side(1));
            let (done, claimed) = (Effects::from_json(&pair[2]), Effects::claimed(&document, SPACE));
            let has_changes = done != Effects::default();
            let mut lines = Effects::disagreements(&done, &claimed);
            let autoscaled = &side(0).autoscaled() | &side(1).autoscaled();
            lines.retain(|line| !autoscaled.iter().any(|name| line.starts_with(&format!("scaled {name}:"))));
            if !lines.is_empty() || code != i32::from(has_changes) {
                wrong.push(format!("{} ({} → {}), code {code}: {lines:#?}", chain.name, side(0).name, side(1).name));
            }
            pairs += 1;
        }
    }
    assert_eq!(found, recorded.len(), "a recorded chain is not made any more; record again on a cluster");
    assert!(wrong.is_empty(), "{} of {pairs}\n{}", wrong.len(), wrong.join("\n"));
    assert!(pairs > 300, "{pairs}");
}

#[test]
fn a_side_does_not_differ_from_itself() {
    let folder = scratch("same");
    for chain in chains() {
        for side in chain.sides.iter().take(4) {
            let (code, document) = said(&folder, side, side);
            assert_eq!((code, Effects::claimed(&document, SPACE)), (0, Effects::default()), "{}: {}", chain.name, side.name);
        }
    }
}
