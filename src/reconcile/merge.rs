//! The three-way merge of the object that was rendered last, the user's object, and the object that the Flow renders now.
//!
//! The merge works field by field, as `kubectl apply` does. A field that only the user has changed keeps its value. A field
//! that only the Flow has changed gets the Flow's value. If both have changed a field, `spec.output.onConflict` decides. If
//! the user's value stays, the memory keeps the older value, so the next render finds and reports the conflict again.

use std::collections::HashMap;

use super::leaves::{Grain, Place, each_leaf, grain, short, value, words};
use super::lost::severity;
use super::memory::{Held, Memory};
use super::moved_containers::{self, Moved};
use super::parts::{Part, Shape, inner, line, shape, shown, together, whole};
use crate::config::OnConflict;
use crate::config::lists::entry_name;
use crate::config::unions::{excluded_by_type, union};
use crate::finding::{Code, Findings, HIDDEN, Path, names_a_secret, shortened, shows_a_secret};
use crate::yaml::{Data, Node};

/// The field that decides which other fields a Service or a strategy may have.
const TYPE: &str = "type";

/// Whether to report fields that the Flow overwrites although a user may have edited them. This is needed only without a
/// memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwritten {
    /// Reports each field, because the objects are in files of the user.
    Named,
    /// Reports nothing, because the objects are generated again for each build.
    Silent,
}

/// Merges `flows`, the object that the Flow renders now, into `mine`, the user's object. Without a memory, an edit looks
/// the same as an older rendering. Then the fields that the Flow sets get the Flow's values, and all other fields stay.
pub fn merge<'t>(
    mut mine: Node<'t>,
    flows: Node<'t>,
    memory: Option<&Memory>,
    on_conflict: OnConflict,
    overwritten: Overwritten,
    findings: &mut Findings,
) -> (Node<'t>, Held) {
    let moved = moved_containers::follow(&mut mine, &flows, memory);
    let mut merge = Merge { memory, on_conflict, overwritten, findings, held: Held::new(), is_secret: false, moved };
    let merged = merge.node("", mine, flows, Place::ROOT, &Path::root(""));
    (merged, merge.held)
}

/// The forms in which a render waits before the end of a container (`crate::manifests`), each with its leaf.
const WAITS: [(&str, &str); 2] = [("exec", "command"), ("sleep", "seconds")];

struct Merge<'m> {
    memory: Option<&'m Memory>,
    on_conflict: OnConflict,
    overwritten: Overwritten,
    findings: &'m mut Findings,
    held: Held,
    /// Whether a field around this place has the name of a secret.
    is_secret: bool,
    /// The containers that the Flow now has in another list.
    moved: Vec<Moved>,
}

/// The difference of a leaf from the last rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Same,
    Changed,
    /// The leaf did not exist.
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

    /// Merges two values that are replaced as a whole.
    fn leaf<'t>(&mut self, field: &str, mine: Node<'t>, flows: Node<'t>, place: Place, path: &Path<'_>) -> Node<'t> {
        if value(&mine) == value(&flows) || self.all(field, &flows, place, Since::Same) {
            return mine;
        }
        if self.all(field, &mine, place, Since::Same) {
            return flows;
        }
        let (yours, theirs) = (shown(&mine), shown(&flows));
        // Without a memory, the user's object counts as unchanged since the last render.
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

    /// Merges the parts of a collection, in the user's order. A new part of the Flow is inserted after the part that comes before
    /// it in the Flow.
    fn parts<'t>(
        &mut self,
        field: &str,
        grain: Grain,
        mine: Vec<Part<'t>>,
        flows: Vec<Part<'t>>,
        place: Place,
        path: &Path<'_>,
    ) -> Vec<Part<'t>> {
        let (mut mine, mut flows) = (mine, flows);
        if grain == Grain::Fields {
            (mine, flows) = self.one_of(field, mine, flows, place, path);
            self.type_or_excluded(&mut mine, &mut flows, place, path);
        }
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
            let at = self.moved.iter().find(|moved| moved.now == at).map_or(at, |moved| moved.before);
            let name = part.name.clone();
            let own_path = match grain {
                Grain::Fields => path.key(&name),
                // The next render reports a kept edit again, at the same place.
                Grain::Entries if self.on_conflict == OnConflict::Keep => path.index(merged.len()),
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
        // Words before the first flag must stay first: after a flag they would belong to that flag.
        if grain == Grain::Flags
            && let Some(at) = merged.iter().position(|part| part.name.is_empty())
        {
            merged[..=at].rotate_right(1);
        }
        merged
    }

    /// Decides between two fields of which Kubernetes allows only one, such as the handlers of a probe: the user has one, and the Flow
    /// the other one. Returns the parts of the user and of the Flow without the field that is left out. If the user's field stays, the
    /// mapping stays with it, because the other fields of the Flow, such as the times of a probe, are for the Flow's field.
    fn one_of<'t>(
        &mut self,
        field: &str,
        mut mine: Vec<Part<'t>>,
        flows: Vec<Part<'t>>,
        place: Place,
        path: &Path<'_>,
    ) -> (Vec<Part<'t>>, Vec<Part<'t>>) {
        let members = union(field);
        let only_in = |parts: &[Part<'t>], others: &[Part<'t>]| {
            let is_other = |part: &Part<'t>| others.iter().all(|other| other.name != part.name);
            parts.iter().position(|part| members.contains(&part.name.as_str()) && is_other(part))
        };
        let (Some(own), Some(other)) = (only_in(&mine, &flows), only_in(&flows, &mine)) else { return (mine, flows) };
        let (yours, theirs) = (&mine[own], &flows[other]);
        let at = [yours, theirs].map(|part| place.part(Grain::Fields, &part.name));
        // Without an edit, the Flow's field replaces the user's.
        if self.all(&yours.name, &yours.node, at[0], Since::Same) {
            return (mine, flows);
        }
        // Without a change of the Flow, the field of the user has replaced it.
        let stays = if self.all(&theirs.name, &theirs.node, at[1], Since::Same) {
            true
        } else {
            let here = path.key(&yours.name);
            let [text, others] = [yours, theirs].map(|part| format!("{}: {}", part.name, shown(&part.node)));
            if self.memory.is_none() {
                self.overwrites(&here, &text, &others);
                false
            } else if self.keeps(&here, Some(&text), Some(&others)) {
                self.hold(Grain::Fields, &yours.name, &yours.node, at[0]);
                self.hold(Grain::Fields, &theirs.name, &theirs.node, at[1]);
                true
            } else {
                false
            }
        };
        if stays {
            let same = mine.clone();
            return (mine, same);
        }
        mine.remove(own);
        (mine, flows)
    }

    /// Decides between the user's `type` and a field of the Flow that this type excludes: a Service with an address outside of the
    /// cluster cannot be headless.
    fn type_or_excluded<'t>(&mut self, mine: &mut [Part<'t>], flows: &mut Vec<Part<'t>>, place: Place, path: &Path<'_>) {
        let find = |parts: &[Part<'t>], name: &str| parts.iter().position(|part| part.name == name);
        let Some(own) = find(mine, TYPE) else { return };
        let Some((name, value)) = mine[own].node.as_text().and_then(excluded_by_type) else { return };
        let Some(other) = find(flows, name).filter(|_| find(mine, name).is_none()) else { return };
        let theirs = &flows[other];
        let at = place.part(Grain::Fields, name);
        let is_excluded = value.is_none_or(|value| theirs.node.as_text() == Some(value));
        let flows_type = find(flows, TYPE).map(|at| flows[at].node.clone());
        let has_same_type = flows_type.as_ref().is_some_and(|node| node.as_text() == mine[own].node.as_text());
        let is_edit = !self.all(TYPE, &mine[own].node, place.part(Grain::Fields, TYPE), Since::Same);
        let is_decided = !is_edit || self.all(name, &theirs.node, at, Since::Same);
        if !is_excluded || has_same_type || is_decided || self.memory.is_none() {
            return;
        }
        let [text, others] = [&mine[own], theirs].map(|part| format!("{}: {}", part.name, shown(&part.node)));
        if self.keeps(&path.key(TYPE), Some(&text), Some(&others)) {
            self.hold(Grain::Fields, name, &theirs.node, at);
            flows.remove(other);
        } else if let Some(node) = flows_type {
            mine[own].node = node;
        }
    }

    /// Merges a flag with its words as one value. The kubelet passes the words on unchanged.
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

    /// Merges a part that the user has and the Flow does not have; `None` removes it.
    fn only_mine<'t>(&mut self, grain: Grain, field: &str, part: Part<'t>, place: Place, path: &Path<'_>) -> Option<Part<'t>> {
        let (mut known, mut changed) = (false, false);
        self.each(grain, field, &part.node, place, &mut |since| {
            known |= since != Since::New;
            changed |= since == Since::Changed;
        });
        if !known {
            return Some(part);
        }
        let has_extended_entry = match grain {
            Grain::Fields => self.has_extended_entry(field, &part.node, place),
            Grain::Entries => self.is_extended(&part.node, place),
            Grain::Flags => false,
        };
        if changed || has_extended_entry {
            let text = if grain == Grain::Flags { line(&part.node) } else { shown(&part.node) };
            if self.keeps(path, Some(&text), None) {
                self.hold(grain, field, &part.node, place);
                return Some(part);
            }
        }
        // An entry is removed as a whole. In a mapping, fields that the user has added stay.
        let node = if grain == Grain::Fields { self.without_known(field, part.node, place)? } else { return None };
        Some(Part { node, ..part })
    }

    /// Whether the user has added a field to a rendered list entry. If the entry is removed, that field is removed too.
    fn is_extended(&self, entry: &Node<'_>, place: Place) -> bool {
        let (mut known, mut new) = (false, false);
        self.each(Grain::Entries, "", entry, place, &mut |since| {
            known |= since != Since::New;
            new |= since == Since::New;
        });
        known && new
    }

    /// Whether a field contains a rendered list entry to which the user has added a field.
    fn has_extended_entry(&self, field: &str, node: &Node<'_>, place: Place) -> bool {
        match (grain(field, node), &node.data) {
            (Some(grain @ Grain::Fields), Data::Map(pairs)) => pairs.iter().any(|(key, value)| {
                let name = key.shown();
                self.has_extended_entry(&name, value, place.part(grain, &name))
            }),
            (Some(grain @ Grain::Entries), Data::List(entries)) => {
                entries.iter().any(|entry| self.is_extended(entry, place.part(grain, &entry_name(field, entry))))
            }
            _ => false,
        }
    }

    /// Merges a part that the Flow has and the user does not have; `None` leaves it out.
    fn only_flows<'t>(&mut self, grain: Grain, field: &str, part: Part<'t>, place: Place, path: &Path<'_>) -> Option<Part<'t>> {
        let at = place.part(grain, &part.name);
        let (mut known, mut same) = (false, true);
        self.each(grain, inner(grain, &part.name, field), &part.node, at, &mut |since| {
            known |= since != Since::New;
            same &= since == Since::Same;
        });
        let former = if grain == Grain::Fields { self.former_wait(&part.name, &part.node, at) } else { None };
        if !known && former.is_none() {
            return Some(part);
        }
        if known && same {
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
        if let Some(former) = former {
            self.held.insert(former.short(), self.memory.and_then(|memory| memory.value(former)));
        }
        None
    }

    /// The leaf with which the last rendering waited before the end of a container, if it is another form of `preStop` than that of
    /// the Flow now: the user has removed it, although the leaves of the Flow are new.
    fn former_wait(&self, field: &str, node: &Node<'_>, place: Place) -> Option<Place> {
        match field {
            "lifecycle" => self.former_wait("preStop", node.get("preStop")?, place.part(Grain::Fields, "preStop")),
            "preStop" => {
                let others = WAITS.iter().filter(|(form, _)| node.get(form).is_none());
                let mut leaves = others.map(|(form, leaf)| place.part(Grain::Fields, form).part(Grain::Fields, leaf));
                leaves.find(|leaf| self.memory.is_some_and(|memory| memory.value(*leaf).is_some()))
            }
            _ => None,
        }
    }

    /// Keeps the older memory of every leaf of a part, also of leaves that did not exist.
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

    /// Removes the parts that were rendered last from a mapping or list; `None` if no other parts are left.
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

    /// Whether all leaves have the difference `wanted`.
    fn all(&self, field: &str, node: &Node<'_>, place: Place, wanted: Since) -> bool {
        let mut all = true;
        self.each(Grain::Fields, field, node, place, &mut |since| all &= since == wanted);
        all
    }

    /// Calls `visit` with the difference of each leaf of a part.
    fn each(&self, grain: Grain, field: &str, node: &Node<'_>, place: Place, visit: &mut impl FnMut(Since)) {
        match grain {
            Grain::Flags => visit(self.since(place, words(node.as_list().unwrap_or_default()))),
            _ => each_leaf(field, node, place, &Path::root(""), &mut |place, _, leaf| visit(self.since(place, leaf.hash()))),
        }
    }

    fn since(&self, place: Place, value: u64) -> Since {
        match self.memory.and_then(|memory| memory.value(place)) {
            None => Since::New,
            Some(known) if known == short(value) => Since::Same,
            Some(_) => Since::Changed,
        }
    }

    /// Reports a field that both the user and the Flow have changed, and returns whether the user's value stays. `None` is a
    /// field that was removed.
    fn keeps(&mut self, path: &Path<'_>, mine: Option<&str>, flows: Option<&str>) -> bool {
        let message = match (mine, self.on_conflict) {
            (None, OnConflict::Overwrite) => "was removed here and changed by the Flow; it is restored",
            (None, _) => "was removed here and changed by the Flow; it stays removed",
            (Some(_), OnConflict::Keep) => "was changed here and by the Flow; the value here is kept",
            (Some(_), OnConflict::Overwrite) => "was changed here and by the Flow; the value of the Flow replaces it",
            (Some(_), OnConflict::Error) => "was changed here and by the Flow",
        };
        let [mine, flows] = self.hidden([mine, flows]);
        let (flows_value, follow) = match flows {
            Some(text) => (format!("the Flow now has {:?}", shortened(text)), "write the value of the Flow here"),
            None => ("the Flow has removed it".to_owned(), "remove it here"),
        };
        let fix = match self.on_conflict {
            OnConflict::Keep => format!("to follow the Flow again, {follow}"),
            OnConflict::Overwrite => "to keep your value, put it into the JinaFlow or an overlay".to_owned(),
            OnConflict::Error => {
                format!("{follow}, or set `spec.output.onConflict` (`--on-conflict` of an export) to `keep` or `overwrite`")
            }
        };
        let finding = Code::EditConflict.warning(path, message).with_severity(severity(self.on_conflict));
        let mut finding = finding.fix(format!("{flows_value}; {fix}"));
        if let Some(mine) = mine {
            finding = finding.got(mine);
        }
        if let Some(flows) = flows {
            finding = finding.propose(flows);
        }
        self.findings.push(finding);
        self.on_conflict != OnConflict::Overwrite
    }

    /// Reports a field that gets the Flow's value although a user may have edited it.
    fn overwrites(&mut self, path: &Path<'_>, mine: &str, flows: &str) {
        if self.overwritten == Overwritten::Silent {
            return;
        }
        let [mine, flows] = self.hidden([Some(mine), Some(flows)]).map(Option::unwrap_or_default);
        let message = match self.on_conflict {
            OnConflict::Error => "differs from the Flow",
            OnConflict::Keep | OnConflict::Overwrite => "may be edited; the value of the Flow replaces it",
        };
        let finding = Code::FieldOverwritten.warning(path, message).with_severity(severity(self.on_conflict)).got(mine);
        let fix = format!("the Flow has {:?}; to keep your value, put it into the JinaFlow or an overlay", shortened(flows));
        self.findings.push(finding.fix(fix).propose(flows));
    }

    /// Values for a message, hidden if they may be secrets. The text of a mapping or a command line contains names of its own,
    /// so it is searched for names of secrets too.
    fn hidden<'v>(&self, values: [Option<&'v str>; 2]) -> [Option<&'v str>; 2] {
        let is_secret = |text: &str| self.is_secret || (text.contains([' ', ':']) && shows_a_secret(text));
        let is_hidden = values.into_iter().flatten().any(is_secret);
        values.map(|value| value.map(|value| if is_hidden { HIDDEN } else { value }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::{Mark, remember};
    use super::*;
    use crate::yaml::{self, read};

    fn node(text: &str) -> Node<'_> {
        read(text).ok().and_then(|document| document.root).unwrap_or_else(|| "".into())
    }

    /// Merges the rendered object, the user's object and the Flow's object. Returns the outcome and the messages.
    fn merged(base: &str, mine: &str, flows: &str, on_conflict: OnConflict) -> (String, Vec<String>) {
        let memory = Memory::parse(&remember(&node(base), Mark::Package, &Held::new()));
        let mut findings = Findings::default();
        let (out, _) = merge(node(mine), node(flows), memory.as_ref(), on_conflict, Overwritten::Named, &mut findings);
        let mut text = String::new();
        yaml::write(&out, &mut text);
        (text, findings.iter().map(|finding| format!("{}: {finding}", finding.path)).collect())
    }

    fn quietly(base: &str, mine: &str, flows: &str) -> String {
        let (text, reported) = merged(base, mine, flows, OnConflict::Error);
        assert_eq!(reported, Vec::<String>::new());
        text
    }

    #[test]
    fn edits_stay_and_changes_of_the_flow_are_applied() {
        let base = "a: 1\nb: {c: x, d: [1, 2]}\n";
        assert_eq!(quietly(base, base, "a: 2\nb: {c: x, d: [1, 2]}\n"), "a: 2\nb:\n  c: x\n  d:\n  - 1\n  - 2\n");
        assert_eq!(
            quietly(base, "a: 5\nb: {c: x, d: [1, 2], e: 010}\n", "a: 1\nb: {c: y, d: [1]}\n"),
            "a: 5\nb:\n  c: y\n  d:\n  - 1\n  e: 010\n"
        );
        // A field is removed by the user, by the Flow, or by both.
        assert_eq!(quietly(base, "b: {c: x}\n", base), "b:\n  c: x\n");
        assert_eq!(quietly(base, base, "a: 1\n"), "a: 1\n");
        assert_eq!(quietly(base, "a: 1\n", "a: 1\n"), "a: 1\n");
        // Both sides make the same change with different spelling.
        assert_eq!(quietly("m: 1\n", "m: 0644\n", "m: 420\n"), "m: 0644\n");
        // A new field of the Flow is inserted after the field that comes before it in the Flow.
        assert_eq!(quietly("a: 1\nz: 1\n", "mine: 1\na: 1\nz: 1\n", "a: 1\nb: 1\nz: 1\n"), "mine: 1\na: 1\nb: 1\nz: 1\n");
    }

    #[test]
    fn a_removed_wait_stays_removed_when_its_form_changes() {
        let exec = "a: 1\nlifecycle: {preStop: {exec: {command: [sleep]}}}\n";
        let sleep = "a: 1\nlifecycle: {preStop: {sleep: {seconds: 30}}}\n";
        let (text, reported) = merged(exec, "a: 1\n", sleep, OnConflict::Keep);
        assert_eq!((text.as_str(), reported.len()), ("a: 1\n", 1), "{reported:?}");
        // The next render says the same.
        let mut findings = Findings::default();
        let memory = Memory::parse(&remember(&node(exec), Mark::Package, &Held::new()));
        let (out, held) = merge(node("a: 1\n"), node(sleep), memory.as_ref(), OnConflict::Keep, Overwritten::Named, &mut findings);
        let memory = Memory::parse(&remember(&node(sleep), Mark::Package, &held));
        let (again, _) = merge(out, node(sleep), memory.as_ref(), OnConflict::Keep, Overwritten::Named, &mut findings);
        assert_eq!((again.get("lifecycle"), findings.iter().count()), (None, 2));
        // Without an edit, the new form replaces the older one.
        assert_eq!(quietly(exec, exec, sleep), "a: 1\nlifecycle:\n  preStop:\n    sleep:\n      seconds: 30\n");
        assert_eq!(quietly("a: 1\n", "a: 1\n", sleep), "a: 1\nlifecycle:\n  preStop:\n    sleep:\n      seconds: 30\n");
    }

    #[test]
    fn edits_of_a_container_follow_it_into_another_list() {
        let pod = |fields: &str| format!("spec: {{template: {{spec: {{{fields}}}}}}}\n");
        let base = pod("containers: [{name: head, image: h}, {name: side, image: s, tty: true}]");
        let flows = pod("initContainers: [{name: side, image: s, restartPolicy: Always}], containers: [{name: head, image: h}]");
        let value = |text: &str| yaml::kubernetes_value(&node(text));
        assert_eq!(value(&quietly(&base, &base, &flows)), value(&flows));
        let mine = base.replace("image: s", "image: mine");
        let expected = flows.replace("image: s", "image: mine");
        assert_eq!(value(&quietly(&base, &mine, &flows)), value(&expected));
        // And back.
        let mine = flows.replace("image: s", "image: mine");
        assert_eq!(value(&quietly(&flows, &mine, &base)), value(&base.replace("image: s", "image: mine")));
        // The user has moved it, and the Flow has not.
        assert_eq!(value(&quietly(&base, &flows, &base)), value(&flows));
    }

    #[test]
    fn on_conflict_decides_about_fields_that_both_have_changed() {
        let (base, mine, flows) = ("r: 2\n", "r: 5\n", "r: 3\n");
        let keep = "r: was changed here and by the Flow; the value here is kept (got \"5\"); the Flow now has \"3\"; to follow the Flow again, write the value of the Flow here";
        assert_eq!(merged(base, mine, flows, OnConflict::Keep), ("r: 5\n".into(), vec![keep.into()]));
        let (text, reported) = merged(base, mine, flows, OnConflict::Overwrite);
        assert_eq!((text.as_str(), reported.len()), ("r: 3\n", 1));
        assert!(
            reported[0].starts_with("r: was changed here and by the Flow; the value of the Flow replaces it (got \"5\")"),
            "{reported:?}"
        );
        assert!(merged(base, mine, flows, OnConflict::Error).1[0].contains("or set `spec.output.onConflict` "));
        // One side removes a field that the other changes.
        let (text, reported) = merged("a: 1\nr: 2\n", "a: 1\n", "a: 1\nr: 3\n", OnConflict::Keep);
        assert_eq!((text.as_str(), reported.len()), ("a: 1\n", 1));
        let (text, reported) = merged("a: 1\nr: 2\n", "a: 1\nr: 5\n", "a: 1\n", OnConflict::Keep);
        assert_eq!((text.as_str(), reported.len()), ("a: 1\nr: 5\n", 1));
        let (text, reported) = merged("a: 1\nr: 2\n", "a: 1\nr: 5\n", "a: 1\n", OnConflict::Overwrite);
        assert_eq!((text.as_str(), reported.len()), ("a: 1\n", 1));
        // Both sides add the field.
        assert_eq!(merged("a: 1\n", "a: 1\nn: 1\n", "a: 1\nn: 2\n", OnConflict::Keep).1.len(), 1);
    }

    /// Renders twice, the second time with the memory of the first render.
    fn again(base: &str, mine: &str, flows: &str, on_conflict: OnConflict) -> (usize, usize) {
        let memory = Memory::parse(&remember(&node(base), Mark::Package, &Held::new()));
        let mut findings = Findings::default();
        let (out, held) = merge(node(mine), node(flows), memory.as_ref(), on_conflict, Overwritten::Named, &mut findings);
        let remembered = remember(&node(flows), Mark::Package, &held);
        let mut more = Findings::default();
        let (_, held) = merge(out, node(flows), Memory::parse(&remembered).as_ref(), on_conflict, Overwritten::Named, &mut more);
        assert_eq!(remember(&node(flows), Mark::Package, &held), remembered, "a second render has another memory");
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
        // The user follows the Flow again, so there is no conflict.
        let memory = remember(&node("r: 3\n"), Mark::Package, &Held::from([(0, None)]));
        assert!(Memory::parse(&memory).is_some());
        assert_eq!(again("r: 2\n", "r: 3\n", "r: 3\n", OnConflict::Keep), (0, 0));
    }

    #[test]
    fn values_of_secrets_are_hidden() {
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
            let (_, reported) = merged(base, mine, flows, OnConflict::Keep);
            assert!(reported.len() == 1 && !reported[0].contains("s3cr3t") && reported[0].contains("hidden"), "{reported:?}");
        }
    }

    #[test]
    fn lists_are_merged_by_their_keys() {
        let base = "env: [{name: A, value: a}, {name: B, value: b}]\n";
        let mine = "env: [{name: MINE, value: m}, {name: B, value: b}, {name: A, value: edited}]\n";
        let flows = "env: [{name: A, value: a}, {name: N, value: n}, {name: B, value: b2}]\n";
        let expected = "env:\n- name: MINE\n  value: m\n- name: B\n  value: b2\n- name: A\n  value: edited\n- name: N\n  value: n\n";
        assert_eq!(quietly(base, mine, flows), expected);
        // An entry that one side removes is removed, unless the other side has changed it.
        assert_eq!(quietly(base, "env: [{name: A, value: a}]\n", base), "env:\n- name: A\n  value: a\n");
        assert_eq!(quietly(base, base, "env: [{name: A, value: a}]\n"), "env:\n- name: A\n  value: a\n");
        let (text, reported) =
            merged(base, "env: [{name: A, value: a}, {name: B, value: x}]\n", "env: [{name: A, value: a}]\n", OnConflict::Keep);
        assert_eq!((text.as_str(), reported.len()), ("env:\n- name: A\n  value: a\n- name: B\n  value: x\n", 1));
        assert!(reported[0].starts_with("env[1]: "), "{reported:?}");
        // Ports may have the same number. Claims are identified by their names. Lists without a merge key are replaced as a whole.
        let ports = "ports: [{port: 1, protocol: TCP}, {port: 1, protocol: UDP, name: u}]\n";
        assert_eq!(
            quietly(ports, ports, "ports: [{port: 1, name: t}, {port: 1, protocol: UDP, name: u}]\n").matches("protocol").count(),
            1
        );
        let claims = |size: &str, more: &str| format!("volumeClaimTemplates: [{{metadata: {{name: d}}, spec: {{size: {size}}}}}{more}]\n");
        let grown = quietly(&claims("1", ""), &claims("9", ""), &claims("1", ", {metadata: {name: e}}"));
        assert!(grown.contains("size: 9") && grown.contains("name: e"), "{grown}");
        assert_eq!(merged("l: [1]\n", "l: [1, 2]\n", "l: [3]\n", OnConflict::Keep), ("l:\n- 1\n- 2\n".into(), vec![
            "l: was changed here and by the Flow; the value here is kept (got \"[1, 2]\"); the Flow now has \"[3]\"; to follow the Flow again, write the value of the Flow here".into()
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
        let (_, reported) = merged(base, mine, "args: [executor, --name, e, --uses, other.yml, --native]\n", OnConflict::Keep);
        assert!(
            reported[0].starts_with("args: was changed here and by the Flow; the value here is kept (got \"--uses config.yaml\")"),
            "{reported:?}"
        );
        // Words without a flag stay first.
        assert_eq!(quietly("args: [--v, a]\n", "args: [--v, a]\n", "args: [x, --v, a]\n"), "args:\n- x\n- --v\n- a\n");
        // A flag may be repeated.
        let twice = "args: [--v, a, --v, b]\n";
        assert_eq!(
            quietly("args: [--v, --v, --v 2]\n", "args: [--v, --v, --v 2]\n", "args: [--v, --v, --v 2, --w]\n").matches("--v").count(),
            3
        );
        assert_eq!(quietly(twice, "args: [--v, a, --v, c]\n", "args: [--v, d, --v, b]\n"), "args:\n- --v\n- d\n- --v\n- c\n");
    }

    #[test]
    fn a_value_that_changes_its_type_is_one_field() {
        let base = "e: {}\nv: text\n";
        assert_eq!(quietly(base, "e: {medium: Memory}\nv: {from: x}\n", base), "e:\n  medium: Memory\nv:\n  from: x\n");
        assert_eq!(quietly(base, base, "e: {s: 1}\nv: [1]\n"), "e:\n  s: 1\nv:\n- 1\n");
        let (text, reported) = merged(base, "e: {}\nv: {from: x}\n", "e: {}\nv: [1]\n", OnConflict::Keep);
        assert_eq!((text.as_str(), reported.len()), ("e: {}\nv:\n  from: x\n", 1));
    }

    #[test]
    fn of_fields_that_exclude_each_other_one_is_left() {
        let base = "livenessProbe: {exec: {command: [ping]}, periodSeconds: 5}\n";
        let flows = "livenessProbe: {grpc: {port: 8080}, periodSeconds: 5}\n";
        let outcome = |mine: &str, on_conflict| {
            let (text, reported) = merged(base, mine, flows, on_conflict);
            (node(&text).shown(), reported.len())
        };
        for mine in ["exec: {command: [mine]}", "httpGet: {port: 80}"] {
            let mine = format!("livenessProbe: {{{mine}, periodSeconds: 5}}\n");
            let (kept, reported) = outcome(&mine, OnConflict::Keep);
            assert_eq!((kept, reported), (node(&mine).shown(), 1), "{mine}");
            assert_eq!(outcome(&mine, OnConflict::Overwrite), ("{livenessProbe: {periodSeconds: 5, grpc: {port: 8080}}}".into(), 1));
            assert_eq!(again(base, &mine, flows, OnConflict::Keep), (1, 1));
        }
        assert_eq!(node(&quietly(base, base, flows)).shown(), "{livenessProbe: {periodSeconds: 5, grpc: {port: 8080}}}");
        let variable = |value: &str| format!("env: [{{name: A, {value}}}]\n");
        let (text, _) = merged(
            &variable("valueFrom: {fieldRef: {fieldPath: a}}"),
            &variable("value: mine"),
            &variable("valueFrom: {fieldRef: {fieldPath: b}}"),
            OnConflict::Keep,
        );
        assert_eq!(text, "env:\n- name: A\n  value: mine\n");
    }

    #[test]
    fn a_probe_with_a_handler_of_the_user_stays_as_a_whole() {
        let base = "livenessProbe: {exec: {command: [ping]}, periodSeconds: 5, timeoutSeconds: 10}\n";
        let mine = "livenessProbe: {httpGet: {port: 80}, timeoutSeconds: 10}\n";
        let flows = "livenessProbe: {exec: {command: [ping]}, timeoutSeconds: 3, failureThreshold: 12}\n";
        assert_eq!(node(&quietly(base, mine, flows)).shown(), node(mine).shown());
    }

    #[test]
    fn a_type_and_a_field_that_it_excludes_are_a_conflict() {
        let base = "spec: {type: ClusterIP, ports: [{port: 1}]}\n";
        let mine = "spec: {type: NodePort, ports: [{port: 1}]}\n";
        let flows = "spec: {type: ClusterIP, clusterIP: None, ports: [{port: 1}]}\n";
        let (text, reported) = merged(base, mine, flows, OnConflict::Keep);
        assert_eq!((node(&text).shown(), reported.len()), (node(mine).shown(), 1));
        assert!(reported[0].starts_with("spec.type: ") && reported[0].contains("clusterIP: None"), "{reported:?}");
        let (text, reported) = merged(base, mine, flows, OnConflict::Overwrite);
        let written = node(&text);
        assert_eq!((written.text_at("spec.type"), written.text_at("spec.clusterIP"), reported.len()), ("ClusterIP", "None", 1));
        assert_eq!(again(base, mine, flows, OnConflict::Keep), (1, 1));
        // The user has removed the address, or the Flow has the same type.
        assert_eq!(node(&quietly(flows, mine, flows)).shown(), node(mine).shown());
        quietly(base, mine, "spec: {type: NodePort, ports: [{port: 1}]}\n");
        let recreate = "strategy: {type: Recreate}\n";
        let (text, reported) = merged(
            "strategy: {type: RollingUpdate}\n",
            recreate,
            "strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}\n",
            OnConflict::Keep,
        );
        assert_eq!((node(&text).shown(), reported.len()), (node(recreate).shown(), 1));
    }

    #[test]
    fn without_a_memory_the_values_of_the_flow_replace_others() {
        for (overwritten, reported) in [(Overwritten::Named, 1), (Overwritten::Silent, 0)] {
            let mut findings = Findings::default();
            let (out, _) = merge(node("a: 1\nmine: 1\n"), node("a: 2\nb: 3\n"), None, OnConflict::Keep, overwritten, &mut findings);
            assert_eq!((out.shown().as_str(), findings.len()), ("{a: 2, b: 3, mine: 1}", reported));
        }
    }

    #[test]
    fn a_damaged_memory_is_not_used() {
        let text = remember(&node("a: 1\nl: [x]\nenv: [{name: A}]\n"), Mark::Elsewhere, &Held::new());
        assert_eq!(text.len(), "v1-elsewhere.".len() + 3 * 10);
        assert!(Memory::parse(&text).is_some_and(|memory| memory.mark == Mark::Elsewhere));
        for damaged in ["", "v1", "v2.", "v1.abc", "v1.aaaaaaaaa ", &text[1..], "v1.aaaaaaaaaé"] {
            assert!(Memory::parse(damaged).is_none(), "{damaged}");
        }
    }
}
