//! The findings about one subject.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::finding::{Finding, Severity};
use super::nearest::nearest;

/// Findings after which no nearest name is looked for any more.
const MOST_PROPOSALS: usize = 100;

/// All findings of one subject, in the order in which they were met.
#[derive(Debug, Default, Clone)]
pub struct Findings {
    all: Vec<Finding>,
    messages: Known,
    places: Known,
}

/// Where each thing was said first, by its hash: looking through all findings for each new one takes too long.
#[derive(Debug, Default, Clone)]
struct Known {
    first: HashMap<u64, usize>,
    /// How many findings are in `first`.
    count: usize,
}

impl Known {
    /// Whether one of `all` is the same as `finding`, by what `key` is of each.
    fn has<'f, K: Hash + PartialEq>(&mut self, all: &'f [Finding], finding: &'f Finding, key: impl Fn(&'f Finding) -> K) -> bool {
        let hash = |finding| {
            let mut hasher = DefaultHasher::new();
            key(finding).hash(&mut hasher);
            hasher.finish()
        };
        for (place, known) in all.iter().enumerate().skip(self.count) {
            self.first.entry(hash(known)).or_insert(place);
        }
        self.count = all.len();
        self.first.get(&hash(finding)).is_some_and(|&place| key(&all[place]) == key(finding))
    }
}

impl Findings {
    /// Adds one.
    #[inline(never)]
    pub fn push(&mut self, finding: Finding) {
        self.all.push(finding);
    }

    /// Adds one, unless another says the same about another place.
    pub fn push_once(&mut self, finding: Finding) {
        if !self.messages.has(&self.all, &finding, |finding| &*finding.message) {
            self.all.push(finding);
        }
    }

    /// Adds one, unless another says the same about the same place.
    pub fn push_once_for_each_place(&mut self, finding: Finding) {
        if !self.places.has(&self.all, &finding, |finding| (&finding.path, &*finding.message)) {
            self.all.push(finding);
        }
    }

    /// As [`nearest`], as long as there are few findings: looking takes time, and nobody reads the hundredth.
    pub fn nearest<'c>(&self, wrong: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
        if self.len() < MOST_PROPOSALS { nearest(wrong, candidates) } else { None }
    }

    /// The value, if there is one; what is wrong with it otherwise joins these.
    pub fn take<T>(&mut self, result: Result<T, Finding>) -> Option<T> {
        result.map_err(|finding| self.push(finding)).ok()
    }

    /// Whether the run must fail.
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|f| f.severity == Severity::Error)
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.all.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        self.all.extend(findings);
    }
}

impl<'f> IntoIterator for &'f Findings {
    type Item = &'f Finding;
    type IntoIter = std::slice::Iter<'f, Finding>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;
    fn into_iter(self) -> Self::IntoIter {
        self.all.into_iter()
    }
}
