//! Workloads that do not run Jina although a Flow calls them or their labels say that they belong to a Flow.

use super::cluster::Cluster;
use super::command::{Runs, shown};
use super::object::first_few;
use super::pod::SeenWorkload;
use super::report::Report;
use super::words::WordList;
use crate::finding::{Code, Finding, shortened};

/// Labels that Jina sets on pods.
const OF_JINA: [&str; 2] = ["jina_deployment_name", "pod_type"];

/// jinaflow's label for the role of an object.
const ROLE: &str = "flow.jina.ai/role";

/// The names of containers that run Jina, in exports of Jina and of jinaflow.
const NAMES: [&str; 5] = ["gateway", "executor", "head", "uses-before", "uses-after"];

/// Reports workloads of a Flow that run another program than Jina.
pub fn strangers(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, workload) in cluster.workloads.iter().enumerate().filter(|(_, workload)| workload.main().is_none()) {
        if report.exempt.contains(&id) {
            continue;
        }
        let is_labelled = is_labelled(cluster, id);
        let reason = match report.strangers.get(&id) {
            Some(call) => format!("{} calls it at {}", cluster.label(call.from), shortened(&call.address)),
            None if is_labelled => "its labels say that it belongs to a Flow".to_owned(),
            None => continue,
        };
        let front = cluster.front(id).map_or("NAME", |front| front.name());
        report.push(workload.object, finding(workload, is_labelled, &reason, front));
    }
}

fn is_labelled(cluster: &Cluster<'_>, id: usize) -> bool {
    let object = cluster.object_of(id);
    let labels = object.view.at("metadata.labels");
    let is_long_lived = !["Job", "CronJob", "Pod"].contains(&object.kind());
    let has_labels_of_jina = OF_JINA.iter().all(|key| cluster.pods.label(id, key).is_some());
    is_long_lived && (has_labels_of_jina || labels.is_some_and(|labels| labels.get(ROLE).is_some()))
}

fn finding(workload: &SeenWorkload<'_>, is_labelled: bool, reason: &str, front: &str) -> Finding {
    let code = Code::WorkloadWithoutJina;
    let containers = || workload.spec_path().key("containers");
    let fix = format!("restore `command: [jina]` and its args, or declare the Service as external: --external service/{front}");
    if is_labelled && !workload.running().any(|container| NAMES.contains(&container.view.text_at("name"))) {
        let names: Vec<&str> = workload.running().map(|container| container.view.text_at("name")).collect();
        let finding =
            code.error(containers(), format!("does not include a container for Jina, but {reason}")).got(first_few(names.into_iter()));
        return finding.fix("a patch that merges lists replaces them: add containers with a strategic merge, or with `podTemplate`");
    }
    if let Some(unknown) = workload.running().find(|container| container.runs == Runs::Unknown) {
        let has_command = !unknown.view.list_at("command").is_empty();
        let field = if has_command { "command" } else { "image" };
        let got = if has_command { shown(&unknown.words) } else { unknown.view.text_at("image").to_owned() };
        let message = format!("may start a program other than Jina, but {reason}");
        return code.warning(unknown.path.key(field), message).got(got).fix(fix);
    }
    match workload.running().next() {
        None => code.error(containers(), format!("has no container that runs Jina, but {reason}")).fix(fix),
        Some(other) => {
            let list = if other.view.list_at("command").is_empty() { WordList::Args } else { WordList::Command };
            let program = other.words.first().map(|word| &*word.text).unwrap_or_default();
            let is_jina = program.rsplit('/').next() == Some("jina");
            let runs = if is_jina { "does not start a server of Jina" } else { "does not run Jina" };
            code.error(other.path.key(list.field()), format!("{runs}, but {reason}")).got(shown(&other.words)).fix(fix)
        }
    }
}
