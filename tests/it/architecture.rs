//! The shape of the code: modules and files import only from earlier ones, and ARCHITECTURE.md lists every module.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::{root, tree};

/// The modules in order, from lib.rs.
fn modules() -> Vec<String> {
    declared(&fs::read_to_string(root().join("src/lib.rs")).unwrap())
}

/// The names after `mod` in a file, in order, without test modules.
fn declared(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut previous = "";
    for line in text.lines() {
        let word = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'));
        names.extend(word.filter(|_| previous != "#[cfg(test)]").map(str::to_owned));
        previous = line;
    }
    names
}

fn sources() -> BTreeMap<String, String> {
    tree(&root().join("src")).into_iter().filter(|(name, _)| name.ends_with(".rs")).collect()
}

/// The path of the module in a file: `yaml/read.rs` is `["yaml", "read"]`, `yaml/mod.rs` is `["yaml"]`.
fn module_path(file: &str) -> Vec<String> {
    let name = file.strip_suffix("/mod.rs").or_else(|| file.strip_suffix(".rs")).unwrap_or(file);
    name.split('/').map(str::to_owned).collect()
}

/// A file without comments and unit tests. Unit tests may import everything.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// All paths in a piece of code that begin with `crate`, `super` or `self`. Paths in braces are listed one by one.
fn paths(code: &str) -> Vec<Vec<String>> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if !before.is_some_and(|c| is_word(c) || c == ':') {
                found.extend(path_at(&code[at..]).0);
            }
        }
    }
    found
}

/// The paths at the start of a string, and their length.
fn path_at(text: &str) -> (Vec<Vec<String>>, usize) {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let name = text[..end].to_owned();
    let Some(rest) = text[end..].strip_prefix("::") else { return (vec![vec![name]], end) };
    let mut at = end + 2;
    let mut below = Vec::new();
    if rest.starts_with('{') {
        at += 1;
        while !text[at..].starts_with('}') {
            let gap = text[at..].find(|c: char| c.is_alphanumeric() || matches!(c, '_' | '}' | '*')).unwrap();
            at += gap;
            if text[at..].starts_with('}') {
                break;
            }
            let (paths, length) = path_at(&text[at..]);
            below.extend(paths);
            at += length;
            // `as other`, and the end of a glob.
            at += text[at..].find([',', '}']).unwrap();
        }
        at += 1;
    } else {
        let (paths, length) = path_at(rest);
        below = paths;
        at += length;
    }
    let joined = below.into_iter().map(|path| std::iter::once(name.clone()).chain(path).collect()).collect();
    (joined, at)
}

/// The imports of a file that are not allowed, each with the reason.
fn wrong_imports(sources: &BTreeMap<String, String>, modules: &[String]) -> Vec<String> {
    let files: BTreeMap<Vec<String>, &String> = sources.keys().map(|file| (module_path(file), file)).collect();
    // The order of the files and folders within their module is that of `mod.rs`; `mod.rs` itself comes last.
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (file, text) in sources {
        if let Some(folder) = file.strip_suffix("/mod.rs") {
            let names = declared(text);
            places.insert(format!("{folder}/mod"), names.len());
            places.extend(names.iter().enumerate().map(|(place, name)| (format!("{folder}/{name}"), place)));
        }
    }
    // The places of two files, or of the folders around them, in the folder that has both.
    let places_of = |one: &str, other: &str| {
        let [one, other] = [one, other].map(|file| file.trim_end_matches(".rs").split('/').collect::<Vec<_>>());
        let shared = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
        [one, other].map(|steps| places.get(&steps[..(shared + 1).min(steps.len())].join("/")).copied())
    };
    let mut wrong = Vec::new();
    for (file, text) in sources {
        let own = module_path(file);
        let Some(module) = modules.iter().position(|module| *module == own[0]) else { continue };
        for path in paths(&code(text)) {
            let spelled = path.join("::");
            let mut target: Vec<String> = if path[0] == "crate" { Vec::new() } else { own.clone() };
            for step in path {
                match step.as_str() {
                    "crate" | "self" => {}
                    "super" => drop(target.pop()),
                    _ => target.push(step),
                }
            }
            let Some(first) = target.first() else { continue };
            let Some(imported) = modules.iter().position(|module| module == first) else {
                wrong.push(format!("src/{file}: {spelled} is not in a module of lib.rs"));
                continue;
            };
            if imported > module {
                wrong.push(format!("src/{file}: {spelled} is in the later module `{first}`"));
            }
            let known = (1..=target.len()).rev().find_map(|length| files.get(&target[..length]));
            if let Some(&known) = known.filter(|known| imported == module && known.as_str() != file) {
                let [here, there] = places_of(file, known);
                if here.is_some() && there >= here {
                    wrong.push(format!("src/{file}: {spelled} is in src/{known}, which comes later in its module"));
                }
            }
        }
    }
    wrong
}

#[test]
fn files_import_only_from_earlier_files() {
    let modules = modules();
    let expected = [
        "finding",
        "yaml",
        "krm",
        "jina",
        "config",
        "plan",
        "manifests",
        "reconcile",
        "check",
        "facts",
        "picture",
        "compare",
        "render",
        "import",
        "report",
        "function",
        "cli",
        "internals",
    ];
    assert_eq!(modules, expected);
    let wrong = wrong_imports(&sources(), &modules[..modules.len() - 1]);
    assert!(wrong.is_empty(), "{} imports:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn imports_of_later_files_are_found_in_every_notation() {
    let modules = modules();
    let planted = [
        // After a test module that is not the last item of its file.
        ("reconcile/mod.rs", "#[cfg(test)]\nmod laws;\nuse crate::cli::flags as planted;\n", "later module `cli`"),
        ("plan/budget.rs", "use super::super::cli::flags as planted;\n", "later module `cli`"),
        ("plan/budget.rs", "use super::{component, super::cli::flags};\n", "later module `cli`"),
        ("plan/budget.rs", "fn f() -> crate::cli::flags::Command {}\n", "later module `cli`"),
        ("yaml/error.rs", "use super::{node::Node, write};\n", "comes later"),
        ("yaml/error.rs", "use crate::{\n    yaml::{\n        write,\n    },\n};\n", "comes later"),
        ("yaml/error.rs", "use super::Node;\n", "comes later"),
        ("yaml/error.rs", "use crate::yaml::Node;\n", "comes later"),
        ("import/edits/place.rs", "use super::trial::Trial;\n", "comes later"),
        ("krm/meta.rs", "use crate::nowhere::Node;\n", "not in a module"),
    ];
    for (file, text, reason) in planted {
        let mut sources = sources();
        let source = sources.get_mut(file).unwrap();
        *source = format!("{text}{source}");
        let wrong = wrong_imports(&sources, &modules[..modules.len() - 1]);
        assert!(wrong.iter().any(|line| line.starts_with(&format!("src/{file}: ")) && line.contains(reason)), "{text}: {wrong:?}");
    }
    // Imports of unit tests do not count.
    let mut sources = sources();
    sources.get_mut("yaml/error.rs").unwrap().push_str("\n#[cfg(test)]\nmod tests {\n    use crate::cli::flags;\n}\n");
    let wrong = wrong_imports(&sources, &modules[..modules.len() - 1]);
    assert!(!wrong.iter().any(|line| line.contains("yaml/error.rs")), "{wrong:?}");
}

#[test]
fn the_plan_uses_no_yaml_and_no_kubernetes_types() {
    for (name, text) in sources().into_iter().filter(|(name, _)| name.starts_with("plan/") || name.starts_with("jina/topology")) {
        for word in ["crate::yaml", "crate::krm", "serde_json::Value", "serde_json::json", "apiVersion"] {
            assert!(!text.contains(word), "src/{name} mentions {word}");
        }
    }
}

#[test]
fn yaml_is_written_in_one_module() {
    for (name, text) in sources() {
        for word in ["saphyr", "libyaml", "serde_yaml"] {
            assert!(name.starts_with("yaml/") || !text.contains(word), "src/{name} reads or writes YAML itself: {word}");
        }
    }
}

#[test]
fn architecture_md_lists_every_module() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let block = text.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let shown: Vec<&str> = block.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    let folders = modules().into_iter().map(|module| if module == "internals" { "internals.rs".to_owned() } else { format!("{module}/") });
    let expected: Vec<String> = folders.chain(["lib.rs".to_owned(), "main.rs".to_owned()]).collect();
    assert_eq!(shown, expected);
}

#[test]
fn every_file_has_a_module_doc() {
    let without: Vec<String> = sources().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(name, _)| name).collect();
    assert_eq!(without, Vec::<String>::new());
}

#[test]
fn modules_have_descriptive_names() {
    for (name, _) in sources() {
        for word in ["util", "helper", "common", "misc"] {
            assert!(!name.contains(word), "src/{name}");
        }
    }
}

/// The packages of Cargo.lock, each with its dependencies. The file is read directly: cargo would require the crates of
/// every platform, and a machine that builds for one platform has not downloaded them.
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
fn dependencies_are_few_and_each_has_a_reason() {
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
