//! The description of a field. [`super::fields`] has one row for each field. Reading, the schema and the manual use these
//! rows.

use super::audience::{Audience, Level};
use super::formats::Format;
use super::kubernetes::Kubernetes;

/// The row of one field.
#[derive(Debug)]
pub struct Field {
    /// The name of the field.
    pub name: &'static str,
    /// The values that the field takes. A field that no caller overrides also takes `null`, which removes the value of a
    /// weaker layer.
    pub shape: Shape,
    /// The format of the names in the field, if it maps names to values.
    pub keys: Option<&'static Format>,
    /// The levels at which the field is allowed, if it is a field of a layer.
    pub audience: Audience,
    /// The value that applies if the field is not set.
    pub default: FieldDefault,
    /// The setting of a caller that overrides the field, if there is one.
    pub caller: Option<CallerSetting>,
    /// The first version of Kubernetes that has what the field sets, if the oldest tested version lacks it.
    pub since: Option<Kubernetes>,
    /// The effect of the field, as a sentence for documentation.
    pub doc: &'static str,
}

impl Field {
    /// The end of the description: the version of Kubernetes that the field needs.
    pub fn requirement(&self) -> String {
        self.since.map(|version| format!(" Needs `kubernetesVersion` {version} or later.")).unwrap_or_default()
    }
}

/// The value that applies if a field is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldDefault {
    /// No value.
    None,
    /// A fixed value. The code that reads the field applies this value.
    Value(&'static str),
    /// A description of a value that is not fixed, for documentation.
    Words(&'static str),
}

impl FieldDefault {
    /// The default as text for documentation.
    pub fn text(self) -> Option<&'static str> {
        match self {
            FieldDefault::None => None,
            FieldDefault::Value(text) | FieldDefault::Words(text) => Some(text),
        }
    }

    /// The default, if it is a fixed value.
    pub fn value(self) -> Option<&'static str> {
        match self {
            FieldDefault::Value(value) => Some(value),
            FieldDefault::None | FieldDefault::Words(_) => None,
        }
    }
}

/// The setting with which a caller overrides a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerSetting {
    /// The setting that overrides the field.
    pub setting: Setting,
    /// The name of the command-line flag, without dashes.
    pub flag: &'static str,
    /// Whether the field is also a key in `data` of a ConfigMap that is the functionConfig.
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
    /// `spec.missingImages`.
    MissingImages,
    /// An entry of `spec.context`.
    Context,
    /// `spec.output.onConflict`.
    OnConflict,
    /// `spec.variables`.
    Variables,
    /// `spec.jcloud`.
    Jcloud,
}

/// The values that a field takes.
#[derive(Debug)]
pub enum Shape {
    /// A string, number or boolean.
    Text,
    /// A string with this format. A number or boolean is read as a string.
    Word(&'static Format),
    /// A whole number between these two.
    Int(i64, i64),
    /// `true` or `false`.
    Flag,
    /// One of these values.
    Choice(&'static [&'static str]),
    /// A version of Jina, such as `3.34.0`.
    JinaVersion,
    /// A pattern for the names of images.
    ImagePattern,
    /// A whole number, or a percentage such as `25%` that is at most this one.
    Share(u32),
    /// A Kubernetes quantity, such as `500m` or `8Gi`.
    Quantity,
    /// A mapping from names of resources to quantities.
    Quantities,
    /// A mapping from names to strings.
    Texts,
    /// A mapping from names to strings, without `null`. `true` allows empty strings.
    Strings(bool),
    /// A mapping from keys of labels to their values.
    Labels,
    /// A mapping from names of variables to their values.
    Variables,
    /// A mapping from names to `{}` or `true`.
    Set,
    /// A part of a Kubernetes object.
    Fragment,
    /// A part of a Kubernetes object, which is merged into the object like a strategic merge patch.
    Part,
    /// A list of operations (RFC 6902).
    Operations,
    /// A Flow or a Deployment, as text or as a mapping.
    Flow,
    /// A mapping with these fields.
    Fields(&'static [Field]),
    /// A mapping from names to mappings with these fields.
    Map(&'static [Field]),
    /// A layer of settings of pods, at this level.
    Layer(Level),
    /// A mapping from names of executors, or from numbers of shards, to layers.
    Layers(Level),
}
