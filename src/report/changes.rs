//! What a render did to the objects of each JinaFlow: `results`, and one line for each JinaFlow.
//!
//! kpt prints all results of a function on one line. So that warnings are not lost among them, many changes of the same kind
//! are one result. kpt does not print the tags of a result, but stores them with `--results-dir`.

use std::collections::BTreeMap;

use super::lines::one_line;
use super::subject::Subject;
use crate::finding::{Code, FieldPath, Finding};
use crate::krm::meta::Meta;
use crate::reconcile::{Change, Deed, FlowChanges};

/// The most objects of a JinaFlow that have a result of their own for one code. If there are more, the code has one result for
/// the JinaFlow, which lists all of them.
const MOST_RESULTS: usize = 5;

/// The most fields that a message lists.
const MOST_FIELDS: usize = 5;

/// A result about changes.
#[derive(Debug)]
pub struct ChangeResult {
    /// The object, or the JinaFlow of all objects.
    pub subject: Subject,
    /// The change.
    pub finding: Finding,
    /// The objects, one on each line, if there are more than one.
    pub objects: Option<String>,
}

/// The codes in the order of results.
const CODES: [Code; 5] = [Code::ObjectAdopted, Code::ObjectRemoved, Code::ObjectChanged, Code::ObjectAdded, Code::EditKept];

fn code(deed: &Deed) -> Code {
    match deed {
        Deed::Added(_) => Code::ObjectAdded,
        Deed::Changed(_) => Code::ObjectChanged,
        Deed::Removed => Code::ObjectRemoved,
        Deed::Kept(_) => Code::EditKept,
        Deed::Adopted { .. } => Code::ObjectAdopted,
    }
}

/// The results about all changes.
pub fn results(flows: &[FlowChanges]) -> Vec<ChangeResult> {
    let mut results = Vec::new();
    for flow in flows {
        for code in CODES {
            let changes: Vec<&Change> = flow.changes.iter().filter(|change| self::code(&change.deed) == code).collect();
            // An object is adopted only once, and each of its edits should be found in the results.
            if changes.len() > MOST_RESULTS && code != Code::ObjectAdopted {
                results.push(together(flow, code, &changes));
            } else {
                results.extend(changes.into_iter().map(alone));
            }
        }
    }
    results
}

/// The result about one object.
fn alone(change: &Change) -> ChangeResult {
    let object = &change.object;
    let finding = match &change.deed {
        Deed::Added(None) => Code::ObjectAdded.info("", "was added"),
        Deed::Added(Some(former)) => Code::ObjectAdded.info("", format!("was added, and replaces the {}", name(former))),
        Deed::Removed => Code::ObjectRemoved.info("", "was removed"),
        Deed::Changed(fields) => of_fields(Code::ObjectChanged, "was changed", fields),
        Deed::Kept(fields) => of_fields(Code::EditKept, "keeps a value that differs from the Flow", fields),
        Deed::Adopted { kept, changed } => Code::ObjectAdopted.info("", adopted(kept, changed)),
    };
    ChangeResult { subject: Subject::Object(object.clone()), finding, objects: None }
}

/// What the adoption of an object keeps and changes.
fn adopted(kept: &[FieldPath], changed: &[FieldPath]) -> String {
    let changed = match changed {
        [] => "nothing else changes".to_owned(),
        [field] => format!("{field} changes to the value of the Flow"),
        few if few.len() <= MOST_FIELDS => format!("these fields change to the values of the Flow: {}", all(few)),
        many => format!("{} fields change to the values of the Flow", many.len()),
    };
    match kept {
        [] => format!("was exported by Jina and now follows the JinaFlow; {changed}"),
        kept => format!("was exported by Jina and now follows the JinaFlow; your edits stay: {}; {changed}", all(kept)),
    }
}

/// All fields.
fn all(fields: &[FieldPath]) -> String {
    fields.iter().map(FieldPath::to_string).collect::<Vec<_>>().join(", ")
}

/// A finding about one field, or about a list of fields.
fn of_fields(code: Code, message: &str, fields: &[FieldPath]) -> Finding {
    match fields {
        [field] => code.info(field, message),
        several => code.info("", format!("{message}: {}", listed(several))),
    }
}

/// The result about many objects of a JinaFlow.
fn together(flow: &FlowChanges, code: Code, changes: &[&Change]) -> ChangeResult {
    let what = match code {
        Code::ObjectAdded => "were added",
        Code::ObjectRemoved => "were removed",
        Code::ObjectChanged => "were changed",
        _ => "keep values that differ from the Flow",
    };
    // The Flow of removed objects may be removed too. Then the result is about another Flow of its package.
    let of = if flow.reference.name == flow.flow { String::new() } else { format!(" of the JinaFlow `{}`", flow.flow) };
    let finding = code.info("", format!("{} objects{of} {what}", changes.len()));
    let mut objects = String::new();
    for Change { object, deed } in changes {
        objects.push_str(&name(object));
        match deed {
            Deed::Changed(fields) | Deed::Kept(fields) => objects.extend([": ", &listed(fields)]),
            Deed::Added(Some(former)) => objects.extend([": replaces the ", &name(former)]),
            Deed::Added(None) | Deed::Removed | Deed::Adopted { .. } => {}
        }
        objects.push('\n');
    }
    ChangeResult { subject: Subject::Object(flow.reference.clone()), finding, objects: Some(objects) }
}

/// The kind and name of an object, with its namespace if it has one.
fn name(object: &Meta) -> String {
    let Meta { kind, name, namespace, .. } = object;
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

/// The first fields, and the number of the others.
fn listed(fields: &[FieldPath]) -> String {
    let (first, more) = fields.split_at(fields.len().min(MOST_FIELDS));
    let first = all(first);
    match more.len() {
        0 => first,
        1 => format!("{first} and 1 more field"),
        count => format!("{first} and {count} more fields"),
    }
}

/// The numbers of objects of a JinaFlow.
#[derive(Debug, Default)]
pub struct Tally {
    /// New objects.
    pub added: usize,
    /// Objects of an export of Jina that become objects of the JinaFlow.
    pub adopted: usize,
    /// Objects that change.
    pub changed: usize,
    /// Objects that are removed.
    pub removed: usize,
    /// Fields that keep a value that differs from the Flow.
    pub kept_fields: usize,
    /// Objects that stay unchanged.
    pub unchanged: usize,
}

impl Tally {
    fn of(flow: &FlowChanges) -> Self {
        let mut tally = Self { kept_fields: flow.kept_fields, unchanged: flow.unchanged, ..Self::default() };
        for change in &flow.changes {
            match change.deed {
                Deed::Added(_) => tally.added += 1,
                Deed::Changed(_) => tally.changed += 1,
                Deed::Removed => tally.removed += 1,
                Deed::Adopted { .. } => tally.adopted += 1,
                Deed::Kept(_) => {}
            }
        }
        tally
    }
}

/// One line for each JinaFlow: `jinaflow: search: 3 added, 1 changed, 12 unchanged`.
pub fn summary(flows: &[FlowChanges]) -> String {
    // JinaFlows of different packages may have the same name.
    let mut namesakes: BTreeMap<&str, usize> = BTreeMap::new();
    for flow in flows {
        *namesakes.entry(&flow.flow).or_default() += 1;
    }
    let name_of = |flow: &FlowChanges| {
        let path = flow.reference.path().filter(|_| namesakes.get(flow.flow.as_str()).is_some_and(|count| *count > 1));
        match path {
            Some(path) => format!("{} in {path}", flow.flow),
            None => flow.flow.clone(),
        }
    };
    let lines = |flow: &FlowChanges| {
        let name = name_of(flow);
        let edits = flow.changes.iter().filter_map(|change| match &change.deed {
            Deed::Adopted { kept, changed } => Some(adopted_lines(&name, &change.object, kept, changed, flow.is_of_jina)),
            _ => None,
        });
        std::iter::once(summary_line(&name, &Tally::of(flow))).chain(edits).collect::<String>()
    };
    flows.iter().map(lines).collect()
}

/// The lines about the edits of an adopted object, and about the fields that change although the Flow is rendered as Jina exports it:
/// they correct what Jina has corrupted, or have the value of a later version of Jina.
fn adopted_lines(flow: &str, object: &Meta, kept: &[FieldPath], changed: &[FieldPath], is_of_jina: bool) -> String {
    let mut lines = String::new();
    if !kept.is_empty() {
        lines += &(one_line(&format!("jinaflow: {flow}: your edits of the {} stay: {}", name(object), all(kept))) + "\n");
    }
    if is_of_jina && !changed.is_empty() {
        lines +=
            &(one_line(&format!("jinaflow: {flow}: fields of the {} change to the values of the Flow: {}", name(object), all(changed)))
                + "\n");
    }
    lines
}

/// The line about a JinaFlow.
pub fn summary_line(flow: &str, tally: &Tally) -> String {
    let Tally { added, adopted, changed, removed, kept_fields, unchanged } = *tally;
    let fields = if kept_fields == 1 { "field" } else { "fields" };
    let mut parts: Vec<String> = Vec::new();
    let mut count = |count: usize, what: &str| {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    };
    count(added, "added");
    count(adopted, "adopted");
    count(changed, "changed");
    count(removed, "removed");
    let has_changes = added + adopted + changed + removed > 0;
    count(kept_fields, &format!("{fields} kept because edited"));
    count(unchanged, "unchanged");
    let nothing = if has_changes { "" } else { "no changes, " };
    let line = format!("jinaflow: {flow}: {nothing}{}", parts.join(", "));
    one_line(line.trim_end_matches(", ")) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_only_the_numbers_that_are_not_zero() {
        let line = |added, changed, removed, kept_fields, unchanged| {
            summary_line("search", &Tally { added, adopted: 0, changed, removed, kept_fields, unchanged })
        };
        assert_eq!(line(3, 1, 2, 4, 12), "jinaflow: search: 3 added, 1 changed, 2 removed, 4 fields kept because edited, 12 unchanged\n");
        assert_eq!(line(15, 0, 0, 0, 0), "jinaflow: search: 15 added\n");
        assert_eq!(line(0, 0, 0, 1, 15), "jinaflow: search: no changes, 1 field kept because edited, 15 unchanged\n");
        assert_eq!(line(0, 0, 0, 0, 0), "jinaflow: search: no changes\n");
    }

    #[test]
    fn many_objects_of_one_code_are_one_result() {
        let change = |number: usize| Change {
            object: Meta { kind: "Service".to_owned(), name: format!("s{number}"), ..Meta::default() },
            deed: Deed::Changed(vec!["spec.a".into(); number]),
        };
        let flow = |count: usize| {
            let changes = (1..=count).map(change).collect();
            FlowChanges { changes, ..FlowChanges::new("search", &Meta { name: "search".to_owned(), ..Meta::default() }) }
        };
        let shown = |count: usize| {
            let results = results(&[flow(count)]);
            results.iter().map(|result| format!("{}: {}", result.finding.path, result.finding)).collect::<Vec<_>>()
        };
        assert_eq!(shown(2), ["spec.a: was changed", ": was changed: spec.a, spec.a"]);
        assert_eq!(shown(6), [": 6 objects were changed"]);
        let results = results(&[flow(7)]);
        let lines: Vec<&str> = results.iter().filter_map(|result| result.objects.as_deref()).flat_map(str::lines).collect();
        assert_eq!((lines.len(), lines[0]), (7, "Service s1: spec.a"));
        assert_eq!(lines[6], "Service s7: spec.a, spec.a, spec.a, spec.a, spec.a and 2 more fields");
    }
}
