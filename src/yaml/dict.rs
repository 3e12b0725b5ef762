//! Pairs under the one rule that Python, Go and JSON readers share.

use std::collections::HashMap;

/// Pairs in order; a key that stands twice keeps its first place and has its last value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dict<K, V> {
    pairs: Vec<(K, V)>,
    places: HashMap<String, usize>,
}

impl<K, V> Default for Dict<K, V> {
    fn default() -> Self {
        Self { pairs: Vec::new(), places: HashMap::new() }
    }
}

impl<K, V> Dict<K, V> {
    /// Adds a pair whose key goes by `name`, or gives the key of that name another value.
    pub fn insert(&mut self, name: String, key: K, value: V) {
        if let Some(&place) = self.places.get(&name) {
            self.pairs[place].1 = value;
        } else {
            self.places.insert(name, self.pairs.len());
            self.push(key, value);
        }
    }

    /// Adds a pair whose key has no name, such as a list.
    pub fn push(&mut self, key: K, value: V) {
        self.pairs.push((key, value));
    }

    /// The value of the key that goes by `name`.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.places.get(name).map(|&place| &self.pairs[place].1)
    }

    /// The pairs, to be looked at.
    pub fn pairs(&self) -> &[(K, V)] {
        &self.pairs
    }

    /// The pairs.
    pub fn into_pairs(self) -> Vec<(K, V)> {
        self.pairs
    }
}
