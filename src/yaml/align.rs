//! Matches the new entries of a changed list with its old entries.

use super::node::{Data, Node, Scalar};

/// The most pairs of entries that are compared. In longer lists, each entry is only matched with the next equal entry.
const MOST_COMPARED: usize = 1 << 20;

/// Whether two nodes have the same text, style and tags. Their places may differ.
pub(super) fn same(a: &Node<'_>, b: &Node<'_>) -> bool {
    a.tag == b.tag
        && match (&a.data, &b.data) {
            (Data::Scalar(Scalar { text, style }), Data::Scalar(other)) => (text, style) == (&other.text, &other.style),
            (Data::List(a), Data::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
            (Data::Map(a), Data::Map(b)) => a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| same(k, l) && same(a, b)),
            _ => false,
        }
}

/// The index of the old entry for each new entry. Equal entries are matched first. Between them, entries with the same name
/// are matched, and then the entries that have most in common.
pub(super) fn aligned(old: &[Node<'_>], new: &[Node<'_>]) -> Vec<Option<usize>> {
    let mut places = unchanged(old, new);
    fill(old, new, &mut places, by_name);
    fill(old, new, &mut places, by_likeness);
    places
}

/// Matches equal entries: as many as possible, in order.
fn unchanged(old: &[Node<'_>], new: &[Node<'_>]) -> Vec<Option<usize>> {
    let front = old.iter().zip(new).take_while(|(a, b)| same(a, b)).count();
    let (old_rest, new_rest) = (old.get(front..).unwrap_or_default(), new.get(front..).unwrap_or_default());
    let back = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| same(a, b)).count();
    let old_middle = old_rest.get(..old_rest.len() - back).unwrap_or_default();
    let new_middle = new_rest.get(..new_rest.len() - back).unwrap_or_default();
    let middle = if old_middle.len().saturating_mul(new_middle.len()) <= MOST_COMPARED {
        longest(old_middle, new_middle)
    } else {
        next_same(old_middle, new_middle)
    };
    let moved = middle.into_iter().map(|place| place.map(|place| front + place));
    let behind = (old.len() - back..old.len()).map(Some);
    (0..front).map(Some).chain(moved).chain(behind).collect()
}

/// Matches equal entries by the longest common subsequence of the two lists.
fn longest(old: &[Node<'_>], new: &[Node<'_>]) -> Vec<Option<usize>> {
    let width = old.len() + 1;
    // For a place in each list: the largest possible number of pairs after these places.
    let mut counts = vec![0_u32; width * (new.len() + 1)];
    let count = |counts: &[u32], i: usize, j: usize| counts.get(i * width + j).copied().unwrap_or_default();
    for (i, entry) in new.iter().enumerate().rev() {
        for (j, known) in old.iter().enumerate().rev() {
            let best =
                if same(known, entry) { 1 + count(&counts, i + 1, j + 1) } else { count(&counts, i + 1, j).max(count(&counts, i, j + 1)) };
            if let Some(place) = counts.get_mut(i * width + j) {
                *place = best;
            }
        }
    }
    let mut j = 0;
    let place = |(i, entry): (usize, &Node<'_>)| {
        while let Some(known) = old.get(j) {
            j += 1;
            if same(known, entry) {
                return Some(j - 1);
            }
            if count(&counts, i + 1, j - 1) >= count(&counts, i, j) {
                // The number of pairs is the same without this entry.
                j -= 1;
                return None;
            }
        }
        None
    };
    new.iter().enumerate().map(place).collect()
}

fn next_same(old: &[Node<'_>], new: &[Node<'_>]) -> Vec<Option<usize>> {
    let mut next = 0;
    let place = |entry: &Node<'_>| {
        let found = next + old.get(next..)?.iter().position(|known| same(known, entry))?;
        next = found + 1;
        Some(found)
    };
    new.iter().map(place).collect()
}

/// Searches for further pairs, between the pairs that are already known.
fn fill(old: &[Node<'_>], new: &[Node<'_>], places: &mut [Option<usize>], pair: impl Fn(&[Node<'_>], &[Node<'_>]) -> Vec<Option<usize>>) {
    let mut i = 0;
    let mut from = 0;
    while i < places.len() {
        if let Some(Some(place)) = places.get(i) {
            from = place + 1;
            i += 1;
            continue;
        }
        let gap = i;
        while places.get(i) == Some(&None) {
            i += 1;
        }
        let to = places.get(i).copied().flatten().unwrap_or(old.len());
        let found = pair(old.get(from..to).unwrap_or_default(), new.get(gap..i).unwrap_or_default());
        for (place, found) in places.iter_mut().skip(gap).zip(found) {
            *place = found.map(|found| from + found);
        }
    }
}

fn name<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    node.get("name").and_then(Node::as_text)
}

fn by_name(old: &[Node<'_>], new: &[Node<'_>]) -> Vec<Option<usize>> {
    let mut next = 0;
    let place = |entry: &Node<'_>| {
        let wanted = name(entry)?;
        let found = next + old.get(next..)?.iter().position(|known| name(known) == Some(wanted))?;
        next = found + 1;
        Some(found)
    };
    new.iter().map(place).collect()
}

/// Matches entries one by one if no entry was added. Otherwise matches entries with at least half of their values in common.
/// If there is only one old and one new entry, one common value is enough.
fn by_likeness(old: &[Node<'_>], new: &[Node<'_>]) -> Vec<Option<usize>> {
    if old.iter().chain(new).all(|entry| matches!(entry.data, Data::Scalar(_))) {
        return if old.len() == new.len() { (0..new.len()).map(Some).collect() } else { arguments(old, new) };
    }
    if old.len().saturating_mul(new.len()) > MOST_COMPARED {
        return vec![None; new.len()];
    }
    let are_alone = old.len() == 1 && new.len() == 1;
    let mut next = 0;
    let place = |entry: &Node<'_>| {
        let is_alike = |(shared, all): &(usize, usize)| *shared > 0 && (are_alone || 2 * shared >= *all);
        let likeness = |j: &usize| old.get(*j).map(|known| common(known, entry)).filter(is_alike);
        // If several entries are equally similar, use the first.
        let found =
            (next..old.len()).rev().filter(|j| likeness(j).is_some()).max_by_key(|j| likeness(j).map_or(0, |(shared, _)| shared))?;
        next = found + 1;
        Some(found)
    };
    new.iter().map(place).collect()
}

/// Matches arguments of a command line: an option only with the same option, and a value with any value.
fn arguments(old: &[Node<'_>], new: &[Node<'_>]) -> Vec<Option<usize>> {
    let option = |node: &Node<'_>| {
        let text = node.as_text().unwrap_or_default();
        text.starts_with('-').then(|| text.split('=').next().unwrap_or_default().to_owned())
    };
    let mut next = 0;
    let place = |entry: &Node<'_>| {
        let found = next + old.get(next..)?.iter().position(|known| option(known) == option(entry))?;
        next = found + 1;
        Some(found)
    };
    new.iter().map(place).collect()
}

/// The number of values that two nodes have in common at the same places, and the number of values of the larger node.
fn common(a: &Node<'_>, b: &Node<'_>) -> (usize, usize) {
    match (&a.data, &b.data) {
        (Data::Map(a), Data::Map(b)) if !a.is_empty() && !b.is_empty() => {
            let (mut shared, mut all) = (0, 0);
            for (key, value) in a {
                let (more, of) = match b.iter().find(|(other, _)| other.as_text() == key.as_text()) {
                    Some((_, other)) => common(value, other),
                    None => (0, size(value)),
                };
                shared += more;
                all += of;
            }
            let is_new = |key: &Node<'_>| !a.iter().any(|(known, _)| known.as_text() == key.as_text());
            all += b.iter().filter(|(key, _)| is_new(key)).map(|(_, value)| size(value)).sum::<usize>();
            (shared, all)
        }
        (Data::List(a), Data::List(b)) if !a.is_empty() && !b.is_empty() => {
            let pairs = a.iter().zip(b).map(|(a, b)| common(a, b));
            let (shared, all) = pairs.fold((0, 0), |(shared, all), (more, of)| (shared + more, all + of));
            let longer = if a.len() > b.len() { a } else { b };
            let rest = longer.iter().skip(a.len().min(b.len())).map(size).sum::<usize>();
            (shared, all + rest)
        }
        _ => (usize::from(same(a, b)) * size(a), size(a).max(size(b))),
    }
}

fn size(node: &Node<'_>) -> usize {
    match &node.data {
        Data::Scalar(_) => 1,
        Data::List(entries) => entries.iter().map(size).sum::<usize>().max(1),
        Data::Map(pairs) => pairs.iter().map(|(_, value)| size(value)).sum::<usize>().max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read;

    fn pairs(old: &str, new: &str) -> Option<Vec<Option<usize>>> {
        let (old, new) = (read(old).ok()?.root?, read(new).ok()?.root?);
        Some(aligned(old.as_list()?, new.as_list()?))
    }

    #[test]
    fn new_entries_are_matched_with_old_entries() {
        for (old, new, expected) in [
            ("[a, b, c]", "[a, c]", vec![Some(0), Some(2)]),
            ("[a, b, c]", "[a, x, c, d]", vec![Some(0), Some(1), Some(2), None]),
            ("[x, a, b]", "[a, b, x]", vec![Some(1), Some(2), None]),
            ("[a, b, a]", "[b, a]", vec![Some(1), Some(2)]),
            ("[{name: a, v: 1}, {name: b, v: 2}]", "[{name: b, v: 3}]", vec![Some(1)]),
            ("[{name: port, port: 80, protocol: TCP}]", "[{name: grpc, port: 80, protocol: TCP, app: grpc}]", vec![Some(0)]),
            ("[{name: a, image: x}, {name: b, image: y}]", "[{name: c, image: y}]", vec![Some(1)]),
            ("[{name: a, value: x}]", "[{name: b, value: y}]", vec![None]),
            ("[{emptyDir: {}, name: a}]", "[{emptyDir: {}, name: b}]", vec![Some(0)]),
            ("[--a, '1', --b]", "[--a, '2', --c, --b]", vec![Some(0), Some(1), None, Some(2)]),
            ("[--a=1, --b]", "[--c, --a=2, --d]", vec![None, Some(0), None]),
            ("[{a: {b: 1, c: 2}}, {d: 1}]", "[{a: {b: 1, c: 3}}, {d: 1}, {e: 1}]", vec![Some(0), Some(1), None]),
        ] {
            assert_eq!(pairs(old, new), Some(expected), "{old} {new}");
        }
    }
}
