//! The expected answer of a render, object by object, and the differences between it and the actual answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::lines::{Seen, seen};
use super::oracle::{Conflict, Leaf, Merge, Mode, as_component, as_other_kind, edits, is_in_order, leaves, unordered};
use super::package::{COPY, Item, Owner, Package};

/// The recorded base of each rendered object.
pub type Rendered = BTreeMap<Owner, Value>;

/// The objects that a Flow has rendered.
pub fn rendered(package: &Package) -> Rendered {
    package.generated().map(|(owner, item)| (owner, item.object())).collect()
}

/// The three sides of the merge of a package.
pub struct Sides<'p> {
    /// The previous render of the Flow.
    pub base: &'p Rendered,
    /// The edited package, with the current Flow.
    pub edited: &'p Package,
    /// The current Flow rendered into a package without objects.
    pub fresh: &'p Package,
}

/// Whether an object has edits.
#[derive(Clone, Copy, PartialEq)]
enum Edited {
    No,
    Yes,
    /// It takes over the edits of another object.
    CarriedOver,
}

/// An expected object.
struct Wanted<'p> {
    owner: Owner,
    object: Value,
    /// The base of the next merge.
    known: Value,
    /// The previous object.
    was: Option<&'p Item>,
    /// Whether the previous object belonged to another component or kind.
    is_other: bool,
    edited: Edited,
    /// Whether the Flow renders the same as before.
    is_unchanged: bool,
    conflicts: Vec<Conflict>,
}

/// A removed object.
struct Gone<'p> {
    item: &'p Item,
    changed: Vec<String>,
    has_removed: bool,
}

/// The expected package.
pub struct Expected<'p> {
    objects: Vec<Wanted<'p>>,
    gone: Vec<Gone<'p>>,
    /// Edits that do not apply to an object of another kind.
    pointless: Vec<(&'p Item, Vec<String>)>,
}

impl Expected<'_> {
    /// Whether `onConflict: error` refuses the merge, because an edit would be lost.
    pub fn is_refused(&self) -> bool {
        self.objects.iter().any(|wanted| !wanted.conflicts.is_empty())
            || self.gone.iter().any(|gone| gone.has_removed || !gone.changed.is_empty())
            || !self.pointless.is_empty()
    }

    /// The recorded bases for the next render.
    pub fn known(&self) -> Rendered {
        self.objects.iter().map(|wanted| (wanted.owner.clone(), wanted.known.clone())).collect()
    }

    /// The numbers of conflicts, of objects that take over edits, and of removed objects.
    pub fn counts(&self) -> [usize; 3] {
        let conflicts = self.objects.iter().map(|wanted| wanted.conflicts.len()).sum();
        [conflicts, self.objects.iter().filter(|wanted| wanted.is_other).count(), self.gone.len()]
    }
}

const WORKLOADS: [&str; 2] = ["Deployment", "StatefulSet"];
const FAMILIES: [[&str; 2]; 3] = [WORKLOADS, ["HorizontalPodAutoscaler", "ScaledObject"], ["ServiceMonitor", "PodMonitor"]];

fn other_role(role: &str) -> Option<&'static str> {
    let family = FAMILIES.iter().find(|family| family.contains(&role))?;
    family.iter().find(|other| **other != role).copied()
}

/// The components of an executor: its name, its image and its workloads.
#[derive(Debug, Default, Clone, PartialEq)]
struct Executor {
    components: Vec<String>,
    image: Option<String>,
}

/// The executors of a package by name, without the gateway. The name is in a label, which may be edited.
fn executors(rendered: &Rendered, package: &Package) -> BTreeMap<String, Executor> {
    let mut executors: BTreeMap<String, Executor> = BTreeMap::new();
    for (owner, object) in rendered.iter().filter(|(owner, _)| WORKLOADS.contains(&owner.1.as_str())) {
        let component = &owner.0;
        let Some(item) = package.find(owner) else { continue };
        let template = &object["spec"]["template"];
        let name = item.value["spec"]["template"]["metadata"]["labels"]["jina_deployment_name"].as_str().unwrap_or(component).to_owned();
        if name == "gateway" {
            continue;
        }
        let containers = template["spec"]["containers"].as_array();
        let image = containers.into_iter().flatten().find(|container| container["name"] == "executor").map(|container| &container["image"]);
        let executor = executors.entry(name).or_default();
        if !component.ends_with("-head") {
            executor.image = image.and_then(Value::as_str).map(str::to_owned).or(executor.image.take());
        }
        executor.components.push(component.clone());
    }
    executors
}

/// The previous component of each new one, when an executor was renamed or its shards changed.
fn predecessors(base: &Rendered, edited: &Package, fresh: &Package) -> BTreeMap<String, String> {
    // Without its workload, the previous form of a component is unknown.
    let (before, now) = (executors(base, edited), executors(&rendered(fresh), fresh));
    let exists = |component: &String| now.values().any(|executor| executor.components.contains(component));
    let mut found = BTreeMap::new();
    for (name, executor) in &now {
        let gone = || before.iter().filter(|(old, was)| !now.contains_key(*old) && was.image == executor.image);
        let twins = now.iter().filter(|(new, other)| !before.contains_key(*new) && other.image == executor.image);
        let was = match before.get(name) {
            Some(was) => was,
            None if gone().count() == 1 && twins.count() == 1 => gone().next().unwrap().1,
            None => continue,
        };
        let part = |executor: &Executor, component: &String| match component.rsplit_once('-') {
            _ if executor.components.len() == 1 && !component.ends_with("-head") => "whole".to_owned(),
            Some((_, last)) => last.to_owned(),
            None => "whole".to_owned(),
        };
        for component in &executor.components {
            if was.components.contains(component) {
                continue;
            }
            let wanted = part(executor, component);
            let old = was.components.iter().filter(|old| !exists(old)).find(|old| {
                let old = part(was, old);
                old == wanted || (old == "whole" && wanted != "head") || (wanted == "whole" && old == "0")
            });
            if let Some(old) = old {
                found.insert(component.clone(), old.clone());
            }
        }
    }
    found
}

/// The expected package.
pub fn expected<'p>(sides: &Sides<'p>, mode: Mode) -> Expected<'p> {
    let Sides { base, edited, fresh } = *sides;
    let predecessors = predecessors(base, edited, fresh);
    let mut out = Expected { objects: Vec::new(), gone: Vec::new(), pointless: Vec::new() };
    let mut succeeded: BTreeSet<Owner> = BTreeSet::new();
    for (owner, new) in fresh.generated() {
        let flows = new.object();
        let (component, role) = &owner;
        let same = [component.clone()];
        let former = same.iter().chain(predecessors.get(component));
        let roles = |role: &str| std::iter::once(role.to_owned()).chain(other_role(role).map(str::to_owned)).collect::<Vec<_>>();
        let mut owners = former.flat_map(|component| roles(role).into_iter().map(|role| (component.clone(), role)));
        let was = owners.find_map(|old| Some((edited.find(&old)?, base.get(&old)?, old)));
        let Some((item, rendered, old)) = was else {
            out.objects.push(Wanted {
                owner,
                known: flows.clone(),
                object: flows,
                was: None,
                is_other: false,
                edited: Edited::No,
                is_unchanged: false,
                conflicts: Vec::new(),
            });
            continue;
        };
        let (mut known, mut mine) = (rendered.clone(), item.object());
        let mut edited_here = if known != mine && unordered("", &known) != unordered("", &mine) { Edited::Yes } else { Edited::No };
        let is_unchanged = old == owner && known == flows;
        if old.1 != *role {
            let (changed, _) = edits(&known, &mine);
            let whole = known.clone();
            known = as_other_kind(known, role, &flows);
            let kept = edits(&whole, &as_other_kind(mine.clone(), role, &flows)).0;
            mine = as_other_kind(mine, role, &flows);
            let lost: Vec<String> = changed.into_iter().filter(|path| !kept.contains(path)).collect();
            if !lost.is_empty() && !succeeded.contains(&old) {
                out.pointless.push((item, lost));
            }
        }
        if old != owner && !edits(&known, &mine).0.is_empty() {
            edited_here = Edited::CarriedOver;
        }
        if old.0 != *component {
            (known, mine) = (as_component(known, &old.0, component), as_component(mine, &old.0, component));
        }
        let mut merge = Merge::new(mode);
        let (object, known) = merge.object(&known, &mine, &flows);
        let is_other = old != owner;
        if is_other {
            succeeded.insert(old);
        }
        out.objects.push(Wanted {
            owner,
            object,
            known,
            was: Some(item),
            is_other,
            edited: edited_here,
            is_unchanged,
            conflicts: merge.conflicts,
        });
    }
    for (owner, item) in edited.generated() {
        let stays = fresh.find(&owner).is_some() || succeeded.contains(&owner);
        if let Some(rendered) = base.get(&owner).filter(|_| !stays) {
            let (changed, has_removed) = edits(rendered, &item.object());
            out.gone.push(Gone { item, changed, has_removed });
        }
    }
    out
}

/// The code of the warning about selectors and addresses that a cluster refuses to change.
const NEEDS_COMMANDS: &str = "adoption-needs-delete";

/// Whether a cluster refuses to change the selector or the address of an object.
fn is_refused(was: &Value, now: &Value) -> bool {
    let (before, after) = (&was["spec"]["clusterIP"], &now["spec"]["clusterIP"]);
    let is_workload = now["kind"] == "Deployment" || now["kind"] == "StatefulSet";
    is_workload && was["spec"]["selector"] != now["spec"]["selector"] || before != after && !after.is_null()
}

/// Whether a result reports an action of a merge.
fn is_about_a_merge(result: &Value) -> bool {
    ["edit-conflict", "edit-lost", "edit-carried-over"].iter().any(|code| result["tags"]["code"] == *code)
}

/// Whether a result reports a copied object.
fn is_about_a_copy(result: &Value) -> bool {
    result["resourceRef"]["name"].as_str().is_some_and(|name| name.ends_with(COPY))
}

/// A scalar in the form that results show.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => Some("null".to_owned()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

const HIDDEN: &str = "(hidden: it may be a secret)";

/// Collects the errors in the results.
fn wrong_results(expected: &Expected<'_>, answer: &Package, fresh: &Package, wrong: &mut Vec<String>) {
    let mut left: Vec<&Value> = answer.results.iter().filter(|result| is_about_a_merge(result)).collect();
    let path_of = |result: &Value| result["field"]["path"].as_str().unwrap_or_default().to_owned();
    let mut take = |items: &[&Item], code: &str, fits: &dyn Fn(&Value) -> bool| -> Option<Value> {
        let place = left.iter().position(|result| {
            let is_of = |item: &&Item| result["resourceRef"]["kind"] == item.kind() && result["resourceRef"]["name"] == item.name();
            result["tags"]["code"] == code && items.iter().any(is_of) && fits(result)
        })?;
        Some(left.remove(place).clone())
    };
    for wanted in &expected.objects {
        let mut items: Vec<&Item> = wanted.was.into_iter().collect();
        items.extend(answer.find(&wanted.owner));
        for conflict in &wanted.conflicts {
            let sides = [("currentValue", &conflict.mine), ("proposedValue", &conflict.flows)];
            // Several arguments may be in conflict, all at one path.
            let fits = |result: &Value| {
                let is_shown = |(name, value): &(&str, &Option<Value>)| match value.as_ref().map(shown) {
                    None => result["field"][*name].is_null(),
                    Some(None) => result["field"][*name].is_string(),
                    Some(Some(text)) => result["field"][*name] == text || result["field"][*name] == HIDDEN,
                };
                // The index of a kept entry is that in the answer, which also has the new entries of the Flow.
                without_indexes(&path_of(result)) == without_indexes(&conflict.path) && sides.iter().all(is_shown)
            };
            if take(&items, "edit-conflict", &fits).is_none() {
                let name = items.first().map(|item| item.label()).unwrap_or_default();
                wrong.push(format!("{name}: this conflict is not reported: {conflict:?}"));
            }
        }
    }
    for wanted in expected.objects.iter().filter(|wanted| wanted.edited == Edited::CarriedOver) {
        if wanted.was.is_some_and(|item| take(&[item], "edit-carried-over", &|_| true).is_none()) {
            wrong.push(format!("{:?}: no result says which edits were taken over", wanted.owner));
        }
    }
    let mut lost = |item: &Item, changed: &[String], has_removed: bool, wrong: &mut Vec<String>| {
        let mut named: Vec<String> = Vec::new();
        let mut is_counted = false;
        while let Some(result) = take(&[item], "edit-lost", &|_| true) {
            let path = path_of(&result);
            is_counted |= path.is_empty();
            named.push(path);
        }
        let is_named = |path: &String| named.iter().any(|known| !known.is_empty() && path.starts_with(known.as_str()));
        for path in changed.iter().filter(|path| !is_named(path) && (!is_counted || named.len() <= 20)) {
            wrong.push(format!("{}: this edit is lost without a result: {path}", item.label()));
        }
        if has_removed && !is_counted {
            wrong.push(format!("{}: a removed value is back without a result", item.label()));
        }
        if changed.is_empty() && !has_removed && !named.is_empty() {
            wrong.push(format!("{}: no edit, but these are reported: {named:?}", item.label()));
        }
    };
    for gone in &expected.gone {
        lost(gone.item, &gone.changed, gone.has_removed, wrong);
    }
    for (item, changed) in &expected.pointless {
        lost(item, changed, false, wrong);
    }
    let more = left.iter().filter(|result| result["tags"]["code"] != "edit-carried-over");
    wrong.extend(more.map(|result| format!("this result has no reason: {result}")));
    let known: Vec<&Value> = fresh.results.iter().map(|result| &result["message"]).collect();
    let (needed, others): (Vec<&Value>, Vec<&Value>) = answer.results.iter().partition(|result| result["tags"]["code"] == NEEDS_COMMANDS);
    let mut refused = expected.objects.iter().filter(|wanted| {
        let now = answer.find(&wanted.owner).filter(|now| wanted.was.is_some_and(|was| was.label() == now.label()));
        wanted.was.zip(now).is_some_and(|(was, now)| is_refused(&was.object(), &now.object()))
    });
    if refused.next().is_some() != (needed.len() == 1) {
        wrong.push(format!("selectors or addresses change, or not, and the results about it are {needed:?}"));
    }
    for result in others.into_iter().filter(|result| !is_about_a_merge(result) && !is_about_a_copy(result)) {
        if !known.contains(&&result["message"]) {
            wrong.push(format!("a first render does not give this result: {result}"));
        }
    }
}

/// The first places where two objects differ.
fn differences(wanted: &Value, is: &Value) -> Vec<String> {
    let (wanted, is) = (leaves("", wanted), leaves("", is));
    let places: BTreeSet<&Vec<String>> = wanted.keys().chain(is.keys()).collect();
    let value = |leaf: Option<&Leaf>| leaf.map_or("nothing".to_owned(), |leaf| leaf.value.to_string());
    let differs = |place: &&&Vec<String>| wanted.get(**place).map(|leaf| &leaf.value) != is.get(**place).map(|leaf| &leaf.value);
    let show = |place: &Vec<String>| format!("{}: wanted {}, is {}", place.join("."), value(wanted.get(place)), value(is.get(place)));
    places.iter().filter(differs).take(8).map(|place| show(place)).collect()
}

/// The errors in an answer that was not refused.
pub fn wrong(sides: &Sides<'_>, expected: &Expected<'_>, answer: &Package) -> Vec<String> {
    let mut wrong = Vec::new();
    let owners: Vec<Owner> = answer.generated().map(|(owner, _)| owner).collect();
    let unique: BTreeSet<&Owner> = owners.iter().collect();
    if unique.len() != owners.len() {
        wrong.push(format!("an object is a duplicate: {owners:?}"));
    }
    for wanted in &expected.objects {
        let Some(item) = answer.find(&wanted.owner) else {
            wrong.push(format!("{:?} is missing", wanted.owner));
            continue;
        };
        let object = item.object();
        if object != wanted.object && unordered("", &object) != unordered("", &wanted.object) {
            wrong.push(format!("{}: {:#?}", item.label(), differences(&wanted.object, &object)));
        }
        if let Some(was) = wanted.was {
            let annotation = |item: &Item| item.value["metadata"]["annotations"]["flow.jina.ai/object"].clone();
            if wanted.is_unchanged && annotation(item) == annotation(was) && item.text != was.text {
                wrong.push(format!("{}: the Flow renders the same, but the text has changed", item.label()));
            }
            let is_second = is_second(expected, wanted);
            // In objects without edits, everything in a second shard is new.
            if was.text != item.text && (!is_second || wanted.edited != Edited::No) {
                words(was, item, is_second, &mut wrong);
                if !is_in_order("", &was.value, &item.value) {
                    wrong.push(format!("{}: lists are in another order", item.label()));
                }
            }
            let name = was.file().0.unwrap_or_default();
            let is_moved = name.contains("moved-");
            if is_moved && item.file().0 != Some(name) && !is_second || !wanted.is_other && item.file() != was.file() {
                wrong.push(format!("{} was in {:?} and is in {:?}", item.label(), was.file(), item.file()));
            }
        }
    }
    let wanted: BTreeSet<&Owner> = expected.objects.iter().map(|wanted| &wanted.owner).collect();
    wrong.extend(owners.iter().filter(|owner| !wanted.contains(owner)).map(|owner| format!("{owner:?} is not removed")));
    let others = |package: &Package| -> Vec<String> {
        package.items.iter().filter(|item| item.owner().is_none() && !item.is_record()).map(|item| item.text.clone()).collect()
    };
    let (before, after) = (others(sides.edited), others(answer));
    if before != after {
        wrong.push(format!("foreign items have changed: {before:#?} → {after:#?}"));
    }
    let order = |package: &Package| -> Vec<Owner> {
        let is_common = |owner: &Owner| sides.edited.find(owner).is_some() && answer.find(owner).is_some();
        package.generated().map(|(owner, _)| owner).filter(is_common).collect()
    };
    if order(sides.edited) != order(answer) {
        wrong.push(format!("items were in the order {:?} and are in {:?}", order(sides.edited), order(answer)));
    }
    let files: Vec<_> = answer.items.iter().map(Item::file).filter(|(file, index)| file.is_some() && index.is_some()).collect();
    let places: BTreeSet<_> = files.iter().collect();
    if places.len() != files.len() {
        wrong.push(format!("two items have the same file and index: {files:?}"));
    }
    // The answer has to name the owner of a copy.
    let is_copied = sides.edited.items.iter().any(Item::is_copy);
    if is_copied != answer.results.iter().any(is_about_a_copy) {
        wrong.push("a copy is not reported, or reported without a copy".to_owned());
    }
    wrong_results(expected, answer, sides.fresh, &mut wrong);
    wrong
}

/// Whether an earlier object has taken over from the same object, and its place.
fn is_second(expected: &Expected<'_>, wanted: &Wanted<'_>) -> bool {
    let same = |other: &&Wanted<'_>| match (other.was, wanted.was) {
        (Some(one), Some(other)) => std::ptr::eq(one, other),
        _ => false,
    };
    expected.objects.iter().find(same).is_some_and(|first| first.owner != wanted.owner)
}

/// Whether a place is an annotation of the identity and file of an item, whose order the program decides.
fn is_bookkeeping(place: &[String]) -> bool {
    let is_ours = |name: &String| name.starts_with("flow.jina.ai/") || name.starts_with("internal.config.kubernetes.io/");
    place.len() == 3 && place[1] == "annotations" && is_ours(&place[2])
}

/// Unchanged lines keep their spelling, comments and order.
fn words(was: &Item, is: &Item, is_second: bool, wrong: &mut Vec<String>) {
    let (before, after) = (seen(&was.text, &was.value), seen(&is.text, &is.value));
    let [old, new] = [was, is].map(|item| item.text.lines().collect::<Vec<_>>());
    let text = |lines: &[&str], part: &Seen<'_>| {
        let mut own = lines[part.lines.clone()].join("\n").trim_end().to_owned();
        // The line of a dash is also the line of the first field.
        if !part.is_entry && lines[part.lines.start].trim_start().starts_with("- ") {
            own = own.replacen("- ", "  ", 1);
        }
        own
    };
    let places: BTreeMap<&Vec<String>, (usize, &Seen<'_>)> =
        after.iter().enumerate().map(|(number, part)| (&part.place, (number, part))).collect();
    let mut last = 0;
    for part in &before {
        let Some((number, other)) = places.get(&part.place).filter(|_| !is_bookkeeping(&part.place)) else { continue };
        // A second shard is a new item, whose annotations are last.
        let is_new = is_second && part.place[0] == "metadata";
        if *number < last && !is_new {
            wrong.push(format!("{}: {:?} has moved", is.label(), part.place));
        }
        last = last.max(*number);
        // A comment above a removed line may now be above this line.
        let (before, after) = (text(&old, part), text(&new, other));
        let is_same = after.strip_suffix(before.as_str()).is_some_and(|more| more.lines().all(|line| line.trim_start().starts_with('#')));
        if part.value == other.value && !is_same {
            let shown = format!("{before}\n--- is now\n{after}");
            wrong.push(format!("{}: {:?} has the same value, but other text:\n{shown}", is.label(), part.place));
            return;
        }
    }
}

/// A path without the indexes of list entries.
fn without_indexes(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    first + &parts.map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect::<String>()
}
