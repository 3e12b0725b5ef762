//! `spec.patches`: JSON patches (RFC 6902) and merge patches (RFC 7386) of generated objects.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, CopyOperation, MoveOperation, PatchOperation, RemoveOperation, ReplaceOperation, TestOperation};
use serde_json::Value;

use super::Target;
use crate::config::scope::Patch;
use crate::finding::{Finding, Findings, Path};
use crate::plan::{Component, Role, Room};
use crate::yaml::{Node, kubernetes_value};

/// Applies the patches that are for an object; says which were, and why one could not be.
pub fn apply<'c>(object: Node<'c>, component: &Component, target: &Target<'c>, mut told: impl FnMut(usize, Option<String>)) -> Node<'c> {
    let mut patched: Option<Value> = None;
    for (place, patch) in target.scope.patches.iter().enumerate().filter(|(_, patch)| is_for(patch, &object, component)) {
        let value = patched.get_or_insert_with(|| kubernetes_value(&object));
        told(place, change(value, patch).err());
    }
    patched.and_then(|value| serde_json::from_value(value).ok()).unwrap_or(object)
}

fn change(value: &mut Value, patch: &Patch) -> Result<(), String> {
    if let Some(operations) = &patch.json {
        let operations = operations.as_list().ok_or("`json` must be a list of operations")?;
        for node in operations {
            let operation = operation(node)?;
            json_patch::patch(value, std::slice::from_ref(&operation)).map_err(|error| error.to_string())?;
            // An object that is copied into itself doubles each time.
            if matches!(operation, PatchOperation::Copy(_)) && weight(value) > MOST {
                return Err(format!("it comes to more than {} MB, which no API server takes", MOST >> 20));
            }
        }
    }
    if let Some(merge) = &patch.merge {
        json_patch::merge(value, &kubernetes_value(merge));
    }
    let is_object = value["kind"].is_string() && value["metadata"]["name"].is_string();
    if is_object { Ok(()) } else { Err("nothing is left that has a kind and a name".to_owned()) }
}

/// Bytes of an object that patches may make (etcd takes 1.5 MB).
const MOST: usize = 2 << 20;

/// What a value comes to, roughly.
fn weight(value: &Value) -> usize {
    8 + match value {
        Value::String(text) => text.len(),
        Value::Array(entries) => entries.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| name.len() + weight(value)).sum(),
        _ => 0,
    }
}

/// One operation of RFC 6902. Read by hand: what the crate derives for it is 14 kB.
fn operation(node: &Node<'_>) -> Result<PatchOperation, String> {
    let field = |name: &str| node.get(name).ok_or_else(|| format!("an operation has no `{name}`"));
    let pointer = |name: &str| PointerBuf::parse(field(name)?.shown()).map_err(|error| format!("`{name}` is no JSON pointer: {error}"));
    let op = field("op")?.shown();
    let path = pointer("path")?;
    Ok(match op.as_str() {
        "add" => PatchOperation::Add(AddOperation { path, value: kubernetes_value(field("value")?) }),
        "remove" => PatchOperation::Remove(RemoveOperation { path }),
        "replace" => PatchOperation::Replace(ReplaceOperation { path, value: kubernetes_value(field("value")?) }),
        "move" => PatchOperation::Move(MoveOperation { from: pointer("from")?, path }),
        "copy" => PatchOperation::Copy(CopyOperation { from: pointer("from")?, path }),
        "test" => PatchOperation::Test(TestOperation { path, value: kubernetes_value(field("value")?) }),
        _ => return Err(format!("`{op}` is no operation; use one of: add, remove, replace, move, copy, test")),
    })
}

fn is_for(patch: &Patch, object: &Node<'_>, component: &Component) -> bool {
    let role = match component.role {
        Role::Gateway => "gateway",
        Role::Head => "head",
        Role::Worker(_) => "worker",
    };
    let text = |node: Option<&Node<'_>>, wanted: &str| node.and_then(Node::as_text) == Some(wanted);
    patch.target.iter().all(|(field, wanted)| match field.as_str() {
        "executor" => component.node == *wanted,
        "role" => role == wanted,
        "component" => component.name == *wanted,
        "kind" => text(object.get("kind"), wanted),
        _ => text(object.get("metadata").and_then(|metadata| metadata.get("name")), wanted),
    })
}

/// Tries all patches on all objects, as long as there is room for what they make.
pub fn check(components: &[Component], target: &Target<'_>, room: &mut Room, findings: &mut Findings) {
    let patches = &target.scope.patches;
    if patches.is_empty() {
        return;
    }
    let spec = Path::root("spec.patches");
    let mut used = vec![false; patches.len()];
    let mut wrong = vec![false; patches.len()];
    for component in components {
        for object in super::unpatched(component, target) {
            let result = apply(object.node, component, target, |place, error| {
                used[place] = true;
                let Some(error) = error else { return };
                // The first object that it does not fit is enough.
                if !std::mem::replace(&mut wrong[place], true) {
                    let path = spec.key(&patches[place].name).to_string();
                    let finding = Finding::error(path, format!("does not fit the {} of `{}`: {error}", object.role, component.name));
                    findings.push(finding.mend("look at the object in the output without the patch"));
                }
            });
            if !room.take_bytes(result.weight()) {
                return;
            }
        }
    }
    for (patch, _) in patches.iter().zip(&used).filter(|(_, used)| !**used) {
        let finding = Finding::error(spec.key(&patch.name).key("target"), "is no object of this Flow");
        let wanted: Vec<String> = patch.target.iter().map(|(field, wanted)| format!("{field}: {wanted}")).collect();
        findings.push(finding.got(wanted.join(", ")).mend("look at kinds and names in the output without the patch"));
    }
    for patch in patches.iter().filter(|patch| patch.json.is_none() && patch.merge.is_none()) {
        findings.push(Finding::error(spec.key(&patch.name), "changes nothing").mend("write `json` or `merge` below it"));
    }
}
