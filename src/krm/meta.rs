//! Type, name and annotations of an item.

use super::annotations;
use super::object_ref::ObjectRef;
use crate::yaml::Node;

/// Type, name and annotations of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// `apiVersion`.
    pub api_version: String,
    /// `kind`.
    pub kind: String,
    /// `metadata.name`.
    pub name: String,
    /// `metadata.namespace`; empty if it is missing.
    pub namespace: String,
    /// `metadata.annotations`.
    pub annotations: Vec<(String, String)>,
}

impl Meta {
    /// Reads the fields of an object; a missing field is empty.
    pub fn of(node: &Node<'_>) -> Self {
        let ObjectRef { api_version, kind, namespace, name } = ObjectRef::of(node);
        let annotations = node.map_at("metadata.annotations").iter().map(|(key, value)| (key.shown(), value.shown())).collect();
        let [api_version, kind, namespace, name] = [api_version, kind, namespace, name].map(str::to_owned);
        Self { api_version, kind, name, namespace, annotations }
    }

    /// Returns a copy with only the annotations about the file, for a finding: there may be many findings, and other annotations
    /// may be long.
    pub fn reference(&self) -> Self {
        const PLACES: [&str; 4] = [annotations::PATH, annotations::LEGACY_PATH, annotations::INDEX, annotations::LEGACY_INDEX];
        let place = |(name, _): &&(String, String)| PLACES.contains(&name.as_str());
        Self {
            api_version: self.api_version.clone(),
            kind: self.kind.clone(),
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            annotations: self.annotations.iter().filter(place).cloned().collect(),
        }
    }

    /// The value of an annotation.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The file of the item, in either spelling.
    pub fn path(&self) -> Option<&str> {
        self.annotation(annotations::PATH).or_else(|| self.annotation(annotations::LEGACY_PATH))
    }

    /// The index of the item in its file.
    pub fn index(&self) -> Option<i64> {
        self.annotation(annotations::INDEX).or_else(|| self.annotation(annotations::LEGACY_INDEX))?.parse().ok()
    }

    /// The package of the item; empty if it is not set.
    pub fn package(&self) -> &str {
        self.annotation(annotations::PACKAGE_PATH).unwrap_or_default()
    }
}
