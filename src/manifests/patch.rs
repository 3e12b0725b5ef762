//! `spec.patches`: JSON patches (RFC 6902) and merge patches (RFC 7386) of generated objects.

use std::cell::Cell;

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, CopyOperation, MoveOperation, PatchOperation, RemoveOperation, ReplaceOperation, TestOperation};
use serde_json::Value;

use super::Target;
use crate::config::scope::Patch;
use crate::finding::{Finding, Findings, Path};
use crate::plan::{Component, Role};
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
        let operations = operations.iter().map(operation).collect::<Result<Vec<_>, _>>()?;
        json_patch::patch(value, &operations).map_err(|error| error.to_string())?;
    }
    if let Some(merge) = &patch.merge {
        json_patch::merge(value, &kubernetes_value(merge));
    }
    let is_object = value["kind"].is_string() && value["metadata"]["name"].is_string();
    if is_object { Ok(()) } else { Err("nothing is left that has a kind and a name".to_owned()) }
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

/// Tries all patches on all objects.
pub fn check(components: &[Component], target: &Target<'_>, findings: &mut Findings) {
    let patches = &target.scope.patches;
    if patches.is_empty() {
        return;
    }
    let spec = Path::root("spec.patches");
    let used: Vec<Cell<bool>> = patches.iter().map(|_| Cell::new(false)).collect();
    for component in components {
        for object in super::unpatched(component, target) {
            apply(object.node, component, target, |place, wrong| {
                used[place].set(true);
                if let Some(wrong) = wrong {
                    let path = spec.key(&patches[place].name).to_string();
                    let finding = Finding::error(path, format!("does not fit the {} of `{}`: {wrong}", object.role, component.name));
                    findings.push_once(finding.mend("look at the object in the output without the patch"));
                }
            });
        }
    }
    for (patch, _) in patches.iter().zip(&used).filter(|(_, used)| !used.get()) {
        let finding = Finding::error(spec.key(&patch.name).key("target"), "is no object of this Flow");
        let wanted: Vec<String> = patch.target.iter().map(|(field, wanted)| format!("{field}: {wanted}")).collect();
        findings.push(finding.got(wanted.join(", ")).mend("look at kinds and names in the output without the patch"));
    }
    for patch in patches.iter().filter(|patch| patch.json.is_none() && patch.merge.is_none()) {
        findings.push(Finding::error(spec.key(&patch.name), "changes nothing").mend("write `json` or `merge` below it"));
    }
}
