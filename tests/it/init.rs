//! `jinaflow init`: the files that it writes, without kustomize and kpt.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Run, jinaflow, program, recorded, root, run, scratch, tree};

const FLOW: &str = "# The search of the shop.\njtype: Flow\nwith:\n  port: 8080    # all protocols\nexecutors:\n  - name: encoder\n    uses: docker://acme/clip-encoder:1.2.0\n    uses_with: {model: '${{ ENV.MODEL }}', code: \"0123\"}\n  - name: indexer\n    uses: docker://acme/annlite:${{ CONTEXT.TAG }}\n    shards: 2\n";

/// A folder `shop` with a Flow.
fn shop(flow: &str) -> std::path::PathBuf {
    let folder = scratch("init").join("shop");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("flow.yml"), flow).unwrap();
    folder
}

fn in_folder(folder: &Path, args: &[&str]) -> Run {
    let mut command = program(args);
    command.current_dir(folder);
    run(command, b"")
}

#[test]
fn a_kustomize_tree_has_one_copy_of_the_flow() {
    let folder = shop(FLOW);
    let answer = in_folder(&folder, &["init", "flow.yml"]).succeeded();
    let files = tree(&folder.join("shop-k8s"));
    let names = [
        "README.md",
        "base/flow/flow.yml",
        "base/flow/jinaflow.yaml",
        "base/flow/kustomization.yaml",
        "base/kustomization.yaml",
        "overlays/dev/flow/kustomization.yaml",
        "overlays/dev/kustomization.yaml",
        "overlays/prod/flow/kustomization.yaml",
        "overlays/prod/kustomization.yaml",
        "overlays/staging/flow/kustomization.yaml",
        "overlays/staging/kustomization.yaml",
        "wiring/kustomization.yaml",
        "wiring/kustomizeconfig.yaml",
    ];
    assert_eq!(files.keys().collect::<Vec<_>>(), names);
    assert_eq!(files["base/flow/flow.yml"], FLOW);
    assert_eq!(files.values().filter(|text| text.contains("jtype: Flow")).count(), 1);
    for part in ["  name: shop\n", "    MODEL: TODO\n    TAG: TODO\n", "  # executors:\n  #   encoder:\n"] {
        assert!(files["base/flow/jinaflow.yaml"].contains(part), "{part}: {}", files["base/flow/jinaflow.yaml"]);
    }
    assert!(files["overlays/dev/kustomization.yaml"].contains("namespace: shop-dev\n"));
    assert!(files["overlays/prod/kustomization.yaml"].contains("namespace: shop\n"));
    assert!(files.values().all(|text| !text.contains('@') && text.ends_with('\n')));
    assert!(files["README.md"].contains("kustomize edit set image acme/clip-encoder=REPOSITORY:TAG)"), "{}", files["README.md"]);
    let rules = &files["wiring/kustomizeconfig.yaml"];
    assert!(rules.contains("this folder lists") && !rules.contains("beside your base") && rules.contains("\nnameReference:\n"), "{rules}");
    assert!(
        answer.stdout.contains("  context: MODEL, TAG\n") && answer.stdout.ends_with("  jinaflow check dev.yaml\n"),
        "{}",
        answer.stdout
    );
}

#[test]
fn a_package_contains_the_flow() {
    let folder = shop(FLOW);
    let answer =
        in_folder(&folder, &["init", "flow.yml", "pkg", "--kpt", "--context", "MODEL=ViT-L-14", "--context", "TAG=1.0"]).succeeded();
    assert!(!answer.stdout.contains("context:") && answer.stdout.contains("  kpt fn render pkg --allow-exec\n"), "{}", answer.stdout);
    let files = tree(&folder.join("pkg"));
    assert_eq!(files.keys().collect::<Vec<_>>(), ["Kptfile", "README.md", "jinaflow.yaml"]);
    let exported = in_folder(&folder, &["export", "pkg/jinaflow.yaml"]).succeeded();
    let context = ["--context", "MODEL=ViT-L-14", "--context", "TAG=1.0"];
    let expected = in_folder(&folder, &[&["export", "flow.yml", "--name", "shop"][..], &context].concat()).succeeded();
    assert_eq!(exported.stdout, expected.stdout);
}

#[test]
fn settings_of_the_command_line_become_fields() {
    let folder = shop("jtype: Flow\nwith: {name: Shop Search}\nexecutors: [{name: enc, uses: jinaai+docker://acme/Enc:v1}]\n");
    let settings = ["--image-pattern", "reg.example.com/{name}:{tag}", "--k8s-namespace", "search", "--jina-version", "3.30.0"];
    in_folder(&folder, &[&["init", "flow.yml", "tree"][..], &settings, &["--image", "gateway=acme/jina:1"]].concat());
    let files = tree(&folder.join("tree"));
    let written = &files["base/flow/jinaflow.yaml"];
    for part in ["name: shop-search\n", "jinaVersion: 3.30.0\n", "gateway: acme/jina:1\n", "{name}:{tag}"] {
        assert!(written.contains(part), "{part}: {written}");
    }
    assert!(files["overlays/staging/kustomization.yaml"].contains("namespace: search-staging\n"));
    in_folder(&folder, &[&["init", "flow.yml", "pkg", "--kpt"][..], &settings].concat());
    let exported = in_folder(&folder, &["export", "pkg/jinaflow.yaml"]);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    assert!(exported.documents().iter().all(|object| object["metadata"]["namespace"] == "search"));
    assert!(exported.stdout.contains("image: reg.example.com/enc:v1"));
}

#[test]
fn the_name_comes_from_the_flow_or_its_file() {
    let flow = "jtype: Flow\nexecutors: [{name: a, uses: docker://x/a:1}]\n";
    let folder = shop(flow);
    fs::write(folder.join("Query_2.yml"), flow).unwrap();
    fs::write(folder.join("named.yml"), flow.replace("executors", "with: {name: own}\nexecutors")).unwrap();
    for (arguments, name) in
        [(&["flow.yml"][..], "shop"), (&["Query_2.yml"], "query-2"), (&["named.yml"], "own"), (&["flow.yml", "--name", "given"], "given")]
    {
        in_folder(&folder, &[&["init"], arguments].concat()).succeeded();
        assert!(tree(&folder.join(format!("{name}-k8s")))["base/flow/jinaflow.yaml"].contains(&format!("  name: {name}\n")));
    }
    let mut from_stdin = program(&["init", "-"]);
    from_stdin.current_dir(&folder);
    run(from_stdin, flow.as_bytes()).succeeded();
    assert!(folder.join("flow-k8s/base/flow/flow.yml").is_file());
}

#[test]
fn a_deployment_has_no_gateway() {
    let folder = shop("jtype: Deployment\nwith: {name: enc, uses: docker://x/enc:1}\n");
    in_folder(&folder, &["init", "flow.yml"]).succeeded();
    let files = tree(&folder.join("shop-k8s"));
    assert!(files["wiring/kustomization.yaml"].contains("select: {kind: Service, name: enc}"));
    assert!(files["base/flow/jinaflow.yaml"].contains("  #   enc:\n"));
}

#[test]
fn nothing_is_overwritten() {
    let folder = shop(FLOW);
    let before = tree(&folder);
    fs::create_dir_all(folder.join("tree/base/flow")).unwrap();
    fs::create_dir_all(folder.join("tree/overlays")).unwrap();
    fs::write(folder.join("tree/base/flow/flow.yml"), "mine").unwrap();
    fs::write(folder.join("tree/README.md"), "mine").unwrap();
    let with_mine = tree(&folder);
    let answer = in_folder(&folder, &["init", "flow.yml", "tree"]);
    assert_eq!((answer.code, answer.codes(), answer.stdout.as_str()), (1, vec!["file-exists"; 2], ""));
    assert!(answer.stderr.contains(": tree/README.md: ") && answer.stderr.contains(": tree/base/flow/flow.yml: "), "{}", answer.stderr);
    assert_eq!(tree(&folder), with_mine);
    // Following the advice: without these files, the others are added.
    fs::remove_file(folder.join("tree/README.md")).unwrap();
    fs::remove_file(folder.join("tree/base/flow/flow.yml")).unwrap();
    fs::write(folder.join("tree/other.yaml"), "mine").unwrap();
    in_folder(&folder, &["init", "flow.yml", "tree"]).succeeded();
    assert_eq!(tree(&folder.join("tree")).len(), 13 + 1);
    assert_eq!(tree(&folder)["tree/other.yaml"], "mine");
    assert_eq!(before["flow.yml"], FLOW);
}

#[test]
fn all_files_are_written_or_none() {
    let folder = shop(FLOW);
    for blocked in ["tree", "deep/base", "late/overlays/prod"] {
        let path = folder.join(blocked);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "mine").unwrap();
        let dir = blocked.split('/').next().unwrap();
        let before = tree(&folder);
        let answer = in_folder(&folder, &["init", "flow.yml", dir]);
        assert_eq!((answer.code, answer.codes()), (1, vec!["wrong-file-type"]), "{blocked}: {}", answer.stderr);
        assert_eq!(tree(&folder), before);
    }
    // A link may lead out of the folder.
    fs::create_dir_all(folder.join("linked")).unwrap();
    fs::create_dir_all(folder.join("outside")).unwrap();
    std::os::unix::fs::symlink(folder.join("outside"), folder.join("linked/base")).unwrap();
    let answer = in_folder(&folder, &["init", "flow.yml", "linked"]);
    assert_eq!((answer.code, answer.codes()), (1, vec!["symbolic-link"]));
    assert!(tree(&folder.join("outside")).is_empty() && fs::read_dir(folder.join("linked")).unwrap().count() == 1);
}

#[test]
fn a_flow_with_an_error_is_not_initialized() {
    let folder = shop(&FLOW.replace("shards: 2", "shards: -2"));
    let answer = in_folder(&folder, &["init", "flow.yml"]);
    assert_eq!((answer.code, answer.stdout.as_str()), (1, ""));
    assert!(!folder.join("shop-k8s").exists());
    // A variable that decides a number needs a value. The error shows the flag, which `init` takes too.
    fs::write(folder.join("flow.yml"), FLOW.replace("shards: 2", "shards: ${{ ENV.SHARDS }}")).unwrap();
    let answer = in_folder(&folder, &["init", "flow.yml"]);
    assert_eq!(answer.code, 1);
    assert_eq!(answer.codes(), ["undefined-variable"], "{}", answer.stderr);
    assert!(answer.stderr.contains("`--context SHARDS=VALUE`"), "{}", answer.stderr);
    in_folder(&folder, &["init", "flow.yml", "--context", "SHARDS=2"]).succeeded();
    let written = fs::read_to_string(folder.join("shop-k8s/base/flow/jinaflow.yaml")).unwrap();
    assert!(written.contains("    MODEL: TODO\n    SHARDS: \"2\"\n    TAG: TODO\n"), "{written}");
}

/// The Flow of Jina's how-to, and executors that are classes or files.
const HOW_TO: &str = "jtype: Flow\nexecutors:\n  - {name: encoder, uses: jinahub+docker://CLIPEncoder}\n  - {name: ranker, uses: 'jinahub+docker://Ranker:s3cret/v1'}\n  - {name: local, uses: MyExec, shards: 2}\n  - {name: known, uses: docker://acme/known:1.0}\n";

#[test]
fn images_that_are_not_set_are_listed_once() {
    let folder = shop(HOW_TO);
    let answer = in_folder(&folder, &["init", "flow.yml"]).succeeded();
    assert!(answer.stdout.contains("  images: jinahub+docker://CLIPEncoder, jinahub+docker://Ranker/v1, MyExec\n"), "{}", answer.stdout);
    let files = tree(&folder.join("shop-k8s"));
    let written = &files["base/flow/jinaflow.yaml"];
    assert!(written.contains("jinahub+docker://CLIPEncoder: image-not-set.invalid/clipencoder:latest\n"), "{written}");
    assert!(written.contains("MyExec: image-not-set.invalid/myexec:latest\n"), "{written}");
    assert!(files.iter().all(|(name, text)| name.ends_with("flow.yml") || !text.contains("s3cret")));
    assert!(files["overlays/prod/kustomization.yaml"].contains("# - name: acme/known\n"));
    assert!(!files["overlays/prod/kustomization.yaml"].contains("image-not-set"));
    // `check` reports them until they are replaced.
    in_folder(&folder, &["init", "flow.yml", "pkg", "--kpt"]).succeeded();
    let export = |out: &str| in_folder(&folder, &["export", "pkg/jinaflow.yaml", out]);
    assert_eq!(export("before").code, 0);
    let checked = in_folder(&folder, &["check", "before"]);
    // One error for each executor, also if it has several objects, which are all marked in the table.
    assert_eq!((checked.code, checked.codes()), (1, vec!["image-not-set"; 3]), "{}", checked.stderr);
    assert!(checked.stderr.contains("the image of `local` is not set (in 2 objects)"), "{}", checked.stderr);
    assert_eq!(checked.stdout.matches("✗").count(), 4, "{}", checked.stdout);
    let file = folder.join("pkg/jinaflow.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("image-not-set.invalid/", "registry.example.com/").replace(":latest", ":1.0")).unwrap();
    export("after").succeeded();
    let checked = in_folder(&folder, &["check", "after", "--strict"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    // A flag gives an image at once.
    let flags = ["--image", "CLIPEncoder=acme/clip:1", "--image", "ranker=acme/ranker:1", "--image", "MyExec=acme/my:1"];
    let answer = in_folder(&folder, &[&["init", "flow.yml", "given"][..], &flags].concat()).succeeded();
    assert!(!answer.stdout.contains("images:"), "{}", answer.stdout);
    let strict = in_folder(&folder, &["init", "flow.yml", "strict", "--strict"]);
    assert_eq!((strict.code, strict.codes(), folder.join("strict").exists()), (1, vec!["image-not-set"], false));
}

/// A function cannot read other files, so `init` refuses what would fail in a cluster's tree.
#[test]
fn a_flow_that_needs_other_files_is_not_initialized() {
    let flow = "jtype: Flow\nexecutors:\n  - {name: ranker, uses: docker://acme/rank:1}\n  - encoder.yml\n";
    let folder = shop(flow);
    let options = "name: encoder, uses: docker://acme/enc:1";
    let missing = in_folder(&folder, &["init", "flow.yml"]);
    assert!(missing.code == 1 && missing.stderr.contains("does not exist"), "{}", missing.stderr);
    fs::write(folder.join("encoder.yml"), format!("jtype: Deployment\nwith: {{{options}}}\n")).unwrap();
    let exported = in_folder(&folder, &["export", "flow.yml"]).succeeded();
    let refused = || {
        let answer = in_folder(&folder, &["init", "flow.yml"]);
        assert_eq!((answer.code, answer.codes()), (1, vec!["executor-from-file"]), "{}", answer.stderr);
        assert!(!folder.join("shop-k8s").exists());
        answer.stderr
    };
    let stderr = refused();
    assert!(stderr.contains(": flow.yml: executors[1]: ") && stderr.contains("--> flow.yml:4:5\n"), "{stderr}");
    // A file may also be the `uses` of an executor.
    fs::write(folder.join("flow.yml"), flow.replace("- encoder.yml", "- {name: encoder, uses: encoder.yml}")).unwrap();
    assert!(refused().contains("--> flow.yml:4:5\n"));
    // Following the advice: the options of the file, in the list.
    fs::write(folder.join("flow.yml"), flow.replace("- encoder.yml", &format!("- {{{options}}}"))).unwrap();
    in_folder(&folder, &["init", "flow.yml", "pkg", "--kpt"]).succeeded();
    let packed = in_folder(&folder, &["export", "pkg/jinaflow.yaml"]).succeeded();
    assert_eq!(packed.documents().len(), exported.documents().len());
}

#[test]
fn a_jinaflow_is_refused() {
    let folder = shop(FLOW);
    in_folder(&folder, &["init", "flow.yml", "pkg", "--kpt"]).succeeded();
    let answer = in_folder(&folder, &["init", "pkg/jinaflow.yaml"]);
    assert_eq!((answer.code, answer.codes()), (1, vec!["flow-expected"]));
}

/// The tree is built before it is checked. The message has one command for each environment.
#[test]
fn checking_a_tree_shows_the_commands_to_build_it() {
    let folder = shop(FLOW);
    in_folder(&folder, &["init", "flow.yml", "my tree"]).succeeded();
    let answer = in_folder(&folder, &["check", "my tree"]);
    assert_eq!((answer.code, answer.codes()), (1, vec!["kustomization-not-built"]), "{}", answer.stderr);
    let line =
        |overlay: &str| format!("  kustomize build --enable-alpha-plugins --enable-exec 'my tree/overlays/{overlay}' | jinaflow check -");
    assert_eq!(answer.stderr.lines().skip(1).collect::<Vec<_>>(), ["dev", "prod", "staging"].map(line));
    // The base is shown if it is alone. A component cannot be built.
    for (path, expected) in [("my tree/base", "--enable-exec 'my tree/base' |"), ("my tree/wiring", "a kustomization that lists it")] {
        let answer = in_folder(&folder, &["check", path]);
        assert_eq!((answer.code, answer.codes()), (1, vec!["kustomization-not-built"]));
        assert!(answer.stderr.contains(expected), "{}", answer.stderr);
    }
    // The flags are needed because of another folder.
    fs::create_dir(folder.join("eu")).unwrap();
    fs::write(folder.join("eu/kustomization.yaml"), "resources: ['../my tree/overlays/prod']\n").unwrap();
    assert!(in_folder(&folder, &["check", "eu"]).stderr.contains("; run: kustomize build --enable-alpha-plugins --enable-exec eu |"));
}

/// `$NAME` may be text, so it gets no value where the text is possible.
#[test]
fn words_that_may_be_variables_are_listed() {
    let folder = shop(&FLOW.replace("\"0123\"", "$PRICE"));
    assert_eq!(in_folder(&folder, &["init", "flow.yml"]).code, 0);
    let written = fs::read_to_string(folder.join("shop-k8s/base/flow/jinaflow.yaml")).unwrap();
    assert!(written.contains(": $PRICE\n") && !written.contains("PRICE:"), "{written}");
}

/// An image needs the value of `$TAG`. The value TODO is possible in an image, but not in a number.
#[test]
fn variables_in_all_forms_get_a_value_to_replace() {
    let flow = "jtype: Flow\nexecutors:\n  - name: a\n    uses: docker://acme/a:$TAG\n    uses_with: {m: '${{ ENV.MODEL }}', p: $PRICE}\n  - name: b\n    uses: docker://acme/b:${TAG}\n    replicas: 1\n";
    let folder = shop(flow);
    let answer = in_folder(&folder, &["init", "flow.yml"]);
    assert!(answer.stdout.contains("  context: MODEL, TAG\n"), "{}", answer.stderr);
    let written = fs::read_to_string(folder.join("shop-k8s/base/flow/jinaflow.yaml")).unwrap();
    assert!(written.contains("    MODEL: TODO\n    TAG: TODO\n") && written.contains("unchanged: $PRICE\n"), "{written}");
    // Only the variables whose value cannot be TODO are reported.
    let wrong = flow.replace("replicas: 1", "replicas: $R\n    shards: ${{ ENV.S }}").replace("uses_with", "protocol: $P\n    uses_with");
    fs::write(folder.join("flow.yml"), wrong).unwrap();
    let answer = in_folder(&folder, &["init", "flow.yml", "other"]);
    assert_eq!((answer.code, answer.stderr.matches("error[undefined-variable]").count()), (1, 3), "{}", answer.stderr);
    for name in ["R", "S", "P"] {
        assert!(answer.stderr.contains(&format!("the variable `{name}`")), "{}", answer.stderr);
    }
    let context = ["--context", "R=2", "--context", "S=2", "--context", "P=grpc"];
    assert_eq!(in_folder(&folder, &[&["init", "flow.yml", "other"][..], &context].concat()).code, 0);
    let written = fs::read_to_string(folder.join("other/base/flow/jinaflow.yaml")).unwrap();
    assert!(written.contains("    MODEL: TODO\n    P: grpc\n    R: \"2\"\n    S: \"2\"\n    TAG: TODO\n"), "{written}");
    // A reference leads to the variable.
    let by_reference =
        flow.replace("jtype: Flow", "jtype: Flow\nwith: {env: {N: $R}}").replace("replicas: 1", "replicas: ${{root.with.env.N}}");
    fs::write(folder.join("flow.yml"), by_reference).unwrap();
    let answer = in_folder(&folder, &["init", "flow.yml", "third"]);
    assert!(answer.code == 1 && answer.stderr.contains("the variable `R`"), "{}", answer.stderr);
    // An error of the Flow itself is not about variables.
    fs::write(folder.join("flow.yml"), flow.replace("replicas: 1", "replicas: -1")).unwrap();
    let answer = in_folder(&folder, &["init", "flow.yml", "third"]);
    assert!(answer.code == 1 && !answer.stderr.contains("error[undefined-variable]"), "{}", answer.stderr);
}

/// Names of folders are quoted in the commands that the user is shown.
#[test]
fn the_next_commands_work_as_printed() {
    let folder = shop(FLOW);
    let answer = in_folder(&folder, &["init", "flow.yml", "it's a package", "--kpt"]).succeeded();
    let command = answer.stdout.lines().last().unwrap().trim();
    let mut shell = Command::new("sh");
    let program = Path::new(env!("CARGO_BIN_EXE_jinaflow")).parent().unwrap();
    shell.args(["-c", command]).current_dir(&folder).env("PATH", format!("{}:/usr/bin:/bin", program.display()));
    let checked = run(shell, b"");
    // The package is not rendered yet.
    assert_eq!(checked.codes(), ["flow-not-rendered"], "{command}: {}", checked.stderr);
}

/// Every recorded Flow gives a package that renders the same objects as the Flow itself.
#[test]
fn every_recorded_flow_can_be_initialized() {
    let mut count = 0;
    for case in recorded(&root().join("tests/jina/flows")) {
        let folder = scratch("init-recorded");
        let arguments = |command: &str, rest: &[&str]| {
            let export = case.export(&[]);
            let mut own = program(&[command]);
            own.args(export.get_args().skip(1)).args(rest).current_dir(&folder).envs(export.get_envs().filter_map(|(n, v)| Some((n, v?))));
            run(own, b"")
        };
        let exported = arguments("export", &["--name", "recorded"]);
        for layout in ["--kpt", "--kustomize"] {
            let answer = arguments("init", &["--name", "recorded", layout, layout.trim_matches('-')]);
            assert!(answer.code == 0 || exported.code == 1, "{}: {}", case.name, answer.stderr);
        }
        if exported.code == 0 {
            let packed = jinaflow(&["export", folder.join("kpt/jinaflow.yaml").to_str().unwrap()]);
            assert!(packed.stdout == exported.stdout, "{}: {}", case.name, packed.stderr);
            count += 1;
        }
        fs::remove_dir_all(folder).unwrap();
    }
    assert!(count > 100, "{count}");
}
