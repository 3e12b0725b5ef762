//! The JSON Schema of a patch: a part of an object, in which nothing is required and `null` removes a field.

use super::json_schema::{null, object, strings, with};
use super::lists::DIRECTIVE;
use crate::yaml::{Data, Node};

/// Keywords whose entries are schemas by names that are not keywords.
const BY_NAME: [&str; 3] = ["properties", "patternProperties", "definitions"];

/// The schema of patches of objects with a schema.
pub fn of(schema: &Node<'static>) -> Node<'static> {
    let patch = form(schema);
    let description = "A part of a JinaFlow, which kustomize merges into it. Nothing is required, and `null` removes a field.";
    with_description(patch, description)
}

fn with_description(mut schema: Node<'static>, description: &str) -> Node<'static> {
    if let Some(text) = schema.get_mut("description") {
        *text = description.to_owned().into();
    }
    schema
}

fn form(schema: &Node<'static>) -> Node<'static> {
    let Some(fields) = schema.as_map() else { return schema.clone() };
    let mut out = Vec::new();
    for (key, value) in fields {
        let name = key.as_text().unwrap_or_default();
        let value = match name {
            // A name can be a directive.
            "required" | "propertyNames" => continue,
            "type" => or_null(value),
            "enum" => with_null(value),
            // `const` allows no second value.
            "const" => {
                out.push((Node::field("enum"), vec![value.clone(), null()].into()));
                continue;
            }
            "anyOf" | "allOf" => value.as_list().unwrap_or_default().iter().map(form).collect::<Vec<_>>().into(),
            name if BY_NAME.contains(&name) => by_name(name, value),
            "items" | "additionalProperties" => form(value),
            _ => value.clone(),
        };
        out.push((key.clone(), value));
    }
    Data::Map(out).into()
}

/// The schemas of fields, with the directive of strategic merge patches.
fn by_name(keyword: &str, schemas: &Node<'static>) -> Node<'static> {
    let forms = schemas.as_map().unwrap_or_default().iter().map(|(name, schema)| (name.clone(), form(schema)));
    let forms: Node<'static> = Data::Map(forms.collect()).into();
    let directive = || object([("enum", strings(["replace", "merge", "delete"]))]);
    if keyword == "properties" { with(forms, object([(DIRECTIVE, directive())])) } else { forms }
}

/// One type or several types, and null.
fn or_null(types: &Node<'static>) -> Node<'static> {
    match types.as_list() {
        Some(list) if list.iter().any(|name| name.as_text() == Some("null")) => types.clone(),
        Some(list) => list.iter().cloned().chain(["null".into()]).collect::<Vec<_>>().into(),
        None if types.as_text() == Some("null") => types.clone(),
        None => vec![types.clone(), "null".into()].into(),
    }
}

fn with_null(values: &Node<'static>) -> Node<'static> {
    let list = values.as_list().unwrap_or_default();
    if list.iter().any(Node::is_null) { values.clone() } else { list.iter().cloned().chain([null()]).collect::<Vec<_>>().into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::kubernetes_value;
    use serde_json::{from_str, json};

    #[test]
    fn nothing_is_required_and_null_is_allowed() {
        let schema = r#"{"description": "D.", "type": "object", "required": ["a"], "additionalProperties": false, "properties": {
            "a": {"const": "x"}, "b": {"enum": ["y"]}, "required": {"type": ["string"]}}}"#;
        let schema: Node<'_> = from_str(schema).unwrap();
        let directive = json!({"enum": ["replace", "merge", "delete"]});
        let expected = json!({
            "description": "D.", "type": ["object", "null"], "additionalProperties": false,
            "properties": {"a": {"enum": ["x", null]}, "b": {"enum": ["y", null]}, "required": {"type": ["string", "null"]}, "$patch": directive},
        });
        assert_eq!(kubernetes_value(&form(&schema)), expected);
    }
}
