//! Renders the objects of JinaFlows into a list.

use super::call::Call;
use super::flow_run::{check_metadata, find_applied, find_hidden_output, find_hidden_record};
use super::placement::Placement;
use super::response::Response;
use crate::config::API_VERSION;
use crate::finding::{Code, Finding};
use crate::krm::{Caller, annotations};
use crate::reconcile::{Fate, Purpose};
use crate::report::{self, Subject};

/// Renders the JinaFlows of a call into its list. With an error the list stays unchanged.
pub fn render<'l, 't>(mut call: Call<'_, 'l, 't>) -> Response<'l, 't> {
    let (list, caller) = (call.list, call.caller);
    if call.runs.is_empty() && call.findings.is_empty() {
        call.findings.push((Subject::Input, no_flow()));
    }
    check_metadata(&mut call.runs);
    let is_package = || list.items.iter().any(|item| item.text().contains(annotations::PACKAGE_PATH));
    if caller.keeps_files() && is_package() {
        find_applied(&mut call.runs);
    }
    if caller == Caller::KptSelection {
        find_hidden_output(&mut call.runs, &call.generated);
        find_hidden_record(&mut call.runs, &call.generated);
    }
    let Placement { mut reconciled, mut findings } = Placement::of(call, Purpose::Render);
    findings.extend(reconciled.findings.into_iter().map(|item| (Subject::Object(item.object), item.finding)));
    if report::has_errors(&findings) {
        return Response::refusal(list, findings);
    }
    if caller == Caller::KustomizeGenerator {
        // kustomize sends the config of a generator as an item. If the answer kept this item, the build would have one more
        // object. A patch of the JinaFlow in a layer above would change only this object, without any message.
        reconciled.fates.fill(Fate::Removed);
    }
    Response { list, fates: reconciled.fates, added: reconciled.added, findings, changes: reconciled.changes }
}

fn no_flow() -> Finding {
    let finding = Code::FlowMissing.error("", "there is no JinaFlow: functionConfig is not one, and no item is one");
    finding.fix(format!("add an item of kind JinaFlow, apiVersion {API_VERSION}"))
}
