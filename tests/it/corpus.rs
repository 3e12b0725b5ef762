//! The inputs that fuzzing has kept, and inputs that are built to be expensive, checked with the same properties.
//! `CONTRIBUTING.md`, section "Fuzz", explains where they come from.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

use crate::support::{function, properties, root};

/// The memory limit of the program for an input of up to a megabyte, in bytes.
const MOST_MEMORY: u64 = 512 << 20;

/// The time limit. All inputs here need less than a tenth of it; only a hang reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The inputs of a target by their place: the lines of `tests/corpus/TARGET.jsonl`, and the files of the folder `TARGET`.
fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = root().join("tests/corpus");
    let lines = fs::read_to_string(folder.join(format!("{target}.jsonl"))).unwrap();
    let mut inputs: Vec<(String, Vec<u8>)> = (1..)
        .zip(lines.lines())
        .map(|(number, line)| (format!("{target}.jsonl:{number}"), serde_json::from_str::<String>(line).unwrap().into_bytes()))
        .collect();
    assert!(inputs.len() > 50, "{} inputs in {target}.jsonl", inputs.len());
    // A target without inputs of this kind has no folder.
    for file in fs::read_dir(folder.join(target)).into_iter().flatten() {
        let file = file.unwrap();
        inputs.push((format!("{target}/{}", file.file_name().to_string_lossy()), fs::read(file.path()).unwrap()));
    }
    inputs
}

/// Checks a property for the kept inputs. A failure names the input.
fn replay(target: &str, property: impl Fn(&[u8])) {
    for (name, input) in kept(target) {
        let start = Instant::now();
        let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| property(&input)));
        assert!(held.is_ok(), "tests/corpus/{name}");
        assert!(start.elapsed() < PATIENCE, "tests/corpus/{name} took {:?}", start.elapsed());
    }
}

#[test]
fn kept_lists_hold_the_properties() {
    replay("envelope", |input| drop(properties::envelope(input)));
}

#[test]
fn kept_flows_hold_the_properties() {
    replay("flow", properties::flow);
}

#[test]
fn kept_merges_hold_the_properties() {
    replay("merge", properties::merge);
}

/// Kept lists and Flows, and the objects that the Flows render, checked as manifests. Most of them are not manifests.
#[test]
fn kept_inputs_are_checked_as_manifests() {
    for target in ["envelope", "flow", "merge"] {
        replay(target, properties::checked);
    }
}

#[test]
fn the_corpus_is_small() {
    let sizes: Vec<usize> = ["envelope", "flow", "merge"].iter().flat_map(|target| kept(target)).map(|(_, input)| input.len()).collect();
    assert!(sizes.len() <= 400, "{} files", sizes.len());
    assert!(sizes.iter().sum::<usize>() < 1_500_000, "{} bytes", sizes.iter().sum::<usize>());
}

/// The program with a limit of [`MOST_MEMORY`]. The maximum that `wait4` reports is not usable: on Linux it is at least the
/// memory of the process that started the program, which is that of all tests together.
fn limited(args: &[&str]) -> Command {
    let mut command = Command::new("/bin/sh");
    let script = format!("ulimit -v {}; exec \"$0\" \"$@\"", MOST_MEMORY >> 10);
    command.args(["-c", &script, env!("CARGO_BIN_EXE_jinaflow")]).args(args).env_clear();
    command
}

/// Runs the program and asserts its limits of memory and time. The output is discarded; the CPU time is returned.
fn stays_within_limits(name: &str, args: &[&str], input: &[u8]) -> Duration {
    assert!(input.len() <= 1 << 20, "{name} has {} bytes", input.len());
    let start = Instant::now();
    let mut child = limited(args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The program closes its input when it has read enough.
    let _ = child.stdin.take().unwrap().write_all(input);
    let used = child.wait4().unwrap();
    assert!(matches!(used.status.code(), Some(0 | 1)), "{name}: {}, or more than {} MB", used.status, MOST_MEMORY >> 20);
    assert!(start.elapsed() < PATIENCE, "{name} takes {:?}", start.elapsed());
    used.rusage.utime
}

/// A megabyte of `piece`, between `before` and `after`.
fn filled(before: &str, piece: &str, after: &str) -> String {
    let room = (1 << 20) - before.len() - after.len();
    format!("{before}{}{after}", piece.repeat(room / piece.len()))
}

/// A megabyte of numbered pieces: `#` is the number.
fn numbered(before: &str, piece: &str, after: &str) -> String {
    let mut text = before.to_owned();
    for number in 0.. {
        let next = piece.replace('#', &number.to_string());
        if text.len() + next.len() + after.len() > 1 << 20 {
            break;
        }
        text.push_str(&next);
    }
    text + after
}

/// Flows of a megabyte, built to cost more than they should.
fn hostile_flows() -> Vec<(&'static str, String)> {
    let executors = "jtype: Flow\nexecutors:\n";
    let quarter = "x".repeat(1 << 18);
    let laughs: String = (1..40).map(|i| format!("x{i}: &a{i} [{}]\n", format!("*a{}, ", i - 1).repeat(12))).collect();
    vec![
        ("brackets", filled("", "[", "")),
        ("braces", filled("", "{a: ", "")),
        ("dashes", filled("", "- ", "")),
        ("explicit keys", filled("", "? ", "")),
        ("tags", filled("", "!a ", "")),
        ("anchors", numbered("", "- &a# x\n", "")),
        ("quotes", filled("jtype: Flow\na: \"", "\\\"", "\"\n")),
        ("surrogates", filled("jtype: Flow\na: [", "\"\\ud83d\\ude80\", ", "]\n")),
        ("lone dashes", filled("jtype: Flow\na: [", "-, ", "]\n")),
        ("aliases", format!("jtype: Flow\nx0: &a0 [x, x]\n{laughs}")),
        ("aliases of a long string", filled(&format!("jtype: Flow\nx: &a {quarter}\ny: ["), "*a, ", "]\n")),
        ("merge keys", filled("jtype: Flow\nx: &a {b: c}\ny: {<<: [", "*a, ", "]}\n")),
        ("one key", filled("jtype: Flow\nwith: {", "a: 1, ", "}\n")),
        ("deep keys twice", filled(&format!("jtype: Flow\n{}", "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: ".repeat(100)), "b: 1, b: 2, ", "")),
        ("a long line", filled("jtype: Flow\nwith: {name: ", "x", "}\n")),
        ("entries", filled("jtype: Flow\nexecutors: [", "a,", "]\n")),
        ("numbers", filled("jtype: Flow\nexecutors:\n- {name: a, uses: 'docker://x', uses_with: {a: [", "1,", "]}}\n")),
        ("unknown keys", numbered("jtype: Flow\n", "key#: 1\n", "")),
        ("unknown options", numbered("jtype: Flow\nexecutors:\n- {name: a, ", "o#: 1, ", "}\n")),
        ("executors with unknown options", numbered(executors, "- {name: a#, uses: 'docker://x', unknown_option_#: 1}\n", "")),
        ("executors with a misspelled option", numbered(executors, "- {replcas: #}\n", "")),
        ("executors", numbered(executors, "- {name: a#}\n", "")),
        ("executors without needs", numbered(executors, "- {name: a#, needs: b#}\n", "")),
        ("executors of one name", filled(executors, "- {name: a}\n", "")),
        ("a chain", numbered("jtype: Flow\nexecutors:\n- {name: a}\n", "- {name: a#, needs: [a, gateway]}\n", "")),
        ("needs", numbered("jtype: Flow\nexecutors:\n- {name: a, needs: [", "n#, ", "]}\n")),
        ("shards", numbered(executors, "- {name: a#, shards: 10000}\n", "")),
        ("shards with variables", format!("{executors}- {{name: a, shards: 10000, env: {{A: {quarter}}}}}\n")),
        ("shards of a long name", format!("{executors}- {{name: {quarter}, shards: 10000}}\n")),
        ("a workspace", numbered(&format!("jtype: Flow\nwith: {{workspace: /{quarter}}}\nexecutors:\n"), "- {name: a#}\n", "")),
        (
            "an option with a dash",
            numbered(&format!("jtype: Flow\nwith: {{grpc-metadata: {{a: {quarter}}}}}\nexecutors:\n"), "- {name: a#}\n", ""),
        ),
        ("references", filled("jtype: Flow\nwith: {name: x}\nx: [", "'${{root.with.name}}', ", "]\n")),
        ("references to references", numbered("jtype: Flow\na: xx\n", "a#: '${{root.a}}${{root.a#}}'\n", "")),
        ("a long reference", filled(&format!("jtype: Flow\nname: {quarter}\nx: '"), "${{root.name}}", "'\n")),
        ("variables without a value", numbered("jtype: Flow\nx: [", "'${{ ENV.A# }}', ", "]\n")),
        ("hosts", numbered("jtype: Flow\nexecutors:\n- {name: a, external: true, host: [", "h#, ", "]}\n")),
        ("variables", numbered("jtype: Flow\nexecutors:\n- {name: a, env: {", "A#: 1, ", "}}\n")),
        ("volumes", numbered("jtype: Flow\nexecutors:\n- {name: a, volumes: [", "/v#, ", "]}\n")),
    ]
}

#[test]
fn hostile_flows_stay_within_the_limits() {
    for (name, flow) in hostile_flows() {
        let used = stays_within_limits(name, &["export", "-"], flow.as_bytes());
        assert!(used < Duration::from_secs(10), "{name} takes {used:?}");
    }
}

/// Lists of a megabyte.
fn hostile_lists() -> Vec<(&'static str, String)> {
    let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
    let json = r#"{"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList""#;
    let flow = "- {apiVersion: flow.jina.ai/v1alpha1, kind: JinaFlow, metadata: {name: f#}, spec: {flow: {jtype: Flow";
    let generated = "- {metadata: {annotations: {flow.jina.ai/object: f/gateway/Service, flow.jina.ai/rendered: v1.}}}\n";
    vec![
        ("items", filled(&format!("{list}items:\n"), "- a\n", "")),
        ("items of flow style", filled(&format!("{list}items: ["), "a,", "]\n")),
        ("items in JSON", filled(&format!("{json}, \"items\": ["), "1,", "1]}")),
        ("items that mention jinaflow", filled(&format!("{list}items:\n"), "- flow.jina.ai\n", "")),
        ("results", filled(&format!("{list}items: []\nresults:\n"), "- a\n", "")),
        ("results in JSON", filled(&format!("{json}, \"items\": [], \"results\": ["), "{},", "{}]}")),
        ("fields", numbered(list, "f#: 1\n", "")),
        ("fields in JSON", numbered(json, ", \"f#\": 1", "}")),
        ("blank lines", filled(&format!("{list}items:\n"), "\n", "")),
        ("Flows", numbered(&format!("{list}items:\n"), &format!("{flow}}}}}}}\n"), "")),
        ("sharded Flows", numbered(&format!("{list}items:\n"), &format!("{flow}, executors: [{{name: a#, shards: 10000}}]}}}}}}\n"), "")),
        ("Flows of one name", filled(&format!("{list}items:\n"), &format!("{flow}}}}}}}\n"), "")),
        ("copies", filled(&format!("{list}items:\n"), generated, &format!("{flow}}}}}}}\n").replace('#', ""))),
        (
            "namesakes",
            filled(
                &format!("{list}items:\n"),
                "- {kind: Service, metadata: {name: gateway}}\n",
                &format!("{flow}}}}}}}\n").replace('#', ""),
            ),
        ),
        ("images", numbered(&format!("{list}items:\n{}, images: {{", flow.replace('#', "") + "}"), "executor#: x, ", "}}}\n")),
        ("added containers", {
            let before =
                format!("{list}items:\n{}}}, patches: {{all: {{merge: {{spec: {{template: {{spec: {{containers: [", flow.replace('#', ""));
            numbered(&before, "{name: c#, image: x}, ", "]}}}}}}}}\n")
        }),
        ("added labels", {
            let before = format!("{list}items:\n{}}}, patches: {{all: {{merge: {{metadata: {{labels: {{", flow.replace('#', ""));
            numbered(&before, "l#: x, ", "}}}}}}}\n")
        }),
        ("Secrets of variables", {
            let defaults = "defaults: {envFromSecret: {";
            let before = format!("{list}items:\n{}, executors: [{{name: a}}]}}, {defaults}", flow.replace('#', ""));
            numbered(&before, "A#: {name: s, key: k}, ", "}}}}\n")
        }),
        ("folders of ConfigMaps", {
            let defaults = "defaults: {configMaps: {";
            let before = format!("{list}items:\n{}, executors: [{{name: a}}]}}, {defaults}", flow.replace('#', ""));
            numbered(&before, "c#: {mountPath: /c#}, ", "}}}}\n")
        }),
    ]
}

#[test]
fn hostile_lists_stay_within_the_limits() {
    for (name, list) in hostile_lists().into_iter().chain(hostile_renders()) {
        let used = stays_within_limits(name, &[], list.as_bytes());
        assert!(used < Duration::from_secs(10), "{name} takes {used:?}");
    }
}

/// Lists of up to a megabyte: the rendered objects of a Flow, edited everywhere, and the current Flow.
fn hostile_renders() -> Vec<(&'static str, String)> {
    let flow = |executors: &str| {
        let before = "- {apiVersion: flow.jina.ai/v1alpha1, kind: JinaFlow, metadata: {name: f}, spec: {flow: {jtype: Flow, executors: [";
        format!("{before}{executors}]}}}}}}\n")
    };
    let envelope = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";
    let again = |before: &str, now: &str, edit: &dyn Fn(&str) -> String| {
        let rendered = function(&format!("{envelope}{}", flow(before))).succeeded().stdout;
        let objects = rendered.split_inclusive('\n').skip_while(|line| !line.starts_with("- apiVersion: "));
        format!("{envelope}{}{}", flow(now), edit(&objects.collect::<String>()))
    };
    let executors =
        |count: usize, executor: &str| -> String { (0..count).map(|number| executor.replace('#', &number.to_string())).collect() };
    let other_images = |text: &str| text.replace("image: x/", "image: y/");
    let of = |name: &str, more: &str| executors(120, &format!("{{name: {name}#, uses: 'docker://x/#:1'{more}}}, "));
    let variables =
        |value: &str| format!("{{name: a, uses: 'docker://x/a:1', env: {{{}}}}}", executors(16_000, &format!("A#: {value}#, ")));
    vec![
        ("variables changed by both", again(&variables("x"), &variables("z"), &|text| text.replace(": x", ": y"))),
        ("executors renamed", again(&of("a", ""), &of("b", ""), &other_images)),
        ("executors that get shards", again(&of("a", ""), &of("a", ", shards: 2"), &other_images)),
        ("executors that are removed", again(&of("a", ""), "", &other_images)),
        ("copies of a rendering", again("", "", &|text| text.repeat(100))),
    ]
}

/// The fields of a container that runs Jina. `#` is a number here and below.
const JINA: &str = "name: e#, image: 'i:1', command: [jina], args: [executor, --name, e#, --port, '8080']";

/// A workload with these containers.
fn workload(containers: &str) -> String {
    let template = format!("{{metadata: {{labels: {{app: e#}}}}, spec: {{containers: [{containers}]}}}}");
    format!(
        "- {{apiVersion: apps/v1, kind: Deployment, metadata: {{name: e#, namespace: s}}, spec: {{selector: {{matchLabels: {{app: e#}}}}, template: {template}}}}}\n"
    )
}

fn service(selector: &str) -> String {
    format!(
        "- {{apiVersion: v1, kind: Service, metadata: {{name: e#, namespace: s}}, spec: {{selector: {{{selector}}}, ports: [{{port: 8080}}]}}}}\n"
    )
}

fn object(kind: &str, spec: &str) -> String {
    format!("- {{apiVersion: {kind}, metadata: {{name: x#, namespace: s}}, spec: {{{spec}}}}}\n")
}

/// Numbered pieces of a quarter of a megabyte.
fn quarter(piece: &str) -> String {
    let mut text = String::new();
    for number in 0.. {
        if text.len() > 1 << 18 {
            break;
        }
        text.push_str(&piece.replace('#', &number.to_string()));
    }
    text
}

/// A list of a megabyte with one workload. Its one container has many entries of a field.
fn of_one_container(before: &str, piece: &str) -> String {
    let whole = format!("apiVersion: v1\nkind: List\nitems:\n{}", workload(&format!("{{{before}: [@]}}")).replace('#', "0"));
    let (start, end) = whole.split_once('@').unwrap();
    numbered(start, piece, end)
}

/// Manifests of a megabyte with many pairs to compare, long chains of references, or many findings.
fn hostile_manifests() -> Vec<(&'static str, String)> {
    let list = |before: &str, piece: &str| numbered(&format!("apiVersion: v1\nkind: List\nitems:\n{before}"), piece, "");
    let executors = workload(&format!("{{{JINA}}}"));
    let first = executors.replace('#', "0");
    let gateway = |addresses: &str| {
        let args = format!("args: [gateway, --port, '8080', --deployments-addresses, '{{{}}}']", addresses.trim_end_matches(", "));
        workload(&format!("{{name: g, image: 'i:1', command: [jina], {args}}}")).replace("e#", "gateway")
    };
    let without_app = "matchExpressions: [{key: app, operator: NotIn, values: [z]}]";
    let bomb: String = (1..40).map(|number| format!("{{name: V{number}, value: $(V{0})$(V{0})}}, ", number - 1)).collect();
    let bomb = format!("{{name: e#, image: i, env: [{{name: V0, value: xxxxxxxxxxxxxxxx}}, {bomb}], command: [jina], args: [executor]}}");
    let policy = "networking.k8s.io/v1, kind: NetworkPolicy";
    let flow = "---\napiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f#}\n";
    vec![
        ("executors and Services", list("", &(executors.clone() + &service("app: e#")))),
        (
            "executors that are called",
            list(&gateway(&quarter("\"e#\": [\"grpc://e#:8080\"], ")), &(executors.clone() + &service("app: e#"))),
        ),
        ("Services that select nothing", list("", &(executors.clone() + &service("app: z")))),
        ("Services of one workload", list(&first, &service("app: e0"))),
        ("Services of all workloads", list("", &(executors.replace("app: e#", "app: e") + &service("app: e")))),
        ("addresses of one executor", list(&(gateway(&quarter("\"a#\": [\"grpc://e0:8080\"], ")) + &first), &service("app: e0"))),
        ("addresses that lead nowhere", list(&gateway(&quarter("\"a#\": [\"grpc://a#:8080\"], ")), &service("app: z").replace("e#", "b#"))),
        ("addresses by variables", list(&gateway(&quarter("\"a#\": [\"grpc://$(A#):8080\"], ")), &executors)),
        ("variables within variables", list("", &workload(&bomb))),
        ("variables without a closing bracket", of_one_container("name: e, image: i, command: [jina], args", "'$($($($($($($($(', ")),
        ("containers", {
            let whole = format!("apiVersion: v1\nkind: List\nitems:\n{}", workload("@").replace('#', "0"));
            let (start, end) = whole.split_once('@').unwrap();
            numbered(start, &format!("{{{JINA}}}, "), end)
        }),
        ("ports", of_one_container(&format!("{JINA}, ports"), "{name: p#, containerPort: 80}, ")),
        ("mounts", of_one_container(&format!("{JINA}, volumeMounts"), "{name: m#, mountPath: /m}, ")),
        ("missing ConfigMaps", of_one_container(&format!("{JINA}, envFrom"), "{configMapRef: {name: c#}}, ")),
        ("variables twice", of_one_container(&format!("{JINA}, env"), "{name: A, value: v#}, ")),
        ("policies for pods without a label", list(&quarter(&executors), &object(policy, &format!("podSelector: {{{without_app}}}")))),
        ("policies for all pods", list(&quarter(&executors), &object(policy, "podSelector: {}, ingress: [{from: [{podSelector: {}}]}]"))),
        ("rules for pods without a label", {
            let rules = quarter(&format!("{{from: [{{podSelector: {{{without_app}}}}}]}}, "));
            list(&object(policy, &format!("podSelector: {{}}, ingress: [{rules}]")), &executors)
        }),
        (
            "budgets for all pods",
            list(&quarter(&executors), &object("policy/v1, kind: PodDisruptionBudget", "selector: {}, maxUnavailable: 0")),
        ),
        ("monitors of everything", {
            let monitor = object("monitoring.coreos.com/v1, kind: ServiceMonitor", "selector: {}, endpoints: [{port: x}]");
            list(&quarter(&(executors.clone() + &service("app: e#"))), &monitor)
        }),
        ("autoscalers of one workload", {
            let scaler = object(
                "autoscaling/v2, kind: HorizontalPodAutoscaler",
                "scaleTargetRef: {kind: Deployment, name: e0}, minReplicas: 9, maxReplicas: 1",
            );
            list(&first, &scaler)
        }),
        ("objects of one name", list("", &service("app: z").replace("name: e#", "name: e"))),
        ("objects of one name in many groups", list("", "- {apiVersion: g#/v1, kind: X, metadata: {name: x}}\n")),
        ("findings about a long name", {
            let long = format!("name: {}, namespace", "x".repeat(1 << 18));
            let mounts = of_one_container(&format!("{JINA}, volumeMounts"), "{name: m#, mountPath: /m}, ");
            let (before, behind) = mounts.split_at(mounts.len() / 2);
            let end = behind.find("}, ").map_or("", |_| "]}]}}}}\n");
            format!("{}{end}", &before[..before.rfind('{').unwrap()]).replacen("name: e0, namespace", &long, 1)
        }),
        ("broken documents", numbered("", "---\na#: {\n", "")),
        ("broken Flows", numbered("", &format!("{flow}spec: {{flow: {{jtype: Flow, executors: [{{name: a, uses: Local}}]}}}}\n"), "")),
        ("Flows that were not rendered", numbered("", &format!("{flow}spec: {{flow: {{jtype: Flow}}}}\n"), "")),
        ("aliases in many documents", {
            let ten = |name: &str| format!("[{}]", [name; 10].join(", "));
            let (a, b, c, d) = (ten("x"), ten("*a"), ten("*b"), ten("*c"));
            numbered("", &format!("---\na: &a {a}\nb: &b {b}\nc: &c {c}\nd: &d {d}\ne: {}\n", ten("*d")), "")
        }),
    ]
}

#[test]
fn hostile_manifests_stay_within_the_limits() {
    for (name, manifests) in hostile_manifests() {
        let used = stays_within_limits(name, &["check", "-"], manifests.as_bytes());
        assert!(used < Duration::from_secs(10), "{name} takes {used:?}");
    }
}
