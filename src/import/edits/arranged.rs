//! The order of the fields that edits have added to a JinaFlow.

use super::component::Component;
use crate::config::fields::{LAYER, SPEC};
use crate::yaml::{Data, Node};

/// Arranges the fields of `spec` after the first `known` ones as the manual does, and executors as the Flow does.
pub fn arrange(spec: &mut Node<'static>, known: usize, components: &[Component]) {
    if let Data::Map(pairs) = &mut spec.data
        && let Some(added) = pairs.get_mut(known..)
    {
        added.sort_by_key(|(key, _)| SPEC.iter().position(|field| Some(field.name) == key.as_text()));
    }
    for layer in ["defaults", "gateway"] {
        arrange_layer(spec.get_mut(layer));
    }
    each(spec.get_mut("roles"), arrange_layer);
    sort(spec.get_mut("executors"), |name| components.iter().position(|component| component.executor == name));
    each(spec.get_mut("executors"), |executor| {
        let Some(executor) = executor else { return };
        arrange_layer(executor.get_mut("head"));
        sort(executor.get_mut("shards"), |name| name.parse().ok());
        each(executor.get_mut("shards"), arrange_layer);
        arrange_layer(Some(executor));
    });
    sort(spec.get_mut("patches"), |_| Some(0));
}

fn arrange_layer(layer: Option<&mut Node<'static>>) {
    sort(layer, |name| LAYER.iter().position(|field| field.name == name));
}

/// Sorts the fields of a mapping by their places, and fields with the same place by their names.
fn sort(node: Option<&mut Node<'static>>, place: impl Fn(&str) -> Option<usize>) {
    if let Some(Data::Map(pairs)) = node.map(|node| &mut node.data) {
        let name = |key: &Node<'static>| key.as_text().unwrap_or_default().to_owned();
        pairs.sort_by_key(|(key, _)| (place(&name(key)), name(key)));
    }
}

/// Calls a function with each value of a mapping.
fn each(node: Option<&mut Node<'static>>, change: impl Fn(Option<&mut Node<'static>>)) {
    if let Some(Data::Map(pairs)) = node.map(|node| &mut node.data) {
        for (_, value) in pairs {
            change(Some(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Role;
    use crate::yaml::{read, write};

    #[test]
    fn fields_have_the_order_of_the_manual_and_executors_that_of_the_flow() {
        let component = |executor: &str| Component {
            name: executor.to_owned(),
            executor: executor.to_owned(),
            role: Role::Worker(0),
            containers: Vec::new(),
            protocols: Vec::new(),
        };
        let text = "{flow: x, compat: y, patches: {b: 1, a: 1}, executors: {a: {podTemplate: 1, image: 1}, b: {shards: {'10': 1, '2': 1}}}, defaults: {}}";
        let mut spec = read(text).ok().and_then(|document| document.root).map_or_else(|| "".into(), Node::into_owned);
        arrange(&mut spec, 2, &[component("b"), component("a")]);
        let mut out = String::new();
        write(&spec, &mut out);
        let order: Vec<&str> = out.lines().map(|line| line.trim().split(':').next().unwrap_or_default()).collect();
        let expected =
            ["flow", "compat", "defaults", "executors", "b", "shards", "\"2\"", "\"10\"", "a", "image", "podTemplate", "patches", "a", "b"];
        assert_eq!(order, expected);
    }
}
