//! Checks the keys of `images`: a key may match nothing, or several things.

use std::collections::HashSet;

use crate::config::Settings;
use crate::config::hub_name::HubName;
use crate::config::images::{Entry, GATEWAY_KEY, Origin, keys_of, shown};
use crate::finding::{Code, Finding, Findings};
use crate::jina::flow::Flow;
use crate::jina::options::Opt;
use crate::jina::topology::GATEWAY;
use crate::plan::{main_uses, only_names};

/// A `uses` of a Flow, with its executor or the gateway.
struct Used<'f> {
    executor: &'f str,
    uses: &'f str,
}

/// Reports keys of `images` that match nothing in the Flow, or that have several meanings.
pub fn check_keys(settings: &Settings, flow: &Flow, findings: &mut Findings) {
    if settings.images.entries().all(|entry| entry.key == GATEWAY_KEY) {
        return;
    }
    let used = used(flow);
    let executors =
        || flow.executors.iter().filter(|executor| !executor.options.flag(Opt::External)).map(|executor| executor.name.as_str());
    let known: HashSet<String> = used.iter().flat_map(|used| keys_of(used.uses)).chain(executors().map(str::to_owned)).collect();
    for entry in settings.images.entries().filter(|entry| entry.key != GATEWAY_KEY && !known.contains(&entry.key)) {
        let finding = warning(Code::UnusedImage, entry, "matches no executor and no `uses` of this Flow");
        let shown: Vec<String> = used.iter().map(|used| shown(used.uses)).collect();
        let short = used.iter().flat_map(|used| keys_of(used.uses).pop());
        let candidates: Vec<String> = executors().map(str::to_owned).chain(shown).chain(short).collect();
        findings.push(match findings.nearest(&entry.key, candidates.iter().map(String::as_str)) {
            Some(near) => finding.propose(near),
            None => finding.fix("remove it"),
        });
    }
    check_meanings(settings, flow, &used, findings);
}

/// Each `uses` of a Flow.
fn used(flow: &Flow) -> Vec<Used<'_>> {
    let of_executors = flow.executors.iter().flat_map(|executor| {
        let more = [Opt::UsesBefore, Opt::UsesAfter].map(|opt| executor.options.text(opt));
        let all = std::iter::once(main_uses(&executor.options)).chain(more).flatten();
        all.map(|uses| Used { executor: &executor.name, uses })
    });
    let of_gateway = flow.gateway.iter().filter_map(main_uses).map(|uses| Used { executor: GATEWAY, uses });
    of_executors.chain(of_gateway).collect()
}

/// Warns about keys that are the name of an executor and the class of another one, and about keys that match names of several
/// owners on the Jina Hub.
fn check_meanings(settings: &Settings, flow: &Flow, used: &[Used<'_>], findings: &mut Findings) {
    let names = only_names(flow, settings);
    for entry in settings.images.entries() {
        if names.contains(entry.key.as_str()) {
            let Some(other) = used.iter().find(|used| used.executor != entry.key && keys_of(used.uses).contains(&entry.key)) else {
                continue;
            };
            let message = format!(
                "is the name of an executor and also in `uses` of `{}`; the image is only for executor `{}`",
                other.executor, entry.key
            );
            let finding = warning(Code::AmbiguousImageKey, entry, &message);
            let fix = match entry.origin {
                Origin::Field => format!("set the image of `{0}` too: spec.executors.{0}.image", other.executor),
                _ => format!("set the image of `{0}` too: --image {0}=IMAGE", other.executor),
            };
            findings.push(finding.fix(fix));
            continue;
        }
        let of_entry = used.iter().filter(|used| settings.images.of_uses(used.uses, &names) == Some(entry));
        let mut owners: Vec<&str> =
            of_entry.filter_map(|used| HubName::parse(used.uses)).map(|hub| hub.owner.unwrap_or_default()).collect();
        owners.sort_unstable();
        owners.dedup();
        if owners.len() > 1 {
            let owners: Vec<String> =
                owners.iter().map(|owner| if owner.is_empty() { "no owner".to_owned() } else { format!("`{owner}`") }).collect();
            let message = format!("matches names of several owners on the Jina Hub: {}", owners.join(", "));
            findings.push(warning(Code::AmbiguousImageKey, entry, &message).fix("use a key with the owner: OWNER/NAME"));
        }
    }
}

/// A warning about an entry of `images`.
fn warning(code: Code, entry: &Entry, message: &str) -> Finding {
    match &entry.origin {
        Origin::Field => code.warning(entry.origin.path_of(&entry.key), message),
        origin => {
            let place = origin.place().map(|place| format!("the key on {place} ")).unwrap_or_default();
            code.warning(origin.path_of(&entry.key), format!("{place}{message}")).got(&entry.key)
        }
    }
}
