//! Reads the keys of a `jcloud` block, of any shape, and collects what the user must know about them.

use super::jcloud_keys::{self as keys, Fate, Key, Places};
use super::layer_checks::RESERVED_LABELS;
use crate::finding::{Code, FieldPath, Finding, Findings, Mark, nearest};
use crate::yaml::{Data, Node};

/// The part of a Flow that a block is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The Flow as a whole.
    Flow,
    /// The gateway.
    Gateway,
    /// An executor of a Flow.
    Executor,
    /// A Deployment, which is a Flow of one executor.
    Deployment,
}

impl Part {
    fn reads(self, places: Places) -> bool {
        match self {
            Part::Flow => places.flow,
            Part::Gateway => places.gateway,
            Part::Executor => places.executor,
            Part::Deployment => places.executor || places.flow,
        }
    }
}

/// A key of a block, with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The row of the key.
    pub key: &'static Key,
    /// The value.
    pub value: Node<'static>,
    /// The path of the key.
    pub path: FieldPath,
    /// The place of the key in the text.
    pub mark: Mark,
}

impl Entry {
    /// A finding about this entry.
    fn finding(&self, code: Code, message: impl Into<Box<str>>) -> Finding {
        code.warning(&self.path, message).got(self.value.shown()).at(self.mark)
    }
}

/// The findings about keys. The same finding about several blocks is reported once, with the number of its places.
#[derive(Debug)]
pub struct Notes {
    notes: Vec<(Finding, usize)>,
    is_app_reserved: bool,
}

impl Notes {
    /// No findings. `is_app_reserved` is whether selectors contain the label `app`, so that a block must not set it.
    pub fn new(is_app_reserved: bool) -> Self {
        Self { notes: Vec::new(), is_app_reserved }
    }

    /// Whether a block must not set a label.
    pub fn is_reserved(&self, label: &str) -> bool {
        // JCloud set the first two itself.
        matches!(label, "user" | "jina-version") || RESERVED_LABELS.contains(&label) || (label == "app" && self.is_app_reserved)
    }

    /// Adds a finding, or counts it if another block has the same.
    pub fn push(&mut self, finding: Finding) {
        let is_same = |known: &Finding| known.code == finding.code && known.message == finding.message && known.fix == finding.fix;
        // Blocks of many executors may have different findings, and comparing all of them takes time.
        match self.notes.iter_mut().rev().take(MOST_COMPARED).find(|(known, _)| is_same(known)) {
            Some((_, count)) => *count += 1,
            None => self.notes.push((finding, 1)),
        }
    }

    /// Adds a warning that a value of the entry is not of the expected form.
    pub fn wrong(&mut self, entry: &Entry, expected: &str) {
        let mut variable = None;
        if entry.value.any_scalar(&mut |scalar| {
            variable = variable_of(&scalar.text);
            variable.is_some()
        }) {
            let name = variable.unwrap_or_default();
            let message = format!("uses the variable `{name}`, which has no value, and is not translated");
            let fix = format!("add `{name}` to `spec.context`, or use `--context {name}=VALUE` on the command line");
            self.push(entry.finding(Code::UndefinedVariable, message).fix(fix));
            return;
        }
        let code = if entry.value.as_text().is_some() { Code::ValueNotAllowed } else { Code::WrongType };
        let message = format!("`{}` of JCloud must be {expected}, and is not translated", entry.key.name);
        self.push(entry.finding(code, message).fix("correct it, or remove it"));
    }

    /// Adds a warning about an entry that is not translated.
    pub fn lost(&mut self, entry: &Entry, message: &str, fix: impl Into<Box<str>>) {
        let message = format!("`{}` of JCloud {message}", entry.key.name);
        self.push(entry.finding(Code::JcloudNotTranslated, message).fix(fix));
    }

    /// Adds an information about an entry that needs a decision or has no effect.
    pub fn hint(&mut self, entry: &Entry, message: &str, fix: impl Into<Box<str>>) {
        let message = format!("`{}` of JCloud {message}", entry.key.name);
        let finding = Code::JcloudNotTranslated.info(&entry.path, message).got(entry.value.shown()).at(entry.mark);
        self.push(finding.fix(fix));
    }

    /// Adds the finding of a key without fields.
    pub fn without_fields(&mut self, entry: &Entry) {
        match entry.key.fate {
            Fate::Fields(_) => {}
            Fate::Info(fix) => self.hint(entry, "has no effect on Kubernetes", fix),
            Fate::Warning(fix) => self.lost(entry, "has no counterpart in the Flow, and is not translated", fix),
        }
    }

    /// Moves the findings to the others.
    pub fn report(self, findings: &mut Findings) {
        for (mut finding, count) in self.notes {
            if count > 1 {
                finding.message = format!("{} (in {count} places)", finding.message).into();
                finding.got = None;
            }
            findings.push(finding);
        }
    }
}

/// The group of keys that has an effect without any key: `autoscale: {}` scales with the defaults.
const AUTOSCALE: &str = "autoscale";

/// The number of findings that a new finding is compared with.
const MOST_COMPARED: usize = 200;

/// The keys of a block that JCloud read in this part of the Flow. `above` is the group of keys, empty for the block itself.
pub fn read(node: &Node<'static>, above: &str, part: Part, path: &FieldPath, mark: Mark, notes: &mut Notes) -> Vec<Entry> {
    let mut entries = Vec::new();
    let Some(pairs) = node.as_map() else {
        if !node.is_null() {
            let what = if above.is_empty() { "`jcloud`".to_owned() } else { format!("`{above}` of JCloud") };
            let message = format!("{what} must be a mapping of keys, and is not translated");
            notes.push(Code::WrongType.warning(path, message).got(node.shown()).fix("write `key: value` lines below it").at(mark));
        }
        return entries;
    };
    for (key, value) in pairs {
        let own = key.shown();
        let name = if above.is_empty() { own.clone() } else { format!("{above}.{own}") };
        let path = path.key(&own);
        if value.is_null() {
            continue;
        }
        if let Some(row) = keys::find(canonical(&name)) {
            if part.reads(row.places) {
                entries.push(Entry { key: row, value: value.clone(), path, mark: key.mark });
            } else {
                let message = format!("`{name}` has no effect here: JCloud read it in {}", row.places.words());
                notes.push(Code::JcloudNotTranslated.warning(path, message).got(value.shown()).fix("move it there").at(key.mark));
            }
        } else if name == AUTOSCALE && value.as_map().is_some_and(<[_]>::is_empty) {
            let metric = keys::find("autoscale.metric");
            entries.extend(metric.map(|row| Entry { key: row, value: "concurrency".into(), path, mark: key.mark }));
        } else if keys::is_group(&name) {
            entries.extend(read(value, &name, part, &path, key.mark, notes));
        } else {
            notes.push(unknown(&name, path, value).at(key.mark));
        }
    }
    entries
}

/// The name of a key in the table, for a key with another spelling.
fn canonical(name: &str) -> &str {
    if name.eq_ignore_ascii_case("imagepullpolicy") || name == "image_pull_policy" { "imagepullpolicy" } else { name }
}

fn unknown(name: &str, path: FieldPath, value: &Node<'_>) -> Finding {
    let message = format!("`{name}` is not a key of JCloud, and is not translated");
    let finding = Code::UnknownField.warning(path, message).got(value.shown());
    match nearest(name, keys::KEYS.iter().map(|key| key.name)) {
        Some(near) => finding.propose(near),
        None => finding.fix("remove it; `jinaflow explain jcloud` lists the keys"),
    }
}

/// The entry with this key.
pub fn entry<'e>(entries: &'e [Entry], name: &str) -> Option<&'e Entry> {
    entries.iter().rev().find(|entry| entry.key.name == name)
}

/// The text of a scalar that has no variable; reports another value.
pub fn text<'e>(entry: &'e Entry, expected: &str, notes: &mut Notes) -> Option<&'e str> {
    let text = entry.value.as_text().filter(|text| !text.is_empty() && !text.contains('$'));
    if text.is_none() {
        notes.wrong(entry, expected);
    }
    text
}

/// The value of a flag; reports another value.
pub fn flag(entry: &Entry, notes: &mut Notes) -> Option<bool> {
    const EXPECTED: &str = "true or false";
    match text(entry, EXPECTED, notes)?.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => {
            notes.wrong(entry, EXPECTED);
            None
        }
    }
}

/// A whole number of at least `least`; reports another value.
pub fn number(entry: &Entry, least: i64, notes: &mut Notes) -> Option<i64> {
    let expected = format!("a whole number of at least {least}");
    let number = text(entry, &expected, notes)?.parse().ok().filter(|number| (least..=i64::from(i32::MAX)).contains(number));
    if number.is_none() {
        notes.wrong(entry, &expected);
    }
    number
}

/// The strings of a list, or a single string; reports another value.
pub fn names(entry: &Entry, notes: &mut Notes) -> Vec<String> {
    let list = match &entry.value.data {
        Data::List(list) => list.iter().map(|node| node.as_text().filter(|text| is_plain(text)).map(str::to_owned)).collect(),
        Data::Scalar(scalar) => is_plain(&scalar.text).then(|| vec![scalar.text.clone().into_owned()]),
        Data::Map(_) => None,
    };
    list.unwrap_or_else(|| {
        notes.wrong(entry, "a list of names");
        Vec::new()
    })
}

/// The name of the variable in `$X`, `${X}` or `${{ ENV.X }}`.
fn variable_of(text: &str) -> Option<String> {
    let (_, expression) = text.split_once('$')?;
    let name = expression.trim_start_matches(['{', ' ']);
    let name =
        name.split_once('.').filter(|(head, _)| matches!(*head, "ENV" | "env" | "CONTEXT" | "context")).map_or(name, |(_, name)| name);
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len());
    (end > 0).then(|| name[..end].to_owned())
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && !text.contains('$')
}
