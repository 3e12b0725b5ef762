//! Pictures, read by the real Mermaid, the real Graphviz and Python's reader of XML.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::pictures::{Drawn, dot, mermaid, objects_with};
use crate::support::random::Random;
use crate::support::{self, Recorded, recorded, root};
use crate::tools;

/// What a program has understood of a picture.
#[derive(Debug)]
pub struct Understood {
    /// IDs and labels of the nodes, sorted.
    pub nodes: Vec<(String, String)>,
    /// Start, end and label of the lines, in their order.
    pub links: Vec<(String, String, String)>,
    /// The titles of groups, sorted.
    pub groups: Vec<String>,
    /// Labels that Markdown, icons or formulas would change.
    pub changed: Vec<String>,
}

/// Reads all pictures in one process, because Mermaid starts slowly. `kind` is `mermaid` or `dot`.
pub fn understood(kind: &str, texts: &[String]) -> Vec<Result<Understood, String>> {
    answers(kind, texts).iter().map(reading).collect()
}

/// What `pictures/read.mjs` says about each text. `kind` is `mermaid`, `dot` or `markdown`.
pub fn answers(kind: &str, texts: &[String]) -> Vec<Value> {
    let script = root().join("tests/conformance/pictures/read.mjs");
    let mut command = Command::new("node");
    command.arg(script).arg(tools::folder().join("pictures"));
    let input: Vec<Value> = texts.iter().map(|text| json!({kind: text})).collect();
    let run = support::run(command, Value::from(input).to_string().as_bytes());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let answers: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answers.len(), texts.len());
    answers
}

fn reading(answer: &Value) -> Result<Understood, String> {
    if let Some(error) = answer["error"].as_str() {
        return Err(error.to_owned());
    }
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |name: &str| answer[name].as_array().unwrap().clone();
    let mut nodes: Vec<(String, String)> = list("nodes").iter().map(|node| (word(&node[0]), word(&node[1]))).collect();
    let mut groups: Vec<String> = list("groups").iter().map(word).collect();
    nodes.sort();
    groups.sort();
    let links = list("links").iter().map(|link| (word(&link[0]), word(&link[1]), word(&link[2]))).collect();
    Ok(Understood { nodes, links, groups, changed: list("markdown").iter().map(word).collect() })
}

/// Asserts that Mermaid reads flowcharts with the nodes and lines that jinaflow wrote. Returns the pictures.
pub fn assert_mermaid(texts: &[String]) -> Vec<Drawn> {
    let answers = understood("mermaid", texts);
    texts.iter().zip(answers).map(|(text, answer)| alike(text, mermaid(text), answer)).collect()
}

fn alike(text: &str, drawn: Drawn, answer: Result<Understood, String>) -> Drawn {
    let answer = answer.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let nodes: Vec<(String, String)> = drawn.nodes.iter().map(|(id, lines)| (id.clone(), lines.join("\n"))).collect();
    assert_eq!(answer.nodes, nodes, "{text}");
    let mut links: Vec<_> = drawn.links.iter().map(|link| (link.from.clone(), link.to.clone(), link.labels.join("\n"))).collect();
    let mut found = answer.links;
    // Graphviz has an order of its own.
    links.sort();
    found.sort();
    assert_eq!(found, links, "{text}");
    let mut groups: Vec<String> = drawn.groups.iter().map(|(title, _)| title.clone()).collect();
    groups.sort();
    assert_eq!(answer.groups, groups, "{text}");
    assert_eq!(answer.changed, Vec::<String>::new(), "{text}");
    drawn
}

/// Strings that a format may read as something else.
fn hostile(random: &mut Random) -> String {
    const WORDS: [&str; 34] = [
        "end",
        "graph",
        "subgraph",
        "style",
        "class",
        "default",
        "v",
        "o",
        "x",
        "a b",
        "\"]",
        "<b>x</b>",
        "-->",
        "%%{init: {}}%%",
        "%% c",
        "#quot;",
        "`x`",
        "style a:#b;",
        "classDef x:#y;",
        "https://x.y/z",
        "www.x.y",
        "a@b.c",
        "1. x",
        "1) x",
        "- x",
        "# x",
        "$$x$$",
        "&amp;",
        "\\n",
        "]]>",
        "é世🦀",
        "|x|",
        "---",
        "_a_ *b* **c** ~~d~~",
    ];
    const LETTERS: [char; 40] = [
        'a', 'b', '0', '1', '"', '\'', '<', '>', '#', ';', '[', ']', '(', ')', '{', '}', '|', '&', '%', '$', '\\', '/', '`', '*', '_', '~',
        '=', '+', '-', '.', ',', ':', '@', '!', '?', '^', ' ', 'é', '世', '\n',
    ];
    match random.below(3) {
        0 => (*random.pick(&WORDS)).to_owned(),
        1 => (0..random.below(12)).map(|_| *random.pick(&LETTERS)).collect(),
        _ => format!("{}{}", random.pick(&WORDS), random.pick(&LETTERS)),
    }
}

/// Manifests to draw: exports of Jina, objects with all fields, and objects with hostile strings.
fn manifests() -> Vec<String> {
    let flows = recorded(&root().join("tests/jina/flows"));
    let mut all: Vec<String> =
        flows.iter().filter_map(Recorded::expected).map(|files| files.into_values().collect::<Vec<_>>().join("---\n")).collect();
    all.extend(["everything", "jcloud", "stateful"].map(|name| {
        let file = root().join(format!("tests/conformance/fields/{name}.yaml"));
        support::jinaflow(&["export", file.to_str().unwrap()]).stdout
    }));
    let mut random = Random::new(16);
    all.extend((0..300).map(|_| objects_with(&[(); 6].map(|()| hostile(&mut random)))));
    all
}

/// The pictures of all manifests in a format.
fn pictures(format: &str) -> Vec<String> {
    let runs = manifests().into_iter().map(|text| support::run(support::program(&["graph", "-", "--output", format]), text.as_bytes()));
    let pictures: Vec<String> = runs.filter(|run| run.code == 0).map(|run| run.stdout).collect();
    assert!(pictures.len() > 900, "{}", pictures.len());
    pictures
}

#[test]
fn mermaid_reads_the_nodes_and_lines_of_every_picture() {
    let drawn = assert_mermaid(&pictures("mermaid"));
    assert!(drawn.iter().map(|drawn| drawn.links.len()).sum::<usize>() > 3000);
    // The programs do find faults.
    let broken = ["flowchart LR\n  end[\"x\"]\n", "flowchart LR\n  a[\"x\n"].map(str::to_owned);
    assert!(understood("mermaid", &broken).iter().all(Result::is_err));
    let list = ["flowchart LR\n  a[\"1. x\"]\n".to_owned()];
    assert!(!understood("mermaid", &list)[0].as_ref().unwrap().changed.is_empty());
}

#[test]
fn graphviz_reads_the_nodes_and_lines_of_every_picture() {
    // Each picture needs a new instance of Graphviz, which takes time.
    let texts: Vec<String> = pictures("dot").into_iter().step_by(4).collect();
    let answers = understood("dot", &texts);
    for (text, answer) in texts.iter().zip(answers) {
        alike(text, dot(text), answer);
    }
    assert!(understood("dot", &["digraph {".to_owned()])[0].is_err());
}

#[test]
fn python_reads_every_image() {
    let folder = support::scratch("images");
    for (number, image) in pictures("svg").iter().enumerate() {
        fs::write(folder.join(format!("{number}.svg")), image).unwrap();
    }
    let script = "import sys, pathlib\nfrom xml.etree import ElementTree\nfor file in pathlib.Path(sys.argv[1]).iterdir():\n    \
                  assert ElementTree.parse(file).getroot().tag == '{http://www.w3.org/2000/svg}svg', file\n";
    let mut command = Command::new("python3");
    command.args(["-c", script]).arg(&folder);
    tools::must(command);
    fs::remove_dir_all(folder).unwrap();
}
