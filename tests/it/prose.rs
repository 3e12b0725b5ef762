//! Messages, documentation, comments and test names are in plain English, as in the documentation of Kubernetes.
//!
//! A list of phrases cannot tell good prose from bad. It excludes the phrases that readers of this project stumbled
//! over.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::root;

/// Phrases that are not allowed, each with its replacement.
fn phrases() -> Vec<(String, String)> {
    let list = fs::read_to_string(root().join("tests/prose.txt")).unwrap();
    let rows = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    rows.map(|row| row.split_once(" => ").unwrap_or_else(|| panic!("no ` => ` in {row:?}")))
        .map(|(phrase, instead)| (phrase.to_lowercase(), instead.to_owned()))
        .collect()
}

/// The files in git that people wrote, not recordings.
fn files() -> Vec<String> {
    let listing = Command::new("git").args(["ls-files"]).current_dir(root()).output().unwrap();
    assert!(listing.status.success(), "git ls-files failed");
    let recorded = ["tests/jina/", "tests/corpus/", "tests/krm/", "tests/yaml/", "tests/conformance/kpt/", "LICENSE", "python/LICENSE"];
    let written = ["rs", "md", "sh", "toml", "yaml", "py", "go", "json"];
    String::from_utf8(listing.stdout)
        .unwrap()
        .lines()
        .filter(|file| !recorded.iter().any(|folder| file.starts_with(folder)))
        .filter(|file| Path::new(file).extension().is_none_or(|ending| written.iter().any(|known| ending == *known)))
        .map(str::to_owned)
        .collect()
}

/// The prose of a line: the whole line in a document; comments, string literals and function names in a program.
fn prose(file: &str, line: &str) -> String {
    let trimmed = line.trim_start();
    if !file.ends_with(".rs") {
        return trimmed.to_owned();
    }
    if let Some(comment) = trimmed.strip_prefix("//") {
        return comment.to_owned();
    }
    if let Some((_, rest)) = trimmed.split_once("fn ") {
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        return name.replace('_', " ");
    }
    let literals: Vec<&str> = trimmed.split('"').skip(1).step_by(2).collect();
    literals.join(" ")
}

/// Whether a string contains a phrase as whole words.
fn contains(text: &str, phrase: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == '`');
    text.match_indices(phrase)
        .any(|(start, _)| !is_word(text[..start].chars().next_back()) && !is_word(text[start + phrase.len()..].chars().next()))
}

#[test]
fn no_phrase_of_the_list_is_used() {
    let phrases = phrases();
    let mut found = Vec::new();
    for file in files() {
        if file == "tests/prose.txt" {
            continue;
        }
        let Ok(text) = fs::read_to_string(root().join(&file)) else { continue };
        for (number, line) in text.lines().enumerate() {
            let prose = prose(&file, line).to_lowercase();
            for (phrase, instead) in phrases.iter().filter(|(phrase, _)| contains(&prose, phrase)) {
                found.push(format!("{file}:{}: {phrase:?}; write {instead}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{} phrases:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_check_finds_planted_phrases() {
    assert!(contains("this prints a list", "prints"));
    assert!(!contains("bushrooms", "room"));
    assert!(!contains("the field `room`", "room"));
    assert_eq!(prose("a.rs", "    let x = \"unknown field\"; // ok"), "unknown field");
    assert_eq!(prose("a.rs", "fn fields_are_reported() {"), "fields are reported");
    assert_eq!(prose("a.rs", "/// Fixes it."), "/ Fixes it.");
    assert_eq!(prose("a.md", "Fixes it."), "Fixes it.");
}

#[test]
fn no_heading_of_the_manual_repeats() {
    let manual = fs::read_to_string(root().join("functions/jinaflow/README.md")).unwrap();
    let mut headings: Vec<&str> =
        manual.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim()).collect();
    assert!(headings.len() > 10, "{headings:?}");
    headings.sort_unstable();
    let repeated: Vec<&str> = headings.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert!(repeated.is_empty(), "{repeated:?}");
}
