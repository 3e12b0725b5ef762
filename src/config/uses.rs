//! Executors without an image of their own.

use crate::finding::{Finding, Findings, Path};
use crate::jina::flow::{Flow, Kind};
use crate::jina::options::Opt;
use crate::jina::topology::Executor;

/// Without `uses`, Jina runs an executor of its own that changes nothing. Where the Flow is a mapping in a JinaFlow, and so
/// may be patched, a patch of the list `executors` leaves such entries: kustomize replaces lists of kinds that it does not
/// know.
pub fn warn_about_missing(flow: &Flow, is_patchable: bool, path: &Path<'_>, findings: &mut Findings) {
    let is_bare = |executor: &&Executor| {
        let options = &executor.options;
        options.get(Opt::Uses).is_none() && options.inline().is_none() && !options.flag(Opt::External) && !executor.passes_on()
    };
    // A `uses` that could not be read is not missing.
    if findings.has_errors() {
        return;
    }
    let list = path.key(flow.list);
    for executor in flow.executors.iter().filter(is_bare) {
        let with = path.key("with");
        let here = if flow.kind == Kind::Flow { list.index(executor.index) } else { with };
        let message = format!("is missing, so that `{}` runs Jina's BaseExecutor, which changes nothing", executor.name);
        let advice = if is_patchable && flow.kind == Kind::Flow {
            "write the image, such as `uses: docker://NAME:TAG`; a patch of the list spec.flow.executors replaces the list: patch \
             spec.executors.NAME.flow, or let the patch name the whole entry"
        } else {
            "write the image, such as `uses: docker://NAME:TAG`, or `uses: BaseExecutor` if that is meant"
        };
        findings.push(Finding::warning(here.key("uses"), message).fix(advice).at(executor.mark));
    }
}
