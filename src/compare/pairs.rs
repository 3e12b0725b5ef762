//! Which workload of the old side is which workload of the new side.

use std::collections::{HashMap, VecDeque};

use crate::facts::Key;

/// A workload of either side or of both, by its position in `Cluster::workloads`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// What it is in its Flow, on the new side if it is there.
    pub key: Key,
    /// The workload of the old side.
    pub old: Option<usize>,
    /// The workload of the new side.
    pub new: Option<usize>,
}

/// A workload of a side.
#[derive(Debug, Clone)]
pub struct Candidate<'o> {
    /// What it is in its Flow.
    pub key: Key,
    /// Its kind, namespace and name.
    pub identity: [&'o str; 3],
}

/// Pairs the workloads of two sides: first those that are the same object, because an apply changes it in place. Then those with
/// equal keys, and those that are equal except for the name of the Flow. The order is that of the new side, and then what only the
/// old side has.
pub fn pairs(old: &[Candidate<'_>], new: &[Candidate<'_>]) -> Vec<Pair> {
    let mut partner: Vec<Option<usize>> = vec![None; new.len()];
    let mut is_taken = vec![false; old.len()];
    let mut join = |of: &dyn Fn(&Candidate<'_>) -> Key| {
        let mut candidates: HashMap<Key, VecDeque<usize>> = HashMap::new();
        for (place, workload) in old.iter().enumerate().filter(|(place, _)| !is_taken[*place]) {
            candidates.entry(of(workload)).or_default().push_back(place);
        }
        for (place, workload) in new.iter().enumerate() {
            // Equal keys of several workloads are paired in their order.
            let waiting = if partner[place].is_none() { candidates.get_mut(&of(workload)) } else { None };
            if let Some(found) = waiting.and_then(VecDeque::pop_front) {
                partner[place] = Some(found);
                is_taken[found] = true;
            }
        }
    };
    join(&|workload| {
        let [kind, namespace, name] = workload.identity.map(str::to_owned);
        Key { flow: kind, executor: namespace, shard: name, ..Key::default() }
    });
    join(&|workload| workload.key.clone());
    join(&|workload| workload.key.in_any_flow());
    let both = new.iter().zip(&partner).enumerate();
    let both = both.map(|(place, (workload, old))| Pair { key: workload.key.clone(), old: *old, new: Some(place) });
    let removed = old.iter().enumerate().filter(|(place, _)| !is_taken[*place]);
    both.chain(removed.map(|(place, workload)| Pair { key: workload.key.clone(), old: Some(place), new: None })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate<'o>(flow: &str, executor: &'o str, name: &'o str) -> Candidate<'o> {
        let key = Key { flow: flow.to_owned(), executor: executor.to_owned(), role: "executor", shard: String::new() };
        Candidate { key, identity: ["Deployment", "", name] }
    }

    #[test]
    fn workloads_are_paired_by_their_place_in_the_flow() {
        let old = [candidate("a", "gateway", "1"), candidate("a", "encoder", "2"), candidate("a", "gone", "3")];
        let new = [candidate("a", "encoder", "4"), candidate("a", "added", "5"), candidate("a", "gateway", "6")];
        let found: Vec<_> = pairs(&old, &new).into_iter().map(|pair| (pair.key.executor, pair.old, pair.new)).collect();
        let expected = [("encoder", Some(1), Some(0)), ("added", None, Some(1)), ("gateway", Some(0), Some(2)), ("gone", Some(2), None)];
        assert_eq!(found, expected.map(|(name, old, new)| (name.to_owned(), old, new)));
    }

    #[test]
    fn a_renamed_flow_is_the_same_flow_and_an_object_stays_the_same_object() {
        let found = pairs(&[candidate("dev", "encoder", "1")], &[candidate("prod", "encoder", "2")]);
        assert_eq!((found[0].old, found[0].new), (Some(0), Some(0)));
        let old = [candidate("a", "encoder", "1"), candidate("a", "indexer", "2")];
        let new = [candidate("a", "encoder", "2"), candidate("a", "indexer", "1")];
        let found: Vec<_> = pairs(&old, &new).into_iter().map(|pair| (pair.old, pair.new)).collect();
        assert_eq!(found, [(Some(1), Some(0)), (Some(0), Some(1))]);
    }
}
