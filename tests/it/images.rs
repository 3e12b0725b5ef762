//! Images that are not set: placeholders, the message with its lines to copy, and all ways to set an image.

use std::fs;
use std::process::Command;

use crate::support::random::Random;
use crate::support::{Messages, Run, function, jinaflow, program, run, scratch};
use jinaflow::internals::config::images::{fault, placeholder};
use serde_json::Value;

/// A Flow with each kind of `uses` without an image.
const FLOW: &str = r#"jtype: Flow
executors:
- {name: hub, uses: 'jinahub+docker://CLIPEncoder:s3cret/v1'}
- {name: owned, uses: 'jinaai+docker://Acme/Ranker'}
- {name: odd, uses: 'jinaai+sandbox://<username>/Odd:1:2'}
- {name: class, uses: MyExec, uses_with: {a: 1}}
- {name: again, uses: MyExec}
- {name: inline, uses: {jtype: CLIPText, with: {token: s3cret}}}
- {name: file, uses: executor1/config.yml}
- {name: invalid, uses: 'docker://ghcr.io/Acme/ABC:1'}
- {name: tagged, uses: 'acme/clip:1.0'}
- {name: sharded, uses: docker://x/sharded:1, shards: 2, uses_before: BeforeExec, uses_after: "it's after"}
"#;

/// Asserts success. Findings that are not errors are allowed.
fn rendered(answer: Run) -> Run {
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer
}

/// The images of [`FLOW`], by the names of workloads and containers.
const PLACEHOLDERS: [(&str, &str); 11] = [
    ("hub executor", "clipencoder:v1"),
    ("owned executor", "acme/ranker:latest"),
    ("odd executor", "username/odd:1"),
    ("class executor", "myexec:latest"),
    ("again executor", "myexec:latest"),
    ("inline executor", "cliptext:latest"),
    ("file executor", "executor1:latest"),
    ("invalid executor", "ghcr.io/acme/abc:1"),
    ("tagged executor", "acme/clip:1.0"),
    ("sharded-head uses-before", "beforeexec:latest"),
    ("sharded-head uses-after", ""),
];

fn flow_file(text: &str) -> String {
    let file = scratch("images").join("flow.yml");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

fn export(text: &str, args: &[&str]) -> Run {
    jinaflow(&[&["export", &flow_file(text)], args].concat())
}

/// A JinaFlow with this `spec`, and with a Flow as text.
fn config(spec: &str, flow: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("  {line}\n")).collect();
    let flow: String = flow.lines().map(|line| format!("    {line}\n")).collect();
    format!("apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: search}}\nspec:\n{spec}  flow: |\n{flow}")
}

/// A ResourceList with these documents as items.
fn list(items: &[&str]) -> String {
    let item =
        |text: &&str| text.lines().enumerate().map(|(i, line)| format!("{} {line}\n", if i == 0 { "-" } else { " " })).collect::<String>();
    format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{}", items.iter().map(item).collect::<String>())
}

/// The containers of all workloads, each with its image.
fn images(objects: &[Value]) -> Vec<(String, String)> {
    let mut images = Vec::new();
    for object in objects {
        let pod = &object["spec"]["template"]["spec"];
        for container in ["containers", "initContainers"].iter().filter_map(|list| pod[list].as_array()).flatten() {
            let name = format!("{} {}", object["metadata"]["name"].as_str().unwrap(), container["name"].as_str().unwrap());
            images.push((name, container["image"].as_str().unwrap().to_owned()));
        }
    }
    images
}

fn image(objects: &[Value], name: &str) -> String {
    images(objects).into_iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1
}

/// The arguments of the first container of a workload.
fn args(objects: &[Value], name: &str) -> Vec<String> {
    let object = objects.iter().find(|object| object["metadata"]["name"] == name && object["kind"] == "Deployment").unwrap();
    let args = object["spec"]["template"]["spec"]["containers"][0]["args"].as_array().unwrap();
    args.iter().map(|arg| arg.as_str().unwrap().to_owned()).collect()
}

fn has_pair(args: &[String], option: &str, value: &str) -> bool {
    args.windows(2).any(|pair| pair == [option, value])
}

/// The lines of the block below a heading, without their indentation.
fn block(run: &Run, heading: &str) -> Vec<String> {
    let mut lines = run.stderr.lines().skip_while(|line| !line.trim_start().starts_with(heading)).skip(1);
    let mut found = Vec::new();
    for line in lines.by_ref() {
        match line.strip_prefix("    ") {
            Some(line) => found.push(line.to_owned()),
            None => break,
        }
    }
    assert!(!found.is_empty(), "no block {heading:?}: {}", run.stderr);
    found
}

#[test]
fn every_uses_without_an_image_has_a_placeholder() {
    let answer = rendered(export(FLOW, &[]));
    let objects = answer.documents();
    for (name, expected) in PLACEHOLDERS {
        let image = image(&objects, name);
        assert!(image.starts_with("image-not-set.invalid/") && image.ends_with(expected), "{name}: {image}");
        assert_eq!(fault(&image), None, "{image}");
    }
    assert_eq!(image(&objects, "sharded-0 executor"), "x/sharded:1");
    assert_eq!(answer.codes(), ["image-not-set"]);
    answer.begins("warning[image-not-set]: ");
    assert!(answer.first_line().contains(": executors: 11 images are not set"), "{}", answer.stderr);
    assert!(answer.first_line().len() < 300, "{}", answer.stderr);
    assert!(!answer.stderr.contains("s3cret"), "{}", answer.stderr);
    let mut messages = Messages::new("images");
    messages.add("each kind of uses", &answer);
    for (what, flow) in [
        ("a name on the Jina Hub", "jtype: Flow\nexecutors: [{name: a, uses: 'jinahub+docker://CLIPEncoder'}]\n"),
        ("an invalid image", "jtype: Flow\nexecutors: [{name: a, uses: 'docker://ABC'}]\n"),
        ("a gateway", "jtype: Flow\ngateway: {uses: MyGateway}\nexecutors: [{name: a, uses: 'docker://x/a'}]\n"),
        ("a Deployment", "jtype: Deployment\nwith: {uses: 'jinaai://acme/Enc'}\n"),
    ] {
        let answer = rendered(export(flow, &[]));
        assert_eq!(answer.codes(), ["image-not-set"], "{what}");
        messages.add(what, &answer);
    }
    let answer = rendered(function(&list(&[&config("", FLOW)])));
    assert_eq!(answer.results(), ["spec.flow.executors image-not-set"]);
    assert!(
        answer.list()["results"][0]["message"].as_str().unwrap().contains("\n      MyExec: IMAGE  # class, again\n"),
        "{}",
        answer.stdout
    );
    messages.add("a JinaFlow", &answer);
    messages.compare();
}

#[test]
fn the_lines_of_the_message_set_every_image() {
    let answer = export(FLOW, &[]);
    let are_set = |answer: Run| {
        assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
        for (name, _) in PLACEHOLDERS {
            assert_eq!(image(&answer.documents(), name), "r.example/own:2", "{name}");
        }
    };
    let set = |lines: &[String]| lines.join("\n").replace("IMAGE", "r.example/own:2");
    // The flags, in a shell.
    let flags = block(&answer, "with flags");
    let mut shell = Command::new("sh");
    let line = format!("'{}' export '{}' {}", env!("CARGO_BIN_EXE_jinaflow"), flow_file(FLOW), set(&flags));
    shell.args(["-c", &line]).env_clear();
    are_set(run(shell, b""));
    // A file with a line for each.
    let in_file = |line: &String| line.trim_start_matches("--image ").trim_end_matches(" \\").trim_matches('\'').replace("'\\''", "'");
    let file = scratch("images").join("images.txt");
    fs::write(&file, set(&flags.iter().map(in_file).collect::<Vec<_>>())).unwrap();
    are_set(export(FLOW, &["--images", file.to_str().unwrap()]));
    // A JinaFlow, on the command line and as a function.
    let spec = block(&answer, "in a JinaFlow");
    assert_eq!(spec[0], "spec:");
    let spec = set(&spec[1..].iter().map(|line| line[2..].to_owned()).collect::<Vec<_>>());
    are_set(export(&config(&spec, FLOW), &[]));
    let again = function(&list(&[&config("", FLOW)]));
    assert_eq!(block(&again, "in a JinaFlow")[1..], block(&answer, "in a JinaFlow")[1..]);
    // As YAML, the file is a mapping.
    let mapping: Vec<String> = spec.lines().skip(1).map(str::to_owned).collect();
    fs::write(&file, mapping.iter().map(|line| format!("{}\n", line.trim_start())).collect::<String>()).unwrap();
    are_set(export(FLOW, &["--images", file.to_str().unwrap()]));
}

#[test]
fn the_pattern_of_the_message_sets_every_name_on_the_hub() {
    let flow = "jtype: Flow\nexecutors:\n- {name: a, uses: 'jinahub+docker://Enc'}\n- {name: b, uses: 'jinaai://Acme/Enc:v1'}\n";
    let answer = export(flow, &[]);
    assert!(answer.stderr.contains("--image-pattern 'REGISTRY/{owner}/{name}:{tag}'\n"), "{}", answer.stderr);
    let answer = export(flow, &["--image-pattern", "r.example/{owner}/{name}:{tag}"]).succeeded();
    assert_eq!(answer.stderr, "");
    assert_eq!(image(&answer.documents(), "a executor"), "r.example/enc:latest");
    assert_eq!(image(&answer.documents(), "b executor"), "r.example/acme/enc:v1");
    let answer = export(flow, &["--image-pattern", "reg/X{name}"]);
    assert_eq!((answer.code, answer.codes()), (1, vec!["invalid-image"]));
}

#[test]
fn a_missing_image_is_an_error_if_the_user_wants_it() {
    let flow = "jtype: Flow\nexecutors: [{name: a, uses: 'jinahub+docker://Enc:s3cret/v1'}]\n";
    let mut messages = Messages::new("images-errors");
    for (what, answer) in [
        ("--strict", export(flow, &["--strict"])),
        ("--compat", export(flow, &["--compat", "jina-3.34"])),
        ("missingImages", export(&config("missingImages: error", flow), &[])),
    ] {
        assert_eq!((answer.code, answer.stdout.as_str(), answer.codes()), (1, "", vec!["image-not-set"]), "{what}");
        answer.begins("error[image-not-set]: ");
        assert!(answer.stderr.contains("jinahub+docker://Enc/v1: IMAGE  # a\n") && !answer.stderr.contains("s3cret"), "{}", answer.stderr);
        messages.add(what, &answer);
    }
    let answer = function(&list(&[&config("missingImages: error", flow)]));
    assert_eq!((answer.code, answer.results()), (1, vec!["spec.flow.executors[0].uses image-not-set".to_owned()]));
    for flags in [["--strict", "--image", "Enc=x/e"], ["--image", "a=x/e", "--strict"]] {
        assert_eq!(export(flow, &flags).succeeded().stderr, "");
    }
    export(flow, &["--compat", "jina-3.34", "--image", "Enc=x/e"]).succeeded();
    // `explain` works before the images are known.
    let answer = rendered(jinaflow(&["explain", &flow_file(flow)]));
    assert!(answer.stdout.contains("placeholder-images"), "{}", answer.stdout);
    messages.compare();
}

#[test]
fn the_most_specific_setting_gives_the_image() {
    let flow = |uses: &str| format!("jtype: Flow\nexecutors: [{{name: enc, uses: {uses}}}]\n");
    let hub = "jinaai+docker://acme/Clip:v1";
    // From the weakest to the strongest.
    let steps = [
        ("imagePattern", "r.example/{owner}/{name}:{tag}", "r.example/acme/clip:v1"),
        ("Clip", "bare", "bare"),
        ("Clip/v1", "bare/slash", "bare/slash"),
        ("Clip:v1", "bare/tag", "bare/tag"),
        ("acme/Clip", "owner", "owner"),
        ("acme/Clip:v1", "owner/tag", "owner/tag"),
        (hub, "full", "full"),
        ("enc", "name", "name"),
        ("executors", "{enc: {image: layer}}", "layer"),
    ];
    for count in 1..=steps.len() {
        let mut spec = String::new();
        let mut entries = String::new();
        for (key, value, _) in &steps[..count] {
            match *key {
                "imagePattern" => spec.push_str(&format!("imagePattern: '{value}'\n")),
                "executors" => spec.push_str(&format!("executors: {value}\n")),
                key => entries.push_str(&format!("  '{key}': {value}\n")),
            }
        }
        let images = if entries.is_empty() { String::new() } else { format!("images:\n{entries}") };
        let answer = export(&config(&format!("{spec}{images}"), &flow(&format!("'{hub}'"))), &[]).succeeded();
        assert_eq!(answer.stderr, "", "{spec}{images}");
        assert_eq!(image(&answer.documents(), "enc executor"), steps[count - 1].2, "{spec}{images}");
    }
    for (uses, key) in [
        ("MyExec", "MyExec"),
        ("my.module.MyExec", "MyExec"),
        ("my.module.MyExec", "my.module.MyExec"),
        ("{jtype: MyExec, with: {a: 1}}", "MyExec"),
        ("{jtype: my.module.MyExec}", "MyExec"),
        ("a/config.yml", "a/config.yml"),
        ("'docker://a/b:1'", "docker://a/b:1"),
        ("'docker://a/b:1'", "a/b:1"),
        ("'jinahub+docker://Clip'", "Clip:latest"),
        ("'jinahub+docker://Clip:s3cret/v1'", "jinahub+docker://Clip/v1"),
        ("'jinahub+docker://Clip:s3cret/v1'", "jinahub+docker://Clip:s3cret/v1"),
        ("'${{ ENV.X }}'", "enc"),
        ("MyExec", "enc"),
    ] {
        let answer = export(&flow(uses), &["--image", &format!("{key}=own:1"), "--context", "X=Some thing"]).succeeded();
        assert_eq!((image(&answer.documents(), "enc executor"), answer.stderr.as_str()), ("own:1".to_owned(), ""), "{uses} {key}");
    }
    // Flags override a file, and both override a JinaFlow.
    let file = scratch("images").join("images.txt");
    fs::write(&file, "enc=of-file\n").unwrap();
    let both = ["--images", file.to_str().unwrap(), "--image", "enc=of-flag"];
    let text = config("images: {enc: of-spec}", &flow("MyExec"));
    for (args, expected) in [(&[][..], "of-spec"), (&both[..2], "of-file"), (&both[..], "of-flag")] {
        assert_eq!(image(&export(&text, args).documents(), "enc executor"), expected);
    }
}

#[test]
fn an_image_for_the_gateway_or_an_executor_does_not_change_heads() {
    let flow = "jtype: Flow\ngateway: {uses: MyGateway}\nexecutors: [{name: enc, shards: 2, uses: Enc, uses_before: Enc}]\n";
    let answer = export(&config("gateway: {image: own/gateway}\nexecutors: {enc: {image: own/enc}}", flow), &[]);
    let objects = answer.documents();
    assert_eq!(image(&objects, "gateway gateway"), "own/gateway");
    assert_eq!(image(&objects, "enc-1 executor"), "own/enc");
    assert!(image(&objects, "enc-head executor").starts_with("jinaai/jina:"));
    assert_eq!(image(&objects, "enc-head uses-before"), "image-not-set.invalid/enc:latest");
    for (spec, path) in [
        ("executors: {enc: {image: 'docker://own/enc'}}", "spec.executors.enc.image invalid-image"),
        ("executors: {enc: {head: {image: own/enc}}}", "spec.executors.enc.head.image misplaced-field"),
        ("defaults: {image: own/enc}", "spec.defaults.image misplaced-field"),
    ] {
        let answer = function(&list(&[&config(spec, flow)]));
        assert!(answer.code == 1 && answer.results().contains(&path.to_owned()), "{spec}: {:?}", answer.results());
    }
}

/// The container runs the executor of its image, with its configuration.
#[test]
fn an_executor_with_an_image_gets_its_configuration() {
    let run = |executor: &str, spec: &str| {
        let answer = export(&config(spec, &format!("jtype: Flow\nexecutors: [{{name: enc, {executor}}}]\n")), &[]).succeeded();
        assert_eq!(answer.stderr, "", "{executor}");
        answer.documents()
    };
    let set = "executors: {enc: {image: 'own/enc:1'}}";
    for executor in ["uses: Enc", "uses: enc/config.yml", "uses: 'jinahub+docker://Enc'", "replicas: 2", "uses: 'docker://other'"] {
        let objects = run(executor, set);
        assert!(has_pair(&args(&objects, "enc"), "--uses", "config.yml"), "{executor}");
        let objects = run(executor, "executors: {enc: {image: 'own/enc:1', configFile: my.yml}}");
        assert!(has_pair(&args(&objects, "enc"), "--uses", "my.yml"), "{executor}");
    }
    for set in [set, "images: {Enc: 'own/enc:1'}"] {
        let objects = run("uses: {jtype: Enc, with: {a: b}}", set);
        assert!(has_pair(&args(&objects, "enc"), "--uses", "/etc/jinaflow/config.yml"));
        let config = objects.iter().find(|object| object["metadata"]["name"] == "enc-config").unwrap();
        assert_eq!(config["data"]["config.yml"], "jtype: Enc\nwith: {a: b}\n");
        assert_eq!(image(&objects, "enc executor"), "own/enc:1");
    }
    // A tag is a class too, and a class of Jina itself needs no image.
    assert_eq!(image(&run("uses: !Enc {with: {a: b}}", "images: {Enc: 'own/enc:1'}"), "enc executor"), "own/enc:1");
    assert!(image(&run("uses: {jtype: BaseExecutor}", "mesh: none"), "enc executor").starts_with("jinaai/jina:"));
}

#[test]
fn wrong_keys_are_reported_in_the_words_of_the_caller() {
    let flow = "jtype: Flow\nexecutors:\n- {name: encoder, uses: 'docker://x/a:1'}\n- {name: b, uses: 'jinaai://acme/Clip'}\n";
    let file = scratch("images").join("images.txt");
    fs::write(&file, "# images\nencodre=x:1\n").unwrap();
    let file = file.to_str().unwrap();
    let mut messages = Messages::new("images-keys");
    for (what, answer, path, near) in [
        ("--image", export(flow, &["--image", "encodre=x:1", "--image", "b=x/b"]), ": --image: ", "did you mean `encoder`?"),
        ("--image of a class", export(flow, &["--image", "Clpi=x:1", "--image", "b=x/b"]), ": --image: ", "did you mean `Clip`?"),
        ("--images", export(flow, &["--images", file, "--image", "b=x/b"]), ": --images: the key on line 2 of ", "did you mean `encoder`?"),
        ("images", export(&config("images: {encodre: x, b: x/b}", flow), &[]), ": spec.images.encodre: ", "did you mean `encoder`?"),
    ] {
        assert_eq!((answer.code, answer.codes()), (0, vec!["unused-image"]), "{what}: {}", answer.stderr);
        assert!(answer.first_line().contains(path) && answer.first_line().contains(near), "{}", answer.stderr);
        messages.add(what, &run_with_short_path(answer, file));
    }
    // A name of an executor that is also a class, and a name with several owners.
    let flow = "jtype: Flow\nexecutors:\n- {name: Clip, uses: 'docker://x/a:1'}\n- {name: b, uses: Clip}\n";
    let answer = rendered(export(flow, &["--image", "Clip=own:1"]));
    assert_eq!(answer.codes(), ["ambiguous-image-key", "image-not-set"]);
    assert_eq!(image(&answer.documents(), "clip executor"), "own:1");
    assert_eq!(image(&answer.documents(), "b executor"), "image-not-set.invalid/clip:latest");
    messages.add("an executor and a class", &answer);
    // The message proposes a key that works.
    let flags = block(&answer, "with flags")[0].replace("IMAGE", "own:2");
    let args: Vec<&str> = flags.split(' ').chain(["--image", "Clip=own:1"]).collect();
    assert_eq!(image(&export(flow, &args).documents(), "b executor"), "own:2");
    let answer = export("jtype: Flow\nexecutors:\n- {name: Clip, uses: Clip}\n- {name: b, uses: Clip}\n", &["--image", "Clip=own:1"]);
    assert_eq!((image(&answer.documents(), "b executor"), answer.stderr.as_str()), ("own:1".to_owned(), ""));
    let flow = "jtype: Flow\nexecutors:\n- {name: a, uses: 'jinaai://acme/Clip'}\n- {name: b, uses: 'jinaai://other/Clip'}\n";
    let answer = rendered(export(flow, &["--image", "Clip=own:1"]));
    assert_eq!(answer.codes(), ["ambiguous-image-key"]);
    messages.add("two owners", &answer);
    assert_eq!(export(flow, &["--image", "Clip=own:1", "--image", "other/Clip=own:2"]).succeeded().stderr, "");
    messages.compare();
}

/// The answer with a short path of a file.
fn run_with_short_path(answer: Run, file: &str) -> Run {
    Run { stderr: answer.stderr.replace(file, "images.txt"), ..answer }
}

#[test]
fn a_wrong_file_of_images_is_reported_by_line() {
    let folder = scratch("images");
    let flow = flow_file("jtype: Flow\nexecutors: [{name: a, uses: Enc}]\n");
    for (text, lines) in [("a\nEnc=x:1\n=y\n", &["line 1: ", "line 3: "][..]), ("Enc: [x]\n", &["line 1: "]), ("a=\n", &["line 1: "])] {
        let file = folder.join("images.txt");
        fs::write(&file, text).unwrap();
        let answer = jinaflow(&["export", &flow, "--images", file.to_str().unwrap()]);
        assert_eq!((answer.code, answer.stdout.as_str()), (1, ""), "{text}");
        assert_eq!(answer.codes(), vec!["malformed-argument"; lines.len()], "{}", answer.stderr);
        for (line, expected) in answer.findings().iter().zip(lines) {
            assert!(line.contains(file.to_str().unwrap()) && line.contains(expected), "{line}");
        }
    }
    fs::write(folder.join("images.txt"), "Enc=x/Up\n").unwrap();
    let answer = jinaflow(&["export", &flow, "--images", folder.join("images.txt").to_str().unwrap()]);
    assert_eq!(answer.codes(), ["invalid-image"]);
    answer.says("line 1 of ");
    let answer = jinaflow(&["export", &flow, "--images", "/nowhere/images.txt"]);
    assert_eq!((answer.code, answer.codes()), (1, vec!["file-unreadable"]));
    let answer = jinaflow(&["export", &flow, "--image", "Enc="]);
    assert_eq!((answer.code, answer.codes()), (1, vec!["malformed-argument"]));
}

#[test]
fn a_check_refuses_placeholders() {
    let flow = "jtype: Flow\nexecutors:\n- {name: My_Enc, uses: Enc, shards: 2, uses_after: After}\n";
    let exported = rendered(export(flow, &[]));
    let check = |manifests: &str| run(program(&["check", "-"]), manifests.as_bytes());
    let answer = check(&exported.stdout);
    // The shards have the same image.
    assert_eq!((answer.code, answer.codes()), (1, vec!["image-not-set"; 2]));
    assert!(answer.findings().iter().all(|line| line.contains("the image of `My_Enc` is not set")), "{}", answer.stderr);
    // An overlay may have changed the tag or the labels.
    let changed = exported.stdout.replace("invalid/enc:latest", "invalid/enc:v2").replace("flow.jina.ai/executor", "other");
    assert_eq!(check(&changed).codes(), vec!["image-not-set"; 3]);
    let set = exported.stdout.replace("image-not-set.invalid/", "r.example/");
    assert_eq!(check(&set).succeeded().stderr, "");
    // A JinaFlowCheck finds placeholders in objects, and does not repeat them for the JinaFlow.
    let config = config("", flow);
    let rendered = rendered(function(&list(&[&config])));
    let checked = rendered.stdout.split("\nresults:").next().unwrap().to_owned()
        + "\nfunctionConfig:\n  apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlowCheck\n  metadata: {name: check}\n";
    let answer = function(&checked);
    let codes: Vec<&str> = answer.codes().into_iter().filter(|code| *code == "image-not-set").collect();
    assert_eq!((answer.code, codes.len()), (1, 2), "{}", answer.stderr);
    let answer = function(&checked.replace("image-not-set.invalid/", "r.example/"));
    assert!(!answer.codes().contains(&"image-not-set"), "{}", answer.stderr);
}

/// An image that a user or another function sets in a rendered object is an edit.
#[test]
fn an_image_that_is_set_in_a_rendered_object_stays() {
    let flow = "jtype: Flow\nexecutors:\n- {name: a, uses: Enc}\n- {name: b, uses: Other}\n";
    for spec in ["", "missingImages: placeholder"] {
        let rendered = rendered(function(&list(&[&config(spec, flow)])));
        let items = rendered.stdout.split("\nresults:").next().unwrap();
        let edited = items.replace("image-not-set.invalid/enc:latest", "r.example/enc:1");
        let again = self::rendered(function(&format!("{edited}\n")));
        assert!(again.stdout.contains("image: r.example/enc:1"), "{}", again.stdout);
        assert_eq!(again.results(), ["spec.flow.executors[1].uses image-not-set"], "{}", again.stderr);
        let edited = edited.replace("image-not-set.invalid/other:latest", "r.example/other:1");
        assert_eq!(function(&format!("{edited}\n")).succeeded().stderr, "");
        // Nothing else changes in these objects, also if a missing image is an error.
        let strict = format!("{edited}\n").replace("missingImages: placeholder", "missingImages: error");
        assert_eq!(function(&strict).succeeded().stderr, "");
    }
}

/// Any string as `uses` gives a valid image.
#[test]
fn random_uses_give_valid_images() {
    const PARTS: [&str; 24] = [
        "Enc",
        "é",
        "日本",
        "/",
        "//",
        ":",
        "@",
        "..",
        ".",
        "_",
        "-x",
        "docker://",
        "jinahub+docker://",
        "jinaai+sandbox://",
        "<user>",
        " ",
        "\\",
        "~",
        "config.yml",
        ".yaml",
        "v1",
        "=",
        "#",
        "'",
    ];
    let mut random = Random::new(7);
    let mut flow = "jtype: Flow\nexecutors:\n".to_owned();
    let mut all = Vec::new();
    for index in 0..400 {
        let uses: String = (0..=random.below(6)).map(|_| PARTS[random.below(PARTS.len())]).collect();
        if uses.starts_with('-') {
            continue;
        }
        flow.push_str(&format!("- {{name: e{index}, uses: {}}}\n", serde_json::to_string(&uses).unwrap()));
        all.push(uses);
    }
    let answer = rendered(export(&flow, &[]));
    let objects = answer.documents();
    assert!(images(&objects).len() >= all.len(), "{}", answer.stderr);
    for (name, image) in images(&objects) {
        assert_eq!(fault(&image), None, "{name}: {image}");
    }
    assert!(all.iter().all(|uses| fault(&placeholder(uses)).is_none()));
    // Setting all images in the ways of the message leaves no placeholder.
    let spec = block(&answer, "in a JinaFlow");
    assert!(spec.len() > 100, "{}", answer.stderr);
}

#[test]
fn a_placeholder_that_is_written_as_an_image_is_not_set() {
    for (flow, flags) in [
        ("uses: docker://image-not-set.invalid/z:1", &[][..]),
        ("uses: 'jinahub+docker://Enc'", &["--image-pattern", "image-not-set.invalid/{name}:{tag}"]),
        ("uses: Enc", &["--image", "Enc=Image-Not-Set.invalid/x:1"]),
    ] {
        let flow = format!("jtype: Flow\nexecutors:\n- {{name: a, {flow}}}\n");
        let run = export(&flow, flags);
        assert_eq!((run.code, run.codes()), (0, vec!["image-not-set"]), "{}", run.stderr);
        let strict = export(&flow, &[flags, &["--strict"]].concat());
        assert_eq!(strict.code, 1, "{}", strict.stderr);
    }
}

#[test]
fn messages_and_placeholders_show_no_secret() {
    for uses in [
        "|\n    jtype: X\n    with: {password: s3cret}",
        "|\n    !X\n    with: {password: s3cret}",
        "' jinahub+docker://N:s3cret/v1'",
        "JinaHub+Docker://N:s3cret/v1",
        "docker://u:s3cret@reg.example/X:1",
    ] {
        let run = export(&format!("jtype: Flow\nexecutors:\n- name: a\n  uses: {uses}\n"), &[]);
        let of_flow: String = run.stderr.lines().filter(|line| !line.contains(" | ")).collect();
        assert!(
            !of_flow.contains("s3cret") && !images(&run.documents()).iter().any(|(_, image)| image.contains("s3cret")),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn an_inline_configuration_of_a_sidecar_is_reported() {
    let flow = |uses: &str| format!("jtype: Flow\nexecutors:\n- {{name: a, uses: docker://x/a:1, shards: 2, uses_before: {uses}}}\n");
    let run = export(&flow("{jtype: X, with: {a: 1}}"), &["--image", "X=x/b:1"]);
    assert_eq!((run.code, run.codes()), (0, vec!["field-without-effect"]), "{}", run.stderr);
    // The advice.
    export(&flow("X"), &["--image", "X=x/b:1"]).succeeded();
}
