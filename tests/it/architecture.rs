//! The house keeps its shape: rooms import only from earlier rooms, and ARCHITECTURE.md shows what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::{root, tree};

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
        for word in ["saphyr", "libyaml", "serde_yaml"] {
            assert!(name.starts_with("yaml/") || !text.contains(word), "src/{name} reads or writes YAML itself: {word}");
        }
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

/// The packages of Cargo.lock with what each depends on. Read from the file: cargo would ask for the crates of every
/// platform, which a machine that only builds for its own has never downloaded.
fn locked() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let quoted = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
    let package = |block: &str| {
        let name = block.lines().find(|line| line.starts_with("name = ")).map(quoted).unwrap();
        let list = block.split("dependencies = [\n").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
        // `"name"`, or `"name version"` where two versions are locked.
        let names = list.lines().map(|line| quoted(line).split(' ').next().unwrap_or_default().to_owned());
        (name, names.collect())
    };
    text.split("[[package]]\n").skip(1).map(package).collect()
}

#[test]
fn dependencies_are_few_and_each_has_its_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap().split("\n[dev-dependencies]").next().unwrap();
    let packages = locked();
    let mut waiting = Vec::new();
    let mut previous = "";
    for line in dependencies.lines() {
        if let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with(['#', '['])) {
            assert!(previous.starts_with('#'), "no reason above {line}");
            waiting.push(name.to_owned());
        }
        previous = line;
    }
    assert!(waiting.len() > 5, "{waiting:?}");
    let mut crates = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        let depends = packages.get(&name).unwrap_or_else(|| panic!("{name} is not in Cargo.lock"));
        if crates.insert(name) {
            waiting.extend(depends.iter().cloned());
        }
    }
    assert!(crates.contains("itoa"), "{crates:?}");
    assert!(crates.len() <= 25, "{} crates on all platforms together: {crates:?}", crates.len());
}
