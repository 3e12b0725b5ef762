//! Code that several test files share: running the program, reading its output, the recorded Flows.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod field_cases;
pub mod format_cases;
pub mod pairs;
pub mod pictures;
pub mod pod_security;
pub mod properties;
pub mod random;
pub mod readers;
pub mod roundtrip;
pub mod spellings;
pub mod wiring;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

pub use properties::is_change;
use serde_json::Value;

/// The result of a run.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    /// Standard error without the lines in `summary`.
    pub stderr: String,
    /// The lines about what a render or an export did, one for each Flow: `jinaflow: search: 3 added`.
    pub summary: Vec<String>,
}

impl Run {
    /// The first line on stderr.
    pub fn first_line(&self) -> &str {
        self.stderr.lines().next().unwrap_or_default()
    }

    /// The findings on stderr: one line each, without the source lines below.
    pub fn findings(&self) -> Vec<&str> {
        self.stderr.lines().filter(|line| !line.starts_with("  ")).collect()
    }

    /// Asserts the beginning of the first line on stderr.
    pub fn begins(&self, text: &str) {
        assert!(self.first_line().starts_with(text), "{}", self.stderr);
    }

    /// Asserts the first line on stderr.
    pub fn says(&self, text: &str) {
        assert!(self.first_line().contains(text), "{}", self.stderr);
    }

    /// The code of each finding on stderr, in order.
    pub fn codes(&self) -> Vec<&str> {
        let code = |line| -> Option<&str> {
            let (severity, rest) = str::split_once(line, '[')?;
            let (code, _) = rest.split_once("]: ")?;
            ["error", "warning", "info"].contains(&severity).then_some(code)
        };
        self.stderr.lines().filter_map(code).collect()
    }

    /// The field and the code of each of the results: `spec.flow.jtyp unknown-field`. Results about what a render did are not
    /// among them.
    pub fn results(&self) -> Vec<String> {
        let list = self.list();
        let results: Vec<Value> = list["results"].as_array().into_iter().flatten().filter(|result| !is_change(result)).cloned().collect();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        results.iter().map(|result| format!("{} {}", word(&result["field"]["path"]), word(&result["tags"]["code"]))).collect()
    }

    /// The list on stdout without its results.
    pub fn items(&self) -> &str {
        self.stdout.split("results:\n").next().unwrap_or_default()
    }

    /// The documents on stdout.
    pub fn documents(&self) -> Vec<Value> {
        documents(&self.stdout)
    }

    /// The one document on stdout.
    pub fn list(&self) -> Value {
        let mut documents = self.documents();
        assert_eq!(documents.len(), 1, "{}", self.stdout);
        documents.remove(0)
    }

    /// Asserts success and no findings.
    pub fn succeeded(self) -> Self {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self
    }
}

/// The repository's root.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The program, with only the environment variables that the test sets.
pub fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jinaflow"));
    command.args(args).env_clear();
    command
}

/// Runs a command with `input` on standard input.
pub fn run(mut command: Command, input: &[u8]) -> Run {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || {
        // The program closes its input when it has read enough.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    let stderr = String::from_utf8(output.stderr).expect("stderr is UTF-8");
    let (summary, stderr) = stderr.split_inclusive('\n').partition::<Vec<&str>, _>(|line| properties::is_summary(line));
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: stderr.concat(),
        summary: summary.into_iter().map(|line| line.trim_end().to_owned()).collect(),
    }
}

/// Runs the function.
pub fn function(input: &str) -> Run {
    run(program(&[]), input.as_bytes())
}

/// Runs `jinaflow` with arguments.
pub fn jinaflow(args: &[&str]) -> Run {
    run(program(args), b"")
}

/// The documents of a stream, as kubectl reads them.
pub fn documents(text: &str) -> Vec<Value> {
    let documents = jinaflow::internals::yaml::read_all(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    documents.iter().filter_map(|d| d.root.as_ref()).map(jinaflow::internals::yaml::kubernetes_value).collect()
}

/// The start of the record of a JinaFlow, which a render writes after the objects.
pub const RECORD: &str = "- # What jinaflow rendered last";

/// Whether an object is the record of a JinaFlow.
pub fn is_record(object: &Value) -> bool {
    let annotations = &object["metadata"]["annotations"];
    object["kind"] == "ConfigMap" && annotations["flow.jina.ai/rendered"].is_string() && annotations["flow.jina.ai/object"].is_null()
}

/// A new, empty folder for one test.
pub fn scratch(name: &str) -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}-{number}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Every file below a folder, by its path.
pub fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|e| panic!("{}: {e}", next.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

/// Values of the variables that the published forms of Flows use.
pub const PUBLISHED_VALUES: [&str; 4] = ["FRONT_PORT=8080", "FRONT_REPLICAS=2", "FRONT_INDEX=cities", "HW_WORKDIR=/data"];

/// Flows in the forms in which people publish them, each with its name.
pub fn published() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("tests/it/front_door.yaml")).unwrap();
    let flows = text.split("--- # ").skip(1).map(|part| part.split_once('\n').unwrap());
    flows.map(|(name, flow)| (name.to_owned(), flow.to_owned())).collect()
}

/// The arguments that set [`PUBLISHED_VALUES`].
pub fn published_context<'a>() -> impl Iterator<Item = &'a str> {
    PUBLISHED_VALUES.iter().flat_map(|value| -> [&'a str; 2] { ["--context", value] })
}

/// `kind/name` of an object.
pub fn label(object: &Value) -> String {
    format!("{}/{}", object["kind"].as_str().unwrap_or_default(), object["metadata"]["name"].as_str().unwrap_or_default())
}

/// A Flow with the recorded answer of Jina.
pub struct Recorded {
    pub name: String,
    pub folder: PathBuf,
    pub namespace: Option<String>,
    pub env: Vec<(String, String)>,
    pub images: Vec<(String, String)>,
}

impl Recorded {
    /// The files that Jina exports, by path, or none if Jina fails.
    pub fn expected(&self) -> Option<BTreeMap<String, String>> {
        fs::read_to_string(self.folder.join("expected.yaml")).ok().map(|packed| unpack(&packed))
    }

    /// The arguments of an export that correspond to the arguments of the recorded Jina call.
    pub fn export(&self, more: &[&str]) -> Command {
        let flow = self.folder.join("flow.yml");
        let mut command = program(&["export", flow.to_str().unwrap()]);
        command.args(more);
        if let Some(namespace) = &self.namespace {
            command.args(["--k8s-namespace", namespace]);
        }
        for (name, value) in &self.env {
            if name == "JINA_GATEWAY_IMAGE" {
                command.env(name, value);
            } else {
                command.args(["--context", &format!("{name}={value}")]);
            }
        }
        for (uses, image) in &self.images {
            command.args(["--image", &format!("{uses}={image}")]);
        }
        command
    }
}

/// The files of an `expected.yaml` by path; each is below a line `--- # file: PATH`. `tests/jina/cases.py` writes them.
pub fn unpack(packed: &str) -> BTreeMap<String, String> {
    let packed = format!("\n{}", packed.strip_suffix('\n').unwrap_or(packed));
    let files = packed.split("\n--- # file: ").skip(1);
    files.map(|file| file.split_once('\n').unwrap()).map(|(path, text)| (path.to_owned(), format!("{text}\n"))).collect()
}

/// The files that Jina exports for the recorded flow of this name.
pub fn jina_export(name: &str) -> BTreeMap<String, String> {
    unpack(&fs::read_to_string(root().join("tests/jina/flows").join(name).join("expected.yaml")).unwrap())
}

/// All flows below a folder. `tests/jina/env.json` is the environment of those without one of their own.
pub fn recorded(folder: &Path) -> Vec<Recorded> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let pairs = |value: &Value| -> Vec<(String, String)> {
        value.as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect()
    };
    let common = fs::read_to_string(root().join("tests/jina/env.json")).unwrap();
    names
        .into_iter()
        .filter(|name| folder.join(name).join("flow.yml").is_file())
        .map(|name| {
            let folder = folder.join(&name);
            let env = fs::read_to_string(folder.join("env.json")).unwrap_or_else(|_| common.clone());
            let meta: Value = serde_json::from_str(&env).unwrap();
            Recorded {
                name,
                folder,
                namespace: meta["namespace"].as_str().map(str::to_owned),
                env: pairs(&meta["env"]),
                images: pairs(&meta["images"]),
            }
        })
        .collect()
}

/// Whether recordings are to be written instead of compared (`JINAFLOW_RECORD=1 cargo test`).
pub fn recording() -> bool {
    std::env::var_os("JINAFLOW_RECORD").is_some_and(|value| value == "1")
}

/// Compares a string with a recorded file, or records it.
pub fn assert_recorded(path: &Path, actual: &str) {
    if recording() {
        fs::write(path, actual).unwrap();
        return;
    }
    let expected =
        fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}; record it with JINAFLOW_RECORD=1 cargo test", path.display()));
    if expected != actual {
        let line =
            expected.lines().zip(actual.lines()).position(|(a, b)| a != b).unwrap_or(expected.lines().count().min(actual.lines().count()));
        let near = |text: &str| text.lines().skip(line.saturating_sub(2)).take(6).collect::<Vec<_>>().join("\n");
        panic!(
            "{} differs at line {}; if the change is intended, record it with JINAFLOW_RECORD=1 cargo test\n--- recorded\n{}\n+++ actual\n{}",
            path.display(),
            line + 1,
            near(&expected),
            near(actual)
        );
    }
}

/// The wording of messages, compared with the recording `tests/it/messages/NAME.txt`. A change of wording then changes a
/// recording, and no test.
pub struct Messages {
    name: &'static str,
    text: String,
}

impl Messages {
    pub fn new(name: &'static str) -> Self {
        Self { name, text: String::new() }
    }

    /// Adds the stderr of a case. Folders of the test are written as `DIR`.
    pub fn add(&mut self, case: &str, run: &Run) {
        self.text.push_str(&format!("## {case}\n"));
        let mut parts = run.stderr.split(env!("CARGO_TARGET_TMPDIR"));
        self.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let rest = part.trim_start_matches('/');
            let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'))).unwrap_or(rest.len());
            self.text.push_str("DIR");
            self.text.push_str(&rest[end..]);
        }
        self.text.push('\n');
    }

    /// Compares all cases with the recording, or records them.
    pub fn compare(self) {
        assert_recorded(&root().join("tests/it/messages").join(self.name).with_extension("txt"), &self.text);
    }
}
