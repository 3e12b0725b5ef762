//! Fields of objects by their paths. Each asks by one call where a chain would ask by ten: there are many.

use crate::yaml::Node;

/// The value at a path, dots between its fields.
#[inline(never)]
pub fn at<'n>(node: &'n Node<'n>, path: &str) -> Option<&'n Node<'n>> {
    path.split('.').try_fold(node, |node, field| node.get(field))
}

/// The text at a path; empty where there is none.
#[inline(never)]
pub fn text<'n>(node: &'n Node<'n>, path: &str) -> &'n str {
    at(node, path).map(plain).unwrap_or_default()
}

/// The text of a node; empty where it is none.
#[inline(never)]
pub fn plain<'n>(node: &'n Node<'n>) -> &'n str {
    node.as_text().unwrap_or_default()
}

/// The number at a path.
#[inline(never)]
pub fn number(node: &Node<'_>, path: &str) -> Option<u64> {
    text(node, path).parse().ok()
}

/// The entries of the list at a path; none where there is none.
#[inline(never)]
pub fn list<'n>(node: &'n Node<'n>, path: &str) -> &'n [Node<'n>] {
    at(node, path).and_then(Node::as_list).unwrap_or_default()
}

/// The entries of the mapping at a path; none where there is none.
#[inline(never)]
pub fn pairs<'n>(node: &'n Node<'n>, path: &str) -> &'n [(Node<'n>, Node<'n>)] {
    at(node, path).and_then(Node::as_map).unwrap_or_default()
}
