//! A small map with string keys. It takes less memory than a hash map, because a check may need several maps for each
//! object.

/// A sorted list of keys with their values. If a key is repeated, only its first value counts.
#[derive(Debug)]
pub struct Lookup<'o, T>(Vec<(&'o str, T)>);

impl<'o, T: Copy> Lookup<'o, T> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<T> {
        let index = self.0.binary_search_by(|(known, _)| (*known).cmp(key)).ok()?;
        self.0.get(index).map(|(_, value)| *value)
    }

    /// Whether the map has a key.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The keys in alphabetical order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &'o str> {
        self.0.iter().map(|(key, _)| *key)
    }

    /// The keys with their values, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&'o str, T)> {
        self.0.iter().copied()
    }
}

impl<'o, T> FromIterator<(&'o str, T)> for Lookup<'o, T> {
    fn from_iter<I: IntoIterator<Item = (&'o str, T)>>(entries: I) -> Self {
        let mut entries: Vec<(&str, T)> = entries.into_iter().collect();
        // The sort is stable, so the first of several entries with the same key stays the first.
        entries.sort_by_key(|(key, _)| *key);
        entries.dedup_by_key(|(key, _)| *key);
        entries.shrink_to_fit();
        Self(entries)
    }
}
