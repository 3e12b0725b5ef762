//! Images of containers.

use std::collections::HashMap;

use super::cluster::Cluster;
use super::report::Report;
use crate::config::image_name::fault;
use crate::config::placeholder::{is_placeholder, repository_of};
use crate::finding::{Code, FieldPath};

/// The label with the name of the executor.
const EXECUTOR: &str = "flow.jina.ai/executor";

/// Checks the images in pods of a Flow.
pub fn images(cluster: &Cluster<'_>, report: &mut Report) {
    placeholders(cluster, report);
    for (id, workload) in cluster.workloads.iter().enumerate() {
        if workload.main().is_none() && !report.strangers.contains_key(&id) {
            continue;
        }
        // The injector of a sidecar fills in its image.
        let containers = workload.containers.iter().filter(|container| container.proxy.is_none());
        let of_containers = containers.map(|container| (container.view.text_at("image"), container.path.key("image")));
        let volumes = workload.spec.list_at("volumes").iter().enumerate().filter_map(|(index, volume)| {
            let path = workload.spec_path().key("volumes").index(index).key("image").key("reference");
            Some((volume.get("image")?.text_at("reference"), path))
        });
        for (image, path) in of_containers.chain(volumes) {
            match fault(image) {
                Some((message, fix)) => {
                    let finding = Code::ImageNotPullable.error(path, format!("is not an image that a node can pull: {message}"));
                    report.push(workload.object, finding.got(image).fix(fix));
                }
                None if cluster.is_strict && has_moving_tag(image) && !is_placeholder(image) => {
                    let finding = Code::ImageTagMoves.warning(path, "may refer to a different image later").got(image);
                    report.push(workload.object, finding.fix("add a tag that does not move, or a digest"));
                }
                None => {}
            }
        }
    }
}

/// A placeholder image, and the objects that have it.
struct Placeholder<'o> {
    name: &'o str,
    image: &'o str,
    path: FieldPath,
    objects: Vec<usize>,
}

/// Reports placeholder images, once for each executor. Nothing but a Flow has them.
fn placeholders(cluster: &Cluster<'_>, report: &mut Report) {
    let mut all: Vec<Placeholder<'_>> = Vec::new();
    let mut known: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for workload in &cluster.workloads {
        let object = &cluster.objects[workload.object];
        for container in &workload.containers {
            let image = container.view.text_at("image");
            if !is_placeholder(image) {
                continue;
            }
            let label = workload.labels.and_then(|labels| labels.get(EXECUTOR)?.as_text()).filter(|label| !label.is_empty());
            let name = label.unwrap_or_else(|| workload.jina_name.as_deref().unwrap_or_else(|| object.name()));
            let place = *known.entry((object.namespace(), name, image)).or_insert_with(|| {
                all.push(Placeholder { name, image, path: container.path.key("image"), objects: Vec::new() });
                all.len() - 1
            });
            let objects = &mut all[place].objects;
            if objects.last() != Some(&workload.object) {
                objects.push(workload.object);
            }
        }
    }
    for Placeholder { name, image, path, objects } in all {
        let count = if objects.len() > 1 { format!(" (in {} objects)", objects.len()) } else { String::new() };
        let message = format!("is a placeholder: the image of `{name}` is not set{count}");
        let fix = format!(
            "set it in `images` of the JinaFlow or with `--image`, or in a kustomization: images: [{{name: {}, newName: REPOSITORY, newTag: TAG}}]",
            repository_of(image)
        );
        report.push(objects[0], Code::ImageNotSet.error(path, message).got(image).fix(fix));
        report.also_wrong.extend(&objects[1..]);
    }
}

/// Whether an image has no digest, and has no tag or the tag `latest`.
fn has_moving_tag(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    !image.contains('@') && last.rsplit_once(':').is_none_or(|(_, tag)| tag == "latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_without_a_fixed_tag_are_found() {
        for (image, expected) in [
            ("a", true),
            ("a:latest", true),
            ("host:5000/a", true),
            ("a:1", false),
            ("host:5000/a:1", false),
            ("a@sha256:0", false),
            ("a:latest@sha256:0", false),
        ] {
            assert_eq!(has_moving_tag(image), expected, "{image}");
        }
    }
}
