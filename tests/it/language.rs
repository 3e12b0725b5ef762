//! Features beside the objects: images without a network, variables, older Flows, options without effect, the schema.

use std::fs;

use crate::support::{Messages, Run, assert_recorded, function, jinaflow, label, program, root, run, scratch};
use serde_json::{Value, json};

fn flow_file(text: &str) -> String {
    let file = scratch("language").join("flow.yml");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

fn export(text: &str, args: &[&str]) -> Run {
    jinaflow(&[&["export", &flow_file(text)], args].concat())
}

/// Each finding on stderr as `severity path code`. A finding about a command-line flag has the flag as its path.
fn found(run: &Run) -> Vec<String> {
    let parse = |line: &&str| -> Option<String> {
        let (head, rest) = line.split_once("]: ")?;
        let (severity, code) = head.split_once('[')?;
        let path = rest.split(": ").nth(1)?;
        Some(format!("{severity} {path} {code}"))
    };
    run.findings().iter().filter_map(parse).collect()
}

/// The field of the first container of a workload.
fn container<'o>(objects: &'o [Value], workload: &str, field: &str) -> &'o Value {
    let object = objects.iter().find(|object| label(object) == workload).unwrap_or_else(|| panic!("no {workload}"));
    &object["spec"]["template"]["spec"]["containers"][0][field]
}

fn list(spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata:\n    name: f\n  spec:\n{spec}"
    )
}

const HUB: &str = "jtype: Flow\ngateway: {uses: 'jinaai+docker://Acme/Edge'}\nexecutors:\n- {name: a, uses: 'jinaai+docker://Acme/CLIPEncoder:latest-gpu'}\n- {name: b, uses: 'jinahub+docker://Ranker:s3cret/v2', shards: 2, uses_before: 'jinaai://acme/Pre:1'}\n";

#[test]
fn names_on_the_hub_become_images_without_a_network() {
    let pattern = "r.example/{name}:{tag}";
    let objects = export(HUB, &["--image-pattern", pattern, "--image", "jinahub+docker://Ranker/v2=r.example/own:1.0"]).documents();
    for (workload, image) in [
        ("Deployment/gateway", "r.example/edge:latest"),
        ("Deployment/a", "r.example/clipencoder:latest-gpu"),
        ("Deployment/b-0", "r.example/own:1.0"),
        ("Deployment/b-head", "jinaai/jina:3.34.0-py311-standard"),
    ] {
        assert_eq!(container(&objects, workload, "image"), image, "{workload}");
    }
    let head = objects.iter().find(|object| label(object) == "Deployment/b-head").unwrap();
    assert_eq!(head["spec"]["template"]["spec"]["initContainers"][0]["image"], "r.example/pre:1");
    // The same in a list, by spec and by functionConfig.
    let flow: String = HUB.lines().map(|line| format!("  {line}\n")).collect();
    let answer = function(&list(&format!("imagePattern: {pattern:?}\nflow: |\n{flow}"))).succeeded();
    assert!(answer.stdout.contains("image: r.example/ranker:v2\n"), "{}", answer.stdout);
    let config =
        "functionConfig:\n  apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c}\n  data: {imagePattern: 'q.example/{name}'}\n";
    let answer = function(&(list(&format!("flow: |\n{flow}")) + config)).succeeded();
    assert!(answer.stdout.contains("image: q.example/ranker\n"), "{}", answer.stdout);
}

#[test]
fn a_class_runs_with_its_configuration_mounted() {
    // A Flow in the form of CLIP-as-service. Jina itself does not export it.
    let text = "jtype: Flow\nversion: '1'\nwith: {port: 51000}\nexecutors:\n- name: clip_t\n  image: jinaai/clip-server:0.8\n  uses:\n    jtype: CLIPEncoder\n    with: {name: ViT-B-32::openai, note: \"two\\nlines\"}\n    metas:\n      py_modules: [clip_server.executors.clip_torch]\n  shards: 2\n";
    let answer = export(text, &[]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let objects = answer.documents();
    let named = |name: &str| objects.iter().find(|object| label(object) == name).unwrap_or_else(|| panic!("no {name}"));
    let config = "jtype: CLIPEncoder\nwith: {name: ViT-B-32::openai, note: \"two\\nlines\"}\nmetas: {py_modules: [clip_server.executors.clip_torch]}\n";
    assert_eq!(named("ConfigMap/clip-t-0-config")["data"]["config.yml"], config);
    let pod = &named("Deployment/clip-t-1")["spec"]["template"]["spec"];
    assert_eq!(pod["volumes"], json!([{"name": "config", "configMap": {"name": "clip-t-1-config"}}]));
    assert_eq!(pod["containers"][0]["volumeMounts"], json!([{"name": "config", "mountPath": "/etc/jinaflow"}]));
    assert_eq!(pod["containers"][0]["image"], "jinaai/clip-server:0.8");
    let args: Vec<&str> = pod["containers"][0]["args"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(args.windows(2).any(|pair| pair == ["--uses", "/etc/jinaflow/config.yml"]), "{args:?}");
    // The head runs Jina's own image without the class.
    assert_eq!(named("Deployment/clip-t-head")["spec"]["template"]["spec"]["volumes"], Value::Null);
    let as_jina = export(text, &["--compat", "jina-3.34"]);
    assert_eq!(found(&as_jina)[0], "error executors[0].image abbreviated-option");
    as_jina.says("`image_pull_secrets`");
}

#[test]
fn the_environment_is_read_only_on_the_command_line() {
    let text = "jtype: Flow\nexecutors:\n- {name: a, uses: docker://x/a, volumes: /d, env: {A: $WHO}}\n";
    let with_environment = |args: &[&str]| {
        let mut command = program(args);
        let values = [("WHO", "shell"), ("JINA_K8S_STORAGE_CLASS_NAME", "fast"), ("JINA_K8S_STORAGE_CAPACITY", "5Gi")];
        command.envs(values).env("JINA_K8S_ACCESS_MODES", r#"["ReadWriteMany"]"#).env("JINA_GATEWAY_IMAGE", "own/jina:1");
        command
    };
    let file = flow_file(text);
    let named = |objects: &[Value], name: &str| objects.iter().find(|object| label(object) == name).cloned().unwrap_or_default();
    let claim = |objects: &[Value]| named(objects, "StatefulSet/a")["spec"]["volumeClaimTemplates"][0]["spec"].clone();
    let who = |objects: &[Value]| named(objects, "ConfigMap/a-configmap")["data"]["A"].clone();
    let answer = run(with_environment(&["export", &file]), b"");
    assert_eq!((answer.code, found(&answer)), (0, vec!["warning executors[0].env.A undefined-variable".to_owned()]));
    let objects = answer.documents();
    let expected = json!({"accessModes": ["ReadWriteMany"], "storageClassName": "fast", "resources": {"requests": {"storage": "5Gi"}}});
    assert_eq!((claim(&objects), who(&objects)), (expected, json!("$WHO")));
    assert_eq!(container(&objects, "Deployment/gateway", "image"), "own/jina:1");
    let objects = run(with_environment(&["export", &file, "--context-env"]), b"").succeeded().documents();
    assert_eq!(who(&objects), "shell");
    let objects = run(with_environment(&["export", &file, "--context-env", "--context", "WHO=flag"]), b"").succeeded().documents();
    assert_eq!(who(&objects), "flag");
    let flow: String = text.lines().map(|line| format!("  {line}\n")).collect();
    let input = list(&format!("flow: |\n{flow}"));
    assert_eq!(run(with_environment(&[]), input.as_bytes()).stdout, function(&input).stdout);
    let mut wrong = program(&["export", &file]);
    wrong.env("JINA_K8S_ACCESS_MODES", "ReadWriteOnce");
    let refused = run(wrong, b"");
    assert_eq!(found(&refused)[0], "error executors[0].volumes invalid-context-variable");
    refused.says("JINA_K8S_ACCESS_MODES");
    refused.says("(got \"ReadWriteOnce\")");
}

#[test]
fn older_flows_are_read_and_changes_are_reported() {
    let text = "jtype: Flow\nwith: {grpc_server_kwargs: {a: 1}, quiet_remote_logs: true}\ngateway: {replicas: 2}\nexecutors:\n- {name: a, uses: docker://x/a, disable_reduce: true, override_with: {b: 2}}\n";
    let answer = export(text, &[]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let expected = [
        "warning with.grpc_server_kwargs renamed-option",
        "warning with.quiet_remote_logs removed-option",
        "warning executors[0].override_with renamed-option",
    ];
    assert_eq!(found(&answer), expected, "{}", answer.stderr);
    let mut messages = Messages::new("language_older_flows");
    messages.add("old options", &answer);
    messages.compare();
    let args = |version: &str, workload: &str| {
        let objects = export(text, &["--jina-version", version]).documents();
        container(&objects, workload, "args").as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
    };
    let has = |args: &[String], words: &[&str]| args.windows(words.len()).any(|window| window == words);
    assert!(has(&args("3.34.0", "Deployment/a"), &["--no-reduce"]));
    assert!(has(&args("3.34.0", "Deployment/a"), &["--uses-with", r#"{"b": 2}"#]));
    assert!(has(&args("3.11.1", "Deployment/a"), &["--disable-reduce"]));
    assert!(has(&args("3.11.1", "Deployment/gateway"), &["--deployments-disable-reduce", r#"["a"]"#]));
    // Under compat Jina's exporter decides: it does not use the old names or the version of the images.
    let compat = export(text, &["--compat", "jina-3.34", "--jina-version", "3.11.1"]);
    assert!(compat.stdout.contains("--no-reduce") && !compat.stdout.contains("--uses-with"), "{}", compat.stderr);
}

#[test]
fn options_that_the_container_images_do_not_support_are_errors() {
    let mut messages = Messages::new("language_versions");
    let cases: [(&str, &str, &[&str]); 6] = [
        ("3.10.1", "executors: [{name: a, tracing: true}]", &["executors[0].tracing option-too-new"]),
        ("3.15.0", "with: {stateful: true}", &["with.stateful option-too-new", "with.stateful stateful-gateway"]),
        ("3.11.0", "with: {protocol: [grpc, http]}", &["with.protocol option-too-new"]),
        ("3.9.2", "gateway: {uses: docker://x/g}", &["gateway.uses option-too-new"]),
        ("3.6.16", "executors: []", &["--jina-version unsupported-jina-version"]),
        ("4.0.0", "executors: []", &["--jina-version unsupported-jina-version"]),
    ];
    for (version, flow, expected) in cases {
        let answer = export(&format!("jtype: Flow\n{flow}\n"), &["--jina-version", version]);
        assert_eq!(answer.code, 1, "{version} {flow}");
        let mut found = found(&answer);
        // An executor without an image gives a separate warning.
        found.retain(|finding| !finding.ends_with(" uses-missing"));
        let expected: Vec<String> = expected.iter().map(|finding| format!("error {finding}")).collect();
        assert_eq!(found, expected, "{version} {flow}");
        messages.add(&format!("{version}: {flow}"), &answer);
    }
    let deployment = "jtype: Deployment\nwith: {name: d, protocol: http}\n";
    let answer = export(deployment, &["--jina-version", "3.14.1"]);
    assert_eq!(found(&answer), ["error with.protocol option-too-new", "warning with.uses uses-missing"]);
    messages.add("3.14.1: a Deployment with HTTP", &answer);
    messages.compare();
    assert_eq!(export(deployment, &["--jina-version", "3.15.4"]).code, 0);
}

#[test]
fn an_option_without_effect_is_reported_once() {
    let text = "jtype: Flow\nwith: {port: 12345, quiet: true}\nexecutors:\n- {name: a, docker_kwargs: {a: b}, title: T}\n- {name: b, docker_kwargs: {a: b}, native: true, host: 10.0.0.1, port_monitoring: 1}\n- {name: c, force_update: false, port: 8080, host: 0.0.0.0}\n";
    let answer = export(text, &[]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let mut findings = found(&answer);
    // An executor without an image gives a separate warning.
    findings.retain(|finding| !finding.ends_with(" uses-missing"));
    let expected = [
        "with.port",
        "with.quiet",
        "executors[0].docker_kwargs",
        "executors[0].title",
        "executors[1].native",
        "executors[1].host",
        "executors[1].port_monitoring",
    ];
    assert_eq!(findings, expected.map(|path| format!("warning {path} field-without-effect")), "{}", answer.stderr);
    let mut messages = Messages::new("language_without_effect");
    messages.add("options without effect", &answer);
    messages.compare();
}

#[test]
fn the_schema_and_the_pages_equal_the_table() {
    let schema = jinaflow(&["schema"]).succeeded().stdout;
    assert_recorded(&root().join("functions/jinaflow/schema.json"), &schema);
    for (name, file) in [("patch", "patch.schema.json"), ("flow", "flow.schema.json"), ("check", "check.schema.json"), ("crd", "crd.yaml")]
    {
        let text = jinaflow(&["schema", name]).succeeded().stdout;
        assert_recorded(&root().join("functions/jinaflow").join(file), &text);
        assert!(name == "crd" || text.contains(&format!("/functions/jinaflow/{file}\"")), "{text}");
    }
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_recorded(&root().join("functions/jinaflow/options.md"), &jinaflow(&["options"]).succeeded().stdout);
    for row in jinaflow::internals::jina::options::TABLE {
        let of = |section: &str, name: &str| schema["definitions"][section]["properties"][name]["description"].as_str().map(str::to_owned);
        let description = ["with", "gateway", "executor"].into_iter().find_map(|section| of(section, row.name));
        assert!(description.is_some_and(|text| text.starts_with(row.doc)), "{}", row.name);
    }
    let page = jinaflow(&["fields"]).succeeded().stdout;
    assert_recorded(&root().join("functions/jinaflow/fields.md"), &page);
    let spec = schema["properties"]["spec"]["properties"].as_object().unwrap();
    let expected: Vec<&String> = spec.keys().collect();
    let of_the_table = |name: &&String| page.contains(&format!("- `{name}`"));
    let others: Vec<&&String> = expected.iter().filter(|name| !of_the_table(name)).collect();
    assert!(others.is_empty(), "fields.md lacks {others:?}");
    // The program reads every field that the schema lists.
    let wrong = function(&list("flwo: x\nflow: {jtype: Flow}"));
    assert_eq!(wrong.results(), ["spec.flwo unknown-field"]);
    let complete: String = spec.keys().map(|field| format!("{field}: 1\n")).collect();
    let complete = function(&list(&complete));
    assert!(!complete.stderr.is_empty() && !complete.codes().contains(&"unknown-field"), "{}", complete.stderr);
}

/// Names of executors that are not unique, and the fixes in the messages.
#[test]
fn executor_names_must_be_unique() {
    let gateway = "jtype: Flow\nexecutors:\n- {name: a, uses: 'docker://x/a'}\n- {name: gateway, uses: 'docker://x/g', replicas: 3}\n";
    let refused = export(gateway, &[]);
    assert_eq!(refused.code, 1);
    assert_eq!(found(&refused), ["error executors[1].name reserved-name"], "{}", refused.stderr);
    let moved = "jtype: Flow\ngateway: {uses: 'docker://x/g', replicas: 3}\nexecutors:\n- {name: a, uses: 'docker://x/a'}\n";
    assert_eq!(container(&export(moved, &[]).succeeded().documents(), "Deployment/gateway", "image"), "x/g");
    // Jina reports nothing, and exports the others.
    let as_jina = export(gateway, &["--compat", "jina-3.34"]);
    assert_eq!(as_jina.code, 0);
    assert_eq!(found(&as_jina), ["warning executors[1].name reserved-name"], "{}", as_jina.stderr);

    let twice = "jtype: Flow\nexecutors:\n- {name: a, uses: 'docker://x/a'}\n- {name: a, uses: 'docker://x/b'}\n";
    let warned = export(twice, &[]);
    assert_eq!(warned.code, 0);
    assert_eq!(found(&warned), ["warning executors[1].name duplicate-name"], "{}", warned.stderr);
    warned.says("`a1`");
    let mut messages = Messages::new("language_names");
    messages.add("an executor with the name of the gateway", &refused);
    messages.add("the same under compat", &as_jina);
    messages.add("two executors with one name", &warned);
    messages.compare();
    assert_eq!(container(&warned.documents(), "Deployment/a1", "image"), "x/b");
    export(&twice.replacen("name: a", "name: b", 1), &[]).succeeded();
}

/// An object with jinaflow's API group and an unknown kind would be ignored silently.
#[test]
fn an_unknown_kind_is_refused() {
    let config = "apiVersion: flow.jina.ai/v1alpha1\nkind: Jinaflow\nmetadata: {name: f}\nspec: {flow: {jtype: Flow}}\n";
    let indented = config.replace('\n', "\n  ");
    let list = format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {}\n", indented.trim_end());
    for answer in [export(config, &[]), function(&list), run(program(&["check", "-"]), config.as_bytes())] {
        assert_eq!(answer.code, 1);
        assert_eq!(found(&answer), ["error kind unknown-kind"], "{}", answer.stderr);
        answer.says("did you mean `JinaFlow`?");
    }
    export(&config.replace("Jinaflow", "JinaFlow"), &[]).succeeded();
    function(&list.replace("Jinaflow", "JinaFlow")).succeeded();
}

/// The findings about executors without an image are about another problem.
fn without_images(run: &Run) -> Vec<String> {
    found(run).into_iter().filter(|finding| !finding.ends_with(" uses-missing")).collect()
}

fn executor(options: &str) -> String {
    format!("jtype: Flow\nexecutors:\n- {{name: a, uses: docker://x/a, {options}}}\n")
}

#[test]
fn options_that_jina_ignores_are_warnings_with_their_fate() {
    let mut messages = Messages::new("language_ignored_options");
    for (options, expected, says) in [
        ("read_only: true", "removed-option", "since Jina 2.0"),
        ("resources: {limits: {memory: 1Gi}}", "unknown-field", "`spec.executors.NAME.resources`"),
        ("node_selector: {a: b}", "unknown-field", "`spec.executors.NAME.nodeSelector`"),
        ("with: {a: b}", "unknown-field", "`uses_with`"),
        ("frobnicate: 1", "unknown-field", "ignored as in Jina"),
        ("rest_api: false", "removed-option", "option of the gateway"),
        ("parallel: 2, replicas: 3", "removed-option", "`replicas` is set too"),
        ("docker_kwargs: many", "field-without-effect", "no effect"),
        ("port_expose: $NOPE", "field-without-effect", "no effect"),
        ("host: $NOPE", "field-without-effect", "no effect"),
        ("prefetch: many", "misplaced-option", "`gateway`"),
    ] {
        let answer = export(&executor(options), &[]);
        let key = options.split(':').next().unwrap_or_default();
        assert_eq!(answer.code, 0, "{options}: {}", answer.stderr);
        assert_eq!(found(&answer), [format!("warning executors[0].{key} {expected}")], "{options}: {}", answer.stderr);
        answer.says(says);
        messages.add(options, &answer);
    }
    // The advice "remove it".
    export(&executor(""), &[]).succeeded();
    messages.compare();
    // The same option in several executors is one warning.
    let two =
        "jtype: Flow\nexecutors:\n- {name: a, uses: docker://x/a, read_only: true}\n- {name: b, uses: docker://x/b, read_only: true}\n";
    assert_eq!(found(&export(two, &[])), ["warning executors[0].read_only removed-option"]);
    for (options, expected) in
        [("shrads: 2", "executors[0].shrads unknown-field"), ("timeout: 2", "executors[0].timeout abbreviated-option")]
    {
        let answer = export(&executor(options), &[]);
        assert_eq!((answer.code, found(&answer)), (1, vec![format!("error {expected}")]), "{}", answer.stderr);
    }
    // An external executor is called at its port, so the port has an effect.
    assert_eq!(found(&export(&executor("external: true, host: h, port: x"), &[]))[0], "error executors[0].port value-out-of-range");
}

#[test]
fn the_advice_about_an_option_of_kubernetes_works() {
    for (section, place) in [
        ("executors: [{name: a, uses: docker://x/a, resources: {}}]", "executors: {a"),
        ("gateway: {resources: {}}", "gateway"),
        ("with: {resources: {}}", "defaults"),
    ] {
        let answer = export(&format!("jtype: Flow\n{section}\n"), &[]);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        answer.says(&format!("set `spec.{}", place.replace(": {a", ".NAME")));
        let close = if place.contains('{') { "}" } else { "" };
        let flow = section.replace(", resources: {}", "").replace("resources: {}", "");
        let config = format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: f}}\nspec:\n  {place}: {{resources: {{limits: {{memory: 1Gi}}}}}}{close}\n  flow:\n    jtype: Flow\n    {flow}\n"
        );
        assert!(export(&config, &[]).succeeded().stdout.contains("memory: 1Gi"), "{place}");
    }
    let fields = jinaflow::internals::config::fields::LAYER;
    for name in jinaflow::internals::jina::former::fields() {
        assert!(fields.iter().any(|field| field.name == name), "{name}");
    }
}

#[test]
fn an_abbreviation_is_the_option_as_in_jina() {
    let short = export(&executor("uses_request: {/a: b}, volume: /d"), &[]);
    assert_eq!(short.code, 0, "{}", short.stderr);
    let expected = ["warning executors[0].uses_request abbreviated-option", "warning executors[0].volume abbreviated-option"];
    assert_eq!(found(&short), expected);
    assert_eq!(short.stdout, export(&executor("uses_requests: {/a: b}, volumes: /d"), &[]).succeeded().stdout);
}

#[test]
fn a_variable_without_a_value_is_one_message_with_every_place() {
    let text = "jtype: Flow\nwith: {protocol: $PROTO, workspace: /w/$WORK}\nexecutors:\n- {name: a, uses: 'docker://x/a:${{ ENV.TAG }}', replicas: $N, shards: '${{ ENV.N }}', env: {A: $WORK, B: costs $5}}\n- {name: b, uses: 'docker://x/b:$TAG'}\n";
    let answer = export(text, &[]);
    let expected = [
        "error with.protocol undefined-variable",
        "error executors[0].uses undefined-variable",
        "error executors[0].replicas undefined-variable",
        "warning with.workspace undefined-variable",
    ];
    assert_eq!((answer.code, without_images(&answer)), (1, expected.map(str::to_owned).to_vec()), "{}", answer.stderr);
    for words in [
        "`TAG`, which has no value; also used in executors[1].uses",
        "also used in executors[0].shards",
        "`$WORK` stays",
        "also used in executors[0].env.A",
    ] {
        assert!(answer.stderr.contains(words), "{words}: {}", answer.stderr);
    }
    let mut messages = Messages::new("language_variables");
    messages.add("several variables", &answer);
    let near = export(text, &["--context", "PROT=http", "--context", "N=1", "--context", "WORK=w", "--context", "TAG=1"]);
    assert_eq!(without_images(&near), ["error with.protocol undefined-variable"]);
    near.says("did you mean `PROT`?");
    messages.add("a similar name has a value", &near);

    // Each way to set the variables.
    let values = [("PROTO", "http"), ("WORK", "w"), ("TAG", "1"), ("N", "2")];
    let flags: Vec<String> = values.iter().flat_map(|(name, value)| ["--context".to_owned(), format!("{name}={value}")]).collect();
    let by_flags = export(text, &flags.iter().map(String::as_str).collect::<Vec<_>>()).succeeded();
    let folder = scratch("env-file");
    let file = folder.join("values.env");
    fs::write(&file, "# values\nexport PROTO=http\nWORK='w'\nTAG=\"1\" # quoted\nN=3\n").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(export(text, &["--env-file", file, "--context", "N=2"]).succeeded().stdout, by_flags.stdout);
    let indented: String = text.lines().map(|line| format!("    {line}\n")).collect();
    let context: String = values.iter().map(|(name, value)| format!("    {name}: \"{value}\"\n")).collect();
    let config = format!(
        "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: flow}}\nspec:\n  context:\n{context}  flow: |\n{indented}"
    );
    export(&config, &[]).succeeded();

    fs::write(folder.join("wrong.env"), "A=1\nB\n").unwrap();
    for (name, code) in [("wrong.env", "invalid-env-file"), ("missing.env", "file-unreadable")] {
        let wrong = export(text, &["--env-file", folder.join(name).to_str().unwrap()]);
        assert_eq!((wrong.code, wrong.codes()), (1, vec![code]));
        wrong.says(name);
        messages.add(name, &wrong);
    }
    messages.compare();
}

#[test]
fn variables_of_the_container_are_left_to_the_container() {
    export(&executor("uses_with: {token: $TOKEN}, env_from_secret: {TOKEN: {name: s, key: k}}"), &[]).succeeded();
    let answer = export(&executor("uses_with: {token: $TOKEN}"), &[]);
    assert_eq!((answer.code, found(&answer)), (0, vec!["warning executors[0].uses_with.token undefined-variable".to_owned()]));
    let answer = export(&executor("uses_with: {token: '${{ secrets.TOKEN }}'}"), &[]);
    assert_eq!((answer.code, found(&answer)), (0, vec!["warning executors[0].uses_with.token undefined-reference".to_owned()]));
    let answer = export(&executor("uses_with: {token: '${{TOKEN}}'}"), &[]);
    answer.says("write `${{ ENV.TOKEN }}`");
    export(&executor("uses_with: {token: '${{ ENV.TOKEN }}'}"), &["--context", "TOKEN=t"]).succeeded();
}

#[test]
fn a_template_is_one_message() {
    let mut messages = Messages::new("language_templates");
    for text in [
        "jtype: Flow\nexecutors:\n- {name: a, uses: docker://x/a, replicas: {{ N }}}\n",
        "jtype: Flow\nexecutors:\n- name: a\n  uses: {{ .Values.image }}\n  shards: {{ .Values.n | default 1 }}\n",
        "{% if a %}\njtype: Flow\n{% endif %}\n",
        "{{- with .Values.flow }}\njtype: Flow\n{{- end }}\n",
        "{{ flow }}\n",
        "jtype: Flow\nwith: {port: {{ a }}, port: {{ b }}}\n",
        "jtype: Flow\nexecutors:\n- {name: a, uses: 'docker://x/a:{{ tag }}'}\n",
        "jtype: Flow\nwith: {port: {{ a }}}\nexecutors:\n- {name: a, uses: docker://x/a:{{ b }}:{{ c }}}\n",
    ] {
        let answer = export(text, &[]);
        assert_eq!((answer.code, answer.codes()), (1, vec!["template-expression"]), "{text}: {}", answer.stderr);
        messages.add(&text.replace('\n', " / "), &answer);
        let inner: String = text.lines().map(|line| format!("  {line}\n")).collect();
        let answer = function(&list(&format!("flow: |\n{inner}")));
        assert_eq!((answer.code, answer.codes()), (1, vec!["template-expression"]), "{text}: {}", answer.stderr);
    }
    messages.compare();
    // Prompts may be templates of the executor.
    export(&executor("uses_with: {prompt: 'Hello {{ name }}'}"), &[]).succeeded();
    export("jtype: Flow\nexecutors:\n- {name: a, uses: docker://x/a, replicas: '${{ ENV.N }}'}\n", &["--context", "N=2"]).succeeded();
}

#[test]
fn flows_of_jina_1_and_2_are_read_as_flows_of_jina_3() {
    let old = "!Flow\nversion: '1'\nwith: {rest_api: true, port_expose: 8080, return_results: true}\npods:\n- {name: a, uses: docker://x/a, parallel: 2, read_only: true, upload-files: [x], uses_after: _merge}\n- {name: b, uses: _pass, needs: gateway}\n- {name: c, uses: _merge, needs: [a, b], method: needs}\n";
    let new = "!Flow\nversion: '1'\nwith: {protocol: http}\nexecutors:\n- {name: a, uses: docker://x/a, replicas: 2}\n- {name: b, uses: BaseExecutor, needs: gateway}\n- {name: c, uses: BaseExecutor, needs: [a, b], method: needs}\n";
    let answer = export(old, &[]);
    assert_eq!((answer.code, found(&answer)), (0, vec!["warning pods older-language".to_owned()]), "{}", answer.stderr);
    for words in [
        "`parallel` to `replicas`",
        "`rest_api` to `protocol: http`",
        "ignored: `read_only`, `return_results`, `upload_files`, `uses_after: _merge`",
    ] {
        answer.says(words);
    }
    let mut messages = Messages::new("language_older_languages");
    messages.add("pods", &answer);
    // The advice: the new names.
    assert_eq!(export(new, &[]).succeeded().stdout, answer.stdout);
    // Without `pods`, several old options are one warning too.
    let mixed =
        export("jtype: Flow\nwith: {rest_api: true}\nexecutors:\n- {name: a, uses: docker://x/a, parallel: 2, read_only: true}\n", &[]);
    assert_eq!((mixed.code, found(&mixed)), (0, vec!["warning with.rest_api older-language".to_owned()]), "{}", mixed.stderr);
    messages.add("executors with old options", &mixed);
    let top = export("!Flow\na: {uses: docker://x/a, parallel: 2}\nb: {uses: docker://x/b, needs: gateway}\n", &[]);
    assert_eq!(top.code, 0, "{}", top.stderr);
    assert_eq!(container(&top.documents(), "Deployment/b", "image"), "x/b");
    messages.add("executors at the top level", &top);
    assert!(jinaflow(&["explain", "rest-api"]).succeeded().stdout.contains("`protocol: HTTP`"));
    // Copies that all get each request are shards.
    let shards = export("jtype: Flow\npods: [{name: a, uses: docker://x/a, parallel: 2, polling: all, rest_api: true}]\n", &[]);
    assert!(shards.code == 0 && shards.stdout.contains("name: a-1"), "{}", shards.stderr);
    messages.add("parallel with polling: all", &shards);
    // Fields of a JinaFlow name the executors.
    let config = "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {name: f}\nspec:\n  executors: {a: {flow: {shards: 2}}}\n  flow:\n    jtype: Flow\n    pods: [{name: a, uses: docker://x/a}]\n";
    assert!(export(config, &[]).stdout.contains("name: a-1"));
    // Jina 3.34 ignores `pods`.
    let as_jina = export(old, &["--compat", "jina-3.34"]);
    assert!(as_jina.code == 0 && !as_jina.stdout.contains("name: a"), "{}", as_jina.stdout);
    messages.compare();
}

#[test]
fn flows_of_jina_0_are_one_error() {
    let mut messages = Messages::new("language_jina_0");
    for (text, path) in [
        ("!Flow\nwith: {logserver: true, read_only: true}\npods:\n  a: {uses: x.yml, parallel: $P}\n  b: {uses: _merge}\n", "pods"),
        ("!Flow\nversion: '1'\npods:\n- name: a\n  uses: {jtype: E, requests: {on: {SearchRequest: [!D {}]}}}\n", "pods[0].uses"),
    ] {
        let answer = export(text, &[]);
        assert_eq!((answer.code, found(&answer)), (1, vec![format!("error {path} older-language")]), "{text}: {}", answer.stderr);
        messages.add(path, &answer);
    }
    messages.compare();
    export("!Flow\nexecutors:\n- name: a\n  uses: docker://x/a\n- name: b\n  uses: docker://x/b\n", &[]).succeeded();
}

#[test]
fn deployments_in_other_files_are_read_on_the_command_line() {
    let folder = scratch("nested");
    let outside = scratch("nested-outside");
    let write = |name: &str, text: &str| {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    };
    write("a.yml", "jtype: Deployment\nversion: '1'\nwith: {name: enc, uses: 'docker://x/a:$TAG', timeout_send: 7}\n");
    write("sub/b.yml", "!Deployment\nwith: {uses: docker://x/b, shards: 2, timeout_send: 7}\n");
    write("class.yml", "jtype: Encoder\nwith: {}\n");
    let flow = "jtype: Flow\nwith: {retries: 3}\nexecutors:\n- a.yml\n- {name: idx, uses: sub/b.yml, timeout_send: 9, needs: executor0}\n";
    write("flow.yml", flow);
    let run_in = |name: &str, args: &[&str]| jinaflow(&[&["export", folder.join(name).to_str().unwrap()], args].concat());
    let objects = run_in("flow.yml", &["--context", "TAG=1"]).succeeded().documents();
    assert_eq!(container(&objects, "Deployment/enc", "image"), "x/a:1");
    let args = |workload: &str| {
        container(&objects, workload, "args").as_array().unwrap().iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    // As in Jina, a Deployment from a file alone does not inherit options of the Flow.
    assert!(args("Deployment/enc").contains("--timeout-send 7") && !args("Deployment/enc").contains("--retries"));
    assert!(args("Deployment/idx-1").contains("--timeout-send 9") && args("Deployment/idx-1").contains("--retries 3"));
    assert!(args("Deployment/gateway").contains(r#""enc": ["idx"]"#), "{}", args("Deployment/gateway"));
    // The same in a JinaFlow, whose fields name the executor in the file.
    let indented: String = flow.lines().map(|line| format!("    {line}\n")).collect();
    write(
        "jinaflow.yaml",
        &format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: f}}\nspec:\n  context: {{TAG: '1'}}\n  executors: {{enc: {{flow: {{timeout_send: 8}}}}}}\n  flow: |\n{indented}"
        ),
    );
    assert!(run_in("jinaflow.yaml", &[]).succeeded().stdout.contains("--timeout-send\n        - \"8\""));

    fs::write(outside.join("a.yml"), "jtype: Deployment\nwith: {name: out}\n").unwrap();
    std::os::unix::fs::symlink(outside.join("a.yml"), folder.join("link.yml")).unwrap();
    write("broken.yml", "a: [");
    write("second.yml", "jtype: Deployment\nwith: {name: c, uses: a.yml}\n");
    write("large.yml", &format!("jtype: Deployment\n# {}\n", "x".repeat(1 << 20)));
    let names = [
        "missing.yml",
        "../a.yml",
        "/etc/hosts.yml",
        "link.yml",
        "flow.yml",
        "class.yml",
        "broken.yml",
        "second.yml",
        "large.yml",
        "sub.yml",
    ];
    fs::create_dir(folder.join("sub.yml")).unwrap();
    let list: String = names.iter().map(|name| format!("- {name}\n")).collect();
    write("wrong.yml", &format!("jtype: Flow\nexecutors:\n{list}- {{name: a, uses: a.yml}}\n"));
    let wrong = run_in("wrong.yml", &["--context", "TAG=1"]);
    let expected: Vec<String> = (0..names.len()).map(|index| format!("error executors[{index}] executor-from-file")).collect();
    assert_eq!((wrong.code, found(&wrong)), (1, expected), "{}", wrong.stderr);
    let mut messages = Messages::new("language_nested_files");
    messages.add("wrong files", &wrong);
    let in_list = function(&list_of(flow));
    assert_eq!(in_list.code, 1);
    in_list.says("write the options from that file here");
    messages.add("a function", &in_list);
    messages.compare();
}

/// A folder with files, and a function that exports one of them.
fn exported_from(name: &str, files: &[(&str, &str)]) -> (std::path::PathBuf, impl Fn(&str) -> Run + use<>) {
    let folder = scratch(name);
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
    let of = folder.clone();
    (folder, move |file: &str| jinaflow(&["export", of.join(file).to_str().unwrap()]))
}

#[test]
fn more_nested_files_than_the_limit_are_one_error() {
    let (folder, export_in) = exported_from("nested-many", &[("class.yml", "jtype: Encoder\nwith: {}\n")]);
    let entries = |count: usize, uses: &dyn Fn(usize) -> String| -> String {
        (0..count).map(|index| format!("- {{name: e{index}, uses: {}}}\n", uses(index))).collect()
    };
    for index in 0..1003 {
        fs::write(folder.join(format!("d{index}.yml")), "jtype: Deployment\nwith: {uses: docker://x/a}\n").unwrap();
    }
    let own = |index: usize| format!("d{index}.yml");
    fs::write(folder.join("flow.yml"), format!("jtype: Flow\nexecutors:\n{}", entries(1003, &own))).unwrap();
    let run = export_in("flow.yml");
    assert_eq!((run.code, found(&run)), (1, vec!["error executors[1000] too-large".to_owned()]), "{}", run.stderr);
    let mut messages = Messages::new("language_many_nested_files");
    messages.add("1003 files", &run);
    // Other files and further names of a file do not count.
    let others = entries(200, &|index| if index % 2 == 0 { format!("{}class.yml", "./".repeat(index)) } else { "none.yml".to_owned() });
    let again: String = (0..100).map(|index| format!("- {{name: f{index}, uses: ./d{index}.yml}}\n")).collect();
    let most: String = (0..1000).map(|index| format!("- {{name: g{index}, uses: d{index}.yml}}\n")).collect();
    fs::write(folder.join("flow.yml"), format!("jtype: Flow\nexecutors:\n{others}{again}{most}")).unwrap();
    let run = export_in("flow.yml");
    assert_eq!((run.code, found(&run)), (0, vec!["warning executors image-not-set".to_owned()]), "{}", run.stderr);
    // Entries may not copy one large file without limit.
    let large = format!("jtype: Deployment\nwith: {{uses: docker://x/a, env: {{A: {}}}}}\n", "x".repeat(1 << 19));
    fs::write(folder.join("d0.yml"), large).unwrap();
    fs::write(folder.join("flow.yml"), format!("jtype: Flow\nexecutors:\n{}", entries(300, &|_| "d0.yml".to_owned()))).unwrap();
    let run = export_in("flow.yml");
    assert_eq!((run.code, found(&run)), (1, vec!["error executors[15] too-large".to_owned()]), "{}", run.stderr);
    messages.add("copies of a large file", &run);
    // All files together have a limit.
    for index in 0..20 {
        fs::write(folder.join(format!("d{index}.yml")), format!("# {}\n", "x".repeat((1 << 20) - 100))).unwrap();
    }
    fs::write(folder.join("flow.yml"), format!("jtype: Flow\nexecutors:\n{}", entries(20, &own))).unwrap();
    let run = export_in("flow.yml");
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(found(&run).contains(&"error executors[16] too-large".to_owned()), "{}", run.stderr);
    messages.add("large files", &run);
    messages.compare();
}

#[test]
fn a_file_that_many_executors_name_is_read_once() {
    let lines: String = (0..40_000).map(|index| format!("  k{index}: {{a: [1, 2]}}\n")).collect();
    let class = format!("jtype: Encoder\nwith:\n{lines}");
    let entries: String = (0..300).map(|index| format!("- {{name: e{index}, uses: {}big.yml}}\n", "./".repeat(index % 3))).collect();
    let flow = format!("jtype: Flow\nexecutors:\n{entries}");
    let (_, export_in) = exported_from("nested-big", &[("big.yml", &class), ("flow.yml", &flow)]);
    let start = std::time::Instant::now();
    assert_eq!(export_in("flow.yml").code, 0);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn a_file_in_uses_that_cannot_be_used_is_a_warning_with_the_reason() {
    let large = format!("jtype: Deployment\n# {}\n", "x".repeat(1 << 20));
    let outside = scratch("nested-uses-outside");
    fs::write(outside.join("d.yml"), "jtype: Deployment\n").unwrap();
    let names = ["broken", "two", "inner", "large", "link", "folder"];
    // Configurations of classes, and names without a file.
    let silent = ["class", "tagged", "plain", "empty", "other", "absent", "../absent"];
    let entries: String =
        names.iter().chain(&silent).enumerate().map(|(index, name)| format!("- {{name: e{index}, uses: {name}.yml}}\n")).collect();
    let flow = format!("jtype: Flow\nexecutors:\n{entries}");
    let (folder, export_in) = exported_from(
        "nested-uses",
        &[
            ("flow.yml", &flow),
            ("broken.yml", "jtype: Deployment\nwith: {\n"),
            ("two.yml", "jtype: Deployment\n---\njtype: Deployment\n"),
            ("inner.yml", "jtype: Flow\n"),
            ("large.yml", &large),
            ("class.yml", "jtype: Encoder\n"),
            ("tagged.yml", "!Encoder\nwith: {}\n"),
            ("plain.yml", "with: {a: 1}\n"),
            ("empty.yml", ""),
            ("other.yml", "a: [\n"),
        ],
    );
    std::os::unix::fs::symlink(outside.join("d.yml"), folder.join("link.yml")).unwrap();
    fs::create_dir(folder.join("folder.yml")).unwrap();
    let run = export_in("flow.yml");
    let mut expected: Vec<String> = (0..names.len()).map(|index| format!("warning executors[{index}].uses executor-from-file")).collect();
    expected.push("warning executors image-not-set".to_owned());
    let mut all = found(&run);
    all.sort_by_key(|line| line.ends_with("image-not-set"));
    assert_eq!((run.code, all), (0, expected), "{}", run.stderr);
    let mut messages = Messages::new("language_nested_uses");
    messages.add("files that cannot be used", &run);
    messages.compare();
    // The advice: correct the files.
    fs::remove_file(folder.join("link.yml")).unwrap();
    fs::remove_dir(folder.join("folder.yml")).unwrap();
    for name in names.iter().chain(&silent[..6]) {
        fs::write(folder.join(format!("{name}.yml")), "jtype: Deployment\nwith: {uses: docker://x/a}\n").unwrap();
    }
    fs::write(folder.join("flow.yml"), flow.replace("../absent.yml", "docker://x/a")).unwrap();
    export_in("flow.yml").succeeded();
}

#[test]
fn a_nested_file_is_checked_as_strictly_as_the_flow() {
    let flow = "jtype: Flow\nexecutors:\n- {name: first, uses: docker://x/a}\n- a.yml\n- {name: b, uses: b.yml}\n- {name: c, uses: a.yml}\n- {name: d, uses: d.yml}\n- e.yml\n";
    let (folder, export_in) = exported_from(
        "nested-strict",
        &[
            ("flow.yml", flow),
            ("a.yml", "jtype: Deployment\nwith:\n  name: a\n  uses: docker://x/a\n  replicas: 2\n  replicas: 3\n"),
            ("b.yml", "jtype: Deployment\nwith: {uses: docker://x/a}\nwith: {uses: docker://x/b}\n"),
            ("d.yml", "jtype: Deployment\nuses: docker://x/d\nwith: [1]\n"),
            ("e.yml", "jtype: Deployment\nname: e\nuses: docker://x/e\nwith: foo\n"),
        ],
    );
    let run = export_in("flow.yml");
    let expected = [
        "error executors[1].with.replicas duplicate-key",
        "error executors[2].with duplicate-key",
        "error executors[4].with wrong-type",
        "error executors[5].with wrong-type",
    ];
    assert_eq!((run.code, found(&run)), (1, expected.map(str::to_owned).to_vec()), "{}", run.stderr);
    let mut messages = Messages::new("language_nested_strict");
    messages.add("mistakes in files", &run);
    // Jina ignores `needs` in a file.
    let correct = "jtype: Deployment\nwith: {name: a, uses: docker://x/a, needs: first}\n";
    fs::write(folder.join("a.yml"), correct).unwrap();
    let start = "jtype: Flow\nexecutors:\n- {name: first, uses: docker://x/a}\n";
    fs::write(folder.join("flow.yml"), format!("{start}- a.yml\n")).unwrap();
    let run = export_in("flow.yml");
    assert_eq!((run.code, found(&run)), (0, vec!["warning executors[1].with.needs field-without-effect".to_owned()]), "{}", run.stderr);
    messages.add("needs in a file", &run);
    // The advice: move it to the entry of the Flow.
    fs::write(folder.join("a.yml"), correct.replace(", needs: first", "")).unwrap();
    fs::write(folder.join("flow.yml"), format!("{start}- {{name: a, uses: a.yml, needs: first}}\n")).unwrap();
    export_in("flow.yml").succeeded();
    messages.compare();
}

#[test]
fn executors_and_deployments_together_are_an_error() {
    let mut messages = Messages::new("language_two_lists");
    for executors in ["executors: [{name: a, uses: docker://x/a}]", "executors: []"] {
        let flow = format!("jtype: Flow\n{executors}\ndeployments: [{{name: z, uses: docker://x/z}}]\n");
        let run = export(&flow, &[]);
        assert_eq!((run.code, found(&run)), (1, vec!["error deployments conflicting-options".to_owned()]), "{}", run.stderr);
        messages.add(executors, &run);
        // Jina ignores `deployments`.
        let as_jina = export(&flow, &["--compat", "jina-3.34"]);
        assert_eq!((as_jina.code, found(&as_jina)), (0, vec!["warning deployments conflicting-options".to_owned()]), "{}", as_jina.stderr);
        assert!(!as_jina.stdout.contains("x/z"), "{}", as_jina.stdout);
        messages.add(&format!("{executors} with compat"), &as_jina);
    }
    // The advice: move all entries to `executors`.
    let moved = "jtype: Flow\nexecutors: [{name: a, uses: docker://x/a}, {name: z, uses: docker://x/z}]\n";
    export(moved, &[]).succeeded();
    export("jtype: Flow\nexecutors: [{name: a, uses: docker://x/a}]\ndeployments: []\n", &[]).succeeded();
    messages.compare();
}

#[test]
fn a_named_pipe_instead_of_a_folder_is_an_error() {
    let flow = flow_file("jtype: Flow\nexecutors: [{name: a, uses: docker://x/a}]\n");
    let folder = scratch("pipe-as-folder");
    let pipe = folder.join("d");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for command in ["init", "export"] {
        let run = jinaflow(&[command, &flow, pipe.to_str().unwrap()]);
        assert_eq!(run.code, 1, "{command}: {}", run.stderr);
        assert!(run.stderr.contains("error[wrong-file-type]"), "{command}: {}", run.stderr);
        jinaflow(&[command, &flow, folder.join(format!("{command}-d")).to_str().unwrap()]).succeeded();
    }
}

fn list_of(flow: &str) -> String {
    let indented: String = flow.lines().map(|line| format!("  {line}\n")).collect();
    list(&format!("flow: |\n{indented}"))
}

#[test]
fn a_former_option_overrides_an_inherited_option() {
    let flow = "jtype: Flow\nwith: {replicas: 4}\nexecutors:\n- {name: a, uses: docker://a/b:1, parallel: 3}\n";
    let run = export(flow, &[]);
    let objects = run.documents();
    let workload = objects.iter().find(|object| label(object) == "Deployment/a").unwrap();
    assert_eq!(workload["spec"]["replicas"], 3, "{}", run.stderr);
}

#[test]
fn expressions_without_an_end_are_read_fast() {
    // With a search for the end at each `$`, this takes minutes.
    let text = "${{ ".repeat(200_000);
    let run = export(&format!("jtype: Flow\nexecutors:\n- {{name: a, uses: docker://a/b:1, env: {{A: '{text}'}}}}\n"), &[]);
    assert!(run.code <= 1, "{}", run.stderr);
}

#[test]
fn an_option_with_an_error_causes_no_advice_about_others() {
    let with = |option: &str| format!("jtype: Flow\nexecutors:\n- {{name: a, uses: docker://a/b, {option}}}\n");
    for (option, expected) in [
        ("shards: $SHARDS, polling: all, uses_after: docker://a/b", "executors[0].shards undefined-variable"),
        ("shards: two, polling: all, uses_after: docker://a/b", "executors[0].shards wrong-type"),
        ("stateful: true, workspace: [a, b]", "executors[0].workspace wrong-type"),
        ("external: $EXTERNAL, host: h, port: 81", "executors[0].external undefined-variable"),
    ] {
        assert_eq!(found(&export(&with(option), &[])), [format!("error {expected}")], "{option}");
    }
    let inherited =
        "jtype: Flow\nwith: {shards: two}\nexecutors:\n- {name: a, uses: docker://a/b, polling: all, uses_after: docker://a/b}\n";
    assert_eq!(found(&export(inherited, &[])), ["error with.shards wrong-type"]);
    // Other mistakes are reported too, and the options of other executors.
    let both = "jtype: Flow\nexecutors:\n- {name: a, uses: docker://a/b, shards: two, replicas: 0}\n- {name: b, uses: docker://a/b, polling: all}\n";
    assert_eq!(
        found(&export(both, &[])),
        [
            "error executors[0].shards wrong-type",
            "error executors[0].replicas value-out-of-range",
            "warning executors[1].polling field-without-effect",
        ]
    );
    let shard =
        "jtype: Flow\nexecutors:\n- {name: a, uses: docker://a/b, floating: $FLOATING}\n- {name: b, needs: gateway, uses: docker://a/b}\n";
    assert_eq!(found(&export(shard, &[])), ["error executors[0].floating undefined-variable"]);
}

#[test]
fn findings_about_an_option_are_at_the_key_that_the_user_wrote() {
    let executors = "executors:\n- name: a\n  uses: docker://a/b\n- name: b\n  uses: docker://a/b\n";
    for (with, place, line) in [
        ("port_expose: 45678", "warning with.port_expose field-without-effect", 3),
        ("timeout-ready: -1", "warning with.timeout-ready endless-timeout", 3),
        ("replicas: 0", "error with.replicas value-out-of-range", 3),
        ("provider: SAGEMAKER", "error with.provider protocol-not-supported", 3),
    ] {
        let run = export(&format!("jtype: Flow\nwith:\n  {with}\n{executors}"), &[]);
        assert_eq!(found(&run), [place], "{with}: {}", run.stderr);
        assert!(run.stderr.contains(&format!("flow.yml:{line}:")), "{with}: {}", run.stderr);
    }
    let older = "!Flow\nversion: '1'\npods:\n- name: a\n  uses: docker://a/b\n  port_in: 45678\n";
    let run = export(older, &[]);
    assert_eq!(found(&run), ["warning pods older-language", "warning pods[0].port_in field-without-effect"]);
    assert!(run.stderr.contains("flow.yml:6:"), "{}", run.stderr);
}

#[test]
fn an_option_without_effect_is_reported_at_every_place() {
    let flow = "jtype: Flow\nexecutors:\n- {name: a, uses: docker://a/b, host: h}\n- {name: b, uses: docker://a/b, host: i, port: $P}\n- {name: c, uses: docker://a/b, port: $P}\n";
    assert_eq!(
        found(&export(flow, &[])),
        ["0].host", "1].host", "1].port", "2].port"].map(|place| format!("warning executors[{place} field-without-effect"))
    );
}

#[test]
fn gpus_that_kubernetes_does_not_assign_are_reported() {
    let with = |gpus: &str| format!("jtype: Flow\nexecutors:\n- {{name: a, uses: docker://a/b, gpus: {gpus}}}\n");
    for (gpus, expected) in [
        ("all", "warning executors[0].gpus field-without-effect"),
        ("-1", "error executors[0].gpus value-not-allowed"),
        ("shared", "error executors[0].gpus value-not-allowed"),
        ("1", "info executors[0].gpus surge-needs-gpu"),
    ] {
        let run = export(&with(gpus), &[]);
        assert_eq!(found(&run), [expected], "{}", run.stderr);
        assert!(gpus == "1" || run.stderr.contains("write a number, such as `gpus: 1`"), "{}", run.stderr);
    }
    assert_eq!(export(&with("0"), &[]).stderr, "");
    assert_eq!(export(&with("all"), &["--compat", "jina-3.34"]).stderr, "");
}
