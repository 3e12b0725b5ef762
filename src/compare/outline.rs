//! A comparison as people read it: what several components have in common is shown once.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::change::{ComponentChange, Effect, Identity, ObjectChange};
use super::comparison::Comparison;
use super::handover::{Leaving, command, word};
use super::line::{Line, Topic};
use super::pod_labels::Labels;
use crate::facts::{Amounts, Need, Order, Quantity, Rollout};

/// The longest value that is shown.
const LONGEST: usize = 60;
/// The longest value of a field of less interest.
const LONGEST_OF_FIELD: usize = 24;

/// A difference on the screen. Equal items of several components are shown once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Item {
    /// What it is about: `image`, `option`.
    pub topic: &'static str,
    /// The difference.
    pub text: String,
    /// The whole difference, if the text is shortened. Differences that only look the same are not shown as one.
    pub whole: Option<String>,
}

impl Item {
    fn new(topic: &'static str, text: String) -> Self {
        Self { topic, text, whole: None }
    }
}

/// What happens to one component, or to several in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// `+`, `-`, `~` or `!`.
    pub mark: char,
    /// The components.
    pub names: Vec<String>,
    /// What an apply does to them; empty if the names of all objects change.
    pub effect: String,
    /// The differences, by topic.
    pub items: Vec<Item>,
    /// What a reader should know before the change is applied.
    pub notes: Vec<String>,
    /// The objects that have to be deleted before the change is applied.
    pub leaving: Vec<Leaving>,
}

/// The parts of a comparison in the order of the output.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Changes of all names, and the differences of every component that both sides have.
    pub everywhere: Option<Block>,
    /// The components that change.
    pub blocks: Vec<Block>,
    /// The components that do not change, or in nothing else than `everywhere`.
    pub others: Vec<String>,
    /// Executors with another number of shards.
    pub shards: Vec<String>,
    /// The commands that delete the objects that are left behind, and a comment if these may belong to another environment.
    pub left: Vec<String>,
    /// Objects that are left behind and contain data or other objects.
    pub left_with_data: Vec<String>,
    /// OLD objects that are left out, and kinds that OLD may lack, if a server returned OLD.
    pub live: Vec<String>,
    /// The number of errors that a check finds in NEW.
    pub errors: usize,
    /// What the new side needs in the cluster.
    pub needs: Vec<String>,
    /// The sums of both sides.
    pub totals: Vec<Item>,
    /// The last line.
    pub sum: String,
}

impl Outline {
    /// The outline of a comparison. `errors` is the number of errors that a check finds in the new side.
    pub fn of(comparison: &Comparison, errors: usize) -> Self {
        let changing: Vec<&ComponentChange> = comparison.components.iter().filter(|component| !component.is_unchanged()).collect();
        let mut items: Vec<Vec<Item>> = changing.iter().map(|component| items(component)).collect();
        let are_compared = |component: &ComponentChange| component.workload.old.is_some() && component.workload.new.is_some();
        let compared: Vec<usize> = (0..changing.len()).filter(|index| are_compared(changing[*index])).collect();
        let mut common: Vec<Item> = Vec::new();
        // If one component of several is unchanged, nothing is common to all.
        if compared.len() > 1 && changing.len() == comparison.components.len() {
            common.clone_from(&items[compared[0]]);
            for index in &compared {
                let own: HashSet<&Item> = items[*index].iter().collect();
                common.retain(|item| own.contains(item));
            }
            let shared: HashSet<&Item> = common.iter().collect();
            for index in &compared {
                items[*index].retain(|item| !shared.contains(item));
            }
        }
        let effect = renames(comparison);
        let is_shown = !common.is_empty() || !effect.is_empty();
        let everywhere = is_shown.then(|| Block {
            mark: '*',
            names: vec!["every component".to_owned()],
            effect,
            items: common,
            notes: Vec::new(),
            leaving: Vec::new(),
        });
        let (mut blocks, mut others) = (Blocks::default(), Vec::<String>::new());
        for (component, items) in changing.iter().zip(items) {
            let refused = refused_objects(component);
            let block = block(component, items, comparison);
            if block.items.is_empty() && block.effect.is_empty() && block.notes.is_empty() {
                others.extend(block.names);
                blocks.extend(refused);
                continue;
            }
            blocks.add(block);
            blocks.extend(refused);
        }
        for object in &comparison.objects {
            if let Some(block) = loose(object, comparison, everywhere.as_ref()) {
                blocks.add(block);
            }
        }
        others.extend(comparison.components.iter().filter(|component| component.is_unchanged()).map(|component| component.name.clone()));
        for block in blocks.all.iter_mut().filter(|block| block.names.len() > 1 && block.effect.starts_with("restarts")) {
            block.effect.insert_str(0, "each ");
        }
        Self {
            everywhere,
            blocks: blocks.all,
            others,
            shards: shards(comparison),
            left: left(comparison),
            left_with_data: comparison.left.iter().filter(|identity| has_data(identity)).map(Identity::argument).collect(),
            live: live(comparison),
            errors,
            needs: comparison.needs.iter().map(need).collect(),
            totals: totals(comparison),
            sum: sum(comparison),
        }
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

/// Blocks in their order. Blocks that are the same but for their names become one.
#[derive(Default)]
struct Blocks {
    all: Vec<Block>,
    places: HashMap<(char, String, Vec<Item>, Vec<String>), usize>,
}

impl Blocks {
    fn add(&mut self, block: Block) {
        let key = (block.mark, block.effect.clone(), block.items.clone(), block.notes.clone());
        if let Some(place) = self.places.get(&key) {
            let known = &mut self.all[*place];
            known.names.extend(block.names);
            known.leaving.extend(block.leaving);
        } else {
            self.places.insert(key, self.all.len());
            self.all.push(block);
        }
    }

    fn extend(&mut self, blocks: Vec<Block>) {
        for block in blocks {
            self.add(block);
        }
    }
}

fn need(need: &Need) -> String {
    let kind = if need.kind == "CustomResourceDefinition" { "CRD" } else { need.kind };
    format!("{kind}/{}", need.name)
}

/// What the changes of all names mean, in words.
fn renames(comparison: &Comparison) -> String {
    let renames = &comparison.renames;
    let mut changes: Vec<String> = Vec::new();
    for (old, new) in &renames.namespaces {
        changes.push(format!("namespace {} → {}", or_none(old), or_none(new)));
    }
    for (topic, pair) in [("prefix", &renames.prefix), ("suffix", &renames.suffix)] {
        if let Some((old, new)) = pair {
            changes.push(format!("{topic} {} → {}", or_none(old), or_none(new)));
        }
    }
    if changes.is_empty() {
        return String::new();
    }
    format!("{}: new objects are created, and the old ones stay", changes.join(", "))
}

/// The block of a component. Its items are those that are not common to all.
fn block(component: &ComponentChange, items: Vec<Item>, comparison: &Comparison) -> Block {
    let pods = component.replicas.new.as_deref().or(component.replicas.old.as_deref()).unwrap_or("1");
    let label = |identity: &Option<Identity>| identity.as_ref().map(Identity::label).unwrap_or_default();
    let workload = &component.workload;
    let (mark, effect) = match &workload.effect {
        Effect::Restarts { rollout } => ('~', shown_rollout(rollout)),
        Effect::Scaled if component.replicas.new.as_deref() == Some("0") => ('~', "scales to 0: all pods stop".to_owned()),
        Effect::Scaled => ('~', "scales, no pod restarts".to_owned()),
        Effect::Changed | Effect::Unchanged => ('~', "no pod restarts".to_owned()),
        Effect::Refused { fields } => ('!', refused(fields)),
        Effect::Created => {
            let is_renamed =
                !comparison.renames.is_empty() && workload.old.as_ref().map(|old| &old.kind) == workload.new.as_ref().map(|new| &new.kind);
            let text = format!("{} is created, {} stays", label(&workload.new), label(&workload.old));
            ('~', if is_renamed { String::new() } else { text })
        }
        Effect::Added => ('+', format!("added: {pods} × {}", shortened(&component.image, LONGEST))),
        Effect::Removed => ('-', format!("removed: {pods} × {}, until deleted", shortened(&component.image, LONGEST))),
    };
    let is_refused = matches!(workload.effect, Effect::Refused { .. });
    let leaving = workload.old.iter().filter(|_| is_refused).map(|old| leaving(old, workload.labels.clone())).collect();
    Block { mark, names: vec![component.name.clone()], effect, items, notes: workload.notes.clone(), leaving }
}

/// The fields that the API server refuses to change.
fn refused(fields: &[String]) -> String {
    format!("REFUSED: {} cannot change", fields.join(", "))
}

/// How to delete an object that is refused, and what to know before. No command deletes data.
fn deletions(identity: &Identity, notes: &[String]) -> (Vec<Leaving>, Vec<String>) {
    let mut notes = notes.to_vec();
    if has_data(identity) {
        notes.push("to change it, delete it, with its data or the objects in it, and create it again".to_owned());
        return (Vec::new(), notes);
    }
    if identity.kind == "Service" {
        notes.push("requests fail after the delete, until it is created again".to_owned());
    }
    (vec![leaving(identity, None)], notes)
}

fn leaving(identity: &Identity, labels: Option<Labels>) -> Leaving {
    Leaving { identity: identity.clone(), labels, has_other_kind: false }
}

/// A number with a noun: `1 error`, `2 errors`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The objects around a component that are refused, or that need a reader's attention.
fn refused_objects(component: &ComponentChange) -> Vec<Block> {
    let mut blocks = Vec::new();
    for object in &component.objects {
        let Some(identity) = object.identity() else { continue };
        let (names, items) = (vec![identity.label()], Vec::new());
        if let Effect::Refused { fields } = &object.effect {
            let (leaving, notes) = deletions(identity, &object.notes);
            blocks.push(Block { mark: '!', names, effect: refused(fields), items, notes, leaving });
        } else if !object.notes.is_empty() {
            blocks.push(Block { mark: '~', names, effect: String::new(), items, notes: object.notes.clone(), leaving: Vec::new() });
        }
    }
    blocks
}

/// How pods restart, in words.
fn shown_rollout(rollout: &Rollout) -> String {
    if rollout.pods == 0 && rollout.replaces_pods() {
        return "changes the pods, and none runs".to_owned();
    }
    let pods = counted(rollout.pods, "pod", "pods");
    let how = match rollout.order {
        Order::Paused => return "restarts no pod while the rollout is paused".to_owned(),
        Order::ByHand => return format!("restarts {pods} when they are deleted"),
        Order::AllAtOnce => ", all at once".to_owned(),
        Order::OneByOne => format!(", {} at a time, without an extra pod", rollout.unavailable.max(1)),
        Order::Rolling => match (rollout.surge, rollout.unavailable) {
            (surge, 0) => format!(", {surge} at a time, new pods first"),
            (0, unavailable) => format!(", {unavailable} at a time, without an extra pod"),
            (surge, unavailable) => format!(", up to {surge} extra and {unavailable} missing"),
        },
    };
    let drain = if rollout.drain > 0 { format!(", each drains {} s", rollout.drain) } else { String::new() };
    let least = rollout.least_seconds();
    let least = if least > 0 { format!(", at least {}", seconds(least)) } else { String::new() };
    format!("restarts {pods}{how}{drain}{least}")
}

fn seconds(seconds: u64) -> String {
    if seconds >= 120 { format!("{} min", seconds.div_ceil(60)) } else { format!("{seconds} s") }
}

/// The differences of a component, those of the objects around it too.
fn items(component: &ComponentChange) -> Vec<Item> {
    let workload = &component.workload;
    let mut seen = HashSet::new();
    let mut items: Vec<Item> = workload.changes.iter().map(item).filter(|item| seen.insert(item.clone())).collect();
    let name = workload.new.as_ref().or(workload.old.as_ref()).map(|identity| identity.name.as_str()).unwrap_or_default();
    for object in &component.objects {
        items.extend(of_object(object, name, &workload.changes).map(|text| Item::new("objects", text)));
    }
    items
}

/// An object around a component. ConfigMaps are shown by their values, and labels of the component once.
fn of_object(object: &ObjectChange, workload: &str, known: &[Line]) -> Option<String> {
    let identity = object.identity()?;
    let name = if identity.name == workload { identity.kind.clone() } else { identity.label() };
    // The values of ConfigMaps and Secrets are those of variables and files.
    let is_settings = matches!(&*identity.kind, "ConfigMap" | "Secret");
    let is_value =
        |line: &Line| line.topic == Topic::Field && ["data", "binaryData", "stringData"].iter().any(|field| line.name.starts_with(field));
    let lines: Vec<&Line> = object.changes.iter().filter(|line| !(known.contains(line) || is_settings && is_value(line))).collect();
    let shown = lines.iter().map(|line| with_name(line)).collect::<Vec<_>>().join(", ");
    match &object.effect {
        Effect::Refused { .. } => None,
        Effect::Added | Effect::Removed if is_settings => None,
        Effect::Added if !shown.is_empty() => Some(format!("+ {name} ({shown})")),
        Effect::Added => Some(format!("+ {name}")),
        Effect::Removed => Some(format!("- {name}")),
        _ if lines.is_empty() => None,
        _ => Some(format!("{name}: {shown}")),
    }
}

fn item(line: &Line) -> Item {
    let topic = match line.topic {
        Topic::Label => "labels",
        Topic::Annotation => "annotations",
        topic => topic.word(),
    };
    let text = with_name(line);
    let is_shortened = text.contains('…') || text.ends_with(" changes") || text.starts_with(['+', '-']);
    let whole = is_shortened.then(|| format!("{line:?}"));
    Item { topic, text, whole }
}

fn with_name(line: &Line) -> String {
    let longest = match line.topic {
        Topic::Pod | Topic::Field | Topic::Label | Topic::Annotation | Topic::Drain => LONGEST_OF_FIELD,
        _ => LONGEST,
    };
    let is_mapping = |value: &str| value.starts_with(['{', '[']) && value.chars().count() > longest;
    let short = |value: &str| if is_mapping(value) { String::new() } else { format!(" {}", shortened(value, longest)) };
    let name = &line.name;
    let text = match (&line.old, &line.new) {
        (Some(old), Some(new)) if is_mapping(old) || is_mapping(new) => format!("{name} changes"),
        (Some(old), Some(new)) if short(old) == short(new) => format!("{name}{} changes in the part that is not shown", short(new)),
        (Some(old), Some(new)) => format!("{name}{} →{}", short(old), short(new)),
        (None, Some(new)) => format!("+ {name}{}", short(new)),
        (Some(old), None) => format!("- {name}{}", short(old)),
        (None, None) => name.clone(),
    };
    text.trim_start().to_owned()
}

/// A value on one line. Of a digest, the first digits are enough.
fn shortened(value: &str, longest: usize) -> String {
    let value = value.replace('\n', "⏎");
    if let Some((image, digest)) = value.split_once("@sha256:")
        && digest.len() > 12
        && !image.contains(char::is_whitespace)
    {
        return format!("{image}@sha256:{}…", digest.chars().take(8).collect::<String>());
    }
    match value.char_indices().nth(longest) {
        None => value,
        Some((end, _)) => format!("{}…", &value[..end]),
    }
}

/// An object that belongs to no component, or to several. `everywhere` is what all components have in common.
fn loose(object: &ObjectChange, comparison: &Comparison, everywhere: Option<&Block>) -> Option<Block> {
    let identity = object.identity()?;
    let is_renamed = !comparison.renames.is_empty();
    let (mark, effect) = match &object.effect {
        Effect::Added => ('+', String::new()),
        Effect::Removed => ('-', "stays in the cluster".to_owned()),
        Effect::Refused { fields } => ('!', refused(fields)),
        Effect::Created if !is_renamed => ('~', "is created, and the old one stays".to_owned()),
        _ => ('~', String::new()),
    };
    let is_known = |item: &Item| everywhere.is_some_and(|block| block.items.contains(item));
    let items: Vec<Item> = object.changes.iter().map(item).filter(|item| !is_known(item)).collect();
    if items.is_empty() && !object.changes.is_empty() && effect.is_empty() {
        return None;
    }
    let is_refused = matches!(object.effect, Effect::Refused { .. });
    let (leaving, notes) = if is_refused { deletions(identity, &object.notes) } else { (Vec::new(), object.notes.clone()) };
    Some(Block { mark, names: vec![identity.label()], effect, items, notes, leaving })
}

fn shards(comparison: &Comparison) -> Vec<String> {
    let line = |change: &super::shards::ShardChange| {
        format!("{} {} → {}: each shard has its own documents, so index them again", change.executor, change.old, change.new)
    };
    comparison.shards.iter().map(line).collect()
}

/// Whether an object contains data or other objects, so that no command should delete it on the way.
fn has_data(identity: &Identity) -> bool {
    matches!(&*identity.kind, "Namespace" | "PersistentVolumeClaim" | "PersistentVolume" | "CustomResourceDefinition")
}

/// The commands that delete the objects that are left behind, grouped by namespace. Objects of a Flow are selected by its label, if
/// the new side has no object of this Flow in this namespace.
fn left(comparison: &Comparison) -> Vec<String> {
    let mut by_label: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    let mut by_name: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (identity, flow) in comparison.left.iter().zip(&comparison.flows_left).filter(|(identity, _)| !has_data(identity)) {
        match flow {
            Some(flow) => drop(by_label.entry((&identity.namespace, flow)).or_default().insert(identity.resource())),
            None => by_name.entry(&identity.namespace).or_default().push(word(&identity.argument())),
        }
    }
    let selected = by_label.into_iter().map(|((namespace, flow), kinds)| {
        let mut kinds: Vec<String> = kinds.into_iter().collect();
        // Pods that end need their ConfigMap and Service to the last.
        kinds.sort_by_key(|kind| !kind.ends_with(".apps"));
        command("delete", namespace, &format!("{} --selector {}", kinds.join(","), word(&format!("flow.jina.ai/flow={flow}"))))
    });
    let named = by_name.into_iter().map(|(namespace, arguments)| command("delete", namespace, &arguments.join(" ")));
    // With other names on both sides, OLD may be another environment that still runs.
    let condition = if comparison.renames.is_empty() { "" } else { "  # only if no client uses the old names" };
    selected.chain(named).map(|command| format!("{command}{condition}")).collect()
}

/// What the state of a cluster may lack, or have beside the Flow.
fn live(comparison: &Comparison) -> Vec<String> {
    let mut lines = Vec::new();
    if comparison.others > 0 {
        lines.push(format!("{} objects in OLD belong to no Flow of NEW, and are left out", comparison.others));
    }
    if !comparison.unfetched.is_empty() {
        let kinds = comparison.unfetched.join(", ");
        lines.push(format!("OLD has no {kinds}: if the cluster has some, name these kinds for kubectl get too"));
    }
    lines
}

fn totals(comparison: &Comparison) -> Vec<Item> {
    let (before, after, peak) = (&comparison.before, &comparison.after, &comparison.peak);
    let mut items = Vec::new();
    let pods = |amount: u64| Amounts::from([("pods".to_owned(), Quantity::whole(amount))]);
    let mut requests = [pods(before.pods), pods(after.pods), pods(peak.pods)];
    for (sum, side) in requests.iter_mut().zip([before, after, peak]) {
        sum.extend(side.requests.clone());
    }
    for (topic, [old, new, most]) in [
        ("requests", requests),
        ("limits", [before.limits.clone(), after.limits.clone(), Amounts::new()]),
        ("disks", [before.disks.clone(), after.disks.clone(), Amounts::new()]),
    ] {
        let mut names: Vec<&String> = old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
        names.sort_by_key(|name| (["pods", "cpu", "memory"].iter().position(|known| known == name).unwrap_or(3), *name));
        for name in names {
            let of = |amounts: &Amounts| amounts.get(name).copied().unwrap_or_default();
            let (from, to, peak) = (of(&old), of(&new), of(&most));
            let name = if topic == "disks" && name.is_empty() { "default class" } else { name };
            let change = if from == to { format!("{name} {to}") } else { format!("{name} {from} → {to}") };
            let peak = if peak > from && peak > to { format!(" (up to {peak} meanwhile)") } else { String::new() };
            items.push(Item::new(topic, format!("{change}{peak}")));
        }
    }
    items
}

fn sum(comparison: &Comparison) -> String {
    let total = comparison.components.len() as u64;
    let verb = if comparison.changed() == 1 && total == 1 { "changes" } else { "change" };
    let mut parts = vec![format!("{} of {} {verb}", comparison.changed(), counted(total, "component", "components"))];
    let others = comparison.objects.iter().filter(|object| !matches!(object.effect, Effect::Unchanged | Effect::Removed)).count();
    if others > 0 {
        parts.push(counted(others as u64, "other object changes", "other objects change"));
    }
    let created = comparison.components.iter().filter(|component| component.workload.effect == Effect::Created).count() as u64;
    if created > 0 {
        parts.push(format!("{} created beside the old ones", counted(created, "is", "are")));
    }
    parts.push(counted(comparison.restarts(), "pod restarts", "pods restart"));
    if comparison.refused() > 0 {
        parts.push(counted(comparison.refused() as u64, "change is refused", "changes are refused"));
    }
    if !comparison.left.is_empty() {
        parts.push(counted(comparison.left.len() as u64, "object is left behind", "objects are left behind"));
    }
    parts.join(", ")
}
