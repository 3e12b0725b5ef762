//! The judge of the stand-in, asked about a Flow on the cluster: what real Jina reads from the Flow must happen.
//! `../kubelet/judge.py` has the rules; `judge.py` connects them to a pod.

use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::fixture::on_node;
use crate::load::Client;
use crate::support::root;

/// A client that knows the Flow. It remembers what was indexed.
pub struct Judge {
    child: Child,
    questions: ChildStdin,
    reports: BufReader<ChildStdout>,
    asked: u32,
}

impl Judge {
    /// `flow` is the Flow as Jina reads it.
    pub fn new(client: &Client, flow: &str) -> Self {
        let space = client.space();
        let folder = crate::support::scratch("judge");
        let file = folder.join("flow.yml");
        std::fs::write(&file, flow).unwrap();
        let exec = on_node("kubectl", &["--namespace", &space.name, "exec", "-i", client.name(), "--"]);
        let mut python = Command::new("python3");
        python.arg(root().join("tests/conformance/cluster/judge.py")).arg(file).arg(exec.get_program()).args(exec.get_args());
        let log = File::create(folder.join("judge.log")).unwrap();
        let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let (questions, reports) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, questions, reports, asked: 0 }
    }

    /// The report about a question; `judge.py` describes both.
    pub fn ask(&mut self, question: &Value) -> Value {
        writeln!(self.questions, "{question}").unwrap();
        let mut line = String::new();
        self.reports.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}; question: {question}"))
    }

    /// The report about requests to an endpoint, each with one of six documents.
    pub fn send(&mut self, entries: &[&str], endpoint: &str) -> Value {
        self.asked += 1;
        self.ask(&json!({"entries": entries, "endpoint": endpoint, "number": 6, "tag": format!("q{}", self.asked)}))
    }

    /// Uses each endpoint of the executors, and asserts that everything is as the Flow says. Returns the last report.
    pub fn passes(&mut self, entries: &[&str]) -> Value {
        ["/", "/index", "/search"].map(|endpoint| passed(self.send(entries, endpoint))).into_iter().next_back().unwrap()
    }

    /// Sends requests until `number` pods have served an executor, at most `limit` times.
    pub fn served_by(&mut self, entries: &[&str], executor: &str, number: usize, limit: usize) {
        let mut pods = std::collections::BTreeSet::new();
        for _ in 0..limit {
            let report = passed(self.send(entries, "/"));
            pods.extend(report["served"][executor].as_object().unwrap().keys().cloned());
            assert!(pods.len() <= number, "{executor}: {pods:?}");
            if pods.len() == number {
                return;
            }
        }
        panic!("{executor}: only {pods:?} served requests");
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asserts that nothing failed.
pub fn passed(report: Value) -> Value {
    assert_eq!(report["failures"], json!([]), "{report:#}");
    report
}

/// Asserts that a report has a failure with this code, in which this part is.
pub fn finds(report: &Value, code: &str, part: &str) {
    let failures = report["failures"].as_array().unwrap();
    let found = failures.iter().any(|f| f["code"] == code && f["what"].as_str().unwrap().contains(part));
    assert!(found, "{code}: {part:?} is not found\n{report:#}");
}
