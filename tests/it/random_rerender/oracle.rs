//! A second merge for the tests. It compares the values of the previous render, the edited objects and the new render.
//! The program itself compares hashes. This file does not use the program's merge.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// `spec.output.onConflict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Keep,
    Overwrite,
    Error,
}

/// The kind of parts that a value is divided into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fields,
    /// Entries of a list, by the key that identifies them in Kubernetes.
    Entries,
    /// Arguments: each flag with the words after it.
    Words,
}

/// The parts of a value, by name.
type Parts<'v> = Vec<(String, Cow<'v, Value>)>;

/// The field name for the words of one flag, which stay together.
const ONE_FLAG: &str = "\0";

/// The key that identifies a list entry in Kubernetes (the patch strategies and map keys of its API reference).
fn entry_key(field: &str, entry: &Value) -> Option<String> {
    let text = |name: &str| match &entry[name] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    match field {
        "containers" | "initContainers" | "env" | "volumes" | "imagePullSecrets" => text("name"),
        "volumeMounts" => text("mountPath"),
        "hostAliases" => text("ip"),
        "volumeClaimTemplates" => entry["metadata"]["name"].as_str().map(str::to_owned),
        "topologySpreadConstraints" => text("topologyKey").map(|key| key + "/" + &text("whenUnsatisfiable").unwrap_or_default()),
        "ports" => {
            let protocol = text("protocol");
            match text("containerPort").or_else(|| text("port")) {
                Some(number) => Some(number + "/" + protocol.as_deref().unwrap_or("TCP")),
                None => protocol,
            }
        }
        _ => None,
    }
}

/// The parts of a value by name. `None` for a value that is replaced as a whole.
fn parts<'v>(field: &str, value: &'v Value) -> Option<(Kind, Parts<'v>)> {
    match value {
        Value::Object(fields) => Some((Kind::Fields, fields.iter().map(|(name, value)| (name.clone(), Cow::Borrowed(value))).collect())),
        Value::Array(words) if field == "args" && words.iter().all(Value::is_string) => {
            let mut groups: Vec<(String, Vec<Value>)> = Vec::new();
            for word in words {
                let text = word.as_str().unwrap_or_default();
                if text.starts_with("--") {
                    let before = groups.iter().filter(|(name, _)| name.split('#').next() == Some(text)).count();
                    groups.push((format!("{text}#{before}"), vec![word.clone()]));
                } else if let Some((_, group)) = groups.last_mut() {
                    group.push(word.clone());
                } else {
                    groups.push((String::new(), vec![word.clone()]));
                }
            }
            Some((Kind::Words, groups.into_iter().map(|(name, group)| (name, Cow::Owned(group.into()))).collect()))
        }
        Value::Array(entries) => {
            // An empty list is of the kind that its field name suggests.
            let known = ["containers", "initContainers", "env", "volumes", "imagePullSecrets", "volumeMounts", "hostAliases"];
            let more = ["volumeClaimTemplates", "topologySpreadConstraints", "ports"];
            if entries.is_empty() && !known.contains(&field) && !more.contains(&field) {
                return None;
            }
            let mut named: Parts<'v> = Vec::new();
            for entry in entries {
                let name = entry_key(field, entry).filter(|_| entry.is_object())?;
                if named.iter().any(|(known, _)| *known == name) {
                    return None;
                }
                named.push((name, Cow::Borrowed(entry)));
            }
            Some((Kind::Entries, named))
        }
        _ => None,
    }
}

/// The part with this name.
fn part<'p>(parts: &'p Parts<'_>, name: &str) -> Option<&'p Value> {
    parts.iter().find(|(known, _)| known == name).map(|(_, value)| &**value)
}

fn together(kind: Kind, mut parts: Vec<(String, Value)>) -> Value {
    match kind {
        Kind::Fields => Value::Object(parts.into_iter().collect()),
        Kind::Entries => Value::Array(parts.into_iter().map(|(_, value)| value).collect()),
        Kind::Words => {
            // Words before the first flag belong to no flag.
            parts.sort_by_key(|(name, _)| !name.is_empty());
            Value::Array(parts.into_iter().flat_map(|(_, group)| group.as_array().cloned().unwrap_or_default()).collect())
        }
    }
}

/// The field name for the value of a part.
fn inner<'n>(kind: Kind, name: &'n str, field: &'n str) -> &'n str {
    match kind {
        Kind::Fields => name,
        Kind::Entries => field,
        Kind::Words => ONE_FLAG,
    }
}

/// A value without the order of named entries.
pub fn unordered(field: &str, value: &Value) -> Value {
    match parts(field, value) {
        Some((kind, mut parts)) => {
            parts.sort_by(|one, other| one.0.cmp(&other.0));
            together(kind, parts.into_iter().map(|(name, part)| (name.clone(), unordered(inner(kind, &name, ""), &part))).collect())
        }
        None => value.clone(),
    }
}

/// The names of a list's entries, if entries have names.
pub fn entry_names(field: &str, list: &Value) -> Option<Vec<String>> {
    match parts(field, list)? {
        (Kind::Entries, parts) => Some(parts.into_iter().map(|(name, _)| name).collect()),
        _ => None,
    }
}

/// Whether the parts that two values have in common are in the same order in both.
pub fn is_in_order(field: &str, one: &Value, other: &Value) -> bool {
    let (Some((kind, one)), Some((same, other))) = (parts(field, one), parts(field, other)) else { return true };
    let common = |parts: &Parts<'_>, of: &Parts<'_>| -> Vec<String> {
        let is_there = |name: &String| of.iter().any(|(known, _)| known == name);
        parts.iter().map(|(name, _)| name.clone()).filter(is_there).collect()
    };
    // The fields of a mapping have no order here.
    let is_in = kind != same || kind == Kind::Fields || common(&one, &other) == common(&other, &one);
    let pairs = one.iter().filter_map(|(name, value)| Some((name, value, &other.iter().find(|(known, _)| known == name)?.1)));
    is_in && pairs.into_iter().all(|(name, value, other)| is_in_order(inner(kind, name, ""), value, other))
}

/// A value without parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    pub value: Value,
    /// Its path in the form that results show.
    pub path: String,
}

pub type Leaves = BTreeMap<Vec<String>, Leaf>;

/// All leaves of an object.
pub fn leaves(field: &str, value: &Value) -> Leaves {
    let mut out = Leaves::new();
    collect(field, value, "", &mut Vec::new(), &mut out);
    out
}

fn collect(field: &str, value: &Value, path: &str, place: &mut Vec<String>, out: &mut Leaves) {
    match parts(field, value) {
        Some((kind, parts)) if !parts.is_empty() => {
            for (index, (name, part)) in parts.into_iter().enumerate() {
                place.push(name.clone());
                collect(inner(kind, &name, ""), &part, &below(kind, path, &name, Some(index)), place, out);
                place.pop();
            }
        }
        _ => drop(out.insert(place.clone(), Leaf { value: value.clone(), path: path.to_owned() })),
    }
}

/// The path of a part in the form that results show.
fn below(kind: Kind, path: &str, name: &str, index: Option<usize>) -> String {
    match (kind, index) {
        (Kind::Fields, _) => {
            let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_-/".contains(c));
            match (is_plain, path.is_empty()) {
                (true, true) => name.to_owned(),
                (true, false) => format!("{path}.{name}"),
                (false, _) => format!("{path}[{name:?}]"),
            }
        }
        (Kind::Entries, Some(index)) => format!("{path}[{index}]"),
        (Kind::Entries, None) | (Kind::Words, _) => path.to_owned(),
    }
}

/// A place that both sides have changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    pub path: String,
    pub mine: Option<Value>,
    pub flows: Option<Value>,
}

/// A merge of one object.
pub struct Merge {
    pub mode: Mode,
    pub conflicts: Vec<Conflict>,
}

/// The result of a merge at one place.
struct Outcome {
    merged: Option<Value>,
    /// The base of the next merge. When the user's side of a conflict stays, the base stays the one before it, so that
    /// the conflict remains until one side changes.
    known: Option<Value>,
}

impl Merge {
    pub fn new(mode: Mode) -> Self {
        Self { mode, conflicts: Vec::new() }
    }

    /// The merged object, and the base of its next merge.
    pub fn object(&mut self, base: &Value, mine: &Value, flows: &Value) -> (Value, Value) {
        let Outcome { merged, known } = self.place("", "", Some(base), mine, flows);
        (merged.unwrap_or_default(), known.unwrap_or_default())
    }

    /// A place that exists on the user's side and in the new render: merges its parts, or compares its values.
    fn place(&mut self, field: &str, path: &str, base: Option<&Value>, mine: &Value, flows: &Value) -> Outcome {
        if base == Some(mine) || base == Some(flows) {
            let merged = if base == Some(mine) { flows } else { mine };
            return Outcome { merged: Some(merged.clone()), known: Some(flows.clone()) };
        }
        if let (Some((kind, mine)), Some((same, flows))) = (parts(field, mine), parts(field, flows))
            && kind == same
        {
            let base = base.and_then(|base| parts(field, base)).filter(|(base, _)| *base == kind);
            return self.parts(field, kind, path, [&base.map(|(_, parts)| parts).unwrap_or_default(), &mine, &flows]);
        }
        let [is_base, is_mine, is_flows] = [base, Some(mine), Some(flows)].map(|value| value.map(|value| unordered(field, value)));
        // When entries have lost their names, it is unknown which of them the Flow has removed. Unknown entries stay.
        let is_less = || {
            let known = base.map(|base| leaves(field, base)).unwrap_or_default();
            leaves(field, flows).iter().all(|(place, leaf)| known.get(place).is_some_and(|known| known.value == leaf.value))
        };
        if is_mine == is_flows || is_base == is_flows || mine.is_array() && is_less() {
            Outcome { merged: Some(mine.clone()), known: Some(flows.clone()) }
        } else if is_base == is_mine || !self.keeps(path, Some(mine), Some(flows)) {
            Outcome { merged: Some(flows.clone()), known: Some(flows.clone()) }
        } else {
            let sides = [leaves(field, mine), leaves(field, flows)].into_iter().flatten().collect();
            Outcome { merged: Some(mine.clone()), known: base.and_then(|base| only(field, base, &sides, &mut Vec::new())) }
        }
    }

    /// Of two members of a union, one on each side, the one that stays; `None` if an ordinary merge decides. With the outcome of the
    /// user's member.
    fn one_of(&mut self, field: &str, path: &str, [base, mine, flows]: [&Parts<'_>; 3]) -> Option<(String, String, Outcome)> {
        let members: &[&str] = match field {
            "livenessProbe" | "readinessProbe" | "startupProbe" | "postStart" | "preStop" => {
                &["exec", "grpc", "httpGet", "sleep", "tcpSocket"]
            }
            "env" => &["value", "valueFrom"],
            "valueFrom" => &["configMapKeyRef", "fieldRef", "resourceFieldRef", "secretKeyRef"],
            "volumes" => &["configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret", "hostPath"],
            _ => return None,
        };
        let only_in = |one: &Parts<'_>, other: &Parts<'_>| {
            let found = one.iter().find(|(name, _)| members.contains(&name.as_str()) && part(other, name).is_none());
            found.map(|(name, value)| (name.clone(), value.clone().into_owned()))
        };
        let ((own, my), (other, flow)) = (only_in(mine, flows)?, only_in(flows, mine)?);
        let rendered = |name: &str| part(base, name).map(|base| leaves(name, base)).unwrap_or_default();
        let is_as_rendered = |name: &str, value: &Value| {
            let known = rendered(name);
            leaves(name, value).iter().all(|(place, leaf)| known.get(place).is_some_and(|known| known.value == leaf.value))
        };
        if is_as_rendered(&own, &my) || is_as_rendered(&other, &flow) {
            return None;
        }
        let at = below(Kind::Fields, path, &own, None);
        let [shown, proposed] = [(&own, &my), (&other, &flow)].map(|(name, value)| serde_json::json!({name.as_str(): value}));
        if !self.keeps(&at, Some(&shown), Some(&proposed)) {
            return Some((own, String::new(), Outcome { merged: None, known: None }));
        }
        let known = part(base, &own).and_then(|base| only(&own, base, &leaves(&own, &my), &mut Vec::new()));
        Some((own, other, Outcome { merged: Some(my), known }))
    }

    fn parts(&mut self, field: &str, kind: Kind, path: &str, [base, mine, flows]: [&Parts<'_>; 3]) -> Outcome {
        let (mut out, mut known) = (Vec::new(), Vec::new());
        let mut decided = if kind == Kind::Fields { self.one_of(field, path, [base, mine, flows]) } else { None };
        let left_out = decided.as_ref().map(|(_, other, _)| other.clone()).unwrap_or_default();
        if let Some(rest) = part(base, &left_out).zip(part(flows, &left_out)) {
            let flow = leaves(&left_out, rest.1);
            known.extend(only(&left_out, rest.0, &flow, &mut Vec::new()).map(|value| (left_out.clone(), value)));
        }
        let mut add = |name: &str, outcome: Outcome| {
            out.extend(outcome.merged.map(|value| (name.to_owned(), value)));
            known.extend(outcome.known.map(|value| (name.to_owned(), value)));
        };
        for (index, (name, my)) in mine.iter().enumerate() {
            let path = below(kind, path, name, Some(index));
            let base = part(base, name);
            if let Some((_, _, outcome)) = decided.take_if(|(own, ..)| *own == *name) {
                add(name, outcome);
                continue;
            }
            let outcome = match part(flows, name) {
                Some(flows) => self.place(inner(kind, name, field), &path, base, my, flows),
                None => self.only_mine(kind, name, &path, base, my),
            };
            add(name, outcome);
        }
        for (name, flows) in flows.iter().filter(|(name, _)| part(mine, name).is_none() && *name != left_out) {
            let path = below(kind, path, name, None);
            add(name, self.only_flows(kind, name, &path, part(base, name), flows));
        }
        Outcome { merged: Some(together(kind, out)), known: Some(together(kind, known)) }
    }

    /// A place that the user edited or added, and that the Flow does not render now.
    fn only_mine(&mut self, kind: Kind, name: &str, path: &str, base: Option<&Value>, mine: &Value) -> Outcome {
        let field = inner(kind, name, "");
        let rendered = base.map(|base| leaves(field, base)).unwrap_or_default();
        let my = leaves(field, mine);
        if !my.keys().any(|place| rendered.contains_key(place)) {
            return Outcome { merged: Some(mine.clone()), known: None };
        }
        let is_edited = my.iter().any(|(place, leaf)| rendered.get(place).is_some_and(|known| known.value != leaf.value));
        if (is_edited || takes_along(kind, field, &rendered, mine)) && self.keeps(path, Some(mine), None) {
            let known = base.and_then(|base| only(field, base, &my, &mut Vec::new()));
            return Outcome { merged: Some(mine.clone()), known };
        }
        let merged = if kind == Kind::Fields { without(field, mine, &rendered, &mut Vec::new()) } else { None };
        Outcome { merged, known: None }
    }

    /// A place that the user removed, and that the Flow renders.
    fn only_flows(&mut self, kind: Kind, name: &str, path: &str, base: Option<&Value>, flows: &Value) -> Outcome {
        let field = inner(kind, name, "");
        let rendered = base.map(|base| leaves(field, base)).unwrap_or_default();
        let flow = leaves(field, flows);
        if !flow.keys().any(|place| rendered.contains_key(place)) {
            return Outcome { merged: Some(flows.clone()), known: Some(flows.clone()) };
        }
        let is_same = flow.iter().all(|(place, leaf)| rendered.get(place).is_some_and(|known| known.value == leaf.value));
        if is_same {
            Outcome { merged: None, known: Some(flows.clone()) }
        } else if self.keeps(path, None, Some(flows)) {
            Outcome { merged: None, known: base.and_then(|base| only(field, base, &flow, &mut Vec::new())) }
        } else {
            Outcome { merged: Some(flows.clone()), known: Some(flows.clone()) }
        }
    }

    fn keeps(&mut self, path: &str, mine: Option<&Value>, flows: Option<&Value>) -> bool {
        self.conflicts.push(Conflict { path: path.to_owned(), mine: mine.cloned(), flows: flows.cloned() });
        self.mode != Mode::Overwrite
    }
}

/// Whether the removal of an entry would also remove additions of the user.
fn takes_along(kind: Kind, field: &str, base: &Leaves, value: &Value) -> bool {
    if kind == Kind::Entries {
        return leaves(field, value).keys().any(|place| !base.contains_key(place));
    }
    let Some((inner_kind, parts)) = parts(field, value) else { return false };
    parts.into_iter().any(|(name, part)| {
        let base: Leaves = inside(base, &name);
        let field = inner(inner_kind, &name, "");
        let is_known = leaves(field, &part).keys().any(|place| base.contains_key(place));
        is_known && takes_along(inner_kind, field, &base, &part)
    })
}

/// The leaves below a part.
fn inside(leaves: &Leaves, name: &str) -> Leaves {
    let below = leaves.iter().filter(|(place, _)| place.first().is_some_and(|first| first == name));
    below.map(|(place, leaf)| (place[1..].to_vec(), leaf.clone())).collect()
}

/// A value without the rendered leaves.
fn without(field: &str, value: &Value, base: &Leaves, place: &mut Vec<String>) -> Option<Value> {
    let Some((kind, parts)) = parts(field, value).filter(|(_, parts)| !parts.is_empty()) else {
        return (!base.contains_key(place)).then(|| value.clone());
    };
    let mut out = Vec::new();
    for (name, part) in parts {
        place.push(name.clone());
        let kept = if kind == Kind::Fields {
            without(&name, &part, base, place)
        } else {
            let is_known = |inner: &Vec<String>| base.contains_key(&[&place[..], inner].concat());
            (!leaves(inner(kind, &name, ""), &part).keys().any(is_known)).then(|| part.into_owned())
        };
        place.pop();
        out.extend(kept.map(|value| (name, value)));
    }
    (!out.is_empty()).then(|| together(kind, out))
}

/// A value with only the given leaves.
fn only(field: &str, value: &Value, wanted: &Leaves, place: &mut Vec<String>) -> Option<Value> {
    let Some((kind, parts)) = parts(field, value).filter(|(_, parts)| !parts.is_empty()) else {
        return wanted.contains_key(place).then(|| value.clone());
    };
    let mut out = Vec::new();
    for (name, part) in parts {
        place.push(name.clone());
        out.extend(only(inner(kind, &name, ""), &part, wanted, place).map(|value| (name, value)));
        place.pop();
    }
    (!out.is_empty()).then(|| together(kind, out))
}

/// The edits of an object: the paths of changed or added values, and whether a value was removed.
pub fn edits(base: &Value, mine: &Value) -> (Vec<String>, bool) {
    let (base, mine) = (leaves("", base), leaves("", mine));
    let changed = mine.iter().filter(|(place, leaf)| base.get(*place).is_none_or(|known| known.value != leaf.value));
    (changed.map(|(_, leaf)| leaf.path.clone()).collect(), base.keys().any(|place| !mine.contains_key(place)))
}

/// Fields of `spec` that a Deployment and a StatefulSet have in common.
const OF_BOTH: [&str; 5] = ["replicas", "selector", "template", "minReadySeconds", "revisionHistoryLimit"];

/// The fields of an object that also exist in an object of another kind.
pub fn as_other_kind(mut object: Value, kind: &str, other: &Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        let spec = fields.remove("spec");
        if let Some(Value::Object(spec)) = spec.filter(|_| ["Deployment", "StatefulSet"].contains(&kind)) {
            let kept: Map<String, Value> =
                spec.into_iter().filter(|(name, _)| OF_BOTH.contains(&name.as_str()) || !other["spec"][name.as_str()].is_null()).collect();
            fields.insert("spec".to_owned(), kept.into());
        }
    }
    object
}

/// Renames an object of one component to another component: replaces names that contain the component's name.
pub fn as_component(mut value: Value, from: &str, to: &str) -> Value {
    fn rename(value: &mut Value, from: &str, to: &str) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let is_name = ["name", "claimName", "serviceName"].contains(&name.as_str());
                    let rest = value.as_str().and_then(|text| text.strip_prefix(from)).map(str::to_owned);
                    let is_number = |rest: &str| rest.strip_prefix("-volume-").is_some_and(|number| number.parse::<u32>().is_ok());
                    match rest {
                        Some(rest) if is_name && (["", "-configmap", "-config", "-volume"].contains(&&*rest) || is_number(&rest)) => {
                            *value = format!("{to}{rest}").into();
                        }
                        _ => rename(value, from, to),
                    }
                }
            }
            Value::Array(entries) => entries.iter_mut().for_each(|entry| rename(entry, from, to)),
            _ => {}
        }
    }
    rename(&mut value, from, to);
    value
}
