//! Random edits of rendered objects and random changes of their Flow, compared with a second merge that only the tests
//! use.
//!
//! Every case has a number and is the same in every run. To try others, or more:
//!
//! ```sh
//! JINAFLOW_SEED=100000 JINAFLOW_CASES=20000 cargo test random_rerender
//! ```
//!
//! A failing case is reduced to the smallest one that fails, and printed with its number. To run it alone, set
//! `JINAFLOW_SEED=NUMBER JINAFLOW_CASES=1`.

mod aimed;
mod edits;
mod flows;
mod items;
mod judge;
mod lines;
mod objects;
mod oracle;
mod package;
mod reported;
mod spelling;

use std::panic::{AssertUnwindSafe, catch_unwind};

use jinaflow::internals::function;
use serde_json::Value;

use crate::support::random::{Random, number};
use crate::support::scratch;
use judge::{Rendered, Sides, expected, rendered, wrong};
use oracle::Mode;
use package::{HEAD, Package, as_config};

/// Number of cases in a run, unless the environment sets another number.
const CASES: usize = 1500;

/// A kind of edit or change, and the seed of its details.
type Step = (usize, u64);

/// The description of a case.
#[derive(Clone, PartialEq)]
struct Case {
    /// The seed of the Flow that it starts with.
    start: u64,
    /// Changes before the first render, so that cases start with different Flows.
    before: Vec<Step>,
    edits: Vec<Step>,
    changes: Vec<Step>,
    /// Edits and changes after the second render, if there is a third.
    more_edits: Vec<Step>,
    more_changes: Vec<Step>,
    mode: Mode,
    has_carriage_returns: bool,
    /// Whether the JinaFlow is functionConfig, and not an item.
    is_config: bool,
    /// Whether there is another JinaFlow in the package.
    has_another: bool,
}

impl Case {
    fn of(seed: u64) -> Self {
        let mut random = Random::from(seed);
        let mode = [Mode::Keep, Mode::Overwrite, Mode::Error][(seed % 3) as usize];
        let before = steps(&mut random, (seed / 3 % 3) as usize, flows::kinds().len());
        let changes = steps(&mut random, (seed / 45 % 4) as usize, flows::kinds().len());
        let edits = edits_of(&mut random, 1 + (seed / 9 % 5) as usize, !changes.is_empty());
        let is_third = random.coin(4);
        let more_changes = if is_third { steps(&mut random, 1, flows::kinds().len()) } else { Vec::new() };
        let more_edits = if is_third { edits_of(&mut random, 1, true) } else { Vec::new() };
        let (has_carriage_returns, is_config) = (random.coin(16), random.coin(5));
        let has_another = !is_config && random.coin(8);
        let start = random.seed();
        Self { start, before, edits, changes, more_edits, more_changes, mode, has_carriage_returns, is_config, has_another }
    }
}

fn steps(random: &mut Random, count: usize, kinds: usize) -> Vec<Step> {
    (0..count).map(|_| (random.below(kinds), random.seed())).collect()
}

/// Random edits. Some are aimed at places that the Flow changes, because random edits rarely conflict with the Flow.
fn edits_of(random: &mut Random, count: usize, is_aimed: bool) -> Vec<Step> {
    let kinds = edits::kinds().len();
    let mut steps = steps(random, count, kinds);
    for (kind, _) in &mut steps {
        if is_aimed && random.coin(3) {
            *kind = kinds - 1 - random.below(edits::AIMED);
        }
    }
    steps
}

/// The answer of the function.
struct Answer {
    text: String,
    is_success: bool,
}

fn ask(text: &str, has_carriage_returns: bool) -> Result<Answer, String> {
    let input = if has_carriage_returns { text.replace('\n', "\r\n") } else { text.to_owned() };
    let mut out = Vec::new();
    let run = catch_unwind(AssertUnwindSafe(|| function::run(input.as_bytes(), &mut out)));
    let outcome = run.map_err(|_| "a panic".to_owned())?.map_err(|error| error.to_string())?;
    let text = String::from_utf8(out).map_err(|error| error.to_string())?;
    // The function writes the text around the items, and new items.
    let items = text.split("items:\n").nth(1).unwrap_or_default();
    let items = items.split("\nresults:").next().and_then(|text| text.split("\nfunctionConfig:").next()).unwrap_or_default();
    let is_mixed = |item: &str| item.contains("\r\n") && item.matches('\n').count() != item.matches("\r\n").count();
    if has_carriage_returns && items.split("\n- ").map(str::trim_end).any(is_mixed) {
        return Err("one item has two kinds of line breaks".to_owned());
    }
    Ok(Answer { text: if has_carriage_returns { text.replace("\r\n", "\n") } else { text }, is_success: outcome.success })
}

/// The outcome of a case.
#[derive(Default)]
struct Outcome {
    /// Whether there was something to check: a changed Flow may not render.
    is_judged: bool,
    is_refused: bool,
    wrong: Vec<String>,
    /// The edits and changes, as text.
    done: Vec<String>,
    edits: Vec<usize>,
    changes: Vec<usize>,
    counts: [usize; 3],
    /// The package that was rendered again.
    input: String,
    answer: String,
}

fn changed(flow: &mut Value, steps: &[Step], done: &mut Vec<String>) -> Vec<usize> {
    let kinds = flows::kinds();
    let mut made = Vec::new();
    for (kind, seed) in steps {
        let (name, change) = kinds[*kind];
        if change(flow, &mut Random::from(*seed)) {
            done.push(format!("change: {name}"));
            made.push(*kind);
        }
    }
    made
}

fn run(case: &Case) -> Outcome {
    let mut outcome = Outcome::default();
    if let Err(error) = render(case, &mut outcome) {
        outcome.is_judged = true;
        outcome.wrong.push(error);
    }
    outcome
}

/// The objects that a Flow renders into a package without objects. `None` when the Flow does not render.
fn fresh(list: &str, known: &[&Package]) -> Result<Option<Package>, String> {
    let answer = ask(list, false)?;
    Ok(answer.is_success.then(|| Package::of(&answer.text, known)))
}

fn render(case: &Case, outcome: &mut Outcome) -> Result<(), String> {
    let on_conflict = format!("{:?}", case.mode).to_lowercase();
    let (mut flow, around) = flows::start(&mut Random::from(case.start));
    changed(&mut flow, &case.before, &mut Vec::new());
    let foreign: String = crate::support::documents(around).iter().map(|object| format!("- {object}\n")).collect();
    let another = if case.has_another { flows::another() } else { String::new() };
    let list = |flow: &Value| {
        let flow = flows::item(flow, &on_conflict);
        let items = format!("{another}{foreign}");
        match (case.is_config, items.as_str()) {
            (true, "") => format!("{}{}", HEAD.replace("items:", "items: []"), as_config(&flow)),
            (true, _) => format!("{HEAD}{items}{}", as_config(&flow)),
            (false, _) => format!("{HEAD}{items}{flow}"),
        }
    };
    let Some(mut package) = fresh(&list(&flow), &[])? else { return Ok(()) };
    let mut base = rendered(&package);
    let kinds = edits::kinds();
    for (edits, changes) in [(&case.edits, &case.changes), (&case.more_edits, &case.more_changes)] {
        if edits.is_empty() && changes.is_empty() && outcome.is_judged {
            break;
        }
        outcome.changes.extend(changed(&mut flow, changes, &mut outcome.done));
        let Some(fresh) = fresh(&list(&flow), &[&package])? else { return Ok(()) };
        for (kind, seed) in edits {
            let (name, edit) = kinds[*kind];
            if let Some(place) = edits::make(edit, &mut package, &fresh, &mut Random::from(*seed)) {
                outcome.done.push(format!("edit: {name}, in {place}"));
                outcome.edits.push(*kind);
            }
        }
        let edited = package.with_flow(flows::item(&flow, &on_conflict));
        outcome.is_judged = true;
        let Some(next) = judged(&Sides { base: &base, edited: &edited, fresh: &fresh }, case, outcome)? else { break };
        (base, package) = next;
        outcome.done.push("render".to_owned());
    }
    Ok(())
}

/// Renders a package again and checks the answer. Returns the start of the next render.
fn judged(sides: &Sides<'_>, case: &Case, outcome: &mut Outcome) -> Result<Option<(Rendered, Package)>, String> {
    let expected = expected(sides, case.mode);
    outcome.counts.iter_mut().zip(expected.counts()).for_each(|(sum, count)| *sum += count);
    outcome.is_refused = case.mode == Mode::Error && expected.is_refused();
    outcome.input = sides.edited.text();
    let answer = ask(&outcome.input, case.has_carriage_returns)?;
    outcome.answer.clone_from(&answer.text);
    if answer.is_success == outcome.is_refused {
        let results = Package::of(&answer.text, &[]).results;
        return Err(format!("success is {}, but the expected refusal is {}: {results:#?}", answer.is_success, outcome.is_refused));
    }
    if outcome.is_refused {
        let is_echoed = answer.text.strip_prefix(&outcome.input).is_some_and(|more| more.starts_with("results:\n"));
        return if is_echoed { Ok(None) } else { Err("refused, but the input has changed".to_owned()) };
    }
    let package = Package::of(&answer.text, &[sides.edited, sides.fresh]);
    outcome.wrong.extend(wrong(sides, &expected, &package));
    outcome.wrong.extend(reported::wrong(sides, &package));
    let again = ask(&package.text(), case.has_carriage_returns)?;
    if Package::of(&again.text, &[&package]).changes.iter().any(|result| result["tags"]["code"] != "edit-kept") {
        outcome.wrong.push("a second render reports changes".to_owned());
    }
    if !again.is_success || items_of(&again.text) != items_of(&answer.text) {
        outcome.wrong.push("a second render has changed something, or has failed".to_owned());
    }
    Ok(Some((expected.known(), package)))
}

/// A list without its results.
fn items_of(text: &str) -> &str {
    text.split("\nresults:").next().unwrap_or_default().trim_end()
}

/// The smallest case that still fails.
fn shrunk(mut case: Case) -> Case {
    let fails = |case: &Case| !run(case).wrong.is_empty();
    loop {
        let mut smaller: Vec<Case> = Vec::new();
        let mut without = |steps: fn(&mut Case) -> &mut Vec<Step>| {
            for place in 0..steps(&mut case).len() {
                let mut fewer = case.clone();
                steps(&mut fewer).remove(place);
                smaller.push(fewer);
            }
        };
        without(|case| &mut case.before);
        without(|case| &mut case.edits);
        without(|case| &mut case.changes);
        without(|case| &mut case.more_edits);
        without(|case| &mut case.more_changes);
        for simple in [
            Case { has_carriage_returns: false, ..case.clone() },
            Case { is_config: false, ..case.clone() },
            Case { has_another: false, ..case.clone() },
        ] {
            if simple != case {
                smaller.push(simple);
            }
        }
        match smaller.into_iter().find(fails) {
            Some(smallest) => case = smallest,
            None => return case,
        }
    }
}

/// A report of a failure, with its files.
fn report(seed: u64) -> String {
    let case = shrunk(Case::of(seed));
    let outcome = run(&case);
    let folder = scratch(&format!("random-{seed}"));
    std::fs::write(folder.join("input.yaml"), &outcome.input).unwrap();
    std::fs::write(folder.join("answer.yaml"), &outcome.answer).unwrap();
    format!(
        "JINAFLOW_SEED={seed} JINAFLOW_CASES=1 cargo test random_rerender    # {:?}, {}\n  {}\n{}\n\n",
        case.mode,
        folder.display(),
        outcome.done.join("\n  "),
        outcome.wrong.join("\n")
    )
}

/// The outcomes of many cases.
#[derive(Default)]
struct Sum {
    judged: usize,
    refused: usize,
    failed: Vec<u64>,
    counts: [usize; 3],
    edits: Vec<usize>,
    changes: Vec<usize>,
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: &Outcome) {
        if !outcome.wrong.is_empty() {
            self.failed.push(seed);
        }
        if outcome.is_judged {
            self.judged += 1;
            self.refused += usize::from(outcome.is_refused);
            self.edits.extend(&outcome.edits);
            self.changes.extend(&outcome.changes);
            self.counts.iter_mut().zip(outcome.counts).for_each(|(sum, count)| *sum += count);
        }
    }
}

/// The number of times that each kind was used, one line each.
fn table<'n>(names: impl Iterator<Item = &'n str>, made: &[usize]) -> String {
    let count = |number: usize| made.iter().filter(|kind| **kind == number).count();
    names.enumerate().map(|(number, name)| format!("{:>5} times  {name}\n", count(number))).collect()
}

#[test]
fn edits_are_kept_and_changes_of_the_flow_are_applied() {
    let (first, cases) = (number("JINAFLOW_SEED", 1), number("JINAFLOW_CASES", CASES));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let sums: Vec<Sum> = std::thread::scope(|scope| {
        let some = |thread: usize| {
            scope.spawn(move || {
                let mut sum = Sum::default();
                for seed in (first..first + cases).skip(thread).step_by(threads) {
                    sum.add(seed as u64, &run(&Case::of(seed as u64)));
                }
                sum
            })
        };
        let running: Vec<_> = (0..threads).map(some).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all = Sum::default();
    for sum in sums {
        all.judged += sum.judged;
        all.refused += sum.refused;
        all.failed.extend(sum.failed);
        all.edits.extend(sum.edits);
        all.changes.extend(sum.changes);
        all.counts.iter_mut().zip(sum.counts).for_each(|(sum, count)| *sum += count);
    }
    all.failed.sort_unstable();
    let tables = [
        table(edits::kinds().into_iter().map(|(name, _)| name), &all.edits),
        table(flows::kinds().into_iter().map(|(name, _)| name), &all.changes),
    ];
    let Sum { judged, refused, counts: [conflicts, successors, gone], .. } = all;
    println!("{}\n{cases} cases, {judged} judged, {refused} refused", tables.join("\n"));
    println!("{conflicts} conflicts, {successors} objects that take over edits, {gone} removed objects");
    let shown: String = all.failed.iter().take(number("JINAFLOW_SHOWN", 5)).map(|seed| report(*seed)).collect();
    assert!(all.failed.is_empty(), "{} of {judged} are wrong: {:?}\n{shown}", all.failed.len(), all.failed);
    if cases >= CASES {
        assert!(judged * 10 >= cases * 9, "only {judged} of {cases} Flows were rendered");
        assert!(tables.iter().all(|table| !table.contains("    0 times")), "{}", tables.join("\n"));
        assert!(edits::kinds().len() >= 45 && flows::kinds().len() >= 19);
    }
}
