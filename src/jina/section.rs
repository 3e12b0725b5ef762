//! Reading the options of one section of a Flow: `with`, `gateway`, an executor, a Deployment's `with`.

use std::fmt;
use std::rc::Rc;

use super::inline::{IMAGE, Inline};
use super::options::{Kind, Opt, Row, TABLE, Use, With, find};
use super::setting::{self, Protocol, Setting};
use super::value::Value;
use super::versions::{Fate, FormerKey, Version, former_key};
use crate::finding::{Finding, Findings, Mark, Path, nearest};
use crate::yaml::{Dict, Node};

/// Where an option stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The Flow's `with`.
    With,
    /// The Flow's `gateway`.
    Gateway,
    /// An entry of `executors`, or a Deployment's `with`.
    Executor,
}

impl Section {
    /// Whether an option is one of this section.
    #[must_use]
    pub fn allows(self, row: &Row) -> bool {
        match self {
            Section::With => row.with != With::Nowhere,
            Section::Gateway => !matches!(row.gateway, Use::No),
            Section::Executor => !matches!(row.executor, Use::No),
        }
    }

    /// Words for messages.
    fn words(self) -> &'static str {
        match self {
            Section::With => "the Flow's `with`",
            Section::Gateway => "`gateway`",
            Section::Executor => "an executor",
        }
    }
}

/// How to treat what Jina passes over in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// It is an error.
    Strict,
    /// It is a warning, as Jina accepts the Flow.
    Lenient,
}

impl Strictness {
    /// A finding about something that Jina accepts: an error, or a warning that tells what Jina makes of it.
    pub fn judge(self, path: impl fmt::Display, message: &str, jina: &str) -> Finding {
        match self {
            Strictness::Strict => Finding::error(path, message),
            Strictness::Lenient => Finding::warning(path, format!("{message}; {jina}")),
        }
    }
}

/// How a Flow is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// What to do where Jina says nothing.
    pub strictness: Strictness,
    /// The version of the containers.
    pub version: Version,
}

/// An option as it stands in a section.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Which one.
    pub opt: Opt,
    /// Its key, where that is another spelling: an alias, or dashes for underscores.
    pub spelled: Option<Box<str>>,
    /// Its setting; an explicit `null` keeps an option from being inherited.
    pub setting: Option<Setting>,
}

impl Given {
    fn same_key(&self, other: &Self) -> bool {
        self.opt == other.opt && self.spelled == other.spelled
    }
}

/// The options that apply to the gateway or to an executor: its own, then the inherited ones.
#[derive(Debug, Clone, Default)]
pub struct Options {
    own: Vec<Given>,
    inherited: Rc<Vec<Given>>,
    inline: Option<Rc<Inline>>,
}

impl Options {
    /// Options with their inheritance.
    ///
    /// An option of a section goes before one with the same key in the Flow's `with`. With another key for the same
    /// option both are given, and it is for argparse to choose (`Flow._add_gateway`, `Flow.add`).
    #[must_use]
    pub fn new(section: Section, own: Vec<Given>, inherited: Rc<Vec<Given>>) -> Self {
        if own.iter().chain(inherited.iter()).all(|given| given.spelled.is_none()) {
            return Self { own, inherited, inline: None };
        }
        let is_new = |given: &&Given| own.iter().all(|known| !known.same_key(given));
        let mut words: Vec<Given> = match section {
            Section::Gateway => {
                // Own keys stand in the place of the Flow's; a few of the gateway's are written before all others.
                let mut words: Vec<Given> = (*inherited).clone();
                for given in own {
                    match words.iter_mut().find(|known| known.same_key(&given)) {
                        Some(known) => *known = given,
                        None => words.push(given),
                    }
                }
                let is_first = |given: &Given| given.spelled.is_none() && FIRST_OF_GATEWAY.contains(&given.opt);
                let (mut first, others): (Vec<Given>, Vec<Given>) = words.into_iter().partition(is_first);
                first.extend(others);
                first
            }
            _ => own.iter().chain(inherited.iter().filter(is_new)).cloned().collect(),
        };
        let mut merged: Vec<Given> = Vec::with_capacity(words.len());
        for given in words.drain(..) {
            match merged.iter_mut().find(|known| known.opt == given.opt) {
                Some(known) => known.setting = last_word(known.setting.take(), given.setting),
                None => merged.push(given),
            }
        }
        Self { own: merged, inherited: Rc::default(), inline: None }
    }

    /// The same, running a class with an inline configuration.
    #[must_use]
    pub fn with_inline(self, inline: Option<Inline>) -> Self {
        Self { inline: inline.map(Rc::new), ..self }
    }

    /// The class with an inline configuration that runs, if that is what `uses` is.
    #[must_use]
    pub fn inline(&self) -> Option<&Inline> {
        self.inline.as_deref()
    }

    fn given(&self, opt: Opt) -> Option<&Given> {
        let is_it = |given: &&Given| given.opt == opt;
        self.own.iter().find(is_it).or_else(|| self.inherited.iter().find(is_it))
    }

    /// The setting of an option, if it has one.
    #[must_use]
    pub fn get(&self, opt: Opt) -> Option<&Setting> {
        self.given(opt)?.setting.as_ref()
    }

    /// Whether the option is an explicit `null`.
    #[must_use]
    pub fn is_null(&self, opt: Opt) -> bool {
        self.given(opt).is_some_and(|given| given.setting.is_none())
    }

    /// Whether the option was set here, not inherited.
    #[must_use]
    pub fn is_own(&self, opt: Opt) -> bool {
        self.own.iter().any(|given| given.opt == opt && given.setting.is_some())
    }

    /// Sets an option over anything else.
    pub fn set(&mut self, opt: Opt, setting: Option<Setting>) {
        self.own.retain(|given| given.opt != opt);
        self.own.push(Given { opt, spelled: None, setting });
        if opt == Opt::Uses {
            self.inline = None;
        }
    }

    /// The state of a flag.
    #[must_use]
    pub fn flag(&self, opt: Opt) -> bool {
        matches!(self.get(opt), Some(Setting::Flag(true)))
    }

    /// A number, or `otherwise`.
    #[must_use]
    pub fn int(&self, opt: Opt, otherwise: i64) -> i64 {
        match self.get(opt) {
            Some(Setting::Int(number)) => *number,
            _ => otherwise,
        }
    }

    /// A text.
    #[must_use]
    pub fn text(&self, opt: Opt) -> Option<&str> {
        match self.get(opt) {
            Some(Setting::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A list of texts; empty when there is none.
    #[must_use]
    pub fn texts(&self, opt: Opt) -> &[String] {
        match self.get(opt) {
            Some(Setting::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// A mapping.
    #[must_use]
    pub fn pairs(&self, opt: Opt) -> Option<&[(Value, Value)]> {
        match self.get(opt) {
            Some(Setting::Pairs(Value::Map(pairs))) => Some(pairs),
            _ => None,
        }
    }

    /// The mapping as the value it is.
    #[must_use]
    pub fn map(&self, opt: Opt) -> Option<&Value> {
        match self.get(opt) {
            Some(Setting::Pairs(map)) => Some(map),
            _ => None,
        }
    }

    /// The protocols; gRPC when there are none.
    #[must_use]
    pub fn protocols(&self) -> Vec<Protocol> {
        match self.get(Opt::Protocol) {
            Some(Setting::Protocols(list)) => list.clone(),
            _ => vec![Protocol::Grpc],
        }
    }

    /// Whether there is a certificate with its key.
    #[must_use]
    pub fn has_certificate(&self) -> bool {
        self.text(Opt::SslCertfile).is_some() && self.text(Opt::SslKeyfile).is_some()
    }

    /// The ports; empty when there are none.
    #[must_use]
    pub fn ports(&self) -> &[u16] {
        match self.get(Opt::Port) {
            Some(Setting::Ports(list)) => list,
            _ => &[],
        }
    }
}

/// What `Flow._add_gateway` puts before everything else.
const FIRST_OF_GATEWAY: [Opt; 6] = [Opt::Host, Opt::Protocol, Opt::Port, Opt::ExposeEndpoints, Opt::Env, Opt::LogConfig];

/// Of two words for one option argparse takes the last; a flag stays set, and mappings become one (`KVAppendAction`).
fn last_word(before: Option<Setting>, after: Option<Setting>) -> Option<Setting> {
    match (before, after) {
        (before, None) | (before @ Some(Setting::Flag(true)), Some(Setting::Flag(false))) => before,
        (Some(Setting::Pairs(Value::Map(before))), Some(Setting::Pairs(Value::Map(after)))) => {
            let mut dict = Dict::default();
            for (key, value) in before.into_iter().chain(after) {
                dict.insert(key.to_str(), key, value);
            }
            Some(Setting::Pairs(Value::Map(dict.into_pairs())))
        }
        (_, after) => after,
    }
}

/// The part of the Flow's `with` that a section inherits.
#[must_use]
pub fn inherited_by(section: Section, with: &[Given]) -> Vec<Given> {
    let inherits = |row: &Row| match (section, row.with) {
        (_, With::HandedOn) => section.allows(row),
        (Section::Gateway, With::GatewayOnly) => true,
        // `Flow.env` and `Flow.args.log_config` are passed on explicitly (`_add_gateway`, `add`).
        (Section::Gateway, With::Kept) => matches!(row.opt, Opt::Env | Opt::LogConfig),
        (Section::Executor, With::Kept) => row.opt == Opt::LogConfig,
        _ => false,
    };
    let is_dashed = |given: &Given| given.spelled.as_ref().is_some_and(|key| key.contains('-'));
    // Jina decides by the key, and its lists have underscores.
    let applies = |given: &&Given| inherits(given.opt.row()) || (is_dashed(given) && section.allows(given.opt.row()));
    with.iter().filter(applies).cloned().collect()
}

/// Reads the options among `pairs`; keys for which `skip` says yes belong to somebody else.
pub fn read<'t>(
    section: Section,
    pairs: &[(Node<'t>, Node<'t>)],
    skip: impl Fn(&str) -> bool,
    rules: Rules,
    path: &Path<'_>,
    findings: &mut Findings,
) -> Vec<Given> {
    let Rules { strictness, version } = rules;
    let mut given: Vec<Given> = Vec::with_capacity(pairs.len());
    for (key, node) in pairs {
        let name = key.shown();
        if skip(&name) || (name == IMAGE && section != Section::With && strictness == Strictness::Strict) {
            continue;
        }
        let path = path.key(&name);
        if name == JCLOUD {
            findings.push_once(jcloud(&path).at(key.mark));
            continue;
        }
        // `timeout-ready` is the same word to argparse.
        let spelled = name.replace('-', "_");
        let Some(row) = find(&spelled).or_else(|| renamed(&spelled, strictness, &path, key.mark, findings)) else {
            findings.push(unknown(section, &name, &spelled, strictness, &path).at(key.mark));
            continue;
        };
        let is_dashed = name.contains('-');
        let is_handed_on = section == Section::With && is_dashed;
        if !(is_handed_on || section.allows(row)) {
            findings.push_once(misplaced(section, row, &path).at(key.mark));
            continue;
        }
        if strictness == Strictness::Lenient && is_lost_false(row, node) {
            let finding = Finding::warning(path, "Jina takes the quoted text for the value false and drops the option").got(node.shown());
            findings.push(finding.at(node.mark));
            given.push(Given { opt: row.opt, spelled: None, setting: None });
            continue;
        }
        let spelled = (name != row.name).then(|| name.clone().into_boxed_str());
        if let Some(other) = given.iter().find(|given| given.opt == row.opt) {
            let other = other.spelled.as_deref().unwrap_or(row.name);
            let finding = strictness.judge(path, &format!("`{other}` and `{name}` are the same option"), "Jina takes the last one");
            findings.push(finding.mend("remove one of the two").at(key.mark));
        }
        match setting::read(row, node) {
            Ok(setting) => {
                if let Some(reason) = without_effect(section, row, is_dashed)
                    && setting.as_ref().is_some_and(|setting| !setting.is_default(row.default))
                {
                    let message = format!("`{}` has no effect on Kubernetes: {reason}", row.name);
                    findings.push_once(Finding::warning(path, message).mend("remove it").at(key.mark));
                }
                if !version.is_at_least(row.since) && setting.as_ref().is_some_and(|setting| !setting.is_default(row.default)) {
                    let message = format!("`{}` came with Jina 3.{}, and the containers are of {version}", row.name, row.since);
                    findings.push(Finding::error(path, message).mend("raise spec.jinaVersion, or remove it").at(key.mark));
                }
                given.push(Given { opt: row.opt, spelled, setting });
            }
            Err(wrong) => {
                findings.push(Finding::error(path, wrong.message).got(node.shown()).mend(wrong.mend).at(node.mark));
            }
        }
    }
    given
}

/// Why an option of a section changes nothing on Kubernetes; `None` when it does.
fn without_effect(section: Section, row: &Row, is_dashed: bool) -> Option<&'static str> {
    let lost = || match section {
        Section::With if row.with == With::Kept && !is_used_of_with(row.opt) && !is_dashed => Some("Jina hands it on to nobody"),
        Section::Executor if row.executor == Use::Ignored => Some("it is an option of the gateway"),
        Section::Gateway if row.gateway == Use::Ignored => Some("it is an option of executors"),
        _ => None,
    };
    row.effect.reason().or_else(lost)
}

/// The Flow's own options that shape what is emitted.
fn is_used_of_with(opt: Opt) -> bool {
    matches!(opt, Opt::Name | Opt::Workspace | Opt::LogConfig | Opt::Env | Opt::Inspect)
}

/// The key of settings for Jina's own cloud, which may stand in every section.
pub const JCLOUD: &str = "jcloud";

/// What is said about settings for Jina's own cloud.
#[must_use]
pub fn jcloud(path: &Path<'_>) -> Finding {
    Finding::warning(path, "`jcloud` has no effect on Kubernetes: it is for Jina's own cloud").mend("remove it")
}

/// A text option with the value `"False"`, of which `parse_arg` makes a boolean and `kwargs2list` nothing.
fn is_lost_false(row: &Row, node: &Node<'_>) -> bool {
    row.kind == Kind::Text && node.as_text().is_some_and(|text| text.eq_ignore_ascii_case("false"))
}

/// The option that a key of an older Flow means now. Jina 3.34 itself drops the key.
fn renamed(key: &str, strictness: Strictness, path: &Path<'_>, mark: Mark, findings: &mut Findings) -> Option<&'static Row> {
    let FormerKey { until, fate: Fate::Renamed(to), .. } = former_key(key)? else { return None };
    if strictness == Strictness::Lenient {
        return None;
    }
    let message = format!("`{key}` is called `{to}` since Jina 3.{}", until + 1);
    findings.push_once(Finding::warning(path, message).mend(format!("write `{to}`")).at(mark));
    find(to)
}

fn unknown(section: Section, name: &str, spelled: &str, strictness: Strictness, path: &Path<'_>) -> Finding {
    // argparse takes any unambiguous beginning of an option for the option: `image:` would be `image_pull_secrets:`.
    let begun: Vec<&str> = TABLE.iter().filter(|row| section.allows(row) && row.name.starts_with(spelled)).map(|row| row.name).collect();
    match begun.as_slice() {
        [] => {}
        [full] => {
            return Finding::error(path, format!("is no option; Jina would take it for `{full}`"))
                .mend(format!("write `{full}` if you mean that, else remove it"));
        }
        several => {
            return Finding::error(path, "is the beginning of several options").mend(format!("write one of: {}", several.join(", ")));
        }
    }
    if let Some(FormerKey { until, fate: Fate::Dropped(reason), .. }) = former_key(spelled) {
        return Finding::warning(path, format!("`{name}` is gone since Jina 3.{}: {reason}", until + 1)).mend("remove it");
    }
    let finding = strictness.judge(path, &format!("`{name}` is no option of {} in Jina", section.words()), "it is dropped");
    let image = (section != Section::With && strictness == Strictness::Strict).then_some(IMAGE);
    let here = TABLE.iter().filter(|row| section.allows(row)).map(|row| row.name).chain(image);
    if let Some(near) = nearest(spelled, here) {
        return finding.propose(near);
    }
    if let Some(FormerKey { fate: Fate::Renamed(to), .. }) = former_key(spelled) {
        return finding.propose(*to);
    }
    match nearest(spelled, TABLE.iter().map(|row| row.name)).and_then(find) {
        Some(row) => finding.mend(format!("did you mean `{}`, which belongs to {}?", row.name, section_of(row).words())),
        None => finding.mend("remove it, or set it in an overlay if it is meant for Kubernetes"),
    }
}

/// A section in which an option is valid.
fn section_of(row: &Row) -> Section {
    if !matches!(row.gateway, Use::No) {
        Section::Gateway
    } else if !matches!(row.executor, Use::No) {
        Section::Executor
    } else {
        Section::With
    }
}

fn misplaced(section: Section, row: &Row, path: &Path<'_>) -> Finding {
    Finding::warning(path, format!("`{}` has no effect in {}; it belongs to {}", row.name, section.words(), section_of(row).words()))
        .mend("move it there, or remove it")
}
