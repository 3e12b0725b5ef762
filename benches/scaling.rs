//! How the time and the memory of jinaflow grow with its input: `cargo bench --bench scaling [-- WORD…]`.
//!
//! Nothing here passes or fails. Each row multiplies one quantity by 2, 4 and 8 and runs the whole program on each size.
//! `growth` is the largest factor between two neighbouring sizes: 2 is linear, 4 is quadratic. In the same run `md5sum`
//! reads the same bytes: every file that jinaflow reads or writes. Times are the processor time, user and system, of the
//! fastest of `ROUNDS` runs. A WORD selects the rows whose name contains it. `JINAFLOW=FILE` measures another binary.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic)]

mod measure;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use measure::{jinaflow, measure, megabytes, no_folder, scratch, size_of};

const ROUNDS: usize = 3;

/// The factors by which each quantity grows.
const FACTORS: [usize; 4] = [1, 2, 4, 8];

/// One row of the table.
struct Scenario {
    name: &'static str,
    /// The smallest size.
    start: usize,
    /// Writes the input of one size.
    write: fn(&mut Input, usize),
    call: Call,
}

/// How jinaflow is run on an input.
#[derive(Clone, Copy, PartialEq)]
enum Call {
    /// As a function, from standard input to standard output.
    Function,
    /// As a function on the answer of the function, in which each Deployment was edited.
    FunctionAgain,
    /// `jinaflow check FILE` on the rendered objects.
    CheckFile,
    /// `jinaflow check FOLDER` on the exported files.
    CheckFolder,
    /// `jinaflow export FILE FOLDER`.
    Export,
}

type Input = BufWriter<File>;

const SCENARIOS: &[Scenario] = &[
    Scenario { name: "render: executors", start: 1_250, write: executors, call: Call::Function },
    Scenario { name: "render: edges (`needs`)", start: 2_500, write: edges, call: Call::Function },
    Scenario { name: "render: shards", start: 1_250, write: shards, call: Call::Function },
    Scenario { name: "render: layers (`spec.executors`)", start: 1_250, write: layers, call: Call::Function },
    Scenario { name: "render: patches of 1,000 executors", start: 125, write: patches, call: Call::Function },
    Scenario { name: "render again: edited objects", start: 1_250, write: executors, call: Call::FunctionAgain },
    Scenario { name: "render: wrong options", start: 1_250, write: wrong_options, call: Call::Function },
    Scenario { name: "check: executors, one file", start: 1_250, write: executors, call: Call::CheckFile },
    Scenario { name: "check: executors, a folder", start: 1_250, write: executors, call: Call::CheckFolder },
    Scenario { name: "export: executors, a folder", start: 1_250, write: executors, call: Call::Export },
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    println!("| input | sizes | time, s | growth | MB | MB/s | `md5sum`, MB/s | peak memory, MB | peak / MB |");
    println!("| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for scenario in SCENARIOS {
        if words.is_empty() || words.iter().any(|word| scenario.name.contains(word.as_str())) {
            row(scenario);
        }
    }
}

/// The cost of one size.
struct Measured {
    time: Duration,
    memory: u64,
    /// Bytes read and written.
    bytes: u64,
    md5sum: Duration,
}

fn row(scenario: &Scenario) {
    let sizes = FACTORS.map(|factor| scenario.start * factor);
    let costs = sizes.map(|size| run(scenario, size));
    let largest = &costs[FACTORS.len() - 1];
    let growth = costs.windows(2).map(|pair| pair[1].time.as_secs_f64() / pair[0].time.as_secs_f64()).fold(0.0, f64::max);
    let speed = |time: Duration| megabytes(largest.bytes) / time.as_secs_f64();
    println!(
        "| {} | {} to {} | {} | {growth:.1} | {:.1} | {:.0} | {:.0} | {:.0} | {:.1} |",
        scenario.name,
        sizes[0],
        sizes[FACTORS.len() - 1],
        costs.each_ref().map(|cost| format!("{:.3}", cost.time.as_secs_f64())).join(", "),
        megabytes(largest.bytes),
        speed(largest.time),
        speed(largest.md5sum),
        megabytes(largest.memory),
        megabytes(largest.memory) / megabytes(largest.bytes),
    );
}

fn run(scenario: &Scenario, size: usize) -> Measured {
    let list = scratch("scaling-input.yaml");
    let mut input = BufWriter::new(File::create(&list).unwrap());
    (scenario.write)(&mut input, size);
    input.flush().unwrap();
    let output = scratch("scaling-output.yaml");
    let folder = no_folder("scaling-folder");
    let nothing = Path::new("/dev/null");
    // The JinaFlow by itself, for the commands that take files: the list with one item, without its envelope.
    let config = scratch("scaling-config.yaml");
    if scenario.call != Call::Function && scenario.call != Call::FunctionAgain {
        item(&list, &config);
    }
    let config_name = config.to_str().unwrap();
    let folder_name = folder.to_str().unwrap();
    let (mut command, input): (Command, PathBuf) = match scenario.call {
        Call::Function => (jinaflow(&[]), list),
        Call::FunctionAgain => {
            measure(&mut jinaflow(&[]), &list, &output);
            let edited = scratch("scaling-edited.yaml");
            edit(&output, &edited);
            (jinaflow(&[]), edited)
        }
        Call::CheckFile => {
            let manifests = scratch("scaling-manifests.yaml");
            measure(&mut jinaflow(&["export", config_name]), nothing, &manifests);
            (jinaflow(&["check", manifests.to_str().unwrap()]), manifests)
        }
        Call::CheckFolder => {
            measure(&mut jinaflow(&["export", config_name, folder_name]), nothing, &output);
            (jinaflow(&["check", folder_name]), folder.clone())
        }
        Call::Export => (jinaflow(&["export", config_name, folder_name]), config.clone()),
    };
    let stdin = if matches!(scenario.call, Call::Function | Call::FunctionAgain) { input.clone() } else { nothing.to_owned() };
    let mut rounds = (0..ROUNDS).map(|_| {
        if scenario.call == Call::Export {
            no_folder("scaling-folder");
        }
        measure(&mut command, &stdin, &output)
    });
    let first = rounds.next().unwrap();
    let best = rounds.fold(first, |best, cost| if cost.cpu < best.cpu { cost } else { best });
    let mut all = files(&input);
    all.push(output);
    if scenario.call == Call::Export {
        all.extend(files(&folder));
    }
    let bytes = all.iter().map(|file| size_of(file)).sum();
    let sums = scratch("scaling-sums");
    let md5sum = (0..ROUNDS).map(|_| measure(Command::new("md5sum").args(&all), nothing, &sums).cpu).min().unwrap();
    Measured { time: best.cpu, memory: best.memory, bytes, md5sum }
}

/// The file, or every file below the folder.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    fs::read_dir(path).unwrap().flat_map(|entry| files(&entry.unwrap().path())).collect()
}

/// Writes the only item of a list as a document.
fn item(list: &Path, document: &Path) {
    let mut out = BufWriter::new(File::create(document).unwrap());
    for line in BufReader::new(File::open(list).unwrap()).lines().skip(3) {
        writeln!(out, "{}", &line.unwrap()[2..]).unwrap();
    }
    out.flush().unwrap();
}

/// Edits each Deployment of a rendered list as a user does.
fn edit(list: &Path, edited: &Path) {
    let mut out = BufWriter::new(File::create(edited).unwrap());
    for line in BufReader::new(File::open(list).unwrap()).lines() {
        let line = line.unwrap();
        // The Flow writes `replicas: 2` with another indentation.
        let line = if line == "    replicas: 2" { "    replicas: 3 # by hand".to_owned() } else { line };
        writeln!(out, "{line}").unwrap();
    }
    out.flush().unwrap();
}

fn head(out: &mut Input, spec: &str) {
    write!(
        out,
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata:\n    name: search\n  spec:\n{spec}"
    )
    .unwrap();
}

/// A Flow with one executor after the other.
fn executors(out: &mut Input, count: usize) {
    head(out, "");
    flow(out, count, "");
}

fn flow(out: &mut Input, count: usize, more: &str) {
    write!(out, "    flow:\n      jtype: Flow\n      executors:\n").unwrap();
    for i in 0..count {
        write!(out, "      - name: executor{i}\n        uses: docker://acme/executor:{i}\n        replicas: 2\n        uses_with: {{dim: {i}}}\n{more}")
            .unwrap();
    }
}

/// Rows of 20 executors, each of which needs all of the row before it: 400 edges a row.
fn edges(out: &mut Input, count: usize) {
    const WIDTH: usize = 20;
    head(out, "    flow:\n      jtype: Flow\n      executors:\n");
    for row in 0..=count.div_ceil(WIDTH * WIDTH) {
        let needs = match row {
            0 => "gateway".to_owned(),
            row => format!("[{}]", (0..WIDTH).map(|i| format!("e{}x{i}", row - 1)).collect::<Vec<_>>().join(", ")),
        };
        for i in 0..WIDTH {
            writeln!(out, "      - {{name: e{row}x{i}, uses: docker://acme/executor, needs: {needs}}}").unwrap();
        }
    }
}

/// One executor with many shards.
fn shards(out: &mut Input, count: usize) {
    head(out, "");
    write!(out, "    flow:\n      jtype: Flow\n      executors:\n      - {{name: a, uses: docker://acme/a, shards: {count}}}\n").unwrap();
}

/// Settings for all pods, for roles and for each executor.
fn layers(out: &mut Input, count: usize) {
    head(out, "    defaults: {labels: {team: search}, env: {A: '1'}}\n    roles: {worker: {nodeSelector: {pool: cpu}}}\n    executors:\n");
    for i in 0..count {
        writeln!(out, "      executor{i}: {{env: {{B: '{i}'}}, resources: {{requests: {{cpu: '1', memory: {i}Mi}}}}}}").unwrap();
    }
    flow(out, count, "");
}

/// Patches of one object each.
fn patches(out: &mut Input, count: usize) {
    head(out, "    patches:\n");
    for i in 0..count {
        write!(out, "      p{i}:\n        target: {{kind: Deployment, executor: executor{i}}}\n        merge: {{spec: {{template: {{spec: {{hostNetwork: true}}}}}}}}\n")
            .unwrap();
    }
    flow(out, 1_000, "");
}

/// Executors with one wrong option each.
fn wrong_options(out: &mut Input, count: usize) {
    head(out, "");
    flow(out, count, "        shrads: 2\n");
}
