//! One patch of `spec.patches`: operations of a JSON patch (RFC 6902), a JSON merge patch (RFC 7386) or a strategic merge patch.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, CopyOperation, MoveOperation, PatchOperation, RemoveOperation, ReplaceOperation, TestOperation};
use serde_json::Value;

use crate::config::lists;
use crate::config::scope::Patch;
use crate::yaml::{Node, kubernetes_value};

/// The most bytes of an object after an operation copies a part of the object (etcd takes 1.5 MB).
const MOST: usize = 2 << 20;

/// Applies a patch to an object. The error is a clause. After an error the object may be changed in part.
pub fn apply(object: &mut Node<'_>, patch: &Patch) -> Result<(), String> {
    if patch.json.is_some() || patch.json_merge.is_some() {
        let mut value = kubernetes_value(object);
        if let Some(operations) = &patch.json {
            operate(&mut value, operations)?;
        }
        if let Some(merge) = &patch.json_merge {
            json_patch::merge(&mut value, &kubernetes_value(merge));
        }
        *object = serde_json::from_value(value).map_err(|error| error.to_string())?;
    }
    if let Some(merge) = &patch.merge {
        lists::merge("", object, merge.clone());
    }
    let is_string = |node: Option<&Node<'_>>| node.is_some_and(|node| node.as_text().is_some() && !node.is_null());
    let is_object = is_string(object.get("kind")) && is_string(object.at("metadata.name"));
    if is_object { Ok(()) } else { Err("the result has no kind or no name".to_owned()) }
}

fn operate(value: &mut Value, operations: &Node<'_>) -> Result<(), String> {
    let operations = operations.as_list().ok_or("`json` must be a list of operations")?;
    for node in operations {
        let operation = operation(node)?;
        json_patch::patch(value, std::slice::from_ref(&operation)).map_err(|error| error.to_string())?;
        // An object that is copied into itself doubles its size each time.
        if matches!(operation, PatchOperation::Copy(_)) && weight(value) > MOST {
            return Err(format!("the result is larger than {} MB, and an API server does not accept it", MOST >> 20));
        }
    }
    Ok(())
}

/// The approximate size of a value in bytes.
fn weight(value: &Value) -> usize {
    8 + match value {
        Value::String(text) => text.len(),
        Value::Array(entries) => entries.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + weight(value)).sum(),
        _ => 0,
    }
}

/// An operation of RFC 6902.
fn operation(node: &Node<'_>) -> Result<PatchOperation, String> {
    let field = |name: &str| node.get(name).ok_or_else(|| format!("an operation has no `{name}`"));
    let pointer = |name: &str| PointerBuf::parse(field(name)?.shown()).map_err(|error| format!("`{name}` is not a JSON pointer: {error}"));
    let op = field("op")?.shown();
    let path = pointer("path")?;
    Ok(match op.as_str() {
        "add" => PatchOperation::Add(AddOperation { path, value: kubernetes_value(field("value")?) }),
        "remove" => PatchOperation::Remove(RemoveOperation { path }),
        "replace" => PatchOperation::Replace(ReplaceOperation { path, value: kubernetes_value(field("value")?) }),
        "move" => PatchOperation::Move(MoveOperation { from: pointer("from")?, path }),
        "copy" => PatchOperation::Copy(CopyOperation { from: pointer("from")?, path }),
        "test" => PatchOperation::Test(TestOperation { path, value: kubernetes_value(field("value")?) }),
        _ => return Err(format!("`{op}` is not an operation; use one of: add, remove, replace, move, copy, test")),
    })
}
