//! `spec.patches`: patches of generated objects, by the operations of a JSON patch (RFC 6902), a JSON merge patch (RFC 7386)
//! or a strategic merge patch.

use json_patch::jsonptr::PointerBuf;
use json_patch::{AddOperation, CopyOperation, MoveOperation, PatchOperation, RemoveOperation, ReplaceOperation, TestOperation};
use serde_json::Value;

use super::{Object, Target};
use crate::config::lists;
use crate::config::scope::Patch;
use crate::finding::{Finding, Findings, Path};
use crate::plan::{Budget, Component, Role};
use crate::yaml::{Node, kubernetes_value};

/// Applies the patches that are for an object. That each of them can be has been checked by [`check`].
pub fn apply<'c>(mut object: Node<'c>, component: &Component, target: &Target<'c>) -> Node<'c> {
    for patch in &target.scope.patches {
        if is_for(patch, &object, component) {
            // Where it does not fit, the Flow is not emitted.
            let _ = change(&mut object, patch);
        }
    }
    object
}

fn change(object: &mut Node<'_>, patch: &Patch) -> Result<(), String> {
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
    let is_text = |node: Option<&Node<'_>>| node.is_some_and(|node| node.as_text().is_some() && !node.is_null());
    let is_object = is_text(object.get("kind")) && is_text(object.get("metadata").and_then(|metadata| metadata.get("name")));
    if is_object { Ok(()) } else { Err("nothing is left that has a kind and a name".to_owned()) }
}

fn operate(value: &mut Value, operations: &Node<'_>) -> Result<(), String> {
    let operations = operations.as_list().ok_or("`json` must be a list of operations")?;
    for node in operations {
        let operation = operation(node)?;
        json_patch::patch(value, std::slice::from_ref(&operation)).map_err(|error| error.to_string())?;
        // An object that is copied into itself doubles each time.
        if matches!(operation, PatchOperation::Copy(_)) && weight(value) > MOST {
            return Err(format!("it comes to more than {} MB, which no API server takes", MOST >> 20));
        }
    }
    Ok(())
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

/// What has become of a patch.
#[derive(Clone, Copy, Default)]
struct Use {
    /// Whether there is an object that it is for.
    is_for_some: bool,
    /// Whether it changes anything.
    changes: bool,
    /// Whether something is wrong with it: the first object that it does not fit is enough.
    is_wrong: bool,
}

/// Tries all patches on all objects, as long as there is room for what they make.
pub fn check(components: &[Component], target: &Target<'_>, budget: &mut Budget, findings: &mut Findings) {
    let patches = &target.scope.patches;
    let spec = Path::root("spec.patches");
    let mut uses = vec![Use::default(); patches.len()];
    for component in components {
        if patches.is_empty() && component.workload.pod_template.is_none() {
            continue;
        }
        for Object { role, node: mut object } in super::unpatched(component, target) {
            if let Some(lost) = lost_container(&object, component) {
                let path = format!("spec.{}.podTemplate", entry_of(component));
                findings.push(lost.finding(path, &role, component));
            }
            for (patch, used) in patches.iter().zip(&mut uses) {
                if !is_for(patch, &object, component) {
                    continue;
                }
                used.is_for_some = true;
                let (before_it, before) = (lost_container(&object, component), kubernetes_value(&object));
                let path = spec.key(&patch.name).to_string();
                let wrong = match change(&mut object, patch) {
                    Err(error) => {
                        let finding = Finding::error(path, format!("does not fit the {role} of `{}`: {error}", component.name));
                        Some(finding.fix("look at the object in the output without the patch"))
                    }
                    // The next render would not know it again, and add another.
                    Ok(()) if object.get("kind").and_then(Node::as_text) != before["kind"].as_str() => {
                        let finding = Finding::error(path, format!("makes the {role} of `{}` another kind", component.name));
                        let kind = object.get("kind").map(Node::shown).unwrap_or_default();
                        Some(finding.got(kind).fix("remove `kind`: a patch changes fields of an object"))
                    }
                    Ok(()) => {
                        let lost = lost_container(&object, component).filter(|lost| before_it.as_ref() != Some(lost));
                        lost.map(|lost| lost.finding(path, &role, component))
                    }
                };
                used.changes |= wrong.is_some() || kubernetes_value(&object) != before;
                if let Some(finding) = wrong.filter(|_| !used.is_wrong) {
                    used.is_wrong = true;
                    findings.push(finding);
                }
            }
            if !budget.take_bytes(object.weight()) {
                return;
            }
        }
    }
    for (patch, used) in patches.iter().zip(uses) {
        let path = spec.key(&patch.name);
        if patch.json.is_none() && patch.json_merge.is_none() && patch.merge.is_none() {
            findings.push(Finding::error(path, "changes nothing").fix("write `merge`, `json` or `jsonMergePatch` below it"));
        } else if !used.is_for_some {
            let finding = Finding::error(path.key("target"), "is no object of this Flow");
            let wanted: Vec<String> = patch.target.iter().map(|(field, wanted)| format!("{field}: {wanted}")).collect();
            findings.push(finding.got(wanted.join(", ")).fix("look at kinds and names in the output without the patch"));
        } else if !used.changes {
            let finding = Finding::warning(path, "changes nothing: the objects are like that without it");
            findings.push(finding.fix("remove it, or look at the object in the output without the patch"));
        }
    }
}

/// What no pod can run with.
#[derive(Debug, PartialEq, Eq)]
enum Lost {
    /// A container that runs Jina is gone.
    Container(String),
    /// A container that runs Jina has no such field any more.
    Field(String, &'static str),
    /// A container that somebody has added has no image.
    Image(String),
}

impl Lost {
    fn finding(self, path: String, role: &str, component: &Component) -> Finding {
        let of = format!("the {role} of `{}`", component.name);
        let keeps = "write `merge`, which keeps what it does not name";
        match self {
            Lost::Container(name) => Finding::error(path, format!("takes the container `{name}`, which runs Jina, out of {of}")).fix(keeps),
            Lost::Field(name, field) => {
                Finding::error(path, format!("takes `{field}` from the container `{name}`, which runs Jina, in {of}")).fix(keeps)
            }
            Lost::Image(name) => {
                let ours: Vec<&str> = component.containers.iter().map(|container| container.process.name()).collect();
                let finding = Finding::error(path, format!("adds the container `{name}` without an image to {of}"));
                finding.fix(format!("add its `image`, or write the name of a container that is there: {}", ours.join(", ")))
            }
        }
    }
}

/// What is missing in the containers of a workload.
fn lost_container(object: &Node<'_>, component: &Component) -> Option<Lost> {
    let kind = object.get("kind").and_then(Node::as_text)?;
    if !["Deployment", "StatefulSet"].contains(&kind) {
        return None;
    }
    let pod = ["spec", "template", "spec"].iter().try_fold(object, |node, field| node.get(field));
    let list = |field: &str| pod.and_then(|pod| pod.get(field)).and_then(Node::as_list).unwrap_or_default();
    let name = |container: &Node<'_>| container.get("name").and_then(Node::as_text).unwrap_or_default().to_owned();
    let is_there = |container: &Node<'_>, field: &str| container.get(field).is_some_and(|value| !value.is_null());
    for process in component.containers.iter().map(|container| container.process.name()) {
        let Some(container) = list("containers").iter().find(|container| name(container) == process) else {
            return Some(Lost::Container(process.to_owned()));
        };
        if let Some(field) = ["image", "args"].into_iter().find(|field| !is_there(container, field)) {
            return Some(Lost::Field(process.to_owned(), field));
        }
    }
    let added = list("containers").iter().chain(list("initContainers")).find(|container| !is_there(container, "image"))?;
    Some(Lost::Image(name(added)))
}

/// The entry of a component in the config.
fn entry_of(component: &Component) -> String {
    if component.role == Role::Gateway { "gateway".to_owned() } else { format!("executors.{}", component.node) }
}
