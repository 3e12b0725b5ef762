//! Every place where real Jina 3.34.0 stops during an export, and the result of jinaflow in the same case.
//!
//! `tests/jina/raises.json` records the places: each `raise` statement in a file of Jina of which a function runs
//! during an export, and the place where each failing recorded Flow stops. `tests/jina/verdicts.json` is written by
//! hand and has a row for each place. The conformance run compares the recording with the real Jina (`record.py
//! --check`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::{Recorded, recorded, root, run, scratch};
use jinaflow::internals::config::{always, corrections};
use serde_json::Value;

fn read(name: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("tests/jina").join(name)).unwrap()).unwrap()
}

fn object(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a string"))
}

/// The rows by place.
fn rows(verdicts: &Value) -> BTreeMap<&str, &Value> {
    let rows = verdicts["rows"].as_array().unwrap();
    let by_place: BTreeMap<&str, &Value> = rows.iter().map(|row| (text(&row["at"]), row)).collect();
    assert_eq!(by_place.len(), rows.len(), "a place has two rows");
    by_place
}

#[test]
fn every_place_has_a_row_and_every_row_has_a_place() {
    let (recorded, verdicts) = (read("raises.json"), read("verdicts.json"));
    assert_eq!(recorded["jina"], "3.34.0");
    let rows = rows(&verdicts);
    let statements = recorded["statements"].as_array().unwrap().iter().map(|statement| text(&statement["at"]));
    let failures = object(&recorded["flows"]).map(|(_, place)| text(&place["at"]));
    let places: BTreeSet<&str> = statements.chain(failures).collect();
    assert_eq!(rows.keys().copied().collect::<BTreeSet<&str>>(), places);
}

#[test]
fn every_row_explains_how_jina_reaches_its_place() {
    let (recorded, verdicts) = (read("raises.json"), read("verdicts.json"));
    let rows = rows(&verdicts);
    for (at, row) in &rows {
        let fields: Vec<&str> = object(row).map(|(key, _)| key).filter(|key| *key != "at").collect();
        match fields.as_slice() {
            ["flows"] => {
                let here: BTreeSet<&str> =
                    object(&recorded["flows"]).filter(|(_, place)| place["at"] == *at).map(|(name, _)| name).collect();
                assert_eq!(object(&row["flows"]).map(|(name, _)| name).collect::<BTreeSet<&str>>(), here, "{at}");
            }
            // Jina catches the exception that is raised here, and raises it again there.
            ["leads to"] => assert!(rows[text(&row["leads to"])]["flows"].is_object(), "{at}"),
            ["unreachable"] => assert!(text(&row["unreachable"]).len() > 20, "{at}"),
            other => panic!("{at} has {other:?}"),
        }
    }
}

/// Files that an export imports without running a function of them.
#[test]
fn every_file_without_running_functions_is_explained() {
    let (recorded, verdicts) = (read("raises.json"), read("verdicts.json"));
    let files: Vec<&str> = object(&recorded["idle"]).map(|(file, _)| file).collect();
    let reasons: Vec<&str> = object(&verdicts["idle"]).map(|(prefix, _)| prefix).collect();
    for file in &files {
        assert!(reasons.iter().any(|prefix| file.starts_with(prefix)), "{file} can raise, and no reason is given why that does not matter");
    }
    for prefix in reasons {
        assert!(files.iter().any(|file| file.starts_with(prefix)), "no file begins with {prefix}");
    }
}

/// Exports a recorded Flow. The path of its file is removed from the messages.
fn export(case: &Recorded, more: &[&str]) -> (i32, String) {
    let answer = run(case.export(more), b"");
    let file = case.folder.join("flow.yml");
    let said = answer.first_line().replace(&format!("{}: ", file.to_str().unwrap()), "");
    (answer.code, said)
}

/// The Flow with the fix that the error suggests.
fn corrected(case: &Recorded, verdict: &Value) -> Recorded {
    let mut flow = fs::read_to_string(case.folder.join("flow.yml")).unwrap();
    for pair in verdict["fix"].as_array().unwrap() {
        let (from, to) = (text(&pair[0]), text(&pair[1]));
        assert!(flow.contains(from), "{}: has no {from:?}", case.name);
        flow = if from.is_empty() { format!("{to}{flow}") } else { flow.replace(from, to) };
    }
    let folder = scratch("raises");
    fs::write(folder.join("flow.yml"), flow).unwrap();
    let variables: BTreeMap<&str, &str> = object(&verdict["variables"]).map(|(name, value)| (name, text(value))).collect();
    let env = case.env.iter().map(|(name, value)| (name.clone(), variables.get(name.as_str()).map_or(value.clone(), ToString::to_string)));
    Recorded { name: case.name.clone(), folder, namespace: case.namespace.clone(), env: env.collect(), images: case.images.clone() }
}

#[test]
fn flows_that_jina_refuses_are_handled_as_the_table_says() {
    let verdicts = read("verdicts.json");
    let cases: BTreeMap<String, Recorded> =
        recorded(&root().join("tests/jina/flows")).into_iter().map(|case| (case.name.clone(), case)).collect();
    let named = corrections::TABLE.iter().map(|row| row.difference.name).chain(always::TABLE.iter().map(|row| row.difference.name));
    let named: BTreeSet<&str> = named.collect();
    let mut wrong = Vec::new();
    for (name, verdict) in rows(&verdicts).values().flat_map(|row| object(&row["flows"])) {
        let case = &cases[name];
        for more in [&[][..], &["--compat", "jina-3.34"]] {
            let verdict = if more.is_empty() { verdict } else { verdict.get("under compat").unwrap_or(verdict) };
            let (code, said) = export(case, more);
            if let Some(expected) = verdict["raised"].as_str() {
                let begin = match expected.split_once(' ') {
                    Some((path, kind)) => format!("error[{kind}]: {path}: "),
                    None => format!("error[{expected}]: "),
                };
                if code != 1 || !said.starts_with(&begin) {
                    wrong.push(format!("{name} {more:?} exits with {code}: {said}"));
                }
                let (code, said) = export(&corrected(case, verdict), more);
                if code != 0 {
                    wrong.push(format!("{name} {more:?}, corrected: {said}"));
                }
            } else {
                let row = text(&verdict["accepted"]);
                assert!(named.contains(row), "{name}: there is no difference {row}");
                if code != 0 {
                    wrong.push(format!("{name} {more:?} is not accepted: {said}"));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
