//! Checks a list without changing it: `kind: JinaFlowCheck`.
//!
//! Each JinaFlow among the items is read and planned as for rendering. Generated objects are compared with what their
//! JinaFlow renders now, and all items are checked together, as `jinaflow check` does.

use super::call::Call;
use super::documents::Aliases;
use super::flow_check::named;
use super::flow_run::{self, check_metadata};
use super::placement::Placement;
use super::response::Response;
use super::stale::{FormerItem, stale};
use super::unreadable::{Unread, Unreadable, read};
use crate::check::external::External;
use crate::check::{self, Options};
use crate::config::placeholder::PLACEHOLDER_HOST;
use crate::finding::{Code, Findings, Mark, Severity};
use crate::krm::{Caller, NewItems, ResourceList};
use crate::reconcile::{Fate, ItemFinding, Purpose};
use crate::report::{self, Subject, SubjectFinding};
use crate::yaml::Node;

/// Checks the JinaFlows of a call, their objects, and the list as a whole.
pub fn validate<'l, 't>(mut call: Call<'_, 'l, 't>, external: External, unread: Unread) -> Result<Response<'l, 't>, Box<Unreadable>> {
    let (list, caller) = (call.list, call.caller);
    check_metadata(&mut call.runs);
    let former: Vec<FormerItem> = call.generated.iter().filter_map(FormerItem::of).collect();
    let records: Vec<FormerItem> = call.memories.iter().map(FormerItem::of_record).collect();
    let without_record = if caller == Caller::Other { flow_run::without_record(&call.runs, &call.generated) } else { Vec::new() };
    let Placement { reconciled, mut findings } = Placement::of(call, Purpose::Validate);
    if !report::has_errors(&findings) {
        findings.extend(without_record);
        findings.extend(stale(list, &former, &records, &reconciled));
        findings.extend(reconciled.findings.into_iter().map(softened));
    }
    // In the middle of a kustomize build references are not final: names change at its end. With kpt's selectors a part of
    // the package is missing. Only images are final then.
    if caller == Caller::Other || list.items.iter().any(|item| item.text().contains(PLACEHOLDER_HOST)) {
        let objects = all_objects(list, unread, &mut findings)?;
        let is_final = |(_, finding): &SubjectFinding| caller == Caller::Other || finding.code == Code::ImageNotSet;
        findings.extend(unwired(&objects, external).into_iter().filter(is_final));
    }
    if report::has_errors(&findings) {
        return Ok(Response::refusal(list, findings));
    }
    Ok(Response { list, fates: fates(list, caller), added: NewItems::default(), findings, changes: Vec::new() })
}

/// A finding of a render, for a check. A warning is about an edit that a render keeps. A check writes nothing, so the
/// warning becomes information.
fn softened(item: ItemFinding) -> SubjectFinding {
    let ItemFinding { object, finding, .. } = item;
    let finding = match finding.severity {
        Severity::Warning => finding.with_severity(Severity::Info),
        Severity::Error | Severity::Info => finding,
    };
    (Subject::Object(object), finding)
}

/// The fate of all items. kustomize accepts only an answer without items from a validator, because it compares returned
/// items together with its own annotations (kubernetes-sigs/kustomize#5036). All other callers get back the items that they
/// sent.
fn fates(list: &ResourceList<'_>, caller: Caller) -> Vec<Fate> {
    let fate = if caller.keeps_files() { Fate::Kept } else { Fate::Removed };
    vec![fate; list.items.len()]
}

/// All items as objects. An item that cannot be read is reported, and an empty string replaces it.
fn all_objects<'l>(
    list: &'l ResourceList<'_>,
    unread: Unread,
    findings: &mut Vec<SubjectFinding>,
) -> Result<Vec<Node<'l>>, Box<Unreadable>> {
    let mut objects = Vec::with_capacity(list.items.len());
    let mut aliases = Aliases::default();
    for item in &list.items {
        let first = Mark { line: 1, column: 1 };
        let document = if aliases.may_hold(item.text()) { read(item) } else { Err(Box::new(Unreadable::of(item, Aliases::error(first)))) };
        let node = document.and_then(|document| match &document.root {
            Some(node) if !aliases.fit(node, item.text()) => Err(Box::new(Unreadable::of(item, Aliases::error(node.mark)))),
            _ => Ok(document.root),
        });
        match node {
            Ok(node) => objects.push(node.unwrap_or_else(|| Node::plain(""))),
            Err(unreadable) if unread == Unread::Fails => return Err(unreadable),
            Err(unreadable) => {
                findings.push(unreadable.finding());
                objects.push(Node::plain(""));
            }
        }
    }
    Ok(objects)
}

/// Findings about references between objects.
fn unwired(objects: &[Node<'_>], external: External) -> Vec<SubjectFinding> {
    let options = Options { external, is_strict: false };
    let of_object = |(object, findings): (usize, Findings)| {
        let subject = Subject::Object(named(&objects[object]));
        findings.into_iter().map(move |finding| (subject.clone(), finding))
    };
    check::check(objects, &options).findings.into_iter().flat_map(of_object).collect()
}
