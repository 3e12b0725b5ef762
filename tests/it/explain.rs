//! Every deliberate difference from Jina: each one exists, `jinaflow explain` lists it, and no others exist.
//!
//! tests/it/parity.rs checks the output of Jina; here `--compat jina-3.34` is used as Jina's output.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::{Messages, Recorded, Run, jinaflow, label, recorded, root, scratch};
use jinaflow::internals::config::corrections::Corrections;
use jinaflow::internals::config::{Compat, JinaFlow, Overrides, always, corrections};
use jinaflow::internals::finding::{Findings, Path};
use jinaflow::internals::plan::Budget;
use jinaflow::internals::render::Rendering;
use jinaflow::internals::{config, yaml};
use serde_json::{Value, json};

/// A value in an object of a Flow.
enum Look {
    /// The value at a JSON pointer.
    At(&'static str, &'static str),
    /// The value at a JSON pointer below the first container.
    Container(&'static str, &'static str),
    /// The value after an argument of a container.
    Argument(&'static str, usize, &'static str),
    /// The number of times that a container has an argument.
    Count(&'static str, &'static str),
    /// The value of a variable of a container.
    Variable(&'static str, usize, &'static str),
}

impl Look {
    fn look(&self, objects: &[Value]) -> Value {
        let object = |name: &str| objects.iter().find(|object| label(object) == name).cloned().unwrap_or_default();
        let container = |name: &str, number: usize| {
            let pod = object(name)["spec"]["template"]["spec"].clone();
            let lists = ["containers", "initContainers"].into_iter().filter_map(|list| pod[list].as_array());
            lists.flatten().nth(number).cloned().unwrap_or_default()
        };
        let args = |name: &str, number: usize| container(name, number)["args"].as_array().cloned().unwrap_or_default();
        match self {
            At(name, pointer) => object(name).pointer(pointer).cloned().unwrap_or_default(),
            Container(name, pointer) => container(name, 0).pointer(pointer).cloned().unwrap_or_default(),
            Argument(name, number, option) => {
                let args = args(name, *number);
                let at = args.iter().position(|arg| arg == option);
                at.map(|at| args[at + 1].clone()).unwrap_or_default()
            }
            Count(name, option) => args(name, 0).iter().filter(|arg| *arg == option).count().into(),
            Variable(name, number, variable) => {
                let env = container(name, *number)["env"].as_array().cloned().unwrap_or_default();
                env.into_iter().find(|entry| entry["name"] == *variable).unwrap_or_default()
            }
        }
    }
}

use Look::{Argument, At, Container, Count, Variable};

/// A file that shows a difference from Jina: a Flow with executor `a`, unless the example gives another file.
struct Example {
    /// The name of the difference.
    name: &'static str,
    /// Options of executor `a`.
    options: &'static str,
    /// More lines of the Flow.
    lines: &'static str,
    /// The whole file, instead of a Flow with executor `a`.
    file: Option<String>,
    /// Arguments of the command line.
    args: &'static [&'static str],
}

/// Begins an example, which ends with what jinaflow does: `example(NAME).options(…).gives(LOOK, VALUE)`.
fn example(name: &'static str) -> Example {
    Example { name, options: "", lines: "", file: None, args: &[] }
}

/// A value that a correction changes: the one of Jina, and the one of jinaflow.
struct Corrected {
    example: Example,
    look: Look,
    jina: Value,
    jinaflow: Value,
}

/// A difference from Jina's output that exists in every mode.
struct Always {
    example: Example,
    expected: Expected,
}

enum Expected {
    Given(Look, Value),
    GivenWithoutCompat(Look, Value),
    Refused(&'static str),
    RefusedWithoutCompat(&'static str),
}

impl Example {
    fn options(self, options: &'static str) -> Self {
        Self { options, ..self }
    }

    fn lines(self, lines: &'static str) -> Self {
        Self { lines, ..self }
    }

    /// A Flow with these lines, without executor `a`.
    fn flow(self, lines: &str) -> Self {
        Self { file: Some(format!("jtype: Flow\n{lines}\n")), ..self }
    }

    fn file(self, text: &str) -> Self {
        Self { file: Some(text.to_owned()), ..self }
    }

    fn args(self, args: &'static [&'static str]) -> Self {
        Self { args, ..self }
    }

    fn corrects(self, look: Look, jina: Value, jinaflow: Value) -> Corrected {
        Corrected { example: self, look, jina, jinaflow }
    }

    fn gives(self, look: Look, value: Value) -> Always {
        Always { example: self, expected: Expected::Given(look, value) }
    }

    fn gives_without_compat(self, look: Look, value: Value) -> Always {
        Always { example: self, expected: Expected::GivenWithoutCompat(look, value) }
    }

    /// `finding` is the field and the code of the first error.
    fn refused(self, finding: &'static str) -> Always {
        Always { example: self, expected: Expected::Refused(finding) }
    }

    fn refused_without_compat(self, finding: &'static str) -> Always {
        Always { example: self, expected: Expected::RefusedWithoutCompat(finding) }
    }

    /// Writes the file of the example and returns its path.
    fn write(&self) -> String {
        let Some(text) = &self.file else { return flow_file(self.options, self.lines) };
        let file = scratch("explain").join("flow.yml");
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }
}

const ADDRESSES: &str = "--deployments-addresses";
const SPREAD: &str = "apiVersion: flow.jina.ai/v1alpha1
kind: JinaFlow
metadata: {name: flow}
spec:
  defaults: {topologySpread: {zone: {}}}
  flow: {jtype: Flow, executors: [{name: a, uses: 'docker://x/a'}]}
";
const SHARDED: &str = "shards: 2, uses_before: 'docker://x/b', uses_after: 'docker://x/c'";

#[allow(clippy::too_many_lines)]
fn corrected() -> Vec<Corrected> {
    let a = "Deployment/a";
    let gateway = "Deployment/gateway";
    let head = "Deployment/a-head";
    let stateful = "StatefulSet/a";
    let jinas_address = json!(r#"{"a": ["grpc://a.default.svc:8080"]}"#);
    let our_address = json!(r#"{"a": ["grpc://$(JINA_ADDR_A):8080"]}"#);
    vec![
        example("no-default-namespace").corrects(At("ConfigMap/a-configmap", "/metadata/namespace"), json!("default"), Value::Null),
        example("older-containers").args(&["--jina-version", "3.9.2"]).corrects(
            Container(a, "/startupProbe/tcpSocket/port"),
            Value::Null,
            json!(8080),
        ),
        example("symbolic-addresses").corrects(Argument(gateway, 0, ADDRESSES), jinas_address, our_address.clone()),
        example("no-literal-namespace").corrects(At(a, "/spec/template/metadata/labels/ns"), json!("default"), Value::Null),
        example("names-from-metadata").corrects(Container(a, "/env/1/value"), json!("a"), Value::Null),
        example("escaped-dollars").options("uses_with: {p: 'a$$b $(X)'}").corrects(
            Argument(a, 0, "--uses-with"),
            json!(r#"{"p": "a$$b $(X)"}"#),
            json!(r#"{"p": "a$$$$b $$(X)"}"#),
        ),
        example("probe-timeout").corrects(Container(a, "/livenessProbe/exec/command/4"), json!("--timeout 9500"), json!("--timeout")),
        example("head-probes").options(SHARDED).corrects(
            Container(head, "/startupProbe/exec/command/3"),
            json!("127.0.0.1:{port_uses}"),
            json!("grpc://127.0.0.1:8080"),
        ),
        example("statefulset-fields").options("volumes: /d").corrects(At(stateful, "/spec/serviceName"), Value::Null, json!("a")),
        example("storage-class").options("volumes: /d").corrects(
            At(stateful, "/spec/volumeClaimTemplates/0/spec/storageClassName"),
            json!("standard"),
            Value::Null,
        ),
        example("volume-mount-path").options("volumes: '/h:/c'").corrects(
            Container(stateful, "/volumeMounts/0/mountPath"),
            json!("/h:/c"),
            json!("/c"),
        ),
        example("all-volumes").options("volumes: [/a, /b]").corrects(
            Container(stateful, "/volumeMounts/1/mountPath"),
            Value::Null,
            json!("/b"),
        ),
        example("head-without-volumes").options("shards: 2, volumes: /d").corrects(
            At("StatefulSet/a-head", "/kind"),
            json!("StatefulSet"),
            Value::Null,
        ),
        example("sidecar-monitoring-ports").options("shards: 2, uses_before: 'docker://x/b', monitoring: true").corrects(
            Argument(head, 1, "--port-monitoring"),
            json!("9090"),
            json!("9091"),
        ),
        example("sidecar-secrets").options("shards: 2, uses_before: 'docker://x/b', env_from_secret: {K: {name: s, key: k}}").corrects(
            Variable(head, 1, "K"),
            Value::Null,
            json!({"name": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}),
        ),
        example("native-sidecars").options(SHARDED).corrects(
            At(head, "/spec/template/spec/initContainers/0/restartPolicy"),
            Value::Null,
            json!("Always"),
        ),
        example("idle-sidecars").options("shards: 2, uses_before: BaseExecutor").corrects(
            At(head, "/spec/template/spec/containers/1/name"),
            json!("uses-before"),
            Value::Null,
        ),
        example("removed-nodes")
            .flow("with: {inspect: REMOVE, no_reduce: true}\ndeployments:\n- {name: a}\n- {name: i, method: inspect}")
            .corrects(Argument(gateway, 0, "--deployments-no-reduce"), json!(r#"["a", "i", "_aux_i"]"#), json!(r#"["a"]"#)),
        example("tls-probes").lines("gateway: {ssl_certfile: /c, ssl_keyfile: /k}").corrects(
            Container(gateway, "/startupProbe/tcpSocket/port"),
            Value::Null,
            json!(8080),
        ),
        example("plain-executors").lines("with: {ssl_certfile: /c, ssl_keyfile: /k}").corrects(
            Argument(gateway, 0, ADDRESSES),
            json!(r#"{"a": ["grpcs://a.default.svc:8080"]}"#),
            our_address,
        ),
        example("bind-all-interfaces").options("host: 1.2.3.4").corrects(Argument(a, 0, "--host"), json!("1.2.3.4"), json!("0.0.0.0")),
        example("external-replicas").options("external: true, host: [h.x, i.x], port: 1").corrects(
            Argument(gateway, 0, ADDRESSES),
            json!(r#"{"a": ["grpc://h.x:1"]}"#),
            json!(r#"{"a": ["grpc://h.x:1", "grpc://i.x:1"]}"#),
        ),
        example("external-tls").options("external: true, host: 'h.x:1', tls: true").corrects(
            Argument(gateway, 0, ADDRESSES),
            json!(r#"{"a": ["grpc://h.x:1"]}"#),
            json!(r#"{"a": ["grpcs://h.x:1"]}"#),
        ),
        example("gpu-count").options("gpus: 'device=0,device=2'").corrects(
            Container(a, "/resources/limits/nvidia.com~1gpu"),
            json!("device=0,device=2"),
            json!("2"),
        ),
        example("cuda-devices").options("env: {CUDA_VISIBLE_DEVICES: 'RR0:3'}").corrects(
            At("ConfigMap/a-configmap", "/data/CUDA_VISIBLE_DEVICES"),
            json!("RR0:3"),
            Value::Null,
        ),
        example("structured-env").options("env: {A: {a: true, b: [1]}}").corrects(
            At("ConfigMap/a-configmap", "/data/A"),
            json!("{'a': True, 'b': [1]}"),
            json!(r#"{"a": true, "b": [1]}"#),
        ),
        example("native-once").options("native: true").corrects(Count(a, "--native"), json!(2), json!(1)),
        example("gateway-class").lines("gateway: {port: [1, 2]}").corrects(
            Argument(gateway, 0, "--uses"),
            json!("config.yml"),
            json!("GRPCGateway"),
        ),
        example("balanced-replicas").corrects(At("Service/a", "/spec/clusterIP"), Value::Null, json!("None")),
        example("object-labels").corrects(At("ConfigMap/a-configmap", "/metadata/labels/flow.jina.ai~1executor"), Value::Null, json!("a")),
        example("native-probes").corrects(Container(a, "/startupProbe/grpc/port"), Value::Null, json!(8080)),
        example("drain-time").corrects(At(a, "/spec/template/spec/terminationGracePeriodSeconds"), Value::Null, json!(40)),
        example("native-sleep").corrects(Container(a, "/lifecycle/preStop/sleep/seconds"), Value::Null, json!(30)),
        example("declared-ports").corrects(Container(a, "/ports/0/name"), Value::Null, json!("grpc")),
        example("no-api-token").corrects(At(a, "/spec/template/spec/automountServiceAccountToken"), Value::Null, json!(false)),
        example("no-service-links").corrects(At(a, "/spec/template/spec/enableServiceLinks"), Value::Null, json!(false)),
        example("even-rollouts").file(SPREAD).corrects(
            At(a, "/spec/template/spec/topologySpreadConstraints/0/matchLabelKeys"),
            Value::Null,
            json!(["pod-template-hash"]),
        ),
        example("disruption-budgets").corrects(At("PodDisruptionBudget/a", "/spec/maxUnavailable"), Value::Null, json!(1)),
        example("config-hash").options("env: {A: b}").corrects(
            At(a, "/spec/template/metadata/annotations/flow.jina.ai~1config-hash"),
            Value::Null,
            json!("0f9b03dfde9e5851"),
        ),
        example("own-selectors").corrects(At("Service/a", "/spec/selector"), json!({"app": "a"}), json!({"flow.jina.ai/component": "a"})),
        example("placeholder-images").file("jtype: Flow\nexecutors: [{name: a, uses: 'docker://ABC'}]\n").corrects(
            Container(a, "/image"),
            json!("ABC"),
            json!("image-not-set.invalid/abc:latest"),
        ),
        example("replicas-argument").options("replicas: 2").corrects(Argument(a, 0, "--replicas"), json!("2"), Value::Null),
        example("read-labels").corrects(At(a, "/spec/template/metadata/labels/pod_type"), json!("WORKER"), Value::Null),
        example("working-variables").corrects(At("ConfigMap/a-configmap", "/data/PYTHONUNBUFFERED"), Value::Null, json!("1")),
        example("no-empty-arguments").corrects(Argument(a, 0, "--uses-metas"), json!("{}"), Value::Null),
        example("plain-collectors").options("tracing: true").corrects(
            At("ConfigMap/a-configmap", "/data/OTEL_EXPORTER_OTLP_INSECURE"),
            Value::Null,
            json!("true"),
        ),
    ]
}

/// Writes a Flow with these lines, and with these options of executor `a`.
fn flow_file(options: &str, lines: &str) -> String {
    let file = scratch("explain").join("flow.yml");
    let comma = if options.is_empty() { "" } else { ", " };
    fs::write(&file, format!("jtype: Flow\n{lines}\nexecutors:\n- {{name: a, uses: 'docker://x/a'{comma}{options}}}\n")).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The Flow with `probes: ping`.
fn pinging(file: &str) -> String {
    let flow = fs::read_to_string(file).unwrap().replace('\n', "\n    ");
    let wrapped = scratch("explain").join("jinaflow.yaml");
    let head = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: a}\nspec:\n  defaults: {probes: ping}\n  flow: |\n    ";
    fs::write(&wrapped, format!("{head}{flow}\n")).unwrap();
    wrapped.to_str().unwrap().to_owned()
}

fn export(file: &str, more: &[&str]) -> Vec<Value> {
    let answer = jinaflow(&[&["export", file], more].concat());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer.documents()
}

/// The names of the differences that `explain` prints for a Flow.
fn explained(file: &str, more: &[&str]) -> Vec<String> {
    let answer = jinaflow(&[&["explain", file], more].concat());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer.stdout.lines().filter(|line| !line.contains([' ', '=']) && !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn every_correction_changes_the_output_of_jina() {
    let cases = corrected();
    let named: Vec<&str> = cases.iter().map(|case| case.example.name).collect();
    let rows: Vec<&str> = corrections::TABLE.iter().map(|row| row.difference.name).collect();
    assert_eq!(named, rows, "each row of the table has its example here, in the same order");
    for Corrected { example, look, jina, jinaflow } in cases {
        let (name, args) = (example.name, example.args);
        let file = example.write();
        // The arguments of `jina ping` are a difference only with `probes: ping`.
        let file = if matches!(name, "probe-timeout" | "head-probes") { pinging(&file) } else { file };
        let compat = [args, &["--compat", "jina-3.34"]].concat();
        assert_eq!(look.look(&export(&file, &compat)), jina, "{name} under compat");
        assert_eq!(look.look(&export(&file, args)), jinaflow, "{name}");
        assert!(explained(&file, args).contains(&name.to_owned()), "explain does not list {name}");
    }
}

fn always() -> Vec<Always> {
    let a = "Deployment/a";
    let data = |key: &'static str| At("ConfigMap/a-configmap", key);
    vec![
        example("exact-arguments").options(r#"uses_with: {p: "it's \"ü\"\n"}"#).gives(Argument(a, 0, "--uses-with"), json!(r#"{"p": "it's \"\u00fc\"\n"}"#)),
        example("braces-in-text").options("uses_with: {p: '{port} {shard_id}'}").gives(Argument(a, 0, "--uses-with"), json!(r#"{"p": "{port} {shard_id}"}"#)),
        example("quoted-text").options("env: {A: '0123', B: 'true'}").gives(data("/data/A"), json!("0123")),
        example("block-text").options(r#"env: {A: "one\ntwo"}"#).gives(data("/data/A"), json!("one\ntwo")),
        example("bangs-in-text").options("env: {A: 'jtype: Foo', B: 'y!z'}").gives(data("/data/A"), json!("jtype: Foo")),
        example("names-as-text").flow("deployments:\n- {name: 'no', uses: 'docker://123'}").gives(Container("Deployment/no", "/image"), json!("123")),
        example("quoted-output").options("env: {A: on}").gives(data("/data/A"), json!("on")),
        example("relative-workspace").options("workspace: ./data").gives(Argument(a, 0, "--workspace"), json!("./data")),
        example("inspection-names").options("method: inspect").gives(At("Deployment/aux-a", "/metadata/name"), json!("aux-a")),
        example("inspection-chains").flow("with: {inspect: REMOVE}\ndeployments: [{name: a}, {name: i, method: inspect}, {name: j, method: inspect}, {name: b}]").gives(
                Argument("Deployment/gateway", 0, "--graph-description"),
                json!(r#"{"a": ["b"], "start-gateway": ["a"], "b": ["end-gateway"]}"#),
            ),
        example("mappings-in-lists").options("env: [{A: b}]").gives(data("/data/A"), json!("b")),
        example("port-of-external").options("external: true, host: h.x").gives(Argument("Deployment/gateway", 0, ADDRESSES), json!(r#"{"a": ["grpc://h.x:8080"]}"#)),
        example("older-languages").flow("pods:\n- {name: p, uses: 'docker://x/p', parallel: 2}").gives_without_compat(At("Deployment/p", "/spec/replicas"), json!(2)),
        example("no-shell").options("env: {A: $HOME}").gives(data("/data/A"), json!("$HOME")),
        example("empty-sections").options("volumes: []").lines("with:").gives(Container(a, "/image"), json!("x/a")),
        example("ordinary-names").flow("deployments:\n- {name: my-exec}").gives(At("Deployment/my-exec", "/metadata/name"), json!("my-exec")),
        example("deployment-version").file("jtype: Deployment\nversion: '1'\nname: d\nuses: docker://x/d\n").gives(At("Deployment/d", "/metadata/name"), json!("d")),
        example("textual-dates").options("env: {A: 2024-01-01}").gives(data("/data/A"), json!("2024-01-01")),
        example("inline-classes").flow("deployments:\n- {name: a, image: x/a, uses: {jtype: Enc, with: {d: 1e-3}}}").gives_without_compat(At("ConfigMap/a-config", "/data/config.yml"), json!("jtype: Enc\nwith: {d: 1e-3}\n")),
        example("inline-deployments").flow("deployments:\n- jtype: Deployment\n  with: {name: a, uses: 'docker://x/z'}").gives(Container(a, "/image"), json!("x/z")),
        example("hub-schemes").file("apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f}\nspec:\n  images: {'jinahub://Enc': x/e}\n  flow: {jtype: Flow, executors: [{name: a, uses: 'jinahub://Enc'}]}\n").gives(Container(a, "/image"), json!("x/e")),
        example("files-in-the-image").options("log_config: /etc/log.yml").lines("gateway: {py_modules: [nowhere.py]}").gives(Argument(a, 0, "--log-config"), json!("/etc/log.yml")),
        example("few-stateful-replicas").options("stateful: true, workspace: /w, replicas: 2").gives(At(a, "/spec/replicas"), json!(2)),
        example("provider-port").file("jtype: Deployment\nwith: {name: d, uses: docker://x/d, provider: sagemaker, port: 8080}\n").gives(Argument("Deployment/d", 0, "--port"), json!("8080")),
        example("values-without-effect").options("docker_kwargs: x").gives_without_compat(Container(a, "/image"), json!("x/a")),
        example("other-yaml").file("executors:\n- {name: a, uses: 'docker://x/a', env: {A: !!str x}}\njtype: Flow\n").gives(data("/data/A"), json!("x")),
        example("needs-that-exist").options("needs: b").refused("executors[0].needs unknown-executor"),
        example("grpc-inside").options("protocol: http").refused("executors[0].protocol protocol-not-supported"),
        example("object-names").flow("deployments: [{name: a_b}, {name: A_B}]").refused("deployments[1].name kubernetes-name-collision"),
        example("environment-names").options("env: {'A B': c}").refused("executors[0].env[\"A B\"] invalid-name"),
        example("what-kubernetes-takes").options("env_from_secret: {A: {name: ~, key: k}}").refused("executors[0].env_from_secret.A missing-field"),
        example("whole-addresses").options("external: true, host: 'h:x'").refused("executors[0].host invalid-address"),
        example("numbers-in-range").options("retries: 99999999999999999999").refused("executors[0].retries value-out-of-range"),
        example("dashed-values").options("volumes: [/a, -b]").refused("executors[0].volumes leading-dash"),
        example("booleans-for-flags").options("quiet: off").refused("executors[0].quiet value-not-allowed"),
        example("one-value-each").options("workspace: [/a, /b]").refused_without_compat("executors[0].workspace wrong-type"),
        example("section-shapes").lines("gateway: false").refused("gateway wrong-type"),
        example("ways-to-add").options("method: build").refused("executors[0].method value-not-allowed"),
        example("python-arguments").options("copy_flow: true").refused("executors[0].copy_flow python-argument"),
        example("internal-roles").options("deployment_role: INSPECT").refused("executors[0].deployment_role internal-option"),
        example("references-to-values").options("env: {A: '${{root}}'}").refused("executors[0].env.A undefined-reference"),
        example("nested-files").flow("deployments: [other.yml]").refused("deployments[0] executor-from-file"),
        example("bounds").options("env: {A: \"\\ud800\"}").refused("invalid-yaml"),
        example("built-in-classes").options("shards: 2, uses_before: HTTPGateway").refused_without_compat("executors[0].uses_before wrong-executor-class"),
        example("whole-options").options("pod_ro: HEAD").refused("executors[0].pod_ro abbreviated-option"),
        example("known-options").options("replcas: 2").refused_without_compat("executors[0].replcas unknown-field"),
    ]
}

/// The field and the code of the first finding, which must be an error. It has no field if it is about the whole file.
fn first_error(answer: &Run, file: &str) -> String {
    let line = answer.first_line();
    let (code, rest) = line.strip_prefix("error[").and_then(|rest| rest.split_once(&format!("]: {file}: "))).unwrap_or_default();
    let is_field = |field: &str| !field.contains(' ') || field.contains('"');
    match rest.split_once(": ") {
        Some((field, _)) if is_field(field) => format!("{field} {code}"),
        _ => code.to_owned(),
    }
}

#[test]
fn every_mode_behaves_as_the_table_says() {
    let mut messages = Messages::new("explain_refusals");
    let cases = always();
    let named: Vec<&str> = cases.iter().map(|case| case.example.name).collect();
    let rows: Vec<&str> = always::TABLE.iter().map(|row| row.difference.name).collect();
    assert_eq!(named, rows, "each row of the table has its example here, in the same order");
    let compat = ["--compat", "jina-3.34"];
    for Always { example, expected } in cases {
        let name = example.name;
        let file = example.write();
        let export_with = |args: &[&str]| jinaflow(&[&["export", file.as_str()], args].concat());
        match expected {
            Expected::Given(look, value) => {
                assert_eq!(look.look(&export(&file, &[])), value, "{name}");
                assert_eq!(look.look(&export(&file, &compat)), value, "{name} under compat");
                assert!(explained(&file, &[]).contains(&name.to_owned()), "explain does not list {name}");
            }
            Expected::GivenWithoutCompat(look, value) => {
                assert_eq!(look.look(&export(&file, &[])), value, "{name}");
                let answer = export_with(&compat);
                assert!(answer.code == 1 || look.look(&answer.documents()) != value, "{name} under compat");
                assert!(explained(&file, &[]).contains(&name.to_owned()), "explain does not list {name}");
            }
            Expected::Refused(finding) => {
                for args in [&[][..], &compat] {
                    let answer = export_with(args);
                    assert_eq!((answer.code, first_error(&answer, &file).as_str()), (1, finding), "{name} {args:?}: {}", answer.stderr);
                    messages.add(&[&[name], args].concat().join(" "), &answer);
                }
            }
            Expected::RefusedWithoutCompat(finding) => {
                let answer = export_with(&[]);
                assert_eq!((answer.code, first_error(&answer, &file).as_str()), (1, finding), "{name}: {}", answer.stderr);
                messages.add(name, &answer);
                assert_ne!(export_with(&compat).code, 1, "{name} under compat");
            }
        }
    }
    messages.compare();
}

#[test]
fn explain_lists_the_differences_of_a_flow() {
    let all = jinaflow(&["explain"]).succeeded().stdout;
    for name in corrections::TABLE.iter().map(|row| row.difference.name).chain(always::TABLE.iter().map(|row| row.difference.name)) {
        assert!(all.contains(&format!("\n{name}\n  Jina:  ")), "{name}");
        let one = jinaflow(&["explain", name]).succeeded().stdout;
        assert!(one.starts_with(&format!("{name}\n  Jina:  ")), "{one}");
    }
    assert!(all.lines().all(|line| line.chars().count() <= 100));
    assert!(jinaflow(&["explain", "uses-with"]).succeeded().stdout.starts_with("uses_with (option of Jina)\n"));
    jinaflow(&["explain", "haed-probes"]).says("did you mean `head-probes`?");
    jinaflow(&["explain", "haed-probes"]).begins("error[unknown-topic]: ");
    jinaflow(&["explain", "flow.yml"]).begins("error[file-unreadable]: flow.yml: ");
    let plain = flow_file("", "");
    assert!(!explained(&plain, &[]).iter().any(|name| ["head-probes", "quoted-text", "exact-arguments"].contains(&name.as_str())));
    let file = flow_file("needs: nobody", "");
    let broken = jinaflow(&["explain", &file]);
    assert_eq!((broken.code, broken.stdout.as_str()), (1, ""));
    assert_eq!(first_error(&broken, &file), "executors[0].needs unknown-executor");
    // A JinaFlow is accepted like a Flow.
    let example = root().join("examples/getting-started/jinaflow.yaml");
    assert!(jinaflow(&["explain", example.to_str().unwrap()]).succeeded().stdout.contains("differences affect this Flow."));
}

/// The rendered objects of a recorded Flow.
fn objects(config: &JinaFlow, only: Option<Corrections>) -> Option<Vec<Value>> {
    let mut settings = config.settings.clone();
    settings.only = only;
    let rendering = Rendering::with(config.flow.as_ref()?, &settings, &Path::root(""), &mut Budget::default(), &mut Findings::default())?;
    let objects = rendering.objects().flat_map(|(_, objects)| objects);
    Some(objects.map(|object| yaml::kubernetes_value(&object.node)).collect())
}

fn read(case: &Recorded, compat: Compat) -> Option<JinaFlow> {
    let text = fs::read_to_string(case.folder.join("flow.yml")).unwrap();
    let overrides = Overrides {
        compat: Some(compat),
        namespace: case.namespace.clone(),
        images: case.images.clone(),
        context: case.env.iter().filter(|(name, _)| name != "JINA_GATEWAY_IMAGE").cloned().collect(),
        ..Overrides::default()
    };
    let mut findings = Findings::default();
    let config = config::read_bare(yaml::read(&text).ok()?, &overrides, &mut findings);
    (!findings.has_errors()).then_some(config)
}

fn paths(before: &Value, after: &Value, path: &str, out: &mut BTreeSet<String>) {
    match (before, after) {
        (a, b) if a == b => {}
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()) {
                paths(a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null), &format!("{path}/{key}"), out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (i, (a, b)) in a.iter().zip(b).enumerate() {
                paths(a, b, &format!("{path}/{i}"), out);
            }
        }
        _ => {
            out.insert(path.to_owned());
        }
    }
}

fn changed(before: &[Value], after: &[Value]) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let named = |objects: &'_ [Value]| objects.iter().map(|object| (label(object), object.clone())).collect::<BTreeMap<String, Value>>();
    let (before, after) = (named(before), named(after));
    for name in before.keys().chain(after.keys()) {
        paths(before.get(name).unwrap_or(&Value::Null), after.get(name).unwrap_or(&Value::Null), name, &mut out);
    }
    out
}

/// Whether a changed path is below a touched path, or the reverse: a list that changes its length hides changes in it.
fn covered(path: &str, touched: &BTreeSet<String>) -> bool {
    touched.iter().any(|other| {
        let below = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
        below(path, other) || below(other, path)
    })
}

#[test]
fn only_the_corrections_distinguish_compat_from_the_default() {
    let mut compared = 0;
    for case in recorded(&root().join("tests/jina/flows")) {
        let (Some(lenient), Some(strict)) = (read(&case, Compat::Jina334), read(&case, Compat::None)) else { continue };
        // The code knows `compat` only by these corrections.
        // Under compat a Flow of Jina 1 or 2 is another Flow: only a gateway.
        if strict.flow.as_ref().is_some_and(|flow| flow.list == "pods") {
            continue;
        }
        let Some(ours) = objects(&strict, None) else { continue };
        assert_eq!(objects(&lenient, Some(Corrections::ALL)).as_ref(), Some(&ours), "{}", case.name);
        compared += 1;
        // Each changed place is changed by one of the corrections. This takes fifty renders, so only every fourth small
        // Flow is tested.
        if compared % 4 != 0 || ours.len() > 30 {
            continue;
        }
        let Some(jinas) = objects(&lenient, None) else { continue };
        let mut touched = BTreeSet::new();
        for row in corrections::TABLE {
            let with = objects(&lenient, Some(Corrections::NONE.with(row.correction))).unwrap_or_default();
            let without = objects(&strict, Some(Corrections::ALL.without(row.correction))).unwrap_or_default();
            touched.extend(changed(&jinas, &with));
            touched.extend(changed(&ours, &without));
        }
        for path in changed(&jinas, &ours) {
            assert!(covered(&path, &touched), "{}: no correction changes {path}, which differs from Jina's", case.name);
        }
    }
    assert!(compared > 500, "only {compared} Flows were compared");
}

/// The names that reviewers ask about are in the manifests, but for the probe that containers do not have.
#[test]
fn reasons_are_about_what_manifests_have() {
    let manifests = jinaflow(&["export", &flow_file("shards: 2", "")]).succeeded().stdout;
    for reason in jinaflow::internals::manifests::reasons::REASONS {
        assert_eq!(manifests.contains(reason.name), reason.name != "readinessProbe", "{}", reason.name);
        let page = jinaflow(&["explain", reason.name]).succeeded().stdout;
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>().join(" ");
        assert!(words(&page).contains(&words(reason.why)), "{page}");
        assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    }
    let listed = jinaflow(&["explain"]).succeeded().stdout;
    assert!(listed.contains("readinessProbe, clusterIP"), "{listed}");
}

/// A Flow with and without shards, for the examples of fields.
const FLOW: &str = "jtype: Flow\nexecutors:\n- {name: encoder, uses: docker://acme/encoder:1.0}\n\
                    - {name: indexer, uses: docker://acme/indexer:1, shards: 2}\n";

/// The example of every field renders.
#[test]
fn examples_of_fields_render() {
    let file = scratch("example").join("jinaflow.yaml");
    let listed = jinaflow(&["fields"]).succeeded().stdout;
    let names: BTreeSet<&str> = listed.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next()).collect();
    let (mut count, mut wrong) = (0, Vec::new());
    for name in names {
        let page = jinaflow(&["explain", name]).succeeded().stdout;
        for section in page.split("(field of a JinaFlow)\n").skip(1) {
            let lines = section.split("\nExample:\n").nth(1).unwrap().lines();
            let lines = lines.take_while(|line| line.is_empty() || line.starts_with("    ")).filter_map(|line| line.strip_prefix("    "));
            let mut example: Value = serde_yaml::from_str(&lines.collect::<Vec<_>>().join("\n")).unwrap();
            example["apiVersion"] = "flow.jina.ai/v1alpha1".into();
            example["kind"] = "JinaFlow".into();
            example["metadata"]["name"] = "search".into();
            if example["spec"]["flow"].is_null() {
                example["spec"]["flow"] = FLOW.into();
            }
            fs::write(&file, example.to_string()).unwrap();
            let answer = jinaflow(&["export", file.to_str().unwrap()]);
            count += 1;
            // An example sets a field and what it needs. It may be without effect, or unwise, in this Flow.
            let excused = ["field-without-effect", "retries-multiply", "query-without-namespace", "autoscale-without-request"];
            if answer.code != 0 || answer.codes().iter().any(|code| !excused.contains(code)) {
                wrong.push(format!("{name}: {}", answer.first_line()));
            }
        }
    }
    assert!(wrong.is_empty() && count > 190, "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
}
