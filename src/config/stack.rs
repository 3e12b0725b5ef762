//! Layers that apply to the same pods.

use crate::finding::{FieldPath, Step};
use crate::yaml::Node;

/// A layer as the user wrote it, with the path of the layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// The path of the layer.
    pub path: FieldPath,
    /// The fields of the layer.
    pub fields: Node<'static>,
    /// Whether the layer is weaker than all layers of the JinaFlow.
    pub is_weakest: bool,
}

impl Layer {
    /// The layer in a field, if it is a mapping.
    pub fn below(fields: &Node<'_>, name: &str, path: &FieldPath) -> Option<Self> {
        Self::of(fields.get(name)?, path.key(name))
    }

    /// The layer in a node, if it is a mapping.
    pub fn of(node: &Node<'_>, path: FieldPath) -> Option<Self> {
        node.as_map()?;
        Some(Self { path, fields: node.clone().into_owned(), is_weakest: false })
    }

    /// Whether a field is set.
    pub fn has(&self, field: &str) -> bool {
        self.fields.get(field).is_some_and(|value| !value.is_null())
    }

    /// The image, with its path.
    pub fn image(&self) -> Option<(&str, FieldPath)> {
        let image = self.fields.get("image").filter(|image| !image.is_null())?.as_text()?;
        (!image.is_empty()).then(|| (image, self.path.key("image")))
    }

    /// The options of the Flow, as the layer changes them.
    pub fn flow_options(&self) -> Option<&Node<'static>> {
        self.fields.get("flow").filter(|options| options.as_map().is_some())
    }
}

/// Layers that apply to the same pods, the weakest first.
pub struct Stack<'l>(pub Vec<&'l Layer>);

impl Stack<'_> {
    /// Whether a layer of the JinaFlow sets a field, also to `null`.
    pub fn sets(&self, field: &[&str]) -> bool {
        let layers = self.0.iter().filter(|layer| !layer.is_weakest);
        layers.into_iter().any(|layer| field.iter().try_fold(&layer.fields, |node, name| node.get(name)).is_some())
    }

    /// The path of a field, such as `storage.size`, in the strongest layer that sets it.
    pub fn path(&self, field: &str) -> FieldPath {
        let sets = |layer: &&&Layer| layer.fields.at(field).is_some();
        let layer = self.0.iter().rev().find(sets).or(self.0.last());
        let path = layer.map_or_else(|| FieldPath::from("spec.defaults"), |layer| layer.path.clone());
        // In a block for JCloud, the metric is a value and not a key.
        let is_metric = matches!(field, "autoscale.requestsPerSecond" | "autoscale.concurrency");
        let field = if is_metric && layer.is_some_and(|layer| layer.is_weakest) { "autoscale.metric" } else { field };
        path.join(&field.split('.').map(|name| Step::Key(name.into())).collect::<Vec<_>>())
    }
}
