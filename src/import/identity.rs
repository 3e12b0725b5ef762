//! The kind and the name of an object.

use crate::yaml::Node;

/// The kind and the name of an object.
pub fn kind_and_name<'n>(object: &'n Node<'_>) -> [&'n str; 2] {
    [object.text_at("kind"), object.text_at("metadata.name")]
}

/// The kind and the name of an object, as messages show them.
pub fn label(object: &Node<'_>) -> String {
    kind_and_name(object).join("/")
}
