//! `results` of a `ResourceList` (Functions Spec v1).

use crate::finding::Finding;
use crate::krm::meta::Meta;
use crate::yaml::{Data, Node};

/// Creates an entry of `results` from a finding about an object, or about the whole list.
pub fn result<'n>(finding: &Finding, subject: Option<&Meta>) -> Node<'n> {
    result_with_objects(finding, subject, None)
}

/// Creates an entry of `results` about several objects, which the tag `objects` lists.
pub fn result_with_objects<'n>(finding: &Finding, subject: Option<&Meta>, objects: Option<&str>) -> Node<'n> {
    let subject = subject.filter(|meta| !meta.kind.is_empty() && !meta.name.is_empty());
    let mut message = finding.to_string();
    for line in finding.block.as_deref().unwrap_or_default().lines() {
        message.push('\n');
        message.push_str(line);
    }
    let mut fields = vec![("message", message.into()), ("severity", finding.severity.as_str().into())];
    if let Some(meta) = subject {
        fields.push(("resourceRef", resource_ref(meta)));
        // `field` is not allowed without `resourceRef`.
        if !finding.path.is_empty() {
            fields.push(("field", field(finding)));
        }
        fields.extend(meta.path().map(|path| ("file", file(path, meta.index()))));
    }
    // `tags` are for the program that reads the results (`sigs.k8s.io/kustomize/kyaml/fn/framework.Result`).
    let objects = objects.map(|objects| ("objects", objects.to_owned().into()));
    fields.push(("tags", mapping(std::iter::once(("code", finding.code.name().into())).chain(objects).collect())));
    mapping(fields)
}

fn resource_ref(meta: &Meta) -> Node<'static> {
    let mut fields: Vec<(&str, Node<'_>)> =
        vec![("apiVersion", meta.api_version.clone().into()), ("kind", meta.kind.clone().into()), ("name", meta.name.clone().into())];
    if !meta.namespace.is_empty() {
        fields.push(("namespace", meta.namespace.clone().into()));
    }
    mapping(fields)
}

fn field(finding: &Finding) -> Node<'static> {
    let values = [("currentValue", &finding.got), ("proposedValue", &finding.proposed)];
    let values = values.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?.to_owned().into())));
    mapping(std::iter::once(("path", finding.path.to_string().into())).chain(values).collect())
}

fn file(path: &str, index: Option<i64>) -> Node<'static> {
    let index = index.map(|index| ("index", Node::plain(index.to_string())));
    mapping(std::iter::once(("path", path.to_owned().into())).chain(index).collect())
}

fn mapping(fields: Vec<(&'static str, Node<'static>)>) -> Node<'static> {
    Data::Map(fields.into_iter().map(|(name, value)| (Node::field(name), value)).collect()).into()
}
