//! Checks the keys of `images`: a key may match nothing, or several things.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::config::Settings;
use crate::config::hub_name::HubName;
use crate::config::images::{Entry, GATEWAY_KEY, Origin, keys_of, shown};
use crate::finding::{Code, Finding, Findings};
use crate::jina::flow::Flow;
use crate::jina::options::Opt;
use crate::jina::topology::GATEWAY;
use crate::plan::{main_uses, only_names};

/// The most owners in a message.
const MOST_NAMED: usize = 10;

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
    let models = settings.layers.models();
    let known = used.iter().flat_map(|used| keys_of(used.uses)).chain(executors().map(str::to_owned));
    let known: HashSet<String> = known.chain(models.map(str::to_owned)).collect();
    let mut candidates: Option<Vec<String>> = None;
    for entry in settings.images.entries().filter(|entry| entry.key != GATEWAY_KEY && !known.contains(&entry.key)) {
        let finding = warning(Code::UnusedImage, entry, "matches no executor and no `uses` of this Flow");
        let candidates = candidates.get_or_insert_with(|| {
            let shown = used.iter().map(|used| shown(used.uses));
            let short = used.iter().filter_map(|used| keys_of(used.uses).pop());
            executors().map(str::to_owned).chain(shown).chain(short).collect()
        });
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
    let mut users: HashMap<&str, Vec<&Used<'_>>> = HashMap::new();
    let mut owners: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    for used in used {
        for entry in keys_of(used.uses).iter().filter_map(|key| settings.images.get(key)) {
            users.entry(&entry.key).or_default().push(used);
        }
        if let (Some(hub), Some(entry)) = (HubName::parse(used.uses), settings.images.of_uses(used.uses, &names)) {
            owners.entry(&entry.key).or_default().insert(hub.owner.unwrap_or_default());
        }
    }
    for entry in settings.images.entries() {
        let others = users.get(entry.key.as_str()).into_iter().flatten();
        if names.contains(entry.key.as_str()) {
            let Some(Used { executor, .. }) = others.copied().find(|used| used.executor != entry.key) else { continue };
            let message = format!("is the name of an executor and also in `uses` of `{executor}`; the image is only for `{}`", entry.key);
            let fix = match entry.origin {
                Origin::Field => format!("set the image of `{executor}` too: spec.executors.{executor}.image"),
                _ => format!("set the image of `{executor}` too: --image {executor}=IMAGE"),
            };
            findings.push(warning(Code::AmbiguousImageKey, entry, &message).fix(fix));
        } else if let Some(owners) = owners.get(entry.key.as_str()).filter(|owners| owners.len() > 1) {
            let shown = owners.iter().map(|owner| if owner.is_empty() { "no owner".to_owned() } else { format!("`{owner}`") });
            let shown: Vec<String> = shown.take(MOST_NAMED).collect();
            let message = format!("matches names of several owners on the Jina Hub: {}", shown.join(", "));
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
