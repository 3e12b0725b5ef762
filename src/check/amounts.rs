//! Amounts of resources in the pods and claims of a Flow. A render checks those of the JinaFlow; patches and overlays set others.

use super::cluster::Cluster;
use super::report::Report;
use crate::config::amounts::{lonely_huge_pages, resource, storage};
use crate::finding::{FieldPath, Finding, Path};

/// Checks the requests and limits of containers, and the sizes of claims.
pub fn amounts(cluster: &Cluster<'_>, report: &mut Report) {
    for workload in cluster.workloads.iter().filter(|workload| workload.main().is_some()) {
        let mut findings: Vec<Finding> = Vec::new();
        for container in &workload.containers {
            let mut names = Vec::new();
            for part in ["requests", "limits"] {
                let path = container.path.key("resources").key(part);
                for (name, amount) in container.view.map_at(&format!("resources.{part}")).iter() {
                    names.push(name.text());
                    findings.extend(resource(name.text(), amount.text(), &Path::from(&path).key(name.text())));
                }
            }
            findings.extend(lonely_huge_pages(&names, container.path.key("resources")));
        }
        for (index, claim) in cluster.objects[workload.object].view.list_at("spec.volumeClaimTemplates").iter().enumerate() {
            if let Some(size) = claim.at("spec.resources.requests.storage") {
                let claim = FieldPath::from("spec.volumeClaimTemplates").index(index);
                findings.extend(storage(size.text(), &Path::from(&claim.key("spec").key("resources").key("requests").key("storage"))));
            }
        }
        for finding in findings {
            report.push(workload.object, finding);
        }
    }
}
