//! What ships beside the binary: the definition of its kinds, the metadata for catalogs, the example packages.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{assert_recorded, documents, jinaflow, root, tree};
use jinaflow::internals::jina::options::TABLE;
use serde_json::Value;

fn definitions() -> Vec<Value> {
    documents(&jinaflow(&["definition"]).succeeded().stdout)
}

fn schema(definition: &Value) -> &Value {
    &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
}

/// Collects the parts of a schema that are not structural, and counts the schemas.
fn walk(schema: &Value, path: &str, faults: &mut Vec<String>) -> usize {
    const WORDS: [&str; 12] = [
        "description",
        "type",
        "nullable",
        "enum",
        "pattern",
        "minimum",
        "maximum",
        "required",
        "items",
        "additionalProperties",
        "properties",
        "x-kubernetes-preserve-unknown-fields",
    ];
    let fields = schema.as_object().unwrap();
    faults.extend(fields.keys().filter(|name| !WORDS.contains(&name.as_str())).map(|name| format!("{path}: {name}")));
    let is_open = fields.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true));
    if !is_open && !schema["type"].is_string() {
        faults.push(format!("{path}: allows any value, but does not declare it"));
    }
    if (schema["type"] == "array") != fields.contains_key("items") {
        faults.push(format!("{path}: only a list has `items`, and a list must have them"));
    }
    let below = ["items", "additionalProperties"].into_iter().filter_map(|name| Some((name, fields.get(name)?)));
    let properties = schema["properties"].as_object().into_iter().flatten().map(|(name, property)| (name.as_str(), property));
    1 + below.chain(properties).map(|(name, schema)| walk(schema, &format!("{path}.{name}"), faults)).sum::<usize>()
}

#[test]
fn the_definition_equals_the_table() {
    assert_recorded(&root().join("functions/jinaflow/definition.yaml"), &jinaflow(&["definition"]).succeeded().stdout);
    let definitions = definitions();
    let kinds: Vec<&Value> = definitions.iter().map(|definition| &definition["spec"]["names"]["kind"]).collect();
    assert_eq!(kinds, ["JinaFlow", "JinaFlowCheck"]);
    let mut faults = Vec::new();
    let count: usize = definitions.iter().map(|definition| walk(schema(definition), "", &mut faults)).sum();
    assert_eq!(faults, Vec::<String>::new());
    assert!(count > 4 * TABLE.len(), "only {count} schemas");
    let flow = &schema(&definitions[0])["properties"]["spec"]["properties"]["flow"]["properties"];
    for row in TABLE {
        let places = [&flow["with"], &flow["gateway"], &flow["executors"]["items"], &flow["deployments"]["items"]];
        let mut descriptions = places.iter().filter_map(|place| place["properties"][row.name]["description"].as_str());
        assert!(descriptions.any(|text| text.starts_with(row.doc)), "{}", row.name);
    }
}

#[test]
fn references_of_a_definition_exist() {
    let folder = root().join("functions/jinaflow");
    let mut shown = BTreeSet::new();
    for definition in definitions() {
        let version = &definition["spec"]["versions"][0];
        assert!(folder.join(version["usage"].as_str().unwrap()).is_file());
        for example in version["examples"].as_array().unwrap().iter().filter_map(Value::as_str) {
            assert!(folder.join(example).is_file(), "{example}");
            shown.insert(example.trim_start_matches("../../").trim_end_matches("/README.md").to_owned());
        }
        assert_eq!(version["runtime"]["container"]["image"], concat!("localhost/jinaflow:v", env!("CARGO_PKG_VERSION")));
    }
    let listed: BTreeSet<String> = metadata()["examplePackageURLs"].as_array().unwrap().iter().map(text).collect();
    assert!(shown.is_subset(&listed), "{shown:?}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn metadata() -> Value {
    documents(&fs::read_to_string(root().join("functions/jinaflow/metadata.yaml")).unwrap()).remove(0)
}

/// The rules by which the function catalog verifies metadata and examples, except its own host names.
#[test]
fn metadata_and_examples_follow_the_rules_of_catalogs() {
    let metadata = metadata();
    let fields: Vec<&String> = metadata.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["description", "emails", "examplePackageURLs", "image", "license", "sourceURL", "tags"]);
    assert_eq!(metadata["image"], "localhost/jinaflow");
    assert!(root().join(text(&metadata["sourceURL"])).join("README.md").is_file());
    assert!(metadata["tags"].as_array().unwrap().iter().any(|tag| tag == "mutator"));
    let manual = jinaflow(&["--help"]).succeeded().stdout;
    assert!(manual.lines().any(|line| metadata["description"] == line), "the manual's first sentence differs");
    let examples: BTreeSet<String> = metadata["examplePackageURLs"].as_array().unwrap().iter().map(text).collect();
    let folders = fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let there: BTreeSet<String> = folders.filter(|name| name.starts_with("jinaflow-")).map(|name| format!("examples/{name}")).collect();
    assert_eq!(examples, there);
    for example in examples {
        let folder = root().join(&example);
        assert!(folder.join(".expected").is_dir(), "{example}");
        let title = fs::read_to_string(folder.join("README.md")).unwrap().lines().next().unwrap().to_lowercase();
        let words = example.trim_start_matches("examples/jinaflow-").replace('-', " ");
        assert_eq!(title, format!("# jinaflow: {words}"));
        // A function must not see folders that only tests use.
        assert!(fs::read_to_string(folder.join(".krmignore")).unwrap().lines().any(|line| line == ".expected"), "{example}");
    }
}

/// A new version is set in every example.
#[test]
fn every_example_uses_the_image_of_this_version() {
    const IMAGE: &str = "localhost/jinaflow:v";
    let mut named = 0;
    for (file, text) in ["examples", "functions"].into_iter().flat_map(|folder| tree(&root().join(folder))) {
        for (at, _) in text.match_indices(IMAGE) {
            assert!(text[at + IMAGE.len()..].starts_with(env!("CARGO_PKG_VERSION")), "{file}");
            named += 1;
        }
    }
    assert!(named >= 10, "only {named}");
}

#[test]
fn the_manual_has_the_form_of_catalogs_and_every_field() {
    let manual = fs::read_to_string(root().join("functions/jinaflow/README.md")).unwrap();
    let frame = ["# jinaflow", "## Overview", "## Usage", "### FunctionConfig", "## Examples"];
    let shape: Vec<&str> = manual.lines().filter(|line| frame.contains(line) || line.starts_with("<!--")).collect();
    let expected = [
        "# jinaflow",
        "## Overview",
        "<!--mdtogo:Short-->",
        "<!--mdtogo-->",
        "## Usage",
        "<!--mdtogo:Long-->",
        "### FunctionConfig",
        "<!--mdtogo-->",
        "## Examples",
        "<!--mdtogo:Examples-->",
        "<!--mdtogo-->",
    ];
    assert_eq!(shape, expected);
    let definitions = definitions();
    let spec = schema(&definitions[0])["properties"]["spec"]["properties"].as_object().unwrap();
    let output = spec["output"]["properties"].as_object().unwrap();
    for (indent, fields) in [("      ", spec), ("        ", output)] {
        for name in fields.keys() {
            assert!(manual.lines().any(|line| line.starts_with(&format!("{indent}{name}:"))), "{name}");
        }
    }
    for name in ["install-plugin.sh", "kustomizeconfig.yaml", "options.md", "fields.md", "schema.json", "definition.yaml", "openapi.json"] {
        assert!(manual.contains(name) && root().join("functions/jinaflow").join(name).is_file(), "{name}");
    }
}

/// The public repository is named as in Cargo.toml, in every notation, so that one replacement changes all of them.
#[test]
fn documents_name_the_repository_of_cargo_toml() {
    let expected = env!("CARGO_PKG_REPOSITORY").strip_prefix("https://github.com/").unwrap();
    let (owner, name) = expected.split_once('/').unwrap();
    assert_eq!(env!("CARGO_PKG_HOMEPAGE"), format!("https://{owner}.github.io/{name}/"), "the pages of the repository");
    let folders = ["examples", "functions", "actions", "release"].into_iter().flat_map(|folder| tree(&root().join(folder)));
    let single = ["README.md", "CONTRIBUTING.md", "Cargo.toml", "python/pyproject.toml", "python/README.md"];
    let files = single.map(|name| (name.to_owned(), fs::read_to_string(root().join(name)).unwrap()));
    let mut named = 0;
    for (file, text) in folders.chain(files) {
        for prefix in ["github.com/", "ghcr.io/", "github:", "uses: ", "--repo "] {
            for (at, _) in text.match_indices(prefix) {
                let rest = &text[at + prefix.len()..];
                let Some((owner, rest)) = rest.split_once('/') else { continue };
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                if owner.chars().all(is_name) && rest.split(|c| !is_name(c)).next() == Some("jinaflow") && owner != "OWNER" {
                    assert_eq!(format!("{owner}/jinaflow"), expected, "{file}");
                    named += 1;
                }
            }
        }
    }
    assert!(named >= 15, "only {named}");
}

/// The version, the supported Pythons and the license of the Python package.
#[test]
fn the_python_package_has_this_version() {
    let read = |name: &str| fs::read_to_string(root().join("python").join(name)).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let (project, module) = (read("pyproject.toml"), read("jinaflow/_version.py"));
    assert!(project.lines().any(|line| line == format!("version = \"{version}\"")), "pyproject.toml is not of version {version}");
    assert!(module.lines().any(|line| line == format!("__version__ = '{version}'")), "_version.py is not of version {version}");
    assert_eq!(read("LICENSE"), fs::read_to_string(root().join("LICENSE")).unwrap());
    let classifiers = project.lines().filter_map(|line| line.trim().strip_prefix("\"Programming Language :: Python :: 3."));
    let pythons: Vec<&str> = classifiers.map(|rest| rest.trim_end_matches(['"', ','])).collect();
    assert_eq!(pythons, ["8", "9", "10", "11", "12", "13"]);
    assert!(project.contains("requires-python = \">=3.8\""));
}

/// The Python package passes on flags that the program has, and its functions describe each of their arguments.
#[test]
fn the_python_package_uses_flags_of_this_program() {
    let export = fs::read_to_string(root().join("python/jinaflow/_export.py")).unwrap();
    let quoted = export.split('\'').filter(|word| word.len() > 2 && word.starts_with("--"));
    let flags: BTreeSet<&str> = quoted.filter_map(|word| word.split('=').next()).collect();
    assert!(flags.len() >= 10, "{flags:?}");
    let help = jinaflow(&["export", "--help"]).succeeded().stdout;
    let version = export.lines().find_map(|line| line.strip_prefix("_JINA_VERSION = '")?.strip_suffix('\''));
    assert!(version.is_some_and(|version| help.contains(&format!("the default is {version}"))), "{version:?}");
    let unknown: Vec<&&str> = flags.iter().filter(|flag| !help.contains(&format!("{flag} "))).collect();
    assert_eq!(unknown, Vec::<&&str>::new());
    for function in export.split("\ndef ").filter(|function| function.starts_with("to_")) {
        let (arguments, body) = function.split_once(") ->").unwrap();
        let names = arguments.lines().skip(1).filter_map(|line| line.trim().split_once(':')).map(|(name, _)| name);
        let undescribed: Vec<&str> = names.filter(|name| !name.starts_with('_') && !body.contains(&format!(":param {name}:"))).collect();
        assert_eq!(undescribed, Vec::<&str>::new());
    }
}

/// README names the versions with which the tests run, in one sentence.
#[test]
fn readme_names_the_tools_of_the_tests() {
    let read = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let (readme, setup) = (read("README.md"), read("tests/conformance/setup.sh"));
    let pinned = |name: &str| {
        let line = setup.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap_or_else(|| panic!("no {name}"));
        line.split_whitespace().next().unwrap().to_owned()
    };
    let (_, sentence) = readme.split_once("\nTested with ").unwrap();
    let sentence = sentence.split("\n\n").next().unwrap().replace('\n', " ");
    let kubernetes = pinned("KUBERNETES");
    let minor = kubernetes.trim_start_matches('v').rsplit_once('.').unwrap().0;
    // The module of Prometheus 3.16.0 has the version 0.316.0.
    let module = read("tests/conformance/cluster/prometheus/go.mod");
    let module = module.lines().find_map(|line| line.trim().strip_prefix("github.com/prometheus/prometheus v0.3")).unwrap();
    let prometheus = module.split_whitespace().next().unwrap();
    let expected = [
        format!("Jina {} ", pinned("JINA")),
        format!("to {minor}, "),
        format!("Kubernetes {kubernetes}, "),
        format!("kustomize {}, ", pinned("KUSTOMIZE")),
        format!("kpt {}, ", pinned("KPT")),
        format!("Prometheus v3.{prometheus} "),
        format!("OpenTelemetry collector {}.", pinned("COLLECTOR")),
    ];
    for part in expected {
        assert!(sentence.contains(&part), "{part:?} is not in {sentence:?}");
    }
    for name in ["KUSTOMIZE", "KPT", "KUBERNETES", "COLLECTOR"] {
        assert_eq!(readme.matches(&pinned(name)).count(), 1, "{name}");
    }
    assert!(read("tests/conformance/cluster/monitoring.rs").contains(&format!("version: v3.{prometheus}\n")));
}
