//! Fields of the JinaFlow that concern the Flow as a whole: `images.gateway`, `monitoring` and `namespace`.

use std::collections::BTreeSet;

use super::edit::Edit;
use super::proposal::{Choice, Proposal, path};
use super::rendered::{Rendered, RenderedObject};
use super::side::{Key, Match, Side, has_pods, string};
use crate::import::tree::empty;
use crate::plan::Role;
use crate::yaml::Node;

fn proposal(names: &[&str], value: Node<'static>, keys: Vec<Key>) -> Proposal {
    let shown = path(names);
    let places = keys.into_iter().map(|key| (key, shown.clone())).collect();
    let puts = vec![(names.iter().map(|name| (*name).to_owned()).collect(), value)];
    Proposal { choices: vec![Choice { puts, places }] }
}

/// `images.gateway`: the image of Jina itself, which heads run, and a gateway without an image of its own. If there is no head,
/// `gateway.image` is the better field.
pub fn own_image(sides: &[Side<'_>], rendered: &Rendered) -> Vec<Proposal> {
    let is_head = |object: &&RenderedObject| {
        let component = rendered.components.get(object.component);
        component.is_some_and(|component| component.role == Role::Head) && has_pods(object.node.text_at("kind"))
    };
    let head = rendered.objects.iter().find(is_head).and_then(|head| head.node.list_at("spec.template.spec.containers").first());
    let Some(own) = head.map(|container| container.text_at("image")) else { return Vec::new() };
    let found = sides.iter().flat_map(|side| side.of_pods("containers.[].image"));
    let found: Vec<Match<'_>> = found.filter(|found| found.old.is_some_and(|old| old.as_text() == Some(own))).collect();
    let images: BTreeSet<&str> = found.iter().filter_map(|found| found.new.and_then(string)).collect();
    let keys = found.into_iter().map(|found| found.key).collect();
    let proposal = |image: &str| proposal(&["images", "gateway"], image.to_owned().into(), keys);
    images.first().filter(|_| images.len() == 1).map(|image| proposal(image)).into_iter().collect()
}

/// `monitoring`: labels of all monitors, and the time between two scrapes.
pub fn monitoring(sides: &[Side<'_>], rendered: &Rendered) -> Vec<Proposal> {
    let is_monitor = |kind: &str| kind == "ServiceMonitor";
    let monitors = rendered.objects.iter().filter(|object| is_monitor(object.node.text_at("kind"))).count();
    let mut labels: Vec<(&str, &str, Vec<Key>)> = Vec::new();
    let mut intervals: Vec<(&str, Vec<Key>)> = Vec::new();
    for side in sides {
        for found in side.of_kind(is_monitor, "metadata.labels.*") {
            let (Some(name), Some(value)) = (found.names.first().copied(), found.new.and_then(string)) else { continue };
            match labels.iter_mut().find(|(known, of, _)| (*known, *of) == (name, value)) {
                Some((.., keys)) => keys.push(found.key),
                None => labels.push((name, value, vec![found.key])),
            }
        }
        for found in side.of_kind(is_monitor, "spec.endpoints") {
            let interval = found.new.and_then(Node::as_list).and_then(<[_]>::first).and_then(|endpoint| endpoint.get("interval"));
            let Some(interval) = interval.and_then(string) else { continue };
            match intervals.iter_mut().find(|(known, _)| *known == interval) {
                Some((_, keys)) => keys.push(found.key),
                None => intervals.push((interval, vec![found.key])),
            }
        }
    }
    let labels = labels.into_iter().filter(|(.., keys)| keys.len() == monitors);
    let labels = labels.map(|(name, value, keys)| proposal(&["monitoring", "labels", name], value.to_owned().into(), keys));
    let intervals = intervals.into_iter().filter(|(_, keys)| keys.len() == monitors);
    let intervals = intervals.map(|(value, keys)| proposal(&["monitoring", "interval"], value.to_owned().into(), keys));
    labels.chain(intervals).collect()
}

/// `namespace`: the Namespace of the objects, which the user has added.
pub fn namespace(added: &[&Edit], rendered: &Rendered) -> Vec<Proposal> {
    let name = rendered.objects.first().map(|object| object.node.text_at("metadata.namespace")).unwrap_or_default();
    let is_ours = |edit: &&&Edit| edit.object.0 == "Namespace" && edit.object.1 == name;
    let one = |edit: &&Edit| {
        let mut value = empty();
        for (field, path) in [("labels", "metadata.labels"), ("annotations", "metadata.annotations")] {
            if let Some(of) = edit.change.new.as_ref().and_then(|object| object.at(path)) {
                value.set(field, of.clone());
            }
        }
        proposal(&["namespace"], value, vec![(edit.object.clone(), edit.change.place.clone())])
    };
    added.iter().filter(is_ours).map(one).collect()
}
