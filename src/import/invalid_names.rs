//! Renames objects whose names Kubernetes refuses.
//!
//! Jina adds executors with names such as `_aux_eval`, and exports objects with the name `-aux-eval`. No cluster has such objects.
//! jinaflow names them `aux-eval`.

use crate::manifests::labels::{NODE_LABEL, label_value};
use crate::yaml::{Data, Node};

/// The start of the names.
const WRONG: &str = "-aux-";

/// The start of the new names.
const RIGHT: &str = "aux-";

/// Renames objects, and changes the fields that name them. Returns the old names.
pub fn rename(objects: &mut [Node<'_>]) -> Vec<String> {
    let has_workload = |object: &&Node<'_>| object.get("spec").is_some_and(|spec| spec.get("template").is_some());
    let names = objects.iter().filter(has_workload).map(|object| object.text_at("metadata.name").to_owned());
    let wrong: Vec<String> = names.filter(|name| name.starts_with(WRONG)).collect();
    if !wrong.is_empty() {
        objects.iter_mut().for_each(rename_in);
    }
    objects.iter_mut().for_each(correct_label);
    wrong
}

/// Makes the name of an executor a valid value of the label that Jina gives its pods.
fn correct_label(object: &mut Node<'_>) {
    let template = object.get_mut("spec").and_then(|spec| spec.get_mut("template"));
    let labels = template.and_then(|template| template.get_mut("metadata")).and_then(|metadata| metadata.get_mut("labels"));
    let Some(label) = labels.and_then(|labels| labels.get_mut(NODE_LABEL)) else { return };
    if let Data::Scalar(scalar) = &mut label.data {
        scalar.text = label_value(&scalar.text).into_owned().into();
    }
}

fn rename_in(node: &mut Node<'_>) {
    match &mut node.data {
        Data::Map(pairs) => pairs.iter_mut().for_each(|(_, value)| rename_in(value)),
        Data::List(entries) => entries.iter_mut().for_each(rename_in),
        Data::Scalar(scalar) => {
            if let Some(rest) = scalar.text.strip_prefix(WRONG) {
                scalar.text = format!("{RIGHT}{rest}").into();
            }
            for before in ["/", "\""] {
                if scalar.text.contains(&format!("{before}{WRONG}")) {
                    scalar.text = scalar.text.replace(&format!("{before}{WRONG}"), &format!("{before}{RIGHT}")).into();
                }
            }
        }
    }
}
