//! The options of a section together with the options that it inherits. If an option is given twice, argparse's choice
//! applies.

use std::rc::Rc;

use super::inline::Inline;
use super::options::{Opt, Row, With, find};
use super::section::Section;
use super::setting::{Protocol, Setting};
use super::value::Value;
use crate::finding::Mark;
use crate::yaml::Dict;

/// The place of an option in the Flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Whether the option is in the Flow's `with`.
    pub is_in_with: bool,
    /// The key as written, if it differs from the name of the option.
    pub key: Option<Box<str>>,
    /// The place of the value in the text.
    pub mark: Mark,
}

/// An option that a section sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// The option.
    pub opt: Opt,
    /// The key that Jina reads, if it differs from the name of the option: an alias, or dashes instead of underscores.
    pub spelled: Option<Box<str>>,
    /// The place in the Flow; `None` if jinaflow sets the option.
    pub place: Option<Place>,
    /// The value of the option; `None` is an explicit `null`, which prevents inheritance.
    pub setting: Option<Setting>,
}

impl Given {
    fn same_key(&self, other: &Self) -> bool {
        self.opt == other.opt && self.spelled == other.spelled
    }
}

/// The options of the gateway or of an executor: its own options, then the inherited options.
#[derive(Debug, Clone, Default)]
pub struct Options {
    own: Vec<Given>,
    inherited: Rc<Vec<Given>>,
    inline: Option<Rc<Inline>>,
    is_incomplete: bool,
}

impl Options {
    /// Combines the options of a section with the options that it inherits.
    ///
    /// An option of a section overrides one with the same key in the Flow's `with`. If the keys of the same option
    /// differ, Jina passes both, and argparse chooses (`Flow._add_gateway`, `Flow.add`).
    pub fn new(section: Section, own: Vec<Given>, inherited: Rc<Vec<Given>>) -> Self {
        let mut options = Self::with_one_key_each(section, own, inherited);
        if options.provider().is_some() {
            // SageMaker and Azure require HTTP on one port, whatever the Flow sets (`Deployment.__init__`).
            options.set(Opt::Protocol, Some(Setting::Protocols(vec![Protocol::Http])));
            options.set(Opt::Port, Some(Setting::Ports(vec![8080])));
        }
        options
    }

    fn with_one_key_each(section: Section, own: Vec<Given>, inherited: Rc<Vec<Given>>) -> Self {
        if own.iter().chain(inherited.iter()).all(|given| given.spelled.is_none()) {
            return Self { own, inherited, ..Self::default() };
        }
        let is_new = |given: &&Given| own.iter().all(|known| !known.same_key(given));
        let words: Vec<Given> = match section {
            Section::Gateway => {
                // A key of the gateway replaces the same key of the Flow in its place. A few keys of the gateway come first.
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
        for given in words {
            match merged.iter_mut().find(|known| known.opt == given.opt) {
                Some(known) => {
                    known.setting = value_of_two(known.setting.take(), given.setting);
                    known.place = given.place;
                }
                None => merged.push(given),
            }
        }
        Self { own: merged, ..Self::default() }
    }

    /// Sets the class of the executor, with its inline configuration.
    pub fn with_inline(self, inline: Option<Inline>) -> Self {
        Self { inline: inline.map(Rc::new), ..self }
    }

    /// Sets whether the value of an option could not be read.
    pub fn with_unread(self, is_incomplete: bool) -> Self {
        Self { is_incomplete, ..self }
    }

    /// Whether the value of an option could not be read. Findings that depend on the values of several options are then not
    /// reliable.
    pub fn is_incomplete(&self) -> bool {
        self.is_incomplete
    }

    /// The class and its inline configuration, if the executor has them.
    pub fn inline(&self) -> Option<&Inline> {
        self.inline.as_deref()
    }

    fn given(&self, opt: Opt) -> Option<&Given> {
        let is_it = |given: &&Given| given.opt == opt;
        self.own.iter().find(is_it).or_else(|| self.inherited.iter().find(is_it))
    }

    /// The value of an option.
    pub fn get(&self, opt: Opt) -> Option<&Setting> {
        self.given(opt)?.setting.as_ref()
    }

    /// The place of an option in the Flow.
    pub fn place(&self, opt: Opt) -> Option<&Place> {
        self.given(opt)?.place.as_ref()
    }

    /// Whether the option is an explicit `null`.
    pub fn is_null(&self, opt: Opt) -> bool {
        self.given(opt).is_some_and(|given| given.setting.is_none())
    }

    /// Whether the section itself sets the option.
    pub fn is_own(&self, opt: Opt) -> bool {
        self.own.iter().any(|given| given.opt == opt && given.setting.is_some())
    }

    /// The options that the section itself sets.
    pub fn own(&self) -> impl Iterator<Item = Opt> {
        self.own.iter().filter(|given| given.setting.is_some()).map(|given| given.opt)
    }

    /// The options that are set to a value other than the default, in the section or in the Flow's `with`.
    pub fn changed(&self) -> impl Iterator<Item = Opt> {
        let is_changed = |given: &&Given| given.setting.as_ref().is_some_and(|setting| !setting.is_default(given.opt.row().default));
        self.own.iter().chain(self.inherited.iter()).filter(is_changed).map(|given| given.opt)
    }

    /// Whether the option is set, in the section or in the Flow's `with`.
    pub fn is_given(&self, opt: Opt) -> bool {
        self.get(opt).is_some()
    }

    /// Sets an option, and overrides every other value.
    pub fn set(&mut self, opt: Opt, setting: Option<Setting>) {
        let place = self.place(opt).cloned();
        self.own.retain(|given| given.opt != opt);
        self.own.push(Given { opt, spelled: None, setting, place });
        if opt == Opt::Uses {
            self.inline = None;
        }
    }

    /// The value of a flag.
    pub fn flag(&self, opt: Opt) -> bool {
        matches!(self.get(opt), Some(Setting::Flag(true)))
    }

    /// The value of a number, or its default.
    pub fn int(&self, opt: Opt) -> i64 {
        match self.get(opt) {
            Some(Setting::Int(number)) => *number,
            _ => opt.row().default.int(),
        }
    }

    /// `timeout_ctrl`, whose default Jina takes from the environment variable `JINA_DEFAULT_TIMEOUT_CTRL` when it is set.
    pub fn timeout_ctrl(&self, environment: &str) -> i64 {
        let default = environment.parse().ok().filter(|_| !self.is_given(Opt::TimeoutCtrl));
        default.unwrap_or_else(|| self.int(Opt::TimeoutCtrl))
    }

    /// The cloud provider whose container interface the section requests.
    pub fn provider(&self) -> Option<&str> {
        self.text(Opt::Provider).filter(|provider| *provider != "NONE")
    }

    /// The value of a string.
    pub fn text(&self, opt: Opt) -> Option<&str> {
        match self.get(opt) {
            Some(Setting::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The value of a list of strings; empty if it is not set.
    pub fn strings(&self, opt: Opt) -> &[String] {
        match self.get(opt) {
            Some(Setting::Texts(texts)) => texts,
            _ => &[],
        }
    }

    /// The pairs of a mapping.
    pub fn pairs(&self, opt: Opt) -> Option<&[(Value, Value)]> {
        match self.get(opt) {
            Some(Setting::Pairs(Value::Map(pairs))) => Some(pairs),
            _ => None,
        }
    }

    /// The value of a mapping.
    pub fn map(&self, opt: Opt) -> Option<&Value> {
        match self.get(opt) {
            Some(Setting::Pairs(map)) => Some(map),
            _ => None,
        }
    }

    /// The protocols; the default is gRPC.
    pub fn protocols(&self) -> &[Protocol] {
        match self.get(Opt::Protocol) {
            Some(Setting::Protocols(list)) => list,
            _ => &[Protocol::Grpc],
        }
    }

    /// Whether both a certificate and its key are set.
    pub fn has_certificate(&self) -> bool {
        self.text(Opt::SslCertfile).is_some() && self.text(Opt::SslKeyfile).is_some()
    }

    /// The ports; empty if they are not set.
    pub fn ports(&self) -> &[u16] {
        match self.get(Opt::Port) {
            Some(Setting::Ports(list)) => list,
            _ => &[],
        }
    }
}

/// The options that `Flow._add_gateway` writes before all others.
const FIRST_OF_GATEWAY: [Opt; 6] = [Opt::Host, Opt::Protocol, Opt::Port, Opt::ExposeEndpoints, Opt::Env, Opt::LogConfig];

/// The value of an option that is given twice: argparse uses the last value. But a flag stays set, and mappings are merged
/// (`KVAppendAction`).
fn value_of_two(before: Option<Setting>, after: Option<Setting>) -> Option<Setting> {
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

/// Whether Jina overlooks that the option with this key is not inherited. Jina's lists of such options have only full keys
/// with underscores, but argparse also accepts keys with dashes, and abbreviations (`Flow._update_args`).
pub fn is_overlooked(key: &str) -> bool {
    key.contains('-') || find(key).is_none()
}

/// The options of the Flow's `with` that a section inherits.
pub fn inherited_by(section: Section, with: &[Given]) -> Vec<Given> {
    let inherits = |row: &Row| match (section, row.with) {
        (_, With::HandedOn) => section.allows(row),
        (Section::Gateway, With::GatewayOnly) => true,
        // `Flow.env` and `Flow.args.log_config` are passed explicitly (`_add_gateway`, `add`).
        (Section::Gateway, With::Kept) => matches!(row.opt, Opt::Env | Opt::LogConfig),
        (Section::Executor, With::Kept) => row.opt == Opt::LogConfig,
        _ => false,
    };
    let is_overlooked = |given: &Given| given.spelled.as_deref().is_some_and(is_overlooked);
    let applies = |given: &&Given| inherits(given.opt.row()) || (is_overlooked(given) && section.allows(given.opt.row()));
    with.iter().filter(applies).cloned().collect()
}
