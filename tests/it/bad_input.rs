//! Bad input: every problem is reported on stderr, the exit code is 1, and the input is not lost.

use std::time::{Duration, Instant};

use crate::support::{Run, function, jinaflow, program, run, scratch};

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

/// Asserts that the run failed and returned all its input unchanged.
fn refused(input: &str, run: &Run) {
    assert_eq!(run.code, 1, "{}", run.stderr);
    run.begins("error: ");
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
}

/// The findings on stderr, one line for each problem.
fn findings(input: &str) -> Vec<String> {
    let run = function(input);
    refused(input, &run);
    run.findings().iter().map(|line| line.replace("error: JinaFlow/f: ", "")).collect()
}

#[test]
fn wrong_fields_of_the_config_are_reported() {
    for (spec, expected) in [
        ("flwo: x\nflow: {jtype: Flow}", "spec.flwo: is no field of a JinaFlow; did you mean `flow`?"),
        ("flow: {jtype: Flow}\nimage: {}", "spec.image: is no field of a JinaFlow; did you mean `images`?"),
        (
            "flow: {jtype: Flow}\nreplicas: 2",
            "spec.replicas: is no field of a JinaFlow; use one of: flow, compat, jinaVersion, images, imagePattern, context",
        ),
        (
            "compat: jina-3.33\nflow: {jtype: Flow}",
            "spec.compat: is nothing that can be imitated (got \"jina-3.33\"); did you mean `jina-3.34`?",
        ),
        (
            "jinaVersion: latest\nflow: {jtype: Flow}",
            "spec.jinaVersion: is no version of Jina 3 (got \"latest\"); write three numbers, such as 3.34.0",
        ),
        (
            "imagePattern: \"r/{nmae}\"\nflow: {jtype: Flow}",
            "spec.imagePattern: has a placeholder that is none of {owner}, {name}, {tag} (got \"r/{nmae}\"); write REGISTRY",
        ),
        ("images: [a]\nflow: {jtype: Flow}", "spec.images: must be a mapping (got \"[a]\"); write `key: value` lines below it"),
        ("context: {A: {b: c}}\nflow: {jtype: Flow}", "spec.context.A: must be a text (got \"{b: c}\"); write one value"),
        ("compat: none", "spec.flow: is missing; put your Flow here, as text (`flow: |`) or as a mapping"),
        ("flow: flow.yml", "spec.flow: must be a mapping (got \"flow.yml\"); write a Flow: `jtype: Flow` and a list of `executors`"),
        ("flow: |\n  jtype: Flow\n  executors: [", "spec.flow: is not YAML: "),
        ("flow: \"\"", "spec.flow: is empty; write a Flow: `jtype: Flow` and a list of `executors`"),
    ] {
        let found = findings(&list(spec));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(expected), "{}\n{expected}", found[0]);
    }
    let namespace = findings(&list_in("my_flow", "flow: {jtype: Flow}"));
    let expected = "metadata.namespace: is no name for a namespace: lower case letters, digits and `-`, at most 63 (got \"my_flow\"); did you mean `my-flow`?";
    assert_eq!(namespace, [expected]);
}

#[test]
fn wrong_flows_are_reported() {
    for (body, expected) in [
        ("jtyp: x", "spec.flow.jtyp: is no part of a Flow; did you mean `jtype`?"),
        ("version: '2'", "spec.flow.version: is no version of the Flow language (got \"2\"); did you mean `1`?"),
        ("with: 5", "spec.flow.with: must be a mapping of options (got \"5\"); write `option: value` lines below it"),
        ("executors: {a: b}", "spec.flow.executors: must be a list of executors (got \"{a: b}\"); write `- name: …` for each executor"),
        (
            "executors: [enc.yml]",
            "spec.flow.executors[0]: names a file, and a function reads no files (got \"enc.yml\"); write the contents",
        ),
        ("executors: [[a]]", "spec.flow.executors[0]: must be a mapping of options (got \"[a]\")"),
        ("pods: [{name: a}]", "spec.flow.pods: Jina 3 does not know `pods`; did you mean `executors`?"),
        ("executer: []", "spec.flow.executer: is no part of a Flow; did you mean `executors`?"),
        ("with: {protcol: http}", "spec.flow.with.protcol: `protcol` is no option of the Flow's `with` in Jina; did you mean `protocol`?"),
        ("gateway: {name: edge}", "spec.flow.gateway.name: the gateway is always called `gateway` (got \"edge\"); remove it"),
        ("gateway: {replicas: 0}", "spec.flow.gateway.replicas: must be 1 or more replicas (got \"0\"); did you mean `1`?"),
        ("with: {protocol: [grpc, http, websocket], port: [1, 2]}", "spec.flow.gateway.port: there are 2 ports for 3 protocols"),
        (
            "with: {protocol: ftp}",
            "spec.flow.with.protocol: is no protocol that Jina speaks (got \"ftp\"); use one of: GRPC, HTTP, WEBSOCKET",
        ),
        (
            "with: {inspect: SOMETIMES}",
            "spec.flow.with.inspect: is none of the possible values (got \"SOMETIMES\"); use one of: HANG, REMOVE, COLLECT",
        ),
    ] {
        let found = findings(&flow(body));
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(found[0].starts_with(expected), "{}\n{expected}", found[0]);
    }
    let pipeline = findings(&list("flow: {jtype: Pipeline}"));
    assert_eq!(pipeline, ["spec.flow.jtype: cannot be run on Kubernetes (got \"Pipeline\"); use one of: Flow, Deployment"]);
    let nothing = findings(&list("flow: {executors: []}"));
    assert_eq!(nothing, ["spec.flow.jtype: is missing, so that this is neither a Flow nor a Deployment; add the line `jtype: Flow`"]);
}

#[test]
fn wrong_executors_are_reported() {
    let long = "a".repeat(64);
    for (entry, expected) in [
        (
            "name: a, uses: Encoder",
            "uses: executor `a` uses no container image, and Kubernetes runs nothing else (got \"Encoder\"); build an image of it",
        ),
        ("name: a, uses: executor/config.yml", "uses: executor `a` uses no container image"),
        (
            "name: a, uses: 'jinahub+docker://Enc'",
            "uses: executor `a` uses a name on the Jina Hub, which is not asked (got \"jinahub+docker://Enc\"); say which image it is",
        ),
        ("name: a, uses: 'docker://'", "uses: names no image"),
        ("name: a, replicas: 0", "replicas: must be 1 or more replicas (got \"0\"); did you mean `1`?"),
        ("name: a, replicas: -2", "replicas: must be 1 or more replicas (got \"-2\")"),
        ("name: a, replicas: two", "replicas: must be a whole number (got \"two\"); write digits only"),
        ("name: a, shards: 0", "shards: must be 1 or more shards (got \"0\")"),
        ("name: a, shards: 99999999", "shards: is more than 10000 (got \"99999999\")"),
        ("name: a, needs: nobody", "needs: no executor is called `nobody` (got \"nobody\"); name an executor of this Flow, or `gateway`"),
        ("name: a, needs: [a]", "needs: an executor cannot need itself (got \"a\")"),
        ("name: a, needs: {b: c}", "needs: must be the name of an executor or a list of names"),
        ("name: a, method: inspct", "method: is no way to add an executor (got \"inspct\"); did you mean `inspect`?"),
        ("name: a, method: needs, needs: gateway", "needs: `method: needs` joins two executors or more"),
        ("name: a.b", "name: must consist of letters, digits, `_` and `-` (got \"a.b\")"),
        ("name: 9to5", "name: gives `9to5`, which cannot name a Service"),
        ("name: trail_", "name: gives `trail-`, which cannot name a Service"),
        ("name: encodér", "name: gives `encodér`, which cannot name a Service"),
        (&format!("name: {long}"), "name: gives the name `aaaa"),
        (&format!("name: {}, shards: 2", &long[..60]), "name: gives the name `aaaa"),
        (&format!("name: {}, volumes: /d", &long[..53]), "name: gives the StatefulSet name `aaaa"),
        ("name: a, protocol: http", "protocol: inside a Flow executors are called by gRPC and nothing else (got \"HTTP\")"),
        ("name: a, protocol: websocket", "protocol: executors do not speak WebSocket"),
        (
            "name: a, image: x",
            "image: is for a class in `uses`, and there is none; Jina would take it for `image_pull_secrets` (got \"x\")",
        ),
        ("name: a, image: x, uses: 'docker://y'", "image: is for a class in `uses`, and `docker://y` is none; Jina would take it for"),
        ("name: a, image: x, uses: a/config.yml", "image: is for a class in `uses`, and `a/config.yml` is none"),
        ("name: a, image: [x], uses: Enc", "image: must be the name of an image (got \"[x]\"); write REPOSITORY:TAG"),
        ("name: a, image: x, uses: {with: {}}", "uses: names no class (got \"{with: {}}\"); write the executor's class"),
        ("name: a, imaeg: x", "imaeg: `imaeg` is no option of an executor in Jina; did you mean `image`?"),
        ("name: a, disable_r: true", "disable_r: is no option; Jina would take it for `no_reduce`; write `no_reduce` if you mean that"),
        ("name: a, gpu: 1", "gpu: is no option; Jina would take it for `gpus`; write `gpus` if you mean that, else remove it"),
        (
            "name: a, prefech: 5",
            "prefech: `prefech` is no option of an executor in Jina; did you mean `prefetch`, which belongs to `gateway`?",
        ),
        (
            "name: a, uses: 'jinaai+docker://Enc'",
            "uses: is no name on the Jina Hub, which needs an owner and a name (got \"jinaai+docker://Enc\")",
        ),
        (
            "name: a, uses: 'jinahub+sandbox://Enc:s3cr/v1'",
            "uses: executor `a` uses a name on the Jina Hub, which is not asked (got \"jinahub+sandbox://Enc/v1\")",
        ),
        ("name: a, timeout: 5", "timeout: is the beginning of several options; write one of: timeout_ctrl, timeout_ready, timeout_send"),
        ("name: a, replcas: 3", "replcas: `replcas` is no option of an executor in Jina; did you mean `replicas`?"),
        ("name: a, monitoring: off", "monitoring: must be true or false, and Jina would take this for true (got \"off\"); write false"),
        ("name: a, gpus: many", "gpus: is no number of GPUs (got \"many\"); write a number, or `all`"),
        ("name: a, stateful: true", "workspace: is missing, and a stateful executor keeps its state there"),
        ("name: a, env_from_secret: {X: {name: s}}", "env_from_secret.X: has no `key`"),
        ("name: a, env: {'A B': c}", "env[\"A B\"]: cannot be the name of an environment variable"),
        (
            "name: a, env: {A: '${{ ENV.NOPE }}'}",
            "env.A: the variable `NOPE` has no value (got \"${{ ENV.NOPE }}\"); add `NOPE` to spec.context",
        ),
        ("name: a, external: true, host: [a, b, c], port: [1, 2]", "host: there are 3 hosts and 2 ports"),
    ] {
        let mut found = findings(&executors(&[entry]));
        // Most of these entries have no image, which gives a separate warning.
        found.retain(|line| !line.contains("uses: is missing"));
        assert_eq!(found.len(), 1, "{entry}: {found:?}");
        let expected = format!("spec.flow.executors[0].{expected}");
        assert!(found[0].starts_with(&expected), "{}\n{expected}", found[0]);
    }
}

#[test]
fn conflicting_executors_are_reported() {
    let found = findings(&executors(&["name: a_b, uses: 'docker://x'", "name: A-b, uses: 'docker://y'"]));
    assert_eq!(
        found,
        [
            "spec.flow.executors[1].name: `a_b` and `A-b` would both be `a-b` in Kubernetes (got \"A-b\"); rename one of them; capitals do not count, and `_` is `-`"
        ]
    );
    let found = findings(&executors(&["name: idx, shards: 2", "name: idx_head"]));
    assert!(found[0].contains("would both be `idx-head`"), "{found:?}");
    let found = findings(&executors(&["name: Gateway"]));
    assert!(found[0].contains("`gateway` and `Gateway` would both be `gateway`"), "{found:?}");
    let found = findings(&executors(&["name: a, needs: c", "name: b, needs: a", "name: c, needs: b"]));
    assert!(found[0].contains("wait for each other in a circle: a needs c needs b needs a"), "{found:?}");
}

#[test]
fn every_problem_is_reported_in_one_run() {
    let found = findings(&executors(&[
        "name: a_b, uses: Foo, replicas: 0",
        "name: A-b, uses: 'docker://x', needs: [zz]",
        "name: c, uses: 'docker://x', shards: -1, replcas: 3, env: {'?': 1}",
    ]));
    assert_eq!(found.len(), 7, "{found:#?}");
}

#[test]
fn duplicate_keys_are_reported_in_strings_and_mappings() {
    let text = list("flow: |\n  jtype: Flow\n  executors:\n  - {name: a, uses: 'docker://x', uses: 'docker://y'}");
    assert_eq!(findings(&text), ["spec.flow.executors[0].uses: the key stands twice, first on line 3; remove one of the two"]);
    let mapping = executors(&["name: a, uses: 'docker://x', uses: 'docker://y'"]);
    assert!(findings(&mapping)[0].starts_with("spec.flow.executors[0].uses: the key stands twice"));
    // Jina uses the last one.
    let lenient = text.replace("  spec:\n", "  spec:\n    compat: jina-3.34\n");
    let answer = function(&lenient);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.first_line().starts_with("warning: JinaFlow/f: spec.flow.executors[0].uses: the key stands twice"));
    assert!(answer.stdout.contains("image: 'y'") || answer.stdout.contains("image: \"y\""), "{}", answer.stdout);
}

#[test]
fn input_that_is_not_a_resource_list_is_refused() {
    for (input, expected) in [
        ("", "error: stdin: is empty; a ResourceList is expected"),
        ("\n# nothing\n", "error: stdin: is empty; a ResourceList is expected"),
        ("a: [b\n", "error: stdin: is not YAML: line 2, column 1:"),
        (
            "apiVersion: v1\nkind: Pod\n",
            "error: stdin: is no ResourceList (got kind \"Pod\"); to render a Flow file, run: jinaflow export FILE",
        ),
        ("jtype: Flow\nexecutors: []\n", "error: stdin: is no ResourceList (got a text without `kind`)"),
        ("{\"kind\": \"ResourceList\"}", "error: stdin: is no ResourceList"),
        ("apiVersion: config.kubernetes.io/v2\nkind: ResourceList\nitems: []\n", "error: stdin: is a ResourceList of an unknown version"),
        ("a: 1\n---\nb: 2\n", "error: stdin: is no ResourceList (got 2 documents)"),
        (
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: {a: b}\n",
            "error: stdin: is no ResourceList (got `items` that is not a list)",
        ),
        (
            "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nkind: ResourceList\n",
            "error: stdin: is not YAML: line 3, column 1: the key `kind` stands twice",
        ),
    ] {
        let answer = function(input);
        assert_eq!(answer.code, 1);
        assert!(answer.first_line().starts_with(expected), "{input:?}: {}", answer.stderr);
        let list = answer.list();
        assert_eq!((list["kind"].as_str(), list["items"].as_array().map(Vec::len)), (Some("ResourceList"), Some(0)));
        assert_eq!(list["results"][0]["severity"], "error");
    }
    let answer = run(program(&[]), b"kind: ResourceList\nitems:\n- a: \xff\n");
    assert_eq!((answer.code, answer.first_line()), (1, "error: stdin: is not UTF-8 from line 3, column 6 on; convert it"));
    assert!(answer.stderr.ends_with("\n  --> stdin:3:6\n  3 | - a: \u{fffd}\n    |      ^\n"), "{}", answer.stderr);
}

#[test]
fn lists_without_a_flow_are_refused_and_returned_unchanged() {
    let empty = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n";
    let others =
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: flow.jina.ai}}\n";
    for input in [empty, others] {
        let answer = function(input);
        assert_eq!(answer.code, 1);
        answer.begins("error: stdin: there is no JinaFlow, neither as functionConfig nor among the items");
        assert!(answer.stdout.starts_with(input));
    }
    let config = format!("{others}functionConfig:\n  apiVersion: acme.dev/v1\n  kind: Renderer\n  metadata: {{name: r}}\n");
    let answer = function(&config);
    assert_eq!(
        answer.first_line(),
        "error: Renderer/r: kind: is nothing that this function takes as functionConfig (got \"acme.dev/v1/Renderer\"); use kind JinaFlow or JinaFlowCheck of flow.jina.ai/v1alpha1, or a ConfigMap"
    );
    let version = list("flow: {jtype: Flow}").replace("v1alpha1", "v1");
    assert!(function(&version).first_line().contains("apiVersion: is no version of JinaFlow (got \"flow.jina.ai/v1\")"));
    let data = format!("{others}functionConfig: {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c}}, data: {{compt: none}}}}\n");
    assert_eq!(function(&data).first_line(), "error: ConfigMap/c: data.compt: is no setting of this function; did you mean `compat`?");
}

/// Runs the function on hostile input and asserts that it answers within a time limit, in every build profile.
fn answered_soon(input: &str, seconds: u64) -> Run {
    let start = Instant::now();
    let answer = function(input);
    assert!(start.elapsed() < Duration::from_secs(seconds), "{:?}", start.elapsed());
    assert_eq!(answer.code, 1, "{}", answer.stderr);
    assert!(answer.first_line().starts_with("error: ") && answer.first_line().len() < 500, "{}", answer.stderr);
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
    answer.says("spec.flow: comes to more than 128 MB of manifests; use fewer executors or shards");
    let listed: String = many(1000, "uses: 'docker://x'").iter().map(|entry| format!("- {{{entry}}}\n")).collect();
    let handed_on = format!("with: {{workspace: /{}}}\nexecutors:\n{listed}", "w".repeat(100_000));
    answered_soon(&flow(&handed_on), 20).says("spec.flow.with: is handed on to 1000 executors, which comes to more than 64 MB");
    // The limit applies to all Flows of a list together.
    let one = executors(&[&format!("name: a, uses: 'docker://x', shards: 1000, env: {{A: {}}}", "x".repeat(36_000))]);
    let item = &one[one.find("- apiVersion: flow").unwrap()..];
    let several: String = (0..5).map(|i| item.replace("name: f\n", &format!("name: f{i}\n"))).collect();
    let answer = answered_soon(&one.replace(item, &several), 60);
    assert!(answer.stderr.contains("error: JinaFlow/f3: spec.flow: comes to more than 128 MB of manifests"));
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
    let said = warned(&executors(&["name: a, uses: 'docker://x'", "name: b"]));
    assert!(
        said.starts_with("warning: JinaFlow/f: spec.flow.executors[1].uses: is missing, so that `b` runs Jina's BaseExecutor"),
        "{said}"
    );
}

#[test]
fn thousands_of_unknown_names_are_reported_soon() {
    let options: Vec<String> = (0..20_000).map(|i| format!("unknown_{i}: 1")).collect();
    let answer = answered_soon(&executors(&[&format!("name: a, {}", options.join(", "))]), 60);
    assert_eq!(answer.stderr.lines().count(), 20_000, "every unknown name is reported");
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
    let run = function(&input);
    refused(&input, &run);
    let paths: Vec<&str> = run.findings().iter().map(|line| line.split(": ").nth(2).unwrap()).collect();
    let expected = [
        "spec.flow.with.protcol",
        "spec.flow.executors[0].needs",
        "spec.flow.executors[0].replicas",
        "spec.flow.executors[1].uses",
        "spec.flow.executors[1].shards",
        "spec.context",
        "spec.compat",
    ];
    let unused = "spec.images.unused";
    assert_eq!(paths, [&expected[..], &[unused]].concat(), "{}", run.stderr);
    let results = run.list()["results"].clone();
    let in_results: Vec<&str> = results.as_array().unwrap().iter().map(|result| result["field"]["path"].as_str().unwrap()).collect();
    assert_eq!(in_results, [&[unused], &expected[..]].concat());
}

/// The line of a Flow given as a string is shown, because the user wrote it. When an orchestrator has written the Flow
/// again as one line, no line is shown.
#[test]
fn the_source_line_of_a_flow_given_as_a_string_is_shown() {
    let run = function(&list("flow: |\n  jtype: Flow\n  executors:\n  - {name: a, uses: docker://x/a, replicas: 0}\n"));
    assert_eq!(
        run.stderr,
        "error: JinaFlow/f: spec.flow.executors[0].replicas: must be 1 or more replicas (got \"0\"); did you mean `1`?\n  \
         --> spec.flow:3:43\n  3 | - {name: a, uses: docker://x/a, replicas: 0}\n    |                                           ^\n"
    );
    let run = function(&list("flow: |\n  jtype: Flow\n  executors: [\n    {name: a}\n"));
    assert!(run.stderr.starts_with("error: JinaFlow/f: spec.flow: is not YAML: "), "{}", run.stderr);
    assert!(run.stderr.contains("; look at line 4 of the Flow\n  --> spec.flow:3:12\n"), "{}", run.stderr);
    let run = function(&flow("executors: [{name: a, uses: 'docker://x/a', replicas: 0}]"));
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    // An invalid item of kind JinaFlow, at any place in a list.
    let torn = format!("{}- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata: {{name: [}}\n", list("flow: {jtype: Flow}"));
    let run = function(&torn);
    let line = torn.lines().count();
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains(&format!("; look at line 3 of the item\n  --> stdin:{line}:")), "{}", run.stderr);
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
    assert_eq!(export(b""), "error: /flow.yml: is empty; write a Flow: `jtype: Flow` and a list of `executors`\n");
    assert_eq!(
        export(b"\xff"),
        "error: /flow.yml: is not UTF-8 from line 1, column 1 on; convert it\n  --> /flow.yml:1:1\n  1 | \u{fffd}\n    | ^\n"
    );
    let tab = export(b"jtype: Flow\nexecutors:\n\t- name: a\n");
    assert!(
        tab.starts_with("error: /flow.yml: is not YAML: ") && tab.ends_with("\n  --> /flow.yml:3:2\n  3 | \t- name: a\n    | \t^\n"),
        "{tab}"
    );
    let two = export(b"jtype: Flow\n---\njtype: Flow\n");
    assert!(two.starts_with("error: /flow.yml: holds several documents") && two.contains("\n  --> /flow.yml:3:1\n"), "{two}");
    assert_eq!(
        export(b"jtype: Flow\nexecutors:\n  - name: a\n    uses: docker://x\n    replicas: none\n"),
        "error: /flow.yml: executors[0].replicas: must be a whole number (got \"none\"); write digits only\n  --> /flow.yml:5:15\n  5 |     replicas: none\n    |               ^\n"
    );
    let missing = jinaflow(&["export", "/nowhere/flow.yml"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (1, ""));
    missing.begins("error: /nowhere/flow.yml: cannot be read: ");
}

/// Values that an API server or a kubelet would refuse are refused, and the fix in the message works.
#[test]
fn limits_of_kubernetes_are_enforced() {
    for (wrong, words, right) in [
        (
            "name: a, uses: 'docker://x', replicas: 2147483648",
            "executors[0].replicas: is more than 2147483647",
            "name: a, uses: 'docker://x', replicas: 2",
        ),
        (
            "name: a, uses: 'docker://ABC'",
            "executors[0].uses: names no image that a node can pull: `ABC` has upper case letters in it (got \"ABC\"); write abc",
            "name: a, uses: 'docker://abc'",
        ),
        (
            "name: a, uses: 'docker://a b'",
            "executors[0].uses: names no image that a node can pull: it has a blank in it (got \"a b\"); remove the blank",
            "name: a, uses: 'docker://ab'",
        ),
        (
            "name: a, uses: 'docker://http://h/b'",
            "`http://` is no part of a name (got \"http://h/b\"); write h/b",
            "name: a, uses: 'docker://h/b'",
        ),
        (
            "name: a, uses: 'docker://x', shards: 2, uses_after: 'docker://-x'",
            "executors[0].uses_after: names no image that a node can pull: it begins with a dash",
            "name: a, uses: 'docker://x', shards: 2, uses_after: 'docker://x'",
        ),
        ("name: a, uses: 'docker://u:secret@r/x'", "it has a user name in it", "name: a, uses: 'docker://r/x'"),
    ] {
        let answer = function(&executors(&[wrong]));
        assert_eq!(answer.code, 1, "{wrong}");
        answer.says(words);
        function(&executors(&[right])).succeeded();
    }
    let large = function(&executors(&[&format!("name: a, uses: 'docker://x', env: {{A: {}}}", "x".repeat(1 << 20 | 1))]));
    large.says("executors[0].env: comes to more than 1 MiB, which is the most that a ConfigMap holds (got \"1048577 bytes\")");
    function(&executors(&[&format!("name: a, uses: 'docker://x', env: {{A: {}}}", "x".repeat(1 << 20))])).succeeded();
    let spec = |field: &str| list(&format!("{field}\nflow:\n  jtype: Flow\n  executors: [{{name: a, uses: 'docker://x'}}]\n"));
    function(&spec("images: {gateway: 'Up/er case'}"))
        .says("spec.images.gateway: names no image that a node can pull: it has a blank in it");
    function(&spec("executors: {a: {replicas: 3000000000}}")).says("spec.executors.a.replicas: must be a whole number, 2147483647 or less");
}

/// The objects of a Flow are written beside the file of the Flow.
#[test]
fn a_path_that_leads_out_of_the_package_is_refused() {
    for path in ["../../jinaflow.yaml", "/etc/jinaflow.yaml", "a/../../b.yaml"] {
        let text = executors(&["name: a, uses: 'docker://x'"])
            .replace("name: f\n", &format!("name: f\n    annotations: {{internal.config.kubernetes.io/path: '{path}'}}\n"));
        let answer = function(&text);
        assert_eq!((answer.code, answer.stdout.contains("kind: Deployment")), (1, false), "{path}");
        answer.says("leads out of the package");
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
        assert!(answer.stderr.starts_with("error: ") && is_shown, "{:?}", answer.stderr);
    }
    let answer = function(&executors(&[&format!("name: \"a\u{202e}b\", uses: 'docker://x', \"{}\": 1", "\\e[31m")]));
    assert!(answer.code == 1 && !answer.stderr.contains(['\u{1b}', '\u{202e}']), "{:?}", answer.stderr);
}
