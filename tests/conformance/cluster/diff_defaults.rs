//! The defaults that `jinaflow diff` knows, and those that the API server fills in.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use jinaflow::internals::compare::defaults;
use serde_json::{Value, json};

use crate::diff_pairs::{comparable, diff};
use crate::fixture::Space;
use crate::support;
use crate::support::pairs::{Effects, NAMESPACE, chains};

/// The first place in an object at which a field of a parent is set, as a JSON pointer.
fn place(value: &Value, parent: &str, wanted: (&str, &str), pointer: &str) -> Option<String> {
    let is_parent = |known: &str| wanted.0.strip_prefix('*').map_or(wanted.0 == known, |end| known.ends_with(end));
    match value {
        Value::Object(map) => {
            if is_parent(parent) && map.contains_key(wanted.1) {
                return Some(format!("{pointer}/{}", wanted.1));
            }
            map.iter().find_map(|(key, value)| {
                place(value, defaults::scoped(parent, key), wanted, &format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")))
            })
        }
        Value::Array(list) => list.iter().enumerate().find_map(|(at, value)| place(value, parent, wanted, &format!("{pointer}/{at}"))),
        _ => None,
    }
}

/// A value as YAML reads the text of a row.
fn typed(text: &str) -> Value {
    match text.parse::<u64>() {
        Ok(number) => number.into(),
        Err(_) if ["true", "false"].contains(&text) => (text == "true").into(),
        Err(_) => text.into(),
    }
}

/// An object as a manifest.
fn without_server(object: &Value) -> Value {
    let mut object = object.clone();
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.retain(|field, _| ["name", "namespace", "labels"].contains(&field.as_str()));
    object
}

#[test]
fn each_default_is_what_the_api_server_fills_in() {
    let space = Space::new("defaults");
    let objects: Vec<Value> = chains()
        .into_iter()
        .filter(|chain| !chain.name.starts_with("random") && !chain.name.starts_with("fields") && !chain.name.starts_with("export"))
        .flat_map(|chain| chain.sides)
        .flat_map(|side| side.objects)
        .filter(|object| object["kind"] != "PersistentVolume")
        .collect();
    let (mut stream, mut missing) = (String::new(), BTreeSet::new());
    let rows: Vec<_> = defaults::rows().collect();
    for (number, (parent, field, value)) in rows.iter().enumerate() {
        let found = objects.iter().find_map(|object| Some((object, place(object, object["kind"].as_str().unwrap(), (parent, field), "")?)));
        let Some((object, pointer)) = found else {
            missing.insert(format!("{parent} {field}"));
            continue;
        };
        for (side, default) in [("with", Some(typed(value))), ("without", None)] {
            let mut object = object.clone();
            object["metadata"]["name"] = format!("row-{number}-{side}-{NAMESPACE}").into();
            let (above, last) = pointer.rsplit_once('/').unwrap();
            let map = object.pointer_mut(above).unwrap().as_object_mut().unwrap();
            match default {
                // A divisor is an amount, and `0` of an amount is a string.
                Some(default) if *field == "divisor" => map.insert(last.to_owned(), default.to_string().into()),
                Some(default) => map.insert(last.to_owned(), default),
                None => map.remove(last),
            };
            writeln!(stream, "---\n{object}").unwrap();
        }
    }
    assert!(missing.is_empty(), "defaults without an object that sets the field: {missing:#?}");
    let stream = stream.replace(NAMESPACE, &space.name);
    let run = space.kubectl_reads(&stream, &["apply", "--dry-run=server", "--output", "json", "-f", "-"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let list: Value = serde_json::from_str(&run.stdout).unwrap();
    let stored: Vec<Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| {
            let mut object = comparable(object);
            let metadata = object["metadata"].as_object_mut().unwrap();
            for field in ["name", "uid", "creationTimestamp", "annotations", "selfLink"] {
                metadata.remove(field);
            }
            // The controller of a Job selects by its UID.
            if object["kind"] == "Job" {
                object["metadata"]["labels"] = json!(null);
                object["spec"]["selector"] = json!(null);
                object["spec"]["template"]["metadata"]["labels"] = json!(null);
            }
            if object["kind"] == "Service" {
                object["spec"]["clusterIP"] = json!(null);
                object["spec"]["clusterIPs"] = json!(null);
                for port in object["spec"]["ports"].as_array_mut().into_iter().flatten() {
                    port["nodePort"] = json!(null);
                }
            }
            object
        })
        .collect();
    assert_eq!(stored.len(), 2 * rows.len());
    let wrong = rows.iter().zip(stored.chunks(2)).filter(|(_, sides)| sides[0] != sides[1]);
    let wrong: Vec<_> =
        wrong.map(|((parent, field, value), sides)| format!("{parent} {field}: {value}\n{}\n{}", sides[0], sides[1])).collect();
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), rows.len(), wrong.join("\n"));
    println!("{} defaults", rows.len());

    // What the API server adds makes no difference. It gives Services addresses, and Jobs labels.
    let is_compared = |object: &&Value| object["kind"] != "Service" && object["kind"] != "Job";
    let returned = list["items"].as_array().unwrap().iter().filter(is_compared).map(|object| format!("---\n{}\n", without_server(object)));
    let sent = support::documents(&stream);
    let sent = sent.iter().filter(is_compared).map(|object| format!("---\n{object}\n"));
    let write = |name: &str, text: String| -> PathBuf { space.write(name, &text) };
    let (code, document) = diff(&write("sent.yaml", sent.collect()), &write("returned.yaml", returned.collect()), false);
    let claimed = Effects::claimed(&document, &space.name);
    assert_eq!((code, &claimed), (0, &Effects::default()), "the API server fills in what is not known");
}
