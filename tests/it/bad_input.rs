//! Bad input: every problem is reported on stderr, the exit code is 1, and the input is not lost.

use std::time::{Duration, Instant};

use crate::support::{Messages, Run, function, jinaflow, program, run, scratch};

fn list(spec: &str) -> String {
    list_in("", spec)
}

fn list_in(namespace: &str, spec: &str) -> String {
    let namespace = if namespace.is_empty() { String::new() } else { format!("    namespace: {namespace}\n") };
    let spec: String = spec.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {{name: kept}} # kept\n- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata:\n    name: f\n{namespace}  spec:\n{spec}"
    )
}

fn flow(body: &str) -> String {
    list(&format!("flow:\n  jtype: Flow\n{}", body.lines().map(|line| format!("  {line}\n")).collect::<String>()))
}

fn executors(entries: &[&str]) -> String {
    flow(&format!("executors:\n{}", entries.iter().map(|e| format!("- {{{e}}}\n")).collect::<String>()))
}

/// Runs the function, and asserts that it fails and returns all its input unchanged.
fn refused(input: &str) -> Run {
    let run = function(input);
    assert_eq!(run.code, 1, "{}", run.stderr);
    run.begins("error[");
    assert!(run.stdout.starts_with(input), "{}", run.stdout);
    let results = run.list()["results"].clone();
    let results = results.as_array().unwrap();
    assert_eq!(results.len(), run.findings().len(), "{}", run.stderr);
    for result in results {
        assert!(["error", "warning"].contains(&result["severity"].as_str().unwrap()));
        assert_eq!(result["resourceRef"]["kind"], "JinaFlow");
        assert_eq!(result["resourceRef"]["name"], "f");
        assert!(result["field"]["path"].as_str().is_some_and(|path| !path.is_empty()), "{result}");
    }
    run
}

#[test]
fn wrong_fields_of_the_config_are_reported() {
    let mut messages = Messages::new("bad_input_config");
    for (spec, expected) in [
        ("flwo: x\nflow: {jtype: Flow}", "spec.flwo unknown-field"),
        ("flow: {jtype: Flow}\nimage: {}", "spec.image misplaced-field"),
        ("flow: {jtype: Flow}\nreplicas: 2", "spec.replicas misplaced-field"),
        ("compat: jina-3.33\nflow: {jtype: Flow}", "spec.compat value-not-allowed"),
        ("jinaVersion: latest\nflow: {jtype: Flow}", "spec.jinaVersion unsupported-jina-version"),
        ("imagePattern: \"r/{nmae}\"\nflow: {jtype: Flow}", "spec.imagePattern invalid-image-pattern"),
        ("images: [a]\nflow: {jtype: Flow}", "spec.images wrong-type"),
        ("context: {A: {b: c}}\nflow: {jtype: Flow}", "spec.context.A wrong-type"),
        ("compat: none", "spec.flow missing-field"),
        ("flow: flow.yml", "spec.flow wrong-type"),
        ("flow: |\n  jtype: Flow\n  executors: [", "spec.flow invalid-yaml"),
        ("flow: \"\"", "spec.flow missing-field"),
    ] {
        let run = refused(&list(spec));
        assert_eq!(run.results(), [expected], "{spec}");
        messages.add(&spec.replace('\n', " / "), &run);
    }
    let run = refused(&list_in("my_flow", "flow: {jtype: Flow}"));
    assert_eq!(run.results(), ["metadata.namespace invalid-name"]);
    assert_eq!(run.list()["results"][0]["field"]["proposedValue"], "my-flow");
    messages.add("namespace my_flow", &run);
    messages.compare();
}

#[test]
fn wrong_flows_are_reported() {
    let mut messages = Messages::new("bad_input_flows");
    for (body, expected) in [
        ("jtyp: x", "spec.flow.jtyp unknown-field"),
        ("version: '2'", "spec.flow.version value-not-allowed"),
        ("with: 5", "spec.flow.with wrong-type"),
        ("executors: {a: b}", "spec.flow.executors wrong-type"),
        ("executors: [enc.yml]", "spec.flow.executors[0] executor-from-file"),
        ("executors: [[a]]", "spec.flow.executors[0] wrong-type"),
        ("pods: {a: {uses: x}}", "spec.flow.pods older-language"),
        ("executors: [{name: a, uses: {jtype: E, requests: {on: {SearchRequest: []}}}}]", "spec.flow.executors[0].uses older-language"),
        ("executors: []\npods: [{name: a}]", "spec.flow.pods unknown-field"),
        ("with: {timeout_send: {{ timeout }}}", "spec.flow template-expression"),
        ("with: {timeout_send: '{{ timeout }}'}", "spec.flow.with.timeout_send template-expression"),
        ("executors: [Encoder]", "spec.flow.executors[0] executor-from-file"),
        ("executer: []", "spec.flow.executer unknown-field"),
        ("with: {protcol: http}", "spec.flow.with.protcol unknown-field"),
        ("gateway: {name: edge}", "spec.flow.gateway.name reserved-name"),
        ("gateway: {replicas: 0}", "spec.flow.gateway.replicas value-out-of-range"),
        ("with: {protocol: [grpc, http, websocket], port: [1, 2]}", "spec.flow.with.port port-count-mismatch"),
        ("with: {protocol: ftp}", "spec.flow.with.protocol value-not-allowed"),
        ("with: {inspect: SOMETIMES}", "spec.flow.with.inspect value-not-allowed"),
    ] {
        let run = refused(&flow(body));
        assert_eq!(run.results(), [expected], "{body}");
        messages.add(body, &run);
    }
    for (spec, expected) in
        [("flow: {jtype: Pipeline}", "spec.flow.jtype value-not-allowed"), ("flow: {executors: []}", "spec.flow.jtype missing-field")]
    {
        let run = refused(&list(spec));
        assert_eq!(run.results(), [expected], "{spec}");
        messages.add(spec, &run);
    }
    messages.compare();
}

#[test]
fn wrong_executors_are_reported() {
    let mut messages = Messages::new("bad_input_executors");
    let long = "a".repeat(64);
    for (entry, expected) in [
        ("name: a, replicas: 0", "replicas value-out-of-range"),
        ("name: a, replicas: -2", "replicas value-out-of-range"),
        ("name: a, replicas: two", "replicas wrong-type"),
        ("name: a, shards: 0", "shards value-out-of-range"),
        ("name: a, shards: 99999999", "shards value-out-of-range"),
        ("name: a, needs: nobody", "needs unknown-executor"),
        ("name: a, needs: [a]", "needs needs-cycle"),
        ("name: a, needs: {b: c}", "needs wrong-type"),
        ("name: a, method: inspct", "method value-not-allowed"),
        ("name: a, method: needs, needs: gateway", "needs too-few-needs"),
        ("name: a.b", "name invalid-name"),
        ("name: 9to5", "name invalid-name"),
        ("name: trail_", "name invalid-name"),
        ("name: encodér", "name invalid-name"),
        (&format!("name: {long}"), "name name-too-long"),
        (&format!("name: {}, shards: 2", &long[..60]), "name name-too-long"),
        (&format!("name: {}, volumes: /d", &long[..53]), "name name-too-long"),
        ("name: a, protocol: http", "protocol protocol-not-supported"),
        ("name: a, protocol: websocket", "protocol protocol-not-supported"),
        ("name: a, image: x", "image image-without-class"),
        ("name: a, image: x, uses: 'docker://y'", "image image-without-class"),
        ("name: a, image: x, uses: a/config.yml", "image image-without-class"),
        ("name: a, image: [x], uses: Enc", "image wrong-type"),
        ("name: a, image: x, uses: {with: {}}", "uses missing-field"),
        ("name: a, imaeg: x", "imaeg unknown-field"),
        ("name: a, pod_ro: HEAD", "pod_ro abbreviated-option"),
        ("name: a, prefech: 5", "prefech unknown-field"),
        ("name: a, timeout: 5", "timeout abbreviated-option"),
        ("name: a, replcas: 3", "replcas unknown-field"),
        ("name: a, monitoring: off", "monitoring value-not-allowed"),
        ("name: a, gpus: many", "gpus value-not-allowed"),
        ("name: a, stateful: true", "workspace missing-field"),
        ("name: a, env_from_secret: {X: {name: s}}", "env_from_secret.X missing-field"),
        ("name: a, env: {'A B': c}", "env[\"A B\"] invalid-name"),
        ("name: a, env: {A: '${{ ENV.NOPE }}'}", "env.A undefined-variable"),
        ("name: a, replicas: $NOPE, shards: '${{ ENV.NOPE }}', env: {A: $NOPE}", "replicas undefined-variable"),
        ("name: $NOPE", "name undefined-variable"),
        ("name: a, needs: ['${NOPE}']", "needs[0] undefined-variable"),
        ("name: a, uses: 'docker://x:$NOPE'", "uses undefined-variable"),
        ("name: a, image: 'x:$NOPE', uses: Enc", "image undefined-variable"),
        ("name: a, external: true, host: [a, b, c], port: [1, 2]", "host address-count-mismatch"),
    ] {
        let run = refused(&executors(&[entry]));
        let mut found = run.results();
        // Most of these entries have no image, which gives a separate warning.
        found.retain(|result| !result.ends_with(" uses-missing"));
        assert_eq!(found, [format!("spec.flow.executors[0].{expected}")], "{entry}");
        messages.add(entry, &run);
    }
    messages.compare();
}

#[test]
fn conflicting_executors_are_reported() {
    let mut messages = Messages::new("bad_input_conflicts");
    for (entries, expected, fragment) in [
        (
            &["name: a_b, uses: 'docker://x'", "name: A-b, uses: 'docker://y'"][..],
            "spec.flow.executors[1].name kubernetes-name-collision",
            "`a-b`",
        ),
        (&["name: idx, shards: 2", "name: idx_head"], "spec.flow.executors[1].name kubernetes-name-collision", "`idx-head`"),
        (&["name: Gateway"], "spec.flow.executors[0].name kubernetes-name-collision", "`gateway`"),
        (
            &["name: a, needs: c", "name: b, needs: a", "name: c, needs: b"],
            "spec.flow.executors[0].needs needs-cycle",
            "a needs c needs b needs a",
        ),
    ] {
        let run = refused(&executors(entries));
        let mut found = run.results();
        // Some of these entries have no image, which gives a separate warning.
        found.retain(|result| !result.ends_with(" uses-missing"));
        assert_eq!(found, [expected], "{}", run.stderr);
        run.says(fragment);
        messages.add(&entries.join(" / "), &run);
    }
    messages.compare();
}

#[test]
fn every_problem_is_reported_in_one_run() {
    let run = refused(&executors(&[
        "name: a_b, uses: Foo, replicas: 0",
        "name: A-b, uses: 'docker://x', needs: [zz]",
        "name: c, uses: 'docker://x', shards: -1, replcas: 3, env: {'?': 1}",
    ]));
    assert_eq!(
        run.results(),
        [
            "spec.flow.executors[0].uses image-not-set",
            "spec.flow.executors[0].replicas value-out-of-range",
            "spec.flow.executors[1].name kubernetes-name-collision",
            "spec.flow.executors[1].needs unknown-executor",
            "spec.flow.executors[2].shards value-out-of-range",
            "spec.flow.executors[2].replcas unknown-field",
            "spec.flow.executors[2].env[\"?\"] invalid-name",
        ]
    );
}

#[test]
fn duplicate_keys_are_reported_in_strings_and_mappings() {
    let text = list("flow: |\n  jtype: Flow\n  executors:\n  - {name: a, uses: 'docker://x', uses: 'docker://y'}");
    let run = refused(&text);
    assert_eq!(run.results(), ["spec.flow.executors[0].uses duplicate-key"]);
    run.says("line 3");
    let mapping = executors(&["name: a, uses: 'docker://x', uses: 'docker://y'"]);
    assert_eq!(refused(&mapping).results(), ["spec.flow.executors[0].uses duplicate-key"]);
    // Jina uses the last one.
    let lenient = text.replace("  spec:\n", "  spec:\n    compat: jina-3.34\n");
    let answer = function(&lenient);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert_eq!(answer.results(), ["spec.flow.executors[0].uses duplicate-key"]);
    answer.begins("warning[duplicate-key]: ");
    assert!(answer.stdout.contains("image: 'y'") || answer.stdout.contains("image: \"y\""), "{}", answer.stdout);
}

#[test]
fn input_that_is_not_a_resource_list_is_refused() {
    let mut messages = Messages::new("bad_input_lists");
    for (input, expected) in [
        ("", "not-a-resource-list"),
        ("\n# nothing\n", "not-a-resource-list"),
        ("a: [b\n", "invalid-yaml"),
        ("apiVersion: v1\nkind: Pod\n", "not-a-resource-list"),
        ("jtype: Flow\nexecutors: []\n", "not-a-resource-list"),
        ("{\"kind\": \"ResourceList\"}", "not-a-resource-list"),
        ("apiVersion: config.kubernetes.io/v2\nkind: ResourceList\nitems: []\n", "unsupported-api-version"),
        ("a: 1\n---\nb: 2\n", "not-a-resource-list"),
        ("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: {a: b}\n", "not-a-resource-list"),
        ("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nkind: ResourceList\n", "invalid-yaml"),
    ] {
        let answer = function(input);
        assert_eq!(answer.code, 1);
        answer.begins(&format!("error[{expected}]: stdin: "));
        assert_eq!(answer.codes(), [expected], "{input:?}: {}", answer.stderr);
        messages.add(&input.replace('\n', " / "), &answer);
        let list = answer.list();
        assert_eq!((list["kind"].as_str(), list["items"].as_array().map(Vec::len)), (Some("ResourceList"), Some(0)));
        assert_eq!(list["results"][0]["severity"], "error");
    }
    let answer = run(program(&[]), b"kind: ResourceList\nitems:\n- a: \xff\n");
    assert_eq!((answer.code, answer.codes()), (1, vec!["not-utf8"]), "{}", answer.stderr);
    answer.says("line 3, column 6");
    assert!(answer.stderr.ends_with("\n  --> stdin:3:6\n  3 | - a: \u{fffd}\n    |      ^\n"), "{}", answer.stderr);
    messages.add("a byte that is not UTF-8", &answer);
    messages.compare();
}

#[test]
fn lists_without_a_flow_are_refused_and_returned_unchanged() {
    let empty = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n";
    let others =
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: flow.jina.ai}}\n";
    for input in [empty, others] {
        let answer = function(input);
        assert_eq!(answer.code, 1);
        answer.begins("error[flow-missing]: stdin: ");
        assert!(answer.stdout.starts_with(input));
    }
    let config = format!("{others}functionConfig:\n  apiVersion: acme.dev/v1\n  kind: Renderer\n  metadata: {{name: r}}\n");
    let answer = function(&config);
    answer.begins("error[function-config-kind]: Renderer/r: kind: ");
    answer.says("acme.dev/v1/Renderer");
    let version = list("flow: {jtype: Flow}").replace("v1alpha1", "v1");
    let answer = function(&version);
    assert_eq!(answer.results(), ["apiVersion unsupported-api-version"]);
    answer.says("flow.jina.ai/v1");
    let data = format!("{others}functionConfig: {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}, data: {{compt: none}}}}\n");
    let answer = function(&data);
    assert_eq!(answer.results(), ["data.compt unknown-field"]);
    answer.begins("error[unknown-field]: ConfigMap/c: ");
    assert_eq!(answer.list()["results"][0]["field"]["proposedValue"], "compat");
}

/// Runs the function on hostile input and asserts that it answers within a time limit, in every build profile.
fn answered_soon(input: &str, seconds: u64) -> Run {
    let start = Instant::now();
    let answer = function(input);
    assert!(start.elapsed() < Duration::from_secs(seconds), "{:?}", start.elapsed());
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    assert!(answer.first_line().starts_with("error[") && answer.first_line().len() < 500, "{}", answer.stderr);
    answer
}

#[test]
fn deep_nesting_is_refused() {
    for nest in ["[", "{a: ", "- ", "? "] {
        let deep = nest.repeat(100_000);
        answered_soon(&deep, 5);
        let answer = answered_soon(&list(&format!("flow:\n  {deep}")), 5);
        assert!(answer.stderr.contains("nested deeper than 128 levels"), "{}", answer.stderr);
    }
    // Invalid nesting in a foreign item is not reported.
    let foreign = format!("- apiVersion: v1\n  kind: A\n  metadata:\n    name: a\n  x: {}\n", "[".repeat(1000));
    let input = executors(&["name: a, uses: 'docker://x'"]).replacen("- apiVersion: v1\n", &format!("{foreign}- apiVersion: v1\n"), 1);
    assert!(function(&input).succeeded().stdout.starts_with(&input));
}

#[test]
fn alias_bombs_are_refused() {
    let mut bomb = String::from("x-a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..25 {
        bomb.push_str(&format!("x-a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 10].join(", ")));
    }
    let answer = answered_soon(&flow(&bomb), 20);
    assert!(answer.stderr.contains("aliases expand to more than"), "{}", answer.stderr);
    // A long string that is repeated many times costs as much.
    let text = format!("x-text: &t {}\nx-list: [{}]\n", "x".repeat(100_000), vec!["*t"; 10_000].join(", "));
    let answer = answered_soon(&flow(&text), 20);
    assert!(answer.stderr.contains("aliases expand to more than"), "{}", answer.stderr);
}

#[test]
fn short_input_that_requests_very_much_is_refused() {
    let many = |count: usize, options: &str| -> Vec<String> { (0..count).map(|i| format!("name: a{i}, {options}")).collect() };
    let sharded = many(20, "uses: 'docker://x', shards: 10000");
    let answer = answered_soon(&executors(&sharded.iter().map(String::as_str).collect::<Vec<_>>()), 20);
    answer.begins("error[too-large]: JinaFlow/f: spec.flow: ");
    answer.says("128 MB");
    let listed: String = many(1000, "uses: 'docker://x'").iter().map(|entry| format!("- {{{entry}}}\n")).collect();
    let handed_on = format!("with: {{workspace: /{}}}\nexecutors:\n{listed}", "w".repeat(100_000));
    let answer = answered_soon(&flow(&handed_on), 20);
    answer.begins("error[too-large]: JinaFlow/f: spec.flow.with: ");
    answer.says("1000 executors");
    answer.says("64 MB");
    // The limit applies to all Flows of a list together.
    let one = executors(&[&format!("name: a, uses: 'docker://x', shards: 1000, env: {{A: {}}}", "x".repeat(36_000))]);
    let item = &one[one.find("- apiVersion: flow").unwrap()..];
    let several: String = (0..5).map(|i| item.replace("name: f\n", &format!("name: f{i}\n"))).collect();
    let answer = answered_soon(&one.replace(item, &several), 60);
    assert!(answer.stderr.contains("error[too-large]: JinaFlow/f3: spec.flow: "), "{}", answer.stderr);
}

#[test]
fn an_executor_without_an_image_gives_a_warning() {
    let warned = |flow: &str| {
        let answer = function(flow);
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        answer.stderr
    };
    assert_eq!(warned(&executors(&["name: a, uses: BaseExecutor", "name: b, uses: 'docker://x'"])), "");
    // A pod that only merges results needs no image.
    let joined = ["name: a, uses: 'docker://x'", "name: b, uses: 'docker://x', needs: gateway", "name: c, needs: [a, b]"];
    assert_eq!(warned(&executors(&joined)), "");
    assert_eq!(warned(&executors(&["name: a, external: true, host: 'h:1'"])), "");
    let warning = warned(&executors(&["name: a, uses: 'docker://x'", "name: b"]));
    assert!(warning.starts_with("warning[uses-missing]: JinaFlow/f: spec.flow.executors[1].uses: "), "{warning}");
    assert!(warning.contains("`b`"), "{warning}");
}

#[test]
fn thousands_of_unknown_names_are_reported_soon() {
    let options: Vec<String> = (0..20_000).map(|i| format!("unknown_{i}: 1")).collect();
    let answer = answered_soon(&executors(&[&format!("name: a, uses: 'docker://x', shards: x, {}", options.join(", "))]), 60);
    assert_eq!(answer.stderr.lines().count(), 20_001, "every unknown name is reported");
    let images: String = (0..5000).map(|i| format!("  executor{i}: x\n")).collect();
    let entries: String =
        (0..5000).map(|i| format!("  - {{name: a{i}, uses: 'jinaai+docker://o/e{i}', env: {{A: '${{{{ ENV.V{i} }}}}'}}}}\n")).collect();
    answered_soon(&list(&format!("images:\n{images}flow:\n  jtype: Flow\n  executors:\n{entries}")), 60);
}

/// Problems are reported in the order of their lines, errors first, whichever module finds them.
#[test]
fn problems_are_reported_in_the_order_of_their_lines() {
    let spec = "\
images: {unused: x}
flow: |
  jtype: Flow
  with: {protcol: http}
  executors:
  - {name: a, uses: docker://x/a, needs: nobody, replicas: 0}
  # ä: a comment
  - name: b
    uses: Local
    shards: none
context: [x]
compat: nope
";
    let input = list(spec);
    let run = refused(&input);
    let paths: Vec<&str> = run.findings().iter().map(|line| line.split(": ").nth(2).unwrap()).collect();
    let expected = [
        "spec.flow.with.protcol",
        "spec.flow.executors[0].needs",
        "spec.flow.executors[0].replicas",
        "spec.flow.executors[1].shards",
        "spec.context",
        "spec.compat",
    ];
    let (unused, not_set) = ("spec.images.unused", "spec.flow.executors[1].uses");
    assert_eq!(paths, [&expected[..], &[unused, not_set]].concat(), "{}", run.stderr);
    let results = run.list()["results"].clone();
    let in_results: Vec<&str> = results.as_array().unwrap().iter().map(|result| result["field"]["path"].as_str().unwrap()).collect();
    assert_eq!(in_results, [&[unused], &expected[..3], &[not_set], &expected[3..]].concat());
}

/// The line of a Flow given as a string is shown, because the user wrote it. When an orchestrator has written the Flow
/// again as one line, no line is shown.
#[test]
fn the_source_line_of_a_flow_given_as_a_string_is_shown() {
    let run = function(&list("flow: |\n  jtype: Flow\n  executors:\n  - {name: a, uses: docker://x/a, replicas: 0}\n"));
    assert_eq!(run.results(), ["spec.flow.executors[0].replicas value-out-of-range"]);
    let shown =
        "\n  --> spec.flow:3:43\n  3 | - {name: a, uses: docker://x/a, replicas: 0}\n    |                                           ^\n";
    assert!(run.stderr.ends_with(shown) && run.stderr.lines().count() == 4, "{}", run.stderr);
    let run = function(&list("flow: |\n  jtype: Flow\n  executors: [\n    {name: a}\n"));
    run.begins("error[invalid-yaml]: JinaFlow/f: spec.flow: ");
    assert!(run.stderr.contains(" line 4 of the Flow\n  --> spec.flow:3:12\n"), "{}", run.stderr);
    let run = function(&flow("executors: [{name: a, uses: 'docker://x/a', replicas: 0}]"));
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    // An invalid item of kind JinaFlow, at any place in a list.
    let torn = format!("{}- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata: {{name: [}}\n", list("flow: {jtype: Flow}"));
    let run = function(&torn);
    let line = torn.lines().count();
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains(&format!(" line 3 of the item\n  --> stdin:{line}:")), "{}", run.stderr);
    assert!(run.stdout.starts_with(&torn));
}

/// The source line below a message does not show secrets.
#[test]
fn source_lines_in_messages_hide_secrets() {
    let run = function(&list("flow: |\n  jtype: Flow\n  executors: [{name: a, uses: 'jinahub+docker://Enc:s3cr3t/v1'}]\n"));
    assert!(run.stderr.contains("jinahub+docker://Enc:******/v1'"), "{}", run.stderr);
    assert!(!run.stderr.contains("s3cr3t"), "{}", run.stderr);
}

#[test]
fn huge_scalars_are_shortened_in_messages() {
    let huge = "x".repeat(20_000_000);
    answered_soon(&list(&format!("flow: {huge}")), 60);
    answered_soon(&huge, 60);
    // A huge value in a valid place is a valid value.
    let answer = function(&executors(&[&format!("name: a, uses: 'docker://x', uses_with: {{prompt: {huge}}}")]));
    assert_eq!(answer.code, 0);
}

#[test]
fn invalid_files_on_the_command_line_are_refused() {
    let folder = scratch("bad");
    let file = folder.join("flow.yml");
    let export = |text: &[u8]| {
        std::fs::write(&file, text).unwrap();
        let out = folder.join("out");
        let answer = jinaflow(&["export", file.to_str().unwrap(), out.to_str().unwrap()]);
        assert_eq!((answer.code, answer.stdout.as_str(), out.exists()), (1, "", false), "{}", answer.stderr);
        answer.stderr.replace(folder.to_str().unwrap(), "")
    };
    let starts = |stderr: &str, code: &str, path: &str| {
        assert!(stderr.starts_with(&format!("error[{code}]: /flow.yml: {path}")), "{stderr}");
    };
    let empty = export(b"");
    starts(&empty, "missing-field", "is empty");
    assert_eq!(empty.lines().count(), 1, "{empty}");
    let bytes = export(b"\xff");
    starts(&bytes, "not-utf8", "");
    assert!(bytes.ends_with("\n  --> /flow.yml:1:1\n  1 | \u{fffd}\n    | ^\n"), "{bytes}");
    let tab = export(b"jtype: Flow\nexecutors:\n\t- name: a\n");
    starts(&tab, "invalid-yaml", "");
    assert!(tab.ends_with("\n  --> /flow.yml:3:2\n  3 | \t- name: a\n    | \t^\n"), "{tab}");
    let two = export(b"jtype: Flow\n---\njtype: Flow\n");
    starts(&two, "several-documents", "");
    assert!(two.contains("\n  --> /flow.yml:3:1\n"), "{two}");
    let word = export(b"jtype: Flow\nexecutors:\n  - name: a\n    uses: docker://x\n    replicas: none\n");
    starts(&word, "wrong-type", "executors[0].replicas: ");
    assert!(word.ends_with("\n  --> /flow.yml:5:15\n  5 |     replicas: none\n    |               ^\n"), "{word}");
    let missing = jinaflow(&["export", "/nowhere/flow.yml"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (1, ""));
    missing.begins("error[file-unreadable]: /nowhere/flow.yml: ");
}

/// Values that an API server or a kubelet would refuse are refused, and the fix in the message works.
#[test]
fn limits_of_kubernetes_are_enforced() {
    let mut messages = Messages::new("bad_input_limits");
    for (wrong, expected, right) in [
        ("name: a, uses: 'docker://x', replicas: 2147483648", "replicas value-out-of-range", "name: a, uses: 'docker://x', replicas: 2"),
        ("name: a, image: 'ABC', uses: Enc", "image invalid-image", "name: a, image: 'abc', uses: Enc"),
    ] {
        let answer = refused(&executors(&[wrong]));
        assert_eq!(answer.results(), [format!("spec.flow.executors[0].{expected}")], "{wrong}");
        messages.add(wrong, &answer);
        function(&executors(&[right])).succeeded();
    }
    let large = refused(&executors(&[&format!("name: a, uses: 'docker://x', env: {{A: {}}}", "x".repeat(1 << 20 | 1))]));
    assert_eq!(large.results(), ["spec.flow.executors[0].env too-large"]);
    large.says("1048577 bytes");
    messages.add("an `env` of 1 MiB and 1 byte", &large);
    function(&executors(&[&format!("name: a, uses: 'docker://x', env: {{A: {}}}", "x".repeat(1 << 20))])).succeeded();
    let long = function(&executors(&[&format!("name: a, uses: 'docker://x', uses_with: {{a: {}}}", "x".repeat(128 << 10))]));
    assert_eq!((long.code, long.results()), (0, vec!["spec.flow.executors[0] too-large".to_owned()]));
    messages.add("`uses_with` of 128 KiB", &long);
    function(&executors(&[&format!("name: a, uses: 'docker://x', uses_with: {{a: {}}}", "x".repeat(127 << 10))])).succeeded();
    let spec = |field: &str| list(&format!("{field}\nflow:\n  jtype: Flow\n  executors: [{{name: a, uses: 'docker://x'}}]\n"));
    for (field, expected) in [
        ("images: {gateway: 'Up/er case'}", &["spec.images.gateway invalid-image"][..]),
        ("executors: {a: {image: 'a b'}}", &["spec.executors.a.image invalid-image"]),
        ("images: {a: 'http://h/b'}", &["spec.images.a invalid-image"]),
        ("images: {a: '-x'}", &["spec.images.a invalid-image"]),
        ("images: {'docker://x': 'u:secret@r/x'}", &["spec.images[\"docker://x\"] invalid-image"]),
        (
            "executors: {a: {replicas: 3000000000}}",
            &["spec.executors.a.replicas value-out-of-range", "spec.flow.executors[0].replicas value-out-of-range"],
        ),
    ] {
        let answer = refused(&spec(field));
        assert_eq!(answer.results(), expected, "{field}");
        messages.add(field, &answer);
    }
    messages.compare();
}

/// The objects of a Flow are written beside the file of the Flow.
#[test]
fn a_path_that_leads_out_of_the_package_is_refused() {
    for path in ["../../jinaflow.yaml", "/etc/jinaflow.yaml", "a/../../b.yaml"] {
        let text = executors(&["name: a, uses: 'docker://x'"])
            .replace("name: f\n", &format!("name: f\n    annotations: {{internal.config.kubernetes.io/path: '{path}'}}\n"));
        let answer = function(&text);
        assert_eq!((answer.code, answer.stdout.contains("kind: Deployment")), (1, false), "{path}");
        let field = r#"metadata.annotations["internal.config.kubernetes.io/path"]"#;
        answer.begins(&format!("error[path-outside-package]: {path}: {field}: "));
        function(&text.replace(path, "jinaflow.yaml")).succeeded();
    }
}

/// Names may contain any characters. Control characters in messages are escaped, so that names cannot send commands to a
/// terminal or imitate other messages.
#[test]
fn control_characters_are_escaped_in_messages() {
    let hostile = "a\u{1b}[31m\u{202e}\u{200b}\u{7}b";
    for args in [vec!["export", hostile], vec!["check", hostile], vec![hostile], vec!["export", "x", "--compat", hostile]] {
        let answer = jinaflow(&args);
        assert_eq!(answer.code, 1);
        assert!(!answer.stderr.contains(['\u{1b}', '\u{202e}', '\u{200b}', '\u{7}']), "{:?}", answer.stderr);
        let is_shown = answer.stderr.contains('\u{fffd}') || answer.stderr.contains("\\u{202e}");
        assert!(answer.stderr.starts_with("error[") && is_shown, "{:?}", answer.stderr);
    }
    let answer = function(&executors(&[&format!("name: \"a\u{202e}b\", uses: 'docker://x', \"{}\": 1", "\\e[31m")]));
    assert!(answer.code == 1 && !answer.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", answer.stderr);
}
