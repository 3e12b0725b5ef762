//! Warns about executors without `uses`.

use super::settings::Settings;
use crate::finding::{Code, Findings, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::options::Opt;
use crate::jina::topology::Executor;

/// Warns about executors without `uses`. Jina then runs BaseExecutor, which changes nothing.
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
    let list = path.key(flow.list);
    for executor in flow.executors.iter().filter(has_no_uses) {
        let with = path.key("with");
        let owner = if flow.kind == Kind::Flow { list.index(executor.index) } else { with };
        let message = format!("is missing: `{}` runs Jina's BaseExecutor, which changes nothing", executor.name);
        let advice = if is_patchable && flow.kind == Kind::Flow {
            "set it to the image, such as `uses: docker://NAME:TAG`; a patch of spec.flow.executors replaces the whole list, so patch \
             spec.executors.NAME.flow instead"
        } else {
            "set it to the image, such as `uses: docker://NAME:TAG`, or to BaseExecutor"
        };
        findings.push(Code::UsesMissing.warning(owner.key("uses"), message).fix(advice).at(executor.mark));
    }
}
