//! Images of containers.

use super::cluster::Cluster;
use super::report::Report;
use crate::config::image_name::fault;
use crate::finding::Code;

/// Checks the images in pods of a Flow.
pub fn images(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, workload) in cluster.workloads.iter().enumerate() {
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
                None if cluster.is_strict && has_moving_tag(image) => {
                    let finding = Code::ImageTagMoves.warning(path(), "may refer to a different image later").got(image);
                    report.push(workload.object, finding.fix("add a tag that does not move, or a digest"));
                }
                None => {}
            }
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
