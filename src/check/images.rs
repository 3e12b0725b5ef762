//! Images of containers.

use super::cluster::Cluster;
use super::pod::SeenWorkload;
use super::report::Report;
use crate::config::image_name::fault;
use crate::config::placeholder::{is_placeholder, repository_of};
use crate::finding::Code;

/// The label with the name of the executor.
const EXECUTOR: &str = "flow.jina.ai/executor";

/// Checks the images in pods of a Flow.
pub fn images(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, workload) in cluster.workloads.iter().enumerate() {
        placeholders(cluster, workload, report);
        if workload.main().is_none() && !report.strangers.contains_key(&id) {
            continue;
        }
        // The injector of a sidecar fills in its image.
        for container in workload.containers.iter().filter(|container| container.proxy.is_none()) {
            let image = container.view.text_at("image");
            let path = || container.path.key("image");
            match fault(image) {
                Some((message, fix)) => {
                    let finding = Code::ImageNotPullable.error(path(), format!("is not an image that a node can pull: {message}"));
                    report.push(workload.object, finding.got(image).fix(fix));
                }
                None if cluster.is_strict && has_moving_tag(image) && !is_placeholder(image) => {
                    let finding = Code::ImageTagMoves.warning(path(), "may refer to a different image later").got(image);
                    report.push(workload.object, finding.fix("add a tag that does not move, or a digest"));
                }
                None => {}
            }
        }
    }
}

/// Reports placeholder images. Nothing but a Flow has them.
fn placeholders(cluster: &Cluster<'_>, workload: &SeenWorkload<'_>, report: &mut Report) {
    for container in &workload.containers {
        let image = container.view.text_at("image");
        if is_placeholder(image) {
            let label = workload.labels.and_then(|labels| labels.get(EXECUTOR)?.as_text()).unwrap_or_default();
            let name = if label.is_empty() {
                workload.jina_name.as_deref().unwrap_or_else(|| cluster.objects[workload.object].name())
            } else {
                label
            };
            let message = format!("is a placeholder: the image of `{name}` is not set");
            let finding = Code::ImageNotSet.error(container.path.key("image"), message).got(image);
            let fix = format!(
                "set it in `images` of the JinaFlow or with `--image`, or in a kustomization: images: [{{name: {}, newName: REPOSITORY, newTag: TAG}}]",
                repository_of(image)
            );
            report.push(workload.object, finding.fix(fix));
        }
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
