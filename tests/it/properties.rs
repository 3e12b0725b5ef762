//! Properties that hold for random inputs: foreign items, orders of items, Flows and their changes.

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::RngSeed;

use crate::support::properties::{self, SEPARATOR, objects};
use crate::support::{program, run, scratch};

/// The inputs are the same in every run; fuzzers look for new ones. A failure prints the smallest failing input, which
/// becomes a test or a file of `tests/corpus`.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::default() }
}

const HEAD: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n";

fn flow_item(name: &str, folder: &str, flow: &str) -> String {
    let head = format!(
        "- apiVersion: flow.jina.ai/v1alpha1\n  kind: JinaFlow\n  metadata:\n    name: {name}\n    annotations:\n      \
         internal.config.kubernetes.io/path: '{folder}/jina.yaml'\n  spec:\n    flow: |\n"
    );
    std::iter::once(head).chain(flow.lines().map(|line| format!("      {line}\n"))).collect()
}

/// A scalar on one line, spelled in some odd way.
fn scalar() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &[
        "0644",
        "0o17",
        "1_000",
        "1e3",
        ".5",
        "12:30:45",
        "2024-01-01",
        "yes",
        "On",
        "~",
        "null",
        "''",
        "\"\"",
        "'it''s'",
        "\"\\u00e9\\n\"",
        "&a x",
        "*a",
        "!!str 5",
        "!local x",
        "! 5",
        "a: b",
        "a #b",
        "{a: 1, 'b': [c, ~]}",
        "[]",
        "{}",
        "<<",
        "=",
        "\u{85}",
        "\t",
        "x\ty",
        "日本",
        "- - a",
        "? a",
        "%a",
        "@a",
        "`a`",
        "key: |",
        ">",
        "[unclosed",
        "\"unclosed",
        "---",
        "...",
        "${A}",
        "{{ .Values.a }}",
        "\u{feff}",
    ];
    prop_oneof![
        select(ODD).prop_map(str::to_owned),
        "[a-zA-Z0-9_./-]{1,12}",
        "\\PC{0,20}".prop_map(|text| format!("'{}'", text.replace('\'', "''"))),
        "\\PC{0,20}".prop_map(|text| format!("{text:?}")),
        "\\PC{0,20}",
    ]
}

/// The lines of a value below a key or a dash.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let block = ("[|>][-+]?", prop::collection::vec("[ \t]{0,3}\\PC{0,16}", 0..4));
    let leaf = prop_oneof![
        4 => (scalar(), select(&["", " # comment", "  #", "   "][..])).prop_map(|(text, end)| vec![format!(" {text}{end}")]),
        1 => block.prop_map(|(head, lines)| {
            std::iter::once(format!(" {head}")).chain(lines.into_iter().map(|line| format!("    {line}"))).collect()
        }),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let map = prop::collection::vec(("[a-zA-Z\"'/.-]{1,8}", inner.clone()), 1..4);
        let list = prop::collection::vec(inner, 1..4);
        let nested = |head: String, value: Vec<String>| {
            let mut lines = value.into_iter();
            let first = format!("{head}{}", lines.next().unwrap_or_default());
            std::iter::once(first).chain(lines.map(|line| format!("  {line}"))).collect::<Vec<String>>()
        };
        prop_oneof![
            map.prop_map(move |pairs| {
                let fields = pairs.into_iter().flat_map(|(key, value)| nested(format!("  {key}:"), value));
                std::iter::once(String::new()).chain(fields).collect()
            }),
            list.prop_map(move |entries| {
                let entries = entries.into_iter().flat_map(|value| nested("  -".to_owned(), value));
                std::iter::once(" # list".to_owned()).chain(entries).collect()
            }),
        ]
    })
}

/// A foreign item: any content in which every line is deeper than the dash.
fn foreign() -> impl Strategy<Value = String> {
    let fields = prop::collection::vec(("[a-z]{1,8}", lines()), 1..4);
    let between = select(&["", "\n", "# between\n", "  # within\n", "   \n", "\n\n"][..]);
    ("[A-Z][a-z]{0,6}", fields, between).prop_map(|(kind, fields, between)| {
        let mut text = format!("- kind: {kind}\n");
        for (key, value) in fields {
            text.push_str(&format!("  {key}:{}\n", value.join("\n  ")));
        }
        text + between
    })
}

/// Executors by name, so that a change may keep, add or remove some.
fn flow() -> impl Strategy<Value = String> {
    let option = prop_oneof![
        (1..4_u32).prop_map(|n| format!("shards: {n}")),
        (1..4_u32).prop_map(|n| format!("replicas: {n}")),
        "[a-z0-9 :'#]{0,8}".prop_map(|text| format!("env: {{A: {text:?}}}")),
        "[a-z]{1,4}".prop_map(|text| format!("env: {{B: {text}, C: '1'}}")),
        "[a-z]{1,4}".prop_map(|text| format!("uses_with: {{size: {text}, deep: [1, {{a: {text}}}]}}")),
        select(
            &["stateful: true, workspace: /w", "volumes: [/a, /b]", "gpus: 1", "monitoring: true", "external: true, host: h, port: 1"][..]
        )
        .prop_map(str::to_owned),
    ];
    let executor = (select(&["a", "b", "c", "d_e"][..]), "[a-z]{1,3}:[0-9]", prop::option::of(option));
    let with = select(
        &["", "with: {protocol: http}\n", "with: {protocol: [grpc, http], monitoring: true}\n", "with: {port: 8080, env: {X: y}}\n"][..],
    );
    (with, prop::collection::vec(executor, 1..5)).prop_map(|(with, executors)| {
        let mut text = format!("jtype: Flow\n{with}executors:\n");
        let mut seen = Vec::new();
        for (name, image, option) in executors {
            if !seen.contains(&name) {
                seen.push(name);
                let option = option.map(|option| format!(", {option}")).unwrap_or_default();
                text.push_str(&format!("- {{name: {name}, uses: 'docker://{image}'{option}}}\n"));
            }
        }
        text
    })
}

/// Edits of generated lines, as [`properties::merge`] takes them.
fn edits() -> impl Strategy<Value = String> {
    let edit =
        (0..400_usize, select(&["=", "+", "-", "<"][..]), select(&["edited", "'7'", "8", "a: b", "- name: MINE", "    value: x", ""][..]));
    prop::collection::vec(edit, 0..5).prop_map(|edits| edits.iter().map(|(line, how, text)| format!("{line}{how}{text}\n")).collect())
}

/// A permutation of a list.
fn shuffled<T: Clone>(things: &[T], places: &[Index]) -> Vec<T> {
    let mut left = things.to_vec();
    let mut taken: Vec<T> = Vec::new();
    for place in places.iter().cycle() {
        if left.is_empty() {
            break;
        }
        taken.push(left.remove(place.index(left.len())));
    }
    taken
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn foreign_items_are_returned_byte_for_byte(
        before in prop::collection::vec(foreign(), 0..4),
        after in prop::collection::vec(foreign(), 0..4),
        carriage_returns in any::<bool>(),
    ) {
        let ours = flow_item("search", "flows", "jtype: Flow\nexecutors:\n- {name: encoder, uses: 'docker://x'}\n");
        let end = if carriage_returns { "\r\n" } else { "\n" };
        let [head, items] = [HEAD, &[before.concat(), ours, after.concat()].concat()].map(|text| text.replace('\n', end));
        let answer = properties::envelope(format!("{head}{items}").as_bytes());
        prop_assert!(answer.success, "{}", answer.stderr);
        let (_, out) = answer.text.split_once(&format!("items:{end}")).unwrap();
        prop_assert!(out.starts_with(&items), "{}\n{}", items, answer.text);
        prop_assert_eq!(objects(&answer.text).len(), 8);
    }

    #[test]
    fn the_order_of_items_does_not_matter(
        foreign in prop::collection::vec(foreign(), 0..3),
        flow in flow(),
        changed in flow(),
        places in prop::collection::vec(any::<Index>(), 8),
    ) {
        let other = flow_item("other", "b", "jtype: Deployment\nwith: {name: alone, uses: 'docker://y'}\n");
        let rendered = |flow: &str, more: &[String], shuffle: bool| {
            let items = [&[flow_item("search", "a", flow), other.clone()], &foreign[..], more].concat();
            let items = if shuffle { shuffled(&items, &places) } else { items };
            properties::envelope(format!("{HEAD}{}", items.concat()).as_bytes())
        };
        let first = rendered(&flow, &[], false);
        let second = rendered(&flow, &[], true);
        prop_assert_eq!(first.success, second.success);
        prop_assert_eq!(objects(&first.text), objects(&second.text));
        if first.success {
            let generated = properties::generated_items(&first.text);
            let (kept, mixed) = (rendered(&changed, &generated, false), rendered(&changed, &generated, true));
            prop_assert_eq!(kept.success, mixed.success);
            prop_assert_eq!(objects(&kept.text), objects(&mixed.text));
        }
    }

    #[test]
    fn a_second_render_is_stable_and_edits_are_kept(
        before in flow(),
        after in prop_oneof![Just(String::new()), flow()],
        edits in prop_oneof![Just(String::new()), edits()],
        on_conflict in select(&["", "keep", "overwrite", "error"][..]),
    ) {
        properties::merge([before.as_str(), &after, &edits, on_conflict].join(SEPARATOR).as_bytes());
    }
}

/// The lines of a document that are not comments, each with the comments above it.
fn commented(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut lines = Vec::new();
    let mut comments = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with('#') {
            comments.push(line.trim());
        } else {
            lines.push((line, std::mem::take(&mut comments)));
        }
    }
    lines
}

/// Pairs of adjacent lines that occur once in a document, so that the position between them is clear.
fn neighbours<'t>(lines: &[(&'t str, Vec<&'t str>)]) -> BTreeMap<(&'t str, &'t str), Vec<&'t str>> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (line, _) in lines {
        *counts.entry(line).or_default() += 1;
    }
    let pairs = lines.windows(2).filter(|pair| pair.iter().all(|(line, _)| counts[line] == 1));
    pairs.map(|pair| ((pair[0].0, pair[1].0), pair[1].1.clone())).collect()
}

proptest! {
    #![proptest_config(cases(96))]

    /// A comment between two lines that remain adjacent stays between them, whatever changes around them.
    #[test]
    fn comments_stay_between_unchanged_lines(
        before in flow(),
        after in flow(),
        mesh in select(&["", "mesh: istio", "mesh: linkerd"][..]),
        places in prop::collection::vec(any::<Index>(), 1..12),
    ) {
        let item = |flow: &str, more: &str| flow_item("search", "a", flow).replace("    flow: |\n", &format!("    {more}\n    flow: |\n"));
        let first = properties::envelope(format!("{HEAD}{}", item(&before, "")).as_bytes());
        prop_assume!(first.success);
        let generated = properties::generated_items(&first.text).concat();
        let mut lines: Vec<String> = generated.lines().map(str::to_owned).collect();
        for (number, place) in places.iter().enumerate() {
            let at = place.index(lines.len());
            let indent = lines[at].len() - lines[at].trim_start_matches(' ').len();
            // Between the lines of one item, but not before the first key after a dash.
            if !lines[at].starts_with('-') {
                lines.insert(at, format!("{:indent$}# comment {number}", ""));
            }
        }
        let written = lines.join("\n") + "\n";
        prop_assume!(!generated.contains(": |"));
        let answer = properties::envelope(format!("{HEAD}{}{written}", item(&after, mesh)).as_bytes());
        prop_assume!(answer.success);
        let answered: BTreeMap<String, String> = items_by_object(&answer.text);
        for (object, text) in items_by_object(&format!("{HEAD}{written}")) {
            let Some(now) = answered.get(&object) else { continue };
            let now = commented(now);
            let now = neighbours(&now);
            for (pair, comments) in neighbours(&commented(&text)) {
                if let Some(kept) = now.get(&pair) {
                    prop_assert_eq!(kept, &comments, "{:?} in\n{}\n{}", pair, text, answered[&object]);
                }
            }
        }
    }
}

/// The generated items of a list by their identity.
fn items_by_object(list: &str) -> BTreeMap<String, String> {
    let object = |text: &str| text.lines().find_map(|line| line.trim().strip_prefix("flow.jina.ai/object: ")).map(str::to_owned);
    properties::generated_items(list).into_iter().filter_map(|text| Some((object(&text)?, text))).collect()
}

#[test]
fn a_hundred_runs_give_the_same_bytes() {
    let flow = "jtype: Flow\nwith: {env: {A: '1', B: '2'}, protocol: [grpc, http]}\nexecutors:\n\
                - {name: a, uses: 'docker://x', shards: 3, env: {C: x, D: y, E: z}, uses_with: {k: v, l: [1, 2]}}\n\
                - {name: b, uses: 'docker://y', needs: gateway, replicas: 2}\n- {name: c, uses: 'docker://z', needs: [a, b]}\n";
    let first = run(program(&[]), format!("{HEAD}{}", flow_item("search", "flows", flow)).as_bytes()).succeeded();
    // Updates, additions, removals and a conflict in one list.
    let input = first.stdout.replace("    replicas: 2\n", "    replicas: 7\n").replace("replicas: 2}", "replicas: 5}");
    let input = input.replace("name: a, ", "name: d, ").replace("[a, b]}", "[d, b]}");
    let folder = scratch("hundred");
    let mut answers = std::collections::BTreeSet::new();
    for number in 0..100_u32 {
        let mut command = program(&[]);
        command.current_dir(if number % 2 == 0 { Path::new("/") } else { &folder });
        for variable in ["HOME", "LANG", "TZ", "JINA_LOG_LEVEL", "HOSTNAME", "RUST_LOG"].iter().take(number as usize % 7) {
            command.env(variable, format!("value-{number}"));
        }
        let answer = run(command, input.as_bytes());
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        answers.insert((answer.stdout, answer.stderr));
    }
    assert_eq!(answers.len(), 1);
    assert_ne!(answers.first().unwrap().0, input);
}
