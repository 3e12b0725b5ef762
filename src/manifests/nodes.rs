//! Nodes made of fields and strings.

use crate::yaml::{Data, Node};

/// A mapping with these fields.
pub fn mapping<'c, const N: usize>(fields: [(&'static str, Node<'c>); N]) -> Node<'c> {
    Data::Map(fields.into_iter().map(|(name, value)| (Node::field(name), value)).collect()).into()
}

/// A mapping from strings to strings.
pub fn string_map(pairs: &[(String, String)]) -> Node<'_> {
    Data::Map(pairs.iter().map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect()).into()
}

/// A list of strings.
pub fn strings<'c, T: Into<Node<'c>>>(strings: impl IntoIterator<Item = T>) -> Node<'c> {
    strings.into_iter().map(Into::into).collect::<Vec<_>>().into()
}
