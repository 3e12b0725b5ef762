//! The objects that a JinaFlow renders.

use super::component::Component;
use crate::config::{self, Overrides};
use crate::finding::{Findings, Path};
use crate::plan::Budget;
use crate::render::Rendering;
use crate::yaml::{Document, Node};

/// A rendered object.
#[derive(Debug, Clone)]
pub struct RenderedObject {
    /// The place of its component.
    pub component: usize,
    /// The object.
    pub node: Node<'static>,
}

/// The components of a JinaFlow with their objects.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The components, gateway first.
    pub components: Vec<Component>,
    /// The objects, in the order of the components.
    pub objects: Vec<RenderedObject>,
}

/// Renders a JinaFlow; `None` if it has errors.
pub fn render(config: &Node<'static>, findings: &mut Findings) -> Option<Rendered> {
    let document = Document { root: Some(config.clone()), duplicates: Vec::new() };
    let config = config::read(&document, &Overrides::default(), findings);
    let spec = Path::root("spec");
    let rendering = Rendering::of(&config, &spec.key("flow"), &mut Budget::default(), findings);
    let rendering = rendering.filter(|_| !findings.has_errors())?;
    let components = rendering.components().iter().map(Component::of).collect();
    let objects = rendering.objects().enumerate().flat_map(|(component, (_, objects))| {
        objects.into_iter().map(move |object| RenderedObject { component, node: object.node.into_owned() }).collect::<Vec<_>>()
    });
    Some(Rendered { components, objects: objects.collect() })
}
