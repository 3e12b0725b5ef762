//! Generated objects that differ from what their JinaFlow renders now.

use json_patch::diff;
use serde_json::Value;

use crate::finding::{Code, FieldPath, Finding, Step};
use crate::krm::meta::Meta;
use crate::krm::{Item, ResourceList};
use crate::reconcile::ownership::OBJECT;
use crate::reconcile::{Fate, Generated, Memories, RENDERED, Reconciled, leaves_of};
use crate::report::{Subject, SubjectFinding};
use crate::yaml::{self, Data, Node, kubernetes_value};

const RENDER_AGAIN: &str = "render again: kpt fn render, with --allow-exec if the Kptfile has `exec`";

/// A generated item before the render.
pub struct FormerItem {
    /// The index of the item in the list.
    index: usize,
    /// The identity of the item, for findings.
    meta: Meta,
    /// The name of the item's JinaFlow.
    flow: String,
}

impl FormerItem {
    /// Returns a generated item if an annotation records its last render.
    pub fn of(item: &Generated<'_>) -> Option<Self> {
        item.remembered.as_ref()?;
        let flow = item.meta.annotation(OBJECT)?.split('/').next()?.to_owned();
        Some(Self { index: item.index, meta: item.meta.reference(), flow })
    }

    /// Returns the record of a JinaFlow.
    pub fn of_record(record: &Memories) -> Self {
        Self { index: record.index, meta: record.meta.reference(), flow: record.flow.1.clone() }
    }
}

/// Findings about what a render would change. A record is named only if nothing else is, because it changes with every object. Then
/// it is only information: a user has edited a field to the value of the Flow.
pub fn stale(list: &ResourceList<'_>, former: &[FormerItem], records: &[FormerItem], outcome: &Reconciled) -> Vec<SubjectFinding> {
    let changed = former.iter().filter_map(|FormerItem { index, meta, flow }| {
        let finding = match &outcome.fates[*index] {
            Fate::Kept => return None,
            Fate::Removed => left(flow),
            Fate::Replaced(text) => changed_fields(&list.items[*index], text, flow)?,
        };
        Some((Subject::Object(meta.clone()), finding))
    });
    let missing = outcome.missing.iter().map(|missing| {
        let message = format!("generates the {} `{}`, which is missing from the items", missing.kind, missing.name);
        (Subject::Object(missing.flow.clone()), Code::GeneratedObjectMissing.error("spec.flow", message).fix(RENDER_AGAIN))
    });
    let found: Vec<SubjectFinding> = changed.chain(missing).collect();
    if !found.is_empty() {
        return found;
    }
    let of_record = |record: &&FormerItem| outcome.fates[record.index] != Fate::Kept;
    records.iter().filter(of_record).map(|FormerItem { meta, flow, .. }| (Subject::Object(meta.clone()), left_behind(flow))).collect()
}

fn left_behind(flow: &str) -> Finding {
    let message = format!("is not current, but all objects of the JinaFlow `{flow}` are");
    Code::GeneratedObjectStale.info("data", message).fix(RENDER_AGAIN)
}

fn left(flow: &str) -> Finding {
    let message = format!("is not an object of the JinaFlow `{flow}` any more");
    Code::GeneratedObjectLeftOver.error("", message).fix(RENDER_AGAIN)
}

/// A finding about the first field that a render would change, and the number of other fields that it would change.
fn changed_fields(item: &Item<'_>, text: &str, flow: &str) -> Option<Finding> {
    let before = kubernetes_value(&item.read().ok()?.root?);
    let after = match yaml::read(text).ok()?.root? {
        Node { data: Data::List(entries), .. } => kubernetes_value(entries.first()?),
        root => kubernetes_value(&root),
    };
    let annotation = |name: &str| format!("/metadata/annotations/{}", name.replace('/', "~1"));
    let (rendered, owner) = (annotation(RENDERED), annotation(OBJECT));
    if before.pointer(&owner) != after.pointer(&owner) {
        // The render would replace the item by another object.
        return Some(left(flow));
    }
    let changes = diff(&before, &after).0;
    let mut places = changes.iter().map(|change| change.path().as_str()).filter(|path| *path != rendered);
    let remembered = |object: &Value| object.pointer(&rendered).and_then(Value::as_str).map(|text| leaves_of(text).to_owned());
    let first = match places.next() {
        Some(first) => first,
        // The place of the JinaFlow at the last render is not a property of the object.
        None if remembered(&before) == remembered(&after) => return None,
        None => &rendered,
    };
    let more = match places.count() {
        0 => String::new(),
        1 => ", and one more field differs".to_owned(),
        count => format!(", and {count} more fields differ"),
    };
    let shown = |object: &Value| object.pointer(first).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let message = format!("differs from what the JinaFlow `{flow}` renders{more}");
    let mut finding = Code::GeneratedObjectStale.error(field_path(first), message).fix(RENDER_AGAIN);
    if let Some(value) = shown(&before) {
        finding = finding.got(value);
    }
    Some(match shown(&after) {
        Some(value) => finding.propose(value),
        None => finding,
    })
}

/// The path of a JSON pointer: `/spec/ports/0/port` is `spec.ports[0].port`.
fn field_path(pointer: &str) -> FieldPath {
    let step = |step: &str| match step.parse() {
        Ok(index) if step.bytes().all(|byte| byte.is_ascii_digit()) => Step::Index(index),
        _ => Step::Key(step.replace("~1", "/").replace("~0", "~").into()),
    };
    pointer.split('/').skip(1).map(step).collect::<Vec<Step>>().into()
}
