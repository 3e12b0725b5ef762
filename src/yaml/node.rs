//! The tree of nodes that a document is read into.

use std::borrow::Cow;

use crate::finding::Mark;

/// A YAML node. Aliases are already expanded, and merge keys applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Node<'t> {
    /// The start of the node in the text.
    pub mark: Mark,
    /// The name of a local tag (`Flow` for `!Flow`); standard tags only change how a scalar is read.
    pub tag: Option<Box<str>>,
    /// The scalar, list or mapping.
    pub data: Data<'t>,
}

/// The three kinds of nodes.
#[derive(Debug, Clone, PartialEq)]
pub enum Data<'t> {
    /// A scalar, whose type is not decided yet.
    Scalar(Scalar<'t>),
    /// A list.
    List(Vec<Node<'t>>),
    /// A mapping, with its fields in the order of the text.
    Map(Vec<(Node<'t>, Node<'t>)>),
}

/// A scalar: its text after unescaping and folding, and its style.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar<'t> {
    /// The text after unescaping and folding.
    pub text: Cow<'t, str>,
    /// Whether the text decides the type.
    pub style: Style,
}

/// The style of a scalar, as far as its type depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Unquoted: the text decides the type.
    Plain,
    /// Quoted, literal, folded or tagged `!!str`: always a string.
    Quoted,
}

/// Creates a string, which the writer quotes if necessary.
impl<'t> From<Cow<'t, str>> for Node<'t> {
    fn from(text: Cow<'t, str>) -> Self {
        Data::Scalar(Scalar { text, style: Style::Quoted }).into()
    }
}

impl<'t> From<&'t str> for Node<'t> {
    fn from(text: &'t str) -> Self {
        Cow::Borrowed(text).into()
    }
}

impl From<String> for Node<'_> {
    fn from(text: String) -> Self {
        Cow::<str>::Owned(text).into()
    }
}

impl<'t> From<&'t String> for Node<'t> {
    fn from(text: &'t String) -> Self {
        text.as_str().into()
    }
}

macro_rules! whole_numbers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Node<'_> {
            fn from(number: $integer) -> Self {
                Node::plain(number.to_string())
            }
        }
    )*};
}
whole_numbers!(i32 i64 u16);

impl<'t> From<Vec<Node<'t>>> for Node<'t> {
    fn from(entries: Vec<Node<'t>>) -> Self {
        Data::List(entries).into()
    }
}

/// Creates a node that is not from the input, so it has no place there.
impl<'t> From<Data<'t>> for Node<'t> {
    fn from(data: Data<'t>) -> Self {
        Node { mark: Mark::default(), tag: None, data }
    }
}

impl<'t> Node<'t> {
    /// Returns an owned copy.
    pub fn into_owned<'o>(self) -> Node<'o> {
        let data = match self.data {
            Data::Scalar(Scalar { text, style }) => Data::Scalar(Scalar { text: Cow::Owned(text.into_owned()), style }),
            Data::List(entries) => Data::List(entries.into_iter().map(Node::into_owned).collect()),
            Data::Map(pairs) => Data::Map(pairs.into_iter().map(|(key, value)| (key.into_owned(), value.into_owned())).collect()),
        };
        Node { mark: self.mark, tag: self.tag, data }
    }

    /// Whether any scalar of this tree passes the test; keys of mappings are not tested.
    pub fn any_scalar(&self, test: &mut impl FnMut(&Scalar<'t>) -> bool) -> bool {
        match &self.data {
            Data::Scalar(scalar) => test(scalar),
            Data::List(entries) => entries.iter().any(|entry| entry.any_scalar(test)),
            Data::Map(pairs) => pairs.iter().any(|(_, value)| value.any_scalar(test)),
        }
    }

    /// The approximate size as text, in bytes: keys and scalars, and a few bytes for each line.
    pub fn weight(&self) -> usize {
        const LINE: usize = 8;
        LINE + match &self.data {
            Data::Scalar(scalar) => scalar.text.len(),
            Data::List(entries) => entries.iter().map(Node::weight).sum(),
            Data::Map(pairs) => pairs.iter().map(|(key, value)| key.weight() + value.weight()).sum(),
        }
    }

    /// The total length of all scalars of this tree, in bytes; keys of mappings are not counted.
    pub fn text_below(&self) -> usize {
        let mut bytes = 0;
        self.any_scalar(&mut |scalar| {
            bytes += scalar.text.len();
            false
        });
        bytes
    }

    /// The fields of a mapping.
    pub fn as_map(&self) -> Option<&[(Node<'t>, Node<'t>)]> {
        match &self.data {
            Data::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The entries of a list.
    pub fn as_list(&self) -> Option<&[Node<'t>]> {
        match &self.data {
            Data::List(entries) => Some(entries),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// The value of the last field with the key `name`.
    pub fn get(&self, name: &str) -> Option<&Node<'t>> {
        self.as_map()?.iter().rev().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
    }

    /// The value at a path of field names separated by dots, such as `metadata.name`.
    pub fn at(&self, path: &str) -> Option<&Node<'t>> {
        path.split('.').try_fold(self, |node, field| node.get(field))
    }

    /// The scalar at a path; empty if it is missing.
    pub fn text_at(&self, path: &str) -> &str {
        self.at(path).and_then(Node::as_text).unwrap_or_default()
    }

    /// The entries of the list at a path; empty if it is missing.
    pub fn list_at(&self, path: &str) -> &[Node<'t>] {
        self.at(path).and_then(Node::as_list).unwrap_or_default()
    }

    /// The fields of the mapping at a path; empty if it is missing.
    pub fn map_at(&self, path: &str) -> &[(Node<'t>, Node<'t>)] {
        self.at(path).and_then(Node::as_map).unwrap_or_default()
    }

    /// The mutable counterpart of [`Node::get`].
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node<'t>> {
        let Data::Map(pairs) = &mut self.data else { return None };
        pairs.iter_mut().rev().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
    }

    /// Creates the key of a field that this crate defines. Such a name needs no quotes, so the writer need not check it.
    pub fn field(name: &'static str) -> Self {
        Self::plain(name)
    }

    /// Creates a plain scalar. Its text decides its type.
    pub fn plain(text: impl Into<Cow<'t, str>>) -> Self {
        Data::Scalar(Scalar { text: text.into(), style: Style::Plain }).into()
    }

    /// Sets the value of a mapping's field; adds the field at the end if it is missing.
    pub fn set(&mut self, name: &'static str, value: Node<'t>) {
        if let Some(known) = self.get_mut(name) {
            *known = value;
        } else if let Data::Map(pairs) = &mut self.data {
            pairs.push((Node::field(name), value));
        }
    }

    /// Removes a field of a mapping and returns its value.
    pub fn take(&mut self, name: &str) -> Option<Node<'t>> {
        let Data::Map(pairs) = &mut self.data else { return None };
        let place = pairs.iter().position(|(key, _)| key.as_text() == Some(name))?;
        Some(pairs.remove(place).1)
    }

    /// Whether every YAML reader reads this node as null: it is empty, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar(s)
            if s.style == Style::Plain && matches!(&*s.text, "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The value as messages show it.
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
}
