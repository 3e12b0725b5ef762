//! Awkward strings read by kubectl's own decoder, directly and after kustomize and kpt.

use std::fs;

use jinaflow::internals::yaml::Node;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};

use crate::support::{self, function, run, scratch};
use crate::tools::{must, tool};

/// Strings that some YAML reader treats as another type, or that need quotes or escapes.
fn awkward() -> Vec<String> {
    let words = "y n yes no on off true false null nan inf infinity none ~ .inf -.inf +.inf .nan <<  =";
    let mut strings: Vec<String> = Vec::new();
    for word in words.split_whitespace() {
        let title = word[..1].to_uppercase() + &word[1..];
        strings.extend([word.to_owned(), word.to_uppercase(), title]);
    }
    let numbers = "0 00 0644 010 0o17 0O17 0x1F 0X1F 0b1 0B1 1 -1 +1 1_000 1e3 1E3 1e-7 1.0 1. .5 -.5 1_0.5 1:30 12:30:45 190:20:30.15 \
                   2024-01-01 2024-01-01T10:00:00Z 1.2.3 10m 512Mi 1e 0x 123456789012345678901234567890 08 09 -0 +0 0.0 1e400 5e-324 0777 0_7";
    strings.extend(numbers.split_whitespace().map(str::to_owned));
    let marks: Vec<String> = serde_json::from_str(include_str!("awkward.json")).unwrap();
    strings.extend(marks);
    strings.extend([1, 79, 80, 81, 120, 121, 1000].map(|n| "x".repeat(n)));
    strings.extend([80, 1000].map(|n| "word ".repeat(n)));
    strings.sort();
    strings.dedup();
    strings
}

/// An answer with a `ConfigMap` that holds the strings as values, and a Deployment that holds them as arguments.
fn answer(strings: &[String]) -> Value {
    let env: Map<String, Value> = strings.iter().enumerate().map(|(i, s)| (format!("K{i}"), s.clone().into())).collect();
    let words = words(strings);
    let flow = json!({"jtype": "Flow", "executors": [{"name": "a", "uses": "docker://x/a", "env": env, "exit_on_exceptions": words}]});
    let item = json!({"apiVersion": "flow.jina.ai/v1alpha1", "kind": "JinaFlow", "metadata": {"name": "f"}, "spec": {"compat": "jina-3.34", "flow": flow}});
    // To YAML U+0085 is a line break, which quotes fold.
    let item = item.to_string().replace('\u{85}', "\\u0085");
    let list = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {item}\n");
    let answer = function(&list).succeeded();
    assert!(answer.stdout.starts_with(&list));
    answer.list()
}

/// The strings that argparse does not treat as options: those without a dash at the start.
fn words(strings: &[String]) -> Vec<&String> {
    strings.iter().filter(|string| !string.starts_with('-')).collect()
}

fn node(item: &Value) -> Node<'static> {
    Node::deserialize(item).unwrap()
}

/// The generated items as documents, in the spelling of the answer.
fn stream(answer: &Value) -> String {
    let mut text = String::new();
    for item in &answer["items"].as_array().unwrap()[1..] {
        text.push_str("---\n");
        jinaflow::internals::yaml::write(&node(item), &mut text);
    }
    text
}

/// Asserts the values that kubectl reads: those of the `ConfigMap`, and the Deployment's arguments.
fn through_kubectl(text: &str, strings: &[String]) {
    let file = scratch("strings").join("all.yaml");
    fs::write(&file, text).unwrap();
    let labelled = must(tool("kubectl", &["label", "--local", "-f", file.to_str().unwrap(), "a=b", "-o", "json"]));
    let objects: Vec<Value> = serde_json::Deserializer::from_str(&labelled.stdout).into_iter().map(Result::unwrap).collect();
    let objects: Vec<&Value> =
        objects.iter().flat_map(|o| o["items"].as_array().map_or_else(|| vec![o], |items| items.iter().collect())).collect();
    let find = |kind: &str, name: &str| *objects.iter().find(|o| o["kind"] == kind && o["metadata"]["name"] == name).unwrap();
    let data = &find("ConfigMap", "a-configmap")["data"];
    for (i, string) in strings.iter().enumerate() {
        assert_eq!(data[format!("K{i}")], **string, "value {i}");
    }
    let args = find("Deployment", "a")["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap();
    let start = args.iter().position(|arg| arg == "--exit-on-exceptions").unwrap() + 1;
    let words = words(strings);
    assert_eq!(args[start..start + words.len()].iter().filter_map(Value::as_str).collect::<Vec<_>>(), words);
    // The typed decoder refuses values that are not strings.
    must(tool("kubectl", &["set", "env", "--local", "-f", file.to_str().unwrap(), "--list"]));
}

#[test]
fn kubectl_reads_the_strings_unchanged() {
    let strings = awkward();
    assert!(strings.len() > 200, "{}", strings.len());
    through_kubectl(&stream(&answer(&strings)), &strings);
}

/// Characters that kustomize's encoder writes unescaped and its decoder refuses, in every position.
fn breaks_kustomize(c: char) -> bool {
    matches!(c, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

#[test]
fn kubectl_reads_the_strings_unchanged_after_kustomize() {
    let mut strings = awkward();
    strings.retain(|string| !string.chars().any(breaks_kustomize));
    let folder = scratch("strings");
    fs::write(folder.join("all.yaml"), stream(&answer(&strings))).unwrap();
    fs::write(folder.join("kustomization.yaml"), "resources: [all.yaml]\n").unwrap();
    through_kubectl(&must(tool("kustomize", &["build", folder.to_str().unwrap()])).stdout, &strings);
}

#[test]
fn kubectl_reads_the_strings_unchanged_after_kpt() {
    let strings = awkward();
    let mut list = answer(&strings);
    list["items"].as_array_mut().unwrap().remove(0);
    let mut text = String::from("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n");
    for item in list["items"].as_array().unwrap() {
        jinaflow::internals::yaml::write_entry(&node(item), 0, &mut text);
    }
    let folder = scratch("strings").join("out");
    let sink = run(tool("kpt", &["fn", "sink", folder.to_str().unwrap()]), text.as_bytes());
    assert_eq!(sink.code, 0, "{}", sink.stderr);
    let files = support::tree(&folder);
    through_kubectl(&files.into_values().collect::<Vec<_>>().join("---\n"), &strings);
}
