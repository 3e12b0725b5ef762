//! `jinaflow check` against mutants: breaks of every kind, each in every possible place, and valid variants.
//!
//! The planted breaks are the same in every run. To try others, or more:
//!
//! ```sh
//! JINAFLOW_SEED=7 JINAFLOW_CASES=500 cargo test mutants
//! ```

pub mod bases;
mod breaks;
mod variants;
mod view;

use jinaflow::internals::cli::inspect::{File, Inspection, Seen, look};
use jinaflow::internals::finding::Severity;
use serde_json::{Value, json};

use crate::support::random::{Random, number};
use bases::bases;
use view::View;

/// Number of places for each kind of break, unless the environment sets another number.
const MOST_PLACES: usize = 100;

/// The findings of a check on a document.
fn seen(text: String) -> Seen {
    let files = [File { name: "stdin".to_owned(), bytes: text.into_bytes() }];
    look(&files, Vec::new(), &Inspection { is_strict: true, ..Inspection::default() })
}

fn as_list(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}

/// All findings, one line each.
fn lines(seen: &Seen) -> Vec<String> {
    seen.findings
        .iter()
        .map(|(subject, finding)| format!("{}: {}: {}: {finding}", finding.severity.as_str(), subject.words(), finding.path))
        .collect()
}

#[test]
fn rendered_flows_have_no_findings() {
    let bases = bases();
    assert!(bases.len() >= 30, "{}", bases.len());
    for base in bases {
        assert_eq!(lines(&seen(as_list(&base.objects))), Vec::<String>::new(), "{}", base.name);
    }
}

/// The outcome of one kind of break.
struct Row {
    name: &'static str,
    places: usize,
    planted: usize,
    missed: Vec<String>,
}

#[test]
fn breaks_are_found_in_every_place() {
    let bases = bases();
    let kinds = breaks::kinds();
    assert!(kinds.len() >= 100, "{}", kinds.len());
    let cap = number("JINAFLOW_CASES", MOST_PLACES);
    let mut rows = Vec::new();
    for (salt, (name, severity, plant)) in kinds.into_iter().enumerate() {
        let mut places = Vec::new();
        for (base, objects) in bases.iter().map(|base| (base.name, &base.objects)) {
            let mut view = View::new(objects);
            plant(&mut view);
            places.extend(view.places.into_iter().map(|place| (base, objects, place)));
        }
        let mut row = Row { name, places: places.len(), planted: 0, missed: Vec::new() };
        Random::new(salt as u64).some(&mut places, cap);
        for (base, objects, place) in places {
            let mut broken = objects.clone();
            (place.change)(&mut broken);
            let seen = seen(as_list(&broken));
            let is_found = seen.findings.iter().any(|(subject, finding)| {
                let is_bad_enough = severity == Severity::Warning || finding.severity == Severity::Error;
                is_bad_enough && place.about.contains(&subject.words())
            });
            row.planted += 1;
            if !is_found {
                row.missed.push(format!("{base}, {}: {:?}", place.at, lines(&seen)));
            }
        }
        rows.push(row);
    }
    let is_good = |row: &Row| row.planted > 0 && row.missed.len() * 100 <= row.planted;
    let table: String = rows
        .iter()
        .map(|row| {
            let shown = row.missed.first().map(|first| format!("  e.g. {first}")).unwrap_or_default();
            format!(
                "{:>5} places {:>4} planted {:>4} found  {}{shown}\n",
                row.places,
                row.planted,
                row.planted - row.missed.len(),
                row.name
            )
        })
        .collect();
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    println!(
        "{table}{} kinds, {} places, {} planted, {} missed",
        rows.len(),
        sum(|r| r.places),
        sum(|r| r.planted),
        sum(|r| r.missed.len())
    );
    assert!(rows.iter().all(is_good), "{table}");
}

/// Variants of each base with one change, and with several.
const SEVERAL: usize = 24;

#[test]
fn valid_variants_have_no_findings() {
    let bases = bases();
    let kinds = variants::kinds();
    assert!(kinds.len() >= 25, "{}", kinds.len());
    let mut random = Random::new(7);
    let mut places = vec![0; kinds.len()];
    let mut forms = [0; variants::FORMS.len()];
    let (mut count, mut flagged) = (0, Vec::new());
    let several = number("JINAFLOW_CASES", SEVERAL);
    for base in &bases {
        let single = (0..kinds.len()).map(|kind| vec![kind]);
        let mut sets: Vec<Vec<usize>> = single.collect();
        for _ in 0..several {
            // In the order of their kinds: renames come last.
            let mut set: Vec<usize> = (0..2 + random.below(3)).map(|_| random.below(kinds.len())).collect();
            set.sort_unstable();
            set.dedup();
            sets.push(set);
        }
        for set in sets {
            let mut objects = base.objects.clone();
            let mut done: Vec<&str> = Vec::new();
            for kind in set {
                let (name, change) = kinds[kind];
                let clashes = |other: &&str| variants::CLASHES.iter().any(|pair| [(name, *other), (*other, name)].contains(pair));
                if done.iter().any(clashes) || !change(&mut objects) {
                    continue;
                }
                places[kind] += 1;
                done.push(name);
            }
            let form = random.below(variants::FORMS.len());
            forms[form] += 1;
            if done.is_empty() {
                continue;
            }
            count += 1;
            let files = [File { name: "stdin".to_owned(), bytes: variants::text(&objects, variants::FORMS[form]).into_bytes() }];
            let seen = look(&files, Vec::new(), &Inspection::default());
            if !seen.findings.is_empty() {
                flagged.push(format!("{}, {done:?}, {}: {:?}", base.name, variants::FORMS[form], lines(&seen)));
            }
        }
    }
    let table: String = kinds.iter().zip(&places).map(|((name, _), places)| format!("{places:>5} times  {name}\n")).collect();
    println!("{table}{count} variants of {} kinds in {} forms, {} flagged", kinds.len(), forms.len(), flagged.len());
    assert!(flagged.is_empty(), "{} of {count}:\n{}", flagged.len(), flagged[..flagged.len().min(40)].join("\n"));
    assert!(places.iter().chain(&forms).all(|places| *places > 0), "{table}{forms:?}");
    assert!(count >= 2000, "{count}");
}
