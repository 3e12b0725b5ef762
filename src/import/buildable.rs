//! Whether a build of kustomize can have an object.

use super::tool_annotations::instruction;
use crate::yaml::{Node, Scalar};

/// The reason why a build cannot have an object, after the words "has". `is_generated` is whether a generator returns it.
pub fn obstacle(object: &Node<'_>, is_generated: bool) -> Option<String> {
    if object.as_map().is_none() || object.text_at("kind").is_empty() {
        return Some("no kind".to_owned());
    }
    if object.text_at("apiVersion").is_empty() {
        return Some("no apiVersion".to_owned());
    }
    if object.text_at("metadata.name").is_empty() {
        let is_generated = !object.text_at("metadata.generateName").is_empty();
        return Some(if is_generated { "a generateName and no name" } else { "no name" }.to_owned());
    }
    if let Some(annotation) = instruction(object, is_generated) {
        return Some(format!("the annotation {annotation}"));
    }
    if let Some(field) = is_generated.then(|| misshapen(object)).flatten() {
        return Some(format!("a string in `{field}`"));
    }
    let mut found = None;
    let _found = object.any_scalar(&mut |scalar: &Scalar<'_>| {
        found = scalar.text.chars().find(|character| is_refused(*character));
        found.is_some()
    });
    found.map(|character| format!("the character U+{:04X}", u32::from(character)))
}

/// Fields of pods, workloads and Services that are mappings or lists. A null is a field that is not set.
const NOT_STRINGS: [&str; 32] = [
    "metadata",
    "spec",
    "template",
    "strategy",
    "labels",
    "annotations",
    "selector",
    "matchLabels",
    "containers",
    "initContainers",
    "args",
    "command",
    "env",
    "envFrom",
    "valueFrom",
    "fieldRef",
    "configMapKeyRef",
    "secretKeyRef",
    "configMapRef",
    "secretRef",
    "configMap",
    "secret",
    "projected",
    "persistentVolumeClaim",
    "serviceAccountToken",
    "ports",
    "resources",
    "volumes",
    "volumeMounts",
    "securityContext",
    "imagePullSecrets",
    "tolerations",
];

/// Lists whose entries are mappings.
const OF_MAPPINGS: [&str; 6] = ["containers", "initContainers", "env", "envFrom", "volumes", "volumeMounts"];

/// Mappings whose keys users choose.
const OF_USERS: [&str; 5] = ["labels", "annotations", "matchLabels", "data", "nodeSelector"];

/// The first field that has a string instead of a mapping or list. kustomize follows names through these fields, and stops.
fn misshapen<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    if let Some(entries) = node.as_list() {
        return entries.iter().find_map(misshapen);
    }
    node.as_map()?.iter().find_map(|(key, value)| {
        let name = key.as_text()?;
        if value.as_text().is_some() {
            return (NOT_STRINGS.contains(&name) && !value.is_null()).then_some(name);
        }
        let has_string = |entries: &[Node<'_>]| entries.iter().any(|entry| entry.as_text().is_some());
        if OF_MAPPINGS.contains(&name) && value.as_list().is_some_and(has_string) {
            return Some(name);
        }
        if OF_USERS.contains(&name) || name == "selector" && value.at("matchLabels").is_none() { None } else { misshapen(value) }
    })
}

/// Whether kustomize stops with `control characters are not allowed`, because it writes each object as JSON, which escapes only the
/// characters before the space, and reads it as YAML. It makes a space of U+0085.
fn is_refused(character: char) -> bool {
    matches!(character, '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::read;

    #[test]
    fn obstacles_are_named() {
        for (text, is_generated, expected) in [
            ("{kind: A, apiVersion: v1, metadata: {name: a}, x: \"\\u0001\\u2028\\ufeff\"}", true, ""),
            ("replicas: 1", false, "no kind"),
            ("[a]", false, "no kind"),
            ("{kind: A, metadata: {name: a}}", false, "no apiVersion"),
            ("{kind: A, apiVersion: v1, metadata: {}}", false, "no name"),
            ("{kind: A, apiVersion: v1, metadata: {generateName: a-}}", false, "a generateName and no name"),
            ("{kind: A, apiVersion: v1, metadata: {name: a}, x: [{y: \"a\\u007f\"}]}", false, "the character U+007F"),
            ("{kind: A, apiVersion: v1, metadata: {name: a, labels: {env: x}}, spec: {selector: {env: x}, strategy: null}}", true, ""),
            ("{kind: A, apiVersion: v1, metadata: {name: a, labels: ''}}", true, "a string in `labels`"),
            ("{kind: A, apiVersion: v1, metadata: {name: a}, spec: {a: [{env: ''}]}}", true, "a string in `env`"),
            ("{kind: A, apiVersion: v1, metadata: {name: a}, spec: {a: [{env: ['']}]}}", true, "a string in `env`"),
            ("{kind: A, apiVersion: v1, metadata: {name: a}, spec: {a: [{env: ''}]}}", false, ""),
            (
                "{kind: A, apiVersion: v1, metadata: {name: a, annotations: {config.kubernetes.io/local-config: x}}}",
                false,
                "the annotation config.kubernetes.io/local-config",
            ),
            ("{kind: A, apiVersion: v1, metadata: {name: a, annotations: {config.kubernetes.io/local-config: 'false'}}}", true, ""),
            ("{kind: A, apiVersion: v1, metadata: {name: a, annotations: {kustomize.config.k8s.io/behavior: x}}}", false, ""),
            (
                "{kind: A, apiVersion: v1, metadata: {name: a, annotations: {kustomize.config.k8s.io/behavior: x}}}",
                true,
                "the annotation kustomize.config.k8s.io/behavior",
            ),
        ] {
            let node = read(text).ok().and_then(|document| document.root).map_or_else(|| "".into(), Node::into_owned);
            assert_eq!(obstacle(&node, is_generated).unwrap_or_default(), expected, "{text}");
        }
    }
}
