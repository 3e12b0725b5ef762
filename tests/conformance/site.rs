//! The site of the documentation: `docs/build.sh` builds it from the documents of the repository, and a real browser opens its pages.
//! The screenshots are in `target/tmp/site-*`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::support::{Run, jinaflow, root, run, scratch};
use crate::tools::{copy_files_of_git, folder};

/// `docs/build.sh` of a copy of the repository.
fn build(repository: &Path, out: &Path) -> Run {
    let mut command = Command::new("bash");
    command.arg(repository.join("docs/build.sh")).arg(out);
    command.env("MDBOOK", folder().join("bin/mdbook")).env("JINAFLOW", env!("CARGO_BIN_EXE_jinaflow"));
    run(command, b"")
}

/// The site, built once.
fn built() -> &'static Path {
    static SITE: OnceLock<PathBuf> = OnceLock::new();
    SITE.get_or_init(|| {
        let out = scratch("site").join("pages");
        let answer = build(&root(), &out);
        assert_eq!(answer.code, 0, "{}{}", answer.stderr, answer.stdout);
        out
    })
}

/// The text of all pages in a folder.
fn pages(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| match path.extension() {
        _ if path.is_dir() => pages(&path),
        Some(ending) if ending == "html" && !path.ends_with("toc.html") => fs::read_to_string(path).unwrap(),
        _ => String::new(),
    });
    texts.collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn the_site_works_in_a_browser() {
    let site = built();
    let out = site.parent().unwrap();
    // An address for each code, each option and each field; `jinaflow` lists them.
    let page = |name: &str| fs::read_to_string(site.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let codes = fs::read_to_string(root().join("functions/jinaflow/codes.md")).unwrap();
    let index = page("reference/codes.html");
    let mut count = 0;
    for code in codes.lines().filter_map(|line| line.strip_prefix("### ")) {
        assert!(index.contains(&format!("id=\"{code}\"")) && index.contains(&format!(".html#{code}\"")), "{code}");
        count += 1;
    }
    assert!(count > 150, "only {count}");
    let has = |page: &str, id: &str| page.contains(&format!("id=\"{id}\""));
    let fields = page("reference/fields.html");
    let listed = jinaflow(&["fields"]).stdout;
    for field in listed.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next()) {
        assert!(has(&fields, field), "{field}");
    }
    let options = page("reference/options.html");
    let listed = jinaflow(&["options"]).stdout;
    for option in listed.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`')) {
        assert!(has(&options, option), "{option}");
    }
    let differences = page("reference/differences.html");
    let listed = jinaflow(&["explain"]).stdout;
    let is_name = |line: &&str| !line.is_empty() && line.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let names: Vec<&str> = listed.lines().filter(is_name).collect();
    assert!(names.len() > 80 && names.iter().all(|name| has(&differences, name)), "{names:?}");
    let commands = page("reference/commands.html");
    for command in ["init", "export", "import", "check", "diff", "graph", "summary", "man", "completion"] {
        assert!(has(&commands, &format!("jinaflow-{command}")), "{command}");
    }

    let searches = [("edit-conflict", "#edit-conflict"), ("drainSeconds", "#drainSeconds"), ("storage.size", "#storage.size")];
    let shots =
        ["index.html", "how-to/tasks.html", "how-to/picture.html", "reference/fields.html", "reference/codes/edits-and-conflicts.html"];
    let plan = json!({
        "sizes": {"wide": [1280, 900], "phone": [375, 800]},
        "searches": searches.map(|(word, _)| word),
        "shots": shots,
    });
    let mut command = Command::new("node");
    command.arg(root().join("tests/conformance/site/browse.mjs")).arg("chromium-headless-shell").arg(site).arg(out);
    let answer = run(command, plan.to_string().as_bytes());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let seen: Value = serde_json::from_str(&answer.stdout).unwrap();
    let pages = seen["pages"].as_object().unwrap();
    assert!(pages.len() > 60, "{}", pages.len());
    let none = json!({"errors": [], "wide": {"wide": [], "phone": []}});
    let wrong: BTreeMap<&String, &Value> = pages.iter().filter(|(_, page)| **page != none).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (word, anchor) in searches {
        let found = seen["searches"][word]["found"].as_array().unwrap();
        assert!(found.iter().take(3).any(|target| text(target).ends_with(anchor)), "{word}: {found:?}");
    }
    assert!(text(&seen["searches"]["storage.size"]["opened"]).starts_with("reference/fields.html?"), "{}", seen["searches"]);
    assert_eq!((text(&seen["sidebar"]["opened"]), text(&seen["sidebar"]["title"])), ("reference/fields.html", "Fields of a JinaFlow"));
    assert!(seen["sidebar"]["links"].as_u64().unwrap() > u64::try_from(pages.len() - 5).unwrap());
    // A blank page has one color, and a dark theme is dark.
    let taken = seen["shots"].as_object().unwrap();
    assert_eq!(taken.len(), shots.len() * 4);
    for (file, shot) in taken {
        let (colors, light) = (shot["colors"].as_u64().unwrap(), shot["light"].as_f64().unwrap());
        assert!(colors > 100 && (light < 0.3) == file.ends_with("-dark.png"), "{file}: {shot}");
    }
}

/// `jinaflow explain` prints the address of each code, field, option and difference, and the site has it.
#[test]
fn addresses_of_explanations_exist() {
    let site = built();
    let codes = fs::read_to_string(root().join("functions/jinaflow/codes.md")).unwrap();
    let (fields, options, all) = (jinaflow(&["fields"]).stdout, jinaflow(&["options"]).stdout, jinaflow(&["explain"]).stdout);
    let mut names: Vec<&str> = codes.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    names.extend(fields.lines().filter_map(|line| line.strip_prefix("- `")?.split('`').next()));
    names.extend(options.lines().filter_map(|line| line.strip_prefix("## `")?.strip_suffix('`')));
    let is_name = |line: &&str| !line.is_empty() && line.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    names.extend(all.lines().filter(is_name));
    // A field of the Flow and of executors, and one that is an option too.
    names.extend(["spec.flow", "metadata.namespace", "spec.namespace", "executors.encoder.flow", "replicas"]);
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    for name in names {
        let said = jinaflow(&["explain", name]).succeeded().stdout;
        let addresses: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("On the web: ")).collect();
        assert!(!addresses.is_empty() && said.trim_end().ends_with(addresses[addresses.len() - 1]), "{name}:\n{said}");
        for address in addresses {
            let (page, anchor) = address.strip_prefix(env!("CARGO_PKG_HOMEPAGE")).and_then(|rest| rest.split_once('#')).unwrap();
            let text = pages.entry(page.to_owned()).or_insert_with(|| fs::read_to_string(site.join(page)).expect(page));
            assert_eq!(text.matches(&format!("id=\"{anchor}\"")).count(), 1, "{name}: {address}");
            *kinds.entry(page.to_owned()).or_insert(0) += 1;
        }
    }
    let at_least = [("codes", 150), ("differences", 80), ("fields", 190), ("options", 80)];
    for (page, least) in at_least {
        assert!(kinds[&format!("reference/{page}.html")] >= least, "{kinds:?}");
    }
}

/// A link that leads nowhere fails the build: to a file, to a heading, and in the list of chapters.
#[test]
fn dead_links_fail_the_build() {
    let repository = copy_files_of_git();
    let out = scratch("dead");
    let file = |name: &str| fs::read_to_string(repository.join(name)).unwrap();
    let fails = |name: &str, from: &str, to: &str, says: &str| {
        let before = file(name);
        assert!(before.contains(from), "{name}: no {from}");
        fs::write(repository.join(name), before.replace(from, to)).unwrap();
        let answer = build(&repository, &out);
        assert_eq!(answer.code, 1, "{name}: {}", answer.stdout);
        assert!(answer.stderr.contains(says), "{name}: {}", answer.stderr);
        fs::write(repository.join(name), before).unwrap();
    };
    fails("README.md", "](CHANGELOG.md)", "](CHANGES.md)", "README.md: CHANGES.md does not exist");
    fails("README.md", "](#install)", "](#instal)", "README.md: #instal is no heading");
    fails("docs/chapters.txt", "§ Limits", "§ Limit", "functions/jinaflow/README.md has 0 headings 'Limit'");
    fails("README.md", "gateway -->|", "gateway ---|", "README.md: the picture is not that of a Flow");
}

/// No section is lost: each heading of a document is on a page.
#[test]
fn every_section_is_on_a_page() {
    let pages = pages(built()).replace("<code>", "").replace("</code>", "");
    let chapters = fs::read_to_string(root().join("docs/chapters.txt")).unwrap();
    let mut count = 0;
    for source in chapters.lines().filter_map(|line| line.split_whitespace().nth(1)).filter(|source| source.ends_with(".md")) {
        let Ok(document) = fs::read_to_string(root().join(source)) else { continue };
        let mut in_code = false;
        for line in document.lines() {
            in_code ^= line.starts_with("```");
            if let (false, Some((_, title))) = (in_code, line.split_once("# ").filter(|(marks, _)| marks.chars().all(|c| c == '#'))) {
                let title = title.replace('`', "").replace('\'', "’").replace('&', "&amp;");
                assert!(pages.contains(&format!("{title}</a></h")), "{source}: {title}");
                count += 1;
            }
        }
    }
    assert!(count > 400, "only {count}");
}
