//! Whether two nodes have the same value for Kubernetes.

use std::borrow::Cow;

use crate::yaml::{Data, Node, Scalar, Style, kubernetes_value};

/// Whether kubectl reads both nodes as the same value. Fields have no order.
pub fn is_same(one: &Node<'_>, other: &Node<'_>) -> bool {
    match (&one.data, &other.data) {
        (Data::Scalar(a), Data::Scalar(b)) if a.style == b.style && a.text == b.text && one.tag == other.tag => true,
        (Data::Scalar(Scalar { style: Style::Quoted, text: a }), Data::Scalar(Scalar { style: Style::Quoted, text: b })) => a == b,
        (Data::Scalar(_), Data::Scalar(_)) => kubernetes_value(one) == kubernetes_value(other),
        (Data::List(a), Data::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b)),
        (Data::Map(a), Data::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| other.get(&key_name(key)).is_some_and(|of| is_same(value, of)))
        }
        _ => false,
    }
}

/// The name of a field. A key that is not a string has one too.
pub fn key_name<'n>(key: &'n Node<'_>) -> Cow<'n, str> {
    key.as_text().map_or_else(|| key.shown().into(), Cow::Borrowed)
}
