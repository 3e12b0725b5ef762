//! Removes what an API server has added to an object of an export, before the object is adopted.

use crate::import::live;
use crate::yaml::Node;

/// Removes what a server has added to an object. `jinas` is the object that Jina exports.
pub fn strip(object: &mut Node<'_>, jinas: &Node<'_>) {
    if live::is_live(object) {
        // A user may have made a Service headless.
        let headless = object.at("spec.clusterIP").filter(|address| address.as_text() == Some("None")).cloned();
        live::strip(object);
        let kind = object.text_at("kind").to_owned();
        live::without_defaults(object, Some(jinas), &kind);
        if let (Some(address), Some(spec)) = (headless, object.get_mut("spec")) {
            spec.set("clusterIP", address);
        }
        return;
    }
    // Clients write some of these fields too, such as `kubectl create --dry-run`.
    let mut bare = object.clone();
    live::strip(&mut bare);
    object.take("status");
    set_metadata(object, bare.get("metadata"));
    if let Some(template) = object.get_mut("spec").and_then(|spec| spec.get_mut("template")) {
        set_metadata(template, bare.at("spec.template.metadata"));
    }
}

/// Replaces the metadata of an object or a template, unless a user has left it without annotations.
fn set_metadata<'t>(object: &mut Node<'t>, bare: Option<&Node<'t>>) {
    let is_empty = object.at("metadata.annotations").and_then(Node::as_map).is_some_and(<[_]>::is_empty);
    if let Some(metadata) = bare.filter(|_| !is_empty) {
        object.set("metadata", metadata.clone());
    }
}
