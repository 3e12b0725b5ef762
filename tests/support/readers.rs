//! jinaflow's YAML reader compared with those of kustomize, kubectl and Jina: whether each accepts a document, and the
//! values that it reads.
//!
//! The readers are compared by trees: scalars, whether a scalar is a string independent of its content (quoted, in a
//! block, tagged `!!str`), lists, mappings with the last of equal keys, and the order of keys where no merge key
//! changes it. Aliases are expanded and merge keys are applied. [`Dialect::Kubernetes`] is compared with go-yaml 3, and
//! [`Dialect::Jina`] with PyYAML. The types that kubectl reads are compared as JSON: [`kubernetes_value`] with
//! sigs.k8s.io/yaml.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use jinaflow::internals::yaml::{self, Data, Dialect, Document, Node, Scalar, Style, kubernetes_value};
use serde_json::{Value, json};

use super::spellings;

/// The other readers, as processes that answer each line with a line.
pub struct Readers {
    go: Talk,
    python: Talk,
}

struct Talk {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Talk {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (stdin, stdout) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, stdin, stdout }
    }

    fn send(&mut self, line: &str) {
        self.stdin.as_mut().unwrap().write_all(line.as_bytes()).unwrap();
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// The result of a reader for a document: the parsed documents, or the reason of the refusal.
pub type Reading<T> = Result<Vec<T>, String>;

/// A tree, in the form that `tests/conformance/readers/main.go` describes.
pub type Tree = Vec<String>;

/// The results of the other readers for [`recorded_documents`], for machines that do not have them.
pub const RECORDING: &str = "tests/yaml/readings.json";

/// The documents that are recorded.
pub fn recorded_documents() -> Vec<String> {
    spellings::BY_HAND.iter().map(|text| (*text).to_owned()).chain(spellings::odd(2, 300)).collect()
}

/// The results of all readers for a document.
pub struct Readings {
    pub kustomize: Reading<Tree>,
    pub kubectl: Reading<Value>,
    pub jina: Reading<Tree>,
    pub ours_for_kubernetes: Reading<Tree>,
    pub ours_for_kubectl: Reading<Value>,
    pub ours_for_jina: Reading<Tree>,
}

/// A document that two readers read differently.
#[derive(Debug)]
pub struct Difference {
    /// The name of the other reader.
    pub reader: &'static str,
    /// The results of the two, shortened.
    pub what: String,
    /// The reason of the difference, if it is known.
    pub reason: Option<&'static str>,
}

impl Readers {
    /// Starts the programs that `tests/conformance/setup.sh` has installed into `tools`.
    pub fn start(tools: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/readers/read.py");
        // Garbage is collected after each large file.
        let go = Talk::start(Command::new(tools.join("bin/readers")).env("GOGC", "400"));
        let python = Talk::start(Command::new(tools.join("jina/bin/python")).arg(script));
        Self { go, python }
    }

    /// The unchanged answers of the other readers to a document, which can be recorded.
    pub fn ask(&mut self, text: &str) -> Value {
        let line = json!(text).to_string() + "\n";
        self.go.send(&line);
        self.python.send(&line);
        let mut answer = self.go.answer();
        answer["jina"] = self.python.answer();
        answer
    }

    /// The results of all readers for a document.
    pub fn read(&mut self, text: &str) -> Readings {
        Readings::of(text, self.ask(text))
    }
}

/// The trees that jinaflow's reader returns for a document.
pub fn trees(text: &str, dialect: Dialect) -> Reading<Tree> {
    let tree = |document: Document<'_>| {
        let mut spelled = Vec::new();
        match &document.root {
            Some(root) => spell(root, &mut spelled),
            None => spelled.push("=".to_owned()),
        }
        spelled
    };
    Ok(yaml::read_all_as(text, dialect).map_err(|error| error.to_string())?.into_iter().map(tree).collect())
}

/// The values that jinaflow's reader returns for a document, typed as in kubectl.
pub fn values(text: &str) -> Reading<Value> {
    let documents = yaml::read_all(text).map_err(|error| error.to_string())?;
    Ok(without_nulls(documents.iter().filter_map(|document| document.root.as_ref()).map(kubernetes_value).collect()))
}

fn reading<T: serde::de::DeserializeOwned>(answer: Value) -> Reading<T> {
    match answer["error"].as_str() {
        Some(refusal) => Err(refusal.to_owned()),
        None => Ok(serde_json::from_value(answer).unwrap()),
    }
}

/// No reader makes an object of a chunk without content.
fn without_nulls(documents: Vec<Value>) -> Vec<Value> {
    documents.into_iter().filter(|document| !document.is_null()).collect()
}

fn spell(node: &Node<'_>, out: &mut Tree) {
    match &node.data {
        Data::Scalar(Scalar { text, style: Style::Plain }) if node.tag.is_none() => out.push(format!("={text}")),
        Data::Scalar(Scalar { text, .. }) => out.push(format!("'{text}")),
        Data::List(entries) => {
            out.push("[".to_owned());
            for entry in entries {
                spell(entry, out);
            }
            out.push("]".to_owned());
        }
        Data::Map(pairs) => {
            out.push("{".to_owned());
            for (key, value) in pairs {
                spell(key, out);
                spell(value, out);
            }
            out.push("}".to_owned());
        }
    }
}

impl Readings {
    /// The readings of a document, from the recorded answers of the other readers.
    pub fn of(text: &str, mut said: Value) -> Self {
        let in_json = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
        Self {
            kustomize: reading(said["kustomize"].take()),
            kubectl: reading(said["kubectl"].take()).map(|texts: Vec<String>| without_nulls(texts.into_iter().map(in_json).collect())),
            jina: reading(said["jina"].take()),
            ours_for_kubernetes: trees(text, Dialect::Kubernetes),
            ours_for_kubectl: values(text),
            ours_for_jina: trees(text, Dialect::Jina),
        }
    }

    /// The differences between the readers.
    pub fn differences(&self, text: &str) -> Vec<Difference> {
        let mut all = Vec::new();
        let mut note = |reader: &'static str, what: Option<String>, reason: Option<&'static str>| {
            all.extend(what.map(|what| Difference { reader, what, reason }));
        };
        let kustomize = differ(&self.kustomize, &self.ours_for_kubernetes, |a, b| a == b);
        note("kustomize", kustomize, why_kustomize_differs(text, self));
        note("jina", differ(&self.jina, &self.ours_for_jina, |a, b| a == b), why_jina_differs(text, self));
        // kubectl splits a stream before it reads it, and limits some types. When kustomize refuses a document, there
        // is nothing to compare.
        if self.kustomize.is_ok() && self.ours_for_kubernetes.is_ok() {
            note("kubectl", differ(&self.kubectl, &self.ours_for_kubectl, alike), why_kubectl_differs(text, self));
        }
        all
    }
}

fn differ<T: std::fmt::Debug>(theirs: &Reading<T>, ours: &Reading<T>, same: impl Fn(&T, &T) -> bool) -> Option<String> {
    let short = |text: String| text.chars().take(300).collect::<String>();
    match (theirs, ours) {
        (Err(_), Err(_)) => None,
        (Ok(a), Ok(b)) if a.len() == b.len() => {
            let (a, b) = a.iter().zip(b).find(|(a, b)| !same(a, b))?;
            let (a, b) = (format!("{a:?}"), format!("{b:?}"));
            let from = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count().saturating_sub(40);
            let part = |text: &str| text.chars().skip(from).take(160).collect::<String>();
            Some(format!("other: …{} jinaflow: …{}", part(&a), part(&b)))
        }
        (theirs, ours) => Some(short(format!("other: {} jinaflow: {}", outcome(theirs), outcome(ours)))),
    }
}

fn outcome<T>(reading: &Reading<T>) -> String {
    match reading {
        Ok(documents) => format!("{} documents", documents.len()),
        Err(refusal) => format!("refused: {refusal}"),
    }
}

/// Whether a server treats two values as equal; it treats 1.0 as 1.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // serde_json may read the last digits of a fraction differently.
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| (a - b).abs() <= 1e-15 * a.abs()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| alike(value, other)))
        }
        _ => a == b,
    }
}

/// Whether a refusal is due to a limit of jinaflow.
fn is_over_a_limit(refusal: &str) -> bool {
    refusal.contains("nested deeper than") || refusal.contains("aliases expand to more than")
}

/// A byte order mark that is not the first character.
fn has_inner_mark(text: &str) -> bool {
    text.char_indices().any(|(at, c)| at > 0 && c == '\u{feff}')
}

fn why_kustomize_differs(text: &str, readings: &Readings) -> Option<&'static str> {
    match (&readings.kustomize, &readings.ours_for_kubernetes) {
        (Err(theirs), Ok(_)) if theirs.contains("incompatible YAML document") => Some("%YAML 1.2 is read"),
        (Err(theirs), Ok(_)) if theirs.contains("control characters are not allowed") => {
            Some("characters that go-yaml itself writes are read")
        }
        (Err(theirs), Ok(_)) if theirs.contains("unknown escape character") && text.contains("\\/") => Some("JSON's escape \\/ is read"),
        (Err(theirs), Ok(_)) if theirs.contains("invalid Unicode character escape code") && text.contains("\\u") => {
            Some("JSON's pairs of escapes are read")
        }
        (Ok(_), Err(ours)) if is_over_a_limit(ours) => Some("the limits of jinaflow"),
        // An anchor belongs to its document (YAML 1.2, section 3.2.2.2).
        (Ok(_), Err(ours)) if ours.contains("there is no anchor") && ["\n---", "\r---"].iter().any(|mark| text.contains(mark)) => {
            Some("an alias cannot use the anchor of an earlier document")
        }
        _ if has_inner_mark(text) => Some("a byte order mark before a later document is not a character"),
        _ if has_bare_tag(text) => Some("`!` makes a string, as in kubectl"),
        // `yaml_parser_decrease_flow_level` of go-yaml forgets that the brackets may be a key.
        (Err(theirs), Ok(_)) if theirs.contains("did not find expected <document start>") && has_brackets_as_key(text) => {
            Some("brackets as a key are read")
        }
        _ => None,
    }
}

/// Whether two plain scalars are the same key after typing: `1` and `1.0`, `on` and `yes`.
fn has_equal_keys(trees: &Reading<Tree>) -> bool {
    let mut keys: BTreeMap<String, &str> = BTreeMap::new();
    let plain = trees.iter().flatten().flatten().filter_map(|text| text.strip_prefix('='));
    plain.filter(|text| text.parse::<f64>().is_ok() || text.len() <= 5).any(|text| {
        let typed = kubernetes_value(&Data::Map(vec![(Node::plain(text), Node::plain("x"))]).into()).to_string();
        keys.insert(typed, text).is_some_and(|other| other != text)
    })
}

/// Whether a `!` has no tag name.
fn has_bare_tag(text: &str) -> bool {
    text.split('!').skip(1).any(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

fn has_brackets_as_key(text: &str) -> bool {
    ["]:", "}:", "] :", "} :"].iter().any(|end| text.contains(end))
}

fn why_jina_differs(text: &str, readings: &Readings) -> Option<&'static str> {
    match (&readings.jina, &readings.ours_for_jina) {
        (Err(theirs), Ok(_)) if theirs.contains("surrogates not allowed") => Some("JSON's pairs of escapes are one character"),
        (Ok(_), Err(ours)) if is_over_a_limit(ours) => Some("the limits of jinaflow"),
        (Err(theirs), Ok(_)) if theirs.contains("maximum recursion depth") => Some("the limits of Python"),
        _ if has_inner_mark(text) => Some("a byte order mark before a later document is not a character"),
        _ => None,
    }
}

fn why_kubectl_differs(text: &str, readings: &Readings) -> Option<&'static str> {
    match (&readings.kubectl, &readings.ours_for_kubectl) {
        (Ok(theirs), Ok(ours)) if theirs.len() != ours.len() => Some("kubectl splits the stream at other places"),
        (Ok(_), Ok(_)) if has_equal_keys(&readings.ours_for_kubernetes) => Some("keys that are different in Go and equal in JSON"),
        (Err(theirs), Ok(_)) if ["map key", "json: unsupported value", "invalid map"].iter().any(|word| theirs.contains(word)) => {
            Some("kubectl has no type for that")
        }
        (Err(theirs), Ok(_)) if theirs.contains("cannot start any token") && text.contains('\t') => {
            Some("go-yaml 3 allows any indentation of a comment below another")
        }
        // Chunks are read separately.
        (Err(_), Ok(_)) if text.contains("\n---") || text.contains("\n...") || text.contains('%') => {
            Some("kubectl splits the stream at other places")
        }
        (_, Ok(_)) if text.contains("<<") => Some("goyaml.v2 lets merged keys win over those before them"),
        (_, Ok(_)) if text.contains("!!") || text.contains("!<tag:yaml.org") => Some("kubectl converts to the type of a tag"),
        _ if has_inner_mark(text) => Some("a byte order mark before a later document is not a character"),
        (_, Ok(_)) if has_brackets_as_key(text) => Some("brackets as a key are read"),
        _ => None,
    }
}
