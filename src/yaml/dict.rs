//! A mapping that keeps the order of its keys, as Python, Go and JSON readers do.

use std::collections::HashMap;

/// Key-value pairs in the order in which their keys were first added. A duplicate key keeps its first place and gets its last
/// value.
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
    /// Sets the value of the key with this name; adds the pair if the name is new.
    pub fn insert(&mut self, name: String, key: K, value: V) {
        if let Some(&place) = self.places.get(&name) {
            self.pairs[place].1 = value;
        } else {
            self.places.insert(name, self.pairs.len());
            self.push(key, value);
        }
    }

    /// Adds a pair whose key has no name, for example because the key is a list.
    pub fn push(&mut self, key: K, value: V) {
        self.pairs.push((key, value));
    }

    /// The value of the key with this name.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.places.get(name).map(|&place| &self.pairs[place].1)
    }

    /// The pairs in order.
    pub fn pairs(&self) -> &[(K, V)] {
        &self.pairs
    }

    /// Returns the pairs in order.
    pub fn into_pairs(self) -> Vec<(K, V)> {
        self.pairs
    }
}
