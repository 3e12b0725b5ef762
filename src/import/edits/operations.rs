//! The operations of a JSON patch (RFC 6902) between two versions of an object.

use super::difference::names;
use super::same::{is_same, key_name};
use crate::import::tree::empty;
use crate::yaml::{Data, Node};

/// The most comparisons of the entries of two lists. Longer lists are replaced as a whole.
const MOST_COMPARISONS: usize = 1 << 20;

/// The operations that turn `old` into `new`.
pub fn operations(old: &Node<'_>, new: &Node<'_>) -> Vec<Node<'static>> {
    let mut list = Vec::new();
    change("", "", old, new, &mut list);
    list
}

/// An operation of a JSON patch.
pub fn operation(op: &'static str, path: &str, value: Option<&Node<'_>>) -> Node<'static> {
    let mut operation = empty();
    operation.set("op", Node::field(op));
    operation.set("path", path.to_owned().into());
    if let Some(value) = value {
        operation.set("value", value.clone().into_owned());
    }
    operation
}

/// A step of a JSON pointer (RFC 6901).
fn below(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn change(field: &str, path: &str, old: &Node<'_>, new: &Node<'_>, list: &mut Vec<Node<'static>>) {
    if is_same(old, new) {
        return;
    }
    match (&old.data, &new.data) {
        (Data::Map(known), Data::Map(pairs)) => {
            for (key, value) in known {
                let name = key_name(key);
                match new.get(&name) {
                    Some(new) => change(&name, &below(path, &name), value, new, list),
                    None => list.push(operation("remove", &below(path, &name), None)),
                }
            }
            for (key, value) in pairs {
                let name = key_name(key);
                if old.get(&name).is_none() {
                    list.push(operation("add", &below(path, &name), Some(value)));
                }
            }
        }
        (Data::List(known), Data::List(entries)) => match (names(field, known), names(field, entries)) {
            (Some(before), Some(after)) => change_entries(path, (known, before), (entries, &after), list),
            _ if known.len().saturating_mul(entries.len()) <= MOST_COMPARISONS => change_words(path, known, entries, list),
            _ => list.push(operation("replace", path, Some(new))),
        },
        _ => list.push(operation("replace", path, Some(new))),
    }
}

/// Changes a list whose entries have names.
fn change_entries(path: &str, old: (&[Node<'_>], Vec<String>), new: (&[Node<'_>], &[String]), list: &mut Vec<Node<'static>>) {
    let (known, mut names) = old;
    let mut kept: Vec<&Node<'_>> = known.iter().collect();
    for place in (0..kept.len()).rev() {
        if names.get(place).is_some_and(|name| !new.1.contains(name)) {
            list.push(operation("remove", &format!("{path}/{place}"), None));
            kept.remove(place);
            names.remove(place);
        }
    }
    for (place, (before, name)) in kept.iter().zip(&names).enumerate() {
        let after = new.1.iter().position(|known| known == name).and_then(|place| new.0.get(place));
        if let Some(after) = after {
            change("", &format!("{path}/{place}"), before, after, list);
        }
    }
    for (place, (entry, name)) in new.0.iter().zip(new.1).enumerate() {
        match names.iter().position(|known| known == name) {
            Some(from) if from == place => {}
            Some(from) => {
                let mut operation = operation("move", &format!("{path}/{place}"), None);
                operation.set("from", format!("{path}/{from}").into());
                list.push(operation);
                let name = names.remove(from);
                names.insert(place, name);
            }
            None => {
                list.push(operation("add", &format!("{path}/{place}"), Some(entry)));
                names.insert(place, name.clone());
            }
        }
    }
}

/// Changes a list by the entries that both versions have in the same order, as `diff` does. Each change of an entry first tests
/// the entry before the change: a later version of the Flow may have other arguments, and a patch of the wrong argument must not
/// apply.
fn change_words(path: &str, old: &[Node<'_>], new: &[Node<'_>], list: &mut Vec<Node<'static>>) {
    let mut place: usize = 0;
    let steps = steps(old, new);
    let mut steps = steps.iter().peekable();
    // The entry before the place, unless an operation before has tested or changed it.
    let mut untested: Option<&Node<'_>> = None;
    while let Some(step) = steps.next() {
        let here = format!("{path}/{place}");
        match step {
            Change::Keep(word) => untested = Some(word),
            Change::Remove(word) => {
                list.push(operation("test", &here, Some(word)));
                untested = None;
                let Some(Change::Add(other)) = steps.peek() else {
                    list.push(operation("remove", &here, None));
                    continue;
                };
                steps.next();
                list.push(operation("replace", &here, Some(other)));
            }
            Change::Add(word) => {
                if let (Some(before), Some(previous)) = (place.checked_sub(1), untested.take()) {
                    list.push(operation("test", &format!("{path}/{before}"), Some(previous)));
                }
                list.push(operation("add", &here, Some(word)));
            }
        }
        place += 1;
    }
}

/// What happens to an entry of a list.
enum Change<'n, 't> {
    Keep(&'n Node<'t>),
    Remove(&'n Node<'t>),
    Add(&'n Node<'t>),
}

/// The longest common subsequence of two lists, with the entries between.
fn steps<'n, 't>(old: &'n [Node<'t>], new: &'n [Node<'t>]) -> Vec<Change<'n, 't>> {
    let width = new.len() + 1;
    // The length of the longest common subsequence of the rests that start at each pair of places.
    let mut lengths = vec![0_u32; (old.len() + 1) * width];
    let at = |lengths: &[u32], i: usize, j: usize| lengths.get(i * width + j).copied().unwrap_or_default();
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            let length =
                if is_same(one, other) { at(&lengths, i + 1, j + 1) + 1 } else { at(&lengths, i + 1, j).max(at(&lengths, i, j + 1)) };
            if let Some(cell) = lengths.get_mut(i * width + j) {
                *cell = length;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut steps = Vec::new();
    loop {
        match (old.get(i), new.get(j)) {
            (Some(one), Some(other)) if is_same(one, other) => {
                steps.push(Change::Keep(one));
                (i, j) = (i + 1, j + 1);
            }
            (Some(one), other) if other.is_none() || at(&lengths, i + 1, j) >= at(&lengths, i, j + 1) => {
                steps.push(Change::Remove(one));
                i += 1;
            }
            (_, Some(other)) => {
                steps.push(Change::Add(other));
                j += 1;
            }
            (_, None) => return steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{kubernetes_value, read};

    #[test]
    fn operations_make_the_change() {
        let node = |text| read(text).ok().and_then(|document| document.root).map_or_else(empty, Node::into_owned);
        for (old, new) in [
            ("{a: 1, b: {c: x}}", "{b: {c: y, 'd/e~f': {}}, g: [1]}"),
            ("{args: [a, b, c, d]}", "{args: [b, x, y, d, e]}"),
            ("{args: [a]}", "{args: []}"),
            ("{args: []}", "{args: [a, b]}"),
            ("{env: [{name: A}, {name: B}, {name: C}]}", "{env: [{name: D}, {name: C, value: x}, {name: A}, {name: E}]}"),
            ("{env: [{name: A}, {name: A}]}", "{env: [{name: A}]}"),
            ("{a: [1, 2]}", "{a: {b: 1}}"),
        ] {
            let (old, new) = (node(old), node(new));
            let list = kubernetes_value(&Node::from(operations(&old, &new)));
            let mut value = kubernetes_value(&old);
            let patch: Option<json_patch::Patch> = serde_json::from_value(list.clone()).ok();
            let result = patch.map(|patch| json_patch::patch(&mut value, &patch).map_err(|error| error.to_string()));
            assert_eq!(result, Some(Ok(())), "{list}");
            assert_eq!(value, kubernetes_value(&new), "{list}");
        }
    }
}
