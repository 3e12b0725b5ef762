//! Reads the values of fields that were checked before. Defaults come from the rows of the fields.

use super::field::{Field, Shape};
use super::field_checks::flag;
use super::fields::{default_of, find};
use crate::yaml::{Data, Node};

/// A part of a Kubernetes object, as the user wrote it.
pub type Fragment = Node<'static>;

/// A mapping, together with the rows of its fields in the tables of [`super::fields`], which have the defaults.
#[derive(Debug, Clone, Copy)]
pub struct Values<'n, 't> {
    node: &'n Node<'t>,
    fields: &'static [Field],
}

/// A name and the mapping below it, in a field that maps names to mappings.
#[derive(Debug, Clone)]
pub struct Entry<'n, 't> {
    /// The name.
    pub name: String,
    /// The fields of the mapping.
    pub values: Values<'n, 't>,
}

impl<'n, 't> Values<'n, 't> {
    /// The fields of a mapping.
    pub fn of(node: &'n Node<'t>, fields: &'static [Field]) -> Self {
        Self { node, fields }
    }

    /// Whether a field is set.
    pub fn has(self, name: &str) -> bool {
        self.node(name).is_some()
    }

    /// The value of a field, unless it is `null`.
    pub fn node(self, name: &str) -> Option<&'n Node<'t>> {
        debug_assert!(find(self.fields, name).is_some(), "no row for {name}");
        self.node.get(name).filter(|value| !value.is_null())
    }

    /// The value of a field that is a part of a Kubernetes object.
    pub fn fragment(self, name: &str) -> Option<Fragment> {
        self.node(name).map(|value| value.clone().into_owned())
    }

    /// The string in a field, if the field is set.
    pub fn text(self, name: &str) -> Option<String> {
        self.node(name).and_then(Node::as_text).map(str::to_owned)
    }

    /// The string in a field, or the default of the field.
    pub fn text_or_default(self, name: &str) -> String {
        self.text(name).unwrap_or_else(|| default_of(self.fields, name).to_owned())
    }

    /// The whole number in a field, if the field is set.
    pub fn int(self, name: &str) -> Option<i64> {
        self.node(name)?.as_text()?.parse().ok()
    }

    /// The whole number in a field, or the default of the field.
    pub fn int_or_default(self, name: &str) -> i64 {
        self.int(name).unwrap_or_else(|| default_of(self.fields, name).parse().unwrap_or_default())
    }

    /// The number or the percentage in a field, if the field is set. A number in quotes becomes a number: Kubernetes takes a string
    /// for a percentage.
    pub fn share(self, name: &str) -> Option<Fragment> {
        let share = self.fragment(name)?;
        let is_number = share.as_text().is_some_and(|text| text.parse::<u32>().is_ok());
        if is_number { share.as_text().map(|text| Node::plain(text.to_owned())) } else { Some(share) }
    }

    /// The boolean in a field, if the field is set.
    pub fn flag(self, name: &str) -> Option<bool> {
        self.node(name).and_then(flag)
    }

    /// The boolean in a field, or the default of the field.
    pub fn flag_or_default(self, name: &str) -> bool {
        self.flag(name).unwrap_or_else(|| default_of(self.fields, name) == "true")
    }

    /// The parsed choice in a field, if the field is set.
    pub fn choice<T>(self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        parse(self.node(name)?.as_text()?)
    }

    /// The parsed choice in a field, or the default of the field.
    pub fn choice_or_default<T>(self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.choice(name, &parse).or_else(|| parse(default_of(self.fields, name)))
    }

    /// The fields below a field, if its value is a mapping.
    pub fn below(self, name: &str) -> Option<Values<'n, 't>> {
        let node = self.node(name).filter(|node| node.as_map().is_some())?;
        Some(Values { node, fields: self.fields_below(name) })
    }

    /// The entries of a field that maps names to mappings.
    pub fn entries(self, name: &str) -> impl Iterator<Item = Entry<'n, 't>> + use<'n, 't> {
        let fields = self.fields_below(name);
        // An entry that is not a mapping was reported before.
        let entries = self.pairs(name).filter(|(_, node)| node.as_map().is_some());
        entries.map(move |(key, node)| Entry { name: key.shown(), values: Values { node, fields } })
    }

    /// The entries of a field that maps names to strings.
    pub fn strings(self, name: &str) -> Vec<(String, String)> {
        self.pairs(name).map(|(key, value)| (key.shown(), value.shown())).collect()
    }

    /// The names in a field of the shape [`Shape::Set`].
    pub fn names(self, name: &str) -> Vec<String> {
        self.pairs(name).map(|(key, _)| key.shown()).collect()
    }

    /// The approximate size of a field in bytes.
    pub fn weight(self, name: &str) -> usize {
        self.node(name).map_or(0, Node::weight)
    }

    /// The approximate size of all fields in bytes.
    pub fn total_weight(self) -> usize {
        self.node.weight()
    }

    fn pairs(self, name: &str) -> impl Iterator<Item = &'n (Node<'t>, Node<'t>)> + use<'n, 't> {
        self.node(name).and_then(Node::as_map).unwrap_or_default().iter()
    }

    fn fields_below(self, name: &str) -> &'static [Field] {
        match find(self.fields, name).map(|field| &field.shape) {
            Some(Shape::Fields(fields) | Shape::Map(fields)) => fields,
            _ => &[],
        }
    }
}

/// A mapping of the pairs that have a value.
pub fn fragment<const N: usize>(pairs: [(&'static str, Option<Fragment>); N]) -> Fragment {
    Data::Map(pairs.into_iter().filter_map(|(name, value)| Some((Node::field(name), value?))).collect()).into()
}
