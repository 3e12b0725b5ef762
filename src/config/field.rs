//! The description of a field: one row each in [`super::fields`], from which reading, the schema and the manual follow.

use super::audience::{Audience, Level};

/// One field.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// The values that it takes. `null` is allowed for every field but settings of callers: it removes the value of a
    /// weaker layer.
    pub shape: Shape,
    /// Where it is allowed, if it is a field of a layer.
    pub audience: Audience,
    /// The value that applies without it.
    pub default: FieldDefault,
    /// How a caller overrides it.
    pub caller: Option<CallerSetting>,
    /// What it does, in a sentence.
    pub doc: &'static str,
}

/// The value that applies where a field is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldDefault {
    /// No value.
    None,
    /// This value. The reader of the field uses it.
    Value(&'static str),
    /// A value that depends on something else, as text for documentation.
    Words(&'static str),
}

impl FieldDefault {
    /// The text for documentation.
    pub fn text(self) -> Option<&'static str> {
        match self {
            FieldDefault::None => None,
            FieldDefault::Value(text) | FieldDefault::Words(text) => Some(text),
        }
    }

    /// The value, where it is fixed.
    pub fn value(self) -> Option<&'static str> {
        match self {
            FieldDefault::Value(value) => Some(value),
            FieldDefault::None | FieldDefault::Words(_) => None,
        }
    }
}

/// How a caller overrides a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerSetting {
    /// Which setting it is.
    pub setting: Setting,
    /// The flag of the command line, without dashes.
    pub flag: &'static str,
    /// Whether the name of the field is also a key in `data` of a ConfigMap as functionConfig.
    pub in_config_map: bool,
}

/// The fields that a caller can override.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `metadata.name`.
    Name,
    /// `metadata.namespace`.
    Namespace,
    /// `spec.compat`.
    Compat,
    /// `spec.jinaVersion`.
    JinaVersion,
    /// An entry of `spec.images`.
    Image,
    /// `spec.imagePattern`.
    ImagePattern,
    /// An entry of `spec.context`.
    Context,
    /// `spec.output.onConflict`.
    OnConflict,
}

/// The values that a field takes.
#[derive(Debug)]
pub enum Shape {
    /// A string, number or boolean.
    Text,
    /// A whole number of at least this.
    Int(i64),
    /// `true` or `false`.
    Flag,
    /// One of these values.
    Choice(&'static [&'static str]),
    /// A version of Jina, such as `3.34.0`.
    JinaVersion,
    /// A pattern for the names of images.
    ImagePattern,
    /// A whole number, or a percentage such as `25%`.
    Share,
    /// A Kubernetes quantity, such as `500m` or `8Gi`.
    Quantity,
    /// From the names of resources to quantities.
    Quantities,
    /// From names to strings.
    Texts,
    /// From names to strings, without `null`. The strings may be empty if this is true.
    Strings(bool),
    /// From the keys of labels to their values.
    Labels,
    /// From the names of variables to their values.
    Variables,
    /// Names, each with the value `{}` or `true`.
    Set,
    /// A part of a Kubernetes object.
    Fragment,
    /// A part of a Kubernetes object that is merged into it, as a strategic merge patch is.
    Part,
    /// A list of operations (RFC 6902).
    Operations,
    /// A Flow or a Deployment, as text or as a mapping.
    Flow,
    /// These fields.
    Fields(&'static [Field]),
    /// From names to these fields.
    Map(&'static [Field]),
    /// A layer: settings of pods.
    Layer(Level),
    /// From the names of executors, or the numbers of shards, to layers.
    Layers(Level),
}
