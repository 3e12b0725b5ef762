//! The findings about one subject.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::finding::{Finding, Severity};
use super::nearest::nearest;

/// The number of findings up to which [`Findings::nearest`] searches for a name to propose.
const MOST_PROPOSALS: usize = 100;

/// All findings of one subject, in the order in which they were found.
#[derive(Debug, Default, Clone)]
pub struct Findings {
    all: Vec<Finding>,
    messages: Known,
    places: Known,
}

/// An index of findings by hash. It finds an equal finding without comparing a new finding with all others, which takes
/// too long.
#[derive(Debug, Default, Clone)]
struct Known {
    first: HashMap<u64, usize>,
    /// The number of findings that are already in the index.
    count: usize,
}

impl Known {
    /// The place in `all` of a finding with the same `key` as `finding`.
    fn find<'f, K: Hash + PartialEq>(&mut self, all: &'f [Finding], finding: &'f Finding, key: impl Fn(&'f Finding) -> K) -> Option<usize> {
        let hash = |finding| {
            let mut hasher = DefaultHasher::new();
            key(finding).hash(&mut hasher);
            hasher.finish()
        };
        for (place, known) in all.iter().enumerate().skip(self.count) {
            self.first.entry(hash(known)).or_insert(place);
        }
        self.count = all.len();
        self.first.get(&hash(finding)).copied().filter(|&place| key(&all[place]) == key(finding))
    }
}

impl Findings {
    /// Adds a finding.
    pub fn push(&mut self, finding: Finding) {
        self.all.push(finding);
    }

    /// Adds a finding, unless another finding has the same message at any place.
    pub fn push_once(&mut self, finding: Finding) {
        if self.messages.find(&self.all, &finding, |finding| &*finding.message).is_none() {
            self.all.push(finding);
        }
    }

    /// Adds a finding. If another finding has the same message at any place, that finding counts this place.
    pub fn push_grouped(&mut self, finding: Finding) {
        match self.messages.find(&self.all, &finding, |finding| &*finding.message) {
            Some(known) => self.all[known].places = self.all[known].places.saturating_add(1),
            None => self.all.push(finding),
        }
    }

    /// Adds a finding, unless another finding has the same message at the same place.
    pub fn push_once_for_each_place(&mut self, finding: Finding) {
        if self.places.find(&self.all, &finding, |finding| (&finding.path, &*finding.message)).is_none() {
            self.all.push(finding);
        }
    }

    /// Like [`nearest`], but returns `None` once there are many findings: the search takes time, and more proposals are not
    /// useful.
    pub fn nearest<'c>(&self, wrong: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
        if self.len() < MOST_PROPOSALS { nearest(wrong, candidates) } else { None }
    }

    /// Returns the value of an `Ok`. Adds the finding of an `Err` and returns `None`.
    pub fn take<T>(&mut self, result: Result<T, Finding>) -> Option<T> {
        result.map_err(|finding| self.push(finding)).ok()
    }

    /// Whether the run must fail.
    pub fn has_errors(&self) -> bool {
        self.all.iter().any(|f| f.severity == Severity::Error)
    }

    /// All findings.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.all.iter()
    }

    /// The number of findings.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is no finding.
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
