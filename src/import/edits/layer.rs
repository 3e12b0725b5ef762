//! The layers of a JinaFlow that express an edit of some components: as general as possible, and no other component.

use std::collections::BTreeSet;

use super::component::Component;
use crate::config::audience::{Audience, Level};
use crate::config::fields::{LAYER, find};
use crate::plan::Role;

/// A layer of a JinaFlow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// A layer without a name: `defaults`, `roles.*` or `gateway`.
    Shared(Level),
    /// `executors.NAME`.
    Executor(String),
    /// `executors.NAME.head`.
    Head(String),
    /// `executors.NAME.shards.NUMBER`.
    Shard(String, u32),
}

impl Layer {
    /// The path of the layer below `spec`.
    pub fn path(&self) -> Vec<String> {
        let below = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        match self {
            Layer::Shared(level) => level.pattern().split('.').map(str::to_owned).collect(),
            Layer::Executor(name) => below(&["executors", name]),
            Layer::Head(name) => below(&["executors", name, "head"]),
            Layer::Shard(name, shard) => below(&["executors", name, "shards", &shard.to_string()]),
        }
    }

    fn level(&self) -> Level {
        match self {
            Layer::Shared(level) => *level,
            Layer::Executor(_) => Level::Executor,
            Layer::Head(_) => Level::Head,
            Layer::Shard(..) => Level::Shard,
        }
    }

    /// Whether the pods of a component are in this layer.
    fn contains(&self, component: &Component) -> bool {
        let is_executor = |name: &String| component.role != Role::Gateway && component.executor == *name;
        match self {
            Layer::Shared(Level::Defaults) => true,
            Layer::Shared(level) => *level == role_level(component) || (*level == Level::Gateway && component.role == Role::Gateway),
            Layer::Executor(name) => is_executor(name),
            Layer::Head(name) => is_executor(name) && component.role == Role::Head,
            Layer::Shard(name, shard) => is_executor(name) && component.role == Role::Worker(*shard),
        }
    }
}

fn role_level(component: &Component) -> Level {
    match component.role {
        Role::Gateway => Level::GatewayRole,
        Role::Head => Level::HeadRole,
        Role::Worker(_) => Level::WorkerRole,
    }
}

/// A layer in which a field is set, and the components whose pods get the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// The layer.
    pub layer: Layer,
    /// The places of the components.
    pub components: BTreeSet<usize>,
    /// A layer below that must not get the field: the head of an executor whose shards have an edit.
    pub except: Option<Layer>,
}

/// A field of a layer, by its path in the layer.
pub struct Covering<'c> {
    components: &'c [Component],
    field: &'c [String],
    audience: Audience,
}

impl<'c> Covering<'c> {
    /// The layers for a field; `None` if layers do not have the field.
    pub fn of(components: &'c [Component], field: &'c [String]) -> Option<Self> {
        let audience = find(LAYER, field.first()?)?.audience;
        Some(Self { components, field, audience })
    }

    /// The ways to set the field for these components and no others, the best way first.
    pub fn choices(&self, edited: &BTreeSet<usize>) -> Vec<Vec<Cover>> {
        let mut choices: Vec<Vec<Cover>> = Vec::new();
        for (is_shared, has_exceptions) in [(true, true), (true, false), (false, false)] {
            let covers = self.covers(edited, is_shared, has_exceptions);
            choices.extend(covers.filter(|covers| !choices.contains(covers)));
        }
        choices
    }

    /// Layers from general to special. `None` if a component is in none of them.
    fn covers(&self, edited: &BTreeSet<usize>, is_shared: bool, has_exceptions: bool) -> Option<Vec<Cover>> {
        let mut rest = edited.clone();
        let mut covers = Vec::new();
        for (layer, least) in self.layers(edited, is_shared) {
            let reach = self.reach(&layer);
            let mut exception = None;
            let is_exact = if reach.is_subset(edited) {
                true
            } else {
                exception = self.exception(&layer, &reach, edited).filter(|_| has_exceptions);
                exception.is_some()
            };
            let gets: BTreeSet<usize> = reach.intersection(edited).copied().collect();
            if is_exact && gets.len() >= least && gets.iter().any(|component| rest.contains(component)) {
                rest.retain(|component| !gets.contains(component));
                covers.push(Cover { layer, components: gets, except: exception });
            }
        }
        rest.is_empty().then_some(covers)
    }

    /// The layers of these components, each with the number of components that it must reach to be chosen.
    fn layers(&self, edited: &BTreeSet<usize>, is_shared: bool) -> Vec<(Layer, usize)> {
        let shared = [(Level::Defaults, 2), (Level::WorkerRole, 2), (Level::HeadRole, 2), (Level::Gateway, 1)];
        let shared = shared.into_iter().filter(|(_, least)| is_shared || *least == 1);
        let shared = shared.map(|(level, least)| (Layer::Shared(level), least));
        let components = || edited.iter().filter_map(|place| self.components.get(*place));
        let executors: BTreeSet<&str> =
            components().filter(|component| component.role != Role::Gateway).map(|component| component.executor.as_str()).collect();
        let executors = executors.into_iter().map(|executor| (Layer::Executor(executor.to_owned()), 1));
        let parts = components().filter_map(|component| match component.role {
            Role::Gateway => None,
            Role::Head => Some((Layer::Head(component.executor.clone()), 1)),
            Role::Worker(number) => Some((Layer::Shard(component.executor.clone(), number), 1)),
        });
        shared.chain(executors).chain(parts).filter(|(layer, _)| self.audience.has(layer.level())).collect()
    }

    /// The components that get the field from a layer.
    fn reach(&self, layer: &Layer) -> BTreeSet<usize> {
        let reached = |component: &Component| layer.contains(component) && self.applies(layer, component);
        self.components.iter().enumerate().filter(|(_, component)| reached(component)).map(|(place, _)| place).collect()
    }

    /// Whether a layer gives the field to a component in it (`config::layers`).
    fn applies(&self, layer: &Layer, component: &Component) -> bool {
        let name = self.field.first().map(String::as_str).unwrap_or_default();
        let is_whole = matches!(layer, Layer::Executor(_));
        if name == "image" {
            return component.role != Role::Head;
        }
        if name == "expose" && is_whole {
            let is_head = |other: &Component| other.role == Role::Head && other.executor == component.executor;
            return component.role == Role::Head || !self.components.iter().any(is_head);
        }
        let is_of_workers = ["replicas", "autoscale"].contains(&name) || self.is_device();
        if is_whole && component.role == Role::Head && is_of_workers {
            return false;
        }
        self.audience.has(role_level(component))
    }

    /// Whether the field is the amount of a device, which a head does not get from its executor.
    fn is_device(&self) -> bool {
        self.field.first().is_some_and(|name| name == "resources") && self.field.last().is_some_and(|name| name.contains('/'))
    }

    /// The head of an executor, if all shards have an edit and only the head has not.
    fn exception(&self, layer: &Layer, reach: &BTreeSet<usize>, edited: &BTreeSet<usize>) -> Option<Layer> {
        let Layer::Executor(name) = layer else { return None };
        let mut others = reach.difference(edited).filter_map(|place| self.components.get(*place));
        let is_head = others.next()?.role == Role::Head && others.next().is_none();
        (is_head && reach.len() > 2 && self.audience.has(Level::Head)).then(|| Layer::Head(name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(executor: &str, role: Role) -> Component {
        Component { name: String::new(), executor: executor.to_owned(), role, containers: Vec::new(), protocols: Vec::new() }
    }

    /// The layers for a field of these components of a gateway, `a`, and `b` with a head and two shards.
    fn layers(field: &[&str], edited: &[usize]) -> Vec<String> {
        let components = [
            component("gateway", Role::Gateway),
            component("a", Role::Worker(0)),
            component("b", Role::Head),
            component("b", Role::Worker(0)),
            component("b", Role::Worker(1)),
        ];
        let field: Vec<String> = field.iter().map(|name| (*name).to_owned()).collect();
        let choices = Covering::of(&components, &field).map(|covering| covering.choices(&edited.iter().copied().collect()));
        let first = choices.into_iter().flatten().next().unwrap_or_default();
        let shown = |cover: &Cover| match &cover.except {
            Some(layer) => format!("{} without {}", cover.layer.path().join("."), layer.path().join(".")),
            None => cover.layer.path().join("."),
        };
        first.iter().map(shown).collect()
    }

    #[test]
    fn an_edit_of_all_components_is_in_the_defaults() {
        assert_eq!(layers(&["nodeSelector", "disk"], &[0, 1, 2, 3, 4]), ["defaults"]);
        assert_eq!(layers(&["storage", "size"], &[1, 3, 4]), ["defaults"]);
    }

    #[test]
    fn an_edit_of_some_components_is_in_their_layers() {
        assert_eq!(layers(&["nodeSelector", "disk"], &[1, 3, 4]), ["roles.worker"]);
        assert_eq!(layers(&["nodeSelector", "disk"], &[0]), ["gateway"]);
        assert_eq!(layers(&["nodeSelector", "disk"], &[1]), ["executors.a"]);
        assert_eq!(layers(&["nodeSelector", "disk"], &[2, 3, 4]), ["executors.b"]);
        assert_eq!(layers(&["nodeSelector", "disk"], &[3, 4]), ["executors.b without executors.b.head"]);
        assert_eq!(layers(&["nodeSelector", "disk"], &[0, 4]), ["gateway", "executors.b.shards.1"]);
        assert_eq!(layers(&["nodeSelector", "disk"], &[2]), ["executors.b.head"]);
        assert_eq!(layers(&["replicas"], &[3, 4]), ["executors.b"]);
        assert_eq!(layers(&["resources", "limits", "nvidia.com/gpu"], &[3, 4]), ["executors.b"]);
        assert_eq!(layers(&["image"], &[3, 4]), ["executors.b"]);
        assert_eq!(layers(&["image"], &[4]), Vec::<String>::new());
        assert_eq!(layers(&["expose"], &[2]), ["executors.b"]);
    }
}
