//! jinaflow compared with similar programs, in one run on one machine: `cargo bench [-- flow|list|large|promotion]`.
//!
//! The benchmark asserts nothing; it prints measurements. Every figure is of a whole process, including its start.
//! `JINAFLOW=FILE` measures another binary than the one that was just built, such as the static one of the image.
//! Peers: `cat`, which copies the bytes; a round trip through serde, which is how most KRM functions in Rust
//! would be written; and `jina export kubernetes`, where `.tools/jina` is installed (`tests/conformance/setup.sh`).
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic)]

mod measure;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use measure::{Cost, jinaflow, measure, megabytes, no_folder, scratch, size_of};

/// The argument with which this program runs itself as the serde peer.
const SERDE: &str = "serde-round-trip";

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if words.first().is_some_and(|word| word == SERDE) {
        return serde_round_trip();
    }
    let wanted = |name: &str| words.is_empty() || words.iter().any(|word| word == name);
    if wanted("flow") {
        one_flow();
    }
    if wanted("list") {
        other_peoples_list();
    }
    if wanted("large") {
        large_flows();
    }
    if wanted("promotion") {
        promotion();
    }
}

/// Medians of `times` rounds. The commands run in turn.
fn medians(times: usize, input: &Path, commands: &mut [Command]) -> Vec<Cost> {
    let output = scratch("peers-output");
    let mut rounds: Vec<Vec<Cost>> = vec![Vec::new(); commands.len()];
    for _ in 0..times {
        for (command, costs) in commands.iter_mut().zip(&mut rounds) {
            costs.push(measure(command, input, &output));
        }
    }
    let median = |costs: &Vec<Cost>| {
        let middle = |mut values: Vec<Duration>| {
            values.sort();
            values[values.len() / 2]
        };
        Cost {
            wall: middle(costs.iter().map(|cost| cost.wall).collect()),
            cpu: middle(costs.iter().map(|cost| cost.cpu).collect()),
            memory: costs.iter().map(|cost| cost.memory).max().unwrap_or_default(),
        }
    };
    rounds.iter().map(median).collect()
}

fn serde() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(SERDE);
    command
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file with this text.
fn file(name: &str, text: &str) -> PathBuf {
    let file = scratch(name);
    fs::write(&file, text).unwrap();
    file
}

fn print(name: &str, cost: &Cost) {
    println!(
        "  {name:<28} {:>9.2} ms {:>9.2} ms CPU {:>8.1} MB",
        cost.wall.as_secs_f64() * 1e3,
        cost.cpu.as_secs_f64() * 1e3,
        megabytes(cost.memory)
    );
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

/// One call on the Flow of the getting-started example, as kustomize would make it.
fn one_flow() {
    let flow = root().join("examples/getting-started/flow.yml");
    let text: String = fs::read_to_string(&flow).unwrap().lines().map(|line| format!("      {line}\n")).collect();
    let list = file("flow.yaml", &resource_list("", &text));
    println!("one Flow, median of 300 alternating calls");
    let mut commands = [Command::new("cat"), jinaflow(&[]), serde()];
    let costs = medians(300, &list, &mut commands);
    for (name, cost) in ["cat", "jinaflow", "serde round trip"].iter().zip(&costs) {
        print(name, cost);
    }
    println!("  jinaflow / cat               {:>9.2}", ratio(costs[1].wall, costs[0].wall));
    let jina = root().join(".tools/jina/bin/jina");
    if !jina.exists() {
        println!("  jina export: not measured, .tools/jina is not installed");
        return;
    }
    let mut theirs = Command::new(jina);
    theirs
        .args(["export", "kubernetes"])
        .args([&flow, &no_folder("jina-export")])
        .env("JINA_GATEWAY_IMAGE", "jinaai/jina:3.34.0-py311-standard");
    theirs.env("JINA_OPTOUT_TELEMETRY", "1");
    let mut ours = jinaflow(&["export"]);
    ours.args([&flow, &no_folder("jinaflow-export")]);
    let theirs = medians(5, &list, &mut [theirs])[0];
    let ours = medians(100, &list, &mut [ours])[0];
    print("jina export kubernetes", &theirs);
    print("jinaflow export", &ours);
    println!("  jina / jinaflow              {:>9.0}", ratio(theirs.wall, ours.wall));
}

/// 5 MB of foreign objects and one Flow.
fn other_peoples_list() {
    let mut items = String::new();
    let mut i = 0;
    while items.len() < 5_000_000 {
        write!(
            items,
            "- apiVersion: apps/v1\n  kind: Deployment\n  metadata:\n    name: app-{i}\n    annotations:\n      internal.config.kubernetes.io/path: 'apps/app-{i}.yaml'\n      internal.config.kubernetes.io/index: '0'\n  spec:\n    replicas: 3 # by hand\n    selector:\n      matchLabels:\n        app: app-{i}\n    template:\n      metadata:\n        labels:\n          app: app-{i}\n      spec:\n        containers:\n        - name: main\n          image: acme/app:{i}\n          args: [\"--port\", \"8080\", '--mode=0644']\n          env:\n          - name: LEVEL\n            value: \"on\"\n"
        )
        .unwrap();
        i += 1;
    }
    let list = file("list.yaml", &resource_list(&items, "      jtype: Flow\n      executors: [{name: a, uses: docker://acme/a}]\n"));
    println!("a ResourceList of {:.1} MB, {i} foreign objects and one Flow; median of 15 calls", megabytes(size_of(&list)));
    let costs = medians(15, &list, &mut [Command::new("cat"), jinaflow(&[]), serde()]);
    for (name, cost) in ["cat", "jinaflow", "serde round trip"].iter().zip(&costs) {
        print(name, cost);
    }
}

/// One Flow with thousands of executors.
fn large_flows() {
    println!("one Flow with thousands of executors, median of 3 calls");
    for count in [1_000, 2_500, 5_000, 10_000, 20_000] {
        let mut flow = String::from("      jtype: Flow\n      executors:\n");
        for i in 0..count {
            write!(flow, "      - name: executor{i}\n        uses: docker://acme/executor:{i}\n        replicas: 2\n        uses_with: {{dim: {i}}}\n")
                .unwrap();
        }
        let list = file("large.yaml", &resource_list("", &flow));
        let cost = medians(3, &list, &mut [jinaflow(&[])])[0];
        print(&format!("{count} executors"), &cost);
        let bytes = size_of(&list) + size_of(&scratch("peers-output"));
        println!(
            "    {:.1} MB in and out, {:.0} ns and {:.2} bytes of memory for each byte",
            megabytes(bytes),
            cost.cpu.as_secs_f64() * 1e3 / megabytes(bytes),
            megabytes(cost.memory) / megabytes(bytes)
        );
    }
}

/// The manifests of one Flow with 1,000 executors, and the same with another image and another option in each.
fn promotion() {
    let side = |name: &str, tag: u32| {
        let mut flow = String::from("jtype: Flow\nexecutors:\n");
        for i in 0..1_000 {
            writeln!(
                flow,
                "- {{name: executor{i}, uses: docker://acme/executor:{tag}, replicas: 2, uses_with: {{dim: {tag}}}, env: {{MODEL: m{i}}}}}"
            )
            .unwrap();
        }
        let (input, output) = (file(&format!("{name}-flow.yml"), &flow), scratch(&format!("{name}.yaml")));
        let mut export = jinaflow(&["export"]);
        export.arg(&input);
        measure(&mut export, &input, &output);
        output
    };
    let (old, new) = (side("old", 1), side("new", 2));
    let bytes = size_of(&old) + size_of(&new);
    println!("two sides of 1,000 executors, {:.1} MB together, median of 15 calls", megabytes(bytes));
    let mut ours = jinaflow(&["diff"]);
    ours.args([&old, &new]);
    let mut lines = Command::new("diff");
    lines.args(["-u"]).args([&old, &new]);
    let costs = medians(15, &old, &mut [lines, ours]);
    for (name, cost) in ["diff -u", "jinaflow diff"].iter().zip(&costs) {
        print(name, cost);
    }
    println!("  memory of jinaflow / input   {:>9.2}", megabytes(costs[1].memory) / megabytes(bytes));
}

fn resource_list(items: &str, flow: &str) -> String {
    format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata:\n    name: search\n  spec:\n    flow: |\n{flow}"
    )
}

/// Reads a list into values and writes it again, like a function that is built on serde.
fn serde_round_trip() {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    let value: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    io::stdout().write_all(serde_yaml::to_string(&value).unwrap().as_bytes()).unwrap();
}
