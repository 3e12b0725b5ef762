//! The three-way merge: what was rendered last, what the user made of it, what the Flow yields now.
//!
//! Field by field, as `kubectl apply` does it: what only the user has changed stays, what only the Flow has changed
//! arrives, and where both have changed the same field `spec.output.onConflict` decides. A conflict in which the user's
//! value stays is held: the next render finds it again and names it again.

use std::collections::HashMap;

use super::leaves::{Grain, Place, each_leaf, flag_groups, grain, short, value, words};
use super::memory::{Held, Memory};
use crate::config::OnConflict;
use crate::config::lists::entry_name;
use crate::finding::{Finding, Findings, HIDDEN, Path, names_a_secret, shows_a_secret};
use crate::yaml::{Data, Node};

/// What is said of fields that the Flow overwrites without knowing whether they were edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwritten {
    /// Each is named: the files are the user's.
    Named,
    /// Nothing: objects are made anew for each build.
    Silent,
}

/// Merges the object that the Flow renders now into the user's. Without a memory nobody can tell an edit from an older
/// rendering: then the Flow decides about the fields that it sets, and others stay.
pub fn merge<'t>(
    mine: Node<'t>,
    flows: Node<'t>,
    memory: Option<&Memory>,
    on_conflict: OnConflict,
    overwritten: Overwritten,
    findings: &mut Findings,
) -> (Node<'t>, Held) {
    let mut merge = Merge { memory, on_conflict, overwritten, findings, held: Held::new(), is_secret: false };
    let merged = merge.node("", mine, flows, Place::ROOT, &Path::root(""));
    (merged, merge.held)
}

struct Merge<'m> {
    memory: Option<&'m Memory>,
    on_conflict: OnConflict,
    overwritten: Overwritten,
    findings: &'m mut Findings,
    held: Held,
    /// Whether the name of something around this place is that of a secret.
    is_secret: bool,
}

/// A field, an entry, or a flag with its words.
struct Part<'t> {
    name: String,
    /// The key of a field.
    key: Option<Node<'t>>,
    node: Node<'t>,
}

/// A collection in parts, or a leaf.
enum Shape<'t> {
    Parts(Grain, Vec<Part<'t>>),
    Leaf(Node<'t>),
}

/// How a leaf compares with what was rendered last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Same,
    Changed,
    /// It was not there.
    New,
}

impl Merge<'_> {
    fn node<'t>(&mut self, field: &str, mine: Node<'t>, flows: Node<'t>, place: Place, path: &Path<'_>) -> Node<'t> {
        match (shape(field, mine), shape(field, flows)) {
            (Shape::Parts(grain, mine), Shape::Parts(same, flows)) if grain == same => {
                together(grain, self.parts(field, grain, mine, flows, place, path))
            }
            (mine, flows) => self.leaf(field, whole(mine), whole(flows), place, path),
        }
    }

    /// A value that is replaced as a whole.
    fn leaf<'t>(&mut self, field: &str, mine: Node<'t>, flows: Node<'t>, place: Place, path: &Path<'_>) -> Node<'t> {
        if value(&mine) == value(&flows) || self.all(field, &flows, place, Since::Same) {
            return mine;
        }
        if self.all(field, &mine, place, Since::Same) {
            return flows;
        }
        let (yours, theirs) = (shown(&mine), shown(&flows));
        // Without a memory the file is taken to be as it was rendered.
        if self.memory.is_none() {
            self.overwrites(path, &yours, &theirs);
            return flows;
        }
        if !self.keeps(path, Some(&yours), Some(&theirs)) {
            return flows;
        }
        self.hold(Grain::Fields, field, &flows, place);
        self.hold(Grain::Fields, field, &mine, place);
        mine
    }

    /// The user's parts in the user's order, new ones of the Flow behind what they follow in the Flow's order.
    fn parts<'t>(
        &mut self,
        field: &str,
        grain: Grain,
        mine: Vec<Part<'t>>,
        flows: Vec<Part<'t>>,
        place: Place,
        path: &Path<'_>,
    ) -> Vec<Part<'t>> {
        let places: HashMap<String, usize> = flows.iter().enumerate().map(|(i, part)| (part.name.clone(), i)).collect();
        let mut flows: Vec<Option<Part<'t>>> = flows.into_iter().map(Some).collect();
        let mut shared = vec![false; flows.len()];
        for part in &mine {
            if let Some(&i) = places.get(&part.name) {
                shared[i] = true;
            }
        }
        let mut merged = Vec::with_capacity(mine.len());
        for (index, part) in mine.into_iter().enumerate() {
            let at = place.part(grain, &part.name);
            let name = part.name.clone();
            let own_path = match grain {
                Grain::Fields => path.key(&name),
                Grain::Entries => path.index(index),
                Grain::Flags => *path,
            };
            let inner = inner(grain, &name, field);
            let around = self.is_secret;
            self.is_secret |= names_a_secret(&name);
            let counterpart = places.get(&part.name).and_then(|&i| Some((i, flows[i].take()?)));
            let Some((i, theirs)) = counterpart else {
                merged.extend(self.only_mine(grain, inner, part, at, &own_path));
                self.is_secret = around;
                continue;
            };
            let node = match grain {
                Grain::Flags => self.group(part.node, theirs.node, at, &own_path),
                _ => self.node(inner, part.node, theirs.node, at, &own_path),
            };
            self.is_secret = around;
            merged.push(Part { node, ..part });
            let followers = flows[i + 1..].iter_mut().zip(&shared[i + 1..]).take_while(|(_, shared)| !**shared);
            for theirs in followers.filter_map(|(part, _)| part.take()) {
                merged.extend(self.only_flows(grain, field, theirs, place, path));
            }
        }
        for theirs in flows.into_iter().flatten() {
            merged.extend(self.only_flows(grain, field, theirs, place, path));
        }
        // Words before the first flag would be those of another flag anywhere else.
        if grain == Grain::Flags
            && let Some(at) = merged.iter().position(|part| part.name.is_empty())
        {
            merged[..=at].rotate_right(1);
        }
        merged
    }

    /// A flag with its words, which the kubelet hands over as they are.
    fn group<'t>(&mut self, mine: Node<'t>, flows: Node<'t>, place: Place, path: &Path<'_>) -> Node<'t> {
        let hash = |node: &Node<'_>| words(node.as_list().unwrap_or_default());
        let (yours, theirs) = (hash(&mine), hash(&flows));
        if yours == theirs || self.since(place, theirs) == Since::Same {
            return mine;
        }
        if self.since(place, yours) == Since::Same {
            return flows;
        }
        let (yours, theirs) = (line(&mine), line(&flows));
        if self.memory.is_none() {
            self.overwrites(path, &yours, &theirs);
            return flows;
        }
        if !self.keeps(path, Some(&yours), Some(&theirs)) {
            return flows;
        }
        self.hold(Grain::Flags, "", &mine, place);
        mine
    }

    /// What the user has and the Flow has not.
    fn only_mine<'t>(&mut self, grain: Grain, field: &str, part: Part<'t>, place: Place, path: &Path<'_>) -> Option<Part<'t>> {
        let (mut known, mut changed) = (false, false);
        self.each(grain, field, &part.node, place, &mut |since| {
            known |= since != Since::New;
            changed |= since == Since::Changed;
        });
        if !known {
            return Some(part);
        }
        let takes_along = match grain {
            Grain::Fields => self.takes_along(field, &part.node, place),
            Grain::Entries => self.is_extended(&part.node, place),
            Grain::Flags => false,
        };
        if changed || takes_along {
            let text = if grain == Grain::Flags { line(&part.node) } else { shown(&part.node) };
            if self.keeps(path, Some(&text), None) {
                self.hold(grain, field, &part.node, place);
                return Some(part);
            }
        }
        // An entry without the fields that make it one is none; of a mapping the user's own fields stay.
        let node = if grain == Grain::Fields { self.without_known(field, part.node, place)? } else { return None };
        Some(Part { node, ..part })
    }

    /// Whether the user has added something to an entry that was rendered. It would go with the entry.
    fn is_extended(&self, entry: &Node<'_>, place: Place) -> bool {
        let (mut known, mut new) = (false, false);
        self.each(Grain::Entries, "", entry, place, &mut |since| {
            known |= since != Since::New;
            new |= since == Since::New;
        });
        known && new
    }

    /// Whether there is such an entry in a field.
    fn takes_along(&self, field: &str, node: &Node<'_>, place: Place) -> bool {
        match (grain(field, node), &node.data) {
            (Some(grain @ Grain::Fields), Data::Map(pairs)) => pairs.iter().any(|(key, value)| {
                let name = key.shown();
                self.takes_along(&name, value, place.part(grain, &name))
            }),
            (Some(grain @ Grain::Entries), Data::List(entries)) => {
                entries.iter().any(|entry| self.is_extended(entry, place.part(grain, &entry_name(field, entry))))
            }
            _ => false,
        }
    }

    /// What the Flow has and the user has not.
    fn only_flows<'t>(&mut self, grain: Grain, field: &str, part: Part<'t>, place: Place, path: &Path<'_>) -> Option<Part<'t>> {
        let at = place.part(grain, &part.name);
        let (mut known, mut same) = (false, true);
        self.each(grain, inner(grain, &part.name, field), &part.node, at, &mut |since| {
            known |= since != Since::New;
            same &= since == Since::Same;
        });
        if !known {
            return Some(part);
        }
        if same {
            return None;
        }
        let path = if grain == Grain::Fields { path.key(&part.name) } else { *path };
        let text = if grain == Grain::Flags { line(&part.node) } else { shown(&part.node) };
        let around = self.is_secret;
        self.is_secret |= names_a_secret(&part.name);
        let keeps = self.keeps(&path, None, Some(&text));
        self.is_secret = around;
        if !keeps {
            return Some(part);
        }
        self.hold(grain, inner(grain, &part.name, field), &part.node, at);
        None
    }

    /// Keeps what was remembered of every leaf of a part, known or not.
    fn hold(&mut self, grain: Grain, field: &str, node: &Node<'_>, place: Place) {
        let (memory, held) = (self.memory, &mut self.held);
        let mut keep = |place: Place| {
            held.insert(place.short(), memory.and_then(|memory| memory.value(place)));
        };
        match grain {
            Grain::Flags => keep(place),
            _ => each_leaf(field, node, place, &Path::root(""), &mut |place, _, _| keep(place)),
        }
    }

    /// A mapping or list without what was rendered last; `None` when nothing else is in it.
    fn without_known<'t>(&self, field: &str, node: Node<'t>, place: Place) -> Option<Node<'t>> {
        match shape(field, node) {
            Shape::Parts(grain, parts) if !parts.is_empty() => {
                let kept: Vec<Part<'t>> = parts
                    .into_iter()
                    .filter_map(|part| {
                        let at = place.part(grain, &part.name);
                        let field = inner(grain, &part.name, field);
                        if grain == Grain::Fields {
                            let Part { name, key, node } = part;
                            return self.without_known(&name, node, at).map(|node| Part { name, key, node });
                        }
                        let mut known = false;
                        self.each(grain, field, &part.node, at, &mut |since| known |= since != Since::New);
                        (!known).then_some(part)
                    })
                    .collect();
                (!kept.is_empty()).then(|| together(grain, kept))
            }
            shape => {
                let node = whole(shape);
                (self.since(place, value(&node)) == Since::New).then_some(node)
            }
        }
    }

    /// Whether all leaves are so.
    fn all(&self, field: &str, node: &Node<'_>, place: Place, wanted: Since) -> bool {
        let mut all = true;
        self.each(Grain::Fields, field, node, place, &mut |since| all &= since == wanted);
        all
    }

    /// How each leaf of a part compares.
    fn each(&self, grain: Grain, field: &str, node: &Node<'_>, place: Place, tell: &mut impl FnMut(Since)) {
        match grain {
            Grain::Flags => tell(self.since(place, words(node.as_list().unwrap_or_default()))),
            _ => each_leaf(field, node, place, &Path::root(""), &mut |place, _, leaf| tell(self.since(place, leaf.hash()))),
        }
    }

    fn since(&self, place: Place, value: u64) -> Since {
        match self.memory.and_then(|memory| memory.value(place)) {
            None => Since::New,
            Some(known) if known == short(value) => Since::Same,
            Some(_) => Since::Changed,
        }
    }

    /// Both have changed a field: reports it, and says whether the user's value stays.
    fn keeps(&mut self, path: &Path<'_>, mine: Option<&str>, flows: Option<&str>) -> bool {
        let keeps = self.on_conflict != OnConflict::Overwrite;
        let what = match (mine, self.on_conflict) {
            (None, OnConflict::Overwrite) => "was removed here and changed by the Flow, and is back",
            (None, _) => "was removed here and changed by the Flow, and stays removed",
            (Some(_), OnConflict::Keep) => "was changed here and by the Flow, and stays as it is here",
            (Some(_), OnConflict::Overwrite) => "was changed here and by the Flow, and is now as the Flow has it",
            (Some(_), OnConflict::Error) => "was changed here and by the Flow",
        };
        let [mine, flows] = self.hidden([mine, flows]);
        let theirs = match &flows {
            Some(text) => format!("the Flow has {:?} now", crate::finding::shortened(text)),
            None => "the Flow has removed it".to_owned(),
        };
        let how = match self.on_conflict {
            OnConflict::Keep => "write that here to follow the Flow again",
            OnConflict::Overwrite => "put yours into the JinaFlow or an overlay",
            OnConflict::Error => "write that here, or set spec.output.onConflict (--on-conflict of an export) to keep or overwrite",
        };
        let mut finding = match self.on_conflict {
            OnConflict::Error => Finding::error(path, what),
            OnConflict::Keep | OnConflict::Overwrite => Finding::warning(path, what),
        };
        if let Some(mine) = mine {
            finding = finding.got(mine);
        }
        finding = finding.fix(format!("{theirs}; {how}"));
        self.findings.push(match flows {
            Some(flows) => finding.propose(flows),
            None => finding,
        });
        keeps
    }

    /// The Flow's value replaces one of which nobody knows whether it was edited.
    fn overwrites(&mut self, path: &Path<'_>, mine: &str, flows: &str) {
        if self.overwritten == Overwritten::Silent {
            return;
        }
        let [mine, flows] = self.hidden([Some(mine), Some(flows)]).map(Option::unwrap_or_default);
        let what = "is now as the Flow has it";
        let finding = match self.on_conflict {
            OnConflict::Error => Finding::error(path, "differs from the Flow"),
            OnConflict::Keep | OnConflict::Overwrite => Finding::warning(path, what),
        };
        let theirs = format!("the Flow has {:?}", crate::finding::shortened(flows));
        self.findings.push(finding.got(mine).fix(format!("{theirs}; put yours into the JinaFlow or an overlay")).propose(flows));
    }

    /// Values for a message. Of a mapping or a command line the names are in the text.
    fn hidden<'v>(&self, values: [Option<&'v str>; 2]) -> [Option<&'v str>; 2] {
        let is_secret = |text: &str| self.is_secret || (text.contains([' ', ':']) && shows_a_secret(text));
        let is_hidden = values.into_iter().flatten().any(is_secret);
        values.map(|value| value.map(|value| if is_hidden { HIDDEN } else { value }))
    }
}

/// The field whose value a part is, as far as lists and arguments are concerned.
fn inner<'n>(grain: Grain, name: &'n str, field: &'n str) -> &'n str {
    match grain {
        Grain::Fields => name,
        Grain::Entries => "",
        Grain::Flags => field,
    }
}

/// A value for a message: nothing, however it is spelled, is `null`.
fn shown(node: &Node<'_>) -> String {
    if node.is_null() { "null".to_owned() } else { node.shown() }
}

/// A group of words on one line.
fn line(words: &Node<'_>) -> String {
    words.as_list().unwrap_or_default().iter().map(Node::shown).collect::<Vec<_>>().join(" ")
}

fn shape<'t>(field: &str, node: Node<'t>) -> Shape<'t> {
    let Some(grain) = grain(field, &node) else { return Shape::Leaf(node) };
    let parts = match (grain, node.data) {
        (_, Data::Map(pairs)) => pairs.into_iter().map(|(key, node)| Part { name: key.shown(), key: Some(key), node }).collect(),
        (Grain::Flags, Data::List(list)) => {
            let groups = flag_groups(&list);
            let mut words = list.into_iter();
            let mut start = 0;
            let mut part = |(name, end): (String, usize)| {
                let group: Vec<Node<'t>> = words.by_ref().take(end - start).collect();
                start = end;
                Part { name, key: None, node: group.into() }
            };
            groups.into_iter().map(&mut part).collect()
        }
        (_, Data::List(entries)) => {
            entries.into_iter().map(|entry| Part { name: entry_name(field, &entry), key: None, node: entry }).collect()
        }
        (_, scalar @ Data::Scalar(_)) => return Shape::Leaf(scalar.into()),
    };
    Shape::Parts(grain, parts)
}

fn whole(shape: Shape<'_>) -> Node<'_> {
    match shape {
        Shape::Leaf(node) => node,
        Shape::Parts(grain, parts) => together(grain, parts),
    }
}

fn together(grain: Grain, parts: Vec<Part<'_>>) -> Node<'_> {
    match grain {
        Grain::Fields => Data::Map(parts.into_iter().filter_map(|part| Some((part.key?, part.node))).collect()),
        Grain::Entries => Data::List(parts.into_iter().map(|part| part.node).collect()),
        Grain::Flags => {
            let words = parts.into_iter().flat_map(|part| match part.node.data {
                Data::List(words) => words,
                _ => Vec::new(),
            });
            Data::List(words.collect())
        }
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::super::memory::{Mark, remember};
    use super::*;
    use crate::yaml::{self, read};

    fn node(text: &str) -> Node<'_> {
        read(text).ok().and_then(|document| document.root).unwrap_or_else(|| "".into())
    }

    /// What was rendered, what the user made of it, what the Flow yields; the outcome and what is said.
    fn merged(base: &str, mine: &str, flows: &str, on_conflict: OnConflict) -> (String, Vec<String>) {
        let memory = Memory::parse(&remember(&node(base), Mark::Package, &Held::new()));
        let mut findings = Findings::default();
        let (out, _) = merge(node(mine), node(flows), memory.as_ref(), on_conflict, Overwritten::Named, &mut findings);
        let mut text = String::new();
        yaml::write(&out, &mut text);
        (text, findings.iter().map(|finding| format!("{}: {finding}", finding.path)).collect())
    }

    fn quietly(base: &str, mine: &str, flows: &str) -> String {
        let (text, said) = merged(base, mine, flows, OnConflict::Error);
        assert_eq!(said, Vec::<String>::new());
        text
    }

    #[test]
    fn edits_stay_and_changes_arrive() {
        let base = "a: 1\nb: {c: x, d: [1, 2]}\n";
        assert_eq!(quietly(base, base, "a: 2\nb: {c: x, d: [1, 2]}\n"), "a: 2\nb:\n  c: x\n  d:\n  - 1\n  - 2\n");
        assert_eq!(
            quietly(base, "a: 5\nb: {c: x, d: [1, 2], e: 010}\n", "a: 1\nb: {c: y, d: [1]}\n"),
            "a: 5\nb:\n  c: y\n  d:\n  - 1\n  e: 010\n"
        );
        // Taken away by the user, by the Flow, by both.
        assert_eq!(quietly(base, "b: {c: x}\n", base), "b:\n  c: x\n");
        assert_eq!(quietly(base, base, "a: 1\n"), "a: 1\n");
        assert_eq!(quietly(base, "a: 1\n", "a: 1\n"), "a: 1\n");
        // The same change on both sides, spelled differently.
        assert_eq!(quietly("m: 1\n", "m: 0644\n", "m: 420\n"), "m: 0644\n");
        // New fields of the Flow go behind those that they follow there.
        assert_eq!(quietly("a: 1\nz: 1\n", "mine: 1\na: 1\nz: 1\n", "a: 1\nb: 1\nz: 1\n"), "mine: 1\na: 1\nb: 1\nz: 1\n");
    }

    #[test]
    fn where_both_have_changed_a_field_the_setting_decides() {
        let (base, mine, flows) = ("r: 2\n", "r: 5\n", "r: 3\n");
        let keep = "r: was changed here and by the Flow, and stays as it is here (got \"5\"); the Flow has \"3\" now; write that here to follow the Flow again";
        assert_eq!(merged(base, mine, flows, OnConflict::Keep), ("r: 5\n".into(), vec![keep.into()]));
        let (text, said) = merged(base, mine, flows, OnConflict::Overwrite);
        assert_eq!((text.as_str(), said.len()), ("r: 3\n", 1));
        assert!(said[0].starts_with("r: was changed here and by the Flow, and is now as the Flow has it (got \"5\")"), "{said:?}");
        assert!(merged(base, mine, flows, OnConflict::Error).1[0].contains("or set spec.output.onConflict "));
        // One has removed what the other has changed.
        let (text, said) = merged("a: 1\nr: 2\n", "a: 1\n", "a: 1\nr: 3\n", OnConflict::Keep);
        assert_eq!((text.as_str(), said.len()), ("a: 1\n", 1));
        let (text, said) = merged("a: 1\nr: 2\n", "a: 1\nr: 5\n", "a: 1\n", OnConflict::Keep);
        assert_eq!((text.as_str(), said.len()), ("a: 1\nr: 5\n", 1));
        let (text, said) = merged("a: 1\nr: 2\n", "a: 1\nr: 5\n", "a: 1\n", OnConflict::Overwrite);
        assert_eq!((text.as_str(), said.len()), ("a: 1\n", 1));
        // Both have added it.
        assert_eq!(merged("a: 1\n", "a: 1\nn: 1\n", "a: 1\nn: 2\n", OnConflict::Keep).1.len(), 1);
    }

    /// Renders twice: the second time with what the first one remembers.
    fn again(base: &str, mine: &str, flows: &str, on_conflict: OnConflict) -> (usize, usize) {
        let memory = Memory::parse(&remember(&node(base), Mark::Package, &Held::new()));
        let mut findings = Findings::default();
        let (out, held) = merge(node(mine), node(flows), memory.as_ref(), on_conflict, Overwritten::Named, &mut findings);
        let remembered = remember(&node(flows), Mark::Package, &held);
        let mut more = Findings::default();
        let (_, held) = merge(out, node(flows), Memory::parse(&remembered).as_ref(), on_conflict, Overwritten::Named, &mut more);
        assert_eq!(remember(&node(flows), Mark::Package, &held), remembered, "a second render remembers something else");
        (findings.len(), more.len())
    }

    #[test]
    fn a_kept_conflict_is_found_again_until_it_is_resolved() {
        let changed = [
            ("r: 2\n", "r: 5\n", "r: 3\n"),
            ("a: 1\nr: 2\n", "a: 1\n", "a: 1\nr: 3\n"),
            ("a: 1\nr: 2\n", "a: 1\nr: 5\n", "a: 1\n"),
            ("a: 1\n", "a: 1\nn: 1\n", "a: 1\nn: 2\n"),
            ("args: [--a, '1', --b]\n", "args: [--a, '2', --b]\n", "args: [--a, '3', --b]\n"),
            ("env: [{name: A, value: a}]\n", "env: [{name: A, value: b}]\n", "env: []\n"),
            ("e: {}\nv: text\n", "e: {}\nv: {from: x}\n", "e: {}\nv: [1]\n"),
        ];
        for (base, mine, flows) in changed {
            assert_eq!(again(base, mine, flows, OnConflict::Keep), (1, 1), "{base}{mine}{flows}");
            assert_eq!(again(base, mine, flows, OnConflict::Overwrite), (1, 0), "{base}{mine}{flows}");
        }
        // The user follows the Flow again: nothing is left to say.
        let memory = remember(&node("r: 3\n"), Mark::Package, &Held::from([(0, None)]));
        assert!(Memory::parse(&memory).is_some());
        assert_eq!(again("r: 2\n", "r: 3\n", "r: 3\n", OnConflict::Keep), (0, 0));
    }

    #[test]
    fn values_of_secrets_are_not_told() {
        for (base, mine, flows) in [
            ("data: {DB_PASSWORD: old}\n", "data: {DB_PASSWORD: s3cr3tUSER}\n", "data: {DB_PASSWORD: s3cr3tB}\n"),
            (
                "env: [{name: HF_TOKEN, value: old}]\n",
                "env: [{name: HF_TOKEN, value: s3cr3tUSER}]\n",
                "env: [{name: HF_TOKEN, value: s3cr3tB}]\n",
            ),
            ("args: [--w, '{\"token\": 0}']\n", "args: [--w, '{\"token\": \"s3cr3t\"}']\n", "args: [--w, '{\"token\": \"s3cr3tB\"}']\n"),
            ("data: {API_KEY: old}\n", "data: {}\n", "data: {API_KEY: s3cr3tB}\n"),
        ] {
            let (_, said) = merged(base, mine, flows, OnConflict::Keep);
            assert!(said.len() == 1 && !said[0].contains("s3cr3t") && said[0].contains("hidden"), "{said:?}");
        }
    }

    #[test]
    fn lists_are_merged_by_their_keys() {
        let base = "env: [{name: A, value: a}, {name: B, value: b}]\n";
        let mine = "env: [{name: MINE, value: m}, {name: B, value: b}, {name: A, value: edited}]\n";
        let flows = "env: [{name: A, value: a}, {name: N, value: n}, {name: B, value: b2}]\n";
        let expected = "env:\n- name: MINE\n  value: m\n- name: B\n  value: b2\n- name: A\n  value: edited\n- name: N\n  value: n\n";
        assert_eq!(quietly(base, mine, flows), expected);
        // An entry that is removed on one side goes, unless the other has changed it.
        assert_eq!(quietly(base, "env: [{name: A, value: a}]\n", base), "env:\n- name: A\n  value: a\n");
        assert_eq!(quietly(base, base, "env: [{name: A, value: a}]\n"), "env:\n- name: A\n  value: a\n");
        let (text, said) =
            merged(base, "env: [{name: A, value: a}, {name: B, value: x}]\n", "env: [{name: A, value: a}]\n", OnConflict::Keep);
        assert_eq!((text.as_str(), said.len()), ("env:\n- name: A\n  value: a\n- name: B\n  value: x\n", 1));
        assert!(said[0].starts_with("env[1]: "), "{said:?}");
        // Ports may share a number; claims are known by their names; what has no key is replaced as a whole.
        let ports = "ports: [{port: 1, protocol: TCP}, {port: 1, protocol: UDP, name: u}]\n";
        assert_eq!(
            quietly(ports, ports, "ports: [{port: 1, name: t}, {port: 1, protocol: UDP, name: u}]\n").matches("protocol").count(),
            1
        );
        let claims = |size: &str, more: &str| format!("volumeClaimTemplates: [{{metadata: {{name: d}}, spec: {{size: {size}}}}}{more}]\n");
        let grown = quietly(&claims("1", ""), &claims("9", ""), &claims("1", ", {metadata: {name: e}}"));
        assert!(grown.contains("size: 9") && grown.contains("name: e"), "{grown}");
        assert_eq!(merged("l: [1]\n", "l: [1, 2]\n", "l: [3]\n", OnConflict::Keep), ("l:\n- 1\n- 2\n".into(), vec![
            "l: was changed here and by the Flow, and stays as it is here (got \"[1, 2]\"); the Flow has \"[3]\" now; write that here to follow the Flow again".into()
        ]));
    }

    #[test]
    fn arguments_are_merged_by_their_flags() {
        let base = "args: [executor, --name, e, --uses, config.yml, --native]\n";
        let mine = "args: [executor, --name, e, --uses, config.yaml, --native, --mine, a, b]\n";
        let flows = "args: [executor, --name, e, --uses, config.yml, --uses-with, '{}', --native]\n";
        let out = quietly(base, mine, flows);
        assert_eq!(node(&out).shown(), "{args: [executor, --name, e, --uses, …]}");
        assert_eq!(out.replace("\n- ", " "), "args: executor --name e --uses config.yaml --uses-with '{}' --native --mine a b\n");
        let (_, said) = merged(base, mine, "args: [executor, --name, e, --uses, other.yml, --native]\n", OnConflict::Keep);
        assert!(
            said[0].starts_with("args: was changed here and by the Flow, and stays as it is here (got \"--uses config.yaml\")"),
            "{said:?}"
        );
        // Words without a flag stay in front.
        assert_eq!(quietly("args: [--v, a]\n", "args: [--v, a]\n", "args: [x, --v, a]\n"), "args:\n- x\n- --v\n- a\n");
        // The same flag twice.
        let twice = "args: [--v, a, --v, b]\n";
        assert_eq!(
            quietly("args: [--v, --v, --v 2]\n", "args: [--v, --v, --v 2]\n", "args: [--v, --v, --v 2, --w]\n").matches("--v").count(),
            3
        );
        assert_eq!(quietly(twice, "args: [--v, a, --v, c]\n", "args: [--v, d, --v, b]\n"), "args:\n- --v\n- d\n- --v\n- c\n");
    }

    #[test]
    fn what_changed_its_kind_is_one_field() {
        let base = "e: {}\nv: text\n";
        assert_eq!(quietly(base, "e: {medium: Memory}\nv: {from: x}\n", base), "e:\n  medium: Memory\nv:\n  from: x\n");
        assert_eq!(quietly(base, base, "e: {s: 1}\nv: [1]\n"), "e:\n  s: 1\nv:\n- 1\n");
        let (text, said) = merged(base, "e: {}\nv: {from: x}\n", "e: {}\nv: [1]\n", OnConflict::Keep);
        assert_eq!((text.as_str(), said.len()), ("e: {}\nv:\n  from: x\n", 1));
    }

    #[test]
    fn without_a_memory_the_flow_decides_about_its_fields() {
        for (overwritten, said) in [(Overwritten::Named, 1), (Overwritten::Silent, 0)] {
            let mut findings = Findings::default();
            let (out, _) = merge(node("a: 1\nmine: 1\n"), node("a: 2\nb: 3\n"), None, OnConflict::Keep, overwritten, &mut findings);
            assert_eq!((out.shown().as_str(), findings.len()), ("{a: 2, b: 3, mine: 1}", said));
        }
    }

    #[test]
    fn a_memory_is_what_was_written_or_nothing() {
        let text = remember(&node("a: 1\nl: [x]\nenv: [{name: A}]\n"), Mark::Elsewhere, &Held::new());
        assert_eq!(text.len(), "v1-elsewhere.".len() + 3 * 10);
        assert!(Memory::parse(&text).is_some_and(|memory| memory.mark == Mark::Elsewhere));
        for damaged in ["", "v1", "v2.", "v1.abc", "v1.aaaaaaaaa ", &text[1..], "v1.aaaaaaaaaé"] {
            assert!(Memory::parse(damaged).is_none(), "{damaged}");
        }
    }
}
