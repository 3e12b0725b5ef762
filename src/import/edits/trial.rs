//! Trying proposals: a proposal is accepted only if a render proves that its edits are gone and nothing else differs.

use std::collections::{HashMap, HashSet};

use super::edit::{Edit, Wanted};
use super::proposal::{Choice, Proposal};
use super::rendered::{Rendered, render};
use super::side::Key;
use crate::finding::Findings;
use crate::import::tree::put;
use crate::yaml::Node;

/// A JinaFlow that is changed until it renders the objects of the user.
pub struct Trial<'w> {
    wanted: &'w Wanted,
    /// The JinaFlow so far.
    pub config: Node<'static>,
    /// What it renders.
    pub rendered: Rendered,
    /// The differences that remain.
    pub edits: Vec<Edit>,
    /// The places of the edits that the JinaFlow expresses.
    pub places: HashMap<Key, String>,
}

impl<'w> Trial<'w> {
    /// Starts with a JinaFlow; `None` if it does not render.
    pub fn new(config: Node<'static>, wanted: &'w Wanted, findings: &mut Findings) -> Option<Self> {
        let rendered = render(&config, findings)?;
        let edits = wanted.edits(&rendered);
        Some(Self { wanted, config, rendered, edits, places: HashMap::new() })
    }

    /// Accepts as many proposals as possible, with few renders: all together, else each half by itself. A proposal that is not
    /// accepted alone is tried with its other choices.
    pub fn settle(&mut self, proposals: &[Proposal]) {
        match proposals {
            [] => {}
            [proposal] => {
                let _accepted = proposal.choices.iter().any(|choice| self.accepts(&[choice]));
            }
            _ if self.accepts(&proposals.iter().filter_map(|proposal| proposal.choices.first()).collect::<Vec<_>>()) => {}
            _ => {
                let (one, other) = proposals.split_at(proposals.len() / 2);
                self.settle(one);
                self.settle(other);
            }
        }
    }

    /// Applies choices if a render proves them.
    fn accepts(&mut self, choices: &[&Choice]) -> bool {
        let mut config = self.config.clone();
        let Some(spec) = config.get_mut("spec") else { return false };
        for (path, value) in choices.iter().flat_map(|choice| &choice.puts) {
            put(spec, path, value.clone());
        }
        let Some(rendered) = render(&config, &mut Findings::default()) else { return false };
        let edits = self.wanted.edits(&rendered);
        let known: HashSet<_> = self.edits.iter().map(Edit::key).collect();
        let places = || choices.iter().flat_map(|choice| &choice.places);
        let claimed: HashSet<_> = places().map(|((object, place), _)| (object, place)).collect();
        // An order that differs is the least difference: a list has its entries.
        let is_wrong = |edit: &Edit| claimed.contains(&edit.key()) || !(edit.change.place.is_order() || known.contains(&edit.key()));
        if edits.iter().any(is_wrong) {
            return false;
        }
        self.places.extend(places().cloned());
        (self.config, self.rendered, self.edits) = (config, rendered, edits);
        true
    }
}
