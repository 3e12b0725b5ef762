//! IDs of nodes and groups: names with only letters, digits and `_`, each once.

use std::collections::HashSet;

use super::model::Picture;

/// Words of Mermaid and DOT that cannot be IDs.
const RESERVED: [&str; 22] = [
    "end",
    "graph",
    "digraph",
    "flowchart",
    "subgraph",
    "style",
    "linkstyle",
    "classdef",
    "class",
    "click",
    "href",
    "call",
    "default",
    "direction",
    "interpolate",
    "node",
    "edge",
    "strict",
    "swimlane",
    "v",
    "o",
    "x",
];

/// The longest part of a name in an ID.
const LONGEST: usize = 40;

/// The IDs of all nodes and groups.
pub struct Ids {
    /// The ID of each node.
    pub nodes: Vec<String>,
    /// The ID of each group.
    pub groups: Vec<String>,
}

impl Ids {
    /// Makes the IDs of a picture.
    pub fn of(picture: &Picture) -> Self {
        let mut taken = HashSet::new();
        let nodes = picture.nodes.iter().map(|node| free(&safe(&node.name), &mut taken)).collect();
        let groups = picture.groups.iter().map(|group| free(&format!("{}_group", safe(&group.title)), &mut taken)).collect();
        Self { nodes, groups }
    }
}

/// A name with safe characters.
fn safe(name: &str) -> String {
    let id: String = name.chars().take(LONGEST).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let lower = id.to_ascii_lowercase();
    // The IDs of the legend begin with its name.
    let is_reserved = RESERVED.contains(&lower.as_str()) || lower.starts_with("legend");
    let is_word = id.starts_with(|c: char| c.is_ascii_alphabetic()) && !is_reserved;
    if is_word { id } else { format!("n_{id}") }
}

/// The ID itself, or the ID with the first number that makes it new.
fn free(id: &str, taken: &mut HashSet<String>) -> String {
    if taken.insert(id.to_owned()) {
        return id.to_owned();
    }
    // The number of earlier IDs is a number that is never taken twice, so the search ends soon.
    let mut number = taken.len();
    loop {
        let numbered = format!("{id}_{number}");
        if taken.insert(numbered.clone()) {
            return numbered;
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_safe_and_unique() {
        let mut taken = HashSet::new();
        let mut id = |name: &str| free(&safe(name), &mut taken);
        assert_eq!(id("gateway"), "gateway");
        assert_eq!(id("gateway"), "gateway_1");
        assert_eq!(id("indexer-0"), "indexer_0");
        assert_eq!(id("indexer.0"), "indexer_0_3");
        assert_eq!(id("end"), "n_end");
        assert_eq!(id("0"), "n_0");
        assert_eq!(id(""), "n_");
        assert_eq!(id("ü\"]"), "n____");
    }
}
