//! Recognizes exports of versions of Jina whose containers work in another way.

use super::problem::Problem;
use crate::finding::Code;
use crate::yaml::Node;

/// The label that pods of Jina 2 have instead of `jina_deployment_name`.
const LABEL_OF_JINA_2: &str = "jina_pod_name";

/// Arguments of containers of Jina 2.
const OF_JINA_2: [&str; 12] = [
    "--pea-id",
    "--pea-role",
    "--pea-type",
    "--pods-addresses",
    "--port-ctrl",
    "--port-out",
    "--socket-in",
    "--socket-out",
    "--dynamic-routing",
    "--dynamic-routing-out",
    "--grpc-data-requests",
    "--runtime-backend",
];

/// Arguments of containers of Jina 3.0 to 3.6.
const OF_EARLY_JINA_3: [&str; 4] = ["--port-in", "--port-expose", "--k8s-connection-pool", "--k8s-disable-connection-pool"];

/// A finding for the first object of an older version.
pub fn problems(objects: &[Node<'_>]) -> Vec<Problem> {
    let found = objects.iter().enumerate().find_map(|(place, object)| Some((place, version(object)?)));
    let Some((place, (version, sign))) = found else { return Vec::new() };
    let message = format!("is from {version}: it has `{sign}`, which later versions do not have");
    let finding = Code::ExportTooOld.error("", message);
    let fix = "run `jinaflow init` with the Flow that was exported; jinaflow imports exports of Jina 3.7 to 3.34";
    vec![(Some(place), finding.fix(fix))]
}

/// The version of a workload, and its sign.
fn version(object: &Node<'_>) -> Option<(&'static str, &'static str)> {
    let template = object.at("spec.template")?;
    let containers = template.list_at("spec.containers");
    let has = |argument: &&&'static str| {
        let words = containers.iter().flat_map(|container| container.list_at("command").iter().chain(container.list_at("args")));
        words.filter_map(Node::as_text).any(|word| word == **argument)
    };
    let is_jina = ["executor", "gateway"].iter().any(|name| has(&name));
    if !is_jina {
        return None;
    }
    if template.at("metadata.labels").is_some_and(|labels| labels.get(LABEL_OF_JINA_2).is_some()) {
        return Some(("Jina 2", LABEL_OF_JINA_2));
    }
    let of_two = OF_JINA_2.iter().find(has).map(|argument| ("Jina 2", *argument));
    of_two.or_else(|| OF_EARLY_JINA_3.iter().find(has).map(|argument| ("Jina 3.6 or an earlier Jina 3", *argument)))
}
