//! Properties of every merge, tested with random objects.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use super::leaves::{Place, each_leaf};
use super::memory::{Held, Mark, Memory, remember};
use super::merge::{Overwritten, merge};
use crate::config::OnConflict;
use crate::finding::{Findings, Path};
use crate::yaml::{self, Data, Node};

/// Objects with and without lists that are merged by their keys.
fn object() -> impl Strategy<Value = Node<'static>> {
    let leaf = prop_oneof!["[a-z]{0,3}".prop_map(Node::from), (0..9_i32).prop_map(Node::from), Just(Node::plain("null"))];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let field = select(&["a", "b", "c", "spec", "metadata", "name"][..]);
        let fields = prop::collection::btree_map(field, inner.clone(), 0..4).prop_map(map);
        let named = prop::collection::btree_map("[A-D]", inner.clone(), 0..4).prop_map(|entries| {
            entries.into_iter().map(|(name, value)| map([("name", name.into()), ("value", value)])).collect::<Vec<_>>()
        });
        let some = |word: &'static str| prop::collection::vec(Just(Node::from(word)), 0..3);
        // The order of flags is fixed. Each may be missing.
        let flags = ["--name", "--name", "--uses", "--native"].map(|flag| (any::<bool>(), Just(flag), some("x")));
        let words = (some("jina"), flags).prop_map(|(first, flags)| {
            let group = |(is_there, flag, words): (bool, &'static str, Vec<Node<'static>>)| {
                is_there.then(|| std::iter::once(Node::from(flag)).chain(words)).into_iter().flatten()
            };
            first.into_iter().chain(flags.into_iter().flat_map(group)).collect::<Vec<_>>()
        });
        let list = prop::collection::vec(inner, 0..3);
        prop_oneof![
            3 => fields,
            1 => (named, select(&["env", "containers", "volumes"][..])).prop_map(|(entries, field)| map([(field, entries.into())])),
            1 => words.prop_map(|words| map([("args", words.into())])),
            1 => list.prop_map(|entries| map([("command", entries.into())])),
        ]
    })
    .prop_filter("an object has fields", |node| node.as_map().is_some())
}

fn map(fields: impl IntoIterator<Item = (&'static str, Node<'static>)>) -> Node<'static> {
    Data::Map(fields.into_iter().map(|(name, value)| (Node::field(name), value)).collect()).into()
}

/// Merges, and returns the outcome and the number of findings.
fn merged(base: &Node<'static>, mine: &Node<'static>, flows: &Node<'static>, on_conflict: OnConflict) -> (Node<'static>, usize) {
    let (out, reported, _) = remembering(&remember(base, Mark::Package, &Held::new()), mine, flows, on_conflict);
    (out, reported)
}

/// Merges with a memory, and returns the outcome, the number of findings, and the new memory.
fn remembering(memory: &str, mine: &Node<'static>, flows: &Node<'static>, on_conflict: OnConflict) -> (Node<'static>, usize, String) {
    let mut findings = Findings::default();
    let memory = Memory::parse(memory);
    let (out, held) = merge(mine.clone(), flows.clone(), memory.as_ref(), on_conflict, Overwritten::Named, &mut findings);
    (out, findings.len(), remember(flows, Mark::Package, &held))
}

/// The leaves of an object, to compare objects without the order of their parts.
fn leaves(node: &Node<'_>) -> BTreeMap<u32, u64> {
    let mut leaves = BTreeMap::new();
    each_leaf("", node, Place::ROOT, &Path::root(""), &mut |place, _, leaf| {
        leaves.insert(place.short(), leaf.hash());
    });
    leaves
}

fn text(node: &Node<'_>) -> String {
    let mut text = String::new();
    yaml::write(node, &mut text);
    text
}

fn any_choice() -> impl Strategy<Value = OnConflict> {
    select(&[OnConflict::Keep, OnConflict::Overwrite, OnConflict::Error][..])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, rng_seed: RngSeed::Fixed(4), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_an_edit_the_outcome_is_the_rendered_object(base in object(), flows in object(), on_conflict in any_choice()) {
        let (out, reported) = merged(&base, &base, &flows, on_conflict);
        prop_assert_eq!((leaves(&out), reported), (leaves(&flows), 0), "{}", text(&out));
    }

    #[test]
    fn without_a_change_of_the_flow_edits_stay(base in object(), mine in object(), on_conflict in any_choice()) {
        let (out, reported) = merged(&base, &mine, &base, on_conflict);
        prop_assert_eq!((text(&out), reported), (text(&mine), 0));
    }

    #[test]
    fn the_same_change_on_both_sides_is_not_a_conflict(base in object(), both in object(), on_conflict in any_choice()) {
        let (out, reported) = merged(&base, &both, &both, on_conflict);
        prop_assert_eq!((text(&out), reported), (text(&both), 0));
    }

    #[test]
    fn changes_of_different_fields_are_both_applied(
        [my_base, my_change, base, change] in [object(), object(), object(), object()],
        on_conflict in any_choice(),
    ) {
        let both = |mine: &Node<'static>, flows: &Node<'static>| map([("mine", mine.clone()), ("flows", flows.clone())]);
        let (out, reported) = merged(&both(&my_base, &base), &both(&my_change, &base), &both(&my_base, &change), on_conflict);
        prop_assert_eq!((leaves(&out), reported), (leaves(&both(&my_change, &change)), 0), "{}", text(&out));
    }

    #[test]
    fn a_second_merge_changes_nothing(base in object(), mine in object(), flows in object(), on_conflict in any_choice()) {
        let first = remember(&base, Mark::Package, &Held::new());
        let (out, reported, remembered) = remembering(&first, &mine, &flows, on_conflict);
        let (again, reported_again, remembered_again) = remembering(&remembered, &out, &flows, on_conflict);
        prop_assert_eq!((text(&again), remembered_again), (text(&out), remembered));
        // A conflict is reported again if the user's value was kept, but not if it was overwritten.
        let expected = if on_conflict == OnConflict::Overwrite { 0 } else { reported };
        prop_assert_eq!(reported_again, expected, "{}", text(&out));
    }
}
