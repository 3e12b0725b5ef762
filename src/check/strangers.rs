//! Workloads that the Flow takes for its own, and that do not run Jina: dialled by it, or labelled as its.

use super::Report;
use super::cluster::Cluster;
use super::command::{Runs, shown};
use super::fields::{at, list, text};
use super::object::few;
use super::pod::Workload;
use crate::finding::{Finding, shortened};

/// Labels that Jina gives to pods, and what they say of those of a component.
const OF_JINA: [&str; 2] = ["jina_deployment_name", "pod_type"];

/// Ours on objects.
const ROLE: &str = "flow.jina.ai/role";

/// What containers of Jina are called, in its own exports and in ours.
const NAMES: [&str; 5] = ["gateway", "executor", "head", "uses-before", "uses-after"];

/// Says of each what it runs instead.
pub fn strangers(cluster: &Cluster<'_>, report: &mut Report) {
    for (id, workload) in cluster.workloads.iter().enumerate().filter(|(_, workload)| workload.main().is_none()) {
        if report.exempt.contains(&id) {
            continue;
        }
        let is_labelled = is_labelled(cluster, id);
        let why = match report.strangers.get(&id) {
            Some((from, address)) => format!("{} dials it at {}", cluster.label(*from), shortened(address)),
            None if is_labelled => "its labels say that it is a part of a Flow".to_owned(),
            None => continue,
        };
        let front = cluster.front(id).map_or("NAME", |front| front.name);
        report.push(workload.object, finding(workload, is_labelled, &why, front));
    }
}

fn is_labelled(cluster: &Cluster<'_>, id: usize) -> bool {
    let object = cluster.of_workload(id);
    let labels = at(object.node, "metadata.labels");
    let is_long_lived = !["Job", "CronJob", "Pod"].contains(&object.kind);
    let is_jinas = OF_JINA.iter().all(|key| cluster.pods.label(id, key).is_some());
    is_long_lived && (is_jinas || labels.is_some_and(|labels| labels.get(ROLE).is_some()))
}

fn finding(workload: &Workload<'_>, is_labelled: bool, why: &str, front: &str) -> Finding {
    let mend = format!("restore `command: [jina]` and its args, or say that somebody else provides it: --external service/{front}");
    if is_labelled && !workload.running().any(|container| NAMES.contains(&text(container.node, "name"))) {
        let message = format!("has none of the containers that run Jina, and {why}");
        let names: Vec<&str> = workload.running().map(|container| text(container.node, "name")).collect();
        let finding = Finding::error(format!("{}.containers", workload.path), message).got(few(names.into_iter()));
        return finding.fix("a patch that merges lists replaces them: add containers with a strategic merge, or with podTemplate");
    }
    if let Some(unknown) = workload.running().find(|container| container.runs == Runs::Unknown) {
        let has_command = !list(unknown.node, "command").is_empty();
        let (field, what) = if has_command { ("command", "its command") } else { ("image", "its image") };
        let got = if has_command { shown(&unknown.words) } else { text(unknown.node, "image").to_owned() };
        let message = format!("may run something else than Jina: {what} decides, and {why}");
        return Finding::warning(format!("{}.{field}", unknown.path), message).got(got).fix(mend);
    }
    match workload.running().next() {
        None => Finding::error(format!("{}.containers", workload.path), format!("has no container that runs Jina, and {why}")).fix(mend),
        Some(other) => {
            let field = if list(other.node, "command").is_empty() { "args" } else { "command" };
            let program = other.words.first().map(|word| &*word.text).unwrap_or_default();
            let what = if program.rsplit('/').next() == Some("jina") { "no part of Jina that serves" } else { "something else than Jina" };
            Finding::error(format!("{}.{field}", other.path), format!("runs {what}, and {why}")).got(shown(&other.words)).fix(mend)
        }
    }
}
