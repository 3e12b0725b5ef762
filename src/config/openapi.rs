//! The OpenAPI v3 form of a JSON Schema: a structural schema, the one kind that Kubernetes takes in definitions of its own
//! (<https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema>).
//!
//! It has no references, so that what they name stands in their place, and one type for a value or none, so that what may
//! be several things is left open and its types are words. So are defaults: what a tool fills in by them, an executor
//! would no longer inherit from its Flow.

use crate::yaml::{Data, Node};

/// The structural form of a schema with its `definitions`.
pub fn structural<'t>(schema: &Node<'t>) -> Node<'t> {
    let mut root = form(schema, schema);
    // Kubernetes adds what it knows of `metadata` itself, and refuses any other word about it.
    if let Some(metadata) = root.get_mut("properties").and_then(|properties| properties.get_mut("metadata")) {
        *metadata = map(vec![("type", Node::field("object"))]);
    }
    root
}

fn map<'t>(fields: Vec<(&'static str, Node<'t>)>) -> Node<'t> {
    Data::Map(fields.into_iter().map(|(name, value)| (Node::field(name), value)).collect()).into()
}

/// What a schema says, with what its references and alternatives say.
#[derive(Default)]
struct Said<'s, 't> {
    description: Option<&'s Node<'t>>,
    default: Option<&'s Node<'t>>,
    /// One for each alternative.
    types: Vec<&'s str>,
    words: Vec<Node<'t>>,
    pattern: Option<&'s Node<'t>>,
    required: Option<&'s Node<'t>>,
    properties: Vec<(&'s Node<'t>, &'s Node<'t>)>,
    others: Option<&'s Node<'t>>,
    items: Option<&'s Node<'t>>,
}

impl<'s, 't> Said<'s, 't> {
    fn listen(&mut self, schema: &'s Node<'t>, root: &'s Node<'t>) {
        for (key, value) in schema.as_map().unwrap_or_default() {
            match key.as_text().unwrap_or_default() {
                "$ref" => {
                    let mut steps = value.as_text().unwrap_or_default().split('/').skip(1);
                    if let Some(named) = steps.try_fold(root, |node, step| node.get(step)) {
                        self.listen(named, root);
                    }
                }
                "anyOf" => value.as_list().unwrap_or_default().iter().for_each(|one| self.listen(one, root)),
                "type" => match value.as_list() {
                    Some(types) => self.types.extend(types.iter().filter_map(Node::as_text)),
                    None => self.types.extend(value.as_text()),
                },
                "const" => {
                    self.types.push("string");
                    self.words.push(value.clone());
                }
                "enum" => {
                    let words = value.as_list().unwrap_or_default();
                    self.types.push("string");
                    self.types.extend(words.iter().any(Node::is_null).then_some("null"));
                    self.words.extend(words.iter().filter(|word| !word.is_null()).cloned());
                }
                "description" => self.description = self.description.or(Some(value)),
                "default" => self.default = Some(value),
                "pattern" => self.pattern = Some(value),
                "required" => self.required = Some(value),
                "properties" => {
                    for (name, property) in value.as_map().unwrap_or_default() {
                        if !self.properties.iter().any(|(known, _)| known.as_text() == name.as_text()) {
                            self.properties.push((name, property));
                        }
                    }
                }
                "additionalProperties" => self.others = Some(value),
                "items" => self.items = Some(value),
                _ => {}
            }
        }
    }

    fn description(&self) -> Option<Node<'t>> {
        let mut text = self.description?.as_text()?.to_owned();
        let mut say = |word: &str, what: &[&str]| {
            if !what.is_empty() {
                text.push_str(&format!(" {word}: {}.", what.join(", ")));
            }
        };
        if !self.has_enum() {
            let words: Vec<&str> = self.words.iter().filter_map(Node::as_text).collect();
            let types: Vec<&str> = self.types.iter().copied().filter(|name| words.is_empty() && *name != "null").collect();
            say("One of", &words);
            say("Types", if self.only_type().is_none() { &types } else { &[] });
        }
        say("Default", self.default.and_then(Node::as_text).as_slice());
        Some(text.into())
    }

    /// Whether an API server can be told the words. It takes null for none of them, even where null is among them
    /// (`validateEnum` of kube-openapi).
    fn has_enum(&self) -> bool {
        self.only_type().is_some() && !self.words.is_empty() && !self.types.contains(&"null")
    }

    /// The one type that it may have beside null.
    fn only_type(&self) -> Option<&'s str> {
        let mut types = self.types.iter().copied().filter(|name| *name != "null");
        let first = types.next()?;
        types.all(|other| other == first).then_some(first)
    }
}

fn form<'t>(schema: &Node<'t>, root: &Node<'t>) -> Node<'t> {
    let mut said = Said::default();
    said.listen(schema, root);
    let yes = || Node::field("true");
    let only = said.only_type();
    let mut fields: Vec<(&'static str, Node<'t>)> = Vec::new();
    fields.extend(said.description().map(|text| ("description", text)));
    if let Some(name) = only {
        fields.push(("type", name.to_owned().into()));
        fields.extend(said.types.contains(&"null").then(|| ("nullable", yes())));
        fields.extend(said.has_enum().then(|| ("enum", std::mem::take(&mut said.words).into())));
        fields.extend(said.pattern.map(|pattern| ("pattern", pattern.clone())));
    }
    // What one alternative asks for is not asked for by another.
    if said.types.iter().filter(|name| **name == "object").count() == 1 {
        fields.extend(said.required.map(|names| ("required", names.clone())));
    }
    fields.extend(said.items.map(|items| ("items", form(items, root))));
    let others = said.others.filter(|others| others.as_map().is_some());
    fields.extend(others.map(|others| ("additionalProperties", form(others, root))));
    if only.is_none() || (only == Some("object") && said.others.is_none()) {
        fields.push(("x-kubernetes-preserve-unknown-fields", yes()));
    }
    if !said.properties.is_empty() {
        let properties = said.properties.iter().map(|(name, property)| ((*name).clone(), form(property, root)));
        fields.push(("properties", Data::Map(properties.collect()).into()));
    }
    map(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::kubernetes_value;
    use serde_json::{Value, from_str, json};

    fn told(schema: &str) -> Value {
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
        assert_eq!(told(schema), expected);
    }

    #[test]
    fn what_may_be_several_things_is_open_and_says_what() {
        let open = |text: &str| json!({"description": text, "x-kubernetes-preserve-unknown-fields": true});
        let schema = r#"{"description": "D.", "type": ["integer", "string", "null"], "default": 1}"#;
        assert_eq!(told(schema), open("D. Types: integer, string. Default: 1."));
        let schema = r#"{"description": "D.", "anyOf": [{"enum": ["A", "a"]}, {"type": ["string", "array"]}]}"#;
        assert_eq!(told(schema), open("D. One of: A, a."));
        assert_eq!(told(r#"{"description": "D."}"#), open("D."));
        // A text, or a mapping that must have a field.
        let schema = r#"{"anyOf": [{"type": "string"}, {"type": "object", "required": ["x"]}]}"#;
        assert_eq!(told(schema), json!({"required": ["x"], "x-kubernetes-preserve-unknown-fields": true}));
    }

    #[test]
    fn a_closed_object_is_pruned_and_metadata_is_left_to_kubernetes() {
        let schema = r#"{"type": "object", "additionalProperties": false, "properties": {
            "metadata": {"type": "object", "required": ["name"]}, "texts": {"type": "object", "additionalProperties": {"type": "string"}}}}"#;
        let texts = json!({"type": "object", "additionalProperties": {"type": "string"}});
        assert_eq!(told(schema), json!({"type": "object", "properties": {"metadata": {"type": "object"}, "texts": texts}}));
    }
}
