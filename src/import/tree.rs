//! Setting values in a tree by the names of their fields.

use crate::config::lists::merge_part;
use crate::yaml::{Data, Node};

/// A mapping with one field, whose name need not be known to this crate.
pub fn single(name: &str, value: Node<'static>) -> Node<'static> {
    Data::Map(vec![(name.to_owned().into(), value)]).into()
}

/// An empty mapping.
pub fn empty() -> Node<'static> {
    Data::Map(Vec::new()).into()
}

/// The value below these names, outermost first.
pub fn nested<N: AsRef<str>>(names: &[N], value: Node<'static>) -> Node<'static> {
    names.iter().rev().fold(value, |value, name| single(name.as_ref(), value))
}

/// Sets the value at a path of names, and keeps the fields beside it.
pub fn put<N: AsRef<str>>(root: &mut Node<'static>, names: &[N], value: Node<'static>) {
    merge_part(root, nested(names, value));
}
