//! Reads the options of one section of a Flow.

use std::borrow::Cow;

use super::former::{self, Elsewhere, Fate, Former};
use super::inherited::{Given, Place, is_overlooked};
use super::inline::IMAGE;
use super::jcloud::JCLOUD;
use super::options::{Effect, Opt, Row, TABLE, Use, ValueKind, With, find};
use super::scalar::yaml11;
use super::section::{Rules, Section, Strictness};
use super::setting::{self, Protocol, Setting, Wrong};
use super::templates::{self, Template};
use super::unset;
use crate::finding::{Code, FieldPath, Finding, Findings, Path, Severity};
use crate::yaml::{Data, Node, Style};

/// Reads the options among `pairs`, except the keys that `skip` accepts.
pub fn read<'t>(
    section: Section,
    pairs: &[(Node<'t>, Node<'t>)],
    skip: impl Fn(&str) -> bool,
    rules: Rules,
    path: &Path<'_>,
    findings: &mut Findings,
) -> Vec<Given> {
    let reader = Reader { section, rules };
    let mut given: Vec<Given> = Vec::with_capacity(pairs.len());
    for (key, node) in pairs {
        let name = key.shown();
        if skip(&name) {
            continue;
        }
        let path = path.key(&name);
        if name == IMAGE && section != Section::With && rules.strictness == Strictness::Strict {
            if !rules.keeps_variables {
                unset::report(node, &path, true, &|_| false, findings);
            }
            continue;
        }
        let unread = Unread { key, node, name: &name, path, beside: pairs };
        if let Some((row, value)) = reader.row(&unread, findings) {
            let field = Field { key, node: &value, name: &name, path, row, beside: pairs };
            given.extend(reader.option(&field, &given, findings));
        }
    }
    given
}

/// The settings for reading one section.
#[derive(Clone, Copy)]
struct Reader {
    section: Section,
    rules: Rules,
}

/// A field of the section.
struct Unread<'f, 't> {
    key: &'f Node<'t>,
    node: &'f Node<'t>,
    name: &'f str,
    path: Path<'f>,
    /// All fields of the section.
    beside: &'f [(Node<'t>, Node<'t>)],
}

/// A field of the section that is an option.
struct Field<'f, 't> {
    key: &'f Node<'t>,
    node: &'f Node<'t>,
    name: &'f str,
    path: Path<'f>,
    row: &'static Row,
    /// All fields of the section.
    beside: &'f [(Node<'t>, Node<'t>)],
}

impl Reader {
    /// The row and the value of the option that a field sets; reports a field that is not an option of Jina 3.34.
    fn row<'f, 't>(self, field: &Unread<'f, 't>, findings: &mut Findings) -> Option<(&'static Row, Cow<'f, Node<'t>>)> {
        let Unread { key, node, name, path, .. } = *field;
        if is_not_a_string(key) {
            let finding = Code::WrongType.error(path, "has a name that is not a string").got(name);
            findings.push(finding.fix("remove it, or put the name in quotes").at(key.mark));
            return None;
        }
        if name == JCLOUD {
            return None;
        }
        if is_of_python(self.section, name) {
            findings.push(of_python(&path).at(key.mark));
            return None;
        }
        // argparse reads `timeout-ready` and `timeout_ready` as the same option.
        let spelled = name.replace('-', "_");
        if let Some(row) = find(&spelled) {
            return Some((row, Cow::Borrowed(node)));
        }
        if let Some(former) = former::find(&spelled).filter(|_| self.rules.strictness == Strictness::Strict) {
            return self.former(former, field, findings);
        }
        let (row, finding) = self.unknown(field, &spelled, findings);
        let finding = finding.at(key.mark);
        if finding.severity == Severity::Warning && self.rules.strictness == Strictness::Strict {
            findings.push_grouped(finding);
        } else {
            findings.push(finding);
        }
        row.map(|row| (row, Cow::Borrowed(node)))
    }

    /// The option that replaces an option of an older version; `None` if there is none.
    fn former<'f, 't>(
        self,
        former: &'static Former,
        field: &Unread<'f, 't>,
        findings: &mut Findings,
    ) -> Option<(&'static Row, Cow<'f, Node<'t>>)> {
        let Unread { key, node, path, beside, .. } = *field;
        let (name, since) = (former.key, former.until.next());
        let push = |finding: Finding, findings: &mut Findings| findings.push_grouped(finding.at(key.mark));
        let (to, meaning, value) = match former.fate {
            Fate::Dropped(reason) => {
                push(removed(former, reason, &path), findings);
                return None;
            }
            Fate::Renamed(to) => (to, to.row().name.to_owned(), Cow::Borrowed(node)),
            Fate::Means(..) if self.section == Section::Executor => {
                push(removed(former, former::OF_GATEWAY, &path), findings);
                return None;
            }
            Fate::Means(to, value) => {
                let on = Node { mark: node.mark, ..Node::plain(value) };
                (to, format!("{}: {}", to.row().name, value.to_ascii_lowercase()), Cow::Owned(on))
            }
        };
        if is_set(to, beside) {
            let message = format!("`{name}` is the old form of `{meaning}`, and is ignored because `{}` is set too", to.row().name);
            push(Code::RemovedOption.warning(path, message).fix("remove it"), findings);
            return None;
        }
        if matches!(former.fate, Fate::Means(..)) {
            if !self.rules.keeps_variables && unset::report(node, &path, true, &|_| false, findings) {
                return None;
            }
            if !setting::flag(node).unwrap_or(true) {
                let message = format!("`{name}: false` is the default since Jina {since}");
                push(Code::RemovedOption.warning(path, message).fix("remove it"), findings);
                return None;
            }
        }
        let message = format!("`{name}` is the old form of `{meaning}` since Jina {since}");
        push(Code::RenamedOption.warning(path, message).fix(format!("write `{meaning}`")), findings);
        Some((to.row(), value))
    }

    /// Reads one option; `given` are the options before it. Reports a value that is not valid or has no effect.
    fn option(self, field: &Field<'_, '_>, given: &[Given], findings: &mut Findings) -> Option<Given> {
        let Field { key, node, name, path, row, .. } = *field;
        // jinaflow reads a former option as if it had the new name.
        let is_former = self.rules.strictness == Strictness::Strict && former::find(&name.replace('-', "_")).is_some();
        let is_inherited = self.section == Section::With && is_overlooked(name) && !is_former;
        if !(is_inherited || self.section.allows(row)) {
            self.report_misplaced(field, findings);
            return None;
        }
        if self.rules.strictness == Strictness::Lenient && is_lost_false(row, node) {
            let message = "is a quoted string, which Jina reads as the boolean false and drops";
            let finding = Code::QuotedFalse.warning(path, message).got(node.shown());
            findings.push(finding.fix("remove the option, or set another value").at(node.mark));
            return Some(Given { opt: row.opt, spelled: None, setting: None, place: Some(self.place(field)) });
        }
        if let Some(other) = given.iter().find(|given| given.opt == row.opt) {
            let message = format!("is the same option as `{}`", other.spelled.as_deref().unwrap_or(row.name));
            let uses_last = "Jina uses the last value";
            // The values do not matter if they are equal or have no effect. Containers never listen on `port`.
            let is_harmless =
                row.effect != Effect::Yes || row.opt == Opt::Port || setting::read(row, node).is_ok_and(|read| read == other.setting);
            let finding = if is_harmless {
                Code::DuplicateOption.warning(path, format!("{message}, and {uses_last}"))
            } else {
                self.rules.strictness.finding(Code::DuplicateOption, path, &message, uses_last)
            };
            findings.push(finding.fix("remove one of the two").at(key.mark));
        }
        if self.rules.strictness == Strictness::Strict && self.waits_for_value(field, is_inherited, findings) {
            return None;
        }
        let spelled = (name != row.name && !is_former).then(|| name.into());
        match self.value(field, findings) {
            // With a dash, as `log-config`, Jina ignores the key.
            Ok(Some(Setting::Text(text)))
                if row.opt == Opt::LogConfig
                    && !is_log_config(&text)
                    && (spelled.is_none() || self.rules.strictness == Strictness::Strict) =>
            {
                let message = "is not a log configuration of Jina, and not a path to a file";
                let fix = format!("use one of: {}", LOG_CONFIGS.join(", "));
                findings.push(Code::ValueNotAllowed.error(path, message).got(text).fix(fix).at(node.mark));
                None
            }
            Ok(Some(Setting::Texts(texts))) if is_of_names(row.opt) && texts.iter().any(|text| text.trim().is_empty()) => {
                let finding = Code::ValueNotAllowed.error(path, "has an empty entry").got(node.shown());
                findings.push(finding.fix("remove the entry").at(node.mark));
                None
            }
            Ok(setting) => {
                if setting.as_ref().is_some_and(|setting| !setting.is_default(row.default)) {
                    self.check_effect(field, is_inherited, findings);
                }
                Some(Given { opt: row.opt, spelled, setting, place: Some(self.place(field)) })
            }
            Err(_) if self.is_without_effect(field, is_inherited) => {
                findings.push_once_for_each_place(ignored(self.section, row, &path).at(key.mark));
                None
            }
            Err(wrong) => {
                findings.push(wrong.finding(path, node));
                None
            }
        }
    }

    fn place(self, field: &Field<'_, '_>) -> Place {
        let key = (field.name != field.row.name).then(|| field.name.into());
        Place { is_in_with: self.section == Section::With, key, mark: field.node.mark }
    }

    /// Reports variables without a value, and templates, in the value of an option. Returns whether the value cannot be read.
    fn waits_for_value(self, field: &Field<'_, '_>, is_inherited: bool, findings: &mut Findings) -> bool {
        let Field { key, node, path, row, beside, .. } = *field;
        if self.rules.keeps_variables {
            return false;
        }
        let needs = needs_value(row, node, beside);
        let is_template = needs && node.as_text().is_some_and(|text| templates::expression(text).is_some());
        if !is_template && !unset::is_in(node) {
            return false;
        }
        if self.is_without_effect(field, is_inherited) {
            findings.push_once_for_each_place(ignored(self.section, row, &path).at(key.mark));
            return true;
        }
        if is_template {
            findings.push_once(templates::finding(path, Template::at(node.mark)));
            return true;
        }
        unset::report(node, &path, needs, &|name| is_replaced_in_container(row.opt) && has_variable(name, beside), findings)
    }

    /// Whether an option has no effect on Kubernetes, so that its value does not matter. Under compat Jina decides, which
    /// reads every value.
    fn is_without_effect(self, field: &Field<'_, '_>, is_inherited: bool) -> bool {
        let Field { row, beside, .. } = *field;
        let is_strict = self.rules.strictness == Strictness::Strict;
        match row.opt {
            // Of an external executor, it is a part of the address. Jina also accepts any port.
            Opt::Port => self.section != Section::Executor || !is_external(beside),
            _ if !is_strict => false,
            Opt::Host if self.section == Section::Executor => !is_external(beside),
            Opt::PortMonitoring => true,
            _ => without_effect(self.section, row, is_inherited).is_some(),
        }
    }

    /// Reads the value of an option. Jina uses the first entry of a list for an option with a single value.
    fn value(self, field: &Field<'_, '_>, findings: &mut Findings) -> Result<Option<Setting>, Wrong> {
        let Field { node, path, row, .. } = *field;
        let read = setting::read(row, node);
        let uses_first = self.rules.strictness == Strictness::Lenient && row.kind.is_one() && read.is_err();
        let Some(first) = node.as_list().and_then(<[_]>::first).filter(|_| uses_first) else { return read };
        let read = setting::read(row, first);
        if read.is_ok() {
            let message = "must be a single value, and Jina uses the first entry of this list";
            findings.push(Code::WrongType.warning(path, message).got(node.shown()).fix("write one value").at(node.mark));
        }
        read
    }

    /// Reports an option that belongs to another section, and an invalid value of it.
    fn report_misplaced(self, field: &Field<'_, '_>, findings: &mut Findings) {
        let Field { key, node, path, row, .. } = *field;
        // Below `gateway` Jina drops the option without reading its value.
        let is_dropped = self.section == Section::Gateway || self.rules.strictness == Strictness::Strict;
        match setting::read(row, node) {
            Err(wrong) if !is_dropped => findings.push(wrong.finding(path, node)),
            _ => findings.push_grouped(misplaced(self.section, row, &path).at(key.mark)),
        }
    }

    /// Reports an option that has no effect, or that the containers do not support.
    fn check_effect(self, field: &Field<'_, '_>, is_inherited: bool, findings: &mut Findings) {
        let Field { key, path, row, .. } = *field;
        if let Some(reason) = without_effect(self.section, row, is_inherited) {
            let message = format!("`{}` has no effect on Kubernetes: {reason}", row.name);
            let code = if row.effect == Effect::Internal { Code::InternalOption } else { Code::FieldWithoutEffect };
            findings.push_grouped(code.warning(path, message).fix("remove it").at(key.mark));
        }
        let version = self.rules.version;
        if !version.is_at_least(row.since) {
            let message = format!("requires Jina 3.{}, but the containers run Jina {version}", row.since);
            let finding = Code::OptionTooNew.error(path, message);
            findings.push(finding.fix("set `spec.jinaVersion` to a newer version, or remove the option").at(key.mark));
        }
    }
}

/// The log configurations of Jina (`jina/resources/logging.*.yml`).
const LOG_CONFIGS: [&str; 7] = ["default", "docker", "json", "plain", "profile", "quiet", "remote"];

/// Whether a log configuration may exist: it is one of Jina's configurations, or it may be a file in the image, whose content
/// is not known here.
fn is_log_config(text: &str) -> bool {
    let is_file = text.ends_with(".yml") || text.ends_with(".yaml") || (text.contains('/') && !text.ends_with(['/', '.']));
    LOG_CONFIGS.contains(&text) || is_file
}

/// Whether the entries of an option become names of Kubernetes objects or folders in containers.
fn is_of_names(opt: Opt) -> bool {
    matches!(opt, Opt::Volumes | Opt::ImagePullSecrets)
}

/// Whether YAML reads a key as another type than string: `1`, `true`, `null`. Names of Python arguments must be strings.
fn is_not_a_string(key: &Node<'_>) -> bool {
    matches!(&key.data, Data::Scalar(scalar) if scalar.style == Style::Plain && yaml11(&scalar.text).is_some())
}

/// Whether a key is a parameter of the Python method that Jina calls with the options of a section. Nearly all such keys
/// crash Jina. The key `jtype` crashes Jina in every section.
fn is_of_python(section: Section, name: &str) -> bool {
    match name {
        "self" | "jtype" => true,
        "copy_flow" => section != Section::With,
        "include_last_deployment" => section == Section::Executor,
        _ => false,
    }
}

/// Creates the finding about a key that is a parameter of a Python method of Jina.
pub fn of_python(path: &Path<'_>) -> Finding {
    Code::PythonArgument.error(path, "is a parameter of Jina's Python methods, not an option").fix("remove it")
}

/// The reason why an option of a section has no effect on Kubernetes; `None` if the option has an effect. `is_inherited` is
/// whether Jina passes the option to components although its table says otherwise.
pub fn without_effect(section: Section, row: &Row, is_inherited: bool) -> Option<&'static str> {
    let lost = || match section {
        Section::With if row.with == With::Kept && !is_used_of_with(row.opt) && !is_inherited => Some("Jina passes it to no component"),
        Section::Executor if row.executor == Use::Ignored => Some("it is an option of the gateway"),
        Section::Gateway if row.gateway == Use::Ignored => Some("it is an option of executors"),
        _ => None,
    };
    row.effect.reason().or_else(lost)
}

/// Whether an option of the Flow itself changes the manifests.
fn is_used_of_with(opt: Opt) -> bool {
    matches!(opt, Opt::Name | Opt::Workspace | Opt::LogConfig | Opt::Env | Opt::Inspect)
}

/// Whether a string option has the value `"False"`, which `parse_arg` turns into a boolean and `kwargs2list` drops.
fn is_lost_false(row: &Row, node: &Node<'_>) -> bool {
    row.kind == ValueKind::Text && node.as_text().is_some_and(|text| text.eq_ignore_ascii_case("false"))
}

/// Whether a section sets an option, under any of its names.
fn is_set(opt: Opt, pairs: &[(Node<'_>, Node<'_>)]) -> bool {
    pairs.iter().any(|(key, _)| key.as_text().is_some_and(|key| find(&key.replace('-', "_")).is_some_and(|row| row.opt == opt)))
}

/// Whether a section has `external: true`.
fn is_external(pairs: &[(Node<'_>, Node<'_>)]) -> bool {
    let external = pairs.iter().rev().find(|(key, _)| key.as_text() == Some(Opt::External.row().name));
    external.is_some_and(|(_, value)| setting::flag(value) == Ok(true))
}

/// Whether a value of an option cannot contain `$NAME`: a number, a choice, or a name of an object or an image.
fn needs_value(row: &Row, node: &Node<'_>, beside: &[(Node<'_>, Node<'_>)]) -> bool {
    use ValueKind::{Choice, Enum, Flag, Hosts, Int, Pairs, PeerPorts, Ports, Protocols, Text, Texts};
    match row.kind {
        Flag | Int | Choice(_) | Enum(_) | PeerPorts | Ports | Protocols => true,
        Hosts => is_external(beside),
        // The configuration of a class.
        Text if row.opt == Opt::Uses && node.as_map().is_some() => false,
        Text | Texts | Pairs => matches!(
            row.opt,
            Opt::Uses
                | Opt::UsesBefore
                | Opt::UsesAfter
                | Opt::Name
                | Opt::LogConfig
                | Opt::Polling
                | Opt::Gpus
                | Opt::ImagePullSecrets
                | Opt::EnvFromSecret
        ),
    }
}

/// Whether the container replaces variables in the value of an option: these options override its configuration, in which
/// Jina replaces variables when it loads the configuration (`JAMLCompatible.load_config`).
fn is_replaced_in_container(opt: Opt) -> bool {
    matches!(opt, Opt::Uses | Opt::UsesWith | Opt::UsesMetas | Opt::UsesRequests | Opt::UsesDynamicBatching)
}

/// Whether a section sets an environment variable of its container.
fn has_variable(name: &str, pairs: &[(Node<'_>, Node<'_>)]) -> bool {
    let of_env = pairs.iter().filter(|(key, _)| matches!(key.as_text(), Some("env" | "env_from_secret")));
    of_env.into_iter().any(|(_, value)| value.get(name).is_some())
}

/// The finding about an option without effect whose value is not valid.
fn ignored(section: Section, row: &Row, path: &Path<'_>) -> Finding {
    if row.opt == Opt::Port {
        return port_without_effect(section, 1, *path);
    }
    let reason = row.effect.reason().unwrap_or("containers listen on all addresses of their pod, on fixed ports");
    let message = format!("`{}` has no effect on Kubernetes: {reason}", row.name);
    Code::FieldWithoutEffect.warning(path, message).fix("remove it")
}

/// The finding about the `port` of a section whose containers serve this number of protocols.
pub fn port_without_effect(section: Section, protocols: usize, path: impl Into<FieldPath>) -> Finding {
    let message = "`port` has no effect on Kubernetes: containers listen on port 8080 and the following ports";
    let service = if section == Section::Executor { "" } else { " of the Service `gateway`" };
    let fix = match protocols {
        1 => format!("remove it, or write 8080; clients use port 8080{service}"),
        _ => format!("remove it; clients use port 8080 and the following ports{service}"),
    };
    Code::FieldWithoutEffect.warning(path, message).fix(fix)
}

fn removed(former: &Former, reason: &str, path: &Path<'_>) -> Finding {
    let message = format!("`{}` has no effect since Jina {}: {reason}", former.key, former.until.next());
    Code::RemovedOption.warning(path, message).fix("remove it")
}

impl Reader {
    /// The finding about a key that is not an option, and the option that `argparse` reads instead.
    fn unknown(self, field: &Unread<'_, '_>, spelled: &str, findings: &Findings) -> (Option<&'static Row>, Finding) {
        let Unread { node, name, ref path, .. } = *field;
        let Self { section, rules: Rules { strictness, .. } } = self;
        let mut prefixed = former::abbreviated(spelled, |row| section.allows(row));
        if prefixed.is_empty() && section == Section::Executor {
            // Jina then searches the options of the gateway, and fails if several have this prefix.
            prefixed = former::abbreviated(spelled, |row| Section::Gateway.allows(row));
            if prefixed.len() == 1 {
                prefixed.clear();
            }
        }
        match prefixed.as_slice() {
            [] => {}
            // In jinaflow `image` is a key of its own, which it ignores under compat.
            [row] if row.effect == Effect::Internal || name == IMAGE => {
                let full = row.name;
                let finding = Code::AbbreviatedOption.error(path, format!("is not an option; Jina would read it as `{full}`"));
                return (None, finding.fix(format!("write `{full}` if you mean that option; otherwise remove it")));
            }
            // Executors inherit an abbreviated option, and cannot start with another protocol.
            [row] if row.opt == Opt::Protocol && section == Section::With && is_not_grpc(row, node) => {
                let message = format!("`{name}` also applies to the executors, which must use gRPC");
                let finding = Code::ProtocolNotSupported.error(path, message).got(node.shown());
                return (None, finding.fix(format!("write `{}`, which applies to the gateway only", row.name)));
            }
            [row] => {
                let full = row.name;
                let finding = Code::AbbreviatedOption.warning(path, format!("`{name}` is an abbreviation, which Jina reads as `{full}`"));
                return (Some(row), finding.fix(format!("write `{full}`")));
            }
            several => {
                let finding = Code::AbbreviatedOption.error(path, "is a prefix of several options");
                let names: Vec<&str> = several.iter().map(|row| row.name).collect();
                return (None, finding.fix(format!("use one of: {}", names.join(", "))));
            }
        }
        (None, self.unread(name, spelled, strictness, path, findings))
    }

    /// The finding about a key that Jina drops.
    fn unread(self, name: &str, spelled: &str, strictness: Strictness, path: &Path<'_>, findings: &Findings) -> Finding {
        let section = self.section;
        let former = former::find(spelled);
        if let Some((former, Fate::Dropped(reason))) = former.map(|former| (former, former.fate)) {
            return removed(former, reason, path);
        }
        let words = section.words();
        match former::elsewhere(spelled) {
            Some(Elsewhere::Override(to)) if section.allows(to.row()) => {
                let message = format!("`{name}` is not an option of {words}, and is ignored as in Jina");
                return Code::UnknownField.warning(path, message).fix(format!("write `{}`, or remove it", to.row().name));
            }
            Some(Elsewhere::Field(field)) => {
                let message = format!("`{name}` is not an option of {words}, and is ignored as in Jina");
                let place = match section {
                    Section::With => "spec.defaults",
                    Section::Gateway => "spec.gateway",
                    Section::Executor => "spec.executors.NAME",
                };
                return Code::UnknownField.warning(path, message).fix(format!("set `{place}.{field}` in a JinaFlow"));
            }
            _ => {}
        }
        let message = format!("is not an option of {words}");
        let finding = strictness.finding(Code::UnknownField, path, &message, "Jina drops it");
        let image = (section != Section::With && strictness == Strictness::Strict).then_some(IMAGE);
        let here = TABLE.iter().filter(|row| section.allows(row)).map(|row| row.name).chain(image);
        if let Some(near) = findings.nearest(spelled, here) {
            return finding.propose(near);
        }
        if let Some(Fate::Renamed(to) | Fate::Means(to, _)) = former.map(|former| former.fate) {
            return finding.propose(to.row().name);
        }
        if let Some(row) = findings.nearest(spelled, TABLE.iter().map(|row| row.name)).and_then(find) {
            return finding.fix(format!("did you mean `{}`, an option of {}?", row.name, sections_of(row)));
        }
        let message = format!("`{name}` is not an option of {words}, and is ignored as in Jina");
        Code::UnknownField.warning(path, message).fix("remove it; a JinaFlow or an overlay sets fields of Kubernetes objects")
    }
}

/// Whether the value of `protocol` is valid, and not gRPC alone.
fn is_not_grpc(row: &Row, node: &Node<'_>) -> bool {
    matches!(setting::read(row, node), Ok(Some(Setting::Protocols(protocols))) if protocols != [Protocol::Grpc])
}

/// The sections in which an option is valid, for messages.
fn sections_of(row: &Row) -> String {
    let own: Vec<&str> = [Section::Gateway, Section::Executor].iter().filter(|section| section.allows(row)).map(|s| s.words()).collect();
    if own.is_empty() { Section::With.words().to_owned() } else { own.join(" or ") }
}

fn misplaced(section: Section, row: &Row, path: &Path<'_>) -> Finding {
    let message = format!("`{}` has no effect in {}", row.name, section.words());
    Code::MisplacedOption.warning(path, message).fix(format!("move it to {}, or remove it", sections_of(row)))
}
