//! Warns about executors without `uses`.

use super::settings::Settings;
use crate::finding::{Code, Findings, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::options::Opt;
use crate::jina::topology::Executor;

/// The most executors that the warning names.
const MOST_NAMES: usize = 8;

/// Warns about executors without `uses`, once for all of them. Jina then runs BaseExecutor, which changes nothing.
///
/// kustomize can patch a Flow that is a mapping in a JinaFlow. kustomize replaces whole lists in kinds that it does not
/// know, so a patch of `executors` can remove a `uses`.
pub fn warn_about_missing(flow: &Flow, settings: &Settings, is_patchable: bool, path: &Path<'_>, findings: &mut Findings) {
    let has_no_uses = |executor: &&Executor| {
        let options = &executor.options;
        let has_none = options.get(Opt::Uses).is_none() && options.inline().is_none() && !settings.sets_image_of(&executor.name);
        has_none && !options.flag(Opt::External) && !executor.passes_on()
    };
    // A `uses` that could not be read is not missing.
    if findings.has_errors() {
        return;
    }
    let names: Vec<String> = flow.executors.iter().filter(has_no_uses).map(|executor| format!("`{}`", executor.name)).collect();
    let Some(first) = flow.executors.iter().find(has_no_uses) else { return };
    let (list, with) = (path.key(flow.list), path.key("with"));
    let owner = if flow.kind == Kind::Flow { list.index(first.index) } else { with };
    let message = match names.as_slice() {
        [one] => format!("is missing: {one} runs Jina's BaseExecutor, which changes nothing"),
        all => {
            let (shown, more) = (&all[..all.len().min(MOST_NAMES)], all.len().saturating_sub(MOST_NAMES));
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("is missing in {} executors, which run Jina's BaseExecutor and change nothing: {}{more}", all.len(), shown.join(", "))
        }
    };
    let advice = if is_patchable && flow.kind == Kind::Flow {
        "set it to the image, such as `uses: docker://NAME:TAG`; a patch of spec.flow.executors replaces the whole list, so patch \
         spec.executors.NAME.flow instead"
    } else {
        "set it to the image, such as `uses: docker://NAME:TAG`, or to BaseExecutor"
    };
    findings.push(Code::UsesMissing.warning(owner.key("uses"), message).fix(advice).at(first.mark));
}
