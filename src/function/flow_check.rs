//! `kind: JinaFlowCheck`: a function that changes nothing and says what is wrong.
//!
//! Every JinaFlow among the items is read and planned as for rendering. Generated items that remember what they were are
//! held against what their Flow yields now, and all items against each other, as `jinaflow check` does.

use json_patch::diff;
use serde_json::Value;

use crate::check::external::External;
use crate::check::{self, Options};
use crate::config::{self, CHECK_KIND};
use crate::finding::{Finding, Findings, Path};
use crate::krm::annotations::is_bookkeeping;
use crate::krm::meta::Meta;
use crate::krm::{Caller, Item, ResourceList};
use crate::reconcile::ownership::OBJECT;
use crate::reconcile::{Fate, RENDERED, Reconciled, leaves_of};
use crate::report::Subject;
use crate::yaml::{self, Data, Node, kubernetes_value};

/// How to mend what is stale.
const MEND: &str = "render again: kpt fn render";

/// Whether a functionConfig asks for a check.
pub fn is_check(meta: &Meta) -> bool {
    meta.kind == CHECK_KIND && meta.api_version.split('/').next() == Some(config::GROUP)
}

/// Reads the config: `spec.external` is all that can be set.
pub fn read(root: &Node<'_>, external: &mut External, findings: &mut Findings) {
    let top = Path::root("");
    if root.get("apiVersion").and_then(Node::as_text) != Some(config::API_VERSION) {
        let got = root.get("apiVersion").map(Node::shown).unwrap_or_default();
        findings.push(Finding::error(top.key("apiVersion"), "is no version of JinaFlowCheck").got(got).propose(config::API_VERSION));
    }
    find_unknown(root, "", &["apiVersion", "kind", "metadata", "spec"], findings);
    if let Some(spec) = root.get("spec") {
        find_unknown(spec, "spec.", &["external"], findings);
    }
    if let Some(declared) = root.get("spec").and_then(|spec| spec.get("external")) {
        external.declare_fields(declared, "spec.external", findings);
    }
}

fn find_unknown(node: &Node<'_>, path: &str, known: &[&str], findings: &mut Findings) {
    for (key, _) in node.as_map().unwrap_or_default() {
        let name = key.shown();
        if !known.contains(&name.as_str()) {
            let finding = Finding::error(format!("{path}{name}"), "is no field of a JinaFlowCheck").at(key.mark);
            findings.push(match findings.nearest(&name, known.iter().copied()) {
                Some(near) => finding.propose(near),
                None => finding.fix("remove it"),
            });
        }
    }
}

/// What is wrong with the wiring of objects.
pub fn unwired(objects: &[Node<'_>], external: External) -> Vec<(Subject, Finding)> {
    let options = Options { external, is_strict: false };
    let of_object = |(object, findings): (&Node<'_>, Findings)| {
        let subject = Subject::Object(if findings.is_empty() { Meta::default() } else { named(object) });
        findings.into_iter().map(move |finding| (subject.clone(), finding))
    };
    objects.iter().zip(check::check(objects, &options).findings).flat_map(of_object).collect()
}

/// Who an object is, for each of the findings about it: without what may be long, and nobody needs there.
pub fn named(object: &Node<'_>) -> Meta {
    const MOST: usize = 300;
    let mut meta = Meta::of(object);
    meta.annotations.retain(|(name, _)| is_bookkeeping(name));
    for text in [&mut meta.api_version, &mut meta.kind, &mut meta.name, &mut meta.namespace] {
        if let Some((end, _)) = text.char_indices().nth(MOST) {
            text.truncate(end);
            text.push('…');
        }
    }
    meta
}

/// What becomes of the items. kustomize takes an answer of a validator without items only, since it compares them with
/// its own annotations on them (kubernetes-sigs/kustomize#5036); kpt and everybody else get back what they sent.
pub fn fates(list: &ResourceList<'_>, caller: Caller) -> Vec<Fate> {
    let fate = if caller.keeps_files() { Fate::Kept } else { Fate::Removed };
    vec![fate; list.items.len()]
}

/// What a render would change.
pub fn stale(list: &ResourceList<'_>, generated: &[(usize, Meta)], outcome: &Reconciled) -> Vec<(Subject, Finding)> {
    let remembered = generated.iter().filter(|(_, meta)| meta.annotation(RENDERED).is_some());
    let changed = remembered.filter_map(|(index, meta)| {
        let flow = meta.annotation(OBJECT)?.split('/').next()?;
        let finding = match &outcome.fates[*index] {
            Fate::Kept => return None,
            Fate::Removed => Finding::error("", format!("is not an object of the JinaFlow `{flow}` any more")),
            Fate::Replaced(text) => stale_fields(&list.items[*index], text, flow)?,
        };
        Some((Subject::Object(meta.clone()), finding.fix(MEND)))
    });
    let missing = outcome.missing.iter().map(|(flow, object)| {
        let finding = Finding::error("spec.flow", format!("has the {object}, which does not exist"));
        (Subject::Object(flow.clone()), finding.fix(MEND))
    });
    changed.chain(missing).collect()
}

/// The fields in which an item differs from a text that would replace it: the first, and how many more.
fn stale_fields(item: &Item<'_>, text: &str, flow: &str) -> Option<Finding> {
    let before = kubernetes_value(&item.read().ok()?.root?);
    let after = match yaml::read(text).ok()?.root? {
        Node { data: Data::List(entries), .. } => kubernetes_value(entries.first()?),
        root => kubernetes_value(&root),
    };
    let annotation = |name: &str| format!("/metadata/annotations/{}", name.replace('/', "~1"));
    let (ours, owner) = (annotation(RENDERED), annotation(OBJECT));
    if before.pointer(&owner) != after.pointer(&owner) {
        // Another object succeeds it.
        return Some(Finding::error("", format!("is not an object of the JinaFlow `{flow}` any more")).fix(MEND));
    }
    let changes = diff(&before, &after).0;
    let mut places = changes.iter().map(|change| change.path().as_str()).filter(|path| *path != ours);
    let remembered = |object: &Value| object.pointer(&ours).and_then(Value::as_str).map(|text| leaves_of(text).to_owned());
    let first = match places.next() {
        Some(first) => first,
        // Where the Flow was when it was rendered is no property of the object.
        None if remembered(&before) == remembered(&after) => return None,
        None => &ours,
    };
    let more = match places.count() {
        0 => String::new(),
        1 => ", and one more field differs".to_owned(),
        count => format!(", and {count} more fields differ"),
    };
    let shown = |object: &Value| object.pointer(first).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let mut finding = Finding::error(field_path(first), format!("is not as the JinaFlow `{flow}` has it{more}"));
    if let Some(value) = shown(&before) {
        finding = finding.got(value);
    }
    Some(finding.fix(MEND)).map(|finding| match shown(&after) {
        Some(value) => finding.propose(value),
        None => finding,
    })
}

/// `/spec/ports/0/port` → `spec.ports[0].port`.
fn field_path(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")) {
        if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{step}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&step);
        }
    }
    path
}
