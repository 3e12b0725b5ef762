//! Fields of the JinaFlow that are fields of the containers that run Jina.

use super::side::{Find, Side, string};
use crate::import::tree::empty;
use crate::plan::Role;
use crate::yaml::Node;

/// `image`, of the executor or the gateway.
pub fn image(side: &Side<'_>) -> Vec<Find> {
    if side.component.role == Role::Head {
        return Vec::new();
    }
    let main = side.component.containers.first().copied();
    let found = side.of_pods("containers.[].image").into_iter().filter(|found| found.names.first().copied() == main);
    found.filter_map(|found| Some(Find::one(&["image"], string(found.new?)?.to_owned().into(), vec![found.key]))).collect()
}

/// `imagePullPolicy`, which all containers of a pod share.
pub fn pull_policy(side: &Side<'_>) -> Vec<Find> {
    let found = side.of_all_containers("imagePullPolicy").into_iter();
    found.map(|found| Find::one(&["imagePullPolicy"], found.new.clone(), found.keys)).collect()
}

/// `resources`, which all containers of a pod share.
pub fn resources(side: &Side<'_>) -> Vec<Find> {
    let mut finds = Vec::new();
    for part in ["requests", "limits"] {
        for found in side.of_all_containers(&format!("resources.{part}.*")) {
            if let Some(name) = found.names.first() {
                finds.push(Find::one(&["resources", part, name], found.new.clone(), found.keys));
            }
        }
    }
    finds
}

/// `envFromSecret`, which Jina's export sets for the first container only.
pub fn env_from_secret(side: &Side<'_>) -> Vec<Find> {
    let main = side.component.containers.first().copied();
    let variables = side.of_pods("containers.[].env.[].**").into_iter().filter(|found| found.names.first().copied() == main);
    let mut finds: Vec<Find> = Vec::new();
    for found in variables {
        let Some(variable) = found.names.get(1).copied() else { continue };
        let Some((name, key)) = secret(side, main.unwrap_or_default(), variable) else { continue };
        let known = finds.iter_mut().find(|find| find.fields.iter().any(|(path, _)| path.last().is_some_and(|last| last == variable)));
        if let Some(known) = known {
            known.edits.push(found.key);
            continue;
        }
        let mut value = empty();
        value.set("name", name);
        value.set("key", key);
        finds.push(Find::one(&["envFromSecret", variable], value, vec![found.key]));
    }
    finds
}

/// The name of the Secret and the key from which a container gets a variable, if there is nothing else in the variable.
fn secret(side: &Side<'_>, container: &str, variable: &str) -> Option<(Node<'static>, Node<'static>)> {
    let named = |list: &'_ [Node<'static>], name: &str| list.iter().find(|entry| entry.text_at("name") == name).cloned();
    let container = named(side.workload()?.list_at("spec.template.spec.containers"), container)?;
    let entry = named(container.list_at("env"), variable)?;
    let reference = entry.at("valueFrom.secretKeyRef")?;
    let is_plain = entry.as_map()?.len() == 2 && entry.get("valueFrom")?.as_map()?.len() == 1 && reference.as_map()?.len() == 2;
    let part = |part: &str| reference.get(part).filter(|value| string(value).is_some()).cloned();
    Some((part("name")?, part("key")?)).filter(|_| is_plain)
}

/// `configFile`, the argument of `--uses` in an image that was built for Jina.
pub fn config_file(side: &Side<'_>) -> Vec<Find> {
    let main = side.component.containers.first().copied();
    let found = side.of_pods("containers.[].args.--").into_iter();
    let found = found.filter(|found| found.names.as_slice() == [main.unwrap_or_default(), "--uses"]);
    let file = |words: &Node<'_>| match words.as_list()? {
        [_, file] => Some(string(file)?.to_owned()),
        _ => None,
    };
    found.filter_map(|found| Some(Find::one(&["configFile"], file(found.new?)?.into(), vec![found.key]))).collect()
}
