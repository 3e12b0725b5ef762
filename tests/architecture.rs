//! The house keeps its shape: rooms import only from earlier rooms, and ARCHITECTURE.md shows what is there.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use support::{root, tree};

/// The rooms in order, from lib.rs.
fn rooms() -> Vec<String> {
    let text = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).map(str::to_owned).collect()
}

fn sources() -> Vec<(String, String)> {
    tree(&root().join("src")).into_iter().filter(|(name, _)| name.ends_with(".rs")).collect()
}

#[test]
fn modules_import_only_from_earlier_rooms() {
    let rooms = rooms();
    assert_eq!(rooms, ["finding", "yaml", "krm", "jina", "config", "plan", "manifests", "reconcile", "check", "cli"]);
    for (name, text) in sources() {
        let room = name.split(['/', '.']).next().unwrap().to_owned();
        let Some(own) = rooms.iter().position(|r| *r == room) else { continue };
        // Tests may look back from a later room.
        let code: String = text
            .split("#[cfg(test)]")
            .next()
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
        for (at, _) in code.match_indices("crate::") {
            let word: String = code[at + "crate::".len()..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let imported =
                rooms.iter().position(|r| *r == word).unwrap_or_else(|| panic!("src/{name} uses crate::{word}, which is no room"));
            assert!(imported <= own, "src/{name} is in room `{room}` and imports from the later room `{word}`");
        }
    }
}

#[test]
fn the_plan_knows_neither_yaml_nor_kubernetes() {
    for (name, text) in sources().into_iter().filter(|(name, _)| name.starts_with("plan/") || name.starts_with("jina/topology")) {
        for word in ["crate::yaml", "crate::krm", "serde_json::Value", "serde_json::json", "apiVersion"] {
            assert!(!text.contains(word), "src/{name} mentions {word}");
        }
    }
}

#[test]
fn yaml_is_written_in_one_place() {
    for (name, text) in sources() {
        assert!(name.starts_with("yaml/") || !text.contains("saphyr"), "src/{name} parses YAML itself");
        assert!(name.starts_with("yaml/") || !text.contains("serde_yaml"), "src/{name} writes YAML itself");
    }
}

#[test]
fn the_map_shows_every_file() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let block = text.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut folder = String::new();
    let mut shown = BTreeSet::new();
    for line in block.lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        if let Some(name) = name.strip_suffix('/') {
            folder = if name == "src" { String::new() } else { format!("{name}/") };
        } else if name.ends_with(".rs") {
            let folder = if line.starts_with("  ") && !line.starts_with("    ") { "" } else { folder.as_str() };
            shown.insert(format!("{folder}{name}"));
        }
    }
    let there: BTreeSet<String> = sources().into_iter().map(|(name, _)| name).collect();
    assert_eq!(shown, there);
}

#[test]
fn modules_have_names() {
    for (name, _) in sources() {
        for word in ["util", "helper", "common", "misc"] {
            assert!(!name.contains(word), "src/{name}");
        }
    }
}

#[test]
fn dependencies_are_few_and_each_has_its_reason() {
    for target in ["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"] {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--edges", "normal", "--prefix", "none", "--locked", "--offline", "--format", "{p}", "--target", target])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let crates: BTreeSet<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert!(crates.contains("serde_json"));
        assert!(crates.len() - 1 <= 25, "{} crates besides our own for {target}: {crates:?}", crates.len() - 1);
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("\n[features").next().unwrap();
    let mut previous = "";
    for line in dependencies.lines() {
        if line.contains(" = ") && !line.starts_with('[') {
            assert!(previous.starts_with('#'), "no reason above {line}");
        }
        previous = line;
    }
}
