//! The option table and the reading of scalars, compared with recordings of the real Jina (`tests/jina/record.py`).

use std::fs;

use crate::support::root;
use jinaflow::internals::jina::former::{FORMER, Former};
use jinaflow::internals::jina::options::{DefaultValue, Row, TABLE, Use, ValueKind, With, find, gateway_arguments};
use jinaflow::internals::jina::scalar;
use serde_json::Value;

fn recording(name: &str) -> Value {
    let value: Value = serde_json::from_str(&fs::read_to_string(root().join("tests/jina").join(name)).unwrap()).unwrap();
    assert_eq!(value["jina"], "3.34.0");
    value
}

fn rows<'v>(options: &'v Value, parser: &str) -> Vec<&'v Value> {
    options[parser].as_array().unwrap().iter().collect()
}

fn dest(row: &Value) -> &str {
    row["dest"].as_str().unwrap()
}

#[test]
fn every_option_of_jina_has_a_row_and_every_row_has_an_option() {
    let options = recording("options.json");
    for parser in ["flow", "deployment", "gateway"] {
        for row in rows(&options, parser) {
            let ours = find(dest(row)).unwrap_or_else(|| panic!("no row for {} of {parser}", dest(row)));
            for flag in row["flags"].as_array().unwrap() {
                let key = flag.as_str().unwrap().trim_start_matches('-').replace('-', "_");
                // Only the gateway names its port `port_expose` and `port_in`.
                assert!(find(&key).is_some_and(|found| found.opt == ours.opt), "{flag} of {parser}");
            }
        }
    }
    for row in TABLE {
        let known = ["flow", "deployment", "gateway"].iter().any(|parser| rows(&options, parser).iter().any(|r| dest(r) == row.name));
        assert!(known, "{} is not an option of Jina", row.name);
    }
}

#[test]
fn sections_allow_the_options_of_jinas_parsers() {
    let options = recording("options.json");
    let has = |parser: &str, name: &str| rows(&options, parser).iter().any(|r| dest(r) == name);
    for row in TABLE {
        assert_eq!(row.executor != Use::No, has("deployment", row.name), "{} of executors", row.name);
        assert_eq!(row.gateway != Use::No, has("gateway", row.name), "{} of the gateway", row.name);
        if has("flow", row.name) {
            assert_eq!(row.with, With::Kept, "{}", row.name);
        }
        // Only options of the pod parser can be arguments of an executor.
        assert!(row.executor != Use::Arg || has("pod", row.name), "{}", row.name);
    }
}

#[test]
fn arguments_are_in_the_order_of_jinas_parsers() {
    let options = recording("options.json");
    let ours: Vec<&str> = TABLE.iter().filter(|row| row.executor != Use::No).map(|row| row.name).collect();
    let theirs: Vec<&str> = rows(&options, "deployment").into_iter().map(dest).collect();
    assert_eq!(ours, theirs);
    let theirs: Vec<&str> = rows(&options, "gateway").into_iter().map(dest).collect();
    for (place, row) in gateway_arguments().iter().enumerate() {
        if let Use::At(number) = row.gateway {
            assert_eq!(theirs[usize::from(number)], row.name, "argument {place} of the gateway");
        }
    }
}

#[test]
fn kinds_and_defaults_of_options_equal_jinas() {
    let options = recording("options.json");
    for row in TABLE {
        let parser = if row.executor == Use::No { "gateway" } else { "pod" };
        let deployment = ["deployment", "flow"].map(|p| rows(&options, p).into_iter().find(|r| dest(r) == row.name));
        let Some(theirs) = rows(&options, parser).into_iter().find(|r| dest(r) == row.name).or(deployment[0]).or(deployment[1]) else {
            panic!("{}", row.name)
        };
        let action = theirs["action"].as_str().unwrap();
        let of_type = theirs["type"].as_str();
        let expected = match row.kind {
            ValueKind::Flag => action == "_StoreTrueAction",
            ValueKind::Int => action == "_StoreAction" && of_type == Some("int"),
            ValueKind::Text => action == "_StoreAction" && of_type == Some("str") && theirs["nargs"].is_null(),
            ValueKind::Texts => action == "_StoreAction" && of_type == Some("str") && !theirs["nargs"].is_null(),
            ValueKind::Pairs => action == "KVAppendAction",
            ValueKind::Choice(words) => theirs["choices"] == Value::from(words.to_vec()),
            ValueKind::Enum(words) => {
                of_type == Some("from_string") && {
                    let mut theirs: Vec<&str> =
                        theirs["choices"].as_array().unwrap().iter().map(|c| c.as_str().unwrap_or_default()).collect();
                    let mut ours = words.to_vec();
                    theirs.sort_unstable();
                    ours.sort_unstable();
                    theirs == ours
                }
            }
            ValueKind::Protocols => of_type == Some("from_string") && theirs["nargs"] == "+",
            ValueKind::Ports => action == "CastToIntAction",
            ValueKind::Hosts => action == "CastHostAction",
            ValueKind::PeerPorts => action == "CastPeerPorts",
        };
        assert!(expected, "{} is {:?} here and {theirs} in Jina", row.name, row.kind);
        let default = &theirs["default"];
        let same = match row.default {
            // Parsed values are not lists, so that even an equal word differs from this default.
            DefaultValue::Unset if row.name == "provider" => *default == Value::from(vec!["NONE"]),
            DefaultValue::Unset => default.is_null() || *default == false,
            DefaultValue::Empty => *default == Value::Array(Vec::new()),
            DefaultValue::Int(number) => *default == number,
            DefaultValue::Text(text) => *default == text || *default == Value::from(vec![text]),
        };
        assert!(same, "{} is {:?} here and {default} in Jina", row.name, row.default);
    }
}

#[test]
fn plain_scalars_are_read_like_jina_does() {
    let recorded = recording("scalars.json");
    let read = recorded["read"].as_object().unwrap();
    assert!(read.len() > 100);
    for (text, expected) in read {
        let value = scalar::plain(text);
        assert_eq!(value.to_repr(), expected["repr"].as_str().unwrap(), "{text}");
        assert_eq!(value.to_json(), expected["json"].as_str().unwrap(), "{text}");
    }
}

/// The names of the recorded Flows that set an option, by the kind of value.
#[test]
fn every_option_is_recorded_with_default_plain_and_awkward_values() {
    let flows = root().join("tests/jina/flows");
    let mut missing = Vec::new();
    let mut expect = |name: String, row: &Row| {
        let text = fs::read_to_string(flows.join(&name).join("flow.yml")).unwrap_or_default();
        // Not in the comment at the top, but as a key, in one of its spellings.
        let body = text.split_once('\n').map_or("", |(_, body)| body);
        let is_set = [row.name].iter().chain(row.aliases).any(|key| {
            [(*key).to_owned(), key.replace('_', "-")]
                .iter()
                .any(|key| body.contains(&format!("{key}:")) || body.contains(&format!("{key}\":")))
        });
        if !is_set || !["expected.yaml", "expected-error.txt"].iter().any(|answer| flows.join(&name).join(answer).exists()) {
            missing.push(name);
        }
    };
    for row in TABLE {
        let name = row.name.replace('_', "-");
        if row.executor != Use::No {
            for how in ["default", "plain", "awkward"] {
                expect(format!("opt-{name}-{how}"), row);
            }
        }
        if row.gateway != Use::No {
            let also_default = if row.executor == Use::No { &["default", "plain", "awkward"][..] } else { &["plain", "awkward"] };
            for how in also_default {
                expect(format!("gw-{name}-{how}"), row);
            }
        }
        if row.executor == Use::No && row.gateway == Use::No {
            for how in ["default", "plain", "awkward"] {
                expect(format!("with-{name}-{how}"), row);
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// The column `since`, compared with the parsers of every minor version from 3.7 to 3.34 (`tests/jina/versions.py`).
#[test]
fn options_were_added_in_the_version_of_the_table() {
    let recorded: Value = serde_json::from_str(&fs::read_to_string(root().join("tests/jina/versions.json")).unwrap()).unwrap();
    let minor = |version: &Value| version.as_str().map_or(7, |v| v.split('.').nth(1).unwrap().parse::<u8>().unwrap());
    // Options that Kubernetes replaces, or that are written in another way for older containers.
    let elsewhere =
        ["env_from_secret", "image_pull_secrets", "no_reduce", "deployments_no_reduce", "protocol", "entrypoint", "docker_kwargs"];
    for row in TABLE.iter().filter(|row| !elsewhere.contains(&row.name)) {
        let parser = match (row.executor, row.gateway) {
            (Use::Arg, _) => "deployment",
            (_, Use::At(_)) => "gateway",
            (Use::No, _) => "flow",
            _ => "deployment",
        };
        let theirs = &recorded["options"][parser][row.name];
        assert!(theirs.is_object(), "{} of {parser}", row.name);
        if row.name != "suppress_root_logging" {
            assert_eq!(row.since, minor(&theirs["since"]), "{}", row.name);
        }
    }
}

#[test]
fn keys_were_removed_in_the_version_of_the_table() {
    let recorded: Value = serde_json::from_str(&fs::read_to_string(root().join("tests/jina/versions.json")).unwrap()).unwrap();
    let rows: Vec<&Former> = FORMER.iter().filter(|row| row.until.major == 3 && row.until.minor >= 7).collect();
    assert!(rows.len() >= 3);
    for row in rows {
        let until = ["deployment", "gateway"].iter().find_map(|parser| recorded["options"][parser][row.key]["until"].as_str());
        assert_eq!(until.and_then(|version| version.split('.').nth(1)), Some(row.until.minor.to_string().as_str()), "{}", row.key);
    }
}
