//! The differences between two pod templates, as people read them.

use super::fields::{Difference, differences};
use super::line::{Line, Topic};
use super::renames::Renames;
use super::{carried_out, files, live, options, variables};
use crate::check::SeenContainer;
use crate::facts::{Place, sleep_before_stop};
use crate::yaml::{List, View};

/// The annotation whose value changes with the ConfigMaps of a component, so that its pods restart.
const CONFIG_HASH: &str = "metadata.annotations.flow.jina.ai/config-hash";

/// The fields in which the templates differ. If there are none, an apply restarts no pod.
pub fn changed_fields<'o>(old: Place<'_, 'o>, new: Place<'_, 'o>, is_live: bool) -> Vec<Difference<'o>> {
    let mut fields = differences("", old.workload.template, new.workload.template);
    fields.retain(|field| field.path != "metadata.creationTimestamp");
    if is_live {
        live::retain_applied(old.object, new.object, new.workload.path.trim_end_matches(".spec"), &mut fields);
    }
    carried_out::retain_account(&mut fields);
    fields
}

/// The values that pods get from ConfigMaps and Secrets in which two sides differ. They may differ although no field of the
/// template does.
pub fn changed_values(old: Place<'_, '_>, new: Place<'_, '_>, renames: &Renames) -> Vec<Line> {
    let mut lines = files::differences(old, new, renames);
    for (before, after, prefix) in containers(old, new) {
        lines.extend(prefixed(variables::differences((old, before), (new, after), renames), &prefix));
    }
    lines
}

/// Lines for the fields in which the templates differ. Each field is part of a line, except names that explain themselves.
/// `values` are the lines of [`changed_values`].
pub fn lines(old: Place<'_, '_>, new: Place<'_, '_>, fields: &[Difference<'_>], values: &[Line], renames: &Renames) -> Vec<Line> {
    let mut lines = Vec::new();
    let containers = containers(old, new);
    let prefix_of = |name: &str| {
        let found = containers.iter().find(|(_, after, _)| after.view.text_at("name") == name);
        found.map_or_else(|| format!("{name}: "), |(_, _, prefix)| prefix.clone())
    };
    let moved: Vec<&str> =
        containers.iter().filter(|(before, after, _)| is_init(before) != is_init(after)).map(|(_, c, _)| c.view.text_at("name")).collect();
    for (before, after, prefix) in containers.iter().filter(|(_, after, _)| moved.contains(&after.view.text_at("name"))) {
        let shown = |container: &SeenContainer<'_>| Some(if is_init(container) { "init container" } else { "container" }.to_owned());
        let name = after.view.text_at("name");
        lines.push(Line::new(Topic::Pod, name, shown(before), shown(after)));
        let [old, new] = [before, after].map(|container| container.view.text_at("image").to_owned());
        if old != new {
            lines.push(Line::new(Topic::Image, prefix.trim_end_matches(": "), Some(old), Some(new)));
        }
    }
    for field in fields {
        if LISTS.contains(&&*field.path) && field.old.is_some() != field.new.is_some() {
            let entries = [field.old, field.new].into_iter().flatten().filter_map(View::as_list).flat_map(List::iter);
            for container in entries.filter(|container| !moved.contains(&container.text_at("name"))) {
                let [old, new] = [field.old, field.new].map(|side| side.map(|_| container.shown()));
                lines.push(Line::new(Topic::Pod, format!("container {}", container.text_at("name")), old, new));
            }
            continue;
        }
        let Some((name, rest)) = container_of(&field.path) else {
            lines.extend(of_pod(field, values, renames));
            continue;
        };
        if rest.is_empty() && moved.contains(&name) {
            continue;
        }
        let prefix = prefix_of(name);
        match rest.trim_start_matches('.').split(['.', '[']).next().unwrap_or_default() {
            // These are compared as a whole, below.
            "args" | "command" | "env" | "envFrom" if !field.is_order => {}
            "image" => lines.push(line(Topic::Image, prefix.trim_end_matches(": ").to_owned(), field)),
            "resources" => lines.extend(of_resources(&prefix, rest, field)),
            "lifecycle" if rest.starts_with(".lifecycle.preStop") => lines.push(of_drain(old, new, name, &prefix, rest, field)),
            "" => lines.push(line(Topic::Pod, format!("container {name}"), field)),
            _ => {
                let of_container = if prefix.is_empty() { "container " } else { &prefix };
                lines.extend(unexplained(Topic::Pod, format!("{of_container}{}", rest.trim_start_matches('.')), field, renames));
            }
        }
    }
    for (before, after, prefix) in &containers {
        let touches = |parts: &[&str]| {
            let name = after.view.text_at("name");
            fields.iter().filter_map(|field| container_of(&field.path)).any(|(container, rest)| {
                container == name && parts.contains(&rest.trim_start_matches('.').split(['.', '[']).next().unwrap_or_default())
            })
        };
        let is_moved = moved.contains(&after.view.text_at("name"));
        if touches(&["args", "command"])
            || (is_moved && !before.words.iter().map(|word| &word.text).eq(after.words.iter().map(|word| &word.text)))
        {
            let found = prefixed(options::differences(&before.words, &after.words, renames), prefix);
            let is_shown = !found.is_empty() || !renames.is_empty();
            lines.extend(found);
            lines.extend((!is_shown).then(|| Line::new(Topic::Option, format!("{prefix}order or spelling of arguments"), None, None)));
        }
        let is_own = |line: &&Line| line.topic == Topic::Variable && line.name.starts_with(prefix.as_str());
        if touches(&["env", "envFrom"]) && !values.iter().any(|line| is_own(&line)) && renames.is_empty() {
            lines.push(Line::new(Topic::Variable, format!("{prefix}order or source of variables, with the same values"), None, None));
        }
    }
    lines
}

/// The fields with the containers of a pod.
const LISTS: [&str; 2] = ["spec.containers", "spec.initContainers"];

fn is_init(container: &SeenContainer<'_>) -> bool {
    container.path.to_string().contains("initContainers")
}

/// The containers that both sides have. The prefix names a container that is not the main one.
fn containers<'c, 'p, 'n>(old: Place<'c, 'p>, new: Place<'c, 'n>) -> Vec<(&'c SeenContainer<'p>, &'c SeenContainer<'n>, String)> {
    let main = new.main().map(|container| container.view.text_at("name"));
    let pairs = new.workload.containers.iter().filter_map(|after| {
        let name = after.view.text_at("name");
        let before = old.container(name)?;
        let prefix = if main == Some(name) { String::new() } else { format!("{name}: ") };
        Some((before, after, prefix))
    });
    pairs.collect()
}

fn prefixed(mut lines: Vec<Line>, prefix: &str) -> Vec<Line> {
    for line in &mut lines {
        line.name.insert_str(0, prefix);
    }
    lines
}

/// The name of the container in the path of a field, and the rest of the path.
fn container_of(path: &str) -> Option<(&str, &str)> {
    let rest = ["spec.containers[", "spec.initContainers["].iter().find_map(|start| path.strip_prefix(start))?;
    rest.split_once(']')
}

/// A field of the pod outside of its containers.
fn of_pod(field: &Difference<'_>, values: &[Line], renames: &Renames) -> Option<Line> {
    let path = &*field.path;
    if path == CONFIG_HASH && (!values.is_empty() || !renames.is_empty()) {
        return None;
    }
    if path == "spec.terminationGracePeriodSeconds" {
        let shown = |view: Option<View<'_>>| view.map(|view| format!("{} s", view.text()));
        return Some(Line::new(Topic::Drain, "grace period", shown(field.old), shown(field.new)));
    }
    for (start, topic) in [("metadata.labels.", Topic::Label), ("metadata.annotations.", Topic::Annotation)] {
        if let Some(key) = path.strip_prefix(start) {
            return unexplained(topic, key.to_owned(), field, renames);
        }
    }
    unexplained(Topic::Pod, path.trim_start_matches("spec.").to_owned(), field, renames)
}

/// What a container does before it stops: how long it sleeps, if that is what changes.
fn of_drain(old: Place<'_, '_>, new: Place<'_, '_>, name: &str, prefix: &str, rest: &str, field: &Difference<'_>) -> Line {
    let sleep = |place: Place<'_, '_>| place.container(name).map_or(0, |container| sleep_before_stop(container.view));
    let (before, after) = (sleep(old), sleep(new));
    if before == after {
        return line(Topic::Drain, format!("{prefix}{}", rest.trim_start_matches(".lifecycle.")), field);
    }
    let shown = |seconds: u64| (seconds > 0).then(|| format!("{seconds} s"));
    Line::new(Topic::Drain, format!("{prefix}wait before stop"), shown(before), shown(after))
}

/// Requests and limits, one line for each resource.
fn of_resources(prefix: &str, rest: &str, field: &Difference<'_>) -> Vec<Line> {
    let path = rest.trim_start_matches(".resources").trim_start_matches('.');
    let mut lines = Vec::new();
    let leaves = |path: String, view: Option<View<'_>>| -> Vec<(String, String)> {
        let mut leaves = Vec::new();
        collect(path, view, &mut leaves);
        leaves
    };
    let (old, new) = (leaves(path.to_owned(), field.old), leaves(path.to_owned(), field.new));
    let find = |all: &[(String, String)], name: &str| all.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let mut names: Vec<&String> = old.iter().chain(&new).map(|(name, _)| name).collect();
    names.sort();
    names.dedup();
    for name in names {
        lines.push(Line::new(Topic::Resources, format!("{prefix}{name}"), find(&old, name), find(&new, name)));
    }
    lines
}

fn collect(path: String, view: Option<View<'_>>, leaves: &mut Vec<(String, String)>) {
    let Some(view) = view else { return };
    match view.as_map() {
        Some(map) => {
            for (key, value) in map.iter() {
                let dot = if path.is_empty() { "" } else { "." };
                collect(format!("{path}{dot}{}", key.text()), Some(value), leaves);
            }
        }
        None => leaves.push((path, view.shown())),
    }
}

/// A line, unless the changes of names explain it.
fn unexplained(topic: Topic, name: String, field: &Difference<'_>, renames: &Renames) -> Option<Line> {
    let is_explained = field.old.zip(field.new).is_some_and(|(old, new)| renames.explains_value(old, new));
    (!is_explained).then(|| line(topic, name, field))
}

fn line(topic: Topic, name: String, field: &Difference<'_>) -> Line {
    if field.is_order {
        return Line::new(topic, format!("{name} (order)"), None, None);
    }
    let shown = |view: Option<View<'_>>| view.map(View::shown);
    Line::new(topic, name, shown(field.old), shown(field.new))
}
