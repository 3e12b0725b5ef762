//! Images of containers.

use super::Report;
use super::cluster::Cluster;
use super::fields::text;
use crate::config::image_name::fault;
use crate::finding::Finding;

/// Images in pods of the Flow.
pub fn images(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, workload) in cluster.workloads.iter().enumerate() {
        if workload.main().is_none() && !report.strangers.contains_key(&id) {
            continue;
        }
        // What injects the sidecar of a mesh fills its image in.
        for container in workload.containers.iter().filter(|container| container.proxy.is_none()) {
            let image = text(container.node, "image");
            let path = format!("{}.image", container.path);
            match fault(image) {
                Some((message, mend)) => {
                    let finding = Finding::error(path, format!("is no image that a node can pull: {message}"));
                    report.push(workload.object, finding.got(image).fix(mend));
                }
                None if cluster.is_strict && is_floating(image) => {
                    let finding = Finding::warning(path, "may be another image tomorrow").got(image);
                    report.push(workload.object, finding.fix("add a tag that stays, or a digest"));
                }
                None => {}
            }
        }
    }
}

/// Whether a reference has no digest, and no tag or `latest`.
fn is_floating(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    !image.contains('@') && last.rsplit_once(':').is_none_or(|(_, tag)| tag == "latest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_move_are_told_from_those_that_stay() {
        for (image, expected) in [
            ("a", true),
            ("a:latest", true),
            ("host:5000/a", true),
            ("a:1", false),
            ("host:5000/a:1", false),
            ("a@sha256:0", false),
            ("a:latest@sha256:0", false),
        ] {
            assert_eq!(is_floating(image), expected, "{image}");
        }
    }
}
