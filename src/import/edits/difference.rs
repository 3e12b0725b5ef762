//! The differences between two versions of an object, each as small as a person would describe it.

use std::collections::HashSet;

use super::place::{Place, Step};
use super::same::{is_same, key_name};
use crate::config::lists::{identity, merge_keys};
use crate::config::unions::union;
use crate::reconcile::flag_groups;
use crate::yaml::{Data, Node};

/// A value that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The place of the value.
    pub place: Place,
    /// The value before; `None` if it was added.
    pub old: Option<Node<'static>>,
    /// The value after; `None` if it was removed.
    pub new: Option<Node<'static>>,
}

/// Mappings whose fields are added one by one. Other mappings, such as a probe, are added as a whole.
const DIVIDED: [&str; 11] =
    ["metadata", "labels", "annotations", "data", "spec", "template", "nodeSelector", "resources", "requests", "limits", "rollingUpdate"];

/// The differences between two versions of an object.
pub fn differences(old: &Node<'_>, new: &Node<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", &Place::default(), Some(old), Some(new), &mut found);
    found
}

/// Compares two versions of the value of `field`.
fn compare(field: &str, place: &Place, old: Option<&Node<'_>>, new: Option<&Node<'_>>, found: &mut Vec<Difference>) {
    match (old.map(|old| &old.data), new.map(|new| &new.data)) {
        // A probe with another handler is another probe: its times do not fit the handler of the Flow, nor the other way round.
        (Some(Data::Map(known)), Some(Data::Map(pairs))) if field.ends_with("Probe") && has_other_member(field, known, pairs) => {}
        (Some(Data::Map(known)), Some(Data::Map(pairs))) => {
            for (key, value) in known {
                let name = key_name(key);
                let step = Step::Field(name.clone().into_owned());
                compare(&name, &place.then(step), Some(value), new.and_then(|new| new.get(&name)), found);
            }
            for (key, value) in pairs {
                let name = key_name(key);
                if old.is_none_or(|old| old.get(&name).is_none()) {
                    compare(&name, &place.then(Step::Field(name.clone().into_owned())), None, Some(value), found);
                }
            }
            return;
        }
        (None, Some(Data::Map(pairs))) if !pairs.is_empty() && DIVIDED.contains(&field) => {
            for (key, value) in pairs {
                let name = key_name(key);
                compare(&name, &place.then(Step::Field(name.clone().into_owned())), None, Some(value), found);
            }
            return;
        }
        (Some(Data::List(known)), Some(Data::List(entries))) => {
            if let (Some(before), Some(after)) = (names(field, known), names(field, entries)) {
                compare_entries(place, (known, &before), (entries, &after), found);
                return;
            }
            if let (true, Some(before), Some(after)) = (field == "args", groups(known), groups(entries)) {
                compare_groups(place, &before, &after, found);
                return;
            }
        }
        (None, Some(Data::List(entries))) if !entries.is_empty() => {
            if let Some(names) = names(field, entries) {
                compare_entries(place, (&[], &[]), (entries, &names), found);
                return;
            }
        }
        _ => {}
    }
    let is_equal = match (old, new) {
        (Some(old), Some(new)) => is_same(old, new),
        (None, None) => true,
        _ => false,
    };
    if !is_equal {
        let owned = |node: &Node<'_>| node.clone().into_owned();
        found.push(Difference { place: place.clone(), old: old.map(owned), new: new.map(owned) });
    }
}

/// Whether a mapping with fields that exclude each other has another one of them than before.
fn has_other_member(field: &str, old: &[(Node<'_>, Node<'_>)], new: &[(Node<'_>, Node<'_>)]) -> bool {
    let has = |pairs: &[(Node<'_>, Node<'_>)], name: &str| pairs.iter().any(|(key, _)| key.as_text() == Some(name));
    let is_only_in = |one: &[(Node<'_>, Node<'_>)], other: &[(Node<'_>, Node<'_>)]| {
        union(field).iter().any(|member| has(one, member) && !has(other, member))
    };
    is_only_in(old, new) && is_only_in(new, old)
}

/// The names of the entries of a list, if each entry has a name of its own.
pub fn names(field: &str, entries: &[Node<'_>]) -> Option<Vec<String>> {
    let keys = merge_keys(field)?;
    let names = entries.iter().map(|entry| identity(entry, keys)).collect::<Option<Vec<_>>>()?;
    let different: HashSet<&String> = names.iter().collect();
    (different.len() == names.len()).then_some(names)
}

fn compare_entries(place: &Place, old: (&[Node<'_>], &[String]), new: (&[Node<'_>], &[String]), found: &mut Vec<Difference>) {
    let at = |(entries, names): (&[Node<'_>], &[String]), name: &String| {
        let place = names.iter().position(|known| known == name)?;
        entries.get(place).map(|entry| entry.clone().into_owned())
    };
    for name in old.1 {
        compare("", &place.then(Step::Entry(name.clone())), at(old, name).as_ref(), at(new, name).as_ref(), found);
    }
    for name in new.1.iter().filter(|name| !old.1.contains(name)) {
        compare("", &place.then(Step::Entry(name.clone())), None, at(new, name).as_ref(), found);
    }
    compare_orders(place, old.1, new.1, found);
}

/// Reports an order that is not the old one followed by the new names.
fn compare_orders(place: &Place, old: &[String], new: &[String], found: &mut Vec<Difference>) {
    let kept = old.iter().filter(|name| new.contains(name));
    let natural: Vec<&String> = kept.chain(new.iter().filter(|name| !old.contains(name))).collect();
    if !natural.iter().copied().eq(new) {
        let list = |names: &[String]| Node::from(names.iter().map(|name| Node::from(name.clone())).collect::<Vec<_>>());
        found.push(Difference { place: place.then(Step::Order), old: Some(list(old)), new: Some(list(new)) });
    }
}

/// A flag with the words after it.
type Group<'n> = (String, &'n [Node<'n>]);

/// The flags of a command line, if all its words are strings.
fn groups<'n>(words: &'n [Node<'n>]) -> Option<Vec<Group<'n>>> {
    if words.iter().any(|word| !matches!(&word.data, Data::Scalar(_))) {
        return None;
    }
    let mut start = 0;
    let mut groups = Vec::new();
    for (name, end) in flag_groups(words) {
        groups.push((name.into_owned(), words.get(start..end).unwrap_or_default()));
        start = end;
    }
    Some(groups)
}

fn compare_groups(place: &Place, old: &[Group<'_>], new: &[Group<'_>], found: &mut Vec<Difference>) {
    let names = |groups: &[Group<'_>]| groups.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let words = |groups: &[Group<'_>], name: &str| {
        let (_, words) = groups.iter().find(|(known, _)| known == name)?;
        Some(Node::from(words.to_vec()).into_owned())
    };
    let (before, after) = (names(old), names(new));
    let added = after.iter().filter(|name| !before.contains(name));
    for name in before.iter().chain(added) {
        compare("", &place.then(Step::Flag(name.clone())), words(old, name).as_ref(), words(new, name).as_ref(), found);
    }
    compare_orders(place, &before, &after, found);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read;

    fn found(old: &str, new: &str) -> Vec<String> {
        let node = |text| read(text).ok().and_then(|document| document.root).map_or_else(|| "".into(), Node::into_owned);
        let shown = |node: Option<&Node<'_>>| node.map_or_else(|| "-".to_owned(), Node::shown);
        let found = differences(&node(old), &node(new));
        found.iter().map(|d| format!("{}: {} > {}", d.place, shown(d.old.as_ref()), shown(d.new.as_ref()))).collect()
    }

    #[test]
    fn differences_are_small() {
        assert_eq!(found("{a: 1, b: [x]}", "{b: [x], a: 1}"), Vec::<String>::new());
        assert_eq!(found("{a: 1}", "{a: '1'}"), ["a: 1 > 1"]);
        assert_eq!(found("{a: {b: 1}}", "{a: {c: 2}}"), ["a.b: 1 > -", "a.c: - > 2"]);
        assert_eq!(found("{}", "{nodeSelector: {a: b}, p: {q: {r: 1}}}"), ["nodeSelector.a: - > b", "p: - > {q: {r: 1}}"]);
        let (old, new) = ("{env: [{name: A, value: x}]}", "{env: [{name: B, value: y}, {name: A, value: z}]}");
        assert_eq!(found(old, new), ["env[A].value: x > z", "env[B]: - > {name: B, value: y}", "env (order): [A] > [B, A]"]);
        assert_eq!(found("{env: [{name: A}]}", "{}"), ["env: [{name: A}] > -"]);
        let probe = "{startupProbe: {exec: {command: [a]}, periodSeconds: 5}}";
        assert_eq!(found(probe, "{startupProbe: {exec: {command: [b]}, periodSeconds: 5}}"), ["startupProbe.exec.command: [a] > [b]"]);
        let other = found(probe, "{startupProbe: {httpGet: {port: 1}, periodSeconds: 5}}");
        assert_eq!(other, ["startupProbe: {exec: {command: [a]}, periodSeconds: 5} > {httpGet: {port: 1}, periodSeconds: 5}"]);
    }

    #[test]
    fn arguments_differ_by_their_flags() {
        let old = "{args: [executor, --name, e, --native]}";
        assert_eq!(found(old, "{args: [executor, --name, e, --native, --port, '1']}"), ["args --port: - > [--port, 1]"]);
        assert_eq!(
            found(old, "{args: [executor, --name, f]}"),
            ["args --name: [--name, e] > [--name, f]", "args --native: [--native] > -"]
        );
        assert_eq!(found("{command: [a]}", "{command: [b]}"), ["command: [a] > [b]"]);
    }
}
