//! The tree that reading gives.

use std::borrow::Cow;

use crate::finding::Mark;

/// One YAML node: aliases are expanded and merge keys applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'t> {
    /// Where it starts.
    pub mark: Mark,
    /// A local tag's name (`!Flow` gives `Flow`); standard tags only change how a scalar is read.
    pub tag: Option<Box<str>>,
    /// What it holds.
    pub data: Data<'t>,
}

/// The three kinds of nodes.
#[derive(Debug, Clone, PartialEq)]
pub enum Data<'t> {
    /// A text whose type nobody has decided yet.
    Scalar(Scalar<'t>),
    /// A sequence.
    List(Vec<Node<'t>>),
    /// A mapping, in the order written.
    Map(Vec<(Node<'t>, Node<'t>)>),
}

/// A scalar's text after unescaping and folding, and how it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar<'t> {
    /// The text.
    pub text: Cow<'t, str>,
    /// How it was written.
    pub style: Style,
}

/// How a scalar was written, as far as anything depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: its type is decided by its text.
    Plain,
    /// Quoted, literal, folded or tagged `!!str`: a string, whatever it looks like.
    Quoted,
}

impl<'t> Node<'t> {
    /// The entries, when this is a mapping.
    #[must_use]
    pub fn as_map(&self) -> Option<&[(Node<'t>, Node<'t>)]> {
        match &self.data {
            Data::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The entries, when this is a sequence.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Node<'t>]> {
        match &self.data {
            Data::List(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text, when this is a scalar of either style.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The value of the last entry whose key is the text `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Node<'t>> {
        self.as_map()?.iter().rev().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
    }

    /// Whether this is an empty or explicit null (`~`, `null`), as every YAML reader agrees.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar(s)
            if s.style == Style::Plain && matches!(&*s.text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The value as a user would recognise it in a message.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.data {
            Data::Scalar(s) => s.text.clone().into_owned(),
            Data::List(entries) => {
                let shown: Vec<String> = entries.iter().take(4).map(Node::shown).collect();
                let more = if entries.len() > 4 { ", …" } else { "" };
                format!("[{}{more}]", shown.join(", "))
            }
            Data::Map(pairs) => {
                let shown: Vec<String> = pairs.iter().take(3).map(|(k, v)| format!("{}: {}", k.shown(), v.shown())).collect();
                let more = if pairs.len() > 3 { ", …" } else { "" };
                format!("{{{}{more}}}", shown.join(", "))
            }
        }
    }

    /// The same node, free of the text it was read from.
    #[must_use]
    pub fn into_owned(self) -> Node<'static> {
        let data = match self.data {
            Data::Scalar(s) => Data::Scalar(Scalar { text: Cow::Owned(s.text.into_owned()), style: s.style }),
            Data::List(entries) => Data::List(entries.into_iter().map(Node::into_owned).collect()),
            Data::Map(pairs) => Data::Map(pairs.into_iter().map(|(k, v)| (k.into_owned(), v.into_owned())).collect()),
        };
        Node { mark: self.mark, tag: self.tag, data }
    }
}
