//! Reading the options of one section of a Flow: `with`, `gateway`, an executor, a Deployment's `with`.

use std::fmt;
use std::rc::Rc;

use super::inline::{IMAGE, Inline};
use super::options::{Kind, Opt, Row, TABLE, Use, With, find};
use super::setting::{self, Protocol, Setting};
use super::value::Value;
use crate::finding::{Finding, Findings, Path, nearest};
use crate::yaml::Node;

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
    fn allows(self, row: &Row) -> bool {
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

/// Options as given; `None` is an explicit `null`, which keeps an option from being inherited.
pub type Given = Vec<(Opt, Option<Setting>)>;

/// The options that apply to the gateway or to an executor: its own, then the inherited ones.
#[derive(Debug, Clone, Default)]
pub struct Options {
    own: Given,
    inherited: Rc<Given>,
    inline: Option<Rc<Inline>>,
}

impl Options {
    /// Options with their inheritance.
    #[must_use]
    pub fn new(own: Given, inherited: Rc<Given>) -> Self {
        Self { own, inherited, inline: None }
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

    /// The setting of an option, if it has one.
    #[must_use]
    pub fn get(&self, opt: Opt) -> Option<&Setting> {
        let find = |given: &'_ Given| given.iter().position(|(known, _)| *known == opt);
        match find(&self.own) {
            Some(at) => self.own[at].1.as_ref(),
            None => find(&self.inherited).and_then(|at| self.inherited[at].1.as_ref()),
        }
    }

    /// Whether the option was set here, not inherited.
    #[must_use]
    pub fn is_own(&self, opt: Opt) -> bool {
        self.own.iter().any(|(known, setting)| *known == opt && setting.is_some())
    }

    /// Sets an option over anything else.
    pub fn set(&mut self, opt: Opt, setting: Option<Setting>) {
        self.own.retain(|(known, _)| *known != opt);
        self.own.push((opt, setting));
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

/// The part of the Flow's `with` that a section inherits.
#[must_use]
pub fn inherited_by(section: Section, with: &Given) -> Given {
    let inherits = |row: &Row| match (section, row.with) {
        (_, With::HandedOn) => section.allows(row),
        (Section::Gateway, With::GatewayOnly) => true,
        // `Flow.env` and `Flow.args.log_config` are passed on explicitly (`_add_gateway`, `add`).
        (Section::Gateway, With::Kept) => matches!(row.opt, Opt::Env | Opt::LogConfig),
        (Section::Executor, With::Kept) => row.opt == Opt::LogConfig,
        _ => false,
    };
    with.iter().filter(|(opt, setting)| setting.is_some() && inherits(opt.row())).cloned().collect()
}

/// Reads the options among `pairs`; keys for which `skip` says yes belong to somebody else.
pub fn read<'t>(
    section: Section,
    pairs: &[(Node<'t>, Node<'t>)],
    skip: impl Fn(&str) -> bool,
    strictness: Strictness,
    path: &Path<'_>,
    findings: &mut Findings,
) -> Given {
    let mut given = Given::new();
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
        let Some(row) = find(&spelled) else {
            findings.push(unknown(section, &name, &spelled, strictness, &path).at(key.mark));
            continue;
        };
        if !section.allows(row) {
            findings.push_once(misplaced(section, row, &path).at(key.mark));
            continue;
        }
        if strictness == Strictness::Lenient && is_lost_false(row, node) {
            let finding = Finding::warning(path, "Jina takes the quoted text for the value false and drops the option").got(node.shown());
            findings.push(finding.at(node.mark));
            given.push((row.opt, None));
            continue;
        }
        match setting::read(row, node) {
            Ok(setting) => {
                if let Some(reason) = without_effect(section, row)
                    && setting.as_ref().is_some_and(|setting| !setting.is_default(row.default))
                {
                    let message = format!("`{}` has no effect on Kubernetes: {reason}", row.name);
                    findings.push_once(Finding::warning(path, message).mend("remove it").at(key.mark));
                }
                given.push((row.opt, setting));
            }
            Err(wrong) => {
                findings.push(Finding::error(path, wrong.message).got(node.shown()).mend(wrong.mend).at(node.mark));
            }
        }
    }
    given
}

/// Why an option of a section changes nothing on Kubernetes; `None` when it does.
fn without_effect(section: Section, row: &Row) -> Option<&'static str> {
    let lost = || match section {
        Section::With if row.with == With::Kept && !is_used_of_with(row.opt) => Some("Jina hands it on to nobody"),
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
    let finding = strictness.judge(path, &format!("`{name}` is no option of {} in Jina", section.words()), "it is dropped");
    let image = (section != Section::With && strictness == Strictness::Strict).then_some(IMAGE);
    let here = TABLE.iter().filter(|row| section.allows(row)).map(|row| row.name).chain(image);
    if let Some(near) = nearest(spelled, here) {
        return finding.propose(near);
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
