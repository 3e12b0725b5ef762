//! Every code of a finding is documented, and the documentation is correct: the example gives the code, and the fixed
//! example does not.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use jinaflow::internals::finding::Code;

use crate::support::{documents, function, is_change, jinaflow, root, run, scratch};

/// The page that `jinaflow explain` prints.
const PAGE: &str = "functions/jinaflow/codes.md";

/// The same examples, fixed.
const FIXED: &str = "tests/it/codes_fixed.md";

/// The section of the page about one code.
struct Section {
    code: String,
    fences: Vec<Fence>,
}

/// A fenced block: the words after the three backticks, and its lines.
struct Fence {
    info: String,
    text: String,
}

fn sections(file: &str) -> Vec<Section> {
    let page = fs::read_to_string(root().join(file)).unwrap();
    let mut sections: Vec<Section> = Vec::new();
    let mut open: Option<Fence> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some(Fence { info: info.to_owned(), text: String::new() }),
            (Some(_), Some("")) => sections.last_mut().unwrap().fences.extend(open.take()),
            (Some(fence), _) => fence.text.extend([line, "\n"]),
            (None, None) => {
                if let Some(code) = line.strip_prefix("### ") {
                    sections.push(Section { code: code.to_owned(), fences: Vec::new() });
                }
            }
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    sections
}

/// The codes that the blocks of an example give. They run in an empty folder with the files that the example names.
fn codes_of(section: &str, fences: &[&Fence]) -> BTreeSet<String> {
    let folder = scratch("codes");
    let mut stderr = String::new();
    let mut done = BTreeSet::new();
    for fence in fences {
        let (language, attributes) = fence.info.split_once(' ').unwrap_or((&fence.info, ""));
        let file = attributes.split(' ').find_map(|attribute| attribute.strip_prefix("file="));
        match (language, file) {
            (_, Some(file)) => {
                let path = folder.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, &fence.text).unwrap();
            }
            ("yaml", None) => {
                let parsed = jinaflow::internals::yaml::read_all(&fence.text).map(|_| documents(&fence.text)).unwrap_or_default();
                let first = parsed.first();
                let kind = first.and_then(|document| document["kind"].as_str()).unwrap_or_default().to_owned();
                if kind == "ResourceList" {
                    let answer = function(&fence.text);
                    stderr.push_str(&answer.stderr);
                    // What a render did is only in the results.
                    let results = answer.list()["results"].as_array().cloned().unwrap_or_default();
                    done.extend(
                        results
                            .iter()
                            .filter(|result| is_change(result))
                            .filter_map(|result| result["tags"]["code"].as_str().map(str::to_owned)),
                    );
                    continue;
                }
                let is_flow = parsed.len() < 2 && (kind == "JinaFlow" || first.is_none_or(|document| document["kind"].is_null()));
                let path = folder.join(if is_flow { "flow.yml" } else { "manifests.yaml" });
                fs::write(&path, &fence.text).unwrap();
                let command = if is_flow { "export" } else { "check" };
                stderr.push_str(&jinaflow(&[command, path.to_str().unwrap()]).stderr);
            }
            ("console", None) => {
                for line in fence.text.lines().filter_map(|line| line.strip_prefix("$ ")) {
                    let mut shell = Command::new("sh");
                    let program = std::path::Path::new(env!("CARGO_BIN_EXE_jinaflow")).parent().unwrap();
                    let path = format!("{}:/usr/bin:/bin", program.display());
                    shell.args(["-c", line]).current_dir(&folder).env_clear().env("PATH", path);
                    stderr.push_str(&run(shell, b"").stderr);
                }
            }
            _ => panic!("{section}: no test runs a block of {:?}", fence.info),
        }
    }
    let code = |line: &str| Some(line.split_once('[')?.1.split_once("]: ")?.0.to_owned());
    let is_finding = |line: &&str| ["error[", "warning[", "info["].iter().any(|word| line.starts_with(word));
    stderr.lines().filter(is_finding).filter_map(code).chain(done).collect()
}

#[test]
fn every_code_is_documented_once() {
    let documented: Vec<String> = sections(PAGE).into_iter().map(|section| section.code).collect();
    let set: BTreeSet<&str> = documented.iter().map(String::as_str).collect();
    assert_eq!(set.len(), documented.len(), "a code has more than one section");
    assert_eq!(set, Code::ALL.iter().map(|code| code.name()).collect());
}

#[test]
fn every_example_gives_its_code_and_every_fix_removes_it() {
    let fixed = sections(FIXED);
    let mut wrong = Vec::new();
    let mut without_example = Vec::new();
    for Section { code, fences } in sections(PAGE) {
        if fences.iter().any(|fence| fence.info == "text") {
            without_example.push(code);
            continue;
        }
        let Some(fixed) = fixed.iter().find(|section| section.code == code) else {
            wrong.push(format!("{code}: has no fixed example"));
            continue;
        };
        // The files of an example also exist for its fixed commands, unless the fixed example replaces them.
        let example: Vec<&Fence> = fences.iter().collect();
        let fixed: Vec<&Fence> = fences.iter().filter(|fence| fence.info.contains("file=")).chain(&fixed.fences).collect();
        let given = codes_of(&code, &example);
        if !given.contains(&code) {
            wrong.push(format!("{code}: the example gives {given:?}"));
        }
        let given = codes_of(&code, &fixed);
        if given.contains(&code) {
            wrong.push(format!("{code}: the fixed example still gives it"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(without_example.len() <= 12, "most codes need an example: {without_example:?}");
}

#[test]
fn the_function_puts_the_code_into_the_results() {
    let input = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata: {name: f}\n  spec: {flwo: {}, flow: {jtype: Flow}}\n";
    let answer = function(input);
    assert!(answer.first_line().starts_with("error[unknown-field]: "), "{}", answer.stderr);
    assert_eq!(answer.list()["results"][0]["tags"]["code"], "unknown-field");
}
