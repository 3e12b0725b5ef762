//! Translates Flows of Jina 1 and 2 into the language of Jina 3, and recognizes Flows of Jina 0.

use std::collections::BTreeSet;

use super::former::{self, Fate};
use super::options::{self, Opt};
use super::setting;
use crate::finding::{Code, FieldPath, Finding, Findings, Mark, Path};
use crate::yaml::{Data, Node};

/// The key of the list of executors in Jina 1 and 2.
pub const PODS: &str = "pods";

/// The number of different options of Jina 1 and 2 from which on they are reported together.
const SEVERAL: usize = 2;

/// The finding about a Flow of Jina 0 that has no counterpart in Jina 3: executors are a mapping, or have drivers.
pub fn of_jina_zero(root: &Node<'_>, path: &Path<'_>) -> Option<Finding> {
    if let Some(pods) = root.get(PODS).filter(|pods| pods.as_map().is_some_and(|pods| !pods.is_empty())) {
        let message = "is a mapping of executors, the language of Jina 0, which Jina 3 does not read";
        let finding = Code::OlderLanguage.error(path.key(PODS), message).at(pods.mark);
        return Some(finding.fix("write a list `executors:`, with `- name: NAME` and `uses: docker://IMAGE` for each executor"));
    }
    for key in ["executors", PODS] {
        let list = path.key(key);
        for (index, entry) in root.get(key).and_then(Node::as_list).unwrap_or_default().iter().enumerate() {
            let drivers = entry.get("uses").and_then(|uses| uses.get("drivers").or_else(|| uses.at("requests.on")));
            if let Some(drivers) = drivers {
                let entry = list.index(index);
                let message = "has drivers, the language of Jina 0 and 1, which containers of Jina 3 do not read";
                let finding = Code::OlderLanguage.error(entry.key("uses"), message).at(drivers.mark);
                return Some(finding.fix("write the executor as a class of Jina 3, and build an image of it"));
            }
        }
    }
    None
}

/// The changes of a translation.
#[derive(Default)]
struct Changes {
    /// Each former option with its successor, as `old to new`.
    translated: BTreeSet<String>,
    /// The former options without a successor, and executors that Jina 3 does not need.
    dropped: BTreeSet<String>,
    /// The different former options.
    options: BTreeSet<&'static str>,
    /// The place of the first change.
    first: Option<(FieldPath, Mark)>,
    /// Whether all former options are translated, also those of Jina 3.
    is_complete: bool,
    /// Whether a change cannot be made where a single option is read.
    is_certain: bool,
}

/// Translates a Flow if it is in the language of Jina 1 or 2: it has `pods`, or several options that only these versions
/// have. One finding lists all changes. Single options are translated where they are read.
pub fn translate(root: &mut Node<'_>, path: &Path<'_>, findings: &mut Findings) {
    let has_pods = root.get(PODS).and_then(Node::as_list).is_some_and(|list| !list.is_empty());
    let has_other = ["executors", "deployments"].iter().any(|key| root.get(key).is_some());
    let list = if has_pods && !has_other { PODS } else { "executors" };
    let mut translated = root.clone();
    let mut changes = Changes { is_complete: list == PODS, ..Changes::default() };
    if !has_pods && !has_other {
        changes.of_top_level(&mut translated, path);
    }
    for section in ["with", "gateway"] {
        if let Some(node) = translated.get_mut(section) {
            changes.of_section(node, false, &path.key(section));
        }
    }
    if let Some(Data::List(entries)) = translated.get_mut(list).map(|node| &mut node.data) {
        let path = path.key(list);
        entries.iter_mut().enumerate().for_each(|(index, entry)| changes.of_executor(entry, &path.index(index)));
    }
    if list != PODS && !changes.is_certain && changes.options.len() < SEVERAL {
        return;
    }
    let (path, mark) = match root.get(PODS).filter(|_| list == PODS) {
        Some(pods) => (FieldPath::from(path.key(PODS)), pods.mark),
        None => changes.first.clone().unwrap_or_else(|| (FieldPath::from(path), root.mark)),
    };
    findings.push(changes.finding(path, list == PODS).at(mark));
    *root = translated;
}

impl Changes {
    /// Moves executors at the top level into a list, in their order.
    fn of_top_level(&mut self, root: &mut Node<'_>, path: &Path<'_>) {
        let Data::Map(pairs) = &mut root.data else { return };
        let is_executor = |key: &Node<'_>, value: &Node<'_>| {
            let is_other = key.as_text().is_none_or(|key| matches!(key, "with" | "gateway") || key.starts_with("x-"));
            !is_other && ["uses", "yaml_path", "image", "needs"].iter().any(|key| value.get(key).is_some())
        };
        let (executors, kept): (Vec<_>, Vec<_>) = std::mem::take(pairs).into_iter().partition(|(key, value)| is_executor(key, value));
        *pairs = kept;
        if executors.is_empty() {
            return;
        }
        self.is_certain = true;
        self.first = executors.first().map(|(key, _)| (FieldPath::from(path.key(&key.shown())), key.mark));
        self.translated.insert("executors at the top level to the list `executors`".to_owned());
        let named = executors.into_iter().map(|(key, mut entry)| {
            if let Data::Map(options) = &mut entry.data {
                options.retain(|(key, _)| key.as_text() != Some("name"));
                options.insert(0, (Node { mark: key.mark, ..Node::plain("name") }, key));
            }
            entry
        });
        let list = named.collect::<Vec<_>>();
        pairs.push((Node::plain("executors"), list.into()));
    }

    fn of_executor(&mut self, entry: &mut Node<'_>, path: &Path<'_>) {
        // In Jina 1 and 2, `shards` is another name of `parallel`. If each request goes to all of them, they are shards.
        if entry.get("polling").and_then(Node::as_text).is_some_and(|polling| polling.eq_ignore_ascii_case("all"))
            && entry.get(Opt::Shards.row().name).is_none()
            && let Data::Map(pairs) = &mut entry.data
            && let Some((key, _)) = pairs.iter_mut().find(|(key, _)| key.as_text() == Some("parallel"))
        {
            *key = Node { mark: key.mark, ..Node::plain(Opt::Shards.row().name) };
            self.is_certain = true;
            self.first.get_or_insert_with(|| (FieldPath::from(path.key("parallel")), key.mark));
            self.translated.insert("`parallel` with `polling: all` to `shards`".to_owned());
        }
        self.of_section(entry, true, path);
        let Data::Map(pairs) = &mut entry.data else { return };
        for opt in [Opt::Uses, Opt::UsesBefore, Opt::UsesAfter] {
            let name = opt.row().name;
            // In Jina 0 and 1, names such as `_pass` and `_merge` are executors without a model.
            let is_built_in = |key: &Node<'_>, value: &Node<'_>| {
                key.as_text() == Some(name) && value.as_text().is_some_and(|uses| uses.starts_with('_') && !uses.contains('.'))
            };
            if let Some(at) = pairs.iter().position(|(key, value)| is_built_in(key, value)) {
                let (key, value) = pairs.remove(at);
                let old = format!("{name}: {}", value.shown());
                if opt == Opt::Uses {
                    self.translated.insert(format!("`{old}` to `BaseExecutor`"));
                    pairs.insert(at, (key, Node { mark: value.mark, ..Node::plain("BaseExecutor") }));
                } else {
                    self.dropped.insert(old);
                }
            }
        }
    }

    /// Translates the former options of a section.
    fn of_section(&mut self, section: &mut Node<'_>, is_executor: bool, path: &Path<'_>) {
        let Data::Map(pairs) = &mut section.data else { return };
        let mut kept = Vec::with_capacity(pairs.len());
        let set: Vec<Opt> = pairs.iter().filter_map(|(key, _)| Some(options::find(&spelled(key)?)?.opt)).collect();
        for (key, mut value) in std::mem::take(pairs) {
            let row = spelled(&key).filter(|key| options::find(key).is_none()).and_then(|key| former::find(&key));
            let Some(row) = row.filter(|row| self.is_complete || row.until.is_before_three()) else {
                kept.push((key, value));
                continue;
            };
            self.options.insert(row.key);
            self.first.get_or_insert_with(|| (FieldPath::from(path.key(row.key)), key.mark));
            let to = match row.fate {
                Fate::Renamed(to) => Some((to, to.row().name.to_owned())),
                Fate::Means(..) if is_executor => None,
                Fate::Means(to, text) => {
                    // Without a value, the reader reports the variable.
                    if value.as_text().is_some_and(|text| text.contains('$')) {
                        kept.push((key, value));
                        continue;
                    }
                    let is_on = setting::flag(&value).unwrap_or(true);
                    let mark = value.mark;
                    value = Node { mark, ..Node::plain(text) };
                    is_on.then(|| (to, format!("{}: {}", to.row().name, text.to_ascii_lowercase())))
                }
                Fate::Dropped(_) => None,
            };
            match to.filter(|(to, _)| !set.contains(to)) {
                Some((to, meaning)) => {
                    self.translated.insert(format!("`{}` to `{meaning}`", row.key));
                    kept.push((Node { mark: key.mark, ..Node::plain(to.row().name) }, value));
                }
                None => {
                    self.dropped.insert(row.key.to_owned());
                }
            }
        }
        *pairs = kept;
    }

    fn finding(&self, path: FieldPath, has_pods: bool) -> Finding {
        let pods = has_pods.then(|| format!("`{PODS}` to `executors`"));
        let translated: Vec<String> = pods.into_iter().chain(self.translated.iter().cloned()).collect();
        let dropped: Vec<String> = self.dropped.iter().map(|key| format!("`{key}`")).collect();
        let mut message = "uses the language of Jina 1 and 2, and is read as a Flow of Jina 3".to_owned();
        for (verb, list) in [("translated", translated), ("ignored", dropped)] {
            if !list.is_empty() {
                message.push_str(&format!("; {verb}: {}", list.join(", ")));
            }
        }
        let fix = if self.dropped.is_empty() { "write the new names" } else { "write the new names, and remove the ignored options" };
        Code::OlderLanguage.warning(path, message).fix(fix)
    }
}

/// The name of an option, with underscores.
fn spelled(key: &Node<'_>) -> Option<String> {
    key.as_text().map(|key| key.replace('-', "_"))
}
