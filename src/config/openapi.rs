//! The OpenAPI v3 form of a JSON Schema: a structural schema, as Kubernetes requires it in CustomResourceDefinitions
//! (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>).
//!
//! Structural schemas allow no references and only one type for each value. A reference is replaced by its definition. A
//! value of several types is left untyped, and the description lists the types. The description has the default too: a
//! tool that adds defaults to a config would stop executors from inheriting from their Flow.

use super::json_schema::{boolean, mapping, object, of_type};
use crate::yaml::Node;

/// The structural form of a schema with `definitions`.
pub fn structural<'t>(schema: &Node<'t>) -> Node<'t> {
    let mut root = form(schema, schema);
    // Kubernetes validates `metadata`, and the schema of `metadata` may contain only its type.
    if let Some(metadata) = root.get_mut("properties").and_then(|properties| properties.get_mut("metadata")) {
        *metadata = of_type("object");
    }
    root
}

/// The keywords of a schema, of its references and of its alternatives.
#[derive(Default)]
struct Keywords<'s, 't> {
    description: Option<&'s Node<'t>>,
    default: Option<&'s Node<'t>>,
    /// The types of all alternatives.
    types: Vec<&'s str>,
    values: Vec<Node<'t>>,
    pattern: Option<&'s Node<'t>>,
    minimum: Option<&'s Node<'t>>,
    maximum: Option<&'s Node<'t>>,
    required: Option<&'s Node<'t>>,
    properties: Vec<(&'s Node<'t>, &'s Node<'t>)>,
    other_properties: Option<&'s Node<'t>>,
    /// Whether there are more fields, which a structural schema cannot describe by a pattern.
    is_open: bool,
    items: Option<&'s Node<'t>>,
}

impl<'s, 't> Keywords<'s, 't> {
    fn collect(&mut self, schema: &'s Node<'t>, root: &'s Node<'t>) {
        for (key, value) in schema.as_map().unwrap_or_default() {
            match key.as_text().unwrap_or_default() {
                "$ref" => {
                    let mut steps = value.as_text().unwrap_or_default().split('/').skip(1);
                    if let Some(definition) = steps.try_fold(root, |node, step| node.get(step)) {
                        self.collect(definition, root);
                    }
                }
                "anyOf" => value.as_list().unwrap_or_default().iter().for_each(|one| self.collect(one, root)),
                "type" => match value.as_list() {
                    Some(types) => self.types.extend(types.iter().filter_map(Node::as_text)),
                    None => self.types.extend(value.as_text()),
                },
                "const" => {
                    self.types.push("string");
                    self.values.push(value.clone());
                }
                "enum" => {
                    let values = value.as_list().unwrap_or_default();
                    self.types.push("string");
                    self.types.extend(values.iter().any(Node::is_null).then_some("null"));
                    self.values.extend(values.iter().filter(|value| !value.is_null()).cloned());
                }
                "description" => self.description = self.description.or(Some(value)),
                "default" => self.default = Some(value),
                "pattern" => self.pattern = Some(value),
                "minimum" => self.minimum = Some(value),
                "maximum" => self.maximum = Some(value),
                "required" => self.required = Some(value),
                "properties" => {
                    for (name, property) in value.as_map().unwrap_or_default() {
                        if !self.properties.iter().any(|(known, _)| known.as_text() == name.as_text()) {
                            self.properties.push((name, property));
                        }
                    }
                }
                "additionalProperties" => self.other_properties = Some(value),
                "patternProperties" => self.is_open = true,
                "items" => self.items = Some(value),
                _ => {}
            }
        }
    }

    fn description(&self) -> Option<Node<'t>> {
        let mut text = self.description?.as_text()?.to_owned();
        let mut append = |title: &str, items: &[&str]| {
            if !items.is_empty() {
                text.push_str(&format!(" {title}: {}.", items.join(", ")));
            }
        };
        if !self.has_enum() {
            let values: Vec<&str> = self.values.iter().filter_map(Node::as_text).collect();
            let types: Vec<&str> = self.types.iter().copied().filter(|name| values.is_empty() && *name != "null").collect();
            append("One of", &values);
            append("Types", if self.only_type().is_none() { &types } else { &[] });
        }
        append("Default", self.default.and_then(Node::as_text).as_slice());
        Some(text.into())
    }

    /// Whether the allowed values can be an `enum`. An API server refuses null even if the `enum` contains null
    /// (`validateEnum` of kube-openapi).
    fn has_enum(&self) -> bool {
        self.only_type().is_some() && !self.values.is_empty() && !self.types.contains(&"null")
    }

    /// The type, if there is only one apart from null.
    fn only_type(&self) -> Option<&'s str> {
        let mut types = self.types.iter().copied().filter(|name| *name != "null");
        let first = types.next()?;
        types.all(|other| other == first).then_some(first)
    }
}

fn form<'t>(schema: &Node<'t>, root: &Node<'t>) -> Node<'t> {
    let mut keywords = Keywords::default();
    keywords.collect(schema, root);
    let only = keywords.only_type();
    let mut fields: Vec<(&'static str, Node<'t>)> = Vec::new();
    fields.extend(keywords.description().map(|text| ("description", text)));
    if let Some(name) = only {
        fields.push(("type", name.to_owned().into()));
        fields.extend(keywords.types.contains(&"null").then(|| ("nullable", boolean(true))));
        fields.extend(keywords.has_enum().then(|| ("enum", std::mem::take(&mut keywords.values).into())));
        let limits = [("pattern", keywords.pattern), ("minimum", keywords.minimum), ("maximum", keywords.maximum)];
        fields.extend(limits.into_iter().filter_map(|(name, limit)| Some((name, limit?.clone()))));
    }
    // If several alternatives are objects, a field that one alternative requires may be missing in another.
    if keywords.types.iter().filter(|name| **name == "object").count() == 1 {
        fields.extend(keywords.required.map(|names| ("required", names.clone())));
    }
    fields.extend(keywords.items.map(|items| ("items", form(items, root))));
    let others = keywords.other_properties.filter(|others| others.as_map().is_some());
    fields.extend(others.map(|others| ("additionalProperties", form(others, root))));
    if only.is_none() || (only == Some("object") && (keywords.other_properties.is_none() || keywords.is_open)) {
        fields.push(("x-kubernetes-preserve-unknown-fields", boolean(true)));
    }
    if !keywords.properties.is_empty() {
        let properties = keywords.properties.iter().map(|(name, property)| ((*name).clone(), form(property, root)));
        fields.push(("properties", mapping(properties)));
    }
    object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::kubernetes_value;
    use serde_json::{Value, from_str, json};

    fn structural_value(schema: &str) -> Value {
        from_str::<Node<'_>>(schema).map(|schema| kubernetes_value(&structural(&schema))).unwrap_or_default()
    }

    #[test]
    fn references_and_alternatives_become_one_schema() {
        let schema = r##"{"anyOf": [{"$ref": "#/definitions/a"}, {"$ref": "#/definitions/b"}, {"type": "null"}], "definitions": {
            "a": {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}, "y": {"const": "k"}}},
            "b": {"type": "object", "properties": {"x": {"type": "integer"}, "z": {"$ref": "#/definitions/c"}}},
            "c": {"type": ["array", "null"], "items": {"enum": ["p", "q", null]}}}}"##;
        let expected = json!({
            "type": "object",
            "nullable": true,
            "x-kubernetes-preserve-unknown-fields": true,
            "properties": {
                "x": {"type": "string"},
                "y": {"type": "string", "enum": ["k"]},
                "z": {"type": "array", "nullable": true, "items": {"type": "string", "nullable": true}},
            },
        });
        assert_eq!(structural_value(schema), expected);
    }

    #[test]
    fn a_value_of_several_types_is_untyped_and_its_description_lists_the_types() {
        let open = |text: &str| json!({"description": text, "x-kubernetes-preserve-unknown-fields": true});
        let schema = r#"{"description": "D.", "type": ["integer", "string", "null"], "default": 1}"#;
        assert_eq!(structural_value(schema), open("D. Types: integer, string. Default: 1."));
        let schema = r#"{"description": "D.", "anyOf": [{"enum": ["A", "a"]}, {"type": ["string", "array"]}]}"#;
        assert_eq!(structural_value(schema), open("D. One of: A, a."));
        assert_eq!(structural_value(r#"{"description": "D."}"#), open("D."));
        // A string, or a mapping with a required field.
        let schema = r#"{"anyOf": [{"type": "string"}, {"type": "object", "required": ["x"]}]}"#;
        assert_eq!(structural_value(schema), json!({"required": ["x"], "x-kubernetes-preserve-unknown-fields": true}));
    }

    #[test]
    fn a_closed_object_is_pruned_and_metadata_is_left_to_kubernetes() {
        let schema = r#"{"type": "object", "additionalProperties": false, "properties": {
            "metadata": {"type": "object", "required": ["name"]}, "labels": {"type": "object", "additionalProperties": {"type": "string"}}}}"#;
        let labels = json!({"type": "object", "additionalProperties": {"type": "string"}});
        assert_eq!(structural_value(schema), json!({"type": "object", "properties": {"metadata": {"type": "object"}, "labels": labels}}));
    }
}
