//! Every deliberate difference from Jina: it is a difference, `jinaflow explain` lists it, and there are no others.
//!
//! tests/it/parity.rs checks the output of Jina; here `--compat jina-3.34` is used as Jina's output.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::{Recorded, jinaflow, label, recorded, root, scratch};
use jinaflow::internals::config::corrections::Corrections;
use jinaflow::internals::config::{Compat, JinaFlow, Overrides, always, corrections};
use jinaflow::internals::finding::{Findings, Path};
use jinaflow::internals::plan::Budget;
use jinaflow::internals::render::Rendering;
use jinaflow::internals::{config, manifests, yaml};
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
        let container = |name: &str, number: usize| object(name)["spec"]["template"]["spec"]["containers"][number].clone();
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

/// A correction on a Flow: options of executor `a` and other lines, where to look, what Jina and we have there.
struct Corrected(&'static str, &'static str, &'static str, &'static [&'static str], Look, Value, Value);

const ADDRESSES: &str = "--deployments-addresses";
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
        Corrected("no-default-namespace", "", "", &[], At("ConfigMap/a-configmap", "/metadata/namespace"), json!("default"), Value::Null),
        Corrected(
            "older-containers",
            "",
            "",
            &["--jina-version", "3.9.2"],
            Container(a, "/startupProbe/tcpSocket/port"),
            Value::Null,
            json!(8080),
        ),
        Corrected("symbolic-addresses", "", "", &[], Argument(gateway, 0, ADDRESSES), jinas_address, our_address.clone()),
        Corrected("no-literal-namespace", "", "", &[], At(a, "/spec/template/metadata/labels/ns"), json!("default"), Value::Null),
        Corrected("names-from-metadata", "", "", &[], Container(a, "/env/1/value"), json!("a"), Value::Null),
        Corrected(
            "escaped-dollars",
            "uses_with: {p: 'a$$b $(X)'}",
            "",
            &[],
            Argument(a, 0, "--uses-with"),
            json!(r#"{"p": "a$$b $(X)"}"#),
            json!(r#"{"p": "a$$$$b $$(X)"}"#),
        ),
        Corrected("probe-timeout", "", "", &[], Container(a, "/livenessProbe/exec/command/4"), json!("--timeout 9500"), json!("--timeout")),
        Corrected(
            "head-probes",
            SHARDED,
            "",
            &[],
            Container(head, "/startupProbe/exec/command/3"),
            json!("127.0.0.1:{port_uses}"),
            json!("grpc://127.0.0.1:8080"),
        ),
        Corrected("statefulset-fields", "volumes: /d", "", &[], At(stateful, "/spec/serviceName"), Value::Null, json!("a")),
        Corrected(
            "storage-class",
            "volumes: /d",
            "",
            &[],
            At(stateful, "/spec/volumeClaimTemplates/0/spec/storageClassName"),
            json!("standard"),
            Value::Null,
        ),
        Corrected(
            "volume-mount-path",
            "volumes: '/h:/c'",
            "",
            &[],
            Container(stateful, "/volumeMounts/0/mountPath"),
            json!("/h:/c"),
            json!("/c"),
        ),
        Corrected("all-volumes", "volumes: [/a, /b]", "", &[], Container(stateful, "/volumeMounts/1/mountPath"), Value::Null, json!("/b")),
        Corrected(
            "head-without-volumes",
            "shards: 2, volumes: /d",
            "",
            &[],
            At("StatefulSet/a-head", "/kind"),
            json!("StatefulSet"),
            Value::Null,
        ),
        Corrected(
            "sidecar-monitoring-ports",
            "shards: 2, uses_before: 'docker://x/b', monitoring: true",
            "",
            &[],
            Argument(head, 1, "--port-monitoring"),
            json!("9090"),
            json!("9091"),
        ),
        Corrected(
            "sidecar-secrets",
            "shards: 2, uses_before: 'docker://x/b', env_from_secret: {K: {name: s, key: k}}",
            "",
            &[],
            Variable(head, 1, "K"),
            Value::Null,
            json!({"name": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}),
        ),
        Corrected(
            "idle-sidecars",
            "shards: 2, uses_before: BaseExecutor",
            "",
            &[],
            At(head, "/spec/template/spec/containers/1/name"),
            json!("uses-before"),
            Value::Null,
        ),
        Corrected(
            "removed-nodes",
            "",
            "with: {inspect: REMOVE, no_reduce: true}\ndeployments:\n- {name: a}\n- {name: i, method: inspect}\n_:",
            &[],
            Argument(gateway, 0, "--deployments-no-reduce"),
            json!(r#"["a", "i", "_aux_i"]"#),
            json!(r#"["a"]"#),
        ),
        Corrected(
            "tls-probes",
            "",
            "gateway: {ssl_certfile: /c, ssl_keyfile: /k}",
            &[],
            Container(gateway, "/startupProbe/tcpSocket/port"),
            Value::Null,
            json!(8080),
        ),
        Corrected(
            "plain-executors",
            "",
            "with: {ssl_certfile: /c, ssl_keyfile: /k}",
            &[],
            Argument(gateway, 0, ADDRESSES),
            json!(r#"{"a": ["grpcs://a.default.svc:8080"]}"#),
            our_address,
        ),
        Corrected("bind-all-interfaces", "host: 1.2.3.4", "", &[], Argument(a, 0, "--host"), json!("1.2.3.4"), json!("0.0.0.0")),
        Corrected(
            "external-replicas",
            "external: true, host: [h.x, i.x], port: 1",
            "",
            &[],
            Argument(gateway, 0, ADDRESSES),
            json!(r#"{"a": ["grpc://h.x:1"]}"#),
            json!(r#"{"a": ["grpc://h.x:1", "grpc://i.x:1"]}"#),
        ),
        Corrected(
            "external-tls",
            "external: true, host: 'h.x:1', tls: true",
            "",
            &[],
            Argument(gateway, 0, ADDRESSES),
            json!(r#"{"a": ["grpc://h.x:1"]}"#),
            json!(r#"{"a": ["grpcs://h.x:1"]}"#),
        ),
        Corrected(
            "gpu-count",
            "gpus: 'device=0,device=2'",
            "",
            &[],
            Container(a, "/resources/limits/nvidia.com~1gpu"),
            json!("device=0,device=2"),
            json!("2"),
        ),
        Corrected(
            "cuda-devices",
            "env: {CUDA_VISIBLE_DEVICES: 'RR0:3'}",
            "",
            &[],
            At("ConfigMap/a-configmap", "/data/CUDA_VISIBLE_DEVICES"),
            json!("RR0:3"),
            Value::Null,
        ),
        Corrected(
            "structured-env",
            "env: {A: {a: true, b: [1]}}",
            "",
            &[],
            At("ConfigMap/a-configmap", "/data/A"),
            json!("{'a': True, 'b': [1]}"),
            json!(r#"{"a": true, "b": [1]}"#),
        ),
        Corrected("native-once", "native: true", "", &[], Count(a, "--native"), json!(2), json!(1)),
        Corrected(
            "gateway-class",
            "",
            "gateway: {port: [1, 2]}",
            &[],
            Argument(gateway, 0, "--uses"),
            json!("config.yml"),
            json!("GRPCGateway"),
        ),
        Corrected("balanced-replicas", "", "", &[], At("Service/a", "/spec/clusterIP"), Value::Null, json!("None")),
        Corrected(
            "object-labels",
            "",
            "",
            &[],
            At("ConfigMap/a-configmap", "/metadata/labels/flow.jina.ai~1executor"),
            Value::Null,
            json!("a"),
        ),
        Corrected("native-probes", "", "", &[], Container(a, "/startupProbe/grpc/port"), Value::Null, json!(8080)),
        Corrected("drain-time", "", "", &[], At(a, "/spec/template/spec/terminationGracePeriodSeconds"), Value::Null, json!(40)),
        Corrected("declared-ports", "", "", &[], Container(a, "/ports/0/name"), Value::Null, json!("grpc")),
        Corrected("no-api-token", "", "", &[], At(a, "/spec/template/spec/automountServiceAccountToken"), Value::Null, json!(false)),
        Corrected("disruption-budgets", "", "", &[], At("PodDisruptionBudget/a", "/spec/maxUnavailable"), Value::Null, json!(1)),
        Corrected(
            "config-hash",
            "env: {A: b}",
            "",
            &[],
            At(a, "/spec/template/metadata/annotations/flow.jina.ai~1config-hash"),
            Value::Null,
            json!("0f9b03dfde9e5851"),
        ),
        Corrected(
            "own-selectors",
            "",
            "",
            &[],
            At("Service/a", "/spec/selector"),
            json!({"app": "a"}),
            json!({"flow.jina.ai/component": "a"}),
        ),
        Corrected("replicas-argument", "replicas: 2", "", &[], Argument(a, 0, "--replicas"), json!("2"), Value::Null),
    ]
}

fn flow_file(options: &str, more: &str) -> String {
    let file = scratch("explain").join("flow.yml");
    if more.ends_with("_:") {
        // `deployments` instead of the executors.
        fs::write(&file, format!("jtype: Flow\n{}", more.trim_end_matches("_:"))).unwrap();
        return file.to_str().unwrap().to_owned();
    }
    let comma = if options.is_empty() { "" } else { ", " };
    fs::write(&file, format!("jtype: Flow\n{more}\nexecutors:\n- {{name: a, uses: 'docker://x/a'{comma}{options}}}\n")).unwrap();
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
    let named: Vec<&str> = cases.iter().map(|case| case.0).collect();
    let rows: Vec<&str> = corrections::TABLE.iter().map(|row| row.difference.name).collect();
    assert_eq!(named, rows, "each row of the table has its proof here, in its order");
    for Corrected(name, options, more, args, look, jina, ours) in cases {
        let file = flow_file(options, more);
        // The arguments of `jina ping` are a difference only with `probes: ping`.
        let file = if matches!(name, "probe-timeout" | "head-probes") { pinging(&file) } else { file };
        let compat = [args, &["--compat", "jina-3.34"]].concat();
        assert_eq!(look.look(&export(&file, &compat)), jina, "{name} under compat");
        assert_eq!(look.look(&export(&file, args)), ours, "{name}");
        assert!(explained(&file, args).contains(&name.to_owned()), "explain says nothing about {name}");
    }
}

/// What applies in every mode: options of executor `a` and other lines; where to look and what is there, or what stderr says.
struct Always(&'static str, &'static str, &'static str, Expected);

enum Expected {
    There(Look, Value),
    OnlyWithoutCompat(Look, Value),
    Refused(&'static str),
    RefusedWithoutCompat(&'static str),
}

use Expected::{OnlyWithoutCompat, Refused, RefusedWithoutCompat, There};

fn always() -> Vec<Always> {
    let a = "Deployment/a";
    let data = |key: &'static str| At("ConfigMap/a-configmap", key);
    vec![
        Always(
            "exact-arguments",
            r#"uses_with: {p: "it's \"ü\"\n"}"#,
            "",
            There(Argument(a, 0, "--uses-with"), json!(r#"{"p": "it's \"\u00fc\"\n"}"#)),
        ),
        Always(
            "braces-in-text",
            "uses_with: {p: '{port} {shard_id}'}",
            "",
            There(Argument(a, 0, "--uses-with"), json!(r#"{"p": "{port} {shard_id}"}"#)),
        ),
        Always("quoted-text", "env: {A: '0123', B: 'true'}", "", There(data("/data/A"), json!("0123"))),
        Always("block-text", r#"env: {A: "one\ntwo"}"#, "", There(data("/data/A"), json!("one\ntwo"))),
        Always("bangs-in-text", "env: {A: 'jtype: Foo', B: 'y!z'}", "", There(data("/data/A"), json!("jtype: Foo"))),
        Always(
            "names-as-text",
            "image_pull_secrets: []",
            "deployments:\n- {name: 'no', uses: 'docker://123'}\n_:",
            There(Container("Deployment/no", "/image"), json!("123")),
        ),
        Always("quoted-output", "env: {A: on}", "", There(data("/data/A"), json!("on"))),
        Always("relative-workspace", "workspace: ./data", "", There(Argument(a, 0, "--workspace"), json!("./data"))),
        Always("inspection-names", "method: inspect", "", There(At("Deployment/aux-a", "/metadata/name"), json!("aux-a"))),
        Always(
            "inspection-chains",
            "",
            "with: {inspect: REMOVE}\ndeployments: [{name: a}, {name: i, method: inspect}, {name: j, method: inspect}, {name: b}]\n_:",
            There(
                Argument("Deployment/gateway", 0, "--graph-description"),
                json!(r#"{"a": ["b"], "start-gateway": ["a"], "b": ["end-gateway"]}"#),
            ),
        ),
        Always("mappings-in-lists", "env: [{A: b}]", "", There(data("/data/A"), json!("b"))),
        Always(
            "port-of-external",
            "external: true, host: h.x",
            "",
            There(Argument("Deployment/gateway", 0, ADDRESSES), json!(r#"{"a": ["grpc://h.x:8080"]}"#)),
        ),
        Always("no-shell", "env: {A: $HOME}", "", There(data("/data/A"), json!("$HOME"))),
        Always("empty-sections", "volumes: []", "with:", There(Container(a, "/image"), json!("x/a"))),
        Always(
            "ordinary-names",
            "",
            "deployments:\n- {name: my-exec}\n_:",
            There(At("Deployment/my-exec", "/metadata/name"), json!("my-exec")),
        ),
        Always("deployment-version", "", "", There(At("Deployment/d", "/metadata/name"), json!("d"))),
        Always("textual-dates", "env: {A: 2024-01-01}", "", There(data("/data/A"), json!("2024-01-01"))),
        Always(
            "inline-classes",
            "",
            "deployments:\n- {name: a, image: x/a, uses: {jtype: Enc, with: {d: 1e-3}}}\n_:",
            OnlyWithoutCompat(At("ConfigMap/a-config", "/data/config.yml"), json!("jtype: Enc\nwith: {d: 1e-3}\n")),
        ),
        Always(
            "inline-deployments",
            "",
            "deployments:\n- jtype: Deployment\n  with: {name: a, uses: 'docker://x/z'}\n_:",
            There(Container(a, "/image"), json!("x/z")),
        ),
        Always("hub-schemes", "", "", There(Container(a, "/image"), json!("x/e"))),
        Always(
            "files-in-the-image",
            "log_config: /etc/log.yml",
            "gateway: {py_modules: [nowhere.py]}",
            There(Argument(a, 0, "--log-config"), json!("/etc/log.yml")),
        ),
        Always("few-stateful-replicas", "stateful: true, workspace: /w, replicas: 2", "", There(At(a, "/spec/replicas"), json!(2))),
        Always("provider-port", "", "", There(Argument("Deployment/d", 0, "--port"), json!("8080"))),
        Always("other-yaml", "", "", There(data("/data/A"), json!("x"))),
        Always("needs-that-exist", "needs: b", "", Refused("no executor is called `b`")),
        Always("grpc-inside", "protocol: http", "", Refused("called by gRPC and nothing else")),
        Always("object-names", "", "deployments: [{name: a_b}, {name: A_B}]\n_:", Refused("would both be `a-b`")),
        Always("environment-names", "env: {'A B': c}", "", Refused("cannot be the name of an environment variable")),
        Always("what-kubernetes-takes", "env_from_secret: {A: {name: ~, key: k}}", "", Refused("has no `name`")),
        Always("whole-addresses", "external: true, host: 'h:x'", "", Refused("is no address")),
        Always("numbers-in-range", "port: 70000", "", Refused("must be port numbers")),
        Always("dashed-values", "volumes: [/a, -b]", "", Refused("begins with a dash")),
        Always("booleans-for-flags", "quiet: off", "", Refused("must be true or false")),
        Always("one-value-each", "workspace: [/a, /b]", "", RefusedWithoutCompat("must be one text, not a list")),
        Always("misplaced-values", "", "gateway: {shards: x}", RefusedWithoutCompat("gateway.shards: must be a whole number")),
        Always("section-shapes", "", "gateway: false", Refused("must be a mapping of options")),
        Always("ways-to-add", "method: build", "", Refused("is no way to add an executor")),
        Always("python-arguments", "copy_flow: true", "", Refused("is an argument of Jina's Python methods")),
        Always("internal-roles", "deployment_role: INSPECT", "", Refused("is set by Jina itself")),
        Always("references-to-values", "env: {A: '${{root}}'}", "", Refused("refers to nothing")),
        Always("nested-files", "", "deployments: [other.yml]\n_:", Refused("names a file")),
        Always("bounds", "env: {A: \"\\ud800\"}", "", Refused("is not YAML")),
        Always("built-in-classes", "shards: 2, uses_before: HTTPGateway", "", RefusedWithoutCompat("is no executor")),
        Always("whole-options", "env_from: {}", "", Refused("Jina would take it for `env_from_secret`")),
        Always("known-options", "frobnicate: 1", "", RefusedWithoutCompat("`frobnicate` is no option of an executor")),
    ]
}

/// A complete file for a difference that the default Flow does not show.
fn whole_file(name: &str) -> Option<&'static str> {
    Some(match name {
        "deployment-version" => "jtype: Deployment\nversion: '1'\nname: d\nuses: docker://x/d\n",
        "provider-port" => "jtype: Deployment\nwith: {name: d, uses: docker://x/d, provider: sagemaker, port: 8080}\n",
        "hub-schemes" => {
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f}\nspec:\n  images: {'jinahub://Enc': x/e}\n  flow: {jtype: Flow, executors: [{name: a, uses: 'jinahub://Enc'}]}\n"
        }
        "other-yaml" => "executors:\n- {name: a, uses: 'docker://x/a', env: {A: !!str x}}\njtype: Flow\n",
        _ => return None,
    })
}

#[test]
fn every_mode_behaves_as_the_table_says() {
    let cases = always();
    let named: Vec<&str> = cases.iter().map(|case| case.0).collect();
    let rows: Vec<&str> = always::TABLE.iter().map(|row| row.difference.name).collect();
    assert_eq!(named, rows, "each row of the table has its proof here, in its order");
    let compat = ["--compat", "jina-3.34"];
    for Always(name, options, more, expected) in cases {
        let file = if let Some(text) = whole_file(name) {
            let file = scratch("explain").join("whole.yml");
            fs::write(&file, text).unwrap();
            file.to_str().unwrap().to_owned()
        } else {
            flow_file(options, more)
        };
        let refused = |args: &[&str]| {
            let answer = jinaflow(&[&["export", file.as_str()], args].concat());
            (answer.code == 1).then_some(answer.stderr)
        };
        match expected {
            There(look, value) => {
                assert_eq!(look.look(&export(&file, &[])), value, "{name}");
                assert_eq!(look.look(&export(&file, &compat)), value, "{name} under compat");
                assert!(explained(&file, &[]).contains(&name.to_owned()), "explain says nothing about {name}");
            }
            OnlyWithoutCompat(look, value) => {
                assert_eq!(look.look(&export(&file, &[])), value, "{name}");
                assert!(refused(&compat).is_some(), "{name} under compat");
                assert!(explained(&file, &[]).contains(&name.to_owned()), "explain says nothing about {name}");
            }
            Refused(message) => {
                for args in [&[][..], &compat] {
                    assert!(refused(args).is_some_and(|stderr| stderr.contains(message)), "{name} {args:?}: {:?}", refused(args));
                }
            }
            RefusedWithoutCompat(message) => {
                assert!(refused(&[]).is_some_and(|stderr| stderr.contains(message)), "{name}: {:?}", refused(&[]));
                assert_eq!(refused(&compat), None, "{name}");
            }
        }
    }
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
    assert!(jinaflow(&["explain", "uses-with"]).succeeded().stdout.starts_with("## `uses_with`\n"));
    jinaflow(&["explain", "haed-probes"]).says("\"haed-probes\" is no file, no difference and no option; did you mean head-probes?");
    jinaflow(&["explain", "flow.yml"]).begins("error: flow.yml: cannot be read");
    let plain = flow_file("", "");
    assert!(!explained(&plain, &[]).iter().any(|name| ["head-probes", "quoted-text", "exact-arguments"].contains(&name.as_str())));
    let broken = jinaflow(&["explain", &flow_file("needs: nobody", "")]);
    assert_eq!((broken.code, broken.stdout.as_str()), (1, ""));
    broken.says("no executor is called `nobody`");
    // A JinaFlow is accepted like a Flow.
    let example = root().join("examples/getting-started/jinaflow.yaml");
    assert!(jinaflow(&["explain", example.to_str().unwrap()]).succeeded().stdout.contains("differences touch this Flow."));
}

/// The rendered objects of a recorded Flow.
fn objects(config: &JinaFlow, only: Option<Corrections>) -> Option<Vec<Value>> {
    let mut settings = config.settings.clone();
    settings.only = only;
    let rendering = Rendering::with(config.flow.as_ref()?, &settings, &Path::root(""), &mut Budget::default(), &mut Findings::default())?;
    let target = rendering.target();
    let of_component = |component| manifests::objects(component, &target).into_iter().map(|object| yaml::kubernetes_value(&object.node));
    Some(rendering.components().iter().flat_map(of_component).collect())
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
        let Some(ours) = objects(&strict, None) else { continue };
        assert_eq!(objects(&lenient, Some(Corrections::ALL)).as_ref(), Some(&ours), "{}", case.name);
        compared += 1;
        // Each changed place is changed by one of the corrections. This takes fifty renders, so only every fourth small Flow is tested.
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
            assert!(covered(&path, &touched), "{}: {path} differs from Jina's, and no correction does that", case.name);
        }
    }
    assert!(compared > 500, "only {compared} flows are compared");
}
