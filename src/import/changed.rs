//! Workloads of an export that are there, but so changed that they are not read as Jina's.

use super::identity::label;
use super::problem::Problem;
use super::workload::Workload;
use crate::finding::Code;
use crate::yaml::Node;

/// The problem of the object that has the name of an executor and runs pods, but is not a workload of Jina.
pub fn workload(name: &str, objects: &[Node<'_>]) -> Option<Problem> {
    let of_executor = |object: &&Node<'_>| {
        let own = object.text_at("metadata.name");
        own == name || own.strip_prefix(name).is_some_and(|rest| rest == "-head" || rest == "-0")
    };
    let runs_pods = |object: &Node<'_>| !object.list_at("spec.template.spec.containers").is_empty();
    let place = objects.iter().position(|object| of_executor(&object) && runs_pods(object))?;
    let object = objects.get(place)?;
    let (message, fix) = if Workload::KINDS.contains(&object.text_at("kind")) {
        (
            "has no container that runs `jina executor`, so its options cannot be read",
            "set `command: [jina]` and let `args` begin with `executor`, as Jina exports it; change it with a patch after the import",
        )
    } else {
        ("is not a Deployment or StatefulSet", "make it a Deployment again, as Jina exports it; change it with a patch after the import")
    };
    Some(changed(place, object, message, fix))
}

/// The problem of a workload without an image. A Flow names the image of each executor.
pub fn image(workload: &Workload<'_>) -> Option<Problem> {
    let problem = || changed(workload.object, workload.root, "has a container of Jina without an image", "set `image` of the container");
    workload.image().is_empty().then(problem)
}

/// The problem of a workload that has another name than Jina gives it.
pub fn name(workload: &Workload<'_>) -> Option<Problem> {
    let expected = workload.exported_name();
    let message = format!("does not have the name of its Service and ConfigMap; Jina exports it as `{expected}`");
    let fix = format!("rename it to `{expected}`; change the name with a patch after the import");
    (workload.name != expected).then(|| changed(workload.object, workload.root, &message, &fix))
}

fn changed(place: usize, object: &Node<'_>, message: &str, fix: &str) -> Problem {
    (Some(place), Code::ChangedWorkload.error("", message).got(label(object)).fix(fix))
}
