//! The part of an object that changes one value, in the form of a strategic merge patch.

use super::difference::Difference;
use super::place::Step;
use crate::config::lists::{DIRECTIVE, identity, merge_keys, merge_part};
use crate::import::tree::{empty, single};
use crate::yaml::{Data, Node};

/// The part that makes a difference in `object`; `None` if no strategic merge makes it. A merge replaces the arguments of a
/// container as a whole, and later changes of the Flow would not reach them.
pub fn part(difference: &Difference, object: &Node<'static>) -> Option<Node<'static>> {
    below("", &difference.place.0, Some(object), difference)
}

/// The part of the value of `field` that these steps lead to.
fn below(field: &str, steps: &[Step], here: Option<&Node<'static>>, difference: &Difference) -> Option<Node<'static>> {
    let (step, rest) = steps.split_first()?;
    match (step, rest) {
        (Step::Field(name), []) => {
            let value = match &difference.new {
                Some(new) => replacing(name, difference.old.as_ref(), new.clone()),
                None => Node::plain("null"),
            };
            Some(single(name, value))
        }
        (Step::Field(name), rest) => Some(single(name, below(name, rest, here.and_then(|here| here.get(name)), difference)?)),
        (Step::Entry(_), []) => {
            let entry = match (&difference.new, &difference.old) {
                (Some(new), _) => new.clone(),
                (None, Some(old)) => {
                    let mut entry = identified(field, old)?;
                    entry.set(DIRECTIVE, "delete".into());
                    entry
                }
                (None, None) => return None,
            };
            Some(Data::List(vec![entry]).into())
        }
        (Step::Entry(name), rest) => {
            let keys = merge_keys(field)?;
            let entry = here?.as_list()?.iter().find(|entry| identity(entry, keys).as_ref() == Some(name))?;
            let mut part = identified(field, entry)?;
            merge_part(&mut part, below("", rest, Some(entry), difference)?);
            Some(Data::List(vec![part]).into())
        }
        (Step::Order | Step::Flag(_), _) => None,
    }
}

/// The fields that identify an entry.
fn identified(field: &str, entry: &Node<'static>) -> Option<Node<'static>> {
    let mut known = empty();
    for key in merge_keys(field)? {
        match entry.get(key) {
            Some(metadata) if *key == "metadata" => known.set(key, single("name", metadata.get("name")?.clone())),
            Some(value) => known.set(key, value.clone()),
            None => {}
        }
    }
    Some(known)
}

/// A mapping, or a list with a merge key, that replaces another one: without the directive the two are merged.
fn replacing(field: &str, old: Option<&Node<'static>>, mut new: Node<'static>) -> Node<'static> {
    let was_list = old.is_some_and(|old| old.as_list().is_some());
    if let Data::Map(pairs) = &mut new.data
        && old.is_some_and(|old| old.as_map().is_some())
    {
        pairs.insert(0, (Node::field(DIRECTIVE), "replace".into()));
    }
    if let Data::List(entries) = &mut new.data
        && was_list
        && merge_keys(field).is_some()
    {
        let mut directive = empty();
        directive.set(DIRECTIVE, "replace".into());
        entries.insert(0, directive);
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::lists::merge;
    use crate::import::edits::difference::differences;
    use crate::import::edits::same::is_same;
    use crate::yaml::read;

    #[test]
    fn a_part_makes_its_difference() {
        let node = |text| read(text).ok().and_then(|document| document.root).map_or_else(empty, Node::into_owned);
        for (old, new) in [
            ("{a: {b: 1, c: 2}}", "{a: {b: 3}, d: {e: {}}}"),
            ("{env: [{name: A, value: x}, {name: B}]}", "{env: [{name: A, value: y}, {name: C}]}"),
            ("{ports: [{containerPort: 80}, {port: 1, protocol: UDP}]}", "{ports: [{containerPort: 80, hostPort: 8}]}"),
            (
                "{volumeClaimTemplates: [{metadata: {name: v}, spec: {size: 1}}]}",
                "{volumeClaimTemplates: [{metadata: {name: v, labels: {a: b}}, spec: {size: 2}}]}",
            ),
            ("{a: {exec: [x]}}", "{a: {grpc: {port: 1}}}"),
            ("{startupProbe: {exec: {}, periodSeconds: 5}}", "{startupProbe: {grpc: {port: 1}, timeoutSeconds: 1}}"),
            ("{env: [{name: A}], l: [1]}", "{env: [], l: []}"),
            ("{env: [{name: A}, {name: A}]}", "{env: [{name: B}]}"),
        ] {
            let (old, new) = (node(old), node(new));
            let mut merged = old.clone();
            for difference in differences(&old, &new) {
                merge("", &mut merged, part(&difference, &old).unwrap_or_else(empty));
            }
            assert!(is_same(&merged, &new), "{} is not {}", merged.shown(), new.shown());
        }
    }

    #[test]
    fn arguments_and_orders_have_no_part() {
        let node = |text| read(text).ok().and_then(|document| document.root).map_or_else(empty, Node::into_owned);
        let (old, new) = (node("{args: [--a, b], env: [{name: A}, {name: B}]}"), node("{args: [--a], env: [{name: B}, {name: A}]}"));
        assert!(differences(&old, &new).iter().all(|difference| part(difference, &old).is_none()));
    }
}
