//! Tests against the real Jina 3.34.0.

use std::fs;
use std::process::Command;

use crate::support::{label, root, scratch};
use crate::tools::{folder, must, static_binary};

fn python(script: &str, args: &[&str]) -> Command {
    let mut command = Command::new(folder().join("jina/bin/python"));
    command.arg("-W").arg("ignore").arg(root().join("tests/jina").join(script)).args(args);
    command.env_remove("PYTHONHASHSEED");
    command
}

#[test]
fn recordings_equal_the_output_of_jina_today() {
    let run = must(python("record.py", &["--check"]));
    assert!(run.stdout.contains(" 0 recordings stale"), "{}", run.stdout);
}

#[test]
fn recorded_flows_have_no_unexplained_difference() {
    let run = must(python("judge.py", &["--binary", static_binary().to_str().unwrap(), "--check"]));
    assert!(run.stdout.contains(", 0 different"), "{}", run.stdout);
}

/// New random Flows. The seeds are fixed, so that a failure can be repeated.
#[test]
fn random_flows_have_no_unexplained_difference() {
    let binary = static_binary();
    let random = |seed: &str, number: &str, more: &[&str]| {
        let args = ["--binary", binary.to_str().unwrap(), "--random", seed, number];
        let run = must(python("differential.py", &[&args, more].concat()));
        let last = run.stdout.lines().last().unwrap_or_default();
        assert!(last.starts_with(&format!("{number} flows: ")) && last.ends_with(" 0 different"), "{}", run.stdout);
    };
    random("101", "1600", &[]);
    random("102", "400", &["--weird", "0.5"]);
}

#[test]
fn the_judge_finds_damage() {
    let run = must(python("selftest_compare.py", &[]));
    assert!(run.stdout.contains("failures 0 missed damage 0"), "{}", run.stdout);
}

/// The command line of Jina and the one of jinaflow, on the same file.
#[test]
fn jinas_command_line_works_with_jinaflow() {
    let flow = root().join("examples/getting-started/flow.yml");
    let flow = flow.to_str().unwrap();
    let (theirs, ours) = (scratch("theirs"), scratch("ours"));
    let mut jina = Command::new(folder().join("jina/bin/jina"));
    jina.args(["export", "kubernetes", flow, theirs.to_str().unwrap(), "--k8s-namespace", "search"]);
    jina.env("JINA_GATEWAY_IMAGE", "jinaai/jina:3.34.0-py311-standard").env("JINA_OPTOUT_TELEMETRY", "1");
    must(jina);
    let mut export = Command::new(static_binary());
    export.args(["export", flow, ours.to_str().unwrap(), "--k8s-namespace", "search", "--compat", "jina-3.34"]);
    must(export);
    let run = must(python("compare.py", &[ours.to_str().unwrap(), theirs.to_str().unwrap()]));
    assert!(run.stdout.contains(": equal"), "{}", run.stdout);
}

/// Jina reads the mounted configuration of a class unchanged, including line breaks and numbers.
#[test]
fn jina_reads_an_inline_configuration() {
    let folder = scratch("inline");
    let flow = folder.join("flow.yml");
    let text = "jtype: Flow\nexecutors:\n- name: a\n  image: x/a\n  uses:\n    jtype: Recorder\n    with:\n      lr: 1e-3\n      text: |\n        one\n        two\n      nested: {a: [1, b], c: null}\n    metas: {py_modules: [recorder.py]}\n";
    fs::write(&flow, text).unwrap();
    let mut export = Command::new(static_binary());
    export.args(["export", flow.to_str().unwrap()]);
    let objects = must(export).documents();
    let config = objects.iter().find(|object| label(object) == "ConfigMap/a-config").unwrap();
    let mounted = folder.join("config.yml");
    fs::write(&mounted, config["data"]["config.yml"].as_str().unwrap()).unwrap();
    let class = "from jina import Executor\n\n\nclass Recorder(Executor):\n    def __init__(self, lr, text, nested, **kwargs):\n        super().__init__(**kwargs)\n        self.seen = repr([lr, text, nested])\n";
    fs::write(folder.join("recorder.py"), class).unwrap();
    let load = "import sys; from jina.serve.executors import BaseExecutor; print(BaseExecutor.load_config(sys.argv[1]).seen)";
    let mut jina = Command::new(crate::tools::folder().join("jina/bin/python"));
    jina.args(["-W", "ignore", "-c", load, mounted.to_str().unwrap()]).current_dir(&folder).env("JINA_OPTOUT_TELEMETRY", "1");
    let read = must(jina).stdout;
    assert_eq!(read.trim(), r"[0.001, 'one\ntwo\n', {'a': [1, 'b'], 'c': None}]");
}
