//! `jinaflow graph`: each address is a line of the picture, each line is an address, and all formats show the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value;

use crate::support::pictures::{Drawn, dot, mermaid, objects_with, xml_strings};
use crate::support::wiring::{called_addresses, contains, host_and_port, strings, values_of};
use crate::support::{Run, assert_recorded, jinaflow, program, recorded, root, run, scratch};
use jinaflow::internals::check::{Cluster, Options, check_cluster};
use jinaflow::internals::picture::{Mark, Side, WorkloadName, draw_change, write_dot, write_mermaid, write_svg};
use jinaflow::internals::yaml::{self, Arena};

const FORMATS: [&str; 3] = ["mermaid", "dot", "svg"];

/// Draws manifests on standard input.
fn draw(manifests: &str, flags: &[&str]) -> Run {
    run(program(&[&["graph", "-"], flags].concat()), manifests.as_bytes())
}

/// The documents of a stream, read by another YAML reader than jinaflow's.
fn documents(text: &str) -> Vec<Value> {
    // An object counts once.
    let mut known = BTreeSet::new();
    let mut is_new = |object: &Value| known.insert((crate::support::label(object), object["metadata"]["namespace"].to_string()));
    let documents = serde_yaml::Deserializer::from_str(text).map(|document| serde::Deserialize::deserialize(document).unwrap());
    documents.filter(|document: &Value| !document.is_null() && is_new(document)).collect()
}

/// A call: the calling workload, the workload or the address that is called, and protocol and port.
type Call = (String, String, String);

/// The calls in the arguments of all containers, found without jinaflow. A call of one of the broken addresses reaches nothing.
fn calls(objects: &[Value], broken: &BTreeSet<&str>) -> BTreeSet<Call> {
    let name = |object: &Value| object["metadata"]["name"].as_str().unwrap().to_owned();
    let workloads: Vec<&Value> = objects.iter().filter(|object| !object["spec"]["template"]["spec"]["containers"].is_null()).collect();
    let mut calls = BTreeSet::new();
    for workload in &workloads {
        for container in workload["spec"]["template"]["spec"]["containers"].as_array().unwrap() {
            let args = strings(&container["args"]);
            let around = ["--uses-before-address", "--uses-after-address"].into_iter().flat_map(|option| values_of(option, &args));
            // Containers of the same pod are not other workloads.
            let around = around.filter(|address| !["127.0.0.1", "0.0.0.0", "localhost"].contains(&host_and_port(address).0));
            for address in called_addresses(container).into_iter().chain(around.map(str::to_owned)) {
                let (host, port) = host_and_port(&address);
                let parts: Vec<&str> = host.split('.').collect();
                let is_service = parts.len() == 1 || parts.get(2) == Some(&"svc");
                let service =
                    objects.iter().find(|object| is_service && object["kind"] == "Service" && object["metadata"]["name"] == parts[0]);
                let selected = |service: &&Value| {
                    workloads.iter().find(|other| contains(&other["spec"]["template"]["metadata"]["labels"], &service["spec"]["selector"]))
                };
                let reached = service.as_ref().and_then(selected).filter(|_| !broken.contains(address.as_str()));
                let to = reached.map_or_else(|| address.clone(), |workload| name(workload));
                let scheme = address.split_once("://").map_or("grpc", |(scheme, _)| scheme);
                let port = port.split('/').next().unwrap_or_default();
                // Jina writes `None` for the port of an external executor without a port.
                let label = if port.parse::<u16>().is_ok() { format!("{scheme} {port}") } else { scheme.to_owned() };
                calls.insert((name(workload), to, label));
            }
        }
    }
    calls
}

/// The calls that a picture shows.
fn drawn_calls(drawn: &Drawn) -> BTreeSet<Call> {
    let entrances: BTreeSet<&str> = drawn.links.iter().map(|link| link.from.as_str()).collect();
    let workloads: BTreeSet<&str> = entrances.into_iter().filter(|id| drawn.nodes[*id][0].contains(" ×")).collect();
    let calls = drawn.links.iter().filter(|link| !link.is_mount && workloads.contains(link.from.as_str()));
    let calls = calls.flat_map(|link| {
        let is_workload = drawn.nodes[&link.to][0].contains(" ×");
        let to = if is_workload { drawn.name(&link.to).to_owned() } else { drawn.nodes[&link.to][1].clone() };
        let from = drawn.name(&link.from).to_owned();
        link.labels.iter().map(move |label| (from.clone(), to.clone(), label.trim_end_matches(", floating").to_owned()))
    });
    calls.collect()
}

/// The areas of the boxes of an SVG image, and its size.
fn boxes(svg: &str) -> (Vec<[i64; 4]>, [i64; 2]) {
    let number = |line: &str, name: &str| -> i64 {
        let (_, rest) = line.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("{line}"));
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let lines = svg.lines().filter(|line| line.starts_with("<rect class=\"box"));
    let boxes = lines.map(|line| ["x", "y", "width", "height"].map(|name| number(line, name))).collect();
    let size = svg.lines().next().unwrap();
    (boxes, [number(size, "width"), number(size, "height")])
}

fn assert_no_overlap(name: &str, svg: &str) {
    let (boxes, [width, height]) = boxes(svg);
    for (place, [x, y, w, h]) in boxes.iter().enumerate() {
        assert!(*x >= 0 && *y >= 0 && x + w <= width && y + h <= height, "{name}: a box is cut off");
        for [other_x, other_y, other_w, other_h] in &boxes[place + 1..] {
            let is_apart = x + w <= *other_x || other_x + other_w <= *x || y + h <= *other_y || other_y + other_h <= *y;
            assert!(is_apart, "{name}: boxes overlap");
        }
    }
}

/// Draws manifests in all formats, and asserts that all show the same.
fn draw_alike(name: &str, manifests: &str) -> Drawn {
    let [flowchart, digraph, image] = FORMATS.map(|format| {
        let run = draw(manifests, &["--output", format]);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        run.stdout
    });
    let drawn = mermaid(&flowchart);
    assert_eq!(drawn, dot(&digraph), "{name}");
    let mut texts = xml_strings(&image).unwrap_or_else(|fault| panic!("{name}: {fault}\n{image}"));
    let labels = drawn.links.iter().map(|link| link.labels.join(", ")).filter(|label| !label.is_empty());
    let groups = drawn.groups.iter().map(|(title, _)| title.clone());
    let mut expected: Vec<String> = drawn.nodes.values().flatten().cloned().chain(labels).chain(groups).collect();
    texts.sort();
    expected.sort();
    assert_eq!(texts, expected, "{name}");
    assert_no_overlap(name, &image);
    drawn
}

#[test]
fn every_address_is_a_line_and_every_line_is_an_address() {
    let (mut pictures, mut lines, mut outside, mut failed, mut groups, mut nameless) = (0, 0, 0, 0, 0, 0);
    for case in recorded(&root().join("tests/jina/flows")) {
        let ours = run(case.export(&[]), b"");
        let theirs = case.expected().map(|files| files.into_values().collect::<Vec<_>>().join("---\n"));
        for manifests in theirs.into_iter().chain((ours.code == 0).then_some(ours.stdout)) {
            let objects = documents(&manifests);
            // Jina writes the name `null` without quotes, so kubectl reads no name.
            if objects.iter().any(|object| !object["metadata"]["name"].is_string()) {
                nameless += 1;
                continue;
            }
            let picture = draw(&manifests, &[]);
            if picture.code != 0 {
                assert_eq!(picture.codes().last(), Some(&"nothing-runs-jina"), "{}: {}", case.name, picture.stderr);
                assert_eq!(calls(&objects, &BTreeSet::new()), BTreeSet::new(), "{}", case.name);
                continue;
            }
            let drawn = mermaid(&picture.stdout);
            let is_broken = |lines: &&Vec<String>| lines.last().is_some_and(|line| line == "✗ broken address");
            let broken: BTreeSet<&str> = drawn.nodes.values().filter(is_broken).map(|lines| lines[1].as_str()).collect();
            let is_reported = picture.codes().iter().any(|code| ["protocol-mismatch", "reference-not-found"].contains(code));
            assert!(is_reported || broken.is_empty(), "{}: {}", case.name, picture.stderr);
            failed += broken.len();
            let expected = calls(&objects, &broken);
            assert_eq!(drawn_calls(&drawn), expected, "{}\n{}", case.name, picture.stdout);
            pictures += 1;
            lines += expected.len();
            outside += expected.iter().filter(|(_, to, _)| to.contains(':')).count();
            groups += drawn.groups.len();
        }
    }
    // So that a fault of the test itself is seen.
    assert!(pictures > 1000 && lines > 1500 && outside > 10 && groups > 100, "{pictures} {lines} {outside} {groups}");
    assert!(failed < 60 && nameless < 20, "{failed} broken addresses, {nameless} without a name");
}

#[test]
fn all_formats_show_the_same() {
    let mut pictures = 0;
    for case in recorded(&root().join("tests/jina/flows")).iter().step_by(11) {
        let Some(files) = case.expected() else { continue };
        let manifests = files.into_values().collect::<Vec<_>>().join("---\n");
        if draw(&manifests, &[]).code == 0 {
            draw_alike(&case.name, &manifests);
            pictures += 1;
        }
    }
    for file in ["everything", "jcloud", "stateful", "linkerd", "restricted"] {
        let file = root().join(format!("tests/conformance/fields/{file}.yaml"));
        draw_alike(&file.display().to_string(), &jinaflow(&["export", file.to_str().unwrap()]).stdout);
    }
    assert!(pictures > 40, "{pictures}");
}

/// The manifests of the example of README.
fn example() -> String {
    jinaflow(&["export", root().join("examples/getting-started/flow.yml").to_str().unwrap()]).succeeded().stdout
}

#[test]
fn an_example_is_drawn_as_recorded() {
    for format in FORMATS {
        let picture = draw(&example(), &["--output", format]).succeeded().stdout;
        assert_eq!(picture, draw(&example(), &["--output", format]).stdout);
        assert_recorded(&root().join("tests/it/graph/getting-started").with_extension(format), &picture);
    }
}

#[test]
fn readme_and_manual_show_the_picture_of_the_example() {
    let picture = jinaflow(&["graph", root().join("examples/getting-started/flow.yml").to_str().unwrap()]).succeeded().stdout;
    for file in ["README.md", "functions/jinaflow/README.md"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        assert!(text.contains(&format!("```mermaid\n{picture}```\n")), "{file} must contain:\n{picture}");
    }
}

#[test]
fn the_same_flow_is_drawn_the_same_from_all_inputs() {
    let folder = scratch("graph");
    let manifests = folder.join("manifests.yaml");
    fs::write(&manifests, example()).unwrap();
    let flow = root().join("examples/getting-started/flow.yml");
    let text = fs::read_to_string(&flow).unwrap();
    let config: String = text.lines().map(|line| format!("    {line}\n")).collect();
    let config = format!("apiVersion: flow.jina.ai/v1alpha1\nkind: JinaFlow\nmetadata: {{name: flow}}\nspec:\n  flow: |\n{config}");
    let expected = draw(&example(), &[]).succeeded().stdout;
    for argument in [folder.to_str().unwrap(), manifests.to_str().unwrap(), flow.to_str().unwrap()] {
        assert_eq!(jinaflow(&["graph", argument]).succeeded().stdout, expected, "{argument}");
    }
    for input in [text, config] {
        assert_eq!(draw(&input, &[]).succeeded().stdout, expected, "{input}");
    }
}

#[test]
fn errors_of_the_check_are_in_the_picture() {
    let manifests = example().replace("kind: Service\nmetadata:\n  name: encoder\n", "kind: Service\nmetadata:\n  name: renamed\n");
    assert_ne!(manifests, example());
    let picture = draw(&manifests, &[]);
    assert_eq!((picture.code, picture.codes()), (0, vec!["reference-not-found", "executor-not-called"].into_iter().take(1).collect()));
    assert!(picture.first_line().starts_with("warning["), "{}", picture.stderr);
    let drawn = draw_alike("a renamed Service", &manifests);
    assert!(drawn.nodes["gateway"].contains(&"✗ reference-not-found".to_owned()), "{drawn:?}");
    let (id, _) = drawn.nodes.iter().find(|(_, lines)| lines.contains(&"✗ broken address".to_owned())).unwrap();
    assert_eq!(drawn.nodes[id][1], "grpc://encoder:8080");
    let link = drawn.links.iter().find(|link| link.to == *id).unwrap();
    assert!(link.is_dashed && link.from == "gateway", "{link:?}");
    assert!(
        picture.stdout.contains(&format!("  class {id},gateway fault\n"))
            || picture.stdout.contains(&format!("  class gateway,{id} fault\n"))
    );

    // The same address is not a fault if another team provides the Service.
    let external = draw(&manifests, &["--external", "service/encoder"]).succeeded();
    let drawn = mermaid(&external.stdout);
    let (id, _) = drawn.nodes.iter().find(|(_, lines)| lines.get(1).is_some_and(|line| line == "grpc://encoder:8080")).unwrap();
    assert!(external.stdout.contains(&format!("  class {id} outside\n")), "{}", external.stdout);
}

#[test]
fn passwords_in_addresses_are_not_shown() {
    let manifests = example().replace("grpc://$(JINA_ADDR_ENCODER):8080", "grpcs://user:hunter2@example.com:443");
    assert_ne!(manifests, example());
    for format in FORMATS {
        let picture = draw(&manifests, &["--output", format]);
        assert_eq!(picture.code, 0, "{}", picture.stderr);
        assert!(picture.stdout.contains("example.com") && !picture.stdout.contains("hunter2"), "{}", picture.stdout);
    }
}

#[test]
fn every_error_of_the_check_is_in_the_picture() {
    let manifests = example().replace("            - executor\n", "            - hello\n").replace("targetPort: 8080", "targetPort: 9999");
    let picture = draw(&manifests, &[]);
    let drawn = draw_alike("many faults", &manifests);
    let shown: BTreeSet<&str> = drawn.nodes.values().flatten().filter_map(|line| line.strip_prefix("✗ ")).collect();
    let checked = run(program(&["check", "-"]), manifests.as_bytes());
    let errors: BTreeSet<&str> =
        checked.stderr.lines().filter_map(|line| line.strip_prefix("error[")?.split_once(']').map(|(code, _)| code)).collect();
    assert!(!errors.is_empty() && errors.is_subset(&shown), "{errors:?} {shown:?}");
    assert_eq!(picture.codes().len(), checked.stderr.lines().filter(|line| line.starts_with("error[")).count());
}

#[test]
fn without_jina_there_is_no_picture() {
    let picture = draw("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n", &[]);
    assert_eq!((picture.code, picture.stdout.as_str(), picture.codes()), (1, "", vec!["nothing-runs-jina"]));
    let picture = draw("jtype: Flow\nexecutors: [{name: 1.5.2_}]\nwith: {port: x}\n", &[]);
    assert_eq!((picture.code, picture.stdout.as_str()), (1, ""), "{}", picture.stderr);
    let picture = draw(&example(), &["--output", "png"]);
    assert_eq!((picture.code, picture.codes()), (1, vec!["value-not-allowed"]));
}

#[test]
fn several_flows_have_frames() {
    let [prod, staging] =
        ["prod", "staging"].map(|namespace| example().replace("\nmetadata:\n", &format!("\nmetadata:\n  namespace: {namespace}\n")));
    let drawn = draw_alike("two namespaces", &format!("{prod}---\n{staging}"));
    let titles: Vec<&str> = drawn.groups.iter().map(|(title, _)| title.as_str()).collect();
    assert_eq!(titles.iter().filter(|title| title.starts_with("prod")).count(), 1, "{titles:?}");
    assert_eq!(titles.iter().filter(|title| **title == "indexer").count(), 2, "{titles:?}");
    assert!(drawn.groups.iter().filter(|(title, _)| title != "indexer").all(|(_, nodes)| nodes.len() == 5), "{drawn:?}");
}

/// The text of a picture of a change, in each format.
fn change(old: &str, new: &str, mark: &dyn Fn(&WorkloadName<'_>) -> Mark) -> [String; 3] {
    let mut arena = Arena::default();
    let mut add = |text: &str| -> Vec<usize> {
        let documents = yaml::read_all(text).unwrap();
        documents.iter().filter_map(|document| document.root.as_ref()).map(|root| arena.add(root)).collect()
    };
    let (old, new) = (add(old), add(new));
    let options = Options::default();
    let [old, new] =
        [old, new].map(|places| Cluster::of(places.into_iter().map(|place| arena.view(place)).collect::<Vec<_>>().into_iter(), &options));
    let (old_check, new_check) = (check_cluster(&old), check_cluster(&new));
    let sides = (Side { cluster: &new, checked: &new_check }, Side { cluster: &old, checked: &old_check });
    let picture = draw_change(sides.0, Some(sides.1), mark);
    let mut texts = [const { String::new() }; 3];
    let [flowchart, digraph, image] = &mut texts;
    write_mermaid(&picture, flowchart).unwrap();
    write_dot(&picture, digraph).unwrap();
    write_svg(&picture, image).unwrap();
    texts
}

#[test]
fn a_change_has_marks_and_a_legend_of_the_marks_that_occur() {
    let flow = |executors: &str| {
        let file = scratch("change").join("flow.yml");
        fs::write(&file, format!("jtype: Flow\nexecutors:\n{executors}")).unwrap();
        jinaflow(&["export", file.to_str().unwrap()]).succeeded().stdout
    };
    let old = flow("- {name: a, uses: docker://x/a:1}\n- {name: b, uses: docker://x/b:1}\n");
    let new = flow("- {name: a, uses: docker://x/a:2}\n- {name: c, uses: docker://x/c:1}\n");
    let marks: BTreeMap<&str, Mark> = [("a", Mark::Restarts), ("b", Mark::Removed), ("c", Mark::Added)].into();
    let [flowchart, digraph, image] = change(&old, &new, &|name| marks.get(name.name).copied().unwrap_or_default());
    let drawn = mermaid(&flowchart);
    assert_eq!(drawn, dot(&digraph));
    assert_eq!(drawn.nodes["a"][1], "⟳ restarts");
    assert_eq!(drawn.nodes["b"][1], "− removed");
    assert_eq!(drawn.nodes["c"][1], "+ added");
    assert_eq!(drawn.nodes["gateway"][1], "jina:3.34.0-py311-standard");
    let removed = drawn.links.iter().find(|link| link.to == "b").unwrap();
    assert!(removed.is_dashed && removed.from == "gateway", "{removed:?}");
    let legend = drawn.groups.iter().find(|(title, _)| title == "legend").unwrap();
    assert_eq!(legend.1, ["legend_added", "legend_removed", "legend_restarts"].map(str::to_owned).into());
    for class in ["added", "removed", "restarts"] {
        assert!(flowchart.contains(&format!("  classDef {class} stroke:")), "{flowchart}");
    }
    let strings = xml_strings(&image).unwrap();
    assert_eq!(strings.iter().filter(|text| *text == "⟳ restarts").count(), 2, "{strings:?}");
    assert_no_overlap("a change", &image);
    // Without a change, nothing is added.
    let [same, ..] = change(&old, &old, &|_| Mark::None);
    assert_eq!(same, draw(&old, &[]).succeeded().stdout);
}

#[test]
fn a_large_flow_is_drawn_and_mermaid_is_warned_about() {
    let executors: String = (0..600).map(|number| format!("- {{name: e{number}, uses: docker://x/e:1}}\n")).collect();
    let flow = format!("jtype: Flow\nexecutors:\n{executors}");
    let picture = draw(&flow, &[]);
    assert_eq!((picture.code, picture.codes()), (0, vec!["too-large"]), "{}", picture.stderr);
    assert_eq!(mermaid(&picture.stdout).links.len(), 600);
    let image = draw(&flow, &["--output", "svg"]).succeeded().stdout;
    assert_eq!(boxes(&image).0.len(), 601);
    assert_no_overlap("a large Flow", &image);
}

/// Strings that a format may read as something else.
fn hostile() -> impl Strategy<Value = String> {
    const WORDS: [&str; 24] = [
        "end",
        "graph",
        "a b",
        "\"]",
        "<b>",
        "-->",
        "%%{init: {}}%%",
        "#quot;",
        "`x`",
        "style a:#b;",
        "https://x.y/z",
        "www.x.y",
        "a@b.c",
        "1. x",
        "- x",
        "$$x$$",
        "&amp;",
        "\\n",
        "]]>",
        "\u{202e}",
        "\u{fffe}",
        "é世🦀",
        "|x|",
        "legend_added",
    ];
    let any = "[ -~\\n\\t\u{a0}-\u{24f}\u{4e00}-\u{4eff}\u{1f600}-\u{1f64f}\u{fff0}-\u{ffff}]{0,12}";
    prop_oneof![proptest::sample::select(&WORDS[..]).prop_map(str::to_owned), any, "[a-z]{1,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_strings_are_shown_and_break_no_format(words in prop::array::uniform6(hostile())) {
        let drawn = draw_alike("hostile strings", &objects_with(&words));
        prop_assert!(drawn.nodes.len() > 5 && drawn.links.len() > 5, "{drawn:?}");
    }
}
