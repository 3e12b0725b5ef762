//! Containers that a render moves between `containers` and `initContainers`. Edits of such a container move with it: otherwise an
//! edited container would stay beside the moved one, and the API server refuses two containers of one name.

use super::leaves::{Grain, Place};
use super::memory::Memory;
use crate::yaml::{Data, Node};

const LISTS: [&str; 2] = ["containers", "initContainers"];

/// A container that moved: its place now, and its place in the last rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub now: Place,
    pub before: Place,
}

/// Moves the containers of the user's object into the lists in which the Flow has them now, if the last rendering had them in the
/// other list.
pub fn follow(mine: &mut Node<'_>, flows: &Node<'_>, memory: Option<&Memory>) -> Vec<Moved> {
    let pod = ["spec", "template", "spec"];
    let place = |list: &str| pod.iter().chain([&list]).fold(Place::ROOT, |place, field| place.part(Grain::Fields, field));
    let is_in = |object: &Node<'_>, list: &str, name: &str| {
        let list = object.at("spec.template.spec").map(|pod| pod.list_at(list)).unwrap_or_default();
        list.iter().any(|container| container.text_at("name") == name)
    };
    let mut moved = Vec::new();
    let [ordinary, init] = LISTS;
    for (from, to) in [(ordinary, init), (init, ordinary)] {
        let now: Vec<String> = flows
            .at("spec.template.spec")
            .map(|pod| pod.list_at(to))
            .unwrap_or_default()
            .iter()
            .map(|container| container.text_at("name").to_owned())
            .collect();
        for name in now {
            let [before, now] = [from, to].map(|list| place(list).part(Grain::Entries, &name));
            let was_there = memory.is_none_or(|memory| memory.value(before.part(Grain::Fields, "name")).is_some());
            if was_there && is_in(mine, from, &name) && !is_in(mine, to, &name) && !is_in(flows, from, &name) {
                move_container(mine, &name, from, to);
                moved.push(Moved { now, before });
            }
        }
    }
    moved
}

fn move_container(object: &mut Node<'_>, name: &str, from: &'static str, to: &'static str) {
    let pod = object.get_mut("spec").and_then(|spec| spec.get_mut("template")).and_then(|template| template.get_mut("spec"));
    let Some(pod) = pod else { return };
    let Some(Data::List(containers)) = pod.get_mut(from).map(|list| &mut list.data) else { return };
    let Some(index) = containers.iter().position(|container| container.text_at("name") == name) else { return };
    let container = containers.remove(index);
    if containers.is_empty() {
        pod.take(from);
    }
    match pod.get_mut(to).map(|list| &mut list.data) {
        Some(Data::List(containers)) => containers.push(container),
        _ => pod.set(to, vec![container].into()),
    }
}
