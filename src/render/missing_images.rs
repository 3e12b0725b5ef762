//! The finding about images that are not set: one for each Flow, with lines to copy for each way to set them.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use crate::config::Settings;
use crate::config::hub_name::HubName;
use crate::config::image_name::looks_like_an_image;
use crate::config::images::{GATEWAY_KEY, keys_of};
use crate::config::placeholder::repository_of;
use crate::finding::{Code, FieldPath, Finding, Findings, Path, Severity};
use crate::jina::flow::{Flow, Kind};
use crate::jina::inline::is_class;
use crate::plan::{Component, MissingImage, Process, main_uses};

/// The most names in a message, and the most entries in a block.
const MOST_NAMED: usize = 10;
const MOST_LISTED: usize = 100;

/// The containers whose images are set by one line.
struct Entry<'m> {
    /// The key in `images`.
    key: String,
    missing: &'m MissingImage,
    users: Vec<String>,
}

/// Reports the images that are not set.
pub fn report<'c>(
    components: impl IntoIterator<Item = &'c Component>,
    flow: &Flow,
    settings: &Settings,
    path: &Path<'_>,
    findings: &mut Findings,
) {
    let entries = entries(components, flow);
    let Some(first) = entries.first() else { return };
    let list = path.key(flow.list);
    let is_one = entries.len() == 1 && first.users.len() == 1;
    let place = if is_one || flow.kind == Kind::Deployment { first.missing.path.clone() } else { FieldPath::from(list) };
    let severity = if settings.requires_images() { Severity::Error } else { Severity::Warning };
    let finding = finding(&entries, place, severity, is_one);
    let is_bare = FieldPath::from(path).is_empty();
    findings.push(finding.at(first.missing.mark).with_block(block(&entries, is_bare, is_one)));
}

/// The images that are not set: the key in `images` that sets each of them, and its placeholder.
pub fn keys<'c>(components: impl IntoIterator<Item = &'c Component>, flow: &Flow) -> Vec<(String, &'c str)> {
    entries(components, flow).into_iter().map(|entry| (entry.key, entry.missing.placeholder.as_str())).collect()
}

/// The images that are not set, in the order of the Flow. Containers with the same `uses` are one entry.
fn entries<'c>(components: impl IntoIterator<Item = &'c Component>, flow: &Flow) -> Vec<Entry<'c>> {
    let mut entries: Vec<Entry<'c>> = Vec::new();
    let mut seen: HashSet<(&str, Process)> = HashSet::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let executors: HashMap<&str, Option<&str>> =
        flow.executors.iter().map(|executor| (executor.name.as_str(), main_uses(&executor.options))).collect();
    for component in components {
        for container in &component.containers {
            let Some(missing) = &container.missing else { continue };
            // The shards of an executor have the same image.
            if !seen.insert((&component.node, container.process)) {
                continue;
            }
            let user = match container.process {
                Process::Gateway | Process::Executor => component.node.clone(),
                Process::UsesBefore => format!("{} (uses_before)", component.node),
                Process::UsesAfter => format!("{} (uses_after)", component.node),
            };
            let key = key(missing, &component.node, container.process, &executors);
            if let Some(place) = places.get(&key) {
                entries[*place].users.push(user);
            } else {
                places.insert(key.clone(), entries.len());
                entries.push(Entry { key, missing, users: vec![user] });
            }
        }
    }
    entries
}

/// The key in `images` that sets an image: the `uses` without secrets. If that is not possible, the name of the executor.
fn key(missing: &MissingImage, executor: &str, process: Process, executors: &HashMap<&str, Option<&str>>) -> String {
    let shown = &missing.shown;
    let is_other = |name: &str| executors.get(name).is_some_and(|uses| *uses != Some(&missing.uses));
    let is_plain = !shown.chars().any(char::is_control) && shown.len() <= 200 && shown != GATEWAY_KEY && shown.trim() == shown;
    let works = is_plain && keys_of(&missing.uses).contains(shown) && !is_other(shown);
    if works || process != Process::Executor { shown.clone() } else { executor.to_owned() }
}

fn finding(entries: &[Entry<'_>], place: FieldPath, severity: Severity, is_one: bool) -> Finding {
    let users: Vec<&str> = entries.iter().flat_map(|entry| &entry.users).map(String::as_str).collect();
    let so = match severity {
        Severity::Error => "",
        _ if is_one => ", so the manifests have a placeholder",
        _ => ", so the manifests have placeholders",
    };
    if is_one {
        let first = &entries[0];
        let message = match &first.missing.reason {
            Some((reason, _)) => format!("the image of `{}` is not valid{so}: {reason}", users[0]),
            None => format!("the image of `{}` is not set{so}", users[0]),
        };
        let fix = match (&first.missing.reason, looks_like_an_image(&first.missing.uses)) {
            (Some((_, fix)), _) => format!("{fix}, or set the image as shown below"),
            (None, Some(likely)) => format!("did you mean `{likely}`? Otherwise set it as shown below"),
            (None, None) => "set it as shown below".to_owned(),
        };
        return Code::ImageNotSet.warning(place, message).with_severity(severity).got(&first.missing.shown).fix(fix);
    }
    let named: Vec<String> = users.iter().take(MOST_NAMED).map(|user| format!("`{user}`")).collect();
    let more = if users.len() > MOST_NAMED { format!(" and {} more", users.len() - MOST_NAMED) } else { String::new() };
    let message = format!("{} images are not set{so}: {}{more}", users.len(), named.join(", "));
    Code::ImageNotSet.warning(place, message).with_severity(severity).fix("set them as shown below")
}

/// The lines to copy. A plain Flow has no `spec`, so the command line comes first.
fn block(entries: &[Entry<'_>], is_bare: bool, is_one: bool) -> String {
    let mut out = String::new();
    let shown = &entries[..entries.len().min(MOST_LISTED)];
    if is_bare {
        out.push_str("with flags, or with --images FILE and a line KEY=IMAGE for each:\n");
        for (index, entry) in shown.iter().enumerate() {
            let next = if index + 1 < shown.len() { " \\" } else { "" };
            let _ = writeln!(out, "  --image {}{next}", in_shell(&format!("{}=IMAGE", entry.key)));
        }
    }
    out.push_str("in a JinaFlow:\n  spec:\n    images:\n");
    for entry in shown {
        let _ = writeln!(out, "      {}: IMAGE  # {}", in_yaml(&entry.key), entry.users.join(", "));
    }
    out.push_str("in a kustomization, for the rendered objects:\n  images:\n");
    let mut repositories: Vec<(&str, Vec<&str>)> = Vec::new();
    for entry in shown {
        let repository = repository_of(&entry.missing.placeholder);
        let users = entry.users.iter().map(String::as_str);
        match repositories.iter_mut().find(|(known, _)| *known == repository) {
            Some((_, known)) => known.extend(users),
            None => repositories.push((repository, users.collect())),
        }
    }
    for (repository, users) in repositories {
        let _ = writeln!(out, "  - {{name: {repository}, newName: REPOSITORY, newTag: TAG}}  # {}", users.join(", "));
    }
    if entries.len() > MOST_LISTED {
        let _ = writeln!(out, "({} more are not shown)", entries.len() - MOST_LISTED);
    }
    notes(entries, is_bare, is_one, &mut out);
    out
}

/// Sentences about some kinds of `uses`.
fn notes(entries: &[Entry<'_>], is_bare: bool, is_one: bool, out: &mut String) {
    let mut uses = entries.iter().map(|entry| (entry, entry.missing.uses.as_str()));
    if uses.clone().any(|(_, uses)| HubName::parse(uses).is_some()) {
        let field = if is_bare { "--image-pattern " } else { "spec.imagePattern: " };
        let _ = writeln!(out, "one pattern for all names on the Jina Hub: {field}'REGISTRY/{{owner}}/{{name}}:{{tag}}'");
    }
    for (entry, _) in uses.clone().take(MOST_LISTED).filter(|(entry, _)| !is_one || entry.users.len() > 1) {
        if let Some((reason, fix)) = &entry.missing.reason {
            let _ = writeln!(out, "`{}` is not a valid image: {reason}; {fix}", entry.missing.shown);
        }
    }
    if !is_one && let Some((uses, likely)) = uses.find_map(|(_, uses)| Some((uses, looks_like_an_image(uses)?))) {
        let _ = writeln!(out, "if {uses} is an image, write `uses: {likely}` in the Flow");
    }
    let is_configured =
        |entry: &Entry<'_>| is_class(&entry.missing.uses) || entry.missing.uses.ends_with(".yml") || entry.missing.uses.ends_with(".yaml");
    if entries.iter().any(|entry| !entry.missing.is_inline && is_configured(entry)) {
        out.push_str(
            "an image for a class or a file must contain the configuration as config.yml in its working directory;\n\
             spec.executors.NAME.configFile sets another name, and `uses: {jtype: CLASS}` mounts the configuration in the Flow\n",
        );
    }
    if entries.iter().any(|entry| entry.missing.is_inline) {
        out.push_str("an image for an inline class needs only the class: its configuration is mounted from the Flow\n");
    }
}

/// A word for a shell.
fn in_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./+:=@%-".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// A key of a YAML mapping.
fn in_yaml(key: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./+:<>-".contains(c);
    let starts_plain = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_word = matches!(key.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n");
    if starts_plain && !is_word && !key.ends_with(':') && key.chars().all(is_plain) {
        return key.to_owned();
    }
    // Every JSON string is a YAML string.
    serde_json::to_string(key).unwrap_or_else(|_| key.to_owned())
}
