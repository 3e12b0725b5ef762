//! The command line.

use std::fs;
use std::process::Stdio;

use crate::support::{documents, jinaflow, label, program, root, run, scratch, tree};

const FLOW: &str =
    "jtype: Flow\nexecutors:\n  - {name: My_Encoder, uses: docker://acme/enc}\n  - {name: indexer, uses: docker://acme/idx, shards: 2}\n";

fn flow_file(text: &str) -> String {
    let file = scratch("cli").join("flow.yml");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn an_export_has_the_file_layout_of_jina() {
    let out = scratch("out");
    for _ in 0..2 {
        let answer = jinaflow(&["export", &flow_file(FLOW), out.to_str().unwrap(), "--k8s-namespace", "search"]).succeeded();
        assert_eq!(answer.stdout, "");
        let files: Vec<String> = tree(&out).into_keys().collect();
        let expected = [
            ".jinaflow",
            "My_Encoder/my-encoder.yml",
            "gateway/gateway.yml",
            "indexer/indexer-0.yml",
            "indexer/indexer-1.yml",
            "indexer/indexer-head.yml",
        ];
        assert_eq!(files, expected);
    }
    let text = &tree(&out)["My_Encoder/my-encoder.yml"];
    let objects: Vec<String> = documents(text).iter().map(label).collect();
    assert_eq!(
        objects,
        ["ConfigMap/my-encoder-configmap", "Service/my-encoder", "Deployment/my-encoder", "PodDisruptionBudget/my-encoder"]
    );
    assert!(
        documents(text).iter().all(|object| object["metadata"]["namespace"] == "search" && object["metadata"]["annotations"].is_null())
    );
}

#[test]
fn without_a_folder_the_export_is_one_stream() {
    let file = flow_file(FLOW);
    let from_file = jinaflow(&["export", &file]).succeeded();
    let from_stdin = run(program(&["export", "-"]), FLOW.as_bytes()).succeeded();
    assert_eq!(from_file.stdout, from_stdin.stdout);
    assert_eq!(from_file.documents().len(), 20);
    assert!(from_file.documents().iter().all(|object| object["metadata"]["namespace"].is_null()));
}

#[test]
fn the_gateway_can_be_left_out() {
    let file = flow_file(FLOW);
    let all = jinaflow(&["export", &file]).succeeded().documents();
    let without = jinaflow(&["export", &file, "--no-gateway"]).succeeded().documents();
    let is_of_gateway = |object: &&serde_json::Value| label(object).split_once('/').unwrap().1.starts_with("gateway");
    assert_eq!(all.iter().filter(is_of_gateway).count(), 4);
    assert_eq!(without, all.iter().filter(|object| !is_of_gateway(object)).cloned().collect::<Vec<_>>());
    let init = jinaflow(&["init", &file, "--no-gateway"]);
    assert_eq!((init.code, init.codes()), (1, vec!["misplaced-flag"]));
}

#[test]
fn a_deployment_is_exported_without_gateway_and_subfolder() {
    let out = scratch("deployment");
    let file = flow_file("jtype: Deployment\nwith: {name: enc, uses: docker://x/enc, shards: 2}\n");
    jinaflow(&["export", &file, out.to_str().unwrap()]).succeeded();
    assert_eq!(tree(&out).into_keys().collect::<Vec<_>>(), [".jinaflow", "enc-0.yml", "enc-1.yml", "enc-head.yml"]);
}

#[test]
fn a_jinaflow_is_exported_with_its_own_settings() {
    let text = format!(
        "# other kinds are skipped\nkind: Kustomization\n---\napiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: f, namespace: own}}\nspec:\n  jinaVersion: 3.30.0\n  images: {{docker://acme/enc: mirror/enc:9}}\n  flow: |\n{}",
        FLOW.lines().map(|line| format!("    {line}\n")).collect::<String>()
    );
    let file = flow_file(&text);
    let answer = jinaflow(&["export", &file]).succeeded().stdout;
    assert!(
        answer.contains("image: mirror/enc:9")
            && answer.contains("image: jinaai/jina:3.30.0-py311-standard")
            && answer.contains("namespace: own")
    );
    let answer = jinaflow(&["export", &file, "--k8s-namespace", "other", "--image", "docker://acme/enc=e:1", "--jina-version", "3.31.0"])
        .succeeded()
        .stdout;
    assert!(answer.contains("image: 'e:1'") || answer.contains("image: e:1"), "{answer}");
    assert!(answer.contains("jina:3.31.0-") && answer.contains("namespace: other") && !answer.contains("namespace: own"));
}

#[test]
fn flows_with_the_same_objects_are_refused() {
    let flow = |namespace: &str| {
        format!(
            "apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: f, namespace: {namespace}}}\nspec: {{flow: {{jtype: Flow}}}}\n"
        )
    };
    let out = scratch("same-objects").join("out");
    let both = flow_file(&format!("{}---\n{}", flow("a"), flow("b")));
    assert_eq!(jinaflow(&["export", &both]).succeeded().documents().len(), 2 * 4);
    let answer = jinaflow(&["export", &both, out.to_str().unwrap()]);
    assert_eq!((answer.code, out.exists()), (1, false));
    assert_eq!(answer.codes(), ["output-collision"]);
    answer.says("spec.flow: ");
    let answer = jinaflow(&["export", &flow_file(&format!("{}---\n{}", flow("a"), flow("a")))]);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    assert_eq!(answer.codes(), ["output-collision"]);
    answer.says("spec.flow: ");
}

#[test]
fn the_gateway_image_can_come_from_the_environment() {
    let file = flow_file(FLOW);
    let export = |more: &[&str], env: &[(&str, &str)]| {
        let mut command = program(&[&["export", file.as_str()][..], more].concat());
        command.envs(env.iter().copied());
        run(command, b"").succeeded().stdout
    };
    let plain = export(&[], &[]);
    assert!(plain.contains("image: jinaai/jina:3.34.0-py311-standard"));
    assert!(export(&[], &[("JINA_GATEWAY_IMAGE", "acme/gw:1")]).contains("image: acme/gw:1"));
    assert!(export(&["--image", "gateway=acme/gw:2"], &[("JINA_GATEWAY_IMAGE", "acme/gw:1")]).contains("image: acme/gw:2"));
    assert_eq!(
        export(&[], &[("JINA_LOG_LEVEL", "DEBUG"), ("JINA_K8S_STORAGE_CLASS_NAME", "fast"), ("JINA_DEFAULT_HOST", "1.2.3.4")]),
        plain
    );
}

#[test]
fn variables_come_from_the_command_line() {
    let file = flow_file(
        "jtype: Flow\nexecutors:\n  - {name: a, uses: 'docker://x/a:${{ ENV.TAG }}', env: {A: '$WHO', B: \"${{ CONTEXT.WHO }}\"}}\n",
    );
    let answer = jinaflow(&["export", &file, "--context", "TAG=1.2", "--context", "WHO=me=you"]).succeeded();
    let documents = answer.documents();
    assert_eq!(documents[4]["data"]["A"], "me=you");
    assert_eq!(documents[4]["data"]["B"], "me=you");
    assert_eq!(documents[6]["spec"]["template"]["spec"]["containers"][0]["image"], "x/a:1.2");
    let missing = jinaflow(&["export", &file, "--context", "TAG=1"]);
    assert_eq!((missing.code, missing.codes()), (1, vec!["undefined-variable"]));
    missing.says("executors[0].env.B: ");
    missing.says("`WHO`");
}

#[test]
fn help_and_version_are_printed() {
    let overview = jinaflow(&["help"]).succeeded().stdout;
    assert!(overview.starts_with("jinaflow ") && overview.contains("jinaflow COMMAND --help") && overview.contains("jinaflow manual"));
    for args in [&["export", "--help"][..], &["help", "export"]] {
        let answer = jinaflow(args).succeeded();
        assert!(answer.stdout.starts_with("Usage: jinaflow export FLOW [OUTDIR] [FLAGS]\n"), "{}", answer.stdout);
    }
    let readme = fs::read_to_string(root().join("functions/jinaflow/README.md")).unwrap();
    let shown: Vec<&str> = readme.lines().filter(|line| !line.starts_with("<!--")).collect();
    // Without a terminal, `--help` prints the manual for `kpt fn doc`, which also passes an empty list on standard input.
    let list = b"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n";
    for args in ["manual", "--help", "-h"] {
        assert_eq!(run(program(&[args]), list).succeeded().stdout.lines().collect::<Vec<_>>(), shown);
    }
    for args in [&["--version"][..], &["-V"]] {
        assert_eq!(jinaflow(args).succeeded().stdout, concat!("jinaflow ", env!("CARGO_PKG_VERSION"), "\n"));
    }
}

#[test]
fn every_flag_is_in_the_manual_and_in_the_help() {
    let manual = jinaflow(&["manual"]).stdout;
    let help = ["init", "export", "check"].map(|command| jinaflow(&[command, "--help"]).stdout).concat() + &manual;
    for flag in [
        "--k8s-namespace NS",
        "--compat MODE",
        "--image KEY=IMAGE",
        "--images FILE",
        "--context K=V",
        "--jina-version X.Y.Z",
        "-h, --help",
        "-V, --version",
        "JINA_GATEWAY_IMAGE",
    ] {
        assert!(manual.contains(flag) && help.contains(flag), "{flag}");
    }
}

#[test]
fn wrong_command_lines_give_one_line_and_exit_1() {
    for (args, code) in [
        (&["export", "f", "--compta", "x"][..], "unknown-flag"),
        (&["--frobnicate"], "unknown-flag"),
        (&["exprot"], "unknown-command"),
        (&["export"], "missing-argument"),
        (&["schema", "replicas"], "value-not-allowed"),
        (&["fields", "replcias"], "unknown-topic"),
        (&["options", "replcias"], "unknown-topic"),
        (&["init"], "missing-argument"),
        (&["export", "f", "--kpt"], "misplaced-flag"),
        (&["check", "f", "--compat", "none"], "misplaced-flag"),
        (&["export", "f", "--image", "x"], "malformed-argument"),
        (&["export", "/no/such/file"], "file-unreadable"),
    ] {
        let answer = jinaflow(args);
        assert_eq!((answer.code, answer.stdout.as_str(), answer.stderr.lines().count()), (1, "", 1), "{args:?}");
        assert!(answer.stderr.starts_with(&format!("error[{code}]: ")), "{}", answer.stderr);
    }
}

#[test]
fn a_code_is_explained() {
    let answer = jinaflow(&["explain", "unknown-flag"]).succeeded().stdout;
    for part in ["unknown-flag\n============\n", "\nExample:\n", "\nFix: "] {
        assert!(answer.contains(part), "{answer}");
    }
    let near = jinaflow(&["explain", "unknown-flga"]);
    assert!(near.code == 1 && near.stderr.contains("did you mean `unknown-flag`?"), "{}", near.stderr);
}

#[test]
fn fields_and_options_are_explained_by_name() {
    let has = |args: &[&str], parts: &[&str]| {
        let answer = jinaflow(args).succeeded().stdout;
        for part in parts {
            assert!(answer.contains(part), "{args:?}: {part}: {answer}");
        }
    };
    has(&["explain", "rollingUpdate"], &["rollingUpdate (field", "  fields:  maxSurge, maxUnavailable\n", "          rollingUpdate:\n"]);
    for path in ["storage.size", "executors.encoder.storage.size", "spec.defaults.storage.size", "spec.executors.a.shards.0.storage.size"] {
        has(&["explain", path], &["storage.size (field", "  default: 10G\n", "executors.NAME.shards.NUMBER", "            size: 50Gi\n"]);
    }
    // Both meanings of a name.
    has(&["explain", "replicas"], &["replicas (field", "replicas (option of Jina)"]);
    has(
        &["explain", "namespace"],
        &["metadata.namespace (field", "spec.namespace (field", "  spec.networkPolicy.allowFrom.NAME.namespace\n"],
    );
    has(&["explain", "executors.encoder.flow.uses_with"], &["uses_with (option"]);
    has(&["explain", "spec.flow.executors[0].shards"], &["shards (option"]);
    has(&["fields", "storage"], &["- `storage`: ", "- `storage.size` (quantity): "]);
    has(&["fields", "metadata.name"], &["- `metadata.name` "]);
    has(&["options", "port-monitoring"], &["## `port_monitoring`\n"]);
    let proposes = |args: &[&str], name: &str| {
        let answer = jinaflow(args);
        assert_eq!((answer.code, answer.codes()), (1, vec!["unknown-topic"]), "{args:?}");
        assert!(answer.stderr.contains(&format!("did you mean `{name}`?")), "{args:?}: {}", answer.stderr);
    };
    proposes(&["explain", "rollingupdate"], "rollingUpdate");
    proposes(&["explain", "executors.encoder.replcias"], "replicas");
    proposes(&["fields", "drainsecond"], "drainSeconds");
    proposes(&["options", "shrads"], "shards");
    // The advice for an option of Jina.
    assert!(jinaflow(&["fields", "uses_with"]).stderr.contains("run: jinaflow options uses_with"));
}

#[test]
fn a_closed_pipe_is_success() {
    let many: String = (0..2000).map(|i| format!("  - {{name: e{i}, uses: docker://x/y}}\n")).collect();
    let file = flow_file(&format!("jtype: Flow\nexecutors:\n{many}"));
    let mut child = program(&["export", &file]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn a_file_that_blocks_a_needed_folder_is_reported() {
    let out = scratch("blocked");
    fs::write(out.join("gateway"), "a file where a folder is needed").unwrap();
    let answer = jinaflow(&["export", &flow_file(FLOW), out.to_str().unwrap()]);
    assert_eq!(answer.code, 1);
    assert!(
        answer.first_line().starts_with(&format!("error[file-unwritable]: {}/gateway: cannot be created", out.display())),
        "{}",
        answer.stderr
    );
}

#[test]
fn an_export_writes_all_files_or_none() {
    let flow = root().join("examples/getting-started/flow.yml");
    let folder = scratch("whole");
    let export = |out: &str, more: &[&str]| {
        let out = folder.join(out);
        jinaflow(&[&["export", flow.to_str().unwrap(), out.to_str().unwrap()], more].concat())
    };
    export("new/deep", &[]).succeeded();
    let first = tree(&folder.join("new"));
    assert_eq!(first.len(), 1 + 5);
    // The folder holds an earlier export, files of other owners, and possible remains of a killed run.
    fs::create_dir_all(folder.join("new/deep/.jinaflow.new/gateway")).unwrap();
    fs::write(folder.join("new/deep/.jinaflow.new/gateway/half.yml"), "ki").unwrap();
    fs::write(folder.join("new/deep/own.yaml"), "own").unwrap();
    export("new/deep", &["--k8s-namespace", "ns"]).succeeded();
    let second = tree(&folder.join("new"));
    assert_eq!(second.len(), first.len() + 2, "{:?}", second.keys());
    assert!(first.keys().all(|name| second[name].contains("ns\"") || second[name].contains("namespace: ns")));
    // The target path is taken: nothing is written.
    fs::remove_file(folder.join("new/deep/indexer/indexer-head.yml")).unwrap();
    fs::create_dir(folder.join("new/deep/indexer/indexer-head.yml")).unwrap();
    let before = tree(&folder.join("new"));
    let answer = export("new/deep", &[]);
    assert_eq!((answer.code, answer.codes()), (1, vec!["wrong-file-type"]));
    answer.says("indexer/indexer-head.yml: ");
    assert_eq!(before, tree(&folder.join("new")));
    let answer = export("new/deep/own.yaml", &[]);
    assert_eq!(answer.codes(), ["wrong-file-type"]);
    answer.says("own.yaml: ");
    assert_eq!((answer.code, before == tree(&folder.join("new"))), (1, true));
}
